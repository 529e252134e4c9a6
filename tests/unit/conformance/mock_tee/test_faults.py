"""Every row of the table of scenarios: it changes what it says, and nothing else.

All runs have one seed and one client, so that what a fault does not touch is served byte for byte
as by the honest mock.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import time
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, Callable, Dict, Final, List, NamedTuple, Set, Tuple
from urllib.parse import unquote, urlsplit

import pytest

from conformance.mock_tee.faults import SCENARIOS, UnknownScenarioError, find_scenario
from conformance.mock_tee.randomness import SEEDED_TIME, SeededBytes
from conformance.mock_tee.scenario import changed_points
from conformance.mock_tee.server import MockTee
from conformance.requirements import requirements_by_id
from tests.unit.conformance.talk import (
    CLIENT,
    NONCE,
    Got,
    attest,
    e2ee_headers,
    exchange,
    key_of,
    key_set,
    pck_crl,
    qe_identity,
    root_crl,
    send,
    tcb_info,
)
from venice_ref.codec.jose import parse_jws
from venice_ref.crypto.address import address_of
from venice_ref.crypto.curves import SECP256K1
from venice_ref.e2ee.envelope import open_envelope, open_text, seal_text
from venice_ref.errors import DecryptError, MalformedError
from venice_ref.evidence.nvidia.opaque import DRIVER_VERSION
from venice_ref.evidence.nvidia.report import GpuReport, parse_report
from venice_ref.evidence.tdx.quote import Quote, parse_quote
from venice_ref.pki.certificate import Certificate, parse_pem_chain
from venice_ref.pki.crl import Crl, parse_crl
from venice_ref.receipts.signature import recover_signer
from venice_ref.spec import (
    ASSURANCE_LEVELS,
    MAX_ATTESTATION_SIZE,
    MAX_SSE_EVENT,
    MAX_SSE_LINE,
)

SEED: Final = "faults"
NOW: Final = datetime.fromtimestamp(SEEDED_TIME, timezone.utc)
ENDLESS: Final = ("attestation-slow", "chat-stall", "chat-endless-comments")
"""Answers that do not end; they have tests of their own."""

FAULTS: Final = [name for name in SCENARIOS if name != "honest" and name not in ENDLESS]


class Served(NamedTuple):
    """What one mock served to one client that does the same each time."""

    models: Got
    attestation: Got
    phala: Got
    aci: Got
    chat: Got
    signature: Got
    root_crl: Got
    pck_crl: Got
    tcb_info: Got
    qe_identity: Got
    nras: Got
    jwks: Got

    @property
    def document(self) -> Dict[str, Any]:
        found: Dict[str, Any] = self.attestation.json
        return found

    @property
    def quote(self) -> Quote:
        return parse_quote(bytes.fromhex(self.document["intel_quote"]))

    @property
    def fields(self) -> List[str]:
        """The content of the stream, in order."""
        return self.chat.deltas()


def _chat_body(tee: MockTee) -> bytes:
    content = seal_text(key_of(tee), "hello", random_bytes=SeededBytes(SEED, "client"))
    body = {"model": "e2ee-mock", "messages": [{"role": "user", "content": content}]}
    return json.dumps({**body, "stream": True}).encode()


def _post_chat(tee: MockTee) -> Got:
    return send(tee, "POST", "/chat/completions", _chat_body(tee), e2ee_headers(key_of(tee)))


@cache
def served(name: str) -> Served:
    with MockTee(scenario=name, seed=SEED, now=NOW) as tee:
        models = send(tee, "GET", "/models")
        near, phala, aci = (
            attest(tee, model) for model in ("e2ee-mock", "e2ee-mock-p", "e2ee-mock-aci")
        )
        chat = _post_chat(tee)
        request_id = _request_id()
        path = f"/tee/signature?model=e2ee-mock&request_id={request_id}"
        signature = send(tee, "GET", path)
        published = root_crl(tee), pck_crl(tee), tcb_info(tee), qe_identity(tee)
        vouched = exchange(tee, "POST", "/v3/attest/gpu", _one_gpu()), key_set(tee)
        got = Served(models, near, phala, aci, chat, signature, *published, *vouched)
    assert tee.failures == []
    return got


@cache
def _one_gpu() -> bytes:
    """The honest evidence of one GPU, whatever the scenario serves itself."""
    with MockTee(seed=SEED, now=NOW) as tee:
        return attest(tee, "e2ee-mock-p").json["nvidia_payload"].encode()  # type: ignore[no-any-return]  # JSON


def _request_id() -> str:
    """The id of the first completion under the seed."""
    return f"chatcmpl-{SeededBytes(SEED, 'chat 1')(12).hex()}"


HONEST: Final = served("honest")


# --- The table ----------------------------------------------------------------------------------


def test_the_names_are_unique_and_their_requirements_exist() -> None:
    assert all(scenario.name == name for name, scenario in SCENARIOS.items())
    known = requirements_by_id()
    undetectable = {"chat-drop-chunk", "chat-repeat-chunk", "chat-swap-chunks", "chat-done-early"}
    for name, scenario in SCENARIOS.items():
        assert scenario.does.endswith("."), name
        if name == "honest" or name in undetectable:
            assert scenario.requirement == "", name
        else:
            assert scenario.requirement in known, name


def test_what_is_below_an_assurance_has_a_name() -> None:
    levels = {scenario.assurance for scenario in SCENARIOS.values()}
    assert levels == {"binding", "dcap"}
    assert levels <= set(ASSURANCE_LEVELS)


def test_each_fault_changes_one_point() -> None:
    assert changed_points(SCENARIOS["honest"]) == ()
    for name in [*FAULTS, *ENDLESS]:
        assert len(changed_points(SCENARIOS[name])) == 1, name


def test_an_unknown_name_comes_with_the_nearest() -> None:
    with pytest.raises(UnknownScenarioError, match="chat-cut"):
        find_scenario("chat-cutt")
    with pytest.raises(UnknownScenarioError):
        MockTee(scenario="no such thing at all")


PUBLISHED: Final = {"root_crl", "pck_crl", "tcb_info", "qe_identity"}

_ENDPOINTS: Final = {
    "models": {"models"},
    "presented_key": {"attestation", "phala", "aci", "chat", "signature"},
    "report_data": {"attestation", "phala", "aci"},
    "td_fields": {"attestation", "phala", "aci"},
    "attestation_key": {"attestation", "phala", "aci"},
    "qe_report": {"attestation", "phala", "aci"},
    "pck_chain": {"attestation", "phala", "aci"},
    "signature_data": {"attestation", "phala", "aci"},
    "root_crl": {"root_crl"},
    "pck_crl": {"pck_crl"},
    "tcb_info": {"tcb_info"},
    "signed_tcb_info": {"tcb_info"},
    "pcs_reply": PUBLISHED,
    "gpus": {"attestation", "phala"},
    "gpu_reports": {"attestation", "phala"},
    "nras_signer": {"nras"},
    "nras_claims": {"nras"},
    "nras_reply": {"nras", "jwks"},
    "quote": {"attestation", "phala", "aci"},
    "answer": {"attestation", "phala", "aci"},
    "attestation_reply": {"attestation", "phala", "aci"},
    "admission": {"chat", "signature"},
    "field": {"chat", "signature"},
    "chunks": {"chat", "signature"},
    "steps": {"chat", "signature"},
    "stream_type": {"chat"},
    "signing_key": {"signature"},
    "signed_text": {"signature"},
    "signature": {"signature"},
    "signature_reply": {"signature"},
}
"""Where a point may show; a changed stream has another hash, so its signature differs as well."""


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_fault_does_not_touch_is_honest(name: str) -> None:
    (point,) = changed_points(SCENARIOS[name])
    faulty = served(name)
    for endpoint in Served._fields:
        if endpoint not in _ENDPOINTS[point]:
            assert _content(faulty, endpoint) == _content(HONEST, endpoint), endpoint
    assert any(
        _content(faulty, endpoint) != _content(HONEST, endpoint) for endpoint in _ENDPOINTS[point]
    )


def _content(got: Served, endpoint: str) -> Any:
    answer: Got = getattr(got, endpoint)
    chains = [value for name, value in answer.headers.items() if name.endswith("-Issuer-Chain")]
    return answer.status, answer.headers.get("Content-Type"), chains, answer.body, answer.complete


# --- What each fault serves ---------------------------------------------------------------------

Check = Callable[[Served], bool]


def _changed(got: Served) -> Dict[str, Any]:
    """The members of the evidence that differ from the honest answer; `None` where removed."""
    honest, faulty = HONEST.document, got.document
    return {
        name: faulty.get(name)
        for name in {*honest, *faulty}
        if honest.get(name) != faulty.get(name)
    }


def _impostor_hex() -> str:
    return bytes(MockTee(seed=SEED).enclave.impostor.public_key).hex()


def _impostor_address() -> str:
    return "0x" + bytes(address_of(MockTee(seed=SEED).enclave.impostor.public_key)).hex()


def _report_data(got: Served) -> List[bytes]:
    raw = got.quote.report_data
    honest = HONEST.quote.report_data
    parts = [(0, 20), (20, 32), (32, 64)]
    return [raw[a:b] if raw[a:b] != honest[a:b] else b"" for a, b in parts]


def _does_not_parse(got: Served, rule: str) -> bool:
    try:
        parse_quote(bytes.fromhex(got.document["intel_quote"]))
    except MalformedError as error:
        return error.rule == rule
    return False


def _off_curve(key: str) -> bool:
    x, y = int(key[2:66], 16), int(key[66:], 16)
    return (y * y - x**3 - 7) % SECP256K1.p != 0


def _duplicates(raw: bytes) -> List[str]:
    found: List[str] = []

    def look(pairs: List[Any]) -> Dict[str, Any]:
        names = [name for name, _ in pairs]
        found.extend({name for name in names if names.count(name) > 1})
        return dict(pairs)

    json.loads(raw, object_pairs_hook=look)
    return found


def _keys(got: Served) -> Dict[str, Any]:
    """The key members of the three shapes."""
    keyset = got.aci.json["attestation"]["workload_keyset"]["e2ee_public_keys"]
    return {
        "near-ai": (got.document.get("signing_key"), got.document.get("signing_public_key")),
        "phala": got.phala.json.get("signing_public_key"),
        "aci": [entry["public_key"] for entry in keyset if entry["algo"] == "ecdsa"],
    }


def _capabilities(got: Served) -> List[Any]:
    rows = got.models.json["data"]
    return [row["model_spec"]["capabilities"].get("supportsE2EE") for row in rows]


def _is_refusal(got: Got, status: int, error: str) -> bool:
    return got.status == status and error in got.body.decode()


ATTESTATION: Final[Dict[str, Check]] = {
    "models-without-capability": lambda got: set(_capabilities(got)) == {None},
    "models-capability-text": lambda got: set(_capabilities(got)) == {"true", "false"},
    "nonce-foreign": lambda got: (
        list(_changed(got)) == ["nonce"] and len(got.document["nonce"]) == 64
    ),
    "nonce-missing": lambda got: _changed(got) == {"nonce": None},
    "request-nonce-foreign": lambda got: list(_changed(got)) == ["request_nonce"],
    "verified-false": lambda got: _changed(got) == {"verified": False},
    "verified-string": lambda got: _changed(got) == {"verified": "true"},
    "model-foreign": lambda got: _changed(got) == {"model": "e2ee-another"},
    "key-missing": lambda got: _keys(got) == {"near-ai": (None, None), "phala": None, "aci": []},
    "keys-disagree": lambda got: _changed(got) == {"signing_key": _impostor_hex()},
    "key-off-curve": lambda got: (
        _off_curve(_keys(got)["near-ai"][0])
        and _off_curve(_keys(got)["phala"])
        and _off_curve("04" + _keys(got)["aci"][0])
    ),
    "key-unbound": lambda got: (
        got.document["signing_key"] == _impostor_hex()
        and got.document["signing_address"] == _impostor_address()
        and got.quote == HONEST.quote
        and got.chat.status == 421
    ),
    "address-foreign": lambda got: _changed(got) == {"signing_address": _impostor_address()},
    "report-data-padding": lambda got: _report_data(got) == [b"", b"padding here", b""],
    "report-data-sha256-nonce": lambda got: (
        _report_data(got) == [b"", b"", hashlib.sha256(bytes.fromhex(NONCE)).digest()]
    ),
    "report-data-ascii-nonce": lambda got: _report_data(got) == [b"", b"", NONCE[:32].encode()],
    "nonce-not-bound": lambda got: (
        _report_data(got)[:2] == [b"", b""]
        and len(_report_data(got)[2]) == 32
        and got.document["nonce"] == NONCE
    ),
    "debug-td": lambda got: got.quote.body["td_attributes"].hex() == "0100001000000000",
    "quote-missing": lambda got: (
        _changed(got) == {"intel_quote": None}
        and "quote" not in got.phala.json
        and "quote" not in got.aci.json["attestation"]["evidence"]
    ),
    "quote-truncated": lambda got: _does_not_parse(got, "QUO-7"),
    "quote-trailing-garbage": lambda got: got.quote.trailing == bytes(66) + b"more",
    "key-compressed": lambda got: (
        [len(_keys(got)["near-ai"][0]), len(_keys(got)["phala"]), len(_keys(got)["aci"][0])]
        == [66] * 3
        and _keys(got)["phala"][2:] == _keys(HONEST)["phala"][2:66]
    ),
    "key-hybrid": lambda got: (
        {_keys(got)["phala"][:2], _keys(got)["aci"][0][:2]} <= {"06", "07"}
        and _keys(got)["phala"][2:] == _keys(HONEST)["phala"][2:]
    ),
    "quotes-disagree": lambda got: (
        list(_changed(got)) == ["quote"]
        and parse_quote(bytes.fromhex(got.document["quote"])).report_data[:32]
        == HONEST.quote.report_data[:32]
        and got.phala.json["intel_quote"] != got.phala.json["quote"]
    ),
    "quote-version-foreign": lambda got: _does_not_parse(got, "QUO-2"),
    "quote-sgx": lambda got: (
        got.quote.body_kind == "sgx" and got.quote.report_data == HONEST.quote.report_data
    ),
    "server-contradiction": lambda got: (
        got.document["server_verification"]["nonceBinding"]["bound"] is False
    ),
    "attestation-html": lambda got: (
        got.attestation.status == 200 and got.attestation.body.startswith(b"<!doctype html>")
    ),
    "attestation-duplicate-member": lambda got: (
        _duplicates(got.attestation.body) == ["signing_public_key"]
        and _duplicates(got.aci.body) == ["signing_public_key"]
        and got.document == HONEST.document
    ),
    "attestation-cut": lambda got: (
        got.attestation.complete
        and HONEST.attestation.body.startswith(got.attestation.body)
        and 0 < len(got.attestation.body) < len(HONEST.attestation.body)
    ),
    "attestation-flooded": lambda got: (
        len(got.attestation.body) > MAX_ATTESTATION_SIZE and got.document == HONEST.document
    ),
    "attestation-502-with-body": lambda got: (
        got.attestation.status == 502 and got.document == HONEST.document
    ),
    "attestation-unavailable": lambda got: _is_refusal(
        got.attestation, 502, "TEE_ATTESTATION_FAILED"
    ),
    "attestation-redirect": lambda got: (
        got.attestation.status == 302
        and urlsplit(got.attestation.headers["Location"]).hostname == "localhost"
    ),
    "attestation-rate-limited": lambda got: _is_refusal(
        got.attestation, 429, "Rate limit exceeded."
    ),
    "attestation-429-once": lambda got: got.attestation.status == 429 and got.phala.status == 200,
}


def _signature_data(got: Served) -> Set[str]:
    """The names of what differs behind the signed part of the quote, which is the honest one."""
    assert got.quote.signed_bytes == HONEST.quote.signed_bytes
    ours, theirs = got.quote.signature_data._asdict(), HONEST.quote.signature_data._asdict()
    return {name for name in ours if ours[name] != theirs[name]}


def _qe_report(got: Served) -> Set[str]:
    ours = got.quote.signature_data.qe_report_fields
    theirs = HONEST.quote.signature_data.qe_report_fields
    return {name for name in ours if ours[name] != theirs[name]}


def _one_bit(ours: bytes, theirs: bytes) -> bool:
    return bin(int.from_bytes(ours, "big") ^ int.from_bytes(theirs, "big")).count("1") == 1


def _pck_chain(got: Served) -> Tuple[Certificate, ...]:
    data = got.quote.signature_data.certification.data
    return parse_pem_chain(data, max_count=3, allow_nul=True)


def _same_names(got: Served) -> bool:
    ours, theirs = _pck_chain(got), _pck_chain(HONEST)
    return [one.subject for one in ours] == [one.subject for one in theirs]


def _crl(got: Served, which: str = "pck_crl") -> Crl:
    answer: Got = getattr(got, which)
    return parse_crl(answer.body)


def _only_revokes(got: Served, which: str, serial: int) -> bool:
    ours, theirs = _crl(got, which), _crl(HONEST, which)
    return (
        ours.serials - theirs.serials == {serial}
        and theirs.serials < ours.serials
        and ours[2:5] == theirs[2:5]
    )


def _tcb_info(got: Served) -> Dict[str, Any]:
    """The members of the TCB info that differ from the honest one."""
    ours, theirs = got.tcb_info.json["tcbInfo"], HONEST.tcb_info.json["tcbInfo"]
    assert list(ours) == list(theirs)
    return {name: ours[name] for name in ours if ours[name] != theirs[name]}


def _levels(got: Served) -> List[Any]:
    levels = got.tcb_info.json["tcbInfo"]["tcbLevels"]
    assert levels[1:] == HONEST.tcb_info.json["tcbInfo"]["tcbLevels"][1:]
    return [levels[0]["tcb"]["pcesvn"], levels[0]["tcbStatus"], levels[0].get("advisoryIDs")]


_A_DAY_AGO: Final = NOW - timedelta(days=1)

PKI: Final[Dict[str, Check]] = {
    "quote-bad-signature": lambda got: (
        _signature_data(got) == {"signature"}
        and _one_bit(got.quote.signature_data.signature, HONEST.quote.signature_data.signature)
    ),
    "quote-foreign-attestation-key": lambda got: (
        _signature_data(got) == {"signature", "attestation_key"}
    ),
    "qe-report-bad-signature": lambda got: (
        _signature_data(got) == {"qe_report_signature"}
        and _one_bit(
            got.quote.signature_data.qe_report_signature,
            HONEST.quote.signature_data.qe_report_signature,
        )
    ),
    "qe-identity-mismatch": lambda got: (
        _signature_data(got) == {"qe_report", "qe_report_signature"}
        and _qe_report(got) == {"mr_signer"}
    ),
    "chain-foreign-root": lambda got: (
        _signature_data(got) == {"certification"}
        and _same_names(got)
        and [a.spki == b.spki for a, b in zip(_pck_chain(got), _pck_chain(HONEST))]
        == [True, False, False]
    ),
    "chain-reordered": lambda got: (
        _signature_data(got) == {"certification"}
        and [_pck_chain(got)[index].raw for index in (0, 2, 1)]
        == [one.raw for one in _pck_chain(HONEST)]
    ),
    "chain-expired": lambda got: (
        _signature_data(got) == {"certification"}
        and _pck_chain(got)[1:] == _pck_chain(HONEST)[1:]
        and _pck_chain(got)[0].not_after == _A_DAY_AGO
        and _pck_chain(got)[0].spki == _pck_chain(HONEST)[0].spki
    ),
    "pck-revoked": lambda got: _only_revokes(got, "pck_crl", _pck_chain(HONEST)[0].serial),
    "pck-ca-revoked": lambda got: _only_revokes(got, "root_crl", _pck_chain(HONEST)[1].serial),
    "crl-expired": lambda got: (
        _crl(got).next_update == _A_DAY_AGO and _crl(got).serials == _crl(HONEST).serials
    ),
    "crl-foreign-issuer": lambda got: (
        "Processor" in str(_crl(got).issuer) and _crl(got).aki != _crl(HONEST).aki
    ),
    "tcb-out-of-date": lambda got: (
        list(_tcb_info(got)) == ["tcbLevels"] and _levels(got) == [14, "UpToDate", None]
    ),
    "tcb-revoked": lambda got: _levels(got) == [13, "Revoked", ["MOCK-SA-00003"]],
    "tcb-configuration-needed": lambda got: (
        _levels(got) == [13, "ConfigurationNeeded", ["MOCK-SA-00003"]]
    ),
    "tcb-info-expired": lambda got: (
        _tcb_info(got)
        == {"issueDate": "2025-11-30T00:00:00Z", "nextUpdate": "2025-12-31T00:00:00Z"}
    ),
    "tcb-info-foreign-fmspc": lambda got: _tcb_info(got) == {"fmspc": b"\0\0else".hex()},
    "tcb-info-bad-signature": lambda got: (
        _tcb_info(got) == {}
        and _one_bit(*(bytes.fromhex(one.tcb_info.json["signature"]) for one in (got, HONEST)))
    ),
    "tcb-signer-is-pck": lambda got: (
        _tcb_info(got) == {}
        and unquote(got.tcb_info.headers["TCB-Info-Issuer-Chain"]).encode() + b"\0"
        == HONEST.quote.signature_data.certification.data
    ),
    "pcs-unavailable": lambda got: all(getattr(got, name).status == 503 for name in PUBLISHED),
}


def _gpu_entries(got: Served) -> List[Dict[str, bytes]]:
    """The decoded evidence of each GPU; what stands beside it is honest."""
    ours, theirs = (json.loads(one.document["nvidia_payload"]) for one in (got, HONEST))
    assert {**ours, "evidence_list": None} == {**theirs, "evidence_list": None}
    return [
        {name: base64.b64decode(entry[name]) for name in ("certificate", "evidence")}
        for entry in ours["evidence_list"]
    ]


def _gpus(got: Served, name: str) -> List[bool]:
    """For each GPU whether a member of its evidence is the honest one."""
    return [a[name] == b[name] for a, b in zip(_gpu_entries(got), _gpu_entries(HONEST))]


def _reports(got: Served) -> List[GpuReport]:
    return [parse_report(entry["evidence"]) for entry in _gpu_entries(got)]


def _leaf(entry: Dict[str, bytes]) -> int:
    return parse_pem_chain(entry["certificate"], max_count=5)[0].serial


def _claims(got: Served) -> List[Dict[str, Any]]:
    """The claims of the overall token and of the GPU's."""
    (_, overall), gpus = got.nras.json
    tokens = [overall, *gpus.values()]
    return [
        dict(parse_jws(token, max_size=1 << 14, rule="TOK-2").payload.members) for token in tokens
    ]


