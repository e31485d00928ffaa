"""The same screens in every language, to be looked at and not kept in the manual."""

from screenshots_camera import CELLS, FORM

DASHBOARD = "/odoo/action-account.open_account_journal_dashboard_kanban"
PROVIDERS = (
    "/odoo/action-account_statement_import_online.online_bank_statement_provider_action"
)
OURS = "/odoo/action-account_statement_import_online_ponto."
CARD = ".o_kanban_record:has([name=ponto_card])"
#: Lists, and of which of them the first record is opened as well.
LISTS = {
    "feeds": (PROVIDERS, True),
    "waiting": (f"{OURS}ponto_transaction_waiting_action", True),
    "fetches": (f"{OURS}ponto_pull_all_action", True),
    "matching": (f"{OURS}ponto_matching_action", False),
}
PHONE = {"width": 390, "height": 844}


def look(walk):
    """Take the pictures, in a folder for each language.

    :param walk: the `Walk`, which has been through all of the manual
    """
    folder = walk.folder
    [user] = walk.call("res.users", "search", [("login", "=", "admin")])
    for code in walk.settings["languages"]:
        walk.call("res.users", "write", [user], {"lang": code})
        walk.folder = folder / code
        walk.folder.mkdir(exist_ok=True)
        _look_at_lists(walk)
        _look_at_windows(walk)
    walk.call("res.users", "write", [user], {"lang": "en_US"})
    walk.folder = folder


def _look_at_lists(walk):
    walk.go(DASHBOARD, CARD)
    _take(walk, "dashboard")
    walk.page.set_viewport_size(PHONE)
    _take(walk, "dashboard-phone")
    for name in ("feeds", "waiting", "matching"):
        walk.page.set_viewport_size(PHONE)
        walk.go(LISTS[name][0], ".o_kanban_record, .o_data_row")
        _take(walk, f"{name}-phone")
    for name, (path, is_opened) in LISTS.items():
        walk.go(path, CELLS)
        _take(walk, name)
        if is_opened:
            walk.page.locator(f"{CELLS} .o_data_cell:not(.o_handle_cell)").first.click()
            walk.page.locator(FORM).wait_for()
            _take(walk, f"{name}-form")


def _look_at_windows(walk):
    walk.go(PROVIDERS, CELLS)
    walk.page.locator(f"{CELLS} .o_data_cell:not(.o_handle_cell)").first.click()
    walk.page.locator(FORM).wait_for()
    walk.press("action_ponto_check_connection")
    walk.page.locator(".modal button[name=action_check_again]").wait_for()
    _take(walk, "check")
    walk.go(f"{OURS}ponto_connect_wizard_action", "div[name=connection]")
    _take(walk, "connect")


def _take(walk, name):
    """Write a picture of all that is in the window."""
    walk.settle()
    walk.write(name, walk.page.screenshot())
    walk.page.set_viewport_size({"width": 1366, "height": 1100})
