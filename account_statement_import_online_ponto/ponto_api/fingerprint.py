# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What makes two documents the same transaction, or the same content.

Ponto's identifier is the only key, but it is not documented to survive a new link of
the account. Then the content has to tell which transactions were there before.
"""

import hashlib
import re
import unicodedata

#: What banks write where there is no end-to-end identification, or no text.
_PLACEHOLDERS = {"notprovided", "nonref", "notavailable"}
#: So many marks on one letter no language has (Unicode's "stream-safe text" has no
#: more either). To sort more of them takes the square of their number of steps.
_MAX_MARKS = 30
_MAY_BE_MARKS = re.compile(rf"[^\w\x00-\x7f]{{{_MAX_MARKS + 1},}}")


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
        _write_amount(amount),
        currency or "",
        letters_and_digits(counterpart_reference),
        text,
    )
    return _digest("|".join(parts))


def content_hash(transaction, day, value_day, currency, text):
    """Return what changes when the bank's content of a transaction does.

    That is what is booked or shown of it, after reading. How Ponto writes it down, when
    it did, and attributes that are not read change nothing. Nor does the bank's own
    reference, though notes show it: another interface of the bank gives another one,
    and contents are compared across identifiers, too, to tell twins apart.

    :param Transaction transaction:
    :param datetime.date day: on which it is booked, or None
    :param datetime.date value_day: on which it takes effect, or None
    :param str currency: ISO 4217 code in which it is booked, or None
    :param str text: its communication, in the spelling in which it is shown, or None
    :return: 40 hexadecimal characters (str)
    """
    parts = (
        _write_day(day),
        _write_day(value_day),
        _write_amount(transaction.amount),
        currency,
        letters_and_digits(transaction.counterpart_reference),
        end_to_end_reference(transaction),
        transaction.counterpart_name,
        text,
        transaction.additional_information,
        transaction.description,
        transaction.bank_transaction_code,
        transaction.proprietary_bank_transaction_code,
        transaction.purpose_code,
        transaction.mandate_id,
        transaction.creditor_id,
        transaction.card_reference,
        _write_amount(transaction.fee or None),
    )
    # A sign that no text holds once it was read, and that no spelling changes.
    return _digest(_one_spelling("\0".join(part or "" for part in parts)))


def identify(transaction):
    """Return what tells a transaction from others, whatever its identifier and its day.

    :param Transaction transaction:
    :return: {kind: text that does not depend on who writes it}: "reference" (end to
        end), "mandate", "bank" (the bank's own reference), "number" and "name" (the
        counterpart's), "text"; without what the bank does not tell
    :rtype: dict
    """
    texts = (
        transaction.remittance_information,
        transaction.additional_information,
        transaction.description,
    )
    found = {
        "reference": end_to_end_reference(transaction),
        "mandate": transaction.mandate_id,
        "bank": transaction.internal_reference,
        "number": transaction.counterpart_reference,
        "name": transaction.counterpart_name,
        "text": next(filter(letters_and_digits, texts), None),
    }
    plain = {kind: letters_and_digits(text) for kind, text in found.items()}
    return {kind: text for kind, text in plain.items() if text}


def end_to_end_reference(transaction):
    """Return the end-to-end identification, None where banks write that there is none.

    :param Transaction transaction:
    :rtype: str or None
    """
    return without_placeholder(transaction.end_to_end_id)


def without_placeholder(text):
    """Return a text, None where banks write that there is none.

    :param str text: or None
    :rtype: str or None
    """
    return None if letters_and_digits(text) in _PLACEHOLDERS else text


def letters_and_digits(text):
    """Return what of a text does not depend on who writes it.

    :param str text: or None
    :return: its letters and digits, in one case (str)
    """
    text = text or ""
    if not text.isascii():
        text = _compose(text)
    elif text.isalnum():
        return text.lower()
    return re.sub(r"[\W_]+", "", text).casefold()


def _one_spelling(text):
    """Return a text without what nobody sees: blanks, and how accents are encoded."""
    return " ".join(_compose(text).split())


def _compose(text):
    """Return a text in which a letter and its accents are one sign, where it exists."""
    return unicodedata.normalize("NFC", _MAY_BE_MARKS.sub(_leave_out_marks, text))


def _leave_out_marks(found):
    """Return signs without the marks beyond those that a letter can have."""
    kept, count = [], 0
    for sign in found[0]:
        # a few signs are none by themselves, and stand for two of them
        is_mark = unicodedata.combining(unicodedata.normalize("NFD", sign)[0])
        count = count + 1 if is_mark else 0
        if count <= _MAX_MARKS:
            kept.append(sign)
    return "".join(kept)


def _write_amount(amount):
    return "" if amount is None else f"{amount.normalize() + 0:f}"


def _write_day(day):
    return day.isoformat() if day else ""


def _digest(text):
    # Not for security: the shortest column that makes collisions unthinkable.
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
