"""What is measured: the table of scenarios, for the quick and for the full mode."""

import socket
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from simulator.identifiers import belgian_iban
from toolbox import odoo

from . import fleets, stranger
from .arena import DAYS, Order, make_bank, yesterday

#: Contenders: this addon, OCA's of the same name, and the ORM's own part of an import.
OURS, OCA, FLOOR = "ours", "oca", "floor"
#: This addon otherwise: pulling for a person, with a slow network, for the second time
#: in a process, and a dashboard that it adds nothing to.
PERSON, SLOW, AGAIN, WITHOUT = "by person", "slow network", "again", "without"
#: This addon with another worker beside, and with an integration that never answers.
TWO, SILENT = "two workers", "one silent"
#: How much longer a page takes with a slow network.
LATENCY_S = 0.3
#: In which database, by which job and with which arguments a contender imports.
WAYS = {
    OURS: ("ours", "pull_by_cron", {}),
    SLOW: ("ours", "pull_by_cron", {}),
    PERSON: ("ours", "pull_period", {"days": DAYS + 1}),
    OCA: ("oca", "pull_period", {"days": DAYS + 1}),
    # The best size of a batch is anything from 200 to 600.
    FLOOR: ("ours", "create_lines", {"batch": 500}),
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
    """Return the bank with so many transactions, made once."""
    if rows not in arena.banks:
        arena.banks[rows] = arena.open(make_bank(rows))
    return arena.banks[rows]


def _make_settings(*banks):
    """Return settings for the job ``configure`` (dict)."""
    return {
        "client_id": banks[0].client_id,
        "client_secret": banks[0].client_secret,
        "since": yesterday() - timedelta(days=DAYS),
        "banks": {
            bank.url: [account["reference"] for account in bank.bank.accounts()]
            for bank in banks
        },
    }


def _make_configured(arena, module, bank):
    """Return the name of a source in which one journal is connected to some bank."""
    arena.install(module)
    return arena.make_source(
        f"{module} configured", module, "configure", settings=_make_settings(bank)
    )


# === FIRST IMPORT === #


def prepare_first_import(arena, scenario):
    """All that the bank has, into an empty journal."""
    bank = _get_bank(arena, scenario.options["rows"])
    orders = {}
    for contender in scenario.rounds:
        module, job, arguments = WAYS[contender]
        source = _make_configured(arena, module, bank)
        arguments = {"statements": scenario.options["statements"], **arguments}
        latency_s = LATENCY_S if contender == SLOW else 0.0
        orders[contender] = Order(source, job, bank, arguments, latency_s)
    return orders


def first_import(rows, statements, rounds, quick=None):
    """Return the scenario of a first import."""
    kind = "no" if statements == "none" else statements
    return Scenario(
        f"import-{rows}-{statements}",
        f"first import of {rows:,}, {kind} statements",
        prepare_first_import,
        rounds,
        quick or {},
        {"rows": rows, "statements": statements},
    )


# === A HISTORY THAT IS KNOWN === #


def prepare_known(arena, scenario):
    """Some days again, of which all is known."""
    bank = _get_bank(arena, scenario.options["rows"])
    orders = {}
    for contender in scenario.rounds:
        configured = _make_configured(arena, contender, bank)
        source = arena.make_history(bank, configured, "daily", hashes=True)
        arguments = {"statements": "daily", "days": DAYS + 1}
        orders[contender] = Order(source, "pull_period", bank, arguments)
    return orders


def prepare_scheduled(arena, scenario):
    """What the scheduled action does every hour; the bank has booked a little or no
    more."""
    rows, news = scenario.options["rows"], scenario.options["news"]
    bank = _get_bank(arena, rows)
    orders = {}
    for contender in scenario.rounds:
        module = "oca" if contender == OCA else "ours"
        configured = _make_configured(arena, module, bank)
        source = arena.make_history(bank, configured, "daily")
        arguments = {"times": 2 if contender == AGAIN else 1}
        orders[contender] = Order(source, "pull_by_cron", bank, arguments)
    for number in range(news):
        bank.bank.add_transaction(
            bank.accounts[0],
            f"{number + 1}.50",
            yesterday(),
            remittanceInformation=f"News {number}",
            counterpartName="Mouterij Janssens",
        )
    return orders


def scheduled(rows, news, rounds, quick=None):
    """Return the scenario of a scheduled pull."""
    what = f"{news} new" if news else "nothing new"
    return Scenario(
        f"scheduled-{rows}-{'news' if news else 'idle'}",
        f"scheduled pull, {what}, {rows:,} known",
        prepare_scheduled,
        rounds,
        quick or {},
        {"rows": rows, "news": news},
    )


# === MANY === #


def _make_many(arena, count, banks):
    """Return the name of a source with so many journals, which have all of their banks;
    each bank stands for a credential."""
    arena.install("ours")
    name = f"{count} providers"
    if name not in arena.banks:
        numbers = [belgian_iban(1, position) for position in range(count)]
        arena.banks[name] = [
            arena.open(make_bank(3, numbers[position::banks]))
            for position in range(banks)
        ]
    settings = _make_settings(*arena.banks[name])
    configured = arena.make_source(
        f"{name} configured", "ours", "configure", settings=settings
    )
    return arena.make_source(name, configured, "pull_all")


def prepare_many_providers(arena, scenario):
    """One run of the scheduled action over many providers."""
    count = scenario.options["providers"]
    source = _make_many(arena, count, count // 10)
    return {OURS: Order(source, "pull_by_cron", None, {"url": None})}


def many_providers(count, rounds, quick=None):
    """Return the scenario of a run over so many providers."""
    return Scenario(
        f"providers-{count}",
        f"scheduled pull, nothing new, {count} providers, {count // 10} credentials",
        prepare_many_providers,
        rounds,
        quick or {},
        {"providers": count},
    )


def prepare_fleet(arena, scenario):
    """One pass over many feeds, each answer takes 300 ms."""
    count, banks = scenario.options["feeds"], scenario.options["integrations"]
    source = _make_many(arena, count, banks)
    pull = partial(fleets.measure, banks=f"{count} providers")
    ways = {OURS: {}, TWO: {"workers": 2}, SILENT: {"is_silent": True}}
    return {
        name: Order(source, partial(pull, **ways[name]), None)
        for name in scenario.rounds
    }


def fleet(feeds, integrations, rounds, quick=None):
    """Return the scenario of a pass over so many feeds."""
    return Scenario(
        f"fleet-{feeds}",
        f"one pass, nothing new, {feeds:,} feeds, {integrations} integrations, 300 ms "
        "an answer",
        prepare_fleet,
        rounds,
        quick or {},
        {"feeds": feeds, "integrations": integrations},
    )


def prepare_outage(arena, scenario):
    """One pass while Ponto is silent, or refuses connections."""
    count = scenario.options["providers"]
    source = _make_many(arena, count, count // 10)
    port = odoo.free_port()
    if scenario.options["is_silent"]:
        # The system accepts for it; it reads nothing and says nothing.
        silent = arena.open(socket.create_server(("127.0.0.1", 0), backlog=50))
        port = silent.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    return {OURS: Order(source, "pull_in_outage", None, {"url": url})}


def prepare_stranger(arena, scenario):
    """Two people fetch from a Ponto that is late; a stranger wants a page of Odoo."""
    source = _make_many(arena, 20, 2)
    return {OURS: Order(source, stranger.measure, arena.open(make_bank()))}


def prepare_wizard(arena, scenario):
    """Log in, and look at all the accounts."""
    arena.install("ours")
    numbers = [belgian_iban(2, n) for n in range(scenario.options["accounts"])]
    bank = arena.open(make_bank(numbers=numbers))
    arguments = {"client_id": bank.client_id, "client_secret": bank.client_secret}
    return {OURS: Order("ours", "show_accounts", bank, arguments)}


def prepare_dashboard(arena, scenario):
    """Look at the journals in the morning."""
    source = _make_many(arena, scenario.options["journals"], 5)
    return {
        OURS: Order(source, "show_dashboard", None, {"url": None}),
        WITHOUT: Order(source, "show_dashboard", None, {"url": None, "bypass": True}),
    }


def prepare_overview(arena, scenario):
    """Look at the feeds of all companies in the morning."""
    count = scenario.options["feeds"]
    source = _make_many(arena, count, count // 10)
    return {OURS: Order(source, "show_overview", None, {"url": None})}


# === THE TABLE === #

SCENARIOS = [
    first_import(
        500,
        "daily",
        {OURS: 3, PERSON: 3, OCA: 1, FLOOR: 3},
        {OURS: 1, OCA: 1, FLOOR: 1},
    ),
    first_import(500, "monthly", {OURS: 3, FLOOR: 3}),
    first_import(500, "none", {OURS: 3, FLOOR: 3}, {OURS: 1, FLOOR: 1}),
    first_import(2000, "daily", {OURS: 2, OCA: 2, FLOOR: 2}),
    first_import(2000, "monthly", {OURS: 2, FLOOR: 2}),
    first_import(2000, "none", {OURS: 2, FLOOR: 2}),
    first_import(10000, "daily", {OURS: 1, FLOOR: 1}),
    first_import(10000, "monthly", {OURS: 1, FLOOR: 1}),
    first_import(10000, "none", {OURS: 1, FLOOR: 1}),
    Scenario(
        "latency-2000",
        "first import of 2,000, no statements, 300 ms more a page or not",
        prepare_first_import,
        {OURS: 2, SLOW: 2},
        options={"rows": 2000, "statements": "none"},
    ),
    Scenario(
        "known-2000",
        "period pull, 2,000 known",
        prepare_known,
        {OURS: 3, OCA: 3},
        {OURS: 1, OCA: 1},
        {"rows": 2000},
    ),
    scheduled(100, 0, {OURS: 5, AGAIN: 5, OCA: 5}, {OURS: 1, AGAIN: 1, OCA: 1}),
    scheduled(100, 5, {OURS: 5, OCA: 5}),
    scheduled(10000, 0, {OURS: 5, AGAIN: 5}, {OURS: 1, AGAIN: 1}),
    scheduled(10000, 5, {OURS: 5}, {OURS: 1}),
    scheduled(100000, 0, {OURS: 5, AGAIN: 5}),
    scheduled(100000, 5, {OURS: 5}),
    many_providers(20, {}, {OURS: 1}),
    many_providers(200, {OURS: 3}),
    fleet(40, 4, {OURS: 3}, {OURS: 1}),
    fleet(1000, 100, {OURS: 1, TWO: 1, SILENT: 1}),
    Scenario(
        "outage-silent-200",
        "scheduled pass, Ponto is silent, 200 providers, 20 integrations",
        prepare_outage,
        {OURS: 1},
        options={"providers": 200, "is_silent": True},
    ),
    Scenario(
        "outage-refused-200",
        "scheduled pass, Ponto refuses, 200 providers, 20 integrations",
        prepare_outage,
        {OURS: 1},
        options={"providers": 200, "is_silent": False},
    ),
    Scenario(
        "outage-stranger",
        "a stranger's page, two people fetch from a Ponto 25 s late, two workers",
        prepare_stranger,
        {OURS: 1},
    ),
    Scenario(
        "wizard-300",
        "connect assistant, 300 accounts",
        prepare_wizard,
        {OURS: 3},
        {OURS: 1},
        {"accounts": 300},
    ),
    Scenario(
        "dashboard-50",
        "dashboard, 50 bank journals",
        prepare_dashboard,
        {OURS: 5, WITHOUT: 5},
        {OURS: 1, WITHOUT: 1},
        {"journals": 50},
    ),
    Scenario(
        "overview-300",
        "list of feeds, 300 feeds, 30 integrations",
        prepare_overview,
        {OURS: 5},
        options={"feeds": 300},
    ),
]
