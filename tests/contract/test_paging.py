# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Walking through pages, straight and in circles."""

import json

import pytest
from ponto_api import (
    PontoEmptyPagesError,
    PontoNotFoundError,
    PontoPagingError,
    PontoProtocolError,
)
from ponto_api.paging import MAX_ACCOUNTS, MAX_EMPTY_PAGES


def page(ids, next_link=None, after=None, **extra):
    """Return a list document."""
    document = {
        "data": [{"id": record_id, "attributes": {}} for record_id in ids],
        "links": {} if next_link is None else {"next": next_link},
        "meta": {"paging": {"limit": 2, "after": after}},
        **extra,
    }
    return json.dumps(document)


def walk(client):
    """Return the ids of each page."""
    pages = client.iter_transaction_pages("a")
    return [[record.id for record in page.records] for page in pages]


def queries(wire):
    return [request["query"] for request in wire.data_requests()]


@pytest.mark.parametrize("order", ["created", "execution"])
def test_every_transaction_comes_once(sim, make_client, order):
    sim.bank.set_order(order)
    client = make_client(sim)
    for account in client.iter_accounts():
        pages = list(client.iter_transaction_pages(account.id))
        ids = [record.id for page in pages for record in page.records]
        assert len(ids) == len(set(ids))
        assert set(ids) == {row["id"] for row in sim.bank.transactions(account.id)}
        assert all(page.synchronized_at.tzinfo for page in pages)
        assert all(page.latest_synchronization.is_finished for page in pages)


def test_every_account_comes_although_they_fill_pages(empty_sim, make_client):
    expected = [empty_sim.bank.add_account(description=str(n)) for n in range(230)]
    accounts = list(make_client(empty_sim).iter_accounts())
    assert [account.id for account in accounts] == expected
    assert empty_sim.bank.count("/accounts") == 3


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (99, 1), (100, 1)])
def test_small_accounts_take_one_call(empty_sim, make_client, count, pages):
    account_id = empty_sim.bank.add_account()
    for number in range(count):
        empty_sim.bank.add_transaction(account_id, number)
    found = list(make_client(empty_sim).iter_transaction_pages(account_id))
    assert sum(len(page.records) for page in found) == count
    assert empty_sim.bank.count("/transactions") == pages


