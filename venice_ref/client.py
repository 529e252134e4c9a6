"""The object that people use: a client, its sessions, and their conversations.

    client = VeniceClient(api_key=..., policy=Policy(assurance="binding"))
    with client.session("e2ee-qwen3-5-122b-a10b") as session:      # verifies, or raises
        for delta in session.chat([{"role": "user", "content": "Hello"}]):
            print(delta.text, end="", flush=True)

It joins the layers below: `session` decides, `net` carries, and this file adds the order in which
they act, the clock and the repetitions.  Nothing is shared between two clients or two sessions, and
nothing is cached: a session belongs to one base URL, one model and one attested key  [SES-1].

A client, its sessions and their streams belong to one thread at a time.
"""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import (
    Any,
    Callable,
    Generator,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    final,
)

from venice_ref.attestation.bundle import Bundle
from venice_ref.attestation.policy import Policy, check_policy
from venice_ref.attestation.report import Report
from venice_ref.attestation.verify import VerifiedAttestation, verify_attestation
from venice_ref.codec.strict import decode_utf8, excerpt
from venice_ref.crypto.address import address_of
from venice_ref.e2ee.envelope import draw
from venice_ref.e2ee.keys import parse_model_key
from venice_ref.e2ee.messages import check_request
from venice_ref.e2ee.options import check_model
from venice_ref.e2ee.stream import Completion, Delta
from venice_ref.errors import PolicyError, ProtocolError, ServerError, UsageError
from venice_ref.model import Address20, Nonce32, RandomBytes
from venice_ref.net.refusals import without_plaintext
from venice_ref.net.venice import ModelInfo, VeniceApi, utc_now
from venice_ref.net.web import HttpClient, Response
from venice_ref.receipts.answer import (
    VerifiedSignature,
    parse_signature_answer,
    verify_signature_answer,
)
from venice_ref.session import EXPIRED, STREAMING, ChatRequest, Session
from venice_ref.spec import (
    CONNECT_TIMEOUT_SECONDS,
    DEFAULT_BASE_URL,
    IDLE_TIMEOUT_SECONDS,
    NONCE_SIZE,
    TOTAL_TIMEOUT_SECONDS,
)

__all__ = ["ChatStream", "ClientSession", "VeniceClient", "api_key_from_environment"]

API_KEY_VARIABLES = ("VENICE_API_KEY", "API_KEY_VENICE")
BASE_URL_VARIABLE = "VENICE_BASE_URL"

_STALE_KINDS = ("stale_key", "encryption_rejected")
"""Answers that a replaced model key explains; a server need not say which it was  [SES-4]."""

_NOTHING = Completion(
    complete=False,
    id=None,
    model=None,
    finish_reason=None,
    usage=None,
    content_chunks=0,
    reasoning_chunks=0,
    plaintext_chunks=0,
)


def api_key_from_environment() -> Optional[str]:
    """Return the API key of `VENICE_API_KEY` or `API_KEY_VENICE`, without white space around it."""
    for name in API_KEY_VARIABLES:
        value = os.environ.get(name, "").strip()
        if value:
            return value
    return None


