# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Spots: where transactions of one amount meet that may be the same, days apart.

A spot is a mark, a day, and a kind of what is there. A mark is a trait; or all the
traits of a transaction; or None, for the day alone.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from .entry import BEFORE_START, FUTURE
from .traits import DAYS_APART, DAYS_MOVED, has_strong

#: Kinds: what has no later identifier, or one that may be another one's; what has one;
#: what is likely to be listed now.
OPEN, FOLLOWED, LISTED = range(3)


@dataclass(frozen=True, repr=False)
class Offered:
    """What there is to take of one amount.

    :ivar list rows: `Known` transactions in the order of reading: what is offered, by
        its number. What is held and has a later identifier is offered twice.
    :ivar list kinds: of each
    :ivar dict numbers: {key of what is held: its number}
    :ivar dict spots: {spot: numbers, in order}
    :ivar dict days: {mark: days of its spots, in order}
    :ivar Counter counts: of how many a mark tells
    """

    rows: list
    kinds: list
    numbers: dict
    spots: dict
    days: dict
    counts: Counter


def offer(group, held, listed):
    """Return what the transactions of one amount offer (`Offered`).

    :param group: `Known` transactions in the order of reading
    :param held: keys of what is another one's already
    :param listed: keys of what chooses or holds something
    """
    rows, all_kinds, numbers, counts = [], [], {}, Counter()
    spots, days = defaultdict(list), defaultdict(set)
    for each in group:
        if not each.day or each.reason == FUTURE:
            # What was only announced, and is not there any more, never took place.
            continue
        kinds = [FOLLOWED] if each.has_successor else []
        if each.key in held:
            numbers[each.key] = len(rows)
            kinds = [OPEN, *kinds]
        for kind in kinds or [LISTED if each.key in listed else OPEN]:
            for mark in _find_marks(each):
                spots[mark, each.day, kind].append(len(rows))
                days[mark].add(each.day)
                counts[mark] += 1
            rows.append(each)
            all_kinds.append(kind)
    in_order = {mark: sorted(found) for mark, found in days.items()}
    return Offered(rows, all_kinds, numbers, dict(spots), in_order, counts)


def _find_marks(known):
    """Return the marks of a transaction (list)."""
    alone = [] if known.state == BEFORE_START else [None]
    return [*alone, *known.traits, *filter(None, [known.traits])]


