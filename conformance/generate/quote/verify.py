"""`quote/verify`: signatures, identities, and what a policy refuses of a genuine quote.

Which levels a platform reaches is in `tcb_levels` and `tcb_status`.
"""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Final, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.quote import verify_pck as quote_verify_pck
from conformance.generate.quote.kit import (
    DAY,
    NOW,
    QE_MR_SIGNER,
    SECOND,
    Scene,
    qe_identity,
    rfc3339,
    tcb_info,
)
from conformance.generate.quote.table import Edits, Table, edited
from venice_ref.crypto.curves import P256

__all__ = ["generate"]

# Offsets in a quote of version 4 with a TD report 1.0; SPEC.md, section 13.2.
_USER_DATA, _MR_TD, _BODY_END = 28, 48 + 136, 48 + 584
_SIGNATURE, _QE_REPORT, _QE_SIGNATURE, _AUTHENTICATION = 636, 770, 1154, 1220

_V5: Final[Edits] = (("version", 5), ("body_kind", "td-1.5"))


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    _flags(builder)
    table = Table(builder, Scene(builder.random("tdx")))
    _forms(table)
    _qe_report(table)
    _qe_identity(table)
    _quote_signature(table)
    _attributes(table)
    _times(table)
    quote_verify_pck.fill(table)
    _sgx(builder)


_QVL: Final = "Intel SGX/TDX DCAP Quote Verification Library"

_FLAGS: Final = {
    "UnsignedBytes": Flag(
        "MALFORMED", "Bytes that nobody signed follow the signature data.",
        "Evidence that is archived or compared by its hash carries what anybody put there.",
        "Accept zeros only.", (),
    ),
    "LinkSkipped": Flag(
        "AUTH_BYPASS", "One signature or hash between Intel's root and the quote is wrong.",
        "Whoever copies a public PCK chain signs quotes with a key of his own.",
        "Verify every link: PCK over the QE report, the hash of the attestation key in it, and"
        " the attestation key over header and body.", (_QVL, "SPEC.md, section 13.3"),
    ),
    "SignatureRange": Flag(
        "AUTH_BYPASS", "A scalar of a signature or a point is outside of its range.",
        "Verifiers that do not check ranges accept such a signature for every message"
        " (CVE-2022-21449).",
        "Demand 0 < r < n and 0 < s < n, and a key that is a point on the curve.",
        ("FIPS 186-5, section 6.4.2", "CVE-2022-21449"),
    ),
    "WrongEnclave": Flag(
        "AUTH_BYPASS", "The enclave that vouches for the key is not Intel's quoting enclave.",
        "The owner of any genuine machine makes an enclave of his own sign quotes.",
        "Compare MRSIGNER, ISVPRODID, and MISCSELECT and ATTRIBUTES under their masks with the"
        " QE identity; refuse debug whatever the masks say.", (_QVL,),
    ),
    "Inspectable": Flag(
        "CONFIDENTIALITY", "The host can look into the enclave or trust domain, or move it.",
        "Prompts and the model key are read by whoever owns the machine.",
        "Refuse debug, profiling, migration, service TDs and unknown attributes unless the"
        " policy names the exception.", ("Intel TDX Module 1.5 ABI reference, ATTRIBUTES",),
    ),
    "WrongPlatform": Flag(
        "AUTH_BYPASS", "The collateral is for another platform or another kind of TEE.",
        "A vulnerable platform is judged by the levels of one that was never vulnerable.",
        "Compare TEE, FMSPC and PCEID after the signatures.",
        ("dcap-qvl 0.7.0: PCEID is not compared",),
    ),
    "StaleCollateral": Flag(
        "FRESHNESS", "Verified collateral is used outside of its window.",
        "A server that verified collateral once accepts revoked platforms for as long as it"
        " runs.", "Compare the time of each use with the window of all documents.", (),
    ),
    "PckExtension": Flag(
        "MALFORMED", "The SGX extension is not in the form of Intel's profile.",
        "One certificate is two platforms to two verifiers.",
        "Demand exactly the entries of the profile, each once, of its type and size.",
        ("Intel SGX PCK Certificate and CRL Profile Specification, 1.3.5",
         "dcap-qvl 0.7.0: the first of two entries counts, sizes of PPID and PCEID do not"),
    ),
    "BrokenChain": Flag(
        "AUTH_BYPASS", "The chain of the PCK certificate is incomplete, or not to the root.",
        "Nothing leads from the QE report to Intel.",
        "Demand leaf, CA and root in this order, verify each link, and pin the root's key.",
        ("RFC 5280, section 6.1",),
    ),
    "LateSgx": Flag(
        "INTEROP", "An SGX quote of a version that is made for TDX.",
        "Half of all verifiers refuse what the other half accepts.",
        "Refuse it unless the policy names it.", ("dcap-qvl 0.7.0 refuses, Intel accepts",),
    ),
}  # fmt: skip
"""The classes of mistakes that the file looks for."""


