"""One table: what is changed in a good answer, and which checks fail for it, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Callable, Dict, NamedTuple, Tuple, Type

import pytest

from tests.samples import (
    ADDRESS,
    BINDING,
    GPU,
    KEY,
    MODEL,
    NONCE,
    NOW,
    OTHER_KEY,
    REPORT_DATA,
    aci_answer,
    capture,
    encode,
    near_answer,
    phala_answer,
    quote,
    report_of,
    signature_data,
)
from venice_ref.attestation.checks import CHECKS
from venice_ref.attestation.findings import Level
from venice_ref.attestation.report import Report
from venice_ref.attestation.verify import verify_attestation
from venice_ref.crypto.address import address_of, to_checksum
from venice_ref.errors import EvidenceError, MalformedError, PeerError, PolicyError

Fails = Tuple[Tuple[str, str], ...]


class Case(NamedTuple):
    name: str
    change: Callable[[Dict[str, Any]], object]
    fails: Fails
    error: Type[PeerError]


def put(path: str, value: object) -> Callable[[Dict[str, Any]], object]:
    """Return a change that sets one member."""

    def change(answer: Dict[str, Any]) -> None:
        *parents, last = path.split(".")
        node = answer
        for name in parents:
            node = node[name]
        node[last] = value

    return change


def drop(*names: str) -> Callable[[Dict[str, Any]], object]:
    """Return a change that removes members of the top level."""
    return lambda answer: [answer.pop(name) for name in names]


def both(*changes: Callable[[Dict[str, Any]], object]) -> Callable[[Dict[str, Any]], object]:
    return lambda answer: [change(answer) for change in changes]


def quoted(*, server: bool = False, **fields: Any) -> Callable[[Dict[str, Any]], object]:
    """Return a change of the quote; without `server` the server's claims go with it."""
    set_quote = put("intel_quote", quote(**fields).hex())
    return set_quote if server else both(set_quote, drop("server_verification"))


def tud(bit: int) -> bytes:
    return (1 << 28 | 1 << bit).to_bytes(8, "little")


OTHER_ADDRESS = address_of(OTHER_KEY)
OTHER_NONCE = bytes(32)
OFF_CURVE = KEY[:64] + bytes([KEY[64] ^ 1])
BAD_CHECKSUM = to_checksum(ADDRESS).swapcase().replace("0X", "0x")
SERVER = "server_verification"
CONTRADICTED: Fails = (("server.verification", "ATT-10"),)

