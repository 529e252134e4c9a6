"""A client of the mock made of `http.client`: it sees bytes, and helps nobody to pass a test."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import unquote, urlsplit

from conformance.mock_tee.pki.intel import FMSPC
from conformance.mock_tee.server import MockTee
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import open_text, seal_text
from venice_ref.model import PublicKey65

NONCE = "ab" * 32
CLIENT = PrivateKey.from_bytes(bytes(31) + b"\x07")


class Got(NamedTuple):
    """An answer; `complete` is False where the transfer ended too early."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool = True

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> List[str]:
        """The data of each event; the mock writes one data line for each."""
        lines = self.body.decode("utf-8", "replace").split("\n")
        return [line[6:] for line in lines if line.startswith("data: ")]

    @property
    def chunks(self) -> List[Dict[str, Any]]:
        return [json.loads(event) for event in self.events if event != "[DONE]"]

    def deltas(self, name: str = "content") -> List[str]:
        """The values of one member of the deltas, in order."""
        return [
            choice["delta"][name]
            for chunk in self.chunks
            for choice in chunk["choices"]
            if choice["delta"].get(name)
        ]

    def text(self, name: str = "content", secret: PrivateKey = CLIENT) -> str:
        return "".join(open_text(secret, value) for value in self.deltas(name))


def send(
    tee: MockTee,
    method: str,
    path: str,
    body: Optional[bytes] = None,
    headers: Mapping[str, str] = {},
) -> Got:
    return exchange(tee, method, urlsplit(tee.base_url).path + path, body, headers)


def exchange(
    tee: MockTee,
    method: str,
    target: str,
    body: Optional[bytes] = None,
    headers: Mapping[str, str] = {},
) -> Got:
    """Like `send`, with the whole path."""
    parts = urlsplit(tee.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        response = connection.getresponse()
        try:
            content, complete = response.read(), True
        except http.client.IncompleteRead as error:
            content, complete = error.partial, False
        return Got(response.status, dict(response.getheaders()), content, complete)
    finally:
        connection.close()


def attest(tee: MockTee, model: str = "e2ee-mock", nonce: str = NONCE) -> Got:
    return send(tee, "GET", f"/tee/attestation?model={model}&nonce={nonce}")


def root_crl(tee: MockTee) -> Got:
    return exchange(tee, "GET", "/IntelSGXRootCA.der")


def pck_crl(tee: MockTee, ca: str = "platform") -> Got:
    return exchange(tee, "GET", f"/sgx/certification/v4/pckcrl?ca={ca}&encoding=der")


def tcb_info(tee: MockTee, kind: str = "tdx", fmspc: str = FMSPC.hex()) -> Got:
    return exchange(tee, "GET", f"/{kind}/certification/v4/tcb?fmspc={fmspc}")


def qe_identity(tee: MockTee, kind: str = "tdx") -> Got:
    return exchange(tee, "GET", f"/{kind}/certification/v4/qe/identity")


def key_set(tee: MockTee) -> Got:
    """NVIDIA's keys."""
    return exchange(tee, "GET", "/.well-known/jwks.json")


def vouch(tee: MockTee, payload: str) -> Got:
    """NVIDIA's verdict on GPU evidence."""
    return exchange(tee, "POST", "/v3/attest/gpu", payload.encode())


def fetch_collateral(tee: MockTee, kind: str = "tdx") -> Dict[str, str]:
    """Gather over HTTP what DCAP libraries exchange; what is signed stays the text that it is."""
    crl, tcb, identity = pck_crl(tee), tcb_info(tee, kind), qe_identity(tee, kind)
    tcb_text, tcb_signature = _signed(tcb.body, b"tcbInfo")
    qe_text, qe_signature = _signed(identity.body, b"enclaveIdentity")
    return {
        "pck_crl_issuer_chain": unquote(crl.headers["SGX-PCK-CRL-Issuer-Chain"]),
        "root_ca_crl": root_crl(tee).body.hex(),
        "pck_crl": crl.body.hex(),
        "tcb_info_issuer_chain": unquote(tcb.headers["TCB-Info-Issuer-Chain"]),
        "tcb_info": tcb_text,
        "tcb_info_signature": tcb_signature,
        "qe_identity_issuer_chain": unquote(identity.headers["SGX-Enclave-Identity-Issuer-Chain"]),
        "qe_identity": qe_text,
        "qe_identity_signature": qe_signature,
    }


def _signed(body: bytes, name: bytes) -> Tuple[str, str]:
    """Return the exact inner object and the hexadecimal signature."""
    start, middle = b'{"' + name + b'":', b',"signature":"'
    assert body.startswith(start)
    assert body.endswith(b'"}')
    text, _, signature = body[len(start) : -2].rpartition(middle)
    return text.decode("ascii"), signature.decode("ascii")


def key_of(tee: MockTee) -> PublicKey65:
    return tee.enclave.key.public_key


def e2ee_headers(key: PublicKey65, client: PrivateKey = CLIENT) -> Dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Venice-TEE-Client-Pub-Key": bytes(client.public_key).hex(),
        "X-Venice-TEE-Model-Pub-Key": bytes(key).hex(),
        "X-Venice-TEE-Signing-Algo": "ecdsa",
    }


def sealed(key: PublicKey65, *messages: Tuple[str, str]) -> List[Dict[str, Any]]:
    """Messages from pairs of role and text, each encrypted."""
    return [{"role": role, "content": seal_text(key, text)} for role, text in messages]


def chat(
    tee: MockTee,
    messages: Optional[Sequence[Mapping[str, Any]]] = None,
    *,
    model: str = "e2ee-mock",
    headers: Optional[Mapping[str, str]] = None,
    **options: Any,
) -> Got:
    """Send a chat; by default the word "hello", encrypted."""
    key = key_of(tee)
    body: Dict[str, Any] = {
        "model": model,
        "messages": sealed(key, ("user", "hello")) if messages is None else messages,
        "stream": True,
        **options,
    }
    head = e2ee_headers(key) if headers is None else headers
    return send(tee, "POST", "/chat/completions", json.dumps(body).encode(), head)


def raw_exchange(tee: MockTee, request: bytes) -> bytes:
    """Send bytes as they are and return what comes until the connection ends."""
    return b"".join(_received(tee, request))


def _received(tee: MockTee, request: bytes) -> Iterator[bytes]:
    with socket.create_connection(("127.0.0.1", tee.port), timeout=20) as connection:
        connection.sendall(request)
        while True:
            data = connection.recv(65536)
            if not data:
                return
            yield data
