# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The accounts that Ponto offers to an integration, and the feeds that it has."""

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..ponto_api import PontoError, mask_account_number
from ..tools import format_account_number
from .account_choice import find_feeds, find_others, format_account


def fetch_banks(client, accounts):
    """Fetch the banks of some accounts, each once.

    :param client: a `PontoClient`
    :param list accounts: `ponto_api.Account` objects
    :return: {identifier: `ponto_api.FinancialInstitution`}, as far as Ponto tells
    :rtype: dict
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


class OfferedAccounts:
    """What may become of the accounts that Ponto offers to an integration.

    Whoever asks is told of journals of their own companies only.

    :param integration_sudo: the `ponto.integration`, in sudo mode
    :param list accounts: the `ponto_api.Account` objects that Ponto offers
    """

    def __init__(self, integration_sudo, accounts):
        self._accounts = accounts
        #: The feeds of the integration, archived ones too.
        self._providers_sudo = integration_sudo.with_context(
            active_test=False
        ).provider_ids
        self._env = integration_sudo.env

    def judge(self, account, currency):
        """Tell whether an account can be connected.

        :param account: a `ponto_api.Account`
        :param currency: the `res.currency` that it is kept in, or none
        :return: key of `state` of the assistant's line, and what to say of it or False
        :rtype: tuple
        """
        if account.deprecated:
            return "deprecated", self._env._(
                "Replaced by a newer connection to the bank: use that one."
            )
        fed_sudo = find_feeds(self._providers_sudo, account)
        if fed_sudo:
            return "connected", self._describe_feeds(fed_sudo)
        if not sanitize_account_number(account.reference):
            return "unusable", self._env._(
                "Ponto gives no account number, so no journal can be found for it."
            )
        if not currency:
            return "unusable", self._env._(
                "Odoo does not know its currency. Add it under Configuration, "
                "Currencies, and fetch the accounts again."
            )
        return "free", False

    def is_of_others(self, account):
        """Tell whether an account feeds journals of other companies only: who asks is
        told no more of it than that it is there.

        :param account: a `ponto_api.Account`
        :rtype: bool
        """
        user_sudo = self._env.user.sudo().with_context(active_test=False)
        companies = user_sudo.company_ids
        return bool(find_others(self._providers_sudo, account, companies))

    def describe_withdrawn(self):
        """Describe the feeds of the integration whose account is gone.

        :return: which journals these are and what to do in Ponto (str), or False
        """
        withdrawn_sudo = self._get_own(self._providers_sudo).filtered(
            lambda provider: (
                provider.active
                and not any(find_feeds(provider, account) for account in self._accounts)
            )
        )
        if not withdrawn_sudo:
            return False
        return self._env._(
            "Ponto does not offer the accounts of these journals any more, so nothing "
            "new arrives: %s. In Ponto, open Integrations, choose the custom "
            "integration and switch the accounts on again.",
            ", ".join(
                f"{provider.journal_id.name} "
                f"({format_account_number(provider.account_number)})"
                for provider in withdrawn_sudo
            ),
        )

    def describe_changes(self, before):
        """Describe what has changed since the accounts were shown.

        :param dict before: {Ponto's identifier: name of the account} of that time
        :return: which accounts came and which went
        :rtype: str
        """
        now = {account.id: self._describe(account) for account in self._accounts}
        parts = []
        if added := [name for key, name in now.items() if key not in before]:
            parts.append(self._env._("New in Ponto: %s.", "; ".join(added)))
        if gone := [name for key, name in before.items() if key not in now]:
            parts.append(self._env._("No longer offered: %s.", "; ".join(gone)))
        return "\n".join(parts) or self._env._("Ponto offers the same accounts.")

    def explain_none(self):
        """Explain an empty list. Ponto tells nobody which of the two it is.

        :return: what may be missing and where to mend it in Ponto; False if it is not
            empty
        :rtype: str or bool
        """
        if self._accounts:
            return False
        return "\n".join(
            [
                self._env._("Ponto offers no account to this integration."),
                self._env._(
                    "No account is switched on: in Ponto, open Integrations, choose "
                    "the custom integration, and switch on the accounts that it may "
                    "read."
                ),
                self._env._(
                    "No bank is linked at all: in Ponto, open Accounts, add an account "
                    "at your bank, and then switch it on in the integration."
                ),
                self._env._("After that, press Fetch Accounts."),
            ]
        )

    def _describe(self, account):
        """Return how people know an account, as far as it is their business (str)."""
        if self.is_of_others(account):
            return mask_account_number(account.reference)
        return format_account(self._env, account)

    def _describe_feeds(self, providers_sudo):
        """Return which journals some feeds fill, as far as that is anybody's business
        (str)."""
        names = [
            self._env._("%s (archived)", provider.journal_id.display_name)
            if not provider.active
            else provider.journal_id.display_name
            for provider in self._get_own(providers_sudo)
        ]
        if names:
            return self._env._("Feeds %s already.", ", ".join(names))
        archived = self._get_own_archived_companies(providers_sudo)
        if archived:
            return self._env._(
                "Feeds a journal of %s, a company that is archived. Bring the company "
                "back to archive or remove its feed.",
                ", ".join(archived.mapped("name")),
            )
        return self._env._("Feeds a journal of another company.")

    def _get_own_archived_companies(self, providers_sudo):
        """Return the archived companies of feeds that whoever asks worked for."""
        user_sudo = self._env.user.sudo().with_context(active_test=False)
        companies = providers_sudo.company_id & user_sudo.company_ids
        return companies.filtered(lambda company: not company.active)

    def _get_own(self, providers_sudo):
        """Return the feeds of companies that whoever asks works for."""
        companies = self._env.user.company_ids
        return providers_sudo.filtered(lambda feed: feed.company_id in companies)
