# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The probe for the real Ponto, against the simulator: what it says, and never says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import ponto_api
import pytest
import simulator.api
from ponto_api import probe, probe_caller
from ponto_api.probe_assumptions import ASSUMPTIONS
from ponto_api.probe_judges import AS_ASSUMED, CANNOT_TELL, DIFFERENT
from ponto_api.probe_words import describe_page

PACKAGE = Path(ponto_api.__file__).parent
#: What one look at the simulator, or at Ponto, cannot show.
OUT_OF_REACH = {
    "14/3 lasting ids",
    "14/4 deletion",
    "14/10 synchronization without an address",
    "14/12 other calls",
    "14/13 webhooks",
    "14/14 Ponto's own runs",
    "14/15 new secret",
}
WITH_SYNCHRONIZATION = {
    "14/5 updated transactions",
    "15 errors of a synchronization",
    "6 new synchronization",
}
#: Attributes whose values are the words of the API.
VOCABULARY = {
    *("subtype", "referenceType", "currency", "deprecated", "availability"),
    *("remittanceInformationType", "cardReferenceType", "status"),
}


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command; (exit code, output, errors)."""

    def run(server, *arguments, client_id=None, secret=None):
        monkeypatch.setenv("PONTO_CLIENT_ID", client_id or server.client_id)
        monkeypatch.setenv("PONTO_CLIENT_SECRET", secret or server.client_secret)
        code = probe.main(["--base-url", server.url, *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def report(run):
    """Run the command for a report as JSON; (exit code, report)."""

    def report(server, *arguments):
        code, output, _errors = run(server, "--json", *arguments)
        return code, json.loads(output)

    return report


def verdicts(report):
    return {each["name"]: each["verdict"] for each in report["assumptions"]}


def names(report, verdict):
    return {name for name, each in verdicts(report).items() if each == verdict}


# === WHAT IT SAYS === #


def test_the_simulator_is_as_assumed_in_everything_that_a_look_can_tell(sim, report):
    code, found = report(sim)
    assert names(found, DIFFERENT) == set()
    assert names(found, CANNOT_TELL) == OUT_OF_REACH | WITH_SYNCHRONIZATION
    assert code == 0
    assert found["facts"]["failed"] == {}
    number = found["facts"]["requests"]
    assert found["facts"]["answers_with_request_id"] == number
    assert len(verdicts(found)) == len(ASSUMPTIONS) == sum(found["counts"].values())


def test_a_synchronization_tells_the_rest(sim, report):
    account_id = sim.bank.accounts()[0]["id"]
    sim.bank.queue_transaction(account_id, "-5")
    code, found = report(sim, "--synchronize")
    assert names(found, CANNOT_TELL) == OUT_OF_REACH | {
        "15 errors of a synchronization"
    }
    assert found["facts"]["synchronization_states"] == ["pending", "running", "success"]
    assert code == 0
    code, found = report(sim, "--synchronize")
    assert found["facts"]["synchronization"] == "400 accountRecentlySynchronized"
    assert code == 0


@pytest.mark.parametrize(("plain", "kind"), [(True, "text"), (False, "object")])
def test_a_failed_synchronization_tells_the_shape_of_its_errors(
    sim, report, plain, kind
):
    sim.bank.set_plain_errors(plain)
    sim.bank.fail_synchronizations(sim.bank.accounts()[0]["id"])
    _code, found = report(sim, "--synchronize")
    assert verdicts(found)["15 errors of a synchronization"] == AS_ASSUMED
    assert found["facts"]["synchronization_errors"] == {kind: 1}


def test_the_report_for_people_has_every_assumption_and_what_was_seen(sim, run):
    code, output, errors = run(sim)
    assert (code, errors) == (0, "")
    assert re.search(r"0 different, 10 cannot tell, \d+ as assumed\.", output)
    for each in ASSUMPTIONS:
        assert f"  {each.name}: {each.text} [" in output
    assert "token_life_s: 1799" in output


DIFFERENCES = {
    "order": (lambda sim: sim.bank.set_order("execution"), "14/1 order"),
    "life": (
        lambda sim: setattr(sim.bank.tokens, "lifetime", 600),
        "14/15 token life",
    ),
    "attribute": (
        lambda sim: sim.bank.set_extra_attributes({"novelty": 1}),
        "14/17 attributes",
    ),
    "circle": (
        lambda sim: sim.bank.fault(
            r"/transactions$", action="duplicate_ids", times=None
        ),
        "14/2 whole list",
    ),
    "gap": (
        lambda sim: sim.bank.fault(
            r"/transactions$", action="empty_page", after=9, times=1
        ),
        "14/2 whole list",
    ),
    "slash": (
        lambda sim: sim.bank.fault("/accounts$", after=1, status=404),
        "15 slash at the end",
    ),
    "currency": (
        lambda sim: sim.bank.update_transaction(
            sim.bank.transactions(sim.bank.accounts()[0]["id"])[3]["id"],
            currency="JPY",
        ),
        "14/8 currency",
    ),
    "days": (
        lambda sim: sim.bank.set_time_format(offset_minutes=60, date_only=True),
        None,
    ),
    "no date": (
        lambda sim: sim.bank.update_transaction(
            sim.bank.transactions(sim.bank.accounts()[0]["id"])[3]["id"],
            executionDate=None,
        ),
        "14/17 needed attributes",
    ),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_another_behaviour_is_called_different(sim, report, name):
    change, expected = DIFFERENCES[name]
    change(sim)
    code, found = report(sim)
    assert code == (1 if expected else 0)
    if expected:
        assert verdicts(found)[expected] == DIFFERENT
    else:
        assert names(found, DIFFERENT) == set()


def test_a_slash_that_is_refused_is_different_without_accounts_too(empty_sim, report):
    empty_sim.bank.fault("^/accounts$", after=1, times=2, status=404)
    _code, found = report(empty_sim)
    assert verdicts(found)["15 slash at the end"] == DIFFERENT
    assert verdicts(found)["15 two slashes"] == DIFFERENT


def test_refusals_are_nothing_to_compare(sim, report):
    sim.bank.set_forbidden()
    _code, found = report(sim)
    assert verdicts(found)["15 slash at the end"] == CANNOT_TELL
    assert verdicts(found)["15 two slashes"] == CANNOT_TELL


def test_refused_lists_show_no_fields_no_filter_and_no_links(sim, report):
    report(sim)
    lists = [
        each.headers["accept"]
        for each in sim.bank.requests
        if each.path.endswith("/transactions")
    ]
    usual = lists.index("application/vnd.api+json") - 1
    for after, names in (
        (usual, ("14/6 filter by date", "14/16 version", "14/16 asking for JSON:API")),
        (1, ("15 next link", "4 synchronization of a page", "14/2 after the oldest")),
    ):
        sim.bank.clear_faults()
        sim.bank.fault("/transactions$", after=after, times=None, status=403)
        _code, found = report(sim)
        assert {verdicts(found)[name] for name in names} == {CANNOT_TELL}


@pytest.mark.parametrize(
    ("name", "value", "assumption"),
    [
        ("DEFAULT_LIMIT", 100, "14/2 default"),
        ("LIMITS", range(1, 1000), "14/2 limit 101"),
        ("LIMITS", range(101), "14/2 limit 0"),
    ],
)
def test_another_limit_is_different_whatever_it_begins_with(
    empty_sim, report, monkeypatch, name, value, assumption
):
    monkeypatch.setattr(simulator.api, name, value)
    account_id = empty_sim.bank.add_account()
    for _row in range(45):
        empty_sim.bank.add_transaction(account_id, "1.00")
    _code, found = report(empty_sim)
    assert verdicts(found)[assumption] == DIFFERENT


def test_what_is_no_list_is_no_empty_page():
    assert describe_page(probe_caller.Reply(200, {}, {})) == "something else"
    assert describe_page(probe_caller.Reply(200, {}, {"data": []})) == (
        "empty, no neighbours"
    )


@pytest.mark.parametrize(
    ("changed", "page_size", "expected"),
    [(12, 100, DIFFERENT), (12, 5, CANNOT_TELL), (0, 100, DIFFERENT)],
)
def test_new_ones_are_looked_for_among_all_updated_ones(
    sim, report, monkeypatch, changed, page_size, expected
):
    account_id = sim.bank.accounts()[0]["id"]
    rows = [row["id"] for row in sim.bank.transactions(account_id)]
    sim.bank.updated_includes_created = True
    for row_id in rows[:changed]:
        sim.bank.queue_update(row_id, description="Changed")
    for _row in range(3):
        sim.bank.queue_transaction(account_id, "-5")
    monkeypatch.setattr(simulator.api, "MAXIMUM_LIMIT", page_size)
    _code, found = report(sim, "--synchronize")
    assert verdicts(found)["14/5 updated transactions"] == expected


def test_both_answers_to_an_unknown_cursor_are_expected(sim, report):
    sim.bank.set_unknown_cursor("empty")
    code, found = report(sim)
    assert code == 0
    assert found["facts"]["unknown_after"] == "empty, no neighbours"


def test_without_accounts_most_cannot_be_told(empty_sim, report):
    code, found = report(empty_sim)
    assert code == 0
    assert verdicts(found)["14/1 order"] == CANNOT_TELL
    assert verdicts(found)["15 root"] == AS_ASSUMED


@pytest.mark.parametrize("count", [1, 2, 7, 8])
def test_few_transactions_are_enough_for_no_false_difference(empty_sim, report, count):
    account_id = empty_sim.bank.add_account()
    for _row in range(count):
        empty_sim.bank.add_transaction(account_id, "1.00")
    code, found = report(empty_sim)
    assert (code, names(found, DIFFERENT)) == (0, set())


def test_omitted_attributes_and_errors_without_meta_are_expected(sim, report):
    sim.bank.set_omit_null()
    sim.bank.set_error_meta(False)
    code, found = report(sim)
    assert (code, names(found, DIFFERENT)) == (0, set())
    assert found["facts"]["error_fields"] == ["code", "detail"]
    fee = found["facts"]["transaction_attributes"].get("fee")
    assert fee is None


# === WHAT IT NEVER SAYS === #


def values_of(bank):
    """Every value of the bank's data that nobody may see."""
    rows = [
        row for account in bank.accounts() for row in bank.transactions(account["id"])
    ]
    for resource in [*bank.accounts(), *bank.institutions(), *rows]:
        for name, value in resource.items():
            if value is None or isinstance(value, bool) or name in VOCABULARY:
                continue
            if hasattr(value, "isoformat"):
                yield name, value.isoformat()
            elif not isinstance(value, int):
                yield name, str(value).lstrip("-")
            if name == "counterpartName":
                yield from ((name, word) for word in value.split() if len(word) > 5)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_value_of_the_bank_is_in_the_report(sim, run, form):
    account_id = sim.bank.accounts()[0]["id"]
    sim.bank.update_transaction(
        sim.bank.transactions(account_id)[0]["id"],
        fee="12.34",
        internalReference="internal-7",
        remittanceInformation="Paid at café “Zwaan”",
    )
    sim.bank.set_extra_attributes({"holder BE68539007547034": "Anna", "n2": "Peeters"})
    _code, output, errors = run(sim, "--synchronize", *form)
    text = re.sub(
        r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), output + errors
    )
    leaks = {
        (name, value)
        for name, value in values_of(sim.bank)
        if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) and len(value) > 2
    }
    assert leaks == set()
    for secret in (sim.client_id, sim.client_secret, "simulated.", "539007", "Peeters"):
        assert secret not in text
    assert not re.search(r"\d+[.,]\d\d\b", text), "an amount"
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", text), "an id"
    assert sum(1 for _each in values_of(sim.bank)) > 4000


