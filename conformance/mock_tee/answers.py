"""Attestation answers in the three shapes that the service was seen to give.

`near-ai` has `signing_key` and `signing_public_key`, an event log as a list and eight GPUs;
`phala` has `signing_public_key` only, the address with the capitals of EIP-55, `quote` beside
`intel_quote`, and the event log as JSON text whose runtime digests are empty; `aci` wraps the
evidence in an ACI envelope, names the key in its keyset only and has no `server_verification`.

Verdicts in `server_verification` are always favourable and values are those of the quote: a service
that lies says that everything is fine, and only a client that looks for itself can tell.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Dict, Final, Mapping, NamedTuple

from conformance.mock_tee.measurements import MEASUREMENTS, event_rows
from conformance.mock_tee.models import Model
from conformance.mock_tee.pki.gpu_report import entry, payload_text
from conformance.mock_tee.quoting import QuoteHooks
from conformance.mock_tee.scenario import Scenario, Visit
from venice_ref.crypto.address import address_of, to_checksum
from venice_ref.model import PublicKey65

__all__ = ["attestation_answer"]

_VM_CONFIG: Final = json.dumps(
    {"spec_version": 1, "cpu_count": 8, "memory_size": 1 << 34, "image": "venice-ref-mock"},
    separators=(",", ":"),
)
_VERIFIED_AT: Final = "2026-01-01T00:00:00.000Z"


class _Material(NamedTuple):
    """What all shapes are made of."""

    model: Model
    nonce: str
    """As the client wrote it."""
    nonce_source: str
    public_key: PublicKey65
    """The key that is presented."""
    quote: str
    """Hexadecimal digits."""
    td: Mapping[str, bytes]
    """The fields of the quote's TD report."""
    nvidia_payload: str

    @property
    def key_hex(self) -> str:
        return bytes(self.public_key).hex()

    @property
    def address(self) -> str:
        return "0x" + bytes(address_of(self.public_key)).hex()


def attestation_answer(
    scenario: Scenario, visit: Visit, nonce: str, *, nonce_source: str
) -> Dict[str, Any]:
    """Return the answer for `visit.model`, after every point of the scenario up to `answer`.

    `nonce` is 64 hexadecimal digits as the client wrote them; `visit.nonce` are its bytes.
    """
    model, enclave = visit.model, visit.enclave
    if model is None or model.provider is None:
        raise ValueError("a model without an enclave has no evidence")
    report_data = scenario.report_data(enclave.report_data(visit.nonce), visit)
    td: Dict[str, bytes] = {}

    def change(fields: Dict[str, bytes]) -> Dict[str, bytes]:
        td.update(scenario.td_fields(fields, visit))
        return td

    hooks = QuoteHooks(
        body=change,
        attestation_key=lambda key: scenario.attestation_key(key, visit),
        qe_report=lambda fields: scenario.qe_report(fields, visit),
        pck_chain=lambda chain: scenario.pck_chain(chain, visit),
        signature_data=lambda data: scenario.signature_data(data, visit),
    )
    quote = scenario.quote(enclave.quote(report_data, hooks), visit)
    material = _Material(
        model,
        nonce,
        nonce_source,
        scenario.presented_key(enclave.key, visit).public_key,
        quote.hex(),
        td,
        _nvidia_payload(scenario, visit, nonce, model.provider.gpu_count),
    )
    return scenario.answer(_SHAPES[model.provider.shape](material), visit)


# --- The shapes ---------------------------------------------------------------------------------


def _near_ai(material: _Material) -> Dict[str, Any]:
    answer: Dict[str, Any] = {
        "model_name": material.model.upstream,
        "signing_address": material.address,
        "signing_algo": "ecdsa",
        "signing_public_key": material.key_hex,
        "request_nonce": material.nonce,
        "intel_quote": material.quote,
        "nvidia_payload": material.nvidia_payload,
        "event_log": event_rows(),
        "info": _info(),
        "signing_key": material.key_hex,
        **_front(material),
        "server_verification": _server_verification(material),
        "candidates_evaluated": 1,
        "candidates_available": 1,
    }
    if not material.model.e2ee:  # as observed: a TEE model may come without any key
        del answer["signing_public_key"], answer["signing_key"]
    return answer


def _phala(material: _Material) -> Dict[str, Any]:
    return {
        "signing_address": to_checksum(address_of(material.public_key)),
        "signing_algo": "ecdsa",
        "signing_public_key": material.key_hex,
        "request_nonce": material.nonce,
        "intel_quote": material.quote,
        "quote": material.quote,
        "nvidia_payload": material.nvidia_payload,
        "event_log": _event_log_text(runtime_digests=False),
        "vm_config": _VM_CONFIG,
        "info": {**_info(), "tcb_info": json.dumps(_tcb_info())},
        **_front(material),
        "server_verification": _server_verification(material),
        "candidates_evaluated": 1,
        "candidates_available": 6,
    }


def _aci(material: _Material) -> Dict[str, Any]:
    keyset = _keyset(material)
    return {
        "api_version": "aci/1",
        "workload_id": "sha256:" + _digest(keyset["workload_identity"]["public_key"]),
        "workload_keyset_digest": "sha256:" + _digest(keyset),
        "attestation": {
            "vendor": "dstack",
            "tee_type": "tdx",
            "workload_keyset": keyset,
            "report_data": material.td["report_data"].hex(),
            "evidence": {
                "quote": material.quote,
                "quote_report_data": material.td["report_data"].hex(),
                "event_log": _event_log_text(runtime_digests=True),
                "vm_config": _VM_CONFIG,
            },
        },
        "service_capabilities": {"supported_e2ee_versions": ["1", "2"], "serving": "aggregator"},
        "signing_address": material.address,
        "signing_algo": "ecdsa",
        "intel_quote": material.quote,
        **_front(material),
    }


