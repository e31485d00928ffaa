"""The process of Odoo's shell that does jobs for the tests."""

import json
import os
import socket
import subprocess
from pathlib import Path

from toolbox import environment, odoo, paths
from toolbox.console import Stop, log_path, tail

FOLDER = Path(__file__).resolve().parents[1]
SCRIPT = "from faultlab import inside\ninside.serve(env, {descriptor}, {jobs!r})\n"


class Workers:
    """Odoo's shell on a database, waiting for jobs; a context manager that ends it.

    :param seconds: how long to wait for an answer at most
    :param jobs: name of the module with the functions that can be asked for
    :param addons: folders with addons that take the place of ours
    """

    def __init__(
        self,
        cluster,
        database,
        log_name="faults-workers",
        seconds=300,
        jobs="faultlab.jobs",
        addons=(),
    ):
        self._line = odoo.command(
            cluster,
            database,
            *("--no-http", "--log-level=info", "--max-cron-threads=0"),
            subcommand=("shell",),
            addons=addons,
        )
        self.log = log_path(log_name)
        self._seconds = seconds
        self._jobs = jobs
        self._process = None

    def __enter__(self):
        ours, theirs = socket.socketpair()
        ours.settimeout(self._seconds)
        with self.log.open("w") as errors:
            self._process = subprocess.Popen(
                list(map(str, self._line)),
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=subprocess.STDOUT,
                text=True,
                pass_fds=[theirs.fileno()],
                env=environment.variables(
                    PYTHONPATH=f"{FOLDER}{os.pathsep}{paths.TESTS}"
                ),
                cwd=paths.STATE,
                start_new_session=True,
            )
        theirs_number = theirs.fileno()
        script = SCRIPT.format(descriptor=theirs_number, jobs=self._jobs)
        self._process.stdin.write(script)
        self._process.stdin.close()
        theirs.close()
        self._socket = ours
        self._stream = ours.makefile("rw")
        return self

    def __exit__(self, *error):
        self._stream.close()
        self._socket.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    # === ORDERS === #

    def begin(self, *orders):
        """Let jobs be done at the same time, and do not wait for them."""
        self._stream.write(json.dumps(orders, default=str) + "\n")
        self._stream.flush()

    def finish(self):
        """Return what became of the jobs that were begun (list of dict)."""
        line = self._stream.readline()
        if not line:
            raise Stop(f"Odoo's shell ended; end of its log:\n{tail(self.log)}")
        return json.loads(line)

    def do_together(self, *orders):
        """Do jobs at the same time; return what became of each (list of dict)."""
        self.begin(*orders)
        return self.finish()

    def warm_up(self, job, **arguments):
        """Do a job in the process that all others come from."""
        self.do_together({"job": job, "arguments": arguments, "is_for_all": True})

    def do(self, job, **arguments):
        """Do one job; return its result.

        :raise AssertionError: when it failed
        """
        [outcome] = self.do_together({"job": job, "arguments": arguments})
        assert "error" not in outcome, outcome["error"]
        assert not outcome["killed"], f"{job} did not come to an end"
        return outcome.get("result")
