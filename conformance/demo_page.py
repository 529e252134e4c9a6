"""What the demonstration shows: steps with facts and checks, as text of 80 columns or as JSON."""

from __future__ import annotations

import textwrap
from typing import Any, Callable, Dict, Final, List, NamedTuple, Sequence

__all__ = ["Check", "Page", "Step"]

WIDTH: Final = 80
INDENT: Final = "   "

_GREEN: Final = "32"
_RED: Final = "31"
_BOLD: Final = "1"
_DIM: Final = "2"


class Check(NamedTuple):
    """One claim that was tested."""

    text: str
    """A sentence that is true where the check passed."""
    passed: bool


class Step(NamedTuple):
    """One step of the demonstration."""

    number: int
    title: str
    checks: List[Check]
    facts: Dict[str, Any]
    """What JSON readers get besides the checks."""

    @property
    def passed(self) -> bool:
        """Whether something was checked and all of it held."""
        return bool(self.checks) and all(check.passed for check in self.checks)


class Page:
    """Collects the steps, and writes their lines as they happen."""

    def __init__(self, write: Callable[[str], None], *, colour: bool = False) -> None:
        self.steps: List[Step] = []
        self._write = write
        self._colour = colour

    def begin(self, title: str) -> Step:
        """Start a step and print its title."""
        step = Step(len(self.steps) + 1, title, [], {})
        self.steps.append(step)
        self._write(self._styled(f"{step.number}  {title}", _BOLD))
        return step

    def check(self, text: str, *, passed: bool) -> None:
        """Record and print one check of the present step."""
        self.steps[-1].checks.append(Check(text, passed))
        mark, style = ("ok  ", _GREEN) if passed else ("FAIL", _RED)
        lines = textwrap.wrap(text, WIDTH - len(INDENT) - 5)
        self._write(f"{INDENT}{self._styled(mark, style)} {lines[0]}")
        self.lines(lines[1:], indent=INDENT + " " * 5)

    def show(self, label: str, text: str, **facts: Any) -> None:
        """Print a labelled value and record facts for JSON readers; the text is cut to a line."""
        self.steps[-1].facts.update(facts)
        room = WIDTH - len(INDENT) - 12
        shown = text if len(text) <= room else text[: room - 3] + "..."
        self._write(f"{INDENT}{self._styled(f'{label:<11}', _DIM)} {shown}")

    def lines(self, lines: Sequence[str], *, indent: str = INDENT) -> None:
        """Print lines as they are."""
        for line in lines:
            self._write(indent + line)

    def wrapped(self, text: str) -> None:
        """Print a text of any length; what is indented continues it."""
        room = WIDTH - len(INDENT)
        self.lines(textwrap.wrap(text, room, subsequent_indent="  ", break_on_hyphens=False))

    def verdict(self, text: str, *, passed: bool) -> str:
        """Return the last line."""
        return self._styled(text, _GREEN if passed else _RED)

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour else text
