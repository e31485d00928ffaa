# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What keeps a text from taking more time or memory than its length is worth.

Ponto's texts are whatever somebody has put into a payment, and nobody says how long
they can be.
"""

from functools import lru_cache, wraps

#: No bank writes more: SEPA has 140 signs, and here are 250 numbers of documents. A
#: longer text stays a label like any other, but is not read for what it names.
LONGEST = 4000
#: Of how many texts is kept what was found in them: a page is read again and again.
CACHED_TEXTS = 1000


def is_readable(text):
    """Tell whether a text is no longer than what banks write.

    :param str text: None counts as empty
    :rtype: bool
    """
    return len(text or "") <= LONGEST


def remember(function):
    """Return a function of one text that remembers what it found in readable ones.

    :param function: what takes a text, or None
    """
    remembering = lru_cache(maxsize=CACHED_TEXTS)(function)

    @wraps(function)
    def find_or_remember(text):
        """Find it anew in a longer text: a thousand of them would fill the memory."""
        return remembering(text) if is_readable(text) else function(text)

    return find_or_remember


def blank(text, spans):
    """Return a text of the same length with line ends in place of some of it.

    :param str text:
    :param spans: places (start, end); they may overlap
    :rtype: str
    """
    pieces, place = [], 0
    for start, end in sorted(spans):
        start = max(start, place)
        pieces += [text[place:start], "\n" * (end - start)]
        place = max(place, end)
    return "".join([*pieces, text[place:]])
