"""Whether the rows of a report say of each test what the suite says of it, and what can be.

A report holds the keyword, the operation and the control of every test, so that it can be read
without the suite.  Whoever makes one up could change them and recompute its digests: a test that
fails would be a SHOULD, or would not apply.
"""

from __future__ import annotations

import argparse
from typing import Dict, Final, FrozenSet, Iterable, Iterator, List, Mapping, NoReturn, Optional

from conformance.adapters.protocol import Hello, ProtocolError, parse_hello
from conformance.judging import before_asking, lacking, may_lack
from conformance.operations import CHAT, PROFILES
from conformance.plan import Case, challenge_cases, load_cases
from conformance.renamed import load_renamed
from conformance.report.document import Report
from conformance.report.header import spec_digest, vectors_digest
from conformance.report.summary import header_text, tests
from conformance.requirements import SuiteError
from conformance.results import Result
from conformance.selection import Selection, select

__all__ = ["claims_of", "is_of_this_edition"]

_STATIC: Final = ("kind", "op", "req", "keyword", "importance", "negative", "control")
"""What a row repeats of the suite; `file` as well, which scenarios do not have."""

_SHOWN: Final = 5


def is_of_this_edition(report: Report) -> bool:
    """Return whether a report was made with the vectors and the requirements that are here."""
    return (
        header_text(report, "suite", "vectors_sha256") == vectors_digest()
        and header_text(report, "spec", "sha256") == spec_digest()
    )


def claims_of(report: Report, ids: FrozenSet[str]) -> List[str]:
    """Return what a report of this edition, with the tests `ids` of its profile, cannot claim."""
    published = [case for case in load_cases() if case.id in ids]
    cases = {case.id: case for case in (*published, *challenge_cases(published))}
    rows = {row.id: row for row in report.results}
    problems = list(_changed(rows.values(), cases))
    problems += _inapplicable(report, rows, cases)
    lenient = [row.id for row in report.results if (row.keyword, row.status) == ("MUST", "warn")]
    if lenient:
        problems.append(f"{tests(len(lenient))} of a MUST with a warning: {_names(lenient)}")
    if not report.header.get("partial") and _selects(report, published):
        problems.append("it says that the whole profile was selected, and its options select")
    return problems


def _changed(rows: Iterable[Result], cases: Mapping[str, Case]) -> Iterator[str]:
    """Yield which members of rows are not those of the suite."""
    wrong: Dict[str, List[str]] = {}
    for row in rows:
        case = cases[row.id]
        for name in _STATIC:
            if getattr(row, name) != getattr(case, name):
                wrong.setdefault(name, []).append(row.id)
        if row.file != ("" if case.kind == "scenario" else case.file):
            wrong.setdefault("file", []).append(row.id)
    for name, ids in wrong.items():
        yield f"{tests(len(ids))} with another {name} than the suite gives: {_names(ids)}"


def _inapplicable(
    report: Report, rows: Mapping[str, Result], cases: Mapping[str, Case]
) -> Iterator[str]:
    """Yield which tests cannot be left aside as not applicable, by what is declared."""
    hello = _hello(report)
    mandatory = PROFILES.get(header_text(report, "profile"), PROFILES["full"])
    wrong = [
        row.id
        for row in rows.values()
        if row.status == "not_applicable"
        and not _under_control(row, rows)
        and not _may_be_without(cases[row.id], report)
        and not _need_not_apply(cases[row.id], hello, mandatory)
    ]
    if wrong:
        yield f"{tests(len(wrong))} not applicable that apply: {_names(wrong)}"


def _under_control(row: Result, rows: Mapping[str, Result]) -> bool:
    """Return whether a test follows its control, which is looked at by itself."""
    control = rows.get(row.control)
    return control is not None and control is not row and control.status == "not_applicable"


def _may_be_without(case: Case, report: Report) -> bool:
    """Return whether a client said by an option, or in a file of them, what it does not do."""
    argv = report.header.get("argv", ())
    client = any(word.startswith(("--cl", "--con")) for word in argv)
    return case.kind == "scenario" and client and bool(case.needs)


def _need_not_apply(case: Case, hello: Optional[Hello], mandatory: FrozenSet[str]) -> bool:
    if hello is None:
        return False
    if case.kind == "scenario" and CHAT in hello.operations:
        own = frozenset(hello.operations[CHAT].get("features", ()))
        return lacking(case, hello.features | own) is not None
    if case.vector is not None and may_lack(case.vector):
        return True
    early = before_asking(case, hello, mandatory)
    return early is not None and early.status == "not_applicable"


def _hello(report: Report) -> Optional[Hello]:
    try:
        return parse_hello(report.header.get("capabilities") or None)
    except ProtocolError:
        return None


class _Refusing(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _selects(report: Report, published: List[Case]) -> bool:
    """Return whether the options of a run leave tests out; what is in no option is not seen."""
    from conformance.cli.run_options import DEFAULTS, add_arguments

    argv = list(report.header.get("argv", ()))
    parser = _Refusing(add_help=False)
    add_arguments(parser)
    try:
        given = vars(parser.parse_args(argv[1:])) if argv[:1] == ["run"] else {}
        options = argparse.Namespace(**{**DEFAULTS, **given})
        wanted = Selection(
            words=tuple(options.tests),
            exact=tuple(options.case),
            expression=options.expression,
            mark="critical" if options.quick else options.mark,
            skipped=tuple(options.skip),
            shard=options.shard or (1, 1),
        )
        every = [*published, *challenge_cases(published)] if options.challenge else published
        selected = select(every, wanted, renamed=load_renamed())
    except (SuiteError, ValueError):
        return False  # options of another edition contradict nothing
    if options.quick:
        selected -= {case.id for case in published if case.attack and case.attack.slow}
    return any(case.id not in selected for case in published)


def _names(ids: Iterable[str]) -> str:
    names = sorted(ids)
    more = ", ..." if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
