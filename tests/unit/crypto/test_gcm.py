"""AES-256-GCM: the published test cases, and what must be refused."""

from __future__ import annotations

import random
from typing import Callable, List, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venice_ref.crypto import aes_planes, gcm
from venice_ref.errors import DecryptError, MalformedError, UsageError


class Case(NamedTuple):
    number: int
    key: str
    nonce: str
    plaintext: str
    aad: str
    ciphertext: str
    tag: str
    hash_subkey: str
    tag_mask: str


_KEY = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
_NONCE = "cafebabefacedbaddecaf888"
_PLAINTEXT = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
_CIPHERTEXT = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)
_ZERO_H = "dc95c078a2408989ad48a21492842087"
_ZERO_MASK = "530f8afbc74536b9a963b4f1c4cb738b"
_H = "acbef20579b4b8ebce889bac8732dad7"
_MASK = "fd2caa16a5832e76aa132c1453eeda7e"

# McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B: the cases of AES-256
# with a nonce of 96 bits.  H and E(K, Y0) are printed there too.
CASES = [
    Case(13, "00" * 32, "00" * 12, "", "", "", _ZERO_MASK, _ZERO_H, _ZERO_MASK),
    Case(
        14,
        "00" * 32,
        "00" * 12,
        "00" * 16,
        "",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
        _ZERO_H,
        _ZERO_MASK,
    ),
    Case(
        15,
        _KEY,
        _NONCE,
        _PLAINTEXT,
        "",
        _CIPHERTEXT,
        "b094dac5d93471bdec1a502270e3cc6c",
        _H,
        _MASK,
    ),
    Case(
        16,
        _KEY,
        _NONCE,
        _PLAINTEXT[:120],
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        _CIPHERTEXT[:120],
        "76fc6ece0f4e1768cddf8853bb2d551b",
        _H,
        _MASK,
    ),
]

KEY = bytes(range(32))
NONCE = bytes(range(100, 112))


@pytest.mark.parametrize("case", CASES, ids=[f"case {case.number}" for case in CASES])
def test_published_cases(case: Case) -> None:
    key, nonce, plaintext, aad = (
        bytes.fromhex(text) for text in (case.key, case.nonce, case.plaintext, case.aad)
    )
    sealed = bytes.fromhex(case.ciphertext + case.tag)
    assert gcm.seal(key, nonce, plaintext, aad) == sealed
    assert gcm.unseal(key, nonce, sealed, aad) == plaintext
    assert gcm.hash_subkey(key).hex() == case.hash_subkey
    assert gcm.tag_mask(key, nonce).hex() == case.tag_mask


@pytest.mark.parametrize(
    "nonce",
    [
        bytes.fromhex("cafebabefacedbad"),  # case 17
        bytes.fromhex(  # case 18
            "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728"
            "c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b"
        ),
        b"",
        bytes(11),
        bytes(13),
        bytes(16),
    ],
)
def test_other_nonces_of_the_standard_are_refused(nonce: bytes) -> None:
    calls: List[Callable[[], object]] = [
        lambda: gcm.seal(KEY, nonce, b"text"),
        lambda: gcm.unseal(KEY, nonce, bytes(20)),
        lambda: gcm.tag_mask(KEY, nonce),
        lambda: gcm.keystream_textbook(KEY, nonce, 1),
    ]
    for call in calls:
        with pytest.raises(UsageError, match=f"{len(nonce)} bytes, required 12") as caught:
            call()
        assert caught.value.rule == "ENV-3"


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_other_keys_are_refused(size: int) -> None:
    key = bytes(size)
    calls: List[Callable[[], object]] = [
        lambda: gcm.seal(key, NONCE, b"text"),
        lambda: gcm.unseal(key, NONCE, bytes(20)),
        lambda: gcm.tag_mask(key, NONCE),
        lambda: gcm.hash_subkey(key),
    ]
    for call in calls:
        with pytest.raises(UsageError, match=f"{size} bytes, required 32") as caught:
            call()
        assert caught.value.rule == "ENV-2"


def _refusal(key: bytes, nonce: bytes, sealed: bytes, aad: bytes = b"") -> str:
    with pytest.raises(DecryptError) as caught:
        gcm.unseal(key, nonce, sealed, aad)
    assert caught.value.rule == "ENV-6"
    assert caught.value.where == "envelope.tag"
    assert caught.value.__cause__ is None
    return str(caught.value)


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("bit", range(128))
def test_every_bit_of_the_tag_counts(bit: int) -> None:
    sealed = gcm.seal(KEY, NONCE, b"Hello")
    _refusal(KEY, NONCE, _flipped(sealed, 8 * 5 + bit))


def test_every_cause_is_the_same_refusal() -> None:
    sealed = gcm.seal(KEY, NONCE, b"Hello, world", b"header")
    refusals: List[str] = [
        _refusal(_flipped(KEY, 255), NONCE, sealed, b"header"),
        _refusal(KEY, _flipped(NONCE, 95), sealed, b"header"),
        _refusal(KEY, NONCE, _flipped(sealed, 0), b"header"),
        _refusal(KEY, NONCE, _flipped(sealed, 8 * len(sealed) - 1), b"header"),
        _refusal(KEY, NONCE, sealed, b""),
        _refusal(KEY, NONCE, sealed, b"headers"),
        _refusal(KEY, NONCE, sealed[:-1], b"header"),
        _refusal(KEY, NONCE, sealed[:16], b"header"),
        _refusal(KEY, NONCE, sealed + b"\x00", b"header"),
        _refusal(KEY, NONCE, sealed[1:], b"header"),
    ]
    assert len(set(refusals)) == 1


