# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""When reading the list may stop."""

from datetime import date, datetime, timedelta, timezone

import pytest
from engine import listing
from engine.listing import Walk
from hypothesis import strategies as st
from makers import TODAY, law, make_entry, make_known

DAY = timedelta(days=1)
FLOOR = TODAY - 50 * DAY
OLD = FLOOR - DAY
LONG_AGO = datetime(2026, 1, 1, tzinfo=timezone.utc)
JUST_NOW = datetime(2026, 7, 15, tzinfo=timezone.utc)
NOON_OF_FLOOR = datetime(2026, 5, 26, 12, tzinfo=timezone.utc)
OLD_ENTRY = make_entry(day=OLD, created_at=LONG_AGO)


def walk_through(walk, pages, unknown=()):
    """Walk until it may stop.

    :return: the walk at its end, and the entries that it has not seen
    """
    unseen = [entry for page in pages for entry in page]
    for page in pages:
        has_news = any(entry.ponto_id in unknown for entry in page)
        walk = walk.add(page, has_news)
        unseen = unseen[len(page) :]
        if walk.is_over:
            return walk, unseen
    return walk.finish(), unseen


def count_pages(walk, page, has_news=False):
    """Return how many such pages are read before the walk is over; None for ten."""
    for number in range(1, 11):
        walk = walk.add(page, has_news)
        if walk.is_over:
            return number
    return None


# === ENDS === #


def test_the_lists_own_end_ends_a_walk_and_makes_it_cover_what_it_saw():
    walk = Walk(floor=FLOOR).add([make_entry(day=TODAY - DAY)], has_news=True)
    assert not walk.is_over and walk.covered_after is None
    walk = walk.finish()
    assert (walk.is_over, walk.end) == (True, listing.LIST_END)
    assert walk.covered_after == TODAY - DAY


def test_a_walk_that_did_not_begin_at_the_head_covers_nothing():
    walk = Walk(floor=FLOOR, is_from_head=False).add([make_entry()]).finish()
    assert walk.end == listing.LIST_END and walk.covered_after is None
    # Unless others have come to where it began.
    assert walk.read_after == TODAY


def test_an_end_that_was_found_before_stays_the_end():
    walk = Walk(floor=FLOOR, is_history_complete=True).add([make_entry()])
    assert walk.finish().end == listing.KNOWN_END
    assert walk.finish().covered_after is None


def test_a_page_without_anything_changes_nothing():
    walk = Walk(floor=FLOOR)
    for _time in range(4):
        walk = walk.add([OLD_ENTRY])
    assert walk.add([]) == walk and not walk.is_over


def test_an_empty_list_is_no_complete_one():
    walk = Walk(floor=FLOOR).add([]).finish()
    assert (walk.end, walk.is_complete) == (listing.LIST_END, False)
    assert walk.covered_after is None


def test_a_known_page_is_the_end_once_the_history_is_complete():
    assert count_pages(Walk(floor=FLOOR, is_history_complete=True), [make_entry()]) == 1
    assert count_pages(Walk(floor=FLOOR), [make_entry()]) is None
    complete = Walk(floor=FLOOR, is_history_complete=True)
    assert count_pages(complete, [make_entry()], has_news=True) is None


@pytest.mark.parametrize(
    "day, expected",
    [(TODAY - 36 * DAY, 1), (TODAY - 35 * DAY, None), (None, None)],
)
def test_days_to_read_again_are_read_however_much_is_known(day, expected):
    walk = Walk(floor=FLOOR, is_history_complete=True, reread_since=TODAY - 35 * DAY)
    assert count_pages(walk, [make_entry(day=day)]) == expected


def test_a_feed_without_register_ends_at_what_it_read_last():
    page = [make_entry(), make_entry(ponto_id="last"), make_entry()]
    assert count_pages(Walk(floor=FLOOR, last_identifier="last"), page) == 1
    assert count_pages(Walk(floor=FLOOR, last_identifier="other"), page) is None
    complete = Walk(floor=FLOOR, last_identifier="last", is_history_complete=True)
    assert count_pages(complete, page, has_news=True) is None


