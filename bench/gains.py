"""What each optimisation gains over its definition, and what it costs the reader and the machine.

Both forms are taken from `TWINS`, where every fast form stands beside its textbook.
"""

from __future__ import annotations

import hashlib
import importlib
from typing import Any, Callable, Final, List, NamedTuple, Sequence, Tuple

from bench.measure import OURS, Candidate, candidate
from bench.peers import Peers, Unavailable
from venice_ref.crypto import aes, ed25519
from venice_ref.crypto.curves import P256, SECP256K1
from venice_ref.crypto.twins import TWINS
from venice_ref.crypto.weierstrass import generator

Maker = Callable[[Peers], Candidate]
Arguments = Tuple[Any, ...]

TEXTBOOK: Final = "its definition"


class Gain(NamedTuple):
    """One pair of `TWINS` at one work."""

    name: str
    twin: str
    """Module and function of the fast form, below `venice_ref.crypto`."""
    work: str
    how: str
    price: str
    inputs: Callable[[], Sequence[Arguments]]


def _number(label: str) -> int:
    return int.from_bytes(hashlib.sha256(label.encode("ascii")).digest(), "big") >> 1


def _bytes(size: int) -> bytes:
    return bytes(range(256)) * (size // 256) + bytes(range(size % 256))


def _scalar(*further: Any) -> List[Arguments]:
    return [(_number("scalar"), *further)]


def _sum() -> List[Arguments]:
    G, Q = generator(P256), (P256.gx, P256.p - P256.gy)
    return [(P256, _number("u"), G, _number("v"), Q)]


def _round_keys() -> aes.RoundKeys:
    return aes.key_expansion(_bytes(32))


GAINS: Final[Tuple[Gain, ...]] = (
    Gain(
        "glv",
        "glv.multiply",
        "one product on secp256k1",
        "the endomorphism with Eisenstein digits, folding, one table with one Z",
        "two pages, this and `eisenstein`; table positions depend on the secret; 44 rows where "
        "digits that skip zeros would take 39",
        lambda: _scalar(generator(SECP256K1)),
    ),
    Gain(
        "comb",
        "comb.multiply_generator",
        "a key pair: one product of the generator of secp256k1",
        "a comb of eight teeth over both halves of the scalar",
        "8 KB of constants, which a test computes again; table positions depend on the secret",
        _scalar,
    ),
    Gain(
        "comb-and-point",
        "comb.multiply_add",
        "the two products of a recovery",
        "one chain of doublings for both, entries of the comb brought to the Z of the point",
        "for public scalars only, and has to ask for exceptional cases at the end",
        lambda: [(_number("u"), _number("v"), generator(SECP256K1))],
    ),
    Gain(
        "square-root",
        "square_root.square_root",
        "the square root of a recovery",
        "a chain of squarings for one exponent, with folding",
        "a page for one number that `pow` would give",
        lambda: [(SECP256K1.gy**2 % SECP256K1.p,)],
    ),
    Gain(
        "window",
        "weierstrass.multiply",
        "one product on P-256",
        "Jacobian coordinates and windows of odd digits",
        "a second set of formulas, and a test for exceptional cases at the end",
        lambda: [(P256, _number("scalar"), generator(P256))],
    ),
    Gain(
        "two-products",
        "weierstrass.multiply_add",
        "the two products of a P-256 verification, both points met before",
        "one chain of doublings, combs for points that recur, pairs added with one inversion",
        "at most 16 tables of 100 KB in memory; 90 KB of constants, which a test computes again; "
        "the time tells whether a point was met before",
        _sum,
    ),
    Gain(
        "key-schedule",
        "aes.key_expansion",
        "the key schedule of AES-256",
        "four words at a time by running sums",
        "one identity about sums in the docstring",
        lambda: [(_bytes(32),)],
    ),
    Gain(
        "few-blocks",
        "aes._encrypt_few",
        "AES of 6 blocks",
        "`bytes.translate` as the S-box and as the permutation of bytes",
        "two further tables of 256 bytes, read at secret positions as the S-box is",
        lambda: [(_round_keys(), _bytes(96))],
    ),
    Gain(
        "many-blocks",
        "aes._encrypt_many",
        "AES of 256 blocks",
        "the rows of all blocks in one long integer",
        "a third form of the cipher",
        lambda: [(_round_keys(), _bytes(4096))],
    ),
    Gain(
        "planes",
        "aes_planes.encrypt_counters",
        "AES of 4096 counters",
        "32 planes of bits in long integers, without the table of the S-box",
        "a page with a circuit of 115 gates, compared with the table by a test; 1.5 MB at work, "
        "and up to 16 MB of freed memory kept",
        lambda: [(_round_keys(), bytes(12), 4096)],
    ),
    Gain(
        "ghash-short",
        "ghash._ghash_short",
        "GHASH of 6 blocks",
        "a product of polynomials as one product of integers",
        "a bound on sums in bytes, derived in the comment",
        lambda: [(_bytes(16), _bytes(96))],
    ),
    Gain(
        "ghash-long",
        "ghash._ghash_long",
        "GHASH of 4096 blocks",
        "many blocks at once in lanes of one integer",
        "a transposition of bits; 16 entries are selected by the hash key",
        lambda: [(_bytes(16), _bytes(65_536))],
    ),
    Gain(
        "ghash-very-long",
        "ghash._ghash_very_long",
        "GHASH of 20,000 blocks",
        "the message folded in half again and again, on planes of bits",
        "a third form, which pays beyond 200 KB only; 2 MB for sums; 16 entries selected by H",
        lambda: [(_bytes(16), _bytes(320_000))],
    ),
    Gain(
        "message",
        "gcm.keystream",
        "the keystream of a message of 64 bytes",
        "one call of the cipher for the hash key, the mask of the tag and all counters",
        "the order of the blocks in one call has to be known",
        lambda: [(_bytes(32), bytes(12), 64)],
    ),
    Gain(
        "ed25519",
        "ed25519._encoded_difference",
        "the two products of an Ed25519 verification",
        "one chain of doublings for both, windows, folding",
        "a second set of formulas with bounds on the length of numbers",
        lambda: [(_number("S"), _number("k"), ed25519._B)],  # noqa: SLF001  some point
    ),
    Gain(
        "keccak",
        "keccak.keccak_256",
        "Keccak-256 of 64 bytes",
        "the whole state in one integer; bytes moved by `translate`",
        "masks and numbers in the place of coordinates",
        lambda: [(_bytes(64),)],
    ),
)
"""Every pair whose forms differ in more than their name.  A test holds that no pair is missing."""

WITHOUT: Final = ("glv.multiply_planned",)
"""Pairs that are not measured: this one is `glv.multiply` without the digits of the scalar."""


def _form(gain: Gain, *, fast: bool) -> Callable[..., object]:
    try:
        importlib.import_module(f"venice_ref.crypto.{gain.twin.partition('.')[0]}")
    except ImportError as error:
        raise Unavailable(f"there is no {error.name}") from None
    pair = TWINS.get(f"venice_ref.crypto.{gain.twin}")
    if pair is None:
        raise Unavailable(f"there is no fast form {gain.twin}")
    return pair.fast if fast else pair.textbook


def fast_form(gain: Gain) -> Maker:
    def make(_: Peers) -> Candidate:
        return candidate(OURS, _form(gain, fast=True), gain.inputs())

    return make


def definition(gain: Gain) -> Maker:
    def make(_: Peers) -> Candidate:
        return candidate(TEXTBOOK, _form(gain, fast=False), gain.inputs())

    return make
