"""The facts of a report: what the evidence says, as JSON values, null where unknown.

The names are the same whatever was found out.  A fact is as true as the verdict and the levels that
were reached: measurements stand in a quote that nobody signed as well.  Those that are about Intel,
dstack and GPUs are there once the check that proves them passed.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, Final, List, Optional

from venice_ref.attestation.answer import Answer
from venice_ref.attestation.findings import Findings
from venice_ref.attestation.report import printable
from venice_ref.attestation.server_claims import gpu_doubts
from venice_ref.crypto.address import to_checksum
from venice_ref.evidence.dstack.app import App
from venice_ref.evidence.dstack.event_log import REGISTERS, VerifiedEventLog
from venice_ref.evidence.nvidia.facts import fleet_facts
from venice_ref.evidence.tdx.attributes import decode_td_attributes
from venice_ref.evidence.tdx.pck import SGX_TYPES
from venice_ref.evidence.tdx.quote import Quote
from venice_ref.evidence.tdx.verify import QuoteFacts

__all__ = ["collect_facts"]


def collect_facts(findings: Findings) -> Dict[str, Any]:
    """Return the facts in their fixed order; peer text is bounded and printable."""
    facts: Dict[str, Any] = {}
    facts.update(_answer_facts(findings.answer))
    facts.update(_key_facts(findings))
    facts["nonce"] = None if findings.nonce is None else findings.nonce.hex()
    facts["nonce_binding"] = findings.nonce_form or None
    facts.update(_quote_facts(findings.quote))
    facts.update(_tcb_facts(findings.quote_facts))
    facts["trust_roots_replaced"] = list(findings.roots.replaced) or None  # [POL-11]
    facts.update(_dstack_facts(findings))
    facts.update(_manager_facts(findings))
    facts["server_gpu_doubts"] = _server_gpu_doubts(findings.answer)
    facts.update(_gpu_facts(findings))
    return facts


def _answer_facts(answer: Optional[Answer]) -> Dict[str, Any]:
    names = ("model", "upstream_model", "tee_provider", "tee_hardware", "signing_algo")
    texts = {name: None if answer is None else getattr(answer, name) for name in names}
    return {name: None if text is None else printable(text) for name, text in texts.items()}


def _key_facts(findings: Findings) -> Dict[str, Any]:
    if findings.address is None or findings.answer is None:
        return {"model_key": None, "model_key_source": None, "signing_address": None}
    return {
        "model_key": findings.model_keys[0].hex(),
        "model_key_source": "keyset" if findings.answer.key_from_keyset else "answer",
        "signing_address": to_checksum(findings.address),
    }


# --- The quote ----------------------------------------------------------------------------------

_BODY_FACTS: Final = (
    "report_data",
    "mr_td",
    "rt_mr0",
    "rt_mr1",
    "rt_mr2",
    "rt_mr3",
    "mr_config_id",
    "mr_owner",
    "mr_owner_config",
    "mr_seam",
    "mr_signer_seam",
    "td_attributes",
    "xfam",
    "tee_tcb_svn",
)
"""Fields of the quote's body that are facts, in hexadecimal."""


def _quote_facts(quote: Optional[Quote]) -> Dict[str, Any]:
    facts: Dict[str, Any] = dict.fromkeys(("quote_version", "tee_type", *_BODY_FACTS))
    facts["td_attribute_names"] = None
    if quote is None:
        return facts
    facts["quote_version"] = quote.version
    facts["tee_type"] = "tdx" if quote.is_tdx else "sgx"
    for name in _BODY_FACTS:
        field = quote.body.get(name)
        facts[name] = None if field is None else field.hex()
    if quote.is_tdx:
        facts["td_attribute_names"] = _attribute_names(quote.body["td_attributes"])
    return facts


def _attribute_names(td_attributes: bytes) -> List[str]:
    return [str(attribute) for attribute in decode_td_attributes(td_attributes)]


# --- What Intel says of it ----------------------------------------------------------------------

_TCB_FACTS: Final = (
    "tcb_status", "advisory_ids", "tcb_date", "platform_status", "tdx_module_status", "qe_status",
    "current_tcb_status", "tcb_evaluation_number", "tcb_info_evaluation_number",
    "qe_identity_evaluation_number", "collateral_issued", "collateral_expires", "fmspc", "ppid",
    "cpu_svn", "pce_svn", "sgx_type", "root_key_id",
)  # fmt: skip


