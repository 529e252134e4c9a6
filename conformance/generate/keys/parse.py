"""`keys/parse`: the text of a model key."""

from __future__ import annotations

from typing import Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.points import (
    LARGEST_X,
    SMALLEST_X,
    SMALLEST_Y,
    encode,
    negated,
    not_points,
    public_of,
    scalar,
    scalars_where,
    unreduced,
)
from conformance.generate.wording import sentence

FORM = Flag(
    "MALFORMED",
    "the text is no model key in a form that a server writes",
    "a decoder that passes over what it does not know makes a key of it that the text does not"
    " state, and the prompt is encrypted to nobody or to somebody else",
    "test the length and every character before anything is decoded",
    ("SPEC.md KEY-5",),
)
POINT = Flag(
    "CONFIDENTIALITY",
    "64 bytes that are no point of secp256k1",
    "each agreement with such a point tells its maker something of the private key",
    "test both coordinates against p, and the equation",
    ("SEC 1 version 2, 3.2.2.1", "SP 800-56A r3, 5.6.2.3.3", "CVE-2015-7940", "CVE-2017-16007"),
)
SHAPE = Flag(
    "INTEROP",
    "one of the forms in which servers state their key",
    "the client works with half of the models",
    "take 130 digits and 128, either case, with and without 0x",
    ("SPEC.md KEY-3",),
)
BEGINS_04 = Flag(
    "EDGE_CASE",
    "128 digits whose X begins with 04",
    "64 bytes are parsed as a key of 65; one key in 256 never works",
    "decide by the length alone",
    ("SPEC.md KEY-4",),
)
LEADING_ZERO = Flag(
    "EDGE_CASE",
    "a coordinate with leading zero bytes, or at the end of its range",
    "one key in 128 is refused or read as another one",
    "keep coordinates at 32 bytes",
)


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for name, flag in (
        ("KeyForm", FORM),
        ("NotOnCurve", POINT),
        ("KeyShape", SHAPE),
        ("Begins04", BEGINS_04),
        ("LeadingZero", LEADING_ZERO),
    ):
        builder.flag(name, flag)
    raw = public_of(scalar(builder.random("key")))
    _shapes(builder, raw)
    _begins_04(builder)
    _edges(builder)
    _wrong_lengths(builder, raw)
    _wrong_prefixes(builder, raw)
    _wrong_characters(builder, raw)
    _wrong_points(builder, raw)


def _accept(builder: FileBuilder, slug: str, why: str, text: str, raw: bytes, flag: str) -> None:
    req = {"KeyShape": "KEY-3", "Begins04": "KEY-4", "LeadingZero": "KEY-6"}[flag]
    builder.accept(
        slug,
        sentence(why),
        req=[req, "KEY-3"] if req == "KEY-4" else [req, "KEY-5"],
        given={"text": text},
        out={"public": raw.hex()},
        flags=[flag],
    )


def _shapes(builder: FileBuilder, raw: bytes) -> None:
    full, bare = raw.hex(), raw[1:].hex()
    mixed = "".join(c.upper() if i % 3 else c for i, c in enumerate(full))
    for slug, why, text in (
        ("full", "the form of Venice's own answers", full),
        ("full-upper", "a lookup in 0123456789abcdef refuses upper case", full.upper()),
        ("full-mixed", "the case is normalised for all digits or for none", mixed),
        ("full-0x", "the prefix is taken for a digit pair, or the length is tested with it",
         f"0x{full}"),
        ("full-0x-upper", "the case is normalised before the prefix is looked for",
         f"0X{full.upper()}"),
        ("bare", "only 130 digits are known; inference-proxy and vllm-proxy write 128", bare),
        ("bare-upper", "the two forms have decoders of their own", bare.upper()),
        ("bare-0x", "130 characters, of which 128 are digits: the length is tested too early",
         f"0x{bare}"),
    ):  # fmt: skip
        _accept(builder, slug, why, text, raw, "KeyShape")


