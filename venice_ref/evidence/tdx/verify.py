"""A quote, verified against Intel's signatures: bytes, collateral and a time into facts.

    root -> PCK CA -> PCK ----signs----> QE report --names--> attestation key --signs--> quote
    root -> TCB signer ---signs----> TCB info (platform, module), QE identity (quoting enclave)

What holds afterwards: the quote was made by a genuine quoting enclave on the platform of the PCK
certificate, which was not revoked, and Intel says of that platform, its TDX module and the quoting
enclave what the facts say.  That is not yet an answer to the question whether to rely on it: a
trust domain under debug is genuine, and so is a platform with known flaws.  `policy` decides that.

The order of the checks is that of `steps.QUOTE_STEPS`; nothing is judged before its signature was
verified.  Intel, "SGX ECDSA Quote Verification Library", and `docs/decisions/0006`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Mapping, NamedTuple, Optional, Sequence, Tuple

from venice_ref.codec.pem import decode_pem_chain
from venice_ref.crypto.curves import P256
from venice_ref.crypto.weierstrass import is_on_curve
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.tdx.collateral import (
    VerifiedCollateral,
    VerifiedPck,
    Window,
    verify_raw_signature,
    window_of,
)
from venice_ref.evidence.tdx.exchange import Chain
from venice_ref.evidence.tdx.intel import PCK_ROLES, parse_chain
from venice_ref.evidence.tdx.levels import IsvLevel, PlatformLevel
from venice_ref.evidence.tdx.pck import PckFacts, parse_pck
from venice_ref.evidence.tdx.qe_report import (
    check_qe_identity,
    check_report_data,
    masked_equal,
    qe_level,
)
from venice_ref.evidence.tdx.quote import Quote
from venice_ref.evidence.tdx.steps import OnStep, no_report
from venice_ref.evidence.tdx.tcb import TcbEvaluation, evaluate, module_identity, relaunch
from venice_ref.evidence.tdx.tcb_info import TcbInfo
from venice_ref.pki.chain import verify_chain
from venice_ref.pki.crl import Crl
from venice_ref.pki.keys import EcPublicKey
from venice_ref.spec import MAX_CERTIFICATE_SIZE

__all__ = ["QuoteFacts", "verify_quote"]


class QuoteFacts(NamedTuple):
    """What Intel's signatures prove of a quote, and what Intel says of its platform."""

    kind: str
    """A key of `layouts.BODY_KINDS`: `sgx`, `td-1.0`, `td-1.5` or `td-1.5ex`."""
    pck: PckFacts
    """The platform."""
    launch: TcbEvaluation
    """The TCB in TEE_TCB_SVN, or of the SGX platform."""
    current: Optional[TcbEvaluation]
    """The TCB in TEE_TCB_SVN_2: that of a TD report 1.5 now."""
    status: str
    """The one status; one of `tcb.STATUSES`."""
    advisories: Tuple[str, ...]
    """Those of `launch`, in order, each once."""
    tcb_date: datetime
    """The earliest date of the levels of `launch`."""
    window: Window
    """The times of all that was verified: collateral and PCK chain."""
    tcb_info_evaluation_number: int
    qe_identity_evaluation_number: int
    root_key_id: bytes
    """SHA-384 (48) of the root's public key."""

    @property
    def platform(self) -> PlatformLevel:
        """The level that the platform reached at launch."""
        return self.launch.platform

    @property
    def module(self) -> Optional[IsvLevel]:
        """The level that the TDX module reached at launch; `None` for SGX and module version 0."""
        return self.launch.module

    @property
    def qe(self) -> IsvLevel:
        """The level that the quoting enclave reaches."""
        return self.launch.qe

    @property
    def evaluation_number(self) -> int:
        """The lower of the two numbers: what both documents take into account at least."""
        return min(self.tcb_info_evaluation_number, self.qe_identity_evaluation_number)


