"""The way in: a service, a policy, and where the statements of the vendors come from."""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import TYPE_CHECKING, Callable, Optional, Tuple

from venice_ref.attestation.endorsements import (
    NO_ENDORSEMENTS,
    PINNED_ROOTS,
    Endorsements,
    TrustRoots,
    check_endorsements,
)
from venice_ref.attestation.policy import Policy, check_policy
from venice_ref.attestation.verify import VerifiedAttestation, verify_attestation
from venice_ref.client.conversation import ClientSession, checked_signature
from venice_ref.client.vendors import Vendors
from venice_ref.codec.strict import excerpt
from venice_ref.e2ee.envelope import draw
from venice_ref.e2ee.options import check_model
from venice_ref.errors import PeerError, UsageError
from venice_ref.model import Nonce32, RandomBytes
from venice_ref.net.cache import DiskCache, OnSource, silent
from venice_ref.net.url import parse_base_url
from venice_ref.net.venice import ModelInfo, VeniceApi, check_id, require_e2ee, utc_now
from venice_ref.net.web import HttpClient
from venice_ref.session import Session
from venice_ref.spec import (
    CONNECT_TIMEOUT_SECONDS,
    DEFAULT_BASE_URL,
    DEFAULT_NRAS_URL,
    DEFAULT_PCS_URL,
    IDLE_TIMEOUT_SECONDS,
    NONCE_SIZE,
    TOTAL_TIMEOUT_SECONDS,
)

if TYPE_CHECKING:
    from pathlib import Path

    from venice_ref.attestation.bundle import Bundle
    from venice_ref.client.gathering import Gathered, Gatherer
    from venice_ref.receipts.answer import VerifiedSignature

__all__ = ["VeniceClient", "api_key_from_environment"]

API_KEY_VARIABLES = ("VENICE_API_KEY", "API_KEY_VENICE")
BASE_URL_VARIABLE = "VENICE_BASE_URL"
PCS_URL_VARIABLE = "VENICE_PCS_URL"
NRAS_URL_VARIABLE = "VENICE_NRAS_URL"


def api_key_from_environment() -> Optional[str]:
    """Return the API key of `VENICE_API_KEY` or `API_KEY_VENICE`, without white space around it."""
    for name in API_KEY_VARIABLES:
        value = os.environ.get(name, "").strip()
        if value:
            return value
    return None


