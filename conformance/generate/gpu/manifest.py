"""Vectors of `manifest.verify`: documents, their signatures, and what they list."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any, Callable, Dict, Final, List, Mapping, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.gpu.manifest_flags import FLAGS
from conformance.generate.gpu.manifest_kit import (
    AT,
    C14N,
    DSIG,
    HASH,
    MORE,
    SIGNATURE,
    SIGNED_INFO,
    SIGNER_DRAFT,
    Manifest,
    Signers,
    make_signers,
    resource,
    sign,
)
from venice_ref.evidence.nvidia.c14n import canonicalize, parse_xml

__all__ = ["generate"]

XML: Final = "http://www.w3.org/XML/1998/namespace"
NOW: Final = f"{AT:%Y-%m-%dT%H:%M:%SZ}"
Good = Dict[int, List[bytes]]


def digest_of(label: str) -> bytes:
    """Return a good value."""
    return hashlib.sha384(label.encode()).digest()


GOOD: Final[Good] = {7: [digest_of("7")], 21: [digest_of("21 a"), digest_of("21 b")]}
RESOURCES: Final = (
    resource(7, GOOD[7]), resource(8, [digest_of("8")], active=False), resource(21, GOOD[21]),
)  # fmt: skip
BASE: Final = Manifest(RESOURCES)


def generate(builder: FileBuilder) -> None:
    """Fill `gpu/manifest`."""
    for name, flag in FLAGS.items():
        builder.flag(name, Flag(*flag))
    file = _File(builder)
    file.accepted()
    file.xml()
    file.profile()
    file.signatures()
    file.values()
    file.chains()


class _File:
    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.signers = make_signers(builder)
        builder.group({"version": "570.172.08", "root": self.signers.root_digest, "now": NOW})

    def sign(self, manifest: Manifest = BASE, by: Optional[Signers] = None, **texts: str) -> str:
        """Return a signed document."""
        return sign(manifest, self.signers if by is None else by, **texts)

    def accept(
        self, slug: str, why: str, req: Sequence[str], text: str, *flags: str, good: Good = GOOD,
        **given: str,
    ) -> None:  # fmt: skip
        tree = parse_xml(text.encode())
        signature = tree.elements[-1]
        info = signature.elements[0]
        mid = {
            "document_digest": hashlib.sha384(canonicalize(tree, without=signature)).hexdigest(),
            "signed_info_digest": hashlib.sha384(canonicalize(info)).hexdigest(),
        }
        out = {"good": {str(i): [one.hex() for one in values] for i, values in good.items()}}
        self.builder.accept(
            slug, why, req=req, given={"manifest": text, **given}, out=out, mid=mid, flags=flags
        )

    def reject(
        self, slug: str, what: str, breaks: str, flag: str, text: str, *, at: str = "",
        also: Sequence[str] = (), or_breaks: Sequence[str] = (), parent: str = "ordinary",
        **given: str,
    ) -> None:  # fmt: skip
        self.builder.reject(
            slug, f"Finds a verifier that accepts {what}.", parent=parent, breaks=breaks,
            flags=[flag], given={"manifest": text, **given}, also=also, or_breaks=or_breaks,
            change=Rebuilt(at, "as in the profile", slug) if at else None,
        )  # fmt: skip

    def accepted(self) -> None:
        every = ("GPU-27", "GPU-28", "GPU-29", "GPU-30", "GPU-31", "GPU-32", "GPU-43")
        self.accept(
            "ordinary",
            "An ordinary manifest, which declares a namespace that nothing"
            " uses and has GeneralizedTime in its certificates.",
            every,
            self.sign(),
        )
        self.accept(
            "xml-declaration", "Finds a verifier that refuses the XML declaration.",
            ("GPU-27", "GPU-43"),
            self.sign(BASE._replace(prologue='<?xml version="1.0" encoding="utf-8"?>\n')),
            "CanonicalForm",
        )  # fmt: skip
        self.accept(
            "comments", "Finds a canonical form with comments.", ("GPU-27", "GPU-43"),
            self.sign(BASE._replace(entity="<!-- one -->" + BASE.entity + "<!-- two -->")),
            "CanonicalForm",
        )  # fmt: skip
        escaped = (
            "<ns0:Entity   role = 'tagCreator'\n name='a&quot;&lt;&gt;&amp;&#9;b&#xA;c&#xD;d"
            " \u00e9\U0001f600' ns2:z='1' b='2'></ns0:Entity>"
        )
        self.accept(
            "attributes-to-normalise", "Finds a canonical form that leaves order, quotes, escapes"
            " or empty elements as they are written.", ("GPU-43",),
            self.sign(BASE._replace(entity=escaped)), "CanonicalForm",
        )  # fmt: skip
        lines = self.sign(BASE._replace(before_signature="\r\n&#xD;"))
        self.accept(
            "line-ends", "Finds a canonical form without the line ends of XML.", ("GPU-43",),
            lines.replace("\n  <ns0:Meta", "\r\n  <ns0:Meta"), "CanonicalForm",
        )  # fmt: skip
        language = BASE.root_open.replace(" name=", ' xml:lang="en" name=')
        self.accept(
            "inherited-attribute", "Finds a canonical SignedInfo without the `xml:lang` around"
            " it.", ("GPU-43",), self.sign(BASE._replace(root_open=language)), "CanonicalForm",
        )  # fmt: skip
        version = "96.00.CF.00.02"
        self.accept(
            "version-in-other-case", "Finds a comparison of versions that minds the case.",
            ("GPU-31",), self.sign(BASE._replace(version=version.lower())), "OtherManifest",
            version=version,
        )  # fmt: skip
        last = {63: [digest_of("63")] * 2}
        self.accept(
            "last-index", "Finds a limit that is one too low.", ("GPU-28", "GPU-32"),
            self.sign(Manifest((resource(63, last[63]),))), "Resources", good=last,
        )  # fmt: skip
        expiry = AT + timedelta(days=365)
        self.accept(
            "last-second", "Finds a verifier that excludes the end of the validity.", ("GPU-30",),
            self.sign(), "SignerChain", now=f"{expiry:%Y-%m-%dT%H:%M:%SZ}",
        )  # fmt: skip
        self._accepted_forms()

    def _accepted_forms(self) -> None:
        whole = self.sign()
        self.accept(
            "byte-order-mark", "Finds a reader that refuses the byte order mark of UTF-8, or takes"
            " it into the canonical form.", ("GPU-27", "GPU-43"), "\ufeff" + whole,
            "CanonicalForm",
        )  # fmt: skip
        commented = whole
        for name in ("SignatureValue", "X509Certificate"):
            at = whole.index(f"<ds:{name}>") + len(f"<ds:{name}>") + 40
            commented = commented.replace(whole[at : at + 40], f"<!-- A -->{whole[at : at + 40]}")
        self.accept(
            "comments-in-base64", "Finds a reader that takes the text before a comment for all of"
            " it, or the comment for text.", ("GPU-28", "GPU-43"), commented, "CanonicalForm",
        )  # fmt: skip
        digest = f'<ds:DigestMethod Algorithm="{MORE}sha384"'
        info = SIGNED_INFO.replace(f"{digest}/>", f"{digest}><!-- b --></ds:DigestMethod>")
        first = RESOURCES[0].replace("/>", "><!-- a --></ns0:Resource>")
        self.accept(
            "comments-in-empty-elements", "Finds a reader to which an element with a comment in it"
            " is not empty.", ("GPU-28", "GPU-43"),
            self.sign(Manifest((first, *RESOURCES[1:])), signed_info=info), "CanonicalForm",
        )  # fmt: skip

    def xml(self) -> None:
        whole = self.sign()
        entity = '<!DOCTYPE SoftwareIdentity [<!ENTITY v "570.172.08">]>'
        deep = "<ns0:Entity>" * 15 + "<a/>" + "</ns0:Entity>" * 15
        spaces = "".join(f' xmlns:x{n}="urn:{n}"' for n in range(64))
        cases: Tuple[Tuple[str, str, str], ...] = (
            ("doctype", "a document type", "<!DOCTYPE SoftwareIdentity>" + whole),
            ("entity", "an entity that is declared in the document",
             entity + whole.replace("570.172.08", "&v;")),
            ("instruction", "a processing instruction",
             whole.replace("<ns0:Payload", '<?xml-stylesheet href="x"?><ns0:Payload', 1)),
            ("other-encoding", "another encoding",
             '<?xml version="1.0" encoding="ISO-8859-1"?>' + whole),
            ("xml-base", "xml:base, which moves what a URI means",
             self.sign_as(entity_from=BASE.entity, to='<ns0:Entity xml:base="http://a/"/>')),
            ("undeclared-prefix", "a prefix that is not declared",
             whole.replace("<ns0:Entity", '<ns0:Entity x:a="1"')),
            ("relative-namespace", "a relative namespace",
             whole.replace("<ns0:Entity", '<ns0:Entity xmlns:x="relative"')),
            ("xml-prefix-declared", "a declaration that the canonical form leaves out",
             whole.replace("<ns0:Entity", f'<ns0:Entity xmlns:xml="{XML}"')),
            ("too-deep", "17 levels", whole.replace(BASE.entity, deep)),
            ("many-namespaces", "more than 64 declarations of namespaces",
             whole.replace("<ns0:Entity", f"<ns0:Entity{spaces}")),
        )  # fmt: skip
        for slug, what, text in cases:
            self.reject(slug, what, "GPU-27", "RefusedXml", text, at="document")

    def sign_as(self, *, entity_from: str, to: str) -> str:
        """Return the signed document with another piece, which cannot be canonicalised here."""
        return self.sign().replace(entity_from, to)

    def profile(self) -> None:
        whole = self.sign()
        other = self.sign(Manifest((resource(7, [bytes(48)]),)))
        inner = whole[whole.index("<ds:Signature") : whole.index("</SoftwareIdentity>")]
        meta = BASE.meta
        pieces: Tuple[Tuple[str, str, Manifest], ...] = (
            ("text-between", "text between the elements",
             BASE._replace(entity=BASE.entity + "text")),
            ("unknown-element", "an element that the profile has not",
             BASE._replace(entity="<ns0:Link/>")),
            ("no-entity", "a manifest without an Entity", BASE._replace(entity="")),
            ("meta-twice", "two versions", BASE._replace(meta=meta + meta)),
            ("white-space-in-resource", "white space in an element that has to be empty",
             BASE._replace(resources=(RESOURCES[0].replace("/>", "> </ns0:Resource>"),
                                      *RESOURCES[1:]))),
            ("no-version", "a manifest without a version",
             BASE._replace(meta='<ns0:Meta edition="GPU"/>')),
        )  # fmt: skip
        for slug, what, manifest in pieces:
            self.reject(slug, what, "GPU-28", "Wrapping", self.sign(manifest), at="document")
        unsigned = BASE.document("")
        self.reject("no-signature", "a manifest without a signature", "GPU-28", "Wrapping",
                    unsigned, at="signature")  # fmt: skip
        self.reject("two-signatures", "two signatures, of which one holds", "GPU-28", "Wrapping",
                    whole.replace("</SoftwareIdentity>", inner + "</SoftwareIdentity>"),
                    at="signature")  # fmt: skip
        payload = whole[whole.index("<ns0:Payload") : whole.index("</ns0:Payload>") + 14]
        self.reject(
            "signature-before-payload", "a signature that is not the last element", "GPU-28",
            "Wrapping", whole.replace(payload, "").replace(inner, inner + payload), at="signature",
        )  # fmt: skip
        wrapped = other.replace("</ns0:Payload>", f"{inner}</ns0:Payload>", 1)
        self.reject(
            "signature-inside-payload", "a signature of another place", "GPU-28", "Wrapping",
            wrapped.replace(other[other.index("<ds:Signature") : other.index("</SoftwareId")], ""),
            at="signature",
        )  # fmt: skip
        self._algorithms()

    def _algorithms(self) -> None:
        info = SIGNED_INFO
        reference = info[info.index("<ds:Reference") : info.index("</ds:SignedInfo>")]
        exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
        cases: Tuple[Tuple[str, str, str], ...] = (
            ("exclusive-canonical-form", "another canonicalisation of SignedInfo",
             info.replace(f'Method Algorithm="{C14N}"', f'Method Algorithm="{exclusive}"')),
            ("exclusive-transform", "another canonicalisation of the document",
             info.replace(f'<ds:Transform Algorithm="{C14N}"/>',
                          f'<ds:Transform Algorithm="{exclusive}"/>')),
            ("signature-by-hmac", "a key that the attacker knows",
             info.replace(f"{MORE}ecdsa-sha384", f"{DSIG}hmac-sha1")),
            ("digest-by-sha1", "a digest with SHA-1",
             info.replace(f'DigestMethod Algorithm="{MORE}sha384"',
                          f'DigestMethod Algorithm="{DSIG}sha1"')),
            ("reference-to-part", "a signature over a part", info.replace('URI=""', 'URI="#a"')),
            ("white-space-in-algorithm", "white space in an element that has to be empty",
             info.replace(f'{MORE}sha384"/><ds:DigestValue',
                          f'{MORE}sha384">\n</ds:DigestMethod><ds:DigestValue')),
            ("two-references", "a second reference", info.replace(reference, reference * 2)),
            ("xpath-transform", "a transform that selects what is signed",
             info.replace("</ds:Transforms>", '<ds:Transform Algorithm="http://www.w3.org/TR/1999/'
                          'REC-xpath-19991116"/></ds:Transforms>')),
        )  # fmt: skip
        for slug, what, signed_info in cases:
            self.reject(slug, what, "GPU-28", "SignatureProfile",
                        self.sign(signed_info=signed_info), at="signature.SignedInfo")  # fmt: skip
        key_value = "<ds:KeyInfo><ds:KeyValue/>"
        for slug, what, signature in (
            ("key-value", "a key that the signature brings",
             SIGNATURE.replace("<ds:KeyInfo>", key_value)),
        ):  # fmt: skip
            self.reject(slug, what, "GPU-28", "SignatureProfile", self.sign(signature=signature),
                        at="signature")  # fmt: skip

    def signatures(self) -> None:
        whole = self.sign()
        value = whole[whole.index("<ds:SignatureValue>") + 19 : whole.index("</ds:SignatureValue>")]
        raw = base64.b64decode(value)

        def with_value(data: bytes) -> str:
            return whole.replace(value, base64.b64encode(data).decode())

        other = make_signers(self.builder, "other")
        stranger = self.signers._replace(signer=self.signers.signer._replace(key=other.signer.key))
        issuer = self.signers._replace(
            signer=self.signers.signer._replace(key=self.signers.authority.key)
        )
        cases: Tuple[Tuple[str, str, str], ...] = (
            ("value-changed", "another good value", whole.replace(
                GOOD[7][0].hex(), digest_of("evil").hex())),
            ("activity-changed", "an index that was switched off",
             whole.replace('index="7" active="True"', 'index="7" active="False"')),
            ("unused-namespace-removed", "a form that drops an unused namespace",
             whole.replace(f' xmlns:SHA384="{HASH}"', "")),
            ("signature-last-bit", "a signature whose last bit is turned",
             with_value(raw[:-1] + bytes([raw[-1] ^ 1]))),
            ("signature-swapped", "s || r", with_value(raw[48:] + raw[:48])),
            ("signature-zero", "a signature of zeros", with_value(bytes(96))),
            ("by-somebody", "a signature by another key", self.sign(by=stranger)),
            ("by-the-authority", "a signature by the key of the second certificate",
             self.sign(by=issuer)),
        )  # fmt: skip
        for slug, what, text in cases:
            self.reject(slug, what, "GPU-29", "ManifestSignature", text, at="document")

    def values(self) -> None:
        for slug, what, resources, breaks in (
            ("no-active-index", "a manifest that matches every GPU",
             (resource(7, GOOD[7], active=False),), "GPU-32"),
            ("index-twice", "an index twice", (*RESOURCES, resource(7, [bytes(48)])), "GPU-32"),
            ("index-twice-inactive", "an index that is active and is not",
             (resource(7, GOOD[7], active=False), *RESOURCES), "GPU-32"),
            ("index-64", "an index above 63", (resource(64, GOOD[7]),), "GPU-28"),
            ("size-32", "another size", (resource(7, GOOD[7], size="32"),), "GPU-28"),
            ("active-lower-case", "another spelling of True",
             (resource(7, GOOD[7], active="true"),), "GPU-28"),
            ("other-type", "something that is no measurement",
             (resource(7, GOOD[7], type="File"),), "GPU-28"),
            ("more-hashes", "more hashes than alternatives",
             (resource(21, GOOD[21], alternatives="1"),), "GPU-28"),
            ("no-alternatives", "an index without a good value", (resource(7, []),), "GPU-28"),
        ):  # fmt: skip
            text = self.sign(Manifest(resources))
            self.reject(slug, what, breaks, "Resources", text, at="Payload")
        for slug, what, manifest in (
            ("other-version", "the manifest of another driver",
             BASE._replace(version="570.172.07")),
            ("switch-edition", "the manifest of a switch", BASE._replace(edition="SWITCH")),
        ):  # fmt: skip
            self.reject(slug, what, "GPU-31", "OtherManifest", self.sign(manifest), at="Meta")

    def chains(self) -> None:
        forged = make_signers(self.builder, "forged")
        self.reject(
            "forged-root", "a root of the right name that signed itself", "CRT-13", "SignerChain",
            self.sign(by=forged), at="certificates", also=["GPU-30"],
        )  # fmt: skip
        expired = AT + timedelta(days=365, seconds=1)
        self.builder.reject(
            "signer-expired", "Finds a verifier that does not look at the time of the signer.",
            parent="ordinary", breaks="CRT-14", also=["GPU-30"], flags=["SignerChain"],
            given={"now": f"{expired:%Y-%m-%dT%H:%M:%SZ}"},
        )  # fmt: skip
        drafts: Tuple[Tuple[str, str, str, Mapping[str, Any]], ...] = (
            ("signer-without-usage", "a signer whose key is not for signatures", "CRT-16",
             {"usages": ("keyAgreement",)}),
        )  # fmt: skip
        for slug, what, breaks, changed in drafts:
            by = make_signers(self.builder, draft=SIGNER_DRAFT._replace(**changed))
            self.reject(slug, what, breaks, "SignerChain", self.sign(by=by), at="certificate[0]",
                        also=["GPU-30"])  # fmt: skip
        shorter: Callable[[Signers], Signers] = lambda s: s._replace(  # noqa: E731  one use
            signer=s.authority._replace(key=s.authority.key)
        )
        self.reject(
            "authority-signs", "a manifest that the authority signed itself", "CRT-10",
            "SignerChain", self.sign(by=shorter(self.signers)), at="certificate[0]",
            also=["GPU-30"],
        )  # fmt: skip
