"""Attacks are executed: a mock for each, a client driven against it, and a verdict.

    results = run_attacks(ATTACKS, lambda: AdapterDriver(adapter()), jobs=2, seed="7")

The mocks of one run have one seed, so that the simulated keys and certificates are made once.  The
clients are told nothing but an address, a model and a prompt.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import Any, Callable, Dict, Final, Iterator, List, Mapping, Optional, Sequence, Tuple

from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.server import MockTee
from conformance.mock_tee.service import BASE_PATH
from conformance.results import Result
from conformance.scenarios.attack import Attack
from conformance.scenarios.canary import Secret, make_canary
from conformance.scenarios.drive import Conversation, Driver, Task
from conformance.scenarios.judge import (
    ANSWER,
    PROMPT,
    SYSTEM,
    Finding,
    Scene,
    judge_conversation,
    result_of,
)
from conformance.scenarios.observe import API_KEY, Observed, SeenRequest

__all__ = ["DEFAULT_TIMEOUT", "honest_answer", "judge_control", "run_attack", "run_attacks"]

DEFAULT_TIMEOUT: Final = 20.0
"""Seconds for one conversation."""

LIMITS: Final[Mapping[str, float]] = {"idle": 10.0, "total": 15.0}
"""Time limits that a client is told."""

SLOW_LIMITS: Final[Mapping[str, float]] = {"idle": 0.5, "total": 1.5}
"""The same where the server never ends."""

PATIENCE_SECONDS: Final = 4.0
"""How long such a server goes on for a client that takes no time limits."""

REPRO: Final = "python3 -m conformance run"


def honest_answer(canary: str) -> str:
    """Return what the model answers to whoever's prompt it could read."""
    return f"Grüße! The word is {canary}, 你好."


def run_attack(
    attack: Attack,
    driver: Driver,
    *,
    seed: str,
    timeout: float = DEFAULT_TIMEOUT,
    repro: str = REPRO,
) -> Result:
    """Return the result of one attack; never raises for what the client does.

    `repro` is the command that runs the suite on this client, without a choice of tests.

    Raises:
        StartFailure: the client cannot be started, or not any more.
    """
    command = f"{repro} --case {attack.id} --seed {seed}"
    lacking = attack.needs - driver.features
    if lacking:
        detail = f"needs {' and '.join(sorted(lacking))}, which the client does not declare"
        return result_of(attack, Finding("not_applicable", "", detail), None, command)
    scene, failures = _play(attack, driver, seed, timeout)
    if failures:
        finding = Finding("harness_error", "", f"the mock failed: {failures[0].splitlines()[-1]}")
    else:
        finding = judge_conversation(scene, coded=driver.reasons == "coded")
    return result_of(attack, finding, scene, command)


def _play(attack: Attack, driver: Driver, seed: str, timeout: float) -> Tuple[Scene, Sequence[str]]:
    """Hold the conversations of an attack, and return both sides of them."""
    secrets = {
        name: Secret(name, make_canary(seed, f"{attack.id} {name}"))
        for name in (PROMPT, SYSTEM, ANSWER, API_KEY)
    }
    answer = honest_answer(secrets[ANSWER].canary)
    mock = MockTee(
        scenario=attack.serves,
        seed=f"scenarios {seed}",
        reply=_Model(secrets, answer),
        **attack.settings,
    )
    begin = time.monotonic()
    with mock, _patience(mock if attack.slow else None):
        task = _task(attack, mock, secrets)
        limit = timeout + (PATIENCE_SECONDS if attack.slow else 0)
        talks = [driver.chat(task, timeout=limit) for _ in range(attack.times)]
    # Only now, when every thread of the mock has ended, its log is whole.
    observed = _observed(mock)
    scene = Scene(
        attack,
        _telling(talks, answer),
        observed,
        answer,
        tuple(secrets.values()),
        stolen=_stolen(attack, mock),
        does=SCENARIOS[attack.serves].does,
        seconds=time.monotonic() - begin,
    )
    return scene, mock.failures


class _Model:
    """Answers whoever's prompt it can read, in words that only the enclave knows."""

    def __init__(self, secrets: Mapping[str, Secret], answer: str) -> None:
        self._prompt = secrets[PROMPT].canary
        self._answer = answer

    def __call__(self, messages: Sequence[Mapping[str, Any]]) -> str:
        read = any(self._prompt in str(message.get("content")) for message in messages)
        return self._answer if read else "I could not read the prompt."


def _task(attack: Attack, mock: MockTee, secrets: Mapping[str, Secret]) -> Task:
    return Task(
        base_url=mock.base_url,
        api_key=f"key-{secrets[API_KEY].canary}",
        model=attack.model,
        prompt=f"Please repeat the word {secrets[PROMPT].canary}, größer und 大.",
        system=f"Answer briefly; your name is {secrets[SYSTEM].canary}.",
        trust_root=mock.trust_root_pem,
        assurance="dcap" if "dcap" in attack.needs else "binding",
        gpu="nras" if "gpu-nras" in attack.needs else "report",
        signature="signature" in attack.needs,
        limits=SLOW_LIMITS if attack.slow else LIMITS,
    )


