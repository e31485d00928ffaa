# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which amounts add up to one, as far as that can be told in a bounded time."""

#: Steps after which the search gives up. About two milliseconds.
BUDGET = 2000


def find_sums(choices, target, budget=BUDGET):
    """Find ways to choose one option each so that their amounts add up.

    :param choices: lists of (Decimal, value); an option to leave something out is
        (0, None)
    :param Decimal target: the sum
    :param int budget: steps after which to give up
    :return: at most two ways, each a tuple of the chosen values without None; or None,
        where the budget did not suffice to tell
    """
    choices = sorted(choices, key=_largest, reverse=True)
    lowest, highest = [0], [0]
    for options in reversed(choices):
        lowest.append(lowest[-1] + min(amount for amount, _value in options))
        highest.append(highest[-1] + max(amount for amount, _value in options))
    lowest.reverse()
    highest.reverse()
    found, steps = [], 0
    stack = [(0, target, ())]
    while stack:
        place, rest, chosen = stack.pop()
        steps += 1
        if steps > budget:
            return None
        if not lowest[place] <= rest <= highest[place]:
            continue
        if place == len(choices):
            found.append(chosen)
            if len(found) == 2:
                break
            continue
        for amount, value in choices[place]:
            more = chosen if value is None else (*chosen, value)
            stack.append((place + 1, rest - amount, more))
    return found


def the_only_sum(choices, target, budget=BUDGET):
    """Return the one way to add up; None where there is none, or another one too.

    :param choices: as for `find_sums`
    :param Decimal target: the sum
    :rtype: tuple
    """
    found = find_sums(choices, target, budget)
    return found[0] if found and len(found) == 1 else None


def _largest(options):
    return max(abs(amount) for amount, _value in options)
