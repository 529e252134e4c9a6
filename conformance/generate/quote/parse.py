"""`quote/parse`: text into named fields, every length consumed to the byte.

Nothing of a quote is proven by parsing it, so that signatures and keys here are random bytes.
"""

from __future__ import annotations

import base64
from typing import Dict, Final, List, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.quote.maker import Made, make
from venice_ref.model import RandomBytes

__all__ = ["generate"]

_LIMIT: Final = 65536


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    source = builder.random("fields")
    made = {
        "v3": make(source, 3, "sgx"),
        "v4": make(source, 4, "td-1.0"),
        "v4-sgx": make(source, 4, "sgx"),
        "v5": make(source, 5, "td-1.0"),
        "v5-sgx": make(source, 5, "sgx"),
        "v5-td-1-5": make(source, 5, "td-1.5"),
        "v5-td-1-5-ex": make(source, 5, "td-1.5ex"),
        "v4-padded": make(source, 4, "td-1.0", trailing=70),
    }
    _flags(builder)
    _bodies(builder, made)
    _parts(builder, source)
    _encodings(builder, made["v3"])
    _header(builder, made)
    _descriptor(builder, made)
    _lengths(builder, made)
    _truncated(builder, made)
    _certification(builder, made, source)
    _size(builder, source)


def _flags(builder: FileBuilder) -> None:
    qgl = "Intel TDX DCAP Quote Generation Library, appendix A"
    for name, flag in {
        "Encoding": Flag(
            "MALFORMED", "The text is in no form, or in a second spelling of one.",
            "Two parsers read two quotes out of one text, or one quote has many texts, so that"
            " caches and logs that compare texts are passed by.",
            "Decode strictly: ASCII digits only, even count, canonical base64, no white space.",
            ("RFC 4648, sections 3.3 and 3.5",),
        ),
        "UnknownForm": Flag(
            "MALFORMED", "A number names a form that is not defined.",
            "Every field behind it is read from the wrong place.",
            "Compare with the closed set of numbers, over all bytes of the field.", (qgl,),
        ),
        "ForeignVendor": Flag(
            "AUTH_BYPASS", "The quote is of another vendor's quoting enclave.",
            "Signature data of an unknown form is judged by Intel's rules.",
            "Compare all 16 bytes of the id.", (qgl, "go-tdx-guest, verify: not compared"),
        ),
        "BodyMismatch": Flag(
            "AUTH_BYPASS", "Type, size and TEE of a version 5 body contradict each other.",
            "A trust domain is read as an enclave, without the rules about its attributes, or the"
            " signature data is read from a place of the peer's choice.",
            "Let the type decide and demand that size and TEE type agree.", (qgl,),
        ),
        "LengthOffByOne": Flag(
            "MALFORMED", "A length is not that of its part.",
            "Bytes that nobody signed are read as certificates, or a read past the end crashes.",
            "Bound every read by the innermost length, and demand that each is used up.",
            ("go-tdx-guest: a signature data length below 128 panicked",
             "dcap-qvl 0.7.0: slack is passed over"),
        ),
        "Truncated": Flag(
            "MALFORMED", "The quote ends early.", "A read past the end crashes or reads zeros.",
            "Check what is left before each read.",
        ),
        "TooLong": Flag(
            "RESOURCE", "The quote has more than 65536 bytes.",
            "A peer decides how much is decoded and hashed before anything is verified.",
            "Compare the size before anything else.",
        ),
    }.items():  # fmt: skip
        builder.flag(name, flag)


