# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The same transaction under another identifier; similar lines from elsewhere.

Ponto gives other identifiers to the same transactions when an account is linked anew.
Whether it has given one up may cost a request. So that is asked last, and only where
the answer decides: `is_gone(known)`, which answers without a request where it can.

Each search looks at everything it is given, and pairs what it finds: {key of the new
one: key of the old one}. Where that says "once", an old one has one partner at most.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .entry import BEFORE_START
from .pairing import pair_up
from .traits import DAYS_APART, leave_out_relisted, may_be_redelivered, rate

#: What has to be the same, the strictest first: where several could be meant, the one
#: with the very same content is.
CRITERIA = ("content_hash", "fingerprint")


# === LINKED ANEW === #


def find_duplicates(new, known, is_gone, criteria=CRITERIA):
    """Find what is known under an identifier that is gone, each old one once.

    Each pair is told as soon as it is found, so that it is not lost where Ponto cannot
    be asked about the next. A transaction with the same content whose identifier Ponto
    still has is a true twin: both are real. Each criterion is tried on everything
    before the next.

    :param new: `Known` transactions with a fingerprint
    :param known: what the register has with the same fingerprints
    :param is_gone: tells whether Ponto has given up the identifier of a `Known`
    :param criteria: names of attributes that have to be the same
    :return: pairs: key of the new one, key of the old one
    :rtype: iterator of tuple
    """
    same = _group_same(new, known)
    found = set()
    for criterion in criteria:
        for later in sorted(new, key=_by_key):
            if later.key in found:
                continue
            candidates = same[later.fingerprint]
            for earlier in candidates:
                if getattr(earlier, criterion) == getattr(
                    later, criterion
                ) and _is_successor(earlier, later, is_gone):
                    same[later.fingerprint] = _pass_on(candidates, earlier, later)
                    found.add(later.key)
                    yield later.key, earlier.key
                    break


def find_surplus(new, known, is_gone, covered_after):
    """Find what was read between two new links and is listed for its day anew.

    Ponto's list holds every transaction of the days that it covers. So one whose
    identifier is gone is the same as one of equal content that is listed. To be called
    only once everything that is listed has found its earlier identifier, see
    `find_duplicates`. Several that are gone may be the same as one that is listed.

    :param new: `Known` transactions with a fingerprint
    :param known: what the register has with the same fingerprints
    :param is_gone: tells whether Ponto has given up the identifier of a `Known`
    :param date covered_after: the day after which the list was seen to the last
        transaction, see `listing.Walk`; or None
    :return: pairs: key of the one that is gone, key of the one that is listed
    :rtype: iterator of tuple
    """
    if covered_after is None:
        return
    same = _group_same(new, known)
    for later in new:
        others = same[later.fingerprint]
        if later not in others or later.day <= covered_after:
            continue
        listed = [other for other in others if not is_gone(other)]
        if listed and is_gone(later):
            yield later.key, listed[0].key


def find_possible_duplicates(new, known, is_gone):
    """Find what may be earlier transactions, delivered again in another form.

    Of the same amount and currency, and either within a day, or within ten days with a
    trait in common: another interface of the bank may give other texts, and other days.
    Pairs are chosen over all that is given: what has a reference in common first, then
    what is nearest. As many as can be are paired.

    :param new: `Known` transactions with a day, in the order in which to choose
    :param known: what the register has of these amounts and, within ten days, of these
        days
    :param is_gone: tells whether Ponto has given up the identifier of a `Known`
    :return: {key of the new one: key of the old one}, each old one once
    :rtype: dict
    """
    by_booking = defaultdict(list)
    by_key = {}
    for each in leave_out_relisted(_in_order_of_reading(new, known)):
        by_booking[each.amount, each.currency].append(each)
        by_key[each.key] = each
    choosing = [later for later in new if not later.has_successor]
    settled = _find_settled(choosing, by_booking, by_key)
    choosing += [by_key[key] for key in settled]
    choices = {
        later.key: _find_choices(
            place, later, by_booking[later.amount, later.currency], settled, is_gone
        )
        for place, later in enumerate(choosing)
    }
    return pair_up(choices, settled)


def _find_settled(new, by_booking, by_key):
    """Find what was read along with something new, and has found its earlier identifier
    by its very day: if days have moved, it may be another one of the kind.

    :return: {key: key of the earlier one}
    :rtype: dict
    """
    return {
        other.key: other.original
        for later in new
        if later.pull is not None
        for other in by_booking[later.amount, later.currency]
        if other.pull == later.pull and other.original in by_key
    }


