from __future__ import annotations

import pytest

from bench import crossovers
from bench.measure import Settings, check_equal


def test_a_crossing_lies_between_its_neighbours() -> None:
    assert crossovers.crossing([10, 100, 1000], [4.0, 2.0, 0.5]) == pytest.approx(316.2, abs=0.1)


def test_of_several_crossings_the_last_counts() -> None:
    assert crossovers.crossing([1, 2, 4, 8], [2.0, 0.5, 2.0, 1.0]) == pytest.approx(8)


def test_without_a_crossing_there_is_none() -> None:
    assert crossovers.crossing([1, 2], [0.5, 0.4]) is None
    assert crossovers.crossing([1, 2], [1.5, 1.4]) is None


@pytest.mark.parametrize("one", crossovers.CROSSOVERS, ids=lambda one: str(one.constant))
def test_both_forms_do_the_same_work(one: crossovers.Crossover) -> None:
    from bench.measure import candidate

    size = one.sizes[0]
    pair = [candidate("x", make(size), [()]) for make in (one.make_below, one.make_above)]
    check_equal(pair)
    value: int = getattr(one.module, one.constant)
    assert one.sizes[0] <= value <= one.sizes[-1]


def test_a_form_that_is_gone_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = crossovers.CROSSOVERS[0]._replace(constant="_NO_SUCH")
    monkeypatch.setattr(crossovers, "CROSSOVERS", (gone,))
    found = crossovers.study(Settings(1, 0.0001))
    assert found.notes == ["aes._NO_SUCH: venice_ref.crypto.aes has no _NO_SUCH"]
    assert found.data == {"crossovers": []}


def test_the_study_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    one = crossovers.CROSSOVERS[0]._replace(sizes=(4, 64))
    monkeypatch.setattr(crossovers, "CROSSOVERS", (one,))
    (first, second) = crossovers.study(Settings(1, 0.0001)).notes
    assert first.startswith("aes._FEW = 16: measured ")
    assert second.startswith("_encrypt_many / _encrypt_few by blocks: 4: ")
