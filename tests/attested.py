"""A whole simulated machine: an attested answer, its endorsements, and the roots above both.

The parts come from the simulated Intel (`intel`), dstack (`dstack_logs`) and NVIDIA (`nvidia`);
everything is really signed, under roots that nobody else trusts.  A test takes a `Scene`, changes
what it is about, and verifies it.
"""

from __future__ import annotations

import functools
import hashlib
import json
from datetime import datetime
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import pytest

from tests.dstack_logs import COMPOSE, COMPOSE_HASH, Entry, registers, sample_log
from tests.intel import DAY, MEMO, Intel, moment
from tests.nvidia.devices import factory, fleet, fleet_json
from tests.nvidia.manifests import driver_manifest, signers, vbios_manifest
from tests.nvidia.tokens import answer_draft, key_set_json, service
from tests.samples import (
    KEY,
    MODEL,
    NONCE,
    NOW,
    REPORT_DATA,
    encode,
    near_answer,
    report_of,
)
from venice_ref.attestation.endorsements import Endorsements, TrustRoots
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import Report
from venice_ref.attestation.verify import VerifiedAttestation, verify_attestation
from venice_ref.errors import PeerError
from venice_ref.evidence.dstack.compose import mr_config_id_1
from venice_ref.evidence.tdx.exchange import encode_collateral

DCAP = Policy()
MR_TD = b"\x3d" * 48


def intel_at(now: datetime = NOW) -> Intel:
    """Return the simulated Intel, whose documents are of the day before `now`."""
    intel = Intel()
    for crl in (intel.root_list, intel.ca_list):
        crl.this_update, crl.next_update = now - DAY, now + 29 * DAY
    for document in (intel.tcb_info, intel.qe_identity):
        document["issueDate"] = moment(now - DAY)
        document["nextUpdate"] = moment(now + 29 * DAY)
    return intel


class Scene:
    """A machine with two GPUs, and what others say of it; every part may be changed."""

    def __init__(self) -> None:
        self.intel = intel_at()
        self.log: List[Entry] = sample_log()
        self.body: Dict[str, bytes] = {
            "report_data": REPORT_DATA,
            "mr_td": MR_TD,
            "mr_config_id": mr_config_id_1(COMPOSE_HASH),
            **{f"rt_mr{n}": end for n, end in enumerate(registers(self.log))},
        }
        self.version, self.body_kind = 4, "td-1.0"
        self.answer = near_answer()
        del self.answer["server_verification"]
        self.answer["event_log"] = self.log
        self.answer["info"] = {
            "compose_hash": COMPOSE_HASH.hex(),
            "tcb_info": {"mrtd": MR_TD.hex(), "app_compose": COMPOSE},
        }
        self.answer["nvidia_payload"] = fleet_json()
        self.collateral: Optional[bytes] = None
        """Instead of that of `intel`; empty for none."""
        self.nras: Optional[bytes] = nras_answer()
        self.jwks: Optional[bytes] = key_set_json()
        self.rims: Tuple[bytes, ...] = (driver_manifest(), vbios_manifest())

    def quote(self, **changes: bytes) -> str:
        """Return a quote of the machine in hexadecimal."""
        body = {**self.body, **changes}
        return self.intel.raw_quote(self.version, self.body_kind, trailing=bytes(8), **body).hex()

    @property
    def raw(self) -> bytes:
        """The answer; its quote is made now, unless the answer has one that a test put there."""
        quote = self.answer["intel_quote"]
        made = self.quote() if quote == near_answer()["intel_quote"] else quote
        return encode({**self.answer, "intel_quote": made})

    @property
    def endorsements(self) -> Endorsements:
        """What Intel and NVIDIA say."""
        collateral = self.collateral
        if collateral is None:
            collateral = encode_collateral(self.intel.collateral())
        return Endorsements(collateral or None, self.nras, self.jwks, self.rims)

    @property
    def roots(self) -> TrustRoots:
        """The simulated ones."""
        return TrustRoots(
            intel=self.intel.anchor,
            nvidia_device=factory().root.anchor,
            nvidia_rim=signers().root.anchor,
            nvidia_nras=service().pins,
        )

    def add_manager(self, **changes: Any) -> Dict[str, Any]:
        """Put a compose manager's record into the answer, and return it."""
        actions = [{"timestamp": "2026-01-01T00:00:00+00:00", "action": "compose_up", "tag": "v1"}]
        text = json.dumps(actions, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).digest()
        record: Dict[str, Any] = {
            "actions": actions,
            "actions_hash": digest.hex(),
            "nonce": NONCE.hex(),
            "report_data": (digest + NONCE).hex(),
            "quote": self.quote(report_data=digest + NONCE),
            "event_log": json.dumps(self.log),
            **changes,
        }
        self.answer["compose_manager_attestation"] = record
        return record

    def verify(self, policy: Policy = DCAP, **arguments: Any) -> VerifiedAttestation:
        """Verify the answer as it is."""
        given: Dict[str, Any] = {
            "nonce": NONCE,
            "model": MODEL,
            "now": NOW,
            "endorsements": self.endorsements,
            "roots": self.roots,
            "memo": MEMO,
        }
        return verify_attestation(self.raw, policy=policy, **{**given, **arguments})

    def passes(self, policy: Policy = DCAP, **arguments: Any) -> Report:
        """Return the report of an answer that meets the policy."""
        verified = self.verify(policy, **arguments)
        assert verified.model_key == KEY
        assert verified.report.verdict == "pass"
        return verified.report

    def refused(self, policy: Policy = DCAP, **arguments: Any) -> Refusal:
        """Return how an answer is refused that does not."""
        with pytest.raises(PeerError) as caught:
            self.verify(policy, **arguments)
        report = report_of(caught.value)
        assert report.verdict == "fail"
        return Refusal(caught.value, report)


class Refusal(NamedTuple):
    """An error and its report."""

    error: PeerError
    report: Report

    @property
    def failed(self) -> Sequence[Tuple[str, str]]:
        """The checks that failed, and the requirements that were not met."""
        return [(check.id, check.requirement) for check in self.report.failed]

    @property
    def missing(self) -> Sequence[str]:
        """The checks that are required and were not made."""
        return [
            check.id
            for check in self.report.checks
            if check.status == "not_performed" and check.required
        ]


Change = Callable[[Scene], object]


@functools.lru_cache(maxsize=1)
def nras_answer() -> bytes:
    """Return NVIDIA's answer about the two GPUs."""
    return answer_draft(fleet()).encode()
