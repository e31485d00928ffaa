# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a pull would do, without doing it; then a part of it.

A preview is a pull that is undone before it makes lines. So its verdicts are what
registering and screening decide, and it costs what they cost.
"""

from contextlib import closing

from ..tools import without_caller_context
from . import background, decisions
from .importer import Importer
from .pulls import explaining_errors, pull_for_person
from .reader import Reader
from .session import PullSession
from .verdicts import Verdict, find_chosen


def preview(provider, period):
    """Tell a person what a pull of some days would do.

    Nothing of it stays: neither register nor journal nor feed are changed.

    :param Period period: the days to look at
    :return: values for `ponto.preview.line`
    :rtype: list of dict
    :raise UserError: in that person's words
    """
    provider.ensure_one()
    background.check_may_pull(provider)
    provider = without_caller_context(provider)
    session = PullSession(provider.with_context(tracking_disable=True), period)
    with (
        explaining_errors(provider),
        closing(provider.env.cr.savepoint()),  # undone in any case
        session.open(),
    ):
        Reader(session).read_listed()
        Importer(session).screen_all()
        return [_prepare_line(record, session) for record in _find_to_show(session)]


def ignore_chosen(provider, period, verdicts):
    """Let everything else be registered as it is, and ignore what was chosen.

    :param Period period: the days of the preview
    :param dict verdicts: {Ponto's identifier: verdict that was shown}
    :raise UserError: in that person's words, with nothing ignored
    """
    pull_for_person(provider, period, chosen={})
    chosen = find_chosen(provider.sudo(), verdicts, ["new", "waiting"])
    decisions.ignore(chosen.with_env(provider.env))


def _find_to_show(session):
    """Find what a preview shows.

    :return: what Ponto lists of the days, and what waits for its import or a decision;
        instead of a transaction that was linked anew, the one of which somebody has
        removed or ignored the line (`ponto.transaction`)
    """
    period = session.period
    records = session.register.search(
        [
            "|",
            ("ponto_id", "in", list(session.served_ids)),
            ("state", "in", ("new", "waiting")),
            "|",
            ("date", "=", False),
            *("&", ("date", ">=", period.since), ("date", "<=", period.until)),
        ]
    )
    ids = []
    for record in records:
        while record.original_id and not record.statement_line_id:
            record = record.original_id
        ids.append(record.id)
    return records.browse(dict.fromkeys(ids))


def _prepare_line(record, session):
    """Prepare what a preview shows of a transaction (dict)."""
    verdict = Verdict(record)
    label, counterpart_name = session.get_texts(record)
    return {
        "ponto_id": record.ponto_id,
        "date": record.date,
        "amount": record.amount,
        "currency_id": record.currency_id.id,
        "payment_ref": label,
        "counterpart_name": counterpart_name,
        "verdict": verdict.word,
        "explanation": verdict.explain(),
        "is_new": record.state == "new",
        "is_importable": verdict.may_be_chosen,
    }
