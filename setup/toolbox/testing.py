"""The command ``setup/test``."""

import argparse
import os
import re
import subprocess
import sys
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
from .console import Stop, log_path, say
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


#: The run of the linters, as `_plan` tells it.
LINTERS = ("linters", "lint", "")
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")


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
            runs.append(LINTERS)
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


class Beside:
    """A run in a process of its own, beside others; it is shown when it has ended."""

    def __init__(self, title, parts, extra):
        self.title, self._began = title, time.monotonic()
        self._log = log_path("beside")
        env = {key: value for key, value in os.environ.items() if key != "CI"}
        with self._log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, paths.SETUP / "test", *parts, "--", *extra],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
            )

    def finish(self):
        """Wait for its end and print what it said; return its counts and seconds."""
        self._process.wait()
        text = self._log.read_text(errors="replace")
        say(f"\n== {self.title}\n{text}")
        return read_counts(text), time.monotonic() - self._began

    def stop(self):
        """End it, if something else went wrong."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def read_counts(text):
    """Return the counts with which a run of ``setup/test`` ends; a failure without."""
    found = COUNTS.search(text.rstrip().rpartition("\n")[2])
    if not found:
        return Outcome(failed=1)
    passed, failed, skipped = map(int, found.groups())
    return Outcome(passed, failed, skipped)


def run(arguments):
    """Run what the command line names; return the exit code."""
    options, extra = _parse(arguments)
    environment.check_state_folder()
    if options.stop:
        _stop_postgres()
        return 0
    in_ci = os.environ.get("CI", "").lower() in ("1", "true")
    plan = _plan(options.parts)
    beside = None
    if in_ci and len(plan) > 1 and plan[0][1] == "pytest":
        # These wait much and compute little: they fit beside the others.
        environment.ensure_odoo()
        title, _kind, parts = plan.pop(0)
        if LINTERS in plan:
            plan.remove(LINTERS)
            title, parts = f"{title}, linters", [*parts, "lint"]
        say(f"\n== {title}: beside the others, shown at their end")
        beside = Beside(title, parts, extra)
    summary, total = [], Outcome()

    def add(title, kind, outcome, seconds):
        nonlocal total
        total += outcome
        counts = f"{outcome.failed} failed" if kind == "lint" else outcome
        summary.append(f"  {title}: {counts} ({seconds:.0f} s)")

    try:
        for title, kind, what in plan:
            say(f"\n== {title}")
            began = time.monotonic()
            outcome = _attempt(kind, what, extra, in_ci)
            add(title, kind, outcome, time.monotonic() - began)
        if beside:
            add(beside.title, "pytest", *beside.finish())
    finally:
        if beside:
            beside.stop()
    if in_ci:
        _stop_postgres()
    say("\n" + "\n".join(summary))
    say(f"\n{total}")
    return 1 if total.failed else 0
