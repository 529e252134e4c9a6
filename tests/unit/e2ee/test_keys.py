from __future__ import annotations

from typing import Any

import pytest

from tests.unit.e2ee.samples import KEY_WITH_X_FROM_04, MODEL
from venice_ref.e2ee.keys import encode_public_key, parse_model_key
from venice_ref.errors import MalformedError

DIGITS = MODEL.public_key.hex()
P = 2**256 - 2**32 - 977


@pytest.mark.parametrize(
    "text",
    [
        DIGITS,
        DIGITS.upper(),
        DIGITS[:60] + DIGITS[60:].upper(),
        "0x" + DIGITS,
        "0X" + DIGITS.upper(),
        DIGITS[2:],
        DIGITS[2:].upper(),
        "0x" + DIGITS[2:],
    ],
    ids=["130", "upper", "mixed", "0x", "0X", "128", "128-upper", "128-0x"],
)
def test_every_form_is_the_same_point(text: str) -> None:  # KEY-3
    assert parse_model_key(text) == MODEL.public_key


@pytest.mark.parametrize("prefix", ["", "0x"])
def test_128_digits_are_x_and_y_also_where_x_begins_with_04(prefix: str) -> None:  # KEY-4
    public = KEY_WITH_X_FROM_04.public_key
    assert public[1] == 0x04
    assert parse_model_key(prefix + public[1:].hex()) == public


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "0 hex digits"),
        ("0x", "0 hex digits"),
        ("02" + DIGITS[2:66], "66 hex digits"),
        ("05" + DIGITS[2:], "begins with 05, required 04"),
        ("00" + DIGITS[2:], "begins with 00, required 04"),
        ("06" + DIGITS[2:], "begins with 06, required 04"),
        (DIGITS[:-1], "odd number of hex digits, 129"),
        (DIGITS + "0", "odd number of hex digits, 131"),
        (DIGITS[:-4], "126 hex digits"),
        (DIGITS + "00", "132 hex digits"),
        ("0x0x" + DIGITS[2:], "not hexadecimal"),
        (DIGITS[:-1] + "g", "not hexadecimal"),
        (DIGITS[:64] + " " + DIGITS[65:], "not hexadecimal"),
        (" " + DIGITS[2:] + " ", "not hexadecimal"),
        (DIGITS + "\n", "odd number"),
        (DIGITS[:-2] + "\r\n", "not hexadecimal"),
        (DIGITS[:-1] + "\u0661", "not hexadecimal"),
        (DIGITS[:-1] + "\uff11", "not hexadecimal"),
        (None, "not a string"),
        (5, "not a string"),
        (True, "not a string"),
        (MODEL.public_key, "not a string"),
    ],
)
def test_refused_by_form(text: Any, found: str) -> None:  # KEY-5
    with pytest.raises(MalformedError, match=found) as error:
        parse_model_key(text)
    assert error.value.rule == "KEY-5"
    assert error.value.where == "attestation.signing_key"


@pytest.mark.parametrize(
    "raw",
    [
        bytes(64),
        MODEL.public_key[1:33] + bytes(32),
        P.to_bytes(32, "big") + MODEL.public_key[33:],
        b"\xff" * 64,
        MODEL.public_key[1:64] + bytes((MODEL.public_key[64] ^ 1,)),
    ],
    ids=["zero", "y-zero", "x-is-p", "all-ones", "off-curve"],
)
@pytest.mark.parametrize("prefix", ["", "04"])
def test_refused_by_the_curve(raw: bytes, prefix: str) -> None:  # KEY-6
    with pytest.raises(MalformedError) as error:
        parse_model_key(prefix + raw.hex(), where="here")
    assert (error.value.rule, error.value.where) == ("KEY-6", "here")


def test_x_plus_p_is_not_x() -> None:  # KEY-6
    # The point with x = 1 has y = sqrt(8); x + p is the same residue and another text.
    y = pow(8, (P + 1) // 4, P)
    assert parse_model_key((b"\x04" + (1).to_bytes(32, "big") + y.to_bytes(32, "big")).hex())
    with pytest.raises(MalformedError, match="KEY-6"):
        parse_model_key(((1 + P).to_bytes(32, "big") + y.to_bytes(32, "big")).hex())


@pytest.mark.parametrize("text", [DIGITS[:-1] + "z", "05" + DIGITS[2:], DIGITS + "00"])
def test_a_message_never_repeats_the_key(text: str) -> None:  # ERR-2
    with pytest.raises(MalformedError) as error:
        parse_model_key(text)
    assert text[8:24] not in str(error.value)


def test_the_text_of_a_key() -> None:  # KEY-2, REQ-2
    text = encode_public_key(MODEL.public_key)
    assert (len(text), text[:2], text) == (130, "04", text.lower())
    assert parse_model_key(text) == MODEL.public_key
