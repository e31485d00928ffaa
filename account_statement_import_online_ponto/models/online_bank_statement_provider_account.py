# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import textwrap

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..ponto_api import PontoError, PontoNotFoundError, mask_account_number
from ..tools import to_naive_utc


class OnlineBankStatementProvider(models.Model):
    """Which of the accounts that Ponto offers feeds the journal."""

    _inherit = "online.bank.statement.provider"

    ponto_account_id = fields.Char(
        string="Ponto Account Identifier",
        readonly=True,
        copy=False,
    )
    ponto_is_relinked = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether Ponto has given up identifiers of transactions that were read, "
        "as it does when an account is linked anew.",
    )
    ponto_account_name = fields.Char(
        string="Account in Ponto",
        readonly=True,
        copy=False,
        help="The account that was found by the journal's account number and currency.",
    )
    ponto_currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Currency of the Account",
        compute="_compute_ponto_currency_id",
    )
    ponto_bank_balance = fields.Monetary(
        string="Balance at the Bank",
        currency_field="ponto_currency_id",
        readonly=True,
        copy=False,
    )
    ponto_bank_balance_known = fields.Boolean(readonly=True, copy=False)
    ponto_synchronized_at = fields.Datetime(
        string="Bank Data Of",
        readonly=True,
        copy=False,
        help="When Ponto last read the account at the bank.",
    )

    @api.depends("journal_id.currency_id", "company_id.currency_id")
    def _compute_ponto_currency_id(self):
        for provider in self:
            provider.ponto_currency_id = (
                provider.journal_id.currency_id or provider.company_id.currency_id
            )

    def _ponto_fetch_account(self, client):
        """Fetch the Ponto account that the journal stands for.

        :param client: a `PontoClient`
        :return: a `ponto_api.Account`
        :raise UserError: when there is none, or no way to tell which
        :raise PontoError: when Ponto cannot be asked
        """
        self.ensure_one()
        account = self._ponto_fetch_remembered_account(client)
        if account is None:
            accounts = list(client.iter_accounts())
            account = self._ponto_choose_account(accounts, client)
        return account

    def _ponto_fetch_remembered_account(self, client):
        """Fetch the account that the last pull used, if it still is the right one."""
        if not self.ponto_account_id:
            return None
        try:
            account = client.fetch_account(self.ponto_account_id)
        except PontoNotFoundError:
            return None
        if account.deprecated or not self._ponto_is_account_of_journal(account):
            return None
        return account

    def _ponto_remember_account(self, account):
        """Keep what the provider shows of its Ponto account."""
        self.write(
            {
                name: value
                for name, value in self._ponto_prepare_account(account).items()
                if (self[name] or False) != (value or False)
            }
        )

    def _ponto_prepare_account(self, account):
        """Prepare what the provider keeps of its Ponto account.

        :param account: a `ponto_api.Account`
        :return: values for `write` (dict)
        """
        balance = account.current_balance
        values = {
            "ponto_account_id": account.id,
            "ponto_account_name": self._ponto_format_account(account),
            "ponto_bank_balance": float(balance or 0),
            "ponto_bank_balance_known": balance is not None,
            "ponto_consent_expires_at": to_naive_utc(account.authorization_expires_at),
            **self._ponto_prepare_consent(account),
        }
        if self.ponto_account_id not in (False, account.id):
            values["ponto_is_relinked"] = True
        if account.synchronized_at:
            values["ponto_synchronized_at"] = to_naive_utc(account.synchronized_at)
        return values

    def _ponto_is_account_of_journal(self, account):
        """:return: whether number and currency are the journal's (bool)"""
        number = sanitize_account_number(account.reference)
        return (
            bool(number)
            and number == self.account_number
            and account.currency == self.ponto_currency_id.name
        )

    def _ponto_choose_account(self, accounts, client):
        """Choose the account with the journal's number and currency.

        :param list accounts: `ponto_api.Account` objects, all that the integration
            may see
        :param client: a `PontoClient`, to name the banks in an error
        :return: a `ponto_api.Account`, one that is not deprecated if there is a choice
        :raise UserError: when there is no such account or more than one
        """
        self.ensure_one()
        matching = [
            account
            for account in accounts
            if self._ponto_is_account_of_journal(account)
        ]
        current = [account for account in matching if not account.deprecated]
        candidates = current or matching
        if len(candidates) == 1:
            return candidates[0]
        raise UserError(
            self._ponto_explain_choice(bool(candidates), candidates or accounts, client)
        )

    def _ponto_explain_choice(self, is_ambiguous, offered, client):
        """Explain why no account was chosen: what was sought, what there is."""
        names = self._ponto_name_offered(offered, client)
        if not offered:
            return self.env._(
                "Ponto offers no account to this integration. In Ponto, open "
                "Integrations, choose the custom integration and switch on the "
                "accounts that it may read."
            )
        if not self.account_number:
            return self.env._(
                'The journal "%(journal)s" has no account number. Enter one of the '
                "accounts that Ponto offers as its Bank Account Number:\n%(accounts)s",
                journal=self.journal_id.name,
                accounts=names,
            )
        sought = f"{mask_account_number(self.account_number)} "
        sought += self.ponto_currency_id.name
        if is_ambiguous:
            return self.env._(
                "Ponto offers %(sought)s more than once. In Ponto, open Integrations, "
                "choose the custom integration and leave only one of these switched "
                "on:\n%(accounts)s",
                sought=sought,
                accounts=names,
            )
        return self.env._(
            'The journal "%(journal)s" is kept for account %(sought)s, which Ponto '
            "does not offer to this integration. Correct the journal's account number "
            "or currency, or switch the account on in Ponto under Integrations. Ponto "
            "offers:\n%(accounts)s",
            journal=self.journal_id.name,
            sought=sought,
            accounts=names,
        )

    def _ponto_name_offered(self, accounts, client):
        """Name accounts that Ponto offers to the integration, one a line.

        Whoever reads it works for the feed's company: where the integration serves
        others, too, only accounts are named that are known to be this company's, and
        feed none of the others.

        :param list accounts: `ponto_api.Account` objects
        :param client: a `PontoClient` to ask for the banks' names, or None
        :return: the accounts with shortened numbers, and how many are not named (str)
        """
        named = accounts
        if self.sudo().ponto_integration_id.company_ids - self.company_id:
            own_sudo = self.company_id.sudo().bank_ids
            numbers = set(own_sudo.mapped("sanitized_acc_number"))
            feeds = self.with_context(active_test=False)
            others_sudo = feeds._ponto_get_siblings_sudo().filtered(
                lambda provider: provider.company_id != self.company_id
            )
            foreign_ids = set(others_sudo.mapped("ponto_account_id"))
            foreign_numbers = set(others_sudo.mapped("account_number"))
            named = [
                account
                for account in accounts
                if sanitize_account_number(account.reference)
                in numbers - foreign_numbers
                and account.id not in foreign_ids
            ]
        lines = [
            f"- {self._ponto_format_account(account, client, is_short=True)}"
            for account in named
        ]
        if len(named) < len(accounts):
            others = self.env._("%s others", len(accounts) - len(named))
            lines.append(f"- {others}")
        return "\n".join(lines)

    def _ponto_format_number(self, number):
        """:return: an account number in groups of four, as on paper (str)"""
        return " ".join(textwrap.wrap(sanitize_account_number(number) or "", 4))

    def _ponto_format_account(self, account, client=None, is_short=False):
        """Describe an account as people know it.

        :param account: a `ponto_api.Account`
        :param client: a `PontoClient` to ask for the bank's name, or None
        :param bool is_short: whether to leave out the middle of its number
        :return: number, currency, holder and bank (str)
        """
        format_number = mask_account_number if is_short else self._ponto_format_number
        number = (
            format_number(account.reference)
            if sanitize_account_number(account.reference)
            else self.env._("no account number")
        )
        parts = [
            f"{number} {account.currency or ''}",
            account.holder_name,
            account.description,
            client and self._ponto_fetch_bank_name(account, client),
            account.deprecated and self.env._("replaced by a newer connection"),
        ]
        return ", ".join(part.strip() for part in parts if part)

    def _ponto_fetch_bank_name(self, account, client):
        """:return: the bank's name (str), or None when Ponto does not tell"""
        if not account.financial_institution_id:
            return None
        try:
            return client.fetch_financial_institution(
                account.financial_institution_id
            ).name
        except PontoError:
            # It only embellishes another message, which must not get lost.
            return None
