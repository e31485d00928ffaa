# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import consent
from ..feed import background, notifications, pulls, remedies, results, standing
from ..feed.registered import UNDECIDED


class PontoOverviewMixin(models.AbstractModel):
    """All feeds on one page: what each of them asks for, and where that leads.

    What the page sorts and groups by is computed in SQL, and what it counts is counted
    for all of its feeds at once.
    """

    _name = "ponto.overview.mixin"
    _description = "Tells What Feeds Ask For"

    ponto_waiting_count = fields.Integer(
        compute="_compute_ponto_open_counts", compute_sudo=True
    )
    ponto_unmatched_count = fields.Integer(
        string="Unmatched",
        compute="_compute_ponto_open_counts",
        compute_sudo=True,
        help="How many bank lines of the journal are not reconciled yet.",
    )

    @api.depends("ponto_transaction_ids.state", "ponto_transaction_ids.reason")
    def _compute_ponto_open_counts(self):
        """Count what is left to people, in one query: whoever sees a feed sees that.

        Of a journal that is only being chosen on a form nothing is told.
        """
        stored = self._origin
        waiting = self._ponto_select_counts(
            "ponto.transaction",
            [("provider_id", "in", stored.ids), *UNDECIDED],
            "provider_id",
        )
        unmatched = self._ponto_select_counts(
            "account.bank.statement.line",
            [
                ("journal_id", "in", stored.journal_id.ids),
                ("is_reconciled", "=", False),
                ("state", "=", "posted"),
            ],
            "journal_id",
        )
        rows = self.env.execute_query(SQL("%s UNION ALL %s", waiting, unmatched))
        counts = {(name, record_id): count for name, record_id, count in rows}
        for provider in self:
            provider.ponto_waiting_count = counts.get(
                ("provider_id", provider._origin.id), 0
            )
            provider.ponto_unmatched_count = counts.get(
                ("journal_id", provider._origin.journal_id.id), 0
            )

    @api.model
    def _ponto_select_counts(self, model_name, domain, name):
        """Return the query for how many records there are of each value of a field:
        rows of the field's name, a value, and a number.

        :param str model_name: of the records
        :param list domain: which records
        :param str name: of the field
        :rtype: SQL
        """
        Model = self.env[model_name]
        query = Model._search(domain)
        query.groupby = Model._field_to_sql(query.table, name, query)
        return query.select(SQL("%s", name), query.groupby, SQL("COUNT(*)"))

    # === THE STATUS IN SQL === #

    @api.model
    def _search_ponto_status(self, operator, value):
        """Search by the status, as it is at this moment; feeds of other services have
        none."""
        if operator != "in":
            return NotImplemented
        query = self.sudo().with_context(active_test=False)._search([])
        status = self._ponto_status_to_sql(query.table)
        wanted = tuple(str(each or "") for each in value) or (None,)
        query.add_where(SQL("COALESCE(%s, '') IN %s", status, wanted))
        return [("id", "in", query)]

    def _field_to_sql(self, alias, field_expr, query=None):
        """Override to group feeds by their status."""
        if field_expr == "ponto_status":
            return self._ponto_status_to_sql(alias)
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def _ponto_status_to_sql(self, alias):
        """Return the status as an expression of SQL, the same as the field computes.

        :param str alias: of the feeds' table
        :rtype: SQL
        """
        self.env["ponto.integration"].flush_model()
        self.env["ponto.account"].flush_model()
        self.env["ponto.stop"].flush_model()
        self.flush_model(
            [
                "active",
                "service",
                "ponto_failure_message",
                "ponto_integration_id",
                "ponto_linked_account_id",
            ]
        )
        return SQL(
            """(
            SELECT CASE
                   WHEN feed.service != 'ponto' THEN NULL
                   WHEN NOT feed.active
                     OR EXISTS (
                            SELECT 1 FROM ponto_stop WHERE provider_id = feed.id
                        ) THEN 'paused'
                   WHEN integration.client_id IS NULL
                     OR integration.client_secret_ciphertext IS NULL
                        THEN 'disconnected'
                   WHEN feed.ponto_failure_message IS NOT NULL THEN 'error'
                   WHEN integration.accepted_at IS NULL
                     OR integration.entered_secret_ciphertext IS NOT NULL
                        THEN 'untested'
                   WHEN account.synchronization_error IN %(codes)s
                     OR account.transactions_error IN %(codes)s
                     OR account.consent_expires_at <= %(now)s THEN 'expired'
                   WHEN account.consent_expires_at::date
                        <= %(now)s::date + %(days)s THEN 'soon'
                   ELSE 'connected' END
              FROM online_bank_statement_provider feed
         LEFT JOIN ponto_integration integration
                ON integration.id = feed.ponto_integration_id
         LEFT JOIN ponto_account account ON account.id = feed.ponto_linked_account_id
             WHERE feed.id = %(feed_id)s
            )""",
            codes=tuple(consent.AUTHORIZATION_CODES),
            now=fields.Datetime.now(),
            days=consent.REMINDER_DAYS[0],
            feed_id=SQL.identifier(alias, "id"),
        )

    # === WHERE IT LEADS === #

    def action_ponto_open_feed(self):
        """Open the feed itself.

        :return: a window action (dict)
        """
        self.ensure_one()
        return notifications.get_feed_action(self)

    def _ponto_get_parts_action(self, name, *kinds):
        """Return the window action that shows what was read and is not in the journal:
        just what the card counts.

        :param str name: what it is called
        :param kinds: see `engine.proof`; those that explain the difference, if none is
            given
        :rtype: dict
        """
        self.ensure_one()
        feed_sudo = self.sudo()
        comparison = standing.read_standings(feed_sudo)[feed_sudo]
        domain = standing.find_parts_domain(
            feed_sudo, comparison, kinds or comparison.explaining
        )
        return notifications.get_window(
            self.env, "ponto_transaction_action", name=name, domain=list(domain)
        )

    def action_ponto_open_pulls(self):
        """Open what was fetched for the feed, and when.

        :return: a window action (dict)
        """
        self.ensure_one()
        return notifications.get_window(
            self.env,
            "ponto_pull_action",
            name=self.env._("Fetches"),
            domain=[("provider_id", "=", self.id)],
        )

    def action_ponto_open_unmatched(self):
        """Open the bank lines of the feed that are not reconciled yet.

        :return: a window action (dict)
        """
        self.ensure_one()
        return self._ponto_get_bank_lines_action(
            [("is_reconciled", "=", False)], self.env._("Unmatched Bank Lines")
        )

    def action_ponto_open_unexplained(self):
        """Open the bank lines since the day from which the journal differs.

        :return: a window action (dict)
        """
        self.ensure_one()
        day = self.ponto_difference_date
        return self._ponto_get_bank_lines_action(
            [("date", ">=", day)] if day else [],
            self.env._("Bank Lines Since the Difference"),
        )

    def _ponto_get_bank_lines_action(self, domain, name):
        """Return the window action that shows some of the journal's bank lines.

        :param list domain: which ones
        :param str name: what they are called
        :rtype: dict
        """
        return notifications.get_window(
            self.env,
            "account_statement_base.account_bank_statement_line_action",
            name=name,
            domain=[("journal_id", "=", self.journal_id.id), *domain],
            context={"default_journal_id": self.journal_id.id},
        )

    # === FETCHING === #

    def action_ponto_fetch_now(self):
        """Ask Ponto for the bank's newest transactions, and import what is new.

        :return: the action that tells what came, and shows it (dict)
        :raise UserError: when nothing could be read
        :raise RedirectWarning: the same, where a button leads to what mends it
        """
        self.ensure_one()
        provider = self.with_company(self.company_id)
        with remedies.offering_remedy(provider):
            pull = pulls.pull_for_person(provider, refresh=True)
        return results.get_result_action(provider, pull)

    def action_ponto_fetch_all(self):
        """Let the background fetch what Ponto has for the selected feeds, or for all
        that the user sees.

        :return: the action that tells so (dict)
        :raise AccessError: when the user may not fetch
        :raise UserError: when there is nothing to fetch
        """
        providers = self or self.search([("service", "=", "ponto")])
        count = background.make_all_due(providers)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "Fetching for %s feeds. This page shows what came in as soon as "
                    "you open it again.",
                    count,
                ),
            },
        }
