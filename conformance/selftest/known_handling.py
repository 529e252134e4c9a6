"""Selections, files of expected failures, leaks and conversations whose treatment is known."""

from __future__ import annotations

import base64
import gzip
import zlib
from datetime import date
from typing import Any, Callable, Dict, Final, Iterator, Mapping, Sequence, Tuple
from urllib.parse import quote

from conformance.adapters.protocol import ProtocolError, check_reply, decode_object
from conformance.expectations import ExpectationsError, apply, check, parse
from conformance.scenarios.attack import Attack
from conformance.scenarios.canary import Secret, find_leaks, make_canary
from conformance.scenarios.drive import Conversation
from conformance.scenarios.judge import Scene, judge_conversation
from conformance.scenarios.observe import Observed, SeenRequest
from conformance.selection import Selection, select
from conformance.selftest.known_verdicts import REQUIREMENT, case, result
from conformance.usage import UsageProblem

__all__ = ["conversations", "expected", "leaks", "replies", "selections"]

Faults = Iterator[str]


# --- Selection ------------------------------------------------------------------------------------

_CASES: Final = (
    case(),
    case("reject"),
    case()._replace(id="field.seal/a", op="field.seal", importance="normal", keyword="SHOULD"),
    case()._replace(id="key.parse/a", file="keys/parse", req=("KEY-1",), importance="normal"),
    case()._replace(id="key.parse/ab", file="keys/parse", req=("KEY-12",), importance="normal"),
)

_IDS: Final = tuple(one.id for one in _CASES)

_SELECTED: Final[Sequence[Tuple[Selection, Tuple[int, ...]]]] = (
    (Selection(), (0, 1, 2, 3, 4)),
    (Selection(words=("field.",)), (0, 1, 2)),
    (Selection(words=("keys/parse",)), (3, 4)),
    (Selection(words=("KEY-1",)), (3,)),
    (Selection(words=("KEY",)), (3, 4)),
    (Selection(exact=("key.parse/a",)), (3,)),
    (Selection(exact=("field.open/reject",)), (0, 1)),  # its control runs as well
    (Selection(mark="critical"), (0, 1)),
    (Selection(mark="should"), (2,)),
    (Selection(expression="parse and not ab"), (3,)),
    (Selection(expression="seal or ab"), (2, 4)),
    (Selection(words=("key.parse/",), skipped=("key.parse/ab",)), (3,)),
    (Selection(failed=frozenset({"key.parse/ab"})), (4,)),
    (Selection(words=("key.parse/",), mark="critical"), ()),
)

_MISSPELT: Final = (
    Selection(words=("feild.",)),
    Selection(exact=("key.parse/",)),
    Selection(exact=("field.open/reject", "nothing")),
    Selection(mark="vital"),
    Selection(skipped=("nothing/*",)),
    Selection(expression="and"),
    Selection(words=("KEY-2",)),
)


def selections() -> Faults:
    """Select cases."""
    for selection, numbers in _SELECTED:
        got = select(_CASES, selection)
        if got != frozenset(_IDS[number] for number in numbers):
            yield f"{selection} selects {sorted(got)}"
    for selection in _MISSPELT:
        try:
            select(_CASES, selection)
        except UsageProblem:
            continue
        yield f"{selection} is no wrong usage"
    parts = [select(_CASES, Selection(shard=(number, 3))) for number in (1, 2, 3)]
    if frozenset().union(*parts) != frozenset(_IDS):
        yield "the shards are not the whole"
    own = [part - {_IDS[0]} for part in parts]  # the control is in more than one
    if sum(map(len, own)) != len(_IDS) - 1:
        yield "a test is in two shards"


# --- Expected failures ----------------------------------------------------------------------------

_TODAY: Final = date(2026, 1, 15)

_RESULTS: Final = (
    result("fail", id="field.open/a", subtype="leak", detail="the prompt"),
    result("pass", id="field.open/b"),
    result("crash", id="field.open/c", detail="signal 11"),
    result("flaky", id="field.open/d", subtype="error", detail="error: x (attempt 2 passed)"),
    result("not_applicable", id="field.open/e"),
    result("blocked", id="field.open/f"),
)

