"""Attestation answers and quotes for tests: made here from the encoders, and the real ones.

The real ones are read from beside the repository; a test that needs them skips where they are
absent.
"""

from __future__ import annotations

import copy
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import pytest

from venice_ref.attestation.binding import encode_report_data
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import Report
from venice_ref.crypto.address import address_of, to_checksum
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.errors import PeerError, VeniceError
from venice_ref.evidence.tdx.encode import (
    encode_quote,
    encode_sgx_report,
    encode_signed,
    header_fields,
    zero_body,
)
from venice_ref.evidence.tdx.layouts import BODY_KINDS
from venice_ref.evidence.tdx.quote import CertificationData, SignatureData
from venice_ref.model import Nonce32

REAL = Path(__file__).resolve().parents[1].parent / "shared" / "real"
ABSENT = "the captured evidence is not beside this repository (../shared/real)"

NOW = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
BINDING = Policy(assurance="binding")
MODEL = "e2ee-sample"
NONCE = Nonce32(bytes(range(32)))
SECRET = PrivateKey.from_bytes(b"\x11" * 32)
KEY = SECRET.public_key
ADDRESS = address_of(KEY)
OTHER_SECRET = PrivateKey.from_bytes(b"\x22" * 32)
OTHER_KEY = OTHER_SECRET.public_key
REPORT_DATA = encode_report_data(ADDRESS, NONCE)
SEPT_VE_DISABLE = bytes.fromhex("0000001000000000")


# --- Quotes -------------------------------------------------------------------------------------


PEM = CertificationData(5, b"-----BEGIN CERTIFICATE-----\0", {})


def signature_data(
    *,
    certification: CertificationData = PEM,
    authentication: bytes = bytes(range(32)),
) -> SignatureData:
    return SignatureData(
        signature=b"\x51" * 64,
        attestation_key=b"\xa7" * 64,
        qe_report=encode_sgx_report(report_data=b"\x0e" * 64),
        qe_report_signature=b"\x52" * 64,
        qe_authentication_data=authentication,
        certification=certification,
    )


SIGNATURE_DATA = signature_data()


def quote(
    version: int = 4,
    body_kind: str = "td-1.0",
    *,
    data: SignatureData = SIGNATURE_DATA,
    trailing: bytes = bytes(70),
    **fields: bytes,
) -> bytes:
    """Return a quote that parses and whose signatures are placeholders."""
    fields.setdefault("report_data", REPORT_DATA)
    if body_kind != "sgx":
        fields.setdefault("td_attributes", SEPT_VE_DISABLE)
        fields.setdefault("mr_td", b"\x3d" * 48)
    signed = encode_signed(
        version,
        header=header_fields(version, BODY_KINDS[body_kind].tee_type),
        body_kind=body_kind,
        body=zero_body(body_kind, **fields),
    )
    return encode_quote(signed, data, trailing=trailing)


QUOTE_KINDS = [
    (3, "sgx"), (4, "sgx"), (4, "td-1.0"),
    (5, "sgx"), (5, "td-1.0"), (5, "td-1.5"), (5, "td-1.5ex"),
]  # fmt: skip


# --- Answers ------------------------------------------------------------------------------------

EVENT = {
    "imr": 3,
    "event_type": 134217729,
    "digest": "00" * 48,
    "event": "system-ready",
    "event_payload": "",
}


def near_answer() -> Dict[str, Any]:
    """Return an answer in the form of `near-ai`: lists and objects, the key twice."""
    return copy.deepcopy(
        {
            "verified": True,
            "model": MODEL,
            "upstream_model": "Sample/Sample-1",
            "model_name": "Sample/Sample-1",
            "nonce": NONCE.hex(),
            "request_nonce": NONCE.hex(),
            "nonce_source": "client",
            "tee_provider": "near-ai",
            "tee_hardware": "intel-tdx",
            "signing_key": KEY.hex(),
            "signing_public_key": KEY.hex(),
            "signing_address": "0x" + ADDRESS.hex(),
            "signing_algo": "ecdsa",
            "intel_quote": quote().hex(),
            "event_log": [EVENT],
            "nvidia_payload": json.dumps(GPU),
            "info": {"app_id": "00" * 20, "tcb_info": {"mrtd": "3d" * 48, "event_log": [EVENT]}},
            "server_verification": {
                "tdx": {
                    "valid": True,
                    "signatureValid": True,
                    "certificateChainValid": True,
                    "rootCaPinned": True,
                    "attestationKeyMatch": True,
                    "reportData": REPORT_DATA.hex(),
                    "measurements": {
                        "mrtd": "3d" * 48,
                        "mrconfigid": "00" * 48,
                        "rtmr0": "00" * 48,
                        "tdAttributes": SEPT_VE_DISABLE.hex(),
                        "xfam": "00" * 8,
                    },
                    "crlCheck": {"checked": True, "revoked": False},
                },
                "nvidia": {"valid": True},
                "signingAddressBinding": {
                    "bound": True,
                    "reportDataAddress": "0x" + ADDRESS.hex(),
                },
                "nonceBinding": {"bound": True, "method": "raw"},
                "nvidiaNonceBinding": {"bound": True, "method": "nvidia_payload"},
                "verifiedAt": "2026-04-24T01:58:32.849Z",
            },
            "candidates_available": 6,
            "candidates_evaluated": 1,
        }
    )