@pytest.mark.parametrize(
    "rule, entry, has_news, expected",
    [
        ({}, OLD_ENTRY, False, 5),
        ({}, OLD_ENTRY, True, 5),
        ({}, make_entry(day=FLOOR, created_at=LONG_AGO), True, None),
        ({}, make_entry(day=None, created_at=LONG_AGO), True, None),
        ({}, make_entry(day=OLD, created_at=None), True, 5),
        ({}, make_entry(day=OLD, created_at=NOON_OF_FLOOR), True, None),
        ({}, make_entry(day=OLD, created_at=NOON_OF_FLOOR - DAY), True, 5),
        # Backfilled: what the bank booked meanwhile is listed behind it.
        ({}, make_entry(day=OLD, created_at=JUST_NOW), True, None),
        (
            {"trusts_days": True},
            make_entry(day=OLD, created_at=JUST_NOW),
            True,
            5,
        ),
        # Behind something old that is new, there may be more that is new.
        ({"is_history_complete": True}, OLD_ENTRY, True, None),
        (
            {"is_history_complete": True, "reread_since": date.min},
            make_entry(day=OLD, created_at=JUST_NOW),
            False,
            5,
        ),
    ],
)
def test_several_old_pages_in_a_row_are_the_end(rule, entry, has_news, expected):
    walk = Walk(floor=FLOOR, **rule)
    assert count_pages(walk, [entry], has_news) == expected


def test_one_page_that_is_not_old_begins_the_count_anew():
    walk = Walk(floor=FLOOR)
    for _time in range(4):
        walk = walk.add([OLD_ENTRY])
    walk = walk.add([OLD_ENTRY, make_entry()])
    assert (walk.old_pages, walk.is_over) == (0, False)
    assert count_pages(walk, [OLD_ENTRY]) == 5


# === WHAT IT REMEMBERS === #


def test_a_walk_remembers_where_to_go_on_and_the_first_day():
    walk = Walk(floor=FLOOR)
    assert (walk.cursor, walk.oldest_day) == (None, None)
    walk = walk.add([make_entry(day=None, ponto_id="a")], has_news=True)
    assert (walk.cursor, walk.oldest_day) == ("a", None)
    walk = walk.add(
        [make_entry(day=OLD), make_entry(day=TODAY, ponto_id="b")], has_news=True
    )
    assert (walk.cursor, walk.oldest_day) == ("b", OLD)
    assert walk.note([make_entry(day=OLD - DAY)]).oldest_day == OLD - DAY
    assert walk.note([make_entry()]) == walk


def test_a_walk_to_what_is_known_ends_at_the_first_known_page_whatever_its_days():
    walk = Walk.to_known()
    for day in (TODAY, OLD, None):
        assert count_pages(walk, [make_entry(day=day)]) == 1
        assert count_pages(walk, [make_entry(day=day)], has_news=True) is None


# === LAWS === #


@st.composite
def lists(draw, key):
    """Transactions in an order, none dated later than it was created, in pages."""
    # Each number is the days back of a booking and those of its creation.
    rows = draw(st.lists(st.integers(0, 80 * 80 - 1), max_size=40))
    entries = [
        make_entry(
            day=TODAY - max(divmod(row, 80)) * DAY,
            created_at=JUST_NOW - row % 80 * DAY,
        )
        for row in rows
    ]
    entries.sort(key=key, reverse=True)
    size = draw(st.integers(1, 4))
    return [entries[at : at + size] for at in range(0, len(entries), size)]


BY_CREATION = lists(key=lambda entry: (entry.created_at, entry.day))
BY_DAY = lists(key=lambda entry: (entry.day, entry.created_at))


@law(BY_CREATION | BY_DAY)
def test_a_first_walk_misses_nothing_that_can_matter(pages):
    walk, unseen = walk_through(Walk(floor=FLOOR), pages)
    assert walk.is_over
    assert all(entry.day < FLOOR for entry in unseen)