CASES = [
    # --- the answer
    Case("verified-false", put("verified", False), (("answer.verified", "ATT-3"),), EvidenceError),
    Case("verified-absent", drop("verified"), (("answer.verified", "ATT-3"),), EvidenceError),
    Case("verified-text", put("verified", "true"), (("answer.schema", "ATT-16"),), MalformedError),
    Case("verified-one", put("verified", 1), (("answer.schema", "ATT-16"),), MalformedError),
    Case("model-other", put("model", "e2ee-other"), (("answer.model", "ATT-4"),), EvidenceError),
    Case("model-case", put("model", MODEL.upper()), (("answer.model", "ATT-4"),), EvidenceError),
    Case("model-absent", drop("model"), (("answer.model", "ATT-4"),), EvidenceError),
    Case("nonce-absent", drop("nonce"), (("answer.nonce", "ATT-5"),), EvidenceError),
    Case("nonce-other", put("nonce", "00" * 32), (("answer.nonce", "ATT-5"),), EvidenceError),
    Case("nonce-short", put("nonce", "00" * 16), (("answer.nonce", "ATT-5"),), MalformedError),
    Case("nonce-no-hex", put("nonce", "zz" * 32), (("answer.nonce", "ATT-5"),), MalformedError),
    Case("nonce-empty", put("nonce", ""), (("answer.nonce", "ATT-5"),), MalformedError),
    Case(
        "request-nonce-other",
        put("request_nonce", "00" * 32),
        (("answer.request_nonce", "ATT-6"),),
        EvidenceError,
    ),
    Case(
        "nonce-of-the-server",
        put("nonce_source", "server"),
        (("answer.nonce_source", "ATT-8"),),
        EvidenceError,
    ),
    Case(
        "algorithm-other",
        put("signing_algo", "ed25519"),
        (("answer.algorithm", "ATT-8"),),
        EvidenceError,
    ),
    Case("event-log-garbage", put("event_log", 7), (("answer.schema", "ATT-11"),), MalformedError),
    # --- the model key
    Case(
        "key-absent",
        drop("signing_key", "signing_public_key"),
        (("key.present", "KEY-8"),),
        EvidenceError,
    ),
    Case(
        "keys-empty",
        both(put("signing_key", ""), put("signing_public_key", "")),
        (("key.present", "KEY-8"),),
        EvidenceError,
    ),
    Case(
        "key-compressed",
        put("signing_key", "02" + KEY[1:33].hex()),
        (("key.form", "KEY-5"),),
        MalformedError,
    ),
    Case(
        "key-off-curve",
        put("signing_public_key", OFF_CURVE.hex()),
        (("key.form", "KEY-6"),),
        MalformedError,
    ),
    Case(
        "keys-different",
        put("signing_public_key", OTHER_KEY.hex()),
        (("key.agree", "KEY-7"),),
        EvidenceError,
    ),
    Case(
        "key-of-somebody-else",
        both(
            put("signing_key", OTHER_KEY.hex()),
            put("signing_public_key", OTHER_KEY.hex()),
            put("signing_address", "0x" + OTHER_ADDRESS.hex()),
        ),
        (("binding.address", "BND-1"), *CONTRADICTED),
        EvidenceError,
    ),
    # --- the quote
    Case("quote-absent", drop("intel_quote"), (("quote.present", "ATT-7"),), EvidenceError),
    Case("quote-empty", put("intel_quote", ""), (("quote.present", "ATT-7"),), EvidenceError),
    Case("quote-garbage", put("intel_quote", "no!"), (("quote.format", "QUO-1"),), MalformedError),
    Case(
        "quote-cut",
        put("intel_quote", quote()[:1000].hex()),
        (("quote.format", "QUO-7"),),
        MalformedError,
    ),
    Case(
        "quote-of-version-2",
        put("intel_quote", "02" + quote().hex()[2:]),
        (("quote.format", "QUO-2"),),
        MalformedError,
    ),
    Case(
        "quotes-different",
        put("quote", quote(mr_td=b"\x01" * 48).hex()),
        (("quote.agree", "ATT-17"),),
        EvidenceError,
    ),
    Case(
        "report-data-other",
        put("attestation", {"report_data": "00" * 64}),
        (("quote.agree", "ATT-18"),),
        EvidenceError,
    ),
    Case(
        "report-data-of-the-evidence-other",
        put("attestation", {"evidence": {"quote_report_data": "00" * 64}}),
        (("quote.agree", "ATT-18"),),
        EvidenceError,
    ),
    Case(
        "report-data-short",
        put("attestation", {"report_data": "00"}),
        (("quote.agree", "ATT-18"),),
        MalformedError,
    ),
    Case("second-quote-garbage", put("quote", "?"), (("quote.format", "QUO-1"),), MalformedError),
    Case(
        "trailing-not-zero",
        quoted(trailing=bytes(69) + b"\x01", server=True),
        (("quote.trailing", "QUO-9"),),
        EvidenceError,
    ),
    Case(
        "sgx",
        quoted(version=3, body_kind="sgx"),
        (("quote.tdx", "QUO-4"),),
        EvidenceError,
    ),
    Case(
        "sgx-in-version-5",
        quoted(version=5, body_kind="sgx"),
        (("quote.tdx", "QUO-4"),),
        EvidenceError,
    ),
    *(
        Case(
            f"tud-bit-{bit}",
            quoted(td_attributes=tud(bit)),
            (("td.attributes", "QUO-11"),),
            PolicyError,
        )
        for bit in range(8)
    ),
    # --- the binding
    Case(
        "bound-to-another-key",
        quoted(report_data=OTHER_ADDRESS + REPORT_DATA[20:]),
        (("binding.address", "BND-1"),),
        EvidenceError,
    ),
    Case(
        "padding-not-zero",
        quoted(report_data=REPORT_DATA[:31] + b"\x01" + REPORT_DATA[32:]),
        (("binding.padding", "BND-2"),),
        EvidenceError,
    ),
    Case(
        "bound-to-another-nonce",
        quoted(report_data=REPORT_DATA[:32] + OTHER_NONCE),
        (("binding.nonce", "BND-3"),),
        EvidenceError,
    ),
    Case(
        "bound-to-the-hash-of-the-nonce",
        quoted(report_data=REPORT_DATA[:32] + hashlib.sha256(NONCE).digest()),
        (("binding.nonce", "BND-4"),),
        PolicyError,
    ),
    Case(
        "layout-of-ed25519",
        quoted(report_data=b"\xed" * 32 + NONCE),
        (("binding.address", "BND-1"), ("binding.padding", "BND-2")),
        EvidenceError,
    ),
    Case(
        "address-other",
        put("signing_address", to_checksum(OTHER_ADDRESS)),
        (("binding.claimed_address", "ATT-9"),),
        EvidenceError,
    ),
    Case(
        "address-checksum",
        put("signing_address", BAD_CHECKSUM),
        (("binding.claimed_address", "KEY-15"),),
        MalformedError,
    ),
    Case(
        "address-without-0x",
        put("signing_address", ADDRESS.hex()),
        (("binding.claimed_address", "KEY-16"),),
        MalformedError,
    ),
    # --- the server's claims
    Case("tdx-invalid", put(f"{SERVER}.tdx.valid", False), CONTRADICTED, EvidenceError),
    Case("tdx-signature", put(f"{SERVER}.tdx.signatureValid", False), CONTRADICTED, EvidenceError),
    Case(
        "tdx-certificates",
        put(f"{SERVER}.tdx.certificateChainValid", False),
        CONTRADICTED,
        EvidenceError,
    ),
    Case(
        "tdx-key", put(f"{SERVER}.tdx.attestationKeyMatch", False), CONTRADICTED, EvidenceError
    ),
    Case(
        "tdx-revoked", put(f"{SERVER}.tdx.crlCheck.revoked", True), CONTRADICTED, EvidenceError
    ),
    Case(
        "tdx-report-data", put(f"{SERVER}.tdx.reportData", "00" * 64), CONTRADICTED, EvidenceError
    ),
    Case(
        "tdx-report-data-short", put(f"{SERVER}.tdx.reportData", "00"), CONTRADICTED, MalformedError
    ),
    *(
        Case(
            f"tdx-{name}",
            put(f"{SERVER}.tdx.measurements.{name}", "77" * size),
            CONTRADICTED,
            EvidenceError,
        )
        for name, size in [
            *((name, 48) for name in ("mrtd", "mrconfigid", "mrowner", "mrownerconfig")),
            *((name, 48) for name in ("mrseam", "mrsignerseam", "rtmr0", "rtmr1", "rtmr2")),
            ("rtmr3", 48),
            ("tdAttributes", 8),
            ("xfam", 8),
        ]
    ),
    Case(
        "server-address",
        put(f"{SERVER}.signingAddressBinding.reportDataAddress", to_checksum(OTHER_ADDRESS)),
        CONTRADICTED,
        EvidenceError,
    ),
    Case(
        "server-address-form",
        put(f"{SERVER}.signingAddressBinding.reportDataAddress", "0x00"),
        (("server.verification", "KEY-16"),),
        MalformedError,
    ),
    Case(
        "server-address-unbound",
        put(f"{SERVER}.signingAddressBinding.bound", False),
        CONTRADICTED,
        EvidenceError,
    ),
    Case(
        "server-nonce-unbound",
        put(f"{SERVER}.nonceBinding.bound", False),
        CONTRADICTED,
        EvidenceError,
    ),
    Case(
        "server-nonce-method",
        put(f"{SERVER}.nonceBinding.method", "sha256"),
        CONTRADICTED,
        EvidenceError,
    ),
    Case(
        "server-gpu-nonce-unbound",
        put(f"{SERVER}.nvidiaNonceBinding.bound", False),
        CONTRADICTED,
        EvidenceError,
    ),
    # --- the GPU
    Case(
        "gpu-nonce-other",
        put("nvidia_payload", {**GPU, "nonce": "00" * 32}),
        (("gpu.nonce", "GPU-2"), *CONTRADICTED),
        EvidenceError,
    ),
    Case(
        "gpu-nonce-form",
        both(put("nvidia_payload", {**GPU, "nonce": "00"}), drop(SERVER)),
        (("gpu.nonce", "GPU-2"),),
        MalformedError,
    ),
    Case(
        "gpu-nonce-of-an-entry-other",
        both(put("nvidia_payload", {"evidence_list": [{"nonce": "00" * 32}]}), drop(SERVER)),
        (("gpu.nonce", "GPU-6"),),
        EvidenceError,
    ),
    # --- more than one at once: the gravest kind names the error
    Case(
        "malformed-and-policy",
        both(quoted(td_attributes=tud(0)), put("nonce", "zz")),
        (("answer.nonce", "ATT-5"), ("td.attributes", "QUO-11")),
        MalformedError,
    ),
    Case(
        "evidence-and-policy",
        both(quoted(td_attributes=tud(0)), put("verified", False)),
        (("answer.verified", "ATT-3"), ("td.attributes", "QUO-11")),
        EvidenceError,
    ),
]  # fmt: skip