def test_associated_data_and_ciphertext_do_not_run_together() -> None:
    # The lengths are hashed, so that bytes cannot move from one part to the other.
    sealed = gcm.seal(KEY, NONCE, bytes(32), bytes(16))
    _refusal(KEY, NONCE, sealed[16:], bytes(16) + sealed[:16])


@pytest.mark.parametrize("size", range(16))
def test_shorter_than_a_tag_is_malformed(size: int) -> None:
    with pytest.raises(MalformedError, match=f"{size} bytes, at least 16") as caught:
        gcm.unseal(KEY, NONCE, bytes(size))
    assert caught.value.rule == "ENV-4"


def test_empty_plaintext() -> None:
    sealed = gcm.seal(KEY, NONCE, b"")
    assert len(sealed) == 16
    assert gcm.unseal(KEY, NONCE, sealed) == b""


class _Claims(bytes):
    """A byte string that claims a length without having it."""

    claimed: int

    def __len__(self) -> int:
        return self.claimed


def _claiming(size: int) -> bytes:
    data = _Claims(b"")
    data.claimed = size
    return data


def test_the_counter_cannot_come_round() -> None:
    # SP 800-38D, 5.2.1.1.  The greatest length uses the counter 2^32 - 1; after it comes 0.
    assert gcm.MAX_PLAINTEXT_SIZE == 2**36 - 32
    assert 1 + (gcm.MAX_PLAINTEXT_SIZE + 15) // 16 == 2**32 - 1
    for call in (gcm.keystream, gcm.keystream_textbook):
        with pytest.raises(UsageError, match="under one nonce") as caught:
            call(KEY, NONCE, gcm.MAX_PLAINTEXT_SIZE + 1)
        assert caught.value.rule == "ENV-13"
        with pytest.raises(UsageError):
            call(KEY, NONCE, -1)
    with pytest.raises(UsageError, match="under one nonce"):
        gcm.seal(KEY, NONCE, _claiming(gcm.MAX_PLAINTEXT_SIZE + 1))
    with pytest.raises(MalformedError) as refused:
        gcm.unseal(KEY, NONCE, _claiming(gcm.MAX_PLAINTEXT_SIZE + 17))
    assert refused.value.rule == "ENV-13"


def test_inc32_changes_the_last_32_bits_only() -> None:
    # SP 800-38D, 6.2.
    assert gcm.inc32(NONCE + bytes.fromhex("00000001")) == NONCE + bytes.fromhex("00000002")
    assert gcm.inc32(NONCE + bytes.fromhex("0000ffff")) == NONCE + bytes.fromhex("00010000")
    assert gcm.inc32(NONCE + bytes.fromhex("ffffffff")) == NONCE + bytes.fromhex("00000000")


@pytest.mark.parametrize("first", [1, 250, 65530, 2**24 - 3, 2**32 - 20])
def test_counter_blocks_are_inc32_repeated(first: int) -> None:
    block = NONCE + first.to_bytes(4, "big")
    expected = b""
    for _ in range(20):
        expected += block
        block = gcm.inc32(block)
    assert aes_planes.counter_blocks(NONCE, range(first, first + 20)) == expected


@pytest.mark.parametrize("change", [-17, -16, -15, -1, 0, 1, 16, 17])
def test_planes_join_what_is_below_them(change: int) -> None:
    """Sizes around the one from which the bits of all blocks are computed side by side."""
    size = 16 * (aes_planes.FEWEST - 2) + change
    whole = gcm.keystream(KEY, NONCE, size + 64)
    here = gcm.keystream(KEY, NONCE, size)
    assert here == (whole.H, whole.mask, whole.stream[:size])


def test_keystream_hides_its_bytes() -> None:
    keys = gcm.keystream(KEY, NONCE, 16)
    assert repr(keys) == str(keys) == "Keystream(secret)"


def test_a_large_message() -> None:
    plaintext = random.Random(3).randbytes(50_000)
    sealed = gcm.seal(KEY, NONCE, plaintext)
    assert len(sealed) == len(plaintext) + 16
    assert gcm.unseal(KEY, NONCE, sealed) == plaintext
    _refusal(KEY, NONCE, _flipped(sealed, 8 * 25_000))


@given(
    key=st.binary(min_size=32, max_size=32),
    nonce=st.binary(min_size=12, max_size=12),
    plaintext=st.binary(max_size=200),
    aad=st.binary(max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_round_trip(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> None:
    sealed = gcm.seal(key, nonce, plaintext, aad)
    assert len(sealed) == len(plaintext) + 16
    assert gcm.unseal(key, nonce, sealed, aad) == plaintext


@given(bit=st.integers(min_value=0), plaintext=st.binary(min_size=1, max_size=100))
@settings(max_examples=60, deadline=None)
def test_any_flipped_bit_is_refused(bit: int, plaintext: bytes) -> None:
    sealed = gcm.seal(KEY, NONCE, plaintext)
    _refusal(KEY, NONCE, _flipped(sealed, bit % (8 * len(sealed))))
