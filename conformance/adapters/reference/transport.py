"""What belongs to HTTP: addresses, redirects, repetitions, errors, and Intel's answers."""

from __future__ import annotations

import json
from datetime import timezone
from typing import Any, Dict, List, Mapping

from venice_ref.codec.sse import ServerEvent
from venice_ref.codec.strict import parse_rfc3339
from venice_ref.e2ee.chunk import parse_chunk
from venice_ref.errors import ServerError
from venice_ref.net.pcs import PcsAnswers, assemble_collateral
from venice_ref.net.redaction import cut_out
from venice_ref.net.refusals import server_error, without_plaintext
from venice_ref.net.url import parse_base_url, redirect_target, request_target
from venice_ref.net.vendors import Document
from venice_ref.net.venice import Attempts, check_id
from venice_ref.spec import PATH_ATTESTATION, PATH_MODELS, PATH_SIGNATURE

__all__ = [
    "collateral_assemble",
    "error_classify",
    "retry_decide",
    "url_build",
    "url_check",
    "url_redirect",
]

_QUERIES: Dict[str, Any] = {
    "models": (PATH_MODELS, ()),
    "attestation": (PATH_ATTESTATION, ("model", "nonce")),
    "signature": (PATH_SIGNATURE, ("model", "request_id")),
}


def url_check(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the one spelling of a base URL, its origin, and whether it is this machine's."""
    found = parse_base_url(given["base_url"])
    return {"base_url": str(found), "origin": found.origin, "loopback": found.is_loopback}


def url_build(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the URL of a GET request."""
    base = parse_base_url(given["base_url"])
    path, names = _QUERIES[given["endpoint"]]
    params = {name: check_id(given[name], name) for name in names}
    return {"url": base.origin + request_target(base, path, params)}


def url_redirect(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the URL that a redirect leads to."""
    base = parse_base_url(given["base_url"])
    target = redirect_target(
        base, given["method"], given["target"], given["location"], followed=given["followed"]
    )
    return {"url": base.origin + target}


def retry_decide(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return whether an exchange that ended with a status is repeated."""
    waited: List[float] = []
    attempts = Attempts(waited.append)
    attempts.made = given["attempt"]
    error = _error(given, b"")
    try:
        attempts.again(error)
    except ServerError:
        return {"repeat": False}
    return {"repeat": True}


def error_classify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the typed error of an answer, or of an event without a status.

    `shown` are those of the secrets that a text of the error repeats.
    """
    body = bytes.fromhex(given["body"])
    error = _in_stream(body) if given.get("status") is None else _error(given, body)
    secrets = given.get("secrets", {})
    if "api_key" in secrets and given.get("status") is None:
        error.message = cut_out(error.message, secrets["api_key"])
    if "prompt" in secrets:
        error = without_plaintext(error, [{"role": "user", "content": secrets["prompt"]}])
    texts = f"{error} {error.hint} {error.code}"
    wait = error.retry_after
    return {
        "kind": error.kind,
        "status": error.status,
        "code": error.code,
        "retry_after_ms": None if wait is None else round(wait * 1000),
        "shown": [name for name, secret in secrets.items() if secret in texts],
    }


def _error(given: Mapping[str, Any], body: bytes) -> ServerError:
    key = given.get("secrets", {}).get("api_key", "")
    now = parse_rfc3339(given.get("now", "2026-01-01T00:00:00Z")).astimezone(timezone.utc)
    return server_error(
        given["status"],
        body,
        path=given.get("path", "/chat/completions"),
        retry_after=given.get("retry_after", ""),
        redact=(lambda text: cut_out(text, key)) if key else str,
        now=now,
    )


def _in_stream(body: bytes) -> ServerError:
    try:
        parse_chunk(ServerEvent("message", body.decode("utf-8"), ""), where="stream.event[1]")
    except ServerError as error:
        return error
    raise ValueError(f"no error: {json.dumps(body.decode('utf-8', 'replace'))[:80]}")


def collateral_assemble(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the collateral that four answers of Intel's service make up."""
    raw = assemble_collateral(
        PcsAnswers(
            tcb=_document(given, "tcb", "TCB-Info-Issuer-Chain"),
            qe_identity=_document(given, "qe_identity", "SGX-Enclave-Identity-Issuer-Chain"),
            pck_crl=_document(given, "pck_crl", "SGX-PCK-CRL-Issuer-Chain"),
            root_crl=Document(bytes.fromhex(given["root_crl"]), {}),
        )
    )
    found: Dict[str, Any] = json.loads(raw)
    return found


def _document(given: Mapping[str, Any], name: str, header: str) -> Document:
    chain = given.get(f"{name}_chain")
    return Document(bytes.fromhex(given[name]), {} if chain is None else {header: chain})
