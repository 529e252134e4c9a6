"""A bundle: one file with everything that is needed to verify the same evidence again.

    { "format": "venice-ref-bundle-2", "model": text, "nonce": 64 hex digits,
      "captured_at": RFC 3339, "attestation": text,
      "collateral": text or null, "nras": text or null, "jwks": text or null, "rims": [text, ...] }

The attestation and the endorsements are the exact texts that were received, as JSON strings: a JSON
object in their place would be written again and would no longer be what somebody signed  [ATT-14].
Judged as of `captured_at` they say years later what they said then.  Version 1 had no `rims` and is
still read.

Nothing in a bundle is believed; it is input as any other.  It carries no root: whoever hands over a
bundle does not choose whose signatures count.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Dict, Final, NamedTuple, Optional, Tuple

from venice_ref.attestation.endorsements import MAX_RIMS, Endorsements
from venice_ref.codec.strict import (
    JsonObject,
    decode_hex,
    decode_utf8,
    excerpt,
    parse_json_object,
    parse_rfc3339,
)
from venice_ref.errors import MalformedError, UsageError
from venice_ref.model import Nonce32
from venice_ref.spec import MAX_ATTESTATION_SIZE, NONCE_SIZE

__all__ = ["FORMAT", "MAX_BUNDLE_SIZE", "Bundle", "encode_bundle", "is_bundle", "parse_bundle"]

FORMAT: Final = "venice-ref-bundle-2"
"""What is written."""

MAX_BUNDLE_SIZE: Final = 4 * MAX_ATTESTATION_SIZE
"""Bytes of a bundle: the attestation, whose quotes and line ends are escaped, and the rest."""

_NAMES_1: Final = (
    "format", "model", "nonce", "captured_at", "attestation", "collateral", "nras", "jwks",
)  # fmt: skip
_NAMES: Final[Dict[str, Tuple[str, ...]]] = {
    "venice-ref-bundle-1": _NAMES_1,
    FORMAT: (*_NAMES_1, "rims"),
}
"""The members by format; what is read."""


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
    rims: Tuple[str, ...] = ()
    """NVIDIA's manifests of the driver and the VBIOS."""

    @property
    def endorsements(self) -> Endorsements:
        """The texts as `verify_attestation` takes them, in UTF-8."""
        collateral, nras, jwks = (
            None if text is None else text.encode("utf-8")
            for text in (self.collateral, self.nras, self.jwks)
        )
        return Endorsements(collateral, nras, jwks, tuple(rim.encode("utf-8") for rim in self.rims))

    def with_endorsements(self, endorsements: Endorsements) -> Bundle:
        """Return the bundle with these endorsements in it.

        Raises:
            MalformedError: one of them is not UTF-8, so that its exact text cannot be kept.
        """
        collateral, nras, jwks = (
            None if raw is None else decode_utf8(raw, where=f"endorsements.{name}", rule="ATT-14")
            for name, raw in zip(Endorsements._fields, endorsements[:3])
        )
        rims = tuple(
            decode_utf8(raw, where=f"endorsements.rims[{index}]", rule="ATT-14")
            for index, raw in enumerate(endorsements.rims)
        )
        return self._replace(collateral=collateral, nras=nras, jwks=jwks, rims=rims)


def is_bundle(value: object) -> bool:
    """Tell whether a parsed JSON value says that it is a bundle of any version."""
    members = value.members if isinstance(value, JsonObject) else value
    stated = members.get("format") if isinstance(members, dict) else None
    return isinstance(stated, str) and stated.startswith("venice-ref-bundle-")


def encode_bundle(bundle: Bundle) -> bytes:
    """Return the file of a bundle: UTF-8, one member a line, with a line end.

    Raises:
        UsageError: a nonce of another size, a time without a zone, text that UTF-8 cannot carry,
            or more than `parse_bundle` reads.
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
        "rims": list(bundle.rims),
    }
    try:
        raw = (json.dumps(members, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError("text that UTF-8 cannot carry", where="bundle") from None
    if len(raw) > MAX_BUNDLE_SIZE or len(bundle.rims) > MAX_RIMS:
        raise UsageError("more than a bundle can carry, so that nobody could read it")
    return raw


def parse_bundle(raw: bytes) -> Bundle:
    """Return the members of a bundle of at most 33554432 bytes.

    Raises:
        MalformedError: not such a file; a member that this version does not know is refused,
            because it could mean that there is more to verify.
    """
    top = parse_json_object(raw, max_size=MAX_BUNDLE_SIZE, where="bundle", rule="ATT-14")
    names = _NAMES.get(top.text("format") or "")
    if names is None:
        raise MalformedError(
            f"the format is {excerpt(top.get('format'))}, required {' or '.join(_NAMES)}",
            rule="ATT-14",
            where="bundle.format",
        )
    for name in top.members:
        if name not in names:
            raise MalformedError(
                f"an unknown member {excerpt(name)}", rule="ATT-14", where="bundle"
            )
    nonce = decode_hex(_text(top, "nonce"), size=NONCE_SIZE, where="bundle.nonce", rule="ATT-14")
    return Bundle(
        model=_text(top, "model"),
        nonce=Nonce32(nonce),
        captured_at=parse_rfc3339(
            _text(top, "captured_at"), where="bundle.captured_at", rule="ATT-14"
        ),
        attestation=_text(top, "attestation"),
        collateral=top.text("collateral"),
        nras=top.text("nras"),
        jwks=top.text("jwks"),
        rims=_rims(top),
    )


def _rims(top: JsonObject) -> Tuple[str, ...]:
    items = top.items("rims") or []
    texts = tuple(item for item in items if isinstance(item, str))
    if len(texts) != len(items) or len(texts) > MAX_RIMS:
        raise MalformedError(
            f"not at most {MAX_RIMS} strings", rule="ATT-14", where=top.path("rims")
        )
    return texts


def _text(top: JsonObject, name: str) -> str:
    value = top.text(name)
    if value is None:
        raise MalformedError("absent", rule="ATT-14", where=top.path(name))
    return value