class VeniceClient:
    """A service and a policy.

    `api_key` and `base_url` come from the environment where they are not given; an empty `api_key`
    sends none.  The policy demands assurance `dcap` unless it says otherwise.  Times are in
    seconds; `clock` returns the time with its zone.

    What Intel and NVIDIA have to say is asked of them as far as the policy needs it, but for what
    is in `endorsements`.  `roots` says whose signatures count.  Where a root is replaced, its
    statements come from the origin of the base URL, as those of a simulation do; `pcs_base_url` and
    `nras_base_url`, or the environment, name other places.  `cache_folder` keeps them between runs
    (`net.cache.cache_folder` names the usual one); without, nothing is written.  `on_source` is
    told, in a sentence, who is asked and what comes from the cache.
    """

    __slots__ = (
        "_api",
        "_clock",
        "_gatherer",
        "_random_bytes",
        "_sleep",
        "policy",
        "roots",
        "vendors",
    )

    def __init__(
        self,
        api_key: Optional[str] = None,
        base_url: Optional[str] = None,
        policy: Optional[Policy] = None,
        *,
        roots: TrustRoots = PINNED_ROOTS,
        endorsements: Endorsements = NO_ENDORSEMENTS,
        pcs_base_url: Optional[str] = None,
        nras_base_url: Optional[str] = None,
        cache_folder: Optional[Path] = None,
        on_source: OnSource = silent,
        clock: Callable[[], datetime] = utc_now,
        random_bytes: RandomBytes = os.urandom,
        sleep: Callable[[float], None] = time.sleep,
        connect_timeout: float = CONNECT_TIMEOUT_SECONDS,
        idle_timeout: float = IDLE_TIMEOUT_SECONDS,
        total_timeout: float = TOTAL_TIMEOUT_SECONDS,
    ) -> None:
        self.policy = Policy() if policy is None else policy
        self.roots = roots
        for name, value, kind in (
            ("policy", self.policy, Policy),
            ("roots", roots, TrustRoots),
            ("endorsements", endorsements, Endorsements),
            ("cache_folder", cache_folder, (os.PathLike, type(None))),
        ):
            if not isinstance(value, kind):
                raise UsageError(f"{excerpt(value)} is of another type", where=name)
        check_policy(self.policy)
        check_endorsements(endorsements)
        http = HttpClient(
            base_url or os.environ.get(BASE_URL_VARIABLE, "").strip() or DEFAULT_BASE_URL,
            api_key_from_environment() if api_key is None else api_key or None,
            connect_timeout=connect_timeout,
            idle_timeout=idle_timeout,
            total_timeout=total_timeout,
        )
        origin = http.base_url.origin
        self._api = VeniceApi(http, sleep=sleep, clock=clock)
        self.vendors = Vendors(
            pcs_base_url=pcs_base_url
            or os.environ.get(PCS_URL_VARIABLE, "").strip()
            or (origin if "intel" in roots.replaced else DEFAULT_PCS_URL),
            nras_base_url=nras_base_url
            or os.environ.get(NRAS_URL_VARIABLE, "").strip()
            or (origin if "nvidia_nras" in roots.replaced else DEFAULT_NRAS_URL),
            roots=roots,
            cache=DiskCache(cache_folder),
            given=endorsements,
            on_source=on_source,
        )
        for url in (self.vendors.pcs_base_url, self.vendors.nras_base_url):
            parse_base_url(url)  # refused here and not at the first request
        self._gatherer: Optional[Gatherer] = None
        self._sleep = sleep
        self._clock = clock
        self._random_bytes = random_bytes

    def __repr__(self) -> str:
        return f"<VeniceClient {self.base_url}>"

    @property
    def base_url(self) -> str:
        """The base URL in its one spelling."""
        return self._api.base_url

    def models(self) -> Tuple[ModelInfo, ...]:
        """Return the models of the service, in its order."""
        return self._api.models()

    def _evidence(self) -> Gatherer:
        """Return what gathers evidence; it is loaded for the first."""
        if self._gatherer is None:
            from venice_ref.client.gathering import Gatherer  # noqa: PLC0415  # a fifth of the start

            self._gatherer = Gatherer(
                self._api, self.policy, self.vendors, clock=self._clock, sleep=self._sleep
            )
        return self._gatherer

    def gather(self, model: str) -> Gathered:
        """Return the answer to a fresh nonce with what the policy needs to judge it, unverified.

        What Intel or NVIDIA could not be asked is in `missing`.

        Raises:
            TransportError: the service gives no answer.
        """
        check_model(model)
        return self._evidence().gather(
            model, lambda: Nonce32(draw(self._random_bytes, NONCE_SIZE, rule="ATT-2"))
        )

    def fetch_evidence(self, model: str) -> Bundle:
        """Return fresh evidence and what it is verified with, unverified, as it can be saved.

        Raises:
            MalformedError: the answer is not text, or a vendor's is not of its form.
            EvidenceError: the quote does not come from below the trusted root.
            TransportError: the service gives no answer, or what the policy needs is not to be had.
        """
        found = self.gather(model)
        for error in found.missing.values():
            raise error
        return found.bundle

    def attest(self, model: str) -> VerifiedAttestation:
        """Return the model key that fresh evidence binds, under the client's policy.

        Raises as `attestation.verify.verify_attestation`, and TransportError.
        """
        return self.judge(self.gather(model))

    def judge(self, found: Gathered) -> VerifiedAttestation:
        """Return the model key that gathered evidence binds; raises as `attest`."""
        with self._api.redacting():
            try:
                verified = verify_attestation(
                    found.raw,
                    nonce=found.nonce,
                    model=found.model,
                    policy=self.policy,
                    now=found.at,
                    endorsements=found.endorsements,
                    roots=self.roots,
                    memo=self._evidence().memo,
                )
            except PeerError as refusal:
                raise found.explain(refusal) from None
        return verified._replace(report=self._api.redact_report(verified.report))

    def session(self, model: str, *, unsafe_allow_plaintext: bool = False) -> ClientSession:
        """Return a session with a model whose evidence was verified; close it, or use `with`.

        Raises:
            PolicyError: the service does not say that the model takes encrypted requests [REQ-8],
                or its evidence is not what the policy accepts.
            PeerError: the evidence is refused; `report` on the error says why.
            TransportError: there is no answer to judge, or nothing to judge it with.
        """
        session = Session(
            self._api.base_url,
            model,
            self.policy,
            random_bytes=self._random_bytes,
            unsafe_allow_plaintext=unsafe_allow_plaintext,
            roots=self.roots,
            memo=self._evidence().memo,
        )
        require_e2ee(model, self._api.models())
        return ClientSession(self._api, session, self._evidence(), self._clock)

    def signature(self, model: str, request_id: str) -> VerifiedSignature:
        """Return what the enclave signed about an answer, its signer checked against evidence.

        The evidence is fetched and verified first: only the address that it binds counts
        [SIG-4].  Raises as `attest` and `ClientSession.signature`.
        """
        check_id(request_id, "request_id")  # before anything is asked
        verified = self.attest(model)
        return checked_signature(self._api, verified.address, verified.report, model, request_id)
