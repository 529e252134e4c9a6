"""Intel's provisioning certification service, simulated: what it publishes, and under which paths.

Paths, parameters, names of headers and forms of bodies are those of PCS API v4; the list of the
root has the path that it has on Intel's other host.  All is signed when it is asked for, with dates
around the time of the mock, by the full hour, so that the documents of one moment fit together.

    GET /sgx/certification/v4/pckcrl?ca=platform|processor[&encoding=der|pem]
    GET /sgx/certification/v4/tcb?fmspc=...      GET /tdx/certification/v4/tcb?fmspc=...
    GET /sgx/certification/v4/qe/identity        GET /tdx/certification/v4/qe/identity
    GET /IntelSGXRootCA.der                      GET /sgx/certification/v4/rootcacrl

`update=early|standard` or a `tcbEvaluationDataNumber` may stand in the query of the middle four.
The last path is not Intel's but that of the caching services that stand before it (PCCS); libraries
that are given another address than Intel's ask there, and get hexadecimal digits.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Callable, Dict, Final, Mapping, Tuple
from urllib.parse import quote

from conformance.mock_tee.pki.authority import Authority, RevocationList, issue_crl
from conformance.mock_tee.pki.intel import FMSPC, Chain, encode_chain
from conformance.mock_tee.pki.statements import (
    EVALUATION_NUMBER,
    SignedText,
    qe_identity,
    sign_document,
    tcb_info,
)
from conformance.mock_tee.refusals import Refused, Reply
from conformance.mock_tee.scenario import Scenario, Visit
from venice_ref.codec.pem import encode_pem
from venice_ref.evidence.tdx.exchange import Collateral, encode_collateral

__all__ = ["PCS_PATHS", "Publisher", "pcs_reply"]

_SLACK: Final = timedelta(hours=1)
"""How long ago everything was issued at least: the clock of a client may be behind."""

_CRL_VALID_FOR: Final = timedelta(days=30)
_ROOT_CRL_VALID_FOR: Final = timedelta(days=365)

_REVOKED: Final = tuple(
    int.from_bytes(hashlib.sha256(b"venice-ref mock, revoked: %d" % number).digest()[:20], "big")
    for number in range(3)
)
"""Numbers on every list of a CA: those of platforms that are not the mock's."""

_FMSPC: Final = re.compile(r"[0-9A-Fa-f]{12}\Z")


class Publisher:
    """What the simulated Intel has published at the moment of one visit, with its faults."""

    def __init__(self, scenario: Scenario, visit: Visit) -> None:
        self._scenario = scenario
        self._visit = visit
        self._intel = visit.enclave.intel
        self._issued = _issue_time(visit.enclave.clock())

    def root_crl(self) -> bytes:
        """Return the list of the root, in DER."""
        draft = self._draft(self._intel.root, _ROOT_CRL_VALID_FOR)
        return issue_crl(self._scenario.root_crl(draft, self._visit))

    def pck_crl(self, ca: str = "platform") -> bytes:
        """Return the list of a CA, `platform` or `processor`, in DER."""
        if ca == "processor":
            return issue_crl(self._draft(self._intel.processor_ca, _CRL_VALID_FOR, _REVOKED))
        draft = self._draft(self._intel.platform_ca, _CRL_VALID_FOR, _REVOKED)
        return issue_crl(self._scenario.pck_crl(draft, self._visit))

    def pck_crl_chain(self, ca: str = "platform") -> Chain:
        """Return the CA that signs the list, and the root."""
        intel = self._intel
        issuer = intel.processor_ca if ca == "processor" else intel.platform_ca
        return issuer.certificate, intel.root.certificate

    def tcb_info(self, tee: str) -> SignedText:
        """Return the TCB info of the mock's platform; `tee` is `SGX` or `TDX`."""
        document = self._scenario.tcb_info(tcb_info(tee, self._issued), self._visit)
        signed = sign_document(document, self._intel.tcb_signing.key, self._tcb_chain)
        return self._scenario.signed_tcb_info(signed, self._visit)

    def qe_identity(self, tee: str) -> SignedText:
        """Return the identity of the quoting enclave."""
        document = qe_identity(tee, self._issued)
        return sign_document(document, self._intel.tcb_signing.key, self._tcb_chain)

    def collateral(self, tee: str) -> str:
        """Return all of it as the JSON text that DCAP libraries exchange."""
        tcb, identity = self.tcb_info(tee), self.qe_identity(tee)
        return encode_collateral(
            Collateral(
                pck_crl_issuer_chain=self.pck_crl_chain(),
                root_ca_crl=self.root_crl(),
                pck_crl=self.pck_crl(),
                tcb_info_issuer_chain=tcb.chain,
                tcb_info=tcb.text,
                tcb_info_signature=tcb.signature,
                qe_identity_issuer_chain=identity.chain,
                qe_identity=identity.text,
                qe_identity_signature=identity.signature,
            )
        ).decode("ascii")

    @property
    def _tcb_chain(self) -> Chain:
        return self._intel.tcb_signing.certificate, self._intel.root.certificate

    def _draft(
        self, issuer: Authority, valid_for: timedelta, serials: Tuple[int, ...] = ()
    ) -> RevocationList:
        return RevocationList(issuer, self._issued, self._issued + valid_for, serials)