def _changed_claims(got: Served) -> List[Set[str]]:
    """The names of the claims that differ, token by token; `submods` follows from the others."""
    return [
        {name for name in a if a[name] != b[name]} - {"submods"}
        for a, b in zip(_claims(got), _claims(HONEST))
    ]


_EVERY_GPU: Final = [True] * 8
_LAST_GPU: Final = [True] * 7 + [False]

NVIDIA: Final[Dict[str, Check]] = {
    "gpu-missing": lambda got: _changed(got) == {"nvidia_payload": None},
    "gpu-foreign-nonce": lambda got: (
        _gpus(got, "certificate") == _EVERY_GPU
        and len({report.nonce for report in _reports(got)} - {bytes.fromhex(NONCE)}) == 1
    ),
    "gpu-foreign-root": lambda got: (
        _gpus(got, "evidence") == _EVERY_GPU and not any(_gpus(got, "certificate"))
    ),
    "gpu-report-bad-signature": lambda got: (
        _gpus(got, "certificate") == _EVERY_GPU
        and _gpus(got, "evidence") == _LAST_GPU
        and _one_bit(_gpu_entries(got)[-1]["evidence"], _gpu_entries(HONEST)[-1]["evidence"])
    ),
    "gpu-duplicate": lambda got: (
        _gpus(got, "certificate") == _LAST_GPU
        and _leaf(_gpu_entries(got)[0]) == _leaf(_gpu_entries(got)[-1])
        and len({report.responder_nonce for report in _reports(got)}) == 8
    ),
    "gpu-mixed-fleet": lambda got: (
        _gpus(got, "certificate") == _EVERY_GPU
        and _gpus(got, "evidence") == _LAST_GPU
        and _reports(got)[-1].opaque[DRIVER_VERSION] == b"998.0.0\0"
    ),
    "nras-foreign-signer": lambda got: (
        _changed_claims(got) == [set(), set()] and got.nras.body != HONEST.nras.body
    ),
    "nras-expired": lambda got: (
        _changed_claims(got) == [{"iat", "nbf", "exp"}] * 2
        and _claims(got)[0]["exp"] == SEEDED_TIME - 3600
    ),
    "nras-wrong-nonce": lambda got: _changed_claims(got) == [{"eat_nonce"}] * 2,
    "nras-overall-false": lambda got: (
        _changed_claims(got) == [{"x-nvidia-overall-att-result"}, set()]
    ),
    "nras-other-hardware": lambda got: _changed_claims(got) == [set(), {"ueid"}],
    "nras-unavailable": lambda got: got.nras.status == got.jwks.status == 503,
}

