"""What a page says of one test: why it is not a pass, for the person who has to mend it."""

from __future__ import annotations

from typing import Callable, Dict, Final, Iterable, List, NamedTuple, Sequence, Tuple

from conformance.report.comparison import Compared, kind_of
from conformance.report.page import cut, plain, text
from conformance.results import Result

__all__ = ["Told", "explanation", "gist", "outcome", "speaks"]

Told = Tuple[Tuple[str, Result], ...]
"""Label of a report and its result, for the results about which something is to be said."""

_UNIFORM: Final = ("pass", "pass_verdict_only", "not_applicable", "deselected", "blocked")
"""Statuses that say the same of every test."""

_SAME_FOR_ALL: Final = ("missing_mandatory", "not_testable")
"""Kinds of failure that are of the implementation and not of the test."""

_LABELS: Final = (
    ("changed", "What is special"),
    ("expected", "Expected"),
    ("got", "Got"),
    ("impact", "What it means"),
    ("hint", "How to mend it"),
    ("repro", "See it again"),
)


class _Said(NamedTuple):
    """One text, and the reports of which it is true."""

    who: Tuple[str, ...]
    what: str


def speaks(test: Compared) -> bool:
    """Return whether a report says of this test what it does not say of others."""
    return any(
        result.status not in _UNIFORM and result.subtype not in _SAME_FOR_ALL
        for result in test.present
    )


def outcome(test: Compared) -> Tuple[Tuple[str, str, str], ...]:
    """Return what two tests have in common that differ in their id only."""
    return tuple(
        (result.status, result.subtype, result.detail) if result is not None else ("", "", "")
        for result in test.results
    )


def gist(test: Compared, labels: Sequence[str]) -> str:
    """Return, as HTML, the first thing that was said of a test that is not a pass."""
    for label, result in zip(labels, test.results):
        if result is not None and kind_of(result.status) in ("bad", "note"):
            what = result.detail or plain(result.subtype or result.status)
            name = f"{label}: " if len(labels) > 1 else ""
            return text(cut(name + what, 160))
    return "What was asked, and what came"


def explanation(test: Compared, labels: Sequence[str], limit: int) -> str:
    """Return, as HTML, all that the reports say of a test; no text is longer than `limit`."""
    told = tuple(
        (label, result)
        for label, result in zip(labels, test.results)
        if result is not None and (result.detail or result.explanation or result.attachments)
    )
    rows: List[str] = [_member(told, "Result", _what_came, limit)]
    rows += [_member(told, label, _reader(name), limit) for name, label in _LABELS]
    for name in dict.fromkeys(name for _, result in told for name in result.attachments):
        rows.append(_member(told, name, _attachment(name), limit, preformatted=True))
    return f"<dl>{''.join(rows)}</dl>"


def _what_came(result: Result) -> str:
    kind = f"{plain(result.status)}, {plain(result.subtype)}" if result.subtype else result.status
    return f"{plain(kind)}: {result.detail}" if result.detail else plain(kind)


def _reader(name: str) -> Callable[[Result], str]:
    return lambda result: str(getattr(result.explanation, name, ""))


def _attachment(name: str) -> Callable[[Result], str]:
    return lambda result: str(result.attachments.get(name, ""))


def _member(
    told: Told,
    label: str,
    read: Callable[[Result], str],
    limit: int,
    *,
    preformatted: bool = False,
) -> str:
    """Return one entry of the list: what is the same for several reports stands once."""
    said = tuple(_said((who, read(result)) for who, result in told))
    if not said:
        return ""
    everybody = len(said) == 1 and len(said[0].who) == len(told)
    parts = []
    for who, what in said:
        shown = text(cut(what, limit))
        named = "" if everybody else f"<b>{text(', '.join(who))}</b> "
        shown = f"<pre>{shown}</pre>" if preformatted else shown
        parts.append(f"<dd>{named}{shown}</dd>")
    return f"<dt>{text(label)}</dt>{''.join(parts)}"


def _said(pairs: Iterable[Tuple[str, str]]) -> Iterable[_Said]:
    by_text: Dict[str, List[str]] = {}
    for who, what in pairs:
        if what:
            by_text.setdefault(what, []).append(who)
    return (_Said(tuple(who), what) for what, who in by_text.items())
