# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The moment at which everything has to be over, whatever it waits for."""

import math
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager


class Deadline:
    """A budget of seconds that begins to run when it is made. From some moment on it
    may run only while a server is waited for.

    :param float budget_s: seconds; infinite for no deadline
    :param clock: callable returning seconds that only grow
    """

    def __init__(self, budget_s=math.inf, *, clock=time.monotonic):
        self._clock = clock
        self._ends_at = clock() + budget_s
        #: What is left while it does not run, in seconds; None while it does.
        self._left_s = None

    @property
    def remaining_s(self):
        """Seconds that are left (float), never less than 0."""
        if self._left_s is not None:
            return self._left_s
        return max(0.0, self._ends_at - self._clock())

    @property
    def is_over(self):
        """Whether nothing is left (bool)."""
        return not self.remaining_s

    def count_waits(self, budget_s):
        """Let it come after `budget_s` seconds of waiting at the latest: from now on
        nothing else counts."""
        self._left_s = min(self.remaining_s, budget_s)

    @contextmanager
    def waiting(self):
        """Let the time count that passes in the ``with`` block."""
        if self._left_s is None:
            yield
            return
        self._ends_at, self._left_s = self._clock() + self._left_s, None
        try:
            yield
        finally:
            self._left_s = self.remaining_s

    def cap(self, seconds):
        """Return `seconds`, or what is left if that is less, and runs; always above 0,
        which sockets take for "do not wait at all".

        :rtype: float
        """
        if self._left_s is not None:
            return seconds
        return max(min(seconds, self.remaining_s), 0.001)


def call_within(deadline, function, on_timeout):
    """Return what a function returns, unless it takes too long.

    No time-out of a socket ends a name that is not resolved, an address that is tried
    after another, or headers that come byte by byte. Therefore the function gets a
    thread of its own, which is left behind at the deadline.

    :param Deadline deadline:
    :param function: callable without parameters; may go on after the deadline
    :param on_timeout: callable that brings the function to an end soon
    :raise TimeoutError: the deadline came first
    """
    if deadline.remaining_s == math.inf:
        return function()
    return wait_within(deadline, begin(function), on_timeout)


def begin(function):
    """Call a function in a thread of its own.

    :param function: callable without parameters
    :return: what becomes of it
    :rtype: concurrent.futures.Future
    """
    future = Future()
    threading.Thread(target=_fulfil, args=(future, function), daemon=True).start()
    return future


def wait_within(deadline, future, on_timeout):
    """Return what a function returns that was begun; see `call_within`.

    :param Future future: what `begin` returned
    """
    remaining_s = deadline.remaining_s
    try:
        return future.result(None if remaining_s == math.inf else remaining_s)
    except FutureTimeoutError as error:
        if future.done():
            raise  # the function's own
        on_timeout()
        raise TimeoutError("The deadline is over") from error


def _fulfil(future, function):
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)
