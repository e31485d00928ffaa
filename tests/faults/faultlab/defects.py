"""Defects that the addon does not have, to see whether they would be found.

Runs inside Odoo, in a process that is used for nothing else.
"""

import contextlib
import logging
from unittest.mock import patch

import requests

_logger = logging.getLogger("odoo.addons.account_statement_import_online_ponto.defect")


def commit_half_way(env):
    """Undoing commits before the lines are removed."""
    Line = type(env["account.bank.statement.line"])
    unlink = Line.unlink

    def hasty_unlink(self):
        self.env.cr.commit()
        return unlink(self)

    return patch.object(Line, "unlink", hasty_unlink)


def swallow_errors(env):
    """A decision that fails looks like one that was taken."""
    Transaction = type(env["ponto.transaction"])
    write = Transaction.write

    def careless_write(self, vals):
        try:
            with self.env.cr.savepoint():
                return write(self, vals)
        except Exception:
            _logger.info("A transaction was not written")
            return True

    return patch.object(Transaction, "write", careless_write)


def log_secrets(env):
    """What cannot be sent is logged with its headers."""
    send = requests.Session.send

    def talkative_send(self, request, **kwargs):
        try:
            return send(self, request, **kwargs)
        except requests.RequestException:
            _logger.info("Not sent: %s", request.headers)
            raise

    return patch.object(requests.Session, "send", talkative_send)


DEFECTS = {
    "commits half-way": commit_half_way,
    "swallows errors": swallow_errors,
    "logs secrets": log_secrets,
}


def build_in(env, name):
    """Return a context manager in which the addon has a defect, or none."""
    return DEFECTS[name](env) if name else contextlib.nullcontext()
