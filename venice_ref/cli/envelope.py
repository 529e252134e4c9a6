"""`venice-ref seal` and `venice-ref open`: one message, for people who debug an implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Optional

from venice_ref.cli.inputs import read_value
from venice_ref.cli.output import Console, error_to_json, exit_code, fields
from venice_ref.codec.strict import decode_hex, decode_utf8
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import Steps, explain_open, explain_seal, open_envelope, seal_text
from venice_ref.e2ee.keys import parse_model_key
from venice_ref.errors import MalformedError, UsageError, VeniceError
from venice_ref.spec import MAX_ENVELOPE_SIZE

if TYPE_CHECKING:
    import argparse

    from venice_ref.model import PublicKey65

__all__ = ["run"]

MAX_KEY_TEXT = 4096
"""Bytes of a file with a key, white space included."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Seal or open one message."""
    key, message = (
        (arguments.to, arguments.message)
        if arguments.command == "seal"
        else (arguments.key, arguments.envelope)
    )
    if key == "-" and message in (None, "-"):
        raise UsageError("standard input cannot be both the key and the message")
    return (_seal if arguments.command == "seal" else _open)(arguments, console)


def _seal(arguments: argparse.Namespace, console: Console) -> int:
    recipient = _recipient(arguments.to)
    text = read_value(arguments.message)
    if not arguments.explain:
        envelope = seal_text(recipient, text)
        _result(console, "envelope", envelope, None)
        return 0
    try:
        plaintext = text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError("text that UTF-8 cannot carry", rule="ENV-11", where="text") from None
    _warn_of_secrets(console)
    blob, steps = explain_seal(recipient, plaintext)
    _result(console, "envelope", blob.hex(), steps)
    return 0


def _open(arguments: argparse.Namespace, console: Console) -> int:
    secret = _private_key(arguments.key)
    try:
        # White space around the digits belongs to files and shells, not to the envelope.
        digits = read_value(arguments.envelope, max_size=2 * MAX_ENVELOPE_SIZE + 1024).strip()
        blob = decode_hex(digits, where="envelope", rule="ENV-15", max_size=MAX_ENVELOPE_SIZE)
        if not arguments.explain:
            _result(console, "text", _opened(secret, blob), None)
            return 0
        _warn_of_secrets(console)
        steps = explain_open(secret, blob)
        try:
            _result(console, "text", _opened(secret, blob), steps)
        except VeniceError as error:
            return _not_opened(console, error, steps)
    finally:
        secret.wipe()
    return 0


def _opened(secret: PrivateKey, blob: bytes) -> str:
    return decode_utf8(open_envelope(secret, blob), where="envelope.plaintext", rule="ENV-10")


def _not_opened(console: Console, error: VeniceError, steps: Steps) -> int:
    """Show the steps up to the tag: they are most wanted where it does not hold."""
    if console.json:
        console.object({"error": error_to_json(error), "explain": _rows(steps)})
    else:
        console.lines(fields(_rows(steps)))
    console.error(error)
    return exit_code(error)


def _result(console: Console, name: str, value: str, steps: Optional[Steps]) -> None:
    if console.json:
        explained = {} if steps is None else {"explain": _rows(steps)}
        console.object({name: value, **explained})
        return
    if steps is not None:
        console.lines(fields(_rows(steps)))
        console.line()
    if name == "envelope":
        console.line(value)
        return
    console.raw(value)  # exactly the text, so that it can be compared
    if console.is_terminal():
        console.line()


def _rows(steps: Steps) -> Dict[str, str]:
    """Return the steps in the order of the computation, in hexadecimal."""
    return {name: getattr(steps, name).hex() for name in Steps._fields}


def _warn_of_secrets(console: Console) -> None:
    console.warn(
        "shared_x, prk, key, hash_subkey and tag_mask are secrets: with them the message is read"
        " and forged"
    )


def _recipient(argument: str) -> PublicKey65:
    try:
        return parse_model_key(read_value(argument, max_size=MAX_KEY_TEXT).strip(), where="--to")
    except MalformedError as error:
        raise UsageError(error.message, rule=error.rule, where=error.where) from None


def _private_key(argument: str) -> PrivateKey:
    digits = read_value(argument, max_size=MAX_KEY_TEXT).strip()
    if len(digits) != 64 or not digits.isascii():
        raise UsageError(
            f"{len(digits)} characters, required 64 hexadecimal digits",
            rule="KEY-13",
            where="--key",
            hint="--key @FILE keeps the key out of the list of processes",
        )
    try:
        return PrivateKey.from_bytes(decode_hex(digits))
    except MalformedError:
        # The message of the parser would repeat the digits.
        raise UsageError("not 64 hexadecimal digits", rule="KEY-13", where="--key") from None
