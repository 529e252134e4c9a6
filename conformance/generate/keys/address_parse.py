"""`keys/address_parse`: the text of an address."""

from __future__ import annotations

import hashlib
from typing import Callable, Final, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.wording import sentence
from venice_ref.crypto.address import to_checksum
from venice_ref.crypto.keccak import keccak_256

EIP_55: Final = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)
"""The examples of EIP-55 in mixed case."""

PARENT: Final = EIP_55[0]

DIGITS: Final = PARENT[2:]
LOWER: Final = DIGITS.lower()


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "AddressText",
        Flag(
            "INTEROP",
            "one of the three ways to write an address",
            "the address of an honest server is refused for the case of its letters",
            "compare bytes; test the checksum where there is one",
            ("EIP-55", "SPEC.md KEY-14", "SPEC.md KEY-17"),
        ),
    )
    builder.flag(
        "Checksum",
        Flag(
            "MALFORMED",
            "digits in mixed case that are not the checksum of EIP-55",
            "an altered address is not noticed",
            "compute the checksum over the 40 lowercase digits as ASCII",
            ("EIP-55",),
        ),
    )
    builder.flag(
        "AddressForm",
        Flag(
            "MALFORMED",
            "no address, or one in a form that nobody writes",
            "another address is read than the one that is shown",
            "test prefix, length and every character",
            ("SPEC.md KEY-16",),
        ),
    )
    _accepts(builder)
    _checksums(builder)
    _forms(builder)


def _accept(builder: FileBuilder, slug: str, why: str, text: str, *req: str) -> None:
    builder.accept(
        slug,
        sentence(why),
        req=[*req, "KEY-14", "KEY-16"],
        given={"text": text},
        out={"address": text[2:].lower()},
        flags=["AddressText"],
    )


def _accepts(builder: FileBuilder) -> None:
    _accept(builder, "eip55", "the ordinary case with a checksum", PARENT, "KEY-15")
    _accept(
        builder, "lower", "a checksum is demanded; two servers write none", f"0x{LOWER}", "KEY-17"
    )
    _accept(builder, "upper", "all in upper case is taken for a checksum that does not hold",
            f"0x{LOWER.upper()}", "KEY-17")  # fmt: skip
    for number, text in enumerate(EIP_55[1:], 2):
        why = "examples of the standard: a checksum over the wrong text holds for one by chance"
        _accept(builder, f"eip55-example-{number}", why, text, "KEY-15")
    why = "without letters there is no case"
    _accept(builder, "digits-only", why, f"0x{'1234567890' * 4}", "KEY-17")
    why = "one letter in the case that the checksum does not have: that is still all of them"
    _accept(builder, "one-letter", why, _one_letter(), "KEY-17")
    why = "the address is read as a number"
    _accept(builder, "leading-zero", why, to_checksum(bytes(3) + bytes(range(200, 217))), "KEY-15")
    why = "the address is zero, which is not an absent one"
    _accept(builder, "all-zero", why, f"0x{'0' * 40}", "KEY-17")


def _one_letter() -> str:
    """Return an address with one letter, in upper case, which EIP-55 writes in lower case."""
    for number in range(100):
        digits = f"{number:02d}".rjust(39, "7") + "a"
        text = to_checksum(bytes.fromhex(digits))
        if text[-1] == "a":
            return text[:-1] + "A"
    raise ValueError("no such address")


def _cased(digits: str, marks: str, high: Callable[[str], bool]) -> str:
    """Return the digits, in upper case where the mark beside is high."""
    return "".join(c.upper() if high(m) else c for c, m in zip(digits, marks))


