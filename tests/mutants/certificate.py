"""Mistakes with certificates, chains and revocation lists."""

from __future__ import annotations

from typing import Final, Tuple

from tests.mutants.harness import Mutant

__all__ = ["MUTANTS"]

_DER: Final = "venice_ref/codec/der.py"
_PEM: Final = "venice_ref/codec/pem.py"
_CERTIFICATE: Final = "venice_ref/pki/certificate.py"
_CHAIN: Final = "venice_ref/pki/chain.py"
_CRL: Final = "venice_ref/pki/crl.py"
_EXTENSIONS: Final = "venice_ref/pki/extensions.py"
_KEYS: Final = "venice_ref/pki/keys.py"
_NAMES: Final = "venice_ref/pki/names.py"
_SIGNATURES: Final = "venice_ref/pki/signatures.py"
_VALIDITY: Final = "venice_ref/pki/validity.py"
_RSA: Final = "venice_ref/crypto/rsa.py"
_INTEL: Final = "venice_ref/evidence/tdx/intel.py"

_ENCODING: Final = (
    Mutant(
        "certificate.length-not-minimal", _DER,
        "if length < 0x80 or length >> 8 * (count - 1) == 0:", "if length < 0:",
        ("CRT-1", "CRL-1"), "A length may have more octets than it needs, as in BER.",
    ),
    Mutant(
        "certificate.integer-padding", _DER,
        "(content[0] == 0x00 and content[1] < 0x80)", "(content[0] == 0x00 and content[1] < 0x00)",
        ("CRT-1", "CRL-1", "CRT-12"), "An integer may have superfluous leading zeros.",
    ),
    Mutant(
        "certificate.boolean-01", _DER,
        'if content not in (b"\\x00", b"\\xff"):\n'
        '            raise self.error("a boolean is one octet, 00 or FF", name)\n'
        '        return content == b"\\xff"',
        'return content != b"\\x00"',
        ("CRT-1", "CRT-8"), "Every octet but 00 is TRUE, as in BER.",
    ),
    Mutant(
        "certificate.set-unsorted", _DER,
        "        inner.check_ascending()\n", "",
        ("CRT-1",), "The order of a SET OF is not looked at.",
    ),
    Mutant(
        "certificate.unused-bits", _DER,
        "if not content or content[0] != 0:", "if not content:",
        ("CRT-1", "CRT-7"), "The count of unused bits of a BIT STRING is skipped.",
    ),
    Mutant(
        "certificate.time-pivot-70", _DER,
        "year += 1900 if year >= 50 else 2000", "year += 1900 if year >= 70 else 2000",
        ("CRT-6",), "Two digits of a year pivot at 70, as in POSIX.",
    ),
    Mutant(
        "certificate.both-time-forms", _DER,
        "1950 <= found.year <= 2049 and not any_form", "1950 <= found.year <= 2049 and False",
        ("CRT-6", "CRL-1"), "GeneralizedTime stands for every year.",
    ),
    Mutant(
        "certificate.string-types", _DER,
        "if not tag and kind not in (UTF8_STRING, PRINTABLE_STRING, IA5_STRING):",
        "if not tag and kind not in (UTF8_STRING, PRINTABLE_STRING, IA5_STRING, 0x14):",
        ("CRT-5",), "A TeletexString is read as UTF-8.",
    ),
)  # fmt: skip

