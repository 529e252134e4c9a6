"""What one verification was given, and what it has found so far.

The checks fill this in, one after the other; what a check has not reached is `None`.  At the end
the facts of the report are read out of it.
"""

from __future__ import annotations

from typing import Any, Dict, Final, List, NamedTuple, Optional, Tuple, Union

from venice_ref.attestation.answer import Answer, NvidiaPayload
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import NOT_PERFORMED, PASS, Check, printable
from venice_ref.crypto.address import to_checksum
from venice_ref.errors import MalformedError
from venice_ref.evidence.tdx.attributes import decode_td_attributes
from venice_ref.evidence.tdx.quote import Quote
from venice_ref.model import Address20, Nonce32, PublicKey65

__all__ = ["NO_NONCE", "Findings", "Outcome", "Skip", "collect_facts"]


class Skip(NamedTuple):
    """Why a check was not made, and whether the policy wanted it made."""

    reason: str
    required: bool = False


Outcome = Union[str, Skip]
"""What a check that did not fail comes to; a text is what was found."""

NO_NONCE: Final = Skip("no nonce was given to compare with", required=True)


class Findings:
    """The inputs, and what the checks made of them."""

    __slots__ = (
        "address",
        "answer",
        "model",
        "model_keys",
        "nonce",
        "nonce_form",
        "policy",
        "quote",
        "quotes",
        "raw",
        "results",
    )

    def __init__(
        self, raw: bytes, nonce: Optional[Nonce32], model: Optional[str], policy: Policy
    ) -> None:
        self.raw = raw
        self.nonce = nonce
        self.model = model
        self.policy = policy
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
        self.results: Dict[str, Check] = {}
        """The checks so far by id, in order."""

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

    def passed(self, name: str) -> Optional[bool]:
        """Tell how a check ended; `None` where it was not performed."""
        status = self.results[name].status
        return None if status == NOT_PERFORMED else status == PASS


# --- Facts --------------------------------------------------------------------------------------

_BODY_FACTS: Final = (
    "report_data",
    "mr_td",
    "rt_mr0",
    "rt_mr1",
    "rt_mr2",
    "rt_mr3",
    "mr_config_id",
    "mr_owner",
    "mr_owner_config",
    "mr_seam",
    "mr_signer_seam",
    "td_attributes",
    "xfam",
    "tee_tcb_svn",
)
"""Fields of the quote's body that are facts, in hexadecimal."""


def collect_facts(findings: Findings) -> Dict[str, Any]:
    """Return the facts in their fixed order, null where unknown.

    Peer text is bounded and printable.  A fact is what the evidence says, and as true as the
    verdict and the assurance that was reached.
    """
    facts: Dict[str, Any] = {}
    facts.update(_answer_facts(findings.answer))
    facts.update(_key_facts(findings))
    facts["nonce"] = None if findings.nonce is None else findings.nonce.hex()
    facts["nonce_binding"] = findings.nonce_form or None
    facts.update(_quote_facts(findings.quote))
    facts.update(_gpu_facts(findings.answer))
    # Verified collateral gives these; nothing evaluates it yet.
    facts["tcb_status"] = None
    facts["advisory_ids"] = None
    return facts


def _answer_facts(answer: Optional[Answer]) -> Dict[str, Any]:
    names = ("model", "upstream_model", "tee_provider", "tee_hardware", "signing_algo")
    texts = {name: None if answer is None else getattr(answer, name) for name in names}
    return {name: None if text is None else printable(text) for name, text in texts.items()}


def _key_facts(findings: Findings) -> Dict[str, Any]:
    if findings.address is None or findings.answer is None:
        return {"model_key": None, "model_key_source": None, "signing_address": None}
    return {
        "model_key": findings.model_keys[0].hex(),
        "model_key_source": "keyset" if findings.answer.key_from_keyset else "answer",
        "signing_address": to_checksum(findings.address),
    }


def _quote_facts(quote: Optional[Quote]) -> Dict[str, Any]:
    facts: Dict[str, Any] = dict.fromkeys(("quote_version", "tee_type", *_BODY_FACTS))
    facts["td_attribute_names"] = None
    if quote is None:
        return facts
    facts["quote_version"] = quote.version
    facts["tee_type"] = "tdx" if quote.is_tdx else "sgx"
    for name in _BODY_FACTS:
        field = quote.body.get(name)
        facts[name] = None if field is None else field.hex()
    if quote.is_tdx:
        facts["td_attribute_names"] = _attribute_names(quote.body["td_attributes"])
    return facts


def _attribute_names(td_attributes: bytes) -> List[str]:
    return [str(attribute) for attribute in decode_td_attributes(td_attributes)]


def _gpu_facts(answer: Optional[Answer]) -> Dict[str, Any]:
    if answer is None:
        return {"gpu_count": None, "gpu_arch": None}
    payload = answer.nvidia or NvidiaPayload(None, None, ())
    return {
        "gpu_count": len(payload.evidence),
        "gpu_arch": None if payload.arch is None else printable(payload.arch),
    }
