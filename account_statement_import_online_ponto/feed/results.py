# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a person sees at the end of a fetch or of a decision."""

from odoo.tools import formatLang

from ..engine import consent

#: Where a holder of accounts renews the bank's consent.
DASHBOARD_URL = "https://dashboard.myponto.com"

#: Shows what is open once more.
RELOAD = {"type": "ir.actions.client", "tag": "soft_reload"}

#: Closes the window that is open, and shows what is behind it once more.
CLOSE = {"type": "ir.actions.act_window_close"}


def get_notification(
    message, title=None, type_="success", buttons=(), next_action=CLOSE
):
    """Get the action that tells something in a corner of the screen.

    :param str message: what is told
    :param str title: of what, or None
    :param str type_: "success", "info" or "warning"
    :param buttons: what can be done about it (list of dict): the `name` that is shown;
        and an `action`, or `model`, `method` and `ids` of what returns one
    :param dict next_action: what happens meanwhile
    :rtype: dict
    """
    return {
        "type": "ir.actions.client",
        "tag": "ponto_notify",
        "params": {
            "type": type_,
            "title": title,
            "message": message,
            "buttons": list(buttons),
            "next": next_action,
        },
    }


def get_question(title, message, confirm, model, method, ids):
    """Get the action that asks something, and does it where the answer is yes.

    :param str title: the question
    :param str message: what happens then
    :param str confirm: what the button says that does it
    :param str model: name of a model
    :param str method: of that model, which returns an action
    :param list ids: of the records to call it with
    :rtype: dict
    """
    return {
        "type": "ir.actions.client",
        "tag": "ponto_ask",
        "params": {
            "title": title,
            "message": message,
            "confirm": confirm,
            "model": model,
            "method": method,
            "ids": ids,
        },
    }


def get_call(model, method, ids):
    """Get the action that calls a method when it is run, and goes on with what that
    returns (dict)."""
    return {
        "type": "ir.actions.client",
        "tag": "ponto_call",
        "params": {"model": model, "method": method, "ids": ids},
    }


def get_result_action(provider, pull=None, stay=RELOAD):
    """Return the action that tells what a pull brought, and shows it (dict).

    :param pull: the `ponto.pull` to tell of; None for the last one
    :param dict stay: what happens where there is nothing new to show
    """
    pull = pull and pull.sudo(False)
    if not pull:
        pulls = provider.env["ponto.pull"]
        pull = pulls.search([("provider_id", "=", provider.id)], limit=1)
    if pull.state == "running":
        return _get_background_action(provider, pull)
    has_lines = bool(pull.imported_ids.statement_line_id)
    return get_notification(
        pull._get_summary(),
        title=provider.journal_id.name,
        type_="warning" if pull.message else "success",
        buttons=_get_buttons(provider),
        next_action=get_pull_lines_action(pull) if has_lines else stay,
    )


def _get_buttons(provider):
    """Return the buttons that lead to what somebody has to do now (list of dict)."""
    buttons = []
    if count := provider.ponto_waiting_count:
        waiting = provider.action_ponto_open_waiting()
        name = provider.env._("Decide on %s waiting", count)
        buttons.append({"name": name, "action": waiting})
    if provider.ponto_consent_state == consent.EXPIRED:
        url = {"type": "ir.actions.act_url", "url": DASHBOARD_URL, "target": "new"}
        buttons.append({"name": provider.env._("Open Ponto"), "action": url})
    return buttons


def get_pull_lines_action(pull):
    """Get the action that shows what a pull has imported: where it is settled, with a
    filter that can be removed.

    :param pull: a `ponto.pull`
    :return: a window action (dict)
    """
    lines = pull.imported_ids.statement_line_id
    return lines._ponto_get_settling_action(pull.journal_id, pull)


def get_journal_lines_action(journal):
    """Get the action that shows the lines of a journal.

    :return: a window action (dict)
    """
    Line = journal.env["account.bank.statement.line"]
    return Line._ponto_get_lines_action(
        [("journal_id", "=", journal.id)], {"default_journal_id": journal.id}
    )


def _get_background_action(provider, pull):
    """Return the action that tells that a pull goes on in the background, and shows
    how far it is (dict)."""
    action = provider.env["ir.actions.act_window"]._for_xml_id(
        "account_statement_import_online.online_bank_statement_provider_action"
    )
    message = (
        provider.env._(
            "%s imported so far; the rest goes on in the background.",
            formatLang(provider.env, pull.imported_count, digits=0),
        )
        if pull.read_count
        else provider.env._("The import goes on in the background.")
    )
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": "info",
            "title": provider.journal_id.name,
            "message": message,
            "next": {**action, "views": [(False, "form")], "res_id": provider.id},
        },
    }