_FIELDS: Final = (
    Mutant(
        "certificate.any-version", _CERTIFICATE,
        'if version.integer("") != _V3:', 'if version.integer("") < 0:',
        ("CRT-2",), "The version is read and not compared.",
    ),
    Mutant(
        "certificate.serial-20-octets", _CERTIFICATE,
        "    if not 1 <= serial <= _MAX_SERIAL:", "    if not 1 <= serial <= _MAX_SERIAL >> 1:",
        ("CRT-3",), "20 octets of DER are counted, so that numbers of 160 bits are refused.",
    ),
    Mutant(
        "certificate.serial-negative", _CERTIFICATE,
        "    if not 1 <= serial <= _MAX_SERIAL:", "    if not serial or serial > _MAX_SERIAL:",
        ("CRT-3", "CRL-1"), "A negative serial number is accepted.",
    ),
    Mutant(
        "certificate.outer-algorithm-only", _CERTIFICATE,
        'if parse_signature_algorithm(tbs, "signature") != algorithm:',
        'if not parse_signature_algorithm(tbs, "signature"):',
        ("CRT-4",), "The algorithm inside of the signed part is not compared.",
    ),
    Mutant(
        "certificate.last-common-name", _NAMES,
        'return found[0] if len(found) == 1 else ""', 'return found[-1] if found else ""',
        ("CRT-5",), "Of several common names the last one counts.",
    ),
    Mutant(
        "certificate.hybrid-point", _KEYS,
        "raw[0] != 0x04:", "raw[0] not in (0x04, 0x06, 0x07):",
        ("CRT-7",), "The hybrid form of a point is read.",
    ),
    Mutant(
        "certificate.small-rsa", _RSA,
        "MIN_BITS: Final = 2048", "MIN_BITS: Final = 1024",
        ("CRT-7",), "RSA keys of 1024 bits are accepted.",
    ),
    Mutant(
        "certificate.extension-twice", _EXTENSIONS,
        "        if kind in found:\n", "        if kind in found and not critical:\n",
        ("CRT-8",), "Of two critical extensions of a kind the last one counts.",
    ),
    Mutant(
        "certificate.path-without-authority", _EXTENSIONS,
        'if not ca and sequence.raw != b"\\x30\\x00":', "if False:",
        ("CRT-8",), "A path length beside FALSE, and FALSE written out, are read.",
    ),
    Mutant(
        "certificate.critical-by-prefix", _EXTENSIONS,
        "kind not in understood:", "not any(kind.startswith(known) for known in understood):",
        ("CRT-9",), "Identifiers of extensions are compared by their beginning.",
    ),
)  # fmt: skip

