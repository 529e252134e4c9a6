"""What became of one vector: the answer of an implementation beside what was expected.

An answer is one of the replies of the adapter protocol:

    {"ok": {...}}
    {"reject": {"stage": "envelope", "reason": "tag", "native": "..."}}
    {"unsupported": "..."}
    {"error": {"message": "...", "trace": "..."}}

`ok` may hold a member `mid` with intermediate values; those that the vector knows are compared.
`reject` may hold `released`, what a stream had shown before it failed; it is compared where the
vector says what is right.
"""

from __future__ import annotations

from typing import Any, Final, Mapping, NamedTuple

from conformance.vectors import Vector

__all__ = ["OUTCOMES", "Outcome", "judge"]

OUTCOMES: Final = (
    "pass",
    "accepted",  # an input that had to be rejected
    "rejected",  # an input that had to be accepted
    "wrong-output",
    "wrong-intermediate",
    "wrong-stage",
    "wrong-reason",
    "wrong-release",  # more or less was shown before the failure
    "unsupported",
    "error",  # the implementation broke
)
"""The closed set of outcomes."""


class Outcome(NamedTuple):
    """The outcome of one vector."""

    kind: str
    """One of `OUTCOMES`."""
    detail: str
    """What was expected and what came; empty for `pass`."""

    @property
    def passed(self) -> bool:
        """Whether the implementation did what the vector asks."""
        return self.kind == "pass"


PASS: Final = Outcome("pass", "")


def judge(vector: Vector, reply: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a vector."""
    if "ok" in reply:
        return _judge_accepted(vector, reply["ok"])
    if "reject" in reply:
        return _judge_rejected(vector, reply["reject"])
    if "unsupported" in reply:
        return Outcome("unsupported", str(reply["unsupported"]))
    error = reply.get("error", {})
    return Outcome("error", str(error.get("message", "") if isinstance(error, dict) else error))


def _judge_accepted(vector: Vector, answer: Mapping[str, Any]) -> Outcome:
    expect = vector.expect
    if expect.verdict != "accept":
        reasons = " or ".join(f"{expect.stage}:{reason}" for reason in expect.reasons)
        return Outcome("accepted", f"expected a refusal as {reasons}")
    out = {name: value for name, value in answer.items() if name != "mid"}
    if not same(out, dict(expect.out)):
        return Outcome("wrong-output", difference(dict(expect.out), out))
    mid = answer.get("mid", {})
    known = {name: value for name, value in mid.items() if name in vector.mid}
    right = {name: value for name, value in vector.mid.items() if name in known}
    if not same(known, right):
        return Outcome("wrong-intermediate", difference(right, known, "/mid"))
    return PASS


def _judge_rejected(vector: Vector, answer: Mapping[str, Any]) -> Outcome:
    expect = vector.expect
    stage, reason = str(answer.get("stage", "")), str(answer.get("reason", ""))
    native = str(answer.get("native", ""))
    if expect.verdict != "reject":
        said = f"as {stage}:{reason}" if stage or reason else "no reason was given"
        return Outcome("rejected", f"{said} {native}".rstrip())
    if stage != expect.stage:
        return Outcome("wrong-stage", f"expected {expect.stage}, got {stage}:{reason} {native}")
    if reason not in expect.reasons:
        expected = " or ".join(expect.reasons)
        return Outcome("wrong-reason", f"expected {expected}, got {reason} {native}")
    if expect.released is not None and not same(answer.get("released"), expect.released):
        return Outcome("wrong-release", difference(expect.released, answer.get("released")))
    return PASS


def same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal; `true` is not 1 and 1.0 is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def difference(expected: Any, got: Any, at: str = "") -> str:
    """Say where two JSON values differ first."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in [*expected, *(name for name in got if name not in expected)]:
            here = f"{at}/{name}"
            if name not in got:
                return f"{here} is missing"
            if name not in expected:
                return f"{here} is too much"
            if not same(expected[name], got[name]):
                return difference(expected[name], got[name], here)
    if isinstance(expected, list) and isinstance(got, list):
        for number, (one, other) in enumerate(zip(expected, got)):
            if not same(one, other):
                return difference(one, other, f"{at}/{number}")
        return f"{at or '/'} has {len(got)} entries, expected {len(expected)}"
    return f"{at or '/'} is {_short(got)}, expected {_short(expected)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
