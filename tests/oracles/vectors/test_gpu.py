"""The vectors of GPU evidence, by `struct`, `cryptography` (Rust and OpenSSL) and `lxml`.

Nothing here is shared with `venice_ref`: reports are read by `plain_gpu`, certificates and every
signature on P-384 by `cryptography`, canonical XML comes from libxml2.  Of rejected vectors it is
shown that everything which the vector does not break is genuine.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Dict, Final, Iterator, List, Sequence, Tuple

import pytest

from conformance.vectors import Vector, find_folder, load_file
from tests.oracles.vectors.plain_gpu import RefusedError, read_opaque, read_report

REASON: Final = "the independent implementation `cryptography` is not installed"
x509 = pytest.importorskip("cryptography.x509", reason=REASON)
ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec", reason=REASON)
hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes", reason=REASON)
utils = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.utils", reason=REASON)
exceptions = pytest.importorskip("cryptography.exceptions", reason=REASON)

SHA384: Final = bytes.fromhex("0609608648016503040202") + b"\x04\x30"
"""The object identifier of SHA-384, and the head of 48 octets: what stands before a FWID."""


INHERITED: Final = ("inherited-attribute",)
"""Where an `xml:lang` around a part belongs to it (Canonical XML 1.1, 2.4), which lxml, that takes
the part for a document, does not know."""


def vectors(name: str) -> Tuple[Vector, ...]:
    """Return the vectors of a file."""
    folder = find_folder()
    return load_file(folder / f"gpu/{name}.json", folder).vectors


def slug(vector: Vector) -> str:
    """Return the id without its operation."""
    return vector.id.split("/")[1]


def accepted(name: str) -> Iterator[Vector]:
    """Yield the vectors of a file that have to be accepted."""
    found = [vector for vector in vectors(name) if vector.expect.verdict == "accept"]
    assert found
    yield from found


def signs(key: Any, signature: bytes, message: bytes) -> bool:
    """Say whether r || s is a signature of ECDSA on P-384 with SHA-384."""
    r, s = (int.from_bytes(half, "big") for half in (signature[:48], signature[48:]))
    try:
        key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA384()))
    except exceptions.InvalidSignature:
        return False
    return True


def linked(chain: Sequence[Any]) -> bool:
    """Say whether each certificate is signed by the next one, and the last by itself."""
    try:
        for subject, issuer in zip(chain, [*chain[1:], chain[-1]]):
            subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, exceptions.InvalidSignature):
        return False
    return True


def fwid_of(certificate: Any) -> bytes:
    """Return the first digest by SHA-384 in the extension with the FWID."""
    for extension in certificate.extensions:
        if extension.oid.dotted_string.startswith("2.23.133.5.4.1"):
            value: bytes = extension.value.value
            at = value.index(SHA384) + len(SHA384)
            return value[at : at + 48]
    raise AssertionError("there is no FWID")


# --- Payload, opaque data, reports ----------------------------------------------------------------


def test_payloads() -> None:
    for vector in accepted("payload"):
        payload = json.loads(vector.given["payload"])
        outer = payload.get("arch")
        for entry, gpu in zip(payload["evidence_list"], vector.expect.out["gpus"]):
            inner = entry.get("arch")
            assert gpu["arch"] == (inner if isinstance(inner, str) else outer)
            for name in ("certificate", "evidence"):
                raw = base64.b64decode(entry[name], validate=True)
                assert gpu[f"{name}_sha256"] == hashlib.sha256(raw).hexdigest()
        nonces = [payload.get("nonce"), *(e.get("nonce") for e in payload["evidence_list"])]
        assert {n.lower() for n in nonces if n is not None} <= {vector.given["nonce"]}
        assert len(payload["evidence_list"]) == len(vector.expect.out["gpus"]) <= 64


def test_opaque_data() -> None:
    for vector in vectors("opaque"):
        raw = bytes.fromhex(vector.given["opaque"])
        if vector.expect.verdict == "accept":
            assert read_opaque(raw) == vector.expect.out, vector.id
        else:
            with pytest.raises(RefusedError):
                read_opaque(raw)


def test_reports() -> None:
    for vector in vectors("report"):
        raw = bytes.fromhex(vector.given["report"])
        if vector.expect.verdict == "reject":
            with pytest.raises(RefusedError):
                read_opaque(read_report(raw).opaque)
            continue
        report = read_report(raw)
        facts, out = read_opaque(report.opaque), vector.expect.out
        found = {
            "nonce": report.nonce.hex(),
            "responder_nonce": report.responder_nonce.hex(),
            "signature": report.signature.hex(),
            "driver_version": facts["driver_version"],
            "vbios_version": facts["vbios_version"],
            "measurements": {str(i): v.hex() for i, v in sorted(report.measurements.items())},
        }
        assert found == out, vector.id
        assert vector.mid == {"signed_digest": hashlib.sha384(report.signed).hexdigest()}


# --- Chains and evidence --------------------------------------------------------------------------


def test_chains() -> None:
    unlinked = {"real-root-behind-forged-chain", "reversed", "first-twice", "no-root"}
    for vector in vectors("chain"):
        pem = vector.given["certificates"].encode()
        try:
            chain = x509.load_pem_x509_certificates(pem)
        except ValueError:
            raise AssertionError(f"{vector.id} is not read") from None
        if slug(vector) not in unlinked:
            assert linked(chain), vector.id
        else:
            assert not linked(chain), vector.id
        if vector.expect.verdict == "reject":
            continue
        leaf, device, *_, root = chain
        raw = root.public_bytes(_der())
        assert hashlib.sha256(raw).hexdigest() == vector.given["root"]
        name = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        out = {
            "chip": name.split(" ")[0],
            "fwid": fwid_of(leaf).hex(),
            "ueid": str(leaf.serial_number),
            "device_serial": f"{device.serial_number:x}",
        }
        assert out == vector.expect.out, vector.id


def _der() -> Any:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    return serialization.Encoding.DER


def evidence(vector: Vector) -> Iterator[Tuple[List[Any], bytes]]:
    """Yield certificates and report of each GPU of a payload."""
    for entry in json.loads(vector.given["payload"])["evidence_list"]:
        pem = base64.b64decode(entry["certificate"])
        yield x509.load_pem_x509_certificates(pem), base64.b64decode(entry["evidence"])


def test_signatures_of_reports() -> None:
    """Each report is signed by the first of five linked certificates, but where a vector says."""
    for vector in vectors("verify"):
        gpus = list(evidence(vector))
        good = [signs(chain[0].public_key(), raw[-96:], raw[:-96]) for chain, raw in gpus]
        assert all(good) != slug(vector).startswith("signature-"), vector.id
        assert all(linked(chain) for chain, _ in gpus)


def test_facts_of_gpus() -> None:
    for vector in accepted("verify"):
        out, found = vector.expect.out, []
        for number, (chain, raw) in enumerate(evidence(vector)):
            report = read_report(raw)
            facts = read_opaque(report.opaque)
            leaf, device = chain[0], chain[1]
            assert report.nonce.hex() == vector.given["nonce"]
            assert facts["fwid"] == fwid_of(leaf).hex()
            assert [facts[n] for n in ("driver_version", "vbios_version", "mode")] == [
                out[n] for n in ("driver_version", "vbios_version", "mode")
            ]
            name = device.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
            assert name == out["model"]
            switches = sorted(set(facts["switches"]) - {"00" * 8})
            assert out["switches"] == (switches if out["mode"] == "PPCIE" else [])
            found.append(
                {
                    "name": f"GPU-{number}",
                    "chip": name.split(" ")[0],
                    "ueid": str(leaf.serial_number),
                    "fwid": facts["fwid"],
                }
            )
        assert found == out["gpus"]


def test_nonces_of_reports() -> None:
    """Where a nonce is the flaw it is another one, and elsewhere it is the client's."""
    for vector in vectors("verify"):
        nonces = {raw[4:36].hex() for _, raw in evidence(vector)}
        other = "GPU-18" in vector.req and vector.expect.verdict == "reject"
        assert (nonces <= {vector.given["nonce"]}) != other, vector.id


