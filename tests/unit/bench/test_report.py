from __future__ import annotations

import json

import pytest

from bench.measure import Result, Settings, Spread, spread
from bench.report import (
    Skipped,
    Table,
    headline,
    machine_text,
    ratio_text,
    seconds_text,
    table_text,
    to_json,
)

MACHINE = {
    "python": "3.9.18",
    "implementation": "CPython",
    "compiler": "GCC 12.2.0",
    "optimised_build": True,
    "link_time_optimisation": False,
    "system": "Linux",
    "processor": "A processor with a very long name that never seems to come to an end at all",
    "cpu_count": 2,
    "textbook_forms_only": True,
}
TABLE = Table(
    "open-chunk",
    "open one streamed chunk",
    (
        Result("ours", spread([0.0004]), None, (0.0004,)),
        Result(
            "own peer (ecdsa, cryptography)",
            spread([0.0014]),
            Spread(3.5, 3.25, 3.25, 3.75, 4.0),
            (0.0014,),
        ),
        Result(
            "unit: a*b % p",
            spread([3e-7]),
            Spread(1 / 1400, 1 / 1600, 1 / 1500, 1 / 1300, 1 / 1200),
            (3e-7,),
        ),
    ),
    (Skipped("the guide's JavaScript sample", "there is no Node here " * 5),),
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2.0, "2.00 s"),
        (0.0251, "25.1 ms"),
        (0.000403, "403 us"),
        (2.86e-7, "286 ns"),
        (0, "0.00 ns"),
    ],
)
def test_times(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (12.34, "12.3"),
        (3.456, "3.46"),
        (0.84, "0.84"),
        (1 / 1440, "1/1,440"),
        (1 / 12_345, "1/12.3k"),
    ],
)
def test_ratios(ratio: float, text: str) -> None:
    assert ratio_text(ratio) == text


def test_a_table_fits_eighty_columns_and_names_what_was_skipped() -> None:
    lines = table_text(TABLE).splitlines()
    assert max(len(line) for line in lines) <= 80
    assert lines[2].split() == ["ours", "400", "us"]
    assert lines[3].endswith("3.50     3.25..3.75      3.25..4.00")
    assert "1/1,500..1,300" in lines[4]
    skipped = " ".join(line.strip() for line in lines[5:])
    assert skipped.startswith("skipped: the guide's JavaScript sample: there is no Node here")
    assert skipped.count("there is no Node here") == 5


def test_the_machine_fits_as_well_and_says_that_the_fast_forms_are_off() -> None:
    text = machine_text(MACHINE, {"ecdsa": "0.19.2"})
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "CPython 3.9.18 (GCC 12.2.0, PGO, no LTO)" in text
    assert "peers: ecdsa 0.19.2" in text
    assert "switched off" in text


def test_the_headline_is_the_second_row_of_the_first_table() -> None:
    assert "takes 3.50 x our time (3.25..3.75)" in headline([TABLE])
    assert headline([TABLE._replace(results=TABLE.results[:1])]) == ""
    assert headline([TABLE._replace(name="ecdh")]) == ""


def test_the_json_holds_every_sample() -> None:
    value = to_json([TABLE], Settings(1, 0.1), MACHINE, {"ecdsa": "0.19.2"})
    again = json.loads(json.dumps(value))
    assert again["format"] == "venice-ref-bench-1"
    (table,) = again["tables"]
    ours, peer, _ = table["candidates"]
    assert (ours["ratio"], ours["samples"]) == (None, [0.0004])
    assert peer["ratio"]["first_quartile"] == 3.25
    assert table["skipped"][0]["name"] == "the guide's JavaScript sample"