_EXPECTED: Final[Sequence[Tuple[str, str, int]]] = (
    # line, statuses that change, problems of the file
    ("xfail field.open/a leak | why", "a=xfail", 0),
    ("xfail field.open/a leak: the pro | why", "a=xfail", 0),
    ("xfail field.open/a wrong_output | why", "", 0),
    ("xfail field.open/a leak | why until=2026-01-15", "a=xfail", 0),
    ("xfail field.open/a leak | why until=2026-01-14", "", 1),
    ("xfail field.open/a - | why", "", 1),
    ("xfail field.open/a leak | TO" + "DO reason", "", 1),
    ("xfail field.open/b leak | why", "b=xpass", 0),
    ("xfail field.open/c crash: signal | why", "c=xfail", 0),
    ("flaky field.open/d error | why", "d=xfail", 0),
    ("xfail field.open/d error | why", "", 0),
    ("flaky field.open/a leak | why", "", 0),
    ("flaky field.open/b error | why", "", 0),
    ("skip field.open/a - | why", "a=deselected", 0),
    ("xfail field.open/e leak | why", "", 1),
    ("xfail field.open/f crash | why", "", 0),
)


_UNREADABLE: Final = (
    "xfail field.open/zz leak | why",
    "xfail nothing/** leak | why",
    "xfail field.open/a leak",
    "xfail field.open/a leak |",
    "fails field.open/a leak | why",
)
"""Lines that name nothing, or are not of the form."""


def expected() -> Faults:
    """Apply files of expected failures."""
    for line, change, count in _EXPECTED:
        done = apply(_RESULTS, parse(line, renamed={}), today=_TODAY, partial=False)
        changes = [
            f"{new.id[-1]}={new.status}"
            for old, new in zip(_RESULTS, done.results)
            if new.status != old.status
        ]
        if ",".join(changes) != change or len(done.problems) != count:
            yield f"{line!r} gives {changes} and {len(done.problems)} problems"
    many = [result("fail", id=f"field.open/{n}", subtype="leak") for n in range(21)]
    wide = parse("xfail field.open/* leak | why", renamed={})
    for number, count in ((20, 0), (21, 1)):
        done = apply(many[:number], wide, today=_TODAY, partial=False)
        if len(done.problems) != count:
            yield f"a pattern that covers {number} failures has {len(done.problems)} problems"
    for line in ("xfail field.open/zz leak | why", "xfail nothing/** leak | why"):
        try:
            check(parse(line, renamed={}), [one.id for one in _RESULTS])
        except ExpectationsError:
            continue
        yield f"{line!r} names nothing and is taken"
    for line in _UNREADABLE:
        if not _refused(lambda text=line: _read(text)):  # type: ignore[misc]
            yield f"{line!r} is taken"


def _read(line: str) -> None:
    check(parse(line, renamed={}), [one.id for one in _RESULTS])


# --- Leaks ----------------------------------------------------------------------------------------

_WORD: Final = make_canary("selftest", "prompt")
_SECRETS: Final = (Secret("prompt", _WORD), Secret("other", make_canary("selftest", "other")))

_WRITTEN: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "as it is": bytes,
    "in capitals": bytes.upper,
    "the first half": lambda raw: raw[:16],
    "the second half": lambda raw: raw[16:],
    "reversed": lambda raw: raw[::-1],
    "in UTF-16": lambda raw: raw.decode().encode("utf-16-le"),
    "in UTF-16, big-endian": lambda raw: raw.decode().encode("utf-16-be"),
    "in hex": lambda raw: raw.hex().encode(),
    "in hex, capitals": lambda raw: raw.hex().upper().encode(),
    "in hex with spaces": lambda raw: raw.hex(" ").encode(),
    "in base64": base64.b64encode,
    "in base64, one on": lambda raw: base64.b64encode(b"-" + raw),
    "in base64, two on": lambda raw: base64.b64encode(b"--" + raw),
    "in base64 for addresses": lambda raw: base64.urlsafe_b64encode(b"\xfb\xff" + raw),
    "percent": lambda raw: "".join(f"%{byte:02x}" for byte in raw).encode(),
    "percent here and there": lambda raw: quote(raw.decode()[:3]).encode() + b"%67" + raw,
    "in escapes": lambda raw: "".join(f"\\u{byte:04x}" for byte in raw).encode(),
    "gzip": lambda raw: gzip.compress(raw * 2),
    "deflate": lambda raw: zlib.compress(raw * 2),
    "base64 of gzip": lambda raw: base64.b64encode(gzip.compress(raw * 2)),
    "hex of base64": lambda raw: base64.b64encode(raw).hex().encode(),
}