BINDING_LEVELS = (Level("assurance", "binding"), Level("gpu", "report"))


def verdict(raw: bytes, *, nonce: bytes = NONCE, model: str = MODEL) -> Report:
    return verify_attestation(raw, nonce=nonce, model=model, policy=BINDING, now=NOW).report


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_exactly_the_right_checks_fail(case: Case) -> None:
    answer = near_answer()
    case.change(answer)
    with pytest.raises(PeerError) as caught:
        verdict(encode(answer))
    error = caught.value
    report = report_of(error)
    assert type(error) is case.error
    assert tuple((check.id, check.requirement) for check in report.failed) == case.fails
    assert report.verdict == "fail"
    # The error speaks of a failed check of its kind, and counts the others.
    spoken = next(check for check in report.failed if check.id in error.message.split(": ")[1])
    assert error.rule == spoken.requirement
    assert len(report.failed) == 1 or f"{len(report.failed) - 1} more" in error.message


HARMLESS = [
    ("nothing", both()),
    ("no-request-nonce", drop("request_nonce")),
    ("no-nonce-source", drop("nonce_source")),
    ("no-algorithm", drop("signing_algo")),
    ("no-address", drop("signing_address")),
    ("no-server-verification", drop("server_verification")),
    ("no-gpu", drop("nvidia_payload")),
    ("no-gpu-nonce", put("nvidia_payload", {**GPU, "nonce": None})),
    ("empty-gpu", put("nvidia_payload", {**GPU, "evidence_list": []})),
    ("gpu-nonce-of-an-entry", put("nvidia_payload", {"evidence_list": [{"nonce": NONCE.hex()}]})),
    ("gpu-nonce-of-an-entry-empty", put("nvidia_payload", {"evidence_list": [{"nonce": ""}]})),
    (
        "empty-gpu-unbound",
        both(
            put("nvidia_payload", {**GPU, "nonce": "", "evidence_list": []}),
            put(f"{SERVER}.nvidiaNonceBinding.bound", False),
        ),
    ),
    ("report-data-empty", put("attestation", {"report_data": ""})),
    ("report-data-upper", put("attestation", {"report_data": REPORT_DATA.hex().upper()})),
    ("first-key-empty", put("signing_key", "")),
    ("second-quote-empty", put("quote", "")),
    ("request-nonce-empty", put("request_nonce", "")),
    ("no-event-log", drop("event_log")),
    ("no-info", drop("info")),
    ("one-key", drop("signing_key")),
    ("key-128", put("signing_key", KEY[1:].hex())),
    ("key-0x-upper", put("signing_key", "0x" + KEY.hex().upper())),
    ("nonce-upper", put("nonce", NONCE.hex().upper())),
    ("address-eip-55", put("signing_address", to_checksum(ADDRESS))),
    ("address-upper", put("signing_address", "0x" + ADDRESS.hex().upper())),
    ("quote-twice", put("quote", "0x" + quote().hex().upper())),
    ("quote-base64", put("intel_quote", base64.b64encode(quote()).decode())),
    ("no-trailing", put("intel_quote", quote(trailing=b"").hex())),
    ("other-attributes", quoted(td_attributes=(1 << 63 | 1 << 31).to_bytes(8, "little"))),
    ("version-5", quoted(version=5, body_kind="td-1.0")),
    ("td-1.5", quoted(version=5, body_kind="td-1.5")),
    ("td-1.5ex", quoted(version=5, body_kind="td-1.5ex")),
    ("unsigned-quote", quoted(data=signature_data(authentication=b""))),
    ("server-claims-upper", put(f"{SERVER}.tdx.reportData", REPORT_DATA.hex().upper())),
    ("server-claims-empty", put(SERVER, {})),
    ("server-claims-unknown", put(f"{SERVER}.tdx.measurements.mrunknown", "zz")),
    ("server-method-unknown", put(f"{SERVER}.nonceBinding.method", "other")),
    ("server-says-nothing-of-the-root", put(f"{SERVER}.tdx.rootCaPinned", False)),
    ("server-doubts-the-gpu", put(f"{SERVER}.nvidia.valid", False)),
]


