"""The bug classes of the vectors of tokens."""

from __future__ import annotations

from typing import Dict, Final, Tuple

__all__ = ["FLAGS"]

FLAGS: Final[Dict[str, Tuple[str, str, str, str, Tuple[str, ...]]]] = {
    "AnswerShape": (
        "MALFORMED",
        "The answer is not the array of an overall token and the tokens of the GPUs.",
        "An error page or another answer is taken for a verdict.",
        "Require the shape before anything is read.",
        ("NEAR's and Phala's verifiers index into it: body[0][1]",),
    ),
    "TokenForm": (
        "MALFORMED",
        "The token is not three parts of base64url without padding in canonical form.",
        "One token has many spellings, of which the digests in the overall token know one.",
        "Decode strictly; require 96 bytes of signature and objects without repeated members.",
        ("RFC 7515, 2 and 3.1", "RFC 7518, 3.4"),
    ),
    "Algorithm": (
        "AUTH_BYPASS",
        "The header names another algorithm.",
        "A token without a signature, or with one by a public value, is taken for NVIDIA's.",
        "Compare alg with ES384; never choose by it.",
        ("RFC 8725, 2.1 and 3.1", "CVE-2015-9235"),
    ),
    "Header": (
        "AUTH_BYPASS",
        "The header brings its own key, demands extensions, or names no key.",
        "The attacker's key verifies the attacker's token.",
        "Accept alg, kid and typ only; take the key from the key set by its id.",
        ("RFC 7515, 4.1", "CVE-2018-0114"),
    ),
    "KeySet": (
        "AUTH_BYPASS",
        "The key set is not of its form, or has two keys of one id.",
        "Which key counts depends on who reads the set.",
        "Refuse the set; look up by id.",
        ("RFC 7517, 4.5 and 5",),
    ),
    "Key": (
        "AUTH_BYPASS",
        "The key is unknown, of another kind, or not that of its certificate.",
        "A key of somebody else stands beside NVIDIA's certificate.",
        "Compare kind, curve and both coordinates with the certificate.",
        ("RFC 7518, 6.2.1", "RFC 7517, 4.7"),
    ),
    "KeyCertificate": (
        "AUTH_BYPASS",
        "The certificates of the key are not those of NVIDIA's service, or out of their time.",
        "Whoever can change the key set signs tokens.",
        "Pin the intermediate's key; verify signature, roles and time of the key's certificate.",
        ("RFC 5280, 6.1",),
    ),
    "TokenSignature": (
        "AUTH_BYPASS",
        "A token is not signed by the key that it names.",
        "Anyone writes verdicts.",
        "Verify every token, those of the GPUs too, before a claim is read.",
        ("FIPS 186-5, 6.4.2",),
    ),
    "Issuer": (
        "AUTH_BYPASS",
        "The issuer is not NVIDIA's attestation service.",
        "The service for tests vouches for GPUs that nobody else would.",
        "Compare the whole string.",
        ("RFC 7519, 4.1.1",),
    ),
    "TokenTime": (
        "FRESHNESS",
        "A token is out of its time, lives too long, or does not say.",
        "An old verdict is taken for one of today.",
        "Require iat, nbf and exp as integers; allow one hour, and 60 seconds for clocks.",
        ("RFC 7519, 4.1.4 to 4.1.6",),
    ),
    "TokenNonce": (
        "FRESHNESS",
        "The nonce of a token is not the client's.",
        "A good verdict about another request is taken for one about this.",
        "Compare eat_nonce in the overall token and in that of every GPU.",
        ("RFC 9711, 4.1",),
    ),
    "Modules": (
        "AUTH_BYPASS",
        "The tokens are not one for each GPU, or not those that the overall token names.",
        "One good GPU vouches for eight, or a token of another answer is put in.",
        "Compare both sets of names with the number of reports, and every digest.",
        ("RFC 9711, 4.2.18",),
    ),
    "Result": (
        "AUTH_BYPASS",
        "NVIDIA says that the attestation failed.",
        "A signed refusal counts as consent.",
        "Require the boolean true, and no error in any token.",
        (),
    ),
    "Claims": (
        "AUTH_BYPASS",
        "A claim is missing, or has another value or type.",
        "A GPU in debug mode, or with measurements that differ, is called good.",
        "Require every claim of the version, with its type.",
        ("https://docs.nvidia.com/attestation/",),
    ),
    "OtherDevice": (
        "AUTH_BYPASS",
        "The token is about another GPU than the report at its place.",
        "Good GPUs elsewhere vouch for GPUs that fail.",
        "Compare ueid, driver, VBIOS and chip with the verified report.",
        (),
    ),
    "ToleratedForm": (
        "INTEROP",
        "A form that the service sends, or a time at its limit.",
        "Genuine verdicts are refused.",
        "Ignore what is not named; include the ends of every period.",
        (),
    ),
}
