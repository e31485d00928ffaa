# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What went wrong with Ponto, in the words of the people who can mend it."""

from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from .ponto_api import (
    PontoAuthorizationError,
    PontoConfigurationError,
    PontoCredentialsError,
    PontoDeadlineError,
    PontoNotFoundError,
    PontoPagingError,
    PontoProtocolError,
    PontoRateLimitedError,
    PontoServerError,
    PontoSynchronizationResourceError,
    PontoTlsError,
    PontoTransportError,
)

_lt = LazyTranslate(__name__)

_NOT_ALLOWED = _lt(
    "Ponto does not let this integration read the account. In Ponto, open "
    "Integrations and check that the custom integration has the scope Account "
    "Information and that the account is switched on."
)


class UnreadableSecretError(UserError):
    """This server cannot read a secret that somebody has entered."""


#: Kinds of error, the most special ones first, and what to say of them.
MESSAGES = [
    (
        PontoCredentialsError,
        _lt(
            "Ponto does not accept the Login and Secret Key. In Ponto, open "
            "Integrations, choose the custom integration, copy its Client ID and "
            "Client Secret and enter them here again."
        ),
    ),
    (PontoAuthorizationError, _NOT_ALLOWED),
    (PontoSynchronizationResourceError, _NOT_ALLOWED),
    (
        PontoNotFoundError,
        _lt(
            "Ponto no longer knows what was asked for. Pull again: the account is "
            "looked up anew."
        ),
    ),
    (
        PontoRateLimitedError,
        _lt(
            "Ponto asks for fewer requests. Nothing needs to be done: the next "
            "scheduled pull goes on."
        ),
    ),
    (
        PontoServerError,
        _lt(
            "Ponto has a disturbance (error %(status)s). Nothing needs to be done: the "
            "next scheduled pull goes on."
        ),
    ),
    (
        PontoTlsError,
        _lt(
            "The connection to Ponto is not secure, so nothing was sent. Ask your "
            "system administrator to check the server's certificates and its proxy."
        ),
    ),
    (
        PontoDeadlineError,
        _lt(
            "Ponto did not answer in time. Nothing needs to be done: the next "
            "scheduled pull tries again."
        ),
    ),
    (
        PontoTransportError,
        _lt(
            "Ponto cannot be reached. Check the internet connection of the Odoo "
            "server; the next scheduled pull tries again."
        ),
    ),
    (
        PontoPagingError,
        _lt(
            "Ponto served the same list of transactions over and over, so the pull "
            "was stopped. The next scheduled pull tries again; tell Ponto's support "
            "if it stays like this."
        ),
    ),
    (
        PontoProtocolError,
        _lt(
            "Ponto answered with something other than transactions, perhaps a notice "
            "of maintenance. The next scheduled pull tries again."
        ),
    ),
    (
        PontoConfigurationError,
        _lt(
            "The API Address that is set for this provider cannot be used: it has to "
            "be a plain address that begins with https. A system administrator can "
            "correct it; left empty, Ponto's own address is used."
        ),
    ),
]

DEFAULT_MESSAGE = _lt(
    "Ponto refused the request (error %(code)s). Update this module, or report the "
    "error to its maintainers."
)


def explain(env, error):
    """Put an error of the Ponto client in a bookkeeper's words.

    :param env: an environment; the text is in its language
    :param PontoError error: what the client raised
    :return: the cause and the next step (str)
    """
    message = next(
        (text for kind, text in MESSAGES if isinstance(error, kind)), DEFAULT_MESSAGE
    )
    text = env._(message)
    return text % {
        "status": error.status or "",
        "code": error.code or error.status or "",
    }
