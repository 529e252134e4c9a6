"""Reports of several implementations that ran the whole suite, each with failures of its own."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, Dict, Tuple

from conformance.report.document import Report
from conformance.results import Result
from conformance.vectors import load_files
from tests.unit.conformance.report.samples import explanation, header, report, result

SCENARIOS = 180
"""So many attacks, beside the vectors, make more than 4,500 tests."""

PLAIN_OPERATIONS = ("field.", "key.", "kdf.", "aead.", "ecdh.", "address.", "request.", "stream.")


@lru_cache(maxsize=1)
def tests_of_the_suite() -> Tuple[Result, ...]:
    """Return a passed result for every vector and for made-up scenarios."""
    vectors = [
        result(
            vector.id,
            req=tuple(vector.req),
            importance=vector.importance,
            negative=vector.expect.verdict == "reject",
            op=vector.op,
        )
        for file in load_files()
        for vector in file.vectors
    ]
    attacks = [
        result(f"scenario/attack-{number}", req=("STR-1", "SES-2"), negative=True)
        for number in range(SCENARIOS)
    ]
    return (*vectors, *attacks)


@lru_cache(maxsize=2)
def crowd(*, failing: Tuple[int, ...] = (0, 0, 2, 8, 30)) -> Tuple[Report, ...]:
    """Return five reports; of each, so many per cent of the tests fail with long explanations.

    The last two implementations do not have the operations that verify evidence.
    """
    return tuple(_run(number, share) for number, share in enumerate(failing))


def _run(number: int, share: int) -> Report:
    name = ("venice-ref", "guide-python", "guide-javascript", "axlabs", "venice-e2ee")[number % 5]
    rows = [_row(number, share, row) for row in tests_of_the_suite()]
    implementation: Dict[str, Any] = {
        **header()["implementation"], "name": name, "version": f"1.{number}.0",
        "url": "https://implementation.example/", "language": "javascript",
    }  # fmt: skip
    return report(rows, implementation=implementation, seed=f"20261121-{number}", challenge="c-1")


def _row(number: int, share: int, row: Result) -> Result:
    drawn = hashlib.sha256(f"{number} {row.id}".encode()).digest()
    plain = row.op.startswith(PLAIN_OPERATIONS) or row.kind == "scenario"
    if number >= 3 and not plain:
        return row._replace(
            status="fail",
            subtype="missing_mandatory",
            detail=f"{row.op} is not declared",
            explanation=explanation(changed=f"nothing: {row.id}"),
        )
    if drawn[0] % 100 >= share:
        return row
    subtype = ("accepted_invalid", "wrong_output", "wrong_reason", "released_early")[drawn[1] % 4]
    status = "xfail" if drawn[2] % 4 == 0 else "fail"
    told = explanation(
        changed=f"what was changed in {row.id} " + "and more " * 10,
        got=f"of {number} " + drawn.hex() * 4,
        repro=f"python3 -m conformance run --adapter ./{number} --case {row.id} --seed {number}",
    )
    attachments = {"stderr": drawn.hex() * 20}
    return row._replace(
        status=status, subtype=subtype, detail=f"accepted, and {drawn.hex()[:12]} came",
        explanation=told, attachments=attachments,
    )  # fmt: skip
