# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the bank changed, and what follows from that."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from engine import changes, entry
from engine.admission import Rules
from engine.changes import BookedLine, Change
from hypothesis import strategies as st
from makers import CENT, TODAY, law, make_entry, make_known

DAY = timedelta(days=1)
RULES = Rules(currency="EUR", rounding=CENT, start=TODAY - 10 * DAY, today=TODAY)
LINE = BookedLine(amount=Decimal("10.00"), rounding=CENT)
RECONCILED = BookedLine(amount=Decimal("10.00"), rounding=CENT, is_worked_on=True)
ASKED = {"takes_booking": False, "is_asked": True}


def find_change(known, line=None, **values):
    """Decide about a transaction of which the bank says something else."""
    new = make_entry(**{"content_hash": "as it is", **values})
    return changes.find_change(make_known(1, **known), new, RULES, line)


# === NOTHING === #


@law(
    st.sampled_from(
        ["new", "imported", "waiting", "removed", "ignored", "before_start"]
    ),
    st.sampled_from([None, "date", "future", "look_alike"]),
    st.sampled_from([None, "as it was", "as it is"]),
    st.integers(-20, 5),
    st.sampled_from([None, LINE, RECONCILED]),
)
def test_nothing_follows_where_nothing_may(state, reason, content_hash, days, line):
    new = make_entry(content_hash="as it is", day=TODAY + days * DAY)
    known = make_known(1, state=state, reason=reason, content_hash=content_hash)
    if not changes.may_change(state, reason, content_hash, new, RULES):
        assert changes.find_change(known, new, RULES, line) is None
    elif state in ("removed", "before_start"):
        assert changes.find_change(known, new, RULES, line) is not None


@pytest.mark.parametrize("line", [None, LINE, RECONCILED])
@pytest.mark.parametrize("state", ["new", "imported", "waiting", "removed", "ignored"])
def test_nothing_follows_from_nothing(state, line):
    assert find_change({"state": state}, line, content_hash="as it was") is None


def test_what_an_earlier_feed_left_is_compared_once_its_line_is_gone():
    imported = {"state": entry.IMPORTED, "content_hash": None}
    assert find_change(imported, LINE) is None
    removed = {"state": entry.REMOVED, "content_hash": None}
    assert find_change(removed) == Change(entry.REMOVED)


# === BEFORE THE START === #


def test_what_was_too_early_stays_out_whatever_the_bank_changes():
    early = {"state": entry.BEFORE_START}
    assert find_change(early, day=RULES.start - DAY) is None


def test_what_is_no_longer_too_early_is_read_as_if_for_the_first_time():
    early = {"state": entry.BEFORE_START}
    change = find_change(early, content_hash="as it was")
    assert change == Change(entry.NEW, is_readmitted=True)
    change = find_change(early, currency="USD")
    assert change == Change(entry.WAITING, "currency", is_readmitted=True)


# === WITHOUT A LINE === #


@pytest.mark.parametrize(
    "state, reason, values, expected",
    [
        ("new", None, {}, Change("new")),
        ("new", None, {"amount": None}, Change("waiting", "amount")),
        ("new", None, {"day": RULES.start - DAY}, Change("before_start")),
        ("waiting", "amount", {}, Change("new")),
        ("waiting", "future", {}, Change("new")),
        ("waiting", "future", {"currency": None}, Change("waiting", "currency")),
        ("waiting", "doubtful", {}, Change("waiting", "doubtful")),
        ("waiting", "locked", {"amount": None}, Change("waiting", "amount")),
        *(
            ("waiting", question, values, Change("waiting", question))
            for question in ("look_alike", "doubtful")
            for values in ({"amount": None}, {"day": None}, {"day": TODAY + DAY})
        ),
        ("waiting", "look_alike", {"day": RULES.start - DAY}, Change("before_start")),
        ("ignored", None, {"amount": None}, Change("ignored")),
        ("removed", None, {}, Change("removed")),
    ],
)
def test_what_has_no_line_takes_what_the_bank_says(state, reason, values, expected):
    assert find_change({"state": state, "reason": reason}, **values) == expected


@pytest.mark.parametrize(
    "reason, values, expected",
    [
        ("date", {}, Change("new")),
        ("date", {"day": RULES.start - DAY}, Change("before_start")),
        ("date", {"day": TODAY + DAY}, Change("waiting", "future")),
        ("date", {"amount": None}, Change("waiting", "amount")),
        ("date", {"day": None}, None),
        ("currency", {}, Change("new")),
        ("currency", {"currency": "USD"}, None),
        ("look_alike", {}, None),
        ("locked", {}, None),
    ],
)
def test_what_no_line_could_be_made_of_is_measured_anew(reason, values, expected):
    waiting = {"state": "waiting", "reason": reason, "content_hash": "as it is"}
    assert find_change(waiting, **values) == expected


# === WITH A LINE === #


def test_texts_of_a_line_follow_the_bank_as_long_as_nobody_worked_with_it():
    imported = {"state": entry.IMPORTED}
    assert find_change(imported, LINE) == Change(entry.IMPORTED, updates_line=True)
    expected = Change(entry.WAITING, entry.TEXT_CHANGED, **ASKED)
    assert find_change(imported, RECONCILED) == expected


@pytest.mark.parametrize("line", [LINE, RECONCILED])
@pytest.mark.parametrize(
    "values",
    [
        {"amount": Decimal("10.01")},
        {"amount": None},
        {"day": TODAY - DAY},
        {"day": None},
        {"currency": "USD"},
        {"currency": None},
    ],
)
def test_another_amount_day_or_currency_is_for_somebody_to_decide(line, values):
    expected = Change(entry.WAITING, entry.CHANGED, **ASKED)
    assert find_change({"state": entry.IMPORTED}, line, **values) == expected


