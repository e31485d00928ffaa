# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import UserError


class PontoConnectWizardLine(models.TransientModel):
    """Connecting: check what was chosen, and make journal and feed of it."""

    _inherit = "ponto.connect.wizard.line"

    # === CHECKS === #

    def _check_choice(self):
        """Check what was chosen for the accounts.

        :raise UserError: when it cannot be done
        """
        journals, codes = self.env["account.journal"], set()
        for line in self:
            line._check_state()
            if line.action == "journal":
                line._check_journal(journals)
                journals |= line.journal_id
            else:
                line._check_new_journal(codes)
                codes.add(line.journal_code)

    def _check_state(self):
        if self.state != "free":
            raise UserError(
                self.env._(
                    "%(account)s cannot be connected. %(reason)s",
                    account=self.number or self.ponto_account_name,
                    reason=self.notice,
                )
            )

    def _check_journal(self, others):
        """:param others: the journals that were chosen for other accounts"""
        if not self.journal_id:
            raise UserError(
                self.env._(
                    "Choose the journal of %s, a new journal, or Not Now.", self.number
                )
            )
        if self.journal_id in others:
            raise UserError(
                self.env._(
                    "%s is chosen for two accounts. Choose another journal for one of "
                    "them.",
                    self.journal_id.display_name,
                )
            )
        if self.journal_id not in self.available_journal_ids:
            raise UserError(
                self.env._(
                    "%(journal)s cannot be fed by %(account)s: it has another feed, "
                    "another account number or another currency. Choose another "
                    "journal, or a new one.",
                    journal=self.journal_id.display_name,
                    account=f"{self.number} {self.currency_code}",
                )
            )

    def _check_new_journal(self, codes):
        """:param set codes: those of the other new journals"""
        if not self.journal_name or not self.journal_code:
            raise UserError(
                self.env._(
                    "Enter name and code of the new journal for %s.", self.number
                )
            )
        Journal = self.env["account.journal"].sudo().with_context(active_test=False)
        same_code = Journal.search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("code", "=", self.journal_code),
            ],
            limit=1,
        )
        if same_code or self.journal_code in codes:
            raise UserError(
                self.env._(
                    "Another journal has the code %(code)s. Choose another one for "
                    "%(journal)s.",
                    code=self.journal_code,
                    journal=self.journal_name,
                )
            )

    # === CONNECTING === #

    def _create_provider(self, integration_sudo):
        """Make the feed, and its journal if it is to be a new one.

        :param integration_sudo: the `ponto.integration`, in sudo mode
        :return: an `online.bank.statement.provider`
        """
        self._activate_currency()
        journal = (
            self.journal_id if self.action == "journal" else self._create_journal()
        )
        self._set_bank_account(journal)
        Provider = self.env["online.bank.statement.provider"]
        provider = Provider.with_company(self.company_id).create(
            {
                "journal_id": journal.id,
                "service": "ponto",
                "ponto_start_date": self.start_date,
                "next_run": fields.Datetime.now(),
            }
        )
        provider.sudo().write(
            {
                "ponto_integration_id": integration_sudo.id,
                "username": integration_sudo.client_id,
                "ponto_account_id": self.ponto_account_id,
                "ponto_account_name": self.ponto_account_name,
            }
        )
        return provider

    def _activate_currency(self):
        """Activate the account's currency, if that is still to be done."""
        if self.currency_id.active:
            return
        if not self.currency_id.has_access("write"):
            raise UserError(
                self.env._(
                    "The currency %s is not active. Ask an administrator to activate "
                    "it under Configuration, Currencies; then press the button again.",
                    self.currency_id.name,
                )
            )
        self.currency_id.active = True

    def _create_journal(self):
        """:return: the new `account.journal`"""
        return (
            self.env["account.journal"]
            .with_company(self.company_id)
            .create(self._prepare_journal())
        )

    def _prepare_journal(self):
        """:return: values for `create` of an `account.journal` (dict)"""
        is_foreign = self.currency_id != self.company_id.currency_id
        return {
            "name": self.journal_name,
            "code": self.journal_code,
            "type": "bank",
            "company_id": self.company_id.id,
            "currency_id": is_foreign and self.currency_id.id,
        }

    def _set_bank_account(self, journal):
        """Give a journal the account's number, unless it has it.

        The company's own account numbers go with its journals, so it needs no right to
        edit contacts. Two journals of one number, in two currencies, share it.
        """
        if journal.bank_account_id:
            return
        journal_sudo = journal.sudo().with_company(self.company_id)
        known_sudo = (
            journal_sudo.env["res.partner.bank"]
            .with_context(active_test=False)
            .search(
                [
                    ("sanitized_acc_number", "=", self.reference),
                    ("partner_id", "=", self.company_id.partner_id.id),
                ],
                limit=1,
            )
        )
        if known_sudo and not known_sudo.active:
            known_sudo.active = True
        bank_sudo = known_sudo.bank_id or self._get_bank_sudo()
        journal_sudo.set_bank_account(self.reference, bank_sudo.id)

    def _get_bank_sudo(self):
        """:return: the `res.bank` that Ponto names, in sudo mode; empty if it names
        none"""
        banks_sudo = self.env["res.bank"].sudo()
        if not self.bank_bic:
            return banks_sudo
        return banks_sudo.search(
            [("bic", "=", self.bank_bic)], limit=1
        ) or banks_sudo.create({"name": self.bank_name, "bic": self.bank_bic})
