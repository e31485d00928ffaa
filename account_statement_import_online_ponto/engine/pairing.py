# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Pairs over a whole set: as many as can be, the best first.

Who takes and what is offered meet at spots, such as a day and a text. So thousands that
have the same in common cost about as many steps, and not as many as there are pairs of
them. Nobody takes an offer from its limit on: it came after whoever takes.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, repr=False)
class _Layers:
    """How many others have to take another offer before one can be reached.

    :ivar dict spots: {spot: how many}
    :ivar dict offers: {offer: how many}, of those that nobody has tried
    :ivar dict starts: {spot: where to go on}
    """

    spots: dict = field(default_factory=dict)
    offers: dict = field(default_factory=dict)
    starts: dict = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Market:
    """Who takes what, so far.

    :ivar dict spots: {spot: numbers of what is offered there, the least first}
    :ivar dict limits: {taker: the first number that it does not take any more}
    :ivar Callable is_void: tells whether an offer is known to be for nobody
    :ivar Callable may_take: tells whether a taker may take an offer where they meet
    :ivar dict pairs: {taker: offer}
    :ivar dict takers: the same the other way round
    """

    spots: dict
    limits: dict
    is_void: Callable
    may_take: Callable
    pairs: dict = field(default_factory=dict)
    takers: dict = field(default_factory=dict)
    #: Where to begin at a spot: what is before is taken, or for nobody.
    _starts: dict = field(default_factory=dict)
    #: The same, where all before is for nobody.
    _voids: dict = field(default_factory=dict)
    #: Offers from which no way leads to one that is free.
    _dead: set = field(default_factory=set)

    def take(self, taker, offer):
        """Let one take an offer."""
        self.pairs[taker], self.takers[offer] = offer, taker

    def take_first(self, taker, spots):
        """Let one take the first offer of some spots that is free, if there is one.

        To be called before `take_by_ways`: what is taken once stays taken.

        :rtype: bool
        """
        for spot in spots:
            offers = self.spots[spot]
            place = self._starts.get(spot, 0)
            is_start = True
            while place < len(offers) and offers[place] < self.limits[taker]:
                offer = offers[place]
                if offer not in self.takers and not self.is_void(offer):
                    if self.may_take(taker, offer):
                        self.take(taker, offer)
                        return True
                    is_start = is_start and self.is_void(offer)
                place += 1
                if is_start:
                    self._starts[spot] = place
        return False

    def take_by_ways(self, takers, find_nodes):
        """Let as many as can be take an offer where others then still find one.

        :param takers: those that have found nothing free, in their order
        :param find_nodes: tells where a taker looks: {node: its spots}. At one node all
            others find the same as this one, but for their limits, and for what only
            one may take that holds nothing.
        """
        before = None
        while takers and takers != before:
            before, takers = takers, self._take_at_once(takers, find_nodes)
        for taker in takers:
            self._take_by_way(taker, find_nodes)

    # === MANY AT ONCE === #

    def _take_at_once(self, takers, find_nodes):
        """Let takers go the shortest ways that do not cross.

        :return: those that have found none
        :rtype: list
        """
        layers = self._lay(takers, find_nodes)
        return [
            taker for taker in takers if not self._go_down(taker, find_nodes, layers)
        ]

    def _lay(self, takers, find_nodes):
        """Find what can be reached, as far as the nearest that is free (`_Layers`)."""
        layers, seen = _Layers(), set()
        step, is_end = 0, False
        while takers and not is_end:
            reached = []
            for taker in takers:
                nodes = {
                    node: spots
                    for node, spots in find_nodes(taker).items()
                    if node not in seen
                }
                for spots in nodes.values():
                    for spot in spots:
                        layers.spots.setdefault(spot, step)
                for offer in self._iter_offers(taker, nodes):
                    if offer not in layers.offers and self.may_take(taker, offer):
                        layers.offers.setdefault(offer, step)
                        is_end = is_end or offer not in self.takers
                        reached.append(self.takers.get(offer))
                seen.update(nodes)
            takers = [taker for taker in reached if taker is not None]
            step += 1
        return layers

    def _go_down(self, taker, find_nodes, layers):
        """Let one go to what is free, layer by layer.

        :return: whether there was a way that nobody has tried
        :rtype: bool
        """
        way, offers = [taker], []
        while way:
            nodes = find_nodes(way[-1])
            offer = self._find_untried(way[-1], nodes, len(offers), layers)
            if offer is None:
                way.pop()
                if offers:
                    offers.pop()
                continue
            offers.append(offer)
            if offer not in self.takers:
                for each, found in zip(way, offers, strict=True):
                    self.take(each, found)
                return True
            way.append(self.takers[offer])
        return False

    def _find_untried(self, taker, nodes, step, layers):
        """Find an offer of a layer that nobody has tried.

        :rtype: int or None
        """
        for spots in nodes.values():
            for spot in spots:
                if layers.spots.get(spot) != step:
                    continue
                offers = self.spots[spot]
                for place in range(layers.starts.get(spot, 0), len(offers)):
                    layers.starts.update({spot: place + 1})
                    offer = offers[place]
                    if offer >= self.limits[taker] or layers.offers.get(offer) != step:
                        continue
                    if self.may_take(taker, offer):
                        layers.offers.pop(offer)
                        return offer
        return None

    # === ONE AFTER THE OTHER === #

    def _take_by_way(self, taker, find_nodes):
        """Let one take an offer by the shortest way, if there is one at all."""
        came_from, seen = {}, set()
        front = deque([taker])
        while front:
            each = front.popleft()
            nodes = {
                node: spots
                for node, spots in find_nodes(each).items()
                if node not in seen
            }
            if each != taker:
                seen.update(self._find_exhausted(each, nodes))
            for offer in self._iter_offers(each, nodes):
                if offer in came_from or offer in self._dead:
                    continue
                if not self.may_take(each, offer):
                    continue
                came_from[offer] = each
                if offer not in self.takers:
                    self._go(taker, offer, came_from)
                    return
                front.append(self.takers[offer])
        # None of these ever leads anywhere, whatever others take.
        self._dead.update(came_from)

    def _go(self, taker, offer, came_from):
        """Let each on a way take the offer that it found, from its end on."""
        each = None
        while each != taker:
            each = came_from[offer]
            left = self.pairs.get(each)
            self.take(each, offer)
            offer = left

    # === WHAT THERE IS === #

    def _find_exhausted(self, taker, nodes):
        """Find the nodes where nobody finds more than a taker does (list)."""
        limit = self.limits[taker]
        return [
            node
            for node, spots in nodes.items()
            if all(
                self.spots[spot][-1] < limit
                or self._skip_void(spot) == len(self.spots[spot])
                for spot in spots
            )
        ]

    def _iter_offers(self, taker, nodes):
        limit = self.limits[taker]
        for spots in nodes.values():
            for spot in spots:
                offers, place = self.spots[spot], self._skip_void(spot)
                while place < len(offers) and offers[place] < limit:
                    yield offers[place]
                    place += 1

    def _skip_void(self, spot):
        """Return the place at a spot before which all is for nobody (int)."""
        offers, place = self.spots[spot], self._voids.get(spot, 0)
        while place < len(offers) and (
            offers[place] in self._dead or self.is_void(offers[place])
        ):
            place += 1
        self._voids[spot] = place
        return place
