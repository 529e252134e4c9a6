"""The works of signatures: ECDSA on P-256 and P-384, Ed25519, and who signed a receipt."""

from __future__ import annotations

import functools
import hashlib
from typing import Any, Callable, List, NamedTuple, Sequence, Tuple

from bench.measure import OURS, Candidate, candidate, rotating
from bench.peers import COINCURVE, ECDSA, ETH_KEYS, OPENSSL, Peers
from venice_ref.crypto import ecdsa, ed25519
from venice_ref.crypto.curves import P256, SECP256K1
from venice_ref.crypto.weierstrass import Curve, forget_points, generator, multiply

Maker = Callable[[Peers], Candidate]

FRESH_KEYS = 80
"""More than ours remembers (64), so that each key is always new."""

RECURRING_SIGNATURES = 8
NEW_PROCESS = "ours, in a new process"
"""Every table is made anew, that of the generator included."""

ECDSA_TABLE = "ecdsa, key precomputed"

_NAMES = {P256.name: ("NIST256p", "SECP256R1"), "P-384": ("NIST384p", "SECP384R1")}
"""The names of the curves in `ecdsa` and in `cryptography`."""


class Signed(NamedTuple):
    """One signature on a NIST curve in the forms that the libraries take."""

    public: Tuple[int, int]
    digest: bytes
    r: int
    s: int

    def encoded_public(self, curve: Curve) -> bytes:
        size = (curve.p.bit_length() + 7) // 8
        return b"\4" + b"".join(part.to_bytes(size, "big") for part in self.public)

    def encoded(self, curve: Curve) -> bytes:
        size = (curve.n.bit_length() + 7) // 8
        return self.r.to_bytes(size, "big") + self.s.to_bytes(size, "big")


def _digest(curve: Curve, label: str) -> bytes:
    name = "sha384" if curve.n.bit_length() > 256 else "sha256"
    return hashlib.new(name, label.encode("ascii")).digest()


@functools.lru_cache(maxsize=4)
def _signed(curve: Curve, keys: int, each: int) -> Tuple[Signed, ...]:
    """Return signatures by so many keys, so many by each."""
    found = []
    for number in range(keys):
        d = int.from_bytes(_digest(curve, f"key {number}"), "big") % curve.n
        public = multiply(curve, d, generator(curve))
        if public is None:
            raise ValueError("the digest is a multiple of n")
        for index in range(each):
            digest = _digest(curve, f"message {number} {index}")
            signature = ecdsa.sign(curve, d, digest)
            found.append(Signed(public, digest, signature.r, signature.s))
    return tuple(found)


def _all_hold(found: Sequence[object]) -> object:
    """Each library says in its own way that a signature holds, and raises where it does not."""
    return len(found)


def _fresh(curve: Curve) -> Sequence[Signed]:
    return _signed(curve, FRESH_KEYS, 1)


def _recurring() -> Sequence[Signed]:
    return _signed(P256, 1, RECURRING_SIGNATURES)


# --- A key that was never met -------------------------------------------------------------------


def fresh_ours(curve: Curve) -> Maker:
    """The table of the generator is there, as after the first signature of a process."""

    def make(_: Peers) -> Candidate:
        inputs = [(curve, *one) for one in _fresh(curve)]
        return rotating(OURS, ecdsa.verify, inputs, _all_hold)

    return make


def fresh_new_process(curve: Curve) -> Maker:
    def make(_: Peers) -> Candidate:
        def verify(*signed: Any) -> None:
            forget_points()
            ecdsa.verify(curve, *signed)

        return rotating(NEW_PROCESS, verify, _fresh(curve), _all_hold)

    return make


def fresh_ecdsa(curve: Curve) -> Maker:
    """`from_string` validates the point, as ours does."""

    def make(peers: Peers) -> Candidate:
        library = peers.package("ecdsa")
        parse, theirs = library.VerifyingKey.from_string, getattr(library, _NAMES[curve.name][0])

        def verify(public: bytes, signature: bytes, digest: bytes) -> object:
            return parse(public, curve=theirs).verify_digest(signature, digest)

        inputs = [
            (one.encoded_public(curve), one.encoded(curve), one.digest) for one in _fresh(curve)
        ]
        return rotating(ECDSA, verify, inputs, _all_hold)

    return make


def fresh_openssl(curve: Curve) -> Maker:
    def make(peers: Peers) -> Candidate:
        ec, method, encode = _openssl(peers, curve)
        parse = ec.EllipticCurvePublicKey.from_encoded_point
        theirs = getattr(ec, _NAMES[curve.name][1])()

        def verify(public: bytes, signature: bytes, digest: bytes) -> None:
            parse(theirs, public).verify(signature, digest, method)

        inputs = [
            (one.encoded_public(curve), encode(one.r, one.s), one.digest) for one in _fresh(curve)
        ]
        return rotating(OPENSSL, verify, inputs, _all_hold)

    return make


def _openssl(peers: Peers, curve: Curve) -> Tuple[Any, Any, Any]:
    """Return the module of curves, the method for digests, and what encodes r and s."""
    ec = peers.package("cryptography.hazmat.primitives.asymmetric.ec")
    utils = peers.package("cryptography.hazmat.primitives.asymmetric.utils")
    hashes = peers.package("cryptography.hazmat.primitives.hashes")
    used = hashes.SHA384() if curve.n.bit_length() > 256 else hashes.SHA256()
    return ec, ec.ECDSA(utils.Prehashed(used)), utils.encode_dss_signature


