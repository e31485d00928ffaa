"""Run the addon's own tests inside Odoo, on a throw-away database."""

import contextlib
import os
import pathlib
import re

from . import browser, environment, odoo, odoo_log, paths, template, test_run
from .console import Stop, log_path, say, step
from .odoo_log import Outcome

LOG_NAME = "test-addon-{}-{}"
LINES_PER_PROBLEM = 40
# The company of the addon's tests, once instead of for each of their classes.
MAKE_BOOKS = f"""\
from odoo.addons.{paths.ADDON_NAME}.tests.common import PontoCase
PontoCase.env = env
PontoCase.make_books()
env.cr.commit()
"""
NO_BROWSER = re.compile(r"chrome|chromium|browser|websocket", re.IGNORECASE)


def tags_for(selection):
    """Return Odoo's --test-tags for a class, a method, ``tours``, or everything."""
    module = f"/{paths.ADDON_NAME}"
    if selection != "tours":
        return f"{module}:{selection}" if selection else module
    files = sorted((paths.ADDON / "tests").glob("test_*tour*.py"))
    if not files:
        raise Stop("The addon has no tours (tests/test_*tour*.py).")
    return ",".join(f"{module}/tests/{file.name}" for file in files)


def run(selection="", strict=False, **place):
    """Install the addon in a clone of the template and run its tests there.

    :param strict: whether a tour that is skipped for want of a browser has failed
    :param place: ``addons`` and ``venv``, where these are not the checkout's
    """
    cluster = template.running_cluster()
    browser_folder = browser.ensure(required=strict)
    source = template.ensure(cluster)
    env = {}
    if browser_folder:
        path = environment.variables()["PATH"]
        env["PATH"] = f"{browser_folder}{os.pathsep}{path}"
    count = 1 if selection else test_run.workers()
    logs = _new_logs(count)
    shown = ", ".join(str(log.relative_to(paths.ROOT)) for log in logs)
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(template.database(cluster, source))
        with step("installing the addon"):
            quiet = ("--max-cron-threads=0", "--log-level=warn")
            install_log = odoo.run(
                *(cluster, first, f"--init={paths.ADDON_NAME}", *quiet),
                log_name=f"test-install-{os.getpid()}",
                **place,
            )
        if count > 1:
            with step("making the bundles of the web client, and books"):
                odoo.shell(
                    *(cluster, first, template.WARM_UP + MAKE_BOOKS),
                    log_name="test-bundles",
                    **place,
                )
        others = [
            stack.enter_context(template.database(cluster, first)) for _ in logs[1:]
        ]
        with step(f"running the addon's tests in Odoo (log: {shown})"):
            by_database = dict(zip((first, *others), logs, strict=True))
            test_run.run(cluster, by_database, tags_for(selection), **place, **env)
    outcome = sum(
        (odoo_log.read(log.read_text(errors="replace")) for log in logs), Outcome()
    )
    outcome.problems += odoo_log.unexpected(install_log.read_text(errors="replace"))
    _judge(outcome, strict)
    report(outcome, shown)
    return outcome


def _new_logs(count):
    """Return the log files of this run; those of runs that ended are deleted."""
    for old in paths.LOGS.glob("test-*-*.log"):
        pid = old.stem.rpartition("-")[2]
        if pid.isdecimal() and not pathlib.Path("/proc", pid).exists():
            old.unlink(missing_ok=True)
    return [
        log_path(LOG_NAME.format(number, os.getpid())) for number in range(1, count + 1)
    ]


def _judge(outcome, strict):
    """Turn what is no failure for Odoo, but one for us, into a failure."""
    if strict:
        tours = [skip for skip in outcome.skips if NO_BROWSER.search(skip)]
        outcome.skipped -= len(tours)
        outcome.failed += len(tours)
        outcome.problems += [f"skipped for want of a browser: {skip}" for skip in tours]
    if outcome.problems and not outcome.failed:
        outcome.failed = 1  # the log check


def report(outcome, shown):
    """Print what went wrong, and what was skipped.

    :param shown: the log file, as it is called on the screen
    """
    for problem in outcome.problems:
        lines = problem.splitlines()
        say("\n" + "\n".join(lines[:LINES_PER_PROBLEM]))
        if len(lines) > LINES_PER_PROBLEM:
            say(f"... {len(lines) - LINES_PER_PROBLEM} more lines in {shown}")
    if outcome.problems:
        say("\nIn short:")
    for problem in outcome.problems:
        say("  " + problem.splitlines()[0][:200])
    for skip in outcome.skips:
        say(f"  skipped {skip}")
