# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import format_date

from ..engine import consent
from ..texts import describe_account, prepare_message, render_message, summarize
from ..tools import format_account_number, to_naive_utc


class PontoAccount(models.Model):
    """What Ponto tells an integration of a bank account: balance, consent, data.

    There is one for each account that Ponto offers, whether it feeds a journal, several
    of them, or none yet. Whoever sees one of its feeds may see it.
    """

    _name = "ponto.account"
    _inherit = ["ponto.guarded.mixin"]
    _description = "Ponto Account"
    _rec_name = "number"

    integration_id = fields.Many2one(
        comodel_name="ponto.integration",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    identifier = fields.Char(
        required=True, readonly=True, help="By which Ponto knows the account."
    )
    provider_ids = fields.One2many(
        comodel_name="online.bank.statement.provider",
        inverse_name="ponto_linked_account_id",
        string="Feeds",
        readonly=True,
        # Those of several companies, perhaps.
        groups=fields.NO_ACCESS,
    )
    number = fields.Char(string="Account Number", readonly=True)
    holder_name = fields.Char(string="Holder", readonly=True)
    bank_name = fields.Char(string="Bank", readonly=True)
    description = fields.Char(readonly=True)
    currency_code = fields.Char(readonly=True)
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_currency_id", store=True
    )
    balance = fields.Monetary(string="Balance at the Bank", readonly=True)
    balance_known = fields.Boolean(readonly=True)
    synchronized_at = fields.Datetime(
        string="Bank Data Of",
        readonly=True,
        help="When Ponto last read the account at the bank.",
    )
    synchronization_error = fields.Char(
        readonly=True,
        help="Code with which Ponto's last synchronization at the bank failed.",
    )
    transactions_error = fields.Char(
        readonly=True,
        help="Code with which Ponto last failed to read the transactions at the bank.",
    )
    is_deprecated = fields.Boolean(string="Replaced", readonly=True)
    is_readonly = fields.Boolean(string="Bank in Maintenance", readonly=True)
    consent_expires_at = fields.Datetime(
        string="Consent Valid Until",
        readonly=True,
        help="Until when the bank is expected to let Ponto read the account.",
    )
    consent_state = fields.Selection(
        selection=[
            ("valid", "Valid"),
            ("soon", "Consent Ends Soon"),
            ("expired", "Consent Expired"),
        ],
        compute="_compute_consent",
    )
    consent_days = fields.Integer(
        string="Days of Consent Left", compute="_compute_consent"
    )
    notice = fields.Text(compute="_compute_notice")
    notice_summary = fields.Char(
        compute="_compute_notice", help="The cause of the notice, in three words."
    )
    notice_level = fields.Selection(
        selection=[("warning", "Warning"), ("danger", "Danger")],
        compute="_compute_notice",
        help="Danger is what needs somebody; a warning heals itself, or has time.",
    )

    _identifier_idx = models.UniqueIndex("(integration_id, identifier)")

    # === COMPUTE METHODS === #

    @api.depends("number", "currency_code", "holder_name", "description")
    @api.depends("is_deprecated")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for account in self:
            account.display_name = describe_account(
                self.env,
                {
                    "number": format_account_number(account.number),
                    "currency": account.currency_code,
                    "holder": account.holder_name,
                    "description": account.description,
                    "is_replaced": account.is_deprecated,
                },
            )

    @api.depends("currency_code")
    def _compute_currency_id(self):
        Currency = self.env["res.currency"].with_context(active_test=False)
        currencies = Currency.search([("name", "in", self.mapped("currency_code"))])
        by_code = currencies.grouped("name")
        for account in self:
            account.currency_id = by_code.get(account.currency_code)

    @api.depends("consent_expires_at", "synchronization_error", "transactions_error")
    def _compute_consent(self):
        now = fields.Datetime.now()
        for account in self:
            expires_at = account.consent_expires_at or None
            days = consent.count_days(expires_at, now)
            account.consent_days = max(days, 0)
            account.consent_state = consent.judge(expires_at, now, account._get_error())

    @api.depends("consent_state", "consent_days", "is_deprecated", "is_readonly")
    @api.depends_context("lang")
    def _compute_notice(self):
        for account in self:
            notice = consent.choose_notice(
                account.consent_state or None,
                account.is_deprecated,
                account._get_error(),
                account.is_readonly,
            )
            account.notice = self._describe_notice(notice, account.consent_expires_at)
            account.notice_summary = account._summarize_notice(notice)
            needs_somebody = notice in (consent.EXPIRED, consent.REPLACED)
            account.notice_level = notice and (
                "danger" if needs_somebody else "warning"
            )

    def _get_error(self):
        """Return the code with which Ponto failed at the bank (str), or None."""
        return consent.choose_error(self.synchronization_error, self.transactions_error)

    def _summarize_notice(self, notice):
        """Return in three words what stands between Ponto and the bank (str); or False.

        :param str notice: which one, see `engine.consent`; or None
        """
        if not notice:
            return False
        if notice == consent.SOON:
            if self.consent_days == 1:
                return self.env._("Consent: 1 day left")
            return self.env._("Consent: %s days left", self.consent_days)
        return summarize(self.env, prepare_message(f"bank_{notice}"))

    @api.model
    def _describe_notice(self, notice, expires_at=False):
        """Describe something that stands between Ponto and the bank.

        :param str notice: which one, see `engine.consent`; or None
        :param datetime expires_at: when the consent ends, if that is it
        :return: the cause and the next step (str); or False
        """
        if not notice:
            return False
        date = expires_at and format_date(self.env, expires_at)
        return render_message(self.env, prepare_message(f"bank_{notice}", date=date))

    # === WHAT PONTO TELLS === #

    @api.model
    def _record(self, integration, accounts):
        """Record what Ponto tells an integration of some accounts.

        :param integration: a `ponto.integration`
        :param list accounts: `ponto_api.Account` objects
        :return: the records, in the same order and in sudo mode
        """
        identifiers = [account.id for account in accounts]
        domain = [
            ("integration_id", "=", integration.id),
            ("identifier", "in", identifiers),
        ]
        known = {
            record.identifier: record for record in self.sudo().search_fetch(domain)
        }
        new = [account for account in accounts if account.id not in known]
        for record in self.sudo().create(
            [
                {
                    "integration_id": integration.id,
                    "identifier": account.id,
                    **self._prepare_account(account),
                }
                for account in new
            ]
        ):
            known[record.identifier] = record
        for account in accounts:
            known[account.id]._update(account)
        return self.sudo().browse().concat(*map(known.get, identifiers))

    @api.model
    def _record_offered(self, integration_sudo, accounts, banks=None):
        """Record all accounts that Ponto offers to an integration, and remove those
        that it offers no more, unless they feed a journal.

        :param integration_sudo: a `ponto.integration`, in sudo mode
        :param list accounts: `ponto_api.Account` objects
        :param dict banks: {identifier: `ponto_api.FinancialInstitution`}, as far as
            they are known
        """
        offered_sudo = self._record(integration_sudo, accounts)
        for account_sudo, account in zip(offered_sudo, accounts, strict=True):
            bank = (banks or {}).get(account.financial_institution_id)
            if bank and bank.name and account_sudo.bank_name != bank.name:
                account_sudo.bank_name = bank.name
        gone_sudo = integration_sudo.account_ids - offered_sudo
        gone_sudo = gone_sudo.with_context(active_test=False)
        gone_sudo.filtered(lambda account: not account.provider_ids).unlink()

    def _update(self, account):
        """Record what Ponto tells of the account now.

        :param account: a `ponto_api.Account`
        """
        self.ensure_one()
        changed = {
            name: value
            for name, value in self._prepare_account(account).items()
            if (self[name] or False) != (value or False)
        }
        if changed:
            self.sudo().write(changed)

    def _record_page(self, page):
        """Record what Ponto tells with the transactions: the rest it tells apart.

        :param page: a `ponto_api.Page` of the account
        """
        self.ensure_one()
        error = page.synchronization_error or False
        if self.transactions_error != error:
            self.sudo().transactions_error = error

    @api.model
    def _prepare_account(self, account):
        """Prepare what is recorded of an account (dict).

        :param account: a `ponto_api.Account`
        """
        balance = account.current_balance
        values = {
            "number": account.reference,
            "currency_code": account.currency,
            "holder_name": account.holder_name,
            "description": account.description,
            "balance": float(balance or 0),
            "balance_known": balance is not None,
            "consent_expires_at": to_naive_utc(account.authorization_expires_at),
            "synchronization_error": account.synchronization_error,
            "is_deprecated": bool(account.deprecated),
            "is_readonly": account.availability == "readonly",
        }
        if account.synchronized_at:
            values["synchronized_at"] = to_naive_utc(account.synchronized_at)
        return values
