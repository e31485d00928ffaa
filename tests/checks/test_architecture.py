# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who calls whom: no circle between files, no call upwards.

Calls are found by name, because a model's methods are reached through records, which no
import tells of. Run this file to see the rooms and their arrows.
"""

import ast
import re
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
    nothing where it is not imported: but for the private methods of models.
    """
    of_models = {id(node) for node in _find_methods_of_models(tree)}
    return {
        node.name
        for node in _find_functions(tree)
        if ("_" in node.name.strip("_") or id(node) in of_models)
        and not _calls_super(node)
    }


def _find_functions(tree):
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _find_methods_of_models(tree):
    """Yield the private methods of Odoo's models: records of other files have them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and _is_model(node):
            for method in _find_functions(node):
                if method.name.startswith("_"):
                    yield method


def _is_model(node):
    return any(
        isinstance(statement, ast.Assign)
        and statement.targets[0].id in ("_name", "_inherit")
        for statement in node.body
    )


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


@cache
def read_arrows():
    """Return which files of the addon each of them uses, and by which names."""
    return find_arrows(read_rooms())


def _find_uses(file, tree, rooms, definers):
    """Yield what a file uses of others: name, and the file that defines it."""
    own = {node.name for node in _find_functions(tree)}
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            modules.update(_find_imported(node, file, rooms))
    for alias, target in modules.items():
        if not target.endswith(f"/{alias}.py"):
            yield alias, target
    for node in ast.walk(tree):
        name = getattr(node, "attr", None) or getattr(node, "id", None)
        targets = definers.get(name, set()) if name not in own else set()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in modules and name not in OBSERVERS:
                targets = {modules[node.value.id]}
        yield from ((name, target) for target in targets - {file})


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
    arrows = read_arrows()
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
        for file, targets in read_arrows().items()
        for target, names in targets.items()
        if LEVELS[target.split("/")[0]] > LEVELS[file.split("/")[0]]
    ]


def test_the_map_of_the_feed_names_every_file_and_in_the_order_of_calls():
    tree = ast.parse((ADDON / "feed/__init__.py").read_text())
    *_title, first, _others = ast.get_docstring(tree).split(":\n\n", 2)
    named = re.findall(r"^\* (.*?)  ", ast.get_docstring(tree), re.MULTILINE)
    named = re.findall(r"`(\w+)`", " ".join(named))
    files = {Path(file).stem for file in read_rooms() if file.startswith("feed/")}
    assert sorted(named) == sorted(files)
    order = [f"feed/{name}.py" for name in re.findall(r"^\* `(\w+)`", first, re.M)]
    assert len(order) > 10
    for file, targets in read_arrows().items():
        if file in order:
            above = set(order[: order.index(file)])
            assert not above & targets.keys(), f"{file} calls {above & targets.keys()}"


def test_a_models_private_methods_count_whatever_their_names():
    rooms = {
        "models/one.py": ast.parse("class One:\n _name = 'o'\n def _act(self): pass"),
        "feed/two.py": ast.parse("class Two:\n def _go(self): pass"),
        "models/three.py": ast.parse("env['o']._act()\nit._go()"),
    }
    assert find_arrows(rooms)["models/three.py"] == {"models/one.py": {"_act"}}


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
    shown = list(describe(read_arrows()))
    assert "feed/pulls.py" in shown
    assert any(line.startswith("    -> feed/session.py: ") for line in shown)


def describe(arrows):
    """Yield lines that tell who uses what of whom."""
    for file, targets in arrows.items():
        yield file
        for target, names in sorted(targets.items()):
            yield f"    -> {target}: {', '.join(sorted(names))}"


if __name__ == "__main__":
    print("\n".join(describe(read_arrows())))
