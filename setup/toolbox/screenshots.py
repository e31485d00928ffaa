"""The command ``setup/screenshots``."""

import argparse
import contextlib
import datetime
import json
import os
import sys
from pathlib import Path

from . import browser, environment, host_run, odoo, paths, template
from .console import Stop, log_path, run_logged, say, step

FOLDER = paths.STATE / "screenshots"
PYTHON = FOLDER / "bin/python"
REQUIREMENTS = paths.REQUIREMENTS / "screenshots.txt"
MANUAL = paths.ADDON / "static/description/manual"
COMPANY = "Brouwerij De Ketel BV"
# A Belgian company that has not connected its bank yet; Ponto is the simulated one, so
# that nothing but Login and Secret Key has to be typed.
PREPARE = """\
import os

from dateutil.relativedelta import relativedelta

from odoo import fields

company = env.company
belgium = env.ref("base.be")
company.write({"name": os.environ["COMPANY"], "country_id": belgium.id})
env["account.chart.template"].try_loading("be_comp", company, install_demo=False)
env["ir.config_parameter"].set_param(
    "account_statement_import_online_ponto.api_base", os.environ["PONTO"]
)
# Only the pictures pull, and what they leave to the background: the hourly pull would
# come in between.
env.ref(
    "account_statement_import_online.ir_cron_account_pull_online_bank_statements"
).nextcall = fields.Datetime.now() + relativedelta(days=1)
for code in os.environ["LANGUAGES"].split():
    lang = env["res.lang"]._activate_lang(code)
    env["base.language.install"].create({"lang_ids": lang.ids}).lang_install()
env.cr.commit()
"""
# An account with so many transactions that their import takes a while.
WEBSHOP = {
    "reference": "BE36539900009981",
    "currency": "EUR",
    "description": "Webshop",
    "holderName": COMPANY,
}
WEBSHOP_COUNT = 2000
WEBSHOP_BALANCE = "18432.70"
LARGEST, LARGEST_TOGETHER = 150 * 1024, 1024 * 1024


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="setup/screenshots",
        description="Make the pictures of the manual again: walk through an Odoo of "
        "its own, fed by the simulated Ponto, with a browser. Look at each of them "
        "before you keep it.",
    )
    parser.add_argument(
        "--to",
        type=Path,
        default=MANUAL,
        metavar="FOLDER",
        help="where to write them (default: the addon's own)",
    )
    parser.add_argument(
        "--languages",
        nargs="*",
        default=[],
        metavar="CODE",
        help="at the end, show the screens in these languages, too (such as fr_FR), in "
        "folders of their own, to be looked at",
    )
    return parser.parse_args(arguments)


def _ensure():
    """Make the environment that drives the browser, apart from Odoo's."""
    key = environment.digest(REQUIREMENTS, environment.CONSTRAINTS, FOLDER, sys.version)
    stamp = FOLDER / "stamp"
    if stamp.exists() and stamp.read_text() == key:
        return
    environment.make_venv(FOLDER, "making the environment of the pictures")
    with step("installing Playwright with pip"):
        environment.pip_install(
            FOLDER,
            "pip-screenshots",
            *("-c", environment.CONSTRAINTS, "-r", REQUIREMENTS),
        )
    stamp.write_text(key)


@contextlib.contextmanager
def _simulator():
    """Run the simulated Ponto."""
    sys.path.append(str(paths.ADDON_TESTS))
    from simulator import Simulator, generate

    with Simulator() as simulator:
        account_id = simulator.bank.add_account(**WEBSHOP)
        today = datetime.date.today()
        generate(simulator.bank, account_id, WEBSHOP_COUNT, 60, 1, today)
        simulator.bank.update_account(account_id, currentBalance=WEBSHOP_BALANCE)
        yield simulator


def _prepare(cluster, database, simulator, languages):
    """Install the addon for a Belgian company."""
    with step("installing the addon for a Belgian company"):
        odoo.run(
            cluster,
            database,
            f"--init=l10n_be,{paths.ADDON_NAME}",
            *("--max-cron-threads=0", "--log-level=warn"),
            log_name="screenshots-install",
        )
        odoo.shell(
            cluster,
            database,
            PREPARE,
            log_name="screenshots-prepare",
            COMPANY=COMPANY,
            PONTO=simulator.url,
            LANGUAGES=" ".join(languages),
        )


def _visit(cluster, database, simulator, chromium, folder, chapter, languages=()):
    """Start Odoo, and make the pictures of a chapter."""
    server = odoo.Server(
        cluster,
        database,
        *("--max-cron-threads=1", "--proxy-mode"),
        log_name="screenshots-server",
    )
    with step("starting Odoo"):
        server.start()
    with server:
        _walk(server, simulator, chromium, folder, chapter, languages)


def _walk(server, simulator, chromium, folder, chapter, languages):
    """Walk through Odoo and make the pictures of a chapter."""
    settings = {
        "chapter": chapter,
        "url": server.url,
        "bank": simulator.url,
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
        "browser": str(chromium),
        "folder": str(folder),
        "languages": list(languages),
    }
    with step(f"making the pictures (log: {_shown(log_path('screenshots'))})"):
        run_logged(
            [PYTHON, paths.SETUP / "screenshots_walk.py"],
            "screenshots",
            env=environment.variables(SETTINGS=json.dumps(settings)),
            cwd=paths.STATE,
            failure="The walk through Odoo broke off",
            remedy=f"{_shown(folder)}/failed.png shows where.",
        )


def _shown(path):
    """Return a path as people type it from the checkout."""
    return os.path.relpath(path, paths.ROOT)


def _weigh(folder):
    """Print the pictures' sizes.

    :raise Stop: when they are too large for a manual
    """
    sizes = {file.name: file.stat().st_size for file in sorted(folder.glob("*.png"))}
    for name, size in sizes.items():
        say(f"  {size / 1024:6.1f} KiB  {name}")
    large = [name for name, size in sizes.items() if size > LARGEST]
    if large or sum(sizes.values()) > LARGEST_TOGETHER:
        raise Stop(
            "Too large: " + (", ".join(large) or "all together") + ".",
            "Cut off more, or use fewer colours, in setup/screenshots_walk.py.",
        )


def run(arguments):
    """Make the pictures; return the exit code."""
    options = _parse(arguments)
    folder = options.to.resolve()
    environment.check_state_folder()
    cluster = template.running_cluster()
    _ensure()
    chromium = browser.ensure(required=True) / "google-chrome"
    folder.mkdir(parents=True, exist_ok=True)
    with _simulator() as simulator, template.database(cluster) as database:
        _prepare(cluster, database, simulator, options.languages)
        _visit(
            cluster,
            database,
            simulator,
            chromium,
            folder,
            "alone",
            options.languages,
        )
        with step(f"installing {host_run.BESIDE}"):
            odoo.run(
                cluster,
                database,
                f"--init={host_run.BESIDE}",
                *("--max-cron-threads=0", "--log-level=warn"),
                log_name="screenshots-install",
            )
        _visit(cluster, database, simulator, chromium, folder, "beside")
    _weigh(folder)
    return 0
