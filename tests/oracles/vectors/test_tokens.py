"""The vectors of NVIDIA's tokens, by `cryptography` and a verifier written from section 20.

It shares nothing with `venice_ref`, and judges the verdict of every vector.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime, timezone
from typing import Any, Dict, Final, List, Mapping, Tuple

import pytest

from conformance.vectors import Vector, find_folder, load_file

REASON: Final = "the independent implementation `cryptography` is not installed"
x509 = pytest.importorskip("cryptography.x509", reason=REASON)
ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec", reason=REASON)
hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes", reason=REASON)
rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa", reason=REASON)
utils = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.utils", reason=REASON)
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization", reason=REASON)
exceptions = pytest.importorskip("cryptography.exceptions", reason=REASON)

PREFIX: Final = "x-nvidia-gpu-"
COMMON: Final = (
    "arch-check", "attestation-report-parsed", "attestation-report-nonce-match",
    "attestation-report-signature-verified", "driver-rim-fetched", "driver-rim-schema-validated",
    "driver-rim-signature-verified", "driver-rim-measurements-available", "vbios-rim-fetched",
    "vbios-rim-schema-validated", "vbios-rim-signature-verified",
    "vbios-rim-measurements-available", "vbios-index-no-conflict",
)  # fmt: skip
ONLY: Final = {
    "2.0": ("attestation-report-cert-chain-validated", "driver-rim-cert-validated",
            "vbios-rim-cert-validated"),
    "3.0": ("attestation-report-cert-chain-fwid-match", "driver-rim-version-match",
            "vbios-rim-version-match"),
}  # fmt: skip
CHAINS: Final = tuple(
    f"{PREFIX}{name}-cert-chain" for name in ("attestation-report", "driver-rim", "vbios-rim")
)


class RefusedError(Exception):
    """The answer is not what section 20 asks for."""


def hold(condition: object) -> None:
    """Refuse where the condition does not hold."""
    if not condition:
        raise RefusedError


def read(text: str) -> Any:
    """Return the value of JSON without repeated members."""

    def members(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
        hold(len({name for name, _ in pairs}) == len(pairs))
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=members)
    except ValueError:
        raise RefusedError from None


def unpack(text: Any) -> bytes:
    """Return the bytes of canonical base64url without padding."""
    hold(isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9_-]+", text))
    hold(len(text) % 4 != 1)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    hold(base64.urlsafe_b64encode(raw).decode().rstrip("=") == text)
    return raw


def named(certificate: Any, pattern: str) -> None:
    """Refuse a certificate of another name."""
    name = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    hold(re.fullmatch(pattern, name))


def is_authority(certificate: Any) -> bool:
    """Say whether basic constraints call it one."""
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


class Verifier:
    """One answer."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.now = datetime.strptime(given["now"] + "+0000", "%Y-%m-%dT%H:%M:%SZ%z")
        self.keys = self.key_set()
        self.kids: List[str] = []

    def key_set(self) -> Dict[str, Any]:
        """Return the keys by their ids."""
        node = read(self.given["jwks"])
        hold(isinstance(node, dict) and isinstance(node.get("keys"), list))
        hold(len(node["keys"]) <= 256)
        keys: Dict[str, Any] = {}
        for key in node["keys"]:
            hold(isinstance(key, dict) and isinstance(key.get("kid"), str))
            hold(1 <= len(key["kid"]) <= 256 and key["kid"] not in keys)
            keys[key["kid"]] = key
        return keys

    def key(self, kid: str) -> Any:
        """Return the public key of an id."""
        hold(kid in self.keys)
        node = self.keys[kid]
        hold((node.get("kty"), node.get("crv")) == ("EC", "P-384"))
        x, y = unpack(node.get("x")), unpack(node.get("y"))
        hold(len(x) == len(y) == 48)
        texts = node.get("x5c")
        hold(isinstance(texts, list) and len(texts) == 2)
        try:
            chain = [
                x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
                for text in texts
            ]
        except (ValueError, TypeError):
            raise RefusedError from None
        leaf, intermediate = chain
        numbers = leaf.public_key().public_numbers()
        hold((numbers.x, numbers.y) == tuple(int.from_bytes(one, "big") for one in (x, y)))
        self.certified(leaf, intermediate)
        return leaf.public_key()

    def certified(self, leaf: Any, intermediate: Any) -> None:
        """Refuse certificates that are not by the pinned intermediate, now and for this."""
        key = intermediate.public_key()
        info = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        hold(hashlib.sha256(info).hexdigest() in self.given["intermediates"])
        hold(isinstance(key, rsa.RSAPublicKey))
        named(leaf, r"NVIDIA Attestation Service GPU [A-Z0-9_]{2,8}")
        named(intermediate, r"NVIDIA Attestation Service GPU Intermediate [0-9]+")
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        hold(usage.digital_signature and not usage.key_cert_sign and not is_authority(leaf))
        hold(is_authority(intermediate))
        for one in (leaf, intermediate):
            hold(one.not_valid_before_utc <= self.now <= one.not_valid_after_utc)
        try:
            leaf.verify_directly_issued_by(intermediate)
        except (ValueError, exceptions.InvalidSignature):
            raise RefusedError from None

    def token(self, text: str) -> Dict[str, Any]:
        """Return the claims of a token whose signature, issuer and time hold."""
        hold(len(text) <= 16384)
        parts = text.split(".")
        hold(len(parts) == 3)
        header_raw, payload_raw, signature = (unpack(part) for part in parts)
        header, claims = read(header_raw.decode()), read(payload_raw.decode())
        hold(isinstance(header, dict) and isinstance(claims, dict) and len(signature) == 96)
        hold(header.get("alg") == "ES384" and isinstance(header.get("kid"), str))
        hold(set(header) <= {"alg", "kid", "typ"})
        r, s = (int.from_bytes(half, "big") for half in (signature[:48], signature[48:]))
        try:
            self.key(header["kid"]).verify(
                utils.encode_dss_signature(r, s), ".".join(parts[:2]).encode(),
                ec.ECDSA(hashes.SHA384()),
            )  # fmt: skip
        except exceptions.InvalidSignature:
            raise RefusedError from None
        self.kids.append(header["kid"])
        hold(claims.get("iss") == "https://nras.attestation.nvidia.com")
        times = [claims.get(name) for name in ("iat", "nbf", "exp")]
        hold(all(type(one) is int and 0 <= one < 2**40 for one in times))
        issued, begins, ends = times
        seconds = self.now.timestamp()
        hold(1 <= ends - issued <= 3660 and max(issued, begins) - 60 <= seconds <= ends + 60)
        return dict(claims)

    def nonce(self, claims: Mapping[str, Any]) -> None:
        """Refuse another nonce."""
        stated = claims.get("eat_nonce")
        hold(isinstance(stated, str) and stated.lower() == self.given["nonce"])

    def verify(self) -> Dict[str, Any]:
        """Return what the operation returns."""
        answer = read(self.given["answer"])
        hold(isinstance(answer, list) and len(answer) == 2 and isinstance(answer[0], list))
        head, tokens = answer
        hold(len(head) == 2 and head[0] == "JWT" and isinstance(head[1], str))
        hold(isinstance(tokens, dict) and len(tokens) <= 64)
        hold(all(isinstance(token, str) for token in tokens.values()))
        overall = self.token(head[1])
        self.nonce(overall)
        names = [f"GPU-{n}" for n in range(len(self.given["gpus"]))]
        submods: Any = overall.get("submods")
        hold(isinstance(submods, dict) and set(submods) == set(tokens) == set(names))
        for name in names:
            digest = hashlib.sha256(tokens[name].encode()).hexdigest()
            hold(str(submods[name]).lower() in {
                str(["DIGEST", [kind, digest]]).lower() for kind in ("SHA-256", "SHA256")
            })  # fmt: skip
        hold(overall.get("x-nvidia-overall-att-result") is True)
        version: Any = overall.get("x-nvidia-ver")
        hold(version in ("2.0", "3.0"))
        ends = [overall["exp"]]
        for name, gpu in zip(names, self.given["gpus"]):
            claims = self.token(tokens[name])
            self.nonce(claims)
            self.good(claims, version)
            self.about(claims, gpu)
            ends.append(claims["exp"])
        return {
            "claims_version": version,
            "issued_at": text_of(overall["iat"]),
            "expires_at": text_of(min(ends)),
            "kids": sorted(set(self.kids)),
            "debug": "disabled",
        }

    @staticmethod
    def good(claims: Mapping[str, Any], version: str) -> None:
        """Refuse claims that are not those of a good GPU."""
        hold(claims.get("x-nvidia-error-details") is None)
        hold(claims.get("x-nvidia-attestation-warning") is None)
        hold(claims.get("measres") == "success" and claims.get("dbgstat") == "disabled")
        for name in ("secboot", *(PREFIX + one for one in (*COMMON, *ONLY[version]))):
            hold(claims.get(name) is True)
        for name in CHAINS if version == "3.0" else ():
            chain = claims.get(name)
            hold(isinstance(chain, dict))
            assert isinstance(chain, dict)
            hold(chain.get("x-nvidia-cert-status") == "valid")
            hold(chain.get("x-nvidia-cert-ocsp-status") == "good")
            for member in ("nonce-matches", "response-valid"):
                hold(chain.get(f"x-nvidia-cert-ocsp-{member}") in (None, True))

    @staticmethod
    def about(claims: Mapping[str, Any], gpu: Mapping[str, str]) -> None:
        """Refuse claims about another GPU."""
        hold(claims.get("ueid") == gpu["ueid"])
        hold(claims.get(PREFIX + "driver-version") == gpu["driver_version"])
        vbios = claims.get(PREFIX + "vbios-version")
        hold(isinstance(vbios, str) and vbios.upper() == gpu["vbios_version"])
        hold(str(claims.get("hwmodel")).split(" ")[0] == gpu["chip"])


def text_of(seconds: int) -> str:
    """Return a time as the vectors write it."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def judged(vector: Vector) -> Any:
    """Return the output, or `None` for a refusal."""
    try:
        return Verifier(vector.given).verify()
    except RefusedError:
        return None


def test_every_verdict() -> None:
    folder = find_folder()
    vectors = load_file(folder / "token/verify.json", folder).vectors
    assert vectors
    for vector in vectors:
        expected = vector.expect.out if vector.expect.verdict == "accept" else None
        assert judged(vector) == expected, vector.id