def leaks() -> Faults:
    """Look for canaries."""
    for how, write in _WRITTEN.items():
        for before in (b"", b'{"content": "'):
            found = find_leaks(before + write(_WORD.encode()) + b'"}', _SECRETS, "here")
            if [leak.secret for leak in found] != ["prompt"]:
                yield f"a canary {how} is not found"
    for clean in (b"", b"04" * 93, bytes(range(256)), _WORD[:15].encode(), b"hello"):
        if find_leaks(clean, _SECRETS, "here"):
            yield f"a canary is found in {clean[:20]!r}"
    second = _SECRETS[1].canary.encode()
    for other in (second, gzip.compress(second * 2)):
        if len(find_leaks(_WORD.encode() + b" " + other, _SECRETS, "here")) != 2:
            yield "of two canaries one is found"
    if find_leaks(b"xx" + _WORD.encode(), _SECRETS, "here")[0].offset != 2:
        yield "the place of a canary is wrong"


# --- Conversations --------------------------------------------------------------------------------

_HONEST: Final = "An honest answer."

_CONVERSED: Final[Sequence[Tuple[str, Mapping[str, Any], Mapping[str, Any], str]]] = (
    # what is expected, what the client did, the scene, status/subtype
    ("endure", {}, {}, "pass"),
    ("endure", {"text": "An"}, {}, "fail/wrong_output"),
    ("endure", {"text": "other"}, {}, "fail/wrong_output"),
    ("endure", {"outcome": "refused", "text": ""}, {}, "fail/rejected_valid"),
    ("endure", {"outcome": "crash", "text": ""}, {}, "crash"),
    ("endure", {"outcome": "timeout", "text": ""}, {}, "timeout"),
    ("endure", {"outcome": "failed", "text": ""}, {}, "fail/error"),
    ("endure", {"outcome": "unsupported", "text": ""}, {}, "fail/false_advertising"),
    ("endure", {}, {"chats": 2}, "fail/wrong_requests"),
    ("endure", {}, {"body": _WORD}, "fail/leak"),
    ("endure", {"stderr": _WORD}, {}, "fail/leak"),
    ("endure", {}, {"stolen": True}, "fail/leak"),
    ("endure", {}, {"host": "elsewhere"}, "fail/wrong_requests"),
    ("refuse", {"outcome": "refused", "text": "", "stage": "s", "reason": "r"}, {"chats": 0},
     "pass"),
    ("refuse", {"outcome": "refused", "text": "", "stage": "s", "reason": "x"}, {"chats": 0},
     "fail/wrong_reason"),
    ("refuse", {"outcome": "refused", "text": ""}, {"chats": 0}, "pass_verdict_only"),
    ("refuse", {"outcome": "refused", "text": "An", "stage": "s", "reason": "r"}, {"chats": 0},
     "fail/released_early"),
    ("refuse", {"outcome": "refused", "text": "", "stage": "s", "reason": "r"}, {},
     "fail/accepted_invalid"),
    ("refuse", {"outcome": "crash", "text": ""}, {"chats": 0}, "crash"),
    ("refuse", {"outcome": "done", "text": ""}, {"chats": 0}, "fail/accepted_invalid"),
    ("fail", {"outcome": "refused", "text": "An", "stage": "s", "reason": "r"}, {}, "pass"),
    ("fail", {"outcome": "refused", "text": "Bn", "stage": "s", "reason": "r"}, {},
     "fail/released_early"),
    ("fail", {"outcome": "refused", "text": "Ax", "stage": "s", "reason": "r"}, {},
     "fail/released_early"),
    ("fail", {"outcome": "done", "text": "An"}, {}, "fail/incomplete"),
    ("fail", {"outcome": "done"}, {}, "fail/accepted_invalid"),
    ("fail", {"outcome": "done"}, {"truncates": True}, "fail/incomplete"),
    ("either", {}, {}, "pass"),
    ("either", {"outcome": "refused", "text": "", "stage": "s", "reason": "r"}, {}, "pass"),
    ("either", {"text": "An"}, {}, "fail/wrong_output"),
)  # fmt: skip