@pytest.mark.parametrize(
    "change", [change for _, change in HARMLESS], ids=[name for name, _ in HARMLESS]
)
def test_what_may_be_otherwise(change: Callable[[Dict[str, Any]], object]) -> None:
    answer = near_answer()
    change(answer)
    assert verdict(encode(answer)).verdict == "pass"


@pytest.mark.parametrize("name", ["valid", "signatureVerified"])
def test_a_server_that_doubts_the_gpus_is_shown(name: str) -> None:  # ATT-10
    answer = near_answer()
    assert verdict(encode(answer)).facts["server_gpu_doubts"] is None
    answer[SERVER]["nvidia"][name] = False
    report = verdict(encode(answer))
    path = f"attestation.{SERVER}.nvidia.{name}"
    assert f"{path} is false" in report.check("server.verification").detail
    assert report.facts["server_gpu_doubts"] == [path]


@pytest.mark.parametrize("answer", [near_answer(), phala_answer(), aci_answer()])
def test_every_observed_shape_passes(answer: Dict[str, Any]) -> None:
    report = verdict(encode(answer))
    assert (report.assurance_reached, report.gpu_reached) == ("binding", "report")


def test_a_keyset_is_not_called_bound() -> None:  # ATT-20
    detail = verdict(encode(aci_answer())).check("key.present").detail
    assert detail == "the ecdsa key of the keyset; the keyset itself is not bound to the hardware"


