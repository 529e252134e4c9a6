"""The works of evidence: a TDX quote with its collateral, and the reports of eight GPUs.

The inputs are real and lie beside the repository; where they do not, the tables are skipped.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, List, NamedTuple, Sequence, Tuple

from bench.environment import ROOT
from bench.measure import OURS, Candidate, candidate
from bench.peers import OPENSSL, QVL_BROWSER, QVL_NODE, QVL_RUST, Peers, Unavailable, in_node
from venice_ref.codec.strict import parse_json_object
from venice_ref.crypto import ecdsa
from venice_ref.crypto.weierstrass import Curve, forget_points, generator, multiply
from venice_ref.evidence.nvidia.payload import parse_payload
from venice_ref.evidence.nvidia.verify import SignedGpu, verify_report
from venice_ref.evidence.tdx.collateral import (
    VerifiedCollateral,
    parse_collateral,
    verify_collateral,
)
from venice_ref.evidence.tdx.quote import parse_quote
from venice_ref.evidence.tdx.verify import QuoteFacts, verify_quote
from venice_ref.pki.signatures import SignatureMemo

Maker = Callable[[Peers], Candidate]

REAL = ROOT.parent / "shared" / "real"
ANSWER = REAL / "venice-2026-04-24"
ABSENT = "the captured evidence is not beside this repository (../shared/real)"

NEW_PROCESS = "ours, the first of a process"

NODE_WARM_UP = {QVL_NODE: 150, QVL_BROWSER: 30}
"""Calls before the first measurement; a third of them is on each quote."""


# --- Inputs -------------------------------------------------------------------------------------


class QuoteCase(NamedTuple):
    """A quote, the text of its collateral in JSON, and the time to judge for."""

    quote: bytes
    collateral: str
    seconds: int

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, timezone.utc)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Unavailable(ABSENT) from None


@functools.lru_cache(maxsize=1)
def quotes() -> Tuple[QuoteCase, ...]:
    """Return three quotes of different platforms: up to date, out of date, and one of version 5.

    All libraries agree about them.  The JavaScript library does not evaluate the TDX module, and so
    comes to another status for other quotes.
    """
    served = QuoteCase(
        bytes.fromhex(_json(ANSWER / "attestation.json")["intel_quote"]),
        json.dumps(_json(ANSWER / "collateral.json")),
        1776995921,
    )
    names = ("tdx4-attested-tls-85ef3b3f-20260627", "tdx5-go-tdx-guest-cf77a6e9-20260214")
    cases = [_json(REAL / "dcap" / f"{name}.json") for name in names]
    others = [
        QuoteCase(bytes.fromhex(case["quote"]), json.dumps(case["collateral"]), case["now"])
        for case in cases
    ]
    return (served, *others)


# --- A quote: (status, advisories) of each ------------------------------------------------------


def _said(facts: Sequence[QuoteFacts]) -> object:
    return [(one.status, list(one.advisories)) for one in facts]


def _verify_all(quote: bytes, collateral: str, now: datetime) -> QuoteFacts:
    verified = verify_collateral(parse_collateral(collateral), now=now)
    return verify_quote(parse_quote(quote), verified, now=now)


def _cold(name: str, forget: Callable[[], None]) -> Candidate:
    """Every signature is verified each time; what is kept is at most tables of points."""

    def verify(quote: bytes, collateral: str, now: datetime) -> QuoteFacts:
        forget()
        return _verify_all(quote, collateral, now)

    return candidate(
        name, verify, [(one.quote, one.collateral, one.now) for one in quotes()], _said
    )


def cold_ours(_: Peers) -> Candidate:
    """A platform that was never met: what was read of the constants is there, and no other table.

    So do others keep what belongs to the process: compiled code, tables of their curves.
    """
    return _cold(OURS, lambda: forget_points(constants=False))


def cold_new_process(_: Peers) -> Candidate:
    """As the first in a process: what is used of the constants is read anew each time."""
    return _cold(NEW_PROCESS, forget_points)


def warm_ours(_: Peers) -> Candidate:
    """A further quote under collateral that was verified; its PCK certificate was met as well."""
    inputs = []
    for case in quotes():
        collateral = verify_collateral(parse_collateral(case.collateral), now=case.now)
        inputs.append((case.quote, collateral, case.now))

    def verify(quote: bytes, collateral: VerifiedCollateral, now: datetime) -> QuoteFacts:
        return verify_quote(parse_quote(quote), collateral, now=now)

    return candidate(OURS, verify, inputs, _said)


def _reports(found: Sequence[Any]) -> object:
    return [(str(one.status), list(one.advisory_ids)) for one in found]


def cold_rust(peers: Peers) -> Candidate:
    """Collateral from JSON."""
    library = peers.package("dcap_qvl")
    parse, verify = library.QuoteCollateralV3.from_json, library.verify

    def verify_text(quote: bytes, collateral: str, seconds: int) -> Any:
        return verify(quote, parse(collateral), seconds)

    return candidate(QVL_RUST, verify_text, quotes(), _reports)


def warm_rust(peers: Peers) -> Candidate:
    """Collateral as an object; the library verifies it with each quote."""
    library = peers.package("dcap_qvl")
    parse = library.QuoteCollateralV3.from_json
    inputs = [(case.quote, parse(case.collateral), case.seconds) for case in quotes()]
    return candidate(QVL_RUST, library.verify, inputs, _reports)


def _in_node(peers: Peers, call: str, name: str) -> Candidate:
    process = peers.quote_library(browser=name == QVL_BROWSER)
    inputs = [(case.quote.hex(), case.collateral, str(case.seconds)) for case in quotes()]

    def normal(found: List[Any]) -> object:
        return [(status, advisories) for status, advisories in found]

    return in_node(name, process, call, inputs, normal, NODE_WARM_UP[name])


def node(call: str, name: str) -> Maker:
    """`cold`: collateral from JSON; `warm`: as an object, verified with each quote."""

    def make(peers: Peers) -> Candidate:
        return _in_node(peers, call, name)

    return make


# --- Eight GPUs: the numbers of their certificates ----------------------------------------------


@functools.lru_cache(maxsize=1)
def payload() -> Tuple[str, bytes, datetime]:
    """Return the payload of eight GPUs in JSON, the nonce that they answer, and the time."""
    answer, manifest = _json(ANSWER / "attestation.json"), _json(ANSWER / "manifest.json")
    return answer["nvidia_payload"], bytes.fromhex(manifest["nonce_hex"]), quotes()[0].now


def gpus_ours(_: Peers) -> Candidate:
    """From JSON to facts, the certificates that the GPUs share verified once; nothing kept."""

    def verify(text: str, nonce: bytes, now: datetime) -> List[SignedGpu]:
        forget_points()
        memo = SignatureMemo()
        found = parse_json_object(text, max_size=1 << 23, where="payload", rule="ATT-1")
        return [
            verify_report(gpu, nonce=nonce, now=now, memo=memo) for gpu in parse_payload(found).gpus
        ]

    return candidate(
        OURS, verify, [payload()], lambda runs: [[gpu.serial for gpu in run] for run in runs]
    )


def gpus_openssl(peers: Peers) -> Candidate:
    """The signatures only: of every certificate once, the root's excepted, and of the reports."""
    x509 = peers.package("cryptography.x509")
    ec = peers.package("cryptography.hazmat.primitives.asymmetric.ec")
    hashes = peers.package("cryptography.hazmat.primitives.hashes")
    utils = peers.package("cryptography.hazmat.primitives.asymmetric.utils")
    method = ec.ECDSA(hashes.SHA384())

    def verify(text: str, *_: object) -> List[int]:
        serials, seen = [], set()
        for entry in json.loads(text)["evidence_list"]:
            chain = x509.load_pem_x509_certificates(base64.b64decode(entry["certificate"]))
            for subject, issuer in zip(chain, chain[1:]):
                if subject not in seen:
                    subject.verify_directly_issued_by(issuer)
                    seen.add(subject)
            report = base64.b64decode(entry["evidence"])
            signed, r, s = report[:-96], report[-96:-48], report[-48:]
            numbers = (int.from_bytes(r, "big"), int.from_bytes(s, "big"))
            key, signature = chain[0].public_key(), utils.encode_dss_signature(*numbers)
            key.verify(signature, signed, method)
            serials.append(chain[0].serial_number)
        return serials

    return candidate(OPENSSL, verify, [payload()])


# --- The unit of both ---------------------------------------------------------------------------


def unit(curve: Curve, ours: Maker) -> Tuple[str, Maker]:
    """One ECDSA verification by ours under a key that was met before: the unit, and no candidate.

    1/9 means that ours takes as long as nine of these.
    """
    name = f"unit: one {curve.name} signature"

    def make(peers: Peers) -> Candidate:
        outcome = ours(peers).outcome
        digest = hashlib.sha256(b"unit").digest()
        public = multiply(curve, 12345, generator(curve))
        signed = ecdsa.sign(curve, 12345, digest)
        one = candidate(name, ecdsa.verify, [(curve, public, digest, signed.r, signed.s)])
        # A unit has nothing to compare: it says what the others say.
        return one._replace(outcome=outcome)

    return name, make
