"""Error answers of the service, in every observed shape, as one typed error.

The service answers with a bare string, with an object in the manner of OpenAI, with a list of
issues, with a request id beside the string, with nothing, with a page of HTML or with half a JSON
text, depending on which of its parts refuses [NET-5].  What such an answer means for a client is
judged in `e2ee.server_errors` [NET-8].

The server's text is shown short, escaped, and without long hexadecimal runs or our API key: servers
have been seen to repeat keys, ciphertext and even what they decrypted  [ERR-2].
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    TypeVar,
)

from venice_ref.codec.strict import JsonObject, excerpt, parse_json
from venice_ref.e2ee.server_errors import Said, is_code, kind_of, said
from venice_ref.errors import MalformedError, ServerError, VeniceError
from venice_ref.model import Json
from venice_ref.net.redaction import rewrite_error
from venice_ref.spec import MAX_ERROR_BODY_SIZE, PATH_MODELS, PATH_SIGNATURE

__all__ = [
    "ErrorBody",
    "parse_error_body",
    "parse_retry_after",
    "server_error",
    "without_plaintext",
]

Error = TypeVar("Error", bound=VeniceError)

_HINTS: Dict[str, str] = {
    "encryption_rejected": "the enclave could not open the request; attest again and retry",
    "headers_rejected": "something between here and the server may rewrite the headers",
    "stale_key": "the enclave has a new key; attest again and retry",
    "authentication": "set VENICE_API_KEY to a valid key",
    "payment": "the account has no credit for this model",
    "rate_limited": "wait; /tee/* allows about 10 requests a minute",
    "tee_unavailable": "the provider of the TEE did not answer; try again later or another model",
    "server": "try again later",
}
_NOT_FOUND_HINTS: Dict[str, str] = {
    PATH_MODELS: "check the base URL; it ends in /api/v1",
    PATH_SIGNATURE: "signatures are kept for a short time; the request id is the id of the answer",
}
_REPEATED = 16
"""Characters in a row of a message that an error may not repeat."""
_SHORT = 4
"""Characters of a message from which on it is looked for within words."""
_QUOTED = re.compile(r"['\"].*['\"]", re.DOTALL)
"""All that an error quotes, from the first mark to the last."""

_MAX_SHOWN = 160
_LONG_HEX = re.compile(r"[0-9A-Fa-f]{64,}")
_WORD_CHARACTER = re.compile(r"\w")
_SECONDS = re.compile(r"[0-9]{1,9}\Z")


class ErrorBody(NamedTuple):
    """What an error body says; the texts are the peer's and unbounded up to 64 KiB."""

    shown: str
    """What is shown of it, before it is made short."""
    said: Said
    is_error: bool
    """True where the body says of itself that it is an error."""


def parse_error_body(raw: bytes) -> ErrorBody:
    """Return what a body says, whatever its shape; never raises  [NET-5]."""
    try:
        value = parse_json(raw, max_size=MAX_ERROR_BODY_SIZE)
    except MalformedError:
        value = None
        shown = _plain_text(raw)
    else:
        shown = "a body that is no JSON object"
    if not isinstance(value, dict):
        text = Said(raw.decode("utf-8", "replace"), (), None)
        return ErrorBody(shown, text, is_error=False)
    outer = JsonObject(value)
    found = said(value)
    return ErrorBody(
        shown=(found.message or "no message") + _issues(value) + _request_id(outer),
        said=found,
        is_error=bool(value.get("error")) or bool(_text(outer, "error_code")),
    )


def server_error(
    status: int,
    raw: bytes,
    *,
    path: str,
    retry_after: str = "",
    redact: Callable[[str], str] = str,
    has_api_key: bool = True,
    now: datetime,
) -> ServerError:
    """Return the typed error of an answer that is not what was asked for  [NET-5].

    `raw` is the beginning of its body, `retry_after` its header, `redact` removes our secrets.
    """
    body = parse_error_body(raw)
    kind = kind_of(status, path, body.said.message, body.said.codes)
    shown = _LONG_HEX.sub(lambda run: f"[{len(run[0])} hex digits]", redact(body.shown))
    seconds = parse_retry_after(retry_after, now)
    hint = _HINTS.get(kind, "")
    if kind == "not_found":
        hint = _NOT_FOUND_HINTS.get(path, "`python3 -m venice_ref models` lists the models")
    if kind in ("authentication", "payment") and not has_api_key:
        hint = "no API key was sent: set VENICE_API_KEY"
    return ServerError(
        f"the server answered {status}: {excerpt(shown, _MAX_SHOWN)}",
        kind=kind,
        status=status,
        code=_shown_code(body.said.codes, redact),
        retry_after=body.said.retry_after if seconds is None else seconds,
        rule="NET-5",
        where=path,
        hint=hint,
    )


