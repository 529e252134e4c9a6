"""Every vector against the reference, and against implementations that are obviously wrong."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

import pytest

from conformance.adapters.reference import OPERATIONS, answer
from conformance.outcomes import judge
from conformance.vectors import Vector, VectorFile, load_files

FILES = load_files()


def name_of(file: VectorFile) -> str:
    return file.name


def wrong(vector: Vector, reply: Mapping[str, Any]) -> str:
    outcome = judge(vector, reply)
    return "" if outcome.passed else f"{vector.id}: {outcome.kind}: {outcome.detail}"


def test_there_are_well_over_a_thousand_vectors() -> None:
    assert sum(len(file.vectors) for file in FILES) > 1200


def test_every_operation_has_vectors() -> None:
    assert {file.op for file in FILES} == set(OPERATIONS)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_reference_passes(file: VectorFile) -> None:
    faults: List[str] = []
    for vector in file.vectors:
        reply = answer(vector.op, vector.given)
        faults += filter(None, [wrong(vector, reply)])
        if "reject" in reply:
            rule = str(reply["reject"]["native"]).split(":", maxsplit=1)[0]
            if rule not in vector.req:
                faults.append(f"{vector.id}: refused for {rule}, which it does not cite")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_whoever_does_not_look_fails(file: VectorFile) -> None:
    """Each file fails who accepts everything, rejects everything, or says the same to all."""
    rejects: Dict[str, Any] = {"reject": {"stage": "envelope", "reason": "tag"}}
    assert any(wrong(vector, rejects) for vector in file.vectors)
    assert any(wrong(vector, {"ok": {}}) for vector in file.vectors)
    first = next(vector for vector in file.vectors if vector.expect.verdict == "accept")
    same: Dict[str, Any] = {"ok": dict(first.expect.out)}
    if len(file.vectors) > 1:
        assert any(wrong(vector, same) for vector in file.vectors)


def test_an_unknown_operation_is_unsupported() -> None:
    assert answer("no.such", {}) == {"unsupported": "no.such"}
