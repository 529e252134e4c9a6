"""Errors and reports without what must not be shown: our API key, and the prompt  [ERR-2, KEY-12].

A peer can put either into any text that a message quotes: a status text, an event, a header, the
name of a member, a certificate.  So every string of an error is looked at, whatever raised it.

An error is changed in place.  A copy would carry the original along as its context, with everything
that was to be taken out.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Final, TypeVar

from venice_ref.attestation.report import Report
from venice_ref.errors import PeerError, ServerError, VeniceError

__all__ = ["cut_out", "rewrite_error", "rewrite_report"]

Error = TypeVar("Error", bound=VeniceError)

_SHOWN: Final = "[API key]"
_RUN: Final = 12
"""Characters in a row of a secret that are cut out: what quotes a peer may cut the secret short."""
_SHORT: Final = 8
_LOWER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
"""Unlike `str.lower`, this keeps every character at its place."""


def cut_out(text: str, secret: str) -> str:
    """Return `text` without a secret in printable ASCII, in whatever case, escaped, or cut short.

    A secret of fewer than 8 characters, which no service gives out, is cut out where it stands by
    itself only: it may be a part of any word.
    """
    if len(secret) < _SHORT:
        return re.sub(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", _SHOWN, text)
    for form in (secret, ascii(secret)[1:-1]):
        text = _without_runs(text, form.translate(_LOWER))
    return text


def rewrite_error(error: Error, rewrite: Callable[[str], str]) -> Error:
    """Return the same error with each of its texts rewritten, those of its report as well."""
    error.message = rewrite(error.message)
    error.args = (error.message,)
    error.where = rewrite(error.where)
    error.hint = rewrite(error.hint)
    if isinstance(error, ServerError):
        quoted = f"'{error.code}'"  # all of it is the peer's, as what a message quotes
        error.code = error.code if rewrite(quoted) == quoted else ""
    if isinstance(error, PeerError) and isinstance(error.report, Report):
        error.report = rewrite_report(error.report, rewrite)
    return error


def rewrite_report(report: Report, rewrite: Callable[[str], str]) -> Report:
    """Return a report with the details of its checks and the texts of its facts rewritten."""
    return report._replace(
        checks=tuple(check._replace(detail=rewrite(check.detail)) for check in report.checks),
        facts=_rewritten(report.facts, rewrite),
    )


def _rewritten(value: Any, rewrite: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return rewrite(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_rewritten(entry, rewrite) for entry in value)
    if isinstance(value, dict):
        return {rewrite(name): _rewritten(entry, rewrite) for name, entry in value.items()}
    return value


def _without_runs(text: str, secret: str) -> str:
    """Cut out what has `_RUN` characters in a row, or all, of a secret in lower case."""
    least = min(_RUN, len(secret))
    lowered = text.translate(_LOWER)
    kept = []
    start = index = 0
    while index + least <= len(text):
        end = index + least
        if lowered[index:end] not in secret:
            index += 1
            continue
        while end < len(text) and lowered[index : end + 1] in secret:
            end += 1
        kept += [text[start:index], _SHOWN]
        start = index = end
    return "".join(kept) + text[start:]
