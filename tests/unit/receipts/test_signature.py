from __future__ import annotations

import hashlib
from typing import Any, List, Optional

import pytest

from tests.samples import ADDRESS, OTHER_SECRET, SECRET
from venice_ref.crypto.address import address_of, parse_address
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.crypto.ecdsa import sign
from venice_ref.errors import MalformedError, PeerError, SignatureError, UsageError
from venice_ref.receipts.signature import (
    MAX_SIGNED_TEXT,
    SignedText,
    compare_transcript,
    encode_signed_text,
    parse_signed_text,
    recover_signer,
    sign_text,
    signed_digest,
    verify_signature,
    verify_signed_model,
)

N = SECP256K1.n
REQUEST, RESPONSE = b'{"model":"m"}', b"data: [DONE]\n\n"
HASHES = hashlib.sha256(REQUEST).hexdigest() + ":" + hashlib.sha256(RESPONSE).hexdigest()
SIGNATURE = sign_text(SECRET, HASHES)

# Published examples of EIP-191: the manuals of web3.js and of eth-account.
PUBLISHED = [
    (
        "Some data",
        "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
        "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23",
        "1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655",
        (
            "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
            "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c"
        ),
    ),
    (
        "I\u2665SF",
        "b25c7db31feed9122727bf0939dc769a96564b2de4c4726d035b36ecf1e5b364",
        "0x5ce9454909639D2D17A3F753ce7d93fa0b9aB12E",
        "1476abb745d423bf09273f1afd887d951181d25adc66c4834a70491911b7f750",
        (
            "0xe6ca9bba58c88611fad66a6ce8f996908195593807c4b38bd528d2cff09d4eb3"
            "3e5bfbbf4d3e39b1a2fd816a7680c19ebebaf3a141b239934ad43cb33fcec8ce1c"
        ),
    ),
]


def parts(signature: str) -> List[int]:
    """Return r, s and v."""
    raw = bytes.fromhex(signature[2:])
    return [int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]]


def joined(r: int, s: int, v: int) -> str:
    return "0x" + r.to_bytes(32, "big").hex() + s.to_bytes(32, "big").hex() + f"{v:02x}"


R, S, V = parts(SIGNATURE)


def fault(text: str, signature: Any) -> PeerError:
    with pytest.raises(PeerError) as caught:
        verify_signature(text, signature, ADDRESS)
    return caught.value


# --- The digest and the signature ---------------------------------------------------------------


@pytest.mark.parametrize(("text", "secret", "address", "digest", "signature"), PUBLISHED)
def test_the_published_examples(
    text: str, secret: str, address: str, digest: str, signature: str
) -> None:  # SIG-1
    private = PrivateKey.from_bytes(bytes.fromhex(secret))
    assert signed_digest(text).hex() == digest
    assert sign_text(private, text) == signature
    assert recover_signer(text, signature) == parse_address(address)
    verify_signature(text, signature, parse_address(address))


def test_the_digest_of_hello_world() -> None:
    expected = "d9eba16ed0ecae432b71fe008c98cc872bb4cc214d3220a36f365326cf807d68"
    assert signed_digest("hello world").hex() == expected


def test_the_length_is_that_of_the_bytes() -> None:
    assert signed_digest("\u00e9") != signed_digest("e")
    assert recover_signer("\u00e9" * 40, sign_text(SECRET, "\u00e9" * 40)) == ADDRESS


def test_a_signature_over_the_bare_hash_is_none() -> None:
    digest = hashlib.sha256(HASHES.encode()).digest()
    bare = sign(SECP256K1, int.from_bytes(SECRET.to_bytes(), "big"), digest, low_s=True)
    error = fault(HASHES, joined(bare.r, bare.s, 27 + bare.recovery_id))
    assert isinstance(error, SignatureError)
    assert error.rule == "SIG-4"


@pytest.mark.parametrize("v_form", [0, 27])
@pytest.mark.parametrize("prefix", ["0x", "0X", ""])
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("wrapped", [False, True])
def test_every_form_of_a_signature(v_form: int, prefix: str, upper: bool, wrapped: bool) -> None:
    digits = joined(R, S, V - 27 + v_form)[2:]
    text = prefix + (digits.upper() if upper else digits)
    signature: Any = {"value": text, "algorithm": "ecdsa"} if wrapped else text  # SIG-8
    verify_signature(HASHES, signature, ADDRESS)


@pytest.mark.parametrize("v", [2, 3, 26, 29, 30, 31, 34, 35, 37, 38, 128, 255])
def test_another_v(v: int) -> None:  # SIG-2
    error = fault(HASHES, joined(R, S, v))
    assert isinstance(error, MalformedError)
    assert error.rule == "SIG-2"


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0x",
        SIGNATURE[:-2],
        SIGNATURE + "00",
        SIGNATURE[:-1],
        SIGNATURE[:-1] + "g",
        " " + SIGNATURE[3:],
        "0x" + SIGNATURE,
        "\uff10" * 130,
    ],
)
def test_another_size_or_character(signature: str) -> None:  # SIG-2
    error = fault(HASHES, signature)
    assert isinstance(error, MalformedError)
    assert (error.rule, error.where) == ("SIG-2", "signature")


@pytest.mark.parametrize("signature", [None, 1, [SIGNATURE], {}, {"value": None}, {"value": 1}])
def test_another_type(signature: Any) -> None:  # SIG-8
    error = fault(HASHES, signature)
    assert isinstance(error, MalformedError)
    assert error.rule == "SIG-8"


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, S), (N, S), (N + 1, S), (2**256 - 1, S), (R, 0), (R, N), (R, 2**256 - 1), (R, N // 2 + 1)],
)
def test_r_and_s_out_of_range(r: int, s: int) -> None:
    error = fault(HASHES, joined(r, s, V))
    assert isinstance(error, SignatureError)
    assert error.rule == "SIG-3"


