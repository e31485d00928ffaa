"""Run tests in Odoo, on one database or shared by several that are alike."""

import os
import subprocess
import tempfile

from . import environment, odoo, paths

LAUNCHER = paths.SETUP / "odoo_tests.py"
# More processes than this gain little: classes are few, and some take minutes.
MOST_WORKERS = 4


def workers():
    """Return how many processes share the tests (int): one for each core, or what
    ``TEST_WORKERS`` says."""
    given = os.environ.get("TEST_WORKERS")
    return int(given) if given else min(MOST_WORKERS, os.cpu_count() or 1)


def run(cluster, logs, tags, *arguments, addons=(), venv=paths.VENV, **extra_env):
    """Run tests; those of each class in one of the databases.

    The logs say how it went, not the exit codes.

    :param dict logs: {name of a database: the log file of its process}
    :param str tags: Odoo's --test-tags
    :param addons: folders to take addons from in place of the checkout
    :param Path venv: the environment that has Odoo
    """
    with tempfile.TemporaryDirectory() as folder:
        processes = []
        try:
            for database, log in logs.items():
                command = odoo.command(
                    *(cluster, database, f"--test-tags={tags}", "--stop-after-init"),
                    *("--max-cron-threads=0", "--http-interface=127.0.0.1"),
                    *(f"--http-port={odoo.free_port()}", *arguments),
                    addons=addons,
                    venv=venv,
                )
                command[1] = LAUNCHER
                env = environment.variables(**extra_env, SHARED_TESTS=folder)
                processes.append(_start(command, log, env))
            for process in processes:
                process.wait()
        finally:
            for process in processes:
                if process.poll() is None:
                    process.terminate()
                    process.wait()


def _start(command, log, env):
    with log.open("w") as output:
        return subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=paths.STATE,
        )
