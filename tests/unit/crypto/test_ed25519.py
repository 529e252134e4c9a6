from __future__ import annotations

import hashlib

import pytest

from venice_ref.crypto import ed25519
from venice_ref.crypto.ed25519 import L, d, p, verify
from venice_ref.errors import MalformedError, SignatureError

# RFC 8032, 7.1: public key, message, signature.
VECTORS = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    "TEST SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
}
PUBLIC, MESSAGE, SIGNATURE = (bytes.fromhex(text) for text in VECTORS["TEST 3"])

SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",  # 1: the neutral element
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # 2
    "0000000000000000000000000000000000000000000000000000000000000000",  # 4
    "0000000000000000000000000000000000000000000000000000000000000080",  # 4
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  # 8
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",  # 8
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",  # 8
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",  # 8
]
NEUTRAL, ORDER_8 = bytes.fromhex(SMALL_ORDER[0]), bytes.fromhex(SMALL_ORDER[4])


def challenge(R: bytes, A: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(R + A + message).digest(), "little") % L


def times_base(k: int) -> bytes:
    return ed25519._encode(ed25519._multiply(k, ed25519._B))


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_of_rfc_8032(name: str) -> None:
    public, message, signature = (bytes.fromhex(text) for text in VECTORS[name])
    verify(public, message, signature)
    with pytest.raises(SignatureError):
        verify(public, message + b"\x00", signature)


@pytest.mark.parametrize("position", range(0, 64, 7))
def test_a_changed_byte_is_refused(position: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[position] ^= 1
    with pytest.raises(SignatureError) as caught:
        verify(PUBLIC, MESSAGE, bytes(changed), where="x", rule="SIG-1")
    assert (caught.value.where, caught.value.rule) == ("x", "SIG-1")


def test_the_sizes() -> None:
    for public, signature in (
        (PUBLIC[1:], SIGNATURE),
        (PUBLIC + b"\x00", SIGNATURE),
        (PUBLIC, SIGNATURE[1:]),
        (PUBLIC, SIGNATURE + b"\x00"),
        (b"", b""),
    ):
        with pytest.raises(MalformedError, match="required 32 and 64"):
            verify(public, MESSAGE, signature)


def test_s_is_below_l() -> None:
    S = int.from_bytes(SIGNATURE[32:], "little")
    for multiple in (1, 2, 8):
        other = (S + multiple * L).to_bytes(32, "little")
        with pytest.raises(SignatureError, match="S is not below L"):
            verify(PUBLIC, MESSAGE, SIGNATURE[:32] + other)


@pytest.mark.parametrize("text", SMALL_ORDER)
def test_keys_of_small_order_are_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="small order"):
        verify(bytes.fromhex(text), MESSAGE, SIGNATURE)


def test_why_keys_of_small_order_are_refused() -> None:
    # Under the neutral element the equation [S]B = R + [k]A does not depend on the message.
    signature = times_base(5) + (5).to_bytes(32, "little")
    with pytest.raises(MalformedError, match="small order"):
        verify(NEUTRAL, b"any message", signature)


@pytest.mark.parametrize(
    "raw",
    [
        (p).to_bytes(32, "little"),  # y = 0, written as p
        (p + 1).to_bytes(32, "little"),  # y = 1
        (2**255 - 1).to_bytes(32, "little"),
        (1 | 1 << 255).to_bytes(32, "little"),  # x = 0 with the bit 1
        (p - 1 | 1 << 255).to_bytes(32, "little"),
        (2).to_bytes(32, "little"),  # no such x
        b"\xff" * 32,
    ],
)
def test_a_key_has_one_encoding(raw: bytes) -> None:
    with pytest.raises(MalformedError, match="not a point"):
        verify(raw, MESSAGE, SIGNATURE)


def test_r_of_small_order_passes_in_its_one_encoding() -> None:
    a = 0x1234567
    A = times_base(a)
    for R, holds in ((NEUTRAL, True), ((p + 1).to_bytes(32, "little"), False)):
        S = challenge(R, A, MESSAGE) * a % L
        signature = R + S.to_bytes(32, "little")
        if holds:
            verify(A, MESSAGE, signature)
        else:
            with pytest.raises(SignatureError):
                verify(A, MESSAGE, signature)


def test_a_key_with_a_small_component_passes_if_the_equation_holds() -> None:
    a, r = 0x1234567, 0x7654321
    T = ed25519._decode(ORDER_8)
    assert T is not None
    A = ed25519._encode(ed25519._add(ed25519._multiply(a, ed25519._B), T))
    R = times_base(r)
    seen = set()
    for counter in range(64):
        message = bytes([counter])
        k = challenge(R, A, message)
        signature = R + ((r + k * a) % L).to_bytes(32, "little")
        # [k]T is the neutral element for one k of eight, and then the cofactor does not matter.
        seen.add(k % 8 == 0)
        if k % 8 == 0:
            verify(A, message, signature)
        elif counter < 8:
            with pytest.raises(SignatureError):
                verify(A, message, signature)
    assert seen == {True, False}


def test_the_constants() -> None:
    assert d * 121666 % p == -121665 % p
    assert ed25519._decode((4 * pow(5, -1, p) % p).to_bytes(32, "little")) == ed25519._B
    assert ed25519._is_neutral(ed25519._multiply(L, ed25519._B))
    assert not ed25519._is_neutral(ed25519._B)


def test_the_group_law_is_complete() -> None:
    x, y, _, _ = ed25519._B
    for P in (ed25519._NEUTRAL, ed25519._B, ed25519._multiply(3, ed25519._B)):
        assert ed25519._encode(ed25519._add(P, P)) == ed25519._encode(ed25519._double(P))
        assert ed25519._encode(ed25519._add(P, ed25519._NEUTRAL)) == ed25519._encode(P)
        assert ed25519._is_neutral(ed25519._add(P, ed25519._negate(P)))
    assert (-x * x + y * y - 1 - d * x * x * y * y) % p == 0


@pytest.mark.parametrize("window", [5, 8])
def test_the_terms_are_short_odd_digits(window: int) -> None:
    P = ed25519._multiply(7, ed25519._B)
    table = ed25519._table(P, window)
    assert len(table) == 1 << (window - 1)
    for k in (0, 1, 2, 15, 16, 255, 256, L - 1, 1 << 252, 0x123456789ABCDEF << 190):
        terms = ed25519._terms(k, table, window)
        digits = {position: _digit(table.index(entry)) for position, entry in terms}
        assert sum(digit << position for position, digit in digits.items()) == k
        positions = sorted(digits)
        assert all(below + window <= above for below, above in zip(positions, positions[1:]))


def _digit(index: int) -> int:
    return index + 1 if index % 2 == 0 else -index


def test_the_table_has_odd_multiples_of_both_signs() -> None:
    for index, (plus, minus, dt, z) in enumerate(ed25519._table(ed25519._B, 5)):
        X, Y, Z, T = ed25519._multiply(abs(_digit(index)), ed25519._B)
        if _digit(index) < 0:
            X, T = -X, -T
        # (y + x) : (y - x) : 2dt : 2z is one point in any scale.
        for one, two in ((plus, Y + X), (minus, Y - X), (dt, 2 * d * T)):
            assert (one * 2 * Z - two * z) % p == 0
