"""The texts of an implementation's own errors, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest

from conformance.adapters.error_map import ErrorMapError, load_error_map, parse_error_map

MAP = b"""{
  "envelope:tag": ["InvalidTag", "OperationError"],
  "envelope:too-short": ["OperationError: too small"],
  "key:point": ["on curve"]
}"""


@pytest.mark.parametrize(
    ("native", "stage", "reason"),
    [
        ("InvalidTag", "envelope", "tag"),
        ("x OperationError: bad y", "envelope", "tag"),
        ("x OperationError: too small y", "envelope", "too-short"),
        ("point is not on curve", "key", "point"),
    ],
)
def test_a_text_that_is_known(native: str, stage: str, reason: str) -> None:
    reply = {"id": "1", "reject": {"native": native, "released": []}}
    assert parse_error_map(MAP).apply(reply) == {
        "id": "1",
        "reject": {"native": native, "released": [], "stage": stage, "reason": reason},
    }
    assert "stage" not in reply["reject"]


@pytest.mark.parametrize(
    "reply",
    [
        {"reject": {"native": "another"}},
        {"reject": {"native": "invalidtag"}},
        {"reject": {}},
        {"reject": {"native": "InvalidTag", "stage": "key", "reason": "form"}},
        {"reject": {"native": "InvalidTag", "reason": "own"}},
        {"ok": {"native": "InvalidTag"}},
        {"unsupported": "InvalidTag"},
        {"error": {"message": "InvalidTag"}},
    ],
)
def test_what_stays_as_it_is(reply: Dict[str, Any]) -> None:
    assert parse_error_map(MAP).apply(reply) is reply


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "not JSON"),
        ("[]", "not an object"),
        ('{"envelope:tags": ["x"]}', "did you mean envelope:tag"),
        ('{"tag": ["x"]}', "tag is not a stage and a reason"),
        ('{"zzz:qqq": ["x"]}', "zzz:qqq is not a stage and a reason of the specification"),
        ('{"envelope:tag": "x"}', "not an array"),
        ('{"envelope:tag": [""]}', "not an array of texts that are not empty"),
        ('{"envelope:tag": [1]}', "not an array of texts"),
        ('{"envelope:tag": ["x"], "envelope:tag": ["y"]}', "envelope:tag stands twice"),
        ('{"envelope:tag": ["x"], "key:form": ["x"]}', "a text has one meaning"),
    ],
)
def test_a_map_that_is_none(text: str, told: str) -> None:
    with pytest.raises(ErrorMapError) as caught:
        parse_error_map(text.encode())
    assert told in str(caught.value)


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "errors.json"
    with pytest.raises(ErrorMapError, match=r"errors\.json: No such file"):
        load_error_map(path)
    path.write_bytes(MAP)
    assert len(load_error_map(path).rows) == 4
    path.write_bytes(b"{")
    with pytest.raises(ErrorMapError, match=r"errors\.json: it is not JSON"):
        load_error_map(path)
