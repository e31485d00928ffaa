# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the register of transactions is told, and what it knows."""

from dataclasses import replace
from typing import NamedTuple

from odoo.tools import SQL

from ..engine import admission, changes, listing
from ..engine.entry import (
    BEFORE_START,
    CHANGED,
    DUPLICATE,
    FUTURE,
    IMPORTED,
    WAITING,
)
from ..engine.traits import DAYS_MOVED
from ..ponto_api import document_to_text, transaction_from_text
from . import opening_balance, settling
from .registered import (
    FORGETTABLE_FIELDS,
    KNOWN_FIELDS,
    STATES_WITH_DOCUMENT,
    TEXT_FIELDS,
    UNDECIDED,
    find_first,
    has_texts,
    is_forgotten,
    prepare_booking,
    prepare_texts,
    read_booked,
    read_known,
    read_texts,
    update_texts,
    with_earlier_identifiers,
    with_identifier,
)

#: Room for the ranks of what one pull reads.
RANKS_PER_PULL = 10**9


class _Listed(NamedTuple):
    """What tells of nearly all that is listed again that nothing follows from it: the
    fields of its record. No more is read of them, nor in a dearer way.

    :ivar float list_rank: zero where an earlier feed has left none
    """

    id: int
    ponto_id: str
    content_hash: str | None
    list_rank: float
    state: str
    reason: str | None
    pull_id: int | None


