"""Probes of an adapter, before it is believed: of how it is plugged in, not of what it adapts.

Each probe asks something whose right answer does not depend on the implementation.  One that fails
says what was seen, what usually causes it, and what mends it.
"""

from __future__ import annotations

from typing import Callable, Final, List, NamedTuple, Optional, Tuple

from conformance.adapters import process_probes as processes
from conformance.adapters import reply_probes as replies
from conformance.adapters.diagnosis import Advice, advice_for
from conformance.adapters.open import AdapterSpec
from conformance.adapters.protocol import AdapterFailure
from conformance.adapters.subject import Fault, Skip, Subject

__all__ = ["PROBES", "Probe", "run_probes"]


class Probe(NamedTuple):
    """What became of one probe."""

    name: str
    passed: bool
    """Also true where it was skipped."""
    diagnosis: str
    """In one text: what was seen, the usual cause, the remedy; a remark where it passed."""
    skipped: bool = False
    seen: str = ""
    cause: str = ""
    remedy: str = ""
    stderr: str = ""
    """The end of what the adapter wrote to standard error, where it failed."""


NOT_STARTED: Final = "the adapter could not be started"
"""Why the other probes are skipped where the first one failed."""

PROBES: Final[Tuple[Tuple[str, bool, Callable[[Subject], str]], ...]] = (
    # name, whether it is quick enough for the start of a run, function
    ("start", True, processes.starts),
    ("unknown operation", True, replies.unknown_operation),
    ("names of operations", False, replies.operation_names),
    ("extra member", True, replies.extra_member),
    ("1 MiB", True, replies.large),
    ("text beyond ASCII", True, replies.beyond_ascii),
    ("form of byte strings", True, replies.byte_strings),
    ("form of refusals", True, replies.refusals),
    ("same twice", True, replies.same_twice),
    ("two at once", False, processes.two_at_once),
    ("line that is not JSON", False, processes.not_json),
    ("clean output", False, processes.clean_output),
    ("killed and started again", False, processes.killed),
    ("end of input", False, processes.end_of_input),
)
"""Every probe, in the order in which they are made."""


def run_probes(
    spec: AdapterSpec,
    *,
    timeout: float = 5.0,
    quick: bool = False,
    progress: Optional[Callable[[str], None]] = None,
) -> Tuple[Probe, ...]:
    """Return what became of every probe; with `quick`, of those that the start of a run makes.

    Each request has `timeout` seconds.  `progress` is told the name of each probe before it.
    """
    subject = Subject(spec, timeout)
    found: List[Probe] = []
    try:
        for name, is_quick, probe in PROBES:
            if quick and not is_quick:
                continue
            if progress is not None:
                progress(name)
            found.append(_made(name, probe, subject))
    finally:
        if subject.adapter is not None:
            subject.adapter.close()
    return tuple(found)


def _made(name: str, probe: Callable[[Subject], str], subject: Subject) -> Probe:
    if subject.adapter is None and probe is not processes.starts:
        return Probe(name, passed=True, diagnosis=NOT_STARTED, skipped=True)
    try:
        return Probe(name, passed=True, diagnosis=probe(subject))
    except Skip as skip:
        return Probe(name, passed=True, diagnosis=str(skip), skipped=True)
    except Fault as fault:
        return _failed(name, fault.seen, fault.advice, fault.stderr)
    except AdapterFailure as failure:
        return _failed(name, failure.detail, advice_for(failure), failure.stderr)


def _failed(name: str, seen: str, advice: Advice, stderr: str) -> Probe:
    remedy = f" Remedy: {advice.remedy}." if advice.remedy else ""
    return Probe(
        name,
        passed=False,
        diagnosis=f"{seen}. Usual cause: {advice.cause}.{remedy}",
        seen=seen,
        cause=advice.cause,
        remedy=advice.remedy,
        stderr=stderr,
    )
