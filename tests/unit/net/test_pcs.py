from __future__ import annotations

import json
import lzma
from typing import Any, List, Optional
from urllib.parse import quote

import pytest

from tests.dcap import CORPUS, CORPUS_ABSENT, real_cases, venice_case
from tests.intel import NOW, Intel, text_of
from tests.unit.net.pcs_answers import (
    PCK_CHAIN,
    QE_CHAIN,
    TCB_CHAIN,
    Clock,
    Slept,
    chain_text,
    documents,
    signed_body,
    steps,
)
from tests.unit.net.server import ScriptedServer, dribble, reply
from venice_ref.codec.exact import parse_exact_object
from venice_ref.codec.pem import encode_pem
from venice_ref.errors import MalformedError, ServerError, TransportError, TruncatedError
from venice_ref.evidence.tdx.exchange import Collateral, encode_collateral, parse_collateral
from venice_ref.evidence.tdx.needs import CollateralNeeds
from venice_ref.net.pcs import PcsAnswers, PcsClient, assemble_collateral
from venice_ref.spec import MAX_CRL_SIZE, MAX_SIGNED_JSON_SIZE

INTEL = Intel()
COLLATERAL = INTEL.collateral()
NEEDS = CollateralNeeds("TDX", INTEL.sgx.fmspc, "platform")


def client(server: ScriptedServer, slept: Optional[Slept] = None, **options: Any) -> PcsClient:
    options = {"timeout": 3, "clock": Clock(NOW), **options}
    return PcsClient(server.origin, sleep=slept or Slept(), **options)


# --- What is asked ------------------------------------------------------------------------------


def test_four_answers_make_a_collateral() -> None:
    with ScriptedServer(*steps(COLLATERAL)) as server:
        raw = client(server).collateral(NEEDS)
    assert raw == encode_collateral(COLLATERAL)
    assert parse_collateral(raw) == COLLATERAL


@pytest.mark.parametrize("tee", ["TDX", "SGX"])
@pytest.mark.parametrize("ca", ["platform", "processor"])
def test_the_paths_are_those_of_the_service(tee: str, ca: str) -> None:
    with ScriptedServer(*steps(COLLATERAL)) as server:
        client(server).collateral(CollateralNeeds(tee, b"\x00\xa0\x6f\x05\x00\x00", ca))  # [COL-20]
        assert [request.method for request in server.received] == ["GET"] * 4
        assert [request.target for request in server.received] == [
            f"/{tee.lower()}/certification/v4/tcb?fmspc=00A06F050000",
            f"/{tee.lower()}/certification/v4/qe/identity",
            f"/sgx/certification/v4/pckcrl?ca={ca}&encoding=der",
            "/IntelSGXRootCA.der",
        ]
        assert [request.header("Accept") for request in server.received] == [
            "application/json", "application/json", "*/*", "*/*",
        ]  # fmt: skip


def test_no_api_key_goes_to_a_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_API_KEY", "canary-api-key-77")
    with ScriptedServer(*steps(COLLATERAL)) as server:
        client(server).collateral(NEEDS)
        for request in server.received:
            assert b"canary" not in request.raw  # [NET-6]
            assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("base_url", "root"),
    [
        ("https://api.trustedservices.intel.com", "https://certificates.trustedservices.intel.com"),
        (
            "HTTPS://API.trustedservices.Intel.com:443/",
            "https://certificates.trustedservices.intel.com",
        ),
        ("https://pccs.example/prefix/", "https://pccs.example/prefix"),
    ],
)
def test_the_list_of_the_root_has_a_host_of_its_own_at_intel_only(base_url: str, root: str) -> None:
    assert PcsClient(base_url)._root.base_url == root


def test_the_default_is_intels() -> None:
    assert PcsClient().base_url == "https://api.trustedservices.intel.com"
    assert repr(PcsClient()) == "PcsClient('https://api.trustedservices.intel.com')"


# --- Exactness ----------------------------------------------------------------------------------


