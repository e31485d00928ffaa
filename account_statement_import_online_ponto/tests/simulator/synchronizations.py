"""Synchronizations: what Ponto fetches from the bank, and when it refuses to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .model import SUBTYPES, Account, Synchronization, Transaction, to_moment

#: Shortest time between two synchronizations of one subtype for one account. Readers of
#: Ponto's documents name 5 minutes, one names 30: hence a setting of the bank.
DEFAULT_GAP = timedelta(minutes=5)
#: Days a consent lasts when it is renewed; banks give 90 or 180.
CONSENT_DAYS = 180
_ERROR_DETAILS = {
    "authorizationExpired": "The authorization of this account has expired.",
    "authorizationInvalid": "The authorization of this account is not valid.",
    "authorizationRevoked": "The authorization of this account was revoked.",
    "technicalFailure": "The financial institution is temporarily unreachable.",
}


class RecentlySynchronized(Exception):
    """A synchronization of this subtype was created too short a time ago."""


class SynchronizationsMixin:
    """The part of :class:`~simulator.bank.Bank` that synchronizes.

    Uses the bank's lock, clock, accounts and transactions.
    """

    def _init_synchronizations(self) -> None:
        self._synchronizations: dict[str, Synchronization] = {}
        self._last_created: dict[tuple[str, str], datetime] = {}
        self.synchronization_gap = DEFAULT_GAP
        self.updated_includes_created = False

    # === ASKED FOR BY A CLIENT === #

    def create_synchronization(self, account_id: str, subtype: str) -> Synchronization:
        """Accept a client's synchronization, in status pending.

        :raise KeyError: the account is not linked.
        :raise RecentlySynchronized: one of this subtype was created within the gap.
        """
        with self.lock:
            account = self._account(account_id)
            now = self.now()
            last = self._last_created.get((account_id, subtype))
            if last is not None and now - last < self.synchronization_gap:
                raise RecentlySynchronized(subtype)
            self._last_created[account_id, subtype] = now
            return self._new_synchronization(account, subtype, customer_online=True)

    def advance_synchronization(self, synchronization_id: str) -> Synchronization:
        """Move one state on and return the synchronization.

        Each look at it is one step (pending, running, success or error): a client can
        be tested without waiting for a wall clock.

        :raise KeyError: unknown synchronization.
        """
        with self.lock:
            synchronization = self._synchronizations[synchronization_id]
            if synchronization.status == "pending":
                synchronization.status = "running"
                synchronization.updated_at = self.now()
            elif synchronization.status == "running":
                self._complete(synchronization)
            return synchronization

    def get_synchronization(self, synchronization_id: str) -> Synchronization:
        """A synchronization as it stands. :raise KeyError: unknown."""
        with self.lock:
            return self._synchronizations[synchronization_id]

    def set_synchronization_gap(self, minutes: float = 5) -> None:
        """Choose the shortest time between two synchronizations of one subtype."""
        with self.lock:
            self.synchronization_gap = timedelta(minutes=float(minutes))

    # === PONTO'S OWN === #

    def synchronize(
        self, account_id: str, subtype: str = "accountTransactions"
    ) -> dict[str, Any]:
        """Ponto's own synchronization, done at once: queued transactions appear.

        :return: ``id``, ``status`` and ``errors`` of the synchronization.
        """
        if subtype not in SUBTYPES:
            raise ValueError(f"subtype must be one of {', '.join(SUBTYPES)}")
        with self.lock:
            synchronization = self._new_synchronization(
                self._account(account_id), subtype
            )
            self._complete(synchronization)
            return {
                "id": synchronization.id,
                "status": synchronization.status,
                "errors": synchronization.errors,
            }

    def fail_synchronizations(
        self, account_id: str, code: str = "technicalFailure", times: int = 1
    ) -> None:
        """Let the next synchronizations of the account end in this error."""
        with self.lock:
            self._account(account_id).failures.extend([code] * int(times))

    # === CONSENT AND AVAILABILITY === #

    def expire_consent(
        self, account_id: str, code: str = "authorizationExpired"
    ) -> None:
        """End the bank's consent: reading works, synchronizations end in an error.

        The expected end in the account's attributes moves to now when it lay later. It
        does not expire by itself on that date: Ponto calls it an expectation.
        The failure shows at once, as Ponto synchronizes by itself several times a day.
        """
        with self.lock:
            account = self._account(account_id)
            account.consent_error = code
            expected = account.attributes.get("authorizationExpirationExpectedAt")
            if expected is None or expected > self.now():
                self._set_consent_end(account, self.now())
            self._synchronize_all(account)

    def renew_consent(self, account_id: str, days: int = CONSENT_DAYS) -> None:
        """The user authorized the account again: Ponto synchronizes it at once."""
        with self.lock:
            account = self._account(account_id)
            account.consent_error = None
            account.attributes["authorizedAt"] = self.now()
            account.verbatim.pop("authorizedAt", None)
            self._set_consent_end(account, self.now() + timedelta(days=int(days)))
            self._synchronize_all(account)

    def set_consent_end(self, account_id: str, moment: Any) -> None:
        """Set when the consent is expected to end; None where the bank does not say."""
        with self.lock:
            self._set_consent_end(self._account(account_id), to_moment(moment))

    def set_availability(self, account_id: str, availability: str) -> None:
        """``available``, or ``readonly`` while the bank is in maintenance.

        Synchronizing is impossible while read-only. How Ponto says so is not written
        down; here such synchronizations end in ``technicalFailure``.
        """
        if availability not in ("available", "readonly"):
            raise ValueError("availability must be available or readonly")
        with self.lock:
            self._account(account_id).availability = availability

    # === HELPERS === #

    @staticmethod
    def _set_consent_end(account: Account, moment: datetime | None) -> None:
        account.attributes["authorizationExpirationExpectedAt"] = moment
        account.verbatim.pop("authorizationExpirationExpectedAt", None)

    def _synchronize_all(self, account: Account) -> None:
        for subtype in SUBTYPES[:2]:
            self.synchronize(account.id, subtype)

    def _new_synchronization(
        self, account: Account, subtype: str, customer_online: bool = False
    ) -> Synchronization:
        now = self.now()
        synchronization = Synchronization(
            self.new_id(),
            account.id,
            subtype,
            now,
            now,
            customer_online=customer_online,
        )
        self._synchronizations[synchronization.id] = synchronization
        return synchronization

    def _complete(self, synchronization: Synchronization) -> None:
        """End a synchronization; only completed ones show as the latest."""
        synchronization.updated_at = self.now()
        account = self._accounts.get(synchronization.account_id)
        if account is None:  # Unlinked while it ran.
            code = "authorizationRevoked"
        else:
            code = self._failure_code(account)
            account.latest[synchronization.kind] = synchronization
        if code:
            synchronization.status = "error"
            synchronization.errors = [self._error(code)]
            return
        synchronization.status = "success"
        account.synchronized_at[synchronization.kind] = synchronization.updated_at
        if synchronization.kind == "transactions":
            self._release(account, synchronization)

    @staticmethod
    def _failure_code(account: Account) -> str | None:
        if account.consent_error:
            return account.consent_error
        if account.availability == "readonly":
            return "technicalFailure"
        return account.failures.pop(0) if account.failures else None

    def _error(self, code: str) -> dict[str, Any]:
        """An error of a synchronization, in the shape of Ponto's client libraries."""
        institution_answer = {
            "statusCode": 503 if code == "technicalFailure" else 401,
            "body": "",
            "requestId": self.new_id(),
            "timestamp": self.time_format.render(self.now()),
            "requestUri": "https://bank.example/accounts",
        }
        return {
            "code": code,
            "detail": _ERROR_DETAILS.get(code, f"The synchronization failed: {code}."),
            "meta": {"financialInstitutionResponse": institution_answer},
        }

    def _release(self, account: Account, synchronization: Synchronization) -> None:
        """Make visible what waited for a successful synchronization."""
        for transaction in account.queued:
            self._created_now(transaction)
            self._book(account, transaction)
            if self.updated_includes_created:
                synchronization.updated.append(transaction.id)
        account.queued = []
        for transaction_id, attributes in account.queued_updates:
            if transaction_id in account.created:
                self.update_transaction(transaction_id, **attributes)
                if transaction_id not in synchronization.updated:
                    synchronization.updated.append(transaction_id)
        account.queued_updates = []
        if synchronization.subtype == "accountTransactionsWithUnsettled":
            for transaction in account.queued_pending:
                self._created_now(transaction)
                account.pending.append(transaction.id)
            account.queued_pending = []

    def _created_now(self, transaction: Transaction) -> None:
        transaction.sequence = self._next_sequence()
        transaction.attributes.update(createdAt=self.now(), updatedAt=self.now())
