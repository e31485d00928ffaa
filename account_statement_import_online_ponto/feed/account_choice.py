# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which of the accounts that Ponto offers feeds a journal."""

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..exceptions import FeedError
from ..ponto_api import PontoError, PontoNotFoundError, mask_account_number
from ..texts import describe_account
from ..tools import format_account_number


def fetch_account(provider, client):
    """Fetch the Ponto account that the journal stands for.

    :param client: a `PontoClient`
    :return: a `ponto_api.Account`
    :raise FeedError: when there is none, or no way to tell which
    :raise PontoError: when Ponto cannot be asked
    """
    provider.ensure_one()
    account = _fetch_remembered(provider, client)
    if account is None:
        accounts = list(client.iter_accounts())
        account = choose_account(provider, accounts, client)
    return account


def _fetch_remembered(provider, client):
    """Fetch the account that the last pull used, if it still is the right one."""
    if not provider.ponto_account_id:
        return None
    try:
        account = client.fetch_account(provider.ponto_account_id)
    except PontoNotFoundError:
        return None
    if account.deprecated or not provider._ponto_is_account_of_journal(account):
        return None
    return account


def record_account(provider, account):
    """Record what Ponto tells of the feed's account, and that it is this one.

    :param account: a `ponto_api.Account`
    """
    record, integration = (
        provider.ponto_linked_account_id,
        provider.ponto_integration_id,
    )
    if record.integration_id == integration and record.identifier == account.id:
        record._update(account)
    else:
        record = record._record(integration, [account])
    if provider.ponto_account_id == account.id:
        values = {}
    else:
        values = {"ponto_account_id": account.id}
        if provider.ponto_account_id:
            values["ponto_is_relinked"] = True
    if provider.ponto_linked_account_id != record:
        values["ponto_linked_account_id"] = record.id
    if values:
        provider.write(values)


def choose_account(provider, accounts, client):
    """Choose the account with the journal's number and currency.

    :param list accounts: `ponto_api.Account` objects, all that the integration
        may see
    :param client: a `PontoClient`, to name the banks in an error
    :return: a `ponto_api.Account`, one that is not deprecated if there is a choice
    :raise FeedError: when there is no such account or more than one
    """
    provider.ensure_one()
    matching = [
        account
        for account in accounts
        if provider._ponto_is_account_of_journal(account)
    ]
    current = [account for account in matching if not account.deprecated]
    candidates = current or matching
    if len(candidates) == 1:
        return candidates[0]
    raise FeedError(
        provider.env,
        _judge_choice(provider, bool(candidates), accounts),
        journal=provider.journal_id.name,
        sought=f"{mask_account_number(provider.account_number)} "
        f"{provider.ponto_currency_id.name}",
        **_prepare_offered(provider, candidates or accounts, client),
    )


def _judge_choice(provider, is_ambiguous, accounts):
    """Return why no account was chosen: a code of `texts.ERRORS` (str)."""
    if not accounts:
        return "no_accounts"
    if not provider.account_number:
        return "no_account_number"
    return "account_ambiguous" if is_ambiguous else "account_not_offered"


def _prepare_offered(provider, accounts, client):
    """Prepare what is told of accounts that Ponto offers to the integration.

    Whoever reads it works for the feed's company: where the integration serves
    others, too, only accounts are named that are known to be this company's, and
    feed none of the others.

    :param list accounts: `ponto_api.Account` objects
    :param client: a `PontoClient` to ask for the banks' names, or None
    :return: `accounts` with shortened numbers, as `texts.describe_account` takes them,
        and how many `others` there are
    :rtype: dict
    """
    named = accounts
    if provider.sudo().ponto_integration_id.company_ids - provider.company_id:
        own_sudo = provider.company_id.sudo().bank_ids
        numbers = set(own_sudo.mapped("sanitized_acc_number"))
        integration_sudo = provider.sudo().ponto_integration_id
        integration_sudo = integration_sudo.with_context(active_test=False)
        others_sudo = integration_sudo._get_siblings(provider).filtered(
            lambda feed: feed.company_id != provider.company_id
        )
        foreign_ids = set(others_sudo.mapped("ponto_account_id"))
        foreign_numbers = set(others_sudo.mapped("account_number"))
        named = [
            account
            for account in accounts
            if sanitize_account_number(account.reference) in numbers - foreign_numbers
            and account.id not in foreign_ids
        ]
    return {
        "accounts": [
            _prepare_description(account, client, is_short=True) for account in named
        ],
        "others": len(accounts) - len(named),
    }


def format_account(env, account):
    """Return how people know an account (str).

    :param env: an environment; the text is in its language
    :param account: a `ponto_api.Account`
    """
    return describe_account(env, _prepare_description(account))


def _prepare_description(account, client=None, is_short=False):
    """Prepare what `texts.describe_account` tells of an account (dict).

    :param account: a `ponto_api.Account`
    :param client: a `PontoClient` to ask for the bank's name, or None
    :param bool is_short: whether to leave out the middle of its number
    """
    format_number = mask_account_number if is_short else format_account_number
    has_number = sanitize_account_number(account.reference)
    return {
        "number": format_number(account.reference) if has_number else None,
        "currency": account.currency,
        "holder": account.holder_name,
        "description": account.description,
        "bank": client and _fetch_bank_name(account, client),
        "is_replaced": account.deprecated,
    }


def _fetch_bank_name(account, client):
    """Fetch the bank's name (str); None when Ponto does not tell."""
    if not account.financial_institution_id:
        return None
    try:
        return client.fetch_financial_institution(account.financial_institution_id).name
    except PontoError:
        # It only embellishes another message, which must not get lost.
        return None
