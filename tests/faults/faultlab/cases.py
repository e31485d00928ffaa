"""The table of faults: what goes wrong in a pull, and how it is made to.

A fault has one or more stages; each spoils the bank (or the database) in some way and
is followed by a pull. Then all is mended, and one more pull has to set everything
right.
"""

from dataclasses import dataclass
from datetime import timedelta

LIST = "/transactions$"
ONE = "/transactions/[^/]+$"
ACCOUNT = "/accounts/[^/]+$"
ANY = "/accounts"
#: The bank serves smaller pages than it is asked for, to save time.
PAGE_SIZE = 20
TWO_PAGES = PAGE_SIZE + 5
HTML = "<html><body>We are back soon.</body></html>"


@dataclass
class Fault:
    """One row of the table.

    :ivar name: what goes wrong
    :ivar stages: functions of the lab, each called before a pull
    :ivar advice: what the provider shows after the last stage; None if that pull does
        not fail
    :ivar news: how many transactions are booked before
    :ivar during: function of the lab called while the pull of the last stage runs
    :ivar first: whether it happens to the very first pull
    :ivar next_day: whether the pull that mends comes a day later
    :ivar only_long: whether it is too much like another to be tried every time
    """

    name: str
    stages: tuple = ()
    advice: str | None = None
    news: int = 6
    during: object = None
    first: bool = False
    next_day: bool = False
    only_long: bool = False


def show(path, **fault):
    """Return a stage in which the bank shows a fault of the simulator."""
    fault = {"times": None, **fault}
    return lambda lab: lab.bank.fault(path, **fault)


def refuse_connections(lab):
    lab.simulator.stop()


def revoke_tokens_at_second_page(lab):
    """The second page meets a 401 as if the token had just been revoked."""
    lab.bank.fault(LIST, after=1, times=1, status=401, code="invalidAccessToken")


def revoke_tokens(lab):
    lab.bank.revoke_tokens()


def refuse_everything(lab):
    lab.bank.set_forbidden()


def relink(lab):
    lab.relink()


def relink_with_the_same_account(lab):
    lab.relink(keep_account_id=True)


def list_by_day(lab):
    lab.bank.set_order("execution")


def shift_clock(hours):
    def stage(lab):
        lab.simulator.clock.shift = timedelta(hours=hours)

    return stage


def slow_down(lab):
    lab.bank.fault(ANY, delay=0.7, times=None)


def hold_first_page(lab):
    lab.bank.fault(LIST, delay=1.5, times=1)


def hold_second_page(lab):
    lab.bank.fault(LIST, after=1, delay=1.5, times=1)


def end_database_connections(lab):
    """End every connection to the database, as its restart does."""
    lab.wait_for_request(LIST, count=2)
    ended = lab.cluster.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        f"where datname = '{lab.name}' and state = 'idle in transaction'"
    )
    assert ended, "nobody was connected"


def restart_database(lab):
    lab.wait_for_request(LIST, count=2)
    lab.cluster.stop()
    lab.cluster.start()


def book_while_pulling(lab):
    """The bank books between the balance that it told and the page that it serves."""
    lab.wait_for_request(LIST, count=1)
    lab.book(3)


def refuse_a_new_token(lab):
    lab.bank.revoke_tokens()
    lab.bank.fault("/oauth2/token", status=500, times=None)


cut_off = show(LIST, after=1, status=500)

FAULTS = [
    Fault("connection refused", (refuse_connections,), "retry"),
    Fault("connection reset before the answer", (show(LIST, cut="before"),), "retry"),
    Fault("connection reset in the answer", (show(LIST, cut="body"),), "retry"),
    Fault(
        "answer cut short", (show(LIST, status=200, body='{"data": [{"id'),), "retry"
    ),
    Fault("HTML with status 200", (show(LIST, status=200, body=HTML),), "retry"),
    Fault("slow answers", (slow_down,), None),
    Fault("answers that trickle", (show(ANY, trickle=1.5),), None),
    Fault(
        "token refused at the second page",
        (revoke_tokens_at_second_page,),
        None,
        TWO_PAGES,
    ),
    Fault("tokens revoked between pulls", (revoke_tokens,), None),
    Fault(
        "every token refused",
        (show(ANY, status=401, code="invalidAccessToken"),),
        "reconnect",
    ),
    Fault("403", (refuse_everything,), "reconnect"),
    Fault(
        "404 of the account's list",
        (show(LIST, status=404, code="resourceNotFound"),),
        "reconnect",
    ),
    Fault(
        "403 by a firewall",
        (show(LIST, status=403, body=HTML),),
        "retry",
        only_long=True,
    ),
    Fault("404 of the account", (show(ACCOUNT, status=404),), None),
    Fault(
        "404 of the place to go on from",
        (cut_off, show(LIST, after=1, times=1, status=404)),
        None,
        TWO_PAGES,
    ),
    Fault("429 without Retry-After", (show(LIST, status=429),), "retry"),
    Fault(
        "429 with a short Retry-After",
        (show(LIST, status=429, headers={"Retry-After": "1"}, times=1),),
        None,
    ),
    Fault(
        "429 with a long Retry-After",
        (show(LIST, status=429, headers={"Retry-After": "7200"}),),
        "retry",
    ),
    *(
        Fault(
            f"{status}",
            (show(LIST, status=status),),
            "retry",
            only_long=status in (502, 504),
        )
        for status in (500, 502, 503, 504)
    ),
    Fault("500 at the second page", (cut_off,), "retry", TWO_PAGES),
    Fault("500 of the token", (refuse_a_new_token,), "retry"),
    Fault(
        "a page again", (show(LIST, after=1, action="repeat_page"),), "bug", TWO_PAGES
    ),
    Fault("a cursor again", (show(LIST, action="cursor_loop"),), "bug", TWO_PAGES),
    Fault("identifiers twice", (show(LIST, action="duplicate_ids"),), None, TWO_PAGES),
    Fault("linked anew", (relink,), None),
    Fault("linked anew, same account", (relink_with_the_same_account,), None),
    Fault("linked anew while cut off", (cut_off, relink), None, TWO_PAGES),
    Fault(
        "linked anew while cut off, same account",
        (cut_off, relink_with_the_same_account),
        None,
        TWO_PAGES,
    ),
    Fault("list in another order", (list_by_day,), None, TWO_PAGES, next_day=True),
    Fault("bank's clock five hours ahead", (shift_clock(5),), None),
    Fault("bank's clock five hours behind", (shift_clock(-5),), None, only_long=True),
    Fault(
        "booked while pulling", (hold_first_page,), None, TWO_PAGES, book_while_pulling
    ),
    Fault(
        "booked while pulling for the first time",
        (hold_first_page,),
        None,
        TWO_PAGES,
        book_while_pulling,
        first=True,
    ),
    Fault("500 at the second page of all", (cut_off,), "retry", TWO_PAGES, first=True),
    Fault(
        "connections to the database ended",
        (hold_second_page,),
        None,
        TWO_PAGES,
        end_database_connections,
    ),
    # Not to be done to somebody who runs other tests at the same time.
    Fault(
        "database restarted",
        (hold_second_page,),
        None,
        TWO_PAGES,
        restart_database,
        only_long=True,
    ),
]