@dataclass(frozen=True, repr=False)
class Rules:
    """Who may take what of an amount, and where to look for it.

    Whether Ponto has given up an identifier is asked once, and as late as can be.

    :ivar Offered offered: what there is
    :ivar dict takers: {key: `Known`}
    :ivar dict ends: {key of a taker that holds nothing: `Known` under the identifier
        under which it was read last}
    :ivar holders: keys of takers that hold something: these are listed now
    :ivar int since: the first pull that has read something new
    :ivar Callable ask: tells whether Ponto has given up the identifier of a `Known`
    :ivar date listed_since: see `redelivery.find_listed_since`
    """

    offered: Offered
    takers: dict
    ends: dict
    holders: frozenset
    since: int
    ask: Callable
    listed_since: date | None
    _answers: dict = field(default_factory=dict)
    _reach: dict = field(default_factory=dict)
    _around: dict = field(default_factory=dict)
    _nodes: dict = field(default_factory=dict)
    _marks: dict = field(default_factory=dict)

    # === WHO MAY TAKE WHAT === #

    def find_limits(self):
        """Find which offers come after each taker.

        :return: {key of a taker: the first number that is no earlier one}
        :rtype: dict
        """
        keys = [each.key for each in self.offered.rows]
        return {key: bisect_left(keys, key) for key in self.takers}

    def is_void(self, number):
        """Tell whether Ponto is known to have an offer still, so that it is no other
        one (bool)."""
        return self._answers.get(self.offered.rows[number].key) is False

    def may_take(self, taker, number):
        """Tell whether a taker may be what an offer was, given that they meet (bool).

        :param int taker: key of a taker that was read after the offer
        :param int number: of the offer
        """
        earlier, later = self.offered.rows[number], self.takers[taker]
        end = self.ends.get(taker, later)
        if self._is_too_early(later, earlier) or self._is_unlisted(later, earlier):
            return False
        is_held = number == self.offered.numbers.get(earlier.key)
        if self.offered.kinds[number] == FOLLOWED:
            # Both are gone: a pull that read the later one was cut off, and the account
            # was linked anew once more. Were they there side by side? Nobody knows.
            return (
                earlier.generation != later.generation
                and self._is_gone(earlier)
                and self._is_gone_taker(later)
            )
        # Twins were listed side by side.
        if end is not later and earlier.run == later.run:
            return False
        return (is_held or self._is_gone(earlier)) and (
            earlier.account_id != end.account_id
            or not self._is_gone_taker(later)
            or earlier.generation != later.generation
        )

    def _is_too_early(self, later, earlier):
        """Tell whether an offer was left out as too early and would be again (bool)."""
        if earlier.state != BEFORE_START:
            return False
        # What is held may take it only where the end of the list was read just now.
        is_old = later.key in self.holders and (later.pull or 0) < self.since
        return is_old or earlier.day == later.day

    def _is_unlisted(self, later, earlier):
        """Tell whether what holds one would have to leave it for one that the present
        link simply does not list (bool)."""
        is_listed = self.listed_since is None or earlier.day >= self.listed_since
        return later.key in self.holders and not is_listed

    def _is_gone(self, known):
        if known.key not in self._answers:
            self._answers[known.key] = bool(self.ask(known))
        return self._answers[known.key]

    def _is_gone_taker(self, known):
        end = self.ends.get(known.key)
        return known.key not in self.holders and self._is_gone(end)

    # === WHERE TO LOOK === #

    def iter_spots(self, taker, days, level):
        """Iterate over the spots where a taker finds what is so many days apart.

        :param str level: "reference" where a strong trait has to tell; else "whole",
            "trait" or "alone", by what the two have in common
        """
        *marks, alone = self._get_marks(taker)
        if level == "alone":
            marks = [alone]
        elif level == "reference":
            marks = filter(has_strong, marks)
        else:
            marks = marks[:1] if level == "whole" else marks[1:]
        for node in self._iter_nodes(taker, marks):
            for apart, spot in self._find_reach(*node):
                if apart == days:
                    yield spot

    def find_nodes(self, taker):
        """Find where a taker looks, as `pairing.Market.take_by_ways` wants it.

        :rtype: dict
        """
        if taker not in self._nodes:
            marks = self._get_marks(taker)[1:]
            self._nodes[taker] = list(self._iter_nodes(taker, marks))
        # Of those that are gone, one may take what is of another link than its own.
        end = self.ends.get(taker, self.takers[taker])
        alone = taker if self._answers.get(end.key) else None
        kind = end.account_id, alone, taker in self.holders
        return {(*node, *kind): self._find_spots(*node) for node in self._nodes[taker]}

    def _find_spots(self, *node):
        if node not in self._around:
            self._around[node] = [spot for _days, spot in self._find_reach(*node)]
        return self._around[node]

    def _get_marks(self, taker):
        """Return the marks of a taker: all traits, then each, the rarest first, which
        tells most, and in the end the day alone (list)."""
        if taker not in self._marks:
            traits, counts = self.takers[taker].traits, self.offered.counts
            in_order = sorted(traits, key=lambda trait: (counts[trait], trait))
            self._marks[taker] = [traits, *in_order, None]
        return self._marks[taker]

    def _iter_nodes(self, taker, marks):
        later = self.takers[taker]
        if later.day:
            for mark in marks:
                yield mark, later.day, OPEN
                if taker not in self.holders:
                    yield mark, later.day, LISTED
                    if self._may_follow(later, mark):
                        yield mark, later.day, FOLLOWED

    def _may_follow(self, later, mark):
        """Tell whether what has a later identifier may matter to a taker (bool).

        Ponto is asked about the taker only where there is any such thing.
        """
        for _days, spot in self._find_reach(mark, later.day, FOLLOWED):
            for number in self.offered.spots[spot]:
                earlier = self.offered.rows[number]
                if earlier.key >= later.key:
                    break
                if (
                    earlier.generation != later.generation
                    and not self._is_too_early(later, earlier)
                    and self._is_gone(earlier)
                ):
                    return self._is_gone_taker(later)
        return False

    def _find_reach(self, mark, day, kind):
        """Find the spots of a mark around a day.

        :return: list of tuples: how many days apart, and the spot; the nearest first
        """
        node = mark, day, kind
        if node not in self._reach:
            most = timedelta(days=DAYS_APART if mark is None else DAYS_MOVED)
            days = self.offered.days.get(mark, [])
            around = days[
                bisect_left(days, day - most) : bisect_right(days, day + most)
            ]
            found = [
                (abs((other - day).days), (mark, other, kind))
                for other in around
                if (mark, other, kind) in self.offered.spots
            ]
            self._reach[node] = sorted(found, key=lambda each: each[0])
        return self._reach[node]
