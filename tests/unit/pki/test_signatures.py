from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest

from conformance.mock_tee.pki import rsa_key
from tests import simulated_pki as pki
from venice_ref.codec.der_encode import integer, null, octet_string, sequence
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P256, P384
from venice_ref.errors import MalformedError, SignatureError, UsageError, VeniceError
from venice_ref.pki.keys import EcPublicKey, PublicKey, RsaPublicKey
from venice_ref.pki.signatures import (
    ALGORITHM_OF,
    SignatureMemo,
    parse_ecdsa_signature,
    verify_signed,
)

MESSAGE = b"message"
CASES: Dict[str, Tuple[PublicKey, bytes]] = {
    "P-256": (EcPublicKey(P256, pki.LEAF_KEY.point), pki.LEAF_KEY.sign(MESSAGE)),
    "P-384": (EcPublicKey(P384, pki.P384_KEY.point), pki.P384_KEY.sign(MESSAGE)),
    "RSA": (RsaPublicKey(rsa_key.N, rsa_key.E), rsa_key.sign(MESSAGE)),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_signature_verifies(kind: str) -> None:  # CRT-12
    key, signature = CASES[kind]
    verify_signed(key, ALGORITHM_OF[kind], MESSAGE, signature)
    with pytest.raises(SignatureError) as caught:
        verify_signed(key, ALGORITHM_OF[kind], b"other", signature, where="x", rule="CRT-12")
    assert (caught.value.where, caught.value.rule) == ("x", "CRT-12")


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("algorithm", [*ALGORITHM_OF.values(), "1.2.3", ""])
def test_each_kind_of_key_has_one_algorithm(kind: str, algorithm: str) -> None:  # CRT-12
    if algorithm == ALGORITHM_OF[kind]:
        return
    key, signature = CASES[kind]
    with pytest.raises(SignatureError, match="does not belong"):
        verify_signed(key, algorithm, MESSAGE, signature)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"a" * 64,
        sequence(integer(1)),
        sequence(integer(1), integer(2), integer(3)),
        sequence(integer(1), integer(2)) + b"\x00",
        sequence(octet_string(b"a"), integer(1)),
        sequence(b"\x02\x02\x00\x01", integer(2)),
        sequence(integer(1), b"\x02\x81\x01\x02"),
        b"\x30\x81\x06\x02\x01\x01\x02\x01\x02",
        b"\x30\x80\x02\x01\x01\x02\x01\x02\x00\x00",
        sequence(integer(2**600), integer(1)),
        null(),
    ],
)
def test_a_signature_of_ecdsa_is_der(raw: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_ecdsa_signature(raw, where="x", rule="CRT-12")
    assert caught.value.rule == "CRT-12"
    with pytest.raises(MalformedError):
        verify_signed(CASES["P-256"][0], ALGORITHM_OF["P-256"], MESSAGE, raw)


@pytest.mark.parametrize("value", [0, -1, P256.n, P256.n + 1, 2**300])
def test_numbers_out_of_range_do_not_verify(value: int) -> None:
    key, signature = CASES["P-256"]
    r, s = parse_ecdsa_signature(signature)
    for raw in (sequence(integer(value), integer(s)), sequence(integer(r), integer(value))):
        with pytest.raises(SignatureError):
            verify_signed(key, ALGORITHM_OF["P-256"], MESSAGE, raw)


# --- The memo -----------------------------------------------------------------------------------


def verified(memo: SignatureMemo, key: PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        verify_signed(key, ALGORITHM_OF[key.kind], message, signature, memo=memo)
    except VeniceError:
        return False
    return True


def test_a_signature_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: List[str] = []
    verify = ecdsa.verify

    def count(*arguments: Any, **options: Any) -> None:
        calls.append("verify")
        verify(*arguments, **options)

    monkeypatch.setattr(ecdsa, "verify", count)
    memo = SignatureMemo()
    key, signature = CASES["P-256"]
    assert all(verified(memo, key, MESSAGE, signature) for _ in range(3))
    assert (len(calls), len(memo)) == (1, 1)
    assert verified(SignatureMemo(), key, MESSAGE, signature)
    assert len(calls) == 2


def test_what_was_verified_is_key_message_and_signature() -> None:
    memo = SignatureMemo()
    key, signature = CASES["P-256"]
    assert verified(memo, key, MESSAGE, signature)
    assert not verified(memo, EcPublicKey(P256, pki.CA_KEY.point), MESSAGE, signature)
    assert not verified(memo, key, MESSAGE + signature[:1], signature[1:])
    assert not verified(memo, key, MESSAGE[:-1], MESSAGE[-1:] + signature)
    with pytest.raises(SignatureError):
        verify_signed(key, ALGORITHM_OF["P-384"], MESSAGE, signature, memo=memo)


def test_what_does_not_verify_is_not_remembered() -> None:
    memo = SignatureMemo()
    key, signature = CASES["P-256"]
    assert not verified(memo, key, b"other", signature)
    assert not verified(memo, key, b"other", signature)
    assert len(memo) == 0


def test_the_memo_is_bounded_and_forgets_the_oldest() -> None:
    memo = SignatureMemo(limit=2)
    for name in (b"a", b"b", b"b"):
        memo.add(name)
    assert b"a" in memo
    memo.add(b"c")
    assert len(memo) == 2
    assert [name in memo for name in (b"a", b"b", b"c")] == [False, True, True]
    with pytest.raises(UsageError):
        SignatureMemo(limit=0)
