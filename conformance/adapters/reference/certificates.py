"""Certificates and lists: `certificate.parse`, `chain.verify`, `crl.verify`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Final, Mapping, Optional, Tuple

from venice_ref.codec.strict import parse_rfc3339
from venice_ref.crypto.curves import P256, P384
from venice_ref.evidence.nvidia.chain import COMPOSITE_DEVICE_ID, DICE_TCB_INFO, device_roles
from venice_ref.evidence.nvidia.jwks import TOKEN_ROLES
from venice_ref.evidence.nvidia.rim import MANIFEST_ROLES
from venice_ref.evidence.tdx.intel import PCK_CA_ROLES, PCK_ROLES, TCB_SIGNING_ROLES
from venice_ref.evidence.tdx.pck import SGX_EXTENSION
from venice_ref.pki.certificate import Certificate, parse_certificate, parse_pem_chain
from venice_ref.pki.chain import Role, TrustAnchor, verify_chain
from venice_ref.pki.crl import parse_crl, verify_crl
from venice_ref.pki.extensions import KEY_USAGES
from venice_ref.pki.keys import EcPublicKey, PublicKey, RsaPublicKey

__all__ = ["certificate_parse", "chain_verify", "crl_verify"]

SUBJECT_ALT_NAME: Final = "2.5.29.17"

UNDERSTOOD: Final[Mapping[str, Tuple[str, ...]]] = {
    "intel": (SGX_EXTENSION,),
    "nvidia-gpu": (COMPOSITE_DEVICE_ID, DICE_TCB_INFO, SUBJECT_ALT_NAME),
    "nvidia-manifest": (),
    "nvidia-token": (),
}
"""Profile -> the critical extensions that its caller evaluates [CRT-9]."""

MAX_PEM_COUNT: Final = 8
"""Certificates that are parsed at all, so that a longer chain is named as such."""


def certificate_parse(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Read one certificate of a profile."""
    found = _parse(bytes.fromhex(given["certificate"]), given["profile"], "certificate")
    constraints, usage = found.basic_constraints, found.key_usage
    return {
        "serial": f"{found.serial:x}",
        "algorithm": found.signature_oid,
        "issuer": found.issuer_cn,
        "subject": found.subject_cn,
        "not_before": _time(found.not_before),
        "not_after": _time(found.not_after),
        "key": found.public_key.kind,
        "public_key": _key(found.public_key),
        "extensions": list(found.extensions),
        "authority": constraints is not None and constraints.ca,
        "path_length": None if constraints is None else constraints.path_length,
        "key_usage": None if usage is None else [name for name in KEY_USAGES if name in usage],
        "subject_key_id": None if found.ski is None else found.ski.hex(),
        "authority_key_id": None if found.aki is None else found.aki.hex(),
    }


def chain_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Verify a chain for a role under what is pinned, with lists where they are given."""
    role = given["role"]
    profile = "intel" if role.startswith("intel") else role
    if "pem" in given:
        chain = parse_pem_chain(
            given["pem"],
            max_count=MAX_PEM_COUNT,
            allow_nul=given["in_quote"],
            understood=UNDERSTOOD[profile],
        )
    else:
        chain = tuple(
            _parse(bytes.fromhex(der), profile, f"chain[{index}]")
            for index, der in enumerate(given["chain"])
        )
    crls = [parse_crl(bytes.fromhex(der)) for der in given["crls"]] if "crls" in given else None
    verify_chain(
        chain,
        anchor=_anchor(given),
        roles=_roles(role, given),
        now=parse_rfc3339(given["now"]),
        crls=crls,
    )
    return {
        "public_key": _key(chain[0].public_key),
        "expires": _time(min(certificate.not_after for certificate in chain)),
        "revocation_judged": crls is not None,
    }


def crl_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Verify a list under the certificate of its issuer, and look up numbers in it."""
    crl = parse_crl(bytes.fromhex(given["crl"]))
    issuer = _parse(bytes.fromhex(given["issuer"]), "intel", "issuer")
    verify_crl(crl, issuer, now=parse_rfc3339(given["now"]))
    return {
        "this_update": _time(crl.this_update),
        "next_update": _time(crl.next_update),
        "number": f"{crl.crl_number:x}",
        "revoked": [serial for serial in given["serials"] if int(serial, 16) in crl.serials],
    }


# --- Forms --------------------------------------------------------------------------------------


def _parse(der: bytes, profile: str, where: str) -> Certificate:
    return parse_certificate(
        der,
        understood=UNDERSTOOD[profile],
        any_time_form=profile == "nvidia-manifest",
        where=where,
    )


def _roles(role: str, given: Mapping[str, Any]) -> Tuple[Role, ...]:
    if role == "nvidia-gpu":
        return device_roles(given["chip"])
    return {
        "intel-pck": PCK_ROLES,
        "intel-pck-ca": PCK_CA_ROLES,
        "intel-tcb-signing": TCB_SIGNING_ROLES,
        "nvidia-manifest": MANIFEST_ROLES,
        "nvidia-token": TOKEN_ROLES,
    }[role]


def _anchor(given: Mapping[str, Any]) -> TrustAnchor:
    """Return what is pinned: `pinned_key`, a point, or `pinned_sha256`, of a certificate."""
    digests = [given["pinned_sha256"]] if "pinned_sha256" in given else []
    return TrustAnchor(
        "the pinned root",
        public_key=_point(given.get("pinned_key")),
        certificates=frozenset(bytes.fromhex(digest) for digest in digests),
    )


def _point(text: Optional[str]) -> Optional[EcPublicKey]:
    if text is None:
        return None
    xy = bytes.fromhex(text)[1:]
    size = len(xy) // 2
    curve = {32: P256, 48: P384}[size]
    return EcPublicKey(curve, (int.from_bytes(xy[:size], "big"), int.from_bytes(xy[size:], "big")))


def _key(key: PublicKey) -> str:
    """Return 04 x y of a point, or the modulus."""
    if isinstance(key, RsaPublicKey):
        return f"{key.n:x}"
    size = (key.curve.p.bit_length() + 7) // 8
    x, y = key.point
    return f"04{x:0{2 * size}x}{y:0{2 * size}x}"


def _time(moment: datetime) -> str:
    return f"{moment.year:04d}{moment:-%m-%dT%H:%M:%SZ}"
