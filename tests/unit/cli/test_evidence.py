from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from conformance.mock_tee.server import MockTee
from tests.unit.cli.command import KEY, Done, process, venice_ref
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


def test_without_collateral_dcap_is_missing_and_fails(bundle: Path) -> None:
    done = venice_ref("verify", str(bundle))
    assert done.code == 1
    missing = done.out.partition("\nREQUIRED AND NOT PERFORMED\n")[2].split("\n\n")[0]
    assert "dcap.collateral" in missing
    assert "dcap.tcb" in missing
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


# --- Who says what it is judged by --------------------------------------------------------------


def unwrapped(done: Done) -> str:
    return done.out.replace("\n            ", " ")


def test_a_bundle_does_not_prove_that_it_is_fresh(bundle: Path) -> None:
    out = unwrapped(venice_ref("verify", str(bundle), *BINDING))
    assert "\nnonce       by the bundle\nmodel       by the bundle\n" in out
    not_proven = out.partition("\nnot proven")[2]
    assert "that the evidence is fresh: nonce and time are the bundle's own" in not_proven
    out = unwrapped(venice_ref("verify", str(bundle), *BINDING, "--at", "2026-04-24T01:58:41Z"))
    assert "that the evidence is fresh: the nonce is the bundle's own" in out


def test_a_nonce_of_the_reader_is_named_as_such(
    bundle: Path, answer: Tuple[Path, str], tee: MockTee
) -> None:
    own = ["--nonce", answer[1], "--model", "e2ee-mock"]
    for file in (bundle, answer[0]):
        out = unwrapped(venice_ref("verify", str(file), *BINDING, *own))
        assert "\nnonce       by --nonce\nmodel       by --model\n" in out
        assert "fresh" not in out.partition("\nnot proven")[2]
    out = unwrapped(venice_ref("attest", "e2ee-mock", *BINDING, "--base-url", tee.base_url))
    assert "\nnonce       made here for this request\nmodel       as it was asked for\n" in out
    assert "fresh" not in out.partition("\nnot proven")[2]


def test_json_names_the_sources_as_well(bundle: Path, answer: Tuple[Path, str]) -> None:
    def sources(*argv: str) -> Tuple[str, str]:
        facts = json.loads(venice_ref("verify", "--json", *argv, *BINDING).out)["facts"]
        return facts["judged_nonce_source"], facts["judged_model_source"]

    assert sources(str(bundle)) == ("by the bundle", "by the bundle")
    assert sources(str(bundle), "--nonce", answer[1]) == ("by --nonce", "by the bundle")
    assert sources(str(answer[0])) == ("none is given", "none is given")


def test_a_provider_of_spaces_is_shown(answer: Tuple[Path, str]) -> None:
    members = {**json.loads(answer[0].read_bytes()), "tee_provider": " " * 60}
    done = venice_ref("verify", "-", *BINDING, stdin=json.dumps(members).encode())
    assert "verdict     FAIL" in done.out  # as no nonce is given


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


def test_collateral_that_no_level_asks_for_is_not_judged(bundle: Path) -> None:
    members = {**json.loads(bundle.read_bytes()), "collateral": "{}"}
    content = json.dumps(members).encode()
    done = venice_ref("verify", "-", *BINDING, stdin=content)
    assert (done.code, done.err) == (0, "")
    assert "assurance binding does not ask for it" in done.out
    assert "FAIL  dcap.collateral  COL-1" in venice_ref("verify", "-", stdin=content).out


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


# --- attest at dcap -----------------------------------------------------------------------------


def pcs_requests(tee: MockTee) -> List[str]:
    return [
        request.path
        for request in tee.log.requests
        if "/certification/" in request.path or request.path.endswith(".der")
    ]


