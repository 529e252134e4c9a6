"""What the server says that it verified, against what was found here  [ATT-10].

A favourable `server_verification` proves nothing, and its absence means nothing  [ATT-19].  A
contradiction means that somebody between the evidence and this client is wrong or lies.  An
unfavourable word about the GPUs is shown and decides nothing: what they prove is judged here, at
the level that the policy asks for.  Members that are not named here are ignored.
"""

from __future__ import annotations

from typing import Dict, Final, Iterator, List, Optional, Tuple

from venice_ref.attestation.findings import Findings, Outcome, Skip
from venice_ref.codec.strict import JsonObject, decode_hex
from venice_ref.crypto.address import parse_address
from venice_ref.errors import EvidenceError
from venice_ref.evidence.tdx.quote import Quote

__all__ = ["gpu_doubts", "server_verification"]

_MEASUREMENTS: Final[Dict[str, str]] = {
    # the server's name: the field of the TD report
    "mrtd": "mr_td",
    "mrconfigid": "mr_config_id",
    "mrowner": "mr_owner",
    "mrownerconfig": "mr_owner_config",
    "mrseam": "mr_seam",
    "mrsignerseam": "mr_signer_seam",
    "rtmr0": "rt_mr0",
    "rtmr1": "rt_mr1",
    "rtmr2": "rt_mr2",
    "rtmr3": "rt_mr3",
    "tdAttributes": "td_attributes",
    "xfam": "xfam",
}

_MUST_NOT_BE_FALSE: Final = (
    "valid",
    "signatureValid",
    "certificateChainValid",
    "attestationKeyMatch",
)
"""Verdicts of `tdx`: where one is false, the server itself refuses the quote that it passes on."""

_NONCE_METHODS: Final = ("raw", "sha256")


def server_verification(findings: Findings) -> Outcome:
    """Refuse an answer whose server contradicts the evidence  [ATT-10]."""
    claims = findings.the_answer.server_verification
    if claims is None:
        return Skip("the answer has no server_verification")
    found = _contradictions(claims, findings)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise EvidenceError(
            f"the server's own verification contradicts the evidence: {found[0]}{more}",
            rule="ATT-10",
            where="attestation.server_verification",
        )
    doubts = [f"; {path} is false, which decides nothing" for path in gpu_doubts(claims)]
    return "nothing in it contradicts what was found here" + "".join(doubts)


def gpu_doubts(claims: JsonObject) -> Tuple[str, ...]:
    """Return the paths of the verdicts on the GPUs by which the server itself refuses them."""
    nvidia = claims.child("nvidia")
    if nvidia is None:
        return ()
    names = (name for name in ("valid", "signatureVerified") if nvidia.flag(name) is False)
    return tuple(map(nvidia.path, names))


def _contradictions(claims: JsonObject, findings: Findings) -> List[str]:
    """Return the path of each member that contradicts, and what was found here instead.

    Raises:
        MalformedError: a value that is to be compared is not hexadecimal, or not an address.
    """
    quote = findings.the_quote
    tdx = claims.child("tdx")
    found: List[str] = []
    if tdx is not None:
        found.extend(_tdx_verdicts(tdx))
        found.extend(_tdx_values(tdx, quote))
    found.extend(_address_claims(claims.child("signingAddressBinding"), findings))
    found.extend(_nonce_claims(claims.child("nonceBinding"), findings))
    # Without evidence nothing is bound, `gpu.nonce` is not made, and the claim is not compared.
    found.extend(_bound(claims.child("nvidiaNonceBinding"), findings.passed("gpu.nonce")))
    return found


def _tdx_verdicts(tdx: JsonObject) -> Iterator[str]:
    for name in _MUST_NOT_BE_FALSE:
        if tdx.flag(name) is False:
            yield f"{tdx.path(name)} is false"
    revocation = tdx.child("crlCheck")
    if revocation is not None and revocation.flag("revoked") is True:
        yield f"{revocation.path('revoked')} is true"


def _tdx_values(tdx: JsonObject, quote: Quote) -> Iterator[str]:
    yield from _differs(tdx, "reportData", quote.report_data)
    measurements = tdx.child("measurements")
    if measurements is not None:
        for name, field in _MEASUREMENTS.items():
            yield from _differs(measurements, name, quote.body[field])


def _differs(node: JsonObject, name: str, own: bytes) -> Iterator[str]:
    """Yield the path of a value in hexadecimal that is not our own."""
    text = node.text(name)
    if not text:  # an empty text claims nothing
        return
    value = decode_hex(text, size=len(own), allow_0x=True, where=node.path(name), rule="ATT-10")
    if value != own:
        yield f"{node.path(name)} is not what the quote says"


def _address_claims(node: Optional[JsonObject], findings: Findings) -> Iterator[str]:
    if node is None:
        return
    claimed = node.text("reportDataAddress")
    if claimed:  # an empty text claims nothing
        where = node.path("reportDataAddress")
        if parse_address(claimed, where=where) != findings.the_quote.report_data[:20]:
            yield f"{where} is not what the quote says"
    yield from _bound(node, findings.passed("binding.address"))


def _nonce_claims(node: Optional[JsonObject], findings: Findings) -> Iterator[str]:
    # A quote that has the nonce in another form than the policy wants is still bound to it: the
    # form is for BND-4 to refuse, and the server that says so does not contradict the evidence.
    own = True if findings.nonce_form else findings.passed("binding.nonce")
    yield from _bound(node, own)
    method = None if node is None else node.text("method")
    if node is not None and method in _NONCE_METHODS and findings.nonce_form not in ("", method):
        yield f"{node.path('method')} is {method}, the quote has the nonce {findings.nonce_form}"


def _bound(node: Optional[JsonObject], own: Optional[bool]) -> Iterator[str]:
    """Yield the path of `bound` where our own check came to the opposite."""
    claimed = None if node is None else node.flag("bound")
    if node is not None and claimed is not None and own is not None and claimed is not own:
        yield f"{node.path('bound')} is {str(claimed).lower()}"
