"""A function that may hang, called with a time limit.

A thread of Python cannot be killed: one that does not return in time is left behind, does nothing
more for us, and ends with the program.
"""

from __future__ import annotations

import queue
import threading
from typing import Any, Callable, Final, Optional, Tuple

__all__ = ["TooLate", "Worker"]

_Answer = Tuple[bool, Any]


class TooLate(Exception):  # noqa: N818  it says what happened
    """The function did not return in time."""


class Worker:
    """One thread that calls functions; it is replaced where a call does not return in time."""

    def __init__(self) -> None:
        self._jobs: Optional[queue.SimpleQueue[Optional[Callable[[], Any]]]] = None
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()

    def call(self, function: Callable[[], Any], timeout: float) -> Any:
        """Return what the function returns, or raise what it raises.

        Raises:
            TooLate: it did not return within `timeout` seconds.
        """
        if self._jobs is None:
            self._jobs, self._answers = queue.SimpleQueue(), queue.SimpleQueue()
            threading.Thread(
                target=_work, args=(self._jobs, self._answers), daemon=True, name="adapter"
            ).start()
        self._jobs.put(function)
        try:
            returned, value = self._answers.get(timeout=timeout)
        except queue.Empty:
            self.close()
            raise TooLate from None
        if returned:
            return value
        raise value

    def close(self) -> None:
        """Let the thread end after the call that it is in."""
        if self._jobs is not None:
            self._jobs.put(_END)
            self._jobs = None


_END: Final = None


def _work(
    jobs: queue.SimpleQueue[Optional[Callable[[], Any]]], answers: queue.SimpleQueue[_Answer]
) -> None:
    for job in iter(jobs.get, _END):
        try:
            answers.put((True, job()))
        except BaseException as error:  # noqa: BLE001, PERF203  it is raised where it was asked for
            answers.put((False, error))
