"""The claims of the vectors of tokens: issuer, time, nonce, modules, results and devices."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Final, List, Sequence, Tuple

from conformance.generate.builder import Rebuilt
from conformance.generate.token.answer import TokenFile, moment
from conformance.generate.token.kit import CHAINS, CLAIMS_2, CLAIMS_3, ISSUED, ISSUER, PREFIX
from conformance.mock_tee.pki.nras import Claims, encode_answer, sign_token, submodules

__all__ = ["accepted", "rejected"]

RESULT: Final = "x-nvidia-overall-att-result"
WARNING: Final = "x-nvidia-attestation-warning"
ERROR: Final = "x-nvidia-error-details"
EXPIRY: Final = ISSUED + 3600


def accepted(file: TokenFile) -> None:
    """Add the answers that are good."""
    service = file.service
    every = [f"TOK-{number}" for number in (*range(1, 19), *range(20, 25))]
    file.accept("ordinary", "The ordinary answer about one GPU.", every, file.answer)
    three = service.answer(service.overall("3.0"), [service.claims(0, "3.0")])
    file.accept("claims-3", "Finds a verifier that knows one version of the claims.",
                ["TOK-14", "TOK-16", "TOK-24"], three, out=file.out(version="3.0"))  # fmt: skip
    full = service.claims(0, "3.0")
    for name in CHAINS:
        full[name] = {
            **full[name], "x-nvidia-cert-ocsp-nonce-matches": True,
            "x-nvidia-cert-ocsp-response-valid": True, "x-nvidia-cert-revocation-reason": None,
        }  # fmt: skip
    file.accept("claims-3-with-ocsp", "Finds a verifier that refuses optional members of a chain.",
                ["TOK-14"], service.answer(service.overall("3.0"), [full]), "ToleratedForm",
                out=file.out(version="3.0"))  # fmt: skip
    nulls = service.claims(0, "3.0")
    for name in CHAINS:
        nulls[name] = {
            **nulls[name], "x-nvidia-cert-ocsp-nonce-matches": None,
            "x-nvidia-cert-ocsp-response-valid": None,
        }  # fmt: skip
    file.accept("claims-3-with-null-ocsp", "Finds a verifier to which null is the value of an"
                " optional member.", ["TOK-14"], service.answer(service.overall("3.0"), [nulls]),
                "ToleratedForm", out=file.out(version="3.0"))  # fmt: skip
    own = service.answer(None, [service.claims(0, changed={"x-nvidia-ver": "1.0"})])
    file.accept("version-in-gpu-token", "Finds a verifier that looks for the version of the claims"
                " in the token of a GPU.", ["TOK-24"], own, "ToleratedForm")  # fmt: skip
    two = service.answer(
        None, [service.claims(0), service.claims(1, changed={"exp": EXPIRY - 100})]
    )
    file.accept("two-gpus", "Finds a verifier that reads the first token only.",
                ["TOK-12", "TOK-16", "TOK-22"], two, gpus=service.gpus(2),
                out=file.out(expires=EXPIRY - 100))  # fmt: skip
    tokens = json.loads(two)[1]
    turned = encode_answer(json.loads(two)[0][1], dict(reversed(list(tokens.items()))))
    file.accept("members-in-other-order", "Finds a verifier that takes the place in the object for"
                " the place of the GPU.", ["TOK-12", "TOK-16"], turned.decode(), "ToleratedForm",
                gpus=service.gpus(2), out=file.out(expires=EXPIRY - 100))  # fmt: skip
    gpu = service.claims(0, changed={
        "eat_nonce": service.nonce.hex().upper(), "hwmodel": "GH100 A01 GSP BROM",
        PREFIX + "vbios-version": "96.00.cf.00.02", WARNING: None, "unknown": [1], ERROR: None,
    })  # fmt: skip
    digest = file.overall_claims["submods"]
    file.accept("other-case-and-unknown-claims", "Finds a comparison as text, and a verifier that"
                " refuses claims which it does not know.", ["TOK-11", "TOK-15", "TOK-16", "TOK-23"],
                service.answer(None, [gpu]), "ToleratedForm")  # fmt: skip
    other_name = {n: ["DIGEST", ["SHA256", d[1][1].upper()]] for n, d in digest.items()}
    file.accept("other-name-of-sha256", "Finds a verifier that knows one name of SHA-256.",
                ["TOK-22"], service.answer({**service.overall(), "submods": other_name}),
                "ToleratedForm")  # fmt: skip
    header = {"alg": "ES384", "typ": "JWT", "kid": service.signer().kid}
    file.accept("header-with-type", "Finds a verifier that refuses the member typ.", ["TOK-17"],
                service.answer(header=header), "ToleratedForm")  # fmt: skip
    _times(file)


def _times(file: TokenFile) -> None:
    for slug, why, now in (
        ("sixty-seconds-late", "Finds a verifier whose tolerance is one second too small.",
         EXPIRY + 60),
        ("sixty-seconds-early", "Finds a verifier without tolerance for clocks.", ISSUED - 60),
    ):  # fmt: skip
        file.accept(slug, why, ["TOK-10"], file.answer, "ToleratedForm", now=moment(now))
    longest: Claims = {"exp": ISSUED + 3660}
    file.accept("longest-life", "Finds a verifier that gives the life no tolerance.", ["TOK-10"],
                _living(file, longest),
                "ToleratedForm", out=file.out(expires=ISSUED + 3660))  # fmt: skip
    shortest: Claims = {"exp": ISSUED + 1}
    file.accept("shortest-life", "Finds a verifier that wants an hour.", ["TOK-10"],
                _living(file, shortest),
                "ToleratedForm", out=file.out(expires=ISSUED + 1))  # fmt: skip


def _living(file: TokenFile, life: Claims) -> str:
    """Return the answer whose tokens all have another end."""
    service = file.service
    return service.answer(service.overall(changed=life), [service.claims(0, changed=life)])


def rejected(file: TokenFile) -> None:
    """Add the answers with one claim that is not as it must be."""
    _issuers(file)
    _bad_times(file)
    _nonces(file)
    _modules(file)
    _results(file)
    _required(file)
    _devices(file)


def _reject_claim(
    file: TokenFile, slug: str, what: str, breaks: str, flag: str, name: str, value: Any, *,
    place: str = "GPU-0", or_breaks: Sequence[str] = (), parent: str = "ordinary",
    version: str = "2.0",
) -> None:  # fmt: skip
    """Add an answer in which one claim of one token is another one; `...` leaves it out."""
    service = file.service
    overall, gpu = service.overall(version), service.claims(0, version)
    claims = overall if place == "overall" else gpu
    before = claims.get(name)
    claims[name] = value
    file.reject(
        slug, what, breaks, flag, service.answer(overall, [gpu]), parent=parent,
        or_breaks=or_breaks,
        change=(f"{place}.{name}", before, None if value is ... else value),
    )  # fmt: skip


def _issuers(file: TokenFile) -> None:
    for slug, what, value, place in (
        ("issuer-for-tests", "the service for tests", ISSUER.replace("nras", "nras-stg"),
         "overall"),
        ("issuer-longer", "an issuer that begins with the right one", ISSUER + ".example",
         "overall"),
        ("issuer-missing", "a token without an issuer", ..., "overall"),
        ("issuer-of-gpu-token", "another issuer of a GPU's token", "https://nras.example",
         "GPU-0"),
    ):  # fmt: skip
        _reject_claim(file, slug, what, "TOK-9", "Issuer", "iss", value, place=place)


def _bad_times(file: TokenFile) -> None:
    for slug, what, now in (
        ("expired", "tokens that expired 61 seconds ago", EXPIRY + 61),
        ("not-yet", "tokens that are issued in 61 seconds", ISSUED - 61),
    ):
        file.builder.reject(
            slug, f"Finds a verifier that accepts {what}.", parent="ordinary", breaks="TOK-10",
            flags=["TokenTime"], given={"now": moment(now)},
        )  # fmt: skip
    for slug, what, name, value, place in (
        ("no-exp", "a token that never expires", "exp", ..., "overall"),
        ("no-nbf", "a token without a beginning", "nbf", ..., "overall"),
        ("exp-text", "a time as text", "exp", str(EXPIRY), "overall"),
        ("exp-true", "a boolean for a number", "exp", True, "overall"),
        ("exp-far", "a token that chose its life", "exp", EXPIRY + 61, "overall"),
        ("exp-year", "a token for a year", "exp", ISSUED + 31536000, "GPU-0"),
        ("exp-in-milliseconds", "milliseconds for seconds", "exp", EXPIRY * 1000, "overall"),
        ("nbf-later", "a token whose time has not come", "nbf", ISSUED + 69, "overall"),
        ("no-exp-in-gpu-token", "a GPU's token that never expires", "exp", ..., "GPU-0"),
    ):  # fmt: skip
        _reject_claim(file, slug, what, "TOK-10", "TokenTime", name, value, place=place)
    old = {"iat": ISSUED - 7200, "nbf": ISSUED - 7200, "exp": EXPIRY - 7200}
    service = file.service
    file.reject(
        "gpu-token-expired", "an old token of a GPU in an answer of today", "TOK-10", "TokenTime",
        service.answer(None, [service.claims(0, changed=old)]),
        change=("GPU-0.exp", EXPIRY, EXPIRY - 7200),
    )  # fmt: skip


def _nonces(file: TokenFile) -> None:
    nonce = file.service.nonce.hex()
    other = file.builder.random("another nonce")(32).hex()
    for slug, what, value in (
        ("other", "another nonce", other),
        ("last-bit", "a comparison that ignores the end",
         f"{nonce[:-1]}{int(nonce[-1], 16) ^ 1:x}"),
        ("missing", "a token without a nonce", ...),
        ("cut", "a comparison of a prefix", nonce[:-2]),
        ("list", "one of several nonces", [other, nonce]),
    ):  # fmt: skip
        for place in ("overall", "GPU-0"):
            if place == "GPU-0" and slug in ("cut", "list"):
                continue  # the same code reads both
            _reject_claim(file, f"nonce-{slug}-{place.lower()}", what, "TOK-11", "TokenNonce",
                          "eat_nonce", value, place=place)  # fmt: skip


def _modules(file: TokenFile) -> None:
    service = file.service
    claims = [service.claims(0), service.claims(1)]
    two = service.answer(None, claims)
    file.builder.reject(
        "one-token-for-two", "Finds a verifier that takes whatever tokens come: one good GPU"
        " vouches for two.", parent="ordinary", breaks="TOK-12", flags=["Modules"],
        given={"gpus": service.gpus(2)}, change=Rebuilt("gpus", 1, 2), critical=True,
    )  # fmt: skip
    file.builder.reject(
        "two-tokens-for-one", "Finds a verifier that leaves a token unread.", parent="two-gpus",
        breaks="TOK-12", flags=["Modules"], given={"gpus": service.gpus(1)},
        change=Rebuilt("gpus", 2, 1),
    )  # fmt: skip
    overall, tokens = json.loads(two)
    first, second = tokens["GPU-0"], tokens["GPU-1"]
    pairs: Tuple[Tuple[str, str, str, Dict[str, str]], ...] = (
        ("token-missing", "a token that is named and not there", "TOK-12", {"GPU-0": first}),
        ("token-more", "a token that nobody named", "TOK-12",
         {"GPU-0": first, "GPU-1": second, "GPU-2": first}),
        ("numbered-from-one", "other numbers", "TOK-12", {"GPU-1": first, "GPU-2": second}),
        ("swapped", "two tokens in each other's place", "TOK-22",
         {"GPU-0": second, "GPU-1": first}),
        ("first-twice", "one token twice", "TOK-22", {"GPU-0": first, "GPU-1": first}),
    )  # fmt: skip
    for slug, what, breaks, changed in pairs:
        file.reject(
            f"tokens-{slug}", what, breaks, "Modules",
            encode_answer(overall[1], changed).decode(), parent="two-gpus",
            gpus=service.gpus(2),
        )  # fmt: skip
    exchanged = {"GPU-0": second, "GPU-1": first}
    signed = sign_token({**service.overall(), "submods": submodules(exchanged)}, service.signer())
    file.reject(
        "gpus-swapped", "tokens about each other's GPU, with their digests right", "TOK-16",
        "OtherDevice", encode_answer(signed, exchanged).decode(), parent="two-gpus",
        gpus=service.gpus(2), change=("submods", "GPU-0, GPU-1", "GPU-1, GPU-0"),
    )  # fmt: skip
    again = service.answer(None, [claims[0], claims[0]])
    file.reject(
        "one-verdict-for-two", "one verdict about two GPUs", "TOK-16", "OtherDevice", again,
        parent="two-gpus", gpus=service.gpus(2), change=("GPU-1", "its own claims", "GPU-0's"),
    )  # fmt: skip
    _digests(file)


def _digests(file: TokenFile) -> None:
    token = json.loads(file.answer)[1]["GPU-0"]
    right = hashlib.sha256(token.encode()).hexdigest()
    payload = hashlib.sha256(token.split(".")[1].encode()).hexdigest()
    values: List[Tuple[str, str, Any]] = [
        ("of-payload", "the digest of the claims alone", ["DIGEST", ["SHA-256", payload]]),
        ("last-bit", "a comparison that ignores the end",
         ["DIGEST", ["SHA-256", f"{right[:-1]}{int(right[-1], 16) ^ 1:x}"]]),
        ("cut", "a comparison of a prefix", ["DIGEST", ["SHA-256", right[:-2]]]),
        ("other-kind", "another kind of module", ["JWT", ["SHA-256", right]]),
    ]  # fmt: skip
    for slug, what, value in values:
        _reject_claim(file, f"digest-{slug}", what, "TOK-22", "Modules", "submods",
                      {"GPU-0": value}, place="overall")  # fmt: skip
    for slug, what, empty in (("missing", "no modules", ...), ("empty", "empty modules", {})):
        claims = file.service.overall(changed={"submods": empty})
        file.reject(
            f"submods-{slug}", what, "TOK-12", "Modules", file.service.answer(claims),
            change=("overall.submods", "of GPU-0", None if empty is ... else empty),
        )  # fmt: skip


def _results(file: TokenFile) -> None:
    for slug, what, value in (
        ("false", "a signed refusal", False),
        ("missing", "an answer without a result", ...),
        ("text", "a text, which is true in JavaScript whatever it says", "true"),
        ("one", "a number", 1),
        ("null", "a result of null", None),
    ):
        _reject_claim(file, f"result-{slug}", what, "TOK-13", "Result", RESULT, value,
                      place="overall")  # fmt: skip
    versions: Tuple[Tuple[str, str, Any], ...] = (
        ("one", "an older version of the claims", "1.0"),
        ("four", "a later version of the claims", "4.0"),
        ("number", "a number for a version", 2.0),
        ("missing", "claims without a version", ...),
    )
    for slug, what, value in versions:
        _reject_claim(file, f"version-{slug}", what, "TOK-24", "Claims", "x-nvidia-ver", value,
                      place="overall")  # fmt: skip
    service = file.service
    details = {"code": 4010, "message": "NONCE_NOT_MATCHING", "httpStatus": "BAD_REQUEST"}
    full = service.claims(0)
    bare: Claims = {name: full[name] for name in ("iss", "iat", "nbf", "exp")}
    for slug, what, claims in (
        ("error-token", "a token that reports an error, which has no claims",
         {**bare, ERROR: details}),
        ("error-beside-claims", "an error beside claims that are good", {**full, ERROR: details}),
    ):  # fmt: skip
        file.reject(slug, what, "TOK-23", "Result", service.answer(None, [claims]),
                    change=(f"GPU-0.{ERROR}", None, claims[ERROR]),
                    or_breaks=["TOK-11"] if slug == "error-token" else ())  # fmt: skip
    warnings: Tuple[Tuple[str, str, Any], ...] = (
        ("warning", "a certificate that is on hold", {"hwmodel": "certificate hold"}),
        ("warning-empty", "an empty warning", ""),
    )
    for slug, what, value in warnings:
        _reject_claim(file, slug, what, "TOK-15", "Result", WARNING, value)


def _required(file: TokenFile) -> None:
    for name in CLAIMS_2:
        short = name.replace(PREFIX, "")
        wrong = {"measres": "fail", "dbgstat": "enabled"}.get(name, False)
        _reject_claim(file, f"claim-{short}", f"`{short}` with {json.dumps(wrong)}",
                      "TOK-14", "Claims", name, wrong)  # fmt: skip
    for name in (
        "measres",
        "secboot",
        "dbgstat",
        PREFIX + "arch-check",
        PREFIX + "vbios-index-no-conflict",
        PREFIX + "vbios-rim-cert-validated",
    ):
        short = name.replace(PREFIX, "")
        _reject_claim(file, f"claim-{short}-missing", f"a token without `{short}`", "TOK-14",
                      "Claims", name, ...)  # fmt: skip
    for slug, what, name, value in (
        ("text", "a text in the place of true", "secboot", "true"),
        ("one", "1 in the place of true", "secboot", 1),
        ("null", "null in the place of true", "secboot", None),
        ("in-other-case", "another spelling", "dbgstat", "Disabled"),
        ("list", "a list with the value in it", "measres", ["success", "fail"]),
        ("true-for-text", "true in the place of a text", "measres", True),
    ):
        _reject_claim(file, f"claim-{name}-{slug}", what, "TOK-14", "Claims", name, value)
    _required_3(file)
    service = file.service
    file.reject("claims-2-called-3", "claims of another version than the stated one", "TOK-14",
                "Claims", service.answer(service.overall("3.0"), [service.claims(0)]),
                change=("overall.x-nvidia-ver", "2.0", "3.0"))  # fmt: skip
    file.reject("claims-3-called-2", "claims of another version than the stated one", "TOK-14",
                "Claims", service.answer(service.overall("2.0"), [service.claims(0, "3.0")]),
                parent="claims-3", change=("overall.x-nvidia-ver", "3.0", "2.0"))  # fmt: skip


def _required_3(file: TokenFile) -> None:
    for name in CLAIMS_3:
        if name in CLAIMS_2:
            continue
        short = name.replace(PREFIX, "")
        _reject_claim(file, f"claim-{short}", f"`{short}` with false", "TOK-14", "Claims", name,
                      False, parent="claims-3", version="3.0")  # fmt: skip
    good = {"x-nvidia-cert-status": "valid", "x-nvidia-cert-ocsp-status": "good"}
    first, second, third = CHAINS
    for slug, what, name, value in (
        ("revoked", "a device certificate that was revoked", first,
         {**good, "x-nvidia-cert-ocsp-status": "revoked"}),
        ("expired", "a signer whose time is over", second,
         {**good, "x-nvidia-cert-status": "expired"}),
        ("unknown", "a signer of whom nothing is known", third,
         {**good, "x-nvidia-cert-ocsp-status": "unknown"}),
        ("without-status", "a chain without a status", first,
         {"x-nvidia-cert-ocsp-status": "good"}),
        ("null-ocsp", "null for a member that is required", third,
         {**good, "x-nvidia-cert-ocsp-status": None}),
        ("without-ocsp", "a chain that nobody asked about", third,
         {"x-nvidia-cert-status": "valid"}),
        ("other-nonce", "an answer of OCSP to somebody else", second,
         {**good, "x-nvidia-cert-ocsp-nonce-matches": False}),
        ("invalid-response", "an answer of OCSP that does not verify", third,
         {**good, "x-nvidia-cert-ocsp-response-valid": False}),
        ("not-object", "a chain that is called good", first, True),
        ("missing", "a token without a chain", second, ...),
    ):  # fmt: skip
        _reject_claim(file, f"chain-{slug}", what, "TOK-14", "Claims", name, value,
                      parent="claims-3", version="3.0")  # fmt: skip


def _devices(file: TokenFile) -> None:
    ueid = int(file.service.gpus()[0]["ueid"])
    driver, vbios = PREFIX + "driver-version", PREFIX + "vbios-version"
    for slug, what, name, value in (
        ("other-ueid", "a verdict about another GPU", "ueid", str(ueid ^ 1)),
        ("ueid-missing", "a verdict about no GPU", "ueid", ...),
        ("ueid-hex", "a number in hexadecimal", "ueid", f"{ueid:x}"),
        ("other-driver", "a verdict about another driver", driver, "570.172.07"),
        ("driver-missing", "a verdict about no driver", driver, ...),
        ("other-vbios", "a verdict about another VBIOS", vbios, "96.00.CF.00.01"),
        ("other-chip", "a verdict about another chip", "hwmodel", "GB100"),
        ("longer-chip", "a chip whose name begins with the right one", "hwmodel", "GH100X"),
        ("chip-missing", "a verdict about no chip", "hwmodel", ...),
    ):
        _reject_claim(file, slug, what, "TOK-16", "OtherDevice", name, value)
