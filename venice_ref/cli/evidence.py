"""`venice-ref attest` and `venice-ref verify`: evidence, fetched or saved, and its verdict."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple, Optional

from venice_ref.attestation.bundle import (
    MAX_BUNDLE_SIZE,
    Bundle,
    encode_bundle,
    is_bundle,
    parse_bundle,
)
from venice_ref.attestation.policy import Policy, check_policy
from venice_ref.attestation.report import Report
from venice_ref.attestation.verify import verify_attestation
from venice_ref.cli.inputs import read_bytes, write_file
from venice_ref.cli.output import Console, error_to_json, exit_code
from venice_ref.cli.report import report_lines
from venice_ref.codec.strict import decode_hex, parse_json, parse_rfc3339
from venice_ref.errors import MalformedError, PeerError, UsageError
from venice_ref.spec import NONCE_SIZE

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


class _Evidence(NamedTuple):
    """What is judged, and as of when."""

    raw: bytes
    nonce: Optional[bytes]
    model: Optional[str]
    now: datetime
    time_source: str


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Judge fetched or saved evidence and print the report."""
    policy = Policy(assurance=arguments.assurance, gpu=arguments.gpu)
    check_policy(policy)
    if arguments.command == "attest":
        evidence = _fetched(arguments, console)
    else:
        evidence = _saved(arguments, console)
    error: Optional[PeerError] = None
    try:
        report = verify_attestation(
            evidence.raw,
            nonce=evidence.nonce,
            model=evidence.model,
            policy=policy,
            now=evidence.now,
        ).report
    except PeerError as refusal:
        if not isinstance(refusal.report, Report):
            raise
        error, report = refusal, refusal.report
    _show(evidence, report, error, console)
    return 0 if error is None else exit_code(error)


def _show(
    evidence: _Evidence, report: Report, error: Optional[PeerError], console: Console
) -> None:
    moment = _rfc3339(evidence.now)
    if console.json:
        shown = report.to_json()
        shown["facts"]["judged_at"] = moment
        shown["facts"]["judged_at_source"] = evidence.time_source
        if error is not None:
            shown["error"] = error_to_json(error)
        console.object(shown)
    else:
        subject = evidence.model or report.facts.get("model") or "an unnamed model"
        heading = f"Evidence for {subject}"
        time = f"{moment} ({evidence.time_source})"
        console.lines(report_lines(report, heading, time, verbose=console.verbose))
    if error is not None:
        console.error(error, checks=False)


def _fetched(arguments: argparse.Namespace, console: Console) -> _Evidence:
    from venice_ref.cli.connect import make_client

    client = make_client(arguments, console)
    console.note(f"asking {client.base_url} for the evidence of {arguments.model}")
    bundle = client.fetch_evidence(arguments.model)
    if arguments.save is not None:
        # Before the verdict: evidence that fails is what somebody will want to look at.
        write_file(arguments.save, encode_bundle(bundle))
        console.note(f"saved to {arguments.save}")
    return _of_bundle(bundle, "the time of the answer, by this machine's clock")


def _saved(arguments: argparse.Namespace, console: Console) -> _Evidence:
    raw = read_bytes(arguments.file, max_size=MAX_BUNDLE_SIZE)
    if _says_bundle(raw):
        bundle = parse_bundle(raw)
        if any((bundle.collateral, bundle.nras, bundle.jwks)):
            console.warn("the collateral in the bundle is not used yet")
        evidence = _of_bundle(bundle, "the time of capture, by the bundle")
    else:
        now = datetime.now(timezone.utc)
        evidence = _Evidence(raw, None, None, now, "now, by this machine's clock")
    if arguments.nonce is not None:
        evidence = evidence._replace(nonce=_nonce(arguments.nonce))
    if arguments.model is not None:
        evidence = evidence._replace(model=arguments.model)
    if arguments.at is not None:
        evidence = evidence._replace(now=_moment(arguments.at), time_source="by --at")
    return evidence


def _of_bundle(bundle: Bundle, time_source: str) -> _Evidence:
    raw = bundle.attestation.encode("utf-8")
    return _Evidence(raw, bundle.nonce, bundle.model, bundle.captured_at, time_source)


def _says_bundle(raw: bytes) -> bool:
    try:
        return is_bundle(parse_json(raw, max_size=MAX_BUNDLE_SIZE))
    except MalformedError:  # then it is an answer, and its report says what is wrong with it
        return False


def _nonce(text: str) -> bytes:
    try:
        return decode_hex(text, size=NONCE_SIZE, allow_0x=True)
    except MalformedError as error:
        raise UsageError(error.message, rule="ATT-2", where="--nonce") from None


def _moment(text: str) -> datetime:
    try:
        return parse_rfc3339(text)
    except MalformedError as error:
        raise UsageError(error.message, where="--at") from None


def _rfc3339(moment: datetime) -> str:
    text = moment.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0).isoformat()
    return f"{text}Z"
