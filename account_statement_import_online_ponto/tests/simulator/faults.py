"""Faults the simulator can be told to show, and the log of requests it received."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CUTS = ("before", "body")
#: Odd paging: the first page whatever the cursor; ``links.next`` pointing to the page
#: itself; every row twice in its page; an empty page whose ``links.next`` leads to the
#: rows (one bank's connector was seen to do that).
ACTIONS = ("repeat_page", "cursor_loop", "duplicate_ids", "empty_page")


@dataclass
class Fault:
    """One misbehaviour, shown to the requests whose path matches.

    :ivar path: pattern searched in the path (without the query).
    :ivar times: how often it still shows; None means until cleared.
    :ivar after: how many matching requests still pass before it shows.
    :ivar trickle: seconds over which the answer's body comes in small pieces.
    """

    path: re.Pattern[str]
    method: str | None = None
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: str | None = None
    delay: float | None = None
    trickle: float | None = None
    times: int | None = 1
    after: int = 0
    code: str | None = None
    action: str | None = None

    def __post_init__(self) -> None:
        if self.cut not in (None, *CUTS):
            raise ValueError(f"cut must be one of {', '.join(CUTS)}")
        if self.action not in (None, *ACTIONS):
            raise ValueError(f"action must be one of {', '.join(ACTIONS)}")

    @property
    def replaces_answer(self) -> bool:
        """Whether the request is answered by the fault and not by the bank."""
        return self.status is not None or self.body is not None or self.code is not None

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault concerns this request at all."""
        return self.method in (None, method) and bool(self.path.search(path))


class FaultQueue:
    """The faults in the order they were asked for; the first that is due is shown."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault at the end of the queue."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault to show to this request, counted down, or None."""
        for fault in self._faults:
            if fault.times == 0 or not fault.matches(method, path):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None


@dataclass
class RequestRecord:
    """One request as it arrived.

    ``headers`` holds lower-case names; the value of ``authorization`` keeps only its
    scheme. ``status`` is None when the connection was cut instead of answered.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    status: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return dict(vars(self))


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with lower-case names and without credentials."""
    masked = {name.lower(): value for name, value in headers.items()}
    if "authorization" in masked:
        scheme = masked["authorization"].split(" ", 1)[0]
        masked["authorization"] = f"{scheme} ***"
    return masked
