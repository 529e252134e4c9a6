from __future__ import annotations

import csv
import io
import json

from conformance.export import requirements_as_csv, suite_as_json, vectors_as_csv
from conformance.requirements import load_requirements
from conformance.vectors import load_files


def test_the_json_document_holds_everything_and_its_licences() -> None:
    requirements, files = load_requirements(), load_files()
    document = json.loads(suite_as_json(requirements, files))
    assert document["licences"] == {"requirements": "CC-BY-4.0", "vectors": "CC0-1.0"}
    assert [row["id"] for row in document["requirements"]] == [row.id for row in requirements]
    assert document["vectors"] == [file.document for file in files]


def test_the_table_of_vectors_can_be_read_back() -> None:
    files = load_files()
    vectors = [vector for file in files for vector in file.vectors]
    csv.field_size_limit(10_000_000)
    rows = list(csv.DictReader(io.StringIO(vectors_as_csv(files), newline="")))
    assert [row["id"] for row in rows] == [vector.id for vector in vectors]
    for row, vector in zip(rows, vectors):
        assert json.loads(row["in"]) == dict(vector.given)
        assert row["req"].split() == list(vector.req)
        if row["verdict"] == "accept":
            assert json.loads(row["out"]) == dict(vector.expect.out)
        else:
            assert row["reason"].split() == list(vector.expect.reasons)


def test_the_table_of_requirements_can_be_read_back() -> None:
    requirements = load_requirements()
    rows = list(csv.DictReader(io.StringIO(requirements_as_csv(requirements), newline="")))
    assert [tuple(row.values()) for row in rows] == [tuple(row) for row in requirements]
