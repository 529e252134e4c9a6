"""The operations on collateral: `collateral.verify` and `collateral.needs`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Dict, Final, Mapping

from venice_ref.codec.strict import parse_rfc3339
from venice_ref.evidence.tdx.collateral import parse_collateral, verify_collateral
from venice_ref.evidence.tdx.intel import INTEL_ROOT
from venice_ref.evidence.tdx.needs import collateral_needs
from venice_ref.evidence.tdx.quote import decode_quote_text, parse_quote
from venice_ref.pki.certificate import parse_certificate
from venice_ref.pki.chain import TrustAnchor, anchor_of
from venice_ref.pki.signatures import SignatureMemo

__all__ = [
    "MEMBERS",
    "MEMO",
    "collateral_needs_of",
    "collateral_text",
    "collateral_verify",
    "moment",
    "trust_anchor",
]

MEMBERS: Final = (
    "pck_crl_issuer_chain", "root_ca_crl", "pck_crl",
    "tcb_info_issuer_chain", "tcb_info", "tcb_info_signature",
    "qe_identity_issuer_chain", "qe_identity", "qe_identity_signature",
    "pck_certificate_chain",
)  # fmt: skip
"""The members of collateral; in an input they stand beside the others."""


MEMO: Final = SignatureMemo(4096)
"""Signatures on certificates and lists that hold; most are the same in most inputs."""


def collateral_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what collateral says of itself, once all of it was verified."""
    found = verify_collateral(
        parse_collateral(collateral_text(given)),
        now=moment(given["now"]),
        tee=given.get("tee"),
        memo=MEMO,
        anchor=trust_anchor(given),
    )
    return {
        "tee": found.tee,
        "fmspc": found.tcb_info.fmspc.hex(),
        "pce_id": found.tcb_info.pce_id.hex(),
        "tcb_info_evaluation_number": found.tcb_info.evaluation_number,
        "qe_identity_evaluation_number": found.qe_identity.evaluation_number,
        "latest_issue": _shown(found.window.latest_issue),
        "earliest_expiration": _shown(found.window.earliest_expiration),
    }


def collateral_needs_of(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return which collateral a quote needs, before anything of it is proven."""
    needs = collateral_needs(parse_quote(decode_quote_text(given["quote"])))
    return {"tee": needs.tee, "fmspc": needs.fmspc.hex(), "ca": needs.ca}


# --- Inputs -------------------------------------------------------------------------------------


def collateral_text(given: Mapping[str, Any]) -> str:
    """Return the JSON text of the collateral: given as such, or made of its members."""
    if "collateral" in given:
        return str(given["collateral"])
    return json.dumps({name: given[name] for name in MEMBERS if name in given})


def trust_anchor(given: Mapping[str, Any]) -> TrustAnchor:
    """Return the root that is given, or Intel's."""
    if "root" not in given:
        return INTEL_ROOT
    root = parse_certificate(bytes.fromhex(given["root"]), where="root")
    return anchor_of(root, "the root of the test")


def moment(text: str) -> datetime:
    """Return a time of our own making."""
    return parse_rfc3339(text)


def _shown(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
