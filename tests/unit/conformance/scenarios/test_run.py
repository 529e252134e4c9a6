"""Attacks on clients: the reference passes all of them, and each weak client fails its own."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import socket
import sys
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence, Tuple
from urllib.parse import quote, urlsplit

import pytest

from conformance.adapters.examples import reference_client
from conformance.adapters.reference.chat import chat_reply
from conformance.results import Result
from conformance.scenarios.attack import ENDURE, FEATURES, Attack
from conformance.scenarios.catalogue import ATTACKS, attack_by_id
from conformance.scenarios.drive import AdapterDriver, CommandDriver
from conformance.scenarios.run import judge_control, run_attack, run_attacks
from conformance.selftest.weaknesses import (
    STRICT,
    WEAKNESSES,
    Weakness,
    driver_of,
)

SEED = "tests"
Chat = Callable[[Mapping[str, Any]], Dict[str, Any]]


class _Hello:
    operations: Mapping[str, Any] = {"client.chat": {}}
    features = frozenset(FEATURES)
    reasons = "coded"


class _Adapter:
    """A function as an adapter."""

    def __init__(self, chat: Chat, features: Sequence[str] = FEATURES) -> None:
        self.hello = _Hello()
        self.hello.features = frozenset(features)
        self._chat = chat

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        del op, timeout
        return self._chat(given)

    def close(self) -> None:
        """Nothing is open."""


def attacked(name: str, chat: Chat = chat_reply) -> Result:
    return run_attack(attack_by_id(name), AdapterDriver(_Adapter(chat)), seed=SEED)


# --- The reference ------------------------------------------------------------------------------

SOME = ("honest", "honest-dcap", "honest-signature", "nonce-not-bound", "key-unbound",
        "attestation-redirect", "pck-revoked", "chat-bad-tag", "chat-no-done", "chat-cut",
        "chat-401", "chat-stale-key-once", "chat-key-swapped", "chat-honest-pieces",
        "signature-missing", "chat-stall")  # fmt: skip


@pytest.mark.parametrize("name", SOME)
def test_the_reference_passes(name: str) -> None:
    result = attacked(name)
    assert (result.status, result.detail) == ("pass", "")
    assert result.explanation is None


@pytest.mark.slow
def test_the_reference_passes_everything_with_reasons() -> None:
    results = list(run_attacks(ATTACKS, lambda: AdapterDriver(_Adapter(chat_reply)), seed=SEED))
    assert [result.id for result in results] == [attack.id for attack in ATTACKS]
    assert [(r.id, r.status, r.detail) for r in results if r.status != "pass"] == []


def test_the_reference_as_a_program() -> None:
    command = [sys.executable, str(Path(reference_client.__file__))]
    driver = CommandDriver(command, features=frozenset(FEATURES))
    statuses = {
        name: run_attack(attack_by_id(name), driver, seed=SEED).status
        for name in ("honest-signature", "nonce-foreign", "chat-plaintext-chunk", "chat-stall")
    }
    assert statuses == {
        "honest-signature": "pass",
        "nonce-foreign": "pass_verdict_only",
        "chat-plaintext-chunk": "pass_verdict_only",
        "chat-stall": "pass_verdict_only",
    }


# --- Weak clients -------------------------------------------------------------------------------

_CAUGHT = [(weakness, name) for weakness in WEAKNESSES for name in weakness.caught]
_FIRST = [(weakness, next(iter(weakness.caught))) for weakness in WEAKNESSES]


def _check(weakness: Weakness, name: str) -> None:
    result = run_attack(attack_by_id(name), driver_of(weakness), seed=SEED)
    assert f"{result.status}/{result.subtype}" == weakness.caught[name], result.detail
    assert result.explanation is not None
    assert all(result.explanation)


@pytest.mark.parametrize(
    ("weakness", "name"), _FIRST, ids=lambda value: getattr(value, "name", value)
)
def test_a_weak_client_is_caught(weakness: Weakness, name: str) -> None:
    _check(weakness, name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("weakness", "name"),
    [pair for pair in _CAUGHT if pair not in _FIRST],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_weak_client_is_caught_by_every_attack_on_its_weakness(
    weakness: Weakness, name: str
) -> None:
    _check(weakness, name)


@pytest.mark.slow
def test_the_same_client_without_a_weakness_passes() -> None:
    attacks = [attack for attack in ATTACKS if not attack.slow]
    results = run_attacks(attacks, lambda: driver_of(STRICT), seed=SEED)
    assert [(r.id, r.detail) for r in results if not r.status.startswith("pass")] == []


# --- Leaks --------------------------------------------------------------------------------------


def _send(given: Mapping[str, Any], path: str, body: bytes, headers: Mapping[str, str]) -> None:
    parts = urlsplit(given["base_url"])
    connection = http.client.HTTPConnection(headers.get("Host", parts.netloc), timeout=5)
    try:
        connection.request("POST", parts.path + path, body, dict(headers))
        connection.getresponse().read()
    finally:
        connection.close()


def _prompt(given: Mapping[str, Any]) -> str:
    return str(given["messages"][-1]["content"])


def _in_body(encode: Callable[[str], bytes]) -> Callable[[Mapping[str, Any]], None]:
    return lambda given: _send(given, "/telemetry", encode(_prompt(given)), {})


def _word(given: Mapping[str, Any]) -> str:
    return _prompt(given).split()[4].rstrip(",")


def _port(given: Mapping[str, Any]) -> int:
    return urlsplit(given["base_url"]).port or 0


LEAKS: Dict[str, Tuple[Callable[[Mapping[str, Any]], None], str]] = {
    "raw": (_in_body(str.encode), "body"),
    "utf-16": (_in_body(lambda text: text.encode("utf-16")), "body"),
    "utf-16-be": (_in_body(lambda text: text.encode("utf-16-be")), "body"),
    "base64-0": (_in_body(lambda text: base64.b64encode(text.encode())), "body"),
    "base64-1": (_in_body(lambda text: base64.b64encode(b"a" + text.encode())), "body"),
    "base64-2": (_in_body(lambda text: base64.urlsafe_b64encode(b"ab" + text.encode())), "body"),
    "hex": (_in_body(lambda text: text.encode().hex().encode()), "body"),
    "capital hex": (_in_body(lambda text: text.encode().hex().upper().encode()), "body"),
    "escapes": (
        _in_body(lambda text: json.dumps("".join(f"\\u{ord(a):04x}" for a in text)).encode()),
        "body",
    ),
    "gzip": (_in_body(lambda text: gzip.compress(text.encode())), "body"),
    "deflate": (_in_body(lambda text: zlib.compress(text.encode())), "body"),
    "reversed": (_in_body(lambda text: text[::-1].encode()), "body"),
    "query": (
        lambda given: _send(given, "/search?q=" + quote(_prompt(given)), b"", {}),
        "request line",
    ),
    "path": (lambda given: _send(given, "/" + _word(given), b"", {}), "request line"),
    "header": (lambda given: _send(given, "/x", b"", {"X-Title": _word(given)}), "header x-title"),
    "system prompt": (
        lambda given: _send(given, "/x", given["messages"][0]["content"].encode(), {}),
        "body",
    ),
    "key in the URL": (
        lambda given: _send(given, "/x?key=" + given["api_key"], b"", {}),
        "request line",
    ),
    "key to another origin": (
        lambda given: _send(
            given,
            "/x",
            b"",
            {"Host": f"localhost:{_port(given)}", "Authorization": f"Bearer {given['api_key']}"},
        ),
        "header authorization",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leaking_client_is_caught(name: str) -> None:
    leak, place = LEAKS[name]

    def chat(given: Mapping[str, Any]) -> Dict[str, Any]:
        leak(given)
        return chat_reply(given)

    result = attacked("honest", chat)
    assert (result.status, result.subtype) == ("fail", "leak")
    assert f"of request 0, {place}" in result.detail
    assert "at byte" in result.detail


def test_a_leak_after_the_refusal_is_caught_as_well() -> None:
    def chat(given: Mapping[str, Any]) -> Dict[str, Any]:
        reply = chat_reply(given)
        _send(given, "/crash-report", json.dumps(given["messages"]).encode(), {})
        return reply

    result = attacked("verified-false", chat)
    assert result.subtype == "leak"
    assert "and 1 more" in result.detail


# --- Clients that are of no use -----------------------------------------------------------------


def _refuses(given: Mapping[str, Any]) -> Dict[str, Any]:
    del given
    return {"reject": {}}


def test_who_refuses_everything_proves_nothing() -> None:
    attacks = [attack_by_id(name) for name in ("honest", "nonce-foreign", "chat-honest-crlf")]
    results = list(run_attacks(attacks, lambda: AdapterDriver(_Adapter(_refuses)), seed=SEED))
    assert [(r.status, r.subtype) for r in results] == [
        ("fail", "rejected_valid"),
        ("inconclusive", ""),
        ("fail", "rejected_valid"),
    ]
    assert all(results[1].explanation or ())


@pytest.mark.slow
def test_who_refuses_everything_fails_every_honest_scenario() -> None:
    attacks = [attack for attack in ATTACKS if attack.expects == ENDURE]
    assert len(attacks) > 15
    results = run_attacks(attacks, lambda: AdapterDriver(_Adapter(_refuses)), seed=SEED)
    assert {result.subtype for result in results} == {"rejected_valid"}


@pytest.mark.slow
def test_who_waits_for_ever_is_cut_off() -> None:
    def chat(given: Mapping[str, Any]) -> Dict[str, Any]:
        parts = urlsplit(given["base_url"])
        path = f"{parts.path}/tee/attestation?model={given['model']}&nonce={'0' * 64}"
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
            while connection.recv(4096):
                pass  # until the suite loses its patience
        return {"ok": {"text": "", "complete": True}}

    result = attacked("attestation-slow", chat)
    assert (result.status, result.subtype) == ("fail", "accepted_invalid")


def test_who_claims_success_without_a_request_is_caught() -> None:
    for name in ("nonce-foreign", "chat-cut", "honest"):
        result = attacked(name, lambda _: {"ok": {"text": "", "complete": True}})
        assert result.status == "fail"


def test_what_a_client_does_not_declare_is_not_applicable() -> None:
    driver = AdapterDriver(_Adapter(_refuses, features=("dcap",)))
    result = run_attack(attack_by_id("signature-missing"), driver, seed=SEED)
    assert result.status == "not_applicable"
    assert "signature" in result.detail
    assert run_attack(attack_by_id("pck-revoked"), driver, seed=SEED).status != "not_applicable"


def test_a_control_decides() -> None:
    passed, failed = attacked("honest"), attacked("honest", _refuses)
    refused, honest = attacked("nonce-foreign"), attacked("honest-phala")
    assert judge_control(refused, passed).status == "pass"
    assert judge_control(refused, None).status == "pass"
    assert judge_control(refused, failed).status == "inconclusive"
    assert judge_control(honest, failed).status == "pass"
    assert judge_control(failed, failed) is failed


# --- Many ---------------------------------------------------------------------------------------


class _Canned:
    """Passes or fails without a conversation, and notes what it was told."""

    features = frozenset(FEATURES)
    reasons = "none"

    def __init__(self, told: List[Any]) -> None:
        self._told = told

    def chat(self, task: Any, *, timeout: float) -> Any:
        del timeout
        self._told.append(task)
        raise RuntimeError("a mistake in the suite")

    def close(self) -> None:
        self._told.append("closed")


def test_a_mistake_of_the_suite_reaches_the_caller_and_closes_the_drivers() -> None:
    told: List[Any] = []
    with pytest.raises(RuntimeError):
        list(run_attacks(ATTACKS[:6], lambda: _Canned(told), jobs=2, seed=SEED))
    assert told.count("closed") == 2


def test_a_client_is_not_told_what_is_tested() -> None:
    told: List[Any] = []
    with pytest.raises(RuntimeError):
        list(run_attacks([attack_by_id("chat-bad-tag")], lambda: _Canned(told), seed=SEED))
    text = json.dumps(told[0]._replace(trust_root=""))
    assert "chat-bad-tag" not in text
    assert "scenario" not in text
    assert SEED not in text


def test_two_seeds_have_other_secrets_and_one_seed_the_same() -> None:
    def prompts(seed: str) -> Iterator[str]:
        for attack in (attack_by_id("honest"), attack_by_id("chat-cut")):
            told: List[Any] = []
            with pytest.raises(RuntimeError):
                run_attack(attack, _Canned(told), seed=seed)
            yield told[0].prompt

    one, again, other = (list(prompts(seed)) for seed in ("1", "1", "2"))
    assert one == again
    assert len({*one, *other}) == 4


def test_progress_comes_with_every_result() -> None:
    seen: List[str] = []
    attacks: List[Attack] = [attack for attack in ATTACKS if attack.expects == ENDURE][:4]
    results = run_attacks(
        attacks,
        lambda: AdapterDriver(_Adapter(_refuses)),
        jobs=3,
        seed=SEED,
        progress=lambda result: seen.append(result.id),
    )
    assert sorted(result.id for result in results) == sorted(seen)
