"""`revocation/verify`: revocation lists of one flaw each, genuinely signed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Final, NamedTuple, Optional, Sequence

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.certificate.kit import (
    CRL_NUMBER,
    DAY,
    NOW,
    IntelPki,
    ListRecipe,
    Recipe,
    aki,
    attribute,
    basic_constraints,
    entry,
    extension,
    intel_pki,
    key_usage,
    list_extensions,
    name,
    part,
    ski,
    stamp,
    wrapped,
)
from conformance.mock_tee.pki.authority import draw_key
from venice_ref.codec.der_encode import (
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
    set_of,
    time,
    utf8_string,
)
from venice_ref.crypto.curves import P384
from venice_ref.pki import extensions as ext
from venice_ref.spec import MAX_CRL_ENTRIES

__all__ = ["generate"]

PARENT: Final = "one-entry"
_PRIVATE: Final = "1.3.6.1.4.1.99999.1"
_REASON: Final = "2.5.29.21"
_INVALIDITY_DATE: Final = "2.5.29.24"
_CERTIFICATE_ISSUER: Final = "2.5.29.29"
_REVOKED: Final = 0x1234

FLAGS: Final[Dict[str, Flag]] = {
    "unread-list": Flag(
        "MALFORMED",
        "A list that is not one DER value of the structure.",
        "One reader finds a number in it that another one never reaches.",
        "Decode strictly, to the last byte, and refuse the whole list for any flaw.",
        ("RFC 5280, 5.1", "ITU-T X.690, 8 to 11"),
    ),
    "list-version": Flag(
        "DOWNGRADE",
        "A list of another version, or with two algorithms.",
        "A list without extensions hides that it is partial, or an unsigned field chooses the"
        " algorithm.",
        "Refuse every version but 2, and algorithms that differ.",
        ("RFC 5280, 5.1.1.2 and 5.1.2.1",),
    ),
    "no-next-update": Flag(
        "FRESHNESS",
        "A list that does not say when the next one is due.",
        "An old list is good for ever.",
        "Treat nextUpdate as required.",
        ("RFC 5280, 5.1.2.5",),
    ),
    "partial-list": Flag(
        "AUTH_BYPASS",
        "A list that speaks of some certificates only, or of those of another issuer.",
        "A revoked certificate is not on it, and passes.",
        "Refuse delta lists, distribution points and every critical extension.",
        ("RFC 5280, 5.2.4, 5.2.5 and 5.3.3",),
    ),
    "list-extension": Flag(
        "MALFORMED",
        "An extension of a list or an entry that is malformed, or there twice.",
        "What limits the list is passed over by who takes the other one of the two.",
        "Parse what is known, and refuse a second one of any kind.",
        ("RFC 5280, 4.2 and 5.2",),
    ),
    "list-of-another": Flag(
        "AUTH_BYPASS",
        "A list of another issuer, or of another key of the issuer.",
        "The list says nothing about the certificate that is looked up in it.",
        "Compare the names byte for byte, and the key identifiers where both are there.",
        ("RFC 5280, 6.3.3 (b) and 5.2.1",),
    ),
    "forged-list": Flag(
        "AUTH_BYPASS",
        "A list that its issuer did not sign, or had no right to sign.",
        "Whoever delivers lists decides what is revoked.",
        "Verify the signature, and the key usage cRLSign, before the list is read.",
        ("RFC 5280, 6.3.3 (f) and (g)",),
    ),
    "unnumbered-list": Flag(
        "FRESHNESS",
        "A list without a number or a key identifier.",
        "Two lists of one issuer cannot be told apart, nor the keys that signed them.",
        "Require both extensions.",
        ("RFC 5280, 5.2.1 and 5.2.3",),
    ),
    "list-out-of-time": Flag(
        "FRESHNESS",
        "A time of verification outside of the list's.",
        "Revocations since the list are not known.",
        "Compare the time with both ends.",
        ("RFC 5280, 6.3.3 (a)",),
    ),
    "unbounded-list": Flag(
        "RESOURCE",
        "One more than a limit of the specification.",
        "A server decides how much memory and time a client spends on a list.",
        "Count while reading, and stop at the limit.",
    ),
}


class Bench(NamedTuple):
    """What the parts of this generator share."""

    builder: FileBuilder
    pki: IntelPki

    @property
    def recipe(self) -> ListRecipe:
        """The list that everything else differs from."""
        return self.pki.platform_list

    def accept(
        self, slug: str, why: str, req: Sequence[str], recipe: ListRecipe, *,
        issuer: Optional[Recipe] = None, **changed: Any,
    ) -> None:  # fmt: skip
        """Add a list that is accepted."""
        given: Dict[str, Any] = {"crl": recipe.der().hex()}
        given.update({name: changed.pop(name) for name in ("now", "serials") if name in changed})
        if issuer is not None:
            given["issuer"] = issuer.der().hex()
        out = {"this_update": stamp(NOW - 10 * DAY), "next_update": stamp(NOW + 10 * DAY),
               "number": "7", "revoked": [f"{_REVOKED:x}"], **changed}  # fmt: skip
        self.builder.accept(slug, why, req=req, given=given, out=out)

    def refuse(
        self, slug: str, why: str, breaks: str, flag: str, *, recipe: Optional[ListRecipe] = None,
        change: Optional[Rebuilt] = None, or_breaks: Sequence[str] = (), parent: str = PARENT,
        critical: bool = False, **given: Any,
    ) -> None:  # fmt: skip
        """Add a list that is refused."""
        if recipe is not None:
            given["crl"] = recipe.der().hex()
        self.builder.reject(
            slug, why, parent=parent, breaks=breaks, or_breaks=or_breaks, given=given, flags=[flag],
            change=change, critical=critical,
        )  # fmt: skip

    def refuse_part(
        self, slug: str, why: str, breaks: str, flag: str, field: str, value: bytes, *,
        or_breaks: Sequence[str] = (), critical: bool = False,
    ) -> None:  # fmt: skip
        """Add the list with one part replaced, signed over it."""
        changes: Dict[str, Any] = {field: value}
        self.refuse(
            slug, why, breaks, flag, recipe=self.recipe._replace(**changes),
            change=part(f"crl.{field}", getattr(self.recipe, field), value), or_breaks=or_breaks,
            critical=critical,
        )  # fmt: skip


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for flag, about in FLAGS.items():
        builder.flag(flag, about)
    bench = Bench(builder, intel_pki(builder))
    builder.group({"now": stamp(NOW), "issuer": bench.pki.platform.der().hex(),
                   "serials": [f"{_REVOKED:x}", "1235"]})  # fmt: skip
    _accept_ordinary(bench)
    _accept_entries(bench)
    _refuse_encoding(bench)
    _refuse_entries(bench)
    _refuse_head(bench)
    _refuse_extensions(bench)
    _refuse_entry_extensions(bench)
    _refuse_issuer(bench)
    _refuse_time(bench)


# --- Accepted -----------------------------------------------------------------------------------


def _accept_ordinary(bench: Bench) -> None:
    recipe, pki = bench.recipe, bench.pki
    bench.accept(PARENT, "An ordinary list with one entry has to be read and verified.",
                 [*(f"CRL-{number}" for number in range(1, 10)), "CRL-11"], recipe)  # fmt: skip
    bench.accept("no-entries", "A list of no entries leaves the sequence out.", ["CRL-1", "CRL-9"],
                 recipe._replace(revoked=b""), revoked=[])  # fmt: skip
    signer = aki(pki.keys.platform.identifier)
    for slug, why, number in (
        ("number-0", "The first list of an issuer may have the number 0.", 0),
        ("number-of-160-bits", "RFC 5280, 5.2.3, allows numbers of 20 octets.", 2**160 - 1),
    ):
        found = extension(ext.CRL_NUMBER, integer(number))
        bench.accept(slug, why, ["CRL-7"],
                     recipe._replace(extensions=list_extensions(found, signer)),
                     number=f"{number:x}")  # fmt: skip
    more = [extension(f"{_PRIVATE}.{number}", b"x") for number in range(30)]
    bench.accept("32-extensions", "Extensions that are not critical are passed over, up to the"
                 " limit.", ["CRL-4", "CRL-11"],
                 recipe._replace(extensions=list_extensions(signer, *more, CRL_NUMBER)),
    )  # fmt: skip
    bare = pki.platform._replace(extensions=wrapped(key_usage("cRLSign"), basic_constraints(True)))
    bench.accept("issuer-without-key-identifier",
                 "The identifiers are compared where both are there only.", ["CRL-5"], recipe,
                 issuer=bare)  # fmt: skip
    for slug, why, now in (
        ("in-its-first-second", "thisUpdate itself is inside.", NOW - 10 * DAY),
        ("in-its-last-second", "nextUpdate itself is inside; dcap-qvl refuses it.", NOW + 10 * DAY),
    ):
        bench.accept(slug, why, ["CRL-8"], recipe, now=stamp(now))
    far = datetime(2050, 1, 1, tzinfo=timezone.utc)
    bench.accept("next-update-2050", "From 2050 on, the time is GeneralizedTime.", ["CRL-3"],
                 recipe._replace(next_update=time(far)), next_update=stamp(far))  # fmt: skip


def _accept_entries(bench: Bench) -> None:
    recipe = bench.recipe
    top = 2**160 - 1
    edges = sequence(entry(1), entry(top), entry(2**152))
    bench.accept("serials-at-the-edges", "Numbers have 1 to 160 bits.", ["CRL-1", "CRL-9"],
                 recipe._replace(revoked=edges),
                 serials=["1", "0", f"{top:x}", f"{2**152:x}", "2"],
                 revoked=["1", f"{top:x}", f"{2**152:x}"])  # fmt: skip
    reason = extension(_REASON, enumerated(1))
    date = extension(_INVALIDITY_DATE, generalized_time(NOW - 30 * DAY))
    entries = sequence(
        entry(3, more=[reason]), entry(4, more=[reason, date]),
        entry(5, more=[extension(_REASON, enumerated(8))]), entry(6, date=NOW + 5 * DAY),
        entry(7, more=[extension(_PRIVATE, b"x")]),
    )  # fmt: skip
    numbers = ["3", "4", "5", "6", "7"]
    bench.accept("entries-with-reasons-and-dates",
                 "Whatever reason or date stands beside it, the number is revoked.",
                 ["CRL-4", "CRL-9"], recipe._replace(revoked=entries),
                 serials=[*numbers, "8"], revoked=numbers)  # fmt: skip
    old = datetime(1999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    bench.accept("unordered-and-repeated-entries", "Entries have no order, and may repeat.",
                 ["CRL-1"], recipe._replace(revoked=sequence(entry(9), entry(2, date=old),
                                                             entry(9))),
                 serials=["9", "2", "1"], revoked=["9", "2"])  # fmt: skip
    full = _entries(MAX_CRL_ENTRIES)
    last = 0x4000 + MAX_CRL_ENTRIES - 1
    bench.accept("10000-entries", "The limit of entries itself is allowed, and the last is read.",
                 ["CRL-1"], recipe._replace(revoked=full),
                 serials=["4000", f"{last:x}", f"{last + 1:x}"],
                 revoked=["4000", f"{last:x}"])  # fmt: skip


def _entries(count: int) -> bytes:
    date = time(NOW - DAY)
    return sequence(*(sequence(integer(0x4000 + number), date) for number in range(count)))


# --- Refused ------------------------------------------------------------------------------------


def _refuse_encoding(bench: Bench) -> None:
    der = bench.recipe.der()
    body = der[4:]
    for slug, why, flawed, shown in (
        ("empty", "Nothing at all is no list, and not an empty one.", b"", "no bytes"),
        ("truncated-by-one", "The last byte of the signature is missing.", der[:-1], ""),
        ("trailing-byte", "One byte follows the list.", der + b"\x00", ""),
        ("indefinite-length", "BER ends a value by two zero octets instead of a length.",
         b"\x30\x80" + body + b"\x00\x00", "an indefinite length"),
        ("length-not-minimal", "The outer length has an octet more than it needs.",
         b"\x30\x83\x00" + der[2:4] + body, ""),
        ("pem", "Intel's other interface serves PEM; here is DER.",
         b"-----BEGIN X509 CRL-----\n", "PEM"),
    ):  # fmt: skip
        change = Rebuilt("crl", "DER", shown) if shown else None
        bench.refuse(slug, why, "CRL-1", "unread-list", crl=flawed.hex(), change=change)
    bench.refuse_part("element-after-the-extensions", "The signed part ends with the extensions.",
                      "CRL-1", "unread-list", "extensions", bench.recipe.extensions + null(),
                      or_breaks=["CRL-4"])  # fmt: skip
    for slug, why, value in (
        ("this-update-without-seconds", "A time has seconds.", element(0x17, b"2604140158Z")),
        ("this-update-with-offset", "A time is in Z.", element(0x17, b"260414015841+0000")),
        ("this-update-generalizedtime-2026", "The years to 2049 are written as UTCTime.",
         generalized_time(NOW - 10 * DAY)),
    ):  # fmt: skip
        bench.refuse_part(slug, why, "CRL-1", "unread-list", "this_update", value)
    bench.refuse_part("issuer-without-common-name", "A name is as in certificates.",
                      "CRL-1", "unread-list", "issuer",
                      sequence(set_of(attribute("2.5.4.10", utf8_string("O")))),
                      or_breaks=["CRL-5"])  # fmt: skip


def _refuse_entries(bench: Bench) -> None:
    date = time(NOW - DAY)

    def flawed(slug: str, why: str, revoked: bytes, flag: str = "unread-list") -> None:
        bench.refuse_part(slug, why, "CRL-1", flag, "revoked", revoked)

    flawed("entries-empty", "An empty sequence is left out.", sequence())
    for slug, why, number in (
        ("entry-with-serial-0", "No certificate has the number 0.", 0),
        ("entry-with-negative-serial",
         "A positive number with the highest bit set has a leading 00.",
         _REVOKED - 0x8000),
        ("entry-with-serial-of-161-bits", "No certificate has a number of 161 bits.", 1 << 160),
    ):  # fmt: skip
        flawed(slug, why, sequence(entry(number)))
    flawed("entry-without-date", "An entry has a date.", sequence(sequence(integer(_REVOKED))))
    flawed("entry-with-fraction-in-date", "A date is a time as in certificates.",
           sequence(sequence(integer(_REVOKED), element(0x18, b"20500101000000.5Z"))))  # fmt: skip
    flawed("entry-with-fourth-part", "Nothing follows the extensions of an entry.",
           sequence(sequence(integer(_REVOKED), date,
                             sequence(extension(_REASON, enumerated(1))), null())))  # fmt: skip
    flawed("entry-serial-with-leading-zero", "A superfluous octet: another spelling of a number.",
           sequence(sequence(element(2, b"\x00\x12\x34"), date)))  # fmt: skip
    flawed("flaw-in-the-last-entry", "A reader that stops at the first hit never sees it.",
           sequence(entry(_REVOKED), sequence(integer(5), b"\x17\x00")))  # fmt: skip
    bench.refuse("10001-entries", "One entry more than the limit.", "CRL-1", "unbounded-list",
                 recipe=bench.recipe._replace(revoked=_entries(MAX_CRL_ENTRIES + 1)),
                 change=Rebuilt("crl.entries", 1, MAX_CRL_ENTRIES + 1))  # fmt: skip


def _refuse_head(bench: Bench) -> None:
    for slug, why, version in (
        ("version-absent", "An absent version means version 1.", b""),
        ("version-1", "Version 1 is written 0.", integer(0)),
        ("version-3", "No version 3 exists.", integer(2)),
    ):
        bench.refuse_part(slug, why, "CRL-2", "list-version", "version", version)
    sha384 = sequence(object_identifier("1.2.840.10045.4.3.3"))
    bench.refuse("algorithm-outside-differs", "The field outside of the signed part is another.",
                 "CRL-2", "list-version",
                 recipe=bench.recipe._replace(outer_algorithm=sha384))  # fmt: skip
    sha1 = sequence(object_identifier("1.2.840.10045.4.1"))
    bench.refuse_part("ecdsa-with-sha1", "SHA-1 has collisions.", "CRL-2", "list-version",
                      "inner_algorithm", sha1)  # fmt: skip
    bench.refuse_part("next-update-absent", "The list is good for ever.", "CRL-3", "no-next-update",
                      "next_update", b"", critical=True)  # fmt: skip


def _refuse_extensions(bench: Bench) -> None:
    signer = aki(bench.pki.keys.platform.identifier)

    def listed(
        slug: str, why: str, *parts: bytes, breaks: str = "CRL-4", flag: str = "partial-list",
        or_breaks: Sequence[str] = (),
    ) -> None:  # fmt: skip
        bench.refuse_part(slug, why, breaks, flag, "extensions", list_extensions(*parts),
                          or_breaks=or_breaks, critical=flag == "partial-list")  # fmt: skip

    delta, point = ext.DELTA_CRL_INDICATOR, ext.ISSUING_DISTRIBUTION_POINT
    only_users = sequence(element(0x81, b"\xff"))
    indirect = sequence(element(0x84, b"\xff"))
    usual = (CRL_NUMBER, signer)
    listed("delta-list", "The list has the changes since another one only.",
           *usual, extension(delta, integer(6), critical=True))  # fmt: skip
    listed("delta-list-not-critical", "A delta list is one whether it says so critically or not.",
           *usual, extension(delta, integer(6)))  # fmt: skip
    listed("distribution-point-of-users-only", "The list leaves authorities out.",
           *usual, extension(point, only_users, critical=True))  # fmt: skip
    listed("distribution-point-not-critical", "The list is partial, whether critically or not.",
           *usual, extension(point, only_users))  # fmt: skip
    listed("indirect-list", "The list speaks of certificates of other issuers.",
           *usual, extension(point, indirect, critical=True))  # fmt: skip
    listed("critical-unknown", "A critical extension that nobody evaluates.",
           *usual, extension(_PRIVATE, null(), critical=True))  # fmt: skip
    listed("critical-number", "RFC 5280, 5.2.3, says that the number is not critical.",
           extension(ext.CRL_NUMBER, integer(7), critical=True), signer,
           flag="list-extension")  # fmt: skip
    ill = "list-extension"
    listed("number-twice", "The first number is 7, the second one 8.",
           *usual, extension(ext.CRL_NUMBER, integer(8)), flag=ill)  # fmt: skip
    listed("unknown-extension-twice", "The rule is about every kind.",
           *usual, extension(_PRIVATE, b"1"), extension(_PRIVATE, b"2"), flag=ill)  # fmt: skip
    listed("number-negative", "A number is 0 or more.",
           extension(ext.CRL_NUMBER, integer(-1)), signer, flag=ill)  # fmt: skip
    listed("number-of-22-octets", "A number has at most 21 octets, the sign included.",
           extension(ext.CRL_NUMBER, integer(1 << 168)), signer, flag=ill)  # fmt: skip
    listed("number-as-octets", "A number is an INTEGER.",
           extension(ext.CRL_NUMBER, octet_string(b"\x07")), signer, flag=ill)  # fmt: skip
    listed("number-with-trailing-bytes", "The extension holds one value.",
           extension(ext.CRL_NUMBER, integer(7) + null()), signer, flag=ill)  # fmt: skip
    listed("key-identifier-empty", "An identifier of no bytes names no key.",
           CRL_NUMBER, aki(b""), flag=ill)  # fmt: skip
    by_serial = sequence(implicit(2, integer(1)))
    listed("key-identifier-by-number", "The form by issuer and number is not compared.",
           CRL_NUMBER, extension(ext.AUTHORITY_KEY_IDENTIFIER, by_serial), flag=ill)  # fmt: skip
    written = sequence(object_identifier(_PRIVATE), boolean(False), octet_string(b""))
    listed("critical-false-written-out", "FALSE is the default of critical.",
           *usual, written, flag=ill, or_breaks=["CRL-1"])  # fmt: skip
    listed("extensions-empty", "A list of no extensions is left out.", flag=ill,
           or_breaks=["CRL-1"])  # fmt: skip
    many = [extension(f"{_PRIVATE}.{number}", b"x") for number in range(31)]
    listed("33-extensions", "One extension more than the limit.", *usual, *many,
           breaks="CRL-11", flag="unbounded-list", or_breaks=["CRL-4"])  # fmt: skip
    listed("number-absent", "RFC 5280, 5.2.3, obliges every issuer to number lists.", signer,
           breaks="CRL-7", flag="unnumbered-list")  # fmt: skip
    listed("key-identifier-absent", "RFC 5280, 5.2.1, obliges every issuer to name the key.",
           CRL_NUMBER, breaks="CRL-7", flag="unnumbered-list")  # fmt: skip
    bench.refuse_part("extensions-absent", "A list without extensions has neither.", "CRL-7",
                      "unnumbered-list", "extensions", b"")  # fmt: skip


def _refuse_entry_extensions(bench: Bench) -> None:
    date = time(NOW - DAY)
    reason = extension(_REASON, enumerated(1))
    other = sequence(explicit(4, name("Another CA")))

    def flawed(
        slug: str, why: str, *parts: bytes, flag: str = "list-extension", breaks: str = "CRL-4",
        or_breaks: Sequence[str] = (),
    ) -> None:  # fmt: skip
        entries = sequence(entry(3, more=[reason]),
                           sequence(integer(_REVOKED), date, sequence(*parts)))  # fmt: skip
        bench.refuse_part(slug, why, breaks, flag, "revoked", entries, or_breaks=or_breaks)

    flawed("entry-of-another-issuer", "The number is one of another issuer's certificates.",
           reason, extension(_CERTIFICATE_ISSUER, other, critical=True), flag="partial-list",
    )  # fmt: skip
    flawed("entry-critical-unknown", "A critical extension of an entry that nobody evaluates.",
           extension(_PRIVATE, null(), critical=True), flag="partial-list")  # fmt: skip
    flawed("entry-extension-twice", "Two reasons for one revocation.", reason,
           extension(_REASON, enumerated(8)))  # fmt: skip
    flawed("entry-extensions-empty", "An empty list of extensions is left out.",
           or_breaks=["CRL-1"])  # fmt: skip
    many = [extension(f"{_PRIVATE}.{number}", b"") for number in range(33)]
    flawed("entry-with-33-extensions", "One extension more than the limit.", *many,
           breaks="CRL-11", flag="unbounded-list", or_breaks=["CRL-4"])  # fmt: skip


def _refuse_issuer(bench: Bench) -> None:
    recipe, pki = bench.recipe, bench.pki
    keys = pki.keys

    def by(slug: str, why: str, breaks: str, flag: str, found: ListRecipe, change: Rebuilt) -> None:
        bench.refuse(slug, why, breaks, flag, recipe=found, change=change, critical=True)

    by("list-of-another-issuer", "The sister authority's list is genuine, and another list.",
       "CRL-5", "list-of-another", recipe._replace(issuer=pki.processor.subject),
       Rebuilt("crl.issuer.commonName", "Intel SGX PCK Platform CA", "Intel SGX PCK Processor CA"),
    )  # fmt: skip
    elsewhere = name("Intel SGX PCK Platform CA", organization="somebody else")
    by("issuer-of-another-organization", "go-tdx-guest compares the common name only.",
       "CRL-5", "list-of-another", recipe._replace(issuer=elsewhere),
       Rebuilt("crl.issuer.organization", "venice-ref vectors", "somebody else"))  # fmt: skip
    extensions = list_extensions(CRL_NUMBER, aki(keys.other.identifier))
    by("list-of-another-key-identifier", "The authority has, or had, another key of this name.",
       "CRL-5", "list-of-another", recipe._replace(extensions=extensions),
       Rebuilt("crl.authorityKeyIdentifier", keys.platform.identifier.hex(),
               keys.other.identifier.hex()))  # fmt: skip
    by("signed-by-another-key", "A JavaScript library in use never verifies lists.",
       "CRL-6", "forged-list", recipe._replace(signer=keys.other),
       Rebuilt("crl.signature", "by the issuer", "by another key"))  # fmt: skip
    der = recipe.der()
    emptied = der.replace(entry(_REVOKED), entry(_REVOKED + 1))
    bench.refuse("entry-changed-after-signing", "The number is replaced, and the signature kept.",
                 "CRL-6", "forged-list", crl=emptied.hex(), critical=True,
                 change=Rebuilt("crl.revoked[0]", "1234", "1235"))  # fmt: skip
    large = draw_key(P384, bench.builder.random("a key on P-384"))
    by("algorithm-of-another-kind-of-key", "ecdsa-with-SHA384 does not belong to a P-256 key.",
       "CRL-6", "forged-list", recipe._replace(signer=large),
       Rebuilt("crl.signature", "ecdsa-with-SHA256", "ecdsa-with-SHA384 on P-384"))  # fmt: skip
    for slug, why, usage in (
        ("issuer-without-crl-sign", "The issuer may sign certificates, and no lists.",
         key_usage("keyCertSign")),
        ("issuer-without-key-usage", "An absent key usage would allow everything.", b""),
    ):  # fmt: skip
        parts = (ski(keys.platform.identifier), usage, basic_constraints(True, 0))
        bare = pki.platform._replace(extensions=wrapped(*parts))
        bench.refuse(slug, why, "CRL-6", "forged-list", issuer=bare.der().hex(),
                     change=Rebuilt("issuer.keyUsage", "keyCertSign, cRLSign", slug))  # fmt: skip


def _refuse_time(bench: Bench) -> None:
    second = timedelta(seconds=1)
    bench.refuse("before-this-update", "A list from the future: dcap-qvl does not look.",
                 "CRL-8", "list-out-of-time", parent="in-its-first-second",
                 now=stamp(NOW - 10 * DAY - second))  # fmt: skip
    bench.refuse("after-next-update", "One second after the next list was due.",
                 "CRL-8", "list-out-of-time", parent="in-its-last-second", critical=True,
                 now=stamp(NOW + 10 * DAY + second))  # fmt: skip
