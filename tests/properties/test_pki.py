"""Whatever the bytes are, the parsers of certificates, lists, PEM and tokens raise our errors."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, List

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import simulated_pki as pki
from venice_ref.codec import der_encode as encode
from venice_ref.codec.der import SEQUENCE, SET, DerReader, open_elements
from venice_ref.codec.jcs import encode_jcs
from venice_ref.codec.jose import parse_jws
from venice_ref.codec.pem import decode_pem_chain, encode_pem
from venice_ref.codec.strict import parse_json
from venice_ref.crypto import ed25519, rsa
from venice_ref.errors import MalformedError, PeerError
from venice_ref.pki.certificate import parse_certificate, parse_pem_chain
from venice_ref.pki.chain import verify_chain
from venice_ref.pki.crl import parse_crl
from venice_ref.pki.signatures import SignatureMemo

LEAF, CRL = pki.LEAF.der(), pki.CA_CRL.der()
CHAIN = pki.chain()
PEM = "".join(encode_pem(one.raw) for one in CHAIN)
TOKEN = "eyJhbGciOiJFUzM4NCJ9.eyJpYXQiOjF9.AAAA"
MEMO = SignatureMemo()


def mutated(raw: bytes, data: st.DataObject) -> bytes:
    """Return `raw` with a few bytes replaced, removed or inserted."""
    changed = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        cut = data.draw(st.integers(0, 2))
        changed[at : at + cut] = data.draw(st.binary(max_size=3))
    return bytes(changed)


def only_our_errors(call: Callable[[], object]) -> bool:
    """Run it; say whether it returned."""
    try:
        call()
        found = ""
    except PeerError as error:
        found = str(error)
    assert found.isprintable()
    return not found


# --- Certificates and lists ---------------------------------------------------------------------


@settings(max_examples=300)
@given(st.data())
def test_a_mutated_certificate(data: st.DataObject) -> None:
    raw = mutated(LEAF, data)

    def verify() -> None:
        changed = parse_certificate(raw)
        verify_chain(
            [changed, *CHAIN[1:]],
            anchor=pki.key_anchor(), roles=pki.ROLES, now=pki.NOW, memo=MEMO,
        )  # fmt: skip

    # Nothing in a certificate is unsigned: whatever still verifies differs in the signature only.
    if only_our_errors(verify):
        assert parse_certificate(raw).tbs == CHAIN[0].tbs


@settings(max_examples=200)
@given(st.data())
def test_a_mutated_list(data: st.DataObject) -> None:
    only_our_errors(lambda: parse_crl(mutated(CRL, data)))


@given(st.binary(max_size=200))
def test_random_bytes(raw: bytes) -> None:
    assert not only_our_errors(lambda: parse_certificate(raw))
    assert not only_our_errors(lambda: parse_crl(raw))
    only_our_errors(lambda: parse_pem_chain(raw, max_count=3))


@given(st.integers(0, len(LEAF) - 1))
def test_a_cut_certificate(size: int) -> None:
    assert not only_our_errors(lambda: parse_certificate(LEAF[:size]))


@settings(max_examples=200)
@given(st.data())
def test_mutated_pem(data: st.DataObject) -> None:
    raw = mutated(PEM.encode(), data)
    only_our_errors(lambda: parse_pem_chain(raw, max_count=3))


@given(st.text(max_size=60))
def test_random_text(text: str) -> None:
    assert not only_our_errors(lambda: decode_pem_chain(text, max_count=2, max_size=100))
    only_our_errors(lambda: parse_jws(text, max_size=1000))


@settings(max_examples=200)
@given(st.data())
def test_a_mutated_token(data: st.DataObject) -> None:
    text = mutated(TOKEN.encode(), data).decode("latin-1")
    only_our_errors(lambda: parse_jws(text, max_size=1000))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=3))
def test_pem_comes_back(blocks: List[bytes]) -> None:
    blocks = [block + b"x" for block in blocks]
    text = "".join(map(encode_pem, blocks))
    assert decode_pem_chain(text, max_count=3, max_size=301) == blocks
    assert decode_pem_chain(text.replace("\n", "\r\n"), max_count=3, max_size=301) == blocks


# --- DER ----------------------------------------------------------------------------------------


@given(st.integers(-(2**200), 2**200))
def test_integers_come_back_in_one_form(value: int) -> None:
    raw = encode.integer(value)
    assert open_elements(raw, max_size=100).integer("n") == value
    # One octet of padding is another spelling, and no number.
    padded = encode.element(0x02, (b"\xff" if value < 0 else b"\x00") + raw[2:])
    assert not only_our_errors(lambda: open_elements(padded, max_size=100).integer("n"))


ARCS = st.lists(st.integers(0, 2**40), min_size=0, max_size=6)


@given(st.integers(0, 2), st.integers(0, 39), ARCS)
def test_object_identifiers_come_back(first: int, second: int, arcs: List[int]) -> None:
    dotted = ".".join(map(str, (first, second, *arcs)))
    raw = encode.object_identifier(dotted)
    assert open_elements(raw, max_size=100).oid("id") == dotted


@given(st.binary(max_size=12))
def test_an_object_identifier_has_one_encoding(content: bytes) -> None:
    raw = encode.element(0x06, content)
    try:
        dotted = open_elements(raw, max_size=100).oid("id")
    except MalformedError:
        return
    assert encode.object_identifier(dotted) == raw


@given(st.binary(max_size=10))
def test_a_bit_list_has_one_encoding(content: bytes) -> None:
    raw = encode.element(0x03, content)
    try:
        bits = open_elements(raw, max_size=100).named_bits("bits")
    except MalformedError:
        return
    assert encode.named_bits(bits) == raw


MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(timezone.utc))  # noqa: DTZ001 - hypothesis adds the zone


@given(MOMENTS)
def test_times_come_back(moment: datetime) -> None:
    raw = encode.time(moment)
    assert open_elements(raw, max_size=100).time("t") == moment.replace(microsecond=0)


DIGITS = st.text("0123456789", min_size=12, max_size=14)


@given(DIGITS, st.sampled_from([0x17, 0x18]))
def test_a_time_has_one_encoding(digits: str, tag: int) -> None:
    raw = encode.element(tag, digits.encode() + b"Z")
    try:
        moment = open_elements(raw, max_size=100).time("t")
    except MalformedError:
        return
    assert encode.time(moment) == raw


def walk(reader: DerReader, budget: List[int]) -> None:
    while reader.more:
        budget[0] -= 1
        assert budget[0] >= 0
        if reader.next_tag in (SEQUENCE, SET):
            walk(reader.sequence("s", tag=reader.next_tag), budget)
        else:
            reader.element("e")
    reader.finish()


@given(st.binary(max_size=100))
def test_any_bytes_are_walked_to_the_end_or_refused(raw: bytes) -> None:
    only_our_errors(lambda: walk(open_elements(raw, max_size=100), [200]))


@given(st.integers(0, 100))
def test_nesting(depth: int) -> None:
    raw = b""
    for _ in range(depth):
        raw = encode.sequence(raw)
    returned = only_our_errors(lambda: walk(open_elements(raw, max_size=1000), [200]))
    assert returned == (depth <= 16)


# --- JSON and signatures ------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_is_the_same_value_and_stays_itself(value: Any) -> None:
    text = encode_jcs(value)
    assert parse_json(text, max_size=100_000) == value
    assert encode_jcs(parse_json(text, max_size=100_000)) == text


@given(
    st.binary(min_size=32, max_size=32), st.binary(max_size=8), st.binary(min_size=64, max_size=64)
)
def test_random_signatures_of_ed25519(public: bytes, message: bytes, signature: bytes) -> None:
    assert not only_our_errors(lambda: ed25519.verify(public, message, signature))


@given(st.integers(-2, 2**2100), st.integers(-2, 2**17), st.binary(max_size=300))
def test_random_signatures_of_rsa(n: int, e: int, signature: bytes) -> None:
    assert not only_our_errors(lambda: rsa.verify_pkcs1v15_sha256(n, e, b"\x00" * 32, signature))
