"""What there is to run: every vector, every attack, and every vector once more from a fresh seed.

A case is one test with what the runner has to know about it and the implementation must not: its
id, its control, its requirements.  Cases stand in the order of the suite: the files by their names,
the attacks in the order of their catalogue, then the vectors that are made for this run.
"""

from __future__ import annotations

from typing import (
    Any,
    Dict,
    Final,
    FrozenSet,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from conformance.operations import CHAT
from conformance.requirements import Requirement, SuiteError, requirements_by_id
from conformance.scenarios.attack import Attack
from conformance.vectors import Vector, VectorFile, load_files

__all__ = [
    "CHALLENGE",
    "Case",
    "challenge_cases",
    "keyword_of",
    "load_cases",
    "plan",
    "scenario_cases",
]

CHALLENGE: Final = "challenge/"
"""What the ids of vectors that are made for a run begin with."""

_KEYWORDS: Final = ("MUST", "SHOULD", "MAY")


class Case(NamedTuple):
    """One test."""

    id: str
    kind: str
    """One of `conformance.results.KINDS`."""
    op: str
    file: str
    """File of vectors, such as `envelope/open`; `scenarios` for attacks."""
    control: str
    """Id of the case without whose pass this one proves nothing; empty for a control."""
    req: Tuple[str, ...]
    keyword: str
    """`MUST`, `SHOULD` or `MAY`: the strongest of its requirements."""
    importance: str
    negative: bool
    """Whether the right answer is a refusal."""
    needs: FrozenSet[str]
    """Optional features without which it does not apply."""
    vector: Optional[Vector] = None
    """Absent for attacks; of a challenge it is the published one until the fresh one is made."""
    flags: Mapping[str, Mapping[str, Any]] = {}
    """The classes of mistakes that the file describes."""
    attack: Optional[Attack] = None

    @property
    def published(self) -> str:
        """The id without `challenge/`."""
        return self.id[len(CHALLENGE) :] if self.kind == "challenge" else self.id


def load_cases() -> Tuple[Case, ...]:
    """Return the cases of the whole suite.

    Raises:
        SuiteError: there are no vectors, or the suite contradicts itself.
    """
    from conformance.scenarios.catalogue import ATTACKS  # noqa: PLC0415  # it reads a good deal

    return plan(load_files(), ATTACKS, requirements_by_id())


def plan(
    files: Sequence[VectorFile],
    attacks: Sequence[Attack],
    requirements: Mapping[str, Requirement],
) -> Tuple[Case, ...]:
    """Return a case for each vector and each attack, in the order of the suite.

    Raises:
        SuiteError: an id stands twice, or a control is not there: a mistake of ours.
    """
    cases = [*_vector_cases(files, requirements), *scenario_cases(attacks)]
    known: Dict[str, Case] = {}
    for case in cases:
        if case.id in known:
            raise SuiteError(f"{case.id} stands twice in the suite")
        known[case.id] = case
    for case in cases:
        if case.control and case.control not in known:
            raise SuiteError(f"{case.id}: there is no control {case.control}")
    return tuple(cases)


def scenario_cases(attacks: Iterable[Attack]) -> List[Case]:
    """Return a case for each attack."""
    return [
        Case(
            id=attack.id,
            kind="scenario",
            op=CHAT,
            file="scenarios",
            control=attack.control,
            req=attack.req,
            keyword=attack.keyword,
            importance=attack.importance,
            negative=attack.negative,
            needs=frozenset(attack.needs),
            attack=attack,
        )
        for attack in attacks
    ]


def challenge_cases(cases: Iterable[Case]) -> List[Case]:
    """Return a challenge for each vector among the cases; what is fresh in it is made later."""
    return [
        case._replace(
            id=CHALLENGE + case.id,
            kind="challenge",
            control=CHALLENGE + case.control if case.control else "",
        )
        for case in cases
        if case.kind == "vector"
    ]


def keyword_of(req: Sequence[str], requirements: Mapping[str, Requirement]) -> str:
    """Return the strongest keyword of some requirements; one that is not known counts as MUST."""
    words = {requirements[name].keyword.split()[0] for name in req if name in requirements}
    return next((word for word in _KEYWORDS if word in words), _KEYWORDS[0])


def _vector_cases(
    files: Sequence[VectorFile], requirements: Mapping[str, Requirement]
) -> Iterable[Case]:
    for file in files:
        for vector in file.vectors:
            yield Case(
                id=vector.id,
                kind="vector",
                op=vector.op,
                file=file.name,
                control=vector.parent if vector.expect.verdict == "reject" else "",
                req=vector.req,
                keyword=keyword_of(vector.req, requirements),
                importance=vector.importance,
                negative=vector.expect.verdict == "reject",
                needs=frozenset(vector.features),
                vector=vector,
                flags=file.flags,
            )
