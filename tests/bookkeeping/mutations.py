"""Spoils what payments say, as people, banks and chance do."""

from dataclasses import replace
from decimal import Decimal


def wrong_digit(payment, others, chance):
    """Change one digit: a bookkeeper would not rely on it."""
    return _change_text(payment, chance, str.isdigit, lambda sign: _other(sign, chance))


def lost_sign(payment, others, chance):
    """Lose a letter or digit."""
    return _change_text(payment, chance, str.isalnum, lambda sign: "")


def doubled_digit(payment, others, chance):
    """Type a digit twice."""
    return _change_text(payment, chance, str.isdigit, lambda sign: sign * 2)


def broken_line(payment, others, chance):
    """Break the text within a word, as a bank does where a line ends."""
    return _change_text(payment, chance, str.isalnum, lambda sign: f" {sign}")


def joined_words(payment, others, chance):
    """Lose what stands between two words."""
    return _change_text(payment, chance, lambda sign: not sign.isalnum(), lambda _: "")


def other_separators(payment, others, chance):
    """Write another sign between words."""
    signs = " /-.,;:+_"
    return _change_text(
        payment, chance, lambda sign: not sign.isalnum(), lambda _: chance.choice(signs)
    )


def cut_text(payment, others, chance):
    """Lose the end of the text."""
    text = _text(payment)
    return _with_text(payment, text[: chance.randrange(len(text) + 1)])


def longer_number(payment, others, chance):
    """Make the text a part of a longer number."""
    more = chance.choice(("7", "A", "/1", "-2", ".3", "12345", "B-"))
    text = _text(payment)
    return _with_text(payment, chance.choice((text + more, more + text)))


def another_number(payment, others, chance):
    """Name another document, too."""
    other = chance.choice(others)
    name = chance.choice([other.number, other.reference, other.payment_reference])
    sign = chance.choice((" ", ", ", "/", " en ", "-"))
    return _with_text(payment, f"{_text(payment)}{sign}{name}")


def noise(payment, others, chance):
    """Add digits that identify nothing."""
    more = (
        "2026 12/03/2026 00042 2026/12 EUR 121,00 BE68539007547034 0475/12.34.56"
        " Brouwerij De Ketel 2026 BV +32 2 555 12 34 BTW BE 0477.472.701"
    )
    return _with_text(payment, f"{_text(payment)} {more}")


def other_case(payment, others, chance):
    """Write it in capitals, or without."""
    text = _text(payment)
    return _with_text(payment, chance.choice((text.upper(), text.lower())))


def other_amount(payment, others, chance):
    """Pay another amount."""
    more = Decimal(chance.choice((1, -1, 100, -100, 12100))) / 100
    return replace(
        payment, amount=payment.amount + more, foreign_amount=None, settles=()
    )


def other_sign(payment, others, chance):
    """Turn a receipt into a payment, or the reverse."""
    return replace(payment, amount=-payment.amount, foreign_amount=None, settles=())


def account_of_another(payment, others, chance):
    """Let another partner of the books pay, or be paid: nobody settles that unasked."""
    partners = [one.partner for one in others if one.partner.account != payment.account]
    partner = chance.choice([one for one in partners if one.is_account_known])
    return replace(payment, account=partner.account, settles=())


def text_of_another(payment, others, chance):
    """Give the text of a payment for another document."""
    other = chance.choice(others)
    return _with_text(payment, other.payment_reference or other.number)


MUTATIONS = (
    *(wrong_digit, lost_sign, doubled_digit, broken_line, joined_words),
    *(other_separators, cut_text, longer_number, another_number, noise, other_case),
    *(other_amount, other_sign, account_of_another, text_of_another),
)


def _text(payment):
    return " ".join(payment.texts)


def _with_text(payment, text):
    return replace(payment, texts=(text,))


def _change_text(payment, chance, is_place, change):
    """Change one sign, if there is one to be changed."""
    text = _text(payment)
    places = [place for place, sign in enumerate(text) if is_place(sign)]
    if not places:
        return payment
    place = chance.choice(places)
    return _with_text(payment, text[:place] + change(text[place]) + text[place + 1 :])


def _other(digit, chance):
    return str((int(digit) + chance.randrange(1, 10)) % 10)
