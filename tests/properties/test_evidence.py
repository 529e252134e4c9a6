"""Whatever bytes a peer sends, only a `VeniceError` comes out, and a round trip is exact."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Callable, Dict, List

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.samples import (
    ADDRESS,
    BINDING,
    MODEL,
    NONCE,
    NOW,
    QUOTE_KINDS,
    SECRET,
    aci_answer,
    encode,
    near_answer,
    phala_answer,
    quote,
    report_of,
)
from venice_ref.attestation.answer import parse_answer
from venice_ref.attestation.bundle import Bundle, encode_bundle, parse_bundle
from venice_ref.attestation.checks import CHECKS
from venice_ref.attestation.verify import verify_attestation
from venice_ref.errors import PeerError, VeniceError
from venice_ref.evidence.tdx.encode import encode_quote, encode_signed
from venice_ref.evidence.tdx.quote import decode_quote_file, decode_quote_text, parse_quote
from venice_ref.receipts.answer import parse_signature_answer, verify_signature_answer
from venice_ref.receipts.signature import parse_signed_text, recover_signer, sign_text

QUOTES = [quote(version, body_kind) for version, body_kind in QUOTE_KINDS]
ANSWERS = [encode(answer) for answer in (near_answer(), phala_answer(), aci_answer())]
BUNDLES = [encode_bundle(Bundle(MODEL, NONCE, NOW, raw.decode())) for raw in ANSWERS]
TEXT = "m:" + "0" * 64 + ":" + "1" * 64
SIGNATURES = [json.dumps({"text": TEXT, "signature": sign_text(SECRET, TEXT)}).encode()]

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "drop", "repeat"]),
        st.integers(min_value=0, max_value=1 << 16),
        st.binary(min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=4,
)


def edited(raw: bytes, edits: List[Any]) -> bytes:
    """Return `raw` after a few small mutations, each at a place modulo its length."""
    for kind, place, extra in edits:
        at = place % (len(raw) + 1)
        if kind == "flip":
            raw = raw[:at] + bytes(byte ^ extra[0] for byte in raw[at : at + 1]) + raw[at + 1 :]
        elif kind == "cut":
            raw = raw[:at]
        elif kind == "insert":
            raw = raw[:at] + extra + raw[at:]
        elif kind == "drop":
            raw = raw[:at] + raw[at + len(extra) :]
        else:
            raw = raw[:at] + raw[at : at + 16 * len(extra)] * 2 + raw[at:]
    return raw


def mutations(samples: List[bytes]) -> st.SearchStrategy[bytes]:
    return st.one_of(st.builds(edited, st.sampled_from(samples), EDITS), st.binary(max_size=200))


def only_our_errors(parse: Callable[[bytes], object], raw: bytes) -> None:  # ERR-1
    with contextlib.suppress(VeniceError):
        parse(raw)


FUZZ = settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@FUZZ
@given(mutations(QUOTES))
def test_parse_quote(raw: bytes) -> None:
    try:
        parsed = parse_quote(raw)
    except VeniceError:
        return
    signed = encode_signed(
        parsed.version, header=parsed.header, body_kind=parsed.body_kind, body=parsed.body
    )
    assert encode_quote(signed, parsed.signature_data, trailing=parsed.trailing) == raw


@FUZZ
@given(mutations([*QUOTES, *(raw.hex().encode() for raw in QUOTES)]))
def test_decode_quote_file(raw: bytes) -> None:
    only_our_errors(decode_quote_file, raw)


@FUZZ
@given(st.one_of(st.text(max_size=200), st.text("0123456789abcdefABCDEF+/-_=xX \n", max_size=80)))
def test_decode_quote_text(text: str) -> None:
    only_our_errors(lambda raw: decode_quote_text(raw.decode()), text.encode())


@FUZZ
@given(mutations(ANSWERS))
def test_parse_answer(raw: bytes) -> None:
    only_our_errors(parse_answer, raw)


@FUZZ
@given(mutations(BUNDLES))
def test_parse_bundle(raw: bytes) -> None:
    only_our_errors(parse_bundle, raw)


def reported(raw: bytes) -> None:
    """Verify; whatever fails must leave a whole report of printable ASCII."""
    try:
        verify_attestation(raw, nonce=NONCE, model=MODEL, policy=BINDING, now=NOW)
    except PeerError as error:
        report = report_of(error)
        assert [check.id for check in report.checks] == [rule.id for rule in CHECKS]
        shown = json.dumps(report.to_json(), ensure_ascii=False) + error.message
        assert shown.isascii()
        assert shown.isprintable()


@FUZZ
@given(mutations(ANSWERS))
def test_verify_attestation(raw: bytes) -> None:
    reported(raw)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.just("0x")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(answer: Dict[str, Any], prefix: str = "") -> List[str]:
    """Return the paths of all members of an answer."""
    found = []
    for name, value in answer.items():
        found.append(prefix + name)
        if isinstance(value, dict):
            found += places(value, f"{prefix}{name}.")
    return found


SHAPES = [near_answer, phala_answer, aci_answer]
MEMBERS = [(make, path) for make in SHAPES for path in places(make())]


@FUZZ
@given(st.sampled_from(MEMBERS), JSON, st.booleans())
def test_verify_attestation_with_a_member_replaced(
    member: Any, value: Any, in_a_string: bool
) -> None:
    make, path = member
    answer = make()
    *parents, last = path.split(".")
    node = answer
    for name in parents:
        node = node[name]
    node[last] = json.dumps(value) if in_a_string else value
    reported(encode(answer))


@FUZZ
@given(mutations(SIGNATURES))
def test_signature_answers(raw: bytes) -> None:
    def verify(raw: bytes) -> None:
        verify_signature_answer(parse_signature_answer(raw), ADDRESS, models=["m"])

    only_our_errors(verify, raw)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=65, max_size=65), st.text(max_size=30))
def test_recover_signer(raw: bytes, text: str) -> None:
    only_our_errors(lambda raw: recover_signer(text, raw.hex()), raw)
    only_our_errors(lambda raw: recover_signer(text, (raw[:64] + b"\x1b").hex()), raw)


@FUZZ
@given(st.text(":0123456789abcdefm", max_size=160))
def test_parse_signed_text(text: str) -> None:
    only_our_errors(lambda raw: parse_signed_text(raw.decode()), text.encode())
