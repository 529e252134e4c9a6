"""How much the time of a Diffie-Hellman tells of the secret scalar.

Three forms multiply the same points by the same scalars on the same field operations, those of
`glv.combine`: ours, whose sequence of operations is the same for every scalar; windows that skip
zeros, as a form would do that saves every addition it can; and doubling and adding by the
non-adjacent form.  A control is our form under one scalar that stands for all: what its spread
shows is the noise of the measurement.
"""

from __future__ import annotations

import gc
import hashlib
import math
import random
import statistics
from typing import Any, Callable, Dict, Final, List, NamedTuple, Optional, Sequence, Tuple

from bench import clock
from bench.measure import OURS, Result, Settings, Spread, UnequalError, spread
from venice_ref.crypto import glv
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.eisenstein import CHAIN, Eisenstein, Selection, norm, split
from venice_ref.crypto.weierstrass import generator, multiply

NAME: Final = "spread"
TITLE: Final = "spread of the time of ECDH over secret scalars (1 = as ours)"
VARIABLE: Final = "windows that skip zeros"
DOUBLE_AND_ADD: Final = "double and add (NAF)"
CONTROL: Final = "ours, one scalar for all (noise)"

DRAWN: Final = 24
"""Scalars that look drawn at random, as keys are."""
WEIGHTED: Final = 24
"""Scalars of chosen weight, from a few ones to nearly all."""
POINTS: Final = 4
ROUNDS: Final = 5
"""Rounds for one of the other tables: what is looked for is a hundredth of what is measured."""

Multiply = Callable[[Tuple[int, int]], object]
"""P -> k*P for one form and one k."""


# --- Forms that are not one sequence for every scalar -------------------------------------------


def _digit_table() -> Dict[Eisenstein, Tuple[int, int]]:
    """Return (x number, w number) of the digits in the table of `glv`, by its rule."""
    table: Dict[Eisenstein, Tuple[int, int]] = {}
    for i, (a, b) in enumerate(CHAIN):
        for j, (u, v) in enumerate(((a, b), (-b, a - b), (b - a, -a))):
            table[u, v] = (3 * i + j, 2 * i)
            table[-u, -v] = (3 * i + j, 2 * i + 1)
    return table


_DIGITS: Final = _digit_table()


def _shortest_digits() -> Dict[Tuple[int, int], Eisenstein]:
    """Return for each odd residue modulo 8 its shortest digit."""
    shortest: Dict[Tuple[int, int], Eisenstein] = {}
    for z in sorted(_DIGITS, key=norm, reverse=True):
        shortest[z[0] & 7, z[1] & 7] = z
    return shortest


_SHORTEST: Final = _shortest_digits()


def _rows(digits: Sequence[Tuple[int, int, int]]) -> List[Selection]:
    """Return the rows for (position, x number, w number), the lowest position, 0, first.

    A row doubles what stands above its digit, so as often as the positions differ.
    """
    above = [position for position, _, _ in digits[1:]] + [digits[-1][0]]
    return [((1,) * (up - at), i, j) for up, (at, i, j) in zip(above, digits)][::-1]


def plan_that_skips_zeros(k: int) -> List[Selection]:
    """Return the rows of k for the table of `glv`: an addition only where z is odd."""
    u, v = split(k, 1)
    digits: List[Tuple[int, int, int]] = []
    position = 0
    while (u, v) != (0, 0):
        if (u | v) & 1:
            d = (u, v) if (u, v) in _DIGITS else _SHORTEST[u & 7, v & 7]
            digits.append((position, *_DIGITS[d]))
            u, v = u - d[0], v - d[1]
        else:
            u, v, position = u >> 1, v >> 1, position + 1
    return _rows(digits)


def naf_rows(k: int) -> List[Selection]:
    """Return the rows of an odd k > 0 for P and -P: the non-adjacent form (Guide, 3.30)."""
    digits: List[Tuple[int, int, int]] = []
    position = 0
    while k:
        if k & 1:
            digit = 2 - (k & 3)
            digits.append((position, 0, 0 if digit > 0 else 1))
            k -= digit
        else:
            k, position = k >> 1, position + 1
    return _rows(digits)


def combine_any(
    planned: Sequence[Selection], xs: Sequence[int], ws: Sequence[int], common: int = 1
) -> Optional[Tuple[int, int]]:
    """Return the sum that rows describe, with any number of doublings in a row.

    The formulas of `glv.combine`, whose numbers stay short because a row has three doublings.  Z
    grows with each; here it is reduced after the row, however long.
    """
    p, M, C = SECP256K1.p, 2**256 - 1, 2**32 + 977
    selected = iter(planned)
    _, i, j = next(selected)
    X, W, Z = xs[i], ws[j], 1
    for doublings, i, j in selected:
        for _ in doublings:
            V = W * W
            V = (V & M) + (V >> 256) * C
            T = X * X
            T = ((T & M) + (T >> 256) * C) * 3
            Z *= W
            Z = (Z & M) + (Z >> 256) * C
            S = X * V
            S = (S & M) + (S >> 256) * C
            X = T * T - S - S
            X = (X & M) + (X >> 256) * C
            X = (X & M) + (X >> 256) * C
            T *= S - X
            W = T + T - V * V
            W = (W & M) + (W >> 256) * C
            W = (W & M) + (W >> 256) * C
        Z %= p
        A = Z * Z
        A = (A & M) + (A >> 256) * C
        H = xs[i] * A - X
        H = (H & M) + (H >> 256) * C
        A *= Z
        A = (A & M) + (A >> 256) * C
        R = ws[j] * A - W
        R = (R & M) + (R >> 256) * C
        D = H + H
        Z = Z * D % p
        I = D * D % p
        J = H * I
        J = (J & M) + (J >> 256) * C
        V = X * I
        V = (V & M) + (V >> 256) * C
        X = (R * R - J - V - V) % p
        W = 2 * (R * (V - X) - W * J) % p
    inverse = pow(Z * common, -1, p)
    square = inverse * inverse % p
    return X * square % p, (W + (W & 1) * p >> 1) * square % p * inverse % p


def _ours(k: int) -> Multiply:
    planned = glv.plan(k)
    return lambda P: glv.multiply_planned(planned, k, P)


def _skipping(k: int) -> Multiply:
    planned = plan_that_skips_zeros(k)
    return lambda P: combine_any(planned, *glv.table(P))


def _double_and_add(k: int) -> Multiply:
    """The product by k or -k, whichever is odd: their x is the same."""
    rows = naf_rows(k if k & 1 else SECP256K1.n - k)
    return lambda P: combine_any(rows, (P[0],), (2 * P[1], -2 * P[1]))


FORMS: Final = ((OURS, _ours), (VARIABLE, _skipping), (DOUBLE_AND_ADD, _double_and_add))


# --- Scalars ------------------------------------------------------------------------------------


def _number(label: str) -> int:
    return int.from_bytes(hashlib.sha256(label.encode("ascii")).digest(), "big")


def drawn_scalars() -> List[int]:
    """Return scalars as a random source gives them; their weights lie around 128."""
    return [_number(f"secret {index}") % SECP256K1.n for index in range(DRAWN)]


def weighted_scalars() -> List[int]:
    """Return scalars below 2^255 whose weights rise from 10 to 240, each with its highest bit."""
    found = []
    for index in range(WEIGHTED):
        ones = random.Random(index).sample(range(254), 9 + 10 * index)
        found.append(1 << 254 | sum(1 << bit for bit in ones))
    return found


def weight(k: int) -> int:
    """Return the number of ones."""
    return f"{k:b}".count("1")


def _points() -> List[Tuple[int, int]]:
    found = [
        multiply(SECP256K1, _number(f"point {i}"), generator(SECP256K1)) for i in range(POINTS)
    ]
    return [P for P in found if P is not None]


# --- Measurement --------------------------------------------------------------------------------


class Series(NamedTuple):
    """One form over one set of scalars."""

    form: str
    scalars: Sequence[int]
    calls: Sequence[Multiply]


def _series() -> List[Series]:
    sets = (drawn_scalars(), weighted_scalars())
    found = [Series(form, ks, [make(k) for k in ks]) for form, make in FORMS for ks in sets]
    one = drawn_scalars()[0]
    return [*found, Series(CONTROL, [one] * DRAWN, [_ours(one)] * DRAWN)]


