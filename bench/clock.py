"""The clock of a run: the one on the wall, or the time that the processor gave to this process.

On a machine that others use, a process waits for its turn, and the clock on the wall goes on.  The
time of the processor leaves the waiting out; what others do to its caches stays in.  For Node it
counts the threads of its compiler and collector as well.
"""

from __future__ import annotations

import time
from typing import Final, List

WALL: Final = "wall"
PROCESSOR: Final = "processor"

_chosen: List[str] = [WALL]


def choose(name: str) -> None:
    """Take WALL or PROCESSOR for all that is measured from here on."""
    _chosen[0] = name


def chosen() -> str:
    """Return which clock is used."""
    return _chosen[0]


def read() -> float:
    """Return seconds from an unknown beginning."""
    return time.process_time() if _chosen[0] == PROCESSOR else time.perf_counter()


def read_with_children() -> float:
    """Likewise, with what the ended processes took that this one started."""
    if _chosen[0] != PROCESSOR:
        return time.perf_counter()
    import resource  # not on every system

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
