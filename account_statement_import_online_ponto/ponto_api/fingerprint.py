# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What makes two documents the same transaction, or the same content.

Ponto's identifier is the only key, but it is not documented to survive a new link of
the account. Then the content has to tell which transactions were there before.
"""

import hashlib
import json
import re

from .errors import PontoProtocolError

#: Attributes that say when Ponto did something, not what the bank said.
BOOKKEEPING_OF_PONTO = {"createdAt", "updatedAt", "digest", "internalReference"}


def fingerprint(account_number, day, amount, currency, counterpart_reference, *texts):
    """Return what a transaction has in common with itself under another identifier.

    True twins (same day, amount, counterpart and text) have the same fingerprint.

    :param str account_number: of the account on which it was booked, however written
    :param datetime.date day: the booking day, or None
    :param decimal.Decimal amount: or None
    :param str currency: ISO 4217 code, or None
    :param str counterpart_reference: account number, however written, or None
    :param texts: texts (str or None) of which the first that says something counts
    :return: 40 hexadecimal characters (str), or None without day or amount
    """
    if day is None or amount is None:
        return None
    text = next(filter(None, map(letters_and_digits, texts)), "")
    parts = (
        letters_and_digits(account_number),
        day.isoformat(),
        f"{amount.normalize() + 0:f}",
        currency or "",
        letters_and_digits(counterpart_reference),
        text,
    )
    return _digest("|".join(parts))


def content_hash(transaction):
    """Return what changes when the bank's content of a transaction does.

    :param Transaction transaction:
    :return: 40 hexadecimal characters (str)
    :raise PontoProtocolError: nested too deeply
    """
    try:
        attributes = {
            name: str(value)
            for name, value in transaction.document["attributes"].items()
            if value is not None and name not in BOOKKEEPING_OF_PONTO
        }
    except RecursionError as error:
        raise PontoProtocolError("The transaction is nested too deeply") from error
    return _digest(json.dumps(attributes, sort_keys=True))


def letters_and_digits(text):
    """Return what of a text does not depend on who writes it.

    :param str text: or None
    :return: its letters and digits, in one case (str)
    """
    return re.sub(r"[\W_]+", "", text or "").casefold()


def _digest(text):
    # Not for security: the shortest column that makes collisions unthinkable.
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
