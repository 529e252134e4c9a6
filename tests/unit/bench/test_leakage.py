from __future__ import annotations

import pytest

from bench import leakage
from bench.measure import OURS, Settings
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.eisenstein import norm
from venice_ref.crypto.weierstrass import generator, multiply

SCALARS = [1, 3, SECP256K1.n - 1, *leakage.drawn_scalars()[:3], *leakage.weighted_scalars()[:2]]


@pytest.mark.parametrize("k", SCALARS)
@pytest.mark.parametrize(("name", "make"), leakage.FORMS)
def test_every_form_multiplies(k: int, name: str, make: object) -> None:
    """Doubling and adding may take -k for k; their x is the same."""
    P = multiply(SECP256K1, 777, generator(SECP256K1))
    expected = multiply(SECP256K1, k, P)
    form = dict(leakage.FORMS)[name]
    assert P is not None
    found = form(k)(P)
    assert expected is not None
    assert isinstance(found, tuple)
    assert found[0] == expected[0]
    assert make is form


def test_windows_that_skip_zeros_are_not_one_sequence() -> None:
    plans = [leakage.plan_that_skips_zeros(k) for k in leakage.drawn_scalars()]
    assert len({tuple(len(row[0]) for row in rows) for rows in plans}) == leakage.DRAWN


def test_each_odd_residue_has_its_shortest_digit() -> None:
    assert len(leakage._SHORTEST) == 48
    assert max(norm(z) for z in leakage._SHORTEST.values()) == 19


def test_the_weights_rise() -> None:
    weights = [leakage.weight(k) for k in leakage.weighted_scalars()]
    assert weights == list(range(10, 241, 10))
    assert all(k.bit_length() == 255 for k in leakage.weighted_scalars())


def test_correlation() -> None:
    assert leakage.correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert leakage.correlation([1, 2, 3], [6, 4, 2]) == pytest.approx(-1)
    assert leakage.correlation([1, 2, 3], [5, 5, 5]) == 0


def test_the_study_says_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ROUNDS", 1), ("DRAWN", 2), ("WEIGHTED", 2), ("POINTS", 1)):
        monkeypatch.setattr(leakage, name, value)
    found = leakage.study(Settings(rounds=1, sample_seconds=0.001))
    assert [one.name for one in found.results] == [
        OURS, leakage.VARIABLE, leakage.DOUBLE_AND_ADD, leakage.CONTROL,
    ]  # fmt: skip
    assert [one["scalars"] for one in found.data["series"]] == ["drawn", "weighted"] * 3 + ["drawn"]
    assert len(found.notes) == 6
