"""What a command reads: files, standard input, `@FILE` values.

`-` is standard input wherever a FILE or a text is taken.  `@FILE` takes a value from a file, so
that a secret need not stand in the list of processes.  Every size has a limit; what cannot be read
is the caller's mistake.
"""

from __future__ import annotations

import sys
from typing import BinaryIO, Optional

from venice_ref.codec.strict import excerpt
from venice_ref.errors import UsageError
from venice_ref.spec import MAX_ENVELOPE_SIZE

__all__ = ["read_bytes", "read_text", "read_value", "write_file"]

MAX_TEXT_SIZE = MAX_ENVELOPE_SIZE
"""Bytes of a message that is read; what is larger could not be sent."""


def read_bytes(name: str, *, max_size: int) -> bytes:
    """Return the bytes of a file, or of standard input for `-`."""
    try:
        if name == "-":
            if sys.stdin is None:
                raise UsageError("standard input is closed", where="-")
            return _limited(sys.stdin.buffer, "standard input", max_size)
        with open(name, "rb") as file:  # noqa: PTH123  # pathlib costs start-up time
            return _limited(file, name, max_size)
    except (OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(f"cannot read {excerpt(name, 200)}: {reason}", where="file") from None


def read_text(name: str, *, max_size: int = MAX_TEXT_SIZE) -> str:
    """Return the text of a file, exactly; it must be UTF-8."""
    raw = read_bytes(name, max_size=max_size)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{excerpt(name, 200)} is not UTF-8 at byte {error.start}", rule="ENV-11", where="file"
        ) from None


def read_value(argument: Optional[str], *, max_size: int = MAX_TEXT_SIZE) -> str:
    """Return an argument itself, the text of its `@FILE`, or standard input for `-` and `None`."""
    if argument is None or argument == "-":
        return read_text("-", max_size=max_size)
    if argument.startswith("@"):
        return read_text(argument[1:], max_size=max_size)
    return argument


def write_file(name: str, content: bytes) -> None:
    """Write a new file, or replace one; `-` is none, because standard output has the report."""
    if name == "-":
        raise UsageError("standard output is taken by the report: name a file", where="file")
    try:
        with open(name, "wb") as file:  # noqa: PTH123  # as above
            file.write(content)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(f"cannot write {excerpt(name, 200)}: {reason}", where="file") from None


def _limited(file: BinaryIO, name: str, max_size: int) -> bytes:
    content = file.read(max_size + 1)
    if len(content) > max_size:
        raise UsageError(f"{excerpt(name, 200)} has more than {max_size} bytes", where="file")
    return content
