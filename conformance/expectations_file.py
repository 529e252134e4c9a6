"""The file of expected failures: its form, and what each of its lines names.

    # status  pattern               signature                       | reason
    xfail     field.open/tag-*      accepted_invalid                | no tag check, https://...
    flaky     scenario/slow-stream  timeout                         | CI only until=2027-02-10
    skip      quote.verify/**       -                               | hangs on musl if=os:linux

`xfail` fails as the signature says; `flaky` fails and passes when it is repeated; `skip` is not
executed.  The pattern is an id; `*` stands for anything within a segment and `**` for anything.
The signature is the beginning of `subtype: detail` of the result, or of `status: detail` where the
result has no subtype.  After the bar stands the reason, which nobody may leave out, and where they
are wanted the address of an issue, `until=` with the last day on which the line holds, and `if=`
with what it holds for: `if=os:linux` (also `darwin`, `windows`), or `if=impl:1.2` for the versions
of the implementation that begin so.
"""

from __future__ import annotations

import difflib
import platform
import re
from datetime import date
from pathlib import Path
from typing import (
    Collection,
    Dict,
    Final,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
)

from conformance.renamed import load_renamed
from conformance.results import STATUSES, SUBTYPES
from conformance.usage import UsageProblem, did_you_mean

__all__ = [
    "FAILING",
    "MAX_BYTES",
    "UNSAID",
    "Entry",
    "Expectations",
    "ExpectationsError",
    "Facts",
    "check",
    "facts_of",
    "load",
    "parse",
]

MAX_BYTES: Final = 4 * 1024 * 1024
KINDS: Final = ("xfail", "flaky", "skip")
SYSTEMS: Final = ("linux", "darwin", "windows")

UNSAID: Final = "TO" + "DO reason"
"""What stands in the place of a reason that nobody has given yet; a line with it fails the run."""

_ADDRESS = re.compile(r"https?://\S+\Z")
_MEMBER = re.compile(r"([a-z]+)=(.*)\Z")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
_MEMBERS: Final = ("until", "if")

NEVER_EXPECTED: Final = ("harness_error", "blocked", "xpass")
"""What no line can expect: the suite broke, nothing was executed, or a line was wrong."""

FAILING: Final[FrozenSet[str]] = frozenset(
    [*(name for name, status in STATUSES.items() if status.fails), "warn"]
).difference(NEVER_EXPECTED)
"""The statuses that a line can expect."""

HEADS: Final[FrozenSet[str]] = FAILING | frozenset(SUBTYPES)
"""The words that a signature may begin with."""


class ExpectationsError(UsageProblem):
    """A file of expected failures cannot be used as it is: wrong usage, exit code 4."""


class Facts(NamedTuple):
    """What the `if=` of a line is compared with."""

    system: str
    """`linux`, `darwin` or `windows`."""
    version: str
    """Of the implementation under test, as its adapter says it."""


class Entry(NamedTuple):
    """One line that expects something."""

    line: int
    kind: str
    """One of `xfail`, `flaky`, `skip`."""
    pattern: str
    signature: str
    """Empty where the line has `-`."""
    reason: str
    issue: str
    until: Optional[date]
    condition: str
    """Such as `os:linux`; empty where the line always holds."""

    @property
    def is_glob(self) -> bool:
        """Whether it can name more than one test."""
        return "*" in self.pattern

    @property
    def said(self) -> bool:
        """Whether somebody gave the reason."""
        return not self.reason.startswith(UNSAID.split()[0])

    def holds(self, facts: Facts) -> bool:
        """Say whether the line is meant for this system and this version."""
        kind, _, value = self.condition.partition(":")
        if kind == "os":
            return facts.system == value
        if kind == "impl":
            return facts.version == value or facts.version.startswith(f"{value}.")
        return True

    def because(self) -> str:
        """Return the reason with its issue, as a report shows it."""
        return f"{self.reason} {self.issue}".strip()


