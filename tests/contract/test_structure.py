# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Shape of the package: no Odoo, small files, documented names."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import ponto_api
import pytest

PACKAGE = Path(ponto_api.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
ALLOWED = {"dateutil", "oauthlib", "requests", "urllib3"} | set(sys.stdlib_module_names)


def imports(path):
    """Yield (level, top-level name) of every import, also those in functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield 0, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield node.level, (node.module or "").partition(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_imports_only_what_it_may(path):
    for level, name in imports(path):
        assert level <= 1, "relative imports stay in the package"
        assert level == 1 or name in ALLOWED
        assert name not in ("odoo", "openerp", "ponto_api")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_small_and_explains_itself(path):
    text = path.read_text()
    assert len(text.splitlines()) < 400
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_public_class_and_function_has_a_docstring(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            if not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}:{node.lineno}"


def test_only_one_place_sends_requests():
    senders = [
        path.name
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) == "self._session.request"
    ]
    assert set(senders) == {"connection.py"}


def test_no_float_is_made_of_money():
    for name in ("records.py", "transaction.py", "parsing.py"):
        tree = ast.parse((PACKAGE / name).read_text())
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
        assert not [c for c in calls if ast.unparse(c.func) == "float"]


def test_the_public_names_exist():
    for name in ponto_api.__all__:
        assert inspect.getdoc(getattr(ponto_api, name)) or name.isupper()


def test_the_package_is_importable_without_odoo_in_a_fresh_process():
    code = "import sys, ponto_api; assert not any('odoo' in m for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, check=True)
