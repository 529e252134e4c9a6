"""What one verification was given, and what it has found so far.

The checks fill this in, one after the other; what a check has not reached is `None`.  At the end
the facts of the report are read out of it (`facts`).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Dict, Final, NamedTuple, Optional, Set, Tuple, Union

from venice_ref.attestation.policy import Policy, includes
from venice_ref.attestation.report import NOT_PERFORMED, PASS, Check
from venice_ref.errors import EvidenceError, MalformedError, PeerError
from venice_ref.model import Address20, Nonce32, PublicKey65
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import ASSURANCE_LEVELS, GPU_LEVELS

if TYPE_CHECKING:
    from venice_ref.attestation.answer import Answer
    from venice_ref.attestation.endorsements import Endorsements, TrustRoots
    from venice_ref.evidence.dstack.app import App
    from venice_ref.evidence.dstack.compose import ComposeFacts
    from venice_ref.evidence.dstack.event_log import VerifiedEventLog
    from venice_ref.evidence.dstack.manager import ManagerFacts, ManagerRecord
    from venice_ref.evidence.nvidia.fleet import Fleet
    from venice_ref.evidence.nvidia.measurements import MeasuredGpu
    from venice_ref.evidence.nvidia.payload import GpuPayload
    from venice_ref.evidence.nvidia.tokens import NrasVerdict
    from venice_ref.evidence.nvidia.verify import SignedGpu
    from venice_ref.evidence.tdx.collateral import VerifiedCollateral
    from venice_ref.evidence.tdx.quote import Quote
    from venice_ref.evidence.tdx.verify import QuoteFacts

__all__ = ["NO_NONCE", "Findings", "Level", "Outcome", "Skip"]


class Level(NamedTuple):
    """The lowest level of an axis at which a check is made."""

    axis: str
    """`assurance` or `gpu`, as in `Policy`."""
    name: str


class Skip(NamedTuple):
    """Why a check was not made, and whether the policy wanted it made."""

    reason: str
    required: bool = False
    rule: str = "ATT-21"
    """Of a required check: the requirement by which its absence is refused."""
    hint: str = ""
    """Of a required check: how it could be made."""


Outcome = Union[str, Skip]
"""What a check that did not fail comes to; a text is what was found."""

NO_NONCE: Final = Skip(
    "no nonce was given to compare with",
    required=True,
    hint="give the nonce that was sent with the request",
)


class Findings:
    """The inputs, and what the checks made of them."""

    __slots__ = (
        "_broken", "address", "answer", "app", "collateral", "compose", "dcap_error", "dcap_steps",
        "endorsements", "event_log", "fleet", "gpu_payload", "gpus", "manager", "manager_record",
        "measured_gpus", "memo", "model", "model_keys", "nonce", "nonce_form", "now", "nras",
        "policy", "quote", "quote_facts", "quotes", "raw", "results", "roots",
    )  # fmt: skip

    def __init__(
        self,
        raw: bytes,
        nonce: Optional[Nonce32],
        model: Optional[str],
        policy: Policy,
        *,
        now: datetime,
        endorsements: Endorsements,
        roots: TrustRoots,
        memo: SignatureMemo,
    ) -> None:
        self.raw = raw
        self.nonce = nonce
        self.model = model
        self.policy = policy
        self.now = now
        self.endorsements = endorsements
        self.roots = roots
        self.memo = memo
        self.results: Dict[str, Check] = {}
        """The checks so far by id, in order."""
        self._broken: Set[Level] = set()

        self.answer: Optional[Answer] = None
        self.model_keys: Tuple[PublicKey65, ...] = ()
        """Every statement of the model key, parsed."""
        self.address: Optional[Address20] = None
        """The address of the first of them."""
        self.quotes: Tuple[bytes, ...] = ()
        """Every statement of the quote, decoded."""
        self.quote: Optional[Quote] = None
        """The first of them, parsed."""
        self.nonce_form = ""
        """`raw` or `sha256` once REPORTDATA was found to carry the nonce."""

        self.collateral: Optional[VerifiedCollateral] = None
        self.dcap_steps: Dict[str, str] = {}
        """The steps of the quote's verification that passed, and what each found."""
        self.dcap_error: Optional[PeerError] = None
        """What ended it."""
        self.quote_facts: Optional[QuoteFacts] = None
        self.event_log: Optional[VerifiedEventLog] = None
        self.app: Optional[App] = None
        self.compose: Optional[ComposeFacts] = None
        self.manager_record: Optional[ManagerRecord] = None
        self.manager: Optional[ManagerFacts] = None

        self.gpu_payload: Optional[GpuPayload] = None
        self.gpus: Tuple[SignedGpu, ...] = ()
        self.fleet: Optional[Fleet] = None
        self.nras: Optional[NrasVerdict] = None
        self.measured_gpus: Tuple[MeasuredGpu, ...] = ()

    # --- What a check may rely on, where the table says that it needs another -------------------

    @property
    def the_answer(self) -> Answer:
        """The answer, in a check that needs `answer.schema`."""
        if self.answer is None:
            raise MalformedError("no answer", rule="ATT-1")
        return self.answer

    @property
    def the_quote(self) -> Quote:
        """The quote, in a check that needs `quote.format`."""
        if self.quote is None:
            raise MalformedError("no quote", rule="ATT-7")
        return self.quote

    @property
    def the_address(self) -> Address20:
        """The address of the model key, in a check that needs `key.form`."""
        if self.address is None:
            raise MalformedError("no model key", rule="KEY-8")
        return self.address

    @property
    def the_collateral(self) -> VerifiedCollateral:
        """The collateral, in a check that needs `dcap.collateral`."""
        if self.collateral is None:
            raise EvidenceError("no collateral", rule="COL-1")
        return self.collateral

    @property
    def the_fleet(self) -> Fleet:
        """The GPUs, in a check that needs `gpu.fleet`."""
        if self.fleet is None:
            raise EvidenceError("no GPU", rule="GPU-1")
        return self.fleet

    # --- Results --------------------------------------------------------------------------------

    def asks_for(self, level: Level) -> bool:
        """Tell whether the policy asks for a level."""
        return includes(level.axis, getattr(self.policy, level.axis), level.name)

    def enter(self, check: Check, level: Optional[Level]) -> None:
        """Enter a result; without a level it counts for the verdict only."""
        self.results[check.id] = check
        if level is not None and not check.holds:
            self._broken.add(level)

    def passed(self, name: str) -> Optional[bool]:
        """Tell how a check ended; `None` where it was not performed."""
        status = self.results[name].status
        return None if status == NOT_PERFORMED else status == PASS

    def reached(self, axis: str) -> str:
        """Return the highest level, up to the required one, all of whose checks hold  [ATT-15]."""
        levels = ASSURANCE_LEVELS if axis == "assurance" else GPU_LEVELS
        reached = levels[0]
        for level in levels[1:]:
            if Level(axis, level) in self._broken or not self.asks_for(Level(axis, level)):
                break
            reached = level
        return reached
