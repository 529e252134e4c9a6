"""Implementations that do what a test wants: the right answers out of the vectors, and changes."""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from conformance.adapters.protocol import Adapter, Hello
from conformance.plan import Case, load_cases
from conformance.vectors import Vector

Reply = Dict[str, Any]
Change = Callable[[Vector, Reply], Reply]

OPERATIONS = ("key.parse", "key.public", "field.open", "field.seal", "stream.open", "kdf.derive")
FEATURES = frozenset({"aad", "lone-surrogates", "session"})
INJECT = {"rng": True, "clock": True, "base_url": True, "trust_anchors": True}


@lru_cache(maxsize=1)
def every_case() -> Tuple[Case, ...]:
    return load_cases()


def cases_of(*files: str) -> Tuple[Case, ...]:
    found = tuple(case for case in every_case() if case.file in files)
    assert found
    return found


def case_of(name: str) -> Case:
    return next(case for case in every_case() if case.id == name)


def key_of(op: str, given: Mapping[str, Any]) -> str:
    return json.dumps([op, given], sort_keys=True)


def right(vector: Vector) -> Reply:
    expect = vector.expect
    if expect.verdict == "accept":
        return {"ok": json.loads(json.dumps(expect.out))}
    reject: Reply = {"stage": expect.stage, "reason": expect.reasons[0], "native": "x"}
    if expect.released is not None:
        reject["released"] = expect.released
    return {"reject": reject}


def same(_vector: Vector, reply: Reply) -> Reply:
    return reply


def hello(
    operations: Sequence[str] = OPERATIONS,
    features: FrozenSet[str] = FEATURES,
    reasons: str = "coded",
    **inject: bool,
) -> Hello:
    raw = {"implementation": {"name": "scripted", "version": "1", "language": "test"}}
    return Hello(
        raw["implementation"],
        {name: {} for name in operations},
        features,
        {**INJECT, **inject},
        reasons,
        1,
        raw,
    )


class Scripted(Adapter):
    """Answers right, unless `change` makes something else of it."""

    def __init__(
        self, cases: Sequence[Case], change: Change = same, says: Optional[Hello] = None
    ) -> None:
        self.hello = says or hello()
        self.warnings: List[str] = []
        self.asked: List[Tuple[str, Mapping[str, Any]]] = []
        self.closed = False
        self._lock = threading.Lock()
        self._change = change
        self._vectors = {
            key_of(case.op, case.vector.given): case.vector for case in cases if case.vector
        }

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        del timeout
        with self._lock:
            self.asked.append((op, given))
        vector = self._vectors[key_of(op, given)]
        return self._change(vector, right(vector))

    def close(self) -> None:
        self.closed = True
