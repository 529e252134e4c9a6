from __future__ import annotations

import copy
import pickle
from typing import Any, Callable, List

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from venice_ref.crypto import glv
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import (
    PrivateKey,
    encode_point,
    parse_public_key,
    point_of,
    shared_secret,
)
from venice_ref.crypto.weierstrass import generator, is_on_curve
from venice_ref.errors import MalformedError, UsageError, VeniceError

n, p = SECP256K1.n, SECP256K1.p
G_BYTES = bytes.fromhex(
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
Q_BYTES = bytes.fromhex(
    "046d4efdf62f965bc0262966ddda1ed7408112b03a182d5df678c8306b10735aba"
    "f0516703aea927604cee3d7396b38cb05ad6c1cad54514450f8718037157ec4a"
)


def key(scalar: int) -> PrivateKey:
    return PrivateKey.from_bytes(scalar.to_bytes(32, "big"))


def encoded(x: int, y: int, prefix: int = 4) -> bytes:
    return bytes([prefix]) + x.to_bytes(32, "big") + y.to_bytes(32, "big")


# --- The shared secret --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scalar", "x"),
    [
        (172, "0094a25b4ebeb8f04c47addecb7e9e38d09ea7ab60fe116ca974320238b8415a"),
        (41472, "00007f4b6d09217c7887a0fc3c3a6039f6a52ae56b31e1e278bfcd8690d04d9e"),
    ],
)
def test_leading_zero_bytes_of_x_are_kept(scalar: int, x: str) -> None:
    """Scalars found by counting upwards; an integer printed without padding loses these bytes."""
    assert shared_secret(key(scalar), Q_BYTES).hex() == x
    assert shared_secret(key(n - scalar), Q_BYTES).hex() == x


def test_the_secret_with_the_generator_is_the_x_of_the_public_key() -> None:
    for scalar in (1, 2, 3, n - 2, n - 1, 2**255, 2**128):
        private = key(scalar)
        assert shared_secret(private, G_BYTES) == private.public_key[1:33]


def test_both_sides_agree() -> None:
    for _ in range(5):
        a, b = PrivateKey.generate(), PrivateKey.generate()
        assert shared_secret(a, b.public_key) == shared_secret(b, a.public_key)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, n - 1), st.integers(1, n - 1))
@example(1, n - 1)
@example(n - 2, n - 1)
def test_both_sides_agree_on_any_scalars(a: int, b: int) -> None:
    secret = shared_secret(key(a), key(b).public_key)
    assert len(secret) == 32
    assert secret == shared_secret(key(b), key(a).public_key)
    P = glv.multiply(a * b, generator(SECP256K1))
    assert P is not None
    assert secret == P[0].to_bytes(32, "big")


