"""Standard output: lines, and a reader that may leave early."""

from __future__ import annotations

import os
import sys
from typing import Callable

from conformance.streams import abandon

__all__ = ["Output", "wants_colour"]


class Output:
    """Writes lines; once the reader has left, as `head` does, it writes nothing and is no error."""

    def __init__(self) -> None:
        self._closed = False

    def line(self, text: str) -> None:
        """Write one line and flush it."""
        self._do(lambda: print(text, flush=True))

    def raw(self, content: bytes) -> None:
        """Write bytes as they are, also where the system has line ends of its own, and flush."""

        def write() -> None:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()

        self._do(write)

    def _do(self, write: Callable[[], None]) -> None:
        if self._closed:
            return
        try:
            write()
        except OSError as error:
            self._closed = True
            abandon(sys.stdout)
            if not isinstance(error, BrokenPipeError):
                raise


def wants_colour() -> bool:
    """Return whether standard output is a terminal that nobody asked to stay plain.

    See no-color.org: any value of NO_COLOR that is not empty asks for it.
    """
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain
