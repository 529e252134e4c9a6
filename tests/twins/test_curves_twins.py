"""The fast multiplications against their definitions, whichever of the two the package runs on."""

from __future__ import annotations

import random
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest

from venice_ref.crypto import comb, ed25519, glv, square_root, weierstrass
from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.eisenstein import LAMBDA
from venice_ref.crypto.twins import TWINS
from venice_ref.crypto.weierstrass import Curve, Point, generator, multiply_textbook, negate

MODULES = (
    comb.__name__,
    ed25519.__name__,
    glv.__name__,
    square_root.__name__,
    weierstrass.__name__,
)
CURVES = (SECP256K1, P256, P384)
Arguments = Tuple[Any, ...]


def scalars(curve: Curve, draw: random.Random, count: int) -> List[int]:
    """Return scalars at the edges, short ones, sparse ones, and `count` random ones."""
    n = curve.n
    bits = n.bit_length()
    edges = [0, 1, 2, 31, 32, 33, 62, n // 2, n - 62, n - 32, n - 2, n - 1, n, n + 1, 2 * n + 5]
    powers = [1 << draw.randrange(bits) for _ in range(4)]
    ones = [(1 << draw.randrange(1, bits)) - 1 for _ in range(4)]
    near = [abs(n - power) for power in powers]
    return edges + powers + ones + near + [draw.randrange(n) for _ in range(count)]


def points(curve: Curve, draw: random.Random) -> List[Point]:
    G = generator(curve)
    random_point = multiply_textbook(curve, draw.randrange(1, curve.n), G)
    return [G, negate(curve, G), random_point, negate(curve, random_point), None]


def for_multiply() -> Iterator[Arguments]:
    draw = random.Random("multiply")
    for curve in CURVES:
        choice = points(curve, draw)
        for k in scalars(curve, draw, 10):
            yield curve, k, draw.choice(choice)


def for_multiply_add() -> Iterator[Arguments]:
    draw = random.Random("multiply_add")
    for curve in CURVES:
        choice = points(curve, draw)
        pool = scalars(curve, draw, 10)
        for P in choice:
            for Q in choice:
                yield curve, draw.choice(pool), P, draw.choice(pool), Q
        for Q in choice[:3]:
            yield curve, 5, choice[0], curve.n - 5, Q
            yield curve, pool[-1], choice[0], pool[-1], Q


def for_glv_multiply() -> Iterator[Arguments]:
    draw = random.Random("glv")
    choice = points(SECP256K1, draw)
    n = SECP256K1.n
    multiples = [(i + j * LAMBDA) % n for i in range(-2, 3) for j in range(-2, 3)]
    multiples += [draw.randrange(-62, 63) * LAMBDA % n for _ in range(8)]
    for k in scalars(SECP256K1, draw, 30) + multiples:
        yield k, draw.choice(choice)


def for_planned() -> Iterator[Arguments]:
    for scalar, P in for_glv_multiply():
        k = scalar % SECP256K1.n
        if k and P is not None:
            yield glv.plan(k), k, P


def for_generator() -> Iterator[Arguments]:
    for k in scalars(SECP256K1, random.Random("comb"), 60):
        yield (k,)


def for_generator_and_point() -> Iterator[Arguments]:
    draw = random.Random("comb and point")
    choice = [P for P in points(SECP256K1, draw) if P is not None]
    n = SECP256K1.n
    pool = scalars(SECP256K1, draw, 20)
    for u in pool:
        yield u, draw.choice(pool), draw.choice(choice)
    for P in choice[:2]:  # G and -G: sums that meet on the way, or are infinity
        for u, v in ((0, 0), (1, 1), (1, n - 1), (5, n - 5), (n - 1, 2), (8, 1), (LAMBDA, LAMBDA)):
            yield u, v, P


def for_ed25519() -> Iterator[Arguments]:
    draw = random.Random("ed25519")
    order_8 = ed25519._decode(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    )
    assert order_8 is not None
    B, L = ed25519._B, ed25519.L
    mixed = ed25519._add(ed25519._multiply(draw.randrange(L), B), order_8)
    choice = (B, ed25519._negate(B), ed25519._NEUTRAL, order_8, mixed)
    edges = [0, 1, 2, 15, 16, 17, 127, 128, 129, L - 1, L - 16, L - 128, 1 << 252, (1 << 252) - 1]
    pool = edges + [draw.randrange(L) for _ in range(20)]
    for S in pool:
        yield S, draw.choice(pool), draw.choice(choice)
    for A in choice:  # sums that are the neutral element, and double what is there
        yield 5, 5, A
        yield L - 1, 1, A
        yield 0, 0, A


def for_square_root() -> Iterator[Arguments]:
    p, draw = square_root.P, random.Random("square root")
    for alpha in (0, 1, 2, 3, 4, p - 1, p - 2, 2**255, 2**256 - 2**33):
        yield (alpha % p,)  # some of them are no squares: both forms are the same power
    for _ in range(40):
        yield (draw.randrange(p),)
        yield (draw.randrange(p) ** 2 % p,)


INPUTS: Dict[str, Callable[[], Iterator[Arguments]]] = {
    f"{weierstrass.__name__}.multiply": for_multiply,
    f"{weierstrass.__name__}.multiply_add": for_multiply_add,
    f"{glv.__name__}.multiply": for_glv_multiply,
    f"{glv.__name__}.multiply_planned": for_planned,
    f"{comb.__name__}.multiply_generator": for_generator,
    f"{comb.__name__}.multiply_add": for_generator_and_point,
    f"{square_root.__name__}.square_root": for_square_root,
    f"{ed25519.__name__}._encoded_difference": for_ed25519,
}


def test_every_pair_of_these_modules_has_inputs() -> None:
    assert {name for name in TWINS if name.rsplit(".", 1)[0] in MODULES} == set(INPUTS)


@pytest.mark.parametrize("name", INPUTS)
def test_both_forms_agree(name: str) -> None:
    twin = TWINS[name]
    assert twin.textbook is not twin.fast
    for arguments in INPUTS[name]():
        assert twin.fast(*arguments) == twin.textbook(*arguments)
