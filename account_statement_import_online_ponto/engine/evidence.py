# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a bank line says about what it pays: which documents, and with what doubt."""

from dataclasses import dataclass, replace

from . import bank_text, open_items
from .books import compact
from .document_numbers import number_of
from .mentions import find_mentions

_NO_END_TO_END_ID = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF"})


@dataclass(frozen=True, slots=True)
class Claim:
    """Documents that one number or reference of the text names.

    :ivar reason: by what, one of the certain ways
    :ivar text: as written
    :ivar documents: `books.Document`; several where they share what names them
    :ivar doubt: an obstacle, or empty
    :ivar is_shared: all of the documents may be meant, or one: a reference by which
        a partner pays everything
    """

    reason: str
    text: str
    documents: tuple = ()
    doubt: str = ""
    is_shared: bool = False

    @property
    def open_documents(self):
        """Those of the documents that have open items."""
        return tuple(document for document in self.documents if document.items)

    def without(self, taken):
        """Return the claim without items that other lines have paid, and without
        documents of which nothing else is open.

        :param taken: identifiers of items
        :rtype: Claim
        """
        documents = []
        for document in self.documents:
            items = tuple(item for item in document.items if item.id not in taken)
            if items == document.items:
                documents.append(document)
            elif items:
                documents.append(replace(document, items=items))
        is_shared = self.is_shared and len(documents) > 1
        return replace(self, documents=tuple(documents), is_shared=is_shared)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a line says.

    :ivar claims: what it names
    :ivar hints: claims in doubt of what it may name if it names nothing else
    :ivar called_partner_ids: partners who are called as the counterpart is
    :ivar named_partner_ids: those of them of whom something is open, else partners
        whose names stand in the text
    """

    claims: tuple[Claim, ...] = ()
    hints: tuple[Claim, ...] = ()
    called_partner_ids: frozenset[int] = frozenset()
    named_partner_ids: frozenset[int] = frozenset()

    def without(self, taken):
        """Return the evidence as far as other lines have not paid it.

        :param taken: identifiers of items
        :rtype: Evidence
        """
        if not taken:
            return self
        claims = tuple(claim.without(taken) for claim in self.claims)
        return replace(self, claims=claims)


def read_evidence(line, books):
    """Read what a line says about what it pays.

    :param open_items.BankLine line:
    :param books.Books books:
    :rtype: Evidence
    """
    accounts = {compact(line.account_number), *books.own_accounts} - {""}
    figures = _figures_of(line)
    claims, hints = {}, {}
    partners = books.partners_called(line.counterpart_name)
    in_texts = books.partners_within(line.counterpart_name)
    for text in _whole(line.texts):
        found, words = bank_text.read(text, books.own_names)
        for claim in _claims(found, words, line, books, accounts, figures):
            _add(claims, _resolved(claim, line, books))
        for claim in _hints(words, line, books, accounts, figures):
            _add(hints, _resolved(claim, line, books))
        in_texts |= books.partners_in(words)
    identifier = line.end_to_end_id.strip()
    if identifier.upper() not in _NO_END_TO_END_ID:
        reason = open_items.BY_END_TO_END_ID
        named = books.end_to_end_ids.get(identifier, ())
        documents = _documents(named, line, books)
        for document in [doc for doc in documents if doc.items] or documents:
            doubt = "" if document.items else open_items.CLOSED
            claims[reason, document] = Claim(reason, identifier, (document,), doubt)
    in_names = frozenset(filter(books.by_partner.get, partners))
    return Evidence(
        tuple(claims.values()),
        tuple(hints.values()),
        partners,
        in_names or in_texts,
    )


def _add(claims, claim):
    claims.setdefault((claim.reason, claim.documents or claim.text, claim.doubt), claim)


def _whole(texts):
    """Return texts without those that are a part of another one, and each once."""
    texts = list(dict.fromkeys(text for text in texts if text))
    return [
        text
        for text in texts
        if not any(text in other for other in texts if other != text)
    ]


def _figures_of(line):
    """Return the digits by which the amounts of a line could be written.

    :param open_items.BankLine line:
    :rtype: frozenset[str]
    """
    figures = set()
    for amount in (line.amount, line.foreign_amount):
        if amount:
            figures.add(f"{abs(amount):.2f}".replace(".", ""))
            figures.add(f"{abs(amount):.2f}".partition(".")[0])
    return frozenset(figures)


def _claims(found, words, line, books, accounts, figures):
    """Yield what one text claims, before it is clear whose documents are meant."""
    for text in found.wrong:
        reason = open_items.BY_REFERENCE
        yield Claim(reason, text, doubt=open_items.WRONG_CHECK_DIGITS)
    for reference in found.references:
        # the check digits of Belgian account numbers are those of communications
        if any(reference.number in account for account in accounts):
            continue
        named = set(books.references.get(reference.number, ()))
        # twelve digits may be a number of another kind
        named |= books.numbers.full.get(reference.number, set())
        doubt = "" if named else open_items.UNKNOWN_REFERENCE
        documents = _documents(named, line, books)
        yield Claim(open_items.BY_REFERENCE, str(reference), documents, doubt)
    for mention in find_mentions(words, books.numbers, accounts, figures):
        digits = compact(mention.text).lstrip("0")
        named = books.references.get(digits, frozenset())
        is_reference = mention.documents and mention.documents <= named
        yield Claim(
            open_items.BY_REFERENCE if is_reference else open_items.BY_NUMBER,
            mention.text,
            _documents(mention.documents, line, books),
            _doubt_of(mention, line, books),
        )


def _hints(words, line, books, accounts, figures):
    """Yield what one text may name where nothing else is named: by a reference beside
    other digits, or a number that can be a date."""
    payers = _payers(line, books)
    for place, word in enumerate(words):
        gaps = [one.gap for one in words[max(place, 1) : place + 2]]
        if not word.is_number or any(map(bank_text.is_tight, gaps)):
            continue
        if word.text in figures or any(word.text in one for one in accounts):
            continue
        reason, doubt = open_items.BY_REFERENCE, open_items.FRAGMENT
        documents = _documents(books.references.get(word.text, ()), line, books)
        if bank_text.is_date([word.text]):
            reason, doubt = open_items.BY_NUMBER, open_items.CAN_BE_DATE
            named = books.numbers.bare.get(word.text, frozenset())
            named = named | books.like_dates.get(word.text, frozenset())
            documents = tuple(
                document
                for document in _documents(named, line, books)
                # a date says nothing against who pays
                if not payers or document.partner_ids & payers
            )
        if documents:
            yield Claim(reason, word.text, documents, doubt)


def _documents(identifiers, line, books):
    """Return documents as the line can pay them. Of what a registered payment has paid,
    the payment is still to come; with it, what is open of the document itself."""
    found = set(identifiers)
    for identifier in identifiers:
        payments = books.payments.get(identifier, set())
        if payments and not books.documents[identifier].items:
            found.discard(identifier)
        found |= payments
    return tuple(
        _in_journal(books.documents[identifier], line) for identifier in sorted(found)
    )


def _in_journal(document, line):
    items = tuple(item for item in document.items if item.may_come_in(line))
    return document if items == document.items else replace(document, items=items)


def _doubt_of(mention, line, books):
    """Return what a mention leaves in doubt.

    What a customer writes of an order, an offer or a contract is no number of ours. The
    word of a vendor may be any, and where our numbers have letters, they tell.
    """
    if mention.is_of_another_kind and line.amount > 0:
        number = number_of(mention.text)
        if number and books.own_digits & {number.exact, number.loose}:
            return open_items.FRAGMENT
    return mention.doubt


# === WHICH OF SEVERAL === #


def _resolved(claim, line, books):
    """Return a claim with the documents that can be meant, or with its doubt."""
    documents = _of_the_counterpart(claim.documents, line, books)
    documents = _without_drafts(documents)
    claim = replace(claim, documents=documents)
    if claim.doubt:
        return claim
    still_open = claim.open_documents
    if not still_open:
        is_posted = any(document.is_posted for document in documents)
        doubt = open_items.CLOSED if is_posted else open_items.NOT_POSTED
        return replace(claim, doubt=doubt)
    if len(documents) == 1:
        return claim
    partners = {document.partner_ids for document in documents}
    is_of_one_partner = claim.reason == open_items.BY_REFERENCE and len(partners) == 1
    if is_of_one_partner or _is_one_in_parts(documents, books):
        # a reference for all payments of a partner; what is paid is no rival
        return replace(claim, documents=still_open, is_shared=len(still_open) > 1)
    return replace(claim, doubt=open_items.AMBIGUOUS)


def _of_the_counterpart(documents, line, books):
    """Return the documents of who pays or is paid, if that is known and helps."""
    if len(documents) < 2:
        return documents
    partners = _payers(line, books)
    own = tuple(doc for doc in documents if doc.partner_ids & partners)
    return own or documents


def _payers(line, books):
    """Return who pays or is paid, as far as that is known; else who is called so."""
    return line.payer_ids or books.partners_called(line.counterpart_name)


def _without_drafts(documents):
    """Return documents without drafts and cancelled ones that have been entered anew:
    with the same number, of the same partner."""
    posted = {document.partner_ids for document in documents if document.is_posted}
    return tuple(
        document
        for document in documents
        if document.is_posted or document.partner_ids not in posted
    )


def _is_one_in_parts(documents, books):
    """Tell whether this is one document: registered payments of it, and its rest."""
    identifiers = {document.id for document in documents}
    return any(identifiers <= {one, *books.payments[one]} for one in books.payments)
