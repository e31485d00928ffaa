# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a preview tells people of a transaction: a verdict and its reason.

The verdict only names what registering and screening have made of it.
"""

from decimal import Decimal
from functools import cached_property

from odoo.tools import LazyTranslate, format_date, formatLang

from ..engine import admission
from .registered import can_be_fetched, find_obstacle, read_known

_lt = LazyTranslate(__name__)

#: What a preview may say of a transaction, in a word: its state, or what it waits for.
VERDICTS = [
    ("new", "New"),
    ("look_alike", "Similar Line"),
    ("doubtful", "Perhaps Known"),
    ("locked", "Locked Period"),
    ("changed", "Changed by the Bank"),
    ("text_changed", "Texts Changed"),
    ("future", "Day to Come"),
    ("before_start", "Before the Start"),
    ("ignored", "Ignored"),
    ("removed", "Removed"),
    ("currency", "Other Currency"),
    ("decimals", "Too Many Decimals"),
    ("amount", "No Amount"),
    ("date", "No Date"),
    ("recognised", "Recognized"),
    ("imported", "In the Journal"),
]

#: Verdicts that ask for a decision, and those of what the journal has.
TO_DECIDE = ("look_alike", "doubtful", "locked", "changed", "text_changed")
IN_JOURNAL = ("recognised", "imported")

#: The reason for each verdict; the next step, where there is one.
EXPLANATIONS = {
    "new": _lt("Not in the journal yet."),
    "look_alike": _lt(
        "The journal has a similar line from elsewhere: %(similar_line)s. Import it "
        "only if both are real."
    ),
    "look_alike_new": _lt(
        "The journal has a similar line from elsewhere: %(similar_line)s. As the feed "
        "is set, it is imported and marked as to review."
    ),
    "doubtful": _lt(
        "It may be the same as %(similar_line)s, linked anew in Ponto with other "
        "texts. Import it only if both are real."
    ),
    "doubtful_alone": _lt(
        "It may be the same as an earlier transaction without a line, linked anew in "
        "Ponto with other texts."
    ),
    "locked": _lt(
        "Its day is locked, and as the feed is set it waits for a decision. If you "
        "import it, it is booked on %(open_day)s, the first open day."
    ),
    "locked_new": _lt(
        "Its day is locked. As the feed is set, it is booked on %(open_day)s, the "
        "first open day."
    ),
    "unlocked": _lt(
        "Its day was locked when it was read, but is open now. If you import it, it "
        "is booked on its own day."
    ),
    "changed": _lt(
        "The bank changed amount or date after it became %(line)s. Decide on it among "
        "the feed's transactions."
    ),
    "text_changed": _lt(
        "The bank changed texts after %(line)s was reconciled. Decide on it among the "
        "feed's transactions."
    ),
    "future": _lt("Its day has not come yet. Then it is imported by itself."),
    "before_start": _lt("The feed imports from %(start)s on."),
    "ignored": _lt("Somebody decided to ignore it. You can import it after all."),
    "ignored_for_good": _lt("Somebody decided to ignore it."),
    "removed": _lt(
        "Somebody removed its line from the journal. You can bring it back."
    ),
    "currency": _lt(
        "The bank booked it in %(currency)s, but the journal is kept in "
        "%(journal_currency)s."
    ),
    "decimals": _lt(
        "Its amount of %(amount)s has more decimals than %(journal_currency)s has."
    ),
    "amount": _lt("The bank gave no amount, so no line can be made of it."),
    "date": _lt("The bank gave no date, so no line can be made of it."),
    "recognised": _lt("Linked anew in Ponto, but the same as %(line)s."),
    "same_as": _lt("Somebody said that it is the same as %(line)s."),
    "imported": _lt("It is %(line)s."),
}


class Verdict:
    """What a preview tells of one transaction.

    :param record: a `ponto.transaction`
    """

    def __init__(self, record):
        self._record = record
        self._provider = record.provider_id
        self._env = record.env
        [self._known] = read_known(record)

    @cached_property
    def word(self):
        """Key of `VERDICTS`."""
        record = self._record
        has_similar_line = bool(record.similar_line_id)
        is_locked = record.state == "new" and self._accounting_date != record.date
        return admission.name_verdict(self._known, has_similar_line, is_locked)

    @cached_property
    def may_be_chosen(self):
        """Whether somebody may import it from a preview."""
        obstacle = None if self._record.state == "new" else self._obstacle
        return admission.may_be_chosen(
            self._known, self.word, obstacle, self._has_document
        )

    def explain(self):
        """Return the reason for the verdict, and the next step (str)."""
        env, record, provider = self._env, self._record, self._provider
        text = env._(EXPLANATIONS[self._find_explanation()])
        getters = {
            "line": lambda: self._describe_line(record.statement_line_id),
            "similar_line": lambda: self._describe_line(record.similar_line_id),
            "open_day": lambda: format_date(env, self._accounting_date),
            "start": lambda: format_date(env, provider._ponto_get_start_date()),
            "amount": self._format_exact_amount,
            "currency": lambda: record.currency,
            "journal_currency": lambda: provider.ponto_currency_id.name,
        }
        return text % {
            name: get() for name, get in getters.items() if f"%({name})s" in text
        }

    @cached_property
    def _obstacle(self):
        return find_obstacle(self._record)

    @cached_property
    def _has_document(self):
        """Whether there is, or can be fetched, what a line is made of."""
        return bool(self._record.document or can_be_fetched(self._record))

    @cached_property
    def _accounting_date(self):
        return self._provider._ponto_get_accounting_date(self._record.date)

    def _find_explanation(self):
        """Return the key of `EXPLANATIONS`: the verdict, or a special case of it."""
        record, word = self._record, self.word
        is_new = record.state == "new"
        if word == "look_alike" and is_new:
            return "look_alike_new"
        if word == "locked" and is_new:
            return "locked_new"
        if word == "locked" and self._accounting_date == record.date:
            return "unlocked"
        if word == "doubtful" and not record.similar_line_id:
            return "doubtful_alone"
        if word == "ignored" and (not self._has_document or self._obstacle):
            return "ignored_for_good"
        if word == "recognised" and not record.original_id:
            return "same_as"
        return word

    def _describe_line(self, line):
        """Return number and day of a statement line (str)."""
        if not line:
            return self._env._("a line that is gone")
        return self._env._(
            "%(number)s of %(date)s",
            number=line.name,
            date=format_date(self._env, line.date),
        )

    def _format_exact_amount(self):
        """Return the amount with all decimals that the bank gave (str)."""
        amount = self._record.amount
        decimals = max(-Decimal(repr(amount)).as_tuple().exponent, 0)
        return formatLang(self._env, amount, digits=decimals)


def find_chosen(provider, verdicts, states):
    """Find what was chosen in a preview, as far as the verdict still is the same.

    :param dict verdicts: {Ponto's identifier: verdict that was shown}
    :param states: in which it may be
    :return: `ponto.transaction` records
    """
    return (
        provider.env["ponto.transaction"]
        .search(
            [
                ("provider_id", "=", provider.id),
                ("ponto_id", "in", list(verdicts)),
                ("state", "in", states),
            ],
            order="date, list_rank, id desc",
        )
        .filtered(lambda record: Verdict(record).word == verdicts[record.ponto_id])
    )
