"""The files beside a run: expected failures, and what was asked and answered."""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from conformance.execute import Keep
from conformance.expectations import (
    Expectations,
    Facts,
    apply,
    check,
    facts_of,
    load,
    parse,
    to_skip,
)
from conformance.expectations_update import HEAD, update
from conformance.judging import Finding
from conformance.plan import Case, challenge_cases, load_cases
from conformance.results import Result
from conformance.usage import UsageProblem

__all__ = ["Artifacts", "ExpectedFailures"]


class ExpectedFailures:
    """The file of `--xfail`, before, during and after a run."""

    def __init__(self, options: argparse.Namespace, cases: Sequence[Case]) -> None:
        """Read the file.

        Raises:
            UsageProblem: it cannot be read, is not of the form, or names what does not exist.
        """
        self._path = Path(options.xfail) if options.xfail and not options.no_xfail else None
        self._update = bool(options.update_xfail)
        self._expectations: Optional[Expectations] = None
        self.skipped: Mapping[str, str] = {}
        """Id -> reason of what is not to be executed."""
        if self._path is None:
            return
        if self._update and not self._path.exists():
            self._expectations = parse(HEAD, str(self._path))
            return
        self._expectations = load(self._path)
        for told in check(self._expectations, _known_ids()):
            print(f"conformance run: {told}", file=sys.stderr)
        ids = [case.id for case in cases]
        self.skipped = to_skip(self._expectations, ids, today=_today(), facts=facts_of())

    def apply(
        self, results: Sequence[Result], *, partial: bool, version: str
    ) -> Tuple[Tuple[Result, ...], Tuple[str, ...]]:
        """Return the results under the file, and what is wrong with the file.

        A file that is to be written anew stays as it is where this run cannot say what belongs
        there; that is then one of the problems.
        """
        if self._expectations is None or self._path is None:
            return tuple(results), ()
        facts = facts_of(version)
        refused: Tuple[str, ...] = ()
        if self._update:
            try:
                self._write(self._path, results, partial=partial, facts=facts)
            except UsageProblem as error:
                refused = (str(error),)
        applied = apply(results, self._expectations, today=_today(), partial=partial, facts=facts)
        return applied.results, (*refused, *applied.problems)

    def _write(self, path: Path, results: Sequence[Result], *, partial: bool, facts: Facts) -> None:
        """Write the file anew.

        Raises:
            UsageProblem: this run cannot say what belongs there.
        """
        old = self._expectations.text if self._expectations else ""
        text = update(old, results, partial=partial, name=str(path), facts=facts)
        if text != old or not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
            print(f"conformance run: wrote {path}", file=sys.stderr)
        self._expectations = parse(text, str(path))


def _known_ids() -> List[str]:
    """Return every id that a line can name, whatever this run is about."""
    cases = load_cases()
    return [case.id for case in (*cases, *challenge_cases(cases))]


def _today() -> date:
    return datetime.now(timezone.utc).date()


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Artifacts:
    """Keeps what was asked and answered for each failure: DIR/ID.json, `/` written as `__`."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    @property
    def keep(self) -> Keep:
        """What the runner calls for each failure."""
        return self._keep

    def _keep(self, case: Case, finding: Finding, reply: Mapping[str, Any]) -> None:
        vector = case.vector
        document: Dict[str, Any] = {
            "id": case.id,
            "op": case.op,
            "in": dict(vector.given) if vector else {},
            "expected": vector.expect._asdict() if vector else {},
            "reply": dict(reply),
            "status": finding.status,
            "subtype": finding.subtype,
            "detail": finding.detail,
            "attachments": dict(finding.attachments),
        }
        parts: List[str] = [_UNSAFE.sub("_", part) for part in case.id.split("/")]
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{'__'.join(parts)}.json"
        path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
