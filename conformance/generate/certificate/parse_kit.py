"""What the generators of `certificate/parse` share."""

from __future__ import annotations

from typing import Any, Dict, Final, NamedTuple, Optional, Sequence

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.certificate.kit import (
    END,
    SGX,
    SIGNER_USAGES,
    START,
    IntelPki,
    Recipe,
    aki,
    basic_constraints,
    extension,
    key_usage,
    part,
    ski,
    stamp,
    wrapped,
)
from venice_ref.codec.der_encode import (
    octet_string,
    sequence,
)

__all__ = [
    "DISTRIBUTION_POINTS",
    "FLAGS",
    "OWN_EXTENSIONS",
    "PARENT",
    "PRIVATE",
    "Bench",
    "leaf_facts",
    "padded",
]

PARENT: Final = "intel-leaf"
PRIVATE: Final = "1.3.6.1.4.1.99999.1"
DISTRIBUTION_POINTS: Final = "2.5.29.31"

FLAGS: Final[Dict[str, Flag]] = {
    "ber": Flag(
        "MALFORMED",
        "A value in an encoding that BER allows and DER does not.",
        "Two parsers read different certificates out of the same bytes, or the same certificate"
        " out of different bytes, so that a digest or a block list of certificates is evaded.",
        "Decode strictly: one length form, one integer form, primitive strings.",
        ("ITU-T X.690, 8 to 11", "RFC 5280, 4.1", "CVE-2014-8275"),
    ),
    "unread-bytes": Flag(
        "MALFORMED",
        "Bytes that belong to no element, or an element that the structure does not have.",
        "What one reader skips another one reads; copies of a certificate can be made at will.",
        "Demand that every constructed element is consumed to its last octet.",
        ("RFC 5280, 4.1",),
    ),
    "old-version": Flag(
        "AUTH_BYPASS",
        "A certificate without the extensions that say what it may do.",
        "An end entity of version 1 passes for an authority and issues certificates of its own.",
        "Refuse every version but 3, and a certificate without extensions.",
        ("RFC 5280, 4.1.2.1 and 4.1.2.9",),
    ),
    "serial-range": Flag(
        "AUTH_BYPASS",
        "A serial number that is not positive, or has more than 160 bits.",
        "The number that is looked up in a revocation list is not the number that was revoked.",
        "Read a signed integer, then compare its value with 1 and 2^160.",
        ("RFC 5280, 4.1.2.2",),
    ),
    "algorithm": Flag(
        "DOWNGRADE",
        "Another signature algorithm than the three, other parameters, or two that differ.",
        "The unsigned field chooses how the signature is verified, or a broken hash is accepted.",
        "Compare both fields byte for byte, and both with the closed list.",
        ("RFC 5280, 4.1.1.2", "RFC 5758, 3.2", "RFC 4055, 5"),
    ),
    "ambiguous-name": Flag(
        "AUTH_BYPASS",
        "A name with no or several common names, or a string that libraries decode differently.",
        "A certificate has one role for one reader and another role for another.",
        "Demand exactly one common name, and the three string types.",
        ("RFC 5280, 4.1.2.4", "CVE-2009-2408"),
    ),
    "time-form": Flag(
        "FRESHNESS",
        "A time in another form than the one of RFC 5280, or no time of the calendar.",
        "Libraries read another moment, or none and take the certificate as valid for ever.",
        "Match the whole text, then let the calendar judge it.",
        ("RFC 5280, 4.1.2.5",),
    ),
    "foreign-key": Flag(
        "AUTH_BYPASS",
        "A key that is not a point on the curve in the one form, or no strong RSA key.",
        "Signatures can be forged: off the curve, over parameters of the forger's choice, or by"
        " factoring.",
        "Accept two curves by name and RSA from 2048 bits with 65537; check the curve's equation.",
        ("RFC 5480, 2", "SEC 1, 3.2.2.1", "CVE-2020-0601"),
    ),
    "ambiguous-extension": Flag(
        "AUTH_BYPASS",
        "An extension that is there twice, malformed, or states a default.",
        "What decides who may issue is skipped, or read by one library as its opposite.",
        "Parse the four known extensions strictly, and refuse a second one of any kind.",
        ("RFC 5280, 4.2 and 4.2.1",),
    ),
    "critical": Flag(
        "AUTH_BYPASS",
        "A critical extension that the verifier does not act on.",
        "A restriction of the issuer, such as name constraints, is passed over without a word.",
        "Keep the list of what is evaluated per kind of chain, and refuse the rest.",
        ("RFC 5280, 4.2",),
    ),
    "unbounded": Flag(
        "RESOURCE",
        "One more than a limit of the specification.",
        "A server decides how much memory and time a client spends on a certificate.",
        "Compare with the limit before the work is done.",
    ),
}


