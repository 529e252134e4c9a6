"""An attack: what a hostile or careless service does to a client, and what the client may then do.

Each attack names the scenario of the mock that serves it and its control: an honest scenario with
the same needs.  Without the control's pass a refusal proves nothing, because a client that always
fails refuses everything.

    expects   the client
    refuse    sends nothing that it wants kept, and shows nothing: the evidence is bad
    fail      does not claim success; what it showed is a beginning of the honest answer
    endure    succeeds with the whole answer: this is honest
    either    may do both; what it shows and sends has to be in order either way
"""

from __future__ import annotations

from typing import Any, Dict, Final, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from conformance.requirements import Requirement, requirements_by_id

__all__ = [
    "CONTROLS",
    "EITHER",
    "ENDURE",
    "EXPECTATIONS",
    "FAIL",
    "FEATURES",
    "PREFIX",
    "REFUSE",
    "Attack",
    "attack_rows",
    "expected_reasons",
]

PREFIX: Final = "scenario/"

REFUSE: Final = "refuse"
FAIL: Final = "fail"
ENDURE: Final = "endure"
EITHER: Final = "either"

EXPECTATIONS: Final[Mapping[str, str]] = {
    REFUSE: "a refusal before anything is sent to the model, and nothing shown",
    FAIL: "no claim of success, and nothing shown but a beginning of the honest answer",
    ENDURE: "the whole answer, and success",
    EITHER: "the whole answer, or a refusal; in both cases only requests that are allowed",
}
"""What a client has to do, by the word that attacks use."""

FEATURES: Final = ("dcap", "gpu-nras", "signature")
"""What an attack may need of a client: that it verifies the quote up to Intel's root, asks NVIDIA's
service about the GPUs, checks the signature of an answer before it claims success."""

CONTROLS: Final[Mapping[FrozenSet[str], str]] = {
    frozenset(): "scenario/honest",
    frozenset({"dcap"}): "scenario/honest-dcap",
    frozenset({"gpu-nras"}): "scenario/honest-gpu-nras",
    frozenset({"signature"}): "scenario/honest-signature",
}
"""Needs -> the honest scenario with the same ones."""

MODEL: Final = "e2ee-mock"


class Attack(NamedTuple):
    """One scenario of the suite."""

    id: str
    """`scenario/` and a name that is never used for anything else."""
    serves: str
    """The scenario of the mock."""
    control: str
    """Id of the honest scenario with the same needs; empty for the controls themselves."""
    req: Tuple[str, ...]
    keyword: str
    """`MUST`, `SHOULD` or `MAY`: the strongest of its requirements."""
    importance: str
    """`critical` where somebody else can read or write the conversation, else `normal`."""
    needs: FrozenSet[str]
    """Of `FEATURES`."""
    expects: str
    """A key of `EXPECTATIONS`."""
    max_chats: int
    """Requests to the model that may be sent at most."""
    why: str
    """The bug that it finds."""
    impact: str
    """What an attacker gains, or what does not work."""
    hint: str
    """How to mend it."""
    reasons: FrozenSet[str] = frozenset()
    """`stage:reason` of a right refusal; empty where nothing is refused."""
    model: str = MODEL
    settings: Mapping[str, Any] = {}
    """Settings of the mock, besides the scenario."""
    max_attestations: int = 6
    """Requests for evidence that may be sent at most."""
    times: int = 1
    """Conversations, one after the other, with the same server."""
    steals: bool = False
    """Whether a prompt that is opened was opened by a key that is not the enclave's."""
    slow: bool = False
    """Whether the server never ends by itself: the client needs time limits of its own."""
    truncates: bool = False
    """Whether success claimed here means that something incomplete was called complete."""

    @property
    def negative(self) -> bool:
        """Whether the right answer is a refusal."""
        return self.expects in (REFUSE, FAIL)


def attack_rows(rows: Sequence[Mapping[str, Any]], **common: Any) -> Tuple[Attack, ...]:
    """Return attacks made of rows of a table and of what all its rows have in common.

    A row has at least `name`, `req`, `why`, `impact` and `hint`; the rest follows from them.
    `also` names reasons of a refusal, as `stage:reason`, beside those of its requirements.
    """
    known = requirements_by_id()
    return tuple(_attack({**common, **row}, known) for row in rows)


def _attack(row: Dict[str, Any], known: Mapping[str, Requirement]) -> Attack:
    name, also = row.pop("name"), tuple(row.pop("also", ()))
    ids = tuple(str(row.pop("req")).split())
    needs: FrozenSet[str] = frozenset(row.pop("needs", ()))
    expects = row.pop("expects", FAIL)
    identity = PREFIX + name
    control: Optional[str] = row.pop("control", CONTROLS[needs])
    return Attack(
        id=identity,
        serves=row.pop("serves", name),
        control="" if control == identity else str(control),
        req=ids,
        keyword=_keyword([known[one].keyword for one in ids]),
        importance=row.pop("importance", "critical"),
        needs=needs,
        expects=expects,
        max_chats=row.pop("max_chats", 0 if expects == REFUSE else 1),
        reasons=expected_reasons(ids, also, known) if expects != ENDURE else frozenset(),
        **row,
    )


def _keyword(keywords: List[str]) -> str:
    words = {keyword.split()[0] for keyword in keywords}
    return next(word for word in ("MUST", "SHOULD", "MAY") if word in words)


def expected_reasons(
    ids: Sequence[str], also: Sequence[str], known: Mapping[str, Requirement]
) -> FrozenSet[str]:
    """Return the `stage:reason` of refusals for these requirements, and those named."""
    own = {f"{known[one].stage}:{known[one].refusal}" for one in ids if known[one].refusal}
    return frozenset(own | set(also))
