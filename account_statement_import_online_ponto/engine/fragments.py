# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Texts that say so little that they are part of many a number by accident.

Tools that match by the label look for it *within* the numbers of documents: a label of
``/`` or ``INV/2026`` is found in every one of a series.
"""

import re

from .vocabulary import SERIES

#: Fewer signs say nothing; digits alone say less than letters.
MIN_SIGNS, MIN_DIGITS = 3, 5
#: A text is found in no number that is shorter. Letters, year, month and what is begun
#: of the rest have some twenty signs, and no number of a document has sixty.
MAX_SIGNS = 60

_SIGN = r"[/._-]"
#: Letters of any series. Odoo's codes have five signs at most, and one more for
#: refunds; a digit ends those of second journals.
_LETTERS = rf"[^\W\d_]{{1,6}}(?:\d(?={_SIGN}))?"
#: Where a text may be cut out of a number, a year may have lost its first digits, and
#: at the end its last ones.
_YEAR, _LEFT_OF_YEAR, _BEGUN_YEAR = r"20\d\d", r"(?:2?0)?\d?\d", r"20?\d?"
_MONTH = r"(?:0[1-9]|1[0-2])"
#: Which one of its series it is, is not told yet. Two digits that are no month, and
#: three in any case, are a number of their own.
_BEGUN = r"(?:0+|\d)"

#: Refunds have an R before the letters of their series.
_ALL_SERIES = " ".join(f"R{letters}" for letters in sorted(SERIES))

_NO_MORE_THAN_SERIES = re.compile(
    rf"""
    {_SIGN}*
    (?:
        {_LETTERS} [/_-]  # BILL/
      | (?<=[/_-]) {_LETTERS}
      | {_LETTERS} {_SIGN}* {_BEGUN_YEAR}  # BILL/20
        # BILL/2026/07/00
      | (?: (?: {_LETTERS} {_SIGN}* | \d {_SIGN} ) {_YEAR} | {_LEFT_OF_YEAR} )
        (?: {_SIGN}* {_MONTH} )?
        (?: {_SIGN}+ {_BEGUN} )?
    )
    {_SIGN}*
    """,
    re.ASCII | re.VERBOSE,
)


def is_fragment(text):
    """Tell whether a text says so little that it is part of many a number by accident.

    :param str text: None counts as empty
    :return: True for marks alone, for one or two letters, for a few digits, and for
        what tells the series of a number, its year or month, but not which one it is
    :rtype: bool
    """
    text = (text or "").strip().upper()
    signs = re.sub(r"[\W_]", "", text)
    if len(signs) < (MIN_DIGITS if signs.isdigit() else MIN_SIGNS):
        return True
    if len(text) > MAX_SIGNS:
        return False
    return signs in _ALL_SERIES or bool(_NO_MORE_THAN_SERIES.fullmatch(text))
