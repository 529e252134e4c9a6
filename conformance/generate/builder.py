"""Builds one file of vectors: inputs, expectations, and the one difference of each rejected one.

A generator calls `accept` for what has to work and `reject` for what has to be refused.  A rejected
test names its parent, an accepted test of the same file, and differs from it by one mutation, which
the builder finds by comparing the two inputs; where the rest of the input was signed anew, the
generator says what was changed before that (`Rebuilt`).
"""

from __future__ import annotations

import re
from typing import Any, Dict, Final, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from conformance.mock_tee.randomness import SeededBytes
from conformance.mutation import Rebuilt, find_mutation
from conformance.requirements import requirements_by_id
from conformance.vectors import BUGS, SCHEMA

__all__ = ["FileBuilder", "Flag", "Rebuilt"]

SUITE_REVISION: Final = 1
SPEC_REVISION: Final = "1"

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


class Flag(NamedTuple):
    """A class of mistakes that some tests of a file look for."""

    bug: str
    """One of `BUGS`."""
    about: str
    """What is special about the input."""
    effect: str
    """What an attacker or an accident gains where an implementation gets it wrong."""
    fix: str
    """What to do about it."""
    links: Tuple[str, ...] = ()
    """Where it is defined or was seen: a standard with its section, an advisory."""


