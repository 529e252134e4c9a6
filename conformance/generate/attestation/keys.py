"""The model key in an answer: where it stands, in which forms, and whether its places agree."""

from __future__ import annotations

from typing import Any, Dict, Final, List, Sequence, Tuple

from conformance.generate.attestation import kit
from conformance.generate.attestation.kit import Tests, build, edited, key_hex, outcome
from conformance.generate.builder import FileBuilder, Rebuilt

_KEYSET: Final = "attestation.workload_keyset.e2ee_public_keys"
_FORM: Final = "KeyForm"
_TWO: Final = "TwoKeys"
_NONE: Final = "NoKey"


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/keys`."""
    tests = Tests(builder, now="2026-01-01T12:00:01Z")
    tests.flag(
        _FORM,
        "MALFORMED",
        "the text of the key is not one of its forms",
        "the client encrypts to a key that the text does not state",
        "accept 130 digits that begin with 04, or 128, with or without 0x, and nothing else",
    )
    tests.flag(
        "InvalidPoint",
        "CONFIDENTIALITY",
        "the key is no point of the curve",
        "the shared secret lies in a small group, and an observer guesses it",
        "check the coordinates and the equation before any multiplication",
        "SEC 1, 3.2.2.1",
        "Biehl, Meyer, Mueller: Differential Fault Attacks on ECC, 2000",
    )
    tests.flag(
        _TWO,
        "AUTH_BYPASS",
        "the answer states two keys",
        "a verifier judges the bound one and an encrypting routine uses the other",
        "parse every statement and require one point",
        "the vendor's guide uses signing_key, other clients signing_public_key",
    )
    tests.flag(
        _NONE,
        "DOWNGRADE",
        "the answer states no key",
        "a client falls back to plaintext for a model that has no key",
        "stop with an error of its own kind",
        "the vendor's guide: the key may be omitted for some plain TEE models",
    )
    tests.flag(
        "UnboundKey",
        "AUTH_BYPASS",
        "key and address are those of an attacker",
        "whoever answers the request reads the chat, behind a genuine quote",
        "compare the address of the key with the quote, not with signing_address",
    )
    _places(tests)
    _keysets(tests)
    _forms(tests)
    _bad_forms(tests)
    _no_points(tests)
    _two_keys(tests)
    _no_key(tests)
    _unbound(tests)


def _with(value: Any, name: str = "signing_key", **case: Any) -> Dict[str, Any]:
    """Return an answer whose only key is this text."""
    answer = edited(edited(build(**case), "signing_key", ...), "signing_public_key", ...)
    return edited(answer, name, value)


def _entry(key: str, algo: str = "ecdsa") -> Dict[str, str]:
    return {"key_id": "k", "algo": algo, "public_key": key}


def _keyset(entries: Sequence[Any]) -> Dict[str, Any]:
    return edited(build(shape="aci"), _KEYSET, list(entries))


def _places(tests: Tests) -> None:
    own = key_hex(kit.enclave().key)
    tests.accept(
        "key-twice",
        "The key in both members, as near-ai servers have it.",
        build(),
        "KEY-3",
        "KEY-7",
        "KEY-8",
        "KEY-9",
        "BND-1",
    )
    tests.accept(
        "key-in-signing-key",
        "The member that the guide documents, alone.",
        _with(own),
        "KEY-3",
        "KEY-8",
    )
    tests.accept(
        "key-in-signing-public-key",
        "The member that most servers have, alone.",
        _with(own, "signing_public_key"),
        "KEY-3",
        "KEY-8",
    )
    tests.accept(
        "key-empty-beside-the-other",
        "An empty key is as good as absent.",
        edited(build(), "signing_key", ""),
        "KEY-8",
        "ATT-11",
    )
    tests.accept(
        "key-null-beside-the-other",
        "A key that is null is absent.",
        edited(build(), "signing_public_key", None),
        "KEY-8",
    )
    tests.accept(
        "key-two-forms",
        "One point in two forms is one key: texts must not be compared.",
        edited(build(), "signing_public_key", "0x" + own[2:].upper()),
        "KEY-7",
        "KEY-3",
    )


def _keysets(tests: Tests) -> None:
    own = key_hex(kit.enclave().key)
    foreign = key_hex(kit.find_key("attacker", ""))
    keyset = outcome(key_source="keyset")
    tests.accept(
        "keyset-only",
        "An envelope names the key in its keyset only.",
        build(shape="aci"),
        "ATT-12",
        "KEY-8",
        out=keyset,
    )
    both = [_entry(own[2:]), _entry("0x" + own)]
    tests.accept(
        "keyset-two-entries",
        "Two ecdsa entries that are one point.",
        _keyset(both),
        "ATT-12",
        "KEY-7",
        out=keyset,
    )
    others = [
        _entry(foreign[2:], "secp256k1-aes-256-gcm-hkdf-sha256"),
        _entry("00" * 32, "dstack-kms-legacy-ed25519-v1"),
        _entry(own[2:]),
    ]
    tests.accept(
        "keyset-other-algorithms",
        "Keys of other algorithms are keys of other protocols, also where their name resembles.",
        _keyset(others),
        "ATT-12",
        out=keyset,
    )
    beside = edited(_keyset([_entry(foreign)]), "signing_public_key", own)
    tests.accept(
        "keyset-beside-a-key",
        "A keyset counts only where no member names the key.",
        beside,
        "ATT-12",
    )


def _forms(tests: Tests) -> None:
    own = key_hex(kit.enclave().key)
    for slug, why, value in (
        ("key-128-digits", "The form of near-ai's own server: X and Y without the byte 04.",
         own[2:]),
        ("key-capitals", "Digits in upper case.", own.upper()),
        ("key-0x", "The prefix of Ethereum before 130 digits.", "0x" + own),
        ("key-0x-128-digits", "The prefix of Ethereum before 128 digits.", "0x" + own[2:]),
    ):  # fmt: skip
        tests.accept(slug, why, _with(value), "KEY-3")
    four = kit.find_key("X begins with 04", "04")
    tests.accept(
        "key-x-begins-with-04",
        "128 digits that begin with 04 are X and Y: who tests the "
        "prefix before the length cuts the key.",
        _with(key_hex(four)[2:], key=four),
        "KEY-4",
        "KEY-3",
        out=outcome(four),
    )
    zero = kit.find_key("X begins with 00", "00")
    tests.accept(
        "key-x-begins-with-00",
        "Leading zeros of X are part of the key and of what is hashed to the address.",
        _with(key_hex(zero), key=zero),
        "KEY-3",
        "KEY-10",
        out=outcome(zero),
    )
    address = kit.find_key("address begins with 00", "00", of="address")
    tests.accept(
        "address-begins-with-00",
        "Leading zeros of an address are compared as well.",
        build(key=address),
        "KEY-10",
        "BND-1",
        out=outcome(address),
    )


def _bad_forms(tests: Tests) -> None:
    own = key_hex(kit.enclave().key)
    odd = int(own[-1], 16) & 1
    rows: List[Tuple[str, str, str]] = [
        (
            "key-compressed",
            "A compressed point is no form of this protocol.",
            f"0{2 + odd}" + own[2:66],
        ),
        ("key-hybrid", "The hybrid form of X9.62 has the same length.", f"0{6 + odd}" + own[2:]),
        ("key-compressed-prefix", "130 digits that begin with 02.", "02" + own[2:]),
        ("key-132-digits", "One byte too many.", own + "00"),
        ("key-126-digits", "One byte too few: a zero at the front was lost.", own[4:]),
        ("key-129-digits", "An odd number of digits.", own[1:]),
        ("key-x-only", "X alone has two points.", own[2:66]),
        ("key-not-hexadecimal", "Parsers of integers turn a bad digit into 0.", own[:-1] + "g"),
        (
            "key-space",
            "Decoders of some languages pass over white space.",
            own[:64] + " " + own[64:],
        ),
        ("key-line-end", "A line end at the end is not part of the key.", own + "\n"),
        ("key-pem", "Another encoding of a public key.", "-----BEGIN PUBLIC KEY-----"),
        ("key-0x-only", "A prefix without digits is no key, and not absent either.", "0x"),
    ]
    for slug, why, value in rows:
        tests.reject(slug, why, "key-in-signing-key", _with(value), "KEY-5", _FORM)
    tests.reject(
        "second-key-form",
        "The second statement has to be a key as well.",
        "key-twice",
        edited(build(), "signing_public_key", own[:-4]),
        "KEY-5",
        _FORM,
    )


def _no_points(tests: Tests) -> None:
    own = key_hex(kit.enclave().key)
    off = own[:-1] + format(int(own[-1], 16) ^ 1, "x")
    tests.reject(
        "key-off-curve",
        "The last bit of Y differs.",
        "key-in-signing-key",
        _with(off),
        "KEY-6",
        "InvalidPoint",
    )
    tests.reject(
        "second-key-off-curve",
        "Only the second statement is no point.",
        "key-twice",
        edited(build(), "signing_public_key", off),
        "KEY-6",
        "InvalidPoint",
    )
    tests.reject(
        "keyset-off-curve",
        "The key of the keyset is judged as any other.",
        "keyset-only",
        _keyset([_entry(off[2:])]),
        "KEY-6",
        "InvalidPoint",
    )
    tests.reject(
        "key-zero",
        "X and Y are zero, as a server without a key might send.",
        "key-in-signing-key",
        _with("04" + "00" * 64),
        "KEY-6",
        "InvalidPoint",
    )


def _two_keys(tests: Tests) -> None:
    own, foreign = key_hex(kit.enclave().key), key_hex(kit.find_key("attacker", ""))
    rows = (
        ("signing-key-foreign", "The attacker's key in the member that the guide uses.",
         "signing_key", foreign),
        ("signing-public-key-foreign", "The attacker's key in the member that others use.",
         "signing_public_key", foreign),
        ("signing-key-negated", "The same X and the other Y is another key.",
         "signing_key", kit.negated(kit.enclave().key)),
    )  # fmt: skip
    for slug, why, name, value in rows:
        changed = edited(build(), name, value)
        tests.reject(slug, why, "key-twice", changed, "KEY-7", _TWO, or_breaks=())
    both = [_entry(own[2:]), _entry(foreign[2:])]
    tests.reject(
        "keyset-two-keys",
        "Two ecdsa entries that differ, the bound one first.",
        "keyset-two-entries",
        _keyset(both),
        "KEY-7",
        _TWO,
        "ATT-12",
    )


def _no_key(tests: Tests) -> None:
    own = key_hex(kit.enclave().key)
    answer = _with(own)
    for slug, why, value in (
        ("key-absent", "Some TEE models are attested without a key.", ...),
        ("key-empty", "An empty text is no key.", ""),
        ("key-null", "null is no key.", None),
    ):
        changed = edited(answer, "signing_key", value)
        tests.reject(slug, why, "key-in-signing-key", changed, "KEY-8", _NONE)
    rows: Tuple[Tuple[str, str, List[Any]], ...] = (
        ("keyset-empty", "A keyset without keys.", []),
        ("keyset-other-algorithm-only", "A key of another protocol is none of this.",
         [_entry(own[2:], "secp256k1-aes-256-gcm-hkdf-sha256")]),
        ("keyset-algorithm-capitals", "There is one spelling of the algorithm.",
         [_entry(own[2:], "ECDSA")]),
        ("keyset-without-key", "An entry without a key.", [{"key_id": "k", "algo": "ecdsa"}]),
    )  # fmt: skip
    for slug, why, entries in rows:
        tests.reject(
            slug,
            why,
            "keyset-only",
            _keyset(entries),
            "KEY-8",
            _NONE,
            "ATT-12",
            change=Rebuilt(_KEYSET, "three entries", entries),
        )


def _unbound(tests: Tests) -> None:
    attacker = kit.find_key("attacker", "")
    own = kit.enclave().key
    tests.reject(
        "key-unbound",
        "The attacker's key and address beside a genuine quote: verified is "
        "true, nonce and addresses agree.",
        "key-twice",
        build(presented=attacker),
        "BND-1",
        "UnboundKey",
        "KEY-9",
        change=Rebuilt("model key", key_hex(own), key_hex(attacker)),
    )
    foreign = edited(
        _keyset([_entry(key_hex(attacker))]), "signing_address", kit.address_text(attacker)
    )
    tests.reject(
        "keyset-unbound",
        "The attacker's key in the keyset; nothing signs a keyset.",
        "keyset-only",
        foreign,
        "BND-1",
        "UnboundKey",
        "KEY-9",
        change=Rebuilt("model key", key_hex(own), key_hex(attacker)),
    )
    without = edited(build(presented=attacker), "signing_address", ...)
    tests.reject(
        "key-unbound-without-address",
        "The attacker's key and no address to compare with.",
        "key-twice",
        without,
        "BND-1",
        "UnboundKey",
        "KEY-9",
        change=Rebuilt("model key", key_hex(own), key_hex(attacker)),
    )
