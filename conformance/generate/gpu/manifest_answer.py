"""Vectors of `manifest.answer`: the JSON around a reference manifest."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Dict, Final, Tuple

from conformance.generate.builder import FileBuilder, Flag

__all__ = ["generate"]

NAME: Final = "NV_GPU_DRIVER_GH100_570.172.08"
DOCUMENT: Final = b"<SoftwareIdentity/>\n"
TEXT: Final = base64.b64encode(DOCUMENT).decode("ascii")


def generate(builder: FileBuilder) -> None:
    """Fill `gpu/manifest_answer`."""
    builder.flag("OtherManifest", Flag(
        "AUTH_BYPASS",
        "The answer is for another name, or has another digest than it states.",
        "Good values of other firmware are compared.",
        "Compare the id with the name that was asked for, and the digest where there is one.",
    ))  # fmt: skip
    builder.flag("AnswerForm", Flag(
        "MALFORMED",
        "The answer is not a JSON object with a document in base64.",
        "An error page is cached as a manifest.",
        "Require the object, its members and their encodings.",
    ))  # fmt: skip
    builder.flag("DigestForm", Flag(
        "INTEROP",
        "The digest is absent or null, or over the base64.",
        "Honest answers are refused.",
        "Accept the digest of the document and of its base64; the documentation leaves it open.",
    ))  # fmt: skip
    builder.group({"name": NAME})
    _accepted(builder)
    _rejected(builder)


def _answer(**changed: Any) -> str:
    value: Dict[str, Any] = {
        "id": NAME, "rim": TEXT, "sha256": hashlib.sha256(DOCUMENT).hexdigest(),
        "rim_format": "SWIDTag", "request_id": "1", **changed,
    }  # fmt: skip
    return json.dumps({name: value[name] for name in value if value[name] is not ...})


def _accepted(builder: FileBuilder) -> None:
    of_text = hashlib.sha256(TEXT.encode()).hexdigest()
    for slug, why, answer, flags in (
        ("ordinary", "The ordinary answer.", _answer(), ()),
        ("no-digest", "Finds a client that requires the digest.", _answer(sha256=...),
         ("DigestForm",)),
        ("null-digest", "Finds a client to which a digest of null is another digest.",
         _answer(sha256=None), ("DigestForm",)),
        ("digest-of-base64", "Finds a client that knows one of the two digests.",
         _answer(sha256=of_text), ("DigestForm",)),
        ("upper-case-digest", "Finds a comparison of digests as text.",
         _answer(sha256=hashlib.sha256(DOCUMENT).hexdigest().upper()), ("DigestForm",)),
    ):  # fmt: skip
        builder.accept(
            slug, why, req=["GPU-42"], given={"answer": answer},
            out={"document": DOCUMENT.hex()}, flags=flags,
        )  # fmt: skip


def _rejected(builder: FileBuilder) -> None:
    other = hashlib.sha256(b"another document").hexdigest()
    cases: Tuple[Tuple[str, str, str, str], ...] = (
        ("other-name", "the manifest of another driver", "OtherManifest",
         _answer(id="NV_GPU_DRIVER_GH100_570.172.07")),
        ("longer-name", "a name that begins with the right one", "OtherManifest",
         _answer(id=NAME + "_TEST")),
        ("lower-case-name", "another spelling of the name", "OtherManifest",
         _answer(id=NAME.lower())),
        ("no-name", "an answer without a name", "OtherManifest", _answer(id=...)),
        ("number-for-name", "a name that is no text", "AnswerForm", _answer(id=1)),
        ("other-digest", "another digest", "OtherManifest", _answer(sha256=other)),
        ("digest-cut", "a comparison of a prefix", "OtherManifest",
         _answer(sha256=hashlib.sha256(DOCUMENT).hexdigest()[:62])),
        ("digest-empty", "an empty digest in the place of none", "OtherManifest",
         _answer(sha256="")),
        ("number-for-digest", "a digest that is no text", "AnswerForm", _answer(sha256=0)),
        ("no-document", "an answer without a document", "AnswerForm",
         _answer(rim=..., sha256=...)),
        ("document-as-xml", "a document that is not in base64", "AnswerForm",
         _answer(rim=DOCUMENT.decode())),
        ("document-unpadded", "base64 without padding", "AnswerForm",
         _answer(rim=TEXT.rstrip("="), sha256=...)),
        ("array", "an array", "AnswerForm", f"[{_answer()}]"),
        ("error-page", "an error page", "AnswerForm", "<html>404</html>"),
        ("name-twice", "two names, of which one is right", "AnswerForm",
         _answer()[:-1] + ', "id": "NV_GPU_DRIVER_GH100_570.172.07"}'),
    )  # fmt: skip
    for slug, what, flag, answer in cases:
        builder.reject(
            slug, f"Finds a client that accepts {what}.", parent="ordinary", breaks="GPU-42",
            flags=[flag], given={"answer": answer},
        )  # fmt: skip
