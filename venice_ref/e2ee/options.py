"""The fields of a request besides its messages: what passes, what is refused, and why.

Only the content of messages is encrypted.  Every other field travels in plaintext, past whoever
stands between the client and the enclave, so that a field is let through only if it cannot carry
text  [REQ-6]: numbers, booleans and null under any name, strings of a closed set under the names
listed here, and nothing else.  A feature that needs the server to read or to add plaintext is
refused by name  [REQ-5], and so is another model  [REQ-14].  An unknown name is not
refused for being unknown, because the service adds sampling parameters more often than this file is
read.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, NamedTuple, Tuple

from venice_ref.errors import UsageError
from venice_ref.model import Json
from venice_ref.spec import MAX_INTEGER_DIGITS

__all__ = ["check_model", "checked_options"]


class _Refusal(NamedTuple):
    rule: str
    reason: str
    harmless: Tuple[Json, ...] = ()
    """The values that switch the feature off, and pass."""


_TOOLS = "tool calls would travel in plaintext, in both directions"
_FORMAT = "its schema would travel in plaintext, and the service does not apply it to ciphertext"
_SEARCH = "the server would have to read the prompt to search for it"
_PLAIN_TEXT = "it would travel in plaintext"
_PLAIN_PARTS = "the answer would carry parts that are not encrypted"

_REFUSED_OPTIONS: Mapping[str, _Refusal] = {
    "model": _Refusal("REQ-14", "the session is bound to the model that it was attested for"),
    "messages": _Refusal("REQ-6", "the messages are an argument of their own"),
    "tools": _Refusal("REQ-5", _TOOLS),
    "tool_choice": _Refusal("REQ-5", _TOOLS),
    "parallel_tool_calls": _Refusal("REQ-5", _TOOLS),
    "functions": _Refusal("REQ-5", _TOOLS),
    "function_call": _Refusal("REQ-5", _TOOLS),
    "response_format": _Refusal("REQ-5", _FORMAT),
    "logprobs": _Refusal("REQ-5", "they would carry the answer in plaintext", (False,)),
    "top_logprobs": _Refusal("REQ-5", "they would carry the answer in plaintext"),
    "n": _Refusal("REQ-5", "one choice is decrypted", (1,)),
    "web_search": _Refusal("REQ-5", _SEARCH, (False,)),
    "web_search_options": _Refusal("REQ-5", _SEARCH),
    "plugins": _Refusal("REQ-5", _SEARCH),
    "files": _Refusal("REQ-5", "the service does not take files under encryption"),
    "file": _Refusal("REQ-5", "the service does not take files under encryption"),
    "attachments": _Refusal("REQ-5", "the service does not take files under encryption"),
    "modalities": _Refusal("REQ-5", _PLAIN_PARTS),
    "audio": _Refusal("REQ-5", _PLAIN_PARTS),
    "fallbacks": _Refusal("REQ-14", "another model was not attested"),
    "prompt": _Refusal("REQ-6", _PLAIN_TEXT),
    "input": _Refusal("REQ-6", _PLAIN_TEXT),
    "suffix": _Refusal("REQ-6", _PLAIN_TEXT),
    "prediction": _Refusal("REQ-6", _PLAIN_TEXT),
    "stop": _Refusal("REQ-6", _PLAIN_TEXT + ", and the server would look for it in ciphertext"),
    "user": _Refusal("REQ-6", _PLAIN_TEXT),
    "metadata": _Refusal("REQ-6", _PLAIN_TEXT),
    "store": _Refusal("REQ-6", "the server would keep the conversation", (False,)),
}
"""Refused by name, whatever the value, unless it is listed as harmless."""

_REFUSED_PARAMETERS: Mapping[str, _Refusal] = {
    "enable_e2ee": _Refusal("REQ-11", "the request would be served without encryption", (True,)),
    "enable_web_search": _Refusal("REQ-5", _SEARCH, ("off", False)),
    "enable_x_search": _Refusal("REQ-5", _SEARCH, (False,)),
    "enable_web_scraping": _Refusal("REQ-5", _SEARCH, (False,)),
    "enable_web_citations": _Refusal("REQ-5", _SEARCH, (False,)),
    "include_search_results_in_stream": _Refusal("REQ-5", _SEARCH, (False,)),
    "return_search_results_as_documents": _Refusal("REQ-5", _SEARCH, (False,)),
    "include_venice_system_prompt": _Refusal(
        "REQ-5", "the service adds no prompt of its own to ciphertext", (False,)
    ),
    "character_slug": _Refusal("REQ-5", "a character is a prompt that the server would add"),
}
"""The same for the members of `venice_parameters`; refused beside them as well."""

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_VERBOSITIES = ("low", "medium", "high", "auto")
_CLOSED_SETS: Mapping[str, Tuple[str, ...]] = {
    "options.reasoning_effort": _EFFORTS,
    "options.reasoning.effort": _EFFORTS,
    "options.reasoning.summary": ("auto", "concise", "detailed"),
    "options.verbosity": _VERBOSITIES,
    "options.text.verbosity": _VERBOSITIES,
    "options.prompt_cache_retention": ("default", "extended", "24h"),
}
"""The strings that may travel, by their path."""

_OBJECTS: Mapping[str, Tuple[str, ...]] = {
    "options.reasoning": ("effort", "enabled", "summary"),
    "options.stream_options": ("include_usage",),
    "options.text": ("verbosity",),
}
"""The objects that may travel, with their members; `venice_parameters` is apart."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_MODEL = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,256}\Z")
_MAX_INTEGER = 10**MAX_INTEGER_DIGITS


