"""The service's four endpoints: models, attestation, chat, signature.

Each method is one exchange with limits of size and time, and one kind of answer that it accepts:
everything else is a typed error.  What the answers mean is judged by the layers below; this file
checks what belongs to HTTP: the status, the content type, and when an exchange may be repeated.
"""

from __future__ import annotations

import contextlib
import re
import time
from datetime import datetime, timezone
from typing import Callable, Iterator, Mapping, NamedTuple, Optional, Sequence, Tuple, TypeVar

from venice_ref.attestation.report import Report
from venice_ref.codec.strict import JsonObject, excerpt, parse_json_object
from venice_ref.e2ee.stream import check_content_type
from venice_ref.errors import MalformedError, PolicyError, ServerError, UsageError, VeniceError
from venice_ref.model import Nonce32
from venice_ref.net.redaction import rewrite_error, rewrite_report
from venice_ref.net.refusals import parse_error_body, server_error
from venice_ref.net.web import HttpClient, Response
from venice_ref.spec import (
    MAX_ATTEMPTS,
    MAX_ATTESTATION_SIZE,
    MAX_ERROR_BODY_SIZE,
    MAX_MODELS_SIZE,
    MAX_RETRY_WAIT_SECONDS,
    MAX_SIGNATURE_ANSWER_SIZE,
    MAX_STREAM_SIZE,
    PATH_ATTESTATION,
    PATH_CHAT,
    PATH_MODELS,
    PATH_SIGNATURE,
)

__all__ = [
    "Attempts",
    "ModelInfo",
    "VeniceApi",
    "check_id",
    "parse_models",
    "require_e2ee",
    "utc_now",
]

FIRST_WAIT_SECONDS = 1.0
"""Wait before the second attempt where the server asks for none; doubled after each  [NET-4]."""

MAX_MODELS = 10_000
"""Models of one list  [NET-3]."""

MAX_MODEL_TEXT = 256
"""Characters of the id, the name and the type of a model  [NET-3]."""

EVENT_STREAM = "text/event-stream"

_SURROGATE = re.compile(r"[\ud800-\udfff]")

Result = TypeVar("Result")


def utc_now() -> datetime:
    """Return the time of this machine, timezone-aware."""
    return datetime.now(timezone.utc)


class ModelInfo(NamedTuple):
    """One model of the list; a capability is `None` where it is not a boolean."""

    id: str
    name: str
    type: str
    supports_tee: Optional[bool]
    supports_e2ee: Optional[bool]
    context_tokens: Optional[int]


class Attempts:
    """The budget of one exchange: at most three attempts, after 429 and 5xx only  [NET-4]."""

    __slots__ = ("_sleep", "made")

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self.made = 1

    def again(self, error: ServerError) -> None:
        """Wait before the next attempt; raise `error` where there is to be none.

        A server that asks for a longer wait than ours gets none: to come back earlier than it
        allows would only spend its budget of failures.
        """
        status = error.status or 0
        wait = error.retry_after
        if wait is None:
            wait = FIRST_WAIT_SECONDS * 2.0 ** (self.made - 1)
        repeatable = status == 429 or 500 <= status <= 599
        if not repeatable or wait > MAX_RETRY_WAIT_SECONDS:
            raise error
        self.spend(error)
        self._sleep(wait)

    def spend(self, error: ServerError) -> None:
        """Take one attempt off the budget; raise `error` where it is used up."""
        if self.made >= MAX_ATTEMPTS:
            raise error
        self.made += 1


