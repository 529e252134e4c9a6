"""Vectors of `field.open`: an envelope into a text, or into the refusal that it deserves."""

from __future__ import annotations

from typing import Callable, Final, Iterator, List, Tuple

from conformance.generate.builder import FileBuilder
from conformance.generate.envelope import open_refused as envelope_open_refused
from conformance.generate.envelope.kit import EXAMPLE, Sender, example_sender, make_sender, steps_of
from conformance.generate.points import N, negated, private_bytes, scalar
from venice_ref.model import RandomBytes

TEXTS: Final[Tuple[Tuple[str, str, str, Tuple[str, ...]], ...]] = (
    (
        "empty",
        (
            "An envelope of 93 bytes is refused for its size, or its text, which is empty, is"
            " taken for a failure."
        ),
        "",
        ("ENV-4", "ENV-12"),
    ),
    (
        "one-byte",
        "The smallest text that is not empty; the limit of the size is off by one.",
        "x",
        ("ENV-4",),
    ),
    ("block-16", "A padding is looked for behind a whole block.", "sixteen letters!", ("ENV-3",)),
    ("block-17", "The part of a second block is lost.", "seventeen letters", ("ENV-3",)),
    (
        "blocks-263",
        "The counter is a single byte and comes round after 256 blocks, or after 128.",
        "0123456789abcdef" * 262 + "end",
        ("ENV-3",),
    ),
    (
        "bytes-70000",
        (
            "A limit of 64 KiB, which nobody wrote down, on the size of an envelope or on"
            " the length that GHASH is told in 16 bits."
        ),
        "0123456789" * 7000,
        ("ENV-13",),
    ),
    (
        "two-three-four-bytes",
        "The text is read as Latin-1 or UTF-16.",
        "größe \u20ac \u4e16 \U0001f600",
        ("ENV-10",),
    ),
    ("nul-inside", "The text ends at its first NUL.", "a\x00b", ("ENV-10",)),
    (
        "byte-order-mark",
        (
            "A byte order mark at the beginning is dropped, which TextDecoder does"
            " unless it is told not to."
        ),
        "\ufefftext",
        ("ENV-10",),
    ),
    (
        "replacement-character",
        "U+FFFD in the text itself is taken for a failure of the decoder.",
        "a\ufffdb",
        ("ENV-10",),
    ),
    (
        "noncharacters",
        "U+FFFF and U+10FFFF are refused, although UTF-8 carries them.",
        "\uffff\U0010ffff",
        ("ENV-10",),
    ),
    (
        "white-space",
        "The text is trimmed; a token of white space vanishes from the answer.",
        " \r\n\t",
        ("ENV-10",),
    ),
    (
        "text-is-json",
        "Text that parses as JSON is delivered as the value, without its quotes.",
        '["a"]',
        ("ENV-10",),
    ),
    ("text-is-digits", "Text of hexadecimal digits is decoded once more.", "04" * 100, ("ENV-9",)),
)


def generate(builder: FileBuilder) -> None:
    """Fill `envelope/open`."""
    sender = example_sender(builder)
    builder.group()
    _open(
        builder,
        "ascii",
        "The ordinary case, which the specification shows byte for byte.",
        sender,
        EXAMPLE,
        ("ENV-1", "ENV-2", "ENV-3", "ENV-5", "ENV-6"),
    )
    for slug, why, text, req in TEXTS:
        _open(builder, slug, why, make_sender(builder.random(slug)), text, req)
    inner = make_sender(builder.random("inner")).text("an envelope in an envelope")
    _open(
        builder,
        "text-is-an-envelope",
        "Text that looks like an envelope is opened a second time, and fails.",
        sender,
        inner,
        ("ENV-9",),
    )
    _cases(builder, sender)
    _odd_keys(builder, sender)
    _repeated(builder)
    _negated(builder, sender)
    envelope_open_refused.refuse(builder, sender)


def _open(
    builder: FileBuilder, slug: str, why: str, sender: Sender, text: str, req: Tuple[str, ...]
) -> None:
    envelope = sender.text(text)
    builder.accept(
        slug,
        why,
        req=req,
        given={"secret": sender.secret, "envelope": envelope},
        out={"text": text},
        mid=steps_of(sender, envelope),
        critical=slug == "ascii",
    )


def _cases(builder: FileBuilder, sender: Sender) -> None:
    envelope = sender.text(EXAMPLE)
    mixed = "".join(c.upper() if n % 2 else c for n, c in enumerate(envelope))
    for slug, digits, why in (
        (
            "upper-case",
            envelope.upper(),
            ("Lowercase digits alone are read; the rest is shown as text or refused."),
        ),
        ("mixed-case", mixed, "One case is asked for in the whole text or in each byte."),
    ):
        builder.accept(
            slug,
            why,
            req=("ENV-9", "ENV-15"),
            given={"secret": sender.secret, "envelope": digits},
            out={"text": EXAMPLE},
        )


