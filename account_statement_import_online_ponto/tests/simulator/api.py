"""The endpoints: what Ponto answers to a request, apart from how it travels."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from .bank import Bank
from .documents import Documents, error_document
from .model import SUBTYPES, Account, Ordered, Page
from .synchronizations import RecentlySynchronized
from .tokens import CLIENT_ID, CLIENT_SECRET

JSON_API = "application/vnd.api+json"
PLAIN_JSON = "application/json"
DEFAULT_LIMIT = 10
#: The limits that may be asked for.
LIMITS = range(1, 101)
#: The most rows that a page has, whatever was asked for; tests make pages smaller.
MAXIMUM_LIMIT = 100


@dataclass(frozen=True)
class Request:
    """A request as the endpoints see it; ``headers`` has lower-case names."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    action: str | None = None

    def parameter(self, name: str) -> str | None:
        """A paging parameter in either spelling, ``page[limit]`` or ``limit``."""
        return self.query.get(f"page[{name}]", self.query.get(name))


@dataclass
class Answer:
    """An answer; ``document`` is encoded as JSON."""

    status: int
    document: Any
    content_type: str = JSON_API
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """Ends a request with a JSON:API error."""

    def __init__(self, status: int, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.extra = status, code, detail, extra


def not_found(resource: str) -> ApiError:
    """The documented form of "no such resource"."""
    return ApiError(
        404,
        "resourceNotFound",
        "The requested resource was not found.",
        meta={"resource": resource},
    )


def respond(bank: Bank, request: Request, request_id: str) -> Answer:
    """Answer a request from the bank's state.

    :param request_id: also sent as a header; errors carry it in their ``meta``.
    """
    try:
        if request.path == "/oauth2/token" and request.method == "POST":
            return _token(bank, request)
        endpoint, arguments, is_public = _find_endpoint(request)
        _check_bearer(bank, request, is_public)
        with bank.lock:
            return endpoint(_Context(bank, request), *arguments)
    except ApiError as error:
        meta = {"requestId": request_id, **error.extra.get("meta", {})}
        if error.code == "accountRecentlySynchronized":
            meta = {}  # As reported by those who met it.
        if not bank.has_error_meta:
            meta = None
        document = error_document(
            error.code, error.detail, meta, error.extra.get("pointer")
        )
        return Answer(error.status, document)


# === ACCESS === #


def _oauth_error(status: int, error: str, description: str) -> Answer:
    """The token endpoint has errors in the form of OAuth, not of JSON:API."""
    document = {"error": error, "error_description": description}
    headers = {"WWW-Authenticate": "Basic"} if status == 401 else {}
    return Answer(status, document, PLAIN_JSON, headers)


def _token(bank: Bank, request: Request) -> Answer:
    """Client credentials flow; ``grant_type`` in the body or in the query."""
    if _basic_credentials(request) != (CLIENT_ID, CLIENT_SECRET):
        return _oauth_error(
            401, "invalid_client", "Client authentication failed (unknown client)."
        )
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    grant_type = form.get("grant_type", request.query.get("grant_type"))
    if grant_type is None:
        return _oauth_error(400, "invalid_request", "grant_type is missing.")
    if grant_type != "client_credentials":
        return _oauth_error(400, "unsupported_grant_type", "Not supported here.")
    with bank.lock:
        return Answer(200, bank.tokens.issue(), PLAIN_JSON)


def _basic_credentials(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, _, secret = text.partition(":")
    return user, secret


def _has_token(request: Request) -> bool:
    """Whether the request has a credential. An empty bearer is none: Ponto's own Ruby
    library sends one to the root before it has a token."""
    authorization = request.headers.get("authorization", "").strip().lower()
    return authorization not in ("", "bearer")


def _check_bearer(bank: Bank, request: Request, is_public: bool) -> None:
    if is_public and not _has_token(request):
        return
    authorization = request.headers.get("authorization", "")
    scheme, _, token = authorization.partition(" ")
    with bank.lock:
        if scheme.lower() != "bearer" or not bank.tokens.accepts(token.strip()):
            raise ApiError(
                401, "invalidAccessToken", "The access token is invalid or expired."
            )
        if is_public:
            return
        # The status of a missing permission is known, its code is not documented.
        if bank.forbidden or "ai" not in bank.tokens.scope.split():
            raise ApiError(403, "forbidden", "This is not allowed for the token.")


# === PAGING === #


@dataclass(frozen=True)
class _Context:
    """What an endpoint works with."""

    bank: Bank
    request: Request

    @property
    def documents(self) -> Documents:
        return Documents(self.bank, self.request.base_url)

    def limit(self) -> int:
        """Size of the page: 10 unless asked, 1 to 100.

        Anything else is refused with this code, as an integrator's tests of 2019 saw
        it on the real API; the status is not recorded.
        """
        text = self.request.parameter("limit")
        if text is None:
            return DEFAULT_LIMIT
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) not in LIMITS:
            raise ApiError(400, "invalid_paging_limit", "The page limit is not valid.")
        return min(int(text), MAXIMUM_LIMIT)

    def page(
        self, ids: Ordered, resource: str, unknown: str | None = None
    ) -> tuple[Page, int]:
        """Cut the page that the request's cursors name.

        Both cursors at once are refused; the real answer is not documented.

        :param unknown: what an unknown cursor gives; as the bank's knob says if None.
        """
        limit = self.limit()
        before = _plain_id(self.request.parameter("before") or "") or None
        after = _plain_id(self.request.parameter("after") or "") or None
        if before and after:
            raise ApiError(400, "invalidParameter", "Use either before or after.")
        before, after = self.bank.resolve_cursors(before, after)
        if self.request.action == "repeat_page":
            before = after = None
        if self.request.action == "empty_page":
            return Page([], next=self.bank.new_cursor(before, after)), limit
        try:
            return ids.page(limit, before, after), limit
        except KeyError:
            answer = unknown or self.bank.unknown_cursor
            if answer == "empty":
                return Page([]), limit
            if answer == "refused":
                raise ApiError(400, "invalidCursor", "No such cursor.") from None
            raise not_found(resource) from None

    def listing(
        self,
        page: Page,
        limit: int,
        render: Callable[[str], dict[str, Any]],
        meta: dict[str, Any] | None = None,
    ) -> Answer:
        """Render a page, spoilt if a fault asks for it."""
        rows = [render(item) for item in page.ids]
        action = self.request.action
        if action == "duplicate_ids":
            rows = [row for row in rows for _ in range(2)]
        document = self.documents.listing(
            self.request.path, self.request.query, rows, page, limit, meta
        )
        if action == "cursor_loop":
            pairs = self.request.query.items()
            query = "&".join(f"{key}={text}" for key, text in pairs)
            url = f"{self.request.base_url}{self.request.path}"
            document["links"]["next"] = f"{url}?{query}" if query else url
        return Answer(200, document)

    def account(self, account_id: str) -> Account:
        """The account's record, or a 404."""
        try:
            return self.bank.account_record(account_id)
        except KeyError:
            raise not_found("account") from None


# === ENDPOINTS === #


def _root(context: _Context) -> Answer:
    base = context.request.base_url
    account = f"{base}/accounts/{{accountId}}"
    synchronization = f"{base}/synchronizations/{{synchronizationId}}"
    links = {
        "oauth2": {"token": f"{base}/oauth2/token"},
        "accounts": account,
        "account": {
            "transactions": f"{account}/transactions/{{transactionId}}",
            "pendingTransactions": (
                f"{account}/pending-transactions/{{pendingTransactionId}}"
            ),
        },
        "synchronizations": synchronization,
        "synchronization": {
            "updatedTransactions": f"{synchronization}/updated-transactions",
            "updatedPendingTransactions": (
                f"{synchronization}/updated-pending-transactions"
            ),
        },
        "financialInstitutions": (
            f"{base}/financial-institutions/{{financialInstitutionId}}"
        ),
    }
    return Answer(200, {"links": links})


def _accounts(context: _Context) -> Answer:
    ids = Ordered(reversed([row["id"] for row in context.bank.accounts()]))
    page, limit = context.page(ids, "account")
    documents, bank = context.documents, context.bank
    return context.listing(
        page, limit, lambda item: documents.account(bank.account_record(item))
    )


def _account(context: _Context, account_id: str) -> Answer:
    account = context.account(account_id)
    return Answer(200, {"data": context.documents.account(account)})


def _revoke_account(context: _Context, account_id: str) -> Answer:
    context.account(account_id)
    context.bank.unlink(account_id)
    return Answer(200, {"data": {"type": "account", "id": account_id}})


def _rows(context: _Context, account_id: str, kind: str) -> Answer:
    account = context.account(account_id)
    bank, documents = context.bank, context.documents
    is_booked = kind == "transaction"
    ids = bank.listing(account_id) if is_booked else account.pending
    page, limit = context.page(ids, kind)
    return context.listing(
        page,
        limit,
        lambda item: documents.transaction(bank.transaction_record(item), kind),
        documents.synchronization_meta(account, "transactions"),
    )


def _row(context: _Context, account_id: str, row_id: str, kind: str) -> Answer:
    account = context.account(account_id)
    ids = account.created if kind == "transaction" else account.pending
    if row_id not in ids:
        raise not_found(kind)
    row = context.bank.transaction_record(row_id)
    return Answer(200, {"data": context.documents.transaction(row, kind)})


def _transactions(context: _Context, account_id: str) -> Answer:
    return _rows(context, account_id, "transaction")


def _transaction(context: _Context, account_id: str, row_id: str) -> Answer:
    return _row(context, account_id, row_id, "transaction")


def _pending_transactions(context: _Context, account_id: str) -> Answer:
    return _rows(context, account_id, "pendingTransaction")


def _pending_transaction(context: _Context, account_id: str, row_id: str) -> Answer:
    return _row(context, account_id, row_id, "pendingTransaction")


def _create_synchronization(context: _Context) -> Answer:
    attributes = _synchronization_attributes(context.request.body)
    account_id = _plain_id(attributes["resourceId"])
    try:
        context.bank.account_record(account_id)
    except KeyError:
        # The code was seen on the real sandbox; its status is not recorded.
        raise ApiError(
            400,
            "invalidSynchronizationResource",
            "The resource to synchronize is not part of this integration.",
            pointer="/data/attributes/resourceId",
        ) from None
    try:
        item = context.bank.create_synchronization(account_id, attributes["subtype"])
    except RecentlySynchronized:
        raise ApiError(
            400,
            "accountRecentlySynchronized",
            "A synchronization of this type was created recently for the account.",
        ) from None
    return Answer(201, {"data": context.documents.synchronization(item)})


def _synchronization_attributes(body: bytes) -> Mapping[str, Any]:
    """The four attributes of a new synchronization, all of them required.

    That they are required is documented; the error's code is the simulator's own.
    """
    try:
        data = json.loads(body)["data"]
        attributes = data["attributes"]
        is_typed = data["type"] == "synchronization"
    except (ValueError, KeyError, TypeError, RecursionError):
        is_typed = False
    if not is_typed or not isinstance(attributes, dict):
        raise ApiError(400, "invalidDocument", "Not a synchronization resource.")
    checks = {
        "resourceType": lambda value: value == "account",
        "resourceId": lambda value: isinstance(value, str) and value,
        "subtype": lambda value: value in SUBTYPES,
        "customerIpAddress": _is_ip_address,
    }
    for name, is_valid in checks.items():
        if not is_valid(attributes.get(name)):
            raise ApiError(
                400,
                "invalidAttribute",
                f"The attribute {name} is missing or not valid.",
                meta={"attribute": name},
                pointer=f"/data/attributes/{name}",
            )
    return attributes


def _is_ip_address(value: Any) -> bool:
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _synchronization(context: _Context, synchronization_id: str) -> Answer:
    try:
        item = context.bank.advance_synchronization(synchronization_id)
    except KeyError:
        raise not_found("synchronization") from None
    return Answer(200, {"data": context.documents.synchronization(item)})


def _updated_rows(context: _Context, synchronization_id: str, kind: str) -> Answer:
    bank, documents = context.bank, context.documents
    try:
        item = bank.get_synchronization(synchronization_id)
    except KeyError:
        raise not_found("synchronization") from None
    account = context.account(item.account_id)
    is_booked = kind == "transaction"
    # Changes of pending rows are not simulated: that list is always empty.
    rows = list(item.updated) if is_booked else []
    there = Ordered(row_id for row_id in reversed(rows) if row_id in account.created)
    page, limit = context.page(there, kind)
    return context.listing(
        page,
        limit,
        lambda row_id: documents.transaction(bank.transaction_record(row_id), kind),
        documents.synchronization_meta(account, "transactions"),
    )


def _updated_transactions(context: _Context, synchronization_id: str) -> Answer:
    return _updated_rows(context, synchronization_id, "transaction")


def _updated_pending(context: _Context, synchronization_id: str) -> Answer:
    return _updated_rows(context, synchronization_id, "pendingTransaction")


def _institutions(context: _Context) -> Answer:
    """All institutions; with a token only those of the authorized accounts."""
    has_token = _has_token(context.request)
    filters = _read_filters(context.request.query)
    rows = {
        row["id"]: row
        for row in context.bank.institutions(has_token)
        if all(passes(row) for passes in filters)
    }
    page, limit = context.page(
        Ordered(reversed(list(rows))), "financialInstitution", unknown="empty"
    )
    return context.listing(
        page, limit, lambda item: context.documents.institution(rows[item])
    )


def _read_filters(query: dict[str, str]) -> list[Callable[[dict[str, Any]], bool]]:
    """What ``filter[name][operator]=`` asks of a row, for each of them.

    :raise ApiError: no such operator; the real answer is not documented.
    """
    filters = []
    for key, wanted in query.items():
        if match := _FILTER.fullmatch(key):
            name, operator = match.groups()
            if operator not in _OPERATORS:
                raise ApiError(400, "invalidParameter", "No such filter operator.")
            filters.append(partial(_passes, name, _OPERATORS[operator], wanted))
    return filters


def _passes(
    name: str, compare: Callable[[str, str], bool], wanted: str, row: dict[str, Any]
) -> bool:
    return compare(str(row.get(name) or ""), wanted)


def _institution(context: _Context, institution_id: str) -> Answer:
    for row in context.bank.institutions():
        if row["id"] == institution_id:
            return Answer(200, {"data": context.documents.institution(row)})
    raise not_found("financialInstitution")


def _plain_id(text: str) -> str:
    """An id as it is stored: a uuid may come in capitals (RFC 9562, section 4)."""
    return text.lower() if _UUID.fullmatch(text) else text


_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_FILTER = re.compile(r"filter\[(\w+)\]\[(\w+)\]")
#: What a filter of institutions compares: what a row has, and what is wanted.
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda text, wanted: text == wanted,
    "contains": lambda text, wanted: wanted.lower() in text.lower(),
    "in": lambda text, wanted: text in wanted.split(","),
}
_ID = "([^/]+)"
#: Method, path, endpoint, and whether it answers without a bearer.
_ENDPOINTS: list[tuple[str, re.Pattern[str], Callable[..., Answer], bool]] = [
    (method, re.compile(path), endpoint, is_public)
    for method, path, endpoint, is_public in (
        ("GET", "/", _root, True),
        ("GET", "/accounts", _accounts, False),
        ("GET", f"/accounts/{_ID}", _account, False),
        ("DELETE", f"/accounts/{_ID}", _revoke_account, False),
        ("GET", f"/accounts/{_ID}/transactions", _transactions, False),
        ("GET", f"/accounts/{_ID}/transactions/{_ID}", _transaction, False),
        ("GET", f"/accounts/{_ID}/pending-transactions", _pending_transactions, False),
        (
            "GET",
            f"/accounts/{_ID}/pending-transactions/{_ID}",
            _pending_transaction,
            False,
        ),
        ("POST", "/synchronizations", _create_synchronization, False),
        ("GET", f"/synchronizations/{_ID}", _synchronization, False),
        (
            "GET",
            f"/synchronizations/{_ID}/updated-transactions",
            _updated_transactions,
            False,
        ),
        (
            "GET",
            f"/synchronizations/{_ID}/updated-pending-transactions",
            _updated_pending,
            False,
        ),
        ("GET", "/financial-institutions", _institutions, True),
        ("GET", f"/financial-institutions/{_ID}", _institution, True),
    )
]


def _find_endpoint(
    request: Request,
) -> tuple[Callable[..., Answer], tuple[str, ...], bool]:
    for method, pattern, endpoint, is_public in _ENDPOINTS:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            return endpoint, tuple(map(_plain_id, match.groups())), is_public
    raise not_found("path")
