# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Belgian structured communication ("gestructureerde mededeling", OGM/VCS).

How Ponto writes a structured communication is not documented; we assume one of the
forms below. The check digits keep ordinary numbers from being taken for one.
"""

import re

_DIGITS = r"\s*(\d{3})\s*/\s*(\d{4})\s*/\s*(\d{5})\s*"
_FRAMED = re.compile(rf"\+\+\+{_DIGITS}\+\+\+|\*\*\*{_DIGITS}\*\*\*", re.ASCII)
_BARE = re.compile(r"[\s/.]*(?:\d[\s/.]*){12}", re.ASCII)


def normalize(text):
    """Return the structured communication in `text` as ``+++ddd/dddd/ddddd+++``.

    Recognized: the form with pluses or asterisks anywhere in the text, and a text
    that is nothing but 12 digits (blanks, slashes and dots aside); modulo 97 must
    hold. Any other text is returned trimmed and otherwise unchanged.

    :param str text: a communication; None counts as empty
    :rtype: str
    """
    text = (text or "").strip()
    for found in _FRAMED.finditer(text):
        digits = "".join(filter(None, found.groups()))
        if _is_valid(digits):
            return _format(digits)
    if _BARE.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        if _is_valid(digits):
            return _format(digits)
    return text


def _is_valid(digits):
    return (int(digits[:10]) % 97 or 97) == int(digits[10:])


def _format(digits):
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"
