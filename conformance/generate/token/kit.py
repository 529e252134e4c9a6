"""NVIDIA's attestation service for the generators: a key set, GPUs, and answers about them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Final, List, Mapping, NamedTuple, Optional, Sequence

from conformance.generate.builder import FileBuilder
from conformance.mock_tee.pki.authority import Key, draw_key
from conformance.mock_tee.pki.nras import (
    INTERMEDIATE_DRAFT,
    Claims,
    KeyService,
    TokenSigner,
    encode_answer,
    jwk,
    leaf_draft,
    make_service,
    module,
    sign_token,
    submodules,
)
from conformance.mock_tee.pki.nvidia_certificates import Draft
from venice_ref.crypto.curves import P384

__all__ = [
    "AT",
    "CHAINS",
    "CLAIMS_2",
    "CLAIMS_3",
    "ISSUED",
    "ISSUER",
    "KID",
    "NOW",
    "PREFIX",
    "Service",
]

AT: Final = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
NOW: Final = f"{AT:%Y-%m-%dT%H:%M:%SZ}"
"""The time of the vectors."""
ISSUED: Final = int(AT.timestamp()) - 8
KID: Final = "nv-eat-kid-vectors-1"
ISSUER: Final = "https://nras.attestation.nvidia.com"

PREFIX: Final = "x-nvidia-gpu-"
_COMMON: Final = (
    "arch-check", "attestation-report-parsed", "attestation-report-nonce-match",
    "attestation-report-signature-verified", "driver-rim-fetched", "driver-rim-schema-validated",
    "driver-rim-signature-verified", "driver-rim-measurements-available", "vbios-rim-fetched",
    "vbios-rim-schema-validated", "vbios-rim-signature-verified",
    "vbios-rim-measurements-available", "vbios-index-no-conflict",
)  # fmt: skip
_ONLY_2: Final = (
    "attestation-report-cert-chain-validated", "driver-rim-cert-validated",
    "vbios-rim-cert-validated",
)  # fmt: skip
_ONLY_3: Final = (
    "attestation-report-cert-chain-fwid-match", "driver-rim-version-match",
    "vbios-rim-version-match",
)  # fmt: skip
_STATED: Final = {"measres": "success", "secboot": True, "dbgstat": "disabled"}
CLAIMS_2: Final[Claims] = {**_STATED, **{PREFIX + name: True for name in _COMMON + _ONLY_2}}
"""The claims of version 2.0, by the table of the specification."""
CLAIMS_3: Final[Claims] = {**_STATED, **{PREFIX + name: True for name in _COMMON + _ONLY_3}}
CHAINS: Final = tuple(
    PREFIX + name
    for name in ("attestation-report-cert-chain", "driver-rim-cert-chain", "vbios-rim-cert-chain")
)
"""The claims of version 3.0 that are objects."""

GPU: Final[Dict[str, str]] = {
    "chip": "GH100", "driver_version": "570.172.08", "vbios_version": "96.00.CF.00.02",
}  # fmt: skip


class Service(NamedTuple):
    """The service of a file, and the GPUs that it is asked about."""

    builder: FileBuilder
    nonce: bytes

    @classmethod
    def of(cls, builder: FileBuilder) -> Service:
        """Return the one of a file."""
        return cls(builder, builder.random("nonce")(32))

    def key(self, label: str) -> Key:
        """Return the key on P-384 of a label."""
        return draw_key(P384, self.builder.random(f"key {label}"))

    def keys(
        self, leaf: Optional[Draft] = None, intermediate: Draft = INTERMEDIATE_DRAFT
    ) -> KeyService:
        """Return the intermediate and the key, with other certificates where they are given."""
        day = timedelta(days=1)
        draft = leaf_draft(AT - day, AT + day) if leaf is None else leaf
        return make_service(self.key("root"), self.key("leaf"), draft, intermediate)

    def signer(self, kid: str = KID) -> TokenSigner:
        """Return the key that signs."""
        return TokenSigner(self.key("leaf"), kid)

    def jwk(self, keys: Optional[KeyService] = None, **changed: Any) -> Dict[str, Any]:
        """Return the member of the key set; `...` leaves one out."""
        found = {**jwk(self.keys() if keys is None else keys, self.signer()), **changed}
        return {name: value for name, value in found.items() if value is not ...}

    def key_set(self, *keys: Dict[str, Any]) -> str:
        """Return the text of a key set."""
        return json.dumps({"keys": list(keys) or [self.jwk()]})

    def gpus(self, count: int = 1) -> List[Dict[str, str]]:
        """Return the GPUs as they were verified."""
        serials = (self.builder.random(f"serial {n}")(19) for n in range(count))
        return [{"ueid": str(int.from_bytes(one, "big")), **GPU} for one in serials]

    def _common(self) -> Claims:
        return {
            "iss": ISSUER, "iat": ISSUED, "nbf": ISSUED, "exp": ISSUED + 3600,
            "eat_nonce": self.nonce.hex(),
        }  # fmt: skip

    def overall(self, version: str = "2.0", changed: Optional[Mapping[str, Any]] = None) -> Claims:
        """Return the claims of the overall token but for its submods."""
        return {
            "sub": "NVIDIA-PLATFORM-ATTESTATION", "x-nvidia-ver": version,
            "x-nvidia-overall-att-result": True, **self._common(), **(changed or {}),
        }  # fmt: skip

    def claims(
        self, number: int = 0, version: str = "2.0", changed: Optional[Mapping[str, Any]] = None
    ) -> Claims:
        """Return the claims of a GPU that is good."""
        gpu = self.gpus(number + 1)[number]
        found: Claims = {
            **self._common(), **(CLAIMS_2 if version == "2.0" else CLAIMS_3),
            "ueid": gpu["ueid"], "hwmodel": "GH100", "oemid": "5703",
            PREFIX + "driver-version": gpu["driver_version"],
            PREFIX + "vbios-version": gpu["vbios_version"],
        }  # fmt: skip
        if version == "3.0":
            good = {"x-nvidia-cert-status": "valid", "x-nvidia-cert-ocsp-status": "good"}
            found.update({name: dict(good) for name in CHAINS})
            found["hwmodel"] = "GH100 A01 GSP BROM"
        return {**found, **(changed or {})}

    def answer(
        self,
        overall: Optional[Claims] = None,
        gpus: Optional[Sequence[Claims]] = None,
        *,
        signer: Optional[TokenSigner] = None,
        header: Any = None,
    ) -> str:
        """Return an answer; `header` is the overall token's, and `...` leaves a claim out."""
        by = self.signer() if signer is None else signer
        tokens = {
            module(n): sign_token(_stated(one), by)
            for n, one in enumerate([self.claims()] if gpus is None else gpus)
        }
        whole = {"submods": submodules(tokens), **(self.overall() if overall is None else overall)}
        return encode_answer(sign_token(_stated(whole), by, header), tokens).decode("ascii")


def _stated(claims: Claims) -> Claims:
    return {name: value for name, value in claims.items() if value is not ...}
