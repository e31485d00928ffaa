"""Run the tests of Odoo and OCA's addons beside ours, and without it, and compare.

Whatever passes without the addon has to pass with it. So all tests run with it, and
those that do not pass run again without it. What passes then runs with it once more,
with nothing beside it: a busy machine lets some of Odoo's tests time out.
"""

import collections
import contextlib
import re

from . import addon_run, odoo, odoo_log, paths, template, test_run
from .console import Stop, log_path, say, step
from .odoo_log import Outcome

QUERIES = paths.SETUP / "host_queries.py"
# Not a dependency of ours: what most who use our addon install beside it.
BESIDE = "account_reconcile_oca"
MODULES = (
    *("account", "analytic", "bus", "digest", "mail"),
    *("account_statement_base", "account_statement_import_base"),
    *("account_statement_import_online", BESIDE),
)
# A minute of it: who creates users and entries, and who feeds journals like us. None
# of them needs the web client, whose bundles take longer than the tests.
QUICK = (
    "/account:TestAccountBankStatementLine",
    "/account_statement_base",
    "/account_statement_import_online",
    "/analytic",
    "/mail:TestUser",
    "/mail:TestUserSettings",
)
# Queries that the addon adds where there is no feed, and what each asks for.
KNOWN_COSTS = {
    "deleting a statement line": 1,  # whether the register knows it
    "deleting 50 statement lines": 1,
    "deleting a bank journal": 1,  # whether its feed leaves credentials behind
    "opening the dashboard": 1,  # for the feeds of all cards
    "describing the fields of a journal": 1,  # whether the test service is in use
    "opening the form of a journal": 1,
    "opening the bank lines": 2,  # which pulls made them; which feeds match them
    "saving the settings": 2,  # the settings of its own
}
OURS = re.compile(rf"\b{paths.ADDON_NAME}\b")


def tags_for(selection):
    """Return Odoo's --test-tags for everything, ``quick``, a class, or tags."""
    if selection == "quick":
        return ",".join(QUICK)
    if selection and not selection.startswith("/"):
        return f":{selection}"
    return selection or ",".join(f"/{module}" for module in MODULES)


def run(selection=""):
    """Run the tests with the addon, what fails without it, too, and compare."""
    cluster = template.running_cluster()
    source = template.ensure(cluster, BESIDE)
    with contextlib.ExitStack() as stack:
        without = stack.enter_context(template.database(cluster, source))
        beside = stack.enter_context(template.database(cluster, source))
        with step("installing the addon beside the others"):
            install(cluster, beside)
        # Before it is asked, which may leave something behind.
        others = [
            stack.enter_context(template.database(cluster, beside))
            for _ in range(1, test_run.workers())
        ]
        outcome = compare_queries(*(ask_queries(cluster, d) for d in (without, beside)))
        with step("running tests of Odoo and OCA beside the addon"):
            ours = run_tests(cluster, "with", [beside, *others], tags_for(selection))
        found = odoo_log.tests(ours)
        say(f"  with the addon: {found}")
        theirs = ""
        if tags := tags_of(found.failed.keys() | found.skipped.keys()):
            with step("running without the addon what did not pass"):
                theirs = run_tests(cluster, "without", [without], tags)
        again = ""
        if tags := tags_of(find_broken(theirs, ours)):
            with step("running once more with the addon what passed without it"):
                again = run_tests(cluster, "again", [beside], tags)
    return outcome + compare_tests(theirs, ours, again)


def tags_of(names):
    """Return Odoo's --test-tags for some tests, and for classes that did not set up.

    :param names: names as ``odoo_log.Tests`` has them
    """
    tests = {(name.partition(".")[0], name.partition(":")[2]) for name in names}
    return ",".join(f"/{module}:{test}" for module, test in sorted(tests))