def _check(series: Sequence[Series], P: Tuple[int, int]) -> None:
    for one in series:
        for k, call in zip(one.scalars, one.calls):
            expected, found = multiply(SECP256K1, k, P), call(P)
            if not isinstance(found, tuple) or expected is None or found[0] != expected[0]:
                raise UnequalError(f"{one.form} and the definition differ in their results")


def _seconds(series: Sequence[Series], settings: Settings) -> List[List[float]]:
    """Return the median time for each scalar of each series.

    In a round all calls are made in a new random order, and each time is taken relative to the
    median of its series in that round, so that a slow round counts as any other.
    """
    points = _points()
    calls = [(s, i) for s, one in enumerate(series) for i in range(len(one.calls))]
    shuffle = random.Random(settings.seed).shuffle
    taken: Dict[Tuple[int, int], List[float]] = {call: [] for call in calls}
    middles: List[List[float]] = [[] for _ in series]
    for _ in range(settings.rounds * ROUNDS):
        shuffle(calls)
        for s, i in calls:
            call = series[s].calls[i]
            start = clock.read()
            for P in points:
                call(P)
            taken[s, i].append((clock.read() - start) / len(points))
        for s, one in enumerate(series):
            middles[s].append(statistics.median(taken[s, i][-1] for i in range(len(one.calls))))
    found = []
    for s, one in enumerate(series):
        scale = statistics.median(middles[s])
        shares = [
            statistics.median(time / middle for time, middle in zip(taken[s, i], middles[s]))
            for i in range(len(one.calls))
        ]
        found.append([scale * share for share in shares])
    return found


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return Pearson's coefficient; 0 where one of the two does not vary."""
    mean_x, mean_y = statistics.fmean(xs), statistics.fmean(ys)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys))
    size = math.sqrt(sum((x - mean_x) ** 2 for x in xs) * sum((y - mean_y) ** 2 for y in ys))
    return xy / size if size else 0.0


def _deviation_ratio(ours: Sequence[float], other: Sequence[float], seed: int) -> Spread:
    """Return sd(other)/sd(ours); its quartiles by drawing the scalars again 200 times."""
    draw = random.Random(seed)
    ratios = []
    for _ in range(200):
        a, b = ([values[draw.randrange(len(values))] for _ in values] for values in (ours, other))
        ratios.append(statistics.pstdev(b) / (statistics.pstdev(a) or 1e-12))
    found = spread(ratios)
    return found._replace(median=statistics.pstdev(other) / (statistics.pstdev(ours) or 1e-12))


class Study(NamedTuple):
    """What was found: rows for a table, lines for a reader, and data for a plot."""

    results: List[Result]
    notes: List[str]
    data: Dict[str, Any]


def study(settings: Settings) -> Study:
    """Measure the spread of every form."""
    series = _series()
    _check(series, _points()[0])
    collecting = gc.isenabled()
    gc.disable()
    try:
        seconds = _seconds(series, settings)
    finally:
        (gc.enable if collecting else gc.disable)()
    # The even series are of drawn scalars, the control included.
    drawn = [(one, times) for one, times in zip(series[::2], seconds[::2])]
    results = []
    for one, times in drawn:
        deviation_once = spread([statistics.pstdev(times)])
        ratio = _deviation_ratio(seconds[0], times, settings.seed) if one.form != OURS else None
        results.append(Result(one.form, deviation_once, ratio, times))
    notes, listed = [], []
    for one, times in zip(series, seconds):
        weights = [weight(k) for k in one.scalars]
        related = correlation(weights, times)
        kind = "drawn" if one is series[0] or one in series[::2] else "weighted"
        deviation = statistics.pstdev(times)
        median = statistics.median(times)
        listed.append({
            "form": one.form, "scalars": kind, "weights": weights, "seconds": times,
            "deviation": deviation, "correlation": related,
        })  # fmt: skip
        if one.form != CONTROL:
            text = (
                f"{one.form}, {kind} scalars: sd {deviation * 1e6:.2f} us of {median * 1e6:.0f} us"
            )
            notes.append(f"{text}, correlation with the weight {related:+.2f}")
    return Study(results, notes, {"series": listed})