def verify_quote(
    quote: Quote,
    collateral: VerifiedCollateral,
    *,
    now: datetime,
    on_step: OnStep = no_report,
) -> QuoteFacts:
    """Return the facts of a genuine quote; whether they are acceptable is for `policy` to say.

    `now` is the time that is judged for; the collateral must hold at it.

    Spec: COL-10 to COL-16, COL-23, QUO-12 to QUO-16, TCB-1 to TCB-9, TCB-12, TCB-13, CRT-10 to
    CRT-17, CRL-5 to CRL-10.

    Raises:
        MalformedError: a certificate of the quote does not parse, or its key is no point [QUO-16].
        SignatureError: the QE report or the quote is not signed by its key [QUO-12, QUO-16].
        EvidenceError: anything else that does not fit; `rule` and `where` say what.
    """
    collateral.check_use(now)
    _check_tee(quote, collateral)
    on_step(
        "collateral.use", f"for {collateral.tee}, until {collateral.window.earliest_expiration}"
    )

    pck = _verified_pck(quote, collateral, now, on_step)
    _check_platform(pck.facts, collateral.tcb_info)
    on_step("platform", f"FMSPC {pck.facts.fmspc.hex()}, PPID {pck.facts.ppid.hex()}")

    data = quote.signature_data
    verify_raw_signature(
        pck.key, data.qe_report, data.qe_report_signature, where="quote.qe_report", rule="QUO-12"
    )
    check_report_data(data)
    on_step("qe_report", "signed by the PCK, and names the attestation key")

    report = data.qe_report_fields
    check_qe_identity(report, collateral.qe_identity)
    on_step("qe_identity", f"MRSIGNER {report['mr_signer'].hex()}")

    _verify_quote_signature(quote)
    on_step("quote_signature", "signed by the attestation key")

    for name in _tcb_svns(quote):
        _check_module(quote.body, name, collateral.tcb_info)
    on_step("tdx_module", "not for SGX" if not quote.is_tdx else "signed by Intel")

    facts = _facts(quote, collateral, pck)
    on_step("tcb", facts.status)
    return facts


# --- Collateral and platform --------------------------------------------------------------------


def _check_tee(quote: Quote, collateral: VerifiedCollateral) -> None:
    tee = "TDX" if quote.is_tdx else "SGX"
    if tee != collateral.tee:
        raise EvidenceError(
            f"a {tee} quote, and collateral for {collateral.tee}",
            rule="COL-11",
            where="quote.header.tee_type",
        )


def _verified_pck(
    quote: Quote, collateral: VerifiedCollateral, now: datetime, on_step: OnStep
) -> VerifiedPck:
    """Return the PCK certificate of the quote, which is valid now and not revoked."""
    ders, where = _pck_chain(quote, collateral.pck_chain)
    pck = collateral.pcks.get(ders)
    # A time outside of its window gets the error of the certificate that it is outside of.
    if pck is not None and pck.window.latest_issue <= now <= pck.window.earliest_expiration:
        on_step("pck_chain", "as verified before")
        on_step("revocation", "as verified before")
        return pck
    chain = parse_chain(ders, where=where, known=dict(collateral.known))

    def verify(crls: Optional[Sequence[Crl]]) -> None:
        verify_chain(
            chain, anchor=collateral.anchor, roles=PCK_ROLES, now=now, crls=crls,
            memo=collateral.memo, where=where,
        )  # fmt: skip

    verify(None)
    on_step("pck_chain", chain[0].issuer_cn)
    verify(collateral.crls)
    on_step("revocation", "on neither list")
    pck = VerifiedPck(chain[0].public_key, parse_pck(chain[0]), window_of(chain))
    collateral.remember(ders, pck)
    return pck


def _pck_chain(quote: Quote, supplied: Optional[Chain]) -> Tuple[Chain, str]:
    """Return the PCK chain and where it stands: beside the quote, or in it  [COL-16, COL-23]."""
    if supplied is not None:
        return supplied, "pck_certificate_chain"
    certification = quote.signature_data.certification
    where = "quote.certification_data"
    if certification.type != 5:
        raise EvidenceError(
            f"certification data of type {certification.type} names the platform without its chain",
            rule="COL-23",
            where=where,
            hint="collateral with a pck_certificate_chain verifies such a quote",
        )
    chain = decode_pem_chain(
        certification.data,
        max_count=len(PCK_ROLES),
        max_size=MAX_CERTIFICATE_SIZE,
        allow_nul=True,
        where=where,
        rule="COL-16",
    )
    return tuple(chain), where


