"""Run Odoo: a command to its end, a script in its shell, or a server."""

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import environment, paths
from .console import Stop, log_path, run_logged, tail

START_SECONDS = 120


def free_port(wanted=None):
    """Return a free port of this machine: the wanted one if it is free."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError:
            return free_port() if wanted else None
        return probe.getsockname()[1]


def addons_path(*first):
    """Return the folders where Odoo looks for addons beside its own.

    Addons installed with pip are found by themselves. A folder that holds the module
    of the same name (OCA's) comes first when it is to be used instead of ours.
    """
    return ",".join(map(str, first or (paths.ROOT,)))


def command(cluster, database, *arguments, subcommand=(), addons=(), venv=paths.VENV):
    """Return the command line that starts Odoo on a database of a cluster."""
    return [
        *(venv / "bin/python", venv / "bin/odoo"),
        *subcommand,
        f"--config={os.devnull}",
        *cluster.odoo_options(),
        f"--database={database}",
        f"--data-dir={paths.DATA}",
        f"--addons-path={addons_path(*addons)}",
        *arguments,
    ]


def run(
    cluster,
    database,
    *arguments,
    log_name="odoo",
    addons=(),
    venv=paths.VENV,
    **extra_env,
):
    """Run Odoo until it is done (install, update); return its log file."""
    once = ("--stop-after-init", "--no-http")
    line = command(cluster, database, *arguments, *once, addons=addons, venv=venv)
    return run_logged(
        line,
        log_name,
        env=environment.variables(**extra_env),
        cwd=paths.STATE,
        failure="Odoo failed",
    )


def create(cluster, database, *options, log_name="odoo-create"):
    """Make a database with nothing but the base module (``--country BE`` and alike)."""
    cluster.drop(database)
    run_logged(
        [
            *(environment.BIN / "odoo", "db", "--config", os.devnull),
            *cluster.odoo_options(),
            *("--data-dir", paths.DATA, "init", *options, database),
        ],
        log_name,
        env=environment.variables(),
        cwd=paths.STATE,
        failure="Odoo could not make a database",
    )


def shell(
    cluster,
    database,
    script,
    *,
    log_name="odoo-shell",
    addons=(),
    venv=paths.VENV,
    **extra_env,
):
    """Run a script in Odoo's shell; return what it printed.

    :param script: a file, or the text of a program; ``env`` is defined in it
    :raise Stop: when the script fails
    """
    text = script.read_text() if hasattr(script, "read_text") else script
    line = command(
        cluster,
        database,
        *("--no-http", "--log-level=warn"),
        subcommand=("shell",),
        addons=addons,
        venv=venv,
    )
    log = log_path(log_name)
    with log.open("w") as errors:
        done = subprocess.run(
            list(map(str, line)),
            input=text,
            text=True,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment.variables(**extra_env),
            cwd=paths.STATE,
        )
    if done.returncode:
        shown = log.relative_to(paths.ROOT)
        raise Stop(f"A script in Odoo's shell failed; end of {shown}:\n{tail(log)}")
    return done.stdout


def ask(cluster, database, script, **options):
    """Run a script in Odoo's shell; return what it printed last, which is JSON."""
    return json.loads(shell(cluster, database, script, **options).splitlines()[-1])


def uninstall(cluster, database, module):
    """Remove a module from a database, as the button on the list of apps does."""
    script = (
        f"found = env['ir.module.module'].search([('name', '=', {module!r})])\n"
        "found.button_immediate_uninstall()\n"
    )
    shell(cluster, database, script, log_name="odoo-uninstall")


class Server:
    """An Odoo server on a free port; a context manager that stops it."""

    def __init__(
        self,
        cluster,
        database,
        *arguments,
        port=None,
        addons=(),
        log_name="odoo-server",
    ):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log_path(log_name)
        self._line = command(
            cluster,
            database,
            "--http-interface=127.0.0.1",
            f"--http-port={self.port}",
            f"--db-filter=^{database}$",
            "--no-database-list",
            *arguments,
            addons=addons,
        )
        self._process = None

    def start(self, **extra_env):
        """Start the server and wait until it answers."""
        with self.log.open("w") as output:
            self._process = subprocess.Popen(
                list(map(str, self._line)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment.variables(**extra_env),
                cwd=paths.STATE,
                start_new_session=True,  # Ctrl-C is for us; we stop the server in order
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def _wait(self):
        end = time.monotonic() + START_SECONDS
        no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(urllib.error.URLError, OSError):
                no_proxy.open(f"{self.url}/web/login", timeout=30).close()
                return
            time.sleep(0.2)
        shown = self.log.relative_to(paths.ROOT)
        raise Stop(f"Odoo did not start; end of {shown}:\n{tail(self.log)}")

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def stop(self):
        """Stop the server; kill it if it does not listen."""
        if not self.is_running():
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self):
        return self if self.is_running() else self.start()

    def __exit__(self, *error):
        self.stop()
