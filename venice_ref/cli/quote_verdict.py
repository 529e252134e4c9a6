"""`venice-ref quote --collateral`: a quote by itself, verified against Intel's signatures."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Optional, Tuple

from venice_ref.attestation.bare_quote import verify_bare_quote
from venice_ref.attestation.report import Report
from venice_ref.cli.judging import check_inputs, parse_moment, read_endorsements, read_roots
from venice_ref.cli.output import Console, error_to_json, exit_code
from venice_ref.cli.quote import quote_to_json, read_quote
from venice_ref.cli.report import moment, report_lines
from venice_ref.errors import MalformedError, PeerError
from venice_ref.evidence.tdx.quote import parse_quote

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what Intel's signatures prove of a quote."""
    check_inputs(arguments)
    roots = read_roots(arguments, console)
    raw = read_quote(arguments.file)
    given = read_endorsements(arguments)
    now, source = datetime.now(timezone.utc), "now, by this machine's clock"
    if arguments.at is not None:
        now, source = parse_moment(arguments.at), "by --at"
    error: Optional[PeerError] = None
    try:
        report = verify_bare_quote(raw, collateral=given.collateral or b"", now=now, roots=roots)
    except PeerError as refusal:
        if not isinstance(refusal.report, Report):
            raise
        error, report = refusal, refusal.report
    if console.json:
        _show_json(raw, report, error, (moment(now), source), console)
    else:
        heading = f"{(report.facts['tee_type'] or 'unknown').upper()} quote, {len(raw)} bytes"
        proven = "a genuine machine of Intel's made this quote; not for whom, and not when"
        if roots.replaced:
            proven = "made by a machine of the given root, which is not Intel's"
        console.lines(
            report_lines(
                report,
                heading,
                f"{moment(now)} ({source})",
                verbose=console.verbose,
                proven=proven,
            )
        )
    if error is None:
        return 0
    console.error(error, checks=False)
    return exit_code(error)


def _show_json(
    raw: bytes,
    report: Report,
    error: Optional[PeerError],
    judged_at: Tuple[str, str],
    console: Console,
) -> None:
    shown = report.to_json()
    shown["facts"]["judged_at"], shown["facts"]["judged_at_source"] = judged_at
    try:
        shown["quote"] = quote_to_json(parse_quote(raw), len(raw))
    except MalformedError:
        shown["quote"] = None
    if error is not None:
        shown["error"] = error_to_json(error)
    console.object(shown)
