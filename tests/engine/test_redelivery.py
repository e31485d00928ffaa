# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""An account linked anew with other days: however it is read, nothing comes twice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from engine import entry, matching, redelivery, traits
from engine.entry import booking_order
from hypothesis import strategies as st
from makers import TODAY, Ponto, law, make_known

DAY = timedelta(days=1)
NAMED = frozenset({"name:a", "text:t"})
OTHER = frozenset({"name:b", "text:u"})
#: What a person does with what waits.
DECISIONS = ("wait", "ignore", "same", "wait")


class Feed:
    """A register of two links, and what a pull does with it."""

    def __init__(self, rows, shift, extra=()):
        """Read and import all under the old link.

        :param rows: (day, traits) of each transaction
        :param int shift: by how many days the new link moves them
        :param extra: the same of what is new at the bank, by the new link's days
        """
        self.old = [self.make(key, "old", *row) for key, row in enumerate(rows, 1)]
        served = [(day + shift, traits) for day, traits in rows] + list(extra)
        self.served = [
            self.make(1000 + key, "new", *row) for key, row in enumerate(served)
        ]
        self.records = {
            known.key: replace(known, state=entry.IMPORTED, line=known.key, pull=1)
            for known in self.old
        }
        self.posted = []
        #: Whether it is known that the new link moves no days.
        self.keeps_days = False

    @staticmethod
    def make(key, account, day, traits):
        """Return a transaction; what has the same day and traits looks the same."""
        content = f"{day} {sorted(traits)}"
        return make_known(
            key,
            day=TODAY + day * DAY,
            traits=traits,
            account_id=account,
            fingerprint=content,
            content_hash=content,
        )

    def read(self, pull, wanted=lambda known: True):
        """Read some of the new link's list, without importing."""
        for known in self.served:
            if known.key not in self.records and wanted(known):
                self.records[known.key] = replace(known, pull=pull)

    def pull(self, pull=2, wanted=lambda known: True, imported=lambda known: True):
        """Read some, recognise, screen, and import what nothing speaks against."""
        self.read(pull, wanted)
        new = [known for known in self.records.values() if known.state == entry.NEW]
        is_gone = Ponto({known.key for known in self.old}).is_gone
        known = [each for each in self.records.values() if not each.has_successor]
        for later, earlier in matching.find_duplicates(new, known, is_gone):
            self.recognise(later, earlier)
        new = [known for known in self.records.values() if known.state == entry.NEW]
        new = sorted(filter(imported, new), key=booking_order)
        pairs = matching.find_possible_duplicates(
            new, self.records.values(), is_gone, self.find_listed_since()
        )
        for later, earlier in pairs.items():
            self.records[later] = replace(
                self.records[later],
                state=entry.WAITING,
                reason=entry.POSSIBLE_DUPLICATE,
                possible_original=earlier,
            )
        self.check_pairs()
        for known in new:
            if known.key not in pairs:
                self.posted.append(known.key)
                self.records[known.key] = replace(
                    known, state=entry.IMPORTED, line=known.key
                )

    def find_listed_since(self):
        """Return since when the new link lists, if it is known to move no days."""
        if not self.keeps_days:
            return None
        first_days = {}
        for known in self.records.values():
            first = first_days.get(known.account_id, known.day)
            first_days[known.account_id] = min(first, known.day)
        return redelivery.find_listed_since(first_days, "new")

    def check_pairs(self):
        """Check that no two wait beside the same one."""
        taken = [
            known.possible_original
            for known in self.records.values()
            if known.state == entry.WAITING
            and known.possible_original
            and not known.is_gone
        ]
        assert len(set(taken)) == len(taken)

    def recognise(self, later, earlier):
        """Take one for an earlier one."""
        self.records[later] = replace(
            self.records[later], state=entry.DUPLICATE, reason=None, original=earlier
        )
        self.records[earlier] = replace(self.records[earlier], has_successor=True)

    def decide(self, decision):
        """Let somebody decide about all that waits."""
        for known in list(self.records.values()):
            if known.state == entry.WAITING and decision == "ignore":
                self.records[known.key] = replace(known, state=entry.IGNORED)
            if (
                known.state == entry.WAITING
                and known.possible_original
                and decision == "same"
            ):
                earlier = self.records[known.possible_original]
                if not earlier.has_successor:
                    self.recognise(known.key, earlier.key)

    def find(self, state):
        """Return the keys of the new link's rows in a state."""
        return {
            known.key
            for known in self.records.values()
            if known.state == state and known.account_id == "new"
        }


def is_within(first, last):
    """Return what tells whether a day is among some."""
    return lambda known: TODAY + first * DAY <= known.day <= TODAY + last * DAY


def number(rows, traits):
    """Return rows of these days, all alike."""
    return [(day, traits) for day in rows]


