"""Mistakes with keys, addresses and primitives."""

from __future__ import annotations

from typing import Final, Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_KEYS: Final = "venice_ref/e2ee/keys.py"
_ADDRESS: Final = "venice_ref/crypto/address.py"
_ECDH: Final = "venice_ref/crypto/ecdh.py"
_ECDSA: Final = "venice_ref/crypto/ecdsa.py"
_CURVE: Final = "venice_ref/crypto/weierstrass.py"
_PLANES: Final = "venice_ref/crypto/aes_planes.py"
_GCM: Final = "venice_ref/crypto/gcm.py"
_HKDF: Final = "venice_ref/crypto/hkdf.py"
_KECCAK: Final = "venice_ref/crypto/keccak.py"
_RSA: Final = "venice_ref/crypto/rsa.py"
_STRICT: Final = "venice_ref/codec/strict.py"

_MODEL_KEYS: Final = (
    Mutant(
        "keys.no-bare-form", _KEYS,
        "if digits == _BARE_DIGITS:", "if digits == -1:",
        ("KEY-3", "KEY-4"), "Only 130 digits are known.",
    ),
    Mutant(
        "keys.first-byte-skipped", _KEYS,
        "elif raw[0] != 0x04:", "elif raw[0] > 0xFF:",
        ("KEY-5",), "The first of 65 bytes is not looked at by the parser of the text.",
    ),
    Mutant(
        "keys.hybrid-accepted", _KEYS,
        "elif raw[0] != 0x04:", "elif raw[0] not in (0x04, 0x06, 0x07):",
        ("KEY-5",), "The hybrid form of SEC 1 passes the parser of the text.",
    ),
    Mutant(
        "keys.prefix-refused", _KEYS,
        "allow_0x=True, quote=False)", "quote=False)",
        ("KEY-3",), "The prefix 0x is refused.",
    ),
    Mutant(
        "keys.white-space-removed", _STRICT,
        "    if len(text) % 2 != 0:\n",
        '    text = "".join(text.split())\n    if len(text) % 2 != 0:\n',
        ("KEY-5",), "White space in hexadecimal digits is removed, as bytes.fromhex does.",
    ),
    Mutant(
        "keys.upper-case-refused", _STRICT,
        '_HEX = re.compile(r"[0-9a-fA-F]*\\Z")', '_HEX = re.compile(r"[0-9a-f]*\\Z")',
        ("KEY-3",), "Digits in upper case are refused.",
    ),
    Mutant(
        "keys.odd-digit-dropped", _STRICT,
        "    if len(text) % 2 != 0:\n", "    text = text[: len(text) & ~1]\n    if False:\n",
        ("KEY-5",), "The odd digit at the end is dropped.",
    ),
    Mutant(
        "keys.sent-upper-case", _KEYS,
        "    return public.hex()", "    return public.hex().upper()",
        ("KEY-2",), "The client's key is sent in upper case.",
    ),
    Mutant(
        "keys.sent-without-04", _KEYS,
        "    return public.hex()", "    return public.hex()[2:]",
        ("KEY-2",), "The client's key is sent with 128 digits.",
    ),
)  # fmt: skip

_POINTS: Final = (
    Mutant(
        "keys.no-x-range", _ECDH,
        "    if x >= SECP256K1.p:\n",
        "    x %= SECP256K1.p\n    Q = (x, y)\n    if False:\n",
        ("KEY-6",), "x is reduced modulo p before it is tested.",
    ),
    Mutant(
        "keys.no-y-range", _ECDH,
        "    if y >= SECP256K1.p:\n",
        "    y %= SECP256K1.p\n    Q = (x, y)\n    if False:\n",
        ("KEY-6",), "y is reduced modulo p before it is tested.",
    ),
    Mutant(
        "keys.secret-without-zeros", _ECDH,
        '    return S[0].to_bytes(32, "big")',
        '    return S[0].to_bytes((S[0].bit_length() + 7) // 8, "big")',
        ("KEY-11",), "Leading zero bytes of the shared secret are dropped.",
    ),
    Mutant(
        "keys.secret-is-y", _ECDH,
        '    return S[0].to_bytes(32, "big")', '    return S[1].to_bytes(32, "big")',
        ("KEY-11",), "y is taken for the shared secret.",
    ),
    Mutant(
        "keys.secret-mod-n", _ECDH,
        '    return S[0].to_bytes(32, "big")',
        '    return (S[0] % SECP256K1.n).to_bytes(32, "big")',
        ("KEY-11",), "The shared secret is reduced modulo n, as r of a signature is.",
    ),
    Mutant(
        "keys.private-range-above", _ECDH,
        '    return 1 <= int.from_bytes(raw, "big") < SECP256K1.n',
        '    return int.from_bytes(raw, "big") >= 1',
        ("KEY-13",), "A private key of n or more is taken, modulo n.",
    ),
    Mutant(
        "keys.private-largest-refused", _ECDH,
        '    return 1 <= int.from_bytes(raw, "big") < SECP256K1.n',
        '    return 1 <= int.from_bytes(raw, "big") < SECP256K1.n - 1',
        ("KEY-13",), "The private key n - 1 is refused.",
    ),
    Mutant(
        "keys.private-any-length", _ECDH,
        "if not isinstance(raw, (bytes, bytearray)) or len(raw) != 32:",
        "if not isinstance(raw, (bytes, bytearray)):",
        ("KEY-13",), "A private key of another length is taken as a number.",
    ),
)  # fmt: skip

