"""The cases that wait for a worker, and when there is no use in going on.

An implementation that never answers costs a time limit for each question.  After a few of them the
rest is left unasked and said to be so: a run ends, whatever the implementation does.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from typing import Deque, Dict, Final, FrozenSet, List, Optional, Sequence, Set

from conformance.judging import Finding
from conformance.plan import Case

__all__ = ["Feed", "Patience"]


class Feed:
    """A queue of cases for several workers; it may be filled while it is emptied."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311  # an order, and no secret
        self._cases: Deque[Case] = deque()
        self._changed = threading.Condition()
        self._producers = 0
        self._closed = False

    def add(self, cases: Sequence[Case], first: FrozenSet[str] = frozenset()) -> None:
        """Add cases in an order that the seed decides, those of `first` before the others."""
        shuffled: List[Case] = list(cases)
        self._random.shuffle(shuffled)
        shuffled.sort(key=lambda case: case.id not in first)
        with self._changed:
            self._cases.extend(shuffled)
            self._changed.notify_all()

    def give_back(self, case: Case) -> None:
        """Put back a case that could not be asked."""
        with self._changed:
            self._cases.append(case)
            self._changed.notify()

    def begin(self) -> None:
        """Say that somebody will add more."""
        with self._changed:
            self._producers += 1

    def end(self) -> None:
        """Say that one who called `begin` has added all."""
        with self._changed:
            self._producers -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """Give out nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def next(self) -> Optional[Case]:
        """Return the next case; wait while somebody may add one; None at the end."""
        with self._changed:
            while not self._closed and not self._cases and self._producers:
                self._changed.wait()
            return None if self._closed or not self._cases else self._cases.popleft()


class Patience:
    """Decides when an implementation, or one of its operations, is not asked any more."""

    OPERATION_TIMEOUTS: Final = 3
    """Time limits of an operation that has not answered once."""
    TIMEOUTS_IN_A_ROW: Final = 10
    FAILURES_IN_A_ROW: Final = 100

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: Set[str] = set()
        self._silent: Dict[str, int] = {}
        self._timeouts = 0
        self._failures = 0

    def record(self, case: Case, finding: Finding) -> None:
        """Take note of a finding."""
        with self._lock:
            if finding.answered:
                self._answered.add(case.op)
                self._timeouts = self._failures = 0
                return
            self._failures += 1
            self._timeouts = self._timeouts + 1 if finding.status == "timeout" else 0
            if finding.status == "timeout":
                self._silent[case.op] = self._silent.get(case.op, 0) + 1

    def refuses(self, case: Case) -> Optional[Finding]:
        """Return why a case is not asked, or nothing."""
        with self._lock:
            silent = self._silent.get(case.op, 0)
            if case.op not in self._answered and silent >= self.OPERATION_TIMEOUTS:
                return _unasked(f"{case.op} answered none of {silent} requests in time")
            if self._timeouts >= self.TIMEOUTS_IN_A_ROW:
                return _unasked(f"the last {self._timeouts} requests were not answered in time")
            if self._failures >= self.FAILURES_IN_A_ROW:
                return _unasked(f"the last {self._failures} requests ended without an answer")
        return None


def _unasked(detail: str) -> Finding:
    return Finding("blocked", "", f"not asked: {detail}")