def test_hostile_answers_do_not_get_into_the_report(wire, run):
    body = json.dumps(
        {
            "errors": [{"code": "BE68539007547034", "detail": "Anna", "an id 7": 1}],
            "data": [
                {
                    "id": "Anna Peeters",
                    "attributes": {"amount": "1.234,56", "createdAt": "Anna"},
                    "meta": {"latestSynchronization": {"attributes": {"subtype": "P"}}},
                }
            ],
            "links": {"first": "http://Anna/", "next": "http://Anna/"},
            "meta": {"paging": {"limit": "Anna"}},
        }
    )
    for status in [200, 404, 200, 400, 200] * 20:
        wire.say(status, body, {"X-RateLimit-Anna": "Peeters"})
    code, output, errors = run(wire)
    assert code == 1
    for word in ("BE68", "Peeters", "1.234", "an id 7"):
        assert word not in output + errors
    assert "Anna" not in output.replace("x-ratelimit-anna", "") + errors


# === WHAT IT SENDS === #


def test_it_reads_only_and_spares_ponto(sim, run):
    before = [sim.bank.accounts(), list(map(str, values_of(sim.bank)))]
    run(sim)
    requests = sim.bank.requests
    assert len(requests) <= 60
    others = [each for each in requests if each.method != "GET"]
    assert {each.path for each in others} == {"/oauth2/token"}
    assert [sim.bank.accounts(), list(map(str, values_of(sim.bank)))] == before


