# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people are told, by code. What is stored is a code and its values; the words
are chosen when somebody reads them, in that person's language."""

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

#: What to say of errors of the Ponto client, by their kind: cause and next step.
ERRORS = {
    "credentials": _lt(
        "Ponto does not accept the Login and Secret Key. In Ponto, open "
        "Integrations, choose the custom integration, copy its Client ID and "
        "Client Secret and enter them here again."
    ),
    "not_allowed": _lt(
        "Ponto does not let this integration read the account. In Ponto, open "
        "Integrations and check that the custom integration has the scope Account "
        "Information and that the account is switched on."
    ),
    "not_found": _lt(
        "Ponto no longer knows what was asked for. Pull again: the account is "
        "looked up anew."
    ),
    "too_many": _lt(
        "Ponto asks for fewer requests. Nothing needs to be done: the next "
        "scheduled pull goes on."
    ),
    "disturbance": _lt(
        "Ponto has a disturbance (error %(status)s). Nothing needs to be done: the "
        "next scheduled pull goes on."
    ),
    "insecure": _lt(
        "The connection to Ponto is not secure, so nothing was sent. Ask your "
        "system administrator to check the server's certificates and its proxy."
    ),
    "too_late": _lt(
        "Ponto did not answer in time. Nothing needs to be done: the next "
        "scheduled pull tries again."
    ),
    "unreachable": _lt(
        "Ponto cannot be reached. Check the internet connection of the Odoo "
        "server; the next scheduled pull tries again."
    ),
    "endless": _lt(
        "Ponto served the same list of transactions over and over, so the pull "
        "was stopped. The next scheduled pull tries again; tell Ponto's support "
        "if it stays like this."
    ),
    "unreadable": _lt(
        "Ponto answered with something other than transactions, perhaps a notice "
        "of maintenance. The next scheduled pull tries again."
    ),
    "address": _lt(
        "The API Address that is set for this provider cannot be used: it has to "
        "be a plain address that begins with https. A system administrator can "
        "correct it; left empty, Ponto's own address is used."
    ),
    "refused": _lt(
        "Ponto refused the request (error %(code)s). Update this module, or report the "
        "error to its maintainers."
    ),
}

#: What to say instead while somebody connects Ponto: there is no scheduled pull yet
#: that would try again.
CONNECTING_ERRORS = {
    "credentials": _lt(
        "Ponto does not accept these codes. In Ponto, open Integrations, choose "
        "the custom integration, copy its Client ID and make a new Client Secret "
        "if the old one is lost; enter both here again."
    ),
    "not_allowed": _lt(
        "The codes are right, but the integration may not read accounts. In Ponto, "
        "open Integrations, choose the custom integration and give it the scope "
        "Account Information; then press Next again."
    ),
    "too_many": _lt(
        "Ponto asks for fewer requests. Wait a minute; then press the button again."
    ),
    "disturbance": _lt(
        "Ponto has a disturbance. Wait some minutes; then press the button again."
    ),
    "too_late": _lt(
        "Ponto did not answer in time. Wait some minutes; then press the button again."
    ),
    "unreachable": _lt(
        "Ponto cannot be reached. Check the internet connection of the Odoo "
        "server; then press the button again."
    ),
    "unreadable": _lt(
        "Ponto answered with something other than accounts, perhaps a notice of "
        "maintenance. Wait some minutes; then press the button again."
    ),
}


def explain(env, error, is_connecting=False):
    """Put an error of the Ponto client in a bookkeeper's words.

    :param env: an environment; the text is in its language
    :param PontoError error: what the client raised
    :param bool is_connecting: whether nothing is connected yet
    :return: the cause and the next step
    :rtype: str
    """
    words = {**ERRORS, **CONNECTING_ERRORS} if is_connecting else ERRORS
    text = env._(words[error.kind])
    return text % {
        "status": error.status or "",
        "code": error.code or error.status or "",
    }
