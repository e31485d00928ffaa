"""What is measured: the table of scenarios, for the quick and for the full mode."""

from dataclasses import dataclass, field
from datetime import timedelta

from .arena import DAYS, IBAN, Order, make_bank, yesterday

OURS, OCA, FLOOR = "ours", "oca", "floor"
#: In which database, by which job and with which arguments a contender imports.
WAYS = {
    OURS: ("ours", "pull_by_cron", {}),
    "by person": ("ours", "pull_period", {"days": DAYS + 1}),
    OCA: ("oca", "pull_period", {"days": DAYS + 1}),
    FLOOR: ("ours", "create_lines", {"batch": 200}),
}


@dataclass(frozen=True)
class Scenario:
    """Something that contenders do in turns.

    :ivar title: what it is, for the table
    :ivar prepare: callable (arena, scenario) returning {contender: Order}
    :ivar rounds: {contender: how often in the full mode}
    :ivar quick: {contender: how often in the quick mode}; empty: not at all
    :ivar options: of `prepare`
    """

    name: str
    title: str
    prepare: object
    rounds: dict
    quick: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)

    def run(self, arena, rounds, told):
        """Measure all contenders in turns.

        :param dict rounds: {contender: how often}
        :param told: callable, told each (contender, round, costs)
        :return: {contender: costs by round, None where not measured} (dict)
        """
        orders = self.prepare(arena, self)
        names = [name for name in orders if rounds.get(name)]
        found = {name: [] for name in names}
        for number in range(max(rounds.values())):
            # Each is first in turn, so that none always has the cold machine.
            for name in names[number % len(names) :] + names[: number % len(names)]:
                costs = None
                if number < rounds[name]:
                    costs = arena.measure(orders[name])
                    told(name, number, costs)
                found[name].append(costs)
        _check_equal(self, found)
        return found


def _check_equal(scenario, found):
    """Check that all contenders came to the same result, without a failure.

    :raise AssertionError: otherwise; there is nothing to compare then
    """
    results = {
        (costs.get("lines"), costs.get("total"))
        for rounds in found.values()
        for costs in filter(None, rounds)
    }
    assert len(results) == 1, f"{scenario.name}: different results {results}"
    failures = [
        costs["failures"]
        for rounds in found.values()
        for costs in filter(None, rounds)
        if costs.get("failures")
    ]
    assert not failures, f"{scenario.name}: {failures[0]}"


# === BANKS AND DATABASES === #


def _get_bank(arena, rows):
    """:return: the bank with so many transactions, made once"""
    if rows not in arena.banks:
        arena.banks[rows] = arena.open(make_bank(rows))
    return arena.banks[rows]


def _make_configured(arena, module, bank):
    """:return: name of a source in which one journal is connected to a bank"""
    arena.install(module)
    settings = {
        "numbers": [IBAN],
        "client_id": bank.client_id,
        "client_secret": bank.client_secret,
        "since": yesterday() - timedelta(days=DAYS),
    }
    return arena.make_source(
        f"{module} configured", module, "configure", settings=settings
    )


# === FIRST IMPORT === #


def prepare_first_import(arena, scenario):
    """All that the bank has, into an empty journal."""
    options = scenario.options
    bank = _get_bank(arena, options["rows"])
    orders = {}
    for contender, (module, job, arguments) in WAYS.items():
        source = _make_configured(arena, module, bank)
        arguments = {"statements": options["statements"], **arguments}
        orders[contender] = Order(source, job, bank, arguments)
    return orders


def first_import(rows, statements, rounds, quick=None):
    """:return: the scenario of a first import"""
    return Scenario(
        f"import-{rows}-{statements}",
        f"first import of {rows:,}, "
        + ("no statements" if statements == "none" else f"{statements} statements"),
        prepare_first_import,
        rounds,
        quick or {},
        {"rows": rows, "statements": statements},
    )


SCENARIOS = [
    first_import(
        500,
        "daily",
        {OURS: 3, "by person": 1, OCA: 1, FLOOR: 3},
        {OURS: 1, OCA: 1, FLOOR: 1},
    ),
]
