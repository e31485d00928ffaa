"""The command ``setup/demo``."""

import argparse
import contextlib
import datetime
import fcntl
import json
import shutil
import subprocess
import time

from . import environment, odoo, paths, postgres
from .console import Stop, log_path, say, step

DATABASE = "ponto_demo"
COUNTRY = "BE"
PORT = 8069
HISTORY_DAYS = 430
SHOWN_PROBLEMS = 10
STATE_FILE = paths.STATE / "demo.json"
BOOKED_FILE = paths.STATE / "demo-booked.jsonl"
RESULT_FILE = paths.STATE / "demo-result.json"
# Changes in these do not reach the database.
NOT_INSTALLED = ("tests", "readme", "__pycache__")


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="setup/demo",
        description="Start Odoo 19 with this addon in a Belgian company, fed by a "
        "simulated Ponto. Everything lies in .odoo/; Ctrl-C ends it.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="fetch, compare each line with the bank, and end (exit code 0: all equal)",
    )
    parser.add_argument(
        "--port", type=int, help=f"port of the web client (default {PORT})"
    )
    parser.add_argument(
        "--reset", action="store_true", help="begin with a new database and bank"
    )
    parser.add_argument(
        "--live",
        type=float,
        default=60,
        metavar="SECONDS",
        help="the bank books something new so often (default 60)",
    )
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _only_one():
    """Let only one demo run in a checkout."""
    with (paths.STATE / "demo.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop(
                "The demo of this checkout is running already.",
                "Use that one, or end it with Ctrl-C first.",
            ) from None
        yield


def _web_port(wanted):
    """Return the port for the web client.

    :raise Stop: when the port that was asked for is taken
    """
    port = wanted or PORT
    if odoo.free_port(port) == port:
        return port
    if wanted:
        raise Stop(f"Port {port} is in use.", "Choose another with --port.")
    free = odoo.free_port()
    say(f"  port {port} is in use: taking {free} (--port chooses another)")
    return free


def _reset(cluster):
    """Forget the demo's database and what the simulated bank booked."""
    with step("removing the old demo"):
        cluster.remove()
        shutil.rmtree(postgres.filestore(DATABASE), ignore_errors=True)
        for file in (STATE_FILE, BOOKED_FILE, RESULT_FILE):
            file.unlink(missing_ok=True)


def _addon_key():
    """Return a key over everything of the addon that a database depends on."""
    files = sorted(
        file
        for file in paths.ADDON.rglob("*")
        if file.is_file()
        and not set(file.relative_to(paths.ADDON).parts).intersection(NOT_INSTALLED)
    )
    return environment.digest(environment.state(), *files)


def _ensure_database(cluster):
    """Make the database, or update the addon in it; return the day it was made."""
    state = json.loads(STATE_FILE.read_text()) if STATE_FILE.exists() else {}
    key = _addon_key()
    quiet = ("--max-cron-threads=0", "--log-level=warn")
    if not state or not cluster.exists(DATABASE):
        BOOKED_FILE.unlink(missing_ok=True)
        state = {"today": str(datetime.date.today())}
        with step("making a database with a Belgian company"):
            odoo.create(cluster, DATABASE, "--country", COUNTRY, log_name="demo-create")
        with step("installing its accounting and this addon"):
            modules = f"--init=account,{paths.ADDON_NAME}"
            odoo.run(cluster, DATABASE, modules, *quiet, log_name="demo-install")
    elif state["key"] != key:
        with step("updating the addon, which has changed"):
            modules = f"--update={paths.ADDON_NAME}"
            odoo.run(cluster, DATABASE, modules, *quiet, log_name="demo-update")
    STATE_FILE.write_text(json.dumps(state | {"key": key}))
    return state["today"]


