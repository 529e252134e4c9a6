"""Implementations that are right and look otherwise: not one test may fail on them.

A suite that finds fault with these finds fault with style.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Callable, Dict, Final, Iterator, List, Mapping, NamedTuple, Tuple

from conformance.adapters.open import AdapterSpec, open_adapter, reference_command
from conformance.adapters.process import ProcessAdapter
from conformance.adapters.protocol import Adapter, Hello
from conformance.resources import ROOT
from conformance.selftest.quirks import QUIRKS
from conformance.selftest.running import every_case, in_process, reference, run, sample

__all__ = ["REFACTORS", "Refactor", "faults_of"]


class Refactor(NamedTuple):
    """One implementation that is right."""

    name: str
    about: str
    open_adapter: Callable[[], Adapter]
    files: Tuple[str, ...] = ()
    """Files of vectors that it is asked; without any, a few vectors of every file."""


Change = Callable[[Dict[str, Any]], Mapping[str, Any]]


def faults_of(refactor: Refactor) -> Iterator[str]:
    """Run one; yield what fails on it and should not."""
    cases = [case for case in every_case() if case.file in refactor.files] or sample(2)
    report = run(cases, refactor.open_adapter)
    for result in report.results:
        if result.status != "pass":
            yield f"{result.id} is {result.status} {result.subtype}: {result.detail}"[:300]
    if not report.results or not report.verdict.conformant:
        yield f"it is not conformant: {report.verdict.because}"


def _changed(change: Change, **hello: Any) -> Callable[[], Adapter]:
    def reply(op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return change(dict(reference(op, given)))

    return in_process(reply, **hello)


def _ok(change: Change) -> Change:
    """Return a change of what is accepted."""

    def changed(reply: Dict[str, Any]) -> Mapping[str, Any]:
        return {"ok": change(dict(reply["ok"]))} if "ok" in reply else reply

    return changed


def _reject(change: Change) -> Change:
    """Return a change of refusals."""

    def changed(reply: Dict[str, Any]) -> Mapping[str, Any]:
        return {"reject": change(dict(reply["reject"]))} if "reject" in reply else reply

    return changed


def _slow(reply: Dict[str, Any]) -> Mapping[str, Any]:
    time.sleep(0.01)
    return reply


def _more_mid(ok: Dict[str, Any]) -> Mapping[str, Any]:
    return {**ok, "mid": {**ok.get("mid", {}), "own_step": "00", "own_object": {"a": [1]}}}


def _no_mid(ok: Dict[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in ok.items() if name != "mid"}


def _reversed(value: Any) -> Any:
    """Return a value whose objects have their members in the reverse order."""
    if isinstance(value, dict):
        return {name: _reversed(value[name]) for name in reversed(list(value))}
    return [_reversed(one) for one in value] if isinstance(value, list) else value


class _FreshEachTime(Adapter):
    """Starts the reference anew for each request: nothing may rest on what was asked before."""

    def __init__(self) -> None:
        first = _started()
        self.hello: Hello = first.hello
        self.warnings: List[str] = []
        first.close()

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        adapter = _started()
        try:
            return adapter.ask(op, given, timeout=timeout)
        finally:
            adapter.close()


def _started() -> Adapter:
    return open_adapter(AdapterSpec("command", reference_command()))


def _quirky(name: str) -> Callable[[], Adapter]:
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1));"
        " from conformance.selftest.quirks import main; main()"
    )

    def start() -> Adapter:
        adapter = ProcessAdapter([sys.executable, "-I", "-S", "-c", code, str(ROOT), name])
        adapter.start()
        return adapter

    return start


REFACTORS: Final = (
    Refactor("slow", "takes its time", _changed(_slow)),
    Refactor("more-mid", "gives intermediate values that nobody knows", _changed(_ok(_more_mid))),
    Refactor("no-mid", "gives no intermediate values", _changed(_ok(_no_mid))),
    Refactor("member-order", "has the members of objects in another order", _changed(_reversed)),
    Refactor(
        "shouting", "writes the text of its errors in capitals",
        _changed(_reject(lambda one: {**one, "native": one["native"].upper()})),
    ),
    Refactor(
        "no-text", "gives stage and reason and no text of its own",
        _changed(_reject(lambda one: {k: v for k, v in one.items() if k != "native"})),
    ),
    Refactor(
        "much-text", "writes a page about each refusal",
        _changed(_reject(lambda one: {**one, "native": "why: ü\n" * 2000})),
    ),
    Refactor(
        "more-hello", "says more of itself than is asked",
        _changed(dict, colour="blue", adapter={"version": "1"}, features=[
            "aad", "lone-surrogates", "session", "dcap", "gpu-nras", "signature", "of-its-own",
        ]),
    ),
    Refactor(
        "fresh-each-time", "is a fresh process for each request", _FreshEachTime, ("keys/public",)
    ),
    *(Refactor(name, about, _quirky(name)) for name, about in QUIRKS.items()),
)  # fmt: skip
"""All of them; each is the reference."""
