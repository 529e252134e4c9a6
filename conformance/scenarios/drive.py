"""How a client is made to hold one conversation: over an adapter, or as a program of its own.

A driver reports what the client did in a few closed words.  It does not judge: what the client
claims is compared with what the server saw in `run`.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from typing import (
    Any,
    Dict,
    Final,
    FrozenSet,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Tuple,
)

from conformance.adapters.launch import Child
from conformance.adapters.protocol import AdapterFailure, StartFailure

__all__ = [
    "OUTCOMES",
    "AdapterDriver",
    "AsksAdapter",
    "CommandDriver",
    "Conversation",
    "Driver",
    "Task",
]

OUTCOMES: Final[Mapping[str, str]] = {
    "done": "it claims success",
    "refused": "it refused",
    "failed": "it reported an error of its own instead of a verdict",
    "unsupported": "it said that it does not have the operation",
    "crash": "it died",
    "timeout": "it did not end within the time limit",
    "protocol_error": "its adapter broke the adapter protocol",
}
"""How a conversation can end."""

OP: Final = "client.chat"

MAX_OUTPUT: Final = 4 * 1024 * 1024
"""Bytes that are kept of what a program prints on each of its two outputs."""

MAX_SAID: Final = 500
"""Characters of a program's last line on standard error that are quoted."""


class Task(NamedTuple):
    """One conversation, as the client is told of it; nothing says which attack it is."""

    base_url: str
    """Ends in `/api/v1`."""
    api_key: str
    model: str
    prompt: str
    system: str
    """Empty for none."""
    trust_root: str
    """The simulated roots in PEM."""
    assurance: str
    """`binding` or `dcap`: what the client has to verify before it sends."""
    gpu: str
    """`report` or `nras`."""
    signature: bool
    """Whether it has to check the signature of the answer before it claims success."""
    limits: Mapping[str, float]
    """`idle` and `total` in seconds: time limits that a client takes where it can."""


class Conversation(NamedTuple):
    """What the client did, as far as it shows."""

    outcome: str
    """A key of `OUTCOMES`."""
    text: str
    """What it showed of the answer."""
    stage: str
    """Of a refusal whose reason is coded; else empty."""
    reason: str
    native: str
    """The refusal in the client's own words, or what went wrong with it."""
    exit: Optional[int]
    """Of a program; negative for the signal that ended it."""
    stderr: str
    seconds: float


class Driver(Protocol):
    """Makes a client hold conversations, one after the other."""

    features: FrozenSet[str]
    """Of `attack.FEATURES`."""
    reasons: str
    """`coded`, `native` or `none`: what its refusals say."""

    def chat(self, task: Task, *, timeout: float) -> Conversation:
        """Return how one conversation went.

        Raises:
            StartFailure: the client cannot be started, or not any more.
        """
        ...

    def close(self) -> None:
        """Let go of the client."""


# --- An adapter ---------------------------------------------------------------------------------


class AsksAdapter(Protocol):
    """The part of `conformance.adapters.protocol.Adapter` that is needed here."""

    hello: Any

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        """Return the reply to one request."""
        ...

    def close(self) -> None:
        """End the process."""


class AdapterDriver:
    """A client behind an adapter that has the operation `client.chat`."""

    __slots__ = ("_adapter", "features", "reasons")

    def __init__(self, adapter: AsksAdapter) -> None:
        self._adapter = adapter
        hello = adapter.hello
        declared = hello.operations.get(OP, {})
        own = declared.get("features", ()) if isinstance(declared, Mapping) else ()
        self.features: FrozenSet[str] = frozenset(hello.features) | frozenset(own)
        self.reasons = str(hello.reasons)

    def chat(self, task: Task, *, timeout: float) -> Conversation:
        """Ask the adapter, and put its reply in the closed words."""
        begin = time.monotonic()
        try:
            reply = self._adapter.ask(OP, given_of(task), timeout=timeout)
        except StartFailure:
            raise
        except AdapterFailure as failure:
            seconds = time.monotonic() - begin
            return Conversation(
                failure.kind, "", "", "", failure.detail, None, failure.stderr, seconds
            )
        return _of_reply(reply, time.monotonic() - begin)

    def close(self) -> None:
        """End the adapter."""
        self._adapter.close()


def given_of(task: Task) -> Dict[str, Any]:
    """Return the input of the operation `client.chat`."""
    messages = [{"role": "user", "content": task.prompt}]
    if task.system:
        messages.insert(0, {"role": "system", "content": task.system})
    return {
        "base_url": task.base_url,
        "api_key": task.api_key,
        "model": task.model,
        "messages": messages,
        "trust_root": task.trust_root,
        "assurance": task.assurance,
        "gpu": task.gpu,
        "signature": task.signature,
        "limits": dict(task.limits),
    }


