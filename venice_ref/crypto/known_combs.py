"""The combs of four points that every verification of a quote meets.

A comb pays for a point that comes often, but costs four verifications to make.  These are made
already (`known_combs_table`): the first quote that a process verifies takes half of the time.
Whoever could choose an entry could make a false signature pass, so a test computes every entry from
the definition, and another compares the keys with those of genuine chains.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, Final, List, Optional, Tuple

from venice_ref.crypto import known_combs_table
from venice_ref.crypto.curves import P256
from venice_ref.crypto.jacobian import AffinePoint
from venice_ref.crypto.point_comb import with_negatives
from venice_ref.crypto.weierstrass import Curve

__all__ = ["POINTS", "forget", "known_comb"]

POINTS: Final[Dict[Tuple[int, int], bytes]] = {
    (
        0x6B17D1F2_E12C4247_F8BCE6E5_63A440F2_77037D81_2DEB33A0_F4A13945_D898C296,
        0x4FE342E2_FE1A7F9B_8EE7EB4A_7C0F9E16_2BCE3357_6B315ECE_CBB64068_37BF51F5,
    ): known_combs_table.GENERATOR,
    (
        0x0BA9C4C0_C0C86193_A3FE23D6_B02CDA10_A8BBD4E8_8E48B445_8561A36E_705525F5,
        0x67918E2E_DC88E40D_860BD0CC_4EE26AAC_C988E505_A953558C_453F6B09_04AE7394,
    ): known_combs_table.INTEL_ROOT,
    (
        0x35207FEE_DDB59574_8ED82BB3_A71C3BE1_E241EF61_320C6816_E6B5C2B7_1DAD5532,
        0xEAEA12A4_EB3F9489_16429EA4_7BA6C3AF_82A15E4B_19664E52_657939A2_D96633DE,
    ): known_combs_table.INTEL_PLATFORM,
    (
        0x43451BCC_73C9D591_7CAF766E_61AF3FE9_8087DD4F_13257B26_1E851897_799DD13D,
        0x6811FB47_713803BB_9BAE587F_CCDDC2E3_1BE9A28B_86962ACC_6DAF96DA_58EECA96,
    ): known_combs_table.INTEL_TCB,
}
"""The constant of its comb by point: G of P-256, and the keys of Intel."""


def known_comb(curve: Curve, P: AffinePoint) -> Optional[List[AffinePoint]]:
    """Return the comb of a point if it stands here, as `point_comb.comb_table` would."""
    data = POINTS.get(P) if curve == P256 else None
    return None if data is None else _read(data)


@lru_cache(maxsize=4)
def _read(data: bytes) -> List[AffinePoint]:
    """Return the comb that one of the constants says."""
    numbers = [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]
    return with_negatives(P256.p, list(zip(numbers[::2], numbers[1::2])))


def forget() -> None:
    """Forget what was read: for measurements."""
    _read.cache_clear()
