"""Requirements and vectors as one document that another project may carry.

The vectors are dedicated to the public domain (CC0 1.0); the sentences of the requirements are
under CC BY 4.0.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Dict, Final, List, Sequence

from conformance.requirements import Requirement
from conformance.vectors import Vector, VectorFile

__all__ = ["requirements_as_csv", "suite_as_json", "vectors_as_csv"]

SCHEMA: Final = "venice-export-1"
"""The form of the JSON document."""

VECTOR_COLUMNS: Final = (
    "id", "op", "verdict", "stage", "reason", "req", "flags", "importance", "parent", "why",
    "in", "out", "mid", "mutation",
)  # fmt: skip
"""Columns of the table of vectors; the last four hold JSON, lists are separated by spaces."""


def suite_as_json(requirements: Sequence[Requirement], files: Sequence[VectorFile]) -> str:
    """Return one JSON object with everything: requirements, and each file as it stands."""
    document = {
        "schema": SCHEMA,
        "licences": {"requirements": "CC-BY-4.0", "vectors": "CC0-1.0"},
        "requirements": [row._asdict() for row in requirements],
        "vectors": [file.document for file in files],
    }
    return json.dumps(document, indent=1) + "\n"


def requirements_as_csv(requirements: Sequence[Requirement]) -> str:
    """Return a table of the requirements (RFC 4180), one in each row."""
    return _table(Requirement._fields, [row._asdict() for row in requirements])


def vectors_as_csv(files: Sequence[VectorFile]) -> str:
    """Return a table of the vectors (RFC 4180), one in each row."""
    return _table(VECTOR_COLUMNS, [_row(vector) for file in files for vector in file.vectors])


def _row(vector: Vector) -> Dict[str, Any]:
    expect = vector.expect
    return {
        "id": vector.id,
        "op": vector.op,
        "verdict": expect.verdict,
        "stage": expect.stage,
        "reason": " ".join(expect.reasons),
        "req": " ".join(vector.req),
        "flags": " ".join(vector.flags),
        "importance": vector.importance,
        "parent": vector.parent,
        "why": vector.why,
        "in": json.dumps(vector.given),
        "out": json.dumps(expect.out) if expect.verdict == "accept" else "",
        "mid": json.dumps(vector.mid) if vector.mid else "",
        "mutation": json.dumps(vector.mutation) if vector.mutation else "",
    }


def _table(columns: Sequence[str], rows: List[Dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
