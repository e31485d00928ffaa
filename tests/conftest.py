"""Lets these tests import the simulator by its name, without the addon around it.

It lies in the addon's tests, which no test here is to load: they import Odoo.
"""

import sys
from pathlib import Path

TESTS = Path(__file__).parent
sys.path.insert(0, str(TESTS))
sys.path.append(str(TESTS.parent / "account_statement_import_online_ponto/tests"))