def _of_reply(reply: Mapping[str, Any], seconds: float) -> Conversation:
    def conversation(outcome: str, text: Any = "", native: Any = "", **coded: str) -> Conversation:
        stage, reason = coded.get("stage", ""), coded.get("reason", "")
        return Conversation(outcome, _text(text), stage, reason, _text(native), None, "", seconds)

    if "ok" in reply:
        ok = reply["ok"]
        if not isinstance(ok, Mapping) or not isinstance(ok.get("text"), str):
            return conversation("protocol_error", native="the member ok has no text")
        if ok.get("complete") is not True:
            # An answer that the client itself calls incomplete is no success.
            return conversation("refused", ok["text"], "the answer is marked as incomplete")
        return conversation("done", ok["text"])
    if "reject" in reply:
        reject = reply["reject"] if isinstance(reply["reject"], Mapping) else {}
        coded = {name: _text(reject.get(name)) for name in ("stage", "reason")}
        return conversation("refused", reject.get("released"), reject.get("native"), **coded)
    if "unsupported" in reply:
        return conversation("unsupported", native=reply["unsupported"])
    error = reply.get("error")
    native = error.get("message") if isinstance(error, Mapping) else error
    return conversation("failed", native=native)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else repr(value)


# --- A program ----------------------------------------------------------------------------------


class CommandDriver:
    """A program that holds one conversation and ends: `--client`.

    It gets `VENICE_BASE_URL`, `VENICE_API_KEY`, `VENICE_MODEL` and `VENICE_TRUST_ROOT`, the path of
    a file, in its environment and its prompt on standard input; it prints the answer on standard
    output and ends with 0 for done, 1 for refused, and anything else for broken.  What it has to
    verify stands in `VENICE_ASSURANCE`, `VENICE_GPU` and `VENICE_SIGNATURE`, for clients that can
    be told; `VENICE_SYSTEM`, `VENICE_IDLE_TIMEOUT` and `VENICE_TOTAL_TIMEOUT` are of the same kind.
    """

    __slots__ = ("_child", "_closed", "_command", "_environment", "features", "reasons")

    def __init__(
        self,
        command: Sequence[str],
        *,
        features: FrozenSet[str] = frozenset(),
        environment: Sequence[str] = (),
    ) -> None:
        """`environment` names variables of this process to pass on; `features` are declared."""
        self._command = tuple(command)
        self._environment = tuple(environment)
        self._child: Optional[Child] = None
        self._closed = threading.Event()
        self.features = features
        self.reasons = "none"

    def chat(self, task: Task, *, timeout: float) -> Conversation:
        """Run the program once, in a fresh empty folder and a scrubbed environment.

        Raises:
            StartFailure: it cannot be started, or the driver was closed.
        """
        begin = time.monotonic()
        if self._closed.is_set():
            raise StartFailure("crash", "the run has ended")
        with tempfile.TemporaryDirectory(prefix="client-") as folder:
            root = Path(folder, "trust-root.pem")
            root.write_text(task.trust_root, encoding="ascii")
            child = Child(self._command, self._environment, _variables(task, root))
            try:
                self._child = child
                if self._closed.is_set():  # meanwhile, and `close` did not see the child yet
                    child.end_group()
                child.pipes.send(task.prompt.encode("utf-8"))
                child.pipes.end_input()
                shown = _read_output(child, begin + timeout)
                late = not child.wait(begin + timeout - time.monotonic())
                code = child.code
            finally:
                self._child = None
                child.kill()
            errors = child.pipes.stderr
        text = shown.decode("utf-8", "replace")
        outcome, native = _outcome(None if late else code, child.ended, _last_line(errors))
        seconds = time.monotonic() - begin
        return Conversation(outcome, text, "", "", native, code, errors, seconds)

    def close(self) -> None:
        """End the conversation that is held, if there is one; called from whatever thread."""
        self._closed.set()
        child = self._child
        if child is not None:
            child.end_group()


def _variables(task: Task, root: Path) -> Dict[str, str]:
    return {
        "VENICE_BASE_URL": task.base_url,
        "VENICE_API_KEY": task.api_key,
        "VENICE_MODEL": task.model,
        "VENICE_TRUST_ROOT": str(root),
        "VENICE_ASSURANCE": task.assurance,
        "VENICE_GPU": task.gpu,
        "VENICE_SIGNATURE": "1" if task.signature else "0",
        **({"VENICE_SYSTEM": task.system} if task.system else {}),
        **{f"VENICE_{name.upper()}_TIMEOUT": str(value) for name, value in task.limits.items()},
    }


def _read_output(child: Child, deadline: float) -> bytes:
    """Return the beginning of what a program prints, up to its end or the deadline."""
    pieces: List[bytes] = []
    size = 0
    while True:
        piece = child.pipes.receive(deadline)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece[: MAX_OUTPUT - size])
        size += len(pieces[-1])


def _outcome(code: Optional[int], ended: str, said: str) -> Tuple[str, str]:
    """Return the outcome that an exit code means, and the words for it; `None` is no exit code."""
    if code is None:
        return "timeout", "did not end within the time limit, and was killed"
    if code < 0:
        return "crash", f"was ended by {ended}"
    if code == 0:
        return "done", ""
    if code == 1:
        return "refused", said or ended
    return "failed", f"{ended}, which is neither done (0) nor refused (1): {said}".rstrip(": ")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:MAX_SAID] if lines else ""