def _tcb_facts(facts: Optional[QuoteFacts]) -> Dict[str, Any]:
    if facts is None:
        return dict.fromkeys(_TCB_FACTS)
    pck, window, module = facts.pck, facts.window, facts.module
    values = (
        facts.status,
        [printable(advisory) for advisory in facts.advisories],
        _moment(facts.tcb_date),
        facts.platform.status,
        None if module is None else module.status,
        facts.qe.status,
        None if facts.current is None else facts.current.status,
        facts.evaluation_number,
        facts.tcb_info_evaluation_number,
        facts.qe_identity_evaluation_number,
        _moment(window.latest_issue),
        _moment(window.earliest_expiration),
        pck.fmspc.hex(),
        pck.ppid.hex(),
        pck.cpu_svn.hex(),
        pck.pce_svn,
        SGX_TYPES[pck.sgx_type],
        facts.root_key_id.hex(),
    )
    return dict(zip(_TCB_FACTS, values))


def _moment(time: datetime) -> str:
    return f"{time.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


# --- dstack -------------------------------------------------------------------------------------


def _dstack_facts(findings: Findings) -> Dict[str, Any]:
    compose = findings.compose
    return {
        **_log_facts(findings.event_log),
        **_app_facts(findings.app),
        "compose_hash": None if compose is None else compose.compose_hash.hex(),
        "compose_bound_by": None if compose is None else list(compose.bound_by),
        "compose_text_matches": None if compose is None else compose.text_matches,
        "mr_config_id_kind": None if compose is None else compose.kind,
    }


def _log_facts(log: Optional[VerifiedEventLog]) -> Dict[str, Any]:
    if log is None:
        return {"rtmrs_replayed": None, "event_count": None}
    return {
        "rtmrs_replayed": list(range(REGISTERS)),
        "event_count": len(log.boot_events) + len(log.runtime_events),
    }


def _app_facts(app: Optional[App]) -> Dict[str, Any]:
    names = ("app_id", "instance_id", "os_image_hash", "rootfs_hash", "mr_kms")
    facts: Dict[str, Any] = dict.fromkeys((*names, "key_provider"))
    if app is None:
        return facts
    for name in names:
        value = getattr(app, name)
        facts[name] = None if value is None else value.hex()
    facts["key_provider"] = app.key_provider.name
    return facts


def _manager_facts(findings: Findings) -> Dict[str, Any]:
    found = findings.manager
    return {
        "manager_actions": None if found is None else found.actions,
        "manager_actions_hash": None if found is None else found.actions_hash.hex(),
        "manager_actions_order": None if found is None else found.order,
    }


# --- GPUs ---------------------------------------------------------------------------------------

_GPU_FACTS: Final = (
    "gpu_model", "gpu_driver_version", "gpu_vbios_version", "gpu_mode", "gpu_debug",
    "gpu_golden_source", "gpu_revocation", "gpu_td_binding", "gpu_switches",
    "gpu_switches_attested", "nras_result", "nras_algorithm", "nras_version", "nras_issued_at",
    "nras_expires_at", "gpus",
)  # fmt: skip


def _server_gpu_doubts(answer: Optional[Answer]) -> Optional[List[str]]:
    """Return what the server itself holds against the GPUs, by the paths of its verdicts."""
    claims = None if answer is None else answer.server_verification
    return None if claims is None else list(gpu_doubts(claims)) or None


def _gpu_facts(findings: Findings) -> Dict[str, Any]:
    facts: Dict[str, Any] = {"gpu_count": None, "gpu_arch": None, **dict.fromkeys(_GPU_FACTS)}
    if findings.answer is None:
        return facts
    payload = findings.answer.nvidia
    facts["gpu_count"] = 0 if payload is None else len(payload.evidence)
    if payload is not None and payload.arch is not None:
        facts["gpu_arch"] = printable(payload.arch)
    if findings.fleet is not None:
        facts.update(_fleet_facts(findings))
    if findings.nras is not None:
        facts["nras_result"] = True
        facts["nras_algorithm"] = "ES384"
    return facts


def _fleet_facts(findings: Findings) -> Dict[str, Any]:
    """Return the facts about verified GPUs, without the 64 measurements of each."""
    if findings.fleet is None:
        return {}
    found = fleet_facts(findings.fleet, findings.measured_gpus, findings.nras)
    gpus = [
        {name: value for name, value in gpu.items() if name != "measurements"}
        for gpu in found["gpus"]
    ]
    return {**{name: found[name] for name in _GPU_FACTS if name in found}, "gpus": gpus}
