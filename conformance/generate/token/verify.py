"""Vectors of `token.verify`: forms, keys, signatures and the claims that every token has."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any, Dict, List, Mapping, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.token import claims as nras_claims
from conformance.generate.token.answer import LATER, TokenFile
from conformance.generate.token.flags import FLAGS
from conformance.generate.token.kit import AT, KID, Service
from conformance.mock_tee.pki.authority import Key, draw_key
from conformance.mock_tee.pki.nras import (
    INTERMEDIATE_DRAFT,
    KeyService,
    TokenSigner,
    base64url,
    leaf_draft,
)
from conformance.mock_tee.pki.nvidia_certificates import certify, name
from venice_ref.crypto.curves import P256, P384

__all__ = ["generate"]


def generate(builder: FileBuilder) -> None:
    """Fill `token/verify`."""
    for flag_name, flag in FLAGS.items():
        builder.flag(flag_name, Flag(*flag))
    file = TokenFile(builder, Service.of(builder))
    nras_claims.accepted(file)
    _shapes(file)
    _forms(file)
    _headers(file)
    _signatures(file)
    nras_claims.rejected(file)
    _key_sets(file)
    _certificates(file)


def _shapes(file: TokenFile) -> None:
    answer = json.loads(file.answer)
    overall, tokens = answer
    token = tokens["GPU-0"]
    many = {f"GPU-{n}": "x" for n in range(65)}
    cases: Tuple[Tuple[str, str, Any], ...] = (
        ("empty-array", "an empty array", []),
        ("overall-only", "an overall token without those of the GPUs", [overall]),
        ("other-tag", "another tag than JWT", [["EAT", overall[1]], tokens]),
        ("tokens-in-array", "tokens without names", [overall, [token]]),
        ("token-not-text", "a token that is an object", [overall, {"GPU-0": {"JWT": token}}]),
        ("sixty-five-tokens", "more tokens than GPUs can be", [overall, many]),
    )
    for slug, what, value in cases:
        file.reject(slug, what, "TOK-1", "AnswerShape", json.dumps(value))
    file.reject("error-page", "an error page", "TOK-1", "AnswerShape",
                '{"message":"Internal Server Error"}')  # fmt: skip
    file.reject("not-json", "text that is no JSON", "TOK-1", "AnswerShape", file.answer[:-1])
    twice = f'[{json.dumps(overall)}, {{"GPU-0": "x", "GPU-0": "{token}"}}]'
    file.reject("token-twice", "two tokens of one name", "TOK-1", "AnswerShape", twice)


def _forms(file: TokenFile) -> None:
    overall = json.loads(file.answer)[0][1]
    header, payload, signature = overall.split(".")
    service = file.service

    def signed(text: str) -> str:
        return f"{text}.{base64url(service.key('leaf').sign(text.encode('ascii')))}"

    def other_last(text: str) -> str:
        """Return the same bytes with other unused bits."""
        digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return text[:-1] + digits[digits.index(text[-1]) ^ 1]

    # A space more makes a length whose last digit has unused bits.
    for spaces in range(3):
        loose = base64url(base64.urlsafe_b64decode(_padded(header)) + b" " * spaces)
        if len(loose) % 4:
            break
    claims = json.loads(base64.urlsafe_b64decode(_padded(payload)))
    repeated = json.dumps(claims)[:-1] + ', "x-nvidia-overall-att-result": true}'
    in_der = service.key("leaf").sign_der(f"{header}.{payload}".encode())
    big = base64url(json.dumps({**claims, "pad": "x" * 12000}).encode())
    cases: Tuple[Tuple[str, str, str], ...] = (
        ("empty-signature", "an empty signature", f"{header}.{payload}."),
        ("padded", "padding", signed(f"{_padded(loose)}.{payload}")),
        ("standard-alphabet", "the other alphabet of base64",
         signed(f"{header}.{base64url(json.dumps({**claims, 'a': '~~~???'}).encode())}")
         .replace("-", "+").replace("_", "/")),
        ("unused-bits", "a second spelling of the header",
         signed(f"{other_last(loose)}.{payload}")),
        ("newline", "a line end behind the token", overall + "\n"),
        ("signature-95", "a signature of 95 bytes",
         f"{header}.{payload}.{base64url(_raw(signature)[:-1])}"),
        ("signature-in-der", "a signature in DER", f"{header}.{payload}.{base64url(in_der)}"),
        ("header-not-object", "a header that is an array", signed(f"{base64url(b'[]')}.{payload}")),
        ("payload-not-object", "claims that are an array", signed(f"{header}.{base64url(b'[]')}")),
        ("claim-twice", "a claim twice, of which one is good",
         signed(f"{header}.{base64url(repeated.encode())}")),
        ("too-long", "a token above the limit", signed(f"{header}.{big}")),
    )  # fmt: skip
    for slug, what, token in cases:
        file.reject(f"token-{slug}", what, "TOK-2", "TokenForm", file.with_overall(token))


def _headers(file: TokenFile) -> None:
    service = file.service
    kid = {"kid": KID}
    leaf = service.key("leaf")
    secret = leaf.public_key_info
    unsigned = _token({**kid, "alg": "none"}, file.overall_claims)
    jws = _token({**kid, "alg": "HS256"}, file.overall_claims)
    mac = hmac.new(secret, jws.encode(), "sha256").digest()
    padded = mac + bytes(64)
    p256 = draw_key(P256, file.builder.random("P-256"))
    for slug, what, alg in (
        ("es256", "ES256", "ES256"),
        ("lower-case", "another spelling of the algorithm", "es384"),
        ("hs384", "a MAC with the hash of ES384", "HS384"),
    ):
        file.reject(f"alg-{slug}", what, "TOK-3", "Algorithm",
                    service.answer(header={**kid, "alg": alg}),
                    change=("overall.header.alg", "ES384", alg), critical=True)  # fmt: skip
    file.reject(
        "alg-missing",
        "a header without an algorithm",
        "TOK-3",
        "Algorithm",
        service.answer(header=kid),
        change=("overall.header.alg", "ES384", None),
    )
    for slug, what, token in (
        ("none", "a token without a signature", f"{unsigned}.{base64url(bytes(96))}"),
        ("hs256-by-public-key", "a MAC by the public key", f"{jws}.{base64url(padded)}"),
        ("es256-by-other-key", "a signature on another curve",
         _by(_token({**kid, "alg": "ES256"}, file.overall_claims), p256)),
    ):  # fmt: skip
        file.reject(f"alg-{slug}", what, "TOK-3", "Algorithm", file.with_overall(token),
                    change=("overall.header.alg", "ES384", slug), critical=True,
                    or_breaks=["TOK-2"])  # fmt: skip
    own = service.jwk(kid="attacker")
    for slug, what, header, or_breaks in (
        ("jwk", "a key in the header", {**kid, "alg": "ES384", "jwk": own}, ()),
        ("jku", "a key at an address in the header",
         {**kid, "alg": "ES384", "jku": "https://example.org/jwks.json"}, ()),
        ("x5c", "certificates in the header", {**kid, "alg": "ES384", "x5c": own["x5c"]}, ()),
        ("crit", "an extension that nobody knows",
         {**kid, "alg": "ES384", "crit": ["b64"], "b64": False}, ("TOK-2",)),
        ("unknown", "a member that nobody knows", {**kid, "alg": "ES384", "zip": "DEF"}, ()),
    ):  # fmt: skip
        file.reject(f"header-{slug}", what, "TOK-17", "Header", service.answer(header=header),
                    change=(f"overall.header.{slug}", None, "present"),
                    or_breaks=or_breaks)  # fmt: skip
    for slug, what, header in (
        ("no-kid", "a token that names no key", {"alg": "ES384"}),
        ("number-kid", "a key id that is no text", {"alg": "ES384", "kid": 1}),
    ):
        file.reject(slug, what, "TOK-18", "Header", service.answer(header=header),
                    change=("overall.header.kid", KID, header.get("kid")))  # fmt: skip
    file.reject(
        "unknown-kid", "a key set of another day", "TOK-4", "Key",
        service.answer(header={"alg": "ES384", "kid": "nv-eat-kid-vectors-2"}),
        change=("overall.header.kid", KID, "nv-eat-kid-vectors-2"),
    )  # fmt: skip


def _signatures(file: TokenFile) -> None:
    service = file.service
    overall, tokens = json.loads(file.answer)
    other = TokenSigner(service.key("somebody"), KID)
    for place in ("overall", "GPU-0"):
        token = overall[1] if place == "overall" else tokens[place]
        header, payload, signature = token.split(".")
        raw = _raw(signature)
        cases: List[Tuple[str, str, str]] = [
            ("last-bit", "a signature whose last bit is turned",
             f"{header}.{payload}.{base64url(raw[:-1] + bytes([raw[-1] ^ 1]))}"),
            ("other-key", "a signature by another key", _signed(f"{header}.{payload}", other)),
        ]  # fmt: skip
        if place == "overall":
            signed = f"{header}.{payload}"
            digest = service.key("leaf").sign(hashlib.sha384(signed.encode()).digest())
            cases += [
                ("swapped", "s || r", f"{signed}.{base64url(raw[48:] + raw[:48])}"),
                ("zero", "a signature of zeros", f"{signed}.{base64url(bytes(96))}"),
                ("of-payload", "a signature over the claims without the header",
                 f"{signed}.{base64url(service.key('leaf').sign(payload.encode()))}"),
                ("of-digest", "a signature over a digest that was hashed again",
                 f"{signed}.{base64url(digest)}"),
            ]  # fmt: skip
        for slug, what, changed in cases:
            text = (
                file.with_overall(changed) if place == "overall" else file.with_gpu_token(changed)
            )
            file.reject(
                f"signature-{slug}-{place.lower()}", what, "TOK-8", "TokenSignature", text,
                change=(f"{place}.signature", "that of the key", slug), critical=True,
            )  # fmt: skip


# --- The key set --------------------------------------------------------------------------------


def _key_sets(file: TokenFile) -> None:
    """The answer is that of the group, and the key set is the input."""
    service = file.service
    file.key_group()
    key = service.jwk()
    other = service.jwk(kid="other")
    unread = {"kid": "unread", "kty": "RSA"}
    file.accept_key("keys-of-other-kinds", "Finds a client that refuses a set for a key which no"
                    " token names.", ["TOK-4", "TOK-19"], service.key_set(unread, key))  # fmt: skip
    file.accept_key("key-among-others", "Finds a client that takes the first key.",
                    ["TOK-4", "TOK-19"], service.key_set(other, key, unread))  # fmt: skip
    full = [{"kid": str(n)} for n in range(255)]
    file.accept_key("most-keys", "Finds a limit that is one too low.", ["TOK-19"],
                    service.key_set(*full, key))  # fmt: skip
    for slug, what, text in (
        ("too-many-keys", "more than 256 keys", service.key_set(*full, {"kid": "x"}, key)),
        ("key-twice", "two keys of one id, of which the first is right",
         service.key_set(key, service.jwk(x=base64url(bytes(48))))),
        ("key-twice-last", "two keys of one id, of which the last is right",
         service.key_set(service.jwk(x=base64url(bytes(48))), key)),
        ("keys-by-id", "an object of keys", json.dumps({"keys": {KID: key}})),
        ("no-keys", "a set without keys", "{}"),
        ("key-not-object", "a key that is a text", json.dumps({"keys": [key, "x"]})),
        ("key-without-id", "a key without an id", service.key_set(key, {"kty": "EC"})),
        ("key-with-number-id", "an id that is no text", service.key_set(key, {"kid": 7})),
        ("key-with-long-id", "an id of 257 characters", service.key_set(key, {"kid": "k" * 257})),
    ):  # fmt: skip
        file.reject_key(slug, what, "TOK-19", "KeySet", text)
    x, y = key["x"], key["y"]
    flipped = base64url((P384.p - int.from_bytes(_raw(y), "big")).to_bytes(48, "big"))
    second = service.key("second").xy
    keys: Tuple[Tuple[str, str, str, Dict[str, Any]], ...] = (
        ("key-rsa", "another type", "TOK-4", {"kty": "RSA"}),
        ("key-p256", "another curve", "TOK-4", {"crv": "P-256"}),
        ("key-without-curve", "a key without a curve", "TOK-4", {"crv": ...}),
        ("key-without-y", "a key without y", "TOK-4", {"y": ...}),
        ("key-x-cut", "a coordinate of 47 bytes", "TOK-4", {"x": base64url(_raw(x)[1:])}),
        ("key-x-long", "a coordinate of 49 bytes", "TOK-4", {"x": base64url(b"\0" + _raw(x))}),
        ("key-x-hex", "a coordinate in hexadecimal", "TOK-4", {"x": _raw(x).hex()}),
        ("key-other-point", "coordinates of another key", "TOK-5",
         {"x": base64url(second[:48]), "y": base64url(second[48:])}),
        ("key-other-sign", "the other point with this x", "TOK-5", {"y": flipped}),
        ("no-certificates", "a key without certificates", "TOK-5", {"x5c": ...}),
        ("one-certificate", "a key with its own certificate only", "TOK-5",
         {"x5c": key["x5c"][:1]}),
        ("three-certificates", "a certificate more", "TOK-5",
         {"x5c": [*key["x5c"], key["x5c"][1]]}),
        ("certificate-in-base64url", "base64url for certificates", "TOK-5",
         {"x5c": [_url(key["x5c"][0]), _url(key["x5c"][1])]}),
        ("certificates-of-other-key", "certificates of another key", "TOK-5",
         {"x5c": service.jwk(_other_keys(service))["x5c"]}),
    )  # fmt: skip
    for slug, what, breaks, changed in keys:
        file.reject_key(slug, what, breaks, "Key", service.key_set(service.jwk(**changed)))


def _certificates(file: TokenFile) -> None:
    service = file.service
    day = timedelta(days=1)
    ordinary = leaf_draft(LATER - day, LATER + day)
    file.accept_key(
        "key-on-its-last-second", "Finds a client that excludes the end of the validity.",
        ["TOK-6"], service.key_set(service.jwk(service.keys(leaf_draft(LATER - day, LATER)))),
    )  # fmt: skip
    for slug, what, breaks, also, keys in (
        ("key-expired", "a key whose time is over", "CRT-14", "TOK-6",
         service.keys(leaf_draft(LATER - day, LATER - timedelta(seconds=1)))),
        ("key-not-yet", "a key whose time has not come", "CRT-14", "TOK-6",
         service.keys(leaf_draft(LATER + timedelta(seconds=1), LATER + day))),
        ("key-of-other-name", "a certificate for another purpose", "CRT-10", "TOK-21",
         service.keys(ordinary._replace(subject=name("NVIDIA Attestation Service RIM GH100")))),
        ("key-of-authority", "a key that may issue certificates", "CRT-16", "TOK-21",
         service.keys(ordinary._replace(authority=True))),
        ("key-without-usage", "a key that is not for signatures", "CRT-16", "TOK-21",
         service.keys(ordinary._replace(usages=("keyAgreement",)))),
        ("intermediate-of-other-name", "another certificate of the pinned key", "CRT-10",
         "TOK-21", service.keys(None, INTERMEDIATE_DRAFT._replace(
             subject=name("NVIDIA Attestation Service CA 001")))),
        ("intermediate-no-authority", "an intermediate that is no authority", "CRT-15", "TOK-21",
         service.keys(None, INTERMEDIATE_DRAFT._replace(authority=False))),
        ("key-not-signed", "a certificate that the intermediate did not sign", "CRT-12",
         "TOK-20", _self_made(service)),
    ):  # fmt: skip
        file.reject_key(
            slug, what, breaks, "KeyCertificate", service.key_set(service.jwk(keys)), also=[also],
            or_breaks=["CRT-11"] if slug == "key-not-signed" else (),
        )  # fmt: skip
    ec = _ec_service(service)
    file.reject_key("other-intermediate", "an intermediate that is not pinned", "TOK-7",
                    "KeyCertificate", service.key_set(service.jwk(ec)))  # fmt: skip
    file.reject_pins("no-pin", "a client that trusts every intermediate where none is pinned", [])
    pin = hashlib.sha256(service.keys().intermediate.certificate).hexdigest()
    file.reject_pins("pin-of-certificate", "the digest of the certificate for that of the key",
                     [pin])  # fmt: skip


def _other_keys(service: Service) -> KeyService:
    """Return the service with another key, certified as well."""
    keys = service.keys()
    draft = leaf_draft(AT - timedelta(days=1), AT + timedelta(days=1))
    return keys._replace(leaf=certify(keys.intermediate, service.key("second"), draft))


def _self_made(service: Service) -> KeyService:
    """Return the pinned intermediate beside a certificate that says it is by it, and is not."""
    keys = service.keys()
    draft = leaf_draft(AT - timedelta(days=1), AT + timedelta(days=1))
    real = certify(keys.intermediate, service.key("leaf"), draft)
    broken = real.certificate[:-1] + bytes([real.certificate[-1] ^ 1])
    return keys._replace(leaf=real._replace(certificate=broken))


def _ec_service(service: Service) -> KeyService:
    """Return a service whose intermediate has the right name and another key."""
    root = certify(None, service.key("root"), INTERMEDIATE_DRAFT)
    middle = certify(root, service.key("intermediate"), INTERMEDIATE_DRAFT)
    draft = leaf_draft(AT - timedelta(days=1), AT + timedelta(days=1))
    return KeyService(middle, certify(middle, service.key("leaf"), draft))


# --- Tokens by hand -----------------------------------------------------------------------------


def _token(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    return ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))


def _signed(text: str, signer: TokenSigner) -> str:
    return f"{text}.{base64url(signer.key.sign(text.encode('ascii')))}"


def _by(text: str, key: Key) -> str:
    return f"{text}.{base64url(key.sign(text.encode('ascii')))}"


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(_padded(text))


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def _url(text: str) -> str:
    return text.replace("+", "-").replace("/", "_")
