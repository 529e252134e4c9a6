"""The loop of an adapter, and the reference behind it."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Mapping

import pytest

from conformance.adapters.open import REFERENCE, AdapterSpec, open_adapter, reference_command
from conformance.adapters.protocol import MAX_LINE, parse_hello
from conformance.adapters.reference.handle import handle
from conformance.adapters.reference.operations import OPERATIONS
from conformance.adapters.server import serve_lines
from conformance.cli import adapter as adapter_command

KEY = "0445f90e503b81bba5f63b3a5070249cfb9153135181fdf869cd82b401cc7c7a36"


def serve(*lines: bytes, by: Any = None) -> List[Dict[str, Any]]:
    def echo(request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"ok": dict(request["in"])}

    output = io.BytesIO()
    serve_lines(by or echo, io.BytesIO(b"".join(lines)), output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def request(ident: str, op: str = "x", **given: Any) -> bytes:
    return json.dumps({"id": ident, "op": op, "in": given}).encode() + b"\n"


def test_each_request_has_one_reply() -> None:
    replies = serve(request("1", a=1), b"\n", request("2"), request("3", "bye"), request("4"))
    assert replies == [{"id": "1", "ok": {"a": 1}}, {"id": "2", "ok": {}}, {"id": "3", "ok": {}}]


@pytest.mark.parametrize(
    "line",
    [b"x\n", b'{"id": "x", "op"\n', b"[]\n", b'{"id": 1, "op": "x", "in": {}}\n', b"\xff\n",
     b'{"id": "x", "op": "x"}\n', b'{"id": "x", "op": "x", "in": []}\n'],
)  # fmt: skip
def test_a_line_that_is_no_request_is_answered_and_left(line: bytes) -> None:
    first, second = serve(line, request("2"))
    assert first["id"] is None
    assert "message" in first["error"]
    assert second == {"id": "2", "ok": {}}


def test_a_line_that_is_too_long_is_left() -> None:
    first, second = serve(b"[" + b" " * (2 * MAX_LINE + 9) + b"]\n", request("2"))
    assert first["id"] is None
    assert second["id"] == "2"


def test_a_last_line_without_an_end_is_answered() -> None:
    assert serve(request("1").rstrip(b"\n"))[0]["id"] == "1"


def test_what_raises_is_an_error() -> None:
    def broken(_request: Mapping[str, Any]) -> Mapping[str, Any]:
        raise ValueError("seen")

    (reply,) = serve(request("1"), by=broken)
    assert reply["error"]["message"] == "ValueError: seen"
    assert "Traceback" in reply["error"]["trace"]


def test_a_reply_that_is_too_long_is_an_error() -> None:
    (reply,) = serve(request("1"), by=lambda _request: {"ok": {"x": "x" * MAX_LINE}})
    assert "longer than" in reply["error"]["message"]


def test_the_reference_declares_what_it_has() -> None:
    hello = parse_hello(handle({"id": "1", "op": "hello", "in": {}})["ok"])
    assert set(hello.operations) == {*OPERATIONS, "client.chat"}
    assert hello.reasons == "coded"
    assert set(hello.inject) == {"rng", "clock", "base_url", "trust_anchors"}
    assert {"aad", "lone-surrogates", "session", "dcap", "gpu-nras", "signature"} == hello.features
    assert handle({"id": "1", "op": "bye", "in": {}}) == {"id": "1", "ok": {}}


def test_a_mistake_of_the_reference_is_an_error() -> None:
    reply = handle({"id": "1", "op": "key.parse", "in": {}})
    assert "KeyError" in reply["error"]["message"]
    assert handle({"id": "1", "op": "nothing", "in": {}}) == {"id": "1", "unsupported": "nothing"}


@pytest.mark.parametrize("kind", ["in process", "command"])
def test_the_reference_over_both_ways(kind: str) -> None:
    spec = REFERENCE if kind == "in process" else AdapterSpec("command", reference_command())
    adapter = open_adapter(spec)
    assert adapter.hello.implementation["name"] == "venice-ref"
    reply = adapter.ask("key.parse", {"text": KEY}, timeout=10)
    assert (reply["reject"]["stage"], reply["reject"]["reason"]) == ("key", "form")
    assert adapter.warnings == []
    adapter.close()


def test_the_reference_out_of_an_archive(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[4]
    archive = tmp_path / "suite.pyz"
    with zipfile.ZipFile(archive, "w") as packed:
        for package in ("conformance", "venice_ref"):
            for path in sorted((root / package).rglob("*.py")):
                packed.write(path, path.relative_to(root).as_posix())
        packed.write(root / "conformance/requirements.json", "conformance/requirements.json")
    program = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "from conformance.adapters.open import AdapterSpec, open_adapter, reference_command\n"
        "adapter = open_adapter(AdapterSpec('command', reference_command()))\n"
        "print(adapter.ask('key.parse', {'text': 'zz'}, timeout=20)['reject']['reason'])\n"
        "adapter.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=True, timeout=60
    )
    assert done.stdout.strip() == b"form"


def test_what_is_printed_does_not_stand_among_replies() -> None:
    root = Path(__file__).resolve().parents[4]
    program = (
        "import sys, argparse\n"
        "import conformance.adapters.reference.handle as module\n"
        "from conformance.cli.adapter import adapter\n"
        "module.handle = lambda request: print('noise') or {'ok': {}}\n"
        "sys.exit(adapter(argparse.Namespace()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=request("1"), capture_output=True, cwd=root, check=True, timeout=30,
    )  # fmt: skip
    assert json.loads(done.stdout) == {"id": "1", "ok": {}}
    assert b"noise" in done.stderr


def test_the_command_has_no_options() -> None:
    parser = argparse.ArgumentParser()
    adapter_command.add_arguments(parser)
    assert vars(parser.parse_args([])) == {}
