"""Weakened copies of the suite itself, each with the check that has to see it.

A mutant is one replacement in one file of `conformance`.  In a fresh interpreter that imports it,
the named check is run: it has to find a fault there, and none in the suite as it is.
"""

from __future__ import annotations

from typing import Final, Tuple

from conformance.selftest.weaken import Mutant

__all__ = ["EQUIVALENT", "RUNNER_MUTANTS"]

_OUTCOMES: Final = "conformance/outcomes.py"
_JUDGING: Final = "conformance/judging.py"
_SETTLE: Final = "conformance/settle.py"
_LEVELS: Final = "conformance/levels.py"
_DOCUMENT: Final = "conformance/report/document.py"
_EXITS: Final = "conformance/exits.py"
_SELECTION: Final = "conformance/selection.py"
_EXPECTATIONS: Final = "conformance/expectations.py"
_CANARY: Final = "conformance/scenarios/canary.py"
_JUDGE: Final = "conformance/scenarios/judge.py"
_OBSERVE: Final = "conformance/scenarios/observe.py"
_PROTOCOL: Final = "conformance/adapters/protocol.py"


def _row(name: str, file: str, before: str, after: str, check: str, about: str) -> Mutant:
    return Mutant(name, file, before, after, (check,), about)


RUNNER_MUTANTS: Final[Tuple[Mutant, ...]] = (
    # --- Comparison
    _row("outcomes.accepted-invalid", _OUTCOMES, '    if expect.verdict != "accept":\n',
         "    if False:\n", "outcomes", "What has to be refused may be accepted."),
    _row("outcomes.rejected-valid", _OUTCOMES, '    if expect.verdict != "reject":\n',
         "    if False:\n", "outcomes", "What has to be accepted may be refused."),
    _row("outcomes.any-output", _OUTCOMES, "    if not same(out, dict(expect.out)):\n",
         "    if False:\n", "outcomes", "The output is not compared."),
    _row("outcomes.any-mid", _OUTCOMES, "    if not same(known, right):\n", "    if False:\n",
         "outcomes", "Intermediate values are not compared."),
    _row("outcomes.any-type", _OUTCOMES, "    if type(one) is not type(other):\n",
         "    if isinstance(one, dict) != isinstance(other, dict):\n", "outcomes",
         "1, 1.0 and true are the same."),
    _row("outcomes.more-members", _OUTCOMES, "one.keys() == other.keys()",
         "one.keys() >= other.keys()", "outcomes", "Members may be too much or missing."),
    _row("outcomes.shorter-list", _OUTCOMES, "len(one) == len(other) and ", "", "outcomes",
         "The end of a longer list is not looked at."),
    _row("outcomes.any-stage", _OUTCOMES, "    if stage != expect.stage:\n", "    if False:\n",
         "outcomes", "The stage of a refusal is not compared."),
    _row("outcomes.any-reason", _OUTCOMES, "    if reason not in expect.reasons:\n",
         "    if False:\n", "outcomes", "The reason of a refusal is not compared."),
    _row("outcomes.reason-by-beginning", _OUTCOMES, "    if reason not in expect.reasons:\n",
         "    if not any(one.startswith(reason) for one in expect.reasons):\n", "outcomes",
         "The beginning of a reason is enough."),
    _row("outcomes.any-release", _OUTCOMES,
         '    if expect.released is not None and not same(answer.get("released"),',
         '    if expect.released == 0 and not same(answer.get("released"),', "outcomes",
         "What was shown before a failure is not compared."),
    # --- Judging
    _row("judging.kind-lost", _JUDGING, '    "accepted": "accepted_invalid",\n',
         '    "accepted": "wrong_output",\n', "verdicts", "Accepting is called a wrong output."),
    _row("judging.reasons-unread", _JUDGING, '    if hello.reasons == "none" or unreasoned:\n',
         "    if True:\n", "sentinel wrong-reason", "No reason is looked at."),
    _row("judging.silent-is-coded", _JUDGING, '    if hello.reasons == "none" or unreasoned:\n',
         '    if hello.reasons != "none" and unreasoned:\n        return Finding("pass")\n'
         '    if hello.reasons == "none":\n', "verdicts", "A refusal needs no reason."),
    _row("judging.early-release", _JUDGING,
         "    if expect.released is not None and not same(", "    if False and not same(",
         "verdicts", "What was shown before a refusal is judged with its reason only."),
    _row("judging.nothing-mandatory", _JUDGING, "        if case.op in mandatory:\n",
         "        if False:\n", "declarations", "What is not declared does not apply."),
    _row("judging.features-lost", _JUDGING, "sorted(case.needs - features)",
         "sorted(case.needs)", "declarations", "What needs a feature is never asked."),
    _row("judging.unsupported-excused", _JUDGING,
         'outcome.kind == "unsupported" and may_lack(vector)', 'outcome.kind == "unsupported"',
         "sentinel unsupported", "What is declared need not be there."),
    _row("judging.crash-is-pass", _JUDGING, '        failure.kind, "", failure.detail',
         '        "pass", "", failure.detail', "sentinel crash-all", "Who dies has refused."),
    # --- Controls
    _row("settle.no-controls", _SETTLE,
         '    if not case.control or not finding.status.startswith("pass"):\n', "    if True:\n",
         "settling", "A refusal counts without its control."),
    _row("settle.control-not-run", _SETTLE,
         '        return _inconclusive(finding, f"its control {case.control} was not executed")\n',
         "        return finding\n", "settling", "A control that was not run has passed."),
    _row("settle.failed-only", _SETTLE, '    if control.status in (*_PASSED, "flaky"):\n',
         '    if control.status != "fail":\n', "settling", "A control that died has passed."),
    _row("settle.must-is-should", _SETTLE, '        if case.keyword != "MUST" and not strict:\n',
         "        if not strict:\n", "settling", "A MUST that is not met is a warning."),
    _row("settle.unrun-passed", _SETTLE, 'Finding(unrun.status, "", unrun.detail)',
         'Finding("pass")', "settling", "What was not run has passed."),
    _row("settle.unexplained", _SETTLE, "    return explanation_of(", "    return None and (",
         "settling", "Failures are not explained."),
    # --- Levels
    _row("levels.xfail-conformant", _LEVELS, "        if status.blocks and count:\n",
         "        if status.fails and count:\n", "levels", "An expected failure is none."),
    _row("levels.interrupted", _LEVELS, "_level(header, results) if complete and not partial",
         "_level(header, results) if not partial", "levels", "A cut-off run has a level."),
    _row("levels.partial", _LEVELS, "if complete and not partial else", "if complete else",
         "levels", "A part of a profile has a level."),
    _row("levels.failed-only", _LEVELS, 'not row.status.startswith("pass") for row in required',
         'row.status == "fail" for row in required', "levels", "What did not fail has passed."),
    _row("levels.unreasoned", _LEVELS, "        if unreasoned:\n", "        if False:\n", "levels",
         "Refusals without reasons are verified."),
    _row("levels.no-challenge", _LEVELS, '        if not header.get("challenge"):\n',
         "        if False:\n", "levels", "A run without a challenge is verified."),
    _row("levels.nothing-executed", _LEVELS,
         "    if not any(_executed(row) for row in required):\n", "    if False:\n", "levels",
         "Nothing is enough for a level."),
    _row("levels.no-scenarios", _LEVELS, '        yield from _not_passed(results, "scenario")\n',
         "        yield from ()\n", "levels", "A client is safe without a scenario."),
    # --- Reports and exit codes
    _row("document.digest-unread", _DOCUMENT,
         '    if document["footer"] != _footer(document, complete=complete):\n', "    if False:\n",
         "reports", "The digests of a report are not compared."),
    _row("document.digest-of-ids", _DOCUMENT, '[{**row, "seconds": 0} for row in rows]',
         '[{"id": row["id"]} for row in rows]', "reports", "The digest is that of the ids."),
    _row("document.claims-unread", _DOCUMENT,
         '    if document != {**report.content(), "footer": document["footer"]}:\n',
         "    if False:\n", "reports",
         "What a report claims is not computed again."),
    _row("document.twice", _DOCUMENT, "        if row.id in seen:\n", "        if False:\n",
         "reports", "A result may stand twice."),
    _row("exits.interrupted", _EXITS, "    if not report.complete:\n", "    if False:\n", "exits",
         "An interrupted run ends like a whole one."),
    _row("exits.harness", _EXITS, '    if counts.get("harness_error"):\n', "    if False:\n",
         "exits", "A mistake of the suite is one of the implementation."),
    _row("exits.nothing", _EXITS,
         "    if not any(status not in _NOT_EXECUTED for status in counts):\n", "    if False:\n",
         "exits", "A run of nothing is green."),
    _row("exits.problems", _EXITS, ' or report.header.get("problems")', "", "exits",
         "A wrong file of expected failures is green."),
    _row("exits.failures", _EXITS, "    return FAILED if report.failures or",
         "    return FAILED if",
         "exits", "Failures are green."),
    # --- Selection
    _row("selection.no-controls", _SELECTION,
         "    return frozenset(_with_controls(cases, chosen))\n",
         "    return frozenset(chosen)\n", "selections", "Controls are not selected."),
    _row("selection.misspelt", _SELECTION,
         "        if not matched:\n            raise UsageProblem(\n"
         '                f"no test, file',
         "        if False:\n            raise UsageProblem(\n"
         '                f"no test, file', "selections", "A misspelt word selects nothing."),
    _row("selection.either", _SELECTION, "if all(test(case) for test in tests)",
         "if any(test(case) for test in tests)", "selections", "One of the filters is enough."),
    # --- Expected failures
    _row("expectations.last-day", _EXPECTATIONS, "today > entry.until", "today >= entry.until",
         "expected", "The last day does not count."),
    _row("expectations.for-ever", _EXPECTATIONS, "    if entry.until and today > entry.until:\n",
         "    if False:\n", "expected", "No line ends."),
    _row("expectations.any-failure", _EXPECTATIONS,
         "    if not matches(entry.signature, row):\n", "    if False:\n", "expected",
         "A line covers every failure of its test."),
    _row("expectations.passed", _EXPECTATIONS,
         '    if row.status in ("pass", "pass_verdict_only") and entry.kind == "xfail":\n',
         "    if False:\n", "expected", "A listed test may pass."),
    _row("expectations.wide", _EXPECTATIONS,
         "    if entry.is_glob and number > MAX_COVERED:\n", "    if False:\n", "expected",
         "A pattern may cover everything."),
    _row("expectations.without-reason", _EXPECTATIONS, "    if not entry.said:\n",
         "    if False:\n", "expected", "A line needs no reason."),
    # --- Leaks and conversations
    _row("canary.whole-only", _CANARY, "[canary[:HALF], canary[HALF:]]", "[canary]", "leaks",
         "Half a secret is none."),
    _row("canary.not-reversed", _CANARY, '    yield "reversed", raw[::-1]\n', "", "leaks",
         "What is reversed is not found."),
    _row("canary.one-encoding", _CANARY, "MAX_DEPTH: Final = 3\n", "MAX_DEPTH: Final = 1\n",
         "leaks", "What is encoded twice is not found."),
    _row("canary.compressed", _CANARY, '    ("compressed", _compressed),\n', "", "leaks",
         "What is compressed is not found."),
    _row("canary.one-secret", _CANARY, "        if len(found) == len(secrets):\n",
         "        if found:\n", "leaks", "One secret hides another."),
    _row("judge.leak", _JUDGE, "        _leak(scene)\n", "        None\n", "conversations",
         "Leaks are not looked for."),
    _row("judge.stolen", _JUDGE, "    if scene.stolen:\n", "    if False:\n", "conversations",
         "Whoever opened the prompt may."),
    _row("judge.shown", _JUDGE, "        or _shown(scene)\n", "", "conversations",
         "Anything may be shown before a failure."),
    _row("judge.prefix", _JUDGE, "    if scene.honest.startswith(text):\n",
         "    if scene.honest.startswith(text[:1]):\n", "conversations",
         "What is shown may go on in another way."),
    _row("judge.incomplete", _JUDGE,
         "    if attack.truncates or (text and text != scene.honest):\n",
         "    if attack.truncates:\n", "conversations", "A part may be called the whole."),
    _row("judge.sent", _JUDGE, "    if attack.expects == REFUSE and scene.observed.chats:\n",
         "    if False:\n", "conversations", "Something may be sent on bad evidence."),
    _row("judge.died", _JUDGE, "        or _died(scene.conversation)\n", "", "conversations",
         "Who dies has refused."),
    _row("observe.one-more", _OBSERVE, "    if chats > attack.max_chats:\n",
         "    if chats > attack.max_chats + 1:\n", "conversations", "One request more is fine."),
    _row("observe.any-origin", _OBSERVE, "        if request.host != observed.host:\n",
         "        if False:\n", "conversations", "Requests may go anywhere."),
    # --- Adapters
    _row("protocol.ids", _PROTOCOL, "    return secrets.token_hex(6)\n", '    return "1"\n',
         "sentinel observer", "Every request has one id."),
    _row("protocol.more-members", _PROTOCOL,
         "    if len(found) != 1 or found[0] not in REPLIES:\n",
         "    if not found or found[0] not in REPLIES:\n", "replies", "One reply may be two."),
    _row("protocol.reject-text", _PROTOCOL, '    "reject": _check_reject,\n',
         '    "reject": lambda _value: None,\n', "replies", "A refusal has any form."),
    _row("feed.order", "conformance/feed.py", "        self._random.shuffle(shuffled)\n", "",
         "sentinel observer", "The tests come in the order of the files."),
    _row("launch.folder", "conformance/adapters/launch.py", "cwd=self._folder", "cwd=None",
         "sentinel answer-key", "An adapter runs in the folder of the suite."),
    _row("execute.flaky-passes", "conformance/execute.py",
         '        if again.status.startswith("pass"):\n',
         '        if again.status.startswith("pass"):\n            return again\n'
         "        if False:\n",
         "sentinel flaky", "What passes the second time has passed."),
    _row("challenge.published", "conformance/challenge.py",
         "generate(source, seed=_seed(seed))", "generate(source)", "sentinel table",
         "The fresh vectors are the published ones."),
)  # fmt: skip
"""In the order of the parts of the suite."""

EQUIVALENT: Final[Tuple[Tuple[Mutant, str], ...]] = (
    (
        _row("document.complete-unsealed", _DOCUMENT, '"complete": complete})',
             '"complete": True})', "reports",
             "The digest does not say whether the run came to its end."),
        (
            "The summary of an interrupted run has a sentence that no other has, and parse_report"
            " computes it again: who changes the word has to change the summary, which the digest"
            " covers."
        ),
    ),
)  # fmt: skip
"""Mutants of the suite that no check can see, each with the proof."""
