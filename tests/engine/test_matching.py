# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The same under another identifier."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from engine import entry, matching, traits
from hypothesis import example
from hypothesis import strategies as st
from makers import TODAY, Ponto, law, make_known, registers

DAY = timedelta(days=1)
FORMER = {"account_id": "former"}

# === DUPLICATES === #


def find_duplicates(new, known, gone, **options):
    return dict(matching.find_duplicates(new, known, Ponto(gone).is_gone, **options))


def test_what_is_gone_and_comes_again_is_a_duplicate():
    assert find_duplicates([make_known(2)], [make_known(1)], gone={1}) == {2: 1}


def test_what_is_still_there_is_a_twin():
    assert find_duplicates([make_known(2)], [make_known(1)], gone=()) == {}


def test_what_is_gone_together_was_listed_together():
    assert find_duplicates([make_known(2)], [make_known(1)], gone={1, 2}) == {}
    former = make_known(1, **FORMER)
    assert find_duplicates([make_known(2)], [former], gone={1, 2}) == {2: 1}


def test_a_later_one_is_no_earlier_one():
    assert find_duplicates([make_known(1)], [make_known(2)], gone={2}) == {}


def test_each_old_one_is_found_again_once():
    new = [make_known(key) for key in (4, 3, 5)]
    known = [make_known(key) for key in (2, 1)]
    assert find_duplicates(new, known, gone={1, 2}) == {3: 1, 4: 2}


def test_the_very_same_goes_before_the_same_in_other_words():
    """However late it stands, and however the rest would pair."""
    new = [make_known(3, content_hash="tea"), make_known(4)]
    assert find_duplicates(new, [make_known(1)], gone={1}) == {4: 1}
    known = [make_known(1), make_known(2, content_hash="tea")]
    assert find_duplicates(new, known, gone={1, 2}) == {3: 2, 4: 1}


def test_a_criterion_can_be_tried_alone():
    new = [make_known(3, content_hash="tea")]
    known = [make_known(1)]
    options = {"new": new, "known": known, "gone": {1}}
    assert find_duplicates(**options, criteria=("content_hash",)) == {}
    assert find_duplicates(**options, criteria=("fingerprint",)) == {3: 1}


@pytest.mark.parametrize(
    "values",
    [
        {"fingerprint": "other"},
        {"has_successor": True},
        {"state": entry.BEFORE_START},
    ],
)
def test_some_are_no_candidates(values):
    assert find_duplicates([make_known(2)], [make_known(1, **values)], gone={1}) == {}


def test_a_duplicate_can_be_the_earlier_one_of_another():
    """Two new links, and what the first one brought was only read."""
    new = [make_known(2, **FORMER), make_known(3)]
    known = [make_known(1, account_id="first")]
    assert find_duplicates(new, known, gone={1, 2}) == {2: 1, 3: 2}


def test_ponto_is_not_asked_about_what_cannot_be_the_same():
    ponto = Ponto()
    known = [
        make_known(1, fingerprint="other"),
        make_known(2, has_successor=True),
        make_known(9),
    ]
    assert dict(matching.find_duplicates([make_known(3)], known, ponto.is_gone)) == {}
    assert ponto.asked == []


@law(registers(), st.sampled_from([("content_hash", "fingerprint"), ("fingerprint",)]))
def test_duplicates_pair_each_at_most_once(register, criteria):
    known, new, gone = register
    by_key = {each.key: each for each in known}
    pairs = find_duplicates(new, known, gone, criteria=criteria)
    assert len(set(pairs.values())) == len(pairs)
    for later, earlier in pairs.items():
        assert earlier < later
        assert earlier in gone
        assert by_key[earlier].fingerprint == by_key[later].fingerprint
        assert not by_key[earlier].has_successor


@law(registers())
def test_nothing_is_a_duplicate_where_ponto_has_given_up_nothing(register):
    known, new, _gone = register
    assert find_duplicates(new, known, gone=()) == {}
    ponto = Ponto()
    assert matching.find_possible_duplicates(new, known, ponto.is_gone) == {}


@law(registers(), st.randoms())
def test_the_order_in_which_values_are_handed_in_changes_nothing(register, random):
    known, new, gone = register
    expected = find_duplicates(new, known, gone)
    random.shuffle(known)
    random.shuffle(new)
    assert find_duplicates(new, known, gone) == expected


