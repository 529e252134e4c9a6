"""Certificates and lists in parts, so that one part can be flawed and the whole signed over it.

A `Recipe` holds the encoded parts of a certificate and the key that signs it: what is refused of
`recipe._replace(serial=integer(0))` is refused for its serial number, and not for a broken
signature.  `ListRecipe` is the same for revocation lists.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Final, NamedTuple, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.mock_tee.pki.authority import AnyKey, Key, draw_key, extension
from venice_ref.codec.der_encode import (
    bit_string,
    boolean,
    explicit,
    generalized_time,
    implicit,
    integer,
    named_bits,
    object_identifier,
    octet_string,
    printable_string,
    sequence,
    set_of,
    time,
    utf8_string,
)
from venice_ref.crypto.curves import P256
from venice_ref.pki import extensions as ext

__all__ = [
    "AUTHORITY_USAGES",
    "CRL_NUMBER",
    "DAY",
    "END",
    "NOW",
    "SGX",
    "SIGNER_USAGES",
    "START",
    "IntelKeys",
    "IntelPki",
    "ListRecipe",
    "Recipe",
    "aki",
    "attribute",
    "basic_constraints",
    "entry",
    "extension",
    "intel_pki",
    "key_usage",
    "list_extensions",
    "name",
    "part",
    "ski",
    "stamp",
    "wrapped",
]

NOW: Final = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
DAY: Final = timedelta(days=1)
START: Final = NOW - 100 * DAY
END: Final = NOW + 1000 * DAY

SGX: Final = "1.2.840.113741.1.13.1"
_DISTRIBUTION_POINTS: Final = "2.5.29.31"

AUTHORITY_USAGES: Final = ("keyCertSign", "cRLSign")
SIGNER_USAGES: Final = ("digitalSignature", "nonRepudiation")


def stamp(moment: datetime) -> str:
    """Return a time as vectors have it."""
    return f"{moment.year:04d}{moment:-%m-%dT%H:%M:%SZ}"


def part(at: str, before: bytes, after: bytes) -> Rebuilt:
    """Return what was changed before a certificate or a list was signed."""
    shown = [raw.hex() if len(raw) <= 128 else f"{len(raw)} bytes" for raw in (before, after)]
    return Rebuilt(at, *shown)


# --- Parts --------------------------------------------------------------------------------------


def attribute(kind: str, value: bytes) -> bytes:
    """Return one attribute of a name."""
    return sequence(object_identifier(kind), value)


def name(common_name: str, *more: bytes, organization: str = "venice-ref vectors") -> bytes:
    """Return a name; `more` are further relative names."""
    return sequence(
        set_of(attribute("2.5.4.3", utf8_string(common_name))),
        set_of(attribute("2.5.4.10", utf8_string(organization))),
        set_of(attribute("2.5.4.6", printable_string("XX"))),
        *more,
    )


def basic_constraints(ca: bool, path: Optional[int] = None, *, critical: bool = True) -> bytes:
    """Return the extension BasicConstraints."""
    inner = (boolean(True) if ca else b"") + (b"" if path is None else integer(path))
    return extension(ext.BASIC_CONSTRAINTS, sequence(inner), critical=critical)


def key_usage(*names: str) -> bytes:
    """Return the extension KeyUsage."""
    bits = named_bits(ext.KEY_USAGES.index(usage) for usage in names)
    return extension(ext.KEY_USAGE, bits, critical=True)


def ski(identifier: bytes) -> bytes:
    """Return the extension SubjectKeyIdentifier."""
    return extension(ext.SUBJECT_KEY_IDENTIFIER, octet_string(identifier))


def aki(identifier: bytes) -> bytes:
    """Return the extension AuthorityKeyIdentifier."""
    return extension(ext.AUTHORITY_KEY_IDENTIFIER, sequence(implicit(0, octet_string(identifier))))


def wrapped(*parts: bytes) -> bytes:
    """Return the extensions of a certificate."""
    return explicit(3, sequence(*parts))


def list_extensions(*parts: bytes) -> bytes:
    """Return the extensions of a list."""
    return explicit(0, sequence(*parts))


# --- Certificates -------------------------------------------------------------------------------


class Recipe(NamedTuple):
    """The encoded parts of a certificate, and the key that signs it."""

    serial: bytes
    issuer: bytes
    subject: bytes
    spki: bytes
    extensions: bytes
    signer: AnyKey
    not_before: bytes = time(START)
    not_after: bytes = time(END)
    version: bytes = explicit(0, integer(2))
    unique: bytes = b""
    inner_algorithm: bytes = b""
    """That of the signer, where it is empty."""
    outer_algorithm: bytes = b""
    signature: Optional[bytes] = None
    """What stands there instead of a genuine one."""

    def tbs(self) -> bytes:
        """Return what is signed."""
        return sequence(
            self.version, self.serial, self.inner_algorithm or self.signer.algorithm, self.issuer,
            sequence(self.not_before, self.not_after), self.subject, self.spki,
            self.unique, self.extensions,
        )  # fmt: skip

    def der(self) -> bytes:
        """Return the certificate."""
        tbs = self.tbs()
        signature = self.signer.sign_der(tbs) if self.signature is None else self.signature
        outer = self.outer_algorithm or self.inner_algorithm or self.signer.algorithm
        return sequence(tbs, outer, bit_string(signature))

    def until(self, not_before: datetime, not_after: datetime) -> Recipe:
        """Return the same with another validity."""
        return self._replace(not_before=time(not_before), not_after=time(not_after))


# --- Lists --------------------------------------------------------------------------------------

CRL_NUMBER: Final = extension(ext.CRL_NUMBER, integer(7))


def entry(serial: int, *, date: datetime = NOW - DAY, more: Sequence[bytes] = ()) -> bytes:
    """Return one entry; `more` are its extensions."""
    return sequence(integer(serial), time(date), sequence(*more) if more else b"")


class ListRecipe(NamedTuple):
    """The encoded parts of a revocation list, and the key that signs it."""

    issuer: bytes
    extensions: bytes
    signer: AnyKey
    revoked: bytes = b""
    this_update: bytes = time(NOW - 10 * DAY)
    next_update: bytes = time(NOW + 10 * DAY)
    version: bytes = integer(1)
    inner_algorithm: bytes = b""
    outer_algorithm: bytes = b""

    def der(self) -> bytes:
        """Return the list."""
        algorithm = self.inner_algorithm or self.signer.algorithm
        tbs = sequence(
            self.version, algorithm, self.issuer, self.this_update, self.next_update, self.revoked,
            self.extensions,
        )  # fmt: skip
        signature = bit_string(self.signer.sign_der(tbs))
        return sequence(tbs, self.outer_algorithm or algorithm, signature)


# --- Intel's shape ------------------------------------------------------------------------------


class IntelKeys(NamedTuple):
    """The keys of one simulated Intel."""

    root: Key
    platform: Key
    processor: Key
    tcb: Key
    leaf: Key
    other: Key
    """Nobody's: an attacker's."""


class IntelPki(NamedTuple):
    """One certificate of each kind, and the two lists."""

    keys: IntelKeys
    root: Recipe
    platform: Recipe
    processor: Recipe
    tcb: Recipe
    leaf: Recipe
    root_list: ListRecipe
    platform_list: ListRecipe

    @property
    def chain(self) -> Tuple[Recipe, Recipe, Recipe]:
        """The chain of a PCK certificate."""
        return self.leaf, self.platform, self.root

    @property
    def pinned_key(self) -> str:
        """What is pinned of the root."""
        return (b"\x04" + self.keys.root.xy).hex()


def authority_extensions(key: Key, signer: Key, path: Optional[int]) -> bytes:
    """Return the extensions of one of Intel's authorities."""
    return wrapped(
        aki(signer.identifier),
        _distribution_points(),
        ski(key.identifier),
        key_usage(*AUTHORITY_USAGES),
        basic_constraints(True, path),
    )


