"""REPORTDATA against a key and a nonce, without an answer around it."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Final

from conformance.generate.attestation import kit
from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from venice_ref.crypto.ecdh import PrivateKey

_KEY: Final = "AnotherKey"
_LAYOUT: Final = "AnotherLayout"
_NONCE: Final = "AnotherNonce"
_HASHED: Final = "HashedNonce"


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/binding`."""
    for name, flag in _FLAGS.items():
        builder.flag(name, flag)
    builder.group({"nonce_binding": "raw"})
    _accepted(builder)
    _rejected(builder)
    builder.group({"nonce_binding": "raw-or-sha256"})
    _hashed(builder)


_FLAGS: Final = {
    _KEY: Flag("AUTH_BYPASS", "REPORTDATA does not begin with the address of the key",
               "the client encrypts to a key that no machine has", "compare all 20 bytes"),
    _LAYOUT: Flag("AUTH_BYPASS", "REPORTDATA is of another layout",
                  "part of a hash passes for an address", "require twelve zero bytes"),
    _NONCE: Flag("FRESHNESS", "REPORTDATA does not end with the nonce",
                 "a recorded quote passes for a new one", "compare all 32 bytes"),
    _HASHED: Flag("DOWNGRADE", "REPORTDATA ends with SHA-256 of the nonce",
                  "a form that no honest enclave builds is accepted",
                  "refuse it unless the policy names it"),
}  # fmt: skip


def _given(key: PrivateKey, nonce: bytes, data: bytes, **more: Any) -> Dict[str, Any]:
    return {"report_data": data.hex(), "public": kit.key_hex(key), "nonce": nonce.hex(), **more}


def _address(key: PrivateKey) -> bytes:
    return bytes.fromhex(kit.address_text(key)[2:])


def _accept(
    builder: FileBuilder, slug: str, why: str, key: PrivateKey, nonce: bytes, *req: str,
    form: str = "raw", **more: Any,
) -> None:  # fmt: skip
    bound = nonce if form == "raw" else hashlib.sha256(nonce).digest()
    data = _address(key) + bytes(12) + bound
    builder.accept(
        slug,
        why,
        req=req,
        given=_given(key, nonce, data, **more),
        out={"nonce_binding": form},
        mid={"address": data[:20].hex(), "expected": (data[:32] + nonce).hex()},
    )


def _accepted(builder: FileBuilder) -> None:
    every = ("BND-1", "BND-2", "BND-3", "BND-4")
    key = kit.enclave().key
    _accept(builder, "raw", "The layout of every quote that was observed.", key, kit.NONCE, *every)
    draw = builder.random("nonce")
    _accept(builder, "random-nonce", "A nonce without a pattern.", key, draw(32), *every)
    _accept(builder, "nonce-of-zeros", "A nonce of zeros is a nonce.", key, bytes(32), "BND-3")
    _accept(builder, "nonce-of-ones", "Every bit of the nonce is set.", key, b"\xff" * 32, "BND-3")
    for prefix in ("00", "ff"):
        chosen = kit.find_key(f"address begins with {prefix}", prefix, of="address")
        _accept(
            builder,
            f"address-begins-with-{prefix}",
            f"An address that begins with {prefix}: integers lose zeros and gain a sign.",
            chosen,
            kit.NONCE,
            "BND-1",
            "KEY-10",
        )
    zero = kit.find_key("X begins with 00", "00")
    _accept(
        builder,
        "x-begins-with-00",
        "The zeros at the front of X are hashed as well.",
        zero,
        kit.NONCE,
        "BND-1",
        "KEY-10",
    )


def _rejected(builder: FileBuilder) -> None:
    key, nonce = kit.enclave().key, kit.NONCE
    honest = _address(key) + bytes(12) + nonce
    for position in (0, 9, 19):
        _flip(builder, honest, position, "BND-1", _KEY)
    for position in (20, 25, 31):
        _flip(builder, honest, position, "BND-2", _LAYOUT)
    for position in (32, 47, 63):
        _flip(builder, honest, position, "BND-3", _NONCE)
    _other_keys(builder)
    _other_data(builder, honest)


def _other_keys(builder: FileBuilder) -> None:
    key = kit.enclave().key
    foreign = kit.key_hex(kit.find_key("attacker", ""))
    builder.reject(
        "another-key",
        "The attacker's key beside the REPORTDATA of the enclave.",
        parent="raw",
        breaks="BND-1",
        given={"public": foreign},
        flags=(_KEY,),
        critical=True,
    )
    negated = kit.negated(key)
    builder.reject(
        "negated-key",
        "The key with the same X and the other Y has another address.",
        parent="raw",
        breaks="BND-1",
        given={"public": negated},
        flags=(_KEY,),
        critical=True,
    )


