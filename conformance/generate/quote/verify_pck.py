"""The part of `quote/verify` about the PCK certificate: its chain and what it says."""

from __future__ import annotations

from typing import Any, List, Tuple

from conformance.generate.builder import Rebuilt
from conformance.generate.quote.kit import NOW, SECOND, tcb_entry
from conformance.generate.quote.table import Edits, Table
from venice_ref.codec import der_encode as der
from venice_ref.evidence.tdx.pck import SGX_EXTENSION

__all__ = ["fill"]


def fill(table: Table) -> None:
    """Add the vectors to the table of the trust domain."""
    _chain(table)
    _links(table)
    _extension(table)


def _chain(table: Table) -> None:
    scene = table.scene
    pem = scene.pem("pck").encode("ascii")
    for slug, data, why in (
        ("without-nul", pem, "a NUL at the end of the chain is demanded"),
        ("crlf", pem.replace(b"\n", b"\r\n"), "lines that end with CR and LF are refused"),
    ):
        table.accept(f"chain-{slug}", f"Fails where {why}.", req=["COL-16"],
                     edits=[("certification", (5, data))])  # fmt: skip
    platform: List[Tuple[int, bytes]] = [
        (1, bytes(36)), (2, bytes(276)), (3, bytes(404)), (4, pem[: pem.index(b"-----END") + 26]),
    ]  # fmt: skip
    supplied: Edits = [("certification", platform[2]), ("supplied_chain", True)]
    table.accept("chain-supplied", "Fails where a quote that only names its platform cannot be"
                 " verified with the chain of the collateral.", req=["COL-16", "COL-23"],
                 edits=supplied)  # fmt: skip
    table.accept(
        "chain-supplied-goes-first", "Fails where the chain in the quote wins over that which the"
        " caller chose.", req=["COL-16"],
        edits=[("certification", (5, b"not a chain")), ("supplied_chain", True)],
    )  # fmt: skip
    for kind, data in platform:
        table.reject(
            f"chain-missing-type-{kind}", f"Passes where certification data of type {kind}, which"
            " has no chain, skips the steps that need one.", "COL-23",
            [("certification", (kind, data))], "BrokenChain", parent="tdx",
            change=Rebuilt("certification_data.type", 5, kind), or_breaks=["COL-16"],
            critical=kind == 1,
        )  # fmt: skip
    root = pem[pem.rindex(b"-----BEGIN") :]
    for slug, data, why in (
        ("empty", b"", "an empty chain is one without faults"),
        ("text-before", b"Bag Attributes\n" + pem, "text before the first block is skipped"),
        ("text-between", pem.replace(root, b"x\n" + root), "text between blocks is skipped"),
        ("text-behind", pem + b"\0garbage", "what follows the NUL is not looked at"),
        ("nul-twice", pem + b"\0\0", "any number of NULs is trimmed"),
        ("four-blocks", pem + root, "certificates behind the root are passed over"),
    ):
        table.reject(
            f"chain-{slug}", f"Passes where {why}.", "COL-16", [("certification", (5, data))],
            "BrokenChain", parent="tdx", change=Rebuilt("certification_data", "the chain", slug),
        )  # fmt: skip


def _links(table: Table) -> None:
    """Add what is refused as a certificate, once for each rule; sections 14 and 15 have more."""
    order: Any = "chains.pck"
    for slug, names, why in (
        ("reversed", ("root", "ca", "pck"), "certificates are sorted before they are judged"),
        ("without-root", ("pck", "ca"), "the root may be left out, as in dcap-qvl"),
        ("of-the-signer", ("signer", "ca", "root"), "any leaf below the root may sign QE reports"),
    ):
        table.reject(f"chain-{slug}", f"Passes where {why}.", "CRT-10", [(order, names)],
                     "BrokenChain", parent="tdx", also=["COL-3"])  # fmt: skip
    other = table.scene.copy()
    other.keys["root"] = table.scene.keys["other"]
    table.reject(
        "root-of-another", "Passes where a root with the right name is trusted whoever made it.",
        "CRT-13", (), "BrokenChain", parent="tdx", also=["COL-4"],
        given={"root": other.certificate("root").hex()}, critical=True,
    )  # fmt: skip
    for name in ("pck", "ca"):
        table.reject(
            f"revoked-{name}", f"Passes where the list with the {name} on it is not looked at.",
            "CRL-9", [(f"lists.{'ca' if name == 'pck' else 'root'}.revoked", (name,))],
            "BrokenChain", parent="tdx", critical=True,
        )  # fmt: skip
    table.reject("pck-expired", "Passes where the PCK certificate may be older than its end.",
                 "CRT-14", [("certificates.pck.not_after", NOW - SECOND)], "BrokenChain",
                 parent="tdx")  # fmt: skip
    table.reject(
        "pck-without-key-usage", "Passes where a certificate of Intel without its key usage is one"
        " that may do everything.", "COL-5", [("certificates.pck.dropped", ("2.5.29.15",))],
        "BrokenChain", parent="tdx",
    )  # fmt: skip
    table.reject("pck-signed-by-other", "Passes where the chain is compared by names only.",
                 "CRT-12", [("certificates.pck.signed_by", "other")], "BrokenChain", parent="tdx",
                 or_breaks=["CRT-11"], critical=True)  # fmt: skip


