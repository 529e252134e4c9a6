"""Vectors of `event.digest`: what an event of register 3 is extended with."""

from __future__ import annotations

import hashlib
from typing import Dict, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.dstack.kit import preimage

Case = Tuple[str, str, str, bytes]


def generate(builder: FileBuilder) -> None:
    """Fill `dstack/digests`."""
    builder.flag(
        "NameWithoutBytes",
        Flag(
            "MALFORMED",
            "The name has a lone surrogate, which UTF-8 cannot carry.",
            "An encoder that writes U+FFFD instead gives two names one digest.",
            "Refuse text that cannot be encoded; TextEncoder of the web replaces it silently.",
            ("RFC 3629, section 3", "WHATWG Encoding, section 7.2"),
        ),
    )
    builder.group()
    for version, cases in ((1, (*_common(), *_version_1())), (2, _version_2())):
        for slug, why, name, payload in cases:
            hashed = preimage(version, name, payload)
            builder.accept(
                f"version-{version}-{slug}",
                why,
                req=("DST-2",),
                given={"version": version, **_name(slug, name), "payload": payload.hex()},
                out={"digest": hashlib.sha384(hashed).hexdigest()},
                mid={"preimage": hashed.hex()},
            )
    for version in (1, 2):
        builder.reject(
            f"version-{version}-lone-surrogate",
            "A name that UTF-8 cannot carry is encoded with a replacement character.",
            parent=f"version-{version}-name-of-one-byte",
            breaks="DST-2",
            given={"name_utf16": "d800"},
            flags=("NameWithoutBytes",),
            features=("lone-surrogates",),
        )


def _name(slug: str, name: str) -> Dict[str, str]:
    """Return the member that holds a name: in UTF-16 where a test changes it to what is no text.

    Half of a surrogate pair in a JSON string would make some parsers refuse the whole file.
    """
    if slug == "name-of-one-byte":
        return {"name_utf16": name.encode("utf-16-be").hex()}
    return {"name": name}


def _common() -> Tuple[Case, ...]:
    return (
        ("storage-fs", "The ordinary event: type little-endian, two colons, raw payload.",
         "storage-fs", b"zfs"),
        ("no-payload", "The second colon is left out where the payload is empty.", "system-ready",
         b""),
        ("no-name", "The first colon is left out where the name is empty.", "", b"\x01"),
        ("name-of-one-byte", "Parent of the names that have no bytes.", "a", b""),
        ("name-beyond-ascii", "The name is encoded in Latin-1 or UTF-16.", "größe\U0001f600",
         b"\0"),
    )  # fmt: skip


def _version_1() -> Tuple[Case, ...]:
    return (
        ("colon-in-payload", "The payload is cut at its first colon.", "a", b"b:c"),
        ("colon-in-name", "The name is cut at its first colon; the digest is that of `a`, `b:c`.",
         "a:b", b"c"),
        ("payload-not-text", "The payload is taken for text, and bytes that are none are lost.",
         "storage-fs", b"\xff\xfe\x00\x80"),
        ("payload-is-json", "The payload is hashed as hexadecimal instead of as bytes.",
         "key-provider", b'{"name":"none","id":""}'),
    )  # fmt: skip


def _version_2() -> Tuple[Case, ...]:
    return (
        ("app-id", "The formula of version 1 is used for version 2.", "app-id", bytes(range(20))),
        ("letters-in-payload", "The payload is written in upper case.", "compose-hash",
         b"\xab\xcd\xef"),
        ("no-payload", "An empty payload is left out of the JSON.", "system-ready", b""),
        ("no-name", "An empty name is left out of the JSON.", "", b"\x01"),
        ("name-of-one-byte", "Parent of the names that have no bytes.", "a", b""),
        ("colon-in-name", "The name is cut at its first colon.", "a:b", b"c"),
        ("name-beyond-ascii", "Characters beyond ASCII are escaped in the canonical JSON.",
         "größe\U0001f600", b"\0"),
        ("quote-and-backslash", "Quotes and backslashes are not escaped.", 'a"b\\c', b"\xff"),
        ("short-escapes", "Control characters with a short escape are written as \\u00xx.",
         "\b\t\n\f\r", b""),
        ("long-escapes", "The digits of \\u001f are written in upper case, or not at all.",
         "\x00\x1f", b""),
        ("not-escaped", "Slash, DEL, U+2028 or < are escaped, as JSON encoders for the web do.",
         "/\x7f\u2028<&>", b""),
    )  # fmt: skip
