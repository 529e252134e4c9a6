"""Misbehaviours of the platform and of what Intel publishes; the table says what each is for.

Each function has the form of a point of `scenario.Scenario`.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Callable, Dict, Final

from conformance.mock_tee.pki.authority import Key, RevocationList, draw_key
from conformance.mock_tee.pki.intel import Chain, certify_platform, serial_of
from conformance.mock_tee.pki.statements import SignedText, rfc3339
from conformance.mock_tee.randomness import random_source
from conformance.mock_tee.refusals import Reply
from conformance.mock_tee.scenario import Visit
from venice_ref.crypto.curves import P256
from venice_ref.evidence.tdx.quote import SignatureData
from venice_ref.pki.certificate import parse_certificate

__all__ = [
    "expired_crl",
    "expired_pck",
    "expired_tcb_info",
    "foreign_attestation_key",
    "foreign_crl",
    "foreign_fmspc",
    "foreign_quoting_enclave",
    "foreign_root",
    "reordered_chain",
    "revoked_ca",
    "revoked_pck",
    "signed_by_the_pck",
    "unavailable_pcs",
    "with_best_level",
    "with_broken_qe_report",
    "with_broken_quote",
    "with_broken_text_signature",
    "with_higher_bar",
]

Document = Dict[str, Any]

_LONG_AGO: Final = timedelta(days=31)
_A_DAY: Final = timedelta(days=1)


def _turned(signature: bytes) -> bytes:
    """Return a signature with its last bit turned."""
    return signature[:-1] + bytes([signature[-1] ^ 1])


# --- The quote ----------------------------------------------------------------------------------


def foreign_attestation_key(key: Key, visit: Visit) -> Key:
    """Sign with an attacker's key, which no quoting enclave made."""
    del key
    return draw_key(P256, random_source(visit.enclave.seed, "foreign attestation key"))


def foreign_quoting_enclave(fields: Dict[str, bytes], visit: Visit) -> Dict[str, bytes]:
    """Have another enclave of the platform name the attestation key; the PCK signs its report."""
    del visit
    signer = hashlib.sha256(b"venice-ref mock, synthetic: another signer").digest()
    return {**fields, "mr_signer": signer}


def reordered_chain(chain: Chain, visit: Visit) -> Chain:
    """Let the root stand before the Platform CA."""
    del visit
    leaf, authority, root = chain
    return (leaf, root, authority)


def with_broken_quote(data: SignatureData, visit: Visit) -> SignatureData:
    """Turn a bit of the signature over the quote."""
    del visit
    return data._replace(signature=_turned(data.signature))


def with_broken_qe_report(data: SignatureData, visit: Visit) -> SignatureData:
    """Turn a bit of the signature over the QE report."""
    del visit
    return data._replace(qe_report_signature=_turned(data.qe_report_signature))


def foreign_root(chain: Chain, visit: Visit) -> Chain:
    """Certify the platform by another Intel, with the same names and other keys."""
    del chain
    platform, impostor = visit.enclave.platform, visit.enclave.make_intel("foreign Intel")
    return certify_platform(impostor, platform.pck, platform.ppid)


def expired_pck(chain: Chain, visit: Visit) -> Chain:
    """Let the PCK certificate end a day ago."""
    del chain
    enclave = visit.enclave
    platform, end = enclave.platform, enclave.clock() - _A_DAY
    return certify_platform(enclave.intel, platform.pck, platform.ppid, not_after=end)


# --- Revocation lists ---------------------------------------------------------------------------


def revoked_pck(draft: RevocationList, visit: Visit) -> RevocationList:
    """Put the platform's PCK certificate on the list of the Platform CA."""
    serial = parse_certificate(visit.enclave.pck_chain[0]).serial
    return draft._replace(serials=(*draft.serials, serial))


def revoked_ca(draft: RevocationList, visit: Visit) -> RevocationList:
    """Put the Platform CA on the list of the root."""
    return draft._replace(serials=(*draft.serials, serial_of(visit.enclave.intel.platform_ca.key)))


def expired_crl(draft: RevocationList, visit: Visit) -> RevocationList:
    """Serve the list of last month: nothing that was revoked since is on it."""
    end = visit.enclave.clock() - _A_DAY
    return draft._replace(this_update=end - _LONG_AGO, next_update=end)


def foreign_crl(draft: RevocationList, visit: Visit) -> RevocationList:
    """Serve the genuine list of the Processor CA in the place of that of the Platform CA."""
    return draft._replace(issuer=visit.enclave.intel.processor_ca)


# --- TCB info -----------------------------------------------------------------------------------


def with_higher_bar(document: Document, visit: Visit) -> Document:
    """Demand a newer PCE for the best level: Intel knows of flaws that the platform still has."""
    del visit
    document["tcbLevels"][0]["tcb"]["pcesvn"] += 1
    return document


def with_best_level(status: str) -> Callable[[Document, Visit], Document]:
    """Return a point that gives another status to the level that the platform reaches."""

    def point(document: Document, visit: Visit) -> Document:
        del visit
        level = document["tcbLevels"][0]
        level.update(tcbStatus=status, advisoryIDs=["MOCK-SA-00003"])
        return document

    return point


def expired_tcb_info(document: Document, visit: Visit) -> Document:
    """Serve the TCB info of last month."""
    end = visit.enclave.clock() - _A_DAY
    document.update(issueDate=rfc3339(end - _LONG_AGO), nextUpdate=rfc3339(end))
    return document


def foreign_fmspc(document: Document, visit: Visit) -> Document:
    """Serve the TCB info of another family of platforms."""
    del visit
    return {**document, "fmspc": b"\x00\x00else".hex()}


def with_broken_text_signature(signed: SignedText, visit: Visit) -> SignedText:
    """Turn a bit of the signature over the TCB info."""
    del visit
    return signed._replace(signature=_turned(signed.signature))


def signed_by_the_pck(signed: SignedText, visit: Visit) -> SignedText:
    """Sign the TCB info with the key of the platform, whose chain ends in the same root."""
    enclave = visit.enclave
    signature = enclave.platform.pck.sign(signed.text.encode("ascii"))
    return signed._replace(signature=signature, chain=enclave.pck_chain)


# --- The service --------------------------------------------------------------------------------


def unavailable_pcs(reply: Reply, visit: Visit) -> Reply:
    """Answer every request for collateral with 503."""
    del visit
    error = (("Error-Code", "ServiceUnavailable"), ("Error-Message", "try again later"))
    return Reply(503, b"", headers=(*reply.headers[:1], *error))
