"""`verify-report`: a claim that others can check."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from conformance.cli.verify_report import add_arguments, verify_report
from conformance.plan import Case
from conformance.report.document import Report, encode_report
from conformance.report.json_lines import render
from conformance.usage import UsageProblem
from tests.unit.conformance.report import samples

IDS = ("field.open/plain", "field.open/tag-last-bit", "scenario/honest", "scenario/keys-swapped")


@pytest.fixture(autouse=True)
def profile(monkeypatch: pytest.MonkeyPatch) -> None:
    def frozen_ids(name: str) -> Tuple[str, ...]:
        if name != "full":
            raise UsageProblem(f"there is no profile {name!r}")
        return IDS

    monkeypatch.setattr("conformance.profiles.frozen_ids", frozen_ids)
    monkeypatch.setattr("conformance.cli.verify_claims.vectors_digest", lambda: "ab" * 32)
    monkeypatch.setattr("conformance.cli.verify_claims.spec_digest", lambda: "cd" * 32)
    monkeypatch.setattr("conformance.cli.verify_claims.load_cases", suite)


def suite() -> Tuple[Case, ...]:
    """Return the cases that the reports of `samples.passed` are about."""
    return tuple(
        Case(
            id=row.id, kind=row.kind, op=row.op, control=row.control, req=row.req,
            file="scenarios" if row.kind == "scenario" else row.file,
            keyword=row.keyword, importance=row.importance, negative=row.negative,
            needs=frozenset({"dcap"} if row.id == "scenario/keys-swapped" else ()),
        )
        for row in samples.passed().results
        if row.kind != "challenge"
    )  # fmt: skip


def run(tmp_path: Path, raw: bytes, *options: str) -> int:
    path = tmp_path / "report.json"
    path.write_bytes(raw)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return verify_report(parser.parse_args([str(path), *options]))


@pytest.mark.parametrize(
    "raw", [encode_report(samples.passed()), render(samples.passed()).encode()]
)
def test_a_whole_report(raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, raw) == 0
    text = capsys.readouterr().out
    assert "is whole and unchanged, and holds every test of its profile" in text
    assert "  executed 5 of 5 MUST: 5 pass\n  level: Strict (profile full)\n" in text
    assert "conformant: yes" in text
    assert run(tmp_path, raw, "--quiet") == 0
    assert capsys.readouterr().out == ""


def test_a_report_that_fails_is_still_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row._replace(status="fail", detail="no") for row in samples.passed().results]
    assert run(tmp_path, encode_report(samples.report(rows))) == 0
    assert "conformant: no" in capsys.readouterr().out


PASSED = samples.passed()
PART = samples.report(PASSED.results[1:])


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (PART, "1 test of the profile missing: field.open/plain"),
        (
            samples.report([*PASSED.results, samples.result("a/b")]),
            "1 test not of the profile: a/b",
        ),
        (
            samples.report([*PASSED.results, samples.result("challenge/a/b")], challenge="c"),
            "1 test made for the run, of no published one: challenge/a/b",
        ),
        (samples.report(PASSED.results, complete=False), "the run was interrupted"),
        (samples.report(PASSED.results, profile="fool"), "there is no profile 'fool'"),
        (samples.empty(), "4 tests of the profile missing"),
    ],
)
def test_what_proves_nothing_is_refused(
    report: Report, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, encode_report(report)) == 1
    assert reason in capsys.readouterr().out


def changed(number: int, **changes: Any) -> Report:
    """Return the good report with one row changed, and the digests that belong to it."""
    rows = list(PASSED.results)
    rows[number] = rows[number]._replace(**changes)
    return samples.report(rows, challenge="c-1")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("kind", "scenario"),
        ("op", "key.parse"),
        ("req", ("ENV-7",)),
        ("keyword", "SHOULD"),
        ("importance", "normal"),
        ("negative", False),
        ("control", ""),
        ("file", "envelope/seal"),
    ],
)
def test_a_row_says_of_its_test_what_the_suite_says(
    member: str, value: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert getattr(PASSED.results[1], member) != value
    assert run(tmp_path, encode_report(changed(1, **{member: value}))) == 1
    assert (
        f"1 test with another {member} than the suite gives: field.open/tag-last-bit"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("number", [0, 1, 2, 4])
def test_what_applies_cannot_be_not_applicable(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = changed(number, status="not_applicable", detail="optional, and not declared")
    assert run(tmp_path, encode_report(forged)) == 1
    said = f"1 test not applicable that apply: {PASSED.results[number].id}\n"
    assert said in capsys.readouterr().out


def capable(*operations: str, features: Tuple[str, ...] = ()) -> Dict[str, Any]:
    return {
        "protocol": 1,
        "implementation": {"name": "x", "version": "1", "language": "python"},
        "operations": {name: {} for name in operations},
        "features": list(features),
        "inject": {},
        "reasons": "coded",
    }


@pytest.mark.parametrize(
    ("capabilities", "argv", "code"),
    [
        (capable("field.open", "client.chat"), ["run"], 0),
        (capable("field.open", "client.chat", features=("dcap",)), ["run"], 1),
        (capable("field.open", "client.chat", features=("dcap",)), ["run", "--client", "x"], 0),
        (capable("field.open"), ["run"], 1),
        ({}, ["run", "--client", "x"], 0),
        ({}, ["run"], 1),
    ],
)
def test_a_feature_that_is_not_declared_need_not_apply(
    capabilities: Dict[str, Any], argv: List[str], code: int, tmp_path: Path
) -> None:
    rows = list(PASSED.results)
    rows[3] = rows[3]._replace(status="not_applicable", detail="needs dcap")
    report = samples.report(rows, challenge="c-1", capabilities=capabilities, argv=argv)
    assert run(tmp_path, encode_report(report)) == code


def test_a_must_is_never_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forged = changed(0, status="warn", subtype="accepted_invalid", detail="no")
    assert run(tmp_path, encode_report(forged)) == 1
    assert "1 test of a MUST with a warning: field.open/plain" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["run", "--adapter", "x", "field.open/"], 1),
        (["run", "-k", "plain"], 1),
        (["run", "--case", "field.open/plain"], 1),
        (["run", "--skip", "scenario/*"], 1),
        (["run", "--shard", "1/2"], 1),
        (["run", "--adapter", "x", "--jobs", "3"], 0),
        (["run", "field.open/", "scenario/"], 0),
    ],
)
def test_options_that_select_are_of_a_partial_run(
    argv: List[str], code: int, tmp_path: Path
) -> None:
    for partial in (False, True):
        report = samples.report(PASSED.results, challenge="c-1", argv=argv, partial=partial)
        assert run(tmp_path, encode_report(report)) == (0 if partial else code)


def test_a_report_of_other_vectors_cannot_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = samples.header()
    for name, member in (("suite", "vectors_sha256"), ("spec", "sha256")):
        other: Dict[str, Any] = {name: {**header[name], member: "ef" * 32}}
        report = samples.report(PASSED.results, challenge="c-1", **other)
        assert run(tmp_path, encode_report(report)) == 1
        text = capsys.readouterr().out
        assert "made with other vectors or requirements" in text
        assert "check it with that edition" in text


RAW = encode_report(PASSED)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (RAW[:-100], "cut off"),
        (RAW.replace(b'"status": "pass"', b'"status": "warn"', 1), "was changed"),
        (RAW.replace(b'"seed": "2', b'"seed": "3'), "was changed"),
        (RAW.replace(b"report-1", b"report-9"), "not of the schema venice-report-1"),
        (render(PASSED).encode().rsplit(b"\n", 2)[0] + b"\n", "no footer"),
        (b"no report", "not JSON"),
    ],
)
def test_what_is_damaged_is_refused(
    raw: bytes, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, raw) == 1
    text = capsys.readouterr().out
    assert text.startswith("refused: ")
    assert reason in text


def test_one_bad_report_among_good_ones(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(RAW)
    (tmp_path / "bad.json").write_bytes(RAW[:-9])
    paths = [str(tmp_path / name) for name in ("bad.json", "good.json")]
    assert verify_report(argparse.Namespace(report=paths, quiet=False)) == 1


def test_a_file_that_is_not_there_is_wrong_usage() -> None:
    with pytest.raises(UsageProblem):
        verify_report(argparse.Namespace(report=["no-such-file"], quiet=False))
