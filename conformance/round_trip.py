"""Vectors that give random bytes, for an implementation that draws its own.

Such an implementation cannot be compared byte for byte.  It is asked to encrypt for a key whose
private half the vector knows, and then, by `field.open`, to decrypt what it made: the text has to
come back.  What the protocol fixes is compared all the same: lowercase digits, the length, the
first byte, everything around the ciphertexts.  Over sixteen times neither the ephemeral key nor the
nonce may come twice.

This module computes nothing of the cryptography.  The pair of keys is the ephemeral one of the
vector: its private half is the random bytes, its public half the beginning of the envelope.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, Final, Iterator, List, Mapping, NamedTuple, Tuple

from conformance.adapters.protocol import Hello
from conformance.judging import Finding, judge_reply
from conformance.outcomes import difference, same
from conformance.plan import Case
from conformance.vectors import Vector

__all__ = ["SEALS", "needs_round_trip", "round_trip"]

SEALS: Final = 16
"""How often a text is sealed, to see whether a key or a nonce comes twice."""

_SHORT: Final = 4096
"""Characters up to which a text is sealed so often; a longer one is sealed twice."""

_OVERHEAD: Final = 93
"""Bytes of an envelope beside its text: key 65, nonce 12, tag 16.  SPEC.md, 4.4."""

_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The order n of secp256k1: a private key is less.  SPEC.md, 3.2."""

_KEY: Final = 130
_NONCE: Final = 24
_ENVELOPE = re.compile(r"04(?:[0-9a-f]{2}){92,}\Z")
_MODEL_HEADER: Final = "x-venice-tee-model-pub-key"

