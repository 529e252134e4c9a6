"""Vectors of `field.seal`: a text into an envelope, under given random values."""

from __future__ import annotations

from typing import Final, Iterator, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.envelope.kit import EXAMPLE, Sender, example_sender, make_sender, steps_of
from conformance.generate.points import N, not_points, private_bytes, scalar

SURROGATE: Final = "LoneSurrogate"
TOO_LONG: Final = "TooLong"
NO_POINT: Final = "RecipientIsNoPoint"

FLAGS: Final = {
    SURROGATE: Flag(
        "EDGE_CASE",
        "The text holds half of a surrogate pair, which UTF-8 cannot carry.",
        "An encoder that writes U+FFFD instead sends the model another text without a word; one"
        " that writes the three bytes of CESU-8 makes an envelope that the server refuses.",
        "Refuse the text; TextEncoder, Buffer.from and String.getBytes replace it silently.",
        ("RFC 3629, section 3", "WHATWG Encoding, section 7.2", "Unicode 15.0, section 3.9, D76"),
    ),
    TOO_LONG: Flag(
        "RESOURCE",
        "The envelope would have more than 16777216 bytes.",
        "The receiver refuses it after the sender spent the time and the traffic on it.",
        "Count the bytes of the UTF-8 form before anything is encrypted; not the characters.",
    ),
    NO_POINT: Flag(
        "CONFIDENTIALITY",
        "The recipient's key is not on the curve.",
        "Whoever put it there knows the shared secret without a private key, or narrows it down to"
        " a handful of values.",
        "Validate the key where it is used as well as where it is read.",
        ("SP 800-56A r3, 5.6.2.3.3",),
    ),
}

TEXTS: Final[Tuple[Tuple[str, str, str, Tuple[str, ...]], ...]] = (
    (
        "empty",
        "An empty text is skipped, sent as nothing, or refused by the cipher's interface.",
        "",
        ("ENV-1", "ENV-3"),
    ),
    ("block-16", "A whole block is padded with another one.", "sixteen letters!", ("ENV-3",)),
    (
        "block-17",
        "The part of a second block is lost, or enciphered with the first counter.",
        "seventeen letters",
        ("ENV-3",),
    ),
    (
        "blocks-263",
        "The counter is a single byte and comes round after 256 blocks, or after 128.",
        "0123456789abcdef" * 262 + "end",
        ("ENV-3",),
    ),
    (
        "two-three-four-bytes",
        ("The text is encoded in Latin-1, UTF-16 or CESU-8, or cut at its number of characters."),
        "größe \u20ac \u4e16 \U0001f600",
        ("ENV-1",),
    ),
    ("nul-inside", "The text ends at its first NUL.", "a\x00b", ("ENV-1",)),
    ("byte-order-mark", "A byte order mark at the beginning is dropped.", "\ufefftext", ("ENV-1",)),
    (
        "not-normalised",
        "The text is normalised on its way; e and U+0301 are two characters.",
        "e\u0301 \u00e9 \ufb01",
        ("ENV-1",),
    ),
    (
        "white-space",
        "The text is trimmed, or its line ends are made one kind.",
        " \r\n\ttext \n",
        ("ENV-1",),
    ),
    (
        "noncharacters",
        "U+FFFF, U+FFFD and U+10FFFF are refused, although UTF-8 carries them.",
        "\uffff\ufffd\U0010ffff",
        ("ENV-1", "ENV-11"),
    ),
    (
        "largest-of-each-length",
        "The longest form of each number of bytes is refused or cut.",
        "\x7f\u07ff\ud7ff\ue000\U0010fffd",
        ("ENV-11",),
    ),
)


