"""Vectors of `request.build`: headers, model ids, and the random bytes of each message."""

from __future__ import annotations

from typing import Any, Final, Mapping, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.points import N, private_bytes
from conformance.generate.request.kit import MODEL, ONE, Party, digits_of, make_party

SWITCH: Final = "SwitchesInModelId"
MODEL_ID: Final = "NoModelId"
NO_POINT: Final = "ModelKeyIsNoPoint"

FLAGS: Final[Mapping[str, Flag]] = {
    SWITCH: Flag(
        "DOWNGRADE",
        "The model id carries members of venice_parameters behind a colon.",
        "They override those of the body: the server searches the web with the prompt, adds a"
        " character, or serves the request without encryption.",
        "Refuse an id with the sign = behind its first colon.",
    ),
    MODEL_ID: Flag(
        "MALFORMED",
        "The model id is no line of text.",
        "Line ends and other control characters split log lines and headers that repeat the id.",
        "Allow 1 to 256 characters without control characters.",
        ("Unicode 15.0, table 2-3, control codes",),
    ),
    NO_POINT: Flag(
        "CONFIDENTIALITY",
        "The key of the model is not on the curve.",
        "The messages are encrypted under a secret that others can find.",
        "Validate the key before anything is encrypted to it.",
        ("SP 800-56A r3, 5.6.2.3.3",),
    ),
}


