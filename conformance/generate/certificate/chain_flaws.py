"""`certificate/chain`: Intel's chain with one flaw."""

from __future__ import annotations

from typing import Final, Optional, Sequence, Tuple

from conformance.generate.certificate.chain_kit import Bench
from conformance.generate.certificate.kit import (
    AUTHORITY_USAGES,
    DAY,
    END,
    NOW,
    SIGNER_USAGES,
    START,
    Recipe,
    aki,
    attribute,
    basic_constraints,
    key_usage,
    name,
    serial_of,
    signer_extensions,
    ski,
    stamp,
    wrapped,
)
from conformance.mock_tee.pki.authority import Key, draw_key
from venice_ref.codec.der_encode import (
    element,
    integer,
    printable_string,
    sequence,
    set_of,
    utf8_string,
)
from venice_ref.crypto.curves import P256, P384

__all__ = [
    "at_the_ends",
    "refuse_anchor",
    "refuse_names",
    "refuse_purpose",
    "refuse_shape",
    "refuse_signatures",
    "tcb_signing",
]

_PCK: Final = "Intel SGX PCK Certificate"


# --- Number, order, names -----------------------------------------------------------------------


def refuse_shape(bench: Bench) -> None:
    """Add chains with other certificates than those of the roles."""
    leaf, ca, root = bench.pki.chain
    spare = bench.pki.processor
    chains: Sequence[Tuple[str, str, Tuple[Recipe, ...]]] = (
        ("chain-empty", "No certificate at all verifies for whoever loops over them.", ()),
        ("leaf-alone", "A leaf without a chain proves nothing.", (leaf,)),
        ("root-missing", "dcap-qvl appends the root that it trusts to whatever came.", (leaf, ca)),
        ("authority-missing", "The leaf is not issued by the root.", (leaf, root)),
        ("leaf-missing", "An authority is not a platform.", (ca, root)),
        ("root-twice", "A repeated certificate is not of the exact chain.", (leaf, ca, root, root)),
        ("unrelated-certificate-appended", "What nobody verifies must not be there.",
         (leaf, ca, root, spare)),
        ("unrelated-certificate-between", "Verifiers that search a path pass over it.",
         (leaf, ca, spare, root)),
    )  # fmt: skip
    for slug, why, chain in chains:
        bench.refuse(slug, why, "CRT-10", chain, "chain-shape", ("chain.length", 3, len(chain)))
    for slug, why, chain in (
        ("root-first", "Some servers of other services send the root first.", (root, ca, leaf)),
        ("authorities-swapped", "Verifiers that search a path accept any order.", (leaf, root, ca)),
        ("leaf-second", "The certificate in question is the first one, always.", (ca, leaf, root)),
    ):
        bench.refuse(slug, why, "CRT-10", chain, "chain-shape", ("chain.order", "0 1 2", slug),
                     or_breaks=["CRT-15", "CRT-16", "CRT-11"])  # fmt: skip


def refuse_names(bench: Bench) -> None:
    """Add chains whose names are not those of their roles, or do not fit each other."""
    leaf, ca, root = bench.pki.chain
    keys = bench.pki.keys
    for slug, why, common_name in (
        ("leaf-of-another-name", "The TCB signer is no platform.", "Intel SGX TCB Signing"),
        ("leaf-name-with-suffix", "A comparison by beginning accepts a longer name.",
         f"{_PCK} Issuer"),
        ("leaf-name-with-prefix", "A comparison by content accepts a name around it.",
         f"Not {_PCK}"),
        ("leaf-name-with-newline",
         "In a regular expression, the end of a line is not that of a text.",
         f"{_PCK}\n"),
        ("leaf-name-in-lower-case", "Names are compared with their case.", _PCK.lower()),
    ):  # fmt: skip
        bench.refuse(slug, why, "CRT-10", (leaf._replace(subject=name(common_name)), ca, root),
                     "role-confusion", ("chain[0].subject.commonName", _PCK, common_name),
        )  # fmt: skip
    fake = name("Intel SGX PCK Gateway CA")
    bench.refuse("authority-of-another-name", "Only two authorities issue PCK certificates.",
                 "CRT-10", (leaf._replace(issuer=fake), ca._replace(subject=fake), root),
                 "role-confusion",
                 ("chain[1].subject.commonName", "Intel SGX PCK Platform CA",
                  "Intel SGX PCK Gateway CA"))  # fmt: skip
    fake = name("SGX Root CA")
    renamed = root._replace(issuer=fake, subject=fake)
    bench.refuse("root-of-another-name", "The pinned key under another name plays another role.",
                 "CRT-10", (leaf, ca._replace(issuer=fake), renamed), "role-confusion",
                 ("chain[2].subject.commonName", "Intel SGX Root CA", "SGX Root CA"))  # fmt: skip
    _refuse_links(bench, leaf, ca, root, keys.other)