class VeniceClient:
    """A service and a policy.

    `api_key` and `base_url` come from the environment where they are not given; an empty
    `api_key` sends none.  The policy demands assurance `dcap` unless it says otherwise.  Times are
    in seconds; `clock` returns the time with its zone.
    """

    __slots__ = ("_api", "_clock", "_random_bytes", "policy")

    def __init__(
        self,
        api_key: Optional[str] = None,
        base_url: Optional[str] = None,
        policy: Optional[Policy] = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        random_bytes: RandomBytes = os.urandom,
        sleep: Callable[[float], None] = time.sleep,
        connect_timeout: float = CONNECT_TIMEOUT_SECONDS,
        idle_timeout: float = IDLE_TIMEOUT_SECONDS,
        total_timeout: float = TOTAL_TIMEOUT_SECONDS,
    ) -> None:
        self.policy = Policy() if policy is None else policy
        check_policy(self.policy)
        http = HttpClient(
            base_url or os.environ.get(BASE_URL_VARIABLE, "").strip() or DEFAULT_BASE_URL,
            api_key_from_environment() if api_key is None else api_key or None,
            connect_timeout=connect_timeout,
            idle_timeout=idle_timeout,
            total_timeout=total_timeout,
        )
        self._api = VeniceApi(http, sleep=sleep, clock=clock)
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

    def fetch_evidence(self, model: str) -> Bundle:
        """Return the attestation answer for a fresh nonce, unverified, as it can be saved.

        Raises:
            MalformedError: the answer is not text.
            TransportError: there is no answer.
        """
        check_model(model)
        nonce, raw = _fetch(
            self._api, model, lambda: Nonce32(draw(self._random_bytes, NONCE_SIZE, rule="ATT-2"))
        )
        text = decode_utf8(raw, where="attestation", rule="ATT-1")
        return Bundle(model=model, nonce=nonce, captured_at=self._clock(), attestation=text)

    def attest(self, model: str) -> VerifiedAttestation:
        """Return the model key that fresh evidence binds, under the client's policy.

        Raises as `attestation.verify.verify_attestation`, and TransportError.
        """
        evidence = self.fetch_evidence(model)
        return verify_attestation(
            evidence.attestation.encode("utf-8"),
            nonce=evidence.nonce,
            model=model,
            policy=self.policy,
            now=evidence.captured_at,
        )

    def session(self, model: str, *, unsafe_allow_plaintext: bool = False) -> ClientSession:
        """Return a session with a model whose evidence was verified; close it, or use `with`.

        Raises:
            PolicyError: the service does not say that the model takes encrypted requests [REQ-8],
                or its evidence is not what the policy accepts.
            PeerError: the evidence is refused; `report` on the error says why.
            TransportError: there is no answer to judge.
        """
        session = Session(
            self._api.base_url,
            model,
            self.policy,
            random_bytes=self._random_bytes,
            unsafe_allow_plaintext=unsafe_allow_plaintext,
        )
        _require_e2ee(model, self._api.models())
        return ClientSession(self._api, session, self._clock)

    def signature(self, model: str, request_id: str) -> VerifiedSignature:
        """Return what the enclave signed about an answer, its signer checked against evidence.

        The evidence is fetched and verified first: only the address that it binds counts
        [SIG-4].  Raises as `attest` and `ClientSession.signature`.
        """
        verified = self.attest(model)
        return _signature(self._api, verified.address, verified.report, model, request_id)


