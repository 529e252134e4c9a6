"""Vectors of `event_log.verify`: logs that are not of the form, and those just within it."""

from __future__ import annotations

from typing import Any, Dict, Final, List, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.dstack.event_log import outcome
from conformance.generate.dstack.kit import (
    RUNTIME,
    ZERO,
    Entry,
    boot_event,
    compact,
    registers,
    runtime_event,
    with_entry,
)

__all__ = ["generate"]

FLAGS: Final[Dict[str, Flag]] = {
    "WrongType": Flag(
        "MALFORMED",
        "A member has another JSON type than it must have, or is missing.",
        "Two readers take different values from one log: true for 1, null for 0, a text for a"
        " number.",
        "Check the type of every member; a boolean is no integer, and no text is one.",
    ),
    "WrongHex": Flag(
        "MALFORMED",
        "A text is not an even number of hexadecimal digits, or not of its length.",
        "A lenient decoder hashes other bytes than the next reader: bytes.fromhex of Python takes"
        " white space, Buffer.from of Node.js stops at the first bad digit.",
        "Decode strictly: [0-9a-fA-F] only, an even number, no prefix, no white space.",
        ("https://docs.python.org/3/library/stdtypes.html#bytes.fromhex",
         "https://nodejs.org/api/buffer.html#buffers-and-character-encodings"),
    ),
    "OutOfRange": Flag(
        "MALFORMED",
        "A number is outside the range that it has on the machine.",
        "imr 4 is reduced modulo 4, or indexes past the four registers.",
        "Check the range before the value is used.",
    ),
    "NotStrictJson": Flag(
        "MALFORMED",
        "The log in a string is not one strict JSON array.",
        "Of two equal members one reader takes the first and one the last: two logs in one text.",
        "Parse the string as strictly as the answer around it.",
        ("RFC 8259, section 4",),
    ),
    "TooLarge": Flag(
        "RESOURCE",
        "A count or a size is one above its limit.",
        "A peer decides how much memory and time a verifier spends.",
        "Check the limit before the work.",
    ),
}  # fmt: skip

Case = Tuple[str, str, str, Any, str]


def generate(builder: FileBuilder) -> None:
    """Fill `dstack/event_log_form`."""
    for name, description in FLAGS.items():
        builder.flag(name, description)
    log = [boot_event(0, 0), runtime_event("a", b"\x01"), runtime_event("b", b"\x02", 2)]
    builder.group({"scope": "all", "rtmrs": registers(log)})
    for slug, sent in (("form-array", log), ("form-string", compact(log))):
        builder.accept(
            slug, "Parent: the same log is taken where nothing is wrong with it.",
            req=("DST-1",), given={"event_log": sent}, out=outcome(log),
        )  # fmt: skip
    for slug, why, member, value, flag in (*_integers(), *_texts()):
        index = 0 if slug.startswith("boot") else 1
        _reject(builder, slug, why, with_entry(log, index, **{member: value}), flag)
    for slug, why, value in _not_logs(log):
        _reject(builder, slug, why, value, "WrongType")
    for slug, why, text in _not_strict(log):
        _reject(builder, slug, why, text, "NotStrictJson", parent="form-string")
    _spaces(builder, log)
    _limits(builder)
    _count(builder)


def _reject(
    builder: FileBuilder, slug: str, why: str, sent: Any, flag: str, parent: str = "form-array"
) -> None:
    builder.reject(
        slug, why, parent=parent, breaks="DST-1", given={"event_log": sent}, flags=(flag,)
    )


def _integers() -> Tuple[Case, ...]:
    return (
        ("imr-missing", "An absent register is taken for 0.", "imr", ..., "WrongType"),
        ("imr-null", "null is taken for 0.", "imr", None, "WrongType"),
        ("imr-true", "true is taken for 1.", "imr", True, "WrongType"),
        ("imr-text", "A text is converted.", "imr", "3", "WrongType"),
        ("imr-4", "The register is reduced modulo 4, or indexes past the end.", "imr", 4,
         "OutOfRange"),
        ("imr-negative", "-1 is the last register where arrays are indexed from their end.", "imr",
         -1, "OutOfRange"),
        ("type-missing", "An absent type is taken for that of the register.", "event_type", ...,
         "WrongType"),
        ("type-text", "A text is converted.", "event_type", str(RUNTIME), "WrongType"),
        ("type-33-bits", "The type is cut to 32 bits, where it is the right one.", "event_type",
         2**32 + RUNTIME, "OutOfRange"),
        ("boot-type-negative", "The type is read as signed.", "event_type", -1, "OutOfRange"),
        ("version-0", "Version 0 is taken for an absent one.", "version", 0, "OutOfRange"),
        ("version-3", "A later version is hashed by an earlier formula.", "version", 3,
         "OutOfRange"),
        ("version-text", "A text is converted.", "version", "1", "WrongType"),
        ("version-true", "true is taken for 1.", "version", True, "WrongType"),
    )  # fmt: skip


