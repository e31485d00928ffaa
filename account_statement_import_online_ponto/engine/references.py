# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Structured payment references: found in a text, checked, written as people do.

Two groups. A *self-evident* reference shows by its form what it is: the Belgian
communication (OGM/VCS), ISO 11649 (``RF``), the Slovenian ``SI01`` and the Swiss QR
reference; `find` finds these anywhere in a text. The Dutch, Finnish, Norwegian and
Swedish ones are bare digits, and a tenth of all numbers pass their check: they are
references only where somebody says so, in an invoice's payment reference (`parse`).

Normal forms and spellings are those of Odoo's ``account/tools`` and localizations.
"""

import re
from dataclasses import dataclass
from itertools import chain

from stdnum import iso11649
from stdnum.ch import esr

from .check_digits import (
    is_belgian,
    is_dutch,
    is_finnish,
    is_mod_97_10,
    is_nordic,
    is_slovenian,
)
from .long_texts import blank, remember

ISO = "iso11649"
BELGIAN = "be"
SWISS = "ch"
SLOVENIAN = "si"
FINNISH = "fi"
NORDIC = "no_se"
DUTCH = "nl"

#: Kinds that show by their form what they are.
SELF_EVIDENT = (BELGIAN, ISO, SWISS, SLOVENIAN)

_FRAMED = re.compile(r"(\+{3}|\*{3})([\d\s/.]{12,30})\1", re.ASCII)
#: Not in a longer word or number.
_START, _END = r"(?<![\w/.-])", r"(?![\w/-])"
#: Nor beside loose digits: banks break long numbers where a line ends.
_BEFORE, _AFTER = rf"{_START}(?<!\d )", rf"{_END}(?! \d)"
#: What is left of a frame belongs to it: else the whole one would stand beside it.
_LEFT = r"(?:(?:\+{3}|\*{3})\s|\+{1,3}|\*{1,3})?"
_RIGHT = r"(?:\s(?:\+{3}|\*{3})(?!\s?\d)|\+{1,3}|\*{1,3})?"
#: Its slashes tell of a number by themselves where it begins and ends.
_SLASHED = re.compile(
    rf"{_LEFT}{_START}(\d{{3}})( ?/ ?)(\d{{4}})\2(\d{{5}}){_END}{_RIGHT}", re.ASCII
)
_SPACED = re.compile(rf"{_BEFORE}(\d{{3}})([. ])(\d{{4}})\2(\d{{5}}){_AFTER}", re.ASCII)
_TWELVE_DIGITS = re.compile(rf"{_BEFORE}\d{{12}}{_AFTER}", re.ASCII)
_ISO_START = re.compile(r"(?<![A-Z0-9])RF ?\d\d(?=[ .\-/]?[A-Z0-9])", re.ASCII)
_SWISS = re.compile(rf"{_BEFORE}\d(?: ?\d){{26}}{_AFTER}", re.ASCII)
_SLOVENIAN = re.compile(
    r"(?<![A-Z0-9])SI ?01[ -]?(\d{1,12})-(\d{1,12})-(\d{1,12})(?![\w-])", re.ASCII
)
#: A text without any of these signs and with fewer digits holds no reference.
_SIGNS, _FEWEST_DIGITS = ("RF", "SI", "+++", "***"), 12
_SEPARATORS = " .-/"
_ISO_LENGTHS = range(5, 26)
#: With so many digits, two of them to check, wrong ones are worth a warning.
_ISO_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Reference:
    """A structured reference whose check digits are right.

    `kind` is one of this module's constants, `number` the one normal form: capital
    letters and digits without separators (Slovenian: with its two hyphens; bare
    digits: without leading zeros).
    """

    kind: str
    number: str

    def __str__(self):
        """Return the usual spelling, that of Odoo where it has one."""
        return _SPELLINGS.get(self.kind, str)(self.number)


@dataclass(frozen=True, slots=True)
class Found:
    """What `find` found: references, and what looks like one but does not check.

    `spans` are the places (start, end) of both in the text.
    """

    references: tuple[Reference, ...] = ()
    wrong: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()


# === ONE REFERENCE === #


def parse(text):
    """Return what a payment reference is as a whole, None if it is not structured.

    :param str text: a payment reference in any spelling; None counts as empty
    :rtype: Reference
    """
    text = _plain(text)
    found = find(text)
    if len(found.references) == 1 and found.spans == ((0, len(text)),):
        return found.references[0]
    digits = text.replace(" ", "")
    for kind, check in ((FINNISH, is_finnish), (NORDIC, is_nordic), (DUTCH, is_dutch)):
        if check(digits):
            return Reference(kind, digits.lstrip("0"))
    return None


@remember
def label(text):
    """Return a text with its structured references in their usual spelling.

    Nothing of the text is left out. Within other words only a Belgian communication
    with its frame or its slashes is respelled; all else stays as the bank has it.

    :param str text: a communication; None counts as empty
    :rtype: str
    """
    text = (text or "").strip()
    located = _locate(_plain(text))
    if len(located) == 1:
        [(kind, number, span)] = located
        if kind and span == (0, len(text)):
            return str(Reference(kind, number))
    pieces, place = [], 0
    for kind, number, (start, end) in located:
        if kind == BELGIAN and any(sign in text[start:end] for sign in "/+*"):
            pieces += [text[place:start], str(Reference(kind, number))]
            place = end
    return "".join([*pieces, text[place:]])


# === WITHIN A TEXT === #


@remember
def find(text):
    """Find the self-evident references of a text, wherever they stand.

    One that is clearly meant as a reference and has wrong check digits is reported
    as such: the Belgian with its frame or slashes, and ``RF``.

    :param str text: None counts as empty
    :rtype: Found
    """
    text = _plain(text)
    references, wrong, spans = {}, [], []
    for kind, number, (start, end) in _search(text):
        spans.append((start, end))
        if kind:
            references[Reference(kind, number)] = text[start:end]
        else:
            wrong.append(text[start:end])
    return Found(tuple(references), tuple(wrong), tuple(sorted(spans)))


def _locate(text):
    """Return what `_search` finds, in the order of the text."""
    return sorted(_search(text), key=lambda each: each[2])


def _search(text):
    """Yield (kind, number, span) of all references; kind None: the check digits are
    wrong. What one finder has found is no text for the next ones."""
    is_short = sum(map(str.isdigit, text)) < _FEWEST_DIGITS
    if is_short and not any(sign in text for sign in _SIGNS):
        return
    for finder in (_find_belgian, _find_iso, _find_slovenian, _find_swiss):
        found = list(finder(text))
        yield from found
        text = blank(text, [span for _kind, _number, span in found])


def _plain(text):
    """Return a text in capitals, as long as before, without blanks around it."""
    text = (text or "").strip()
    capitals = text.upper()
    if len(capitals) == len(text):
        return capitals
    return "".join(sign.upper() if len(sign.upper()) == 1 else sign for sign in text)


def _find_belgian(text):
    """Yield (kind, digits, span); kind None: the check digits are wrong."""
    framed = list(_FRAMED.finditer(text))
    for found in framed:
        digits = re.sub(r"\D", "", found[2])
        yield BELGIAN if is_belgian(digits) else None, digits, found.span()
    text = blank(text, [found.span() for found in framed])
    for found in chain(_SLASHED.finditer(text), _SPACED.finditer(text)):
        digits = found[1] + found[3] + found[4]
        if is_belgian(digits):
            yield BELGIAN, digits, found.span()
        elif "/" in found[2]:
            yield None, digits, found.span()
    for found in _TWELVE_DIGITS.finditer(text):
        if is_belgian(found[0]):
            yield BELGIAN, found[0], found.span()


def _find_iso(text):
    """Yield (kind, number, span) of what starts with RF and two digits.

    Where the reference ends is not written: of the ends of words the last one counts
    at which the check digits hold and all blocks but the last have four signs, as the
    standard prints them; else the first one at which they hold.
    """
    for found in _ISO_START.finditer(text):
        start = found.start()
        ends = [
            (end, number)
            for end, number in word_ends(text, start)
            if len(number) in _ISO_LENGTHS
        ]
        valid = [item for item in ends if is_mod_97_10(item[1])]
        meant = [item for item in ends if sum(map(str.isdigit, item[1])) >= _ISO_DIGITS]
        candidates = valid or meant
        in_blocks = [item for item in candidates if _is_in_blocks(text, start, item)]
        if candidates:
            end, number = in_blocks[-1] if in_blocks else candidates[0]
            yield ISO if valid else None, number, (start, end)


def _is_in_blocks(text, start, item):
    blocks = text[start : item[0]].split(" ")
    return all(len(block) == 4 for block in blocks[:-1]) and len(blocks[-1]) <= 4


def word_ends(text, start):
    """Yield (end, letters and digits so far) for each end of a word from a place on.

    Single separators are passed over, anything else ends the walk.

    :param str text: in capitals
    :param int start: where the first word begins
    """
    number, place = "", start
    while place < len(text) and len(number) < 36:
        sign = text[place]
        if sign.isascii() and sign.isalnum():
            number += sign
            after = text[place + 1 : place + 2]
            if not after.isalnum():
                yield place + 1, number
        elif sign not in _SEPARATORS or text[place - 1] in _SEPARATORS:
            return
        place += 1


def _find_slovenian(text):
    for found in _SLOVENIAN.finditer(text):
        number = "SI01" + "-".join(found.groups())
        if is_slovenian(number):
            yield SLOVENIAN, number, found.span()


def _find_swiss(text):
    for found in _SWISS.finditer(text):
        digits = found[0].replace(" ", "")
        if int(digits) and esr.is_valid(digits):
            yield SWISS, digits, found.span()


# === SPELLINGS === #


def _spell_belgian(digits):
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"


def _spell_finnish(digits):
    head = len(digits) % 5
    blocks = [digits[:head]] if head else []
    return " ".join(blocks + [digits[i : i + 5] for i in range(head, len(digits), 5)])


def _spell_slovenian(number):
    return f"SI01 {number[4:]}"


_SPELLINGS = {
    BELGIAN: _spell_belgian,
    FINNISH: _spell_finnish,
    ISO: iso11649.format,
    SLOVENIAN: _spell_slovenian,
    SWISS: esr.format,
}
