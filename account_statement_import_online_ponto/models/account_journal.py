# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import format_datetime, format_time

from odoo.addons.base.models.res_bank import sanitize_account_number


class AccountJournal(models.Model):
    """A bank journal: its feed, and what its card on the dashboard tells of it."""

    _inherit = "account.journal"

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Override to keep the test service "Dummy" off the list of choices."""
        result = super().fields_get(allfields, attributes)
        self.env["online.bank.statement.provider"]._hide_test_service(
            result.get("online_bank_statement_provider")
        )
        return result

    def unlink(self):
        """Override of `account` to keep no credentials that nobody uses any more.

        The database removes a journal's feed along with it, unasked.
        """
        providers_sudo = self.env["online.bank.statement.provider"].sudo()
        integrations_sudo = (
            providers_sudo.with_context(active_test=False)
            .search([("journal_id", "in", self.ids)])
            .ponto_integration_id
        )
        result = super().unlink()
        integrations_sudo._remove_unused()
        return result

    @api.model
    def _ponto_find_unfed(self, company):
        """Return the company's bank journals that no feed fills, not even one that is
        archived."""
        journals = self.search(
            [("type", "in", ("bank", "credit")), ("company_id", "=", company.id)]
        )
        providers_sudo = (
            self.env["online.bank.statement.provider"]
            .sudo()
            .with_context(active_test=False)
            .search([("journal_id", "in", journals.ids)])
        )
        return journals - self.browse(providers_sudo.journal_id.ids)

    def _statement_line_import_speeddict(self):
        """Override of `account_statement_import_base`.

        The base reads every partner's bank account of the database. A pull of ours
        asks, by its context, for those that its lines name, however they are written.
        """
        account_numbers = self.env.context.get("ponto_account_numbers")
        if account_numbers is None:
            return super()._statement_line_import_speeddict()
        self.ensure_one()
        company = self.company_id
        own_number = self.bank_account_id.sanitized_acc_number
        partner_banks = self.env["res.partner.bank"].search(
            [
                ("sanitized_acc_number", "in", account_numbers),
                ("sanitized_acc_number", "!=", own_number),
                ("company_id", "in", (False, *company.sudo().parent_ids.ids)),
                ("partner_id.active", "=", True),
            ]
        )
        found = {}
        for number, banks in partner_banks.grouped(
            lambda bank: sanitize_account_number(bank.acc_number)
        ).items():
            if partner := self._ponto_choose_partner(banks.partner_id):
                banks = banks.filtered(lambda each, who=partner: each.partner_id == who)
                # Odoo lets no entry of a branch name a bank account of its parent.
                usable = banks.filtered(
                    lambda each: each.company_id in (each.company_id.browse(), company)
                )
                found[number] = {
                    "partner_id": partner.id,
                    "partner_bank_id": usable[:1].id,
                }
        return {"account_number": found}

    @api.model
    def _ponto_choose_partner(self, partners):
        """Choose whom an account number stands for.

        :param partners: active partners that have it
        :return: the only one; of a company and its contacts, the company; empty where
            strangers share it
        """
        if len(partners) == 1:
            return partners
        company = partners.commercial_partner_id
        return company if len(company) == 1 and company.active else partners.browse()

    # === THE CARD ON THE DASHBOARD === #

    def _fill_bank_cash_dashboard_data(self, dashboard_data):
        """Override of `account` to tell who may see the feed how it is doing.

        Costs the same queries for one journal as for fifty.
        """
        result = super()._fill_bank_cash_dashboard_data(dashboard_data)
        Provider = self.env["online.bank.statement.provider"]
        if not Provider.has_access("read"):
            return result
        providers_sudo = Provider.sudo().search(
            [("journal_id", "in", self.ids), ("service", "=", "ponto")]
        )
        for provider_sudo in providers_sudo:
            card = self._ponto_prepare_card(provider_sudo)
            dashboard_data[provider_sudo.journal_id.id]["ponto"] = card
        return result

    def _ponto_prepare_card(self, provider_sudo):
        """Prepare what the card shows of a feed.

        :return: values for the card's template (dict); nothing secret
        """
        currency = provider_sudo.ponto_currency_id
        state = provider_sudo.ponto_balance_state
        return {
            "status": provider_sudo.ponto_status,
            "status_label": dict(
                provider_sudo._fields["ponto_status"]._description_selection(self.env)
            ).get(provider_sudo.ponto_status),
            "failure": provider_sudo.ponto_failure,
            "notice": provider_sudo.ponto_stop_notice
            or provider_sudo.ponto_bank_notice,
            "bank_data": self._ponto_format_moment(provider_sudo.ponto_synchronized_at),
            "pulled": self._ponto_format_moment(provider_sudo.ponto_compared_at),
            "balance_state": state,
            "balance_text": provider_sudo.ponto_balance_text,
            "difference": currency.format(provider_sudo.ponto_difference)
            if state not in (False, "equal", "unknown")
            else False,
            "waiting": provider_sudo.ponto_waiting_count,
            "consent_days": provider_sudo.ponto_consent_days
            if provider_sudo.ponto_status == "soon"
            else False,
        }

    def _ponto_format_moment(self, moment):
        """Return the time of a moment of today, else its day, too (str); or False."""
        if not moment:
            return False
        local = fields.Datetime.context_timestamp(self, moment)
        if local.date() == fields.Date.context_today(self):
            return format_time(self.env, local.time(), time_format="short")
        return format_datetime(self.env, moment, dt_format="short")

    # === BUTTONS === #

    def action_ponto_fetch_now(self):
        """Fetch from the dashboard card."""
        self.ensure_one()
        return self.online_bank_statement_provider_id.action_ponto_fetch_now()

    def action_ponto_check_connection(self):
        """Check the connection, from the menu of the dashboard card."""
        self.ensure_one()
        return self.online_bank_statement_provider_id.action_ponto_check_connection()

    def action_ponto_open_waiting(self):
        """Open what waits for a decision, from the dashboard card."""
        self.ensure_one()
        return self.online_bank_statement_provider_id.action_ponto_open_waiting()
