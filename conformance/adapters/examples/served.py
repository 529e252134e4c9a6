"""What the Python adapters share: the loop with a quiet standard output, and stand-ins.

An adapter translates and does nothing else.  What an implementation prints belongs to what it
shows, and is kept apart from the replies; what it raises is its refusal, in its own words.
"""

from __future__ import annotations

import contextlib
import io
import sys
from typing import Any, Callable, Dict, List, Mapping

from conformance.adapters.server import serve_lines

__all__ = ["Operation", "Refused", "Unsupported", "released", "serve"]

Operation = Callable[[Mapping[str, Any]], Dict[str, Any]]
"""The input of a request -> what `ok` holds."""


class Unsupported(Exception):  # noqa: N818  an answer, not an error
    """The implementation has no way to be asked this; the text says what it has no way for."""


class Refused(Exception):  # noqa: N818  an answer, not an error
    """The implementation refused after it had shown something."""

    def __init__(self, native: str, shown: Any) -> None:
        super().__init__(native)
        self.released = shown


def serve(hello: Mapping[str, Any], operations: Mapping[str, Operation]) -> None:
    """Answer requests on standard input until its end."""

    def handle(request: Mapping[str, Any]) -> Dict[str, Any]:
        op = request["op"]
        if op == "hello":
            return {"ok": hello}
        if op not in operations:
            return {"unsupported": op}
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                return {"ok": operations[op](request["in"])}
        except Unsupported as lacking:
            return {"unsupported": str(lacking)}
        except Refused as refusal:
            return {"reject": {"native": str(refusal), "released": refusal.released}}
        except Exception as error:  # noqa: BLE001  whatever it raises is its refusal
            return {"reject": {"native": f"{type(error).__name__}: {error}"}}

    serve_lines(handle, sys.stdin.buffer, sys.stdout.buffer)


def released(text: str) -> List[Dict[str, str]]:
    """Return shown text in the form of `stream.open`."""
    return [{"kind": "content", "text": text}] if text else []
