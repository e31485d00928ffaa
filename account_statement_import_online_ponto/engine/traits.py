# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Traits: what the same transaction keeps when another interface delivers it again.

A trait is a kind and a digest, joined by a colon: whoever compares need not know the
text.
"""

from collections import defaultdict

from .entry import BEFORE_START, FUTURE

#: How many days may be apart what has nothing but its amount in common, or comes from
#: elsewhere.
DAYS_APART = 1

#: How many days the same may be apart when another interface of the bank tells of it.
DAYS_MOVED = 10

#: Kinds of traits that say more than the day does.
REFERENCE, MANDATE, BANK_REFERENCE = "reference", "mandate", "bank"
STRONG_KINDS = frozenset({REFERENCE, MANDATE, BANK_REFERENCE})


def leave_out_relisted(known):
    """Leave out what was too early, and is listed as too early under a new identifier.

    It is not recognized, for it matters to nobody. What is left of the kind may be
    listed under another day, on which it matters.
    """
    relisted = set()
    too_early = defaultdict(list)
    for each in known:
        if each.state == BEFORE_START and each.fingerprint:
            earlier = too_early[each.fingerprint]
            if earlier and earlier[0].generation < each.generation:
                relisted.add(earlier.pop(0).key)
            earlier.append(each)
    return [each for each in known if each.key not in relisted]


def may_be_redelivered(earlier, later):
    """Tell whether day and traits let two of one amount be the same transaction."""
    if not earlier.day or not later.day or earlier.reason == FUTURE:
        # What was only announced, and is not there any more, never took place.
        return False
    days = abs((earlier.day - later.day).days)
    is_alike = bool(earlier.traits & later.traits)
    if earlier.state == BEFORE_START:
        # On the same day it would be left out as well, had the start not moved since.
        return is_alike and 0 < days <= DAYS_MOVED
    return days <= (DAYS_MOVED if is_alike else DAYS_APART)


def find_candidates(new, known, *, are_alike=False):
    """Find what some transactions may deliver again, whether it is gone or not.

    :param new: `Known` transactions with a day
    :param known: what the register has
    :param bool are_alike: whether a trait has to tell of it, too, and not only the day
    :return: those of them that an earlier pull has read, and of which amount, currency,
        day and traits allow it; the likeliest first
    :rtype: list
    """
    by_booking = defaultdict(lambda: defaultdict(list))
    for later in new:
        by_booking[later.amount, later.currency][later.pull].append(later)
    best = {}
    for earlier in known:
        rates = [
            rate(earlier, later)
            for pull, group in by_booking[earlier.amount, earlier.currency].items()
            if pull is None or pull != earlier.pull
            for later in group
            if earlier.key < later.key
            and may_be_redelivered(earlier, later)
            and (earlier.traits & later.traits or not are_alike)
        ]
        if rates:
            best[earlier.key] = min(rates)
    found = [earlier for earlier in known if earlier.key in best]
    return sorted(found, key=lambda earlier: best[earlier.key])


def rate(earlier, later):
    """Return how well two agree; less is better."""
    common = earlier.traits & later.traits
    is_strong = any(trait.partition(":")[0] in STRONG_KINDS for trait in common)
    return not is_strong, abs((earlier.day - later.day).days), -len(common)