def check_model(model: str) -> None:
    """Refuse a model id that is not a line of text, or that carries feature switches.

    The service reads `id:name=value&name=value` as an id with `venice_parameters`, which override
    those of the body: web search could be switched on behind the refusals of this file  [REQ-12].
    Any other printable id is the server's to know or not to know; a URL carries it percent-encoded.
    """
    if not isinstance(model, str) or not model:
        raise UsageError("the model is not a text", rule="REQ-13", where="model")
    if "=" in model.partition(":")[2]:
        raise UsageError("a model id with feature switches", rule="REQ-12", where="model")
    try:
        model.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError("a model id with a lone surrogate", rule="REQ-13", where="model") from None
    if _MODEL.match(model) is None:
        raise UsageError(
            "a model id longer than 256 characters, or with control characters",
            rule="REQ-13",
            where="model",
        )


def checked_options(options: Mapping[str, Any]) -> Dict[str, Json]:
    """Return the fields of the body besides `model` and `messages`, as a copy in a fixed order.

    `stream` and `venice_parameters.enable_e2ee` are always there and always true  [REQ-3, REQ-4].
    The others follow in alphabetical order.

    Raises:
        UsageError: a field that is refused; `where` names it, as `options.tools`.
    """
    fields = _members(options, "options")
    stream = fields.pop("stream", True)
    if stream is not True:
        raise UsageError(
            "encryption needs the answer as a stream", rule="REQ-10", where="options.stream"
        )
    parameters = _parameters(fields.pop("venice_parameters", {}))
    body: Dict[str, Json] = {"stream": True, "venice_parameters": parameters}
    for name, value in fields.items():
        body[name] = _option(name, value)
    return body


def _members(value: object, where: str) -> Dict[str, Any]:
    """Return the members of a mapping, sorted by name, the names checked."""
    if not isinstance(value, Mapping):
        raise UsageError(f"not an object: {type(value).__name__}", rule="REQ-6", where=where)
    for name in value:
        # A name travels like a value, and could carry text as well.
        if not isinstance(name, str) or _NAME.match(name) is None:
            raise UsageError(
                "a name that is not a letter or _ and at most 63 more letters, digits and _",
                rule="REQ-16",
                where=where,
            )
    return {name: value[name] for name in sorted(value)}


def _option(name: str, value: object) -> Json:
    where = f"options.{name}"
    refusal = _REFUSED_OPTIONS.get(name) or _REFUSED_PARAMETERS.get(name)
    if refusal is not None:
        return _harmless(refusal, value, where)
    if where in _OBJECTS:
        return _object(value, where)
    return _scalar(value, where)


def _parameters(value: object) -> Dict[str, Json]:
    where = "options.venice_parameters"
    parameters: Dict[str, Json] = {"enable_e2ee": True}
    for name, member in _members(value, where).items():
        refusal = _REFUSED_PARAMETERS.get(name)
        path = f"{where}.{name}"
        if refusal is None:
            parameters[name] = _scalar(member, path)
        else:
            parameters[name] = _harmless(refusal, member, path)
    return parameters


def _harmless(refusal: _Refusal, value: object, where: str) -> Json:
    for harmless in refusal.harmless:
        # True == 1 in Python and not in JSON.
        if type(value) is type(harmless) and value == harmless:
            return harmless
    raise UsageError(
        f"refused: {refusal.reason}", rule=refusal.rule, where=where, hint="leave it out"
    )


def _object(value: object, where: str) -> Json:
    members = _members(value, where)
    for name in members:
        if name not in _OBJECTS[where]:
            raise UsageError("refused: not a known member", rule="REQ-6", where=f"{where}.{name}")
    return {name: _scalar(member, f"{where}.{name}") for name, member in members.items()}


def _scalar(value: object, where: str) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if -_MAX_INTEGER < value < _MAX_INTEGER:
            return value
        raise UsageError(
            f"an integer of more than {MAX_INTEGER_DIGITS} digits", rule="REQ-15", where=where
        )
    if isinstance(value, float):
        if value - value == 0.0:
            return value
        raise UsageError("a number that JSON cannot carry", rule="REQ-15", where=where)
    if isinstance(value, str) and value in _CLOSED_SETS.get(where, ()):
        return value
    if where in _CLOSED_SETS:
        raise UsageError(
            f"refused: not one of {', '.join(_CLOSED_SETS[where])}", rule="REQ-6", where=where
        )
    raise UsageError(
        "refused: it could carry text, and would travel in plaintext", rule="REQ-6", where=where
    )
