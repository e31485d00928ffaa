# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a check of a feed's connection gets to know, and what it finds."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any

from odoo.exceptions import UserError

from ..ponto_api import AccessToken, Account, Page, PontoError
from ..texts import explain
from ..tools import format_account_number
from .account_choice import choose_account, is_foreign

#: How many accounts of an integration are looked at: two pages of Ponto's list.
MAX_ACCOUNTS = 200


@dataclass(frozen=True)
class Finding:
    """What was found of one thing that was looked at.

    :ivar str name: what was looked at
    :ivar str state: `ok`, `warning`, `error` or `skipped`
    :ivar str text: what was found: the cause and the next step
    :ivar repair: key of the finding's field `repair` (str), or None
    """

    name: str
    state: str
    text: str
    repair: str | None = None

    @classmethod
    def ok(cls, name, text):
        """Return a finding that is as it should be."""
        return cls(name, "ok", text)

    @classmethod
    def warning(cls, name, text, repair=None):
        """Return a finding that somebody should look at."""
        return cls(name, "warning", text, repair)

    @classmethod
    def error(cls, name, text, repair=None):
        """Return a finding because of which nothing, or not everything, arrives."""
        return cls(name, "error", text, repair)

    @classmethod
    def skipped(cls, name, text):
        """Return a finding that could not be made."""
        return cls(name, "skipped", text)


@dataclass
class Facts:
    """What one check got to know of Ponto. None means: not asked, or not told.

    Ponto is asked for token, accounts and transactions, in this order; `error` is what
    stopped it at the first that is None.

    :ivar provider_sudo: the feed, in sudo mode and in its own company
    """

    provider_sudo: Any = field(repr=False)
    token: AccessToken | None = None
    accounts: list[Account] | None = None
    page: Page | None = None
    error: Exception | None = None
    clock_difference: timedelta | None = None
    #: The account that feeds the journal; else the one that was meant, perhaps.
    account: Account | None = None
    #: Why no account can feed the journal.
    choice_error: UserError | None = None

    @property
    def env(self):
        """The environment of the check, whose language is that of the findings."""
        return self.provider_sudo.env

    def explain_error(self):
        """Return in words what kept Ponto from telling more (str)."""
        if isinstance(self.error, PontoError):
            return explain(self.env, self.error)
        return str(self.error)

    def skip(self, name):
        """Return the finding that another one stands in the way of (Finding)."""
        return Finding.skipped(
            name, self.env._("Another finding has to be repaired first.")
        )


def fetch_facts(provider_sudo):
    """Fetch what can be known of Ponto; what goes wrong is a fact, too.

    Ponto is asked three times, five at most: a secret that was just entered is tried.

    :param provider_sudo: an `online.bank.statement.provider`, in sudo mode
    :rtype: Facts
    """
    facts = Facts(provider_sudo)
    try:
        with provider_sudo._ponto_get_client() as client:
            try:
                _fetch_all(client, facts)
            finally:
                facts.clock_difference = client.clock_difference
    except (PontoError, UserError) as error:
        facts.error = error
    return facts


def _fetch_all(client, facts):
    """Fetch one thing after the other.

    :param client: a `PontoClient`
    :param Facts facts: is filled
    :raise PontoError: at the first that Ponto does not tell
    """
    facts.token = client.fetch_token()
    facts.provider_sudo.ponto_integration_id._record_acceptance()
    facts.accounts = list(islice(client.iter_accounts(), MAX_ACCOUNTS))
    _choose_account(facts)
    if facts.account:
        pages = client.iter_transaction_pages(facts.account.id, limit=1)
        facts.page = next(pages, None)


def _choose_account(facts):
    """Choose the account as a pull does; else one that was perhaps meant."""
    provider_sudo = facts.provider_sudo
    matching = [
        account
        for account in facts.accounts
        if provider_sudo._ponto_is_account_of_journal(account)
    ]
    try:
        facts.account = choose_account(provider_sudo, facts.accounts, client=None)
    except UserError as error:
        facts.choice_error = error
        if not matching:
            facts.account = _find_similar(provider_sudo, facts.accounts)


def _find_similar(provider_sudo, accounts):
    """Return the account that fed the journal up to now, or else one with its number.

    :rtype: ponto_api.Account or None
    """
    number = provider_sudo.ponto_account_number
    similar = [
        account
        for account in accounts
        if (
            account.id == provider_sudo.ponto_account_id
            or (number and format_account_number(account.reference) == number)
        )
        and not is_foreign(provider_sudo, account)
    ]
    similar.sort(key=lambda account: account.id != provider_sudo.ponto_account_id)
    return similar[0] if similar else None
