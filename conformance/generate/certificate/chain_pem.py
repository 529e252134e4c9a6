"""`certificate/chain`: the same chain as PEM, in the strict form and in others."""

from __future__ import annotations

from typing import Callable, Final, Tuple

from conformance.generate.builder import Rebuilt
from conformance.generate.certificate.chain_kit import Bench, authority
from conformance.generate.certificate.kit import Recipe, basic_constraints, extension
from venice_ref.codec.pem import encode_pem

__all__ = ["fill"]

PARENT: Final = "pem"
QUOTED: Final = "pem-in-a-quote-with-nul"

_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"


def fill(bench: Bench) -> None:
    """Add the accepted and the refused."""
    text = "".join(encode_pem(recipe.der()) for recipe in _even(bench))
    _accept(bench, PARENT, "A chain of blocks with LF, one after the other.", text)
    _accept(bench, "pem-with-crlf", "Lines may end with CR LF.", text.replace("\n", "\r\n"))
    _accept(bench, "pem-without-last-line-end", "The last line may lack its end.", text[:-1])
    _accept(bench, "pem-in-a-quote", "A quote may have no NUL at the end.", text, in_quote=True)
    _accept(bench, QUOTED, "Intel's library counts the NUL of a C string.", text + "\0",
            in_quote=True)  # fmt: skip
    whole = "".join(encode_pem(recipe.der()) for recipe in _full_line(bench))
    _accept(bench, "pem-with-full-last-line", "The last line of base64 may have 64 characters.",
            whole)  # fmt: skip
    _refuse_around(bench, text)
    _refuse_lines(bench, text)
    _refuse_base64(bench, text)


def _accept(bench: Bench, slug: str, why: str, text: str, *, in_quote: bool = False) -> None:
    bench.accept(slug, why, ["CRT-18"], (), pem=text, in_quote=in_quote)


def _even(bench: Bench) -> Tuple[Recipe, Recipe, Recipe]:
    """Return a chain whose last certificate ends with padding of one `=`."""
    return _root_of(bench, lambda size: size % 3 == 2)


def _full_line(bench: Bench) -> Tuple[Recipe, Recipe, Recipe]:
    """Return a chain whose last certificate fills its last line."""
    return _root_of(bench, lambda size: size % 48 == 0)


def _root_of(bench: Bench, fits: Callable[[int], bool]) -> Tuple[Recipe, Recipe, Recipe]:
    leaf, ca, root = bench.pki.chain
    key = bench.pki.keys.root
    for size in range(256):
        filling = extension("1.3.6.1.4.1.99999.1", bytes(size))
        candidate = root._replace(
            extensions=authority(key, key, basic_constraints(True, 1) + filling)
        )
        if fits(len(candidate.der())):
            return leaf, ca, candidate
    raise ValueError("no root fits")


def _refuse(
    bench: Bench, slug: str, why: str, text: str, *, parent: str = PARENT, in_quote: bool = False,
    shown: str = "",
) -> None:  # fmt: skip
    given = {"pem": text}
    bench.builder.reject(
        slug, why, parent=parent, breaks="CRT-18", given={**given, "in_quote": in_quote},
        flags=["pem-text"], change=Rebuilt("pem", "strict", shown) if shown else None,
    )  # fmt: skip