GPU = {
    "arch": "HOPPER",
    "nonce": NONCE.hex(),
    "evidence_list": [{"arch": "HOPPER", "certificate": "QQ==", "evidence": "QQ=="}] * 8,
}


def phala_answer() -> Dict[str, Any]:
    """Return an answer in the form of `phala` until June 2026: JSON in strings, one key, EIP-55."""
    return {
        "verified": True,
        "model": MODEL,
        "upstream_model": "phala/sample-1",
        "nonce": NONCE.hex(),
        "request_nonce": NONCE.hex(),
        "nonce_source": "client",
        "tee_provider": "phala",
        "tee_hardware": "intel-tdx",
        "signing_public_key": KEY[1:].hex(),
        "signing_address": to_checksum(ADDRESS),
        "signing_algo": "ecdsa",
        "intel_quote": quote().hex(),
        "quote": quote().hex(),
        "event_log": json.dumps([EVENT, {**EVENT, "digest": ""}]),
        "nvidia_payload": json.dumps(json.dumps(GPU)),
        "info": {"tcb_info": json.dumps({"mrtd": "3d" * 48, "app_compose": "{}"})},
    }


def aci_answer() -> Dict[str, Any]:
    """Return an answer in an ACI envelope that names the key in its keyset only."""
    keys = [
        {"key_id": "a", "algo": "secp256k1-aes-256-gcm-hkdf-sha256", "public_key": KEY[1:].hex()},
        {"key_id": "b", "algo": "ecdsa", "public_key": KEY[1:].hex()},
        {"key_id": "c", "algo": "dstack-kms-legacy-ed25519-v1", "public_key": "00" * 32},
    ]
    return {
        "api_version": "aci/1",
        "workload_id": "sha256:" + "00" * 32,
        "workload_keyset_digest": "sha256:" + "00" * 32,
        "attestation": {
            "vendor": "dstack",
            "tee_type": "tdx",
            "workload_keyset": {"keyset_epoch": {"not_after": 2**64 - 1}, "e2ee_public_keys": keys},
            "report_data": REPORT_DATA.hex(),
            "evidence": {
                "quote": quote().hex(),
                "quote_report_data": REPORT_DATA.hex(),
                "event_log": json.dumps([EVENT]),
            },
        },
        "service_capabilities": {"supported_e2ee_versions": ["1"]},
        "verified": True,
        "model": MODEL,
        "nonce": NONCE.hex(),
        "nonce_source": "client",
        "tee_provider": "phala",
        "tee_hardware": "intel-tdx",
        "signing_address": "0x" + ADDRESS.hex(),
        "signing_algo": "ecdsa",
        "intel_quote": quote().hex(),
    }


def encode(answer: Any) -> bytes:
    return json.dumps(answer).encode("utf-8")


def changed(answer: Dict[str, Any], path: str, value: Any) -> bytes:
    """Return the bytes of an answer with one member replaced; `None` removes it."""
    *parents, last = path.split(".")
    node = answer
    for name in parents:
        node = node[name]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return encode(answer)


def report_of(error: VeniceError) -> Report:
    """Return the report that an error carries."""
    assert isinstance(error, PeerError)
    assert isinstance(error.report, Report)
    return error.report


# --- The real ones ------------------------------------------------------------------------------


class Capture(NamedTuple):
    """What a client received, and the nonce and the model that it had sent."""

    raw: bytes
    nonce: bytes
    model: str


def capture() -> Capture:
    folder = REAL / "venice-2026-04-24"
    if not folder.is_dir():
        pytest.skip(ABSENT)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return Capture(
        (folder / "attestation.json").read_bytes(),
        bytes.fromhex(manifest["nonce_hex"]),
        manifest["model"],
    )


class RealQuote(NamedTuple):
    name: str
    raw: bytes


def real_quotes() -> List[RealQuote]:
    paths = sorted((REAL / "dcap").glob("*.json"))
    if not paths:
        pytest.skip(ABSENT)
    return [
        RealQuote(path.stem, bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["quote"]))
        for path in paths
    ]