def install(cluster, database):
    """Install the addon in a database."""
    quiet = ("--max-cron-threads=0", "--log-level=warn")
    odoo.run(
        *(cluster, database, f"--init={paths.ADDON_NAME}", *quiet),
        log_name="host-install",
    )


# --- tests ---


def run_tests(cluster, title, databases, tags):
    """Run Odoo's tests, shared by databases that are alike.

    :param str title: what the databases have in common
    :return: the text of the logs (str)
    """
    logs = {
        database: log_path(f"host-{title}-{number}")
        for number, database in enumerate(databases, 1)
    }
    test_run.run(cluster, logs, tags, AFTER_LOADING="1", NO_BROWSER="1")
    return "\n".join(map(read_log, logs.values()))


def read_log(log):
    """Return the text of a log (str).

    :raise Stop: when Odoo ended before its tests
    """
    text = log.read_text(errors="replace")
    if not odoo_log.is_complete(text):
        raise Stop(f"Odoo's tests broke off: see {log.name}.")
    return text


def find_broken(without, beside):
    """Return the names of the tests that pass without the addon only (set).

    :param str without: the log of a run without the addon of what did not pass
    :param str beside: the log of the run with the addon
    """
    return odoo_log.tests(without).passed - odoo_log.tests(beside).passed


def compare_tests(without, beside, again=""):
    """Count as failed what passes without the addon and does not with it.

    What passes in neither is shown. Nothing passed is a failure.

    :param str without: the log of a run without the addon of what did not pass
    :param str beside: the log of the run with the addon
    :param str again: the log of another run with it, of what passed without it
    """
    ours, theirs = odoo_log.tests(beside), odoo_log.tests(without)
    passed_again = odoo_log.tests(again).passed & find_broken(without, beside)
    for name in sorted(passed_again):
        say(f"  passed when it ran alone only: {name}")
    for name in sorted(theirs.failed):
        say(f"  fails without the addon, too: {name}")
    for reason, count in collections.Counter(theirs.skipped.values()).most_common():
        say(f"  skipped {count}: {reason}")
    broken = sorted(find_broken(without, beside) - passed_again)
    outcome = Outcome(
        passed=len(ours.passed | passed_again),
        failed=len(broken),
        skipped=len(theirs.skipped),
    )
    for name in broken:
        outcome.problems.append(
            f"fails with the addon only: {name}\n{_why(ours, name)}"
        )
    outcome.problems += _lines_of_ours(f"{beside}\n{again}")
    if not ours.passed:
        outcome.problems.append("No test passed with the addon.")
    if outcome.problems and not outcome.failed:
        outcome.failed = 1
    addon_run.report(outcome, "host-with-*.log")
    return outcome


def _why(tests, name):
    """Return what the log says of a test, or of its class, that did not pass."""
    for key in (name, name.rpartition(".")[0]):
        if key in tests.failed:
            return "\n".join(tests.failed[key])
        if key in tests.skipped:
            return f"skipped: {tests.skipped[key]}"
    return "It did not run."


def _lines_of_ours(text):
    """Return warnings and worse that the addon logs while it is not in use."""
    return [
        f"{level} {logger}: {message}"
        for level, logger, message in odoo_log.records(text)
        if level in ("WARNING", "ERROR", "CRITICAL") and OURS.search(logger)
    ]


# --- queries ---


def ask_queries(cluster, database):
    """Return how many queries everyday work costs in a database (dict)."""
    return odoo.ask(cluster, database, QUERIES, log_name="host-queries")


def compare_queries(without, beside):
    """Count as failed what costs more queries with the addon than is known."""
    outcome = Outcome()
    for title, count in without.items():
        more = beside[title] - count
        told = "as without the addon" if not more else f"{count} without the addon"
        say(f"  {title}: {beside[title]} queries, {told}")
        if more > KNOWN_COSTS.get(title, 0):
            outcome.failed += 1
            outcome.problems.append(f"{title} costs {more} queries more")
        else:
            outcome.passed += 1
    return outcome
