"""Runs the tests: without options all of them, against the reference.

  run                                  the reference, with a challenge
  run --adapter 'node adapter.mjs'     an implementation behind an adapter
  run --client './my-client'           a client, by whole conversations only
  run --adapter ./a stream/ ENV-6      some of the tests
  run --adapter ./a --challenge        and every vector once more, made afresh

Exit codes: 0 everything required passed, 1 failures, 2 interrupted, 3 the suite
itself broke, 4 usage, 5 nothing was executed, 7 it could not be started.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import shlex
import shutil
import signal
import sys
import textwrap
from datetime import datetime, timezone
from pathlib import Path
from typing import (
    Any,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Sequence,
    Tuple,
)

from conformance.adapters.error_map import ErrorMapError
from conformance.adapters.hello_words import unknown_words
from conformance.adapters.open import AdapterUsageError
from conformance.challenge import fresh_cases
from conformance.cli.output import Output
from conformance.cli.progress import ProgressLine
from conformance.cli.run_files import Artifacts, ExpectedFailures
from conformance.cli.run_options import add_arguments, as_json, complete
from conformance.cli.run_subject import Subject, find_subject, jobs_of, program
from conformance.exits import NOTHING, exit_code, exit_reason
from conformance.explain import Repro
from conformance.judging import untested_features
from conformance.last_run import default_path, load_failed, save_failed
from conformance.plan import CHALLENGE, Case, challenge_cases, load_cases
from conformance.profiles import load_profile
from conformance.renamed import load_renamed
from conformance.report.document import Report, make_report
from conformance.report.header import make_header
from conformance.report.summary import tests
from conformance.report.text import encodable, one_line, uncommanded
from conformance.report.write import STANDARD_OUTPUT, Target, check_targets, write_reports
from conformance.requirements import SuiteError
from conformance.runner import Run, Settings, run_cases
from conformance.selection import Selection, select
from conformance.streams import abandon
from conformance.usage import UsageProblem

__all__ = ["add_arguments", "run"]

SCENARIO_JOBS = 4
"""Conversations at once: most of them wait for a server that is slow on purpose."""
SCENARIO_SECONDS = 20.0
"""For one conversation, before `--timeout-scale`."""


class _Choice(NamedTuple):
    """What is run, and out of what."""

    cases: Tuple[Case, ...]
    """Of the profile, and the challenges of those that are selected."""
    selected: FrozenSet[str]
    partial: bool
    seed: str
    challenge: str
    """Empty for none."""
    first: FrozenSet[str]
    not_scored: int


def run(options: argparse.Namespace) -> int:
    """Run the selected tests and return the exit code."""
    argv: Sequence[str] = getattr(options, "argv", sys.argv[1:])
    options = complete(options)
    if options.show_config:
        Output().line(as_json(options))
        return 0
    try:
        subject = find_subject(options)
    except (AdapterUsageError, ErrorMapError) as error:
        raise UsageProblem(str(error)) from None
    targets = _targets(options)
    choice = _choose(options, subject)
    if options.list:
        return _list(choice)
    if not choice.selected:
        _say("no test is left by the options given: nothing was executed (exit code 5)")
        return NOTHING
    expected = ExpectedFailures(options, choice.cases)
    started = datetime.now(timezone.utc)
    with _terminated_as_interrupted():
        done = _execute(options, subject, choice, expected)
    header = _header(options, subject, choice, done, argv, started)
    report = _report(header, done, expected, partial=choice.partial)
    problems = _hand_out(options, targets, report)
    if done.complete:
        warning = save_failed(_state(options), subject.name, report.results)
        if warning:
            _say(warning)
    _say_what_to_do(report, done, choice, subject)
    code = exit_code(report)
    if done.complete and not done.not_started and not problems and (code or not options.quiet):
        _say(exit_reason(report))
    return code or (3 if problems else 0)


# --- What is run ---------------------------------------------------------------------------------


def _choose(options: argparse.Namespace, subject: Subject) -> _Choice:
    every = load_cases()
    profile = load_profile(options.profile)
    frozen = frozenset(profile.ids)
    missing = frozen - {case.id for case in every}
    if missing:
        raise SuiteError(f"the profile {profile.name} lists {min(missing)}, which is no test")
    cases = tuple(case for case in every if case.id in frozen)
    failed = load_failed(_state(options), subject.name)
    wanted = _selection(options, failed)
    challenge = _challenge_seed(options, subject, wanted)
    all_cases = [*cases, *challenge_cases(cases)] if challenge else list(cases)
    selected = select(all_cases, wanted, renamed=load_renamed())
    if options.quick:
        selected -= {case.id for case in cases if case.attack is not None and case.attack.slow}
    shown = tuple(case for case in all_cases if case.kind != "challenge" or case.id in selected)
    partial = any(case.id not in selected for case in shown)
    seed = options.seed if options.seed is not None else secrets.token_hex(4)
    first = failed if options.ff else frozenset()
    return _Choice(shown, selected, partial, seed, challenge, first, len(profile.not_scored))


def _selection(options: argparse.Namespace, failed: FrozenSet[str]) -> Selection:
    if options.lf and not failed:
        _say("nothing failed last time, or nothing is known of it: running everything")
    if options.quick and options.mark not in ("", "critical"):
        raise UsageProblem("--quick runs what is critical: leave -m away")
    return Selection(
        words=tuple(options.tests),
        exact=tuple(options.case),
        expression=options.expression,
        mark="critical" if options.quick else options.mark,
        skipped=tuple(options.skip),
        failed=failed if options.lf and failed else None,
        shard=options.shard or (1, 1),
    )


def _challenge_seed(options: argparse.Namespace, subject: Subject, wanted: Selection) -> str:
    """Return the seed of the challenge; empty where there is none."""
    named = any(word.startswith(CHALLENGE) for word in (*wanted.words, *wanted.exact))
    if named and options.challenge is None:
        raise UsageProblem(
            "a challenge is made from a seed: give --challenge SEED with the one of its run"
        )
    plain = wanted == Selection() and subject.is_reference and not options.quick
    if options.challenge is None and (options.no_challenge or not plain):
        return ""
    if subject.spec is None:
        raise UsageProblem("--challenge asks for single operations, and --client has none")
    return options.challenge or secrets.token_hex(8)


def _state(options: argparse.Namespace) -> Path:
    return Path(options.state) if options.state else default_path()


def _list(choice: _Choice) -> int:
    if not choice.selected:
        _say("no test is left by the options given")
        return NOTHING
    output = Output()
    for case in choice.cases:
        if case.id in choice.selected:
            output.line(case.id)
    return 0


# --- Running -------------------------------------------------------------------------------------


def _execute(
    options: argparse.Namespace, subject: Subject, choice: _Choice, expected: ExpectedFailures
) -> Run:
    scale = options.timeout_scale
    jobs = jobs_of(options, subject)
    settings = Settings(
        jobs=jobs,
        scenario_jobs=SCENARIO_JOBS if options.jobs == "auto" else jobs,
        exclusive=subject.is_single,
        seed=choice.seed,
        timeout=options.timeout * scale,
        scenario_timeout=SCENARIO_SECONDS * scale,
        retries=options.retries,
        repeat=options.repeat_until_fail,
        max_failures=options.maxfail,
        strict=options.strict,
        profile=options.profile,
        first=choice.first,
    )
    progress = ProgressLine(wanted=not options.quiet)
    open_adapter = subject.open_adapter()
    probing = None if options.no_probes or subject.is_reference else subject.spec
    try:
        return run_cases(
            choice.cases,
            open_adapter,
            settings,
            selected=choice.selected,
            skipped=expected.skipped,
            open_driver=subject.open_driver(),
            fresh=_fresh(choice, jobs),
            progress=progress,
            repro=_repro(options, subject, choice),
            keep=Artifacts(options.artifacts).keep if options.artifacts else None,
            probe=None if probing is None else lambda: _probe(options, probing),
        )
    finally:
        progress.clear()


def _fresh(choice: _Choice, jobs: int) -> Any:
    wanted = [case for case in choice.cases if case.id in choice.selected]
    if not choice.challenge:
        return None
    return fresh_cases(wanted, choice.challenge, jobs=max(1, jobs // 2))


def _probe(options: argparse.Namespace, spec: Any) -> str:
    """Return what the quick probes of doctor found wrong; empty where nothing is."""
    from conformance.adapters.probes import run_probes

    found = run_probes(spec, timeout=options.timeout * options.timeout_scale, quick=True)
    wrong = [f"probe {probe.name!r}: {probe.diagnosis}" for probe in found if not probe.passed]
    return "; ".join(wrong)


def _repro(options: argparse.Namespace, subject: Subject, choice: _Choice) -> Repro:
    words: List[str] = [*program(), "run", *subject.words]
    for name in ("timeout", "timeout_scale"):
        value = getattr(options, name)
        if value not in (10.0, 1.0):
            words += [f"--{name.replace('_', '-')}", f"{value:g}"]
    for name in options.client_feature or ():
        words += ["--client-feature", name]
    for flag in ("strict_adapter", "strict", "no_probes"):
        if getattr(options, flag):
            words.append(f"--{flag.replace('_', '-')}")
    return Repro(words, seed=choice.seed, challenge=choice.challenge)


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Have the signal that ends a job of a pipeline lead to a report as well."""

    def interrupt(number: int, frame: Any) -> None:
        del number, frame
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: somebody else's program calls this
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# --- Telling -------------------------------------------------------------------------------------