class Register:
    """The register of one feed: every transaction of Ponto ever read.

    :param provider: the feed, in sudo mode
    :ivar set created_keys: of the records that were made by this very object
    """

    def __init__(self, provider):
        self.created_keys = set()
        self._provider = provider
        self._records = provider.env["ponto.transaction"]

    # === WHAT IS KNOWN === #

    def search(self, domain, order=None, limit=None):
        """Return `ponto.transaction` records of the feed, with what rules look at."""
        return self._records.search_fetch(
            [("provider_id", "=", self._provider.id), *domain],
            ["provider_id", *KNOWN_FIELDS],
            order=order,
            limit=limit,
        )

    def _read_listed(self, ponto_ids):
        """Read what is known of some transactions.

        :param list ponto_ids: Ponto's identifiers
        :return: {Ponto's identifier: `_Listed`}, the latest day first
        :rtype: dict
        """
        self._records.flush_model(["provider_id", "date", *_Listed._fields])
        rows = self._records.env.execute_query(
            SQL(
                """
                SELECT id, ponto_id, content_hash, COALESCE(list_rank, 0), state,
                       reason, pull_id
                  FROM ponto_transaction
                 WHERE provider_id = %s AND ponto_id = ANY(%s)
              ORDER BY date DESC, id
                """,
                self._provider.id,
                ponto_ids,
            )
        )
        return {row.ponto_id: row for row in map(_Listed._make, rows)}

    def find_newest(self, not_of):
        """Return the newest transaction that another run has read, of an earlier pull
        or of the same one. What is only announced for a day to come is none yet: the
        bank may withdraw it.

        :param not_of: a `ponto.pull`, in its run
        :rtype: Known or None
        """
        newest = self._find_dated([("generation", "!=", not_of.generation)])
        return next(iter(read_known(newest)), None)

    def find_newest_of_first_run(self, pull):
        """Return the newest transaction that the first run of a pull has read, if this
        is a later one. While Ponto has that, it has what the runs between have read.

        :param pull: a `ponto.pull`, in its run
        :rtype: Known or None
        """
        of_others = [("pull_id", "=", pull.id), ("generation", "!=", pull.generation)]
        newest = self._find_dated(of_others, order="generation, date desc, id")
        return next(iter(read_known(newest)), None)

    def _find_dated(self, domain, **options):
        """Return the first record that is told of a day that has come, or none."""
        dated = [("date", "!=", False), ("reason", "!=", FUTURE)]
        return self.search([*domain, *dated], limit=1, **options)

    def read_first_days(self):
        """Read from which day on there is anything.

        :return: {Ponto's identifier of an account: the first day read under it}
        :rtype: dict
        """
        return dict(
            self._records._read_group(
                [("provider_id", "=", self._provider.id), ("date", "!=", False)],
                ["ponto_account_id"],
                ["date:min"],
            )
        )

    def has_kept_days(self):
        """Tell whether it is known that the present link has moved no days (bool).

        Something that was recognized by its day and content has nothing else of its
        amount around that it could have taken the place of; and nothing is believed to
        be one of another day.
        """
        self._records.flush_model()
        self._provider.env.cr.execute(
            """
            SELECT EXISTS (
                       SELECT FROM ponto_transaction known
                        WHERE known.provider_id = %(provider)s
                          AND known.ponto_account_id = %(account)s
                          AND known.original_id IS NOT NULL
                          AND known.possible_original_id IS NULL
                          AND NOT EXISTS (
                                  SELECT FROM ponto_transaction other
                                   WHERE other.provider_id = known.provider_id
                                     AND other.amount = known.amount
                                     AND other.id != known.id
                                     AND other.date BETWEEN known.date - %(days)s
                                                        AND known.date + %(days)s
                                     AND NOT EXISTS (
                                             SELECT FROM ponto_transaction later
                                              WHERE later.original_id = other.id
                                         )
                              )
                   )
               AND NOT EXISTS (
                       SELECT FROM ponto_transaction doubtful
                         JOIN ponto_transaction original
                           ON original.id = doubtful.possible_original_id
                        WHERE doubtful.provider_id = %(provider)s
                          AND doubtful.ponto_account_id = %(account)s
                          AND doubtful.state != 'imported'
                          AND doubtful.date IS DISTINCT FROM original.date
                   )
            """,
            {
                "provider": self._provider.id,
                "account": self._provider.ponto_account_id,
                "days": DAYS_MOVED,
            },
        )
        return self._provider.env.cr.fetchone()[0]

    def find_lines(self, ponto_ids):
        """Find the statement lines that other feeds of the journal have made.

        :param ponto_ids: Ponto's identifiers
        :return: {Ponto's identifier: statement line}
        :rtype: dict
        """
        by_import_id = {
            self._provider._ponto_get_unique_import_id(ponto_id): ponto_id
            for ponto_id in ponto_ids
        }
        lines = self._provider.env["account.bank.statement.line"].search(
            [
                ("journal_id", "=", self._provider.journal_id.id),
                ("unique_import_id", "in", list(by_import_id)),
            ]
        )
        return {by_import_id[line.unique_import_id]: line for line in lines}

    # === STAGING === #

    def stage(self, entries, rules, pull, after=None):
        """Register transactions that are not known, and what changed in those that are.

        Takes a constant number of queries, however many transactions there are.

        :param entries: `Entry` objects in the bank's order, newest first
        :param Rules rules: what admission is measured by
        :param pull: the `ponto.pull` that read them
        :param str after: identifier of the last transaction before them, if they are
            not the list's first ones
        :return: {name of a counter: what to add}, and whether any was not known
        :rtype: tuple
        """
        entries = {entry.ponto_id: entry for entry in entries}
        wanted = [*entries, *filter(None, [after])]
        by_id = self._read_listed(wanted)
        unknown_ids = entries.keys() - by_id.keys()
        ranks = _rank(by_id, list(entries), after, pull) if unknown_ids else {}
        listed = [row for ponto_id, row in by_id.items() if ponto_id in entries]
        # Usually nothing is left, and then this must cost no query.
        open_records = self._records.browse(
            row.id
            for row in listed
            if changes.may_change(
                row.state, row.reason, row.content_hash, entries[row.ponto_id], rules
            )
        )
        open_records.fetch(KNOWN_FIELDS)
        asked = changed = 0
        released = {}
        updated = self._records.browse()
        for record, known in zip(open_records, read_known(open_records), strict=True):
            entry = entries[known.ponto_id]
            if content_hash := self._find_same_content(record, known, entry):
                record.content_hash = content_hash
                known = replace(known, content_hash=content_hash)
            change = self._find_change(record, known, entry, rules)
            if not change:
                continue
            if change.updates_line:
                updated += record
                # What the feed itself has settled with it is matched anew.
                released.update(settling.release(record.statement_line_id))
            self._take_change(record, entry, change, pull)
            if known.original and not known.line:
                self._change_first(record, entry, rules, pull)
            if not change.is_readmitted:
                asked += change.is_asked
                changed += bool(known.line)
        # All at once: what is open in the books is the same for all.
        settling.settle_changed(
            updated.statement_line_id, self._provider.ponto_match_policy, released
        )
        lines = self.find_lines(unknown_ids)
        created = self._records.create(
            [
                {
                    **self.prepare_values(
                        entry,
                        pull,
                        {"state": IMPORTED, "statement_line_id": lines[ponto_id].id}
                        if ponto_id in lines
                        else admission.assess(entry, rules)._asdict(),
                    ),
                    "list_rank": ranks[ponto_id],
                }
                for ponto_id, entry in entries.items()
                if ponto_id in unknown_ids
            ]
        )
        self.created_keys.update(created.ids)
        states = created.mapped("state")
        known_count = len(listed) + states.count(IMPORTED)
        # A pull that goes on reads what it has read again, and counts it once.
        again = sum(row.pull_id == pull.id for row in listed)
        counts = {
            "read_count": len(entries) - again,
            "known_count": known_count - again,
            "waiting_count": len(created.filtered_domain(UNDECIDED)) + asked,
            "before_start_count": states.count(BEFORE_START),
            "changed_count": changed,
        }
        return counts, known_count != len(entries)

    def prepare_values(self, entry, pull, outcome):
        """Prepare the values of a record.

        :param Entry entry: the transaction as it is now
        :param pull: the `ponto.pull` that read it
        :param dict outcome: state, reason and statement line
        :return: values for `create`
        :rtype: dict
        """
        traits = self._provider._ponto_get_traits(entry.source)
        values = {
            "provider_id": self._provider.id,
            "pull_id": pull.id,
            "generation": pull.generation,
            "ponto_id": entry.ponto_id,
            "ponto_account_id": self._provider.ponto_account_id,
            **prepare_booking(entry),
            **prepare_texts(entry),
            "fingerprint": self._provider._ponto_get_fingerprint(entry.source),
            "content_hash": entry.content_hash,
            "traits": " ".join(sorted(traits)),
            **outcome,
        }
        if values["state"] in STATES_WITH_DOCUMENT:
            values["document"] = document_to_text(entry.source.document)
        return values

    def _find_same_content(self, record, known, entry):
        """Find whether what seems to be news is what Ponto served last, as the feed
        reads that now.

        Another time zone or another spelling of labels is no news of the bank: what
        counts is whether it serves the same document, read in the same way. Where
        nobody kept the document, another date to use is no news either.

        :return: the hash by which the content is known from now on; None where Ponto
            serves something else, or nothing seems to be news
        :rtype: str or None
        """
        if not changes.has_news(known, entry) or known.content_hash is None:
            return None
        text = record.document
        if record.state != WAITING:
            text = text or record.statement_line_id.raw_data
        transaction = transaction_from_text(text)
        if transaction:
            served = self._provider._ponto_get_content_hash(transaction)
            is_same = served == entry.content_hash
        else:
            former_feed = self._provider._ponto_by_other_date()
            former_hash = former_feed._ponto_get_content_hash(entry.source)
            is_same = former_hash == known.content_hash
        return entry.content_hash if is_same else None

    def _find_change(self, record, known, entry, rules):
        """Find what follows from reading a transaction again (`Change` or None)."""
        line = record.statement_line_id
        booked = None
        if line and changes.has_news(known, entry):
            booked = read_booked(record)
        return changes.find_change(known, entry, rules, booked)

    def _change_first(self, record, entry, rules, pull):
        """Take over what Ponto changed in a transaction without a line where that is
        made of it: under its first identifier.

        :param record: its record under the identifier that Ponto lists
        :param Entry entry: the transaction as it is now
        :param Rules rules: what admission is measured by
        :param pull: the `ponto.pull` that read it again
        """
        first = find_first(record)
        if first.statement_line_id:
            return
        source = with_identifier(entry.source, first.ponto_id)
        entry = replace(entry, ponto_id=first.ponto_id, source=source)
        [known] = read_known(first)
        if content_hash := self._find_same_content(first, known, entry):
            first.content_hash = content_hash
            known = replace(known, content_hash=content_hash)
        change = changes.find_change(known, entry, rules)
        if change:
            self._take_change(first, entry, change, pull, is_listed=False)

    def _take_change(self, record, entry, change, pull, is_listed=True):
        """Take over what Ponto changed in a transaction that was read before.

        :param Entry entry: the transaction as it is now
        :param Change change: what follows
        :param pull: the `ponto.pull` that read it again
        :param bool is_listed: whether Ponto lists it under the record's identifier
        """
        outcome = {"state": change.state, "reason": change.reason}
        values = {"document": False, **self.prepare_values(entry, pull, outcome)}
        not_taken = []
        if not is_listed:
            not_taken.append("ponto_account_id")
        if not (change.is_readmitted and is_listed):
            not_taken += ["pull_id", "generation"]
        if not change.takes_booking:
            # What the journal has, until somebody decides.
            not_taken += ["date", "amount", "currency"]
            if change.reason == CHANGED and has_texts(record):
                not_taken += TEXT_FIELDS
            elif change.reason == CHANGED:
                values.update(read_texts(record.statement_line_id))
        is_needed = change.is_readmitted or change.needs_texts(record.state)
        if is_forgotten(record) and not is_needed:
            not_taken += FORGETTABLE_FIELDS
        values = {
            name: value for name, value in values.items() if name not in not_taken
        }
        if change.takes_booking:
            opening_balance.note_change(record, entry)
        if change.updates_line:
            update_texts(record, entry.source)
        record.write(values)
        # What somebody ignored under an earlier identifier is overtaken.
        earlier = with_earlier_identifiers(record) - record
        ignored = earlier.filtered(lambda each: each.state == IMPORTED)
        ignored.filtered("document").document = False

    # === DECISIONS === #

    def mark_gone(self, keys):
        """Write that Ponto has given up identifiers, so that nobody asks again.

        :param keys: of records
        """
        records = self._records.browse(keys)
        records.filtered(lambda record: not record.is_gone).is_gone = True

    def mark_duplicates(self, pairs):
        """Write what is the same transaction as one under an earlier identifier.

        :param dict pairs: {key of the later record: key of the earlier one}
        """
        for later, earlier in pairs.items():
            original = self._records.browse(earlier)
            self._records.browse(later).write(
                {
                    "state": DUPLICATE,
                    "reason": False,
                    "original_id": original.id,
                    "statement_line_id": original.statement_line_id.id,
                    "document": False,
                }
            )

    def mark_waiting(self, record, reason, similar_line=None):
        """Let somebody decide about a transaction.

        :param str reason: why
        :param similar_line: the statement line that the decision is about, if any
        """
        record.write(
            {
                "state": WAITING,
                "reason": reason,
                "similar_line_id": similar_line and similar_line.id,
            }
        )


def _rank(by_id, ponto_ids, after, pull):
    """Rank the transactions of a page, see `engine.listing.rank_page`.

    :param dict by_id: `_Listed` of those that are known, and of the one before the page
    :param list ponto_ids: identifiers in the bank's order, newest first
    :param str after: identifier of the last transaction before the page, or None
    :param pull: the `ponto.pull` that reads it
    :return: {identifier: rank}
    :rtype: dict
    """
    known = {ponto_id: int(row.list_rank) for ponto_id, row in by_id.items()}
    ranks = listing.rank_page(
        [known.get(ponto_id) for ponto_id in ponto_ids],
        above=known.get(after),
        top=pull.id * RANKS_PER_PULL,
    )
    return dict(zip(ponto_ids, ranks, strict=True))
