"""A second verifier of attestation answers at assurance `binding`, written from SPEC.md alone.

It shares no code with the reference: JSON by `json`, points by `cryptography`, Keccak by the file
beside this one, the quote by offsets.  It returns the output of a vector, or the stage and the code
of the first flaw that it finds.  It does not know the types of members that it does not use.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Dict, List, Mapping, Optional, Tuple

import pytest

from tests.oracles.vectors.plain_keccak import keccak_256

ec = pytest.importorskip(
    "cryptography.hazmat.primitives.asymmetric.ec", reason="the independent cryptography is missing"
)

LIMIT = 8388608
HEX = re.compile(r"[0-9a-fA-F]*\Z")
FIELDS = {  # of the TD report, by the names of server_verification
    "mrtd": (136, 48), "mrconfigid": (184, 48), "mrowner": (232, 48), "mrownerconfig": (280, 48),
    "rtmr0": (328, 48), "rtmr1": (376, 48), "rtmr2": (424, 48), "rtmr3": (472, 48),
    "mrseam": (16, 48), "mrsignerseam": (64, 48), "tdAttributes": (120, 8), "xfam": (128, 8),
}  # fmt: skip


class FlawError(Exception):
    """Stage and code of a refusal."""


def need(condition: object, stage: str, code: str) -> None:
    if not condition:
        raise FlawError(stage, code)


# --- Forms --------------------------------------------------------------------------------------


def strict(raw: bytes) -> Dict[str, Any]:
    """Return the object of a strict JSON text."""

    def pairs(found: List[Tuple[str, Any]]) -> Dict[str, Any]:
        need(len({name for name, _ in found}) == len(found), "answer", "json")
        return dict(found)

    def number(text: str) -> int:
        need(len(text.lstrip("-")) <= 40, "answer", "json")
        return int(text)

    def constant(_: str) -> None:
        raise FlawError("answer", "json")

    def real(text: str) -> float:
        need(abs(float(text)) < float("inf"), "answer", "json")
        return float(text)

    need(len(raw) <= LIMIT, "answer", "json")
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=pairs, parse_int=number, parse_constant=constant,
                           parse_float=real)  # fmt: skip
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except ValueError:
        raise FlawError("answer", "json") from None
    need(isinstance(value, dict) and deep(value) <= 32, "answer", "json")
    return dict(value)


def deep(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(deep, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(deep, value), default=0)
    return 0


def nonce_of(text: str) -> bytes:
    need(len(text) == 64 and HEX.match(text), "answer", "nonce")
    return bytes.fromhex(text)


def point(text: str) -> bytes:
    """Return X || Y (64) of a model key."""
    digits = text[2:] if text[:2] == "0x" else text
    need(HEX.match(digits) and len(digits) in (128, 130), "key", "form")
    raw = bytes.fromhex(digits if len(digits) == 130 else "04" + digits)
    need(raw[0] == 4, "key", "form")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), raw)
    except ValueError:
        raise FlawError("key", "point") from None
    return raw[1:]


def address(text: str) -> bytes:
    need(re.match(r"0x[0-9a-fA-F]{40}\Z", text), "key", "address")
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()):
        marks = keccak_256(digits.lower().encode()).hex()
        right = [d.upper() if m in "89abcdef" else d for d, m in zip(digits.lower(), marks)]
        need(digits == "".join(right), "key", "checksum")
    return bytes.fromhex(digits)


def quote_of(text: str) -> bytes:
    digits = text[2:] if text[:2] == "0x" else text
    if HEX.match(digits) and len(digits) % 2 == 0:
        return bytes.fromhex(digits)
    try:
        padded = text if "=" in text else text + "=" * (-len(text) % 4)
        return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        raise FlawError("quote", "encoding") from None


def td_report(quote: bytes) -> bytes:
    """Return the TD report, after header, and refuse what is cut off or followed by bytes."""
    version, tee = quote[0] | quote[1] << 8, quote[4:8]
    need(tee == b"\x81\0\0\0", "quote", "tee-type")
    at, size = 48, 584
    if version == 5:
        size, at = int.from_bytes(quote[50:54], "little"), 54
    end = at + size
    length = int.from_bytes(quote[end : end + 4], "little")
    need(len(quote) >= end + 4 + length, "quote", "length")
    need(not any(quote[end + 4 + length :]), "quote", "trailing")
    return quote[at:end]


# --- The answer ---------------------------------------------------------------------------------


def verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the output of `attestation.verify` under a policy of assurance binding."""
    if given["nonce"] is None:
        raise FlawError("answer", "not-performed")
    nonce = bytes.fromhex(given["nonce"])
    need(len(nonce) == 32, "answer", "nonce-size")
    text = given.get("answer", "") + " " * given.get("padding", 0)
    raw = text.encode() if "answer" in given else bytes.fromhex(given["answer_bytes"])
    answer = strict(raw)
    own_words(answer, nonce, given["model"])
    xy, source = model_key(answer)
    report = bound_report(answer)
    own = keccak_256(xy)[12:]
    form = binding(report[520:584], own, nonce, given["policy"].get("nonce_binding", "raw"))
    stated = answer.get("signing_address")
    need(stated is None or address(stated) == own, "answer", "address")
    gpus = gpu_count(answer, nonce, given["policy"].get("gpu", "report"))
    claims(answer.get("server_verification") or {}, report, form, gpus)
    return {"model_key": "04" + xy.hex(), "address": own.hex(), "key_source": source,
            "nonce_binding": form, "gpu_count": gpus}  # fmt: skip


