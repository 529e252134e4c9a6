"""The DCAP corpora beside the repository, and one way to judge a case of any of them.

`real_cases` are genuine quotes with Intel's collateral, `suite_cases` were made by a synthetic
Intel.  Each has the verdict of the library dcap-qvl 0.7.0 in its default policy, which accepts
every status but Revoked.  A test that needs them skips where they are absent.
"""

from __future__ import annotations

import functools
import json
import lzma
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional, Tuple

import pytest

from tests.samples import ABSENT, REAL
from venice_ref.errors import VeniceError
from venice_ref.evidence.tdx.collateral import parse_collateral, verify_collateral
from venice_ref.evidence.tdx.intel import INTEL_ROOT
from venice_ref.evidence.tdx.policy import (
    ANYTHING_BUT_REVOKED,
    check_body_policy,
    check_tcb_policy,
)
from venice_ref.evidence.tdx.quote import decode_quote_text, parse_quote
from venice_ref.evidence.tdx.verify import QuoteFacts, verify_quote
from venice_ref.pki.certificate import parse_certificate
from venice_ref.pki.chain import TrustAnchor, anchor_of
from venice_ref.pki.signatures import SignatureMemo

CORPUS = REAL.parent / "corpus"
CORPUS_ABSENT = "the synthetic cases are not beside this repository (../shared/corpus)"

MEMO = SignatureMemo(4096)
"""Shared by all cases, so that a certificate or list in many of them is verified once."""


class Case(NamedTuple):
    """A quote with its collateral, and what dcap-qvl says of both at a time."""

    name: str
    quote: bytes
    collateral: Dict[str, Any]
    now: datetime
    anchor: TrustAnchor
    root: Optional[bytes]
    """DER of the root, `None` for Intel's."""
    accepted: bool
    status: str
    advisories: Tuple[str, ...]
    window: Optional[Tuple[int, int]]
    """Unix times between which all of it holds."""


class Judgement(NamedTuple):
    """What this package says of a case: facts, or the error."""

    facts: Optional[QuoteFacts]
    error: Optional[VeniceError]

    @property
    def status(self) -> str:
        return self.facts.status if self.facts else ""

    @property
    def advisories(self) -> Tuple[str, ...]:
        return self.facts.advisories if self.facts else ()

    @property
    def rule(self) -> str:
        return self.error.rule if self.error else ""


def judge(case: Case, memo: SignatureMemo = MEMO) -> Judgement:
    """Judge a case as dcap-qvl does by default: every status but Revoked, strict bodies."""
    try:
        quote = parse_quote(case.quote)
        collateral = verify_collateral(
            parse_collateral(json.dumps(case.collateral)),
            now=case.now,
            anchor=case.anchor,
            memo=memo,
        )
        facts = verify_quote(quote, collateral, now=case.now)
        check_body_policy(quote)
        check_tcb_policy(facts, ANYTHING_BUT_REVOKED)
    except VeniceError as error:
        return Judgement(None, error)
    return Judgement(facts, None)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


# --- Corpora ------------------------------------------------------------------------------------


@functools.cache
def real_cases() -> Tuple[Case, ...]:
    paths = sorted((REAL / "dcap").glob("*.json"))
    if not paths:
        pytest.skip(ABSENT)
    return tuple(_real_case(path) for path in paths)


def _real_case(path: Path) -> Case:
    found = json.loads(path.read_text(encoding="utf-8"))
    expected = found["expected"]
    return Case(
        name=path.stem,
        quote=bytes.fromhex(found["quote"]),
        collateral=found["collateral"],
        now=moment(found["now"]),
        anchor=INTEL_ROOT,
        root=None,
        accepted=expected["verdict"] == "accept",
        status=expected.get("status", ""),
        advisories=tuple(expected.get("advisory_ids", ())),
        window=(found["window"][0], found["window"][1]),
    )


@functools.cache
def suite_cases() -> Tuple[Case, ...]:
    path = CORPUS / "dcap_suite.jsonl.xz"
    if not path.is_file():
        pytest.skip(CORPUS_ABSENT)
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return tuple(_suite_case(json.loads(line)) for line in lines)


