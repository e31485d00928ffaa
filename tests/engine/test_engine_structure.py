# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Shape of the engine: it decides over values, and touches nothing."""

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import engine
import pytest

PACKAGE = Path(engine.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
#: What a rule may use. No clock, no randomness, no files, no network, no database.
ALLOWED = {
    *("bisect", "calendar", "collections", "dataclasses", "datetime", "decimal"),
    *("enum", "functools", "heapq", "itertools", "math", "operator", "re", "string"),
    *("typing", "unicodedata", "dateutil", "stdnum"),
}
#: Calls that read a clock, or leave a trace.
FORBIDDEN_CALLS = {
    *("now", "utcnow", "today"),
    *("open", "print", "write", "execute", "eval", "exec", "__import__"),
}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


@functools.cache
def parse(path):
    return ast.parse(path.read_text())


def imports(path):
    """Yield (level, top-level name) of every import, also those in functions."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield 0, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield node.level, (node.module or "").partition(".")[0]


@each_file
def test_a_file_imports_only_what_it_may(path):
    for level, name in imports(path):
        assert level <= 1, "relative imports stay in the package"
        assert level == 1 or name in ALLOWED


@each_file
def test_a_file_reads_no_clock_and_leaves_no_trace(path):
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            assert name not in FORBIDDEN_CALLS, ast.unparse(node)


@each_file
def test_nothing_that_is_handed_in_is_changed(path):
    """No attribute and no item of a parameter is assigned or deleted."""
    for function in ast.walk(parse(path)):
        if not isinstance(function, (ast.FunctionDef, ast.Lambda)):
            continue
        names = {
            each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)
        }
        for node in ast.walk(function):
            if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(
                node.ctx, ast.Load
            ):
                assert ast.unparse(node.value) not in names, ast.unparse(node)


@each_file
def test_every_value_is_frozen(path):
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.ClassDef):
            text = [ast.unparse(each) for each in [*node.decorator_list, *node.bases]]
            assert any("frozen=True" in each or each == "NamedTuple" for each in text)


@each_file
def test_a_file_is_small_and_explains_itself(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(parse(path))


@each_file
def test_everything_public_begins_with_a_summary(path):
    for node in ast.walk(parse(path)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            if not node.name.startswith("_"):
                text = ast.get_docstring(node) or ""
                summary = text.partition("\n\n")[0]
                assert summary and not summary.startswith(":"), node.name
                assert summary.endswith("."), node.name


def test_amounts_are_never_made_of_floats():
    for path in FILES:
        if path.name == "schedule.py":  # measures time, and no money
            continue
        calls = [node for node in ast.walk(parse(path)) if isinstance(node, ast.Call)]
        assert not [call for call in calls if ast.unparse(call.func) == "float"]
        floats = [
            node.value
            for node in ast.walk(parse(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, float)
        ]
        assert not floats, path.name


def test_modules_need_one_another_in_one_direction():
    needs = {
        path.stem: {name for level, name in imports(path) if level}
        for path in FILES
        if path.stem != "__init__"
    }
    while needs:
        free = [name for name, others in needs.items() if not others & needs.keys()]
        assert free, f"a cycle in {sorted(needs)}"
        for name in free:
            del needs[name]


def test_the_map_names_every_module_and_no_other():
    named = set(re.findall(r"^\* `(\w+)`", engine.__doc__, re.MULTILINE))
    assert named == {path.stem for path in FILES} - {"__init__"}


def test_the_engine_is_importable_alone_in_a_fresh_process():
    names = [path.stem for path in FILES if path.stem != "__init__"]
    code = (
        f"import sys; from engine import {', '.join(names)}\n"
        "strangers = {'odoo', 'requests', 'ponto_api', 'psycopg2', 'random'}\n"
        "assert not strangers & set(sys.modules), strangers & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, check=True)
