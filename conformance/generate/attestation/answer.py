"""Answers as JSON, and what they say of themselves, of the model and of the nonce."""

from __future__ import annotations

from typing import Any, Final, Tuple

from conformance.generate.attestation import kit
from conformance.generate.attestation.kit import NONCE, Tests, build, edited, outcome, text
from conformance.generate.builder import FileBuilder, Rebuilt

_JSON: Final = "NotStrictJson"
_NONCE: Final = "NonceNotCompared"

Edit = Tuple[str, str, str, Any]
"""Slug, reason, path of a member, its value; `...` removes it."""

_LIMIT: Final = 8388608


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/answer`."""
    tests = Tests(builder)
    _flags(tests)
    _more_flags(tests)
    _shapes(tests)
    _json(tests)
    _not_json(tests)
    _bytes(tests)
    _verified(tests)
    _model(tests)
    _nonce(tests)
    _constants(tests)
    _address(tests)
    _given(tests)


def _flags(tests: Tests) -> None:
    rfc = "RFC 8259, 4 and 8.1"
    tests.flag(
        _JSON,
        "MALFORMED",
        "the text is not strict JSON",
        "a proxy and a client read two different answers, or two different keys, in the same bytes",
        "use a parser that refuses duplicate names, and check what yours lets pass",
        rfc,
    )
    tests.flag(
        "Resource",
        "RESOURCE",
        "the answer is larger or deeper than any honest one",
        "a server, or whoever stands before it, spends the client's memory or its stack",
        "limit the size while reading and the depth while parsing",
    )
    tests.flag(
        "NonceSize",
        "FRESHNESS",
        "the client's own nonce is not 32 bytes long",
        "a nonce of 16 bytes is padded or hashed differently by each server, and a test of a "
        "prefix accepts old quotes",
        "draw 32 bytes, refuse any other size",
    )
    tests.flag(
        "Verified",
        "AUTH_BYPASS",
        "the server does not say true of its own verification",
        "evidence that the server itself refuses is used",
        "compare with the boolean true, by type and value",
        "the vendor's guide: throw unless attestation.verified",
    )


def _more_flags(tests: Tests) -> None:
    tests.flag(
        "OtherModel",
        "AUTH_BYPASS",
        "the evidence is for another model",
        "the client encrypts to a machine that the user did not choose",
        "compare model with the id that was asked for, character by character",
    )
    tests.flag(
        _NONCE,
        "FRESHNESS",
        "the answer names another nonce, or none",
        "an answer from a cache, or one that was made for somebody else, is taken for new",
        "require the member and compare 32 bytes",
        "veil-evidence-kit 0.5 accepts an answer without it",
    )
    tests.flag(
        "OtherAlgorithm",
        "DOWNGRADE",
        "the answer is for another algorithm or nonce source",
        "a key or a nonce of another protocol is used as one of this",
        "compare with the only values that this protocol has",
    )
    tests.flag(
        "OtherAddress",
        "AUTH_BYPASS",
        "signing_address is not that of the model key",
        "signatures are later verified against the address of a stranger",
        "derive the address from the key and compare 20 bytes",
        "EIP-55",
    )
    tests.flag(
        "NotPerformed",
        "FRESHNESS",
        "a required comparison cannot be made",
        "what was never checked is reported as good",
        "count a required check that was not made as a failure",
    )


def _shapes(tests: Tests) -> None:
    everything = ("ATT-1", "ATT-3", "ATT-4", "ATT-5", "ATT-8", "ATT-9")
    tests.accept(
        "near-ai",
        "The ordinary answer of a near-ai server has to work.",
        build(),
        *everything,
        "ATT-6",
        "ATT-7",
        "ATT-15",
        "ATT-19",
        "ATT-21",
        "POL-14",
        "KEY-9",
        "ATT-2",
    )
    tests.accept(
        "phala",
        "The ordinary answer of a phala server has to work.",
        build(shape="phala"),
        *everything,
        "ATT-6",
        "ATT-17",
        "KEY-14",
    )
    tests.accept(
        "envelope",
        "An answer in an envelope, with the key in its keyset only.",
        build(shape="aci"),
        *everything,
        "ATT-12",
        "ATT-18",
        "ATT-19",
        out=outcome(key_source="keyset"),
    )


def _json(tests: Tests) -> None:
    answer = build()
    plain = text(answer)
    tests.accept(
        "white-space",
        "White space around and inside of the object means nothing.",
        " \t\r\n" + plain.replace(",", " ,\n", 3) + "\n",
        "ATT-1",
    )
    tests.accept(
        "reversed-order",
        "The order of members means nothing.",
        dict(reversed(list(answer.items()))),
        "ATT-1",
    )
    tests.accept(
        "escaped-names",
        "Escapes in names and texts are resolved before anything reads them.",
        plain.replace('"signing_key"', '"signing\\u005fkey"').replace('"ecdsa"', '"\\u0065cdsa"'),
        "ATT-1",
        "ATT-8",
    )
    deep = f',"x":{"[" * 31}{"]" * 31}}}'
    tests.accept("depth-32", "Thirty-two levels are within the limit.", plain[:-1] + deep, "ATT-1")
    _extremes(tests, plain)


def _extremes(tests: Tests, plain: str) -> None:
    forty = "9" * 40
    tests.accept(
        "integer-of-40-digits",
        "A keyset epoch is an unsigned 64-bit number, and integers "
        "of up to 40 digits are read exactly.",
        plain[:-1] + f',"x":[{forty},-{forty},18446744073709551615]}}',
        "ATT-1",
        "ATT-23",
    )
    tests.accept(
        "surrogate-pair",
        "An escaped pair of surrogates is one character.",
        plain[:-1] + ',"x":"\\ud83d\\ude00"}',
        "ATT-1",
        "ATT-23",
    )
    tests.accept(
        "largest",
        "An answer of exactly 8388608 bytes is within the limit.",
        plain,
        "ATT-1",
        padding=_LIMIT - len(plain),
    )
    tests.reject(
        "too-large",
        "One byte above the limit; who reads without a limit reads for ever.",
        "largest",
        plain,
        "ATT-1",
        "Resource",
        padding=_LIMIT - len(plain) + 1,
    )
    tests.reject(
        "depth-33",
        "One level above the limit; recursive parsers crash on more.",
        "depth-32",
        plain[:-1] + f',"x":{"[" * 32}{"]" * 32}}}',
        "ATT-1",
        "Resource",
    )


def _not_json(tests: Tests) -> None:
    answer = build()
    plain, forty = text(answer), "9" * 40
    own, foreign = answer["signing_key"], kit.key_hex(kit.find_key("attacker", ""))
    key = f'"signing_key":"{own}"'
    rows = (
        ("empty", "An empty body is no answer.", ""),
        ("null-document", "null is no object.", "null"),
        ("array-document", "An array around the object is no object.", f"[{plain}]"),
        ("text-document", "The object in a JSON string is no object.", '"verified"'),
        ("cut-off", "A connection that broke before the last brace.", plain[:-1]),
        ("second-document", "Something follows the object.", plain + "{}"),
        ("trailing-comma", "JavaScript object syntax is not JSON.", plain[:-1] + ",}"),
        ("single-quotes", "JavaScript strings are not JSON.",
         plain.replace('"verified"', "'verified'")),
        ("comment", "Comments are not JSON.", "/**/" + plain),
        ("duplicate-key-first", "The attacker's key first, as some parsers keep it.",
         plain.replace(key, f'"signing_key":"{foreign}",{key}')),
        ("duplicate-key-last", "The attacker's key last, as Python, Go and JavaScript keep it.",
         plain.replace(key, f'{key},"signing_key":"{foreign}"')),
        ("duplicate-by-escape", "The same name, once with an escape in it.",
         plain.replace(key, f'{key},"signing\\u005fkey":"{own}"')),
        ("duplicate-inside", "A duplicate in an object that no check reads.",
         plain[:-1] + ',"x":{"a":1,"a":1}}'),
        ("nan", "NaN is no JSON, and Python reads it.", plain[:-1] + ',"x":NaN}'),
        ("infinity", "Infinity is no JSON, and Python reads it.", plain[:-1] + ',"x":-Infinity}'),
        ("infinite-number", "A number that becomes infinite as a double.",
         plain[:-1] + ',"x":1e999}'),
        ("integer-of-41-digits", "An integer above the limit.", plain[:-1] + f',"x":{forty}9}}'),
        ("lone-surrogate", "A string that no UTF-8 can carry.", plain[:-1] + ',"x":"\\ud800"}'),
        ("reversed-surrogates", "Two halves in the wrong order are two lone surrogates.",
         plain[:-1] + ',"x":"\\ude00\\ud83d"}'),
        ("control-character", "A raw line end inside of a string.",
         plain[:-1] + ',"x":"a\nb"}'),
        ("html-page", "A page for people under the status 200.",
         "<!doctype html><title>Sign in</title>"),
    )  # fmt: skip
    for slug, why, raw in rows:
        tests.reject(slug, why, "near-ai", raw, "ATT-1", _JSON)


def _bytes(tests: Tests) -> None:
    raw = text(edited(build(), "upstream_model", "mock \u00e9")).encode("ascii")
    raw = raw.replace(b"\\u00e9", b"\xc3\xa9")
    tests.accept(
        "utf-8-bytes",
        "Bytes of UTF-8 above ASCII are read as they are.",
        None,
        "ATT-1",
        answer_bytes=raw.hex(),
    )
    rows = (
        ("byte-order-mark", "A byte order mark is not part of JSON in UTF-8.",
         b"\xef\xbb\xbf" + raw),
        ("latin-1", "A byte of Latin-1 is not UTF-8.", raw.replace(b"\xc3\xa9", b"\xe9")),
        ("overlong", "An overlong form is not UTF-8.", raw.replace(b"\xc3\xa9", b"\xc1\xa9")),
        ("utf-8-surrogate", "A surrogate in UTF-8 is not UTF-8.",
         raw.replace(b"\xc3\xa9", b"\xed\xa0\x80")),
        ("utf-16", "Some parsers guess UTF-16 from zero bytes.",
         raw.decode("utf-8").encode("utf-16-le")),
    )  # fmt: skip
    for slug, why, changed in rows:
        tests.reject(slug, why, "utf-8-bytes", None, "ATT-1", _JSON, answer_bytes=changed.hex())


def _verified(tests: Tests) -> None:
    rows: Tuple[Edit, ...] = (
        ("verified-false", "The server says that its verification failed.", "verified", False),
        ("verified-absent", "Nothing says that anybody verified.", "verified", ...),
        ("verified-null", "null is as good as absent.", "verified", None),
    )
    for slug, why, path, value in rows:
        tests.reject(slug, why, "near-ai", edited(build(), path, value), "ATT-3", "Verified")
    typed: Tuple[Tuple[str, str, Any], ...] = (
        ("verified-text-true", "A text is true in JavaScript and Python.", "true"),
        ("verified-text-false", "The text false is true in JavaScript and Python.", "false"),
        ("verified-one", "1 equals true in Python.", 1),
        ("verified-object", "An object is true in JavaScript.", {}),
        ("verified-array", "An array with an entry is true in JavaScript and Python.", [True]),
    )
    for slug, why, value in typed:
        tests.reject(
            slug,
            why,
            "near-ai",
            edited(build(), "verified", value),
            "ATT-3",
            "Verified",
            or_breaks=("ATT-16",),
        )


def _model(tests: Tests) -> None:
    answer = build()
    name = "e2ee-\u00fcber/Echo:1b \u6a21"
    tests.accept(
        "model-beyond-ascii",
        "Escaped and plain characters of a model id are the same.",
        edited(answer, "model", name),
        "ATT-4",
        model=name,
    )
    tests.accept(
        "model-not-given",
        "A verifier of saved evidence may not know what was asked for.",
        answer,
        "ATT-4",
        model=None,
    )
    rows: Tuple[Edit, ...] = (
        ("model-foreign", "The evidence of another model of the same service.", "model",
         "e2ee-another"),
        ("model-absent", "No model is named, and upstream_model is none.", "model", ...),
        ("model-empty", "An empty text is no model.", "model", ""),
        ("model-capitals", "Ids are compared with their case.", "model", "E2EE-mock"),
        ("model-prefix", "An id that begins as the other does.", "model", "e2ee-mock-r"),
        ("model-space", "White space is not removed.", "model", "e2ee-mock "),
    )  # fmt: skip
    for slug, why, path, value in rows:
        changed = edited(answer, path, value)
        tests.reject(slug, why, "near-ai", changed, "ATT-4", "OtherModel")
    tests.reject(
        "model-upstream",
        "The upstream name is not the model that was asked for.",
        "near-ai",
        answer,
        "ATT-4",
        "OtherModel",
        model="mock-labs/Echo:1b",
    )


def _nonce(tests: Tests) -> None:
    answer, own = build(), NONCE.hex()
    tests.accept(
        "nonce-capitals",
        "Nonces are compared as bytes: a server may write capitals.",
        edited(answer, "nonce", own.upper()),
        "ATT-5",
    )
    tests.accept(
        "request-nonce-capitals",
        "The nonce of the upstream request, in capitals.",
        edited(answer, "request_nonce", own.upper()),
        "ATT-6",
    )
    for slug, why, value in (
        ("request-nonce-absent", "Envelopes do not have it.", ...),
        ("request-nonce-null", "null is as good as absent.", None),
        ("request-nonce-empty", "An empty text is as good as absent.", ""),
    ):
        tests.accept(slug, why, edited(answer, "request_nonce", value), "ATT-6", "ATT-11")
    other = own[:-1] + "e"
    rows: Tuple[Edit, ...] = (
        ("nonce-absent", "One public client accepts an answer without a nonce.", "nonce", ...),
        ("nonce-null", "null is as good as absent.", "nonce", None),
        ("nonce-empty", "An empty nonce is none; comparing prefixes accepts it.", "nonce", ""),
        ("nonce-last-digit", "The last digit of the nonce differs.", "nonce", other),
        ("nonce-first-digit", "The first digit of the nonce differs.", "nonce", "f" + own[1:]),
        ("nonce-prefix", "Half of the nonce; who compares what is there accepts it.", "nonce",
         own[:32]),
        ("nonce-longer", "The nonce and one byte more.", "nonce", own + "00"),
        ("nonce-0x", "The nonce has no prefix.", "nonce", "0x" + own),
        ("nonce-spaces", "Decoders of some languages pass over white space.", "nonce",
         own[:2] + " " + own[2:]),
        ("nonce-base64", "The nonce in base64 is another form.", "nonce",
         "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("nonce-reversed", "The bytes in the other order.", "nonce", NONCE[::-1].hex()),
        ("nonce-wide-digit", "A digit of another script, which parsers of integers take.", "nonce",
         own[:-2] + "\uff11f"),
        ("request-nonce-other", "The service asked its enclave with another nonce.",
         "request_nonce", other),
        ("request-nonce-0x", "The same form is required of request_nonce.", "request_nonce",
         "0x" + own),
    )  # fmt: skip
    for slug, why, path, value in rows:
        breaks = "ATT-5" if path == "nonce" else "ATT-6"
        tests.reject(slug, why, "near-ai", edited(answer, path, value), breaks, _NONCE)


def _constants(tests: Tests) -> None:
    answer = build()
    for name in ("nonce_source", "signing_algo"):
        slug = name.replace("_", "-") + "-absent"
        tests.accept(
            slug, f"An answer without {name} is accepted.", edited(answer, name, ...), "ATT-8"
        )
    rows: Tuple[Edit, ...] = (
        ("nonce-source-server", "The server chose the nonce: it may be of any age.",
         "nonce_source", "server"),
        ("nonce-source-empty", "An empty text is another value, not an absent one.",
         "nonce_source", ""),
        ("signing-algo-ed25519", "The other algorithm of these servers, with another REPORTDATA.",
         "signing_algo", "ed25519"),
        ("signing-algo-capitals", "There is one spelling.", "signing_algo", "ECDSA"),
        ("signing-algo-longer", "The name of the algorithm in receipts is another one.",
         "signing_algo", "ecdsa-secp256k1"),
    )  # fmt: skip
    for slug, why, path, value in rows:
        tests.reject(slug, why, "near-ai", edited(answer, path, value), "ATT-8", "OtherAlgorithm")


def _address(tests: Tests) -> None:
    answer = build()
    own = answer["signing_address"]
    tests.accept(
        "address-absent",
        "An answer without signing_address is accepted.",
        edited(answer, "signing_address", ...),
        "ATT-9",
    )
    tests.accept(
        "address-capitals",
        "Digits all in upper case carry no checksum.",
        edited(answer, "signing_address", "0x" + own[2:].upper()),
        "ATT-9",
        "KEY-14",
    )
    foreign = kit.address_text(kit.find_key("attacker", ""))
    checksum = build(shape="phala")["signing_address"]
    flipped = next(n for n in range(2, 42) if checksum[n].isalpha())
    wrong = checksum[:flipped] + checksum[flipped].swapcase() + checksum[flipped + 1 :]
    rows = (
        ("address-foreign", "The address of another key.", foreign, "ATT-9"),
        ("address-last-digit", "Only the last digit differs.",
         own[:-1] + ("0" if own[-1] != "0" else "1"), "ATT-9"),
        ("address-wrong-checksum", "The right digits with one letter in the wrong case.", wrong,
         "KEY-15"),
        ("address-without-0x", "An address has its prefix.", own[2:], "KEY-16"),
        ("address-empty", "An empty text is no address, and not absent either.", "", "KEY-16"),
        ("address-longer", "32 bytes, as in a topic of an event, are no address.",
         "0x" + "00" * 12 + own[2:], "KEY-16"),
    )  # fmt: skip
    for slug, why, value, breaks in rows:
        changed = edited(answer, "signing_address", value)
        tests.reject(slug, why, "near-ai", changed, breaks, "OtherAddress")


def _given(tests: Tests) -> None:
    tests.reject(
        "nonce-not-given",
        "Without a nonce nothing is fresh, and nothing failed either.",
        "near-ai",
        None,
        "ATT-21",
        "NotPerformed",
        "POL-1",
        nonce=None,
    )
    for size in (16, 31, 33, 0):
        nonce = (NONCE + NONCE)[:size]
        padded = (nonce + bytes(32))[:32]
        answer = build(report_data=lambda data, own=padded: data[:32] + own)
        answer["nonce"] = answer["request_nonce"] = nonce.hex()
        tests.reject(
            f"nonce-of-{size}-bytes",
            f"A client that sends {size} bytes gets them padded, cut, or hashed.",
            "near-ai", answer, "ATT-2", "NonceSize", nonce=nonce.hex(),
            change=Rebuilt("nonce", NONCE.hex(), nonce.hex()),
        )  # fmt: skip
