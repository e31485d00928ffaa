"""What measurements that were repeated in turns tell.

Two contenders that are measured one right after the other suffer alike from whatever
else the machine does. So they are compared round by round, and the median of the
rounds' ratios is what counts: one bad moment changes nothing.
"""

from statistics import median


def median_of(rounds, name):
    """Return the median of one cost over some rounds (float); None without any."""
    values = [costs[name] for costs in rounds if costs and name in costs]
    return median(values) if values else None


def paired(rounds, other_rounds, combine):
    """Combine two contenders' costs round by round.

    :param list rounds: costs (dict) by round; None where it was not measured
    :param list other_rounds: likewise, of the other contender
    :param combine: callable (costs, other costs) returning a number
    :return: the median of what comes out (float); None without a common round
    """
    values = [
        combine(costs, other)
        for costs, other in zip(rounds, other_rounds, strict=False)
        if costs and other
    ]
    return median(values) if values else None


def paired_ratio(rounds, other_rounds, name="wall_s"):
    """Return how many times the other's cost it is (float); None if not known."""
    return paired(rounds, other_rounds, lambda one, other: one[name] / other[name])


def spread(rounds, name="wall_s"):
    """Return how far the rounds lie apart, as a share of their median (float)."""
    values = [costs[name] for costs in rounds if costs]
    if len(values) < 2 or not median(values):
        return 0.0
    return (max(values) - min(values)) / median(values)
