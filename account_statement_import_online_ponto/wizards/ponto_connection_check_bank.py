# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_date

from ..engine.consent import AUTHORIZATION_CODES
from ..exceptions import UnreadableSecretError, explain
from ..ponto_api import PontoAuthorizationError, PontoCredentialsError, PontoError
from ..tools import to_naive_utc

#: By how much the clocks of Ponto and of this server may differ.
CLOCK_TOLERANCE = timedelta(minutes=2)

#: How old the bank's data may be: Ponto asks the bank four times a day.
MAX_AGE = timedelta(days=1)


class PontoConnectionCheck(models.TransientModel):
    """Findings about the way from the bank to Odoo: login, account, consent, data."""

    _inherit = "ponto.connection.check"

    # === LOGIN === #

    def _ponto_check_credentials(self, facts):
        """Does Ponto accept Client ID and Client Secret?"""
        name = self.env._("Login")
        if facts.token and (notice := self._get_provider_sudo().ponto_secret_notice):
            return self._look(name, notice, "update_credentials")
        if facts.token:
            return self._fine(name, self.env._("Ponto accepts the credentials."))
        text = self._explain(facts.error)
        if not self._get_provider_sudo()._ponto_is_connected():
            return self._problem(name, text, "open_provider")
        if isinstance(facts.error, (PontoCredentialsError, UnreadableSecretError)):
            return self._problem(name, text, "update_credentials")
        return self._problem(name, text, "check_again")

    def _ponto_check_encryption(self, facts):
        """Will this server be able to read the secret tomorrow?"""
        name = self.env._("Encryption Key")
        if not facts.token:
            return self._skip(name)
        risk = self.env["ponto.integration"]._find_key_risk()
        if not risk:
            return self._fine(name, self.env._("The key is kept in a safe place."))
        text = (
            self.env._(
                "Some secrets in this database were encrypted with a key that this "
                "server does not have. Where several servers share the database, ask "
                "your system administrator to give all of them the same key."
            )
            if risk == "servers"
            else self.env._(
                "The key that encrypts the secrets lies in a folder that may be gone "
                "when the server starts again; they would have to be entered again "
                "then. Ask your system administrator to give the server a key."
            )
        )
        return self._look(name, text)

    def _ponto_check_permission(self, facts):
        """May the integration read accounts?"""
        name = self.env._("Permission")
        if not facts.token:
            return self._skip(name)
        scopes = facts.token.scope.split()
        if scopes and "ai" not in scopes:
            return self._problem(
                name,
                self.env._(
                    "The integration may not read accounts. In Ponto, open "
                    "Integrations, choose the custom integration and give it the scope "
                    "Account Information."
                ),
                "open_ponto",
            )
        if facts.accounts is None:
            is_refused = isinstance(facts.error, PontoAuthorizationError)
            repair = "open_ponto" if is_refused else "check_again"
            return self._problem(name, self._explain(facts.error), repair)
        return self._fine(name, self.env._("The integration may read accounts."))

    # === ACCOUNT === #

    def _ponto_check_account(self, facts):
        """Does Ponto show the integration an account for the journal?"""
        name = self.env._("Account in Ponto")
        provider_sudo = self._get_provider_sudo()
        if facts.accounts is None:
            return self._skip(name)
        if facts.account:
            account = provider_sudo._ponto_format_account(facts.account)
            return self._fine(name, self.env._("Ponto offers %s.", account))
        has_number = provider_sudo.account_number or not facts.accounts
        repair = "open_ponto" if has_number else "open_journal"
        return self._problem(name, str(facts.choice_error), repair)

    def _ponto_check_number_and_currency(self, facts):
        """Are number and currency those of the journal?"""
        name = self.env._("Number and Currency")
        provider_sudo = self._get_provider_sudo()
        if not facts.account:
            return self._skip(name)
        journal = f"{provider_sudo.ponto_account_number} "
        journal += provider_sudo.ponto_currency_id.name
        if not facts.choice_error:
            return self._fine(
                name, self.env._("Ponto and the journal both have %s.", journal)
            )
        account = provider_sudo._ponto_format_number(facts.account.reference)
        account = f"{account} {facts.account.currency or ''}".strip()
        text = (
            self.env._(
                "The journal is kept for %(journal)s, the account in Ponto is "
                "%(account)s. Correct the journal's account number or currency.",
                journal=journal,
                account=account,
            )
            if provider_sudo.account_number
            else self.env._(
                "The journal has no account number. The account in Ponto is %s.",
                account,
            )
        )
        return self._problem(name, text, "open_journal")

    def _ponto_check_replaced(self, facts):
        """Has Ponto replaced the connection to the bank?"""
        name = self.env._("Bank Connection")
        if not facts.account:
            return self._skip(name)
        if facts.account.deprecated:
            text = self._get_provider_sudo()._ponto_describe_bank("replaced")
            return self._problem(name, text, "open_ponto")
        return self._fine(
            name, self.env._("Ponto uses its present connection to the bank.")
        )

    # === CONSENT === #

    def _ponto_check_consent(self, facts):
        """For how long does the bank let Ponto read the account?"""
        name = self.env._("The Bank's Consent")
        if not facts.account:
            return self._skip(name)
        # The feed as a pull would leave it, without a row.
        provider_sudo = self._get_provider_sudo()
        values = provider_sudo._ponto_prepare_account(facts.account)
        provider = provider_sudo.new(values, origin=provider_sudo)
        state = provider.ponto_consent_state
        if state in ("expired", "soon"):
            finding = self._problem if state == "expired" else self._look
            return finding(name, provider._ponto_describe_bank(state), "open_ponto")
        if state == "valid":
            return self._fine(
                name,
                self.env._(
                    "Valid for %(days)s more days, until %(date)s.",
                    days=provider.ponto_consent_days,
                    date=format_date(self.env, provider.ponto_consent_expires_at),
                ),
            )
        return self._fine(
            name, self.env._("The bank does not tell when its consent ends.")
        )

    # === DATA === #

    def _ponto_check_synchronization(self, facts):
        """When did Ponto last read the account at the bank, and did it work?"""
        name = self.env._("Ponto at the Bank")
        if not facts.account:
            return self._skip(name)
        if not facts.page:
            return self._problem(name, self._explain(facts.error), "check_again")
        latest = (
            facts.account.latest_synchronization,
            facts.page.latest_synchronization,
        )
        failed = [each for each in latest if each and each.is_failed]
        codes = {problem.code for each in failed for problem in each.errors}
        if codes & AUTHORIZATION_CODES:
            return self._problem(
                name,
                self.env._(
                    "The bank refused Ponto the last time. In Ponto, open Accounts and "
                    "authorize the account again."
                ),
                "open_ponto",
            )
        provider_sudo = self._get_provider_sudo()
        if facts.account.availability == "readonly":
            text = provider_sudo._ponto_describe_bank("maintenance")
            return self._look(name, text, "check_again")
        if failed:
            text = provider_sudo._ponto_describe_bank("failed")
            return self._look(name, text, "fetch_now")
        return self._judge_age(name, facts)

    def _judge_age(self, name, facts):
        """Judge how old the bank's data are: balance or transactions, the older."""
        moments = [facts.account.synchronized_at, facts.page.synchronized_at]
        if None in moments:
            return self._look(
                name,
                self.env._("Ponto has not read the account at the bank yet."),
                "fetch_now",
            )
        moment = to_naive_utc(min(moments))
        text = self.env._(
            "Ponto last read the account on %s.",
            self._get_provider_sudo()._ponto_format_moment(moment),
        )
        if fields.Datetime.now() - moment > MAX_AGE:
            return self._look(name, text, "fetch_now")
        return self._fine(name, text)

    # === CLOCK === #

    def _ponto_check_clock(self, facts):
        """Does this server's clock agree with Ponto's?"""
        name = self.env._("Clock of the Server")
        difference = facts.clock_difference
        if difference is None:
            return self._skip(name, self.env._("Ponto told no time."))
        if abs(difference) < CLOCK_TOLERANCE:
            return self._fine(name, self.env._("It agrees with Ponto's."))
        minutes = round(abs(difference) / timedelta(minutes=1))
        text = (
            self.env._("It is %s minutes ahead of Ponto's.", minutes)
            if difference > timedelta()
            else self.env._("It is %s minutes behind Ponto's.", minutes)
        )
        remedy = self.env._(
            "Ask your system administrator to let the server set its clock by itself."
        )
        return self._look(name, f"{text} {remedy}", "check_again")

    def _explain(self, error):
        """:return: an error in words (str)"""
        if isinstance(error, PontoError):
            return explain(self.env, error)
        return str(error)
