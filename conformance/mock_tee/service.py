"""The service without its sockets: a request in, a reply or a stream out.

Routes, credentials, the nonce, and the order of the points of the scenario are here; what an answer
is made of is in `answers`, `intake`, `stream` and `signatures`.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from datetime import datetime
from typing import Any, Callable, Dict, Final, Iterator, Mapping, NamedTuple, Optional, Tuple, Union
from urllib.parse import parse_qsl

from conformance.mock_tee.answers import attestation_answer
from conformance.mock_tee.enclave import Enclave
from conformance.mock_tee.faults import find_scenario
from conformance.mock_tee.intake import ChatRequest, read_chat
from conformance.mock_tee.log import Log, Request
from conformance.mock_tee.models import Model, model_table, models_answer
from conformance.mock_tee.pki.nras_service import NRAS_PATHS, nras_reply
from conformance.mock_tee.pki.pcs import PCS_PATHS, Publisher, pcs_reply
from conformance.mock_tee.refusals import (
    MODEL_NOT_FOUND,
    PAYMENT_REQUIRED,
    RATE_LIMITED,
    UNAUTHORIZED,
    Refused,
    Reply,
    front,
    json_reply,
    nonce_length,
    openai_shape,
    schema_failure,
    signature_not_found,
)
from conformance.mock_tee.reply import ReplyText, cut, echo, prompt_text
from conformance.mock_tee.scenario import Step, Visit
from conformance.mock_tee.signatures import SignatureStore, signed_answer, signed_text
from conformance.mock_tee.stream import Completion, completion_document, stream_steps
from venice_ref.codec.strict import decode_hex
from venice_ref.errors import MalformedError
from venice_ref.spec import (
    NONCE_SIZE,
    PATH_ATTESTATION,
    PATH_CHAT,
    PATH_MODELS,
    PATH_SIGNATURE,
)

__all__ = ["BASE_PATH", "Service", "Settings", "Stream"]

BASE_PATH: Final = "/api/v1"
"""What stands before every path, except those of Intel's and NVIDIA's services."""


class Settings(NamedTuple):
    """Everything about a mock that a test or a user can choose."""

    scenario: str = "honest"
    """A name of `faults.SCENARIOS`."""
    cycle: Tuple[str, ...] = ()
    """Scenarios that take turns, the next with every request for evidence; empty for one only."""
    seed: Optional[str] = None
    """Makes keys, nonces, identifiers and times repeatable; `None` draws from the system.  What
    Intel publishes has dates around the present even so, unless `now` is given as well."""
    now: Optional[datetime] = None
    """A time with a zone at which the mock stands still; `None` is the clock."""
    shape: Optional[str] = None
    """A key of `models.SHAPES`: every enclave answers in this shape."""
    quote_kind: str = "v4"
    """A key of `quoting.QUOTE_KINDS`."""
    reply: ReplyText = echo
    chunks: Optional[int] = None
    """Pieces of the answer; `None` sends it word by word."""
    chunk_delay: float = 0.0
    """Seconds before each piece."""
    reasoning: Optional[str] = None
    """Thoughts that every model shows; `None` leaves it to the reasoning model."""
    roles: str = "all"
    """One of `intake.ROLES`."""
    api_key: Optional[str] = None
    """The only key that may chat; `None` lets everybody."""
    tee_requests: Optional[int] = None
    """Requests to `/tee/*` before the rate limit; `None` has no limit."""


class Stream(NamedTuple):
    """An answer that is sent step by step."""

    content_type: str
    headers: Tuple[Tuple[str, str], ...]
    steps: Iterator[Step]


class Service:
    """The mock, as one function from requests to answers; safe to call from many threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.scenario = find_scenario(settings.scenario)
        self._turns = itertools.cycle([find_scenario(name) for name in settings.cycle])
        self.enclave = Enclave(settings.seed, quote_kind=settings.quote_kind, moment=settings.now)
        self.models = model_table(settings.shape)
        self.log = Log()
        self.signatures = SignatureStore()
        self._lock = threading.Lock()
        self._visits: Dict[str, int] = {}

    def answer(self, request: Request, port: int) -> Union[Reply, Stream]:
        """Return the answer to one request; nothing but a bug raises."""
        target, _, text = request.path.partition("?")
        query = dict(parse_qsl(text, keep_blank_values=True))
        visit = Visit(request, self._count(target), self.enclave, port)
        routes: Dict[Tuple[str, str], Callable[[], Union[Reply, Stream]]] = {
            ("GET", PATH_MODELS): lambda: self._models(visit),
            ("GET", PATH_ATTESTATION): lambda: self._attestation(visit, query),
            ("POST", PATH_CHAT): lambda: self._chat(visit),
            ("GET", PATH_SIGNATURE): lambda: self._signature(visit, query),
        }
        if request.method == "GET" and target in PCS_PATHS:
            return pcs_reply(self.scenario, visit, target, query)
        if target in NRAS_PATHS and request.method == NRAS_PATHS[target][0]:
            return nras_reply(self.scenario, visit, target)
        path = target[len(BASE_PATH) :] if target.startswith(BASE_PATH) else ""
        if (request.method, path) in routes:
            try:
                return routes[request.method, path]()
            except Refused as refused:
                return refused.reply
        known = path in {known for _, known in routes} or target in (*PCS_PATHS, *NRAS_PATHS)
        return front(405, "Method not allowed") if known else front(404, "Not found")

    def _count(self, path: str) -> int:
        """Return how many requests to this path came before."""
        with self._lock:
            earlier = self._visits.get(path, 0)
            self._visits[path] = earlier + 1
        return earlier

    # --- Intel ----------------------------------------------------------------------------------

    def collateral(self, tee: str = "TDX") -> str:
        """Return what Intel publishes, without a request, as DCAP libraries exchange it."""
        nobody = Visit(Request(0, "GET", "", (), b""), 0, self.enclave, 0)
        return Publisher(self.scenario, nobody).collateral(tee)

    # --- /models --------------------------------------------------------------------------------

    def _models(self, visit: Visit) -> Reply:
        document = models_answer(self.models.values(), self.enclave.now())
        return json_reply(200, self.scenario.models(document, visit))

    # --- /tee -----------------------------------------------------------------------------------

    def _limit_tee(self) -> None:
        limit = self.settings.tee_requests
        if limit is None:
            return
        with self._lock:
            spent = self._visits.get("/tee", 0)
            self._visits["/tee"] = spent + 1
        if spent >= limit:
            raise Refused(RATE_LIMITED)

    def _enclave_model(self, query: Mapping[str, str]) -> Model:
        model = self.models.get(query.get("model", ""))
        if model is None:
            raise Refused(MODEL_NOT_FOUND)
        if model.provider is None:
            raise Refused(front(400, "Model does not support TEE attestation"))
        return model

    def _attestation(self, visit: Visit, query: Mapping[str, str]) -> Reply:
        self._limit_tee()
        if self.settings.cycle:
            with self._lock:
                self.scenario = next(self._turns)
        model = self._enclave_model(query)
        text, source = query.get("nonce"), "client"
        if text is None:
            text, source = self.enclave.draw("nonce")(NONCE_SIZE).hex(), "server"
        visit = visit._replace(model=model, nonce=_nonce(text))
        document = attestation_answer(self.scenario, visit, text, nonce_source=source)
        return self.scenario.attestation_reply(json_reply(200, document), visit)

    def _signature(self, visit: Visit, query: Mapping[str, str]) -> Reply:
        self._limit_tee()
        model = self._enclave_model(query)
        if "request_id" not in query:
            raise Refused(schema_failure("request_id", "Required"))
        request_id, visit = query["request_id"], visit._replace(model=model)
        text = self.signatures.find(model.id, request_id)
        if text is None and model.provider is not None:
            reply = signature_not_found(model.provider)
        else:
            presented = self.scenario.presented_key(self.enclave.key, visit)
            secret = self.scenario.signing_key(presented, visit)
            document = signed_answer(
                self.scenario.signed_text(text or "", visit), secret, model, request_id
            )
            reply = json_reply(200, self.scenario.signature(document, visit))
        return self.scenario.signature_reply(reply, visit)

    # --- /chat/completions ----------------------------------------------------------------------

    def _chat(self, visit: Visit) -> Union[Reply, Stream]:
        self._authorize(visit.request)
        early = self.scenario.admission(None, visit)
        if early is not None:
            return early
        secret = self.scenario.presented_key(self.enclave.key, visit)
        chat = read_chat(visit.request, self.models, secret, roles=self.settings.roles)
        visit = visit._replace(model=chat.model)
        self.log.add_prompt(chat.messages)
        completion, random_bytes = self._completion(chat)
        headers = _tee_headers(chat.model)
        if not chat.stream:
            return json_reply(200, completion_document(completion), headers)
        steps = stream_steps(
            completion,
            self.scenario,
            visit,
            client_key=chat.client_key,
            random_bytes=random_bytes,
            delay=self.settings.chunk_delay,
        )
        content_type = self.scenario.stream_type("text/event-stream; charset=utf-8", visit)
        return Stream(content_type, headers, self._signed(steps, completion, visit.request))

    def _authorize(self, request: Request) -> None:
        if self.settings.api_key is None:
            return
        credentials = request.header("Authorization")
        if credentials is None:
            raise Refused(PAYMENT_REQUIRED)
        if credentials != f"Bearer {self.settings.api_key}":
            raise Refused(UNAUTHORIZED)

    def _completion(self, chat: ChatRequest) -> Tuple[Completion, Any]:
        random_bytes = self.enclave.draw("chat")
        reply = self.settings.reply
        content = reply if isinstance(reply, str) else reply(chat.messages)
        thoughts = self.settings.reasoning
        if thoughts is None:
            thoughts = "They sent text, I answer." if chat.model.reasoning else ""
        completion = Completion(
            id=f"chatcmpl-{random_bytes(12).hex()}",
            created=self.enclave.now(),
            model=chat.model,
            reasoning=cut(thoughts),
            content=cut(content, self.settings.chunks),
            prompt_size=len(prompt_text(chat.messages)),
        )
        return completion, random_bytes

    def _signed(
        self, steps: Iterator[Step], completion: Completion, request: Request
    ) -> Iterator[Step]:
        """Pass the steps on, and store the signed text once the end mark comes.

        It is stored before the end mark leaves, so that a client that asks at once finds it.  A
        stream without an end mark is never signed, as upstream.
        """
        digest = hashlib.sha256()
        for step in steps:
            if isinstance(step, bytes):
                digest.update(step)
                if step.startswith(b"data: [DONE]") and completion.model.provider is not None:
                    text = signed_text(completion.model, request.body, digest.digest())
                    self.signatures.store(completion.model.id, completion.id, text)
            yield step


def _nonce(text: str) -> bytes:
    try:
        nonce = decode_hex(text)
    except MalformedError:
        raise Refused(openai_shape(400, "Nonce must be hex-encoded", "bad_request")) from None
    if len(nonce) != NONCE_SIZE:
        raise Refused(nonce_length(len(nonce)))
    return nonce


def _tee_headers(model: Model) -> Tuple[Tuple[str, str], ...]:
    if model.provider is None:
        return ()
    return (("x-venice-tee", "true"), ("x-venice-tee-provider", model.provider.name))
