"""Walk the manual's path through Odoo with a browser, and write its pictures.

Run by setup/screenshots in an environment that has Playwright and Pillow. It does what
the manual tells a bookkeeper to do, in that order, and nothing else.
"""

import contextlib
import io
import json
import os
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

IBAN = "BE68 5390 0754 7034"
WIDTH, HEIGHT = 1366, 900
COLOURS = 128
MARGIN = 16
SECONDS = 60
FLAGS = ["--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
# A blinking cursor, or a colour that is still changing, makes every picture another.
STILL = """
*, *::before, *::after {
    transition: none !important;
    animation: none !important;
    caret-color: transparent !important;
}
"""

PONTO = ".o_inner_group:has-text('Secret Key')"
CONFIGURATION = "button[name=action_open_online_bank_statement_provider]"
DASHBOARD = "/odoo/action-account.open_account_journal_dashboard_kanban"
JOURNALS = "/odoo/action-account.action_account_journal_form"
PROVIDERS = (
    "/odoo/action-account_statement_import_online.online_bank_statement_provider_action"
)


class Walk:
    """The path; each method is one step of it, with its picture."""

    def __init__(self, page, settings):
        self.page = page
        self.settings = settings
        self.folder = Path(settings["folder"])

    # === HELPERS === #

    def picture(self, name, upto, since=None, margin=MARGIN):
        """Write a picture of the page.

        :param str upto: selector of what it ends with
        :param str since: selector of what it begins with; else the top of the page
        :param int margin: what is left around these
        """
        self.page.mouse.move(0, 0)
        self.page.wait_for_timeout(500)
        last = self.page.locator(upto).last.bounding_box()
        bottom = min(last["y"] + last["height"] + margin, HEIGHT)
        top = 0
        if since:
            top = self.page.locator(since).first.bounding_box()["y"] - margin
        clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top}
        self.write(name, self.page.screenshot(clip=clip))

    def write(self, name, png):
        """Write a picture with few colours, which makes it small."""
        image = Image.open(io.BytesIO(png)).convert("RGB")
        image = image.quantize(COLOURS, dither=Image.Dither.NONE)
        image.save(self.folder / f"{name}.png", optimize=True)

    def go(self, path, until):
        """Open a page and wait for what has to be on it."""
        self.page.goto(self.settings["url"] + path)
        self.page.add_style_tag(content=STILL)
        self.page.locator(until).first.wait_for()

    def type(self, field, text):
        """Type into a field of the form."""
        self.page.locator(f"div[name={field}] input").fill(text)

    def save(self):
        """Save the form and wait until it is saved."""
        self.page.locator(".o_form_button_save").click()
        self.page.locator(".o_form_status_indicator_buttons.invisible").wait_for(
            state="attached"
        )

    # === THE PATH === #

    def log_in(self):
        self.page.goto(self.settings["url"] + "/web/login")
        self.page.locator("input[name=login]").fill("admin")
        self.page.locator("input[name=password]").fill("admin")
        self.page.locator("form.oe_login_form button[type=submit]").click()
        self.page.locator(".o_main_navbar").wait_for()

    def dashboard(self):
        self.go(DASHBOARD, ".o_kanban_record:has-text('Bank')")
        self.picture("dashboard", ".o_kanban_record:visible")

    def journal(self):
        self.go(JOURNALS, ".o_data_row")
        self.page.get_by_role("cell", name="Bank", exact=True).first.click()
        self.page.locator(".o_form_view").wait_for()
        self.page.locator("div[name=bank_account_id] input").fill(IBAN)
        self.page.locator(".dropdown-menu a:has-text('Create')").first.click()
        self.page.locator("label:has-text('Online (OCA)')").click()
        self.page.locator("div[name=online_bank_statement_provider] input").click()
        self.page.locator(".o_select_menu_item:has-text('MyPonto.com')").click()
        self.save()
        self.page.locator(CONFIGURATION).wait_for()
        self.picture("journal", ".o_form_sheet", margin=0)

    def provider(self):
        self.page.locator(CONFIGURATION).click()
        self.page.locator("div[name=username] input").wait_for()
        self.picture("provider-empty", PONTO)

    def credentials(self):
        self.type("username", self.settings["client_id"])
        self.type("password", self.settings["client_secret"])
        self.save()
        self.picture("provider-filled", PONTO)
        schedule = ".o_inner_group:has-text('Scheduled Pull')"
        statements = ".o_inner_group:has-text('Timezone')"
        self.picture("provider-schedule", statements, since=schedule)

    def pull(self):
        self.page.get_by_role("button", name="Pull Online Bank Statement").click()
        self.page.locator(".modal button[name=action_pull]").wait_for()
        # the calendar that opens by itself hides the second day
        self.page.locator(".modal-title").click()
        self.picture("pull", ".modal-content")
        self.page.locator(".modal button[name=action_pull]").click()
        self.page.locator(".o_notification").wait_for()
        self.page.locator(".o_data_row").first.wait_for()
        self.picture("transactions", ".o_data_row:nth-child(12)", margin=0)

    def open_provider(self):
        self.go(PROVIDERS, ".o_data_row")
        self.page.locator(".o_data_row").first.click()
        self.page.locator("div[name=ponto_account_name]").wait_for()

    def after_pull(self):
        self.open_provider()
        self.picture("provider-after", PONTO)

    def lists(self):
        self.page.locator("button[name=action_ponto_open_transactions]").last.click()
        self.page.locator(".o_data_row").first.wait_for()
        self.picture("register", ".o_data_row:nth-child(10)", margin=0)
        self.page.go_back()
        self.page.get_by_role("button", name=re.compile("Pulls")).click()
        self.page.locator(".o_list_view .o_data_row td[name=read_count]").wait_for()
        self.picture("pulls", ".o_data_row")

    def wrong_secret(self):
        self.open_provider()
        self.type("password", "not-the-secret")
        self.save()
        self.page.get_by_role("button", name="Pull Online Bank Statement").click()
        self.page.locator(".modal button[name=action_pull]").click()
        self.page.locator(".modal:has-text('does not accept')").wait_for()
        self.picture("error-message", ".modal-content")

    def banner(self):
        self.open_provider()
        self.page.locator(".alert-danger").wait_for()
        self.picture("error", PONTO)


@contextlib.contextmanager
def opened(settings):
    """Give a page of a browser; a picture of it remains when something fails."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=settings["browser"], args=FLAGS
        )
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            locale="en-GB",
            timezone_id="Europe/Brussels",
        )
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        try:
            yield page
        except BaseException:
            page.screenshot(path=Path(settings["folder"]) / "failed.png")
            raise
        finally:
            browser.close()


def main():
    settings = json.loads(os.environ["SETTINGS"])
    with opened(settings) as page:
        walk = Walk(page, settings)
        walk.log_in()
        walk.dashboard()
        walk.journal()
        walk.provider()
        walk.credentials()
        walk.pull()
        walk.after_pull()
        walk.lists()
        walk.wrong_secret()
        walk.banner()


main()
