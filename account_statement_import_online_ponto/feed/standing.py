# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How bank and books stand at this moment, for many feeds at once."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import proof
from ..engine.amounts import round_amount
from ..tools import to_decimal
from .journal_balance import read_lines, rounding_of, until_today


@dataclass(frozen=True)
class Part:
    """Transactions that were read and are not in the journal, of one kind.

    :ivar int count: how many there are
    :ivar Decimal amount: what they would add to the journal
    """

    count: int = 0
    amount: Decimal = Decimal()

    def __add__(self, other):
        """Return this and another part, or None, as one (Part)."""
        if other is None:
            return self
        return Part(self.count + other.count, self.amount + other.amount)


@dataclass
class Standing:
    """The bank's balance beside that of the books, and what lies between them.

    :ivar Decimal bank: the balance at the bank, or None if it gives none
    :ivar Decimal books: the journal's balance; None where nothing tells the balance
        before its first line
    :ivar Decimal difference: what the bank has more; None where that cannot be told
    :ivar dict parts: {kind, see `proof`: `Part`} of what is not in the journal
    :ivar tuple explaining: the kinds that explain the difference
    :ivar Decimal unexplained: what they leave of it
    :ivar date first_day: of the journal's lines; what was removed before it is left out
        of `parts`. None where it is not
    """

    bank: Decimal | None = None
    books: Decimal | None = None
    difference: Decimal | None = None
    parts: dict = field(default_factory=dict)
    explaining: tuple = ()
    unexplained: Decimal = Decimal()
    first_day: date | None = None


def read_standings(providers):
    """Read how bank and books stand, in two queries for however many feeds.

    :param providers: feeds of Ponto, in sudo mode
    :return: {feed: `Standing`}
    :rtype: dict
    """
    lines = read_lines(providers)
    first_days = {provider: found.first_day for provider, found in lines.items()}
    parts = _sum_parts(providers, first_days)
    standings = {}
    for provider in providers:
        standing = Standing(
            parts=parts[provider.id], first_day=first_days.get(provider)
        )
        standings[provider] = standing
        if provider.ponto_bank_balance_known:
            standing.bank = to_decimal(provider.ponto_bank_balance)
        if provider.ponto_opening_balance_known:
            opening = to_decimal(provider.ponto_opening_balance)
            standing.books = round_amount(
                opening + lines[provider].total, rounding_of(provider)
            )
        elif (
            provider.ponto_compared_at
            and provider.ponto_balance_state != proof.NO_OPENING
        ):
            # What statements tell is looked up by a pull, feed by feed.
            standing.books = to_decimal(provider.ponto_odoo_balance)
        _explain(standing, rounding_of(provider))
    return standings


def _explain(standing, rounding):
    """Find out by how much bank and books differ, and why."""
    if standing.bank is None or standing.books is None:
        return
    standing.difference = proof.find_difference(standing.bank, standing.books, rounding)
    amounts = {kind: part.amount for kind, part in standing.parts.items()}
    explaining, standing.unexplained = proof.explain(
        standing.difference, amounts, rounding
    )
    # For people it is all the same.
    early = standing.parts.pop(proof.REMOVED_EARLY, None)
    if early and proof.REMOVED_EARLY in explaining:
        standing.parts[proof.REMOVED] = early + standing.parts.get(proof.REMOVED)
        standing.first_day = None
        explaining = {*explaining, proof.REMOVED} - {proof.REMOVED_EARLY}
    doubtful = standing.parts.pop(proof.DOUBTFUL, None)
    if doubtful and (proof.DOUBTFUL in explaining or proof.WAITING not in explaining):
        # Of what waits, what explains the difference; all of it, if nothing does.
        is_all = (proof.DOUBTFUL in explaining) == (proof.WAITING in explaining)
        waiting = standing.parts.get(proof.WAITING) if is_all else None
        standing.parts[proof.WAITING] = doubtful + waiting
        if proof.DOUBTFUL in explaining:
            explaining = {*explaining, proof.WAITING} - {proof.DOUBTFUL}
    standing.explaining = tuple(
        kind for kind in (*proof.CERTAIN, *proof.POSSIBLE) if kind in explaining
    )


def find_parts_domain(provider, standing, kinds):
    """Find what some kinds of a standing's parts consist of: the same transactions that
    `_sum_parts` counts for many feeds at once.

    :param provider: the feed, in sudo mode
    :param Standing standing: as it is read now
    :param kinds: see `proof` (iterable of str)
    :return: a domain of the register
    :rtype: Domain
    """
    common = Domain(
        [
            ("provider_id", "=", provider.id),
            ("currency", "=", provider.ponto_currency_id.name),
            ("statement_line_id", "=", False),
        ]
    )
    parts = [_find_part_domain(provider, standing, kind) for kind in kinds]
    return common & Domain.OR(parts)


