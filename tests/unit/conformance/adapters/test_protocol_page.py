"""Every exchange on the page for authors of adapters is one that the suite would accept."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from conformance.adapters import inprocess, probes, process
from conformance.adapters.protocol import (
    MAX_LINE,
    MAX_STDERR,
    REASONS,
    REPLIES,
    check_reply,
    hello_input,
    hello_of,
)
from conformance.adapters.reference.handle import handle
from conformance.operations import MANDATORY

PAGE = Path(probes.__file__).with_name("PROTOCOL.md").read_text(encoding="utf-8")


def exchanges() -> List[Tuple[Dict[str, Any], Dict[str, Any]]]:
    found = []
    for block in re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL):
        request, reply = map(json.loads, block.splitlines())
        found.append((request, reply))
    return found


def test_the_exchanges_show_every_reply() -> None:
    kinds = {name for _, reply in exchanges() for name in reply if name != "id"}
    assert kinds == set(REPLIES)


@pytest.mark.parametrize(("request_", "reply"), exchanges(), ids=lambda value: value.get("op", ""))
def test_an_exchange_is_sound(request_: Dict[str, Any], reply: Dict[str, Any]) -> None:
    assert set(request_) == {"id", "op", "in"}
    assert check_reply(reply)["id"] == request_["id"]
    if request_["op"] == "hello":
        assert request_["in"] == hello_input()
        assert set(hello_of(reply).raw) == {
            "protocol", "implementation", "operations", "features", "inject", "reasons", "limits",
        }  # fmt: skip
    elif "error" not in reply:
        assert handle(request_) == reply


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"at most {MAX_LINE >> 20} MiB" in PAGE
    assert f"last {MAX_STDERR >> 10} KiB" in PAGE
    assert f"up to {process.MAX_STRAY_LINES} lines or {process.MAX_STRAY_BYTES >> 20} MiB" in PAGE
    assert f"Start is given {inprocess._STARTUP:g} s" in PAGE
    assert all(f"- `{reason}`:" in PAGE for reason in REASONS)


def test_the_mandatory_operations_are_named() -> None:
    (listed,) = re.findall(r"every client needs \(([^)]*)\)", PAGE)
    assert set(re.findall(r"`([^`]+)`", listed)) == MANDATORY


def test_there_are_ten_mistakes() -> None:
    assert re.findall(r"(?m)^([0-9]+)\. \*\*", PAGE) == [str(n) for n in range(1, 11)]
