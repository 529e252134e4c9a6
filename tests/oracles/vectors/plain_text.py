"""Strict text into values for the re-derivations of this folder; no code of the package."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Dict, List, Tuple

__all__ = ["RefusedError", "compact", "is_integer", "need", "sha256", "strict", "unhex"]


class RefusedError(Exception):
    """Holds the code of a refusal."""


def need(condition: bool, code: str) -> None:
    if not condition:
        raise RefusedError(code)


# --- Text into values ---------------------------------------------------------------------------


def unhex(text: Any, code: str, *sizes: int) -> bytes:
    need(isinstance(text, str) and re.fullmatch(r"(?:[0-9a-fA-F]{2})*", text) is not None, code)
    raw = bytes.fromhex(text)
    need(not sizes or len(raw) in sizes, code)
    return raw


def members_of(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def no_constant(name: str) -> Any:
    raise ValueError(name)


def depth_of(value: Any) -> int:
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def strict(text: Any, code: str) -> Any:
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = json.loads(text, object_pairs_hook=members_of, parse_constant=no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, TypeError):
        raise RefusedError(code) from None
    need(depth_of(value) <= 32, code)
    return value


def is_integer(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()
