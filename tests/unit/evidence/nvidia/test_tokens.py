from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List

import pytest

from tests.nvidia.certificates import NOW
from tests.nvidia.devices import NONCE, fleet
from tests.nvidia.tokens import (
    ISSUED,
    KID,
    AnswerDraft,
    answer_draft,
    base64url,
    encode_answer,
    gpu_claims,
    jwk,
    key_set_json,
    module,
    service,
    sign_token,
    submodules,
)
from venice_ref.errors import EvidenceError, MalformedError, PeerError, SignatureError, UsageError
from venice_ref.evidence.nvidia.jwks import parse_key_set
from venice_ref.evidence.nvidia.tokens import (
    NRAS_ISSUER,
    NrasVerdict,
    parse_nras_answer,
    verify_nras,
)
from venice_ref.spec import MAX_GPUS, MAX_NRAS_SIZE, MAX_TOKEN_SIZE

GPUS = fleet(2)
PINS = service().pins
KEYS = parse_key_set(key_set_json())
DRAFT = answer_draft(GPUS)


def verify(raw: bytes, *, now: datetime = NOW, nonce: bytes = NONCE) -> NrasVerdict:
    return verify_nras(
        parse_nras_answer(raw), KEYS, gpus=GPUS, nonce=nonce, now=now, intermediates=PINS
    )


def refused(raw: bytes, *, now: datetime = NOW) -> PeerError:
    with pytest.raises(PeerError) as caught:
        verify(raw, now=now)
    return caught.value


def overall(**changed: Any) -> bytes:
    """Return an answer whose overall token has other claims; `None` takes one out."""
    names = {name.replace("_", "-") if name.startswith("x_") else name: name for name in changed}
    claims = {**DRAFT.overall, **{name: changed[key] for name, key in names.items()}}
    kept = {name: value for name, value in claims.items() if value is not None}
    return AnswerDraft(kept, DRAFT.gpus).encode()


def second(**changed: Any) -> bytes:
    """Return an answer whose token of the second GPU has other claims; `None` takes one out."""
    claims = {**DRAFT.gpus[1], **changed}
    kept = {name: value for name, value in claims.items() if value is not None}
    return AnswerDraft(DRAFT.overall, [DRAFT.gpus[0], kept]).encode()


def tokens() -> Dict[str, str]:
    return {module(n): sign_token(claims) for n, claims in enumerate(DRAFT.gpus)}


def with_overall_token(token: str) -> bytes:
    return encode_answer(token, tokens())


def overall_claims() -> Dict[str, Any]:
    return {**DRAFT.overall, "submods": submodules(tokens())}


# --- What is accepted ---------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_a_verdict(version: str) -> None:
    found = verify(answer_draft(GPUS, version).encode())
    assert found == NrasVerdict(
        version=version,
        issued_at=datetime.fromtimestamp(ISSUED, timezone.utc),
        expires_at=datetime.fromtimestamp(ISSUED + 3600, timezone.utc),
        kids=frozenset({KID}),
        ueids=tuple(gpu.ueid for gpu in GPUS),
    )
    assert found.debug_disabled  # GPU-35


def test_the_first_expiry_counts() -> None:
    found = verify(second(exp=ISSUED + 100))
    assert found.expires_at == datetime.fromtimestamp(ISSUED + 100, timezone.utc)


def test_the_type_of_the_token_may_be_said() -> None:
    header = {"kid": KID, "alg": "ES384", "typ": "JWT"}
    verify(with_overall_token(sign_token(overall_claims(), header)))


def test_the_other_name_of_the_digest() -> None:
    submods = {
        name: ["DIGEST", ["SHA256", pair[1][1]]]
        for name, pair in overall_claims()["submods"].items()
    }
    verify(with_overall_token(sign_token({**DRAFT.overall, "submods": submods})))


# --- TOK-1, TOK-2, TOK-3: form ------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b'[["JWT", "a"]]',
        b'[["JWT", "a"], {}, {}]',
        b'[["JWS", "a"], {}]',
        b'[["JWT"], {}]',
        b'[["JWT", 5], {}]',
        b'["JWT", {}]',
        b'[["JWT", "a"], []]',
        b'[["JWT", "a"], {"GPU": 5}]',
        b'[["JWT", "a"], {"GPU": "a", "GPU": "b"}]',
        b"<html>Service Unavailable</html>",
        json.dumps([["JWT", "a"], {module(n): "a" for n in range(MAX_GPUS + 1)}]).encode(),
        b" " * (MAX_NRAS_SIZE + 1),
    ],
)
def test_another_shape(raw: bytes) -> None:  # TOK-1
    with pytest.raises(MalformedError) as caught:
        parse_nras_answer(raw)
    assert caught.value.rule == "TOK-1"


