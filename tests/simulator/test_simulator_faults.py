"""What goes wrong in the field can be made to go wrong."""

import pytest
import requests
from asking import error_of, ids_of


def test_too_many_requests_carry_retry_after(client, bank):
    bank.fault("^/accounts$", status=429, headers={"Retry-After": "7"})
    answer = client.ask("/accounts")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert client.ask("/accounts").status_code == 200


def test_server_error_may_be_html(client, bank):
    bank.fault("accounts", status=500, body="<html>Bad gateway</html>")
    answer = client.ask("/accounts")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text == "<html>Bad gateway</html>"


def test_fault_with_a_code_has_the_shape_of_its_endpoint(client, bank):
    bank.fault("/accounts", status=400, code="strange")
    assert error_of(client.ask("/accounts"))["code"] == "strange"
    bank.fault("/oauth2/token", status=400, code="invalid_grant")
    assert client.token().json()["error"] == "invalid_grant"


@pytest.mark.parametrize("cut", ["before", "body"])
def test_connection_can_be_cut(client, bank, account_id, cut):
    bank.fault("/accounts", cut=cut)
    with pytest.raises(requests.RequestException):
        client.ask("/accounts")
    assert bank.requests[-1].status is None
    assert client.ask("/accounts").status_code == 200


def test_slow_answer_exceeds_a_short_timeout(client, bank, simulator):
    bank.fault("/accounts", delay=5)
    with pytest.raises(requests.Timeout):
        client.get(f"{simulator.url}/accounts", timeout=0.1)


def test_faults_wait_repeat_and_are_cleared(client, bank):
    bank.fault("/accounts", status=503, times=None, after=2, method="GET")
    statuses = [client.ask("/accounts").status_code for _ in range(5)]
    assert statuses == [200, 200, 503, 503, 503]
    bank.clear_faults()
    assert client.ask("/accounts").status_code == 200


def test_faults_are_shown_in_the_order_they_were_queued(client, bank):
    for status in (500, 502):
        bank.fault("/accounts", status=status)
    statuses = [client.ask("/accounts").status_code for _ in range(3)]
    assert statuses == [500, 502, 200]


def test_paging_can_repeat_the_first_page(client, bank, account_id, row_ids):
    bank.fault("transactions", action="repeat_page", times=None)
    path = f"/accounts/{account_id}/transactions"
    first = client.read(path)
    assert ids_of(client.read(first["links"]["next"])) == ids_of(first)


def test_paging_can_point_to_itself(client, bank, account_id, row_ids):
    bank.fault("transactions", action="cursor_loop", times=None)
    path = f"/accounts/{account_id}/transactions?page[limit]=5"
    document = client.read(path)
    assert document["links"]["next"].endswith(path)


def test_rows_can_be_served_twice(client, bank, account_id, row_ids):
    bank.fault("transactions", action="duplicate_ids")
    ids = ids_of(client.read(f"/accounts/{account_id}/transactions?limit=2"))
    assert ids == [row_ids[0], row_ids[0], row_ids[1], row_ids[1]]


def test_empty_pages_lead_to_the_rows(client, bank, account_id, row_ids):
    bank.fault("transactions", action="empty_page", after=1, times=3)
    path = f"/accounts/{account_id}/transactions?limit=20"
    lengths = []
    while path:
        document = client.read(path)
        lengths.append(len(document["data"]))
        path = document["links"].get("next")
    assert lengths == [20, 0, 0, 0, 5]
    bank.fault("transactions", action="empty_page", times=2)
    rows = client.walk(f"/accounts/{account_id}/transactions")
    assert [row["id"] for row in rows] == row_ids


def test_unknown_faults_are_refused(bank):
    with pytest.raises(ValueError, match="cut"):
        bank.fault("x", cut="sideways")
    with pytest.raises(ValueError, match="action"):
        bank.fault("x", action="nothing")