CASES = pytest.mark.parametrize(
    "days, shift, period, alike",
    [
        ((1, 2, 3), 1, (2, 3), frozenset()),
        ((1, 8, 15, 22), 4, (10, 20), NAMED),
        ((1, 2, 3, 4, 5, 6), 1, (2, 4), frozenset()),
        ((1, 8, 15, 22, 29), -4, (0, 12), NAMED),
        (range(1, 30), 3, (10, 15), NAMED),
    ],
)


@CASES
@pytest.mark.parametrize("decision", ["wait", "ignore", "same"])
def test_what_somebody_pulled_first_leaves_no_other_one_posted(
    days, shift, period, alike, decision
):
    feed = Feed(number(days, alike), shift)
    feed.pull(imported=is_within(*period))
    feed.decide(decision)
    feed.pull(pull=3)
    assert feed.posted == []


@CASES
def test_a_list_in_two_portions_leaves_none_posted(days, shift, period, alike):
    for portion in (is_within(*period), lambda known: not is_within(*period)(known)):
        feed = Feed(number(days, alike), shift)
        feed.pull(wanted=portion)
        feed.pull(pull=3)
        assert feed.posted == []


@pytest.mark.parametrize("shift", [-10, -3, -1, 1, 2, 3, 10])
@pytest.mark.parametrize("count, step", [(20, 1), (70, 1), (120, 1), (45, 2), (30, 3)])
def test_a_long_chain_leaves_none_posted(count, step, shift):
    rows = number(range(0, count * step, step), NAMED)
    feed = Feed(rows, shift)
    feed.pull()
    assert feed.posted == []
    # One that is more than there were is new.
    feed = Feed(rows, shift, [rows[-1]])
    feed.pull()
    assert len(feed.posted) == 1


@pytest.mark.parametrize("shift", [-2, -1, 1, 2])
@pytest.mark.parametrize("split", [1, 5, 10, 15])
def test_a_reading_that_was_interrupted_leaves_none_posted(shift, split):
    feed = Feed(number(range(20), NAMED), shift)
    feed.read(2, is_within(split, 99))
    feed.pull(pull=3)
    assert feed.posted == []


def test_what_waits_is_paired_anew_where_that_lets_another_one_find_its_own():
    feed = Feed([(0, frozenset()), (2, frozenset())], -1)
    feed.pull(wanted=is_within(1, 1))
    assert feed.records[1001].possible_original == 1
    feed.pull(pull=3)
    assert feed.records[1000].possible_original == 1
    assert feed.records[1001].possible_original == 2


def test_a_reference_comes_before_what_only_waits():
    """Else the one that is the same would be posted, and the other one asked about."""
    sure = frozenset({"reference:x", "name:a"})
    feed = Feed([(1, sure)], 4)
    feed.served.append(feed.make(1500, "new", 3, frozenset({"name:a"})))
    feed.pull(wanted=is_within(3, 3))
    assert feed.find(entry.WAITING) == {1500}
    feed.pull(pull=3)
    assert feed.posted == []
    assert feed.records[1000].possible_original == 1
    # It goes on waiting, beside none.
    assert feed.records[1500].possible_original is None


@pytest.mark.parametrize("step", [1, 3, 7])
def test_what_comes_after_a_shorter_list_is_new(step):
    feed = Feed(number(range(0, 300, step), NAMED), 0)
    feed.served = [known for known in feed.served if is_within(210, 299)(known)]
    feed.keeps_days = True
    feed.pull()
    for day in range(300, 321, step):
        feed.served.append(feed.make(2000 + day, "new", day, NAMED))
        feed.pull(pull=day)
    assert not feed.find(entry.WAITING)
    assert len(feed.posted) == len(range(300, 321, step))


def test_a_shorter_list_that_moves_days_after_all_leaves_none_posted():
    """Another kind tells that it does."""
    feed = Feed([*number(range(0, 300, 3), NAMED), (250, OTHER)], 2)
    feed.served = [known for known in feed.served if is_within(210, 302)(known)]
    feed.keeps_days = True
    feed.pull()
    assert feed.posted == []


def test_what_was_imported_by_a_decision_stands_for_no_other_one():
    feed = Feed([(1, NAMED)], 2, [(2, NAMED)])
    feed.pull(wanted=is_within(2, 2))
    feed.records[1001] = replace(
        feed.records[1001], state=entry.IMPORTED, reason=None, line=1001
    )
    feed.pull(pull=3)
    assert feed.find(entry.WAITING) == {1000}


def test_what_is_gone_itself_holds_nothing():
    feed = Feed([(1, NAMED)], 2)
    feed.pull()
    feed.records[1000] = replace(feed.records[1000], is_gone=True)
    feed.served.append(feed.make(2000, "new", 3, OTHER | NAMED))
    feed.pull(pull=3)
    assert feed.find(entry.WAITING) == {1000, 2000}


