"""Runs an implementation that is wrong on purpose, through the same runner as any other."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, Dict, Final, FrozenSet, List, Mapping, Sequence, Tuple

from conformance.adapters.inprocess import Handle, InProcessAdapter
from conformance.adapters.protocol import Adapter
from conformance.adapters.reference.handle import handle, hello
from conformance.operations import CHAT
from conformance.plan import Case, plan
from conformance.report.document import Report, make_report
from conformance.requirements import requirements_by_id
from conformance.runner import Settings, run_cases
from conformance.vectors import load_files

__all__ = [
    "QUICK",
    "declared",
    "every_case",
    "in_process",
    "reference",
    "run",
    "sample",
    "with_controls",
]

QUICK: Final = Settings(jobs=1, seed="selftest", timeout=5.0)

Reply = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Operation and input to the reply without its id."""


@lru_cache(maxsize=None)  # noqa: UP033  functools.cache hides the type from older checkers
def every_case() -> Tuple[Case, ...]:
    """Return the cases of all vectors."""
    return plan(load_files(), (), requirements_by_id())


@lru_cache(maxsize=None)  # noqa: UP033  functools.cache hides the type from older checkers
def sample(each: int = 6) -> Tuple[Case, ...]:
    """Return cases of every file, about `each` of each verdict, with their controls."""
    groups: Dict[Tuple[str, bool], List[Case]] = {}
    for case in every_case():
        groups.setdefault((case.file, case.negative), []).append(case)
    chosen = [case for group in groups.values() for case in group[:: -(-len(group) // each)]]
    return with_controls(frozenset(case.id for case in chosen))


def with_controls(ids: FrozenSet[str]) -> Tuple[Case, ...]:
    """Return the cases with these ids, and their controls, in the order of the suite."""
    by_id = {case.id: case for case in every_case()}
    wanted = set(ids)
    wanted.update(by_id[name].control for name in ids if by_id[name].control)
    return tuple(case for case in every_case() if case.id in wanted)


def declared(**other: Any) -> Dict[str, Any]:
    """Return the hello of the reference without conversations, with other members."""
    said = hello()
    operations = {name: options for name, options in said["operations"].items() if name != CHAT}
    return {**said, "operations": operations, **other}


def reference(op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the reply of the reference."""
    answer = handle({"id": "", "op": op, "in": given})
    return {name: value for name, value in answer.items() if name != "id"}


def in_process(reply: Reply, **other: Any) -> Callable[[], Adapter]:
    """Return what opens an adapter that answers so, and otherwise is like the reference."""

    def answer(request: Mapping[str, Any]) -> Mapping[str, Any]:
        op = request["op"]
        said = {"ok": declared(**other)} if op == "hello" else reply(op, request["in"])
        return {"id": request["id"], **said}

    own: Handle = answer
    return lambda: InProcessAdapter(own)


def run(
    cases: Sequence[Case],
    open_adapter: Callable[[], Adapter],
    settings: Settings = QUICK,
    **more: Any,
) -> Report:
    """Return the report of a run."""
    done = run_cases(cases, open_adapter, settings, **more)
    return make_report({"challenge": ""}, done.results, complete=done.complete)
