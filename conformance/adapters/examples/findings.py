"""Writes docs/findings.md, its data and the files of expected failures from reports.

    python3 conformance/adapters/examples/findings.py A.json B.json C.json D.json
    python3 conformance/adapters/examples/findings.py

With reports, one of each implementation and of all tests, it keeps what fails in findings.json and
writes everything anew; without, it writes everything from findings.json.  A failing test that no
row of findings_table.py names, or that several name, ends it.
"""

from __future__ import annotations

import fnmatch
import json
import sys
from pathlib import Path
from typing import Any, Dict, Final, List, Mapping, Sequence, Tuple

if __name__ == "__main__":  # the folder of this file stands first, and is no place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[3])

from conformance.adapters.examples.findings_table import (
    FINDINGS,
    IMPLEMENTATIONS,
    Finding,
    Implementation,
)
from conformance.report.document import Report, parse_report
from conformance.requirements import SuiteError, requirements_by_id
from conformance.results import STATUSES, Result

__all__ = ["DATA", "PAGE", "assign", "encode", "expected_failures", "page", "summary"]

FOLDER: Final = Path(__file__).resolve().parent
DATA: Final = FOLDER / "findings.json"
PAGE: Final = FOLDER.parents[2] / "docs" / "findings.md"

SHOWN: Final = 6
"""Tests that the page names for a finding; findings.json has all of them."""
MAX_DETAIL: Final = 100

UNSTEADY: Final[Mapping[str, str]] = {
    "field.seal/one-byte-too-long": "a timeout, or a reply that is too long",
    "request.build/messages-10001": "a timeout, or a request that is too large",
    "scenario/chat-huge-line": "a timeout, or an answer that is cut off",
    "scenario/chat-honest-pieces": "a loss where the network hands over the pieces one by one",
}
"""Tests whose failure depends on the speed of the machine, and what it is: they are skipped."""

Row = Mapping[str, str]
"""A failing test: `status`, `subtype`, `req` (the first), `control`, `detail`."""


# --- From reports -------------------------------------------------------------------------------


def summary(report: Report) -> Dict[str, Any]:
    """Return what is kept of a report: what it was, and what fails."""
    header = report.header
    implementation = header["implementation"]
    return {
        "version": implementation["version"],
        "language": implementation["language"],
        "suite": header["suite"]["version"],
        "vectors_sha256": header["suite"]["vectors_sha256"],
        "counts": report.counts,
        "failing": {row.id: _row(row) for row in report.failures},
    }


def _row(result: Result) -> Row:
    return {
        "status": result.status,
        "subtype": result.subtype,
        "req": result.req[0],
        "control": result.control if result.status == "inconclusive" else "",
        # What a server made up for a run is left out.
        "detail": result.detail[:MAX_DETAIL] if result.kind == "vector" else "",
    }


def encode(data: Mapping[str, Any]) -> str:
    """Return the text of findings.json, with one line for each failing test."""
    lines: List[str] = ["{"]
    for number, (name, one) in enumerate(data.items()):
        facts = {key: value for key, value in one.items() if key != "failing"}
        lines += [f" {json.dumps(name)}: {{", f'  "facts": {json.dumps(facts, sort_keys=True)},']
        lines.append('  "failing": {')
        rows = [f"   {json.dumps(key)}: {json.dumps(row)}" for key, row in one["failing"].items()]
        lines += [",\n".join(rows), "  }", " }" + ("," if number < len(data) - 1 else "")]
    return "\n".join([*lines, "}"]) + "\n"


def decode(text: str) -> Dict[str, Any]:
    """Return what `encode` wrote."""
    return {
        name: {**one["facts"], "failing": one["failing"]} for name, one in json.loads(text).items()
    }


# --- From tests to findings ---------------------------------------------------------------------


def assign(name: str, failing: Mapping[str, Row]) -> Dict[str, Finding]:
    """Return failing test -> finding, for one implementation.

    Raises:
        SuiteError: a test belongs to none, or to several.
    """
    found: Dict[str, Finding] = {}
    faults: List[str] = []
    for test in failing:
        subject = test
        while failing.get(subject, {}).get("control"):
            subject = failing[subject]["control"]
        matches = _best(name, subject, failing.get(subject, {}))
        if len(matches) == 1:
            found[test] = matches[0]
        else:
            faults.append(f"{test} belongs to {[one.key for one in matches]}")
    if faults:
        raise SuiteError(f"{name}: " + "; ".join(faults))
    return found


