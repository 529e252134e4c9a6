"""Mistakes with response signatures."""

from __future__ import annotations

from typing import Final, Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_SIGNATURE: Final = "venice_ref/receipts/signature.py"
_ANSWER: Final = "venice_ref/receipts/answer.py"

MUTANTS: Final[Tuple[Mutant, ...]] = (
    Mutant(
        "signature.length-in-characters", _SIGNATURE,
        'str(len(raw)).encode("ascii") + raw)', 'str(len(text)).encode("ascii") + raw)',
        ("SIG-1",), "The length of the text is counted in characters.",
    ),
    Mutant(
        "signature.sha3", _SIGNATURE,
        'return keccak_256(PREFIX + str(len(raw)).encode("ascii") + raw)',
        'return hashlib.sha3_256(PREFIX + str(len(raw)).encode("ascii") + raw).digest()',
        ("SIG-1",), "SHA3-256 in the place of Keccak-256.",
    ),
    Mutant(
        "signature.v-27-only", _SIGNATURE,
        "{0: 0, 1: 1, 27: 0, 28: 1}", "{27: 0, 28: 1}",
        ("SIG-2",), "v of 0 and 1 is refused.",
    ),
    Mutant(
        "signature.v-by-parity", _SIGNATURE,
        "{0: 0, 1: 1, 27: 0, 28: 1}", "{v: (v - 27) % 2 if v > 1 else v for v in range(256)}",
        ("SIG-2",), "Every v is taken by its parity.",
    ),
    Mutant(
        "signature.prefix-required", _SIGNATURE,
        'value, size=SIGNATURE_SIZE, allow_0x=True, rule="SIG-2"',
        'value[2:] if value[:2] == "0x" else "", size=SIGNATURE_SIZE, rule="SIG-2"',
        ("SIG-2",), "A signature without 0x is refused.",
    ),
    Mutant(
        "signature.high-s", _SIGNATURE,
        "    if s > n // 2:", "    if s > n:",
        ("SIG-3",), "Both signatures of a text are accepted.",
    ),
    Mutant(
        "signature.s-at-the-half", _SIGNATURE,
        "    if s > n // 2:", "    if s >= n // 2:",
        ("SIG-3",), "The greatest s of the lower half is refused.",
    ),
    Mutant(
        "signature.own-address", _ANSWER,
        "    verify_signature(answer.text, answer.signature, address)\n",
        "    claimed = answer.signing_address\n"
        "    address = parse_address(claimed) if claimed is not None else address\n"
        "    verify_signature(answer.text, answer.signature, address)\n",
        ("SIG-4",), "The recovered address is compared with that of the answer.",
    ),
    Mutant(
        "signature.claim-ignored", _ANSWER,
        "        if claimed != address:", "        if claimed is None:",
        ("SIG-9",), "The address of the answer is not compared.",
    ),
    Mutant(
        "signature.claim-as-text", _ANSWER,
        "        if claimed != address:",
        '        if answer.signing_address != "0x" + address.hex():',
        ("SIG-9",), "Addresses are compared as text.",
    ),
    Mutant(
        "signature.parsed-from-the-left", _SIGNATURE,
        'parts = text.rsplit(":", 2)', 'parts = text.split(":", 2)',
        ("SIG-5", "SIG-11"), "The text is split at its first colons.",
    ),
    Mutant(
        "signature.empty-name", _SIGNATURE,
        "if len(parts) < 2 or (len(parts) == 3 and not parts[0]):", "if len(parts) < 2:",
        ("SIG-5",), "An empty name is a name.",
    ),
    Mutant(
        "signature.hash-with-prefix", _SIGNATURE,
        'decode_hex(part, size=32, rule="SIG-11"',
        'decode_hex(part.replace("0x", "00"), size=32, rule="SIG-11"',
        ("SIG-11",), "A hash may begin with 0x.",
    ),
    Mutant(
        "signature.text-stripped", _SIGNATURE,
        'parts = text.rsplit(":", 2)', 'parts = text.strip().rsplit(":", 2)',
        ("SIG-11",), "White space around the text is dropped.",
    ),
    Mutant(
        "signature.limit-in-characters", _SIGNATURE,
        "    if len(raw) > MAX_SIGNED_TEXT:", "    if len(text) > MAX_SIGNED_TEXT:",
        ("SIG-13",), "The limit counts characters.",
    ),
    Mutant(
        "signature.any-model", _SIGNATURE,
        "if signed.model is not None and signed.model not in names:", 'if signed.model == "":',
        ("SIG-7",), "The model is not compared.",
    ),
    Mutant(
        "signature.model-by-prefix", _SIGNATURE,
        "signed.model not in names:",
        "not any(name.startswith(signed.model) or signed.model.startswith(name)"
        " for name in names):",
        ("SIG-7",), "Names are compared by their beginning.",
    ),
    Mutant(
        "signature.model-folded", _SIGNATURE,
        "signed.model not in names:",
        "signed.model.strip().lower() not in [name.lower() for name in names]:",
        ("SIG-7",), "Names are compared without case and white space.",
    ),
    Mutant(
        "signature.always-verified", _ANSWER,
        "return VerifiedSignature(address, signed, transcript_verified=False)",
        "return VerifiedSignature(address, signed, transcript_verified=True)",
        ("SIG-12",), "A transcript that was not compared is called verified.",
    ),
    Mutant(
        "signature.empty-body-absent", _ANSWER,
        "    if request is None or response is None:", "    if not request or not response:",
        ("SIG-12", "SIG-6"), "An empty body counts as an absent one.",
    ),
    Mutant(
        "signature.string-only", _ANSWER,
        'value = signature.get("value") if isinstance(signature, dict) else signature',
        "value = signature",
        ("SIG-8",), "A signature in an object is refused.",
    ),
    Mutant(
        "signature.any-algorithm", _ANSWER,
        "if algorithm not in (None, ALGORITHM):", 'if algorithm == "ed25519":',
        ("SIG-15",), "Only the algorithm that is known to be another is refused.",
    ),
    Mutant(
        "signature.algorithm-required", _ANSWER,
        "if algorithm not in (None, ALGORITHM):", "if algorithm != ALGORITHM:",
        ("SIG-15",), "An answer that names no algorithm is refused.",
    ),
    Mutant(
        "signature.regex-dollar", "venice_ref/codec/strict.py",
        '_HEX = re.compile(r"[0-9a-fA-F]*\\Z")', '_HEX = re.compile(r"[0-9a-fA-F]*$")',
        ("SIG-2", "SIG-11"), "A dollar sign lets a newline at the end through.",
    ),
    Mutant(
        "signature.duplicate-members", "venice_ref/codec/strict.py",
        "    if len(members) != len(pairs):", "    if len(members) > len(pairs):",
        ("SIG-14",), "Of two members of one name the last one counts.",
    ),
    Mutant(
        "signature.text-alone", _ANSWER,
        'if text is None or "signature" not in top:', "if text is None:",
        ("SIG-10",), "An answer without a signature has one of another form, not none.",
    ),
)  # fmt: skip
