from __future__ import annotations

import json
from typing import Any, Mapping, Sequence, Tuple

import pytest

from conformance.consequences import BY_SUBTYPE
from conformance.results import STATUSES, Explanation
from conformance.scenarios.canary import Secret, make_canary
from conformance.scenarios.catalogue import ATTACKS, attack_by_id
from conformance.scenarios.drive import Conversation
from conformance.scenarios.judge import Scene, judge_conversation, result_of
from conformance.scenarios.observe import Observed, SeenRequest, request_summary

PROMPT = make_canary("judge", "prompt")
KEY = make_canary("judge", "API key")
SECRETS = (Secret("prompt", PROMPT), Secret("API key", KEY))
HONEST = "The whole answer."
HOST = "127.0.0.1:1"
OWN = (("Host", HOST), ("Authorization", f"Bearer {KEY}"))


def envelope(first: str = "04") -> str:
    return first + "ab" * 100


def request(
    number: int,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    headers: Tuple[Tuple[str, str], ...] = OWN,
    status: int = 200,
    answered: bool = True,
) -> SeenRequest:
    return SeenRequest(number, method, path, headers, body, status, answered)


def attestation(number: int, nonce: str = "0" * 64, **options: Any) -> SeenRequest:
    return request(number, "GET", f"/api/v1/tee/attestation?model=m&nonce={nonce}", **options)


def chat(number: int, content: str = envelope(), **options: Any) -> SeenRequest:
    body = json.dumps({"messages": [{"role": "user", "content": content}]}).encode()
    return request(number, "POST", "/api/v1/chat/completions", body, **options)


GOOD = (request(0, "GET", "/api/v1/models"), attestation(1), chat(2))


def scene(
    name: str,
    outcome: str = "done",
    text: str = HONEST,
    requests: Sequence[SeenRequest] = GOOD,
    **changed: Any,
) -> Scene:
    talk = Conversation(outcome, text, "", "", "", None, "", 0.1)
    talk = talk._replace(**{k: v for k, v in changed.items() if k in Conversation._fields})
    return Scene(
        attack_by_id(name),
        talk,
        Observed(HOST, "/api/v1", tuple(requests)),
        HONEST,
        SECRETS,
        stolen=bool(changed.get("stolen")),
        does="Something.",
        seconds=0.1,
    )


def verdict(found: Scene, *, coded: bool = True) -> str:
    finding = judge_conversation(found, coded=coded)
    assert finding.status in STATUSES
    return f"{finding.status}/{finding.subtype}".rstrip("/")


SENT = GOOD[:2]
LEAKING = (*SENT, chat(2, f"say {PROMPT}"))
ABROAD = (*GOOD, request(3, "GET", "/api/v1/models", headers=(("Host", "localhost:1"),)))
KEY_ABROAD = (*GOOD, request(3, "GET", "/x", headers=(("Host", HOST), ("X", f"Bearer {KEY}"))))
BY_THE_RULES = {"stage": "stream", "reason": "plaintext"}