def _refuse_links(bench: Bench, leaf: Recipe, ca: Recipe, root: Recipe, other: Key) -> None:
    text = "Intel SGX PCK Platform CA"
    elsewhere = name(text, organization="somebody else")
    bench.refuse("issuer-of-another-organization", "To compare the common name only is too little.",
                 "CRT-11", (leaf._replace(issuer=elsewhere), ca, root), "link-broken",
                 ("chain[0].issuer.organization", "venice-ref vectors", "somebody else"),
    )  # fmt: skip
    printable = sequence(
        set_of(attribute("2.5.4.3", printable_string(text))),
        set_of(attribute("2.5.4.10", utf8_string("venice-ref vectors"))),
        set_of(attribute("2.5.4.6", printable_string("XX"))),
    )
    bench.refuse("issuer-in-another-string-type", "Names are compared as bytes, not as text.",
                 "CRT-11", (leaf._replace(issuer=printable), ca, root), "link-broken",
                 ("chain[0].issuer.commonName", "UTF8String", "PrintableString"))  # fmt: skip
    bench.refuse("issuer-in-another-case", "RFC 5280 would fold case, which adds spellings only.",
                 "CRT-11", (leaf._replace(issuer=name(text.upper())), ca, root), "link-broken",
                 ("chain[0].issuer.commonName", text, text.upper()))  # fmt: skip
    keys = bench.pki.keys
    for index, slug, child, key in (
        (0, "leaf-of-another-key-identifier", leaf, keys.platform),
        (1, "authority-of-another-key-identifier", ca, keys.root),
    ):
        flawed = child._replace(
            extensions=child.extensions.replace(key.identifier, other.identifier)
        )
        chain = [leaf, ca, root]
        chain[index] = flawed
        bench.refuse(slug, "The identifier tells two keys of one authority apart.", "CRT-11", chain,
                     "link-broken", (f"chain[{index}].authorityKeyIdentifier",
                                     key.identifier.hex(), other.identifier.hex()))  # fmt: skip


# --- Signatures and anchor ----------------------------------------------------------------------


def refuse_signatures(bench: Bench) -> None:
    """Add chains with a signature that does not hold."""
    leaf, ca, root = bench.pki.chain
    other = bench.pki.keys.other
    forged_leaf = leaf._replace(signature=other.sign_der(leaf.tbs()))
    bench.refuse("leaf-by-another-key",
                 "Whoever only looks whether the root is pinned accepts a forged leaf under it.",
                 "CRT-12", (forged_leaf, ca, root), "forged",
                 ("chain[0].signature", "by the Platform CA", "by another key"))  # fmt: skip
    forged_ca = ca._replace(signature=other.sign_der(ca.tbs()))
    bench.refuse("authority-by-another-key", "Every link counts, not only the first one.",
                 "CRT-12", (leaf, forged_ca, root), "forged",
                 ("chain[1].signature", "by the root", "by another key"))  # fmt: skip
    moved = leaf._replace(serial=integer(4711), signature=leaf.signer.sign_der(leaf.tbs()))
    bench.refuse("leaf-changed-after-signing", "The signature is of another serial number.",
                 "CRT-12", (moved, ca, root), "forged",
                 ("chain[0].serialNumber", leaf.serial.hex(), moved.serial.hex()))  # fmt: skip
    raw = leaf.signer.sign_der(leaf.tbs())
    size = raw[3]
    r, s = int.from_bytes(raw[4 : 4 + size], "big"), int.from_bytes(raw[6 + size :], "big")
    padded = sequence(element(2, b"\x00" + integer(r)[2:]), integer(s))
    for slug, why, signature in (
        ("signature-r-and-s-0", "(0, 0) verifies for whoever does not look (CVE-2022-21449).",
         sequence(integer(0), integer(0))),
        ("signature-s-0", "s = 0 has no inverse.", sequence(integer(r), integer(0))),
        ("signature-r-plus-n", "r + n is r again for whoever reduces it.",
         sequence(integer(r + P256.n), integer(s))),
        ("signature-s-plus-n", "s + n is s again for whoever reduces it.",
         sequence(integer(r), integer(s + P256.n))),
        ("signature-s-negative", "-s verifies for whoever takes it modulo n.",
         sequence(integer(r), integer(-s))),
        ("signature-r-and-s-1", "(1, 1) is a signature of nothing in particular.",
         sequence(integer(1), integer(1))),
        ("signature-with-padded-r", "An Ecdsa-Sig-Value is DER: no superfluous octet.", padded),
        ("signature-with-third-number", "Nothing follows s.",
         sequence(integer(r), integer(s), integer(1))),
        ("signature-with-trailing-byte", "The BIT STRING holds one SEQUENCE.", raw + b"\x00"),
        ("signature-raw", "r and s without DER, as quotes have them.",
         r.to_bytes(32, "big") + s.to_bytes(32, "big")),
        ("signature-empty", "No signature at all.", b""),
    ):  # fmt: skip
        bench.refuse(slug, why, "CRT-12", (leaf._replace(signature=signature), ca, root), "forged",
                     ("chain[0].signature", raw.hex(), signature.hex()))  # fmt: skip


