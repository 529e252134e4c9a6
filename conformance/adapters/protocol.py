"""The adapter protocol, version 1: what goes over the line between the suite and an adapter.

One JSON object per line each way, in UTF-8.  A request is `{"id", "op", "in"}`; its reply is one of

    {"id", "ok": {...}}
    {"id", "reject": {"stage", "reason", "native", "released"}}
    {"id", "unsupported": "..."}
    {"id", "error": {"message", "trace"}}

`PROTOCOL.md` is the page for authors of adapters.  This module has the forms and no input or
output; nothing of a reply is believed that was not checked here.
"""

from __future__ import annotations

import json
import secrets
from typing import (
    Any,
    Dict,
    Final,
    FrozenSet,
    List,
    Mapping,
    NamedTuple,
    NoReturn,
    Protocol,
    Tuple,
)

from conformance.adapters.hello_words import fault_in_words
from conformance.requirements import SuiteError

__all__ = [
    "MAX_LINE",
    "MAX_STDERR",
    "PROTOCOL_VERSION",
    "REASONS",
    "REPLIES",
    "SUITE_VERSION",
    "Adapter",
    "AdapterFailure",
    "Hello",
    "ProtocolError",
    "StartFailure",
    "check_reply",
    "decode_object",
    "encode_request",
    "hello_input",
    "hello_of",
    "new_id",
    "parse_hello",
]

PROTOCOL_VERSION: Final = 1
MAX_LINE: Final = 8 * 1024 * 1024
"""Bytes of one line, each way, without its line end."""
MAX_STDERR: Final = 64 * 1024
"""Bytes of standard error that are kept, the last ones."""
SUITE_VERSION: Final = "0.1.0"

REPLIES: Final = ("ok", "reject", "unsupported", "error")
"""The four replies; exactly one of them stands beside `id`."""
REASONS: Final = ("coded", "native", "none")
"""What an adapter says of a refusal: our stage and reason, its own text, or nothing."""

_REJECT: Final = ("stage", "reason", "native", "released")
_MAX_DIGITS: Final = 40
_SHOWN: Final = 120


class ProtocolError(ValueError):
    """An adapter broke the protocol; the message says how, and the usual cause."""


class AdapterFailure(Exception):  # noqa: N818  it is not always an error of somebody
    """An adapter died, was silent for too long, or broke the protocol; it gave no verdict."""

    def __init__(self, kind: str, detail: str, stderr: str = "") -> None:
        super().__init__(detail)
        self.kind = kind
        """`crash`, `timeout` or `protocol_error`."""
        self.detail = detail
        """What was seen, in a sentence for people."""
        self.stderr = stderr
        """The end of what it wrote to standard error; at most 64 KiB."""


class StartFailure(AdapterFailure):
    """It could not be started, or its hello was wrong; nothing can be asked of it."""


class Hello(NamedTuple):
    """What an adapter says of itself at the start."""

    implementation: Mapping[str, str]
    """`name`, `version`, `language`; `url`, `issues_url`, `commit` where it gave them."""
    operations: Mapping[str, Mapping[str, Any]]
    """Declared operation -> options.  What is declared is tested, and has to pass."""
    features: FrozenSet[str]
    inject: Mapping[str, bool]
    """What a test may put in place of the world: `rng`, `clock`, `base_url`, `trust_anchors`."""
    reasons: str
    """One of `REASONS`."""
    parallel: int
    raw: Mapping[str, Any]
    """As it came."""


class Adapter(Protocol):
    """An implementation that can be asked, however it is reached."""

    hello: Hello
    warnings: List[str]
    """What is tolerated and should not be, such as text on standard output; each once."""

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        """Return the checked reply to one request.

        Raises:
            AdapterFailure: there is none; the next call starts the adapter again.
            StartFailure: and it cannot be started any more.
        """
        ...

    def close(self) -> None:
        """End the adapter and release what it holds; it may be called more than once."""


# --- Requests -----------------------------------------------------------------------------------


def new_id() -> str:
    """Return an id that says nothing about the test behind it."""
    return secrets.token_hex(6)


