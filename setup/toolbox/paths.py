"""Where things lie. Everything that is made at run time is below ``.odoo/``."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDON_NAME = "account_statement_import_online_ponto"
ADDON = ROOT / ADDON_NAME
SETUP = ROOT / "setup"
TESTS = ROOT / "tests"
# The package ``simulator`` lies here, for whoever has no Odoo to import the addon in.
ADDON_TESTS = ADDON / "tests"
REQUIREMENTS = SETUP / "requirements"
TEST_REQUIREMENTS = ROOT / "test-requirements.txt"

STATE = ROOT / ".odoo"
LOGS = STATE / "log"
CACHE = STATE / "cache"
VENV = STATE / "venv"
DATA = STATE / "data"
DOWNLOADED_ODOO = STATE / "root"
