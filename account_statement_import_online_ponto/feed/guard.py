# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What nothing else may fail with."""

import logging

from psycopg2.extensions import TransactionRollbackError

_logger = logging.getLogger(__name__)


def guard(provider, act, *arguments):
    """Do something with which nothing else may fail; what goes wrong is undone alone,
    and logged.

    :param provider: the feed that it is done for
    :param act: what to do (callable)
    :return: whether it was done
    :rtype: bool
    :raise TransactionRollbackError: nothing else of the transaction can be kept either
    """
    try:
        with provider.env.cr.savepoint():
            act(*arguments)
    except TransactionRollbackError:
        raise
    except Exception:
        _logger.exception("%s failed for provider %s", act.__name__, provider.id)
        return False
    return True