def _bodies(builder: FileBuilder, made: Dict[str, Made]) -> None:
    whys = {
        "v3": "the structure without an outer certification type is misread as version 4",
        "v4": "the ordinary quote of a trust domain",
        "v4-sgx": "version 4 is taken to mean TDX whatever the TEE type says",
        "v5": "the descriptor of version 5 is not skipped, or not part of what is signed",
        "v5-sgx": "body type 1 of version 5 is taken for a TD report",
        "v5-td-1-5": "the two fields behind REPORTDATA in a TD report 1.5 are taken for a length",
        "v5-td-1-5-ex": "body type 4, which Intel's library of 2026 has, is not known",
        "v4-padded": "the 70 zero bytes that the guests of the service send are refused",
    }
    builder.group()
    for name, why in whys.items():
        req = ["QUO-2", "QUO-3", "QUO-4", "QUO-5", "QUO-7", "QUO-8", "QUO-22"]
        req += ["QUO-6"] if name.startswith("v5") else ["QUO-21"] if "padded" in name else []
        builder.accept(
            name, f"Fails where {why}.", req=req, given={"quote": made[name].text},
            out=made[name].out,
        )  # fmt: skip


def _parts(builder: FileBuilder, source: RandomBytes) -> None:
    """Add the parts of variable size at the ends of their ranges."""
    for size, why in ((0, "a zero length is taken for an absent one"),
                      (32, "the length is not read and 4 is what the other tests have"),
                      (300, "the length is read as one byte")):  # fmt: skip
        found = make(source, 3, "sgx", authentication=size)
        builder.accept(
            f"authentication-{size}", f"Fails where {why}.", req=["QUO-7"],
            given={"quote": found.text}, out=found.out,
        )  # fmt: skip
    for kind, size in ((1, 36), (2, 276), (3, 404), (4, 10), (5, 0), (5, 300)):
        found = make(source, 3, "sgx", certification=(kind, source(size)))
        builder.accept(
            f"certification-{kind}-of-{size}-bytes",
            f"Fails where certification data of type {kind} with {size} bytes is not parsed, or"
            " not taken apart.",
            req=["QUO-22", "QUO-7"], given={"quote": found.text}, out=found.out,
        )  # fmt: skip


# --- Encodings ----------------------------------------------------------------------------------


def _encodings(builder: FileBuilder, base: Made) -> None:
    text, raw = base.text, base.raw
    standard = base64.b64encode(raw).decode("ascii")
    url = base64.urlsafe_b64encode(raw).decode("ascii")
    accepted = {
        "text-hex-upper": (text.upper(), "upper-case digits are refused or misread"),
        "text-hex-0x": ("0x" + text, "the prefix, which servers of the phala shape write, fails"),
        "text-hex-0x-upper": ("0X" + text.upper(), "the prefix in upper case is taken for base64"),
        "text-base64": (standard, "base64 is not known"),
        "text-base64url": (url, "the characters - and _ are refused or dropped"),
        "text-base64url-unpadded": (url.rstrip("="), "missing padding is refused"),
    }
    for slug, (spelling, why) in accepted.items():
        builder.accept(
            slug, f"Fails where {why}.", req=["QUO-1"], given={"quote": spelling}, out=base.out
        )
    middle = len(text) // 2
    stray = _stray_bits(standard)
    refused = {
        "text-empty": ("v3", "", "an empty text is taken for a quote of no fields"),
        "text-only-prefix": ("text-hex-0x", "0x", "the bare prefix is taken for an empty quote"),
        "text-prefix-twice": ("text-hex-0x", "0x0x" + text, "prefixes are stripped in a loop"),
        "text-odd": ("v3", text[:-1], "the last digit is dropped or padded"),
        "text-not-a-digit-first": ("v3", "." + text[1:], "bad digits count as zero"),
        "text-not-a-digit-middle": (
            "v3", text[:middle] + "." + text[middle + 1 :], "the decoder stops at a bad digit",
        ),
        "text-not-a-digit-last": ("v3", text[:-1] + ".", "the last digit is not looked at"),
        "text-space": (
            "v3", text[:64] + " " + text[64:], "spaces are skipped, as by Python's bytes.fromhex",
        ),
        "text-newline-end": ("v3", text + "\n", "the text is trimmed, or $ matches before \\n"),
        "text-underscore": ("v3", text[:2] + "_" + text[2:], "underscores between digits pass"),
        "text-full-width-digit": (
            "v3", "\uff10" + text[1:], "a digit outside of ASCII counts, as in Python's int",
        ),
        "text-base64-stray-bits": (
            "text-base64", stray, "the unused bits of the last character are not compared",
        ),
        "text-base64-unpadded": (
            "text-base64", standard.rstrip("="), "missing padding of standard base64 is added",
        ),
        "text-base64-newline": (
            "text-base64", standard[:76] + "\n" + standard[76:], "line ends of MIME are skipped",
        ),
        "text-base64-mixed": (
            "text-base64", _mixed(standard), "both alphabets are taken at once",
        ),
        "text-base64-dollar": (
            "text-base64", standard[:8] + "$" + standard[8:],
            "foreign characters are dropped, as by Python's b64decode",
        ),
    }  # fmt: skip
    for slug, (parent, spelling, why) in refused.items():
        builder.reject(
            slug, f"Passes where {why}.", parent=parent, breaks="QUO-1",
            given={"quote": spelling}, flags=["Encoding"],
            change=Rebuilt("quote text", "as in the parent", spelling[:80])
            if slug == "text-base64-unpadded" else None,
        )  # fmt: skip


