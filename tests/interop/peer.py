"""A small E2EE peer of our own on `cryptography` and `ecdsa`, for clones without the guide.

It shares no code with `venice_ref`.  It says the least that makes a conversation: it verifies
nothing, so that what it accepts proves the wire format and nothing else.

    python -m tests.interop.peer BASE_URL MODEL PROMPT
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from typing import Any, Dict, Iterator, Optional, Tuple

import ecdsa  # type: ignore[import-untyped]  # the package has no types
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CURVE = ecdsa.SECP256k1


def generate_key() -> Tuple[bytes, str]:
    """Return a fresh private key (32 bytes, big-endian) and its public key (130 hex digits)."""
    key = ecdsa.SigningKey.generate(curve=CURVE)
    return key.to_string(), key.verifying_key.to_string("uncompressed").hex()


def _cipher(private: Any, public: bytes) -> AESGCM:
    """Return AES-256-GCM under the key that two parties share."""
    other = ecdsa.VerifyingKey.from_string(public, curve=CURVE)
    x = (other.pubkey.point * private.privkey.secret_multiplier).x()
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ecdsa_encryption")
    return AESGCM(kdf.derive(int(x).to_bytes(32, "big")))


def encrypt(text: str, public_hex: str, ephemeral: Optional[bytes] = None) -> str:
    """Return the envelope of a text in hex: ephemeral key (65), nonce (12), ciphertext, tag."""
    scalar = ephemeral or generate_key()[0]
    key = ecdsa.SigningKey.from_string(scalar, curve=CURVE)
    public = bytes.fromhex(public_hex if len(public_hex) == 130 else "04" + public_hex)
    nonce = os.urandom(12)
    sealed = _cipher(key, public).encrypt(nonce, text.encode("utf-8"), None)
    blob: bytes = key.verifying_key.to_string("uncompressed") + nonce + sealed
    return blob.hex()


def decrypt(envelope_hex: str, private: bytes) -> str:
    """Return the text of an envelope that was sealed to this private key."""
    raw = bytes.fromhex(envelope_hex)
    key = ecdsa.SigningKey.from_string(private, curve=CURVE)
    text: bytes = _cipher(key, raw[:65]).decrypt(raw[65:77], raw[77:], None)
    return text.decode("utf-8")


def _fetch(url: str, headers: Dict[str, str], body: Any = None) -> Iterator[bytes]:
    data = None if body is None else json.dumps(body).encode("utf-8")
    request = urllib.request.Request(url, data, {**headers, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        yield from answer


def converse(base_url: str, model: str, prompt: str, api_key: str) -> Iterator[str]:
    """Yield the decrypted pieces of an answer."""
    bearer = {"Authorization": f"Bearer {api_key}"}
    query = f"?model={model}&nonce={os.urandom(32).hex()}"
    attestation = json.loads(b"".join(_fetch(f"{base_url}/tee/attestation{query}", bearer)))
    model_key = attestation.get("signing_key") or attestation["signing_public_key"]
    private, public_hex = generate_key()
    headers = {
        **bearer,
        "X-Venice-TEE-Client-Pub-Key": public_hex,
        "X-Venice-TEE-Model-Pub-Key": model_key,
        "X-Venice-TEE-Signing-Algo": "ecdsa",
    }
    messages = [{"role": "user", "content": encrypt(prompt, model_key)}]
    body = {"model": model, "messages": messages, "stream": True}
    for line in _fetch(f"{base_url}/chat/completions", headers, body):
        data = line.decode("utf-8").strip().partition("data: ")[2]
        for choice in json.loads(data)["choices"] if data.startswith("{") else ():
            content = choice["delta"].get("content")
            if content:
                yield decrypt(content, private)


if __name__ == "__main__":
    _, base, wanted, question = sys.argv
    for piece in converse(base, wanted, question, os.environ.get("API_KEY_VENICE", "")):
        sys.stdout.write(piece)
