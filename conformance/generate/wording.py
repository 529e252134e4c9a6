"""Makes a sentence of the short reason that stands in a table of tests."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["sentence"]

_PLAIN_WORD: Final = re.compile(r"(?:a|[a-z]{2,})(?![a-z0-9.(_*+]|[A-Z])")
"""A word of the language, which is no name of a function, a number or a coordinate."""

_NAMES: Final = ("isdigit", "mod")


def sentence(reason: str) -> str:
    """Return the reason with a capital, unless it begins with a name, and with a full stop."""
    found = _PLAIN_WORD.match(reason)
    if found and found.group() not in _NAMES:
        reason = reason[0].upper() + reason[1:]
    return reason if reason.endswith(".") else f"{reason}."
