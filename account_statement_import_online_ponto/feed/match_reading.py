# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Reading bank lines and what is open in the books as the engine matches them.

A constant number of queries, however many lines and items there are. What a person may
not read is not read: everything but the company's own account numbers comes in the
environment of the lines.
"""

from dataclasses import replace
from decimal import Decimal

from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine import document_numbers
from ..engine.open_items import (
    PAYABLE,
    RECEIVABLE,
    BankLine,
    ClosedDocument,
    Company,
    OpenItem,
)
from ..engine.settlement import match_lines
from ..ponto_api import transaction_from_text
from . import match_memory

#: Closed documents of each series that are read although no line names them: two show
#: what the numbers of a series look like.
SHOWN_OF_A_SERIES = 2

_NO_DOTS = str.maketrans("", "", ".,")
_BANK_ACCOUNT_TYPES = ("asset_cash", "liability_credit_card")


def find_outcomes(lines):
    """Find out what bank lines settle.

    :param lines: `account.bank.statement.line` records
    :return: {line: `engine.open_items.LineOutcome`} of those with an amount to settle
    :rtype: dict
    """
    lines = lines.filtered(lambda line: line.move_id.state == "posted")
    outcomes = {}
    for company, own in lines.grouped("company_id").items():
        owners, own_company, partner_names = _read_counterparts(own, company)
        bank_lines = read_bank_lines(own, owners)
        if not bank_lines:
            continue
        days = {line.date for line in bank_lines}
        items, rates = read_open_items(own.env, company, days)
        found = match_lines(
            with_rates(bank_lines, rates, company),
            items,
            _read_closed_documents(own.env, company, bank_lines),
            own_company,
            partner_names,
        )
        for outcome in found:
            outcomes[own.browse(outcome.line_id)] = outcome
    return outcomes


def money(amount, currency):
    """Return an amount of Odoo as the engine counts, rounded as its currency rounds.

    :param float amount:
    :param currency: a `res.currency`
    :rtype: Decimal
    """
    return _rounded(amount, currency.decimal_places)


def _rounded(amount, decimal_places):
    return Decimal(str(amount or 0)).quantize(Decimal(1).scaleb(-decimal_places))


# === LINES === #


def read_bank_lines(lines, owners):
    """Return bank lines as the engine takes them: what of them is still to settle.

    :param lines: `account.bank.statement.line` records of one company
    :param dict owners: whose account numbers those of the lines are
    :rtype: list[BankLine]
    """
    return list(filter(None, (_read_bank_line(line, owners) for line in lines)))


def _read_bank_line(line, owners):
    """Return a line as the engine takes it, or None if nothing of it is open."""
    _liquidity, suspense, others = line._seek_for_lines()
    if not suspense:
        return None
    currency, foreign, amount = line.currency_id, line.foreign_currency_id, line.amount
    if others:
        # What is left has an amount in the currency of the transaction only.
        currency, foreign = suspense.currency_id, foreign.browse()
        amount = -sum(suspense.mapped("amount_currency"))
    company_amount = -sum(suspense.mapped("balance"))
    texts, end_to_end_id = _read_texts(line)
    number = sanitize_account_number(line.account_number) or ""
    return BankLine(
        id=line.id,
        date=line.date,
        amount=money(amount, currency),
        currency=currency.name,
        company_amount=money(company_amount, line.company_id.currency_id),
        foreign_amount=money(line.amount_currency, foreign) if foreign else None,
        foreign_currency=foreign.name or "",
        texts=texts,
        counterpart_name=line.partner_name or "",
        account_number=number,
        known_partner_ids=owners.get(number, frozenset()),
        chosen_partner_id=match_memory.find_chosen_partner(line),
        end_to_end_id=end_to_end_id,
        journal_id=line.journal_id.id,
        undone=match_memory.find_undone(line),
    )


def with_rates(bank_lines, rates, company):
    """Return lines in the company's currency with the rates of their days; other lines
    as they are.

    :param list[BankLine] bank_lines:
    :param dict rates: as `read_open_items` returns them
    :param company: a `res.company`
    :rtype: list[BankLine]
    """
    own = company.currency_id.name
    return [
        replace(line, rates=rates[line.date])
        if line.transaction_currency == own
        else line
        for line in bank_lines
    ]


def _read_texts(line):
    """Read what the bank itself wrote; of a line of another origin, its label.

    :return: the texts, and the end-to-end identification
    :rtype: tuple[tuple[str, ...], str]
    """
    transaction = transaction_from_text(line.raw_data)
    if not transaction:
        return (line.payment_ref or "",), ""
    texts = (transaction.remittance_information, transaction.additional_information)
    return tuple(filter(None, texts)), transaction.end_to_end_id or ""


def _read_counterparts(lines, company):
    """Return whose account numbers and names the lines have, and the company's own.

    :param lines: `account.bank.statement.line` records
    :param company: their `res.company`; its branches and what it is a branch of are
        the same company here
    :return: {account number: set of commercial partners}, the company, and the names
        of commercial partners who are called like counterparts
    :rtype: tuple[dict[str, frozenset[int]], Company, dict[int, str]]
    """
    # As the import sees it: an account number of an archived partner is nobody's.
    of_company = ("company_id", "in", (False, *company.parent_ids.ids))
    numbers = {sanitize_account_number(line.account_number) for line in lines}
    query = lines.env["res.partner.bank"]._search(
        [
            ("sanitized_acc_number", "in", list(numbers - {False, None, ""})),
            ("partner_id.active", "=", True),
            of_company,
        ]
    )
    called = _search_called(lines, company, Domain([of_company]))
    rows = lines.env.execute_query(
        SQL(
            """
            SELECT bank.sanitized_acc_number, partner.commercial_partner_id, NULL
              FROM res_partner_bank bank
              JOIN res_partner partner ON partner.id = bank.partner_id
             WHERE bank.id IN %(found)s
         UNION ALL
            SELECT NULL, partner.id, partner.name
              FROM res_partner partner
             WHERE partner.id IN %(called)s
         UNION ALL
            SELECT bank.sanitized_acc_number, NULL, company.name
              FROM res_company company
         LEFT JOIN res_partner_bank bank
                   ON bank.partner_id = company.partner_id AND bank.active
             WHERE company.parent_path LIKE %(path)s
            """,
            found=query.subselect(),
            called=called.subselect(),
            path=f"{company.root_id.id}/%",
        )
    )
    owners, names, own_numbers, partner_names = {}, {}, [], {}
    for number, partner_id, name in rows:
        if partner_id and name:
            partner_names[partner_id] = name
        elif name is None:
            owners[number] = owners.get(number, frozenset()) | {partner_id}
        else:
            names[name] = True
            own_numbers += filter(None, [number])
    return owners, Company(tuple(names), tuple(own_numbers)), partner_names


def _search_called(lines, company, domain):
    """Return the query for active commercial partners who are called like counterparts
    of lines, but for capitals, dots and commas; the engine compares them by words. The
    name of the company itself tells nothing.

    :param company: a `res.company`
    :param Domain domain: which partners count
    """
    names = {
        (line.partner_name or "").translate(_NO_DOTS).strip().lower() for line in lines
    } - {""}
    if not names:
        domain = Domain.FALSE
    Partner = lines.env["res.partner"]
    query = Partner._search(domain & Domain("active", "=", True))
    query.add_where(
        SQL(
            """%(id)s = %(commercial_id)s
            AND lower(trim(translate(%(name)s, '.,', ''))) = ANY(%(names)s)
            AND NOT EXISTS (SELECT 1
                              FROM res_company company
                             WHERE company.partner_id = %(id)s
                                   AND company.parent_path LIKE %(path)s)""",
            id=SQL.identifier(query.table, "id"),
            commercial_id=SQL.identifier(query.table, "commercial_partner_id"),
            name=SQL.identifier(query.table, "name"),
            names=sorted(names),
            path=f"{company.root_id.id}/%",
        )
    )
    return query


# === WHAT IS OPEN === #


def get_open_items_domain(company):
    """Return the domain of what lines of a company may settle.

    As in Odoo, the open side of a registered payment is its outstanding account.

    :param company: a `res.company`
    :rtype: Domain
    """
    is_owed = Domain("account_id.account_type", "in", (RECEIVABLE, PAYABLE))
    is_of_payment = Domain("payment_id", "!=", False)
    is_expected = Domain("payment_id.state", "!=", "rejected")
    return Domain(
        [
            ("company_id", "child_of", company.id),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("account_id.reconcile", "=", True),
            ("account_id.account_type", "not in", _BANK_ACCOUNT_TYPES),
        ]
    ) & ((is_owed & ~is_of_payment) | (~is_owed & is_of_payment & is_expected))


def read_open_items(env, company, days):
    """Return the open items that lines of a company may settle, and the rates at which
    lines in the company's currency settle those in others.

    :param env: the environment, whose user may read them
    :param company: a `res.company`
    :param days: dates of the lines
    :return: the items, and what one unit of their currencies was worth on each day in
        the company's, as far as the books have a rate: {day: {currency: worth}}
    :rtype: tuple[list[OpenItem], dict[date, dict[str, Decimal]]]
    """
    env.flush_all()
    days = sorted(days)
    query = env["account.move.line"]._search(get_open_items_domain(company))
    rows = env.execute_query(
        SQL(
            """
            SELECT item.id, item.move_id, move.move_type = 'entry' AS is_entry,
                   CASE payment.partner_type
                        WHEN 'customer' THEN %(receivable)s
                        WHEN 'supplier' THEN %(payable)s
                        ELSE account.account_type END,
                   commercial.id, commercial.name,
                   currency.name, currency.decimal_places,
                   item.amount_currency, item.amount_residual_currency,
                   item.amount_residual, own_currency.decimal_places,
                   COALESCE(item.date_maturity, item.date),
                   CASE WHEN move.statement_line_id IS NULL
                        THEN ARRAY[move.name, move.ref,
                                   CASE WHEN move.move_type = 'entry'
                                             AND payment.id IS NULL
                                        THEN item.name END] END,
                   COALESCE(move.payment_reference, payment.payment_reference),
                   CASE WHEN term.early_discount AND item.display_type = 'payment_term'
                             AND move.move_type = ANY(%(discounted)s)
                        THEN item.discount_date END,
                   item.discount_amount_currency,
                   CASE WHEN payment.id IS NOT NULL THEN item.journal_id ELSE 0 END,
                   CASE WHEN payment.id IS NOT NULL THEN ARRAY(
                       SELECT CASE WHEN paid_move.move_type = 'entry'
                                   THEN -paid.id ELSE paid.move_id END
                         FROM account_move_line own
                         JOIN account_partial_reconcile partial
                              ON own.id IN (partial.debit_move_id,
                                            partial.credit_move_id)
                         JOIN account_move_line paid
                              ON paid.id IN (partial.debit_move_id,
                                             partial.credit_move_id)
                         JOIN account_move paid_move ON paid_move.id = paid.move_id
                        WHERE own.move_id = item.move_id
                              AND own.id != item.id
                              AND paid.move_id != item.move_id
                   ) END,
                   CASE WHEN item.currency_id != item.company_currency_id
                             AND item.id = min(item.id) OVER (
                                 PARTITION BY item.currency_id
                             )
                        THEN %(values)s END
              FROM account_move_line item
              JOIN account_move move ON move.id = item.move_id
              JOIN account_account account ON account.id = item.account_id
              JOIN res_currency currency ON currency.id = item.currency_id
              JOIN res_currency own_currency
                   ON own_currency.id = item.company_currency_id
         LEFT JOIN res_partner partner ON partner.id = item.partner_id
         LEFT JOIN res_partner commercial
                   ON commercial.id = partner.commercial_partner_id
         LEFT JOIN account_payment_term term ON term.id = move.invoice_payment_term_id
         LEFT JOIN account_payment payment ON payment.id = item.payment_id
             WHERE item.id IN %(found)s
                   AND (payment.id IS NULL
                        OR payment.outstanding_account_id = item.account_id)
          ORDER BY item.id
            """,
            discounted=list(env["account.move"]._early_payment_discount_move_types()),
            receivable=RECEIVABLE,
            payable=PAYABLE,
            values=_select_values(env, company, days),
            found=query.subselect(),
        )
    )
    identifiers = env["online.bank.statement.provider"]._ponto_get_end_to_end_ids(
        [row[0] for row in rows]
    )
    items, rates = [], {day: {} for day in days}
    for *row, values in rows:
        item = _open_item(row, identifiers)
        items.append(item)
        for day, value in zip(days, values, strict=True) if values else ():
            if value:
                rates[day][item.currency] = Decimal(str(value))
    return items, rates


def _select_values(env, company, days):
    """Return the expression for what one unit of an item's currency was worth on days,
    as `_get_rates` of Odoo's currencies has it; but NULL without any rate.

    :param list days: in their order
    """
    return SQL(
        """
        ARRAY(SELECT COALESCE(%s, 1) / %s
                FROM unnest(%s::date[]) day
            ORDER BY day)
        """,
        _select_rate(env, company, SQL("item.company_currency_id")),
        _select_rate(env, company, SQL("item.currency_id")),
        days,
    )


def _select_rate(env, company, currency_id):
    """Return the expression for a currency's rate on a `day`: the latest one, before
    all of them the first; the company's own come before those of all companies."""
    Rate = env["res.currency.rate"]
    queries = []
    for order in ("DESC", "ASC"):
        query = Rate._search(
            [("company_id", "in", (False, company.root_id.id))],
            order=f"company_id.id, name {order}",
            limit=1,
        )
        is_of_currency = SQL(
            "%s = %s", Rate._field_to_sql(query.table, "currency_id"), currency_id
        )
        query.add_where(is_of_currency)
        queries.append(query)
    latest, first = queries
    latest.add_where(SQL("%s <= day", Rate._field_to_sql(latest.table, "name")))
    return SQL(
        "COALESCE(%s, %s)",
        *(
            query.subselect(Rate._field_to_sql(query.table, "rate"))
            for query in (latest, first)
        ),
    )


