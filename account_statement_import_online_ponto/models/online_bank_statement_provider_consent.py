# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models

from ..engine import consent

ACTIVITY_CONSENT = "account_statement_import_online_ponto.mail_activity_type_consent"


class OnlineBankStatementProvider(models.Model):
    """The bank's consent: until when may Ponto read the account, and can it now?"""

    _inherit = "online.bank.statement.provider"

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

    def _ponto_watch_consent(self):
        """Remind people of a consent that ends, once per threshold; close it when it
        was renewed."""
        self.ensure_one()
        if self.ponto_consent_state in (False, "valid"):
            if self.ponto_consent_reminded >= 0:
                self.ponto_consent_reminded = -1
                self._ponto_close_activity(ACTIVITY_CONSENT)
            return
        threshold = consent.find_reminder(
            self.ponto_consent_state,
            self.ponto_consent_days,
            self.ponto_consent_reminded,
        )
        if threshold is None:
            return
        self.ponto_consent_reminded = threshold
        expires_at = self.ponto_consent_expires_at
        self._ponto_open_activity(
            ACTIVITY_CONSENT, deadline=expires_at and expires_at.date()
        )
