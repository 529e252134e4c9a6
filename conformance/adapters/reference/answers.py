"""Attestation answers: `attestation.verify`, `report_data.bind`, `policy.parse`, `bundle.parse`."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Optional, Set

from venice_ref.attestation.binding import (
    encode_report_data,
    verify_address,
    verify_nonce,
    verify_padding,
)
from venice_ref.attestation.bundle import parse_bundle
from venice_ref.attestation.endorsements import Endorsements, TrustRoots
from venice_ref.attestation.pins import AllOf, AnyOf, Pins
from venice_ref.attestation.policy import FleetPolicy, Policy, check_policy
from venice_ref.attestation.policy_file import parse_policy
from venice_ref.attestation.trust_root import parse_trust_roots
from venice_ref.attestation.verify import verify_attestation
from venice_ref.codec.pem import encode_pem
from venice_ref.codec.strict import parse_rfc3339
from venice_ref.crypto.address import address_of
from venice_ref.e2ee.keys import encode_public_key, parse_model_key
from venice_ref.model import Nonce32

__all__ = ["attestation_verify", "bundle_parse", "policy_parse", "report_data_bind"]


def attestation_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the model key of an answer that meets a policy, and what was proven of it."""
    nonce: Optional[str] = given["nonce"]
    verified = verify_attestation(
        _body(given),
        nonce=None if nonce is None else bytes.fromhex(nonce),
        model=given["model"],
        policy=parse_policy(json.dumps(given["policy"]).encode("ascii")),
        now=parse_rfc3339(given["now"]),
        endorsements=_endorsements(given),
        roots=_roots(given),
    )
    report = verified.report
    names = ("nonce_binding", "tcb_status", "compose_hash", "app_id", "gpu_count")
    return {
        "model_key": encode_public_key(verified.model_key),
        "address": bytes(verified.address).hex(),
        "key_source": report.facts["model_key_source"],
        "assurance": report.assurance_reached,
        "gpu": report.gpu_reached,
        **{name: report.facts[name] for name in names},
        "advisories": report.facts["advisory_ids"] or [],
        "roots_replaced": report.facts["trust_roots_replaced"] or [],
    }


def _body(given: Mapping[str, Any]) -> bytes:
    """Return the answer: a text, bytes, or parts with a filler that would be long to write down."""
    if "answer_bytes" in given:
        return bytes.fromhex(given["answer_bytes"])
    text: str = given["answer"]
    if "padding" in given:  # spaces that are part of the text
        text += " " * int(given["padding"])
    return text.encode("utf-8")


def _endorsements(given: Mapping[str, Any]) -> Endorsements:
    def raw(name: str) -> Optional[bytes]:
        text: Optional[str] = given.get(name)
        return None if text is None else text.encode("utf-8")

    return Endorsements(raw("collateral"), raw("nras"), raw("jwks"))


def _roots(given: Mapping[str, Any]) -> TrustRoots:
    """Return the pinned roots, with the certificates of the input in the place of theirs."""
    found = [given[name] for name in ("root", "gpu_root") if name in given]
    if not found:
        return TrustRoots()
    return parse_trust_roots("".join(encode_pem(bytes.fromhex(der)) for der in found).encode())


def report_data_bind(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return how a REPORTDATA binds a key and a nonce."""
    report_data, nonce = bytes.fromhex(given["report_data"]), bytes.fromhex(given["nonce"])
    address = address_of(parse_model_key(given["public"]))
    verify_address(report_data, address)
    verify_padding(report_data)
    allowed = given["nonce_binding"] == "raw-or-sha256"
    return {
        "nonce_binding": verify_nonce(report_data, Nonce32(nonce), allow_sha256=allowed),
        "mid": {
            "address": bytes(address).hex(),
            "expected": encode_report_data(address, Nonce32(nonce)).hex(),
        },
    }


def policy_parse(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what a policy file demands, every default filled in."""
    policy = parse_policy(given["policy"].encode("utf-8"))
    check_policy(policy)
    return {
        **_plain(policy),
        "pinned": [] if policy.measurements is None else sorted(_pinned(policy.measurements)),
        "gpu_fleet": _fleet(policy.gpu_fleet),
    }


def _plain(policy: Policy) -> Dict[str, Any]:
    return {
        "assurance": policy.assurance,
        "gpu": policy.gpu,
        "nonce_binding": policy.nonce_binding,
        "tcb_statuses": sorted(policy.tcb_statuses),
        "rejected_advisories": sorted(policy.rejected_advisories),
        "min_tcb_evaluation_number": policy.min_tcb_evaluation_number,
        "allow_service_td": policy.allow_service_td,
    }


def _pinned(pins: Pins) -> Set[str]:
    """Return the names of the measurements that pins speak of."""
    if isinstance(pins, (AllOf, AnyOf)):
        return {name for inner in pins.pins for name in _pinned(inner)}
    return {pins.name}


def _fleet(fleet: FleetPolicy) -> Dict[str, Any]:
    return {
        "gpu_count": fleet.gpu_count,
        "driver_versions": sorted(fleet.driver_versions),
        "vbios_versions": sorted(fleet.vbios_versions),
        "modes": sorted(fleet.modes),
    }


def bundle_parse(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the members of a bundle."""
    bundle = parse_bundle(given["bundle"].encode("utf-8"))
    return {
        "model": bundle.model,
        "nonce": bytes(bundle.nonce).hex(),
        "captured_at": f"{bundle.captured_at:%Y-%m-%dT%H:%M:%SZ}",
        "attestation": bundle.attestation,
        "collateral": bundle.collateral,
        "nras": bundle.nras,
        "jwks": bundle.jwks,
        "rims": list(bundle.rims),
    }
