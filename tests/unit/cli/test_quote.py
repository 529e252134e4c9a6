from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator, Tuple

import pytest

from conformance.mock_tee.quoting import QUOTE_KINDS
from conformance.mock_tee.server import MockTee
from tests.unit.cli.command import venice_ref

DCAP = Path(__file__).resolve().parents[4] / "shared" / "real" / "dcap"


def mock_quote(kind: str = "v4") -> bytes:
    """Return a quote of the mock in hexadecimal."""
    from venice_ref import VeniceClient

    with MockTee(seed="quote", quote_kind=kind) as tee:
        bundle = VeniceClient("", tee.base_url).fetch_evidence("e2ee-mock")
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