def generate(builder: FileBuilder) -> None:
    """Fill `request/build`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    party = make_party(builder)
    builder.group(party.params)
    _example(builder, party)
    _draws(builder, party)
    _key_forms(builder, party)
    _model_ids(builder, party)


def _build(
    builder: FileBuilder,
    party: Party,
    slug: str,
    why: str,
    req: Sequence[str],
    given: Mapping[str, Any],
    **expected: Any,
) -> None:
    (sender,) = party.senders(builder.random(slug), 1)
    if slug == "one-message":
        sender = party.example
    builder.accept(
        slug,
        why,
        req=req,
        given={"messages": ONE, "random": digits_of([sender]), **given},
        out=party.out([{"role": "user", "content": sender.text(ONE[0]["content"])}], **expected),
    )


def _example(builder: FileBuilder, party: Party) -> None:
    _build(
        builder,
        party,
        "one-message",
        "The ordinary request, which the specification shows: three"
        " headers, four members, nothing else.",
        ("REQ-1", "REQ-2", "REQ-3", "REQ-4", "REQ-12", "REQ-13", "KEY-2", "MSG-1"),
        {},
    )
    bad = party.params["model_key"]
    bad = bad[:-1] + ("1" if bad[-1] == "0" else "0")
    builder.reject(
        "model-key-off-curve",
        "The key is taken from the attestation as it is, and looked at by nobody.",
        parent="one-message",
        breaks="KEY-6",
        given={"model_key": bad},
        flags=(NO_POINT,),
        critical=True,
    )


def _draws_rows(texts: Any, first: Any, second: Any) -> Tuple[Tuple[Any, ...], ...]:
    return (
        (
            "two-messages-two-draws",
            (first, second),
            texts,
            "One ephemeral key, or one nonce, serves for all messages of a request.",
        ),
        (
            "same-text-twice",
            (first, second),
            ("one", "one"),
            "Envelopes are kept by their text, and the service sees which messages are the same.",
        ),
    )


def _draws(builder: FileBuilder, party: Party) -> None:
    random = builder.random("draws")
    first, second = party.senders(random, 2)
    texts = ("one", "two")
    messages = [{"role": "user", "content": text} for text in texts]
    for slug, drawn, contents, why in _draws_rows(texts, first, second):
        builder.accept(
            slug,
            why,
            req=("ENV-7", "MSG-1"),
            given={
                "messages": [{"role": "user", "content": text} for text in contents],
                "random": digits_of(drawn),
            },
            out=party.out(
                [
                    {"role": "user", "content": sender.text(text)}
                    for sender, text in zip(drawn, contents)
                ]
            ),
            critical=True,
        )
    builder.accept(
        "nothing-drawn-for-null",
        "Random bytes are drawn for a message that has nothing to seal, or"
        " its neighbour's are used.",
        req=("ENV-7", "MSG-2"),
        given={
            "messages": [messages[0], {"role": "assistant", "content": None}, messages[1]],
            "random": digits_of((first, second)),
        },
        out=party.out(
            [
                {"role": "user", "content": first.text("one")},
                {"role": "assistant", "content": None},
                {"role": "user", "content": second.text("two")},
            ]
        ),
    )
    for slug, scalar_bytes, why in (
        ("draw-of-n", private_bytes(N), "A draw of n is reduced to zero, or taken as it is."),
        ("draw-of-zero", bytes(32), "A draw of zero makes a shared secret that everybody knows."),
        (
            "draw-of-all-ones",
            b"\xff" * 32,
            (
                "A draw beyond the range is reduced modulo n, which makes"
                " some keys likelier than others."
            ),
        ),
    ):
        (sender,) = party.senders(builder.random(slug), 1)
        builder.accept(
            slug,
            why,
            req=("ENV-7", "KEY-1"),
            given={"messages": messages[:1], "random": scalar_bytes.hex() + digits_of([sender])},
            out=party.out([{"role": "user", "content": sender.text("one")}]),
        )


def _key_forms(builder: FileBuilder, party: Party) -> None:
    key = party.params["model_key"]
    forms: Tuple[Tuple[str, str, str], ...] = (
        (
            "model-key-of-128-digits",
            key[2:],
            (
                "The header has the key as it was received, 128 digits"
                " here, while the messages are encrypted to another form of it."
            ),
        ),
        (
            "model-key-in-upper-case",
            key.upper(),
            (
                "The header has the key in upper case, which a"
                " gateway that compares texts does not find."
            ),
        ),
        (
            "model-key-with-0x",
            "0x" + key,
            ("The header has the prefix, which one of the servers refuses."),
        ),
    )
    for slug, form, why in forms:
        _build(builder, party, slug, why, ("REQ-2", "KEY-3"), {"model_key": form})


def _model_ids_rows() -> Tuple[Tuple[str, str, str, str], ...]:
    return (
        ("id-empty", "", "REQ-13", "An empty id is sent, and a default of the service answers."),
        ("id-of-257-characters", "a" * 257, "REQ-13", "The limit is off by one, or is none."),
        ("id-with-line-feed-behind", MODEL + "\n", "REQ-13", "`$` matches before a line end."),
        (
            "id-with-nul",
            "a\x00b",
            "REQ-13",
            "NUL ends the id for one reader and not for the other.",
        ),
        ("id-with-delete", "a\x7fb", "REQ-13", "U+007F is above the range that is tested."),
        (
            "id-with-next-line",
            "a\u0085b",
            "REQ-13",
            "Control characters beyond ASCII are forgotten.",
        ),
        ("id-with-escape", "\x1b[2Ja", "REQ-13", "The terminal that shows the id obeys it."),
        (
            "id-with-switch",
            MODEL + ":enable_web_search=on",
            "REQ-12",
            ("The switch reaches the service behind the rules of the body."),
        ),
        (
            "id-with-downgrade",
            MODEL + ":enable_e2ee=false",
            "REQ-12",
            ("Encryption is switched off in the model id, against the body."),
        ),
        (
            "id-with-switch-behind-tag",
            "qwen:latest&character_slug=x",
            "REQ-12",
            ("The part between the colon and the sign = is asked to be a name."),
        ),
        (
            "id-with-empty-switch",
            MODEL + ":=",
            "REQ-12",
            ("A switch without name and value is let through."),
        ),
    )


def _model_ids(builder: FileBuilder, party: Party) -> None:
    ids: Tuple[Tuple[str, str, str], ...] = (
        ("id-with-tag", "qwen:latest", "Every colon is taken for the beginning of switches."),
        ("id-with-equals", "a=b", "The sign = is refused where no colon is before it."),
        ("id-with-equals-before-colon", "a=b:c", "The sign = is refused wherever a colon is."),
        ("id-with-slash", "org/model name", "An id is encoded for URLs in the body as well."),
        ("id-beyond-ascii", "modèle-\u4e16", "Characters beyond ASCII are refused or replaced."),
        ("id-of-256-characters", "\U0001f600" * 256, "Code units or bytes are counted."),
        ("id-of-no-break-space", "a\u00a0b", "U+00A0 is taken for a control character."),
    )
    for slug, name, why in ids:
        _build(builder, party, slug, why, ("REQ-12", "REQ-13"), {"model": name}, model=name)
    refused: Tuple[Tuple[str, str, str, str], ...] = _model_ids_rows()
    for slug, name, breaks, why in refused:
        builder.reject(
            slug,
            why,
            parent="one-message",
            breaks=breaks,
            given={"model": name},
            flags=(SWITCH if breaks == "REQ-12" else MODEL_ID,),
        )