def _checksums(builder: FileBuilder) -> None:
    keccak = keccak_256(LOWER.encode("ascii")).hex()
    letters = [i for i, c in enumerate(DIGITS) if c.isalpha()]
    rows: Tuple[Tuple[str, str, str], ...] = (
        ("first-letter", "the first letter is not tested", _swapped(letters[0])),
        ("middle-letter", "one letter in the middle is not tested",
         _swapped(letters[len(letters) // 2])),
        ("last-letter", "the last letter is not tested", _swapped(letters[-1])),
        ("all-letters", "the case is tested against its opposite", DIGITS.swapcase()),
        ("digit-changed", "only letters are compared with those of a stored text",
         f"{DIGITS[:-1]}c"),
        ("one-upper", "any lower-case text with a capital is passed over", _only(letters[0])),
        ("sha3", "the checksum is computed with SHA3-256",
         _cased(LOWER, hashlib.sha3_256(LOWER.encode()).hexdigest(), lambda m: m >= "8")),
        ("of-the-bytes", "the 20 bytes are hashed, not the 40 digits",
         _cased(LOWER, keccak_256(bytes.fromhex(LOWER)).hex(), lambda m: m >= "8")),
        ("of-the-prefix-too", "0x is hashed with the digits",
         _cased(LOWER, keccak_256(f"0x{LOWER}".encode()).hex(), lambda m: m >= "8")),
        ("of-upper-case", "the digits are hashed in upper case",
         _cased(LOWER, keccak_256(LOWER.upper().encode()).hex(), lambda m: m >= "8")),
        ("above-8", "letters change above 8, not from 8 on",
         _cased(LOWER, keccak, lambda m: m > "8")),
        ("from-7", "letters change from 7 on", _cased(LOWER, keccak, lambda m: m >= "7")),
        ("reversed-marks", "the last 40 digits of the hash are taken, not the first",
         _cased(LOWER, keccak[-40:], lambda m: m >= "8")),
        ("eip-1191", "the checksum of another chain (EIP-1191, chain 30) is accepted",
         _cased(LOWER, keccak_256(f"300x{LOWER}".encode()).hex(), lambda m: m >= "8")),
    )  # fmt: skip
    for slug, why, digits in rows:
        builder.reject(
            f"checksum-{slug}",
            sentence(why),
            parent="eip55",
            breaks="KEY-15",
            given={"text": f"0x{digits}"},
            flags=["Checksum"],
        )


def _swapped(position: int) -> str:
    return DIGITS[:position] + DIGITS[position].swapcase() + DIGITS[position + 1 :]


def _only(position: int) -> str:
    return LOWER[:position] + LOWER[position].upper() + LOWER[position + 1 :]


def _forms(builder: FileBuilder) -> None:
    for slug, why, text in (
        ("empty", "nothing is zero", ""),
        ("prefix-only", "nothing is zero", "0x"),
        ("no-prefix", "40 digits could be anything", LOWER),
        ("prefix-upper", "0X is a second text of the same address", f"0X{LOWER}"),
        ("prefix-twice", "prefixes are stripped in a loop", f"0x0x{LOWER}"),
        ("digits-39", "a missing digit is filled with zero", f"0x{LOWER[:-1]}"),
        ("digits-41", "an odd digit is dropped", f"0x{LOWER}0"),
        ("digits-38", "a missing byte is filled with zero", f"0x{LOWER[:-2]}"),
        ("digits-42", "what follows is not looked at", f"0x{LOWER}00"),
        ("padded-to-32", "the last 20 of 32 bytes are taken, as contracts pad",
         f"0x{'0' * 24}{LOWER}"),
        ("padded-right", "the first 20 of 32 bytes are taken, as REPORTDATA pads",
         f"0x{LOWER}{'0' * 24}"),
        ("letter-g", "a bad digit is stored as 0", f"0x{LOWER[:-1]}g"),
        ("space-before", "the text is trimmed", f" 0x{LOWER}"),
        ("space-after", "the text is trimmed", f"0x{LOWER} "),
        ("newline-after", "$ of a regular expression matches before a last newline",
         f"0x{LOWER}\n"),
        ("space-for-digit", "bytes.fromhex of Python passes over it",
         f"0x{LOWER[:-2]} {LOWER[-1]}"),
        ("underscore", "int() of Python passes over it", f"0x{LOWER[:-2]}_{LOWER[-1]}"),
        ("full-width-digit", "isdigit knows all of Unicode", f"0x{LOWER[:-1]}\uff11"),
        ("arabic-digit", "int() of Python reads digits of every script", f"0x{LOWER[:-1]}\u0661"),
    ):  # fmt: skip
        builder.reject(
            f"form-{slug}",
            sentence(why),
            parent="lower",
            breaks="KEY-16",
            given={"text": text},
            flags=["AddressForm"],
        )
