"""Misbehaviours of `/chat/completions`; the table in `faults` says what each is for.

Each function has the form of a point of `scenario.Scenario`.  Faults inside the stream strike the
second field, chunk or frame with text, so that a client has shown something before it must stop.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Final, Iterator, Optional

from conformance.mock_tee.refusals import (
    PAYMENT_REQUIRED,
    RATE_LIMITED,
    SERVER_ERROR,
    UNAUTHORIZED,
    Reply,
    openai_shape,
)
from conformance.mock_tee.scenario import CutError, Field, Step, Visit
from conformance.mock_tee.stream import event
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import seal, seal_text
from venice_ref.spec import MAX_SSE_LINE, PUBLIC_KEY_SIZE

__all__ = [
    "REFUSALS",
    "after_done",
    "bad_prefix",
    "bad_tag",
    "cut_connection",
    "damaged_digits",
    "delta_member",
    "done_early",
    "drop_frame",
    "duplicate_content",
    "error_event",
    "huge_line",
    "in_band_error",
    "insert_frame",
    "invalid_utf8",
    "json_error",
    "malformed_json",
    "new_key",
    "new_key_once",
    "no_done",
    "off_curve_ephemeral",
    "other_id",
    "plaintext_field",
    "refuse",
    "repeat_frame",
    "second_choice",
    "stall",
    "swap_frames",
    "wrong_key",
]

Chunk = Dict[str, Any]

FAULTY_FRAME: Final = 2
"""Index of the frame with the second field: the role and one field come before it."""

ERROR_BODY: Final[Dict[str, Any]] = {
    "error": {
        "message": "The model is overloaded. Please retry.",
        "type": "model_overloaded",
        "code": "model_overloaded",
        "retry_after": 5,
    }
}

_AFTER_THE_END: Final[Dict[str, Any]] = {
    "id": "chatcmpl-after",
    "object": "chat.completion.chunk",
    "created": 0,
    "model": "after",
    "choices": [{"index": 0, "delta": {"content": "after the end"}, "finish_reason": None}],
}


# --- One field ----------------------------------------------------------------------------------


def _at_faulty(change: Callable[[Field], str]) -> Callable[[Field, Visit], Field]:
    def point(field: Field, visit: Visit) -> Field:
        del visit
        return field._replace(sealed=change(field)) if field.faulty else field

    return point


def plaintext_field(text: Optional[str] = None) -> Callable[[Field, Visit], Field]:
    """Send the field in the clear, or `text` in its place."""
    return _at_faulty(lambda field: field.text if text is None else text)


def damaged_digits(change: Callable[[str], str]) -> Callable[[Field, Visit], Field]:
    """Change the hexadecimal digits of the field."""
    return _at_faulty(lambda field: change(field.sealed))


bad_prefix = damaged_digits(lambda digits: "05" + digits[2:])

bad_tag = damaged_digits(lambda digits: digits[:-1] + ("0" if digits[-1] != "0" else "1"))


def _off_curve(digits: str) -> str:
    blob = bytearray.fromhex(digits)
    blob[PUBLIC_KEY_SIZE - 1] ^= 1
    return blob.hex()


off_curve_ephemeral = damaged_digits(_off_curve)


def _for_another_client(field: Field) -> str:
    other = PrivateKey.generate(field.random_bytes)
    return seal_text(other.public_key, field.text, random_bytes=field.random_bytes)


wrong_key = _at_faulty(_for_another_client)

invalid_utf8 = _at_faulty(
    lambda field: seal(field.recipient, b"caf\xc3(", random_bytes=field.random_bytes).hex()
)


# --- One chunk ----------------------------------------------------------------------------------


def _change_chunk(
    change: Callable[[Chunk], Chunk], *, first: int = FAULTY_FRAME, last: int = FAULTY_FRAME
) -> Callable[[Iterator[Chunk], Visit], Iterator[Chunk]]:
    def point(chunks: Iterator[Chunk], visit: Visit) -> Iterator[Chunk]:
        del visit
        for index, chunk in enumerate(chunks):
            yield change(chunk) if first <= index <= last else chunk

    return point


def delta_member(name: str, value: Any) -> Callable[[Iterator[Chunk], Visit], Iterator[Chunk]]:
    """Add a member in the clear to one delta."""

    def change(chunk: Chunk) -> Chunk:
        for choice in chunk["choices"]:
            choice["delta"][name] = value
        return chunk

    return _change_chunk(change)


def _to_second_choice(chunk: Chunk) -> Chunk:
    for choice in chunk["choices"]:
        choice["index"] = 1
    return chunk


second_choice = _change_chunk(_to_second_choice)


def other_id(name: str) -> Callable[[Iterator[Chunk], Visit], Iterator[Chunk]]:
    """Change `id` or `model` from one chunk on to the end."""
    return _change_chunk(lambda chunk: {**chunk, name: "another"}, last=1 << 30)


# --- One frame ----------------------------------------------------------------------------------

_Steps = Callable[[Iterator[Step], Visit], Iterator[Step]]


def _change_frame(change: Callable[[Step], Iterator[Step]]) -> _Steps:
    """Return a point that replaces one frame by any number of steps; pauses do not count."""

    def point(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
        del visit
        index = 0
        for step in steps:
            if isinstance(step, bytes):
                if index == FAULTY_FRAME:
                    yield from change(step)
                else:
                    yield step
                index += 1
            else:
                yield step

    return point


def insert_frame(make: Callable[[bytes], bytes]) -> _Steps:
    """Send another frame instead of one; `make` gets the honest one."""

    def change(step: Step) -> Iterator[Step]:
        if isinstance(step, bytes):
            yield make(step)

    return _change_frame(change)


def _duplicate_content(frame: bytes) -> bytes:
    """Return the frame with a second `content` in the clear behind the first."""
    head, mark, tail = frame.partition(b'"delta":{')
    return head + mark + b'"content":' + json.dumps("in the clear").encode() + b"," + tail


duplicate_content = insert_frame(_duplicate_content)

malformed_json = insert_frame(lambda frame: frame[: len(frame) // 2].rstrip() + b"\n\n")


def _nothing(step: Step) -> Iterator[Step]:
    del step
    return iter(())


def _twice(step: Step) -> Iterator[Step]:
    return iter((step, step))


drop_frame = _change_frame(_nothing)

repeat_frame = _change_frame(_twice)


def swap_frames(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Send two neighbouring frames in the other order."""
    del visit
    held: Optional[Step] = None
    index = 0
    for step in steps:
        if not isinstance(step, bytes):
            yield step
            continue
        if index == FAULTY_FRAME:
            held = step
        else:
            yield step
        if index == FAULTY_FRAME + 1 and held is not None:
            yield held
        index += 1


