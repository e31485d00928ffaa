# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Answers as a broken server might send them: good documents, spoilt at random.

Seeded: the same seed gives the same bytes. Used by the contract tests of the client
and by the addon's tests inside Odoo.
"""

import copy
import json
import random

_ACCOUNT = {
    "type": "account",
    "id": "8a4a1c9e-0000-4000-8000-00000000000a",
    "attributes": {
        "subtype": "checking",
        "referenceType": "IBAN",
        "reference": "BE68539007547034",
        "currency": "EUR",
        "product": "Business account",
        "description": "Daily business",
        "holderName": "Bakery Peeters",
        "internalReference": "3f1a9b6c",
        "deprecated": False,
        "currentBalance": 1234.56,
        "currentBalanceReferenceDate": "2026-07-14T00:00:00.000Z",
        "currentBalanceChangedAt": "2026-07-14T22:11:09.123Z",
        "availableBalance": 1200,
        "authorizedAt": "2026-05-01T08:00:00Z",
        "authorizationExpirationExpectedAt": "2026-10-28T08:00:00.000000Z",
    },
    "meta": {
        "availability": "available",
        "synchronizedAt": "2026-07-15T06:00:00.000Z",
        "latestSynchronization": {
            "type": "synchronization",
            "id": "5d3a1c9e-0000-4000-8000-00000000000b",
            "attributes": {
                "subtype": "accountDetails",
                "status": "success",
                "errors": [],
                "createdAt": "2026-07-15T05:59:00.000Z",
                "updatedAt": "2026-07-15T06:00:00.000Z",
                "resourceType": "account",
                "resourceId": "8a4a1c9e-0000-4000-8000-00000000000a",
            },
        },
    },
    "relationships": {
        "financialInstitution": {
            "data": {
                "type": "financialInstitution",
                "id": "1c2d3e4f-0000-4000-8000-00000000000c",
            },
        },
    },
}


def _transaction(number, **attributes):
    return {
        "type": "transaction",
        "id": f"7b0c1d2e-0000-4000-8000-{number:012}",
        "attributes": {
            "amount": -12.5,
            "currency": "EUR",
            "executionDate": "2026-07-10T00:00:00.000Z",
            "valueDate": "2026-07-11T00:00:00.000Z",
            "description": "Transfer",
            "remittanceInformationType": "unstructured",
            "remittanceInformation": "Rent July",
            "counterpartName": "Garage Dubois",
            "counterpartReference": "BE15001765432130",
            "endToEndId": "E2E-77",
            "bankTransactionCode": "PMNT-ICDT-ESCT",
            "proprietaryBankTransactionCode": None,
            "purposeCode": "RENT",
            "mandateId": None,
            "creditorId": None,
            "additionalInformation": "Dossier 4711",
            "cardReference": None,
            "fee": 0.15,
            "internalReference": "b1d2",
            "digest": "c0ffee",
            "createdAt": "2026-07-10T04:00:00.000Z",
            "updatedAt": "2026-07-10T04:00:00.000Z",
            **attributes,
        },
        "relationships": {
            "account": {"data": {"type": "account", "id": _ACCOUNT["id"]}},
        },
    }


_SYNCHRONIZATION = {
    "type": "synchronization",
    "id": "5d3a1c9e-0000-4000-8000-00000000000b",
    "attributes": {
        "subtype": "accountTransactions",
        "status": "error",
        "errors": [{"code": "authorizationExpired", "detail": "The consent ended."}],
        "customerOnline": True,
        "createdAt": "2026-07-15T05:59:00.000Z",
        "updatedAt": "2026-07-15T06:00:00.000Z",
        "resourceType": "account",
        "resourceId": _ACCOUNT["id"],
    },
}
_INSTITUTION = {
    "type": "financialInstitution",
    "id": "1c2d3e4f-0000-4000-8000-00000000000c",
    "attributes": {
        "name": "Bank van de Leie",
        "bic": "LEIEBEXX",
        "country": "BE",
        "status": "stable",
        "deprecated": False,
        "timeZone": "Europe/Brussels",
        "sharedBrandName": None,
        "maintenanceFrom": "2026-07-20T20:00:00.000Z",
        "maintenanceTo": "2026-07-20T22:00:00.000Z",
        "maintenanceType": "internal",
        "expectedAuthorizationLifetime": 180,
    },
}
_PAGING = {"limit": 100, "after": None}

#: Good answers, by what they are.
GOOD = {
    "token": {
        "access_token": "tok-1.abc",
        "expires_in": 1799,
        "token_type": "bearer",
        "scope": "ai",
    },
    "accounts": {"data": [_ACCOUNT], "meta": {"paging": _PAGING}, "links": {}},
    "account": {"data": _ACCOUNT},
    "transactions": {
        "data": [
            _transaction(1),
            _transaction(2, amount=99.95, remittanceInformation=None),
            _transaction(3, amount=0, valueDate=None, counterpartReference=None),
        ],
        "meta": {
            "paging": _PAGING,
            "synchronizedAt": "2026-07-15T06:00:00.000Z",
            "latestSynchronization": _SYNCHRONIZATION,
        },
        "links": {"first": "https://api.myponto.com/accounts/a/transactions"},
    },
    "synchronization": {"data": _SYNCHRONIZATION},
    "institution": {"data": _INSTITUTION},
    "error": {
        "errors": [
            {
                "code": "resourceNotFound",
                "detail": "The requested account can not be found.",
                "meta": {"resource": "account", "requestId": "8A4A1C9E"},
            }
        ]
    },
}


class Literal:
    """JSON text to be written as it is."""

    def __init__(self, text):
        self.text = text


class Members(list):
    """An object as pairs, so that a name can stand twice."""


ODD_TEXTS = [
    "",
    " \t\n",
    "\x00",
    "a\x00b\x07\x1b[31m",
    "\x7f\x80\x85\x9f",
    "\ufeff\ufffe\uffff\ufdd0",
    "\ud800",
    "\udfff\ud800 lone",
    "\U0001f4b6\U0010ffff",
    "\u202eright to left\u202c",
    "e\u0301" * 40,
    "\u0130\u1e9e\u00df\ufb03",
    "\u2028\u2029\x0b\x0c",
    "<script>alert(1)</script><br/>&nbsp;&#0;",
    "%s %(name)s {0} {name} %",
    "'; DROP TABLE ponto_transaction; --",
    "null",
    "NaN",
    "__proto__",
    "++++++***///",
    "=HYPERLINK(1)",
]
ODD_IDS = [
    "",
    " ",
    "..",
    ".",
    "../accounts",
    "a/b?c#d",
    "%2e%2e",
    "é",
    "line\nfeed",
    "\x00",
    "x" * 201,
    "x" * 200,
    "0",
    "-1",
    "null",
    "'\"\\",
]
ODD_TIMES = [
    "0000-00-00T00:00:00.000Z",
    "0001-01-01T00:00:00+14:00",
    "0002-01-01T00:00:00+23:59",
    "9998-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59.999999Z",
    "2026-02-30T00:00:00Z",
    "2026-07-10T24:00:00Z",
    "2026-07-10T25:61:61Z",
    "2026-07-10T00:00:00+99:99",
    "2026-07-10T00:00:00.123456789012345678Z",
    "2026-07-10",
    "2026-W28-5",
    "2026-191",
    "20260710",
    "10/07/2026",
    "2026-07-10T",
    "2026-07-10 00:00",
    "2026-07-10T00:00:00 Europe/Brussels",
    "+012026-07-10T00:00:00Z",
    "٢٠٢٦-٠٧-١٠",
    "yesterday",
    "1783641600",
]
ODD_LITERALS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "-0",
    "0E+5000",
    "0e-5000",
    "1e400",
    "-1E-400",
    "1e17",
    "1e18",
    "1E+999999999999999999999",
    "1e-999999999999999999999",
    "9" * 400,
    "9" * 5000,
    "0." + "0" * 29 + "1",
    "0." + "3" * 60,
    "999999999999999999.999999999999999999999999999999",
    "12.345",
    "-0.001",
    "1783641600000",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "[[]]",
    '{"value": 1}',
]
ODD_AMOUNTS = [
    "12,50",
    "1.234,56",
    "１２",
    "1_000",
    "0x10",
    "--1",
    "+",
    "1e5000",
    " 7 ",
    "EUR 5",
    "-",
    "5.",
    ".5",
    "∞",
]
#: Where Python's readers and writers give up, one a little before the other.
DEPTHS = range(800, 1000, 3)
WRONG_TOPS = [
    b"",
    b" ",
    b"null",
    b"[]",
    b"[{}]",
    b'"text"',
    b"0",
    b"NaN",
    b"{}",
    b'{"data": null}',
    b'{"data": {}}',
    b'{"data": []}',
    b'{"data": [null]}',
    b'{"data": [[]]}',
    b'{"data": "text"}',
    b'{"errors": []}',
    b'{"errors": [null]}',
    b"<!DOCTYPE html><html><body>Maintenance</body></html>",
    b"<?xml version='1.0'?><data/>",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"\x00\x00\x00{",
    b"{" * 5000,
    b'{"data":' * 3000,
]


def write(value):
    """Write a value as JSON text; literals as they are, objects perhaps as pairs.

    :rtype: str
    """
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, (dict, Members)):
        pairs = value.items() if isinstance(value, dict) else value
        return "{" + ",".join(f"{json.dumps(k)}:{write(v)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    return json.dumps(value)


class Mutator:
    """Makes spoilt answers.

    :param seed: the same one gives the same answers
    """

    def __init__(self, seed):
        self._random = random.Random(f"mutations {seed}")
        self._structural = [
            self._drop,
            self._rename,
            self._repeat_member,
            self._replace,
            self._replace,
            self._replace,
            self._spoil_attribute,
            self._spoil_attribute,
            self._spoil_attribute,
            self._spoil_attribute,
            self._wrap,
            self._nest,
            self._repeat_item,
            self._spoil_id,
            self._add_unknown,
        ]
        self._of_bytes = [
            self._cut,
            self._break_encoding,
            self._flip,
            self._remove_piece,
            self._pad,
        ]

    def spoil(self, kind):
        """Return a spoilt answer.

        :param str kind: key of `GOOD`
        :rtype: bytes
        """
        if self._random.random() < 0.02:
            return self._random.choice(WRONG_TOPS)
        document = copy.deepcopy(GOOD[kind])
        for _time in range(self._random.choice((1, 1, 1, 2, 3, 6))):
            self._random.choice(self._structural)(document)
        raw = write(document).encode("utf-8", "surrogatepass")
        if self._random.random() < 0.12:
            raw = self._random.choice(self._of_bytes)(raw)
        return raw

    # === STRUCTURE === #

    def _places(self, document, wanted=lambda container: True):
        """Return the places of values: (container, key or position)."""
        found, queue = [], [document]
        while queue:
            container = queue.pop()
            if isinstance(container, dict):
                keys = list(container)
            elif isinstance(container, list) and not isinstance(container, Members):
                keys = list(range(len(container)))
            else:
                continue
            queue += [container[key] for key in keys]
            if wanted(container):
                found += [(container, key) for key in keys]
        return found

    def _place(self, document, wanted=lambda container: True):
        places = self._places(document, wanted)
        return self._random.choice(places) if places else (document, None)

    def _member(self, document):
        return self._place(document, lambda container: isinstance(container, dict))

    def _drop(self, document):
        container, key = self._place(document)
        if key is not None:
            del container[key]

    def _rename(self, document):
        container, key = self._member(document)
        if key is not None:
            names = (key.upper(), f" {key}", f"{key}\x00", "", "id", "attributes")
            container[self._random.choice(names)] = container.pop(key)

    def _repeat_member(self, document):
        """Let each name of an object stand twice, with another value first or last."""
        container, key = self._member(document)
        if key is None or not isinstance(container[key], dict):
            return
        twice = Members(container[key].items())
        extra = [(name, self._odd_value()) for name, _value in twice]
        self._random.shuffle(extra)
        container[key] = Members(
            twice + extra[:2] if self._random.random() < 0.5 else extra[:2] + twice
        )

    def _replace(self, document):
        container, key = self._place(document)
        if key is not None:
            container[key] = self._odd_value()

    def _spoil_attribute(self, document):
        """Replace an attribute by something odd, often of its own kind."""
        container, key = self._place(
            document, lambda found: isinstance(found, dict) and "amount" in found
        )
        if key is None:
            container, key = self._member(document)
        if key is None:
            return
        value = container[key]
        pool = ODD_TEXTS
        if isinstance(value, (int, float)):
            pool = ODD_AMOUNTS
        elif "Date" in key or key.endswith("At"):
            pool = ODD_TIMES
        odd = self._random.choice(pool)
        container[key] = odd if self._random.random() < 0.7 else self._odd_value()

    def _odd_value(self):
        pick = self._random.random()
        if pick < 0.35:
            return Literal(self._random.choice(ODD_LITERALS))
        if pick < 0.5:
            return self._random.choice(ODD_TEXTS)
        if pick < 0.6:
            return self._random.choice(ODD_TIMES)
        if pick < 0.7:
            return self._random.choice(ODD_AMOUNTS)
        if pick < 0.8:
            # Long, and nothing that could be compressed.
            length = self._random.choice((300, 3000, 9000))
            return "".join(
                chr(
                    self._random.choice((33, 0x100, 0x4E00))
                    + self._random.randrange(90)
                )
                for _character in range(length)
            )
        return self._random.choice([None, True, 0, 1.5, [], {}, ["a"], {"a": None}])

    def _wrap(self, document):
        container, key = self._place(document)
        if key is not None:
            value = container[key]
            container[key] = [value] if self._random.random() < 0.5 else {"v": value}

    def _nest(self, document):
        """Put something deep into a place, or beside the attributes."""
        container, key = self._place(document)
        if key is None:
            return
        depth = self._random.choice((3, 200, 400, 2000, *DEPTHS))
        opened, closed = self._random.choice((("[", "]"), ('{"a":', "}")))
        deep = Literal(opened * depth + "1" + closed * depth)
        if isinstance(container, dict) and self._random.random() < 0.5:
            key = "unknownAttribute"
        container[key] = deep

    def _repeat_item(self, document):
        container, key = self._place(document, lambda found: isinstance(found, list))
        if key is not None and not isinstance(container, Members):
            container[key:key] = [container[key]] * self._random.choice((1, 2, 50))

    def _spoil_id(self, document):
        container, key = self._place(
            document, lambda found: isinstance(found, dict) and "id" in found
        )
        if key is not None:
            container["id"] = self._random.choice(ODD_IDS)

    def _add_unknown(self, document):
        container, key = self._member(document)
        if key is not None:
            container["newInVersion3"] = self._odd_value()

    # === BYTES === #

    def _cut(self, raw):
        return raw[: self._random.randrange(len(raw))]

    def _break_encoding(self, raw):
        at = self._random.randrange(len(raw))
        odd = self._random.choice(
            (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88", b"\0")
        )
        return raw[:at] + odd + raw[at:]

    def _flip(self, raw):
        changed = bytearray(raw)
        for _time in range(self._random.choice((1, 1, 4))):
            changed[self._random.randrange(len(raw))] ^= 1 << self._random.randrange(8)
        return bytes(changed)

    def _remove_piece(self, raw):
        at = self._random.randrange(len(raw))
        return raw[:at] + raw[at + self._random.randrange(1, 12) :]

    def _pad(self, raw):
        return self._random.choice(
            (b"\xef\xbb\xbf" + raw, raw + b"\0", raw + raw, b")]}',\n" + raw)
        )
