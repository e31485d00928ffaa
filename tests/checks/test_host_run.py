"""The comparison of Odoo's own tests with the addon and without misses nothing."""

import pytest
from toolbox import host_run, odoo_log, paths
from toolbox.console import Stop

START = "2026-01-01 00:00:00,000 1 "
WHERE = "db odoo.addons.account.tests.test_tax: "
NAME = "account.tests.test_tax:TestTax"


def started(*tests):
    return [f"{START}INFO {WHERE}Starting TestTax.{test} ... " for test in tests]


def failed(test, kind="FAIL", detail=""):
    return [f"{START}ERROR {WHERE}{kind}: TestTax.{test}{detail}", "AssertionError"]


def skipped(test, reason):
    return [f"{START}INFO {WHERE}skipped TestTax.{test} : {reason}"]


def log(*parts, total=9):
    lines = [line for part in parts for line in part]
    end = f"{START}INFO db odoo.tests.result: 0 failed, 0 error(s) of {total} tests"
    return "\n".join([*lines, end])


def test_what_passes_in_both_has_passed():
    text = log(started("test_a", "test_b"))
    outcome = host_run.compare_tests(text, text)
    assert str(outcome) == "2 passed, 0 failed, 0 skipped"


def test_what_fails_with_the_addon_only_is_a_failure_told_with_its_cause():
    without = log(started("test_a", "test_b"))
    beside = log(started("test_a", "test_b"), failed("test_b"))
    outcome = host_run.compare_tests(without, beside)
    assert str(outcome) == "1 passed, 1 failed, 0 skipped"
    [problem] = outcome.problems
    assert f"{NAME}.test_b" in problem and "AssertionError" in problem


def test_a_subtest_counts_for_its_test():
    without = log(started("test_a"))
    text = [f"{START}ERROR {WHERE}FAIL: Subtest TestTax.test_a (login='x')"]
    outcome = host_run.compare_tests(without, log(started("test_a"), text))
    assert outcome.failed == 1


def test_what_fails_without_the_addon_is_shown_and_no_failure(capsys):
    text = log(started("test_a", "test_b"), failed("test_b", "ERROR"))
    outcome = host_run.compare_tests(text, text)
    assert str(outcome) == "1 passed, 0 failed, 0 skipped"
    assert f"fails without the addon, too: {NAME}.test_b" in capsys.readouterr().out


def test_a_class_that_cannot_set_up_fails_with_all_its_tests():
    without = log(started("test_a", "test_b"))
    name = "odoo.addons.account.tests.test_tax.TestTax"
    broken = [f"{START}ERROR {WHERE}ERROR: setUpClass ({name})", "ValueError"]
    other = [f"{START}INFO db odoo.addons.bus.tests.b: Starting TestB.test_a ... "]
    outcome = host_run.compare_tests(without, log(other, broken))
    assert outcome.failed == 2
    assert all("ValueError" in problem for problem in outcome.problems)


def test_what_passes_when_it_runs_alone_with_the_addon_is_told_and_no_failure(capsys):
    without = log(started("test_a", "test_b", "test_c"))
    beside = log(started("test_a", "test_b", "test_c"), failed("test_b"))
    again = log(started("test_a", "test_b", "test_c"), failed("test_a"))
    outcome = host_run.compare_tests(without, beside, again)
    assert str(outcome) == "3 passed, 0 failed, 0 skipped"
    assert f"passed when it ran alone only: {NAME}.test_b" in capsys.readouterr().out


def test_what_fails_again_is_a_failure():
    without = log(started("test_a", "test_b"))
    beside = log(started("test_a", "test_b"), failed("test_b"))
    assert host_run.find_broken(without, beside) == {f"{NAME}.test_b"}
    assert host_run.compare_tests(without, beside, beside).failed == 1


def test_what_is_skipped_with_the_addon_only_has_not_passed():
    without = log(started("test_a", "test_b"))
    beside = log(started("test_a", "test_b"), skipped("test_b", "not today"))
    outcome = host_run.compare_tests(without, beside)
    assert outcome.failed == 1
    assert "not today" in outcome.problems[0]


def test_a_run_without_tests_is_a_failure():
    assert host_run.compare_tests(log([], total=0), log([], total=0)).failed == 1


def test_a_log_that_breaks_off_stops_the_comparison(tmp_path):
    path = tmp_path / "host-with-1.log"
    path.write_text("\n".join(started("test_a")))
    with pytest.raises(Stop, match="broke off: see host-with-1.log"):
        host_run.read_log(path)


def test_only_what_does_not_pass_runs_again_without_the_addon():
    broken = [f"{START}ERROR {WHERE}ERROR: setUpClass (odoo.addons.bus.tests.a.TestB)"]
    text = log(
        started("test_a", "test_b"), failed("test_b"), skipped("test_c", "x"), [*broken]
    )
    found = odoo_log.tests(text)
    tags = host_run.tags_of(found.failed.keys() | found.skipped.keys())
    assert tags == "/account:TestTax.test_b,/account:TestTax.test_c,/bus:TestB"


def test_nothing_runs_again_when_all_has_passed():
    assert host_run.tags_of(set()) == ""
    outcome = host_run.compare_tests("", log(started("test_a", "test_b")))
    assert str(outcome) == "2 passed, 0 failed, 0 skipped"


def test_a_warning_of_the_addon_is_a_failure():
    warning = [f"{START}WARNING db odoo.addons.{paths.ADDON_NAME}.models.x: oh"]
    without = log(started("test_a"))
    assert host_run.compare_tests(without, log(started("test_a"), warning)).failed == 1


def test_a_query_more_than_known_is_a_failure():
    known = "deleting a statement line"
    assert host_run.KNOWN_COSTS[known] == 1
    usual = {"creating a user": 90, known: 10}
    same = host_run.compare_queries(usual, usual | {known: 11})
    assert str(same) == "2 passed, 0 failed, 0 skipped"
    more = host_run.compare_queries(usual, {"creating a user": 91, known: 12})
    assert str(more) == "0 passed, 2 failed, 0 skipped"
