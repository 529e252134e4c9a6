"""Intel's public key infrastructure for SGX and TDX: the pinned root, and who may sign what.

    Intel SGX Root CA                   signs the two kinds below, and a list of revoked ones
      |-- Intel SGX PCK Platform CA     (or Processor CA) signs PCK certificates, and a list
      |     `-- Intel SGX PCK Certificate             signs QE reports
      `-- Intel SGX TCB Signing                       signs TCB info and QE identity

A certificate has its role by its place in a chain and by its name, so that the key of a platform
never passes for that of Intel's statements.  Intel, "SGX PCK Certificate and Certificate Revocation
List Profile Specification".
"""

from __future__ import annotations

from typing import Dict, Final, List, Optional, Sequence, Tuple

from venice_ref.errors import EvidenceError
from venice_ref.evidence.roots import INTEL_ROOT
from venice_ref.evidence.tdx.pck import SGX_EXTENSION
from venice_ref.pki.certificate import Certificate, parse_certificate
from venice_ref.pki.chain import Role
from venice_ref.pki.extensions import (
    AUTHORITY_KEY_IDENTIFIER,
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    SUBJECT_KEY_IDENTIFIER,
)

__all__ = [
    "INTEL_ROOT",
    "PCK_CA_ROLES",
    "PCK_ROLES",
    "TCB_SIGNING_ROLES",
    "parse_chain",
]

_ISSUES: Final = frozenset({"keyCertSign", "cRLSign"})
_SIGNS: Final = frozenset({"digitalSignature"})

_ROOT: Final = Role("root CA", r"Intel SGX Root CA", "P-256", True, _ISSUES)
_PCK_CA: Final = Role("PCK CA", r"Intel SGX PCK (Platform|Processor) CA", "P-256", True, _ISSUES)
_PCK: Final = Role("PCK certificate", r"Intel SGX PCK Certificate", "P-256", False, _SIGNS)
_TCB_SIGNING: Final = Role("TCB signer", r"Intel SGX TCB Signing", "P-256", False, _SIGNS)

PCK_CA_ROLES: Final = (_PCK_CA, _ROOT)
PCK_ROLES: Final = (_PCK, _PCK_CA, _ROOT)
TCB_SIGNING_ROLES: Final = (_TCB_SIGNING, _ROOT)
"""The three chains  [COL-3]."""

_CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"

_REQUIRED: Final = (
    AUTHORITY_KEY_IDENTIFIER,
    _CRL_DISTRIBUTION_POINTS,
    SUBJECT_KEY_IDENTIFIER,
    KEY_USAGE,
    BASIC_CONSTRAINTS,
)


def parse_chain(
    ders: Sequence[bytes], *, where: str, known: Optional[Dict[bytes, Certificate]] = None
) -> Tuple[Certificate, ...]:
    """Return the certificates of a chain, which have what Intel's profile demands.

    `known` holds certificates that were parsed before, by their DER, and gets those that are new.

    Raises:
        MalformedError: one does not parse [CRT-1 to CRT-9].
        EvidenceError: one lacks an extension [COL-5].
    """
    known = {} if known is None else known
    chain: List[Certificate] = []
    for index, der in enumerate(ders):
        here = f"{where}[{index}]"
        if der not in known:
            known[der] = _parse(der, here)
        chain.append(known[der]._replace(where=here))
    return tuple(chain)


def _parse(der: bytes, where: str) -> Certificate:
    certificate = parse_certificate(der, understood=(SGX_EXTENSION,), where=where)
    for kind in _REQUIRED:
        if kind not in certificate.extensions:
            raise EvidenceError(
                f"no extension {kind}, which every certificate of Intel has",
                rule="COL-5",
                where=where,
            )
    return certificate
