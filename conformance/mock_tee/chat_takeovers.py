"""Misbehaviours of `/chat/completions` that go beyond one field or one frame.

Each function has the form of a point of `scenario.Scenario`; the table says what each is for.
"""

from __future__ import annotations

from typing import Any, Dict, Final, Iterator, Optional

from conformance.mock_tee.chat_faults import ERROR_BODY, FAULTY_FRAME
from conformance.mock_tee.refusals import Reply, front, json_reply
from conformance.mock_tee.scenario import CutError, Field, Step, Visit
from conformance.mock_tee.stream import DONE, event
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.spec import MAX_SSE_EVENT, PATH_ATTESTATION, PATH_CHAT

__all__ = [
    "after_error",
    "all_in_the_clear",
    "asks_for_plaintext",
    "endless_comments",
    "huge_event",
    "plain_completion",
    "redirect_chat",
    "swapped_key",
]

COMMENT_PAUSE: Final = 0.05
"""Seconds between two comments of an endless stream."""

_COMMENTS: Final = 72_000
"""An hour of them."""

_COMPLETION: Final[Dict[str, Any]] = {
    "id": "chatcmpl-plain",
    "object": "chat.completion",
    "created": 0,
    "model": "e2ee-mock",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "an answer in the clear"},
            "finish_reason": "stop",
        }
    ],
}


def all_in_the_clear(field: Field, visit: Visit) -> Field:
    """Answer an encrypted request in plaintext, from the first word to the last."""
    del visit
    return field._replace(sealed=field.text)


def plain_completion(honest: Optional[Reply], visit: Visit) -> Optional[Reply]:
    """Answer 200 with a whole completion in JSON, in the clear, in the place of a stream."""
    del honest, visit
    return json_reply(200, _COMPLETION)


def asks_for_plaintext(honest: Optional[Reply], visit: Visit) -> Optional[Reply]:
    """Refuse every encrypted request and ask for a plain one."""
    del honest, visit
    return front(400, "End-to-end encryption is switched off. Resend the request in plaintext.")


def redirect_chat(honest: Optional[Reply], visit: Visit) -> Optional[Reply]:
    """Redirect with 307, which keeps method and body, to another origin, which answers honestly."""
    if (visit.request.header("Host") or "").startswith("localhost"):
        return honest
    target = f"http://localhost:{visit.port}{visit.request.path}"
    return Reply(307, b"", headers=(("Location", target),))


def swapped_key(secret: PrivateKey, visit: Visit) -> PrivateKey:
    """Present the enclave's key first, and the attacker's once the client comes for a fresh one.

    Every chat under the enclave's key is refused for its staleness; what is encrypted to the
    attacker's key is opened.
    """
    path = visit.request.path.partition("?")[0]
    if path.endswith(PATH_CHAT) or (path.endswith(PATH_ATTESTATION) and visit.earlier > 0):
        return visit.enclave.impostor
    return secret


def after_error(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Put an error in the place of one frame, and go on with the honest ones."""
    del visit
    for index, step in enumerate(steps):
        yield event(ERROR_BODY) if index == FAULTY_FRAME else step


def endless_comments(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Send comments for ever after some text: no wait is long, and nothing is said."""
    del visit
    for index, step in enumerate(steps):
        yield step
        if index == FAULTY_FRAME:
            break
    for _ in range(_COMMENTS):
        yield COMMENT_PAUSE
        yield b": keep-alive\n\n"
    raise CutError


def huge_event(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Send one event of many lines, of which none is long, that is larger than any real one."""
    del visit
    for index, step in enumerate(steps):
        yield step
        if index == FAULTY_FRAME:
            break
    line = b"data: " + b" " * (1 << 15) + b"\n"
    for _ in range(MAX_SSE_EVENT // len(line) + 16):
        yield line
    yield b"data: {}\n\n"
    yield DONE
