"""The tools count honestly: what did not run did not pass."""

import ast
import io
import re
import tarfile

import pytest
from toolbox import (
    archive,
    odoo_log,
    odoo_source,
    paths,
    pytest_run,
    testing,
    unpack,
)
from toolbox.console import Stop

START = "2026-01-01 00:00:00,000 1 "
TEST = START + "INFO db odoo.addons.x.tests.test_x: "
RESULT = START + "INFO db odoo.tests.result: "
OLDEST_PYTHON = (3, 6)  # what setup/start.py may be read by
LONGEST_MODULE = 300


def log(*lines):
    return "\n".join(lines)


def test_a_clean_log_counts_its_tests():
    outcome = odoo_log.read(
        log(
            TEST + "Starting TestX.test_a ... ",
            TEST + "Starting TestX.test_b ... ",
            TEST + "skipped TestX.test_b : not today",
            RESULT + "0 failed, 0 error(s) of 2 tests when loading database 'db'",
        ),
        [],
    )
    assert str(outcome) == "1 passed, 0 failed, 1 skipped"
    assert not outcome.problems


def test_a_class_that_skips_as_a_whole_is_counted():
    outcome = odoo_log.read(
        log(
            TEST + "Starting TestX.test_a ... ",
            TEST + "skipped setUpClass (TestY) : no browser",
            RESULT + "0 failed, 0 error(s) of 1 tests when loading database 'db'",
        ),
        [],
    )
    assert str(outcome) == "1 passed, 0 failed, 1 skipped"


def test_failures_are_counted_and_shown_whole():
    outcome = odoo_log.read(
        log(
            START + "ERROR db odoo.addons.x.tests.test_x: FAIL: TestX.test_a",
            "Traceback (most recent call last):",
            "AssertionError: 1 != 2",
            START
            + "ERROR db odoo.modules.loading: Module x: 1 failures, 0 errors of 3",
            START + "ERROR db odoo.tests.result: 1 failed, 1 error(s) of 3 tests when",
        ),
        [],
    )
    assert str(outcome) == "1 passed, 2 failed, 0 skipped"
    [problem] = outcome.problems
    assert problem.endswith("AssertionError: 1 != 2")


@pytest.mark.parametrize("level", ["WARNING", "ERROR", "CRITICAL"])
def test_an_unexpected_warning_is_a_problem(level):
    lines = log(
        START + f"{level} db odoo.x: oh", RESULT + "0 failed, 0 error(s) of 1 tests"
    )
    assert odoo_log.read(lines, []).problems == [f"{level} odoo.x: oh"]
    assert odoo_log.read(lines, [re.compile("odoo.x: oh")]).problems == []


def test_a_log_that_breaks_off_is_a_problem():
    assert odoo_log.read(TEST + "Starting TestX.test_a ... ", []).problems


def test_every_allowed_log_line_has_a_reason():
    comment = False
    for line in odoo_log.ALLOWED.read_text().splitlines():
        assert comment or not line or line.startswith("#"), line
        comment = line.startswith("#") or (comment and bool(line))


def test_a_junit_report_is_counted(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite><testcase name='a'/>"
        "<testcase name='b'><failure/></testcase>"
        "<testcase name='c'><error/></testcase>"
        "<testcase name='d'><skipped message='why'/></testcase>"
        "</testsuite></testsuites>"
    )
    assert str(pytest_run.read_report(report)) == "1 passed, 2 failed, 1 skipped"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("./usr/lib/python3/dist-packages/odoo/addons/x/i18n/fr.po", True),
        ("./usr/lib/python3/dist-packages/odoo/addons/x/i18n/nl_BE.po", True),
        ("./usr/lib/python3/dist-packages/odoo/addons/x/i18n/x.pot", True),
        ("./usr/lib/python3/dist-packages/odoo/addons/x/i18n/zh_CN.po", False),
        ("./usr/lib/python3/dist-packages/addons/x/__init__.py", False),
        ("./usr/lib/python3/dist-packages/odoo/addons/x/__init__.py", True),
        ("odoo-19.0/addons/x/__init__.py", True),
        ("odoo-19.0/addons/x/i18n/ja.po", False),
    ],
)
def test_only_what_is_needed_is_unpacked(name, wanted):
    assert unpack.is_wanted(name) is wanted


def source_archive(folder):
    """Make a small archive of the shape of Odoo's."""
    file = folder / "odoo.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        text = b"version_info = (19, 0, 0, 'final', 0, '')\n"
        member = tarfile.TarInfo("odoo-19.0/odoo/release.py")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    return file


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A state folder of its own for the tools."""
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    monkeypatch.setattr(paths, "DOWNLOADED_ODOO", tmp_path / "state/root")
    return tmp_path / "state"


def test_the_source_archive_becomes_an_odoo(state, tmp_path, monkeypatch):
    address = source_archive(tmp_path).as_uri()
    monkeypatch.setattr(archive, "ADDRESS", address)
    monkeypatch.setattr(odoo_source.debian, "usable", lambda: False)
    folder = odoo_source._fetched()
    assert folder == state / "root/odoo-19.0"
    assert odoo_source.version(folder) == "19.0"


def test_no_network_is_one_sentence_with_a_remedy(state, tmp_path, monkeypatch):
    missing = (tmp_path / "missing").as_uri()
    monkeypatch.setattr(archive, "ADDRESS", missing)
    monkeypatch.setattr(odoo_source.debian, "usable", lambda: False)
    with pytest.raises(Stop) as caught:
        odoo_source._fetched()
    assert "could not be fetched" in caught.value.reason
    assert "ODOO_PATH" in caught.value.remedy


def test_a_given_odoo_is_used_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "odoo").mkdir()
    release = tmp_path / "odoo/release.py"
    release.write_text("version_info = (19, 0, 0, 'final', 0, '')\n")
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    assert odoo_source.ensure() == tmp_path.resolve()
    release.write_text("version_info = (18, 0, 0, 'final', 0, '')\n")
    with pytest.raises(Stop, match=r"holds Odoo 18\.0; Odoo 19\.0 is needed"):
        odoo_source.ensure()


def test_old_pythons_can_read_how_to_get_a_newer_one():
    source = (paths.SETUP / "start.py").read_text()
    ast.parse(source, feature_version=OLDEST_PYTHON)


def test_modules_are_short():
    lengths = {
        file.name: len(file.read_text().splitlines())
        for file in [*paths.SETUP.glob("*.py"), *paths.SETUP.glob("toolbox/*.py")]
    }
    assert {
        name for name, length in lengths.items() if length > LONGEST_MODULE
    } == set()


@pytest.mark.parametrize("part", ["simulator", "contract", "engine", "checks"])
def test_parts_that_start_no_odoo_make_none(part):
    targets = pytest_run.find(part)
    assert targets and not pytest_run.needs_odoo(targets)


@pytest.mark.parametrize("part", pytest_run.NEED_ODOO)
def test_parts_that_start_an_odoo_make_one(part):
    assert pytest_run.needs_odoo(pytest_run.find(part))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x\n\n12 passed, 1 failed, 3 skipped\n", "12 passed, 1 failed, 3 skipped"),
        ("12 passed, 0 failed, 0 skipped\nKilled\n", "0 passed, 1 failed, 0 skipped"),
        ("", "0 passed, 1 failed, 0 skipped"),
    ],
)
def test_a_run_beside_others_counts_by_its_last_line(text, expected):
    assert str(testing.read_counts(text)) == expected
