# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from decimal import Decimal

from odoo import models
from odoo.tools import LazyTranslate, format_date, formatLang

from ..engine.admission import may_be_chosen, name_verdict

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
    ("recognised", "Recognised"),
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
    "currency_unknown": _lt(
        "The bank named no currency; the journal is kept in %(journal_currency)s."
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


class PontoTransaction(models.Model):
    """What a preview tells people of a transaction: a verdict and its reason.

    The verdict only names what registering and screening have made of it.
    """

    _inherit = "ponto.transaction"

    def _prepare_preview(self):
        """Prepare what a preview shows.

        :return: values for `ponto.preview.line` (dict)
        """
        self.ensure_one()
        return {
            "ponto_id": self.ponto_id,
            "date": self.date,
            "amount": self.amount,
            "currency_id": self.currency_id.id,
            "payment_ref": self.payment_ref,
            "counterpart_name": self.counterpart_name,
            "verdict": self._get_verdict(),
            "explanation": self._explain_verdict(),
            "is_new": self.state == "new",
            "is_importable": self._may_be_chosen(),
        }

    def _get_verdict(self):
        """Return a key of `VERDICTS` (str)."""
        [known] = self._read_known()
        is_new = self.state == "new"
        return name_verdict(
            known,
            has_similar_line=bool(self.similar_line_id),
            is_locked=is_new and self._get_open_day() != self.date,
        )

    def _may_be_chosen(self):
        """Tell whether somebody may import it from a preview (bool)."""
        [known] = self._read_known()
        obstacle = None if self.state == "new" else self._find_obstacle()
        return may_be_chosen(known, self._get_verdict(), obstacle, bool(self.document))

    # === REASONS === #

    def _explain_verdict(self):
        """:return: the reason for the verdict, and the next step (str)"""
        text = self.env._(EXPLANATIONS[self._get_explanation()])
        provider = self.provider_id
        getters = {
            "line": lambda: self._describe_line(self.statement_line_id),
            "similar_line": lambda: self._describe_line(self.similar_line_id),
            "open_day": lambda: format_date(self.env, self._get_open_day()),
            "start": lambda: format_date(self.env, provider._ponto_get_start_date()),
            "amount": self._format_exact_amount,
            "currency": lambda: self.currency,
            "journal_currency": lambda: provider.ponto_currency_id.name,
        }
        return text % {
            name: get() for name, get in getters.items() if f"%({name})s" in text
        }

    def _get_explanation(self):
        """:return: key of `EXPLANATIONS`: the verdict, or a special case of it (str)"""
        verdict = self._get_verdict()
        special_cases = {
            "look_alike_new": verdict == "look_alike" and self.state == "new",
            "locked_new": verdict == "locked" and self.state == "new",
            "unlocked": verdict == "locked" and self._get_open_day() == self.date,
            "doubtful_alone": verdict == "doubtful" and not self.similar_line_id,
            "ignored_for_good": verdict == "ignored" and not self._is_importable(),
            "currency_unknown": verdict == "currency" and not self.currency,
            "same_as": verdict == "recognised" and not self.original_id,
        }
        return next((key for key, holds in special_cases.items() if holds), verdict)

    def _describe_line(self, line):
        """:return: number and day of a statement line (str)"""
        if not line:
            return self.env._("a line that is gone")
        return self.env._(
            "%(number)s of %(date)s",
            number=line.name,
            date=format_date(self.env, line.date),
        )

    def _format_exact_amount(self):
        """:return: the amount with all decimals that the bank gave (str)"""
        decimals = max(-Decimal(repr(self.amount)).as_tuple().exponent, 0)
        return formatLang(self.env, self.amount, digits=decimals)

    def _get_open_day(self):
        """:return: on which day a line of the transaction would be booked (date)"""
        return self.provider_id._ponto_get_open_day(self.date)