@law(BY_CREATION, st.integers(0, 80))
def test_newest_created_first_a_walk_never_stops_before_something_unknown(
    pages, created
):
    """What came since some walk has come to its end stands before all the rest."""
    moment = JUST_NOW - created * DAY
    entries = [entry for page in pages for entry in page]
    unknown = {entry.ponto_id for entry in entries if entry.created_at > moment}
    walk = Walk(floor=FLOOR, is_history_complete=True)
    _walk, unseen = walk_through(walk, pages, unknown)
    assert not unknown.intersection(entry.ponto_id for entry in unseen)


@law(BY_DAY, st.sets(st.integers(0, 39)), st.integers(0, 80))
def test_newest_booked_first_a_walk_reads_the_days_that_are_to_be_read_again(
    pages, late, days
):
    """Anything may have come late, anywhere."""
    entries = [entry for page in pages for entry in page]
    unknown = {entries[at].ponto_id for at in late if at < len(entries)}
    reread_since = TODAY - days * DAY
    walk = Walk(floor=FLOOR, is_history_complete=True, reread_since=reread_since)
    _walk, unseen = walk_through(walk, pages, unknown)
    missed = [entry.day for entry in unseen if entry.ponto_id in unknown]
    assert all(day < max(reread_since, FLOOR) for day in missed)


@law(BY_CREATION | BY_DAY, st.integers(0, 39))
def test_where_there_is_no_register_a_walk_reads_up_to_the_last_identifier(pages, at):
    entries = [entry for page in pages for entry in page]
    last = entries[at].ponto_id if at < len(entries) else None
    walk, unseen = walk_through(Walk(floor=date.min, last_identifier=last), pages)
    assert last not in {entry.ponto_id for entry in unseen}
    assert (walk.end == listing.KNOWN_END) == (last is not None)


@law(BY_CREATION | BY_DAY)
def test_a_walk_that_covers_days_has_seen_all_of_them(pages):
    walk, unseen = walk_through(Walk(floor=FLOOR), pages)
    if walk.covered_after:
        assert not unseen
        assert all(entry.day >= walk.covered_after for page in pages for entry in page)


@law(BY_CREATION | BY_DAY, st.integers(1, 4))
def test_a_walk_that_goes_on_to_the_end_has_with_the_one_before_seen_all(pages, at):
    walk, unseen = walk_through(Walk(floor=FLOOR, is_from_head=False), pages[at:])
    assert walk.covered_after is None
    if walk.read_after:
        assert not unseen
        assert walk.read_after >= min(entry.day for page in pages for entry in page)


@law(st.lists(st.integers(0, 80), min_size=2, unique=True), st.integers(2, 4))
def test_a_list_from_the_oldest_on_is_read_to_its_end(days, size):
    """Whatever is known of it, and however old its first pages are."""
    entries = [
        make_entry(day=TODAY - ago * DAY, created_at=JUST_NOW - ago * DAY)
        for ago in sorted(days, reverse=True)
    ]
    pages = [entries[at : at + size] for at in range(0, len(entries), size)]
    for walk in (
        Walk.to_known(),
        Walk(floor=FLOOR),
        Walk(floor=FLOOR, is_history_complete=True, reread_since=TODAY - 9 * DAY),
        Walk(floor=FLOOR, last_identifier=entries[0].ponto_id),
    ):
        walk, unseen = walk_through(walk, pages)
        assert not unseen and walk.end == listing.LIST_END


@law(BY_CREATION | BY_DAY)
def test_no_list_from_the_newest_on_is_taken_for_one_from_the_oldest_on(pages):
    walk, _unseen = walk_through(Walk(floor=FLOOR), pages)
    assert not walk.is_oldest_first


# === HOW FAR BACK === #


def test_the_floor_leaves_room_for_what_banks_date_back():
    assert listing.floor_of(date(2026, 7, 15)) == date(2026, 6, 10)


