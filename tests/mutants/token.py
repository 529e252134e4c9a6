"""Weakened checks of NVIDIA's tokens, their keys and their claims."""

from __future__ import annotations

from typing import Final, Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_NVIDIA: Final = "venice_ref/evidence/nvidia/"
_TOKENS: Final = _NVIDIA + "tokens.py"
_CLAIMS: Final = _NVIDIA + "claims.py"
_JWKS: Final = _NVIDIA + "jwks.py"
_JOSE: Final = "venice_ref/codec/jose.py"

MUTANTS: Final[Tuple[Mutant, ...]] = (
    Mutant(
        "token.overall-signature-only", _TOKENS,
        "        ecdsa.verify(P384, key.point, digest, r, s,"
        ' where=f"{where}.signature", rule="TOK-8")\n',
        "        if where == 'nras.overall':\n"
        "            ecdsa.verify(P384, key.point, digest, r, s,"
        ' where=f"{where}.signature", rule="TOK-8")\n', ("TOK-8",),
        "Only the overall token is verified, as by teep.",
    ),
    Mutant(
        "token.algorithm-in-any-case", _TOKENS,
        '        if header.get("alg") != ALGORITHM:\n',
        '        if str(header.get("alg")).upper() != ALGORITHM:\n', ("TOK-3",),
        "The algorithm is compared without regard to case.",
    ),
    Mutant(
        "token.header-with-key", _TOKENS,
        '_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})',
        '_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ", "jwk", "jku", "x5c"})',
        ("TOK-17",),
        "A header may bring its own key.",
    ),
    Mutant(
        "token.issuer-prefix", _TOKENS,
        '        if claims.get("iss") != self._issuer:\n',
        '        if not str(claims.get("iss")).startswith(self._issuer):\n', ("TOK-9",),
        "The beginning of the issuer is compared.",
    ),
    Mutant(
        "token.no-lifetime", _TOKENS,
        "        if not 0 < expires - issued <= MAX_LIFETIME_SECONDS + SKEW_SECONDS:\n",
        "        if expires <= issued:\n", ("TOK-10",),
        "A token may choose its life.",
    ),
    Mutant(
        "token.no-tolerance", _TOKENS,
        "SKEW_SECONDS: Final = 60\n", "SKEW_SECONDS: Final = 0\n", ("TOK-10",),
        "Clocks that differ by a minute break a good answer.",
    ),
    Mutant(
        "token.not-before-ignored", _TOKENS,
        '        latest = max(issued, _seconds(claims, "nbf"))\n', "        latest = issued\n",
        ("TOK-10",),
        "The beginning of a token is not looked at.",
    ),
    Mutant(
        "token.nonce-of-gpus-ignored", _TOKENS,
        "        if ERROR_DETAILS not in claims:  # a token that reports an error has no nonce\n"
        "            _compare_nonce(claims, nonce)\n", "", ("TOK-11",),
        "Only the overall token's nonce is compared, which repeats the request.",
    ),
    Mutant(
        "token.tokens-not-counted", _TOKENS,
        "    if not set(stated) == set(tokens) == set(names):\n",
        "    if not set(stated) == set(tokens) >= set(names):\n", ("TOK-12",),
        "More tokens than GPUs are accepted and left unread.",
    ),
    Mutant(
        "token.digest-not-compared", _TOKENS,
        '        if not hmac.compare_digest(found, hashlib.sha256('
        'tokens[name].encode("utf-8")).digest()):\n', "        if not found:\n", ("TOK-22",),
        "The digests are called checked and not computed.",
    ),
    Mutant(
        "token.result-truthy", _TOKENS,
        "    if overall.get(RESULT) is not True:\n", "    if not overall.get(RESULT):\n",
        ("TOK-13",),
        "A result that is not empty counts as true.",
    ),
    Mutant(
        "token.error-ignored", _CLAIMS,
        "    if ERROR_DETAILS in token:\n", "    if token.get(ERROR_DETAILS) == {}:\n",
        ("TOK-23",),
        "A token that reports an error is read as any other.",
    ),
    Mutant(
        "token.warning-ignored", _CLAIMS,
        "    if warning is not None:\n", "    if warning == {}:\n", ("TOK-15",),
        "A warning is not read.",
    ),
    Mutant(
        "token.missing-claim-passes", _CLAIMS,
        "    found = node.get(name)\n",
        "    found = node.get(name)\n    if name not in node.members:\n        return\n",
        ("TOK-14",),
        "A claim that is missing is not required.",
    ),
    Mutant(
        "token.claim-of-one", _CLAIMS,
        "    if type(found) is not type(required) or found != required:\n",
        "    if found != required:\n", ("TOK-14",),
        "1 counts as true.",
    ),
    Mutant(
        "token.debug-not-required", _CLAIMS,
        '    "dbgstat": "disabled",\n', "", ("TOK-14",),
        "The claim about debugging is not looked at.",
    ),
    Mutant(
        "token.chains-not-read", _CLAIMS,
        '    if version == "3.0":\n', '    if version == "4.0":\n', ("TOK-14",),
        "The objects of version 3.0 are not read.",
    ),
    Mutant(
        "token.ocsp-not-read", _CLAIMS,
        "        if member in chain:\n", "        if member == '':\n", ("TOK-14",),
        "What a chain says of OCSP where it is present is not read.",
    ),
    Mutant(
        "token.null-is-a-value", _CLAIMS,
        "        if member in chain:\n", "        if member in chain.members:\n", ("TOK-14",),
        "What a chain says of OCSP is compared where it is null.",
    ),
    Mutant(
        "token.null-passes", _CLAIMS,
        "    for member, required in _CHAIN_REQUIRED.items():\n"
        "        _require(chain, member, required)\n",
        "    for member, required in _CHAIN_REQUIRED.items():\n"
        "        if member not in chain.members or member in chain:\n"
        "            _require(chain, member, required)\n", ("TOK-14",),
        "A required member of a chain may be null.",
    ),
    Mutant(
        "token.version-of-each", _TOKENS,
        "        check_claims(claims, version)\n",
        '        check_claims(claims, str(claims.get("x-nvidia-ver") or version))\n', ("TOK-24",),
        "A token says itself by which list its claims are judged.",
    ),
    Mutant(
        "token.ueid-not-compared", _CLAIMS,
        '        ("ueid", _text(token, "ueid"), gpu.ueid),\n', "", ("TOK-16",),
        "A verdict about another GPU of the same kind passes.",
    ),
    Mutant(
        "token.chip-prefix", _CLAIMS,
        '_text(token, "hwmodel").partition(" ")[0]', '_text(token, "hwmodel")[:5]', ("TOK-16",),
        "The beginning of the chip is compared.",
    ),
    Mutant(
        "token.any-version", _TOKENS,
        "    if version not in VERSIONS:\n",
        "    version = version if version in VERSIONS else '2.0'\n    if not version:\n",
        ("TOK-24",),
        "Claims of an unknown version are read as 2.0.",
    ),
    Mutant(
        "token.pin-not-compared", _JWKS,
        "    if found not in pins:\n", "    if pins and not found:\n", ("TOK-7",),
        "The key set is trusted as it comes.",
    ),
    Mutant(
        "token.certificate-of-other-key", _JWKS,
        "leaf.public_key != EcPublicKey(P384, point)", "leaf.public_key.curve != P384",
        ("TOK-5",),
        "The certificate beside a key may be for another one.",
    ),
    Mutant(
        "token.key-twice", _JWKS,
        "        if not kid or len(kid) > _MAX_KID or kid in keys:\n",
        "        if not kid or len(kid) > _MAX_KID:\n", ("TOK-19",),
        "Of two keys of one id the last wins.",
    ),
    Mutant(
        "token.third-certificate", _JWKS,
        "    if items is None or len(items) != 2:\n",
        "    items = (items or [])[:2]\n    if len(items) != 2:\n", ("TOK-5",),
        "Certificates behind the second are ignored.",
    ),
    Mutant(
        "token.padding", _JOSE,
        '    if not part or "=" in part:\n', "    if not part:\n", ("TOK-2",),
        "A token may be padded, so that it has a second spelling.",
    ),
    Mutant(
        "token.signature-size", _TOKENS,
        "        if len(jws.signature) != _SIGNATURE_SIZE:\n",
        "        if len(jws.signature) < 64:\n", ("TOK-2",),
        "A signature of another size is cut into halves all the same.",
    ),
    Mutant(
        "token.too-many-gpus", _TOKENS,
        "len(gpus) > MAX_GPUS", "len(gpus) > 1000", ("TOK-1",),
        "The number of tokens has no limit.",
    ),
)  # fmt: skip
