"""The operations of the reference, and how a request finds its function.

An operation takes the input of a vector and returns what `ok` holds, or raises a `VeniceError`.
Byte strings are lowercase hexadecimal digits.  What goes in is our own data, but it is handed on
as a stranger would: the reference has to refuse it by itself.
"""

from __future__ import annotations

import importlib
from typing import Any, Callable, Dict, Final, Mapping

from conformance.adapters.reference.refusal import as_reject
from venice_ref.errors import VeniceError

__all__ = ["OPERATIONS", "Operation", "answer"]

Operation = Callable[[Mapping[str, Any]], Dict[str, Any]]

OPERATIONS: Final[Mapping[str, str]] = {
    # operation -> module of this package and function
    "key.parse": "keys:key_parse",
    "key.public": "keys:key_public",
    "key.address": "keys:key_address",
    "address.parse": "keys:address_parse",
    "ecdh.shared": "primitives:ecdh_shared",
    "kdf.derive": "primitives:kdf_derive",
    "aead.seal": "primitives:aead_seal",
    "aead.open": "primitives:aead_open",
    "hash.keccak256": "primitives:hash_keccak256",
    "ecdsa.verify": "primitives:ecdsa_verify",
    "ecdsa.recover": "primitives:ecdsa_recover",
    "rsa.verify": "primitives:rsa_verify",
    "primitive.accumulate": "accumulated:primitive_accumulate",
    "field.seal": "envelopes:field_seal",
    "field.open": "envelopes:field_open",
    "request.build": "requests:request_build",
    "model.check": "requests:model_check",
    "sse.parse": "streams:sse_parse",
    "stream.open": "streams:stream_open",
    "session.run": "sessions:session_run",
    "error.classify": "transport:error_classify",
    "url.check": "transport:url_check",
    "url.build": "transport:url_build",
    "url.redirect": "transport:url_redirect",
    "retry.decide": "transport:retry_decide",
    "collateral.assemble": "transport:collateral_assemble",
    "attestation.verify": "answers:attestation_verify",
    "report_data.bind": "answers:report_data_bind",
    "policy.parse": "answers:policy_parse",
    "bundle.parse": "answers:bundle_parse",
    "quote.parse": "quotes:quote_parse",
    "quote.verify": "quotes:quote_verify",
    "certificate.parse": "certificates:certificate_parse",
    "chain.verify": "certificates:chain_verify",
    "crl.verify": "certificates:crl_verify",
    "collateral.verify": "collaterals:collateral_verify",
    "collateral.needs": "collaterals:collateral_needs_of",
    "event.digest": "dstack:event_digest",
    "event_log.verify": "dstack:event_log_verify",
    "application.verify": "dstack:application_verify",
    "compose.verify": "dstack:compose_verify",
    "info.verify": "dstack:info_verify",
    "compose_manager.verify": "dstack:compose_manager_verify",
    "gpu.payload": "gpus:gpu_payload",
    "gpu.chain": "gpus:gpu_chain",
    "gpu.opaque": "gpus:gpu_opaque",
    "gpu.report": "gpus:gpu_report",
    "gpu.verify": "gpus:gpu_verify",
    "manifest.name": "manifests:manifest_name",
    "manifest.answer": "manifests:manifest_answer",
    "manifest.verify": "manifests:manifest_verify",
    "measurement.match": "manifests:measurement_match",
    "token.verify": "tokens:token_verify",
    "receipt.verify": "receipts:receipt_verify",
}


def answer(op: str, given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the reply of the reference to one request; it never raises for what is given."""
    if op not in OPERATIONS:
        return {"unsupported": op}
    name, _, function = OPERATIONS[op].partition(":")
    module = importlib.import_module(f"conformance.adapters.reference.{name}")
    perform: Operation = getattr(module, function)
    try:
        return {"ok": perform(given)}
    except VeniceError as error:
        return {"reject": as_reject(error)}
