"""Mutants of the event stream, of the encrypted answer, and of the session."""

from __future__ import annotations

from typing import Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_SSE = "venice_ref/codec/sse.py"
_CHUNK = "venice_ref/e2ee/chunk.py"
_STREAM = "venice_ref/e2ee/stream.py"
_SESSION = "venice_ref/session.py"
_TABLE = "venice_ref/transitions.py"

MUTANTS: Tuple[Mutant, ...] = (
    # --- The event stream -----------------------------------------------------------------------
    Mutant(
        "stream.decode-each-piece", _SSE,
        "        raw = bytes(chunk)\n",
        '        raw = bytes(chunk).decode("utf-8", "replace").encode("utf-8")\n',
        ("SSE-1", "SSE-7"), "Each piece is decoded by itself, with U+FFFD for what is cut.",
    ),
    Mutant(
        "stream.lf-after-cr", _SSE,
        "            if piece[0] == _LF:\n",
        "            if False:\n",
        ("SSE-1", "SSE-2"), "An LF that begins a piece ends a line of its own.",
    ),
    Mutant(
        "stream.lines-by-text", _SSE,
        "        self._lines = iter(piece.splitlines(keepends=True))",
        '        self._lines = iter(piece.replace(b"\\x0c", b"\\n").splitlines(keepends=True))',
        ("SSE-2",), "Lines end at FF as well, as they do for `str.splitlines`.",
    ),
    Mutant(
        "stream.trim-data", _SSE,
        "            start += 1  # one space, no more  [SSE-9]\n        value = raw[start:]",
        "            start += 1\n        value = raw[start:].strip()",
        ("SSE-9",), "All white space around a value is removed.",
    ),
    Mutant(
        "stream.space-required", _SSE,
        '        if name == b"data":\n',
        '        if name == b"data" and raw[5:6] == b" ":\n',
        ("SSE-9", "SSE-10"), "The text `data: ` is searched for, with its space.",
    ),
    Mutant(
        "stream.keep-bom", _SSE,
        "            raw = raw[len(BOM_UTF8) :]  # [SSE-4]",
        "            raw = raw[0:]  # [SSE-4]",
        ("SSE-4",), "A byte order mark is part of the first name.",
    ),
    Mutant(
        "stream.bom-anywhere", _SSE,
        "if self._line_number == 1 and raw.startswith(BOM_UTF8):",
        "if raw.startswith(BOM_UTF8):",
        ("SSE-4",), "A byte order mark is taken off every line.",
    ),
    Mutant(
        "stream.join-with-nothing", _SSE,
        '            self._data += b"\\n"  # [SSE-5]\n',
        "            pass\n",
        ("SSE-5",), "Data lines are joined without LF.",
    ),
    Mutant(
        "stream.dispatch-empty", _SSE,
        "            return None  # [SSE-10]\n",
        "            data = bytearray()\n",
        ("SSE-10",), "An event without data is dispatched.",
    ),
    Mutant(
        "stream.drop-empty-data", _SSE,
        "        if data is None:\n",
        "        if not data:\n",
        ("SSE-10",), "An event with empty data is dropped.",
    ),
    Mutant(
        "stream.keep-type", _SSE,
        '        event_type, self._type = self._type, ""\n',
        "        event_type = self._type\n",
        ("SSE-11",), "The type of an event stays for the next.",
    ),
    Mutant(
        "stream.dispatch-at-end", _SSE,
        "        for _ in self._events():\n            pass\n        self._closed = True\n",
        "        for _ in self._events():\n            pass\n"
        "        if self._line or self._data is not None:\n"
        '            raise self._fault("unfinished", "SSE-6")\n'
        "        self._closed = True\n",
        ("SSE-6",), "What the end leaves unfinished is a fault.",
    ),
    Mutant(
        "stream.unlimited-line", _SSE,
        "        if len(self._line) + len(content) > self._max_line:\n",
        "        if False:\n",
        ("SSE-8",), "A line has no limit.",
    ),
    Mutant(
        "stream.short-line", _SSE,
        "        if len(self._line) + len(content) > self._max_line:\n",
        "        if len(self._line) + len(content) >= self._max_line:\n",
        ("SSE-8",), "The limit of a line is one too small.",
    ),
    Mutant(
        "stream.unlimited-event", _SSE,
        "        if len(self._data) + len(value) > self._max_event:\n",
        "        if False:\n",
        ("SSE-8",), "An event has no limit.",
    ),
    # --- The encrypted answer -------------------------------------------------------------------
    Mutant(
        "stream.done-in-any-case", _CHUNK,
        "    if event.data == END_MARK:\n",
        "    if event.data.strip().upper() == END_MARK:\n",
        ("STR-3",), "The end mark has many spellings.",
    ),
    Mutant(
        "stream.ignore-error-type", _CHUNK,
        '    if event.type == "error":\n',
        '    if event.type == "error" and event.data.startswith("{\\"error"):\n',
        ("STR-4",), "The type of an event is not looked at.",
    ),
    Mutant(
        "stream.error-by-truth", _CHUNK,
        '    if chunk.get("error") is not None:\n',
        '    if chunk.get("error"):\n',
        ("STR-4",), "An error that is empty or false is none.",
    ),
    Mutant(
        "stream.skip-reasoning", _CHUNK,
        '    ("reasoning", "reasoning"),\n',
        "",
        ("STR-6",), "One of the two names of reasoning is not known.",
    ),
    Mutant(
        "stream.reasoning-is-content", _CHUNK,
        '    ("reasoning_content", "reasoning"),\n',
        '    ("reasoning_content", "content"),\n',
        ("STR-16",), "Reasoning is mixed into the content.",
    ),
    Mutant(
        "stream.reasoning-twice", _STREAM,
        "            if delta not in deltas:  # the same reasoning under both names  [STR-19]\n",
        "            if True:\n",
        ("STR-19",), "The same reasoning is shown twice.",
    ),
    Mutant(
        "stream.drop-the-forged", _STREAM,
        "            delta = self._open(field)\n",
        "            try:\n                delta = self._open(field)\n"
        "            except MalformedError:\n                if not deltas:\n"
        "                    raise\n                break\n",
        ("STR-18", "STR-5"), "The good field of an event is released without the forged one.",
    ),
    Mutant(
        "stream.index-by-truth", _CHUNK,
        "    if index not in {None, 0}:\n",
        "    if index is not None and index > 0:\n",
        ("STR-8",), "A negative index is the first choice.",
    ),
    Mutant(
        "stream.second-choice", _CHUNK,
        "    if len(choices) > 1:\n",
        "    if len(choices) > 9:\n",
        ("STR-8",), "A second choice is passed over.",
    ),
    Mutant(
        "stream.tool-calls", _CHUNK,
        '    "tool_calls",\n',
        "",
        ("STR-9",), "Calls of tools in plaintext are passed over.",
    ),
    Mutant(
        "stream.plaintext-by-truth", _CHUNK,
        '        if value is None or value in ("", [], {}):\n',
        "        if not value:\n",
        ("STR-9",), "Zero and false are taken for nothing.",
    ),
    Mutant(
        "stream.plaintext-in-delta-only", _CHUNK,
        "    _refuse_plaintexts(choice)\n",
        "",
        ("STR-9",), "Plaintext beside the delta is passed over.",
    ),
    Mutant(
        "stream.id-may-change", _STREAM,
        '        self._id = _unchanged(self._id, chunk.id, f"{where}.id")\n',
        "        self._id = chunk.id or self._id\n",
        ("STR-10",), "The id of an answer may change.",
    ),
    Mutant(
        "stream.mark-nothing", _STREAM,
        "return Delta(field.kind, field.value, plaintext=True)  # [STR-14, STR-17]",
        "return Delta(field.kind, field.value, plaintext=False)  # [STR-14, STR-17]",
        ("STR-17",), "Plaintext that passes is not marked.",
    ),
    Mutant(
        "stream.unsafe-passes-damage", _STREAM,
        "            if _LOOKS_SEALED.match(field.value) is not None:\n",
        "            if _LOOKS_SEALED.match(field.value) is not None"
        " and not self._unsafe_allow_plaintext:\n",
        ("STR-20",), "A damaged envelope is plaintext under the unsafe option.",
    ),
    Mutant(
        "stream.media-type-by-search", _STREAM,
        '    if media_type != "text/event-stream":\n',
        '    if "text/event-stream" not in (value or "").lower():\n',
        ("STR-15",), "The media type is searched for in the whole header.",
    ),
    # --- The session ----------------------------------------------------------------------------
    Mutant(
        "session.clock-may-turn", _SESSION,
        "        backwards = self._latest is not None and now < self._latest\n",
        "        backwards = False\n",
        ("SES-2",), "A clock that goes backwards is believed.",
    ),
    Mutant(
        "session.count-late", _SESSION,
        "        if self._requests >= self._max_requests:\n",
        "        if self._requests > self._max_requests:\n",
        ("SES-3",), "One request too many.",
    ),
    Mutant(
        "session.count-for-ever", _SESSION,
        "        self._requests = 0\n        return verified.report\n",
        "        return verified.report\n",
        ("SES-3",), "The requests of the old key count for the new one.",
    ),
    Mutant(
        "session.keep-key-on-challenge", _TABLE,
        "    READY: {\n        CHALLENGE: CHALLENGED,\n",
        "    READY: {\n        CHALLENGE: READY,\n",
        ("SES-7", "SES-1"), "The old keys stay until the new evidence is accepted.",
    ),
    Mutant(
        "session.reopen", _TABLE,
        "    CLOSED: {CLOSE: CLOSED},\n",
        "    CLOSED: {CLOSE: CLOSED, CHALLENGE: CHALLENGED},\n",
        ("SES-8",), "A closed session may be attested again.",
    ),
)  # fmt: skip
