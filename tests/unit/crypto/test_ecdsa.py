from __future__ import annotations

import hashlib
from itertools import islice
from typing import Any, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.crypto.toy_curves import ANY_A, TOY_CURVES, every_point
from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.ecdsa import Signature, _nonces, recover, sign, verify
from venice_ref.crypto.weierstrass import Curve, generator, multiply, multiply_textbook, negate
from venice_ref.errors import MalformedError, SignatureError, UsageError

CURVES = pytest.mark.parametrize("curve", [SECP256K1, P256, P384], ids=lambda curve: curve.name)
TOYS = pytest.mark.parametrize("curve", TOY_CURVES, ids=lambda curve: curve.name)


def public_of(curve: Curve, d: int) -> Tuple[int, int]:
    Q = multiply(curve, d, generator(curve))
    assert Q is not None
    return Q


# --- Known answers ------------------------------------------------------------------------------

# RFC 6979, A.2.5 and A.2.6: the key, and (hash, message, r, s) under it.
P256_KEY = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
P256_PUBLIC = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
P384_KEY = int(
    "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA"
    "9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
    16,
)
P384_PUBLIC = (
    int(
        "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E"
        "06AAE5286B300C64DEF8F0EA9055866064A254515480BC13",
        16,
    ),
    int(
        "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9"
        "F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720",
        16,
    ),
)
RFC6979_P256 = [
    (
        "sha256",
        b"sample",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ),
    (
        "sha384",
        b"sample",
        "0EAFEA039B20E9B42309FB1D89E213057CBF973DC0CFC8F129EDDDC800EF7719",
        "4861F0491E6998B9455193E34E7B0D284DDD7149A74B95B9261F13ABDE940954",
    ),
    (
        "sha512",
        b"sample",
        "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
        "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE",
    ),
    (
        "sha256",
        b"test",
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
        "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
    ),
    (
        "sha384",
        b"test",
        "83910E8B48BB0C74244EBDF7F07A1C5413D61472BD941EF3920E623FBCCEBEB6",
        "8DDBEC54CF8CD5874883841D712142A56A8D0F218F5003CB0296B6B509619F2C",
    ),
]
RFC6979_P384 = [
    (
        "sha256",
        b"sample",
        (
            "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E"
            "354B63A21D3DAA33BDE1E888E63355D92FA2B3C36D8FB2CD"
        ),
        (
            "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D4"
            "5DB2266FA7D1FEEBEFDC63ECCD1AC42EC0CB8668A4FA0AB0"
        ),
    ),
    (
        "sha384",
        b"sample",
        (
            "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA7"
            "3D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
        ),
        (
            "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526"
            "203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"
        ),
    ),
    (
        "sha256",
        b"test",
        (
            "6D6DEFAC9AB64DABAFE36C6BF510352A4CC27001263638E5"
            "B16D9BB51D451559F918EEDAF2293BE5B475CC8F0188636B"
        ),
        (
            "2D46F3BECBCC523D5F1A1256BF0C9B024D879BA9E838144C"
            "8BA6BAEB4B53B47D51AB373F9845C0514EEFB14024787265"
        ),
    ),
    (
        "sha384",
        b"test",
        (
            "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36"
            "AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB"
        ),
        (
            "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B"
            "827C2F13173923E06A739F040649A667BF3B828246BAA5A5"
        ),
    ),
]
RFC6979 = [
    *((P256, P256_KEY, P256_PUBLIC, *row) for row in RFC6979_P256),
    *((P384, P384_KEY, P384_PUBLIC, *row) for row in RFC6979_P384),
]


@pytest.mark.parametrize(("curve", "d", "public", "hash_name", "message", "r", "s"), RFC6979)
def test_the_examples_of_rfc_6979(
    curve: Curve,
    d: int,
    public: Tuple[int, int],
    hash_name: str,
    message: bytes,
    r: str,
    s: str,
) -> None:
    digest = hashlib.new(hash_name, message).digest()
    signature = sign(curve, d, digest, hash_name=hash_name)
    assert (signature.r, signature.s) == (int(r, 16), int(s, 16))
    assert public_of(curve, d) == public
    verify(curve, public, digest, signature.r, signature.s)
    assert recover(curve, digest, *signature) == public


def test_a_known_signature_on_secp256k1() -> None:
    """Published by several Bitcoin libraries: key 1, SHA-256, low s."""
    digest = hashlib.sha256(b"Satoshi Nakamoto").digest()
    signature = sign(SECP256K1, 1, digest, low_s=True)
    assert signature.r == 0x934B1EA10A4B3C1757E2B0C017D0B6143CE3C9A7E6A4A49860D7A6AB210EE3D8
    assert signature.s == 0x2442CE9D2B916064108014783E923EC36B49743E2FFA1C4496F01A512AAFD9E5


