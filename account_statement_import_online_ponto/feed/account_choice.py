# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which of the accounts that Ponto offers feeds a journal."""

from odoo import SUPERUSER_ID, fields

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine import consent
from ..exceptions import FeedError
from ..ponto_api import Account, PontoError, PontoNotFoundError, mask_account_number
from ..texts import describe_account
from ..tools import format_account_number, to_naive_utc


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
    """Fetch the account that the last pull used, if it still is the right one whatever
    others there are."""
    if not provider.ponto_account_id:
        return None
    try:
        account = client.fetch_account(provider.ponto_account_id)
    except PontoNotFoundError:
        return None
    return account if is_still_right(provider, account) else None


def is_still_right(provider, account):
    """Tell whether the account that the last pull used is to be read whatever others
    there are (bool).

    :param account: a `ponto_api.Account`
    """
    return not (
        account.deprecated
        or _has_consent_ended(account)
        or not is_to_be_read(provider, account)
    )


def _has_consent_ended(account):
    expires_at = to_naive_utc(account.authorization_expires_at) or None
    now = fields.Datetime.now()
    state = consent.judge(expires_at, now, account.synchronization_error)
    return state == consent.EXPIRED


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
    if provider.ponto_agreed_account != _get_key(account):
        values["ponto_agreed_account"] = _get_key(account)
    if values:
        provider.write(values)


def choose_account(provider, accounts, client):
    """Choose the account with the journal's number and currency.

    Somebody may have added an account to Ponto once more, instead of renewing the
    bank's consent: then the one that the bank lets Ponto read is meant.

    :param list accounts: `ponto_api.Account` objects, all that the integration
        may see
    :param client: a `PontoClient`, to name the banks in an error
    :return: a `ponto_api.Account`; if there is a choice, one that is not deprecated and
        whose consent has not ended, or else the one that the last pull used
    :raise FeedError: when there is no such account or more than one
    """
    provider.ensure_one()
    matching = [account for account in accounts if is_to_be_read(provider, account)]
    current = [account for account in matching if not account.deprecated]
    readable = [account for account in current if not _has_consent_ended(account)]
    candidates = readable or current or matching
    remembered = [each for each in candidates if each.id == provider.ponto_account_id]
    candidates = remembered or candidates
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
    if is_ambiguous:
        return "account_ambiguous"
    if any(map(provider._ponto_is_account_of_journal, accounts)):
        return "account_of_others"
    return "account_not_offered"


# === WHOSE IT IS === #


def is_to_be_read(provider, account):
    """Tell whether a feed is to read an account: that of its journal, if it may.

    :param account: a `ponto_api.Account`
    :rtype: bool
    """
    return provider._ponto_is_account_of_journal(account) and not is_foreign(
        provider, account
    )


def is_foreign(provider, account):
    """Tell whether an account is to be read for other companies only.

    :param account: a `ponto_api.Account`
    :rtype: bool
    """
    provider_sudo = provider.sudo()
    if provider_sudo.ponto_agreed_account == _get_key(account):
        return False
    return bool(find_others(_get_feeds_sudo(provider), account, provider.company_id))


def find_others(feeds_sudo, account, companies):
    """Find the feeds of an account that feeds journals of other companies only.

    A number makes no account one's own: everybody may give one to a journal of theirs.

    :param feeds_sudo: the feeds of the integration, archived ones too
    :param account: a `ponto_api.Account`
    :param companies: one's own
    :return: those of `feeds_sudo`; none where it is one's own, or nobody's
    """
    own_sudo = feeds_sudo.filtered(lambda feed: feed.company_id in companies)
    if _get_key(account) in own_sudo.mapped("ponto_agreed_account"):
        return feeds_sudo.browse()
    return find_feeds(feeds_sudo - own_sudo, account)


def find_feeds(feeds_sudo, account):
    """Find the feeds of an account.

    :param feeds_sudo: feeds of the integration
    :param account: a `ponto_api.Account`
    :return: those of `feeds_sudo` that have read it, or whose journal has its number
    """
    return feeds_sudo.filtered(
        lambda feed: (
            feed.ponto_account_id == account.id
            or feed._ponto_is_account_of_journal(account)
        )
    )


def agree_on_account(provider):
    """Agree on the account that the journal has the number of, or on none: called when
    somebody has set up the feed, or its journal's number.

    What feeds journals of other companies only is agreed on where that was somebody who
    works for one of them, or the system itself.
    """
    provider_sudo = provider.sudo()
    if not provider_sudo.ponto_integration_id:
        return
    number, currency = provider_sudo.account_number, provider_sudo.ponto_currency_id
    account = Account(id="", reference=number or None, currency=currency.name)
    feeds_sudo = _get_feeds_sudo(provider) - provider_sudo
    others_sudo = find_others(feeds_sudo, account, provider_sudo.company_id)
    user_sudo = provider.env.user.sudo().with_context(active_test=False)
    is_agreed = number and (
        not others_sudo
        or user_sudo.id == SUPERUSER_ID
        or others_sudo.company_id & user_sudo.company_ids
    )
    agreed = is_agreed and _get_key(account)
    if (provider_sudo.ponto_agreed_account or False) != (agreed or False):
        provider_sudo.ponto_agreed_account = agreed


def _get_feeds_sudo(provider):
    """Return the feeds of the feed's integration, archived ones too, in sudo mode."""
    integration_sudo = provider.sudo().ponto_integration_id
    return integration_sudo.with_context(active_test=False).provider_ids


def _get_key(account):
    """Return number and currency of an account (str)."""
    return f"{sanitize_account_number(account.reference)} {account.currency}"


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
        named = [
            account
            for account in accounts
            if sanitize_account_number(account.reference) in numbers
            and not is_foreign(provider, account)
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
