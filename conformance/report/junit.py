"""The report as JUnit XML, in the shape that Jenkins, GitLab and GitHub's actions read.

One `testsuite` for each file of vectors and each area of the scenarios.  A verdict that is wrong is
a `failure` whose type is the subtype; what broke, hung or could not be asked is an `error`; what
did not have to be met is `skipped`.  The first suite, `run`, is about the run itself.
"""

from __future__ import annotations

from typing import Dict, Final, List, Mapping, Sequence, Tuple
from xml.etree import ElementTree as ET

from conformance.report.document import Report
from conformance.report.summary import (
    BROKEN,
    Group,
    broken_run,
    groups,
    header_text,
    implementation_line,
    must_line,
    what,
)
from conformance.report.text import one_line, printable
from conformance.results import STATUSES, Result

__all__ = ["SKIPPED", "outcome", "render"]

SKIPPED: Final = ("not_applicable", "deselected", "xfail")

_RUN: Final = "venice-conformance.run"


def outcome(status: str) -> str:
    """Return the element that stands for a status; empty where the test passed."""
    if status in BROKEN:
        return "error"
    if status in SKIPPED:
        return "skipped"
    return "failure" if STATUSES[status].fails else ""


def render(report: Report) -> str:
    """Return the XML document; it is UTF-8 when it is written."""
    root = ET.Element("testsuites", {"name": "Venice conformance"})
    _run_suite(root, report)
    for group in groups(report):
        _suite(root, group, header_text(report, "started"))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", _seconds(report.results))
    ET.indent(root, " ")
    text: str = ET.tostring(root, encoding="unicode")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + text + "\n"


def _run_suite(root: ET.Element, report: Report) -> None:
    """Add the suite that says what the run is, and fails where the run itself did."""
    problems = [str(text) for text in report.header.get("problems", ())]
    broken = broken_run(report)
    counts = {"tests": len(problems) + len(broken), "failures": len(problems)}
    suite = _element(root, "testsuite", {
        "name": _RUN, **{name: str(count) for name, count in counts.items()},
        "errors": str(len(broken)), "skipped": "0", "time": "0.000",
        "timestamp": header_text(report, "started").rstrip("Z"),
    })  # fmt: skip
    properties = ET.SubElement(suite, "properties")
    for name, value in _facts(report):
        _element(properties, "property", {"name": name, "value": value})
    for number, text in enumerate([*broken, *problems], 1):
        case = _element(
            suite, "testcase", {"name": f"run {number}", "classname": _RUN, "time": "0.000"}
        )
        kind, about = ("error", "run") if number <= len(broken) else ("failure", "problem")
        _element(case, kind, {"type": about, "message": one_line(text, 500)}, text)


def _facts(report: Report) -> List[Tuple[str, str]]:
    facts = [
        ("implementation", implementation_line(report)),
        ("suite.version", header_text(report, "suite", "version")),
        ("suite.revision", header_text(report, "suite", "revision")),
        ("spec.revision", header_text(report, "spec", "revision")),
        ("profile", header_text(report, "profile")),
        ("seed", header_text(report, "seed")),
        ("challenge", header_text(report, "challenge")),
        ("must", must_line(report)),
        ("level", report.verdict.level),
        ("conformant", "true" if report.verdict.conformant else "false"),
    ]
    return [*facts, *(("because", reason) for reason in report.verdict.because)]


def _suite(root: ET.Element, group: Group, started: str) -> None:
    kinds = [outcome(row.status) for row in group.results]
    suite = _element(root, "testsuite", {
        "name": group.name, "tests": str(len(kinds)), "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")), "skipped": str(kinds.count("skipped")),
        "time": _seconds(group.results), "timestamp": started.rstrip("Z"),
    })  # fmt: skip
    for row, kind in zip(group.results, kinds):
        _case(suite, group.name, row, kind)


def _case(suite: ET.Element, group: str, row: Result, kind: str) -> None:
    members = {"name": row.id, "classname": group.replace("/", "."), "time": _seconds((row,))}
    if row.file and row.kind != "scenario":
        members["file"] = f"vectors/{row.file}.json"
    case = _element(suite, "testcase", members)
    properties = ET.SubElement(case, "properties")
    for cited in row.req:
        _element(properties, "property", {"name": "requirement", "value": cited})
    for name, value in (("status", row.status), ("importance", row.importance)):
        _element(properties, "property", {"name": name, "value": value})
    message = one_line(row.detail or STATUSES[row.status].about, 500)
    if kind == "skipped":
        _element(case, kind, {"message": f"{row.status}: {message}"})
    elif kind:
        _element(case, kind, {"type": row.subtype or row.status, "message": message}, _body(row))
    told = "" if row.status == "pass" else f"{what(row)}: {row.detail}\n"
    for name, text in row.attachments.items():
        told += f"--- {name}\n{text}\n"
    if told:
        _element(case, "system-out", {}, told)


def _body(row: Result) -> str:
    if row.explanation is None:
        return row.detail
    lines: Mapping[str, str] = row.explanation._asdict()
    return "\n".join(f"{name}: {text}" for name, text in lines.items())


def _element(parent: ET.Element, tag: str, members: Dict[str, str], text: str = "") -> ET.Element:
    """Add an element whose texts hold what XML 1.0 can hold."""
    shown = {name: printable(value) for name, value in members.items()}
    element = ET.SubElement(parent, tag, shown)
    if text:
        element.text = printable(text)
    return element


def _seconds(rows: Sequence[Result]) -> str:
    return f"{sum(row.seconds for row in rows):.3f}"
