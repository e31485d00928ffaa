"""Run the tests outside Odoo's own runner (``tests/``) with pytest, and count them."""

import os
import subprocess
import xml.etree.ElementTree as ElementTree

from . import environment, paths
from .console import Stop
from .odoo_log import Outcome

# These start an Odoo; the others need only the virtual environment.
NEED_ODOO = ("e2e", "faults", "upgrade")


def find(part):
    """Return the files and folders of ``tests/`` that a part's name stands for."""
    given = (paths.ROOT / part.partition("::")[0]).resolve()
    if given.exists() and paths.TESTS in (given, *given.parents):
        return [part]
    folder = paths.TESTS / part
    found = [folder] if any(folder.rglob("test_*.py")) else []
    found += sorted(paths.TESTS.glob(f"test_{part}*.py"))
    return [str(path.relative_to(paths.ROOT)) for path in found]


def needs_odoo(targets):
    """Tell whether any of these files or folders starts an Odoo."""
    wanted = [str(paths.TESTS / name) for name in NEED_ODOO]
    for target in targets:
        full = str((paths.ROOT / target.partition("::")[0]).resolve())
        if full == str(paths.TESTS) or full.startswith(tuple(wanted)):
            return True
    return False


def run(targets, extra=()):
    """Run pytest on files and folders; return the counts."""
    if not targets:
        raise Stop("There are no such tests.", "setup/test --help names the parts.")
    environment.ensure_plain()
    if needs_odoo(targets):
        environment.ensure_odoo()
    report = paths.LOGS / f"pytest-{os.getpid()}.xml"
    report.unlink(missing_ok=True)
    command = [
        *(environment.PYTHON, "-m", "pytest"),
        *("-c", paths.SETUP / "pytest.ini", f"--rootdir={paths.ROOT}"),
        f"--junitxml={report}",
        *targets,
        *extra,
    ]
    env = environment.variables(PYTHONPATH=paths.SETUP)
    code = subprocess.call(list(map(str, command)), cwd=paths.ROOT, env=env)
    outcome = read_report(report) if report.exists() else Outcome()
    report.unlink(missing_ok=True)
    if code and not outcome.failed:
        outcome.failed += 1
        outcome.problems.append(f"pytest ended with exit code {code}")
    return outcome


def read_report(report):
    """Return the counts of a JUnit report."""
    outcome = Outcome()
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif (skip := case.find("skipped")) is not None:
            outcome.skipped += 1
            outcome.skips.append(f"{case.get('name')}: {skip.get('message')}")
        else:
            outcome.passed += 1
    return outcome
