from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any, Dict, Iterator, List, Mapping, Optional

import pytest

from conformance.adapters.protocol import Hello
from conformance.adapters.reference.operations import answer
from conformance.judging import Finding
from conformance.plan import Case
from conformance.round_trip import SEALS, needs_round_trip, round_trip
from tests.unit.conformance.scripted import case_of, cases_of, hello

OPS = ("field.seal", "field.open", "request.build")
SEALED = cases_of("envelope/seal")
BUILT = cases_of("request/messages", "request/build", "request/options")


class OwnRandom:
    """The reference, drawing its own random bytes; `spoil` changes what it answers."""

    def __init__(self, spoil: Optional[str] = None) -> None:
        self._count: Iterator[int] = itertools.count()
        self._spoil = spoil
        self.asked: List[str] = []

    def __call__(self, op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(op)
        own = dict(given)
        if op == "field.seal":
            own["ephemeral"] = self._draw("key", 32)
            own["nonce"] = self._draw("nonce", 12)
        if op == "request.build":
            own["random"] = "".join(
                self._draw(kind, size)
                for _ in range(40)
                for kind, size in (("key", 32), ("nonce", 12))
            )
        reply = json.loads(json.dumps(answer(op, own)))
        return self._spoiled(op, reply)

    def _draw(self, kind: str, size: int) -> str:
        if self._spoil == f"{kind} twice":
            return hashlib.sha256(kind.encode()).hexdigest()[: 2 * size]
        return hashlib.sha256(b"%d" % next(self._count)).hexdigest()[: 2 * size]

    def _spoiled(self, op: str, reply: Dict[str, Any]) -> Dict[str, Any]:
        ok = reply.get("ok", {})
        if self._spoil == "upper case" and "envelope" in ok:
            ok["envelope"] = ok["envelope"].upper()
        if self._spoil == "longer" and "envelope" in ok:
            ok["envelope"] += "00"
        if self._spoil == "no text" and "envelope" in ok:
            ok["envelope"] = None
        if self._spoil == "another text" and op == "field.open":
            ok["text"] = "x"
        if self._spoil == "does not open" and op == "field.open":
            return {"reject": {}}
        if self._spoil == "plaintext" and "body" in ok:
            ok["body"]["messages"][0]["content"] = "Hello, enclave."
        if self._spoil == "member" and "body" in ok:
            ok["body"]["user"] = "me"
        if self._spoil == "header" and "headers" in ok:
            ok["headers"].append(["x-more", "1"])
        return reply


def finding(case: Case, spoil: Optional[str] = None, says: Optional[Hello] = None) -> Finding:
    assert case.vector is not None
    return round_trip(case.vector, OwnRandom(spoil), says or hello(OPS, rng=False))


def sound(cases: Any) -> List[Case]:
    return [case for case in cases if needs_round_trip(case, hello(OPS, rng=False))]


def test_only_what_depends_on_random_bytes_goes_there_and_back() -> None:
    assert {case.id for case in sound(SEALED)} == {c.id for c in SEALED if not c.negative}
    assert 10 < len(sound(BUILT)) < len([case for case in BUILT if not case.negative]) + 1
    assert not any(needs_round_trip(case, hello(OPS)) for case in (*SEALED, *BUILT))


@pytest.mark.parametrize("case", sound(SEALED), ids=lambda case: case.id)
def test_an_implementation_with_its_own_random_bytes_passes_each_seal(case: Case) -> None:
    assert finding(case) == Finding("pass")


@pytest.mark.parametrize("case", sound(BUILT)[::4], ids=lambda case: case.id)
def test_and_each_request(case: Case) -> None:
    assert finding(case) == Finding("pass")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("key twice", "ephemeral key came twice"),
        ("nonce twice", "nonce came twice"),
        ("upper case", "lowercase"),
        ("longer", "digits, expected"),
        ("no text", "not a text"),
        ("another text", "another text"),
        ("does not open", "does not open it"),
    ],
)
def test_a_seal_that_is_wrong_is_found(spoil: str, said: str) -> None:
    found = finding(case_of("field.seal/ascii"), spoil)
    assert (found.status, found.subtype) == ("fail", "wrong_output")
    assert said in found.detail


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("key twice", "ephemeral key came twice"),
        ("plaintext", "/body/messages/0/content has 15 digits"),
        ("member", "/body/user is too much"),
        ("header", "/headers has"),
        ("another text", "another text"),
        ("does not open", "does not open it"),
    ],
)
def test_a_request_that_is_wrong_is_found(spoil: str, said: str) -> None:
    found = finding(case_of("request.build/one-string"), spoil)
    assert (found.status, found.subtype) == ("fail", "wrong_output")
    assert said in found.detail


def test_a_text_is_sealed_sixteen_times_and_opened_once() -> None:
    ask = OwnRandom()
    vector = case_of("field.seal/ascii").vector
    assert vector is not None
    round_trip(vector, ask, hello(OPS, rng=False))
    assert ask.asked == ["field.seal"] * SEALS + ["field.open"]


def test_a_recipient_without_04_stays_without() -> None:
    seen: List[str] = []
    own = OwnRandom()

    def ask(op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if op == "field.seal":
            seen.append(given["recipient"])
        return own(op, given)

    vector = case_of("field.seal/recipient-of-128-digits").vector
    assert vector is not None
    assert round_trip(vector, ask, hello(OPS, rng=False)).status == "pass"
    assert {len(text) for text in seen} == {128}


def test_without_opening_nothing_can_be_said() -> None:
    found = finding(case_of("field.seal/ascii"), says=hello(("field.seal",), rng=False))
    assert (found.status, found.subtype) == ("fail", "not_testable")


def test_a_refusal_of_a_good_text_is_one() -> None:
    vector = case_of("field.seal/ascii").vector
    assert vector is not None
    found = round_trip(vector, lambda _op, _given: {"reject": {}}, hello(OPS, rng=False))
    assert found.subtype == "rejected_valid"
