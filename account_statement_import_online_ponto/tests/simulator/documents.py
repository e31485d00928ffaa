"""JSON:API documents in the shapes of Ponto's answers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from .bank import Bank
from .model import (
    ACCOUNT_ATTRIBUTES,
    DAY_ATTRIBUTES,
    TRANSACTION_ATTRIBUTES,
    Account,
    Page,
    Synchronization,
    Transaction,
)

_CURSORS = frozenset({"before", "after", "page[before]", "page[after]"})
_MARKED_NUMBER = re.compile(rb'"\\ue000(-?[0-9.]+)\\ue000"')


def to_json(value: Any) -> bytes:
    """Encode with every Decimal written digit by digit as a JSON number.

    The standard encoder would write it through a binary float; a mark that no bank
    text contains keeps the digits until the encoder is done.
    """
    text = json.dumps(value, default=_encode_other, separators=(",", ":"))
    return _MARKED_NUMBER.sub(rb"\1", text.encode())


def _encode_other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"\ue000{value:f}\ue000"
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


class Documents:
    """Builds answers for one request.

    :param bank: the state, whose knobs shape the attributes.
    :param base_url: scheme and host the client used; links are absolute.
    """

    def __init__(self, bank: Bank, base_url: str) -> None:
        self._bank = bank
        self._base = base_url

    # === RESOURCES === #

    def account(self, account: Account) -> dict[str, Any]:
        """An account; what is known of its synchronizations stands in ``meta``."""
        url = f"{self._base}/accounts/{account.id}"
        institution = account.institution_id
        return {
            "type": "account",
            "id": account.id,
            "attributes": self._attributes(
                account.attributes, account.verbatim, ACCOUNT_ATTRIBUTES
            ),
            "meta": {
                "availability": account.availability,
                **self.synchronization_meta(account, "details"),
            },
            "relationships": {
                "transactions": {
                    "links": {
                        "related": f"{url}/transactions",
                        "meta": {"type": "transaction"},
                    }
                },
                "financialInstitution": {
                    "data": {"type": "financialInstitution", "id": institution},
                    "links": {
                        "related": f"{self._base}/financial-institutions/{institution}"
                    },
                },
            },
        }

    def transaction(
        self, row: Transaction, kind: str = "transaction"
    ) -> dict[str, Any]:
        """A booked or pending transaction."""
        attributes = {**row.attributes, "digest": self._digest(row)}
        if row.attributes.get("digest"):
            attributes["digest"] = row.attributes["digest"]
        return {
            "type": kind,
            "id": row.id,
            "attributes": self._attributes(
                attributes, row.verbatim, TRANSACTION_ATTRIBUTES
            ),
            "relationships": {
                "account": {
                    "data": {"type": "account", "id": row.account_id},
                    "links": {"related": f"{self._base}/accounts/{row.account_id}"},
                }
            },
        }

    def synchronization(self, item: Synchronization) -> dict[str, Any]:
        """A synchronization. The customer's address is not echoed."""
        related = f"{self._base}/synchronizations/{item.id}/updated-transactions"
        return {
            **self._bare_synchronization(item),
            "relationships": {
                "updatedTransactions": {
                    "links": {"related": related, "meta": {"type": "transaction"}}
                }
            },
        }

    @staticmethod
    def institution(row: dict[str, Any]) -> dict[str, Any]:
        """A financial institution."""
        attributes = {name: value for name, value in row.items() if name != "id"}
        return {
            "type": "financialInstitution",
            "id": row["id"],
            "attributes": attributes,
        }

    # === LISTS === #

    def listing(
        self,
        path: str,
        query: Mapping[str, str],
        rows: Iterable[dict[str, Any]],
        page: Page,
        limit: int,
        meta: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A page of resources with links and cursors to its neighbours.

        The links repeat the query that was asked, in its spelling (``limit`` or
        ``page[limit]``), so the first one of a bare list is the bare address. Brackets
        are not encoded, as in the official client's fixtures. The last page has
        neither ``links.next`` nor ``meta.paging.after``.
        """
        url = f"{self._base}{path}"
        links = {"first": _link(url, query)}
        paging: dict[str, Any] = {"limit": limit}
        if page.previous or page.next:
            paging["before"] = page.previous
        if page.next:
            paging["after"] = page.next
            links["next"] = _link(url, query, after=page.next)
        if page.previous:
            links["prev"] = _link(url, query, before=page.previous)
        return {
            "data": list(rows),
            "links": links,
            "meta": {"paging": paging, **(meta or {})},
        }

    def synchronization_meta(self, account: Account, kind: str) -> dict[str, Any]:
        """``synchronizedAt`` and the most recently completed synchronization.

        :param kind: ``details`` or ``transactions``; the two are independent, so the
            balance and the list are not updated at once.
        """
        meta: dict[str, Any] = {}
        if kind in account.synchronized_at:
            meta["synchronizedAt"] = self._time(account.synchronized_at[kind])
        if kind in account.latest:
            meta["latestSynchronization"] = self._bare_synchronization(
                account.latest[kind]
            )
        return meta

    # === HELPERS === #

    def _bare_synchronization(self, item: Synchronization) -> dict[str, Any]:
        return {
            "type": "synchronization",
            "id": item.id,
            "attributes": {
                "resourceType": "account",
                "resourceId": item.account_id,
                "subtype": item.subtype,
                "status": item.status,
                "errors": (
                    [error["code"] for error in item.errors]
                    if self._bank.has_plain_errors
                    else item.errors
                ),
                "customerOnline": item.customer_online,
                "createdAt": self._time(item.created_at),
                "updatedAt": self._time(item.updated_at),
            },
        }

    def _time(self, moment: datetime | None) -> str | None:
        return self._bank.time_format.render(moment)

    def _attributes(
        self, values: dict[str, Any], verbatim: dict[str, str], names: Iterable[str]
    ) -> dict[str, Any]:
        """All attributes in Ponto's order, in the form the bank's knobs ask for."""
        render = self._bank.time_format.render
        omit_null = self._bank.omit_null
        result: dict[str, Any] = {}
        for name in names:
            value = values.get(name)
            if isinstance(value, datetime):
                value = verbatim.get(name) or render(
                    value, is_day=name in DAY_ATTRIBUTES
                )
            if value is not None or not omit_null:
                result[name] = value
        result.update(self._bank.extra_attributes)
        return result

    @staticmethod
    def _digest(row: Transaction) -> str:
        """Digest of what the bank sent: equal for twins, so never a key."""
        payload = [
            str(row.attributes.get(name))
            for name in TRANSACTION_ATTRIBUTES
            if name not in ("digest", "createdAt", "updatedAt")
        ]
        hashed = hashlib.sha256("|".join(payload).encode()).digest()
        return base64.b64encode(hashed).decode()


def _link(url: str, query: Mapping[str, str], **cursor: str) -> str:
    """The address of a page: what was asked, with another cursor or none.

    A list that was asked for without paging goes on in the documented spelling.
    """
    is_plain = any(name in query for name in ("limit", "before", "after"))
    pairs = [(name if is_plain else f"page[{name}]", cursor[name]) for name in cursor]
    pairs += [(name, text) for name, text in query.items() if name not in _CURSORS]
    texts = [f"{quote(name, safe='[]')}={quote(text)}" for name, text in pairs]
    return f"{url}?{'&'.join(texts)}" if texts else url


def error_document(
    code: str,
    detail: str,
    meta: dict[str, Any] | None,
    pointer: str | None = None,
) -> dict[str, Any]:
    """An error in Ponto's shape: no ``title`` and no ``status``.

    :param meta: None leaves the ``meta`` out.
    """
    error: dict[str, Any] = {"code": code, "detail": detail}
    if meta is not None:
        error["meta"] = meta
    if pointer:
        error["source"] = {"pointer": pointer}
    return {"errors": [error]}
