"""Runs in Odoo's shell: starts processes that do a job, and ends some of them early.

The shell's process loads Odoo once and then only forks, as Odoo's own prefork server
does: each job has a process, database connections and caches of its own. Orders come
as lines of JSON through a socket: a list of jobs to be done at the same time. The
answer is the list of what became of them.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import threading
import time
import traceback

from odoo import api, sql_db
from odoo.modules.registry import Registry

SUPERUSER_ID = 1


def serve(env, descriptor, jobs_name):
    """Do what is asked for until the other side closes the socket.

    :param env: the shell's environment; its connection is given up
    :param int descriptor: of the socket
    :param str jobs_name: of the module with the functions that can be asked for
    """
    database = env.cr.dbname
    jobs = importlib.import_module(jobs_name)
    env.cr.close()
    stream = socket.socket(fileno=descriptor).makefile("rw")
    for line in stream:
        sql_db.close_all()  # a connection must not be shared with a fork
        orders = json.loads(line)
        if orders[0].get("is_for_all"):
            outcomes = [_work_for_all(database, jobs, order) for order in orders]
        else:
            outcomes = _run_together(database, jobs, orders)
        stream.write(json.dumps(outcomes, default=str) + "\n")
        stream.flush()
    os._exit(0)


def _work_for_all(database, jobs, order):
    """Do a job in this process: what Odoo computes and loads for it, every process has
    that comes later. Return its outcome."""
    with Registry(database).check_signaling().cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        getattr(jobs, order["job"])(env, **order.get("arguments", {}))
    # A collection would touch, and so copy, all that a fork has in common with this.
    gc.collect()
    gc.freeze()
    return {"killed": False}


class _Child:
    """A process that does one job, seen from the process that started it."""

    def __init__(self, database, jobs, order):
        self.order = order
        self.events, self.buffer = {}, b""
        self.outcome = {"killed": False, "events": self.events}
        self.deadline = time.monotonic() + order.get("seconds", 120)
        report_end, child_end = os.pipe()
        start_end, self.start = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(report_end)
            os.close(self.start)
            _work(database, jobs, order, start_end, child_end)
        os.close(child_end)
        os.close(start_end)
        self.pipe = report_end

    def release(self):
        """Let the job begin."""
        os.write(self.start, b"\n")
        os.close(self.start)

    def read(self):
        """Take in what the process reports; return whether it goes on."""
        data = os.read(self.pipe, 65536)
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            self._note(json.loads(line))
        return bool(data)

    def _note(self, message):
        event = message.pop("event", None)
        if not event:
            self.outcome.update(message)
            return
        is_first = event not in self.events
        self.events.setdefault(event, time.monotonic())
        self.outcome["last"] = event
        if event == "pulling" and is_first and self.order.get("kill_after") is not None:
            self.deadline = time.monotonic() + self.order["kill_after"]

    def end(self):
        """End the process if it still runs, and take its rest."""
        if time.monotonic() >= self.deadline:
            os.kill(self.pid, signal.SIGKILL)
            self.outcome["killed"] = True
        os.close(self.pipe)
        _pid, status = os.waitpid(self.pid, 0)
        self.outcome["status"] = status


def _run_together(database, jobs, orders):
    """Do jobs at the same time, each in a process; return their outcomes."""
    children = []
    for order in orders:
        children.append(_Child(database, jobs, order))
    waiting = selectors.DefaultSelector()
    for child in children:
        waiting.register(child.pipe, selectors.EVENT_READ, child)
    _collect(waiting, lambda: all("ready" in child.events for child in children))
    for child in children:
        child.release()
    _collect(waiting, lambda: False)
    waiting.close()
    return [child.outcome for child in children]


def _collect(waiting, is_enough):
    """Take in what processes report, until it is enough or all have ended."""
    while waiting.get_map() and not is_enough():
        running = [key.data for key in waiting.get_map().values()]
        patience = min(child.deadline for child in running) - time.monotonic()
        for key, _mask in waiting.select(max(0, patience)):
            if not key.data.read():
                waiting.unregister(key.fileobj)
                key.data.end()
                running.remove(key.data)
        for child in running:
            if time.monotonic() >= child.deadline:
                waiting.unregister(child.pipe)
                child.end()


# === IN THE PROCESS OF A JOB === #


def _work(database, jobs, order, start_end, report_end):
    """Do a job in this process, and end the process."""
    threading.current_thread().dbname = database

    def tell(**message):
        os.write(report_end, json.dumps(message, default=str).encode() + b"\n")

    try:
        registry = Registry(database).check_signaling()
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            _announce(env, tell)
            tell(event="ready")
            os.read(start_end, 1)
            time.sleep(order.get("wait", 0))
            result = getattr(jobs, order["job"])(env, **order.get("arguments", {}))
            cr.commit()
        tell(result=result)
    except BaseException:  # noqa: B036 (this process ends here, whatever came)
        tell(error=traceback.format_exc())
    os._exit(0)


def _announce(env, tell):
    """Let this process report when a pull begins, and when it is over."""
    Provider = env.registry["online.bank.statement.provider"]
    if "ponto.pull" not in env.registry:
        return  # OCA's module of the same name is measured.
    from odoo.addons.account_statement_import_online_ponto.feed import pulls

    run, pull_all = pulls.run, Provider._scheduled_pull

    def announced_run(session):
        tell(event="pulling")
        return run(session)

    def announced_pull_all(self):
        result = pull_all(self)  # with its commit
        tell(event="pulled")
        return result

    pulls.run = announced_run
    Provider._scheduled_pull = announced_pull_all
