"""Intel's provisioning certification service, as a source of collateral.

    GET /tdx/certification/v4/tcb?fmspc=...                  TCB-Info-Issuer-Chain
    GET /tdx/certification/v4/qe/identity                    SGX-Enclave-Identity-Issuer-Chain
    GET /sgx/certification/v4/pckcrl?ca=...&encoding=der     SGX-PCK-CRL-Issuer-Chain
    GET /IntelSGXRootCA.der                                  (on a host of its own)

For SGX, `/sgx` stands in place of `/tdx`.  On the right is the header that carries the chain of the
signer, in percent-encoded PEM.  Intel, "Provisioning Certification Service for ECDSA Attestation",
API version 4.

The answers are taken apart and put together as the JSON text that DCAP libraries exchange; the
signed texts stay as they came, to the byte  [NET-10].  Nothing is verified here: whether it is
Intel's, current and for the platform is for `evidence.tdx` to say.  Intel learns the kind of the
platform (FMSPC), not which one it is, and the address of whoever asks.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Callable, Final, NamedTuple, Tuple

from venice_ref.codec.exact import parse_exact_object
from venice_ref.codec.pem import decode_pem_chain
from venice_ref.codec.strict import decode_hex
from venice_ref.errors import MalformedError
from venice_ref.evidence.tdx.exchange import Chain, Collateral, encode_collateral
from venice_ref.evidence.tdx.needs import CollateralNeeds
from venice_ref.net.url import parse_base_url, percent_decode
from venice_ref.net.vendors import Document, VendorService
from venice_ref.net.venice import Attempts, utc_now
from venice_ref.spec import (
    DEFAULT_PCS_URL,
    DEFAULT_ROOT_CRL_URL,
    MAX_CERTIFICATE_SIZE,
    MAX_COLLATERAL_SIZE,
    MAX_CRL_SIZE,
    MAX_SIGNED_JSON_SIZE,
    VENDOR_TIMEOUT_SECONDS,
)

__all__ = ["PcsAnswers", "PcsClient", "assemble_collateral"]

PATH_TCB: Final = "/certification/v4/tcb"
PATH_QE_IDENTITY: Final = "/certification/v4/qe/identity"
PATH_PCK_CRL: Final = "/sgx/certification/v4/pckcrl"
PATH_ROOT_CRL: Final = "/IntelSGXRootCA.der"

HEADER_TCB_CHAIN: Final = "TCB-Info-Issuer-Chain"
HEADER_QE_CHAIN: Final = "SGX-Enclave-Identity-Issuer-Chain"
HEADER_PCK_CRL_CHAIN: Final = "SGX-PCK-CRL-Issuer-Chain"

_MAX_CHAIN: Final = 4
"""Certificates that are decoded; how many there must be is said where a chain is verified."""

_WAYS_OUT: Final = (
    "without Intel's collateral a quote cannot be verified: verify a saved bundle, give"
    " --collateral FILE, or ask for less with --assurance binding"
)


class PcsClient:
    """Intel's service, or one that speaks like it at another base URL.

    The revocation list of the root comes from Intel's other host, and under any other base URL from
    that.  `timeout` is in seconds and for each exchange; four make up a collateral, with at most
    two repetitions among them  [NET-3, NET-4].
    """

    __slots__ = ("_root", "_service", "_sleep")

    def __init__(
        self,
        base_url: str = DEFAULT_PCS_URL,
        *,
        timeout: float = VENDOR_TIMEOUT_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._service = VendorService(base_url, ways_out=_WAYS_OUT, timeout=timeout, clock=clock)
        self._root = self._service
        if parse_base_url(base_url) == parse_base_url(DEFAULT_PCS_URL):
            self._root = VendorService(
                DEFAULT_ROOT_CRL_URL, ways_out=_WAYS_OUT, timeout=timeout, clock=clock
            )
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"PcsClient({self.base_url!r})"

    @property
    def base_url(self) -> str:
        """The base URL in its one spelling."""
        return self._service.base_url

    def collateral(self, needs: CollateralNeeds) -> bytes:
        """Return the collateral for quotes of a platform, in the form of `evidence.tdx.exchange`.

        Raises:
            MalformedError: an answer is not in the form of the service  [NET-10, NET-11].
            ServerError: the service refuses, or knows no such platform.
            TransportError: the service cannot be reached; the hint names the ways out  [NET-15].
        """
        attempts = Attempts(self._sleep)
        tee = needs.tee.lower()
        return assemble_collateral(
            PcsAnswers(
                tcb=self._service.get(
                    "TCB info",
                    f"/{tee}{PATH_TCB}",
                    {"fmspc": needs.fmspc.hex().upper()},
                    max_size=MAX_SIGNED_JSON_SIZE,
                    attempts=attempts,
                ),
                qe_identity=self._service.get(
                    "QE identity",
                    f"/{tee}{PATH_QE_IDENTITY}",
                    {},
                    max_size=MAX_SIGNED_JSON_SIZE,
                    attempts=attempts,
                ),
                pck_crl=self._service.get(
                    "list of revoked PCK certificates",
                    PATH_PCK_CRL,
                    {"ca": needs.ca, "encoding": "der"},
                    max_size=MAX_CRL_SIZE,
                    accept="*/*",
                    attempts=attempts,
                ),
                root_crl=self._root.get(
                    "list of the root",
                    PATH_ROOT_CRL,
                    {},
                    max_size=MAX_CRL_SIZE,
                    accept="*/*",
                    attempts=attempts,
                ),
            )
        )


# --- Answers ------------------------------------------------------------------------------------


class PcsAnswers(NamedTuple):
    """The four answers that make up a collateral, as they came."""

    tcb: Document
    qe_identity: Document
    pck_crl: Document
    root_crl: Document


def assemble_collateral(answers: PcsAnswers) -> bytes:
    """Return the JSON text of collateral, at most 4194304 bytes; see `PcsClient.collateral`.

    Raises:
        MalformedError: an answer is not in the form of the service  [NET-10, NET-11], or all of
            them are larger than what may be read again  [COL-1].
    """
    tcb_info, tcb_info_signature = _signed_text(answers.tcb, "tcbInfo", "pcs.tcb")
    qe_identity, qe_identity_signature = _signed_text(
        answers.qe_identity, "enclaveIdentity", "pcs.qe_identity"
    )
    raw = encode_collateral(
        Collateral(
            pck_crl_issuer_chain=_chain(answers.pck_crl, HEADER_PCK_CRL_CHAIN),
            root_ca_crl=_der(answers.root_crl, "pcs.root_ca_crl"),
            pck_crl=_der(answers.pck_crl, "pcs.pck_crl"),
            tcb_info_issuer_chain=_chain(answers.tcb, HEADER_TCB_CHAIN),
            tcb_info=tcb_info,
            tcb_info_signature=tcb_info_signature,
            qe_identity_issuer_chain=_chain(answers.qe_identity, HEADER_QE_CHAIN),
            qe_identity=qe_identity,
            qe_identity_signature=qe_identity_signature,
        )
    )
    if len(raw) > MAX_COLLATERAL_SIZE:
        raise MalformedError(
            f"collateral of {len(raw)} bytes, at most {MAX_COLLATERAL_SIZE}",
            rule="COL-1",
            where="pcs",
        )
    return raw


def _signed_text(document: Document, name: str, where: str) -> Tuple[str, bytes]:
    """Return the exact text of the signed member, and its signature (64)  [NET-10]."""
    found = parse_exact_object(
        document.body, max_size=MAX_SIGNED_JSON_SIZE, where=where, rule="NET-10"
    )
    if found.node.child(name) is None:
        raise MalformedError("the member is missing", rule="NET-10", where=found.node.path(name))
    signature = found.node.text("signature") or ""
    path = found.node.path("signature")
    return found.texts[name], decode_hex(signature, size=64, where=path, rule="NET-10")


def _chain(document: Document, header: str) -> Chain:
    """Return the certificates of a header in DER  [NET-11]."""
    where = f"pcs.{header}"
    value = document.headers.get(header)
    if not value:
        raise MalformedError("the header is missing", rule="NET-11", where=where)
    return tuple(
        decode_pem_chain(
            percent_decode(value, where=where, rule="NET-11"),
            max_count=_MAX_CHAIN,
            max_size=MAX_CERTIFICATE_SIZE,
            where=where,
            rule="NET-11",
        )
    )


def _der(document: Document, where: str) -> bytes:
    """Return the body of a list, which is parsed where it is verified."""
    if not document.body:
        raise MalformedError("the body is empty", rule="COL-1", where=where)
    return document.body