def generate(builder: FileBuilder) -> None:
    """Fill `envelope/seal`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    sender = example_sender(builder)
    builder.group()
    _seal(
        builder,
        "ascii",
        "The ordinary case, which the specification shows byte for byte.",
        sender,
        EXAMPLE,
        ("ENV-1", "ENV-2", "ENV-3", "ENV-8"),
    )
    for slug, why, text, req in TEXTS:
        _seal(builder, slug, why, make_sender(builder.random(slug)), text, req)
    inner = sender.text("an envelope in an envelope")
    _seal(
        builder,
        "text-is-an-envelope",
        "Text that looks like an envelope is taken for one that is"
        " encrypted already, and is sent as it is.",
        sender,
        inner,
        ("ENV-1", "ENV-8"),
    )
    _recipient_forms(builder, sender)
    for slug, why, odd, req in _odd_keys(builder, sender):
        _seal(builder, slug, why, odd, EXAMPLE, req)
    _code_units(builder)
    _limits(builder, sender)
    bad = not_points(sender.public)
    for row in bad:
        if row.name in ("y-last-bit", "order-13"):
            builder.reject(
                f"recipient-{row.name}",
                f"Of the recipient's key, {row.why}.",
                parent="ascii",
                breaks="KEY-6",
                given={"recipient": row.raw.hex()},
                flags=(NO_POINT,),
                critical=True,
            )


def _seal(
    builder: FileBuilder, slug: str, why: str, sender: Sender, text: str, req: Tuple[str, ...]
) -> None:
    envelope = sender.text(text)
    builder.accept(
        slug,
        why,
        req=req,
        given={**_values(sender), "text": text},
        out={"envelope": envelope},
        mid=steps_of(sender, envelope),
        critical=slug == "ascii",
    )


def _values(sender: Sender) -> dict[str, str]:
    return {
        "recipient": sender.public.hex(),
        "ephemeral": private_bytes(sender.ephemeral).hex(),
        "nonce": sender.nonce.hex(),
    }


def _recipient_forms(builder: FileBuilder, sender: Sender) -> None:
    builder.accept(
        "recipient-of-128-digits",
        "A key without its prefix is read one byte too far, so that nobody can open the envelope.",
        req=("ENV-1", "KEY-3"),
        given={**_values(sender), "recipient": sender.public[1:].hex(), "text": "128"},
        out={"envelope": sender.text("128")},
    )


def _odd_keys(
    builder: FileBuilder, base: Sender
) -> Iterator[Tuple[str, str, Sender, Tuple[str, ...]]]:
    """Yield keys and nonces that are rare, each with what goes wrong with them."""
    random = builder.random("odd keys")
    while True:
        found = Sender(base.recipient, scalar(random), random(12))
        if found.ikm[0] == 0:
            break
    yield (
        "shared-x-begins-00",
        ("The shared secret loses its leading zero byte, which one message in 256 has."),
        found,
        ("ENV-2", "KEY-11"),
    )
    for at, slug, coordinate in (
        (1, "ephemeral-x-begins-00", "x"),
        (33, "ephemeral-y-begins-00", "y"),
    ):
        while True:
            found = Sender(base.recipient, scalar(random), random(12))
            if found.prefix[at] == 0:
                break
        yield (
            slug,
            (
                f"The {coordinate}-coordinate of the ephemeral key is written without its"
                " leading zero byte."
            ),
            found,
            ("ENV-1",),
        )
    yield from _extremes(base, random(12))


def _extremes(base: Sender, nonce: bytes) -> Iterator[Tuple[str, str, Sender, Tuple[str, ...]]]:
    yield (
        "ephemeral-1",
        "The smallest scalar is refused, or its multiple is computed wrongly.",
        Sender(base.recipient, 1, nonce),
        ("ENV-1", "ENV-2"),
    )
    yield (
        "ephemeral-n-minus-1",
        ("The largest scalar is refused, or its multiple is computed wrongly."),
        Sender(base.recipient, N - 1, nonce),
        ("ENV-1", "ENV-2"),
    )
    yield (
        "ephemeral-of-recipient",
        ("The doubling in an addition is not handled where both keys are the same."),
        Sender(base.recipient, base.recipient, nonce),
        ("ENV-2",),
    )
    yield (
        "nonce-all-ones",
        "The counter of GCM is 12 bytes wide and runs over into the nonce.",
        Sender(base.recipient, base.ephemeral, b"\xff" * 12),
        ("ENV-3",),
    )
    yield (
        "nonce-all-zeros",
        "A nonce of zeros is taken for an absent one, and another is drawn.",
        Sender(base.recipient, base.ephemeral, bytes(12)),
        ("ENV-3", "ENV-7"),
    )


def _code_units(builder: FileBuilder) -> None:
    """Texts as code units of UTF-16, which the strings of some languages are."""
    sender = make_sender(builder.random("code units"))
    builder.accept(
        "pair-of-surrogates",
        "A whole pair is refused with the halves, or each half is encoded by itself (CESU-8).",
        req=("ENV-11",),
        given={**_values(sender), "text_utf16": "0061d83dde000062"},
        out={"envelope": sender.text("a\U0001f600b")},
    )
    for slug, units, why in (
        ("high-surrogate-inside", "0061d83d00620062", "A high half before a letter is replaced."),
        (
            "high-surrogate-at-the-end",
            "0061d83d",
            ("A high half at the end is dropped, as text cut at a number of code units has it."),
        ),
        ("low-surrogate-inside", "0061de0000620062", "A low half by itself is replaced."),
        ("pair-reversed", "0061de00d83d0062", "The order of the halves is not looked at."),
    ):
        builder.reject(
            slug,
            why,
            parent="pair-of-surrogates",
            breaks="ENV-11",
            given={"text_utf16": units},
            flags=(SURROGATE,),
            features=("lone-surrogates",),
        )


def _limits(builder: FileBuilder, sender: Sender) -> None:
    builder.accept(
        "repeated-100",
        "Two bytes for each of many characters; the parent of texts that are too long.",
        req=("ENV-13",),
        given={**_values(sender), "text": "\u00e9", "repeat": 100},
        out={"envelope": sender.text("\u00e9" * 100)},
    )
    builder.reject(
        "one-byte-too-long",
        "Characters are counted, of which there are half as many as bytes; or the limit of the"
        " envelope is applied to the text, which leaves no room for the other 93 bytes.",
        parent="repeated-100",
        breaks="ENV-13",
        given={"repeat": 8_388_562},  # 16777124 bytes
        flags=(TOO_LONG,),
    )