def without_plaintext(error: Error, messages: Sequence[Mapping[str, Any]]) -> Error:
    """Return the same error, without the texts in it that repeat a message  [ERR-2, KEY-12].

    Servers behind the enclave have quoted the decrypted input in their validation errors, and a
    hostile one can put it wherever an error quotes the peer.
    """
    spoken = [
        form for m in messages for text in _strings(m.get("content")) for form in _forms(text)
    ]
    if isinstance(error, ServerError):
        status = "in the stream" if error.status is None else str(error.status)
        instead = f"the server answered {status}, in words that repeat the request;"
    else:
        instead = "the answer is refused, for a reason that repeats the request;"
    message = error.message

    def rewrite(text: str) -> str:
        if not any(_repeats(text, form) for form in spoken):
            return text
        return f"{instead} they are not shown" if text is message else "[not shown]"

    return rewrite_error(error, rewrite)


def parse_retry_after(text: str, now: datetime) -> Optional[float]:
    """Return the seconds of a Retry-After header, as a number or a date; RFC 9110, 10.2.3.

    What is neither is as if it were absent.
    """
    text = text.strip()
    if _SECONDS.match(text):
        return float(text)
    if not text.isascii() or len(text) > 40 or not text.endswith("GMT"):
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # only where a date is met

    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - now).total_seconds())


def _plain_text(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace").strip()
    if not text:
        return "an empty body"
    if text.startswith("<"):
        return "a page of HTML, probably from something in between"
    return text


def _text(place: JsonObject, name: str) -> str:
    value = place.get(name)
    return value if isinstance(value, str) else ""


def _issues(value: Dict[str, Json]) -> str:
    """Return the first issue of a schema failure: which field, and why."""
    issues = value.get("issues")
    first = issues[0] if isinstance(issues, list) and issues else None
    if not isinstance(first, dict):
        return ""
    path = first.get("path")
    names = path if isinstance(path, list) else []
    place = ".".join(str(name) for name in names if isinstance(name, (str, int)))
    return f" ({place}: {_text(JsonObject(first), 'message')})"


def _request_id(outer: JsonObject) -> str:
    name = _text(outer, "request_id")
    return f" (request {name})" if name else ""


def _shown_code(codes: Sequence[str], redact: Callable[[str], str]) -> str:
    """Return the first code of the server, or nothing where it is no code or holds our key."""
    code = codes[0] if codes else ""
    return code if is_code(code) and redact(code) == code else ""


def _strings(value: Any) -> Iterator[str]:
    """Yield the texts of a content; the type of a part is ours to say, not the user's."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _strings(entry)
    elif isinstance(value, Mapping):
        for name, entry in value.items():
            if name != "type":
                yield from _strings(entry)


def _folded(shown: str) -> str:
    """Return a shown text in one case, and with quotation marks as they were before `excerpt`."""
    return shown.replace("\\'", "'").casefold()


def _forms(text: str) -> Set[str]:
    """Return how `excerpt` shows a text, and the same text in another case; all folded."""
    cases = (text, text.lower(), text.upper(), text.casefold())
    return {_folded(ascii(case)[1:-1]) for case in cases}


def _repeats(shown: str, text: str) -> bool:
    """True where `shown` holds a short `text`, or 16 characters in a row of a longer one.

    Of fewer than 4 characters, it must be a word of what the peer said, which stands in quotation
    marks: within words, and in our own, such a text proves nothing.
    """
    shown = _folded(shown)
    if len(text) > _REPEATED:
        starts = range(len(shown) - _REPEATED + 1)
        return any(shown[start : start + _REPEATED] in text for start in starts)
    if len(text) >= _SHORT:
        return text in shown
    quoted = _QUOTED.search(shown)
    if quoted is None or not text.strip():
        return False
    before = r"(?<!\w)" if _WORD_CHARACTER.match(text[0]) else ""
    after = r"(?!\w)" if _WORD_CHARACTER.match(text[-1]) else ""
    return re.search(before + re.escape(text) + after, quoted[0]) is not None
