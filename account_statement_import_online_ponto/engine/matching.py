# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The same transaction under another identifier.

Ponto gives other identifiers to the same transactions when an account is linked anew.
Whether it has given one up may cost a request. So that is asked last, and only where
the answer decides: `is_gone(known)`, which answers without a request where it can.

Each search looks at everything it is given, and pairs what it finds: {key of the new
one: key of the old one}. Where that says "once", an old one has one partner at most.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate

from .entry import BEFORE_START
from .redelivery import find_pairs

#: What has to be the same, the strictest first: where several could be meant, the one
#: with the very same content is.
CRITERIA = ("content_hash", "fingerprint")


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
    own = {
        each.key: place for group in same.values() for place, each in enumerate(group)
    }
    found = set()
    for criterion in criteria:
        queues = _line_up(same, criterion)
        for later in sorted(new, key=_by_key):
            queue = queues.get((later.fingerprint, getattr(later, criterion)))
            if later.key in found or not queue:
                continue
            place = queue.find_place(later, is_gone)
            if place is not None:
                earlier = queue.group[place]
                # It goes on in the place of the earlier one.
                queue.group[place] = None
                left = own.get(later.key)
                if left is not None and queue.group[left] is later:
                    queue.group[left] = None
                    queue.group[place] = later
                found.add(later.key)
                yield later.key, earlier.key


@dataclass(frozen=True, repr=False)
class _Queue:
    """Where to look for what has the same by one criterion.

    :ivar list group: `Known` transactions with the same fingerprint, in the order in
        which they are to be found; None where one has left
    :ivar list places: of those in it that have the same
    :ivar list least: for each of these, the least key that it or one behind it has had
    :ivar dict passed: under "count", how many of these can no longer be found
    """

    group: list
    places: list
    least: list
    passed: dict

    def find_place(self, later, is_gone):
        """Find the first one that a later one goes on for.

        :return: its place in the group, or None
        :rtype: int or None
        """
        is_start = True
        for number in range(self.passed["count"], len(self.places)):
            if self.least[number] >= later.key:
                break
            earlier = self.group[self.places[number]]
            if earlier and earlier.key >= later.key:
                is_start = False
            elif earlier and is_gone(earlier):
                # Twins were listed side by side.
                if earlier.account_id != later.account_id or not is_gone(later):
                    return self.places[number]
                is_start = False
            elif is_start:
                # Ponto has it still, and that does not change.
                self.passed["count"] = number + 1
        return None


def _line_up(same, criterion):
    """Line up what has the same by a criterion.

    :param dict same: as returned by `_group_same`
    :return: {fingerprint, value: `_Queue`}
    :rtype: dict
    """
    places = defaultdict(list)
    for fingerprint, group in same.items():
        for place, each in enumerate(group):
            if each:
                places[fingerprint, getattr(each, criterion)].append(place)
    queues = {}
    for (fingerprint, value), found in places.items():
        group = same[fingerprint]
        least = [*accumulate((group[place].key for place in reversed(found)), min)]
        queues[fingerprint, value] = _Queue(group, found, least[::-1], {"count": 0})
    return queues


def find_surplus(new, known, is_gone, covered_after):
    """Find what was read between two new links and is listed for its day anew.

    Ponto's list holds every transaction of the days that it covers. So one whose
    identifier is gone, with all later ones, is the same as one of equal content that is
    listed. To be called only once everything that is listed has found its earlier
    identifier, see `find_duplicates`. Several that are gone may be the same as one that
    is listed.

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
    ends = {each.first or each.key: each for group in same.values() for each in group}
    listed = {}
    for later in new:
        end = ends.get(later.first or later.key)
        if end is None or later.day <= covered_after or not is_gone(end):
            continue
        if end.fingerprint not in listed:
            others = same[end.fingerprint]
            listed[end.fingerprint] = next(
                (other.key for other in others if not is_gone(other)), None
            )
        if listed[end.fingerprint] is not None:
            yield later.key, listed[end.fingerprint]


def find_possible_duplicates(new, known, is_gone, listed_since=None):
    """Find what may be earlier transactions, delivered again in another form.

    Of the same amount and currency, and either within a day, or within ten days with a
    trait in common: another interface of the bank may give other texts, and other days.
    Pairs are chosen over all that is given: what has a reference in common first, then
    what is nearest. To pair as many as can be, what waits for a decision may get
    another original; what was recognized or decided keeps its own. What goes on under
    later identifiers chooses as well: of what is older nobody has asked.

    :param new: `Known` transactions with a day, in the order in which to choose
    :param known: what the register has of these amounts, as far as each is within ten
        days of the next
    :param is_gone: tells whether Ponto has given up the identifier of a `Known`
    :param date listed_since: see `redelivery.find_listed_since`
    :return: {key of the new one: key of the old one}, each old one once; and the same
        of what has waited beside another one, or None where it waits beside none now
    :rtype: dict
    """
    in_order = _in_order_of_reading(new, known)
    return find_pairs(new, in_order, is_gone, listed_since)


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


def _in_order_of_reading(new, known):
    by_key = {each.key: each for each in [*known, *new]}
    return sorted(by_key.values(), key=_by_key)


def _by_key(known):
    return known.key
