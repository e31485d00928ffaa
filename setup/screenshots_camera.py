"""A browser that looks at Odoo and keeps what it sees; see screenshots_walk.py."""

import contextlib
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1366, 768
#: High enough to show all of a form.
HIGH = 1700
COLOURS = 128
MARGIN = 16
SECONDS = 40
FLAGS = ["--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
#: A public address, which Ponto demands; only the simulated one ever sees it.
PUBLIC_ADDRESS = "8.8.8.8"
# A blinking cursor, or a colour that is still changing, makes every picture another.
# What hovers over everything, or counts the mails of the day, only distracts.
STILL = """
*, *::before, *::after {
    transition: none !important;
    animation: none !important;
    caret-color: transparent !important;
}
.o-mail-ImStatus, .o-mail-DiscussSystray-class {
    display: none !important;
}
"""
FORM = ".o_form_view .o_form_sheet"
CELLS = ".o_list_view .o_data_row"


class Camera:
    """Moves through Odoo's pages, and writes pictures of them.

    :param page: of a browser
    :param dict settings: of setup/screenshots
    """

    def __init__(self, page, settings):
        self.page = page
        self.settings = settings
        self.folder = Path(settings["folder"])

    def log_in(self):
        """Log in as the administrator."""
        self.page.goto(self.settings["url"] + "/web/login")
        self.page.locator("input[name=login]").fill("admin")
        self.page.locator("input[name=password]").fill("admin")
        self.page.locator("form.oe_login_form button[type=submit]").click()
        self.page.locator(".o_main_navbar").wait_for()

    def settle(self):
        """Wait until nothing moves, with the mouse out of the way."""
        self.page.mouse.move(0, 0)
        self.page.wait_for_timeout(600)

    def picture(self, name, upto, since=None, width=None, margin=MARGIN):
        """Write a picture of the page.

        :param str upto: selector of what it ends with
        :param str since: selector of what it begins with; else the top of the page
        :param str width: selector of what is as wide as it; else the page
        :param int margin: what is left around these
        """
        self.page.set_viewport_size({"width": WIDTH, "height": HIGH})
        self.settle()
        last = self.page.locator(upto).last.bounding_box()
        bottom = min(last["y"] + last["height"] + margin, HIGH)
        top = 0
        if since:
            top = self.page.locator(since).first.bounding_box()["y"] - margin
        clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top}
        if width:
            box = self.page.locator(width).first.bounding_box()
            clip.update(x=box["x"] - margin, width=box["width"] + 2 * margin)
        self.write(name, self.page.screenshot(clip=clip))
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def window(self, name):
        """Write a picture of the window that is open, and of nothing behind it."""
        self.page.set_viewport_size({"width": WIDTH, "height": HIGH})
        # without the calendar that opens by itself
        self.page.locator(".modal-title").last.click()
        self.settle()
        self.write(name, self.page.locator(".modal-content").last.screenshot())
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

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

    def open(self, path, row, until=FORM):
        """Open a list and then the record of one of its rows."""
        self.go(path, CELLS)
        cells = f"{CELLS}:has-text('{row}') .o_data_cell:not(.o_handle_cell)"
        self.page.locator(cells).first.click()
        self.page.locator(until).first.wait_for()

    def press(self, name, inside=""):
        """Press a button by the name of what it does."""
        self.page.locator(f"{inside} button[name={name}]:visible").first.click()

    def type(self, field, text):
        """Type into a field."""
        self.page.locator(f"div[name={field}] input").last.fill(text)

    def save(self):
        """Save the form and wait until it is saved."""
        self.page.locator(".o_form_button_save").click()
        self.page.locator(".o_form_status_indicator_buttons.invisible").wait_for(
            state="attached"
        )

    def call(self, model, method, *args, **kwargs):
        """Do without a screen what is not in the pictures."""
        answer = self.page.request.post(
            f"{self.settings['url']}/web/dataset/call_kw/{model}/{method}",
            data={
                "jsonrpc": "2.0",
                "params": {
                    "model": model,
                    "method": method,
                    "args": args,
                    "kwargs": kwargs,
                },
            },
        ).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer["result"]

    def wait_for_pulls(self):
        """Wait until no pull runs in the background any more."""
        for _attempt in range(3 * SECONDS):
            if not self.call("ponto.pull", "search_count", [("state", "=", "running")]):
                return
            self.page.wait_for_timeout(1000)
        raise RuntimeError("A pull does not end")


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
            # as a proxy in front of Odoo tells it
            extra_http_headers={
                "X-Forwarded-For": PUBLIC_ADDRESS,
                "X-Forwarded-Host": settings["url"].partition("://")[2],
            },
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
