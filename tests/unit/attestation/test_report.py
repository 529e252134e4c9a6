from __future__ import annotations

import json

import pytest

from venice_ref.attestation.report import Check, Report, printable

PASSED = Check("a.b", "ATT-1", "pass", "fine", required=True, kind="")
FAILED = Check("a.c", "BND-1", "fail", "not fine", required=True, kind="evidence")
SKIPPED = Check("a.d", "POL-1", "not_performed", "why", required=False, kind="")
MISSING = Check("a.e", "POL-1", "not_performed", "why", required=True, kind="")
REPORT = Report(
    "fail", "dcap", "none", "report", "ignore", (PASSED, FAILED, SKIPPED, MISSING), {"x": None}
)


def test_what_stands_against_a_verdict() -> None:  # ATT-13
    holds = [check.holds for check in (PASSED, FAILED, SKIPPED, MISSING)]
    assert holds == [True, False, True, False]


def test_the_json_is_the_documented_one() -> None:
    assert json.loads(json.dumps(REPORT.to_json())) == {
        "verdict": "fail",
        "assurance": {"required": "dcap", "reached": "none"},
        "gpu": {"required": "report", "reached": "ignore"},
        "checks": [
            {"id": "a.b", "requirement": "ATT-1", "status": "pass", "detail": "fine"},
            {"id": "a.c", "requirement": "BND-1", "status": "fail", "detail": "not fine"},
            {"id": "a.d", "requirement": "POL-1", "status": "not_performed", "detail": "why"},
            {"id": "a.e", "requirement": "POL-1", "status": "not_performed", "detail": "why"},
        ],
        "facts": {"x": None},
    }


def test_checks_are_found_by_name() -> None:
    assert REPORT.failed == (FAILED,)
    assert REPORT.check("a.d") is SKIPPED
    with pytest.raises(KeyError):
        REPORT.check("a.x")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Qwen/Qwen3.5", "Qwen/Qwen3.5"),
        ("", ""),
        ("a" * 120, "a" * 120),
        ("\x1b[31mred", "'\\x1b[31mred'"),
        ("line\nend", "'line\\nend'"),
        ("\u202egnp", "'\\u202egnp'"),
        ("caf\u00e9", "'caf\\xe9'"),
    ],
)
def test_peer_text_is_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_peer_text_is_bounded() -> None:
    assert len(printable("a" * 1_000_000)) < 200


def test_a_report_prints_as_lines() -> None:
    check = Check("answer.nonce", "ATT-5", "pass", "the client's nonce", required=True, kind="")
    shown = str(Report("pass", "dcap", "dcap", "report", "report", (check,), {"nonce": "00"}))
    assert shown.splitlines() == [
        "pass: assurance dcap (required dcap), GPUs report (required report)",
        "pass           ATT-5   answer.nonce: the client's nonce",
    ]
