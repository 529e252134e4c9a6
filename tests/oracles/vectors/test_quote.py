"""The vectors of quotes, collateral and TCB, by code that shares nothing with the reference.

`struct` takes the quotes of `quote/parse` apart again, `cryptography` verifies what is signed in
the others, and dcap-qvl, a DCAP library in Rust, gives verdict, status and advisories of every
`quote.verify`.  Where that library decides otherwise, it is said here why, and a difference that
vanishes fails as well.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from datetime import datetime, timezone
from typing import Any, Dict, Final, Iterator, List, Mapping, Optional, Tuple

import pytest

from conformance.vectors import Vector, find_folder, load_file

REASON: Final = "an independent implementation, not a dependency"

MEMBERS: Final = (
    "pck_crl_issuer_chain", "root_ca_crl", "pck_crl", "tcb_info_issuer_chain", "tcb_info",
    "tcb_info_signature", "qe_identity_issuer_chain", "qe_identity", "qe_identity_signature",
    "pck_certificate_chain",
)  # fmt: skip


def vectors_of(*names: str) -> Iterator[Vector]:
    folder = find_folder()
    for name in names:
        yield from load_file(folder / f"{name}.json", folder).vectors


NO_POINT: Final = ("attestation-key-off-curve", "attestation-key-zero")


def slug_of(vector: Vector) -> str:
    return vector.id.split("/")[1]


# --- Parsing, by offsets ------------------------------------------------------------------------

SGX: Final = (
    ("cpu_svn", 16), ("misc_select", 4), ("reserved_1", 28), ("attributes", 16),
    ("mr_enclave", 32), ("reserved_2", 32), ("mr_signer", 32), ("reserved_3", 96),
    ("isv_prod_id", 2), ("isv_svn", 2), ("reserved_4", 60), ("report_data", 64),
)  # fmt: skip
TD_10: Final = (
    ("tee_tcb_svn", 16), ("mr_seam", 48), ("mr_signer_seam", 48), ("seam_attributes", 8),
    ("td_attributes", 8), ("xfam", 8), ("mr_td", 48), ("mr_config_id", 48), ("mr_owner", 48),
    ("mr_owner_config", 48), ("rt_mr0", 48), ("rt_mr1", 48), ("rt_mr2", 48), ("rt_mr3", 48),
    ("report_data", 64),
)  # fmt: skip
TD_15: Final = (*TD_10, ("tee_tcb_svn_2", 16), ("mr_service_td", 48))
TD_15EX: Final = (
    *TD_15, ("vm_id", 1), ("td_id", 32), ("dev_info", 48), ("init_servtd_hash", 48),
    ("init_servtd_attr", 8), ("init_cpu_svn", 16), ("init_tee_tcb_svn", 16),
    ("init_tee_fmspc", 12), ("cur_servtd_hash", 48), ("cur_servtd_attr", 8),
)  # fmt: skip
BODIES: Final[Dict[int, Tuple[str, Any]]] = {
    1: ("sgx", SGX), 2: ("td-1.0", TD_10), 3: ("td-1.5", TD_15), 4: ("td-1.5ex", TD_15EX),
}  # fmt: skip


class Cut:
    """Bytes that are cut off from the front."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def take(self, size: int) -> bytes:
        found, self.raw = self.raw[:size], self.raw[size:]
        assert len(found) == size
        return found

    def number(self, form: str) -> int:
        found: int = struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]
        return found

    def fields(self, table: Any) -> Dict[str, str]:
        return {name: self.take(size).hex() for name, size in table}


def raw_of(text: str) -> bytes:
    if text[:2].lower() == "0x":
        return bytes.fromhex(text[2:])
    try:
        return bytes.fromhex(text)
    except ValueError:
        return base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4))


