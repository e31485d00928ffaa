"""The invariant: Odoo has what the bank has booked, all of it, once, and says so.

Nothing of the addon's code is used here.
"""

from collections import Counter
from datetime import time, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Brussels")


def local_day(row):
    """Return the bank's day of a row of the simulator (text)."""
    moment = (row["executionDate"] or row["valueDate"]).astimezone(timezone.utc)
    if moment.time() != time():
        moment = moment.astimezone(ZONE)
    return str(moment.date())


def find_problems(report, bank, accounts, may_doubt=False):
    """Compare all feeds with the bank.

    :param dict report: what the job ``report`` tells
    :param accounts: the bank's account of each feed
    :param bool may_doubt: whether identifiers that the bank gave up may wait for a
        person: a pull that was cut off between two new links never saw their lists
        side by side
    :return: a sentence for everything that is not as it should be (list)
    """
    problems = []
    if not report["cron"]["active"]:
        problems.append("The scheduled action is switched off.")
    for feed, account_id in zip(report["feeds"], accounts, strict=False):
        rows = bank.transactions(account_id)
        problems += _compare_lines(feed, rows)
        problems += _check_register(feed, rows, may_doubt)
        problems += _check_statements(feed, bank.balance(account_id))
        problems += _check_provider(feed)
    return problems


def describe(report, bank, accounts):
    """Tell how much both sides have, and in which states the register is (text)."""
    told = []
    for feed, account_id in zip(report["feeds"], accounts, strict=False):
        states = Counter(
            f"{record['state']} {record['reason'] or ''}".strip()
            for record in feed["register"]
        )
        told.append(
            f"The bank has {len(bank.transactions(account_id))} rows, Odoo "
            f"{len(feed['lines'])} lines; registered: {dict(states)}; "
            f"{len(feed['pulls'])} pulls."
        )
    return "\n".join(told)


def _compare_lines(feed, rows):
    """Find what is missing, doubled, changed or invented."""
    lines = {line["id"]: line for line in feed["lines"]}
    found = {row["id"]: _find_line(feed, row["id"]) for row in rows}
    problems = []
    for row in rows:
        line = lines.get(found[row["id"]])
        if not line:
            problems.append(f"{row['id']} of {local_day(row)} has no line.")
            continue
        told = (Decimal(str(line["amount"])), line["date"], line["state"])
        if told != (row["amount"], local_day(row), "posted"):
            problems.append(f"{row['id']}: {told}, the bank has {row['amount']}.")
    taken = Counter(filter(None, found.values()))
    problems += [
        f"Line {line} stands for {count} rows."
        for line, count in taken.items()
        if count > 1
    ]
    problems += [
        f"Line {line['unique_import_id']} of {line['date']} is one too many."
        for line in feed["lines"]
        if line["id"] not in taken
    ]
    return problems


def _find_line(feed, ponto_id):
    """Return the id of the line that stands for a row of the bank, or None."""
    if "by_end" not in feed:
        feed["by_end"] = {
            (line["unique_import_id"] or "")[-36:]: line["id"] for line in feed["lines"]
        }
        feed["by_ponto_id"] = {
            record["ponto_id"]: record for record in feed["register"]
        }
    record = feed["by_ponto_id"].get(ponto_id) or {}
    return feed["by_end"].get(ponto_id) or record.get("statement_line_id")


def _check_register(feed, rows, may_doubt):
    """Nothing is left to import, and nothing waits for a person."""
    present = {row["id"] for row in rows}
    left = Counter(
        (record["state"], record["reason"])
        for record in feed["register"]
        if record["state"] in ("new", "waiting")
        and not (
            may_doubt
            and record["reason"] == "doubtful"
            and record["ponto_id"] not in present
        )
    )
    problems = [f"{count} registered are {state}." for state, count in left.items()]
    running = [pull for pull in feed["pulls"] if pull["state"] == "running"]
    if running:
        problems.append(f"{len(running)} pulls are still running.")
    return problems


def _check_statements(feed, balance):
    """Every statement is valid and complete, and the last ends where the bank is."""
    problems = [
        f"Statement {each['name']} is not valid or not complete: {each}."
        for each in feed["statements"]
        if not (each["is_valid"] and each["is_complete"])
    ]
    if feed["statements"]:
        end = Decimal(str(feed["statements"][-1]["balance_end_real"]))
        if end != balance:
            problems.append(f"The last statement ends at {end}, the bank at {balance}.")
    return problems


def _check_provider(feed):
    """The provider itself says that all is well."""
    provider = feed["provider"]
    problems = []
    if provider["ponto_failure"]:
        problems.append(f"It still shows a failure: {provider['ponto_failure']}")
    if provider["ponto_balance_state"] != "equal":
        told = {
            name: provider[f"ponto_{name}"]
            for name in ("balance_state", "bank_balance", "odoo_balance", "difference")
        }
        problems.append(f"It does not tell equality with the bank: {told}.")
    return problems
