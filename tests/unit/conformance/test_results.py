"""A result is read as it was written, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.results import KINDS, STATUSES, SUBTYPES, Result
from tests.unit.conformance.report.samples import every_status, result


@pytest.mark.parametrize("row", every_status().results)
def test_what_is_written_is_read_again(row: Result) -> None:
    assert Result.from_json(row.to_json()) == row


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("req", "ENV-6"),
        ("req", [6]),
        ("id", 6),
        ("file", None),
        ("seconds", True),
        ("seconds", "1"),
        ("negative", 1),
        ("attachments", {"stderr": b""}),
        ("attachments", [["stderr", "x"]]),
        ("explanation", {}),
        ("explanation", {"hint": "x"}),
        ("explanation", False),
        ("more", "x"),
    ],
)
def test_a_member_of_another_form_is_refused(member: str, value: Any) -> None:
    row = {**result(status="fail").to_json(), member: value}
    with pytest.raises((TypeError, AttributeError)):
        Result.from_json(row)


def test_a_missing_member_is_refused() -> None:
    row = result().to_json()
    del row["status"]
    with pytest.raises(TypeError):
        Result.from_json(row)


def test_the_sets_are_closed_and_coherent() -> None:
    assert len({*STATUSES, *SUBTYPES, *KINDS}) == len(STATUSES) + len(SUBTYPES) + len(KINDS)
    for name, status in STATUSES.items():
        assert status.name == name
        assert status.blocks or not status.fails, "what fails a run is never conformant"
        assert status.about
    assert list(STATUSES)[-1] == "pass"
