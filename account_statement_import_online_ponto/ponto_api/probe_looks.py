# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the probe looks at. Each look fills `facts`: words of ours, and counts."""

import uuid

from .errors import PontoError
from .parsing import as_dict
from .probe_caller import OutOfBudget
from .probe_synchronization import synchronize
from .probe_words import (
    OTHER,
    amount_shape,
    attributes_of,
    count,
    count_presence,
    describe_link,
    describe_page,
    describe_rows,
    field_names,
    id_shape,
    media_type,
    names,
    plain_name,
    subtype_of,
)

MAX_ACCOUNTS, MAX_PAGES = 5, 8
#: Positions need some rows on both sides.
ENOUGH_ROWS = 8
_SCOPES = frozenset({"ai", "pi", "name", "offline_access"})


class Looks:
    """The looks, one after the other, and what they need of each other.

    :param Caller caller: sends the requests
    :param str ip_address: of the person who asks for a synchronization; None for none
    :ivar dict facts: what was seen, of JSON's types
    """

    def __init__(self, caller, ip_address=None):
        self.facts = {"failed": {}}
        self._caller = caller
        self._ip_address = ip_address
        self._accounts, self._account = [], None
        self._pages, self._foreign_id = [], None
        #: The list as it comes unasked, and by one row a page.
        self._bare = self._single = None

    def run(self):
        """Look at everything that requests and time allow.

        :return: the facts (dict)
        :raise PontoError: Ponto gives no token
        """
        self._look_at_token()
        looks = (
            self._look_at_root,
            self._look_at_accounts,
            self._look_at_refusals,
            self._choose_account,
            self._look_at_limits,
            self._read_pages,
            self._look_at_cursors,
            self._look_at_unknown_cursors,
            self._look_at_links,
            self._look_at_single_rows,
            self._look_at_variants,
            self._look_at_institution,
            self._look_at_second_token,
            self._look_at_synchronization,
        )
        for look in looks:
            try:
                look()
            except OutOfBudget as reason:
                self.facts["stopped"] = str(reason)
                break
            except PontoError as error:
                name = look.__name__.strip("_")
                self.facts["failed"][name] = type(error).__name__
        self._look_at_rows()
        self._look_at_headers()
        return self.facts

    # === TOKEN, ROOT, ACCOUNTS === #

    def _look_at_token(self):
        document, _before = self._caller.log_in()
        life = document.get("expires_in")
        kind, scope = document.get("token_type"), document.get("scope")
        words = scope.split() if isinstance(scope, str) else []
        self.facts.update(
            token_life_s=int(life) if str(life).isdecimal() else None,
            token_is_bearer=isinstance(kind, str) and kind.lower() == "bearer",
            token_scope=" ".join(w if w in _SCOPES else OTHER for w in words),
            token_has_refresh=bool(document.get("refresh_token")),
        )

    def _look_at_root(self):
        self.facts.update(
            root_anonymous=self._caller.get("/", bearer=None).outcome,
            root_empty_bearer=self._caller.get("/", bearer="").outcome,
            root_wrong_bearer=self._caller.get("/", bearer="not-a-token").outcome,
        )

    def _look_at_accounts(self):
        reply = self._caller.get("/accounts")
        self._accounts = reply.rows
        metas = [as_dict(row.get("meta")) for row in reply.rows]
        latest = [as_dict(meta.get("latestSynchronization")) for meta in metas]
        self.facts.update(
            accounts=len(reply.rows),
            accounts_status=reply.outcome,
            media_type=media_type(reply),
            account_ids=count(id_shape(row.get("id")) for row in reply.rows),
            account_attributes=count_presence(attributes_of(reply.rows)),
            account_balances=count(
                amount_shape(each["currentBalance"])
                for each in attributes_of(reply.rows)
                if each.get("currentBalance") is not None
            ),
            account_meta=count_presence(metas),
            account_synchronization=count(map(subtype_of, latest)),
            trailing_slash=self._compare(reply, "/accounts/"),
            double_slash=self._compare(reply, "//accounts"),
        )

    def _compare(self, reply, path):
        """Return how the list at another path agrees, None without one to compare."""
        if not reply.is_page:
            return None
        other = self._caller.get(path)
        is_same = other.is_page and other.ids == reply.ids
        return "the same" if is_same else other.outcome

    def _look_at_refusals(self):
        unknown = uuid.uuid4()
        refusal = self._caller.get(f"/accounts/{unknown}")
        self.facts.update(
            wrong_bearer=self._caller.get("/accounts", bearer="not-a-token").outcome,
            unknown_account=refusal.outcome,
            unknown_path=self._caller.get("/no-such-path").outcome,
            userinfo=self._caller.get("/userinfo").outcome,
            error_media_type=media_type(refusal),
            error_fields=names(refusal.error),
            error_meta_fields=names(refusal.error.get("meta")),
        )

    def _choose_account(self):
        best = []
        for account in self._accounts[:MAX_ACCOUNTS]:
            path = f"/accounts/{account.get('id')}/transactions?page[limit]=100"
            reply = self._caller.get(path)
            self.facts["limit_100"] = reply.outcome
            if len(reply.ids) > len(best):
                if best:
                    self._foreign_id = best[0]
                self._account, self._pages, best = account, [reply], reply.ids
            elif reply.ids:
                self._foreign_id = reply.ids[0]
            if len(best) >= ENOUGH_ROWS and self._foreign_id:
                break

    @property
    def _list(self):
        return f"/accounts/{self._account['id']}/transactions"

    @property
    def _rows(self):
        """The transactions that were read, the newest first."""
        return [row for page in self._pages for row in page.rows]

    # === LIST === #

    def _look_at_limits(self):
        if not self._account:
            return
        self._bare = self._caller.get(self._list)
        limit = as_dict(self._bare.meta.get("paging")).get("limit")
        self.facts.update(
            default_limit=int(limit) if str(limit).isdecimal() else None,
            default_rows=len(self._bare.rows),
            list_trailing_slash=self._compare(self._bare, f"{self._list}/"),
        )
        for limit in (0, 101, 1):
            reply = self._caller.get(f"{self._list}?page[limit]={limit}")
            self._single = reply
            rows = f", {len(reply.rows)} rows" if reply.status == 200 else ""
            self.facts[f"limit_{limit}"] = reply.outcome + rows

    def _read_pages(self):
        """Follow the links from the newest transaction on."""
        if not self._account:
            return
        while len(self._pages) < MAX_PAGES:
            link = self._pages[-1].links.get("next")
            if not isinstance(link, str) or not self._caller.is_own(link):
                break
            reply = self._caller.get(link)
            if reply.status != 200:
                self.facts["next_page"] = reply.outcome
                break
            self._pages.append(reply)
        ids = [row.get("id") for row in self._rows]
        is_end = not self._pages[-1].links.get("next")
        self.facts.update(
            pages=len(self._pages),
            rows=len(ids),
            rows_twice=len(ids) - len(set(map(str, ids))),
            empty_pages=sum(not page.rows for page in self._pages),
            list_was_read_to_its_end=is_end,
        )
        if is_end and ids:
            behind = self._caller.get(f"{self._list}?page[after]={ids[-1]}")
            self.facts["after_oldest"] = describe_page(behind)

    def _look_at_cursors(self):
        ids = [row.get("id") for row in self._rows]
        if len(ids) < ENOUGH_ROWS:
            return
        queries = {
            "after": f"page[after]={ids[4]}",
            "before": f"page[before]={ids[4]}",
            "plain_spelling": f"after={ids[4]}",
            "both_cursors": f"page[before]={ids[6]}&page[after]={ids[1]}",
        }
        pages = {
            "the next older": ids[5:7],
            "the next newer": ids[2:4],
            "the newest": ids[:2],
            "reversed, the next newer": ids[2:4][::-1],
        }
        for name, query in queries.items():
            limit = "limit=2" if name == "plain_spelling" else "page[limit]=2"
            reply = self._caller.get(f"{self._list}?{limit}&{query}")
            known = [words for words, page in pages.items() if page == reply.ids]
            self.facts[name] = known[0] if known else describe_page(reply)
        newest = self._caller.get(f"{self._list}?page[before]={ids[0]}")
        self.facts["before_newest"] = describe_page(newest)

    def _look_at_unknown_cursors(self):
        if not self._rows:
            return
        for name in ("after", "before"):
            reply = self._caller.get(f"{self._list}?page[{name}]={uuid.uuid4()}")
            self.facts[f"unknown_{name}"] = describe_page(reply)
        if self._foreign_id:
            reply = self._caller.get(f"{self._list}?page[after]={self._foreign_id}")
            self.facts["foreign_after"] = describe_page(reply)

    def _look_at_links(self):
        if not self._single:
            return
        base = self._caller.base_url + self._list
        bare, full = self._bare, self._single
        plain = self._caller.get(f"{self._list}?limit=1")
        if not (bare.is_page and full.is_page and plain.is_page):
            return
        cursor = full.ids[0] if full.ids else ""
        self.facts.update(
            first_link_bare=describe_link(bare.links.get("first"), base, ""),
            first_link_plain=describe_link(plain.links.get("first"), base, "?limit=1"),
            next_link_plain=describe_link(
                plain.links.get("next"), base, f"?after={cursor}&limit=1"
            ),
            next_link_full=describe_link(
                full.links.get("next"), base, f"?page[after]={cursor}&page[limit]=1"
            ),
            paging_fields=names(full.meta.get("paging")),
            page_meta_fields=names(full.meta),
            page_synchronization=subtype_of(
                as_dict(full.meta.get("latestSynchronization"))
            ),
        )

    # === ROWS === #

    def _look_at_rows(self):
        if not self._rows:
            return
        currency = as_dict(self._account.get("attributes")).get("currency")
        self.facts.update(describe_rows(self._rows, currency))

    def _look_at_single_rows(self):
        if not self._rows:
            return
        row = self._caller.get(f"{self._list}/{self._rows[0].get('id')}")
        is_same = as_dict(row.document.get("data")).get("id") == self._rows[0].get("id")
        pending = self._caller.get(
            f"/accounts/{self._account['id']}/pending-transactions"
        )
        self.facts.update(
            known_row="the same" if is_same else row.outcome,
            unknown_row=self._caller.get(f"{self._list}/{uuid.uuid4()}").outcome,
            pending_transactions=pending.outcome,
        )
        if self._foreign_id:
            reply = self._caller.get(f"{self._list}/{self._foreign_id}")
            self.facts["foreign_row"] = reply.outcome

    def _look_at_variants(self):
        """Other media types, and a filter that nobody documents."""
        if not self._rows:
            return
        path = f"{self._list}?page[limit]=1"
        usual = self._caller.get(path)
        if not usual.is_page or not usual.ids:
            return
        for name, accept in (
            ("accept_json_api", "application/vnd.api+json"),
            ("accept_version_2", "application/vnd.api+json;version=2"),
        ):
            reply = self._caller.get(path, accept=accept)
            is_same = field_names(reply) == field_names(usual)
            self.facts[name] = "the same fields" if is_same else reply.outcome
        # No transaction is from the year 2990.
        query = "filter[executionDate][gte]=2990-01-01"
        reply = self._caller.get(f"{path}&{query}")
        is_ignored = reply.ids == usual.ids
        self.facts["filter"] = "ignored" if is_ignored else describe_page(reply)

    def _look_at_institution(self):
        relations = as_dict(as_dict(self._account).get("relationships"))
        institution = as_dict(
            as_dict(relations.get("financialInstitution")).get("data")
        )
        if institution.get("id"):
            reply = self._caller.get(f"/financial-institutions/{institution['id']}")
            data = as_dict(reply.document.get("data"))
            self.facts.update(
                institution=reply.outcome,
                institution_attributes=names(data.get("attributes")),
            )

    def _look_at_second_token(self):
        _document, before = self._caller.log_in()
        reply = self._caller.get("/accounts?page[limit]=1", bearer=before)
        self.facts["earlier_token"] = reply.outcome

    def _look_at_synchronization(self):
        """Ask for one synchronization, the only thing that the probe does."""
        if self._ip_address and self._account:
            known = {row.get("id") for row in self._rows}
            self.facts.update(
                synchronize(self._caller, self._account["id"], known, self._ip_address)
            )

    def _look_at_headers(self):
        difference = self._caller.clock_difference
        self.facts.update(
            requests=self._caller.request_count,
            statuses={str(status): n for status, n in self._caller.statuses.items()},
            answers_with_request_id=self._caller.with_request_id,
            limit_headers=sorted(filter(plain_name, self._caller.limit_headers)),
            clock_difference_s=difference and round(difference.total_seconds()),
        )
