# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the project assumes of Ponto where documents are silent.

Names begin with a number, so that reports of different versions can be compared.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .probe_judges import (
    ENOUGH_REQUESTS,
    NEEDED_ATTRIBUTES,
    REFERENCE_SHAPES,
    expect,
    expect_names,
    expect_only,
    expect_refusal,
    judge_days,
    judge_gaps,
    judge_news,
    judge_order,
    judge_presence,
    judge_rate,
    judge_request_ids,
    judge_updated,
    never,
)


@dataclass(frozen=True)
class Assumption:
    """One thing that the project takes for granted.

    :ivar str name: for people who talk about it
    :ivar str text: the expected observation, a sentence
    :ivar judge: callable (facts), returning (verdict, what was seen or the reason)
    """

    name: str
    text: str
    judge: Callable


def judge_all(facts):
    """Judge every assumption.

    :param dict facts: see `probe_looks.Looks`
    :return: list of (Assumption, verdict, what was seen or the reason)
    """
    return [(each, *each.judge(facts)) for each in ASSUMPTIONS]


_FEW = "the account has too few transactions"
_NOTHING = "there was nothing to compare with"
ASSUMPTIONS = [
    Assumption(*each)
    for each in (
        # 14/1 to 14/8: the list
        ("14/1 order", "The newest created comes first.", judge_order),
        ("14/2 default", "10 a page, unless asked.", expect("default_limit", "10")),
        ("14/2 limit 1", "1 may be asked for.", expect("limit_1", "200, 1 rows")),
        ("14/2 limit 100", "100 may be asked for.", expect("limit_100", "200")),
        ("14/2 limit 0", "0 is refused.", expect_refusal("limit_0")),
        ("14/2 limit 101", "101 is refused.", expect_refusal("limit_101")),
        (
            "14/2 after",
            "'after' gives what follows in the list, older ones.",
            expect("after", "the next older", reason=_FEW),
        ),
        (
            "14/2 before",
            "'before' gives the adjacent newer ones, newest first.",
            expect("before", "the next newer", reason=_FEW),
        ),
        (
            "14/2 plain spelling",
            "'limit' and 'after' without 'page' do the same.",
            expect("plain_spelling", "the next older", reason=_FEW),
        ),
        (
            "14/2 both cursors",
            "'before' and 'after' at once are refused.",
            expect_refusal("both_cursors", reason=_FEW),
        ),
        (
            "14/2 before the newest",
            "An empty page without neighbours.",
            expect("before_newest", "empty, no neighbours", reason=_FEW),
        ),
        (
            "14/2 after the oldest",
            "An empty page without neighbours.",
            expect(
                "after_oldest",
                "empty, no neighbours",
                reason="the list was not read to its end",
            ),
        ),
        (
            "14/2 unknown cursor",
            "It is refused (404), or gives an empty page without neighbours.",
            expect("unknown_after", "404", "empty, no neighbours"),
        ),
        (
            "14/2 unknown cursor before",
            "It is refused (404), or gives an empty page without neighbours.",
            expect("unknown_before", "404", "empty, no neighbours"),
        ),
        (
            "14/2 foreign cursor",
            "One of another account is as good as unknown.",
            expect(
                "foreign_after",
                "404",
                "empty, no neighbours",
                reason="only one account has transactions",
            ),
        ),
        (
            "14/2 whole list",
            "Pages overlap in nothing, and none is empty before the end.",
            judge_gaps,
        ),
        (
            "14/3 lasting ids",
            "A new link of an account gives new ids, or the old ones.",
            never("an account would have to be linked anew"),
        ),
        (
            "14/4 deletion",
            "Booked transactions may change and may vanish.",
            never("a list would have to be read for weeks"),
        ),
        (
            "14/5 updated transactions",
            "New ones are not among the updated ones of a synchronization.",
            judge_updated,
        ),
        (
            "14/6 filter by date",
            "It has no effect.",
            expect("filter", "ignored", reason=_NOTHING),
        ),
        (
            "14/7 days",
            "Most are midnight UTC, all are readable times.",
            judge_days,
        ),
        (
            "14/8 structured references",
            "They are +++...+++, ***...***, 12 digits, or RF...",
            expect_only("structured_references", *REFERENCE_SHAPES),
        ),
        (
            "14/8 currency",
            "A transaction has its account's currency.",
            expect_only("currencies", "the account's"),
        ),
        # 14/9 to 14/17: the rest
        (
            "14/9 rate",
            f"{ENOUGH_REQUESTS} requests in a minute are not too many.",
            judge_rate,
        ),
        ("14/10 wrong token", "401.", expect("wrong_bearer", "401")),
        ("14/10 unknown account", "404.", expect("unknown_account", "404")),
        (
            "14/10 unknown transaction",
            "404.",
            expect("unknown_row", "404", reason="there was no transaction"),
        ),
        (
            "14/10 transaction of another account",
            "404.",
            expect("foreign_row", "404", reason="only one account has transactions"),
        ),
        ("14/10 unknown path", "404.", expect("unknown_path", "404")),
        (
            "14/10 synchronization without an address",
            "It is refused.",
            never("it might be made all the same"),
        ),
        (
            "14/11 code of a wrong token",
            "invalidAccessToken.",
            expect("wrong_bearer", "401 invalidAccessToken"),
        ),
        (
            "14/11 code of an unknown account",
            "resourceNotFound.",
            expect("unknown_account", "404 resourceNotFound"),
        ),
        (
            "14/11 errors",
            "They have a code and a detail; a meta is welcome.",
            expect_names("error_fields", "code", "detail"),
        ),
        (
            "14/12 userinfo",
            "A custom integration has none.",
            expect_refusal("userinfo"),
        ),
        (
            "14/12 other calls",
            "Nothing is needed that a custom integration may not do.",
            never("they would change something at Ponto"),
        ),
        ("14/13 webhooks", "There are none.", never("Ponto would have to call")),
        (
            "14/14 Ponto's own runs",
            "They come four times a day.",
            never("an account would have to be watched for days"),
        ),
        ("14/15 token life", "1799 seconds.", expect("token_life_s", "1799")),
        ("14/15 token type", "A bearer.", expect("token_is_bearer", "True")),
        (
            "14/15 refresh token",
            "There is none.",
            expect("token_has_refresh", "False"),
        ),
        (
            "14/15 several tokens",
            "A new one does not end the one before.",
            expect("earlier_token", "200"),
        ),
        (
            "14/15 new secret",
            "It ends the one before, and its tokens in half an hour.",
            never("a secret would have to be made anew"),
        ),
        (
            "14/16 version",
            "Version 2 has the fields that come without asking for a version.",
            expect("accept_version_2", "the same fields", reason=_NOTHING),
        ),
        (
            "14/16 media type",
            "JSON, or JSON:API.",
            expect("media_type", "application/json", "application/vnd.api+json"),
        ),
        (
            "14/16 asking for JSON:API",
            "It gives the same.",
            expect("accept_json_api", "the same fields", reason=_NOTHING),
        ),
        (
            "14/17 needed attributes",
            f"{', '.join(NEEDED_ATTRIBUTES)} always have a value.",
            judge_presence,
        ),
        ("14/17 attributes", "None is unknown to us.", judge_news),
        # 15 and what else matters
        ("15 root", "It is open to everybody.", expect("root_anonymous", "200")),
        (
            "15 root, empty bearer",
            "It counts as none.",
            expect("root_empty_bearer", "200"),
        ),
        (
            "15 root, wrong bearer",
            "It is refused.",
            expect("root_wrong_bearer", "401"),
        ),
        (
            "15 slash at the end",
            "It does not matter.",
            expect("trailing_slash", "the same"),
        ),
        ("15 two slashes", "They do not matter.", expect("double_slash", "the same")),
        (
            "15 first link",
            "That of a bare list is the bare address.",
            expect("first_link_bare", "as asked"),
        ),
        (
            "15 links, plain spelling",
            "They repeat what was asked.",
            expect("first_link_plain", "as asked"),
        ),
        (
            "15 next link, plain spelling",
            "It repeats what was asked, behind the cursor.",
            expect("next_link_plain", "as asked", "none"),
        ),
        (
            "15 next link",
            "It repeats what was asked, behind the cursor.",
            expect("next_link_full", "as asked", "none"),
        ),
        (
            "15 pending transactions",
            "They have a list of their own.",
            expect("pending_transactions", "200", reason="there was no transaction"),
        ),
        (
            "15 errors of a synchronization",
            "They are objects, or bare codes.",
            expect_only("synchronization_errors", "object", "text"),
        ),
        (
            "3 ids of accounts",
            "They are uuids in small letters.",
            expect_only("account_ids", "uuid, small letters"),
        ),
        (
            "4 ids of transactions",
            "They are uuids in small letters.",
            expect_only("transaction_ids", "uuid, small letters"),
        ),
        (
            "3 synchronization of an account",
            "Its meta tells of the latest one of its details.",
            expect_only("account_synchronization", "accountDetails", "none"),
        ),
        (
            "4 synchronization of a page",
            "Its meta tells of the latest one of the transactions.",
            expect(
                "page_synchronization",
                "accountTransactions",
                "accountTransactionsWithUnsettled",
                "none",
            ),
        ),
        ("4 amounts", "They are JSON numbers.", expect_only("amounts", "number")),
        (
            "3 balances",
            "They are JSON numbers.",
            expect_only("account_balances", "number"),
        ),
        ("8 ids of requests", "Answers have one.", judge_request_ids),
        (
            "6 new synchronization",
            "It is accepted (201), or came too soon (400).",
            expect(
                "synchronization",
                "201",
                "400 accountRecentlySynchronized",
                reason="none was asked for",
            ),
        ),
    )
]
