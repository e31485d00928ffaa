# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rounding and comparing amounts, as Odoo's currencies do (ties away from zero)."""

from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

#: How many digits of an amount Odoo keeps for sure: it counts in binary floats.
MOST_DIGITS = 15


def round_amount(amount, rounding):
    """Return an amount as a multiple of a currency's smallest unit.

    :param Decimal amount: the amount
    :param Decimal rounding: the smallest unit, such as 0.01
    :rtype: Decimal
    """
    units = (amount / rounding).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return units * rounding


def is_exact(amount, rounding):
    """Tell whether an amount can be booked as it is.

    :param Decimal amount: the amount
    :param Decimal rounding: the currency's smallest unit
    :return: False if it is no multiple of that, or has more digits than Odoo keeps
    :rtype: bool
    """
    digits = amount.normalize().as_tuple().digits
    return len(digits) <= MOST_DIGITS and round_amount(amount, rounding) == amount


def is_zero(amount, rounding):
    """Tell whether an amount is nothing in a currency.

    :param Decimal amount: the amount, a difference for example
    :param Decimal rounding: the currency's smallest unit
    :rtype: bool
    """
    return not round_amount(amount, rounding)


def is_same(amount, other, rounding):
    """Tell whether two amounts are the same in a currency, each rounded by itself.

    :param Decimal amount: one of them
    :param Decimal other: the other one
    :param Decimal rounding: the currency's smallest unit
    :rtype: bool
    """
    return round_amount(amount, rounding) == round_amount(other, rounding)


def comes_to(amount, start, kinds, rounding):
    """Tell whether an amount is another one with all or nothing of each of some kinds.

    :param Decimal amount: the amount
    :param Decimal start: the other one
    :param kinds: what may be added to that (iterable of Decimal)
    :param Decimal rounding: the currency's smallest unit
    :rtype: bool
    """
    kinds = list(filter(None, kinds))
    return any(
        is_same(amount, sum(chosen, start), rounding)
        for size in range(len(kinds) + 1)
        for chosen in combinations(kinds, size)
    )
