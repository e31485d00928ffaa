"""The command ``setup/test``."""

import argparse
import os
import time

from . import (
    addon_run,
    environment,
    host_run,
    lint_run,
    paths,
    postgres,
    pytest_run,
)
from .console import Stop, say
from .odoo_log import Outcome

HELP = """\
parts:
  (none)                    everything: the tests in tests/, then the addon's in Odoo,
                            then host:quick
  simulator, contract, engine, checks, e2e, ...
                            a folder of tests/, or its files test_<part>*.py
  tests/contract/test_x.py  files and folders, as pytest takes them
  addon                     the addon's tests in Odoo
  addon:TestPull            one class;  addon:TestPull.test_x  one method
  tours                     the addon's browser tests
  host                      tests of Odoo and OCA, with the addon and without
  host:quick                a selection of them;  host:/account:TestTax  tags of Odoo
  lint                      the linters (not part of everything)

What stands after -- goes to pytest:  setup/test contract -- -k expiry -x
Exit code 0: something was tested, nothing failed.
"""


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="setup/test",
        description="Run the tests of this project, all or a part.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="part", default=[])
    parser.add_argument(
        "--stop",
        action="store_true",
        help="stop the PostgreSQL that tests leave running",
    )
    own, _, extra = _split(arguments)
    options = parser.parse_args(own)
    return options, extra


def _split(arguments):
    """Return what stands before ``--``, and after it."""
    if "--" not in arguments:
        return arguments, None, []
    at = arguments.index("--")
    return arguments[:at], "--", arguments[at + 1 :]


def _plan(parts):
    """Return the runs as (title, kind, what), those of pytest joined in one."""
    runs, targets = [], []
    for part in parts or ["all"]:
        if part == "all":
            targets.append("tests")
            runs.append(("addon in Odoo", "addon", ""))
            if "host" not in parts:
                runs.append(("host:quick", "host", "quick"))
        elif part == "lint":
            runs.append(("linters", "lint", ""))
        elif part.partition(":")[0] == "host":
            runs.append((part, "host", part.partition(":")[2]))
        elif part == "tours" or part.partition(":")[0] == "addon":
            selection = "tours" if part == "tours" else part.partition(":")[2]
            runs.append((part, "addon", selection))
        elif found := pytest_run.find(part):
            targets += found
        else:
            raise Stop(f"There are no tests called {part}.", "See setup/test --help.")
    if targets:
        runs.insert(0, ("pytest " + " ".join(targets), "pytest", targets))
    return runs


def _run(kind, what, extra, strict):
    """Run one kind of tests; an empty run is a failure."""
    if kind == "lint":
        return lint_run.run()
    if kind == "pytest":
        outcome = pytest_run.run(what, extra)
    elif kind == "host":
        outcome = host_run.run(what)
    else:
        outcome = addon_run.run(what, strict)
    if not outcome.passed and not outcome.failed:
        say("No test ran: that counts as a failure.")
        outcome.failed += 1
    return outcome


def _attempt(kind, what, extra, strict):
    """Run one kind of tests; not getting as far as the tests is a failure too."""
    try:
        return _run(kind, what, extra, strict)
    except Stop as stop:
        say(f"\n{stop}")
        return Outcome(failed=1)


def _stop_postgres():
    """Stop the server for tests; it is left running for the next run otherwise."""
    if (paths.STATE / "postgres-test").exists():
        postgres.Cluster("test").stop()


def run(arguments):
    """Run what the command line names; return the exit code."""
    options, extra = _parse(arguments)
    environment.check_state_folder()
    if options.stop:
        _stop_postgres()
        return 0
    in_ci = os.environ.get("CI", "").lower() in ("1", "true")
    summary, total = [], Outcome()
    for title, kind, what in _plan(options.parts):
        say(f"\n== {title}")
        began = time.monotonic()
        outcome = _attempt(kind, what, extra, in_ci)
        total += outcome
        counts = f"{outcome.failed} failed" if kind == "lint" else outcome
        summary.append(f"  {title}: {counts} ({time.monotonic() - began:.0f} s)")
    if in_ci:
        _stop_postgres()
    say("\n" + "\n".join(summary))
    say(f"\n{total}")
    return 1 if total.failed else 0