# --- Good values ----------------------------------------------------------------------------------


def test_manifests() -> None:
    etree = pytest.importorskip("lxml.etree", reason="lxml, the oracle, is not installed")
    for vector in accepted("manifest"):
        tree = etree.fromstring(vector.given["manifest"].encode())
        signature = tree[-1]
        info = _canonical(etree, signature[0])
        if slug(vector) in INHERITED:
            info = info.replace(b">", b' xml:lang="en">', 1)
        certificates = [
            x509.load_der_x509_certificate(base64.b64decode(element.xpath("string()")))
            for element in signature.iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
        ]
        value = base64.b64decode(signature[1].xpath("string()"))
        assert signs(certificates[0].public_key(), value, info), vector.id
        assert linked(certificates)
        good = _good(tree)
        signature.getprevious().tail = (signature.getprevious().tail or "") + (signature.tail or "")
        tree.remove(signature)
        document = hashlib.sha384(_canonical(etree, tree)).digest()
        stated = re.search(rb"DigestValue>([^<]+)<", info)
        assert stated is not None
        assert base64.b64decode(stated.group(1)) == document
        assert vector.mid == {
            "document_digest": document.hex(),
            "signed_info_digest": hashlib.sha384(info).hexdigest(),
        }
        assert vector.expect.out == {"good": good}, vector.id