def _refuse_around(bench: Bench, text: str) -> None:
    second = text.index(_BEGIN, 1)
    for slug, why, flawed in (
        ("pem-empty", "A text of nothing has no certificate.", ""),
        ("pem-with-text-before", "OpenSSL prints the subject above each block.",
         "subject=CN = Intel\n" + text),
        ("pem-with-text-between", "Comments between blocks are skipped by readers that search.",
         text[:second] + "# issuer\n" + text[second:]),
        ("pem-with-text-after", "What follows the last block is not read by anybody.",
         text + "end\n"),
        ("pem-with-blank-line-between", "A blank line is text around a block.",
         text[:second] + "\n" + text[second:]),
        ("pem-with-blank-line-after", "A blank line is text around a block.", text + "\n"),
        ("pem-with-byte-order-mark", "A byte order mark is text around a block.", "\ufeff" + text),
        ("pem-with-space-before", "White space before the first block.", " " + text),
        ("pem-with-garbage-block", "A block that cannot be read is skipped by lenient readers.",
         text + f"{_BEGIN}\n!!!!\n{_END}\n"),
        ("pem-with-nul-outside-of-a-quote", "The NUL belongs to quotes only.", text + "\0"),
    ):  # fmt: skip
        _refuse(bench, slug, why, flawed)
    _refuse(bench, "pem-with-two-nuls", "One NUL ends a C string, two do not.", text + "\0\0",
            parent=QUOTED, in_quote=True)  # fmt: skip
    _refuse(bench, "pem-with-nul-between", "C code stops here, and reads one certificate only.",
            text[:second] + "\0" + text[second:] + "\0", parent=QUOTED, in_quote=True)  # fmt: skip
    _refuse(bench, "pem-with-text-after-nul", "Whatever stands behind the NUL is not read by C.",
            text + "\0end", parent=QUOTED, in_quote=True)  # fmt: skip


def _refuse_lines(bench: Bench, text: str) -> None:
    lines = text.split("\n")
    body = lines[1 : lines.index(_END)]
    joined = "".join(body)
    wide = "\n".join(joined[at : at + 76] for at in range(0, len(joined), 76))
    before = "\n".join(body)
    for slug, why, flawed, shown in (
        ("pem-lines-of-76", "MIME has lines of 76 characters.",
         text.replace(before, wide, 1), "lines of 76 characters"),
        ("pem-one-line", "All base64 stands in one line.",
         text.replace(before, joined, 1), "one line"),
        ("pem-short-line-inside", "A line before the last one has 63 characters.",
         text.replace(body[0] + "\n" + body[1], body[0][:63] + "\n" + body[0][63:] + body[1], 1),
         "a line of 63 characters"),
        ("pem-with-cr-only", "Lines of old Macintoshes.", text.replace("\n", "\r"), "CR"),
        ("pem-with-space-at-line-end", "Lenient decoders drop white space.",
         text.replace(body[0], body[0] + " ", 1), ""),
        ("pem-with-headers", "The headers of RFC 1421 stand before the base64.",
         text.replace(_BEGIN, f"{_BEGIN}\nProc-Type: 4,CLEAR\n", 1), ""),
        ("pem-without-end", "The last block has no end.",
         text[: text.rindex(_END)], ""),
        ("pem-x509-certificate", "An obsolete label.",
         text.replace("CERTIFICATE", "X509 CERTIFICATE"), "another label"),
        ("pem-trusted-certificate", "OpenSSL's own label, whose content is another type.",
         text.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "another label"),
        ("pem-labels-differ", "The end names another type than the beginning.",
         text.replace(_END, "-----END TRUSTED CERTIFICATE-----", 1), ""),
        ("pem-with-four-dashes", "The boundary has five dashes.", text[1:], ""),
    ):  # fmt: skip
        _refuse(bench, slug, why, flawed, shown=shown)


def _refuse_base64(bench: Bench, text: str) -> None:
    last = text.rindex("=")
    digit = text[last - 1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    loose = alphabet[alphabet.index(digit) + 1]
    for slug, why, flawed in (
        ("pem-unused-bits-set", "The last digit has unused bits that are set: a second spelling.",
         text[: last - 1] + loose + text[last:]),
        ("pem-without-padding", "The padding of base64 is not optional.",
         text[:last] + text[last + 1 :]),
        ("pem-with-too-much-padding", "Padding follows where none belongs.",
         text[:last] + "==" + text[last:]),
        ("pem-base64url", "A digit of the other alphabet.",
         text[:40] + "-" + text[41:]),
        ("pem-with-foreign-character", "Python's decoder drops characters it does not know.",
         text[:40] + "!" + text[41:]),
        ("pem-padding-inside", "Lenient decoders stop at the first padding, or skip it.",
         text[:40] + "=" + text[41:]),
    ):  # fmt: skip
        _refuse(bench, slug, why, flawed)
