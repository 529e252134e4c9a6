"""The quote in an answer: where it stands, what kind it is, and what its REPORTDATA binds."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Callable, Dict, Final, Tuple

from conformance.generate.attestation import kit
from conformance.generate.attestation.kit import (
    NONCE,
    Tests,
    binding_policy,
    build,
    edited,
    outcome,
)
from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.mock_tee.quoting import TRAILING_ZEROS

_QUOTE: Final = "attestation.evidence.quote"
_ATTRIBUTES: Final = bytes.fromhex("0000001000000000")
_KEY: Final = "ReportDataKey"
_NONCE: Final = "ReportDataNonce"


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/bound`."""
    tests = Tests(builder, now="2026-01-01T12:00:02Z")
    _flags(tests)
    _report_data_flags(tests)
    _encodings(tests)
    _places(tests)
    _differing(tests)
    _stated_report_data(tests)
    _kinds(tests)
    _attributes(tests)
    _address(tests)
    _padding(tests)
    _nonce(tests)


def _flags(tests: Tests) -> None:
    tests.flag(
        "NoQuote",
        "AUTH_BYPASS",
        "the answer has no quote",
        "verified is true, and nothing proves anything",
        "require a quote whatever the server says of it",
    )
    tests.flag(
        "QuoteForm",
        "MALFORMED",
        "the quote does not parse",
        "one parser reads another REPORTDATA than the next",
        "decode one of the named forms and consume every length",
    )
    tests.flag(
        "TwoQuotes",
        "AUTH_BYPASS",
        "the answer states two quotes, or another REPORTDATA",
        "a client binds the key to the one and verifies the signatures of the other",
        "require equality of all statements",
        "one public client reads the binding from quote_report_data only",
    )
    tests.flag(
        "Debuggable",
        "CONFIDENTIALITY",
        "the host can look into the trust domain",
        "the operator reads the model key and every prompt",
        "refuse any bit of TUD",
        "Intel TDX Module 1.5 ABI, ATTRIBUTES",
    )
    tests.flag(
        "NotATrustDomain",
        "AUTH_BYPASS",
        "the quote is that of an SGX enclave",
        "any enclave of anybody can sign 64 bytes of its choice",
        "require the TEE type of TDX",
    )


def _report_data_flags(tests: Tests) -> None:
    tests.flag(
        _KEY,
        "AUTH_BYPASS",
        "REPORTDATA does not begin with the address of the key",
        "the client encrypts to a key that no machine has",
        "compare 20 bytes of the quote with the address of the key",
    )
    tests.flag(
        "ReportDataPadding",
        "AUTH_BYPASS",
        "REPORTDATA is of another layout",
        "the first bytes of a hash or of another key pass for an address",
        "require twelve zero bytes",
    )
    tests.flag(
        _NONCE,
        "FRESHNESS",
        "REPORTDATA does not end with the nonce",
        "a recorded quote, of a machine whose key has leaked since, passes for a new one",
        "compare 32 bytes of the quote with the nonce that was sent; the echo is not signed",
        "venice-e2ee-proxy compares the echo only",
    )
    tests.flag(
        "HashedNonce",
        "DOWNGRADE",
        "REPORTDATA ends with SHA-256 of the nonce",
        "a REPORTDATA that no honest enclave builds is accepted",
        "refuse it unless the policy names it",
        "veil-evidence-kit 0.5 accepts both",
    )


