"""The moments at which something can go wrong in a process: runs inside Odoo.

A moment is an SQL statement, a commit or a request. They are counted below the addon
and below Odoo's ORM, in psycopg2 and requests; one of them can be spoiled, in a way
that is as real as it can be: PostgreSQL itself refuses the statement, the socket is
shut, the process is killed, the bank cuts its answer.
"""

import json
import os
import signal
import socket
import threading
import urllib.request
from collections import Counter
from unittest.mock import patch

import psycopg2
import psycopg2.extensions
import requests.adapters

from odoo.sql_db import PsycoConnection

STATEMENT, COMMIT, REQUEST = ("statement", "commit", "request")
#: How long a request may take whose answer is to come too late, in seconds.
TOO_SHORT_S = 0.2


class InjectedError(Exception):
    """A mistake that nobody has thought of."""


# === HOW A CONNECTION TO THE DATABASE IS SPOILED === #


def refuse(code):
    """Return a function that lets PostgreSQL refuse what a connection does next."""
    text = f"DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '{code}'; END $$"

    def spoil(connection):
        with psycopg2.extensions.connection.cursor(connection) as cursor:
            cursor.execute(text)

    return spoil


def lose(connection):
    """Shut the socket: what is done next finds no server."""
    with socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def lose_for_good(connection):
    """Shut the socket, and notice it."""
    lose(connection)
    psycopg2.extensions.connection.cursor(connection).execute("SELECT 1")


def fail(_connection):
    raise InjectedError("injected")


def interrupt(_connection):
    raise KeyboardInterrupt


def die(_connection):
    os.kill(os.getpid(), signal.SIGKILL)


_REFUSALS = {
    "connection lost": lose,
    "serialization failure": refuse("40001"),
    "deadlock": refuse("40P01"),
    "exception": fail,
    "interrupt": interrupt,
}
#: What happens instead of a statement, before a commit, and right after one.
STATEMENTS = {**_REFUSALS, "lock not available": refuse("55P03"), "death": die}
COMMITS = {**_REFUSALS, "death before": die}
AFTER_COMMITS = {"death after": die, "connection lost after": lose_for_good}
#: What the bank does from a request on; some of it would not be noticed if it did so
#: only once, because the client asks again.
REQUESTS = {
    "reset": {"cut": "before", "times": None},
    "time-out": {"delay": 5 * TOO_SHORT_S},
    "500": {"status": 500},
    "cut body": {"cut": "body", "times": None},
}
KINDS = {
    STATEMENT: tuple(STATEMENTS),
    COMMIT: (*COMMITS, *AFTER_COMMITS),
    REQUEST: tuple(REQUESTS),
}


def tell_bank(url, command, **arguments):
    """Let the simulated bank do something."""
    order = urllib.request.Request(
        f"{url}/simulator/{command}",
        json.dumps(arguments).encode(),
        {"Content-Type": "application/json"},
    )
    no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    no_proxy.open(order, timeout=30).close()


class Moments:
    """Counts moments while it is entered, and spoils one.

    :param str url: of the simulated bank
    :param dict fault: ``point``, ``number`` (from 1 on) and ``kind``; None to count
    :ivar Counter counts: how many moments there were of each point
    :ivar bool is_hit: whether one was spoiled
    """

    def __init__(self, url, fault=None):
        self._url, self._fault = url, fault or {}
        self._lock = threading.Lock()
        self.counts, self.is_hit = Counter(), False

    def __enter__(self):
        Adapter = requests.adapters.HTTPAdapter
        self._patches = [
            patch.object(PsycoConnection, "cursor", self._make_cursor(), create=True),
            patch.object(PsycoConnection, "commit", self._make_commit(), create=True),
            patch.object(Adapter, "send", self._make_send(Adapter.send)),
        ]
        for each in self._patches:
            each.start()
        return self

    def __exit__(self, *error):
        for each in self._patches:
            each.stop()

    def _meet(self, point):
        """Return the kind of the fault if this is the moment (text), else None."""
        with self._lock:
            self.counts[point] += 1
            if self._fault.get("point") != point:
                return None
            if self._fault["number"] != self.counts[point]:
                return None
            self.is_hit = True
            return self._fault["kind"]

    def _make_cursor(moments):
        """Return a method of connections that gives cursors that are watched."""

        class WatchedCursor(psycopg2.extensions.cursor):
            """Meets a moment before each statement."""

            _refused = None

            @property
            def query(self):
                """What was to be executed, for Odoo's log."""
                return self._refused or super().query

            def execute(self, query, variables=None):
                if kind := moments._meet(STATEMENT):
                    self._refused = self.mogrify(query, variables)
                    STATEMENTS[kind](self.connection)
                return super().execute(query, variables)

        def cursor(connection, *args, **kwargs):
            kwargs.setdefault("cursor_factory", WatchedCursor)
            return psycopg2.extensions.connection.cursor(connection, *args, **kwargs)

        return cursor

    def _make_commit(self):
        """Return a method of connections that meets a moment."""

        def commit(connection):
            kind = self._meet(COMMIT)
            if kind in COMMITS:
                COMMITS[kind](connection)
            psycopg2.extensions.connection.commit(connection)
            if kind in AFTER_COMMITS:
                AFTER_COMMITS[kind](connection)

        return commit

    def _make_send(self, original):
        """Return a method of adapters of `requests` that meets a moment."""

        def send(adapter, request, **kwargs):
            if kind := self._meet(REQUEST):
                tell_bank(self._url, "fault", path_regex="", **REQUESTS[kind])
                if kind == "time-out":
                    kwargs["timeout"] = TOO_SHORT_S
            return original(adapter, request, **kwargs)

        return send
