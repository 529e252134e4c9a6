"""What the generators of `signature/verify` share."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Dict, Final, NamedTuple, Optional, Sequence

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from venice_ref.crypto.address import address_of
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.crypto.ecdsa import sign
from venice_ref.crypto.keccak import keccak_256
from venice_ref.receipts.signature import PREFIX

__all__ = [
    "FLAGS",
    "MODEL",
    "NAMED",
    "NAMES",
    "PARENT",
    "REQUEST",
    "RESPONSE",
    "TRANSCRIPT",
    "UPSTREAM",
    "Bench",
    "N",
    "Parts",
    "address_bytes",
    "digest_of",
]

N: Final = SECP256K1.n

REQUEST: Final = (
    b'{"model":"qwen3:32b","messages":[{"role":"user","content":"04ab"}],"stream":true}'
)
RESPONSE: Final = b'data: {"id":"chatcmpl-1","choices":[]}\n\ndata: [DONE]\n\n'
MODEL: Final = "e2ee-qwen3-32b"
UPSTREAM: Final = "qwen3:32b"
NAMES: Final = [MODEL, UPSTREAM]

PARENT: Final = "two-parts"
NAMED: Final = "three-parts"
TRANSCRIPT: Final = "transcript"

FLAGS: Final[Dict[str, Flag]] = {
    "not-an-answer": Flag(
        "MALFORMED",
        "A body that is not one JSON object with members of the right types.",
        "One reader verifies one text, and another one shows another.",
        "Parse strictly: no duplicate member, no other type, nothing after the object.",
        ("RFC 8259, 4",),
    ),
    "signature-missing": Flag(
        "AUTH_BYPASS",
        "An answer without text or signature, perhaps with an error instead.",
        "What nobody signed is called verified.",
        "Treat absence as a failure of its own, never as success.",
    ),
    "other-algorithm": Flag(
        "DOWNGRADE",
        "The answer names another algorithm than the one that was asked for.",
        "The server chooses how its own signature is verified.",
        "Compare signing_algo with ecdsa, and nothing else.",
    ),
    "signature-form": Flag(
        "MALFORMED",
        "A signature that is not 65 bytes in hexadecimal with one of four values of v.",
        "Further spellings of one signature, or a recovery with another meaning of v.",
        "Match length and digits, and look v up in a table of four.",
        ("EIP-191", "EIP-155", "EIP-2098"),
    ),
    "signature-range": Flag(
        "AUTH_BYPASS",
        "r or s out of range, s in the upper half, or no key at all.",
        "Zeros verify for careless code; the other s is a second signature made without the key.",
        "Check 1 <= r < n and 1 <= s <= (n - 1) / 2 before any arithmetic.",
        ("EIP-2", "SEC 1, 4.1.6", "CVE-2022-21449"),
    ),
    "other-digest": Flag(
        "INTEROP",
        "A genuine signature over another digest of the same text.",
        "A verifier with that digest accepts these and refuses every genuine signature.",
        "Hash the prefix, the length in UTF-8 bytes, and the text, with Keccak-256.",
        ("EIP-191",),
    ),
    "other-signer": Flag(
        "AUTH_BYPASS",
        "A signature of another key than the one that the quote binds.",
        "Anybody signs for the enclave: every signature recovers to some address.",
        "Compare the recovered address with the one out of the verified quote.",
    ),
    "address-claim": Flag(
        "AUTH_BYPASS",
        "A signing_address that is not the address of the signer.",
        "An answer that contradicts itself is shown as if it did not.",
        "Compare it as 20 bytes with the recovered address.",
        ("EIP-55",),
    ),
    "other-text": Flag(
        "AUTH_BYPASS",
        "A text that is not one of two hashes, with or without a name.",
        "What the key signed for another purpose passes for a receipt.",
        "Split from the right, demand 64 hexadecimal digits twice, and bound the length.",
    ),
    "other-model": Flag(
        "DOWNGRADE",
        "A text that names another model.",
        "The answer of a cheap model is paid for as that of a dear one.",
        "Compare the whole name with the model's and with its upstream name.",
    ),
    "other-transcript": Flag(
        "AUTH_BYPASS",
        "Hashes of another request or another response.",
        "An old receipt, or one of another exchange, is shown as that of this one.",
        "Hash the exact bytes, and compare both hashes.",
    ),
}


def digest_of(text: str) -> bytes:
    """Return the digest of EIP-191."""
    raw = text.encode("utf-8")
    return keccak_256(PREFIX + str(len(raw)).encode("ascii") + raw)


class Parts(NamedTuple):
    """A signature in its parts."""

    r: int
    s: int
    parity: int
    v: Optional[int] = None
    """27 + parity, where it is absent."""

    def hex(self) -> str:
        """Return r, s and v without a prefix."""
        v = 27 + self.parity if self.v is None else self.v
        return f"{self.r:064x}{self.s:064x}{v:02x}"


class Bench:
    """What the parts of this generator share."""

    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.scalar = int.from_bytes(builder.random("signer")(32), "big") % (N - 1) + 1
        self.other = int.from_bytes(builder.random("attacker")(32), "big") % (N - 1) + 1
        self.address = address_bytes(self.scalar)
        hashes = [hashlib.sha256(body).hexdigest() for body in (REQUEST, RESPONSE)]
        self.request_hash, self.response_hash = hashes
        self.two = ":".join(hashes)
        self.three = f"{UPSTREAM}:{self.two}"

    def sign(
        self, text: str, *, scalar: int = 0, digest: Callable[[str], bytes] = digest_of
    ) -> Parts:
        """Return a signature of a text by the enclave's key, or by another."""
        r, s, recovery = sign(SECP256K1, scalar or self.scalar, digest(text), low_s=True)
        return Parts(r, s, recovery & 1)

    def members(self, text: str, signature: Any = None, **changed: Any) -> Dict[str, Any]:
        """Return the members of an answer; `...` leaves one out."""
        signed = "0x" + self.sign(text).hex() if signature is None else signature
        members = {
            "text": text,
            "signature": signed,
            "signing_address": "0x" + self.address.hex(),
            "signing_algo": "ecdsa",
            "model": MODEL,
            "requested_request_id": "chatcmpl-1",
            "tee_provider": "simulated",
            "upstream_model": UPSTREAM,
            **changed,
        }
        return {name: value for name, value in members.items() if value is not ...}

    def answer(self, text: str, signature: Any = None, **changed: Any) -> str:
        """Return the body of an answer."""
        return json.dumps(self.members(text, signature, **changed))

    def accept(
        self, slug: str, why: str, req: Sequence[str], text: str, signature: Any = None, *,
        named: Optional[str] = None, verified: bool = False, given: Optional[Dict[str, Any]] = None,
        **changed: Any,
    ) -> None:  # fmt: skip
        """Add an answer that is accepted; `named` is the model that the text names."""
        first, second = text.split(":")[-2:]
        self.builder.accept(
            slug,
            why,
            req=req,
            given={"answer": self.answer(text, signature, **changed), **(given or {})},
            out={
                "model": named,
                "request_hash": first.lower(),
                "response_hash": second.lower(),
                "transcript_verified": verified,
            },
            mid={"digest": digest_of(text).hex()},
        )

    def refuse(
        self, slug: str, why: str, breaks: str, flag: str, answer: Optional[str] = None, *,
        parent: str = PARENT, or_breaks: Sequence[str] = (), critical: bool = True,
        change: Optional[Rebuilt] = None, **given: Any,
    ) -> None:  # fmt: skip
        """Add an answer that is refused."""
        if answer is not None:
            given["answer"] = answer
        self.builder.reject(
            slug, why, parent=parent, breaks=breaks, or_breaks=or_breaks, given=given, flags=[flag],
            change=change, critical=critical,
        )  # fmt: skip


def address_bytes(scalar: int) -> bytes:
    """Return the address of a private scalar."""
    return bytes(address_of(PrivateKey.from_bytes(scalar.to_bytes(32, "big")).public_key))