def test_two_keys_in_one_keyset_are_refused() -> None:  # KEY-7, ATT-12
    answer = aci_answer()
    keys = answer["attestation"]["workload_keyset"]["e2ee_public_keys"]
    keys.append({"key_id": "d", "algo": "ecdsa", "public_key": OTHER_KEY.hex()})
    with pytest.raises(EvidenceError) as caught:
        verdict(encode(answer))
    assert caught.value.rule == "KEY-7"
    assert "e2ee_public_keys[3].public_key" in caught.value.message


def test_a_keyset_without_an_ecdsa_key_is_no_key() -> None:  # KEY-8
    answer = aci_answer()
    del answer["attestation"]["workload_keyset"]["e2ee_public_keys"][1]
    with pytest.raises(EvidenceError) as caught:
        verdict(encode(answer))
    assert caught.value.rule == "KEY-8"


def test_a_check_that_needs_a_failed_one_says_so() -> None:
    answer = near_answer()
    answer["intel_quote"] = "no!"
    with pytest.raises(MalformedError) as caught:
        verdict(encode(answer))
    report = report_of(caught.value)
    assert report.check("td.attributes").status == "not_performed"
    assert report.check("td.attributes").detail == "needs quote.format, which failed"
    assert report.check("binding.claimed_address").status == "pass"