def _until_fault(steps: Iterator[Step]) -> Iterator[Step]:
    """Yield the frames before the faulty one, and the faulty one itself honestly."""
    index = 0
    for step in steps:
        yield step
        index += isinstance(step, bytes)
        if index > FAULTY_FRAME:
            return


def _then(*tail: bytes) -> _Steps:
    def point(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
        del visit
        yield from _until_fault(steps)
        yield from tail

    return point


_DONE: Final = b"data: [DONE]\n\n"

in_band_error = _then(event(ERROR_BODY), _DONE)

error_event = _then(b"event: error\n" + event(ERROR_BODY), _DONE)

done_early = _then(_DONE)
"""Ends the answer in the middle, with its end mark: what no client can notice."""


def no_done(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Leave the end mark out and end the transfer properly."""
    del visit
    return (
        step for step in steps if not (isinstance(step, bytes) and step.startswith(b"data: [DONE]"))
    )


def cut_connection(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Close the connection after some text, in the middle of the transfer."""
    del visit
    yield from _until_fault(steps)
    raise CutError


def stall(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Send nothing more after some text, and keep the connection open for an hour."""
    del visit
    yield from _until_fault(steps)
    yield 3600.0
    raise CutError


def after_done(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Send a chunk in the clear after the end mark."""
    del visit
    yield from steps
    yield event(_AFTER_THE_END)


def huge_line(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Send one line that is longer than any that the protocol has, in pieces."""
    del visit
    yield from _until_fault(steps)
    yield b'data: {"'
    piece = b"x" * (1 << 16)
    for _ in range(MAX_SSE_LINE // len(piece) + 16):
        yield piece
    yield b'":0}\n\n'
    yield _DONE


# --- Instead of a stream ------------------------------------------------------------------------

_Admission = Callable[[Optional[Reply], Visit], Optional[Reply]]


def refuse(reply: Reply, *, times: Optional[int] = None) -> _Admission:
    """Refuse every chat, or the first `times`."""

    def point(honest: Optional[Reply], visit: Visit) -> Optional[Reply]:
        return reply if times is None or visit.earlier < times else honest

    return point


def new_key(honest: Optional[Reply], visit: Visit) -> Optional[Reply]:
    """Restart the enclave before each chat, so that every key is stale when it is used."""
    visit.enclave.restart()
    return honest


def new_key_once(honest: Optional[Reply], visit: Visit) -> Optional[Reply]:
    """Restart the enclave before the first chat only."""
    return new_key(honest, visit) if visit.earlier == 0 else honest


json_error = openai_shape(200, "The model is overloaded. Please retry.", "model_overloaded")
"""An error under the status 200, as JSON."""

REFUSALS: Final = {
    "401": UNAUTHORIZED,
    "402": PAYMENT_REQUIRED,
    "429": RATE_LIMITED,
    "500": SERVER_ERROR,
}
"""Replies by status."""