def _flags(builder: FileBuilder) -> None:
    for name, flag in _FLAGS.items():
        builder.flag(name, flag)


# --- What is accepted ---------------------------------------------------------------------------


def _forms(table: Table) -> None:
    base = ["QUO-12", "QUO-13", "QUO-14", "QUO-15", "QUO-16", "QUO-17", "COL-4"]
    match = ["COL-11", "COL-12", "COL-13", "COL-16", "COL-23", "QUO-11", "QUO-18", "QUO-9"]
    table.accept("tdx", "Fails where the ordinary quote of a trust domain is refused.",
                 req=[*base, *match], critical=True)  # fmt: skip
    whys = {
        "td-1.0": "the descriptor of version 5 is not part of what is signed",
        "td-1.5": "the TEE_TCB_SVN of now is missing in what is signed",
        "td-1.5ex": "the longest body, which Intel's library of 2026 has, is not known",
    }
    for kind, why in whys.items():
        table.accept(
            f"tdx-v5-{kind.replace('.', '-')}", f"Fails where {why}.", req=["QUO-16", "QUO-6"],
            edits=[("version", 5), ("body_kind", kind)],
        )  # fmt: skip
    table.accept("tdx-trailing-70", "Fails where the padding that guests send is refused.",
                 req=["QUO-9", "QUO-21"], edits=[("trailing", bytes(70))])  # fmt: skip
    for size in (0, 33):
        table.accept(
            f"authentication-{size}", f"Fails where QE authentication data of {size} bytes is"
            " refused, as by dcap-qvl 0.7.0, or not hashed.", req=["QUO-13"],
            edits=[("authentication", bytes(size))],
        )  # fmt: skip
    table.accept("high-s", "Fails where s above n/2 is refused: Intel's enclaves write either.",
                 req=["QUO-16"], given={"quote": _high_s(table, _SIGNATURE)})  # fmt: skip
    for slug, which, byte in (("last", -1, 1), ("first", 0, 0x80)):
        trailing = bytearray(70)
        trailing[which] = byte
        table.reject(
            f"trailing-{slug}-byte", "Passes where what follows the signature data is not looked"
            f" at, or not its {slug} byte.", "QUO-9", [("trailing", bytes(trailing))],
            "UnsignedBytes", parent="tdx-trailing-70", base=[("trailing", bytes(70))],
        )  # fmt: skip


def _high_s(table: Table, offset: int) -> str:
    """Return the quote with n - s in place of s."""
    raw = bytearray.fromhex(table.base["quote"])
    s = int.from_bytes(raw[offset + 32 : offset + 64], "big")
    raw[offset + 32 : offset + 64] = (P256.n - s).to_bytes(32, "big")
    return raw.hex()


# --- QE report ----------------------------------------------------------------------------------


def _changed(table: Table, offset: int, new: bytes) -> Dict[str, Any]:
    """Return the quote with other bytes, which nothing was signed anew for."""
    raw = bytearray.fromhex(table.base["quote"])
    raw[offset : offset + len(new)] = new
    return {"quote": raw.hex()}


