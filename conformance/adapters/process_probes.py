"""Probes of a process: how it starts, reads, prints and ends."""

from __future__ import annotations

import os
import signal

from conformance.adapters.diagnosis import (
    BUFFERED,
    LIKE_A_REPLY,
    UNFINISHED,
    Advice,
    advice_for,
    advice_on_output,
)
from conformance.adapters.hello_words import unknown_words
from conformance.adapters.open import open_adapter
from conformance.adapters.protocol import (
    AdapterFailure,
    ProtocolError,
    StartFailure,
    decode_object,
    encode_request,
    hello_input,
    new_id,
)
from conformance.adapters.subject import KEY, Fault, Subject, short, unknown

__all__ = ["clean_output", "end_of_input", "killed", "not_json", "starts", "two_at_once"]


def starts(subject: Subject) -> str:
    """It starts, and answers `hello`."""
    try:
        subject.adapter = open_adapter(subject.spec)
    except StartFailure as failure:
        advice = _look_closer(subject, failure)
        raise Fault(failure.detail, advice, failure.stderr) from None
    told = subject.hello.implementation
    name = f"{told['name']} {told['version']}, {told['language']}"
    return "; ".join((name, *unknown_words(subject.hello.raw)))


def _look_closer(subject: Subject, failure: AdapterFailure) -> Advice:
    """Start it once more, ask for hello, close its input, and look at all that it writes."""
    advice = advice_for(failure)
    unread = failure.kind == "timeout" or LIKE_A_REPLY in failure.detail
    if subject.spec.kind != "command" or not unread:
        return advice
    output = bytearray()
    connection = subject.raw()
    try:
        connection.send(encode_request(new_id(), "hello", hello_input()))
        connection.child.pipes.end_input()
        output = connection.drain(min(subject.timeout, 2.0))
    finally:
        connection.child.kill()
    if any(_is_reply(bytes(line)) for line in output.split(b"\n")):
        return BUFFERED if output.endswith(b"\n") else UNFINISHED
    return advice_on_output(bytes(output)) if output.strip() else advice


def _is_reply(line: bytes) -> bool:
    try:
        return isinstance(decode_object(line).get("id"), str)
    except ProtocolError:
        return False


def two_at_once(subject: Subject) -> str:
    """Two requests in one write are two requests."""
    connection = subject.connect()
    try:
        first, second = new_id(), new_id()
        connection.send(
            encode_request(first, unknown(), {}) + encode_request(second, unknown(), {})
        )
        got = [connection.reply("the first of two requests", subject.timeout)["id"]]
        try:
            got.append(connection.reply("the second of two requests", subject.timeout)["id"])
        except AdapterFailure as failure:
            raise Fault(
                failure.detail,
                Advice(
                    "everything that is there is read at once and taken for one line",
                    "read line by line, and keep what follows the line end for the next request",
                ),
                failure.stderr,
            ) from None
        if sorted(got) != sorted([first, second]):
            raise Fault(
                "two requests at once were answered with other ids than theirs",
                Advice("the id is kept in a variable that both share", "copy the id of each"),
            )
    finally:
        connection.child.kill()
    return ""


def not_json(subject: Subject) -> str:
    """A line that is not JSON does not make it hang."""
    connection = subject.connect()
    ident = new_id()
    try:
        connection.send(b'{"id": "x", "op"\n' + encode_request(ident, unknown(), {}))
        for _ in range(2):  # a reply to the line itself may come first
            if (
                connection.reply("a request after a line that is not JSON", subject.timeout)["id"]
                == ident
            ):
                return ""
    except AdapterFailure as failure:
        if failure.kind == "crash":
            return "it ends at a line that is not JSON, which is allowed"
        raise Fault(
            failure.detail,
            Advice(
                "after a line that is not JSON it waits for something that never comes",
                "ignore the line, or answer it with the id null, and read the next one",
            ),
            failure.stderr,
        ) from None
    finally:
        connection.child.kill()
    raise Fault(
        "a request after a line that is not JSON was not answered",
        Advice("the two were taken for one", "a request ends with its line"),
    )


def killed(subject: Subject) -> str:
    """After a kill it can be started again."""
    connection = subject.connect()
    try:
        os.kill(connection.child.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        connection.child.wait(subject.timeout)
    finally:
        connection.child.kill()
    try:
        again = subject.connect()
    except StartFailure as failure:
        raise Fault(
            f"after it was killed, it could not be started again: {failure.detail}",
            Advice(
                "a lock, a socket or a half-written file of the first run stands in the way",
                "keep no state outside of the process",
            ),
            failure.stderr,
        ) from None
    again.child.kill()
    return ""


def end_of_input(subject: Subject) -> str:
    """It ends when its input does."""
    connection = subject.connect()
    try:
        alone = connection.child.finish(grace=subject.timeout)
    finally:
        connection.child.kill()
    if alone:
        return ""
    raise Fault(
        f"it still runs {subject.timeout:g} s after its input has ended",
        Advice(
            "the end of the input is not noticed, or a timer or a connection keeps it alive",
            "return when the input ends: a suite that is interrupted leaves it behind otherwise",
        ),
    )


def clean_output(subject: Subject) -> str:
    """Nothing but replies stands on standard output."""
    connection = subject.connect()
    try:
        for _ in range(3):
            connection.exchange(unknown(), {}, subject.timeout)
        if "key.parse" in subject.hello.operations:
            for text in (KEY, "zz"):
                connection.exchange("key.parse", {"text": text}, subject.timeout)
        if not connection.stray_lines:
            return ""
        raise Fault(
            f"{connection.stray_lines} lines on standard output are no replies; one of them:"
            f" {short(connection.last_stray.decode('utf-8', 'replace'))}",
            advice_on_output(connection.last_stray),
        )
    finally:
        connection.child.kill()
