"""The vectors of requests, derived again from the text of the specification and `cryptography`.

`plain_request` is a second reading of sections 5 and 6, whose tables it takes from `SPEC.md`.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Mapping
from urllib.parse import quote, urlencode

import pytest

from conformance.vectors import Vector

pytest.importorskip("cryptography", reason="the oracle is the package cryptography")
from tests.oracles.vectors.plain_envelope import N, open_text, public_of, read_public, seal
from tests.oracles.vectors.plain_request import (
    OBJECTS,
    OPTIONS,
    PARAMETERS,
    SETS,
    RefusedError,
    array_text,
    check_models,
    judge_model,
    judge_options,
    plaintexts,
)
from tests.oracles.vectors.test_envelope import expected, vectors

FILES = ("request/build", "request/messages", "request/options")


def build(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Build a request as sections 5 and 6 say."""
    before = json.dumps(given["messages"])
    judge_model(given["model"])
    recipient = read_public(given["model_key"])
    messages = given["messages"]
    if "repeat" in given:
        messages = messages * given["repeat"]
    texts = plaintexts(messages)
    fields = judge_options(given.get("options", {}))
    drawn = bytes.fromhex(given["random"])
    sent: List[Dict[str, Any]] = []
    for message, text in zip(messages, texts):
        entry = dict(message)
        if text is not None:
            while not 0 < int.from_bytes(drawn[:32], "big") < N:
                drawn = drawn[32:]
            entry["content"] = seal(recipient, drawn[:32], drawn[32:44], text)
            drawn = drawn[44:]
        sent.append(entry)
    assert not drawn
    client = public_of(bytes.fromhex(given["client_secret"]))
    found: Dict[str, Any] = {
        "headers": [
            ["x-venice-tee-client-pub-key", client.hex()],
            ["x-venice-tee-model-pub-key", recipient.hex()],
            ["x-venice-tee-signing-algo", "ecdsa"],
        ],
        "body": {"model": given["model"], "messages": sent, **fields},
    }
    if given.get("show_messages"):
        found["messages_after"] = json.loads(before)
    return found


def answer(given: Mapping[str, Any]) -> Any:
    try:
        return build(given)
    except RefusedError as refusal:
        return refusal.args


@pytest.mark.parametrize("name", FILES)
def test_requests(name: str) -> None:
    for vector in vectors(name):
        assert answer(vector.given) == expected(vector.expect), vector.id


def accepted() -> Iterator[Vector]:
    for name in FILES:
        yield from (vector for vector in vectors(name) if vector.expect.verdict == "accept")


def test_no_two_envelopes_share_a_key_or_a_nonce() -> None:
    for vector in accepted():
        envelopes = [
            message["content"]
            for message in vector.expect.out["body"]["messages"]
            if message.get("content") is not None
        ]
        assert len({envelope[:130] for envelope in envelopes}) == len(envelopes), vector.id
        assert len({envelope[130:154] for envelope in envelopes}) == len(envelopes), vector.id


def test_the_model_reads_what_the_caller_wrote() -> None:
    """What array content is sealed as parses to the array, and texts are as they were.

    The model's secret is that of the worked example, which `envelope/open` gives.
    """
    example = next(v for v in vectors("envelope/open") if v.id == "field.open/ascii")
    secret = bytes.fromhex(example.given["secret"])
    read = 0
    for vector in accepted():
        sent = vector.expect.out["body"]["messages"]
        assert len(sent) == len(vector.given["messages"])
        for message, original in zip(sent, vector.given["messages"]):
            assert message["role"] == original["role"]
            assert ("content" in message) == ("content" in original)
            content = original.get("content")
            if content is None:
                assert message.get("content") is None
                continue
            text, _ = open_text(secret, message["content"])
            assert (json.loads(text) if isinstance(content, list) else text) == content, vector.id
            read += 1
    assert read > 70


def test_models() -> None:
    for vector in vectors("request/models"):
        try:
            check_models(vector.given["models"], vector.given["model"])
        except RefusedError as refusal:
            found: Any = refusal.args
        else:
            found = {"supported": True}
        assert found == expected(vector.expect), vector.id


def test_ids() -> None:
    for vector in vectors("request/ids"):
        given = vector.given
        names = ("model", "nonce" if given["endpoint"] == "attestation" else "request_id")
        query = urlencode([(name, given[name]) for name in names], quote_via=quote, safe="")
        found: Any = {"url": f"{given['base_url']}/tee/{given['endpoint']}?{query}"}
        if not all(given[name] for name in names):
            found = ("request", "id")
        assert found == expected(vector.expect), vector.id


def test_every_row_of_the_tables_has_its_vector() -> None:
    """Each refused name is refused and each harmless value and closed string passes somewhere."""
    refused: List[Any] = []
    passed: List[Any] = []
    for vector in vectors("request/options"):
        options = vector.given["options"]
        (passed if vector.expect.verdict == "accept" else refused).append(options)
    for name, (harmless, _) in OPTIONS.items():
        assert any(name in options for options in refused), name
        for value in harmless:
            assert any((name, value) in options.items() for options in passed), (name, value)
    inside = [
        o["venice_parameters"] for o in refused if isinstance(o.get("venice_parameters"), dict)
    ]
    for name in PARAMETERS:
        assert any(name in members for members in inside), name
    for path, values in SETS.items():
        for value in values:
            outer, _, inner = path.partition(".")
            wanted: Any = {inner: value} if inner else value
            assert any(
                wanted.items() <= options[outer].items() if inner else options[outer] == wanted
                for options in passed
                if outer in options
            ), (path, value)
    for name, members in OBJECTS.items():
        seen = {member for options in passed for member in options.get(name, {})}
        assert seen == set(members), name


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("[1]", True), ("[1 2]", False), ("[[],{}]", True), ('{"a":1}', False), ("[,]", False),
     ('["a":1]', False), ("[1]]", False), ('[{"a":[1,{"b":null}]}]', True), ("[01]", False)],
)  # fmt: skip
def test_the_second_parser(text: str, verdict: bool) -> None:
    assert array_text(text) is verdict
