"""The textbook form of an algorithm and the fast one, side by side and interchangeable.

`@faster_than(slow)` stands on an optimised function and names the definition that it must equal.
The pair enters `TWINS`, `tests/twins` compares every pair on random and on edge inputs, and
`VENICE_REF_TEXTBOOK=1` in the environment replaces every fast form by its textbook, so that the
whole of the test suite can be run on the definitions alone.

The environment is read here, once and at import, because the choice must hold for the life of the
process: it selects between two forms of the same function and changes no result.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, NamedTuple, TypeVar

__all__ = ["TWINS", "Twin", "faster_than", "textbook_only"]

Function = TypeVar("Function", bound=Callable[..., Any])


class Twin(NamedTuple):
    """One pair: `textbook` is the definition, `fast` the form under test."""

    textbook: Callable[..., Any]
    fast: Callable[..., Any]


TWINS: Dict[str, Twin] = {}
"""Every pair by `module.function` of its fast form."""

textbook_only: bool = os.environ.get("VENICE_REF_TEXTBOOK", "") == "1"
"""True where the fast forms are switched off."""


def faster_than(textbook: Callable[..., Any]) -> Callable[[Function], Function]:
    """Register the decorated function as the fast twin of `textbook`."""

    def register(fast: Function) -> Function:
        TWINS[f"{fast.__module__}.{fast.__qualname__}"] = Twin(textbook, fast)
        return textbook if textbook_only else fast  # type: ignore[return-value]

    return register
