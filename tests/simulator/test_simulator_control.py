"""It is started, controlled and stopped."""

import inspect
import os
import re
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from asking import Client
from simulator import Simulator


def test_requests_are_logged_without_credentials(client, bank, simulator):
    bank.clear_requests()
    client.token()
    client.ask("/accounts?limit=3")
    token, accounts = bank.requests
    assert token.method == "POST"
    assert token.body == "grant_type=client_credentials"
    assert token.headers["authorization"] == "Basic ***"
    assert accounts.headers["authorization"] == "Bearer ***"
    assert accounts.query == {"limit": "3"}
    assert accounts.status == 200
    assert bank.count("^/accounts$") == bank.count("/accounts", "GET") == 1


def test_simulator_is_controlled_over_http(simulator, bank, account_id):
    def control(name, method="POST", **kwargs):
        url = f"{simulator.url}/simulator/{name}"
        return requests.request(method, url, timeout=10, **kwargs)

    arguments = {"account_id": account_id, "amount": 10.1, "counterpartName": "X"}
    row_id = control("add_transaction", json=arguments).json()["result"]
    assert bank.transaction(row_id)["amount"] == Decimal("10.1")
    answer = control("balance", "GET", params={"account_id": account_id})
    assert answer.text == '{"result":110.10}'
    fault = {"path_regex": "/accounts", "status": 500, "times": None}
    assert control("fault", json=fault).status_code == 200
    assert requests.get(f"{simulator.url}/accounts", timeout=10).status_code == 500
    logged = control("requests", "GET").json()["result"]
    assert [record["path"] for record in logged] == ["/accounts"]
    assert control("new_id").status_code == 404
    assert control("add_transaction", "GET").status_code == 404
    assert control("unlink", json={"account_id": "nobody"}).status_code == 404
    assert control("unlink", json={"wrong": 1}).status_code == 400
    assert control("unlink", data=b"[]").status_code == 400
    assert control("unlink", data=b"[" * 100_000).status_code == 400
    assert control("fault", json={"path_regex": "("}).status_code == 400


def test_stopped_simulator_drops_connections_that_were_kept_alive(clock):
    simulator = Simulator(dataset="empty", clock=clock).start()
    client = Client(simulator)
    client.log_in()
    url = f"{simulator.url}/accounts"
    assert client.get(url, timeout=10).status_code == 200
    simulator.stop()
    with pytest.raises(requests.ConnectionError):
        client.get(url, timeout=10)
    simulator.stop()  # Once more does no harm.


def run_simulator(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=Path(inspect.getfile(Simulator)).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_command_prints_address_and_credentials_and_ends_on_a_signal():
    process = run_simulator("--port", "0", "--generate", "30", "--live", "0.05")
    try:
        url = re.search(r"http://\S+", process.stdout.readline())[0]
        assert "simulated-client-id" in process.stdout.readline()
        assert "simulated-client-secret" in process.stdout.readline()
        accounts = requests.get(f"{url}/simulator/accounts", timeout=10).json()
        assert len(accounts["result"]) == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_command_says_in_one_sentence_that_the_port_is_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = run_simulator("--port", port, "--dataset", "empty")
        _output, errors = process.communicate(timeout=10)
    assert process.returncode == 2
    assert errors == (
        f"Port {port} on 127.0.0.1 is already in use: choose another with --port.\n"
    )
