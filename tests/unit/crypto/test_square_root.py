"""Square roots modulo the p of secp256k1."""

from __future__ import annotations

import pytest

from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.square_root import P, square_root, square_root_textbook
from venice_ref.crypto.twins import TWINS


def test_the_prime_and_the_exponent_of_the_page() -> None:
    assert SECP256K1.p == P
    assert f"{(P + 1) // 4:b}" == "1" * 223 + "0" + "1" * 22 + "0000" + "11" + "00"


@pytest.mark.parametrize("y", [0, 1, 2, P - 1, P // 2, 2**128 - 1, SECP256K1.gy])
def test_a_square_has_its_root(y: int) -> None:
    fast = TWINS["venice_ref.crypto.square_root.square_root"].fast
    for form in (square_root, square_root_textbook, fast):
        assert form(y * y % P) in {y, -y % P}


def test_no_root_of_what_is_no_square() -> None:
    # -1 is no square modulo a prime that is 3 modulo 4.
    for y in (1, 2, 3, SECP256K1.gy):
        root = square_root(-y * y % P)
        assert root * root % P != -y * y % P