Ask = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Asks the implementation: operation and input to reply."""


class _Pair(NamedTuple):
    """A key pair, in hexadecimal digits."""

    private: str
    public: str


def needs_round_trip(case: Case, hello: Hello) -> bool:
    """Say whether the right answer depends on random bytes that the implementation cannot take."""
    vector = case.vector
    if vector is None or hello.inject.get("rng") or vector.expect.verdict != "accept":
        return False
    if vector.op == "field.seal":
        return True
    return vector.op == "request.build" and any(True for _ in _envelopes(vector.expect.out))


def round_trip(vector: Vector, ask: Ask, hello: Hello) -> Finding:
    """Return the finding of a vector whose random bytes cannot be given."""
    if "field.open" not in hello.operations:
        return Finding(
            "fail",
            "not_testable",
            "random bytes cannot be given (inject.rng), and without field.open nothing that is"
            " encrypted can be read back",
        )
    check = _seal if vector.op == "field.seal" else _build
    return check(vector, ask, hello)


# --- field.seal ----------------------------------------------------------------------------------


def _seal(vector: Vector, ask: Ask, hello: Hello) -> Finding:
    given = vector.given
    pair = _Pair(given["ephemeral"], vector.expect.out["envelope"][:_KEY])
    asked = {**given, "recipient": _in_form_of(given["recipient"], pair.public)}
    size = len(vector.expect.out["envelope"])
    made: List[str] = []
    for _ in range(SEALS if size <= _SHORT else 2):
        reply = ask("field.seal", asked)
        if "ok" not in reply:
            return judge_reply(vector, reply, hello)
        envelope = reply["ok"].get("envelope")
        fault = _form_fault(envelope, size)
        if fault:
            return _wrong(f"/envelope {fault}", _form_requirement(envelope))
        made.append(envelope)
    return _repeated(made) or _opened(_text(given), made[0], pair, ask)


def _text(given: Mapping[str, Any]) -> str:
    if "text_utf16" in given:
        return bytes.fromhex(given["text_utf16"]).decode("utf-16-be", "surrogatepass")
    text: str = given["text"]
    return text * int(given.get("repeat", 1))


def _form_fault(envelope: Any, size: int) -> str:
    """Return what is wrong with the form of an envelope of a text whose length is known."""
    if not isinstance(envelope, str):
        return f"is {type(envelope).__name__} and not a text"
    if len(envelope) != size:
        return (
            f"has {len(envelope)} digits, expected {size}: twice the bytes of the text and"
            f" {_OVERHEAD} beside it"
        )
    if not _ENVELOPE.match(envelope):
        return "is not an envelope of lowercase digits that begins with 04"
    return ""


def _form_requirement(envelope: Any) -> str:
    """Return the requirement that an envelope of a wrong form does not meet."""
    capitals = isinstance(envelope, str) and envelope != envelope.lower()
    return "ENV-8" if capitals and _ENVELOPE.match(envelope.lower()) else "ENV-1"


def _repeated(envelopes: List[str]) -> Any:
    """Return the finding of an ephemeral key or a nonce that came twice, or nothing."""
    parts = (("ephemeral key", 0, _KEY), ("nonce", _KEY, _KEY + _NONCE))
    for name, start, end in parts:
        drawn = [envelope[start:end] for envelope in envelopes]
        if len(set(drawn)) < len(drawn):
            return _wrong(f"the {name} came twice in {len(drawn)} envelopes", "ENV-7")
    return None


def _opened(text: str, envelope: str, pair: _Pair, ask: Ask) -> Finding:
    """Return the finding of what the implementation reads in its own envelope."""
    reply = ask("field.open", {"secret": pair.private, "envelope": envelope})
    if "ok" not in reply:
        return _wrong(f"its own field.open does not open it: {json.dumps(dict(reply))[:200]}")
    read = reply["ok"].get("text")
    if not same(read, text):
        return _wrong(f"its own field.open reads another text: {difference(text, read)}")
    return Finding("pass")


# --- request.build -------------------------------------------------------------------------------


def _build(vector: Vector, ask: Ask, hello: Hello) -> Finding:
    given, out = vector.given, vector.expect.out
    places = dict(_envelopes(out))
    pair = _Pair(_first_key(given["random"]), next(iter(places.values()))[:_KEY])
    asked = {**given, "model_key": _in_form_of(given["model_key"], pair.public)}
    expected = _with_model_key(out, pair.public)
    made: List[str] = []
    few = sum(map(len, places.values())) <= _SHORT
    found: Dict[Tuple[Any, ...], Any] = {}
    for _ in range(SEALS if few else 2):
        reply = ask("request.build", asked)
        if "ok" not in reply:
            return judge_reply(vector, reply, hello)
        answer = {name: value for name, value in reply["ok"].items() if name != "mid"}
        found = {place: _at(answer, place) for place in places}
        for place, envelope in places.items():
            fault = _form_fault(found[place], len(envelope))
            if fault:
                sealed = _ENVELOPE.match(str(found[place]).lower())
                requirement = _form_requirement(found[place]) if sealed else "MSG-1"
                return _wrong(f"/{'/'.join(map(str, place))} {fault}", requirement)
        if not same(_without(answer, places), _without(expected, places)):
            return _wrong(difference(_without(expected, places), _without(answer, places)))
        made += found.values()
    return _repeated(made) or _all_opened(vector, found, pair, ask)


def _first_key(drawn: str) -> str:
    """Return the private half of the first envelope: what is out of range is drawn again."""
    keys = (drawn[start : start + 64] for start in range(0, len(drawn), 64))
    return next(key for key in keys if 0 < int(key, 16) < _ORDER)


def _all_opened(
    vector: Vector, found: Mapping[Tuple[Any, ...], Any], pair: _Pair, ask: Ask
) -> Finding:
    messages = vector.given["messages"] * int(vector.given.get("repeat", 1))
    for place, envelope in found.items():
        content = messages[place[2]]["content"]
        if isinstance(content, str):
            finding = _opened(content, envelope, pair, ask)
        else:
            finding = _opened_json(content, envelope, pair, ask)
        if finding.status != "pass":
            return finding
    return Finding("pass")


def _opened_json(content: Any, envelope: str, pair: _Pair, ask: Ask) -> Finding:
    """Like `_opened`, for an array that is sent as JSON text; its length was compared before."""
    reply = ask("field.open", {"secret": pair.private, "envelope": envelope})
    try:
        read = json.loads(reply["ok"]["text"])
    except (KeyError, TypeError, ValueError):
        return _wrong("its own field.open does not read the JSON text of the array in it")
    if not same(read, content):
        return _wrong(f"the array in it is another one: {difference(content, read)}")
    return Finding("pass")


def _envelopes(out: Mapping[str, Any]) -> Iterator[Tuple[Tuple[Any, ...], str]]:
    """Yield place and text of each envelope in the body of a request."""
    body = out.get("body")
    messages = body.get("messages", ()) if isinstance(body, dict) else ()
    for number, message in enumerate(messages):
        content = message.get("content")
        if isinstance(content, str) and _ENVELOPE.match(content):
            yield ("body", "messages", number, "content"), content


def _at(value: Any, place: Tuple[Any, ...]) -> Any:
    try:
        for step in place:
            value = value[step]
    except (IndexError, KeyError, TypeError):
        return None
    return value


def _without(out: Mapping[str, Any], places: Mapping[Tuple[Any, ...], str]) -> Any:
    """Return a copy with the envelopes replaced by one word."""
    copied: Any = json.loads(json.dumps(out))
    for place in places:
        holder = _at(copied, place[:-1])
        if isinstance(holder, dict) and place[-1] in holder:
            holder[place[-1]] = "(an envelope)"
    return copied


def _with_model_key(out: Mapping[str, Any], public: str) -> Dict[str, Any]:
    headers = [
        [name, public if name == _MODEL_HEADER else value] for name, value in out.get("headers", ())
    ]
    return {**out, "headers": headers}


def _in_form_of(example: str, public: str) -> str:
    """Return a public key with or without 04, as the vector has its own."""
    return public[2:] if len(example) % _KEY == _KEY - 2 else public


def _wrong(detail: str, requirement: str = "") -> Finding:
    return Finding("fail", "wrong_output", detail, requirement=requirement)
