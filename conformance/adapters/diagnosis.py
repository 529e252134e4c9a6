"""What usually lies behind a fault of an adapter, and what mends it.

A fault is known by what was seen: the detail of an `AdapterFailure`, or the end of what the adapter
wrote to standard error.
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple, Tuple

from conformance.adapters.protocol import AdapterFailure

__all__ = [
    "BROKE",
    "BUFFERED",
    "LIKE_A_REPLY",
    "UNFINISHED",
    "Advice",
    "advice_for",
    "advice_on_output",
]


LIKE_A_REPLY: Final = "begins like a reply and cannot be read"
"""Of a line that begins with `{`; part of the detail of its failure."""


class Advice(NamedTuple):
    """Why it happens, and what to do."""

    cause: str
    remedy: str


BUFFERED: Final = Advice(
    "the reply came only after standard input was closed: it was held back in a buffer, or the"
    " adapter reads its whole input before it answers",
    "read one line at a time, and flush after each reply. Python: print(..., flush=True) and"
    " `for line in sys.stdin`. C: setvbuf(stdout, NULL, _IOLBF, 0) and getline. Go: Flush the"
    " bufio.Writer. Rust: stdout().flush(). Node: readline on process.stdin and not the event"
    " 'end'. Java: System.out.flush(). Ruby: $stdout.sync = true. A shell: jq --unbuffered",
)
UNFINISHED: Final = Advice(
    "the reply has no line end, so nobody can know that it is complete",
    'write "\\n" after each reply, and flush',
)
_SILENT: Final = Advice(
    "it does not read standard input, or waits for something else, such as a whole file, a"
    " terminal or a network",
    'try it by hand: echo \'{"id":"1","op":"hello","in":{}}\' | ADAPTER',
)
_FOLDER: Final = Advice(
    "it was started in an empty folder with few environment variables, and looks for its files or"
    " modules where it was started",
    "name its files by a path, or find them from the place of the program; variables that it needs"
    " are handed on with --adapter-env NAME, such as PYTHONPATH, NODE_PATH or HOME",
)
_PRETTY: Final = Advice(
    "the reply is written over several lines", "write JSON without line breaks and indentation"
)
_REPR: Final = Advice(
    "the reply is written as the language shows an object, and not as JSON",
    "write it with an encoder: json.dumps in Python, JSON.stringify in JavaScript",
)
_STRAY: Final = Advice(
    "something else is printed to standard output: a log, a banner, or the output of a build",
    "write logs to standard error (Python: file=sys.stderr or logging, Node: console.error, Go:"
    " log.Println), and only replies to standard output",
)
_ONE_REQUEST: Final = Advice(
    "it answers one request and returns",
    "read lines in a loop until the end of the input: one process answers all requests",
)
_NO_ADAPTER: Final = Advice(
    "it ends without reading its input: the command starts something else, or an adapter that was"
    " never built",
    "read lines from standard input in a loop; new-adapter writes a skeleton that does",
)
BROKE: Final = Advice(
    "the input raised an exception that nobody caught, or the program was ended from outside",
    'catch what a request raises and answer {"id": ..., "error": {"message": ...}}; what it wrote'
    " to standard error is shown below",
)
_LINE_LIMIT: Final = Advice(
    "its reader of lines has a limit, such as the 64 KiB of bufio.Scanner in Go",
    "a line may have 8 MiB: Go: scanner.Buffer(nil, 8<<20) or bufio.Reader; C: getline",
)
_FORM: Final = Advice(
    "the reply is not of the form of the protocol", "see the four replies in PROTOCOL.md"
)
_ID: Final = Advice(
    "the id of the request is not copied into its reply, or a request was answered twice",
    'copy the text of "id" as it is, once, into each reply',
)
_COMMAND: Final = Advice("the command does not name a program that can be started", "")
_ECHO: Final = Advice(
    "the request came back: standard input is copied to standard output, as a terminal does",
    "print replies only",
)
_OPERATIONS: Final = Advice(
    "what the implementation can do is not declared",
    'add "operations" to the reply to hello: an object with a member for each operation',
)

_ON_STDERR: Final = re.compile(
    r"No module named|ModuleNotFoundError|Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND"
    r"|can't open file|No such file or directory|go\.mod file not found|could not find `Cargo"
    r"|LoadError|ClassNotFound|Permission denied"
)
_TABLE: Final[Tuple[Tuple[str, Advice], ...]] = (
    ("there is no program", _COMMAND),
    ("is not executable", _COMMAND),
    ("could not be started", _COMMAND),
    ("is not a program", _COMMAND),
    ('hello has no "operations"', _OPERATIONS),
    ('the reply has "op"', _ECHO),
    ("without a line end", UNFINISHED),
    ("half a line", UNFINISHED),
    ("has the id", _ID),
    ('text as "id"', _ID),
    ("no replies", _STRAY),
    ("is no reply", _STRAY),
    ("exit code 0 before it answered hello", _NO_ADAPTER),
    ("ended with exit code 0", _ONE_REQUEST),
    ("it ended with", BROKE),
    ("closed its standard output", BROKE),
    ("the function raised", BROKE),
    ("nothing listens", Advice("the service does not run, or listens elsewhere", "start it")),
)
_BY_KIND: Final = {"timeout": _SILENT, "protocol_error": _FORM, "crash": BROKE}


def advice_for(failure: AdapterFailure, *, large: bool = False) -> Advice:
    """Return the usual cause of a failure and its remedy; `large` where the request was."""
    if large and failure.kind in ("timeout", "crash"):
        return _LINE_LIMIT
    if failure.kind == "crash" and _ON_STDERR.search(failure.stderr):
        return _FOLDER
    found = (advice for text, advice in _TABLE if text in failure.detail)
    return next(found, _BY_KIND[failure.kind])


def advice_on_output(output: bytes) -> Advice:
    """Return what is wrong with lines on standard output that were no replies."""
    text = output.decode("utf-8", "replace").strip()
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        if re.match(r"\{\s*'|\[object Object\]|map\[", text):
            return _REPR
        return _STRAY
    if isinstance(whole, dict) and "id" in whole and "\n" in text:
        return _PRETTY
    return _STRAY
