# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Tests of the rules: values in, values out, no Odoo, no database."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "account_statement_import_online_ponto"))
