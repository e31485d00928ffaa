# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import formatLang

from ..tools import choose_language

#: How long a person waits for a pull, in seconds; the rest goes on in the background.
BUDGET_S = 5

#: The scheduled action that pulls.
CRON = "account_statement_import_online.ir_cron_account_pull_online_bank_statements"


class OnlineBankStatementProvider(models.Model):
    """Background: what takes long goes on by itself, tells how far it is, and can be
    stopped.

    A pull that is in the database as running is one to go on with, whoever started it
    and whatever cut it off: the scheduled action does.
    """

    _name = "online.bank.statement.provider"
    _inherit = ["online.bank.statement.provider", "bus.listener.mixin"]

    ponto_stop_ids = fields.One2many(
        comodel_name="ponto.stop",
        inverse_name="provider_id",
        copy=False,
    )
    ponto_stop_notice = fields.Char(compute="_compute_ponto_stop_notice")
    ponto_progress = fields.Json(
        compute="_compute_ponto_progress",
        help="What the progress bar shows: percent, text, and whether the user may "
        "stop the import. Nothing where none is running.",
    )

    @api.depends("ponto_stop_ids", "ponto_start_date", "ponto_transaction_ids.state")
    @api.depends_context("lang")
    def _compute_ponto_stop_notice(self):
        for provider in self:
            provider.ponto_stop_notice = provider._ponto_describe_stop()

    @api.depends(
        "active", "ponto_stop_ids", "ponto_pull_ids.state", "ponto_pull_ids.progress"
    )
    @api.depends_context("uid", "lang")
    def _compute_ponto_progress(self):
        may_stop = self.env["account.bank.statement.line"].has_access("create")
        running_sudo = self.sudo()._ponto_get_running_pulls().grouped("provider_id")
        for provider in self:
            pull_sudo = running_sudo.get(provider, self.env["ponto.pull"])[:1]
            if not pull_sudo or not provider.active or provider._ponto_is_stopped():
                provider.ponto_progress = False
                continue
            provider.ponto_progress = {
                "percent": pull_sudo.progress,
                "text": pull_sudo._describe_progress(),
                "may_stop": may_stop,
            }

    # === TIME === #

    def _ponto_limit_time(self):
        """Let a pull end at the next step once somebody has waited long enough for it
        in a browser, and there is who goes on.

        :return: self
        """
        if not request or self._ponto_get_run() or not self._ponto_has_background():
            return self
        return self.with_context(ponto_deadline=time.monotonic() + BUDGET_S)

    @api.model
    def _ponto_has_background(self):
        """:return: whether the scheduled action goes on with what was begun (bool)"""
        return self.env.ref(CRON).sudo().active

    def _ponto_is_time_over(self):
        """:return: whether whoever waits has waited long enough (bool)"""
        return time.monotonic() > self.env.context.get("ponto_deadline", float("inf"))

    @api.model
    def _ponto_trigger_pull(self, in_minutes=0):
        """Let the scheduled action pull soon.

        :param int in_minutes: how soon
        """
        at = fields.Datetime.now() + timedelta(minutes=in_minutes)
        self.env.ref(CRON).sudo()._trigger(at)

    # === GOING ON === #

    def _ponto_pull_in_background(self, window=None, in_minutes=0):
        """Begin to pull, and leave it all to the scheduled action. What somebody has
        begun already is not begun once more.

        :param Window window: the days to pull; None for all that is new
        :param int in_minutes: how soon
        :return: the `ponto.pull` records to go on with
        """
        pulls_sudo = self.env["ponto.pull"].sudo()
        for provider_sudo in self.sudo():
            running_sudo = provider_sudo._ponto_get_running_pulls().filtered(
                lambda pull: pull._get_window() == window
            )
            pulls_sudo |= running_sudo[:1] or provider_sudo._ponto_start_pull(window)
            provider_sudo._ponto_tell_progress()
        self._ponto_trigger_pull(in_minutes)
        return pulls_sudo

    def _ponto_get_running_pulls(self):
        """:return: the pulls to go on with (`ponto.pull`), those of some days first,
        because the others import these days, too"""
        pulls = self.env["ponto.pull"].search(
            [("provider_id", "in", self.ids), ("state", "=", "running")], order="id"
        )
        return pulls.sorted(lambda pull: not pull.date_from)

    def _ponto_is_at_rest(self):
        """Tell whether the scheduled pull has to leave the feed alone, and end what
        was left running.

        :rtype: bool
        """
        if self._ponto_is_stopped():
            self._ponto_end_running_pulls("stopped")
            return True
        if not self._ponto_is_connected():
            message = self.env._("The feed was disconnected before the pull had ended.")
            self._ponto_end_running_pulls("failed", message)
            return True
        return False

    def _ponto_end_running_pulls(self, state, message=False):
        """End the pulls that nobody is to go on with, unless somebody is at it.

        :param str state: which they are in then
        :param str message: why, if that is to be told
        """
        pulls_sudo = self.sudo()._ponto_get_running_pulls()
        if pulls_sudo and self.try_lock_for_update(allow_referencing=True):
            values = {"state": state, "finished_at": fields.Datetime.now()}
            pulls_sudo.write({**values, "message": message} if message else values)

    def _ponto_keep_unfinished(self, pull):
        """Keep that a pull ended before its end.

        :param pull: the `ponto.pull`
        """
        if self._ponto_is_stopped():
            self._ponto_end_running_pulls("stopped")
        elif pull.date_from and pull.phase == "reading":
            # A known page tells other pulls nothing of the pages behind it.
            self._ponto_forget_reading()
        self._ponto_tell_progress()

    # === STOPPING === #

    def action_ponto_stop(self):
        """Stop what runs in the background after its next step, and import nothing
        until somebody lets it go on. What is imported stays."""
        self.ensure_one()
        self._ponto_check_may_pull()
        if not self._ponto_is_stopped():
            self.env["ponto.stop"].sudo().create({"provider_id": self.id})
        # Where nobody is at it, nobody would notice.
        self._ponto_end_running_pulls("stopped")
        self._ponto_tell_progress()

    def action_ponto_go_on(self):
        """Go on where the import was stopped."""
        self.ensure_one()
        self._ponto_check_may_pull()
        provider_sudo = self.sudo()
        provider_sudo.ponto_stop_ids.unlink()
        provider_sudo.ponto_pull_ids.filtered(
            lambda pull: pull.state == "stopped"
        ).write({"state": "running", "finished_at": False})
        self._ponto_trigger_pull()
        self._ponto_tell_progress()

    def _ponto_is_stopped(self):
        """:return: whether somebody has stopped the feed (bool)"""
        self.ensure_one()
        return bool(self.sudo().ponto_stop_ids)

    def _ponto_check_not_stopped(self):
        """:raise UserError: when somebody has stopped the feed"""
        if self._ponto_is_stopped():
            raise UserError(
                self.env._(
                    '%(notice)s Press Go On in the feed of "%(journal)s" first.',
                    notice=self.ponto_stop_notice,
                    journal=self.journal_id.name,
                )
            )

    def _ponto_describe_stop(self):
        """:return: who stopped the feed, and what waits for that (str); or False"""
        stop_sudo = self.sudo().ponto_stop_ids[:1]
        if not stop_sudo:
            return False
        domain = [("provider_id", "=", self.id), ("state", "=", "new")]
        if self.ponto_start_date:
            domain.append(("date", ">=", self.ponto_start_date))
        count = self.env["ponto.transaction"].sudo().search_count(domain)
        name = stop_sudo.create_uid.name
        if not count:
            return self.env._(
                "Stopped by %s: nothing is imported until it goes on.", name
            )
        return self.env._(
            "Stopped by %(name)s: %(count)s transactions are read and wait to be "
            "imported.",
            name=name,
            count=formatLang(self.env, count, digits=0),
        )

    # === TELLING === #

    def _ponto_tell_progress(self):
        """Let those who look at the provider know that there is something to see.

        What it is they read themselves, as far as they may, in their own language.
        """
        self._bus_send("ponto_progress", {"id": self.id})

    def _ponto_tell_end(self, pulls):
        """Tell who started a pull and did not wait for it that it has ended.

        :param pulls: the `ponto.pull` records
        """
        if not self._ponto_get_run():
            return
        if pulls.filtered(lambda pull: pull.progress or pull.user_id):
            self._ponto_tell_progress()
        for pull in pulls.filtered("user_id"):
            if not self._ponto_may_be_told(pull.user_id):
                continue
            language = choose_language(self.env, pull.user_id.lang)
            pull = pull.with_context(lang=language)
            is_done = pull.state == "done"
            pull.user_id._bus_send(
                "simple_notification",
                {
                    "type": "success" if is_done else "warning",
                    "title": self.journal_id.name,
                    "message": pull._get_summary() if is_done else pull.message,
                },
            )

    def _ponto_get_background_action(self, pull):
        """:return: the action that tells that a pull goes on in the background, and
        shows how far it is (dict)"""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_statement_import_online.online_bank_statement_provider_action"
        )
        message = (
            self.env._(
                "%s imported so far; the rest goes on in the background.",
                formatLang(self.env, pull.imported_count, digits=0),
            )
            if pull.read_count
            else self.env._("The import goes on in the background.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.journal_id.name,
                "message": message,
                "next": {**action, "views": [(False, "form")], "res_id": self.id},
            },
        }