def _header(
    options: argparse.Namespace,
    subject: Subject,
    choice: _Choice,
    done: Run,
    argv: Sequence[str],
    started: datetime,
) -> Dict[str, Any]:
    warnings = list(done.warnings)
    warnings += unknown_words(done.hello.raw) if done.hello else ()
    if choice.not_scored:
        warnings.append(f"{choice.not_scored} tests are newer than the profile and were not run")
    if subject.spec is None:
        warnings.append("only conversations were tested: --client has no single operations")
    implementation: Mapping[str, str] = done.hello.implementation if done.hello else {}
    return make_header(
        profile=options.profile,
        argv=argv,
        seed=choice.seed,
        challenge=choice.challenge,
        started=started,
        adapter="" if subject.is_reference else subject.name,
        implementation=implementation or {"name": subject.name},
        hello=done.hello,
        selected=len(choice.selected),
        partial=choice.partial,
        warnings=warnings,
        problems=(),
    )


def _report(
    header: Dict[str, Any], done: Run, expected: ExpectedFailures, *, partial: bool
) -> Report:
    """Return the report, with the file of expected failures applied."""
    version = str(header["implementation"]["version"])
    incomplete = partial or not done.complete
    results, problems = expected.apply(done.results, partial=incomplete, version=version)
    return make_report({**header, "problems": problems}, results, complete=done.complete)