@pytest.mark.parametrize(
    "known, values",
    [
        ({}, {"amount": Decimal("10.001")}),
        ({"day": None}, {"day": TODAY - DAY}),
        ({"currency": None}, {"currency": "USD"}),
    ],
)
def test_what_the_register_does_not_know_and_less_than_a_cent_is_no_change(
    known, values
):
    new = make_entry(**values)
    assert not changes.changes_booking(make_known(1, **known), new, LINE)


@pytest.mark.parametrize(
    "amount, expected", [("10.00", False), ("11.00", False), ("12.00", True)]
)
def test_an_amount_that_somebody_typed_is_no_change_of_the_bank(amount, expected):
    """Nor is what the bank changes to what somebody has typed before."""
    typed = replace(LINE, amount=Decimal("11.00"), served=Decimal("10.00"))
    new = make_entry(amount=Decimal(amount))
    assert changes.changes_booking(make_known(1), new, typed) == expected


def test_what_waits_is_decided_once_the_line_has_all_that_the_bank_says():
    waiting = {"state": entry.WAITING, "reason": entry.CHANGED}
    assert find_change(waiting, LINE) == Change(entry.IMPORTED, updates_line=True)


@pytest.mark.parametrize("reason", [entry.CHANGED, entry.TEXT_CHANGED])
@pytest.mark.parametrize("line", [LINE, RECONCILED])
def test_what_the_bank_takes_back_leaves_nothing_to_decide(line, reason):
    """Whatever somebody has typed or reconciled, or how days are read by now."""
    waiting = {"state": entry.WAITING, "reason": reason, "day": TODAY - DAY}
    holding = replace(line, content_hash="as it is")
    assert find_change(waiting, holding) == Change(entry.IMPORTED)
    other = replace(line, content_hash="another")
    assert find_change(waiting, other).state == entry.WAITING


@pytest.mark.parametrize(
    "state, change, expected",
    [
        ("removed", Change("removed"), False),
        ("imported", Change("imported", updates_line=True), False),
        ("ignored", Change("ignored"), False),
        ("waiting", Change("waiting", "look_alike"), False),
        ("waiting", Change("waiting", "changed", **ASKED), False),
        ("imported", Change("waiting", "changed", **ASKED), True),
        ("waiting", Change("new"), True),
        ("waiting", Change("waiting", "future"), True),
    ],
)
def test_forgotten_texts_come_back_for_a_new_line_or_a_new_question(
    state, change, expected
):
    assert change.needs_texts(state) == expected


STATES = st.sampled_from(["new", "imported", "waiting", "removed", "recognised"])
AMOUNTS = st.none() | st.sampled_from(["10.00", "10.01", "-10.00"]).map(Decimal)


@law(STATES, AMOUNTS, st.sampled_from([TODAY, TODAY - DAY, None]), st.booleans())
def test_day_and_amount_of_a_line_never_change_silently(
    state, amount, day, is_worked_on
):
    line = BookedLine(Decimal("10.00"), CENT, is_worked_on)
    known = {"state": state, "reason": "changed" if state == "waiting" else None}
    change = find_change(known, line, amount=amount, day=day)
    if (amount, day) != (line.amount, TODAY):
        assert change.is_asked and not change.takes_booking and not change.updates_line
    if is_worked_on:
        assert not change.updates_line
    assert change.is_asked == (change.state == entry.WAITING)


def test_a_day_is_another_one_only_where_neither_register_nor_document_has_it():
    line = BookedLine(Decimal("10.00"), CENT, day=TODAY - 2 * DAY)
    known = {"state": "imported"}
    for day, is_asked in (
        (TODAY, False),
        (TODAY - 2 * DAY, False),
        (TODAY - DAY, True),
    ):
        assert find_change(known, line, day=day).is_asked == is_asked


# === TEXTS === #


def test_only_texts_that_differ_are_written():
    current = {"payment_ref": "Rent", "ref": False, "partner_name": "Garage"}
    served = {"payment_ref": "Rent July", "ref": None, "partner_name": False}
    expected = {"payment_ref": "Rent July", "partner_name": False}
    assert changes.find_text_updates(current, served) == expected


TEXTS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["x", "y", "", None]))


@law(TEXTS, TEXTS)
def test_once_texts_have_followed_there_is_nothing_to_follow(current, served):
    current = {**dict.fromkeys("abcd"), **current}
    updates = changes.find_text_updates(current, served)
    assert updates.keys() <= served.keys()
    assert changes.find_text_updates({**current, **updates}, served) == {}


def test_what_somebody_wrote_stays():
    current = {"payment_ref": "Typed", "ref": "E2E"}
    served = {"payment_ref": "Rent July", "ref": "E2E-2"}
    found = changes.find_text_updates(current, served, untouched={"ref"})
    assert found == {"ref": "E2E-2"}


EVENTS = st.lists(
    st.tuples(st.sampled_from(["bank", "person"]), st.sampled_from("abcd"), TEXTS),
    max_size=12,
)


@law(EVENTS)
def test_no_sequence_of_updates_changes_a_field_that_a_person_wrote(events):
    line = dict.fromkeys("abcd", "")
    written, typed, served = dict(line), {}, dict(line)
    for who, name, texts in events:
        if who == "person":
            line[name] = typed[name] = f"typed {texts.get(name)}"
            continue
        served.update(texts)
        untouched = {each for each in line if line[each] == written[each]}
        updates = changes.find_text_updates(line, served, untouched)
        line.update(updates)
        written.update(updates)
    assert {name: line[name] for name in typed} == typed
    for name in line.keys() - typed.keys():
        assert (line[name] or "") == (served[name] or "")