def hello_input() -> Mapping[str, Any]:
    """Return the input of the operation `hello`."""
    return {"protocol": [PROTOCOL_VERSION], "suite": SUITE_VERSION, "spec_revisions": [1]}


def encode_request(ident: str, op: str, given: Mapping[str, Any]) -> bytes:
    """Return the line of a request, in ASCII with the escapes of JSON.

    Raises:
        SuiteError: it is longer than a line may be, which is a mistake of the suite.
    """
    request = {"id": ident, "op": op, "in": given}
    line = json.dumps(request, separators=(",", ":"), allow_nan=False).encode("ascii")
    if len(line) > MAX_LINE:
        raise SuiteError(f"a request for {op} has {len(line)} bytes; a line has {MAX_LINE} at most")
    return line + b"\n"


# --- Replies ------------------------------------------------------------------------------------


def _no_constant(name: str) -> NoReturn:
    raise ProtocolError(f"{name} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:  # what int() does with more grows with their square
        raise ProtocolError(f"an integer of {len(digits)} digits; 2^53 is the limit")
    return int(digits)


def _object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ProtocolError(f"it has the member {_cut(twice, 40)} twice")
    return members


_DECODER: Final = json.JSONDecoder(
    parse_constant=_no_constant, parse_int=_integer, object_pairs_hook=_object
)


def decode_object(line: bytes) -> Mapping[str, Any]:
    """Return the object that a line holds.

    Raises:
        ProtocolError: it is not an object of JSON in UTF-8.
    """
    try:
        value = _DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise ProtocolError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ProtocolError(f"it is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise ProtocolError("it is nested too deeply") from None
    if not isinstance(value, dict):
        raise ProtocolError(f"it is {_kind(value)} and not an object")
    return value


def check_reply(reply: Any) -> Mapping[str, Any]:
    """Return a reply that has the form of one of the four, and nothing beside it.

    Raises:
        ProtocolError: naming the member that is wrong, and the usual cause.
    """
    if not isinstance(reply, dict):
        raise ProtocolError(f"the reply is {_kind(reply)} and not an object")
    if not isinstance(reply.get("id"), str):
        raise ProtocolError(
            'the reply has no text as "id"; every reply repeats the id of its request'
        )
    found = [name for name in reply if name != "id"]
    if len(found) != 1 or found[0] not in REPLIES:
        raise ProtocolError(
            f'beside "id" the reply has {_names(found)}; exactly one of ok, reject, unsupported'
            " and error belongs there, and nothing else"
        )
    kind = found[0]
    _CHECKS[kind](reply[kind])
    return reply


def _check_ok(value: Any) -> None:
    if not isinstance(value, dict):
        raise ProtocolError(
            f'"ok" is {_kind(value)} and not an object; an operation without output has {{}}'
        )


def _check_reject(value: Any) -> None:
    if not isinstance(value, dict):
        raise ProtocolError(
            f'"reject" is {_kind(value)} and not an object; without a reason it is {{}}'
        )
    for name, member in value.items():
        if name not in _REJECT:
            raise ProtocolError(
                f'"reject" has the member {_cut(name)}; it may have {_names(_REJECT)}'
            )
        if name != "released" and not isinstance(member, str):
            raise ProtocolError(f'"{name}" of "reject" is {_kind(member)} and not a text')


def _check_unsupported(value: Any) -> None:
    if not isinstance(value, str):
        raise ProtocolError(f'"unsupported" is {_kind(value)} and not a text that says what')


def _check_error(value: Any) -> None:
    if not isinstance(value, dict) or not isinstance(value.get("message"), str):
        raise ProtocolError('"error" is not an object with a text as "message"')
    if not isinstance(value.get("trace", ""), str) or set(value) - {"message", "trace"}:
        raise ProtocolError('"error" has members other than the texts "message" and "trace"')


_CHECKS: Final = {
    "ok": _check_ok,
    "reject": _check_reject,
    "unsupported": _check_unsupported,
    "error": _check_error,
}


# --- Hello --------------------------------------------------------------------------------------


def hello_of(reply: Mapping[str, Any]) -> Hello:
    """Return what a checked reply to `hello` says.

    Raises:
        ProtocolError: it is not `ok`, or what it says is not of the form.
    """
    if "ok" not in reply:
        given = next(name for name in reply if name != "id")
        raise ProtocolError(
            f'hello was answered with "{given}"; every adapter answers that operation with "ok"'
        )
    return parse_hello(reply["ok"])


def parse_hello(ok: Any) -> Hello:
    """Return what the reply to `hello` says; what is unknown and resembles nothing is left alone.

    Raises:
        ProtocolError: naming the member that is wrong, and the usual cause.
    """
    if not isinstance(ok, dict):
        raise ProtocolError(f"hello was answered with {_kind(ok)} and not with an object")
    version = ok.get("protocol")
    if type(version) is not int or version != PROTOCOL_VERSION:
        raise ProtocolError(
            f'hello has the "protocol" {_cut(version)}; this suite speaks {PROTOCOL_VERSION}:'
            f' answer "protocol": {PROTOCOL_VERSION}'
        )
    hello = Hello(
        implementation=_implementation(ok.get("implementation")),
        operations=_operations(ok),
        features=_features(ok.get("features", [])),
        inject=_inject(ok.get("inject", {})),
        reasons=_reasons(ok.get("reasons", "none")),
        parallel=_parallel(ok.get("limits", {})),
        raw=ok,
    )
    fault = fault_in_words(ok)
    if fault:
        raise ProtocolError(fault)
    return hello


def _implementation(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise ProtocolError(
            'hello has no object "implementation"; it names what is tested:'
            ' {"name": ..., "version": ..., "language": ...}'
        )
    for name in ("name", "version", "language"):
        if not isinstance(value.get(name), str) or not value[name]:
            raise ProtocolError(f'"implementation" of hello has no text as "{name}"')
    return {name: text for name, text in value.items() if isinstance(text, str)}


def _operations(ok: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    value: Any = ok.get("operations")
    usual = 'it is an object from each operation to its options: {"key.parse": {}, ...}'
    if "operations" not in ok:
        raise ProtocolError(f'hello has no "operations"; {usual}. Without it nothing can be asked')
    if not isinstance(value, dict):
        raise ProtocolError(f'"operations" of hello is {_kind(value)}; {usual}')
    for name, options in value.items():
        if not isinstance(options, dict):
            raise ProtocolError(f'"operations" of hello has {_kind(options)} for {name}; {usual}')
    return value


def _features(value: Any) -> FrozenSet[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ProtocolError('"features" of hello is not an array of texts')
    return frozenset(value)


def _inject(value: Any) -> Mapping[str, bool]:
    if not isinstance(value, dict) or not all(isinstance(flag, bool) for flag in value.values()):
        raise ProtocolError('"inject" of hello is not an object of true and false')
    return value


def _reasons(value: Any) -> str:
    if not isinstance(value, str) or value not in REASONS:
        raise ProtocolError(f'"reasons" of hello is {_cut(value)}; it is one of {_names(REASONS)}')
    return value


def _parallel(value: Any) -> int:
    number: Any = value.get("parallel", 1) if isinstance(value, dict) else None
    if type(number) is not int or number < 1:
        raise ProtocolError('"limits" of hello is not {"parallel": a number from 1 on}')
    return number


# --- Words --------------------------------------------------------------------------------------


def _kind(value: Any) -> str:
    """Return what a JSON value is, for a message."""
    kinds: Tuple[Tuple[Any, str], ...] = (
        (type(None), "null"),
        (bool, "a boolean"),
        ((int, float), "a number"),
        (str, "a text"),
        (list, "an array"),
        (dict, "an object"),
    )
    return next((name for types, name in kinds if isinstance(value, types)), type(value).__name__)


def _cut(value: Any, limit: int = _SHOWN) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= limit else f"{text[:limit]}..."


def _names(names: Any) -> str:
    listed = [_cut(name, 40) for name in list(names)[:8]]
    return ", ".join(listed) if listed else "nothing"