def test_pages_are_fetched_when_asked_for(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    pages = make_client(sim).iter_transaction_pages(account_id)
    assert sim.bank.count(".") == 0
    next(pages)
    assert sim.bank.count("/transactions") == 1
    next(pages)
    assert sim.bank.count("/transactions") == 2


def test_the_walk_starts_behind_a_given_cursor(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    client = make_client(sim)
    first = next(client.iter_transaction_pages(account_id, limit=10)).records
    again = next(client.iter_transaction_pages(account_id, after=first[3].id, limit=6))
    assert [record.id for record in again.records] == [r.id for r in first[4:]]


def test_transactions_arriving_during_the_walk_do_not_disturb_it(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    expected = {row["id"] for row in sim.bank.transactions(account_id)}
    ids = []
    for found in make_client(sim).iter_transaction_pages(account_id):
        ids += [record.id for record in found.records]
        sim.bank.add_transaction(account_id, "1.00")
    assert len(ids) == len(set(ids))
    assert set(ids) == expected


def test_updated_transactions_are_walked_through_too(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    row = sim.bank.transactions(account_id)[0]
    sim.bank.queue_update(row["id"], counterpartName="Later Known NV")
    client = make_client(sim)
    made = client.create_synchronization(
        account_id, "accountTransactions", "203.0.113.7"
    )
    while not made.is_finished:
        made = client.fetch_synchronization(made.id)
    records = [
        record
        for page in client.iter_updated_transactions(made.id)
        for record in page.records
    ]
    assert [(r.id, r.counterpart_name) for r in records] == [
        (row["id"], "Later Known NV")
    ]


def test_a_link_is_followed_with_all_that_is_in_it(wire, make_client):
    own = f"{wire.url}/accounts/a/transactions"
    wire.say(body=page("ab", f"{own}?page[after]=b&page[limit]=2&extra=1"))
    wire.say(body=page("c"))
    assert walk(make_client(wire)) == [["a", "b"], ["c"]]
    assert queries(wire)[1] == {"page[after]": "b", "page[limit]": "2", "extra": "1"}


@pytest.mark.parametrize(
    "link",
    [
        "/accounts/a/transactions?page[after]=b",
        "?page%5Bafter%5D=b",
        {"href": "?page[after]=b"},
    ],
)
def test_links_may_be_relative_encoded_or_objects(wire, make_client, link):
    wire.say(body=page("ab", link))
    wire.say(body=page("c"))
    assert walk(make_client(wire)) == [["a", "b"], ["c"]]
    assert queries(wire)[1] == {"page[after]": "b"}


@pytest.mark.parametrize("link", [None, "", {}, {"href": None}, {"href": ""}])
def test_a_link_to_nowhere_is_none(wire, make_client, link):
    wire.say(body=page("ab", link))
    assert walk(make_client(wire)) == [["a", "b"]]


@pytest.mark.parametrize(
    "link",
    [
        "{other}/accounts/a/transactions?page[after]=x",
        "//{other_host}/accounts/a/transactions?page[after]=x",
        "{own}@{other_host}/accounts/a/transactions?page[after]=x",
        "{own_https}/accounts/a/transactions?page[after]=x",
        "{own}/accounts/other/transactions?page[after]=x",
        "{own}/accounts/a/pending-transactions?page[after]=x",
        "{own}/accounts/a/../b/transactions?page[after]=x",
        "http://user:word@{own_host}/accounts/a/transactions?page[after]=x",
        "\\\\{other_host}\\accounts?page[after]=x",
        "http://[::1/accounts",
        "http://127.0.0.1:nan/accounts/a/transactions?page[after]=x",
        "javascript:alert(1)",
        7,
        ["x"],
        {"meta": {}},
    ],
)
@pytest.mark.parametrize("after", [None, "b"])
def test_a_foreign_link_only_tells_that_there_is_more(
    wire, other_wire, make_client, link, after
):
    if isinstance(link, str):
        link = link.format(
            own=wire.url,
            own_host=wire.url.removeprefix("http://"),
            own_https=wire.url.replace("http:", "https:"),
            other=other_wire.url,
            other_host=other_wire.url.removeprefix("http://"),
        )
    wire.say(body=page("ab", link, after))
    wire.say(body=page("c"))
    assert walk(make_client(wire)) == [["a", "b"], ["c"]]
    assert queries(wire)[1] == {"page[limit]": "100", "page[after]": "b"}
    assert other_wire.requests == []


def test_a_cursor_without_a_link_is_followed(wire, make_client):
    wire.say(body=page("ab", after="b"))
    wire.say(body=page("c"))
    assert walk(make_client(wire)) == [["a", "b"], ["c"]]


@pytest.mark.parametrize("after", [None, "", 5, [], {}])
def test_without_link_and_cursor_the_walk_ends(wire, make_client, after):
    wire.say(body=page("ab", after=after))
    assert walk(make_client(wire)) == [["a", "b"]]


@pytest.mark.parametrize("odd", [{"links": []}, {"meta": "x"}, {"links": None}])
def test_odd_links_and_meta_end_the_walk(wire, make_client, odd):
    wire.say(body=page("ab", **odd))
    assert walk(make_client(wire)) == [["a", "b"]]


@pytest.mark.parametrize("count", [1, 3, MAX_EMPTY_PAGES])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_empty_pages_with_a_next_link_are_followed(sim, make_client, first, count):
    account_id = sim.bank.accounts()[0]["id"]
    expected = [row["id"] for row in sim.bank.transactions(account_id)]
    sim.bank.fault("/transactions", action="empty_page", after=first, times=count)
    pages = list(make_client(sim).iter_transaction_pages(account_id))
    assert [record.id for found in pages for record in found.records] == expected
    assert sum(not found.records for found in pages) == count


def test_empty_pages_here_and_there_are_followed(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    for number in range(0, 12, 2):
        sim.bank.fault("/transactions", action="empty_page", after=number)
    pages = make_client(sim).iter_transaction_pages(account_id, limit=100)
    assert sum(len(found.records) for found in pages) == 400


def test_empty_pages_of_other_lists_are_followed_too(sim, make_client):
    sim.bank.fault("/accounts$", action="empty_page", times=2)
    assert len(list(make_client(sim).iter_accounts())) == 3


@pytest.mark.parametrize("after", [0, 2])
def test_too_many_empty_pages_in_a_row_are_a_failure_and_no_end(
    sim, make_client, after
):
    account_id = sim.bank.accounts()[0]["id"]
    sim.bank.fault("/transactions", action="empty_page", after=after, times=None)
    pages, found = make_client(sim).iter_transaction_pages(account_id), []
    with pytest.raises(PontoEmptyPagesError) as caught:
        for each in pages:
            found.append(each)
    assert len(found) == after + MAX_EMPTY_PAGES
    assert caught.value.advice == "retry"
    assert isinstance(caught.value, PontoPagingError)


def test_an_empty_page_without_a_link_is_the_end_whatever_its_cursor(wire, make_client):
    wire.say(body=page("ab", after="b"))
    wire.say(body=page("", after="b"))
    # Unless Ponto has forgotten the last one meanwhile.
    wire.say(body=json.dumps({"data": {"id": "b", "attributes": {}}}))
    assert walk(make_client(wire)) == [["a", "b"], []]
    paths = [request["path"] for request in wire.data_requests()]
    assert [path.rpartition("/")[2] for path in paths] == ["transactions"] * 2 + ["b"]


def test_an_empty_page_that_leads_back_is_a_circle(wire, make_client):
    wire.say(body=page("ab", after="b"))
    wire.say(body=page("", f"{wire.url}/accounts/a/transactions?page[after]=b"))
    with pytest.raises(PontoPagingError, match="cursor b came twice"):
        walk(make_client(wire))


def test_a_page_that_comes_again_behind_an_empty_one_is_a_circle(wire, make_client):
    wire.say(body=page("ab", "?page[after]=b"))
    wire.say(body=page("", "?page[after]=x"))
    wire.say(body=page("ab", "?page[after]=y"))
    with pytest.raises(PontoPagingError, match="repeats the records"):
        walk(make_client(wire))


@pytest.mark.parametrize("link", ["http://elsewhere.example/x", 7, {"meta": {}}])
def test_an_empty_page_with_a_link_that_leads_nowhere_is_no_end(
    wire, make_client, link
):
    wire.say(body=page("", link))
    with pytest.raises(PontoProtocolError):
        walk(make_client(wire))


@pytest.mark.parametrize("answer", ["empty", "not_found"])
def test_an_unknown_start_is_not_taken_for_the_end(sim, make_client, answer):
    sim.bank.set_unknown_cursor(answer)
    account_id = sim.bank.accounts()[0]["id"]
    last = sim.bank.transactions(account_id)[-1]["id"]
    client = make_client(sim)
    pages = list(client.iter_transaction_pages(account_id, after=last))
    assert [found.records for found in pages] == [[]]
    sim.bank.remove_transaction(last)
    with pytest.raises(PontoNotFoundError):
        list(client.iter_transaction_pages(account_id, after=last))


@pytest.mark.parametrize("answer", ["empty", "not_found"])
def test_a_cursor_forgotten_on_the_way_is_not_taken_for_the_end(
    sim, make_client, answer
):
    sim.bank.set_unknown_cursor(answer)
    account_id = sim.bank.accounts()[0]["id"]
    pages = make_client(sim).iter_transaction_pages(account_id, limit=5)
    last = next(pages).records[-1].id
    sim.bank.remove_transaction(last)
    with pytest.raises(PontoNotFoundError):
        list(pages)


def test_twins_in_one_page_are_left_to_the_caller(sim, make_client):
    account_id = sim.bank.accounts()[0]["id"]
    sim.bank.fault("/transactions", action="duplicate_ids", times=None)
    records = [
        record.id
        for found in make_client(sim).iter_transaction_pages(account_id)
        for record in found.records
    ]
    assert len(records) == 2 * len(set(records))


@pytest.mark.parametrize("action", ["repeat_page", "cursor_loop"])
def test_circles_of_the_simulator_end_in_an_error(sim, make_client, action):
    account_id = sim.bank.accounts()[0]["id"]
    sim.bank.fault("/transactions", action=action, times=None)
    with pytest.raises(PontoPagingError) as caught:
        list(make_client(sim).iter_transaction_pages(account_id))
    assert caught.value.advice == "bug"
    assert caught.value.path == f"/accounts/{account_id}/transactions"
    assert sim.bank.count("/transactions") <= 3


def test_a_repeated_cursor_is_named(wire, make_client):
    wire.say(body=page("ab", after="b"))
    wire.say(body=page("cd", after="d"))
    wire.say(body=page("ef", after="b"))
    with pytest.raises(PontoPagingError, match="cursor b came twice"):
        walk(make_client(wire))
    assert len(wire.data_requests()) == 3


def test_a_link_to_the_given_start_is_a_circle(wire, make_client):
    wire.say(body=page("ab", after="start"))
    with pytest.raises(PontoPagingError, match="cursor start came twice"):
        list(make_client(wire).iter_transaction_pages("a", after="start"))


def test_a_link_without_cursor_back_to_the_head_is_a_circle(wire, make_client):
    head = f"{wire.url}/accounts/a/transactions?page[limit]=100"
    for _round in range(4):
        wire.say(body=page("ab", after="b"))
        wire.say(body=page("cd", head))
    with pytest.raises(PontoPagingError):
        walk(make_client(wire))
    assert len(wire.data_requests()) <= 4


def test_a_page_within_the_page_before_is_a_circle(wire, make_client):
    wire.say(body=page("abc", after="c"))
    wire.say(body=page("bc", after="x"))
    with pytest.raises(PontoPagingError, match="repeats the records"):
        walk(make_client(wire))


def test_the_pages_before_the_circle_are_delivered(wire, make_client):
    wire.say(body=page("ab", after="b"))
    wire.say(body=page("cd", after="b"))
    pages = make_client(wire).iter_transaction_pages("a")
    assert len(next(pages).records) == 2
    assert len(next(pages).records) == 2
    with pytest.raises(PontoPagingError):
        next(pages)


def test_accounts_in_circles_are_noticed_too(wire, make_client):
    for _round in range(3):
        wire.say(body=page("ab", after="b"))
    with pytest.raises(PontoPagingError):
        list(make_client(wire).iter_accounts())


def test_more_records_without_a_cursor_to_them_is_a_protocol_error(wire, make_client):
    body = json.dumps({"data": [{"attributes": {}}], "links": {"next": "http://x/"}})
    wire.say(body=body)
    with pytest.raises(PontoProtocolError):
        walk(make_client(wire))


def test_a_list_that_never_ends_is_given_up(wire, make_client, monkeypatch):
    monkeypatch.setattr("ponto_api.paging.MAX_PAGES", 3)
    for name in "abcd":
        wire.say(body=page(name, after=name))
    with pytest.raises(PontoPagingError, match="more than 3 pages"):
        walk(make_client(wire))


def test_a_hostile_cursor_reaches_the_error_harmless(wire, make_client):
    hostile = "x\n" + "BE68539007547034 " * 20
    wire.say(body=page("ab", after=hostile))
    wire.say(body=page("cd", after=hostile))
    with pytest.raises(PontoPagingError) as caught:
        walk(make_client(wire))
    assert "7547034" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


class ManyAccounts:
    """What Ponto answers where an integration has very many accounts."""

    def __init__(self, count, per_page):
        self.count, self.per_page, self.page_count = count, per_page, 0

    def fetch(self, url, params):
        first = self.page_count * self.per_page
        last = min(first + self.per_page, self.count)
        self.page_count += 1
        return {
            "data": [
                {"id": str(each), "attributes": {}} for each in range(first, last)
            ],
            "links": {"next": f"{url}?after={last}"} if last < self.count else {},
        }

    def read(self, client, monkeypatch):
        monkeypatch.setattr(client, "_fetch", self.fetch)
        return list(client.iter_accounts())


def test_as_many_accounts_as_there_can_be_are_read(wire, make_client, monkeypatch):
    accounts = ManyAccounts(MAX_ACCOUNTS, 100).read(make_client(wire), monkeypatch)
    assert len(accounts) == MAX_ACCOUNTS == 5000


@pytest.mark.parametrize(
    ("per_page", "page_count", "said"),
    [(100, 51, "more than 5000 records"), (7, 100, "more than 100 pages")],
)
def test_accounts_without_an_end_are_given_up_while_memory_can_hold_them(
    wire, make_client, monkeypatch, per_page, page_count, said
):
    many = ManyAccounts(100_000, per_page)
    with pytest.raises(PontoProtocolError, match=said) as caught:
        many.read(make_client(wire), monkeypatch)
    assert many.page_count == page_count
    assert caught.value.path == "/accounts"


def test_for_transactions_the_bound_of_accounts_does_not_hold(
    wire, make_client, monkeypatch
):
    monkeypatch.setattr("ponto_api.client.MAX_ACCOUNTS", 1)
    wire.say(body=page("ab", next_link="?after=b"))
    wire.say(body=page("cd", next_link="?after=d"))
    wire.say(body=page("ef"))
    assert walk(make_client(wire)) == [["a", "b"], ["c", "d"], ["e", "f"]]
