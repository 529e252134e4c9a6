"""NVIDIA's service as the mock plays it: what it vouches for, and the keys of its days."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Final, List

import pytest

from conformance.mock_tee.pki.nras import daily_service, judge, key_set_text, module, signer_of
from conformance.mock_tee.pki.nvidia import simulated_nvidia
from conformance.mock_tee.pki.nvidia_certificates import Issuer
from conformance.mock_tee.pki.rsa_key import RsaKey
from conformance.mock_tee.server import MockTee
from tests.unit.conformance.talk import NONCE, attest, exchange, key_set, vouch
from venice_ref.codec.jose import parse_jws
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.nvidia.jwks import NRAS_INTERMEDIATES, parse_key_set, verify_key

NOW: Final = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
SEED: Final = "nras"
ROOT: Final = simulated_nvidia(SEED).factory.root.anchor


def _payload() -> Dict[str, Any]:
    """The evidence of one GPU."""
    with MockTee(seed=SEED, now=NOW) as tee:
        found: Dict[str, Any] = json.loads(attest(tee, "e2ee-mock-p").json["nvidia_payload"])
    return found


PAYLOAD: Final = _payload()


def _judged(payload: Any) -> List[Dict[str, Any]]:
    draft = judge(json.dumps(payload).encode(), root=ROOT, now=NOW)
    return [draft.overall, *draft.gpus]


def _entry(**changes: Any) -> Dict[str, Any]:
    (entry,) = PAYLOAD["evidence_list"]
    return {**PAYLOAD, "evidence_list": [{**entry, **changes}]}


def test_good_evidence() -> None:
    overall, gpu = _judged(PAYLOAD)
    assert overall["x-nvidia-overall-att-result"] is True
    assert overall["eat_nonce"] == gpu["eat_nonce"] == NONCE
    assert (gpu["hwmodel"], gpu["x-nvidia-gpu-driver-version"]) == ("GH100", "999.0.0")
    assert overall["exp"] - overall["iat"] == 3600


def test_another_nonce_is_a_verdict_and_no_error() -> None:
    other = "00" * 32
    overall, gpu = _judged({**_entry(nonce=other), "nonce": other})
    assert overall["x-nvidia-overall-att-result"] is False
    assert overall["eat_nonce"] == other  # that of the request, as NVIDIA does it
    assert gpu["x-nvidia-error-details"]["code"] == 4010
    assert "eat_nonce" not in gpu


def test_the_verdict_is_about_each_gpu() -> None:
    impostor = simulated_nvidia(SEED, "foreign NVIDIA").factory.root.anchor
    draft = judge(json.dumps(PAYLOAD).encode(), root=impostor, now=NOW)
    assert draft.overall["x-nvidia-overall-att-result"] is False
    assert draft.gpus[0]["x-nvidia-error-details"]["code"] == 4007


@pytest.mark.parametrize(
    "payload",
    [{}, {**PAYLOAD, "nonce": None}, {**PAYLOAD, "evidence_list": []}, _entry(arch="TURING")],
)
def test_a_request_that_is_none(payload: Any) -> None:
    with pytest.raises(MalformedError):
        judge(json.dumps(payload).encode(), root=ROOT, now=NOW)


def test_the_paths() -> None:
    with MockTee(seed=SEED, now=NOW) as tee:
        good = vouch(tee, json.dumps(PAYLOAD))
        assert good.status == 200
        (kind, overall), gpus = good.json
        assert (kind, list(gpus)) == ("JWT", [module(0)])
        header = parse_jws(overall, max_size=1 << 14).header.members
        kids = [key["kid"] for key in key_set(tee).json["keys"]]
        assert header == {"kid": kids[1], "alg": "ES384"}
        for body in ("", "[]", '{"nonce":"00"}'):
            refused = vouch(tee, body)
            assert (refused.status, refused.json["errorCode"]) == (400, 4000)
        assert exchange(tee, "GET", "/v3/attest/gpu").status == 405
        assert exchange(tee, "POST", "/.well-known/jwks.json", b"").status == 405
        assert exchange(tee, "POST", "/v4/attest/gpu", b"").status == 404
    assert tee.failures == []


@pytest.mark.parametrize("seed", [SEED, None])
def test_a_token_of_one_day_verifies_at_the_beginning_of_the_next(seed: Any) -> None:
    midnight = datetime(2026, 4, 25, tzinfo=timezone.utc)
    before, after = midnight - timedelta(seconds=1), midnight + timedelta(hours=1)
    service = daily_service(seed, before)
    kid = signer_of(service).kid
    assert kid != signer_of(daily_service(seed, after)).kid
    keys = parse_key_set(key_set_text(seed, after).encode())
    for now in (before, after):
        assert verify_key(keys, kid, now=now, intermediates=service.pins).kid == kid
    assert service.pins == daily_service(seed, after).pins
    assert not service.pins & NRAS_INTERMEDIATES


def test_a_key_lives_for_two_days() -> None:
    service = daily_service(SEED, NOW)
    keys = parse_key_set(key_set_text(SEED, NOW).encode())
    with pytest.raises(EvidenceError) as caught:
        verify_key(
            keys,
            signer_of(service).kid,
            now=NOW + timedelta(days=2),
            intermediates=service.pins,
        )
    assert caught.value.rule == "CRT-14"


def test_tokens_are_not_signed_with_rsa() -> None:
    service = daily_service(SEED, NOW)
    leaf = Issuer(RsaKey(), b"", b"")
    with pytest.raises(TypeError):
        signer_of(service._replace(leaf=leaf))