_CHAINS: Final = (
    Mutant(
        "certificate.shorter-chain", _CHAIN,
        "if len(chain) != len(roles):", "if len(chain) < len(roles):",
        ("CRT-10",), "A chain may have more certificates than roles.",
    ),
    Mutant(
        "certificate.role-by-content", _CHAIN,
        "re.fullmatch(role.common_name", "re.search(role.common_name",
        ("CRT-10",), "A name contains that of the role, as in Intel's library.",
    ),
    Mutant(
        "certificate.role-with-newline", _CHAIN,
        "re.fullmatch(role.common_name, certificate.subject_cn)",
        're.match(role.common_name + "$", certificate.subject_cn)',
        ("CRT-10",), "A dollar sign in the place of the end of the text.",
    ),
    Mutant(
        "certificate.no-processor-ca", _INTEL,
        "Intel SGX PCK (Platform|Processor) CA", "Intel SGX PCK Platform CA",
        ("CRT-10",), "Only the Platform CA is known, as in go-tdx-guest.",
    ),
    Mutant(
        "certificate.issuer-by-common-name", _CHAIN,
        "if subject.issuer != issuer.subject:", "if subject.issuer_cn != issuer.subject_cn:",
        ("CRT-11",), "Only the common names of issuer and subject are compared.",
    ),
    Mutant(
        "certificate.key-identifier-ignored", _CHAIN,
        "    if subject.aki is not None and issuer.ski is not None and subject.aki != issuer.ski:",
        "    if subject.aki is None and issuer.ski is None and subject.aki != issuer.ski:",
        ("CRT-11",), "The key identifiers are not compared.",
    ),
    Mutant(
        "certificate.upper-signatures-skipped", _CHAIN,
        "    for subject, issuer in reversed(links):", "    for subject, issuer in links[:1]:",
        ("CRT-12",), "Only the signature of the first certificate is verified.",
    ),
    Mutant(
        "certificate.algorithm-of-any-key", _SIGNATURES,
        "    if ALGORITHM_OF[key.kind] != algorithm:",
        '    if (key.kind == "RSA") != (algorithm == SHA256_WITH_RSA):',
        ("CRT-12", "CRL-6"), "Any ECDSA algorithm goes with any curve.",
    ),
    Mutant(
        "certificate.rsa-tail-only", _RSA,
        "if not hmac.compare_digest(found, _encode(digest, k)):",
        "if not found.endswith(_DIGEST_INFO + digest):",
        ("CRT-12",), "The padding before the digest is not looked at.",
    ),
    Mutant(
        "certificate.root-by-name", _CHAIN,
        "    if certificate.public_key != anchor.public_key:",
        "    if anchor.public_key is None:",
        ("CRT-13",), "Any root of the right name is taken for the pinned one.",
    ),
    Mutant(
        "certificate.root-not-self-signed", _CHAIN,
        "    verify_signed(\n"
        "        certificate.public_key, certificate.signature_oid, certificate.tbs,"
        " certificate.signature,\n"
        '        memo=memo, where=where, rule="CRT-13",\n'
        "    )  # fmt: skip\n",
        "",
        ("CRT-13",), "The signature of the root is not verified.",
    ),
    Mutant(
        "certificate.pinned-certificate-required", _CHAIN,
        "        return\n    where = certificate.where\n    if certificate.public_key",
        "        return\n    where = certificate.where\n    if True or certificate.public_key",
        ("CRT-13",), "Only the bytes of a certificate are pinned: one edition is refused.",
    ),
    Mutant(
        "certificate.not-before-ignored", _VALIDITY,
        "    if now < start:", "    if now < start and now > end:",
        ("CRT-14", "CRL-8"), "The beginning of a validity is not compared, as in Intel's library.",
    ),
    Mutant(
        "certificate.end-excluded", _VALIDITY,
        "    if now > end:", "    if now >= end:",
        ("CRT-14", "CRL-8"), "The last second does not count.",
    ),
    Mutant(
        "certificate.root-undated", _CHAIN,
        "    for certificate in chain:\n        check_window(",
        "    for certificate in chain[:-1]:\n        check_window(",
        ("CRT-14",), "The validity of the root is not compared, as in dcap-qvl.",
    ),
    Mutant(
        "certificate.leaf-dated-only", _CHAIN,
        "    for certificate in chain:\n        check_window(",
        "    for certificate in chain[:1]:\n        check_window(",
        ("CRT-14",), "Only the validity of the first certificate is compared.",
    ),
    Mutant(
        "certificate.path-length-ignored", _CHAIN,
        "constraints.path_length is not None and position - 1 > constraints.path_length",
        "constraints.path_length is not None and position > 9",
        ("CRT-15",), "Path lengths are not compared.",
    ),
    Mutant(
        "certificate.path-length-off-by-one", _CHAIN,
        "position - 1 > constraints.path_length", "position > constraints.path_length",
        ("CRT-15",), "The end entity is counted, so that ordinary chains are refused.",
    ),
    Mutant(
        "certificate.issuer-usage-ignored", _CHAIN,
        'elif not {"keyCertSign", *role.usages} <= usage:', "elif not role.usages:",
        ("CRT-15",), "The key usage of an issuer is not compared.",
    ),
    Mutant(
        "certificate.usage-optional", _CHAIN,
        '    elif "keyCertSign" in usage:\n',
        '    elif not usage:\n        return\n    elif "keyCertSign" in usage:\n',
        ("CRT-16",), "Without a key usage an end entity may do everything.",
    ),
    Mutant(
        "certificate.leaf-may-issue", _CHAIN,
        "if certificate.basic_constraints is not None and certificate.basic_constraints.ca:",
        "if certificate.basic_constraints is None:",
        ("CRT-16",), "An end entity may be an authority, and needs basic constraints.",
    ),
    Mutant(
        "certificate.any-key-kind", _CHAIN,
        "    if certificate.public_key.kind != role.key:",
        '    if certificate.public_key.kind == "RSA" != role.key:',
        ("CRT-17",), "Any curve plays any role.",
    ),
    Mutant(
        "certificate.pem-text-skipped", _PEM,
        "found = grammar.match(text, position)", "found = grammar.search(text, position)",
        ("CRT-18",), "Text before a block is skipped.",
    ),
    Mutant(
        "certificate.pem-any-line", _PEM,
        "[A-Za-z0-9+/]{{{_LINE}}}\\r?\\n)*", "[A-Za-z0-9+/]+\\r?\\n)*",
        ("CRT-18",), "Lines before the last one have any length.",
    ),
    Mutant(
        "certificate.pem-nul-everywhere", _PEM,
        "if allow_nul and text", "if text",
        ("CRT-18",), "One NUL may follow every chain.",
    ),
)  # fmt: skip

