# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError

from . import texts
from .ponto_api import PontoCredentialsError, PontoError


class FeedError(UserError):
    """Something of the configuration keeps a feed from being pulled.

    It is a message, so that it can be stored and put into words again.

    :param env: an environment; the error itself is in its language
    :param str code: key of `texts.ERRORS`
    :param values: what its words name
    """

    advice = "fix"

    def __init__(self, env, code, **values):
        self.feed_message = texts.prepare_message(code, **values)
        super().__init__(texts.render_message(env, self.feed_message))


class UnreadableSecretError(FeedError):
    """This server cannot read a secret that somebody has entered."""

    advice = "credentials"


def describe_error(error):
    """Describe an error that stopped a pull.

    What another module tells people in words of its own stays in these words.

    :param Exception error: what was raised
    :return: a message, see `texts`, and a key of the feed's field
        `ponto_failure_advice`
    :rtype: tuple
    """
    if isinstance(error, PontoCredentialsError):
        return texts.prepare_error(error), "credentials"
    if isinstance(error, PontoError):
        return texts.prepare_error(error), error.advice
    if isinstance(error, FeedError):
        return error.feed_message, error.advice
    if isinstance(error, UserError):
        return texts.prepare_message(texts.TOLD, text=str(error)), "fix"
    return texts.prepare_message("unexpected"), "bug"
