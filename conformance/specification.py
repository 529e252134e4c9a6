"""The normative items of `SPEC.md`, read out of its Markdown.

An item of the specification is one item of a list:

    - **[ENV-4]** A receiver MUST refuse an envelope of fewer than 93 bytes.
      (decided here; refusal `too-short`; vector)
      Why: the curve operation is the expensive part, ...

The sentence comes first, then the provenance, the code of refusal and the kind of test in
parentheses, then the reason.  Lines may be wrapped anywhere; each line after the first is indented
by two spaces.
"""

from __future__ import annotations

import json
import re
from typing import Final, Iterator, List, Tuple

from conformance.requirements import KEYWORDS, SCHEMA, Requirement, check_requirement

__all__ = ["encode_requirements", "parse_specification"]

_HEADING: Final = re.compile(r"##+ (.+)\Z")
_FIRST: Final = re.compile(r"- \*\*\[([A-Z]{3}-[0-9]+)\]\*\* (.+)\Z")
_ITEM: Final = re.compile(
    r"(?P<text>.+?\.) "
    r"\((?P<provenance>documented|observed|decided here); "
    r"(?:refusal `(?P<refusal>[a-z0-9-]+)`|no refusal); "
    r"(?P<tested>vector and scenario|vector|scenario|excluded: (?P<excluded>[^()]+))\) "
    r"Why: (?P<why>.+)\Z"
)


def parse_specification(markdown: str) -> Tuple[Requirement, ...]:
    """Return the requirements of a specification, in its order.

    Raises:
        ValueError: naming the item that is not of the form above.
    """
    rows = [_row(name, section, text) for name, section, text in _items(markdown)]
    names = [row.id for row in rows]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} stands twice")
    return tuple(rows)


def encode_requirements(rows: Tuple[Requirement, ...]) -> bytes:
    """Return the bytes of `requirements.json`."""
    document = {"schema": SCHEMA, "requirements": [row._asdict() for row in rows]}
    return (json.dumps(document, indent=1) + "\n").encode("ascii")


def _items(markdown: str) -> Iterator[Tuple[str, str, str]]:
    """Yield (id, heading, the lines joined by single spaces) of each item."""
    section = ""
    name, lines = "", [""]
    for line in [*markdown.splitlines(), ""]:
        if name and line.startswith("  "):
            lines.append(line.strip())
            continue
        if name:
            yield name, section, " ".join(lines)
            name = ""
        heading, first = _HEADING.match(line), _FIRST.match(line)
        if heading:
            section = heading.group(1)
        elif first:
            name, lines = first.group(1), [first.group(2)]


def _row(name: str, section: str, text: str) -> Requirement:
    match = _ITEM.match(text)
    if match is None:
        raise ValueError(
            f"{name} is not: sentence. (provenance; refusal `code` or no refusal; kind of test)"
            f" Why: reason. It is: {text[:200]}"
        )
    sentence = match.group("text")
    keyword = next((word for word in KEYWORDS if re.search(rf"\b{word}\b", sentence)), "")
    row = Requirement(
        id=name,
        keyword=keyword,
        text=sentence,
        section=section,
        provenance=match.group("provenance"),
        refusal=match.group("refusal") or "",
        tested=match.group("tested").split(":")[0],
        excluded=match.group("excluded") or "",
        why=match.group("why"),
    )
    check_requirement(row)
    return row


def refusals(rows: Tuple[Requirement, ...]) -> List[Tuple[str, str, Tuple[str, ...]]]:
    """Return (stage, code, ids) of every refusal, in the order of the specification."""
    found: List[Tuple[str, str]] = []
    for row in rows:
        if row.refusal and (row.stage, row.refusal) not in found:
            found.append((row.stage, row.refusal))
    return [
        (
            stage,
            code,
            tuple(row.id for row in rows if (row.stage, row.refusal) == (stage, code)),
        )
        for stage, code in found
    ]
