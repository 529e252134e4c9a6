"""The attestation service of the simulated NVIDIA: its keys, its tokens, its answer.

The service really judges what it is sent, with the verifier of the reference under the simulated
root and against the mock's table of good measurements.  Evidence that fails gets an answer with the
status 200, a result of false and tokens that only report an error, as from NVIDIA.

A key lives for two days, as NVIDIA's do, and there is one for each day (UTC); the key set has those
of today and yesterday.  Their certificates are by an intermediate with RSA, whose own issuer is
published nowhere.  The issuer of the tokens has NVIDIA's name: a verifier compares it, and the
pinned key of the intermediate is what tells the two apart.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Callable, Dict, Final, FrozenSet, List, NamedTuple, Optional, Sequence

from conformance.mock_tee.pki.authority import Key, draw_key
from conformance.mock_tee.pki.gpu_report import KNOWN_GOOD
from conformance.mock_tee.pki.nvidia_certificates import Draft, Issuer, authority, certify, name
from conformance.mock_tee.pki.rsa_key import RsaKey
from conformance.mock_tee.randomness import PROCESS_SEED, SeededBytes
from venice_ref.codec.der_encode import time
from venice_ref.codec.strict import parse_json_object
from venice_ref.crypto.curves import P384
from venice_ref.errors import EvidenceError, MalformedError, PeerError
from venice_ref.evidence.nvidia.claims import CERTIFICATE_CHAINS, ERROR_DETAILS, REQUIRED_CLAIMS
from venice_ref.evidence.nvidia.known_good import find_known_good
from venice_ref.evidence.nvidia.measurements import verify_measurements
from venice_ref.evidence.nvidia.payload import GpuEvidence, parse_payload
from venice_ref.evidence.nvidia.tokens import NRAS_ISSUER
from venice_ref.evidence.nvidia.verify import SignedGpu, verify_report
from venice_ref.pki.chain import TrustAnchor
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import MAX_ATTESTATION_SIZE

__all__ = [
    "INTERMEDIATE_DRAFT",
    "AnswerDraft",
    "Claims",
    "KeyService",
    "TokenSigner",
    "base64url",
    "daily_service",
    "encode_answer",
    "gpu_claims",
    "judge",
    "jwk",
    "key_set_text",
    "leaf_draft",
    "make_service",
    "module",
    "overall_claims",
    "sign_token",
    "signer_of",
    "submodules",
]

Claims = Dict[str, Any]

LIFETIME_SECONDS: Final = 3600
"""From iat to exp."""

INTERMEDIATE_DRAFT: Final = authority("NVIDIA Attestation Service GPU Intermediate 004", 22)

_ROOT_DRAFT: Final = authority("NVIDIA Attestation Service CA 001", 21)
_LEAF_SERIAL: Final = 23


def base64url(raw: bytes) -> str:
    """Return base64url without padding.  RFC 7515, 2."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


# --- Keys ---------------------------------------------------------------------------------------


class KeyService(NamedTuple):
    """The intermediate, and the key of some two days."""

    intermediate: Issuer
    leaf: Issuer

    @property
    def pins(self) -> FrozenSet[bytes]:
        """What a verifier pins."""
        return frozenset({self.intermediate.pin})


class TokenSigner(NamedTuple):
    """A key, and the id that the headers of its tokens name."""

    key: Key
    kid: str


def leaf_draft(not_before: datetime, not_after: datetime) -> Draft:
    """Return the draft of the certificate of a key that signs tokens."""
    return Draft(
        name("NVIDIA Attestation Service GPU GH100"),
        _LEAF_SERIAL,
        ("digitalSignature", "keyAgreement"),
        authority=False,
        not_before=time(not_before),
        not_after=time(not_after),
    )


def make_service(
    root_key: Key, leaf_key: Key, leaf: Draft, intermediate: Draft = INTERMEDIATE_DRAFT
) -> KeyService:
    """Return a service whose intermediate has the RSA key of the mock."""
    root = certify(None, root_key, _ROOT_DRAFT)
    middle = certify(root, RsaKey(), intermediate)
    return KeyService(middle, certify(middle, leaf_key, leaf))


