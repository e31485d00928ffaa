"""The demo, as somebody starts it who has just cloned the project."""

import subprocess
import sys

import pytest
from toolbox import paths


def test_demo_imports_every_transaction_of_the_bank(odoo_cluster):
    done = subprocess.run(
        [sys.executable, paths.SETUP / "demo", "--check"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if "running already" in done.stdout:
        pytest.fail("The demo of this checkout is running: stop it, then test again.")
    assert done.returncode == 0, done.stdout
    assert "Check passed" in done.stdout
