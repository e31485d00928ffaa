# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Findings about the way from the bank to Odoo: login, account, consent, data."""

from datetime import timedelta

from odoo import fields
from odoo.tools import format_date

from ..engine import consent
from ..exceptions import UnreadableSecretError, describe_error
from ..ponto_api import PontoCredentialsError
from ..tools import format_account_number, format_moment, to_naive_utc
from .account_choice import format_account
from .connection_check import Finding

#: By how much the clocks of Ponto and of this server may differ.
CLOCK_TOLERANCE = timedelta(minutes=2)

#: How old the bank's data may be: Ponto asks the bank four times a day.
MAX_AGE = timedelta(days=1)

# === LOGIN === #


def check_credentials(facts):
    """Does Ponto accept Client ID and Client Secret?"""
    name = facts.env._("Login")
    if facts.token and (notice := facts.provider_sudo.ponto_secret_notice):
        return Finding.warning(name, notice, "update_credentials")
    if facts.token:
        return Finding.ok(name, facts.env._("Ponto accepts the credentials."))
    text = facts.explain_error()
    if not facts.provider_sudo._ponto_is_connected():
        return Finding.error(name, text, "open_provider")
    if isinstance(facts.error, (PontoCredentialsError, UnreadableSecretError)):
        return Finding.error(name, text, "update_credentials")
    return Finding.error(name, text, "check_again")


def check_encryption(facts):
    """Will this server be able to read the secret tomorrow?"""
    name = facts.env._("Encryption Key")
    if not facts.token:
        return facts.skip(name)
    risk = facts.env["ponto.integration"]._find_key_risk()
    if not risk:
        return Finding.ok(name, facts.env._("The key is kept in a safe place."))
    text = (
        facts.env._(
            "Some secrets in this database were encrypted with a key that this "
            "server does not have. Where several servers share the database, ask "
            "your system administrator to give all of them the same key."
        )
        if risk == "servers"
        else facts.env._(
            "The key that encrypts the secrets lies in a folder that may be gone "
            "when the server starts again; they would have to be entered again "
            "then. Ask your system administrator to give the server a key."
        )
    )
    return Finding.warning(name, text)


def check_permission(facts):
    """May the integration read accounts?"""
    name = facts.env._("Permission")
    if not facts.token:
        return facts.skip(name)
    scopes = facts.token.scope.split()
    if scopes and "ai" not in scopes:
        return Finding.error(
            name,
            facts.env._(
                "The integration may not read accounts. In Ponto, open "
                "Integrations, choose the custom integration and give it the scope "
                "Account Information."
            ),
            "open_ponto",
        )
    if facts.accounts is None:
        is_refused = getattr(facts.error, "kind", None) == "not_allowed"
        repair = "open_ponto" if is_refused else "check_again"
        return Finding.error(name, facts.explain_error(), repair)
    return Finding.ok(name, facts.env._("The integration may read accounts."))


# === ACCOUNT === #


def check_account(facts):
    """Does Ponto show the integration an account for the journal?"""
    name = facts.env._("Account in Ponto")
    if facts.accounts is None:
        return facts.skip(name)
    if facts.account:
        account = format_account(facts.env, facts.account)
        return Finding.ok(name, facts.env._("Ponto offers %s.", account))
    message, _advice = describe_error(facts.choice_error)
    is_journals = message["code"] in ("no_account_number", "account_of_others")
    repair = "open_journal" if is_journals else "open_ponto"
    return Finding.error(name, str(facts.choice_error), repair)


def check_number_and_currency(facts):
    """Are number and currency those of the journal?"""
    name = facts.env._("Number and Currency")
    provider_sudo = facts.provider_sudo
    if not facts.account:
        return facts.skip(name)
    journal = f"{provider_sudo.ponto_account_number} "
    journal += provider_sudo.ponto_currency_id.name
    if not facts.choice_error:
        return Finding.ok(
            name, facts.env._("Ponto and the journal both have %s.", journal)
        )
    account = format_account_number(facts.account.reference)
    account = f"{account} {facts.account.currency or ''}".strip()
    text = (
        facts.env._(
            "The journal is kept for %(journal)s, the account in Ponto is "
            "%(account)s. Correct the journal's account number or currency.",
            journal=journal,
            account=account,
        )
        if provider_sudo.account_number
        else facts.env._(
            "The journal has no account number. The account in Ponto is %s.",
            account,
        )
    )
    return Finding.error(name, text, "open_journal")