@lru_cache(maxsize=16)
def _service_of(seed: str, midnight: datetime) -> KeyService:
    def key(of: str) -> Key:
        return draw_key(P384, SeededBytes(seed, f"NRAS {of}"))

    half_a_day = timedelta(hours=12)
    draft = leaf_draft(midnight - half_a_day, midnight + 3 * half_a_day + timedelta(seconds=30))
    return make_service(key("root"), key(f"key of {midnight:%Y-%m-%d}"), draft)


def daily_service(seed: Optional[str], now: datetime) -> KeyService:
    """Return the service with the key of a day; `now` is in UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return _service_of(PROCESS_SEED if seed is None else seed, midnight)


def signer_of(service: KeyService, kid: Optional[str] = None) -> TokenSigner:
    """Return the service's key as one that signs; its id is made of the key unless it is given."""
    key = service.leaf.key
    if not isinstance(key, Key):
        raise TypeError("tokens are signed with a key on P-384")
    return TokenSigner(key, kid or f"nv-eat-kid-mock-{key.identifier.hex()}")


def jwk(service: KeyService, signer: TokenSigner) -> Dict[str, Any]:
    """Return a key of the key set.  RFC 7517, 4; RFC 7518, 6.2.1."""
    certificates = (service.leaf.certificate, service.intermediate.certificate)
    return {
        "kty": "EC",
        "crv": "P-384",
        "kid": signer.kid,
        "x": base64url(signer.key.xy[:48]),
        "y": base64url(signer.key.xy[48:]),
        "x5c": [base64.b64encode(der).decode("ascii") for der in certificates],
    }


def key_set_text(seed: Optional[str], now: datetime) -> str:
    """Return the key set of a moment: the keys of yesterday and of today."""
    services = [daily_service(seed, now - timedelta(days=age)) for age in (1, 0)]
    keys = [jwk(service, signer_of(service)) for service in services]
    return json.dumps({"keys": keys}, separators=(",", ":"))


# --- Tokens -------------------------------------------------------------------------------------


def sign_token(claims: Claims, signer: TokenSigner, header: Any = None) -> str:
    """Return a signed token; its header may be another one."""
    parts = [{"kid": signer.kid, "alg": "ES384"} if header is None else header, claims]
    text = ".".join(base64url(json.dumps(part).encode("utf-8")) for part in parts)
    return f"{text}.{base64url(signer.key.sign(text.encode('ascii')))}"


def _common(issued: int, about: bytes) -> Claims:
    """Return what every token has; `about` makes its id."""
    return {
        "iss": NRAS_ISSUER,
        "iat": issued,
        "nbf": issued,
        "exp": issued + LIFETIME_SECONDS,
        "jti": hashlib.sha256(b"token" + about).hexdigest()[:32],
    }


def overall_claims(nonce: bytes, issued: int, version: str = "2.0", *, good: bool = True) -> Claims:
    """Return the claims of the overall token but for its `submods`."""
    return {
        "sub": "NVIDIA-PLATFORM-ATTESTATION",
        "x-nvidia-ver": version,
        "x-nvidia-overall-att-result": good,
        **_common(issued, nonce),
        "eat_nonce": nonce.hex(),
    }


def gpu_claims(gpu: SignedGpu, issued: int, version: str = "2.0") -> Claims:
    """Return the claims of a GPU that is good."""
    claims: Claims = {**_common(issued, gpu.responder_nonce), **REQUIRED_CLAIMS[version]}
    claims["eat_nonce"] = gpu.nonce.hex()
    claims["ueid"] = gpu.ueid
    claims["oemid"] = "5703"
    claims["hwmodel"] = gpu.chip if version == "2.0" else gpu.model
    claims["x-nvidia-gpu-driver-version"] = gpu.description.driver_version
    claims["x-nvidia-gpu-vbios-version"] = gpu.description.vbios_version
    claims["x-nvidia-attestation-warning"] = None
    if version == "3.0":
        good = {
            "x-nvidia-cert-status": "valid",
            "x-nvidia-cert-ocsp-status": "good",
            "x-nvidia-cert-revocation-reason": None,
        }
        claims.update({chain: dict(good) for chain in CERTIFICATE_CHAINS})
    return claims


