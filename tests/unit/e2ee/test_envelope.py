from __future__ import annotations

import copy
import pickle
from typing import Any, List

import pytest

from tests.unit.e2ee.samples import CLIENT, EPHEMERAL, MODEL, OTHER
from venice_ref.crypto import gcm, hkdf
from venice_ref.crypto.ecdh import PrivateKey, shared_secret
from venice_ref.e2ee.envelope import (
    Steps,
    draw,
    explain_open,
    explain_seal,
    open_envelope,
    open_text,
    seal,
    seal_derandomised,
    seal_text,
)
from venice_ref.errors import DecryptError, MalformedError, UsageError, VeniceError
from venice_ref.model import PublicKey65
from venice_ref.spec import MAX_ENVELOPE_SIZE

NONCE = bytes(range(12))
TEXT = b"The quick brown fox"
BLOB = seal_derandomised(CLIENT.public_key, TEXT, ephemeral=EPHEMERAL, nonce=NONCE)


def repr_of_size(raw: bytes) -> str:
    return f"{len(raw)}-bytes-{raw[:2].hex()}"


def altered(offset: int, *, blob: bytes = BLOB) -> bytes:
    return blob[:offset] + bytes((blob[offset] ^ 1,)) + blob[offset + 1 :]


# --- Seal ---------------------------------------------------------------------------------------


def test_the_layout() -> None:  # ENV-1, ENV-2, ENV-3
    key = hkdf.derive(
        shared_secret(CLIENT, EPHEMERAL.public_key), info=b"ecdsa_encryption", length=32
    )
    assert BLOB[:65] == EPHEMERAL.public_key
    assert BLOB[65:77] == NONCE
    assert BLOB[77:] == gcm.seal(key, NONCE, TEXT)
    assert len(BLOB) == 93 + len(TEXT)


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        b"x",
        TEXT,
        bytes(15),
        bytes(16),
        bytes(17),
        b"\x00",
        "é€😀".encode(),
        b"\xff\xfe",
        bytes(100_000),
    ],
    ids=repr_of_size,
)
def test_round_trip(plaintext: bytes) -> None:
    assert open_envelope(MODEL, seal(MODEL.public_key, plaintext)) == plaintext


def test_the_empty_plaintext_has_93_bytes() -> None:  # ENV-4, ENV-12
    blob = seal(MODEL.public_key, b"")
    assert len(blob) == 93
    assert open_envelope(MODEL, blob) == b""
    assert open_text(MODEL, blob.hex()) == ""


def test_two_envelopes_share_nothing() -> None:  # ENV-7
    first, second = seal(MODEL.public_key, TEXT), seal(MODEL.public_key, TEXT)
    assert first[:65] != second[:65]
    assert first[65:77] != second[65:77]
    assert first[77:] != second[77:]


def test_the_random_source_is_the_one_given() -> None:  # ENV-7
    drawn: List[int] = []

    def source(size: int) -> bytes:
        drawn.append(size)
        return bytes([len(drawn)]) * size

    assert open_envelope(MODEL, seal(MODEL.public_key, TEXT, random_bytes=source)) == TEXT
    assert drawn == [32, 12]


def fails(size: int) -> bytes:
    raise OSError(f"no entropy for {size} bytes")


@pytest.mark.parametrize(
    "source",
    [
        fails,
        lambda n: bytes(n)[:0],
        lambda n: bytes(n - 1),
        lambda n: bytes([1]) * (n + 1),
        lambda n: "x" * n,
        lambda n: [0] * n,
    ],
    ids=["raises", "nothing", "short", "long", "text", "list"],
)
def test_a_broken_random_source_is_refused(source: Any) -> None:  # ENV-7
    with pytest.raises(UsageError, match="random source"):
        seal(MODEL.public_key, TEXT, random_bytes=source)
    with pytest.raises(UsageError, match="ENV-7"):
        draw(source, 12)


def test_a_source_that_fails_at_the_nonce_is_refused() -> None:
    def source(size: int) -> bytes:
        return bytes([7]) * size if size == 32 else fails(size)

    with pytest.raises(UsageError, match="ENV-7"):
        seal(MODEL.public_key, TEXT, random_bytes=source)


