"""Misbehaviours of `/models` and `/tee/attestation`; the table in `faults` says what each is for.

Each function has the form of a point of `scenario.Scenario`: the honest value in, the value that is
served out.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Dict, Final, Optional

from conformance.mock_tee.refusals import (
    RATE_LIMITED,
    SERVER_ERROR,
    TEE_ATTESTATION_FAILED,
    Reply,
)
from conformance.mock_tee.scenario import Visit
from venice_ref.crypto.address import address_of
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.spec import MAX_ATTESTATION_SIZE

__all__ = [
    "another_nonce",
    "capability_as_text",
    "capability_removed",
    "contradicting_quotes",
    "contradicting_verification",
    "cut_body",
    "debug_attribute",
    "disagreeing_keys",
    "duplicate_member",
    "error_first",
    "flooded_body",
    "foreign_address",
    "foreign_version",
    "hashed_nonce",
    "html_page",
    "impostor_key",
    "key_with_prefix",
    "keyless",
    "nonzero_padding",
    "off_curve_key",
    "rate_limited",
    "redirect",
    "replayed_nonce",
    "sgx",
    "slow",
    "spelled_nonce",
    "trailing_garbage",
    "truncated",
    "unavailable",
    "with_member",
    "with_status_502",
    "without_member",
    "without_quote",
]

Answer = Dict[str, Any]

SLOW_PAUSE: Final = 0.05
"""Seconds between two bytes of a slow answer: about half an hour for a whole one."""


def another_nonce(visit: Visit) -> bytes:
    """Return 32 bytes that are not the client's nonce and depend on nothing else."""
    return hashlib.sha256(b"another client's nonce" + visit.nonce).digest()


# --- The model list -----------------------------------------------------------------------------


def _each_capability(answer: Answer, change: Callable[[Dict[str, Any]], None]) -> Answer:
    for row in answer["data"]:
        change(row["model_spec"]["capabilities"])
    return answer


def capability_removed(answer: Answer, visit: Visit) -> Answer:
    """No model says whether it supports E2EE."""
    del visit
    return _each_capability(answer, lambda capabilities: capabilities.pop("supportsE2EE", None))


def capability_as_text(answer: Answer, visit: Visit) -> Answer:
    """Every capability is the text "true" or "false"."""
    del visit

    def as_text(capabilities: Dict[str, Any]) -> None:
        capabilities["supportsE2EE"] = str(capabilities["supportsE2EE"]).lower()

    return _each_capability(answer, as_text)


# --- The key and REPORTDATA ---------------------------------------------------------------------


def impostor_key(secret: PrivateKey, visit: Visit) -> PrivateKey:
    """Present the attacker's key, and open what is encrypted to it."""
    del secret
    return visit.enclave.impostor


def nonzero_padding(report_data: bytes, visit: Visit) -> bytes:
    """Fill the twelve bytes between address and nonce."""
    del visit
    return report_data[:20] + b"padding here" + report_data[32:]


def hashed_nonce(report_data: bytes, visit: Visit) -> bytes:
    """Bind SHA-256 of the nonce instead of the nonce."""
    return report_data[:32] + hashlib.sha256(visit.nonce).digest()


def spelled_nonce(report_data: bytes, visit: Visit) -> bytes:
    """Bind the first half of the nonce's hexadecimal digits, as a program that mixes the two up."""
    return report_data[:32] + visit.nonce.hex().encode("ascii")[:32]


def replayed_nonce(report_data: bytes, visit: Visit) -> bytes:
    """Bind another nonce: an old quote in a new answer."""
    return report_data[:32] + another_nonce(visit)


def debug_attribute(fields: Dict[str, bytes], visit: Visit) -> Dict[str, bytes]:
    """Set bit 0 of TDATTRIBUTES: the host may read the TD's memory."""
    del visit
    attributes = fields["td_attributes"]
    return {**fields, "td_attributes": bytes([attributes[0] | 1]) + attributes[1:]}


# --- The quote ----------------------------------------------------------------------------------


def truncated(quote: bytes, visit: Visit) -> bytes:
    """Cut the quote inside its signature data."""
    del visit
    return quote[: len(quote.rstrip(b"\0")) - 16]


def trailing_garbage(quote: bytes, visit: Visit) -> bytes:
    """Put bytes other than zero behind the signature data."""
    del visit
    return quote[:-4] + b"more"


def foreign_version(quote: bytes, visit: Visit) -> bytes:
    """Write a version into the header that no parser of TDX quotes has."""
    del visit
    return b"\6\0" + quote[2:]


def sgx(quote: bytes, visit: Visit) -> bytes:
    """Quote an SGX enclave that binds the same 64 bytes."""
    del quote
    return visit.enclave.sgx_quote(visit.enclave.report_data(visit.nonce))


# --- The answer ---------------------------------------------------------------------------------


def with_member(name: str, make: Callable[[Visit], Any]) -> Callable[[Answer, Visit], Answer]:
    """Return a point that replaces one member."""

    def point(answer: Answer, visit: Visit) -> Answer:
        return {**answer, name: make(visit)}

    return point


def without_member(name: str) -> Callable[[Answer, Visit], Answer]:
    """Return a point that removes one member."""

    def point(answer: Answer, visit: Visit) -> Answer:
        del visit
        return {key: value for key, value in answer.items() if key != name}

    return point


def keyless(answer: Answer, visit: Visit) -> Answer:
    """Remove every form of the model key; the address stays."""
    del visit
    answer.pop("signing_key", None)
    answer.pop("signing_public_key", None)
    if "attestation" in answer:
        answer["attestation"]["workload_keyset"]["e2ee_public_keys"] = []
    return answer


