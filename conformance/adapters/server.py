"""The loop of an adapter: reads requests from one stream and writes replies to another."""

from __future__ import annotations

import json
import traceback
from typing import Any, BinaryIO, Dict, Final, Iterator, Mapping

from conformance.adapters.inprocess import Handle
from conformance.adapters.protocol import MAX_LINE, ProtocolError, decode_object

__all__ = ["serve_lines"]

_NOT_A_REQUEST: Final = 'a request is an object with "id", "op" and "in"'


def serve_lines(handle: Handle, stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer each request with what `handle` returns, until `bye` or the end of the input.

    What `handle` raises becomes the reply `error`.  A line that is not a request is answered with
    the id null, and the next line is read as usual.
    """
    for line in _lines(stdin):
        try:
            request = _request(line)
        except ProtocolError as error:
            _write(stdout, {"id": None, "error": {"message": str(error)}})
            continue
        _write(stdout, _answer(handle, request))
        if request["op"] == "bye":
            return


def _answer(handle: Handle, request: Mapping[str, Any]) -> Mapping[str, Any]:
    if request["op"] == "bye":
        return {"id": request["id"], "ok": {}}
    try:
        return {**handle(request), "id": request["id"]}
    except Exception as error:  # noqa: BLE001  whatever it is, it is the reply and not the end
        return {
            "id": request["id"],
            "error": {
                "message": f"{type(error).__name__}: {error}",
                "trace": traceback.format_exc(),
            },
        }


def _lines(stdin: BinaryIO) -> Iterator[bytes]:
    """Yield the lines; of one that is too long only the beginning, which is not JSON."""
    while True:
        line = stdin.readline(MAX_LINE + 2)
        if not line:
            return
        end = line
        while end and not end.endswith(b"\n"):
            end = stdin.readline(MAX_LINE)
        if line.strip():
            yield line


def _request(line: bytes) -> Mapping[str, Any]:
    request = decode_object(line)
    known = isinstance(request.get("id"), str) and isinstance(request.get("op"), str)
    if not known or not isinstance(request.get("in"), dict):
        raise ProtocolError(_NOT_A_REQUEST)
    return request


def _write(stdout: BinaryIO, reply: Mapping[str, Any]) -> None:
    line = json.dumps(reply, separators=(",", ":")).encode("ascii")
    if len(line) > MAX_LINE:
        short: Dict[str, Any] = {"message": f"the reply would be longer than {MAX_LINE} bytes"}
        line = json.dumps({"id": reply["id"], "error": short}).encode("ascii")
    stdout.write(line + b"\n")
    stdout.flush()