def test_what_is_found_before_ponto_cannot_be_asked_is_not_lost():
    def ask(known):
        if known.key == 2:
            raise TimeoutError
        return known.key == 1

    new = [make_known(3), make_known(4, fingerprint="other")]
    known = [make_known(1), make_known(2, fingerprint="other")]
    pairs = matching.find_duplicates(new, known, ask)
    assert next(pairs) == (3, 1)
    with pytest.raises(TimeoutError):
        next(pairs)


# === SURPLUS === #


def find_surplus(new, known, gone, covered_after=TODAY - DAY):
    return dict(matching.find_surplus(new, known, Ponto(gone).is_gone, covered_after))


def test_what_is_gone_is_among_what_the_list_has_of_its_day():
    new = [make_known(2), make_known(3)]
    assert find_surplus(new, [make_known(1)], gone={2, 3}) == {2: 1, 3: 1}


def test_days_that_were_not_seen_to_the_end_tell_nothing():
    new, known = [make_known(2)], [make_known(1)]
    assert find_surplus(new, known, {2}, covered_after=None) == {}
    assert find_surplus(new, known, {2}, covered_after=TODAY) == {}
    assert find_surplus(new, known, {2}, covered_after=TODAY - DAY) == {2: 1}


def test_what_is_listed_and_what_has_a_later_identifier_is_no_surplus():
    known = [make_known(1)]
    assert find_surplus([make_known(2)], known, gone=()) == {}
    assert find_surplus([make_known(2)], known, gone={1, 2}) == {}
    assert find_surplus([make_known(2, has_successor=True)], known, gone={2}) == {}


@law(registers())
def test_surplus_is_gone_and_what_it_is_taken_for_is_listed(register):
    known, new, gone = register
    pairs = find_surplus(new, known, gone, covered_after=TODAY - 4 * DAY)
    assert set(pairs) <= gone
    assert not gone.intersection(pairs.values())


# === POSSIBLE DUPLICATES === #


def find_possible(new, known, gone):
    return matching.find_possible_duplicates(new, known, Ponto(gone).is_gone)


@pytest.mark.parametrize(
    "values, expected",
    [
        ({}, {2: 1}),
        ({"fingerprint": "other", "label": "Other"}, {2: 1}),
        ({"day": TODAY - DAY}, {2: 1}),
        ({"day": TODAY + DAY}, {2: 1}),
        ({"day": TODAY - 2 * DAY}, {}),
        ({"day": None}, {}),
        ({"amount": Decimal("10.01")}, {}),
        ({"amount": Decimal("10")}, {2: 1}),
        ({"currency": "USD"}, {}),
        ({"state": entry.BEFORE_START}, {}),
    ],
)
def test_the_same_amount_within_a_day_may_be_the_same(values, expected):
    assert find_possible([make_known(2)], [make_known(1, **values)], {1}) == expected


def test_nothing_is_doubted_for_what_has_a_later_identifier():
    known = [make_known(1, has_successor=True)]
    assert find_possible([make_known(2)], known, gone={1}) == {}


def test_what_goes_on_under_a_later_identifier_is_doubted_for_what_does_not():
    new = make_known(2, generation=2, has_successor=True, **FORMER)
    later = make_known(3, original=2)
    assert find_possible([new], [make_known(1), later], gone={1, 2}) == {2: 1}
    beside = make_known(1, generation=2, **FORMER)
    long_before = make_known(0, day=TODAY - 30 * DAY)
    for known in ([beside, later], [long_before, beside, later]):
        assert find_possible([new], known, gone={0, 1, 2}) == {}
    # Both are listed.
    earlier = make_known(1, generation=1, has_successor=True, **FORMER)
    known = [earlier, later, make_known(4, original=1)]
    assert find_possible([new, earlier], known, gone={1, 2}) == {}


def test_what_two_pulls_read_and_is_gone_may_have_been_the_same():
    later = make_known(2, generation=2)
    for earlier in (make_known(1), make_known(1, has_successor=True)):
        assert find_possible([later], [earlier], gone={1, 2}) == {2: 1}
        assert find_possible([make_known(2)], [earlier], gone={1, 2}) == {}
    assert find_possible([later], [make_known(1, has_successor=True)], gone={1}) == {}


