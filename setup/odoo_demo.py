"""Configure the demo's bank feeds, pull them, and compare with what the bank has.

Fed to ``odoo shell`` by setup/demo, which passes its wishes in environment variables
and reads the result from a file. ``env`` is Odoo's.
"""

import base64
import datetime
import json
import os
import sys
import urllib.parse
import urllib.request
from decimal import Decimal
from zoneinfo import ZoneInfo

sys.path.insert(0, os.environ["DEMO_SETUP"])

import demo_books  # noqa: E402

IBAN = "BE68539007547034"
ZONE = ZoneInfo("Europe/Brussels")
JOURNALS = (("EUR", "BNK1", "Bank"), ("USD", "BNKD", "Bank (dollar)"))


class Ponto:
    """What the bank serves, read without any of the addon's code."""

    def __init__(self, url, client_id, client_secret):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        answer = self._ask(
            f"{url}/oauth2/token",
            f"Basic {pair}",
            urllib.parse.urlencode({"grant_type": "client_credentials"}).encode(),
        )
        self.authorization = f"Bearer {answer['access_token']}"

    def _ask(self, url, authorization, data=None):
        request = urllib.request.Request(url, data)
        request.add_header("Authorization", authorization)
        request.add_header("Accept", "application/vnd.api+json, application/json")
        with self.opener.open(request, timeout=60) as response:
            return json.load(response, parse_float=Decimal)

    def _rows(self, path):
        """Yield the rows of a list, page by page."""
        url = f"{self.url}{path}?page%5Blimit%5D=100"
        while url:
            answer = self._ask(url, self.authorization)
            yield from answer["data"]
            url = (answer.get("links") or {}).get("next")

    def accounts(self):
        return {
            row["attributes"]["currency"]: row
            for row in self._rows("/accounts")
            if row["attributes"]["reference"] == IBAN
        }

    def attributes(self, account):
        """Return what the bank tells of all that the account has."""
        path = f"/accounts/{account['id']}/transactions"
        return [row["attributes"] for row in self._rows(path)]

    def transactions(self, account):
        """Return {id: (amount, day)} of all that the account has."""
        return {
            row["id"]: (
                Decimal(str(row["attributes"]["amount"])),
                local_day(row["attributes"]),
            )
            for row in self._rows(f"/accounts/{account['id']}/transactions")
        }


def local_day(attributes):
    """Return the bank's day of a transaction: that of execution, as in Brussels."""
    text = attributes["executionDate"] or attributes["valueDate"]
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(ZONE).date()


def configure(env, currency_name, code, name, settings):
    """Return the provider of the journal in a currency; make what is missing."""
    company = env.company
    currency = env["res.currency"].with_context(active_test=False)
    currency = currency.search([("name", "=", currency_name)])
    currency.active = True
    domain = [("code", "=", code), ("company_id", "=", company.id)]
    journal = env["account.journal"].search(domain)
    if not journal:
        values = {"name": name, "code": code, "type": "bank"}
        journal = env["account.journal"].create(values)
    if currency != company.currency_id and journal.currency_id != currency:
        journal.currency_id = currency
    if not journal.bank_account_id:
        journal.set_bank_account(IBAN)
    # For the whole database, so that a journal connected by hand finds the bank, too.
    parameter = "account_statement_import_online_ponto.api_base"
    env["ir.config_parameter"].set_param(parameter, settings["url"])
    values = {
        "username": settings["client_id"],
        "password": settings["client_secret"],
        "api_base": False,
    }
    provider = journal.online_bank_statement_provider_id
    if provider:
        provider.write(values)
    else:
        provider = env["online.bank.statement.provider"].create(
            {
                "journal_id": journal.id,
                "service": "ponto",
                "ponto_match_policy": "certain",
                **values,
            }
        )
        journal.write(
            {
                "bank_statements_source": "online",
                "online_bank_statement_provider_id": provider.id,
            }
        )
    return provider


def imported(env, journal):
    """Return {transaction id: statement line} of a journal."""
    lines = env["account.bank.statement.line"].search([("journal_id", "=", journal.id)])
    start = f"{IBAN}-{journal.id}-"
    return {(line.unique_import_id or "").removeprefix(start): line for line in lines}


def compare(served, lines, since):
    """Return a sentence for each difference between the bank and the journal."""
    wanted = {key: value for key, value in served.items() if value[1] >= since}
    missing = wanted.keys() - lines.keys()
    problems = [f"{key} of {wanted[key][1]} is missing" for key in missing]
    for key in lines.keys() - served.keys():
        problems.append(f"the line of {lines[key].date} ({key}) is not at the bank")
    for key in wanted.keys() & lines.keys():
        amount, day = wanted[key]
        line = lines[key]
        found = Decimal(str(line.amount)).quantize(Decimal("0.01"))
        if found != amount:
            problems.append(f"{key}: {found} instead of {amount}")
        if line.date != day:
            problems.append(f"{key}: dated {line.date} instead of {day}")
        if line.move_id.state != "posted":
            problems.append(f"{key}: its entry is {line.move_id.state}, not posted")
    return sorted(problems)


def describe(journal, lines, account, served):
    """Return what setup/demo prints of one account."""
    env = journal.env
    dates = sorted(line.date for line in lines.values())
    statements = env["account.bank.statement"].search([("journal_id", "=", journal.id)])
    statements = statements.sorted("first_line_index")
    return {
        "account": account["attributes"]["reference"],
        "currency": account["attributes"]["currency"],
        "journal": journal.display_name,
        "lines": len(lines),
        "served": len(served),
        "first": str(dates[0]) if dates else None,
        "last": str(dates[-1]) if dates else None,
        "opening": statements[0].balance_start if statements else None,
        "closing": statements[-1].balance_end_real if statements else None,
        "at_bank": str(account["attributes"]["currentBalance"]),
    }


def main(env):
    """Configure, pull and compare; write the result for setup/demo."""
    settings = json.loads(os.environ["DEMO_SETTINGS"])
    since = datetime.date.fromisoformat(settings["since"])
    providers = {
        currency: configure(env, currency, code, name, settings)
        for currency, code, name in JOURNALS
    }
    env.cr.commit()
    ponto = Ponto(settings["url"], settings["client_id"], settings["client_secret"])
    accounts = ponto.accounts()
    demo_books.make(env, ponto.attributes(accounts["EUR"]), datetime.date.today())
    env.cr.commit()
    start = datetime.datetime.combine(since, datetime.time())
    for provider in providers.values():
        provider._pull(start, datetime.datetime.utcnow())
    env.cr.commit()
    result = []
    for currency, provider in providers.items():
        served = ponto.transactions(accounts[currency])
        lines = imported(env, provider.journal_id)
        report = describe(provider.journal_id, lines, accounts[currency], served)
        report["problems"] = compare(served, lines, since)
        result.append(report)
    with open(settings["result"], "w") as output:
        json.dump(result, output)


main(env)  # noqa: F821 (Odoo's shell defines env)