def refuse_anchor(bench: Bench) -> None:
    """Add chains that do not end in the pinned root."""
    leaf, ca, root = bench.pki.chain
    keys = bench.pki.keys
    impostor = root._replace(
        serial=serial_of(keys.other),
        spki=keys.other.public_key_info,
        extensions=root.extensions.replace(keys.root.identifier, keys.other.identifier),
        signer=keys.other,
    )
    below = ca._replace(
        signer=keys.other,
        extensions=ca.extensions.replace(keys.root.identifier, keys.other.identifier),
    )
    bench.refuse("impostor-root", "A whole chain that agrees with itself, under a root of the same"
                 " name.", "CRT-13", (leaf, below, impostor), "impostor",
                 ("chain[2].key", "pinned", "another"))  # fmt: skip
    twin = impostor._replace(
        serial=root.serial,
        extensions=root.extensions,
    )
    bench.refuse("impostor-root-with-the-number-of-the-genuine",
                 "Serial number and key identifier do not identify a root: its key does.",
                 "CRT-13", (leaf, ca._replace(signer=keys.other), twin), "impostor",
                 ("chain[2].key", "pinned", "another"))  # fmt: skip
    forged = root.until(START, END + 9000 * DAY)._replace(
        signature=root.signer.sign_der(root.tbs())
    )
    bench.refuse("root-changed-after-signing",
                 "The pinned key stands in a certificate that it never signed: its end is forged.",
                 "CRT-13", (leaf, ca, forged), "impostor",
                 ("chain[2].notAfter", stamp(END), stamp(END + 9000 * DAY)))  # fmt: skip
    by_other = root._replace(signature=keys.other.sign_der(root.tbs()))
    bench.refuse("root-signed-by-another-key", "The pinned key did not sign its certificate.",
                 "CRT-13", (leaf, ca, by_other), "impostor",
                 ("chain[2].signature", "its own", "of another key"))  # fmt: skip
    crossed = root._replace(issuer=name("Another Root CA"))
    bench.refuse("root-that-names-another-issuer",
                 "A cross-signed root is a claim of its issuer, who is not pinned.",
                 "CRT-13", (leaf, ca, crossed), "impostor",
                 ("chain[2].issuer.commonName", "Intel SGX Root CA", "Another Root CA"),
    )  # fmt: skip


# --- Purpose ------------------------------------------------------------------------------------


def refuse_purpose(bench: Bench) -> None:
    """Add issuers that may not issue, end entities that may, and keys of another kind."""
    _refuse_issuers(bench)
    leaf, ca, root = bench.pki.chain
    keys = bench.pki.keys

    def end_entity(slug: str, why: str, usage: bytes, constraints: bytes, shown: str) -> None:
        flawed = leaf._replace(
            extensions=wrapped(
                aki(keys.platform.identifier), ski(keys.leaf.identifier), usage, constraints
            )
        )
        bench.refuse(slug, why, "CRT-16", (flawed, ca, root), "wrong-purpose",
                     ("chain[0].extensions", "those of a signer", shown))  # fmt: skip

    none, usage = basic_constraints(False), key_usage(*SIGNER_USAGES)
    end_entity("leaf-is-an-authority", "A platform that may issue certificates is something else.",
               usage, basic_constraints(True), "authority")  # fmt: skip
    end_entity("leaf-may-sign-certificates", "keyCertSign is the usage of an authority.",
               key_usage("digitalSignature", "keyCertSign"), none, "keyCertSign")  # fmt: skip
    end_entity("leaf-may-not-sign", "A key for agreement signs no report.",
               key_usage("keyAgreement"), none, "keyAgreement")  # fmt: skip
    end_entity("leaf-without-key-usage", "An absent key usage would allow everything.",
               b"", none, "no key usage")  # fmt: skip
    large = draw_key(P384, bench.builder.random("a key on P-384"))
    bench.refuse("leaf-on-p384", "Quotes are verified on P-256.", "CRT-17",
                 (leaf._replace(spki=large.public_key_info), ca, root), "role-confusion",
                 ("chain[0].key", "P-256", "P-384"))  # fmt: skip
    bench.refuse("authority-on-p384", "A chain of mixed kinds verifies, and is not Intel's.",
                 "CRT-17",
                 (leaf._replace(signer=large),
                  ca._replace(spki=large.public_key_info), root),
                 "role-confusion", ("chain[1].key", "P-256", "P-384"))  # fmt: skip


