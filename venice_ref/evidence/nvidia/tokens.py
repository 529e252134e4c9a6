"""The answer of NVIDIA's attestation service, NRAS: one token for all GPUs, and one for each.

    [["JWT", overall], {"GPU-n": token, ...}]          n from 0, in the order of the reports

Each token is a JWS with ES384.  The overall one names the others by the SHA-256 of their text, so
that they belong together; each says what NVIDIA found out about one GPU.  What is verified here,
and by none of the verifiers that were studied, is that they are about the GPUs in hand (`claims`).

An answer with status 200 may well say that the attestation failed; and the nonce of the overall
token is that of the request, whatever the evidence said.  Nothing follows from a token alone.

RFC 7515; RFC 7518, 3.4; RFC 7519; draft-ietf-rats-eat for `submods`, `eat_nonce` and `ueid`.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timezone
from typing import Any, Dict, Final, FrozenSet, Mapping, NamedTuple, Optional, Sequence

from venice_ref.codec.jose import UnverifiedJws, parse_jws
from venice_ref.codec.strict import JsonObject, decode_hex, excerpt, parse_json
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P384
from venice_ref.errors import EvidenceError, MalformedError, UsageError
from venice_ref.evidence.nvidia.claims import (
    ERROR_DETAILS,
    VERSIONS,
    check_claims,
    compare_with_evidence,
)
from venice_ref.evidence.nvidia.jwks import NRAS_INTERMEDIATES, KeySet, TokenKey, verify_key
from venice_ref.evidence.nvidia.verify import SignedGpu
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import MAX_GPUS, MAX_NRAS_SIZE, MAX_TOKEN_SIZE, NONCE_SIZE

__all__ = [
    "MAX_LIFETIME_SECONDS",
    "NRAS_ISSUER",
    "SKEW_SECONDS",
    "NrasAnswer",
    "NrasVerdict",
    "parse_nras_answer",
    "verify_nras",
    "verify_tokens",
]

NRAS_ISSUER: Final = "https://nras.attestation.nvidia.com"
"""Who issues the tokens; the service for tests has another name  [TOK-9]."""

MAX_LIFETIME_SECONDS: Final = 3600
"""From iat to exp  [TOK-10]."""
SKEW_SECONDS: Final = 60
"""How far the clocks of service and verifier may differ  [TOK-10]."""

ALGORITHM: Final = "ES384"
RESULT: Final = "x-nvidia-overall-att-result"
_SIGNATURE_SIZE: Final = 96
_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_DIGEST_NAMES: Final = ("SHA-256", "SHA256")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


class NrasAnswer(NamedTuple):
    """The tokens of an answer, not verified yet."""

    overall: str
    gpus: Mapping[str, str]
    """The token of each GPU by its name, `GPU-n`."""


class NrasVerdict(NamedTuple):
    """NVIDIA's word about these GPUs; `verify_nras` alone makes it."""

    version: str
    """Of the claims, `2.0` or `3.0`."""
    issued_at: datetime
    expires_at: datetime
    """When the first of the tokens expires."""
    kids: FrozenSet[str]
    """The ids of the keys that signed."""
    ueids: Sequence[str]
    """The numbers of the GPUs, in their order."""

    @property
    def debug_disabled(self) -> bool:
        """True: `dbgstat` is `disabled` in every token  [GPU-35]."""
        return True


