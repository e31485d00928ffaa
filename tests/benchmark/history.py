"""A long history of known transactions, loaded in bulk. Runs in Odoo's process.

One line is made by the ORM; the rest are copies of its rows in the database, with
identifiers, days, amounts and numbers of their own. What is imported afterwards finds
a journal as if all of them had been imported.
"""

import itertools
from datetime import date
from decimal import Decimal

from odoo.tools import SQL, split_every

#: Tables of a statement line, with what its copies have of their own.
MOVE = {
    "id": "known.move_id",
    "date": "known.day",
    "name": "known.name",
    "sequence_number": "known.number",
    "sequence_prefix": "known.prefix",
    "amount_total": "abs(known.amount)",
    "amount_untaxed": "abs(known.amount)",
    "amount_total_signed": "abs(known.amount)",
    "amount_untaxed_signed": "abs(known.amount)",
    "amount_total_in_currency_signed": "abs(known.amount)",
    "amount_untaxed_in_currency_signed": "abs(known.amount)",
    "statement_line_id": "known.line_id",
}
LINE = {
    "id": "known.line_id",
    "move_id": "known.move_id",
    "statement_id": "known.statement_id",
    "amount": "known.amount",
    "amount_residual": "-known.amount",
    "unique_import_id": "known.import_prefix || known.ponto_id",
    "internal_index": "to_char(known.day, 'YYYYMMDD')"
    " || (2147483647 - copied.sequence)::text || lpad(known.line_id::text, 10, '0')",
}
#: Of the two items of an entry, the one on the bank's account has the amount's sign.
SIGNED = "(CASE WHEN copied.balance = first.amount THEN 1 ELSE -1 END * known.amount)"
ITEM = {
    "id": "nextval('account_move_line_id_seq')",
    "move_id": "known.move_id",
    "statement_line_id": "known.line_id",
    "statement_id": "known.statement_id",
    "move_name": "known.name",
    "date": "known.day",
    "date_maturity": "known.day",
    "invoice_date": "NULL",
    "balance": SIGNED,
    "amount_currency": SIGNED,
    "debit": f"greatest({SIGNED}, 0)",
    "credit": f"greatest(-{SIGNED}, 0)",
    "amount_residual": f"CASE WHEN copied.reconciled THEN 0 ELSE {SIGNED} END",
    "amount_residual_currency": f"CASE WHEN copied.reconciled THEN 0 ELSE {SIGNED} END",
    "price_unit": SIGNED,
    "price_subtotal": SIGNED,
    "price_total": SIGNED,
}


def load(env, provider, rows, opening):
    """Load transactions as if the provider had imported them all, statements too.

    :param rows: [Ponto identifier, day, amount as text] by transaction, oldest first
    :param str opening: the bank's balance before them
    """
    rows = [
        (ponto_id, date.fromisoformat(day), Decimal(amount))
        for ponto_id, day, amount in rows
    ]
    first = _create_first(env, provider, rows[0])
    statements = _create_statements(env, provider, rows, Decimal(opening))
    first.statement_id = statements.get(rows[0][1], first.statement_id)
    env.flush_all()
    _list_known(env, provider, rows[1:], first, statements)
    # An entry and its statement line point to each other.
    env.cr.execute("SET LOCAL session_replication_role = replica")
    for table, own in (
        ("account_move", MOVE),
        ("account_bank_statement_line", LINE),
        ("account_move_line", ITEM),
    ):
        _copy_rows(env, table, own, first)
    env.cr.execute("SET LOCAL session_replication_role = DEFAULT")
    _settle_statements(env, provider)
    env.invalidate_all()


def _create_first(env, provider, row):
    """Return the statement line of the first transaction, made by the ORM."""
    ponto_id, day, amount = row
    vals = {"unique_import_id": ponto_id}
    provider.journal_id._statement_line_import_update_unique_import_id(
        vals, provider.account_number
    )
    return env["account.bank.statement.line"].create(
        {
            **vals,
            "journal_id": provider.journal_id.id,
            "date": day,
            "amount": amount,
            "payment_ref": "Loaded",
        }
    )


def _create_statements(env, provider, rows, opening):
    """Make the statement of each day, its balances following from one another.

    :return: {day: `account.bank.statement`} (dict); empty if the provider makes none
    """
    if not provider.create_statement:
        return {}
    # What tells this addon that nobody typed the end; OCA's has no such field.
    written = {"ponto_written_end"} & env["account.bank.statement"]._fields.keys()
    vals_list, days = [], []
    for day, group in itertools.groupby(rows, key=lambda row: row[1]):
        closing = opening + sum(amount for _id, _day, amount in group)
        name = provider.make_statement_name(day)
        vals_list.append(
            {
                "name": name,
                "journal_id": provider.journal_id.id,
                "balance_start": float(opening),
                "balance_end_real": float(closing),
                **{name: float(closing) for name in written},
            }
        )
        days.append(day)
        opening = closing
    created = env["account.bank.statement"].create(vals_list)
    return dict(zip(days, created, strict=True))


