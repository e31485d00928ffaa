# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Take over from an earlier feed: that of OCA's module of the same name, or another one
of the journal."""

from datetime import datetime, time, timezone

from odoo.tools import SQL, split_every

from ..encryption import is_reference
from ..engine import statements
from ..ponto_api import Transaction, transaction_from_text
from ..tools import to_decimal
from .journal_balance import note_opening_balance

#: How many lines are read at a time.
LINES_PER_READ = 1000

#: What an identifier of Ponto looks like (regular expression of PostgreSQL).
UUID = "^[[:xdigit:]]{8}(-[[:xdigit:]]{4}){3}-[[:xdigit:]]{12}$"


def note_what_is_there(provider):
    """Take note of what the journal has when it gets its feed from Ponto: what
    comes into it later moves no start date.

    A feed of another journal that has pulled already goes back no further in this one.
    """
    provider_sudo = provider.sudo()
    _register_lines(provider_sudo)
    _recognize_statements(provider_sudo)
    _recall_written_ends(provider_sudo)
    note_opening_balance(provider_sudo)
    start_date = provider_sudo._ponto_propose_start_date()
    if provider_sudo.ponto_usual_start_date and provider_sudo.ponto_pull_ids:
        start_date = max(start_date, provider_sudo.ponto_usual_start_date)
    provider_sudo.ponto_usual_start_date = start_date


def take_over(env):
    """Take over what the OCA module of the same name left in the database.

    Its secrets move to integrations, and its lines into the register. Nothing
    older than the lines that it imported is wanted, unless somebody says so.
    """
    env["ponto.digest"]._ensure_salt()
    Provider = env["online.bank.statement.provider"]
    providers = Provider.with_context(active_test=False).search(
        # What has an integration has been taken over.
        [("service", "=", "ponto"), ("ponto_integration_id", "=", False)]
    )
    env.add_to_compute(Provider._fields["name"], providers)
    secrets = _take_clear_secrets(providers)
    for provider in providers:
        # Who enters a secret wants a fetch now; here nobody has entered one.
        next_run = provider.next_run
        if secret := secrets.get(provider.id):
            provider.password = secret
        provider.next_run = next_run
        note_what_is_there(provider)
        if first := provider.ponto_transaction_ids[-1:]:
            # Another start date lets the next pull read all again: this is none.
            provider.write(
                {
                    "ponto_start_date": first.date,
                    "ponto_history_complete": True,
                    "ponto_last_identifier": provider.ponto_last_identifier,
                }
            )


def _take_clear_secrets(providers):
    """Take the secrets out of the rows of Ponto's providers.

    By SQL, so that they are in no cache, and in no statement that may be logged.
    The address goes with them: OCA's module never used one, so that it is that of
    another service, which is to get no secret of Ponto.

    :param providers: the providers of Ponto
    :return: {provider id: secret} (dict)
    """
    providers.flush_recordset(["password", "api_base"])
    providers.env.cr.execute(
        "SELECT id, password FROM online_bank_statement_provider WHERE id IN %s "
        "AND password IS NOT NULL",
        [tuple(providers.ids) or (0,)],
    )
    found = dict(providers.env.cr.fetchall())
    providers.env.cr.execute(
        "UPDATE online_bank_statement_provider SET password = NULL, api_base = NULL "
        "WHERE id IN %s",
        [tuple(providers.ids) or (0,)],
    )
    providers.invalidate_recordset(["password", "api_base"])
    # Somebody without the right to enter a reference may have entered one there.
    return {
        provider_id: secret
        for provider_id, secret in found.items()
        if not is_reference(secret)
    }


def _register_lines(provider):
    """Register the lines that an earlier feed of the journal has imported.

    The OCA modules write their identifier as
    "[account number]-[journal id]-[Ponto identifier]"; the account number may have
    been another one at the time. So do those that read bank files; but only Ponto's
    identifiers are UUIDs, or are found in the document that the line holds.
    """
    env = provider.env
    records = env["ponto.transaction"]
    env["account.bank.statement.line"].flush_model()
    records.flush_model()
    rows = env.execute_query(
        SQL(
            """
            INSERT INTO ponto_transaction (
                provider_id, ponto_id, date, amount, currency, counterpart_name,
                account_number, payment_ref, state, statement_line_id,
                create_uid, create_date, write_uid, write_date
            )
            SELECT %(provider)s, known.ponto_id, move.date, line.amount,
                   currency.name, line.partner_name, line.account_number,
                   line.payment_ref, 'imported',
                   line.id,
                   %(user)s, now() AT TIME ZONE 'UTC',
                   %(user)s, now() AT TIME ZONE 'UTC'
              FROM account_bank_statement_line line
              JOIN account_move move ON move.id = line.move_id
         LEFT JOIN res_currency currency ON currency.id = line.currency_id
        CROSS JOIN LATERAL (
                       SELECT substring(line.unique_import_id FROM %(pattern)s)
                   ) known (ponto_id)
             WHERE line.journal_id = %(journal)s
               AND (
                   known.ponto_id ~ %(uuid)s
                   OR strpos(line.raw_data, known.ponto_id) > 0
               )
       ON CONFLICT (provider_id, ponto_id) DO NOTHING
         RETURNING id
            """,
            provider=provider.id,
            user=env.uid,
            journal=provider.journal_id.id,
            pattern=f"^(?:[A-Za-z0-9]+-)?{provider.journal_id.id}-(.+)$",
            uuid=UUID,
        )
    )
    records.invalidate_model()
    for batch in split_every(LINES_PER_READ, [row[0] for row in rows]):
        for record in records.browse(batch):
            record.write(_identify_by_line(provider, record.statement_line_id))
        records.flush_model()


def _identify_by_line(provider, line):
    """Return what identifies a transaction, from the statement line it became.

    :return: values for `write`
    :rtype: dict
    """
    values = {}
    transaction = transaction_from_text(line.raw_data)
    if transaction:
        values["content_hash"] = provider._ponto_get_content_hash(transaction)
    else:
        transaction = Transaction(
            id="",
            amount=to_decimal(line.amount),
            currency=line.currency_id.name,
            executed_at=datetime.combine(line.date, time(), timezone.utc),
            counterpart_name=line.partner_name or None,
            counterpart_reference=line.account_number or None,
            remittance_information=line.payment_ref or None,
            end_to_end_id=line.ref or None,
        )
    return {
        **values,
        "fingerprint": provider._ponto_get_fingerprint(transaction),
        "traits": " ".join(sorted(provider._ponto_get_traits(transaction))),
    }


def _recognize_statements(provider):
    """Recognize by their names, this once, the statements that an earlier feed of the
    journal has made, so that pulls go on filling them."""
    by_day = {}
    Statement = provider.env["account.bank.statement"]
    for statement in Statement.search(
        [("journal_id", "=", provider.journal_id.id), ("ponto_since", "=", False)],
        order="id desc",
    ):
        since = statements.find_own_period(statement.name, provider.journal_id.code)
        if since and statement.name == provider.make_statement_name(since):
            by_day[since] = statement
    found = Statement.union(*by_day.values())
    last_days = dict(
        provider.env["account.bank.statement.line"]._read_group(
            [("statement_id", "in", found.ids)], ["statement_id"], ["date:max"]
        )
    )
    periods = statements.restore_periods(
        {since: last_days.get(each, since) for since, each in by_day.items()},
        provider.statement_creation_mode,
    )
    for since, statement in by_day.items():
        period = periods[since]
        statement.write({"ponto_since": since, "ponto_until": period.until})


def _recall_written_ends(provider):
    """Recall, this once, which closing balances of the journal's statements nobody has
    typed. Of those made since this addon is there, that is remembered."""
    env = provider.env
    Statement = env["account.bank.statement"]
    Statement.flush_model()
    rows = env.execute_query(
        SQL(
            """
            UPDATE account_bank_statement
               SET ponto_written_end = coalesce(balance_end_real, 0)
             WHERE journal_id = %s AND ponto_written_end IS NULL
         RETURNING id, coalesce(balance_end_real, 0) != coalesce(balance_end, 0)
            """,
            provider.journal_id.id,
        )
    )
    Statement.invalidate_model(["ponto_written_end"])
    for statement in Statement.browse(row[0] for row in rows if row[1]):
        posted = statement.line_ids.filtered(lambda line: line.state == "posted")
        statement.ponto_written_end = statements.recall_written_end(
            to_decimal(statement.balance_start),
            to_decimal(statement.balance_end_real),
            [to_decimal(line.amount) for line in posted.sorted("id")],
            to_decimal(statement.currency_id.rounding),
        )