def _odd_keys(builder: FileBuilder, base: Sender) -> None:
    """Keys that are rare, each with what goes wrong with them."""
    random = builder.random("odd keys")
    odd: List[Tuple[str, str, Sender, Tuple[str, ...]]] = []

    def found(part: Callable[[Sender], int]) -> Sender:
        while True:
            sender = Sender(base.recipient, scalar(random), random(12))
            if part(sender) == 0:
                return sender

    odd.append(
        (
            "shared-x-begins-00",
            (
                "The shared secret loses its leading zero byte, which one"
                " piece of an answer in 256 has."
            ),
            found(lambda it: it.ikm[0]),
            ("ENV-2", "KEY-11"),
        )
    )
    odd.append(
        (
            "ephemeral-x-begins-00",
            "An x-coordinate below 2^248 is taken for one of 31 bytes.",
            found(lambda it: it.prefix[1]),
            ("ENV-5",),
        )
    )
    odd.append(
        (
            "ephemeral-y-begins-00",
            "A y-coordinate below 2^248 is taken for one of 31 bytes.",
            found(lambda it: it.prefix[33]),
            ("ENV-5",),
        )
    )
    odd += _extremes(base, random)
    for slug, why, sender, req in odd:
        _open(builder, slug, why, sender, EXAMPLE, req)


def _extremes(
    base: Sender, random: RandomBytes
) -> Iterator[Tuple[str, str, Sender, Tuple[str, ...]]]:
    yield (
        "secret-1",
        ("The smallest secret is refused; the shared secret is then the ephemeral key itself."),
        Sender(1, base.ephemeral, random(12)),
        ("ENV-2",),
    )
    yield (
        "secret-n-minus-1",
        ("The largest secret is refused, or its multiple is computed wrongly."),
        Sender(N - 1, base.ephemeral, random(12)),
        ("ENV-2",),
    )
    yield (
        "ephemeral-is-own-key",
        ("An ephemeral key that is the recipient's own is taken for a reflected one and refused."),
        Sender(base.recipient, base.recipient, random(12)),
        ("ENV-5",),
    )
    yield (
        "nonce-all-ones",
        ("The counter of GCM is 12 bytes wide and runs over into the nonce."),
        Sender(base.recipient, base.ephemeral, b"\xff" * 12),
        ("ENV-3",),
    )
    yield (
        "nonce-all-zeros",
        "A nonce of zeros is taken for an absent one.",
        Sender(base.recipient, base.ephemeral, bytes(12)),
        ("ENV-3",),
    )


def _repeated(builder: FileBuilder) -> None:
    """One ephemeral key for all pieces of an answer, as vllm-proxy draws it."""
    random = builder.random("one ephemeral key")
    sender = make_sender(random)
    pieces = ["One", " key", " for", " all"]
    envelopes = [sender._replace(nonce=random(12)).text(piece) for piece in pieces]
    builder.accept(
        "ephemeral-key-repeated",
        "An ephemeral key that came before is taken for a replay, so that the answers of one of the"
        " three servers end after their first piece.",
        req=("ENV-14",),
        given={"secret": sender.secret, "before": envelopes[:3], "envelope": envelopes[3]},
        out={"text": pieces[3]},
    )
    other = make_sender(random)._replace(recipient=sender.recipient)
    builder.accept(
        "ephemeral-key-changes",
        "The message key of the first piece is kept for the whole answer, although two of the three"
        " servers draw a new ephemeral key for each piece.",
        req=("ENV-2", "ENV-14"),
        given={
            "secret": sender.secret,
            "before": [envelopes[0]],
            "envelope": other.text("another"),
        },
        out={"text": "another"},
    )


def _negated(builder: FileBuilder, sender: Sender) -> None:
    """The one change that the tag does not show: -P has the x-coordinate of P."""
    envelope = bytes.fromhex(sender.text(EXAMPLE))
    builder.accept(
        "ephemeral-key-negated",
        "The whole point, not its x-coordinate, goes into the key: the envelope with the negated"
        " ephemeral key opens by the formula, and is the reason not to take an envelope's bytes for"
        " its identity.",
        req=("ENV-2",),
        given={
            "secret": private_bytes(sender.recipient).hex(),
            "envelope": (negated(envelope[:65]) + envelope[65:]).hex(),
        },
        out={"text": EXAMPLE},
    )
