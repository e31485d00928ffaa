# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What may be earlier transactions, delivered again in another form, days apart.

Where days have moved, each of a kind may have taken the place of the next one. So what
has found its earlier identifier, or is believed to be another one's, tells only how
many there are: pairs are chosen over the whole chain.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from .entry import DUPLICATE, IGNORED, POSSIBLE_DUPLICATE, WAITING
from .pairing import Market
from .spots import Rules, offer
from .traits import DAYS_MOVED, has_strong, leave_out_relisted

#: In which order to look at each distance of days.
BY_REFERENCE = ("reference",)
BY_ANYTHING = ("whole", "trait", "alone")


def find_listed_since(first_days, account_id):
    """Find the day before which a new link lists nothing, though the earlier one did.

    Unless days have moved, nothing that is listed is any of what is older.

    :param dict first_days: {identifier of an account: the first day read under it}
    :param str account_id: of the present link
    :return: None where the earlier link reached no further
    :rtype: date or None
    """
    since = first_days.get(account_id)
    if not since:
        return None
    reached = min(first_days.values())
    return since if reached < since - timedelta(days=DAYS_MOVED) else None


def find_pairs(choosing, known, is_gone, listed_since=None):
    """Pair what is new with what is gone; see `matching.find_possible_duplicates`.

    :param choosing: `Known` transactions, in the order in which to choose
    :param known: all that may matter, with these, in the order of reading
    :param is_gone: tells whether Ponto has given up the identifier of a `Known`
    :param date listed_since: see `find_listed_since`; None where days may have moved,
        too: then the oldest of a kind may be listed under a later day
    :return: {key: key of what it may be the same as}; None for what has waited beside
        one that is another one's now, and finds no other
    :rtype: dict
    """
    pairs = _pair_groups(choosing, known, is_gone, listed_since)
    if listed_since and _have_moved(pairs, known):
        pairs = _pair_groups(choosing, known, is_gone, None)
    return pairs


def _have_moved(pairs, known):
    days = {each.key: each.day for each in known}
    return any(
        earlier is not None and days[later] != days[earlier]
        for later, earlier in pairs.items()
    )


def _pair_groups(choosing, known, is_gone, listed_since):
    by_booking = defaultdict(list)
    for later in choosing:
        by_booking[_get_booking(later)].append(later)
    groups = defaultdict(list)
    for each in leave_out_relisted(known):
        if _get_booking(each) in by_booking:
            groups[_get_booking(each)].append(each)
    ends = _find_ends(choosing, known)
    held = _find_held(known, ends)
    pairs = {}
    for booking, new in by_booking.items():
        group = groups[booking]
        new = [each for each in new if _may_be_older(each, group)]
        pairs.update(_pair_group(new, group, held, ends, is_gone, listed_since))
    return pairs


def _may_be_older(each, group):
    """Tell whether a transaction that has gone on may be another one than that: not
    where all that is older was listed beside it (bool)."""
    return not (each.has_successor and each.run == group[0].run)


def _find_ends(choosing, known):
    """Find under which identifier each transaction was read last.

    :param choosing: `Known` transactions
    :param known: what the register has, with these
    :return: {key of a transaction: `Known` under its last identifier}
    :rtype: dict
    """
    later_ones = {each.original: each for each in known if each.original}
    ends = {}
    for each in choosing:
        end = each
        while end.key in later_ones:
            end = later_ones[end.key]
        ends[each.key] = end
    return ends


def _get_booking(known):
    return known.amount, known.currency


def _find_held(known, ends):
    """Find what is another one's already, as far as anybody can tell.

    By its very day and content, or because it waits beside it, or by what somebody has
    decided. What was imported by a decision stands for no other one.

    :param known: what the register has
    :param dict ends: of what is new, see `_find_ends`; only what is listed with it,
        under the same account, holds anything
    :return: {key of the earlier one: the `Known` that holds it}
    :rtype: dict
    """
    accounts = {end.account_id for end in ends.values()}
    held = {}
    for each in known:
        if each.key in ends or each.account_id not in accounts:
            continue
        if each.is_gone or each.has_successor:
            continue
        if each.original:
            held[each.original] = each
        elif each.possible_original and (
            each.state in (IGNORED, DUPLICATE)
            or (each.state == WAITING and each.line is None)
        ):
            held.setdefault(each.possible_original, each)
    return held


def _pair_group(new, group, held, ends, is_gone, listed_since):
    """Pair what is new of one amount.

    :param new: the `Known` transactions that choose
    :param group: what the register has of the amount, in the order of reading
    :param dict held: as returned by `_find_held`
    :param dict ends: as returned by `_find_ends`
    :param date listed_since: see `find_listed_since`
    :return: {key: key or None}, of what is new, and of what waits and is paired
        otherwise now
    :rtype: dict
    """
    listed = {each.key for each in held.values()}
    # What a run before a new link has read is listed no more. Where that is not known
    # it is asked only if it matters: something is held.
    is_held = any(each.key in held for each in group)
    listed |= {
        each.key for each in new if not (each.is_gone or (is_held and is_gone(each)))
    }
    offered = offer(group, held, listed)
    holders = {
        number: _without_other_booking(held[key], offered.rows[number])
        for key, number in offered.numbers.items()
    }
    takers = {each.key: each for each in [*holders.values(), *new]}
    since = min((each.pull or 0 for each in new), default=0)
    holding = frozenset(each.key for each in holders.values())
    rules = Rules(offered, takers, ends, holding, since, is_gone, listed_since)
    market = Market(offered.spots, rules.find_limits(), rules.is_void, rules.may_take)
    undecided, unsure = {}, {}
    for number, holder in holders.items():
        if holder.state == WAITING and holder.reason == POSSIBLE_DUPLICATE:
            undecided[holder.key] = number
            if not has_strong(offered.rows[number].traits & holder.traits):
                unsure[holder.key] = number
                continue
        market.take(holder.key, number)
    choosing = [each.key for each in new]
    # What has a reference in common comes before what only waits beside it.
    left = _take_nearest(market, rules, [*unsure, *choosing], BY_REFERENCE)
    for taker in left:
        if taker in unsure and unsure[taker] not in market.takers:
            market.take(taker, unsure[taker])
    left = [taker for taker in left if taker not in market.pairs]
    # What waits does so in any case: it may be left over.
    left.sort(key=unsure.__contains__)
    left = _take_nearest(market, rules, left, BY_ANYTHING)
    market.take_by_ways(left, rules.find_nodes)
    pairs = {}
    for taker in [*undecided, *choosing]:
        number = market.pairs.get(taker)
        # What was recognized or decided stays: one takes what that would take.
        while number in holders and holders[number].key not in undecided:
            number = market.pairs[holders[number].key]
        if number is None and taker in undecided:
            pairs[taker] = None
        elif number is not None and undecided.get(taker) != number:
            pairs[taker] = offered.rows[number].key
    return pairs


def _without_other_booking(holder, earlier):
    """Return what holds another one; without its day, so that it can take no other,
    where the bank has changed its amount since."""
    is_same = _get_booking(holder) == _get_booking(earlier)
    return holder if is_same else replace(holder, day=None)


def _take_nearest(market, rules, takers, levels):
    """Let each take what is free, the nearest day first.

    :return: keys of those that have found nothing
    :rtype: list
    """
    for days in range(DAYS_MOVED + 1):
        for level in levels:
            takers = [
                taker
                for taker in takers
                if not market.take_first(taker, rules.iter_spots(taker, days, level))
            ]
    return takers