@final
class ClientSession:
    """A conversation with one model under one attested key; made by `VeniceClient.session`."""

    __slots__ = ("_api", "_clock", "_session", "_stream")

    def __init__(self, api: VeniceApi, session: Session, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._session = session
        self._clock = clock
        self._stream: Optional[ChatStream] = None
        try:
            self._attest()
        except BaseException:
            session.close()
            raise

    def __enter__(self) -> ClientSession:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """End an answer under way and overwrite the private key  [SES-6].  May be repeated."""
        if self._stream is not None:
            self._stream.close()
        self._session.close()

    @property
    def model(self) -> str:
        """The model that this session was attested for."""
        return self._session.model

    @property
    def report(self) -> Report:
        """The report of the evidence that the session relies on."""
        report = self._session.report
        if report is None:
            raise UsageError("the session was not attested", rule="SES-5", where="session")
        return report

    def chat(self, messages: Sequence[Mapping[str, Any]], **options: Any) -> ChatStream:
        """Return the answer to `messages` as an iterator of deltas.

        What may not be sent is refused here, before anything is [REQ-7]; the request itself goes
        out when the first delta is asked for.  Expired evidence is renewed before that  [SES-2].

        Raises:
            UsageError: a field that is refused, or an answer of this session is still being read.
        """
        check_request(messages, options)
        if self._session.state == STREAMING:
            raise UsageError(
                "another answer of this session is still being read",
                rule="SES-5",
                where="session",
                hint="read it to its end, or close it",
            )
        sent, chosen = list(messages), dict(options)
        self._stream = ChatStream(self._session, sent, lambda: self._exchange(sent, chosen))
        return self._stream

    def signature(self, request_id: str) -> VerifiedSignature:
        """Return what the enclave signed about an answer, by the id in its completion.

        The signer is compared with the address that the evidence binds.  The transcript is not
        verified: the service rewrites requests and answers, so that the hashes cannot be reproduced
        from outside  [SIG-6].

        Raises:
            ServerError: there is no such signature [SIG-10].
            MalformedError, SignatureError: it is none, or another key made it.
        """
        address = address_of(parse_model_key(self._session.model_key_hex))
        return _signature(self._api, address, self.report, self.model, request_id)

    def _attest(self) -> None:
        """Attest anew; both keys are given up first, so that nothing is left to fall back to."""
        _, raw = _fetch(self._api, self._session.model, self._session.challenge)
        self._session.attest(raw, now=self._clock())

    def _request(
        self, messages: List[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> ChatRequest:
        """Return a request, after renewing evidence that is too old or a key that is used up."""
        if self._session.requests_left == 0:
            self._attest()  # [SES-3]
        try:
            return self._session.request(messages, options, now=self._clock())
        except ProtocolError:
            if self._session.state != EXPIRED:
                raise
        self._attest()  # [SES-2]
        return self._session.request(messages, options, now=self._clock())

    def _exchange(self, messages: List[Mapping[str, Any]], options: Mapping[str, Any]) -> Response:
        """Return the stream that answers; each attempt is encrypted anew  [NET-4, SES-4]."""
        attempts = self._api.attempts()
        renewed = False
        while True:
            request = self._request(messages, options)
            try:
                return self._api.chat(request.headers, request.body)
            except ServerError as error:
                self._session.abandon()
                if error.kind in _STALE_KINDS and not renewed:
                    renewed = True
                    attempts.spend(error)
                    self._attest()
                else:
                    attempts.again(error)
            except BaseException:
                self._session.abandon()
                raise


@final
class ChatStream:
    """One answer: an iterator of deltas, and what is known of the answer besides its text.

    Whoever stops early closes it, or drops it; the connection is closed either way  [NET-9].
    """

    __slots__ = ("_completion", "_deltas", "_session", "begun")

    def __init__(
        self,
        session: Session,
        messages: Sequence[Mapping[str, Any]],
        exchange: Callable[[], Response],
    ) -> None:
        self._session = session
        self.begun = False
        """True once the server began to answer: what fails then leaves an incomplete answer."""
        self._completion: Optional[Completion] = _NOTHING
        self._deltas = self._run(messages, exchange)

    def __iter__(self) -> Iterator[Delta]:
        return self

    def __next__(self) -> Delta:
        """Return the next delta.

        Raises:
            PeerError: something in the answer is wrong; what came before is all there is.
            TransportError: the answer broke off.
        """
        return next(self._deltas)

    def close(self) -> None:
        """Stop reading and close the connection."""
        self._deltas.close()

    @property
    def completion(self) -> Completion:
        """What is known so far; `complete` only after the end mark, without an error  [STR-12]."""
        if self._completion is None:  # under way
            return self._session.completion or _NOTHING
        return self._completion

    def _run(
        self, messages: Sequence[Mapping[str, Any]], exchange: Callable[[], Response]
    ) -> Generator[Delta, None, None]:
        session = self._session
        try:
            with exchange() as response:
                self.begun = True
                self._completion = None
                for chunk in response.read_chunks():
                    yield from session.receive(chunk)
                    if self.completion.complete:
                        break  # what follows is ignored, and need not be waited for  [STR-2]
                session.finish()
        except ServerError as error:
            raise without_plaintext(error, messages) from None
        finally:
            if self._completion is None:
                if session.state == STREAMING:
                    session.abandon()
                self._completion = session.completion or _NOTHING


# --- Private ------------------------------------------------------------------------------------


def _fetch(api: VeniceApi, model: str, challenge: Callable[[], Nonce32]) -> Tuple[Nonce32, bytes]:
    """Return a nonce and the answer to it; every attempt has a nonce of its own  [NET-4]."""
    attempts = api.attempts()
    while True:
        nonce = challenge()
        try:
            return nonce, api.attestation(model, nonce)
        except ServerError as error:
            attempts.again(error)


def _require_e2ee(model: str, models: Sequence[ModelInfo]) -> None:
    """Refuse a model that the service does not say takes encrypted requests  [REQ-8]."""
    found = [entry for entry in models if entry.id == model]
    if found and all(entry.supports_e2ee is True for entry in found):
        return
    problem = "does not take encrypted requests" if found else "is not in the list of the service"
    raise PolicyError(
        f"the model {excerpt(model)} {problem}",
        rule="REQ-8",
        where="model",
        hint="`python3 -m venice_ref models --e2ee` lists those that do;"
        " nothing was sent to this one",
    )


def _signature(
    api: VeniceApi, address: Address20, report: Report, model: str, request_id: str
) -> VerifiedSignature:
    answer = parse_signature_answer(api.signature(model, request_id))
    names = (model, report.facts["upstream_model"])  # [SIG-7]
    return verify_signature_answer(
        answer, address, models=tuple(name for name in names if name is not None)
    )
