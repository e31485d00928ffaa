# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whatever people do with what was imported: it stays, and the books equal the bank.

Hypothesis invents the histories, as for `test_properties`.
"""

from hypothesis import example, given
from hypothesis import strategies as st

from odoo.tests import tagged

from .common_histories import HistoryCase
from .histories import (
    CHOICES,
    DAYS_BACK,
    DAYS_BEFORE,
    LENGTHS,
    MODES,
    PLAIN,
    ROWS,
    SETTINGS,
    TWIN,
    examples,
)

#: So that there is something to change.
FIRST_ROWS = [
    ("10.00", 3, 0, "Rent July", "Bakery Peeters", 2),
    ("-2.40", 9, 0, None, "Garage Dubois", 1),
    ("1234.56", 20, 1, "+++090/9337/55493+++", None, 1),
]


@tagged("post_install", "-at_install")
class TestPropertiesOfPeople(HistoryCase):
    """What people do with what was imported."""

    def test_texts_and_statements_that_people_change_stay_as_they_are(self):
        names = (
            ("respell", st.integers(0, 9)),
            ("retext", st.integers(0, 9)),
            ("type", st.integers(0, 9)),
            ("type_end", st.integers(0, 9)),
            ("enter_before", DAYS_BEFORE),
            ("delete_statements", st.tuples(st.integers(0, 3), LENGTHS)),
            ("change_mode", st.sampled_from(MODES)),
            ("pull", st.none()),
            ("book", st.lists(ROWS, min_size=1, max_size=3)),
            ("link", st.sampled_from(["new", "kept", "replaced"])),
            ("switch_language", st.none()),
            ("archive_partner", st.none()),
            ("empty_pages", st.integers(1, 3)),
        )
        step = st.one_of(
            *(st.tuples(st.just(name), argument) for name, argument in names)
        )

        @examples(12, 150)
        @given(SETTINGS, st.lists(step, min_size=3, max_size=14))
        def check(setting, steps):
            self.run_example(setting, [("book", FIRST_ROWS), *steps])

        check()

    def check_brought_back(self, *others):
        """Whatever was undone, all that was imported is there when it is back.

        :param others: what else people and the bank do (name and argument of steps)
        """
        names = (
            ("book", st.lists(ROWS, min_size=1, max_size=3)),
            ("pull", st.none()),
            ("undo", CHOICES),
            ("undo", CHOICES),
            ("bring_some_back", CHOICES),
            ("enter_before", DAYS_BEFORE),
            *others,
        )
        step = st.one_of(
            *(st.tuples(st.just(name), argument) for name, argument in names)
        )

        between = [("book", [TWIN]), ("pull", None), ("undo", 1), ("enter_before", 1)]

        @examples(12, 300)
        @given(SETTINGS, st.lists(step, min_size=3, max_size=14))
        @example(PLAIN, between)
        def check(setting, steps):
            first = [("book", FIRST_ROWS), ("pull", None)]
            self.run_example(setting, [*first, *steps, ("bring_back", None)])

        check()

    def test_what_is_undone_and_brought_back_leaves_bank_and_books_equal(self):
        self.check_brought_back(
            ("pull_days", st.tuples(DAYS_BACK, DAYS_BACK)),
            ("delete", st.integers(0, 9)),
            ("type_end", st.integers(0, 9)),
            ("delete_statements", st.tuples(st.integers(0, 3), LENGTHS)),
            ("change_mode", st.sampled_from(MODES)),
        )

    def test_what_is_undone_and_brought_back_leaves_statements_that_follow(self):
        self.check_brought_back()