INDEX: Final = 1
"""Which field of the content a fault strikes."""


def _field(got: Served) -> str:
    """The field that was struck; all others are as the honest ones."""
    for index, (ours, theirs) in enumerate(zip(got.fields, HONEST.fields)):
        assert (ours == theirs) == (index != INDEX)
    return got.fields[INDEX]


def _honest_field() -> str:
    return HONEST.fields[INDEX]


def _opens(digits: str) -> str:
    """How the field opens: `text`, `tag`, or the rule that it breaks."""
    try:
        open_text(CLIENT, digits)
    except DecryptError:
        return "tag"
    except MalformedError as error:
        return error.rule
    return "text"


def _deltas(got: Served, name: str) -> List[Any]:
    return got.chat.deltas(name)


def _error_comes_after_text(got: Served, line: bytes) -> bool:
    before, found, after = got.chat.body.partition(line)
    return (
        bool(found)
        and HONEST.chat.body.startswith(before)
        and before.count(b'"content":"04') == 2
        and after.endswith(b"data: [DONE]\n\n")
    )


def _values(got: Served, name: str) -> List[Any]:
    return [chunk[name] for chunk in got.chat.chunks]


CHAT: Final[Dict[str, Check]] = {
    "chat-plaintext-chunk": lambda got: _field(got) == open_text(CLIENT, _honest_field()),
    "chat-whitespace-chunk": lambda got: _field(got) == " \n",
    "chat-odd-hex": lambda got: _field(got) == _honest_field()[:-1],
    "chat-short-hex": lambda got: _field(got) == _honest_field()[:184],
    "chat-0x-hex": lambda got: _field(got) == "0x" + _honest_field(),
    "chat-bad-prefix": lambda got: _field(got) == "05" + _honest_field()[2:],
    "chat-off-curve": lambda got: _off_curve(_field(got)[:130]) and _opens(_field(got)) == "ENV-5",
    "chat-bad-tag": lambda got: (
        _field(got)[:-1] == _honest_field()[:-1] and _opens(_field(got)) == "tag"
    ),
    "chat-wrong-key": lambda got: _opens(got.fields[INDEX]) == "tag",
    "chat-invalid-utf8": lambda got: (
        open_envelope(CLIENT, bytes.fromhex(got.fields[INDEX])) == b"caf\xc3("
    ),
    "chat-plaintext-reasoning": lambda got: (
        _deltas(got, "reasoning_content") == ["thinking in the clear"]
        and got.fields == HONEST.fields
    ),
    "chat-tool-calls": lambda got: (
        [calls[0]["type"] for calls in _deltas(got, "tool_calls")] == ["function"]
    ),
    "chat-choice-1": lambda got: (
        [choice["index"] for chunk in got.chat.chunks for choice in chunk["choices"]].count(1) == 1
    ),
    "chat-id-change": lambda got: (
        _values(got, "id")[:2] == _values(HONEST, "id")[:2]
        and set(_values(got, "id")[2:]) == {"another"}
    ),
    "chat-model-change": lambda got: set(_values(got, "model")[2:]) == {"another"},
    "chat-malformed-json": lambda got: (
        got.chat.events[2] == HONEST.chat.events[2][: len(got.chat.events[2])]
        and got.chat.events[2] != HONEST.chat.events[2]
        and len(got.chat.events) == len(HONEST.chat.events)
    ),
    "chat-duplicate-member": lambda got: (
        _duplicates(got.chat.events[2].encode()) == ["content"] and got.fields == HONEST.fields
    ),
    "chat-in-band-error": lambda got: _error_comes_after_text(got, b'data: {"error":{"message":'),
    "chat-event-error": lambda got: _error_comes_after_text(
        got, b'event: error\ndata: {"error":{"message":'
    ),
    "chat-no-done": lambda got: (
        got.chat.complete and got.chat.body + b"data: [DONE]\n\n" == HONEST.chat.body
    ),
    "chat-cut": lambda got: (
        not got.chat.complete
        and HONEST.chat.body.startswith(got.chat.body)
        and got.fields == HONEST.fields[:2]
    ),
    "chat-after-done": lambda got: (
        got.chat.body.startswith(HONEST.chat.body)
        and b"after the end" in got.chat.body[len(HONEST.chat.body) :]
    ),
    "chat-huge-line": lambda got: max(map(len, got.chat.events)) > MAX_SSE_LINE,
    "chat-content-type": lambda got: (
        got.chat.headers["Content-Type"] == "application/json" and got.chat.body == HONEST.chat.body
    ),
    "chat-drop-chunk": lambda got: (
        got.fields == [field for field in HONEST.fields if field != HONEST.fields[INDEX]]
    ),
    "chat-repeat-chunk": lambda got: (
        got.fields == [*HONEST.fields[: INDEX + 1], *HONEST.fields[INDEX:]]
    ),
    "chat-swap-chunks": lambda got: (
        got.fields == [HONEST.fields[0], HONEST.fields[2], HONEST.fields[1], *HONEST.fields[3:]]
    ),
    "chat-done-early": lambda got: (
        got.chat.complete
        and got.fields == HONEST.fields[:2]
        and got.chat.body.endswith(b"data: [DONE]\n\n")
    ),
    "chat-json-error-200": lambda got: _is_refusal(got.chat, 200, "model_overloaded"),
    "chat-stale-key-once": lambda got: got.chat.status == 421,
    "chat-stale-key-always": lambda got: got.chat.status == 421,
    "chat-401": lambda got: _is_refusal(got.chat, 401, "Authentication failed."),
    "chat-402": lambda got: _is_refusal(got.chat, 402, "x402Version"),
    "chat-429-once": lambda got: _is_refusal(got.chat, 429, "Rate limit exceeded."),
    "chat-500-always": lambda got: _is_refusal(got.chat, 500, "Inference processing failed."),
}