def test_each_old_one_makes_one_doubtful_in_the_order_of_the_new_ones():
    new = [make_known(4), make_known(3)]
    assert find_possible(new, [make_known(1)], gone={1}) == {4: 1}
    known = [make_known(2), make_known(1)]
    assert find_possible(new, known, gone={1, 2}) == {4: 1, 3: 2}


@law(registers())
def test_possible_duplicates_pair_each_at_most_once(register):
    known, new, gone = register
    by_key = {each.key: each for each in known}
    pairs = find_possible(new, known, gone)
    assert len(set(pairs.values())) == len(pairs)
    for later, earlier in pairs.items():
        assert earlier < later and earlier in gone
        old, young = by_key[earlier], by_key[later]
        assert (old.amount, old.currency) == (young.amount, young.currency)
        assert abs(old.day - young.day) <= 10 * DAY
        assert abs(old.day - young.day) <= DAY or old.traits & young.traits


# === TOLD ANOTHER WAY === #

NAMED = {"traits": frozenset({"name:a"})}


@pytest.mark.parametrize("kind", ["reference", "mandate", "bank", "number", "text"])
@pytest.mark.parametrize("days", [-10, -3, -2, 2, 3, 10])
def test_one_trait_in_common_is_enough_within_ten_days(kind, days):
    traits = frozenset({f"{kind}:x"})
    new = [make_known(2, day=TODAY + days * DAY, traits=traits | {"name:new"})]
    old = make_known(1, traits=traits | {"name:old"})
    assert find_possible(new, [old], {1}) == {2: 1}
    assert find_possible(new, [old], ()) == {}
    assert find_possible(new, [make_known(1, traits=frozenset({"name:x"}))], {1}) == {}


@pytest.mark.parametrize("days", [-11, 11])
def test_beyond_ten_days_nothing_may_be_the_same(days):
    traits = {"traits": frozenset({"reference:x"})}
    new = [make_known(2, day=TODAY + days * DAY, **traits)]
    assert find_possible(new, [make_known(1, **traits)], {1}) == {}


def test_the_nearest_day_goes_first_whatever_comes_first():
    new = [
        make_known(5, day=TODAY + 3 * DAY, **NAMED),
        make_known(4, day=TODAY, **NAMED),
    ]
    old = [
        make_known(1, day=TODAY - 3 * DAY, **NAMED),
        make_known(2, day=TODAY, **NAMED),
    ]
    for known in (old, old[::-1]):
        for newer in (new, new[::-1]):
            assert find_possible(newer, known, {1, 2}) == {4: 2, 5: 1}


def test_a_reference_says_more_than_the_day():
    traits = {"traits": frozenset({"reference:x", "name:a"})}
    new = [make_known(3, **NAMED), make_known(4, day=TODAY + 4 * DAY, **traits)]
    old = [make_known(1, day=TODAY - DAY, **NAMED), make_known(2, **traits)]
    assert find_possible(new, old, {1, 2}) == {4: 2, 3: 1}


def test_one_gives_way_to_another_that_has_no_other_choice():
    new = [make_known(3, **NAMED), make_known(4, day=TODAY + 8 * DAY, **NAMED)]
    old = [make_known(1, day=TODAY - 9 * DAY, **NAMED), make_known(2, **NAMED)]
    assert find_possible(new, old, {1, 2}) == {3: 1, 4: 2}


@pytest.mark.parametrize("days", [-3, 3])
def test_what_was_too_early_may_have_got_a_day_that_is_not(days):
    old = make_known(1, day=TODAY + days * DAY, state=entry.BEFORE_START, **NAMED)
    new = [make_known(3, **NAMED)]
    assert find_possible(new, [old], {1}) == {3: 1}
    again = make_known(
        2, day=TODAY + days * DAY, state=entry.BEFORE_START, generation=1, **NAMED
    )
    assert find_possible(new, [old, again], {1}) == {}


