"""PEM: DER between two lines of text.  RFC 7468, the strict grammar of section 3, figure 3.

    -----BEGIN CERTIFICATE-----
    base64, 64 characters a line, the last line shorter or as long
    -----END CERTIFICATE-----

Lines end with LF or CRLF.  The RFC lets a parser accept other line lengths, white space and text
between the blocks; none of the issuers here writes them, and each is a second spelling, so they are
refused.
"""

from __future__ import annotations

import binascii
import re
from typing import Final, List, Pattern, Union

from venice_ref.codec.strict import decode_base64, excerpt
from venice_ref.errors import MalformedError

__all__ = ["decode_pem_chain", "encode_pem"]

_LINE: Final = 64
"""Characters of a line of base64, all but the last one."""


def decode_pem_chain(
    text: Union[str, bytes],
    *,
    label: str = "CERTIFICATE",
    max_count: int,
    max_size: int,
    allow_nul: bool = False,
    where: str = "",
    rule: str = "",
) -> List[bytes]:
    """Return the DER of 1 to `max_count` blocks, each of at most `max_size` bytes, in their order.

    With `allow_nul`, one NUL may follow the last line, as where C code counted the end of its
    string (Intel's quotes).

    Raises:
        MalformedError: anything but such blocks, one after the other; `where` gets the index.
    """
    # 4 characters for 3 bytes, at most 2 of line end for each 64, and 128 of frame.
    limit = max_count * (max_size * 3 // 2 + 128)
    if len(text) > limit:
        raise MalformedError(f"{len(text)} bytes of PEM, at most {limit}", rule=rule, where=where)
    # Latin-1 takes each byte as one character, and the grammar below has none beyond ASCII.
    text = text.decode("latin-1") if isinstance(text, bytes) else text
    if allow_nul and text.endswith("\0"):
        text = text[:-1]
    grammar = _block_of(label)
    blocks: List[bytes] = []
    position = 0
    while position < len(text) or not blocks:
        here = f"{where}[{len(blocks)}]"
        if len(blocks) == max_count:
            raise MalformedError(f"more than {max_count} blocks of PEM", rule=rule, where=where)
        found = grammar.match(text, position)
        if found is None:
            start = excerpt(text[position : position + 40])
            raise MalformedError(f"no {label} in strict PEM: {start}", rule=rule, where=here)
        body = found.group(1).replace("\r", "").replace("\n", "")
        blocks.append(decode_base64(body, max_size=max_size, where=here, rule=rule))
        position = found.end()
    return blocks


def encode_pem(der: bytes, *, label: str = "CERTIFICATE") -> str:
    """Return one block; a chain is blocks one after the other."""
    body = binascii.b2a_base64(der, newline=False).decode("ascii")
    lines = [body[i : i + _LINE] for i in range(0, len(body), _LINE)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _block_of(label: str) -> Pattern[str]:
    """Return the grammar of one block, whose group 1 is the base64 with its line ends."""
    name = re.escape(label)
    return re.compile(
        rf"-----BEGIN {name}-----\r?\n"
        rf"((?:[A-Za-z0-9+/]{{{_LINE}}}\r?\n)*[A-Za-z0-9+/=]{{1,{_LINE}}}\r?\n)"
        rf"-----END {name}-----(?:\r?\n|\Z)"
    )
