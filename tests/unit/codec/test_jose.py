from __future__ import annotations

import base64
import json

import pytest

from venice_ref.codec.jose import parse_jws
from venice_ref.errors import MalformedError

HEADER, PAYLOAD, SIGNATURE = {"alg": "ES384", "kid": "k"}, {"iss": "x", "iat": 1}, bytes(range(96))


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(header: object = HEADER, payload: object = PAYLOAD, signature: object = SIGNATURE) -> str:
    return ".".join((part(header), part(payload), part(signature)))


def test_the_parts() -> None:
    text = token()
    jws = parse_jws(text, max_size=1000, where="t")
    assert jws.header.members == HEADER
    assert jws.payload.integer("iat") == 1
    assert jws.signature == SIGNATURE
    assert jws.signing_input.decode() == text.rpartition(".")[0]
    assert jws.payload.path("iat") == "t.payload.iat"


def test_the_example_of_rfc_7515_a_3() -> None:
    text = (
        "eyJhbGciOiJFUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
        "cnVlfQ"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    jws = parse_jws(text, max_size=1000)
    assert jws.header.text("alg") == "ES256"
    assert jws.payload.flag("http://example.com/is_root") is True
    assert len(jws.signature) == 64


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "t"),
        ("a.b", "t"),
        (token() + ".", "t"),
        (token() + ".a", "t"),
        ("." + token().partition(".")[2], "t.header"),
        (token(signature=b""), "t.signature"),
        (token(signature=b"a") + "==", "t.signature"),
        (token(signature=b"ab") + "=", "t.signature"),
        (token().replace(".", "=.", 1), "t.header"),
        (" " + token(), "t.header"),
        (token() + "\n", "t.signature"),
        (part(HEADER) + "." + part(PAYLOAD) + ".AB", "t.signature"),  # bits that mean nothing
        (part(HEADER) + "." + part(PAYLOAD) + ".A+/A", "t.signature"),
        (part(HEADER) + "." + part(PAYLOAD) + ".A\u00e9AA", "t.signature"),
        (token(header=[1]), "t.header"),
        (token(payload="text"), "t.payload"),
        (token(payload=b'{"a":1,"a":2}'), "t.payload"),
        (token(payload=b'{"a":NaN}'), "t.payload"),
        (token(payload=b"\xff{}"), "t.payload"),
        (token(header=b"{}{}"), "t.header"),
        (token(header={"alg": "ES384", "crit": ["b64"], "b64": False}), "t.header.crit"),
        (token(header={"alg": "ES384", "crit": None}), "t.header.crit"),
    ],
)
def test_nothing_else_is_accepted(text: str, where: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_jws(text, max_size=1000, where="t", rule="CRT-1")
    assert (caught.value.where, caught.value.rule) == (where, "CRT-1")


def test_the_size_is_bounded() -> None:
    text = token()
    parse_jws(text, max_size=len(text))
    with pytest.raises(MalformedError, match="at most"):
        parse_jws(text, max_size=len(text) - 1)
