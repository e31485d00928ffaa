"""The bank behind setup/demo: the simulator, booking something new now and then.

What it books while the demo is up is kept in a file and booked again at the next
start, with the same ids, so that Odoo and its bank agree for as long as they live.
Runs in the virtual environment, with the addon's tests/ on the path.
"""

import argparse
import json
import random
import signal
import threading
import uuid
from datetime import date, datetime
from pathlib import Path

from simulator import Simulator
from simulator.dataset import book_live

IBAN = "BE68539007547034"
MOMENTS = ("executionDate", "valueDate", "createdAt", "updatedAt")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--today", type=date.fromisoformat, required=True)
    parser.add_argument("--live", type=float, help="seconds between two bookings")
    parser.add_argument("--booked", type=Path, required=True, help="file of bookings")
    return parser.parse_args()


def book_again(bank, account_id, line):
    """Book what an earlier start booked, under the id that it had."""
    row = json.loads(line)
    row_id, amount = row.pop("id"), row.pop("amount")
    for name in MOMENTS:
        if row.get(name):
            row[name] = datetime.fromisoformat(row[name])
    bank.new_id = lambda: row_id
    bank.add_transaction(account_id, amount, **row)


def book_one(bank, account_id, generator, file):
    """Book something believable, and remember it."""
    row = dict(bank.transaction(book_live(bank, account_id, generator)))
    kept = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None and name != "currency"
    }
    with file.open("a") as output:
        output.write(json.dumps(kept, default=str) + "\n")


def main():
    options = parse()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    simulator = Simulator(today=options.today, port=options.port)
    bank = simulator.bank
    account_id = bank.find_account(reference=IBAN, currency="EUR")
    if options.booked.exists():
        for line in options.booked.read_text().splitlines():
            book_again(bank, account_id, line)
    # from here on every start issues ids of its own
    bank.new_id = lambda: str(uuid.uuid4())
    with simulator:
        address = {
            "url": simulator.url,
            "client_id": simulator.client_id,
            "client_secret": simulator.client_secret,
        }
        print(json.dumps(address), flush=True)
        generator = random.Random()
        while not stopping.wait(options.live):
            book_one(bank, account_id, generator, options.booked)


main()