class VeniceApi:
    """The endpoints over one `HttpClient`.

    `models` and `signature` repeat themselves.  `attestation` and `chat` are one exchange each: a
    repetition needs a fresh nonce or a fresh encryption, which only their caller can make, in a
    loop with `attempts()`.
    """

    __slots__ = ("_clock", "_http", "_sleep")

    def __init__(
        self,
        http: HttpClient,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._http = http
        self._sleep = sleep
        self._clock = clock

    @property
    def base_url(self) -> str:
        """The base URL in its one spelling."""
        return str(self._http.base_url)

    def attempts(self) -> Attempts:
        """Return a fresh budget of attempts."""
        return Attempts(self._sleep)

    def redact(self, text: str) -> str:
        """Return a text without the API key."""
        return self._http.redact(text)

    def redact_report(self, report: Report) -> Report:
        """Return a report without the API key: it quotes evidence, which a peer wrote  [ERR-2]."""
        return rewrite_report(report, self._http.redact)

    @contextlib.contextmanager
    def redacting(self) -> Iterator[None]:
        """Take the API key out of every error that passes, and out of its report  [ERR-2]."""
        try:
            yield
        except VeniceError as error:
            rewrite_error(error, self._http.redact)
            raise

    def models(self) -> Tuple[ModelInfo, ...]:
        """Return the models in the order of the service."""
        with self.redacting():
            return parse_models(self._repeat(lambda: self._get(PATH_MODELS, {}, MAX_MODELS_SIZE)))

    def attestation(self, model: str, nonce: Nonce32) -> bytes:
        """Return the body of an attestation answer; nothing but a 200 is evidence  [NET-7]."""
        params = {"model": check_id(model, "model"), "nonce": nonce.hex()}  # [ATT-2]
        with self.redacting():
            return self._get(PATH_ATTESTATION, params, MAX_ATTESTATION_SIZE, rule="NET-7")

    def signature(self, model: str, request_id: str) -> bytes:
        """Return the body of a signature answer; an absent one is an error  [SIG-10]."""
        params = {
            "model": check_id(model, "model"),
            "request_id": check_id(request_id, "request_id"),
        }
        with self.redacting():
            raw = self._repeat(lambda: self._get(PATH_SIGNATURE, params, MAX_SIGNATURE_ANSWER_SIZE))
        # A missing signature also comes with 200 and an error_code; protocol notes, 2.3.
        if len(raw) <= MAX_ERROR_BODY_SIZE and parse_error_body(raw).is_error:
            raise self._error(200, raw, PATH_SIGNATURE)
        return raw

    def chat(self, headers: Mapping[str, str], body: bytes) -> Response:
        """Return the event stream that answers `body`; the caller closes it.

        Raises:
            ServerError: a status other than 200, or an error with the status 200  [NET-5].
            MalformedError: an answer that is no event stream  [STR-15].
        """
        with self.redacting():
            return self._chat(headers, body)

    def _chat(self, headers: Mapping[str, str], body: bytes) -> Response:
        accept = {"Accept": EVENT_STREAM, **headers}
        response = self._http.post_stream(PATH_CHAT, accept, body, max_size=MAX_STREAM_SIZE)
        if response.status != 200:
            raise self._refusal(response, PATH_CHAT)
        try:
            check_content_type(response.headers.get("Content-Type"))  # [STR-15]
        except MalformedError:
            raw = response.read_prefix(MAX_ERROR_BODY_SIZE)
            if parse_error_body(raw).is_error:
                raise self._error(200, raw, PATH_CHAT, rule="STR-15") from None
            raise
        return response

    def _get(self, path: str, params: Mapping[str, str], max_size: int, *, rule: str = "") -> bytes:
        with self._http.get(path, params, max_size=max_size) as response:
            if response.status != 200:
                raise self._refusal(response, path, rule=rule)
            return response.read_all()

    def _repeat(self, operation: Callable[[], Result]) -> Result:
        attempts = self.attempts()
        while True:
            try:
                return operation()
            except ServerError as error:  # noqa: PERF203  # an exchange costs a thousand times more
                attempts.again(error)

    def _refusal(self, response: Response, path: str, *, rule: str = "") -> ServerError:
        raw = response.read_prefix(MAX_ERROR_BODY_SIZE)
        wait = response.headers.get("Retry-After") or ""
        return self._error(response.status, raw, path, retry_after=wait, rule=rule)

    def _error(
        self, status: int, raw: bytes, path: str, *, retry_after: str = "", rule: str = ""
    ) -> ServerError:
        error = server_error(
            status,
            raw,
            path=path,
            retry_after=retry_after,
            redact=self._http.redact,
            has_api_key=self._http.has_api_key,
            now=self._clock(),
        )
        error.rule = rule or error.rule
        return error


def parse_models(raw: bytes) -> Tuple[ModelInfo, ...]:
    """Return the models of a list `{"data": [{"id", "type", "model_spec": {...}}]}`.

    A capability counts where it is the boolean `true`; "true" and 1 are not  [REQ-8].  The number
    of models and the lengths of their texts have limits, as a table has to be laid out of them.

    Raises:
        MalformedError: not such a list [REQ-17], or one above the limits [NET-3].
    """
    top = parse_json_object(raw, max_size=MAX_MODELS_SIZE, where="models", rule="REQ-17")
    rows = top.items("data")
    if rows is None:
        raise MalformedError("no list of models", where="models.data", rule="REQ-17")
    if len(rows) > MAX_MODELS:
        raise MalformedError(
            f"{len(rows)} models, at most {MAX_MODELS}", where="models.data", rule="NET-3"
        )
    return tuple(_model(row, f"models.data[{index}]") for index, row in enumerate(rows))


def _model(row: object, where: str) -> ModelInfo:
    if not isinstance(row, dict):
        raise MalformedError("not a JSON object", where=where, rule="REQ-17")
    entry = JsonObject(row, where=where, rule="REQ-17")
    name = entry.text("id")
    if not name:
        raise MalformedError("no id", where=where, rule="REQ-17")
    spec = entry.child("model_spec") or JsonObject({})
    capabilities = spec.get("capabilities")
    able = capabilities if isinstance(capabilities, dict) else {}
    tokens = spec.get("availableContextTokens")
    return ModelInfo(
        id=_string(name, f"{where}.id"),
        name=_string(spec.get("name"), f"{where}.model_spec.name"),
        type=_string(entry.get("type"), f"{where}.type"),
        supports_tee=_boolean(able.get("supportsTeeAttestation")),
        supports_e2ee=_boolean(able.get("supportsE2EE")),
        context_tokens=tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else None,
    )


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        return ""
    if len(value) > MAX_MODEL_TEXT:
        raise MalformedError(
            f"{len(value)} characters, at most {MAX_MODEL_TEXT}", where=where, rule="NET-3"
        )
    return value


def _boolean(value: object) -> Optional[bool]:
    return value if isinstance(value, bool) else None


def require_e2ee(model: str, models: Sequence[ModelInfo]) -> None:
    """Refuse a model that the service does not say takes encrypted requests  [REQ-8].

    Raises:
        PolicyError: the list does not have the model, or one of its entries lacks the capability.
    """
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


def check_id(text: str, where: str) -> str:
    """Return an id that can stand in a URL: not empty, without lone surrogates  [REQ-18]."""
    if not isinstance(text, str) or not text or _SURROGATE.search(text) is not None:
        raise UsageError("an id must be a text that is not empty", rule="REQ-18", where=where)
    return text
