"""What has to be reached."""

from dataclasses import dataclass

from .ratios import median_of, paired, paired_ratio

KINDS = ("daily", "monthly", "none")
HISTORIES = (100, 10000, 100000)


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
        """Return what is to be told: bar, measured, met or missed (dict)."""
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


def _ratio(scenario, contender, other):
    """Return a function that tells how many times another's time somebody needs."""
    return lambda results: paired_ratio(
        _rounds(results, scenario, contender), _rounds(results, scenario, other)
    )


def _cost(scenario, name, contender="ours", per=1):
    """Return a function that tells a cost, or a share of it."""

    def measure(results):
        value = median_of(_rounds(results, scenario, contender), name)
        return None if value is None else value / per

    return measure


def _paired(scenario, contender, other, combine):
    """Return a function that combines the costs of two contenders, see `paired`."""
    return lambda results: paired(
        _rounds(results, scenario, contender),
        _rounds(results, scenario, other),
        combine,
    )


def _queries_beyond(one, floor):
    return (one["queries"] - floor["queries"]) / one["lines"]


def _growth(large, small, name):
    """Return a function that compares a cost of two sizes of a first import: how many
    times the larger one's is what the smaller one's lets expect."""
    share = large / small

    def measure(results):
        [costs, expected] = (
            median_of(_rounds(results, f"import-{rows}-{name}", "ours"), "wall_s")
            for rows in (large, small)
        )
        return costs / (share * expected) if costs and expected else None

    return measure


def _memory_growth(name):
    def measure(results):
        [costs, least] = (
            median_of(_rounds(results, f"import-{rows}-{name}", "ours"), "peak_mib")
            for rows in (10000, 500)
        )
        return costs - least if costs and least else None

    return measure


def _queries_growth(results):
    """Return how many statements more a long history costs than a short one."""
    costs = [_cost(f"scheduled-{rows}-idle", "queries")(results) for rows in HISTORIES]
    known = [value for value in costs if value is not None]
    return max(known) - min(known) if len(known) > 1 else None


#: How many times the ORM's own time a first import may take, by its size.
OVER_FLOOR = {500: 1.10, 2000: 0.80, 10000: 0.55}


def _make_import_bars():
    bars = []
    for rows in (500, 2000, 10000):
        for kind in KINDS:
            name, what = f"import-{rows}-{kind}", f"first import of {rows:,}, {kind}"
            bars += [
                Bar(
                    f"{what}: time over the floor",
                    OVER_FLOOR[rows],
                    _ratio(name, "ours", "floor"),
                ),
                Bar(
                    f"{what}: SQL beyond the floor, a line",
                    0.15,
                    _paired(name, "ours", "floor", _queries_beyond),
                ),
            ]
    for limit in (0.48, 0.30):
        goal = "" if limit == 0.48 else " (stretch)"
        bars.append(
            Bar(
                f"first import of 2,000, daily: time over OCA's{goal}",
                limit,
                _ratio("import-2000-daily", "ours", "oca"),
            )
        )
    bars += [
        Bar(
            f"first import of 10,000, {kind}: time over 5 times that of 2,000",
            1.10,
            _growth(10000, 2000, kind),
        )
        for kind in KINDS
    ]
    bars += [
        Bar(
            f"first import of 10,000, {kind}: MiB over that of 500",
            30,
            _memory_growth(kind),
            "{:.1f}",
        )
        for kind in KINDS
    ]
    return bars


def _make_idle_bars():
    bars = []
    for rows in HISTORIES:
        name, what = f"scheduled-{rows}-idle", f"nothing new, scheduled, {rows:,} known"
        bars += [
            Bar(f"{what}: requests", 3, _cost(name, "requests"), "{:.0f}"),
            Bar(f"{what}: SQL", 25, _cost(name, "queries"), "{:.0f}"),
        ]
    return bars + [
        Bar(
            "nothing new, scheduled: SQL more for a long history than for a short one",
            0,
            _queries_growth,
            "{:.0f}",
        ),
        Bar(
            "nothing new, period pull of 2,000 known: SQL",
            60,
            _cost("known-2000", "queries"),
            "{:.0f}",
        ),
        Bar(
            "nothing new, period pull of 2,000 known: time over OCA's",
            0.30,
            _ratio("known-2000", "ours", "oca"),
        ),
    ]


def _make_many_bars():
    name, what = "providers-200", "200 providers, 20 credentials, nothing new"
    return [
        Bar(f"{what}: token requests", 20, _cost(name, "tokens"), "{:.0f}"),
        Bar(
            f"{what}: ms a provider",
            60,
            _cost(name, "wall_s", per=200 / 1000),
            "{:.0f}",
        ),
        Bar(f"{what}: SQL a provider", 25, _cost(name, "queries", per=200), "{:.1f}"),
        Bar(
            "dashboard, 50 bank journals: SQL more than without the addon",
            10,
            _paired(
                "dashboard-50",
                "ours",
                "without",
                lambda one, without: one["queries"] - without["queries"],
            ),
            "{:.0f}",
        ),
        Bar("list of 300 feeds: seconds", 1, _cost("overview-300", "wall_s")),
        Bar("list of 300 feeds: SQL", 15, _cost("overview-300", "queries"), "{:.0f}"),
    ]


def _make_fleet_bars():
    small, what = "fleet-40", "40 feeds, 4 integrations, 300 ms an answer"
    large, many = "fleet-1000", "1,000 feeds, 100 integrations, 300 ms an answer"
    return [
        Bar(f"{what}: requests", 48, _cost(small, "requests"), "{:.0f}"),
        Bar(f"{what}: s a pass", 6, _cost(small, "wall_s"), "{:.1f}"),
        Bar(f"{many}: s a pass", 90, _cost(large, "wall_s"), "{:.1f}"),
        Bar(
            f"{many}: MiB grown",
            60,
            _paired(
                large,
                "ours",
                "ours",
                lambda costs, _same: costs["peak_mib"] - costs["start_mib"],
            ),
            "{:.1f}",
        ),
        Bar(f"{many}: two workers over one", 0.6, _ratio(large, "two workers", "ours")),
        Bar(
            f"{many}: s more with a silent one",
            35,
            _paired(
                large,
                "one silent",
                "ours",
                lambda silent, costs: silent["wall_s"] - costs["wall_s"],
            ),
            "{:.1f}",
        ),
    ]


def _make_outage_bars():
    silent, refused = "outage-silent-200", "outage-refused-200"
    what = "200 providers, 20 integrations"
    return [
        Bar(f"silent Ponto, {what}: s a pass", 75, _cost(silent, "wall_s"), "{:.1f}"),
        Bar(f"silent Ponto, {what}: requests", 12, _cost(silent, "requests"), "{:.0f}"),
        Bar(
            f"refused connections, {what}: s a pass",
            10,
            _cost(refused, "wall_s"),
            "{:.1f}",
        ),
        Bar(
            "Ponto 25 s late, two people fetch, two workers: s a stranger waits",
            1,
            _cost("outage-stranger", "wall_s"),
        ),
    ]


BARS = [
    *_make_import_bars(),
    *_make_idle_bars(),
    *_make_many_bars(),
    *_make_fleet_bars(),
    *_make_outage_bars(),
]