def _list_known(env, provider, rows, first, statements):
    """Fill the table ``known`` with what the copies have of their own."""
    env.cr.execute(
        """
        CREATE TEMPORARY TABLE known (
            position serial, ponto_id text, day date, amount numeric,
            statement_id integer, import_prefix text, move_id integer, line_id integer,
            name text, number integer, prefix text
        )
        """
    )
    values = (
        (ponto_id, day, amount, statements[day].id if statements else None)
        for ponto_id, day, amount in rows
    )
    for part in split_every(1000, values, list):
        env.cr.execute_values(
            "INSERT INTO known (ponto_id, day, amount, statement_id) VALUES %s", part
        )
    env.cr.execute(
        """
        UPDATE known SET
            import_prefix = %(import_prefix)s,
            move_id = nextval('account_move_id_seq'),
            line_id = nextval('account_bank_statement_line_id_seq'),
            prefix = replace(%(prefix)s, %(year)s, to_char(day, 'YYYY')),
            number = position + 1
        """,
        {
            "import_prefix": first.unique_import_id[:-36],
            "prefix": first.move_id.sequence_prefix,
            "year": str(first.date.year),
        },
    )
    env.cr.execute("UPDATE known SET name = prefix || lpad(number::text, 5, '0')")
    env.cr.execute("CREATE INDEX ON known (position)")


def _copy_rows(env, table, own, first):
    """Copy the rows that the first line has in a table, once for each of ``known``."""
    env.cr.execute(
        """
        SELECT column_name FROM information_schema.columns
         WHERE table_name = %s AND table_schema = current_schema
        """,
        [table],
    )
    columns = [name for (name,) in env.cr.fetchall()]
    link = {"account_move": "id", "account_bank_statement_line": "move_id"}
    env.cr.execute(
        SQL(
            "INSERT INTO %(table)s (%(columns)s) SELECT %(values)s "
            "FROM known, %(table)s copied, account_bank_statement_line first "
            "WHERE first.id = %(first)s AND copied.%(link)s = first.move_id "
            "ORDER BY known.position",
            table=SQL.identifier(table),
            columns=SQL(", ").join(map(SQL.identifier, columns)),
            values=SQL(", ").join(
                SQL(own[name]) if name in own else SQL.identifier("copied", name)
                for name in columns
            ),
            first=first.id,
            link=SQL.identifier(link.get(table, "move_id")),
        )
    )


def _settle_statements(env, provider):
    """Give the statements what the ORM computes of their lines."""
    env.cr.execute(
        """
        UPDATE account_bank_statement statement SET
            first_line_index = lines.first_index,
            date = lines.day,
            balance_end = statement.balance_end_real,
            is_complete = true,
            journal_id = %(journal)s,
            company_id = %(company)s,
            currency_id = lines.currency_id
          FROM (
              SELECT line.statement_id, min(line.internal_index) AS first_index,
                     max(move.date) AS day, max(line.currency_id) AS currency_id
                FROM account_bank_statement_line line
                JOIN account_move move ON move.id = line.move_id
               WHERE line.journal_id = %(journal)s
               GROUP BY line.statement_id
               ) lines
         WHERE lines.statement_id = statement.id
        """,
        {"journal": provider.journal_id.id, "company": provider.company_id.id},
    )


def register(env, provider, account_id):
    """Register the loaded transactions as imported.

    :param str account_id: the bank's identifier of the account
    """
    env.cr.execute(
        """
        INSERT INTO ponto_transaction (
            provider_id, ponto_id, ponto_account_id, date, amount, currency,
            payment_ref, fingerprint, state, statement_line_id,
            create_uid, create_date, write_uid, write_date
        )
        SELECT %(provider)s, right(line.unique_import_id, 36), %(account)s, move.date,
               line.amount, 'EUR', line.payment_ref,
               md5(line.unique_import_id) || md5(line.id::text), 'imported', line.id,
               1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC'
          FROM account_bank_statement_line line
          JOIN account_move move ON move.id = line.move_id
         WHERE line.journal_id = %(journal)s
         ORDER BY line.id
        """,
        {
            "provider": provider.id,
            "account": account_id,
            "journal": provider.journal_id.id,
        },
    )
    env.invalidate_all()
