"""Certificates, lists and signatures against `cryptography` (Rust and OpenSSL), both ways."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timezone
from typing import Any, List, Optional, Tuple

import pytest

from conformance.mock_tee.pki import rsa_key
from tests import simulated_pki as pki
from venice_ref.crypto import ed25519, rsa
from venice_ref.errors import PeerError, SignatureError
from venice_ref.pki.certificate import Certificate, parse_certificate, parse_pem_chain
from venice_ref.pki.chain import Role, anchor_of, verify_chain
from venice_ref.pki.crl import Crl, parse_crl
from venice_ref.pki.extensions import KEY_USAGES
from venice_ref.pki.keys import EcPublicKey, RsaPublicKey

REASON = "the independent implementation `cryptography` is not installed"
x509 = pytest.importorskip("cryptography.x509", reason=REASON)
primitives = pytest.importorskip("cryptography.hazmat.primitives", reason=REASON)
ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec", reason=REASON)
padding = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.padding", reason=REASON)
rsa_theirs = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa", reason=REASON)
ed_theirs = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519", reason=REASON)
exceptions = pytest.importorskip("cryptography.exceptions", reason=REASON)
hashes, serialization = primitives.hashes, primitives.serialization

OURS = ["rsa", "p384", "p256"]


# --- Fields -------------------------------------------------------------------------------------


def compare_certificate(der: bytes) -> None:
    """Compare each field of a certificate with what `cryptography` reads."""
    ours, theirs = parse_certificate(der), x509.load_der_x509_certificate(der)
    assert theirs.version is x509.Version.v3
    assert ours.serial == theirs.serial_number
    assert ours.tbs == theirs.tbs_certificate_bytes
    assert ours.signature == theirs.signature
    assert ours.signature_oid == theirs.signature_algorithm_oid.dotted_string
    assert ours.issuer == theirs.issuer.public_bytes()
    assert ours.subject == theirs.subject.public_bytes()
    for name, expected in ((ours.issuer_name, theirs.issuer), (ours.subject_name, theirs.subject)):
        assert list(name.attributes) == [(a.oid.dotted_string, a.value) for a in expected]
    assert ours.not_before == theirs.not_valid_before_utc
    assert ours.not_after == theirs.not_valid_after_utc
    compare_key(ours, theirs.public_key())
    assert list(ours.extensions) == [e.oid.dotted_string for e in theirs.extensions]
    for found in theirs.extensions:
        mine = ours.extensions[found.oid.dotted_string]
        assert (mine.critical, mine.value) == (found.critical, found.value.public_bytes())
    compare_extensions(ours, theirs.extensions)


def compare_key(ours: Certificate, theirs: Any) -> None:
    info = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert ours.spki == theirs.public_bytes(*info)
    numbers = theirs.public_numbers()
    if isinstance(ours.public_key, RsaPublicKey):
        assert ours.public_key == RsaPublicKey(numbers.n, numbers.e)
    else:
        assert ours.public_key.point == (numbers.x, numbers.y)
        names = {"P-256": "secp256r1", "P-384": "secp384r1"}
        assert names[ours.public_key.curve.name] == theirs.curve.name


def value(extensions: Any, kind: Any) -> Any:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def compare_extensions(ours: Certificate, theirs: Any) -> None:
    constraints = value(theirs, x509.BasicConstraints)
    expected = None if constraints is None else (constraints.ca, constraints.path_length)
    assert ours.basic_constraints == expected
    usage = value(theirs, x509.KeyUsage)
    if usage is None:
        assert ours.key_usage is None
    else:
        assert ours.key_usage == frozenset(n for n in KEY_USAGES if has_usage(usage, n))
    identifier = value(theirs, x509.SubjectKeyIdentifier)
    assert ours.ski == (None if identifier is None else identifier.digest)
    authority = value(theirs, x509.AuthorityKeyIdentifier)
    assert ours.aki == (None if authority is None else authority.key_identifier)


def has_usage(usage: Any, name: str) -> bool:
    snake = {
        "digitalSignature": "digital_signature",
        "nonRepudiation": "content_commitment",
        "keyEncipherment": "key_encipherment",
        "dataEncipherment": "data_encipherment",
        "keyAgreement": "key_agreement",
        "keyCertSign": "key_cert_sign",
        "cRLSign": "crl_sign",
    }
    return name in snake and bool(getattr(usage, snake[name]))


@pytest.mark.parametrize("recipe", [pki.ROOT, pki.CA, pki.LEAF], ids=["root", "ca", "leaf"])
def test_ours_are_read_alike(recipe: pki.Recipe) -> None:
    compare_certificate(recipe.der())


def test_real_ones_are_read_alike() -> None:
    from tests.unit.pki import test_real

    found = test_real.venice()
    for chain in (found.pck, found.ca, found.signer, *test_real.gpu_chains()):
        for certificate in chain:
            compare_certificate(certificate.raw)
    for crl in found.crls:
        compare_crl(crl.raw)


def compare_crl(der: bytes) -> None:
    """Compare each field of a list with what `cryptography` reads."""
    ours, theirs = parse_crl(der), x509.load_der_x509_crl(der)
    assert ours.tbs == theirs.tbs_certlist_bytes
    assert ours.issuer == theirs.issuer.public_bytes()
    assert ours.this_update == theirs.last_update_utc
    assert ours.next_update == theirs.next_update_utc
    assert ours.serials == {entry.serial_number for entry in theirs}
    assert ours.signature == theirs.signature
    number, authority = (
        value(theirs.extensions, x509.CRLNumber),
        value(theirs.extensions, x509.AuthorityKeyIdentifier),
    )
    assert ours.crl_number == (None if number is None else number.crl_number)
    assert ours.aki == (None if authority is None else authority.key_identifier)


def test_our_lists_are_read_alike() -> None:
    for recipe in (pki.ROOT_CRL, pki.CA_CRL):
        compare_crl(recipe.der())


# --- A PKI of theirs ----------------------------------------------------------------------------

NOW = datetime(2026, 4, 24, tzinfo=timezone.utc)
START, END = datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2055, 1, 1, tzinfo=timezone.utc)


def new_key(kind: str) -> Any:
    if kind == "rsa":
        return rsa_theirs.RSAPrivateNumbers(
            rsa_key.P, rsa_key.Q, rsa_key.D,
            rsa_key.D % (rsa_key.P - 1), rsa_key.D % (rsa_key.Q - 1), pow(rsa_key.Q, -1, rsa_key.P),
            rsa_theirs.RSAPublicNumbers(rsa_key.E, rsa_key.N),
        ).private_key()  # fmt: skip
    return ec.generate_private_key(ec.SECP256R1() if kind == "p256" else ec.SECP384R1())


def name(common_name: str) -> Any:
    oid = x509.NameOID
    return x509.Name(
        [
            x509.NameAttribute(oid.COUNTRY_NAME, "US"),
            x509.NameAttribute(oid.COMMON_NAME, common_name),
            x509.NameAttribute(oid.ORGANIZATION_NAME, "\u00dcbung"),
        ]
    )


def hash_of(key: Any) -> Any:
    return hashes.SHA384() if getattr(key, "key_size", 0) == 384 else hashes.SHA256()


def usages(**wanted: bool) -> Any:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{one: wanted.get(one, False) for one in names})


def issue(
    subject: str, key: Any, issuer: str, signer: Any, *, ca: Optional[int] = None
) -> Tuple[bytes, Any]:
    """Return a certificate by `cryptography`; `ca` is the path length of an authority."""
    usage = (
        usages(digital_signature=True) if ca is None else usages(key_cert_sign=True, crl_sign=True)
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca is not None, ca), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    )
    made = builder.sign(signer, hash_of(signer))
    return made.public_bytes(serialization.Encoding.DER), made


def issue_list(issuer: str, signer: Any, *serials: int) -> Crl:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name(issuer))
        .last_update(START)
        .next_update(END)
        .add_extension(x509.CRLNumber(7), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(START)
        reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
        builder = builder.add_revoked_certificate(entry.add_extension(reason, False).build())
    der = builder.sign(signer, hash_of(signer)).public_bytes(serialization.Encoding.DER)
    compare_crl(der)
    return parse_crl(der)


KIND = {"p256": "P-256", "p384": "P-384", "rsa": "RSA"}


@pytest.mark.parametrize(
    "kinds", [("p256", "p256", "p256"), ("p384", "p384", "p384"), ("p384", "rsa", "p256")]
)
def test_a_chain_of_theirs_verifies(kinds: List[str]) -> None:
    leaf_key, ca_key, root_key = (new_key(kind) for kind in kinds)
    root_der, _ = issue("Root", root_key, "Root", root_key, ca=1)
    ca_der, _ = issue("CA", ca_key, "Root", root_key, ca=0)
    leaf_der, leaf = issue("Leaf", leaf_key, "CA", ca_key)
    ders = [leaf_der, ca_der, root_der]
    for der in ders:
        compare_certificate(der)
    pem = b"".join(
        x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM) for der in ders
    )
    chain = parse_pem_chain(pem, max_count=3)
    assert [one.raw for one in chain] == ders

    roles = [
        Role("leaf", "Leaf", KIND[kinds[0]], False, frozenset({"digitalSignature"})),
        Role("authority", "CA", KIND[kinds[1]], True, frozenset({"cRLSign"})),
        Role("root", "Root", KIND[kinds[2]], True, frozenset({"cRLSign"})),
    ]
    anchor = anchor_of(chain[-1], "the root")._replace(certificates=frozenset())
    lists = [issue_list("Root", root_key, 5), issue_list("CA", ca_key, 5, 6)]
    verify_chain(chain, anchor=anchor, roles=roles, now=NOW, crls=lists)

    revoking = [lists[0], issue_list("CA", ca_key, leaf.serial_number)]
    with pytest.raises(PeerError) as caught:
        verify_chain(chain, anchor=anchor, roles=roles, now=NOW, crls=revoking)
    assert caught.value.rule == "CRL-9"


def test_they_verify_what_we_sign() -> None:
    leaf, ca, root = (
        x509.load_der_x509_certificate(one.der()) for one in (pki.LEAF, pki.CA, pki.ROOT)
    )
    leaf.verify_directly_issued_by(ca)
    ca.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    crl = x509.load_der_x509_crl(pki.CA_CRL.der())
    assert crl.is_signature_valid(ca.public_key())


# --- Signatures ---------------------------------------------------------------------------------


def flipped(raw: bytes, draw: random.Random) -> bytes:
    changed = bytearray(raw)
    changed[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def test_rsa_against_openssl() -> None:
    draw = random.Random("rsa")
    key = new_key("rsa")
    for size in (0, 1, 100):
        message = draw.randbytes(size)
        signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        assert signature == rsa_key.sign(message)
        digest = hashlib.sha256(message).digest()
        rsa.verify_pkcs1v15_sha256(rsa_key.N, rsa_key.E, digest, signature)
        key.public_key().verify(rsa_key.sign(message), message, padding.PKCS1v15(), hashes.SHA256())
        for _ in range(20):
            with pytest.raises(SignatureError):
                rsa.verify_pkcs1v15_sha256(rsa_key.N, rsa_key.E, digest, flipped(signature, draw))
    other = key.sign(b"", padding.PKCS1v15(), hashes.SHA384())
    with pytest.raises(SignatureError):
        rsa.verify_pkcs1v15_sha256(rsa_key.N, rsa_key.E, hashlib.sha256(b"").digest(), other)


def openssl_accepts(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        ed_theirs.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (exceptions.InvalidSignature, ValueError):
        return False
    return True


def we_accept(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        ed25519.verify(public, message, signature)
    except PeerError:
        return False
    return True


def test_ed25519_against_openssl() -> None:
    draw = random.Random("ed25519")
    raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    for size in range(40):
        key = ed_theirs.Ed25519PrivateKey.from_private_bytes(draw.randbytes(32))
        public, message = key.public_key().public_bytes(*raw), draw.randbytes(size)
        signature = key.sign(message)
        assert we_accept(public, message, signature)
        for case in (
            (flipped(public, draw), message, signature),
            (public, message + b"x", signature),
            (public, message, flipped(signature, draw)),
            (public, message, signature[:32] + draw.randbytes(32)),
        ):
            assert we_accept(*case) == openssl_accepts(*case)


def test_kinds_of_keys_are_complete() -> None:
    for kind in OURS:
        der, _ = issue("CN", new_key(kind), "CN", new_key("p256"))
        assert isinstance(parse_certificate(der).public_key, (EcPublicKey, RsaPublicKey))
