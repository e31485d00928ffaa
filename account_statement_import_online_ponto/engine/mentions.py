# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Where a bank's text names documents by their numbers.

A document is named where whole words have a key of its number, and the words are not
part of something longer: no fragment of another number is a number.
"""

import re
from dataclasses import dataclass, replace

from stdnum.eu import vat

from . import bank_text
from .document_numbers import MAX_WORDS, MIN_SIGNS, identifies, loose_key
from .open_items import FRAGMENT, NUMBER_IN_PART, UNKNOWN_NUMBER
from .vocabulary import AND, BEFORE_NUMBER, INVOICE, NUMERO, OTHER_KINDS, TAGS

#: Digits of a number without letters that lacks them, or is written with blanks.
MIN_BARE_DIGITS = 6

_LIST_GAP = re.compile(r" ?[,;+&/-] ?| ")


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a text names documents.

    `documents` are keys of documents, more than one where several have the same
    number; `doubt` is empty, or the reason of `open_items` why nothing is certain.
    `first` and `last` are places in the list of words.
    """

    text: str
    documents: frozenset
    first: int
    last: int
    is_loose: bool = False
    is_bare: bool = False
    doubt: str = ""
    #: how to write another number of the same series
    series: tuple[str, ...] = ()
    #: whether the word before says that it is a number of something else
    is_of_another_kind: bool = False


def find_mentions(words, index, accounts=(), figures=()):
    """Return what a text names, in its order.

    :param list words: `bank_text.Word`
    :param document_numbers.NumberIndex index:
    :param accounts: account numbers in letters and digits; no part of one is a
        number of a document
    :param figures: the digits of the line's amount
    :rtype: list[Mention]
    """
    hits = _longest(words, _hits(words, index, accounts, figures))
    result = []
    for hit in hits:
        result.append(hit)
        if not hit.doubt:
            result += _continuations(words, index, hit, hits)
    covered = {place for hit in result for place in range(hit.first, hit.last + 1)}
    return [_checked(words, index, hit, covered) for hit in result]


# === WINDOWS OF WORDS === #


def _hits(words, index, accounts, figures):
    """Yield a mention for every run of whole words that is a number."""
    for first, word in enumerate(words):
        if first and not word.gap:
            continue
        if not word.is_number and word.text not in index.heads:
            continue
        for last in range(first, min(first + MAX_WORDS, len(words))):
            if last > first and not bank_text.is_loose(words[last].gap):
                break
            if last + 1 < len(words) and not words[last + 1].gap:
                continue
            hit = _hit(words, index, first, last)
            if hit and not _is_noise(words, hit, accounts, figures):
                yield hit


def _hit(words, index, first, last):
    window = words[first : last + 1]
    exact = "".join(word.text for word in window)
    if len(exact) < MIN_SIGNS:
        return None
    loose = loose_key(window)
    documents = index.full.get(exact, set()) | index.full.get(loose, set())
    is_loose, is_bare = exact not in index.full, not documents
    if window[0].is_number and len(exact) >= MIN_BARE_DIGITS:
        documents = documents | index.bare.get(exact, set())
        documents |= index.bare.get(loose, set())
        is_loose &= exact not in index.bare
    doubt = ""
    if not documents:
        if not _is_of_our_series(window, exact, index):
            return None
        doubt = UNKNOWN_NUMBER
    elif is_loose and window[-1].text.startswith("0"):
        # neither all of the zeros nor none: a line's end has cut the number
        doubt = FRAGMENT
    series = ()
    if last > first and window[-1].is_number:
        series = exact[: -len(window[-1].text)], loose_key(window[:-1])
    return Mention(
        _written(window),
        frozenset(documents),
        first,
        last,
        is_loose,
        is_bare,
        doubt,
        series,
    )


def _is_of_our_series(window, exact, index):
    """Tell whether words look like a number that our documents could have."""
    if window[0].is_number or not window[-1].is_number:
        return False
    if loose_key(window[:-1]) in index.stems:
        return True
    prefix = exact.rstrip("0123456789")
    return (prefix, len(exact) - len(prefix)) in index.shapes


# === LISTS: INV/2026/00042, 00043 === #


def _continuations(words, index, hit, hits):
    """Yield further numbers of a series of which only the end is written."""
    starts = {other.first for other in hits}
    place = hit.last + 1
    while hit.series and place < len(words) and place not in starts:
        gap = words[place].gap
        if words[place].text in AND and words[place + 1 : place + 2]:
            place += 1
            gap = words[place].gap.replace(" ", ", ")
        word = words[place]
        after = words[place + 1].gap if place + 1 < len(words) else " "
        if not word.is_number or not _LIST_GAP.fullmatch(gap) or not after:
            return
        exact, stem = hit.series
        keys = (exact + word.text, f"{stem}/{word.text.lstrip('0')}")
        found = frozenset().union(*(_named(key, index) for key in keys))
        is_short = len(word.text) < MIN_SIGNS
        if not found or (is_short and gap == " "):
            return
        yield replace(
            hit,
            text=word.text,
            documents=found,
            first=place,
            last=place,
            doubt=NUMBER_IN_PART if is_short else "",
        )
        place += 1


