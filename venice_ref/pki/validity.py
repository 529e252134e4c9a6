"""The window of a certificate or a list: both ends are inside.  RFC 5280, 4.1.2.5 and 5.1.2.4."""

from __future__ import annotations

from datetime import datetime

from venice_ref.errors import EvidenceError, UsageError

__all__ = ["check_window"]


def check_window(
    now: datetime, start: datetime, end: datetime, *, where: str = "", rule: str = ""
) -> None:
    """Return if start <= now <= end.

    Raises:
        EvidenceError: `now` lies before or after the window.
        UsageError: `now` has no time zone.
    """
    if now.utcoffset() is None:
        raise UsageError("a time without a time zone")
    shown = f"{now:%Y-%m-%dT%H:%M:%S%z}".replace("+0000", "Z")
    if now < start:
        raise EvidenceError(
            f"not valid before {start:%Y-%m-%dT%H:%M:%SZ}, and it is {shown}",
            rule=rule,
            where=where,
        )
    if now > end:
        raise EvidenceError(
            f"not valid after {end:%Y-%m-%dT%H:%M:%SZ}, and it is {shown}",
            rule=rule,
            where=where,
            hint="it can be judged at the time of its capture, if that was recorded (--at)",
        )
