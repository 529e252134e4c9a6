"""`signature/verify`: answers with one flaw."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Callable, Dict, Final, Sequence, Tuple

from conformance.generate.builder import Rebuilt
from conformance.generate.signature.kit import (
    MODEL,
    NAMED,
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
from venice_ref.crypto.keccak import keccak_256
from venice_ref.crypto.weierstrass import generator, lift_x, multiply
from venice_ref.receipts.signature import PREFIX

__all__ = [
    "refuse_answers",
    "refuse_claims",
    "refuse_digests",
    "refuse_models",
    "refuse_signatures",
    "refuse_texts",
    "refuse_transcripts",
]

_OBJECT: Final = "signature-in-an-object"


# --- The answer ---------------------------------------------------------------------------------


def refuse_answers(bench: Bench) -> None:
    """Add bodies that are not of the form, or lack the signature."""
    whole = bench.answer(bench.two)
    foreign = "another:" + bench.two
    deep = "[" * 32 + "]" * 32
    for slug, why, body in (
        ("body-empty", "Nothing is no answer.", ""),
        ("body-not-json", "An error page of a proxy.", "<html>502 Bad Gateway</html>"),
        ("body-array", "An array of answers is none.", f"[{whole}]"),
        ("body-text", "A JSON text that is a string.", json.dumps(bench.two)),
        ("body-cut", "The closing brace is missing.", whole[:-1]),
        ("body-with-a-second-object", "Readers of streams take the first object.", whole + "{}"),
        ("body-with-byte-order-mark", "RFC 8259, 8.1: no byte order mark.", "\ufeff" + whole),
        ("text-twice", "One parser takes the first text, another the last.",
         whole[:-1] + ', "text": ' + json.dumps(foreign) + "}"),
        ("signature-twice", "The same with the same value: JSON has no duplicate members here.",
         whole[:-1] + ', "signature": ' + json.dumps(bench.members(bench.two)["signature"]) + "}"),
        ("member-nan", "NaN is not JSON, whatever Python says.", whole[:-1] + ', "n": NaN}'),
        ("member-nested-33-deep", "Deep nesting exhausts the stack of recursive parsers.",
         whole[:-1] + f', "receipt": {deep}}}'),
        ("text-with-lone-surrogate", "A lone surrogate has no UTF-8, hence no digest.",
         whole.replace('"text": "', '"text": "\\ud800:')),
    ):  # fmt: skip
        bench.refuse(slug, why, "SIG-14", "not-an-answer", body, critical=False,
                     change=Rebuilt("answer", "an ordinary one", slug))  # fmt: skip
    for name in ("text", "signing_address", "signing_algo", "model", "upstream_model"):
        members = {**bench.members(bench.two), name: 1}
        bench.refuse(f"{name.replace('_', '-')}-is-a-number",
                     "A member of another type is no absent member.", "SIG-14", "not-an-answer",
                     json.dumps(members), critical=False)  # fmt: skip
    _refuse_forms(bench)
    _refuse_missing(bench)
    for algorithm in ("ed25519", "ECDSA", "ecdsa-p256", ""):
        slug = {"": "empty", "ECDSA": "in-capitals"}.get(algorithm, algorithm)
        bench.refuse(f"algorithm-{slug}", "The client chose ecdsa, written so.", "SIG-15",
                     "other-algorithm", bench.answer(bench.two, signing_algo=algorithm),
                     critical=False)  # fmt: skip


def _refuse_forms(bench: Bench) -> None:
    value = bench.members(bench.two)["signature"]
    forms: Sequence[Tuple[str, str, Any]] = (
        ("signature-number", "A number is neither form.", 1),
        ("signature-boolean", "true must not count as verified.", True),
        ("signature-array", "An array of one signature is neither form.", [value]),
        ("signature-object-empty", "An object without value.", {}),
        ("signature-object-value-null", "null is no value.", {"value": None}),
        ("signature-object-value-number", "The value is a string.", {"value": 1}),
        ("signature-object-nested", "The value is a string, not an object again.",
         {"value": {"value": value}}),
        ("signature-object-other-member", "The member is called value.", {"signature": value}),
    )  # fmt: skip
    for slug, why, signature in forms:
        bench.refuse(slug, why, "SIG-8", "not-an-answer", bench.answer(bench.two, signature),
                     parent=_OBJECT, or_breaks=["SIG-14"],
                     change=Rebuilt("answer.signature", {"value": value}, signature))  # fmt: skip


def _refuse_missing(bench: Bench) -> None:
    whole = bench.members(bench.two)
    for slug, why, members in (
        ("signature-absent", "An answer with everything but the signature.",
         {**whole, "signature": ...}),
        ("signature-null", "null is absent.", {**whole, "signature": None}),
        ("text-absent", "A signature of nothing.", {**whole, "text": ...}),
        ("text-null", "null is absent.", {**whole, "text": None}),
        ("object-empty", "No error is not success.", {}),
        ("error-code", "A status of 200 with an error inside.",
         {"error_code": "SIGNATURE_UNSUPPORTED", "message": "no signature for this model"}),
        ("error-object", "A status of 200 with an error inside.",
         {"error": {"message": "Signature not found: chatcmpl-1:ecdsa"}}),
        ("verified-true", "The server's own verdict is not a signature.",
         {**whole, "signature": ..., "verified": True}),
    ):  # fmt: skip
        present = {name: member for name, member in members.items() if member is not ...}
        bench.refuse(slug, why, "SIG-10", "signature-missing", json.dumps(present),
                     change=Rebuilt("answer", "an ordinary one", slug))  # fmt: skip


# --- The signature ------------------------------------------------------------------------------


def refuse_signatures(bench: Bench) -> None:
    """Add signatures of another form, or out of range."""
    own = bench.sign(bench.two)
    plain = own.hex()
    for slug, why, text in (
        ("signature-empty", "An empty signature is there, and verifies nothing.", ""),
        ("signature-prefix-only", "A prefix without digits.", "0x"),
        ("signature-of-64-bytes", "v is missing: one of two keys would have to be guessed.",
         "0x" + plain[:-2]),
        ("signature-of-66-bytes", "A byte follows v.", "0x" + plain + "00"),
        ("signature-with-odd-digits", "Half a byte is missing.", "0x" + plain[:-1]),
        ("signature-compact", "EIP-2098 hides the parity in the highest bit of s.",
         f"0x{own.r:064x}{own.s | own.parity << 255:064x}"),
        ("signature-with-two-prefixes", "One prefix is dropped, not all of them.",
         "0x0x" + plain[2:]),
        ("signature-with-space", "Lenient decoders skip white space.", "0x" + plain[:64] + " " +
         plain[65:]),
        ("signature-with-newline", "Lenient decoders strip the end of a line.",
         "0x" + plain + "\n"),
        ("signature-with-newline-for-a-digit",
         "A dollar sign in a regular expression lets a last newline through.",
         "0x" + plain[:-1] + "\n"),
        ("signature-with-foreign-digit", "g is no digit.", "0x" + "g" + plain[1:]),
        ("signature-with-wide-digits", "U+FF10 is a digit of Unicode, and none of hexadecimal.",
         "0x" + "\uff10" + plain[1:]),
        ("signature-in-base64", "Another encoding of the same bytes.", _base64(plain)),
    ):  # fmt: skip
        bench.refuse(slug, why, "SIG-2", "signature-form", bench.answer(bench.two, text),
                     critical=False, change=Rebuilt("answer.signature", "0x" + plain, text),
        )  # fmt: skip
    for v in (2, 3, 26, 29, 30, 35, 37, 255):
        bench.refuse(f"v-is-{v}", "v has four values: these belong to other schemes or to none.",
                     "SIG-2", "signature-form",
                     bench.answer(bench.two, "0x" + own._replace(v=v).hex()), critical=False,
        )  # fmt: skip
    _refuse_range(bench, own)


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode("ascii")


def _refuse_range(bench: Bench, own: Parts) -> None:
    lost = next(x for x in range(1, 64) if lift_x(SECP256K1, x, odd=False) is None)
    for slug, why, parts in (
        ("r-0", "r = 0 has no inverse, and careless code gets infinity.", own._replace(r=0)),
        ("s-0", "s = 0 makes the key depend on the text alone.", own._replace(s=0)),
        ("r-and-s-0", "The signature that verified everything (CVE-2022-21449).", Parts(0, 0, 0)),
        ("r-n", "n is 0 for who reduces it.", own._replace(r=N)),
        ("s-n", "n is 0 for who reduces it.", own._replace(s=N)),
        ("r-all-ones", "2^256 - 1 is above n and above p.", own._replace(r=2**256 - 1)),
        ("s-all-ones", "2^256 - 1 is above n.", own._replace(s=2**256 - 1)),
        ("s-in-the-upper-half", "The other signature of the same text: everybody can make it.",
         Parts(own.r, N - own.s, own.parity ^ 1)),
        ("r-of-no-point", "No point of the curve has this x.", own._replace(r=lost)),
        ("key-at-infinity", "s * R = e * G: the recovered key is the point at infinity.",
         _infinite(bench)),
    ):  # fmt: skip
        bench.refuse(slug, why, "SIG-3", "signature-range",
                     bench.answer(bench.two, "0x" + parts.hex()),
                     or_breaks=["SIG-4"] if slug in ("r-of-no-point", "key-at-infinity") else (),
                     change=Rebuilt("answer.signature", own.hex(), parts.hex()))  # fmt: skip


def _infinite(bench: Bench) -> Parts:
    """Return a signature from which no key comes: R = k * G and s = e / k."""
    e = int.from_bytes(digest_of(bench.two), "big")
    for k in range(3, 64):
        point = multiply(SECP256K1, k, generator(SECP256K1))
        s = e * pow(k, -1, N) % N
        if point is not None and s <= N // 2:
            return Parts(point[0], s, point[1] & 1)
    raise ValueError("no nonce gives a low s")


# --- The digest and the signer ------------------------------------------------------------------


def refuse_digests(bench: Bench) -> None:
    """Add genuine signatures over another digest, or by another key."""
    text = "mod\u00e8le-\U0001f512:" + bench.two
    raw = text.encode("utf-8")
    tail = PREFIX[1:]

    def prefixed(size: int) -> bytes:
        return keccak_256(PREFIX + str(size).encode("ascii") + raw)

    digests: Sequence[Tuple[str, str, bytes]] = (
        ("length-in-characters", "Go runes and Python characters are not bytes.",
         prefixed(len(text))),
        ("length-in-utf-16-units", "length of JavaScript counts UTF-16 units.",
         prefixed(len(text.encode("utf-16-le")) // 2)),
        ("length-in-four-digits", "The length has no leading zero.",
         keccak_256(PREFIX + f"{len(raw):04d}".encode("ascii") + raw)),
        ("length-in-binary", "The length is written in decimal digits.",
         keccak_256(PREFIX + bytes((len(raw),)) + raw)),
        ("length-absent", "The prefix has the length behind it.", keccak_256(PREFIX + raw)),
        ("prefix-absent", "A bare hash of the text could be one of a transaction.",
         keccak_256(raw)),
        ("prefix-without-0x19", "The first byte, 0x19, is not printable, and is lost in copies.",
         keccak_256(tail + str(len(raw)).encode("ascii") + raw)),
        ("hash-of-the-hash", "Some sign Keccak-256 of the text as a message of 32 bytes.",
         keccak_256(PREFIX + b"32" + keccak_256(raw))),
        ("sha3-256", "SHA3-256 of the standard has another padding.",
         hashlib.sha3_256(PREFIX + str(len(raw)).encode("ascii") + raw).digest()),
        ("sha-256", "SHA-256 is the hash of the bodies, not of the text.",
         hashlib.sha256(PREFIX + str(len(raw)).encode("ascii") + raw).digest()),
    )  # fmt: skip
    parent = "name-of-two-and-four-bytes"
    models = [text.rsplit(":", 2)[0]]
    bench.accept(parent, "A name with characters of two and of four bytes, rightly hashed.",
                 ["SIG-1"], text, named=models[0], given={"models": models})  # fmt: skip
    for slug, why, digest in digests:
        bench.refuse(
            f"digest-{slug}", why, "SIG-1", "other-digest",
            bench.answer(text, "0x" + bench.sign(text, digest=_constant(digest)).hex()),
            parent=parent, or_breaks=["SIG-4"], models=models,
            change=Rebuilt("digest", digest_of(text).hex(), digest.hex()),
        )  # fmt: skip
    _refuse_signers(bench)


def _constant(digest: bytes) -> Callable[[str], bytes]:
    return lambda _: digest


def _refuse_signers(bench: Bench) -> None:
    own = bench.sign(bench.two)
    forged = bench.sign(bench.two, scalar=bench.other)
    claimed = "0x" + address_bytes(bench.other).hex()
    whole = bench.members(bench.two)
    flipped = "0x" + own._replace(parity=own.parity ^ 1).hex()
    moved = f"{bench.response_hash}:{bench.request_hash}"
    for slug, why, body in (
        ("signer-names-itself", "The attacker signs, names his own address, and all agrees.",
         bench.answer(bench.two, "0x" + forged.hex(), signing_address=claimed)),
        ("signer-unnamed", "The attacker signs, and names no address.",
         bench.answer(bench.two, "0x" + forged.hex(), signing_address=...)),
        ("signer-with-its-key", "The attacker's public key lies beside his signature.",
         bench.answer(bench.two, {"value": "0x" + forged.hex(),
                                  "public_key": _public(bench.other)}, signing_address=...)),
        ("parity-flipped", "With the other v another key comes out.",
         bench.answer(bench.two, flipped, signing_address=...)),
        ("text-changed", "The signature is of the two hashes in the other order.",
         json.dumps({**whole, "text": moved})),
        ("name-added", "A name in front of a signed text of two parts.",
         json.dumps({**whole, "text": f"{UPSTREAM}:{bench.two}"})),
    ):  # fmt: skip
        bench.refuse(slug, why, "SIG-4", "other-signer", body,
                     change=Rebuilt("answer", "by the enclave", slug))  # fmt: skip
    other = bytes.fromhex(claimed[2:])
    bench.refuse("another-address-bound", "The answer agrees with itself, but the quote binds"
                 " another address.", "SIG-4", "other-signer", address=other.hex())  # fmt: skip


def _public(scalar: int) -> str:
    point = multiply(SECP256K1, scalar, generator(SECP256K1))
    if point is None:
        raise ArithmeticError("a scalar in [1, n-1] gave the point at infinity")
    return f"04{point[0]:064x}{point[1]:064x}"


def refuse_claims(bench: Bench) -> None:
    """Add answers whose own address is not that of the signer."""
    own = bench.address.hex()
    checked = to_checksum(bench.address)
    letter = next(at for at, found in enumerate(checked) if at > 1 and found.isalpha())
    wrong = checked[:letter] + checked[letter].swapcase() + checked[letter + 1 :]
    for slug, why, text in (
        ("address-of-another", "The enclave signed, and the answer names somebody else.",
         "0x" + address_bytes(bench.other).hex()),
        ("address-with-one-digit-changed", "A comparison of the first and last digits is none.",
         "0x" + own[:20] + f"{int(own[20], 16) ^ 1:x}" + own[21:]),
        ("address-cut-short", "An address has 20 bytes.", "0x" + own[:-2]),
        ("address-with-more-digits", "A comparison of the beginning is none.",
         "0x" + own + "00"),
        ("address-without-prefix", "An address begins with 0x.", own),
        ("address-with-wrong-checksum", "Case that is not the checksum is a misread address.",
         wrong),
        ("address-empty", "An empty address is there, and is not the signer's.", ""),
        ("address-is-a-key", "A public key is no address.", "0x" + _public(bench.scalar)),
    ):  # fmt: skip
        bench.refuse(slug, why, "SIG-9", "address-claim",
                     bench.answer(bench.two, signing_address=text), critical=False,
                     change=Rebuilt("answer.signing_address", "0x" + own, text))  # fmt: skip


# --- The text -----------------------------------------------------------------------------------


def refuse_texts(bench: Bench) -> None:
    """Add signed texts of another form."""
    one, two = bench.request_hash, bench.response_hash
    both = bench.two
    parts = (
        ("text-empty", "The empty text can be signed.", ""),
        ("text-of-one-hash", "One hash says nothing about the other body.", one),
        ("text-without-colon", "128 digits in a row are no two hashes.", one + two),
        ("text-with-another-separator", "The separator is a colon.", f"{one},{two}"),
        ("text-with-empty-name", "A colon without a name before it.", f":{both}"),
    )
    hashes = (
        ("text-with-empty-response", "The second hash is missing.", f"{one}:"),
        ("text-with-empty-request", "The first hash is missing.", f":{two}"),
        ("hash-of-63-digits", "The last digit is missing.", f"{one}:{two[:-1]}"),
        ("hash-of-65-digits", "A digit follows.", f"{one}:{two}0"),
        ("hash-of-62-digits", "31 bytes are compared by their beginning by some.",
         f"{one[:-2]}:{two}"),
        ("hash-of-sha-512", "SHA-512 has 128 digits.",
         f"{hashlib.sha512(REQUEST).hexdigest()}:{two}"),
        ("hash-with-prefix", "Hashes have no 0x.", f"0x{one[2:]}:{two}"),
        ("hash-with-foreign-digit", "g is no digit.", f"g{one[1:]}:{two}"),
        ("hash-with-space", "White space is no digit.", f"{one}: {two[1:]}"),
        ("text-with-newline", "The end of a line is part of what was signed.", f"{both}\n"),
        ("hash-with-newline-for-a-digit",
         "A dollar sign in a regular expression lets a last newline through.",
         f"{one}:{two[:-1]}\n"),
        ("name-at-the-end", "The name stands in front.", f"{both}:{UPSTREAM}"),
        ("three-hashes-and-a-name-behind", "Parsed from the left, the name would be a hash.",
         f"{UPSTREAM}:{both}:"),
        ("text-for-another-purpose", "A message of a wallet, in three parts as well.",
         "login:example.com:0123456789abcdef"),
    )  # fmt: skip
    for breaks, also, group in (("SIG-5", "SIG-11", parts), ("SIG-11", "SIG-5", hashes)):
        for slug, why, text in group:
            bench.refuse(slug, why, breaks, "other-text", bench.answer(text), or_breaks=[also],
                         change=Rebuilt("text", both, text), critical=False)  # fmt: skip
    for slug, why, name in (
        ("4097-bytes", "One byte more than the limit.", "m" * (4097 - 1 - len(both))),
        ("4097-bytes-in-fewer-characters", "The limit counts bytes.",
         "\u00e9" * ((4096 - len(both)) // 2) + "mm"[: (4096 - len(both)) % 2]),
    ):  # fmt: skip
        text = f"{name}:{both}"
        if len(text.encode("utf-8")) != 4097:
            raise ValueError("not one byte more than the limit")
        bench.refuse(slug, why, "SIG-13", "other-text", bench.answer(text), parent="4096-bytes",
                     or_breaks=["SIG-5"], models=[name], critical=False,
                     change=Rebuilt("text.size", 4096, 4097))  # fmt: skip


def refuse_models(bench: Bench) -> None:
    """Add signed texts that name another model."""
    for slug, why, name in (
        ("model-of-another", "The key serves several models.", "another/model"),
        ("model-in-another-case", "Names are compared with their case.", UPSTREAM.upper()),
        ("model-with-suffix", "A comparison by beginning is none.", UPSTREAM + "-mini"),
        ("model-with-prefix", "A comparison by the end is none.", "x/" + UPSTREAM),
        ("model-cut-at-its-colon", "Split at the first colon, the name would be half of it.",
         UPSTREAM.split(":", maxsplit=1)[0]),
        ("model-behind-another", "Split at the last colons, the rest is one name.",
         f"{MODEL}:{UPSTREAM}"),
        ("model-with-space", "White space belongs to the name.", UPSTREAM + " "),
    ):  # fmt: skip
        text = f"{name}:{bench.two}"
        bench.refuse(slug, why, "SIG-7", "other-model", bench.answer(text), parent=NAMED,
                     change=Rebuilt("text.model", UPSTREAM, name))  # fmt: skip
    bench.refuse("model-unknown", "No name is known, so no name can be right.", "SIG-7",
                 "other-model", parent=NAMED, models=[])  # fmt: skip
    bench.refuse("model-named-by-the-answer-only",
                 "The answer's own members must not say which names are right.", "SIG-7",
                 "other-model", bench.answer("x:" + bench.two, model="x", upstream_model="x"),
                 parent=NAMED, change=Rebuilt("text.model", UPSTREAM, "x"))  # fmt: skip


def refuse_transcripts(bench: Bench) -> None:
    """Add bodies whose hashes are not those of the text."""
    written = json.dumps(json.loads(REQUEST)).encode("ascii")
    bodies: Sequence[Tuple[str, str, Dict[str, bytes]]] = (
        ("request-written-again", "The same JSON with other white space.", {"request": written}),
        ("request-with-line-end", "A line end was added.", {"request": REQUEST + b"\n"}),
        ("request-empty", "An empty body is not an absent one.", {"request": b""}),
        ("response-without-last-line-end", "The last line end was dropped.",
         {"response": RESPONSE[:-1]}),
        ("response-with-crlf", "Line ends were changed.",
         {"response": RESPONSE.replace(b"\n", b"\r\n")}),
        ("response-without-end-mark", "The stream was cut before [DONE].",
         {"response": RESPONSE[: RESPONSE.index(b"data: [DONE]")]}),
        ("response-of-another-exchange", "An old receipt for a new answer.",
         {"response": RESPONSE.replace(b"chatcmpl-1", b"chatcmpl-2")}),
        ("bodies-swapped", "Each hash is of its own body.",
         {"request": RESPONSE, "response": REQUEST}),
    )  # fmt: skip
    for slug, why, given in bodies:
        change = Rebuilt("request and response", "in order", "swapped") if len(given) > 1 else None
        bench.builder.reject(
            slug, why, parent=TRANSCRIPT, breaks="SIG-6", flags=["other-transcript"],
            given={name: body.hex() for name, body in given.items()}, change=change, critical=True,
        )  # fmt: skip
