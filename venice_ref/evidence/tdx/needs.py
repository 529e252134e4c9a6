"""Which collateral a quote needs: what its PCK certificate says of the platform and of its CA.

The certificate is read and not verified, because the collateral that verifies it is not there yet.
A false certificate only leads to collateral that does not fit, or that is good for nothing but a
refusal: `verify.verify_quote` compares both again, after the signatures  [COL-12].
"""

from __future__ import annotations

from typing import Final, NamedTuple

from venice_ref.codec.pem import decode_pem_chain
from venice_ref.codec.strict import excerpt
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.tdx.intel import PCK_ROLES
from venice_ref.evidence.tdx.pck import SGX_EXTENSION, parse_pck
from venice_ref.evidence.tdx.quote import Quote
from venice_ref.pki.certificate import parse_certificate
from venice_ref.spec import MAX_CERTIFICATE_SIZE

__all__ = ["CA_NAMES", "CollateralNeeds", "collateral_needs"]

CA_NAMES: Final = {
    "Intel SGX PCK Platform CA": "platform",
    "Intel SGX PCK Processor CA": "processor",
}
"""How Intel's service calls the two authorities that issue PCK certificates."""

_PCK_CHAIN: Final = 5


class CollateralNeeds(NamedTuple):
    """What the collateral has to be for; unproven, and good for a request only."""

    tee: str
    """`SGX` or `TDX`: whose TCB info and QE identity."""
    fmspc: bytes
    """The kind of platform (6)."""
    ca: str
    """`platform` or `processor`: whose revocation list."""


def collateral_needs(quote: Quote) -> CollateralNeeds:
    """Return what a quote needs, by the first certificate of its certification data  [COL-20].

    Raises:
        MalformedError: the quote carries no chain, or its first certificate does not parse as a PCK
            certificate of one of the two authorities.
    """
    where = "quote.certification_data"
    certification = quote.signature_data.certification
    if certification.type != _PCK_CHAIN:
        raise MalformedError(
            f"certification data of type {certification.type} holds no PCK certificate",
            rule="COL-20",
            where=where,
            hint="collateral with a pck_certificate_chain verifies such a quote",
        )
    leaf, *_ = decode_pem_chain(
        certification.data,
        max_count=len(PCK_ROLES),
        max_size=MAX_CERTIFICATE_SIZE,
        allow_nul=True,
        where=where,
        rule="COL-20",
    )
    certificate = parse_certificate(leaf, understood=(SGX_EXTENSION,), where=f"{where}[0]")
    ca = CA_NAMES.get(certificate.issuer_cn)
    if ca is None:
        raise MalformedError(
            f"issued by {excerpt(certificate.issuer_cn)}, required one of Intel's two PCK CAs",
            rule="COL-20",
            where=certificate.where,
        )
    try:
        facts = parse_pck(certificate)
    except EvidenceError as error:
        # Of one kind for whoever asks: there is nothing to be fetched for such a certificate.
        raise MalformedError(error.message, rule=error.rule, where=error.where) from None
    return CollateralNeeds("TDX" if quote.is_tdx else "SGX", facts.fmspc, ca)