def test_the_upper_of_two_signatures_is_refused() -> None:  # SIG-3
    """(r, n - s) with the other v recovers the same key, and is refused for its s alone."""
    error = fault(HASHES, joined(R, N - S, 55 - V))
    assert error.rule == "SIG-3"
    assert "n/2" in error.message


def test_an_r_that_is_no_coordinate() -> None:
    r = next(r for r in range(1, 50) if pow(r**3 + 7, (SECP256K1.p - 1) // 2, SECP256K1.p) != 1)
    error = fault(HASHES, joined(r, S, 27))
    assert isinstance(error, SignatureError)
    assert error.rule == "SIG-3"


def test_another_signer() -> None:  # SIG-4
    error = fault(HASHES, sign_text(OTHER_SECRET, HASHES))
    assert isinstance(error, SignatureError)
    assert error.rule == "SIG-4"
    assert recover_signer(HASHES, sign_text(OTHER_SECRET, HASHES)) == address_of(
        OTHER_SECRET.public_key
    )


@pytest.mark.parametrize("text", ["", HASHES + " ", HASHES.upper(), "m:" + HASHES])
def test_another_text(text: str) -> None:
    assert fault(text, SIGNATURE).rule in {"SIG-3", "SIG-4"}


def test_the_other_v_is_another_signer() -> None:
    error = fault(HASHES, joined(R, S, 55 - V))
    assert error.rule in {"SIG-3", "SIG-4"}


@pytest.mark.parametrize("text", ["a" * (MAX_SIGNED_TEXT + 1), "\u2665" * (MAX_SIGNED_TEXT // 2)])
def test_a_text_has_a_greatest_size(text: str) -> None:
    assert fault(text, SIGNATURE).rule == "SIG-13"
    with pytest.raises(UsageError):
        sign_text(SECRET, text)


def test_a_text_is_one_that_utf_8_can_carry() -> None:
    assert fault("\ud800", SIGNATURE).rule == "SIG-1"
    with pytest.raises(UsageError):
        sign_text(SECRET, "\ud800")


# --- The text -----------------------------------------------------------------------------------

SIGNED = SignedText(None, hashlib.sha256(REQUEST).digest(), hashlib.sha256(RESPONSE).digest())


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (HASHES, None),
        ("m:" + HASHES, "m"),
        ("Qwen/Qwen3.5-122B-A10B:" + HASHES, "Qwen/Qwen3.5-122B-A10B"),
        ("org/model:free:" + HASHES, "org/model:free"),
        (":" + "a:" + HASHES, ":a"),
        ("caf\u00e9:" + HASHES, "caf\u00e9"),
    ],
)
def test_the_text_is_read_from_the_right(text: str, model: Optional[str]) -> None:  # SIG-5
    signed = parse_signed_text(text)
    assert signed == SIGNED._replace(model=model)
    assert encode_signed_text(signed) == text


def test_hashes_of_either_case_are_the_same_hashes() -> None:
    assert parse_signed_text(HASHES.upper()) == SIGNED


A, B = HASHES.split(":")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("SIG-5", ""),
        ("SIG-11", ":"),
        ("SIG-5", "::"),
        ("SIG-5", A),
        ("SIG-5", A + B),
        ("SIG-11", f"{A}:"),
        ("SIG-11", f":{B}"),
        ("SIG-5", f":{A}:{B}"),
        ("SIG-11", f"{A}:{B[:-1]}"),
        ("SIG-11", f"{A}:{B}0"),
        ("SIG-11", f"{A}:{B[:-1]}g"),
        ("SIG-11", f"0x{A[2:]}:{B}"),
        ("SIG-11", f"{A}: {B[1:]}"),
        ("SIG-11", f"{A}:{B}\n"),
        ("SIG-11", f"m:{A}:{B}:"),
        ("SIG-11", f"m:{A[:-1]}:{B}"),
        ("SIG-13", "m:" + "a" * MAX_SIGNED_TEXT + HASHES),
    ],
)
def test_another_text_is_malformed(rule: str, text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_signed_text(text)
    assert (caught.value.rule, caught.value.where) == (rule, "signature.text")


def test_the_model_of_a_text() -> None:  # SIG-7
    verify_signed_model(SIGNED, [])
    verify_signed_model(SIGNED._replace(model="m"), ["m", "upstream/m"])
    verify_signed_model(SIGNED._replace(model="upstream/m"), {"m", "upstream/m"})
    for model in ("M", "", "m ", "other"):
        with pytest.raises(SignatureError) as caught:
            verify_signed_model(SIGNED._replace(model=model), ["m"])
        assert caught.value.rule == "SIG-7"


@pytest.mark.parametrize(
    ("request_body", "response_body"),
    [
        (REQUEST + b" ", RESPONSE),
        (b'{"model": "m"}', RESPONSE),
        (REQUEST, RESPONSE.replace(b"\n", b"\r\n")),
        (REQUEST, RESPONSE[:-1]),
        (RESPONSE, REQUEST),
        (b"", b""),
    ],
)
def test_other_bytes_are_another_transcript(request_body: bytes, response_body: bytes) -> None:
    compare_transcript(SIGNED, request=REQUEST, response=RESPONSE)
    with pytest.raises(SignatureError) as caught:
        compare_transcript(SIGNED, request=request_body, response=response_body)
    assert caught.value.rule == "SIG-6"