def parsed(raw: bytes) -> Dict[str, Any]:
    cut = Cut(raw)
    version, key_type, tee = struct.unpack("<HHI", raw[:8])
    assert key_type == 2
    second = ("qe_svn", "pce_svn") if version == 3 else ("reserved_1", "reserved_2")
    header = cut.fields((("version", 2), ("attestation_key_type", 2), ("tee_type", 4),
                         (second[0], 2), (second[1], 2), ("qe_vendor_id", 16),
                         ("user_data", 20)))  # fmt: skip
    kind = cut.number("H") if version == 5 else 2 if tee else 1
    name, table = BODIES[kind]
    if version == 5:
        assert cut.number("I") == sum(size for _, size in table)
    report = cut.fields(table)
    signed = len(raw) - len(cut.raw)
    data = Cut(cut.take(cut.number("I")))
    signature, key = data.take(64).hex(), data.take(64).hex()
    if version != 3:
        assert (data.number("H"), data.number("I")) == (6, len(data.raw))
    qe_report, qe_signature = data.fields(SGX), data.take(64).hex()
    authentication = data.take(data.number("H")).hex()
    inner, certification = data.number("H"), data.take(data.number("I"))
    assert not data.raw
    size = {1: 16, 2: 256, 3: 384}.get(inner)
    platform = {}
    if size is not None:
        whole = Cut(certification)
        platform = whole.fields((("ppid", size), ("cpu_svn", 16), ("pce_svn", 2), ("pce_id", 2)))
        assert not whole.raw
    return {
        "version": version, "tee": "TDX" if tee == 0x81 else "SGX", "body": name,
        "header": header, "report": report, "signed_size": signed, "signature": signature,
        "attestation_key": key, "qe_report": qe_report, "qe_report_signature": qe_signature,
        "qe_authentication_data": authentication, "certification_type": inner,
        "certification_data": certification.hex(), "platform": platform,
        "trailing_size": len(cut.raw),
    }  # fmt: skip


def test_the_fields_of_every_quote() -> None:
    accepted = [v for v in vectors_of("quote/parse") if v.expect.verdict == "accept"]
    assert len(accepted) >= 24
    for vector in accepted:
        assert parsed(raw_of(vector.given["quote"])) == vector.expect.out, vector.id


def test_the_quotes_that_dcap_qvl_parses() -> None:
    """It knows no SGX in versions 4 and 5, and demands 32 bytes of authentication data."""
    qvl = pytest.importorskip("dcap_qvl", reason=REASON)
    compared = 0
    for vector in vectors_of("quote/verify"):
        given, expect = vector.given, vector.expect
        if expect.verdict != "accept" or "allowed" in vector.id or "authentication" in vector.id:
            continue
        quote = qvl.Quote.parse(bytes.fromhex(given["quote"]))
        found = parsed(bytes.fromhex(given["quote"]))
        assert quote.is_tdx() is (found["tee"] == "TDX"), vector.id
        assert bytes(quote.report.report_data).hex() == found["report"]["report_data"], vector.id
        compared += 1
    assert compared > 15


# --- Signatures ---------------------------------------------------------------------------------


def certificates(pem: str) -> List[Any]:
    x509 = pytest.importorskip("cryptography.x509", reason=REASON)
    return list(x509.load_pem_x509_certificates(pem.encode("ascii")))


def signed_by(key: Any, signature: bytes, message: bytes) -> bool:
    pytest.importorskip("cryptography", reason=REASON)
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    pair = utils.encode_dss_signature(
        int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    )
    try:
        key.verify(pair, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def point(xy: bytes) -> Any:
    pytest.importorskip("cryptography", reason=REASON)
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + xy)


def links(given: Mapping[str, Any]) -> Dict[str, bool]:
    """Say which of the links from the PCK certificate to the quote hold."""
    raw = bytes.fromhex(given["quote"])
    found = parsed(raw)
    pem = given.get("pck_certificate_chain")
    if pem is None:
        pem = bytes.fromhex(found["certification_data"]).rstrip(b"\0").decode("ascii")
    report = bytes.fromhex("".join(found["qe_report"].values()))
    key = bytes.fromhex(found["attestation_key"])
    named = hashlib.sha256(key + bytes.fromhex(found["qe_authentication_data"])).digest()
    pck = certificates(pem)[0].public_key()
    return {
        "QUO-12": signed_by(pck, bytes.fromhex(found["qe_report_signature"]), report),
        "QUO-13": found["qe_report"]["report_data"] == (named + bytes(32)).hex(),
        "QUO-16": signed_by(
            point(key), bytes.fromhex(found["signature"]), raw[: found["signed_size"]]
        ),
    }


def test_the_links_of_every_quote() -> None:
    """What is accepted holds together; what breaks one link breaks no other."""
    seen = 0
    for vector in vectors_of("quote/verify", "tcb/levels", "tcb/status"):
        broken = vector.req[0] if vector.expect.verdict == "reject" else ""
        if broken in ("COL-16", "COL-23", "CRT-10") or slug_of(vector) in NO_POINT:
            continue  # the chain does not begin with the PCK certificate, or the key is no point
        found = links(vector.given)
        for name, holds in found.items():
            assert holds is (name != broken), (vector.id, name)
        seen += 1
    assert seen > 200


