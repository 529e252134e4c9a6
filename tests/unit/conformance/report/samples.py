"""Reports made by hand: one of every status, and the shapes that a form has to cope with."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence, Tuple

from conformance.report.document import Report, make_report
from conformance.results import STATUSES, Explanation, Result

EXPLAINED = (*(name for name, row in STATUSES.items() if row.fails), "xfail", "warn")

NASTY = "\x1b[31mred\x1b[0m \x00\x08]]>--><b>&amp; | `x` ::error::%0A\r\n\u202e\u2028\ud800é 🜁"
"""What a hostile adapter could put into every text."""


def explanation(**changes: str) -> Explanation:
    members = {
        "requirement": "ENV-6: A receiver MUST refuse an envelope whose tag does not verify.",
        "changed": "the last bit of the tag was flipped",
        "expected": "reject envelope:tag",
        "got": 'ok {"plaintext": "68656c6c6f"}',
        "impact": "whoever stands between client and enclave changes what the user reads",
        "hint": "verify the tag before anything of the plaintext is used",
        "repro": (
            "python3 -m conformance run --adapter 'python3 ./adapter.py --mode \"all of it\"'"
            " --case field.open/tag-last-bit --seed 20261121-7"
        ),
    }
    members.update(changes)
    return Explanation(**members)


def result(id: str = "field.open/plain", status: str = "pass", **changes: Any) -> Result:  # noqa: A002 - the name of the member
    """Return a result that is coherent: explained where it must be, with a detail."""
    scenario = id.startswith("scenario/")
    vector = id.replace("challenge/", "")
    members: Dict[str, Any] = {
        "id": id,
        "kind": "scenario" if scenario else "vector" if vector == id else "challenge",
        "status": status,
        "subtype": "accepted_invalid" if status in ("fail", "xfail", "flaky", "warn") else "",
        "detail": "" if status == "pass" else STATUSES[status].about,
        "op": "client.chat" if scenario else vector.split("/")[0],
        "req": ("ENV-6",),
        "keyword": "SHOULD" if status == "warn" else "MUST",
        "importance": "critical",
        "negative": status != "pass",
        "control": "" if status == "pass" else "field.open/plain",
        "seconds": 0.0125,
        "explanation": explanation() if status in EXPLAINED else None,
        "attachments": {},
    }
    members.update(changes)
    return Result(**members)


def header(**changes: Any) -> Dict[str, Any]:
    members: Dict[str, Any] = {
        "suite": {
            "name": "venice-conformance",
            "version": "0.1.0",
            "revision": 1,
            "vectors_sha256": "ab" * 32,
        },
        "spec": {"revision": 1, "sha256": "cd" * 32},
        "profile": "full",
        "argv": ["run", "--adapter", "python3 ./adapter.py"],
        "seed": "20261121-7",
        "challenge": "",
        "platform": {"python": "3.9.18", "implementation": "CPython", "system": "Linux"},
        "started": "2026-11-21T15:00:00Z",
        "implementation": {
            "name": "example-client",
            "version": "1.2.3",
            "language": "python",
            "url": "",
            "issues_url": "",
            "commit": "",
        },
        "capabilities": {"protocol": 1, "operations": {"field.open": {}}, "features": []},
        "adapter": "python3 ./adapter.py",
        "selected": 15,
        "partial": False,
        "warnings": [],
        "problems": [],
    }
    members.update(changes)
    return members


def report(results: Sequence[Result], *, complete: bool = True, **header_changes: Any) -> Report:
    changes: Mapping[str, Any] = {"selected": len(results), **header_changes}
    return make_report(header(**changes), results, complete=complete)


def every_status() -> Report:
    """Return a report with one result of each status, and a leak in a scenario."""
    others = [status for status in STATUSES if status != "pass"]
    rows = [result(), *(result(f"field.open/is-{name.replace('_', '-')}", name) for name in others)]
    leak = result("scenario/keys-swapped", "fail", subtype="leak", detail="canary in the body")
    rows.append(leak._replace(attachments={"stderr": "\n".join(f"line {n}" for n in range(40))}))
    return report(rows)


def one_of(status: str) -> Report:
    """Return a report with a pass and one result of a status."""
    return report([result(), result("field.open/other", status)])


def passed() -> Report:
    """Return a report of the highest level: nothing speaks against the implementation."""
    rows = [
        result(),
        result("field.open/tag-last-bit", negative=True, control="field.open/plain"),
        result("scenario/honest"),
        result("scenario/keys-swapped", negative=True, control="scenario/honest"),
        result("challenge/field.open/plain"),
    ]
    return report(rows, challenge="c-1")


def many_missing(count: int = 300) -> Report:
    """Return a report in which a whole operation is missing."""
    rows = [
        result(
            f"field.seal/case-{number}",
            "fail",
            subtype="missing_mandatory",
            detail="field.seal is not declared",
            explanation=explanation(changed=f"case {number}", impact=f"impact {number}"),
        )
        for number in range(count)
    ]
    return report([result(), *rows])


def many_failures(count: int = 50, *, size: int = 0) -> Report:
    """Return a report with failures of as many causes; `size` makes each of them long."""
    rows = [
        result(
            f"field.open/case-{number}",
            "fail",
            detail=f"detail {number} " + "x" * size,
            explanation=explanation(hint=f"hint {number}", got=f"got {number} " + "y" * size),
            attachments={"stderr": "z" * size},
        )
        for number in range(count)
    ]
    return report([result(), *rows])


def nasty() -> Report:
    """Return a report whose texts try to break out of every form."""
    members = dict.fromkeys(Explanation._fields, NASTY)
    row = result("field.open/nasty", "fail", detail=NASTY, explanation=Explanation(**members))
    implementation = {**header()["implementation"], "name": NASTY, "version": NASTY}
    return report(
        [result(), row._replace(attachments={"stderr": NASTY, "transcript": NASTY})],
        implementation=implementation,
        warnings=[NASTY],
        adapter=NASTY,
        seed=NASTY,
        challenge=NASTY,
    )


def interrupted() -> Report:
    return report([result()], complete=False, selected=40, partial=True)


def empty() -> Report:
    return report([])


def samples() -> Tuple[Tuple[str, Report], ...]:
    """Return every sample by name."""
    return (
        ("every status", every_status()),
        ("passed", passed()),
        ("many missing", many_missing()),
        ("many failures", many_failures()),
        ("nasty", nasty()),
        ("interrupted", interrupted()),
        ("empty", empty()),
        *((f"one {status}", one_of(status)) for status in STATUSES),
    )
