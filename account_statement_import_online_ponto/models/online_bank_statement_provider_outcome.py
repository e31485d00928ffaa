# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import schedule
from ..exceptions import describe
from ..feed import background
from ..ponto_api import PontoError
from ..texts import word
from ..tools import choose_language, search_words, to_naive_utc
from .online_bank_statement_provider_balance import ACTIVITY_DIFFERENCE
from .online_bank_statement_provider_consent import ACTIVITY_CONSENT
from .online_bank_statement_provider_outage import SHARED_FAILURES

_logger = logging.getLogger(__name__)

ACTIVITY_FAILURE = "account_statement_import_online_ponto.mail_activity_type_failure"


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
        languages = self._ponto_find_languages()
        for provider in self:
            wanted = languages.get(provider._origin.id)
            if not wanted:
                wanted = provider._ponto_get_responsible()[:1].lang
            provider.ponto_language = choose_language(provider.env, wanted)

    def _ponto_find_languages(self):
        """Find the languages of the persons responsible, in one query for all feeds.

        :return: {provider id: code of the language of the first of them} (dict)
        """
        self.env["res.users"].flush_model(["active", "login", "partner_id"])
        self.env["res.partner"].flush_model(["lang", "name"])
        self.flush_recordset(["ponto_responsible_ids"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (responsible.online_bank_statement_provider_id)
                       responsible.online_bank_statement_provider_id, partner.lang
                  FROM online_bank_statement_provider_ponto_responsible_rel responsible
                  JOIN res_users person ON person.id = responsible.res_users_id
                  JOIN res_partner partner ON partner.id = person.partner_id
                 WHERE responsible.online_bank_statement_provider_id IN %s
                   AND person.active AND NOT person.share
              ORDER BY responsible.online_bank_statement_provider_id,
                       partner.name, person.login
                """,
                tuple(self._origin.ids) or (0,),
            )
        )
        return dict(rows)

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

    # === SUCCESS === #

    def _ponto_keep_success(self, pull, synchronized_at, is_partial=False):
        """Keep that all went well.

        :param pull: the `ponto.pull`
        :param datetime synchronized_at: when Ponto last read transactions at the bank,
            aware, or None
        :param bool is_partial: whether some days were pulled, and not all that is new
        """
        now = fields.Datetime.now()
        if self.ponto_failure_is_shared:
            self._ponto_resume_others()
        values = {
            "ponto_failure_message": False,
            "ponto_failure_advice": False,
            "ponto_failure_is_shared": False,
            "ponto_failing_since": False,
            "ponto_failure_count": 0,
        }
        if not is_partial:
            values["last_successful_run"] = now
            values["ponto_last_identifier"] = (
                pull.newest_identifier or self.ponto_last_identifier
            )
        self.write(values)
        # What a pull of some days leaves to the scheduled one.
        later = is_partial and self.env["ponto.transaction"].search_count(
            [
                ("provider_id", "=", self.id),
                ("state", "=", "new"),
                ("date", ">=", self._ponto_get_start_date()),
            ]
        )
        pull.write({"state": "done", "finished_at": now, "later_count": later})
        background.notify_end(self, pull)
        self._ponto_compare_balances(to_naive_utc(synchronized_at))
        pull._keep_balances()
        self._ponto_close_activity(ACTIVITY_FAILURE)
        self._ponto_watch_consent()
        self._ponto_watch_difference()
        _logger.info(
            "Pulled provider %s: %s read, %s known, %s imported, %s waiting",
            self.id,
            pull.read_count,
            pull.known_count,
            pull.imported_count,
            pull.waiting_count,
        )

    # === FAILURE === #

    def _ponto_keep_failure(self, error, period=None):
        """Keep what went wrong as a state of the provider.

        :param Exception error: what a pull raised
        :param Period period: the days that were to be pulled, or None
        """
        if not self:
            return
        self._ponto_log_failure(error)
        message, advice = describe(error)
        now = fields.Datetime.now()
        self.write(
            {
                "ponto_failure_message": message,
                "ponto_failure_advice": advice,
                "ponto_failure_is_shared": isinstance(error, SHARED_FAILURES),
                "ponto_failed_at": now,
                "ponto_failing_since": self.ponto_failing_since or now,
                "ponto_failure_count": self.ponto_failure_count + 1,
            }
        )
        pulls = self.env["ponto.pull"]
        if self._ponto_get_run():
            pulls = pulls._find_running(self)
        # What the pull itself noted may have been undone with it.
        pulls = pulls or pulls._start(self, period)
        for pull in pulls:
            pull._record_failure(error, message)
        background.notify_end(self, pulls)
        if schedule.needs_person(advice == "retry", self.ponto_failing_since, now):
            self._ponto_open_activity(ACTIVITY_FAILURE)
        self._ponto_watch_consent()

    def _ponto_log_failure(self, error):
        """Log a failure: as a warning what people can mend, as an error our own."""
        if isinstance(error, PontoError):
            _logger.warning("Pull of provider %s failed: %s", self.id, error)
        elif isinstance(error, UserError):
            # Its text may hold account numbers, which are not for the log.
            _logger.warning("Pull of provider %s failed, see the provider", self.id)
        else:
            _logger.error("Pull of provider %s failed", self.id, exc_info=error)

    # === SCHEDULE === #

    def _ponto_schedule_next_run(self, retry_after_s=None):
        """Set the next scheduled pull to the first moment of its grid after now.

        Each further failure in a row doubles the wait, up to a day.

        :param float retry_after_s: seconds that Ponto asked to wait, if it did
        """
        self.ensure_one()
        now = fields.Datetime.now()
        self.next_run = schedule.find_next_run(
            self.next_run,
            now + self._get_next_run_period() - now,
            now,
            self.ponto_failure_count,
            retry_after_s and timedelta(seconds=retry_after_s),
        )

    # === PEOPLE === #

    def _ponto_open_activity(self, xmlid, deadline=None):
        """Tell the persons responsible of a problem, once, each in their language.

        :param str xmlid: external identifier of the type of activity: one a problem
        :param date deadline: until when something should happen; today if not given
        """
        self.ensure_one()
        deadline = deadline or fields.Date.context_today(self)
        told = self.activity_search([xmlid], only_automated=True)
        for activity in told:
            words = self._ponto_prepare_activity(xmlid, activity.user_id)
            activity.write({**words, "date_deadline": deadline})
        untold = self._ponto_get_responsible() - told.user_id
        if untold and xmlid == ACTIVITY_FAILURE:
            untold -= self._ponto_get_told(xmlid)
        for user in untold:
            words = self._ponto_prepare_activity(xmlid, user)
            self.activity_schedule(
                xmlid, date_deadline=deadline, user_id=user.id, **words
            )

    def _ponto_prepare_activity(self, xmlid, user):
        """Prepare the words of an activity.

        :param str xmlid: external identifier of its type
        :param user: the `res.users` who reads it
        :return: its `summary` and `note`
        :rtype: dict
        """
        feed = self.with_context(lang=choose_language(self.env, user.lang))
        journal = feed.journal_id.name
        if xmlid == ACTIVITY_CONSENT:
            summary = feed.env._("Renew the bank's consent: %s", journal)
            note = feed.ponto_bank_notice
        elif xmlid == ACTIVITY_DIFFERENCE:
            summary = feed.env._("Differs from the bank: %s", journal)
            note = feed.ponto_balance_text
        else:
            summary = feed.env._("Bank feed: %s", journal)
            note = feed.ponto_failure
        # What a bank or Ponto says is text, whatever it looks like.
        return {
            "summary": summary,
            "note": Markup("<br/>").join((note or "").splitlines()),
        }

    def _ponto_close_activity(self, xmlid):
        """Close the activities about a problem that is solved."""
        self.ensure_one()
        if self.activity_ids:
            self.activity_feedback([xmlid], feedback=self.env._("Solved by itself."))

    def _ponto_get_responsible(self):
        """Get who is to be told: nobody who may not read the feed.

        :return: the persons responsible; without any, who made the feed, or else the
            administrator (`res.users`)
        """
        self.ensure_one()
        for users in (
            self.ponto_responsible_ids,
            self.create_uid,
            self.env.ref("base.user_admin"),
        ):
            if told := users.filtered(self._ponto_may_be_told):
                return told
        return self.env["res.users"]

    def _ponto_may_be_told(self, user):
        """:return: whether a user may read the feed (bool)"""
        self.ensure_one()
        return (
            user.active
            and self.company_id in user.company_ids
            and self.with_user(user)
            .with_context(allowed_company_ids=self.company_id.ids)
            .has_access("read")
        )