def _other_data(builder: FileBuilder, honest: bytes) -> None:
    key, nonce = kit.enclave().key, kit.NONCE
    other = _address(kit.find_key("attacker", ""))
    xy = bytes(key.public_key)[1:]
    rows = (
        ("another-address", "The address of another key.", "BND-1", _KEY, other + honest[20:]),
        ("address-by-sha3", "SHA3-256 of FIPS 202 in the place of Keccak-256.", "BND-1", _KEY,
         hashlib.sha3_256(xy).digest()[-20:] + honest[20:]),
        ("address-reversed", "The bytes of the address in the other order.", "BND-1", _KEY,
         honest[19::-1] + honest[20:]),
        ("nonce-reversed", "The bytes of the nonce in the other order.", "BND-3", _NONCE,
         honest[:32] + nonce[::-1]),
        ("nonce-as-text", "The first 32 digits of the nonce as text.", "BND-3", _NONCE,
         honest[:32] + nonce.hex().encode()[:32]),
        ("nonce-hashed-as-text", "SHA-256 of the digits of the nonce.", "BND-3", _NONCE,
         honest[:32] + hashlib.sha256(nonce.hex().encode()).digest()),
        ("nonce-hashed", "SHA-256 of the nonce, where the policy does not name it.", "BND-4",
         _HASHED, honest[:32] + hashlib.sha256(nonce).digest()),
    )  # fmt: skip
    for slug, why, breaks, flag, data in rows:
        builder.reject(
            slug,
            why,
            parent="raw",
            breaks=breaks,
            flags=(flag,),
            critical=True,
            given={"report_data": data.hex()},
        )
    _other_layouts(builder, xy)


def _other_layouts(builder: FileBuilder, xy: bytes) -> None:
    key, nonce = kit.enclave().key, kit.NONCE
    tls = hashlib.sha256(xy + b"certificate").digest() + nonce
    shifted = _address(key) + nonce + bytes(12)
    for slug, why, data, also in (
        (
            "tls-layout",
            "A hash over key and certificate in the first half, as they write it for TLS.",
            tls,
            ("BND-2",),
        ),
        ("no-padding", "The nonce directly behind the address.", shifted, ("BND-2", "BND-3")),
    ):
        breaks = "BND-1" if slug == "tls-layout" else "BND-2"
        builder.reject(
            slug,
            why,
            parent="raw",
            breaks=breaks,
            or_breaks=also,
            flags=(_LAYOUT,),
            given={"report_data": data.hex()},
            critical=True,
        )


def _flip(builder: FileBuilder, honest: bytes, position: int, breaks: str, flag: str) -> None:
    data = honest[:position] + bytes([honest[position] ^ 0x01]) + honest[position + 1 :]
    builder.reject(
        f"byte-{position}",
        f"One bit of byte {position} differs: a comparison that begins late or ends early.",
        parent="raw",
        breaks=breaks,
        given={"report_data": data.hex()},
        flags=(flag,),
        critical=True,
    )


def _hashed(builder: FileBuilder) -> None:
    key = kit.enclave().key
    _accept(
        builder,
        "sha256",
        "SHA-256 of the nonce, which the policy names; the result says so.",
        key,
        kit.NONCE,
        "BND-5",
        "BND-4",
        form="sha256",
    )
    _accept(
        builder,
        "raw-where-both-are-allowed",
        "The nonce itself is still the first choice.",
        key,
        kit.NONCE,
        "BND-5",
        "BND-3",
    )
    other = hashlib.sha256(b"another nonce").digest()
    data = (_address(key) + bytes(12) + hashlib.sha256(other).digest()).hex()
    honest = (_address(key) + bytes(12) + hashlib.sha256(kit.NONCE).digest()).hex()
    builder.reject(
        "sha256-of-another-nonce",
        "The hash of another nonce is no binding.",
        parent="sha256",
        breaks="BND-3",
        flags=(_NONCE,),
        critical=True,
        given={"report_data": data},
        change=Rebuilt("nonce that is hashed", kit.NONCE.hex(), other.hex()),
    )
    builder.reject(
        "sha256-first-bit",
        "The first bit of the hash differs.",
        parent="sha256",
        breaks="BND-3",
        flags=(_NONCE,),
        critical=True,
        given={"report_data": honest[:64] + format(int(honest[64], 16) ^ 8, "x") + honest[65:]},
    )
    sha3 = (_address(key) + bytes(12) + hashlib.sha3_256(kit.NONCE).digest()).hex()
    builder.reject(
        "sha3-of-the-nonce",
        "Another hash of the nonce.",
        parent="sha256",
        breaks="BND-3",
        flags=(_NONCE,),
        critical=True,
        given={"report_data": sha3},
        change=Rebuilt("hash of the nonce", "SHA-256", "SHA3-256"),
    )