def _says_the_same(got: Served) -> bool:
    """Whether a stream is honest in other words: other bytes, the same texts, the same end."""
    texts = [open_text(CLIENT, field) for field in got.fields]
    return (
        texts == [open_text(CLIENT, field) for field in HONEST.fields]
        and got.chat.complete
        and got.chat.body != HONEST.chat.body
    )


def _frames(got: Served) -> List[bytes]:
    return got.chat.body.split(b"\n\n")


def _empty_deltas(got: Served) -> List[Any]:
    return [
        None if choice["delta"] is None else choice["delta"].get("content", "absent")
        for chunk in got.chat.chunks
        for choice in chunk["choices"] or ()
    ]


TAKEOVERS: Final[Dict[str, Check]] = {
    "chat-all-plaintext": lambda got: (
        got.fields == [open_text(CLIENT, field) for field in HONEST.fields]
    ),
    "chat-plain-completion": lambda got: (
        got.chat.status == 200 and b'"content":"an answer in the clear"' in got.chat.body
    ),
    "chat-asks-plaintext": lambda got: _is_refusal(got.chat, 400, "in plaintext"),
    "chat-redirect": lambda got: (
        got.chat.status == 307 and urlsplit(got.chat.headers["Location"]).hostname == "localhost"
    ),
    "chat-key-swapped": lambda got: (
        got.document == HONEST.document
        and got.phala.json["signing_public_key"] == _impostor_hex()
        and got.chat.status == 421
    ),
    "chat-after-error": lambda got: (
        [number for number, frame in enumerate(_frames(got)) if frame != _frames(HONEST)[number]]
        == [INDEX + 1]
        and _frames(got)[INDEX + 1].startswith(b'data: {"error":{"message":')
    ),
    "chat-huge-event": lambda got: (
        max(map(len, got.chat.body.split(b"\n\n"))) > MAX_SSE_EVENT
        and max(map(len, got.chat.body.splitlines())) < 1 << 16
    ),
}

