# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import time

from odoo import api, models
from odoo.exceptions import LockError, UserError
from odoo.http import request
from odoo.tools import config

from ..ponto_api import Deadline

#: System parameters with the seconds that all requests for one purpose take together,
#: and what holds where they are missing: while a person waits, and for one feed of the
#: scheduled action.
PERSON_PARAMETER = "account_statement_import_online_ponto.deadline_person"
PERSON_DEADLINE_S = 20
FEED_PARAMETER = "account_statement_import_online_ponto.deadline_feed"
FEED_DEADLINE_S = 30

#: How long requests may take while a feed is locked, in seconds.
LOCKED_DEADLINE_S = 8

#: What of the scheduled action's time is left to Odoo, in seconds.
CRON_RESERVE_S = 20

#: How much time Odoo gives the scheduled action before it asks it to come back.
CRON_SLICE_S = 10

#: How often Ponto is asked once more while a person waits, and otherwise.
PERSON_RETRIES = 1
FEED_RETRIES = 3

#: PostgreSQL's advisory locks: one for each feed that is being pulled, and one for each
#: person who waits for Ponto.
CLAIMS, SEATS = 0x506F6E74, 0x506F6E73

#: How long a person waits for a seat, in seconds, and how often it is tried.
SEAT_PATIENCE_S = 0.3
SEAT_POLL_S = 0.1

#: How many persons may wait for Ponto where Odoo serves them by threads.
THREAD_SEATS = 8


class OnlineBankStatementProvider(models.Model):
    """Patience: for how long anything waits for Ponto, and who has to wait for that.

    Whoever waits for Ponto holds one of Odoo's workers. Only some persons do so at a
    time, so that there always is a worker for the others.
    """

    _inherit = "online.bank.statement.provider"

    # === DEADLINES === #

    @api.model
    def _ponto_get_patience(self):
        """Get for how long and how often Ponto is tried. The time runs from now on.

        :return: keyword arguments for `PontoClient` (dict)
        :raise UserError: when too many persons wait for Ponto already
        """
        if self._ponto_get_run():
            seconds = self._ponto_get_seconds(FEED_PARAMETER, FEED_DEADLINE_S)
            deadline = Deadline(min(seconds, self._ponto_get_cron_time_left()))
            return {"deadline": deadline, "max_retries": FEED_RETRIES}
        self._ponto_check_seat()
        seconds = self._ponto_get_seconds(PERSON_PARAMETER, PERSON_DEADLINE_S)
        return {"deadline": Deadline(seconds), "max_retries": PERSON_RETRIES}

    @api.model
    def _ponto_get_seconds(self, parameter, default):
        """:return: the seconds that a system parameter tells (float)"""
        text = self.env["ir.config_parameter"].sudo().get_param(parameter) or ""
        return float(text) if text.isdecimal() and int(text) else float(default)

    @api.model
    def _ponto_get_cron_time_left(self):
        """:return: how many seconds a scheduled action has before Odoo ends its process
        (float), infinite where Odoo does not"""
        ends_at = self.env.context.get("cron_end_time")
        limit_s = config["limit_time_real_cron"]
        if limit_s < 0:
            limit_s = config["limit_time_real"]
        if ends_at is None or not limit_s:
            return float("inf")
        return ends_at - CRON_SLICE_S + limit_s - CRON_RESERVE_S - time.monotonic()

    @api.model
    def _ponto_has_time_to_ask(self):
        """:return: whether the scheduled action may wait for Ponto once more (bool)"""
        return self._ponto_get_cron_time_left() > 0

    # === ONE AT A TIME === #

    def _ponto_claim(self):
        """Keep others from pulling this feed until the end of the transaction. Its
        settings can be saved meanwhile.

        :raise LockError: when another transaction pulls this provider
        """
        self.ensure_one()
        if not self._ponto_try_advisory_lock(CLAIMS, self.id):
            raise LockError(self.env._("The feed is being pulled already."))

    @api.model
    def _ponto_check_seat(self):
        """:raise UserError: when too many persons wait for Ponto already"""
        if not self._ponto_take_seat():
            raise UserError(
                self.env._(
                    "Others are waiting for Ponto already, which is slow now. Try "
                    "again in a minute."
                )
            )

    @api.model
    def _ponto_take_seat(self):
        """Be one of the persons who wait for Ponto, until the end of the transaction.

        :return: whether there is a seat (bool)
        """
        if not request:
            return True
        workers = config["workers"]
        seats = max(1, workers // 2) if workers else THREAD_SEATS
        gives_up_at = time.monotonic() + SEAT_PATIENCE_S
        while True:
            for seat in range(seats):
                if self._ponto_try_advisory_lock(SEATS, seat):
                    return True
            if time.monotonic() > gives_up_at:
                return False
            time.sleep(SEAT_POLL_S)

    @api.model
    def _ponto_try_advisory_lock(self, namespace, number):
        """:return: whether the lock is this transaction's now (bool)"""
        self.env.cr.execute(
            "SELECT pg_try_advisory_xact_lock(%s, %s)", [namespace, number]
        )
        return self.env.cr.fetchone()[0]
