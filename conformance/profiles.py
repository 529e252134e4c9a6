"""The profiles: frozen lists of the tests that an implementation of one kind has to pass.

A profile is a promise: a later edition of the suite does not make an implementation fail that
passed.  Each file below `profiles/` lists the tests that count, one name a line under its file of
vectors.  Before the first release, while `frozen` is empty, `python3 -m conformance vectors
--write` keeps the lists in step with the suite; from then on it lists what is new under
`not_scored`, with the reason, until the profile is frozen anew.  What is not scored is not run.

    full                  everything
    client                what happens between a caller and the service; no parts of evidence alone
    core-crypto           keys, primitives and envelopes
    attestation-verifier  answers, quotes, certificates, collateral and GPUs
"""

from __future__ import annotations

import json
from typing import Any, Dict, Final, Iterable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from conformance.operations import PROFILES
from conformance.plan import Case
from conformance.requirements import SuiteError
from conformance.resources import read_file
from conformance.usage import UsageProblem, did_you_mean

__all__ = ["SCHEMA", "Profile", "encode_profile", "frozen_ids", "load_profile", "renewed"]
__all__ += ["stale_profiles"]

SCHEMA: Final = "venice-profile-1"
SPEC_REVISION: Final = "1"

PENDING: Final = "added after the profile was frozen"

_SCENARIOS: Final = "scenarios"
_PREFIX: Final = "scenario/"

_AREAS: Final[Mapping[str, Tuple[str, ...]]] = {
    "full": ("",),
    "client": (
        "attestation/", "envelope/", "keys/", "request/", "scenarios", "session/", "signature/",
        "stream/", "transport/",
    ),
    "core-crypto": ("envelope/", "keys/", "primitives/"),
    "attestation-verifier": (
        "attestation/", "certificate/", "collateral/", "dstack/", "gpu/", "keys/", "quote/",
        "revocation/", "tcb/", "token/",
    ),
}  # fmt: skip
"""Profile -> beginnings of the files whose tests belong to it."""


class Profile(NamedTuple):
    """One frozen list."""

    name: str
    frozen: str
    """The edition of the suite that froze it; empty while it grows with the suite."""
    tests: Mapping[str, Tuple[str, ...]]
    """File of vectors, or `scenarios`, -> the last parts of ids."""
    operations: Mapping[str, str]
    """File of vectors -> its operation, which the ids begin with."""
    not_scored: Mapping[str, str]
    """Id -> why it does not count."""

    @property
    def ids(self) -> Tuple[str, ...]:
        """The ids of the tests that count, in the order of the file."""
        found: List[str] = []
        for file, names in self.tests.items():
            start = _PREFIX if file == _SCENARIOS else f"{self.operations[file]}/"
            found += [start + name for name in names]
        return tuple(found)


def frozen_ids(name: str) -> Tuple[str, ...]:
    """Return the ids of a profile.

    Raises:
        SuiteError: there is no such profile.
    """
    return load_profile(name).ids


def load_profile(name: str) -> Profile:
    """Return a profile.

    Raises:
        UsageProblem: there is none of this name.
        SuiteError: its file is missing, or not of the form.
    """
    if name not in PROFILES:
        raise UsageProblem(
            f"there is no profile {name!r}{did_you_mean(name, PROFILES)}; there are"
            f" {', '.join(PROFILES)}"
        )
    raw = read_file(file_name(name))
    if raw is None:
        raise SuiteError(f"{file_name(name)} is missing")
    return parse_profile(raw, name)


def file_name(name: str) -> str:
    """Return the path of a profile's file from the folder of the suite."""
    return f"conformance/profiles/{name}.json"


def parse_profile(raw: bytes, name: str) -> Profile:
    """Return the profile that a file holds.

    Raises:
        SuiteError: it is not of the form.
    """
    try:
        document: Any = json.loads(raw)
        if (document["schema"], document["profile"]) != (SCHEMA, name):
            raise SuiteError(f"{file_name(name)} is not {name} of the schema {SCHEMA}")
        return Profile(
            name,
            document["frozen"],
            {file: tuple(names) for file, names in document["tests"].items()},
            dict(document["operations"]),
            dict(document["not_scored"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, SuiteError):
            raise
        raise SuiteError(f"{file_name(name)} is not of the form: {error!r}") from None


def renewed(name: str, cases: Sequence[Case], old: Iterable[Profile] = ()) -> Profile:
    """Return the profile as it has to be for the cases of the suite.

    One that is frozen keeps its tests; what is new in its areas is not scored.

    Raises:
        SuiteError: a test that it lists is no longer there; ids are for ever.
    """
    before = next((profile for profile in old if profile.name == name), None)
    mine = [case for case in cases if case.file.startswith(_AREAS[name])]
    operations = {case.file: case.op for case in mine if case.kind == "vector"}
    if before is None or not before.frozen:
        return Profile(name, "", _grouped(mine), operations, {})
    gone = set(before.ids) - {case.id for case in cases}
    if gone:
        raise SuiteError(f"{file_name(name)} lists {min(gone)}, which is no test any more")
    listed = set(before.ids)
    later = [case.id for case in mine if case.id not in listed]
    reasons = {one: before.not_scored.get(one, PENDING) for one in later}
    return before._replace(operations={**before.operations, **operations}, not_scored=reasons)


def stale_profiles(cases: Sequence[Case]) -> Iterator[Tuple[str, bytes]]:
    """Yield path and right content of each profile's file that is not what it should be."""
    for name in PROFILES:
        raw = read_file(file_name(name))
        old = [] if raw is None else [parse_profile(raw, name)]
        content = encode_profile(renewed(name, cases, old))
        if raw != content:
            yield file_name(name), content


def _grouped(cases: Iterable[Case]) -> Dict[str, Tuple[str, ...]]:
    found: Dict[str, List[str]] = {}
    for case in cases:
        start = _PREFIX if case.kind == "scenario" else f"{case.op}/"
        found.setdefault(case.file, []).append(case.id[len(start) :])
    return {file: tuple(names) for file, names in found.items()}


def encode_profile(profile: Profile) -> bytes:
    """Return the bytes of a profile's file: one test a line."""
    document = {
        "schema": SCHEMA,
        "profile": profile.name,
        "spec_revision": SPEC_REVISION,
        "frozen": profile.frozen,
        "operations": dict(profile.operations),
        "tests": {file: list(names) for file, names in profile.tests.items()},
        "not_scored": dict(profile.not_scored),
    }
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode("ascii")
