# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import format_date

from ..feed import people, standing
from ..texts import prepare_message, render_message, summarize
from ..tools import choose_language, format_moment, search_words


class PontoStatusMixin(models.AbstractModel):
    """How a feed is doing: account, consent, balance check, failure, status.

    Pulls write it, see `feed.outcome` and `feed.balance_check`; here it is put into
    words.
    """

    _name = "ponto.status.mixin"
    _inherit = ["mail.activity.mixin"]
    _description = "Tells How a Feed Is Doing"

    # === THE ACCOUNT === #

    ponto_account_id = fields.Char(
        string="Ponto Account Identifier",
        readonly=True,
        copy=False,
    )
    ponto_agreed_account = fields.Char(
        string="Account to Read",
        readonly=True,
        copy=False,
        help="Number and currency of the account that the feed was set up for by "
        "somebody who may let it read that, or that it has read.",
    )
    ponto_is_relinked = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether Ponto has given up identifiers of transactions that were read, "
        "as it does when an account is linked anew.",
    )
    ponto_linked_account_id = fields.Many2one(
        comodel_name="ponto.account",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    ponto_account_name = fields.Char(
        string="Account in Ponto",
        compute="_compute_ponto_account_name",
        compute_sudo=True,
        help="The account that was found by the journal's account number and currency.",
    )
    ponto_currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Currency of the Account",
        compute="_compute_ponto_currency_id",
        compute_sudo=True,
    )
    ponto_bank_balance = fields.Monetary(
        related="ponto_linked_account_id.balance",
        string="Balance at the Bank",
        currency_field="ponto_currency_id",
    )
    ponto_bank_balance_known = fields.Boolean(
        related="ponto_linked_account_id.balance_known"
    )
    ponto_synchronized_at = fields.Datetime(
        related="ponto_linked_account_id.synchronized_at"
    )

    # === THE BANK'S CONSENT === #

    ponto_consent_expires_at = fields.Datetime(
        related="ponto_linked_account_id.consent_expires_at"
    )
    ponto_consent_state = fields.Selection(
        related="ponto_linked_account_id.consent_state"
    )
    ponto_consent_days = fields.Integer(related="ponto_linked_account_id.consent_days")
    ponto_bank_notice = fields.Text(related="ponto_linked_account_id.notice")
    ponto_consent_reminded = fields.Integer(
        readonly=True,
        copy=False,
        default=-1,
        help="At how many days left people were reminded last; -1 for not yet.",
    )

    ponto_told = fields.Json(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        help="Who was told of which problem: {kind of activity: problem and users}.",
    )

    # === THE BALANCE BEFORE THE FIRST LINE === #

    ponto_opening_balance = fields.Monetary(
        currency_field="ponto_currency_id",
        readonly=True,
        copy=False,
        help="What the bank had before the first line of the journal.",
    )
    ponto_opening_balance_known = fields.Boolean(readonly=True, copy=False)
    ponto_opening_date = fields.Date(
        readonly=True,
        copy=False,
        help="The day before which everything was counted into the balance before the "
        "first line.",
    )
    ponto_opening_register_id = fields.Integer(
        readonly=True,
        copy=False,
        help="The last register record of that time; what came later was not counted.",
    )
    ponto_opening_is_provisional = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether the balance before the first line was counted back from a "
        "balance and transactions that Ponto read at different moments, or could not "
        "be because the bank told no balance. It is corrected as soon as both are of "
        "one moment. Where none is known: whether nothing tells it.",
    )

    ponto_entered_from = fields.Date(
        readonly=True,
        copy=False,
        help="The day from which lines count that people enter, where that is later "
        "than the day of the balance before the first line. That holds what they enter "
        "of earlier days.",
    )

    # === THE BALANCE CHECK === #

    ponto_balance_state = fields.Selection(
        selection=[
            ("unknown", "The bank gives no balance"),
            ("no_opening", "Nothing tells the balance before the first line"),
            ("equal", "Equals the bank"),
            ("explained", "Differs by what is not imported"),
            ("not_same_moment", "Balance and transactions are not of the same moment"),
            ("different", "Differs from the bank"),
        ],
        string="Bank Balance Check",
        readonly=True,
        copy=False,
    )
    ponto_odoo_balance = fields.Monetary(
        string="Balance in Odoo",
        currency_field="ponto_currency_id",
        readonly=True,
        copy=False,
    )
    ponto_difference = fields.Monetary(
        string="Difference",
        currency_field="ponto_currency_id",
        readonly=True,
        copy=False,
        help="Balance at the bank less balance in Odoo.",
    )
    ponto_unexplained = fields.Monetary(
        string="Unexplained",
        currency_field="ponto_currency_id",
        readonly=True,
        copy=False,
        help="What of the difference comes of no transaction that waits, was removed "
        "or ignored, is announced, is yet to be imported, or is dated before the start "
        "date.",
    )
    ponto_compared_at = fields.Datetime(
        string="Last Compared", readonly=True, copy=False
    )
    ponto_differs_since = fields.Datetime(
        readonly=True,
        copy=False,
        help="Since which comparison the journal differs from the bank.",
    )
    ponto_difference_date = fields.Date(
        string="Differs From",
        readonly=True,
        copy=False,
        help="The first day on which journal and bank differ, as far as can be told.",
    )
    #: When Ponto had read the balance and the transactions that were compared.
    ponto_balance_synchronized_at = fields.Datetime(readonly=True, copy=False)
    ponto_transactions_synchronized_at = fields.Datetime(readonly=True, copy=False)
    ponto_balance_text = fields.Char(
        string="Bank Balance Check in Words", compute="_compute_ponto_balance_text"
    )

    # === WHAT WENT WRONG === #

    ponto_failure = fields.Text(
        string="What Went Wrong",
        compute="_compute_ponto_failure",
        search="_search_ponto_failure",
    )
    #: The same as a code and values, see `texts`.
    ponto_failure_message = fields.Json(readonly=True, copy=False)
    ponto_failure_advice = fields.Selection(
        selection=[
            ("retry", "Wait for the next fetch"),
            ("reconnect", "Renew the authorization in Ponto"),
            ("credentials", "Update the credentials"),
            ("fix", "Correct the configuration"),
            ("bug", "Report the error"),
        ],
        readonly=True,
        copy=False,
    )
    ponto_failed_at = fields.Datetime(string="Failed", readonly=True, copy=False)
    ponto_failing_since = fields.Datetime(readonly=True, copy=False)
    ponto_failure_count = fields.Integer(
        readonly=True,
        copy=False,
        help="How many scheduled fetches in a row have failed.",
    )
    ponto_language = fields.Char(
        compute="_compute_ponto_language",
        compute_sudo=True,
        help="Language of what the scheduled fetch writes for people: that of the "
        "first of the persons responsible, or the company's where that one is not "
        "active.",
    )
    ponto_status = fields.Selection(
        selection=[
            ("disconnected", "Not Connected"),
            ("untested", "Not Tested"),
            ("connected", "Connected"),
            ("soon", "Consent Ends Soon"),
            ("expired", "Consent Expired"),
            ("error", "Error"),
            ("paused", "Paused"),
        ],
        string="Status",
        compute="_compute_ponto_status",
        search="_search_ponto_status",
    )
    ponto_cause = fields.Char(
        string="Cause",
        compute="_compute_ponto_cause",
        help="In three words, why the feed does not do what it is there for.",
    )
    ponto_cause_level = fields.Selection(
        selection=[("warning", "Warning"), ("danger", "Danger")],
        compute="_compute_ponto_cause",
        help="Danger is what needs somebody; a warning heals itself, or has time.",
    )
    ponto_failure_is_shared = fields.Boolean(
        readonly=True,
        copy=False,
        help="Whether what went wrong is that of all feeds of the integration.",
    )

    # === COMPUTE METHODS === #

    @api.depends("ponto_linked_account_id.display_name")
    @api.depends_context("lang")
    def _compute_ponto_account_name(self):
        for provider in self:
            provider.ponto_account_name = provider.ponto_linked_account_id.display_name

    @api.depends("journal_id.currency_id", "company_id.currency_id")
    def _compute_ponto_currency_id(self):
        for provider in self:
            provider.ponto_currency_id = (
                provider.journal_id.currency_id or provider.company_id.currency_id
            )

    @api.depends("ponto_balance_state", "ponto_difference", "ponto_compared_at")
    @api.depends_context("lang")
    def _compute_ponto_balance_text(self):
        ponto_providers_sudo = self.sudo()._origin.filtered(
            lambda provider: provider.ponto_balance_state in ("explained", "different")
        )
        standings = {}
        if ponto_providers_sudo:
            standings = standing.read_standings(ponto_providers_sudo)
        for provider in self:
            text = provider._ponto_describe_balance()
            comparison = standings.get(provider.sudo()._origin)
            if comparison and comparison.explaining:
                text += " " + standing.describe_explanation(provider, comparison)
            provider.ponto_balance_text = text

    def _ponto_describe_balance(self):
        """Return how the journal compares to the bank (str), or False."""
        if not self.ponto_balance_state:
            return False
        message = prepare_message(
            f"balance_{self.ponto_balance_state}",
            # As it was then: another feed of the account may know a later one.
            bank=self.ponto_currency_id.format(
                self.ponto_odoo_balance + self.ponto_difference
            ),
            odoo=self.ponto_currency_id.format(self.ponto_odoo_balance),
            difference=self.ponto_currency_id.format(self.ponto_difference),
            moment=format_moment(self.env, self.ponto_balance_synchronized_at, self.tz),
            transactions_moment=format_moment(
                self.env, self.ponto_transactions_synchronized_at, self.tz
            ),
            date=format_date(self.env, self.ponto_difference_date),
        )
        return render_message(self.env, message)

    @api.depends("ponto_responsible_ids")
    def _compute_ponto_language(self):
        """Compute the language when it is needed.

        Stored, it would make Odoo look for feeds, and write what is half-made, whenever
        a user is created; and it would outlive a language that is switched off.
        """
        languages = people.find_languages(self)
        for provider in self:
            wanted = languages.get(provider._origin.id)
            provider.ponto_language = choose_language(provider.env, wanted)

    @api.depends(
        "active",
        "ponto_integration_id.accepted_at",
        "ponto_integration_id.entered_secret_ciphertext",
        "ponto_failure_message",
        "ponto_consent_state",
        "ponto_stop_ids",
    )
    def _compute_ponto_status(self):
        for provider in self:
            if provider.service != "ponto":
                provider.ponto_status = False
            elif not provider.active or provider.sudo().ponto_stop_ids:
                provider.ponto_status = "paused"
            elif not provider._ponto_is_connected():
                provider.ponto_status = "disconnected"
            elif provider.ponto_failure_message:
                provider.ponto_status = "error"
            elif not provider.sudo().ponto_integration_id._is_tested():
                provider.ponto_status = "untested"
            elif provider.ponto_consent_state in ("soon", "expired"):
                provider.ponto_status = provider.ponto_consent_state
            else:
                provider.ponto_status = "connected"

    @api.depends(
        "ponto_stop_ids",
        "ponto_failure_message",
        "ponto_failure_advice",
        "ponto_linked_account_id.notice",
    )
    @api.depends_context("lang")
    def _compute_ponto_cause(self):
        for provider in self:
            account_sudo = provider.sudo().ponto_linked_account_id
            stop_sudo = provider.sudo().ponto_stop_ids[:1]
            message = provider.ponto_failure_message
            if stop_sudo:
                name = stop_sudo.create_uid.name
                cause, level = self.env._("Paused by %s", name), "warning"
            elif message:
                may_pass = provider.ponto_failure_advice == "retry"
                cause = summarize(self.env, message)
                level = "warning" if may_pass else "danger"
            else:
                cause = account_sudo.notice_summary
                level = account_sudo.notice_level
            provider.ponto_cause = cause
            provider.ponto_cause_level = level

    @api.depends("ponto_failure_message")
    @api.depends_context("lang")
    def _compute_ponto_failure(self):
        for provider in self:
            message = provider.ponto_failure_message
            provider.ponto_failure = message and render_message(self.env, message)

    @api.model
    def _search_ponto_failure(self, operator, value):
        return search_words(
            self, "ponto_failure_message", "ponto_failure", operator, value
        )
