"""Run the simulator by hand: ``python -m simulator``."""

# A command: what it prints is its output.
# pylint: disable=print-used

from __future__ import annotations

import argparse
import errno
import random
import signal
import sys
import threading
from datetime import date
from types import FrameType

from .dataset import DATASETS, book_live, generate
from .knobs import ORDERS
from .server import HOST, Simulator


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A simulator of the Ponto API on the loopback address.",
    )
    parser.add_argument("--port", type=int, default=8099, help="0 takes a free port")
    parser.add_argument("--order", choices=ORDERS, default="created")
    parser.add_argument("--dataset", choices=DATASETS, default="sme")
    parser.add_argument(
        "--today", type=date.fromisoformat, help="last day of the data set"
    )
    parser.add_argument(
        "--generate", type=int, metavar="N", help="book N more transactions"
    )
    parser.add_argument("--days", type=int, default=365, help="spread N over days")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--live", type=float, metavar="SECONDS", help="book a transaction so often"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted. :return: exit code, 2 when the port is taken."""
    options = parse_arguments(arguments)
    simulator = Simulator(
        today=options.today,
        order=options.order,
        dataset=options.dataset,
        port=options.port,
    )
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        simulator.start()
    except (OSError, OverflowError) as error:
        reason = "is not available"
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            reason = "is already in use"
        print(
            f"Port {options.port} on {HOST} {reason}: choose another with --port.",
            file=sys.stderr,
        )
        return 2
    account_id = _first_account(simulator) if options.generate or options.live else ""
    if options.generate:
        generate(
            simulator.bank,
            account_id,
            options.generate,
            options.days,
            options.seed,
            simulator.today,
        )
    print(f"Simulated Ponto on {simulator.url}")
    print(f"  client id      {simulator.client_id}")
    print(f"  client secret  {simulator.client_secret}")
    print(f"  control        {simulator.url}/simulator/", flush=True)
    generator = random.Random(options.seed)
    while not stopping.wait(options.live):
        # Only --live ends the wait before the signal.
        if simulator.bank.accounts():
            book_live(simulator.bank, _first_account(simulator), generator)
    simulator.stop()
    return 0


def _first_account(simulator: Simulator) -> str:
    """The first account; the empty data set gets one when rows are to be booked."""
    accounts = simulator.bank.accounts()
    if accounts:
        return accounts[0]["id"]
    return simulator.bank.add_account(
        reference="BE68539007547034", holderName="Simulated holder"
    )


if __name__ == "__main__":
    sys.exit(main())
