"""Which exchanges are repeated: by status, by attempt, and by the wait that the server asks for."""

from __future__ import annotations

from typing import Any, Dict, Final, Optional, Tuple

from conformance.generate.builder import FileBuilder

__all__ = ["generate"]

_STATUSES: Final[Tuple[Tuple[int, bool, str], ...]] = (
    (200, False, "An error under the status 200 stays one."),
    (304, False, "A redirection is no overload."),
    (400, False, "Fifty refusals in half a minute lock the key out."),
    (401, False, "A wrong key does not become a right one."),
    (402, False, "Nor does an empty account fill."),
    (404, False, "Nor does a model appear."),
    (408, False, "The server gave up waiting for the request, which may have been carried out."),
    (421, False, "A stale key needs another key, and not another attempt."),
    (425, False, "Too early is not too much."),
    (428, False, "The status before 429 is another."),
    (429, True, "The service asks for patience."),
    (430, False, "The status behind 429 is another."),
    (499, False, "The last of the client's errors."),
    (500, True, "The first of the server's errors."),
    (502, True, "The TEE did not answer."),
    (503, True, "The service is not available."),
    (504, True, "Something in between waited too long."),
    (599, True, "The last of the server's errors."),
    (600, False, "No status at all."),
)

_WAITS: Final[Tuple[Tuple[str, str, bool, str], ...]] = (
    ("zero", "0", True, "No wait is a wait."),
    ("longest", "30", True, "The longest wait that is waited."),
    ("too-long", "31", False, "To come back earlier spends the budget of failures."),
    ("an-hour", "3600", False, "Nobody waits an hour within a call."),
    ("date-soon", "Thu, 01 Jan 2026 00:00:30 GMT", True, "A date, thirty seconds from now."),
    ("date-later", "Thu, 01 Jan 2026 00:00:31 GMT", False, "A date, thirty-one seconds from now."),
    ("date-past", "Wed, 31 Dec 2025 23:59:00 GMT", True, "A date that is over."),
    ("unreadable", "soon", True, "What is neither number nor date is as if it were absent."),
    ("negative", "-1", True, "A sign is no digit, so it is as if it were absent."),
    ("fraction", "31.5", True, "A point is no digit either."),
)


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for status, repeat, why in _STATUSES:
        _add(builder, f"status-{status}", why, _asked(status), repeat=repeat)
    for attempt in (1, 2, 3):
        last = attempt == 3
        why = "There are three attempts, the first included." if last else "There is another one."
        _add(builder, f"attempt-{attempt}", why, _asked(503, attempt=attempt, wait=""),
             repeat=not last)  # fmt: skip
    for slug, wait, repeat, why in _WAITS:
        _add(builder, f"wait-{slug}", why, _asked(429, wait=wait), repeat=repeat)


def _asked(status: int, *, attempt: int = 1, wait: Optional[str] = None) -> Dict[str, Any]:
    asked: Dict[str, Any] = {"status": status, "attempt": attempt, "now": "2026-01-01T00:00:00Z"}
    if wait is not None:
        asked["retry_after"] = wait
    return asked


def _add(builder: FileBuilder, slug: str, why: str, given: Dict[str, Any], *, repeat: bool) -> None:
    builder.accept(slug, why, req=("NET-4",), given=given, out={"repeat": repeat})
