"""The checks of the answer itself: its schema, and what it says of model, nonce and algorithm."""

from __future__ import annotations

from venice_ref.attestation.answer import parse_answer
from venice_ref.attestation.findings import NO_NONCE, Findings, Outcome, Skip
from venice_ref.codec.strict import decode_hex, excerpt
from venice_ref.errors import EvidenceError
from venice_ref.model import Nonce32
from venice_ref.spec import ALGORITHM, NONCE_SIZE

__all__ = [
    "algorithm",
    "compare_nonce",
    "model",
    "nonce",
    "nonce_source",
    "request_nonce",
    "schema",
    "verified",
]


def schema(findings: Findings) -> Outcome:
    """Refuse an answer that is not of the schema  [ATT-1, ATT-11, ATT-16, ATT-22]."""
    findings.answer = parse_answer(findings.raw)
    return "every member that is read has its type"


def verified(findings: Findings) -> Outcome:
    """Refuse an answer whose server did not verify it itself  [ATT-3]."""
    claim = findings.the_answer.verified
    if claim is not True:
        found = "absent" if claim is None else "false"
        raise EvidenceError(
            f"verified is {found}, required true", rule="ATT-3", where="attestation.verified"
        )
    return "true, which proves nothing by itself"


def model(findings: Findings) -> Outcome:
    """Refuse an answer for another model  [ATT-4]."""
    if findings.model is None:
        return Skip("no model was given to compare with")
    claim = findings.the_answer.model
    if claim != findings.model:
        found = "absent" if claim is None else excerpt(claim)
        raise EvidenceError(
            f"the model is {found}, required {excerpt(findings.model)}",
            rule="ATT-4",
            where="attestation.model",
        )
    return "the model that was asked for"


def compare_nonce(text: str, nonce: Nonce32, where: str, rule: str) -> str:
    """Refuse a nonce in hexadecimal of either case that is not the client's."""
    found = decode_hex(text, size=NONCE_SIZE, where=where, rule=rule)
    if found != nonce:
        raise EvidenceError(
            f"nonce mismatch: {found.hex()}, the client's nonce is {nonce.hex()}",
            rule=rule,
            where=where,
        )
    return "the client's nonce"


def nonce(findings: Findings) -> Outcome:
    """Refuse an answer for another nonce, or for none that it names  [ATT-5]."""
    if findings.nonce is None:
        return NO_NONCE
    claim = findings.the_answer.nonce
    if claim is None:
        raise EvidenceError(
            "the answer does not say for which nonce it was made",
            rule="ATT-5",
            where="attestation.nonce",
        )
    return compare_nonce(claim, findings.nonce, "attestation.nonce", "ATT-5")


def request_nonce(findings: Findings) -> Outcome:
    """Refuse a `request_nonce` that is not the client's nonce  [ATT-6]."""
    claim = findings.the_answer.request_nonce
    if claim is None:
        return Skip("the answer has no request_nonce")
    if findings.nonce is None:
        return NO_NONCE
    return compare_nonce(claim, findings.nonce, "attestation.request_nonce", "ATT-6")


def _only_value(found: str, required: str, name: str) -> str:
    if found != required:
        raise EvidenceError(
            f"{name} is {excerpt(found)}, required {required}",
            rule="ATT-8",
            where=f"attestation.{name}",
        )
    return required


def nonce_source(findings: Findings) -> Outcome:
    """Refuse an answer for a nonce that the server chose  [ATT-8]."""
    found = findings.the_answer.nonce_source
    if found is None:
        return Skip("the answer has no nonce_source")
    return _only_value(found, "client", "nonce_source")


def algorithm(findings: Findings) -> Outcome:
    """Refuse keys of another algorithm than ecdsa  [ATT-8]."""
    found = findings.the_answer.signing_algo
    if found is None:
        return Skip("the answer has no signing_algo")
    return _only_value(found, ALGORITHM, "signing_algo")
