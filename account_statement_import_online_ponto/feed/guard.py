# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Run something in a savepoint, so that its failure stays its own."""

import logging

from psycopg2.extensions import TransactionRollbackError

_logger = logging.getLogger(__name__)


def guard(provider, act, *arguments):
    """Call something in a savepoint; on an error undo that alone, and log it.

    :param provider: the feed that it is done for
    :param act: what to call
    :return: whether it was done
    :rtype: bool
    :raise TransactionRollbackError: the whole turn is to be repeated
    """
    is_done, _result = _call(provider, act, arguments)
    return is_done


def attempt(provider, act, *arguments):
    """Call something as `guard` does, and return what that returns; None on an error.

    :raise TransactionRollbackError: as `guard`
    """
    _is_done, result = _call(provider, act, arguments)
    return result


def _call(provider, act, arguments):
    """Return whether something was done, and what it returned (tuple)."""
    try:
        with provider.env.cr.savepoint():
            return True, act(*arguments)
    except TransactionRollbackError:
        raise
    except Exception:
        _logger.exception("%s failed for provider %s", act.__name__, provider.id)
        return False, None