def _best(name: str, test: str, row: Row) -> List[Finding]:
    """Return the findings that name a test most exactly."""
    ranked = [
        (max(_rank(_own(token, name), test, row) for token in finding.tests), finding)
        for finding in FINDINGS
        if name in finding.of
    ]
    top = max((rank for rank, _ in ranked), default=0)
    return [finding for rank, finding in ranked if rank == top] if top else []


def _own(token: str, name: str) -> str:
    """Return a token without the name of the one implementation it is for; empty for others."""
    owner, bar, rest = token.partition("|")
    if not bar:
        return token
    return rest if owner == name else ""


def _rank(token: str, test: str, row: Row) -> int:
    op, colon, rest = token.partition(":")
    if not colon:
        return (4 if token == test else 3) if fnmatch.fnmatchcase(test, token) else 0
    if test.partition("/")[0] != op:
        return 0
    if rest.startswith("~"):
        return 2 if rest[1:] in row.get("detail", "") else 0
    return 1 if row.get("req") == rest else 0


# --- Files --------------------------------------------------------------------------------------


def expected_failures(one: Implementation, data: Mapping[str, Any]) -> str:
    """Return the file of expected failures of an implementation."""
    failing = data["failing"]
    lines = [
        f"# Expected failures of {one.name} {data['version']}.",
        "# Written by findings.py; docs/findings.md explains each finding.",
        "",
    ]
    findings = assign(one.name, failing)
    for finding in FINDINGS:
        tests = [test for test, found in findings.items() if found is finding]
        lines += [_line(test, failing[test], finding) for test in tests]
        lines += [
            _line(test, {}, finding)
            for test in finding.tests
            if one.name in finding.of and test in UNSTEADY and test not in failing
        ]
    return "\n".join(lines) + "\n"


def _line(test: str, row: Row, finding: Finding) -> str:
    if test in UNSTEADY:
        return f"skip   {test}  -  | {UNSTEADY[test]}; {finding.title} ({finding.key})"
    signature = row["subtype"] or row["status"]
    return f"xfail  {test}  {signature}  | {finding.title} ({finding.key})"


def page(data: Mapping[str, Any]) -> str:
    """Return docs/findings.md."""
    findings = {one.name: assign(one.name, data[one.name]["failing"]) for one in IMPLEMENTATIONS}
    parts = [_INTRODUCTION, _counts(data), _right()]
    parts += ["## Findings\n", _overview(findings)]
    parts += [_section(finding, data, findings) for finding in FINDINGS]
    return "\n".join(parts)


_INTRODUCTION: Final = """\
# Findings in four implementations

This page is written by `conformance/adapters/examples/findings.py` from runs of the suite; do not \
edit it.

The suite was run on four implementations of the protocol that anybody can read. Each has an \
adapter in `conformance/adapters/examples/`, which calls its public functions and adds no check. \
What they are measured against is SPEC.md of this repository, which is younger than all of them \
and stricter than the vendor's guide: for each requirement below stands where it comes from, \
`documented` by the vendor, `observed` in servers and the live service, or `decided here`. A \
requirement that was decided here was known to nobody else, and missing it breaks no promise.

All tests ran on one machine. Conversations were held with the mock TEE of this repository, whose \
roots are simulated; nothing was sent to the service. Where an input is refused, the verdict \
counts and not the reason, because none of the four gives codes. Plaintext and forged events need \
somebody who can write into the connection behind TLS, such as the proxy that terminates it; that \
is whom the protocol is meant to keep out.

What was not tested: operations that an implementation does not have, options that it does not \
have, GPU verification above the level `report`, and receipts of the newer form.
"""


