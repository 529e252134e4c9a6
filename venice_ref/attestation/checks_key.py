"""The checks of the model key: that there is one, its form, and what the answer says of it."""

from __future__ import annotations

from venice_ref.attestation.findings import Findings, Outcome, Skip
from venice_ref.crypto.address import address_of, parse_address, to_checksum
from venice_ref.e2ee.keys import parse_model_key
from venice_ref.errors import EvidenceError

__all__ = ["agree", "claimed_address", "form", "present"]


def present(findings: Findings) -> Outcome:
    """Refuse an answer without a model key  [KEY-8]; say where it is from  [ATT-12, ATT-20]."""
    answer = findings.the_answer
    if not answer.signing_keys:
        raise EvidenceError(
            "the answer carries no model key",
            rule="KEY-8",
            where="attestation.signing_key",
            hint="some models are attested without a key; they cannot be used with encryption",
        )
    if answer.key_from_keyset:
        return "the ecdsa key of the keyset; the keyset itself is not bound to the hardware"
    return "in " + " and ".join(member.where for member in answer.signing_keys)


def form(findings: Findings) -> Outcome:
    """Refuse a model key that is not a point of secp256k1 in a known form  [KEY-3 to KEY-6]."""
    findings.model_keys = tuple(
        parse_model_key(member.text, where=member.where)
        for member in findings.the_answer.signing_keys
    )
    findings.address = address_of(findings.model_keys[0])
    return "a point of secp256k1"


def agree(findings: Findings) -> Outcome:
    """Refuse an answer that states two keys  [KEY-7]."""
    if len(findings.model_keys) == 1:
        return Skip("the answer states one key")
    if len(set(findings.model_keys)) != 1:
        places = " and ".join(member.where for member in findings.the_answer.signing_keys[:2])
        raise EvidenceError(f"{places} are different keys", rule="KEY-7", where="attestation")
    return "every statement is the same key"


def claimed_address(findings: Findings) -> Outcome:
    """Refuse a `signing_address` that is not the model key's  [ATT-9]."""
    claimed = findings.the_answer.signing_address
    if claimed is None:
        return Skip("the answer has no signing_address")
    where = "attestation.signing_address"
    address, found = findings.the_address, parse_address(claimed, where=where)
    if found != address:
        raise EvidenceError(
            f"{to_checksum(found)}, that of the model key is {to_checksum(address)}",
            rule="ATT-9",
            where=where,
        )
    return "the address of the model key"
