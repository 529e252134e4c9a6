"""JWS in compact form: header, payload and signature between dots.  RFC 7515, 3.1 and 5.2.

The token is taken apart and proven well formed; nothing is verified, and no algorithm is chosen.
Whoever verifies it takes the key and the algorithm from elsewhere and compares the header with
them: a header never selects either.
"""

from __future__ import annotations

from typing import NamedTuple

from venice_ref.codec.strict import JsonObject, decode_base64url, excerpt, parse_json_object
from venice_ref.errors import MalformedError

__all__ = ["UnverifiedJws", "parse_jws"]


class UnverifiedJws(NamedTuple):
    """The three parts of a token whose signature nobody has verified yet."""

    header: JsonObject
    payload: JsonObject
    signing_input: bytes
    """ASCII(header || "." || payload) as received: what the signature is over."""
    signature: bytes


def parse_jws(token: str, *, max_size: int, where: str = "", rule: str = "") -> UnverifiedJws:
    """Return the parts of a compact JWS of at most `max_size` characters.

    Three parts of base64url without padding (RFC 7515, 2) and in canonical form; header and payload
    are JSON objects, parsed strictly.  A header that demands extensions (`crit`, 4.1.11) is
    refused, because none is known here.

    Raises:
        MalformedError: anything else; `where` names the part.
    """
    if len(token) > max_size:
        raise MalformedError(
            f"a token of {len(token)} characters, at most {max_size}", rule=rule, where=where
        )
    parts = token.split(".")
    if len(parts) != 3:
        raise MalformedError(f"a token of {len(parts)} parts, required 3", rule=rule, where=where)
    prefix = f"{where}." if where else ""
    header, payload = (
        parse_json_object(
            _decode(part, max_size, prefix + name, rule),
            max_size=max_size, where=prefix + name, rule=rule,
        )
        for part, name in zip(parts, ("header", "payload"))
    )  # fmt: skip
    if "crit" in header.members:
        raise MalformedError("the header demands extensions", rule=rule, where=header.path("crit"))
    signature = _decode(parts[2], max_size, prefix + "signature", rule)
    # Base64url is ASCII, and so are the two dots.
    return UnverifiedJws(header, payload, ".".join(parts[:2]).encode("ascii"), signature)


def _decode(part: str, max_size: int, where: str, rule: str) -> bytes:
    if not part or "=" in part:
        raise MalformedError(
            f"not base64url without padding: {excerpt(part)}", rule=rule, where=where
        )
    return decode_base64url(part, max_size=max_size, where=where, rule=rule)
