"""Bundles: an answer and its endorsements as the exact texts that were received."""

from __future__ import annotations

import json
from typing import Any, Dict, Final, Tuple

from conformance.generate.attestation.kit import MODEL, NONCE, NOW
from conformance.generate.builder import FileBuilder, Flag

_FORM: Final = "BundleForm"
_EXACT: Final = "NotTheExactText"

_TEXT: Final = '{"verified": true,\n "model":"e2ee-mock", "x": 1.0, "y": "\\u00e9"}'
"""An answer whose spaces, line end, number and escape another encoder would write otherwise."""


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/bundle`."""
    builder.flag(
        _FORM,
        Flag(
            "MALFORMED",
            "the file is not of a known form",
            "there is more to verify than this version knows, or something else was saved",
            "refuse unknown formats and members",
        ),
    )
    builder.flag(
        _EXACT,
        Flag(
            "INTEROP",
            "a text was parsed and written again",
            "no signature over it holds any more, and the saved evidence is worthless",
            "keep the exact text, as a string",
        ),
    )
    _accepted(builder)
    _rejected(builder)


def _bundle(**members: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = {
        "format": "venice-ref-bundle-2", "model": MODEL, "nonce": NONCE.hex(), "captured_at": NOW,
        "attestation": _TEXT, "collateral": None, "nras": None, "jwks": None, "rims": [],
    }  # fmt: skip
    changed = {**found, **members}
    return {name: value for name, value in changed.items() if value is not ...}


def _out(**members: Any) -> Dict[str, Any]:
    found = _bundle()
    del found["format"]
    return {**found, **members}


def _accept(builder: FileBuilder, slug: str, why: str, bundle: Any, **out: Any) -> None:
    text = bundle if isinstance(bundle, str) else json.dumps(bundle)
    builder.accept(slug, why, req=["ATT-14"], given={"bundle": text}, out=_out(**out))


def _accepted(builder: FileBuilder) -> None:
    _accept(
        builder,
        "bundle",
        "The answer comes back as the exact text, spaces and escapes included.",
        _bundle(),
    )
    all_texts = {
        "collateral": ' {"tcb_info": "{}"}\n',
        "nras": "[1.0]",
        "jwks": '{"keys":[ ]}',
        "rims": ["<a/>", "<b>\u00e9</b>\r\n"],
    }
    _accept(
        builder,
        "all-endorsements",
        "Every endorsement as its exact text.",
        _bundle(**all_texts),
        **all_texts,
    )
    _accept(
        builder,
        "format-1",
        "The first format had no manifests and is still read.",
        _bundle(format="venice-ref-bundle-1", rims=...),
    )
    _accept(
        builder,
        "endorsements-absent",
        "Endorsements may be left out.",
        _bundle(collateral=..., nras=..., jwks=..., rims=...),
    )
    _accept(builder, "rims-null", "null is as good as absent.", _bundle(rims=None))
    _accept(
        builder,
        "offset-of-time",
        "A time with another zone is the same instant.",
        _bundle(captured_at="2026-01-01T14:30:00+02:30"),
    )
    _accept(
        builder, "nonce-in-capitals", "Digits of either case.", _bundle(nonce=NONCE.hex().upper())
    )
    _accept(
        builder,
        "rims-16",
        "Sixteen manifests are within the limit.",
        _bundle(rims=["<a/>"] * 16),
        rims=["<a/>"] * 16,
    )


def _rejected(builder: FileBuilder) -> None:
    plain = json.dumps(_bundle())
    rows: Tuple[Tuple[str, str, Any, str], ...] = (
        ("empty", "An empty file.", "", _FORM),
        ("array", "An array is no bundle.", f"[{plain}]", _FORM),
        ("duplicate", "Two answers in one bundle.",
         plain[:-1] + ',"attestation":"{}"}', _FORM),
        ("format-absent", "Nothing says that it is a bundle.", _bundle(format=...), _FORM),
        ("format-3", "A later format may hold more that has to be verified.",
         _bundle(format="venice-ref-bundle-3"), _FORM),
        ("member-unknown", "An unknown member may be something to verify.", _bundle(root="-----"),
         _FORM),
        ("rims-in-format-1", "The first format does not know manifests.",
         _bundle(format="venice-ref-bundle-1"), _FORM),
        ("model-absent", "The model that was asked for is not in the evidence.",
         _bundle(model=...), _FORM),
        ("nonce-absent", "Without the nonce nothing is fresh.", _bundle(nonce=...), _FORM),
        ("nonce-short", "A nonce of 31 bytes.", _bundle(nonce=NONCE.hex()[:-2]), _FORM),
        ("nonce-0x", "The nonce has no prefix.", _bundle(nonce="0x" + NONCE.hex()), _FORM),
        ("attestation-object", "An object in the place of the exact text would be written again.",
         _bundle(attestation=json.loads(_TEXT)), _EXACT),
        ("attestation-null", "A bundle without evidence.", _bundle(attestation=None), _FORM),
        ("collateral-object", "Collateral as an object is no longer what Intel signed.",
         _bundle(collateral={"tcb_info": "{}"}), _EXACT),
        ("nras-array", "The answer of NVIDIA's service is a text as well.", _bundle(nras=[]),
         _EXACT),
        ("rims-text", "Manifests are an array.", _bundle(rims="<a/>"), _FORM),
        ("rims-object", "A manifest is a text.", _bundle(rims=[{}]), _EXACT),
        ("rims-17", "Seventeen manifests are one too many.", _bundle(rims=["<a/>"] * 17), _FORM),
        ("time-without-zone", "A time without a zone is no instant.",
         _bundle(captured_at="2026-01-01T12:00:00"), _FORM),
        ("time-lower-case", "One spelling of a time.", _bundle(captured_at="2026-01-01t12:00:00z"),
         _FORM),
        ("time-space", "A space in the place of the T.",
         _bundle(captured_at="2026-01-01 12:00:00Z"), _FORM),
        ("time-no-day", "A day that there is not.", _bundle(captured_at="2026-02-30T12:00:00Z"),
         _FORM),
        ("time-number", "Seconds are no time of this form.", _bundle(captured_at=1767268800),
         _FORM),
    )  # fmt: skip
    for slug, why, bundle, flag in rows:
        text = bundle if isinstance(bundle, str) else json.dumps(bundle)
        builder.reject(slug, why, parent="bundle", breaks="ATT-14", given={"bundle": text},
                       flags=(flag,))  # fmt: skip
