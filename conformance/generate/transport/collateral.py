"""Answers of Intel's service: signed texts that stay as they are, and chains in headers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Final, Tuple
from urllib.parse import quote

from conformance.generate.builder import FileBuilder, Flag
from conformance.mock_tee.pki.authority import RevocationList, issue_crl
from conformance.mock_tee.pki.intel import Chain, make_intel
from conformance.mock_tee.pki.statements import qe_identity, sign_document, tcb_info
from venice_ref.codec.pem import encode_pem

__all__ = ["generate"]

_NOW: Final = datetime(2026, 1, 1, tzinfo=timezone.utc)


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    made = _Made(builder)
    builder.group(made.params)
    builder.accept(
        "as-published", "The ordinary answers of the four requests.", req=("NET-10", "NET-11"),
        given={}, out=made.out(),
    )  # fmt: skip
    _spellings(builder, made)
    _refused_bodies(builder, made)
    _refused_chains(builder, made)


class _Made:
    """Four answers that are really signed, by a simulated Intel."""

    def __init__(self, builder: FileBuilder) -> None:
        intel = make_intel(builder.random("Intel"), _NOW)
        chain = (intel.tcb_signing.certificate, intel.root.certificate)
        key = intel.tcb_signing.key
        self.tcb = sign_document(tcb_info("TDX", _NOW), key, chain)
        self.identity = sign_document(qe_identity("TDX", _NOW), key, chain)
        self.pem = _pem(chain)
        self.ca_pem = _pem((intel.platform_ca.certificate, intel.root.certificate))
        lists = [
            issue_crl(RevocationList(issuer, _NOW, _NOW + timedelta(days=30), ()))
            for issuer in (intel.platform_ca, intel.root)
        ]
        self.params = {
            "tcb": body("tcbInfo", self.tcb.text, self.tcb.signature.hex()),
            "tcb_chain": quote(self.pem, safe=""),
            "qe_identity": body(
                "enclaveIdentity", self.identity.text, self.identity.signature.hex()
            ),
            "qe_identity_chain": quote(self.pem, safe=""),
            "pck_crl": lists[0].hex(),
            "pck_crl_chain": quote(self.ca_pem, safe=""),
            "root_crl": lists[1].hex(),
        }

    def out(self, **changes: Any) -> Dict[str, Any]:
        return {
            "pck_crl_issuer_chain": self.ca_pem,
            "root_ca_crl": self.params["root_crl"],
            "pck_crl": self.params["pck_crl"],
            "tcb_info_issuer_chain": self.pem,
            "tcb_info": self.tcb.text,
            "tcb_info_signature": self.tcb.signature.hex(),
            "qe_identity_issuer_chain": self.pem,
            "qe_identity": self.identity.text,
            "qe_identity_signature": self.identity.signature.hex(),
            **changes,
        }


def body(name: str, text: str, signature: str) -> str:
    """Return an answer of the service in hexadecimal digits."""
    return f'{{"{name}":{text},"signature":"{signature}"}}'.encode().hex()


def _pem(chain: Chain) -> str:
    return "".join(encode_pem(der) for der in chain)


def _spellings(builder: FileBuilder, made: _Made) -> None:
    """Signed texts that another writer of JSON would write in another way, and kept."""
    signature = "ab" * 64
    rows: Tuple[Tuple[str, str, str], ...] = (
        ("spaces", "White space inside the signed text belongs to it.",
         '{ "id" : "TDX",\n\t"version":3 }'),
        ("order", "The order of the members belongs to it.", '{"version":3,"id":"TDX"}'),
        ("escapes", "An escape that need not be one stays one.",
         '{"id":"T\\u0044X\\/","version":3}'),
        ("not-ascii", "A letter outside ASCII is not escaped.", '{"id":"\u00e9\U0001f600"}'),
        ("numbers", "Numbers keep their form.", '{"a":1.0,"b":1e2,"c":-0,"d":10000000000000001}'),
        ("braces-in-text", "A search for a brace or a name ends elsewhere.",
         '{"id":"}\\",\\"signature\\":\\"00"}'),
        ("empty", "An object without members.", "{}"),
    )  # fmt: skip
    for slug, why, text in rows:
        builder.accept(
            f"text-{slug}", why, req=("NET-10",),
            given={"tcb": body("tcbInfo", text, signature)},
            out=made.out(tcb_info=text, tcb_info_signature=signature),
        )  # fmt: skip
    text = made.tcb.text
    for slug, why, raw in (
        ("signature-first", "The members of the answer come in any order.",
         f'{{"signature":"{signature}","tcbInfo":{text}}}'),
        ("white-space-around", "White space around the signed text does not belong to it.",
         f' {{ "tcbInfo" : {text} , "signature" : "{signature}" }}\r\n'),
        ("more-members", "What else the answer has is passed over.",
         f'{{"x":{{"tcbInfo":{{}}}},"tcbInfo":{text},"signature":"{signature}"}}'),
        ("signature-capitals", "Digits of the signature have no case.",
         f'{{"tcbInfo":{text},"signature":"{signature.upper()}"}}'),
    ):  # fmt: skip
        builder.accept(
            slug, why, req=("NET-10",), given={"tcb": raw.encode().hex()},
            out=made.out(tcb_info_signature=signature),
        )  # fmt: skip
    chain = made.params["tcb_chain"]
    for slug, why, value in (
        ("small-digits", "Digits of an encoded octet have no case.", _lower(chain)),
        ("bare-slash", "A slash and an equals sign may stand as they are.",
         quote(made.pem, safe="/=")),
        ("crlf", "Lines may end with CR LF.", quote(made.pem.replace("\n", "\r\n"), safe="")),
        ("everything-encoded", "Characters that need not be encoded may be.",
         "".join(f"%{ord(c):02X}" for c in made.pem)),
    ):  # fmt: skip
        builder.accept(f"chain-{slug}", why, req=("NET-11",), given={"tcb_chain": value},
                       out=made.out())  # fmt: skip


def _lower(encoded: str) -> str:
    head, *parts = encoded.split("%")
    return head + "".join(f"%{part[:2].lower()}{part[2:]}" for part in parts)


def _refused_bodies(builder: FileBuilder, made: _Made) -> None:
    flag = builder.flag("SignedText", Flag(
        "MALFORMED",
        "The answer does not hold one signed object and one signature of 64 bytes.",
        "What is verified and what is read are two texts, or the signature has two readings.",
        "Take the exact characters of the member, and refuse every other form.",
        ("Intel, PCS API v4", "RFC 8259, 4"),
    ))  # fmt: skip
    text, signature = made.tcb.text, made.tcb.signature.hex()
    document = json.loads(text)
    rows: Tuple[Tuple[str, str, str], ...] = (
        ("no-text", "The signed member is absent.", f'{{"signature":"{signature}"}}'),
        ("text-in-text", "The signed object as a text: parsing it is one step more.",
         json.dumps({"tcbInfo": text, "signature": signature})),
        ("text-array", "An array in its place.",
         f'{{"tcbInfo":[{text}],"signature":"{signature}"}}'),
        ("text-null", "Null in its place.", f'{{"tcbInfo":null,"signature":"{signature}"}}'),
        ("text-twice", "Twice: one is verified and the other read.",
         f'{{"tcbInfo":{text},"tcbInfo":{{}},"signature":"{signature}"}}'),
        ("member-twice", "A member of the signed object stands twice.",
         f'{{"tcbInfo":{text[:-1]},"id":"SGX"}},"signature":"{signature}"}}'),
        ("other-name", "The name of the other document.",
         f'{{"enclaveIdentity":{text},"signature":"{signature}"}}'),
        ("no-signature", "The signature is absent.", f'{{"tcbInfo":{text}}}'),
        ("signature-number", "The signature is a number.", f'{{"tcbInfo":{text},"signature":5}}'),
        ("signature-63", "A byte too few.", f'{{"tcbInfo":{text},"signature":"{signature[2:]}"}}'),
        ("signature-65", "A byte too many.",
         f'{{"tcbInfo":{text},"signature":"{signature}00"}}'),
        ("signature-odd", "Half a byte.", f'{{"tcbInfo":{text},"signature":"{signature[1:]}"}}'),
        ("signature-base64", "Another form of the same bytes.",
         f'{{"tcbInfo":{text},"signature":"{"A" * 86}=="}}'),
        ("cut", "Half an answer.", f'{{"tcbInfo":{text},"signature":"{signature}"'),
        ("two-texts", "Two JSON texts.", f'{{"tcbInfo":{text},"signature":"{signature}"}}{{}}'),
        ("array", "An array of one answer.",
         f'[{{"tcbInfo":{text},"signature":"{signature}"}}]'),
        ("bom", "A byte order mark before it.",
         f'\ufeff{{"tcbInfo":{text},"signature":"{signature}"}}'),
    )  # fmt: skip
    del document
    for slug, why, raw in rows:
        builder.reject(
            f"body-{slug}", why, parent="as-published", breaks="NET-10",
            given={"tcb": raw.encode("utf-8").hex()}, flags=(flag,),
        )  # fmt: skip
    builder.reject(
        "body-not-utf8", "Bytes that are no text.", parent="as-published", breaks="NET-10",
        given={"tcb": made.params["tcb"].replace("22", "ff", 1)}, flags=(flag,),
    )  # fmt: skip
    builder.reject(
        "identity-no-text", "The same rules hold for the other document.", parent="as-published",
        breaks="NET-10", flags=(flag,),
        given={"qe_identity": json.dumps({"signature": signature}).encode().hex()},
    )  # fmt: skip


def _refused_chains(builder: FileBuilder, made: _Made) -> None:
    flag = builder.flag("ChainInHeader", Flag(
        "MALFORMED",
        "The chain in a header is not percent-encoded ASCII of strict PEM.",
        "Two readers find two chains in one header, so that another one is checked than is kept.",
        "Decode strictly, and refuse what has to be encoded and is not.",
        ("RFC 3986, 2.1", "RFC 7468, 3", "Intel, PCS API v4"),
    ))  # fmt: skip
    encoded, pem = made.params["tcb_chain"], made.pem
    first = pem[: pem.index("-----END") + len("-----END CERTIFICATE-----\n")]
    rows: Tuple[Tuple[str, str, Any], ...] = (
        ("absent", "The header is absent.", None),
        ("empty", "The header is empty.", ""),
        ("plain", "PEM as it is, which no header can carry whole.", pem.replace("\n", " ")),
        ("plus-for-space", "A form encodes a space as a plus sign, and base64 has plus signs.",
         encoded.replace("%20", "+")),
        ("bare-plus", "A plus sign that is not encoded means a space to some.",
         encoded.replace("%2B", "+", 1) if "%2B" in encoded else encoded + "+"),
        ("cut-octet", "A percent sign with one digit.", encoded + "%0"),
        ("bad-octet", "A percent sign with a letter beyond f.", encoded + "%0G"),
        ("not-ascii-octet", "An octet above 7F.", encoded + "%C3%A9"),
        ("encoded-twice", "Decoded once, it is no PEM.", quote(encoded, safe="")),
        ("text-before", "Explanatory text, which lenient readers skip.",
         quote("subject=x\n" + pem, safe="")),
        ("text-between", "The same between two certificates.",
         quote(first + "x\n" + pem[len(first):], safe="")),
        ("text-behind", "And behind the last.", quote(pem + "x", safe="")),
        ("other-label", "Another label.",
         quote(pem.replace("CERTIFICATE", "X509 CERTIFICATE"), safe="")),
        ("no-end", "The last line is cut off.", quote(pem[:-30], safe="")),
        ("bad-base64", "A character that base64 does not have.",
         quote(pem.replace("\nMII", "\nM!I", 1), safe="")),
        ("five-certificates", "More certificates than any chain has.",
         quote(first * 5, safe="")),
    )  # fmt: skip
    for slug, why, value in rows:
        builder.reject(
            f"chain-{slug}", why, parent="as-published", breaks="NET-11", flags=(flag,),
            given={"tcb_chain": value},
        )  # fmt: skip
    for name, which in (("qe_identity_chain", "qe-identity"), ("pck_crl_chain", "pck-crl")):
        builder.reject(
            f"chain-absent-{which}", "The header of another answer is absent.",
            parent="as-published", breaks="NET-11", flags=(flag,), given={name: None},
        )  # fmt: skip
