"""Probes by requests and replies, which every kind of adapter can be asked."""

from __future__ import annotations

import base64
import contextlib
import difflib
import functools
import re
from typing import Any, Final, FrozenSet

from conformance.adapters.diagnosis import Advice, advice_for
from conformance.adapters.protocol import AdapterFailure
from conformance.adapters.subject import KEY, Fault, Skip, Subject, short, unknown
from conformance.operations import CHAT
from conformance.requirements import load_requirements
from conformance.vectors import NoVectorsError, load_files

__all__ = [
    "beyond_ascii",
    "byte_strings",
    "extra_member",
    "large",
    "operation_names",
    "refusals",
    "same_twice",
    "unknown_operation",
]

# Of vectors/envelope, so that an installed package can probe as well.
_SECRET: Final = "452c52b7426a88c26b1f1887c2e5da72bf640a70317198d33b9fc027cafebc46"  # noqa: S105  of a test
_ENVELOPE: Final = (
    "04826db0420fb37dfd3940b70669aa1dc676bcdfb720b82350e898fef19c91895d"
    "cecb25bd941cca5dcfea00adc7fe3c1380facec2b0471c30550b298db8dbcf5ad2"
    "8057bacf971bc4b87a0d1165dbb7292ff5d1297f93f934abcfbdc74f6b815534e8"
    "4a3c0a217faaa8c67216495c5d6e"
)
_TEXT: Final = "größe € 世 😀"


def unknown_operation(subject: Subject) -> str:
    """An operation that nobody has heard of is `unsupported`."""
    reply = subject.ask(unknown(), {})
    if "unsupported" in reply:
        return ""
    kind = next(iter(reply))
    causes = {
        "ok": "every operation is answered, also one that nobody has heard of: then a pass means"
        " nothing",
        "reject": "an operation that is unknown is taken for an input that is refused: then the"
        " tests of refusals would pass without being run",
        "error": "the table of operations raises for a name that it does not have",
    }
    raise Fault(
        f'an operation with a made-up name was answered with "{kind}"',
        Advice(causes[kind], 'answer {"id": ..., "unsupported": "..."} to every other operation'),
    )


def extra_member(subject: Subject) -> str:
    """A member of the input that it does not know changes nothing."""
    subject.need("key.parse")
    plain = subject.ask("key.parse", {"text": KEY})
    more = subject.ask("key.parse", {"text": KEY, "x_probe": {"later": [1, None]}})
    if plain == more:
        return ""
    raise Fault(
        f"key.parse answered {short(more)} where a member was added, and {short(plain)} without",
        Advice(
            "the input is read strictly (**kwargs, deny_unknown_fields, DisallowUnknownFields)",
            'ignore members of "in" that you do not know: later suites may add some',
        ),
    )


def large(subject: Subject) -> str:
    """A request of 1 MiB is answered."""
    try:
        subject.ask(unknown(), {"padding": "x" * 2**20})
    except AdapterFailure as failure:
        raise Fault(
            f"after a request of 1 MiB: {failure.detail}",
            advice_for(failure, large=True),
            failure.stderr,
        ) from None
    return ""


def beyond_ascii(subject: Subject) -> str:
    """Texts beyond ASCII, and beyond U+FFFF, come back as they went in."""
    subject.ask(unknown(), {"text": _TEXT})
    subject.need("field.open")
    reply = subject.ask("field.open", {"secret": _SECRET, "envelope": _ENVELOPE})
    if "ok" not in reply:
        return f"a sound envelope was not opened, which the vectors will explain: {short(reply)}"
    text = reply["ok"].get("text")
    if text == _TEXT:
        return ""
    raise Fault(
        f"a text came back as {short(text)} and not as {short(_TEXT)}",
        Advice(
            "standard output is not UTF-8, or characters beyond U+FFFF lose a half",
            "write UTF-8, or escape everything beyond ASCII: \\ud83d\\ude00 is one character",
        ),
    )


