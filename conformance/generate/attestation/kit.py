"""Attestation answers for the generators, from the enclave and the shapes of the mock.

A `Case` says what is special about an answer; `build` makes the answer as the mock serves it.  The
quote is short (its PCK chain is a placeholder) unless `signed` is asked for, and so is the rest: a
test of level `binding` needs no signature, and nobody reads an answer of 100 kilobytes.
"""

from __future__ import annotations

import functools
import json
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Final, NamedTuple, Optional, Sequence, Set

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.mock_tee.answers import attestation_answer
from conformance.mock_tee.enclave import Enclave
from conformance.mock_tee.log import Request
from conformance.mock_tee.measurements import MEASUREMENTS
from conformance.mock_tee.models import SHAPES, Model
from conformance.mock_tee.pki.pcs import Publisher
from conformance.mock_tee.randomness import SeededBytes
from conformance.mock_tee.scenario import Scenario, Visit
from venice_ref.crypto.address import address_of
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.evidence.tdx.quote import CertificationData, SignatureData

__all__ = [
    "MODEL",
    "NONCE",
    "NOW",
    "Answer",
    "Case",
    "Tests",
    "address_text",
    "binding_policy",
    "build",
    "collateral",
    "dcap_outcome",
    "edited",
    "enclave",
    "find_key",
    "gpu_root",
    "key_hex",
    "negated",
    "outcome",
    "policy",
    "report_data",
    "root",
    "text",
]

Answer = Dict[str, Any]
Document = Dict[str, Any]

SEED: Final = "venice-vectors answers"
NONCE: Final = bytes(range(32))
MODEL: Final = "e2ee-mock"
MOMENT: Final = datetime(2026, 1, 1, 12, 0, 0, tzinfo=timezone.utc)
NOW: Final = "2026-01-01T12:00:00Z"

_PLACEHOLDER: Final = CertificationData(5, b"-----BEGIN CERTIFICATE-----\0", {})
"""Certification data of which a test without signatures sees the length only."""


class Case(NamedTuple):
    """What is special about an answer; by default nothing."""

    shape: str = "near-ai"
    """One of `conformance.mock_tee.models.SHAPES`."""
    signed: bool = False
    """Keep the PCK chain, as a verifier at dcap needs it."""
    log: bool = False
    """Keep event log and compose file."""
    claims: bool = False
    """Keep `server_verification`, where the shape has it."""
    gpus: int = 0
    quote_kind: str = "v4"
    key: Optional[PrivateKey] = None
    """Instead of the enclave's: presented and bound."""
    presented: Optional[PrivateKey] = None
    """Presented in the place of the bound one."""
    report_data: Optional[Callable[[bytes], bytes]] = None
    td: Optional[Dict[str, bytes]] = None
    """Fields of the TD report."""
    signature_data: Optional[Callable[[SignatureData], SignatureData]] = None
    quote: Optional[Callable[[bytes], bytes]] = None


HONEST: Final = Case()


@functools.lru_cache(maxsize=4)
def enclave(quote_kind: str = "v4") -> Enclave:
    """Return the machine of all answers."""
    return Enclave(SEED, quote_kind=quote_kind, moment=MOMENT)


@functools.lru_cache(maxsize=256)
def find_key(label: str, prefix: str, *, of: str = "x") -> PrivateKey:
    """Return the first key of a label whose X, or address, begins with these digits."""
    draw = SeededBytes(SEED, f"key {label}")
    while True:
        key = PrivateKey.generate(draw)
        text = key_hex(key)[2:] if of == "x" else bytes(address_of(key.public_key)).hex()
        if text.startswith(prefix):
            return key


def key_hex(key: PrivateKey) -> str:
    """Return a public key as 130 digits."""
    return bytes(key.public_key).hex()


def negated(key: PrivateKey) -> str:
    """Return the digits of the point with the same X and the other Y."""
    digits = key_hex(key)
    return digits[:66] + format(SECP256K1.p - int(digits[66:], 16), "064x")


def address_text(key: PrivateKey) -> str:
    """Return an address in lower case."""
    return "0x" + bytes(address_of(key.public_key)).hex()


