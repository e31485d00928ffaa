# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from .feed.taking_over import take_over


def post_init_hook(env):
    """Take over what the OCA module of the same name left in the database."""
    take_over(env)


def uninstall_hook(env):
    """Remove what nothing in Odoo knows how to use without this addon.

    Feeds go, because their service goes; with them their journals' settings, and
    activities, which feeds have by this addon only, and copies of the scheduled action
    that pulls them. Entries, statements and statement lines stay.
    """
    providers = env["online.bank.statement.provider"].with_context(active_test=False)
    providers.search([("service", "=", "ponto")]).unlink()
    journals = env["account.journal"].with_context(active_test=False)
    journals.search([("online_bank_statement_provider", "=", "ponto")]).write(
        {"bank_statements_source": "undefined"}
    )
    activities = env["mail.activity"].with_context(active_test=False)
    activities.search([("res_model", "=", providers._name)]).unlink()
    crons = env["ir.cron"].with_context(active_test=False)
    workers = crons.search([("code", "like", "_ponto_scheduled_pull")])
    # Odoo keeps what a scheduled action runs when that goes.
    actions = workers.ir_actions_server_id
    workers.unlink()
    actions.unlink()
    parameters = env["ir.config_parameter"]
    parameters.search(
        [("key", "=like", "account\\_statement\\_import\\_online\\_ponto.%")]
    ).unlink()
