# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The balance of a feed's journal, that of its bank, and what lies between them."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import proof
from ..engine.amounts import is_same, is_zero, round_amount
from ..tools import to_decimal
from .registered import DOUBTFUL, DOUBTFUL_TWICE


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
    :return: None if the bank gives no balance
    :rtype: Decimal or None
    """
    if not provider.ponto_bank_balance_known:
        return None
    bank_balance = to_decimal(provider.ponto_bank_balance)
    return proof.find_difference(bank_balance, odoo_balance, rounding_of(provider))


class Lines(NamedTuple):
    """The posted lines of a journal that count.

    :ivar Decimal total: their sum
    :ivar int count: how many there are
    :ivar date first_day: the day of the first one, or None
    """

    total: Decimal = Decimal()
    count: int = 0
    first_day: date | None = None


def find_counting_day(provider):
    """Return the day from which the lines of people count (date), or None for all.

    Lines that people enter for earlier days are already part of the balance before the
    first line, and do not count again. The lines of the feed count in any case.
    """
    if not provider.ponto_opening_balance_known:
        return None
    days = (provider.ponto_opening_date, provider.ponto_entered_from)
    return max(filter(None, days), default=None)


def read_lines(providers):
    """Read what the lines come to that count, in one query for however many feeds.

    :return: {feed: `Lines`}
    :rtype: dict
    """
    env = providers.env
    env["account.bank.statement.line"].flush_model(["journal_id", "move_id", "amount"])
    env["account.move"].flush_model(["state", "date"])
    env["ponto.transaction"].flush_model(["statement_line_id"])
    # A feed that is about to be made has no identifier.
    rows = env.execute_query(
        SQL(
            """
            SELECT feed.place, sum(line.amount), count(*), min(move.date)
              FROM unnest(%(journals)s::int[], %(days)s::date[])
                   WITH ORDINALITY AS feed(journal_id, day, place)
              JOIN account_bank_statement_line line
                ON line.journal_id = feed.journal_id
              JOIN account_move move ON move.id = line.move_id
             WHERE move.state = 'posted'
               AND (
                   feed.day IS NULL
                   OR move.date >= feed.day
                   OR EXISTS (
                          SELECT 1 FROM ponto_transaction known
                           WHERE known.statement_line_id = line.id
                      )
               )
          GROUP BY feed.place
            """,
            journals=[each.journal_id.id for each in providers],
            days=[find_counting_day(each) for each in providers],
        )
    )
    found = {
        place: Lines(to_decimal(total), count, day) for place, total, count, day in rows
    }
    return {
        each: found.get(place, Lines()) for place, each in enumerate(providers, start=1)
    }


def counting_lines(provider):
    """Return a domain for the lines that count, as in `read_lines` (Domain)."""
    day = find_counting_day(provider)
    if not day:
        return Domain.TRUE
    provider.env["ponto.transaction"].flush_model(["statement_line_id"])

    def is_registered(_model, alias, _query):
        return SQL(
            "EXISTS (SELECT 1 FROM ponto_transaction known"
            " WHERE known.statement_line_id = %s)",
            SQL.identifier(alias, "id"),
        )

    return Domain("date", ">=", day) | Domain.custom(to_sql=is_registered)


def compute_balance(provider):
    """Get the journal's balance by its bank transactions.

    :return: the balance before the first line, and all lines that count; whatever
        statements say, and whether there are any
    :rtype: Decimal
    """
    lines = read_lines(provider)[provider]
    balance = find_opening_balance(provider)
    if balance is None and not lines.count:
        # Nothing is imported yet, so nothing tells the balance before it.
        balance = to_decimal(provider.ponto_bank_balance)
        balance -= sum_waiting(provider, until_today(provider) & ~DOUBTFUL)
    return round_amount((balance or Decimal()) + lines.total, rounding_of(provider))


def find_opening_balance(provider, excluding=()):
    """Return the balance before the first line, kept or told by statements.

    :param excluding: lines that were just created, and that count for nothing
    :return: None if nothing tells it
    :rtype: Decimal or None
    """
    if provider.ponto_opening_balance_known:
        return to_decimal(provider.ponto_opening_balance)
    if provider.ponto_opening_is_provisional:
        # The feed's own statements follow from nothing, and tell nothing.
        return None
    ids = [line.id for line in excluding]
    first_line_index, start = _find_beginning(provider, ids)
    if first_line_index is None:
        return None
    return to_decimal(start) - sum_lines(provider, first_line_index, ids)


# === WHAT PEOPLE DO WITH STATEMENTS === #


def note_opening_balance(provider):
    """Keep what statements tell of the balance before the first line, unless the feed
    knows it already: they may be deleted."""
    if not provider.ponto_opening_balance_known:
        balance = find_opening_balance(provider)
        if balance is not None:
            store_opening_balance(provider, balance, find_first_day(provider))


def follow_first_statement(provider, first, is_made=False):
    """Take over the balance with which somebody lets the statements begin.

    :param first: the journal's first statement
    :param bool is_made: whether somebody has just made it; Odoo itself proposes to
        begin with nothing before the first line
    """
    start = to_decimal(first.balance_start)
    balance = start - sum_lines(provider, first.first_line_index)
    tells_more = not is_zero(balance, rounding_of(provider))
    is_wanted = not is_made or not provider.ponto_opening_balance_known
    if is_wanted or tells_more or _leads_to_kept(provider, start):
        store_opening_balance(provider, balance, find_first_day(provider))
        provider.write(
            {"ponto_opening_is_provisional": False, "ponto_entered_from": False}
        )


def _leads_to_kept(provider, start):
    """Tell whether lines that came before the first one, with what was before them,
    come to the balance before that one as it is kept.

    :param Decimal start: the balance before all lines
    :rtype: bool
    """
    day = provider.ponto_opening_date
    if not provider.ponto_opening_balance_known or not day:
        return False
    earlier = sum_lines(provider, f"{day:%Y%m%d}")
    kept = to_decimal(provider.ponto_opening_balance)
    rounding = rounding_of(provider)
    return not is_zero(earlier, rounding) and is_same(start + earlier, kept, rounding)


def store_opening_balance(provider, balance, day=None):
    """Keep the balance before the first line.

    :param date day: the day before which it is now; None leaves that as it is
    """
    values = {
        "ponto_opening_balance": balance,
        "ponto_opening_balance_known": True,
    }
    if day:
        values["ponto_opening_date"] = day
    provider.write(values)


def find_first_day(provider, excluding=(), is_counting=False):
    """Return the first day of the journal's lines, by bank or journal.

    A line may have another day than its transaction, where that one is locked.

    :param excluding: identifiers of lines to leave aside
    :param bool is_counting: whether only lines that count are meant
    :return: None if there are no lines
    :rtype: date or None
    """
    ids = list(excluding)
    journal = provider.journal_id
    first = provider.env["account.bank.statement.line"].search_fetch(
        Domain([("journal_id", "=", journal.id), ("id", "not in", ids)])
        & (counting_lines(provider) if is_counting else Domain.TRUE),
        ["date"],
        order="internal_index",
        limit=1,
    )
    registered = provider.env["ponto.transaction"].search_fetch(
        [
            ("provider_id", "=", provider.id),
            ("statement_line_id.journal_id", "=", journal.id),
            ("statement_line_id", "not in", ids),
        ],
        ["date"],
        order="date",
        limit=1,
    )
    return min(filter(None, [first.date, registered.date]), default=None)


def sum_lines(provider, before, excluding=(), is_counting=False, is_beside=False):
    """Add up the journal's posted statement lines that sort before an index.

    :param str before: the index
    :param excluding: identifiers of lines to leave aside
    :param bool is_counting: whether only lines that count are meant
    :param bool is_beside: whether only those in no statement are meant
    :rtype: Decimal
    """
    domain = Domain(
        [
            ("journal_id", "=", provider.journal_id.id),
            ("state", "=", "posted"),
            ("internal_index", "<", before),
            ("id", "not in", list(excluding)),
        ]
    )
    if is_counting:
        domain &= counting_lines(provider)
    if is_beside:
        domain &= Domain("statement_id", "=", False)
    [(total,)] = provider.env["account.bank.statement.line"]._read_group(
        domain, aggregates=["amount:sum"]
    )
    return to_decimal(total)


def _find_beginning(provider, excluding):
    """Find the first of the statements that follow from one another up to the last.

    Where a line was removed, the statements behind it say no more than what the journal
    once had. So the first one is before it, if any is.

    :param excluding: identifiers of lines that were just created: statements that have
        no others have no balances yet
    :return: index of its first line (str), and its start balance; (None, None) where
        there are no statements
    :rtype: tuple
    """
    env = provider.env
    env["account.bank.statement"].flush_model(
        ["journal_id", "first_line_index", "balance_start", "balance_end_real"]
    )
    env["account.bank.statement.line"].flush_model(["statement_id"])
    env["ponto.transaction"].flush_model(["provider_id", "state", "date"])
    rows = env.execute_query(
        SQL(
            """
            WITH removed AS (
                     SELECT to_char(min(date), 'YYYYMMDD') AS day
                       FROM ponto_transaction
                      WHERE provider_id = %(provider)s AND state = 'removed'
                 ),
                 statement AS (
                     SELECT first_line_index, balance_start,
                            lag(balance_end_real) OVER (ORDER BY first_line_index)
                                AS balance_before
                       FROM account_bank_statement statement
                      WHERE journal_id = %(journal)s
                        AND first_line_index IS NOT NULL
                        AND EXISTS (
                                SELECT 1
                                  FROM account_bank_statement_line line
                                 WHERE line.statement_id = statement.id
                                   AND line.id NOT IN %(excluding)s
                            )
                 ),
                 beginning AS (
                     SELECT first_line_index, balance_start,
                            day IS NULL OR first_line_index < day AS is_before
                       FROM statement, removed
                      WHERE balance_before IS NULL
                         OR round(balance_before - balance_start, %(digits)s) != 0
                 )
          SELECT first_line_index, coalesce(balance_start, 0)
            FROM beginning
        ORDER BY is_before DESC,
                 CASE WHEN is_before THEN first_line_index END DESC,
                 first_line_index
           LIMIT 1
            """,
            journal=provider.journal_id.id,
            digits=provider.ponto_currency_id.decimal_places,
            provider=provider._origin.id or None,
            excluding=tuple(excluding) or (0,),
        )
    )
    return rows[0] if rows else (None, None)


def until_today(provider):
    """Return a domain for what is of days until today, or has no date yet (Domain)."""
    return ~Domain("date", ">", provider._ponto_get_today())


def sum_waiting(provider, domain):
    """Return what the transactions that wait would add to the journal (Decimal)."""
    if provider.ponto_opening_date:
        # What the balance before the first line holds makes no difference.
        domain &= Domain("date", ">=", provider.ponto_opening_date) | Domain(
            "id", ">", provider.ponto_opening_register_id
        )
    return sum_registered(
        provider,
        [
            ("state", "in", ("new", "waiting")),
            ("statement_line_id", "=", False),
            *domain,
        ],
    )


def find_not_booked(provider):
    """Return what was read and is not in the journal (`proof.NotBooked`)."""
    is_due = until_today(provider)
    return proof.NotBooked(
        waiting=sum_waiting(provider, is_due & ~DOUBTFUL),
        announced=sum_waiting(provider, ~is_due),
        late=sum_late(provider),
        doubtful=sum_waiting(provider, is_due & DOUBTFUL & ~DOUBTFUL_TWICE),
    )


def has_announced(provider):
    """Tell whether something waits for its day: it may be part of the bank's balance
    or not (bool)."""
    domain = [
        ("provider_id", "=", provider.id),
        ("currency", "=", provider.ponto_currency_id.name),
        ("state", "in", ("new", "waiting")),
        ("statement_line_id", "=", False),
        ("date", ">", provider._ponto_get_today()),
    ]
    return bool(provider.env["ponto.transaction"].search_count(domain, limit=1))


def sum_booked(provider, domain):
    """Return what the bank booked, in the journal or not (Decimal)."""
    booked = Domain(
        [
            ("state", "!=", "before_start"),
            # Of what is known under several identifiers, the first one counts.
            ("original_id", "=", False),
            "|",
            ("statement_line_id", "=", False),
            ("statement_line_id.journal_id", "=", provider.journal_id.id),
        ]
    )
    return sum_registered(provider, Domain(domain) & booked & ~DOUBTFUL)


def sum_between(provider, since, until, excluding=(), includes_new=False):
    """Return what the balance before the first line takes in from one day until before
    another one, or no longer holds (Decimal).

    What still waits and came to the register later was never in it, see `sum_waiting`.

    :param excluding: `ponto.transaction` records that have lines and were not in it,
        unless they are as old as the register that it was counted by
    :param bool includes_new: whether what is still to be imported was in it
    """
    held = [
        Domain("id", "<=", provider.ponto_opening_register_id),
        Domain("state", "=", "removed"),
        Domain("statement_line_id", "!=", False)
        & Domain("id", "not in", [record.id for record in excluding]),
    ]
    if includes_new:
        held.append(Domain("state", "=", "new"))
    return sum_booked(
        provider,
        [("date", ">=", since), ("date", "<", until), *Domain.OR(held)],
    )


def sum_left_out(provider, domain):
    """Return what is left out because it is dated before the start date (Decimal)."""
    return sum_registered(provider, [("state", "=", "before_start"), *domain])


def sum_late(provider):
    """Return what is dated before the start date, but not part of the balance
    before the first line: it came to the bank after that was settled, or was left
    out after it.

    :rtype: Decimal
    """
    if not provider.ponto_opening_register_id:
        return Decimal()
    return sum_left_out(
        provider,
        [
            "|",
            ("date", ">=", provider.ponto_opening_date),
            ("id", ">", provider.ponto_opening_register_id),
        ],
    )


def read_missing_before(provider, day):
    """Return what is of earlier days than a day, or of none yet, and neither in the
    journal nor in the balance before the first line, to which it came late.

    :param date day:
    :return: sums of what is left out as too early, of what waits, of what is ignored,
        and of what waits because it is perhaps known
    :rtype: tuple of Decimal
    """
    earlier = ~Domain("date", ">=", day)
    ignored = [
        ("state", "=", "ignored"),
        ("statement_line_id", "=", False),
        ("id", ">", provider.ponto_opening_register_id),
    ]
    return (
        sum_late(provider),
        sum_waiting(provider, earlier & ~DOUBTFUL),
        sum_registered(provider, earlier & Domain(ignored)),
        sum_waiting(provider, earlier & DOUBTFUL),
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
