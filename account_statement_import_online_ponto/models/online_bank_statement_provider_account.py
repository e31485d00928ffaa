# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..exceptions import FeedError
from ..ponto_api import PontoError, PontoNotFoundError, mask_account_number
from ..texts import describe_account
from ..tools import format_account_number


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
    ponto_linked_account_id = fields.Many2one(
        comodel_name="ponto.account",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    ponto_account_name = fields.Char(
        string="Account in Ponto",
        compute="_compute_ponto_account_name",
        compute_sudo=True,
        help="The account that was found by the journal's account number and currency.",
    )
    ponto_currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Currency of the Account",
        compute="_compute_ponto_currency_id",
    )
    ponto_bank_balance = fields.Monetary(
        related="ponto_linked_account_id.balance",
        string="Balance at the Bank",
        currency_field="ponto_currency_id",
    )
    ponto_bank_balance_known = fields.Boolean(
        related="ponto_linked_account_id.balance_known"
    )
    ponto_synchronized_at = fields.Datetime(
        related="ponto_linked_account_id.synchronized_at"
    )

    @api.depends("ponto_linked_account_id.display_name")
    @api.depends_context("lang")
    def _compute_ponto_account_name(self):
        for provider in self:
            provider.ponto_account_name = provider.ponto_linked_account_id.display_name

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
        :raise FeedError: when there is none, or no way to tell which
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
        """Record what Ponto tells of the feed's account, and that it is this one.

        :param account: a `ponto_api.Account`
        """
        [record] = self.env["ponto.account"]._record(
            self.ponto_integration_id, [account]
        )
        if self.ponto_account_id == account.id:
            values = {}
        else:
            values = {"ponto_account_id": account.id}
            if self.ponto_account_id:
                values["ponto_is_relinked"] = True
        if self.ponto_linked_account_id != record:
            values["ponto_linked_account_id"] = record.id
        if values:
            self.write(values)

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
        :raise FeedError: when there is no such account or more than one
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
        raise FeedError(
            self.env,
            self._ponto_judge_choice(bool(candidates), accounts),
            journal=self.journal_id.name,
            sought=f"{mask_account_number(self.account_number)} "
            f"{self.ponto_currency_id.name}",
            **self._ponto_prepare_offered(candidates or accounts, client),
        )

    def _ponto_judge_choice(self, is_ambiguous, accounts):
        """Return why no account was chosen: a code of `texts.ERRORS` (str)."""
        if not accounts:
            return "no_accounts"
        if not self.account_number:
            return "no_account_number"
        return "account_ambiguous" if is_ambiguous else "account_not_offered"

    def _ponto_prepare_offered(self, accounts, client):
        """Prepare what is told of accounts that Ponto offers to the integration.

        Whoever reads it works for the feed's company: where the integration serves
        others, too, only accounts are named that are known to be this company's, and
        feed none of the others.

        :param list accounts: `ponto_api.Account` objects
        :param client: a `PontoClient` to ask for the banks' names, or None
        :return: `accounts` with shortened numbers, as of `texts.describe_account`, and
            how many `others` there are
        :rtype: dict
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
        return {
            "accounts": [
                self._ponto_prepare_description(account, client, is_short=True)
                for account in named
            ],
            "others": len(accounts) - len(named),
        }

    def _ponto_format_number(self, number):
        """Return an account number in groups of four, as on paper (str)."""
        return format_account_number(number)

    def _ponto_format_account(self, account):
        """Return how people know an account (str).

        :param account: a `ponto_api.Account`
        """
        return describe_account(self.env, self._ponto_prepare_description(account))

    def _ponto_prepare_description(self, account, client=None, is_short=False):
        """Prepare what `texts.describe_account` tells of an account (dict).

        :param account: a `ponto_api.Account`
        :param client: a `PontoClient` to ask for the bank's name, or None
        :param bool is_short: whether to leave out the middle of its number
        """
        format_number = mask_account_number if is_short else self._ponto_format_number
        has_number = sanitize_account_number(account.reference)
        return {
            "number": format_number(account.reference) if has_number else None,
            "currency": account.currency,
            "holder": account.holder_name,
            "description": account.description,
            "bank": client and self._ponto_fetch_bank_name(account, client),
            "is_replaced": account.deprecated,
        }

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
