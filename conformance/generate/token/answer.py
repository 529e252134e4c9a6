"""The file of the vectors of tokens: how a changed answer or key set becomes a vector."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.generate.token.kit import AT, ISSUED, KID, NOW, Service
from conformance.mock_tee.pki.nras import Claims, encode_answer, sign_token, submodules

__all__ = ["LATER", "TokenFile", "moment"]

ORDINARY = "ordinary"
BY_KEYS = "ordinary-key-set"

LATER = AT + timedelta(seconds=2)
"""The time of the vectors of key sets."""


def moment(seconds: int) -> str:
    """Return the time of so many seconds since 1970."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


class TokenFile:
    """Collects the vectors around one answer about one GPU."""

    def __init__(self, builder: FileBuilder, service: Service) -> None:
        self.builder = builder
        self.service = service
        self.jwks = service.key_set()
        self.pins = [hashlib.sha256(service.keys().intermediate.key.public_key_info).hexdigest()]
        self.answer = service.answer()
        self.overall_claims: Claims = {**service.overall(), "submods": self._submods()}
        self.group: Dict[str, Any] = {
            "jwks": self.jwks, "nonce": service.nonce.hex(), "gpus": service.gpus(),
            "intermediates": self.pins, "now": NOW,
        }  # fmt: skip
        builder.group(self.group)

    def _submods(self) -> Dict[str, Any]:
        return submodules(json.loads(self.answer)[1])

    def out(self, *, version: str = "2.0", issued: int = ISSUED, expires: int = ISSUED + 3600,
            kids: Sequence[str] = (KID,)) -> Dict[str, Any]:  # fmt: skip
        """Return what a good answer gives."""
        return {
            "claims_version": version, "issued_at": moment(issued), "expires_at": moment(expires),
            "kids": list(kids), "debug": "disabled",
        }  # fmt: skip

    def accept(
        self, slug: str, why: str, req: Sequence[str], answer: str, *flags: str,
        out: Optional[Dict[str, Any]] = None, **given: Any,
    ) -> None:  # fmt: skip
        """Add an answer that is good."""
        self.builder.accept(
            slug, why, req=req, given={"answer": answer, **given},
            out=self.out() if out is None else out, flags=flags,
        )  # fmt: skip

    def reject(
        self, slug: str, what: str, breaks: str, flag: str, answer: str, *,
        change: Optional[Tuple[str, Any, Any]] = None, parent: str = ORDINARY,
        or_breaks: Sequence[str] = (), also: Sequence[str] = (), critical: bool = False,
        **given: Any,
    ) -> None:  # fmt: skip
        """Add an answer that has to be refused."""
        self.builder.reject(
            slug, f"Finds a verifier that accepts {what}.", parent=parent, breaks=breaks,
            flags=[flag], given={"answer": answer, **given}, or_breaks=or_breaks, also=also,
            change=None if change is None else Rebuilt(*change), critical=critical,
        )  # fmt: skip

    # --- Answers with one token changed ---------------------------------------------------------

    def with_overall(self, token: str) -> str:
        """Return the answer with another overall token."""
        _, tokens = json.loads(self.answer)
        return encode_answer(token, tokens).decode("ascii")

    def with_gpu_token(self, token: str) -> str:
        """Return the answer with another token of the GPU, whose digest is right."""
        tokens = {"GPU-0": token}
        claims = {**self.service.overall(), "submods": submodules(tokens)}
        overall = sign_token(claims, self.service.signer())
        return encode_answer(overall, tokens).decode("ascii")

    # --- The same answer with other keys --------------------------------------------------------

    def key_group(self) -> None:
        """Begin the group whose tests change the key set only."""
        group = {name: value for name, value in self.group.items() if name != "jwks"}
        del group["intermediates"]
        later = {"now": moment(int(LATER.timestamp())), "answer": self.answer}
        self.builder.group({**group, **later})
        self.accept_key(BY_KEYS, "The ordinary key set.", ["TOK-4", "TOK-5", "TOK-6", "TOK-7",
                        "TOK-19", "TOK-20", "TOK-21"], self.jwks)  # fmt: skip

    def accept_key(self, slug: str, why: str, req: Sequence[str], jwks: str) -> None:
        """Add a key set that is good."""
        flags = [] if slug == BY_KEYS else ["ToleratedForm"]
        self.builder.accept(
            slug, why, req=req, given={"jwks": jwks, "intermediates": self.pins}, out=self.out(),
            flags=flags,
        )  # fmt: skip

    def reject_key(
        self, slug: str, what: str, breaks: str, flag: str, jwks: str, *,
        also: Sequence[str] = (), or_breaks: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Add a key set that has to be refused."""
        self.builder.reject(
            slug, f"Finds a client that accepts {what}.", parent=BY_KEYS, breaks=breaks,
            flags=[flag], given={"jwks": jwks}, also=also, or_breaks=or_breaks,
            change=Rebuilt("jwks", "the ordinary one", slug),
        )  # fmt: skip

    def reject_pins(self, slug: str, what: str, pins: List[str]) -> None:
        """Add pins that are not that of the intermediate."""
        self.builder.reject(
            slug, f"Finds a client that accepts {what}.", parent=BY_KEYS, breaks="TOK-7",
            flags=["KeyCertificate"], given={"intermediates": pins},
            change=Rebuilt("intermediates", self.pins, pins),
        )  # fmt: skip
