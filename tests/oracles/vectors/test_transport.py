"""Addresses, redirects, repetitions, errors and Intel's answers, judged without the reference.

URLs go through `urllib.parse` and `ipaddress`, and relative ones through a transcription of RFC
3986, 5.2; the meaning of errors comes out of the tables of `SPEC.md`; chains are read by
`cryptography`.
"""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import quote, unquote, urlsplit

import pytest

from conformance.vectors import Vector, find_folder, load_file

x509 = pytest.importorskip("cryptography.x509", reason="the second reader of certificates")
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")

SPEC = (Path(__file__).resolve().parents[3] / "SPEC.md").read_text(encoding="utf-8")
PORTS = {"https": 443, "http": 80}


def vectors(name: str) -> List[Vector]:
    folder = find_folder()
    return list(load_file(folder / f"{name}.json", folder).vectors)


def compare(vector: Vector, code: str, out: Optional[Dict[str, Any]]) -> None:
    expect = vector.expect
    if expect.verdict == "accept":
        assert (code, out) == ("", expect.out)
    else:
        assert code in expect.reasons


# --- Addresses ----------------------------------------------------------------------------------


def judged_url(text: str) -> Tuple[str, str, bool]:
    """Return the refusal, the one spelling and whether it is loopback."""
    if not text.isascii() or not text.isprintable() or set(text) & set(' \\?#"<>^`{|}'):
        return "url", "", False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "url", "", False
    host = parts.netloc
    named_port = re.search(r":([0-9]*)\Z", host)
    if named_port is not None and not host.endswith("]"):
        host = host[: named_port.start()]
        if port is None or port == 0:
            return "url", "", False
    if not parts.scheme or not host or "@" in host or "%" in host or not is_host(host):
        return "url", "", False
    loopback = is_loopback(host.lower())
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        return "scheme", "", False
    shown = "" if port in (None, PORTS[parts.scheme]) else f":{port}"
    path = parts.path.rstrip("/")
    return "", f"{parts.scheme}://{host.lower()}{shown}{path}", loopback


def is_host(host: str) -> bool:
    if host.startswith("["):
        try:
            return ipaddress.ip_address(host[1:-1]).version == 6
        except ValueError:
            return False
    return ":" not in host


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


@pytest.mark.parametrize("vector", vectors("transport/base_url"), ids=lambda vector: vector.id)
def test_base_urls(vector: Vector) -> None:
    code, spelling, loopback = judged_url(vector.given["base_url"])
    parts = urlsplit(spelling)
    origin = f"{parts.scheme}://{parts.netloc}"
    compare(vector, code, {"base_url": spelling, "origin": origin, "loopback": loopback})


@pytest.mark.parametrize("vector", vectors("transport/build"), ids=lambda vector: vector.id)
def test_urls_of_requests(vector: Vector) -> None:
    given = vector.given
    paths = {
        "models": ("/models", ()),
        "attestation": ("/tee/attestation", ("model", "nonce")),
        "signature": ("/tee/signature", ("model", "request_id")),
    }
    path, names = paths[given["endpoint"]]
    query = "&".join(f"{name}={quote(given[name], safe='')}" for name in names)
    url = given["base_url"].rstrip("/") + path + (f"?{query}" if query else "")
    compare(vector, "", {"url": url})


