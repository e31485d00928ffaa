# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The windows that show bank lines: in a list, or where they are settled."""

from .notifications import get_window

MATCHING_ACTION = "ponto_matching_action"
OCA_ACTION = "account_reconcile_oca.action_bank_statement_line_reconcile"
OCA_FORM = "account_reconcile_oca.bank_statement_line_form_reconcile_view"


def get_matching_action(env):
    """Return the action that shows the bank lines to match (dict)."""
    return get_window(env, MATCHING_ACTION, target="main")


def get_settling_action(lines, journal, pull):
    """Return the action that shows lines where they are settled: on Odoo's own screen
    or account_reconcile_oca's, else among the bank lines to match, where a filter tells
    which lines these are.

    :param lines: the statement lines
    :param journal: the `account.journal` of the lines
    :param pull: the `ponto.pull` that has made them
    :rtype: dict
    """
    domain = [("id", "in", lines.ids)]
    context = {"default_journal_id": journal.id}
    if hasattr(lines, "_action_open_bank_reconciliation_widget"):
        return lines._action_open_bank_reconciliation_widget(
            extra_domain=domain, default_context=context
        )
    if lines.env.ref(OCA_ACTION, raise_if_not_found=False):
        context["view_ref"] = OCA_FORM
        return get_window(lines.env, OCA_ACTION, domain=domain, context=context)
    return get_window(
        lines.env,
        MATCHING_ACTION,
        domain=[("journal_id", "=", journal.id)],
        context={
            **context,
            "search_default_ponto_pull_id": pull.id,
            "account_bank_statement_line_main_view": True,
        },
    )


def get_lines_action(env, domain, context):
    """Return the action that shows lines in a list; on a phone, on cards (dict)."""
    action = get_window(
        env, "account_statement_base.account_bank_statement_line_action"
    )
    kanban = env.ref(
        "account_statement_import_online_ponto.account_bank_statement_line_view_kanban"
    )
    views = [view for view in action["views"] if view[1] != "kanban"]
    action["views"] = [*views[:1], (kanban.id, "kanban"), *views[1:]]
    # In the form of a line, its statement is shown.
    context = {"account_bank_statement_line_main_view": True, **context}
    return {**action, "domain": domain, "context": context}