FRAMINGS: Final[Dict[str, Check]] = {
    "chat-honest-crlf": lambda got: (
        got.chat.body.replace(b"\r\n", b"\n") == HONEST.chat.body != got.chat.body
    ),
    "chat-honest-no-space": lambda got: (
        got.chat.body.replace(b"data:", b"data: ") == HONEST.chat.body != got.chat.body
    ),
    "chat-honest-comments": lambda got: (
        got.chat.body.startswith(": grüße".encode()) and got.fields == HONEST.fields
    ),
    "chat-honest-lines": lambda got: (
        got.chat.body.count(b',\ndata: "') == len(HONEST.chat.events) - 1
        and got.chat.body.replace(b"\ndata: ", b"").count(b"[DONE]") == 1
    ),
    "chat-honest-pieces": lambda got: (
        got.chat.body == served("chat-honest-comments").chat.body != HONEST.chat.body
    ),
    "chat-honest-empty-deltas": lambda got: (
        {None, "", "absent"} <= set(_empty_deltas(got)) and _empty_deltas(HONEST).count(None) == 0
    ),
    "chat-honest-capitals": lambda got: _says_the_same(got) and got.fields[0].isupper(),
    "chat-honest-content-type": lambda got: (
        got.chat.headers["Content-Type"] == "Text/Event-Stream;charset=UTF-8"
        and got.chat.body == HONEST.chat.body
    ),
}


