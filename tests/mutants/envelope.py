"""Mistakes in the envelope."""

from __future__ import annotations

from typing import Final, Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_ENVELOPE: Final = "venice_ref/e2ee/envelope.py"
_GCM: Final = "venice_ref/crypto/gcm.py"
_ECDH: Final = "venice_ref/crypto/ecdh.py"

_COMPARE: Final = "if not compare_digest(T, _tag(keys, aad, C)):"
_SPLIT: Final = "return blob[:PUBLIC_KEY_SIZE], blob[PUBLIC_KEY_SIZE:_NONCE_END], blob[_NONCE_END:]"
_SHORT: Final = "if len(blob) < MIN_ENVELOPE_SIZE:  # before any operation on the curve"
_PREFIX: Final = "    if blob[0] != 0x04:\n"
_SEAL_KEY: Final = "return hkdf.derive(shared_x, info=HKDF_INFO, length=AES_KEY_SIZE)"
_DECODE: Final = 'blob = decode_hex(text, where=where, rule="ENV-15", quote=False)'
_UTF8: Final = 'return decode_utf8(plaintext, where=f"{where}.plaintext", rule="ENV-10")'
_ENCODE: Final = 'plaintext = text.encode("utf-8")'
_OPEN_DONE: Final = "        return gcm.unseal(key, nonce, sealed)\n"