def test_a_big_integration_gets_no_more_than_60_requests(sim, run):
    for number in range(30):
        account_id = sim.bank.add_account(reference=f"ACCOUNT {number}")
        for _row in range(3):
            sim.bank.add_transaction(account_id, "1")
    first = sim.bank.accounts()[0]["id"]
    for number in range(2000):
        sim.bank.add_transaction(first, number)
    code, output, _errors = run(sim, "--synchronize")
    assert code == 0
    assert "stopped early" not in output
    assert 40 < len(sim.bank.requests) <= 60
    assert sim.bank.count("/synchronizations$", "POST") == 1


def test_it_stops_when_the_requests_are_used_up(sim, report, monkeypatch):
    monkeypatch.setattr(probe_caller, "MAX_REQUESTS", 12)
    code, found = report(sim)
    assert len(sim.bank.requests) == found["facts"]["requests"] == 12
    assert (code, found["facts"]["stopped"]) == (0, "requests")
    assert verdicts(found)["14/9 rate"] == CANNOT_TELL


def test_it_stops_when_the_time_is_over(sim, report, monkeypatch):
    elapsed = property(lambda caller: 8 * caller.request_count)
    monkeypatch.setattr(probe_caller.Caller, "elapsed_s", elapsed)
    code, found = report(sim)
    assert len(sim.bank.requests) == 6
    assert (code, found["facts"]["stopped"]) == (0, "time")


