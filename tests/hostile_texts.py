# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What texts that no bank writes are made of, for whoever reads texts."""

#: What patterns look for, begun over and over, and never ended.
PARTS = {
    "dashes": "-",
    "blanks": " ",
    "letters": "a",
    "digits": "5",
    "loose digits": "0 ",
    "groups of digits": "123 ",
    "accounts": "BE69 5390 ",
    "of all kinds": "é—№ ٣ß",
    "marks": "\u0301\u0323",
    "marks of one sign": "\u0f73",
}
