"""Base URLs, and the parts of URLs that are put behind them.

The grammar is narrower than RFC 3986 on purpose: what two parsers read differently, such as user
information, a backslash or a control character, has no place in the address of a service that is
given an API key.
"""

from __future__ import annotations

import re
from typing import Final, Mapping, NamedTuple

from venice_ref.codec.strict import decode_hex, excerpt
from venice_ref.errors import MalformedError, TransportError, UsageError
from venice_ref.spec import DEFAULT_BASE_URL

__all__ = [
    "MAX_REDIRECTS",
    "BaseUrl",
    "is_query",
    "parse_base_url",
    "percent_decode",
    "percent_encode",
    "redirect_target",
    "request_target",
]

MAX_REDIRECTS: Final = 3
"""Redirects of one GET that are followed, all within the origin  [NET-19]."""

_USUAL_PORTS = {"https": 443, "http": 80}

# RFC 3986: a host is a registered name, an IPv4 address or an IPv6 address in brackets.  User
# information, queries and fragments have no place in a base URL, and neither has anything else.
_BASE_URL = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*)\Z"
)
_LOOPBACK = re.compile(r"localhost\Z|\[::1\]\Z|127(?:\.(?:0|[1-9][0-9]{0,2})){3}\Z", re.IGNORECASE)
_QUERY = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*\Z")
_ENCODED = re.compile(r"(?:[A-Za-z0-9._~/=-]|%[0-7][0-9A-Fa-f])*\Z")
_NO_URL = re.compile(r"[^\x21-\x7e]")
_OCTET = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class BaseUrl(NamedTuple):
    """Where a service is; `origin` is what an API key is bound to."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, in one spelling: lower case, without the scheme's usual port."""
        usual = self.port == _USUAL_PORTS[self.scheme]
        return f"{self.scheme}://{self.host}{'' if usual else f':{self.port}'}"

    @property
    def is_loopback(self) -> bool:
        """True for a name or address of this machine."""
        return _LOOPBACK.match(self.host) is not None

    def __str__(self) -> str:
        return self.origin + self.path


def parse_base_url(text: str) -> BaseUrl:
    """Return the parts of a base URL [NET-17]: https, or http to this machine [NET-1].

    Trailing slashes are dropped.  Raises UsageError; its message never repeats the URL, which may
    hold a password where it is wrong.
    """
    found = _BASE_URL.match(text) if isinstance(text, str) else None
    if found is None:
        raise UsageError(
            "the base URL is not scheme://host[:port][/path]",
            rule="NET-17",
            where="base_url",
            hint=f"such as {DEFAULT_BASE_URL}; without user name, query, fragment or white space",
        )
    scheme = found["scheme"].lower()
    port = int(found["port"] or _USUAL_PORTS.get(scheme, 1))
    url = BaseUrl(scheme, found["host"].lower(), port, found["path"].rstrip("/"))
    if scheme != "https" and not (scheme == "http" and url.is_loopback):
        raise UsageError(
            f"the base URL uses {scheme}; allowed are https, and http to a loopback address",
            rule="NET-1",
            where="base_url",
            hint="an API key in plain http can be read by everyone on the way",
        )
    if not 1 <= port <= 65535:
        raise UsageError(f"no such port: {port}", rule="NET-17", where="base_url")
    return url


def percent_encode(text: str) -> str:
    """Return text as one component of a URL; all but RFC 3986 unreserved is encoded  [REQ-9]."""
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError("text that UTF-8 cannot carry", rule="REQ-18", where="url") from None
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in raw)


def percent_decode(text: str, *, where: str = "", rule: str = "") -> str:
    """Return the ASCII text of a percent-encoded one; RFC 3986, 2.1.

    A plus sign is refused where it is not encoded: it means itself to some decoders and a space to
    others.  So is every other character that has to be encoded, but for `/` and `=`, which base64
    has and which are the same in either form.
    """
    if _ENCODED.match(text) is None:
        raise MalformedError(f"not percent-encoded ASCII: {excerpt(text)}", rule=rule, where=where)
    return _OCTET.sub(lambda found: decode_hex(found[1]).decode("ascii"), text)


def is_query(text: str) -> bool:
    """Tell whether a text can stand behind the question mark of a URL as it is."""
    return _QUERY.match(text) is not None


def request_target(base: BaseUrl, path: str, params: Mapping[str, str]) -> str:
    """Return path and query of a request, in the order of `params`; without the origin  [REQ-9]."""
    query = "&".join(
        f"{percent_encode(name)}={percent_encode(value)}" for name, value in params.items()
    )
    return f"{base.path}{path}{'?' if query else ''}{query}"


def redirect_target(
    base: BaseUrl, method: str, target: str, location: str, *, followed: int
) -> str:
    """Return path and query that a redirect leads to, within the origin.

    `target` is path and query of the request, `location` the header of its answer, `followed` the
    number of redirects that led to it.

    Raises:
        TransportError: not for a GET [NET-18], one too many [NET-19], or to another origin [NET-2].
    """
    if method != "GET":
        raise TransportError(
            f"{base.host} redirects a request that must not travel on",
            rule="NET-18",
            hint="check the base URL; nothing was sent anywhere else",
        )
    if followed >= MAX_REDIRECTS:
        raise TransportError(
            f"{base.host} redirects more than {MAX_REDIRECTS} times", rule="NET-19"
        )
    from urllib.parse import urljoin, urlsplit  # noqa: PLC0415  # only where a redirect is met

    refusal = TransportError(
        f"{base.host} redirects elsewhere: {excerpt(location, 120)}",
        rule="NET-2",
        hint="the API key was not sent there; check the base URL",
    )
    try:
        parts = urlsplit(urljoin(f"{base.origin}{target}", location))
        found = parse_base_url(f"{parts.scheme}://{parts.netloc}{parts.path}")
    except ValueError:  # UsageError is one: not a URL that could be a base
        raise refusal from None
    # `urlsplit` drops tabs and line ends, which have no place in a URL.
    if _NO_URL.search(location) is not None or not location or not is_query(parts.query):
        raise refusal
    if found.origin != base.origin:
        raise refusal
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