_ADDRESSES: Final = (
    Mutant(
        "keys.address-of-65", _ADDRESS,
        "keccak_256(public[1:])[-ADDRESS_SIZE:]", "keccak_256(public)[-ADDRESS_SIZE:]",
        ("KEY-10",), "The byte 04 is hashed with X and Y.",
    ),
    Mutant(
        "keys.address-first-20", _ADDRESS,
        "keccak_256(public[1:])[-ADDRESS_SIZE:]", "keccak_256(public[1:])[:ADDRESS_SIZE]",
        ("KEY-10",), "The first 20 bytes of the hash are taken.",
    ),
    Mutant(
        "keys.checksum-always", _ADDRESS,
        "if digits not in (digits.lower(), digits.upper()) and", "if",
        ("KEY-17",), "Every address has to carry a checksum.",
    ),
    Mutant(
        "keys.upper-needs-checksum", _ADDRESS,
        "if digits not in (digits.lower(), digits.upper()) and", "if digits != digits.lower() and",
        ("KEY-17",), "An address in upper case has to carry a checksum.",
    ),
    Mutant(
        "keys.checksum-above-8", _ADDRESS,
        'marker >= "8"', 'marker > "8"',
        ("KEY-15",), "Letters change their case above 8 in place of from 8 on.",
    ),
    Mutant(
        "keys.address-prefix-any-case", _ADDRESS,
        'or text[:2] != "0x":', 'or text[:2].lower() != "0x":',
        ("KEY-16",), "0X is taken for the prefix of an address.",
    ),
)  # fmt: skip

_PRIMITIVES: Final = (
    Mutant(
        "keys.sha3-padding", _KECCAK,
        'b"\\x01" + bytes(-(len(data) + 1) % _RATE)', 'b"\\x06" + bytes(-(len(data) + 1) % _RATE)',
        ("KEY-10",), "The padding of SHA3-256 is taken.",
    ),
    Mutant(
        "keys.keccak-padding-overwrites", _KECCAK,
        "    padded[-1] |= 0x80\n", "    padded[-1] = 0x80\n",
        ("KEY-10",), "The last bit of the padding replaces the first where they share a byte.",
    ),
    Mutant(
        "keys.keccak-no-block-of-padding", _KECCAK,
        'data + b"\\x01" + bytes(-(len(data) + 1) % _RATE)',
        'data + (b"\\x01" if len(data) % _RATE else b"") + bytes(-(len(data) + 1) % _RATE)',
        ("KEY-10",), "A message of whole blocks gets another padding.",
    ),
    Mutant(
        "keys.hkdf-salt-and-key-swapped", _HKDF,
        'return hmac.digest(salt, ikm, "sha256")', 'return hmac.digest(ikm, salt, "sha256")',
        ("ENV-2",), "Salt and input key are given to HMAC in the wrong order.",
    ),
    Mutant(
        "keys.hkdf-counter-from-0", _HKDF,
        "bytes((i,))", "bytes((i - 1,))",
        ("ENV-2",), "The counter of HKDF begins at 0.",
    ),
    Mutant(
        "keys.hkdf-not-chained", _HKDF,
        't = hmac.digest(prk, t + info + bytes((i,)), "sha256")',
        't = hmac.digest(prk, info + bytes((i,)), "sha256")',
        ("ENV-2",), "The blocks of HKDF are not chained.",
    ),
    Mutant(
        "keys.gcm-skip-tag", _GCM,
        "    if not compare_digest(T, _tag(keys, aad, C)):\n", "    if False:\n",
        ("ENV-6",), "The tag is not compared.",
    ),
    Mutant(
        "keys.gcm-short-tag", _GCM,
        "compare_digest(T, _tag(keys, aad, C))", "compare_digest(T[:12], _tag(keys, aad, C)[:12])",
        ("ENV-6",), "12 bytes of the tag are compared.",
    ),
    Mutant(
        "keys.gcm-xor-compare", _GCM,
        "if not compare_digest(T, _tag(keys, aad, C)):",
        "if sum(T) != sum(_tag(keys, aad, C)):",
        ("ENV-6",), "The bytes of the tag are compared by their sum.",
    ),
    Mutant(
        "keys.gcm-lengths-in-bytes", _GCM,
        '(8 * len(C)).to_bytes(8, "big")', 'len(C).to_bytes(8, "big")',
        ("ENV-3",), "The block of lengths counts bytes.",
    ),
    Mutant(
        "keys.gcm-block-filled-twice", _GCM,
        "            bytes(-len(C) % 16),\n", "            bytes(16 - len(C) % 16),\n",
        ("ENV-3",), "A ciphertext of whole blocks is filled with one more.",
    ),
    Mutant(
        "keys.gcm-counter-byte", _PLANES,
        "    for i in range(4):\n", "    for i in range(3, 4):\n",
        ("ENV-3",), "The counter has one byte: it comes round after 255 blocks.",
    ),
    Mutant(
        "keys.gcm-counter-two-bytes", _PLANES,
        "counter_blocks(nonce, range(first, count))",
        "counter_blocks(nonce, range(first & 0xFFFF, (first & 0xFFFF) + count - first))",
        ("ENV-3",), "The counter has two bytes: it comes round after 65535 blocks.",
    ),
)  # fmt: skip