class _Verifier:
    """Verifies tokens at one time, each of their keys once."""

    __slots__ = ("_intermediates", "_issuer", "_key_set", "_memo", "keys", "now", "seconds")

    def __init__(
        self,
        key_set: KeySet,
        now: datetime,
        issuer: str,
        intermediates: FrozenSet[bytes],
        memo: Optional[SignatureMemo],
    ) -> None:
        if now.tzinfo is None or now.utcoffset() is None:
            raise UsageError("a time without a time zone")
        self._key_set = key_set
        self._issuer = issuer
        self._intermediates = intermediates
        self._memo = memo
        self.now = now
        self.seconds = (now - _EPOCH).total_seconds()
        self.keys: Dict[str, TokenKey] = {}

    def verify(self, token: str, where: str) -> JsonObject:
        """Return the claims of a token: signed, by its issuer, in its time."""
        jws = parse_jws(token, max_size=MAX_TOKEN_SIZE, where=where, rule="TOK-2")
        if len(jws.signature) != _SIGNATURE_SIZE:
            raise MalformedError(
                f"a signature of {len(jws.signature)} bytes, required {_SIGNATURE_SIZE}",
                rule="TOK-2",
                where=f"{where}.signature",
            )
        key = self._key_of(jws)
        r = int.from_bytes(jws.signature[:48], "big")
        s = int.from_bytes(jws.signature[48:], "big")
        digest = hashlib.sha384(jws.signing_input).digest()
        ecdsa.verify(P384, key.point, digest, r, s, where=f"{where}.signature", rule="TOK-8")
        self._check_issuer_and_time(jws.payload)
        return jws.payload

    def _key_of(self, jws: UnverifiedJws) -> TokenKey:
        """Return the key that the header names, out of the key set and nowhere else."""
        header = jws.header
        if header.get("alg") != ALGORITHM:
            raise EvidenceError(
                f"{excerpt(header.get('alg'))}, required {ALGORITHM}",
                rule="TOK-3",
                where=header.path("alg"),
            )
        unknown = sorted(set(header.members) - _HEADER_MEMBERS)
        if unknown:  # jwk, jku and x5c would let a token bring its own key
            raise EvidenceError(
                f"the member {excerpt(unknown[0])}", rule="TOK-17", where=header.where
            )
        kid = header.with_rule("TOK-18").text("kid")
        if kid is None:
            raise MalformedError("no key is named", rule="TOK-18", where=header.path("kid"))
        if kid not in self.keys:
            self.keys[kid] = verify_key(
                self._key_set,
                kid,
                now=self.now,
                intermediates=self._intermediates,
                memo=self._memo,
            )
        return self.keys[kid]

    def _check_issuer_and_time(self, claims: JsonObject) -> None:
        """Spec: TOK-9, TOK-10; RFC 7519, 4.1."""
        if claims.get("iss") != self._issuer:
            raise EvidenceError(
                f"issued by {excerpt(claims.get('iss'))}, required {self._issuer}",
                rule="TOK-9",
                where=claims.path("iss"),
            )
        issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
        latest = max(issued, _seconds(claims, "nbf"))
        if not 0 < expires - issued <= MAX_LIFETIME_SECONDS + SKEW_SECONDS:
            problem, name = f"a life of {expires - issued} seconds", "exp"
        elif self.seconds > expires + SKEW_SECONDS:
            problem, name = f"expired at {expires}, and it is {self.seconds:.0f}", "exp"
        elif self.seconds < latest - SKEW_SECONDS:
            problem, name = f"valid from {latest}, and it is {self.seconds:.0f}", "nbf"
        else:
            return
        raise EvidenceError(problem, rule="TOK-10", where=claims.path(name))


# --- Public -------------------------------------------------------------------------------------


def parse_nras_answer(raw: bytes) -> NrasAnswer:
    """Return the tokens of an answer of at most 1048576 bytes and 64 GPUs  [TOK-1].

    Raises:
        MalformedError: not of the shape above.
    """
    value = parse_json(raw, max_size=MAX_NRAS_SIZE, where="nras", rule="TOK-1")
    if not isinstance(value, list) or len(value) != 2:
        raise MalformedError("not an array of two", rule="TOK-1", where="nras")
    overall, gpus = value
    if (
        not isinstance(overall, list)
        or len(overall) != 2
        or overall[0] != "JWT"
        or not isinstance(overall[1], str)
    ):
        raise MalformedError('not ["JWT", token]', rule="TOK-1", where="nras[0]")
    if not isinstance(gpus, dict) or len(gpus) > MAX_GPUS:
        raise MalformedError(
            f"not an object of at most {MAX_GPUS} tokens", rule="TOK-1", where="nras[1]"
        )
    tokens: Dict[str, str] = {}
    for name, token in gpus.items():
        if not isinstance(token, str):
            raise MalformedError("not a token", rule="TOK-1", where=f"nras[1].{excerpt(name)}")
        tokens[name] = token
    return NrasAnswer(overall[1], tokens)


def verify_nras(
    answer: NrasAnswer,
    key_set: KeySet,
    *,
    gpus: Sequence[SignedGpu],
    nonce: bytes,
    now: datetime,
    issuer: str = NRAS_ISSUER,
    intermediates: FrozenSet[bytes] = NRAS_INTERMEDIATES,
    memo: Optional[SignatureMemo] = None,
) -> NrasVerdict:
    """Return NVIDIA's verdict, if the answer is one, is about these GPUs, and is good, at `now`.

    `gpus` are all of the evidence, in its order, each verified for the same `nonce` (32).

    Spec: TOK-2 to TOK-18, TOK-20 to TOK-24.

    Raises:
        MalformedError: a token is not of its form.
        SignatureError: a token or a certificate is not signed by its issuer.
        EvidenceError: another issuer, time, nonce or GPU, or a result that is not good.
    """
    if len(nonce) != NONCE_SIZE or not gpus or any(gpu.nonce != nonce for gpu in gpus):
        raise UsageError(f"a nonce has {NONCE_SIZE} bytes, and at least one GPU answered it")
    names = [f"GPU-{index}" for index in range(len(gpus))]
    verifier = _Verifier(key_set, now, issuer, intermediates, memo)
    overall = verifier.verify(answer.overall, "nras.overall")
    _compare_nonce(overall, nonce)
    _check_submodules(overall, answer.gpus, names)
    version = _check_overall(overall)
    expires = [_seconds(overall, "exp")]
    for name, gpu in zip(names, gpus):
        claims = verifier.verify(answer.gpus[name], f"nras.{name}")
        if ERROR_DETAILS not in claims:  # a token that reports an error has no nonce
            _compare_nonce(claims, nonce)
        check_claims(claims, version)
        compare_with_evidence(claims, gpu)
        expires.append(_seconds(claims, "exp"))
    return NrasVerdict(
        version=version,
        issued_at=_moment(_seconds(overall, "iat"), overall),
        expires_at=_moment(min(expires), overall),
        kids=frozenset(verifier.keys),
        ueids=tuple(gpu.ueid for gpu in gpus),
    )


