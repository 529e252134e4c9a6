"""Whole conversations over a socket: each peer's client against our enclave, and our client against
an enclave that opens and seals with the functions of each peer.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest

from conformance.mock_tee.server import MockTee
from tests.interop.peers import (
    GUIDE_MODEL,
    GUIDE_PROMPT,
    NAMES,
    ROOT,
    Peer,
    Unavailable,
    client_command,
)
from venice_ref.crypto.ecdh import PrivateKey

ANSWER = "2 + 2 is four.\n\U0001f522 Fa\u00e7ade, \u65e5\u672c\u8a9e."


def run_client(name: str, base_url: str, folder: Path) -> str:
    """Return what the peer's whole client prints."""
    try:
        command = client_command(name, base_url, folder)
    except Unavailable as reason:
        pytest.skip(str(reason))
    variables = {
        **os.environ,
        "API_KEY_VENICE": "a key for tests",
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "NO_PROXY": "*",
    }
    done = subprocess.run(
        command, env=variables, cwd=folder, capture_output=True, check=False, timeout=60
    )
    printed = done.stdout.decode("utf-8")
    assert done.returncode == 0, printed + done.stderr.decode("utf-8", "replace")
    return printed


@pytest.mark.parametrize("shape", ["near-ai", "phala"])
@pytest.mark.parametrize("name", NAMES)
def test_the_client_of_a_peer_talks_to_our_enclave(name: str, shape: str, tmp_path: Path) -> None:
    with MockTee(shape=shape, reply=ANSWER) as tee:
        # The sample asks for one model by its name, and stays as it is.
        models = tee.service.models
        models[GUIDE_MODEL] = models["e2ee-mock"]._replace(id=GUIDE_MODEL)
        printed = run_client(name, tee.base_url, tmp_path)
    assert tee.failures == []
    assert ANSWER in printed
    assert tee.log.prompts == ([{"role": "user", "content": GUIDE_PROMPT}],)
    wire = tee.log.wire()
    assert b"What is" not in wire
    assert b"four" not in wire
    chat = tee.log.requests[-1]
    assert chat.header("Authorization") == "Bearer a key for tests"
    assert len(chat.header("X-Venice-TEE-Client-Pub-Key") or "") == 130


class PeerEnclave:
    """Stands in the mock where its enclave opens and seals, and hands both to a peer."""

    def __init__(self, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.peer = peer
        self.opened: List[str] = []
        self.sealed: List[str] = []
        monkeypatch.setattr("conformance.mock_tee.intake.open_envelope", self.open_envelope)
        monkeypatch.setattr("conformance.mock_tee.stream.seal", self.seal)

    def open_envelope(self, secret: PrivateKey, blob: bytes) -> bytes:
        self.opened.append(self.peer.decrypt(blob.hex(), secret.to_bytes()))
        return self.opened[-1].encode("utf-8")

    def seal(self, recipient: bytes, plaintext: bytes, **_: object) -> bytes:
        self.sealed.append(plaintext.decode("utf-8"))
        return bytes.fromhex(self.peer.encrypt(self.sealed[-1], recipient.hex()))


def converse(base_url: str, messages: List[Dict[str, Any]]) -> str:
    """Return the answer that our client shows, after it verified the enclave."""
    from venice_ref.attestation.policy import Policy
    from venice_ref.client import VeniceClient

    client = VeniceClient(
        api_key="a key for tests", base_url=base_url, policy=Policy(assurance="binding")
    )
    with client.session("e2ee-mock") as session:
        deltas = session.chat(messages)
        text = "".join(delta.text for delta in deltas)
        assert deltas.completion.complete
    return text


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("What is 2+2?", id="ascii"),
        pytest.param("\U0001f600\n\U0001f1fa\U0001f1f3", id="emoji"),
        pytest.param("0123456789abcdef" * (1 << 16), id="one megabyte", marks=pytest.mark.slow),
    ],
)
def test_our_client_talks_to_the_enclave_of_a_peer(
    peer: Peer, prompt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enclave = PeerEnclave(peer, monkeypatch)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prompt}]
    with MockTee(reply=ANSWER) as tee:
        assert converse(tee.base_url, messages) == ANSWER
    assert tee.failures == []
    assert enclave.opened == ["Be brief.", prompt]
    assert "".join(enclave.sealed) == ANSWER
    assert tee.log.prompts == (messages,)
    assert prompt.encode("utf-8") not in tee.log.wire()
