# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Traits: what the same transaction keeps when another interface delivers it again.

A trait is a kind and a digest, joined by a colon: whoever compares need not know the
text.
"""

from collections import defaultdict
from datetime import timedelta

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


def find_candidates(new, known, *, are_alike=False):
    """Find what some transactions may deliver again, whether it is gone or not.

    :param new: `Known` transactions with a day
    :param known: what the register has
    :param bool are_alike: whether a trait has to tell of it, too, and not only the day
    :return: those of them that an earlier pull has read, and of which amount, currency,
        day and traits allow it; the likeliest first
    :rtype: list
    """
    newest = _find_newest(new)
    best = {}
    for earlier in known:
        if earlier.day and earlier.reason != FUTURE:
            rates = _iter_rates(earlier, newest, are_alike)
            best[earlier.key] = min(rates, default=None)
    found = [earlier for earlier in known if best.get(earlier.key)]
    return sorted(found, key=lambda earlier: best[earlier.key])


def _find_newest(new):
    """Find where something new is, and how new.

    :return: {amount, currency, trait or None for any, day: {pull: the highest key}}
    :rtype: dict
    """
    newest = defaultdict(dict)
    for later in new:
        for trait in (None, *later.traits):
            spot = later.amount, later.currency, trait, later.day
            newest[spot][later.pull] = max(
                later.key, newest[spot].get(later.pull, later.key)
            )
    return newest


def _iter_rates(earlier, newest, are_alike):
    """Iterate over how well one agrees with what is new; less is better.

    :param Known earlier: one with a day
    :param dict newest: as returned by `_find_newest`
    :param bool are_alike: whether a trait has to tell of it
    """
    for days in range(DAYS_MOVED + 1):
        common = [
            trait
            for trait in (None, *earlier.traits)
            if any(
                key > earlier.key and (pull is None or pull != earlier.pull)
                for shift in {-days, days}
                for pull, key in newest.get(
                    (
                        earlier.amount,
                        earlier.currency,
                        trait,
                        earlier.day + timedelta(days=shift),
                    ),
                    {},
                ).items()
            )
        ]
        traits = [trait for trait in common if trait]
        if earlier.state == BEFORE_START:
            # On the same day it would be left out as well, had the start not moved.
            is_likely = traits and days
        else:
            is_likely = traits or (common and days <= DAYS_APART and not are_alike)
        if is_likely:
            yield not any(map(is_strong, traits)), days, -len(traits)


def is_strong(trait):
    """Tell whether a trait says more than the day does (bool)."""
    return trait.partition(":")[0] in STRONG_KINDS


def has_strong(mark):
    """Tell the same of a trait, or of one of several (bool)."""
    return is_strong(mark) if isinstance(mark, str) else any(map(is_strong, mark))
