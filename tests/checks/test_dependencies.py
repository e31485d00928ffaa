"""What the addon needs is said in three places, which must say the same."""

import ast
import re
import sys

from toolbox import paths

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = None

MANIFEST = ast.literal_eval((paths.ADDON / "__manifest__.py").read_text())
# Distributions whose module has another name.
MODULES = {"python-dateutil": "dateutil"}
# Odoo itself depends on these; an addon may use them without saying so.
FROM_ODOO = {
    *("freezegun", "lxml", "markupsafe", "odoo"),
    *("polib", "psycopg2", "pytz", "urllib3", "werkzeug"),
}
# The tests of the addon use what setup/test provides.
FROM_PROJECT = {"hypothesis", "mutations", "simulator"}


def names_in(requirements):
    """Return the distributions that a requirements file names."""
    lines = (line.partition("#")[0].strip() for line in requirements.splitlines())
    return sorted(re.match(r"[\w.-]+", line)[0] for line in lines if line)


def imported_modules():
    """Return the top-level modules that the addon's files import."""
    found = set()
    for file in paths.ADDON.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    return found


def test_manifest_and_requirements_name_the_same_libraries():
    declared = sorted(MANIFEST["external_dependencies"]["python"])
    requirements = (paths.ROOT / "requirements.txt").read_text()
    assert names_in(requirements) == declared


def test_pyproject_leaves_the_dependencies_to_the_manifest():
    text = (paths.ADDON / "pyproject.toml").read_text()
    if tomllib is None:
        assert "whool" in text and "[project]" not in text
        return
    pyproject = tomllib.loads(text)
    assert pyproject["build-system"]["build-backend"] == "whool.buildapi"
    assert "project" not in pyproject


def test_every_import_is_declared():
    declared = {
        MODULES.get(name, name) for name in MANIFEST["external_dependencies"]["python"]
    }
    known = declared | FROM_ODOO | FROM_PROJECT | set(sys.stdlib_module_names)
    inside = {path.stem for path in paths.ADDON.iterdir()}
    assert imported_modules() - known - inside == set()


def test_every_declared_library_is_imported():
    declared = MANIFEST["external_dependencies"]["python"]
    unused = {MODULES.get(name, name) for name in declared} - imported_modules()
    assert unused == set()
