"""Asks an implementation about one case, and keeps what came.

Nothing of a case but its operation and its input reaches the implementation.  Whatever it does, one
finding comes back.
"""

from __future__ import annotations

import json
import time
import traceback
from typing import Any, Callable, Dict, Final, FrozenSet, List, Mapping, NamedTuple, Optional

from conformance.adapters.protocol import Adapter, AdapterFailure, StartFailure
from conformance.judging import Finding, before_asking, finding_of_failure, judge_reply
from conformance.plan import Case
from conformance.results import STATUSES
from conformance.round_trip import needs_round_trip, round_trip

__all__ = ["Asking", "Keep", "converse", "execute", "repeated"]

_MAX_REPLY: Final = 2048
"""Characters of a reply that stand in a report; `--artifacts` keeps all of it."""

Keep = Callable[[Case, Finding, Mapping[str, Any]], None]
"""Told of each failure: the case, the finding, and the last reply."""


class Asking(NamedTuple):
    """How cases are asked."""

    timeout: float
    """Seconds for one reply."""
    mandatory: FrozenSet[str]
    """Operations that have to be there."""
    retries: int = 0
    """How often a failure is asked again; one that passes then is flaky."""
    repeat: int = 1
    """How often a case is asked as long as it passes."""
    keep: Optional[Keep] = None


def execute(case: Case, adapter: Adapter, asking: Asking) -> Finding:
    """Return the finding of a vector.

    Raises:
        StartFailure: the adapter cannot be started again; the case was not executed.
    """
    early = before_asking(case, adapter.hello, asking.mandatory)
    return early or repeated(lambda: _once(case, adapter, asking), asking)


def converse(case: Case, driver: Any, asking: Asking, *, seed: str) -> Finding:
    """Return the finding of a scenario.

    Raises:
        StartFailure: the client cannot be started; the case was not executed.
    """
    from conformance.scenarios.run import run_attack  # noqa: PLC0415  # brings the mock TEE

    attack = case.attack
    if attack is None:
        return Finding("harness_error", "", "the case has no attack")

    def once() -> Finding:
        try:
            result = run_attack(attack, driver, seed=seed, timeout=asking.timeout)
        except StartFailure:
            raise
        except Exception as error:  # noqa: BLE001  # a mistake of the suite is a result, and no end
            return _harness_error(error)
        return Finding(
            result.status,
            result.subtype,
            result.detail,
            result.seconds,
            result.attachments,
            explanation=result.explanation,
        )

    finding = repeated(once, asking)
    if STATUSES[finding.status].fails and asking.keep is not None:
        asking.keep(case, finding, {})
    return finding


def repeated(ask: Callable[[], Finding], asking: Asking) -> Finding:
    """Return what repeating a case gives: the first failure, or that it fails now and then."""
    finding = ask()
    for _ in range(asking.repeat - 1):
        if STATUSES[finding.status].fails:
            break
        finding = ask()
    if not STATUSES[finding.status].fails:
        return finding
    for attempt in range(2, asking.retries + 2):
        again = ask()
        if again.status.startswith("pass"):
            kind = finding.subtype or finding.status
            detail = f"{kind}: {finding.detail} (attempt {attempt} passed)"
            return finding._replace(status="flaky", detail=detail)
    return finding


def _once(case: Case, adapter: Adapter, asking: Asking) -> Finding:
    vector = case.vector
    if vector is None:
        return Finding("harness_error", "", "the case has no vector")
    replies: List[Mapping[str, Any]] = []

    def ask(op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        reply = adapter.ask(op, given, timeout=asking.timeout)
        replies[:] = [{name: value for name, value in reply.items() if name != "id"}]
        return replies[0]

    started = time.monotonic()
    try:
        if needs_round_trip(case, adapter.hello):
            finding = round_trip(vector, ask, adapter.hello)
        else:
            finding = judge_reply(vector, ask(vector.op, vector.given), adapter.hello)
    except StartFailure:
        raise
    except AdapterFailure as failure:
        finding = finding_of_failure(failure)
    except Exception as error:  # noqa: BLE001  # a mistake of the suite is a result, and no end
        finding = _harness_error(error)
    finding = finding._replace(seconds=round(time.monotonic() - started, 6))
    if STATUSES[finding.status].fails and replies:
        finding = _with_reply(finding, replies[0])
        if asking.keep is not None:
            asking.keep(case, finding, replies[0])
    elif STATUSES[finding.status].fails and asking.keep is not None:
        asking.keep(case, finding, {})
    return finding


def _with_reply(finding: Finding, reply: Mapping[str, Any]) -> Finding:
    text = json.dumps(reply, ensure_ascii=True)
    if len(text) > _MAX_REPLY:
        text = f"{text[:_MAX_REPLY]}... ({len(text)} characters)"
    attachments: Dict[str, str] = {**finding.attachments, "reply": text}
    return finding._replace(attachments=attachments)


def _harness_error(error: Exception) -> Finding:
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    detail = f"{type(error).__name__}: {error}"[:600]
    return Finding("harness_error", "", detail, attachments={"trace": trace[-8192:]})