GOOD = sign_token(overall_claims())
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")
TWICE = base64url(b'{"alg":"ES384","alg":"ES384","kid":"x"}')


@pytest.mark.parametrize(
    "token",
    [
        "",
        f"{HEADER}.{PAYLOAD}",
        f"{GOOD}.",
        f"{HEADER}=.{PAYLOAD}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}.",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-4]}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}AAAA",
        f"{HEADER}.{PAYLOAD}.{'+' * 128}",
        f"{TWICE}.{PAYLOAD}.{SIGNATURE}",
        f"{base64url(b'[]')}.{PAYLOAD}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}.{'A' * MAX_TOKEN_SIZE}",
    ],
)
def test_another_form_of_token(token: str) -> None:  # TOK-2
    error = refused(with_overall_token(token))
    assert (type(error), error.rule) == (MalformedError, "TOK-2")


@pytest.mark.parametrize(
    ("rule", "header"),
    [
        ("TOK-3", {"kid": KID, "alg": "none"}),
        ("TOK-3", {"kid": KID, "alg": "ES256"}),
        ("TOK-3", {"kid": KID, "alg": "HS384"}),
        ("TOK-3", {"kid": KID, "alg": "es384"}),
        ("TOK-3", {"kid": KID, "alg": ["ES384"]}),
        ("TOK-3", {"kid": KID}),
        ("TOK-18", {"alg": "ES384"}),
        ("TOK-18", {"kid": 1, "alg": "ES384"}),
        ("TOK-17", {"kid": KID, "alg": "ES384", "jwk": {}}),
        ("TOK-17", {"kid": KID, "alg": "ES384", "jku": "https://example.org"}),
        ("TOK-17", {"kid": KID, "alg": "ES384", "x5c": []}),
    ],
)
def test_another_header(rule: str, header: Dict[str, Any]) -> None:  # TOK-3, TOK-17, TOK-18
    assert refused(with_overall_token(sign_token(overall_claims(), header))).rule == rule


@pytest.mark.parametrize(
    ("rule", "member"), [("TOK-10", "exp"), ("TOK-11", "eat_nonce"), ("TOK-12", "submods")]
)
def test_a_claim_of_another_type(rule: str, member: str) -> None:
    claims = {**overall_claims(), member: [1]}
    assert refused(with_overall_token(sign_token(claims))).rule == rule


# --- TOK-4 to TOK-8: key and signature ----------------------------------------------------------


def test_a_key_that_is_not_in_the_set() -> None:  # TOK-4
    header = {"kid": "other", "alg": "ES384"}
    assert refused(with_overall_token(sign_token(overall_claims(), header))).rule == "TOK-4"


def test_another_pin() -> None:  # TOK-7
    with pytest.raises(EvidenceError) as caught:
        verify_nras(parse_nras_answer(DRAFT.encode()), KEYS, gpus=GPUS, nonce=NONCE, now=NOW)
    assert caught.value.rule == "TOK-7"


def test_a_key_that_is_past_its_two_days() -> None:  # TOK-6
    """Long after, the key is what fails first."""
    assert refused(DRAFT.encode(), now=NOW + timedelta(days=3)).rule == "CRT-14"


def test_a_token_signed_by_another_key() -> None:  # TOK-8
    token = sign_token(overall_claims(), by="another")
    error = refused(with_overall_token(token))
    assert (type(error), error.rule, error.where) == (
        SignatureError, "TOK-8", "nras.overall.signature",
    )  # fmt: skip


