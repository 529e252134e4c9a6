"""The combs of four points that every verification of a quote meets.

A comb pays for a point that comes often, but takes twice as long to make as a verification.  These
are made already, in `known_combs_low` and `known_combs_high`: the first quote that a process
verifies takes half of the time.  Whoever could choose an entry could make a false signature pass,
so a test computes every entry from the definition, and another compares the keys with those of
genuine chains.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, Final, Mapping, Optional, Tuple

from venice_ref.crypto import known_combs_high, known_combs_low
from venice_ref.crypto.curves import P256
from venice_ref.crypto.jacobian import AffinePoint
from venice_ref.crypto.point_comb import SUMS
from venice_ref.crypto.weierstrass import Curve

__all__ = ["POINTS", "forget", "known_comb"]

POINT_SIZE: Final = 64

POINTS: Final[Dict[AffinePoint, Tuple[bytes, bytes]]] = {
    (
        0x6B17D1F2_E12C4247_F8BCE6E5_63A440F2_77037D81_2DEB33A0_F4A13945_D898C296,
        0x4FE342E2_FE1A7F9B_8EE7EB4A_7C0F9E16_2BCE3357_6B315ECE_CBB64068_37BF51F5,
    ): (known_combs_low.GENERATOR, known_combs_high.GENERATOR),
    (
        0x0BA9C4C0_C0C86193_A3FE23D6_B02CDA10_A8BBD4E8_8E48B445_8561A36E_705525F5,
        0x67918E2E_DC88E40D_860BD0CC_4EE26AAC_C988E505_A953558C_453F6B09_04AE7394,
    ): (known_combs_low.INTEL_ROOT, known_combs_high.INTEL_ROOT),
    (
        0x35207FEE_DDB59574_8ED82BB3_A71C3BE1_E241EF61_320C6816_E6B5C2B7_1DAD5532,
        0xEAEA12A4_EB3F9489_16429EA4_7BA6C3AF_82A15E4B_19664E52_657939A2_D96633DE,
    ): (known_combs_low.INTEL_PLATFORM, known_combs_high.INTEL_PLATFORM),
    (
        0x43451BCC_73C9D591_7CAF766E_61AF3FE9_8087DD4F_13257B26_1E851897_799DD13D,
        0x6811FB47_713803BB_9BAE587F_CCDDC2E3_1BE9A28B_86962ACC_6DAF96DA_58EECA96,
    ): (known_combs_low.INTEL_TCB, known_combs_high.INTEL_TCB),
}
"""The blocks of its comb by point: G of P-256, and the keys of Intel."""


class _Comb(Dict[int, AffinePoint]):
    """The entries of a comb by their numbers, each read when it is asked for first.

    A verification asks for 32 of the 512.
    """

    def __init__(self, low: bytes, high: bytes) -> None:
        super().__init__()
        self._data = low + high

    def __missing__(self, number: int) -> AffinePoint:
        # The last tooth is the lowest bit: where it is a minus, what is here has all signs turned.
        minus = not number & 1
        start = POINT_SIZE * ((number ^ (SUMS - 1) if minus else number) >> 1)
        x = int.from_bytes(self._data[start : start + 32], "big")
        y = int.from_bytes(self._data[start + 32 : start + 64], "big")
        point = self[number] = (x, P256.p - y) if minus else (x, y)
        return point


def known_comb(curve: Curve, P: AffinePoint) -> Optional[Mapping[int, AffinePoint]]:
    """Return the comb of a point if it stands here: what `point_comb.comb_table` has, by number."""
    blocks = POINTS.get(P) if curve == P256 else None
    return None if blocks is None else _comb(*blocks)


@lru_cache(maxsize=4)
def _comb(low: bytes, high: bytes) -> Mapping[int, AffinePoint]:
    return _Comb(low, high)


def forget() -> None:
    """Forget what was read: for measurements."""
    _comb.cache_clear()
