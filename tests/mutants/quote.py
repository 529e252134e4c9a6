"""Mistakes in parsing and verifying quotes, and in verifying collateral."""

from __future__ import annotations

from typing import Final, Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_QUOTE: Final = "venice_ref/evidence/tdx/quote.py"
_VERIFY: Final = "venice_ref/evidence/tdx/verify.py"
_QE: Final = "venice_ref/evidence/tdx/qe_report.py"
_COLLATERAL: Final = "venice_ref/evidence/tdx/collateral.py"
_POLICY: Final = "venice_ref/evidence/tdx/policy.py"
_EXCHANGE: Final = "venice_ref/evidence/tdx/exchange.py"
_MEMBERS: Final = "venice_ref/evidence/tdx/members.py"
_PCK: Final = "venice_ref/evidence/tdx/pck.py"

MUTANTS: Final[Tuple[Mutant, ...]] = (
    # --- Parsing
    Mutant(
        "quote.slack-in-a-length", "venice_ref/codec/layout.py",
        "        if self.remaining:\n            raise MalformedError(\n"
        '                f"{name} has', "        if False:\n            raise MalformedError(\n"
        '                f"{name} has',
        ("QUO-7",), "Bytes inside of a length that no field uses are passed over.",
    ),
    Mutant(
        "quote.read-past-the-end", "venice_ref/codec/layout.py",
        'if not 0 <= size <= self.remaining:\n            raise MalformedError(\n'
        '                f"{name} needs', 'if size < 0:\n            raise MalformedError(\n'
        '                f"{name} needs',
        ("QUO-7",), "What is left is not compared before a read.",
    ),
    Mutant(
        "quote.any-outer-type", _QUOTE, "if outer_type != CERTIFICATION_QE_REPORT:",
        "if outer_type > 7:", ("QUO-8",), "The outer certification type is a range.",
    ),
    Mutant(
        "quote.any-inner-type", _QUOTE, "if kind not in _PEM_TYPES:", "if kind == 6:",
        ("QUO-22",), "Unknown inner certification types are kept.",
    ),
    Mutant(
        "quote.version-by-one-byte", _QUOTE, "version = _integer(raw[:2])",
        "version = raw[0]", ("QUO-2",), "One byte of the version is compared.",
    ),
    Mutant(
        "quote.key-type-3", _QUOTE, "if key_type != ATTESTATION_KEY_P256:",
        "if key_type not in (2, 3):", ("QUO-3",), "P-384 is read as P-256.",
    ),
    Mutant(
        "quote.tee-type-of-version-3", _QUOTE,
        "((TEE_SGX,) if version == 3 else (TEE_SGX, TEE_TDX))", "(TEE_SGX, TEE_TDX)",
        ("QUO-4",), "What version 3 calls reserved is the TEE type of version 4.",
    ),
    Mutant(
        "quote.vendor-not-compared", _QUOTE, 'if header["qe_vendor_id"] != QE_VENDOR_ID:',
        'if header["qe_vendor_id"][1:15] != QE_VENDOR_ID[1:15]:', ("QUO-5",),
        "The ends of the vendor's id are not compared.",
    ),
    Mutant(
        "quote.body-size-believed", _QUOTE, "if size != kind.layout.size:",
        "if size < kind.layout.size:", ("QUO-6",), "The size of a body is a lower bound.",
    ),
    Mutant(
        "quote.body-of-another-tee", _QUOTE, "if tee_type != kind.tee_type:", "if False:",
        ("QUO-6",), "The body type is not compared with the TEE type.",
    ),
    Mutant(
        "quote.trailing-anything", _QUOTE, "if any(quote.trailing):",
        "if any(quote.trailing[:-1]):", ("QUO-9",), "The last byte after the data is not read.",
    ),
    Mutant(
        "quote.text-with-space", _QUOTE, "    raw = _decoded(text, where)",
        '    raw = _decoded("".join(text.split()), where)', ("QUO-1",),
        "White space in the text of a quote is skipped.",
    ),
    Mutant(
        "quote.limit-off-by-one", _QUOTE,
        "    if len(raw) > MAX_QUOTE_SIZE:\n        raise MalformedError(\n"
        '            f"a quote of {len(raw)} bytes, at most {MAX_QUOTE_SIZE}", rule="QUO-10",'
        ' where="quote"', "    if len(raw) >= MAX_QUOTE_SIZE:\n        raise MalformedError(\n"
        '            f"a quote of {len(raw)} bytes, at most {MAX_QUOTE_SIZE}", rule="QUO-10",'
        ' where="quote"', ("QUO-10",), "The limit is exclusive.",
    ),
    # --- Signatures and identities
    Mutant(
        "quote.body-alone-signed", _VERIFY,
        "        quote.signed_bytes,\n", "        quote.signed_bytes[:-1],\n", ("QUO-16",),
        "A part of the quote is hashed.",
    ),
    Mutant(
        "quote.attestation-key-unchecked", _VERIFY, "if not is_on_curve(P256, point):",
        "if point == (0, 0):", ("QUO-16",), "The attestation key may be off the curve.",
    ),
    Mutant(
        "quote.qe-report-data-half", _QE,
        'if data.qe_report_fields["report_data"] != hashed + bytes(32):',
        'if data.qe_report_fields["report_data"][:32] != hashed:', ("QUO-13",),
        "The second half of REPORTDATA of the QE report is not compared.",
    ),
    Mutant(
        "quote.authentication-not-hashed", _QE,
        "data.attestation_key + data.qe_authentication_data", "data.attestation_key",
        ("QUO-13",), "The authentication data is not part of the hash.",
    ),
    Mutant(
        "quote.skip-mask", _QE,
        "return bytes(bit & m for bit, m in zip(found, mask)) == expected",
        "return found == expected", ("QUO-14",), "Masks are not applied.",
    ),
    Mutant(
        "quote.mask-both-sides", _QE,
        "return bytes(bit & m for bit, m in zip(found, mask)) == expected",
        "return all(a & m == b & m for a, b, m in zip(found, expected, mask))", ("QUO-14",),
        "An expected bit outside of the mask is passed over.",
    ),
    Mutant(
        "quote.skip-qe-signer", _QE,
        '_require(report["mr_signer"] == identity.mr_signer, "mr_signer")', "pass", ("QUO-14",),
        "MRSIGNER of the quoting enclave is not compared.",
    ),
    Mutant(
        "quote.skip-qe-product", _QE, 'int.from_bytes(report["isv_prod_id"], "little")',
        'report["isv_prod_id"][0]', ("QUO-14",), "One byte of ISVPRODID is compared.",
    ),
    Mutant(
        "quote.accept-debug-qe", _QE, 'if report["attributes"][0] & SGX_FLAG_DEBUG:', "if False:",
        ("QUO-15",), "The mask decides whether the quoting enclave may run under debug.",
    ),
    # --- Policy
    Mutant(
        "quote.debug-covers-profiling", _POLICY, "    if attributes & _PROFILING:",
        "    if attributes & _PROFILING and not policy.allow_debug:", ("QUO-11",),
        "The exception for debug covers profiling.",
    ),
    Mutant(
        "quote.reserved-attributes", _POLICY, "_bits((8, 15), (23, 26), (32, 61))",
        "_bits((9, 15), (23, 26), (32, 61))", ("QUO-17",), "A range of bits starts too late.",
    ),
    Mutant(
        "quote.migratable", _POLICY, "    if attributes & _MIGRATABLE:", "    if False:",
        ("QUO-17",), "A TD that can be migrated is accepted.",
    ),
    Mutant(
        "quote.service-td-bound", _POLICY, 'if any(quote.body.get("mr_service_td", b"")):',
        "if False:", ("QUO-18",), "MRSERVICETD is not looked at.",
    ),
    Mutant(
        "quote.enclave-under-debug", _POLICY,
        'if quote.body["attributes"][0] & SGX_FLAG_DEBUG and not policy.allow_debug:', "if False:",
        ("QUO-19",), "An enclave under debug is accepted.",
    ),
    Mutant(
        "quote.sgx-in-version-5", _POLICY, "if quote.version != 3 and", "if quote.version == 4 and",
        ("QUO-20",), "SGX in version 5 needs no name in the policy.",
    ),
    # --- Collateral
    Mutant(
        "quote.text-rewritten", _COLLATERAL,
        'raw = text.encode("utf-8", "surrogatepass")',
        'raw = text.replace(": ", ":").encode("utf-8", "surrogatepass")', ("COL-17",),
        "The text is written again before it is hashed.",
    ),
    Mutant(
        "quote.ignore-next-update", _COLLATERAL,
        "check_window(now, tcb_info.issue_date, tcb_info.next_update,"
        ' where="tcb_info", rule="COL-9")', "pass", ("COL-9",), "A TCB info may have expired.",
    ),
    Mutant(
        "quote.window-not-compared", _VERIFY, "    collateral.check_use(now)\n", "", ("COL-10",),
        "Verified collateral is used for ever.",
    ),
    Mutant(
        "quote.fmspc-not-compared", _VERIFY, "if pck.fmspc != tcb_info.fmspc:", "if False:",
        ("COL-12",), "The TCB info may be of another platform.",
    ),
    Mutant(
        "quote.pceid-not-compared", _VERIFY, "if pck.pce_id != tcb_info.pce_id:", "if False:",
        ("COL-13",), "PCEID is not compared, as in dcap-qvl.",
    ),
    Mutant(
        "quote.tee-not-compared", _VERIFY, "    _check_tee(quote, collateral)\n", "", ("COL-11",),
        "Collateral for SGX judges a trust domain.",
    ),
    Mutant(
        "quote.cpusvn-not-compared", _PCK,
        "if cpu_svn != bytes(found[number] for number in range(1, 17)):", "if False:",
        ("COL-15",), "CPUSVN and the components may contradict each other.",
    ),
    Mutant(
        "quote.two-fmspcs", _PCK, "if number is None or number in found:", "if number is None:",
        ("COL-14",), "The last of two entries counts.",
    ),
    Mutant(
        "quote.short-ppid", _PCK, "if len(value) != size:", "if len(value) > size:", ("COL-14",),
        "An entry may be shorter than its size.",
    ),
    Mutant(
        "quote.supplied-chain-second", _VERIFY, "    if supplied is not None:",
        "    if supplied is not None and quote.signature_data.certification.type != 5:",
        ("COL-16",), "The chain in the quote goes before that of the collateral.",
    ),
    Mutant(
        "quote.qe-identity-of-sgx", _COLLATERAL, "    _check_qe_id(identity, tcb_info)\n", "",
        ("COL-11",), "The identity of the other quoting enclave is taken.",
    ),
    Mutant(
        "quote.one-exception-for-another", _POLICY, "    if policy.allow_service_td:\n",
        "    if policy.allow_debug:\n", ("QUO-18",), "One exception stands for another.",
    ),
    Mutant(
        "quote.signature-of-any-size", _EXCHANGE, "_text(node, name), size=64,",
        '_text(node, name)[:128].ljust(128, "0"), size=64,', ("COL-21",),
        "A signature is cut or padded to its size.",
    ),
    Mutant(
        "quote.extension-not-required", "venice_ref/evidence/tdx/intel.py",
        "if kind not in certificate.extensions:", "if False:", ("COL-5",),
        "The five extensions of Intel's profile may be missing.",
    ),
    Mutant(
        "quote.list-only-hex", _EXCHANGE, "    if _ONLY_HEX.match(text):", "    if True:",
        ("COL-2",), "Lists in base64 are not read.",
    ),
    Mutant(
        "quote.nul-in-collateral", _EXCHANGE, "            max_count=_MAX_CHAIN,\n",
        "            max_count=_MAX_CHAIN,\n            allow_nul=True,\n", ("COL-1",),
        "A NUL may follow a chain of the collateral.",
    ),
    Mutant(
        "quote.true-is-a-number", _MEMBERS, "if type(svn) is not int or not",
        "if not isinstance(svn, int) or not", ("COL-6",), "true is a component of 1.",
    ),
    Mutant(
        "quote.any-number-of-entries", _MEMBERS, "    if len(items) > MAX_ITEMS:", "    if False:",
        ("COL-22",), "An array has any number of entries.",
    ),
    Mutant(
        "quote.qe-version-3-for-sgx", "venice_ref/evidence/tdx/qe_identity.py",
        '{"QE": (2,), "TD_QE": (2, 3)}', '{"QE": (2, 3), "TD_QE": (2, 3)}', ("COL-8",),
        "Version 3 is taken for every quoting enclave.",
    ),
    Mutant(
        "quote.tcb-type-not-compared", "venice_ref/evidence/tdx/tcb_info.py",
        '    _require(node, "tcbType", 0)\n', "", ("COL-7",), "tcbType is not read.",
    ),
    Mutant(
        "quote.ca-of-the-platform", "venice_ref/evidence/tdx/needs.py",
        '"Intel SGX PCK Processor CA": "processor"', '"Intel SGX PCK Processor CA": "platform"',
        ("COL-20",), "The list of the Platform CA is asked for whatever the certificate says.",
    ),
)  # fmt: skip
