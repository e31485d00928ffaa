# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).


from odoo import api, fields, models

from ..feed import background, people
from ..texts import word
from ..tools import choose_language, search_words


class OnlineBankStatementProvider(models.Model):
    """What a pull leaves on the provider: success, or what went wrong."""

    _name = "online.bank.statement.provider"
    _inherit = ["online.bank.statement.provider", "mail.activity.mixin"]

    ponto_failure = fields.Text(
        string="What Went Wrong",
        compute="_compute_ponto_failure",
        search="_search_ponto_failure",
    )
    #: The same as a code and values, see `texts`.
    ponto_failure_message = fields.Json(readonly=True, copy=False)
    ponto_failure_advice = fields.Selection(
        selection=[
            ("retry", "Wait for the next pull"),
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
        help="How many pulls in a row have failed.",
    )
    ponto_responsible_ids = fields.Many2many(
        comodel_name="res.users",
        relation="online_bank_statement_provider_ponto_responsible_rel",
        string="Responsible",
        # A text: on what a list names, Odoo lets the field depend. It would look for
        # feeds whenever a user is created, and write the user half-made before.
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user if not self.env.user.share else False,
        copy=False,
        help="Who is told when something needs a person: a failure, a consent that "
        "expires, a difference to the bank.",
    )

    ponto_language = fields.Char(
        compute="_compute_ponto_language",
        compute_sudo=True,
        help="Language of what the scheduled pull writes for people: that of the first "
        "of the persons responsible, or the company's where that one is not active.",
    )

    ponto_status = fields.Selection(
        selection=[
            ("disconnected", "Not Connected"),
            ("untested", "Not Tested"),
            ("connected", "Connected"),
            ("soon", "Expires Soon"),
            ("expired", "Expired"),
            ("error", "Error"),
            ("paused", "Paused"),
        ],
        string="Status",
        compute="_compute_ponto_status",
    )

    @api.depends("ponto_responsible_ids")
    def _compute_ponto_language(self):
        """Compute the language when it is needed.

        Stored, it would make Odoo look for feeds, and write what is half-made, whenever
        a user is created; and it would outlive a language that is switched off.
        """
        languages = people.find_languages(self)
        for provider in self:
            wanted = languages.get(provider._origin.id)
            if not wanted:
                wanted = people.find_responsible(provider)[:1].lang
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
            elif not provider.active or background.is_stopped(provider):
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

    @api.depends("ponto_failure_message")
    @api.depends_context("lang")
    def _compute_ponto_failure(self):
        for provider in self:
            message = provider.ponto_failure_message
            provider.ponto_failure = message and word(self.env, message)

    @api.model
    def _search_ponto_failure(self, operator, value):
        return search_words(
            self, "ponto_failure_message", "ponto_failure", operator, value
        )