def _refuse_issuers(bench: Bench) -> None:
    leaf, ca, root = bench.pki.chain
    keys = bench.pki.keys

    def issuer(
        index: int, slug: str, why: str, constraints: bytes, usage: Optional[bytes], shown: str
    ) -> None:
        key = keys.platform if index == 1 else keys.root
        used = key_usage(*AUTHORITY_USAGES) if usage is None else usage
        parts = (aki(keys.root.identifier), ski(key.identifier), used, constraints)
        chain = [leaf, ca, root]
        chain[index] = chain[index]._replace(extensions=wrapped(*parts))
        bench.refuse(slug, why, "CRT-15", chain, "issues-without-right",
                     (f"chain[{index}].extensions", "those of an authority", shown))  # fmt: skip

    yes = basic_constraints(True, 1)
    issuer(1, "authority-without-constraints", "Absent basic constraints: no authority.",
           b"", None, "no basic constraints")  # fmt: skip
    issuer(1, "authority-that-says-no", "A PCK certificate with this name could issue others.",
           basic_constraints(False), None, "no authority")  # fmt: skip
    issuer(1, "authority-may-not-sign-certificates", "keyCertSign is missing.",
           yes, key_usage("cRLSign"), "cRLSign only")  # fmt: skip
    issuer(1, "authority-may-not-sign-lists", "cRLSign belongs to the role.",
           yes, key_usage("keyCertSign"), "keyCertSign only")  # fmt: skip
    issuer(1, "authority-without-key-usage", "An absent key usage would allow everything.",
           yes, b"", "no key usage")  # fmt: skip
    issuer(2, "root-without-constraints", "The root is judged like the others.",
           b"", None, "no basic constraints")  # fmt: skip
    issuer(2, "root-path-length-0", "The root allows no authority below it, and one is there.",
           basic_constraints(True, 0), None, "path length 0")  # fmt: skip
    issuer(2, "root-may-not-sign-certificates", "keyCertSign is missing in the root.",
           yes, key_usage("cRLSign"), "cRLSign only")  # fmt: skip


# --- The signer of TCB information --------------------------------------------------------------


def tcb_signing(bench: Bench) -> None:
    """Add the chain of two, and who must not take its place."""
    pki, keys = bench.pki, bench.pki.keys
    parent = "tcb-signer"
    bench.accept(parent, "The chain of two certificates has no authority in the middle.",
                 ["CRT-10", "CRT-15"], (pki.tcb, pki.root), leaf_key=keys.tcb)  # fmt: skip
    bench.refuse("pck-in-the-place-of-the-tcb-signer",
                 "dcap-qvl lets the key of a platform sign Intel's statements about platforms.",
                 "CRT-10", (pki.tcb._replace(subject=name(_PCK)), pki.root), "role-confusion",
                 ("chain[0].subject.commonName", "Intel SGX TCB Signing", _PCK),
                 parent=parent)  # fmt: skip
    under = pki.tcb._replace(
        issuer=pki.platform.subject,
        signer=keys.platform,
        extensions=signer_extensions(keys.tcb, keys.platform),
    )
    bench.refuse("tcb-signer-under-the-platform-ca",
                 "The authority of platforms must not make signers of statements.",
                 "CRT-10", (under, *pki.chain[1:]), "role-confusion",
                 ("chain[0].issuer", "the root", "the Platform CA"), parent=parent)  # fmt: skip


# --- Time ---------------------------------------------------------------------------------------


def at_the_ends(bench: Bench) -> None:
    """Add chains at the ends of their validity, one certificate at a time."""
    for index, who in enumerate(("leaf", "authority", "root")):
        chain = list(bench.pki.chain)
        first, last = NOW - 5 * DAY, NOW + 5 * DAY
        chain[index] = chain[index].until(first, last)
        second = (last - NOW) / (5 * 24 * 3600)
        bench.accept(f"{who}-in-its-first-second", "notBefore itself is inside.", ["CRT-14"],
                     chain, expires=last, now=stamp(first))  # fmt: skip
        parent = f"{who}-in-its-last-second"
        bench.accept(parent, "notAfter itself is inside.", ["CRT-14"], chain, expires=last,
                     now=stamp(last))  # fmt: skip
        _refuse_time(bench, f"{who}-not-yet-valid", "One second before notBefore.", chain, parent,
                     stamp(first - second))  # fmt: skip
        _refuse_time(bench, f"{who}-expired", "One second after notAfter.", chain, parent,
                     stamp(last + second))  # fmt: skip


def _refuse_time(
    bench: Bench, slug: str, why: str, chain: Sequence[Recipe], parent: str, now: str
) -> None:
    bench.refuse(slug, why, "CRT-14", chain, "out-of-time", None, parent=parent, now=now)
