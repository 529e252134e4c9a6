"""The results of a run: one closed set of words, and what each of them means for the verdict.

Every test that was selected has exactly one result.  A result that is not a pass says why, in words
that a person can act on: what the specification says, what was changed, what came, what an attacker
gains, how to mend it, and the command that shows it again.
"""

from __future__ import annotations

from typing import Any, Dict, Final, Mapping, NamedTuple, Optional, Tuple

__all__ = [
    "INTERRUPTED",
    "KINDS",
    "NO_OPERATIONS",
    "STATUSES",
    "SUBTYPES",
    "Explanation",
    "Result",
    "Status",
    "meaning",
]


class Status(NamedTuple):
    """One word of the set."""

    name: str
    glyph: str
    plain: str
    """The glyph in ASCII."""
    fails: bool
    """Whether it makes the run fail with the exit code 1."""
    blocks: bool
    """Whether it keeps an implementation from being called conformant."""
    about: str


_ROWS: Final = (
    Status("harness_error", "!", "!", True, True, "the suite itself is wrong: please report it"),
    Status("crash", "✖", "X", True, True, "the implementation or its adapter died"),
    Status("timeout", "⧖", "T", True, True, "no answer within the time limit"),
    Status("protocol_error", "⌁", "P", True, True, "the adapter broke the adapter protocol"),
    Status("blocked", "■", "B", True, True, "not executed: the adapter could not be used"),
    Status("fail", "✗", "F", True, True, "the requirement is not met"),
    Status("xpass", "⊕", "U", True, True, "listed as an expected failure, and passed"),
    Status("inconclusive", "?", "?", True, True, "its control did not pass, so it proves nothing"),
    Status("flaky", "~", "~", True, True, "failed, and passed when it was repeated"),
    Status("warn", "⚠", "W", False, False, "a SHOULD is not met; fails under --strict"),
    Status("xfail", "x", "x", False, True, "failed as the file of expected failures says"),
    Status("deselected", "-", "-", False, True, "left out by a filter"),
    Status("not_applicable", "·", "n", False, False, "optional, and not declared"),
    Status("pass_verdict_only", "◐", "v", False, False, "the right verdict; no reason was given"),
    Status("pass", "✓", ".", False, False, "verdict, output and reason as required"),
)

STATUSES: Final[Mapping[str, Status]] = {status.name: status for status in _ROWS}
"""The closed set, most severe first."""

INTERRUPTED: Final = "not executed: the run was interrupted"
"""The detail of a test that an interrupted run did not come to."""

NO_OPERATIONS: Final = "a client has no single operations"
"""The detail of a test that asks for an operation, where only a client is tested."""

_INTERRUPTED: Final[Mapping[str, str]] = {
    "blocked": INTERRUPTED,
    "inconclusive": (
        "its control did not pass, or was not executed before the run was interrupted,"
        " so it proves nothing"
    ),
}


def meaning(status: str, *, complete: bool) -> str:
    """Return what a status means in a run that came to its end, or did not."""
    return STATUSES[status].about if complete else _INTERRUPTED.get(status, STATUSES[status].about)


SUBTYPES: Final[Mapping[str, str]] = {
    "accepted_invalid": "an input that has to be refused was accepted",
    "rejected_valid": "an input that has to be accepted was refused",
    "wrong_output": "accepted, with another result",
    "wrong_reason": "refused, for another reason",
    "leak": "a secret was seen where it must not be",
    "released_early": "more, or other, was shown before the failure than may be",
    "missing_mandatory": "an operation that every implementation needs is not there",
    "false_advertising": "a declared operation was answered with unsupported",
    "not_testable": "what the test needs cannot be had from this implementation",
    "wrong_requests": "other requests were sent than may be",
    "incomplete": "something incomplete was called complete",
    "error": "the implementation reported an error of its own instead of a verdict",
}
"""What kind of failure a `fail` is."""

KINDS: Final = ("vector", "scenario", "challenge")
"""What a test is: a vector, an attack on a client, or a vector made afresh for this run."""


class Explanation(NamedTuple):
    """Why a result is not a pass, for the person who has to mend it; no member is empty."""

    requirement: str
    """Id and sentence."""
    changed: str
    """What is special about the input: the mutation, or what the server did."""
    expected: str
    got: str
    impact: str
    """What an attacker gains, or what does not work."""
    hint: str
    """How to mend it."""
    repro: str
    """The command that shows it again."""


class Result(NamedTuple):
    """What became of one test."""

    id: str
    """Of the vector; `scenario/...`; or `challenge/` before the id of the vector."""
    kind: str
    """One of `KINDS`."""
    status: str
    """One of `STATUSES`."""
    subtype: str
    """One of `SUBTYPES` where the status is `fail`, `xfail`, `flaky` or `warn`, else empty."""
    detail: str
    """One line: what came instead; empty for `pass`."""
    op: str
    """The operation; `client.chat` for scenarios."""
    req: Tuple[str, ...]
    keyword: str
    """`MUST`, `SHOULD` or `MAY`: the strongest of its requirements."""
    importance: str
    """`critical` or `normal`."""
    negative: bool
    """Whether the right answer is a refusal."""
    control: str
    """Id of the test without whose pass this one proves nothing; empty for a control."""
    seconds: float
    explanation: Optional[Explanation] = None
    """Present where the status fails, is `xfail` or `warn`."""
    attachments: Mapping[str, str] = {}
    """Name -> text, such as what the process wrote to standard error; bounded."""
    file: str = ""
    """The file of vectors that it stands in, such as `envelope/open`; empty where there is none."""

    def to_json(self) -> Dict[str, Any]:
        """Return the result as it stands in a report; `from_json` is the inverse."""
        row: Dict[str, Any] = self._asdict()
        row["req"] = list(self.req)
        row["attachments"] = dict(self.attachments)
        row["explanation"] = self.explanation._asdict() if self.explanation else None
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Result:
        """Return the result that a report holds.

        Raises:
            TypeError: members are missing or too much, or one is of another type.
        """
        members = dict(row)
        explained = members.get("explanation")
        members["explanation"] = Explanation(**explained) if explained else None
        members["req"] = tuple(members.get("req", ()))
        result = cls(**members)
        _check_types(result)
        if result.to_json() != row:
            raise TypeError(f"{result.id} has a member of another form")
        return result


def _check_types(result: Result) -> None:
    """Refuse a member of another type.

    Raises:
        TypeError: naming the member.
    """
    texts = {
        name: getattr(result, name)
        for name in ("id", "kind", "status", "subtype", "detail", "op", "keyword", "importance")
    }
    texts.update(control=result.control, file=result.file)
    texts.update({f"req {number}": text for number, text in enumerate(result.req)})
    texts.update({f"name of {name!r}": name for name in result.attachments})
    texts.update(result.attachments)
    if result.explanation is not None:
        texts.update(result.explanation._asdict())
    for name, text in texts.items():
        if not isinstance(text, str):
            raise TypeError(f"{name} is not a text")
    if not isinstance(result.negative, bool):
        raise TypeError("negative is not true or false")
    if type(result.seconds) not in (int, float):
        raise TypeError("seconds is not a number")
