"""An adapter in this process is held to the same protocol as one over a line."""

from __future__ import annotations

import time
from typing import Any, Dict, Mapping

import pytest

from conformance.adapters.inprocess import InProcessAdapter
from conformance.adapters.protocol import AdapterFailure, StartFailure
from tests.unit.conformance.adapters.scripts import HELLO


def make(other: Any) -> InProcessAdapter:
    def handle(request: Mapping[str, Any]) -> Mapping[str, Any]:
        if request["op"] == "hello":
            return {"id": request["id"], "ok": HELLO}
        reply = other(request)
        return {"id": request["id"], **reply} if isinstance(reply, dict) else reply

    return InProcessAdapter(handle)


def fails(adapter: InProcessAdapter, timeout: float = 5.0) -> AdapterFailure:
    with pytest.raises(AdapterFailure) as caught:
        adapter.ask("probe.x", {}, timeout=timeout)
    adapter.close()
    return caught.value


def test_it_answers() -> None:
    adapter = make(lambda request: {"unsupported": request["op"]})
    assert adapter.hello.implementation["name"] == "script"
    assert adapter.ask("probe.x", {}, timeout=5)["unsupported"] == "probe.x"
    adapter.close()
    adapter.close()


def test_a_test_cannot_be_changed() -> None:
    def other(request: Dict[str, Any]) -> Dict[str, Any]:
        request["in"]["list"].append("more")
        return {"ok": {}}

    adapter = make(other)
    given: Dict[str, Any] = {"list": []}
    adapter.ask("probe.x", given, timeout=5)
    adapter.close()
    assert given == {"list": []}


def test_an_exception_is_a_crash() -> None:
    failure = fails(make(lambda request: request["missing"]))
    assert failure.kind == "crash"
    assert "KeyError" in failure.detail
    assert "Traceback" in failure.stderr


def test_an_exit_is_a_crash() -> None:
    def other(_request: Mapping[str, Any]) -> Dict[str, Any]:
        raise SystemExit(3)

    assert fails(make(other)).kind == "crash"


def test_a_hang_is_a_timeout_and_the_next_request_is_answered() -> None:
    def other(request: Mapping[str, Any]) -> Dict[str, Any]:
        time.sleep(0.4 if request["in"].get("slow") else 0)
        return {"ok": {}}

    adapter = make(other)
    began = time.monotonic()
    with pytest.raises(AdapterFailure) as caught:
        adapter.ask("probe.x", {"slow": True}, timeout=0.05)
    assert caught.value.kind == "timeout"
    assert time.monotonic() - began < 0.4
    assert adapter.ask("probe.x", {}, timeout=5)["ok"] == {}
    assert "goes on in the background" in adapter.warnings[0]
    adapter.close()


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ({"ok": {"public": b"\x04"}}, "not JSON"),
        ({"ok": {"x": float("nan")}}, "not JSON"),
        ({"ok": "x" * 9 * 2**20}, "longer than"),
        ({"id": "another", "ok": {}}, "the id of another"),
        ({"verdict": "pass"}, '"verdict"'),
        (None, "null and not an object"),
    ],
)
def test_what_is_no_reply(reply: Any, told: str) -> None:
    failure = fails(make(lambda _request: reply))
    assert failure.kind == "protocol_error"
    assert told in failure.detail


@pytest.mark.parametrize(
    ("hello", "kind"),
    [({"ok": {}}, "protocol_error"), ({"unsupported": "hello"}, "protocol_error")],
)
def test_a_bad_hello(hello: Dict[str, Any], kind: str) -> None:
    with pytest.raises(StartFailure) as caught:
        InProcessAdapter(lambda request: {"id": request["id"], **hello})
    assert caught.value.kind == kind


def test_a_hello_that_hangs() -> None:
    def handle(_request: Mapping[str, Any]) -> Mapping[str, Any]:
        time.sleep(0.3)
        return {}

    with pytest.raises(StartFailure) as caught:
        InProcessAdapter(handle, startup_timeout=0.05)
    assert caught.value.kind == "timeout"
