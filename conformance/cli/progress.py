"""One line on a terminal that says how far a run is; nothing where nobody watches."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Final, Optional, TextIO

from conformance.runner import State

__all__ = ["ProgressLine"]

_QUIET_SECONDS: Final = 1.0
"""What ends sooner needs no line."""
_EVERY: Final = 0.1


class ProgressLine:
    """Writes done, total, failures and the test that is running, over and over on one line."""

    def __init__(self, stream: Optional[TextIO] = None, *, wanted: bool = True) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._wanted = wanted and self._stream.isatty()
        self._started = time.monotonic()
        self._last = 0.0
        self._shown = False

    def __call__(self, state: State) -> None:
        """Show a state, unless one was shown just now."""
        now = time.monotonic()
        early = now - self._started < _QUIET_SECONDS
        if not self._wanted or early or now - self._last < _EVERY:
            return
        self._last = now
        failures = f", {state.failures} failed" if state.failures else ""
        text = f"{state.done}/{state.total}{failures}  {state.running}"
        width = max(20, shutil.get_terminal_size().columns - 1)
        self._write(f"\r\033[K{text[:width]}")
        self._shown = True

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            self._write("\r\033[K")
            self._shown = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError, UnicodeError):
            self._wanted = False  # whoever watched has left
