"""A scenario: the honest mock with at most one thing changed, at one named point.

Each point is a function that gets the honest value and returns what is served instead; the default
is `honest`, which returns what it got.  So a fault is one function in one field of `Scenario`, and
the code that answers requests calls the points without knowing which fault is active.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Tuple, TypeVar, Union

from conformance.mock_tee.enclave import Enclave
from conformance.mock_tee.log import Request
from conformance.mock_tee.models import Model
from conformance.mock_tee.pki.authority import Key, RevocationList
from conformance.mock_tee.pki.gpu_report import Asked
from conformance.mock_tee.pki.intel import Chain
from conformance.mock_tee.pki.nras import AnswerDraft, TokenSigner
from conformance.mock_tee.pki.statements import SignedText
from conformance.mock_tee.refusals import Reply
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.evidence.tdx.quote import SignatureData
from venice_ref.model import PublicKey65, RandomBytes

__all__ = ["CutError", "Field", "Scenario", "Step", "Visit", "changed_points", "honest"]

T = TypeVar("T")

Step = Union[bytes, float]
"""One step of a stream: bytes to send, or seconds to wait."""


class CutError(Exception):
    """Raised in a stream: close the connection here, without its proper end."""


class Visit(NamedTuple):
    """What a point may know about the request that is being answered."""

    request: Request
    earlier: int
    """Requests to the same path that came before this one."""
    enclave: Enclave
    port: int
    model: Optional[Model] = None
    nonce: bytes = b""
    """The client's nonce, at the points of the attestation answer."""


class Field(NamedTuple):
    """One encrypted field of the answer."""

    position: int
    """Counts the fields of one answer from 0."""
    total: int
    """How many there are."""
    text: str
    """The plaintext."""
    sealed: str
    """The envelope in hexadecimal digits, or whatever a fault puts there."""
    recipient: PublicKey65
    """The client's key."""
    random_bytes: RandomBytes

    @property
    def faulty(self) -> bool:
        """Whether a fault strikes here: the second field, or the only one."""
        return self.position == min(1, self.total - 1)


def honest(value: T, visit: Visit) -> T:
    """Return the value as it is."""
    del visit
    return value


class Scenario(NamedTuple):
    """A named behaviour of the mock; see the module for what the points are."""

    name: str
    does: str
    """One sentence: what is served."""
    requirement: str = ""
    """Id of the requirement that a client meets by refusing, or by enduring, it; empty for the
    honest mock and for what no client can notice."""
    assurance: str = "binding"
    """The level of `spec.ASSURANCE_LEVELS` below which no client looks at what is changed."""
    gpu: str = "report"
    """The same of `spec.GPU_LEVELS`; what is not about GPUs is noticed at every one of them."""

    # --- the model list
    models: Callable[[Dict[str, Any], Visit], Dict[str, Any]] = honest

    # --- the attestation answer, in the order in which it is made
    presented_key: Callable[[PrivateKey, Visit], PrivateKey] = honest
    """The key that the answer presents and that opens requests; the quote binds the enclave's."""
    report_data: Callable[[bytes, Visit], bytes] = honest
    td_fields: Callable[[Dict[str, bytes], Visit], Dict[str, bytes]] = honest
    """Fields of the TD report, before the quote is signed."""
    attestation_key: Callable[[Key, Visit], Key] = honest
    """The key that signs the quote and stands in it; the QE report names the platform's."""
    qe_report: Callable[[Dict[str, bytes], Visit], Dict[str, bytes]] = honest
    """Fields of the report of the quoting enclave, before the PCK signs it."""
    pck_chain: Callable[[Chain, Visit], Chain] = honest
    signature_data: Callable[[SignatureData, Visit], SignatureData] = honest
    quote: Callable[[bytes, Visit], bytes] = honest
    gpus: Callable[[Tuple[Asked, ...], Visit], Tuple[Asked, ...]] = honest
    """The GPUs and what they are about to sign."""
    gpu_reports: Callable[[Tuple[bytes, ...], Visit], Tuple[bytes, ...]] = honest
    answer: Callable[[Dict[str, Any], Visit], Dict[str, Any]] = honest
    attestation_reply: Callable[[Reply, Visit], Reply] = honest

    # --- what Intel publishes
    root_crl: Callable[[RevocationList, Visit], RevocationList] = honest
    """The list of the root, before it is signed."""
    pck_crl: Callable[[RevocationList, Visit], RevocationList] = honest
    """The list of the Platform CA, before it is signed."""
    tcb_info: Callable[[Dict[str, Any], Visit], Dict[str, Any]] = honest
    """The document before it is signed."""
    signed_tcb_info: Callable[[SignedText, Visit], SignedText] = honest
    pcs_reply: Callable[[Reply, Visit], Reply] = honest

    # --- what NVIDIA's service says
    nras_signer: Callable[[TokenSigner, Visit], TokenSigner] = honest
    nras_claims: Callable[[AnswerDraft, Visit], AnswerDraft] = honest
    """The claims of all tokens, before they are signed."""
    nras_reply: Callable[[Reply, Visit], Reply] = honest

    # --- the chat
    admission: Callable[[Optional[Reply], Visit], Optional[Reply]] = honest
    """A reply here ends the request before anything is decrypted; `None` lets it pass."""
    field: Callable[[Field, Visit], Field] = honest
    chunks: Callable[[Iterator[Dict[str, Any]], Visit], Iterator[Dict[str, Any]]] = honest
    steps: Callable[[Iterator[Step], Visit], Iterator[Step]] = honest
    """The frames of the event stream, as bytes."""
    stream_type: Callable[[str, Visit], str] = honest

    # --- the signature
    signing_key: Callable[[PrivateKey, Visit], PrivateKey] = honest
    signed_text: Callable[[str, Visit], str] = honest
    signature: Callable[[Dict[str, Any], Visit], Dict[str, Any]] = honest
    signature_reply: Callable[[Reply, Visit], Reply] = honest


def changed_points(scenario: Scenario) -> Tuple[str, ...]:
    """Return the names of the points at which a scenario differs from the honest mock."""
    points = Scenario._fields[Scenario._fields.index("models") :]
    return tuple(name for name in points if getattr(scenario, name) is not honest)
