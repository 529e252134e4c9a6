"""Many seeded cases of one primitive in one digest: `primitive.accumulate`.

The bytes of the inputs are SHA-256(seed || i), i = 0, 1, 2, ... as 8 bytes, one block after the
other; each input takes as many of them as it needs, in the order that its function below has.  The
digest is SHA-256 over the outputs of all cases, one after the other.
"""

from __future__ import annotations

import hashlib
from typing import Any, Callable, Dict, Final, Mapping

from venice_ref.crypto import ecdsa, gcm, hkdf
from venice_ref.crypto.address import address_of
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey, encode_point, shared_secret
from venice_ref.crypto.keccak import keccak_256
from venice_ref.errors import SignatureError

__all__ = ["primitive_accumulate"]

Draw = Callable[[int], bytes]
"""Returns the next bytes of the stream."""


def primitive_accumulate(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the digest over the cases `first` to `first + count - 1`."""
    run = CASES[given["primitive"]]
    draw = _stream(given["seed"].encode("utf-8"))
    total = hashlib.sha256()
    for number in range(given["first"], given["first"] + given["count"]):
        total.update(run(number, draw))
    return {"digest": total.hexdigest()}


def _stream(seed: bytes) -> Draw:
    pool = bytearray()
    block = 0

    def draw(size: int) -> bytes:
        nonlocal block
        while len(pool) < size:
            pool.extend(hashlib.sha256(seed + block.to_bytes(8, "big")).digest())
            block += 1
        taken = bytes(pool[:size])
        del pool[:size]
        return taken

    return draw


def _keccak256(number: int, draw: Draw) -> bytes:
    """Hash `number` bytes."""
    return keccak_256(draw(number))


def _derive(number: int, draw: Draw) -> bytes:
    """Derive 1 + number mod 128 bytes."""
    ikm, salt, info = draw(32), draw(number % 80), draw(number % 48)
    return hkdf.derive(ikm, salt=salt, info=info, length=1 + number % 128)


def _seal(number: int, draw: Draw) -> bytes:
    """Seal `number` bytes with number mod 40 bytes of associated data."""
    key, nonce, aad = draw(32), draw(12), draw(number % 40)
    return gcm.seal(key, nonce, draw(number), aad)


def _private(draw: Draw) -> PrivateKey:
    """Take 32 bytes, modulo n - 1, plus 1."""
    scalar = int.from_bytes(draw(32), "big") % (SECP256K1.n - 1) + 1
    return PrivateKey.from_bytes(scalar.to_bytes(32, "big"))


def _shared(number: int, draw: Draw) -> bytes:  # noqa: ARG001  every case has one signature
    """Agree between two private keys."""
    mine, yours = _private(draw), _private(draw)
    return shared_secret(mine, yours.public_key)


def _address(number: int, draw: Draw) -> bytes:  # noqa: ARG001  every case has one signature
    """Address of the key of a private one."""
    return address_of(_private(draw).public_key)


def _recover(number: int, draw: Draw) -> bytes:
    """Recover with the recovery id number mod 2; one zero byte where there is no key."""
    digest = draw(32)
    r, s = int.from_bytes(draw(32), "big"), int.from_bytes(draw(32), "big")
    try:
        return encode_point(ecdsa.recover(SECP256K1, digest, r, s, number % 2))
    except SignatureError:
        return b"\x00"


CASES: Final[Mapping[str, Callable[[int, Draw], bytes]]] = {
    "hash.keccak256": _keccak256,
    "kdf.derive": _derive,
    "aead.seal": _seal,
    "ecdh.shared": _shared,
    "key.address": _address,
    "ecdsa.recover": _recover,
}
"""Primitive -> the output of the case of a number."""
