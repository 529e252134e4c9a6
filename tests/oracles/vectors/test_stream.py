"""Streams and sessions, judged by a second reader that shares no line with the reference.

The reader splits bytes at the line ends with one regular expression, reads JSON with the standard
library, and opens envelopes with `cryptography`.  It knows the specification and nothing else.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Iterator, List, NoReturn, Optional, Tuple

import pytest

from conformance.vectors import Vector, find_folder, load_file

pytest.importorskip("cryptography", reason="the second implementation of the envelope")

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LINE_LIMIT = 2 * 16 * 1024 * 1024 + 64 * 1024
OPEN_MEMBERS = ("tool_calls", "function_call", "refusal", "audio", "logprobs", "text", "message")
TEXTS = (("reasoning_content", "reasoning"), ("reasoning", "reasoning"), ("content", "content"))
Event = Tuple[str, str]


class RefusedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def vectors(name: str) -> List[Vector]:
    folder = find_folder()
    return list(load_file(folder / f"{name}.json", folder).vectors)


def raw_stream(given: Dict[str, Any]) -> bytes:
    raw = bytearray.fromhex(given["stream"])
    for insert in given.get("insert", ()):
        raw[insert["at"] : insert["at"]] = bytearray.fromhex(insert["hex"]) * insert["times"]
    return bytes(raw)


# --- Events -------------------------------------------------------------------------------------


def events_of(raw: bytes) -> Iterator[Event]:
    *lines, rest = re.split(rb"\r\n|\r|\n", raw)
    if raw.startswith(b"\xef\xbb\xbf"):
        lines, rest = ([lines[0][3:], *lines[1:]], rest) if lines else ([], rest[3:])
    kind = ""
    data: List[str] = []
    for line in lines:
        if len(line) > LINE_LIMIT:
            raise RefusedError("events:too-large")
        text = strict(line)
        if not text:
            if data:
                yield kind or "message", "\n".join(data)
            kind, data = "", []
            continue
        name, _, value = text.partition(":")
        value = value[1:] if value[:1] == " " else value
        if name == "data":
            data.append(value)
            if sum(len(part.encode()) + 1 for part in data) - 1 > LINE_LIMIT:
                raise RefusedError("events:too-large")
        elif name == "event":
            kind = value
    if len(rest) > LINE_LIMIT:
        raise RefusedError("events:too-large")
    strict(rest, final=False)


def strict(line: bytes, *, final: bool = True) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        if not final and error.reason == "unexpected end of data":
            return ""
        raise RefusedError("events:utf-8") from None


# --- Chunks -------------------------------------------------------------------------------------


def shape(*_: object) -> NoReturn:
    raise RefusedError("stream:shape")


def unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    return dict(pairs) if len({name for name, _ in pairs}) == len(pairs) else shape()


def number(digits: str) -> float:
    return float(digits) if math.isfinite(float(digits)) else shape()


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    nested = isinstance(value, (dict, list))
    return nested + max((depth(entry) for entry in inner), default=0)


def parse(data: str) -> Dict[str, Any]:
    try:
        value = json.loads(
            data, object_pairs_hook=unique, parse_float=number, parse_constant=shape,
            parse_int=lambda digits: int(digits) if len(digits) <= 40 else shape(),
        )  # fmt: skip
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except ValueError:
        shape()
    return value if isinstance(value, dict) and depth(value) <= 32 else shape()


def member(of: Dict[str, Any], name: str, kind: type, limit: Optional[int] = None) -> Any:
    value = of.get(name)
    if value is None:
        return None
    if type(value) is not kind or (limit is not None and len(str(value)) > limit):
        shape()
    return value


def refuse_open(members: Dict[str, Any]) -> None:
    for name in OPEN_MEMBERS:
        value = members.get(name)
        if value is not None and json.dumps(value) not in ('""', "[]", "{}"):
            raise RefusedError("stream:plaintext")


class Answer:
    def __init__(self, private_key: str, *, unsafe: bool = False) -> None:
        self.secret = ec.derive_private_key(int(private_key, 16), ec.SECP256K1())
        self.unsafe = unsafe
        self.released: List[Dict[str, Any]] = []
        self.facts: Dict[str, Any] = dict.fromkeys(("id", "model", "finish_reason", "usage"))
        self.complete = False

    def read(self, raw: bytes) -> None:
        for kind, data in events_of(raw):
            if self.complete:
                return
            if kind == "error":
                raise RefusedError("stream:server-error")
            if data == "[DONE]":
                self.complete = True
                return
            self.chunk(parse(data))

    def chunk(self, chunk: Dict[str, Any]) -> None:
        if chunk.get("error") is not None:
            raise RefusedError("stream:server-error")
        choice, delta = self.choice(chunk)
        found = {
            "id": member(chunk, "id", str, 512),
            "model": member(chunk, "model", str, 512),
            "finish_reason": member(choice, "finish_reason", str, 512),
            "usage": member(chunk, "usage", dict),
        }
        if len(json.dumps(found["usage"])) > 16384:
            shape()
        member(delta, "role", str, 512)
        texts = [(kind, member(delta, name, str)) for name, kind in TEXTS]
        for name in ("id", "model"):
            if None not in (found[name], self.facts[name]) and found[name] != self.facts[name]:
                raise RefusedError("stream:changed")
        opened: List[Tuple[str, str, bool]] = []
        for kind, text in texts:
            piece = (kind, *self.open(text)) if text else None
            if piece is not None and piece not in opened:
                opened.append(piece)
        self.facts.update((name, value) for name, value in found.items() if value is not None)
        for kind, text, plain in opened:
            self.release(kind, text, plain=plain)

    @staticmethod
    def choice(chunk: Dict[str, Any]) -> Tuple[Dict[str, Any], Dict[str, Any]]:
        choices = member(chunk, "choices", list) or []
        if len(choices) > 1:
            raise RefusedError("stream:choice")
        choice = choices[0] if choices else {}
        if type(choice) is not dict:
            shape()
        if member(choice, "index", int) not in (None, 0):
            raise RefusedError("stream:choice")
        refuse_open(choice)
        delta = member(choice, "delta", dict) or {}
        refuse_open(delta)
        return choice, delta

    def open(self, text: str) -> Tuple[str, bool]:
        if not re.fullmatch(r"(?:[0-9a-fA-F]{2})*", text) or len(text) < 130:
            if re.fullmatch(r"\s*(?:0[xX])?[0-9a-fA-F]{130,}\s*", text):
                raise RefusedError("envelope:hex")
            if self.unsafe:
                return text, True
            raise RefusedError("stream:plaintext")
        blob = bytes.fromhex(text)
        if len(blob) < 65 + 12 + 16:
            raise RefusedError("envelope:too-short")
        if blob[0] != 4:
            raise RefusedError("envelope:ephemeral-key")
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), blob[:65])
        except ValueError:
            raise RefusedError("envelope:ephemeral-key") from None
        shared = self.secret.exchange(ec.ECDH(), point)
        key = HKDF(hashes.SHA256(), 32, None, b"ecdsa_encryption").derive(shared)
        try:
            return AESGCM(key).decrypt(blob[65:77], blob[77:], None).decode("utf-8"), False
        except InvalidTag:
            raise RefusedError("envelope:tag") from None
        except UnicodeDecodeError:
            raise RefusedError("envelope:utf8") from None

    def release(self, kind: str, text: str, *, plain: bool) -> None:
        piece = {"kind": kind, "text": text, **({"plaintext": True} if plain else {})}
        last = dict(self.released[-1]) if self.released else {}
        if text and {**last, "text": text} == piece:
            self.released[-1]["text"] += text
        elif text:
            self.released.append(piece)


def check(vector: Vector, run: Callable[[], Dict[str, Any]], released: Callable[[], Any]) -> None:
    code, out = "", None
    try:
        out = run()
    except RefusedError as refused:
        code = refused.code
    expect = vector.expect
    if expect.verdict == "accept":
        assert (code, out) == ("", expect.out)
        return
    assert code in [f"{expect.stage}:{reason}" for reason in expect.reasons]
    if expect.released is not None:
        assert released() == expect.released


@pytest.mark.parametrize("vector", vectors("stream/events"), ids=lambda vector: vector.id)
def test_events(vector: Vector) -> None:
    seen: List[Dict[str, str]] = []

    def run() -> Dict[str, Any]:
        for kind, data in events_of(raw_stream(dict(vector.given))):
            seen.append({"type": kind, "data": data})
        return {"events": seen}

    check(vector, run, lambda: seen)


@pytest.mark.parametrize(
    "vector", vectors("stream/answer") + vectors("stream/faults"), ids=lambda vector: vector.id
)
def test_answers(vector: Vector) -> None:
    given = dict(vector.given)
    answer = Answer(given["private_key"], unsafe=given.get("allow_plaintext", False))

    def run() -> Dict[str, Any]:
        media_type = given.get("content_type", "text/event-stream").split(";")[0].strip().lower()
        if media_type != "text/event-stream":
            raise RefusedError("stream:content-type")
        answer.read(raw_stream(given))
        if not answer.complete:
            raise RefusedError("stream:incomplete")
        return {"released": answer.released, "complete": True, **answer.facts}

    check(vector, run, lambda: answer.released)


# --- Sessions -----------------------------------------------------------------------------------


def public_key(private_key: str) -> str:
    secret = ec.derive_private_key(int(private_key, 16), ec.SECP256K1())
    point = secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point.hex()


class Conversation:
    """The rules of section 9 as a person would write them down, without its table.

    Evidence is not judged: the answers of these scripts are good but for their nonce and model.
    """

    def __init__(self, given: Dict[str, Any]) -> None:
        self.given = given
        self.nonces, self.keys = iter(given["nonces"]), iter(given["client_keys"])
        self.nonce = self.key = self.model_key = ""
        self.answer: Optional[Answer] = None
        self.closed = self.expired = False
        self.since = self.latest = datetime(1, 1, 1, tzinfo=timezone.utc)
        self.count = 0

    def step(self, step: Dict[str, Any]) -> Dict[str, Any]:
        call = step["call"]
        if self.closed and call != "close":
            raise RefusedError("session:closed")
        allowed = {
            "challenge": self.answer is None,
            "attest": bool(self.nonce),
            "request": bool(self.key) and self.answer is None,
            "receive": self.answer is not None,
            "finish": self.answer is not None,
            "abandon": bool(self.key),
            "close": True,
        }
        if not allowed[call]:
            raise RefusedError("session:expired" if self.expired else "session:state")
        result: Dict[str, Any] = getattr(self, call)(step)
        return result

    def challenge(self, _: Dict[str, Any]) -> Dict[str, Any]:
        self.key, self.expired, self.nonce = "", False, next(self.nonces)
        return {"nonce": self.nonce}

    def attest(self, step: Dict[str, Any]) -> Dict[str, Any]:
        answer = json.loads(self.given["answers"][step["answer"]])
        nonce, self.nonce = self.nonce, ""
        if (answer["nonce"], answer["model"]) != (nonce, self.given["model"]):
            raise RefusedError("answer:nonce")
        self.key, self.model_key, self.count = next(self.keys), answer["signing_public_key"], 0
        self.since = self.latest = moment(step)
        return {}

    def request(self, step: Dict[str, Any]) -> Dict[str, Any]:
        now = moment(step)
        life = self.given.get("ttl_seconds", 1800)
        if now < self.latest or (now - self.since).total_seconds() >= life:
            self.key, self.expired = "", True
            raise RefusedError("session:expired")
        if self.count >= self.given.get("max_requests", 1000):
            raise RefusedError("session:used-up")
        self.latest, self.answer = now, Answer(self.key)
        self.count += 1
        own = public_key(self.key)
        return {"client_key": own, "model_key": self.model_key, "model": self.given["model"]}

    def receive(self, step: Dict[str, Any]) -> Dict[str, Any]:
        answer = self.answer
        assert answer is not None
        before = len(answer.released)
        try:
            answer.read(bytes.fromhex(step["bytes"]))
        except RefusedError:
            self.answer = None
            raise
        return {"released": answer.released[before:]}

    def finish(self, _: Dict[str, Any]) -> Dict[str, Any]:
        answer, self.answer = self.answer, None
        if answer is None or not answer.complete:
            raise RefusedError("stream:incomplete")
        return {"complete": True}

    def abandon(self, _: Dict[str, Any]) -> Dict[str, Any]:
        self.answer = None
        return {}

    def close(self, _: Dict[str, Any]) -> Dict[str, Any]:
        self.closed, self.key, self.answer = True, "", None
        return {}


def moment(step: Dict[str, Any]) -> datetime:
    return datetime.fromisoformat(step["at"].replace("Z", "+00:00"))


@pytest.mark.parametrize("vector", vectors("session/run"), ids=lambda vector: vector.id)
def test_scripts(vector: Vector) -> None:
    conversation = Conversation(dict(vector.given))

    def run() -> Dict[str, Any]:
        results = []
        for step in vector.given["steps"]:
            under_way = conversation.answer
            try:
                results.append(conversation.step(step))
            except RefusedError as refused:
                if not step.get("fails"):
                    raise
                result: Dict[str, Any] = {"refused": refused.code}
                if step["call"] == "receive":
                    released = under_way.released if under_way is not None else []
                    result.update(released=released, complete=False)
                results.append(result)
        return {"results": results}

    check(vector, run, lambda: None)
