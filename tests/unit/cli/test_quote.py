from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from conformance.mock_tee.quoting import QUOTE_KINDS
from conformance.mock_tee.server import MockTee
from tests.unit.cli.command import venice_ref

DCAP = Path(__file__).resolve().parents[4] / "shared" / "real" / "dcap"


def mock_quote(kind: str = "v4") -> bytes:
    """Return a quote of the mock in hexadecimal."""
    from venice_ref import Policy, VeniceClient

    with MockTee(seed="quote", quote_kind=kind) as tee:
        ours = VeniceClient("", tee.base_url, Policy(assurance="binding"))
        bundle = ours.fetch_evidence("e2ee-mock")
    return str(json.loads(bundle.attestation)["intel_quote"]).encode()


@pytest.fixture(name="quote", scope="module")
def quote_hex() -> bytes:
    return mock_quote()


def test_every_field_is_shown(quote: bytes) -> None:
    done = venice_ref("quote", "-", stdin=quote)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("TDX quote, version 4, ")
    assert "nothing of it is verified" in lines[0]
    for title in ("Header", "Body: td-1.0", "TD attributes", "Signature data", "Trailing"):
        assert title in lines
    for name in ("mr_td", "rt_mr3", "report_data", "attestation_key", "isv_svn", "qe_vendor_id"):
        assert any(line.split()[:1] == [name] for line in lines), name
    assert "tee_type              0x81" in done.out
    assert "SEC: SEPT_VE_DISABLE" in done.out


def test_json_holds_every_byte_that_was_shown(quote: bytes) -> None:
    shown = json.loads(venice_ref("quote", "--json", "-", stdin=quote).out)
    assert shown["tee"] == "tdx"
    assert shown["body"]["report_data"] in quote.decode()
    assert shown["size"] == len(quote) // 2
    assert shown["certification_data"]["type"] in range(1, 6)
    assert {"header", "qe_report", "td_attributes", "trailing", "signature"} <= set(shown)


def test_the_content_decides_the_form(quote: bytes, tmp_path: Path) -> None:
    import base64

    raw = bytes.fromhex(quote.decode())
    out = venice_ref("quote", "-", stdin=quote).out
    wrapped = b"\n".join(quote[at : at + 64] for at in range(0, len(quote), 64)) + b"\n"
    for content in (raw, b"0x" + quote, wrapped, base64.encodebytes(raw)):
        file = tmp_path / "quote"
        file.write_bytes(content)
        assert venice_ref("quote", str(file)).out == out


@pytest.mark.parametrize("kind", [kind for kind in QUOTE_KINDS if kind != "v4"])
def test_other_versions(kind: str) -> None:
    done = venice_ref("quote", "-", stdin=mock_quote(kind))
    assert (done.code, "version 5" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda raw: raw[:0], "QUO-1"),
        (lambda raw: raw[:0] + b"not a quote!", "QUO-1"),
        (lambda raw: raw[:-200].rstrip(b"\0")[:-1], "QUO-7"),
        (lambda raw: b"\x07\x00" + raw[2:], "QUO-1"),
        (lambda raw: raw[:12] + bytes(16) + raw[28:], "QUO-5"),
        (lambda raw: raw + bytes(70_000), "QUO-10"),
    ],
)
def test_what_is_no_quote_is_refused(quote: bytes, change: object, rule: str) -> None:
    assert callable(change)
    done = venice_ref("quote", "--json", "-", stdin=change(bytes.fromhex(quote.decode())))
    assert done.code == 1
    assert json.loads(done.out)["error"]["requirement"] == rule


def test_trailing_bytes_are_named(quote: bytes) -> None:
    raw = bytes.fromhex(quote.decode()).rstrip(b"\0")
    shown = json.loads(venice_ref("quote", "--json", "-", stdin=quote).out)
    plain = bytes.fromhex(quote.decode())[: shown["size"] - shown["trailing"]["size"]]
    assert plain.startswith(raw[:100])
    assert "nothing after" in venice_ref("quote", "-", stdin=plain).out
    assert "2 bytes after the signature data, all zero" in (
        venice_ref("quote", "-", stdin=plain + bytes(2)).out
    )
    assert "non-zero" in venice_ref("quote", "-", stdin=plain + b"xy").out


def real_quotes() -> Iterator[Tuple[str, str]]:
    for version in ("sgx3", "tdx4", "tdx5"):
        for file in sorted(DCAP.glob(f"{version}-*.json"))[:2]:
            yield version, str(file)


@pytest.mark.parametrize(("version", "file"), list(real_quotes()))
def test_real_quotes_are_shown(version: str, file: str) -> None:
    content = json.loads(Path(file).read_bytes())["quote"].encode()
    done = venice_ref("quote", "-", stdin=content)
    assert done.code == 0
    assert done.out.startswith(f"{version[:3].upper()} quote, version {version[3]}")
    assert max(map(len, done.out.splitlines())) <= 80


# --- With collateral ----------------------------------------------------------------------------