def conversations() -> Faults:
    """Judge conversations."""
    for expects, did, seen, word in _CONVERSED:
        got = judge_conversation(_scene(expects, dict(did), dict(seen)), coded=True)
        found = f"{got.status}/{got.subtype}" if got.subtype else got.status
        if found != word:
            yield f"{expects}: {dict(did)} {dict(seen)} is {found}, not {word}"


def _scene(expects: str, did: Dict[str, Any], seen: Dict[str, Any]) -> Scene:
    attack = Attack(
        id="scenario/known", serves="known", control="", req=(REQUIREMENT,), keyword="MUST",
        importance="critical", needs=frozenset(), expects=expects,
        max_chats=0 if expects == "refuse" else 1, why="x", impact="x", hint="x",
        reasons=frozenset({"s:r"}), truncates=seen.pop("truncates", False),
    )  # fmt: skip
    said = {"outcome": "done", "text": _HONEST, "stage": "", "reason": "", **did}
    talk = Conversation(native="", exit=None, stderr=said.pop("stderr", ""), seconds=0.0, **said)
    host = seen.pop("host", "service")
    body = seen.pop("body", "{}").encode()
    chats = [
        _request(2 + n, "POST", "/chat/completions", host, body)
        for n in range(seen.get("chats", 1))
    ]
    asked = _request(1, "GET", f"/tee/attestation?nonce={'0' * 64}", "service", b"")
    return Scene(
        attack=attack, conversation=talk, honest=_HONEST, secrets=_SECRETS, does="x", seconds=0.0,
        observed=Observed("service", "/api/v1", (asked, *chats)), stolen=seen.get("stolen", False),
    )  # fmt: skip


def _request(number: int, method: str, path: str, host: str, body: bytes) -> SeenRequest:
    headers = (("Host", host),)
    return SeenRequest(number, method, f"/api/v1{path}", headers, body, 200, True)


# --- Replies --------------------------------------------------------------------------------------

_SOUND: Final[Sequence[Mapping[str, Any]]] = (
    {"id": "1", "ok": {}},
    {"id": "1", "reject": {}},
    {"id": "1", "reject": {"stage": "a", "reason": "b", "native": "c", "released": [1]}},
    {"id": "1", "unsupported": "x"},
    {"id": "1", "error": {"message": "x", "trace": "y"}},
)

_UNSOUND: Final[Sequence[Any]] = (
    [], {}, {"id": "1"}, {"ok": {}}, {"id": 1, "ok": {}}, {"id": "1", "ok": []},
    {"id": "1", "ok": {}, "reject": {}}, {"id": "1", "ok": {}, "more": 1},
    {"id": "1", "okay": {}}, {"id": "1", "reject": None}, {"id": "1", "reject": {"stage": 1}},
    {"id": "1", "reject": {"why": "x"}}, {"id": "1", "unsupported": True},
    {"id": "1", "error": {}}, {"id": "1", "error": {"message": 1}}, {"id": "1", "error": "x"},
)  # fmt: skip

_NOT_OBJECTS: Final = (b"", b"[]", b"{", b'{"a": NaN}', b"\xff", b'{"a": ' + b"9" * 5000 + b"}")


def replies() -> Faults:
    """Read replies of adapters."""
    for sound in _SOUND:
        if _refused(lambda reply=sound: check_reply(reply)):  # type: ignore[misc]
            yield f"{sound} is refused"
    for unsound in _UNSOUND:
        if not _refused(lambda reply=unsound: check_reply(reply)):  # type: ignore[misc]
            yield f"{unsound} is taken for a reply"
    for line in _NOT_OBJECTS:
        if not _refused(lambda raw=line: decode_object(raw)):  # type: ignore[misc]
            yield f"{line[:20]!r} is taken for an object"


def _refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except (ProtocolError, ExpectationsError):
        return True
    return False
