"""Fixtures for tests that start an Odoo of their own (tests/e2e, faults, upgrade).

A folder's conftest.py takes them with ``from toolbox.pytest_plugin import *`` after it
put ``setup/`` on the path. Databases are throw-away; servers stop with their test.
"""

import pytest

from . import environment, odoo, template

__all__ = [
    "euro_account",
    "oca_addons",
    "odoo_cluster",
    "odoo_database",
    "odoo_server",
    "simulator",
]


@pytest.fixture(scope="session")
def odoo_cluster():
    """The running PostgreSQL for tests, in an environment that has Odoo."""
    environment.check_state_folder()
    return template.running_cluster()


@pytest.fixture
def odoo_database(odoo_cluster):
    """Name of a database with all that the addon depends on, but not the addon."""
    with template.database(odoo_cluster) as name:
        yield name


@pytest.fixture
def odoo_server(odoo_cluster):
    """A function to start servers: ``odoo_server(database, *options, addons=())``."""
    servers = []

    def start(database, *arguments, addons=(), **extra_env):
        server = odoo.Server(
            odoo_cluster,
            database,
            *(arguments or ("--max-cron-threads=0",)),
            addons=addons,
            log_name=f"test-server-{len(servers) + 1}",
        )
        servers.append(server)
        return server.start(**extra_env)

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def oca_addons():
    """Folder with OCA's module of the same name, for ``addons=(folder,)``."""
    return environment.ensure_oca_addons()


@pytest.fixture
def simulator():
    """A running simulator with its usual data set."""
    from simulator import Simulator

    with Simulator() as running:
        yield running


@pytest.fixture
def euro_account(simulator):
    """The simulator's account in euro, of two with one IBAN (dict)."""
    from simulator.dataset import SHARED_IBAN

    [account] = [
        account
        for account in simulator.bank.accounts()
        if (account["reference"], account["currency"]) == (SHARED_IBAN, "EUR")
    ]
    return account
