"""`venice-ref attest` and `venice-ref verify`: evidence, fetched or saved, and its verdict."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Callable, NamedTuple, Optional

from venice_ref.attestation.bundle import (
    MAX_BUNDLE_SIZE,
    Bundle,
    encode_bundle,
    is_bundle,
    parse_bundle,
)
from venice_ref.attestation.endorsements import NO_ENDORSEMENTS, Endorsements
from venice_ref.attestation.report import Report
from venice_ref.attestation.verify import verify_attestation
from venice_ref.cli.inputs import read_bytes, write_file
from venice_ref.cli.judging import (
    check_inputs,
    make_policy,
    parse_moment,
    read_endorsements,
    read_roots,
)
from venice_ref.cli.output import Console, error_to_json, exit_code
from venice_ref.cli.report import Sources, moment, report_lines
from venice_ref.codec.strict import decode_hex, parse_json
from venice_ref.errors import MalformedError, PeerError, UsageError, VeniceError
from venice_ref.spec import NONCE_SIZE

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]

_BY_BUNDLE = "by the bundle"
_CAPTURED = "the time of capture, by the bundle"


class _Evidence(NamedTuple):
    """What is judged, and as of when."""

    raw: bytes
    nonce: Optional[bytes]
    model: Optional[str]
    now: datetime
    sources: Sources
    endorsements: Endorsements = NO_ENDORSEMENTS


class _Judged(NamedTuple):
    report: Report
    error: Optional[VeniceError]


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Judge fetched or saved evidence and print the report."""
    attest = _attest if arguments.command == "attest" else _verify
    return attest(arguments, console)


def _verify(arguments: argparse.Namespace, console: Console) -> int:
    check_inputs(arguments)
    policy, roots = make_policy(arguments), read_roots(arguments, console)
    evidence = _saved(arguments)
    judged = _judged(
        lambda: (
            verify_attestation(
                evidence.raw,
                nonce=evidence.nonce,
                model=evidence.model,
                policy=policy,
                now=evidence.now,
                endorsements=evidence.endorsements,
                roots=roots,
            ).report
        )
    )
    return _show(evidence, judged, console)


def _attest(arguments: argparse.Namespace, console: Console) -> int:
    from venice_ref.cli.connect import make_client

    client = make_client(arguments, console)
    console.note(f"asking {client.base_url} for the evidence of {arguments.model}")
    found = client.gather(arguments.model)
    if arguments.save is not None:
        # Before the verdict: evidence that fails is what somebody will want to look at.
        write_file(arguments.save, encode_bundle(found.bundle))
        console.note(f"saved to {arguments.save}")
    evidence = _Evidence(
        found.raw,
        found.nonce,
        found.model,
        found.at,
        Sources(
            "when it was fetched, by this machine's clock",
            "made here for this request",
            "as it was asked for",
        ),
    )
    return _show(evidence, _judged(lambda: client.judge(found).report), console)


def _judged(judge: Callable[[], Report]) -> _Judged:
    """Return the report of a verification, also of one that ended in a refusal."""
    try:
        return _Judged(judge(), None)
    except PeerError as refusal:
        if not isinstance(refusal.report, Report):
            raise
        return _Judged(refusal.report, refusal)


def _show(evidence: _Evidence, judged: _Judged, console: Console) -> int:
    report, error = judged
    if console.json:
        shown = report.to_json()
        shown["facts"]["judged_at"] = moment(evidence.now)
        shown["facts"]["judged_at_source"] = evidence.sources.time
        shown["facts"]["judged_nonce_source"] = evidence.sources.nonce
        shown["facts"]["judged_model_source"] = evidence.sources.model
        if error is not None:
            shown["error"] = error_to_json(error)
        console.object(shown)
    else:
        subject = evidence.model or report.facts.get("model") or "an unnamed model"
        heading = f"Evidence for {subject}"
        time = f"{moment(evidence.now)} ({evidence.sources.time})"
        console.lines(
            report_lines(report, heading, time, verbose=console.verbose, sources=evidence.sources)
        )
    if error is None:
        return 0
    console.error(error, checks=False)
    return exit_code(error)


# --- Saved evidence -----------------------------------------------------------------------------


def _saved(arguments: argparse.Namespace) -> _Evidence:
    raw = read_bytes(arguments.file, max_size=MAX_BUNDLE_SIZE)
    if _says_bundle(raw):
        evidence = _of_bundle(parse_bundle(raw))
    else:
        now = datetime.now(timezone.utc)
        sources = Sources("now, by this machine's clock", "none is given", "none is given")
        evidence = _Evidence(raw, None, None, now, sources)
    given = read_endorsements(arguments, evidence.endorsements)
    evidence, sources = evidence._replace(endorsements=given), evidence.sources
    if arguments.nonce is not None:
        evidence = evidence._replace(nonce=_nonce(arguments.nonce))
        sources = sources._replace(nonce="by --nonce")
    if arguments.model is not None:
        evidence = evidence._replace(model=arguments.model)
        sources = sources._replace(model="by --model")
    if arguments.at is not None:
        evidence = evidence._replace(now=parse_moment(arguments.at))
        sources = sources._replace(time="by --at")
    return evidence._replace(sources=sources._replace(unproven=_unproven(sources)))


def _unproven(sources: Sources) -> str:
    """Return what a bundle cannot prove to its reader: whoever made it chose its nonce and time."""
    if sources.nonce != _BY_BUNDLE:
        return ""
    own = "nonce and time are" if sources.time == _CAPTURED else "the nonce is"
    return f"that the evidence is fresh: {own} the bundle's own"


def _of_bundle(bundle: Bundle) -> _Evidence:
    return _Evidence(
        bundle.attestation.encode("utf-8"),
        bundle.nonce,
        bundle.model,
        bundle.captured_at,
        Sources(_CAPTURED, _BY_BUNDLE, _BY_BUNDLE),
        bundle.endorsements,
    )


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
