"""A simulated Intel with every knob: certificates, lists, signed texts, and quotes of one platform.

    scene = Scene(random_bytes)                       # TDX; Scene(random_bytes, tee="SGX")
    scene.tcb_info["tcbLevels"][0]["tcbStatus"] = "Revoked"
    scene.inputs()                                    # the input of `quote.verify`

A scene is plain data until `inputs` builds and signs all of it, so that one value can be changed
and everything that is signed over it is made anew.  The builders of the mock do the encoding.
"""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Final, Iterator, List, Optional, Sequence, Tuple

from conformance.mock_tee.pki.authority import (
    Authority,
    Certificate,
    Key,
    RevocationList,
    draw_key,
    extension,
    issue_crl,
    sign_certificate,
)
from venice_ref.codec import der_encode as der
from venice_ref.codec.pem import encode_pem
from venice_ref.crypto.curves import P256
from venice_ref.evidence.tdx.encode import (
    encode_quote,
    encode_sgx_report,
    encode_signed,
    header_fields,
    zero_body,
)
from venice_ref.evidence.tdx.layouts import BODY_KINDS
from venice_ref.evidence.tdx.pck import SGX_EXTENSION
from venice_ref.evidence.tdx.quote import CertificationData, SignatureData
from venice_ref.model import RandomBytes
from venice_ref.pki import extensions as ext

__all__ = [
    "DAY",
    "NEW",
    "NOW",
    "OLD",
    "OLDEST",
    "PLATFORM_SVNS",
    "QE_MR_SIGNER",
    "SECOND",
    "TEE_TCB_SVN",
    "Scene",
    "components",
    "isv_level",
    "measurements",
    "platform_level",
    "qe_identity",
    "rfc3339",
    "said",
    "tcb_entry",
    "tcb_info",
]

NOW: Final = datetime(2026, 6, 1, 12, 0, 0, tzinfo=timezone.utc)
"""The time of every input that says nothing else."""

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)

PLATFORM_SVNS: Final = (6, 6, 2, 2, 4, 1, 3, 5, 0, 0, 0, 0, 0, 0, 0, 2)
TEE_TCB_SVN: Final = bytes((7, 1, 3, *bytes(12), 4))
"""TDX module 1.7 with loader 3, and a number in the last component."""

QE_MR_SIGNER: Final = hashlib.sha256(b"venice vectors, synthetic: QE signer").digest()

NEW, OLD, OLDEST = "2026-01-14T00:00:00Z", "2024-03-13T00:00:00Z", "2018-01-04T00:00:00Z"

_ISSUES: Final = ("keyCertSign", "cRLSign")
_SIGNS: Final = ("digitalSignature", "nonRepudiation")

_DISTRIBUTION_POINTS: Final = "2.5.29.31"

Node = Dict[str, Any]

_SIGNED: Dict[Tuple[int, bytes], Tuple[int, int]] = {}
"""Signatures that were made: most certificates and lists are the same in most scenes."""


class RememberingKey(Key):
    """A key that signs each message once."""

    __slots__ = ()

    def _sign(self, message: bytes) -> Tuple[int, int]:
        known = self.scalar, message
        if known not in _SIGNED:
            _SIGNED[known] = super()._sign(message)
        return _SIGNED[known]


