"""What is wrong with a set of vectors as such, whatever an implementation makes of them.

The lint needs no implementation and no generator: it reads the files, the requirements and the
lock of ids.  It returns sentences, one for each fault; an empty answer is a clean set.
"""

from __future__ import annotations

import json
import re
from typing import Dict, Final, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from conformance.mutation import apply_mutation, changed_places
from conformance.outcomes import same
from conformance.requirements import Requirement
from conformance.vectors import BUGS, Vector, VectorFile

__all__ = ["LOCK", "lint", "parse_lock"]

LOCK: Final = "ids.lock"
"""Every id that was ever published, one on a line, in the order in which they came."""

_ID = re.compile(r"[a-z0-9_.]+/[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FLAG_MEMBERS: Final = {"bug", "about", "effect", "fix", "links"}


def parse_lock(text: str) -> Tuple[str, ...]:
    """Return the ids of the lock; lines that begin with `#` are comments."""
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def lint(
    files: Sequence[VectorFile],
    requirements: Mapping[str, Requirement],
    locked: Sequence[str],
    renamed: Optional[Mapping[str, str]] = None,
) -> List[str]:
    """Return the faults of a set of vectors; `renamed` leads from old ids to those of today."""
    faults: List[str] = []
    for file in files:
        faults += _file_faults(file)
        known = {vector.id: vector for vector in file.vectors}
        for vector in file.vectors:
            faults += [f"{vector.id}: {fault}" for fault in _faults(vector, file, requirements)]
            faults += [f"{vector.id}: {fault}" for fault in _parent_faults(vector, known)]
    faults += _id_faults(files, locked, {} if renamed is None else renamed)
    faults += _twins(files)
    return faults


def _file_faults(file: VectorFile) -> Iterator[str]:
    if _SURROGATE.search(json.dumps(file.document, ensure_ascii=False)):
        yield f"{file.name}: half a surrogate pair, for which some parsers refuse the whole file"
    if file.document.get("count") != len(file.vectors) or not file.vectors:
        yield f"{file.name}: the count is not the number of tests"
    verdicts = {vector.expect.verdict for vector in file.vectors}
    if "accept" not in verdicts:
        yield f"{file.name}: nothing is accepted, so whoever rejects everything passes"
    used: Set[str] = {flag for vector in file.vectors for flag in vector.flags}
    for name in sorted(used ^ set(file.flags)):
        yield f"{file.name}: the flag {name} is not described, or not used"
    for name, flag in file.flags.items():
        if set(flag) != _FLAG_MEMBERS or flag["bug"] not in BUGS:
            yield f"{file.name}: the flag {name} is not of the form"
        elif not all(flag[member] for member in ("about", "effect", "fix")):
            yield f"{file.name}: the flag {name} lacks its effect or its fix"


def _faults(
    vector: Vector, file: VectorFile, requirements: Mapping[str, Requirement]
) -> Iterator[str]:
    if _ID.match(vector.id) is None or not vector.id.startswith(f"{file.op}/"):
        yield "the id is not operation/slug"
    if not vector.why.endswith(".") or not vector.req:
        yield "it does not say why it exists and what it tests"
    for name in vector.req:
        if name not in requirements:
            yield f"{name} is not a requirement"
    if vector.importance not in ("critical", "normal"):
        yield f"{vector.importance} is no importance"
    expect = vector.expect
    if expect.verdict not in ("accept", "reject"):
        yield f"{expect.verdict} is no verdict"
    elif expect.verdict == "accept":
        if vector.parent or vector.mutation or expect.reasons or expect.stage:
            yield "an accepted test has a parent or a reason"
    elif not vector.flags or not expect.reasons or expect.out:
        yield "a rejected test needs a flag and a reason, and has no output"
    yield from _reason_faults(vector, requirements)


def _reason_faults(vector: Vector, requirements: Mapping[str, Requirement]) -> Iterator[str]:
    broken = [requirements[name] for name in vector.req if name in requirements]
    legal = {(row.stage, row.refusal) for row in broken if row.refusal}
    for reason in vector.expect.reasons:
        if (vector.expect.stage, reason) not in legal:
            stage = vector.expect.stage
            yield f"{stage}:{reason} is not the refusal of a requirement that it cites"


def _parent_faults(vector: Vector, known: Mapping[str, Vector]) -> Iterator[str]:
    if vector.expect.verdict != "reject":
        return
    parent = known.get(vector.parent)
    if parent is None or parent.expect.verdict != "accept":
        yield f"the parent {vector.parent!r} is not an accepted test of the same file"
        return
    if same(dict(parent.given), dict(vector.given)):
        yield "the input is that of its parent"
        return
    try:
        made = apply_mutation(parent.given, vector.mutation)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        yield f"the mutation cannot be applied to the parent: {error!r}"
        return
    if made is not None and not same(made, dict(vector.given)):
        yield "the mutation of the parent does not give the input"
    elif made is None and vector.mutation["kind"] == "text":
        places = changed_places(parent.given, vector.given)
        if places != (vector.mutation["at"],):
            yield f"the input differs from that of its parent at {', '.join(places)}"


def _id_faults(
    files: Sequence[VectorFile], locked: Sequence[str], renamed: Mapping[str, str]
) -> Iterator[str]:
    ids = [vector.id for file in files for vector in file.vectors]
    for name in sorted({name for name in ids if ids.count(name) > 1} if _repeats(ids) else ()):
        yield f"{name}: the id stands twice"
    if _repeats(locked):
        yield f"{LOCK}: an id stands twice"
    for name in sorted(set(locked) - set(ids)):
        if name not in renamed:
            yield (
                f"{name}: the id was published and is gone; an id is never dropped, and one that"
                " gets another name is entered in conformance/renamed.json"
            )
        elif renamed[name] not in ids:
            yield f"{name}: it was renamed to {renamed[name]}, which is not there"
    for name in sorted(set(renamed) & set(ids)):
        yield f"{name}: it was renamed to {renamed[name]}, and an id is never used again"
    for name in sorted(set(ids) - set(locked)):
        yield f"{name}: the id is not in {LOCK}"


def _repeats(names: Sequence[str]) -> bool:
    return len(set(names)) != len(names)


def _twins(files: Sequence[VectorFile]) -> Iterator[str]:
    """Two tests of one operation with the same input: one of them is too many."""
    seen: Dict[Tuple[str, str], str] = {}
    for file in files:
        for vector in file.vectors:
            key = (file.op, repr(sorted(vector.given.items(), key=lambda item: item[0])))
            if key in seen:
                yield f"{vector.id}: the input is that of {seen[key]}"
            seen.setdefault(key, vector.id)