def members(tcb_info: str) -> Any:
    """Return the collateral with a TCB info of which nothing is believed."""
    return COLLATERAL._replace(tcb_info=tcb_info)


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"TDX"}',
        ' {"id" : "TDX",\n\t"b":1.50, "c":-0} '.strip(),
        '{"a":"\\u0041\\/\\n","é":"\u2028"}',
        '{"signature":"00","tcbInfo":{"x":[{}]}}',
    ],
)
def test_a_signed_text_stays_as_it_came(text: str) -> None:
    answers = documents(members(text))
    assert parse_collateral(assemble_collateral(answers)).tcb_info == text  # [NET-10]


@pytest.mark.parametrize(
    "form",
    [
        '{{"tcbInfo":{text},"signature":"{signature}"}}',
        '{{"signature":"{signature}","tcbInfo":{text}}}',
        '{{ "tcbInfo" : {text} ,\r\n "signature"\t: "{signature}" }}\n',
        '{{"other":{{"tcbInfo":{{}}}},"tcbInfo":{text},"signature":"{signature}"}}',
        '{{"\\u0074cbInfo":{text},"signature":"{signature}"}}',
    ],
)
def test_what_stands_around_the_text_does_not_matter(form: str) -> None:
    text, signature = COLLATERAL.tcb_info, COLLATERAL.tcb_info_signature.hex()
    body = form.format(text=text, signature=signature).encode()
    answers = documents(COLLATERAL)
    answers = answers._replace(tcb=answers.tcb._replace(body=body))
    assert parse_collateral(assemble_collateral(answers)) == COLLATERAL  # [NET-10]


def test_real_collateral_comes_back_byte_for_byte() -> None:
    for case in (*real_cases(), venice_case()):
        served = case.collateral
        collateral = parse_collateral(json.dumps(served))
        found = json.loads(assemble_collateral(documents(collateral)))
        for name in ("tcb_info", "qe_identity", "tcb_info_signature", "qe_identity_signature"):
            assert found[name] == served[name], (case.name, name)
        without_chain = collateral._replace(pck_certificate_chain=None)
        assert parse_collateral(json.dumps(found)) == without_chain, case.name


# --- What is refused ----------------------------------------------------------------------------

GOOD = signed_body("tcbInfo", COLLATERAL.tcb_info, COLLATERAL.tcb_info_signature)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"{}",
        GOOD[:-1],
        GOOD + b"x",
        GOOD.replace(b"tcbInfo", b"tcbinfo"),
        GOOD.replace(b'"signature"', b'"tcbInfo"'),
        GOOD.replace(b'"id"', b'"id":1,"id"'),
        GOOD.replace(b'"signature":"', b'"signature":"0'),
        GOOD.replace(b'"signature":"', b'"signature":" '),
        signed_body("tcbInfo", COLLATERAL.tcb_info, b""),
        signed_body("tcbInfo", COLLATERAL.tcb_info, bytes(63)),
        signed_body("tcbInfo", "null", bytes(64)),
        signed_body("tcbInfo", '"{}"', bytes(64)),
        signed_body("tcbInfo", "[{}]", bytes(64)),
        signed_body("tcbInfo", '{"a":NaN}', bytes(64)),
        b'{"tcbInfo":{},"signature":7}',
        b'{"tcbInfo":{},"signature":null}',
    ],
)
def test_what_is_no_signed_text_is_malformed(body: bytes) -> None:
    answers = documents(COLLATERAL)
    with pytest.raises(MalformedError) as caught:
        assemble_collateral(answers._replace(tcb=answers.tcb._replace(body=body)))
    assert caught.value.rule == "NET-10"
    assert caught.value.where.startswith("pcs.tcb")


CHAIN = "".join(encode_pem(der) for der in COLLATERAL.tcb_info_issuer_chain)
ENCODED = quote(CHAIN, safe="")