def _named(key, index):
    return index.full.get(key, frozenset()) | index.bare.get(key, frozenset())


# === WHAT STANDS AROUND === #


def _checked(words, index, hit, covered):
    """Return a mention that doubts itself if it may be part of something longer."""
    if hit.doubt:
        return hit
    before, after = hit.first - 1, hit.last + 1
    is_part = (
        before >= 0
        and before not in covered
        and _belongs_before(words[before], words[hit.first], hit, index)
    ) or (
        after < len(words)
        and after not in covered
        and _belongs_after(words[after], hit)
    )
    is_other = _is_of_another_kind(words, hit, covered)
    is_part |= hit.is_bare and is_other
    return replace(hit, doubt=FRAGMENT if is_part else "", is_of_another_kind=is_other)


def _belongs_before(word, first, hit, index):
    """Tell whether the word before a mention may be a part of the number."""
    gap = first.gap
    if word.text in TAGS and word.text not in index.prefixes:
        return False
    if word.is_number:
        is_broken = gap == " " and first.is_number and hit.is_loose
        return bank_text.is_tight(gap) or is_broken
    if bank_text.is_tight(gap):
        if gap != ".":
            return True
    elif not first.is_number or not bank_text.is_loose(gap):
        return False
    # the letters of another series may stand apart from the number
    known = BEFORE_NUMBER if hit.is_bare else BEFORE_NUMBER | INVOICE
    return word.text in index.prefixes or (
        len(word.text) <= 4 and word.text not in known
    )


def _is_of_another_kind(words, hit, covered):
    """Tell whether the word before a number says what else it is a number of."""
    place = hit.first - 1
    while place >= 0 and words[place].text in NUMERO:
        place -= 1
    gaps = (word.gap for word in words[place + 1 : hit.first + 1])
    return (
        place >= 0
        and place not in covered
        and words[place].text.startswith(OTHER_KINDS)
        and not any(bank_text.HOLE in gap for gap in gaps)
    )


def _belongs_after(word, hit):
    if word.is_number:
        return bank_text.is_tight(word.gap) or (word.gap == " " and hit.is_loose)
    return bank_text.is_tight(word.gap) and word.gap != "." and word.text not in TAGS


def _is_noise(words, hit, accounts, figures):
    """Tell whether a window is a date, an amount, an account or a VAT number."""
    window = words[hit.first : hit.last + 1]
    digits = [word.text for word in window if word.is_number]
    exact = "".join(word.text for word in window)
    is_one_token = not any(word.gap for word in window[1:])
    if not identifies(exact, digits) or (is_one_token and vat.is_valid(exact)):
        return True
    if not window[0].is_number or len(digits) < len(window):
        return hit.is_loose and bank_text.is_date(digits)
    is_spaced = any(" " in word.gap for word in window[1:])
    if is_spaced and len(exact) < MIN_BARE_DIGITS:
        return True
    before = words[hit.first - 1].text if hit.first else ""
    return (
        bank_text.is_date(digits)
        or exact in figures
        or any(exact in account for account in accounts)
        or (len(before) == 2 and vat.is_valid(before + exact))
    )


def _longest(words, hits):
    """Return hits that do not overlap; where they do, the longest counts.

    Two that overlap only in part contradict each other: both stay, in doubt. So does
    ``INV/2026/1234 5``, where both 1234 and 12345 exist. ``Inv. 2026-123`` can mean
    INV/2026/00123, or somebody else's 2026-123.
    """
    result = []
    for hit in sorted(hits, key=lambda hit: (hit.first - hit.last, hit.first)):
        doubtful = [other for other in result if _contradict(words, other, hit)]
        around = [o for o in result if o.first <= hit.first and hit.last <= o.last]
        for place, other in enumerate(result):
            if other in doubtful:
                result[place] = replace(other, doubt=other.doubt or FRAGMENT)
            elif other in around and other.is_loose and not hit.is_bare:
                documents = other.documents | hit.documents
                doubt = other.doubt if hit.is_loose else hit.doubt
                result[place] = replace(other, documents=documents, doubt=doubt)
        if not around:
            result.append(replace(hit, doubt=FRAGMENT) if doubtful else hit)
    return sorted(result, key=lambda hit: hit.first)


def _contradict(words, longer, shorter):
    """Tell whether two mentions cannot both be meant."""
    if shorter.first > longer.last or longer.first > shorter.last:
        return False
    if shorter.first < longer.first or longer.last < shorter.last:
        return True
    return (
        shorter.first == longer.first
        and " " in words[shorter.last + 1].gap
        and not shorter.documents <= longer.documents
    )


def _written(window):
    return window[0].text + "".join(word.gap + word.text for word in window[1:])