def _encodings(tests: Tests) -> None:
    answer = build()
    raw = bytes.fromhex(answer["intel_quote"])
    tests.accept(
        "bound",
        "The quote binds the key and the nonce.",
        answer,
        "BND-1",
        "BND-2",
        "BND-3",
        "BND-4",
        "QUO-1",
        "QUO-4",
        "QUO-9",
        "QUO-11",
        "ATT-7",
        "KEY-9",
    )
    for slug, why, value in (
        ("quote-capitals", "Hexadecimal digits in upper case.", raw.hex().upper()),
        ("quote-0x", "The prefix of Ethereum.", "0x" + raw.hex()),
        ("quote-base64", "The form that the guide documents.", base64.b64encode(raw).decode()),
        ("quote-base64url", "Base64url without padding.",
         base64.urlsafe_b64encode(raw).decode().rstrip("=")),
    ):  # fmt: skip
        tests.accept(slug, why, edited(answer, "intel_quote", value), "QUO-1")
    tests.reject(
        "quote-not-encoded",
        "No encoding of bytes at all.",
        "bound",
        edited(answer, "intel_quote", "quote!"),
        "QUO-1",
        "QuoteForm",
    )
    cut = raw[: len(raw.rstrip(b"\0")) - 16].hex()
    tests.reject(
        "quote-cut-off",
        "The quote ends inside of its signature data.",
        "bound",
        edited(answer, "intel_quote", cut),
        "QUO-7",
        "QuoteForm",
    )
    tests.accept(
        "quote-without-trailing-zeros",
        "Nothing behind the signature data.",
        edited(answer, "intel_quote", raw[:-TRAILING_ZEROS].hex()),
        "QUO-9",
    )
    tests.reject(
        "quote-trailing-bytes",
        "Bytes that nobody signed behind the signature data.",
        "bound",
        edited(answer, "intel_quote", raw[:-1].hex() + "01"),
        "QUO-9",
        "QuoteForm",
    )


def _places(tests: Tests) -> None:
    answer = build()
    quote = answer["intel_quote"]
    bare = edited(answer, "intel_quote", ...)
    tests.accept(
        "quote-in-quote",
        "The member of dstack's server, alone.",
        edited(bare, "quote", quote),
        "ATT-7",
    )
    tests.accept(
        "quote-in-evidence",
        "The member of the envelope, alone.",
        edited(bare, _QUOTE, quote),
        "ATT-7",
    )
    three = edited(
        edited(answer, "quote", "0x" + quote.upper()),
        _QUOTE,
        base64.b64encode(bytes.fromhex(quote)).decode(),
    )
    tests.accept(
        "quote-three-times", "Three encodings of one quote are one quote.", three, "ATT-17", "QUO-1"
    )
    tests.accept(
        "quote-empty-beside-another",
        "An empty quote is as good as absent.",
        edited(edited(answer, "quote", quote), "intel_quote", ""),
        "ATT-7",
        "ATT-11",
    )
    for slug, why, value in (
        ("quote-absent", "verified is true, and there is no quote.", ...),
        ("quote-empty", "An empty text is no quote.", ""),
        ("quote-null", "null is no quote.", None),
    ):
        changed = edited(answer, "intel_quote", value)
        tests.reject(slug, why, "bound", changed, "ATT-7", "NoQuote")


def _differing(tests: Tests) -> None:
    answer = build()
    quote = answer["intel_quote"]
    # Both quotes bind the key; only one of them is the machine's.
    other = build(td={"mr_td": b"\x3d" * 48})["intel_quote"]
    twice = edited(answer, "quote", quote)
    tests.accept(
        "quote-twice", "The quote in two members, as dstack's server has it.", twice, "ATT-17"
    )
    tests.reject(
        "quotes-differ",
        "Another quote that binds the same key.",
        "quote-twice",
        edited(answer, "quote", other),
        "ATT-17",
        "TwoQuotes",
    )
    enveloped = edited(answer, _QUOTE, quote)
    tests.accept(
        "quote-and-evidence", "The quote outside and inside of an envelope.", enveloped, "ATT-17"
    )
    tests.reject(
        "evidence-differs",
        "The envelope holds another quote that binds the same key.",
        "quote-and-evidence",
        edited(answer, _QUOTE, other),
        "ATT-17",
        "TwoQuotes",
    )
    longer = edited(answer, "quote", quote + "00")
    tests.reject(
        "quotes-differ-in-padding",
        "The same quote with one more zero behind it is other bytes.",
        "quote-twice",
        longer,
        "ATT-17",
        "TwoQuotes",
    )


