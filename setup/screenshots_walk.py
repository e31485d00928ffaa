"""Walk the manual's path through Odoo with a browser, and write its pictures.

Run by setup/screenshots in an environment that has Playwright and Pillow. It does what
the manual tells a bookkeeper to do, in that order; what the bank does meanwhile is told
to the simulated Ponto.
"""

import datetime
import json
import os

import screenshots_languages
import screenshots_settling
from screenshots_bank import Bank
from screenshots_camera import CELLS, FORM, Camera, opened

DASHBOARD = "/odoo/action-account.open_account_journal_dashboard_kanban"
JOURNALS = "/odoo/action-account.action_account_journal_form"
PROVIDERS = (
    "/odoo/action-account_statement_import_online.online_bank_statement_provider_action"
)
OURS = "/odoo/action-account_statement_import_online_ponto."
WAITING = f"{OURS}ponto_transaction_waiting_action"
PULLS = f"{OURS}ponto_pull_all_action"
CARD = ".o_kanban_record:has([name=ponto_card])"


class Walk(Camera):
    """The path; each method is one step of it, with its pictures."""

    def __init__(self, page, settings):
        super().__init__(page, settings)
        self.bank = Bank(settings["bank"])

    def fetch(self):
        """Fetch now, from the journal's card, and wait for what it tells."""
        self.go(DASHBOARD, CARD)
        self.page.locator("#ponto_fetch_btn").first.click()
        self.wait_for_message()

    def wait_for_message(self):
        """Wait for what the addon tells at the top right, and leave that alone there.

        Odoo warns of the password that everybody knows, whenever its bus comes to it.
        """
        messages, warning = self.page.locator(".o_notification"), "default (admin)"
        messages.filter(has_not_text=warning).first.wait_for()
        closers = messages.filter(has_text=warning).locator(".o_notification_close")
        closers.evaluate_all("buttons => buttons.forEach(button => button.click())")

    def close_notifications(self):
        """Close what shows at the top right, all at once: each goes by itself, too."""
        closers = self.page.locator(".o_notification_close")
        closers.evaluate_all("buttons => buttons.forEach(button => button.click())")
        self.page.locator(".o_notification").first.wait_for(state="detached")

    # === CONNECTING === #

    def connect(self):
        self.go(DASHBOARD, "#ponto_connect_btn")
        # Odoo warns of the password that everybody knows, for a few seconds.
        self.page.wait_for_timeout(1000)
        self.close_notifications()
        self.picture("dashboard", ".o_kanban_record:visible")
        self.page.locator("#ponto_connect_btn").first.click()
        self.page.locator(".modal div[name=client_id] input").wait_for()
        self.type("client_id", self.settings["client_id"])
        self.type("client_secret", self.settings["client_secret"])
        self.window("connect-codes")
        self.press("action_log_in", ".modal")
        self.page.locator(".modal .o_data_row").first.wait_for()
        self.window("connect-accounts")
        self.press("action_choose_start", ".modal")
        self.page.locator(".modal td[name=start_reason]").wait_for()
        self.window("connect-start")
        self.press("action_finish", ".modal")
        self.page.locator(FORM).wait_for()
        self.wait_for_pulls()

    def journal(self):
        self.open(JOURNALS, "BNK1")
        self.page.locator("div[name=online_bank_statement_provider_id] a").wait_for()
        self.picture("journal", FORM, margin=0)

    def settings_of_the_feed(self):
        self.open(PROVIDERS, "Bank")
        self.picture(
            "feed-settings",
            ".o_inner_group:has-text('Timezone')",
            since=".o_inner_group:has-text('Secret Key')",
        )

    # === EVERY DAY === #

    def fetch_now(self):
        self.bank.book("1210.00", "Café Het Anker", "Factuur 2026/611")
        self.bank.book("-84.70", "Drukkerij De Letter", "Factuur 77 etiketten")
        self.fetch()
        self.page.locator(CELLS).first.wait_for()
        self.picture("fetched", f"{CELLS} >> nth=1", margin=1)
        self.go(DASHBOARD, CARD)
        self.settle()
        self.write("card", self.page.locator(CARD).first.screenshot())

    def feed(self):
        self.open(PROVIDERS, "Bank")
        self.picture("feed", "div[name=ponto_balance_text]", margin=28)

    # === A PERIOD === #

    def preview(self):
        journals = self.call(
            "account.journal", "search", [("code", "=", "BNK1")], limit=1
        )
        yesterday = str(self.bank.today - datetime.timedelta(days=1))
        self.call(
            "account.bank.statement.line",
            "create",
            {
                "journal_id": journals[0],
                "date": yesterday,
                "amount": -850,
                "payment_ref": "Huur koelhuis",
            },
        )
        self.bank.book("-850.00", "Vastgoed De Brug", "HUUR KOELHUIS", 1)
        self.bank.book("363.00", "Frituur De Kade", "Factuur 2026/612", 1)
        self.bank.book("75.20", "Taverne De Sluis", "Factuur 2026/613")
        self.bank.book(
            "40.00",
            "Harbour Pub",
            "Invoice 2026/614",
            currency="GBP",
            moves_balance=False,
        )
        self.go(DASHBOARD, CARD)
        card = self.page.locator(CARD).first
        card.hover()
        card.locator(".o_dropdown_kanban .dropdown-toggle").click()
        self.page.locator("div[name=ponto_pull_period] a").wait_for()
        self.page.wait_for_timeout(500)
        self.picture("card-menu", ".o-dropdown--menu", since=CARD, width=CARD)
        self.page.locator("div[name=ponto_pull_period] a").click()
        self.page.locator(".modal div[name=ponto_date_from]").wait_for()
        self.window("period")
        start = self.bank.today - datetime.timedelta(days=3)
        field = self.page.locator(".modal div[name=ponto_date_from]")
        field.locator("input, button").first.click()
        calendar = self.page.locator(".o_datetime_picker")
        calendar.wait_for()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(start.strftime("%m/%d/%Y"))
        self.page.keyboard.press("Enter")
        calendar.wait_for(state="hidden")
        self.press("action_ponto_preview", ".modal")
        self.page.locator(".modal button[name=action_ponto_import_new]").wait_for()
        self.window("preview")
        self.press("action_ponto_import_new", ".modal")
        self.wait_for_message()

    def waiting(self):
        tomorrow = self.bank.today + datetime.timedelta(days=1)
        self.bank.book(
            "-1480.00",
            "Leasing Van Dael",
            "Leasing bestelwagen",
            executionDate=f"{tomorrow}T00:00:00.000Z",
        )
        self.fetch()
        self.go(WAITING, CELLS)
        self.picture("waiting", CELLS)
        self.open(PROVIDERS, "Bank")
        self.picture("waiting-bar", ".o_form_view .alert:visible", margin=6)

    def register(self):
        self.open(PROVIDERS, "Bank")
        self.page.locator("button[name=action_ponto_open_transactions]").first.click()
        self.page.locator(CELLS).first.wait_for()
        self.picture("register", f"{CELLS} >> nth=9", margin=0)

    def check(self):
        self.bank.end_consent_in(9)
        self.fetch()
        self.open(PROVIDERS, "Bank")
        self.picture("notice", ".o_form_view .alert:visible", margin=6)
        self.press("action_ponto_check_connection")
        self.page.locator(".modal button[name=action_check_again]").wait_for()
        self.window("check")
        self.bank.end_consent_in(150)

    # === LONG IMPORTS === #

    def background(self):
        self.go(DASHBOARD, CARD)
        self.page.get_by_role("button", name="Configuration").click()
        self.page.get_by_role("menuitem", name="Connect MyPonto.com").click()
        self.press("action_log_in", ".modal")
        webshop = self.page.locator(".modal .o_data_row:has-text('9981')")
        webshop.wait_for()
        rows = self.page.locator(".modal .o_data_row")
        for index in range(rows.count()):
            self.choose(rows.nth(index))
        self.press("action_choose_start", ".modal")
        self.page.locator(".modal td[name=start_reason]").wait_for()
        self.press("action_finish", ".modal")
        self.page.locator(FORM).wait_for()
        self.page.locator(".o_ponto_progress_text:has-text('Importing')").wait_for()
        self.page.wait_for_timeout(3000)
        self.picture("background", ".o_ponto_progress", margin=60)
        self.wait_for_pulls()

    def choose(self, row):
        """Connect the account of the webshop, and no other."""
        action = row.locator("td[name=action]")
        if "9981" in row.inner_text() or "New" not in action.inner_text():
            return
        action.click()
        action.locator("input, button").first.click()
        self.page.get_by_role("menuitem", name="Not Now").or_(
            self.page.locator(".o_select_menu_item:has-text('Not')")
        ).first.click()

    # === PULLS === #

    def pulls(self):
        self.go(PULLS, CELLS)
        self.picture("pulls", ".o_list_footer", margin=1)
        brought_two = f"{CELLS}:has(td[name=imported_count]:text-is('2'))"
        self.page.locator(f"{brought_two} td[name=started_by]").first.click()
        self.page.locator(FORM).wait_for()
        self.picture("pull", FORM, margin=0)
        self.press("action_ask_take_back")
        self.page.locator(".modal").wait_for()
        self.window("take-back")
        self.page.locator(".modal .btn-secondary").click()

    # === WHEN IT FAILS === #

    def refused_secret(self):
        """Somebody has made new codes in Ponto."""
        self.bank.refuse_codes()
        self.open(PROVIDERS, "Bank")
        self.page.get_by_role("button", name="Fetch", exact=True).click()
        self.page.locator(".modal:has-text('does not accept')").wait_for()
        self.window("error-message")

    def bar(self):
        self.open(PROVIDERS, "Bank")
        self.page.locator(".alert-danger").wait_for()
        self.picture("error", ".o_form_view .alert:visible", margin=6)


def main():
    settings = json.loads(os.environ["SETTINGS"])
    with opened(settings) as page:
        walk = Walk(page, settings)
        walk.log_in()
        if settings["chapter"] == "beside":
            screenshots_settling.settle_beside(walk)
            return
        walk.connect()
        walk.journal()
        walk.settings_of_the_feed()
        walk.fetch_now()
        walk.feed()
        screenshots_settling.settle_by_hand(walk)
        walk.preview()
        walk.waiting()
        walk.register()
        walk.check()
        walk.background()
        walk.pulls()
        walk.refused_secret()
        walk.bar()
        walk.bank.accept_codes()
        screenshots_languages.look(walk)


main()
