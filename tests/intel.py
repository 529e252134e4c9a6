"""A simulated Intel: root, CAs, lists, TCB info, QE identity and quotes, all really signed.

Nothing of it is genuine: every key is derived from its name.  A test takes an `Intel`, changes what
it is about, and builds; what depends on the change is signed again.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any, Collection, Dict, List, Optional, Sequence, Tuple

from venice_ref.codec import der_encode as der
from venice_ref.codec.pem import encode_pem
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P256
from venice_ref.crypto.weierstrass import generator, multiply
from venice_ref.evidence.tdx.collateral import (
    Collateral,
    VerifiedCollateral,
    verify_collateral,
)
from venice_ref.evidence.tdx.encode import (
    encode_quote,
    encode_sgx_report,
    encode_signed,
    header_fields,
    zero_body,
)
from venice_ref.evidence.tdx.layouts import BODY_KINDS
from venice_ref.evidence.tdx.quote import CertificationData, Quote, SignatureData, parse_quote
from venice_ref.evidence.tdx.verify import QuoteFacts, verify_quote
from venice_ref.pki.certificate import parse_certificate
from venice_ref.pki.chain import TrustAnchor, anchor_of
from venice_ref.pki.signatures import SignatureMemo

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)
FMSPC = bytes.fromhex("90c06f000000")
SGX = "1.2.840.113741.1.13.1"
MEMO = SignatureMemo(4096)
"""Shared by all tests: certificates and lists are the same in most of them."""


# --- Keys and signatures ------------------------------------------------------------------------


def secret(name: str) -> int:
    return 1 + int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") % (P256.n - 1)


@functools.cache
def public(name: str) -> bytes:
    """Return x || y (64) of a key."""
    point = multiply(P256, secret(name), generator(P256))
    assert point is not None
    return point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


@functools.cache
def sign(name: str, message: bytes) -> bytes:
    """Return r || s (64)."""
    found = ecdsa.sign(P256, secret(name), hashlib.sha256(message).digest())
    return found.r.to_bytes(32, "big") + found.s.to_bytes(32, "big")


def signed(tbs: bytes, signer: str) -> bytes:
    """Return a certificate or a list around its signed part."""
    raw = sign(signer, tbs)
    pair = (der.integer(int.from_bytes(raw[i : i + 32], "big")) for i in (0, 32))
    return der.sequence(tbs, _ALGORITHM, der.bit_string(der.sequence(*pair)))


_ALGORITHM = der.sequence(der.object_identifier("1.2.840.10045.4.3.2"))


def put(record: Any, name: str, value: Any) -> Any:
    """Return a copy of a named tuple with another value in the field of a computed name."""
    return record._replace(**{name: value})


# --- Certificates and lists ---------------------------------------------------------------------


def name_of(common_name: str) -> bytes:
    pair = der.sequence(der.object_identifier("2.5.4.3"), der.utf8_string(common_name))
    return der.sequence(der.set_of(pair))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = (der.boolean(True),) if critical else ()
    return der.sequence(der.object_identifier(oid), *flag, der.octet_string(value))


def key_id(name: str) -> bytes:
    return hashlib.sha1(public(name)).digest()


class Issued:
    """What a certificate says; the defaults are those of a signer, a year around `NOW`."""

    def __init__(self, cn: str, key: str, issuer: Optional[Issued], **changes: Any) -> None:
        self.cn, self.key, self.issuer = cn, key, issuer if issuer is not None else self
        self.serial = 1 + int.from_bytes(hashlib.sha256(cn.encode()).digest()[:8], "big")
        self.not_before, self.not_after = NOW - 180 * DAY, NOW + 180 * DAY
        self.path_length: Optional[int] = None
        self.authority = False
        self.usages: Collection[int] = (0, 1)
        self.dropped: Collection[str] = ()
        self.extra: Sequence[bytes] = ()
        self.signing_key = self.issuer.key
        for attribute, value in changes.items():
            setattr(self, attribute, value)

    def extensions(self) -> List[Tuple[str, bytes]]:
        constraints: List[bytes] = [der.boolean(True)] if self.authority else []
        if self.path_length is not None:
            constraints.append(der.integer(self.path_length))
        aki = der.sequence(der.implicit(0, der.octet_string(key_id(self.issuer.key))))
        return [
            ("2.5.29.35", extension("2.5.29.35", aki)),
            ("2.5.29.31", extension("2.5.29.31", der.sequence())),
            ("2.5.29.14", extension("2.5.29.14", der.octet_string(key_id(self.key)))),
            ("2.5.29.15", extension("2.5.29.15", der.named_bits(self.usages), critical=True)),
            ("2.5.29.19", extension("2.5.29.19", der.sequence(*constraints), critical=True)),
        ]

    def encode(self) -> bytes:
        key = der.sequence(
            der.sequence(
                der.object_identifier("1.2.840.10045.2.1"),
                der.object_identifier("1.2.840.10045.3.1.7"),
            ),
            der.bit_string(b"\x04" + public(self.key)),
        )
        kept = [raw for oid, raw in self.extensions() if oid not in self.dropped]
        tbs = der.sequence(
            der.explicit(0, der.integer(2)),
            der.integer(self.serial),
            _ALGORITHM,
            name_of(self.issuer.cn),
            der.sequence(der.time(self.not_before), der.time(self.not_after)),
            name_of(self.cn),
            key,
            der.explicit(3, der.sequence(*kept, *self.extra)),
        )
        return signed(tbs, self.signing_key)


class RevocationList:
    """What a revocation list says."""

    def __init__(self, issuer: Issued) -> None:
        self.issuer = issuer
        self.revoked: Sequence[int] = ()
        self.this_update, self.next_update = NOW - DAY, NOW + 29 * DAY

    def encode(self) -> bytes:
        entries = [
            der.sequence(der.integer(serial), der.time(NOW - DAY)) for serial in self.revoked
        ]
        aki = der.sequence(der.implicit(0, der.octet_string(key_id(self.issuer.key))))
        extensions = der.sequence(
            extension("2.5.29.20", der.integer(1)), extension("2.5.29.35", aki)
        )
        tbs = der.sequence(
            der.integer(1),
            _ALGORITHM,
            name_of(self.issuer.cn),
            der.time(self.this_update),
            der.time(self.next_update),
            *([der.sequence(*entries)] if entries else []),
            der.explicit(0, extensions),
        )
        return signed(tbs, self.issuer.key)


class Pck:
    """What the SGX extension says."""

    def __init__(self) -> None:
        self.svns: List[int] = [5, 5, 2, 2, 3, 1, 0, 5] + [0] * 8
        self.pce_svn = 11
        self.cpu_svn: Optional[bytes] = None
        """That of the components, if nothing else is said."""
        self.fmspc, self.pce_id = FMSPC, b"\0\0"
        self.platform_ca = True

    def values(self) -> Dict[int, bytes]:
        cpu_svn = bytes(self.svns) if self.cpu_svn is None else self.cpu_svn
        tcb = [pair(f"{SGX}.2.{i + 1}", der.integer(svn)) for i, svn in enumerate(self.svns)]
        tcb.append(pair(f"{SGX}.2.17", der.integer(self.pce_svn)))
        tcb.append(pair(f"{SGX}.2.18", der.octet_string(cpu_svn)))
        values = {
            1: der.octet_string(b"\x99" * 16),
            2: der.sequence(*tcb),
            3: der.octet_string(self.pce_id),
            4: der.octet_string(self.fmspc),
            5: der.enumerated(1),
        }
        if self.platform_ca:
            flags = [pair(f"{SGX}.7.{i}", der.boolean(i != 2)) for i in (1, 2, 3)]
            values.update({6: der.octet_string(b"\x77" * 16), 7: der.sequence(*flags)})
        return values

    def encode(self) -> bytes:
        values = self.values()
        return der.sequence(*(pair(f"{SGX}.{number}", values[number]) for number in values))


def pair(oid: str, value: bytes) -> bytes:
    return der.sequence(der.object_identifier(oid), value)


# --- Signed JSON --------------------------------------------------------------------------------


def moment(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def platform_level(
    sgx: Sequence[int],
    pce: int,
    tdx: Optional[Sequence[int]],
    status: str = "UpToDate",
    advisories: Sequence[str] = (),
    date: datetime = NOW - 100 * DAY,
) -> Dict[str, Any]:
    tcb: Dict[str, Any] = {"sgxtcbcomponents": [{"svn": svn} for svn in sgx], "pcesvn": pce}
    if tdx is not None:
        tcb["tdxtcbcomponents"] = [{"svn": svn, "category": "OS/VMM"} for svn in tdx]
    return _level(tcb, status, advisories, date)


def isv_level(
    svn: int,
    status: str = "UpToDate",
    advisories: Sequence[str] = (),
    date: datetime = NOW - 100 * DAY,
) -> Dict[str, Any]:
    return _level({"isvsvn": svn}, status, advisories, date)


def _level(
    tcb: Dict[str, Any], status: str, advisories: Sequence[str], date: datetime
) -> Dict[str, Any]:
    level = {"tcb": tcb, "tcbDate": moment(date), "tcbStatus": status}
    return {**level, "advisoryIDs": list(advisories)} if advisories else level


MODULE = {"mrsigner": "00" * 48, "attributes": "00" * 8, "attributesMask": "FF" * 8}
TEE_TCB_SVN = bytes([4, 1, 6] + [0] * 13)
"""TDX module 1.4, and something at index 2."""


def tcb_info(tdx: bool = True) -> Dict[str, Any]:
    found: Dict[str, Any] = {
        "id": "TDX" if tdx else "SGX",
        "version": 3,
        "issueDate": moment(NOW - DAY),
        "nextUpdate": moment(NOW + 29 * DAY),
        "fmspc": FMSPC.hex().upper(),
        "pceId": "0000",
        "tcbType": 0,
        "tcbEvaluationDataNumber": 18,
    }
    if tdx:
        found["tdxModule"] = dict(MODULE)
        found["tdxModuleIdentities"] = [
            {"id": "TDX_01", **MODULE, "tcbLevels": [isv_level(4), isv_level(2, "OutOfDate")]}
        ]
    found["tcbLevels"] = [platform_level(Pck().svns, 11, TEE_TCB_SVN if tdx else None)]
    return found


def qe_identity(tdx: bool = True) -> Dict[str, Any]:
    return {
        "id": "TD_QE" if tdx else "QE",
        "version": 2,
        "issueDate": moment(NOW - 2 * DAY),
        "nextUpdate": moment(NOW + 28 * DAY),
        "tcbEvaluationDataNumber": 17,
        "miscselect": "00000000",
        "miscselectMask": "FFFFFFFF",
        "attributes": "11000000000000000000000000000000",
        "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
        "mrsigner": "AB" * 32,
        "isvprodid": 2,
        "tcbLevels": [isv_level(4)],
    }


def text_of(document: Dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


# --- The whole ----------------------------------------------------------------------------------


class Intel:
    """A root, its certificates and documents, one platform, and its quotes."""

    def __init__(self, *, tdx: bool = True) -> None:
        authority = {"authority": True, "usages": (5, 6)}
        self.root = Issued("Intel SGX Root CA", "root", None, path_length=1, **authority)
        self.ca = Issued("Intel SGX PCK Platform CA", "ca", self.root, path_length=0, **authority)
        self.pck = Issued("Intel SGX PCK Certificate", "pck", self.ca)
        self.signer = Issued("Intel SGX TCB Signing", "signer", self.root)
        self.sgx = Pck()
        self.root_list, self.ca_list = RevocationList(self.root), RevocationList(self.ca)
        self.tdx = tdx
        self.tcb_info, self.qe_identity = tcb_info(tdx), qe_identity(tdx)
        self.tcb_info_text = self.qe_identity_text = ""
        """Instead of the documents above."""
        self.qe_report: Dict[str, bytes] = {
            "misc_select": bytes(4),
            "attributes": bytes.fromhex("15000000000000000e700000000000ff"),
            "mr_signer": b"\xab" * 32,
            "isv_prod_id": b"\x02\0",
            "isv_svn": b"\x04\0",
        }
        self.authentication = bytes(range(32))
        self.certification: Optional[CertificationData] = None
        """Instead of the PCK chain."""
        self.signing: Dict[str, str] = {}
        """Other keys for `qe_report`, `quote`, `tcb_info`, `qe_identity` to be signed by."""

    def copy(self) -> Intel:
        return copy.deepcopy(self)

    @property
    def anchor(self) -> TrustAnchor:
        return anchor_of(parse_certificate(self.root.encode()), "the simulated root")

    # Collateral

    def pck_chain(self) -> Tuple[bytes, ...]:
        leaf = copy.copy(self.pck)
        leaf.extra = (*self.pck.extra, extension(SGX, self.sgx.encode()))
        return leaf.encode(), self.ca.encode(), self.root.encode()

    def collateral(self) -> Collateral:
        signers = (self.signer.encode(), self.root.encode())
        info = self.tcb_info_text or text_of(self.tcb_info)
        identity = self.qe_identity_text or text_of(self.qe_identity)
        return Collateral(
            pck_crl_issuer_chain=(self.ca.encode(), self.root.encode()),
            root_ca_crl=self.root_list.encode(),
            pck_crl=self.ca_list.encode(),
            tcb_info_issuer_chain=signers,
            tcb_info=info,
            tcb_info_signature=sign(self.signing.get("tcb_info", "signer"), info.encode()),
            qe_identity_issuer_chain=signers,
            qe_identity=identity,
            qe_identity_signature=sign(
                self.signing.get("qe_identity", "signer"), identity.encode()
            ),
        )

    def verified(self, now: datetime = NOW) -> VerifiedCollateral:
        return verify_collateral(self.collateral(), now=now, anchor=self.anchor, memo=MEMO)

    # Quotes

    def signature_data(self, to_sign: bytes) -> SignatureData:
        report_data = hashlib.sha256(public("ak") + self.authentication).digest() + bytes(32)
        report = encode_sgx_report(**{"report_data": report_data, **self.qe_report})
        pem = "".join(encode_pem(der) for der in self.pck_chain()).encode() + b"\0"
        return SignatureData(
            signature=sign(self.signing.get("quote", "ak"), to_sign),
            attestation_key=public("ak"),
            qe_report=report,
            qe_report_signature=sign(self.signing.get("qe_report", "pck"), report),
            qe_authentication_data=self.authentication,
            certification=self.certification or CertificationData(5, pem, {}),
        )

    def raw_quote(
        self, version: int = 0, body_kind: str = "", *, trailing: bytes = b"", **body: bytes
    ) -> bytes:
        version = version or (4 if self.tdx else 3)
        body_kind = body_kind or ("td-1.0" if self.tdx else "sgx")
        if body_kind != "sgx":
            body.setdefault("td_attributes", bytes.fromhex("0000001000000000"))
            body.setdefault("tee_tcb_svn", TEE_TCB_SVN)
        to_sign = encode_signed(
            version,
            header=header_fields(version, BODY_KINDS[body_kind].tee_type),
            body_kind=body_kind,
            body=zero_body(body_kind, **body),
        )
        return encode_quote(to_sign, self.signature_data(to_sign), trailing=trailing)

    def quote(self, version: int = 0, body_kind: str = "", **body: bytes) -> Quote:
        return parse_quote(self.raw_quote(version, body_kind, **body))

    def facts(self, version: int = 0, body_kind: str = "", **body: bytes) -> QuoteFacts:
        """Return what verification says of a quote of this platform."""
        return verify_quote(self.quote(version, body_kind, **body), self.verified(), now=NOW)