def test_the_token_of_a_gpu_signed_by_another_key() -> None:  # TOK-8
    forged = {module(0): tokens()[module(0)], module(1): sign_token(DRAFT.gpus[1], by="another")}
    claims = {**DRAFT.overall, "submods": submodules(forged)}
    error = refused(encode_answer(sign_token(claims), forged))
    assert (error.rule, error.where) == ("TOK-8", f"nras.{module(1)}.signature")


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_part(part: int) -> None:  # TOK-8
    """The header and the payload are changed to others that parse as well."""
    parts = GOOD.split(".")
    parts[part] = [
        base64url(json.dumps({"alg": "ES384", "kid": KID}).encode()),
        base64url(json.dumps({**overall_claims(), "jti": "x"}).encode()),
        base64url(b"\x01" * 96),
    ][part]
    assert refused(with_overall_token(".".join(parts))).rule == "TOK-8"


# --- TOK-9, TOK-10: issuer and time -------------------------------------------------------------


@pytest.mark.parametrize("issuer", ["https://nras-stg.attestation.nvidia.com", "", 5, None])
def test_another_issuer(issuer: object) -> None:  # TOK-9
    assert refused(overall(iss=issuer)).rule == "TOK-9"
    assert refused(second(iss=issuer)).rule == "TOK-9"


def test_the_issuer_of_a_mock() -> None:
    issuer = "http://127.0.0.1:1"
    claims = [{**one, "iss": issuer} for one in DRAFT.gpus]
    raw = AnswerDraft({**DRAFT.overall, "iss": issuer}, claims).encode()
    answer = parse_nras_answer(raw)
    verify_nras(answer, KEYS, gpus=GPUS, nonce=NONCE, now=NOW, issuer=issuer, intermediates=PINS)
    assert refused(raw).rule == "TOK-9"
    assert issuer != NRAS_ISSUER


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": ISSUED + 3661},
        {"exp": ISSUED},
        {"exp": ISSUED - 1},
        {"nbf": ISSUED + 70},
        {"iat": ISSUED - 3700, "nbf": ISSUED - 3700, "exp": ISSUED - 100},
        {"iat": ISSUED + 70, "exp": ISSUED + 3600},
        {"exp": None},
        {"iat": None},
        {"nbf": None},
        {"exp": -5},
        {"exp": 1 << 50},
    ],
)
def test_another_time(changed: Dict[str, Any]) -> None:  # TOK-10
    assert refused(overall(**changed)).rule == "TOK-10"
    assert refused(second(**changed)).rule == "TOK-10"


@pytest.mark.parametrize("value", [float(ISSUED + 3600), "1", True])
def test_a_time_of_another_type(value: object) -> None:
    assert isinstance(refused(overall(exp=value)), MalformedError)


@pytest.mark.parametrize("seconds", [-8 - 60, 3600 - 8 + 60])
def test_both_ends_of_the_tolerance(seconds: int) -> None:  # TOK-10
    raw = DRAFT.encode()
    verify(raw, now=NOW + timedelta(seconds=seconds))
    beyond = seconds + (1 if seconds > 0 else -1)
    assert refused(raw, now=NOW + timedelta(seconds=beyond)).rule == "TOK-10"


# --- TOK-11, TOK-12: nonce and modules ----------------------------------------------------------


@pytest.mark.parametrize("nonce", ["11" * 32, "00" * 31, "x" * 64, None])
def test_another_nonce(nonce: object) -> None:  # TOK-11
    assert refused(overall(eat_nonce=nonce)).rule == "TOK-11"
    assert refused(second(eat_nonce=nonce)).rule == "TOK-11"


def test_a_nonce_that_is_no_text() -> None:
    assert isinstance(refused(overall(eat_nonce=5)), MalformedError)


def submods_of(*names: str) -> bytes:
    made = {name: sign_token(gpu_claims(GPUS[0])) for name in names}
    return encode_answer(sign_token({**DRAFT.overall, "submods": submodules(made)}), made)


@pytest.mark.parametrize(
    "names",
    [
        [],
        [module(0)],
        [module(0), module(1), module(2)],
        [module(1), module(2)],
        [module(0), "GPU-" + "01"],
        [module(0), "SWITCH-0"],
    ],
)
def test_other_modules(names: List[str]) -> None:  # TOK-12
    assert refused(submods_of(*names)).rule == "TOK-12"


def test_a_token_that_no_module_names() -> None:  # TOK-12
    made = tokens()
    claims = {**DRAFT.overall, "submods": submodules({module(0): made[module(0)]})}
    assert refused(encode_answer(sign_token(claims), made)).rule == "TOK-12"


