from __future__ import annotations

import json
import pkgutil
from pathlib import Path
from typing import Any, Dict

import pytest

from conformance import requirements
from conformance.requirements import cited_by, load_requirements, requirements_by_id


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


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "another"},
        {"requirements": []},
        {"requirements": [{"id": "XYZ-01", "keyword": "MUST", "text": "It MUST."}]},
        {"requirements": [{"id": "env-1", "keyword": "MUST", "text": "It MUST."}]},
        {"requirements": [{"id": "ENV-1", "keyword": "WILL", "text": "It WILL."}]},
        {"requirements": [{"id": "ENV-1", "keyword": "MUST", "text": "It does."}]},
        {"requirements": [{"id": "ENV-1", "keyword": "MUST", "text": "It MUST."}] * 2},
    ],
)
def test_a_file_that_broke_its_form_is_refused(
    monkeypatch: pytest.MonkeyPatch, change: Dict[str, Any]
) -> None:
    sound = {
        "schema": "venice-requirements-1",
        "requirements": [{"id": "ENV-1", "keyword": "MUST", "text": "It MUST."}],
    }

    def serve(document: Dict[str, Any]) -> None:
        raw = json.dumps(document).encode()
        monkeypatch.setattr(pkgutil, "get_data", lambda _package, _name: raw)

    serve(sound)
    assert load_requirements()[0].id == "ENV-1"
    serve({**sound, **change})
    with pytest.raises(ValueError, match=r"requirement|schema|keyword|id"):
        load_requirements()


def test_citations_are_whole_words(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "a.py").write_text("# ENV-1\n# ENV-12\n# XENV-1\nx = 'ENV-1'\n", encoding="utf-8")
    (package / "b.py").write_text("# [ENV-1, ENV-2]\n", encoding="utf-8")
    assert cited_by("ENV-1", root=package) == ("package/a.py:1", "package/a.py:4", "package/b.py:1")
    assert cited_by("ENV-3", root=package) == ()