def _texts() -> Tuple[Case, ...]:
    return (
        ("name-missing", "An absent name is taken for an empty one.", "event", ..., "WrongType"),
        ("name-number", "A number is converted to text.", "event", 1, "WrongType"),
        ("payload-missing", "An absent payload is taken for an empty one.", "event_payload", ...,
         "WrongType"),
        ("payload-array", "An array of numbers is taken for bytes.", "event_payload", [1],
         "WrongType"),
        ("payload-odd", "The last digit of an odd number of them is dropped.", "event_payload",
         "010", "WrongHex"),
        ("payload-not-hex", "Decoding stops at the first bad digit.", "event_payload", "01zz",
         "WrongHex"),
        ("payload-space", "White space between digits is skipped.", "event_payload", "01 ",
         "WrongHex"),
        ("payload-0x", "A prefix is removed.", "event_payload", "0x01", "WrongHex"),
        ("payload-fullwidth-digits", "Digits beyond ASCII are taken for digits.", "event_payload",
         "０１", "WrongHex"),
        ("digest-47", "A short digest is padded.", "digest", "00" * 47, "WrongHex"),
        ("digest-49", "A long digest is cut.", "digest", "00" * 49, "WrongHex"),
        ("digest-sha256", "A digest of another size is taken for one of another bank.", "digest",
         "00" * 32, "WrongHex"),
        ("digest-0x", "A prefix is removed.", "digest", "0x" + "00" * 47, "WrongHex"),
        ("digest-zero-number", "The number 0 is taken for an absent digest.", "digest", 0,
         "WrongType"),
        ("digest-false", "false is taken for an absent digest.", "digest", False, "WrongType"),
        ("boot-digest-odd", "Digests of boot events are decoded less strictly.", "digest",
         "0" * 95, "WrongHex"),
        ("boot-payload-not-hex", "Payloads of boot events are not looked at.", "event_payload",
         "zz", "WrongHex"),
        ("preimage-number", "The number 0 is taken for an absent preimage.", "preimage", 0,
         "WrongType"),
        ("preimage-odd", "The last digit of an odd number of them is dropped.", "preimage", "0",
         "WrongHex"),
    )  # fmt: skip


def _not_logs(log: List[Entry]) -> Tuple[Tuple[str, str, Any], ...]:
    return (
        ("object", "The values of an object are taken in some order.", {"0": log[0]}),
        ("entry-null", "An entry that is null is passed over.", [*log, None]),
        ("entry-array", "An array of values is taken for an entry.", [*log, list(log[0].values())]),
        ("entry-string", "An entry in a string of its own is parsed.", [*log, compact(log[0])]),
        ("number", "A log of another type counts as empty.", 0),
    )  # fmt: skip


def _not_strict(log: List[Entry]) -> Tuple[Tuple[str, str, str], ...]:
    text = compact(log)
    return (
        ("member-twice", "The last of two equal members wins, where others take the first.",
         text.replace('"imr":3,', '"imr":2,"imr":3,', 1)),
        ("cut", "What parses of a cut text is taken.", text[:-1]),
        ("more-behind", "What follows the array is not looked at.", text + "[]"),
        ("string-of-object", "The values of an object are taken in some order.", '{"0":1}'),
        ("string-of-null", "null in a string counts as an empty log.", "null"),
        ("string-in-a-string", "Strings are unwrapped until an array comes.", compact(text)),
        ("comma-at-the-end", "A comma before the bracket is allowed.", text[:-1] + ",]"),
        ("nan", "NaN is taken for JSON.", text.replace('"imr":3,', '"imr":3,"note":NaN,', 1)),
        ("lone-surrogate", "A name without bytes is encoded with a replacement character.",
         text.replace('"event":"a"', '"event":"\\ud800"', 1)),
        ("nested-33", "Nesting has no limit.",
         text.replace('"imr":3,', f'"imr":3,"note":{"[" * 31}{"]" * 31},', 1)),
    )  # fmt: skip


def _spaces(builder: FileBuilder, log: List[Entry]) -> None:
    text = " \n\t" + compact(log).replace(",", " ,\r\n") + " "
    nested = compact(log).replace('"imr":3,', f'"imr":3,"note":{"[" * 30}{"]" * 30},', 1)
    for slug, why, sent in (
        ("string-with-spaces", "White space between tokens is refused.", text),
        ("nested-32", "The limit of nesting is one too low.", nested),
    ):
        builder.accept(
            slug, why, req=("DST-1", "DST-24") if "nested" in slug else ("DST-1",),
            given={"event_log": sent}, out=outcome(log),
        )  # fmt: skip


def _limits(builder: FileBuilder) -> None:
    """Names of 1024 bytes, and payloads of 65536."""
    for slug, name, payload in (
        ("name", 1024 * "n", b""),
        ("wide-name", 512 * "ü", b""),
        ("payload", "n", bytes(65536)),
    ):
        log = [runtime_event(name, payload)]
        builder.group({"scope": "all", "rtmrs": registers(log)})
        builder.accept(
            f"longest-{slug}", "The limit is one too low, or counts characters.", req=("DST-1",),
            given={"event_log": log}, out=outcome(log),
        )  # fmt: skip
        longer = {"event_payload": "00" * 65537} if payload else {"event": name + "n"}
        builder.reject(
            f"longer-{slug}", "The limit is absent, or counts characters instead of bytes.",
            parent=f"longest-{slug}", breaks="DST-1", flags=("TooLarge",),
            given={"event_log": [{**log[0], **longer}]},
        )  # fmt: skip


def _count(builder: FileBuilder) -> None:
    """4096 entries and one more; of register 0 and without digests, so that they are short."""
    entry = '{"imr":0,"event_type":1,"event":"","event_payload":""}'
    builder.group({"scope": "rtmr3", "rtmrs": [ZERO] * 4})
    most = {"event_log": "[" + ",".join([entry] * 4096) + "]"}
    out = {"boot_events": 0, "runtime_events": 0, "stripped_digests": 0, "unproven_events": 4096}
    builder.accept("most-events", "The limit is one too low.", req=("DST-1",), given=most, out=out)
    builder.reject(
        "more-events", "The number of events has no limit.", parent="most-events", breaks="DST-1",
        given={"event_log": "[" + ",".join([entry] * 4097) + "]"}, flags=("TooLarge",),
    )  # fmt: skip
