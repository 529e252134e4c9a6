"""What is written to somebody who may leave early, as `head` does."""

from __future__ import annotations

import os
from typing import TextIO

__all__ = ["abandon"]


def abandon(stream: TextIO) -> None:
    """Have what is still written to a stream go nowhere, after whoever read it has left.

    The interpreter flushes its streams when it ends, which must not fail again.
    """
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, stream.fileno())
    os.close(sink)
