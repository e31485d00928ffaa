"""The state behind the simulated API, and everything a test can do to it.

Every public method takes the one lock, so that a test may change the bank while the
server answers in other threads.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from .knobs import KnobsMixin
from .model import (
    ACCOUNT_ATTRIBUTES,
    TRANSACTION_ATTRIBUTES,
    UTC,
    Account,
    Ordered,
    Transaction,
    camel_case,
    split_attributes,
    to_moment,
    to_money,
)
from .synchronizations import SynchronizationsMixin

#: Stands for "not given", where None is a value of its own: Ponto's dates can be null.
UNSET: Any = object()
#: An invented bank.
DEFAULT_INSTITUTION = {
    "name": "Bank van de Leie",
    "bic": "LEIEBEXX",
    "country": "BE",
    "status": "stable",
    "deprecated": False,
    "timeZone": "Europe/Brussels",
    "logoUrl": None,
    "primaryColor": "#1f5a7a",
    "secondaryColor": "#e8eef2",
    "sharedBrandName": None,
    "sharedBrandReference": None,
    "maintenanceFrom": None,
    "maintenanceTo": None,
    "maintenanceType": None,
    "expectedAuthorizationLifetime": 180,
    "pendingTransactionsAvailable": True,
    "paymentsEnabled": True,
    "futureDatedPaymentsAllowed": True,
    "periodicPaymentsEnabled": False,
    "bulkPaymentsEnabled": True,
    "bulkPaymentInstructionsLimit": 1000,
    "paymentDebtorAccountReferenceRequired": False,
    "bulkPaymentDebtorAccountReferenceRequired": True,
}


def real_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class Bank(KnobsMixin, SynchronizationsMixin):
    """Accounts, transactions, tokens, synchronizations, faults and the request log.

    :param clock: the simulated present, an aware datetime in UTC.
    :param order: ``created`` (newest created first) or ``execution`` (newest execution
        date first). Ponto promises neither; integrators report the former.
    :param scope: scope of the tokens, ``ai``, ``ai pi`` or ``pi``.
    :param seed: start of the ids, so that equal calls give equal ids.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = real_clock,
        order: str = "created",
        scope: str = "ai",
        seed: int = 1,
    ) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._random = random.Random(f"ids {seed}")
        self._sequence = 0
        self._accounts: dict[str, Account] = {}
        self._transactions: dict[str, Transaction] = {}
        self._institutions: dict[str, dict[str, Any]] = {}
        self._init_synchronizations()
        self._init_knobs(order, scope)

    def now(self) -> datetime:
        """The simulated present, in UTC."""
        return self._clock().astimezone(UTC)

    def new_id(self) -> str:
        """A uuid; all ids of Ponto's resources look like one."""
        with self.lock:
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    # === ACCOUNTS === #

    def add_account(
        self, *, institution_id: str | None = None, **attributes: Any
    ) -> str:
        """Link an account to the integration.

        :param attributes: Ponto's account attributes; ``currentBalance`` is the opening
            balance that later transactions move.
        :return: the account's id.
        """
        given, verbatim = split_attributes(attributes, ACCOUNT_ATTRIBUTES)
        with self.lock:
            now = self.now()
            values = {
                "subtype": "checking",
                "referenceType": "IBAN",
                "currency": "EUR",
                "deprecated": False,
                "currentBalance": Decimal("0.00"),
                "internalReference": self.new_id(),
                "authorizedAt": now,
                **given,
            }
            values.setdefault("availableBalance", values["currentBalance"])
            account = Account(
                self.new_id(),
                values,
                institution_id or self._default_institution(),
                verbatim,
            )
            self._accounts[account.id] = account
            self._touch_balance(account)
            self._synchronize_all(account)
            return account.id

    def accounts(self) -> list[dict[str, Any]]:
        """The linked accounts with all attributes, in list order."""
        with self.lock:
            return [account.as_dict() for account in self._accounts.values()]

    def account(self, account_id: str) -> dict[str, Any]:
        """One account with all attributes. :raise KeyError: not linked."""
        with self.lock:
            return self._account(account_id).as_dict()

    def find_account(self, **attributes: Any) -> str:
        """Id of the first account with these attributes, e.g. ``currency="USD"``.

        :raise KeyError: none has them.
        """
        given, _verbatim = split_attributes(attributes, ACCOUNT_ATTRIBUTES)
        for account in self.accounts():
            if all(account[name] == value for name, value in given.items()):
                return account["id"]
        raise KeyError(f"no account with {attributes}")

    def update_account(self, account_id: str, **attributes: Any) -> None:
        """Change attributes of an account, such as its holder or a balance."""
        given, verbatim = split_attributes(attributes, ACCOUNT_ATTRIBUTES)
        with self.lock:
            account = self._account(account_id)
            account.attributes.update(given)
            for name in given:
                account.verbatim.pop(name, None)
            account.verbatim.update(verbatim)

    def balance(self, account_id: str) -> Decimal:
        """The current balance of the account."""
        with self.lock:
            return self._account(account_id).attributes["currentBalance"]

    # pylint: disable-next=method-required-super; no model of Odoo: an account is unlinked
    def unlink(self, account_id: str) -> None:
        """Take the account out of the integration, with all that belongs to it."""
        with self.lock:
            account = self._accounts.pop(account_id)
            for transaction in list(self._transactions.values()):
                if transaction.account_id == account.id:
                    del self._transactions[transaction.id]

    def relink(self, account_id: str, keep_account_id: bool = False) -> str:
        """Link the account anew: all its transactions come back under new ids.

        Whether ids survive this is not documented; this is the bad case. The order is
        kept, and each row is created now.

        :return: the account's id, a new one unless ``keep_account_id``.
        """
        with self.lock:
            old = self._account(account_id)
            rows = [self._transactions[row_id] for row_id in old.created]
            self.unlink(old.id)
            new_id = old.id if keep_account_id else self.new_id()
            account = self._copy(old, rows, new_id)
            account.attributes["authorizedAt"] = self.now()
            account.verbatim.pop("authorizedAt", None)
            self._synchronize_all(account)
            return new_id

    def deprecate(self, account_id: str) -> None:
        """Mark the account as one of a bank connection that was replaced."""
        self.update_account(account_id, deprecated=True)

    def replace(self, account_id: str) -> str:
        """Deprecate the account and add its replacement beside it.

        Both are visible under the same account number; the replacement's transactions
        have ids of their own.

        :return: the id of the replacement.
        """
        with self.lock:
            old = self._account(account_id)
            rows = [self._transactions[row_id] for row_id in old.created]
            account = self._copy(old, rows, self.new_id())
            self.deprecate(account_id)
            self._synchronize_all(account)
            return account.id

    # === TRANSACTIONS === #

    def add_transaction(
        self,
        account_id: str,
        amount: Any,
        execution_date: Any = UNSET,
        *,
        moves_balance: bool = True,
        **attributes: Any,
    ) -> str:
        """Book a transaction; it stands at the head of the created order.

        :param amount: text or Decimal, negative for money going out.
        :param execution_date: day, aware datetime, or text; a text with a time is
            repeated letter by letter. None is null; not given is today.
        :param moves_balance: whether the account's balances follow.
        :param attributes: Ponto's other attributes; ``createdAt`` defaults to now and
            ``valueDate`` to the execution date.
        :return: the transaction's id.
        """
        if execution_date is not UNSET:
            attributes["executionDate"] = execution_date
        with self.lock:
            account = self._account(account_id)
            transaction = self._new_transaction(account, amount, attributes)
            self._book(account, transaction, moves_balance)
            return transaction.id

    def update_transaction(self, transaction_id: str, **attributes: Any) -> None:
        """Change a booked transaction where it stands; ``updatedAt`` moves to now."""
        given, verbatim = split_attributes(attributes, TRANSACTION_ATTRIBUTES)
        with self.lock:
            transaction = self._transactions[transaction_id]
            account = self._accounts[transaction.account_id]
            old_amount = transaction.attributes["amount"]
            transaction.attributes.update({"updatedAt": self.now(), **given})
            for name in ("updatedAt", *given):
                transaction.verbatim.pop(name, None)
            transaction.verbatim.update(verbatim)
            account.executed = None
            self._move(account, transaction.attributes["amount"] - old_amount)

    def remove_transaction(
        self, transaction_id: str, moves_balance: bool = False
    ) -> None:
        """Let a transaction disappear. Whether Ponto ever does so is not documented.

        The balance stays by default: the bank still knows what Ponto lost.
        """
        with self.lock:
            transaction = self._transactions.pop(transaction_id)
            account = self._accounts[transaction.account_id]
            for ids in (account.created, account.pending):
                if transaction_id in ids:
                    ids.remove(transaction_id)
            account.executed = None
            if moves_balance:
                self._move(account, -transaction.attributes["amount"])

    def queue_transaction(self, account_id: str, amount: Any, **attributes: Any) -> str:
        """A transaction that appears only after the next successful synchronization."""
        with self.lock:
            account = self._account(account_id)
            transaction = self._new_transaction(account, amount, attributes)
            account.queued.append(transaction)
            return transaction.id

    def queue_update(self, transaction_id: str, **attributes: Any) -> None:
        """A change that the next successful synchronization brings, and then lists
        among its updated transactions."""
        split_attributes(attributes, TRANSACTION_ATTRIBUTES)
        with self.lock:
            account = self._accounts[self._transactions[transaction_id].account_id]
            account.queued_updates.append((transaction_id, attributes))

    def queue_pending_transaction(
        self, account_id: str, amount: Any, **attributes: Any
    ) -> str:
        """A pending transaction, filled by the next synchronization with subtype
        ``accountTransactionsWithUnsettled``. It moves no balance."""
        with self.lock:
            account = self._account(account_id)
            transaction = self._new_transaction(account, amount, attributes)
            self._transactions[transaction.id] = transaction
            account.queued_pending.append(transaction)
            return transaction.id

    def transactions(self, account_id: str) -> list[dict[str, Any]]:
        """The booked rows in list order: amounts as Decimal, times as datetimes."""
        with self.lock:
            ordered = self.listing(account_id)
            return [self._transactions[row_id].as_dict() for row_id in ordered]

    def transaction(self, transaction_id: str) -> dict[str, Any]:
        """One row as in :meth:`transactions`. :raise KeyError: unknown."""
        with self.lock:
            return self._transactions[transaction_id].as_dict()

    # === FINANCIAL INSTITUTIONS === #

    def add_institution(self, **attributes: Any) -> str:
        """Add a financial institution, with Ponto's attributes, and return its id."""
        with self.lock:
            institution_id = self.new_id()
            self._institutions[institution_id] = {
                **DEFAULT_INSTITUTION,
                **{camel_case(name): value for name, value in attributes.items()},
            }
            return institution_id

    def institutions(self, linked_only: bool = False) -> list[dict[str, Any]]:
        """The institutions, or only those that linked accounts belong to."""
        with self.lock:
            linked = {account.institution_id for account in self._accounts.values()}
            return [
                {"id": institution_id, **attributes}
                for institution_id, attributes in self._institutions.items()
                if not linked_only or institution_id in linked
            ]

    def _default_institution(self) -> str:
        if not self._institutions:
            self.add_institution()
        return next(iter(self._institutions))

    # === FOR THE API'S ENDPOINTS === #

    def listing(self, account_id: str) -> Ordered:
        """The booked ids in the order now served."""
        with self.lock:
            account = self._account(account_id)
            if self.order == "created":
                return account.created
            if account.executed is None:
                rows = [self._transactions[row_id] for row_id in account.created]
                rows.sort(key=lambda row: row.execution_key)
                account.executed = Ordered(row.id for row in rows)
            return account.executed

    def account_record(self, account_id: str) -> Account:
        """The live record. :raise KeyError: not linked."""
        return self._account(account_id)

    def transaction_record(self, transaction_id: str) -> Transaction:
        """The live record. :raise KeyError: unknown."""
        return self._transactions[transaction_id]

    # === HELPERS === #

    def _account(self, account_id: str) -> Account:
        return self._accounts[account_id]

    def _new_transaction(
        self, account: Account, amount: Any, attributes: dict[str, Any]
    ) -> Transaction:
        given, verbatim = split_attributes(attributes, TRANSACTION_ATTRIBUTES)
        now = self.now()
        values = {
            "amount": to_money(amount),
            "currency": account.attributes["currency"],
            "executionDate": to_moment(now.date()),
            "createdAt": now,
            **given,
        }
        values.setdefault("valueDate", values["executionDate"])
        if "executionDate" in verbatim and "valueDate" not in given:
            verbatim["valueDate"] = verbatim["executionDate"]
        values.setdefault("updatedAt", values["createdAt"])
        return Transaction(
            self.new_id(), account.id, self._next_sequence(), values, verbatim
        )

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def _book(
        self, account: Account, transaction: Transaction, moves_balance: bool = True
    ) -> None:
        """Put a transaction at the head of its account."""
        self._transactions[transaction.id] = transaction
        account.created.append(transaction.id)
        account.executed = None
        if moves_balance:
            self._move(account, transaction.attributes["amount"])
        # A row can only be there because Ponto synchronized by itself.
        latest = account.latest.get("transactions")
        if latest and latest.status == "success":
            latest.updated_at = self.now()
            account.synchronized_at["transactions"] = latest.updated_at

    def _move(self, account: Account, difference: Decimal) -> None:
        if not difference:
            return
        for name in ("currentBalance", "availableBalance"):
            if account.attributes.get(name) is not None:
                account.attributes[name] += difference
        self._touch_balance(account)

    def _touch_balance(self, account: Account) -> None:
        """The dates of both balances follow a change."""
        now = self.now()
        for name in ("currentBalance", "availableBalance"):
            account.attributes[f"{name}ReferenceDate"] = to_moment(now.date())
            account.attributes[f"{name}ChangedAt"] = now
            account.attributes[f"{name}VariationObservedAt"] = now

    def _copy(self, old: Account, rows: list[Transaction], new_id: str) -> Account:
        """A linked copy of an account; its rows get new ids and are created now."""
        account = Account(
            new_id, dict(old.attributes), old.institution_id, dict(old.verbatim)
        )
        self._accounts[new_id] = account
        now = self.now()
        for row in reversed(rows):
            values = {**row.attributes, "createdAt": now, "updatedAt": now}
            copy = Transaction(
                self.new_id(), new_id, self._next_sequence(), values, dict(row.verbatim)
            )
            self._transactions[copy.id] = copy
            account.created.append(copy.id)
        return account