def _signer(got: Served) -> str:
    document = got.signature.json
    return "0x" + bytes(recover_signer(document["text"], document["signature"])).hex()


def _s_of(got: Served) -> int:
    return int(got.signature.json["signature"][66:130], 16)


SIGNATURE: Final[Dict[str, Check]] = {
    "signature-foreign-signer": lambda got: (
        _signer(got) == got.signature.json["signing_address"] == _impostor_address()
        and got.signature.json["text"] == HONEST.signature.json["text"]
    ),
    "signature-address-foreign": lambda got: (
        _signer(got) == _signer(HONEST)
        and got.signature.json["signing_address"] == _impostor_address()
    ),
    "signature-high-s": lambda got: _s_of(got) == SECP256K1.n - _s_of(HONEST),
    "signature-missing": lambda got: _is_refusal(got.signature, 404, "not found or expired"),
    "signature-three-part-foreign-model": lambda got: (
        got.signature.json["text"].startswith("another/model:")
        and got.signature.json["text"].split(":")[1:]
        == HONEST.signature.json["text"].split(":")[-2:]
        and _signer(got) == _signer(HONEST)
    ),
}

CHECKS: Final[Dict[str, Check]] = {
    **ATTESTATION,
    **PKI,
    **NVIDIA,
    **CHAT,
    **TAKEOVERS,
    **FRAMINGS,
    **SIGNATURE,
}


