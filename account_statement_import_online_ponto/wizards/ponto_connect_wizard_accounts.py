# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.exceptions import UserError

from ..ponto_api import PontoError


class PontoConnectWizard(models.TransientModel):
    """Accounts: which are there, and which journals are they to feed?"""

    _inherit = "ponto.connect.wizard"

    # === BUTTONS === #

    def action_fetch_accounts(self):
        """Step 2 again: show the accounts that Ponto offers by now."""
        self.ensure_one()
        self.check_access("write")
        self._get_integration_sudo()
        return self.action_log_in()

    def action_choose_start(self):
        """Step 3: propose from which day to import into the chosen journals."""
        self.ensure_one()
        self.check_access("write")
        self._get_integration_sudo()
        lines = self._get_chosen_lines()
        lines._check_choice()
        try:
            with self._make_client() as client:
                for line in lines:
                    line._propose_start(line._fetch_history(client))
        except PontoError as error:
            return self._stay(error)
        self.sudo().write({"step": "start", "message": False})
        return self._reopen()

    def action_finish(self):
        """Make the feeds, and let the first import begin in the background."""
        self.ensure_one()
        self.check_access("write")
        integration_sudo = self._get_integration_sudo()
        lines = self._get_chosen_lines()
        lines._check_choice()
        if self.company_id not in integration_sudo.company_ids:
            # Whoever may use it may use it for their other companies.
            integration_sudo.company_ids |= self.company_id
        providers = self.env["online.bank.statement.provider"]
        for line in lines:
            providers += line._create_provider(integration_sudo)
        providers._ponto_pull_in_background()
        return self._get_providers_action(providers)

    def _get_providers_action(self, providers):
        """:return: the action that shows some feeds (dict)"""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_import_online.online_bank_statement_provider_action"
        )
        if len(providers) == 1:
            return {**action, "views": [(False, "form")], "res_id": providers.id}
        return {**action, "domain": [("id", "in", providers.ids)]}

    # === ACCOUNTS === #

    def _get_integration_sudo(self):
        """:return: the integration that step 1 has found or made, in sudo mode"""
        integration_sudo = self.sudo().integration_id
        if not integration_sudo:
            raise UserError(
                self.env._("Log in to Ponto first: go back to the first step.")
            )
        return integration_sudo

    def _get_chosen_lines(self):
        """:return: the lines of the accounts that are to be connected"""
        lines = self.line_ids.filtered(lambda line: line.action != "skip")
        if not lines:
            raise UserError(
                self.env._(
                    "Choose a journal, or a new journal, for at least one account."
                )
            )
        return lines

    def _fetch_banks(self, accounts, client):
        """Fetch the banks of some accounts, each once.

        :param list accounts: `ponto_api.Account` objects
        :param client: a `PontoClient`
        :return: {identifier: `ponto_api.FinancialInstitution`}, as far as Ponto tells
        """
        banks = {}
        bank_ids = {account.financial_institution_id for account in accounts}
        for bank_id in filter(None, bank_ids):
            try:
                banks[bank_id] = client.fetch_financial_institution(bank_id)
            except PontoError:
                # The accounts can be told apart without their banks' names.
                continue
        return banks

    def _show_accounts(self, accounts, banks):
        """Go on to step 2 with the accounts, and a proposal for each.

        :param list accounts: `ponto_api.Account` objects
        :param dict banks: as of `_fetch_banks`
        """
        changes = self._describe_changes(accounts)
        self.line_ids.unlink()
        Line = self.env["ponto.connect.wizard.line"]
        lines = Line.sudo().create(
            [
                Line._prepare_line(
                    self, account, banks.get(account.financial_institution_id)
                )
                for account in sorted(accounts, key=lambda each: each.deprecated)
            ]
        )
        lines.with_env(self.env)._propose_journals()
        self.sudo().write(
            {
                "step": "accounts",
                "message": False if accounts else self._explain_no_accounts(),
                "withdrawn_notice": self._describe_withdrawn(accounts),
                "changes_notice": changes,
            }
        )

    def _describe_changes(self, accounts):
        """Describe what changed in Ponto since the accounts were shown.

        :param list accounts: the `ponto_api.Account` objects that Ponto offers now
        :return: which accounts came and which went (str); False the first time
        """
        if self.step != "accounts":
            return False
        Provider = self.env["online.bank.statement.provider"]
        before = {
            line.ponto_account_id: f"{line.number} {line.currency_code or ''}".strip()
            for line in self.line_ids
        }
        now = {
            account.id: Provider._ponto_format_account(account) for account in accounts
        }
        parts = []
        if added := [name for key, name in now.items() if key not in before]:
            parts.append(self.env._("New in Ponto: %s.", "; ".join(added)))
        if gone := [name for key, name in before.items() if key not in now]:
            parts.append(self.env._("No longer offered: %s.", "; ".join(gone)))
        return "\n".join(parts) or self.env._("Ponto offers the same accounts.")

    def _explain_no_accounts(self):
        """Explain an empty list. Ponto tells nobody which of the two it is.

        :return: what may be missing, and where to mend it in Ponto (str)
        """
        return "\n".join(
            [
                self.env._("Ponto offers no account to this integration."),
                self.env._(
                    "No account is switched on: in Ponto, open Integrations, choose "
                    "the custom integration, and switch on the accounts that it may "
                    "read."
                ),
                self.env._(
                    "No bank is linked at all: in Ponto, open Accounts, add an account "
                    "at your bank, and then switch it on in the integration."
                ),
                self.env._("After that, press Fetch Accounts."),
            ]
        )

    # === FEEDS THAT ARE THERE === #

    def _get_own_providers_sudo(self):
        """:return: the feeds of the integration, archived ones too, in sudo mode"""
        return self._get_integration_sudo().with_context(active_test=False).provider_ids

    def _is_fed_by(self, provider_sudo, account):
        """:return: whether a feed is that of an account of Ponto (bool)"""
        return (
            provider_sudo.ponto_account_id == account.id
            or provider_sudo._ponto_is_account_of_journal(account)
        )

    def _describe_withdrawn(self, accounts):
        """Describe the feeds of this integration whose account is gone.

        :param list accounts: the `ponto_api.Account` objects that Ponto offers
        :return: which journals these are and what to do in Ponto (str), or False
        """
        withdrawn_sudo = self._get_own_providers_sudo().filtered(
            lambda provider: (
                provider.active
                and provider.company_id in self.env.user.company_ids
                and not any(self._is_fed_by(provider, account) for account in accounts)
            )
        )
        if not withdrawn_sudo:
            return False
        return self.env._(
            "Ponto does not offer the accounts of these journals any more, so nothing "
            "new arrives: %s. In Ponto, open Integrations, choose the custom "
            "integration and switch the accounts on again.",
            ", ".join(
                f"{provider.journal_id.name} "
                f"({provider._ponto_format_number(provider.account_number)})"
                for provider in withdrawn_sudo
            ),
        )

    # === JOURNALS === #

    def _get_available_journals(self):
        """:return: the company's bank journals that no feed fills, not even one that
        is archived, with the one first from which the assistant was opened"""
        Journal = self.env["account.journal"]
        journals = Journal.search(
            [("type", "=", "bank"), ("company_id", "=", self.company_id.id)]
        )
        providers_sudo = (
            self.env["online.bank.statement.provider"]
            .sudo()
            .with_context(active_test=False)
            .search([("journal_id", "in", journals.ids)])
        )
        available = journals - Journal.browse(providers_sudo.journal_id.ids)
        return (available & self.journal_id) | available
