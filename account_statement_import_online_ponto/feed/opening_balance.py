# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The opening balance: what the bank had before a journal's first line.

With statements, the first one starts with it; without, the feed keeps it. It is counted
back from the balance at the bank, corrected where that was of another moment, and
follows when lines are added or removed before the first one.
"""

from ..engine import proof
from ..engine.amounts import round_amount
from ..engine.statements import find_start
from ..tools import to_decimal
from .journal_balance import (
    compute_balance,
    find_difference,
    is_same_moment,
    rounding_of,
    sum_late,
    sum_registered,
    sum_waiting,
)


def chain_statements(provider, lines):
    """Make balances follow from one another after lines were created.

    :param lines: statement lines that were just created
    """
    changed = lines.statement_id
    if not changed:
        return
    created = changed.filtered(lambda statement: statement.line_ids <= lines)
    before, chain = changed._ponto_read_chain(created)
    opening = None
    if before is None:
        opening = _compute(provider, lines, find_start(chain))
    changed._ponto_write_chain(before, chain, opening)


def take_in(provider, lines):
    """Keep the balance before the first line, for a journal without statements.

    :param lines: statement lines that were just created
    """
    if provider.create_statement:
        return
    earlier = _find_first_line(provider, lines)
    is_kept = provider.ponto_opening_balance_known
    first_new = min(lines.mapped("internal_index"))
    if proof.has_to_settle(is_kept, earlier.internal_index or None, first_new):
        before = to_decimal(provider.ponto_opening_balance) if is_kept else None
        provider.ponto_opening_balance = _compute(provider, lines, before)
    provider.ponto_opening_balance_known = True


def correct(provider):
    """Correct the balance before the first line, now that the bank's balance and
    its transactions are of one moment.

    It was counted back from what was of different moments: what the bank booked in
    between was in one of them only. Or the bank had told no balance.
    """
    provider.ponto_opening_is_provisional = False
    correction = proof.correct(
        find_difference(provider, compute_balance(provider)),
        sum_waiting(provider, []),
        sum_late(provider),
        rounding_of(provider),
    )
    if not correction:
        return
    Statement = provider.env["account.bank.statement"]
    first = Statement._ponto_find_first(provider.journal_id)
    if not first:
        kept = to_decimal(provider.ponto_opening_balance)
        provider.ponto_opening_balance = kept + correction
        return
    opening = to_decimal(first.balance_start) + correction
    first._ponto_chain_balances(created=first, opening=opening)


def release(provider, lines):
    """Let the balance before the first line take in what is removed before it.

    :param lines: statement lines of one journal that are about to be removed
    """
    if (
        lines.journal_id != provider.journal_id
        or not provider.ponto_opening_balance_known
    ):
        return
    balance = proof.release(
        to_decimal(provider.ponto_opening_balance),
        [(line.internal_index, to_decimal(line.amount)) for line in lines],
        _find_first_line(provider, lines).internal_index or None,
    )
    provider.write(
        {
            "ponto_opening_balance": balance,
            "ponto_opening_balance_known": balance is not None,
        }
    )


def reset(providers, journal_id):
    """Forget the balance before the first line of the feeds' journals.

    :param int journal_id: the journal that they are about to feed instead
    """
    others = providers.filtered(lambda each: each.journal_id.id != journal_id)
    others.sudo().write(
        {
            "ponto_opening_balance": 0,
            "ponto_opening_balance_known": False,
            "ponto_opening_date": False,
            "ponto_opening_register_id": False,
            "ponto_opening_is_provisional": False,
        }
    )


def _compute(provider, lines, before=None):
    """Settle the balance before some lines, in a journal without older statements.

    :param lines: statement lines that were just created
    :param Decimal before: the balance before the first line until now, or None
    :return: what the bank says now less all that came since; where the journal has
        older lines or the bank says nothing, the sum of the older lines.
        Where the journal did not equal the bank before, and does not by this
        either, what was added before the first line is taken for older history.
    :rtype: Decimal
    """
    rounding = rounding_of(provider)
    [(older_sum, older_count)] = lines._read_group(
        [
            ("journal_id", "=", provider.journal_id.id),
            ("internal_index", "<", min(lines.mapped("internal_index"))),
            ("state", "=", "posted"),
        ],
        aggregates=["amount:sum", "__count"],
    )
    source = proof.choose_source(
        has_older=bool(older_count),
        has_bank=provider.ponto_bank_balance_known,
        has_before=before is not None,
        is_kept=provider.ponto_opening_balance_known,
        is_of_one_moment=is_same_moment(provider),
    )
    if source.kind == proof.BY_KEPT:
        # The journal was kept without statements until now.
        balance = to_decimal(provider.ponto_opening_balance) + to_decimal(older_sum)
        return round_amount(balance, rounding)
    if source.kind == proof.BY_OLDER_LINES:
        provider.ponto_opening_is_provisional = source.is_provisional
        return to_decimal(older_sum)
    if source.kind == proof.BY_BANK:
        first_day = _find_first_day(provider, lines)
        by_bank = _count_back_from_bank(provider, first_day)
        state = provider.ponto_balance_state or None
        if proof.trusts_bank(by_bank, before, state, rounding):
            _store_day(provider, first_day, source.is_provisional)
            return by_bank
    return _count_back_from_lines(provider, lines, before)


def _store_day(provider, first_day, is_provisional):
    """Keep from which day on the bank's balance was counted back.

    :param date first_day: that day
    :param bool is_provisional: see `ponto_opening_is_provisional`
    """
    last_record = provider.env["ponto.transaction"].search(
        [("provider_id", "=", provider.id)], order="id desc", limit=1
    )
    provider.write(
        {
            "ponto_opening_is_provisional": is_provisional,
            "ponto_opening_date": first_day,
            "ponto_opening_register_id": last_record.id,
        }
    )


def _find_first_day(provider, lines):
    """Return the first day of some lines, by bank or journal (date)."""
    # A line may have another day than its transaction, where that one is locked.
    transactions = provider.env["ponto.transaction"].search(
        [("statement_line_id", "in", lines.ids)]
    )
    return min(transactions.mapped("date") + lines.mapped("date"))


def _count_back_from_bank(provider, day):
    """Return the balance at the bank less all that it booked from a day on."""
    since = sum_registered(
        provider,
        [
            ("state", "not in", ("recognised", "before_start")),
            ("date", ">=", day),
            "|",
            ("statement_line_id", "=", False),
            ("statement_line_id.journal_id", "=", provider.journal_id.id),
        ],
    )
    return proof.count_back(
        to_decimal(provider.ponto_bank_balance), [since], rounding_of(provider)
    )


def _count_back_from_lines(provider, lines, before):
    """Count back from the balance before a journal's first line.

    :param lines: statement lines that were just created
    :param Decimal before: the balance before the first line that was there already
    :return: the balance before the first of all
    :rtype: Decimal
    """
    in_statement = [("statement_id", "!=", False)] if provider.create_statement else []
    first = _find_first_line(provider, lines, in_statement)
    added = lines.filtered(
        lambda line: line.internal_index < (first.internal_index or "")
    )
    amounts = map(to_decimal, added.mapped("amount"))
    return proof.count_back(before, amounts, rounding_of(provider))


def _find_first_line(provider, besides, domain=()):
    """Return the journal's first statement line, some left aside; or none."""
    return besides.search(
        [
            ("journal_id", "=", provider.journal_id.id),
            ("id", "not in", besides.ids),
            *domain,
        ],
        order="internal_index",
        limit=1,
    )
