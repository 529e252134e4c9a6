"""The bug classes of the vectors of reference manifests."""

from __future__ import annotations

from typing import Dict, Final, Tuple

__all__ = ["FLAGS"]

FLAGS: Final[Dict[str, Tuple[str, str, str, str, Tuple[str, ...]]]] = {
    "RefusedXml": (
        "RESOURCE",
        "XML that no signed manifest needs and that attacks are made of.",
        "A small document becomes gigabytes, reads files, or means something else than was signed.",
        "Refuse document types, instructions, other encodings, and what is beyond the limits.",
        ("CWE-611", "CWE-776"),
    ),
    "Wrapping": (
        "AUTH_BYPASS",
        "The elements are not those of the profile, in their place.",
        "What is read is not what was signed.",
        "Accept one signature, the last child, and read from the tree that was canonicalised.",
        ("https://www.w3.org/TR/xmldsig-bestpractices/", "CVE-2012-4418"),
    ),
    "SignatureProfile": (
        "DOWNGRADE",
        "The signature selects its own algorithms, transforms, keys or parts.",
        "The signer of a forgery decides what its signature covers and how it is verified.",
        "Compare every element and algorithm with the profile.",
        ("https://www.w3.org/TR/xmldsig-core1/", "CVE-2009-0217"),
    ),
    "ManifestSignature": (
        "AUTH_BYPASS",
        "Digest or signature are not those of this document.",
        "Anyone says which firmware is good.",
        "Verify both over the inclusive canonical form, under the first certificate's key.",
        ("https://www.w3.org/TR/xml-c14n11/",),
    ),
    "CanonicalForm": (
        "INTEROP",
        "A document whose canonical form is not its text.",
        "Genuine manifests are refused, or changes of the form are not seen.",
        "Write inclusive Canonical XML 1.1 without comments.",
        ("https://www.w3.org/TR/xml-c14n11/",),
    ),
    "Resources": (
        "MALFORMED",
        "A measurement is not of its form, or none is active.",
        "An index is compared with nothing, or with another value than NVIDIA meant.",
        "Hold every attribute of a measurement; accept each index once.",
        (),
    ),
    "OtherManifest": (
        "AUTH_BYPASS",
        "The manifest is genuine, and for other firmware.",
        "An old driver with known flaws is measured and found good.",
        "Compare edition and version with the report.",
        (),
    ),
    "SignerChain": (
        "AUTH_BYPASS",
        "The signer's certificates do not lead to NVIDIA's root, or are out of their time.",
        "Anyone signs manifests, or a key that was withdrawn does.",
        "Verify the chain of four to the pinned root at the time.",
        ("RFC 5280, 6.1",),
    ),
}
