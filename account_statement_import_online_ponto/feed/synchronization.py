# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Fetching now: Ponto is asked to ask the bank, for a person who is there.

Banks allow that only while a person is present, whose public address Ponto passes on.
The scheduled pull therefore never does it.
"""

import ipaddress
import logging
import time

from odoo import fields
from odoo.http import request

from ..engine import consent
from ..ponto_api import (
    Deadline,
    PontoApiError,
    PontoProtocolError,
    PontoRecentlySynchronizedError,
    PontoServerError,
    PontoSynchronizationResourceError,
)
from ..texts import prepare_error, prepare_message
from ..tools import to_naive_utc
from . import background

_logger = logging.getLogger(__name__)

#: What Ponto is asked to read at the bank: the balance, then the transactions.
SUBTYPES = ("accountDetails", "accountTransactions")

#: How long a person waits for the bank, and how often Ponto is asked meanwhile. Most
#: banks take longer: what they send is fetched in the background then, some minutes
#: later.
PATIENCE_S = 5
POLL_S = 1.5


def synchronize(provider, client, account):
    """Ask Ponto to read the account at the bank, and wait for it.

    Whatever stands in the way is no reason not to read what Ponto has.

    :param client: a `PontoClient`
    :param account: the `ponto_api.Account`
    :return: the message why the data may not be of this moment (dict), or None; and
        whether the bank may still send something (bool)
    """
    ip_address = _find_customer_ip_address()
    if not ip_address:
        return _describe_what_ponto_has(provider, account), False
    synchronizations, is_unclear = [], False
    for subtype in SUBTYPES:
        try:
            synchronizations.append(
                client.create_synchronization(account.id, subtype, ip_address)
            )
        except PontoRecentlySynchronizedError:
            continue
        except PontoApiError as error:
            _logger.info("Provider %s cannot be refreshed: %s", provider.id, error)
            return _describe_refusal(error), False
        except PontoProtocolError as error:
            # Ponto may be asking the bank for all that; nobody can look at it.
            _logger.info("Provider %s may still be refreshed: %s", provider.id, error)
            is_unclear = True
    if is_unclear:
        return _describe_late_bank(provider), True
    return _wait_for(provider, client, synchronizations)


def _wait_for(provider, client, synchronizations):
    """Wait until Ponto has read the account at the bank.

    :param list synchronizations: `ponto_api.Synchronization` objects
    :return: the message why the data may not be of this moment (dict), or None; and
        whether the bank may still send something (bool)
    """
    waiting = Deadline(PATIENCE_S)
    while not any(each.is_failed for each in synchronizations):
        if all(each.is_finished for each in synchronizations):
            return None, False
        if waiting.is_over or client.deadline.remaining_s < PATIENCE_S:
            return _describe_late_bank(provider), True
        time.sleep(client.deadline.cap(POLL_S))
        try:
            # The bank is asked for both at the same time.
            synchronizations = [
                each if each.is_finished else client.fetch_synchronization(each.id)
                for each in synchronizations
            ]
        except (PontoApiError, PontoProtocolError) as error:
            _logger.info("Provider %s may still be refreshed: %s", provider.id, error)
            return _describe_late_bank(provider), True
    codes = {
        error.code
        for each in synchronizations
        if each.is_failed
        for error in each.errors
    }
    is_expired = bool(codes & consent.AUTHORIZATION_CODES)
    return prepare_message("bank_expired" if is_expired else "bank_not_read"), False


def _describe_what_ponto_has(provider, account):
    """Return the message of when the data is, which Ponto has without asking the bank
    (dict); or None."""
    if provider.ponto_consent_state == consent.EXPIRED:
        return prepare_message("bank_expired")
    moment = to_naive_utc(account.synchronized_at)
    if not moment:
        return prepare_message("not_asked")
    values = {"moment_at": fields.Datetime.to_string(moment), "tz": provider.tz}
    return prepare_message("not_asked_address", **values)


def _describe_late_bank(provider):
    """Return the message what becomes of what the bank sends later (dict)."""
    has_background = background.has_background(provider.env)
    return prepare_message(background.LATE_BANK if has_background else "bank_late")


def _describe_refusal(error):
    """Return the message why Ponto did not ask the bank (dict).

    :param PontoApiError error: what Ponto said
    """
    if isinstance(error, PontoServerError):
        return prepare_message("not_asked_disturbance")
    if isinstance(error, PontoSynchronizationResourceError):
        return prepare_error(error)
    return prepare_message("not_asked")


def _find_customer_ip_address():
    """Find the public address of the person who pressed the button.

    Behind a proxy Odoo knows it only in its proxy mode.

    :return: an IPv4 or IPv6 address (str); None if it is not a public one
    """
    if not request:
        return None
    try:
        address = ipaddress.ip_address(request.httprequest.remote_addr or "")
    except ValueError:
        return None
    return str(address) if address.is_global else None