@pytest.mark.parametrize(
    "value",
    [
        "",
        CHAIN.replace("\n", " "),
        ENCODED.replace("%20", "+"),
        ENCODED.replace("%2B", "+"),
        ENCODED.replace("%0A", "%0"),
        ENCODED.replace("%0A", "%G0"),
        ENCODED.replace("%0A", "%250A"),
        ENCODED + "%",
        ENCODED + "%00",
        ENCODED + "%C3%A9",
        ENCODED + "\u00e9",
        ENCODED[:-40],
        quote(CHAIN.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), safe=""),
        quote("some text\n" + CHAIN, safe=""),
        ENCODED * 3,
        "null",
    ],
)
@pytest.mark.parametrize("name", [TCB_CHAIN, QE_CHAIN, PCK_CHAIN])
def test_a_chain_that_is_not_strict_is_malformed(name: str, value: str) -> None:
    answers = documents(COLLATERAL)
    changed = [
        document._replace(headers={name: value}) if name in document.headers else document
        for document in answers
    ]
    with pytest.raises(MalformedError) as caught:
        assemble_collateral(PcsAnswers(*changed))
    assert caught.value.rule == "NET-11"
    assert caught.value.where.startswith(f"pcs.{name}")


@pytest.mark.parametrize("safe", ["", "/=", "/=-._~"])
def test_the_header_may_leave_alone_what_is_the_same_in_either_form(safe: str) -> None:
    answers = documents(COLLATERAL)
    headers = {TCB_CHAIN: quote(CHAIN, safe=safe)}
    answers = answers._replace(tcb=answers.tcb._replace(headers=headers))
    assert parse_collateral(assemble_collateral(answers)) == COLLATERAL


@pytest.mark.parametrize("name", ["pck_crl", "root_crl"])
def test_a_list_without_content_is_malformed(name: str) -> None:
    answers = documents(COLLATERAL)
    empty = getattr(answers, name)._replace(body=b"")
    with pytest.raises(MalformedError) as caught:
        assemble_collateral(answers._replace(**{name: empty}))
    assert caught.value.rule == "COL-1"


def test_a_missing_header_is_malformed_over_the_network() -> None:
    served = steps(COLLATERAL)
    served[0] = reply(GOOD)
    with ScriptedServer(*served) as server, pytest.raises(MalformedError) as caught:
        client(server).collateral(NEEDS)
    assert (caught.value.rule, caught.value.where) == ("NET-11", f"pcs.{TCB_CHAIN}")


def test_what_could_not_be_read_again_is_malformed() -> None:
    answers = documents(COLLATERAL)
    large = bytes(MAX_CRL_SIZE)
    answers = answers._replace(
        pck_crl=answers.pck_crl._replace(body=large),
        root_crl=answers.root_crl._replace(body=large),
    )
    with pytest.raises(MalformedError) as caught:
        assemble_collateral(answers)
    assert caught.value.rule == "COL-1"


# --- Limits, repetitions and errors -------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "size"), [(0, MAX_SIGNED_JSON_SIZE), (1, MAX_SIGNED_JSON_SIZE), (2, MAX_CRL_SIZE)]
)
def test_an_answer_that_is_too_large_is_not_read(index: int, size: int) -> None:
    served = steps(COLLATERAL)
    served[index] = reply(b"", length=size + 1)
    with ScriptedServer(*served) as server, pytest.raises(TransportError) as caught:
        client(server).collateral(NEEDS)
    assert caught.value.rule == "NET-3"
    assert "larger than" in str(caught.value)


def test_a_slow_answer_ends_in_time() -> None:
    raw = steps(COLLATERAL)[0]
    assert isinstance(raw, bytes)
    with ScriptedServer(dribble(raw, 0.02)) as server, pytest.raises(TransportError) as caught:
        client(server, timeout=0.2).collateral(NEEDS)
    assert caught.value.rule == "NET-3"


def test_a_cut_answer_is_an_error() -> None:
    cut = reply(GOOD, length=len(GOOD) + 1)
    with ScriptedServer(cut) as server, pytest.raises(TruncatedError) as caught:
        client(server).collateral(NEEDS)
    assert caught.value.message.startswith("no TCB info from 127.0.0.1: ")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_service_is_asked_again(status: int) -> None:
    slept = Slept()
    first, *rest = steps(COLLATERAL)
    busy = reply(status=status, headers="Retry-After: 7\r\n")
    with ScriptedServer(busy, first, busy, *rest) as server:
        assert client(server, slept).collateral(NEEDS) == encode_collateral(COLLATERAL)
    assert slept.seconds == [7.0, 7.0]  # [NET-4]


