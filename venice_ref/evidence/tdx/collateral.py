"""Collateral, verified once for a time and then used for many quotes.

Collateral is what Intel publishes about a platform: who may sign, who no longer may, which TCB
levels there are and which quoting enclave is the right one.  It is verified here against the root,
without a quote; `verify.verify_quote` takes the result.  Only what is signed is parsed: the text of
TCB info and QE identity after its signature, byte for byte as it came.

What was verified holds for a window of time, from the latest issue to the earliest expiration of
all of it, and refuses to be used outside.  Nothing else about it depends on the time, so that
within the window a second verification could not come to another result.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Dict, Final, Iterable, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P256
from venice_ref.errors import EvidenceError, SignatureError
from venice_ref.evidence.tdx.exchange import (
    Chain,
    Collateral,
    encode_collateral,
    parse_collateral,
)
from venice_ref.evidence.tdx.intel import (
    INTEL_ROOT,
    PCK_CA_ROLES,
    TCB_SIGNING_ROLES,
    parse_chain,
)
from venice_ref.evidence.tdx.pck import PckFacts
from venice_ref.evidence.tdx.qe_identity import QE_ID_OF, QeIdentity, parse_qe_identity
from venice_ref.evidence.tdx.steps import OnStep, no_report
from venice_ref.evidence.tdx.tcb_info import TcbInfo, parse_tcb_info
from venice_ref.pki.certificate import Certificate
from venice_ref.pki.chain import Role, TrustAnchor, verify_chain
from venice_ref.pki.crl import Crl, parse_crl, verify_crl
from venice_ref.pki.keys import EcPublicKey, PublicKey
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.pki.validity import check_window

__all__ = [
    "Collateral",
    "VerifiedCollateral",
    "VerifiedPck",
    "Window",
    "encode_collateral",
    "parse_collateral",
    "verify_collateral",
    "verify_raw_signature",
    "window_of",
]


class Window(NamedTuple):
    """When a set of documents was issued, and how long all of it holds."""

    earliest_issue: datetime
    latest_issue: datetime
    earliest_expiration: datetime

    def join(self, other: Window) -> Window:
        """Return the window of both sets together."""
        return Window(
            min(self.earliest_issue, other.earliest_issue),
            max(self.latest_issue, other.latest_issue),
            min(self.earliest_expiration, other.earliest_expiration),
        )


class VerifiedPck(NamedTuple):
    """A PCK certificate whose chain was verified; only the time is left to be compared."""

    key: PublicKey
    facts: PckFacts
    window: Window


class VerifiedCollateral:
    """Collateral that `verify_collateral` made; nothing else makes one.

    It also remembers the PCK certificates that were verified with it, at most `MAX_PCKS` of them:
    the same platform sends the same one with each quote.
    """

    __slots__ = ("anchor", "crls", "known", "memo", "pck_chain", "pcks", "qe_identity",
                 "root_key_id", "tcb_info", "tee", "window")  # fmt: skip

    MAX_PCKS: Final = 64

    def __init__(
        self,
        *,
        anchor: TrustAnchor,
        crls: Tuple[Crl, Crl],
        known: Mapping[bytes, Certificate],
        memo: SignatureMemo,
        pck_chain: Optional[Chain],
        qe_identity: QeIdentity,
        root_key_id: bytes,
        tcb_info: TcbInfo,
        window: Window,
    ) -> None:
        self.anchor = anchor
        self.crls = crls
        """The lists of the root and of the CA of the PCK certificates."""
        self.known = known
        """The certificates of the collateral by their DER, so that each is parsed once."""
        self.memo = memo
        self.pck_chain = pck_chain
        """The PCK chain that came with the collateral, in DER, not verified yet."""
        self.pcks: Dict[Chain, VerifiedPck] = {}
        """By their whole chain in DER."""
        self.qe_identity = qe_identity
        self.root_key_id = root_key_id
        """SHA-384 (48) of the root's public key, 0x04 || x || y."""
        self.tcb_info = tcb_info
        self.tee = tcb_info.id
        """`SGX` or `TDX`."""
        self.window = window

    def check_use(self, now: datetime) -> None:
        """Refuse a time outside of the window  [COL-10]."""
        _, start, end = self.window
        check_window(now, start, end, where="collateral", rule="COL-10")

    def remember(self, chain: Chain, pck: VerifiedPck) -> None:
        """Keep a verified PCK certificate; the oldest goes where there is no room."""
        if len(self.pcks) >= self.MAX_PCKS:
            del self.pcks[next(iter(self.pcks))]
        self.pcks[chain] = pck


