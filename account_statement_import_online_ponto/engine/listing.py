# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""When reading Ponto's list may stop, which begins with what is newest.

What "newest" means is not documented: created last at Ponto, or booked last. Banks date
transactions back, too. So no single page proves that the rest is old. Nor is it
documented that the newest come first: where a page shows that they do not, the list is
read to its own end.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

#: Reading ends after OLD_PAGES pages in a row all of whose days lie more than
#: BACKDATING before the first wanted one.
BACKDATING = timedelta(days=35)
OLD_PAGES = 5

#: How many of the last days are read again, where nobody has said otherwise.
REREAD_DAYS = 35

#: The most days that may be read again.
MAX_REREAD_DAYS = 3660

#: How often the last days are read again.
REREAD_INTERVAL = timedelta(days=1)

#: How far apart the ranks of two neighbors are; in between there is room for others.
RANK_STEP = 64

#: Ends of a walk: the list's own; what is known from there on; what is too old to
#: matter from there on.
LIST_END = "list"
KNOWN_END = "known"
OLD_END = "old"


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A walk through the list, page by page, each of which makes another `Walk`.

    What it depends on:

    :ivar date floor: the day before which nothing can matter
    :ivar bool is_history_complete: whether some walk has come to its end before. Then
        a page of which everything is known tells that the rest is, too.
    :ivar date reread_since: the first of the days that are read however much of them is
        known, or None
    :ivar str last_identifier: what a feed without a register has read last, or None
    :ivar bool trusts_days: whether a page that is old by its days is old, whenever it
        came to Ponto; None stands for `is_history_complete`
    :ivar bool is_from_head: whether it begins with the newest of all

    How far it has come:

    :ivar str end: why it is over, one of the ends above; None while it is not
    :ivar str cursor: identifier of the last transaction seen, or None
    :ivar date oldest_day: the first of the days seen, or None
    :ivar int old_pages: how many pages in a row were too old to matter
    :ivar bool is_oldest_first: whether some page was listed from the oldest on
    """

    floor: date
    is_history_complete: bool = False
    reread_since: date | None = None
    last_identifier: str | None = None
    trusts_days: bool | None = None
    is_from_head: bool = True
    end: str | None = None
    cursor: str | None = None
    oldest_day: date | None = None
    old_pages: int = 0
    is_oldest_first: bool = False

    @classmethod
    def to_known(cls):
        """Return a walk that only looks for what came since, up to the first page of
        which everything is known."""
        return cls(floor=date.min, is_history_complete=True)

    @property
    def is_over(self):
        """Whether no further page has to be read."""
        return self.end is not None

    @property
    def is_complete(self):
        """Whether it has been through the list from its head to its end. An empty list
        proves nothing: the account may just have been linked."""
        return self.is_from_head and self.end == LIST_END and self.cursor is not None

    @property
    def covered_after(self):
        """The day after which the walk has seen all that Ponto has, or None."""
        return self.read_after if self.is_complete else None

    @property
    def read_after(self):
        """The day after which the walk, with those before it that came to where it
        begins, has seen all that Ponto has; or None."""
        return self.oldest_day if self.end == LIST_END and self.cursor else None

    def add(self, entries, has_news=False):
        """Return the walk after one more page. One without anything changes nothing.

        :param entries: the `Entry` objects of the page, in the list's order
        :param bool has_news: whether something on it was not known
        :rtype: Walk
        """
        if not entries:
            return self
        walk = replace(
            self.note(entries),
            cursor=entries[-1].ponto_id,
            old_pages=self.old_pages + 1 if self._is_old(entries, has_news) else 0,
            is_oldest_first=self.is_oldest_first or _is_oldest_first(entries),
        )
        return replace(walk, end=walk._find_end(entries, has_news))

    def note(self, entries):
        """Return the walk after a look at transactions beside it.

        :param entries: `Entry` objects
        :rtype: Walk
        """
        days = [entry.day for entry in entries if entry.day]
        known = [self.oldest_day] if self.oldest_day else []
        return replace(self, oldest_day=min(days + known, default=None))

    def finish(self):
        """Return the walk after the list has come to its own end.

        :rtype: Walk
        """
        return self if self.is_over else replace(self, end=LIST_END)

    def _find_end(self, entries, has_news):
        if self.is_oldest_first:
            return None
        if self.old_pages >= OLD_PAGES:
            return OLD_END
        if self.is_history_complete:
            is_end = not has_news and _is_before(entries, self.reread_since)
        else:
            is_end = self.last_identifier in {entry.ponto_id for entry in entries}
        return KNOWN_END if is_end else None

    def _is_old(self, entries, has_news):
        """Tell whether nothing of a page, nor of what is behind it, can matter.

        Behind something old that is new, there may be more that is new. Ponto may list
        the newest created first: what is old and new there was backfilled, and what the
        bank booked meanwhile is listed behind it.
        """
        if has_news and self.is_history_complete:
            return False
        trusts_days = self.trusts_days
        if trusts_days is None:
            trusts_days = self.is_history_complete
        return _is_before(entries, self.floor) and (
            trusts_days
            or all(
                not entry.created_at or entry.created_at.date() < self.floor
                for entry in entries
            )
        )


def _is_oldest_first(entries):
    """Tell whether a page was listed from the oldest on: created first, and booked
    first. By either order in which the newest comes first, it would not be."""
    created = [entry.created_at for entry in entries if entry.created_at]
    days = [entry.day for entry in entries if entry.day]
    return all(
        len(known) > 1 and known[0] < known[-1] and known == sorted(known)
        for known in (created, days)
    )


def _is_before(entries, day):
    """Tell whether all have a day that lies before another; any do if that is None."""
    return day is None or all(entry.day and entry.day < day for entry in entries)


# === HOW FAR BACK === #


def floor_of(start):
    """Return the day before which nothing can matter.

    :param date start: the first day that is wanted
    :rtype: date
    """
    return max(start, date.min + BACKDATING) - BACKDATING


def reread_from(today, days, last_reread_at, now):
    """Return the first of the days to read again.

    :param date today: the present day in the bank's time zone
    :param int days: how many of the last days are read again; zero for none
    :param datetime last_reread_at: when that was done last, or None
    :param datetime now: the present moment
    :return: None before it is time to
    :rtype: date or None
    """
    # Where the clock was put back, the last time lies ahead: that tells nothing.
    is_done = last_reread_at and timedelta() <= now - last_reread_at < REREAD_INTERVAL
    if is_done or days <= 0:
        return None
    return today - timedelta(days=min(days, (today - date.min).days))


# === THE ORDER OF THE LIST === #


def rank_page(ranks, above, top):
    """Rank what a page lists: what is listed first is newest, and has the highest rank.

    So the order of the list is known whichever pull reads which part of it. What was
    ranked before keeps its rank; what is listed in between comes in between.

    :param ranks: for each row of the page, in the list's order, its rank, or None
    :param int above: rank of the row before the page; None if the page is the first
    :param int top: rank for the newest of a first page on which nothing is ranked yet
    :return: ranks (list of int)
    """
    found = []
    for place, rank in enumerate(ranks):
        if rank is None:
            rest = ranks[place:]
            count = next((i for i, each in enumerate(rest) if each is not None), None)
            below = None if count is None else rest[count]
            rank = _rank_between(above, below, count, top)
        found.append(rank)
        above = rank
    return found


def _rank_between(above, below, count, top):
    """Return the rank of the first of `count` unranked rows between two ranked ones."""
    if above is None:
        return top if below is None else below + count * RANK_STEP
    if below is None:
        return above - RANK_STEP
    return above - max(above - below, 0) // (count + 1)


# === WHAT IS NOT LISTED === #


def tell_gone(known, account_id, served_ids, is_complete):
    """Tell whether Ponto has given up an identifier, as far as that can be told
    without a request.

    :param Known known: what was read earlier
    :param str account_id: the account under which Ponto lists now
    :param served_ids: identifiers that this walk has seen (a set)
    :param bool is_complete: whether it has been through the list from head to end
    :return: None where Ponto has to be asked
    :rtype: bool or None
    """
    if known.is_gone or (known.account_id and known.account_id != account_id):
        return True
    if known.ponto_id in served_ids:
        return False
    return True if is_complete else None


def find_missing(unseen, last_rank=None):
    """Find what a walk from the head would have seen, had Ponto still listed it as it
    once did. Whether it is gone has to be asked: the order may have changed.

    :param unseen: `Known` transactions that it has not seen
    :param int last_rank: rank of the last one that it has seen; None if it has come to
        the end of the list
    :return: those that rank above that
    :rtype: list
    """
    if last_rank is None:
        return list(unseen)
    return [each for each in unseen if each.rank > last_rank > 0]
