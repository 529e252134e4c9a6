from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from conformance.mock_tee.server import MockTee
from tests.unit.cli.command import KEY, venice_ref
from venice_ref.attestation.checks import CHECKS

REAL = Path(__file__).resolve().parents[4] / "shared" / "real" / "venice-2026-04-24"
BINDING = ("--assurance", "binding")
FOREIGN_NONCE = "ab" * 32


@pytest.fixture(name="bundle", scope="module")
def saved_bundle(tee: MockTee, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("bundle") / "bundle.json"
    done = venice_ref(
        "attest", "e2ee-mock", "--save", str(file), *BINDING, "--base-url", tee.base_url
    )
    assert done.code == 0
    return file


@pytest.fixture(name="answer", scope="module")
def bare_answer(bundle: Path) -> Tuple[Path, str]:
    """Return a file with the bare answer, and its nonce."""
    members = json.loads(bundle.read_bytes())
    file = bundle.with_name("answer.json")
    file.write_text(members["attestation"], encoding="utf-8")
    return file, members["nonce"]


# --- The page -----------------------------------------------------------------------------------


def test_a_pass_says_what_was_proven_and_what_was_not(bundle: Path) -> None:
    done = venice_ref("verify", str(bundle), *BINDING)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Evidence for e2ee-mock"
    for title in ("Answer", "Model key", "Quote", "Binding", "Machine", "GPUs", "Policy"):
        assert title in lines
    assert "FAILED" not in lines
    closing = done.out.split("\n\n")[-1]
    assert closing.startswith("verdict     PASS\ntime        20")
    assert "by the bundle" in closing
    assert "proven      the answer belongs together" in closing
    assert "not proven  that the quote comes from a genuine machine" in closing


def test_every_check_is_on_the_page(bundle: Path) -> None:
    for options in (BINDING, ()):
        out = venice_ref("verify", str(bundle), *options).out
        marked = [line.split() for line in out.splitlines() if line.startswith("  ")]
        shown = [words[1] for words in marked if words[0] in ("ok", "-", "FAIL")]
        for rule in CHECKS:
            assert shown.count(rule.id) == 1, rule.id


def test_what_failed_stands_last_and_in_full(bundle: Path) -> None:
    done = venice_ref("verify", str(bundle), *BINDING, "--nonce", FOREIGN_NONCE)
    assert done.code == 1
    assert max(map(len, done.out.splitlines())) <= 80
    page, _, failed = done.out.partition("\nFAILED\n")
    assert "FAIL" not in page
    assert "FAIL  binding.nonce  BND-3" in failed
    assert FOREIGN_NONCE in failed.replace("\n        ", "")
    assert failed.split("\n\n")[-1].startswith("verdict     FAIL")
    assert "[ATT-5]" in done.err


def test_what_is_not_built_is_missing_and_fails(bundle: Path) -> None:
    done = venice_ref("verify", str(bundle))
    assert done.code == 1
    missing = done.out.partition("\nREQUIRED AND NOT PERFORMED\n")[2].split("\n\n")[0]
    assert "dcap.signature" in missing
    assert "assurance   binding, required dcap" in done.out
    assert "--assurance binding" in done.err  # the way out is named


def test_more_facts_under_v(bundle: Path) -> None:
    assert "rt_mr3" not in venice_ref("verify", str(bundle), *BINDING).out
    done = venice_ref("verify", "-v", str(bundle), *BINDING)
    assert "rt_mr3" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


# --- JSON ---------------------------------------------------------------------------------------


def shape_of(shown: Dict[str, Any]) -> None:
    assert {"verdict", "assurance", "gpu", "checks", "facts"} <= set(shown)
    assert set(shown["assurance"]) == set(shown["gpu"]) == {"required", "reached"}
    for check in shown["checks"]:
        assert set(check) == {"id", "requirement", "status", "detail"}
        assert check["status"] in ("pass", "fail", "not_performed")
    assert {"tcb_status", "advisory_ids", "report_data", "mr_td", "rt_mr0"} <= set(shown["facts"])


def test_json_of_a_pass(bundle: Path) -> None:
    done = venice_ref("verify", "--json", str(bundle), *BINDING)
    shown = json.loads(done.out)
    shape_of(shown)
    assert (done.code, shown["verdict"], "error" in shown) == (0, "pass", False)
    assert shown["facts"]["judged_at_source"] == "the time of capture, by the bundle"


def test_json_of_a_failure_is_as_complete(bundle: Path) -> None:
    done = venice_ref("verify", "--json", str(bundle), *BINDING, "--model", "other")
    shown = json.loads(done.out)
    shape_of(shown)
    assert (done.code, shown["verdict"]) == (1, "fail")
    assert shown["error"]["requirement"] == "ATT-4"


# --- Bundles and bare answers -------------------------------------------------------------------


def test_a_bare_answer_needs_its_nonce(answer: Tuple[Path, str]) -> None:
    file, nonce = answer
    without = venice_ref("verify", str(file), *BINDING)
    assert without.code == 1
    assert "hint: give the nonce" in without.err
    done = venice_ref("verify", str(file), *BINDING, "--nonce", nonce.upper())
    assert done.code == 0
    assert "now, by this machine's clock" in done.out.replace("\n            ", " ")


def test_the_model_may_be_given(answer: Tuple[Path, str]) -> None:
    file, nonce = answer
    argv = ["verify", str(file), *BINDING, "--nonce", nonce, "--model"]
    assert venice_ref(*argv, "e2ee-mock").code == 0
    assert venice_ref(*argv, "other").code == 1


def test_the_time_may_be_given(bundle: Path) -> None:
    done = venice_ref("verify", str(bundle), *BINDING, "--at", "2026-04-24T03:58:41+02:00")
    assert "time        2026-04-24T01:58:41Z (by --at)" in done.out


def test_evidence_may_come_from_standard_input(bundle: Path) -> None:
    assert venice_ref("verify", "-", *BINDING, stdin=bundle.read_bytes()).code == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--nonce", "abc"),
        ("--nonce", "zz" * 32),
        ("--nonce", "ab" * 31),
        ("--at", "yesterday"),
        ("--at", "2026-04-24"),
    ],
)
def test_options_that_do_not_parse_are_usage(bundle: Path, options: Tuple[str, str]) -> None:
    done = venice_ref("verify", str(bundle), *BINDING, *options)
    assert (done.code, done.out) == (2, "")
    assert options[0] in done.err


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b"<html>", b'{"verified":1}'])
def test_what_is_no_evidence_is_refused_with_a_report(content: bytes) -> None:
    done = venice_ref("verify", "--json", "-", *BINDING, stdin=content)
    assert done.code == 1
    shape_of(json.loads(done.out))