def _find_part_domain(provider, standing, kind):
    """Return the domain of one kind, beside what all have in common."""
    if kind == proof.REMOVED:
        removed = Domain("state", "=", "removed")
        if not standing.first_day:
            return removed
        return removed & (
            Domain("date", "=", False) | Domain("date", ">=", standing.first_day)
        )
    today = provider._ponto_get_today()
    state = {
        proof.IGNORED: Domain("state", "=", "ignored"),
        proof.LATE: Domain("state", "=", "before_start"),
        proof.ANNOUNCED: Domain("state", "in", ("new", "waiting"))
        & Domain("date", ">", today),
        proof.NEW: Domain("state", "=", "new") & until_today(provider),
        proof.WAITING: Domain("state", "=", "waiting") & until_today(provider),
    }[kind]
    opening_day = provider.ponto_opening_date
    opening_id = provider.ponto_opening_register_id
    if not opening_day and kind != proof.LATE:
        return state
    # What the balance before the first line holds makes no difference.
    not_held = []
    if opening_day:
        not_held.append(Domain("date", ">=", opening_day))
    if opening_id:
        not_held.append(Domain("id", ">", opening_id))
    return state & Domain.OR(not_held)


def _sum_parts(providers, first_days):
    """Add up what was read and is not in the journals.

    What is in the balance before the first line makes no difference, and is left out.

    :param dict first_days: {feed: day of the first line that counts in its journal, or
        None}
    :return: {feed id: {kind, see `proof`: `Part`}}
    :rtype: dict
    """
    env = providers.env
    env["ponto.transaction"].flush_model()
    rows = env.execute_query(
        SQL(
            """
            SELECT known.provider_id,
                   CASE WHEN known.state = 'before_start' THEN %(late)s
                        WHEN known.state = 'removed'
                         AND known.date < feed.first_day THEN %(early)s
                        WHEN known.state IN ('removed', 'ignored') THEN known.state
                        WHEN known.date > feed.today THEN %(announced)s
                        WHEN known.state = 'waiting'
                         AND known.reason = 'doubtful' THEN %(doubtful)s
                        ELSE known.state END AS kind,
                   count(*), sum(known.amount::numeric)
              FROM ponto_transaction known
              JOIN unnest(
                       %(ids)s::int[], %(currencies)s::text[], %(todays)s::date[],
                       %(first_days)s::date[], %(opening_days)s::date[],
                       %(opening_ids)s::int[]
                   ) AS feed(id, currency, today, first_day, opening_day, opening_id)
                ON feed.id = known.provider_id
             WHERE known.state IN (
                       'new', 'waiting', 'removed', 'ignored', 'before_start'
                   )
               AND known.statement_line_id IS NULL
               AND known.currency = feed.currency
               AND (
                   known.state = 'removed'
                   OR feed.opening_day IS NULL AND known.state != 'before_start'
                   OR known.date >= feed.opening_day
                   OR known.id > feed.opening_id
               )
               AND NOT (
                   known.state = 'waiting'
                   AND known.reason = 'doubtful'
                   AND EXISTS (
                           SELECT 1
                             FROM ponto_transaction earlier
                        LEFT JOIN ponto_transaction original
                               ON original.id = earlier.original_id
                            WHERE earlier.id = known.possible_original_id
                              AND (
                                  earlier.state = 'waiting'
                                  AND earlier.reason = 'doubtful'
                                  AND earlier.statement_line_id IS NULL
                                  OR original.state = 'waiting'
                                  AND original.reason = 'doubtful'
                                  AND original.statement_line_id IS NULL
                              )
                       )
               )
          GROUP BY 1, 2
            """,
            ids=providers.ids,
            currencies=[each.ponto_currency_id.name for each in providers],
            todays=[each._ponto_get_today() for each in providers],
            first_days=[first_days.get(each) for each in providers],
            opening_days=[each.ponto_opening_date or None for each in providers],
            opening_ids=[each.ponto_opening_register_id or None for each in providers],
            announced=proof.ANNOUNCED,
            late=proof.LATE,
            early=proof.REMOVED_EARLY,
            doubtful=proof.DOUBTFUL,
        )
    )
    parts = defaultdict(dict)
    for provider_id, kind, count, amount in rows:
        parts[provider_id][kind] = Part(count, to_decimal(amount))
    return parts


# === IN WORDS === #


def describe_explanation(provider, standing):
    """Describe what a difference is made of: known reasons with their amounts, and the
    rest (str).

    :param provider: the feed; the text is in the language of its environment
    :param Standing standing: of the feed, with a difference
    """
    env = provider.env
    labels = {
        proof.WAITING: env._("waiting for a decision: %s"),
        proof.REMOVED: env._("removed by a user: %s"),
        proof.IGNORED: env._("ignored by a user: %s"),
        proof.NEW: env._("read, to be imported: %s"),
        proof.ANNOUNCED: env._("announced for a later day: %s"),
        proof.LATE: env._("dated before the start date: %s"),
    }
    currency = provider.ponto_currency_id
    texts = [
        labels[kind] % currency.format(float(standing.parts[kind].amount))
        for kind in standing.explaining
    ]
    if standing.unexplained:
        rest = currency.format(float(standing.unexplained))
        texts.append(env._("unexplained: %s", rest))
    return env._("Of this: %s.", ", ".join(texts))
