"""A conversation with one attested model: renewal, repetition, and the stream of an answer."""

from __future__ import annotations

from datetime import datetime
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Generator,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    final,
)

from venice_ref.attestation.report import Report
from venice_ref.crypto.address import address_of
from venice_ref.e2ee.keys import parse_model_key
from venice_ref.e2ee.messages import check_request
from venice_ref.e2ee.stream import Completion, Delta
from venice_ref.errors import PeerError, ProtocolError, ServerError, UsageError, VeniceError
from venice_ref.model import Address20
from venice_ref.net.redaction import rewrite_error
from venice_ref.net.refusals import without_plaintext
from venice_ref.net.venice import VeniceApi
from venice_ref.net.web import Response
from venice_ref.session import EXPIRED, STREAMING, ChatRequest, Session

if TYPE_CHECKING:
    from venice_ref.client.gathering import Gatherer
    from venice_ref.receipts.answer import VerifiedSignature

__all__ = ["ChatStream", "ClientSession", "checked_signature"]

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


@final
class ClientSession:
    """A conversation with one model under one attested key; made by `VeniceClient.session`."""

    __slots__ = ("_api", "_clock", "_gatherer", "_session", "_stream")

    def __init__(
        self,
        api: VeniceApi,
        session: Session,
        gatherer: Gatherer,
        clock: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._session = session
        self._gatherer = gatherer
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
        return self._api.redact_report(report)

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
        self._stream = ChatStream(
            self._session, sent, lambda: self._exchange(sent, chosen), self._api.redact
        )
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
        return checked_signature(self._api, address, self.report, self.model, request_id)

    def _attest(self) -> None:
        """Attest anew; both keys are given up first, so that nothing is left to fall back to."""
        found = self._gatherer.gather(self._session.model, self._session.challenge)
        with self._api.redacting():
            try:
                self._session.attest(found.raw, now=found.at, endorsements=found.endorsements)
            except PeerError as refusal:
                raise found.explain(refusal) from None

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
                if error.kind in _STALE_KINDS:
                    if renewed:
                        error.rule = "SES-4"
                        raise
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

    __slots__ = ("_completion", "_deltas", "_redact", "_session", "begun")

    def __init__(
        self,
        session: Session,
        messages: Sequence[Mapping[str, Any]],
        exchange: Callable[[], Response],
        redact: Callable[[str], str] = str,
    ) -> None:
        self._session = session
        self._redact = redact
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
        except VeniceError as error:
            # Whatever it is about, it may quote the peer, and the peer may quote us  [ERR-2].
            raise without_plaintext(rewrite_error(error, self._redact), messages) from None
        finally:
            if self._completion is None:
                if session.state == STREAMING:
                    session.abandon()
                self._completion = session.completion or _NOTHING


def checked_signature(
    api: VeniceApi, address: Address20, report: Report, model: str, request_id: str
) -> VerifiedSignature:
    """Return the signature of an answer, made by the key of an attested address  [SIG-4]."""
    from venice_ref.receipts import answer as receipts  # noqa: PLC0415  # hardly anybody asks

    names = (model, report.facts["upstream_model"])  # [SIG-7]
    with api.redacting():
        answer = receipts.parse_signature_answer(api.signature(model, request_id))
        return receipts.verify_signature_answer(
            answer, address, models=tuple(name for name in names if name is not None)
        )
