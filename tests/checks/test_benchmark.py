"""The parts of the benchmark suite that only count and print."""

import pytest
from benchmark.bars import BARS, Bar
from benchmark.ratios import median_of, paired_ratio, spread
from benchmark.scenarios import SCENARIOS
from benchmark.table import COLUMNS, make_bar_rows, make_rows, to_markdown, to_text


def cost(wall_s, **others):
    """Return what one measurement tells (dict)."""
    usual = {"cpu_s": 1.0, "queries": 10, "requests": 2, "network_s": 0.1}
    return {"wall_s": wall_s, "start_mib": 100, "peak_mib": 104, **usual, **others}


def test_contenders_are_compared_within_a_round():
    # In the second round the machine was ten times slower, for both.
    ours, oca = [cost(1), cost(10), cost(2)], [cost(2), cost(20), cost(4)]
    assert paired_ratio(ours, oca) == 0.5


def test_one_bad_moment_decides_nothing():
    ours, oca = [cost(1), cost(90), cost(1)], [cost(2), cost(2), cost(2)]
    assert paired_ratio(ours, oca) == 0.5


def test_a_round_that_one_contender_left_out_is_not_compared():
    assert paired_ratio([cost(3), cost(1)], [cost(3), None]) == 1
    assert paired_ratio([cost(3)], []) is None
    assert median_of([None], "wall_s") is None


def test_the_spread_is_a_share_of_the_median():
    assert spread([cost(9), cost(10), cost(12)]) == pytest.approx(0.3)
    assert spread([cost(9)]) == 0


@pytest.mark.parametrize(
    ("value", "at_least", "verdict"),
    [
        (1.0, False, "met"),
        (1.1, False, "missed"),
        (1.1, True, "met"),
        (0.9, True, "missed"),
        (None, False, "not measured"),
    ],
)
def test_a_bar_is_met_missed_or_not_measured(value, at_least, verdict):
    bar = Bar("speed", 1.0, lambda _results: value, at_least=at_least)
    assert bar.judge({})["verdict"] == verdict


def test_nothing_measured_meets_no_bar():
    assert {bar.judge({})["verdict"] for bar in BARS} == {"not measured"}


def test_every_bar_finds_what_the_full_mode_measures():
    results = {
        scenario.name: {
            name: [cost(1, lines=100, tokens=1, pages=20)] for name in scenario.rounds
        }
        for scenario in SCENARIOS
        if scenario.rounds
    }
    assert "not measured" not in {bar.judge(results)["verdict"] for bar in BARS}


def test_the_table_has_a_row_for_each_contender():
    results = {"import": {"ours": [cost(1), cost(3)], "floor": [cost(1), cost(2)]}}
    rows = make_rows(results, {"import": "first import"})
    assert [row[:4] for row in rows[1:]] == [
        ["first import", "ours", "2", "2.00"],
        ["first import", "floor", "2", "1.50"],
    ]
    assert rows[1][COLUMNS.index("time / floor")] == "1.25"
    assert rows[1][COLUMNS.index("grown MiB")] == "4.0"


def test_tables_are_text_and_markdown():
    rows = make_bar_rows(
        [
            {"what": "time", "bar": "at most 1", "measured": "0.9", "verdict": "met"},
            {"what": "SQL", "bar": "at most 9", "measured": "10", "verdict": "missed"},
        ]
    )
    assert to_text(rows).splitlines()[2:] == [
        "time  at most 1       0.9  met",
        "SQL   at most 9        10  missed",
    ]
    assert to_markdown(rows).splitlines()[1] == "| --- | --- | ---: | --- |"