def _flipped(table: Table, offset: int) -> Dict[str, Any]:
    raw = bytes.fromhex(table.base["quote"])
    return _changed(table, offset, bytes((raw[offset] ^ 1,)))


def _qe_report(table: Table) -> None:
    for key, why in (("other", "the signature of the QE report is not verified"),
                     ("ca", "any certificate of the chain may have signed the QE report"),
                     ("ak", "the attestation key may certify itself")):  # fmt: skip
        table.reject(f"qe-report-signed-by-{key}", f"Passes where {why}.", "QUO-12",
                     [("signers.qe_report", key)], "LinkSkipped", critical=True)  # fmt: skip
    table.reject("qe-report-changed", "Passes where a part of the QE report is verified only.",
                 "QUO-12", (), "LinkSkipped", given=_flipped(table, _QE_REPORT + 64))  # fmt: skip
    table.reject(
        "qe-report-signature-of-zeros", "Passes where r and s of zero are in range.",
        "QUO-12", (), "SignatureRange", given=_changed(table, _QE_SIGNATURE, bytes(64)),
    )  # fmt: skip
    own, other = table.scene.keys["ak"].xy, table.scene.keys["other"].xy
    authentication = table.scene.authentication
    named = hashlib.sha256(own + authentication).digest()
    table.reject(
        "attestation-key-of-another", "Passes where the QE report of a genuine platform certifies"
        " a key that it does not name.", "QUO-13",
        [("attestation_key", other), ("signers.quote", "other"),
         ("qe_report.report_data", named + bytes(32))], "LinkSkipped", critical=True,
    )  # fmt: skip
    for slug, data, why in (
        (
            "without-authentication",
            hashlib.sha256(own).digest() + bytes(32),
            "the hash is over the key alone",
        ),
        (
            "in-other-order",
            hashlib.sha256(authentication + own).digest() + bytes(32),
            "the order in the hash is the other one",
        ),
        (
            "of-sec1-point",
            hashlib.sha256(b"\x04" + own + authentication).digest() + bytes(32),
            "the key is hashed with a byte 04 before it",
        ),
        ("tail", named + bytes(31) + b"\x01", "the last 32 bytes are not compared, as in dcap-qvl"),
        ("only-the-half", bytes(32) + named, "the hash may stand in either half"),
    ):
        table.reject(f"qe-report-data-{slug}", f"Passes where {why}.", "QUO-13",
                     [("qe_report.report_data", data)], "LinkSkipped")  # fmt: skip
    table.reject(
        "authentication-changed", "Passes where the authentication data is not hashed.", "QUO-13",
        (), "LinkSkipped", given=_flipped(table, _AUTHENTICATION + 31),
    )  # fmt: skip


def _bad_signatures() -> Sequence[Tuple[str, bytes]]:
    n, one = P256.n.to_bytes(32, "big"), (1).to_bytes(32, "big")
    return (("of-zeros", bytes(64)), ("with-r-of-n", n + one), ("with-s-of-0", one + bytes(32)))


