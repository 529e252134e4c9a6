"""Whatever stands in collateral, in a signed text or behind a quote: only a `VeniceError` leaves.

Texts are mutated before they are signed again, so that the mutation is reached: a verifier that
stops at a signature would never parse them.
"""

from __future__ import annotations

import contextlib
import copy
import json
from datetime import timedelta
from typing import Any, Callable, List, Tuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.intel import NOW, TEE_TCB_SVN, Intel, Pck, qe_identity, tcb_info, text_of
from venice_ref.codec.pem import encode_pem
from venice_ref.errors import PeerError, VeniceError
from venice_ref.evidence.tdx.collateral import (
    encode_collateral,
    parse_collateral,
    verify_collateral,
)
from venice_ref.evidence.tdx.levels import MODULE_STATUSES, PLATFORM_STATUSES, QE_STATUSES
from venice_ref.evidence.tdx.pck import parse_sgx_extension
from venice_ref.evidence.tdx.qe_identity import parse_qe_identity
from venice_ref.evidence.tdx.quote import CertificationData, SignatureData
from venice_ref.evidence.tdx.tcb import STATUSES, converge, relaunch
from venice_ref.evidence.tdx.tcb_info import parse_tcb_info
from venice_ref.evidence.tdx.verify import verify_quote

FAST = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(min_value=-(2**70), max_value=2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=12),
        st.sampled_from(["SGX", "TDX", "QE", "TD_QE", "TDX_01", "UpToDate", "00" * 48, "00" * 8,
                         "2026-06-01T00:00:00Z", "00", "0000", "FF" * 16]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip
CHOICES = st.lists(st.integers(min_value=0, max_value=1 << 16), min_size=1, max_size=8)
EDITS = st.lists(st.tuples(CHOICES, JSON), min_size=1, max_size=3)
FLIPS = st.lists(
    st.tuples(st.integers(min_value=0, max_value=1 << 16), st.integers(min_value=1, max_value=255)),
    min_size=1,
    max_size=4,
)
INTEL, SGX = Intel(), Intel(tdx=False)
COLLATERAL = encode_collateral(INTEL.collateral())
VERIFIED = INTEL.verified()
QUOTES = [INTEL.quote(), INTEL.quote(5, "td-1.5", tee_tcb_svn_2=TEE_TCB_SVN)]
PEM = "".join(encode_pem(der) for der in INTEL.pck_chain()).encode()


def edited(document: Any, edits: List[Tuple[List[int], Any]]) -> Any:
    """Return a document in which some places, chosen by numbers, have another value or are gone."""
    document = copy.deepcopy(document)
    for choices, value in edits:
        node: Any = document
        for position, choice in enumerate(choices):
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = keys[choice % len(keys)]
            if position < len(choices) - 1 and isinstance(node[key], (dict, list)) and node[key]:
                node = node[key]
                continue
            node[key] = value
            break
    return document


def flipped(raw: bytes, flips: List[Tuple[int, int]]) -> bytes:
    changed = bytearray(raw)
    for place, mask in flips:
        changed[place % len(changed)] ^= mask
    return bytes(changed)


# --- Documents ----------------------------------------------------------------------------------


@FAST
@given(tdx=st.booleans(), edits=EDITS)
def test_a_tcb_info(tdx: bool, edits: Any) -> None:
    try:
        found = parse_tcb_info(text_of(edited(tcb_info(tdx), edits)))
    except PeerError as error:
        assert error.rule[:3] in {"COL", "TCB"}  # noqa: PT017 - both outcomes are good
        assert error.where.startswith("tcb_info")  # noqa: PT017 - likewise
        return
    assert all(len(level.sgx_svns) == 16 for level in found.levels)
    assert [level[:3] for level in found.levels] == sorted(
        (level[:3] for level in found.levels), reverse=True
    )


@FAST
@given(tdx=st.booleans(), edits=EDITS)
def test_a_qe_identity(tdx: bool, edits: Any) -> None:
    try:
        found = parse_qe_identity(text_of(edited(qe_identity(tdx), edits)))
    except PeerError as error:
        assert error.where.startswith("qe_identity")  # noqa: PT017 - both outcomes are good
        return
    assert found.id in {"QE", "TD_QE"}


@FAST
@given(text=st.one_of(st.text(max_size=60), JSON.map(json.dumps)))
def test_any_text(text: str) -> None:
    parsers: Tuple[Callable[[str], object], ...] = (
        parse_tcb_info,
        parse_qe_identity,
        parse_collateral,
    )
    for parse in parsers:
        with contextlib.suppress(VeniceError):
            parse(text)


@FAST
@given(edits=EDITS)
def test_collateral(edits: Any) -> None:
    with contextlib.suppress(VeniceError):
        parsed = parse_collateral(json.dumps(edited(json.loads(COLLATERAL), edits)))
        verify_collateral(parsed, now=NOW, anchor=INTEL.anchor, memo=VERIFIED.memo)


@FAST
@given(flips=FLIPS, cut=st.integers(min_value=0, max_value=1 << 14))
def test_collateral_that_was_damaged_on_the_way(flips: Any, cut: int) -> None:
    raw = flipped(COLLATERAL, flips)
    for damaged in (raw, raw[:cut]):
        with contextlib.suppress(VeniceError):
            parsed = parse_collateral(damaged)
            verify_collateral(parsed, now=NOW, anchor=INTEL.anchor, memo=VERIFIED.memo)


@FAST
@given(flips=FLIPS)
def test_an_sgx_extension(flips: Any) -> None:
    try:
        found = parse_sgx_extension(flipped(Pck().encode(), flips))
    except VeniceError:
        return
    assert (len(found.ppid), len(found.cpu_svn), len(found.fmspc)) == (16, 16, 6)


# --- Signed again -------------------------------------------------------------------------------


@settings(FAST, max_examples=40)
@given(tdx=st.booleans(), edits=EDITS, which=st.sampled_from(["tcb_info", "qe_identity"]))
def test_what_is_signed_is_judged(tdx: bool, edits: Any, which: str) -> None:
    intel = (INTEL if tdx else SGX).copy()
    setattr(intel, which, edited(getattr(intel, which), edits))
    try:
        facts = intel.facts()
    except VeniceError:
        return
    assert facts.status in STATUSES


@settings(FAST, max_examples=40)
@given(
    svns=st.tuples(*[st.binary(min_size=16, max_size=16)] * 2),
    isv_svn=st.binary(min_size=2, max_size=2),
    levels=st.lists(st.tuples(st.binary(min_size=32, max_size=32),
                              st.sampled_from(sorted(PLATFORM_STATUSES))), max_size=4),
)  # fmt: skip
def test_any_versions_against_any_levels(svns: Any, isv_svn: bytes, levels: Any) -> None:
    intel = INTEL.copy()
    intel.qe_report["isv_svn"] = isv_svn
    intel.tcb_info["tcbLevels"] = [
        {
            "tcb": {
                "sgxtcbcomponents": [{"svn": byte} for byte in raw[:16]],
                "tdxtcbcomponents": [{"svn": byte} for byte in raw[16:]],
                "pcesvn": raw[0],
            },
            "tcbDate": "2026-01-01T00:00:00Z",
            "tcbStatus": status,
        }
        for raw, status in levels
    ]
    try:
        facts = intel.facts(5, "td-1.5", tee_tcb_svn=svns[0], tee_tcb_svn_2=svns[1])
    except PeerError as error:
        assert error.rule in {"TCB-3", "TCB-5"}  # noqa: PT017 - both outcomes are good
        return
    assert facts.status in STATUSES


@settings(FAST, max_examples=60)
@given(
    part=st.sampled_from([*SignatureData._fields[:-1], "certification"]),
    flips=FLIPS,
    number=st.integers(min_value=0, max_value=1),
    seconds=st.integers(min_value=-(10**9), max_value=10**9),
)
def test_what_surrounds_a_quote(part: str, flips: Any, number: int, seconds: int) -> None:
    quote = QUOTES[number]
    data = quote.signature_data
    value: Any = getattr(data, part)
    if part == "certification":
        value = CertificationData(5, flipped(PEM, flips), {})
    else:
        value = flipped(value, flips)
    damaged = quote._replace(signature_data=SignatureData(**{**data._asdict(), part: value}))
    for now in (NOW, NOW + timedelta(seconds=seconds)):
        try:
            verify_quote(damaged, VERIFIED, now=now)
        except VeniceError:
            continue
        # Bits of base64 that cancel out, or of a flip and its inverse: nothing changed.
        assert damaged == quote or part == "certification"


# --- Pure logic ---------------------------------------------------------------------------------


@FAST
@given(
    platform=st.sampled_from(sorted(PLATFORM_STATUSES)),
    module=st.sampled_from(sorted(MODULE_STATUSES)),
    qe=st.sampled_from(sorted(QE_STATUSES)),
)
def test_convergence_is_closed(platform: str, module: str, qe: str) -> None:
    found = converge(platform, [module, qe])
    assert found in PLATFORM_STATUSES
    assert converge(found, [module, qe]) == found
    assert relaunch(found, found) == found
