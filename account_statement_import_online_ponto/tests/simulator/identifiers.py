"""Account numbers and structured communications with valid check digits."""

from __future__ import annotations


def iban(country: str, bban: str) -> str:
    """An IBAN with its check digits (ISO 13616, modulo 97)."""
    text = f"{bban}{country}00"
    number = int("".join(str(int(character, 36)) for character in text))
    return f"{country}{98 - number % 97:02d}{bban}"


def belgian_iban(bank_code: int, number: int) -> str:
    """A Belgian IBAN; its national part ends in a modulo 97 check of its own.

    :param bank_code: three digits.
    :param number: seven digits.
    """
    body = f"{bank_code:03d}{number:07d}"
    return iban("BE", f"{body}{int(body) % 97 or 97:02d}")


def structured_communication(number: int) -> str:
    """The twelve digits of a Belgian structured communication.

    :param number: ten digits; the check is their remainder modulo 97, 97 for zero.
    """
    return f"{number:010d}{number % 97 or 97:02d}"


def decorated(digits: str, sign: str = "+") -> str:
    """The printed form ``+++ddd/dddd/ddddd+++``, or with ``***``."""
    return f"{sign * 3}{digits[:3]}/{digits[3:7]}/{digits[7:]}{sign * 3}"


def sepa_creditor(number: str) -> str:
    """A Belgian SEPA creditor identifier; its check leaves out the business code.

    :param number: ten digits of an enterprise number.
    """
    return f"{iban('BE', number)[:4]}ZZZ{number}"
