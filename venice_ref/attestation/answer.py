"""The answer of `GET /tee/attestation`, in all of its observed shapes, as typed members.

Two families of servers stand behind the endpoint and disagree in form: NEAR's proxy (lists and
objects, `signing_key` and `signing_public_key`) and Phala's gateways (JSON inside strings, one key,
since June 2026 an "ACI" envelope around all of it).  This file removes the differences; `schema`
checks the types.  No key, quote or nonce is decoded here, and nothing is believed.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

from venice_ref.attestation.schema import (
    ANSWER,
    check_shape,
    event_log,
    gpu_list,
    keyset_keys,
    nvidia_payload,
    tcb_info,
)
from venice_ref.codec.strict import JsonObject, parse_json_object
from venice_ref.spec import MAX_ATTESTATION_SIZE

__all__ = ["Answer", "GpuEvidence", "Member", "NvidiaPayload", "parse_answer"]


class Member(NamedTuple):
    """A text of the answer and the path where it stands."""

    where: str
    text: str


class GpuEvidence(NamedTuple):
    """One GPU's attestation report and certificate chain, both still in base64."""

    certificate: Optional[str]
    evidence: Optional[str]


class NvidiaPayload(NamedTuple):
    """What the answer says about GPUs."""

    arch: Optional[str]
    nonce: Optional[str]
    evidence: Tuple[GpuEvidence, ...]
    members: JsonObject
    """The whole payload, out of the strings that it came in."""


class Answer(NamedTuple):
    """An attestation answer that has the right types, not yet believed; `None` where absent.

    Empty keys, quotes and `request_nonce` count as absent.  `upstream_model`, `model_name`,
    `tee_provider` and `tee_hardware` are shown only, and `None` where they are no text.
    """

    verified: Optional[bool]
    model: Optional[str]
    upstream_model: Optional[str]
    model_name: Optional[str]
    nonce: Optional[str]
    request_nonce: Optional[str]
    nonce_source: Optional[str]
    tee_provider: Optional[str]
    tee_hardware: Optional[str]
    signing_keys: Tuple[Member, ...]
    """Every statement of the model key: `signing_key`, `signing_public_key`, or the keyset's."""
    key_from_keyset: bool
    """True where only the keyset of an ACI envelope names the key  [ATT-12]."""
    signing_address: Optional[str]
    signing_algo: Optional[str]
    quotes: Tuple[Member, ...]
    """Every statement of the quote: `intel_quote`, `quote`, `attestation.evidence.quote`."""
    report_data: Tuple[Member, ...]
    """Every statement of its REPORTDATA in an ACI envelope."""
    event_log: Optional[Tuple[JsonObject, ...]]
    """The dstack event log, from the answer or else from its ACI evidence."""
    nvidia: Optional[NvidiaPayload]
    info: Optional[JsonObject]
    tcb_info: Optional[JsonObject]
    """`info.tcb_info`, taken out of its string where it came in one."""
    server_verification: Optional[JsonObject]
    members: JsonObject
    """The whole answer as it was parsed."""


def parse_answer(raw: bytes) -> Answer:
    """Return the members of an answer of at most 8388608 bytes, by their types.

    Spec: ATT-1, ATT-7, ATT-11, ATT-12, ATT-16, ATT-22, ATT-23.

    Raises:
        MalformedError: not such a JSON object, or a known member of another type; `where` is its
            path.  Members that no check of the caller's level needs are not exempt.
    """
    found = parse_json_object(raw, max_size=MAX_ATTESTATION_SIZE, where="attestation", rule="ATT-1")
    top = JsonObject(found.members, where=found.where, rule="ATT-16")
    check_shape(top, ANSWER)
    info = top.child("info")
    signing_keys = _members(top, "signing_key", "signing_public_key")
    fallback_keys = () if signing_keys else _keyset_keys(top)
    envelope = top.child("attestation")
    evidence = _child(envelope, "evidence")
    return Answer(
        verified=top.flag("verified"),
        model=top.text("model"),
        upstream_model=_shown(top, "upstream_model"),
        model_name=_shown(top, "model_name"),
        nonce=top.text("nonce"),
        request_nonce=top.text("request_nonce") or None,
        nonce_source=top.text("nonce_source"),
        tee_provider=_shown(top, "tee_provider"),
        tee_hardware=_shown(top, "tee_hardware"),
        signing_keys=signing_keys or fallback_keys,
        key_from_keyset=bool(fallback_keys),
        signing_address=top.text("signing_address"),
        signing_algo=top.text("signing_algo"),
        quotes=_members(top, "intel_quote", "quote") + _members(evidence, "quote"),
        report_data=_members(envelope, "report_data") + _members(evidence, "quote_report_data"),
        event_log=_event_log(top, evidence),
        nvidia=_nvidia(top),
        info=info,
        tcb_info=None if info is None else tcb_info(info, "tcb_info"),
        server_verification=top.child("server_verification"),
        members=top,
    )


def _child(node: Optional[JsonObject], name: str) -> Optional[JsonObject]:
    """Return an object member of an object that may be absent itself."""
    return None if node is None else node.child(name)


def _shown(node: JsonObject, name: str) -> Optional[str]:
    """Return a text that no check reads; of another type it is as good as absent."""
    value = node.get(name)
    return value if isinstance(value, str) else None


def _members(node: Optional[JsonObject], *names: str) -> Tuple[Member, ...]:
    """Return the texts that are present under these names, and not empty."""
    if node is None:
        return ()
    found = ((node.path(name), node.text(name)) for name in names)
    return tuple(Member(where, text) for where, text in found if text)


def _keyset_keys(top: JsonObject) -> Tuple[Member, ...]:
    """Return the keys of the algorithm ecdsa in the keyset of an ACI envelope  [ATT-12]."""
    keyset = _child(top.child("attestation"), "workload_keyset")
    entries = None if keyset is None else keyset_keys(keyset, "e2ee_public_keys")
    ecdsa = (entry for entry in entries or () if entry.text("algo") == "ecdsa")
    return tuple(member for entry in ecdsa for member in _members(entry, "public_key"))


def _event_log(top: JsonObject, evidence: Optional[JsonObject]) -> Optional[Tuple[JsonObject, ...]]:
    entries = event_log(top, "event_log")
    if not entries and evidence is not None:
        return event_log(evidence, "event_log")
    return entries


def _nvidia(top: JsonObject) -> Optional[NvidiaPayload]:
    payload = nvidia_payload(top, "nvidia_payload")
    if payload is None:
        return None
    return NvidiaPayload(
        arch=payload.text("arch"),
        nonce=payload.text("nonce"),
        evidence=tuple(
            GpuEvidence(gpu.text("certificate"), gpu.text("evidence"))
            for gpu in gpu_list(payload, "evidence_list") or ()
        ),
        members=payload,
    )