def rfc3339(moment: datetime) -> str:
    """Return a UTC time as Intel writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class Scene:
    """Everything that a verification depends on, as data."""

    def __init__(self, random_bytes: RandomBytes, tee: str = "TDX") -> None:
        names = ("root", "ca", "processor", "signer", "pck", "ak", "other")
        self.keys: Dict[str, Key] = {
            name: RememberingKey(*draw_key(P256, random_bytes)) for name in names
        }
        self.tee = tee
        tdx = tee == "TDX"
        self.version, self.body_kind = (4, "td-1.0") if tdx else (3, "sgx")
        self.certificates: Dict[str, Node] = {
            "root": _certificate("Intel SGX Root CA", "root", _ISSUES, path_length=1),
            "ca": _certificate("Intel SGX PCK Platform CA", "root", _ISSUES, path_length=0),
            "signer": _certificate("Intel SGX TCB Signing", "root", _SIGNS),
            "pck": _certificate("Intel SGX PCK Certificate", "ca", _SIGNS),
        }
        self.lists: Dict[str, Node] = {
            name: {"this_update": NOW - 2 * DAY, "next_update": NOW + 28 * DAY, "revoked": ()}
            for name in ("root", "ca")
        }
        self.chains: Dict[str, Sequence[str]] = {
            "pck_crl_issuer_chain": ("ca", "root"),
            "tcb_info_issuer_chain": ("signer", "root"),
            "qe_identity_issuer_chain": ("signer", "root"),
            "pck": ("pck", "ca", "root"),
        }
        self.pck: Node = _platform(random_bytes)
        self.tcb_info: Node = tcb_info(tee)
        self.qe_identity: Node = qe_identity(tee)
        self.texts: Dict[str, str] = {}
        """Instead of the two documents above."""
        self.signers = {
            "tcb_info": "signer", "qe_identity": "signer", "qe_report": "pck", "quote": "ak",
        }  # fmt: skip
        self.header: Dict[str, bytes] = {"user_data": random_bytes(16) + bytes(4)}
        self.body: Dict[str, bytes] = {"report_data": random_bytes(64)}
        if tdx:
            self.body.update(
                tee_tcb_svn=TEE_TCB_SVN,
                td_attributes=bytes.fromhex("0000001000000000"),
                xfam=bytes.fromhex("e702060000000000"),
                mr_td=random_bytes(48),
            )
        else:
            self.body.update(attributes=bytes.fromhex("0500000000000000e700000000000000"))
        self.qe_report: Dict[str, bytes] = {
            "misc_select": bytes(4),
            "attributes": bytes.fromhex("1500000000000000e700000000000000"),
            "mr_signer": QE_MR_SIGNER,
            "isv_prod_id": bytes((2 if tdx else 1, 0)),
            "isv_svn": b"\x06\x00",
        }
        self.authentication = bytes(range(32))
        self.certification: Optional[Tuple[int, bytes]] = None
        """Type and data instead of the PCK chain."""
        self.attestation_key: Optional[bytes] = None
        """x || y (64) in the quote instead of those of the key `ak`."""
        self.trailing = b""
        self.supplied_chain = False
        """Whether the PCK chain comes with the collateral as well."""

    def copy(self) -> Scene:
        """Return a scene of the same keys that can be changed."""
        return copy.deepcopy(self)

    # --- What it makes --------------------------------------------------------------------------

    def inputs(self, *, quote: bool = True) -> Dict[str, Any]:
        """Return the input of `quote.verify`, or without a quote that of `collateral.verify`."""
        found: Dict[str, Any] = {"now": rfc3339(NOW), "root": self.certificate("root").hex()}
        found.update(self.collateral())
        if quote:
            found["quote"] = self.quote().hex()
        return found

    def collateral(self) -> Dict[str, str]:
        """Return the members of the collateral."""
        texts = {
            name: self.texts.get(name) or json.dumps(document, separators=(",", ":"))
            for name, document in (("tcb_info", self.tcb_info), ("qe_identity", self.qe_identity))
        }
        found = {
            "pck_crl_issuer_chain": self.pem("pck_crl_issuer_chain"),
            "root_ca_crl": self.revocation_list("root").hex(),
            "pck_crl": self.revocation_list("ca").hex(),
        }
        for name, text in texts.items():
            found[f"{name}_issuer_chain"] = self.pem(f"{name}_issuer_chain")
            found[name] = text
            found[f"{name}_signature"] = self.sign(self.signers[name], text.encode("utf-8")).hex()
        if self.supplied_chain:
            found["pck_certificate_chain"] = self.pem("pck")
        return found

    def pem(self, chain: str) -> str:
        """Return one of the chains."""
        return "".join(encode_pem(self.certificate(name)) for name in self.chains[chain])

    def quote(self) -> bytes:
        """Return the quote."""
        signed = self.signed_part()
        return encode_quote(signed, self.signature_data(signed), trailing=self.trailing)

    def signed_part(self) -> bytes:
        """Return header, in version 5 the descriptor, and body."""
        kind = BODY_KINDS[self.body_kind]
        fields = dict(self.body)
        if "tee_tcb_svn_2" in [field.name for field in kind.layout.fields]:
            fields.setdefault("tee_tcb_svn_2", TEE_TCB_SVN)
        return encode_signed(
            self.version,
            header={**header_fields(self.version, kind.tee_type), **self.header},
            body_kind=self.body_kind,
            body=zero_body(self.body_kind, **fields),
        )

    def signature_data(self, signed: bytes) -> SignatureData:
        """Return everything behind the signed part."""
        key = self.keys["ak"].xy if self.attestation_key is None else self.attestation_key
        named = hashlib.sha256(key + self.authentication).digest() + bytes(32)
        report = encode_sgx_report(**{"report_data": named, **self.qe_report})
        kind, data = self.certification or (5, self.pem("pck").encode("ascii") + b"\0")
        return SignatureData(
            signature=self.sign(self.signers["quote"], signed),
            attestation_key=key,
            qe_report=report,
            qe_report_signature=self.sign(self.signers["qe_report"], report),
            qe_authentication_data=self.authentication,
            certification=CertificationData(kind, data, {}),
        )

    def sign(self, name: str, message: bytes) -> bytes:
        """Return r || s (64) by one of the keys."""
        return self.keys[name].sign(message)

    # --- Certificates and lists -----------------------------------------------------------------

    def certificate(self, name: str) -> bytes:
        """Return the DER of one of the certificates; names are short to keep the files small."""
        node = self.certificates[name]
        key = self.keys[node.get("key", name)]
        extra = [extension(SGX_EXTENSION, sgx_extension(self.pck))] if name == "pck" else []
        dropped = node.get("dropped", ())
        kept = [value for kind, value in self._extensions(node, key) if kind not in dropped]
        return sign_certificate(
            self.keys[_signer(node)],
            Certificate(
                serial=int.from_bytes(key.identifier, "big"),
                issuer=_name(self.certificates[node["issuer"]]["name"]),
                validity=der.sequence(der.time(node["not_before"]), der.time(node["not_after"])),
                subject=_name(node["name"]),
                key=key,
                extensions=(*kept, *(e for e in extra if SGX_EXTENSION not in dropped)),
            ),
        )

    def _extensions(self, node: Node, key: Key) -> Iterator[Tuple[str, bytes]]:
        issuer = self.keys[_signer(node)]
        constraints = b""
        if node["path_length"] is not None:
            constraints = der.boolean(True) + der.integer(node["path_length"])
        values = (
            (ext.AUTHORITY_KEY_IDENTIFIER, False,
             der.sequence(der.implicit(0, der.octet_string(issuer.identifier)))),
            (_DISTRIBUTION_POINTS, False, _distribution_points()),
            (ext.SUBJECT_KEY_IDENTIFIER, False, der.octet_string(key.identifier)),
            (ext.KEY_USAGE, True,
             der.named_bits(ext.KEY_USAGES.index(usage) for usage in node["usages"])),
            (ext.BASIC_CONSTRAINTS, True, der.sequence(constraints)),
        )  # fmt: skip
        for kind, critical, value in values:
            yield kind, extension(kind, value, critical=critical)

    def revocation_list(self, name: str) -> bytes:
        """Return the DER of the list of `root` or `ca`."""
        node = self.lists[name]
        key = self.keys[name]
        issuer = Authority(key, _name(self.certificates[name]["name"]), b"")
        revoked = tuple(
            int.from_bytes(self.keys[other].identifier, "big") for other in node["revoked"]
        )
        return issue_crl(RevocationList(issuer, node["this_update"], node["next_update"], revoked))


# --- Parts --------------------------------------------------------------------------------------


def _certificate(
    name: str, issuer: str, usages: Tuple[str, ...], path_length: Optional[int] = None
) -> Node:
    return {
        "name": name,
        "issuer": issuer,
        "usages": usages,
        "path_length": path_length,
        "not_before": NOW - 180 * DAY,
        "not_after": NOW + 180 * DAY,
    }


def _signer(node: Node) -> str:
    """Return the name of the key that signs a certificate."""
    return str(node.get("signed_by", node["issuer"]))


def _name(common_name: str) -> bytes:
    pair = der.sequence(der.object_identifier("2.5.4.3"), der.utf8_string(common_name))
    return der.sequence(der.set_of(pair))


def _distribution_points() -> bytes:
    names = der.explicit(0, der.implicit(6, der.ia5_string("https://pcs.invalid")))
    return der.sequence(der.sequence(der.explicit(0, names)))


def _platform(random_bytes: RandomBytes) -> Node:
    """Return what the PCK certificate says; a member of `values` replaces an encoded entry."""
    return {
        "ppid": random_bytes(16),
        "svns": list(PLATFORM_SVNS),
        "pce_svn": 13,
        "cpu_svn": None,
        "pce_id": b"\x00\x01",
        "fmspc": bytes.fromhex("90c06f000a0b"),
        "sgx_type": 1,
        "instance": random_bytes(16),
        "order": [1, 2, 3, 4, 5, 6, 7],
        "values": {},
        "trailing": b"",
    }


def sgx_extension(pck: Node) -> bytes:
    """Return the value of the SGX extension."""
    flags = (_pair(f"7.{n}", der.boolean(n != 2)) for n in (1, 2, 3))
    values = {
        1: der.octet_string(pck["ppid"]),
        2: tcb_entry(pck),
        3: der.octet_string(pck["pce_id"]),
        4: der.octet_string(pck["fmspc"]),
        5: der.enumerated(pck["sgx_type"]),
        6: der.octet_string(pck["instance"]),
        7: der.sequence(*flags),
        **pck["values"],
    }
    return der.sequence(*(_pair(str(n), values[n]) for n in pck["order"])) + bytes(pck["trailing"])


def tcb_entry(pck: Node, **changed: bytes) -> bytes:
    """Return entry 2; `n5=...` replaces the value of 2.5, and an empty one leaves it out."""
    cpu_svn = bytes(pck["svns"]) if pck["cpu_svn"] is None else pck["cpu_svn"]
    values = {f"n{n}": der.integer(svn) for n, svn in enumerate(pck["svns"], 1)}
    values.update(n17=der.integer(pck["pce_svn"]), n18=der.octet_string(cpu_svn))
    values.update(changed)
    return der.sequence(*(_pair(f"2.{name[1:]}", v) for name, v in values.items() if v))


def _pair(number: str, value: bytes) -> bytes:
    return der.sequence(der.object_identifier(f"{SGX_EXTENSION}.{number}"), value)


# --- Documents ----------------------------------------------------------------------------------


def components(svns: Sequence[int]) -> List[Dict[str, int]]:
    """Return 16 components of a level."""
    return [{"svn": svn} for svn in svns]


def platform_level(
    status: str,
    *,
    lower: int = 0,
    date: str = NEW,
    advisories: Sequence[str] = (),
    tdx: bool = True,
) -> Node:
    """Return a level of the platform, its first and last component lower by `lower`."""
    svns = list(PLATFORM_SVNS)
    least = list(TEE_TCB_SVN)
    least[:2] = 5, 0
    for row in (svns, least):
        row[0], row[15] = row[0] - lower, row[15] - lower
    tcb: Node = {"sgxtcbcomponents": components(svns), "pcesvn": 13 - lower}
    if tdx:
        tcb["tdxtcbcomponents"] = components(least)
    return {"tcb": tcb, **said(status, date, advisories)}


def isv_level(isv_svn: int, status: str, date: str = NEW, advisories: Sequence[str] = ()) -> Node:
    """Return a level of a TDX module or of a quoting enclave."""
    return {"tcb": {"isvsvn": isv_svn}, **said(status, date, advisories)}


def said(status: str, date: str, advisories: Sequence[str]) -> Node:
    """Return what every level says."""
    found: Node = {"tcbDate": date, "tcbStatus": status}
    if advisories:
        found["advisoryIDs"] = list(advisories)
    return found


def tcb_info(tee: str) -> Node:
    """Return a TCB info whose first level the platform reaches."""
    tdx = tee == "TDX"
    found: Node = {
        "id": tee,
        "version": 3,
        "issueDate": rfc3339(NOW - DAY),
        "nextUpdate": rfc3339(NOW + 20 * DAY),
        "fmspc": "90C06F000A0B",
        "pceId": "0001",
        "tcbType": 0,
        "tcbEvaluationDataNumber": 18,
    }
    if tdx:
        found["tdxModule"] = measurements()
        found["tdxModuleIdentities"] = [
            {"id": "TDX_03", **measurements(), "tcbLevels": [isv_level(2, "UpToDate")]},
            {
                "id": "TDX_01",
                **measurements(),
                "tcbLevels": [
                    isv_level(7, "UpToDate"),
                    isv_level(4, "OutOfDate", OLD, ("SIM-SA-00020",)),
                ],
            },
        ]
    found["tcbLevels"] = [
        platform_level("UpToDate", tdx=tdx),
        platform_level(
            "OutOfDate", lower=1, date=OLD, advisories=("SIM-SA-00011", "SIM-SA-00010"), tdx=tdx
        ),
    ]
    return found


def measurements() -> Node:
    """Return what every TDX module that Intel signed has."""
    return {"mrsigner": "00" * 48, "attributes": "00" * 8, "attributesMask": "FF" * 8}


def qe_identity(tee: str) -> Node:
    """Return the identity of the quoting enclave."""
    return {
        "id": "TD_QE" if tee == "TDX" else "QE",
        "version": 2,
        "issueDate": rfc3339(NOW - DAY),
        "nextUpdate": rfc3339(NOW + 24 * DAY),
        "tcbEvaluationDataNumber": 17,
        "miscselect": "00000000",
        "miscselectMask": "FFFFFFFF",
        "attributes": "11000000000000000000000000000000",
        "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
        "mrsigner": QE_MR_SIGNER.hex().upper(),
        "isvprodid": 2 if tee == "TDX" else 1,
        "tcbLevels": [
            isv_level(6, "UpToDate"),
            isv_level(4, "OutOfDate", OLD, ("SIM-SA-00030",)),
        ],
    }
