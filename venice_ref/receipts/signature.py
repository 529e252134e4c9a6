"""What the enclave signs after an answer: EIP-191 over a text of hashes.

    text      = [ model ":" ] SHA-256(request) ":" SHA-256(response)       hashes in hexadecimal
    digest    = Keccak-256( 0x19 "Ethereum Signed Message:" LF || length of text || text )
    signature = r (32) || s (32) || v (1)                                  hexadecimal, 0x or not

The length is that of the text in UTF-8 bytes, in decimal.  The signer is recovered from the
signature and compared with the address that the quote binds.

What this proves is little: some exchange was signed by that key.  The text holds no time and no
nonce, and behind an API that rewrites bodies nobody but the enclave has the bytes that were hashed.
"""

from __future__ import annotations

import hashlib
from typing import Any, Collection, Final, Mapping, NamedTuple, Optional, Union

from venice_ref.codec.strict import decode_hex, excerpt
from venice_ref.crypto.address import address_of, to_checksum
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey, encode_point
from venice_ref.crypto.ecdsa import recover, sign
from venice_ref.crypto.keccak import keccak_256
from venice_ref.errors import MalformedError, SignatureError, UsageError
from venice_ref.model import Address20

__all__ = [
    "MAX_SIGNED_TEXT",
    "SignedText",
    "compare_transcript",
    "encode_signed_text",
    "parse_signed_text",
    "recover_signer",
    "sign_text",
    "signed_digest",
    "verify_signature",
    "verify_signed_model",
]

PREFIX: Final = b"\x19Ethereum Signed Message:\n"
"""EIP-191, version 0x45  [SIG-1]."""

SIGNATURE_SIZE: Final = 65
"""r || s || v  [SIG-2]."""

_RECOVERY_IDS: Final = {0: 0, 1: 1, 27: 0, 28: 1}
"""v to the parity of R; Ethereum adds 27  [SIG-2]."""

MAX_SIGNED_TEXT: Final = 4096
"""Bytes of a signed text: two hashes take 129, the model's name the rest."""


class SignedText(NamedTuple):
    """The parts of the text."""

    model: Optional[str]
    """The first of three parts; `None` where there are two."""
    request_hash: bytes
    """SHA-256 (32) of the request body, as the enclave understood it."""
    response_hash: bytes
    """SHA-256 (32) of the response body."""


# --- The signature ------------------------------------------------------------------------------


def signed_digest(text: str) -> bytes:
    """Return the digest (32) that is signed for a text  [SIG-1].

    Raises:
        MalformedError: more than 4096 bytes, or no UTF-8.
    """
    if len(text) > MAX_SIGNED_TEXT:
        raise _too_long(len(text))
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError(
            "a text that UTF-8 cannot carry", rule="SIG-1", where="signature.text"
        ) from None
    if len(raw) > MAX_SIGNED_TEXT:
        raise _too_long(len(raw))
    return keccak_256(PREFIX + str(len(raw)).encode("ascii") + raw)


def _too_long(size: int) -> MalformedError:
    return MalformedError(
        f"a signed text of {size} bytes, at most {MAX_SIGNED_TEXT}",
        rule="SIG-13",
        where="signature.text",
    )