@pytest.mark.parametrize(
    "change",
    [{"format": "venice-ref-bundle-9"}, {"nonce": "00"}, {"attestation": {}}, {"more": 1}],
)
def test_a_damaged_bundle_is_refused(bundle: Path, change: Dict[str, Any]) -> None:
    members = {**json.loads(bundle.read_bytes()), **change}
    done = venice_ref("verify", "--json", "-", *BINDING, stdin=json.dumps(members).encode())
    assert done.code == 1
    assert json.loads(done.out)["error"]["kind"] == "malformed"


def test_collateral_that_is_not_used_is_mentioned(bundle: Path) -> None:
    members = {**json.loads(bundle.read_bytes()), "collateral": "{}"}
    done = venice_ref("verify", "-", *BINDING, stdin=json.dumps(members).encode())
    assert (done.code, "not used yet" in done.err) == (0, True)


# --- attest -------------------------------------------------------------------------------------


def test_attest_names_its_time_and_keeps_the_key_to_itself(tee: MockTee) -> None:
    done = venice_ref("attest", "e2ee-mock-p", "-v", *BINDING, "--base-url", tee.base_url)
    assert done.code == 0
    assert "by this machine's clock" in done.out.replace("\n            ", " ")
    assert KEY not in done.out + done.err
    assert "asking http://127.0.0.1" in done.err


def test_evidence_that_fails_is_saved_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    with MockTee(scenario="debug-td", seed="cli") as tee:
        argv = ["attest", "e2ee-mock", *BINDING, "--save", str(file), "--base-url", tee.base_url]
        assert venice_ref(*argv).code == 1
    done = venice_ref("verify", str(file), *BINDING)
    assert done.code == 1
    assert "FAIL  td.attributes  QUO-11" in done.out


def test_a_place_that_cannot_be_written_is_usage(tee: MockTee, tmp_path: Path) -> None:
    argv = ["attest", "e2ee-mock", *BINDING, "--save", str(tmp_path), "--base-url", tee.base_url]
    assert venice_ref(*argv).code == 2


def test_no_evidence_is_no_verdict(tee: MockTee) -> None:
    done = venice_ref("attest", "no-such-model", *BINDING, "--base-url", tee.base_url)
    assert (done.code, done.out) == (3, "")
    assert "hint: `python3 -m venice_ref models`" in done.err


# --- Real evidence ------------------------------------------------------------------------------


@pytest.fixture(name="real", scope="module")
def real_nonce() -> str:
    if not REAL.is_dir():
        pytest.skip("the recorded evidence is not beside this checkout")
    nonce = json.loads((REAL / "manifest.json").read_bytes())["nonce_hex"]
    assert isinstance(nonce, str)
    return nonce


def test_the_real_capture_passes_at_binding_and_at_nothing_above(real: str) -> None:
    argv = ["verify", str(REAL / "attestation.json"), "--json", "--nonce"]
    done = venice_ref(*argv, real, *BINDING, "--model", "e2ee-qwen3-5-122b-a10b")
    shown = json.loads(done.out)
    assert (done.code, shown["verdict"]) == (0, "pass")
    assert shown["facts"]["gpu_count"] == 8
    assert venice_ref(*argv, FOREIGN_NONCE, *BINDING).code == 1
    assert venice_ref(*argv, real).code == 1


def test_the_real_page_fits(real: str) -> None:
    done = venice_ref("verify", str(REAL / "attestation.json"), "-v", "--nonce", real, *BINDING)
    assert max(map(len, done.out.splitlines())) <= 80
