"""Every command and option on one page.

An option stands only at commands that act on it: one that is silently ignored would be believed.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any, List, NoReturn, Sequence

from venice_ref import __version__
from venice_ref.spec import ASSURANCE_LEVELS, DEFAULT_BASE_URL, GPU_LEVELS

__all__ = ["INTRODUCTION", "parse_arguments"]

INTRODUCTION = """\
venice-ref: encrypted conversations with Venice AI models in a TEE, and the
evidence for them, checked on this machine.  Python's standard library only.

  python3 -m venice_ref models --e2ee           which models there are
  python3 -m venice_ref attest MODEL            fetch evidence and check it
  python3 -m venice_ref chat MODEL "Hello"      check it, then talk, encrypted
  python3 -m venice_ref --help                  all commands

The API key is read from VENICE_API_KEY.  Without a network or a key, the demo
of the same checkout shows everything: python3 -m conformance demo
"""

EPILOG = """\
environment:
  VENICE_API_KEY, API_KEY_VENICE   the API key; it is never an argument
  VENICE_BASE_URL                  the service, where --base-url is not given
  VENICE_PCS_URL, VENICE_NRAS_URL  Intel's and NVIDIA's services, likewise
  XDG_CACHE_HOME                   where collateral is kept between runs
  NO_COLOR                         no colour on standard error

exit codes:
  0  done, and every required check passed
  1  refused: evidence, policy, signature or decryption
  2  usage
  3  no verdict: network, time-out, rate limit, server error
  130 interrupted
