"""One encrypted message: the envelope.

    envelope = ephemeral public key (65) || nonce (12) || ciphertext || tag (16)        [ENV-1]
    key      = HKDF-SHA256(ikm = x of ephemeral * recipient, salt = empty,
                           info = "ecdsa_encryption", 32 bytes)                         [ENV-2]
    ciphertext || tag = AES-256-GCM(key, nonce, plaintext), no associated data          [ENV-3]

It hides the text from everybody but the recipient, and shows the recipient that nobody changed it.
It does not show who sent it: whoever knows the recipient's public key can make an envelope.

As text it is lowercase hex.  An envelope of the empty plaintext has 93 bytes, 186 digits  [ENV-12].
"""

from __future__ import annotations

import os
from typing import NamedTuple, NoReturn, Optional, SupportsIndex, Tuple

from venice_ref.codec.strict import decode_hex, decode_utf8
from venice_ref.crypto import gcm, hkdf
from venice_ref.crypto.ecdh import PrivateKey, shared_secret
from venice_ref.errors import DecryptError, MalformedError, UsageError
from venice_ref.model import PublicKey65, RandomBytes
from venice_ref.spec import (
    AES_KEY_SIZE,
    GCM_NONCE_SIZE,
    GCM_TAG_SIZE,
    HKDF_INFO,
    MAX_ENVELOPE_SIZE,
    MIN_ENVELOPE_SIZE,
    PUBLIC_KEY_SIZE,
)

__all__ = [
    "Steps",
    "draw",
    "explain_open",
    "explain_seal",
    "open_envelope",
    "open_text",
    "seal",
    "seal_derandomised",
    "seal_text",
]

_NONCE_END = PUBLIC_KEY_SIZE + GCM_NONCE_SIZE


# --- Seal ---------------------------------------------------------------------------------------


def seal(
    recipient: PublicKey65, plaintext: bytes, *, random_bytes: RandomBytes = os.urandom
) -> bytes:
    """Return an envelope of the plaintext, under a fresh ephemeral key and nonce  [ENV-7].

    Raises:
        UsageError: the plaintext is not bytes, the envelope would have more than 16 MiB [ENV-13],
            or the random source fails.
    """
    ephemeral = PrivateKey.generate(random_bytes)
    try:
        nonce = draw(random_bytes, GCM_NONCE_SIZE)
        return seal_derandomised(recipient, plaintext, ephemeral=ephemeral, nonce=nonce)
    finally:
        ephemeral.wipe()


def seal_derandomised(
    recipient: PublicKey65, plaintext: bytes, *, ephemeral: PrivateKey, nonce: bytes
) -> bytes:
    """Return the envelope that these random values make; for tests and vectors.

    Two envelopes with one ephemeral key, recipient and nonce reveal both plaintexts.

    Raises:
        UsageError: as `seal`; also a nonce that is not 12 bytes [ENV-3].
    """
    _check_plaintext(plaintext)
    if not isinstance(nonce, (bytes, bytearray)) or len(nonce) != GCM_NONCE_SIZE:
        raise UsageError(f"not {GCM_NONCE_SIZE} bytes", rule="ENV-3", where="nonce")
    key = _key(shared_secret(ephemeral, recipient, where="recipient"))
    return ephemeral.public_key + nonce + gcm.seal(key, nonce, plaintext)


def seal_text(recipient: PublicKey65, text: str, *, random_bytes: RandomBytes = os.urandom) -> str:
    """Return an envelope of the text in UTF-8, as lowercase hex without a prefix  [ENV-8].

    Raises:
        UsageError: as `seal`; also text that UTF-8 cannot carry [ENV-11].
    """
    try:
        plaintext = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(
            f"a lone surrogate at character {error.start}, which UTF-8 cannot carry",
            rule="ENV-11",
            where="text",
        ) from None
    return seal(recipient, plaintext, random_bytes=random_bytes).hex()