def disagreeing_keys(answer: Answer, visit: Visit) -> Answer:
    """Give the attacker's key as `signing_key` beside the enclave's `signing_public_key`."""
    enclave = visit.enclave
    answer["signing_key"] = bytes(enclave.impostor.public_key).hex()
    answer["signing_public_key"] = bytes(enclave.key.public_key).hex()
    return answer


def _with_key(answer: Answer, digits: str) -> Answer:
    """Give 130 digits, or the 66 of a compressed key, in every place of the model key."""
    if "attestation" in answer:
        for entry in answer["attestation"]["workload_keyset"]["e2ee_public_keys"]:
            entry["public_key"] = digits.removeprefix("04")
        return answer
    if "signing_key" in answer:
        answer["signing_key"] = digits
    answer["signing_public_key"] = digits
    return answer


def off_curve_key(answer: Answer, visit: Visit) -> Answer:
    """Change the last bit of Y, so that the key is no point of the curve."""
    honest = bytes(visit.enclave.key.public_key)
    return _with_key(answer, (honest[:-1] + bytes([honest[-1] ^ 1])).hex())


def key_with_prefix(first: int, *, compressed: bool = False) -> Callable[[Answer, Visit], Answer]:
    """Write the honest key in another of the encodings of SEC 1; `first` is for an even Y."""

    def point(answer: Answer, visit: Visit) -> Answer:
        honest = bytes(visit.enclave.key.public_key)
        rest = honest[1:33] if compressed else honest[1:]
        return _with_key(answer, (bytes([first + (honest[-1] & 1)]) + rest).hex())

    return point


def foreign_address(visit: Visit) -> str:
    """Return the attacker's address."""
    return "0x" + bytes(address_of(visit.enclave.impostor.public_key)).hex()


def without_quote(answer: Answer, visit: Visit) -> Answer:
    """Remove every copy of the quote; `verified` stays true."""
    del visit
    answer.pop("intel_quote", None)
    answer.pop("quote", None)
    if "attestation" in answer:
        del answer["attestation"]["evidence"]["quote"]
    return answer


def contradicting_quotes(answer: Answer, visit: Visit) -> Answer:
    """Add a second quote of the same machine, over another nonce, under another name."""
    report_data = visit.enclave.report_data(another_nonce(visit))
    answer["quote" if "intel_quote" in answer else "intel_quote"] = visit.enclave.quote(
        report_data
    ).hex()
    return answer


def contradicting_verification(answer: Answer, visit: Visit) -> Answer:
    """Say in `server_verification` that the nonce is not bound, although it is."""
    del visit
    verification = answer.setdefault("server_verification", {})
    verification["nonceBinding"] = {"bound": False, "method": "raw"}
    return answer


# --- The reply ----------------------------------------------------------------------------------


def html_page(reply: Reply, visit: Visit) -> Reply:
    """Answer 200 with a page for people."""
    del reply, visit
    page = b"<!doctype html><title>Sign in</title><p>Please sign in to this network.</p>"
    return Reply(200, page, content_type="text/html; charset=utf-8")


def duplicate_member(reply: Reply, visit: Visit) -> Reply:
    """Give `signing_public_key` twice, the attacker's first and the enclave's last."""
    key = json.dumps(bytes(visit.enclave.impostor.public_key).hex()).encode()
    own = json.dumps(bytes(visit.enclave.key.public_key).hex()).encode()
    name = b'"signing_public_key":'
    members = reply.body[1:] if name in reply.body else name + own + b"," + reply.body[1:]
    return reply._replace(body=b"{" + name + key + b"," + members)


def cut_body(reply: Reply, visit: Visit) -> Reply:
    """Send the first half of the honest body, with a length that fits."""
    del visit
    return reply._replace(body=reply.body[: len(reply.body) // 2])


def flooded_body(reply: Reply, visit: Visit) -> Reply:
    """Put more white space behind the honest body than an answer may have."""
    del visit
    return reply._replace(body=reply.body + b" " * (MAX_ATTESTATION_SIZE + 1))


def with_status_502(reply: Reply, visit: Visit) -> Reply:
    """Give the whole honest body under the status 502."""
    del visit
    return reply._replace(status=502)


def unavailable(reply: Reply, visit: Visit) -> Reply:
    """Say that the TEE provider is not there."""
    del reply, visit
    return TEE_ATTESTATION_FAILED


def redirect(reply: Reply, visit: Visit) -> Reply:
    """Redirect to the same port under another host name, which is another origin.

    There the answer is honest, so that a client that follows gets what it wants; the log shows it
    with `localhost` in its Host header.
    """
    if (visit.request.header("Host") or "").startswith("localhost"):
        return reply
    target = f"http://localhost:{visit.port}{visit.request.path}"
    return Reply(302, b"", headers=(("Location", target),))


def rate_limited(reply: Reply, visit: Visit) -> Reply:
    """Refuse every request for the rate limit."""
    del reply, visit
    return RATE_LIMITED


def error_first(error: Optional[Reply] = None) -> Callable[[Reply, Visit], Reply]:
    """Return a point that fails the first request and answers the others honestly."""

    def point(reply: Reply, visit: Visit) -> Reply:
        return (error or SERVER_ERROR) if visit.earlier == 0 else reply

    return point


def slow(reply: Reply, visit: Visit) -> Reply:
    """Send the honest body byte by byte, so that no single wait is long."""
    del visit
    return reply._replace(pause=SLOW_PAUSE)
