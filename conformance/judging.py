"""What one reply means: pass, or which kind of failure, in the closed words of the results.

The comparison itself is `conformance.outcomes`.  Here the declarations of the implementation come
in: what it says it has is tested, what it does not have is missing or does not apply, and where it
gives no reasons a refusal counts as a verdict and no more.
"""

from __future__ import annotations

from typing import Any, Dict, Final, FrozenSet, Iterable, Mapping, NamedTuple, Optional

from conformance.adapters.protocol import AdapterFailure, Hello
from conformance.operations import OPTIONAL_INPUT, OPTIONAL_OUTPUT
from conformance.outcomes import difference, judge, same
from conformance.plan import Case
from conformance.results import Explanation, Result
from conformance.vectors import Vector

__all__ = [
    "Finding",
    "before_asking",
    "finding_of_failure",
    "judge_reply",
    "lacking",
    "may_lack",
    "untested_features",
]

_MAX_DETAIL: Final = 600


class Finding(NamedTuple):
    """What became of one case by itself, before its control is looked at."""

    status: str
    subtype: str = ""
    detail: str = ""
    seconds: float = 0.0
    attachments: Mapping[str, str] = {}
    answered: bool = True
    """Whether a reply came at all."""
    explanation: Optional[Explanation] = None
    """Where the test explains itself, as the scenarios do."""
    requirement: str = ""
    """The one that is not met, where it is known better than by the case."""


_SUBTYPES: Final[Mapping[str, str]] = {
    "accepted": "accepted_invalid",
    "rejected": "rejected_valid",
    "wrong-output": "wrong_output",
    "wrong-intermediate": "wrong_output",
    "wrong-stage": "wrong_reason",
    "wrong-reason": "wrong_reason",
    "wrong-release": "released_early",
    "unsupported": "false_advertising",
    "error": "error",
}
"""Outcome of a comparison -> kind of failure."""

_NOT_DECLARED: Final = ", which is not declared"

_INJECTED: Final[Mapping[str, str]] = {
    "root": "trust_anchors",
    "gpu_root": "trust_anchors",
    "now": "clock",
}
"""Member of an input -> what `inject` of hello has to offer before it can be given."""


def before_asking(case: Case, hello: Hello, mandatory: FrozenSet[str]) -> Optional[Finding]:
    """Return the finding of a case that need not be asked, by what is declared; else nothing."""
    if case.op not in hello.operations:
        if case.op in mandatory:
            return Finding(
                "fail",
                "missing_mandatory",
                f"the operation {case.op} is not declared, and every implementation needs it",
            )
        return Finding("not_applicable", "", f"the operation {case.op} is optional, not declared")
    without = _given_without(case.vector, hello) if case.vector else ""
    if without:
        return Finding("not_applicable", "", f"hello says that {case.op} is without {without}")
    return lacking(case, hello.features)


def lacking(case: Case, features: FrozenSet[str]) -> Optional[Finding]:
    """Return the finding of a case that needs a feature which is not declared; else nothing."""
    missing = sorted(case.needs - features)
    if missing:
        return Finding("not_applicable", "", f"needs {', '.join(missing)}{_NOT_DECLARED}")
    return None


def untested_features(results: Iterable[Result]) -> Mapping[str, int]:
    """Return feature that was not declared -> number of tests that were left out for it."""
    counts: Dict[str, int] = {}
    for row in results:
        if row.status == "not_applicable" and row.detail.endswith(_NOT_DECLARED):
            for name in row.detail[len("needs ") : -len(_NOT_DECLARED)].split(", "):
                counts[name] = counts.get(name, 0) + 1
    return counts


def _given_without(vector: Vector, hello: Hello) -> str:
    """Return the member of the input that may be lacking and is declared to be."""
    declared = hello.operations[vector.op].get("without", ())
    for name in sorted(OPTIONAL_INPUT.get(vector.op, frozenset()).intersection(declared)):
        value: Any = vector.given
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value:
            return name
    return ""