def check_replaced(facts):
    """Has Ponto replaced the connection to the bank?"""
    name = facts.env._("Bank Connection")
    if not facts.account:
        return facts.skip(name)
    if facts.account.deprecated:
        text = _describe_notice(facts, consent.REPLACED)
        return Finding.error(name, text, "open_ponto")
    return Finding.ok(
        name, facts.env._("Ponto uses its present connection to the bank.")
    )


# === CONSENT === #


def check_consent(facts):
    """For how long does the bank let Ponto read the account?"""
    name = facts.env._("The Bank's Consent")
    if not facts.account:
        return facts.skip(name)
    now = fields.Datetime.now()
    expires_at = to_naive_utc(facts.account.authorization_expires_at) or None
    state = consent.judge(expires_at, now, facts.account.synchronization_error)
    if state in (consent.EXPIRED, consent.SOON):
        finding = Finding.error if state == consent.EXPIRED else Finding.warning
        text = _describe_notice(facts, state, expires_at)
        return finding(name, text, "open_ponto")
    if state == consent.VALID:
        return Finding.ok(
            name,
            facts.env._(
                "Valid for %(days)s more days, until %(date)s.",
                days=consent.count_days(expires_at, now),
                date=format_date(facts.env, expires_at),
            ),
        )
    return Finding.ok(
        name, facts.env._("The bank does not tell when its consent ends.")
    )


def _describe_notice(facts, notice, expires_at=False):
    """Describe what stands between Ponto and the bank (str)."""
    return facts.env["ponto.account"]._describe_notice(notice, expires_at)


# === DATA === #


def check_synchronization(facts):
    """When did Ponto last read the account at the bank, and did it work?"""
    name = facts.env._("Ponto at the Bank")
    if not facts.account:
        return facts.skip(name)
    if not facts.page:
        return Finding.error(name, facts.explain_error(), "check_again")
    latest = (
        facts.account.latest_synchronization,
        facts.page.latest_synchronization,
    )
    failed = [each for each in latest if each and each.is_failed]
    codes = {problem.code for each in failed for problem in each.errors}
    if codes & consent.AUTHORIZATION_CODES:
        return Finding.error(
            name,
            facts.env._(
                "The bank refused Ponto the last time. In Ponto, open Accounts and "
                "authorize the account again."
            ),
            "open_ponto",
        )
    if facts.account.availability == "readonly":
        text = _describe_notice(facts, consent.MAINTENANCE)
        return Finding.warning(name, text, "check_again")
    if failed:
        text = _describe_notice(facts, consent.FAILED)
        return Finding.warning(name, text, "fetch_now")
    return _judge_age(name, facts)


def _judge_age(name, facts):
    """Judge how old the bank's data are: balance or transactions, the older."""
    moments = [facts.account.synchronized_at, facts.page.synchronized_at]
    if None in moments:
        return Finding.warning(
            name,
            facts.env._("Ponto has not read the account at the bank yet."),
            "fetch_now",
        )
    moment = to_naive_utc(min(moments))
    text = facts.env._(
        "Ponto last read the account on %s.",
        format_moment(facts.provider_sudo.env, moment, facts.provider_sudo.tz),
    )
    if fields.Datetime.now() - moment > MAX_AGE:
        return Finding.warning(name, text, "fetch_now")
    return Finding.ok(name, text)


# === CLOCK === #


def check_clock(facts):
    """Does this server's clock agree with Ponto's?"""
    name = facts.env._("Clock of the Server")
    difference = facts.clock_difference
    if difference is None:
        return Finding.skipped(name, facts.env._("Ponto did not send its time."))
    if abs(difference) < CLOCK_TOLERANCE:
        return Finding.ok(name, facts.env._("It agrees with Ponto's."))
    minutes = round(abs(difference) / timedelta(minutes=1))
    text = (
        facts.env._("It is %s minutes ahead of Ponto's.", minutes)
        if difference > timedelta()
        else facts.env._("It is %s minutes behind Ponto's.", minutes)
    )
    remedy = facts.env._(
        "Ask your system administrator to let the server set its clock by itself."
    )
    return Finding.warning(name, f"{text} {remedy}", "check_again")