def _begins_04(builder: FileBuilder) -> None:
    random = builder.random("begins-04")
    raw = public_of(next(scalars_where(random, b"\x04", 1)))
    why = "the guide's code adds 04 unless the text begins with 04, and parses 64 bytes as 65"
    _accept(builder, "bare-x-begins-04", why, raw[1:].hex(), raw, "Begins04")
    why = "the prefix is stripped after the form was decided"
    _accept(builder, "bare-0x-x-begins-04", why, f"0x{raw[1:].hex()}", raw, "Begins04")
    why = "04 is stripped as often as it is found"
    _accept(builder, "full-x-begins-04", why, raw.hex(), raw, "Begins04")
    for byte, what in ((2, "compressed"), (3, "compressed"), (6, "hybrid")):
        raw = public_of(next(scalars_where(random, bytes([byte]), 1)))
        why = f"the first byte of X is taken for the mark of a {what} key"
        _accept(builder, f"bare-x-begins-0{byte}", why, raw[1:].hex(), raw, "Begins04")


def _edges(builder: FileBuilder) -> None:
    random = builder.random("edges")
    x_zero = public_of(next(scalars_where(random, b"\0", 1)))
    y_zero = public_of(next(scalars_where(random, b"\0", 33)))
    rows: Tuple[Tuple[str, str, bytes], ...] = (
        ("x-leading-zero", "X is printed as a number, without its leading zero byte", x_zero),
        ("y-leading-zero", "Y is printed as a number, without its leading zero byte", y_zero),
        ("smallest-x", "31 leading zero bytes are more than one", SMALLEST_X),
        ("largest-x", "a bound below p refuses it", LARGEST_X),
        ("smallest-y", "31 leading zero bytes are more than one", SMALLEST_Y),
        ("largest-y", "a bound below p refuses it; y is p - 1", negated(SMALLEST_Y)),
    )
    for slug, why, raw in rows:
        _accept(builder, f"full-{slug}", why, raw.hex(), raw, "LeadingZero")
    for slug, why, raw in rows[:2]:
        _accept(builder, f"bare-{slug}", why, raw[1:].hex(), raw, "LeadingZero")


def _malformed(builder: FileBuilder, slug: str, why: str, text: str, parent: str = "full") -> None:
    builder.reject(
        slug, sentence(why), parent=parent, breaks="KEY-5", given={"text": text}, flags=["KeyForm"]
    )


def _wrong_lengths(builder: FileBuilder, raw: bytes) -> None:
    full, bare = raw.hex(), raw[1:].hex()
    for slug, why, text, parent in (
        ("empty", "an empty text is a missing key to some, and zeros to others", "", "full"),
        ("prefix-only", "nothing is left after the prefix", "0x", "full-0x"),
        ("x-only", "32 bytes are taken for an x-coordinate (BIP 340)", bare[:64], "bare"),
        ("digits-126", "a short text is filled with zeros", bare[:126], "bare"),
        ("digits-127", "an odd digit is filled or dropped", bare[:127], "bare"),
        ("digits-129", "04 lost its zero: a number was printed, not bytes", full[1:], "full"),
        ("digits-131", "the odd digit at the end is dropped", f"{full}0", "full"),
        ("digits-132", "what follows the key is not looked at", f"{full}00", "full"),
        ("digits-260", "the first key of two is taken", full + full, "full"),
        ("full-0x-short", "the prefix counts as two of the 130", f"0x{full[:-4]}", "full-0x"),
    ):
        _malformed(builder, slug, why, text, parent)
    builder.reject(
        "full-last-byte-cut",
        "128 digits are X and Y, whatever they begin with: 04 and 63 bytes are not a key.",
        parent="full",
        breaks="KEY-6",
        also=["KEY-4"],
        given={"text": full[:-2]},
        flags=["NotOnCurve"],
    )


