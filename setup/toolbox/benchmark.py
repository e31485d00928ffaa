"""The command ``setup/benchmark``: runs ``tests/benchmark`` in its environment."""

import os
import subprocess

from . import environment, paths


def run(arguments):
    """Run the suite; return its exit code."""
    environment.check_state_folder()
    environment.ensure_odoo()
    folders = (paths.SETUP, paths.TESTS, paths.TESTS / "faults", paths.ADDON_TESTS)
    return subprocess.call(
        [str(environment.PYTHON), "-m", "benchmark", *arguments],
        cwd=paths.ROOT,
        env=environment.variables(PYTHONPATH=os.pathsep.join(map(str, folders))),
    )
