"""Standard output: lines, and a reader that may leave early."""

from __future__ import annotations

import os
import sys

__all__ = ["Output", "wants_colour"]


class Output:
    """Writes lines; once the reader has left, as `head` does, it writes nothing and is no error."""

    def __init__(self) -> None:
        self._closed = False

    def line(self, text: str) -> None:
        """Write one line and flush it."""
        if self._closed:
            return
        try:
            print(text, flush=True)
        except BrokenPipeError:
            self._closed = True
            # The interpreter flushes standard output when it ends, which must not fail again.
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, sys.stdout.fileno())
            os.close(sink)


def wants_colour() -> bool:
    """Return whether standard output is a terminal that nobody asked to stay plain.

    See no-color.org: any value of NO_COLOR that is not empty asks for it.
    """
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain
