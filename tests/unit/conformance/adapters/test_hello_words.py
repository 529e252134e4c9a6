"""What is misspelt in a hello is refused, and what is unknown is remarked upon."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

from conformance.adapters.hello_words import unknown_words
from conformance.adapters.protocol import ProtocolError, parse_hello
from conformance.adapters.reference import handle
from conformance.cli import doctor
from conformance.operations import FEATURES
from conformance.plan import load_cases

HELLO: Dict[str, Any] = {
    "protocol": 1,
    "implementation": {"name": "script", "version": "1", "language": "Python"},
    "operations": {"key.parse": {}},
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"features": ["lone-surogates"]}, '"lone-surogates"; it is spelt "lone-surrogates"'),
        ({"features": ["DCAP"]}, '"DCAP"; it is spelt "dcap"'),
        ({"feature": ["aad"]}, '"feature"; it is spelt "features"'),
        ({"inject": {"trust_anchor": True}}, 'it is spelt "trust_anchors"'),
        ({"operations": {"stream.open": {"witout": []}}}, 'it is spelt "without"'),
        (
            {"operations": {"stream.open": {"without": ["allow_plaintxt"]}}},
            '"without" of stream.open of hello has "allow_plaintxt"',
        ),
        (
            {"operations": {"stream.open": {"omits": ["finish-reason"]}}},
            'it is spelt "finish_reason"',
        ),
        ({"operations": {"client.chat": {"features": ["gpu_nras"]}}}, 'spelt "gpu-nras"'),
        (
            {"operations": {"stream.open": {"omits": "usage"}}},
            '"omits" of stream.open in hello is not an array of texts',
        ),
        ({"operations": {"stream.open": {"without": [1]}}}, "is not an array of texts"),
        ({"operations": {"client.chat": {"features": {}}}}, "is not an array of texts"),
    ],
)
def test_what_is_misspelt_is_refused(change: Dict[str, Any], told: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_hello({**HELLO, **change})
    assert told in str(caught.value)


def test_what_resembles_nothing_is_remarked_upon() -> None:
    hello = parse_hello(
        {
            **HELLO,
            "colour": "blue",
            "features": ["aad", "of-its-own"],
            "operations": {"stream.open": {"without": ["envelope"], "speed": 1}},
        }
    )
    remarks = unknown_words(hello.raw)
    assert [remark.split(", which has no effect; ")[0] for remark in remarks] == [
        '"features" of hello has "of-its-own"',
        '"without" of stream.open of hello has "envelope"',
        '"operations", stream.open, of hello has "speed"',
    ]


def test_the_words_are_those_that_tests_need() -> None:
    needed = {name for case in load_cases() for name in case.needs}
    assert needed <= FEATURES
    assert set(handle.FEATURES) == FEATURES
    assert unknown_words(handle.hello()) == ()


def test_doctor_shows_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _doctor(tmp_path, "lone-surogates") == 7
    assert 'it is spelt "lone-surrogates"' in " ".join(capsys.readouterr().out.split())
    assert _doctor(tmp_path, "of-its-own") == 0
    assert '"of-its-own", which has no effect' in " ".join(capsys.readouterr().out.split())


def _doctor(folder: Path, feature: str) -> int:
    program = folder / "adapter.py"
    hello = {**HELLO, "operations": {}, "features": [feature]}
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    request = json.loads(line)\n"
        f"    known = {{'hello': {hello!r}, 'bye': {{}}}}\n"
        "    op = request['op']\n"
        "    reply = {'ok': known[op]} if op in known else {'unsupported': op}\n"
        "    print(json.dumps({'id': request['id'], **reply}), flush=True)\n",
        encoding="utf-8",
    )
    parser = argparse.ArgumentParser()
    doctor.add_arguments(parser)
    return doctor.doctor(parser.parse_args(["--adapter", f"{sys.executable} {program}"]))
