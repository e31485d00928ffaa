"""Makes setup/'s fixtures and this folder's own known; tells what was survived."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "setup"))
sys.path.insert(0, str(Path(__file__).parent))

from faultlab import lab, tally  # noqa: E402, I001
from toolbox.pytest_plugin import *  # noqa: E402, F403


@pytest.fixture(scope="session")
def prepared(odoo_cluster):
    """Name of the database to clone, and ids of its four scheduled actions."""
    with lab.prepared_database(odoo_cluster) as found:
        yield found


def pytest_terminal_summary(terminalreporter):
    """Print how much was survived, to be quoted."""
    for line in tally.sentences():
        terminalreporter.write_line(line)
