# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A bank's text cut into words and numbers, without what identifies nothing.

Account numbers, VAT numbers, telephone numbers, amounts and the company's own name
are full of digits that are no document's number. They are cut out, and nothing is
read across the hole.
"""

import re
import unicodedata
from dataclasses import dataclass

from . import references
from .check_digits import is_mod_97_10
from .long_texts import blank, is_readable

#: What takes the place of what was cut out.
HOLE = "\n"
#: Signs that join the parts of one number.
JOINERS = frozenset("/-._\\")

_WORD = re.compile(r"[0-9]+|[^\W\d_]+")
_NUMERO = re.compile(r"\b[nN] ?[°º]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("°º№", " "))
_IBAN_LENGTHS = range(15, 35)
_IBAN_START = re.compile(r"(?<![A-Z0-9])(?!RF)[A-Z]{2}[0-9]{2}(?= ?[A-Z0-9]{4})")
_TAX_WORD = re.compile(
    r"(?<![A-Z0-9])(?:BTW|TVA|VAT|MWST|IVA|UST|USTID|USTIDNR|UST-ID|KBO|BCE"
    r"|KVK|SIRET|SIREN|ONDERNEMINGSNUMMER)[ .:-]*(?:(?:NR|NO|ID|N)[ .:]*)?"
    r"[A-Z]{0,3}[ .]?[0-9][0-9 .]{5,11}(?:B[0-9]{2})?"
)
_BELGIAN_COMPANY = re.compile(r"(?<![\w.])[01]?[0-9]{3}\.[0-9]{3}\.[0-9]{3}(?!\w)")
_PHONE = re.compile(
    r"(?<![A-Z0-9])(?:TEL|TELEFON|TELEFOON|TELEPHONE|PHONE|GSM|MOBIEL|MOBIL|MOBILE|HANDY|FAX)"
    r"[ .:]*(?:(?:NR|NO)[ .:]*)?\+?[0-9(][0-9 ./()-]{5,14}"
    r"|(?<![\w+])\+(?:3[0-9]|4[0-9]|1|90)[0-9 ./()-]{7,14}[0-9](?![0-9])"
    r"|(?<![A-Z0-9/.-])00[34][0-9](?:[0-9]{8,10}|(?:[ .-][0-9]{2,4}){3,5})(?![A-Z0-9])"
    r"|(?<![A-Z0-9/.-])0[0-9]{1,3}[/ .-][0-9]{2,3}(?:[ .-][0-9]{2,3}){1,3}(?![A-Z0-9])"
)
_CURRENCY = r"(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|EURO|€|\$|£)"
#: No amount has more groups of three digits after the first. Without such an end, a row
#: of groups would be read from each of them to the last.
_GROUPS = 6
_FIGURE = (
    rf"(?!0[0-9])(?:[0-9]{{1,3}}(?:[.' ][0-9]{{3}}){{0,{_GROUPS}}}(?:,[0-9]{{1,2}})?"
    r"|[0-9]+(?:[.,][0-9]{1,2})?)"
)
_AMOUNT = re.compile(
    rf"(?<![A-Z0-9]){_CURRENCY}[ .:]?{_FIGURE}(?![A-Z0-9]|[.,/-][0-9])"
    rf"|(?<![A-Z0-9.,/-]){_FIGURE} ?{_CURRENCY}(?! ?[A-Z0-9])"
    rf"|(?<![A-Z0-9.,/-])(?:[0-9]{{1,3}}(?:[.' ][0-9]{{3}}){{1,{_GROUPS}}},[0-9]{{2}}"
    rf"|[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,{_GROUPS}}}\.[0-9]{{2}}|[0-9]+[.,][0-9]{{2}})"
    r"(?![A-Z0-9]|[.,/-][0-9])"
)
_YEARS = range(1990, 2100)


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters or of digits, and the signs that stand before it.

    `gap` is empty where letters and digits touch each other.
    """

    text: str
    gap: str

    @property
    def is_number(self):
        """Whether these are digits."""
        return self.text[0] in "0123456789"


