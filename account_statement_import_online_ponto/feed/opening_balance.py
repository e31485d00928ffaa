# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The opening balance: what the bank had before a journal's first line.

The feed keeps it, and the balances of statements follow from it: these may be deleted
at any time. It is counted back from the balance at the bank, corrected where that was
of another moment, and follows when lines are added or removed before the first one.
Where the journal had statements before its feed, they tell it.
"""

from contextlib import contextmanager
from decimal import Decimal

from ..engine import proof
from ..engine.statements import find_start
from ..tools import to_decimal
from .journal_balance import (
    compute_balance,
    find_difference,
    find_opening_balance,
    is_same_moment,
    rounding_of,
    store_opening_balance,
    sum_late,
    sum_lines,
    sum_registered,
    sum_waiting,
)


def take_in(provider, lines):
    """Keep the balance before the first line right, and with it the statements.

    :param lines: statement lines that were just created
    """
    before = find_opening_balance(provider, lines)
    earlier = _find_first_line(provider, lines)
    balance = before or Decimal()
    first_new = min(lines.mapped("internal_index"))
    is_known = before is not None
    if proof.has_to_settle(is_known, earlier.internal_index or None, first_new):
        balance = _compute(provider, lines, before)
    if balance != before or not provider.ponto_opening_balance_known:
        store_opening_balance(provider, balance)
    _chain_statements(provider, lines, balance, balance - before if is_known else 0)


def _chain_statements(provider, lines, balance, moved):
    """Make balances follow from one another after lines were created.

    :param lines: statement lines that were just created
    :param Decimal balance: the balance before the journal's first line
    :param Decimal moved: by how much these lines have moved that
    """
    changed = lines.statement_id
    if not changed:
        return
    created = changed.filtered(lambda statement: statement.line_ids <= lines)
    before, chain = changed._ponto_read_chain(created, added=lines)
    opening = None
    if before is None:
        statements = changed.browse(each.key for each in chain)
        start = find_start(chain)
        if start is not None:
            # Somebody may have decided on other balances further behind.
            old = (statements - created)[0]
            older = sum_lines(provider, old.first_line_index, lines.ids)
            balance = start - older + moved
        opening = balance + sum_lines(provider, statements[0].first_line_index)
    changed._ponto_write_chain(before, chain, opening)


def chain_adopted(provider, line, following, opening):
    """Make balances follow from one another after a line that the journal had already
    came into a statement.

    :param line: the statement line
    :param following: the statement in the gap before which the line was, or none
    :param Decimal opening: the balance before the journal's first line, or None
    """
    changed = line.statement_id
    before, chain = changed._ponto_read_chain(
        changed.filtered(lambda statement: statement.line_ids == line),
        added=line,
        adopted={following: to_decimal(line.amount)},
    )
    first = changed.browse(chain[0].key)
    start = (opening or Decimal()) + sum_lines(provider, first.first_line_index)
    changed._ponto_write_chain(before, chain, start)


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
    kept = find_opening_balance(provider) or Decimal()
    first = provider.env["account.bank.statement"]._ponto_find_first(
        provider.journal_id
    )
    store_opening_balance(provider, kept + correction)
    if first:
        opening = to_decimal(first.balance_start) + correction
        first._ponto_chain_balances(created=first, opening=opening)


@contextmanager
def releasing(provider, lines):
    """Let the balance before the first line take in what is removed before it.

    With statements, that is what those held that are emptied before the first one that
    is left; without, the lines before the first one that is left.

    :param lines: statement lines of one journal that are taken out of their statements
        meanwhile, and are about to be removed
    """
    is_ours = lines.journal_id == provider.journal_id
    kept = find_opening_balance(provider) if is_ours else None
    if kept is None:
        yield
        return
    told = _tell_by_first_statement(provider)
    yield
    told_now = _tell_by_first_statement(provider, lines.ids)
    first_left = _find_first_line(provider, lines).internal_index or None
    if told is None or told_now is None or first_left is None:
        removed = [(line.internal_index, to_decimal(line.amount)) for line in lines]
        kept = proof.release(kept, removed, first_left)
    else:
        kept += told_now - told
    store_opening_balance(provider, kept)


def _tell_by_first_statement(provider, besides=()):
    """Return the balance before the first line by the first statement, or None.

    :param besides: identifiers of lines to leave aside
    """
    first = provider.env["account.bank.statement"]._ponto_find_first(
        provider.journal_id
    )
    if not first:
        return None
    older = sum_lines(provider, first.first_line_index, besides)
    return to_decimal(first.balance_start) - older


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
    """Settle the balance before some lines, which are the journal's first ones.

    :param lines: statement lines that were just created
    :param Decimal before: the balance before the first line until now, or None
    :return: what the bank says now less all that came since; where it says nothing,
        what the balance was less what came before it.
        Where the journal did not equal the bank before, and does not by this
        either, what was added before the first line is taken for older history.
    :rtype: Decimal
    """
    source = proof.choose_source(
        has_bank=provider.ponto_bank_balance_known,
        has_before=before is not None,
        is_of_one_moment=is_same_moment(provider),
    )
    if source.kind == proof.BY_NOTHING:
        provider.ponto_opening_is_provisional = True
        return Decimal()
    if source.kind == proof.BY_BANK:
        first_day = _find_first_day(provider, lines)
        by_bank = _count_back_from_bank(provider, first_day)
        state = provider.ponto_balance_state or None
        if proof.trusts_bank(by_bank, before, state, rounding_of(provider)):
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
    first = _find_first_line(provider, lines)
    added = lines.filtered(
        lambda line: line.internal_index < (first.internal_index or "")
    )
    amounts = map(to_decimal, added.mapped("amount"))
    return proof.count_back(before, amounts, rounding_of(provider))


def _find_first_line(provider, besides):
    """Return the journal's first statement line, some left aside; or none."""
    return besides.search(
        [
            ("journal_id", "=", provider.journal_id.id),
            ("id", "not in", besides.ids),
        ],
        order="internal_index",
        limit=1,
    )
