"""One attested conversation partner: the protocol as a state machine, without I/O.

Theory of operation.  A session is bound for life to one base URL and one model  [SES-1].  It asks
for evidence with a fresh nonce (`challenge`), judges the answer (`attest`), and from then on holds
two keys: the model's, which the evidence binds, and its own, made for this session  [KEY-1, KEY-9].
With them it turns messages into requests (`request`) and bytes into text (`receive`, `finish`), one
answer at a time.  It owns no socket and no clock: bytes and `now` are arguments, and the caller
sends what it returns.

All transitions stand in one table, `transitions.TRANSITIONS`, and one method applies them,
`_apply`.  What the table does not list is refused  [SES-5].

An iterator of `receive` belongs to its answer.  Read after the answer ended, it is refused.
"""

from __future__ import annotations

import json
import os
from datetime import MAXYEAR, datetime, timedelta
from typing import (
    Any,
    Dict,
    Iterator,
    Mapping,
    NamedTuple,
    NoReturn,
    Optional,
    Sequence,
    SupportsIndex,
)

from venice_ref.attestation.endorsements import (
    NO_ENDORSEMENTS,
    PINNED_ROOTS,
    Endorsements,
    TrustRoots,
)
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import Report
from venice_ref.attestation.verify import VerifiedAttestation, verify_attestation
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import draw
from venice_ref.e2ee.keys import encode_public_key
from venice_ref.e2ee.messages import NO_OPTIONS, build_body, build_headers
from venice_ref.e2ee.options import check_model
from venice_ref.e2ee.stream import Completion, Delta, StreamReader
from venice_ref.errors import EvidenceError, ProtocolError, UsageError, VeniceError
from venice_ref.model import Nonce32, PublicKey65, RandomBytes
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import (
    MAX_SESSION_REQUESTS,
    NONCE_SIZE,
    SESSION_TTL_SECONDS,
)
from venice_ref.transitions import (
    ABANDON,
    ACCEPT,
    CHALLENGE,
    CHALLENGED,
    CLOSE,
    CLOSED,
    EXPIRE,
    EXPIRED,
    FAIL,
    FINISH,
    KEYLESS,
    READY,
    RECEIVE,
    REFUSE,
    REQUEST,
    STREAMING,
    TRANSITIONS,
    UNATTESTED,
)

__all__ = [
    "CHALLENGED",
    "CLOSED",
    "EXPIRED",
    "READY",
    "STREAMING",
    "TRANSITIONS",
    "UNATTESTED",
    "ChatRequest",
    "Session",
]


class ChatRequest(NamedTuple):
    """What to send to `spec.PATH_CHAT` of the session's base URL."""

    headers: Dict[str, str]
    """The three headers of the encryption, each once  [REQ-1]; transport headers are the
    caller's."""
    body: bytes
    """A JSON text in UTF-8."""


class _Keys(NamedTuple):
    verified: VerifiedAttestation
    client: PrivateKey


