# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A circuit breaker for addresses and integrations.

A *pass* works through what is due. Within a pass

* an integration that failed is put off, without another request;
* an address is, after two of its integrations failed and none answered in between;
* the first request to an address goes alone, and so does the first of an integration
  that failed in the pass before: whoever else is asked waits for its outcome;
* an integration that was asked to slow down is put off, too, for as long as that was
  asked.

After the pass the schedule of whoever was put off keeps that time, and whoever is due
may ask. `Breaker.get_wait_s` tells those who have no schedule.

What failed in one pass is tried by the next one, with a single request. An address that
was put off needs no two failures then. So that few that are broken stop no others,
those that failed come last in a pass, see `Breaker.get_rank`: each pass that leaves out
one that would answer finds another one that does not.
"""

import enum
import itertools
import math
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

#: After how many failures of different integrations their address is put off.
FAILURES_OF_AN_ADDRESS = 2

#: A pass that nobody ended is over after so many seconds.
LONGEST_PASS_S = 600.0


class Admission(enum.Enum):
    """What to do with a request."""

    GO = "go"
    WAIT = "wait"
    PUT_OFF = "put off"


@dataclass
class _Circuit:
    """What is known of an address or of an integration.

    :ivar failed: integrations that failed since it last answered, in any pass
    :ivar is_put_off: whether it is left alone for the rest of the pass
    :ivar is_proven: whether it answered in this pass
    :ivar probe: the integration whose request goes alone, or None
    :ivar int rank: grows with each failure of whichever; zero once it answers
    """

    failed: set = field(default_factory=set)
    is_put_off: bool = False
    is_proven: bool = False
    probe: object = None
    rank: int = 0

    def fail(self, integration, rank, limit):
        """Note a failure; `limit` failures put it off."""
        self.failed.add(integration)
        self.rank = rank
        self.probe = None
        self.is_proven = False
        self.is_put_off = self.is_put_off or len(self.failed) >= limit

    def answer(self):
        """Note an answer, whatever it says."""
        self.failed.clear()
        self.probe, self.rank = None, 0
        self.is_proven, self.is_put_off = True, False


class Breaker:
    """One for all that asks the same servers; may be shared by threads.

    Addresses and integrations are any hashable values; an integration belongs to one
    address.

    :param clock: callable returning seconds that only grow
    """

    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.RLock()
        self._addresses: dict = {}
        self._integrations: dict = {}
        self._slow_until_s: dict = {}
        #: Integrations that were asked to slow down in this pass.
        self._slow_in_pass: set = set()
        self._began_s = None
        self._worker_count = 0
        self._ranks = itertools.count(1)

    @contextmanager
    def working(self):
        """Count the caller as one who works on the pass, in a ``with`` block."""
        with self._lock:
            self._worker_count += 1
        try:
            yield
        finally:
            with self._lock:
                self._worker_count -= 1

    def admit(self, address, integration):
        """Decide on a request. A caller that gets GO reports the outcome.

        :rtype: Admission
        """
        with self._lock:
            self._begin_pass_if_due()
            circuits = self._get_circuits(address, integration)
            is_put_off = any(circuit.is_put_off for circuit in circuits)
            is_slow = integration in self._slow_in_pass
            if is_put_off or (is_slow and self.is_slowed_down(integration)):
                return Admission.PUT_OFF
            if any(circuit.probe is not None for circuit in circuits):
                return Admission.WAIT
            of_address, of_integration = circuits
            if not of_address.is_proven:
                of_address.probe = integration
            if of_integration.failed and not of_integration.is_proven:
                of_integration.probe = integration
            return Admission.GO

    def note_answer(self, address, integration):
        """Take note that Ponto answered, whatever it said."""
        with self._lock:
            for circuit in self._get_circuits(address, integration):
                circuit.answer()

    def note_failure(self, address, integration):
        """Take note of a time-out, a connection that failed, or a failing server."""
        with self._lock:
            of_address, of_integration = self._get_circuits(address, integration)
            rank = next(self._ranks)
            of_integration.fail(integration, rank, limit=1)
            of_address.fail(integration, rank, limit=FAILURES_OF_AN_ADDRESS)

    def note_slow_down(self, address, integration, seconds):
        """Take note that Ponto wants fewer requests of an integration.

        :param seconds: for how long (float); None, where Ponto did not say: for the
            rest of the pass
        """
        with self._lock:
            self.note_answer(address, integration)
            self._slow_until_s[integration] = self._clock() + (seconds or math.inf)
            self._slow_in_pass.add(integration)

    def note_nothing(self, address, integration):
        """Take note that a request that might go was not sent."""
        with self._lock:
            for circuit in self._get_circuits(address, integration):
                if circuit.probe == integration:
                    circuit.probe = None

    def get_rank(self, integration):
        """Return by what to sort the integrations of a pass.

        :return: zero for one that has not failed since it last answered, in any pass;
            of those that have, the least for the one that was tried least recently
        :rtype: int
        """
        with self._lock:
            circuit = self._integrations.get(integration)
            return circuit.rank if circuit else 0

    def is_slowed_down(self, integration):
        """Tell whether Ponto wants no requests of an integration for now, as it said in
        this pass or in another one.

        :rtype: bool
        """
        with self._lock:
            return self._clock() < self._slow_until_s.get(integration, -math.inf)

    def get_wait_s(self, integration):
        """Return for how many seconds Ponto wants no requests of an integration; zero
        where it did not say, too.

        :rtype: float
        """
        with self._lock:
            wait_s = self._slow_until_s.get(integration, -math.inf) - self._clock()
            return max(0.0, wait_s) if math.isfinite(wait_s) else 0.0

    def end_pass(self):
        """End the pass: what failed is tried once more, with a single request.

        Of several who work on it, see `working`, only the last one ends it.
        """
        with self._lock:
            if self._worker_count <= 1:
                self._end_pass()

    def _end_pass(self):
        self._began_s = None
        for circuit in (*self._addresses.values(), *self._integrations.values()):
            circuit.is_put_off = circuit.is_proven = False
            circuit.probe = None
        self._slow_in_pass.clear()
        now_s = self._clock()
        self._slow_until_s = {
            integration: until_s
            for integration, until_s in self._slow_until_s.items()
            if now_s < until_s < math.inf
        }

    def forget(self):
        """Begin anew, with nothing known."""
        with self._lock:
            self._began_s = None
            for known in (
                self._addresses,
                self._integrations,
                self._slow_until_s,
                self._slow_in_pass,
            ):
                known.clear()

    def _begin_pass_if_due(self):
        now_s = self._clock()
        if self._began_s is not None and now_s - self._began_s > LONGEST_PASS_S:
            self._end_pass()
        if self._began_s is None:
            self._began_s = now_s

    def _get_circuits(self, address, integration):
        """Return (circuit of the address, circuit of the integration)."""
        return (
            self._addresses.setdefault(address, _Circuit()),
            self._integrations.setdefault(integration, _Circuit()),
        )
