"""`signature/verify`: answers of `GET /tee/signature`, genuinely signed over what they hold."""

from __future__ import annotations

import hashlib
from typing import Callable

from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.generate.signature import flaws
from conformance.generate.signature.kit import (
    FLAGS,
    MODEL,
    NAMED,
    NAMES,
    PARENT,
    REQUEST,
    RESPONSE,
    TRANSCRIPT,
    UPSTREAM,
    Bench,
    N,
    Parts,
    address_bytes,
    digest_of,
)
from venice_ref.crypto.address import to_checksum
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.weierstrass import generator, multiply
from venice_ref.receipts.signature import MAX_SIGNED_TEXT

__all__ = ["generate"]


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for flag, about in FLAGS.items():
        builder.flag(flag, about)
    bench = Bench(builder)
    builder.group({"address": bench.address.hex(), "models": NAMES})
    _accept_forms(bench)
    _accept_members(bench)
    _accept_texts(bench)
    _accept_transcripts(bench)
    flaws.refuse_answers(bench)
    flaws.refuse_signatures(bench)
    flaws.refuse_digests(bench)
    flaws.refuse_claims(bench)
    flaws.refuse_texts(bench)
    flaws.refuse_models(bench)
    flaws.refuse_transcripts(bench)
    builder.group({"models": NAMES})
    _at_the_half(bench)


# --- Accepted -----------------------------------------------------------------------------------


def _accept_forms(bench: Bench) -> None:
    every = ["SIG-1", "SIG-2", "SIG-3", "SIG-4", "SIG-5", "SIG-8", "SIG-9", "SIG-10", "SIG-11",
             "SIG-12", "SIG-14", "SIG-15"]  # fmt: skip
    bench.accept(PARENT, "An ordinary answer: the signer is verified, the exchange is not.", every,
                 bench.two)  # fmt: skip
    for parity in (0, 1):
        text = _text_with(bench, _has_parity(parity))
        signature = bench.sign(text)
        for v in (parity, 27 + parity):
            bench.accept(f"v-{v}", "v counts from 0 in some libraries and from 27 in others.",
                         ["SIG-2"], text, "0x" + signature._replace(v=v).hex(),
                         named=text.rsplit(":", 2)[0])  # fmt: skip
    plain = bench.sign(bench.two).hex()
    for slug, why, text in (
        ("without-prefix", "The 0x is optional.", plain),
        ("capital-prefix", "The prefix may be 0X.", "0X" + plain),
        ("capital-digits", "Digits are of either case.", "0x" + plain.upper()),
    ):
        bench.accept(slug, why, ["SIG-2"], bench.two, text)
    for slug, why, fits in (
        ("r-with-leading-zero", "r keeps its 32 bytes.", lambda found: found.r < 1 << 248),
        ("s-with-leading-zero", "s keeps its 32 bytes.", lambda found: found.s < 1 << 248),
    ):
        text = _text_with(bench, fits)
        bench.accept(slug, why, ["SIG-2"], text, named=text.rsplit(":", 2)[0])
    value = "0x" + plain
    bench.accept("signature-in-an-object", "The vendor's older type has an object.", ["SIG-8"],
                 bench.two, {"value": value})  # fmt: skip
    bench.accept("signature-object-with-a-foreign-key",
                 "The public key beside the value is the server's word, and is not used.",
                 ["SIG-4", "SIG-8"], bench.two,
                 {"algorithm": "ecdsa", "value": value, "public_key": "04" + "ab" * 64},

    )  # fmt: skip


def _has_parity(parity: int) -> Callable[[Parts], bool]:
    return lambda found: found.parity == parity


def _text_with(bench: Bench, fits: Callable[[Parts], bool]) -> str:
    """Return a text of the upstream name with colons and a number, whose signature fits."""
    for number in range(1 << 16):
        text = f"{UPSTREAM}:{number:064x}:{bench.response_hash}"
        if fits(bench.sign(text)):
            return text
    raise ValueError("no text fits")


def _accept_members(bench: Bench) -> None:
    two, own = bench.two, bench.address
    for slug, why, address in (
        ("address-absent", "Some servers do not name the address.", ...),
        ("address-null", "A member that is null counts as absent.", None),
        ("address-with-checksum", "Addresses are compared as bytes: case is a checksum.",
         to_checksum(own)),
        ("address-in-capitals", "Digits all in capitals carry no checksum.",
         "0x" + own.hex().upper()),
    ):  # fmt: skip
        bench.accept(slug, why, ["SIG-9"], two, signing_address=address)
    for slug, why, algorithm in (
        ("algorithm-absent", "Older answers do not name the algorithm.", ...),
        ("algorithm-null", "A member that is null counts as absent.", None),
    ):
        bench.accept(slug, why, ["SIG-15"], two, signing_algo=algorithm)
    bench.accept("other-members", "Receipts and descriptions beside the members are passed over.",
                 ["SIG-14"], two, receipt={"signature": {"value": "0x00"}}, payload=[1, 2],
                 error=None)  # fmt: skip
    bench.accept("least-members", "text and signature are all that is required.", ["SIG-14"], two,
                 model=..., upstream_model=..., requested_request_id=..., tee_provider=...,
                 signing_address=..., signing_algo=...)  # fmt: skip