def recover_signer(text: str, signature: Union[str, Mapping[str, Any]]) -> Address20:
    """Return the address of the key that signed a text.

    An address comes out of nearly every signature: only the comparison with one that is known
    proves anything (`verify_signature`).

    Spec: SIG-1 to SIG-3, SIG-8.

    Raises:
        MalformedError: the form of text or signature [SIG-2, SIG-8, SIG-13].
        SignatureError: r or s out of range, s above n/2, or no key belongs to it [SIG-3].
    """
    raw = _signature_bytes(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big")
    if raw[64] not in _RECOVERY_IDS:
        raise MalformedError(
            f"v is {raw[64]}, required 0, 1, 27 or 28", rule="SIG-2", where="signature"
        )
    n = SECP256K1.n
    if not 1 <= r < n or not 1 <= s < n:
        raise SignatureError("r or s is not in [1, n-1]", rule="SIG-3", where="signature")
    if s > n // 2:  # (r, n-s) signs the same: one of the two must do, and EIP-2 names it
        raise SignatureError("s is above n/2", rule="SIG-3", where="signature")
    point = recover(
        SECP256K1,
        signed_digest(text),
        r,
        s,
        _RECOVERY_IDS[raw[64]],
        where="signature",
        rule="SIG-3",
    )
    return address_of(encode_point(point))


def verify_signature(
    text: str, signature: Union[str, Mapping[str, Any]], address: Address20
) -> None:
    """Return if the text was signed by the key of an address, which a quote must have bound.

    Raises:
        MalformedError, SignatureError: as `recover_signer`; SignatureError with SIG-4 where another
            key signed.
    """
    signer = recover_signer(text, signature)
    if signer != address:
        raise SignatureError(
            f"signed by {to_checksum(signer)}, required {to_checksum(address)},"
            " the address that the quote binds",
            rule="SIG-4",
            where="signature",
        )


def sign_text(private: PrivateKey, text: str) -> str:
    """Return the signature of a text as the enclave gives it: 0x, r, s, and v of 27 or 28.

    Raises:
        UsageError: a text that no verifier accepts, by its size or its characters.
    """
    try:
        digest = signed_digest(text)
    except MalformedError as error:
        raise UsageError(error.message, rule=error.rule) from None
    scalar = int.from_bytes(private.to_bytes(), "big")
    signature = sign(SECP256K1, scalar, digest, low_s=True)
    raw = signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big")
    return f"0x{raw.hex()}{27 + signature.recovery_id:02x}"


def _signature_bytes(signature: Union[str, Mapping[str, Any]]) -> bytes:
    """Return r || s || v (65) of a string, or of an object with the member `value`  [SIG-8]."""
    value = signature.get("value") if isinstance(signature, Mapping) else signature
    if not isinstance(value, str):
        raise MalformedError(
            "neither a string nor an object with the string value", rule="SIG-8", where="signature"
        )
    return decode_hex(
        value, size=SIGNATURE_SIZE, allow_0x=True, rule="SIG-2", where="signature"
    )  # r, s and v are public


# --- The text -----------------------------------------------------------------------------------


def parse_signed_text(text: str) -> SignedText:
    """Return the parts of a text, read from the right, because a model's name may have colons.

    Raises:
        MalformedError: not two or three parts that end with two times 64 hexadecimal digits, or
            more than 4096 bytes [SIG-5, SIG-11, SIG-13].
    """
    if len(text) > MAX_SIGNED_TEXT:
        raise _too_long(len(text))
    parts = text.rsplit(":", 2)
    if len(parts) < 2 or (len(parts) == 3 and not parts[0]):
        raise MalformedError(
            f"not two or three parts between colons: {excerpt(text)}",
            rule="SIG-5",
            where="signature.text",
        )
    request_hash, response_hash = (
        decode_hex(part, size=32, rule="SIG-11", where="signature.text") for part in parts[-2:]
    )
    return SignedText(parts[0] if len(parts) == 3 else None, request_hash, response_hash)


def encode_signed_text(signed: SignedText) -> str:
    """Return the text of its parts; the inverse of `parse_signed_text`."""
    hashes = f"{signed.request_hash.hex()}:{signed.response_hash.hex()}"
    return hashes if signed.model is None else f"{signed.model}:{hashes}"


def verify_signed_model(signed: SignedText, names: Collection[str]) -> None:
    """Return if the text names no model, or one of `names`: the model's or its upstream name.

    Raises:
        SignatureError: another model [SIG-7].
    """
    if signed.model is not None and signed.model not in names:
        raise SignatureError(
            f"the signed text is of the model {excerpt(signed.model)}",
            rule="SIG-7",
            where="signature.text",
        )


def compare_transcript(signed: SignedText, *, request: bytes, response: bytes) -> None:
    """Return if the text is of this exchange, given the exact bytes that the enclave hashed.

    Bytes that were parsed and written again, decrypted, or rewritten on the way have other hashes.
    Who does not have the exact bytes cannot verify the transcript and must say so  [SIG-12].

    Raises:
        SignatureError: another request or another response [SIG-6].
    """
    for name, body, expected in (
        ("request", request, signed.request_hash),
        ("response", response, signed.response_hash),
    ):
        if hashlib.sha256(body).digest() != expected:
            raise SignatureError(
                f"the {name} is not the one that was signed", rule="SIG-6", where="signature.text"
            )