_SHAPES: Final[Dict[str, Callable[[_Material], Dict[str, Any]]]] = {
    "near-ai": _near_ai,
    "phala": _phala,
    "aci": _aci,
}


# --- The parts ----------------------------------------------------------------------------------


def _front(material: _Material) -> Dict[str, Any]:
    """Return what the service adds to the answer of every provider."""
    provider = material.model.provider
    return {
        "verified": True,
        "model": material.model.id,
        "nonce": material.nonce,
        "nonce_source": material.nonce_source,
        "tee_provider": provider.name if provider else "",
        "tee_hardware": "intel-tdx",
        "upstream_model": material.model.upstream,
    }


def _info() -> Dict[str, Any]:
    return {
        "app_id": MEASUREMENTS.app_id.hex(),
        "app_name": "venice-ref-mock",
        "compose_hash": MEASUREMENTS.compose_hash.hex(),
        "device_id": MEASUREMENTS.device_id.hex(),
        "instance_id": MEASUREMENTS.instance_id.hex(),
        "key_provider_info": '{"name":"none","id":""}',
        "os_image_hash": MEASUREMENTS.os_image_hash.hex(),
        "tcb_info": _tcb_info(),
        "vm_config": _VM_CONFIG,
    }


def _tcb_info() -> Dict[str, Any]:
    return {
        "app_compose": MEASUREMENTS.app_compose,
        "compose_hash": MEASUREMENTS.compose_hash.hex(),
        "device_id": MEASUREMENTS.device_id.hex(),
        "event_log": event_rows(),
        "mrtd": MEASUREMENTS.mr_td.hex(),
        "os_image_hash": MEASUREMENTS.os_image_hash.hex(),
        **{f"rtmr{i}": rtmr.hex() for i, rtmr in enumerate(MEASUREMENTS.rtmrs)},
    }


def _event_log_text(*, runtime_digests: bool) -> str:
    return json.dumps(event_rows(runtime_digests=runtime_digests), separators=(",", ":"))


def _nvidia_payload(scenario: Scenario, visit: Visit, nonce: str, count: int) -> str:
    """Return JSON text, as the service does; empty for a machine without GPUs."""
    if not count:
        return ""
    machine = scenario.gpus(visit.enclave.ask_gpus(visit.nonce, count), visit)
    reports = scenario.gpu_reports(tuple(asked.sign() for asked in machine), visit)
    return payload_text(
        [entry(asked.gpu.chain, report, nonce) for asked, report in zip(machine, reports)], nonce
    )


def _server_verification(material: _Material) -> Dict[str, Any]:
    td = material.td
    return {
        "tdx": {
            "valid": True,
            "signatureValid": True,
            "certificateChainValid": True,
            "rootCaPinned": True,
            "attestationKeyMatch": True,
            "reportData": td["report_data"].hex(),
            "measurements": {
                "mrtd": td["mr_td"].hex(),
                "mrconfigid": td["mr_config_id"].hex(),
                "mrowner": td["mr_owner"].hex(),
                "mrownerconfig": td["mr_owner_config"].hex(),
                **{f"rtmr{i}": td[f"rt_mr{i}"].hex() for i in range(4)},
                "tdAttributes": td["td_attributes"].hex(),
                "xfam": td["xfam"].hex(),
            },
            "crlCheck": {"checked": True, "revoked": False},
        },
        "nvidia": {
            "valid": True,
            "signatureVerified": True,
            "certificateChainStatus": {
                "valid": True,
                "intermediatePinned": True,
                "leafCertExpiry": "9999-12-31T23:59:59.000Z",
            },
        },
        "signingAddressBinding": {"bound": True, "reportDataAddress": material.address},
        "nonceBinding": {"bound": True, "method": _binding_method(material)},
        "nvidiaNonceBinding": {"bound": True, "method": "nvidia_payload"},
        "verifiedAt": _VERIFIED_AT,
        "verificationDurationMs": 1,
    }


def _binding_method(material: _Material) -> str:
    """Return the name that the service has for the way in which the quote binds the nonce."""
    hashed = hashlib.sha256(bytes.fromhex(material.nonce)).digest()
    return "sha256" if material.td["report_data"][32:] == hashed else "raw"


def _keyset(material: _Material) -> Dict[str, Any]:
    """Return an ACI keyset of the first generation; the `ecdsa` entry has 128 digits."""
    key = material.key_hex[2:]
    return {
        "workload_identity": {
            "public_key": {"algo": "ecdsa-secp256k1", "public_key": key},
            "subject": None,
        },
        "keyset_epoch": {"version": 1, "not_after": (1 << 64) - 1},
        "receipt_signing_keys": [
            {"key_id": "mock-receipt", "algo": "ecdsa-secp256k1", "public_key": key}
        ],
        "e2ee_public_keys": [
            {
                "key_id": "mock-e2ee",
                "algo": "secp256k1-aes-256-gcm-hkdf-sha256",
                "public_key": key,
            },
            {"key_id": "mock-legacy", "algo": "ecdsa", "public_key": key},
        ],
        "tls_public_keys": [],
    }


def _digest(value: Any) -> str:
    """Return SHA-256 of the canonical JSON; enough for values of ASCII and integers (RFC 8785)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
