"""What the texts of an implementation's own errors mean, so that its adapter can stay small.

The file is a JSON object from `stage:reason` to fragments of native texts:

    {"envelope:tag": ["InvalidTag", "OperationError"], "key:point": ["not on curve"]}

A refusal that names no reason of ours gets the reason whose fragment its native text holds; of
several the longest.  A refusal that holds none of them stays as it is: only its verdict counts.
"""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Tuple

from conformance.adapters.protocol import Adapter
from conformance.requirements import SuiteError, load_requirements

__all__ = ["ErrorMap", "ErrorMapError", "MappedAdapter", "load_error_map", "parse_error_map"]


class ErrorMapError(SuiteError):
    """An error map cannot be used: wrong usage, exit code 4."""


class ErrorMap(NamedTuple):
    """Fragments of native texts and what they mean, the longest first."""

    rows: Tuple[Tuple[str, str, str], ...]
    """Fragment, stage, reason."""

    def apply(self, reply: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the reply, with stage and reason where only its native text said why."""
        reject = reply.get("reject")
        if not isinstance(reject, dict) or reject.get("stage") or reject.get("reason"):
            return reply
        native = reject.get("native", "")
        for fragment, stage, reason in self.rows:
            if fragment in native:
                return {**reply, "reject": {**reject, "stage": stage, "reason": reason}}
        return reply


class MappedAdapter(Adapter):
    """An adapter whose refusals go through an error map."""

    def __init__(self, adapter: Adapter, error_map: ErrorMap) -> None:
        self._adapter = adapter
        self._map = error_map
        self.hello = adapter.hello
        self.warnings = adapter.warnings

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        """Return the reply with stage and reason where its native text is known."""
        return self._map.apply(self._adapter.ask(op, given, timeout=timeout))

    def close(self) -> None:
        """End the adapter."""
        self._adapter.close()


def load_error_map(path: Path) -> ErrorMap:
    """Return the error map that a file holds.

    Raises:
        ErrorMapError: it cannot be read or used; the message names the entry.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ErrorMapError(f"{path}: {error.strerror}") from None
    try:
        return parse_error_map(raw)
    except ErrorMapError as error:
        raise ErrorMapError(f"{path}: {error}") from None


def parse_error_map(raw: bytes) -> ErrorMap:
    """Return the error map that a text holds.

    Raises:
        ErrorMapError: it is not of the form, names a reason that no requirement has, or gives one
            text two meanings.
    """
    try:
        document = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ErrorMapError(f"it is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ErrorMapError('it is not an object: {"envelope:tag": ["InvalidTag"]}')
    known = {f"{row.stage}:{row.refusal}" for row in load_requirements() if row.refusal}
    meanings: Dict[str, str] = {}
    for name, fragments in document.items():
        if name not in known:
            raise ErrorMapError(_unknown(name, known))
        for fragment in _fragments(name, fragments):
            if meanings.setdefault(fragment, name) != name:
                raise ErrorMapError(
                    f"{fragment!r} stands under {meanings[fragment]} and under {name};"
                    " a text has one meaning"
                )
    rows = sorted(meanings.items(), key=lambda row: -len(row[0]))
    return ErrorMap(tuple((text, *_halves(name)) for text, name in rows))


def _once(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ErrorMapError(f"{twice[0]} stands twice")
    return dict(pairs)


def _halves(name: str) -> Tuple[str, str]:
    stage, _, reason = name.partition(":")
    return stage, reason


def _fragments(name: str, value: Any) -> List[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise ErrorMapError(f"{name} is not an array of texts that are not empty")
    return value


def _unknown(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{name} is not a stage and a reason of the specification{hint}"
