"""The vectors of envelopes, derived again with `cryptography`: outputs, steps and verdicts."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, Tuple

import pytest

from conformance.vectors import Expectation, Vector, find_folder, load_file

pytest.importorskip("cryptography", reason="the oracle is the package cryptography")
from tests.oracles.vectors.plain_envelope import N, open_text, public_of, read_public, seal, steps
from tests.oracles.vectors.plain_request import RefusedError


def vectors(name: str) -> Iterator[Vector]:
    folder = find_folder()
    found = load_file(folder / f"{name}.json", folder).vectors
    assert found
    yield from found


def expected(expect: Expectation) -> Any:
    if expect.verdict == "accept":
        return dict(expect.out)
    (reason,) = expect.reasons
    return expect.stage, reason


def opened(given: Mapping[str, Any]) -> Tuple[Any, Dict[str, str]]:
    secret = bytes.fromhex(given["secret"])
    try:
        for envelope in given.get("before", ()):
            open_text(secret, envelope)
        text, mid = open_text(secret, given["envelope"] + "0" * given.get("zeros", 0))
    except RefusedError as refusal:
        return refusal.args, {}
    return {"text": text}, mid


def sealed(given: Mapping[str, Any]) -> Tuple[Any, Dict[str, str]]:
    text = given.get("text", "")
    if "text_utf16" in given:
        text = bytes.fromhex(given["text_utf16"]).decode("utf-16-be", "surrogatepass")
    ephemeral, nonce = bytes.fromhex(given["ephemeral"]), bytes.fromhex(given["nonce"])
    try:
        recipient = read_public(given["recipient"])
        envelope = seal(recipient, ephemeral, nonce, text * given.get("repeat", 1))
    except RefusedError as refusal:
        return refusal.args, {}
    mid = {
        **steps(ephemeral, recipient, nonce),
        "ephemeral_public": public_of(ephemeral).hex(),
        "tag": envelope[-32:],
    }
    return {"envelope": envelope}, mid


def test_open() -> None:
    for vector in vectors("envelope/open"):
        found, mid = opened(vector.given)
        assert found == expected(vector.expect), vector.id
        assert mid == dict(vector.mid) or not vector.mid, vector.id


def test_seal() -> None:
    for vector in vectors("envelope/seal"):
        found, mid = sealed(vector.given)
        assert found == expected(vector.expect), vector.id
        assert mid == dict(vector.mid) or not vector.mid, vector.id


def test_every_ordinary_text_shows_its_steps() -> None:
    shown = sum(bool(vector.mid) for name in ("envelope/open", "envelope/seal")
                for vector in vectors(name))  # fmt: skip
    assert shown >= 40


def test_what_is_special_about_the_keys() -> None:
    """The inputs are what their names say."""
    by_id = {v.id: v for name in ("envelope/open", "envelope/seal") for v in vectors(name)}
    for op in ("field.open", "field.seal"):
        assert by_id[f"{op}/shared-x-begins-00"].mid["shared_x"][:2] == "00"
        assert by_id[f"{op}/ephemeral-x-begins-00"].mid["ephemeral_public"][2:4] == "00"
        assert by_id[f"{op}/ephemeral-y-begins-00"].mid["ephemeral_public"][66:68] == "00"
    assert int(by_id["field.seal/ephemeral-n-minus-1"].given["ephemeral"], 16) == N - 1
    assert int(by_id["field.open/secret-n-minus-1"].given["secret"], 16) == N - 1
    whole = [by_id["field.open/ephemeral-key-repeated"].given[n] for n in ("before", "envelope")]
    assert len({envelope[:130] for envelope in [*whole[0], whole[1]]}) == 1
    assert len({envelope[130:154] for envelope in [*whole[0], whole[1]]}) == 4
