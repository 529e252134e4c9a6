"""Which vectors tell which derived mutant from the reference.

A vector is asked about the mutants of the lines that the reference runs for it, and stands in the
table with the first that it kills: of the lines that it runs, those come first that the fewest
vectors run.
"""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from types import FrameType
from typing import (
    Any,
    Callable,
    Dict,
    Final,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from conformance.adapters.reference.operations import answer
from conformance.outcomes import judge
from conformance.resources import ROOT
from conformance.selftest.swap import module_of
from conformance.vectors import Vector

__all__ = ["TIMEOUT", "ask", "find_kills", "lines_of"]

TIMEOUT: Final = 2.0
"""Seconds for one vector: a mutant may never end."""

Lines = Set[Tuple[str, int]]
Table = Dict[str, Dict[str, str]]


class _TooLongError(BaseException):
    """No `except Exception` of a mutant catches it."""


def ask(vector: Vector) -> str:
    """Return the outcome of a vector; `error` where the implementation broke."""
    try:
        with _time_limit():
            return judge(vector, answer(vector.op, vector.given)).kind
    except _TooLongError:
        return "timeout"
    except Exception:  # noqa: BLE001  whatever a broken implementation raises
        return "error"


@contextmanager
def _time_limit() -> Iterator[None]:
    """Stop what takes too long, where the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_number: int, _frame: Optional[FrameType]) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, TIMEOUT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def lines_of(vector: Vector) -> Lines:
    """Return (file, line) of everything that the reference runs for a vector."""
    top = str(ROOT / "venice_ref") + "/"
    found: Set[Tuple[str, int]] = set()

    def local(frame: FrameType, event: str, _argument: Any) -> Optional[Callable[..., Any]]:
        if event == "line":
            found.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    def enter(frame: FrameType, _event: str, _argument: Any) -> Optional[Callable[..., Any]]:
        return local if frame.f_code.co_filename.startswith(top) else None

    sys.settrace(enter)
    try:
        answer(vector.op, vector.given)
    finally:
        sys.settrace(None)
    start = len(str(ROOT)) + 1
    return {(file[start:], line) for file, line in found}


def find_kills(vectors: Sequence[Vector], progress: Callable[[str, int, int], None]) -> Table:
    """Return mutant -> vector -> outcome, with one mutant for each vector that kills any.

    The mutants of the lines that the fewest vectors run are tried first, so that each vector stands
    with one that says what it is there for.  A vector which a mutant merely crashes is asked on.
    """
    running = _vectors_by_line(vectors, progress)
    candidates = sorted(
        (len(asked), name, file, asked)
        for file in sorted({file for file, _ in running})
        for name, asked in _asked(file, running)
    )
    found: Dict[str, Tuple[str, str]] = {}
    by_id = {vector.id: vector for vector in vectors}
    for number, (_, name, file, asked) in enumerate(candidates, 1):
        progress("mutants", number, len(candidates))
        left = [one for one in asked if found.get(one, ("", "error"))[1] == "error"]
        if left:
            for one, outcome in _outcomes(file, name, [by_id[one] for one in left]).items():
                if outcome not in ("pass", "timeout") and (one not in found or outcome != "error"):
                    found[one] = (name, outcome)
    table: Table = {}
    for one, (name, outcome) in sorted(found.items()):
        table.setdefault(name, {})[one] = outcome
    return dict(sorted(table.items()))


def _vectors_by_line(
    vectors: Sequence[Vector], progress: Callable[[str, int, int], None]
) -> Mapping[Tuple[str, int], Sequence[str]]:
    running: Dict[Tuple[str, int], List[str]] = {}
    for number, vector in enumerate(vectors, 1):
        progress("lines", number, len(vectors))
        for place in lines_of(vector):
            running.setdefault(place, []).append(vector.id)
    return running


def _asked(
    file: str, running: Mapping[Tuple[str, int], Sequence[str]]
) -> Iterator[Tuple[str, Tuple[str, ...]]]:
    """Yield each mutant of a file with the vectors that run its lines."""
    for name, mutation in module_of(file).mutations.items():
        asked = {one for line in mutation.lines for one in running.get((file, line), ())}
        if asked:
            yield name, tuple(sorted(asked))


def _outcomes(file: str, name: str, vectors: Sequence[Vector]) -> Dict[str, str]:
    """Return the outcome of each vector on a mutant; one that hangs twice is not asked further."""
    module = module_of(file)
    outcomes: Dict[str, str] = {}
    with module.mutated(module.mutations[name]):
        for vector in vectors:
            outcomes[vector.id] = ask(vector)
            if list(outcomes.values()).count("timeout") > 1:
                break
    return outcomes
