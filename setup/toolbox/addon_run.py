"""Run the addon's own tests inside Odoo, on a throw-away database."""

import os
import pathlib
import re
import subprocess

from . import browser, environment, odoo, odoo_log, paths, template
from .console import Stop, log_path, say, step

LOG_NAME = "test-addon-{}"
LINES_PER_PROBLEM = 40
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


def run(selection="", strict=False):
    """Install the addon in a clone of the template and run its tests there.

    :param strict: whether a tour that is skipped for want of a browser has failed
    """
    cluster = template.running_cluster()
    browser_folder = browser.ensure(required=strict)
    source = template.ensure(cluster)
    log = _new_log()
    shown = log.relative_to(paths.ROOT)
    with template.database(cluster, source) as database:
        with step(f"running the addon's tests in Odoo (log: {shown})"):
            _call_odoo(cluster, database, tags_for(selection), browser_folder, log)
    outcome = odoo_log.read(log.read_text(errors="replace"))
    _judge(outcome, strict)
    report(outcome, shown)
    return outcome


def _new_log():
    """Return a log file of this run; those of runs that ended are deleted."""
    for old in paths.LOGS.glob(LOG_NAME.format("*") + ".log"):
        if not pathlib.Path("/proc", old.stem.rpartition("-")[2]).exists():
            old.unlink(missing_ok=True)
    return log_path(LOG_NAME.format(os.getpid()))


def _call_odoo(cluster, database, tags, browser_folder, log):
    """Start Odoo's test runner; its log says how it went, not its exit code."""
    command = odoo.command(
        cluster,
        database,
        f"--init={paths.ADDON_NAME}",
        f"--test-tags={tags}",
        "--stop-after-init",
        "--max-cron-threads=0",
        "--http-interface=127.0.0.1",
        f"--http-port={odoo.free_port()}",
    )
    env = environment.variables(PONTO_SIMULATOR_PATH=paths.TESTS)
    if browser_folder:
        env["PATH"] = f"{browser_folder}{os.pathsep}{env['PATH']}"
    with log.open("w") as output:
        subprocess.call(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=paths.STATE,
        )


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
