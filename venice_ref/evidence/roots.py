"""The roots that this package trusts, pinned: one of Intel's, three of NVIDIA's.

They are a page of their own so that a client can name them without what verifies by them.
"""

from __future__ import annotations

from typing import Final, FrozenSet

from venice_ref.crypto.curves import P256
from venice_ref.pki.anchor import TrustAnchor
from venice_ref.pki.keys import EcPublicKey

__all__ = ["DEVICE_ROOT", "INTEL_ROOT", "NRAS_INTERMEDIATES", "RIM_ROOT"]

INTEL_ROOT: Final = TrustAnchor(
    name="the Intel SGX Root CA",
    public_key=EcPublicKey(
        P256,
        (
            0x0BA9C4C0_C0C86193_A3FE23D6_B02CDA10_A8BBD4E8_8E48B445_8561A36E_705525F5,
            0x67918E2E_DC88E40D_860BD0CC_4EE26AAC_C988E505_A953558C_453F6B09_04AE7394,
        ),
    ),
    certificates=frozenset(
        {bytes.fromhex("44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3")}
    ),
)
"""The root, pinned by its key  [COL-4].

Two editions of its certificate are genuine, with the same key and the same number: until 2033 and,
the one that Intel serves now, until 2049.  The digest is that of the latter, whose own signature
need not be verified again each time; any other is accepted if the pinned key signed it.
"""

DEVICE_ROOT: Final = TrustAnchor(
    "NVIDIA's device identity root",
    certificates=frozenset(
        {bytes.fromhex("102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48")}
    ),
)
"""NVIDIA Device Identity CA by the SHA-256 of its DER: received copies are compared, never trusted.

That certificate stands in NVIDIA's verifiers and in every capture  [GPU-9, GPU-38, CRT-13].
"""

RIM_ROOT: Final = TrustAnchor(
    "NVIDIA's root for reference manifests",
    certificates=frozenset(
        {bytes.fromhex("12977b5115acb0381179279fffeb5a8c4d264971ebb32298023a465fa41df5d1")}
    ),
)
"""NVIDIA CoRIM signing Root CA by the SHA-256 of its DER  [GPU-30]."""

NRAS_INTERMEDIATES: Final[FrozenSet[bytes]] = frozenset(
    {bytes.fromhex("fd32837f954e2c45db073105166dfe6985ae0480bb113fba63b091a75affe896")}
)
"""SHA-256 of the keys (SubjectPublicKeyInfo) of the intermediates that are trusted  [TOK-7].

NVIDIA Attestation Service GPU Intermediate 004, RSA-2048, from 2025-12-08 to 2029-12-08.
"""