# --- Small groups, where every rare case is common ----------------------------------------------


@TOYS
def test_every_key_of_a_small_group(curve: Curve) -> None:
    """Nonces are few here: r = 0, s = 0, x of R at n or above, and P = Q all occur."""
    seen = set()
    for d in range(1, curve.n):
        Q = public_of(curve, d)
        for i in range(6):
            digest = hashlib.sha256(bytes([d, i])).digest()
            signature = sign(curve, d, digest, low_s=bool(i & 1))
            r, s, recovery_id = signature
            assert i % 2 == 0 or s <= curve.n // 2
            verify(curve, Q, digest, r, s)
            verify(curve, Q, digest, r, curve.n - s)
            assert recover(curve, digest, *signature) == Q
            assert recover(curve, digest, r, curve.n - s, recovery_id ^ 1) == Q
            seen.add(recovery_id)
    assert seen == {2 * (x >= curve.n) + y % 2 for x, y in every_point(curve) if x % curve.n}
    assert seen == {0, 1, 2, 3} or curve is not ANY_A


@TOYS
def test_every_signature_of_a_small_group(curve: Curve) -> None:
    """`verify` accepts exactly the (r, s) that the definition makes, over all nonces."""
    n, d = curve.n, 7
    Q = public_of(curve, d)
    digest = bytes([5 << 2])
    e = digest[0] >> (8 - n.bit_length())
    valid = set()
    for k in range(1, n):
        R = multiply_textbook(curve, k, generator(curve))
        assert R is not None
        r = R[0] % n
        s = pow(k, -1, n) * (e + r * d) % n
        if r and s:
            valid.add((r, s))
    for r in range(1, n):
        for s in range(1, n, 3):
            if (r, s) in valid:
                verify(curve, Q, digest, r, s)
            else:
                with pytest.raises(SignatureError, match="does not verify"):
                    verify(curve, Q, digest, r, s)


def test_a_nonce_that_gives_zero_is_not_used() -> None:
    """G has x = 0, so that the nonces 1 and n - 1 give r = 0; some of 400 signatures meet them."""
    curve = Curve("toy, r = 0", p=79, a=5, b=19, n=71, gx=0, gy=16)
    for i in range(400):
        signature = sign(curve, 3, hashlib.sha256(i.to_bytes(2, "big")).digest())
        assert signature.r != 0
        assert signature.s != 0


def test_the_detailed_example_of_rfc_6979() -> None:
    """A.1: q has 163 bits, no whole number of bytes, and the first two candidates are too large."""
    curve = Curve(
        "the order of K-163",
        p=7,
        a=1,
        b=1,
        n=0x4000000000000000000020108A2E0CC0D99F8A5EF,
        gx=0,
        gy=1,
    )
    x = 0x09A4D6792295A7F730FC3F2B49CBC0F62E862272F
    nonces = _nonces(curve, x, hashlib.sha256(b"sample").digest(), "sha256")
    assert next(nonces) == 0x23AF4074C90A02B3FE61D286D5C87F425E6BDD81B


def test_nonces_are_in_range_and_do_not_repeat() -> None:
    curve = ANY_A
    nonces = list(islice(_nonces(curve, 7, DIGEST, "sha256"), 2000))
    assert set(nonces) == set(range(1, curve.n))
    assert nonces[:20] != nonces[20:40]


# --- Digests of any length ----------------------------------------------------------------------


