"""Tests that got another id: `renamed.json` says what each was called before.

An id is never used for another test.  Where a name has to change, the old one stays in
`vectors/ids.lock`, and `renamed.json` leads from it to the new one, so that files of expected
failures that were written before still name the test that they meant.
"""

from __future__ import annotations

import json
import pkgutil
from typing import Any, Dict, Final, Mapping

from conformance.requirements import SuiteError

__all__ = ["SCHEMA", "load_renamed", "parse_renamed"]

SCHEMA: Final = "venice-renamed-1"
"""The form of the file."""


def load_renamed() -> Dict[str, str]:
    """Return old id -> the id of today.

    Raises:
        SuiteError: the file is missing or not of the form; it is our own, so this is a bug of ours.
    """
    raw = pkgutil.get_data("conformance", "renamed.json")
    if raw is None:
        raise SuiteError("conformance/renamed.json is missing")
    return parse_renamed(raw)


def parse_renamed(raw: bytes) -> Dict[str, str]:
    """Return old id -> the id of today, with chains of renames followed to their end.

    Raises:
        SuiteError: it is not of the form, or the renames lead round in a circle.
    """
    try:
        document: Any = json.loads(raw)
    except ValueError as error:
        raise SuiteError(f"conformance/renamed.json is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise SuiteError(f"conformance/renamed.json is not of the schema {SCHEMA}")
    renamed = document.get("renamed")
    if not isinstance(renamed, dict) or not all(
        isinstance(new, str) and new for new in renamed.values()
    ):
        raise SuiteError("conformance/renamed.json: `renamed` leads from ids to ids")
    return {old: _end(old, renamed) for old in renamed}


def _end(old: str, renamed: Mapping[str, str]) -> str:
    name, seen = old, {old}
    while name in renamed:
        name = renamed[name]
        if name in seen:
            raise SuiteError(f"conformance/renamed.json: {old} leads back to itself")
        seen.add(name)
    return name
