"""Certificates of the simulated NVIDIA, with keys that belong to labels."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Final

from conformance.mock_tee.pki.authority import AnyKey, Key, draw_key, extension
from conformance.mock_tee.pki.nvidia_certificates import (
    END,
    START,
    Draft,
    Issuer,
    authority,
    certify,
    name,
)
from conformance.mock_tee.pki.rsa_key import RsaKey
from conformance.mock_tee.randomness import SeededBytes
from venice_ref.crypto.curves import P384

__all__ = [
    "END",
    "NOW",
    "START",
    "AnyKey",
    "Draft",
    "Issuer",
    "RsaKey",
    "authority",
    "certify",
    "extension",
    "key",
    "name",
    "public_key_info",
]

NOW: Final = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)


def key(label: str) -> Key:
    """Return the key on P-384 that belongs to a label."""
    return draw_key(P384, SeededBytes("nvidia", label))


def public_key_info(of: AnyKey) -> bytes:
    """Return the SubjectPublicKeyInfo."""
    return of.public_key_info