def _stated_report_data(tests: Tests) -> None:
    answer = build()
    own = kit.report_data().hex()
    other = own[:-1] + "0"
    for path, name in (
        ("attestation.report_data", "report-data"),
        ("attestation.evidence.quote_report_data", "quote-report-data"),
    ):
        tests.accept(
            f"{name}-stated",
            f"The REPORTDATA of the quote in {path}.",
            edited(answer, path, own),
            "ATT-18",
        )
        tests.reject(
            f"{name}-differs",
            "The stated REPORTDATA differs from the quote's in its last digit.",
            f"{name}-stated",
            edited(answer, path, other),
            "ATT-18",
            "TwoQuotes",
        )
    tests.accept(
        "report-data-0x-capitals",
        "The same bytes in another form.",
        edited(answer, "attestation.report_data", "0x" + own.upper()),
        "ATT-18",
    )
    tests.accept(
        "report-data-empty",
        "An empty text states nothing.",
        edited(answer, "attestation.report_data", ""),
        "ATT-18",
        "ATT-11",
    )
    tests.reject(
        "report-data-shorter",
        "The address and the zeros only.",
        "report-data-stated",
        edited(answer, "attestation.report_data", own[:64]),
        "ATT-18",
        "TwoQuotes",
    )


def _kinds(tests: Tests) -> None:
    for slug, kind, why in (
        ("quote-version-5", "v5-1.0", "Version 5 with a body of TDX 1.0."),
        ("quote-version-5-tdx-15", "v5-1.5", "Version 5 with a body of TDX 1.5, which is longer."),
    ):
        # The machine of another kind of quote has the same seed, and so the same keys.
        tests.accept(slug, why, build(quote_kind=kind), "QUO-4", "BND-1", "BND-3")
    machine = kit.enclave()
    sgx = machine.sgx_quote(kit.report_data()).hex()
    tests.reject(
        "quote-of-an-enclave",
        "A genuine SGX quote over the same 64 bytes.",
        "bound",
        edited(build(), "intel_quote", sgx),
        "QUO-4",
        "NotATrustDomain",
        change=Rebuilt("quote", "TDX, version 4", "SGX, version 3"),
    )


def _attributes(tests: Tests) -> None:
    for slug, why, value in (
        ("attributes-none", "No attribute at all; at binding only TUD is judged.", bytes(8)),
        ("attributes-migratable", "A TD that can be migrated is for dcap to refuse.",
         bytes.fromhex("0000003000000000")),
        ("attributes-perfmon", "The last bit is not TUD.", bytes.fromhex("0000001000000080")),
    ):  # fmt: skip
        tests.accept(slug, why, build(td={"td_attributes": value}), "QUO-11", "POL-12")
    for bit, name in ((0, "debug"), (1, "reserved"), (4, "HGS+ profiling"), (7, "reserved")):
        value = bytes([1 << bit]) + _ATTRIBUTES[1:]
        tests.reject(
            f"tud-bit-{bit}",
            f"Bit {bit} of the attributes ({name}) belongs to TUD.",
            "bound",
            build(td={"td_attributes": value}),
            "QUO-11",
            "Debuggable",
            change=Rebuilt("quote.body.td_attributes", _ATTRIBUTES.hex(), value.hex()),
        )


_Bind = Callable[[bytes], bytes]


def _with_byte(position: int) -> _Bind:
    return lambda data: data[:position] + b"\x01" + data[position + 1 :]


def _ending(nonce: bytes) -> _Bind:
    return lambda data: data[:32] + nonce


def _rebound(tests: Tests, slug: str, why: str, breaks: str, flag: str, bind: _Bind,
             **more: Any) -> None:  # fmt: skip
    before = kit.report_data()
    tests.reject(slug, why, "bound", build(report_data=bind), breaks, flag,
                 change=Rebuilt("quote.body.report_data", before.hex(), bind(before).hex()),
                 **more)  # fmt: skip


