# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import format_date

from ..engine import consent

ACTIVITY_CONSENT = "account_statement_import_online_ponto.mail_activity_type_consent"


class OnlineBankStatementProvider(models.Model):
    """The bank's consent: until when may Ponto read the account, and can it now?"""

    _inherit = "online.bank.statement.provider"

    ponto_consent_expires_at = fields.Datetime(
        string="Consent Valid Until",
        readonly=True,
        copy=False,
        help="Until when the bank is expected to let Ponto read the account.",
    )
    ponto_consent_state = fields.Selection(
        selection=[
            ("valid", "Valid"),
            ("soon", "Expires Soon"),
            ("expired", "Expired"),
        ],
        compute="_compute_ponto_consent_state",
    )
    ponto_consent_days = fields.Integer(
        string="Days of Consent Left", compute="_compute_ponto_consent_state"
    )
    ponto_consent_reminded = fields.Integer(
        readonly=True,
        copy=False,
        default=-1,
        help="At how many days left people were reminded last; -1 for not yet.",
    )
    ponto_synchronization_error = fields.Char(
        readonly=True,
        copy=False,
        help="Code with which Ponto's last synchronization at the bank failed.",
    )
    ponto_is_deprecated = fields.Boolean(readonly=True, copy=False)
    ponto_is_readonly = fields.Boolean(readonly=True, copy=False)
    ponto_bank_notice = fields.Text(compute="_compute_ponto_bank_notice")

    @api.depends("ponto_consent_expires_at", "ponto_synchronization_error")
    def _compute_ponto_consent_state(self):
        now = fields.Datetime.now()
        for provider in self:
            expires_at = provider.ponto_consent_expires_at or None
            error_code = provider.ponto_synchronization_error or None
            days = consent.count_days(expires_at, now)
            provider.ponto_consent_days = max(days, 0)
            provider.ponto_consent_state = consent.judge(expires_at, now, error_code)

    @api.depends(
        "ponto_consent_state",
        "ponto_synchronization_error",
        "ponto_is_deprecated",
        "ponto_is_readonly",
    )
    @api.depends_context("lang")
    def _compute_ponto_bank_notice(self):
        for provider in self:
            provider.ponto_bank_notice = provider._ponto_describe_bank(
                provider._ponto_get_bank_notice(), provider.ponto_consent_expires_at
            )

    def _ponto_get_bank_notice(self):
        """Return what stands between Ponto and the bank.

        :return: a key as of `_ponto_describe_bank`, or None
        :rtype: str or None
        """
        return consent.choose_notice(
            self.ponto_consent_state or None,
            self.ponto_is_deprecated,
            self.ponto_synchronization_error or None,
            self.ponto_is_readonly,
        )

    def _ponto_describe_bank(self, notice, expires_at=False):
        """Describe something that stands between Ponto and the bank.

        :param str notice: which one
        :param datetime expires_at: when the consent ends, if that is it
        :return: the cause and the next step (str); or False
        """
        if notice == "expired":
            return self.env._(
                "The bank no longer lets Ponto read this account, so nothing new "
                "arrives. In Ponto, open Accounts and authorize the account again; the "
                "missing transactions are fetched then."
            )
        if notice == "replaced":
            return self.env._(
                "Ponto replaces the connection to this bank. In Ponto, add the account "
                "again through the new connection and switch it on in the integration."
            )
        if notice == "soon":
            return self.env._(
                "The bank's consent ends on %s. In Ponto, open Accounts and authorize "
                "the account again before that day.",
                format_date(self.env, expires_at),
            )
        if notice == "failed":
            return self.env._(
                "Ponto could not read the account at the bank the last time. It tries "
                "again by itself, four times a day."
            )
        if notice == "maintenance":
            return self.env._(
                "The bank is in maintenance. Nothing needs to be done: Ponto goes on "
                "when it has ended."
            )
        return False

    def _ponto_prepare_consent(self, account):
        """Prepare what the provider keeps of the bank's consent.

        :param account: a `ponto_api.Account`
        :return: values for `write` (dict)
        """
        return {
            "ponto_synchronization_error": account.synchronization_error or False,
            "ponto_is_deprecated": bool(account.deprecated),
            "ponto_is_readonly": account.availability == "readonly",
        }

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
            ACTIVITY_CONSENT,
            self.env._("Renew the bank's consent: %s", self.journal_id.name),
            self.ponto_bank_notice,
            deadline=expires_at and expires_at.date(),
        )
