from __future__ import annotations

import base64
import gzip
import json
import random
import zlib
from typing import Callable, Dict
from urllib.parse import quote

import pytest

from conformance.scenarios.canary import Secret, find_leaks, make_canary

CANARY = make_canary("seed", "prompt")
OTHER = make_canary("seed", "system prompt")
SECRETS = (Secret("prompt", CANARY), Secret("system prompt", OTHER))
TEXT = f"Please say {CANARY}, größer."


def _percent(text: str) -> bytes:
    return "".join(f"%{byte:02x}" for byte in text.encode()).encode()


def _escaped(text: str) -> bytes:
    return "".join(f"\\u{ord(letter):04x}" for letter in text).encode()


def _some_escaped(text: str) -> bytes:
    return "".join(f"\\u{ord(a):04X}" if i % 5 == 2 else a for i, a in enumerate(text)).encode()


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


ENCODINGS: Dict[str, Callable[[str], bytes]] = {
    "raw": lambda text: text.encode(),
    "capitals": lambda text: text.upper().encode(),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "base64 at 0": lambda text: base64.b64encode(text.encode()),
    "base64 at 1": lambda text: base64.b64encode(b"x" + text.encode()),
    "base64 at 2": lambda text: base64.b64encode(b"xx" + text.encode()),
    "base64url": lambda text: base64.urlsafe_b64encode(b"\xff\xfe" + text.encode()).rstrip(b"="),
    "base64 in lines": lambda text: base64.encodebytes(text.encode() * 2),
    "base64 of gzip": lambda text: base64.b64encode(gzip.compress(text.encode())),
    "hex": lambda text: text.encode().hex().encode(),
    "HEX": lambda text: text.encode().hex().upper().encode(),
    "hex with colons": lambda text: text.encode().hex(":").encode(),
    "hex of UTF-16": lambda text: text.encode("utf-16-le").hex().encode(),
    "percent": _percent,
    "some percent": lambda text: quote(text).replace("g", "%67").encode(),
    "percent twice": lambda text: quote(_percent(text).decode()).encode(),
    "escapes": _escaped,
    "some escapes": _some_escaped,
    "JSON in JSON": lambda text: json.dumps(json.dumps({"a": _escaped(text).decode()})).encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "zlib": lambda text: zlib.compress(text.encode()),
    "deflate": lambda text: _raw_deflate(text.encode()),
    "reversed": lambda text: text.encode()[::-1],
    "half": lambda text: text[: text.index(CANARY) + 16].encode(),
    "other half": lambda text: text[text.index(CANARY) + 16 :].encode(),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_secret_is_found_in_every_encoding(name: str) -> None:
    hidden = ENCODINGS[name](TEXT)
    (leak,) = find_leaks(hidden, SECRETS, "the body")
    assert (leak.secret, leak.place) == ("prompt", "the body")
    assert 0 <= leak.offset < len(hidden)


@pytest.mark.parametrize("name", sorted(set(ENCODINGS) - {"deflate"}))
def test_it_is_found_behind_other_bytes(name: str) -> None:
    before = b'{"model": "e2ee", "x": "'
    (leak,) = find_leaks(before + ENCODINGS[name](TEXT) + b'"}', SECRETS, "the body")
    assert leak.offset >= len(before) or name in {"gzip", "zlib"}


def test_the_offset_is_that_of_the_canary() -> None:
    (leak,) = find_leaks(b"0123456789" + CANARY.encode(), SECRETS, "x")
    assert leak.offset == 10
    assert str(leak) == "the prompt as it stands at byte 10 of x"


def test_each_secret_is_named_once() -> None:
    text = f"{CANARY} {OTHER} {CANARY}".encode()
    assert [leak.secret for leak in find_leaks(text, SECRETS, "x")] == ["prompt", "system prompt"]


def test_canaries_differ_and_have_no_hexadecimal_digit() -> None:
    canaries = {make_canary(str(seed), name) for seed in range(100) for name in "ab"}
    assert len(canaries) == 200
    assert not set("".join(canaries)) & set("0123456789abcdef")
    assert {len(canary) for canary in canaries} == {32}


def test_a_short_part_of_a_canary_is_no_find() -> None:
    assert find_leaks(CANARY[:15].encode(), SECRETS, "x") == []


def test_nothing_is_found_where_nothing_is() -> None:
    """A thousand honest requests: ciphertext, keys, nonces and the text of a protocol."""
    draw = random.Random(7)
    for run in range(1000):
        secrets = [Secret(name, make_canary(str(run), name)) for name in ("prompt", "answer")]
        sealed = draw.randbytes(120 + run % 40).hex()
        body = {"model": "e2ee-mock", "messages": [{"role": "user", "content": sealed}]}
        evidence = base64.b64encode(draw.randbytes(200)).decode()
        for data in (
            json.dumps({**body, "stream": True}).encode(),
            f"GET /api/v1/tee/attestation?model=m&nonce={draw.randbytes(32).hex()}".encode(),
            f"Authorization: Bearer key-{make_canary(str(run), 'API key')}".encode(),
            json.dumps({"evidence_list": [{"evidence": evidence}]}).encode(),
        ):
            assert find_leaks(data, secrets, "x") == []


def test_a_bomb_is_unpacked_to_a_limit_only() -> None:
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 9)
    assert find_leaks(bomb, SECRETS, "x") == []
