"""Redirects: within the origin, away from it, of a POST, and too many."""

from __future__ import annotations

from typing import Any, Dict, Final

from conformance.generate.builder import FileBuilder, Flag

__all__ = ["generate"]

_BASE: Final = "https://api.venice.ai/api/v1"
_ORIGIN: Final = "https://api.venice.ai"
_TARGET: Final = "/api/v1/tee/attestation?model=m&nonce=00"

_WITHIN: Final = (
    ("path", "A path of the same server.", "/api/v2/tee/attestation?model=m&nonce=00",
     "/api/v2/tee/attestation?model=m&nonce=00"),
    ("absolute", "The same with scheme and host.", "https://api.venice.ai/x?y=1", "/x?y=1"),
    ("capitals-and-port", "Another spelling of the same origin.", "HTTPS://API.venice.ai:443/x",
     "/x"),
    ("scheme-relative", "Without the scheme, which is that of the request.",
     "//api.venice.ai/x", "/x"),
    ("relative", "Relative to the path of the request, and not to the base URL.", "quote",
     "/api/v1/tee/quote"),
    ("dots", "Dots in a path are resolved.", "../models", "/api/v1/models"),
    ("query-only", "A new query for the same path.", "?model=n", "/api/v1/tee/attestation?model=n"),
    ("no-path", "An origin alone is its root.", "https://api.venice.ai", "/"),
    ("fragment", "A fragment is not sent.", "/x#y", "/x"),
)  # fmt: skip

_AWAY: Final = (
    ("other-host", "Another server gets the API key.", "https://evil.example/x"),
    ("subdomain", "A subdomain is another origin.", "https://x.api.venice.ai/x"),
    ("parent-domain", "So is the domain above.", "https://venice.ai/x"),
    ("suffix", "A comparison of beginnings takes it for the same.",
     "https://api.venice.ai.evil.example/x"),
    ("other-port", "Another port is another server.", "https://api.venice.ai:8443/x"),
    ("to-http", "The key would travel in the clear.", "http://api.venice.ai/x"),
    ("to-http-port-443", "The port does not make it https.", "http://api.venice.ai:443/x"),
    ("scheme-relative", "Two slashes begin a host.", "//evil.example/x"),
    ("user", "The host is what stands behind the @.", "https://api.venice.ai@evil.example/x"),
    ("user-on-our-host", "User information would be sent in place of the key.",
     "https://user:pw@api.venice.ai/x"),
    ("backslash", "Browsers read two backslashes as two slashes.", "/\\evil.example/x"),
    ("backslashes", "The same without a slash.", "\\\\evil.example\\x"),
    ("to-this-machine", "A server must not reach what listens on the client's machine.",
     "http://127.0.0.1:8080/x"),
    ("file", "A path on the client's machine.", "file:///etc/passwd"),
    ("script", "Another scheme without a host.", "javascript:alert(1)"),
    ("data", "An answer inside the redirect.", "data:application/json,{}"),
    ("space", "A space has to be encoded; repairing it is guessing.", "/a b"),
    ("tab", "Some parsers drop tabs, so that a filter sees another URL.", "/a\tb"),
    ("line-end", "A line end would write a header.", "/a\r\nX-Evil: y"),
    ("not-ascii", "Letters outside ASCII have to be encoded.", "/\u00e9"),
    ("open-bracket", "An address in brackets that do not close.", "https://[::1"),
    ("empty", "A redirect to nowhere.", ""),
)  # fmt: skip


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    away = builder.flag("AnotherOrigin", Flag(
        "CONFIDENTIALITY",
        "The redirect leads to another origin, or what it leads to has two readings.",
        "The API key is sent to whoever the redirect names, and evidence is taken from there.",
        "Follow redirects by hand, and compare scheme, host and port with those of the base URL.",
        ("RFC 9110, 15.4", "CVE-2018-18074", "CVE-2022-27774"),
    ))  # fmt: skip
    travels = builder.flag("TravellingBody", Flag(
        "CONFIDENTIALITY",
        "A request with a body is redirected.",
        "A conversation is sent to a place that it was not meant for, or silently lost.",
        "Take every redirect of a POST for an error.",
        ("RFC 9110, 15.4.8",),
    ))  # fmt: skip
    loop = builder.flag("Loop", Flag(
        "RESOURCE",
        "The server redirects again and again.",
        "A client that follows is held for as long as the server likes.",
        "Count, and stop after three.",
        ("RFC 9110, 15.4",),
    ))  # fmt: skip
    builder.group({"base_url": _BASE, "target": _TARGET})
    for slug, why, location, target in _WITHIN:
        builder.accept(
            f"within-{slug}", why, req=("NET-2",), given=_asked(location),
            out={"url": _ORIGIN + target},
        )  # fmt: skip
    third = builder.accept(
        "third", "The third redirect is the last that is followed.", req=("NET-19", "NET-18"),
        given=_asked("/x", followed=2), out={"url": f"{_ORIGIN}/x"},
    )  # fmt: skip
    for slug, why, location in _AWAY:
        builder.reject(
            f"away-{slug}", why, parent="within-path", breaks="NET-2",
            given={"location": location}, flags=(away,), critical=True,
        )  # fmt: skip
    builder.reject(
        "fourth", "A fourth redirect within the origin.", parent=third, breaks="NET-19",
        given={"followed": 3}, flags=(loop,),
    )  # fmt: skip
    builder.reject(
        "post", "Within the origin as well: the server may name a path that logs.",
        parent="within-path", breaks="NET-18", given={"method": "POST"}, flags=(travels,),
    )  # fmt: skip


def _asked(location: str, *, followed: int = 0) -> Dict[str, Any]:
    return {"method": "GET", "location": location, "followed": followed}
