"""One accepted list, and one flaw at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Type

import pytest

from tests import simulated_pki as pki
from tests.simulated_pki import CA_CRL, CRL_NUMBER, NOW, CrlRecipe, crl_extensions, entry
from venice_ref.codec.der_encode import (
    bit_string,
    boolean,
    element,
    enumerated,
    explicit,
    generalized_time,
    implicit,
    integer,
    null,
    object_identifier,
    octet_string,
    sequence,
    time,
)
from venice_ref.errors import EvidenceError, MalformedError, SignatureError, UsageError, VeniceError
from venice_ref.pki import crl as module
from venice_ref.pki import extensions as ext
from venice_ref.pki.crl import parse_crl, verify_crl
from venice_ref.pki.signatures import ECDSA_WITH_SHA256, ECDSA_WITH_SHA384, SignatureMemo

SECOND = timedelta(seconds=1)
AKI = pki.aki(pki.CA_KEY.identifier)
REASON = pki.extension("2.5.29.21", enumerated(1))


# --- What is accepted ---------------------------------------------------------------------------


def test_the_fields() -> None:
    der = CA_CRL.der()
    found = parse_crl(der, where="x")
    assert found.raw == der
    assert found.tbs == CA_CRL.tbs()
    assert found.issuer == pki.CA.subject
    assert (found.this_update, found.next_update) == (NOW - 10 * pki.DAY, NOW + 10 * pki.DAY)
    assert found.serials == {99}
    assert found.signature_oid == ECDSA_WITH_SHA256
    assert (found.crl_number, found.aki) == (1, pki.CA_KEY.identifier)
    assert found.where == "x"


def test_a_list_of_nobody() -> None:
    assert pki.ROOT_CRL.crl().serials == frozenset()


def test_a_list_without_extensions() -> None:
    found = CA_CRL._replace(extensions=b"").crl()
    assert (found.crl_number, found.aki, dict(found.extensions)) == (None, None, {})


def test_entries() -> None:
    later = time(NOW + 1000 * pki.DAY)
    removed = sequence(pki.extension("2.5.29.21", enumerated(8)))
    revoked = sequence(
        entry(1),
        entry(2**160 - 1, more=sequence(REASON)),
        entry(3, date=later),  # a date in the future revokes as well
        entry(4, more=removed),  # and so does the reason removeFromCRL
        entry(5, more=sequence(REASON)),
    )
    found = CA_CRL._replace(revoked=revoked).crl()
    assert found.serials == {1, 2**160 - 1, 3, 4, 5}


# --- CRL-1 to CRL-4 -----------------------------------------------------------------------------


def revoked(*entries: bytes) -> CrlRecipe:
    return CA_CRL._replace(revoked=sequence(*entries))


def extended(*extensions: bytes) -> CrlRecipe:
    return CA_CRL._replace(extensions=crl_extensions(CRL_NUMBER, AKI, *extensions))


ECDSA_WITH_NULL = sequence(object_identifier(ECDSA_WITH_SHA256), null())
INDIRECT = pki.extension("2.5.29.29", sequence(), critical=True)

FLAWS = {
    "an empty list of entries": ("CRL-1", ".tbsCertList.revokedCertificates[0]", revoked()),
    "serial 0": ("CRL-1", ".tbsCertList.revokedCertificates[0].userCertificate", revoked(entry(0))),
    "a serial without end": (
        "CRL-1",
        ".tbsCertList.revokedCertificates[1].userCertificate",
        revoked(entry(1), entry(2**160)),
    ),
    "an entry without a date": (
        "CRL-1",
        ".tbsCertList.revokedCertificates[0].revocationDate",
        revoked(sequence(integer(1))),
    ),
    "a date in another form": (
        "CRL-1",
        ".tbsCertList.revokedCertificates[0].revocationDate",
        revoked(entry(1, date=generalized_time(NOW))),
    ),
    "an entry of four parts": (
        "CRL-1",
        ".tbsCertList.revokedCertificates[0]",
        revoked(entry(1, more=sequence(REASON) + null())),
    ),
    "a name without a common name": (
        "CRL-1",
        ".tbsCertList.issuer",
        CA_CRL._replace(issuer=sequence()),
    ),
    "something after the extensions": (
        "CRL-1",
        ".tbsCertList",
        CA_CRL._replace(extensions=CA_CRL.extensions + null()),
    ),
    "version 1 by default": ("CRL-2", ".tbsCertList.version", CA_CRL._replace(version=b"")),
    "version 1": ("CRL-2", ".tbsCertList.version", CA_CRL._replace(version=integer(0))),
    "version 3": ("CRL-2", ".tbsCertList.version", CA_CRL._replace(version=integer(2))),
    "another algorithm inside": (
        "CRL-2",
        ".tbsCertList.signature",
        CA_CRL._replace(inner_algorithm=pki.algorithm(ECDSA_WITH_SHA384)),
    ),
    "an algorithm with parameters": (
        "CRL-2",
        ".signatureAlgorithm",
        CA_CRL._replace(outer_algorithm=ECDSA_WITH_NULL, inner_algorithm=ECDSA_WITH_NULL),
    ),
    "no next update": ("CRL-3", ".tbsCertList.nextUpdate", CA_CRL._replace(next_update=b"")),
    "a delta": ("CRL-4", "", extended(pki.extension(ext.DELTA_CRL_INDICATOR, integer(1)))),
    "a critical delta": (
        "CRL-4",
        "",
        extended(pki.extension(ext.DELTA_CRL_INDICATOR, integer(1), critical=True)),
    ),
    "a part of the certificates": (
        "CRL-4",
        "",
        extended(pki.extension(ext.ISSUING_DISTRIBUTION_POINT, sequence(), critical=True)),
    ),
    "a part, not critical": (
        "CRL-4",
        "",
        extended(pki.extension(ext.ISSUING_DISTRIBUTION_POINT, sequence())),
    ),
    "an unknown critical extension": (
        "CRL-4",
        "",
        extended(pki.extension("1.2.3", sequence(), critical=True)),
    ),
    "an extension twice": ("CRL-4", ".tbsCertList.crlExtensions[2]", extended(AKI)),
    "no extension": (
        "CRL-4",
        ".tbsCertList.crlExtensions[0]",
        CA_CRL._replace(extensions=crl_extensions()),
    ),
    "an entry of another issuer": (
        "CRL-4",
        ".tbsCertList.revokedCertificates[0].crlEntryExtensions",
        revoked(entry(1, more=sequence(REASON, INDIRECT))),
    ),
    "an entry with an extension twice": (
        "CRL-4",
        ".tbsCertList.revokedCertificates[1].crlEntryExtensions[1]",
        revoked(entry(1, more=sequence(REASON)), entry(2, more=sequence(REASON, REASON))),
    ),
    "an entry with critical FALSE, written out": (
        "CRL-4",
        ".tbsCertList.revokedCertificates[0].crlEntryExtensions[0].critical",
        revoked(
            entry(
                1,
                more=sequence(
                    sequence(object_identifier("1.2.3"), boolean(False), octet_string(b""))
                ),
            )
        ),
    ),
    "entry extensions that are no sequence": (
        "CRL-4",
        ".tbsCertList.revokedCertificates[0].crlEntryExtensions",
        revoked(entry(1, more=null())),
    ),
    "something beside the extensions": (
        "CRL-1",
        ".tbsCertList.crlExtensions",
        CA_CRL._replace(extensions=explicit(0, sequence(CRL_NUMBER, AKI) + null())),
    ),
    "a number and something else": (
        "CRL-4",
        ".cRLNumber",
        CA_CRL._replace(
            extensions=crl_extensions(pki.extension(ext.CRL_NUMBER, integer(1) + null()), AKI)
        ),
    ),
    "a negative number": (
        "CRL-4",
        ".cRLNumber",
        CA_CRL._replace(extensions=crl_extensions(pki.extension(ext.CRL_NUMBER, integer(-1)), AKI)),
    ),
    "a key identifier of another form": (
        "CRL-4",
        ".authorityKeyIdentifier.keyIdentifier",
        CA_CRL._replace(
            extensions=crl_extensions(
                CRL_NUMBER,
                pki.extension(ext.AUTHORITY_KEY_IDENTIFIER, sequence(implicit(2, integer(1)))),
            )
        ),
    ),
}


@pytest.mark.parametrize("name", FLAWS)
def test_one_flaw(name: str) -> None:
    rule, where, recipe = FLAWS[name]
    with pytest.raises(MalformedError) as caught:
        parse_crl(recipe._replace(signature=b"a").der(), where="x")
    assert (caught.value.rule, caught.value.where) == (rule, "x" + where), str(caught.value)


def test_the_bytes_are_one_value() -> None:  # CRL-1
    der = CA_CRL.der()
    for raw in (der + b"\x00", der[:-1], b"", b"\x30\x80" + der[3:] + b"\x00\x00"):
        with pytest.raises(MalformedError) as caught:
            parse_crl(raw)
        assert caught.value.rule == "CRL-1"
    signature = element(3, b"\x01\xfe")
    with pytest.raises(MalformedError):
        parse_crl(sequence(CA_CRL.tbs(), CA_CRL.outer_algorithm, signature))
    with pytest.raises(MalformedError):
        parse_crl(sequence(CA_CRL.tbs(), CA_CRL.outer_algorithm, bit_string(b"a"), null()))


def test_the_number_of_entries_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CRL_ENTRIES", 3)
    assert len(revoked(*map(entry, range(1, 4))).crl().serials) == 3
    with pytest.raises(MalformedError, match="more than 3 entries"):
        revoked(*map(entry, range(1, 5))).crl()


def test_the_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    der = CA_CRL.der()
    monkeypatch.setattr(module, "MAX_CRL_SIZE", len(der))
    parse_crl(der)
    monkeypatch.setattr(module, "MAX_CRL_SIZE", len(der) - 1)
    with pytest.raises(MalformedError, match="bytes of DER, at most"):
        parse_crl(der)


# --- CRL-5 to CRL-8 -----------------------------------------------------------------------------


def refused(
    recipe: CrlRecipe, kind: Type[VeniceError], rule: str, issuer: pki.Recipe = pki.CA
) -> VeniceError:
    with pytest.raises(kind) as caught:
        verify_crl(recipe.crl("x"), issuer.certificate(), now=NOW)
    assert type(caught.value) is kind
    assert caught.value.rule == rule
    assert caught.value.where.startswith("x")
    return caught.value


def test_a_list_verifies() -> None:
    verify_crl(CA_CRL.crl(), pki.CA.certificate(), now=NOW)
    verify_crl(pki.ROOT_CRL.crl(), pki.ROOT.certificate(), now=NOW)


def test_the_list_of_another_issuer() -> None:
    refused(CA_CRL._replace(issuer=pki.ROOT.subject), EvidenceError, "CRL-5")
    refused(pki.ROOT_CRL, EvidenceError, "CRL-5")


def test_the_list_of_another_key() -> None:
    other = crl_extensions(CRL_NUMBER, pki.aki(pki.OTHER_KEY.identifier))
    refused(CA_CRL._replace(extensions=other), EvidenceError, "CRL-5")


def test_an_issuer_without_a_key_identifier() -> None:
    nameless = pki.extensions(pki.CA_USAGE, pki.basic_constraints(ca=True))
    verify_crl(CA_CRL.crl(), pki.CA._replace(extensions=nameless).certificate(), now=NOW)


def test_a_signature_of_another_key() -> None:
    refused(CA_CRL._replace(signer=pki.OTHER_KEY), SignatureError, "CRL-6")


def test_a_signature_of_another_list() -> None:
    signature = CA_CRL.signer.sign(CA_CRL.tbs())
    refused(revoked(entry(98))._replace(signature=signature), SignatureError, "CRL-6")


def test_a_signature_that_is_not_der() -> None:
    refused(CA_CRL._replace(signature=b"a" * 64), MalformedError, "CRL-6")


def test_an_algorithm_of_another_key() -> None:
    algorithm = pki.algorithm(ECDSA_WITH_SHA384)
    refused(
        CA_CRL._replace(inner_algorithm=algorithm, outer_algorithm=algorithm),
        SignatureError,
        "CRL-6",
    )


@pytest.mark.parametrize("usage", [pki.key_usage("keyCertSign"), b""])
def test_an_issuer_that_may_not_sign_lists(usage: bytes) -> None:
    extensions = pki.extensions(
        pki.ski(pki.CA_KEY.identifier), usage, pki.basic_constraints(ca=True)
    )
    refused(CA_CRL, EvidenceError, "CRL-6", pki.CA._replace(extensions=extensions))


@pytest.mark.parametrize("extensions", [crl_extensions(CRL_NUMBER), crl_extensions(AKI), b""])
def test_a_list_that_does_not_identify_itself(extensions: bytes) -> None:
    recipe = CA_CRL._replace(extensions=extensions)
    refused(recipe, EvidenceError, "CRL-7")
    verify_crl(recipe.crl(), pki.CA.certificate(), now=NOW, identified=False)


def test_both_ends_are_inside() -> None:
    crl, ca = CA_CRL.crl(), pki.CA.certificate()
    for now in (crl.this_update, crl.next_update):
        verify_crl(crl, ca, now=now)
    for now, flaw in ((crl.this_update - SECOND, "before"), (crl.next_update + SECOND, "after")):
        with pytest.raises(EvidenceError, match=f"not valid {flaw}") as caught:
            verify_crl(crl, ca, now=now)
        assert caught.value.rule == "CRL-8"


def test_a_time_has_a_zone() -> None:
    with pytest.raises(UsageError):
        verify_crl(CA_CRL.crl(), pki.CA.certificate(), now=NOW.replace(tzinfo=None))


def test_the_memo_holds_signatures_and_no_times() -> None:
    memo = SignatureMemo()
    crl, ca = CA_CRL.crl(), pki.CA.certificate()
    verify_crl(crl, ca, now=NOW, memo=memo)
    assert len(memo) == 1
    with pytest.raises(EvidenceError):
        verify_crl(crl, ca, now=NOW + 100 * pki.DAY, memo=memo)
    with pytest.raises(SignatureError):
        verify_crl(CA_CRL._replace(signer=pki.OTHER_KEY).crl(), ca, now=NOW, memo=memo)
    assert len(memo) == 1
