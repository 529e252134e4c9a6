"""Whatever comes as GPU evidence, only a `VeniceError` comes out, and what passes was signed."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.nvidia.certificates import NOW
from tests.nvidia.devices import (
    HOPPER_OPAQUE,
    NONCE,
    evidence,
    factory,
    fleet,
    fleet_json,
    gpu_draft,
    report_draft,
)
from tests.nvidia.manifests import driver_manifest, signers
from tests.nvidia.tokens import (
    AnswerDraft,
    answer_draft,
    jwk,
    key_set_json,
    module,
    service,
    sign_token,
)
from venice_ref.codec.strict import JsonObject, parse_json_object
from venice_ref.errors import VeniceError
from venice_ref.evidence.nvidia.c14n import canonicalize, parse_xml
from venice_ref.evidence.nvidia.claims import check_claims, compare_with_evidence
from venice_ref.evidence.nvidia.jwks import parse_key_set
from venice_ref.evidence.nvidia.opaque import describe_gpu, split_opaque
from venice_ref.evidence.nvidia.payload import check_payload_nonces, parse_payload
from venice_ref.evidence.nvidia.report import parse_report
from venice_ref.evidence.nvidia.rim import parse_manifest, parse_manifest_answer, verify_manifest
from venice_ref.evidence.nvidia.tokens import parse_nras_answer, verify_nras
from venice_ref.evidence.nvidia.verify import verify_report
from venice_ref.pki.signatures import SignatureMemo

FUZZ = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
SLOW = settings(FUZZ, max_examples=60)

GPUS = fleet(2)
GOOD = evidence(gpu_draft(), report_draft())
ROOT = factory().root.anchor
RIM = driver_manifest()
RIM_ROOT = signers().root.anchor
PINS = service().pins
ANSWER = answer_draft(GPUS)
MEMO = SignatureMemo()

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def mutated(raw: bytes, data: st.DataObject) -> bytes:
    """Return `raw` with a few bytes replaced, removed or inserted."""
    changed = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        cut = data.draw(st.integers(0, 2))
        changed[at : at + cut] = data.draw(st.binary(max_size=3))
    return bytes(changed)


def only_our_errors(call: Callable[[], object]) -> bool:  # ERR-1
    """Run it; say whether it returned."""
    shown = ""
    try:
        call()
    except VeniceError as error:
        shown = str(error)
    assert shown.isprintable()
    return not shown


def replaced(value: Any, data: st.DataObject) -> Any:
    """Return a JSON value in which one member, at any depth, is another value."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(value)))
        return {**value, name: replaced(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], replaced(value[at], data), *value[at + 1 :]]
    return data.draw(JSON)


# --- Payload and report -------------------------------------------------------------------------


@SLOW
@given(st.data())
def test_a_payload_with_a_member_replaced(data: st.DataObject) -> None:
    payload = replaced(json.loads(fleet_json(2)), data)

    def verify() -> None:
        if isinstance(payload, dict):
            found = parse_payload(JsonObject(payload, where="payload", rule="ATT-1"))
            check_payload_nonces(found, NONCE)
            for gpu in found.gpus:
                verify_report(gpu, nonce=NONCE, now=NOW, root=ROOT, memo=MEMO)

    only_our_errors(verify)


@FUZZ
@given(st.data())
def test_a_mutated_report(data: st.DataObject) -> None:
    raw = mutated(GOOD.report, data)

    def verify() -> None:
        verify_report(GOOD._replace(report=raw), nonce=NONCE, now=NOW, root=ROOT, memo=MEMO)

    assert only_our_errors(verify) == (raw == GOOD.report)


@FUZZ
@given(st.binary(max_size=300))
def test_bytes_that_are_no_report(raw: bytes) -> None:
    assert not only_our_errors(lambda: parse_report(raw))


@FUZZ
@given(st.data())
def test_mutated_opaque_data(data: st.DataObject) -> None:
    raw = b"".join(
        kind.to_bytes(2, "little") + len(field).to_bytes(2, "little") + field
        for kind, field in HOPPER_OPAQUE
    )
    only_our_errors(lambda: describe_gpu(split_opaque(mutated(raw, data))))


