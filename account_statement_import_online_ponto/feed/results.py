# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a person sees at the end of a pull."""

from odoo.tools import formatLang


def get_result_action(provider, pull=None):
    """Return the action that tells what a pull brought, and shows it (dict).

    :param pull: the `ponto.pull` to tell of; None for the last one
    """
    pull = pull and pull.sudo(False)
    if not pull:
        pulls = provider.env["ponto.pull"]
        pull = pulls.search([("provider_id", "=", provider.id)], limit=1)
    if pull.state == "running":
        return _get_background_action(provider, pull)
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": "warning" if pull.message else "success",
            "title": provider.journal_id.name,
            "message": pull._get_summary(),
            "next": get_lines_action(provider, pull.imported_ids),
        },
    }


def get_lines_action(provider, transactions):
    """Get the action that shows what was imported, or all the journal has.

    :param transactions: `ponto.transaction` records
    :return: a window action (dict)
    """
    lines = transactions.statement_line_id
    if lines:
        return lines._ponto_get_settling_action(provider.journal_id)
    action = provider.env["ir.actions.act_window"]._for_xml_id(
        "account_statement_base.account_bank_statement_line_action"
    )
    action["domain"] = [("journal_id", "=", provider.journal_id.id)]
    action["context"] = {"default_journal_id": provider.journal_id.id}
    return action


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
