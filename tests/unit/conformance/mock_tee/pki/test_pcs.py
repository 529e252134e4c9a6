"""Intel's service as the mock serves it: paths, parameters, headers, and what can be verified."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Dict, Iterator
from urllib.parse import unquote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.mock_tee.enclave import Enclave
from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.log import Request
from conformance.mock_tee.pki.intel import FMSPC
from conformance.mock_tee.pki.pcs import PCS_PATHS, Publisher
from conformance.mock_tee.refusals import Reply
from conformance.mock_tee.scenario import Visit
from conformance.mock_tee.server import MockTee
from conformance.mock_tee.service import Service, Settings
from tests.unit.conformance.talk import (
    exchange,
    fetch_collateral,
    pck_crl,
    qe_identity,
    root_crl,
    send,
    tcb_info,
)
from venice_ref.codec.pem import decode_pem_chain
from venice_ref.errors import ServerError
from venice_ref.evidence.tdx.collateral import parse_collateral, verify_collateral
from venice_ref.evidence.tdx.needs import collateral_needs
from venice_ref.evidence.tdx.quote import parse_quote
from venice_ref.evidence.tdx.verify import verify_quote
from venice_ref.net.pcs import PcsClient
from venice_ref.pki.certificate import parse_pem_chain
from venice_ref.pki.chain import TrustAnchor, anchor_of
from venice_ref.pki.crl import parse_crl

NOW = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def tee() -> Iterator[MockTee]:
    with MockTee(seed="pcs", now=NOW) as tee:
        yield tee
    assert tee.failures == []


def _anchor(tee: MockTee) -> TrustAnchor:
    root = parse_pem_chain(tee.trust_root_pem, max_count=3)[0]
    return anchor_of(root, "the simulated root")


@pytest.mark.parametrize("kind", ["tdx", "sgx"])
def test_what_is_fetched_verifies_and_is_what_is_handed_out(tee: MockTee, kind: str) -> None:
    fetched = fetch_collateral(tee, kind)
    assert fetched == json.loads(tee.collateral(kind.upper()))
    verified = verify_collateral(
        parse_collateral(json.dumps(fetched)), now=NOW, anchor=_anchor(tee), tee=kind.upper()
    )
    enclave = tee.enclave
    raw = enclave.quote(bytes(64)) if kind == "tdx" else enclave.sgx_quote(bytes(64))
    facts = verify_quote(parse_quote(raw), verified, now=NOW)
    assert (facts.status, facts.advisories) == ("UpToDate", ())
    assert facts.pck.ppid == enclave.platform.ppid
    assert facts.window.latest_issue < NOW < facts.window.earliest_expiration


def test_the_client_of_the_reference_fetches_the_same(tee: MockTee) -> None:
    quote = parse_quote(tee.enclave.quote(bytes(64)))
    raw = PcsClient(tee.pcs_url).collateral(collateral_needs(quote))
    assert json.loads(raw) == json.loads(tee.collateral())


def test_a_service_that_is_not_there() -> None:  # [NET-15]
    with MockTee(scenario="pcs-unavailable", seed="pcs", now=NOW) as tee:
        quote = parse_quote(tee.enclave.quote(bytes(64)))
        with pytest.raises(ServerError) as caught:
            PcsClient(tee.pcs_url, sleep=lambda _: None).collateral(collateral_needs(quote))
        assert caught.value.status == 503
        assert "bundle" in caught.value.hint
        assert all(answer.status == 503 for answer in tee.log.answers)


def test_nothing_is_issued_before_it_is_needed() -> None:
    with MockTee(seed="pcs") as tee:
        send(tee, "GET", "/models")
        assert tee.enclave._certified is None
        tcb_info(tee)
        assert tee.enclave._certified is not None


@pytest.mark.parametrize("kind", ["v4", "v5-1.0", "v5-1.5"])
def test_every_kind_of_quote_verifies(kind: str) -> None:
    tee = MockTee(seed="kinds", now=NOW, quote_kind=kind)
    collateral = verify_collateral(
        parse_collateral(tee.collateral()), now=NOW, anchor=_anchor(tee), tee="TDX"
    )
    quote = parse_quote(tee.enclave.quote(bytes(64)))
    assert verify_quote(quote, collateral, now=NOW).status == "UpToDate"


def test_the_lists_of_all_three_issuers(tee: MockTee) -> None:
    assert parse_crl(root_crl(tee).body).serials == frozenset()
    platform, processor = (parse_crl(pck_crl(tee, ca).body) for ca in ("platform", "processor"))
    assert len(platform.serials) == 3
    assert platform.issuer != processor.issuer
    for ca, crl in (("platform", platform), ("processor", processor)):
        got = pck_crl(tee, ca)
        assert got.headers["Content-Type"] == "application/pkix-crl"
        chain = parse_pem_chain(unquote(got.headers["SGX-PCK-CRL-Issuer-Chain"]), max_count=2)
        assert [one.subject for one in chain] == [crl.issuer, chain[1].issuer]


def test_a_list_in_pem_is_the_default(tee: MockTee) -> None:
    got = exchange(tee, "GET", "/sgx/certification/v4/pckcrl?ca=platform")
    assert got.headers["Content-Type"] == "application/x-pem-file"
    blocks = decode_pem_chain(got.body, label="X509 CRL", max_count=1, max_size=4096)
    assert blocks == [pck_crl(tee).body]
    assert exchange(tee, "GET", "/sgx/certification/v4/pckcrl?ca=platform&encoding=pem") == (
        got._replace(headers={**got.headers, "Request-ID": f"{len(tee.log.requests) - 1:032x}"})
    )


def test_a_caching_service_gives_the_list_of_the_root_in_digits(tee: MockTee) -> None:
    got = exchange(tee, "GET", "/sgx/certification/v4/rootcacrl")
    assert bytes.fromhex(got.body.decode()) == root_crl(tee).body


@pytest.mark.parametrize("query", ["update=early", "update=standard", "tcbEvaluationDataNumber=18"])
def test_a_round_of_evaluation_may_be_asked_for(tee: MockTee, query: str) -> None:
    plain = tcb_info(tee), qe_identity(tee)
    assert tcb_info(tee, fmspc=f"{FMSPC.hex().upper()}&{query}").body == plain[0].body
    path = f"/tdx/certification/v4/qe/identity?{query}"
    assert exchange(tee, "GET", path).body == plain[1].body


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tdx/certification/v4/tcb?fmspc=90c06f000000", 404),
        ("/tdx/certification/v4/tcb?fmspc=90c06f00000", 400),
        ("/tdx/certification/v4/tcb", 400),
        (f"/tdx/certification/v4/tcb?fmspc={FMSPC.hex()}&update=late", 400),
        (f"/sgx/certification/v4/tcb?fmspc={FMSPC.hex()}&tcbEvaluationDataNumber=17", 404),
        ("/sgx/certification/v4/qe/identity?update=early&tcbEvaluationDataNumber=18", 400),
        ("/sgx/certification/v4/pckcrl", 400),
        ("/sgx/certification/v4/pckcrl?ca=Platform", 400),
        ("/sgx/certification/v4/pckcrl?ca=platform&encoding=xml", 400),
    ],
)
def test_a_refusal_has_two_headers_and_no_body(tee: MockTee, path: str, status: int) -> None:
    got = exchange(tee, "GET", path)
    assert (got.status, got.body) == (status, b"")
    assert got.headers["Error-Code"]
    assert got.headers["Error-Message"]
    assert len(got.headers["Request-ID"]) == 32


def test_other_methods_and_paths(tee: MockTee) -> None:
    assert exchange(tee, "POST", "/tdx/certification/v4/tcb", b"").status == 405
    assert exchange(tee, "GET", "/tdx/certification/v3/tcb").status == 404
    assert exchange(tee, "GET", "/api/v1/tdx/certification/v4/tcb").status == 404
    assert tee.pcs_url == f"http://127.0.0.1:{tee.port}"


def test_the_same_seed_and_time_give_the_same_bytes() -> None:
    def run(seed: str, now: datetime) -> Dict[str, str]:
        tee = MockTee(seed=seed, now=now)
        return {**json.loads(tee.collateral()), "quote": tee.enclave.quote(bytes(64)).hex()}

    first = run("one", NOW)
    assert run("one", NOW) == first
    assert run("one", NOW + timedelta(minutes=1)) != first  # the certificates begin by the second
    other = run("two", NOW)
    assert [name for name in first if first[name] == other[name]] == ["tcb_info", "qe_identity"]


def test_a_quote_depends_on_the_seed_alone() -> None:
    first, second = (Enclave("a seed") for _ in range(2))
    assert first.quote(bytes(64)) == second.quote(bytes(64))
    assert first.pck_chain == second.pck_chain
    assert Enclave().pck_chain != Enclave().pck_chain


def test_without_a_time_collateral_holds_now() -> None:
    tee = MockTee(seed="a seed")
    now = datetime.now(timezone.utc)
    collateral = parse_collateral(tee.collateral())
    verified = verify_collateral(collateral, now=now, anchor=_anchor(tee), tee="TDX")
    assert (
        timedelta(minutes=59) < now - verified.window.latest_issue < timedelta(hours=2, minutes=1)
    )
    assert verified.window.earliest_expiration - now > timedelta(days=29)


def test_what_was_published_in_one_hour_fits_together() -> None:
    def issued(minute: int, second: int) -> str:
        now = NOW.replace(minute=minute, second=second)
        visit = Visit(Request(0, "GET", "", (), b""), 0, Enclave("x", moment=now), 0)
        return Publisher(SCENARIOS["honest"], visit).tcb_info("TDX").text

    assert issued(0, 0) == issued(59, 59)


@pytest.mark.parametrize("year", [1971, 2049, 2050, 9000])
def test_it_works_at_any_time(year: int) -> None:
    now = NOW.replace(year=year)
    tee = MockTee(seed="years", now=now)
    collateral = parse_collateral(tee.collateral())
    verified = verify_collateral(collateral, now=now, anchor=_anchor(tee), tee="TDX")
    quote = parse_quote(tee.enclave.quote(bytes(64)))
    assert verify_quote(quote, verified, now=now).status == "UpToDate"


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001  what the test is about
        NOW.replace(year=1970),
        NOW.replace(year=9001),
    ],
)
def test_a_time_needs_a_zone_and_room_around_it(now: datetime) -> None:
    with pytest.raises(ValueError, match="zone"):
        MockTee(now=now)


SERVICE = Service(Settings(seed="fuzz", now=NOW))
NAMES = (
    st.sampled_from(["ca", "encoding", "fmspc", "update", "tcbEvaluationDataNumber"]) | st.text()
)
VALUES = st.sampled_from(["platform", "der", FMSPC.hex(), "standard", "18"]) | st.text()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(PCS_PATHS)), st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_no_query_breaks_it(path: str, query: list[tuple[str, str]]) -> None:
    target = f"{path}?{urlencode(query, errors='replace')}"
    reply = SERVICE.answer(Request(0, "GET", target, (), b""), 0)
    assert isinstance(reply, Reply)
    assert reply.status in (200, 400, 404)
    assert all(character.isprintable() for _, value in reply.headers for character in value)
