# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A decision as a whole: carried out, counted into the difference, told, and undone.

Undoing restores exactly what was before: what waited waits again, a line that the
decision made is gone, a line that it put into a statement is out of it. Where somebody,
or the bank, has changed something of it since, nothing is undone, and the reason told.
"""

from datetime import date

from odoo import fields
from odoo.exceptions import UserError

from ..tools import to_json, without_caller_context
from . import balance_check, booking, decisions, notifications, undo
from .registered import (
    DOUBTFUL,
    describe_briefly,
    with_earlier_identifiers,
    with_later_identifiers,
)

#: What a decision changes of a register record, or what must not have changed since.
RECORD_FIELDS = (
    "state",
    "reason",
    "statement_line_id",
    "original_id",
    "possible_original_id",
    "similar_line_id",
    "import_pull_id",
    "document",
    "content_hash",
    "date",
    "amount",
    "currency",
    "payment_ref",
    "counterpart_name",
    "account_number",
)

#: What tells that somebody has changed a statement line.
LINE_FIELDS = (
    "date",
    "amount",
    "foreign_currency_id",
    "amount_currency",
    "payment_ref",
    "narration",
    "ref",
    "partner_id",
    "partner_bank_id",
    "partner_name",
    "account_number",
    "checked",
    "statement_id",
)

#: The balances of a statement, and which of them the feed has written.
BALANCE_FIELDS = ("balance_start", "balance_end_real", "ponto_written_end")

#: What a feed knows of the balance before the journal's first line.
OPENING_FIELDS = (
    "ponto_opening_balance",
    "ponto_opening_balance_known",
    "ponto_opening_date",
    "ponto_opening_register_id",
    "ponto_opening_is_provisional",
    "ponto_entered_from",
)

#: The decisions, by the word that is kept of each.
DECISIONS = {
    "import": decisions.import_after_all,
    "ignore": decisions.ignore,
    "same": decisions.take_similar_line,
}


# === DECIDING === #


def decide(records, kind):
    """Carry out a decision.

    :param records: `ponto.transaction` records
    :param str kind: one of `DECISIONS`
    :return: the action that tells what was done, with a button that undoes it
    :rtype: dict
    :raise AccessError: when the user may not decide
    :raise UserError: when it cannot be done
    """
    records = without_caller_context(records)
    records.check_access("read")
    records_sudo = with_later_identifiers(with_earlier_identifiers(records.sudo()))
    # What is left out keeps no text.
    words = {record: describe_briefly(record) for record in records_sudo}
    since = _find_first_day(records_sudo)
    before = _take_snapshot(records_sudo, since)
    DECISIONS[kind](records)
    after = _take_snapshot(records_sudo, since)
    changed = records_sudo.filtered(
        lambda record: (
            before["records"][str(record.id)] != after["records"][str(record.id)]
        )
    )
    decided = _find_decided(changed)
    _count_in(decided.provider_id)
    decision = records.env["ponto.decision"]
    if _may_be_undone(changed, kind, before, after):
        keys = set(map(str, changed.ids))
        for snapshot in (before, after):
            snapshot["records"] = {
                key: values
                for key, values in snapshot["records"].items()
                if key in keys
            }
        memory = {"since": to_json(since), "before": before, "after": after}
        decision = decision.sudo().create({"kind": kind, "memory": memory})
    return notifications.get_notification(
        _describe(decided, kind, words),
        buttons=decision
        and [
            {
                "name": records.env._("Undo"),
                "model": decision._name,
                "method": "action_undo",
                "ids": decision.ids,
            }
        ],
    )


def _count_in(providers_sudo):
    """Count what somebody has just decided into the comparison with the bank.

    Where a pull has a feed locked, it compares at its own end.

    :param providers_sudo: the feeds, in sudo mode
    """
    for provider in providers_sudo.filtered("ponto_balance_state"):
        provider = provider.with_company(provider.company_id)
        if provider.try_lock_for_update(allow_referencing=True):
            balance_check.compare(provider, provider.ponto_transactions_synchronized_at)


def _may_be_undone(changed, kind, before, after):
    """Tell whether a decision can be undone as a whole.

    :param changed: the `ponto.transaction` records that it has changed
    :param dict before: what was before, see `_take_snapshot`
    :param dict after: what is now
    :rtype: bool
    """
    if not changed:
        return False
    had_line = {
        str(before["records"][str(record.id)]["statement_line_id"])
        for record in changed
        if before["records"][str(record.id)]["statement_line_id"]
    }
    return kind != "import" or all(
        before["changeable"][key] and after["changeable"][key] for key in had_line
    )


def _describe(decided, kind, words):
    """Tell what was done (str).

    :param decided: the `ponto.transaction` records that have changed
    :param dict words: {record: day, amount and label}
    """
    env = decided.env
    if not decided:
        return env._("Nothing has changed: there was nothing to decide.")
    what = (
        words[decided] if len(decided) == 1 else env._("%s transactions", len(decided))
    )
    texts = {
        "import": env._("Imported: %s"),
        "ignore": env._("Ignored: %s"),
        "same": env._("Same as the line in the journal: %s"),
        "undo": env._("Undone: %s"),
    }
    return texts[kind] % what


# === UNDOING === #


def undo_decision(decision):
    """Restore what was before a decision, all of it or nothing.

    :param decision: a `ponto.decision` of the user
    :return: the action that tells so
    :rtype: dict
    :raise AccessError: when the user may not decide
    :raise UserError: when something has changed since
    """
    decision.ensure_one()
    decision = without_caller_context(decision)
    decision.check_access("read")
    env, memory = decision.env, decision.sudo().memory
    if not memory:
        raise UserError(env._("There is nothing to undo."))
    before, after = memory["before"], memory["after"]
    records = env["ponto.transaction"].browse(map(int, before["records"])).exists()
    decisions.check_may_decide(records)
    records_sudo = records.sudo()
    for provider_sudo in records_sudo.provider_id:
        provider_sudo._ponto_lock()
    _check_unchanged(records_sudo, after)
    since = fields.Date.to_date(memory["since"])
    is_alone = _read_books(records_sudo.provider_id, since) == after["books"]
    for provider_sudo, feed_records in records_sudo.grouped("provider_id").items():
        provider_sudo = provider_sudo.with_company(provider_sudo.company_id)
        if decision.kind == "import":
            _undo_import(provider_sudo, feed_records, before)
        elif decision.kind == "same":
            _release_lines(feed_records, before)
    for record in records_sudo:
        record.write(before["records"][str(record.id)])
    if is_alone:
        # What came since follows from the balances by itself.
        _restore_books(env(su=True), before["books"])
    decision.sudo().unlink()
    _count_in(records_sudo.provider_id)
    restored = _find_decided(records_sudo)
    words = {record: describe_briefly(record) for record in restored}
    return notifications.get_notification(
        _describe(restored, "undo", words), next_action=notifications.RELOAD
    )


def _check_unchanged(records_sudo, after):
    """Check that nobody has changed what a decision has left.

    :param dict after: that, see `_take_snapshot`
    :raise UserError: when somebody has
    """
    env = records_sudo.env
    if (
        with_later_identifiers(records_sudo) != records_sudo
        or _read_records(records_sudo) != after["records"]
    ):
        raise UserError(
            env._(
                "It cannot be undone any more: the bank or somebody has changed one of "
                "the transactions since. Decide on it anew."
            )
        )
    for key, values in _read_lines(records_sudo.statement_line_id).items():
        if values != after["lines"].get(key):
            line = env["account.bank.statement.line"].browse(int(key))
            raise UserError(
                env._(
                    "It cannot be undone any more: somebody has changed the line "
                    '"%s" since.',
                    line._ponto_describe_briefly(),
                )
            )


def _undo_import(provider_sudo, records_sudo, before):
    """Remove the lines that a decision has made; change back those that it has changed.

    :param dict before: what was before it, see `_take_snapshot`
    :raise UserError: when one has to stay
    """
    changed = records_sudo.filtered(
        lambda record: before["records"][str(record.id)]["statement_line_id"]
    ).statement_line_id
    made = (records_sudo.statement_line_id - changed).sudo(False)
    for line in changed:
        kept = before["changeable"][str(line.id)]
        booking.restore_line(provider_sudo, line, kept)
    if made:
        made.check_access("unlink")
        undo.check_removable(made)
        undo.remove_lines(provider_sudo, made)


def _release_lines(records_sudo, before):
    """Take lines out of the statements into which a decision has put them.

    :param dict before: what was before it, see `_take_snapshot`
    """
    for line in records_sudo.statement_line_id:
        if line.statement_id and not before["lines"][str(line.id)]["statement_id"]:
            booking.release_line(line)


def forget(records_sudo):
    """Forget what would undo the decisions on some transactions.

    :param records_sudo: `ponto.transaction` records, in sudo mode
    """
    if not records_sudo:
        return
    keys = set(map(str, records_sudo.ids))
    for decision in records_sudo.env["ponto.decision"].search([]):
        before = (decision.memory or {}).get("before", {})
        if not keys.isdisjoint(before.get("records", ())):
            decision.memory = False


# === WHAT IS REMEMBERED === #


def _take_snapshot(records_sudo, since):
    """Take a snapshot of all that a decision may change, as JSON can hold it.

    :param records_sudo: `ponto.transaction` records, with those of later identifiers
    :param date since: the first day that matters for balances
    :rtype: dict
    """
    return {
        "records": _read_records(records_sudo),
        "lines": _read_lines(
            records_sudo.statement_line_id | records_sudo.similar_line_id
        ),
        "changeable": {
            str(record.statement_line_id.id): booking.read_changeable(
                record.provider_id, record.statement_line_id
            )
            for record in records_sudo.filtered("statement_line_id")
        },
        "books": _read_books(records_sudo.provider_id, since),
    }


def _read_records(records_sudo):
    """Return what a decision may change of register records, as JSON can hold it.

    :return: {id of a record as text: {name of a field: value}}
    :rtype: dict
    """
    return {
        str(record.id): {name: to_json(record[name]) for name in RECORD_FIELDS}
        for record in records_sudo
    }


def _read_lines(lines):
    """Return what tells whether somebody has changed lines (dict, as above)."""
    return {
        str(line.id): {name: to_json(line[name]) for name in LINE_FIELDS}
        for line in lines
    }


def _find_first_day(records_sudo):
    """Return the first day of which a decision may change balances (date)."""
    lines = records_sudo.statement_line_id | records_sudo.similar_line_id
    days = records_sudo.mapped("date") + lines.mapped("date")
    # The balance before the first line may move, and with it all statements.
    doubtful = records_sudo.filtered_domain(DOUBTFUL)
    days += doubtful.provider_id.mapped("ponto_opening_date")
    return min(filter(None, days), default=date.max)


def _read_books(providers_sudo, since):
    """Return the balances that a decision may change.

    :param providers_sudo: the feeds of the transactions
    :param date since: the first day that matters
    :return: {id of a statement as text: its balances}, and {id of a feed as text: what
        it knows of the balance before the first line}
    :rtype: dict
    """
    statements = providers_sudo.env["account.bank.statement"].search(
        [
            ("journal_id", "in", providers_sudo.journal_id.ids),
            "|",
            ("first_line_index", ">=", f"{since:%Y%m%d}"),
            ("ponto_until", ">=", since),
        ]
    )
    return {
        "statements": {
            str(statement.id): {name: statement[name] for name in BALANCE_FIELDS}
            for statement in statements
        },
        "openings": {
            str(provider.id): {name: to_json(provider[name]) for name in OPENING_FIELDS}
            for provider in providers_sudo
        },
    }


def _restore_books(env, books):
    """Give statements and feeds the balances that they had.

    :param dict books: as returned by `_read_books`
    """
    for name, key in (
        ("account.bank.statement", "statements"),
        ("online.bank.statement.provider", "openings"),
    ):
        for record in env[name].browse(map(int, books[key])).exists():
            values = books[key][str(record.id)]
            if any(to_json(record[field]) != values[field] for field in values):
                record.write(values)


def _find_decided(records_sudo):
    """Return the records of transactions, without those of later identifiers."""
    later = records_sudo.successor_ids
    return records_sudo - later
