# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import time

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.http import request
from odoo.tools import config

from ..ponto_api import Deadline
from ..tools import ScheduledRun, read_number

#: System parameters with the seconds that all requests for one purpose take together,
#: and what holds where they are missing: while a person waits, and for one feed of the
#: scheduled action.
PERSON_PARAMETER = "account_statement_import_online_ponto.deadline_person"
PERSON_DEADLINE_S = 20
FEED_PARAMETER = "account_statement_import_online_ponto.deadline_feed"
FEED_DEADLINE_S = 30

#: What of the scheduled action's time is left to Odoo, in seconds.
CRON_RESERVE_S = 20

#: How much time Odoo gives the scheduled action before it asks it to come back.
CRON_SLICE_S = 10

#: How often Ponto is asked once more while a person waits, and otherwise.
PERSON_RETRIES = 1
FEED_RETRIES = 3

#: Namespaces of PostgreSQL's advisory locks, "Pont" and "Pons" in ASCII: one lock for
#: each feed that is being pulled, and one for each person who waits for Ponto.
CLAIMS, SEATS = 0x506F6E74, 0x506F6E73

#: How long a person waits for a seat, in seconds, and how often it is tried.
SEAT_PATIENCE_S = 0.3
SEAT_POLL_S = 0.1

#: How many persons may wait for Ponto where Odoo serves them by threads.
THREAD_SEATS = 8


class PontoPatienceMixin(models.AbstractModel):
    """For how long anything waits for Ponto, and who has to wait for that.

    Whoever waits for Ponto holds one of Odoo's workers. Only some persons do so at a
    time, so that there always is a worker for the others. A feed is pulled by one at a
    time.
    """

    _name = "ponto.patience.mixin"
    _description = "Waits for Ponto, One at a Time"

    ponto_generation = fields.Integer(
        readonly=True,
        copy=False,
        help="Changes whenever a fetch takes the feed's lock: what began earlier on "
        "the server then fails, instead of working with what it saw before.",
    )

    # === WHO PULLS === #

    def _ponto_begin_run(self, remaining=1, ahead=None, has_pulled=False):
        """Let what follows be the feed's turn in a scheduled action.

        :param int remaining: how many feeds still have to have their turn, this one
            included
        :param ahead: what was fetched for it before, see `feed.fleet`; or None
        :param bool has_pulled: whether the feeds of Ponto have had their turn
        :return: the same feed
        """
        may_commit = bool(self.env.context.get("ir_cron_progress_id"))
        run = ScheduledRun(remaining, has_pulled, may_commit, ahead)
        return self.with_context(ponto_run=run)

    @api.model
    def _ponto_get_run(self):
        """Return the scheduled action's turn that this is; None where a person or
        another module pulls.

        :rtype: ScheduledRun or None
        """
        run = self.env.context.get("ponto_run")
        return run if isinstance(run, ScheduledRun) else None

    @api.model
    def _ponto_get_ahead(self):
        """Return what was fetched before the turn that this is; or None."""
        run = self._ponto_get_run()
        return run and run.ahead

    @api.model
    def _ponto_may_commit(self):
        """Tell whether steps are committed: in a scheduled action, and nowhere else,
        where the transaction belongs to the caller and stays whole.

        :rtype: bool
        """
        run = self._ponto_get_run()
        return bool(run and run.may_commit)

    # === DEADLINES === #

    @api.model
    def _ponto_begin_waiting(self):
        """Begin to wait for Ponto; return for how long and how often it is tried.

        The time runs from now on. A person takes a seat.

        :return: keyword arguments for `PontoClient`
        :raise UserError: when too many persons wait for Ponto already
        """
        if self._ponto_get_run():
            deadline = Deadline(self._ponto_get_feed_budget_s())
            return {"deadline": deadline, "max_retries": FEED_RETRIES}
        self._ponto_require_seat()
        seconds = read_number(self.env, PERSON_PARAMETER, PERSON_DEADLINE_S)
        return {"deadline": Deadline(seconds), "max_retries": PERSON_RETRIES}

    @api.model
    def _ponto_get_feed_budget_s(self):
        """Return for how many seconds one feed may wait for Ponto in the scheduled
        action from now on (float)."""
        seconds = read_number(self.env, FEED_PARAMETER, FEED_DEADLINE_S)
        return min(seconds, self._ponto_get_cron_time_left())

    @api.model
    def _ponto_get_cron_time(self):
        """Return how many seconds a scheduled action has from its beginning on, before
        Odoo ends its process; infinitely many where Odoo does not (float)."""
        limit_s = config["limit_time_real_cron"]
        if limit_s < 0:
            limit_s = config["limit_time_real"]
        if "cron_end_time" not in self.env.context or not limit_s:
            return float("inf")
        return float(limit_s - CRON_RESERVE_S)

    @api.model
    def _ponto_get_cron_time_left(self):
        """Return how many seconds of that are left (float)."""
        began_at = self.env.context.get("cron_end_time", 0) - CRON_SLICE_S
        return began_at + self._ponto_get_cron_time() - time.monotonic()

    @api.model
    def _ponto_has_time_to_ask(self):
        """Tell whether the scheduled action may wait for Ponto once more (bool): as
        long as a feed may, or half of what there was where that is little. If Odoo cut
        it off before, that would pass for Ponto's silence."""
        seconds = read_number(self.env, FEED_PARAMETER, FEED_DEADLINE_S)
        needed = min(seconds, self._ponto_get_cron_time() / 2)
        return self._ponto_get_cron_time_left() >= needed

    # === ONE AT A TIME === #

    def _ponto_claim(self):
        """Keep others from pulling this feed until the end of the transaction. Its
        settings can be saved meanwhile.

        :raise LockError: when another transaction pulls this provider
        """
        self.ensure_one()
        if not self._ponto_try_advisory_lock(CLAIMS, self.id):
            raise LockError(self.env._("The feed is being fetched already."))

    def _ponto_lock(self):
        """Take the feed's lock until the end of the transaction.

        That commits another generation, whatever else it does: PostgreSQL then refuses
        the lock to transactions that began before.

        :raise LockError: when another transaction pulls this feed, in the words of
            whoever wants to decide something meanwhile
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise LockError(
                self.env._(
                    'Transactions of "%s" are being fetched. Wait until that is '
                    "finished.",
                    self.journal_id.name,
                )
            )
        self.ponto_generation += 1

    @api.model
    def _ponto_require_seat(self):
        """Take a seat among the persons who wait for Ponto, until the end of the
        transaction.

        :raise UserError: when too many persons wait for Ponto already
        """
        if not self._ponto_take_seat():
            raise UserError(
                self.env._(
                    "Others are waiting for Ponto already, which is slow now. Try "
                    "again in a minute."
                )
            )

    @api.model
    def _ponto_take_seat(self):
        """Be one of the persons who wait for Ponto, if there is a seat left.

        :return: whether there was
        :rtype: bool
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
        """Try to take a lock until the end of the transaction, and tell whether that
        worked (bool)."""
        self.env.cr.execute(
            "SELECT pg_try_advisory_xact_lock(%s, %s)", [namespace, number]
        )
        return self.env.cr.fetchone()[0]
