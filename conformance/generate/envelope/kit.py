"""Envelopes with something wrong inside, which are otherwise made as a sender makes them."""

from __future__ import annotations

from typing import Final, NamedTuple, Tuple

from conformance.generate.builder import FileBuilder
from conformance.generate.points import private_bytes, public_of, scalar
from conformance.mock_tee.randomness import SeededBytes
from venice_ref.crypto import gcm, hkdf
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey, shared_secret
from venice_ref.crypto.weierstrass import multiply_textbook
from venice_ref.e2ee.envelope import explain_open
from venice_ref.model import RandomBytes
from venice_ref.spec import HKDF_INFO

__all__ = ["EXAMPLE", "Sender", "example_sender", "make_sender", "shared_x", "steps_of"]

EXAMPLE: Final = "Hello, enclave."
"""The text of the worked example in the specification."""


class Sender(NamedTuple):
    """Two keys and a nonce, and what they make of a plaintext."""

    recipient: int
    """The recipient's private key."""
    ephemeral: int
    """The sender's private key for one envelope."""
    nonce: bytes

    @property
    def secret(self) -> str:
        """The recipient's private key, 64 digits."""
        return private_bytes(self.recipient).hex()

    @property
    def public(self) -> bytes:
        """The recipient's public key."""
        return public_of(self.recipient)

    @property
    def prefix(self) -> bytes:
        """The ephemeral public key."""
        return public_of(self.ephemeral)

    @property
    def ikm(self) -> bytes:
        """The shared x-coordinate, 32 bytes."""
        return shared_secret(PrivateKey.from_bytes(private_bytes(self.recipient)), self.prefix)

    def sealed(
        self, plaintext: bytes, *, aad: bytes = b"", key: bytes = b""
    ) -> Tuple[bytes, bytes]:
        """Return ciphertext and tag; `key` in place of the right one."""
        whole = gcm.seal(key or self.key(), self.nonce, plaintext, aad)
        return whole[:-16], whole[-16:]

    def key(self, *, ikm: bytes = b"", info: bytes = HKDF_INFO) -> bytes:
        """Return the message key, of another input or another info where they are given."""
        return hkdf.derive(ikm or self.ikm, info=info, length=32)

    def envelope(self, plaintext: bytes, *, aad: bytes = b"", key: bytes = b"") -> str:
        """Return the envelope as digits; `aad` and `key` make one that nobody may open."""
        ciphertext, tag = self.sealed(plaintext, aad=aad, key=key)
        return (self.prefix + self.nonce + ciphertext + tag).hex()

    def text(self, text: str) -> str:
        """Return the envelope of a text."""
        return self.envelope(text.encode("utf-8"))


def make_sender(random: RandomBytes) -> Sender:
    """Return a sender with keys of its own."""
    return Sender(scalar(random), scalar(random), random(12))


def example_sender(builder: FileBuilder) -> Sender:
    """Return the sender of the worked example, which is the same in every file."""
    suite = builder.seed[: -len(builder.name) - 1]
    return make_sender(SeededBytes(suite, "the worked example"))


def shared_x(secret: int, public: bytes) -> bytes:
    """Return the x-coordinate that the formulas give, also where the point is not on the curve.

    They do not use the constant of the curve, so that they work on whichever one the point is on.
    """
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    p = SECP256K1.p
    product = multiply_textbook(
        SECP256K1._replace(b=(y * y - x * x * x) % p), secret, (x % p, y % p)
    )
    return bytes(32) if product is None else product[0].to_bytes(32, "big")


def steps_of(sender: Sender, envelope: str) -> dict[str, str]:
    """Return the intermediate values of an envelope that is sound."""
    steps = explain_open(
        PrivateKey.from_bytes(private_bytes(sender.recipient)), bytes.fromhex(envelope)
    )
    return {
        "ephemeral_public": steps.ephemeral_public.hex(),
        "nonce": steps.nonce.hex(),
        "shared_x": steps.shared_x.hex(),
        "prk": steps.prk.hex(),
        "key": steps.key.hex(),
        "hash_subkey": steps.hash_subkey.hex(),
        "tag_mask": steps.tag_mask.hex(),
        "tag": steps.tag.hex(),
    }