class Case:
    """A real quote, its collateral and the time, as files and options."""

    def __init__(self, name: str, folder: Path) -> None:
        file = DCAP / name
        if not file.is_file():
            pytest.skip("the recorded quotes are not beside this checkout")
        self.members: Dict[str, Any] = json.loads(file.read_bytes())
        self.quote, self.collateral = folder / "quote.hex", folder / "collateral.json"
        self.quote.write_text(self.members["quote"])
        self.collateral.write_text(json.dumps(self.members["collateral"]))

    def argv(self, seconds_later: int = 0) -> List[str]:
        moment = datetime.fromtimestamp(self.members["now"] + seconds_later, timezone.utc)
        return [
            "quote", str(self.quote), "--collateral", str(self.collateral),
            "--at", moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        ]  # fmt: skip


TDX = "tdx4-attestation-rs-140cbd8c-20260619.json"
SGX = "sgx3-automata-268c0681-20241229.json"


@pytest.mark.parametrize("name", [TDX, SGX])
def test_a_real_quote_is_verified(name: str, tmp_path: Path) -> None:
    case = Case(name, tmp_path)
    done = venice_ref(*case.argv(), "--json")
    shown = json.loads(done.out)
    assert (done.code, done.err, shown["verdict"]) == (0, "", "pass")
    assert shown["assurance"] == {"required": "dcap", "reached": "dcap"}
    assert {check["status"] for check in shown["checks"]} == {"pass"}
    assert shown["facts"]["tcb_status"] == case.members["expected"]["status"]
    assert shown["facts"]["advisory_ids"] == case.members["expected"]["advisory_ids"]
    assert {"report_data", "mr_td", "rt_mr0"} <= set(shown["facts"])
    assert shown["facts"]["report_data"] == shown["quote"]["body"]["report_data"]
    assert (shown["facts"]["mr_td"] is None) == (name == SGX)
    assert shown["facts"].get("mr_enclave") == shown["quote"]["body"].get("mr_enclave")
    page = venice_ref(*case.argv(), "-v")
    assert page.code == 0
    assert max(map(len, page.out.splitlines())) <= 80
    assert "nothing of it is verified" not in page.out
    assert case.members["expected"]["status"] in page.out
    assert "not for whom, and not when" in page.out.replace("\n         ", " ")


def test_one_bit_of_a_real_quote_is_noticed(tmp_path: Path) -> None:
    case = Case(TDX, tmp_path)
    raw = bytearray.fromhex(case.members["quote"])
    raw[48 + 200] ^= 1
    case.quote.write_bytes(bytes(raw))
    done = venice_ref(*case.argv(), "--json")
    shown = json.loads(done.out)
    failed = [check["id"] for check in shown["checks"] if check["status"] == "fail"]
    assert (done.code, failed) == (1, ["dcap.quote_signature"])
    assert shown["error"]["requirement"] == "QUO-16"
    assert shown["facts"]["tcb_status"] is None


def test_a_real_quote_at_another_time_or_under_another_root_is_refused(
    tmp_path: Path, root: Path
) -> None:
    case = Case(TDX, tmp_path)
    late = json.loads(venice_ref(*case.argv(3650 * 86400), "--json").out)
    assert (late["verdict"], late["error"]["kind"]) == ("fail", "evidence")
    foreign = venice_ref(*case.argv(), "--trust-root", str(root), "--json")
    assert foreign.code == 1
    shown = json.loads(foreign.out)
    assert shown["error"]["requirement"] == "CRT-13"
    assert "intel" in shown["facts"]["trust_roots_replaced"]


def test_a_debug_enclave_and_an_old_platform_are_genuine_and_refused(tmp_path: Path) -> None:
    for name, rule in (
        ("sgx3-automata-743a7a64-20250704.json", "QUO-19"),
        ("tdx4-attestation-rs-3ab56d67-20260828.json", "TCB-10"),
    ):
        done = venice_ref(*Case(name, tmp_path).argv(), "--json")
        shown = json.loads(done.out)
        assert (done.code, shown["error"]["kind"]) == (1, "policy")
        assert shown["error"]["requirement"] == rule
        assert shown["facts"]["advisory_ids"]


@pytest.mark.parametrize("kind", ["v4", "v5-td15"])
def test_a_simulated_quote_under_its_root(kind: str, tmp_path: Path) -> None:
    if kind not in QUOTE_KINDS:
        kind = list(QUOTE_KINDS)[-1]
    with MockTee(seed="quote", quote_kind=kind) as tee:
        (tmp_path / "c.json").write_text(tee.collateral())
        (tmp_path / "root.pem").write_text(tee.trust_root_pem)
    argv = ["quote", "-", "--collateral", str(tmp_path / "c.json")]
    quote = mock_quote(kind)
    done = venice_ref(*argv, "--trust-root", str(tmp_path / "root.pem"), stdin=quote)
    assert done.code == 0
    assert "which is not Intel's" in done.out.replace("\n         ", " ")
    assert "warning: trusting the given root" in done.err
    without = venice_ref(*argv, stdin=quote)
    assert (without.code, "[CRT-13]" in without.err) == (1, True)


@pytest.mark.parametrize("option", [("--at", "2026-01-01T00:00:00Z"), ("--trust-root", "x")])
def test_what_would_be_ignored_without_collateral_is_refused(
    quote: bytes, option: Tuple[str, str]
) -> None:
    done = venice_ref("quote", "-", *option, stdin=quote)
    assert (done.code, done.out) == (2, "")
    assert "add --collateral FILE" in done.err