class FileBuilder:
    """Collects the tests of one file."""

    def __init__(self, name: str, op: str, about: str, *, seed: str) -> None:
        self.name = name
        self.op = op
        self.about = about
        self.seed = f"{seed}/{name}"
        self._flags: Dict[str, Flag] = {}
        self._groups: List[Dict[str, Any]] = []
        self._inputs: Dict[str, Tuple[str, Dict[str, Any]]] = {}
        self._requirements = requirements_by_id()

    def random(self, label: str) -> SeededBytes:
        """Return a source of bytes that depends on the seed, the file and the label only."""
        return SeededBytes(self.seed, label)

    def flag(self, name: str, flag: Flag) -> str:
        """Describe a class of mistakes; return its name."""
        if flag.bug not in BUGS or name in self._flags:
            raise ValueError(f"{self.name}: {name} stands twice, or {flag.bug} is no bug class")
        self._flags[name] = flag
        return name

    def group(
        self, params: Optional[Mapping[str, Any]] = None, *, source: str = "generated"
    ) -> None:
        """Begin a group: its parameters are part of the input of each test that follows."""
        self._groups.append({"params": dict(params or {}), "source": source, "tests": []})

    def accept(
        self,
        slug: str,
        why: str,
        *,
        req: Sequence[str],
        given: Mapping[str, Any],
        out: Mapping[str, Any],
        mid: Optional[Mapping[str, Any]] = None,
        flags: Sequence[str] = (),
        critical: bool = False,
        features: Sequence[str] = (),
    ) -> str:
        """Add an input that has to be accepted with exactly this output; return its slug."""
        test = self._begin(slug, why, req, given, flags, critical=critical, features=features)
        test["expect"] = {"verdict": "accept", "out": dict(out)}
        if mid:
            test["mid"] = dict(mid)
        self._inputs[slug] = ("accept", self._effective(given))
        self._add(test)
        return slug

    def reject(
        self,
        slug: str,
        why: str,
        *,
        parent: str,
        breaks: str,
        given: Mapping[str, Any],
        flags: Sequence[str],
        also: Sequence[str] = (),
        or_breaks: Sequence[str] = (),
        change: Optional[Rebuilt] = None,
        released: Optional[Any] = None,
        critical: bool = False,
        features: Sequence[str] = (),
    ) -> str:
        """Add an input that has to be refused for breaking the requirement `breaks`.

        `given` holds the members that differ from the parent's input; a member that is `...` is
        left out.  `or_breaks` are requirements of the same stage that explain the refusal as well,
        where the specification fixes no order; `also` are further ones that the test is about.
        """
        verdict, inherited = self._inputs[parent]
        if verdict != "accept":
            raise ValueError(f"{self.name}/{slug}: the parent {parent} is not an accepted test")
        whole = {**inherited, **given}
        for name in [name for name, value in whole.items() if value is ...]:
            del whole[name]
        params = self._groups[-1]["params"]
        own = {name: value for name, value in whole.items() if params.get(name, ...) != value}
        if any(name not in whole for name in params):
            raise ValueError(f"{self.name}/{slug}: a parameter of the group cannot be left out")
        req = [breaks, *(name for name in (*or_breaks, *also) if name != breaks)]
        test = self._begin(slug, why, req, own, flags, critical=critical, features=features)
        if not flags:
            raise ValueError(f"{self.name}/{slug}: a rejected test needs a flag")
        test["parent"] = f"{self.op}/{parent}"
        test["mutation"] = find_mutation(inherited, whole, change)
        test["expect"] = self._refusal(slug, (breaks, *or_breaks), released)
        self._inputs[slug] = ("reject", whole)
        self._add(test)
        return slug

    def document(self) -> Dict[str, Any]:
        """Return the whole file as a JSON value."""
        groups = [group for group in self._groups if group["tests"]]
        used = {flag for group in groups for test in group["tests"] for flag in test["flags"]}
        if used != set(self._flags):
            raise ValueError(f"{self.name}: flags not used: {sorted(set(self._flags) - used)}")
        return {
            "schema": SCHEMA,
            "file": self.name,
            "op": self.op,
            "about": self.about,
            "licence": "CC0-1.0",
            "suite_revision": SUITE_REVISION,
            "spec_revisions": [SPEC_REVISION],
            "generator": {"seed": self.seed},
            "count": sum(len(group["tests"]) for group in groups),
            "flags": {name: self._flag(flag) for name, flag in self._flags.items()},
            "groups": groups,
        }

    @staticmethod
    def _flag(flag: Flag) -> Dict[str, Any]:
        return {**flag._asdict(), "links": list(flag.links)}

    def _begin(
        self,
        slug: str,
        why: str,
        req: Sequence[str],
        given: Mapping[str, Any],
        flags: Sequence[str],
        *,
        critical: bool,
        features: Sequence[str],
    ) -> Dict[str, Any]:
        if _SLUG.match(slug) is None or slug in self._inputs:
            raise ValueError(f"{self.name}: {slug!r} is not a slug, or stands twice")
        unknown = [name for name in req if name not in self._requirements]
        unknown += [name for name in flags if name not in self._flags]
        if unknown or not req or not why:
            raise ValueError(f"{self.name}/{slug}: unknown {unknown}, or nothing is tested")
        if not self._groups:
            self.group()
        test: Dict[str, Any] = {"id": f"{self.op}/{slug}", "why": why, "req": list(req)}
        test["flags"] = list(flags)
        test["importance"] = "critical" if critical else "normal"
        if features:
            test["features"] = list(features)
        test["since"] = SUITE_REVISION
        test["in"] = dict(given)
        return test

    def _refusal(self, slug: str, breaks: Sequence[str], released: Optional[Any]) -> Dict[str, Any]:
        rows = [self._requirements[name] for name in breaks]
        if len({row.stage for row in rows}) != 1 or not all(row.refusal for row in rows):
            raise ValueError(f"{self.name}/{slug}: {breaks} are not refusals of one stage")
        reasons: List[str] = []
        for row in rows:
            if row.refusal not in reasons:
                reasons.append(row.refusal)
        expect: Dict[str, Any] = {"verdict": "reject", "stage": rows[0].stage, "reason": reasons}
        if released is not None:
            expect["released"] = released
        return expect

    def _effective(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        return {**self._groups[-1]["params"], **given}

    def _add(self, test: Dict[str, Any]) -> None:
        self._groups[-1]["tests"].append(test)
