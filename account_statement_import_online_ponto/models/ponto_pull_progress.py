# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import time

from odoo import fields, models
from odoo.tools import format_date, formatLang

from ..engine import schedule
from .online_bank_statement_provider_reading import Window


class PontoPull(models.Model):
    """Progress: how far a pull has come, and where another one goes on."""

    _inherit = "ponto.pull"

    phase = fields.Selection(
        selection=[("reading", "Reading"), ("importing", "Importing")],
    )
    progress = fields.Integer(help="In percent.")
    seconds_left = fields.Integer(
        help="How long it may take yet; zero if that is not known."
    )
    read_until = fields.Char(
        help="Where in Ponto's list the pull of some days was cut off, to go on from."
    )
    reached_date = fields.Date(help="How far back in time reading has come.")
    to_import_count = fields.Integer(
        string="To Import", help="Transactions that this pull has to import."
    )
    left_count = fields.Integer(
        string="Left to Import", help="How many of these are not done yet."
    )

    _running_idx = models.Index("(provider_id) WHERE state = 'running'")

    def _get_window(self):
        """:return: the days that the pull is about (Window), or None"""
        self.ensure_one()
        return Window(self.date_from, self.date_to) if self.date_from else None

    def _describe_progress(self):
        """:return: how far the pull is, as sentences for people (str)"""
        self.ensure_one()
        if schedule.is_stalled(self.write_date, fields.Datetime.now()):
            return self.env._("Waiting for the server to go on.")
        if self.phase == "importing":
            text = self.env._(
                "Importing: %(done)s of %(total)s transactions.",
                done=formatLang(
                    self.env, self.to_import_count - self.left_count, digits=0
                ),
                total=formatLang(self.env, self.to_import_count, digits=0),
            )
        elif self.reached_date:
            text = self.env._(
                "Reading: %(count)s transactions, back to %(date)s.",
                count=formatLang(self.env, self.read_count, digits=0),
                date=format_date(self.env, self.reached_date),
            )
        else:
            return self.env._("The import begins in a moment.")
        return " ".join(filter(None, [text, self._describe_time_left()]))

    def _describe_time_left(self):
        """:return: how long it may take yet, in words (str), or None"""
        if not self.seconds_left:
            return None
        minutes = round(self.seconds_left / 60)
        if minutes < 1:
            return self.env._("Less than a minute left.")
        if minutes == 1:
            return self.env._("About one minute left.")
        if minutes < 90:
            return self.env._("About %s minutes left.", minutes)
        return self.env._("About %s hours left.", round(minutes / 60))


class Progress:
    """What one run of a pull measures of its own progress."""

    def __init__(self, pull, clock=time.monotonic):
        self._pull = pull
        self._clock = clock

    def begin_reading(self, goal):
        """Reading begins, or goes on.

        :param date goal: how far back it has to come
        """
        if self._pull.phase != "reading":
            self._pull.phase = "reading"
        self._today = self._pull.provider_id._ponto_get_today()
        self._goal = goal
        self._begin(self._measure_reading())

    def keep_reading(self, days):
        """Keep that a page was read.

        The end of the list is not known; how far back in time it has come is.

        :param list days: the days of its transactions
        """
        pull = self._pull
        pull.reached_date = schedule.find_reached_day(days, pull.reached_date or None)
        part = self._measure_reading()
        found = pull.read_count - pull.known_count - pull.before_start_count
        self._keep(
            schedule.percent_reading(part, pull.progress),
            schedule.estimate_reading(self._elapsed_s, self._began_with, part, found),
        )

    def begin_importing(self, count):
        """Importing begins, or goes on.

        :param int count: how many transactions are to be imported
        """
        pull = self._pull
        done = pull.to_import_count - pull.left_count
        pull.write({"phase": "importing", "to_import_count": done + count})
        self._begin(self._measure_importing(count))
        self.keep_importing(count)

    def keep_importing(self, count):
        """Keep that a batch was imported.

        :param int count: how many transactions are left
        """
        pull = self._pull
        pull.left_count = count
        part = self._measure_importing(count)
        self._keep(
            schedule.percent_importing(part, pull.progress),
            schedule.estimate_importing(self._elapsed_s, self._began_with, part, count),
        )

    # === MEASURING === #

    def _measure_reading(self):
        """Return how much of the way back in time is done (float, 0 to 1)."""
        return schedule.measure_reading(
            self._today, self._goal, self._pull.reached_date or None
        )

    def _measure_importing(self, count):
        """Return how much of what is to be imported is done (float, 0 to 1)."""
        return schedule.measure_importing(self._pull.to_import_count, count)

    def _begin(self, part):
        self._began_at, self._began_with = self._clock(), part

    @property
    def _elapsed_s(self):
        return self._clock() - self._began_at

    def _keep(self, percent, seconds):
        self._pull.write({"progress": percent, "seconds_left": round(seconds or 0)})