@pytest.mark.parametrize("nonce", [b"", bytes(11), bytes(13), bytes(16), "x" * 12, None])
def test_a_nonce_has_12_bytes(nonce: Any) -> None:  # ENV-3
    with pytest.raises(UsageError, match="ENV-3"):
        seal_derandomised(MODEL.public_key, TEXT, ephemeral=EPHEMERAL, nonce=nonce)


@pytest.mark.parametrize("plaintext", ["text", None, 5, [1]])
def test_a_plaintext_is_bytes(plaintext: Any) -> None:
    with pytest.raises(UsageError):
        seal(MODEL.public_key, plaintext)


def test_a_recipient_is_validated() -> None:  # KEY-6
    with pytest.raises(MalformedError, match="KEY-6"):
        seal(PublicKey65(b"\x04" + bytes(64)), TEXT)


def test_text_becomes_lowercase_hex() -> None:  # ENV-8
    text = seal_text(MODEL.public_key, "é😀")
    assert text == text.lower()
    assert len(text) == 2 * (93 + 6)
    assert text.startswith("04")
    assert open_text(MODEL, text) == "é😀"


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\ud83d \ude00"])
def test_text_that_utf8_cannot_carry(text: str) -> None:  # ENV-11
    with pytest.raises(UsageError, match="ENV-11"):
        seal_text(MODEL.public_key, text)


def test_text_with_nul_and_noncharacters() -> None:  # ENV-11
    assert (
        open_text(MODEL, seal_text(MODEL.public_key, "\x00\uffff\U0010ffff"))
        == "\x00\uffff\U0010ffff"
    )


def test_text_that_looks_like_an_envelope_is_opened_once() -> None:
    assert open_text(CLIENT, seal_text(CLIENT.public_key, BLOB.hex())) == BLOB.hex()


# --- Open ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 64, 65, 76, 77, 91, 92])
def test_too_short(size: int, monkeypatch: pytest.MonkeyPatch) -> None:  # ENV-4
    import venice_ref.e2ee.envelope as module

    monkeypatch.delattr(module, "shared_secret")  # no operation on the curve
    with pytest.raises(MalformedError, match=f"{size} bytes, at least 93 at envelope") as error:
        open_envelope(CLIENT, BLOB[:size])
    assert error.value.rule == "ENV-4"


def test_the_size_comes_before_the_form() -> None:  # ENV-4
    with pytest.raises(MalformedError, match="ENV-4"):
        open_envelope(CLIENT, b"\x05" + BLOB[1:92])


def test_too_long() -> None:  # ENV-13
    with pytest.raises(MalformedError, match="ENV-13"):
        open_envelope(CLIENT, b"\x04" + bytes(MAX_ENVELOPE_SIZE))
    with pytest.raises(MalformedError, match="ENV-13"):
        open_text(CLIENT, "0" * (2 * MAX_ENVELOPE_SIZE + 1))
    with pytest.raises(UsageError, match="ENV-13"):
        seal(MODEL.public_key, bytes(MAX_ENVELOPE_SIZE - 92))


@pytest.mark.parametrize("first", [0x00, 0x02, 0x03, 0x05, 0x06, 0x07, 0xFF])
def test_the_first_byte(first: int) -> None:  # ENV-5
    with pytest.raises(MalformedError, match=f"begins with {first:02x}, required 04") as error:
        open_envelope(CLIENT, bytes((first,)) + BLOB[1:], where="here")
    assert (error.value.rule, error.value.where) == ("ENV-5", "here")


@pytest.mark.parametrize("offset", [1, 32, 33, 64])
def test_a_point_off_the_curve(offset: int) -> None:  # ENV-5
    with pytest.raises(MalformedError) as error:
        open_envelope(CLIENT, altered(offset))
    assert (error.value.rule, error.value.where) == ("ENV-5", "envelope.ephemeral_public_key")


@pytest.mark.parametrize("point", [bytes(64), b"\xff" * 64], ids=["zero", "not-below-p"])
def test_no_point_at_all(point: bytes) -> None:  # ENV-5
    with pytest.raises(MalformedError, match="ENV-5"):
        open_envelope(CLIENT, b"\x04" + point + BLOB[65:])