def _issue_time(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) - _SLACK


# --- The paths ----------------------------------------------------------------------------------

Query = Mapping[str, str]


def pcs_reply(scenario: Scenario, visit: Visit, path: str, query: Query) -> Reply:
    """Return the answer to a GET of one of `PCS_PATHS`."""
    try:
        reply = PCS_PATHS[path](Publisher(scenario, visit), query)
    except Refused as refused:
        reply = refused.reply
    request_id = ("Request-ID", f"{visit.request.number & (1 << 128) - 1:032x}")
    reply = reply._replace(headers=(request_id, *reply.headers))
    return scenario.pcs_reply(reply, visit)


def _refusal(status: int, code: str, message: str) -> Refused:
    """Return a refusal in the manner of the service: two headers and no body."""
    headers = (("Error-Code", code), ("Error-Message", message))
    return Refused(Reply(status, b"", headers=headers))


def _pck_crl(publisher: Publisher, query: Query) -> Reply:
    ca, encoding = query.get("ca", ""), query.get("encoding", "pem")
    if ca not in ("platform", "processor") or encoding not in ("pem", "der"):
        raise _refusal(400, "InvalidRequestParameters", "ca or encoding is not valid")
    body, content_type = publisher.pck_crl(ca), "application/pkix-crl"
    if encoding == "pem":
        body = encode_pem(body, label="X509 CRL").encode("ascii")
        content_type = "application/x-pem-file"
    chain = _chain_header("SGX-PCK-CRL-Issuer-Chain", publisher.pck_crl_chain(ca))
    return Reply(200, body, content_type, (chain,))


def _root_crl(publisher: Publisher, query: Query) -> Reply:
    del query
    return Reply(200, publisher.root_crl(), "application/pkix-crl")


def _root_crl_hex(publisher: Publisher, query: Query) -> Reply:
    del query
    return Reply(200, publisher.root_crl().hex().encode("ascii"), "application/pkix-crl")


def _tcb_info(tee: str) -> Callable[[Publisher, Query], Reply]:
    def answer(publisher: Publisher, query: Query) -> Reply:
        fmspc = query.get("fmspc", "")
        if _FMSPC.match(fmspc) is None:
            raise _refusal(400, "InvalidRequestParameters", "fmspc is not valid")
        _check_evaluation(query)
        if fmspc.lower() != FMSPC.hex():
            raise _refusal(404, "NotFound", "no TCB info for this fmspc")
        signed = publisher.tcb_info(tee)
        return _json_reply("tcbInfo", signed, "TCB-Info-Issuer-Chain")

    return answer


def _qe_identity(tee: str) -> Callable[[Publisher, Query], Reply]:
    def answer(publisher: Publisher, query: Query) -> Reply:
        _check_evaluation(query)
        signed = publisher.qe_identity(tee)
        return _json_reply("enclaveIdentity", signed, "SGX-Enclave-Identity-Issuer-Chain")

    return answer


def _check_evaluation(query: Query) -> None:
    """Refuse a round of evaluation that is not the only one that the mock has."""
    update, number = query.get("update"), query.get("tcbEvaluationDataNumber")
    if update not in (None, "early", "standard") or None not in (update, number):
        raise _refusal(400, "InvalidRequestParameters", "update is not valid")
    if number not in (None, str(EVALUATION_NUMBER)):
        raise _refusal(404, "NotFound", "no such tcbEvaluationDataNumber")


def _json_reply(name: str, signed: SignedText, header: str) -> Reply:
    # Not by way of a dictionary: the text is served as it was signed.
    body = f'{{"{name}":{signed.text},"signature":"{signed.signature.hex()}"}}'
    chain = _chain_header(header, signed.chain)
    return Reply(200, body.encode("ascii"), "application/json", (chain,))


def _chain_header(name: str, chain: Chain) -> Tuple[str, str]:
    return name, quote(encode_chain(chain), safe="")


PCS_PATHS: Final[Dict[str, Callable[[Publisher, Query], Reply]]] = {
    "/sgx/certification/v4/pckcrl": _pck_crl,
    "/sgx/certification/v4/tcb": _tcb_info("SGX"),
    "/tdx/certification/v4/tcb": _tcb_info("TDX"),
    "/sgx/certification/v4/qe/identity": _qe_identity("SGX"),
    "/tdx/certification/v4/qe/identity": _qe_identity("TDX"),
    "/IntelSGXRootCA.der": _root_crl,
    "/sgx/certification/v4/rootcacrl": _root_crl_hex,
}
"""What answers a GET of each path."""
