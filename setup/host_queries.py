"""Counts the queries of everyday work, in a database in which no journal has a feed.

Fed to ``odoo shell`` by ``setup/test host``; prints JSON. All of it is done twice, and
counted the second time, when what Odoo caches is there.
"""

import itertools
import json

env = globals()["env"]  # defined by the shell
numbers = itertools.count(1)
journals = env["account.journal"]
bank = journals.search([("type", "=", "bank")], limit=1)
miscellaneous = journals.search([("type", "=", "general")], limit=1)
customer = env["res.partner"].create({"name": "Customer"})
income = env["account.account"].search([("account_type", "=", "income")], limit=1)
tax = env["account.tax"].search([("type_tax_use", "=", "sale")], limit=1)


def create_user():
    return env["res.users"].create(
        {
            "name": "Colleague",
            "login": f"colleague{next(numbers)}",
            "notification_type": "inbox",
            "group_ids": [(4, env.ref("account.group_account_manager").id)],
        }
    )


def create_partner():
    return env["res.partner"].create({"name": "Supplier", "lang": "en_US"})


def create_invoice():
    line = {"name": "Service", "price_unit": 100, "account_id": income.id}
    return env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": customer.id,
            "invoice_date": "2026-07-01",
            "invoice_line_ids": [(0, 0, {**line, "tax_ids": [(6, 0, tax.ids)]})],
        }
    )


def create_entries(count):
    lines = [{"balance": balance, "account_id": income.id} for balance in (100, -100)]
    values = {
        "journal_id": miscellaneous.id,
        "date": "2026-07-01",
        "line_ids": [(0, 0, line) for line in lines],
    }
    return env["account.move"].create([values] * count)


def create_payment():
    return env["account.payment"].create(
        {
            "partner_id": customer.id,
            "amount": 100,
            "payment_type": "inbound",
            "partner_type": "customer",
            "journal_id": bank.id,
        }
    )


def create_lines(count):
    values = {"journal_id": bank.id, "date": "2026-07-01", "payment_ref": "Rent"}
    return env["account.bank.statement.line"].create([{**values, "amount": 5}] * count)


def create_statement():
    return env["account.bank.statement"].create(
        {"name": "Statement", "line_ids": [(6, 0, create_lines(3).ids)]}
    )


def create_journal():
    number = next(numbers)
    return journals.create(
        {"name": f"Bank {number}", "type": "bank", "code": f"B{number}"}
    )


def create_account_number():
    number = f"ACC{next(numbers)}"
    return env["res.partner.bank"].create(
        {"partner_id": customer.id, "acc_number": number}
    )


def save_settings():
    settings = env["res.config.settings"].create({})
    settings.execute()


def nothing():
    return None


# Title: (what is prepared uncounted, what is done with it)
WORK = {
    "creating a user": (nothing, lambda _: create_user()),
    "creating a partner": (nothing, lambda _: create_partner()),
    "creating a bank account": (nothing, lambda _: create_account_number()),
    "creating a bank journal": (nothing, lambda _: create_journal()),
    "creating an invoice": (nothing, lambda _: create_invoice()),
    "posting an invoice": (create_invoice, lambda invoice: invoice.action_post()),
    "creating a payment": (nothing, lambda _: create_payment()),
    "posting a payment": (create_payment, lambda payment: payment.action_post()),
    "creating a statement line": (nothing, lambda _: create_lines(1)),
    "creating 50 statement lines": (nothing, lambda _: create_lines(50)),
    "creating a statement": (nothing, lambda _: create_statement()),
    "creating ten entries": (nothing, lambda _: create_entries(10)),
    "posting ten entries": (
        lambda: create_entries(10),
        lambda entries: entries.action_post(),
    ),
    "changing a user": (
        create_user,
        lambda user: user.write({"name": "Friend", "notification_type": "email"}),
    ),
    "changing a partner": (
        create_partner,
        lambda partner: partner.write({"name": "Other", "lang": False}),
    ),
    "changing a journal": (
        create_journal,
        lambda journal: journal.write({"name": "Other", "active": False}),
    ),
    "changing an entry": (
        lambda: create_entries(1),
        lambda entry: entry.write({"ref": "Other", "date": "2026-07-02"}),
    ),
    "changing a statement line": (
        lambda: create_lines(1),
        lambda line: line.write({"payment_ref": "Other", "amount": 6}),
    ),
    "deleting an entry": (lambda: create_entries(1), lambda entry: entry.unlink()),
    "deleting an invoice": (create_invoice, lambda invoice: invoice.unlink()),
    "deleting a statement line": (lambda: create_lines(1), lambda line: line.unlink()),
    "deleting 50 statement lines": (
        lambda: create_lines(50),
        lambda lines: lines.unlink(),
    ),
    "deleting a bank journal": (create_journal, lambda journal: journal.unlink()),
    "opening the dashboard": (
        nothing,
        lambda _: journals.search([])._get_journal_dashboard_data_batched(),
    ),
    "describing the fields of a journal": (nothing, lambda _: journals.fields_get()),
    "opening the form of a journal": (
        nothing,
        lambda _: journals.get_views([(False, "form"), (False, "list")]),
    ),
    "opening the bank lines": (
        nothing,
        lambda _: env["account.bank.statement.line"].search_read([], limit=80),
    ),
    "saving the settings": (nothing, lambda _: save_settings()),
}


def count(prepare, work):
    """Return how many queries the work costs, with all that it leaves to do."""
    subject = prepare()
    env.flush_all()
    env.invalidate_all()
    before = env.cr.sql_log_count
    work(subject)
    env.flush_all()
    return env.cr.sql_log_count - before


for prepare, work in WORK.values():
    count(prepare, work)
print(json.dumps({title: count(*parts) for title, parts in WORK.items()}))
