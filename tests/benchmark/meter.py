"""What a stretch of work costs the process that does it. Runs in Odoo's process."""

import gc
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests.adapters

from odoo import sql_db

MIB = 1024


class Meter:
    """Measures what is done inside its ``with`` block, in this process.

    After the block, ``costs`` holds: seconds on the clock (``wall_s``), of this
    process's processors (``cpu_s``) and in requests over HTTP (``network_s``); the
    number of ``requests``, of those for a token (``tokens``) and for a page of
    transactions (``pages``), and of SQL statements on all connections (``queries``);
    resident memory at the start and at its peak (``start_mib``, ``peak_mib``).
    """

    def __enter__(self):
        self.costs = {}
        self._network_s, self._urls = 0.0, []
        self._send = requests.adapters.HTTPAdapter.send
        requests.adapters.HTTPAdapter.send = self._make_timed_send()
        gc.collect()
        _reset_peak_memory()
        self._start_mib = _read_memory("VmRSS")
        self._queries = sql_db.sql_counter
        self._cpu_s = time.process_time()
        self._wall_s = time.perf_counter()
        return self

    def __exit__(self, *error):
        wall_s = time.perf_counter() - self._wall_s
        cpu_s = time.process_time() - self._cpu_s
        requests.adapters.HTTPAdapter.send = self._send
        self.costs = {
            "wall_s": wall_s,
            "cpu_s": cpu_s,
            "queries": sql_db.sql_counter - self._queries,
            "network_s": self._network_s,
            "requests": len(self._urls),
            "tokens": self._count("/oauth2/token"),
            "pages": self._count("/transactions"),
            "start_mib": self._start_mib,
            "peak_mib": _read_memory("VmHWM"),
        }

    def _make_timed_send(self):
        send = self._send

        def timed_send(adapter, request, *args, **kwargs):
            began = time.perf_counter()
            try:
                return send(adapter, request, *args, **kwargs)
            finally:
                self._network_s += time.perf_counter() - began
                self._urls.append(urlsplit(request.url))

        return timed_send

    def _count(self, path):
        """Return how many requests went to addresses that end so (int)."""
        return sum(url.path.endswith(path) for url in self._urls)


def _reset_peak_memory():
    """Let Linux forget the peak so far, which the fork has taken over."""
    Path("/proc/self/clear_refs").write_text("5")


def _read_memory(name):
    """Return a line of this process's status (MiB)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / MIB
    raise LookupError(name)