def test_after_a_schema_failure_every_check_is_still_in_the_report() -> None:
    with pytest.raises(MalformedError) as caught:
        verdict(b"[]")
    report = report_of(caught.value)
    assert [check.id for check in report.checks] == [rule.id for rule in CHECKS]
    details = {check.detail for check in report.checks[1:20]}
    assert "needs answer.schema, which failed" in details
    assert report.assurance_reached == "none"


def test_the_table_of_checks_is_sound() -> None:
    names = [rule.id for rule in CHECKS]
    assert len(set(names)) == len(names)
    for index, rule in enumerate(CHECKS):
        assert set(rule.needs) <= set(names[:index]), rule.id


def test_every_check_that_can_fail_does_so_in_the_table() -> None:
    failing = {name for case in CASES for name, _ in case.fails}
    # The others are judged at higher levels (`test_checks_dcap` and its neighbours), only report,
    # or follow from the rest.
    built = {rule.id for rule in CHECKS if rule.level in BINDING_LEVELS} - failing
    assert built == {"gpu.evidence"}
    assert [rule.id for rule in CHECKS if rule.level is None] == ["policy.assurance", "policy.gpu"]


# --- The real answer ----------------------------------------------------------------------------


def test_the_real_answer_passes_every_check_of_the_binding() -> None:
    real = capture()
    report = verdict(real.raw, nonce=real.nonce, model=real.model)
    unmade = [check.id for check in report.checks if check.status != "pass"]
    higher = [rule.id for rule in CHECKS if rule.level and rule.level not in BINDING_LEVELS]
    assert unmade == ["quote.agree", *higher]
    assert {"dcap.quote_signature", "dstack.compose", "gpu.signatures"} <= set(higher)


@pytest.mark.parametrize("index", [0, 7, 31])
def test_the_real_answer_is_refused_with_any_other_nonce(index: int) -> None:
    real = capture()
    other = bytearray(real.nonce)
    other[index] ^= 0x80
    with pytest.raises(EvidenceError) as caught:
        verdict(real.raw, nonce=bytes(other), model=real.model)
    error = caught.value
    assert error.rule == "ATT-5"
    assert "nonce mismatch" in error.message
    failed = {(check.id, check.requirement) for check in report_of(error).failed}
    assert {("answer.nonce", "ATT-5"), ("binding.nonce", "BND-3"), ("gpu.nonce", "GPU-2")} <= failed


REAL_TAMPERING = [
    ("td_attributes", 168, "td.attributes"),
    ("report_data", 568, "binding.address"),
    ("report_data", 590, "binding.padding"),
    ("report_data", 631, "binding.nonce"),
    ("mr_td", 184, "server.verification"),
    ("version", 0, "quote.format"),
    ("trailing", 5009, "quote.trailing"),
]


@pytest.mark.parametrize(("field", "offset", "name"), REAL_TAMPERING)
def test_a_flipped_bit_in_the_real_quote(field: str, offset: int, name: str) -> None:
    real = capture()
    answer = json.loads(real.raw)
    raw = bytearray.fromhex(answer["intel_quote"])
    raw[offset] ^= 1
    answer["intel_quote"] = raw.hex()
    with pytest.raises(PeerError) as caught:
        verdict(encode(answer), nonce=real.nonce, model=real.model)
    assert report_of(caught.value).check(name).status == "fail", field


def test_an_empty_claim_of_the_server_contradicts_nothing() -> None:  # ATT-10
    claims = {
        "tdx": {"reportData": "", "measurements": {"mrtd": "", "xfam": ""}},
        "signingAddressBinding": {"reportDataAddress": ""},
    }
    answer = near_answer()
    answer["server_verification"] = claims
    report = verdict(encode(answer))
    assert report.check("server.verification").status == "pass"