def test_the_repetitions_of_one_collateral_are_bounded() -> None:
    slept = Slept()
    first, *_ = steps(COLLATERAL)
    busy = reply(status=503)
    with ScriptedServer(busy, first, busy, busy) as server:
        with pytest.raises(ServerError) as caught:
            client(server, slept).collateral(NEEDS)
        assert len(server.received) == 4
    assert (caught.value.status, caught.value.kind) == (503, "server")
    assert slept.seconds == [1.0, 2.0]  # [NET-4]


def test_a_long_wait_is_none() -> None:
    slept = Slept()
    busy = reply(status=429, headers="Retry-After: 3600\r\n")
    with ScriptedServer(busy) as server, pytest.raises(ServerError) as caught:
        client(server, slept).collateral(NEEDS)
    assert (caught.value.kind, caught.value.retry_after) == ("rate_limited", 3600.0)
    assert slept.seconds == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "bad_request"), (401, "authentication"), (404, "not_found"), (204, "server")],
)
def test_a_refusal_is_typed_by_its_status_and_not_repeated(status: int, kind: str) -> None:
    headers = "Error-Code: NotFound\r\nError-Message: no such \x1bplatform\r\n"
    with ScriptedServer(reply(status=status, headers=headers)) as server:
        with pytest.raises(ServerError) as caught:
            client(server).collateral(NEEDS)
        assert len(server.received) == 1
    error = caught.value
    assert (error.status, error.kind) == (status, kind)
    assert "no TCB info from 127.0.0.1" in error.message
    assert "no such \\x1bplatform" in error.message
    assert "API" not in error.hint


def test_the_words_of_a_refusal_do_not_choose_its_kind() -> None:
    body = b'{"error":"encryption key is no longer valid"}'
    with ScriptedServer(reply(body, status=400)) as server, pytest.raises(ServerError) as caught:
        client(server).collateral(NEEDS)
    assert caught.value.kind == "bad_request"
    assert "no longer valid" in caught.value.message


@pytest.mark.parametrize("target", ["https://elsewhere.example/tcb", "//elsewhere.example/x"])
def test_a_redirect_elsewhere_is_refused(target: str) -> None:
    moved = reply(status=302, headers=f"Location: {target}\r\n")
    with ScriptedServer(moved) as server, pytest.raises(TransportError) as caught:
        client(server).collateral(NEEDS)
    assert caught.value.rule == "NET-2"
    assert "API key" not in caught.value.hint


def test_without_a_network_the_ways_out_are_named() -> None:
    with ScriptedServer(reply()) as server:
        origin = server.origin
    with pytest.raises(TransportError) as caught:
        PcsClient(origin, timeout=3).collateral(NEEDS)
    error = caught.value
    assert error.message == "no TCB info from 127.0.0.1: 127.0.0.1 refused the connection"
    for way in ("bundle", "--collateral FILE", "--assurance binding"):
        assert way in error.hint  # [NET-15]
    assert "cannot be verified" in error.hint


# --- The synthetic suite ------------------------------------------------------------------------


def test_collateral_of_the_suite_comes_back_byte_for_byte() -> None:
    path = CORPUS / "dcap_suite.jsonl.xz"
    if not path.is_file():
        pytest.skip(CORPUS_ABSENT)
    checked: List[str] = []
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            for name in ("tcb_info", "qe_identity"):
                text = case["collateral_patch"].get(name)
                if text is not None and _is_strict(text):
                    collateral: Collateral = members(text)
                    raw = assemble_collateral(documents(collateral))
                    assert parse_collateral(raw).tcb_info == text, case["name"]
                    checked.append(text)
    assert len(checked) > 50


def _is_strict(text: str) -> bool:
    """Tell whether a text can stand in an answer at all: a strict object without space around."""
    try:
        parse_exact_object(text.encode(), max_size=MAX_SIGNED_JSON_SIZE)
    except MalformedError:
        return False
    return text == text.strip()


def test_the_header_of_a_chain_is_that_of_the_simulated_service() -> None:
    assert chain_text(COLLATERAL.tcb_info_issuer_chain) == ENCODED
    assert json.loads(text_of(INTEL.tcb_info)) == INTEL.tcb_info