def _check_plaintext(plaintext: bytes) -> None:
    if not isinstance(plaintext, (bytes, bytearray)):
        raise UsageError(f"not bytes: {type(plaintext).__name__}", where="plaintext")
    if len(plaintext) > MAX_ENVELOPE_SIZE - MIN_ENVELOPE_SIZE:
        raise UsageError(
            f"{len(plaintext)} bytes, at most {MAX_ENVELOPE_SIZE - MIN_ENVELOPE_SIZE}",
            rule="ENV-13",
            where="plaintext",
        )


def draw(random_bytes: RandomBytes, size: int, *, rule: str = "ENV-7") -> bytes:
    """Return `size` bytes from a random source, or refuse the source.

    Raises:
        UsageError: the source raised, or did not give `size` bytes.
    """
    try:
        drawn = random_bytes(size)
    except Exception as error:  # whatever the source raises, the caller gets our type
        raise UsageError(
            f"the random source failed with {type(error).__name__}", rule=rule
        ) from error
    if not isinstance(drawn, (bytes, bytearray)) or len(drawn) != size:
        raise UsageError(f"the random source did not give {size} bytes", rule=rule)
    return bytes(drawn)


# --- Open ---------------------------------------------------------------------------------------


def open_envelope(secret: PrivateKey, blob: bytes, *, where: str = "envelope") -> bytes:
    """Return the plaintext of an envelope that was sealed to `secret`.

    The checks run in this order: size, form, point, key, tag.  Nothing is returned before the tag
    holds  [ENV-6].  An ephemeral key that came before is accepted: some servers draw one for each
    answer, others one for each field  [ENV-14].

    Raises:
        MalformedError: fewer than 93 bytes [ENV-4] or more than 16 MiB [ENV-13], no 04 first, or
            not a point on the curve [ENV-5].
        DecryptError: the tag does not hold.  A wrong key, nonce, ciphertext or tag are one case, on
            purpose [ENV-6].
        UsageError: the key was wiped [SES-8].
    """
    ephemeral_public, nonce, sealed = _split(blob, where)
    key = _key(_shared_x(secret, ephemeral_public, where))
    try:
        return gcm.unseal(key, nonce, sealed)
    except DecryptError as error:
        raise DecryptError(error.message, rule="ENV-6", where=f"{where}.tag") from None


def open_text(secret: PrivateKey, text: str, *, where: str = "envelope") -> str:
    """Return the text of an envelope in hex, of either case  [ENV-9].

    The checks run in this order: hex, size, then those of `open_envelope`, then UTF-8.

    Raises:
        MalformedError: not hex, an odd number of digits, a prefix or white space [ENV-15]; not
            UTF-8 inside [ENV-10]; see `open_envelope`.  What was found is not repeated, because it
            could be plaintext.
        DecryptError: see `open_envelope`.
    """
    if isinstance(text, str) and len(text) > 2 * MAX_ENVELOPE_SIZE:
        # Before the hex, so that work is bounded.
        raise MalformedError(
            f"{len(text)} hex digits, at most {2 * MAX_ENVELOPE_SIZE}", rule="ENV-13", where=where
        )
    blob = decode_hex(text, where=where, rule="ENV-15", quote=False)
    plaintext = open_envelope(secret, blob, where=where)
    return decode_utf8(plaintext, where=f"{where}.plaintext", rule="ENV-10")


def _split(blob: bytes, where: str) -> Tuple[bytes, bytes, bytes]:
    """Return ephemeral public key, nonce, and ciphertext || tag; the size and the form hold."""
    if not isinstance(blob, (bytes, bytearray)):
        raise UsageError(f"not bytes: {type(blob).__name__}", where=where)
    if len(blob) < MIN_ENVELOPE_SIZE:  # before any operation on the curve
        raise MalformedError(
            f"{len(blob)} bytes, at least {MIN_ENVELOPE_SIZE}", rule="ENV-4", where=where
        )
    if len(blob) > MAX_ENVELOPE_SIZE:
        raise MalformedError(
            f"{len(blob)} bytes, at most {MAX_ENVELOPE_SIZE}", rule="ENV-13", where=where
        )
    if blob[0] != 0x04:
        raise MalformedError(f"begins with {blob[0]:02x}, required 04", rule="ENV-5", where=where)
    blob = bytes(blob)
    return blob[:PUBLIC_KEY_SIZE], blob[PUBLIC_KEY_SIZE:_NONCE_END], blob[_NONCE_END:]


