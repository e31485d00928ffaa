# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Histories that Hypothesis invents for the tests of properties.

What the bank books and when, in which order Ponto lists it and how it writes it down,
how often and for which days people pull, new links of the account, what the bank and
people write into texts, lines that people enter of before the first day, lines and
statements that they delete, lengths of statements,
languages and partners that are switched off. The histories are the same in every run;
PONTO_LONG=1 makes more.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from odoo.addons.account_statement_import_online_ponto.feed import importer

from .common import TODAY

IS_LONG = bool(os.environ.get("PONTO_LONG"))

#: Few amounts and texts, so that twins and near twins are frequent.
AMOUNTS = ("10.00", "-10.00", "-2.40", "0.01", "1234.56", "0.00", "-999999.99")
TEXTS = ("Rent July", "RENT/07", "+++090/9337/55493+++", None)
NAMES = ("Bakery Peeters", "Garage Dubois", None)
#: How late a booking may come where only the daily re-read of 35 days can find it,
#: value dates included; and how far back the bank's list goes.
LATE_DAYS = 33
OLD_DAYS = 80


@dataclass(frozen=True)
class Setting:
    """How the provider is set up, and how Ponto behaves."""

    opening: str
    mode: str
    date_field: str
    #: Days before the present.
    start: int
    order: str
    may_switch: bool
    page_size: int
    #: Days before the present; None for no lock date.
    lock: int | None
    locked_policy: str
    batch_size: int = importer.LINES_PER_BATCH

    @property
    def start_date(self):
        """The day before which nothing is imported."""
        return TODAY - timedelta(days=self.start)

    @property
    def lock_date(self):
        """The last locked day, if any."""
        return self.lock and TODAY - timedelta(days=self.lock)

    @property
    def may_be_late(self):
        """How many days back a booking may come late without getting lost."""
        if self.order == "execution" or self.may_switch:
            return LATE_DAYS
        return OLD_DAYS


@dataclass
class History:
    """What became of an example so far: its accounts and what people deleted."""

    account_id: str
    #: Whether somebody pulled, perhaps only some days; whether the schedule did.
    is_pulled: bool = False
    is_pulled_completely: bool = False
    #: Whether a pull was cut off between reading and importing.
    is_cut_off: bool = False
    links: list = field(default_factory=list)
    #: Whether the bank's balance moved by what is not for the journal.
    is_late_before_start: bool = False
    #: Whether older transactions were moved behind the first lines by a lock date.
    is_opening_mixed: bool = False
    deleted: Counter = field(default_factory=Counter)
    #: What people have typed: {line: label}.
    typed: dict = field(default_factory=dict)
    #: The same of closing balances: {statement: balance}.
    typed_ends: dict = field(default_factory=dict)
    #: Whether people have entered lines before anything told the opening balance.
    is_opening_untold: bool = False
    #: Whether history may have come, or come back, after people entered lines of it.
    is_history_open: bool = False
    #: Whether statements were deleted, or are of several lengths.
    has_other_statements: bool = False


SETTINGS = st.builds(
    Setting,
    opening=st.sampled_from(["0.00", "1000.00", "-250.75"]),
    mode=st.sampled_from(["daily", "weekly", "monthly", "none"]),
    date_field=st.sampled_from(["execution_date", "value_date"]),
    start=st.sampled_from([190, 190, 40, 20, 5]),
    order=st.sampled_from(["created", "execution"]),
    may_switch=st.booleans(),
    page_size=st.sampled_from([2, 3, 7, 100]),
    lock=st.sampled_from([None, None, 30, 10]),
    locked_policy=st.sampled_from(["wait", "first_open_day"]),
)
ROWS = st.tuples(
    st.sampled_from(AMOUNTS),
    st.integers(0, OLD_DAYS),
    st.sampled_from([0, 0, 0, 1, -2]),  # value date after the execution date
    st.sampled_from(TEXTS),
    st.sampled_from(NAMES),
    st.integers(1, 3),  # twins
)
DAYS_BACK = st.integers(0, 45)
#: How long before the first day people enter something.
DAYS_BEFORE = st.integers(1, 20)
LENGTHS = st.integers(1, 3)
#: Which of some things, by place.
CHOICES = st.integers(1, 63)
MODES = ("daily", "weekly", "monthly", None)
STEPS = st.one_of(
    st.tuples(st.just("book"), st.lists(ROWS, min_size=1, max_size=4)),
    st.tuples(st.just("book"), st.lists(ROWS, min_size=1, max_size=4)),
    st.tuples(st.just("pull"), st.just(None)),
    st.tuples(st.just("cut_off"), st.just(None)),
    st.tuples(st.just("pull_days"), st.tuples(DAYS_BACK, DAYS_BACK)),
    st.tuples(st.just("choose"), st.tuples(DAYS_BACK, DAYS_BACK)),
    st.tuples(st.just("read_again"), st.just(None)),
    st.tuples(st.just("link"), st.sampled_from(["new", "kept", "replaced"])),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("bring_back"), st.just(None)),
    st.tuples(st.just("switch"), st.just(None)),
    st.tuples(st.just("reset"), st.just(None)),
    st.tuples(st.just("respell"), st.integers(0, 9)),
    st.tuples(st.just("retext"), st.integers(0, 9)),
    st.tuples(st.just("type"), st.integers(0, 9)),
    st.tuples(st.just("type_end"), st.integers(0, 9)),
    st.tuples(st.just("enter_before"), DAYS_BEFORE),
    st.tuples(st.just("delete_statements"), st.tuples(st.integers(0, 3), LENGTHS)),
    st.tuples(st.just("change_mode"), st.sampled_from(MODES)),
    st.tuples(st.just("switch_language"), st.just(None)),
    st.tuples(st.just("archive_partner"), st.just(None)),
    st.tuples(st.just("empty_pages"), st.integers(1, 3)),
)

#: What another interface of the bank tells, of what, and how many days it moves.
MOVED_ROWS = st.lists(
    st.tuples(
        st.sampled_from(AMOUNTS),
        st.integers(0, OLD_DAYS),
        st.just(0),
        st.sampled_from(TEXTS[:-1]),
        st.sampled_from(NAMES),
        st.integers(1, 2),
    ),
    min_size=1,
    max_size=5,
)
MOVES = st.integers(-10, 10)


#: For histories that once broke a property.
PLAIN = Setting(
    opening="0.00",
    mode="daily",
    date_field="execution_date",
    start=190,
    order="created",
    may_switch=False,
    page_size=2,
    lock=None,
    locked_policy="wait",
)
TWIN = ("10.00", 0, 0, "Rent July", "Bakery Peeters", 1)


def examples(short, long):
    """Return settings of Hypothesis for so many examples, the same ones every time."""
    return settings(
        derandomize=True,
        max_examples=long if IS_LONG else short,
        deadline=None,
        print_blob=True,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