class Session:
    """See the module.  Not for use from several threads at once."""

    __slots__ = (
        "_base_url",
        "_completion",
        "_keys",
        "_latest",
        "_max_requests",
        "_memo",
        "_model",
        "_nonce",
        "_policy",
        "_random_bytes",
        "_reader",
        "_report",
        "_requests",
        "_roots",
        "_state",
        "_ttl",
        "_unsafe_allow_plaintext",
    )

    def __init__(
        self,
        base_url: str,
        model: str,
        policy: Policy,
        *,
        random_bytes: RandomBytes = os.urandom,
        ttl_seconds: float = SESSION_TTL_SECONDS,
        max_requests: int = MAX_SESSION_REQUESTS,
        unsafe_allow_plaintext: bool = False,
        roots: TrustRoots = PINNED_ROOTS,
        memo: Optional[SignatureMemo] = None,
    ) -> None:
        check_model(model)
        if not isinstance(base_url, str):
            raise UsageError("the base URL is not a text", rule="SES-1", where="base_url")
        self._base_url = base_url
        self._model = model
        self._policy = policy
        self._random_bytes = random_bytes
        self._ttl = _checked_ttl(ttl_seconds)
        self._max_requests = _checked_max_requests(max_requests)
        self._unsafe_allow_plaintext = unsafe_allow_plaintext
        self._roots = roots
        self._memo = SignatureMemo() if memo is None else memo
        self._state = UNATTESTED
        self._nonce: Optional[Nonce32] = None
        self._keys: Optional[_Keys] = None
        self._latest: Optional[datetime] = None  # the latest `now` since the evidence
        self._requests = 0  # under the present client key
        self._report: Optional[Report] = None
        self._reader: Optional[StreamReader] = None
        self._completion: Optional[Completion] = None

    # --- Evidence -------------------------------------------------------------------------------

    def challenge(self) -> Nonce32:
        """Return a fresh nonce for the next attestation; both keys are given up  [SES-7].

        Raises:
            ProtocolError: an answer is under way [SES-5].
            UsageError: closed [SES-8], or the random source fails.
        """
        self._apply(CHALLENGE)
        self._nonce = Nonce32(draw(self._random_bytes, NONCE_SIZE, rule="ATT-2"))
        return self._nonce

    def attest(
        self,
        raw_answer: bytes,
        *,
        now: datetime,
        endorsements: Endorsements = NO_ENDORSEMENTS,
    ) -> Report:
        """Judge the answer to the challenge; the session is ready where it meets the policy.

        `endorsements` are the statements of Intel and NVIDIA that the policy's levels need.  A
        nonce serves for one answer: after a refusal, `challenge` again.

        Raises:
            MalformedError, EvidenceError, PolicyError: the evidence is refused; `report` on the
                error says why.
            ProtocolError: no challenge is open [SES-5].
            UsageError: closed [SES-8], or `now` without a time zone.
        """
        self._require(ACCEPT)
        _check_time(now)
        try:
            verified = self._verify(raw_answer, now, endorsements)
            client_key = PrivateKey.generate(self._random_bytes)
        except BaseException:
            self._apply(REFUSE)
            raise
        self._apply(ACCEPT)
        self._nonce = None
        self._keys = _Keys(verified, client_key)
        self._report = verified.report
        self._latest = max(now, verified.verified_at)
        self._requests = 0
        return verified.report

    def _verify(
        self, raw_answer: bytes, now: datetime, endorsements: Endorsements
    ) -> VerifiedAttestation:
        verified = verify_attestation(
            raw_answer,
            nonce=self._nonce,
            model=self._model,
            policy=self._policy,
            now=now,
            endorsements=endorsements,
            roots=self._roots,
            memo=self._memo,
        )
        if verified.model != self._model:
            raise EvidenceError(
                "evidence for another model",
                rule="SES-1",
                where="attestation.model",
                report=verified.report,
            )
        return verified

    # --- Conversation ---------------------------------------------------------------------------

    def request(
        self,
        messages: Sequence[Mapping[str, Any]],
        options: Mapping[str, Any] = NO_OPTIONS,
        *,
        now: datetime,
    ) -> ChatRequest:
        """Return a request with the messages encrypted; its answer is then received.

        Raises:
            UsageError: a field is refused, and the session stays ready [REQ-7]; or closed [SES-8].
            ProtocolError: the evidence is too old [SES-2], the client key has served its number
                of requests [SES-3], or the state does not allow it [SES-5].
        """
        self._require(REQUEST)
        verified, client_key = self._held()
        self._check_age(verified, now)
        if self._requests >= self._max_requests:
            raise ProtocolError(
                f"{self._requests} requests under one key, at most {self._max_requests}",
                rule="SES-3",
                where="session",
                hint="attest again",
            )
        recipient = verified.model_key
        body = build_body(
            self._model, messages, recipient, options, random_bytes=self._random_bytes
        )
        headers = build_headers(client_key.public_key, recipient)
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self._apply(REQUEST)
        self._requests += 1
        self._completion = None
        self._reader = StreamReader(client_key, unsafe_allow_plaintext=self._unsafe_allow_plaintext)
        return ChatRequest(headers, text.encode("utf-8"))

    def receive(self, chunk: bytes) -> Iterator[Delta]:
        """Yield the deltas that the bytes so far complete; see `StreamReader.feed`.

        A fault ends the answer, and the session is ready again; `completion` says what is known.

        Raises:
            VeniceError: as `StreamReader.feed`.
            ProtocolError: no answer is under way [SES-5]; also from an iterator whose answer ended.
            UsageError: closed [SES-8].
        """
        self._apply(RECEIVE)
        reader = self._current_reader(RECEIVE)
        return self._deltas(reader, reader.feed(chunk))

    def finish(self) -> Completion:
        """Declare the end of the stream; see `StreamReader.finish`.  The session is ready again.

        Raises:
            TruncatedError: the stream ended without the end mark [STR-1].
            VeniceError: as `StreamReader.finish`.
            ProtocolError: no answer is under way [SES-5].
            UsageError: closed [SES-8].
        """
        self._require(FINISH)
        reader = self._current_reader(FINISH)
        try:
            completion = reader.finish()
        except BaseException:
            self._end_answer(FAIL)
            raise
        self._end_answer(FINISH)
        return completion

    def abandon(self) -> None:
        """Give up the answer, or do nothing where none is under way.

        Raises:
            ProtocolError: not attested [SES-5].
            UsageError: closed [SES-8].
        """
        self._end_answer(ABANDON)

    def close(self) -> None:
        """Overwrite the private key [SES-6]; any call after it is refused [SES-8].  Repeatable."""
        self._apply(CLOSE)

    def __enter__(self) -> Session:  # noqa: PYI034  typing.Self came with Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- Facts ----------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """Where the requests of this session may be sent  [SES-1]."""
        return self._base_url

    @property
    def model(self) -> str:
        """The model that this session was made for  [SES-1]."""
        return self._model

    @property
    def state(self) -> str:
        """The present state, a key of `TRANSITIONS`."""
        return self._state

    @property
    def report(self) -> Optional[Report]:
        """The report of the latest evidence that was accepted; `None` before the first."""
        return self._report

    @property
    def client_public_key(self) -> PublicKey65:
        """The session's own key; only where the session holds its keys [SES-5]."""
        return self._held().client.public_key

    @property
    def model_key_hex(self) -> str:
        """The model's key as 130 hex digits; only where the session holds its keys [SES-5]."""
        return encode_public_key(self._held().verified.model_key)

    @property
    def expires_at(self) -> datetime:
        """The first moment at which the evidence is too old; only with keys [SES-5]."""
        return self._held().verified.verified_at + self._ttl

    @property
    def requests_left(self) -> int:
        """Requests that this client key may still make; 0 where the session holds no keys."""
        return 0 if self._keys is None else self._max_requests - self._requests

    @property
    def completion(self) -> Optional[Completion]:
        """What is known of the latest answer; `None` before the first."""
        return self._completion if self._reader is None else self._reader.completion

    # --- The machine ----------------------------------------------------------------------------

    def _require(self, event: str) -> None:
        """Refuse an event that the table does not list for the present state  [SES-5]."""
        if event not in TRANSITIONS[self._state]:
            raise self._refusal(event)

    def _refusal(self, event: str) -> VeniceError:
        if self._state == CLOSED:
            return UsageError("the session is closed", rule="SES-8", where="session")
        expired = self._state == EXPIRED
        return ProtocolError(
            f"the session is {self._state}, which does not allow to {event}",
            rule="SES-2" if expired else "SES-5",
            where="session",
            hint="attest again" if expired else "",
        )

    def _apply(self, event: str) -> None:
        """Make a transition of the table, and give up the keys where the next state has none."""
        self._require(event)
        self._state = TRANSITIONS[self._state][event]
        if self._state in KEYLESS:
            self._forget()

    def _forget(self) -> None:
        if self._keys is not None:
            self._keys.client.wipe()
        self._keys = None
        self._nonce = None
        self._latest = None
        self._keep_completion()

    def _keep_completion(self) -> None:
        if self._reader is not None:
            self._completion = self._reader.completion
        self._reader = None

    def _end_answer(self, event: str) -> None:
        self._apply(event)
        self._keep_completion()

    def _held(self) -> _Keys:
        if self._keys is None:
            raise self._refusal("use keys")
        return self._keys

    def _current_reader(self, event: str) -> StreamReader:
        if self._reader is None:
            raise self._refusal(event)
        return self._reader

    def _deltas(self, reader: StreamReader, deltas: Iterator[Delta]) -> Iterator[Delta]:
        while True:
            if self._reader is not reader:
                raise ProtocolError(
                    "the answer of this iterator ended", rule="SES-5", where="session"
                )
            try:
                delta = next(deltas, None)
            except BaseException:
                self._end_answer(FAIL)
                raise
            if delta is None:
                return
            yield delta

    def _check_age(self, verified: VerifiedAttestation, now: datetime) -> None:
        """Refuse evidence that is too old, or whose age is unknown  [SES-2].

        A clock that went backwards has shown that it does not measure the age; the session expires
        and does not recover with the clock.
        """
        _check_time(now)
        backwards = self._latest is not None and now < self._latest
        if backwards or now - verified.verified_at >= self._ttl:
            self._apply(EXPIRE)
            found = "the clock went backwards" if backwards else f"older than {self._ttl}"
            raise ProtocolError(
                f"the evidence is not relied on any more: {found}",
                rule="SES-2",
                where="session",
                hint="attest again",
            )
        self._latest = now

    def __repr__(self) -> str:
        return f"<Session {self._state}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise UsageError("a session is not copied or pickled", rule="KEY-12")


def _check_time(now: datetime) -> None:
    if not isinstance(now, datetime) or now.tzinfo is None or now.utcoffset() is None:
        raise UsageError("not a time with a time zone", where="now")
    if now.year >= MAXYEAR:
        raise UsageError(f"not before the year {MAXYEAR}", where="now")  # an expiry must follow


def _checked_ttl(seconds: float) -> timedelta:
    """Return the time to live; longer than a day is refused as a mistake."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise UsageError("not a number", rule="SES-2", where="ttl_seconds")
    if not 0 < seconds <= 86_400:
        raise UsageError("not above 0 and at most 86400", rule="SES-2", where="ttl_seconds")
    return timedelta(seconds=seconds)


def _checked_max_requests(count: int) -> int:
    if isinstance(count, bool) or not isinstance(count, int):
        raise UsageError("not a whole number", rule="SES-3", where="max_requests")
    if not 0 < count <= MAX_SESSION_REQUESTS:
        raise UsageError(
            f"not above 0 and at most {MAX_SESSION_REQUESTS}", rule="SES-3", where="max_requests"
        )
    return count
