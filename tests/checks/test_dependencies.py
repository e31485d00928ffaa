"""What the addon needs is said in three places, which must say the same."""

import ast
import re
import sys

from toolbox import environment, paths

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
    *("polib", "psycopg2", "pytz", "stdnum", "werkzeug"),
}


def requirements_in(text):
    """Return what a requirements file asks for, with its versions."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return sorted(filter(None, lines))


def declared_modules():
    """Return the modules of the libraries that the manifest declares."""
    declared = MANIFEST["external_dependencies"]["python"]
    names = (re.match(r"[\w.-]+", requirement)[0] for requirement in declared)
    return {MODULES.get(name, name) for name in names}


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
    assert requirements_in(requirements) == declared


def test_pyproject_leaves_the_dependencies_to_the_manifest():
    text = (paths.ADDON / "pyproject.toml").read_text()
    if tomllib is None:
        assert "whool" in text and "[project]" not in text
        return
    pyproject = tomllib.loads(text)
    assert pyproject["build-system"]["build-backend"] == "whool.buildapi"
    assert "project" not in pyproject


def test_every_import_is_declared():
    for_tests = set(requirements_in(paths.TEST_REQUIREMENTS.read_text()))
    known = declared_modules() | FROM_ODOO | for_tests | set(sys.stdlib_module_names)
    inside = {path.stem for path in paths.ADDON.iterdir()}
    assert imported_modules() - known - inside == set()


def test_every_declared_library_is_imported():
    # Odoo needs packaging to read the versions that the manifest wants.
    assert declared_modules() - imported_modules() == {"packaging"}


def test_the_tested_versions_of_urllib3_are_the_declared_ones():
    declared = MANIFEST["external_dependencies"]["python"]
    [oldest] = (item for item in declared if item.startswith("urllib3>="))
    assert oldest == f"urllib3>={environment.OLD_URLLIB3[0]},<3"
    newest = re.search(r"^urllib3==(.+)$", environment.CONSTRAINTS.read_text(), re.M)[1]
    comment = (paths.ROOT / "requirements.txt").read_text()
    for version in (*environment.OLD_URLLIB3, newest):
        assert version in comment