class Expectations(NamedTuple):
    """One file."""

    name: str
    """As messages call it."""
    text: str
    entries: Tuple[Entry, ...]
    renamed: Mapping[str, str]
    """Old id -> the id of today."""

    def place(self, entry: Entry) -> str:
        """Return `file:line` of a line."""
        return f"{self.name}:{entry.line}"

    def in_force(self, facts: Facts) -> Tuple[Entry, ...]:
        """Return the lines that are meant for this system and this version."""
        return tuple(entry for entry in self.entries if entry.holds(facts))

    def named(self, entry: Entry, ids: Collection[str]) -> Tuple[str, ...]:
        """Return those of the ids that a line names, by their name of today or an earlier one."""
        if not entry.is_glob:
            names = dict.fromkeys([entry.pattern, self.renamed.get(entry.pattern, entry.pattern)])
            return tuple(name for name in names if name in ids)
        matches = _compiled(entry.pattern).match
        renamed = {new for old, new in self.renamed.items() if matches(old)}
        return tuple(name for name in ids if name in renamed or matches(name))


def facts_of(version: str = "") -> Facts:
    """Return the facts of this machine and of a version of the implementation."""
    return Facts(platform.system().lower(), version)


def load(path: Path, *, may_be_absent: bool = False) -> Expectations:
    """Return the file of expected failures at a path; one that may be absent is then empty.

    Raises:
        ExpectationsError: it cannot be read, or is not of the form.
    """
    try:
        raw = b"" if may_be_absent and not path.exists() else path.read_bytes()
    except OSError as error:
        raise ExpectationsError(
            f"{path}: {error.strerror}; name an existing file with --xfail, or write one with"
            " --update-xfail"
        ) from None
    if len(raw) > MAX_BYTES:
        raise ExpectationsError(f"{path}: larger than {MAX_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExpectationsError(f"{path}: not UTF-8, from byte {error.start} on") from None
    return parse(text, str(path))


def parse(
    text: str, name: str = "the file", *, renamed: Optional[Mapping[str, str]] = None
) -> Expectations:
    """Return what a file says; `renamed` is that of this suite where it is not given.

    Raises:
        ExpectationsError: a line is not of the form; the message gives file, line and remedy.
    """
    entries: List[Entry] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                entries.append(_parse_line(line, number))
            except ExpectationsError as error:
                raise ExpectationsError(f"{name}:{number}: {error}") from None
    return Expectations(
        name, text, tuple(entries), load_renamed() if renamed is None else dict(renamed)
    )


def check(expectations: Expectations, known: Iterable[str]) -> Tuple[str, ...]:
    """Hold a file against the ids of the whole suite, selected or not; return what to tell.

    What is told is that a line names a test by an id that it no longer has.

    Raises:
        ExpectationsError: a line names no test, or two lines name the same one.
    """
    ids = dict.fromkeys(known)
    owner: Dict[str, List[Entry]] = {}
    for entry in expectations.entries:
        named = expectations.named(entry, ids)
        if not named:
            raise ExpectationsError(_names_nothing(expectations, entry, ids))
        for name in named:
            for other in owner.setdefault(name, []):
                if _together(entry, other):
                    raise ExpectationsError(_named_twice(expectations, name, other, entry))
            owner[name].append(entry)
    return tuple(_told(expectations, ids))


def _told(expectations: Expectations, ids: Collection[str]) -> Iterator[str]:
    for entry in expectations.entries:
        new = expectations.renamed.get(entry.pattern)
        if new is not None and entry.pattern not in ids:
            yield (
                f"{expectations.place(entry)}: {entry.pattern} is called {new} now;"
                " --update-xfail writes the new name"
            )


def _names_nothing(expectations: Expectations, entry: Entry, ids: Collection[str]) -> str:
    found = f"{expectations.place(entry)}: {entry.pattern} names no test of this suite"
    new = expectations.renamed.get(entry.pattern)
    if new is not None:
        return f"{found}; it was renamed to {new}, which is not there either: remove the line"
    whole = entry.pattern.rstrip("/")
    if any(name.startswith(f"{whole}/") for name in ids):
        return f"{found}; {whole}/** stands for all below it"
    meant = did_you_mean(entry.pattern.replace("*", ""), ids)
    return f"{found}{meant or '; `python3 -m conformance run --list` prints the ids'}"


def _named_twice(expectations: Expectations, name: str, first: Entry, second: Entry) -> str:
    return (
        f"{expectations.place(second)}: {name} is named by {second.pattern} and already by"
        f" {first.pattern} in line {first.line}; a test has one expectation: remove one of the"
        " lines, or make the wider pattern narrower"
    )


def _together(one: Entry, other: Entry) -> bool:
    """Say whether two lines can hold at the same time."""
    kind, _, value = one.condition.partition(":")
    other_kind, _, other_value = other.condition.partition(":")
    if kind != other_kind or not kind:
        return True
    if kind == "os":
        return value == other_value
    short, long = sorted((value, other_value), key=len)
    return short == long or long.startswith(f"{short}.")


def _parse_line(line: str, number: int) -> Entry:
    expected, bar, after = line.partition("|")
    words = expected.split(None, 2)
    if not bar or not after.strip():
        raise ExpectationsError(
            "no reason is given; write it after a bar: `xfail ID SIGNATURE | why, and what will"
            " mend it`"
        )
    if words[:1] and words[0] not in KINDS:
        meant = did_you_mean(words[0], KINDS, limit=1)
        raise ExpectationsError(f"{words[0]} is none of {', '.join(KINDS)}{meant}")
    if len(words) < 3:
        raise ExpectationsError(
            "a line is `STATUS ID SIGNATURE | REASON`; the signature of a skip is `-`"
        )
    kind, pattern, signature = words[0], words[1], words[2].strip()
    if kind == "flaky" and "*" in pattern:
        raise ExpectationsError(
            f"{pattern} names more than one test; list each flaky test by its own id"
        )
    reason, issue, until, condition = _parse_reason(after)
    return Entry(
        number, kind, pattern, _parse_signature(signature, kind), reason, issue, until, condition
    )


def _parse_signature(signature: str, kind: str) -> str:
    if signature == "-":
        return ""
    if kind == "skip":
        raise ExpectationsError("a test that is not executed has no signature; write `-`")
    head = signature.split(":", 1)[0].rstrip()
    if head not in HEADS:
        meant = did_you_mean(head, HEADS, limit=1) or f": {', '.join(sorted(HEADS))}"
        raise ExpectationsError(
            f"a signature begins with the kind of the failure, and {head} is none{meant}"
        )
    return signature


def _parse_reason(text: str) -> Tuple[str, str, Optional[date], str]:
    """Return reason, issue, last day and condition; the last three may stand anywhere in it."""
    words: List[str] = []
    issue, condition = "", ""
    until: Optional[date] = None
    for word in text.split():
        member = _MEMBER.match(word)
        if member and member[1] == "until":
            until = _parse_day(member[2])
        elif member and member[1] == "if":
            condition = _parse_condition(member[2])
        elif member and difflib.get_close_matches(member[1], _MEMBERS, n=1, cutoff=0.7):
            raise ExpectationsError(f"{word} is neither until=YYYY-MM-DD nor if=CONDITION")
        elif _ADDRESS.match(word) and not issue:
            issue = word
        else:
            words.append(word)
    if not words:
        raise ExpectationsError("no reason is given beside what follows it; say why it fails")
    return " ".join(words), issue, until, condition


def _parse_day(text: str) -> date:
    match = _DAY.match(text)
    try:
        if match:
            return date(*(int(part) for part in match.groups()))
    except ValueError:
        pass
    raise ExpectationsError(f"until={text} is not a day; write it as until=2027-02-10")


def _parse_condition(text: str) -> str:
    kind, _, value = text.partition(":")
    if (kind == "os" and value in SYSTEMS) or (kind == "impl" and value):
        return text
    raise ExpectationsError(
        f"if={text} is no condition; there are if=os:{'|'.join(SYSTEMS)} and if=impl:VERSION,"
        " which holds for the versions that begin so"
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", pattern)
    wild = {"**": ".*", "*": "[^/]*"}
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts) + r"\Z")