_LISTS: Final = (
    Mutant(
        "certificate.list-entries-unbounded", _CRL,
        "        if count == MAX_CRL_ENTRIES:", "        if count < 0:",
        ("CRL-1",), "The entries of a list are not counted.",
    ),
    Mutant(
        "certificate.list-version-1", _CRL,
        'if tbs.next_tag != INTEGER or tbs.integer("version") != _V2:',
        'if tbs.next_tag == INTEGER and tbs.integer("version") != _V2:',
        ("CRL-2",), "A list without a version is accepted.",
    ),
    Mutant(
        "certificate.list-partial", _CRL,
        "        if kind in found:\n", "        if kind in found and found[kind].critical:\n",
        ("CRL-4",), "Partial lists are refused only if they say so critically.",
    ),
    Mutant(
        "certificate.list-entry-extensions", _CRL,
        '        ext.check_critical(extensions, (), where=where, rule="CRL-4")\n    entry.finish()',
        "    entry.finish()",
        ("CRL-4",), "Critical extensions of entries are passed over.",
    ),
    Mutant(
        "certificate.list-of-anybody", _CRL,
        "    if crl.issuer != issuer.subject:", "    if not crl.issuer:",
        ("CRL-5",), "The issuer of a list is not compared.",
    ),
    Mutant(
        "certificate.list-of-another-key", _CRL,
        "crl.aki is not None and issuer.ski is not None and crl.aki != issuer.ski",
        "crl.aki is None and issuer.ski is not None and crl.aki != issuer.ski",
        ("CRL-5",), "The key identifier of a list is not compared.",
    ),
    Mutant(
        "certificate.list-by-anybody", _CRL,
        'if issuer.key_usage is None or "cRLSign" not in issuer.key_usage:',
        'if issuer.key_usage is not None and "cRLSign" not in issuer.key_usage:',
        ("CRL-6",), "An issuer without a key usage may sign lists.",
    ),
    Mutant(
        "certificate.list-unnumbered", _CRL,
        "crl.aki is None or crl.crl_number is None", "crl.aki is None and crl.crl_number is None",
        ("CRL-7",), "A number or a key identifier is enough.",
    ),
    Mutant(
        "certificate.list-number-0-missing", _CRL,
        "crl.crl_number is None)", "not crl.crl_number)",
        ("CRL-7",), "The number 0 counts as absent.",
    ),
    Mutant(
        "certificate.list-undated", _CRL,
        '    check_window(now, crl.this_update, crl.next_update, where=where, rule="CRL-8")\n', "",
        ("CRL-8",), "The time of a list is not compared.",
    ),
    Mutant(
        "certificate.remove-from-crl", _CRL,
        '        serials.add(parse_serial(entry, "userCertificate", rule="CRL-1"))\n',
        '        number = parse_serial(entry, "userCertificate", rule="CRL-1")\n'
        '        if not entry.raw.endswith(b"\\x0a\\x01\\x08"):\n'
        "            serials.add(number)\n",
        ("CRL-9",), "An entry with the reason removeFromCRL does not count.",
    ),
    Mutant(
        "certificate.list-optional", _CHAIN,
        "        if len(covering) != 1:", "        if not covering:\n            continue\n"
        "        if len(covering) != 1:",
        ("CRL-10",), "A certificate without a list counts as not revoked.",
    ),
    Mutant(
        "certificate.leaf-looked-up-only", _CHAIN,
        "    for certificate, issuer in reversed(pairs):",
        "    for certificate, issuer in pairs[:1]:",
        ("CRL-9", "CRL-10"), "Only the first certificate is looked up.",
    ),
    Mutant(
        "certificate.lists-believed", _CHAIN,
        "        verify_crl(covering[0], issuer, now=now, memo=memo)\n", "",
        ("CRL-5", "CRL-6", "CRL-8"), "The lists of a chain are read and not verified.",
    ),
    Mutant(
        "certificate.numbers-of-any-list", _CHAIN,
        "if certificate.serial in covering[0].serials:",
        "if any(certificate.serial in crl.serials for crl in crls):",
        ("CRL-9",), "A number is looked up in the lists of all issuers.",
    ),
    Mutant(
        "certificate.root-not-looked-up", _CHAIN,
        "pairs = [*others, last] if chain[-1].issuer == chain[-1].subject else others",
        "pairs = others",
        ("CRL-9", "CRL-10"), "The root is not looked up in its own list.",
    ),
    Mutant(
        "certificate.first-list-counts", _CHAIN,
        "if len(covering) != 1:", "if len(covering) < 1:",
        ("CRL-10",), "Of two lists of one issuer the first one counts.",
    ),
)  # fmt: skip

MUTANTS: Final[Tuple[Mutant, ...]] = (*_ENCODING, *_FIELDS, *_CHAINS, *_LISTS)
