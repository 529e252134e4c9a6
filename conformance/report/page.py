"""A page of HTML in one file that works without a network: escaping, the frame, the legend.

What a report holds was written by others, in part by the peer of a client.  Nothing of it gets into
a page but through `text`, which escapes it and makes visible what would otherwise hide or reorder
what stands beside it.  The policy of the page allows the one style and the one script that are in
it, by their digests, and nothing else: no request leaves the browser.
"""

from __future__ import annotations

import base64
import hashlib
import html
import pkgutil
import re
from typing import Final, Iterable, Match
from urllib.parse import quote

from conformance.report.comparison import kind_of
from conformance.requirements import SuiteError
from conformance.results import STATUSES, SUBTYPES

__all__ = ["anchor", "cut", "document", "legend", "marked", "plain", "stylesheet", "tag", "text"]

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""What shows nothing, changes the direction of what follows, or cannot be written as UTF-8."""


def text(untrusted: str) -> str:
    """Return a text for the content of an element, or for the value of an attribute in quotes."""
    return html.escape(_HIDDEN.sub(_named, untrusted), quote=True)


def _named(match: Match[str]) -> str:
    return f"[U+{ord(match.group()):04X}]"


def cut(untrusted: str, limit: int) -> str:
    """Return at most `limit` characters, and how many more there were."""
    if len(untrusted) <= limit:
        return untrusted
    return f"{untrusted[:limit]} [and {len(untrusted) - limit} more characters]"


def anchor(untrusted: str) -> str:
    """Return the value of an `id` for the id of a test or a requirement.

    It is the id itself for all ids of this suite.  Characters that could be taken for something
    else are percent-encoded, and so is the beginning `page-`, which the page itself uses.  A link
    to it is `#` and the same encoded once more.
    """
    encoded = untrusted.encode("utf-8", "backslashreplace")
    shown = quote(encoded, safe="/._-~")
    return f"%70{shown[1:]}" if shown.startswith("page-") else shown


def plain(name: str) -> str:
    """Return the name of a status or of a subtype in words."""
    return name.replace("_", " ")


def tag(status: str, more: str = "") -> str:
    """Return glyph and name of a status, with a second line that is HTML; for a cell."""
    if not status:
        return "<td class=quiet>not tested</td>"
    second = f"<small>{more}</small>" if more else ""
    shown = marked(STATUSES[status].glyph, plain(status))
    return f"<td class={kind_of(status)}>{shown}{second}</td>"


def marked(glyph: str, name: str) -> str:
    """Return a glyph and its name; the glyph is for the eye only, the name says the same."""
    return f"<b aria-hidden=true>{text(glyph)}</b> {name}"


def legend() -> str:
    """Return the meaning of every glyph and of every kind of failure."""
    rows = "".join(
        f"<tr>{tag(name)}<td>{text(status.about)}</td>"
        f"<td>{'yes' if status.fails else 'no'}</td><td>{'yes' if status.blocks else 'no'}</td>"
        "</tr>\n"
        for name, status in STATUSES.items()
    )
    kinds = "".join(
        f"<dt>{plain(name)}</dt><dd>{text(about)}</dd>\n" for name, about in SUBTYPES.items()
    )
    return (
        "<details id=page-legend><summary>What the words and glyphs mean</summary>\n"
        "<div class=scroll tabindex=0 role=region aria-label='Statuses'>"
        "<table class=legend><caption>Statuses, most severe first</caption>\n<thead><tr>"
        "<th scope=col>Status</th><th scope=col>Meaning</th><th scope=col>Fails the run</th>"
        "<th scope=col>Excludes conformance</th></tr></thead>\n"
        f"<tbody>\n{rows}</tbody></table></div>\n"
        "<p><b>absent</b>: the report does not have this test. <b>not tested</b>: no test in it"
        " reaches this requirement.</p>\n"
        f"<h3>Kinds of failure</h3>\n<dl>\n{kinds}</dl>\n"
        "</details>\n"
    )


def stylesheet(columns: int) -> str:
    """Return the style of a page whose table compares that many reports."""
    # The columns of results have one width, so that nested tables stand under them.
    wide = 22 + 8 * columns
    return (
        f":root{{--columns:{columns}}}\n{_data('page.css')}"
        f"@media screen and (min-width:{wide + 4}rem)"
        "{.matrix{overflow:visible}.matrix>table>thead th{position:sticky;top:0;z-index:2}}\n"
    )


def document(title: str, body: Iterable[str], *, columns: int) -> str:
    """Return the whole page; `title` is text, `body` is HTML."""
    style, script = stylesheet(columns), _data("page.js")
    policy = (
        "default-src 'none'; "
        f"style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{''.join(body)}<script>{script}</script>\n</body>\n</html>\n"
    )


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def _data(name: str) -> str:
    raw = pkgutil.get_data("conformance.report", name)
    if raw is None:
        raise SuiteError(f"conformance/report/{name} is missing")
    return raw.decode("utf-8").replace("\r\n", "\n")