def plain(text):
    """Return a text in capitals without accents, in one kind of dash and blank.

    :param str text: None counts as empty
    :rtype: str
    """
    text = text or ""
    if not text.isascii():
        text = _NUMERO.sub("NR ", text).translate(_DASHES)
        # sign by sign: all marks of a letter together would first be sorted, slowly
        parts = (unicodedata.normalize("NFKD", sign) for sign in text)
        text = "".join(
            sign for part in parts for sign in part if not unicodedata.combining(sign)
        )
    return " ".join(text.upper().split())


def split(text):
    """Cut a plain text into words.

    :param str text: as `plain` returns it
    :rtype: list[Word]
    """
    words, place = [], 0
    for found in _WORD.finditer(text):
        words.append(Word(found[0], text[place : found.start()]))
        place = found.end()
    return words


def read(text, own_names=()):
    """Return a bank text's structured references and its other words.

    A part would not do: what is left out can speak against what is read. So a text that
    is too long says nothing.

    :param str text: the bank's own text
    :param own_names: the company's names, plain
    :return: (references.Found, list of Word)
    """
    if not is_readable(text):
        return references.Found(), []
    text = plain(text)
    found = references.find(text)
    return found, split(_without_noise(blank(text, found.spans), own_names))


def _without_noise(text, own_names):
    """Cut out what looks like a number of a document and is none."""
    for name in own_names:
        text = re.sub(_whole(name), HOLE, text)
    text = blank(text, _find_ibans(text))
    for pattern in (_TAX_WORD, _BELGIAN_COMPANY, _PHONE, _AMOUNT):
        text = pattern.sub(HOLE, text)
    return text


def _find_ibans(text):
    """Yield the places (start, end) of IBANs, none within another."""
    last = 0
    for found in _IBAN_START.finditer(text):
        start = found.start()
        if start < last:
            continue
        for end, number in reversed(list(references.word_ends(text, start))):
            if _is_iban(number):
                yield start, end
                last = end
                break


def _whole(name):
    """Return a pattern for a name that is not a part of a word or of a number."""
    after = "" if name[-1].isdigit() else r"|[/._\\-]\d"
    return rf"(?<![^\W_])(?<!\d[/._\\-]){re.escape(name)}(?![^\W_]{after})"


def _is_iban(number):
    return len(number) in _IBAN_LENGTHS and is_mod_97_10(number)


def is_tight(gap):
    """Tell whether what stands between two words makes them one number.

    :param str gap:
    :rtype: bool
    """
    return not gap or gap in JOINERS


def is_loose(gap):
    """Tell whether two words may still be one number, with blanks in between.

    :param str gap:
    :rtype: bool
    """
    sign = gap.strip(" ")
    return not sign or sign in JOINERS


def is_date(numbers):
    """Tell whether digits can be read as a date, a month of a year, or a year.

    :param list[str] numbers: one to three runs of digits, as written
    :rtype: bool
    """
    if len(numbers) == 1:
        return any(is_date(parts) for parts in _parts_of_date(numbers[0]))
    if len(numbers) == 2:
        first, second = numbers
        return (is_year(first) and _is_month(second)) or (
            _is_month(first) and is_year(second)
        )
    if len(numbers) != 3:
        return False
    first, middle, last = numbers
    if is_year(first):
        return _is_month(middle) and _is_day(last)
    is_end = is_year(last) or len(last) == 2
    return is_end and (
        (_is_day(first) and _is_month(middle)) or (_is_month(first) and _is_day(middle))
    )


def _parts_of_date(digits):
    """Yield the ways to read digits without separators as parts of a date."""
    if len(digits) == 6:
        yield digits[:4], digits[4:]
        yield digits[:2], digits[2:]
        yield "20" + digits[:2], digits[2:4], digits[4:]
        yield digits[:2], digits[2:4], digits[4:]
    if len(digits) == 8:
        yield digits[:4], digits[4:6], digits[6:]
        yield digits[:2], digits[2:4], digits[4:]


def is_year(digits):
    """Tell whether digits are a year of ours.

    :param str digits:
    :rtype: bool
    """
    return len(digits) == 4 and int(digits) in _YEARS


def _is_month(digits):
    return len(digits) <= 2 and 1 <= int(digits) <= 12


def _is_day(digits):
    return len(digits) <= 2 and 1 <= int(digits) <= 31
