"""Base URLs: which may be given an API key, and their one spelling."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.generate.builder import FileBuilder, Flag

__all__ = ["generate"]

_GOOD: Final[Tuple[Tuple[str, str, str, str, bool], ...]] = (
    # slug, why, text, one spelling, loopback; the origin is cut out of the spelling
    ("service", "The address of the service.", "https://api.venice.ai/api/v1",
     "https://api.venice.ai/api/v1", False),
    ("trailing-slash", "A slash at the end must not double the one of the path.",
     "https://api.venice.ai/api/v1/", "https://api.venice.ai/api/v1", False),
    ("upper-case", "Scheme and host have no case, the path has.",
     "HTTPS://API.Venice.AI/Api", "https://api.venice.ai/Api", False),
    ("usual-port", "The usual port is the same origin as none.", "https://api.venice.ai:443/v1",
     "https://api.venice.ai/v1", False),
    ("other-port", "Another port is another origin.", "https://api.venice.ai:8443",
     "https://api.venice.ai:8443", False),
    ("highest-port", "The highest port there is.", "https://example.org:65535",
     "https://example.org:65535", False),
    ("port-80", "The usual port of the other scheme is not that of https.",
     "https://example.org:80", "https://example.org:80", False),
    ("port-with-zeros", "Leading zeros of a port say nothing.", "https://example.org:0443/",
     "https://example.org", False),
    ("escaped-path", "A path that is encoded stays as it is.", "https://example.org/a%20b/~c",
     "https://example.org/a%20b/~c", False),
    ("ipv4", "An address needs https like a name.", "https://10.0.0.1/v1", "https://10.0.0.1/v1",
     False),
    ("ipv6", "An address in brackets.", "https://[2001:DB8::1]:8443/v1",
     "https://[2001:db8::1]:8443/v1", False),
    ("loopback-name", "A server on this machine, as tests have it.", "http://localhost:8080/api/v1",
     "http://localhost:8080/api/v1", True),
    ("loopback-name-capitals", "The name has no case.", "http://LocalHost", "http://localhost",
     True),
    ("loopback-v4", "The usual address of this machine.", "http://127.0.0.1:80/",
     "http://127.0.0.1", True),
    ("loopback-v4-other", "All of 127.0.0.0/8 is this machine.", "http://127.1.2.3:1234",
     "http://127.1.2.3:1234", True),
    ("loopback-v6", "And this is its address in IPv6.", "http://[::1]:9/", "http://[::1]:9", True),
    ("loopback-https", "https to this machine is allowed as well.", "https://localhost/v1",
     "https://localhost/v1", True),
)  # fmt: skip

_PLAIN: Final = (
    ("plain-http", "The address of the service without its protection.",
     "http://api.venice.ai/api/v1"),
    ("private-address", "A private network is not this machine.", "http://10.0.0.1/api/v1"),
    ("loopback-as-subdomain", "A comparison of beginnings takes it for this machine.",
     "http://localhost.evil.example/"),
    ("address-as-subdomain", "The same with the address.", "http://127.0.0.1.evil.example/"),
    ("loopback-as-suffix", "A comparison of ends takes it for this machine.",
     "http://evil-localhost/"),
    ("short-loopback", "Some resolvers read it as 127.0.0.1, others as a name.", "http://127.1/"),
    ("octal-loopback", "A leading zero means octal to some.", "http://127.0.0.01/"),
    ("mapped-loopback", "An IPv4 address in IPv6, which filters treat differently.",
     "http://[::ffff:127.0.0.1]/"),
    ("any-address", "0.0.0.0 is not the loopback address, though it often answers.",
     "http://0.0.0.0/"),
    ("ftp", "Another scheme, to this machine.", "ftp://127.0.0.1/"),
    ("websocket", "Another protocol that is protected.", "wss://api.venice.ai/api/v1"),
)  # fmt: skip

_MALFORMED: Final = (
    ("user", "What stands before the @ is no host; readers take it for one.",
     "https://api.venice.ai@evil.example/"),
    ("password", "A password in a URL ends in logs.", "https://user:secret@example.org/"),
    ("query", "Paths are appended to a base URL; behind a query they would be its value.",
     "https://example.org/?x=/api/v1"),
    ("empty-query", "Also where the query is empty.", "https://example.org/v1?"),
    ("fragment", "What follows a # is never sent.", "https://example.org/#/api/v1"),
    ("backslash", "Browsers read it as a slash, others as a part of the host.",
     "https://example.org\\@evil.example/"),
    ("space-inside", "A space ends the request line.", "https://exa mple.org/"),
    ("space-before", "Trimming is for whoever reads the setting.", " https://example.org/"),
    ("line-end-behind", "A line end at the end passes a pattern that ends with $.",
     "https://example.org/v1\n"),
    ("header-injection", "A line end inside writes a header.",
     "https://example.org/\r\nX-Evil: y"),
    ("nul", "A NUL ends the name for a resolver written in C.",
     "https://example.org\x00.evil.example/"),
    ("international", "Letters outside ASCII have several spellings, and lookalikes.",
     "https://b\u00fccher.example/"),
    ("fullwidth-dot", "U+FF0E becomes a dot in some resolvers.", "https://example\uff0eorg/"),
    ("no-host", "A scheme without a host.", "https:///api/v1"),
    ("no-scheme", "A host without a scheme.", "api.venice.ai/api/v1"),
    ("relative-scheme", "The scheme of nothing.", "//api.venice.ai/api/v1"),
    ("one-slash", "Some libraries repair it.", "https:/api.venice.ai/api/v1"),
    ("port-zero", "Port 0 is none.", "https://example.org:0/"),
    ("port-too-high", "65536 is 0 in 16 bits.", "https://example.org:65536/"),
    ("port-empty", "A colon without a port.", "https://example.org:/v1"),
    ("port-underscore", "Python's int() takes 8_0 for 80.", "https://example.org:8_0/"),
    ("port-sign", "And +80 as well.", "https://example.org:+80/"),
    ("open-bracket", "An address in brackets that do not close.", "https://[::1/"),
    ("zone", "A zone of an IPv6 address means something on one machine only.",
     "https://[fe80::1%25eth0]/"),
    ("script", "A URL that runs.", "javascript:alert(1)"),
    ("file", "A path on this machine.", "file:///etc/passwd"),
    ("empty", "No text at all.", ""),
)  # fmt: skip


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for slug, why, text, spelling, loopback in _GOOD:
        host = spelling.index("/", len("https://")) if spelling.count("/") > 2 else None
        builder.accept(
            slug, why, req=("NET-1", "NET-17"), given={"base_url": text},
            out={"base_url": spelling, "origin": spelling[:host], "loopback": loopback},
        )  # fmt: skip
    plain = builder.flag("PlainTransport", Flag(
        "CONFIDENTIALITY",
        "The address has no TLS, or another protocol, and is not this machine's.",
        "The API key, the model and the times of a conversation are read by everyone on the way.",
        "Allow https, and http to localhost, 127.0.0.0/8 and [::1] written out.",
        ("RFC 9110, 17.1", "RFC 6761, 6.3", "CWE-319"),
    ))  # fmt: skip
    unclear = builder.flag("TwoReadings", Flag(
        "AUTH_BYPASS",
        "Two parsers of URLs read the address differently, or one repairs it.",
        "The check sees one host and the connection goes to another, with the API key.",
        "Match the whole text against a narrow grammar before a library parses it.",
        ("RFC 3986, 3.2", "CWE-918", "A New Era of SSRF, Black Hat USA 2017"),
    ))  # fmt: skip
    for breaks, flag, rows in (("NET-1", plain, _PLAIN), ("NET-17", unclear, _MALFORMED)):
        for slug, why, text in rows:
            builder.reject(
                f"{'plain' if breaks == 'NET-1' else 'malformed'}-{slug}", why, parent="service",
                breaks=breaks, given={"base_url": text}, flags=(flag,), critical=True,
            )  # fmt: skip