@SLOW
@given(st.data())
def test_a_mutated_chain(data: st.DataObject) -> None:
    pem = mutated(GOOD.chain_pem, data)

    def verify() -> None:
        verify_report(GOOD._replace(chain_pem=pem), nonce=NONCE, now=NOW, root=ROOT, memo=MEMO)

    if only_our_errors(verify):
        # Another line end, or none at the end, is the only other spelling of these certificates.
        assert pem.replace(b"\r\n", b"\n").rstrip(b"\n") == GOOD.chain_pem.rstrip(b"\n")


# --- Manifests ----------------------------------------------------------------------------------


@FUZZ
@given(st.data())
def test_a_mutated_manifest(data: st.DataObject) -> None:
    raw = mutated(RIM, data)

    def verify() -> None:
        manifest = parse_manifest(raw)
        verify_manifest(manifest, version="570.172.08", now=NOW, root=RIM_ROOT, memo=MEMO)

    if only_our_errors(verify):
        assert parse_manifest(raw).golden == parse_manifest(RIM).golden


XML = st.text("<>/=\"'&;:!?[]-ab x0123\n", max_size=60)


@FUZZ
@given(st.one_of(st.binary(max_size=60), XML.map(str.encode)))
def test_bytes_that_are_hardly_xml(raw: bytes) -> None:
    only_our_errors(lambda: canonicalize(parse_xml(raw)))


@FUZZ
@given(st.data())
def test_the_canonical_form_is_its_own(data: st.DataObject) -> None:
    raw = mutated(RIM[:2000] + b"</ns0:Payload></SoftwareIdentity>", data)

    def check() -> None:
        once = canonicalize(parse_xml(raw))
        assert canonicalize(parse_xml(once)) == once

    only_our_errors(check)


@FUZZ
@given(JSON)
def test_an_answer_with_a_manifest(value: Any) -> None:
    answer = {"id": "x", "rim": value, "sha256": value}
    only_our_errors(lambda: parse_manifest_answer(json.dumps(answer).encode(), name="x"))


# --- Tokens -------------------------------------------------------------------------------------


def judged(answer: bytes, keys: bytes) -> None:
    verify_nras(
        parse_nras_answer(answer),
        parse_key_set(keys),
        gpus=GPUS,
        nonce=NONCE,
        now=NOW,
        intermediates=PINS,
        memo=MEMO,
    )


ENCODED = ANSWER.encode()
KEYS = key_set_json()


@SLOW
@given(st.data())
def test_a_mutated_answer(data: st.DataObject) -> None:
    raw = mutated(ENCODED, data)

    def verify() -> None:
        judged(raw, KEYS)

    if only_our_errors(verify):
        assert json.loads(raw) == json.loads(ENCODED)


@SLOW
@given(st.data())
def test_a_key_set_with_a_member_replaced(data: st.DataObject) -> None:
    keys = json.dumps({"keys": [replaced(jwk(service()), data)]}).encode()
    only_our_errors(lambda: judged(ENCODED, keys))


@SLOW
@given(st.data())
def test_signed_claims_with_a_member_replaced(data: st.DataObject) -> None:
    def one(claims: Dict[str, Any]) -> Any:
        name = data.draw(st.sampled_from(sorted(claims)))
        return {**claims, name: replaced(claims[name], data)}

    overall, gpus = ANSWER.overall, list(ANSWER.gpus)
    if data.draw(st.booleans()):
        overall = one(overall)
    else:
        gpus[1] = one(gpus[1])
    only_our_errors(lambda: judged(AnswerDraft(overall, gpus).encode(), KEYS))


@SLOW
@given(JSON, st.lists(st.sampled_from([module(0), module(1), "x"]), unique=True))
def test_signed_modules_of_any_kind(value: Any, names: List[str]) -> None:
    overall = {**ANSWER.overall, "submods": value}
    tokens = {name: sign_token(ANSWER.gpus[0]) for name in names}
    raw = json.dumps([["JWT", sign_token(overall)], tokens]).encode()
    assert not only_our_errors(lambda: judged(raw, KEYS))


@FUZZ
@given(st.dictionaries(st.sampled_from(sorted(ANSWER.gpus[0])), JSON, min_size=1))
def test_claims_of_any_kind(changed: Dict[str, Any]) -> None:
    text = json.dumps({**ANSWER.gpus[0], **changed}).replace("NaN", "0").replace("Infinity", "0")

    def check() -> None:
        claims = parse_json_object(text, max_size=1 << 20, where="token")
        check_claims(claims, "2.0")
        compare_with_evidence(claims, GPUS[0])

    only_our_errors(check)
