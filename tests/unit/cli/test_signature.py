from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.mock_tee.server import MockTee
from tests.unit.cli.command import KEY, venice_ref

BINDING = ("--assurance", "binding")


def answered(tee: MockTee) -> str:
    argv = ["chat", "e2ee-mock", "hello", "--json", *BINDING, "--base-url", tee.base_url]
    name = json.loads(venice_ref(*argv).out)["id"]
    assert isinstance(name, str)
    return name


def test_a_signature_says_how_far_it_goes(tee: MockTee) -> None:
    argv = ["signature", "e2ee-mock", answered(tee), *BINDING, "--base-url", tee.base_url]
    done = venice_ref(*argv)
    assert (done.code, done.err) == (0, "")
    assert "signer_verified      yes" in done.out
    assert "transcript_verified  no" in done.out
    assert "is not verified" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    shown = json.loads(venice_ref(*argv, "--json").out)
    assert (shown["signer_verified"], shown["transcript_verified"]) == (True, False)
    assert shown["signer"].startswith("0x")
    assert len(shown["request_hash"]) == len(shown["response_hash"]) == 64


def test_a_signature_is_checked_at_the_default_level(tee: MockTee, root: Path) -> None:
    argv = ["signature", "e2ee-mock", answered(tee), "--base-url", tee.base_url]
    done = venice_ref(*argv, "--trust-root", str(root))
    assert (done.code, "signer_verified      yes" in done.out) == (0, True)
    refused = venice_ref(*argv)
    assert (refused.code, refused.out, "[CRT-13]" in refused.err) == (1, "", True)


def test_a_missing_signature_is_no_verdict(tee: MockTee) -> None:
    done = venice_ref("signature", "e2ee-mock", "none", *BINDING, "--base-url", tee.base_url)
    assert (done.code, done.out) == (3, "")
    assert "signatures are kept for a short time" in done.err


@pytest.mark.parametrize(
    ("scenario", "rule"),
    [
        ("signature-foreign-signer", "SIG-4"),
        ("signature-address-foreign", "SIG-9"),
        ("signature-high-s", "SIG-3"),
        ("signature-three-part-foreign-model", "SIG-7"),
        ("key-unbound", "BND-1"),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(scenario: str, rule: str) -> None:
    with MockTee(seed="signature", scenario=scenario) as tee:
        name = "any" if scenario == "key-unbound" else answered(tee)
        done = venice_ref("signature", "e2ee-mock", name, *BINDING, "--base-url", tee.base_url)
    assert (done.code, done.out) == (1, "")
    assert f"[{rule}]" in done.err
    assert KEY not in done.err
