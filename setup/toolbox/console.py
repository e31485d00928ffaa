"""What a person sees: steps with their duration, logs, and one-sentence errors."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time

from . import paths

TAIL_LINES = 15


class Stop(Exception):
    """The work cannot go on: one sentence that says why, one that says what to do."""

    def __init__(self, reason, remedy="", exit_code=1, brief=""):
        super().__init__(reason)
        self.reason = reason
        self.brief = brief or reason
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self):
        return f"{self.reason}\n  -> {self.remedy}" if self.remedy else self.reason


def say(text=""):
    """Print one line at once, also when the output goes into a file."""
    print(text, flush=True)


def main(run):
    """Run a command line; turn ``Stop`` and Ctrl-C into an exit code.

    Being ended from outside unwinds like Ctrl-C, so that nothing is left running.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    try:
        sys.exit(run(sys.argv[1:]))
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        sys.exit(stop.exit_code)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        sys.exit(130)


@contextlib.contextmanager
def step(title):
    """Show that ``title`` is being done, for how long, and how long it took.

    On a terminal the seconds count up; in a file there is a line at the start, one
    every half minute, and one at the end.
    """
    began = time.monotonic()
    done = threading.Event()
    terminal = sys.stdout.isatty()

    def tick():
        while not done.wait(1 if terminal else 30):
            seconds = time.monotonic() - began
            if terminal:
                print(f"\r  {title} ... {seconds:.0f} s", end="", flush=True)
            else:
                say(f"  {title} ... {seconds:.0f} s so far")

    if terminal:
        print(f"  {title} ...", end="", flush=True)
    else:
        say(f"  {title} ...")
    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    outcome = "failed after"
    try:
        yield
        outcome = "done in"
    finally:
        done.set()
        ticker.join()
        seconds = time.monotonic() - began
        start = "\r" if terminal else ""
        say(f"{start}  {title} ... {outcome} {seconds:.1f} s")


def log_path(name):
    """Return the log file called ``name``, in a folder that exists."""
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    return paths.LOGS / f"{name}.log"


def tail(log, lines=TAIL_LINES):
    """Return the last lines of a log file, indented for an error message."""
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in text)


def run_logged(command, log_name, *, env=None, cwd=None, failure="", remedy=""):
    """Run ``command`` with its output in a log file.

    :raise Stop: when it fails; the message ends with the log's last lines
    """
    log = log_path(log_name)
    with log.open("w") as output:
        output.write(f"$ {' '.join(map(str, command))}\n")
        output.flush()
        try:
            code = subprocess.call(
                list(map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
            )
        except FileNotFoundError:
            output.write(f"{command[0]}: command not found\n")
            code = 127
    if code:
        shown = log.relative_to(paths.ROOT)
        reason = failure or f"{os.path.basename(str(command[0]))} failed"
        whole = f"{reason} (exit code {code}); end of {shown}:\n{tail(log)}"
        raise Stop(whole, remedy, brief=reason)
    return log


@contextlib.contextmanager
def lock(name):
    """Let only one process at a time do what stands inside."""
    paths.STATE.mkdir(exist_ok=True)
    with (paths.STATE / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  waiting for another run in this checkout ({name}) ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