def test_an_attestation_key_that_is_no_point() -> None:
    for vector in vectors_of("quote/verify"):
        if slug_of(vector) in NO_POINT:
            with pytest.raises(ValueError, match=r"curve|point|[Ii]nvalid|infinity"):
                point(
                    bytes.fromhex(parsed(bytes.fromhex(vector.given["quote"]))["attestation_key"])
                )


def test_the_signed_texts() -> None:
    names = ("quote/verify", "collateral/verify", "tcb/levels", "tcb/status")
    for vector in vectors_of(*names):
        if vector.req[0] in ("COL-1", "COL-2", "COL-21", "CRT-10", "CRT-13", "COL-5"):
            continue
        holds = []
        for name in ("tcb_info", "qe_identity"):
            signer = certificates(vector.given[f"{name}_issuer_chain"])[0].public_key()
            signature = bytes.fromhex(vector.given[f"{name}_signature"])
            holds.append(signed_by(signer, signature, vector.given[name].encode("utf-8")))
        assert all(holds) is (vector.expect.verdict == "accept" or vector.req[0] != "COL-17"), (
            vector.id
        )


def test_the_windows_of_collateral() -> None:
    compared = 0
    for vector in vectors_of("collateral/verify"):
        given, expect = vector.given, vector.expect
        if expect.verdict != "accept" or "collateral" in given:
            continue
        starts, ends = zip(*spans(given))
        assert shown(max(starts)) == expect.out["latest_issue"], vector.id
        assert shown(min(ends)) == expect.out["earliest_expiration"], vector.id
        info = json.loads(given["tcb_info"])
        assert info["fmspc"].lower() == expect.out["fmspc"]
        assert info["tcbEvaluationDataNumber"] == expect.out["tcb_info_evaluation_number"]
        compared += 1
    assert compared > 30


def spans(given: Mapping[str, Any]) -> Iterator[Tuple[datetime, datetime]]:
    x509 = pytest.importorskip("cryptography.x509", reason=REASON)
    for name in ("pck_crl", "tcb_info", "qe_identity"):
        for certificate in certificates(given[f"{name}_issuer_chain"]):
            yield certificate.not_valid_before_utc, certificate.not_valid_after_utc
    for name in ("root_ca_crl", "pck_crl"):
        text = given[name]
        if text.startswith("-----"):
            crl = x509.load_pem_x509_crl(text.encode("ascii"))
        else:
            crl = x509.load_der_x509_crl(raw_of(text))
        yield crl.last_update_utc, crl.next_update_utc
    for name in ("tcb_info", "qe_identity"):
        document = json.loads(given[name])
        yield moment(document["issueDate"]), moment(document["nextUpdate"])


def moment(text: str) -> datetime:
    if text.endswith("Z"):
        text = text[:-1].partition(".")[0] + "+00:00"
    return datetime.fromisoformat(text).astimezone(timezone.utc)