class Bench(NamedTuple):
    """What the parts of this generator share."""

    builder: FileBuilder
    pki: IntelPki

    @property
    def leaf(self) -> Recipe:
        """The certificate that everything else differs from."""
        return self.pki.leaf

    def leaf_parts(self, **replaced: Optional[bytes]) -> bytes:
        """Return the extensions of the leaf; `replaced` by name, `None` leaves one out."""
        keys = self.pki.keys
        parts: Dict[str, Optional[bytes]] = {
            "aki": aki(keys.platform.identifier),
            "ski": ski(keys.leaf.identifier),
            "usage": key_usage(*SIGNER_USAGES),
            "constraints": basic_constraints(False),
            "sgx": extension(SGX, sequence(octet_string(keys.leaf.xy[:16]))),
        }
        parts.update(replaced)
        return wrapped(*(value for value in parts.values() if value is not None))

    def refuse(
        self,
        slug: str,
        why: str,
        breaks: str,
        der: bytes,
        flag: str,
        *,
        change: Optional[Rebuilt] = None,
        or_breaks: Sequence[str] = (),
        parent: str = PARENT,
        critical: bool = False,
        **given: Any,
    ) -> None:
        """Add a certificate that is refused."""
        self.builder.reject(
            slug,
            why,
            parent=parent,
            breaks=breaks,
            or_breaks=or_breaks,
            given={"certificate": der.hex(), **given},
            flags=[flag],
            change=change,
            critical=critical,
        )

    def refuse_part(
        self,
        slug: str,
        why: str,
        breaks: str,
        field: str,
        value: bytes,
        flag: str,
        *,
        or_breaks: Sequence[str] = (),
        critical: bool = False,
    ) -> None:
        """Add the leaf with one part replaced, signed over it."""
        before = getattr(self.leaf, field)
        changes: Dict[str, Any] = {field: value}
        self.refuse(
            slug,
            why,
            breaks,
            self.leaf._replace(**changes).der(),
            flag,
            change=part(f"certificate.{field}", before, value),
            or_breaks=or_breaks,
            critical=critical,
        )


# --- What is read out of an accepted one --------------------------------------------------------


def leaf_facts(bench: Bench, **changed: Any) -> Dict[str, Any]:
    """Return what is read out of the leaf, but for what a test changes."""
    keys = bench.pki.keys
    return {
        "serial": f"{int.from_bytes(bench.leaf.serial[2:], 'big'):x}",
        "algorithm": "1.2.840.10045.4.3.2",
        "issuer": "Intel SGX PCK Platform CA",
        "subject": "Intel SGX PCK Certificate",
        "not_before": stamp(START),
        "not_after": stamp(END),
        "key": "P-256",
        "public_key": "04" + keys.leaf.xy.hex(),
        "extensions": ["2.5.29.35", DISTRIBUTION_POINTS, "2.5.29.14", "2.5.29.15", "2.5.29.19",
                       SGX],
        "authority": False,
        "path_length": None,
        "key_usage": list(SIGNER_USAGES),
        "subject_key_id": keys.leaf.identifier.hex(),
        "authority_key_id": keys.platform.identifier.hex(),
        **changed,
    }  # fmt: skip


OWN_EXTENSIONS: Final = ["2.5.29.35", "2.5.29.14", "2.5.29.15", "2.5.29.19", SGX]
"""Kinds of `Bench.leaf_parts`, in their order."""


def padded(bench: Bench, size: int) -> Recipe:
    """Return the leaf with an extension that makes its DER have `size` bytes."""
    length = size - len(bench.leaf.der())
    for attempt in range(64):  # the signature's length depends on what is signed
        recipe = bench.leaf._replace(
            extensions=bench.leaf_parts(more=extension(PRIVATE, bytes((attempt,)) * length))
        )
        missing = size - len(recipe.der())
        if missing == 0:
            return recipe
        length += missing
    raise ValueError(f"no certificate of {size} bytes was found")