@contextlib.contextmanager
def _bank(today, live):
    """Run the simulated bank; give its address and the client's id and secret."""
    command = [environment.PYTHON, paths.SETUP / "demo_bank.py", "--today", today]
    command += ["--booked", BOOKED_FILE]
    command += ["--live", live] if live else []
    log = log_path("demo-bank")
    with log.open("w") as errors:
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment.variables(PYTHONPATH=paths.ADDON_TESTS),
            start_new_session=True,  # Ctrl-C is for us; we end the bank in order
        )
    try:
        line = process.stdout.readline()
        if not line:
            raise Stop(f"The simulated Ponto did not start: see {log}.")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait()


def _pull(cluster, bank, today):
    """Configure the feeds, pull, and return the comparison with the bank."""
    begun = datetime.date.fromisoformat(today)
    since = begun - datetime.timedelta(days=HISTORY_DAYS)
    settings = bank | {"since": str(since), "result": str(RESULT_FILE)}
    RESULT_FILE.unlink(missing_ok=True)
    with step("connecting the bank journals to the simulated Ponto, and fetching"):
        odoo.shell(
            cluster,
            DATABASE,
            paths.SETUP / "odoo_demo.py",
            log_name="demo-pull",
            DEMO_SETTINGS=json.dumps(settings),
            DEMO_SETUP=str(paths.SETUP),
        )
    if not RESULT_FILE.exists():
        raise Stop("The fetch ended without a result.", "See .odoo/log/demo-pull.log.")
    return json.loads(RESULT_FILE.read_text())


def _show(accounts):
    """Print what was imported."""
    say("\nImported:")
    for account in accounts:
        currency = account["currency"]
        say(f"  {account['account']} {currency}, journal {account['journal']}")
        period = f"{account['first']} to {account['last']}"
        say(f"    lines     {account['lines']}, {period}")
        say(f"    opening   {_money(account['opening'])} {currency}")
        say(f"    closing   {_money(account['closing'])} {currency}")
        say(f"    the bank  {_money(account['at_bank'])} {currency}")


def _money(amount):
    return "not known" if amount is None else f"{float(amount):,.2f}"


def _judge(accounts):
    """Print the differences; return the exit code."""
    problems = [
        f"{account['currency']}: {problem}"
        for account in accounts
        for problem in account["problems"]
    ]
    served = sum(account["served"] for account in accounts)
    if not served:
        problems.append("the bank served nothing")
    for problem in problems[:SHOWN_PROBLEMS]:
        say(f"  {problem}")
    if problems:
        say(f"\nCheck failed: {len(problems)} differences between Odoo and the bank.")
        return 1
    say(f"\nCheck passed: all {served} transactions are posted, with amount and date.")
    return 0


def _stay(cluster, bank, port):
    """Run Odoo until Ctrl-C."""
    server = odoo.Server(
        cluster,
        DATABASE,
        "--max-cron-threads=1",
        port=port,
        log_name="demo-server",
    )
    with step("starting Odoo"):
        server.start()
    with server:
        say(f"\nOdoo runs at {server.url}/odoo (login admin, password admin).")
        say(f"The simulated Ponto runs at {bank['url']} and books something now and")
        say("then: press Fetch on a bank journal's card, or wait for the hourly")
        say("fetch. Ctrl-C ends all of it; setup/demo starts it again.")
        with contextlib.suppress(KeyboardInterrupt):
            while server.is_running():
                time.sleep(0.5)
        if not server.is_running():
            raise Stop("Odoo ended by itself.", f"See {server.log}.")
        say("\nStopping ...")


def run(arguments):
    """Make and start the demo; return the exit code."""
    options = _parse(arguments)
    environment.check_state_folder()
    with _only_one():
        port = None if options.check else _web_port(options.port)
        environment.describe()
        cluster = postgres.Cluster("demo", durable=True)
        if options.reset:
            _reset(cluster)
        cluster.start()
        try:
            today = _ensure_database(cluster)
            live = None if options.check else options.live
            with _bank(today, live) as bank:
                accounts = _pull(cluster, bank, today)
                _show(accounts)
                if options.check:
                    return _judge(accounts)
                _stay(cluster, bank, port)
        finally:
            cluster.stop()
    return 0
