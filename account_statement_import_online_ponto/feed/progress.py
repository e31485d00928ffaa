# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How far a pull has come."""

import time

from odoo import fields
from odoo.tools import format_date, formatLang

from ..engine import schedule


class Progress:
    """What one run of a pull measures of its own progress.

    :param pull: the `ponto.pull`
    :param date today: the present day at the bank
    """

    def __init__(self, pull, today, clock=time.monotonic):
        self._pull = pull
        self._today = today
        self._clock = clock

    def begin_reading(self, goal):
        """Reading begins, or goes on.

        :param date goal: how far back it has to come
        """
        if self._pull.phase != "reading":
            self._pull.phase = "reading"
        self._goal = goal
        self._begin(self._measure_reading())

    def add_days(self, days):
        """Note that a page was read.

        The end of the list is not known; how far back in time it has come is.

        :param list days: the days of its transactions
        """
        pull = self._pull
        pull.reached_date = schedule.find_reached_day(days, pull.reached_date or None)
        part = self._measure_reading()
        found = pull.read_count - pull.known_count - pull.before_start_count
        self._write(
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
        self.count_down_to(count)

    def count_down_to(self, count):
        """Note that a batch was imported.

        :param int count: how many transactions are left
        """
        pull = self._pull
        pull.left_count = count
        part = self._measure_importing(count)
        self._write(
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

    def _write(self, percent, seconds):
        self._pull.write({"progress": percent, "seconds_left": round(seconds or 0)})


# === IN WORDS === #


def describe(pull):
    """Return how far a `ponto.pull` is, as sentences for people (str)."""
    if schedule.is_stalled(pull.write_date, fields.Datetime.now()):
        return pull.env._("Waiting for the server to go on.")
    if pull.phase == "importing":
        text = pull.env._(
            "Importing: %(done)s of %(total)s transactions.",
            done=formatLang(pull.env, pull.to_import_count - pull.left_count, digits=0),
            total=formatLang(pull.env, pull.to_import_count, digits=0),
        )
    elif pull.reached_date:
        text = pull.env._(
            "Reading: %(count)s transactions, back to %(date)s.",
            count=formatLang(pull.env, pull.read_count, digits=0),
            date=format_date(pull.env, pull.reached_date),
        )
    else:
        return pull.env._("The import begins in a moment.")
    return " ".join(filter(None, [text, _describe_time_left(pull)]))


def _describe_time_left(pull):
    """Return in words how much longer it may take (str), or None."""
    if not pull.seconds_left:
        return None
    minutes = round(pull.seconds_left / 60)
    if minutes < 1:
        return pull.env._("Less than a minute left.")
    if minutes == 1:
        return pull.env._("About one minute left.")
    if minutes < 90:
        return pull.env._("About %s minutes left.", minutes)
    return pull.env._("About %s hours left.", round(minutes / 60))
