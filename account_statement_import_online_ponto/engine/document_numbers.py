# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Numbers of documents, and where a bank's text names them.

A number is compared as its runs of letters and digits. ``INV/2026/00042`` has three
keys: *exact* ``INV202600042``, *loose* ``INV/2026/42`` without leading zeros, and both
without the letters before the first digit (*bare*). A text names a document where
whole words have one of its keys, and the words are not part of something longer.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from stdnum.eu import vat

from . import bank_text

#: Less identifies nothing: signs, digits among them, digits of a number without letters
#: that is written with blanks or lacks its letters.
MIN_SIGNS, MIN_DIGITS, MIN_BARE_DIGITS = 5, 3, 6
#: A number has at most so many runs of letters and digits.
MAX_WORDS = 8

#: Why a mention is not enough to be certain.
UNKNOWN = "unknown_number"
FRAGMENT = "fragment"
IN_PART = "number_in_part"

_AND = frozenset("EN ET UND AND E Y OG OCH JA IN PLUS".split())
#: Short words that stand before a number and are no letters of a series.
_BEFORE_NUMBER = _AND | frozenset(
    "AAN AU BIS DE DEL DER DI DIE DU FAC FACT FAKT FATT FOR FRA FUER FUR HET IL INV KID KLNT"
    " LA LE LES LOS MIT NO NOTA NR NUM OCR OF ON ONS ONZE OUR PAR PER POR POUR RE REF REG RENR"
    " RG RGNR RNR UNS UW VAN VIA VOM VON VOOR VOS YOUR".split()
)
_LIST_GAP = re.compile(r" ?[,;+&/-] ?| ")
_PERIODS = frozenset(
    "JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER"
    " JAN FEB MAR APR JUN JUL AUG SEP SEPT OCT NOV DEC"
    " JANUARI FEBRUARI MAART MEI JUNI JULI AUGUSTUS OKTOBER MRT OKT"
    " JANVIER FEVRIER MARS AVRIL MAI JUIN JUILLET AOUT SEPTEMBRE OCTOBRE NOVEMBRE DECEMBRE"
    " JANV FEVR AVR JUIL JANUAR FEBRUAR MARZ MAERZ DEZEMBER DEZ"
    " ENERO FEBRERO MARZO ABRIL MAYO JUNIO JULIO AGOSTO SEPTIEMBRE OCTUBRE NOVIEMBRE"
    " DICIEMBRE GENNAIO FEBBRAIO APRILE MAGGIO GIUGNO LUGLIO SETTEMBRE OTTOBRE DICEMBRE"
    " QUARTER KWARTAAL TRIMESTRE TRIM QUARTAL WEEK SEMAINE WOCHE KW MAAND MOIS MONAT"
    " MONTH YEAR JAAR ANNEE JAHR".split()
)


@dataclass(frozen=True, slots=True)
class Number:
    """A document's number, as its keys."""

    exact: str
    loose: str
    bare_exact: str = ""
    bare_loose: str = ""
    #: the number without its last run of digits, and the letters before the first digit
    stem: str = ""
    prefix: str = ""

    @property
    def shape(self):
        """The letters before the first digit, and how many digits follow."""
        return self.prefix, len(self.exact) - len(self.prefix)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a text names documents.

    `documents` are keys of documents, more than one where several have the same
    number; `doubt` is empty, or one of this module's reasons. `first` and `last` are
    places in the list of words.
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


def number_of(name):
    """Return the keys of a number or reference; None if it identifies nothing.

    :param str name: as it stands on the document
    :rtype: Number
    """
    words = bank_text.split(bank_text.plain(name))
    digits = [word.text for word in words if word.is_number]
    letters = [word.text for word in words if not word.is_number]
    exact = "".join(word.text for word in words)
    if not _identifies(exact, digits) or _PERIODS.intersection(letters):
        return None
    if not letters and bank_text.is_date(digits):
        return None
    if len(words) > MAX_WORDS or _is_period(letters, digits):
        return None
    loose = _loose(words)
    head = next(place for place, word in enumerate(words) if word.is_number)
    tail = words[head:]
    if not head or not all(word.is_number for word in tail):
        return Number(exact, loose)
    return Number(
        exact,
        loose,
        bare_exact="".join(digits),
        bare_loose=_loose(tail),
        stem=_loose(words[:-1]) if words[-1].is_number else "",
        prefix="".join(word.text for word in words[:head]),
    )


def _identifies(exact, digits):
    """Tell whether signs are enough to name a document: not short, not just a year."""
    count = sum(map(len, digits))
    years = sum(1 for number in digits if bank_text.is_year(number))
    return len(exact) >= MIN_SIGNS and count >= MIN_DIGITS and count > 4 * years


def _is_period(letters, digits):
    """Tell whether this is something like Q1 2026, T2/2026 or M03 2026."""
    others = [number for number in digits if not bank_text.is_year(number)]
    is_short = len(others) == 1 and len(digits) == 2 and len(others[0]) <= 2
    return is_short and len(letters) == 1 and letters[0] in "QTSHPMKV"


def _loose(words):
    return "/".join(
        (word.text.lstrip("0") or "0") if word.is_number else word.text
        for word in words
    )


