"""Evidence, and what it is verified with: gathered before anything is believed or sent.

    the service   answer to a fresh nonce                                always
    Intel         collateral for the platform of its quote               from dcap
    NVIDIA        its verdict on the GPU evidence, and the keys for it   at GPU level nras

Nobody is asked about evidence that fails without their word: an answer that does not bind its key
and nonce, GPU evidence that genuine GPUs did not sign, and a quote that does not come from below
the trusted root are refused as they are.  So a forged answer makes no request to Intel or NVIDIA.

What cannot be had is not the end: it is kept beside the evidence, and after the verification
`Gathered.explain` says whether the evidence was refused for itself or for what is missing.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Callable, Dict, Final, NamedTuple, Tuple

from venice_ref.attestation.answer import Answer, parse_answer
from venice_ref.attestation.bundle import Bundle
from venice_ref.attestation.endorsements import (
    Endorsements,
    TrustRoots,
)
from venice_ref.attestation.policy import Policy, includes_assurance
from venice_ref.attestation.report import FAIL, Report
from venice_ref.attestation.schema import gpu_list
from venice_ref.attestation.verify import verify_attestation
from venice_ref.client.vendors import Vendors
from venice_ref.codec.pem import decode_pem_chain
from venice_ref.codec.strict import decode_utf8
from venice_ref.errors import (
    EvidenceError,
    MalformedError,
    PeerError,
    ServerError,
    TransportError,
    VeniceError,
)
from venice_ref.evidence.nvidia.jwks import parse_key_set
from venice_ref.evidence.nvidia.tokens import parse_nras_answer, verify_tokens
from venice_ref.evidence.tdx.intel import PCK_ROLES, parse_chain
from venice_ref.evidence.tdx.quote import Quote, decode_quote_text, parse_quote
from venice_ref.model import Nonce32
from venice_ref.net.nras import NrasClient
from venice_ref.net.pcs import PcsClient
from venice_ref.net.redaction import rewrite_error
from venice_ref.net.sources import CACHE, NETWORK, CollateralSource, KeySetSource
from venice_ref.net.venice import VeniceApi
from venice_ref.pki.chain import verify_chain
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import MAX_ATTESTATION_SIZE, MAX_CERTIFICATE_SIZE

__all__ = ["Gathered", "Gatherer"]

_PCK_CHAIN: Final = 5
_EVIDENCE_MEMBERS: Final = ("certificate", "evidence", "arch", "nonce")


class Gathered(NamedTuple):
    """An answer, not judged yet, and all that there is to judge it with."""

    model: str
    nonce: Nonce32
    raw: bytes
    """The answer as it came."""
    at: datetime
    """When all of it was there."""
    endorsements: Endorsements
    missing: Dict[str, VeniceError]
    """Why something is not there, by the check that needs it."""

    @property
    def bundle(self) -> Bundle:
        """All of it as it can be saved.

        Raises:
            MalformedError: the answer is not text.
        """
        text = decode_utf8(self.raw, where="attestation", rule="ATT-1")
        bundle = Bundle(model=self.model, nonce=self.nonce, captured_at=self.at, attestation=text)
        return bundle.with_endorsements(self.endorsements)

    def explain(self, refusal: PeerError) -> VeniceError:
        """Return the error to raise where the verification ended in `refusal`.

        That is the refusal where the evidence failed a check, and otherwise why there was nothing
        to check it with.  The report, where the error has one, says both.
        """
        if not self.missing or not isinstance(refusal.report, Report):
            return refusal
        report = refusal.report = self._with_reasons(refusal.report)
        if report.failed:
            return refusal
        cause = next(iter(self.missing.values()))
        if isinstance(cause, PeerError):
            cause.report = report
        return cause

    def _with_reasons(self, report: Report) -> Report:
        checks = tuple(
            check._replace(detail=f"not to be had: {self.missing[check.id].message}")
            if check.id in self.missing and check.status != FAIL
            else check
            for check in report.checks
        )
        return report._replace(checks=checks)


class Gatherer:
    """Gathers evidence under a policy; one for a client and all of its sessions."""

    __slots__ = ("_api", "_clock", "_collateral", "_keys", "_nras", "_policy", "_vendors", "memo")

    def __init__(
        self,
        api: VeniceApi,
        policy: Policy,
        vendors: Vendors,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._api = api
        self._policy = policy
        self._vendors = vendors
        self._clock = clock
        self.memo = SignatureMemo()
        """Signatures that hold, across the verifications of one client."""
        self._collateral = CollateralSource(
            PcsClient(vendors.pcs_base_url, sleep=sleep, clock=clock),
            vendors.cache,
            anchor=vendors.roots.intel,
            memo=self.memo,
            clock=clock,
            on_source=vendors.on_source,
        )
        self._nras = NrasClient(vendors.nras_base_url, sleep=sleep, clock=clock)
        self._keys = KeySetSource(
            self._nras, vendors.cache, clock=clock, on_source=vendors.on_source
        )

    @property
    def roots(self) -> TrustRoots:
        """The roots whose signatures count."""
        return self._vendors.roots

    def gather(self, model: str, challenge: Callable[[], Nonce32]) -> Gathered:
        """Return an answer to a fresh nonce with what the policy needs to judge it.

        Raises:
            TransportError: the service gives no answer.
        """
        nonce, raw = self._fetch(model, challenge)
        found = self._vendors.given
        missing: Dict[str, VeniceError] = {}
        step = ""
        try:
            if found.collateral is None and includes_assurance(self._policy.assurance, "dcap"):
                step = "dcap.collateral"
                if self._holds(model, nonce, raw, "ignore"):
                    found = found._replace(collateral=self._intel(parse_answer(raw)))
            # At GPU level `measured` nobody's word is needed, and so nobody is told.
            if found.nras is None and self._policy.gpu == "nras":
                step = "gpu.nras"
                if self._holds(model, nonce, raw, "signed"):
                    found = self._nvidia(parse_answer(raw), found)
        except (PeerError, TransportError) as error:
            # It may quote the evidence, and the evidence our API key  [ERR-2].
            missing[step] = rewrite_error(error, self._api.redact)
        return Gathered(model, nonce, raw, self._clock(), found, missing)

    def _fetch(self, model: str, challenge: Callable[[], Nonce32]) -> Tuple[Nonce32, bytes]:
        """Return a nonce and the answer to it; every attempt has a nonce of its own  [NET-16]."""
        attempts = self._api.attempts()
        while True:
            nonce = challenge()
            try:
                return nonce, self._api.attestation(model, nonce)
            except ServerError as error:
                attempts.again(error)

    def _holds(self, model: str, nonce: Nonce32, raw: bytes, gpu: str) -> bool:
        """Tell whether an answer holds at `binding` and a GPU level, where nobody is needed."""
        below = Policy(assurance="binding", gpu=gpu, nonce_binding=self._policy.nonce_binding)
        try:
            verify_attestation(
                raw,
                nonce=nonce,
                model=model,
                policy=below,
                now=self._clock(),
                roots=self.roots,
                memo=self.memo,
            )
        except PeerError:
            return False
        return True

    # --- Intel ----------------------------------------------------------------------------------

    def _intel(self, answer: Answer) -> bytes:
        quote = parse_quote(decode_quote_text(answer.quotes[0].text, where=answer.quotes[0].where))
        self._check_root(quote)
        return self._collateral.collateral(quote, self._clock())

    def _check_root(self, quote: Quote) -> None:
        """Refuse a quote that no collateral can make good: Intel is not asked about those.

        Revocation and names are judged again in the verification, with the collateral.
        """
        certification = quote.signature_data.certification
        if certification.type != _PCK_CHAIN:
            return
        where = "quote.certification_data"
        ders = decode_pem_chain(
            certification.data,
            max_count=len(PCK_ROLES),
            max_size=MAX_CERTIFICATE_SIZE,
            allow_nul=True,
            where=where,
            rule="COL-16",
        )
        chain = parse_chain(ders, where=where)
        try:
            verify_chain(
                chain,
                anchor=self.roots.intel,
                roles=PCK_ROLES,
                now=self._clock(),
                memo=self.memo,
                where=where,
            )
        except EvidenceError as error:
            if error.rule == "CRT-13":
                error.hint = (
                    "a simulation has a root of its own, which --trust-root FILE takes; whatever"
                    " else sends such a quote has no TDX machine of Intel's"
                )
            raise

    # --- NVIDIA ---------------------------------------------------------------------------------

    def _nvidia(self, answer: Answer, found: Endorsements) -> Endorsements:
        """Return NVIDIA's verdict on the GPU evidence, and keys that include those of its tokens.

        This tells NVIDIA which machine is used; see `net.nras`.
        """
        count = 0 if answer.nvidia is None else len(answer.nvidia.evidence)
        payload = _payload(answer)
        self._vendors.on_source(NETWORK, f"asking {self._nras.base_url} about {count} GPUs")
        nras = self._nras.attest_gpus(payload)
        jwks = found.jwks
        if jwks is None:
            jwks, source = self._keys.find()
            if source == CACHE and not self._has_keys(jwks, nras):
                jwks = self._keys.jwks(fresh=True)
        return found._replace(nras=nras, jwks=jwks)

    def _has_keys(self, jwks: bytes, nras: bytes) -> bool:
        """Tell whether an answer verifies under a key set; false only where other keys may help."""
        try:
            answer = parse_nras_answer(nras)
        except MalformedError:  # other keys would not help
            return True
        try:
            verify_tokens(
                answer,
                parse_key_set(jwks),
                now=self._clock(),
                intermediates=self.roots.nvidia_nras,
                memo=self.memo,
            )
        except PeerError:
            return False
        return True


def _payload(answer: Answer) -> bytes:
    """Return the GPU evidence of an answer as NVIDIA's service takes it, and nothing else.

    What else the service may have put beside the evidence is not passed on to NVIDIA.

    Raises:
        MalformedError: no GPU evidence, or more than an attestation answer may hold.
    """
    payload = None if answer.nvidia is None else answer.nvidia.members
    entries = None if payload is None else gpu_list(payload, "evidence_list")
    if payload is None or entries is None:
        raise MalformedError("no GPU evidence", rule="GPU-4", where="attestation.nvidia_payload")
    sent: Dict[str, Any] = {name: payload.get(name) for name in ("nonce", "arch")}
    sent["evidence_list"] = [
        {name: entry.get(name) for name in _EVIDENCE_MEMBERS if name in entry} for entry in entries
    ]
    present = {name: value for name, value in sent.items() if value is not None}
    raw = json.dumps(present, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    if len(raw) > MAX_ATTESTATION_SIZE:
        raise MalformedError(
            f"GPU evidence of {len(raw)} bytes, at most {MAX_ATTESTATION_SIZE}",
            rule="NET-3",
            where="attestation.nvidia_payload",
        )
    return raw