def _check_platform(pck: PckFacts, tcb_info: TcbInfo) -> None:
    """Refuse a TCB info that was made for other platforms."""
    if pck.fmspc != tcb_info.fmspc:
        raise EvidenceError(
            f"FMSPC {pck.fmspc.hex()} in the PCK certificate, {tcb_info.fmspc.hex()} in TCB info",
            rule="COL-12",
            where="tcb_info.fmspc",
        )
    if pck.pce_id != tcb_info.pce_id:
        raise EvidenceError(
            f"PCEID {pck.pce_id.hex()} in the PCK certificate, {tcb_info.pce_id.hex()} in TCB info",
            rule="COL-13",
            where="tcb_info.pceId",
        )


# --- The quote ----------------------------------------------------------------------------------


def _verify_quote_signature(quote: Quote) -> None:
    """Refuse a quote that the attestation key did not sign, or whose key is no point  [QUO-16]."""
    raw = quote.signature_data.attestation_key
    point = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    if not is_on_curve(P256, point):
        raise MalformedError(
            "the attestation key is no point on P-256", rule="QUO-16", where="quote"
        )
    verify_raw_signature(
        EcPublicKey(P256, point),
        quote.signed_bytes,
        quote.signature_data.signature,
        where="quote",
        rule="QUO-16",
    )


def _tcb_svns(quote: Quote) -> Tuple[str, ...]:
    """Return the names of the one or two TEE_TCB_SVN of a TD report; none for SGX."""
    return tuple(name for name in ("tee_tcb_svn", "tee_tcb_svn_2") if name in quote.body)


def _check_module(body: Mapping[str, bytes], name: str, tcb_info: TcbInfo) -> None:
    """Refuse a TDX module that is not Intel's, in the version of a TEE_TCB_SVN  [TCB-5, TCB-6]."""
    identity = module_identity(tcb_info, body[name], where=f"quote.td_report.{name}")
    if body["mr_signer_seam"] != identity.mr_signer:
        raise EvidenceError(
            "the TDX module was signed by another key",
            rule="TCB-6",
            where="quote.td_report.mr_signer_seam",
        )
    found = body["seam_attributes"]
    # No bit outside of the mask may be set either, on any of the two sides.
    if found != identity.attributes or not masked_equal(
        found, identity.attributes, identity.attributes_mask
    ):
        raise EvidenceError(
            f"SEAMATTRIBUTES {found.hex()}, required {identity.attributes.hex()}",
            rule="TCB-6",
            where="quote.td_report.seam_attributes",
        )


def _facts(quote: Quote, collateral: VerifiedCollateral, pck: VerifiedPck) -> QuoteFacts:
    """Return the facts of a quote all of whose signatures and identities hold."""
    qe = qe_level(quote.signature_data.qe_report_fields, collateral.qe_identity)

    def evaluated(name: str) -> TcbEvaluation:
        return evaluate(
            collateral.tcb_info, sgx_svns=pck.facts.cpu_svn, pce_svn=pck.facts.pce_svn,
            tee_tcb_svn=quote.body.get(name), qe=qe,
            where=f"quote.td_report.{name}" if quote.is_tdx else "quote.certification_data",
        )  # fmt: skip

    launch = evaluated("tee_tcb_svn")
    current = evaluated("tee_tcb_svn_2") if "tee_tcb_svn_2" in quote.body else None  # [TCB-8]
    return QuoteFacts(
        kind=quote.body_kind,
        pck=pck.facts,
        launch=launch,
        current=current,
        status=launch.status if current is None else relaunch(launch.status, current.status),
        advisories=launch.advisories,
        tcb_date=launch.date,
        window=collateral.window.join(pck.window),
        tcb_info_evaluation_number=collateral.tcb_info.evaluation_number,
        qe_identity_evaluation_number=collateral.qe_identity.evaluation_number,
        root_key_id=collateral.root_key_id,
    )
