"""The captured answer at `dcap` and GPU level `nras`, and one bit of it at a time."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

import pytest

from tests.samples import NOW, REAL, Capture, capture, encode, report_of
from venice_ref.attestation.bundle import Bundle, encode_bundle, parse_bundle
from venice_ref.attestation.endorsements import Endorsements
from venice_ref.attestation.pins import AllOf, Pin
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import Report
from venice_ref.attestation.verify import verify_attestation
from venice_ref.errors import PeerError, PolicyError
from venice_ref.model import Nonce32
from venice_ref.pki.signatures import SignatureMemo

POLICY = Policy(assurance="dcap", gpu="nras")
MEMO = SignatureMemo(4096)
FOLDER = REAL / "venice-2026-04-24"


class Evidence:
    """The capture, whose parts may be changed."""

    def __init__(self) -> None:
        self.real: Capture = capture()
        self.answer: Dict[str, Any] = json.loads(self.real.raw)
        self.collateral, self.nras, self.jwks = (
            json.loads((FOLDER / f"{name}.json").read_bytes())
            for name in ("collateral", "nras", "jwks")
        )

    def verify(self, policy: Policy = POLICY, **arguments: Any) -> Report:
        given: Dict[str, Any] = {
            "nonce": self.real.nonce,
            "model": self.real.model,
            "now": NOW,
            "endorsements": Endorsements(
                encode(self.collateral), encode(self.nras), encode(self.jwks)
            ),
            "memo": MEMO,
        }
        answer = encode(self.answer)
        return verify_attestation(answer, policy=policy, **{**given, **arguments}).report

    def refused(self, policy: Policy = POLICY, **arguments: Any) -> Report:
        with pytest.raises(PeerError) as caught:
            self.verify(policy, **arguments)
        return report_of(caught.value)


def exact_bytes() -> Endorsements:
    return Endorsements(
        (FOLDER / "collateral.json").read_bytes(),
        (FOLDER / "nras.json").read_bytes(),
        (FOLDER / "jwks.json").read_bytes(),
    )


@pytest.fixture
def evidence() -> Evidence:
    return Evidence()


# --- It passes, with every fact that is known about it --------------------------------------------


def test_the_capture_passes_from_its_exact_bytes() -> None:
    real = capture()
    report = verify_attestation(
        real.raw,
        nonce=real.nonce,
        model=real.model,
        policy=POLICY,
        now=NOW,
        endorsements=exact_bytes(),
    ).report
    assert (report.assurance_reached, report.gpu_reached) == ("dcap", "nras")
    assert [check.id for check in report.checks if check.status == "not_performed"] == [
        "quote.agree", "measurements", "gpu.switches", "gpu.measurements", "gpu.revocation",
    ]  # fmt: skip


def test_every_known_fact_is_in_the_json(evidence: Evidence) -> None:
    facts = evidence.verify().to_json()["facts"]
    answer, nonce = evidence.answer, evidence.real.nonce.hex()
    # The quote is TDX v4, its status is UpToDate with no advisories.
    assert (facts["tee_type"], facts["quote_version"]) == ("tdx", 4)
    assert (facts["tcb_status"], facts["advisory_ids"]) == ("UpToDate", [])
    # REPORTDATA = signing address + 12 zero bytes + nonce; the address is that of signing_key.
    address = answer["signing_address"][2:]
    assert facts["report_data"] == address + "00" * 12 + nonce
    assert facts["signing_address"].lower() == "0x" + address
    assert facts["model_key"] == answer["signing_key"]
    assert (facts["nonce"], facts["nonce_binding"]) == (nonce, "raw")
    # The event log replays to all four RTMRs; MRCONFIGID = 01 + SHA-256(app_compose) + zeros.
    assert facts["rtmrs_replayed"] == [0, 1, 2, 3]
    assert facts["mr_config_id"] == "01" + facts["compose_hash"] + "00" * 15
    assert (facts["mr_config_id_kind"], facts["compose_text_matches"]) == (1, True)
    # All 8 GPU reports verify; NRAS overall result true, all tokens ES384.
    assert (facts["gpu_count"], len(facts["gpus"])) == (8, 8)
    assert (facts["nras_result"], facts["nras_algorithm"]) == (True, "ES384")
    assert facts["trust_roots_replaced"] is None
    assert len(json.dumps(facts)) < 20_000


def test_the_capture_is_measured_without_nvidias_service(evidence: Evidence) -> None:
    facts = evidence.verify().facts
    pins = AllOf(
        tuple(
            Pin(name, (bytes.fromhex(facts[name]),))
            for name in ("mr_td", "rt_mr0", "rt_mr1", "rt_mr2", "compose_hash", "os_image_hash")
        )
    )
    policy = Policy(assurance="measured", gpu="measured", measurements=pins)
    given = Endorsements(collateral=encode(evidence.collateral))
    report = evidence.verify(policy, endorsements=given)
    assert (report.assurance_reached, report.gpu_reached) == ("measured", "measured")
    assert report.facts["gpu_golden_source"] == ["known-good"]
    evidence.answer["event_log"] = None
    assert not evidence.refused(policy, endorsements=given).check("dstack.app").holds


def test_a_bundle_has_all_of_it(evidence: Evidence) -> None:  # ATT-14
    real = evidence.real
    given = exact_bytes()
    bundle = Bundle(real.model, Nonce32(real.nonce), NOW, real.raw.decode())
    read = parse_bundle(encode_bundle(bundle.with_endorsements(given)))
    assert read.endorsements == given
    report = verify_attestation(
        read.attestation.encode(),
        nonce=read.nonce,
        model=read.model,
        policy=POLICY,
        now=read.captured_at,
        endorsements=read.endorsements,
        memo=MEMO,
    ).report
    assert report.verdict == "pass"


@pytest.mark.parametrize(
    ("days", "checks"),
    [
        (-1, ["dcap.collateral", "gpu.nras"]),
        (2, ["gpu.nras"]),
        (40, ["dcap.collateral", "gpu.nras"]),
    ],
)
def test_it_is_good_at_its_time_only(evidence: Evidence, days: int, checks: List[str]) -> None:
    report = evidence.refused(now=NOW + timedelta(days=days))
    assert [check.id for check in report.failed] == checks


# --- One bit at a time ----------------------------------------------------------------------------

Change = Callable[[Evidence], object]


class Flip(NamedTuple):
    name: str
    change: Change
    checks: Sequence[str]
    """The checks that fail."""


def quote_bit(offset: int) -> Change:
    def change(evidence: Evidence) -> None:
        raw = bytearray.fromhex(evidence.answer["intel_quote"])
        raw[offset] ^= 1
        evidence.answer["intel_quote"] = raw.hex()

    return change


def in_hex(part: str, *path: Any, digit: int = 40) -> Change:
    """Change a hexadecimal digit of a member of a part."""

    def change(evidence: Evidence) -> None:
        node = getattr(evidence, part)
        for name in path[:-1]:
            node = node[name]
        text = node[path[-1]]
        other = "0" if text[digit] != "0" else "1"
        node[path[-1]] = text[:digit] + other + text[digit + 1 :]

    return change


def in_text(member: str, old: str, new: str) -> Change:
    def change(evidence: Evidence) -> None:
        assert old in evidence.collateral[member]
        evidence.collateral[member] = evidence.collateral[member].replace(old, new, 1)

    return change


def in_chain(member: str) -> Change:
    """Flip a bit of the signature at the end of the first certificate of a chain."""

    def change(evidence: Evidence) -> None:
        head, body, *rest = evidence.collateral[member].split("-----")[1:4]
        raw = bytearray(base64.b64decode(body.replace("\n", "")))
        raw[-1] ^= 1
        lines = base64.encodebytes(bytes(raw)).decode().replace("\n", "")
        wrapped = "\n".join(lines[i : i + 64] for i in range(0, len(lines), 64))
        whole = evidence.collateral[member]
        start = whole.index(body)
        evidence.collateral[member] = (
            whole[:start] + "\n" + wrapped + "\n" + whole[start + len(body) :]
        )
        assert head.startswith("BEGIN")
        assert rest

    return change


def gpu_bit(index: int, name: str, offset: int) -> Change:
    def change(evidence: Evidence) -> None:
        payload = json.loads(evidence.answer["nvidia_payload"])
        entry = payload["evidence_list"][index]
        raw = bytearray(base64.b64decode(entry[name]))
        raw[offset] ^= 1
        entry[name] = base64.b64encode(bytes(raw)).decode()
        evidence.answer["nvidia_payload"] = json.dumps(payload)

    return change


def token_bit(name: str, place: float) -> Change:
    def change(evidence: Evidence) -> None:
        tokens = evidence.nras[0] if name == "overall" else evidence.nras[1]
        key: Any = 1 if name == "overall" else name
        text = tokens[key]
        at = int(len(text) * place)
        tokens[key] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]

    return change


def log_event(index: int, member: str) -> Change:
    return in_hex("answer", "event_log", index, member, digit=0)


SIGNATURE = 48 + 584 + 4
"""Where the signature data of a quote of version 4 begins."""
MANAGER = ("answer", "compose_manager_attestation")

FLIPS: List[Flip] = [
    # The quote: what is signed, and every part of the signature data.
    Flip("header", quote_bit(10), ["dcap.quote_signature"]),
    Flip("header-user-data", quote_bit(30), ["dcap.quote_signature", "dstack.manager"]),
    Flip("tee-tcb-svn", quote_bit(48), ["dcap.quote_signature"]),
    Flip("mr-seam", quote_bit(64), ["dcap.quote_signature"]),
    Flip("seam-attributes", quote_bit(160), ["dcap.quote_signature"]),
    Flip("xfam", quote_bit(176), ["server.verification", "dcap.quote_signature"]),
    Flip("mr-td", quote_bit(184), ["server.verification", "dcap.quote_signature",
                                   "dstack.info", "dstack.manager"]),
    Flip("rt-mr3", quote_bit(520), ["server.verification", "dcap.quote_signature",
                                    "dstack.event_log", "dstack.info", "dstack.manager"]),
    Flip("report-data", quote_bit(568), ["binding.address", "server.verification",
                                         "dcap.quote_signature"]),
    Flip("signature", quote_bit(SIGNATURE), ["dcap.quote_signature"]),
    Flip("attestation-key", quote_bit(SIGNATURE + 64), ["dcap.qe_report"]),
    Flip("qe-report", quote_bit(SIGNATURE + 128 + 6), ["dcap.qe_report"]),
    Flip("qe-report-signature", quote_bit(SIGNATURE + 128 + 6 + 384), ["dcap.qe_report"]),
    Flip("qe-authentication", quote_bit(SIGNATURE + 128 + 6 + 448 + 2), ["dcap.qe_report"]),
    Flip("pck-certificate", quote_bit(SIGNATURE + 128 + 6 + 448 + 34 + 6 + 800),
         ["dcap.pck_chain"]),
    # The collateral: each of its nine members.
    Flip("pck-ca", in_chain("pck_crl_issuer_chain"), ["dcap.collateral"]),
    Flip("root-list", in_hex("collateral", "root_ca_crl", digit=200), ["dcap.collateral"]),
    Flip("pck-list", in_hex("collateral", "pck_crl", digit=-1), ["dcap.collateral"]),
    Flip("tcb-signer", in_chain("tcb_info_issuer_chain"), ["dcap.collateral"]),
    Flip("tcb-info", in_text("tcb_info", "UpToDate", "UpToDatE"), ["dcap.collateral"]),
    Flip("tcb-info-space", in_text("tcb_info", ",", ", "), ["dcap.collateral"]),
    Flip("tcb-info-signature", in_hex("collateral", "tcb_info_signature"), ["dcap.collateral"]),
    Flip("qe-signer", in_chain("qe_identity_issuer_chain"), ["dcap.collateral"]),
    Flip("qe-identity", in_text("qe_identity", "TD_QE", "TD_QF"), ["dcap.collateral"]),
    Flip("qe-identity-signature", in_hex("collateral", "qe_identity_signature"),
         ["dcap.collateral"]),
    # dstack: log, compose file, claims, manager.
    Flip("boot-digest", log_event(0, "digest"), ["dstack.event_log"]),
    Flip("runtime-digest", log_event(-1, "digest"), ["dstack.event_log"]),
    Flip("compose-payload", log_event(-7, "event_payload"), ["dstack.event_log"]),
    Flip("compose-text", in_hex("answer", "info", "tcb_info", "app_compose"), ["dstack.compose"]),
    Flip("claimed-rtmr", in_hex("answer", "info", "tcb_info", "rtmr1"), ["dstack.info"]),
    Flip("claimed-device", in_hex("answer", "info", "device_id"), ["dstack.info"]),
    Flip("manager-quote", in_hex(*MANAGER, "quote", digit=1300), ["dstack.manager_quote"]),
    Flip("manager-action", in_hex(*MANAGER, "actions", 3, "commit", digit=0), ["dstack.manager"]),
    Flip("manager-hash", in_hex(*MANAGER, "actions_hash"), ["dstack.manager"]),
    Flip("manager-nonce", in_hex(*MANAGER, "nonce"), ["dstack.manager"]),
    # GPUs: request, measurements, opaque data, signature, certificates.
    Flip("gpu-nonce", gpu_bit(0, "evidence", 4), ["gpu.signatures"]),
    Flip("gpu-measurement", gpu_bit(3, "evidence", 37 + 8 + 7), ["gpu.signatures"]),
    Flip("gpu-opaque", gpu_bit(5, "evidence", -100), ["gpu.signatures"]),
    Flip("gpu-signature", gpu_bit(7, "evidence", -1), ["gpu.signatures"]),
    Flip("gpu-certificate", gpu_bit(2, "certificate", 500), ["gpu.signatures"]),
    # NVIDIA's service: header, claims and signature of tokens, and the key.
    Flip("token-claims", token_bit("overall", 0.5), ["gpu.nras"]),
    Flip("token-signature", token_bit("overall", 0.97), ["gpu.nras"]),
    Flip("gpu-token", token_bit(f"GPU-{6}", 0.5), ["gpu.nras"]),
    # The rest of the answer.
    Flip("nonce", in_hex("answer", "nonce"), ["answer.nonce"]),
    Flip("key", in_hex("answer", "signing_public_key"), ["key.form"]),
    Flip("address", in_hex("answer", "signing_address"), ["binding.claimed_address"]),
]  # fmt: skip


@pytest.mark.parametrize("flip", FLIPS, ids=[flip.name for flip in FLIPS])
def test_one_bit_makes_the_right_check_fail(evidence: Evidence, flip: Flip) -> None:
    flip.change(evidence)
    report = evidence.refused()
    assert [check.id for check in report.failed] == list(flip.checks)


def test_the_key_of_the_tokens_is_anchored(evidence: Evidence) -> None:
    for key in evidence.jwks["keys"]:
        key["x"] = key["y"]
    assert [check.id for check in evidence.refused().failed] == ["gpu.nras"]


def test_without_collateral_the_default_level_is_refused(evidence: Evidence) -> None:
    with pytest.raises(PolicyError) as caught:
        evidence.verify(Policy(), endorsements=Endorsements())
    assert "no collateral was given" in caught.value.message
    report = report_of(caught.value)
    assert report.failed == ()
    assert report.assurance_reached == "binding"
