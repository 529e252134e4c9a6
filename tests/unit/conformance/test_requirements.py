from __future__ import annotations

import json
import pkgutil
from pathlib import Path
from typing import Dict

import pytest

from conformance import requirements
from conformance.requirements import (
    SuiteError,
    citations,
    load_requirements,
    parse_requirements,
    requirements_by_id,
)


def test_the_rows_are_those_of_the_file() -> None:
    path = Path(requirements.__file__).parent / "requirements.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    rows = load_requirements()
    assert [row._asdict() for row in rows] == document["requirements"]
    assert len(rows) > 100


def test_an_id_leads_to_its_row() -> None:
    row = requirements_by_id()["ENV-4"]
    assert row.keyword == "MUST"
    assert "93 bytes" in row.text


SOUND: Dict[str, str] = {
    "id": "ENV-1",
    "keyword": "MUST",
    "text": "It MUST.",
    "section": "4. The envelope",
    "provenance": "documented",
    "refusal": "tag",
    "tested": "vector",
    "excluded": "",
    "why": "Because.",
}


def encoded(*rows: Dict[str, str], schema: str = "venice-requirements-2") -> bytes:
    return json.dumps({"schema": schema, "requirements": list(rows)}).encode()


def test_a_sound_row_is_read() -> None:
    row = parse_requirements(encoded(SOUND))[0]
    assert (row.id, row.stage, row.refusal) == ("ENV-1", "envelope", "tag")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "XYZ-1"},
        {"id": "ENV-01"},
        {"id": "env-1"},
        {"keyword": "WILL", "text": "It WILL."},
        {"text": "It does."},
        {"text": "It MUST and it MUST NOT."},
        {"text": "It MUST"},
        {"section": ""},
        {"why": ""},
        {"provenance": "guessed"},
        {"refusal": "Tag!"},
        {"tested": "somehow"},
        {"tested": "excluded"},
        {"excluded": "for no reason"},
    ],
)
def test_a_row_that_broke_its_form_is_refused(change: Dict[str, str]) -> None:
    with pytest.raises(SuiteError):
        parse_requirements(encoded({**SOUND, **change}))


@pytest.mark.parametrize(
    "raw", [encoded(), encoded(SOUND, SOUND), encoded(SOUND, schema="another")]
)
def test_a_file_that_broke_its_form_is_refused(raw: bytes) -> None:
    with pytest.raises(SuiteError):
        parse_requirements(raw)


def test_a_missing_file_is_an_error_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkgutil, "get_data", lambda _package, _name: None)
    with pytest.raises(SuiteError, match="missing"):
        load_requirements()


def test_citations_are_whole_words() -> None:
    sources = {"a.py": b"# ENV-1\n# ENV-12\n# XENV-1\nx = 'ENV-1'\n", "b.py": b"# [ENV-1, ENV-2]\n"}
    found = citations("package", sources)
    assert found["ENV-1"] == ("package/a.py:1", "package/a.py:4", "package/b.py:1")
    assert set(found) == {"ENV-1", "ENV-2", "ENV-12"}
