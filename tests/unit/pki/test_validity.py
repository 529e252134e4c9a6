from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from venice_ref.errors import EvidenceError, UsageError
from venice_ref.pki.validity import check_window

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


def test_both_ends_are_inside() -> None:  # CRT-14, CRL-8
    for now in (START, START + SECOND, END):
        check_window(now, START, END)


def test_a_window_of_one_second() -> None:
    check_window(START, START, START)


def test_what_is_outside() -> None:
    for now, flaw in ((START - SECOND, "not valid before 2026-01-01T00:00:00Z"),):
        with pytest.raises(EvidenceError, match=flaw) as caught:
            check_window(now, START, END, where="x", rule="CRT-14")
        assert (caught.value.where, caught.value.rule) == ("x", "CRT-14")
    with pytest.raises(EvidenceError, match="not valid after 2026-01-01T00:00:00Z"):
        check_window(START + SECOND, START, START)


def test_a_time_of_another_zone() -> None:
    east = timezone(timedelta(hours=2))
    check_window(datetime(2026, 1, 1, 2, tzinfo=east), START, END)
    with pytest.raises(EvidenceError):
        check_window(datetime(2026, 1, 1, 1, 59, tzinfo=east), START, END)


def test_a_time_without_a_zone() -> None:
    with pytest.raises(UsageError):
        check_window(datetime(2026, 1, 1), START, END)  # noqa: DTZ001 - that is the point
