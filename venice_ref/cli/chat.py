"""`venice-ref chat`: one prompt to a model that was verified before anything was sent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from venice_ref.cli.connect import make_client
from venice_ref.cli.inputs import read_text
from venice_ref.cli.output import Console, error_to_json, exit_code
from venice_ref.codec.strict import excerpt, parse_json
from venice_ref.e2ee.messages import check_request
from venice_ref.e2ee.options import check_model
from venice_ref.errors import MalformedError, UsageError, VeniceError

if TYPE_CHECKING:
    import argparse

    from venice_ref.client import ChatStream, ClientSession

__all__ = ["run"]

MAX_OPTION_SIZE = 64 * 1024


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Send one prompt and print the answer as it decrypts."""
    options = _options(arguments)
    messages = _messages(arguments, console)
    # Everything that could be refused is refused before the first exchange.
    check_model(arguments.model)
    check_request(messages, options)
    client = make_client(arguments, console)
    if arguments.unsafe_allow_plaintext:
        console.warn("parts of the answer that are not encrypted are shown; anybody can forge them")
    console.note(f"verifying {arguments.model} at {client.base_url}")
    unsafe = arguments.unsafe_allow_plaintext
    with client.session(arguments.model, unsafe_allow_plaintext=unsafe) as session:
        report = session.report
        console.note(
            f"verified: assurance {report.assurance_reached}, GPU level {report.gpu_reached},"
            f" TCB {report.facts['tcb_status'] or 'not judged'},"
            f" signing address {report.facts['signing_address']}"
        )
        stream = session.chat(messages, **options)
        answer = _Answer(console, reasoning=not arguments.no_reasoning)
        error = answer.show(stream)
        if console.json:
            console.object(answer.to_json(session, stream, error))
        if error is not None:
            answer.say_incomplete(error)
            return exit_code(error)
        completion = stream.completion
        console.detail(f"complete: id {completion.id}, {completion.content_chunks} chunks")
    return 0


class _Answer:
    """The answer as it comes in: shown at once, kept only for JSON."""

    __slots__ = ("_at_line_start", "_console", "_kept", "_reasoning", "_thinking", "_warned")

    def __init__(self, console: Console, *, reasoning: bool) -> None:
        self._console = console
        self._reasoning = reasoning and not console.quiet
        self._kept: Dict[str, List[str]] = {"content": [], "reasoning": []}
        self._thinking = False
        self._warned = False
        self._at_line_start = True

    def show(self, stream: ChatStream) -> Optional[VeniceError]:
        """Read the stream to its end; return the error that broke the answer off, if any.

        An error before the server began to answer is raised: then there is no answer.
        """
        try:
            for delta in stream:
                if delta.plaintext and not self._warned:
                    self._warned = True
                    self._console.warn("the following was not encrypted")
                self._take(delta.kind, delta.text)
                if self._console.closed:  # nobody reads any more
                    stream.close()
                    break
        except VeniceError as error:
            if not stream.begun:
                raise
            return error
        finally:
            self._end_lines()
        return None

    def to_json(
        self, session: ClientSession, stream: ChatStream, error: Optional[VeniceError]
    ) -> Dict[str, Any]:
        """Return the object of --json."""
        completion = stream.completion
        report = session.report
        shown: Dict[str, Any] = {
            "model": session.model,
            "complete": completion.complete,
            "content": "".join(self._kept["content"]),
            "reasoning": "".join(self._kept["reasoning"]),
            "id": completion.id,
            "finish_reason": completion.finish_reason,
            "usage": completion.usage,
            "chunks": {
                "content": completion.content_chunks,
                "reasoning": completion.reasoning_chunks,
                "plaintext": completion.plaintext_chunks,
            },
            "assurance": {
                "required": report.assurance_required,
                "reached": report.assurance_reached,
            },
            "gpu": {"required": report.gpu_required, "reached": report.gpu_reached},
            "signing_address": report.facts["signing_address"],
        }
        if error is not None:
            shown["error"] = error_to_json(error)
        return shown

    def say_incomplete(self, error: VeniceError) -> None:
        """Say that what was shown is not the whole answer, and why."""
        self._console.error(error, prefix="incomplete: ")

    def _take(self, kind: str, text: str) -> None:
        if self._console.json:
            self._kept[kind].append(text)
        elif kind == "reasoning":
            if self._reasoning:
                self._thinking = True
                self._console.aside(text)
        else:
            if self._thinking:
                self._thinking = False
                self._console.aside("\n\n")
            self._console.raw(text)
            if text:
                self._at_line_start = text.endswith("\n")

    def _end_lines(self) -> None:
        """Leave the terminal at the start of a line; a pipe gets exactly the text."""
        if self._thinking:
            self._console.aside("\n")
        if not self._at_line_start and self._console.is_terminal():
            self._console.line()


# --- What is sent -------------------------------------------------------------------------------


def _messages(arguments: argparse.Namespace, console: Console) -> List[Dict[str, Any]]:
    from_input = arguments.prompt in (None, "-")
    if from_input and arguments.system == "-":
        raise UsageError("standard input cannot be both the prompt and the system message")
    if from_input and sys.stdin is not None and sys.stdin.isatty() and not console.quiet:
        console.aside("reading the prompt from this terminal; end it with Ctrl-D\n")
    prompt = _line_end_removed(read_text("-")) if from_input else arguments.prompt
    system = read_text("-") if arguments.system == "-" else arguments.system
    messages = [] if system is None else [{"role": "system", "content": system}]
    return [*messages, {"role": "user", "content": prompt}]


def _line_end_removed(text: str) -> str:
    """Return text without the one line end that shells and editors put at the end of input."""
    if text.endswith("\r\n"):
        return text[:-2]
    return text.removesuffix("\n")


def _options(arguments: argparse.Namespace) -> Dict[str, Any]:
    options: Dict[str, Any] = {}
    if arguments.max_tokens is not None:
        options["max_completion_tokens"] = arguments.max_tokens
    if arguments.temperature is not None:
        options["temperature"] = arguments.temperature
    for text in arguments.option:
        name, equals, value = text.partition("=")
        if not equals or not name or name in options:
            raise UsageError(
                f"not NAME=JSON, or a name that was given before: {excerpt(text)}",
                rule="REQ-6",
                where="--option",
                hint="such as --option top_p=0.9 or --option reasoning_effort='\"low\"'",
            )
        options[name] = _json_value(name, value)
    return options


def _json_value(name: str, text: str) -> Any:
    try:
        return parse_json(text, max_size=MAX_OPTION_SIZE)
    except MalformedError as error:
        raise UsageError(
            f"the value of {excerpt(name)} is no JSON: {error.message}",
            rule="REQ-6",
            where="--option",
        ) from None
