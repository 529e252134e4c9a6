"""`collateral/verify`: the file, its chains and lists, and the two signed texts."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any, Dict, Final, List, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.collateral import texts as collateral_texts
from conformance.generate.quote.kit import DAY, NOW, SECOND, Scene, rfc3339
from conformance.generate.quote.table import Table, edited
from conformance.mock_tee.pki.authority import Key
from venice_ref.codec import der_encode as der
from venice_ref.codec.pem import encode_pem

__all__ = ["generate"]

_MEMBERS: Final = (
    "pck_crl_issuer_chain", "root_ca_crl", "pck_crl", "tcb_info_issuer_chain", "tcb_info",
    "tcb_info_signature", "qe_identity_issuer_chain", "qe_identity", "qe_identity_signature",
)  # fmt: skip


class CollateralTable(Table):
    """Vectors whose output is that of `collateral.verify`."""

    def usual(self, scene: Scene) -> Dict[str, Any]:
        """Return the output for the scene as it is made first."""
        return {
            "tee": scene.tee,
            "fmspc": scene.pck["fmspc"].hex(),
            "pce_id": scene.pck["pce_id"].hex(),
            "tcb_info_evaluation_number": 18,
            "qe_identity_evaluation_number": 17,
            "latest_issue": rfc3339(NOW - DAY),
            "earliest_expiration": rfc3339(NOW + 20 * DAY),
        }


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    _flags(builder)
    table = CollateralTable(builder, Scene(builder.random("tdx")), quote=False)
    table.accept("tdx", "Fails where ordinary collateral is refused.", req=[
        "COL-1", "COL-3", "COL-4", "COL-5", "COL-6", "COL-7", "COL-8", "COL-9", "COL-17", "COL-21",
        "TCB-2",
    ], critical=True)  # fmt: skip
    _lists(table)
    _signatures(table)
    _chains(table)
    _windows(table)
    collateral_texts.fill(table)
    _form(table)
    sgx = CollateralTable(builder, Scene(builder.random("sgx"), tee="SGX"), quote=False)
    sgx.accept("sgx", "Fails where collateral without TDX components and module is refused.",
               req=["COL-7", "COL-8", "COL-11"], given={"tee": "SGX"})  # fmt: skip
    sgx.reject("sgx-for-tdx", "Passes where the kind that was asked for is not compared.", "COL-11",
               (), "WrongTee", given={"tee": "TDX"}, parent="sgx")  # fmt: skip
    sgx.reject("sgx-with-td-qe", "Passes where the identity of the other quoting enclave is taken.",
               "COL-11", [("qe_identity.id", "TD_QE")], "WrongTee", parent="sgx")  # fmt: skip
    sgx.reject("sgx-qe-version-3", "Passes where version 3, which is defined for TD_QE, is taken"
               " for QE as well.", "COL-8", [("qe_identity.version", 3)], "UnknownDocument",
               parent="sgx")  # fmt: skip


_FLAGS: Final = {
    "FileForm": Flag(
        "MALFORMED", "The file, or a member of it, is not of the form.",
        "Two programs read two collaterals out of one file, or an unsigned copy of a text is"
        " what is used.", "Parse strictly; keep the signed texts as strings.",
        ("RFC 8259, section 4", "RFC 7468, section 3"),
    ),
    "ListEncoding": Flag(
        "MALFORMED", "A revocation list or signature is in none of the forms.",
        "A lenient decoder gives one list many spellings, and hides which bytes were hashed.",
        "Take hexadecimal, base64 and PEM, each in its strict form.", ("RFC 4648",),
    ),
    "UnsignedText": Flag(
        "AUTH_BYPASS", "The text is not the one that Intel signed.",
        "Whoever serves the collateral writes his own levels: every platform is up to date.",
        "Verify P-256 with SHA-256 over the exact bytes of the string, before parsing it.",
        ("Intel PCS API v4: the signature is over the body without white space",),
    ),
    "WrongSigner": Flag(
        "AUTH_BYPASS", "The chain has other certificates than those of its roles.",
        "The key of any platform signs TCB info, or a root of the attacker's making is taken.",
        "Demand names, order and number of the roles, and the pinned key of the root.",
        ("dcap-qvl 0.7.0: any leaf below the root may sign TCB info",),
    ),
    "Revocation": Flag(
        "AUTH_BYPASS", "A signer is revoked, or a list is not what it says.",
        "A stolen key goes on signing.", "Verify both lists and look up every certificate.",
        ("RFC 5280, section 6.3",),
    ),
    "OutsideOfTime": Flag(
        "FRESHNESS", "A part is used before it was issued or after it expired.",
        "Yesterday's collateral hides today's advisory.",
        "Compare both ends of every window, each inclusive, with one time.",
        ("Intel's library and go-tdx-guest do not compare issueDate",),
    ),
    "UnknownDocument": Flag(
        "AUTH_BYPASS", "The text is a document of another kind or version.",
        "An unknown rule is evaluated by a known one, or another enclave of Intel's passes for"
        " the quoting enclave.", "Compare id, version and tcbType with closed sets.",
        ("Intel PCS API v4, appendices A and B",),
    ),
    "WrongTee": Flag(
        "AUTH_BYPASS", "TCB info and QE identity are not for the same kind of TEE.",
        "A trust domain is judged without its module.",
        "Compare the ids with each other and with the quote.", (),
    ),
    "LooseMember": Flag(
        "MALFORMED", "A member has another type, size or range, or stands twice.",
        "Two verifiers read two levels out of one signed text.",
        "Parse each member strictly, in levels that nothing reaches as well.",
        ("RFC 8259, section 4", "RFC 3339, section 5.6"),
    ),
    "UnknownStatus": Flag(
        "DOWNGRADE", "A level has a status that it cannot have.",
        "A verifier that looks for bad names takes an unknown one for a good one.",
        "Compare with the closed set of the kind of level.", (),
    ),
    "TooMany": Flag(
        "RESOURCE", "An array has more than 1024 entries.",
        "Who signs decides how long a verifier sorts.", "Count before reading entries.", (),
    ),
}  # fmt: skip
"""The classes of mistakes that the file looks for."""


def _flags(builder: FileBuilder) -> None:
    for name, flag in _FLAGS.items():
        builder.flag(name, flag)


# --- The file -----------------------------------------------------------------------------------


def _form(table: Table) -> None:
    """Add files as text, and members that are missing; a group of its own, without parameters."""
    scene, builder = table.scene, table.builder
    base = scene.inputs(quote=False)
    members = {name: base[name] for name in _MEMBERS}
    common = {"now": base["now"], "root": base["root"]}
    text = json.dumps(members)
    out = table.usual(scene)
    builder.group(common)
    builder.accept(
        "as-text", "Fails where the JSON text of the file is not read.", req=["COL-1"],
        given={"collateral": text}, out=out,
    )  # fmt: skip
    builder.accept(
        "as-text-with-more", "Fails where a member of another name is refused.", req=["COL-1"],
        given={"collateral": json.dumps({**members, "version": 4})}, out=out,
    )  # fmt: skip
    name = "qe_identity"
    rows: List[Tuple[str, str, str]] = [
        *((f"without-{name.replace('_', '-')}",
           json.dumps({other: members[other] for other in _MEMBERS if other != name}),
           f"{name} may be missing") for name in ("root_ca_crl", "pck_crl", "tcb_info_signature")),
        ("null", json.dumps({**members, "pck_crl": None}), "null stands for an empty list"),
        ("empty-text", json.dumps({**members, name: ""}), "an empty text is passed over"),
        ("text-as-object", json.dumps({**members, name: json.loads(members[name])}),
         "a signed text may be an object, which is serialised again to be hashed"),
        ("signature-as-bytes", json.dumps({**members, "qe_identity_signature": [0] * 64}),
         "a signature may be an array of numbers"),
        ("member-twice", text[:-1] + ', "qe_identity": "{}"}', "the last of two members counts"),
        ("member-twice-first", '{"qe_identity": "{}", ' + text[1:], "the first of two counts"),
        ("array", f"[{text}]", "an array of one is unwrapped"),
        ("comma", text[:-1] + ",}", "a comma before the brace is passed over"),
        ("behind", text + "{}", "what follows the value is not read"),
        ("cut", text[:-1], "a cut file is completed"),
    ]  # fmt: skip
    for slug, wrong, why in rows:
        builder.reject(
            f"file-{slug}", f"Passes where {why}.", parent="as-text", breaks="COL-1",
            given={"collateral": wrong}, flags=["FileForm"],
            change=Rebuilt("collateral", "the file", slug),
        )  # fmt: skip


def _base64url_of_a_list(scene: Scene) -> str:
    """Return a list of the CA in base64url, of the first second at which it is not base64 too."""
    for second in range(64):
        later = scene.copy()
        node = later.lists["ca"]
        later.lists["ca"] = {**node, "this_update": node["this_update"] + timedelta(seconds=second)}
        text = base64.urlsafe_b64encode(later.revocation_list("ca")).decode("ascii")
        if "-" in text or "_" in text:
            return text
    raise ValueError("no list tells the two alphabets apart")


def _lists(table: Table) -> None:
    crl = bytes.fromhex(table.base["pck_crl"])
    standard = base64.b64encode(crl).decode("ascii")
    for slug, text in (
        ("hex-upper", crl.hex().upper()),
        ("base64", standard),
        ("pem", encode_pem(crl, label="X509 CRL")),
    ):
        table.accept(f"list-{slug}", f"Fails where a list in the form {slug} is refused.",
                     req=["COL-2"], given={"pck_crl": text})  # fmt: skip
    pem = encode_pem(crl, label="X509 CRL")
    for slug, text, why in (
        ("odd", crl.hex()[:-1], "the last digit is dropped"),
        (
            "base64url",
            _base64url_of_a_list(table.scene),
            "both alphabets are taken",
        ),
        (
            "base64-unpadded",
            standard.rstrip("=") + ("" if standard.endswith("=") else "A"),
            "padding is added",
        ),
        ("base64-newline", standard[:64] + "\n" + standard[64:], "line ends are skipped"),
        ("pem-of-certificate", pem.replace("X509 CRL", "CERTIFICATE"), "any label will do"),
        ("pem-text-before", "x\n" + pem, "text before the block is skipped"),
    ):
        table.reject(
            f"list-{slug}", f"Passes where {why}.", "COL-2", (), "ListEncoding",
            given={"pck_crl": text}, change=Rebuilt("pck_crl", "hexadecimal of DER", slug),
        )  # fmt: skip


def _signatures(table: Table) -> None:
    scene = table.scene
    signature = table.base["tcb_info_signature"]
    raw = bytes.fromhex(signature)
    table.accept("signature-upper-case", "Fails where digits in upper case are refused.",
                 req=["COL-21"], given={"tcb_info_signature": signature.upper()})  # fmt: skip
    pair = der.sequence(*(der.integer(int.from_bytes(raw[i : i + 32], "big")) for i in (0, 32)))
    for slug, text, why in (
        ("63-bytes", signature[:-2], "a short signature is padded"),
        ("65-bytes", signature + "00", "what is too long is cut"),
        ("der", pair.hex(), "DER is taken where r and s have a fixed width"),
        ("not-hex", "zz" + signature[2:], "bad digits count as zero"),
        ("base64", base64.b64encode(raw).decode("ascii"), "base64 is taken as well"),
    ):
        table.reject(
            f"signature-{slug}", f"Passes where {why}.", "COL-21", (), "ListEncoding",
            given={"tcb_info_signature": text}, change=Rebuilt("tcb_info_signature", "hex", slug),
        )  # fmt: skip
    for name in ("tcb_info", "qe_identity"):
        slug = name.replace("_", "-")
        for key in ("other", "pck"):
            table.reject(
                f"{slug}-signed-by-{key}", f"Passes where the signature of {name} is not verified,"
                " or under any key that Intel certified.", "COL-17",
                [(f"signers.{name}", key)], "UnsignedText", critical=True,
            )  # fmt: skip
        table.reject(
            f"{slug}-space", "Passes where the text is parsed and written again before it is"
            " hashed.", "COL-17", (), "UnsignedText",
            given={name: table.base[name].replace(":", ": ", 1)},
        )  # fmt: skip
    changed = edited(scene, [("tcb_info.tcbLevels.0.tcb.pcesvn", 0)]).collateral()["tcb_info"]
    table.reject("tcb-info-changed", "Passes where a number in the text is not covered.", "COL-17",
                 (), "UnsignedText", given={"tcb_info": changed}, critical=True)  # fmt: skip
    table.reject(
        "tcb-info-unsigned-and-malformed", "Refused for its form where the text is parsed before"
        " its signature is verified: a parser is fed by anybody.", "COL-17", (), "UnsignedText",
        given={"tcb_info": table.base["tcb_info"][:-1]},
    )  # fmt: skip
    table.reject("signature-of-zeros", "Passes where r and s of zero are in range.", "COL-17", (),
                 "UnsignedText", given={"tcb_info_signature": "00" * 64})  # fmt: skip
    spaced = json.dumps(scene.tcb_info, indent=1)
    table.accept("tcb-info-with-white-space", "Fails where the text is written again before it is"
                 " hashed.", req=["COL-17"], edits=[("texts.tcb_info", spaced)])  # fmt: skip
    text = json.dumps({**scene.tcb_info, "note": "\u00e9\u4e16"}, ensure_ascii=False)
    table.accept("tcb-info-not-ascii", "Fails where the text is hashed in another encoding than"
                 " UTF-8, or a member of another name is refused.", req=["COL-17", "COL-6"],
                 edits=[("texts.tcb_info", text)])  # fmt: skip


# --- Chains, lists and times --------------------------------------------------------------------


def _chains(table: Table) -> None:
    scene = table.scene
    edition = edited(scene, [("certificates.root.not_after", NOW + 9000 * DAY)])
    table.accept(
        "root-of-another-edition", "Fails where the certificate of the root is pinned and not its"
        " key: two editions of Intel's are in use.", req=["COL-4"],
        given={"root": edition.certificate("root").hex()},
    )  # fmt: skip
    table.accept("processor-ca", "Fails where the other CA of Intel's is refused.", req=["COL-3"],
                 edits=[("certificates.ca.name", "Intel SGX PCK Processor CA")])  # fmt: skip
    chain = "chains.tcb_info_issuer_chain"
    for slug, names, why in (
        ("reversed", ("root", "signer"), "certificates are sorted before they are judged"),
        ("without-root", ("signer",), "the root may be left out"),
        ("with-more", ("signer", "root", "root"), "certificates behind the root are passed over"),
        ("of-platform", ("pck", "ca", "root"), "the key of a platform may sign TCB info"),
        ("of-list", ("ca", "root"), "the CA of the PCK certificates may sign TCB info"),
    ):
        key = {"of-platform": "pck", "of-list": "ca"}.get(slug, "signer")
        table.reject(f"chain-{slug}", f"Passes where {why}.", "CRT-10",
                     [(chain, names), ("signers.tcb_info", key)], "WrongSigner", also=["COL-3"],
                     critical=key != "signer")  # fmt: skip
    fake = Scene(_Fixed(scene))
    fake.keys = {**fake.keys, "root": scene.keys["other"], "signer": scene.keys["pck"]}
    table.reject(
        "chain-to-another-root", "Passes where a root is trusted by its name.", "CRT-13",
        [("signers.tcb_info", "pck")], "WrongSigner", also=["COL-4"],
        given={"tcb_info_issuer_chain": fake.pem("tcb_info_issuer_chain")}, critical=True,
    )  # fmt: skip
    for slug, oid in (
        ("authority-key-id", "2.5.29.35"),
        ("distribution-points", "2.5.29.31"),
        ("subject-key-id", "2.5.29.14"),
        ("key-usage", "2.5.29.15"),
        ("constraints", "2.5.29.19"),
    ):
        table.reject(
            f"signer-without-{slug}", f"Passes where extension {oid} may be missing.", "COL-5",
            [("certificates.signer.dropped", (oid,))], "WrongSigner",
        )  # fmt: skip
    pem = table.base["tcb_info_issuer_chain"]
    block = pem[: pem.index("-----END") + 26]
    for slug, text, why in (
        ("text-before", "subject=x\n" + pem, "text around blocks is skipped"),
        ("nul", pem + "\0", "the NUL of C strings, which quotes have, is allowed here as well"),
        ("five", pem + block * 3, "there is no limit"),
        ("not-pem", "00" * 64, "what has no block is an empty chain"),
    ):
        table.reject(
            f"chain-form-{slug}", f"Passes where {why}.", "COL-1", (), "FileForm",
            given={"tcb_info_issuer_chain": text}, change=Rebuilt("tcb_info_issuer_chain", "PEM",
            slug),
        )  # fmt: skip
    table.reject("signer-revoked", "Passes where only PCK certificates are looked up.", "CRL-9",
                 [("lists.root.revoked", ("signer",))], "Revocation", critical=True)  # fmt: skip
    table.reject("list-signed-by-other", "Passes where lists are parsed and not verified, as by"
                 " the JavaScript edition of dcap-qvl.", "CRL-6", (), "Revocation",
                 given={"pck_crl": _forged(scene).hex()}, critical=True,
                 change=Rebuilt("lists.ca.signer", "ca", "other"))  # fmt: skip


class _Fixed:
    """A source of bytes for keys that are replaced at once."""

    def __init__(self, scene: Scene) -> None:
        self._seed = scene.keys["other"].xy

    def __call__(self, size: int) -> bytes:
        return self._seed[:size]


def _forged(scene: Scene) -> bytes:
    """Return the list of the CA under another key, which says that it is the CA's."""
    forged = scene.copy()
    ca: Key = scene.keys["ca"]
    forged.keys["ca"] = type(ca)(ca.curve, scene.keys["other"].scalar, ca.xy)
    return forged.revocation_list("ca")