def test_attest_passes_at_dcap_under_the_given_root_only(tee: MockTee, root: Path) -> None:
    argv = ["attest", "e2ee-mock", "--json", "--base-url", tee.base_url]
    done = venice_ref(*argv, "--trust-root", str(root))
    shown = json.loads(done.out)
    assert (done.code, shown["verdict"]) == (0, "pass")
    assert shown["assurance"] == {"required": "dcap", "reached": "dcap"}
    assert shown["facts"]["tcb_status"] == "UpToDate"
    assert "intel" in shown["facts"]["trust_roots_replaced"]
    before = len(pcs_requests(tee))
    assert before >= 4
    refused = venice_ref(*argv)
    shown = json.loads(refused.out)
    assert (refused.code, shown["error"]["requirement"]) == (1, "CRT-13")
    assert len(pcs_requests(tee)) == before
    details = {check["id"]: check["detail"] for check in shown["checks"]}
    assert "does not end in the Intel SGX Root CA" in details["dcap.collateral"]


def test_attest_passes_at_nras_and_a_bundle_of_it_as_well(
    tee: MockTee, root: Path, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    argv = ["attest", "e2ee-mock", "--json", "-v", "--gpu", "nras", "--base-url", tee.base_url]
    done = venice_ref(*argv, "--trust-root", str(root), "--save", str(file))
    shown = json.loads(done.out)
    assert (done.code, shown["gpu"]["reached"]) == (0, "nras")
    assert (shown["facts"]["nras_result"], shown["facts"]["gpu_debug"]) == (True, "disabled")
    assert "about 8 GPUs" in done.err
    again = venice_ref("verify", str(file), "--gpu", "nras", "--trust-root", str(root))
    assert (again.code, "gpu         nras, required nras" in again.out) == (0, True)


def test_a_pass_under_a_simulated_root_says_what_it_is_worth(tee: MockTee, root: Path) -> None:
    done = venice_ref("attest", "e2ee-mock", "--base-url", tee.base_url, "--trust-root", str(root))
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    assert "nothing is proven about real machines" in done.out.replace("\n            ", " ")
    assert "warning: trusting the given root in the place of: intel" in done.err


def test_a_bundle_is_all_that_a_second_verification_needs(
    tee: MockTee, root: Path, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    argv = ["attest", "e2ee-mock", "--save", str(file), "--base-url", tee.base_url]
    assert venice_ref(*argv, "--trust-root", str(root)).code == 0
    before = len(tee.log.requests)
    done = venice_ref("verify", str(file), "--json", "--trust-root", str(root))
    shown = json.loads(done.out)
    assert (done.code, shown["assurance"]["reached"]) == (0, "dcap")
    assert shown["facts"]["judged_at_source"] == "the time of capture, by the bundle"
    assert shown["facts"]["judged_at"] == json.loads(file.read_bytes())["captured_at"][:19] + "Z"
    assert len(tee.log.requests) == before
    assert venice_ref("verify", str(file)).code == 1  # a bundle brings no root
    late = venice_ref(
        "verify", str(file), "--trust-root", str(root), "--at", "2099-01-01T00:00:00Z"
    )
    assert (late.code, "(by --at)" in late.out) == (1, True)


def test_a_second_attest_asks_nobody_but_the_service(
    tee: MockTee, root: Path, tmp_path: Path
) -> None:
    argv = ["attest", "e2ee-mock", "-v", "--base-url", tee.base_url, "--trust-root", str(root)]
    cache = str(tmp_path)
    first = venice_ref(*argv, XDG_CACHE_HOME=cache)
    assert (first.code, "for collateral for TDX" in first.err) == (0, True)
    before = len(pcs_requests(tee))
    second = venice_ref(*argv, XDG_CACHE_HOME=cache)
    assert (second.code, len(pcs_requests(tee))) == (0, before)
    assert "from the cache" in second.err
    third = venice_ref(*argv, "--no-cache", XDG_CACHE_HOME=cache)
    assert third.code == 0
    assert len(pcs_requests(tee)) == before + 4


def test_a_cache_that_was_changed_is_not_believed(tee: MockTee, root: Path, tmp_path: Path) -> None:
    argv = ["attest", "e2ee-mock", "--base-url", tee.base_url, "--trust-root", str(root)]
    cache = str(tmp_path)
    assert venice_ref(*argv, XDG_CACHE_HOME=cache).code == 0
    (file,) = (tmp_path / "venice-ref").iterdir()
    file.write_bytes(file.read_bytes().replace(b"UpToDate", b"Upt0Date"))
    before = len(pcs_requests(tee))
    assert venice_ref(*argv, XDG_CACHE_HOME=cache).code == 0
    assert len(pcs_requests(tee)) == before + 4


def test_collateral_from_a_file_takes_the_place_of_the_network(
    tee: MockTee, root: Path, tmp_path: Path
) -> None:
    file = tmp_path / "collateral.json"
    file.write_text(tee.collateral())
    before = len(pcs_requests(tee))
    argv = ["attest", "e2ee-mock", "--base-url", tee.base_url, "--trust-root", str(root)]
    assert venice_ref(*argv, "--collateral", str(file)).code == 0
    assert len(pcs_requests(tee)) == before


def test_without_a_network_for_collateral_there_is_no_verdict_and_a_way_out(
    tee: MockTee, root: Path, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    argv = ["attest", "e2ee-mock", "--base-url", tee.base_url, "--trust-root", str(root)]
    done = venice_ref(*argv, "--pcs-url", "http://127.0.0.1:1", "--save", str(file))
    assert (done.code, done.out) == (3, "")
    for way_out in ("saved bundle", "--collateral FILE", "--assurance binding"):
        assert way_out in done.err
    # The answer is kept all the same, and can be judged once there is collateral.
    collateral = tmp_path / "collateral.json"
    collateral.write_text(tee.collateral())
    again = ["verify", str(file), "--trust-root", str(root)]
    assert venice_ref(*again).code == 1
    assert venice_ref(*again, "--collateral", str(collateral)).code == 0


def test_evidence_that_fails_by_itself_makes_no_request_to_intel(root: Path) -> None:
    with MockTee(scenario="key-unbound", seed="cli") as tee:
        argv = ["attest", "e2ee-mock", "--base-url", tee.base_url, "--trust-root", str(root)]
        done = venice_ref(*argv)
        assert pcs_requests(tee) == []
    assert (done.code, "[BND-1]" in done.err) == (1, True)


def test_a_policy_file_is_judged_and_its_levels_may_be_replaced(
    tee: MockTee, root: Path, tmp_path: Path
) -> None:
    file = tmp_path / "policy.json"
    policy = {"format": "venice-ref-policy-1", "min_tcb_evaluation_number": 99}
    file.write_text(json.dumps(policy))
    argv = ["attest", "e2ee-mock", "--base-url", tee.base_url, "--trust-root", str(root)]
    done = venice_ref(*argv, "--policy", str(file))
    assert (done.code, "[POL-8]" in done.err) == (1, True)
    below = venice_ref(*argv, "--policy", str(file), "--assurance", "binding")
    assert (below.code, "[POL-6]" in below.err) == (2, True)
    file.write_text(json.dumps({"format": "venice-ref-policy-1", "tcb_statuses": ["UpToDate"]}))
    assert venice_ref(*argv, "--policy", str(file)).code == 0


# --- Real evidence ------------------------------------------------------------------------------


@pytest.fixture(name="real", scope="module")
def real_nonce() -> str:
    if not REAL.is_dir():
        pytest.skip("the recorded evidence is not beside this checkout")
    nonce = json.loads((REAL / "manifest.json").read_bytes())["nonce_hex"]
    assert isinstance(nonce, str)
    return nonce


def test_the_real_capture_passes_at_binding_and_without_collateral_at_nothing_above(
    real: str,
) -> None:
    argv = ["verify", str(REAL / "attestation.json"), "--json", "--nonce"]
    done = venice_ref(*argv, real, *BINDING, "--model", "e2ee-qwen3-5-122b-a10b")
    shown = json.loads(done.out)
    assert (done.code, shown["verdict"]) == (0, "pass")
    assert shown["facts"]["gpu_count"] == 8
    assert venice_ref(*argv, FOREIGN_NONCE, *BINDING).code == 1
    assert venice_ref(*argv, real).code == 1


def real_argv(nonce: str, *, at: str = "2026-04-24T01:58:41Z") -> List[str]:
    return [
        "verify", str(REAL / "attestation.json"), "--nonce", nonce, "--at", at,
        "--collateral", str(REAL / "collateral.json"), "--nras", str(REAL / "nras.json"),
        "--jwks", str(REAL / "jwks.json"), "--assurance", "dcap", "--gpu", "nras",
    ]  # fmt: skip


def test_the_real_capture_passes_at_dcap_and_nras_with_all_of_its_facts(real: str) -> None:
    """Every sentence of the README of the recorded evidence, out of the JSON."""
    done = venice_ref(*real_argv(real), "--json")
    shown = json.loads(done.out)
    facts = shown["facts"]
    assert (done.code, done.err, shown["verdict"]) == (0, "", "pass")
    assert shown["assurance"] == {"required": "dcap", "reached": "dcap"}
    assert shown["gpu"] == {"required": "nras", "reached": "nras"}
    assert (facts["tee_type"], facts["quote_version"]) == ("tdx", 4)
    assert (facts["tcb_status"], facts["advisory_ids"]) == ("UpToDate", [])
    address = facts["signing_address"][2:].lower()
    assert facts["report_data"] == address + "00" * 12 + real
    assert facts["rtmrs_replayed"] == [0, 1, 2, 3]
    assert facts["mr_config_id"] == "01" + facts["compose_hash"] + "00" * 15
    assert facts["compose_text_matches"] is True
    assert (facts["gpu_count"], len(facts["gpus"])) == (8, 8)
    assert (facts["nras_result"], facts["nras_algorithm"]) == (True, "ES384")
    assert facts["trust_roots_replaced"] is None
    passed = {check["id"] for check in shown["checks"] if check["status"] == "pass"}
    assert {"dcap.tcb", "dstack.event_log", "gpu.signatures", "gpu.nras"} <= passed


def test_the_real_capture_passes_on_a_bare_interpreter(real: str) -> None:
    done = process(*real_argv(real), "-v", python=["-S", "-E", "-s"])
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert "NVIDIA vouches for the GPUs" in done.out.replace("\n            ", " ")


@pytest.mark.parametrize(
    ("at", "check", "rule"),
    [
        ("2026-04-24T03:10:00Z", "gpu.nras", "TOK-10"),
        ("2026-06-01T00:00:00Z", "dcap.collateral", "CRL-8"),
        ("2026-04-20T00:00:00Z", "dcap.collateral", "CRL-8"),
    ],
)
def test_the_real_capture_at_another_time(real: str, at: str, check: str, rule: str) -> None:
    done = venice_ref(*real_argv(real, at=at), "--json")
    shown = json.loads(done.out)
    failed = {row["id"]: row["requirement"] for row in shown["checks"] if row["status"] == "fail"}
    assert (done.code, shown["verdict"]) == (1, "fail")
    assert failed[check] == rule


@pytest.mark.parametrize("left_out", ["--collateral", "--nras", "--jwks"])
def test_the_real_capture_without_one_of_its_statements(real: str, left_out: str) -> None:
    argv = real_argv(real)
    at = argv.index(left_out)
    done = venice_ref(*argv[:at], *argv[at + 2 :])
    assert done.code == 1
    assert "[POL-3]" in done.err
    assert f"{left_out} FILE" in done.err


def test_the_real_capture_under_a_foreign_root(real: str, root: Path) -> None:
    done = venice_ref(*real_argv(real), "--trust-root", str(root))
    assert done.code == 1
    assert "FAIL  dcap.collateral  CRT-13" in done.out
    assert "trust_roots_replaced  intel" in done.out


def test_the_real_page_fits(real: str) -> None:
    done = venice_ref("verify", str(REAL / "attestation.json"), "-v", "--nonce", real, *BINDING)
    assert max(map(len, done.out.splitlines())) <= 80
