# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a person sees at the end of a fetch."""

from odoo.tools import formatLang

from ..engine import consent
from .line_windows import get_lines_action, get_settling_action
from .notifications import RELOAD, get_feed_action, get_notification

#: Where a holder of accounts renews the bank's consent, and repairs are done in Ponto.
DASHBOARD_URL = "https://dashboard.myponto.com"


def get_result_action(provider, pull=None, stay=None):
    """Return the action that tells what a pull brought, and shows it (dict).

    :param pull: the `ponto.pull` to tell of; None for the last one
    :param dict stay: what happens where there is nothing new to show; None shows what
        is open once more
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
        type_=pull._get_notification_type(),
        buttons=_get_buttons(provider),
        next_action=get_pull_lines_action(pull) if has_lines else stay or RELOAD,
    )


def _get_buttons(provider):
    """Return the buttons that lead to what somebody has to do now (list of dict)."""
    buttons = []
    if count := provider.ponto_waiting_count:
        buttons.append(
            {
                "name": provider.env._("Decide on %s waiting", count),
                "model": provider._name,
                "method": "action_ponto_open_waiting",
                "ids": provider.ids,
            }
        )
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
    return get_settling_action(lines, pull.journal_id, pull)


def get_journal_lines_action(journal):
    """Get the action that shows the lines of a journal.

    :return: a window action (dict)
    """
    return get_lines_action(
        journal.env,
        [("journal_id", "=", journal.id)],
        {"default_journal_id": journal.id},
    )


def _get_background_action(provider, pull):
    """Return the action that tells that a pull goes on in the background, and shows
    how far it is (dict)."""
    message = (
        provider.env._(
            "%s imported so far; the rest goes on in the background.",
            formatLang(provider.env, pull.imported_count, digits=0),
        )
        if pull.read_count
        else provider.env._("The import goes on in the background.")
    )
    return get_notification(
        message,
        title=provider.journal_id.name,
        type_="info",
        next_action=get_feed_action(provider),
    )
