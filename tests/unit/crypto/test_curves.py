from __future__ import annotations

import pytest

from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.weierstrass import Curve, add, generator, is_on_curve, multiply_textbook

CURVES = pytest.mark.parametrize("curve", [SECP256K1, P256, P384], ids=lambda curve: curve.name)


def is_prime(number: int) -> bool:
    """Miller and Rabin with 24 fixed bases: enough against numbers that nobody chose to fool it."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73):
        x = pow(base, odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True


@CURVES
def test_the_parameters_are_what_sec1_3_1_1_2_1_requires(curve: Curve) -> None:
    p, n = curve.p, curve.n
    assert is_prime(p)
    assert is_prime(n)
    assert n != p
    assert (4 * curve.a**3 + 27 * curve.b**2) % p != 0
    assert is_on_curve(curve, generator(curve))
    # Hasse: the number of points is within 2*sqrt(p) of p + 1, so that the cofactor is 1.
    assert (n - p - 1) ** 2 <= 4 * p
    assert all(pow(p, power, n) != 1 for power in range(1, 101))


@CURVES
def test_the_generator_has_order_n(curve: Curve) -> None:
    G = generator(curve)
    assert multiply_textbook(curve, curve.n, G) is None
    assert add(curve, multiply_textbook(curve, curve.n - 1, G), G) is None


@pytest.mark.parametrize(
    ("curve", "p", "b"),
    [
        (SECP256K1, "FFFFFFFF" * 6 + "FFFFFFFEFFFFFC2F", 7),
        (P256, "FFFFFFFF00000001" + "0" * 24 + "FFFFFFFFFFFFFFFFFFFFFFFF", P256.b),
        (P384, "FFFFFFFF" * 7 + "FFFFFFFEFFFFFFFF0000000000000000FFFFFFFF", P384.b),
    ],
)
def test_the_structured_form_of_p_is_the_printed_number(curve: Curve, p: str, b: int) -> None:
    assert curve.p == int(p, 16)
    assert curve.a in (0, curve.p - 3)
    assert curve.b == b


@pytest.mark.parametrize(
    ("curve", "seed"),
    [
        (P256, "C49D360886E704936A6678E1139D26B7819F7E90"),
        (P384, "A335926AA319A27A1D00896A6773A4827ACDAC73"),
    ],
)
def test_b_is_the_verifiably_random_number_of_the_standard(curve: Curve, seed: str) -> None:
    """FIPS 186-4, D.6: c = SHA-1(SEED), SHA-1(SEED + 1) .. without its first bit; b^2 c = -27."""
    import hashlib

    length = curve.p.bit_length()
    blocks = (length - 1) // 160
    h = int.from_bytes(hashlib.sha1(bytes.fromhex(seed)).digest(), "big")
    c = h % 2 ** (length - 160 * blocks - 1)
    for i in range(1, blocks + 1):
        s = (int(seed, 16) + i) % 2**160
        c = c << 160 | int.from_bytes(hashlib.sha1(s.to_bytes(20, "big")).digest(), "big")
    assert (curve.b**2 * c + 27) % curve.p == 0
