from __future__ import annotations

from typing import Any, Dict

import pytest

from tests.nvidia.devices import fleet
from tests.nvidia.tokens import gpu_claims
from venice_ref.codec.strict import JsonObject
from venice_ref.errors import EvidenceError
from venice_ref.evidence.nvidia.claims import (
    CERTIFICATE_CHAINS,
    REQUIRED_CLAIMS,
    VERSIONS,
    check_claims,
    compare_with_evidence,
)

GPU = fleet(1)[0]
CASES = [(version, claim) for version in VERSIONS for claim in REQUIRED_CLAIMS[version]]


def token(claims: Dict[str, Any]) -> JsonObject:
    return JsonObject(claims, where="token", rule="TOK-2")


def refused(claims: Dict[str, Any], version: str = "2.0") -> EvidenceError:
    with pytest.raises(EvidenceError) as caught:
        check_claims(token(claims), version)
    return caught.value


def test_the_number_of_required_claims() -> None:
    assert {version: len(REQUIRED_CLAIMS[version]) for version in VERSIONS} == {
        "2.0": 19,
        "3.0": 19,
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_good_claims(version: str) -> None:
    claims = token(gpu_claims(GPU, version))
    check_claims(claims, version)
    compare_with_evidence(claims, GPU)


@pytest.mark.parametrize(("version", "claim"), CASES)
def test_a_claim_that_is_missing(version: str, claim: str) -> None:  # TOK-14
    claims = gpu_claims(GPU, version)
    del claims[claim]
    error = refused(claims, version)
    assert (error.rule, error.where) == ("TOK-14", f"token.{claim}")


@pytest.mark.parametrize(("version", "claim"), CASES)
def test_a_claim_of_another_value_or_type(version: str, claim: str) -> None:  # TOK-14
    good = REQUIRED_CLAIMS[version][claim]
    others = [None, False, 1, "true", "True", ["success"]] if good is True else [None, True, "fail"]
    for other in others:
        error = refused({**gpu_claims(GPU, version), claim: other}, version)
        assert (error.rule, error.where) == ("TOK-14", f"token.{claim}")


def test_claims_of_one_version_are_not_those_of_another() -> None:  # TOK-14
    assert refused(gpu_claims(GPU, "2.0"), "3.0").rule == "TOK-14"
    assert refused(gpu_claims(GPU, "3.0"), "2.0").rule == "TOK-14"


@pytest.mark.parametrize("chain", CERTIFICATE_CHAINS)
@pytest.mark.parametrize(
    "changed",
    [
        {"x-nvidia-cert-status": "expired"},
        {"x-nvidia-cert-status": None},
        {"x-nvidia-cert-ocsp-status": "revoked"},
        {"x-nvidia-cert-ocsp-status": "unknown"},
        {"x-nvidia-cert-ocsp-nonce-matches": False},
        {"x-nvidia-cert-ocsp-response-valid": "true"},
    ],
)
def test_a_chain_that_is_not_good(chain: str, changed: Dict[str, Any]) -> None:  # TOK-14
    claims = gpu_claims(GPU, "3.0")
    claims[chain].update(changed)
    error = refused(claims, "3.0")
    assert (error.rule, error.where) == ("TOK-14", f"token.{chain}.{next(iter(changed))}")


@pytest.mark.parametrize("value", [None, True, "valid"])
def test_a_chain_that_is_no_object(value: object) -> None:  # TOK-14
    claims = {**gpu_claims(GPU, "3.0"), CERTIFICATE_CHAINS[0]: value}
    assert refused(claims, "3.0").rule == "TOK-14"


def test_what_a_chain_may_say_besides() -> None:
    claims = gpu_claims(GPU, "3.0")
    claims[CERTIFICATE_CHAINS[0]].update(
        {"x-nvidia-cert-ocsp-nonce-matches": True, "x-nvidia-cert-ocsp-response-valid": None}
    )
    check_claims(token(claims), "3.0")


@pytest.mark.parametrize("details", [{"code": 4010, "message": "x"}, "failed", []])
def test_a_token_that_reports_an_error(details: object) -> None:  # TOK-23
    error = refused({**gpu_claims(GPU), "x-nvidia-error-details": details})
    assert error.rule == "TOK-23"


def test_the_code_of_the_error_is_shown() -> None:
    error = refused({"x-nvidia-error-details": {"code": 4010}})
    assert "4010" in error.message


@pytest.mark.parametrize("warning", ["certificateHold", "", False, 0])
def test_a_warning(warning: object) -> None:  # TOK-15
    assert refused({**gpu_claims(GPU), "x-nvidia-attestation-warning": warning}).rule == "TOK-15"


def test_no_claim_about_warnings_is_no_warning() -> None:
    claims = gpu_claims(GPU)
    del claims["x-nvidia-attestation-warning"]
    check_claims(token(claims), "2.0")


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("ueid", "1"),
        ("ueid", 5),
        ("ueid", None),
        ("ueid", f"{GPU.serial:x}"),
        ("x-nvidia-gpu-driver-version", "570.172.09"),
        ("x-nvidia-gpu-driver-version", ""),
        ("x-nvidia-gpu-vbios-version", "96.00.CF.00.03"),
        ("hwmodel", "GB100"),
        ("hwmodel", "GH100X"),
        ("hwmodel", None),
    ],
)
def test_a_token_about_another_gpu(claim: str, value: object) -> None:  # TOK-16
    with pytest.raises(EvidenceError) as caught:
        compare_with_evidence(token({**gpu_claims(GPU), claim: value}), GPU)
    assert (caught.value.rule, caught.value.where) == ("TOK-16", f"token.{claim}")


def test_the_case_of_the_vbios_does_not_matter() -> None:
    claims = {**gpu_claims(GPU), "x-nvidia-gpu-vbios-version": "96.00.cf.00.02"}
    compare_with_evidence(token(claims), GPU)
