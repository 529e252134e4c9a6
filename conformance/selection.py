"""Which cases a run executes: names, prefixes, requirements, expressions, and parts of a suite.

What the words name has to exist; a word that names nothing is refused with what was probably meant,
so that a misspelt word never leads to a run of nothing that looks green.  The control of each
selected refusal is selected with it.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from typing import (
    Callable,
    Dict,
    Final,
    FrozenSet,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from conformance.plan import Case
from conformance.usage import UsageProblem, did_you_mean

__all__ = ["MARKS", "Selection", "parse_expression", "parse_shard", "select"]

MARKS: Final = ("critical", "must", "should")
"""What `-m` takes."""

_AREA = re.compile(r"[A-Z]{3}\Z")
_REQUIREMENT = re.compile(r"[A-Z]{3}-[0-9]+\Z")
_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")

Predicate = Callable[[Case], bool]


class Selection(NamedTuple):
    """What was asked for; without any member everything is."""

    words: Tuple[str, ...] = ()
    """Ids, files of vectors, beginnings of both, requirements and their areas."""
    exact: Tuple[str, ...] = ()
    """Ids of single cases."""
    expression: str = ""
    """Words with `and`, `or`, `not` and parentheses; a word is found anywhere in id, file, why."""
    mark: str = ""
    """One of `MARKS`."""
    skipped: Tuple[str, ...] = ()
    """Patterns (`*`, `?`), ids, or beginnings: what is left out."""
    failed: Optional[FrozenSet[str]] = None
    """Ids that failed last time: nothing else runs."""
    shard: Tuple[int, int] = (1, 1)
    """This part, from 1, and the number of parts."""


def select(
    cases: Sequence[Case],
    selection: Selection,
    *,
    renamed: Optional[Mapping[str, str]] = None,
) -> FrozenSet[str]:
    """Return the ids of the cases to run, those of their controls among them.

    `renamed` leads from ids of the past to those of today.

    Raises:
        UsageProblem: a word, an id or a pattern names nothing, or an expression cannot be read.
    """
    words = [(renamed or {}).get(word, word) for word in selection.words]
    exact = [(renamed or {}).get(word, word) for word in selection.exact]
    tests = [_named(cases, words, exact)] if words or exact else []
    if selection.expression:
        tests.append(parse_expression(selection.expression))
    if selection.mark:
        tests.append(_marked(selection.mark))
    if selection.skipped:
        tests.append(_not_skipped(cases, selection.skipped))
    if selection.failed is not None:
        failed = selection.failed
        tests.append(lambda case: case.id in failed)
    if selection.shard != (1, 1):
        tests.append(_in_shard(selection.shard))
    chosen = {case.id for case in cases if all(test(case) for test in tests)}
    return frozenset(_with_controls(cases, chosen))


def _with_controls(cases: Sequence[Case], chosen: Set[str]) -> Set[str]:
    controls = {case.id: case.control for case in cases}
    found = set(chosen)
    for name in chosen:
        control = controls[name]
        while control and control not in found:
            found.add(control)
            control = controls.get(control, "")
    return found


def _named(cases: Sequence[Case], words: Iterable[str], exact: Iterable[str]) -> Predicate:
    found: Set[str] = set()
    for word in words:
        matched = {case.id for case in cases if _matches(case, word)}
        if not matched:
            raise UsageProblem(
                f"no test, file or requirement is called {word!r}, or begins so"
                f"{did_you_mean(word, _vocabulary(cases))}"
                " `python3 -m conformance run --list` prints every id"
            )
        found |= matched
    known = {case.id for case in cases}
    for name in exact:
        if name not in known:
            raise UsageProblem(f"there is no test {name!r}{did_you_mean(name, known)}")
        found.add(name)
    return lambda case: case.id in found


def _matches(case: Case, word: str) -> bool:
    if _REQUIREMENT.match(word):
        return word in case.req
    if _AREA.match(word):
        return any(name.startswith(word) for name in case.req)
    return case.id.startswith(word) or case.file.startswith(word)


def _vocabulary(cases: Sequence[Case]) -> Iterable[str]:
    for case in cases:
        yield case.id
        yield case.file
        yield f"{case.file.partition('/')[0]}/"
        yield from case.req


def _marked(mark: str) -> Predicate:
    if mark not in MARKS:
        raise UsageProblem(f"-m takes {', '.join(MARKS)}, not {mark!r}{did_you_mean(mark, MARKS)}")
    if mark == "critical":
        return lambda case: case.importance == "critical"
    return lambda case: case.keyword == mark.upper()


def _not_skipped(cases: Sequence[Case], patterns: Iterable[str]) -> Predicate:
    skipped: Set[str] = set()
    for pattern in patterns:
        matched = {case.id for case in cases if _fits(case, pattern)}
        if not matched:
            hint = did_you_mean(pattern, _vocabulary(cases))
            raise UsageProblem(f"--skip {pattern!r} leaves nothing out{hint}")
        skipped |= matched
    return lambda case: case.id not in skipped


def _fits(case: Case, pattern: str) -> bool:
    if any(sign in pattern for sign in "*?["):
        return fnmatch.fnmatchcase(case.id, pattern) or fnmatch.fnmatchcase(case.file, pattern)
    return _matches(case, pattern)


# --- Parts of a suite ----------------------------------------------------------------------------


def parse_shard(text: str) -> Tuple[int, int]:
    """Return part and number of parts of `2/5`.

    Raises:
        UsageProblem: it is not of that form, or the part is not among them.
    """
    part, slash, count = text.partition("/")
    digits = all(piece.isascii() and piece.isdigit() and len(piece) < 5 for piece in (part, count))
    if not slash or not digits or not 1 <= int(part) <= int(count):
        raise UsageProblem(f"a shard is written i/n with 1 <= i <= n, such as 2/5, not {text!r}")
    return int(part), int(count)


def _in_shard(shard: Tuple[int, int]) -> Predicate:
    """Spread by the id, so that a test stays in its part when others are added.

    A challenge belongs to the part of its vector.
    """
    part, count = shard

    def test(case: Case) -> bool:
        digest = hashlib.sha256(case.published.encode("utf-8")).digest()
        return int.from_bytes(digest[:8], "big") % count == part - 1

    return test


# --- Expressions ---------------------------------------------------------------------------------


def parse_expression(text: str) -> Predicate:
    """Return what `-k` asks for, such as `tag and not (hex or utf8)`.

    Raises:
        UsageProblem: the expression is not complete, or too much follows.
    """
    tokens = _TOKEN.findall(text)
    parser = _Expression(text, tokens)
    predicate = parser.either()
    if parser.rest:
        raise UsageProblem(f"-k {text!r}: {parser.rest[0]!r} was not expected there")
    return predicate


class _Expression:
    """Reads an expression from left to right: `or` binds less than `and`, and that than `not`."""

    def __init__(self, text: str, tokens: Sequence[str]) -> None:
        self._text = text
        self.rest: List[str] = list(tokens)

    def either(self) -> Predicate:
        first = self.both()
        while self._next("or"):
            first = _either(first, self.both())
        return first

    def both(self) -> Predicate:
        first = self.negated()
        while self._next("and"):
            first = _both(first, self.negated())
        return first

    def negated(self) -> Predicate:
        if self._next("not"):
            wanted = self.negated()
            return lambda case: not wanted(case)
        if self._next("("):
            inner = self.either()
            if not self._next(")"):
                raise UsageProblem(f"-k {self._text!r}: a parenthesis is not closed")
            return inner
        if not self.rest or self.rest[0].lower() in ("and", "or", ")"):
            raise UsageProblem(f"-k {self._text!r}: a word is missing")
        return _mentions(self.rest.pop(0).lower())

    def _next(self, word: str) -> bool:
        if self.rest and self.rest[0].lower() == word:
            self.rest.pop(0)
            return True
        return False


def _either(one: Predicate, other: Predicate) -> Predicate:
    return lambda case: one(case) or other(case)


def _both(one: Predicate, other: Predicate) -> Predicate:
    return lambda case: one(case) and other(case)


def _mentions(word: str) -> Predicate:
    texts: Dict[str, str] = {}

    def test(case: Case) -> bool:
        if case.id not in texts:
            source = case.vector or case.attack
            why = source.why if source else ""
            flags = case.vector.flags if case.vector else ()
            texts[case.id] = " ".join([case.id, case.file, why, *case.req, *flags]).lower()
        return word in texts[case.id]

    return test