_SIGNATURES: Final = (
    Mutant(
        "keys.ecdsa-low-s-only", _ECDSA,
        "        if not 1 <= value < curve.n:\n",
        '        if not 1 <= value < (curve.n // 2 if name == "s" else curve.n):\n',
        ("KEY-19",), "The upper half of s is refused everywhere.",
    ),
    Mutant(
        "keys.ecdsa-x-not-reduced", _ECDSA,
        "if R is None or R[0] % n != r:", "if R is None or R[0] != r:",
        ("KEY-18",), "x of R is compared without a reduction modulo n.",
    ),
    Mutant(
        "keys.ecdsa-y-compared", _ECDSA,
        "if R is None or R[0] % n != r:", "if R is None or r not in (R[0] % n, R[1] % n):",
        ("KEY-18",), "Either coordinate of R may be r.",
    ),
    Mutant(
        "keys.ecdsa-infinity", _ECDSA,
        "if R is None or R[0] % n != r:", "if R is not None and R[0] % n != r:",
        ("KEY-18",), "A sum of infinity passes.",
    ),
    Mutant(
        "keys.ecdsa-key-unchecked", _ECDSA,
        "if public is None or not is_on_curve(curve, public):", "if public is None:",
        ("KEY-6",), "The key of a signature is not tested.",
    ),
    Mutant(
        "keys.ecdsa-zero", _ECDSA,
        "        if not 1 <= value < curve.n:\n",
        '        if not (name == "r") <= value < curve.n:\n',
        ("KEY-18", "KEY-20"), "s may be zero, and has no inverse then.",
    ),
    Mutant(
        "keys.ecdsa-equal-points", _ECDSA,
        "        return comb.multiply_add(u, v, P)\n",
        "        one, two = comb.multiply_generator(u), comb.glv.multiply(v, P)\n"
        "        equal = one is not None and two is not None and one[0] == two[0]\n"
        "        return None if equal else comb.weierstrass.add(curve, one, two)\n",
        ("KEY-18",), "Where both sides of the sum are one point, the sum is infinity.",
    ),
    Mutant(
        "keys.recover-x-above-p", _ECDSA,
        " if x < curve.p else None  #", "  #",
        ("KEY-20",), "r + n may be p or more, and is reduced modulo p.",
    ),
    Mutant(
        "keys.recover-infinity", _ECDSA,
        "    if Q is None:\n", "    Q = Q or (0, 0)\n    if False:\n",
        ("KEY-20",), "A recovered key of infinity is given back as zeros.",
    ),
    Mutant(
        "keys.recover-no-n", _ECDSA,
        "    x = r + n * (recovery_id >> 1)", "    x = r",
        ("KEY-20",), "Bit 1 of the recovery id is passed over.",
    ),
    Mutant(
        "keys.recover-root-unchecked", _CURVE,
        "    if y * y % p != alpha:\n", "    if False:\n",
        ("KEY-20",), "The square root is not tested.",
    ),
    Mutant(
        "keys.rsa-length", _RSA,
        "    if len(signature) != k:", "    if False:",
        ("KEY-21",), "An RSA signature of another length is taken as a number.",
    ),
    Mutant(
        "keys.rsa-unreduced", _RSA,
        "    if s >= n:", "    if False:",
        ("KEY-21",), "An RSA signature above the modulus is reduced.",
    ),
    Mutant(
        "keys.rsa-digest-at-end", _RSA,
        "hmac.compare_digest(found, _encode(digest, k))",
        "found.endswith(_encode(digest, k)[-52:])",
        ("KEY-21",), "The padding of an RSA signature is not compared.",
    ),
)  # fmt: skip

MUTANTS: Final[Tuple[Mutant, ...]] = (
    *_MODEL_KEYS,
    *_POINTS,
    *_ADDRESSES,
    *_PRIMITIVES,
    *_SIGNATURES,
)
