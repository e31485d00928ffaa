"""Knobs: how the simulated Ponto answers, whatever it has to tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .faults import Fault, FaultQueue, RequestRecord
from .model import TimeFormat
from .tokens import Tokens

ORDERS = ("created", "execution")
#: What an unknown cursor may give, see :meth:`KnobsMixin.set_unknown_cursor`.
UNKNOWN_CURSORS = ("not_found", "refused", "empty")


class KnobsMixin:
    """The part of :class:`~simulator.bank.Bank` that shapes answers and logs requests.

    Uses the bank's lock.
    """

    def _init_knobs(self, order: str, scope: str) -> None:
        self.tokens = Tokens(self.now, self.new_id, scope)
        self.forbidden = False
        self.time_format = TimeFormat()
        self.omit_null = False
        self.extra_attributes: dict[str, Any] = {}
        self.has_plain_errors = False
        self.has_error_meta = True
        self.unknown_cursor = "not_found"
        self._cursors: dict[str, tuple[str | None, str | None]] = {}
        self._requests: list[RequestRecord] = []
        self._faults = FaultQueue()
        self.set_order(order)

    # === FORM OF THE ANSWERS === #

    def set_order(self, order: str) -> None:
        """Serve the lists by creation or by execution date, from the next page on."""
        if order not in ORDERS:
            raise ValueError(f"order must be one of {', '.join(ORDERS)}")
        with self.lock:
            self.order = order

    def set_time_format(
        self,
        fraction_digits: int = 3,
        offset_minutes: int | None = None,
        date_only: bool = False,
    ) -> None:
        """Choose how times are written, see :class:`TimeFormat`."""
        with self.lock:
            self.time_format = TimeFormat(fraction_digits, offset_minutes, date_only)

    def set_omit_null(self, omit: bool = True) -> None:
        """Leave null attributes out instead of writing null; both are reported."""
        with self.lock:
            self.omit_null = omit

    def set_extra_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Add unknown attributes to each account and transaction."""
        with self.lock:
            self.extra_attributes = dict(attributes)

    def set_plain_errors(self, plain: bool = True) -> None:
        """Write a synchronization's errors as bare codes, ``["technicalFailure"]``.

        A client library of a sister product has them so.
        """
        with self.lock:
            self.has_plain_errors = plain

    def set_error_meta(self, present: bool = True) -> None:
        """Choose whether errors have a ``meta``; they were seen without."""
        with self.lock:
            self.has_error_meta = present

    # === CURSORS === #

    def set_unknown_cursor(self, answer: str = "not_found") -> None:
        """Choose what a cursor gives that is not (any more) in a list.

        ``not_found`` (404) is the simulator's own choice, ``refused`` (400) is another
        one that a server might make. ``empty`` is an empty page without neighbours, as
        an integrator's tests of 2019 saw it on the list of institutions, where it
        always is so here.
        """
        if answer not in UNKNOWN_CURSORS:
            raise ValueError(f"answer must be one of {', '.join(UNKNOWN_CURSORS)}")
        with self.lock:
            self.unknown_cursor = answer

    def new_cursor(self, before: str | None, after: str | None) -> str:
        """A cursor that leads to where other cursors led."""
        with self.lock:
            cursor = self.new_id()
            self._cursors[cursor] = before, after
            return cursor

    def resolve_cursors(
        self, before: str | None, after: str | None
    ) -> tuple[str | None, str | None]:
        """The cursors that a made-up ``after`` stands for; others are unchanged."""
        with self.lock:
            return self._cursors.get(after or "", (before, after))

    # === ACCESS === #

    def revoke_tokens(self) -> None:
        """End all access tokens; the next call with one is answered 401."""
        with self.lock:
            self.tokens.revoke()

    def set_forbidden(self, forbidden: bool = True) -> None:
        """Answer 403 to every call that needs a token."""
        with self.lock:
            self.forbidden = forbidden

    def set_scope(self, scope: str) -> None:
        """Choose the scope of the integration; data needs ``ai``."""
        with self.lock:
            self.tokens.scope = scope

    # === FAULTS AND REQUESTS === #

    def fault(
        self,
        path_regex: str,
        *,
        method: str | None = None,
        status: int | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        cut: str | None = None,
        delay: float | None = None,
        trickle: float | None = None,
        times: int | None = 1,
        after: int = 0,
        code: str | None = None,
        action: str | None = None,
    ) -> None:
        """Queue a fault for requests whose path (without query) matches.

        :param status: answer with this status instead of the real answer.
        :param body: text (sent as it is) or JSON value of that answer.
        :param code: error code to put in an answer of the usual shape.
        :param cut: drop the connection ``before`` the answer or in the middle of its
            ``body``.
        :param delay: seconds to wait first.
        :param trickle: seconds over which the body comes in small pieces.
        :param times: how often; None until :meth:`clear_faults`.
        :param after: let so many matching requests pass first.
        :param action: ``repeat_page``, ``cursor_loop``, ``duplicate_ids`` or
            ``empty_page``.
        """
        fault = Fault(
            re.compile(path_regex),
            method=method,
            status=status,
            body=body,
            headers=headers or {},
            cut=cut,
            delay=None if delay is None else float(delay),
            trickle=None if trickle is None else float(trickle),
            times=times,
            after=after,
            code=code,
            action=action,
        )
        with self.lock:
            self._faults.add(fault)

    def take_fault(self, method: str, path: str) -> Fault | None:
        """The fault this request is to see; counts it down."""
        with self.lock:
            return self._faults.take(method, path)

    def clear_faults(self) -> None:
        """Forget all queued faults."""
        with self.lock:
            self._faults.clear()

    @property
    def requests(self) -> list[RequestRecord]:
        """The requests received so far, oldest first (a copy)."""
        with self.lock:
            return list(self._requests)

    def record_request(self, record: RequestRecord) -> None:
        """Add a request to the log."""
        with self.lock:
            self._requests.append(record)

    def clear_requests(self) -> None:
        """Empty the log of requests."""
        with self.lock:
            self._requests.clear()

    def count(self, path_regex: str, method: str | None = None) -> int:
        """How many logged requests match."""
        return sum(
            bool(re.search(path_regex, record.path)) and method in (None, record.method)
            for record in self.requests
        )