def _stray_bits(text: str) -> str:
    """Return a base64 text with its padding whose last character has unused bits that are set."""
    body = text.rstrip("=")
    if body == text:
        raise ValueError("a text without padding has no unused bits")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return body[:-1] + alphabet[alphabet.index(body[-1]) + 1] + text[len(body) :]


def _mixed(text: str) -> str:
    """Return base64 with one character of the other alphabet, beside some of its own."""
    at = text.index("/") if text.count("/") > 1 or "+" in text else text.index("+")
    return text[:at] + ("_" if text[at] == "/" else "-") + text[at + 1 :]


# --- Numbers ------------------------------------------------------------------------------------


def _numbers(
    builder: FileBuilder,
    made: Made,
    parent: str,
    place: str,
    breaks: str,
    flag: str,
    rows: Sequence[Tuple[int, str]],
    *,
    or_breaks: Sequence[str] = (),
) -> None:
    """Add a vector for each wrong value of a number."""
    for value, why in rows:
        name = place.lower().replace(" ", "-")
        builder.reject(
            f"{parent}-{name}-{value}", f"Passes where {why}.", parent=parent, breaks=breaks,
            given={"quote": made.put(place, value).hex()}, flags=[flag], or_breaks=or_breaks,
            change=Rebuilt(place, made.number(place), value),
        )  # fmt: skip


def _header(builder: FileBuilder, made: Dict[str, Made]) -> None:
    v3, v4 = made["v3"], made["v4"]
    _numbers(builder, v4, "v4", "version", "QUO-2", "UnknownForm", (
        (0, "the version is not compared"), (2, "everything below 4 is taken for version 3"),
        (6, "everything above 4 is taken for version 5"),
        (0x0104, "one byte of the version is compared"),
        (0x0400, "the version is big-endian"),
    ))  # fmt: skip
    _numbers(builder, v4, "v4", "attestation key type", "QUO-3", "UnknownForm", (
        (0, "the key type is not compared"), (3, "P-384, which nobody makes, is read as P-256"),
        (0x0102, "one byte of the key type is compared"), (0x0200, "it is big-endian"),
    ))  # fmt: skip
    _numbers(builder, v4, "v4", "TEE type", "QUO-4", "UnknownForm", (
        (1, "anything but 0 is TDX"), (0x80, "a flag is looked at"), (0x82, "a bit is looked at"),
        (0x0181, "one byte of four is compared"), (0x81000000, "it is big-endian"),
    ))  # fmt: skip
    _numbers(builder, v3, "v3", "TEE type", "QUO-4", "UnknownForm", (
        (0x81, "version 3 does not look at what it calls reserved"),
    ))  # fmt: skip
    for slug, at, why in (
        ("first", 12, "the last bytes only are compared"),
        ("last", 27, "the first bytes only are compared"),
    ):
        raw = bytearray(v4.raw)
        raw[at] ^= 1
        builder.reject(
            f"v4-vendor-{slug}-byte", f"Passes where the id is not compared, or {why}.",
            parent="v4", breaks="QUO-5", given={"quote": raw.hex()}, flags=["ForeignVendor"],
        )  # fmt: skip


