"""The simulated bank, for whoever makes the manual's pictures."""

import datetime
import json
import urllib.request
from zoneinfo import ZoneInfo


class Bank:
    """The simulated bank; each method of its is a command."""

    def __init__(self, url):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.today = datetime.datetime.now(ZoneInfo("Europe/Brussels")).date()
        accounts = self.ask("accounts")
        self.account = next(row["id"] for row in accounts if row["currency"] == "EUR")

    def ask(self, command, **arguments):
        return self._send(
            command, json.dumps(arguments).encode() if arguments else None
        )

    def _send(self, command, data):
        with self.opener.open(f"{self.url}/simulator/{command}", data) as answer:
            return json.load(answer)["result"]

    def book(self, amount, name, text, days_ago=0, **attributes):
        """Book a transaction on the bank account."""
        day = self.today - datetime.timedelta(days=days_ago)
        attributes.setdefault("executionDate", f"{day}T00:00:00.000Z")
        execution_date = attributes.pop("executionDate")
        return self.ask(
            "add_transaction",
            account_id=self.account,
            amount=amount,
            execution_date=execution_date,
            valueDate=execution_date,
            counterpartName=name,
            remittanceInformation=text,
            **attributes,
        )

    def end_consent_in(self, days):
        moment = self.today + datetime.timedelta(days=days)
        self.ask(
            "set_consent_end",
            account_id=self.account,
            moment=f"{moment}T12:00:00.000Z",
        )

    def refuse_codes(self):
        """Refuse login and secret from now on, and what was given for them."""
        paths = "^/(oauth2|accounts|synchronizations)"
        refusal = {"status": 401, "code": "invalid_client", "times": None}
        self.ask("fault", path_regex=paths, **refusal)

    def accept_codes(self):
        self._send("clear_faults", b"{}")
