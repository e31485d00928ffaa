"""The documents are up to date, and the commands in them exist."""

import re
import subprocess
import sys

import pytest
from toolbox import paths, testing
from toolbox.console import Stop

DOCUMENTS = sorted(
    [
        *paths.ROOT.glob("*.md"),
        *paths.ROOT.glob("*.rst"),
        paths.SETUP / "README.md",
        *(paths.ADDON / "readme").glob("*.md"),
    ]
)
COMMAND = re.compile(r"(?<![\w/.-])((?:setup|\.ci|tests)/[\w./-]*\w)")
# `setup/test` with the parts that follow in the same piece of code; options end them.
PARTS = re.compile(
    r"setup/test((?: (?!--)[\w./:-]+)+)(?= --|`| *(?:#|$))", re.MULTILINE
)


def relative(path):
    return str(path.relative_to(paths.ROOT))


@pytest.fixture(params=DOCUMENTS, ids=relative)
def document(request):
    return request.param.read_text()


def test_files_named_in_a_document_exist(document):
    named = set(COMMAND.findall(document))
    assert {name for name in named if not (paths.ROOT / name).exists()} == set()


def test_parts_of_the_tests_named_in_a_document_exist(document):
    for found in PARTS.findall(document):
        try:
            testing._plan(found.split())
        except Stop as stop:
            pytest.fail(f"setup/test{found}: {stop}")


COMMANDS = ["benchmark", "build", "demo", "screenshots", "test", "translations"]


# The benchmark makes its environment before it reads what it is asked.
@pytest.mark.parametrize("command", [each for each in COMMANDS if each != "benchmark"])
def test_commands_explain_themselves(command):
    done = subprocess.run(
        [sys.executable, paths.SETUP / command, "--help"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert f"usage: setup/{command}" in done.stdout


@pytest.mark.parametrize("name", [".ci/run", *(f"setup/{each}" for each in COMMANDS)])
def test_commands_can_be_run(name):
    assert (paths.ROOT / name).stat().st_mode & 0o111
