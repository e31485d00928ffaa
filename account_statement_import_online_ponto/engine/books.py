# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is open, found by number, reference, partner and name."""

from collections import defaultdict
from dataclasses import dataclass

from . import bank_text, references
from .document_numbers import NumberIndex, digits_of, index_numbers, runs_of
from .long_texts import is_readable
from .open_items import OpenItem
from .vocabulary import NO_NAME

_MIN_ACCOUNT = 8
_MIN_NAME, _MIN_NAME_IN_TEXT, _MAX_NAME_WORDS = 3, 6, 5


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, bill, credit note or other entry; `items` are what is open of it."""

    id: int
    partner_ids: frozenset[int]
    items: tuple[OpenItem, ...] = ()
    is_posted: bool = True


@dataclass(frozen=True, slots=True)
class Books:
    """The open items and closed documents of one company, as far as lines name them.

    :ivar documents: `Document` by identifier
    :ivar payments: sets of registered payments by the document that they have paid
    :ivar places: places of items in the order in which they fall due
    :ivar numbers: documents by their numbers
    :ivar like_dates: sets of documents by numbers that can be dates
    :ivar own_digits: keys of the numbers that we gave, as far as they have no letters
    :ivar references: sets of documents by structured reference
    :ivar end_to_end_ids: sets of documents by identifier of a payment of ours
    :ivar by_partner: items by partner, as they fall due
    :ivar by_name: sets of partners by the words of their names, sorted
    :ivar by_name_in_text: the same in the order of the words
    :ivar own_names: the company's names, plain
    :ivar own_accounts: the company's account numbers, compact
    """

    documents: dict
    payments: dict
    places: dict
    numbers: NumberIndex
    like_dates: dict
    own_digits: frozenset[str]
    references: dict
    end_to_end_ids: dict
    by_partner: dict
    by_name: dict
    by_name_in_text: dict
    own_names: tuple[str, ...]
    own_accounts: frozenset[str]

    def is_own_account(self, number):
        """Tell whether an account number is the company's, with its country or without.

        :param str number: in any spelling
        :rtype: bool
        """
        number = compact(number)
        return len(number) >= _MIN_ACCOUNT and any(
            own.endswith(number) or number.endswith(own) for own in self.own_accounts
        )

    def partners_called(self, name):
        """Return the partners who have a name, in any order of words.

        :param str name: of the counterpart
        :rtype: frozenset[int]
        """
        return frozenset(self.by_name.get(tuple(sorted(_words_of_name(name))), ()))

    def partners_in(self, words):
        """Return the partners of open items whose name stands in a text.

        :param list words: `bank_text.Word`
        :rtype: frozenset[int]
        """
        return self._partners_in([word.text for word in words])

    def partners_within(self, name):
        """Return the partners of open items whose name stands in a longer one.

        :param str name: of the counterpart
        :rtype: frozenset[int]
        """
        return self._partners_in(_words_of_name(name))

    def _partners_in(self, texts):
        texts = [text for text in texts if text not in NO_NAME]
        found = set()
        for first in range(len(texts)):
            for last in range(first + 1, min(first + _MAX_NAME_WORDS, len(texts)) + 1):
                found |= self.by_name_in_text.get(tuple(texts[first:last]), set())
        return frozenset(found)


def make_books(lines, items, closed_documents, company, partner_names=None):
    """Arrange what is open for a batch of lines. Only what they can name gets keys.

    :param lines: `open_items.BankLine`, the batch
    :param items: `open_items.OpenItem`
    :param closed_documents: `open_items.ClosedDocument`
    :param open_items.Company company:
    :param dict partner_names: names of partners of whom nothing may be open, by
        identifier
    :rtype: Books
    """
    digits = digits_of({text for line in lines for text in line.texts})
    items = sorted(items, key=lambda item: (item.due_date, item.id))
    by_partner, end_to_end_ids = defaultdict(list), defaultdict(set)
    payments = defaultdict(set)
    for item in items:
        by_partner[item.partner_id].append(item)
        for document_id in item.paid_document_ids:
            payments[document_id].add(item.document_id)
        for identifier in item.end_to_end_ids:
            end_to_end_ids[identifier].add(item.document_id)
    documents = _documents(items, closed_documents)
    still_open = {item.document_id for item in items}
    records = [*items]
    records += [doc for doc in closed_documents if doc.document_id not in still_open]
    by_reference, names = _names(records, digits)
    by_name, by_name_in_text = _partner_names(items, partner_names or {})
    numbers = index_numbers(names, digits)
    own_names = (bank_text.plain(name) for name in company.names)
    return Books(
        documents,
        payments,
        {item.id: place for place, item in enumerate(items)},
        numbers,
        _like_dates(names, digits),
        _own_digits(records, digits),
        by_reference,
        end_to_end_ids,
        by_partner,
        by_name,
        by_name_in_text,
        # of a company whose numbers begin with its name, the name is a part of them
        tuple(name for name in own_names if name and not numbers.has_prefix(name)),
        frozenset(
            number
            for number in map(compact, company.account_numbers)
            if len(number) >= _MIN_ACCOUNT
        ),
    )


def _documents(items, closed_documents):
    """Return documents by identifier; what has an open item is not closed."""
    by_document = defaultdict(list)
    for item in items:
        by_document[item.document_id].append(item)
    closed = {
        document.document_id: Document(
            document.document_id,
            frozenset({document.partner_id}),
            is_posted=document.is_posted,
        )
        for document in closed_documents
    }
    return closed | {
        document_id: Document(
            document_id, frozenset(item.partner_id for item in own), tuple(own)
        )
        for document_id, own in by_document.items()
    }


def _names(records, digits):
    """Return (documents by structured reference, pairs of other names and documents).

    What is by its form a reference is no number, too: a number may be written in
    more ways.
    """
    by_reference, names = defaultdict(set), {}
    for record in records:
        for name in record.names:
            names[name, record.document_id] = True
        text = record.payment_reference
        if not text or text in record.names:
            continue
        reference = references.parse(text) if digits.have(runs_of(text)) else None
        if reference:
            by_reference[reference.number].add(record.document_id)
        if not reference or reference.kind not in references.SELF_EVIDENT:
            names[text, record.document_id] = True
    return by_reference, list(names)


def _like_dates(names, digits):
    """Return sets of documents by numbers that are digits alone and can be dates: no
    more than a hint."""
    found = defaultdict(set)
    for name, document_id in names:
        runs = runs_of(name)
        if runs == [name] and bank_text.is_date(runs) and digits.have(runs):
            found[name].add(document_id)
    return found


def _own_digits(records, digits):
    """Return the keys of the numbers that we gave, of those without letters."""
    own = ((name, name) for record in records for name in record.names[:1])
    keys = index_numbers(own, digits).full
    return frozenset(key for key in keys if not any(map(str.isalpha, key)))


def _partner_names(items, others):
    """Return sets of partners by the words of their names: sorted, and in order.

    The names of others are only looked for as a whole.
    """
    by_name, in_text = defaultdict(set), defaultdict(set)
    own = {(item.partner_id, item.partner_name) for item in items}
    for partner_id, name in own.union(others.items()):
        words = _words_of_name(name)
        letters = sum(map(len, words))
        if letters >= _MIN_NAME:
            by_name[tuple(sorted(words))].add(partner_id)
        is_own = (partner_id, name) in own
        if is_own and letters >= _MIN_NAME_IN_TEXT and len(words) <= _MAX_NAME_WORDS:
            in_text[words].add(partner_id)
    return by_name, in_text


def _words_of_name(name):
    """Return the words of a name that tell it from others, in its order.

    :param str name: of a company or a person; None and what is too long count as empty
    :rtype: tuple[str, ...]
    """
    name = name if is_readable(name) else ""
    words = bank_text.split(bank_text.plain((name or "").replace(".", "")))
    return tuple(word.text for word in words if word.text not in NO_NAME)


def compact(number):
    """Return an account number in capital letters and digits.

    :param str number: in any spelling; None and what is too long count as empty
    :rtype: str
    """
    number = number if is_readable(number) else ""
    return "".join(filter(str.isalnum, number or "")).upper()
