"""A bundle: one file with everything that is needed to verify the same evidence again.

    { "format": "venice-ref-bundle-1", "model": text, "nonce": 64 hex digits,
      "captured_at": RFC 3339, "attestation": text,
      "collateral": text or null, "nras": text or null, "jwks": text or null }

The attestation is the exact text of the answer, as a JSON string: a JSON object in its place would
be written again and would no longer be what the server sent.  The last three members are for later
versions and carry exact texts as well.  Nothing in a bundle is believed; it is input as any other.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Final, NamedTuple, Optional

from venice_ref.codec.strict import (
    JsonObject,
    decode_hex,
    excerpt,
    parse_json_object,
    parse_rfc3339,
)
from venice_ref.errors import MalformedError, UsageError
from venice_ref.model import Nonce32
from venice_ref.spec import MAX_ATTESTATION_SIZE, NONCE_SIZE

__all__ = ["FORMAT", "MAX_BUNDLE_SIZE", "Bundle", "encode_bundle", "is_bundle", "parse_bundle"]

FORMAT: Final = "venice-ref-bundle-1"

MAX_BUNDLE_SIZE: Final = 4 * MAX_ATTESTATION_SIZE
"""Bytes of a bundle: the attestation, whose quotes and line ends are escaped, and the rest."""

_NAMES: Final = (
    "format",
    "model",
    "nonce",
    "captured_at",
    "attestation",
    "collateral",
    "nras",
    "jwks",
)


class Bundle(NamedTuple):
    """The members of a bundle."""

    model: str
    """The model that was asked for."""
    nonce: Nonce32
    """The nonce that was sent."""
    captured_at: datetime
    """When the answer came, with a zone."""
    attestation: str
    """The exact text of the answer."""
    collateral: Optional[str] = None
    """Intel's collateral for the quote."""
    nras: Optional[str] = None
    """NVIDIA's answer for the GPU evidence."""
    jwks: Optional[str] = None
    """The keys under which NVIDIA's answer verifies."""


def is_bundle(value: object) -> bool:
    """Tell whether a parsed JSON value says that it is a bundle of any version."""
    members = value.members if isinstance(value, JsonObject) else value
    stated = members.get("format") if isinstance(members, dict) else None
    return isinstance(stated, str) and stated.startswith("venice-ref-bundle-")


def encode_bundle(bundle: Bundle) -> bytes:
    """Return the file of a bundle: UTF-8, one member a line, with a line end.

    Raises:
        UsageError: a nonce of another size, a time without a zone, or text that UTF-8 cannot carry.
    """
    if len(bundle.nonce) != NONCE_SIZE:
        raise UsageError(f"a nonce of {len(bundle.nonce)} bytes, required {NONCE_SIZE}")
    if bundle.captured_at.tzinfo is None or bundle.captured_at.utcoffset() is None:
        raise UsageError("a time without a zone", where="captured_at")
    captured_at = bundle.captured_at.astimezone(timezone.utc).replace(tzinfo=None)
    members = {
        "format": FORMAT,
        "model": bundle.model,
        "nonce": bundle.nonce.hex(),
        "captured_at": captured_at.isoformat() + "Z",
        "attestation": bundle.attestation,
        "collateral": bundle.collateral,
        "nras": bundle.nras,
        "jwks": bundle.jwks,
    }
    try:
        return (json.dumps(members, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError("text that UTF-8 cannot carry", where="bundle") from None


def parse_bundle(raw: bytes) -> Bundle:
    """Return the members of a bundle of at most 33554432 bytes.

    Raises:
        MalformedError: not such a file; a member that this version does not know is refused,
            because it could mean that there is more to verify.
    """
    top = parse_json_object(raw, max_size=MAX_BUNDLE_SIZE, where="bundle")
    if top.text("format") != FORMAT:
        raise MalformedError(
            f"the format is {excerpt(top.get('format'))}, required {FORMAT}", where="bundle.format"
        )
    for name in top.members:
        if name not in _NAMES:
            raise MalformedError(f"an unknown member {excerpt(name)}", where="bundle")
    nonce = decode_hex(_text(top, "nonce"), size=NONCE_SIZE, where="bundle.nonce")
    return Bundle(
        model=_text(top, "model"),
        nonce=Nonce32(nonce),
        captured_at=parse_rfc3339(_text(top, "captured_at"), where="bundle.captured_at"),
        attestation=_text(top, "attestation"),
        collateral=top.text("collateral"),
        nras=top.text("nras"),
        jwks=top.text("jwks"),
    )


def _text(top: JsonObject, name: str) -> str:
    value = top.text(name)
    if value is None:
        raise MalformedError("absent", where=top.path(name))
    return value