# --- A key that recurs, such as one of Intel's --------------------------------------------------


def recurring_ours(_: Peers) -> Candidate:
    """From its third use on a key has a table."""
    return candidate(OURS, ecdsa.verify, [(P256, *one) for one in _recurring()], _all_hold)


def recurring_ecdsa(peers: Peers) -> Candidate:
    """The key is an object that stays."""
    return _recurring_ecdsa(peers, ECDSA, precomputed=False)


def recurring_ecdsa_precomputed(peers: Peers) -> Candidate:
    """Likewise, and it was asked to make a table."""
    return _recurring_ecdsa(peers, ECDSA_TABLE, precomputed=True)


def _recurring_ecdsa(peers: Peers, name: str, *, precomputed: bool) -> Candidate:
    library = peers.package("ecdsa")
    signed = _recurring()
    # By the constructor that knows the order of the point, which `precompute` needs.
    curve = library.NIST256p
    point = library.ellipticcurve.PointJacobi(curve.curve, *signed[0].public, 1, curve.order)
    key = library.VerifyingKey.from_public_point(point, curve=curve)
    if precomputed:
        key.precompute()
    inputs = [(one.encoded(P256), one.digest) for one in signed]
    return candidate(name, key.verify_digest, inputs, _all_hold)


def recurring_openssl(peers: Peers) -> Candidate:
    """Likewise."""
    ec, method, encode = _openssl(peers, P256)
    signed = _recurring()
    public = signed[0].encoded_public(P256)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    inputs = [(encode(one.r, one.s), one.digest, method) for one in signed]
    return candidate(OPENSSL, key.verify, inputs, _all_hold)


# --- The signer of a receipt --------------------------------------------------------------------
# In: digest, r, s and the recovery id.  Out: the public key.

_Recoverable = Tuple[bytes, int, int, int]
SIGNERS = 8


@functools.lru_cache(maxsize=1)
def _recoverable() -> Tuple[_Recoverable, ...]:
    found = []
    for number in range(SIGNERS):
        d = int.from_bytes(_digest(P256, f"signer {number}"), "big") % SECP256K1.n
        digest = _digest(P256, f"receipt {number}")
        signature = ecdsa.sign(SECP256K1, d, digest, low_s=True)
        found.append((digest, *signature))
    return tuple(found)


def recover_ours(_: Peers) -> Candidate:
    return candidate(OURS, ecdsa.recover, [(SECP256K1, *one) for one in _recoverable()])


def recover_eth_keys(peers: Peers) -> Candidate:
    """The function in which its backend does the work."""
    recover = peers.package("eth_keys.backends.native.ecdsa").ecdsa_raw_recover

    def point(digest: bytes, r: int, s: int, recovery_id: int) -> bytes:
        public: bytes = recover(digest, (recovery_id, r, s))
        return public

    return candidate(ETH_KEYS, point, _recoverable(), _points)


def recover_coincurve(peers: Peers) -> Candidate:
    library = peers.package("coincurve")
    recover = library.PublicKey.from_signature_and_message

    def point(digest: bytes, r: int, s: int, recovery_id: int) -> bytes:
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((recovery_id,))
        public: bytes = recover(signature, digest, hasher=None).format(compressed=False)
        return public[1:]

    return candidate(COINCURVE, point, _recoverable(), _points)


def recover_ecdsa(peers: Peers) -> Candidate:
    """It has no recovery id: it returns both candidates, of which one must be the signer."""
    library = peers.package("ecdsa")
    recover, curve = library.VerifyingKey.from_public_key_recovery_with_digest, library.SECP256k1

    def points(digest: bytes, r: int, s: int, _: int) -> List[bytes]:
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        keys = recover(signature, digest, curve, hashfunc=hashlib.sha256)
        return [key.to_string() for key in keys]

    def signers(found: Sequence[List[bytes]]) -> object:
        wanted = [ecdsa.recover(SECP256K1, *one) for one in _recoverable()]
        return [
            point for both, known in zip(found, wanted) for point in _points(both) if point == known
        ]

    return candidate(ECDSA, points, _recoverable(), signers)


def _points(encoded: Sequence[bytes]) -> List[Tuple[int, int]]:
    return [(int.from_bytes(one[:32], "big"), int.from_bytes(one[32:], "big")) for one in encoded]


# --- Ed25519 ------------------------------------------------------------------------------------

ED25519_SIGNED = tuple(
    tuple(bytes.fromhex(part) for part in one)
    for one in (
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            (
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        ),
    )
)
"""Public key, message, signature: TEST 2 and TEST 3 of RFC 8032, 7.1."""


def ed25519_ours(_: Peers) -> Candidate:
    return candidate(OURS, ed25519.verify, ED25519_SIGNED, _all_hold)


def ed25519_ecdsa(peers: Peers) -> Candidate:
    library = peers.package("ecdsa")
    parse, curve = library.VerifyingKey.from_string, library.Ed25519

    def verify(public: bytes, message: bytes, signature: bytes) -> object:
        return parse(public, curve=curve).verify(signature, message)

    return candidate(ECDSA, verify, ED25519_SIGNED, _all_hold)


def ed25519_openssl(peers: Peers) -> Candidate:
    library = peers.package("cryptography.hazmat.primitives.asymmetric.ed25519")
    parse = library.Ed25519PublicKey.from_public_bytes

    def verify(public: bytes, message: bytes, signature: bytes) -> None:
        parse(public).verify(signature, message)

    return candidate(OPENSSL, verify, ED25519_SIGNED, _all_hold)
