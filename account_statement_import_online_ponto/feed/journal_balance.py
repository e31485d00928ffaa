# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The balance of a feed's journal, that of its bank, and what lies between them."""

from decimal import Decimal

from odoo.tools import SQL

from ..engine import proof
from ..engine.amounts import round_amount
from ..tools import to_decimal

STATEMENT_BALANCES = ("balance_start", "balance_end", "balance_end_real")


def is_same_moment(provider):
    """Tell whether Ponto read the balance and the transactions at one moment.

    :rtype: bool
    """
    return proof.is_same_moment(
        provider.ponto_synchronized_at or None,
        provider.ponto_transactions_synchronized_at or None,
    )


def rounding_of(provider):
    """Return the smallest unit of the account's currency (Decimal)."""
    return to_decimal(provider.ponto_currency_id.rounding)


def find_difference(provider, odoo_balance):
    """Return the balance at the bank less that in Odoo.

    :param Decimal odoo_balance: the journal's balance
    :return: None if the bank tells no balance
    :rtype: Decimal or None
    """
    if not provider.ponto_bank_balance_known:
        return None
    bank_balance = to_decimal(provider.ponto_bank_balance)
    return proof.find_difference(bank_balance, odoo_balance, rounding_of(provider))


def compute_balance(provider):
    """Get the journal's balance by its bank transactions.

    :return: what the statements come to that follow from one another up to the
        last one, and all lines beside statements since the first of them; without
        statements, the balance before the first line, and all lines
    :rtype: Decimal
    """
    domain = [("journal_id", "=", provider.journal_id.id), ("state", "=", "posted")]
    balance = to_decimal(provider.ponto_opening_balance)
    first_line_index, by_statements = _add_up_statements(provider)
    if first_line_index:
        balance = to_decimal(by_statements)
        domain += [
            ("statement_id", "=", False),
            ("internal_index", ">=", first_line_index),
        ]
    [(total, count)] = provider.env["account.bank.statement.line"]._read_group(
        domain, aggregates=["amount:sum", "__count"]
    )
    is_empty = not first_line_index and not count
    if is_empty and not provider.ponto_opening_balance_known:
        # Nothing is imported yet, so nothing tells the balance before it.
        balance = to_decimal(provider.ponto_bank_balance)
        balance -= sum_waiting(provider, [("date", "<=", provider._ponto_get_today())])
    return round_amount(balance + to_decimal(total), rounding_of(provider))


def _add_up_statements(provider):
    """Add the lines of all statements that follow from one another up to the last
    one to the balance with which the first of these starts.

    By their lines, and not by what their balances say: where a line was removed,
    those behind it say no more than what the journal once had. So the first one is
    before it, if any is. Odoo keeps each statement's sum, so that long histories
    cost no more than short ones.

    :return: index of the first line of these statements (str), and balance
        (Decimal); (None, None) where there are no statements
    """
    Statement = provider.env["account.bank.statement"]
    Statement.flush_model(["journal_id", "first_line_index", *STATEMENT_BALANCES])
    provider.env["ponto.transaction"].flush_model(["provider_id", "state", "date"])
    provider.env.cr.execute(
        SQL(
            """
            WITH removed AS (
                     SELECT to_char(min(date), 'YYYYMMDD') AS day
                       FROM ponto_transaction
                      WHERE provider_id = %(provider)s AND state = 'removed'
                 ),
                 statement AS (
                     SELECT first_line_index, balance_start,
                            balance_end - balance_start AS total,
                            lag(balance_end_real) OVER (ORDER BY first_line_index)
                                AS balance_before
                       FROM account_bank_statement
                      WHERE journal_id = %(journal)s
                        AND first_line_index IS NOT NULL
                 ),
                 beginning AS (
                     SELECT first_line_index, balance_start,
                            day IS NULL OR first_line_index < day AS is_before
                       FROM statement, removed
                      WHERE balance_before IS NULL
                         OR round(balance_before - balance_start, %(digits)s) != 0
                 ),
                 first AS (
                     SELECT first_line_index, balance_start
                       FROM beginning
                   ORDER BY is_before DESC,
                            CASE WHEN is_before THEN first_line_index END DESC,
                            first_line_index
                      LIMIT 1
                 )
          SELECT first.first_line_index,
                 coalesce(first.balance_start, 0) + sum(coalesce(total, 0))
            FROM first
            JOIN statement ON statement.first_line_index >= first.first_line_index
        GROUP BY first.first_line_index, first.balance_start
            """,
            journal=provider.journal_id.id,
            digits=provider.ponto_currency_id.decimal_places,
            provider=provider._origin.id or None,
        )
    )
    return provider.env.cr.fetchone() or (None, None)


def sum_waiting(provider, domain):
    """Return what the transactions that wait would add to the journal (Decimal)."""
    if provider.ponto_opening_date:
        # What the balance before the first line holds makes no difference.
        domain = [
            *domain,
            "|",
            ("date", ">=", provider.ponto_opening_date),
            ("id", ">", provider.ponto_opening_register_id),
        ]
    return sum_registered(
        provider,
        [
            ("state", "in", ("new", "waiting")),
            ("statement_line_id", "=", False),
            *domain,
        ],
    )


def sum_late(provider):
    """Return what is dated before the start date, but not part of the balance
    before the first line: it came to the bank after that was settled, or was left
    out after it.

    :rtype: Decimal
    """
    if not provider.ponto_opening_register_id:
        return Decimal()
    return sum_registered(
        provider,
        [
            ("state", "=", "before_start"),
            "|",
            ("date", ">=", provider.ponto_opening_date),
            ("id", ">", provider.ponto_opening_register_id),
        ],
    )


def sum_registered(provider, domain):
    """Return the sum of some of the registered transactions (Decimal)."""
    [(total,)] = provider.env["ponto.transaction"]._read_group(
        [
            ("provider_id", "=", provider.id),
            ("currency", "=", provider.ponto_currency_id.name),
            *domain,
        ],
        aggregates=["amount:sum"],
    )
    return to_decimal(total)