@pytest.mark.parametrize(
    "days, hours_ago, expected",
    [
        (35, None, TODAY - 35 * DAY),
        (35, 24, TODAY - 35 * DAY),
        (35, 23, None),
        (0, None, None),
        (0, 48, None),
    ],
)
def test_the_last_days_are_read_again_once_a_day(days, hours_ago, expected):
    now = datetime(2026, 7, 15, 12)
    last = hours_ago and now - timedelta(hours=hours_ago)
    assert listing.reread_from(TODAY, days, last, now) == expected


# === WHAT IS NOT LISTED === #


@pytest.mark.parametrize(
    "values, served, is_complete, expected",
    [
        ({"is_gone": True}, True, False, True),
        ({"account_id": "former"}, True, False, True),
        ({"account_id": None}, True, False, False),
        ({}, True, True, False),
        ({}, False, True, True),
        ({}, False, False, None),
    ],
)
def test_ponto_is_asked_only_where_nothing_else_tells(
    values, served, is_complete, expected
):
    known = make_known(1, **values)
    served_ids = {known.ponto_id} if served else set()
    assert listing.tell_gone(known, "account", served_ids, is_complete) is expected


def test_what_ranks_above_the_last_one_seen_is_missing():
    unseen = [make_known(rank, rank=rank) for rank in (0, 4, 5, 6)]
    assert listing.find_missing(unseen) == unseen
    assert listing.find_missing(unseen, last_rank=5) == unseen[3:]
    # The place of the last one was not kept.
    assert listing.find_missing(unseen, last_rank=0) == []


# === THE ORDER OF THE LIST === #

TOP = 1_000_000


def rank(ranks, above=None):
    return listing.rank_page(ranks, above, TOP)


def test_the_first_page_of_all_begins_at_the_top():
    assert rank([None, None]) == [TOP, TOP - 64]
    assert rank([]) == []


def test_a_pull_that_goes_on_ranks_below_where_it_was_cut_off():
    first = rank([None, None])
    assert rank([None, None], above=first[-1]) == [TOP - 128, TOP - 192]


def test_what_came_since_ranks_above_what_is_known():
    assert rank([None, None, 500, 436]) == [628, 564, 500, 436]


def test_what_is_listed_in_between_ranks_in_between():
    assert rank([500, None, 436]) == [500, 468, 436]
    assert rank([None, 436], above=500) == [468, 436]


def test_ranks_of_a_list_in_another_order_are_kept():
    assert rank([436, None, 500]) == [436, 436, 500]


CUTS = st.lists(st.integers(0, 12), max_size=4)


@law(st.integers(1, 12), CUTS, st.integers(1, 4))
def test_the_order_is_that_of_the_list_whichever_pull_read_which_page(
    count, cuts, size
):
    rows = [f"row {number}" for number in range(count)]
    known = {}
    for number, cut in enumerate([*cuts, count], 1):
        # What came since, and then on from where the last pull was cut off.
        rows = [f"new {number}", *rows]
        above = None
        for start in range(0, min(cut, len(rows)) or len(rows), size):
            page = rows[start : start + size]
            ranks = listing.rank_page(
                [known.get(row) for row in page], above, number * TOP
            )
            known.update(zip(page, ranks, strict=True))
            above = ranks[-1]
    ranks = listing.rank_page([known.get(row) for row in rows], None, 99 * TOP)
    assert ranks == sorted(set(ranks), reverse=True)


@law(st.dates(), st.integers(-(10**6), 10**7))
def test_no_day_and_no_number_of_days_is_too_odd(day, number):
    assert listing.floor_of(day) <= day
    now = datetime(2026, 7, 15)
    since = listing.reread_from(day, number, None, now)
    assert since is None or since <= day


def test_a_clock_that_was_put_back_hides_no_day():
    now = datetime(2026, 7, 15)
    assert listing.reread_from(TODAY, 35, now + DAY, now) == TODAY - 35 * DAY
