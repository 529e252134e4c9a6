"""Why a result is not a pass, in words that somebody who knows nothing else can act on.

Seven members, none of them empty: the requirement, what is special about the input, what was
expected, what came, what an attacker gains, how to mend it, and the command that shows it again.
"""

from __future__ import annotations

import json
import shlex
from typing import Any, Final, Mapping, Sequence, Tuple

from conformance.consequences import BY_REQUIREMENT, BY_SUBTYPE
from conformance.judging import Finding
from conformance.plan import Case
from conformance.requirements import Requirement
from conformance.results import INTERRUPTED, STATUSES, SUBTYPES, Explanation
from conformance.scenarios.attack import EXPECTATIONS

__all__ = ["Repro", "explanation_of", "flag_of"]

_SHOWN: Final = 300


class Repro:
    """Makes the command that shows one result again."""

    def __init__(self, command: Sequence[str], *, seed: str, challenge: str = "") -> None:
        self._command = tuple(command)
        """Up to and with `run` and what says which implementation is run."""
        self._seed = seed
        self._challenge = challenge

    def __call__(self, case_id: str) -> str:
        """Return the command for a case."""
        words = [*self._command, "--case", case_id, "--seed", self._seed]
        if self._challenge:
            words += ["--challenge", self._challenge]
        return " ".join(map(shlex.quote, words))


def explanation_of(
    case: Case, finding: Finding, requirements: Mapping[str, Requirement], repro: Repro
) -> Explanation:
    """Return the explanation of a finding that is not a pass; no member is empty."""
    impact, hint = _consequence(case, finding)
    return Explanation(
        requirement=_requirement(case, finding, requirements),
        changed=_changed(case),
        expected=_expected(case),
        got=_got(finding),
        impact=impact,
        hint=hint,
        repro=repro(case.id),
    )


def flag_of(case: Case) -> Mapping[str, Any]:
    """Return the first class of mistakes that a vector looks for; empty where it has none."""
    names = case.vector.flags if case.vector else ()
    return case.flags.get(names[0], {}) if names else {}


def _requirement(case: Case, finding: Finding, requirements: Mapping[str, Requirement]) -> str:
    for name in (finding.requirement, *case.req):
        if name in requirements:
            return f"{name}: {requirements[name].text}"
    return f"{', '.join(case.req) or 'no requirement'}: not in this edition of the specification"


def _changed(case: Case) -> str:
    if case.attack is not None:
        return f"The service behaves as the scenario {case.attack.serves} says: {case.attack.why}"
    vector = case.vector
    if vector is None:
        return f"{case.id}."
    about = flag_of(case).get("about", "")
    if not vector.mutation:
        return f"Nothing: a valid input. {vector.why}"
    return " ".join(filter(None, (f"{_mutation(vector.mutation)}.", about, vector.why)))


def _mutation(mutation: Mapping[str, Any]) -> str:
    at, kind = mutation.get("at", ""), mutation.get("kind", "")
    old, new = _short(mutation.get("from", "...")), _short(mutation.get("to", "..."))
    if kind == "add":
        return f"{at} was added: {new}"
    if kind == "remove":
        return f"{at} was removed: {old}"
    if kind == "text":
        start, end = mutation.get("range", (0, 0))
        return f"characters {start} to {end} of {at} were changed from {old} to {new}"
    also = "; what is derived from it or signed over it was made anew" if kind == "rebuilt" else ""
    return f"{at} was changed from {old} to {new}{also}"


def _expected(case: Case) -> str:
    if case.attack is not None:
        return EXPECTATIONS.get(case.attack.expects, case.attack.expects)
    vector = case.vector
    if vector is None:
        return "the answer of the vector"
    expect = vector.expect
    if expect.verdict == "reject":
        reasons = " or ".join(f"{expect.stage}:{reason}" for reason in expect.reasons)
        shown = "" if expect.released is None else f"; before it, shown: {_short(expect.released)}"
        return f"a refusal as {reasons or expect.stage}{shown}"
    return f"accepted with {_short(dict(expect.out))}"


def _uncontrolled(finding: Finding) -> bool:
    """Return whether a pass proves nothing because the run did not come to its control."""
    return finding.status == "inconclusive" and finding.detail.endswith(" was not executed")


def _got(finding: Finding) -> str:
    if finding.status == "blocked" and finding.detail.startswith("not executed: "):
        return finding.detail  # which says in its own words what the status says
    if _uncontrolled(finding):
        return f"nothing is proved: {finding.detail}"
    name = SUBTYPES.get(finding.subtype) or STATUSES[finding.status].about
    return f"{name}: {finding.detail}" if finding.detail else name


_BY_STATUS: Final[Mapping[str, Tuple[str, str]]] = {
    "crash": (
        "A process that dies is no refusal: whoever can send this input can end the program.",
        "Catch what the input causes and answer reject; standard error is attached.",
    ),
    "timeout": (
        "Whoever can send this input can stop the program.",
        "Bound the work that an input can cause; --timeout-scale helps a slow machine.",
    ),
    "protocol_error": (
        "Nothing can be concluded from an answer that cannot be read.",
        "Run doctor on the adapter; it names the usual causes.",
    ),
    "blocked": (
        "The test says nothing about the implementation.",
        "Run doctor on the adapter, mend what it names, and run again.",
    ),
    "harness_error": (
        "The result says nothing about the implementation.",
        "Report it with this report: the suite is wrong.",
    ),
    "flaky": (
        "What fails now and then fails in use as well.",
        "Look for state that outlives a request, and for races; try --repeat-until-fail.",
    ),
    "inconclusive": (
        "An implementation that refuses everything would pass this test as well.",
        "Make the control pass first; its own result says what is wrong.",
    ),
}

_BY_SUBTYPE: Final[Mapping[str, Tuple[str, str]]] = {
    **BY_SUBTYPE,
    "missing_mandatory": (
        "What is not there cannot be shown to be right, and no client works without it.",
        "Declare the operation in hello and answer it; vectors/OPERATIONS.md says how.",
    ),
    "false_advertising": (
        "Who relies on what is declared relies on nothing.",
        "Implement the operation, or leave it out of hello.",
    ),
    "not_testable": (
        "Nothing that depends on it can be concluded.",
        "Let the adapter take what the input gives, and say so in `inject` of hello.",
    ),
    "error": (
        "An error is no refusal: a caller cannot tell it from a broken program.",
        "Answer reject where the input is at fault; the message and the trace are attached.",
    ),
}

_ACCEPTED: Final = (
    "An honest peer is refused or misread: the two do not understand each other.",
    "Compare step by step with the input and the intermediate values of `show {id}`.",
)


def _consequence(case: Case, finding: Finding) -> Tuple[str, str]:
    """Return impact and hint: of the status, the kind of failure, its requirement, or the test."""
    if finding.detail == INTERRUPTED:
        return _BY_STATUS["blocked"][0], "Run again, and let the run come to its end."
    if _uncontrolled(finding):
        return _BY_STATUS["inconclusive"][0], "Run again, with the control as well."
    general = _BY_STATUS.get(finding.status) or _BY_SUBTYPE.get(finding.subtype)
    general = general or BY_REQUIREMENT.get(finding.requirement)
    if general is not None:
        return general
    if case.attack is not None:
        return case.attack.impact, case.attack.hint
    flag = flag_of(case)
    impact, hint = _ACCEPTED
    hint = hint.format(id=case.published)
    return flag.get("effect") or impact, flag.get("fix") or hint


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True)
    if not text:
        return "nothing"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
