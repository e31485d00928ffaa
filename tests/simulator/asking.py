"""How the simulator is asked, and what its answers hold."""

from datetime import date, datetime, timedelta, timezone

import requests

UTC = timezone.utc  # Python 3.10 has no datetime.UTC.
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SHARED_IBAN = "BE68539007547034"


class Clock:
    """A present that moves only when told."""

    def __init__(self):
        self.moment = NOW

    def __call__(self):
        return self.moment

    def advance(self, **units):
        self.moment += timedelta(**units)


class Client(requests.Session):
    """A session with a token, and short ways to ask."""

    def __init__(self, simulator):
        super().__init__()
        self.simulator = simulator
        self.trust_env = False

    def log_in(self):
        answer = self.token()
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def token(self, auth=None, **kwargs):
        auth = auth or (self.simulator.client_id, self.simulator.client_secret)
        kwargs = kwargs or {"data": {"grant_type": "client_credentials"}}
        return requests.post(
            f"{self.simulator.url}/oauth2/token", auth=auth, timeout=10, **kwargs
        )

    def ask(self, path, method="GET", **kwargs):
        url = path if path.startswith("http") else self.simulator.url + path
        return self.request(method, url, timeout=10, **kwargs)

    def read(self, path):
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def walk(self, path):
        """All rows, following ``links.next`` to the end."""
        rows = []
        while path:
            document = self.read(path)
            rows += document["data"]
            path = document["links"].get("next")
        return rows

    def synchronize(self, account_id, subtype="accountTransactions", **changes):
        attributes = {
            "resourceType": "account",
            "resourceId": account_id,
            "subtype": subtype,
            "customerIpAddress": "203.0.113.7",
            **changes,
        }
        attributes = {name: text for name, text in attributes.items() if text}
        document = {"data": {"type": "synchronization", "attributes": attributes}}
        return self.ask("/synchronizations", "POST", json=document)

    def finish(self, synchronization_id):
        """Look until the synchronization is completed; the states seen."""
        states = []
        while not states or states[-1] in ("pending", "running"):
            document = self.read(f"/synchronizations/{synchronization_id}")
            states.append(document["data"]["attributes"]["status"])
        return states


def ids_of(document):
    return [row["id"] for row in document["data"]]


def error_of(answer):
    return answer.json()["errors"][0]