def _suite_case(line: Dict[str, Any]) -> Case:
    collateral = {**_base(line["base"]), **line["collateral_patch"]}
    root = bytes.fromhex(line["root_hex"]) if line.get("root_hex") else _suite_root()
    return Case(
        name=line["name"],
        quote=bytes.fromhex(line["quote_hex"]),
        collateral={name: value for name, value in collateral.items() if value is not None},
        now=moment(line["now"]),
        anchor=anchor_of(parse_certificate(root), "the root of the suite"),
        root=root,
        accepted=line["verdict"] == "accept",
        status=line.get("status") or "",
        advisories=tuple(line.get("advisory_ids") or ()),
        window=None,
    )


@functools.cache
def _base(name: str) -> Dict[str, Any]:
    path = CORPUS / f"dcap_base_{name}.collateral.json"
    found: Dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@functools.cache
def _suite_root() -> bytes:
    return (CORPUS / "dcap_suite_root.der").read_bytes()


def venice_case() -> Case:
    """Return what Venice served on 2026-04-24, with the collateral of that moment."""
    folder = REAL / "venice-2026-04-24"
    if not folder.is_dir():
        pytest.skip(ABSENT)
    answer = json.loads((folder / "attestation.json").read_text(encoding="utf-8"))
    return Case(
        name="venice-2026-04-24",
        quote=decode_quote_text(answer["intel_quote"]),
        collateral=json.loads((folder / "collateral.json").read_text(encoding="utf-8")),
        now=datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc),
        anchor=INTEL_ROOT,
        root=None,
        accepted=True,
        status="UpToDate",
        advisories=(),
        window=None,
    )


# --- Where this package and dcap-qvl differ -----------------------------------------------------


class Difference(NamedTuple):
    """A case of the suite that is judged otherwise than by dcap-qvl, on purpose."""

    rule: str
    """The rule of the refusal; empty where this package accepts."""
    status: str
    """The status where this package accepts."""
    reason: str


DIFFERENCES: Dict[str, Difference] = {
    # Refused here, accepted there.
    "outer_type5": Difference("QUO-8", "", "certification data of versions 4 and 5 is of type 6"),
    "level_unreached_bad_count": Difference("COL-6", "", "a level has 16 components, also unread"),
    "qe_attr_unmasked_expected": Difference("QUO-14", "", "an expected bit outside of the mask"),
    "ti_v4": Difference("COL-7", "", "a TCB info of another version is of unknown meaning"),
    "ti_pceid": Difference("COL-13", "", "a TCB info for another PCE"),
    "ti_issue_lowerz": Difference("COL-6", "", "one spelling of a time"),
    "pckext_cpusvn_ne_comps_low": Difference("COL-15", "", "a platform that means two things"),
    "pckext_ppid15": Difference("COL-14", "", "a PPID of 15 bytes"),
    "pckext_type2bytes": Difference("COL-14", "", "not DER"),
    "pckext_dup_fmspc": Difference("COL-14", "", "two FMSPCs"),
    "pckext_trailing": Difference("COL-14", "", "bytes after the extension"),
    "cert_root_expired": Difference("CRT-14", "", "the root has a validity as well"),
    "cert_leaf_no_bc": Difference("COL-5", "", "without basic constraints"),
    "cert_leaf_ku_only_enc": Difference("CRT-16", "", "a key that may not sign"),
    "cert_leaf_no_crldp": Difference("COL-5", "", "without a distribution point"),
    "cert_int_cn": Difference("CRL-5", "", "a CA of another name"),
    "cert_int_no_certsign": Difference("CRT-15", "", "a CA that may not sign certificates"),
    "cert_int_no_ku": Difference("COL-5", "", "a CA without key usage"),
    "tcbcert_cn": Difference("CRT-10", "", "TCB info signed by a certificate of another name"),
    "tcbcert_under_int": Difference("CRT-10", "", "TCB info signed below the CA of platforms"),
    "crl_root_future": Difference("CRL-8", "", "a list of the future"),
    "crl_no_number": Difference("CRL-7", "", "a list without a number"),
    # Accepted here, refused or judged otherwise there.
    "qe_auth_len_0": Difference("", "UpToDate", "QE authentication data has any length"),
    "qe_auth_len_33": Difference("", "UpToDate", "QE authentication data has any length"),
    "crl_root_next_eq": Difference("", "UpToDate", "both ends of a window are inside"),
    "mod_levels_unsorted": Difference("", "UpToDate", "levels are sorted, whatever their order"),
    "level_adv_dup": Difference("", "UpToDate", "an advisory is listed once"),
}
"""Every difference in the suite; among the real cases there is none.  `docs/decisions/0006`."""
