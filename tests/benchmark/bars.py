"""What has to be reached."""

from dataclasses import dataclass

from .ratios import paired, paired_ratio


@dataclass(frozen=True)
class Bar:
    """A limit for something that was measured.

    :ivar what: in words
    :ivar limit: the highest value allowed; the lowest if ``at_least``
    :ivar measure: callable (results) returning a number, or None when the scenarios
        for it were not run
    :ivar form: how numbers are written
    """

    what: str
    limit: float
    measure: object
    form: str = "{:.2f}"
    at_least: bool = False

    def judge(self, results):
        """:return: what is to be told: bar, measured, met or missed (dict)"""
        value = self.measure(results)
        limit = self.form.format(self.limit)
        verdict = "not measured"
        if value is not None:
            is_met = value >= self.limit if self.at_least else value <= self.limit
            verdict = "met" if is_met else "missed"
        return {
            "what": self.what,
            "bar": f"at least {limit}" if self.at_least else f"at most {limit}",
            "value": value,
            "measured": "-" if value is None else self.form.format(value),
            "verdict": verdict,
        }


def _rounds(results, scenario, contender):
    return results.get(scenario, {}).get(contender, [])


def _ratio(scenario, contender, other, name="wall_s"):
    """:return: a function that compares two contenders of a scenario"""
    return lambda results: paired_ratio(
        _rounds(results, scenario, contender), _rounds(results, scenario, other), name
    )


def _queries_beyond(scenario, contender, other):
    """:return: a function that tells the statements beyond another's, per line"""
    return lambda results: paired(
        _rounds(results, scenario, contender),
        _rounds(results, scenario, other),
        lambda one, floor: (one["queries"] - floor["queries"]) / one["lines"],
    )


def _make_import_bars():
    bars = []
    for rows in (500, 2000, 10000):
        for statements in ("daily", "monthly", "none"):
            limit = 1.15 if statements == "daily" else 1.10
            name = f"import-{rows}-{statements}"
            what = f"first import of {rows:,}, {statements}"
            bars.append(
                Bar(
                    f"{what}: time over the floor", limit, _ratio(name, "ours", "floor")
                )
            )
            bars.append(
                Bar(
                    f"{what}: SQL beyond the floor, a line",
                    0.15,
                    _queries_beyond(name, "ours", "floor"),
                )
            )
    return bars


BARS = _make_import_bars()