def _accept_texts(bench: Bench) -> None:
    bench.accept(NAMED, "The text names the model by its upstream name, which has a colon.",
                 ["SIG-5", "SIG-7"], bench.three, named=UPSTREAM)  # fmt: skip
    bench.accept("three-parts-with-api-name", "The text names the model by the name at the API.",
                 ["SIG-7"], f"{MODEL}:{bench.two}", named=MODEL)  # fmt: skip
    colons = f"a:b::{bench.request_hash}:"
    bench.accept("name-with-many-colons",
                 "Only the last two colons separate: the name itself ends with a hash and a colon.",
                 ["SIG-5"], f"{colons}:{bench.two}", named=colons,
                 given={"models": [colons]})  # fmt: skip
    for slug, why, model in (
        ("name-beyond-ascii", "The length counts bytes of UTF-8, not characters.",
         "mod\u00e8le-\u4e2d"),
        ("name-beyond-the-basic-plane", "The length counts neither characters nor UTF-16 units.",
         "\U0001f512-model"),
        ("name-with-combining-accent", "The text is hashed as it is, without normalisation.",
         "mode\u0300le"),
    ):  # fmt: skip
        bench.accept(slug, why, ["SIG-1"], f"{model}:{bench.two}", named=model,
                     given={"models": [model]})  # fmt: skip
    bench.accept("capital-hashes", "Hashes are of either case, and are compared as bytes.",
                 ["SIG-11"], bench.two.upper())  # fmt: skip
    long = "m" * (MAX_SIGNED_TEXT - 1 - len(bench.two))
    bench.accept("4096-bytes", "The limit itself is allowed.", ["SIG-13"], f"{long}:{bench.two}",
                 named=long, given={"models": [long]})  # fmt: skip
    bench.accept("two-parts-without-names", "A text of two parts names no model.", ["SIG-7"],
                 bench.two, given={"models": []})  # fmt: skip


def _accept_transcripts(bench: Bench) -> None:
    bodies = {"request": REQUEST.hex(), "response": RESPONSE.hex()}
    bench.accept(TRANSCRIPT, "With the exact bytes of both bodies the transcript is verified.",
                 ["SIG-6", "SIG-12"], bench.three, named=UPSTREAM, verified=True, given=bodies,
    )  # fmt: skip
    for name, body in bodies.items():
        bench.accept(f"{name}-only", "One body without the other verifies no transcript.",
                     ["SIG-12"], bench.three, named=UPSTREAM, given={name: body})  # fmt: skip
    empty = hashlib.sha256(b"").hexdigest()
    bench.accept("empty-bodies", "An empty body is there: it is not an absent one.", ["SIG-12"],
                 f"{empty}:{empty}", verified=True, given={"request": "", "response": ""},
    )  # fmt: skip
    bench.accept("capital-hashes-with-transcript", "Hashes are compared as bytes.",
                 ["SIG-6", "SIG-11"], bench.two.upper(), verified=True, given=bodies)  # fmt: skip


def _at_the_half(bench: Bench) -> None:
    """Add a key made for this text, so that s is exactly (n - 1) / 2."""
    k = int.from_bytes(bench.builder.random("nonce")(32), "big") % (N - 1) + 1
    point = multiply(SECP256K1, k, generator(SECP256K1))
    if point is None:
        raise ArithmeticError("a scalar in [1, n-1] gave the point at infinity")
    r, s = point[0] % N, (N - 1) // 2
    e = int.from_bytes(digest_of(bench.two), "big")
    scalar = (s * k - e) * pow(r, -1, N) % N
    address = address_bytes(scalar)
    signature = Parts(r, s, point[1] & 1)
    whole = {"address": address.hex()}
    claimed = "0x" + address.hex()
    parent = "s-at-the-half"
    bench.accept(parent, "(n - 1) / 2 is the greatest s of the lower half.", ["SIG-3"], bench.two,
                 "0x" + signature.hex(), given=whole, signing_address=claimed)  # fmt: skip
    above = Parts(r, N - s, signature.parity ^ 1)
    bench.refuse("s-above-the-half", "(n + 1) / 2 is the least s of the upper half.", "SIG-3",
                 "signature-range",
                 bench.answer(bench.two, "0x" + above.hex(), signing_address=claimed),
                 parent=parent, change=Rebuilt("answer.signature.s", f"{s:064x}", f"{N - s:064x}"),

    )  # fmt: skip