class NumberIndex:
    """Documents by the keys of their numbers. Made once for a batch, then only read."""

    def __init__(self):
        self.full = defaultdict(set)
        self.bare = defaultdict(set)
        self.stems = set()
        self.shapes = set()
        self.prefixes = set()
        self.heads = set()

    def add(self, name, document):
        """Let a number or reference name a document.

        :param str name: as it stands on the document; may be empty
        :param document: the document's key
        """
        number = number_of(name) if name else None
        if number is None:
            return
        self.full[number.exact].add(document)
        self.full[number.loose].add(document)
        self.heads.add(number.loose.partition("/")[0])
        if not number.prefix:
            return
        self.bare[number.bare_exact].add(document)
        self.bare[number.bare_loose].add(document)
        self.prefixes.add(number.prefix)
        self.shapes.add(number.shape)
        if any(sign.isdigit() for sign in number.stem):
            self.stems.add(number.stem)

    def mentions(self, words, accounts=(), figures=()):
        """Return what a text names, in its order.

        :param list words: `bank_text.Word`
        :param accounts: account numbers in letters and digits; no part of one is a
            number of a document
        :param figures: the digits of the line's amount
        :rtype: list[Mention]
        """
        hits = _longest(words, self._hits(words, accounts, figures))
        result = []
        for hit in hits:
            result.append(hit)
            if not hit.doubt:
                result += self._continuations(words, hit, hits)
        covered = {
            place for hit in result for place in range(hit.first, hit.last + 1)
        }
        return [self._checked(words, hit, covered) for hit in result]

    # === WINDOWS OF WORDS === #

    def _hits(self, words, accounts, figures):
        """Yield a mention for every run of whole words that is a number."""
        for first, word in enumerate(words):
            if first and not word.gap:
                continue
            if not word.is_number and word.text not in self.heads:
                continue
            for last in range(first, min(first + MAX_WORDS, len(words))):
                if last > first and not bank_text.is_loose(words[last].gap):
                    break
                if last + 1 < len(words) and not words[last + 1].gap:
                    continue
                hit = self._hit(words, first, last)
                if hit and not _is_noise(words, hit, accounts, figures):
                    yield hit

    def _hit(self, words, first, last):
        window = words[first : last + 1]
        exact = "".join(word.text for word in window)
        if len(exact) < MIN_SIGNS:
            return None
        loose = _loose(window)
        documents = self.full.get(exact, set()) | self.full.get(loose, set())
        is_loose, is_bare = exact not in self.full, not documents
        if window[0].is_number and len(exact) >= MIN_BARE_DIGITS:
            documents = documents | self.bare.get(exact, set())
            documents |= self.bare.get(loose, set())
            is_loose &= exact not in self.bare
        doubt = ""
        if not documents:
            if not self._is_of_our_series(window, exact):
                return None
            doubt = UNKNOWN
        series = ()
        if last > first and window[-1].is_number:
            series = exact[: -len(window[-1].text)], _loose(window[:-1])
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

    def _is_of_our_series(self, window, exact):
        """Tell whether words look like a number that our documents could have."""
        if window[0].is_number or not window[-1].is_number:
            return False
        if _loose(window[:-1]) in self.stems:
            return True
        prefix = exact.rstrip("0123456789")
        return (prefix, len(exact) - len(prefix)) in self.shapes

    # === LISTS: INV/2026/00042, 00043 === #

    def _continuations(self, words, hit, hits):
        """Yield further numbers of a series of which only the end is written."""
        starts = {other.first for other in hits}
        place = hit.last + 1
        while hit.series and place < len(words) and place not in starts:
            gap = words[place].gap
            if words[place].text in _AND and words[place + 1 : place + 2]:
                place += 1
                gap = words[place].gap.replace(" ", ", ")
            word = words[place]
            after = words[place + 1].gap if place + 1 < len(words) else " "
            if not word.is_number or not _LIST_GAP.fullmatch(gap) or not after:
                return
            exact, stem = hit.series
            keys = (exact + word.text, f"{stem}/{word.text.lstrip('0')}")
            found = frozenset().union(*(self._named(key) for key in keys))
            is_short = len(word.text) < MIN_SIGNS
            if not found or (is_short and gap == " "):
                return
            yield replace(
                hit,
                text=word.text,
                documents=found,
                first=place,
                last=place,
                doubt=IN_PART if is_short else "",
            )
            place += 1

    def _named(self, key):
        return self.full.get(key, frozenset()) | self.bare.get(key, frozenset())

    # === WHAT STANDS AROUND === #

    def _checked(self, words, hit, covered):
        """Return a mention that doubts itself if it may be part of something longer."""
        if hit.doubt:
            return hit
        before, after = hit.first - 1, hit.last + 1
        is_part = (
            before >= 0
            and before not in covered
            and self._belongs_before(words[before], words[hit.first], hit)
        ) or (
            after < len(words)
            and after not in covered
            and _belongs_after(words[after], hit)
        )
        return replace(hit, doubt=FRAGMENT) if is_part else hit

    def _belongs_before(self, word, first, hit):
        gap = first.gap
        if word.is_number:
            is_broken = gap == " " and first.is_number and hit.is_loose
            return bank_text.is_tight(gap) or is_broken
        if bank_text.is_tight(gap):
            is_word = word.text in _BEFORE_NUMBER or len(word.text) > 4
            return gap != "." or not is_word
        if not first.is_number or not bank_text.is_loose(gap):
            return False
        # another series, whose letters stand apart from the number?
        return word.text in self.prefixes or (
            len(word.text) <= 4 and word.text not in _BEFORE_NUMBER
        )


def _belongs_after(word, hit):
    if word.is_number:
        return bank_text.is_tight(word.gap) or (word.gap == " " and hit.is_loose)
    return bank_text.is_tight(word.gap) and word.gap != "."


def _is_noise(words, hit, accounts, figures):
    """Tell whether a window is a date, an amount, an account or a VAT number."""
    window = words[hit.first : hit.last + 1]
    digits = [word.text for word in window if word.is_number]
    exact = "".join(word.text for word in window)
    if not _identifies(exact, digits) or vat.is_valid(exact):
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
                result[place] = replace(other, documents=documents)
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
