"""A verification report as a page: groups, what failed last and in full, and what it all proves."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from venice_ref.attestation.report import FAIL, NOT_PERFORMED, PASS, Check, Report
from venice_ref.cli.output import columns, fields

__all__ = ["Sources", "moment", "report_lines"]


class Sources(NamedTuple):
    """Who says what the evidence is judged by."""

    time: str
    nonce: str
    model: str
    unproven: str = ""
    """What these sources leave open."""


_GROUPS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    # heading, prefixes of the ids of its checks
    ("Answer", ("answer.", "server.")),
    ("Model key", ("key.",)),
    ("Quote", ("quote.", "td.")),
    ("Binding", ("binding.",)),
    ("Machine", ("dcap.", "dstack.", "measurements")),
    ("GPUs", ("gpu.",)),
    ("Policy", ("policy.",)),
)

_MARKS = {PASS: "ok", FAIL: "FAIL", NOT_PERFORMED: "-"}

_PROVEN: Dict[str, str] = {
    "none": "nothing",
    "binding": "the answer belongs together: the quote names this model key and this nonce",
    "dcap": "a genuine Intel TDX machine holds this model key, and answered this nonce",
    "measured": "a genuine Intel TDX machine that runs what was expected holds this model key",
}
_GPU_PROVEN: Dict[str, str] = {
    "signed": "genuine GPUs of NVIDIA answered the same nonce",
    "nras": "NVIDIA vouches for the GPUs that answered the same nonce",
    "measured": "the GPUs that answered the same nonce run what NVIDIA published",
}
_OPEN: Dict[str, Tuple[str, ...]] = {
    "none": ("that the quote names this key and this nonce", "its machine", "what runs there"),
    "binding": ("that the quote comes from a genuine machine", "what runs there"),
    "dcap": ("what runs there",),
    "measured": (),
}
_GPU_OPEN: Dict[str, str] = {
    "ignore": "anything about GPUs",
    "report": "that its GPU evidence is genuine",
    "signed": "what runs on its GPUs, and that their debugging is off",
    "nras": "that its GPUs stand in this machine",
    "measured": "that its GPUs stand in this machine",
}

_SHORT_FACTS = (
    "model",
    "upstream_model",
    "tee_provider",
    "signing_address",
    "model_key",
    "quote_version",
    "td_attribute_names",
    "tcb_status",
    "advisory_ids",
    "collateral_expires",
    "trust_roots_replaced",
    "app_id",
    "compose_hash",
    "gpu_count",
    "gpu_arch",
    "gpu_driver_version",
    "gpu_debug",
    "nras_result",
    "mr_enclave",
    "mr_signer",
)


def report_lines(
    report: Report,
    heading: str,
    time: str,
    *,
    verbose: bool,
    sources: Optional[Sources] = None,
    proven: Optional[str] = None,
) -> List[str]:
    """Return the page of a report; `heading` says of what, `time` as of when it was judged.

    `sources` belong to an answer; `proven` is what a pass of something else proves.
    """
    facts = report.facts if verbose else {name: report.facts.get(name) for name in _SHORT_FACTS}
    lines = columns([("", heading)], gap=0)
    lines += ["", "Facts", *fields(_known_facts(facts))]
    for title, prefixes in _GROUPS:
        made = [check for check in report.checks if check.id.startswith(prefixes)]
        lines += _group(title, [check for check in made if check.holds])
    missing = [check for check in report.checks if not check.holds and check.status != FAIL]
    lines += _group("REQUIRED AND NOT PERFORMED", missing)
    closing = (
        _closing(report, time, sources) if proven is None else _short_closing(report, time, proven)
    )
    return [*lines, *_failures(report.failed), "", *closing]


def moment(time: datetime) -> str:
    """Return a time in UTC, to the second."""
    text = time.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0).isoformat()
    return f"{text}Z"


def _group(title: str, checks: Sequence[Check]) -> List[str]:
    if not checks:
        return []
    rows: List[Tuple[str, str, str, str]] = []
    before = ""
    for check in checks:
        skipped = check.status == NOT_PERFORMED
        detail = "likewise" if skipped and check.detail == before else check.detail
        before = check.detail
        rows.append((_MARKS[check.status], check.id, check.requirement, detail))
    return ["", title, *columns(rows, indent=2)]


def _failures(checks: Sequence[Check]) -> List[str]:
    """Return what failed, each over the whole width."""
    lines = ["", "FAILED"] if checks else []
    for check in checks:
        lines += columns([(_MARKS[FAIL], f"{check.id}  {check.requirement}")], indent=2)
        lines += columns([("", check.detail)], indent=8, gap=0)
    return lines


def _known_facts(facts: Mapping[str, Any]) -> Dict[str, str]:
    shown: Dict[str, str] = {}
    for name, value in facts.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for row in value:
                shown[str(row.get("name") or name)] = _fact(
                    [f"{key} {_fact(row[key])}" for key in row if key != "name"]
                )
        elif value is not None:
            shown[name] = _fact(value)
    return shown


def _fact(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_fact, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _closing(report: Report, time: str, sources: Optional[Sources]) -> List[str]:
    """Return the verdict and, in words, what was proven and what was not."""
    proven = [_PROVEN[report.assurance_reached], _GPU_PROVEN.get(report.gpu_reached, "")]
    unproven = [*_OPEN[report.assurance_reached], _GPU_OPEN[report.gpu_reached]]
    named: List[Tuple[str, str]] = []
    if sources is not None:
        unproven.append(sources.unproven)
        named = [("nonce", sources.nonce), ("model", sources.model)]
    replaced = report.facts.get("trust_roots_replaced")
    if replaced:
        proven.append(
            f"by roots that the caller put in the place of pinned ones ({', '.join(replaced)}), so"
            " that nothing is proven about real machines"
        )
    rows = [
        ("verdict", "PASS" if report.verdict == PASS else "FAIL"),
        ("time", time),
        *named,
        ("assurance", f"{report.assurance_reached}, required {report.assurance_required}"),
        ("gpu", f"{report.gpu_reached}, required {report.gpu_required}"),
        ("proven", "; ".join(filter(None, proven))),
        ("not proven", "; ".join(filter(None, unproven)) or "nothing is left open"),
    ]
    return columns(rows)


def _short_closing(report: Report, time: str, proven: str) -> List[str]:
    passed = report.verdict == PASS
    rows = [
        ("verdict", "PASS" if passed else "FAIL"),
        ("time", time),
        ("proven", proven if passed else _PROVEN["none"]),
    ]
    return columns(rows)