def own_words(answer: Dict[str, Any], nonce: bytes, model: Optional[str]) -> None:
    need(answer.get("verified") is True, "answer", "verified")
    need(model is None or answer.get("model") == model, "answer", "model")
    need(isinstance(answer.get("nonce"), str), "answer", "nonce")
    need(nonce_of(answer["nonce"]) == nonce, "answer", "nonce")
    if answer.get("request_nonce"):
        need(nonce_of(answer["request_nonce"]) == nonce, "answer", "nonce")
    need(answer.get("nonce_source") in (None, "client"), "answer", "constant")
    need(answer.get("signing_algo") in (None, "ecdsa"), "answer", "constant")


def model_key(answer: Dict[str, Any]) -> Tuple[bytes, str]:
    texts = [answer.get(name) for name in ("signing_key", "signing_public_key")]
    source, found = "answer", [text for text in texts if text]
    if not found:
        keyset = (answer.get("attestation") or {}).get("workload_keyset") or {}
        entries = keyset.get("e2ee_public_keys") or []
        found = [e.get("public_key") for e in entries if e.get("algo") == "ecdsa"]
        source, found = "keyset", [text for text in found if text]
    need(found, "key", "no-key")
    points = [point(text) for text in found]
    need(len(set(points)) == 1, "key", "different-keys")
    return points[0], source


def bound_report(answer: Dict[str, Any]) -> bytes:
    envelope = answer.get("attestation") or {}
    evidence = envelope.get("evidence") or {}
    texts = [answer.get("intel_quote"), answer.get("quote"), evidence.get("quote")]
    quotes = [quote_of(text) for text in texts if text]
    need(quotes, "answer", "quote-missing")
    report = td_report(quotes[0])
    need(len(set(quotes)) == 1, "answer", "quote-disagreement")
    for stated in (envelope.get("report_data"), evidence.get("quote_report_data")):
        if stated:
            digits = stated[2:] if stated[:2] == "0x" else stated
            need(bytes.fromhex(digits) == report[520:584], "answer", "quote-disagreement")
    need(report[120] == 0, "quote", "debug")
    return report


def binding(data: bytes, own: bytes, nonce: bytes, allowed: str) -> str:
    need(data[:20] == own, "binding", "key")
    need(data[20:32] == bytes(12), "binding", "padding")
    if data[32:] == nonce:
        return "raw"
    need(data[32:] == hashlib.sha256(nonce).digest(), "binding", "nonce")
    need(allowed == "raw-or-sha256", "binding", "hashed-nonce")
    return "sha256"


def gpu_count(answer: Dict[str, Any], nonce: bytes, level: str) -> int:
    payload = answer.get("nvidia_payload")
    for _ in range(2):
        if isinstance(payload, str) and payload:
            payload = json.loads(payload)
    entries: List[Dict[str, Any]] = (payload or {}).get("evidence_list", []) if payload else []
    stated = [(payload or {}).get("nonce")] if entries else []
    stated += [entry.get("nonce") for entry in entries]
    for text in stated if level != "ignore" else []:
        need(not text or nonce_of(text) == nonce, "gpu", "nonce")
    return len(entries)


def claims(said: Dict[str, Any], report: bytes, form: str, gpus: int) -> None:
    """Refuse a contradiction; everything that `bound` speaks of holds here already."""
    tdx = said.get("tdx", {})
    verdicts = ("valid", "signatureValid", "certificateChainValid", "attestationKeyMatch")
    right = all(tdx.get(name) is not False for name in verdicts)
    right = right and tdx.get("crlCheck", {}).get("revoked") is not True
    values = [(tdx.get("reportData"), report[520:584])]
    values += [(tdx.get("measurements", {}).get(name), report[at : at + size])
               for name, (at, size) in FIELDS.items()]  # fmt: skip
    for text, own in values:
        digits = text[2:] if text and text[:2] == "0x" else text
        right = right and (not text or bytes.fromhex(digits) == own)
    bound = said.get("signingAddressBinding", {})
    if bound.get("reportDataAddress"):
        right = right and address(bound["reportDataAddress"]) == report[520:540]
    right = right and bound.get("bound") is not False
    nonce = said.get("nonceBinding", {})
    right = right and nonce.get("bound") is not False
    right = right and nonce.get("method") not in {"raw", "sha256"} - {form}
    gpu = said.get("nvidiaNonceBinding", {}).get("bound")
    need(right and not (gpus and gpu is False), "answer", "contradiction")
