# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import time
from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_date, formatLang

from .online_bank_statement_provider_reading import Window

#: How much of the bar reading takes, in percent; importing takes the rest.
READING_SHARE = 30

#: What a statement line takes, for as long as nothing of it was measured.
SECONDS_PER_LINE = 0.03

#: What part of a phase has to be done before the pace tells something of the rest.
ENOUGH = 0.03

#: A pull that has not moved for so long waits for the scheduled action.
STANDSTILL = timedelta(minutes=2)


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
        if fields.Datetime.now() - self.write_date > STANDSTILL:
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
        self._begin(self._get_part_read())

    def keep_reading(self, days):
        """Keep that a page was read.

        The end of the list is not known; how far back in time it has come is.

        :param list days: the days of its transactions
        """
        pull = self._pull
        # A single transaction that the bank dated back tells nothing of the others.
        reached = max(filter(None, days), default=pull.reached_date)
        if pull.reached_date and reached:
            reached = min(reached, pull.reached_date)
        pull.reached_date = reached
        part = self._get_part_read()
        found = pull.read_count - pull.known_count - pull.before_start_count
        seconds = self._get_seconds_left(part)
        if seconds:
            seconds += found / part * SECONDS_PER_LINE
        self._keep(READING_SHARE * part, seconds)

    def begin_importing(self, count):
        """Importing begins, or goes on.

        :param int count: how many transactions are to be imported
        """
        pull = self._pull
        done = pull.to_import_count - pull.left_count
        pull.write({"phase": "importing", "to_import_count": done + count})
        self._begin(self._get_part_imported(count))
        self.keep_importing(count)

    def keep_importing(self, count):
        """Keep that a batch was imported.

        :param int count: how many transactions are left
        """
        self._pull.left_count = count
        part = self._get_part_imported(count)
        seconds = self._get_seconds_left(part) or count * SECONDS_PER_LINE
        self._keep(READING_SHARE + (100 - READING_SHARE) * part, seconds)

    # === MEASURING === #

    def _get_part_read(self):
        """:return: how much of the way back in time is done (float, 0 to 1)"""
        reached = self._pull.reached_date
        days = (self._today - self._goal).days
        if not reached or days <= 0:
            return 0.0
        return min(max((self._today - reached).days / days, 0.0), 1.0)

    def _get_part_imported(self, count):
        """:return: how much of what is to be imported is done (float, 0 to 1)"""
        total = self._pull.to_import_count
        return 1 - count / total if total else 1.0

    def _begin(self, part):
        self._began_at, self._began_with = self._clock(), part

    def _get_seconds_left(self, part):
        """:return: how long the phase takes yet if it goes on like this (float); None
        before there is anything to judge by"""
        done = part - self._began_with
        if done < ENOUGH:
            return None
        return (self._clock() - self._began_at) / done * (1 - part)

    def _keep(self, percent, seconds):
        self._pull.write(
            {
                "progress": max(int(percent), self._pull.progress),
                "seconds_left": round(seconds or 0),
            }
        )
