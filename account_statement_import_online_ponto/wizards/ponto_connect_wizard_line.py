# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from functools import partial

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine.days import day_of
from ..feed.account_choice import format_account
from ..feed.connecting import Choice
from ..feed.journal_proposal import fits
from ..feed.offered_accounts import OfferedAccounts
from ..feed.start_proposal import StartProposal
from ..ponto_api import Account, mask_account_number
from ..tools import format_account_number

#: The longest code that a journal can have.
CODE_LENGTH = 5


class PontoConnectWizardLine(models.TransientModel):
    """One account of Ponto, the journal that it is to feed, and from which day on."""

    _name = "ponto.connect.wizard.line"
    _inherit = ["ponto.wizard.mixin"]
    _description = "Account to Connect"
    _rec_name = "number"

    # === FIELDS === #

    wizard_id = fields.Many2one(
        comodel_name="ponto.connect.wizard",
        required=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="wizard_id.company_id")
    ponto_account_id = fields.Char(required=True, readonly=True)
    ponto_account_name = fields.Char(readonly=True)
    bank_name = fields.Char(string="Bank", readonly=True)
    bank_bic = fields.Char(readonly=True)
    reference = fields.Char(readonly=True)
    number = fields.Char(string="Account Number", readonly=True)
    holder_name = fields.Char(string="Holder", readonly=True)
    currency_code = fields.Char(readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    account_name = fields.Char(
        string="Account and Currency", compute="_compute_account_name"
    )
    account_label = fields.Text(string="Account", compute="_compute_account_label")
    balance = fields.Monetary(readonly=True)
    balance_known = fields.Boolean(readonly=True)
    consent_date = fields.Date(string="Consent Valid Until", readonly=True)
    state = fields.Selection(
        selection=[
            ("free", "Can Be Connected"),
            ("connected", "Feeds a Journal"),
            ("deprecated", "Replaced"),
            ("unusable", "Cannot Be Connected"),
        ],
        required=True,
        readonly=True,
    )
    notice = fields.Char(string="Remark", readonly=True)

    action = fields.Selection(
        selection=[
            ("journal", "Existing Journal"),
            ("new", "New Journal"),
            ("skip", "Not Now"),
        ],
        string="Import Into",
        default="skip",
        required=True,
    )
    available_journal_ids = fields.Many2many(
        comodel_name="account.journal",
        compute="_compute_available_journal_ids",
    )
    journal_id = fields.Many2one(
        comodel_name="account.journal", string="Existing Journal"
    )
    journal_name = fields.Char(string="Name")
    journal_code = fields.Char(string="Code", size=CODE_LENGTH)
    journal_label = fields.Char(string="Journal", compute="_compute_journal_label")
    proposed_date = fields.Date(readonly=True)
    proposed_reason = fields.Char(readonly=True)
    start_date = fields.Date(string="Import From")
    start_reason = fields.Char(string="Reason", compute="_compute_start_reason")
    history = fields.Json(
        readonly=True,
        help="What Ponto holds: the sum of each day, since which day that is known for "
        "sure, and whether it is all there is.",
    )
    opening_balance = fields.Char(compute="_compute_opening_balance")

    @api.depends("number", "currency_code")
    def _compute_account_name(self):
        for line in self:
            name = f"{line.number or ''} {line.currency_code or ''}"
            line.account_name = name.strip()

    @api.depends("account_name", "holder_name", "notice")
    def _compute_account_label(self):
        for line in self:
            parts = [line.account_name, line.holder_name, line.notice]
            line.account_label = "\n".join(part for part in parts if part)

    @api.depends("wizard_id", "reference", "currency_id")
    def _compute_available_journal_ids(self):
        for line in self:
            # The one first from which the assistant was opened.
            opener = line.wizard_id.journal_id
            unfed = opener._ponto_find_unfed(line.company_id)
            line.available_journal_ids = (unfed & opener | unfed).filtered(
                partial(fits, line)
            )

    @api.depends("action", "journal_id", "journal_name", "journal_code")
    def _compute_journal_label(self):
        for line in self:
            line.journal_label = (
                line.journal_id.display_name
                if line.action == "journal"
                else self.env._("%s (new)", line.journal_name)
            )

    @api.depends("start_date", "proposed_date", "proposed_reason")
    def _compute_start_reason(self):
        for line in self:
            if not line._is_start_chosen():
                line.start_reason = line.proposed_reason
                continue
            line.start_reason = self.env._(
                "Chosen by you. Proposed was %(date)s: %(reason)s",
                date=format_date(self.env, line.proposed_date),
                reason=line.proposed_reason,
            )

    @api.depends("start_date", "history", "journal_id", "action")
    def _compute_opening_balance(self):
        for line in self:
            line.opening_balance = StartProposal(line).describe_balance()

    # === WHAT PONTO TELLS === #

    @api.model
    def _prepare_line(self, wizard, account, bank, offered):
        """Prepare the line of an account.

        :param wizard: the `ponto.connect.wizard`
        :param account: a `ponto_api.Account`
        :param bank: its `ponto_api.FinancialInstitution`, or None
        :param OfferedAccounts offered: what may become of it
        :return: values for `create` (dict)
        """
        currency = self._find_currency(account.currency)
        state, notice = offered.judge(account, currency)
        line = {
            "wizard_id": wizard.id,
            "ponto_account_id": account.id,
            "currency_code": account.currency,
            "currency_id": currency.id,
            "state": state,
            "notice": notice,
        }
        if offered.is_of_others(account):
            number = mask_account_number(account.reference)
            return {**line, "number": number, "ponto_account_name": number}
        return {
            **line,
            "ponto_account_name": format_account(self.env, account),
            "bank_name": bank and bank.name,
            "bank_bic": bank and bank.bic,
            "reference": sanitize_account_number(account.reference),
            "number": format_account_number(account.reference),
            "holder_name": account.holder_name,
            "balance": float(account.current_balance or 0),
            "balance_known": account.current_balance is not None,
            "consent_date": self._get_consent_date(wizard, account),
        }

    @api.model
    def _get_consent_date(self, wizard, account):
        """Return the day on which the bank's consent ends (date), or None."""
        Provider = self.env["online.bank.statement.provider"]
        zone = pytz.timezone(Provider._default_tz(wizard.company_id))
        return day_of(account.authorization_expires_at, zone)

    @api.model
    def _find_currency(self, code):
        """Return the `res.currency` with a code, active or not; empty if none."""
        return (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", code)], limit=1)
        )

    # === PROPOSALS === #

    def _get_choice(self):
        """Return what is chosen for the account, or proposed (dict): values of the
        fields that a person can change."""
        return {
            "action": self.action,
            "journal_id": self.journal_id.id,
            "journal_name": self.journal_name,
            "journal_code": self.journal_code,
            "start_date": self._is_start_chosen() and self.start_date,
        }

    def _propose_start(self, client):
        """Propose the day from which to import, by what Ponto holds; one that somebody
        has chosen stays.

        :param client: a `PontoClient`
        """
        proposal = StartProposal(self)
        history = proposal.fetch_history(client)
        self.sudo().write(
            {
                "history": history,
                "proposed_date": proposal.day,
                "proposed_reason": proposal.explain(history),
                "start_date": self.start_date
                if self._is_start_chosen()
                else proposal.day,
            }
        )

    def _is_start_chosen(self):
        """Tell whether somebody has chosen another day than the proposed one (bool)."""
        return self.start_date not in (False, self.proposed_date)

    # === CHECKS === #

    def _check_choice(self, integration_sudo):
        """Check what was chosen for the accounts.

        :param integration_sudo: the `ponto.integration` that offers them, in sudo mode
        :raise UserError: when it cannot be done
        """
        journals, codes = self.env["account.journal"], set()
        for line in self:
            line._check_state(integration_sudo)
            if line.action == "journal":
                line._check_journal(journals)
                journals |= line.journal_id
            else:
                line._check_new_journal(codes)
                codes.add(line.journal_code)

    def _check_state(self, integration_sudo):
        """Check that the account can be connected, by now too: somebody else may have
        connected it meanwhile.

        :param integration_sudo: the `ponto.integration` that offers it, in sudo mode
        :raise UserError: with the reason
        """
        state, reason = self.state, self.notice
        if state == "free":
            offered = OfferedAccounts(integration_sudo, [])
            account = Account(
                id=self.ponto_account_id,
                reference=self.reference,
                currency=self.currency_code,
            )
            state, reason = offered.judge(account, self.currency_id)
        if state != "free":
            raise UserError(
                self.env._(
                    "%(account)s cannot be connected. %(reason)s",
                    account=self.number or self.ponto_account_name,
                    reason=reason,
                )
            )

    def _check_journal(self, others):
        """Check the journal that was chosen.

        :param others: the journals that were chosen for other accounts
        :raise UserError: with the next step
        """
        if not self.journal_id:
            raise UserError(
                self.env._(
                    "Choose the journal of %s, a new journal, or Not Now.", self.number
                )
            )
        if self.journal_id in others:
            raise UserError(
                self.env._(
                    "%s is chosen for two accounts. Choose another journal for one of "
                    "them.",
                    self.journal_id.display_name,
                )
            )
        if self.journal_id not in self.available_journal_ids:
            raise UserError(
                self.env._(
                    "%(journal)s cannot be fed by %(account)s: it has another feed, "
                    "another account number or another currency. Choose another "
                    "journal, or a new one.",
                    journal=self.journal_id.display_name,
                    account=f"{self.number} {self.currency_code}",
                )
            )

    def _check_new_journal(self, codes):
        """Check what was entered for a new journal.

        :param set codes: those of the other new journals
        :raise UserError: with the next step
        """
        if not self.journal_name or not self.journal_code:
            raise UserError(
                self.env._(
                    "Enter name and code of the new journal for %s.", self.number
                )
            )
        Journal = self.env["account.journal"].sudo().with_context(active_test=False)
        same_code = Journal.search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("code", "=", self.journal_code),
            ],
            limit=1,
        )
        if same_code or self.journal_code in codes:
            raise UserError(
                self.env._(
                    "Another journal has the code %(code)s. Choose another one for "
                    "%(journal)s.",
                    code=self.journal_code,
                    journal=self.journal_name,
                )
            )

    # === CONNECTING === #

    def _prepare_choice(self, accounts_sudo):
        """Prepare what was chosen for the account (`Choice`).

        :param accounts_sudo: the integration's `ponto.account`, in sudo mode
        """
        self.ensure_one()
        is_existing = self.action == "journal"
        return Choice(
            company=self.company_id,
            account=accounts_sudo.filtered(
                lambda account: account.identifier == self.ponto_account_id
            ),
            reference=self.reference,
            currency=self.currency_id,
            start_date=self.start_date,
            journal=is_existing and self.journal_id,
            journal_name=self.journal_name,
            journal_code=self.journal_code,
            bank_name=self.bank_name,
            bank_bic=self.bank_bic,
            match_policy=self.wizard_id.match_policy,
            responsibles=self.wizard_id.responsible_ids,
        )
