# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..ponto_api import AccessToken, Account, Page, PontoError

#: How many accounts of an integration are looked at: two pages of Ponto's list.
MAX_ACCOUNTS = 200


@dataclass
class Facts:
    """What one check got to know of Ponto. None means: not asked, or not told.

    Ponto is asked for token, accounts and transactions, in this order; `error` is what
    stopped it at the first that is None.
    """

    token: AccessToken | None = None
    accounts: list[Account] | None = None
    page: Page | None = None
    error: Exception | None = None
    clock_difference: timedelta | None = None
    #: The account that feeds the journal; else the one that was meant, perhaps.
    account: Account | None = None
    #: Why no account can feed the journal.
    choice_error: UserError | None = None


class PontoConnectionCheck(models.TransientModel):
    """Everything between the bank and the journal, one plain finding after another.

    A check asks Ponto three times, four at most, and writes nothing on feed or journal.
    What it looks at is a list of methods: an integrator adds one to `_get_checks`.
    """

    _name = "ponto.connection.check"
    _inherit = ["ponto.wizard.mixin"]
    _description = "Connection Check"
    _rec_name = "provider_id"

    provider_id = fields.Many2one(
        comodel_name="online.bank.statement.provider",
        string="Feed",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    finding_ids = fields.One2many(
        comodel_name="ponto.connection.check.finding",
        inverse_name="check_id",
        string="Findings",
        readonly=True,
    )
    is_fine = fields.Boolean(compute="_compute_summary")
    summary = fields.Char(compute="_compute_summary")

    @api.depends("finding_ids.state")
    def _compute_summary(self):
        for check in self:
            states = check.finding_ids.mapped("state")
            problems, warnings = states.count("error"), states.count("warning")
            check.is_fine = not problems and not warnings
            check.summary = (
                self.env._("Everything is fine.")
                if check.is_fine
                else self.env._(
                    "Problems: %(problems)s. To look at: %(warnings)s. Fine: %(fine)s.",
                    problems=problems,
                    warnings=warnings,
                    fine=states.count("ok"),
                )
            )

    @api.model
    def _get_checks(self):
        """Get what is looked at.

        :return: names of methods (list); each takes a `Facts` and returns what `_fine`,
            `_look`, `_problem` or `_skip` returned
        """
        return [
            "_ponto_check_credentials",
            "_ponto_check_encryption",
            "_ponto_check_permission",
            "_ponto_check_account",
            "_ponto_check_number_and_currency",
            "_ponto_check_replaced",
            "_ponto_check_consent",
            "_ponto_check_synchronization",
            "_ponto_check_clock",
            "_ponto_check_active",
            "_ponto_check_schedule",
            "_ponto_check_next_run",
            "_ponto_check_last_pull",
            "_ponto_check_suspense_account",
            "_ponto_check_lock_dates",
            "_ponto_check_waiting",
            "_ponto_check_balance",
        ]

    # === RUNNING === #

    @api.model
    def _run(self, provider):
        """Check a feed.

        :param provider: an `online.bank.statement.provider` that the user may pull
        :return: a `ponto.connection.check`
        """
        check = self.sudo().create({"provider_id": provider.id}).with_env(self.env)
        facts = check._fetch_facts()
        findings = [getattr(check, name)(facts) for name in check._get_checks()]
        check.env["ponto.connection.check.finding"]._keep(check, findings)
        return check

    def _fetch_facts(self):
        """Fetch what can be known of Ponto; what goes wrong is a fact, too.

        :return: a `Facts`
        """
        facts = Facts()
        try:
            with self._get_provider_sudo()._ponto_get_client() as client:
                try:
                    self._ask_ponto(client, facts)
                finally:
                    facts.clock_difference = client.clock_difference
        except (PontoError, UserError) as error:
            facts.error = error
        return facts

    def _ask_ponto(self, client, facts):
        """Ask Ponto for one thing after the other.

        :param client: a `PontoClient`
        :param Facts facts: is filled
        :raise PontoError: at the first that Ponto does not tell
        """
        facts.token = client.fetch_token()
        self._get_provider_sudo().ponto_integration_id._record_acceptance()
        facts.accounts = list(islice(client.iter_accounts(), MAX_ACCOUNTS))
        self._choose_account(facts)
        if facts.account:
            pages = client.iter_transaction_pages(facts.account.id, limit=1)
            facts.page = next(pages, None)

    def _choose_account(self, facts):
        """Choose the account as a pull does; else one that was perhaps meant."""
        provider_sudo = self._get_provider_sudo()
        matching = [
            account
            for account in facts.accounts
            if provider_sudo._ponto_is_account_of_journal(account)
        ]
        remembered = [
            account
            for account in matching
            if account.id == provider_sudo.ponto_account_id and not account.deprecated
        ]
        try:
            facts.account = provider_sudo._ponto_choose_account(
                remembered or facts.accounts, client=None
            )
        except UserError as error:
            facts.choice_error = error
            if not matching:
                facts.account = self._find_similar(facts.accounts)

    def _find_similar(self, accounts):
        """:return: the `ponto_api.Account` that fed the journal up to now, or else one
        with its number; or None"""
        provider_sudo = self._get_provider_sudo()
        number = provider_sudo.ponto_account_number
        similar = [
            account
            for account in accounts
            if account.id == provider_sudo.ponto_account_id
            or (
                number
                and provider_sudo._ponto_format_number(account.reference) == number
            )
        ]
        similar.sort(key=lambda account: account.id != provider_sudo.ponto_account_id)
        return similar[0] if similar else None

    def _get_provider_sudo(self):
        """:return: the feed, in sudo mode: its journal and company may be looked at by
        whoever may pull"""
        self.ensure_one()
        provider_sudo = self.provider_id.sudo()
        return provider_sudo.with_company(provider_sudo.company_id)

    # === FINDINGS === #

    def _fine(self, name, text):
        """Prepare a finding that is as it should be.

        :param str name: what was looked at
        :param str text: what was found
        :return: values for a `ponto.connection.check.finding` (dict)
        """
        return {"name": name, "state": "ok", "text": text}

    def _look(self, name, text, repair=False):
        """Prepare a finding that somebody should look at; see `_problem`."""
        return {"name": name, "state": "warning", "text": text, "repair": repair}

    def _problem(self, name, text, repair=False):
        """Prepare a finding because of which nothing, or not everything, arrives.

        :param str text: the cause and the next step
        :param str repair: key of the finding's field `repair`
        """
        return {"name": name, "state": "error", "text": text, "repair": repair}

    def _skip(self, name, text=None):
        """Prepare a finding that could not be made."""
        text = text or self.env._("Another finding has to be repaired first.")
        return {"name": name, "state": "skipped", "text": text}

    # === BUTTONS === #

    def action_check_again(self):
        """Check once more, and show the new findings."""
        self.ensure_one()
        self.check_access("read")
        return self.provider_id.action_ponto_check_connection()

    def _get_action(self):
        """:return: the action that shows the findings (dict)"""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connection Check: %s", self.provider_id.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