def test_it_stops_when_ponto_asks_for_fewer_requests(sim, report):
    sim.bank.fault(".", after=10, status=429, headers={"Retry-After": "60"})
    code, found = report(sim)
    assert len(sim.bank.requests) == 11
    assert verdicts(found)["14/9 rate"] == DIFFERENT
    assert found["facts"]["limit_headers"] == ["retry-after"]
    assert code == 1


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut": "before"}, {"cut": "body"}])
@pytest.mark.parametrize("after", [1, 9, 14, 30])
def test_a_disturbance_makes_nothing_different(sim, report, fault, after):
    sim.bank.fault(".", after=after, **fault)
    code, found = report(sim)
    assert (code, names(found, DIFFERENT)) == (0, set())
    assert len(found["facts"]["failed"]) == 1


@pytest.mark.parametrize(
    "link", ["{other}/accounts", "{own}.{host}/accounts", "{own}@{host}/accounts"]
)
def test_a_link_to_another_server_is_not_followed(wire, other_wire, run, link):
    host = other_wire.url.removeprefix("http://")
    link = link.format(own=wire.url, other=other_wire.url, host=host)
    for _request in range(60):
        wire.say(
            body=json.dumps(
                {
                    "data": [{"id": f"id{n}", "attributes": {}} for n in range(9)],
                    "links": {"next": link},
                }
            )
        )
    code, _output, errors = run(wire)
    assert (code, errors) == (1, "")
    assert other_wire.requests == []


