"""Runs cases: workers with an adapter each, scenarios beside them, and one result for every case.

Whatever the implementation does, each selected case has exactly one result at the end: what could
not be executed is there as well, and says why.  The order in which cases are asked is decided by
the seed; the results stand in the order of the suite.
"""

from __future__ import annotations

import importlib
import threading
import time
import traceback
from typing import (
    Any,
    Callable,
    Dict,
    Final,
    FrozenSet,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from conformance.adapters.diagnosis import BROKE, advice_for
from conformance.adapters.launch import end_children
from conformance.adapters.protocol import Adapter, AdapterFailure, Hello, StartFailure
from conformance.board import Board, Progress, State
from conformance.execute import Asking, Keep, converse, execute
from conformance.explain import Repro
from conformance.feed import Feed, Patience
from conformance.judging import Finding, before_asking, lacking
from conformance.operations import CHAT, PROFILES
from conformance.plan import Case
from conformance.requirements import requirements_by_id
from conformance.results import INTERRUPTED, NO_OPERATIONS, Result
from conformance.settle import Unrun, settle

__all__ = [
    "Fresh",
    "OpenAdapter",
    "OpenDriver",
    "Progress",
    "Run",
    "Settings",
    "State",
    "run_cases",
]

OpenAdapter = Callable[[], Adapter]
"""Starts an adapter; raises StartFailure."""

OpenDriver = Callable[[], Any]
"""Makes what holds conversations: a `conformance.scenarios.drive.Driver`."""

Fresh = Callable[[Callable[[Sequence[Case]], None], Callable[[], bool]], None]
"""Makes the vectors of a challenge: hands over cases as they come, and stops when it is told."""


class Settings(NamedTuple):
    """How cases are run."""

    jobs: int = 1
    """Workers, each with an adapter of its own."""
    seed: str = "0"
    """Decides the order, and what the scenarios draw."""
    timeout: float = 10.0
    """Seconds for one reply."""
    scenario_timeout: float = 20.0
    """Seconds for one conversation."""
    scenario_jobs: int = 4
    """Conversations at once; most of them wait for a server that is slow on purpose."""
    exclusive: bool = False
    """Whether nothing may be asked while something else is: one worker does it all."""
    retries: int = 0
    repeat: int = 1
    max_failures: int = 0
    """After so many failures nothing more is asked; 0 for never."""
    strict: bool = False
    """Whether a SHOULD that is not met fails."""
    profile: str = "full"
    """Decides which operations are mandatory."""
    first: FrozenSet[str] = frozenset()
    """Ids of cases to ask before the others."""


class Run(NamedTuple):
    """What a run gave."""

    results: Tuple[Result, ...]
    """One for each case, in the order of the cases."""
    complete: bool
    """Whether it came to its end, and was not interrupted."""
    hello: Optional[Hello]
    """What the adapter says of itself; None where none could be started, or none was wanted."""
    warnings: Tuple[str, ...]
    not_started: str
    """Why nothing could be asked; empty where something could."""


def run_cases(
    cases: Sequence[Case],
    open_adapter: Optional[OpenAdapter],
    settings: Settings = Settings(),  # noqa: B008  # an immutable value
    *,
    selected: Optional[FrozenSet[str]] = None,
    skipped: Optional[Mapping[str, str]] = None,
    open_driver: Optional[OpenDriver] = None,
    fresh: Optional[Fresh] = None,
    progress: Optional[Progress] = None,
    repro: Optional[Repro] = None,
    keep: Optional[Keep] = None,
    probe: Optional[Callable[[], str]] = None,
) -> Run:
    """Run the selected cases, all of them where nothing is selected, and return their results.

    Without `open_adapter` there is no implementation to be asked for single operations: only the
    scenarios run, by `open_driver`.  Without `open_driver` they run over the adapter.  `skipped`
    leads from ids to the reason why they are left out; `keep` is told of every failure.  `probe`
    says what is wrong with the way in which the implementation is plugged in, and nothing is asked
    then.
    """
    wanted = frozenset(case.id for case in cases) if selected is None else selected
    asked = [case for case in cases if case.id in wanted and case.id not in (skipped or {})]
    engine = _Engine(asked, settings, open_adapter, open_driver, keep)
    unrun = Unrun()
    try:
        if engine.start(probe):
            engine.begin(fresh)
            engine.wait(progress)
        unrun = engine.unrun()
    except KeyboardInterrupt:
        engine.interrupted = True
        unrun = Unrun("blocked", INTERRUPTED)
    finally:
        _stop(engine)
    results = settle(
        cases,
        engine.board.findings(),
        wanted,
        requirements_by_id(),
        repro or Repro(("python3", "-m", "conformance", "run"), seed=settings.seed),
        unrun=unrun,
        strict=settings.strict,
        skipped=skipped,
    )
    warnings = tuple(dict.fromkeys(engine.warnings))
    return Run(results, not engine.interrupted, engine.hello, warnings, engine.not_started)


def _stop(engine: _Engine) -> None:
    """End what runs; who interrupts even that gets the report now, and nothing is left behind."""
    try:
        engine.stop()
    except KeyboardInterrupt:
        engine.interrupted = True
        end_children()


_JOIN_SECONDS: Final = 5.0
"""How long workers may take to notice that the run is over."""
_TICK: Final = 0.1


class _Engine:
    """One run: the queues, the workers, and what they found."""

    def __init__(
        self,
        cases: Sequence[Case],
        settings: Settings,
        open_adapter: Optional[OpenAdapter],
        open_driver: Optional[OpenDriver],
        keep: Optional[Keep],
    ) -> None:
        self._cases = cases
        self._settings = settings
        self._open_adapter = open_adapter
        self._open_driver = open_driver
        self._mandatory = PROFILES.get(settings.profile, PROFILES["full"])
        self._asking = Asking(
            settings.timeout, self._mandatory, settings.retries, settings.repeat, keep
        )
        self.board = Board(len(cases), settings.max_failures)
        self._feed = Feed(settings.seed)
        self._stage = Feed(f"{settings.seed}/scenarios")
        self._patience = Patience()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads: List[threading.Thread] = []
        self._adapters: List[Adapter] = []
        self._drivers: List[Any] = []
        """Clients that are programs."""
        self._spare: Optional[Adapter] = None
        self._gone = ""
        """Why nobody can be asked any more."""
        self._broken = ""
        """What broke in the suite itself."""
        self.hello: Optional[Hello] = None
        self.warnings: List[str] = []
        self.not_started = ""
        self.interrupted = False

    # --- The course of the run ----------------------------------------------------------------

    def start(self, probe: Optional[Callable[[], str]]) -> bool:
        """Start the first adapter; say whether there is somebody to be asked."""
        if self._open_adapter is None or not self._cases:
            return bool(self._cases)
        try:
            self._spare = self._new_adapter()
        except StartFailure as failure:
            self.not_started = self._gone = _described("adapter", failure)
            self._advise(failure)
            return False
        self.hello = self._spare.hello
        wrong = probe() if probe is not None else ""
        if wrong:
            self.not_started = self._gone = f"the adapter is not plugged in properly: {wrong}"
        return not wrong

    def _advise(self, failure: AdapterFailure) -> None:
        """Add what usually lies behind a failed start, where that is known."""
        advice = advice_for(failure)
        if advice.remedy and advice is not BROKE:
            self.warnings.append(f"usual cause: {advice.cause}; remedy: {advice.remedy}")

    def begin(self, fresh: Optional[Fresh]) -> None:
        """Fill the queues and start the workers."""
        settings = self._settings
        kinds: Dict[str, List[Case]] = {"vector": [], "challenge": [], "scenario": []}
        for case in self._cases:
            kinds[case.kind].append(case)
        vectors, challenges = self._declared(kinds["vector"]), self._declared(kinds["challenge"])
        self._feed.add(vectors, settings.first)
        if challenges:
            self._feed.begin()
            self._go(lambda: self._make_fresh(fresh, challenges))
        asking = min(settings.jobs, len(vectors) + len(challenges)) if self._spare else 0
        for _ in range(0 if settings.exclusive else asking):
            self._go(self._ask_cases)
        scenarios = self._applicable(kinds["scenario"])
        slow = frozenset(case.id for case in scenarios if case.attack and case.attack.slow)
        if scenarios:
            # By one thread: several that import the same modules at once may see them half-made.
            importlib.import_module("conformance.scenarios.run")
        self._stage.add(scenarios, settings.first or slow)
        if settings.exclusive:
            self._go(lambda: self._one_after_the_other(bool(asking)))
            return
        for _ in range(min(settings.scenario_jobs, len(scenarios))):
            self._go(self._hold_conversations)

    def wait(self, progress: Optional[Progress]) -> None:
        """Wait for the workers, and tell how far they are."""
        while True:
            living = [thread for thread in self._threads if thread.is_alive()]
            if not living:
                return
            living[0].join(_TICK)
            if progress is not None:
                progress(self.board.state())

    def stop(self) -> None:
        """End the workers and the adapters; what they give from now on does not count."""
        self._stopping.set()
        self.board.close()
        self._feed.close()
        self._stage.close()
        with self._lock:
            adapters, drivers = list(self._adapters), list(self._drivers)
        for driver in drivers:
            driver.close()
        for adapter in adapters:
            adapter.close()
            self.warnings += adapter.warnings
        deadline = time.monotonic() + _JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def unrun(self) -> Unrun:
        """Return what becomes of cases that were not executed."""
        if self._broken:
            return Unrun("harness_error", f"not executed: {self._broken}")
        if self._gone:
            return Unrun("blocked", f"not executed: {self._gone}")
        if self.board.enough():
            return Unrun("deselected", f"not run: stopped after {self.board.failures} failures")
        if self._open_adapter is None:
            return Unrun("deselected", NO_OPERATIONS)
        return Unrun()

    # --- Workers ------------------------------------------------------------------------------

    def _go(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._guarded, args=(work,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do the work of a thread; one that dies must not look like success."""
        try:
            work()
        except Exception as error:  # noqa: BLE001  # see above
            if not self._stopping.is_set():
                trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
                self.warnings.append(f"a worker of the suite died: {trace[-2000:]}")
                self._broken = f"a worker of the suite died: {error!r}"

    def _ask_cases(self) -> None:
        """Ask one adapter case after case."""
        adapter: Optional[Adapter] = None
        while True:
            case = self._feed.next()
            if case is None:
                return
            finding = self._patience.refuses(case)
            if finding is None:
                self.board.begin(case)
                try:
                    adapter = adapter or self._new_adapter()
                    finding = execute(case, adapter, self._asking)
                except StartFailure as failure:
                    self._give_up(failure)
                    return
                self._patience.record(case, finding)
            self._record(case, finding)

    def _one_after_the_other(self, asking: bool) -> None:
        if asking:
            self._ask_cases()
        self._hold_conversations()

    def _give_up(self, failure: StartFailure) -> None:
        """End the asking: what cannot be started here cannot be started by the others either."""
        self.board.leave()
        if not self._stopping.is_set():
            self._gone = _described("adapter", failure)
            self.warnings.append(f"nothing more was asked: {self._gone}")
        self._feed.close()

    def _make_fresh(self, fresh: Optional[Fresh], challenges: Sequence[Case]) -> None:
        """Have the vectors of the challenge made, and say so where one is missing."""
        wanted = {case.id for case in challenges}
        delivered: Set[str] = set()

        def add(cases: Sequence[Case]) -> None:
            chosen = [case for case in cases if case.id in wanted]
            delivered.update(case.id for case in chosen)
            self._feed.add(chosen, self._settings.first)

        reason = "nothing makes vectors afresh in this run"
        try:
            if fresh is not None:
                reason = "its generator did not make it from this seed"
                fresh(add, self._stopping.is_set)
        except Exception as error:  # noqa: BLE001  # a generator that broke is a mistake of ours
            reason = f"its generator broke: {type(error).__name__}: {error}"
        finally:
            self._feed.end()
        for case in challenges:
            if case.id not in delivered and not self.board.enough():
                self._record(case, Finding("harness_error", "", reason))

    def _hold_conversations(self) -> None:
        """Hold conversation after conversation with one driver."""
        driver: Any = None
        try:
            while True:
                case = self._stage.next()
                if case is None:
                    return
                self.board.begin(case)
                try:
                    driver = driver or self._new_driver()
                    finding = converse(
                        case,
                        driver,
                        self._asking._replace(timeout=self._settings.scenario_timeout),
                        seed=self._settings.seed,
                    )
                except StartFailure as failure:
                    finding = self._no_conversation(failure)
                self._record(case, finding)
        finally:
            if driver is not None:
                driver.close()

    def _no_conversation(self, failure: StartFailure) -> Finding:
        what = _described("client" if self._open_driver else "adapter", failure)
        alone = self._open_driver is not None and self._open_adapter is None
        if alone and not self._stopping.is_set():
            self.not_started = what
        return Finding("blocked", "", f"not executed: {what}", answered=False)

    def _new_driver(self) -> Any:
        """Return what holds conversations.

        Raises:
            StartFailure: its adapter cannot be started.
        """
        if self._open_driver is not None:
            driver = self._open_driver()
            with self._lock:
                self._drivers.append(driver)
            if self._stopping.is_set():  # and `stop` may not have seen it
                driver.close()
            return driver
        from conformance.scenarios.drive import AdapterDriver  # noqa: PLC0415  # not always needed

        return AdapterDriver(self._new_adapter())

    def _new_adapter(self) -> Adapter:
        """Return an adapter that nobody uses.

        Raises:
            StartFailure: it cannot be started.
        """
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            return spare
        if self._open_adapter is None:
            raise StartFailure("crash", "there is no adapter")
        try:
            adapter = self._open_adapter()
        except StartFailure:
            raise
        except AdapterFailure as failure:
            raise StartFailure(failure.kind, failure.detail, failure.stderr) from None
        with self._lock:
            self._adapters.append(adapter)
        return adapter

    # --- What need not be asked ---------------------------------------------------------------

    def _declared(self, cases: Sequence[Case]) -> List[Case]:
        """Settle what the declarations of the adapter settle, and return the rest."""
        if self.hello is None:
            return []
        asked = []
        for case in cases:
            early = before_asking(case, self.hello, self._mandatory)
            if early is None:
                asked.append(case)
            else:
                self.board.record(case, early)
        return asked

    def _applicable(self, cases: Sequence[Case]) -> List[Case]:
        """Settle the conversations that a client need not have, and return the rest."""
        if self._open_driver is not None:
            driver = self._open_driver()
            features = frozenset(driver.features)
            driver.close()
        elif self.hello is not None and CHAT in self.hello.operations:
            features = self.hello.features | frozenset(
                self.hello.operations[CHAT].get("features", ())
            )
        else:
            return self._declared(cases)
        applicable = []
        for case in cases:
            early = lacking(case, features)
            if early is None:
                applicable.append(case)
            else:
                self.board.record(case, early)
        return applicable

    def _record(self, case: Case, finding: Finding) -> None:
        self.board.record(case, finding)
        if self.board.enough():
            self._feed.close()
            self._stage.close()


def _described(what: str, failure: AdapterFailure) -> str:
    text = f"the {what} could not be started ({failure.kind}): {failure.detail}"
    lines = [line.strip() for line in failure.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line and not line.startswith("at ")]
    said = "".join((errors or lines)[-1:])[:300]  # what Node prints last is its version
    known = not said or said in failure.detail
    return text if known else f"{text}; on standard error: {said}"
