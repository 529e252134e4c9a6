"""What a run knows while it goes on: the findings, the failures, and what is being asked."""

from __future__ import annotations

import threading
from typing import Callable, Dict, NamedTuple

from conformance.judging import Finding
from conformance.plan import Case
from conformance.results import STATUSES

__all__ = ["Board", "Progress", "State"]


class State(NamedTuple):
    """How far a run is."""

    done: int
    total: int
    failures: int
    running: str
    """Id of a case that is being asked, or empty."""


Progress = Callable[[State], None]


class Board:
    """Shared by the workers of one run; once it is closed, nothing changes it."""

    def __init__(self, total: int, max_failures: int = 0) -> None:
        self._total = total
        self._max_failures = max_failures
        self._lock = threading.Lock()
        self._findings: Dict[str, Finding] = {}
        self._running: Dict[int, str] = {}
        self._closed = False
        self.failures = 0
        """Failures of requirements that are a MUST."""

    def begin(self, case: Case) -> None:
        """Say that this thread asks a case."""
        with self._lock:
            self._running[threading.get_ident()] = case.id

    def leave(self) -> None:
        """Say that this thread asks nothing."""
        with self._lock:
            self._running.pop(threading.get_ident(), None)

    def record(self, case: Case, finding: Finding) -> None:
        """Keep the finding of a case."""
        with self._lock:
            self._running.pop(threading.get_ident(), None)
            if self._closed:
                return
            self._findings[case.id] = finding
            if STATUSES[finding.status].fails and case.keyword == "MUST":
                self.failures += 1

    def enough(self) -> bool:
        """Say whether there are as many failures as were asked for."""
        return 0 < self._max_failures <= self.failures

    def close(self) -> None:
        """Take nothing more: what comes now was cut off."""
        with self._lock:
            self._closed = True

    def findings(self) -> Dict[str, Finding]:
        """Return what was found until now, by id."""
        with self._lock:
            return dict(self._findings)

    def state(self) -> State:
        """Return how far the run is."""
        with self._lock:
            running = next(iter(self._running.values()), "")
            return State(len(self._findings), self._total, self.failures, running)
