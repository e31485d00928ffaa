# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whatever happens at the bank and however it is pulled: every transaction once.

Hypothesis invents the histories (see `histories`), lives through them against the
simulated bank, and shrinks one that breaks a property to the shortest that does.
"""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from odoo.tests import tagged

from .common_histories import HistoryCase
from .histories import (
    CHOICES,
    DAYS_BACK,
    DAYS_BEFORE,
    LATE_DAYS,
    MOVED_ROWS,
    MOVES,
    PLAIN,
    ROWS,
    SETTINGS,
    STEPS,
    TWIN,
    examples,
)


@tagged("post_install", "-at_install")
class TestProperties(HistoryCase):
    """What the bank and the pulls do."""

    def test_every_transaction_ends_up_in_the_journal_once(self):
        @examples(24, 300)
        @given(SETTINGS, st.lists(STEPS, min_size=1, max_size=12))
        def check(setting, steps):
            self.run_example(setting, steps)

        check()

    def test_pulls_that_are_cut_off_lose_and_double_nothing(self):
        step = st.one_of(
            st.tuples(st.just("book"), st.lists(ROWS, min_size=1, max_size=4)),
            st.tuples(st.just("pull"), st.just(None)),
            st.tuples(st.just("pull_cut_off"), st.integers(1, 4)),
            st.tuples(
                st.just("pull_days_cut_off"),
                st.tuples(DAYS_BACK, DAYS_BACK, st.integers(1, 4)),
            ),
            st.tuples(st.just("link"), st.sampled_from(["new", "kept", "replaced"])),
        )
        small_batches = st.builds(
            replace,
            SETTINGS,
            order=st.just("created"),
            may_switch=st.just(False),
            lock=st.none(),
            batch_size=st.sampled_from([2, 5]),
        )

        links_amid_the_first_pull = [
            ("book", [TWIN]),
            ("cut_off", None),
            ("link", "kept"),
            ("cut_off", None),
            ("link", "new"),
            ("pull_cut_off", 1),
            ("link", "new"),
        ]

        @examples(15, 200)
        @given(small_batches, st.lists(step, min_size=3, max_size=14))
        @example(PLAIN, links_amid_the_first_pull)
        def check(setting, steps):
            self.run_example(setting, steps)

        check()

    def test_pulls_whose_process_dies_double_nothing_however_often_linked_anew(self):
        step = st.one_of(
            st.tuples(st.just("book"), st.just([TWIN])),
            st.tuples(st.just("kill"), st.integers(1, 12)),
            st.tuples(st.just("kill"), st.integers(1, 12)),
            st.tuples(st.just("link"), st.sampled_from(["new", "kept"])),
        )
        small = st.sampled_from([2, 3])
        rows = [
            ("10.00", 3, 0, "Rent July", "Bakery Peeters", 2),
            ("10.00", 3, 0, "RENT/07", "Bakery Peeters", 1),
            ("-2.40", 4, 0, "RENT/07", "Garage Dubois", 1),
            ("1234.56", 6, 0, None, None, 1),
            ("0.01", 9, 0, "Rent July", None, 1),
        ]

        @examples(7, 200)
        @given(small, small, st.lists(step, min_size=4, max_size=14))
        def check(page_size, batch_size, steps):
            setting = replace(PLAIN, page_size=page_size, batch_size=batch_size)
            self.run_example(setting, [("book", rows), *steps], self.check_no_more)

        check()

    def test_new_links_at_any_moment_double_nothing(self):
        step = st.one_of(
            st.tuples(st.just("book"), st.lists(ROWS, min_size=1, max_size=3)),
            st.tuples(st.just("pull"), st.just(None)),
            st.tuples(st.just("cut_off"), st.just(None)),
            st.tuples(st.just("pull_days"), st.tuples(DAYS_BACK, DAYS_BACK)),
            st.tuples(st.just("link"), st.sampled_from(["new", "kept", "replaced"])),
        )

        older = (TWIN[0], 9, *TWIN[2:])
        twin_later = [("book", [older, TWIN])]
        twin_later += [("cut_off", None), ("link", "kept")] * 2
        twin_later += [("pull", None), ("book", [TWIN])]
        again_and_again = [("book", [older, TWIN])]
        for kind in ("kept", "new", "kept", "new"):
            again_and_again += [("cut_off", None), ("link", kind)]
        again_and_again += [("pull", None), ("book", [TWIN])]

        @examples(12, 150)
        @given(SETTINGS, st.lists(step, min_size=3, max_size=14))
        @example(PLAIN, twin_later)
        @example(PLAIN, again_and_again)
        def check(setting, steps):
            self.run_example(setting, steps)

        check()

    def test_days_moved_at_a_new_link_import_nothing_unasked(self):
        @examples(9, 125)
        @given(SETTINGS, MOVED_ROWS, MOVES)
        def check(setting, rows, days):
            setting = replace(setting, start=190, lock=None)
            self.run_example(setting, [("book", rows), ("move", days)], self.check_few)

        check()

    def test_days_moved_import_nothing_though_somebody_pulls_some_days_first(self):
        some_days = st.tuples(st.just("pull_days"), st.tuples(DAYS_BACK, DAYS_BACK))

        # Few amounts, so that the days of one recur.
        rows = MOVED_ROWS.map(lambda rows: [(rows[0][0], *row[1:]) for row in rows])
        daily = [("10.00", days, 0, "Rent July", None, 1) for days in (3, 2, 1)]

        @examples(9, 125)
        @given(SETTINGS, rows, MOVES, st.lists(some_days, min_size=1, max_size=2))
        @example(PLAIN, daily, 1, [("pull_days", (1, 2))])
        def check(setting, rows, days, pulls):
            setting = replace(setting, start=190, lock=None)
            steps = [("book", rows), ("move", days), *pulls]
            self.run_example(setting, steps, self.check_few)

        check()

    def test_days_moved_at_a_new_link_amid_the_first_pull_double_nothing(self):
        interrupted = st.tuples(st.just("pull_cut_off"), st.integers(1, 2))
        onto_another = [("10.00", days, 0, "Rent July", None, 1) for days in (34, 42)]

        @examples(6, 100)
        @given(SETTINGS, MOVED_ROWS, MOVES, st.booleans(), st.lists(interrupted))
        @example(PLAIN, [TWIN], 2, True, [])
        @example(PLAIN, [TWIN], 1, True, [("pull_cut_off", 1)])
        @example(PLAIN, onto_another, 8, True, [("pull_cut_off", 1)])
        @example(PLAIN, onto_another, 8, False, [])
        def check(setting, rows, days, is_kept, interruptions):
            setting = replace(setting, start=190, lock=None)
            steps = [("book", rows), ("cut_off", None)]
            steps += [("move_unseen", (days, is_kept)), *interruptions]
            self.run_example(setting, steps, self.check_no_more)

        check()

    def test_days_moved_at_several_links_double_nothing(self):
        reading = st.one_of(
            st.tuples(st.sampled_from(["pull", "cut_off"]), st.just(None)),
            st.tuples(st.just("pull_cut_off"), st.integers(1, 2)),
            st.tuples(st.just("pull_days"), st.tuples(DAYS_BACK, DAYS_BACK)),
        )
        # Together no more than the days within which anything is recognized.
        link = st.tuples(
            st.just("move_unseen"), st.tuples(st.integers(-3, 3), st.booleans())
        )
        links = st.lists(st.tuples(link, st.lists(reading, max_size=2)), max_size=3)
        only_read = [
            (("move_unseen", (3, False)), [("pull_days", (0, 0))]),
            (("move_unseen", (0, False)), []),
        ]
        of_a_week = [("10.00", days, 0, "Rent July", None, 1) for days in (3, 10)]
        onto_another = [
            (("move_unseen", (0, False)), [("pull", None)]),
            (("move_unseen", (-7, True)), []),
        ]

        @examples(9, 150)
        @given(SETTINGS, MOVED_ROWS, reading, links)
        @example(PLAIN, [TWIN], ("pull", None), only_read)
        @example(PLAIN, of_a_week, ("pull", None), onto_another)
        def check(setting, rows, first, links):
            setting = replace(setting, start=190, lock=None)
            steps = [("book", rows), first]
            for link, readings in links:
                steps += [link, *readings]
            self.run_example(setting, steps, self.check_no_more)

        check()

    def test_what_the_bank_lists_anew_is_imported_once(self):
        @examples(9, 125)
        @given(SETTINGS, MOVED_ROWS, MOVES, st.integers(1, 63))
        def check(setting, rows, days, which):
            setting = replace(setting, start=190, lock=None)
            # Within the days that are read again.
            rows = [(amount, back % 20, *rest) for amount, back, *rest in rows]
            steps = [("book", rows), ("list_anew", (days, which))]
            self.run_example(setting, steps, self.check_few)

        check()

    def test_what_the_bank_lists_anew_is_imported_once_however_it_is_pulled(self):
        step = st.tuples(
            st.sampled_from(["pull_cut_off", "read_again_cut_off"]), st.integers(1, 4)
        )

        @examples(9, 125)
        @given(SETTINGS, MOVED_ROWS, MOVES, CHOICES, st.lists(step, max_size=3))
        @example(PLAIN, [TWIN] * 4, -1, 8, [("pull_cut_off", 2)])
        def check(setting, rows, days, which, cut_off):
            setting = replace(setting, start=190, lock=None)
            rows = [(amount, back % 20, *rest) for amount, back, *rest in rows]
            steps = [("book", rows), ("list_anew", (days, which)), *cut_off]
            self.run_example(setting, steps, self.check_few)

        check()

    def test_what_is_announced_comes_on_its_day_as_the_bank_has_it_then(self):
        step = st.one_of(
            st.tuples(st.just("announce"), st.lists(ROWS, min_size=1, max_size=3)),
            st.tuples(
                st.just("withdraw"),
                st.tuples(
                    CHOICES,
                    st.sampled_from([None, -9, -1, 0, 2]),
                    st.sampled_from(["0.00", "12.34"]),
                ),
            ),
            st.tuples(st.just("pull"), st.just(None)),
            st.tuples(st.just("cut_off"), st.just(None)),
            st.tuples(st.just("pass_days"), st.integers(1, 2)),
        )

        @examples(12, 150)
        @given(SETTINGS, st.lists(ROWS, max_size=4), st.lists(step, max_size=8))
        def check(setting, rows, steps):
            # All days have come in the end, and within those that are read again.
            rows = [(amount, back % 3, *rest) for amount, back, *rest in rows]
            self.run_example(setting, [("book", rows), *steps, ("pass_days", 7)])

        check()

    def test_what_the_bank_dates_later_or_anew_counts_once(self):
        # Within the days that are read again.
        rows = ROWS.map(lambda row: (row[0], row[1] % LATE_DAYS, *row[2:]))
        entered_between = [
            ("book_undated", TWIN),
            ("book_undated", (TWIN[0], 5, *TWIN[2:-1], 3)),
            ("enter_before", 11),
            ("book_undated", (TWIN[0], 21, *TWIN[2:-1], 3)),
            ("book", [(TWIN[0], 12, *TWIN[2:])]),
        ]
        step = st.one_of(
            st.tuples(st.just("book"), st.lists(rows, min_size=1, max_size=3)),
            st.tuples(st.just("book_undated"), rows),
            st.tuples(st.just("pull"), st.just(None)),
            st.tuples(st.just("cut_off"), st.just(None)),
            st.tuples(st.just("date_anew"), st.tuples(st.integers(0, 9), DAYS_BACK)),
            st.tuples(st.just("enter_before"), DAYS_BEFORE),
            st.tuples(st.just("undo"), CHOICES),
            st.tuples(st.just("bring_back"), st.just(None)),
        )

        @examples(12, 200)
        @given(SETTINGS, st.lists(step, min_size=3, max_size=10))
        @example(replace(PLAIN, start=20), entered_between)
        def check(setting, steps):
            setting = replace(setting, lock=None)
            self.run_example(setting, [*steps, ("bring_back", None)])

        check()
