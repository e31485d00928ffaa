# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from odoo.addons.base.models.res_bank import sanitize_account_number

#: The longest code that a journal can have.
CODE_LENGTH = 5


class PontoConnectWizardLine(models.TransientModel):
    """One account of Ponto, and the journal that it is to feed."""

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

    @api.depends("number", "currency_code", "holder_name", "notice")
    def _compute_account_label(self):
        for line in self:
            account = f"{line.number or ''} {line.currency_code or ''}".strip()
            parts = [account, line.holder_name, line.notice]
            line.account_label = "\n".join(part for part in parts if part)

    @api.depends("wizard_id", "reference", "currency_id")
    def _compute_available_journal_ids(self):
        for line in self:
            line.available_journal_ids = (
                line.wizard_id._get_available_journals().filtered(line._fits)
            )

    # === WHAT PONTO TELLS === #

    @api.model
    def _prepare_line(self, wizard, account, bank):
        """Prepare the line of an account.

        :param wizard: the `ponto.connect.wizard`
        :param account: a `ponto_api.Account`
        :param bank: its `ponto_api.FinancialInstitution`, or None
        :return: values for `create` (dict)
        """
        Provider = self.env["online.bank.statement.provider"]
        currency = self._find_currency(account.currency)
        state, notice = self._get_state(wizard, account, currency)
        return {
            "wizard_id": wizard.id,
            "ponto_account_id": account.id,
            "ponto_account_name": Provider._ponto_format_account(account),
            "bank_name": bank and bank.name,
            "bank_bic": bank and bank.bic,
            "reference": sanitize_account_number(account.reference),
            "number": Provider._ponto_format_number(account.reference),
            "holder_name": account.holder_name,
            "currency_code": account.currency,
            "currency_id": currency.id,
            "balance": float(account.current_balance or 0),
            "balance_known": account.current_balance is not None,
            "consent_date": self._get_consent_date(wizard, account),
            "state": state,
            "notice": notice,
        }

    @api.model
    def _get_consent_date(self, wizard, account):
        """:return: the day on which the bank's consent ends (date), or None"""
        Provider = self.env["online.bank.statement.provider"]
        provider = Provider.new({"tz": Provider._default_tz(wizard.company_id)})
        return provider._ponto_get_day(account.authorization_expires_at)

    @api.model
    def _find_currency(self, code):
        """:return: the `res.currency` with a code, active or not; empty if none"""
        return (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", code)], limit=1)
        )

    @api.model
    def _get_state(self, wizard, account, currency):
        """Tell whether an account can be connected.

        :return: key of `state` (str), and what to say of it (str or False)
        """
        if account.deprecated:
            return "deprecated", self.env._(
                "Replaced by a newer connection to the bank: use that one."
            )
        providers_sudo = wizard._get_own_providers_sudo().filtered(
            lambda provider: wizard._is_fed_by(provider, account)
        )
        if providers_sudo:
            return "connected", self._describe_feeds(providers_sudo)
        if not sanitize_account_number(account.reference):
            return "unusable", self.env._(
                "Ponto tells no account number, by which a journal could be found."
            )
        if not currency:
            return "unusable", self.env._(
                "Odoo does not know its currency. Add it under Configuration, "
                "Currencies, and fetch the accounts again."
            )
        return "free", False

    @api.model
    def _describe_feeds(self, providers_sudo):
        """:return: which journals some feeds fill, as far as that is anybody's
        business (str)"""
        names = [
            self.env._("%s (archived)", provider.journal_id.display_name)
            if not provider.active
            else provider.journal_id.display_name
            for provider in providers_sudo
            if provider.company_id in self.env.user.company_ids
        ]
        if not names:
            return self.env._("Feeds a journal of another company.")
        return self.env._("Feeds %s already.", ", ".join(names))

    # === PROPOSALS === #

    def _propose_journals(self):
        """Propose for each account the journal that it belongs to, or a new one."""
        free = self.filtered(lambda line: line.state == "free")
        taken = self.env["account.journal"]
        for line in free:
            journal = line._find_matching_journal() - taken
            taken |= journal
            line.journal_id = journal
        for line in free.filtered(lambda line: not line.journal_id):
            journal = line._find_blank_journal(free, taken)
            taken |= journal
            line.journal_id = journal
        codes = []
        for line in free.sorted(lambda line: bool(line.journal_id)):
            line.write(line._prepare_new_journal(codes))
            codes.append(line.journal_code)
            line.action = line._propose_action(taken)
            line.sudo().notice = line._describe_obstacle()

    def _fits(self, journal):
        """:return: whether a journal is kept in the account's currency, and for its
        number or none (bool)"""
        return self._get_currency(journal) == self.currency_id and (
            not journal.bank_account_id or self._has_number(journal)
        )

    @api.model
    def _get_currency(self, journal):
        """:return: the `res.currency` in which a journal is kept"""
        return journal.currency_id or journal.company_id.currency_id

    def _has_number(self, journal):
        """:return: whether a journal has the account's number (bool)"""
        return journal.bank_account_id.sanitized_acc_number == self.reference

    def _find_matching_journal(self):
        """:return: the journal with the account's number and currency, or none"""
        return self.available_journal_ids.filtered(self._has_number)[:1]

    def _find_blank_journal(self, lines, taken):
        """Find a journal without number that the account may well be meant for.

        :param lines: all accounts that can be connected
        :param taken: the journals that other accounts were given
        :return: one that nothing was entered in yet; or the one from which the
            assistant was opened, if no other account can be meant by it
        """
        fitting = (self.available_journal_ids - taken).filtered(
            lambda journal: not journal.bank_account_id
        )
        rivals = (lines - self).filtered(
            lambda line: not line.journal_id and line.currency_id == self.currency_id
        )
        return fitting.filtered(
            lambda journal: (
                not self._has_entries(journal)
                or (journal == self.wizard_id.journal_id and not rivals)
            )
        )[:1]

    @api.model
    def _has_entries(self, journal):
        """:return: whether anything was entered in a journal (bool)"""
        Move = self.env["account.move"].sudo()
        return bool(Move.search_count([("journal_id", "=", journal.id)], limit=1))

    def _propose_action(self, taken):
        """:return: key of `action` (str); whoever came for one journal gets no others,
        and what has a feed already gets no second journal"""
        if self.journal_id:
            return "journal"
        if self.wizard_id.journal_id & taken or self._find_occupied_journal():
            return "skip"
        return "new"

    def _find_occupied_journal(self):
        """:return: the journal with the account's number and currency that another feed
        fills, or none"""
        journals = self.env["account.journal"].search(
            [
                ("type", "=", "bank"),
                ("company_id", "=", self.company_id.id),
                ("bank_account_id.sanitized_acc_number", "=", self.reference),
            ]
        )
        occupied = journals - self.available_journal_ids
        return occupied.filtered(self._fits)[:1]

    def _describe_obstacle(self):
        """:return: why the journal of this account is not offered (str), or False"""
        occupied = self._find_occupied_journal()
        if not occupied:
            return False
        return self.env._("%s has another feed.", occupied.display_name)

    def _prepare_new_journal(self, codes):
        """Prepare the proposal for a new journal.

        :param list codes: what other lines propose as theirs
        :return: its name and code (dict)
        """
        Journal = self.env["account.journal"]
        bank_name = self.bank_name or self.env._("Bank")
        return {
            "journal_name": f"{bank_name} {self.reference[-4:]}",
            "journal_code": Journal._get_next_journal_default_code(
                "bank", self.company_id, cache=codes
            ),
        }