def test_a_module_without_token() -> None:  # TOK-12
    made = tokens()
    claims = {**DRAFT.overall, "submods": submodules(made)}
    assert refused(encode_answer(sign_token(claims), {module(0): made[module(0)]})).rule == "TOK-12"


def test_tokens_in_each_other_s_place() -> None:  # TOK-22
    made = tokens()
    swapped = {module(0): made[module(1)], module(1): made[module(0)]}
    claims = {**DRAFT.overall, "submods": submodules(made)}
    assert refused(encode_answer(sign_token(claims), swapped)).rule == "TOK-22"


DIGEST = hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    "value",
    [
        None,
        "DIGEST",
        ["DIGEST"],
        ["DIGEST", "SHA-256"],
        ["DIGEST", ["SHA-256"]],
        ["DIGEST", ["SHA-1", DIGEST]],
        ["JWT", ["SHA-256", DIGEST]],
        ["DIGEST", ["SHA-256", 5]],
        ["DIGEST", ["SHA-256", DIGEST[:-2]]],
        ["DIGEST", ["SHA-256", DIGEST]],
    ],
)
def test_another_digest(value: Any) -> None:  # TOK-22
    submods = {**overall_claims()["submods"], module(1): value}
    assert refused(overall(submods=submods)).rule == "TOK-22"


def test_no_modules() -> None:  # TOK-12
    raw = with_overall_token(sign_token(DRAFT.overall))
    assert refused(raw).rule == "TOK-12"


# --- TOK-13 to TOK-16: result, claims, evidence -------------------------------------------------


@pytest.mark.parametrize("result", [False, "true", 1, None])
def test_a_result_that_is_not_true(result: object) -> None:  # TOK-13
    assert refused(overall(x_nvidia_overall_att_result=result)).rule == "TOK-13"


def test_a_token_that_reports_an_error_and_has_no_nonce() -> None:  # TOK-23
    claims = {name: DRAFT.gpus[1][name] for name in ("iss", "iat", "nbf", "exp", "jti")}
    claims["x-nvidia-error-details"] = {"code": 4010, "httpStatus": "BAD_REQUEST"}
    raw = AnswerDraft(DRAFT.overall, [DRAFT.gpus[0], claims]).encode()
    assert refused(raw).rule == "TOK-23"


@pytest.mark.parametrize("version", ["1.0", "4.0", 2.0, 2, None])
def test_another_version(version: object) -> None:  # TOK-24
    assert refused(overall(x_nvidia_ver=version)).rule == "TOK-24"


def test_a_claim_of_one_gpu() -> None:  # TOK-14
    error = refused(second(measres="fail"))
    assert (error.rule, error.where) == ("TOK-14", f"nras.{module(1)}.payload.measres")


def test_a_warning_of_one_gpu() -> None:  # TOK-15
    assert refused(second(**{"x-nvidia-attestation-warning": "hold"})).rule == "TOK-15"


def test_tokens_about_other_gpus() -> None:  # TOK-16
    """Genuine, fresh and good, and about other hardware."""
    others = answer_draft(tuple(reversed(GPUS)))
    assert refused(others.encode()).rule == "TOK-16"


def test_one_token_for_all_gpus() -> None:  # TOK-16
    same = AnswerDraft(DRAFT.overall, [DRAFT.gpus[0]] * 2)
    assert refused(same.encode()).rule == "TOK-16"


def test_what_the_caller_must_give() -> None:
    answer = parse_nras_answer(DRAFT.encode())
    for gpus, nonce, now in (
        (GPUS, b"", NOW),
        (GPUS, bytes(32), NOW),
        ((), NONCE, NOW),
        (GPUS, NONCE, datetime(2026, 4, 24)),  # noqa: DTZ001 - the flaw
    ):
        with pytest.raises(UsageError):
            verify_nras(answer, KEYS, gpus=gpus, nonce=nonce, now=now, intermediates=PINS)


def test_the_key_is_verified_once() -> None:
    keys = parse_key_set(key_set_json(jwk(service()), {**jwk(service()), "kid": "other"}))
    header = {"kid": "other", "alg": "ES384"}
    raw = with_overall_token(sign_token(overall_claims(), header))
    found = verify_nras(
        parse_nras_answer(raw), keys, gpus=GPUS, nonce=NONCE, now=NOW, intermediates=PINS
    )
    assert found.kids == {KID, "other"}
