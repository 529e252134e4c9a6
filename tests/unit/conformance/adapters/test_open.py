"""What a command line names as an adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

import pytest

from conformance.adapters.error_map import parse_error_map
from conformance.adapters.open import AdapterSpec, AdapterUsageError, open_adapter, parse_adapter
from conformance.adapters.protocol import StartFailure
from tests.unit.conformance.adapters.scripts import looping, sound

MODULE = """\
HELLO = {"protocol": 1, "implementation": {"name": "m", "version": "1", "language": "Python"},
         "operations": {}}
def handle(request):
    if request["op"] == "hello":
        return {"id": request["id"], "ok": HELLO}
    return {"id": request["id"], "unsupported": request["op"]}
number = 3
"""


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("./a", "command", ("./a",)),
        ("node 'my adapter.js' --x=\"1 2\"", "command", ("node", "my adapter.js", "--x=1 2")),
        ("py:a.b:c", "python", ("a.b", "c")),
        ("http://127.0.0.1:8080/x", "url", ("http://127.0.0.1:8080/x",)),
        ("https://device.example", "url", ("https://device.example",)),
    ],
)
def test_what_is_named(text: str, kind: str, target: Tuple[str, ...]) -> None:
    spec = parse_adapter(text)
    assert (spec.kind, spec.target, spec.text) == (kind, target, text)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "a 'b", "py:", "py:a", "py:a.b", "py:a:b:c", "py:a-b:c", "http://", "http:///x",
     "http://host:99999/", "http://host:x/", "http://a b/", "http://host/\n"],
)  # fmt: skip
def test_what_names_none(text: str) -> None:
    with pytest.raises(AdapterUsageError):
        parse_adapter(text)


def test_a_function_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "adapter_of_mine.py").write_text(MODULE, "utf-8")
    (tmp_path / "adapter_that_raises.py").write_text("1 / 0", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    adapter = open_adapter(parse_adapter("py:adapter_of_mine:handle"))
    assert adapter.ask("x", {}, timeout=5)["unsupported"] == "x"
    adapter.close()
    for text in ("py:adapter_of_mine:other", "py:adapter_of_mine:number", "py:no_such_module:f"):
        with pytest.raises(AdapterUsageError, match="function"):
            open_adapter(parse_adapter(text))
    with pytest.raises(StartFailure, match="ZeroDivisionError"):
        open_adapter(parse_adapter("py:adapter_that_raises:handle"))


def test_a_command_is_started(tmp_path: Path) -> None:
    adapter = open_adapter(AdapterSpec("command", sound(tmp_path)))
    assert adapter.ask("key.parse", {"text": "zz"}, timeout=5)["reject"] == {}
    adapter.close()


def test_an_error_map_is_applied(tmp_path: Path) -> None:
    command = looping(tmp_path, "reply(request, reject={'native': 'InvalidTag: no'})")
    meaning = parse_error_map(b'{"envelope:tag": ["InvalidTag"]}')
    adapter = open_adapter(AdapterSpec("command", command, error_map=meaning))
    assert adapter.hello.implementation["name"] == "script"
    assert adapter.ask("x", {}, timeout=5)["reject"] == {
        "native": "InvalidTag: no", "stage": "envelope", "reason": "tag",
    }  # fmt: skip
    adapter.close()