def _wrong_prefixes(builder: FileBuilder, raw: bytes) -> None:
    full, bare = raw.hex(), raw[1:].hex()
    parity = raw[64] & 1
    for slug, why, text, parent in (
        ("compressed", "33 bytes are decompressed; no header of the protocol has that form",
         f"0{2 + parity}{bare[:64]}", "full"),
        ("hybrid", "SEC 1 leaves 06 and 07 to the implementation", f"0{6 + parity}{bare}", "full"),
        ("begins-00", "the first of 65 bytes is skipped unread", f"00{bare}", "full"),
        ("begins-02", "the mark of a compressed key before a whole one", f"02{bare}", "full"),
        ("begins-05", "only the range of the first byte is tested", f"05{bare}", "full"),
        ("begins-14", "only the low half of the first byte is tested", f"14{bare}", "full"),
        ("begins-84", "only seven bits of the first byte are tested", f"84{bare}", "full"),
        ("0x-twice", "prefixes are stripped in a loop", f"0x0x{full}", "full-0x"),
        ("0x-after-04", "a prefix is looked for anywhere", f"040x{bare}", "full"),
        ("x-alone", "x without 0 is taken for the prefix", f"x{full}", "full"),
        ("0-alone", "a leading zero is passed over", f"0{full}", "full"),
        ("hash-sign", "other marks of hexadecimal are known", f"#{full}", "full"),
        ("backslash-x", "PostgreSQL writes bytes so", f"\\x{full}", "full"),
    ):  # fmt: skip
        _malformed(builder, slug, why, text, parent)


def _wrong_characters(builder: FileBuilder, raw: bytes) -> None:
    full = raw.hex()
    middle = len(full) // 2
    for slug, why, text in (
        ("space-before", "the text is trimmed", f" {full}"),
        ("space-after", "the text is trimmed", f"{full} "),
        ("newline-after", "$ of a regular expression matches before a last newline", f"{full}\n"),
        ("space-inside", "bytes.fromhex of Python passes over white space", f"04 {full[2:]}"),
        ("two-spaces-inside", "white space is removed, and leaves 130 digits", f"04  {full[2:]}"),
        ("newline-inside", "wrapped text is joined", f"{full[:64]}\n{full[64:]}"),
        ("nul-after", "a C string ends there", f"{full}\0"),
        ("byte-order-mark", "the mark is passed over as white space", f"\ufeff{full}"),
        ("colons", "OpenSSL prints keys so", ":".join(full[i : i + 2] for i in range(0, 130, 2))),
        ("underscore", "int() of Python passes over underscores",
         f"{full[:middle]}_{full[middle + 1:]}"),
        ("sign", "int() takes a sign", f"+{full[1:]}"),
        ("letter-g-first", "the first digit is not tested; parseInt gives NaN, stored as 0",
         f"g{full[1:]}"),
        ("letter-g-inside", "parseInt gives NaN, which is stored as 0",
         f"{full[:middle]}g{full[middle + 1:]}"),
        ("letter-g-last", "parseInt reads the digit before it and stops", f"{full[:-1]}g"),
        ("full-width-digit", "isdigit of many languages knows all of Unicode",
         f"{full[:-1]}\uff11"),
        ("arabic-digit", "int() of Python reads digits of every script", f"{full[:-1]}\u0661"),
        ("cyrillic-letter", "a letter that looks like a digit", f"{full[:-1]}\u0430"),
        ("low-byte-is-digit", "a character is cut to its low byte, which is 30",
         f"{full[:-1]}\u0130"),
    ):  # fmt: skip
        _malformed(builder, slug, why, text)
    why = "130 characters, of which 128 are digits: the length is tested before white space goes"
    _malformed(builder, "spaces-make-130", why, f"{full[2:66]}  {full[66:]}", "bare")


def _wrong_points(builder: FileBuilder, raw: bytes) -> None:
    for row in not_points(raw):
        builder.reject(
            f"point-{row.name}",
            sentence(row.why),
            parent="full",
            breaks="KEY-6",
            given={"text": row.raw.hex()},
            flags=["NotOnCurve"],
            critical=True,
        )
    for row, point in unreduced():
        parent = "full-smallest-x" if point == SMALLEST_X else "full-smallest-y"
        builder.reject(
            f"point-{row.name}",
            sentence(row.why),
            parent=parent,
            breaks="KEY-6",
            given={"text": row.raw.hex()},
            flags=["NotOnCurve"],
            critical=True,
        )
    builder.reject(
        "bare-point-y-last-bit",
        "128 digits take a way of their own, without the test.",
        parent="bare",
        breaks="KEY-6",
        given={"text": encode(*_flipped(raw))[1:].hex()},
        flags=["NotOnCurve"],
        critical=True,
    )


def _flipped(raw: bytes) -> Tuple[int, int]:
    return int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big") ^ 1
