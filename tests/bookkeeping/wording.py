"""How people write numbers and references on payments, in four languages."""

import re

SENTENCES = (
    "Betaling factuur {}",
    "factuur {} met dank",
    "uw factuur {} dd. 12/03/2026",
    "Paiement facture {}",
    "Votre facture {} merci",
    "Règlement fact. n° {} du 3 mars",
    "Rechnung {}",
    "Zahlung Rechnung Nr. {} vom 04.05.2026, Kd 30412",
    "RG {} vielen Dank",
    "Payment invoice {}",
    "Inv. {}, thanks",
    "{}",
    "{} tel 0475 12 34 56",
    "Factuur: {} - klantnr 20417 - BTW BE0477472701",
    "facture {} EUR 1.250,00 IBAN BE68539007547034",
)
LISTS = (
    "Facturen {}",
    "Betaling {}",
    "Factures {} merci",
    "Rechnungen {}",
    "Invoices {}, thank you",
)
NOTHING = (
    "Betaling",
    "Factuur",
    "zie bijlage",
    "Paiement",
    "votre facture du mois",
    "Rechnung",
    "Zahlung",
    "payment",
    "bier maart 2026",
    "levering 12/03/2026",
    "klant 20417",
    "",
)


def sentence(chance, number):
    """Return a sentence with a number in it."""
    return chance.choice(SENTENCES).format(number)


def full(chance, number):
    """Write a whole number as people do."""
    return chance.choice(
        (
            number,
            number,
            number,
            number.lower(),
            number.replace("/", " "),
            number.replace("/", "-"),
            number.replace("/", ""),
            number.replace("/", " / "),
            re.sub(r"/0+", "/", number),
        )
    )


def without_letters(chance, number):
    """Write a number without its first letters, with or without its zeros."""
    digits = number.partition("/")[2]
    return chance.choice((digits, digits.replace("/", ""), re.sub(r"/0+", "/", digits)))


def several(chance, numbers):
    """Write a list of numbers of one series, or of several."""
    sign = chance.choice((", ", " + ", " en ", " & ", "; ", " "))
    stem = numbers[0].rpartition("/")[0]
    if all(number.rpartition("/")[0] == stem for number in numbers):
        if chance.random() < 0.35:
            numbers = [numbers[0], *(one.rpartition("/")[2] for one in numbers[1:])]
        elif chance.random() < 0.2:
            ends = [one.rpartition("/")[2].lstrip("0") for one in numbers[1:]]
            numbers = [numbers[0], *ends]
    return chance.choice(LISTS).format(sign.join(numbers))


def reference(chance, text):
    """Write a structured reference as banks and people do."""
    framed = re.fullmatch(r"\+\+\+(\d{3})/(\d{4})/(\d{5})\+\+\+", text)
    if framed:
        digits = "".join(framed.groups())
        slashed = "/".join(framed.groups())
        return chance.choice(
            (
                text,
                text,
                f"***{slashed}***",
                digits,
                slashed,
                f"Betaling {slashed} bedankt",
                f"communication {text} facture",
                f"+++{digits}+++",
            )
        )
    if text.startswith("RF"):
        bare = text.replace(" ", "")
        return chance.choice((text, bare, bare.lower(), f"Ref. {text} merci"))
    if text.startswith("SI"):
        return chance.choice((text, text.replace(" ", ""), f"sklic {text}"))
    if len(text) == 27:
        spaced = text[:2] + "".join(f" {text[i : i + 5]}" for i in range(2, 27, 5))
        return chance.choice((text, spaced))
    return chance.choice((text, f"OCR {text}", f"kenmerk {text}"))


def mistyped(chance, text):
    """Return a reference with one digit wrong, or two of them swapped."""
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    place = chance.choice(places[2:-1])
    after = places[places.index(place) + 1]
    if chance.random() < 0.5 and text[place] != text[after]:
        signs = list(text)
        signs[place], signs[after] = signs[after], signs[place]
        return "".join(signs)
    digit = str((int(text[place]) + chance.randrange(1, 9)) % 10)
    return text[:place] + digit + text[place + 1 :]