def test_infinity_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not reachable by any key; the step of the standard stands nevertheless."""
    monkeypatch.setattr(glv, "multiply_planned", lambda _plan, _k, _P: None)
    with pytest.raises(MalformedError, match="infinity"):
        shared_secret(key(5), G_BYTES, where="here")


def test_the_private_key_must_be_one() -> None:
    not_a_key: Any = bytes(31) + b"\x01"
    with pytest.raises(UsageError, match="not a PrivateKey"):
        shared_secret(not_a_key, G_BYTES)


# --- Public keys --------------------------------------------------------------------------------


def test_a_point_round_trips() -> None:
    public = parse_public_key(G_BYTES)
    assert public == G_BYTES
    assert point_of(public) == generator(SECP256K1)
    assert encode_point(point_of(public)) == G_BYTES
    mutable: Any = bytearray(G_BYTES)
    assert type(parse_public_key(mutable)) is bytes


X, Y = SECP256K1.gx, SECP256K1.gy
SMALL_X = 1  # x = 1 is on the curve, and 1 + p fits into 32 bytes
SMALL_Y = 0x4218F20AE6C646B363DB68605822FB14264CA8D2587FDD6FBC750D587E76A7EE
BAD_PUBLIC_KEYS = {
    "empty": (b"", "0 bytes, required 65", "ENV-5"),
    "infinity, SEC 1": (b"\x00", "1 bytes, required 65", "ENV-5"),
    "compressed": (b"\x02" + G_BYTES[1:33], "33 bytes, required 65", "ENV-5"),
    "without its prefix": (G_BYTES[1:], "64 bytes, required 65", "ENV-5"),
    "one byte short": (G_BYTES[:-1], "64 bytes, required 65", "ENV-5"),
    "one byte long": (G_BYTES + b"\x00", "66 bytes, required 65", "ENV-5"),
    "prefix 00": (encoded(X, Y, 0), "begin with 04", "ENV-5"),
    "prefix 02": (encoded(X, Y, 2), "begin with 04", "ENV-5"),
    "hybrid, even": (encoded(X, Y, 6), "begin with 04", "ENV-5"),
    "hybrid, odd": (encoded(X, Y, 7), "begin with 04", "ENV-5"),
    "prefix ff": (encoded(X, Y, 255), "begin with 04", "ENV-5"),
    "x = p": (encoded(p, Y), "x-coordinate .* not below p", "KEY-6"),
    "x + p, a valid point modulo p": (encoded(SMALL_X + p, SMALL_Y), "x-coordinate", "KEY-6"),
    "x of all ones": (encoded(2**256 - 1, Y), "x-coordinate", "KEY-6"),
    "y = p": (encoded(X, p), "y-coordinate .* not below p", "KEY-6"),
    "y of all ones": (encoded(X, 2**256 - 1), "y-coordinate", "KEY-6"),
    "zero": (encoded(0, 0), "not a point", "KEY-6"),
    "y off by one": (encoded(X, Y + 1), "not a point", "KEY-6"),
    "x and y swapped": (encoded(Y, X), "not a point", "KEY-6"),
    "x of no point": (encoded(5, 1), "not a point", "KEY-6"),
    "on y^2 = x^3 + 2, an invalid curve": (encoded(1, pow(3, (p + 1) // 4, p)), "point", "KEY-6"),
}


@pytest.mark.parametrize("name", BAD_PUBLIC_KEYS)
def test_a_bad_public_key_is_refused(name: str) -> None:
    raw, message, rule = BAD_PUBLIC_KEYS[name]
    calls: List[Callable[[], object]] = [
        lambda: parse_public_key(raw, where="envelope.public_key"),
        lambda: shared_secret(key(5), raw, where="envelope.public_key"),
    ]
    for call in calls:
        with pytest.raises(MalformedError, match=message) as caught:
            call()
        assert caught.value.rule == rule
        assert caught.value.where == "envelope.public_key"
        # No digits of the key, in either base.
        assert raw == b"" or raw.hex() not in str(caught.value)
        assert str(X) not in str(caught.value)


def test_the_small_x_of_the_table_is_on_the_curve() -> None:
    """Otherwise `x + p` would be refused for the wrong reason."""
    assert is_on_curve(SECP256K1, (SMALL_X, SMALL_Y))
    assert SMALL_X + p < 2**256


@pytest.mark.parametrize("raw", [None, "04" * 65, 5, memoryview(G_BYTES), [4] * 65])
def test_a_public_key_of_another_type_is_the_callers_mistake(raw: Any) -> None:
    with pytest.raises(UsageError, match="as bytes"):
        parse_public_key(raw)


@given(st.one_of(st.binary(max_size=70), st.binary(min_size=64, max_size=64).map(b"\x04".__add__)))
def test_random_bytes_are_a_key_or_an_error(raw: bytes) -> None:
    try:
        public = parse_public_key(raw)
    except MalformedError:
        return
    assert is_on_curve(SECP256K1, point_of(public))


@given(st.integers(0, 64), st.integers(1, 255))
def test_a_changed_byte_is_refused(position: int, change: int) -> None:
    raw = bytearray(G_BYTES)
    raw[position] ^= change
    with pytest.raises(MalformedError):
        parse_public_key(bytes(raw))


@pytest.mark.parametrize("P", [None, (X, Y + 1), (X + p, Y), (-1, Y), (0, 0)])
def test_only_points_are_encoded(P: Any) -> None:
    with pytest.raises(UsageError):
        encode_point(P)


# --- Private keys -------------------------------------------------------------------------------


def test_known_public_keys() -> None:
    assert key(1).public_key == G_BYTES
    assert key(n - 1).public_key == encoded(X, p - Y)
    scalar = 0xB24383BD3C19575835F0CFF37779A352DC5FA42F5DB3934F76564A0FE42A64AC
    assert key(scalar).public_key == Q_BYTES


@pytest.mark.parametrize("scalar", [1, 255, n - 1])
def test_bytes_round_trip(scalar: int) -> None:
    raw = scalar.to_bytes(32, "big")
    assert PrivateKey.from_bytes(raw).to_bytes() == raw
    assert PrivateKey(bytearray(raw)).to_bytes() == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x01",
        bytes(31),
        bytes(33),
        b"\x01" * 31,
        b"\x01" * 33,
        bytes(32),
        n.to_bytes(32, "big"),
        (n + 1).to_bytes(32, "big"),
        b"\xff" * 32,
        None,
        1,
        "01" * 32,
        "0" * 32,
    ],
)
def test_what_is_no_private_key(raw: Any) -> None:
    with pytest.raises(UsageError) as caught:
        PrivateKey.from_bytes(raw)
    assert caught.value.rule == "KEY-13"


def test_generate_draws_again_what_is_out_of_range() -> None:
    """Rejection, not reduction: a candidate of n or more is not folded back into the range."""
    draws = [bytes(32), n.to_bytes(32, "big"), b"\xff" * 32, (7).to_bytes(32, "big")]
    sizes: List[int] = []

    def source(size: int) -> bytes:
        sizes.append(size)
        return draws[len(sizes) - 1]

    assert PrivateKey.generate(source).to_bytes() == (7).to_bytes(32, "big")
    assert sizes == [32] * 4


@pytest.mark.parametrize("scalar", [1, n - 1])
def test_generate_reaches_both_ends(scalar: int) -> None:
    private = PrivateKey.generate(lambda size: scalar.to_bytes(size, "big"))
    assert private.to_bytes() == scalar.to_bytes(32, "big")


def test_generate_draws_from_the_system_by_default() -> None:
    assert len({PrivateKey.generate().to_bytes() for _ in range(20)}) == 20


def failing(_size: int) -> bytes:
    raise OSError("no entropy")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (bytes, "not random"),
        (lambda size: b"\xff" * size, "not random"),
        (lambda _size: b"", "did not give 32 bytes"),
        (lambda size: b"\x01" * (size - 1), "did not give 32 bytes"),
        (lambda size: b"\x01" * (size + 1), "did not give 32 bytes"),
        (lambda _size: None, "did not give 32 bytes"),
        (lambda size: "1" * size, "did not give 32 bytes"),
        (lambda size: [1] * size, "did not give 32 bytes"),
        (failing, "failed with OSError"),
        (None, "failed with TypeError"),
    ],
)
def test_a_bad_random_source_is_an_error_and_no_loop(source: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        PrivateKey.generate(source)
    assert caught.value.rule == "KEY-1"


def test_a_private_key_does_not_show_itself() -> None:
    scalar = 0xB24383BD3C19575835F0CFF37779A352DC5FA42F5DB3934F76564A0FE42A64AC
    private = key(scalar)
    shown = [repr(private), str(private), f"{private}", f"{private!r}", f"{[private]}"]
    shown += ["%s" % (private,), "{}".format(private)]  # noqa: UP031, UP032  each way of formatting
    for text in shown:
        assert "hidden" in text
        assert f"{scalar:x}"[:8] not in text
        assert str(scalar)[:8] not in text
    assert not hasattr(private, "__dict__")


@pytest.mark.parametrize(
    "copying",
    [
        copy.copy,
        copy.deepcopy,
        *(lambda k, protocol=protocol: pickle.dumps(k, protocol) for protocol in range(6)),
        lambda k: copy.deepcopy({"nested": [k]}),
    ],
)
def test_a_private_key_is_not_copied(copying: Callable[[PrivateKey], object]) -> None:
    with pytest.raises(UsageError) as caught:
        copying(key(12345))
    assert caught.value.rule == "KEY-12"


def test_private_keys_are_equal_by_identity_only() -> None:
    a, b = key(5), key(5)
    assert a == a  # noqa: PLR0124  the point of the test
    assert a != b
    assert len({a, b}) == 2


def test_a_wiped_key_refuses_and_holds_nothing() -> None:
    private = key(0x0102030405060708090A0B0C0D0E0F10)
    public = private.public_key
    held = private._secret
    private.wipe()
    assert held == bytearray(32)
    uses: List[Callable[[], object]] = [
        private.to_bytes,
        lambda: private.public_key,
        lambda: private.multiply(generator(SECP256K1)),
        lambda: shared_secret(private, public),
    ]
    for use in uses:
        with pytest.raises(UsageError, match="wiped") as caught:
            use()
        assert caught.value.rule == "SES-8"
    private.wipe()  # again is no error
    assert "hidden" in repr(private)


def test_the_callers_bytes_are_copied() -> None:
    raw = bytearray((5).to_bytes(32, "big"))
    private = PrivateKey(raw)
    raw[:] = bytes(32)
    assert private.to_bytes()[-1] == 5
    private.wipe()
    with pytest.raises(VeniceError):
        private.to_bytes()