def _error_claims(error: PeerError, issued: int, about: bytes) -> Claims:
    """Return the claims of a GPU that is not good: they have no nonce."""
    code = _ERROR_CODES.get(error.rule, 4007 if error.rule.startswith("CRT-") else 4000)
    details = {"code": code, "message": error.message, "httpStatus": 400, "fieldName": error.where}
    return {**_common(issued, about), ERROR_DETAILS: details}


_ERROR_CODES: Final[Dict[str, int]] = {"GPU-17": 4013, "GPU-18": 4010, "GPU-33": 4016}
"""NVIDIA's codes for a signature and a nonce, and one for measurements."""


class AnswerDraft(NamedTuple):
    """The claims of all tokens before they are signed."""

    overall: Claims
    gpus: List[Claims]

    def sign(self, signer: TokenSigner) -> bytes:
        """Return the answer; `submods` is filled in where it is absent."""
        tokens = {module(n): sign_token(claims, signer) for n, claims in enumerate(self.gpus)}
        overall = {"submods": submodules(tokens), **self.overall}
        return encode_answer(sign_token(overall, signer), tokens)

    def each(self, change: Callable[[Claims], Claims]) -> AnswerDraft:
        """Return the draft with the same change to the claims of every token."""
        return AnswerDraft(change(self.overall), [change(claims) for claims in self.gpus])


def module(number: int) -> str:
    """Return the name of a GPU in an answer, by its place in the evidence."""
    return f"GPU-{number}"


def submodules(tokens: Dict[str, str]) -> Dict[str, Any]:
    """Return the digests of the tokens."""
    return {
        name: ["DIGEST", ["SHA-256", hashlib.sha256(token.encode("ascii")).hexdigest()]]
        for name, token in tokens.items()
    }


def encode_answer(overall: str, tokens: Dict[str, str]) -> bytes:
    """Return the answer around its tokens."""
    return json.dumps([["JWT", overall], tokens]).encode("ascii")


# --- The verdict --------------------------------------------------------------------------------


def judge(body: bytes, *, root: TrustAnchor, now: datetime) -> AnswerDraft:
    """Return the verdict on the GPU evidence of a request, which is a payload as it stands.

    Raises:
        MalformedError: the request is not of its form, or has no nonce or no evidence.
    """
    payload = parse_payload(
        parse_json_object(body, max_size=MAX_ATTESTATION_SIZE, where="", rule="GPU-4")
    )
    nonce = payload.nonce
    if nonce is None or not payload.gpus:
        raise MalformedError("no nonce or no evidence", rule="GPU-4")
    issued, memo = int(now.timestamp()), SignatureMemo()

    def claims_of(evidence: GpuEvidence) -> Claims:
        try:
            gpu = verify_report(evidence, nonce=nonce or b"", now=now, root=root, memo=memo)
            _compare_measurements(gpu)
        except PeerError as error:
            return _error_claims(error, issued, evidence.report)
        return gpu_claims(gpu, issued)

    gpus = [claims_of(evidence) for evidence in payload.gpus]
    return AnswerDraft(overall_claims(nonce, issued, good=_all_good(gpus)), gpus)


def _compare_measurements(gpu: SignedGpu) -> None:
    golden = find_known_good(gpu, [KNOWN_GOOD])
    if golden is None:
        raise EvidenceError("no manifests for this driver and VBIOS", rule="GPU-33")
    verify_measurements(gpu, golden)


def _all_good(gpus: Sequence[Claims]) -> bool:
    return not any(ERROR_DETAILS in claims for claims in gpus)