def _qe_identity(table: Table) -> None:
    table.accept(
        "qe-outside-of-masks", "Fails where MISCSELECT or ATTRIBUTES are compared without masks.",
        req=["QUO-14"],
        edits=[("qe_identity.miscselectMask", "0FFFFFFF"), ("qe_report.misc_select", b"\xf0\0\0\0"),
               ("qe_report.attributes", bytes.fromhex("1500000000000000ffffffffffffffff"))],
    )  # fmt: skip
    attributes = "qe_report.attributes"
    for slug, edits, why in (
        ("miscselect", [("qe_report.misc_select", b"\0\0\0\x01")], "MISCSELECT is not compared"),
        ("attributes-mode64", [(attributes, bytes.fromhex("1100000000000000e700000000000000")),
                               ("qe_identity.attributes", "15" + "00" * 15),
                               ("qe_identity.attributesMask", "FF" * 8 + "00" * 8)],
         "a bit that is expected may be missing"),
        ("attributes-byte-7", [(attributes, bytes.fromhex("1500000000000001e700000000000000"))],
         "the first bytes of ATTRIBUTES are compared only"),
        ("xfrm-under-mask", [("qe_identity.attributesMask", "FBFFFFFFFFFFFFFFFF00000000000000")],
         "XFRM is never compared"),
        ("mask-hides-expected-bit", [("qe_identity.attributes", "11" + "00" * 14 + "01")],
         "both sides are masked, so that a mask can hide what Intel expects, as in dcap-qvl"),
        ("mr-signer-first", [("qe_report.mr_signer", b"\0" + QE_MR_SIGNER[1:])],
         "MRSIGNER is not compared"),
        ("mr-signer-last", [("qe_report.mr_signer", QE_MR_SIGNER[:-1] + b"\0")],
         "a part of MRSIGNER is compared"),
        ("product", [("qe_report.isv_prod_id", b"\x01\0")],
         "another enclave of Intel's, such as the quoting enclave for SGX, makes TDX quotes"),
        ("product-high-byte", [("qe_report.isv_prod_id", b"\x02\x01")],
         "one byte of ISVPRODID is compared"),
    ):  # fmt: skip
        table.reject(f"qe-{slug}", f"Passes where {why}.", "QUO-14", edits, "WrongEnclave",
                     critical="signer" in slug)  # fmt: skip
    table.reject(
        "qe-debug", "Passes where the mask, which covers the debug bit in all identities of Intel,"
        " decides.", "QUO-15",
        [(attributes, bytes.fromhex("1700000000000000e700000000000000")),
         ("qe_identity.attributesMask", "F9FFFFFFFFFFFFFF" + "00" * 8)], "WrongEnclave",
        parent="tdx", critical=True,
    )  # fmt: skip


# --- The quote's own signature ------------------------------------------------------------------


def _quote_signature(table: Table) -> None:
    for key, why in (("other", "the signature of the quote is not verified"),
                     ("pck", "the PCK may sign quotes itself")):  # fmt: skip
        table.reject(f"quote-signed-by-{key}", f"Passes where {why}.", "QUO-16",
                     [("signers.quote", key)], "LinkSkipped", critical=True)  # fmt: skip
    for slug, offset, why in (
        ("header", _USER_DATA + 19, "the header is not part of what is signed"),
        ("mrtd", _MR_TD, "a hash of the body is cached by something else than its bytes"),
        ("report-data", _BODY_END - 1, "the last byte of the body is not part of what is signed"),
    ):
        table.reject(f"quote-{slug}-changed", f"Passes where {why}.", "QUO-16", (), "LinkSkipped",
                     given=_flipped(table, offset), critical=True)  # fmt: skip
    for slug, new in _bad_signatures():
        table.reject(
            f"quote-signature-{slug}", f"Passes where {slug} is in range for a signature.",
            "QUO-16", (), "SignatureRange", given=_changed(table, _SIGNATURE, new),
        )  # fmt: skip
    raw = bytes.fromhex(table.base["quote"])[_SIGNATURE : _SIGNATURE + 64]
    for slug, new, why in (
        ("swapped", raw[32:] + raw[:32], "s and r are taken in either order"),
        ("little-endian", raw[31::-1] + raw[:31:-1], "r and s are little-endian as all else is"),
    ):
        table.reject(
            f"quote-signature-{slug}", f"Passes where {why}.", "QUO-16", (), "LinkSkipped",
            given=_changed(table, _SIGNATURE, new),
            change=Rebuilt("quote.signature", "r || s", slug),
        )  # fmt: skip
    x = table.scene.keys["ak"].xy[:32]
    for slug, point in (("off-curve", x + bytes(31) + b"\x01"), ("zero", bytes(64))):
        table.reject(
            f"attestation-key-{slug}", "Passes, or crashes, where the key is not checked to be a"
            " point on P-256 before it is used.", "QUO-16", [("attestation_key", point)],
            "SignatureRange",
        )  # fmt: skip
    v5 = edited(table.scene, _V5)
    signed = v5.signed_part()
    made = bytearray.fromhex(v5.inputs()["quote"])
    made[len(signed) + 4 : len(signed) + 68] = v5.sign("ak", signed[:48] + signed[54:])
    table.reject(
        "v5-signature-without-descriptor", "Passes where header and body are signed as in version"
        " 4, without the 6 bytes between them.", "QUO-16", (), "LinkSkipped",
        parent="tdx-v5-td-1-5", given={"quote": made.hex()},
    )  # fmt: skip


