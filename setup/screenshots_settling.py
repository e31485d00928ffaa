"""The manual's pictures of settling invoices; see screenshots_walk.py."""

import datetime

from screenshots_camera import CELLS

FEED = "online.bank.statement.provider"


def owe(walk, name, amount):
    """Post an invoice to a new customer, and return its number (str)."""
    partner = walk.call("res.partner", "create", {"name": name})
    line = {"name": "Blond 33 cl", "price_unit": amount, "tax_ids": [[5]]}
    day = str(walk.bank.today - datetime.timedelta(days=20))
    values = {
        "move_type": "out_invoice",
        "partner_id": partner,
        "invoice_date": day,
        "date": day,
        "invoice_line_ids": [[0, 0, line]],
    }
    invoice = walk.call("account.move", "create", values)
    walk.call("account.move", "action_post", [invoice])
    [found] = walk.call("account.move", "read", [invoice], ["name"])
    return found["name"]


def settle_by_hand(walk):
    """What Community alone shows to settle, and how."""
    accounts = [("account_type", "=", "expense")]
    [account] = walk.call("account.account", "search", accounts, limit=1)
    fees = {"name": "Bankkosten", "line_ids": [[0, 0, {"account_id": account}]]}
    walk.call("account.reconcile.model", "create", fees)
    feeds = walk.call(FEED, "search", [("service", "=", "ponto")])
    walk.call(FEED, "write", feeds, {"ponto_match_policy": "suggest"})
    number = owe(walk, "Herberg De Linde", 484)
    owe(walk, "Taverne Ter Dijk", 259.6)
    walk.bank.book("484.00", "Herberg De Linde", f"Betaling {number}, met dank")
    walk.bank.book("259.60", "Taverne Ter Dijk", "Levering van juni")
    walk.bank.book("-12.50", "KBC Bank", "Kosten van de rekening")
    walk.fetch()
    walk.page.locator(CELLS).first.wait_for()
    walk.picture("settle", CELLS)
    row = f"{CELLS}:has-text('Levering van juni')"
    walk.page.locator(f"{row} button[name=action_ponto_choose]").click()
    walk.page.locator("button[name=action_ponto_settle]").first.wait_for()
    walk.picture("settle-choose", CELLS)


def settle_beside(walk):
    """The same on the screen of account_reconcile_oca."""
    walk.bank.book("88.00", "Taverne Ter Dijk", "Voorschot")
    walk.fetch()
    walk.page.locator(".o_kanban_record:has-text('Voorschot')").wait_for()
    walk.page.locator(".o_form_view .o_data_row").first.wait_for()
    walk.close_notifications()
    walk.picture("settle-oca", ".o_form_view .o_notebook", margin=0)
