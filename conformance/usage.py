"""What a person typed that means nothing here, and what was probably meant."""

from __future__ import annotations

import difflib
from typing import Iterable

from conformance.requirements import SuiteError

__all__ = ["UsageProblem", "did_you_mean"]


class UsageProblem(SuiteError):  # noqa: N818  # nothing broke: the words were wrong
    """An id, a pattern, an option or a file of the caller cannot be used; the exit code is 4."""


def did_you_mean(word: str, known: Iterable[str], *, limit: int = 3) -> str:
    """Return `; did you mean ...?` with the nearest of the known words, or nothing."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(word, names, n=limit, cutoff=0.6)
    if not near:
        tails = {name.rpartition("/")[2]: name for name in names}
        near = [tails[tail] for tail in difflib.get_close_matches(word, tails, n=limit)]
    return f"; did you mean {' or '.join(near)}?" if near else ""
