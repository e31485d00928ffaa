# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is open, found by number, reference, partner and name.

Made once for a batch of lines, then only read.
"""

from collections import defaultdict
from dataclasses import dataclass

from . import bank_text, references
from .document_numbers import NumberIndex
from .open_items import ClosedDocument, Company, OpenItem

#: Forms of companies and ways to address people: no part of a name.
_NO_NAME = frozenset(
    "AB AG AS ASA BV BVBA BVBASPRL CO COMMV CVBA CV DOO EHF EURL EV GCV GMBH HF INC IVZW KG"
    " KFT LDA LLC LLP LTD LTDA MBH NV NVSA OHG OU OY OYJ PLC SA SARL SAS SASU SC SCOP SCRL"
    " SCS SE SIA SL SLU SNC SOHO SP SPA SPRL SPZOO SRL SRO STICHTING UAB UG VOF VZW ASBL ZOO"
    " AND EN ET UND THE DE DHR DR FRAU HEER HERR HR M MEVR MEVROUW ME MISS MLLE MME MR MRS MS"
    " MVR SIR".split()
)
_MIN_NAME, _MIN_NAME_IN_TEXT, _MAX_NAME_WORDS = 3, 6, 5


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, bill, credit note or other entry; `items` are what is open of it."""

    id: int
    partner_ids: frozenset[int]
    items: tuple[OpenItem, ...] = ()


def words_of_name(name):
    """Return the words of a name that tell it from others, in its order.

    :param str name: of a company or a person
    :rtype: tuple[str, ...]
    """
    words = bank_text.plain(name.replace(".", "") if name else "")
    return tuple(
        word.text for word in bank_text.split(words) if word.text not in _NO_NAME
    )


class Books:
    """The open items and closed documents of one company.

    :param open_items: all that is open, of customers and vendors
    :param closed_documents: what is not open any more, as far as lines may name it
    :param company: the company itself
    """

    def __init__(
        self,
        open_items: tuple[OpenItem, ...],
        closed_documents: tuple[ClosedDocument, ...] = (),
        company: Company | None = None,
    ):
        company = company or Company()
        self.documents = {}
        #: places of items in the order in which they fall due
        self.places = {}
        self.numbers = NumberIndex()
        self.references = defaultdict(set)
        self.end_to_end_ids = defaultdict(set)
        self.by_partner = defaultdict(list)
        self.by_name = defaultdict(set)
        self.by_name_in_text = defaultdict(set)
        names = (bank_text.plain(name) for name in company.names)
        self.own_names = tuple(name for name in names if name)
        self.own_accounts = frozenset(map(compact, company.account_numbers)) - {""}
        self._add_open(open_items)
        for document in closed_documents:
            if document.document_id not in self.documents:
                partner_ids = frozenset({document.partner_id})
                self.documents[document.document_id] = Document(
                    document.document_id, partner_ids
                )
                self._add_names(document)

    def _add_open(self, open_items):
        by_document, partners = defaultdict(list), {}
        in_order = sorted(open_items, key=lambda item: (item.due_date, item.id))
        self.places = {item.id: place for place, item in enumerate(in_order)}
        for item in in_order:
            by_document[item.document_id].append(item)
            self.by_partner[item.partner_id].append(item)
            partners[item.partner_id] = item.partner_name
            for identifier in item.end_to_end_ids:
                self.end_to_end_ids[identifier].add(item.document_id)
        for document_id, items in by_document.items():
            partner_ids = frozenset(item.partner_id for item in items)
            self.documents[document_id] = Document(
                document_id, partner_ids, tuple(items)
            )
            for item in items:
                self._add_names(item)
        for partner_id, name in partners.items():
            self._add_partner(partner_id, name)

    def _add_names(self, record):
        """Let the numbers and references of an item or document name it."""
        names = set(record.names)
        reference = references.parse(record.payment_reference)
        if reference:
            self.references[reference.number].add(record.document_id)
        if not reference or reference.kind not in references.SELF_EVIDENT:
            names.add(record.payment_reference)
        for name in names:
            self.numbers.add(name, record.document_id)

    def _add_partner(self, partner_id, name):
        words = words_of_name(name)
        if sum(map(len, words)) >= _MIN_NAME:
            self.by_name[tuple(sorted(words))].add(partner_id)
        if sum(map(len, words)) >= _MIN_NAME_IN_TEXT and len(words) <= _MAX_NAME_WORDS:
            self.by_name_in_text[words].add(partner_id)

    def partners_called(self, name):
        """Return the partners of open items that have a name, in any order of words.

        :param str name: of the counterpart
        :rtype: frozenset[int]
        """
        return frozenset(self.by_name.get(tuple(sorted(words_of_name(name))), ()))

    def partners_in(self, words):
        """Return the partners of open items whose name stands in a text.

        :param list words: `bank_text.Word`
        :rtype: frozenset[int]
        """
        texts = [word.text for word in words if word.text not in _NO_NAME]
        found = set()
        for first in range(len(texts)):
            for last in range(first + 1, min(first + _MAX_NAME_WORDS, len(texts)) + 1):
                found |= self.by_name_in_text.get(tuple(texts[first:last]), set())
        return frozenset(found)


def compact(number):
    """Return an account number in capital letters and digits.

    :param str number: in any spelling; None counts as empty
    :rtype: str
    """
    return "".join(filter(str.isalnum, number or "")).upper()