def _canonical(etree: Any, element: Any) -> bytes:
    raw: bytes = etree.tostring(element, method="c14n", with_comments=False, with_tail=False)
    return raw


def _good(tree: Any) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for element in tree.iter("{*}Resource"):
        if element.get("active") == "True":
            space = "{http://www.w3.org/2001/04/xmlenc#sha384}"
            count = int(element.get("alternatives"))
            found[element.get("index")] = [element.get(f"{space}Hash{n}") for n in range(count)]
    return found


def test_names_of_manifests() -> None:
    for vector in vectors("manifest_name"):
        g = vector.given
        start = (
            f"NV_GPU_DRIVER_{g['chip']}" if g["arch"] == "HOPPER"
            else f"NV_GPU_CC_DRIVER_{g['chip_info'] or 'GB100'}"
        )  # fmt: skip
        driver = f"{start}_{g['driver_version']}"
        board = [g["project"], g["project_sku"], g["chip_sku"]]
        vbios = f"NV_GPU_VBIOS_{'_'.join(board)}_{g['vbios_version'].replace('.', '')}"
        good = all(board) and all(
            re.fullmatch(r"[A-Za-z0-9._]{1,128}", name) for name in (driver, vbios)
        )
        assert good == (vector.expect.verdict == "accept"), vector.id
        if good:
            assert vector.expect.out == {"driver": driver.upper(), "vbios": vbios.upper()}


def test_answers_of_the_manifest_service() -> None:
    for vector in accepted("manifest_answer"):
        answer = json.loads(vector.given["answer"])
        raw = base64.b64decode(answer["rim"], validate=True)
        assert (answer["id"], raw.hex()) == (vector.given["name"], vector.expect.out["document"])
        digests = {hashlib.sha256(one).hexdigest() for one in (raw, answer["rim"].encode())}
        assert (answer.get("sha256") or min(digests)).lower() in digests


def test_measurements() -> None:
    for vector in vectors("measurement"):
        gpu = vector.given["gpu"]
        good = _good_for(vector, gpu)
        if good is None:
            assert vector.expect.out["level"] == "signed", vector.id
            continue
        skipped = ["35"] if gpu["nvdec0_disabled"] and "35" in good else []
        compared = [index for index in good if index not in skipped]
        matches = [gpu["measurements"].get(index) in good[index] for index in compared]
        both = "manifests" in vector.given and set(vector.given["manifests"]["driver"]) & set(
            vector.given["manifests"]["vbios"]
        )
        passes = bool(compared) and all(matches) and not both
        assert passes == (vector.expect.verdict == "accept"), vector.id
        if passes:
            assert sorted(map(int, compared)) == vector.expect.out["compared"]
            assert list(map(int, skipped)) == vector.expect.out["skipped"]


def _good_for(vector: Vector, gpu: Dict[str, Any]) -> Any:
    if "table" not in vector.given:
        return {**vector.given["manifests"]["driver"], **vector.given["manifests"]["vbios"]}
    board = "_".join(gpu[name] for name in ("project", "project_sku", "chip_sku"))
    for row in vector.given["table"]:
        names = ("chip", "driver_version", "vbios_version", "mode")
        if row["board"] == board and all(row[name] == gpu[name] for name in names):
            return row["good"]
    return None
