"""The answer of `GET /tee/signature`, and its verification against an address that a quote binds.

The members differ by server and by year; the common part is `text`, `signature` (a string, or an
object with `value`) and `signing_address`.
"""

from __future__ import annotations

from typing import Collection, NamedTuple, Optional

from venice_ref.codec.strict import JsonObject, excerpt, parse_json_object
from venice_ref.crypto.address import parse_address, to_checksum
from venice_ref.errors import MalformedError, SignatureError
from venice_ref.model import Address20
from venice_ref.receipts.signature import (
    SignedText,
    compare_transcript,
    parse_signed_text,
    verify_signature,
    verify_signed_model,
)
from venice_ref.spec import ALGORITHM, MAX_SIGNATURE_ANSWER_SIZE

__all__ = [
    "SignatureAnswer",
    "VerifiedSignature",
    "parse_signature_answer",
    "verify_signature_answer",
]


class SignatureAnswer(NamedTuple):
    """A signature answer that has the right types, not yet believed; `None` where absent."""

    text: str
    signature: str
    """r || s || v in hexadecimal, taken out of its object where it came in one."""
    signing_address: Optional[str]
    model: Optional[str]
    upstream_model: Optional[str]
    members: JsonObject
    """The whole answer as it was parsed."""


class VerifiedSignature(NamedTuple):
    """A signature by the key that the quote binds; only `verify_signature_answer` makes one."""

    signer: Address20
    signed: SignedText
    transcript_verified: bool
    """Whether the signed hashes were compared with the exact bytes of an exchange  [SIG-12]."""

    def __str__(self) -> str:
        transcript = "" if self.transcript_verified else "not "
        return f"signer verified, transcript {transcript}verified"


def parse_signature_answer(raw: bytes) -> SignatureAnswer:
    """Return the members of an answer of at most 1048576 bytes.

    Raises:
        MalformedError: not such a JSON object [SIG-14], no text or no signature in it [SIG-10],
            another algorithm [SIG-15], or a signature of neither form [SIG-8].
    """
    top = parse_json_object(
        raw, max_size=MAX_SIGNATURE_ANSWER_SIZE, where="signature", rule="SIG-14"
    )
    text = top.text("text")
    if text is None or "signature" not in top:
        code = top.get("error_code") or top.get("error")
        reason = f"; the answer says {excerpt(code)}" if code is not None else ""
        raise MalformedError(
            f"the answer carries no signature{reason}", rule="SIG-10", where="signature"
        )
    algorithm = top.text("signing_algo")
    if algorithm not in (None, ALGORITHM):
        raise MalformedError(
            f"signing_algo is {excerpt(algorithm)}, required {ALGORITHM}",
            rule="SIG-15",
            where="signature.signing_algo",
        )
    return SignatureAnswer(
        text=text,
        signature=_signature_text(top),
        signing_address=top.text("signing_address"),
        model=top.text("model"),
        upstream_model=top.text("upstream_model"),
        members=top,
    )


def _signature_text(top: JsonObject) -> str:
    """Return the signature of its two forms  [SIG-8]."""
    signature = top.get("signature")
    value = signature.get("value") if isinstance(signature, dict) else signature
    if not isinstance(value, str):
        raise MalformedError(
            "neither a string nor an object with the string value",
            rule="SIG-8",
            where=top.path("signature"),
        )
    return value


def verify_signature_answer(
    answer: SignatureAnswer,
    address: Address20,
    *,
    models: Collection[str],
    request: Optional[bytes] = None,
    response: Optional[bytes] = None,
) -> VerifiedSignature:
    """Return what a signature proves, given the address that a quote binds.

    `models` are the names that the text may state: the model's and its upstream name.  `request`
    and `response` are the exact bytes that the enclave hashed; where either is absent, the
    transcript is not verified, and the result says so  [SIG-12].

    Spec: SIG-1 to SIG-13.

    Raises:
        MalformedError: the form of text or signature.
        SignatureError: another signer [SIG-4, SIG-9], model [SIG-7] or exchange [SIG-6].
    """
    verify_signature(answer.text, answer.signature, address)
    if answer.signing_address is not None:
        claimed = _claimed_address(answer.signing_address)
        if claimed != address:  # which is the recovered address
            raise SignatureError(
                f"signing_address is {excerpt(answer.signing_address)},"
                f" signed by {to_checksum(address)}",
                rule="SIG-9",
                where="signature.signing_address",
            )
    signed = parse_signed_text(answer.text)
    verify_signed_model(signed, models)
    if request is None or response is None:  # [SIG-12]
        return VerifiedSignature(address, signed, transcript_verified=False)
    compare_transcript(signed, request=request, response=response)
    return VerifiedSignature(address, signed, transcript_verified=True)


def _claimed_address(text: str) -> Optional[Address20]:
    """Return the address that the answer names; `None` for a text that is no address."""
    try:
        return parse_address(text)
    except MalformedError:
        return None