# === HOW IT IS RUN === #


def test_a_wrong_secret_gives_a_sentence(sim, run):
    code, output, errors = run(sim, secret="wrong-secret-of-ours")
    assert (code, output) == (2, "")
    assert "Client Secret" in errors
    assert errors.count("\n") == 1
    assert "wrong-secret-of-ours" not in errors


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, "<html>"), (200, "<html>"), (200, '{"access_token": 7}'), (400, "")],
)
def test_a_token_that_does_not_come_gives_a_sentence(wire, run, status, body):
    wire.say_token(status, body)
    code, output, errors = run(wire)
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("Nothing could be looked at.")


@pytest.mark.parametrize(
    "address", ["http://example.com", "nonsense", "http://127.0.0.1:9"]
)
def test_an_address_that_is_of_no_use_gives_a_sentence(run, sim, address):
    code, output, errors = run(sim, "--base-url", address)
    assert (code, output, errors.count("\n")) == (2, "", 1)


def test_a_wrong_internet_address_gives_a_sentence(sim, run):
    code, _output, errors = run(sim, "--synchronize", "--ip-address", "here")
    assert (code, errors) == (2, "That is not an internet address.\n")
    assert sim.bank.requests == []


def test_the_internet_address_that_was_given_goes_to_the_bank(sim, run):
    run(sim, "--synchronize", "--ip-address", "203.0.113.7")
    (made,) = [each for each in sim.bank.requests if each.path == "/synchronizations"]
    attributes = json.loads(made.body)["data"]["attributes"]
    assert attributes["customerIpAddress"] == "203.0.113.7"


def test_codes_are_never_taken_from_the_command_line(capsys):
    for option in ("--client-id", "--client-secret", "--secret"):
        with pytest.raises(SystemExit) as caught:
            probe.main([option, "x"])
        assert caught.value.code == 2


def test_codes_are_asked_for_at_the_terminal(sim, monkeypatch, capsys):
    class Terminal:
        def isatty(self):
            return True

        def readline(self):
            return f"{sim.client_id}\n"

    for name in ("PONTO_CLIENT_ID", "PONTO_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: sim.client_secret)
    assert probe.main(["--base-url", sim.url]) == 0
    captured = capsys.readouterr()
    assert captured.err == "Client ID: "
    assert sim.client_secret not in captured.out


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        (["-m", "ponto_api.probe"], PACKAGE.parent),
        ([str(PACKAGE / "probe.py")], Path("/")),
        (["probe.py"], PACKAGE),
    ],
)
def test_it_runs_as_a_module_and_as_a_file_without_odoo(sim, command, folder):
    environment = {
        **os.environ,
        "PONTO_CLIENT_ID": sim.client_id,
        "PONTO_CLIENT_SECRET": sim.client_secret,
    }
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, *command, "--base-url", sim.url],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 different" in done.stdout


def test_without_codes_and_without_a_terminal_it_says_what_to_set(sim):
    environment = {
        name: text for name, text in os.environ.items() if "PONTO" not in name
    }
    done = subprocess.run(
        [sys.executable, str(PACKAGE / "probe.py"), "--base-url", sim.url],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "There is nobody to ask: set PONTO_CLIENT_ID in the environment.\n"
    )
    assert sim.bank.requests == []
