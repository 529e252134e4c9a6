"""Scripts for one session: evidence, requests, answers and the times between them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Final, List, Optional, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.stream.kit import DONE, Sealer, chunk, content
from conformance.mock_tee.answers import attestation_answer
from conformance.mock_tee.enclave import Enclave
from conformance.mock_tee.log import Request
from conformance.mock_tee.models import model_table
from conformance.mock_tee.scenario import Scenario, Visit
from venice_ref.crypto.ecdh import PrivateKey

__all__ = ["generate"]

_MODEL: Final = "e2ee-mock"
_BASE: Final = "https://api.venice.ai/api/v1"
_NOON: Final = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
_LARGE: Final = ("nvidia_payload", "event_log", "info", "server_verification", "vm_config")

Step = Dict[str, Any]
Result = Dict[str, Any]
Script = Tuple[Tuple[Step, Result], ...]


def _at(seconds: float) -> str:
    moment = _NOON + timedelta(seconds=seconds)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond:06d}Z" if moment.microsecond else f"{text}Z"


class _World:
    """Nonces, keys and evidence; and each call with what it gives."""

    def __init__(self, builder: FileBuilder) -> None:
        draw = builder.random("nonces and keys")
        self.nonces = [draw(32).hex() for _ in range(3)]
        self.client_keys = [draw(32).hex() for _ in range(3)]
        self.first = Enclave(f"{builder.seed}/first", moment=_NOON)
        self.second = Enclave(f"{builder.seed}/second", moment=_NOON)
        self.sealers = [
            Sealer(builder.random(f"answer {n}"), recipient=key)
            for n, key in enumerate(self.client_keys)
        ]

    def params(self) -> Dict[str, Any]:
        """0 to 2 answer the nonces in order, 1 from another machine; 3 is for another model."""
        answers = [
            _answer(self.first, _MODEL, self.nonces[0]),
            _answer(self.second, _MODEL, self.nonces[1]),
            _answer(self.first, _MODEL, self.nonces[2]),
            _answer(self.first, "e2ee-mock-r", self.nonces[0]),
        ]
        return {
            "base_url": _BASE,
            "model": _MODEL,
            "nonces": self.nonces,
            "client_keys": self.client_keys,
            "answers": answers,
        }

    def challenge(self, number: int = 0) -> Tuple[Step, Result]:
        return {"call": "challenge"}, {"nonce": self.nonces[number]}

    def attest(self, answer: int = 0, seconds: float = 0) -> Tuple[Step, Result]:
        return {"call": "attest", "answer": answer, "at": _at(seconds)}, {}

    def request(self, seconds: float = 5, *, key: int = 0, machine: int = 0) -> Tuple[Step, Result]:
        enclave = self.second if machine else self.first
        result = {
            "client_key": _public(bytes.fromhex(self.client_keys[key])),
            "model_key": bytes(enclave.key.public_key).hex(),
            "model": _MODEL,
        }
        return {"call": "request", "at": _at(seconds)}, result

    def receive(self, text: str = "Hi", *, key: int = 0) -> Tuple[Step, Result]:
        raw = content(self.sealers[key](text))
        return receive(raw), {"released": [{"kind": "content", "text": text}]}

    def ready(self) -> Script:
        return (self.challenge(), self.attest())


DONE_STEP: Final[Tuple[Step, Result]] = (
    {"call": "receive", "bytes": DONE.hex()},
    {"released": []},
)
FINISH: Final[Tuple[Step, Result]] = ({"call": "finish"}, {"complete": True})
ABANDON: Final[Tuple[Step, Result]] = ({"call": "abandon"}, {})
CLOSE: Final[Tuple[Step, Result]] = ({"call": "close"}, {})


def receive(raw: bytes) -> Step:
    """Return the call that hands over bytes of an answer."""
    return {"call": "receive", "bytes": raw.hex()}


def _public(secret: bytes) -> str:
    return bytes(PrivateKey.from_bytes(secret).public_key).hex()


def _answer(enclave: Enclave, model: str, nonce: str) -> str:
    request = Request(0, "GET", f"/tee/attestation?model={model}&nonce={nonce}", (), b"")
    visit = Visit(request, 0, enclave, 0, model_table()[model], bytes.fromhex(nonce))
    scenario = Scenario("honest", "Serves what is asked for.")
    answer = attestation_answer(scenario, visit, nonce, nonce_source="client")
    small = {name: value for name, value in answer.items() if name not in _LARGE}
    return json.dumps(small, separators=(",", ":"))


def _failed(step: Step, refused: str, **more: Any) -> Tuple[Step, Result]:
    return {**step, "fails": True}, {"refused": refused, **more}


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    world = _World(builder)
    builder.group(world.params())
    for slug, why, req, script, more in _accepted(world):
        given = {"steps": [step for step, _ in script], **more}
        out = {"results": [result for _, result in script]}
        builder.accept(slug, why, req=req, given=given, out=out, features=("session",))
    _refused(builder, world)


Accepted = Tuple[str, str, Tuple[str, ...], Script, Dict[str, Any]]
Refused = Tuple[str, str, str, str, str, Script, Step, Dict[str, Any]]


def _accepted(world: _World) -> List[Accepted]:
    return [*_requests(world), *_calls(world)]


def _requests(world: _World) -> List[Accepted]:
    ready, answer = world.ready(), (world.receive(), DONE_STEP, FINISH)
    again = (world.challenge(1), world.attest(1, 60))
    return [
        ("conversation", "Two requests under one key, each with its answer.",
         ("SES-1", "SES-5", "SES-2", "SES-3", "SES-8"),
         (*ready, world.request(), *answer, world.request(10), *answer), {}),
        ("renewed", "Fresh evidence of another machine: the old keys serve for nothing more.",
         ("SES-1", "SES-7"),
         (*ready, world.request(), *answer, *again, world.request(65, key=1, machine=1)), {}),
        ("last-moment", "A moment before the evidence is too old, a request may start.",
         ("SES-2",), (*ready, world.request(1799.999999)), {}),
        ("answer-outlives", "An answer may go on after its evidence is too old.", ("SES-2",),
         (*ready, world.request(1799), *answer), {}),
        ("after-expiry", "An expired session may be attested anew.", ("SES-2", "SES-5"),
         (*ready, _failed(world.request(1800)[0], "session:expired"), world.challenge(1),
          world.attest(1, 1810), world.request(1811, key=1, machine=1)), {}),
        ("last-request", "As many requests as are allowed.", ("SES-3",),
         (*ready, world.request(), *answer, world.request(6), *answer), {"max_requests": 2}),
        ("count-starts-anew", "A new client key counts its requests from 0.", ("SES-3",),
         (*ready, world.request(), *answer, *again, world.request(65, key=1, machine=1)),
         {"max_requests": 1}),
        ("short-life", "A time to live below the default.", ("SES-2",),
         (*ready, world.request(59)), {"ttl_seconds": 60}),
    ]  # fmt: skip


def _calls(world: _World) -> List[Accepted]:
    ready, answer = world.ready(), (world.receive(), DONE_STEP, FINISH)
    sealed = world.sealers[0]
    word = content(sealed("Hi"))
    bad = chunk({"reasoning": sealed("hm"), "content": "in the clear"})
    said = [{"kind": "content", "text": "Hi"}]
    return [
        ("challenge-twice", "The second nonce takes the place of the first.", ("SES-5",),
         (world.challenge(), world.challenge(1), world.attest(1), world.request(machine=1)), {}),
        ("after-refusal", "After evidence that was refused, a fresh challenge is the way on.",
         ("SES-7", "SES-5"),
         (world.challenge(), _failed(world.attest(1)[0], "answer:nonce"), world.challenge(1),
          world.attest(1), world.request(machine=1)), {}),
        ("abandoned", "A request without an answer is given up; the next one may start.",
         ("SES-5",), (*ready, world.request(), ABANDON, ABANDON, world.request(6), *answer), {}),
        ("failed-answer",
         "What came before a fault is released, nothing after it.",
         ("STR-11", "STR-12", "STR-18", "SES-5"),
         (*ready, world.request(),
          _failed(receive(word + bad + word + DONE), "stream:plaintext",
                  released=said, complete=False),
          _failed(receive(word), "session:state", released=[], complete=False),
          world.request(6), *answer), {}),
        ("cut-answer", "An answer that is cut is incomplete, and the session goes on.",
         ("STR-12", "SES-5"),
         (*ready, world.request(), world.receive(), _failed(FINISH[0], "stream:incomplete"),
          world.request(6), *answer), {}),
        ("close-twice", "Closing again is allowed.", ("SES-8", "SES-5"),
         (*ready, world.request(), CLOSE, CLOSE), {}),
        ("close-first", "A session may be closed before it is used.", ("SES-5",), (CLOSE,), {}),
    ]  # fmt: skip


def _flags(builder: FileBuilder) -> Dict[str, str]:
    return {
        "age": builder.flag("OldEvidence", Flag(
            "FRESHNESS",
            "The evidence is older than the time to live, or its age is not known.",
            "A revoked or replaced machine is still given prompts.",
            "Compare with the time of the evidence before each request, and give the keys up.",
            ("CWE-613",),
        )),
        "count": builder.flag("UsedUp", Flag(
            "CONFIDENTIALITY",
            "The client key has served its number of requests.",
            "One key opens, and links, everything that a program ever asked.",
            "Count the requests of a key, and attest anew.",
            ("SP 800-57 Part 1, 5.3",),
        )),
        "order": builder.flag("WrongMoment", Flag(
            "AUTH_BYPASS",
            "A call comes at a moment that the table does not list it for.",
            "A request is encrypted to a key that is not attested, or two answers are mixed.",
            "Keep the transitions in one table, and refuse what it does not list.",
        )),
        "fallback": builder.flag("FallsBack", Flag(
            "DOWNGRADE",
            "Renewed attestation failed, and there was a key before.",
            "Whoever makes attestations fail decides that the old key is used on.",
            "Give both keys up before the new evidence is fetched.",
            ("CWE-636",),
        )),
        "closed": builder.flag("UseAfterClose", Flag(
            "CONFIDENTIALITY",
            "The session was closed.",
            "A request goes out under a key of zeros, which everybody knows.",
            "Keep a state from which no call leads out.",
            ("CWE-672",),
        )),
    }  # fmt: skip


def _too_late(world: _World) -> Tuple[Refused, ...]:
    ready, request = world.ready(), world.request()
    answer = (world.receive(), DONE_STEP, FINISH)
    return (
        ("at-the-limit", "The moment at which the time is over counts as over.", "SES-2", "age",
         "last-moment", ready, world.request(1800)[0], {}),
        ("long-after", "A day later.", "SES-2", "age", "last-moment", ready,
         world.request(86400)[0], {}),
        ("short-life-over", "A time to live below the default is obeyed.", "SES-2", "age",
         "short-life", ready, world.request(60)[0], {"ttl_seconds": 60}),
        ("clock-backwards", "A clock that is before the evidence does not measure its age.",
         "SES-2", "age", "last-moment", ready, world.request(-1)[0], {}),
        ("clock-backwards-later", "A clock that is before the last request does not either.",
         "SES-2", "age", "conversation", (*ready, world.request(100), *answer),
         world.request(99)[0], {}),
        ("expired-stays", "It does not recover with the clock.", "SES-2", "age", "last-moment",
         (*ready, _failed(world.request(-1)[0], "session:expired")), world.request(5)[0], {}),
        ("one-too-many", "One request more than is allowed.", "SES-3", "count", "last-request",
         (*ready, request, *answer, world.request(6), *answer), world.request(7)[0],
         {"max_requests": 2}),
        ("abandoned-counts", "A request that got no answer was made all the same.", "SES-3",
         "count", "last-request", (*ready, request, ABANDON, world.request(6), ABANDON),
         world.request(7)[0], {"max_requests": 2}),
    )  # fmt: skip


def _wrong_moments(world: _World) -> Tuple[Refused, ...]:
    ready, request = world.ready(), world.request()
    used = (*ready, request, world.receive(), DONE_STEP, FINISH)
    return (
        ("request-before-evidence", "There is no key to encrypt to.", "SES-5", "order",
         "conversation", (), request[0], {}),
        ("request-before-verdict", "A nonce is out, and no evidence is in.", "SES-5", "order",
         "conversation", (world.challenge(),), request[0], {}),
        ("request-during-answer", "Two answers under one key are mixed.", "SES-5", "order",
         "conversation", (*ready, request), world.request(6)[0], {}),
        ("challenge-during-answer", "The key of the answer would be gone.", "SES-5", "order",
         "conversation", (*ready, request), world.challenge(1)[0], {}),
        ("evidence-without-challenge", "Evidence that nobody asked for has no fresh nonce.",
         "SES-5", "order", "conversation", (), world.attest()[0], {}),
        ("evidence-twice", "A nonce serves for one answer.", "SES-5", "order", "conversation",
         ready, world.attest()[0], {}),
        ("evidence-after-refusal", "Not even for the right one after a wrong one.", "SES-5",
         "order", "after-refusal", (world.challenge(), _failed(world.attest(1)[0], "answer:nonce")),
         world.attest(0)[0], {}),
        ("receive-before-request", "Bytes of an answer that nobody asked for.", "SES-5", "order",
         "conversation", ready, world.receive()[0], {}),
        ("receive-after-finish", "The answer is over.", "SES-5", "order", "conversation", used,
         world.receive()[0], {}),
        ("receive-after-abandon", "The answer was given up.", "SES-5", "order", "abandoned",
         (*ready, request, ABANDON), world.receive()[0], {}),
        ("finish-twice", "The end is told once.", "SES-5", "order", "conversation", used,
         FINISH[0], {}),
        ("abandon-before-evidence", "Nothing is under way, and there are no keys.", "SES-5",
         "order", "conversation", (), ABANDON[0], {}),
    )  # fmt: skip


def _given_up(world: _World) -> Tuple[Refused, ...]:
    ready, request = world.ready(), world.request()
    used = (*ready, request, world.receive(), DONE_STEP, FINISH)
    refused = (world.challenge(1), _failed(world.attest(0, 60)[0], "answer:nonce"))
    return (
        ("renewal-refused", "The old key is still known, and must not be used.", "SES-7",
         "fallback", "renewed", (*used, *refused), world.request(70)[0], {}),
        ("renewal-begun", "It is given up before the new evidence is there.", "SES-7", "fallback",
         "renewed", (*used, world.challenge(1)), world.request(70)[0], {}),
        ("request-after-close", "A request.", "SES-8", "closed", "close-twice", (*ready, CLOSE),
         request[0], {}),
        ("challenge-after-close", "A new beginning.", "SES-8", "closed", "close-first", (CLOSE,),
         world.challenge()[0], {}),
        ("receive-after-close", "The rest of an answer.", "SES-8", "closed", "close-twice",
         (*ready, request, CLOSE), world.receive()[0], {}),
        ("abandon-after-close", "Even what does nothing.", "SES-8", "closed", "close-twice",
         (*ready, CLOSE), ABANDON[0], {}),
    )  # fmt: skip


def _refused(builder: FileBuilder, world: _World) -> None:
    flags = _flags(builder)
    rows = (*_too_late(world), *_wrong_moments(world), *_given_up(world))
    scripts = {row[0]: [step for step, _ in row[3]] for row in _accepted(world)}
    for slug, why, breaks, flag, parent, script, last, more in rows:
        builder.reject(
            slug, why, parent=parent, breaks=breaks,
            or_breaks=("SES-5",) if breaks == "SES-7" else (),
            given={"steps": [*(step for step, _ in script), last], **more},
            change=_change(scripts[parent], [*(step for step, _ in script), last]),
            flags=(flags[flag],), features=("session",), critical=breaks in ("SES-2", "SES-7"),
        )  # fmt: skip


def _change(before: List[Step], after: List[Step]) -> Optional[Rebuilt]:
    """Return what a script changes where that is more than one member of one step."""
    calls = [step["call"] for step in before], [step["call"] for step in after]
    different = [(one, other) for one, other in zip(before, after) if one != other]
    if calls[0] == calls[1] and len(different) == 1 and "fails" not in different[0][1]:
        return None
    return Rebuilt("steps", *calls)
