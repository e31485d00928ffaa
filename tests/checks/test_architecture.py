# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who calls whom: no circle between files, no call upwards.

Calls are found by name, because a model's methods are reached through records, which no
import tells of. Run this file to see the rooms and their arrows.
"""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ADDON = Path(__file__).parents[2] / "account_statement_import_online_ponto"

#: Each room, and how high it is: nothing calls what is higher.
LEVELS = {"engine": 0, "models": 1, "feed": 1, "wizards": 2}

#: What Odoo's models tell the feed when a person changes or removes something, and
#: nothing else: how they go on does not depend on it.
OBSERVERS = {"_remember_removed", "follow_first_statement", "note_opening_balance"}


@cache
def read_rooms():
    """Return the syntax trees of all files: {"room/file.py": tree}."""
    return {
        f"{room}/{path.name}": ast.parse(path.read_text())
        for room in LEVELS
        for path in sorted((ADDON / room).glob("*.py"))
        if path.name != "__init__.py"
    }


def find_definitions(tree):
    """Return the names of what a file defines for others.

    What extends a method of somebody else (`super`) is called by that name, too:
    whoever calls it means the other one. A name of one word is anybody's, and tells
    nothing where it is not imported.
    """
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and "_" in node.name.strip("_")
        and not _calls_super(node)
    }


def _calls_super(function):
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == function.name
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", None) == "super"
        for node in ast.walk(function)
    )


def find_arrows(rooms):
    """Return which files each file uses, and by which names: {file: {file: names}}."""
    definers = {}
    for file, tree in rooms.items():
        for name in find_definitions(tree) - OBSERVERS:
            definers.setdefault(name, set()).add(file)
    arrows = {}
    for file, tree in rooms.items():
        arrows[file] = {}
        for name, target in _find_uses(file, tree, rooms, definers):
            arrows[file].setdefault(target, set()).add(name)
    return arrows


def _find_uses(file, tree, rooms, definers):
    """Yield what a file uses of others: name, and the file that defines it."""
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            modules.update(_find_imported(node, file, rooms))
    for alias, target in modules.items():
        if not target.endswith(f"/{alias}.py"):
            yield alias, target
    for node in ast.walk(tree):
        name = getattr(node, "attr", None) or getattr(node, "id", None)
        targets = definers.get(name, set())
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in modules and name not in OBSERVERS:
                targets = {modules[node.value.id]}
        if file not in targets:
            yield from ((name, target) for target in targets)


def _find_imported(node, file, rooms):
    """Yield what an import binds: name, and the file that it is, or comes from."""
    room = file.split("/")[0] if node.level == 1 else ""
    path = "/".join(filter(None, [room, *(node.module or "").split(".")]))
    for alias in node.names:
        for target in (f"{path}/{alias.name}.py", f"{path}.py"):
            if target in rooms:
                yield alias.asname or alias.name, target
                break


def test_no_file_calls_what_calls_it():
    arrows = find_arrows(read_rooms())
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        steps = [
            f"{here} -> {there}: {', '.join(sorted(arrows[here][there]))}"
            for here, there in zip(circle, circle[1:], strict=False)
        ]
        raise AssertionError("\n".join(steps)) from None


def test_nothing_calls_upwards():
    assert not [
        f"{file} -> {target}: {', '.join(sorted(names))}"
        for file, targets in find_arrows(read_rooms()).items()
        for target, names in targets.items()
        if LEVELS[target.split("/")[0]] > LEVELS[file.split("/")[0]]
    ]


def test_calls_are_found_by_name_and_by_import():
    """Where nothing was found, nothing was proved."""
    rooms = {
        "models/one.py": ast.parse("def _ponto_act(self): pass"),
        "feed/two.py": ast.parse("def go(record): record._ponto_act()"),
        "models/three.py": ast.parse("from ..feed import two\ntwo.go(None)"),
    }
    assert find_arrows(rooms) == {
        "models/one.py": {},
        "feed/two.py": {"models/one.py": {"_ponto_act"}},
        "models/three.py": {"feed/two.py": {"go"}},
    }


def test_rooms_and_arrows_can_be_shown():
    shown = list(describe(find_arrows(read_rooms())))
    assert "feed/pulls.py" in shown
    assert any(line.startswith("    -> feed/session.py: ") for line in shown)


def describe(arrows):
    """Yield lines that tell who uses what of whom."""
    for file, targets in arrows.items():
        yield file
        for target, names in sorted(targets.items()):
            yield f"    -> {target}: {', '.join(sorted(names))}"


if __name__ == "__main__":
    print("\n".join(describe(find_arrows(read_rooms()))))
