"""The exit code of a run, computed from its report and from nothing else.

0  everything that was required passed
1  failures, an expected failure that passed, or a line of the expected failures that is wrong
2  interrupted: the report says what was executed until then
3  the suite itself broke
4  wrong usage (no report is made)
5  nothing was executed
7  the implementation could not be started
"""

from __future__ import annotations

from typing import Final, Mapping

from conformance.report.document import Report

__all__ = [
    "FAILED",
    "HARNESS",
    "INTERRUPTED",
    "NOTHING",
    "NOT_STARTED",
    "PASSED",
    "USAGE",
    "exit_code",
    "exit_reason",
]

PASSED: Final = 0
FAILED: Final = 1
INTERRUPTED: Final = 2
HARNESS: Final = 3
USAGE: Final = 4
NOTHING: Final = 5
NOT_STARTED: Final = 7

_NOT_EXECUTED: Final = ("deselected", "not_applicable", "blocked")


def exit_code(report: Report) -> int:
    """Return the exit code of a run."""
    counts = report.counts
    if not report.complete:
        return INTERRUPTED
    if counts.get("harness_error"):
        return HARNESS
    if not any(status not in _NOT_EXECUTED for status in counts):
        return NOT_STARTED if counts.get("blocked") else NOTHING
    return FAILED if report.failures or report.header.get("problems") else PASSED


def exit_reason(report: Report) -> str:
    """Return in one line why the exit code is what it is."""
    code = exit_code(report)
    failed, problems = len(report.failures), len(report.header.get("problems", ()))
    if code == PASSED and report.verdict.conformant:
        why = "everything that was required passed"
    elif code == PASSED:
        why = "everything that was selected passed; not a conformance claim because"
        why += f" {report.verdict.because[0]}"
    elif code == FAILED and not failed:
        why = f"the files of the run are wrong in {problems} places"
    elif code == FAILED:
        why = f"{failed} of {len(report.results)} tests failed"
    else:
        why = _WHY[code]
    return f"exit code {code}: {why}"


_WHY: Final[Mapping[int, str]] = {
    INTERRUPTED: "the run was interrupted",
    HARNESS: "the suite itself broke",
    NOTHING: "nothing was executed",
    NOT_STARTED: "the implementation could not be started",
}