def _descriptor(builder: FileBuilder, made: Dict[str, Made]) -> None:
    td10, td15, sgx = made["v5"], made["v5-td-1-5"], made["v5-sgx"]
    _numbers(builder, td10, "v5", "body type", "QUO-6", "UnknownForm", (
        (0, "an unknown type is passed over"), (5, "the next type is believed by its size"),
        (0x0102, "one byte of the type is compared"),
    ))  # fmt: skip
    _numbers(builder, td10, "v5", "body type", "QUO-6", "BodyMismatch", (
        (3, "the size is not compared with the type"),
        (1, "a TD report is read as an enclave's"),
    ))  # fmt: skip
    _numbers(builder, td10, "v5", "body size", "QUO-6", "BodyMismatch", (
        (583, "the size is only an upper bound"), (585, "the size is only a lower bound"),
        (648, "the size alone decides which report it is"), (0, "zero stands for the default"),
    ))  # fmt: skip
    _numbers(builder, td15, "v5-td-1-5", "body size", "QUO-6", "BodyMismatch", (
        (584, "the size of a TD report 1.0 is taken for every TD report"),
    ))  # fmt: skip
    _numbers(builder, td10, "v5", "TEE type", "QUO-6", "BodyMismatch", (
        (0, "a TD report under the TEE type of SGX escapes the rules of trust domains"),
    ))  # fmt: skip
    _numbers(builder, sgx, "v5-sgx", "TEE type", "QUO-6", "BodyMismatch", (
        (0x81, "an enclave report is taken for a TD report"),
    ))  # fmt: skip


def _lengths(builder: FileBuilder, made: Dict[str, Made]) -> None:
    names = ("signature data length", "outer length", "authentication length", "inner length")
    for parent in ("v3", "v4", "v5-td-1-5"):
        found = made[parent]
        for name in names:
            if name not in found.places or (parent == "v5-td-1-5" and name != names[0]):
                continue
            length = found.number(name)
            # A shifted authentication length makes the type behind it nonsense as well.
            other = ("QUO-22",) if name.startswith("auth") else ()
            _numbers(builder, found, parent, name, "QUO-7", "LengthOffByOne", (
                (length - 1, f"the {name} may leave a byte unread"),
                (length + 1, f"the {name} may reach beyond what is there"),
            ), or_breaks=other)  # fmt: skip
    for name, value in (("signature data length", 0), ("signature data length", 127),
                        ("signature data length", 0xFFFFFFFF), ("outer length", 0),
                        ("authentication length", 0xFFFF), ("inner length", 0xFFFFFFFF),
                        ):  # fmt: skip
        _numbers(builder, made["v4"], "v4", name, "QUO-7", "LengthOffByOne", (
            (value, f"a {name} of {value} wraps around, or slices out of range"),
        ))  # fmt: skip
    padded = made["v4-padded"]
    for more in (1, 70):
        _numbers(builder, padded, "v4-padded", "signature data length", "QUO-7", "LengthOffByOne", (
            (padded.number("signature data length") + more,
             f"{more} bytes of padding inside of the signature data are passed over"),
        ))  # fmt: skip
    outer = padded.put("outer length", padded.number("outer length") + 2)
    both = (
        made["v4-padded"]
        ._replace(raw=outer)
        .put("signature data length", padded.number("signature data length") + 2)
    )
    builder.reject(
        "v4-padded-slack-in-both-lengths",
        "Passes where the two lengths are compared with each other, and neither with what is read.",
        parent="v4-padded", breaks="QUO-7", given={"quote": both.hex()}, flags=["LengthOffByOne"],
        change=Rebuilt("outer length and signature data length", "exact", "2 more each"),
    )  # fmt: skip