def _telling(talks: Sequence[Conversation], answer: str) -> Conversation:
    """Return the first of several conversations that did not go well, or the last one."""
    for talk in talks:
        if talk.outcome != "done" or talk.text.rstrip("\r\n") != answer:
            return talk
    return talks[-1]


@contextlib.contextmanager
def _patience(mock: Optional[MockTee]) -> Iterator[None]:
    """End a server that never ends by itself after some time, so that no client waits for ever."""
    if mock is None:
        yield
        return
    timer = threading.Timer(PATIENCE_SECONDS, mock.stop)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _observed(mock: MockTee) -> Observed:
    answers = {answer.number: answer for answer in mock.log.answers}
    requests: List[SeenRequest] = []
    for request in mock.log.requests:
        answer = answers.get(request.number)
        requests.append(
            SeenRequest(
                request.number,
                request.method,
                request.path,
                request.headers,
                request.body,
                status=answer.status if answer else 0,
                answered=answer is not None and answer.ended == "complete",
            )
        )
    host = mock.base_url[len("http://") : -len(BASE_PATH)]
    return Observed(host, BASE_PATH, tuple(requests))


def _stolen(attack: Attack, mock: MockTee) -> bool:
    """Tell whether the attacker's key opened a prompt."""
    return attack.steals and any(mock.log.prompts)


# --- Many ---------------------------------------------------------------------------------------


def judge_control(result: Result, control: Optional[Result]) -> Result:
    """Return the result of an attack in the light of its control.

    A refusal proves nothing where the honest service was refused as well.
    """
    if control is None or control.status.startswith("pass") or not result.status.startswith("pass"):
        return result
    if not result.negative:
        return result
    detail = f"its control {control.id} did not pass: {control.status}"
    explanation = result.explanation or (
        control.explanation._replace(got=detail) if control.explanation else None
    )
    return result._replace(
        status="inconclusive", subtype="", detail=detail, explanation=explanation
    )


def run_attacks(
    attacks: Sequence[Attack],
    make_driver: Callable[[], Driver],
    *,
    jobs: int = 2,
    seed: str = "0",
    timeout: float = DEFAULT_TIMEOUT,
    progress: Optional[Callable[[Result], None]] = None,
    repro: str = REPRO,
) -> Iterator[Result]:
    """Yield the results of attacks in their order, `jobs` of them at a time.

    Each job has a driver of its own, made by `make_driver`.  `progress` is called with each result
    as it comes, before its control is taken into account.  A control has to be among the attacks to
    count.

    Raises:
        StartFailure: the client cannot be started, or not any more.
    """
    done: queue.Queue[Tuple[int, Any]] = queue.Queue()
    waiting = _Waiting(sorted(range(len(attacks)), key=lambda index: not attacks[index].slow))

    def work() -> None:
        try:
            driver = make_driver()
        except BaseException as error:  # noqa: BLE001  raised again by whoever reads the results
            done.put((-1, error))
            return
        with contextlib.closing(driver):
            for index in waiting:
                try:
                    result = run_attack(
                        attacks[index], driver, seed=seed, timeout=timeout, repro=repro
                    )
                except BaseException as error:  # noqa: BLE001  the same
                    done.put((-1, error))
                    return
                done.put((index, result))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(jobs, len(attacks)))]
    for thread in threads:
        thread.start()
    try:
        yield from _in_order(attacks, done, progress)
    finally:
        waiting.stop()
        for thread in threads:
            thread.join()


class _Waiting:
    """The attacks that nobody has begun yet; shared by threads."""

    def __init__(self, order: Sequence[int]) -> None:
        self._lock = threading.Lock()
        self._rest = list(reversed(order))

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:
            if not self._rest:
                raise StopIteration
            return self._rest.pop()

    def stop(self) -> None:
        with self._lock:
            self._rest.clear()


def _in_order(
    attacks: Sequence[Attack],
    done: queue.Queue[Tuple[int, Any]],
    progress: Optional[Callable[[Result], None]],
) -> Iterator[Result]:
    """Yield results in the order of the attacks, each after its control."""
    names = {attack.id for attack in attacks}
    results: Dict[str, Result] = {}
    position = 0
    while position < len(attacks):
        index, result = done.get()
        if isinstance(result, BaseException):
            raise result
        results[attacks[index].id] = result
        if progress is not None:
            progress(result)
        while position < len(attacks):
            attack = attacks[position]
            if attack.id not in results or (
                attack.control in names and attack.control not in results
            ):
                break
            yield judge_control(results[attack.id], results.get(attack.control))
            position += 1