def test_what_took_the_day_of_the_next_of_its_kind_leaves_the_last_one_in_doubt():
    """Rent each third day, and all days moved by three: only the ends have no match."""
    old = [
        make_known(key, day=TODAY + 3 * key * DAY, has_successor=key > 1, **NAMED)
        for key in (1, 2, 3, 4, 5)
    ]
    again = [
        make_known(
            key + 4,
            day=TODAY + 3 * key * DAY,
            state=entry.DUPLICATE,
            original=key,
            pull=2,
            **NAMED,
        )
        for key in (2, 3, 4, 5)
    ]
    last = make_known(10, day=TODAY + 18 * DAY, pull=2, **NAMED)
    gone = {known.key for known in old}
    # Beside the one that is left: each old one is one new one.
    assert find_possible([last], [*old, *again], gone) == {10: 1}
    # Without anything that is gone and has not come again, it is new.
    assert find_possible([last], [*old[1:], *again], gone) == {}
    # Whichever pull reads it: Ponto may deliver a list in portions.
    later = make_known(10, day=TODAY + 18 * DAY, pull=3, **NAMED)
    assert find_possible([later], [*old, *again], gone) == {10: 1}
    assert find_possible([later], [*old[1:], *again], gone) == {}


TRAITS = st.sampled_from(["reference:x", "name:a", "name:b"])


@st.composite
def moved(draw):
    """What another interface of the bank tells of some transactions."""
    shift = draw(st.integers(-10, 10)) * DAY
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 9), st.frozensets(TRAITS, min_size=1)),
            min_size=1,
            max_size=6,
        )
    )
    old = [
        make_known(key, day=TODAY - days * DAY, traits=traits)
        for key, (days, traits) in enumerate(rows, 1)
    ]
    new = [
        make_known(known.key + 50, day=known.day + shift, traits=known.traits)
        for known in old
    ]
    return old, draw(st.permutations(new))


@law(moved())
def test_days_moved_by_a_new_link_post_nothing_unasked(example):
    old, new = example
    pairs = find_possible(new, old, {known.key for known in old})
    assert set(pairs) == {known.key for known in new}
    assert set(pairs.values()) == {known.key for known in old}
    # Before anything is paired, Ponto is asked whether any of them is gone.
    assert set(traits.find_candidates(new, old)) == set(old)


@law(
    st.integers(1, 3), st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=5)
)
@example(1, [(0, False), (0, True), (0, False), (0, True)])
def test_what_is_linked_anew_again_and_again_goes_on_where_it_began(twins, links):
    """However far each reading got: what is left over is surplus, or at least doubted,
    whether it went on under later identifiers or not."""
    records, listed, account = {}, set(), 0
    for generation, (most, is_kept) in enumerate([*links, (99, False)]):
        account += not is_kept
        listed = set(range(len(records) + 1, len(records) + twins + 1))
        records |= {
            key: make_known(
                key,
                fingerprint="same",
                content_hash="same",
                account_id=str(account),
                generation=generation,
            )
            for key in listed
        }
        known = [each for each in records.values() if not each.has_successor]
        new = [each for each in known if not each.original]
        pairs = find_duplicates(new, known, records.keys() - listed)
        for later, earlier in list(pairs.items())[:most]:
            first = records[earlier].first or earlier
            records[earlier] = replace(records[earlier], has_successor=True)
            records[later] = replace(records[later], original=earlier, first=first)
    ends = {each.first or each.key: each.key for each in records.values()}
    new = [each for each in records.values() if not each.original]
    left = {each.key for each in new if ends[each.key] not in listed}
    known = [each for each in records.values() if not each.has_successor]
    gone = records.keys() - listed
    assert find_surplus(new, known, gone).keys() == left
    assert find_possible(new, list(records.values()), gone).keys() == left


@law(moved())
def test_nothing_is_doubted_for_what_was_only_announced(example):
    old, new = example
    announced = [replace(known, state="waiting", reason="future") for known in old]
    assert find_possible(new, announced, {known.key for known in old}) == {}
    assert traits.find_candidates(new, announced) == []


def test_what_an_earlier_pull_read_may_be_redelivered_the_likeliest_first():
    alike = {"traits": frozenset({"name:x"})}
    known = [
        make_known(1, day=TODAY - 9 * DAY, **alike),
        make_known(2, day=TODAY - 9 * DAY),
        make_known(3, day=TODAY - DAY),
        make_known(4, amount=Decimal("9.00")),
        make_known(5, currency="USD"),
        make_known(6, day=None),
    ]
    new = [make_known(9, pull=2, **alike)]
    assert traits.find_candidates(new, known) == [known[2], known[0]]
    assert traits.find_candidates(new, known, are_alike=True) == [known[0]]
    listed_beside = [make_known(8, pull=2), make_known(10, pull=3)]
    assert traits.find_candidates(new, listed_beside) == []
