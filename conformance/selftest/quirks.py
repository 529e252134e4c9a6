"""The reference behind an adapter that is odd, and within its rights."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Dict, Final, Mapping

from conformance.selftest.running import declared, reference

__all__ = ["QUIRKS", "main"]

QUIRKS: Final = {
    "spaces": "writes spaces between the members, and ends its lines with CR and LF",
    "no-escapes": "writes characters as they are, and not as escapes",
    "all-escapes": "writes every character of a text as an escape",
    "chatty": "writes much to standard error",
    "stray": "prints a line on standard output before each reply",
    "pieces": "writes its replies in small pieces",
}
"""What each of them does."""


def main() -> None:
    """Answer requests as the quirk in the first argument says, until the input ends."""
    quirk = sys.argv[1]
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        request = json.loads(line)
        op = request["op"]
        reply = {"ok": declared()} if op == "hello" else reference(op, request["in"])
        if quirk == "chatty":
            sys.stderr.write(f"{op} came in\n" * 50)
        if quirk == "stray":
            out.write(b"debug: a request came in\n")
        _write(quirk, {"id": request["id"], **reply})


def _write(quirk: str, reply: Mapping[str, Any]) -> None:
    out = sys.stdout.buffer
    content = _encoded(quirk, dict(reply))
    size = 7 if quirk == "pieces" and len(content) < 4096 else len(content)
    for at in range(0, len(content), size):
        out.write(content[at : at + size])
        out.flush()
        if size < len(content) and at == 0:
            time.sleep(0.001)


def _encoded(quirk: str, reply: Dict[str, Any]) -> bytes:
    if quirk == "spaces":
        return json.dumps(reply, separators=("  ,  ", "  :  ")).encode("ascii") + b"  \r\n"
    if quirk == "no-escapes":
        try:
            return json.dumps(reply, ensure_ascii=False).encode("utf-8") + b"\n"
        except UnicodeEncodeError:  # half of a surrogate pair has no other form
            return json.dumps(reply).encode("ascii") + b"\n"
    text = json.dumps(reply)
    if quirk == "all-escapes" and "\\" not in text:
        pieces = text.split('"')
        pieces[1::2] = ["".join(f"\\u{ord(one):04x}" for one in piece) for piece in pieces[1::2]]
        text = '"'.join(pieces)
    return text.encode("ascii") + b"\n"


if __name__ == "__main__":
    main()