def report_data(key: Optional[PrivateKey] = None) -> bytes:
    """Return the REPORTDATA that binds a key, by default the enclave's, and the nonce."""
    public = (key or enclave().key).public_key
    return bytes(address_of(public)) + bytes(12) + NONCE


def build(case: Case = HONEST, **changes: Any) -> Answer:
    """Return the answer of a case; `changes` are fields of the case."""
    made = case._replace(**changes)
    machine = enclave(made.quote_kind)
    provider = SHAPES[made.shape]._replace(gpu_count=made.gpus)
    model = Model(MODEL, "mock-labs/Echo:1b", provider, e2ee=True)
    visit = Visit(Request(0, "GET", "", (), b""), 0, machine, 0, model, NONCE)
    answer = attestation_answer(_scenario(made), visit, NONCE.hex(), nonce_source="client")
    return _without_length(answer, made)


def text(answer: Answer) -> str:
    """Return the text of an answer."""
    return json.dumps(answer, separators=(",", ":"))


def _scenario(case: Case) -> Scenario:
    def bound(data: bytes, visit: Visit) -> bytes:
        del visit
        own = data if case.key is None else report_data(case.key)
        return own if case.report_data is None else case.report_data(own)

    def td(fields: Dict[str, bytes], visit: Visit) -> Dict[str, bytes]:
        del visit
        return {**fields, **(case.td or {})}

    def data(found: SignatureData, visit: Visit) -> SignatureData:
        del visit
        if not case.signed:
            found = found._replace(certification=_PLACEHOLDER)
        return found if case.signature_data is None else case.signature_data(found)

    def quote(raw: bytes, visit: Visit) -> bytes:
        del visit
        return raw if case.quote is None else case.quote(raw)

    def presented(key: PrivateKey, visit: Visit) -> PrivateKey:
        del visit
        return case.presented or case.key or key

    return Scenario(
        "vector", "", presented_key=presented, report_data=bound, td_fields=td,
        signature_data=data, quote=quote,
    )  # fmt: skip


def _without_length(answer: Answer, case: Case) -> Answer:
    """Return an answer without what is long and what the case does not ask for."""
    if not case.claims:
        answer.pop("server_verification", None)
    if not case.gpus:
        answer.pop("nvidia_payload", None)
    for name in ("candidates_evaluated", "candidates_available", "vm_config"):
        answer.pop(name, None)
    info = answer.get("info")
    if info is not None:
        answer["info"] = _short_info(info, keep=case.log)
    if not case.log:
        answer.pop("event_log", None)
        if "attestation" in answer:
            answer["attestation"]["evidence"].pop("event_log")
    return answer


def _short_info(info: Document, *, keep: bool) -> Document:
    tcb_info = info["tcb_info"]
    members = json.loads(tcb_info) if isinstance(tcb_info, str) else dict(tcb_info)
    del members["event_log"]
    if not keep:
        members = {"mrtd": members["mrtd"]}
    short: Any = members
    if isinstance(tcb_info, str):
        short = json.dumps(members, separators=(",", ":"))
    return {"app_id": info["app_id"], "compose_hash": info["compose_hash"], "tcb_info": short}


# --- Policies and endorsements ------------------------------------------------------------------


def policy(**members: Any) -> Document:
    """Return a policy file as a JSON value."""
    return {"format": "venice-ref-policy-1", **members}


def binding_policy(**members: Any) -> Document:
    """Return a policy of assurance `binding`."""
    return policy(assurance="binding", **members)


def root() -> str:
    """Return the root of the simulated Intel, DER in hexadecimal."""
    return enclave().intel.root.certificate.hex()


def gpu_root() -> str:
    """Return the root of the simulated NVIDIA, DER in hexadecimal."""
    return enclave().nvidia.factory.root.certificate.hex()


def collateral(change: Optional[Callable[[Document], Document]] = None) -> str:
    """Return the collateral of the machine's platform; `change` edits the TCB info."""

    def edited(document: Document, visit: Visit) -> Document:
        del visit
        return document if change is None else change(document)

    visit = Visit(Request(0, "GET", "", (), b""), 0, enclave(), 0)
    scenario = Scenario("vector", "", tcb_info=edited)
    return json.dumps(json.loads(Publisher(scenario, visit).collateral("TDX")))