@pytest.mark.parametrize(
    "offset", [65, 76, 77, 77 + len(TEXT) - 1, *range(len(BLOB) - 16, len(BLOB))]
)
def test_a_changed_byte(offset: int) -> None:  # ENV-6: nonce, ciphertext, each byte of the tag
    with pytest.raises(DecryptError) as error:
        open_envelope(CLIENT, altered(offset))
    assert str(error.value) == "the authentication tag does not hold at envelope.tag [ENV-6]"


def test_every_failure_of_the_tag_looks_the_same() -> None:  # ENV-6
    other_point = OTHER.public_key + BLOB[65:]
    tag_first = BLOB[:77] + BLOB[-16:] + BLOB[77:-16]
    blobs = [other_point, tag_first, BLOB[:-1], BLOB + b"\x00", BLOB[:65] + BLOB[77:] + BLOB[65:77]]
    found = set()
    for blob in blobs:
        with pytest.raises(DecryptError) as error:
            open_envelope(CLIENT, blob)
        found.add((str(error.value), repr(error.value.__cause__), error.value.__suppress_context__))
    with pytest.raises(DecryptError) as error:
        open_envelope(OTHER, BLOB)
    found.add((str(error.value), repr(error.value.__cause__), error.value.__suppress_context__))
    assert len(found) == 1


def test_another_derivation_does_not_open() -> None:  # ENV-2, ENV-3: control
    shared = shared_secret(EPHEMERAL, CLIENT.public_key)
    for info, aad in [(b"ed25519_encryption", b""), (b"", b""), (b"ecdsa_encryption", b"v2|req|")]:
        key = hkdf.derive(shared, info=info, length=32)
        with pytest.raises(DecryptError):
            open_envelope(CLIENT, BLOB[:77] + gcm.seal(key, NONCE, TEXT, aad))
    for salt in (b"", bytes(32)):
        key = hkdf.derive(shared, salt=salt, info=b"ecdsa_encryption", length=32)
        assert open_envelope(CLIENT, BLOB[:77] + gcm.seal(key, NONCE, TEXT)) == TEXT


def test_a_repeated_ephemeral_key_is_accepted() -> None:  # ENV-14
    for i in range(3):
        blob = seal_derandomised(
            CLIENT.public_key, TEXT, ephemeral=EPHEMERAL, nonce=bytes((i,)) * 12
        )
        assert open_envelope(CLIENT, blob) == TEXT


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_any_kind_of_bytes_opens(kind: Any) -> None:
    assert open_envelope(CLIENT, kind(BLOB)) == TEXT


@pytest.mark.parametrize("blob", [BLOB.hex(), None, 5])
def test_an_envelope_is_bytes(blob: Any) -> None:
    with pytest.raises(UsageError):
        open_envelope(CLIENT, blob)


def test_a_wiped_key_opens_nothing() -> None:  # SES-8
    key = PrivateKey.generate()
    blob = seal(key.public_key, TEXT)
    assert open_envelope(key, blob) == TEXT
    key.wipe()
    with pytest.raises(UsageError, match="SES-8"):
        open_envelope(key, blob)


# --- Text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [BLOB.hex(), BLOB.hex().upper(), BLOB.hex()[:99] + BLOB.hex()[99:].upper()]
)
def test_either_case(text: str) -> None:  # ENV-9
    assert open_text(CLIENT, text) == TEXT.decode()


@pytest.mark.parametrize(
    "text",
    [
        BLOB.hex()[:-1],
        BLOB.hex() + "0",
        "0x" + BLOB.hex(),
        "0X" + BLOB.hex(),
        " " + BLOB.hex() + " ",
        BLOB.hex() + "\n",
        BLOB.hex() + "\r\n",
        BLOB.hex()[:100] + "  " + BLOB.hex()[100:],
        BLOB.hex()[:-2] + "\u0661\u0661",
        BLOB.hex()[:-2] + "\uff11\uff11",
        "secret plaintext",
        BLOB.hex()[:-2] + "zz",
        None,
        True,
        5,
        BLOB,
        [BLOB.hex()],
    ],
)
def test_what_is_not_hex(text: Any) -> None:  # ENV-15
    with pytest.raises(MalformedError) as error:
        open_text(CLIENT, text, where="here")
    assert (error.value.rule, error.value.where) == ("ENV-15", "here")
    assert "secret" not in str(error.value)  # KEY-12
    assert BLOB.hex()[:20] not in str(error.value)  # ERR-2


