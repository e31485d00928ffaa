"""The wheel holds the addon with its tests, and nothing else."""

import subprocess

from toolbox import build, paths


def test_the_wheel_holds_what_git_knows_of_the_addon_and_nothing_strange(tmp_path):
    known = subprocess.check_output(
        ["git", "ls-files", "-z"], cwd=paths.ADDON, text=True
    ).split("\0")
    content = build.content(build.make_wheel(tmp_path / "dist"))
    assert set(content) == {*known} - {"", "pyproject.toml"}
    assert {"tests/common.py", "tests/simulator/__main__.py"} <= set(content)