"""

_LATE_TEXTS = {"chat": "prompt", "seal": "message", "open": "envelope"}
"""The commands with an optional text, and its name."""

MAX_SECONDS = 1_000_000
"""What `--timeout` stays below: the clocks of sockets do not count much further."""

_COMMON_DEFAULTS = {
    "json": False,
    "verbose": False,
    "quiet": False,
    "no_color": False,
    "base_url": None,
    "timeout": None,
}


class _Parser(argparse.ArgumentParser):
    """The parser of the standard library: no abbreviations, and a way out in its errors."""

    def __init__(self, **options: Any) -> None:
        # An option that says "unsafe" is to be written out.
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {message}\n  hint: {self.prog} --help\n")


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments, with a default for each; `command` is `None` where there is none.

    Raises SystemExit with 0 after --help and --version, with 2 where they make no sense.
    """
    common = _common()
    parser = _Parser(
        prog="python3 -m venice_ref",  # works installed and not installed
        description="Encrypted conversations with models in a TEE, and the evidence for them.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"venice-ref {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for add in (_models, _attest, _verify, _quote, _chat, _signature, _seal, _open):
        add(commands, [common])
    arguments, rest = parser.parse_known_args(list(argv), argparse.Namespace(**_COMMON_DEFAULTS))
    return _with_late_text(parser, arguments, rest)


def _with_late_text(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace, rest: List[str]
) -> argparse.Namespace:
    """Return the arguments with a text that stands behind options, as in `chat M --json "Hi"`.

    argparse gives an optional argument up at the first option that comes before it.
    """
    name = _LATE_TEXTS.get(arguments.command, "")
    if name and getattr(arguments, name) is None and len(rest) == 1 and _is_text(rest[0]):
        setattr(arguments, name, rest[0])
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return arguments


def _is_text(argument: str) -> bool:
    return argument == "-" or not argument.startswith("-")


def _common() -> argparse.ArgumentParser:
    """Return the options of every command, which may stand before it or after it."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("options of every command")
    group.add_argument("--json", action="store_true", help="one JSON object on standard output")
    group.add_argument("-v", "--verbose", action="store_true", help="say more")
    group.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
    group.add_argument("--no-color", action="store_true", help="no colour on standard error")
    group.add_argument("--base-url", metavar="URL", help=f"the service; default {DEFAULT_BASE_URL}")
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="longest wait for an answer, and between two bytes of a stream; default 120",
    )
    return common


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a number of seconds: {text!r}") from None
    if value >= MAX_SECONDS:  # infinity as well
        raise argparse.ArgumentTypeError(f"must be less than {MAX_SECONDS}")
    if not value > 0:  # what is no number as well
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def _command(
    commands: Any, name: str, parents: List[argparse.ArgumentParser], text: str, more: str = ""
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.  {more}".strip(),
        parents=parents,
    )
    return command


def _policy_options(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("policy")
    group.add_argument(
        "--assurance",
        metavar="LEVEL",
        choices=ASSURANCE_LEVELS[1:],
        help=f"what must be proven of the machine, {', '.join(ASSURANCE_LEVELS[1:])};"
        " default dcap, or what --policy says",
    )
    group.add_argument(
        "--gpu",
        metavar="LEVEL",
        choices=GPU_LEVELS,
        help=f"what must be proven of its GPUs, {', '.join(GPU_LEVELS)}; default report, or what"
        " --policy says; nras asks NVIDIA, which learns which machine is used",
    )
    group.add_argument(
        "--policy", metavar="FILE", help="the whole policy, see docs/guides/policy.md"
    )
    _trust_root_option(group)


def _trust_root_option(group: Any) -> None:
    group.add_argument(
        "--trust-root",
        metavar="FILE",
        help="trust this root in the place of Intel's (PEM or DER); for the mock and for tests",
    )


def _statement_options(command: argparse.ArgumentParser, *, fresh: bool) -> None:
    """Add the files that stand for what Intel and NVIDIA would be asked.

    NVIDIA's answer is about one nonce, so that a file of it is of no use to a command that makes a
    fresh one.
    """
    group = command.add_argument_group("statements of Intel and NVIDIA")
    group.add_argument("--collateral", metavar="FILE", help="Intel's collateral for the quote")
    if not fresh:
        group.add_argument("--nras", metavar="FILE", help="NVIDIA's answer about the GPUs")
        group.add_argument("--jwks", metavar="FILE", help="NVIDIA's keys at that time")
    group.add_argument(
        "--rim", metavar="FILE", action="append", help="a manifest of NVIDIA's; may be repeated"
    )
    if fresh:
        group.add_argument("--pcs-url", metavar="URL", help="Intel's service, or one like it")
        group.add_argument("--nras-url", metavar="URL", help="NVIDIA's service, or one like it")
        group.add_argument(
            "--no-cache", action="store_true", help="neither use nor keep what was fetched before"
        )


def _models(commands: Any, parents: List[argparse.ArgumentParser]) -> None:
    command = _command(commands, "models", parents, "list models with their capabilities")
    command.add_argument("--e2ee", action="store_true", help="only those that take encryption")


def _attest(commands: Any, parents: List[argparse.ArgumentParser]) -> None:
    command = _command(commands, "attest", parents, "fetch the evidence of a model and verify it")
    command.add_argument("model", metavar="MODEL")
    command.add_argument(
        "--save", metavar="FILE", help="keep all that `verify` needs, whatever the verdict"
    )
    _policy_options(command)
    _statement_options(command, fresh=True)


def _verify(commands: Any, parents: List[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "verify",
        parents,
        "verify saved evidence, offline",
        "FILE is a bundle of `attest --save`, which is judged as of when it was saved, or the bare"
        " attestation answer, which is judged as of now.",
    )
    command.add_argument("file", metavar="FILE", help="- is standard input")
    command.add_argument("--nonce", metavar="HEX", help="the nonce that was sent; 64 digits")
    command.add_argument("--model", metavar="ID", help="the model that was asked for")
    command.add_argument("--at", metavar="RFC3339", help="judge as of this time")
    _policy_options(command)
    _statement_options(command, fresh=False)


def _quote(commands: Any, parents: List[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "quote",
        parents,
        "show every field of a TDX or SGX quote, or verify it",
        "The file is raw, hexadecimal or base64; the content decides.  Nothing is verified without"
        " --collateral.",
    )
    command.add_argument("file", metavar="FILE", help="- is standard input")
    group = command.add_argument_group("verification")
    group.add_argument("--collateral", metavar="FILE", help="verify it with Intel's collateral")
    group.add_argument("--at", metavar="RFC3339", help="judge as of this time; default now")
    _trust_root_option(group)


def _chat(commands: Any, parents: List[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "chat",
        parents,
        "verify a model, then send it one encrypted prompt",
        "The answer goes to standard output as it decrypts, reasoning to standard error.",
    )
    command.add_argument("model", metavar="MODEL")
    command.add_argument(
        "prompt", metavar="PROMPT", nargs="?", help="default and -: standard input"
    )
    command.add_argument("--system", metavar="TEXT", help="a system message; - is standard input")
    command.add_argument("--max-tokens", metavar="N", type=int, help="longest answer")
    command.add_argument("--temperature", metavar="T", type=float)
    command.add_argument(
        "--option",
        metavar="NAME=JSON",
        action="append",
        default=[],
        help="another field of the request; it travels in plaintext",
    )
    command.add_argument("--no-reasoning", action="store_true", help="do not show reasoning")
    command.add_argument(
        "--unsafe-allow-plaintext",
        action="store_true",
        help="show parts of the answer that are not encrypted; anybody on the way can forge them",
    )
    _policy_options(command)
    _statement_options(command, fresh=True)


def _signature(commands: Any, parents: List[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "signature",
        parents,
        "check that the enclave signed an answer",
        "REQUEST_ID is the id of the answer.  The evidence is fetched and verified first.",
    )
    command.add_argument("model", metavar="MODEL")
    command.add_argument("request_id", metavar="REQUEST_ID")
    _policy_options(command)
    _statement_options(command, fresh=True)


def _seal(commands: Any, parents: List[argparse.ArgumentParser]) -> None:
    command = _command(commands, "seal", parents, "encrypt one message to a public key")
    command.add_argument(
        "message", metavar="MESSAGE", nargs="?", help="or @FILE; default and -: standard input"
    )
    command.add_argument(
        "--to", metavar="HEX", required=True, help="the recipient's public key, or @FILE"
    )
    command.add_argument("--explain", action="store_true", help="show every intermediate value")


def _open(commands: Any, parents: List[argparse.ArgumentParser]) -> None:
    command = _command(commands, "open", parents, "decrypt one message")
    command.add_argument(
        "envelope", metavar="ENVELOPE", nargs="?", help="hex, or @FILE; default and -: stdin"
    )
    command.add_argument(
        "--key", metavar="HEX", required=True, help="the private key, 64 digits, or better @FILE"
    )
    command.add_argument("--explain", action="store_true", help="show every intermediate value")