# --- Policy of a trust domain -------------------------------------------------------------------


def _td(bits: Sequence[int], also: Sequence[int] = (28,)) -> bytes:
    return sum(1 << bit for bit in (*bits, *also)).to_bytes(8, "little")


def _attributes(table: Table) -> None:
    name = "body.td_attributes"
    table.accept(
        "attributes-that-weaken-nothing", "Fails where a bit of a security feature is refused:"
        " ICSSD, LASS, PKS, KL, TPA and PERFMON.", req=["QUO-17"],
        edits=[(name, _td((16, 27, 30, 31, 62, 63)))],
    )  # fmt: skip
    table.accept("debug-allowed", "Fails where the named exception is not known.", req=["QUO-11"],
                 edits=[(name, _td((0,)))], given={"policy": {"allow_debug": True}})  # fmt: skip
    for edits, slug in (((*_V5, ("body.mr_service_td", b"\x01" + bytes(47))), "bound"),
                        (((name, _td((17,))),), "extended")):  # fmt: skip
        table.accept(
            f"service-td-{slug}-allowed", "Fails where the named exception is not known.",
            req=["QUO-18"], edits=edits, given={"policy": {"allow_service_td": True}},
        )  # fmt: skip
    for bit, what in ((0, "debug"), (1, "a reserved bit of the debug group"),
                      (4, "profiling"), (7, "the last bit of the debug group")):  # fmt: skip
        table.reject(f"attribute-{bit}", f"Passes where {what} is not looked at.", "QUO-11",
                     [(name, _td((bit,)))], "Inspectable", parent="tdx",
                     critical=bit == 0)  # fmt: skip
    table.reject(
        "attribute-5-with-debug-allowed", "Passes where the exception for debug covers profiling.",
        "QUO-11", [(name, _td((0, 5)))], "Inspectable", parent="debug-allowed",
        base=[(name, _td((0,)))],
    )  # fmt: skip
    for bit in (8, 15, 23, 26, 32, 61):
        table.reject(f"attribute-{bit}", f"Passes where reserved bit {bit}, an end of its range, is"
                     " not refused.", "QUO-17", [(name, _td((bit,)))], "Inspectable",
                     parent="tdx")  # fmt: skip
    table.reject("attribute-29", "Passes where a TD that can be migrated is accepted.", "QUO-17",
                 [(name, _td((29,)))], "Inspectable", parent="tdx")  # fmt: skip
    table.reject("attribute-28-clear", "Passes where SEPT_VE_DISABLE is not demanded.", "QUO-17",
                 [(name, bytes(8))], "Inspectable", parent="tdx")  # fmt: skip
    table.reject("attribute-17", "Passes where SERVTD_EXT is not looked at.", "QUO-18",
                 [(name, _td((17,)))], "Inspectable", parent="tdx")  # fmt: skip
    table.reject(
        "service-td-bound", "Passes where MRSERVICETD, which a TD report 1.0 does not have, is not"
        " looked at.", "QUO-18", [("body.mr_service_td", bytes(47) + b"\x01")], "Inspectable",
        parent="tdx-v5-td-1-5", base=_V5,
    )  # fmt: skip


# --- Collateral beside the quote ----------------------------------------------------------------


