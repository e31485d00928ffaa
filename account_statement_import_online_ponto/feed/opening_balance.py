# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The opening balance: what the bank had before a journal's first line.

The feed keeps it, and the balances of statements follow from it: these may be deleted
at any time. It is counted back from the balance at the bank, corrected where that was
of another moment, and follows when lines are added or removed before the first one.
Where the journal had statements before its feed, they tell it. Where it had lines and
no statements, nothing tells it, until somebody makes the first statement or the ledger
agrees with the bank.
"""

from dataclasses import replace
from decimal import Decimal

from ..engine import proof
from ..engine.entry import BEFORE_START, NO_AMOUNT, NO_DATE
from ..engine.opening import (
    BY_BANK,
    BY_NOTHING,
    choose_source,
    count_back,
    find_day_for_both,
    find_shift,
    has_to_settle,
    is_late,
    move_opening,
    trusts_bank,
)
from ..engine.statements import find_start
from ..tools import to_decimal
from . import standing
from .journal_balance import (
    compute_balance,
    find_counting_day,
    find_difference,
    find_first_day,
    find_not_booked,
    find_opening_balance,
    has_announced,
    is_same_moment,
    read_lines,
    read_missing_before,
    rounding_of,
    store_opening_balance,
    sum_between,
    sum_booked,
    sum_left_out,
    sum_lines,
)
from .registered import DOUBTFUL


def update_after_create(provider, records, brought_back):
    """Keep the balance before the first line right, and with it the statements.

    :param records: `ponto.transaction` records of which statement lines were just
        created
    :param brought_back: those of them that had lines before, which were removed
    """
    lines = records.statement_line_id
    before = find_opening_balance(provider, lines)
    is_known = before is not None
    balance = before or Decimal()
    # A line may have another day than its transaction, where that one is locked.
    first_new = min(records.mapped("date") + lines.mapped("date"))
    day = _find_opening_day(provider, is_known, lines)
    if has_to_settle(is_known, day, first_new):
        missing = read_missing_before(provider, first_new)
        balance, is_provisional = _count_balance(
            provider, records, brought_back, before, day, first_new, missing
        )
        if is_provisional is not None:
            _store_register(provider, is_provisional)
        _keep_day(
            provider,
            first_new,
            is_late=is_known
            and is_late(balance, before, missing, rounding_of(provider)),
        )
    elif is_known and day and not find_first_day(provider, lines.ids, True):
        # All that was there is removed: the journal begins anew with these lines.
        balance = _move(provider, before, day, first_new)
        provider.ponto_opening_date = first_new
    elif not is_known:
        # Nothing tells it, until somebody does.
        provider.ponto_opening_is_provisional = True
        _chain_statements(provider, lines, balance, 0)
        return
    if balance != before or not provider.ponto_opening_balance_known:
        store_opening_balance(provider, balance)
    _chain_statements(provider, lines, balance, balance - before if is_known else 0)


def update_before_unlink(provider, lines):
    """Take lines out of their statements before they are removed; keep the balance
    before the first line right, and with it the statements.

    That balance takes in what the bank booked before the first line that is left.
    Statements are only touched if pulls have made them.

    :param lines: statement lines of one journal
    :return: the statements that have no lines any more
    """
    statements = lines.statement_id.filtered("ponto_since")
    is_ours = lines.journal_id == provider.journal_id
    before = find_opening_balance(provider) if is_ours else None
    if before is None:
        return statements._ponto_take_out(lines)
    first_left = find_first_day(provider, lines.ids, True)
    day = _find_opening_day(provider, True)
    new_day = max(day, first_left or day)
    balance = _move(provider, before, day, new_day)
    store_opening_balance(provider, balance, new_day)
    return statements._ponto_take_out(lines, moved=balance - before)


def note_earlier_day(provider, day):
    """Let the balance before the first line be that before a day, if it is of a later
    one: something that it does not hold is about to get this day.

    No line of the journal may be of before its day, unless it holds that.

    :param date day: the day, or None
    """
    old_day = provider.ponto_opening_date
    if not provider.ponto_opening_balance_known or not day or not old_day:
        return
    if day >= old_day:
        return
    before = find_opening_balance(provider)
    balance = _move(provider, before, old_day, day)
    # What is left out as too early it only holds of earlier days, see `sum_late`.
    balance -= sum_left_out(
        provider,
        [
            ("date", ">=", day),
            ("date", "<", old_day),
            ("id", "<=", provider.ponto_opening_register_id),
        ],
    )
    _keep_day(provider, day, is_late=True)
    _shift(provider, balance - before)


def note_taken(record, line):
    """Keep the balance before the first line right when a line that somebody entered is
    about to stand for a transaction. From then on the line counts, whatever its day: if
    that balance held both until now, it has to hold the line no more.

    :param record: a `ponto.transaction` record without a line
    :param line: the statement line
    """
    provider = record.provider_id
    counting_day = find_counting_day(provider)
    was_held = counting_day and line.date < counting_day and line.state == "posted"
    # It held both, unless the transaction came to the register later.
    holds_both = was_held and record.id > provider.ponto_opening_register_id
    if holds_both:
        comparison = standing.read_standings(provider)[provider]
        # What the bank has more on account of it was booked after all that.
        holds_both = proof.WAITING not in comparison.explaining
    note_earlier_day(provider, min(filter(None, [line.date, record.date])))
    if holds_both:
        balance = find_opening_balance(provider) - to_decimal(line.amount)
        store_opening_balance(provider, balance)


def note_told_apart(records):
    """Keep the balance before the first line right when somebody is about to import
    what is perhaps known: nothing has counted that until now, see `DOUBTFUL`.

    :param records: `ponto.transaction` records of one feed
    """
    provider = records.provider_id
    opening_day = provider.ponto_opening_date
    if not opening_day or not provider.ponto_bank_balance_known:
        return
    # What came later is not in it. What is of earlier days it takes in anyway.
    held = records.filtered_domain(DOUBTFUL).filtered(
        lambda record: (
            record.id <= provider.ponto_opening_register_id
            and record.date >= opening_day
        )
    )
    if not held:
        return
    # Where the bank has more by just this, it was booked after all that.
    known = replace(find_not_booked(provider), doubtful=Decimal())
    difference = find_difference(provider, compute_balance(provider))
    state = proof.judge(difference, known, True, rounding_of(provider))
    if state in (proof.EQUAL, proof.EXPLAINED):
        _shift(provider, -sum(map(to_decimal, held.mapped("amount"))))


def note_change(record, entry):
    """Let the balance before the first line hold no more and no less although the bank
    changes a transaction.

    :param record: a `ponto.transaction` record, which has the old booking still
    :param Entry entry: the transaction as the bank has it now
    """
    provider = record.provider_id
    opening_day = provider.ponto_opening_date
    if not opening_day or record.original_id:
        return
    if record.statement_line_id:
        if record.statement_line_id.journal_id == provider.journal_id:
            note_earlier_day(provider, entry.day)
        return
    old, new = _read_booking(record), (entry.day, entry.amount)
    if record.state != BEFORE_START and None not in (*old, *new):
        day = find_day_for_both(opening_day, record.date, entry.day)
        note_earlier_day(provider, day)
    elif (
        record.id <= provider.ponto_opening_register_id
        and entry.currency == provider.ponto_currency_id.name
    ):
        _shift(provider, find_shift(opening_day, old, new))


def _read_booking(record):
    """Return day and amount of a transaction; None where the bank has not told it
    (tuple)."""
    amount = to_decimal(record.amount)
    if not amount and record.reason in (NO_AMOUNT, NO_DATE):
        amount = None
    return record.date or None, amount


def _find_opening_day(provider, is_known, excluding=()):
    """Return the day before which the balance before the first line is, or None.

    :param bool is_known: whether there is such a balance; else it is the day of the
        first line
    :param excluding: lines that were just created
    """
    if is_known and provider.ponto_opening_date:
        return provider.ponto_opening_date
    return find_first_day(provider, [line.id for line in excluding])


def _chain_statements(provider, lines, balance, moved):
    """Make balances follow from one another after lines were created.

    :param lines: statement lines that were just created
    :param Decimal balance: the balance before the journal's first line
    :param Decimal moved: by how much that has just moved
    """
    changed = lines.statement_id
    # What the balance before the first line has moved by, all statements follow.
    begin = changed._ponto_find_first(provider.journal_id) if moved else None
    if not changed and not begin:
        return
    created = changed.filtered(lambda statement: statement.line_ids <= lines)
    before, chain = changed._ponto_read_chain(created, begin=begin)
    opening = None
    if before is None:
        statements = changed.browse(each.key for each in chain)
        start = find_start(chain)
        if start is not None:
            # Somebody may have decided on other balances further behind. Or these lines
            # are what was missing between the first balance and the next statement.
            old = (statements - created)[0]
            place = old.first_line_index
            older = sum_lines(provider, place, lines.ids, True)
            expected = balance - moved + older
            if not moved:
                expected += _sum_before(lines, old)
            # What is in no statement may count or not, see `engine.statements`.
            beside = sum_lines(provider, place, lines.ids, True, is_beside=True)
            if start not in (expected, expected - beside):
                balance = start - older + moved
        first_index = statements[0].first_line_index
        opening = balance + sum_lines(provider, first_index, is_counting=True)
    changed._ponto_write_chain(before, chain, opening)


def _sum_before(lines, statement):
    """Return the sum of those of some lines that come before a statement (Decimal)."""
    place = statement.first_line_index
    earlier = lines.filtered(
        lambda line: line.state == "posted" and line.internal_index < place
    )
    return sum(map(to_decimal, earlier.mapped("amount")), Decimal())


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
        adopted={following: to_decimal(line.amount)},
    )
    first = changed.browse(chain[0].key)
    start = opening or Decimal()
    start += sum_lines(provider, first.first_line_index, is_counting=True)
    changed._ponto_write_chain(before, chain, start)


def is_missing(provider):
    """Tell whether the journal has lines, and nothing tells the balance before the
    first of them (bool)."""
    if find_opening_balance(provider) is not None:
        return False
    return bool(read_lines(provider)[provider].count)


def iter_told_by_ledger(provider):
    """Iterate over what the balance before the journal's first line may be by what is
    in the ledger: nothing, or the opening entry on the journal's account.

    :return: pairs of that balance and the journal's balance by it (Decimal)
    :rtype: iterator
    """
    lines = read_lines(provider)[provider]
    yield Decimal(), lines.total
    opening = _sum_other_entries(provider, lines.first_day)
    yield opening, opening + lines.total


def store_told_by_ledger(provider, balance):
    """Keep the balance before the journal's first line that the ledger tells.

    :param Decimal balance: one of `iter_told_by_ledger`
    """
    store_opening_balance(provider, balance, find_first_day(provider))
    provider.ponto_opening_is_provisional = False


def _sum_other_entries(provider, until):
    """Add up what is posted on the account of the bank without a bank line (Decimal).

    :param date until: up to this day
    """
    journal_sudo = provider.journal_id.sudo()
    currency = journal_sudo.currency_id
    domain = [
        ("account_id", "=", journal_sudo.default_account_id.id),
        ("company_id", "=", journal_sudo.company_id.id),
        ("parent_state", "=", "posted"),
        ("statement_line_id", "=", False),
        ("date", "<=", until),
    ]
    amount = "balance"
    if currency and currency != journal_sudo.company_id.currency_id:
        domain.append(("currency_id", "=", currency.id))
        amount = "amount_currency"
    [(total,)] = journal_sudo.env["account.move.line"]._read_group(
        domain, aggregates=[f"{amount}:sum"]
    )
    return to_decimal(total)


def correct(provider):
    """Count the balance before the first line back anew, now that the bank's balance
    and its transactions are of one moment.

    It was counted back from what was of different moments: what the bank booked in
    between was in one of them only. Or something was announced that the bank did not
    count yet. Or it had told no balance. What people have done in the journal meanwhile
    makes no difference to it.
    """
    provider.ponto_opening_is_provisional = False
    day, before = provider.ponto_opening_date, find_opening_balance(provider)
    if not day or before is None:
        return
    *missing, _doubtful = read_missing_before(provider, day)
    balance = count_back(
        to_decimal(provider.ponto_bank_balance),
        [sum_booked(provider, [("date", ">=", day)]), *missing],
        rounding_of(provider),
    )
    _shift(provider, balance - before)


def _shift(provider, amount):
    """Let the balance before the first line be another one, of the same day.

    :param Decimal amount: by how much
    """
    if not amount:
        return
    balance = find_opening_balance(provider) + amount
    store_opening_balance(provider, balance)
    no_lines = provider.env["account.bank.statement.line"]
    _chain_statements(provider, no_lines, balance, amount)


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
            "ponto_entered_from": False,
        }
    )


def _keep_day(provider, day, is_late):
    """Keep the day before which the balance before the first line is.

    :param date day: the day
    :param bool is_late: whether nothing of the history has come that the balance held:
        it goes on holding what people have entered of it
    """
    entered_from = is_late and find_counting_day(provider)
    provider.write({"ponto_opening_date": day, "ponto_entered_from": entered_from})


def _count_balance(provider, records, brought_back, before, day, first_new, missing):
    """Count the balance before the journal's first line.

    :param records: `ponto.transaction` records of which statement lines were just
        created
    :param brought_back: those of them that had lines before, which were removed
    :param Decimal before: the balance before the first line until now, or None
    :param date day: the day before which that is, or None
    :param date first_new: the day before which it is from now on
    :param missing: see `read_missing_before`
    :return: the balance, and whether it is provisional.
        The balance is what the bank says now less all that came since; where it says
        nothing, what the balance was less what came before it. Where the journal did
        not equal the bank before, and does not by this either, what was added before
        the first line is taken for older history.
        Whether it is provisional is None where the register up to now is not counted in
    :rtype: tuple
    """
    source = choose_source(
        has_bank=provider.ponto_bank_balance_known,
        has_before=before is not None,
        is_settled=is_same_moment(provider) and not has_announced(provider),
    )
    if source.kind == BY_NOTHING:
        return Decimal(), source.is_provisional
    if source.kind == BY_BANK:
        by_bank = count_back(
            to_decimal(provider.ponto_bank_balance),
            [sum_booked(provider, [("date", ">=", first_new)])],
            rounding_of(provider),
        )
        state = provider.ponto_balance_state or None
        # What a pull has just brought may be older history, or have come late.
        if_late = before
        if before is not None:
            if_late = _move(
                provider, before, day, first_new, excluding=records - brought_back
            )
        if trusts_bank(by_bank, if_late, missing, state, rounding_of(provider)):
            return by_bank, source.is_provisional
    # What waited until somebody decided is no history of before the register.
    waited = records.filtered(lambda record: not record.import_pull_id) - brought_back
    # The rest of the older history is imported in later batches.
    older = {"excluding": waited, "includes_new": True}
    return _move(provider, before, day, first_new, **older), None


def _store_register(provider, is_provisional):
    """Keep up to which record of the register everything was counted in.

    :param bool is_provisional: see `ponto_opening_is_provisional`
    """
    last_record = provider.env["ponto.transaction"].search(
        [("provider_id", "=", provider.id)], order="id desc", limit=1
    )
    provider.write(
        {
            "ponto_opening_is_provisional": is_provisional,
            "ponto_opening_register_id": last_record.id,
        }
    )


def _move(provider, balance, day, new_day, excluding=(), includes_new=False):
    """Return what the balance before a day is before another day (Decimal).

    :param excluding: `ponto.transaction` records that have lines and that it never held
    :param bool includes_new: whether it held what is still to be imported
    """
    if day == new_day:
        return balance
    return move_opening(
        balance,
        sum_between(provider, *sorted((day, new_day)), excluding, includes_new),
        is_later=new_day > day,
        rounding=rounding_of(provider),
    )