def _counts(data: Mapping[str, Any]) -> str:
    lines = [
        "## Runs",
        "",
        "| implementation | version | passed | failed | inconclusive | does not apply |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for one in IMPLEMENTATIONS:
        counts = data[one.name]["counts"]
        passed = sum(count for name, count in counts.items() if name.startswith("pass"))
        failed = sum(
            count
            for name, count in counts.items()
            if STATUSES[name].fails and name != "inconclusive"
        )
        lines.append(
            f"| {one.name} | {data[one.name]['version']} | {passed} | {failed}"
            f" | {counts.get('inconclusive', 0)} | {counts.get('not_applicable', 0)} |"
        )
    lines += ["", "A refusal whose control, the valid input, is refused as well proves nothing:"]
    lines[-1] += " such a test is inconclusive and counts with the finding of its control."
    return "\n".join(lines) + "\n"


def _right() -> str:
    parts = ["## What each does as specified\n"]
    for one in IMPLEMENTATIONS:
        parts.append(f"### {one.name}\n\n{one.about} {one.right}\n")
        adapter = one.command
        parts.append(
            "```\n"
            f"python3 -m conformance run --adapter '{adapter}' \\\n"
            f"  --xfail conformance/adapters/examples/{one.file}.xfail\n"
            "```\n"
        )
    return "\n".join(parts)


def _overview(findings: Mapping[str, Mapping[str, Finding]]) -> str:
    names = [one.name for one in IMPLEMENTATIONS]
    lines = [f"| finding | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    for finding in FINDINGS:
        counts = [_count(findings[name], finding) for name in names]
        cells = " | ".join(str(count) if count else "" for count in counts)
        lines.append(f"| [{finding.title}](#{finding.key}) | {cells} |")
    lines += ["", "The numbers are failing tests; how many there are of a kind says nothing of"]
    lines[-1] += " how much it matters."
    return "\n".join(lines) + "\n"


def _count(found: Mapping[str, Finding], finding: Finding) -> int:
    return sum(one is finding for one in found.values())


def _section(
    finding: Finding, data: Mapping[str, Any], findings: Mapping[str, Mapping[str, Finding]]
) -> str:
    known = requirements_by_id()
    lines = [f'<a id="{finding.key}"></a>', "", f"### {finding.title}", ""]
    for name in finding.req:
        row = known[name]
        lines.append(f"- {name} ({row.provenance}): {row.text}")
    lines += ["", f"What happens: {finding.happens}", ""]
    lines += [f"What is gained: {finding.gains}", ""]
    for one in IMPLEMENTATIONS:
        tests = [test for test, found in findings[one.name].items() if found is finding]
        if not tests:
            continue
        more = f" and {len(tests) - SHOWN} more" if len(tests) > SHOWN else ""
        named = ", ".join(f"`{test}`" for test in _telling(tests, data[one.name])[:SHOWN])
        lines.append(f"- {one.name} {data[one.name]['version']}: {named}{more}")
    lines += ["", "```", _command(finding, data, findings), "```", ""]
    return "\n".join(lines)


def _telling(tests: Sequence[str], one: Mapping[str, Any]) -> List[str]:
    """Return tests that failed by themselves before those that only lack their control."""
    return sorted(tests, key=lambda test: one["failing"][test]["status"] == "inconclusive")


def _command(
    finding: Finding, data: Mapping[str, Any], findings: Mapping[str, Mapping[str, Finding]]
) -> str:
    for one in IMPLEMENTATIONS:
        tests = [test for test, found in findings[one.name].items() if found is finding]
        if tests:
            test = _telling(tests, data[one.name])[0]
            return f"python3 -m conformance run --adapter '{one.command}' --case {test}"
    raise SuiteError(f"no test shows the finding {finding.key}: leave it out")


def outputs(data: Mapping[str, Any]) -> Dict[Path, str]:
    """Return path -> content of everything that is written."""
    files = {DATA: encode(data), PAGE: page(data)}
    for one in IMPLEMENTATIONS:
        files[FOLDER / f"{one.file}.xfail"] = expected_failures(one, data[one.name])
    return files


def main(paths: Sequence[str]) -> int:
    """Write everything."""
    if paths:
        reports: Tuple[Report, ...] = tuple(
            parse_report(Path(path).read_bytes(), path) for path in paths
        )
        by_name = {report.header["implementation"]["name"]: summary(report) for report in reports}
        data: Mapping[str, Any] = {one.name: by_name[one.name] for one in IMPLEMENTATIONS}
    else:
        data = decode(DATA.read_text(encoding="ascii"))
    try:
        for path, text in outputs(data).items():
            path.write_text(text, encoding="utf-8")
    except SuiteError as error:
        print(f"findings.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