def verify_tokens(
    answer: NrasAnswer,
    key_set: KeySet,
    *,
    now: datetime,
    intermediates: FrozenSet[bytes] = NRAS_INTERMEDIATES,
    memo: Optional[SignatureMemo] = None,
) -> None:
    """Return if the key set has the keys of all tokens, and they signed them.

    For whoever must know whether a key set is the one to an answer; a verdict needs `verify_nras`.

    Raises:
        VeniceError: as `verify_nras`, for what concerns the form of the tokens and their keys.
    """
    verifier = _Verifier(key_set, now, NRAS_ISSUER, intermediates, memo)
    verifier.verify(answer.overall, "nras.overall")
    for name, token in answer.gpus.items():
        verifier.verify(token, f"nras.{excerpt(name)}")


def _compare_nonce(claims: JsonObject, nonce: bytes) -> None:
    """Compare the nonce that a token states, 64 hexadecimal digits  [TOK-11]."""
    text, where = claims.with_rule("TOK-11").text("eat_nonce"), claims.path("eat_nonce")
    found = b"" if text is None else decode_hex(text, size=NONCE_SIZE, where=where, rule="TOK-11")
    if not hmac.compare_digest(found, nonce):
        raise EvidenceError("not the nonce that was sent", rule="TOK-11", where=where)


def _check_submodules(overall: JsonObject, tokens: Mapping[str, str], names: Sequence[str]) -> None:
    """Hold that the overall token names these tokens, one for each GPU  [TOK-12, TOK-22]."""
    submods = overall.with_rule("TOK-12").child("submods")
    stated = {} if submods is None else submods.members
    where = overall.path("submods")
    if not set(stated) == set(tokens) == set(names):
        raise EvidenceError(
            f"{len(stated)} modules and {len(tokens)} tokens, required {names[0]} to {names[-1]}",
            rule="TOK-12",
            where=where,
        )
    for name in names:
        found = _digest_in(stated[name], f"{where}.{name}")
        if not hmac.compare_digest(found, hashlib.sha256(tokens[name].encode("utf-8")).digest()):
            raise EvidenceError(
                "the digest of another token", rule="TOK-22", where=f"{where}.{name}"
            )


def _digest_in(value: Any, where: str) -> bytes:
    """Return the digest of ["DIGEST", ["SHA-256", hex]]."""
    match = isinstance(value, list) and len(value) == 2 and value[0] == "DIGEST"
    pair = value[1] if match else None
    if not isinstance(pair, list) or len(pair) != 2 or pair[0] not in _DIGEST_NAMES:
        raise MalformedError('not ["DIGEST", ["SHA-256", hex]]', rule="TOK-22", where=where)
    return decode_hex(pair[1], size=32, where=where, rule="TOK-22")


def _check_overall(overall: JsonObject) -> str:
    """Return the version of the claims, if the overall result is good  [TOK-13, TOK-24]."""
    if overall.get(RESULT) is not True:
        raise EvidenceError(
            f"NVIDIA's result is {excerpt(overall.get(RESULT))}",
            rule="TOK-13",
            where=overall.path(RESULT),
        )
    version = overall.get("x-nvidia-ver")
    if version not in VERSIONS:
        raise EvidenceError(
            f"claims of version {excerpt(version)}, required one of {', '.join(VERSIONS)}",
            rule="TOK-24",
            where=overall.path("x-nvidia-ver"),
        )
    return str(version)


def _seconds(claims: JsonObject, name: str) -> int:
    value = claims.with_rule("TOK-10").integer(name)
    if value is None or not 0 <= value < 1 << 40:
        raise MalformedError("no time in seconds", rule="TOK-10", where=claims.path(name))
    return value


def _moment(seconds: int, claims: JsonObject) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, OSError, ValueError):
        raise MalformedError("no such time", rule="TOK-10", where=claims.where) from None