def _find_choices(place, later, group, settled, is_gone):
    """Find what a transaction may deliver again, the best first.

    :param int place: its place among those that choose
    :param group: what the register has of its amount
    :param dict settled: whose earlier identifiers may be chosen, too
    :return: list of tuples, see `pairing.pair_up`
    """
    originals = set(settled.values())
    return sorted(
        (rate(earlier, later), place, earlier.key)
        for earlier in group
        if may_be_redelivered(earlier, later)
        and (
            _may_be_successor(earlier, later, is_gone)
            or (earlier.key in originals and _is_successor(earlier, later, is_gone))
        )
    )


def _is_successor(earlier, later, is_gone):
    """Tell whether a transaction that is gone is there under a later identifier.

    :param Known earlier: a transaction
    :param Known later: one with the same content
    :param is_gone: tells whether Ponto has given up the identifier of a `Known`
    :return: False for twins, which were listed side by side; and if that cannot be told
    :rtype: bool
    """
    return (
        earlier.key < later.key
        and is_gone(earlier)
        and (earlier.account_id != later.account_id or not is_gone(later))
    )


def _may_be_successor(earlier, later, is_gone):
    """Tell whether a transaction that is gone may have a later identifier.

    :param Known earlier: a transaction
    :param Known later: one with other content
    :param is_gone: tells whether Ponto has given up the identifier of a `Known`
    :rtype: bool
    """
    if not earlier.has_successor and _is_successor(earlier, later, is_gone):
        return True
    # Both are gone: a pull that read the later one was cut off, and the account was
    # linked anew once more. Were they there side by side? Nobody knows.
    return (
        earlier.key < later.key
        and earlier.generation != later.generation
        and is_gone(earlier)
        and is_gone(later)
    )


def _group_same(new, known):
    """Group what has the same content, and no later identifier, by its fingerprint.

    Of what goes back to the same first identifier, only the last reading counts. What
    has a line comes first, then what was there first under any identifier: of several
    readings of one transaction it is always the same that goes on, and the others are
    left over. What was left out as too early says nothing of one that no longer is.
    """
    ends = {
        each.first or each.key: each
        for each in _in_order_of_reading(new, known)
        if not each.has_successor and each.state != BEFORE_START
    }
    same = defaultdict(list)
    for first in sorted(ends, key=lambda first: (ends[first].line is None, first)):
        same[ends[first].fingerprint].append(ends[first])
    return same


def _pass_on(candidates, earlier, later):
    """Return candidates of which one goes on in the place of another (list)."""
    others = [each for each in candidates if each != later]
    place = others.index(earlier)
    goes_on = [later] if later in candidates else []
    return [*others[:place], *goes_on, *others[place + 1 :]]


def _in_order_of_reading(new, known):
    by_key = {each.key: each for each in [*known, *new]}
    return sorted(by_key.values(), key=_by_key)


def _by_key(known):
    return known.key


# === FROM ELSEWHERE === #


@dataclass(frozen=True, repr=False)
class Line:
    """A statement line of the journal that did not come from Ponto.

    :ivar int key: of the line
    :ivar date day: the line's day
    :ivar Decimal amount: signed
    :ivar str account_number: the counterpart's, in letters and digits, or None
    :ivar tuple texts: label, reference, names of the counterpart; None among them
    """

    key: int
    day: date
    amount: Decimal
    account_number: str | None = None
    texts: tuple[str | None, ...] = ()

    def __repr__(self):
        return f"Line({self.key!r})"


def find_similar(new, lines):
    """Find what the journal has a similar line of, each line once.

    :param new: `Known` transactions with a day, in the order in which to choose
    :param lines: `Line` objects that are similar to no other transaction yet, in the
        order in which to choose
    :return: {key of the transaction: key of the line}
    :rtype: dict
    """
    by_amount = defaultdict(list)
    for line in lines:
        by_amount[line.amount].append(line)
    pairs = {}
    for known in new:
        candidates = by_amount[known.amount]
        for line in candidates:
            if is_similar(known, line):
                candidates.remove(line)
                pairs[known.key] = line.key
                break
    return pairs


def is_similar(known, line):
    """Tell whether a line of the same amount may be the transaction.

    :param Known known: a transaction with a day
    :param Line line: a line of the same amount
    :return: whether the day is the same within one, and so is the counterpart or a text
    :rtype: bool
    """
    if not _is_near(known.day, line.day):
        return False
    if known.account_number and known.account_number == line.account_number:
        return True
    ours = {_plain(known.label), _plain(known.counterpart_name)}
    return bool(ours.intersection(map(_plain, line.texts)) - {""})


def _is_near(day, other):
    return bool(day and other) and abs((day - other).days) <= DAYS_APART


def _plain(text):
    """Return what of a text does not depend on who writes it."""
    return re.sub(r"[\W_]+", "", text or "").casefold()
