"""Mutants of transport: addresses, redirects, repetitions, errors, and Intel's answers."""

from __future__ import annotations

from typing import Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_URL = "venice_ref/net/url.py"
_API = "venice_ref/net/venice.py"
_REFUSALS = "venice_ref/net/refusals.py"
_SAID = "venice_ref/e2ee/server_errors.py"
_PCS = "venice_ref/net/pcs.py"
_CUT = "venice_ref/net/redaction.py"

MUTANTS: Tuple[Mutant, ...] = (
    Mutant(
        "transport.any-http", _URL,
        '    if scheme != "https" and not (scheme == "http" and url.is_loopback):\n',
        '    if scheme not in ("https", "http"):\n',
        ("NET-1",), "http is allowed to everywhere.",
    ),
    Mutant(
        "transport.loopback-by-beginning", _URL,
        "        return _LOOPBACK.match(self.host) is not None\n",
        '        return self.host.startswith(("localhost", "127.", "[::1]"))\n',
        ("NET-1",), "A host that begins like this machine is this machine.",
    ),
    Mutant(
        "transport.dollar", _URL,
        "(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*)\\Z\"",
        "(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*)$\"",
        ("NET-17",), "A line end at the end passes.",
    ),
    Mutant(
        "transport.any-port", _URL,
        "    if not 1 <= port <= 65535:\n",
        "    if False:\n",
        ("NET-17",), "Ports are not bounded.",
    ),
    Mutant(
        "transport.follow-beginning", _URL,
        "    if found.origin != base.origin:\n",
        "    if not found.origin.startswith(base.origin):\n",
        ("NET-2",), "An origin that begins alike is followed.",
    ),
    Mutant(
        "transport.drop-tabs", _URL,
        "    if _NO_URL.search(location) is not None or not location",
        "    if not location",
        ("NET-2",), "Tabs in a redirect are dropped, as a library does.",
    ),
    Mutant(
        "transport.follow-post", _URL,
        '    if method != "GET":\n',
        '    if method not in ("GET", "POST"):\n',
        ("NET-18",), "A POST is redirected.",
    ),
    Mutant(
        "transport.follow-fourth", _URL,
        "    if followed >= MAX_REDIRECTS:\n",
        "    if followed > MAX_REDIRECTS:\n",
        ("NET-19",), "A fourth redirect is followed.",
    ),
    Mutant(
        "transport.encode-little", _URL,
        '_UNRESERVED = frozenset(b"ABC',
        '_UNRESERVED = frozenset(b"!\'()*ABC',
        ("REQ-9",), "Encoding as encodeURIComponent does it.",
    ),
    Mutant(
        "transport.encode-latin", _URL,
        '        raw = text.encode("utf-8")\n',
        '        raw = text.encode("latin-1", "replace")\n',
        ("REQ-9",), "Bytes of Latin-1 are encoded.",
    ),
    Mutant(
        "transport.repeat-408", _API,
        "        repeatable = status == 429 or 500 <= status <= 599\n",
        "        repeatable = status in (408, 425, 429) or 500 <= status <= 599\n",
        ("NET-4",), "Other statuses are repeated, as many libraries do.",
    ),
    Mutant(
        "transport.wait-for-ever", _API,
        "        if not repeatable or wait > MAX_RETRY_WAIT_SECONDS:\n",
        "        if not repeatable:\n",
        ("NET-4",), "A server decides how long a call takes.",
    ),
    Mutant(
        "transport.retry-by-int", _REFUSALS,
        "    if _SECONDS.match(text):\n",
        '    if text.replace("_", "").isdigit():\n',
        ("NET-8",), "Retry-After is read by a lenient function.",
    ),
    Mutant(
        "transport.code-before-status", _SAID,
        "    if status in KIND_BY_STATUS:\n",
        "    if status in KIND_BY_STATUS and not any(code in KIND_BY_CODE for code in codes):\n",
        ("NET-8",), "A code counts before a specific status.",
    ),
    Mutant(
        "transport.text-first", _SAID,
        "    for code in codes:\n        if code in KIND_BY_CODE:\n",
        "    for code in () if message else codes:\n        if code in KIND_BY_CODE:\n",
        ("NET-8",), "Codes are looked at only where there is no text.",
    ),
    Mutant(
        "transport.only-objects", _SAID,
        '    texts = [error if isinstance(error, str) else ""]\n',
        '    texts = [""]\n',
        ("NET-8",), "An error that is a bare text is not understood.",
    ),
    Mutant(
        "transport.wait-by-truth", _SAID,
        "        retry_after=next((wait for wait in waits if wait is not None), None),\n",
        "        retry_after=waits[0] or waits[1],\n",
        ("NET-8",), "A wait of 0 is taken for none.",
    ),
    Mutant(
        "transport.show-any-code", _SAID,
        "    return _CODE.match(text) is not None\n",
        "    return len(text) <= 64\n",
        ("NET-8",), "Whatever stands as a code is shown.",
    ),
    Mutant(
        "transport.show-prompt", _REFUSALS,
        "    cases = (text, text.lower(), text.upper(), text.casefold())\n"
        "    return {_folded(ascii(case)[1:-1]) for case in cases}\n",
        "    return {ascii(text)[1:-1]}\n",
        ("ERR-2",), "The prompt is found in its own case only.",
    ),
    Mutant(
        "transport.show-digits", _REFUSALS,
        "    shown = _LONG_HEX.sub(",
        "    shown = redact(body.shown) or _LONG_HEX.sub(",
        ("ERR-2",), "Keys and ciphertext are repeated in full.",
    ),
    Mutant(
        "transport.write-again", _PCS,
        "    return found.texts[name], decode_hex(",
        "    import json\n"
        "    again = json.dumps(json.loads(found.texts[name]))\n"
        "    return again, decode_hex(",
        ("NET-10",), "The signed text is parsed and written again.",
    ),
    Mutant(
        "transport.plus-is-space", _URL,
        "    if _ENCODED.match(text) is None:\n",
        '    text = text.replace("+", "%20")\n    if _ENCODED.match(text) is None:\n',
        ("NET-11",), "A plus sign is a space, as in forms.",
    ),
    Mutant(
        "transport.any-chain", _PCS,
        "_MAX_CHAIN: Final = 4\n",
        "_MAX_CHAIN: Final = 400\n",
        ("NET-11",), "A chain may have any number of certificates.",
    ),
)  # fmt: skip
