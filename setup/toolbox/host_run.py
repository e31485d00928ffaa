"""Run the tests of Odoo and OCA's addons beside ours, and without it, and compare.

Whatever passes without the addon has to pass with it. Both databases come from one
template; the two runs go side by side.
"""

import collections
import contextlib
import re
import subprocess

from . import addon_run, environment, odoo, odoo_log, paths, template
from .console import Stop, log_path, say, step
from .odoo_log import Outcome

LAUNCHER = paths.SETUP / "host_odoo.py"
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
    "opening the bank lines": 1,  # which pulls made them, where that is shown
    "saving the settings": 1,  # the setting of its own
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
    """Run the tests in two databases that differ in the addon only, and compare."""
    cluster = template.running_cluster()
    source = template.ensure(cluster, BESIDE)
    with contextlib.ExitStack() as stack:
        without = stack.enter_context(template.database(cluster, source))
        beside = stack.enter_context(template.database(cluster, source))
        with step("installing the addon beside the others"):
            install(cluster, beside)
        outcome = compare_queries(*(ask_queries(cluster, d) for d in (without, beside)))
        databases = {"without": without, "with": beside}
        with step("running tests of Odoo and OCA, with the addon and without"):
            logs = run_tests(cluster, databases, tags_for(selection))
    return outcome + compare_tests(logs["without"], logs["with"])


def install(cluster, database):
    """Install the addon in a database."""
    quiet = ("--max-cron-threads=0", "--log-level=warn")
    odoo.run(
        *(cluster, database, f"--init={paths.ADDON_NAME}", *quiet),
        log_name="host-install",
    )


# --- tests ---


def run_tests(cluster, databases, tags):
    """Run Odoo's tests in several databases at once.

    :param databases: {title: name of a database}
    :return: {title: the log's text}
    """
    runs = {}
    for title, database in databases.items():
        log = log_path(f"host-{title}")
        command = odoo.command(
            *(cluster, database, f"--test-tags={tags}", "--stop-after-init"),
            *("--max-cron-threads=0", "--http-interface=127.0.0.1"),
            f"--http-port={odoo.free_port()}",
        )
        command[0:1] = [environment.PYTHON, LAUNCHER]
        with log.open("w") as output:
            process = subprocess.Popen(
                list(map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment.variables(),
                cwd=paths.STATE,
            )
        runs[title] = process, log
    try:
        for process, _log in runs.values():
            process.wait()
    finally:
        for process, _log in runs.values():
            if process.poll() is None:
                process.terminate()
                process.wait()
    return {title: log.read_text(errors="replace") for title, (_, log) in runs.items()}


def compare_tests(without, beside):
    """Count as passed what passes in both logs, as failed what fails beside us only.

    What passes in neither is shown. Nothing passed is a failure.
    """
    for title, text in (("without", without), ("with", beside)):
        if not odoo_log.is_complete(text):
            raise Stop(f"The tests {title} the addon broke off: see host-{title}.log.")
    ours, theirs = odoo_log.tests(beside), odoo_log.tests(without)
    say(f"  without the addon: {theirs}")
    say(f"  with the addon: {ours}")
    for name in sorted(theirs.failed):
        say(f"  fails without the addon, too: {name}")
    for reason, count in collections.Counter(theirs.skipped.values()).most_common():
        say(f"  skipped {count}: {reason}")
    broken = sorted(theirs.passed - ours.passed)
    outcome = Outcome(
        passed=len(theirs.passed & ours.passed),
        failed=len(broken),
        skipped=len(theirs.skipped),
    )
    for name in broken:
        outcome.problems.append(
            f"fails with the addon only: {name}\n{_why(ours, name)}"
        )
    outcome.problems += _lines_of_ours(beside)
    if not theirs.passed:
        outcome.problems.append("No test passed without the addon.")
    if outcome.problems and not outcome.failed:
        outcome.failed = 1
    addon_run.report(outcome, "host-with.log")
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
