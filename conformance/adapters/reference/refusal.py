"""What the reference raised, in the closed words of the vectors."""

from __future__ import annotations

from functools import cache
from typing import Any, Dict, Mapping

from conformance.requirements import Requirement, requirements_by_id
from venice_ref.errors import VeniceError

__all__ = ["as_reject"]


@cache
def _requirements() -> Mapping[str, Requirement]:
    return requirements_by_id()


def as_reject(error: VeniceError) -> Dict[str, Any]:
    """Return the member `reject` of a reply: stage and reason of the requirement it names.

    An error without a requirement has the stage and the reason `unknown`, which no vector expects.
    `released`, where an operation attached it to the error, is what a stream had shown before.
    """
    requirement = _requirements().get(error.rule)
    reply: Dict[str, Any] = {
        "stage": requirement.stage if requirement else "unknown",
        "reason": (requirement.refusal if requirement else "") or "unknown",
        "native": f"{error.rule or 'no rule'}: {type(error).__name__}: {error.message}",
    }
    released = getattr(error, "released", None)
    if released is not None:
        reply["released"] = released
    return reply