def same_twice(subject: Subject) -> str:
    """The same request has the same reply."""
    subject.need("key.parse")
    for text in (KEY, "zz"):
        first = subject.ask("key.parse", {"text": text})
        second = subject.ask("key.parse", {"text": text})
        if first != second:
            raise Fault(
                f"the same request was answered with {short(first)} and with {short(second)}",
                Advice(
                    "something of a request is kept for the next one",
                    "make every object anew for each request",
                ),
            )
    return ""


def byte_strings(subject: Subject) -> str:
    """Byte strings are lowercase hexadecimal digits."""
    subject.need("key.parse")
    reply = subject.ask("key.parse", {"text": KEY})
    if "ok" not in reply:
        return f"a sound key was not accepted, which the vectors will explain: {short(reply)}"
    public = reply["ok"].get("public")
    if public == KEY:
        return ""
    advice = Advice(
        "byte strings are written in another form",
        "write them as lowercase hexadecimal digits, without 0x; see OPERATIONS.md",
    )
    if isinstance(public, str) and public.lower() == KEY:
        advice = advice._replace(cause="byte strings are written in upper case")
    elif isinstance(public, str) and public.lower() == f"0x{KEY}":
        advice = advice._replace(cause="byte strings are written with 0x")
    elif isinstance(public, str) and public.rstrip("=") == _base64(KEY).rstrip("="):
        advice = advice._replace(cause="byte strings are written in base64")
    elif isinstance(public, str) and re.fullmatch("[0-9a-f]+", public):
        return f"another key came back, which the vectors will explain: {short(public)}"
    raise Fault(f'key.parse gave {short(public)} as "public", expected {short(KEY)}', advice)


def refusals(subject: Subject) -> str:
    """A refusal is `reject`, with the reason that hello promised."""
    subject.need("key.parse")
    reply = subject.ask("key.parse", {"text": "zz"})
    if "error" in reply:
        raise Fault(
            f"a key that is none was answered with {short(reply)}",
            Advice(
                "a refusal of the implementation is caught as if it were a mistake",
                'catch the errors by which the implementation refuses, and answer "reject"; "error"'
                " is for mistakes, and always fails",
            ),
        )
    if "reject" not in reply:
        return f"a key that is none was not refused, which the vectors will explain: {short(reply)}"
    reject = reply["reject"]
    if subject.hello.reasons == "coded" and not (reject.get("stage") and reject.get("reason")):
        raise Fault(
            f'hello says that reasons are "coded", and a refusal was {short(reply)}',
            Advice(
                "stage and reason are not given",
                'give "stage" and "reason" in the words of OPERATIONS.md, or declare "native" (the'
                ' own text as "native") or "none"',
            ),
        )
    named = f"{reject.get('stage')}:{reject.get('reason')}"
    known = {f"{row.stage}:{row.refusal}" for row in load_requirements() if row.refusal}
    if subject.hello.reasons == "coded" and named not in known:
        raise Fault(
            f"a refusal has the reason {named}",
            Advice("it is not a reason of the specification" + _near(named, known), "see SPEC.md"),
        )
    return ""


def operation_names(subject: Subject) -> str:
    """Every operation that it declares is one that is asked for."""
    known = _asked_for()
    if not known:
        raise Skip("there are no vectors here that say which operations there are")
    wrong = sorted(set(subject.hello.operations) - known)
    if not wrong:
        return f"{len(subject.hello.operations)} operations declared"
    raise Fault(
        f"hello declares {', '.join(wrong[:5])}, which no test asks for",
        Advice("a name is misspelt" + _near(wrong[0], known), "see OPERATIONS.md for the names"),
    )


@functools.lru_cache(maxsize=1)
def _asked_for() -> FrozenSet[str]:
    """Return the operations that tests ask for; none where there are no vectors."""
    with contextlib.suppress(NoVectorsError):
        return frozenset({file.op for file in load_files()} | {CHAT, "hello", "bye"})
    return frozenset()


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode("ascii")


def _near(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