@pytest.mark.parametrize("digits", [0, 2, 154, 184])
def test_hex_of_less_than_an_envelope(digits: int) -> None:  # ENV-4: 154 forgets the tag
    with pytest.raises(MalformedError, match="ENV-4"):
        open_text(CLIENT, BLOB.hex()[:digits])


def test_the_hex_comes_before_the_size() -> None:
    with pytest.raises(MalformedError, match="ENV-15"):
        open_text(CLIENT, "0")


@pytest.mark.parametrize(
    "raw", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"ok \xe2\x82", b"\xf4\x90\x80\x80"]
)
def test_plaintext_that_is_not_utf8(raw: bytes) -> None:  # ENV-10
    with pytest.raises(MalformedError) as error:
        open_text(CLIENT, seal(CLIENT.public_key, raw).hex())
    assert (error.value.rule, error.value.where) == ("ENV-10", "envelope.plaintext")


def test_a_byte_order_mark_is_text() -> None:  # ENV-10
    assert open_text(CLIENT, seal(CLIENT.public_key, b"\xef\xbb\xbfa").hex()) == "\ufeffa"


# --- Every step ---------------------------------------------------------------------------------


def test_the_steps_of_both_sides_agree() -> None:
    blob, sent = explain_seal(CLIENT.public_key, TEXT, ephemeral=EPHEMERAL, nonce=NONCE)
    assert blob == BLOB
    assert explain_open(CLIENT, BLOB) == sent
    assert sent.ephemeral_public + sent.nonce + sent.ciphertext + sent.tag == BLOB
    assert sent.shared_x == shared_secret(CLIENT, EPHEMERAL.public_key)
    assert sent.prk == hkdf.extract(b"", sent.shared_x)
    assert sent.key == hkdf.derive(sent.shared_x, info=b"ecdsa_encryption", length=32)
    assert gcm.unseal(sent.key, sent.nonce, sent.ciphertext + sent.tag) == TEXT
    assert [len(value) for value in sent] == [65, 12, 32, 32, 32, 16, 16, len(TEXT), 16]
    # The tag of an empty message is GHASH of one zero block, which is 0, and the mask.
    assert gcm.seal(sent.key, sent.nonce, b"") == sent.tag_mask


def test_the_steps_of_a_damaged_envelope() -> None:
    steps = explain_open(CLIENT, altered(len(BLOB) - 1))
    assert steps._replace(tag=b"") == explain_open(CLIENT, BLOB)._replace(tag=b"")
    for bad in (BLOB[:92], b"\x05" + BLOB[1:], altered(40)):
        with pytest.raises(MalformedError):
            explain_open(CLIENT, bad)


def test_what_is_not_given_is_drawn() -> None:
    first, _ = explain_seal(CLIENT.public_key, TEXT)
    second, _ = explain_seal(CLIENT.public_key, TEXT)
    assert first != second
    assert open_envelope(CLIENT, first) == open_envelope(CLIENT, second) == TEXT


def test_the_steps_do_not_show_themselves() -> None:  # KEY-12
    steps = explain_open(CLIENT, BLOB)
    assert isinstance(steps, Steps)
    assert repr(steps) == str(steps) == f"{steps}" == "<Steps (hidden)>"
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(UsageError, match="KEY-12"):
            attempt(steps)


def test_no_error_holds_the_plaintext_or_a_key() -> None:  # ERR-2
    steps = explain_open(CLIENT, BLOB)
    secrets = [TEXT.decode(), *(value.hex() for value in steps[2:7]), BLOB.hex()]
    for offset in range(0, len(BLOB), 7):
        with pytest.raises(VeniceError) as error:
            open_text(CLIENT, altered(offset).hex())
        shown = f"{error.value!r} {error.value} {error.value.hint}"
        assert not any(secret in shown for secret in secrets)