MUTANTS: Final[Tuple[Mutant, ...]] = (
    Mutant("envelope.tag-of-4-bytes", _GCM, _COMPARE,
           "if not compare_digest(T[:4], _tag(keys, aad, C)[:4]):", ("ENV-6",),
           "Four bytes of the tag are compared."),
    Mutant("envelope.tag-of-12-bytes", _GCM, _COMPARE,
           "if not compare_digest(T[:12], _tag(keys, aad, C)[:12]):", ("ENV-6",),
           "Twelve bytes of the tag are compared."),
    Mutant("envelope.tag-of-15-bytes", _GCM, _COMPARE,
           "if not compare_digest(T[:15], _tag(keys, aad, C)[:15]):", ("ENV-6",),
           "The last byte of the tag is not compared."),
    Mutant("envelope.skip-tag-of-nothing", _GCM, _COMPARE,
           "if C and not compare_digest(T, _tag(keys, aad, C)):", ("ENV-6",),
           "The tag of an empty ciphertext is not compared."),
    Mutant("envelope.tag-first", _ENVELOPE, _SPLIT,
           "return (blob[:PUBLIC_KEY_SIZE], blob[PUBLIC_KEY_SIZE:_NONCE_END],"
           " blob[_NONCE_END + 16 :] + blob[_NONCE_END : _NONCE_END + 16])", ("ENV-1",),
           "The tag is read before the ciphertext."),
    Mutant("envelope.nonce-first", _ENVELOPE, _SPLIT,
           "return blob[12:_NONCE_END], blob[:12], blob[_NONCE_END:]", ("ENV-1",),
           "The nonce is read before the key."),
    Mutant("envelope.no-kdf", _ENVELOPE, _SEAL_KEY, "return shared_x", ("ENV-2",),
           "The shared secret is the key."),
    Mutant("envelope.prefix-authenticated", _ENVELOPE, _OPEN_DONE,
           "        return gcm.unseal(key, nonce, sealed, ephemeral_public)\n", ("ENV-3",),
           "The ephemeral key is associated data."),
    Mutant("envelope.other-scheme-tried", _ENVELOPE, _OPEN_DONE,
           "        try:\n            return gcm.unseal(key, nonce, sealed)\n"
           "        except DecryptError:\n"
           "            return gcm.unseal(key, nonce, sealed, ephemeral_public)\n", ("ENV-3",),
           "Another scheme is tried where this one fails."),
    Mutant("envelope.154-digits", _ENVELOPE, _SHORT, "if len(blob) < 77:", ("ENV-4",),
           "The least size forgets the tag."),
    Mutant("envelope.92-bytes", _ENVELOPE, _SHORT, "if len(blob) < MIN_ENVELOPE_SIZE - 1:",
           ("ENV-4",), "The least size is off by one."),
    Mutant("envelope.empty-refused", _ENVELOPE, _SHORT, "if len(blob) <= MIN_ENVELOPE_SIZE:",
           ("ENV-12",), "An envelope of an empty text is too short."),
    Mutant("envelope.prefix-unread", _ENVELOPE, _PREFIX,
           '    blob = b"\\x04" + blob[1:]\n    if blob[0] != 0x04:\n', ("ENV-5",),
           "The first byte is replaced by what it has to be."),
    Mutant("envelope.reduced-modulo-p", _ECDH, "    x, y = Q = point_of(public)\n",
           "    x, y = Q = tuple(z % SECP256K1.p for z in point_of(public))\n", ("ENV-5",),
           "Coordinates are reduced modulo p before they are judged."),
    Mutant("envelope.prefix-out", _ENVELOPE,
           "return seal(recipient, plaintext, random_bytes=random_bytes).hex()",
           'return "0x" + seal(recipient, plaintext, random_bytes=random_bytes).hex()', ("ENV-8",),
           "Envelopes are written with a prefix."),
    Mutant("envelope.lower-case-only", _ENVELOPE, _DECODE,
           "blob = decode_hex(text if text == text.lower() else '!', where=where, rule=\"ENV-15\","
           " quote=False)", ("ENV-9",), "Lowercase digits alone are read."),
    Mutant("envelope.one-case-only", _ENVELOPE, _DECODE,
           "blob = decode_hex(text if text in (text.lower(), text.upper()) else '!', where=where,"
           ' rule="ENV-15", quote=False)', ("ENV-9",), "Digits of both cases are not read."),
    Mutant("envelope.white-space-skipped", _ENVELOPE, _DECODE,
           'blob = decode_hex("".join(text.split()), where=where, rule="ENV-15", quote=False)',
           ("ENV-15",), "White space is skipped wherever it is."),
    Mutant("envelope.trimmed", _ENVELOPE, _DECODE,
           'blob = decode_hex(text.strip(), where=where, rule="ENV-15", quote=False)', ("ENV-15",),
           "White space around the digits is trimmed."),
    Mutant("envelope.odd-digit-dropped", _ENVELOPE, _DECODE,
           'blob = decode_hex(text[: len(text) // 2 * 2], where=where, rule="ENV-15", quote=False)',
           ("ENV-15",), "The last of an odd number of digits is dropped."),
    Mutant("envelope.digits-of-all-scripts", _ENVELOPE, _DECODE,
           'import unicodedata\n    blob = decode_hex(unicodedata.normalize("NFKC", text),'
           ' where=where, rule="ENV-15", quote=False)', ("ENV-15",),
           "Wide digits are digits."),
    Mutant("envelope.junk-cut-off", _ENVELOPE, _DECODE,
           "import re\n    found = re.match('(?:[0-9a-fA-F]{2})*', text)\n"
           "    blob = bytes.fromhex(found.group() if found else '')", ("ENV-15",),
           "What follows the digits is not looked at."),
    Mutant("envelope.utf8-replaced", _ENVELOPE, _UTF8,
           'return plaintext.decode("utf-8", "replace")', ("ENV-10",),
           "What is not UTF-8 is replaced."),
    Mutant("envelope.surrogates-passed", _ENVELOPE, _UTF8,
           "try:\n        return decode_utf8(plaintext, rule='ENV-10')\n"
           "    except MalformedError:\n        if plaintext[:1] != b'\\xed':\n            raise\n"
           "        return plaintext.decode('utf-8', 'surrogatepass')", ("ENV-10",),
           "Halves of pairs are read."),
    Mutant("envelope.latin-1", _ENVELOPE, _UTF8,
           "try:\n        return plaintext.decode()\n    except UnicodeDecodeError:\n"
           '        return plaintext.decode("latin-1")', ("ENV-10",),
           "What is not UTF-8 is read as Latin-1."),
    Mutant("envelope.mark-dropped", _ENVELOPE, _UTF8,
           'return decode_utf8(plaintext, where=where, rule="ENV-10").lstrip("\\ufeff")',
           ("ENV-10",), "A byte order mark is dropped."),
    Mutant("envelope.surrogates-replaced", _ENVELOPE, _ENCODE,
           'plaintext = text.encode("utf-8", "replace")', ("ENV-11",),
           "Halves of pairs are replaced when they are sent."),
    Mutant("envelope.surrogates-sent", _ENVELOPE, _ENCODE,
           'plaintext = text.encode("utf-8", "surrogatepass")', ("ENV-11",),
           "Halves of pairs are sent in three bytes."),
    Mutant("envelope.limit-of-32-mib", "venice_ref/spec.py",
           "MAX_ENVELOPE_SIZE: Final = 16 * 1024 * 1024\n",
           "MAX_ENVELOPE_SIZE: Final = 32 * 1024 * 1024\n", ("ENV-13",),
           "Digits are counted where bytes are meant."),
    Mutant("envelope.limit-of-16000000", "venice_ref/spec.py",
           "MAX_ENVELOPE_SIZE: Final = 16 * 1024 * 1024\n",
           "MAX_ENVELOPE_SIZE: Final = 16_000_000\n", ("ENV-13",),
           "A megabyte has a million bytes."),
    Mutant("envelope.limit-of-64-kib", "venice_ref/spec.py",
           "MAX_ENVELOPE_SIZE: Final = 16 * 1024 * 1024\n",
           "MAX_ENVELOPE_SIZE: Final = 64 * 1024\n", ("ENV-13",),
           "An envelope has to fit into 64 KiB."),
    Mutant("envelope.characters-counted", _ENVELOPE,
           "    if len(plaintext) > MAX_ENVELOPE_SIZE - MIN_ENVELOPE_SIZE:\n",
           "    if len(plaintext.decode()) > MAX_ENVELOPE_SIZE - MIN_ENVELOPE_SIZE:\n", ("ENV-13",),
           "Characters are counted, and not bytes."),
    Mutant("envelope.limit-of-the-text", _ENVELOPE,
           "    if len(plaintext) > MAX_ENVELOPE_SIZE - MIN_ENVELOPE_SIZE:\n",
           "    if len(plaintext) > MAX_ENVELOPE_SIZE:\n", ("ENV-13",),
           "The limit of the envelope is applied to the text."),
    Mutant("envelope.limit-off-by-one", _ENVELOPE,
           "    if isinstance(text, str) and len(text) > 2 * MAX_ENVELOPE_SIZE:\n",
           "    if isinstance(text, str) and len(text) >= 2 * MAX_ENVELOPE_SIZE:\n", ("ENV-13",),
           "The longest envelope is too long."),
    Mutant("envelope.ephemeral-key-once", _ENVELOPE,
           "    ephemeral_public, nonce, sealed = _split(blob, where)\n",
           "    ephemeral_public, nonce, sealed = _split(blob, where)\n"
           '    seen = globals().setdefault("_seen", {})\n'
           "    if seen.setdefault(ephemeral_public, nonce) != nonce:\n"
           '        raise MalformedError("a replay", rule="ENV-5")\n', ("ENV-14",),
           "An ephemeral key that came before is a replay."),
    Mutant("envelope.counter-of-a-byte", "venice_ref/crypto/aes_planes.py",
           '}I", *counters)\n',
           '}I", *(counter & 255 for counter in counters))\n',
           ("ENV-3",), "The counter is one byte wide."),
)  # fmt: skip
