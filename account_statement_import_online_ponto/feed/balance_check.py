# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The bank balance check: does the journal equal the bank, and since when not?"""

from odoo import fields

from ..engine import proof, schedule
from ..engine.amounts import is_zero
from . import opening_balance, people, standing
from .journal_balance import (
    compute_balance,
    find_counting_day,
    find_difference,
    find_not_booked,
    has_announced,
    is_same_moment,
    rounding_of,
)


def compare(provider, transactions_synchronized_at):
    """Compare the journal to the bank, keep the result, and tell people of a difference
    that lasts.

    :param datetime transactions_synchronized_at: when Ponto last read transactions
        at the bank, naive, in UTC; or False
    """
    provider.ensure_one()
    now = fields.Datetime.now()
    provider.ponto_transactions_synchronized_at = transactions_synchronized_at
    is_simultaneous = is_same_moment(provider)
    is_comparable = provider.ponto_bank_balance_known and is_simultaneous
    is_correctable = is_comparable and provider.ponto_opening_balance_known
    is_provisional = is_correctable and provider.ponto_opening_is_provisional
    if is_provisional and not has_announced(provider):
        opening_balance.correct(provider)
    rounding = rounding_of(provider)
    is_opening_missing = opening_balance.is_missing(provider)
    if is_opening_missing and is_comparable:
        opening = _find_opening_in_ledger(provider)
        if opening is not None:
            opening_balance.store_told_by_ledger(provider, opening)
            is_opening_missing = False
    odoo_balance = compute_balance(provider)
    difference = find_difference(provider, odoo_balance)
    not_booked = None
    if difference is not None and not is_zero(difference, rounding):
        not_booked = find_not_booked(provider)
    state = proof.judge(
        difference, not_booked, is_simultaneous, rounding, not is_opening_missing
    )
    is_different = state == proof.DIFFERENT
    was_different = bool(provider.ponto_differs_since)
    values = {
        "ponto_balance_state": state,
        "ponto_odoo_balance": odoo_balance,
        "ponto_difference": difference,
        "ponto_unexplained": 0,
        "ponto_balance_synchronized_at": provider.ponto_synchronized_at,
        "ponto_compared_at": now,
        "ponto_differs_since": is_different
        and schedule.lasts_since(provider.ponto_differs_since, now),
        "ponto_difference_date": is_different and _find_difference_date(provider),
    }
    provider.write(values)
    if is_different:
        comparison = standing.read_standings(provider)[provider]
        provider.ponto_unexplained = comparison.unexplained
    if is_different or was_different:
        people.report_difference(provider)


def _find_opening_in_ledger(provider):
    """Find the balance before the first line that the ledger tells: one by which the
    journal agrees with the bank.

    :rtype: Decimal or None
    """
    for opening, balance in opening_balance.iter_told_by_ledger(provider):
        if _agrees(provider, balance):
            return opening
    return None


def _agrees(provider, balance):
    """Tell whether a balance of the journal is that of the bank, of the same moment,
    but for what is not imported (bool).

    :param Decimal balance: the balance
    """
    difference = find_difference(provider, balance)
    not_booked = find_not_booked(provider)
    state = proof.judge(difference, not_booked, True, rounding_of(provider))
    return state in (proof.EQUAL, proof.EXPLAINED)


def _find_difference_date(provider):
    """Get the first day on which the journal differs from what Ponto served.

    :return: the day of the first transaction that has no line, another one or one that
        is not posted, or of the first line that Ponto did not serve; else the day of
        the last comparison that found the journal equal to the bank (date)
    """
    Transaction = provider.env["ponto.transaction"]
    domain = [("provider_id", "=", provider.id), ("date", "!=", False)]
    days = Transaction.search(
        domain
        + [
            ("state", "in", ("waiting", "ignored", "removed")),
            ("statement_line_id", "=", False),
        ],
        order="date",
        limit=1,
    ).mapped("date")
    provider.env.flush_all()
    provider.env.cr.execute(
        """
        SELECT min(known.date)
          FROM ponto_transaction known
          JOIN account_bank_statement_line line
            ON line.id = known.statement_line_id
          JOIN account_move move ON move.id = line.move_id
         WHERE known.provider_id = %(provider)s
           AND (known.amount::numeric != line.amount OR move.state != 'posted')
         UNION ALL
        SELECT min(move.date)
          FROM account_bank_statement_line line
          JOIN account_move move ON move.id = line.move_id
         WHERE line.journal_id = %(journal)s
           AND move.state = 'posted'
           AND (%(counting_day)s::date IS NULL OR move.date >= %(counting_day)s)
           AND move.date >= (
                   SELECT min(known.date) FROM ponto_transaction known
                    WHERE known.provider_id = %(provider)s
                      AND known.statement_line_id IS NOT NULL
               )
           AND NOT EXISTS (
                   SELECT 1 FROM ponto_transaction known
                    WHERE known.statement_line_id = line.id
               )
        """,
        {
            "provider": provider.id,
            "journal": provider.journal_id.id,
            "counting_day": find_counting_day(provider),
        },
    )
    return proof.find_difference_date(
        days + [row[0] for row in provider.env.cr.fetchall()],
        earlier_date=(
            provider.ponto_balance_state == proof.DIFFERENT
            and provider.ponto_difference_date
        ),
        compared_on=(provider.ponto_compared_at or fields.Datetime.now()).date(),
    )
