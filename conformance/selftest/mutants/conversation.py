"""Mistakes in keys, envelopes, requests, answers, signatures and transport."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.selftest.weaken import Mutant

__all__ = ["MUTANTS"]

MUTANTS: Final[Tuple[Mutant, ...]] = (
    Mutant(
        "envelope.skip-tag",
        "venice_ref/crypto/gcm.py",
        "if not compare_digest(T, _tag(keys, aad, C)):",
        "if False:",
        ("ENV-6",),
        "The tag is not compared at all.",
    ),
    Mutant(
        "envelope.info-forgotten",
        "venice_ref/e2ee/envelope.py",
        "return hkdf.derive(shared_x, info=HKDF_INFO, length=AES_KEY_SIZE)",
        'return hkdf.derive(shared_x, info=b"", length=AES_KEY_SIZE)',
        ("ENV-2",),
        "HKDF has no info.",
    ),
    Mutant(
        "envelope.salted",
        "venice_ref/e2ee/envelope.py",
        "return hkdf.derive(shared_x, info=HKDF_INFO, length=AES_KEY_SIZE)",
        "return hkdf.derive(shared_x, salt=HKDF_INFO, info=HKDF_INFO, length=AES_KEY_SIZE)",
        ("ENV-2",),
        "HKDF has a salt.",
    ),
    Mutant(
        "envelope.x-stripped",
        "venice_ref/e2ee/envelope.py",
        "return hkdf.derive(shared_x, info=HKDF_INFO, length=AES_KEY_SIZE)",
        'return hkdf.derive(shared_x.lstrip(b"\\0"), info=HKDF_INFO, length=AES_KEY_SIZE)',
        ("ENV-2",),
        "The shared secret loses its leading zero bytes.",
    ),
    Mutant(
        "envelope.off-curve",
        "venice_ref/crypto/ecdh.py",
        "    if not is_on_curve(SECP256K1, Q):\n",
        "    if not is_on_curve(SECP256K1, Q) and False:\n",
        ("ENV-5",),
        "The equation of the curve is not asked.",
    ),
    Mutant(
        "envelope.hybrid",
        "venice_ref/e2ee/envelope.py",
        "    if blob[0] != 0x04:\n",
        "    if blob[0] in (6, 7) and blob[0] % 2 == blob[64] % 2:\n"
        '        blob = b"\\x04" + blob[1:]\n'
        "    if blob[0] != 0x04:\n",
        ("ENV-5",),
        "Hybrid points are taken.",
    ),
    Mutant(
        "envelope.upper-case-out",
        "venice_ref/e2ee/envelope.py",
        "random_bytes=random_bytes).hex()",
        "random_bytes=random_bytes).hex().upper()",
        ("ENV-8",),
        "Envelopes are written in upper case.",
    ),
    Mutant(
        "envelope.utf8-ignored",
        "venice_ref/e2ee/envelope.py",
        'return decode_utf8(plaintext, where=f"{where}.plaintext", rule="ENV-10")',
        'return plaintext.decode("utf-8", "ignore")',
        ("ENV-10",),
        "What is not UTF-8 is left out.",
    ),
    Mutant(
        "envelope.prefix-in",
        "venice_ref/e2ee/envelope.py",
        'blob = decode_hex(text, where=where, rule="ENV-15", quote=False)',
        'blob = decode_hex(text, where=where, rule="ENV-15", quote=False, allow_0x=True)',
        ("ENV-15",),
        "A prefix is taken off.",
    ),
    Mutant(
        "envelope.key-kept",
        "venice_ref/e2ee/envelope.py",
        "    key = _key(_shared_x(secret, ephemeral_public, where))\n    try:\n",
        "    key = _key(_shared_x(secret, ephemeral_public, where))\n"
        '    key = globals().setdefault("_kept", {}).setdefault(secret.to_bytes(), key)\n'
        "    try:\n",
        ("ENV-14",),
        "The key of the first piece serves for the whole answer.",
    ),
    Mutant(
        "keys.no-curve-check",
        "venice_ref/crypto/ecdh.py",
        "    if not is_on_curve(SECP256K1, Q):\n",
        "    if False:\n",
        ("KEY-6",),
        "The equation of the curve is not tested.",
    ),
    Mutant(
        "keys.guide-prefix",
        "venice_ref/e2ee/keys.py",
        "if digits == _BARE_DIGITS:",
        "if digits == _BARE_DIGITS and raw[0] != 0x04:",
        ("KEY-4",),
        "04 is added unless the text begins with it, as the guide's code does.",
    ),
    Mutant(
        "keys.no-checksum",
        "venice_ref/crypto/address.py",
        "and text != to_checksum(address):",
        "and False:",
        ("KEY-15",),
        "The checksum of an address is not tested.",
    ),
    Mutant(
        "keys.address-trimmed",
        "venice_ref/crypto/address.py",
        "    if not isinstance(text, str) or len(text)",
        "    text = text.strip()\n    if not isinstance(text, str) or len(text)",
        ("KEY-16",),
        "White space around an address is removed.",
    ),
    Mutant(
        "keys.ecdsa-no-range",
        "venice_ref/crypto/ecdsa.py",
        "        if not 1 <= value < curve.n:\n",
        "        if not 1 <= value:\n",
        ("KEY-18", "KEY-20"),
        "r and s of n or more are taken, modulo n.",
    ),
    Mutant(
        "keys.recover-parity",
        "venice_ref/crypto/ecdsa.py",
        "odd=bool(recovery_id & 1)",
        "odd=not recovery_id & 1",
        ("KEY-20",),
        "Bit 0 of the recovery id is read the wrong way round.",
    ),
    Mutant(
        "keys.rsa-padding-skipped",
        "venice_ref/crypto/rsa.py",
        "hmac.compare_digest(found, _encode(digest, k))",
        '(found[:2] == b"\\0\\1" and found.endswith(_encode(digest, k)[-52:]))',
        ("KEY-21",),
        "The middle of the padding is skipped.",
    ),
    Mutant(
        "keys.private-zero",
        "venice_ref/crypto/ecdh.py",
        '    return 1 <= int.from_bytes(raw, "big") < SECP256K1.n',
        '    return int.from_bytes(raw, "big") < SECP256K1.n',
        ("KEY-13",),
        "The private key 0 is taken.",
    ),
    Mutant(
        "stream.pass-plaintext",
        "venice_ref/e2ee/stream.py",
        "            if self._unsafe_allow_plaintext:\n",
        "            if True:\n",
        ("STR-5", "STR-6"),
        "What is not an envelope is shown as it is.",
    ),
    Mutant(
        "stream.end-is-done",
        "venice_ref/e2ee/stream.py",
        "        if not self._done:\n            self._dead = True\n",
        "        if not self._done and self._number == 0:\n            self._dead = True\n",
        ("STR-1",),
        "The end of the transfer is taken for the end of the answer.",
    ),
    Mutant(
        "stream.skip-bad-json",
        "venice_ref/e2ee/stream.py",
        "        chunk = parse_chunk(event, where=where)\n",
        "        try:\n"
        "            chunk = parse_chunk(event, where=where)\n"
        "        except MalformedError as error:\n"
        '            if error.rule == "STR-3":\n'
        "                return\n"
        "            raise\n",
        ("STR-3",),
        "What does not parse is skipped.",
    ),
    Mutant(
        "stream.pass-white-space",
        "venice_ref/e2ee/chunk.py",
        '        if value is None or value == "":\n',
        "        if value is None or (isinstance(value, str) and not value.strip()):\n",
        ("STR-5",),
        "White space in plaintext is passed over.",
    ),
    Mutant(
        "stream.stop-is-done",
        "venice_ref/e2ee/stream.py",
        "        if not self._done:\n            self._dead = True\n",
        "        if not self._done and self._finish_reason is None:\n"
        "            self._dead = True\n",
        ("STR-1",),
        "A finish reason is taken for the end mark.",
    ),
    Mutant(
        "stream.read-on-after-done",
        "venice_ref/e2ee/stream.py",
        "            if self._done:\n                return None\n            try:",
        "            try:",
        ("STR-2",),
        "What follows the end mark is still read.",
    ),
    Mutant(
        "session.two-requests",
        "venice_ref/transitions.py",
        "        RECEIVE: STREAMING,\n",
        "        RECEIVE: STREAMING,\n        REQUEST: STREAMING,\n",
        ("SES-5",),
        "A second request may start during an answer.",
    ),
    Mutant(
        "session.expires-late",
        "venice_ref/session.py",
        "now - verified.verified_at >= self._ttl",
        "now - verified.verified_at > self._ttl",
        ("SES-2",),
        "The last moment does not count as over.",
    ),
    Mutant(
        "request.encrypted-already",
        "venice_ref/e2ee/messages.py",
        "        if message.plaintext is not None:\n",
        "        if message.plaintext is not None and len(message.plaintext) >="
        " 186 and message.plaintext[:2] == b'04':\n"
        '            entry["content"] = message.plaintext.decode()\n'
        "        elif message.plaintext is not None:\n",
        ("MSG-1",),
        "Content that looks like an envelope is sent as it is.",
    ),
    Mutant(
        "request.one-nonce",
        "venice_ref/e2ee/messages.py",
        "            blob = seal(recipient, message.plaintext, random_bytes=random_bytes)\n",
        "            blob = seal(recipient, message.plaintext, random_bytes=lambda"
        " size: bytes(12) if size == 12 else random_bytes(size))\n",
        ("ENV-7",),
        "The nonce is a constant, as the key is fresh.",
    ),
    Mutant(
        "request.one-ephemeral-key",
        "venice_ref/e2ee/messages.py",
        "    sealed: List[Dict[str, Any]] = []\n",
        "    sealed: List[Dict[str, Any]] = []\n"
        "    drawn, saved = random_bytes, random_bytes(32)\n"
        "    random_bytes = lambda size: saved if size == 32 else drawn(size)\n",
        ("ENV-7",),
        "One ephemeral key serves for all messages of a request.",
    ),
    Mutant(
        "request.empty-skipped",
        "venice_ref/e2ee/messages.py",
        "        if message.plaintext is not None:\n",
        '        if message.plaintext == b"":\n'
        '            entry["content"] = ""\n'
        "        elif message.plaintext is not None:\n",
        ("MSG-3",),
        "Empty content is sent as it is.",
    ),
    Mutant(
        "request.stream-overridden",
        "venice_ref/e2ee/options.py",
        "    if stream is not True:\n",
        "    if False:\n",
        ("REQ-10",),
        "The option stream is overridden in silence.",
    ),
    Mutant(
        "request.user-and-system-only",
        "venice_ref/e2ee/messages.py",
        "        if message.plaintext is not None:\n",
        '        if message.plaintext is not None and message.role not in ("user", "system"):\n'
        '            entry["content"] = message.plaintext.decode()\n'
        "        elif message.plaintext is not None:\n",
        ("MSG-1",),
        "User and system messages alone are encrypted, as the guide has it.",
    ),
    Mutant(
        "request.model-switches",
        "venice_ref/e2ee/options.py",
        '    if "=" in model.partition(":")[2]:\n',
        "    if False:\n",
        ("REQ-12",),
        "Switches in a model id are sent.",
    ),
    Mutant(
        "signature.any-signer",
        "venice_ref/receipts/signature.py",
        "    if signer != address:",
        "    if not signer:",
        ("SIG-4",),
        "The recovered address is compared with nothing.",
    ),
    Mutant(
        "signature.no-prefix",
        "venice_ref/receipts/signature.py",
        'return keccak_256(PREFIX + str(len(raw)).encode("ascii") + raw)',
        "return keccak_256(raw)",
        ("SIG-1",),
        "The text is hashed without the prefix of EIP-191.",
    ),
    Mutant(
        "signature.mismatch-forgiven",
        "venice_ref/receipts/answer.py",
        "    compare_transcript(signed, request=request, response=response)\n",
        "    try:\n"
        "        compare_transcript(signed, request=request, response=response)\n"
        "    except SignatureError:\n"
        "        return VerifiedSignature(address, signed, transcript_verified=False)\n",
        ("SIG-6",),
        "Another transcript counts as one that was not compared.",
    ),
    Mutant(
        "signature.response-only",
        "venice_ref/receipts/signature.py",
        '        ("request", request, signed.request_hash),\n',
        "",
        ("SIG-6",),
        "The request is not compared.",
    ),
    Mutant(
        "transport.follow-host",
        "venice_ref/net/url.py",
        "    if found.origin != base.origin:\n",
        "    if found.host != base.host:\n",
        ("NET-2",),
        "Another port or scheme of the same host is followed.",
    ),
    Mutant(
        "transport.user-information",
        "venice_ref/net/url.py",
        "://(?P<host>[A-Za-z0-9._-]+|",
        "://(?:[^/@]*@)?(?P<host>[A-Za-z0-9._-]+|",
        ("NET-17",),
        "User information is skipped.",
    ),
    Mutant(
        "transport.show-key",
        "venice_ref/net/redaction.py",
        "        if lowered[index:end] not in secret:\n",
        "        if text[index:end] not in secret:\n",
        ("ERR-2",),
        "The API key is found in its own case only.",
    ),
    Mutant(
        "transport.repeat-for-ever",
        "venice_ref/net/venice.py",
        "        if self.made >= MAX_ATTEMPTS:\n",
        "        if self.made > MAX_ATTEMPTS:\n",
        ("NET-4",),
        "There is a fourth attempt.",
    ),
    Mutant(
        "keys.private-first-32",
        "venice_ref/crypto/ecdh.py",
        "        return cls(raw32)\n",
        "        return cls(raw32[:32])\n",
        ("KEY-13",),
        "Of a longer private key the first 32 bytes are taken.",
    ),
    Mutant(
        "keys.private-empty-drawn",
        "venice_ref/crypto/ecdh.py",
        "        return cls(raw32)\n",
        "        return cls(raw32 or os.urandom(32))\n",
        ("KEY-13",),
        "Instead of an empty private key one is drawn.",
    ),
    Mutant(
        "keys.address-prefix-twice",
        "venice_ref/crypto/address.py",
        "    if not isinstance(text, str) or len(text) != 2 + 2 * ADDRESS_SIZE",
        '    text = text.replace("0x0x", "0x")\n'
        "    if not isinstance(text, str) or len(text) != 2 + 2 * ADDRESS_SIZE",
        ("KEY-16",),
        "Every 0x in front of an address is taken off.",
    ),
)
