"""Implementations for tests of the runner: they know some vectors, and say what they are told."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence, Tuple

from conformance.adapters.inprocess import InProcessAdapter
from conformance.plan import Case, plan
from conformance.requirements import requirements_by_id
from conformance.results import Result
from conformance.runner import Settings, run_cases
from conformance.vectors import VectorFile, load_files

FILES: Dict[str, VectorFile] = {file.name: file for file in load_files()}


def cases_of(name: str) -> Tuple[Case, ...]:
    """Return the first accepted test of a file, and a refused one whose parent it is."""
    planned = plan([FILES[name]], [], requirements_by_id())
    refused = next(case for case in planned if case.negative)
    control = next(case for case in planned if case.id == refused.control)
    return (control, refused)


class Subject:
    """Answers some vectors rightly, or with unsupported."""

    def __init__(
        self, cases: Sequence[Case], *, declares: bool, supports: bool, features: Sequence[str] = ()
    ) -> None:
        self.asked = 0
        self._op = cases[0].op
        self._declares = declares
        self._supports = supports
        self._features = list(features)
        self._vectors = [case.vector for case in cases if case.vector]

    def __call__(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        ident, op = request["id"], request["op"]
        if op == "hello":
            return {"id": ident, "ok": self._hello()}
        if op != self._op or not self._supports:
            return {"id": ident, "unsupported": op}
        self.asked += 1
        for vector in self._vectors:
            if dict(vector.given) == request["in"]:
                return {"id": ident, **_right(vector.expect)}
        return {"id": ident, "error": {"message": "an unknown input", "trace": ""}}

    def _hello(self) -> Dict[str, Any]:
        return {
            "protocol": 1,
            "implementation": {"name": "subject", "version": "1", "language": "python"},
            "operations": {self._op: {}} if self._declares else {},
            "features": self._features,
            "inject": {"rng": False, "clock": True, "base_url": False, "trust_anchors": True},
            "reasons": "coded",
            "limits": {"parallel": 1},
        }


def _right(expect: Any) -> Dict[str, Any]:
    if expect.verdict == "accept":
        return {"ok": dict(expect.out)}
    return {"reject": {"stage": expect.stage, "reason": expect.reasons[0], "native": ""}}


def run(cases: Sequence[Case], subject: Subject) -> Tuple[Result, ...]:
    return run_cases(cases, lambda: InProcessAdapter(subject), Settings()).results


def accept_keys(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """An adapter for `py:`: right about the form of a key, and blind to points off the curve."""
    subject = Subject(
        [case for case in _KEYS if not case.negative or case.id.startswith("key.parse/digits-")],
        declares=True,
        supports=True,
    )
    reply = subject(request)
    if "error" not in reply:
        return reply
    return {"id": request["id"], "ok": {"public": "04" + "00" * 64}}


_KEYS = plan([FILES["keys/parse"]], [], requirements_by_id())