def _truncated(builder: FileBuilder, made: Dict[str, Made]) -> None:
    v4, v5 = made["v4"], made["v5"]
    cuts: List[Tuple[str, Made, int, str]] = [
        ("v4", v4, 1, "version"), ("v4", v4, 47, "header"), ("v4", v4, 48, "body"),
        ("v4", v4, 48 + 583, "last byte of the body"), ("v4", v4, 632, "signature data length"),
        ("v4", v4, 635, "last byte of a length"), ("v4", v4, 636, "signature data"),
        ("v4", v4, len(v4.raw) - 1, "last byte"), ("v5", v5, 53, "descriptor"),
    ]  # fmt: skip
    for parent, found, size, part in cuts:
        builder.reject(
            f"{parent}-cut-at-{size}", f"Crashes, or reads zeros, where the missing {part} is not"
            " noticed.", parent=parent, breaks="QUO-7", given={"quote": found.raw[:size].hex()},
            flags=["Truncated"],
        )  # fmt: skip


def _certification(builder: FileBuilder, made: Dict[str, Made], source: RandomBytes) -> None:
    for parent in ("v4", "v5-td-1-5"):
        _numbers(builder, made[parent], parent, "outer type", "QUO-8", "UnknownForm", (
            (5, "the outer type is not compared, as in dcap-qvl 0.7.0"),
        ))  # fmt: skip
    _numbers(builder, made["v4"], "v4", "outer type", "QUO-8", "UnknownForm", (
        (0, "zero stands for the default"), (7, "a higher type is taken for 6"),
        (0x0106, "one byte is compared"), (0x0600, "it is big-endian"),
    ))  # fmt: skip
    for parent in ("v3", "v4"):
        _numbers(builder, made[parent], parent, "inner type", "QUO-22", "UnknownForm", (
            (6, "the QE report is looked for inside of itself"),
        ))  # fmt: skip
    _numbers(builder, made["v3"], "v3", "inner type", "QUO-22", "UnknownForm", (
        (0, "an unknown type is passed over"), (7, "a platform manifest is taken for a chain"),
        (0x0105, "one byte is compared"), (0x0500, "it is big-endian"),
    ))  # fmt: skip
    for kind, size in ((1, 36), (2, 276), (3, 404)):
        for wrong in (size - 1, size + 1):
            data = source(wrong)
            builder.reject(
                f"certification-{kind}-of-{wrong}-bytes",
                f"Passes where type {kind} may have another size than {size} bytes.",
                parent=f"certification-{kind}-of-{size}-bytes", breaks="QUO-7",
                given={"quote": make(source, 3, "sgx", certification=(kind, data)).text},
                flags=["LengthOffByOne"], change=Rebuilt("certification data size", size, wrong),
            )  # fmt: skip


def _size(builder: FileBuilder, source: RandomBytes) -> None:
    """Add the greatest quote, in base64url because the file holds it twice."""
    frame = len(make(source, 3, "sgx").raw)
    largest = make(source, 3, "sgx", trailing=_LIMIT - frame)
    builder.group()
    text = base64.urlsafe_b64encode(largest.raw).decode("ascii").rstrip("=")
    builder.accept(
        "size-65536", "Fails where the limit is exclusive.", req=["QUO-10"],
        given={"quote": text}, out=largest.out,
    )  # fmt: skip
    longer = base64.urlsafe_b64encode(largest.raw + b"\0").decode("ascii").rstrip("=")
    builder.reject(
        "size-65537", "Passes where there is no limit, or one on characters only.",
        parent="size-65536", breaks="QUO-10", given={"quote": longer}, flags=["TooLong"],
        change=Rebuilt("size", _LIMIT, _LIMIT + 1),
    )  # fmt: skip
