"""The real logs, read from beside the repository; a test that needs them skips without them."""

from __future__ import annotations

import base64
import json
from typing import Any, Dict, List, NamedTuple, Tuple

import pytest

from tests.samples import ABSENT, REAL, capture
from venice_ref.attestation.answer import Answer, parse_answer
from venice_ref.evidence.dstack.registers import Registers, registers_of
from venice_ref.evidence.tdx.quote import Quote, parse_quote


class RealLog(NamedTuple):
    name: str
    registers: Registers
    event_log: List[Dict[str, Any]]
    case: Dict[str, Any]


def real_logs() -> List[RealLog]:
    paths = sorted((REAL / "dstack").glob("*.json"))
    if not paths:
        pytest.skip(ABSENT)
    assert len(paths) == 14
    cases = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return [
        RealLog(
            case["name"],
            registers_of(parse_quote(bytes.fromhex(case["quote_hex"]))),
            case["event_log"],
            case,
        )
        for case in cases
    ]


def venice() -> Tuple[Answer, Quote, Registers, bytes]:
    """Return the captured answer, its quote and registers, and the nonce of the client."""
    found = capture()
    answer = parse_answer(found.raw)
    quote = parse_quote(bytes.fromhex(answer.quotes[0].text))
    return answer, quote, registers_of(quote), found.nonce


def ppid_of(quote: Quote) -> bytes:
    """Return the PPID in the PCK certificate of a quote, by its OID 1.2.840.113741.1.13.1.1."""
    pem = quote.signature_data.certification.data.split(b"-----END")[0]
    der = base64.b64decode(b"".join(pem.splitlines()[1:]))
    oid = bytes.fromhex("060a2a864886f84d010d0101") + b"\x04\x10"
    at = der.index(oid) + len(oid)
    return der[at : at + 16]
