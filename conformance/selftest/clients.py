"""Clients that are weak, and the attacks that find them out.

Each weak client has to fail the attacks on its weakness, each in the way that the table says; the
same client without a weakness has to pass all of them, and every attack has to find somebody.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Callable, Dict, Final, FrozenSet, List, Mapping, Sequence, Set, Tuple

from conformance.results import Result
from conformance.scenarios.attack import FEATURES, Attack
from conformance.scenarios.catalogue import ATTACKS
from conformance.scenarios.drive import Conversation, Driver, Task
from conformance.scenarios.run import run_attack
from conformance.selftest.kills import load_kills
from conformance.selftest.weaknesses import STRICT, WEAKNESSES, Weakness, driver_of

__all__ = ["CLIENTS", "attacks_without_kill", "find_kills", "tasks"]

SEED: Final = "selftest"

Row = Tuple[str, str, Callable[[], Sequence[str]]]
"""Name, sentence, and what finds the faults."""

_MUTE: Final = Weakness("mute", {})
"""Refuses everything, without a word to anybody: the honest scenarios are there for it."""

_BOASTER: Final = Weakness("boaster", {})
"""Claims success, without a word to anybody."""

CLIENTS: Final[Mapping[str, Weakness]] = {one.name: one for one in (*WEAKNESSES, _MUTE, _BOASTER)}
"""Name -> client; all but the last two are weak in one way."""


class _Idle:
    """A client that does nothing and ends in one way."""

    features: FrozenSet[str] = frozenset(FEATURES)
    reasons = "none"

    def __init__(self, outcome: str) -> None:
        self._outcome = outcome

    def chat(self, task: Task, *, timeout: float) -> Conversation:
        del task, timeout
        return Conversation(self._outcome, "", "", "", "", None, "", 0.0)

    def close(self) -> None:
        """Nothing is open."""


class _Guarded:
    """A weak client that trips over what it should have refused has failed, as a program does."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.features = driver.features
        self.reasons = driver.reasons

    def chat(self, task: Task, *, timeout: float) -> Conversation:
        try:
            return self._driver.chat(task, timeout=timeout)
        except Exception as error:  # noqa: BLE001  whatever a weak client raises
            return Conversation("failed", "", "", "", repr(error), None, "", 0.0)

    def close(self) -> None:
        self._driver.close()


def tasks() -> List[Row]:
    """Return what there is to do: for each weak client, for the strict one, and for all attacks."""
    rows: List[Row] = [
        (name, "a client that is weak is found out", _finder(client))
        for name, client in CLIENTS.items()
    ]
    rows.append(("strict", "the same client without a weakness passes", _strict_faults))
    rows.append(("every-attack", "every attack finds a weak client", attacks_without_kill))
    return rows


def attacks_without_kill() -> List[str]:
    """Return a sentence for each attack that no weak client of the table fails."""
    killing: Set[str] = {name for client in CLIENTS.values() for name in _caught(client)}
    return [f"scenario/{name} finds no weak client" for name in _attacks() if name not in killing]


def find_kills(progress: Callable[[str, int, int], None]) -> Dict[str, Dict[str, str]]:
    """Return client -> attack -> `status/subtype` for the attacks that no weakness names."""
    named = {name for client in WEAKNESSES for name in client.caught}
    found: Dict[str, Dict[str, str]] = {}
    left = [name for name in _attacks() if name not in named]
    for number, name in enumerate(left, 1):
        progress(name, number, len(left))
        for client in (_MUTE, _BOASTER):
            result = _attacked(client, name)
            if result.status == "fail" and result.subtype != "error":
                found.setdefault(client.name, {})[name] = _word(result)
                break
    return found


def _finder(client: Weakness) -> Callable[[], Sequence[str]]:
    return lambda: _faults(client)


def _caught(client: Weakness) -> Dict[str, str]:
    return {**client.caught, **load_kills().clients.get(client.name, {})}


def _faults(client: Weakness) -> List[str]:
    faults = []
    for name, kind in _caught(client).items():
        result = _attacked(client, name)
        if _word(result) != kind:
            faults.append(f"{name} is {_word(result)}, not {kind}: {result.detail}"[:300])
        elif result.explanation is None or not all(result.explanation):
            faults.append(f"{name} is not fully explained")
    return faults or ([] if _caught(client) else ["no attack finds it: selftest --write"])


def _strict_faults() -> List[str]:
    names = {name for client in WEAKNESSES for name in client.caught}
    controls = {_attacks()[name].control for name in names if name in _attacks()}
    names |= {control.partition("/")[2] for control in controls if control}
    faults = []
    for name in sorted(names):
        result = _attacked(STRICT, name)
        if not result.status.startswith("pass"):
            faults.append(f"{name} is {_word(result)}: {result.detail}"[:300])
    return faults


def _attacked(client: Weakness, name: str) -> Result:
    driver: Driver = _Guarded(driver_of(client))
    if client in (_MUTE, _BOASTER):
        driver = _Idle("refused" if client is _MUTE else "done")
    try:
        return run_attack(_attacks()[name], driver, seed=SEED)
    finally:
        driver.close()


@lru_cache(maxsize=None)  # noqa: UP033  functools.cache hides the type from older checkers
def _attacks() -> Mapping[str, Attack]:
    return {attack.id.partition("/")[2]: attack for attack in ATTACKS}


def _word(result: Result) -> str:
    return f"{result.status}/{result.subtype}" if result.subtype else result.status