def _two_flags() -> bytes:
    """Return a configuration without its last flag."""
    pairs = (
        der.sequence(der.object_identifier(f"{SGX_EXTENSION}.7.{number}"), der.boolean(True))
        for number in (1, 2)
    )
    return der.sequence(*pairs)


def _extension(table: Table) -> None:
    processor: Edits = [("certificates.ca.name", "Intel SGX PCK Processor CA"),
                        ("pck.order", [1, 2, 3, 4, 5])]  # fmt: skip
    table.accept(
        "processor-ca", "Fails where the five entries of the Processor CA are refused, as by"
        " go-tdx-guest.", req=["COL-14", "COL-15", "COL-3"], edits=processor,
    )  # fmt: skip
    table.accept("extension-in-other-order", "Fails where entries are read by their place.",
                 req=["COL-14"], edits=[("pck.order", [4, 7, 3, 6, 2, 5, 1])])  # fmt: skip
    table.accept(
        "extension-largest-numbers", "Fails where a component above 127, or PCESVN above 32767, is"
        " negative.", req=["COL-14", "COL-15"],
        edits=[("pck.svns", [255] * 16), ("pck.pce_svn", 65535), ("pck.sgx_type", 2)],
    )  # fmt: skip
    pck = table.scene.pck
    fmspc = pck["fmspc"]
    rows: List[Tuple[str, Edits, str]] = [
        ("absent", [("certificates.pck.dropped", (SGX_EXTENSION,))], "its absence is not noticed"),
        ("without-fmspc", [("pck.order", [1, 2, 3, 5, 6, 7])], "an entry may be missing"),
        ("six-entries", [("pck.order", [1, 2, 3, 4, 5, 6])], "6 entries are as good as 7"),
        ("two-fmspcs", [("pck.order", [1, 2, 3, 4, 4, 5, 6, 7])],
         "the first or the last of two FMSPCs counts"),
        ("unknown-entry", [("pck.order", [1, 2, 3, 4, 5, 6, 7, 8]),
                           ("pck.values", {8: der.integer(1)})], "unknown entries are skipped"),
        ("ppid-15", [("pck.ppid", pck["ppid"][:15])], "PPID has any size"),
        ("fmspc-7", [("pck.fmspc", fmspc + b"\0")], "a prefix of FMSPC is compared"),
        ("pceid-3", [("pck.pce_id", b"\0\x01\0")], "PCEID has any size"),
        ("type-3", [("pck.sgx_type", 3)], "an unknown type is passed over"),
        ("type-integer", [("pck.values", {5: der.integer(1)})], "INTEGER stands for ENUMERATED"),
        ("instance-15", [("pck.instance", pck["instance"][:15])], "the instance id has any size"),
        ("flag-not-der", [("pck.values", {7: der.sequence(*(
            der.sequence(der.object_identifier(f"{SGX_EXTENSION}.7.{n}"),
                         b"\x01\x01" + (b"\x01" if n == 1 else b"\xff")) for n in (1, 2, 3)))})],
         "a BOOLEAN of 01, which is BER, is true"),
        ("flag-missing", [("pck.values", {7: _two_flags()})], "a missing flag is false"),
        ("component-256", [("pck.values", {2: tcb_entry(pck, n1=der.integer(256))})],
         "the low byte of a component counts"),
        ("component-negative", [("pck.values", {2: tcb_entry(pck, n1=der.integer(-1))})],
         "the sign of a component is dropped, so that it is 255"),
        ("component-missing", [("pck.values", {2: tcb_entry(pck, n9=b"")})],
         "a missing component is 0"),
        ("pcesvn-65536", [("pck.values", {2: tcb_entry(pck, n17=der.integer(65536))})],
         "the low bytes of PCESVN count"),
        ("cpusvn-missing", [("pck.values", {2: tcb_entry(pck, n18=b"")})],
         "CPUSVN may be missing"),
        ("trailing", [("pck.trailing", b"\x05\x00")], "bytes behind the extension are passed over"),
    ]  # fmt: skip
    for slug, edits, why in rows:
        table.reject(f"extension-{slug}", f"Passes where {why}.", "COL-14", edits, "PckExtension",
                     parent="tdx")  # fmt: skip
    lower = bytes((pck["svns"][0] - 1, *pck["svns"][1:]))
    higher = bytes((*pck["svns"][:15], 255))
    for slug, cpu_svn, why in (
        ("lower", lower, "the components are believed and CPUSVN is not read"),
        ("higher", higher, "CPUSVN is believed and the components are not read"),
    ):
        table.reject(f"cpusvn-{slug}", f"Passes where {why}.", "COL-15",
                     [("pck.cpu_svn", cpu_svn)], "PckExtension", parent="tdx")  # fmt: skip