def signer_extensions(key: Key, signer: Key, *more: bytes) -> bytes:
    """Return the extensions of an end entity of Intel's; `more` go last."""
    return wrapped(
        aki(signer.identifier),
        _distribution_points(),
        ski(key.identifier),
        key_usage(*SIGNER_USAGES),
        basic_constraints(False),
        *more,
    )


def _distribution_points() -> bytes:
    url = implicit(6, octet_string(b"https://pcs.invalid/crl.der"))
    return extension(_DISTRIBUTION_POINTS, sequence(sequence(explicit(0, explicit(0, url)))))


def serial_of(key: Key) -> bytes:
    """Return the serial number of an authority's certificate, as Intel makes it."""
    return integer(int.from_bytes(key.identifier, "big"))


def intel_pki(builder: FileBuilder) -> IntelPki:
    """Return a simulated Intel whose keys depend on the file."""
    keys = IntelKeys(*(draw_key(P256, builder.random(f"key {who}")) for who in IntelKeys._fields))
    root_name = name("Intel SGX Root CA")
    platform_name = name("Intel SGX PCK Platform CA")

    def below(common_name: str, key: Key, extensions: bytes) -> Recipe:
        return Recipe(
            serial=serial_of(key),
            issuer=root_name,
            subject=name(common_name),
            spki=key.public_key_info,
            extensions=extensions,
            signer=keys.root,
        )

    def authority(common_name: str, key: Key, path: int) -> Recipe:
        return below(common_name, key, authority_extensions(key, keys.root, path))

    def listing(issuer: bytes, key: Key) -> ListRecipe:
        return ListRecipe(
            issuer=issuer,
            extensions=list_extensions(CRL_NUMBER, aki(key.identifier)),
            signer=key,
            revoked=sequence(entry(0x1234)),
        )

    digest = hashlib.sha256(keys.leaf.xy).digest()
    leaf = Recipe(
        serial=integer(int.from_bytes(digest[:19], "big")),
        issuer=platform_name,
        subject=name("Intel SGX PCK Certificate"),
        spki=keys.leaf.public_key_info,
        extensions=signer_extensions(
            keys.leaf, keys.platform, extension(SGX, sequence(octet_string(digest[:16])))
        ),
        signer=keys.platform,
    )
    return IntelPki(
        keys=keys,
        root=authority("Intel SGX Root CA", keys.root, 1),
        platform=authority("Intel SGX PCK Platform CA", keys.platform, 0),
        processor=authority("Intel SGX PCK Processor CA", keys.processor, 0),
        tcb=below("Intel SGX TCB Signing", keys.tcb, signer_extensions(keys.tcb, keys.root)),
        leaf=leaf,
        root_list=listing(root_name, keys.root),
        platform_list=listing(platform_name, keys.platform),
    )


MANIFEST_START: Final = generalized_time(datetime(2024, 6, 1, tzinfo=timezone.utc))
"""As the signers of NVIDIA's manifests write it, against RFC 5280."""
