"""What the log of an Odoo test run says."""

import re
from dataclasses import dataclass, field

from . import paths

ALLOWED = paths.SETUP / "allowed-log-lines.txt"

LINE = re.compile(
    r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>\S+): (?P<text>.*)"
)
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
STARTED = re.compile(r"^Starting (?P<test>\S+) \.\.\.")
SKIPPED = re.compile(r"^skipped (?P<test>.+?) : (?P<reason>.*)", re.DOTALL)
FAILED = re.compile(r"^(?:FAIL|ERROR): (?:Subtest )?(?P<test>setUpClass \(\S+\)|\S+)")
CLASS = re.compile(r"setUpClass \((?P<module>\S+)\.(?P<name>\w+)\)")
SUM_OF_FAILURES = re.compile(r"^Module \S+: \d+ failures?, \d+ errors? of")


@dataclass
class Outcome:
    """Counts of one run, whatever ran it."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list = field(default_factory=list)
    skips: list = field(default_factory=list)

    def __add__(self, other):
        return Outcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.problems + other.problems,
            self.skips + other.skips,
        )

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def allowed_patterns(path=ALLOWED):
    """Return the patterns of log lines that come from outside the addon."""
    lines = path.read_text().splitlines()
    return [re.compile(line) for line in lines if line and not line.startswith("#")]


def records(text):
    """Yield (level, logger, message with its following lines) of an Odoo log."""
    current = None
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            if current:
                yield tuple(current)
            current = [match["level"], match["logger"], match["text"]]
        elif current:
            current[2] += "\n" + line
    if current:
        yield tuple(current)


def _is_unexpected(level, logger, message, allowed):
    """Tell whether a record is a warning or worse that nobody announced."""
    if level not in ("WARNING", "ERROR", "CRITICAL"):
        return False
    if SUM_OF_FAILURES.match(message):
        return False  # each failure has its own record
    where = f"{level} {logger}: {message}"
    return not any(pattern.search(where) for pattern in allowed)


def unexpected(text, allowed=None):
    """Return what is logged as a warning or worse and was not announced (list)."""
    allowed = allowed_patterns() if allowed is None else allowed
    return [
        f"{level} {logger}: {message}"
        for level, logger, message in records(text)
        if _is_unexpected(level, logger, message, allowed)
    ]


def read(text, allowed=None):
    """Count the tests of an Odoo log, and collect what should not be in it.

    ``failed`` counts failures and errors. A log without a result is itself a problem:
    the server ended before the tests did. A class that skips as a whole was never
    started, so it counts as skipped without being part of Odoo's total.
    """
    allowed = allowed_patterns() if allowed is None else allowed
    outcome = Outcome()
    started = set()
    total = skipped_after_start = 0
    finished = False
    for level, logger, message in records(text):
        if logger == "odoo.tests.result" and (result := RESULT.search(message)):
            finished = True
            outcome.failed = int(result[1]) + int(result[2])
            total = int(result[3])
        elif match := STARTED.match(message):
            started.add(match["test"])
        elif match := SKIPPED.match(message):
            outcome.skips.append(f"{match['test']}: {match['reason']}")
            skipped_after_start += match["test"] in started
        elif _is_unexpected(level, logger, message, allowed):
            outcome.problems.append(f"{level} {logger}: {message}")
    outcome.skipped = len(outcome.skips)
    outcome.passed = max(0, total - outcome.failed - skipped_after_start)
    if not finished:
        outcome.problems.append("The log has no test result: Odoo ended before it.")
    return outcome


@dataclass
class Tests:
    """The tests of one run by name: "account.tests.test_tax:TestTax.test_x".

    A class that failed or was skipped as a whole stands for its tests, which never
    started.
    """

    started: set = field(default_factory=set)
    skipped: dict = field(default_factory=dict)  # {name: reason}
    failed: dict = field(default_factory=dict)  # {name: messages of the log}

    @property
    def passed(self):
        """Names of those that ran to their end and did not fail (set)."""
        return self.started - self.skipped.keys() - self.failed.keys()

    def __str__(self):
        return (
            f"{len(self.passed)} passed, {len(self.failed)} failed, "
            f"{len(self.skipped)} skipped"
        )


def _name(logger, test):
    """Return the name of a test, or of a class whose setUpClass is meant."""
    if match := CLASS.match(test):
        logger, test = match["module"], match["name"]
    return f"{logger.removeprefix('odoo.addons.')}:{test}"


def is_complete(text):
    """Tell whether Odoo came to the end of its tests."""
    return any(
        logger == "odoo.tests.result" and RESULT.search(message)
        for _level, logger, message in records(text)
    )


def tests(text):
    """Return which tests of an Odoo log ran, and how each of them went."""
    found = Tests()
    for _level, logger, message in records(text):
        if match := STARTED.match(message):
            found.started.add(_name(logger, match["test"]))
        elif match := SKIPPED.match(message):
            found.skipped[_name(logger, match["test"])] = match["reason"]
        elif match := FAILED.match(message):
            messages = found.failed.setdefault(_name(logger, match["test"]), [])
            messages.append(message)
    return found