def _windows(table: Table) -> None:
    later = NOW + 5 * DAY
    for path in ("certificates.signer.not_after", "certificates.ca.not_after",
                 "lists.root.next_update", "lists.ca.next_update", "qe_identity.nextUpdate",
                 ):  # fmt: skip
        value: Any = rfc3339(later) if path.startswith("qe") else later
        table.accept(
            "earliest-" + path.replace(".", "-").replace("_", "-").lower(),
            f"Fails where {path} is left out of the window, so that it is used for too long.",
            req=["COL-10"], edits=[(path, value)], out={"earliest_expiration": rfc3339(later)},
        )  # fmt: skip
    for path in ("certificates.signer.not_before", "lists.ca.this_update"):
        start = NOW - SECOND
        table.accept(
            "latest-" + path.replace(".", "-").replace("_", "-"),
            f"Fails where {path} is left out of the window.",
            req=["COL-10"], edits=[(path, start)], out={"latest_issue": rfc3339(start)},
        )  # fmt: skip
    rows: Sequence[Tuple[str, str, Any, str]] = (
        ("tcb_info", "issueDate", NOW, "COL-9"),
        ("tcb_info", "nextUpdate", NOW, "COL-9"),
        ("qe_identity", "issueDate", NOW, "COL-9"),
        ("qe_identity", "nextUpdate", NOW, "COL-9"),
    )
    for name, member, moment, breaks in rows:
        slug, end = name.replace("_", "-"), member == "nextUpdate"
        out = {"earliest_expiration" if end else "latest_issue": rfc3339(moment)}
        edits = [(f"{name}.{member}", rfc3339(moment))]
        parent = table.accept(
            f"{slug}-{member.lower()}-is-now", f"Fails where {member} itself is outside.",
            req=["COL-9"], edits=edits, out=out,
        )  # fmt: skip
        wrong = moment - SECOND if end else moment + SECOND
        table.reject(
            f"{slug}-{member.lower()}-missed-by-a-second", f"Passes where {member} of {name} is"
            " not compared, or not to the second.", breaks,
            [(f"{name}.{member}", rfc3339(wrong))], "OutsideOfTime", parent=parent, base=edits,
            critical=True,
        )  # fmt: skip
    table.reject("signer-expired", "Passes where the certificate of a signer may be older than its"
                 " end.", "CRT-14", [("certificates.signer.not_after", NOW - SECOND)],
                 "OutsideOfTime")  # fmt: skip
    table.reject("list-expired", "Passes where an old list, without the newest numbers, is taken.",
                 "CRL-8", [("lists.ca.next_update", NOW - SECOND)], "OutsideOfTime")  # fmt: skip