def _without_omitted(vector: Vector, reply: Mapping[str, Any], hello: Hello) -> Vector:
    """Return the vector without outputs that only inform, are declared as omitted, and are."""
    declared = hello.operations.get(vector.op, {}).get("omits", ())
    omitted = OPTIONAL_OUTPUT.get(vector.op, frozenset()).intersection(declared)
    if vector.expect.verdict != "accept" or not omitted or not isinstance(reply.get("ok"), dict):
        return vector
    absent = omitted.difference(reply["ok"])
    out = {name: value for name, value in vector.expect.out.items() if name not in absent}
    return vector._replace(expect=vector.expect._replace(out=out))


def judge_reply(vector: Vector, reply: Mapping[str, Any], hello: Hello) -> Finding:
    """Return the finding of a reply to a vector."""
    vector = _without_omitted(vector, reply, hello)
    outcome = judge(vector, reply)
    if vector.expect.verdict == "reject" and "reject" in reply:
        return _judge_refusal(vector, reply["reject"], hello)
    if outcome.passed:
        return Finding("pass")
    if outcome.kind == "unsupported" and may_lack(vector):
        return Finding(
            "not_applicable", "", f"answered unsupported: {outcome.detail}"[:_MAX_DETAIL]
        )
    subtype, detail = _SUBTYPES[outcome.kind], outcome.detail
    if outcome.kind == "rejected":
        missing = _not_injected(vector, hello)
        if missing:
            subtype = "not_testable"
            detail = f"rejected, and hello does not say that it takes {missing}: {detail}"
    attachments: Dict[str, str] = {}
    trace = reply.get("error", {}).get("trace", "") if outcome.kind == "error" else ""
    if trace:
        attachments["trace"] = str(trace)
    return Finding("fail", subtype, detail[:_MAX_DETAIL], attachments=attachments)


def _judge_refusal(vector: Vector, answer: Mapping[str, Any], hello: Hello) -> Finding:
    """Judge a refusal that was due: what was shown before it, then its reason.

    What was shown matters more than the reason, and does not depend on whether reasons are given.
    """
    expect = vector.expect
    if expect.released is not None and not same(answer.get("released"), expect.released):
        detail = difference(expect.released, answer.get("released"))
        return Finding("fail", "released_early", f"released: {detail}"[:_MAX_DETAIL])
    unreasoned = not answer.get("stage") and not answer.get("reason")
    if hello.reasons == "none" or unreasoned:
        native = str(answer.get("native", ""))
        return Finding("pass_verdict_only", "", f"refused: {native or 'no reason'}"[:_MAX_DETAIL])
    outcome = judge(vector, {"reject": answer})
    if outcome.passed:
        return Finding("pass")
    return Finding("fail", _SUBTYPES[outcome.kind], outcome.detail[:_MAX_DETAIL])


def may_lack(vector: Vector) -> bool:
    """Say whether OPERATIONS.md allows a declared operation to be without this input."""
    given = vector.given
    protocol = (given.get("salt"), given.get("info"), given.get("length")) == _PROTOCOL_KDF
    return vector.op == "kdf.derive" and not protocol


_PROTOCOL_KDF: Final = ("", b"ecdsa_encryption".hex(), 32)
"""Salt, info and length of the protocol, SPEC.md 4.3: the only ones that a client needs."""


def _not_injected(vector: Vector, hello: Hello) -> str:
    """Return what the vector gives and the implementation says it cannot take."""
    names = {_INJECTED[member] for member in vector.given if member in _INJECTED}
    return " and ".join(sorted(name for name in names if not hello.inject.get(name)))


def finding_of_failure(failure: AdapterFailure) -> Finding:
    """Return the finding of a request that was not answered."""
    attachments = {"stderr": failure.stderr} if failure.stderr else {}
    return Finding(
        failure.kind, "", failure.detail[:_MAX_DETAIL], attachments=attachments, answered=False
    )
