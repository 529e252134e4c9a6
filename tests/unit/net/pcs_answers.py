"""What Intel's service answers, reconstructed from a collateral; and a clock and a sleep."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Dict, List, Sequence
from urllib.parse import quote

from tests.unit.net.server import JSON, Step, reply
from venice_ref.codec.pem import encode_pem
from venice_ref.evidence.tdx.exchange import Collateral
from venice_ref.net.pcs import PcsAnswers
from venice_ref.net.vendors import Document

TCB_CHAIN = "TCB-Info-Issuer-Chain"
QE_CHAIN = "SGX-Enclave-Identity-Issuer-Chain"
PCK_CHAIN = "SGX-PCK-CRL-Issuer-Chain"
DER = "application/pkix-crl"


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Slept:
    """Replaces `time.sleep` and remembers what it was asked for."""

    def __init__(self) -> None:
        self.seconds: List[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def chain_text(chain: Sequence[bytes]) -> str:
    return quote("".join(encode_pem(der) for der in chain), safe="")


def signed_body(name: str, text: str, signature: bytes) -> bytes:
    return f'{{"{name}":{text},"signature":"{signature.hex()}"}}'.encode()


def documents(collateral: Collateral) -> PcsAnswers:
    """Return the four answers without a network."""
    found = collateral
    return PcsAnswers(
        tcb=Document(
            signed_body("tcbInfo", found.tcb_info, found.tcb_info_signature),
            {TCB_CHAIN: chain_text(found.tcb_info_issuer_chain)},
        ),
        qe_identity=Document(
            signed_body("enclaveIdentity", found.qe_identity, found.qe_identity_signature),
            {QE_CHAIN: chain_text(found.qe_identity_issuer_chain)},
        ),
        pck_crl=Document(found.pck_crl, {PCK_CHAIN: chain_text(found.pck_crl_issuer_chain)}),
        root_crl=Document(found.root_ca_crl, {}),
    )


def steps(collateral: Collateral) -> List[Step]:
    """Return the same as they stand on the wire, in the order in which they are asked for."""
    return [_step(document) for document in documents(collateral)]


def _step(document: Document) -> bytes:
    headers: Dict[str, str] = dict(document.headers)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    content_type = JSON if document.body.startswith(b"{") else DER
    return reply(document.body, headers=lines, content_type=content_type)
