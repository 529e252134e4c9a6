"""Weakened checks of GPU evidence, reference manifests and measurements."""

from __future__ import annotations

from typing import Final, Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_NVIDIA: Final = "venice_ref/evidence/nvidia/"
_PAYLOAD: Final = _NVIDIA + "payload.py"
_CHAIN: Final = _NVIDIA + "chain.py"
_REPORT: Final = _NVIDIA + "report.py"
_OPAQUE: Final = _NVIDIA + "opaque.py"
_VERIFY: Final = _NVIDIA + "verify.py"
_FLEET: Final = _NVIDIA + "fleet.py"
_MEASURED: Final = _NVIDIA + "measurements.py"
_RIM: Final = _NVIDIA + "rim.py"
_DSIG: Final = _NVIDIA + "xmldsig.py"
_C14N: Final = _NVIDIA + "c14n.py"

MUTANTS: Final[Tuple[Mutant, ...]] = (
    Mutant(
        "gpu.responder-nonce", _VERIFY,
        "    if not hmac.compare_digest(report.nonce, nonce):\n",
        "    if nonce not in (report.nonce, report.responder_nonce):\n",
        ("GPU-18",),
        "The nonce may stand at either place.",
    ),
    Mutant(
        "gpu.signature-of-answer", _VERIFY,
        "hashlib.sha384(report.signed_bytes)", "hashlib.sha384(report.signed_bytes[37:])",
        ("GPU-17",),
        "The request is left out of what is signed.",
    ),
    Mutant(
        "gpu.fwid-absent-passes", _VERIFY,
        "    if fwid is None or not hmac",
        "    fwid = chain.fwid if fwid is None else fwid\n    if not hmac", ("GPU-19",),
        "A report without a FWID passes, as in NVIDIA's verifiers.",
    ),
    Mutant(
        "gpu.fwid-not-compared", _VERIFY,
        "    if fwid is None or not hmac.compare_digest(fwid, chain.fwid):\n",
        "    if fwid is None:\n", ("GPU-19",),
        "The FWID has to be there and is not compared.",
    ),
    Mutant(
        "gpu.any-number-of-measurements", _VERIFY,
        "    if len(report.measurements) != GPU_BLOCKS:\n", "    if not report.measurements:\n",
        ("GPU-40",),
        "A report with fewer measurements passes.",
    ),
    Mutant(
        "gpu.architecture-not-compared", _CHAIN,
        "    if known is None or known.match(chain.chip) is None:\n", "    if known is None:\n",
        ("GPU-12",),
        "The architecture is taken from the payload.",
    ),
    Mutant(
        "gpu.any-leaf-name", _CHAIN,
        "    found = _LEAF_NAME.match(leaf.subject_cn)\n",
        '    found = re.match(r"([A-Z]{2}_?[0-9]{2,3}X?) ", leaf.subject_cn)\n',
        ("GPU-12",),
        "Only the chip of the first name is looked at.",
    ),
    Mutant(
        "gpu.alternative-name-ignored", _CHAIN,
        '        if parts[:2] != ["NVIDIA", found[1]]:\n', '        if parts[:1] != ["NVIDIA"]:\n',
        ("GPU-12",),
        "The chip of the alternative name is not compared.",
    ),
    Mutant(
        "gpu.alternative-name-of-three", _CHAIN,
        '        if parts[:2] != ["NVIDIA", found[1]]:\n',
        '        if len(parts) != 3 or parts[:2] != ["NVIDIA", found[1]]:\n', ("GPU-12",),
        "The serial number, which is compared with nothing, has to be there.",
    ),
    Mutant(
        "gpu.chain-parsed-shorter", _CHAIN,
        "_MAX_LENGTH: Final = 8\n", "_MAX_LENGTH: Final = 7\n", ("GPU-8",),
        "Eight certificates are too many to be parsed.",
    ),
    Mutant(
        "gpu.chain-parsed-longer", _CHAIN,
        "_MAX_LENGTH: Final = 8\n", "_MAX_LENGTH: Final = 64\n", ("CRT-18",),
        "Certificates are parsed before their number is looked at.",
    ),
    Mutant(
        "gpu.further-fwid-read", _CHAIN,
        '            fwids.element("[n]")\n', '            _digest(fwids, "[n]")\n', ("GPU-19",),
        "The further digests of firmware have to be of the form of the first.",
    ),
    Mutant(
        "gpu.first-fwid-of-sha384", _CHAIN,
        '        found = _digest(fwids, "[0]")\n        while fwids.more:\n'
        '            fwids.element("[n]")\n',
        '        while fwids.more:\n            try:\n'
        '                one = _digest(fwids, "[n]")\n'
        '            except MalformedError:\n                continue\n'
        '            found = found or one\n', ("GPU-19",),
        "The first digest by SHA-384 is taken, wherever it stands.",
    ),
    Mutant(
        "gpu.device-key-not-compared", _CHAIN,
        "chain.device_key is not None and chain.device_key != chain.device.spki",
        "chain.device_key == b''", ("GPU-20",),
        "The key that the extension repeats is not compared.",
    ),
    Mutant(
        "gpu.root-by-name", _CHAIN,
        "    verify_chain(\n        chain.certificates,\n        anchor=root,\n",
        "    root = TrustAnchor('', public_key=chain.certificates[-1].public_key)\n"
        "    verify_chain(\n        chain.certificates,\n        anchor=root,\n",
        ("GPU-9", "GPU-38"),
        "The received root is trusted because it signed itself.",
    ),
    Mutant(
        "gpu.longer-chain", _CHAIN,
        "    if len(certificates) != CHAIN_LENGTH:\n",
        "    certificates = certificates[-CHAIN_LENGTH:]\n"
        "    if len(certificates) != CHAIN_LENGTH:\n",
        ("GPU-8",),
        "Certificates before the last five are ignored.",
    ),
    Mutant(
        "gpu.fwid-any-form", _CHAIN,
        "    if len(found) != 1:\n", "    if not found:\n", ("GPU-19",),
        "Of two extensions with a FWID the first is read.",
    ),
    Mutant(
        "gpu.critical-not-understood", _CHAIN,
        "_UNDERSTOOD: Final = frozenset({COMPOSITE_DEVICE_ID, DICE_TCB_INFO, _SUBJECT_ALT_NAME})",
        "_UNDERSTOOD: Final = frozenset({COMPOSITE_DEVICE_ID})", ("GPU-11", "GPU-39"),
        "A critical FWID of Blackwell is refused.",
    ),
    Mutant(
        "gpu.trailing-bytes", _REPORT,
        "    reader.finish()\n", "", ("GPU-13",),
        "Bytes after the signature are accepted, as by teep.",
    ),
    Mutant(
        "gpu.report-of-any-size", _REPORT,
        "    if len(raw) > MAX_GPU_REPORT_SIZE:\n", "    if len(raw) > 1 << 20:\n", ("GPU-13",),
        "A report has no limit.",
    ),
    Mutant(
        "gpu.index-twice", _REPORT,
        "        if not 0 <= index < MAX_BLOCKS or index in found:\n",
        "        if not 0 <= index < MAX_BLOCKS:\n", ("GPU-13",),
        "Of an index that occurs twice the last value wins.",
    ),
    Mutant(
        "gpu.index-zero", _REPORT,
        "        if not 0 <= index < MAX_BLOCKS or index in found:\n",
        "        if index >= MAX_BLOCKS or index in found:\n", ("GPU-13",),
        "The index 0 is accepted.",
    ),
    Mutant(
        "gpu.parameters-not-compared", _REPORT,
        '    "spdm_version": 0x11, "code": 0xE0, "param1": 0x01, "param2": 0xFF, "slot_id": 0,\n',
        '    "spdm_version": 0x11, "code": 0xE0,\n', ("GPU-14",),
        "The parameters of the request are not looked at, as by every other verifier.",
    ),
    Mutant(
        "gpu.block-form-not-compared", _REPORT,
        '        _require(block, _BLOCK_VALUES, place, "GPU-15")\n', "", ("GPU-15",),
        "The form of a measurement is not looked at.",
    ),
    Mutant(
        "gpu.opaque-twice", _OPAQUE,
        "        if kind in fields:\n", "        if kind in fields and fields[kind] == data:\n",
        ("GPU-16",),
        "Of a type that occurs twice the last one wins.",
    ),
    Mutant(
        "gpu.opaque-unknown", _OPAQUE,
        "        if not _FIRST_TYPE <= kind <= _LAST_TYPE:\n", "        if not kind:\n",
        ("GPU-16",),
        "Unknown types are skipped.",
    ),
    Mutant(
        "gpu.opaque-version", _OPAQUE,
        "    if version > _MAX_VERSION:\n", "    if version & 255 > 2:\n", ("GPU-16",),
        "Later versions are read by the rules of this one.",
    ),
    Mutant(
        "gpu.text-prefix", _OPAQUE,
        r'{1,32})\0*\Z")', r'{1,32})\0*")', ("GPU-16",),
        "A text is read up to the first character that it must not have.",
    ),
    Mutant(
        "gpu.mode-by-flag-only", _OPAQUE,
        '    if protected is not None and protected != (mode == "PPCIE"):\n',
        '    if protected is not None and mode == "x":\n', ("GPU-41",),
        "The two statements about the mode are not compared.",
    ),
    Mutant(
        "gpu.decoder-absent-is-disabled", _OPAQUE,
        "NVDEC0_STATUS, where) is False", "NVDEC0_STATUS, where) is not True", ("GPU-16",),
        "An absent status of the decoder counts as disabled, so that index 35 is skipped.",
    ),
    Mutant(
        "gpu.stated-nonce-ignored", _PAYLOAD,
        '    stated += [(gpu.nonce, "GPU-6", gpu.where) for gpu in payload.gpus]\n', "",
        ("GPU-6",),
        "Only the nonce of the payload is compared.",
    ),
    Mutant(
        "gpu.architecture-of-entry-ignored", _PAYLOAD,
        "    if outer is not None and arch != outer:\n", "    if outer == '':\n", ("GPU-7",),
        "An entry may contradict the payload.",
    ),
    Mutant(
        "gpu.boolean-architecture", _PAYLOAD,
        "type(arch) is int", "isinstance(arch, int)", ("GPU-7",),
        "A boolean counts as an integer.",
    ),
    Mutant(
        "gpu.no-limit", _PAYLOAD,
        "    if len(entries) > MAX_GPUS:\n", "    if len(entries) > 1000:\n", ("GPU-4",),
        "The number of GPUs has no limit.",
    ),
    Mutant(
        "gpu.empty-fleet", _FLEET,
        '    if not gpus:\n        raise EvidenceError("no GPU", rule="GPU-1")\n',
        "    if not gpus:\n        return Fleet((), '', '', '', '', frozenset())\n", ("GPU-1",),
        "A list without GPUs has no fault.",
    ),
    Mutant(
        "gpu.device-twice", _FLEET,
        '        ("device", lambda gpu: gpu.device_serial),\n', "", ("GPU-21",),
        "Only the certificates of the signing keys are compared.",
    ),
    Mutant(
        "gpu.certificate-twice", _FLEET,
        '        ("certificate", lambda gpu: gpu.serial),\n'
        '        ("device", lambda gpu: gpu.device_serial),\n', "", ("GPU-21",),
        "Only the nonces of the responders are compared.",
    ),
    Mutant(
        "gpu.report-twice", _FLEET,
        '        ("nonce of its own", lambda gpu: gpu.responder_nonce),\n', "", ("GPU-21",),
        "The nonces of the responders are not compared.",
    ),
    Mutant(
        "gpu.mixed-drivers", _FLEET,
        '            ("driver", gpu.description.driver_version,'
        " first.description.driver_version),\n",
        "", ("GPU-22",),
        "The GPUs may have different drivers.",
    ),
    Mutant(
        "gpu.no-switches", _FLEET,
        "        if not switches or switches != seen[0]:\n", "        if switches != seen[0]:\n",
        ("GPU-23",),
        "Sets of switches that are empty are equal.",
    ),
    Mutant(
        "gpu.switches-attested", _NVIDIA + "facts.py",
        '"gpu_switches_attested": False if switches else None,',
        '"gpu_switches_attested": True if switches else None,', ("GPU-24",),
        "Switches that the GPUs named count as attested.",
    ),
    Mutant(
        "gpu.policy-count", _FLEET,
        "found != policy.gpu_count", "found < policy.gpu_count", ("GPU-25",),
        "More GPUs than were demanded pass.",
    ),
    Mutant(
        "gpu.zeros-skipped", _MEASURED,
        "        compared.append(index)\n",
        "        if not any(gpu.measurements.get(index, b'')):\n            continue\n"
        "        compared.append(index)\n",
        ("GPU-33",),
        "Measurements of zeros, and missing ones, are not compared.",
    ),
    Mutant(
        "gpu.decoder-always-skipped", _MEASURED,
        "        if index == NVDEC0_INDEX and gpu.description.nvdec0_disabled:\n",
        "        if index == NVDEC0_INDEX:\n", ("GPU-33",),
        "Index 35 is never compared.",
    ),
    Mutant(
        "gpu.manifests-overlap", _MEASURED,
        "    if both:\n", "    if both and driver.golden == vbios.golden:\n", ("GPU-44",),
        "The manifest of the VBIOS wins.",
    ),
    Mutant(
        "gpu.known-good-without-mode", _NVIDIA + "known_good.py",
        "            and self.mode == found.mode\n", "", ("GPU-34", "GPU-45"),
        "Good values of another mode are used.",
    ),
    Mutant(
        "gpu.manifest-name-any", _RIM,
        "    if _ID.match(name) is None:", "    if not name:", ("GPU-26",),
        "Signed fields go into a URL as they are.",
    ),
    Mutant(
        "gpu.manifest-of-other-name", _RIM,
        '    if node.text("id") != name:\n', '    if not node.text("id"):\n', ("GPU-42",),
        "The name in the answer is not compared.",
    ),
    Mutant(
        "gpu.manifest-version", _RIM,
        "    if manifest.edition != EDITION_GPU or manifest.version.lower() != version.lower():\n",
        "    if manifest.edition != EDITION_GPU:\n", ("GPU-31",),
        "The manifest of another driver passes.",
    ),
    Mutant(
        "gpu.manifest-digest", _DSIG,
        "    if not hmac.compare_digest(found, signature.digest):\n", "    if not found:\n",
        ("GPU-29",),
        "Only SignedInfo is verified, and not that the document has its digest.",
    ),
    Mutant(
        "gpu.manifest-other-elements", _RIM,
        "        _require(element.uri == SWID_NAMESPACE and element.local == local,"
        " element, where)\n",
        "        _require(element.uri == SWID_NAMESPACE, element, where)\n", ("GPU-28",),
        "Elements are taken by their place.",
    ),
    Mutant(
        "gpu.manifest-key-info", _DSIG,
        '    (x509_data,) = reader.children(key_info, "X509Data")\n',
        "    x509_data = key_info.elements[-1]\n", ("GPU-28",),
        "A signature may bring a key beside its certificates.",
    ),
    Mutant(
        "gpu.manifest-reference", _DSIG,
        '    if [(a.uri, a.local, a.value) for a in reference.attributes] != [("", "URI", "")]:\n',
        "    if len(reference.attributes) > 1:\n", ("GPU-28",),
        "The reference may be to a part of the document.",
    ),
    Mutant(
        "gpu.manifest-byte-order-mark", _C14N,
        "    decode_utf8(raw, where=where, rule=_RULE)",
        '    if raw[:1] == b"\\xef":\n'
        '        raise MalformedError("a byte order mark", rule=_RULE, where=where)\n'
        "    decode_utf8(raw, where=where, rule=_RULE)", ("GPU-27",),
        "A byte order mark is refused.",
    ),
    Mutant(
        "gpu.manifest-reserved-prefix", _C14N,
        '    if prefix in ("xml", "xmlns") or uri in (_XML_NAMESPACE, _XMLNS_NAMESPACE):\n',
        '    if prefix == "xmlns":\n', ("GPU-27",),
        "The prefix xml may be declared.",
    ),
    Mutant(
        "gpu.manifest-comments-in-tree", _C14N,
        "    parser.CharacterDataHandler = builder.characters\n",
        "    parser.CharacterDataHandler = builder.characters\n"
        '    parser.CommentHandler = lambda _: builder._open and builder.characters("")\n',
        ("GPU-28",),
        "A comment leaves a node behind, so that an element is not empty.",
    ),
    Mutant(
        "gpu.manifest-space-in-resource", _RIM,
        "    _require(not resource.children, resource, where)\n",
        "    _require(not resource.elements and not _has_text(resource), resource, where)\n",
        ("GPU-28",),
        "White space in a measurement passes.",
    ),
    Mutant(
        "gpu.manifest-space-in-algorithm", _DSIG,
        "or element.elements or element.text:\n", "or element.elements or element.text.strip():\n",
        ("GPU-28",),
        "White space in an algorithm passes.",
    ),
    Mutant(
        "gpu.manifest-digest-of-null", _RIM,
        "    if digest is not None:\n",
        '    if "sha256" in node.members:\n        digest = digest or ""\n', ("GPU-42",),
        "A digest of null is compared.",
    ),
    Mutant(
        "gpu.manifest-doctype", _C14N,
        "    parser.StartDoctypeDeclHandler = builder.document_type\n", "", ("GPU-27",),
        "Document types, and the entities that they declare, are accepted.",
    ),
    Mutant(
        "gpu.canonical-form-exclusive", _C14N,
        '        if rendered.get(prefix, "") != uri:\n',
        '        used = {element.name.rpartition(":")[0]}\n'
        '        used |= {a.name.rpartition(":")[0] for a in element.attributes}\n'
        '        if rendered.get(prefix, "") != uri and prefix in used:\n',
        ("GPU-43",),
        "Namespaces that nothing uses are dropped, as in the exclusive form.",
    ),
    Mutant(
        "gpu.canonical-attribute-order", _C14N,
        "    attributes = sorted(element.attributes + inherited)\n",
        "    attributes = element.attributes\n", ("GPU-43",),
        "The `xml:lang` around a part of the document is forgotten.",
    ),
    Mutant(
        "gpu.manifest-index-twice", _RIM,
        "        if index in seen:\n", "        if index in golden and active:\n", ("GPU-32",),
        "An index may occur twice where it is active once.",
    ),
    Mutant(
        "gpu.manifest-empty", _RIM,
        "    if not golden:\n", "    if not seen:\n", ("GPU-32",),
        "A manifest without an active index passes.",
    ),
)  # fmt: skip
