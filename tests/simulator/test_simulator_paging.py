"""Lists come in pages, from the newest on."""

import pytest
from asking import error_of, ids_of


def test_a_page_has_10_rows_unless_asked_and_1_to_100_may_be_asked(
    client, bank, account_id
):
    for _ in range(101):
        bank.add_transaction(account_id, "1")
    path = f"/accounts/{account_id}/transactions"
    assert len(client.read(path)["data"]) == 10
    for query in ("limit=7", "page[limit]=7", "page%5Blimit%5D=7"):
        document = client.read(f"{path}?{query}")
        assert len(document["data"]) == 7
        assert document["meta"]["paging"]["limit"] == 7
    for limit in (1, 100):
        document = client.read(f"{path}?limit={limit}")
        assert len(document["data"]) == document["meta"]["paging"]["limit"] == limit
    for nonsense in ("0", "101", "-1", "10000000", "ten", "١", ""):
        answer = client.ask(f"{path}?limit={nonsense}")
        assert answer.status_code == 400, nonsense
        assert error_of(answer)["code"] == "invalid_paging_limit"


def test_after_and_before_exclude_their_row_in_both_spellings(
    client, account_id, row_ids
):
    path = f"/accounts/{account_id}/transactions?limit=3"
    for form in ("{}", "page[{}]"):
        after, before = form.format("after"), form.format("before")
        assert ids_of(client.read(f"{path}&{after}={row_ids[9]}")) == row_ids[10:13]
        assert ids_of(client.read(f"{path}&{before}={row_ids[9]}")) == row_ids[6:9]


def test_page_before_a_row_near_the_head_is_short(client, account_id, row_ids):
    document = client.read(f"/accounts/{account_id}/transactions?before={row_ids[2]}")
    assert ids_of(document) == row_ids[:2]
    assert "prev" not in document["links"]


def test_links_and_paging_of_first_middle_and_last_page(
    client, simulator, account_id, row_ids
):
    path = f"/accounts/{account_id}/transactions"
    url = f"{simulator.url}{path}"
    first = client.read(f"{path}?page[limit]=10")
    assert first["links"] == {
        "first": f"{url}?page[limit]=10",
        "next": f"{url}?page[after]={row_ids[9]}&page[limit]=10",
    }
    assert first["meta"]["paging"] == {
        "limit": 10,
        "before": None,
        "after": row_ids[9],
    }
    middle = client.read(first["links"]["next"])
    assert middle["links"]["prev"] == f"{url}?page[before]={row_ids[10]}&page[limit]=10"
    assert ids_of(client.read(middle["links"]["prev"])) == ids_of(first)
    last = client.read(middle["links"]["next"])
    assert ids_of(last) == row_ids[20:]
    assert "next" not in last["links"]
    assert "after" not in last["meta"]["paging"]
    assert ids_of(client.read(f"{path}?after={row_ids[-1]}")) == []


@pytest.mark.parametrize(
    ("asked", "first", "following"),
    [
        ("", "", "?page[after]={}"),
        ("?limit=4", "?limit=4", "?after={}&limit=4"),
        ("?page%5Blimit%5D=4", "?page[limit]=4", "?page[after]={}&page[limit]=4"),
        ("?limit=4&x[y]=1:2", "?limit=4&x[y]=1%3A2", "?after={}&limit=4&x[y]=1%3A2"),
    ],
)
def test_links_repeat_the_query_that_was_asked_in_its_spelling(
    client, simulator, account_id, row_ids, asked, first, following
):
    path = f"/accounts/{account_id}/transactions"
    document = client.read(path + asked)
    last = ids_of(document)[-1]
    url = f"{simulator.url}{path}"
    assert document["links"]["first"] == url + first
    assert document["links"]["next"] == url + following.format(last)
    second = client.read(document["links"]["next"])
    assert second["links"]["first"] == url + first
    back = following.replace("after", "before").format(ids_of(second)[0])
    assert second["links"]["prev"] == url + back
    assert len(client.walk(path + asked)) == 25


def test_page_before_the_newest_row_is_empty_and_has_no_neighbours(
    client, simulator, account_id, row_ids
):
    path = f"/accounts/{account_id}/transactions"
    document = client.read(f"{path}?before={row_ids[0]}")
    assert document["data"] == []
    assert document["links"] == {"first": f"{simulator.url}{path}"}
    assert document["meta"]["paging"] == {"limit": 10}


def test_page_meta_describes_the_synchronization_of_transactions(client, account_id):
    meta = client.read(f"/accounts/{account_id}/transactions")["meta"]
    assert meta["synchronizedAt"] == "2026-11-20T09:30:00.000Z"
    latest = meta["latestSynchronization"]["attributes"]
    assert latest["subtype"] == "accountTransactions"


def test_unknown_or_foreign_cursor_is_not_found_and_two_cursors_are_refused(
    client, bank, account_id, row_ids
):
    foreign = bank.add_transaction(bank.add_account(), "1")
    path = f"/accounts/{account_id}/transactions"
    for cursor in ("unknown", foreign):
        assert client.ask(f"{path}?after={cursor}").status_code == 404
    both = f"{path}?after={row_ids[1]}&before={row_ids[9]}"
    assert client.ask(both).status_code == 400


def test_unknown_cursor_can_give_an_empty_page(client, bank, account_id, row_ids):
    bank.set_unknown_cursor("empty")
    for name in ("after", "before"):
        path = f"/accounts/{account_id}/transactions?{name}=unknown"
        document = client.read(path)
        assert document["data"] == []
        assert set(document["links"]) == {"first"}
    with pytest.raises(ValueError, match="empty"):
        bank.set_unknown_cursor("head")


def test_unknown_cursor_can_be_refused(client, bank, account_id):
    bank.set_unknown_cursor("refused")
    answer = client.ask(f"/accounts/{account_id}/transactions?after=unknown")
    assert answer.status_code == 400


def test_unknown_cursor_gives_an_empty_page_of_institutions(client, bank):
    bank.add_institution()
    document = client.read("/financial-institutions?after=unknown")
    assert (document["data"], set(document["links"])) == ([], {"first"})


def test_accounts_are_paged_too(client, bank):
    ids = [bank.add_account(reference=f"ACCOUNT {number}") for number in range(5)]
    rows = client.walk("/accounts?limit=2")
    assert [row["id"] for row in rows] == ids
    assert client.simulator.bank.count("^/accounts$", "GET") == 3


def test_links_use_the_host_that_the_client_asked(client, account_id, simulator):
    port = simulator.url.rsplit(":", 1)[1]
    document = client.read(f"http://localhost:{port}/accounts")
    assert document["links"]["first"].startswith(f"http://localhost:{port}/")