def _shared_x(secret: PrivateKey, ephemeral_public: bytes, where: str) -> bytes:
    place = f"{where}.ephemeral_public_key"
    try:
        return shared_secret(secret, ephemeral_public, where=place)
    except MalformedError as error:
        raise MalformedError(error.message, rule="ENV-5", where=place) from None


def _key(shared_x: bytes) -> bytes:
    return hkdf.derive(shared_x, info=HKDF_INFO, length=AES_KEY_SIZE)  # [ENV-2]; empty salt


# --- Every step ---------------------------------------------------------------------------------


class Steps(NamedTuple):
    """Every value between the two keys and the tag, for those who debug another implementation.

    `shared_x`, `prk`, `key`, `hash_subkey` and `tag_mask` are secrets: with them the message is
    read and forged.  They are therefore shown by name only, never by `repr`  [KEY-12].
    """

    ephemeral_public: bytes
    """65 bytes, 04 || X || Y."""
    nonce: bytes
    """12 bytes."""
    shared_x: bytes
    """32 bytes: the x-coordinate of the shared point, big-endian  [KEY-11]."""
    prk: bytes
    """32 bytes: HKDF-Extract of `shared_x` with the empty salt."""
    key: bytes
    """32 bytes: HKDF-Expand of `prk`, the AES key."""
    hash_subkey: bytes
    """16 bytes: H = AES(key, 0), the key of GHASH."""
    tag_mask: bytes
    """16 bytes: AES(key, nonce || 1), added to GHASH to make the tag."""
    ciphertext: bytes
    """As long as the plaintext."""
    tag: bytes
    """16 bytes, as found in the envelope: `explain_open` does not judge it."""

    def __repr__(self) -> str:
        return "<Steps (hidden)>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise UsageError("the steps hold keys and are not pickled", rule="KEY-12")


def explain_open(secret: PrivateKey, blob: bytes) -> Steps:
    """Return the steps of opening an envelope, up to the tag and without it.

    The tag is not verified and no plaintext is computed: the steps are most wanted where the tag
    does not hold.  `open_envelope` gives the verdict and the plaintext.

    Raises:
        MalformedError: as `open_envelope`.
    """
    ephemeral_public, nonce, sealed = _split(blob, "envelope")
    return _steps(ephemeral_public, nonce, _shared_x(secret, ephemeral_public, "envelope"), sealed)


def explain_seal(
    recipient: PublicKey65,
    plaintext: bytes,
    *,
    ephemeral: Optional[PrivateKey] = None,
    nonce: Optional[bytes] = None,
    random_bytes: RandomBytes = os.urandom,
) -> Tuple[bytes, Steps]:
    """Return an envelope and the steps that made it; what is not given is drawn.

    Raises:
        UsageError: as `seal`.
    """
    chosen = PrivateKey.generate(random_bytes) if ephemeral is None else ephemeral
    iv = draw(random_bytes, GCM_NONCE_SIZE) if nonce is None else nonce
    blob = seal_derandomised(recipient, plaintext, ephemeral=chosen, nonce=iv)
    shared_x = shared_secret(chosen, recipient, where="recipient")
    return blob, _steps(chosen.public_key, iv, shared_x, blob[_NONCE_END:])


def _steps(ephemeral_public: bytes, nonce: bytes, shared_x: bytes, sealed: bytes) -> Steps:
    prk = hkdf.extract(b"", shared_x)
    key = hkdf.expand(prk, HKDF_INFO, AES_KEY_SIZE)
    return Steps(
        ephemeral_public=ephemeral_public,
        nonce=nonce,
        shared_x=shared_x,
        prk=prk,
        key=key,
        hash_subkey=gcm.hash_subkey(key),
        tag_mask=gcm.tag_mask(key, nonce),
        ciphertext=sealed[:-GCM_TAG_SIZE],
        tag=sealed[-GCM_TAG_SIZE:],
    )
