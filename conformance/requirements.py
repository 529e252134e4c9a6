"""The requirements of the specification, by id, as `requirements.json` holds them.

`SPEC.md` is the source: each requirement is an item of a list there, and `requirements.json` is
what `conformance.specification` reads out of it, so that programs in any language have the ids, the
sentences and the codes of refusal without reading Markdown.  A test of this repository holds the
two together; this module gives the file types and refuses one that broke its own form.
"""

from __future__ import annotations

import json
import pkgutil
import re
from typing import Dict, Final, List, Mapping, NamedTuple, Tuple

__all__ = [
    "KEYWORDS",
    "PROVENANCES",
    "STAGES",
    "TESTED",
    "Requirement",
    "SuiteError",
    "citations",
    "load_requirements",
    "parse_requirements",
    "requirements_by_id",
]

SCHEMA: Final = "venice-requirements-2"
"""The form of the file."""

KEYWORDS: Final = ("MUST NOT", "MUST", "SHOULD NOT", "SHOULD", "MAY")
"""RFC 2119 and RFC 8174: what a requirement asks for."""

PROVENANCES: Final = ("documented", "observed", "decided here")
"""Where a requirement comes from: the vendor's guide, live behaviour or server source, or us."""

TESTED: Final = ("vector", "scenario", "vector and scenario", "excluded")
"""How a requirement is tested; what is excluded says why."""

STAGES: Final[Mapping[str, str]] = {
    "KEY": "key", "ENV": "envelope", "MSG": "message", "REQ": "request", "SSE": "events",
    "STR": "stream", "SES": "session", "NET": "transport", "ATT": "answer", "BND": "binding",
    "POL": "policy", "QUO": "quote", "CRT": "certificate", "CRL": "revocation",
    "COL": "collateral", "TCB": "tcb", "DST": "dstack", "GPU": "gpu", "TOK": "token",
    "SIG": "signature", "ERR": "error",
}  # fmt: skip
"""Area of the ids -> the stage that a refusal names: how far an implementation got."""


class SuiteError(ValueError):
    """A file of this suite is missing, or broke its own form: a bug of ours, or a bad copy."""


_ID = re.compile(r"([A-Z]{3})-[1-9][0-9]{0,2}\Z")
_CITED = re.compile(r"(?<![A-Z0-9-])[A-Z]{3}-[1-9][0-9]{0,2}(?![0-9])")
_REFUSAL = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_KEYWORD = re.compile(r"\b(?:MUST NOT|MUST|SHOULD NOT|SHOULD|MAY|SHALL|REQUIRED|RECOMMENDED)\b")


class Requirement(NamedTuple):
    """One normative sentence."""

    id: str
    """Such as `ENV-4`; never renumbered and never used again."""
    keyword: str
    """One of `KEYWORDS`; the text holds it, and no other."""
    text: str
    """One sentence, word for word as `SPEC.md` has it."""
    section: str
    """The heading that it stands under, such as `3. The envelope`."""
    provenance: str
    """One of `PROVENANCES`."""
    refusal: str
    """The code of a refusal for its sake, such as `tag`; empty where nothing is refused."""
    tested: str
    """One of `TESTED`."""
    excluded: str
    """Why no test reaches it; empty unless `tested` is `excluded`."""
    why: str
    """The reason, and the readings that were rejected."""

    @property
    def stage(self) -> str:
        """The stage that a refusal for its sake names."""
        return STAGES[self.id.split("-")[0]]


def load_requirements() -> Tuple[Requirement, ...]:
    """Return the requirements in the order of the specification.

    Raises:
        SuiteError: the file is not of the form above; it is our own, so this is a bug of ours.
    """
    raw = pkgutil.get_data("conformance", "requirements.json")
    if raw is None:
        raise SuiteError("conformance/requirements.json is missing")
    return parse_requirements(raw)


def parse_requirements(raw: bytes) -> Tuple[Requirement, ...]:
    """Return the rows of a file of requirements.

    Raises:
        SuiteError: it is not of the form above.
    """
    document = json.loads(raw)
    if document.get("schema") != SCHEMA:
        raise SuiteError(f"the requirements are not of the schema {SCHEMA}")
    rows = tuple(Requirement(**row) for row in document["requirements"])
    seen = set()
    for row in rows:
        check_requirement(row)
        if row.id in seen:
            raise SuiteError(f"{row.id} stands twice")
        seen.add(row.id)
    if not rows:
        raise SuiteError("there is no requirement")
    return rows


def check_requirement(row: Requirement) -> None:
    """Refuse a row that broke the form.

    Raises:
        SuiteError: naming the row and what is wrong.
    """
    match = _ID.match(row.id)
    if match is None or match.group(1) not in STAGES:
        raise SuiteError(f"{row.id} is not the id of a requirement")
    if _KEYWORD.findall(row.text) != [row.keyword]:
        raise SuiteError(f"{row.id}: the text does not hold {row.keyword} and no other keyword")
    if not row.text.endswith(".") or not row.section or not row.why:
        raise SuiteError(f"{row.id}: a sentence, a section and a reason are required")
    if row.provenance not in PROVENANCES or row.tested not in TESTED:
        raise SuiteError(f"{row.id}: unknown provenance or kind of test")
    if row.refusal and _REFUSAL.match(row.refusal) is None:
        raise SuiteError(f"{row.id}: {row.refusal!r} is not a code of refusal")
    if (row.tested == "excluded") != bool(row.excluded):
        raise SuiteError(f"{row.id}: a reason belongs to what is excluded, and to nothing else")


def requirements_by_id() -> Dict[str, Requirement]:
    """Return the requirements by id."""
    return {row.id: row for row in load_requirements()}


def citations(package: str, sources: Mapping[str, bytes]) -> Dict[str, Tuple[str, ...]]:
    """Return id -> `file:line` of every line of Python that holds it as a whole word.

    `sources` gives the content of each file of a package by its path below it.
    """
    found: Dict[str, List[str]] = {}
    for file, content in sources.items():
        for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
            for cited in dict.fromkeys(_CITED.findall(line)):
                found.setdefault(cited, []).append(f"{package}/{file}:{number}")
    return {cited: tuple(places) for cited, places in found.items()}
