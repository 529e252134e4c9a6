"""Answers of Intel's service, broken in every way: a collateral, or a typed error."""

from __future__ import annotations

from typing import Dict, List, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.intel import Intel
from tests.unit.net.pcs_answers import documents
from venice_ref.codec.pem import encode_pem
from venice_ref.errors import MalformedError, VeniceError
from venice_ref.evidence.tdx.exchange import parse_collateral
from venice_ref.evidence.tdx.needs import collateral_needs
from venice_ref.evidence.tdx.quote import CertificationData
from venice_ref.net.pcs import PcsAnswers, assemble_collateral
from venice_ref.net.url import percent_decode, percent_encode
from venice_ref.net.vendors import Document

ANSWERS = documents(Intel().collateral())

BYTES = st.one_of(
    st.binary(max_size=4),
    st.sampled_from([b'"', b"{", b"}", b",", b"\\u", b"%", b"%0A", b"+", b"\xff", b"-----", b"0"]),
)
CHANGES = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 12), BYTES), min_size=1, max_size=3
)


def changed(raw: bytes, changes: List[Tuple[float, int, bytes]]) -> bytes:
    """Replace a few bytes at a few places by others."""
    for place, length, insertion in changes:
        start = int(place * (len(raw) + 1))
        raw = raw[:start] + insertion + raw[start + length :]
    return raw


def readable(answers: PcsAnswers) -> bool:
    """Tell whether the answers make a collateral; what they make can be read again."""
    try:
        raw = assemble_collateral(answers)
    except VeniceError:
        return False
    parse_collateral(raw)
    return True


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PcsAnswers._fields), CHANGES)
def test_a_changed_body_is_taken_apart_or_refused(
    name: str, changes: List[Tuple[float, int, bytes]]
) -> None:
    document: Document = getattr(ANSWERS, name)
    body = changed(document.body, changes)
    answers = ANSWERS._replace(**{name: document._replace(body=body)})
    # A list of revoked certificates is not parsed before it is verified.
    assert readable(answers) or name in ("tcb", "qe_identity") or body == b""


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["tcb", "qe_identity", "pck_crl"]), CHANGES)
def test_a_changed_header_is_taken_apart_or_refused(
    name: str, changes: List[Tuple[float, int, bytes]]
) -> None:
    document: Document = getattr(ANSWERS, name)
    headers: Dict[str, str] = {
        header: changed(value.encode(), changes).decode("latin-1")
        for header, value in document.headers.items()
    }
    readable(ANSWERS._replace(**{name: document._replace(headers=headers)}))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64), st.text(max_size=64))
def test_any_bytes_are_refused(body: bytes, header: str) -> None:
    headers = dict.fromkeys(("TCB-Info-Issuer-Chain", "SGX-Enclave-Identity-Issuer-Chain"), header)
    assert not readable(ANSWERS._replace(tcb=Document(body, headers)))


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_decoding_is_the_way_back(text: str) -> None:
    assert percent_decode(percent_encode(text)) == text


@settings(max_examples=200, deadline=None)
@given(st.text("%+20aGf/=~ \n\x00\u00e9\uff05", max_size=12))
def test_what_is_decoded_was_encoded(text: str) -> None:
    try:
        decoded = percent_decode(text)
    except MalformedError:
        return
    assert percent_encode(decoded).lower() == percent_encode(_raw(text)).lower()
    assert decoded.isascii()


def _raw(text: str) -> str:
    """Decode leniently, as a library would."""
    from urllib.parse import unquote

    return unquote(text)


CHAIN = "".join(encode_pem(der) for der in Intel().pck_chain()).encode()


@settings(max_examples=60, deadline=None)
@given(CHANGES)
def test_a_changed_chain_says_what_is_needed_or_is_malformed(
    changes: List[Tuple[float, int, bytes]],
) -> None:
    intel = Intel()
    quote = intel.quote()
    data = quote.signature_data._replace(
        certification=CertificationData(5, changed(CHAIN, changes), {})
    )
    try:
        needs = collateral_needs(quote._replace(signature_data=data))
    except MalformedError:
        return
    assert needs.tee == "TDX"
    assert len(needs.fmspc) == 6
    assert needs.ca in ("platform", "processor")