def _address(tests: Tests) -> None:
    xy = bytes(kit.enclave().key.public_key)[1:]
    other = bytes.fromhex(kit.address_text(kit.find_key("attacker", ""))[2:])
    sha3 = hashlib.sha3_256(xy).digest()[-20:]
    rows: Tuple[Tuple[str, str, _Bind], ...] = (
        ("binds-another-key", "The address of another key.", lambda d: other + d[20:]),
        ("binds-first-bit", "The first bit of the address differs.",
         lambda d: bytes([d[0] ^ 0x80]) + d[1:]),
        ("binds-last-bit", "The last bit of the address differs.",
         lambda d: d[:19] + bytes([d[19] ^ 1]) + d[20:]),
        ("binds-sha3", "SHA3-256 in the place of Keccak-256.", lambda d: sha3 + d[20:]),
        ("binds-nothing", "A REPORTDATA that nobody filled in, but for the nonce.",
         lambda d: bytes(20) + d[20:]),
    )  # fmt: skip
    for slug, why, bind in rows:
        _rebound(tests, slug, why, "BND-1", _KEY, bind)
    _rebound(
        tests,
        "binds-address-on-the-right",
        "The address right-aligned, as in a word of Ethereum's virtual machine.",
        "BND-1",
        _KEY,
        lambda d: bytes(12) + d[:20] + d[32:],
        or_breaks=("BND-2",),
    )
    _rebound(
        tests,
        "binds-x",
        "The key itself, X, in the first 32 bytes: the layout of ed25519.",
        "BND-1",
        _KEY,
        lambda d: xy[:32] + d[32:],
        or_breaks=("BND-2",),
    )


def _padding(tests: Tests) -> None:
    for slug, position in (("first", 20), ("middle", 26), ("last", 31)):
        _rebound(
            tests,
            f"padding-{slug}",
            f"Byte {position} of REPORTDATA is not zero.",
            "BND-2",
            "ReportDataPadding",
            _with_byte(position),
        )
    long = hashlib.sha256(b"a TLS key").digest()[:12]
    _rebound(
        tests,
        "padding-filled",
        "Address and part of a hash: another layout.",
        "BND-2",
        "ReportDataPadding",
        lambda d: d[:20] + long + d[32:],
    )


def _nonce(tests: Tests) -> None:
    hashed = hashlib.sha256(NONCE).digest()
    rows: Tuple[Tuple[str, str, bytes], ...] = (
        ("stale-nonce", "The quote of another request in an answer that repeats this nonce.",
         hashlib.sha256(b"another request").digest()),
        ("stale-first-bit", "The first bit of the bound nonce differs.",
         bytes([NONCE[0] ^ 0x80]) + NONCE[1:]),
        ("stale-last-bit", "The last bit of the bound nonce differs.",
         NONCE[:-1] + bytes([NONCE[-1] ^ 1])),
        ("stale-zero", "No nonce was bound.", bytes(32)),
        ("stale-half", "Sixteen bytes of the nonce, and zeros.", NONCE[:16] + bytes(16)),
        ("stale-reversed", "The bytes of the nonce in the other order.", NONCE[::-1]),
        ("stale-hash-of-text", "SHA-256 of the digits in the place of the bytes.",
         hashlib.sha256(NONCE.hex().encode()).digest()),
        ("stale-double-hash", "SHA-256 of SHA-256 of the nonce.", hashlib.sha256(hashed).digest()),
    )  # fmt: skip
    for slug, why, value in rows:
        _rebound(tests, slug, why, "BND-3", _NONCE, _ending(value))
    _rebound(
        tests,
        "hashed-nonce",
        "SHA-256 of the nonce, under the default policy.",
        "BND-4",
        "HashedNonce",
        lambda d: d[:32] + hashed,
    )
    allowing: Dict[str, Any] = binding_policy(nonce_binding="raw-or-sha256")
    tests.begin(now="2026-01-01T12:00:02Z", policy=allowing)
    tests.accept(
        "hashed-nonce-allowed",
        "SHA-256 of the nonce where the policy names it; the result says so.",
        build(report_data=lambda d: d[:32] + hashed),
        "BND-4",
        "BND-5",
        out=outcome(nonce_binding="sha256"),
    )
    tests.accept(
        "raw-nonce-allowed",
        "The nonce itself is accepted under that policy as well.",
        build(),
        "BND-3",
        "BND-5",
    )
    other = hashlib.sha256(b"another request").digest()
    tests.reject(
        "stale-nonce-allowed",
        "The policy allows a hash of this nonce, not of any.",
        "raw-nonce-allowed",
        build(report_data=lambda d: d[:32] + other),
        "BND-3",
        _NONCE,
        change=Rebuilt("quote.body.report_data[32:64]", NONCE.hex(), other.hex()),
    )