def test_every_fault_has_a_check() -> None:
    assert sorted(CHECKS) == sorted(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_serves_what_it_says(name: str) -> None:
    assert CHECKS[name](served(name))


@pytest.mark.parametrize("name", [name for name in CHECKS if name != "chat-huge-line"])
def test_no_check_holds_for_the_honest_mock(name: str) -> None:
    with pytest.raises(AssertionError):
        assert CHECKS[name](HONEST)


def test_the_honest_mock_signs_the_exchange() -> None:
    assert _signer(HONEST) == HONEST.signature.json["signing_address"]
    assert _signer(HONEST) == HONEST.document["signing_address"]


# --- Faults that take more than one exchange ----------------------------------------------------


def test_a_stale_key_goes_away_with_fresh_evidence_or_it_does_not() -> None:
    for name, expected in (("chat-stale-key-once", 200), ("chat-stale-key-always", 421)):
        with MockTee(scenario=name, seed=SEED) as tee:
            before = attest(tee).json["signing_key"]
            assert _post_chat(tee).status == 421
            assert attest(tee).json["signing_key"] != before
            assert _post_chat(tee).status == expected


def test_a_fault_that_happens_once_is_over() -> None:
    with MockTee(scenario="chat-429-once") as tee:
        assert [_post_chat(tee).status for _ in range(3)] == [429, 200, 200]
    with MockTee(scenario="chat-500-always") as tee:
        assert [_post_chat(tee).status for _ in range(3)] == [500, 500, 500]


def test_the_attacker_reads_what_is_encrypted_to_its_key() -> None:
    with MockTee(scenario="key-unbound", seed=SEED) as tee:
        impostor = tee.enclave.impostor.public_key
        content = seal_text(impostor, "a secret")
        body = {"model": "e2ee-mock", "messages": [{"role": "user", "content": content}]}
        got = send(
            tee,
            "POST",
            "/chat/completions",
            json.dumps({**body, "stream": True}).encode(),
            e2ee_headers(impostor),
        )
        assert got.text().endswith("A SECRET")
        assert tee.log.prompts[-1][0]["content"] == "a secret"


def test_a_redirect_leads_to_an_honest_answer_elsewhere() -> None:
    with MockTee(scenario="attestation-redirect", seed=SEED) as tee:
        path = urlsplit(attest(tee).headers["Location"]).path
        query = urlsplit(attest(tee).headers["Location"]).query
        got = send(tee, "GET", f"{path[len('/api/v1') :]}?{query}", headers={"Host": "localhost:1"})
        assert got.status == 200
        assert got.json == HONEST.document
        assert tee.log.requests[-1].header("Host") == "localhost:1"


def test_a_slow_answer_never_stops_and_never_ends() -> None:
    with MockTee(scenario="attestation-slow") as tee:
        connection = socket.create_connection(("127.0.0.1", tee.port), timeout=5)
        with connection:
            path = f"/api/v1/tee/attestation?model=e2ee-mock&nonce={NONCE}"
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            begin, pieces = time.monotonic(), []
            while time.monotonic() - begin < 0.5:
                pieces.append(connection.recv(4096))
        assert all(pieces)
        assert len(pieces) > 3
        assert max(map(len, pieces[1:])) < 10


def _until_silent(connection: socket.socket) -> bytes:
    received = b""
    try:
        while True:
            received += connection.recv(65536)
    except socket.timeout:
        return received


def test_a_stalled_stream_stays_open_until_the_mock_stops() -> None:
    with MockTee(scenario="chat-stall", seed=SEED) as tee:
        body = _chat_body(tee)
        head = "".join(f"{name}: {value}\r\n" for name, value in e2ee_headers(key_of(tee)).items())
        request = f"POST /api/v1/chat/completions HTTP/1.1\r\n{head}Content-Length: {len(body)}"
        connection = socket.create_connection(("127.0.0.1", tee.port), timeout=0.5)
        connection.sendall(request.encode() + b"\r\n\r\n" + body)
        received = _until_silent(connection)
        assert received.count(b'"content":"04') == 2
        assert b"[DONE]" not in received
        assert tee.log.answers[-1].ended == "open"
    connection.settimeout(5)
    assert connection.recv(1) == b""
    connection.close()
    assert tee.log.answers[-1].ended == "cut"