def verify_collateral(
    collateral: Collateral,
    *,
    now: datetime,
    anchor: TrustAnchor = INTEL_ROOT,
    tee: Optional[str] = None,
    memo: Optional[SignatureMemo] = None,
    on_step: OnStep = no_report,
) -> VerifiedCollateral:
    """Return the collateral, all of it signed below the anchor and valid at `now`.

    The order: the chain of the PCK CA and both revocation lists, then TCB info and QE identity,
    each with chain, revocation, signature, form, time.  `tee`, `SGX` or `TDX`, says for which kind
    of quote it is wanted; without, that of the TCB info.  `memo` remembers the signatures on
    certificates and lists that hold, across collaterals.  `steps` lists the steps.

    Spec: COL-3 to COL-9, COL-17, CRT-1 to CRT-17, CRL-1 to CRL-10.

    Raises:
        MalformedError: a certificate, list or signed text does not parse.
        SignatureError: a signature does not verify.
        EvidenceError: a chain, role, time or identity is wrong, or a signer is revoked.
    """
    memo = SignatureMemo() if memo is None else memo
    known: Dict[bytes, Certificate] = {}
    root_crl = parse_crl(collateral.root_ca_crl, where="root_ca_crl")
    pck_crl = parse_crl(collateral.pck_crl, where="pck_crl")

    def chain(ders: Chain, roles: Sequence[Role], where: str) -> Tuple[Certificate, ...]:
        found = parse_chain(ders, where=where, known=known)
        verify_chain(
            found, anchor=anchor, roles=roles, now=now, crls=(root_crl,), memo=memo, where=where
        )
        return found

    pck_chain = chain(collateral.pck_crl_issuer_chain, PCK_CA_ROLES, "pck_crl_issuer_chain")
    verify_crl(pck_crl, pck_chain[0], now=now, memo=memo)
    on_step("collateral.lists", f"{len(root_crl.serials)} and {len(pck_crl.serials)} revoked")

    tcb_chain = chain(collateral.tcb_info_issuer_chain, TCB_SIGNING_ROLES, "tcb_info_issuer_chain")
    _verify_text(tcb_chain[0], collateral.tcb_info, collateral.tcb_info_signature, "tcb_info")
    tcb_info = parse_tcb_info(collateral.tcb_info)
    _check_tee(tcb_info, tee)
    check_window(now, tcb_info.issue_date, tcb_info.next_update, where="tcb_info", rule="COL-9")
    on_step("collateral.tcb_info", f"{tcb_info.id}, evaluation {tcb_info.evaluation_number}")

    qe_chain = chain(
        collateral.qe_identity_issuer_chain, TCB_SIGNING_ROLES, "qe_identity_issuer_chain"
    )
    _verify_text(
        qe_chain[0], collateral.qe_identity, collateral.qe_identity_signature, "qe_identity"
    )
    identity = parse_qe_identity(collateral.qe_identity)
    _check_qe_id(identity, tcb_info)
    check_window(now, identity.issue_date, identity.next_update, where="qe_identity", rule="COL-9")
    on_step("collateral.qe_identity", f"{identity.id}, evaluation {identity.evaluation_number}")

    return VerifiedCollateral(
        anchor=anchor,
        crls=(root_crl, pck_crl),
        known=known,
        memo=memo,
        pck_chain=collateral.pck_certificate_chain,
        qe_identity=identity,
        root_key_id=_key_id(pck_chain[-1].public_key),
        tcb_info=tcb_info,
        window=window_of(
            (*pck_chain, *tcb_chain, *qe_chain), (root_crl, pck_crl), (tcb_info, identity)
        ),
    )


def window_of(
    certificates: Iterable[Certificate],
    crls: Iterable[Crl] = (),
    documents: Iterable[Union[TcbInfo, QeIdentity]] = (),
) -> Window:
    """Return when all of this was issued, and how long all of it holds."""
    spans = [(certificate.not_before, certificate.not_after) for certificate in certificates]
    spans += [(crl.this_update, crl.next_update) for crl in crls]
    spans += [(document.issue_date, document.next_update) for document in documents]
    issued, expires = zip(*spans)
    return Window(min(issued), max(issued), min(expires))


def verify_raw_signature(
    key: PublicKey, message: bytes, signature: bytes, *, where: str, rule: str
) -> None:
    """Return if r || s (64) is the signature of a P-256 key on SHA-256 of the message.

    Raises:
        SignatureError: it is not.
    """
    if not isinstance(key, EcPublicKey) or key.curve != P256:
        raise SignatureError("not a key on P-256", rule=rule, where=where)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    digest = hashlib.sha256(message).digest()
    ecdsa.verify(P256, key.point, digest, r, s, where=where, rule=rule)


def _verify_text(signer: Certificate, text: str, signature: bytes, where: str) -> None:
    """Refuse a text that its signer did not sign, byte for byte  [COL-17]."""
    # Strict JSON has no lone surrogates; a caller's own string may, and no signature is of that.
    raw = text.encode("utf-8", "surrogatepass")
    verify_raw_signature(signer.public_key, raw, signature, where=where, rule="COL-17")


def _check_tee(tcb_info: TcbInfo, tee: Optional[str]) -> None:
    if tee is not None and tcb_info.id != tee:
        raise EvidenceError(
            f"a TCB info for {tcb_info.id}, required {tee}", rule="COL-11", where="tcb_info.id"
        )


def _check_qe_id(identity: QeIdentity, tcb_info: TcbInfo) -> None:
    if identity.id != QE_ID_OF[tcb_info.id]:
        raise EvidenceError(
            f"{identity.id} beside a TCB info for {tcb_info.id}, required {QE_ID_OF[tcb_info.id]}",
            rule="COL-11",
            where="qe_identity.id",
        )


def _key_id(key: PublicKey) -> bytes:
    """Return SHA-384 of 0x04 || x || y, by which Intel's library names a root."""
    x, y = key.point if isinstance(key, EcPublicKey) else (0, 0)
    return hashlib.sha384(b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")).digest()