# --- Tests --------------------------------------------------------------------------------------


def outcome(key: Optional[PrivateKey] = None, **members: Any) -> Document:
    """Return what `attestation.verify` gives for a key, by default the enclave's, at `binding`."""
    public = (key or enclave().key).public_key
    found: Document = {
        "model_key": bytes(public).hex(),
        "address": bytes(address_of(public)).hex(),
        "key_source": "answer",
        "assurance": "binding",
        "gpu": "report",
        "nonce_binding": "raw",
        "tcb_status": None,
        "compose_hash": None,
        "app_id": None,
        "gpu_count": 0,
        "advisories": [],
        "roots_replaced": [],
    }
    return {**found, **members}


def dcap_outcome(*, log: bool = False, **members: Any) -> Document:
    """Return what it gives for the machine at `dcap`; `log` says that its log is there."""
    proven = {
        "assurance": "dcap",
        "tcb_status": "UpToDate",
        "compose_hash": MEASUREMENTS.compose_hash.hex(),
        "app_id": MEASUREMENTS.app_id.hex() if log else None,
        "roots_replaced": ["intel"],
    }
    return outcome(**{**proven, **members})


def edited(answer: Answer, path: str, value: Any) -> Answer:
    """Return a copy of an answer with a member at a dotted path replaced; `...` removes it."""
    name, _, rest = path.partition(".")
    copy = dict(answer)
    if rest:
        copy[name] = edited(copy.get(name, {}), rest, value)
    elif value is ...:
        copy.pop(name, None)
    else:
        copy[name] = value
    return copy


class Tests:
    """Adds tests of `attestation.verify` to a file, in a group of one nonce, model and policy."""

    def __init__(self, builder: FileBuilder, *, now: str = NOW) -> None:
        self._builder = builder
        self._now = now
        """When every test of the file takes place; it differs from file to file."""
        self._critical: Set[str] = set()
        self.begin()

    def flag(self, name: str, bug: str, about: str, effect: str, fix: str, *links: str) -> None:
        """Describe a class of mistakes."""
        self._builder.flag(name, Flag(bug, about, effect, fix, links))
        if bug in ("AUTH_BYPASS", "FRESHNESS", "DOWNGRADE", "CONFIDENTIALITY"):
            self._critical.add(name)

    def begin(self, **params: Any) -> None:
        """Begin a group; parameters replace the ordinary ones."""
        ordinary = {
            "nonce": NONCE.hex(), "model": MODEL, "now": self._now, "policy": binding_policy(),
        }  # fmt: skip
        self._builder.group({**ordinary, **params})

    def begin_signed(self, answer: Answer, demands: Document, **params: Any) -> None:
        """Begin a group of one signed answer, judged below the simulated root."""
        self.begin(policy=demands, root=root(), answer=text(answer), **params)

    def accept(
        self, slug: str, why: str, answer: Any, *req: str, out: Optional[Document] = None,
        **given: Any,
    ) -> None:  # fmt: skip
        """Add an answer that is accepted; `answer` is its text or its value."""
        self._builder.accept(
            slug,
            why,
            req=req,
            given={**_answer_of(answer), **given},
            out=outcome() if out is None else out,
        )

    def reject(
        self, slug: str, why: str, parent: str, answer: Any, breaks: str, flag: str, *also: str,
        change: Optional[Rebuilt] = None, or_breaks: Sequence[str] = (), **given: Any,
    ) -> None:  # fmt: skip
        """Add an answer that is refused; `None` for the answer is that of the parent."""
        self._builder.reject(
            slug,
            why,
            parent=parent,
            breaks=breaks,
            given={**_answer_of(answer), **given},
            flags=(flag,),
            also=also,
            or_breaks=or_breaks,
            change=change,
            critical=flag in self._critical,
        )


def _answer_of(answer: Any) -> Document:
    if answer is None:
        return {}
    return {"answer": answer if isinstance(answer, str) else text(answer)}
