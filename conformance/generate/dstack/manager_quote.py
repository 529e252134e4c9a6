"""Vectors of `attestation.verify`: an answer with the record of a compose manager, at `dcap`."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from conformance.generate.attestation import kit
from conformance.generate.attestation.kit import (
    Answer,
    Document,
    Tests,
    build,
    edited,
    policy,
    text,
)
from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.generate.dstack.kit import compact
from conformance.mock_tee.measurements import event_rows
from venice_ref.evidence.tdx.quote import SignatureData

__all__ = ["generate"]

_NOW: Final = "2026-01-01T12:00:09Z"
_MEMBER: Final = "compose_manager_attestation"
_QUOTE: Final = "QuoteNotVerified"
_HALF: Final = "HalfRecord"
_WIRED: Final = "RecordNotJudged"

_DEBUG: Final = bytes.fromhex("0100001000000000")
"""TD attributes with the bit of a debugger beside that of honest machines."""


def generate(builder: FileBuilder) -> None:
    """Fill `dstack/manager_quote`."""
    tests = Tests(builder, now=_NOW)
    tests.flag(
        _QUOTE,
        "AUTH_BYPASS",
        "the quote of the record does not verify, or is not acceptable",
        "anybody writes a list of actions, and a quote of their own around its hash",
        "verify the record's quote as the model's: signature, certificates, TCB and attributes",
    )
    tests.flag(
        _HALF,
        "MALFORMED",
        "the record has a quote or an actions hash, but not both",
        "a record that was cut counts as one that is absent, which is no error",
        "take it for a record where it has either, and demand all of it",
    )
    tests.flag(
        _WIRED,
        "AUTH_BYPASS",
        "the record is of another time or machine, in an answer that is good without it",
        "the list of another machine is shown beside a genuine model key",
        "judge the record wherever the answer carries one, with the client's nonce",
    )
    answer = build(signed=True)
    tests.begin(
        now=_NOW, policy=policy(assurance="dcap"), root=kit.root(), collateral=kit.collateral()
    )
    _accepted(tests, answer)
    _refused(tests, answer)


def _record(**changes: Any) -> Document:
    """Return a record of the machine; `changes` are fields of the case that its quote is of."""
    actions = [{"timestamp": "2026-01-01T00:00:00+00:00", "action": "compose_up"}]
    digest = hashlib.sha256(compact(actions).encode("ascii")).digest()
    bound = changes.pop("nonce", kit.NONCE)

    def report_data(own: bytes) -> bytes:
        del own
        return bytes(digest + bound)

    made = build(signed=True, report_data=report_data, **changes)
    return {
        "actions": actions,
        "actions_hash": digest.hex(),
        "quote": made["intel_quote"],
        "event_log": json.dumps(event_rows(runtime_digests=False), separators=(",", ":")),
    }


def _with(answer: Answer, record: Document) -> str:
    return text(edited(answer, _MEMBER, record))


def _accepted(tests: Tests, answer: Answer) -> None:
    out = kit.dcap_outcome()
    tests.accept(
        "manager-record", "The quote of an honest record is refused, or the record unknown.",
        _with(answer, _record()), "DST-18", "DST-16", "DST-19", "DST-27", "POL-13", out=out,
    )  # fmt: skip
    tests.accept(
        "manager-error", "An object that states nothing is taken for half a record.",
        _with(answer, {"error": "the manager does not answer", "quote": "", "actions": []}),
        "DST-27", out=out,
    )  # fmt: skip


def _unsigned(data: SignatureData) -> SignatureData:
    return data._replace(signature=bytes([data.signature[0] ^ 1]) + data.signature[1:])


def _refused(tests: Tests, answer: Answer) -> None:
    record = _record()
    zero = {**record, "quote": record["quote"][:-2] + "01"}
    old = bytes(32)
    rows = (
        ("manager-quote-signature", "The record is held against a quote that nobody verified.",
         "QUO-16", _QUOTE, _record(signature_data=_unsigned), "record.quote.signature"),
        ("manager-quote-debug", "The attributes of the manager's TD are not looked at.",
         "QUO-11", _QUOTE, _record(td={"td_attributes": _DEBUG}), "record.quote.td_attributes"),
        ("manager-quote-trailing", "What follows the manager's quote is not looked at.",
         "QUO-9", _QUOTE, zero, "record.quote.trailing"),
        ("manager-old-record", "The record is judged without the client's nonce.",
         "DST-16", _WIRED, _record(nonce=old), "record.quote.report_data"),
        ("manager-other-machine", "The record is not held against the quote of the model.",
         "DST-19", _WIRED, _record(td={"mr_owner": b"\1" * 48}), "record.quote.mr_owner"),
        ("manager-without-quote", "A record without a quote counts as absent.",
         "DST-27", _HALF, {**record, "quote": None}, "record.quote"),
        ("manager-without-hash", "A record without its hash counts as absent.",
         "DST-27", _HALF, {**record, "actions_hash": ""}, "record.actions_hash"),
    )  # fmt: skip
    for slug, why, breaks, flag, changed, at in rows:
        tests.reject(
            slug, why, "manager-record", _with(answer, changed), breaks, flag,
            *(("DST-18",) if flag == _QUOTE else ()),
            change=Rebuilt(at, "of an honest record", slug),
        )  # fmt: skip