def _targets(options: argparse.Namespace) -> List[Target]:
    targets = list(options.report)
    kinds = {target.kind for target in targets}
    taken = any(target.path == STANDARD_OUTPUT for target in targets)
    if os.environ.get("GITHUB_ACTIONS") == "true" and "github" not in kinds and not taken:
        targets.append(Target("github", STANDARD_OUTPUT))  # this is where annotations are read
    check_targets(targets)
    return targets


def _hand_out(
    options: argparse.Namespace, targets: Sequence[Target], report: Report
) -> Tuple[str, ...]:
    """Print the report and write its forms; return what could not be written."""
    from conformance.report.console import print_report, wants_colour

    taken = any(target.path == STANDARD_OUTPUT for target in options.report)
    stream = sys.stderr if taken else sys.stdout
    colour = wants_colour(stream) if options.color == "auto" else options.color == "always"
    columns = shutil.get_terminal_size().columns if stream.isatty() else 80
    try:
        print_report(
            report,
            stream,
            colour=colour,
            verbose=options.verbose,
            quiet=options.quiet,
            width=max(60, min(columns, 120)),
        )
    except BrokenPipeError:
        abandon(stream)  # whoever read has left, as `head` does: the forms are still written
    problems = write_reports(targets, report)
    for problem in problems:
        _say(problem)
    _durations(options.durations, report)
    return problems


def _durations(count: int, report: Report) -> None:
    slowest = sorted(report.results, key=lambda row: -row.seconds)[:count]
    for row in slowest:
        _say(f"{row.seconds:8.3f} s  {row.id}")


def _say_what_to_do(report: Report, done: Run, choice: _Choice, subject: Subject) -> None:
    if done.not_started:
        _say("it could not be started (exit code 7); this looks into it:")
        words = " ".join(map(shlex.quote, _by_hand(subject)))
        with contextlib.suppress(OSError):
            shown = encodable(one_line(words), sys.stderr)
            print(f"  {shown}", file=sys.stderr, flush=True)  # on one line, to be copied
    if not done.complete:
        _say("interrupted: the report says what was executed until then (exit code 2)")
    if (report.failures and not done.not_started) or not done.complete:
        challenge = f" --challenge {choice.challenge}" if choice.challenge else ""
        _say(f"the same order and values again: --seed {choice.seed}{challenge}")
    for feature, count in untested_features(report.results).items():
        _say(f"not tested because the feature {feature} is not declared: {tests(count)}")


def _by_hand(subject: Subject) -> Tuple[str, ...]:
    """Return the command that looks into what could not be started."""
    if subject.spec is None:
        return subject.client
    words = [*program(), "doctor", *subject.words[:2]]
    for name in subject.spec.environment:
        words += ["--adapter-env", name]
    return tuple(words)


def _say(text: str) -> None:
    shown = encodable(one_line(text), sys.stderr)
    lines = textwrap.wrap(
        f"conformance run: {shown}",
        80,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    with contextlib.suppress(OSError):
        print("\n".join(map(uncommanded, lines)), file=sys.stderr, flush=True)
