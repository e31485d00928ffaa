"""Account numbers and structured references, with their check digits."""


def iban(country, bban):
    """Return an IBAN (ISO 13616)."""
    number = int("".join(str(int(sign, 36)) for sign in f"{bban}{country}00"))
    return f"{country}{98 - number % 97:02d}{bban}"


def belgian(number):
    """Return the twelve digits of a Belgian communication."""
    return f"{number:010d}{number % 97 or 97:02d}"


def belgian_printed(digits, frame="+++"):
    """Return a Belgian communication as it is printed."""
    return f"{frame}{digits[:3]}/{digits[3:7]}/{digits[7:]}{frame}"


def creditor_reference(body):
    """Return an ISO 11649 reference."""
    number = int("".join(str(int(sign, 36)) for sign in f"{body}RF00"))
    return f"RF{98 - number % 97:02d}{body}"


def in_blocks(text, size=4):
    """Return a text in blocks."""
    return " ".join(text[i : i + size] for i in range(0, len(text), size))


def finnish(number):
    """Return a Finnish reference."""
    digits = str(number)
    weights = (7, 3, 1) * 7
    total = sum(
        int(digit) * weight
        for digit, weight in zip(reversed(digits), weights, strict=False)
    )
    return f"{digits}{-total % 10}"


def luhn(number):
    """Return a Norwegian or Swedish reference."""
    total = 0
    for place, digit in enumerate(reversed(str(number))):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{number}{-total % 10}"


def dutch(number):
    """Return a Dutch reference of sixteen digits."""
    body = f"{number:015d}"
    weights = (2, 4, 8, 5, 10, 9, 7, 3, 6, 1) * 2
    total = sum(
        int(digit) * weight
        for digit, weight in zip(reversed(body), weights, strict=False)
    )
    check = 11 - total % 11
    return f"{ {10: 1, 11: 0}.get(check, check) }{body}"


def swiss(number):
    """Return a Swiss QR reference."""
    body, carry = f"{number:026d}", 0
    for digit in body:
        carry = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)[(carry + int(digit)) % 10]
    return f"{body}{(10 - carry) % 10}"


def slovenian(journal, year, number):
    """Return a Slovenian reference of model 01."""
    body = f"{journal}-{year}-{number}"
    digits = [int(sign) for sign in body if sign.isdigit()]
    total = sum(
        digit * weight
        for digit, weight in zip(reversed(digits), range(2, 14), strict=False)
    )
    check = 11 - total % 11
    return f"SI01 {body}{0 if check > 9 else check}"
