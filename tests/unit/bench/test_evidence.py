from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

import pytest

from bench import __main__ as command
from bench import evidence
from bench.measure import OURS, Settings, UnequalError, check_equal
from bench.peers import OPENSSL, QVL_RUST, Peers, Unavailable
from bench.registry import select
from tests.samples import ABSENT
from venice_ref.crypto import known_combs, weierstrass
from venice_ref.crypto.twins import textbook_only

REAL = pytest.mark.skipif(not evidence.ANSWER.is_dir(), reason=ABSENT)
QUICK = Settings(rounds=1, sample_seconds=0.0001)


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[Peers]:
    found = Peers(tmp_path, install=False)
    yield found
    found.close()


@REAL
@pytest.mark.parametrize("name", ["tdx-cold", "tdx-warm", "gpu-8"])
def test_all_candidates_that_can_be_had_agree(
    name: str, monkeypatch: pytest.MonkeyPatch, peers: Peers
) -> None:
    """The run itself compares them; it ends with `UnequalError` otherwise."""
    for library in evidence.NODE_WARM_UP:
        monkeypatch.setitem(evidence.NODE_WARM_UP, library, 1)
    (work,) = select((name,))
    table = command.measure_work(work, peers, QUICK)
    assert table.results[0].name == OURS
    measured = [one.name for one in table.results]
    assert sorted(measured + [one.name for one in table.skipped]) == sorted(
        name for name, _ in work.candidates
    )


@REAL
def test_what_is_compared_says_something(peers: Peers) -> None:
    said: Any = evidence.cold_ours(peers).outcome()
    assert [status for status, _ in said] == ["UpToDate", "OutOfDate", "UpToDate"]
    assert [len(advisories) for _, advisories in said] == [0, 4, 0]
    serials: Any = evidence.gpus_ours(peers).outcome()
    assert [len(set(run)) for run in serials] == [8]


@REAL
def test_a_quote_that_does_not_verify_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, peers: Peers
) -> None:
    first = evidence.quotes()[0]
    broken = first._replace(quote=first.quote[:200] + b"\xff" + first.quote[201:])
    monkeypatch.setattr(evidence, "quotes", lambda: (broken,))
    with pytest.raises(UnequalError, match="ours fails: SignatureError"):
        check_equal([evidence.cold_ours(peers)])


@REAL
def test_nothing_is_kept_between_samples(peers: Peers) -> None:
    """In textbook mode there is no table at all."""
    outcome = evidence.cold_new_process(peers).outcome
    seen = []
    for _ in range(2):
        outcome()
        combs, read = weierstrass._comb.cache_info(), known_combs._comb.cache_info()
        seen.append((combs.misses, combs.currsize, read.misses, read.currsize))
    assert seen[0] == seen[1]
    assert (seen[0][2] == 0) == textbook_only  # of the generator at least


def test_without_the_captures_a_table_is_skipped_with_one_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, peers: Peers
) -> None:
    monkeypatch.setattr(evidence, "REAL", tmp_path)
    monkeypatch.setattr(evidence, "ANSWER", tmp_path / "nothing")
    evidence.quotes.cache_clear()
    evidence.payload.cache_clear()
    for work in select(("tdx", "gpu")):
        table = command.measure_work(work, peers, QUICK)
        assert list(table.results) == []
        assert [tuple(one) for one in table.skipped] == [(work.name, evidence.ABSENT)]
    target = tmp_path / "out.json"
    arguments = ["--no-install", "--rounds", "1", "--only", "gpu-8", "--json", str(target)]
    assert command.main(arguments) == 0
    (written,) = json.loads(target.read_text(encoding="utf-8"))["tables"]
    assert (written["candidates"], len(written["skipped"])) == ([], 1)


@REAL
def test_a_missing_peer_is_a_reason(monkeypatch: pytest.MonkeyPatch, peers: Peers) -> None:
    def absent(name: str) -> Any:
        raise Unavailable(f"not installed for this Python: {name}")

    monkeypatch.setattr(peers, "package", absent)
    (work,) = select(("gpu-8",))
    table = command.measure_work(work, peers, QUICK)
    assert [one.name for one in table.skipped] == [OPENSSL]


def test_what_an_import_adds(peers: Peers) -> None:
    (work,) = select(("import",))
    table = command.measure_work(work, peers, QUICK)
    ours, everything, *_ = table.results
    assert ours.seconds.low > 0
    assert ours.samples != everything.samples
    assert {one.name for one in table.skipped} <= {QVL_RUST, OPENSSL}