def _times(table: Table) -> None:
    start, end = rfc3339(NOW - DAY), rfc3339(NOW + 20 * DAY)
    for slug, now in (("start", start), ("end", end)):
        table.accept(
            f"window-{slug}", "Fails where an end of the window of the collateral is outside.",
            req=["COL-10", "COL-9"], given={"now": now, "verified_at": rfc3339(NOW)},
        )  # fmt: skip
    for slug, parent, moment in (("before", "window-start", NOW - DAY - SECOND),
                                 ("after", "window-end", NOW + 20 * DAY + SECOND)):  # fmt: skip
        table.reject(
            f"window-{slug}", "Passes where verified collateral is used without a look at its"
            " window.", "COL-10", (), "StaleCollateral", parent=parent, or_breaks=["COL-9"],
            given={"now": rfc3339(moment)},
        )  # fmt: skip
    table.reject(
        "collateral-for-sgx", "Passes where the TCB info for SGX, which knows no TDX module, judges"
        " a trust domain.", "COL-11",
        [("tcb_info", tcb_info("SGX")), ("qe_identity", qe_identity("SGX"))], "WrongPlatform",
        parent="tdx", change=Rebuilt("collateral", "for TDX", "for SGX"),
    )  # fmt: skip
    for slug, path, value, breaks, why in (
        ("fmspc", "tcb_info.fmspc", "90C06F000A0C", "COL-12", "FMSPC is not compared"),
        ("fmspc-first", "tcb_info.fmspc", "00C06F000A0B", "COL-12", "the end of it is compared"),
        ("pceid", "tcb_info.pceId", "0000", "COL-13", "PCEID is not compared, as in dcap-qvl"),
        (
            "pceid-swapped",
            "tcb_info.pceId",
            "0100",
            "COL-13",
            "PCEID is a little-endian number on one side",
        ),
    ):
        table.reject(f"other-{slug}", f"Passes where {why}.", breaks, [(path, value)],
                     "WrongPlatform", parent="tdx")  # fmt: skip
    table.accept("fmspc-lower-case", "Fails where FMSPC is compared as text.", req=["COL-12"],
                 edits=[("tcb_info.fmspc", "90c06f000a0b")])  # fmt: skip


# --- SGX ----------------------------------------------------------------------------------------


def _sgx(builder: FileBuilder) -> None:
    table = Table(builder, Scene(builder.random("sgx"), tee="SGX"))
    debug = bytes.fromhex("0700000000000000e700000000000000")
    table.accept("sgx", "Fails where the quote of an enclave is refused.",
                 req=["QUO-19", "QUO-20", "COL-11", "QUO-4"])  # fmt: skip
    table.accept(
        "sgx-header-svns", "Fails where the versions in the header of version 3, which nobody"
        " vouches for, are compared with the certificate.", req=["QUO-16"],
        edits=[("header.qe_svn", b"\x01\x00"), ("header.pce_svn", b"\x01\x00")],
    )  # fmt: skip
    table.accept("sgx-debug-allowed", "Fails where the named exception is not known.",
                 req=["QUO-19"], edits=[("body.attributes", debug)],
                 given={"policy": {"allow_debug": True}})  # fmt: skip
    for version in (4, 5):
        table.accept(
            f"sgx-v{version}-allowed", "Fails where the named exception is not known.",
            req=["QUO-20"], edits=[("version", version)],
            given={"policy": {"allow_late_sgx": True}},
        )  # fmt: skip
        table.reject(
            f"sgx-v{version}", f"Passes where an SGX quote of version {version} needs no name in"
            " the policy.", "QUO-20", [("version", version)], "LateSgx", parent="sgx",
        )  # fmt: skip
    table.reject("sgx-debug", "Passes where the debug bit of an enclave is not looked at.",
                 "QUO-19", [("body.attributes", debug)], "Inspectable", parent="sgx",
                 critical=True)  # fmt: skip
    table.reject(
        "sgx-collateral-for-tdx", "Passes where collateral for TDX judges an enclave.", "COL-11",
        [("tcb_info", tcb_info("TDX")), ("qe_identity", {**qe_identity("TDX"), "isvprodid": 1})],
        "WrongPlatform", parent="sgx", change=Rebuilt("collateral", "for SGX", "for TDX"),
    )  # fmt: skip
    table.reject("sgx-quote-signed-by-other", "Passes where version 3 has its signature elsewhere.",
                 "QUO-16", [("signers.quote", "other")], "LinkSkipped", parent="sgx")  # fmt: skip
