# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Pairs over a whole set: as many as can be, the best first."""


def pair_up(choices, settled=None):
    """Pair as many as can be, each at most once, the best choices first.

    :param dict choices: {key: list of tuples that end with the key of what may belong
        to it, the best first}; tuples of all keys sort together, and no two are equal
    :param dict settled: {key: key of what belongs to it already}; these have choices,
        too, and take others where that lets one more find a partner
    :return: {key: key of what belongs to it}, without what was settled
    :rtype: dict
    """
    settled = settled or {}
    takers = {taken: taker for taker, taken in settled.items()}
    pairs = dict(settled)
    for choice, key in sorted(
        (choice, key) for key, found in choices.items() for choice in found
    ):
        if key not in pairs and choice[-1] not in takers:
            pairs[key], takers[choice[-1]] = choice[-1], key
    for key in choices:
        if key not in pairs:
            for taken, taker in _find_way(key, choices, takers):
                pairs[taker], takers[taken] = taken, taker
    return {key: taken for key, taken in pairs.items() if key not in settled}


def _find_way(key, choices, takers):
    """Find the shortest way to pair one more: who else has to take another choice.

    :return: [(what is taken, who takes it)], nothing where there is no way
    """
    came_from = {}
    front = [key]
    while front:
        reached = []
        for taker in front:
            for *_rating, wanted in choices[taker]:
                if wanted in came_from:
                    continue
                came_from[wanted] = taker
                if wanted not in takers:
                    return _trace_back(wanted, key, came_from, takers)
                reached.append(takers[wanted])
        front = reached
    return []


def _trace_back(wanted, key, came_from, takers):
    held = {taker: taken for taken, taker in takers.items()}
    way = [(wanted, came_from[wanted])]
    while way[-1][1] != key:
        wanted = held[way[-1][1]]
        way.append((wanted, came_from[wanted]))
    return way
