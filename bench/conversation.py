"""The works of a conversation: open a streamed chunk, encrypt a prompt, make a key pair."""

from __future__ import annotations

import os
from typing import Callable, List, Sequence, Tuple

from bench.measure import OURS, Candidate, candidate
from bench.peers import COINCURVE, ECDSA, ETH_KEYS, JAVASCRIPT, OPENSSL, Peers, eth_keys, in_node
from venice_ref.crypto.ecdh import PrivateKey, parse_public_key
from venice_ref.e2ee.envelope import open_text, seal_text
from venice_ref.e2ee.keys import encode_public_key

Maker = Callable[[Peers], Candidate]

SECRET = PrivateKey.from_bytes(bytes(range(1, 33)))
SECRET_BYTES = SECRET.to_bytes()
PUBLIC = SECRET.public_key
PUBLIC_HEX = encode_public_key(PUBLIC)

CHUNKS = 24
"""Different envelopes of one table, so that nothing is met twice in a row."""

JAVASCRIPT_WARM_UP = 200
"""Calls before the first measurement, after which the compiler of Node has done its work."""


def _javascript(
    peers: Peers, call: str, inputs: List[Tuple[str, str]], normal: Callable[[List[str]], object]
) -> Candidate:
    return in_node(JAVASCRIPT, peers.javascript_sample(), call, inputs, normal, JAVASCRIPT_WARM_UP)


# --- Open one streamed chunk --------------------------------------------------------------------


def _chunks() -> List[str]:
    return [seal_text(PUBLIC, f" token{index:02}") for index in range(CHUNKS)]


def open_ours(_: Peers) -> Candidate:
    """The private key is an object that lives as long as the session."""
    return candidate(OURS, open_text, [(SECRET, chunk) for chunk in _chunks()])


def open_python(peers: Peers) -> Candidate:
    """The sample takes the private key as bytes with each chunk."""
    name, peer = peers.python_sample()
    return candidate(name, peer.decrypt, [(chunk, SECRET_BYTES) for chunk in _chunks()])


def open_javascript(peers: Peers) -> Candidate:
    """As the Python sample."""
    inputs = [(chunk, SECRET_BYTES.hex()) for chunk in _chunks()]
    return _javascript(peers, "decrypt", inputs, list)


def open_npm(name: str) -> Maker:
    """The function that the package's client calls for each chunk; the key is bytes."""

    def make(peers: Peers) -> Candidate:
        inputs = [(chunk, SECRET_BYTES.hex()) for chunk in _chunks()]
        process = peers.npm_client(name)
        return in_node(name, process, "decrypt", inputs, list, JAVASCRIPT_WARM_UP)

    return make


# --- Encrypt a prompt ---------------------------------------------------------------------------


def _prompts(size: int) -> List[str]:
    return [f"{index:02} ".ljust(size, "x") for index in range(4)]


def _opened(envelopes: Sequence[str]) -> List[str]:
    return [open_text(SECRET, envelope) for envelope in envelopes]


def encrypt_ours(size: int) -> Maker:
    """The model key was parsed when it was attested."""

    def make(_: Peers) -> Candidate:
        return candidate(OURS, seal_text, [(PUBLIC, text) for text in _prompts(size)], _opened)

    return make


def encrypt_python(size: int) -> Maker:
    """The sample takes the model key in hex with each message."""

    def make(peers: Peers) -> Candidate:
        name, peer = peers.python_sample()
        inputs = [(text, PUBLIC_HEX) for text in _prompts(size)]
        return candidate(name, peer.encrypt, inputs, _opened)

    return make


def encrypt_javascript(size: int) -> Maker:
    """As the Python sample."""

    def make(peers: Peers) -> Candidate:
        return _javascript(peers, "encrypt", [(t, PUBLIC_HEX) for t in _prompts(size)], _opened)

    return make


# --- Make a key pair ----------------------------------------------------------------------------
# Random by nature: what is compared is whether the public key belongs to the private one.


def _belong(pairs: Sequence[Tuple[bytes, bytes]]) -> List[bool]:
    return [
        PrivateKey.from_bytes(private).public_key == parse_public_key(public)
        for private, public in pairs
    ]


def generate_ours(_: Peers) -> Candidate:
    """A private key and its public key."""

    def generate() -> Tuple[PrivateKey, bytes]:
        key = PrivateKey.generate()
        return key, key.public_key

    return candidate(
        OURS, generate, [()], lambda pairs: _belong([(key.to_bytes(), pub) for key, pub in pairs])
    )


def generate_python(peers: Peers) -> Candidate:
    """Likewise, the public key in hex."""
    name, peer = peers.python_sample()
    return candidate(
        name,
        peer.generate,
        [()],
        lambda pairs: _belong([(key, bytes.fromhex(pub)) for key, pub in pairs]),
    )


def generate_openssl(peers: Peers) -> Candidate:
    """Likewise, the public key as an uncompressed point."""
    ec = peers.package("cryptography.hazmat.primitives.asymmetric.ec")
    forms = peers.package("cryptography.hazmat.primitives.serialization")
    curve, encoding = ec.SECP256K1(), forms.Encoding.X962
    form = forms.PublicFormat.UncompressedPoint

    def generate() -> Tuple[int, bytes]:
        key = ec.generate_private_key(curve)
        return key, key.public_key().public_bytes(encoding, form)

    return candidate(
        OPENSSL,
        generate,
        [()],
        lambda pairs: _belong(
            [(key.private_numbers().private_value.to_bytes(32, "big"), pub) for key, pub in pairs]
        ),
    )


def generate_ecdsa(peers: Peers) -> Candidate:
    """Likewise, the public key as an uncompressed point."""
    ecdsa = peers.package("ecdsa")

    def generate() -> Tuple[bytes, bytes]:
        key = ecdsa.SigningKey.generate(curve=ecdsa.SECP256k1)
        return key.to_string(), key.get_verifying_key().to_string("uncompressed")

    return candidate(ECDSA, generate, [()], _belong)


def generate_coincurve(peers: Peers) -> Candidate:
    """Likewise."""
    coincurve = peers.package("coincurve")

    def generate() -> Tuple[bytes, bytes]:
        key = coincurve.PrivateKey()
        return key.secret, key.public_key.format(compressed=False)

    return candidate(COINCURVE, generate, [()], _belong)


def generate_eth_keys(peers: Peers) -> Candidate:
    """Likewise; the library draws no key, so that the system does."""
    keys, native = eth_keys(peers)

    def generate() -> Tuple[bytes, bytes]:
        secret = os.urandom(32)
        public = keys.PrivateKey(secret, backend=native).public_key
        return secret, b"\x04" + public.to_bytes()

    return candidate(ETH_KEYS, generate, [()], _belong)