def shown(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- Verdicts -----------------------------------------------------------------------------------

_ENTRIES: Final = "it looks for the entries that it needs, and at the size of some"
_AS_LISTED: Final = "it takes the levels of modules and quoting enclaves as they stand"
_DEFAULT: Final = "its default policy accepts every status but Revoked"
_NO_EXCEPTION: Final = "the exception is not a part of its interface for Python"
_PEM: Final = "it searches the text for blocks"

DIFFERENCES: Final[Dict[str, Tuple[str, str]]] = {
    # slug: what it says, empty for a refusal, and why
    "authentication-0": ("", "it demands 32 bytes of authentication data"),
    "authentication-33": ("", "it demands 32 bytes of authentication data"),
    "trailing-first-byte": ("UpToDate", "it does not look at what follows the signature data"),
    "trailing-last-byte": ("UpToDate", "it does not look at what follows the signature data"),
    "qe-report-data-tail": ("UpToDate", "it compares the first half of REPORTDATA"),
    "qe-mask-hides-expected-bit": ("UpToDate", "it applies the mask to both sides"),
    "debug-allowed": ("", _NO_EXCEPTION),
    "service-td-bound-allowed": ("", _NO_EXCEPTION),
    "service-td-extended-allowed": ("", _NO_EXCEPTION),
    "sgx-debug-allowed": ("", _NO_EXCEPTION),
    "sgx-v4-allowed": ("", "it refuses SGX in versions 4 and 5"),
    "sgx-v5-allowed": ("", "it refuses SGX in versions 4 and 5"),
    "other-pceid": ("UpToDate", "it does not compare PCEID"),
    "other-pceid-swapped": ("UpToDate", "it does not compare PCEID"),
    "chain-text-before": ("UpToDate", _PEM),
    "chain-text-between": ("UpToDate", _PEM),
    "chain-text-behind": ("UpToDate", _PEM),
    "chain-nul-twice": ("UpToDate", _PEM),
    "chain-four-blocks": ("UpToDate", "it builds a path out of the certificates that are there"),
    "chain-without-root": ("UpToDate", "it builds a path out of the certificates that are there"),
    "pck-without-key-usage": ("UpToDate", "it demands no key usage"),
    "extension-largest-numbers": ("", "it takes PCESVN above 32767, three bytes of DER, for wrong"),
    "level-all-above": ("", "it takes PCESVN above 32767, three bytes of DER, for wrong"),
    "extension-six-entries": ("UpToDate", _ENTRIES),
    "extension-two-fmspcs": ("UpToDate", _ENTRIES),
    "extension-unknown-entry": ("UpToDate", _ENTRIES),
    "extension-ppid-15": ("UpToDate", _ENTRIES),
    "extension-pceid-3": ("UpToDate", _ENTRIES),
    "extension-type-3": ("UpToDate", _ENTRIES),
    "extension-type-integer": ("UpToDate", _ENTRIES),
    "extension-instance-15": ("UpToDate", _ENTRIES),
    "extension-flag-not-der": ("UpToDate", _ENTRIES),
    "extension-flag-missing": ("UpToDate", _ENTRIES),
    "extension-component-256": ("UpToDate", _ENTRIES),
    "extension-component-negative": ("UpToDate", _ENTRIES),
    "extension-component-missing": ("UpToDate", _ENTRIES),
    "extension-trailing": ("UpToDate", _ENTRIES),
    "cpusvn-lower": ("OutOfDate", "it evaluates CPUSVN and does not read the components"),
    "cpusvn-higher": ("UpToDate", "it evaluates CPUSVN and does not read the components"),
    "level-module-lowest-first": ("OutOfDate", _AS_LISTED),
    "level-enclave-lowest-first": ("OutOfDate", _AS_LISTED),
    "revoked-by-name": ("UpToDate", "the policy is not its own"),
    "default-out-of-date": ("OutOfDate", _DEFAULT),
    "default-out-of-date-configuration-needed": ("OutOfDateConfigurationNeeded", _DEFAULT),
    "default-td-relaunch-advised": ("TDRelaunchAdvised", _DEFAULT),
    "default-td-relaunch-advised-configuration": (
        "TDRelaunchAdvisedConfigurationNeeded", _DEFAULT,
    ),
    "only-up-to-date-sw-hardening-needed": ("SWHardeningNeeded", _DEFAULT),
    "only-up-to-date-configuration-needed": ("ConfigurationNeeded", _DEFAULT),
    "only-up-to-date-configuration-and-sw-hardening-needed": (
        "ConfigurationAndSWHardeningNeeded", _DEFAULT,
    ),
    "nothing-accepted": ("UpToDate", _DEFAULT),
}  # fmt: skip
"""Where dcap-qvl 0.7.0 decides otherwise; `docs/decisions/0006` says why the reference does not."""


def verdict(qvl: Any, given: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """Return what dcap-qvl reports, or None where it refuses."""
    collateral = json.dumps({name: given[name] for name in MEMBERS if name in given})
    try:
        report = qvl.verify_with_root_ca(
            bytes.fromhex(given["quote"]),
            qvl.QuoteCollateralV3.from_json(collateral),
            bytes.fromhex(given["root"]),
            int(moment(given["now"]).timestamp()),
        )
    except ValueError:
        return None
    return dict(json.loads(report.to_json()))


def test_the_verdicts_of_dcap_qvl() -> None:
    qvl = pytest.importorskip("dcap_qvl", reason=REASON)
    differing = set()
    judged = 0
    for vector in vectors_of("quote/verify", "tcb/levels", "tcb/status"):
        found = verdict(qvl, vector.given)
        out = vector.expect.out
        status = "" if found is None else found["status"]
        if status != out.get("tcb_status", ""):
            assert DIFFERENCES.get(slug_of(vector), ("none", ""))[0] == status, vector.id
            differing.add(slug_of(vector))
        elif found is not None:
            assert found["advisory_ids"] == out["advisory_ids"], vector.id
            assert found["ppid"] == out["ppid"], vector.id
        judged += 1
    assert differing == set(DIFFERENCES)
    assert judged > 230