def split(reference: str) -> Tuple[Optional[str], ...]:
    """RFC 3986, appendix B."""
    found = re.match(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", reference)
    assert found is not None
    return found.groups()


def without_dots(path: str) -> str:
    """RFC 3986, 5.2.4, for paths that begin with a slash."""
    kept: List[str] = []
    parts = path.split("/")[1:]
    for number, part in enumerate(parts):
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
        if part in (".", "..") and number == len(parts) - 1:
            kept.append("")
    return "/" + "/".join(kept)


def resolved(base: str, reference: str) -> str:
    """RFC 3986, 5.2.2."""
    b_scheme, b_host, b_path, b_query, _ = split(base)
    scheme, host, path, query, _ = split(reference)
    if scheme is None:
        scheme = b_scheme
        if host is None:
            host = b_host
            if not path:
                path, query = b_path, b_query if query is None else query
            elif not path.startswith("/"):
                path = (b_path or "/").rpartition("/")[0] + "/" + path
    path = without_dots(path) if path else "/"
    return f"{scheme}://{host or ''}{path}" + (f"?{query}" if query is not None else "")


@pytest.mark.parametrize("vector", vectors("transport/redirect"), ids=lambda vector: vector.id)
def test_redirects(vector: Vector) -> None:
    given = vector.given
    location, origin = given["location"], "https://api.venice.ai"
    code, url = "redirect", ""
    clean = bool(location) and re.fullmatch(r"[\x21-\x7e]+", location) is not None
    if given["method"] == "GET" and given["followed"] < 3 and clean:
        target = resolved(origin + given["target"], location)
        before, mark, query = target.partition("?")
        refused, spelling, _ = judged_url(before)
        parts = urlsplit(spelling)
        if not refused and f"{parts.scheme}://{parts.netloc}" == origin:
            code, url = "", f"{origin}{split(target)[2] or '/'}{mark}{query}"
    compare(vector, code, {"url": url})


# --- Repetitions and errors ---------------------------------------------------------------------


def seconds_asked(given: Dict[str, Any]) -> Optional[float]:
    header = given.get("retry_after", "").strip(" ")
    if re.fullmatch("[0-9]{1,9}", header, re.ASCII):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    now = datetime.fromisoformat(given["now"].replace("Z", "+00:00"))
    return max(0.0, (moment.replace(tzinfo=timezone.utc) - now).total_seconds())


@pytest.mark.parametrize("vector", vectors("transport/retry"), ids=lambda vector: vector.id)
def test_repetitions(vector: Vector) -> None:
    given = dict(vector.given)
    repeat = given["status"] == 429 or given["status"] // 100 == 5
    repeat = repeat and given["attempt"] < 3 and (seconds_asked(given) or 0.0) <= 30
    compare(vector, "", {"repeat": repeat})


def table(title: str) -> List[Tuple[str, str]]:
    """Return the rows of a table of section 10.4, an entry for each of several first cells."""
    start = SPEC.index(f"\n| {title} | kind |\n")
    found = []
    for line in SPEC[start + 1 :].splitlines()[2:]:
        if not line.startswith("|"):
            break
        first, kind = (cell.strip() for cell in line.strip("|").split("|"))
        found += [(name.strip("` "), kind.strip("`")) for name in first.split(", ")]
    return found


STATUSES = {int(status): kind for status, kind in table("status")}
CODES = dict(table("code"))
PHRASES = table("text")


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def classified(given: Dict[str, Any]) -> Dict[str, Any]:
    body = bytes.fromhex(given["body"])
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        whole = None
    message = "" if isinstance(whole, dict) else body.decode("utf-8", "replace")
    whole = whole if isinstance(whole, dict) else {}
    error = whole.get("error")
    inner = error if isinstance(error, dict) else {}
    message = message or text(error)
    for place in (inner, whole):
        message = message or text(place.get("message")) or text(place.get("detail"))
    codes = [text(at.get(name)) for at in (inner, whole) for name in ("code", "error_code", "type")]
    codes = [code for code in codes if code]
    shown = codes[0] if codes and re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", codes[0]) else ""
    wait = seconds_asked(given)
    for place in (inner, whole):
        asked: Any = place.get("retry_after")
        if wait is None and type(asked) in (int, float) and 0 <= asked < 10**9:
            wait = float(asked)
    return {
        "kind": kind_of(given["status"], given["path"], message, codes),
        "status": given["status"],
        "code": "" if shown in given.get("secrets", {}).values() else shown,
        "retry_after_ms": None if wait is None else round(wait * 1000),
        "shown": [],
    }


def kind_of(status: Optional[int], path: str, message: str, codes: List[str]) -> str:
    known = [CODES[code] for code in codes if code in CODES]
    phrases = [kind for phrase, kind in PHRASES if phrase in message[:1000].lower()]
    if status in STATUSES:
        return STATUSES[status]
    if known:
        return known[0]
    if status is not None and status >= 500:
        return "tee_unavailable" if path.startswith("/tee/") else "server"
    if phrases:
        return phrases[0]
    return "bad_request" if status is not None and 400 <= status < 500 else "server"


@pytest.mark.parametrize("vector", vectors("transport/errors"), ids=lambda vector: vector.id)
def test_errors(vector: Vector) -> None:
    compare(vector, "", classified(dict(vector.given)))


def test_the_tables_are_found() -> None:
    assert (len(STATUSES), len(CODES), len(PHRASES)) == (6, 14, 15)


# --- Intel's answers ----------------------------------------------------------------------------

PEM = re.compile(
    r"(?:-----BEGIN CERTIFICATE-----\r?\n"
    r"(?:[A-Za-z0-9+/=]+\r?\n)+-----END CERTIFICATE-----\r?\n){1,4}"
)
HEADER = re.compile(r"(?:[A-Za-z0-9._~/=-]|%[0-7][0-9A-Fa-f])+")


def chain(value: Optional[str]) -> str:
    """Return the chain in PEM; ValueError where the header is not of the form."""
    if value is None or HEADER.fullmatch(value) is None or PEM.fullmatch(unquote(value)) is None:
        raise ValueError("not a chain")
    found = x509.load_pem_x509_certificates(unquote(value).encode())
    pem = "".join(
        certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in found
    )
    assert pem == unquote(value).replace("\r\n", "\n")
    return pem


def unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member twice")
    return dict(pairs)


def signed(body: str, name: str) -> Tuple[str, str]:
    """Return the signed text, by cutting it out between what is around it, and the signature."""
    whole = bytes.fromhex(body).decode("utf-8")
    value = json.loads(whole, object_pairs_hook=unique)
    whole_answer = value if isinstance(value, dict) else {}
    signature = text(whole_answer.get("signature"))
    formed = re.fullmatch("[0-9a-fA-F]{128}", signature) is not None
    if not formed or not isinstance(whole_answer.get(name), dict):
        raise ValueError("no signature, or nothing that is signed")
    decoder = json.JSONDecoder()
    for found in re.finditer(rf'"{name}"\s*:\s*', whole):
        inside, end = decoder.raw_decode(whole, found.end())
        if inside == value[name]:
            return whole[found.end() : end], signature.lower()
    raise AssertionError("the signed text was not found again")


@pytest.mark.parametrize("vector", vectors("transport/collateral"), ids=lambda vector: vector.id)
def test_collateral(vector: Vector) -> None:
    given = dict(vector.given)
    code, out = "signed-text", {}
    try:
        tcb, tcb_signature = signed(given["tcb"], "tcbInfo")
        identity, identity_signature = signed(given["qe_identity"], "enclaveIdentity")
        code = "issuer-chain"
        out = {
            "pck_crl_issuer_chain": chain(given["pck_crl_chain"]),
            "root_ca_crl": given["root_crl"],
            "pck_crl": given["pck_crl"],
            "tcb_info_issuer_chain": chain(given["tcb_chain"]),
            "tcb_info": tcb,
            "tcb_info_signature": tcb_signature,
            "qe_identity_issuer_chain": chain(given["qe_identity_chain"]),
            "qe_identity": identity,
            "qe_identity_signature": identity_signature,
        }
        code = ""
    except ValueError:
        pass
    compare(vector, code, out)