CASES: Sequence[Tuple[str, Mapping[str, Any], str]] = (
    # honest
    ("honest", {}, "pass"),
    ("honest", {"text": HONEST + "\n"}, "pass"),
    ("honest", {"text": "Another answer."}, "fail/wrong_output"),
    ("honest", {"text": HONEST[:5]}, "fail/wrong_output"),
    ("honest", {"outcome": "refused", "text": ""}, "fail/rejected_valid"),
    ("honest", {"outcome": "failed", "text": ""}, "fail/error"),
    ("honest", {"outcome": "unsupported", "text": ""}, "fail/false_advertising"),
    ("honest", {"outcome": "crash", "text": ""}, "crash"),
    ("honest", {"outcome": "timeout", "text": ""}, "timeout"),
    ("honest", {"outcome": "protocol_error", "text": ""}, "protocol_error"),
    ("honest", {"requests": LEAKING}, "fail/leak"),
    ("honest", {"requests": ABROAD}, "fail/wrong_requests"),
    ("honest", {"requests": KEY_ABROAD}, "fail/leak"),
    ("honest", {"requests": (chat(0),)}, "fail/wrong_requests"),
    ("honest", {"requests": (chat(0), attestation(1))}, "fail/wrong_requests"),
    ("honest", {"requests": (attestation(0, answered=False), chat(1))}, "fail/wrong_requests"),
    ("honest", {"requests": (attestation(0, status=502), chat(1))}, "fail/wrong_requests"),
    ("honest", {"requests": (*GOOD, chat(3))}, "fail/wrong_requests"),
    ("honest", {"stderr": f"prompt: {PROMPT}"}, "fail/leak"),
    ("honest", {"text": f"{HONEST} {KEY}"}, "fail/leak"),
    ("honest-twice", {"requests": (*GOOD, attestation(3), chat(4))}, "fail/wrong_requests"),
    (
        "honest-twice",
        {"requests": (*GOOD, attestation(3, "1" * 64), chat(4))},
        "fail/wrong_requests",
    ),
    (
        "honest-twice",
        {"requests": (*GOOD, attestation(3, "1" * 64), chat(4, envelope("05")))},
        "pass",
    ),
    ("honest-twice", {"requests": (attestation(0, "12"), chat(1))}, "fail/wrong_requests"),
    ("chat-after-done", {"text": HONEST + " More."}, "fail/released_early"),
    # refuse
    (
        "nonce-foreign",
        {"outcome": "refused", "text": "", "requests": SENT, "stage": "answer", "reason": "nonce"},
        "pass",
    ),
    ("nonce-foreign", {"outcome": "refused", "text": "", "requests": SENT}, "pass_verdict_only"),
    (
        "nonce-foreign",
        {"outcome": "refused", "text": "", "requests": SENT, **BY_THE_RULES},
        "fail/wrong_reason",
    ),
    ("nonce-foreign", {}, "fail/accepted_invalid"),
    ("nonce-foreign", {"outcome": "refused", "text": ""}, "fail/accepted_invalid"),
    ("nonce-foreign", {"outcome": "crash", "text": ""}, "fail/accepted_invalid"),
    ("nonce-foreign", {"outcome": "crash", "text": "", "requests": SENT}, "crash"),
    ("nonce-foreign", {"outcome": "done", "text": "", "requests": SENT}, "fail/accepted_invalid"),
    ("nonce-foreign", {"outcome": "failed", "text": "", "requests": SENT}, "fail/error"),
    (
        "nonce-foreign",
        {"outcome": "refused", "text": "Hi", "requests": SENT},
        "fail/released_early",
    ),
    ("nonce-foreign", {"requests": LEAKING}, "fail/leak"),
    ("key-unbound", {"stolen": True}, "fail/leak"),
    # fail
    ("chat-plaintext-chunk", {"outcome": "refused", "text": "The ", **BY_THE_RULES}, "pass"),
    ("chat-plaintext-chunk", {"outcome": "refused", "text": "", **BY_THE_RULES}, "pass"),
    (
        "chat-plaintext-chunk",
        {"outcome": "refused", "text": "The evil", **BY_THE_RULES},
        "fail/released_early",
    ),
    ("chat-plaintext-chunk", {}, "fail/accepted_invalid"),
    ("chat-plaintext-chunk", {"text": "The "}, "fail/incomplete"),
    ("chat-no-done", {}, "fail/incomplete"),
    ("chat-plaintext-chunk", {"outcome": "timeout", "text": "The "}, "timeout"),
    ("chat-plaintext-chunk", {"outcome": "refused", "native": PROMPT}, "fail/leak"),
    ("chat-401", {"outcome": "refused", "text": "", "requests": (*GOOD, chat(3))},
     "fail/wrong_requests"),
    # either
    ("chat-429-once", {}, "pass"),
    ("chat-429-once", {"outcome": "refused", "text": ""}, "pass_verdict_only"),
    ("chat-429-once", {"requests": (*GOOD, chat(3))}, "fail/wrong_requests"),
    ("chat-429-once", {"requests": (*GOOD, chat(3, envelope("05")))}, "pass"),
    ("chat-429-once", {"text": "Another"}, "fail/released_early"),
    ("chat-429-once", {"text": "The "}, "fail/wrong_output"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "changed", "expected"), CASES)
def test_a_verdict(name: str, changed: Mapping[str, Any], expected: str) -> None:
    assert verdict(scene(name, **changed)) == expected


def test_a_reason_in_other_words_is_a_verdict_only() -> None:
    found = scene("nonce-foreign", "refused", "", SENT, **BY_THE_RULES)
    assert verdict(found, coded=False) == "pass_verdict_only"


@pytest.mark.parametrize(("name", "changed", "expected"), CASES)
def test_every_failure_explains_itself(
    name: str, changed: Mapping[str, Any], expected: str
) -> None:
    found = scene(name, **changed)
    finding = judge_conversation(found, coded=True)
    result = result_of(found.attack, finding, found, "run --case x")
    assert (result.explanation is None) == expected.startswith("pass")
    if result.explanation is not None:
        assert all(result.explanation)
        assert result.detail
        assert "\n" not in result.detail
        assert result.attachments["requests"]


def test_a_leak_is_told_with_its_place() -> None:
    finding = judge_conversation(scene("honest", requests=LEAKING), coded=True)
    assert "the prompt" in finding.detail
    assert "of request 2, body" in finding.detail


def test_requests_in_lines() -> None:
    observed = Observed(HOST, "/api/v1", (*GOOD, chat(3, answered=False)))
    lines = request_summary(observed).splitlines()
    assert lines[0] == "0 GET /api/v1/models -> 200"
    assert lines[-1] == "3 POST /api/v1/chat/completions -> 200, not to its end"


def _explained(found: Scene) -> Explanation:
    finding = judge_conversation(found, coded=True)
    explanation = result_of(found.attack, finding, found, "again").explanation
    assert explanation is not None
    return explanation


def test_a_leak_to_an_honest_service_is_explained_as_one() -> None:
    shown = _explained(scene("scenario/honest", requests=LEAKING))
    assert (shown.impact, shown.hint) == BY_SUBTYPE["leak"]
    assert shown.requirement.startswith("KEY-12: ")
    key = request(0, "GET", f"/api/v1/models?key={KEY}")
    shown = _explained(scene("scenario/honest", requests=(key, *GOOD[1:])))
    assert shown.requirement.startswith("NET-6: ")


def test_what_an_attack_is_about_keeps_its_words() -> None:
    theft = next(attack for attack in ATTACKS if attack.steals)
    shown = _explained(scene(theft.id, "failed", "", stolen=True))
    assert (shown.impact, shown.hint) == (theft.impact, theft.hint)
    assert shown.requirement.startswith(theft.req[0])
    cut = next(attack for attack in ATTACKS if attack.truncates)
    shown = _explained(scene(cut.id))
    assert (shown.impact, shown.hint) == (cut.impact, cut.hint)


def test_requests_too_many_are_explained_as_such() -> None:
    shown = _explained(scene("scenario/honest", requests=(*GOOD, chat(3), chat(4), chat(5))))
    assert (shown.impact, shown.hint) == BY_SUBTYPE["wrong_requests"]
