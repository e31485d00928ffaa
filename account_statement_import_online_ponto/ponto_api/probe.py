# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Look at how the real Ponto behaves where its documents are silent.

Run it with the Python that runs Odoo::

    python -m ponto_api.probe              (in the folder of the addon)
    python path/to/ponto_api/probe.py      (anywhere)

It reads only, sends at most 60 requests, and takes less than a minute. The report has
no account number, name, amount, text or id, and may be sent to the maintainers.

The Client ID and the Client Secret of a custom integration are asked for, or taken from
the environment (PONTO_CLIENT_ID, PONTO_CLIENT_SECRET).

Exit code: 0 nothing is different from what was assumed, 1 something is, 2 it could not
look.
"""

# A command talks to people by printing.
# pylint: disable=print-used
import argparse
import getpass
import ipaddress
import json
import os
import sys
from collections import Counter
from datetime import date
from pathlib import Path

if __name__ == "__main__" and not __package__:
    # Run as a file: its siblings are found through the package.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    __package__ = "ponto_api"

try:
    from .client import DEFAULT_BASE_URL
    from .errors import PontoCredentialsError, PontoError
    from .probe_assumptions import judge_all
    from .probe_caller import Caller
    from .probe_judges import AS_ASSUMED, CANNOT_TELL, DIFFERENT
    from .probe_looks import Looks
    from .transport import is_loopback_url
except ModuleNotFoundError as error:
    if __name__ != "__main__":
        raise
    print(f"{error}. Take the Python that runs Odoo.", file=sys.stderr)
    sys.exit(2)

VERDICTS = (DIFFERENT, CANNOT_TELL, AS_ASSUMED)


class _Refusal(Exception):
    """The probe cannot look; the text says why."""


def main(arguments=None):
    """Run the command.

    :param list arguments: str, None for those of the command line
    :return: exit code (int)
    """
    options = _parse(arguments)
    try:
        text, exit_code = _probe(options)
        print(text)
    except PontoCredentialsError:
        sentence = (
            "Ponto does not accept this Client ID and Client Secret. Copy both anew "
            "from the custom integration in Ponto."
        )
    except PontoError as error:
        sentence = f"Nothing could be looked at. {error}."
    except _Refusal as error:
        sentence = str(error)
    except KeyboardInterrupt:
        sentence = "Stopped."
    else:
        return exit_code
    print(sentence, file=sys.stderr)
    return 2


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m ponto_api.probe",
        description=__doc__.partition("\n\n")[0],
        epilog=(
            "Client ID and Client Secret are asked for, or taken from the environment: "
            "PONTO_CLIENT_ID, PONTO_CLIENT_SECRET. The report holds nothing of your "
            "accounts and transactions but counts and shapes. Exit code: 0 nothing is "
            "different from what was assumed, 1 something is, 2 it could not look."
        ),
    )
    parser.add_argument(
        "--base-url", default=DEFAULT_BASE_URL, help="address of the API: %(default)s"
    )
    parser.add_argument(
        "--synchronize",
        action="store_true",
        help="also ask the bank of one account for news, as a person who is present",
    )
    parser.add_argument(
        "--ip-address",
        help="your own public internet address, which the bank is told with "
        "--synchronize; asked for if not given",
    )
    parser.add_argument("--json", action="store_true", help="report as JSON")
    return parser.parse_args(arguments)


def _probe(options):
    """Look and judge; return (report, exit code)."""
    client_id = _ask("PONTO_CLIENT_ID", "Client ID: ", _input)
    client_secret = _ask("PONTO_CLIENT_SECRET", "Client Secret: ", getpass.getpass)
    ip_address = _ask_ip_address(options) if options.synchronize else None
    caller = Caller(client_id, client_secret, options.base_url)
    try:
        facts = Looks(caller, ip_address).run()
    finally:
        caller.close()
    judged = judge_all(facts)
    counts = Counter(verdict for _assumption, verdict, _seen in judged)
    report = {
        "day": date.today().isoformat(),
        "server": "a simulator" if is_loopback_url(options.base_url) else "Ponto",
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "assumptions": [
            {"name": each.name, "text": each.text, "verdict": verdict, "seen": seen}
            for each, verdict, seen in judged
        ],
        "facts": facts,
    }
    text = json.dumps(report, indent=1) if options.json else _format(report)
    return text, 1 if counts[DIFFERENT] else 0


# === INPUT === #


def _ask(name, prompt, read):
    """Return a text of the environment, or ask for it at the terminal."""
    text = os.environ.get(name, "").strip()
    if text:
        return text
    if not sys.stdin.isatty():
        raise _Refusal(f"There is nobody to ask: set {name} in the environment.")
    try:
        text = read(prompt).strip()
    except EOFError:
        text = ""
    if not text:
        raise _Refusal("Nothing was entered, so nothing was done.")
    return text


def _input(prompt):
    # The report alone goes to the standard output.
    print(prompt, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()


def _ask_ip_address(options):
    text = options.ip_address
    if not text and is_loopback_url(options.base_url):
        text = "127.0.0.1"
    text = text or _ask(
        "PONTO_IP_ADDRESS", "Your public internet address, for the bank: ", _input
    )
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise _Refusal("That is not an internet address.") from None


# === REPORT === #


def _format(report):
    facts = report["facts"]
    counts = ", ".join(f"{number} {each}" for each, number in report["counts"].items())
    lines = [
        f"Probe of {report['server']}, {report['day']}: {facts['requests']} requests.",
        counts + ".",
    ]
    if facts.get("stopped"):
        lines.append(f"It was stopped early: {facts['stopped']}.")
    for verdict in VERDICTS:
        chosen = [a for a in report["assumptions"] if a["verdict"] == verdict]
        if chosen:
            lines += ["", verdict.upper()]
            lines += [f"  {a['name']}: {a['text']} [{a['seen']}]" for a in chosen]
    lines += ["", "WHAT WAS SEEN"]
    lines += [f"  {name}: {json.dumps(seen)}" for name, seen in sorted(facts.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