def _open_item(row, identifiers):
    """Return an item as the engine takes it.

    :param row: as selected by `read_open_items`
    :param dict identifiers: of our own payments, by item
    """
    item_id, move_id, is_entry, account_type, partner_id, partner_name, *row = row
    currency, places, amount, residual, company_residual, company_places, *row = row
    due_date, names, payment_reference, discount_date, discount_amount, *row = row
    journal_id, paid_document_ids = row
    return OpenItem(
        id=item_id,
        document_id=-item_id if is_entry else move_id,
        account_type=account_type,
        partner_id=partner_id or 0,
        partner_name=partner_name or "",
        currency=currency,
        amount=_rounded(amount, places),
        residual=_rounded(residual, places),
        company_residual=_rounded(company_residual, company_places),
        due_date=due_date,
        names=tuple(filter(None, names or ())),
        payment_reference=payment_reference or "",
        discount_date=discount_date,
        discount_amount=_rounded(discount_amount, places) if discount_date else None,
        end_to_end_ids=tuple(identifiers.get(item_id, ())),
        journal_id=journal_id,
        paid_document_ids=tuple(paid_document_ids or ()),
    )


def _read_closed_documents(env, company, bank_lines):
    """Return the invoices and bills that lines may name although nothing is open: paid,
    drafts, or cancelled.

    Of those that no line names, only what shows the form of each series of numbers.

    :param env: the environment, whose user may read them
    :param company: a `res.company`
    :param bank_lines: `BankLine` objects
    :rtype: list[ClosedDocument]
    """
    digits = document_numbers.digits_of(
        {text for line in bank_lines for text in line.texts}
    )
    Move = env["account.move"]
    query = Move._search(
        [
            ("company_id", "child_of", company.id),
            ("move_type", "in", Move.get_invoice_types(include_receipts=True)),
        ]
    )
    is_named = SQL(" OR ").join(
        SQL(
            r"""ltrim(substring(%(name)s FROM '(\d+)\D*$'), '0') = ANY(%(runs)s)
            OR regexp_replace(%(name)s, '\D', '', 'g') = ANY(%(joined)s)""",
            name=SQL.identifier("move", name),
            runs=list(digits.runs),
            joined=list(digits.joined),
        )
        for name in ("name", "ref", "payment_reference")
    )
    rows = env.execute_query(
        SQL(
            """
            SELECT id, commercial_partner_id, name, ref, payment_reference,
                   state = 'posted'
              FROM (
                  SELECT move.*, row_number() OVER (
                             PARTITION BY move.journal_id, move.sequence_prefix
                             ORDER BY move.id
                         ) AS place
                    FROM account_move move
                   WHERE move.id IN %(found)s
              ) move
             WHERE place <= %(shown)s OR %(is_named)s
            """,
            found=query.subselect(),
            shown=SHOWN_OF_A_SERIES,
            is_named=is_named,
        )
    )
    return [
        ClosedDocument(
            move_id,
            partner_id or 0,
            tuple(filter(None, (name, ref))),
            payment_reference or "",
            is_posted,
        )
        for move_id, partner_id, name, ref, payment_reference, is_posted in rows
    ]
