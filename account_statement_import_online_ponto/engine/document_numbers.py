# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Numbers of documents, and by what they are found in a text.

A number is compared as its runs of letters and digits. ``INV/2026/00042`` has three
keys: *exact* ``INV202600042``, *loose* ``INV/2026/42`` without leading zeros, and both
without the letters before the first digit (*bare*).
"""

import re
from collections import defaultdict
from dataclasses import dataclass

from . import bank_text
from .long_texts import is_readable
from .vocabulary import PERIODS

#: A number needs at least so many signs, and so many digits among them.
MIN_SIGNS, MIN_DIGITS = 5, 3
#: The most runs of letters and digits in a number; a structured reference in blocks may
#: have more of digits.
MAX_WORDS, MAX_RUNS = 8, 12

_RUN = re.compile(r"[0-9]+")


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


def number_of(name):
    """Return the keys of a number or reference; None if it identifies nothing.

    :param str name: as it stands on the document
    :rtype: Number
    """
    words = bank_text.split(bank_text.plain(name))
    digits = [word.text for word in words if word.is_number]
    letters = [word.text for word in words if not word.is_number]
    exact = "".join(word.text for word in words)
    if not identifies(exact, digits) or PERIODS.intersection(letters):
        return None
    if not letters and bank_text.is_date(digits):
        return None
    if len(words) > MAX_WORDS or _is_period(letters, digits):
        return None
    loose = loose_key(words)
    head = next(place for place, word in enumerate(words) if word.is_number)
    tail = words[head:]
    if not head or not all(word.is_number for word in tail):
        return Number(exact, loose)
    # After several words, as in "Reversal of: INV/2026/00042", it is another's number.
    has_bare = head == 1
    return Number(
        exact,
        loose,
        bare_exact="".join(digits) if has_bare else "",
        bare_loose=loose_key(tail) if has_bare else "",
        stem=loose_key(words[:-1]) if words[-1].is_number else "",
        prefix="".join(word.text for word in words[:head]),
    )


def identifies(exact, digits):
    """Tell whether signs are enough to name a document: not short, not just a year.

    :param str exact: letters and digits
    :param list[str] digits: the runs of digits among them
    :rtype: bool
    """
    count = sum(map(len, digits))
    years = sum(1 for number in digits if bank_text.is_year(number))
    return len(exact) >= MIN_SIGNS and count >= MIN_DIGITS and count > 4 * years


def _is_period(letters, digits):
    """Tell whether this is something like Q1 2026, T2/2026 or M03 2026."""
    others = [number for number in digits if not bank_text.is_year(number)]
    is_short = len(others) == 1 and len(digits) == 2 and len(others[0]) <= 2
    return is_short and len(letters) == 1 and letters[0] in "QTSHPMKV"


def loose_key(words):
    """Return words as one key, without leading zeros.

    :param list words: `bank_text.Word`
    :rtype: str
    """
    return "/".join(
        (word.text.lstrip("0") or "0") if word.is_number else word.text
        for word in words
    )


@dataclass(frozen=True, slots=True)
class Digits:
    """The digits of a batch of texts, to tell fast which numbers can be in them.

    Of many thousand documents a batch names a few; only those need keys.
    """

    runs: frozenset[str]
    joined: frozenset[str]

    def have(self, runs):
        """Tell whether a number with these runs of digits can be in one of the texts.

        :param list[str] runs:
        :rtype: bool
        """
        for run in reversed(runs):
            if run.lstrip("0") not in self.runs:
                return "".join(runs) in self.joined
        return bool(runs)


def digits_of(texts):
    """Return the digits of texts.

    :param texts: the banks' own texts, all of a batch
    :rtype: Digits
    """
    single, joined = set(), set()
    for text in filter(is_readable, texts):
        runs = runs_of(text)
        single.update(run.lstrip("0") for run in runs)
        for first in range(len(runs)):
            together = ""
            for run in runs[first : first + MAX_RUNS]:
                together += run
                joined.add(together)
    return Digits(frozenset(single), frozenset(joined))


def runs_of(text):
    """Return the runs of digits of a text or name.

    :param str text: None counts as empty
    :rtype: list[str]
    """
    text = text or ""
    return _RUN.findall(text if text.isascii() else bank_text.plain(text))


@dataclass(frozen=True, slots=True)
class NumberIndex:
    """Documents by the keys of their numbers, and what the numbers look like.

    :ivar full: sets of documents by exact and loose key
    :ivar bare: the same without the first letters
    :ivar stems: loose keys without the last run of digits
    :ivar shapes: as `Number.shape`
    :ivar prefixes: letters before the first digit
    :ivar heads: first runs
    """

    full: dict
    bare: dict
    stems: set
    shapes: set
    prefixes: set
    heads: set

    def has_prefix(self, name):
        """Tell whether numbers begin with a name.

        :param str name: plain
        :rtype: bool
        """
        return "".join(word.text for word in bank_text.split(name)) in self.prefixes


def index_numbers(names, digits):
    """Make an index of numbers and references.

    Of numbers that no text can have only their series is of interest.

    :param names: (name, document) pairs
    :param Digits digits: of the texts of the batch
    :rtype: NumberIndex
    """
    full, bare = defaultdict(set), defaultdict(set)
    stems, shapes, prefixes, heads = set(), set(), set(), set()
    for number, document, is_in_texts in _worth_keys(names, digits):
        heads.add(number.loose.partition("/")[0])
        if number.prefix:
            prefixes.add(number.prefix)
            shapes.add(number.shape)
        if any(sign.isdigit() for sign in number.stem):
            stems.add(number.stem)
        if is_in_texts:
            full[number.exact].add(document)
            full[number.loose].add(document)
            bare[number.bare_exact].add(document)
            bare[number.bare_loose].add(document)
    bare.pop("", None)
    return NumberIndex(dict(full), dict(bare), stems, shapes, prefixes, heads)


def _worth_keys(names, digits):
    """Yield (number, document, whether a text can have it) of what identifies.

    A number that no text can have is passed on where it is the second one of a
    series: that makes it a series, of which a text may have a number that is unknown.
    """
    series = defaultdict(int)
    for name, document in names:
        runs = runs_of(name)
        is_in_texts = digits.have(runs)
        if runs and not is_in_texts:
            one = name.rpartition(runs[-1])[0], len(runs[-1])
            series[one] += 1
        if is_in_texts or (runs and series[one] == 2):
            number = number_of(name)
            if number:
                yield number, document, is_in_texts