def test_where_the_bank_has_changed_its_amount_it_still_stands_for_the_other_one():
    feed = Feed([(1, NAMED)], 2)
    feed.pull()
    feed.decide("ignore")
    feed.records[1000] = replace(feed.records[1000], amount=Decimal("11.00"))
    feed.served.append(feed.make(2000, "new", 3, NAMED))
    feed.pull(pull=3)
    assert feed.posted == [2000]


def test_ponto_is_not_asked_about_what_holds_another_one():
    """Where the account has kept its identifier, each question is a request."""
    feed = Feed(number(range(0, 40, 2), NAMED), 2)
    feed.pull(wanted=is_within(0, 39))
    kept = [replace(known, account_id="kept") for known in feed.records.values()]
    last = make_known(
        2000, day=TODAY + 40 * DAY, traits=NAMED, account_id="kept", pull=3
    )
    ponto = Ponto({known.key for known in feed.old})
    assert set(matching.find_possible_duplicates([last], kept, ponto.is_gone)) == {2000}
    # The new one itself, what is within ten days of it, and what is free at the end.
    near = {known.key for known in kept if abs(known.day - last.day) <= 10 * DAY}
    assert set(ponto.asked) <= {1, 2000} | near


ROWS = st.lists(
    st.tuples(st.integers(0, 24), st.sampled_from([NAMED, NAMED, OTHER])),
    min_size=1,
    max_size=12,
)
PORTIONS = st.lists(
    st.tuples(
        st.booleans(),
        st.integers(-10, 34),
        st.integers(0, 15),
        st.sampled_from(DECISIONS),
    ),
    max_size=3,
)


@law(ROWS, st.integers(-10, 10), PORTIONS)
def test_however_it_is_read_pulled_and_decided_nothing_comes_twice(
    rows, shift, portions
):
    feed = Feed(rows, shift)
    for number_, (is_period, first, length, decision) in enumerate(portions, 2):
        some = is_within(first, first + length)
        feed.pull(pull=number_, **{"imported" if is_period else "wanted": some})
        feed.decide(decision)
    feed.pull(pull=9)
    assert feed.posted == []


@law(ROWS, st.integers(-10, 10), st.lists(st.sampled_from(range(24)), max_size=4))
def test_what_is_more_than_there_was_is_imported(rows, shift, days):
    feed = Feed(rows, shift, number(days, NAMED))
    feed.pull()
    assert len(feed.posted) >= len(days)
    # What comes later is new, as nothing is left that it may be.
    taken = {known.original for known in feed.records.values()}
    taken |= {known.possible_original for known in feed.records.values()}
    if taken >= {known.key for known in feed.old}:
        feed.served.append(feed.make(3000, "new", 12, NAMED | {"text:new"}))
        feed.pull(pull=3)
        assert 3000 in feed.posted


# === MANY === #

MANY = 1000
TRAITS = {
    "each another": lambda link, number: {f"name:{number % 1000}", f"text:{number}"},
    "one in common": lambda link, number: {"name:club", f"text:{link} {number}"},
    "all the same": lambda link, number: {"name:club", "text:fee"},
    "none in common": lambda link, number: {f"text:{link} {number}"},
}


@pytest.mark.parametrize("per_day, shift", [(1, 3), (30, 1), (1000, 0)])
@pytest.mark.parametrize("kind", TRAITS)
def test_thousands_of_one_amount_are_paired(kind, per_day, shift):
    def make(link, number, days, **values):
        return make_known(
            number + (MANY if link else 0),
            day=TODAY + (number // per_day + days) * DAY,
            traits=frozenset(TRAITS[kind](link, number)),
            account_id=f"account {link}",
            **values,
        )

    old = [make(0, number, 0) for number in range(1, MANY + 1)]
    new = [make(1, number, shift, pull=2) for number in range(1, MANY + 1)]
    ponto = Ponto({known.key for known in old})
    found = matching.find_possible_duplicates(new, [*old, *new], ponto.is_gone)
    assert traits.find_candidates(new, old)
    # Days alone tell only of those that are a day apart.
    if kind != "none in common" or shift <= 1:
        assert len(found) == MANY
    assert len(ponto.asked) == len(set(ponto.asked))


@pytest.mark.parametrize("line", [None, 7])
def test_thousands_of_twins_are_recognised(line):
    old = [make_known(key, account_id="old", line=line) for key in range(1, MANY + 1)]
    new = [make_known(key + MANY) for key in range(1, MANY + 1)]
    is_gone = Ponto({known.key for known in old}).is_gone
    found = dict(matching.find_duplicates(new, [*old, *new], is_gone))
    assert found == {known.key: known.key - MANY for known in new}
    assert not dict(matching.find_duplicates(new, new, is_gone))
    left = matching.find_surplus(new, [*old, *new], is_gone, TODAY - DAY)
    assert not dict(left)
