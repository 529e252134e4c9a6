"""Square roots modulo the p of secp256k1, for the recovery of a signer.

p = 3 (mod 4): if alpha = y^2, then alpha^((p+1)/4) is y or -y, for its square is alpha times
alpha^((p-1)/2) = y^(p-1) = 1.  (p+1)/4 is written, in base 2, as

    223 ones, 0, 22 ones, 0000, 11, 00

because p = 2^256 - 2^32 - 977.  With x_n for alpha^(2^n - 1), the power whose exponent is n ones,
x_(m+n) is x_m squared n times, times x_n: eleven products make x_223, and 253 squarings and
13 products the whole.
"""

from __future__ import annotations

from typing import Final

from venice_ref.crypto.twins import faster_than

__all__ = ["P", "square_root", "square_root_textbook"]

P: Final = 2**256 - 2**32 - 977
_M: Final = 2**256 - 1
_C: Final = 2**32 + 977


def square_root_textbook(alpha: int) -> int:
    """Return a square root modulo the p of secp256k1, if alpha has one; 0 <= alpha < p."""
    return pow(alpha, (P + 1) // 4, P)


@faster_than(square_root_textbook)
def square_root(alpha: int) -> int:
    """Same as `square_root_textbook`, by folding (`glv`): a third less time.

    `pow` divides by p after each product, and multiplies where the chain above does not.  The price
    is a page for one number.
    """
    x2 = _squared(alpha, 1) * alpha % P
    x3 = _squared(x2, 1) * alpha % P
    x6 = _squared(x3, 3) * x3 % P
    x9 = _squared(x6, 3) * x3 % P
    x11 = _squared(x9, 2) * x2 % P
    x22 = _squared(x11, 11) * x11 % P
    x44 = _squared(x22, 22) * x22 % P
    x88 = _squared(x44, 44) * x44 % P
    x176 = _squared(x88, 88) * x88 % P
    x220 = _squared(x176, 44) * x44 % P
    x223 = _squared(x220, 3) * x3 % P
    y = _squared(x223, 23) * x22 % P
    y = _squared(y, 6) * x2 % P
    return _squared(y, 2) % P


def _squared(t: int, times: int) -> int:
    """Return t^(2^times), below 2^256 + 2^134, for a t as short as that.

    A square is below 2^513.  One fold leaves 2^290, and the square of that two folds below what is
    promised: of two squarings, the first need not fold twice.
    """
    M, C = _M, _C
    for _ in range(times // 2):
        t *= t
        t = (t & M) + (t >> 256) * C
        t *= t
        t = (t & M) + (t >> 256) * C
        t = (t & M) + (t >> 256) * C
    if times % 2:
        t *= t
        t = (t & M) + (t >> 256) * C
        t = (t & M) + (t >> 256) * C
    return t