@CURVES
@pytest.mark.parametrize("size", [1, 20, 28, 31, 32, 33, 47, 48, 49, 64, 100])
def test_a_long_digest_counts_by_its_leftmost_bits(curve: Curve, size: int) -> None:
    d = 0xDEADBEEF
    Q = public_of(curve, d)
    digest = hashlib.shake_128(bytes([size])).digest(size)
    signature = sign(curve, d, digest)
    verify(curve, Q, digest, signature.r, signature.s)
    if size > (used := curve.n.bit_length() // 8):
        verify(curve, Q, digest[:used] + bytes(size - used), signature.r, signature.s)
    changed = bytes([digest[0] ^ 0x80]) + digest[1:]
    with pytest.raises(SignatureError):
        verify(curve, Q, changed, signature.r, signature.s)


@CURVES
def test_digests_at_the_edges(curve: Curve) -> None:
    d = curve.n - 2
    Q = public_of(curve, d)
    size = curve.n.bit_length() // 8
    for e in (0, 1, curve.n - 1, curve.n, curve.n + 1, 2 ** (8 * size) - 1):
        digest = e.to_bytes(size, "big")
        signature = sign(curve, d, digest, hash_name="sha384")
        verify(curve, Q, digest, signature.r, signature.s)
        assert recover(curve, digest, *signature) == Q
    # RFC 6979 reduces the digest before it enters the nonce (bits2octets).
    one, above = (e.to_bytes(size, "big") for e in (1, curve.n + 1))
    assert sign(curve, d, one) == sign(curve, d, above)


# --- What must not verify -----------------------------------------------------------------------

D = 0x1234567890ABCDEF1234567890ABCDEF
DIGEST = hashlib.sha256(b"message").digest()


@CURVES
def test_any_change_breaks_the_signature(curve: Curve) -> None:
    Q = public_of(curve, D)
    r, s, _ = sign(curve, D, DIGEST)
    other = public_of(curve, D + 1)
    opposite = negate(curve, Q)
    assert opposite is not None
    for public, digest, r2, s2 in (
        (Q, DIGEST[:-1] + bytes([DIGEST[-1] ^ 1]), r, s),
        (Q, DIGEST, r + 1, s),
        (Q, DIGEST, r, s + 1),
        (Q, DIGEST, s, r),
        (other, DIGEST, r, s),
        (opposite, DIGEST, r, s),
        (generator(curve), DIGEST, r, s),
    ):
        with pytest.raises(SignatureError, match="does not verify") as caught:
            verify(curve, public, digest, r2, s2, where="quote.signature", rule="SIG-3")
        assert (caught.value.where, caught.value.rule) == ("quote.signature", "SIG-3")


@CURVES
@pytest.mark.parametrize("name", ["r", "s"])
def test_r_and_s_are_in_range(curve: Curve, name: str) -> None:
    Q = public_of(curve, D)
    r, s, recovery_id = sign(curve, D, DIGEST)
    n = curve.n
    for bad in (0, -1, n, n + 1, -r, -s, r + n, s + n, r - n, s - n, 2**1000):
        values = (bad, s) if name == "r" else (r, bad)
        with pytest.raises(SignatureError, match=f"^{name} is not in"):
            verify(curve, Q, DIGEST, *values)
        with pytest.raises(SignatureError, match=f"^{name} is not in") as caught:
            recover(curve, DIGEST, *values, recovery_id, where="there", rule="SIG-3")
        assert (caught.value.where, caught.value.rule) == ("there", "SIG-3")


@CURVES
def test_a_sum_at_infinity_does_not_verify(curve: Curve) -> None:
    """u1*G + u2*Q = infinity for e = -r*d; a verifier that takes its x as 0 may accept."""
    r = 5
    e = -r * D % curve.n
    digest = e.to_bytes(curve.n.bit_length() // 8, "big")
    with pytest.raises(SignatureError, match="does not verify"):
        verify(curve, public_of(curve, D), digest, r, 7)


@CURVES
@pytest.mark.parametrize(
    "change",
    [
        lambda _curve, _x, _y: None,
        lambda _curve, _x, _y: (0, 0),
        lambda _curve, x, y: (x, y + 1),
        lambda _curve, x, y: (y, x),
        lambda curve, x, y: (x + curve.p, y),
        lambda curve, x, y: (x, y - curve.p),
        lambda _curve, x, y: (-x, -y),
        lambda _curve, x, _y: (x, 2**600),
    ],
)
def test_a_public_key_off_the_curve_is_refused(curve: Curve, change: Any) -> None:
    r, s, _ = sign(curve, D, DIGEST)
    with pytest.raises(MalformedError, match="not a point on") as caught:
        verify(curve, change(curve, *public_of(curve, D)), DIGEST, r, s, where="certificate")
    assert (caught.value.where, caught.value.rule) == ("certificate", "KEY-6")


# --- Recovery -----------------------------------------------------------------------------------


@CURVES
def test_the_other_recovery_ids_give_other_keys_or_none(curve: Curve) -> None:
    Q = public_of(curve, D)
    r, s, recovery_id = sign(curve, D, DIGEST)
    wrong = recover(curve, DIGEST, r, s, recovery_id ^ 1)
    assert wrong != Q
    verify(curve, wrong, DIGEST, r, s)  # it is a key of this signature, only not ours
    with pytest.raises(SignatureError, match="no point"):
        recover(curve, DIGEST, r, s, recovery_id | 2)  # r + n is above p


@CURVES
def test_recovery_of_an_x_above_n(curve: Curve) -> None:
    """Nobody meets it by chance on these curves; whoever drops bit 1 recovers another key."""
    x = next(x for x in range(curve.n + 1, curve.p) if has_point(curve, x))
    for recovery_id in (2, 3):
        Q = recover(curve, DIGEST, x - curve.n, 3, recovery_id)
        verify(curve, Q, DIGEST, x - curve.n, 3)


@CURVES
def test_recovery_of_an_x_that_no_point_has(curve: Curve) -> None:
    x = next(x for x in range(1, 100) if not has_point(curve, x))
    for recovery_id in (0, 1):
        with pytest.raises(SignatureError, match="no point"):
            recover(curve, DIGEST, x, 1, recovery_id)


def has_point(curve: Curve, x: int) -> bool:
    alpha = (x**3 + curve.a * x + curve.b) % curve.p
    return alpha == 0 or pow(alpha, (curve.p - 1) // 2, curve.p) == 1


@CURVES
def test_recovery_of_infinity(curve: Curve) -> None:
    """s*R = e*G leaves no key: R = k*G and s = e/k."""
    k = 11
    R = multiply(curve, k, generator(curve))
    assert R is not None
    size = curve.n.bit_length() // 8
    e = int.from_bytes(DIGEST, "big") % curve.n
    s = e * pow(k, -1, curve.n) % curve.n
    with pytest.raises(SignatureError, match="no public key"):
        recover(curve, e.to_bytes(size, "big"), R[0] % curve.n, s, R[1] & 1)


# --- Mistakes of the caller ---------------------------------------------------------------------


@CURVES
@pytest.mark.parametrize("offset", [0, 1, 2**600])
def test_a_private_scalar_out_of_range(curve: Curve, offset: int) -> None:
    for bad in (-offset, curve.n + offset):
        with pytest.raises(UsageError, match=r"not in \[1, n-1\]") as caught:
            sign(curve, bad, DIGEST)
        assert str(curve.n)[:8] not in str(caught.value)


@pytest.mark.parametrize("bad", [None, 1.5, "1", True, b"\x01"])
def test_numbers_of_another_type(bad: Any) -> None:
    Q = public_of(P256, D)
    with pytest.raises(UsageError):
        sign(P256, bad, DIGEST)
    with pytest.raises(UsageError):
        verify(P256, Q, DIGEST, bad, 1)
    with pytest.raises(UsageError):
        verify(P256, Q, DIGEST, 1, bad)
    with pytest.raises(UsageError):
        recover(P256, DIGEST, 1, 1, bad)


@pytest.mark.parametrize("recovery_id", [-1, 4, 27, 28, 2**70])
def test_recovery_ids_out_of_range(recovery_id: int) -> None:
    with pytest.raises(UsageError, match="one of 0, 1, 2, 3"):
        recover(SECP256K1, DIGEST, 1, 1, recovery_id)


@pytest.mark.parametrize("digest", [b"", None, "00" * 32, 5])
def test_digests_that_are_none(digest: Any) -> None:
    with pytest.raises(UsageError, match="digest"):
        sign(P256, D, digest)
    with pytest.raises(UsageError, match="digest"):
        verify(P256, public_of(P256, D), digest, 1, 1)
    with pytest.raises(UsageError, match="digest"):
        recover(P256, digest, 1, 1, 0)


@pytest.mark.parametrize("hash_name", ["md5", "SHA256", "", "shake_128"])
def test_unknown_hashes(hash_name: str) -> None:
    with pytest.raises(UsageError, match="sha256, sha384, sha512"):
        sign(P256, D, DIGEST, hash_name=hash_name)


# --- Properties ---------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.sampled_from([SECP256K1, P256, P384]), st.data())
def test_signatures_verify_and_recover(curve: Curve, data: st.DataObject) -> None:
    d = data.draw(st.integers(1, curve.n - 1))
    digest = data.draw(st.binary(min_size=1, max_size=64))
    low_s = data.draw(st.booleans())
    Q = public_of(curve, d)
    signature = sign(curve, d, digest, low_s=low_s)
    assert signature == sign(curve, d, digest, low_s=low_s)  # deterministic
    assert isinstance(signature, Signature)
    assert not (low_s and signature.s > curve.n // 2)
    verify(curve, Q, digest, signature.r, signature.s)
    assert recover(curve, digest, *signature) == Q


@settings(max_examples=40, deadline=None)
@given(st.integers(1, SECP256K1.n - 1), st.integers(1, SECP256K1.n - 1), st.integers(0, 3))
def test_random_signatures_are_refused(r: int, s: int, recovery_id: int) -> None:
    with pytest.raises(SignatureError):
        verify(SECP256K1, generator(SECP256K1), DIGEST, r, s)
    try:
        Q = recover(SECP256K1, DIGEST, r, s, recovery_id)
    except SignatureError:
        return
    verify(SECP256K1, Q, DIGEST, r, s)
