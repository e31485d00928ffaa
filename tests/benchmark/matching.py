"""Bank lines to settled invoices, three ways: ours, account_reconcile_oca alone, both.

The made-up year of `tests/bookkeeping` goes through a real Odoo, week by week; a line
counts as matched only if it has settled exactly what a careful bookkeeper settles.
"""

import contextlib
from pathlib import Path

from toolbox import console, odoo, paths, template

from .table import to_text

SCRIPT = Path(__file__).with_name("matching_odoo.py")
OURS, THEIRS = paths.ADDON_NAME, "account_reconcile_oca"
WAYS = {"ours": (OURS,), "oca": (THEIRS,), "both": (OURS, THEIRS)}
COLUMNS = (
    *("lines", "has an item", "by reference", "matched", "wrong", "open"),
    *("first suggestion right", "first suggestion other"),
)


def run(ways):
    """Run the year three ways, print what became of it, and judge ours.

    :param ways: only these of `WAYS`, if any
    :return: 0 if the bars hold
    """
    cluster = template.running_cluster()
    outcomes = {}
    for way in ways or WAYS:
        modules = WAYS[way]
        source = template.ensure(cluster, THEIRS if THEIRS in modules else "")
        with contextlib.ExitStack() as stack:
            database = stack.enter_context(template.database(cluster, source))
            with console.step(f"a year, {way}"):
                if OURS in modules:
                    odoo.run(cluster, database, f"--init={OURS}", "--log-level=warn")
                outcomes[way] = odoo.ask(
                    cluster,
                    database,
                    SCRIPT,
                    MATCHING_TESTS=str(paths.TESTS),
                )
        _show(way, outcomes[way])
    missed = [
        f"{way}: {text}"
        for way in outcomes
        if way != "oca"
        for text in judge(outcomes[way])
    ]
    for text in missed:
        console.say(f"missed: {text}")
    return 1 if missed else 0


def total(outcome, column):
    """Return a count over all kinds."""
    return sum(count.get(column, 0) for count in outcome["counts"].values())


def _show(way, outcome):
    rows = [
        [kind, *(str(count.get(column, 0)) for column in COLUMNS)]
        for kind, count in sorted(outcome["counts"].items())
    ]
    rows.append(["all", *(str(total(outcome, column)) for column in COLUMNS)])
    console.say(f"\n{way}\n{to_text([[way, *COLUMNS], *rows])}")
    for kind, texts, settled, truth in outcome["wrong"]:
        console.say(f"  wrong: {kind} {texts} {settled} instead of {truth}")
    lines = total(outcome, "lines")
    certain, right = shares(outcome)
    console.say(
        f"  wrong {total(outcome, 'wrong')}; settled of what a reference tells"
        f" {certain:.1%}; settled or suggested first {right:.1%}"
    )
    console.say(
        f"  imported and settled in {outcome['import_s'] * 1000 / lines:.1f} ms a line"
    )
    if outcome["batch_of_200"]:
        batch = outcome["batch_of_200"]
        console.say(
            f"  finding for {batch['lines']} lines at once: {batch['queries']} queries,"
            f" {_ms_a_line(batch):.2f} ms a line; in the weeks at most "
            f"{max(each['queries'] for each in outcome['finding'])} queries"
        )


def _ms_a_line(batch):
    return batch["wall_s"] * 1000 / batch["lines"]


def shares(outcome):
    """Return what is settled of what a reference tells, and what is settled or
    suggested first of all that has an open item.

    :rtype: tuple[float, float]
    """
    certain = total(outcome, "matched by reference") / total(outcome, "by reference")
    right = total(outcome, "matched") + total(outcome, "first suggestion right")
    return certain, right / total(outcome, "has an item")


def judge(outcome):
    """Yield the bars that are missed."""
    if total(outcome, "wrong"):
        yield f"{total(outcome, 'wrong')} wrong, of 0"
    certain, right = shares(outcome)
    if certain < 0.7:
        yield f"certain of what a reference tells {certain:.1%}, of 70 %"
    if right < 0.9:
        yield f"certain or suggested first {right:.1%}, of 90 %"
    batch = outcome["batch_of_200"]
    if batch["queries"] > 10:
        yield f"{batch['queries']} queries a batch, of 10"
    if _ms_a_line(batch) > 2:
        yield f"finding takes {_ms_a_line(batch):.2f} ms a line, of 2"
