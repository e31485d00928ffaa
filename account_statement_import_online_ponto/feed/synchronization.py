# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Fetching now: Ponto is asked to ask the bank, for a person who is there.

Banks allow that only while a person is present, whose public address Ponto passes on.
The scheduled pull therefore never does it.
"""

import ipaddress
import logging
import time
from datetime import timedelta

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
    PontoTransportError,
)
from ..texts import prepare_error, prepare_message
from ..tools import to_naive_utc
from . import background

_logger = logging.getLogger(__name__)

#: What Ponto is asked to read at the bank: the balance, then the transactions.
SUBTYPES = ("accountDetails", "accountTransactions")

#: How long a person waits for the bank, and how often Ponto is asked meanwhile. Most
#: banks take longer: what they send is fetched in the background then, a minute later.
PATIENCE_S = 5
POLL_S = 1.5

#: How long ago that may have been what Ponto calls recent: five minutes as most say,
#: this by the longest account of it.
RECENT = timedelta(minutes=30)


def synchronize(provider, client, account):
    """Ask Ponto to read the account at the bank, and wait for it.

    Whatever stands in the way is no reason not to read what Ponto has.

    :param client: a `PontoClient`
    :param account: the `ponto_api.Account`
    :return: the message why the data may not be of this moment (dict), or None; and
        whether the bank may still send something (bool), or None where others asked it
        a moment ago: see `judge_recent`
    """
    ip_address = _find_customer_ip_address()
    if not ip_address:
        return _describe_what_ponto_has(provider, account), False
    synchronizations, is_unclear, is_recent = [], False, False
    for subtype in SUBTYPES:
        try:
            synchronizations.append(
                client.create_synchronization(account.id, subtype, ip_address)
            )
        except PontoRecentlySynchronizedError:
            is_recent = True
        except PontoApiError as error:
            _logger.info("Provider %s cannot be refreshed: %s", provider.id, error)
            return _describe_refusal(error), False
        except (PontoProtocolError, PontoTransportError) as error:
            # Ponto may be asking the bank for all that; nobody can look at it. If Ponto
            # is out of reach, reading will tell.
            _logger.info("Provider %s may still be refreshed: %s", provider.id, error)
            is_unclear = True
    if is_unclear:
        return _describe_late_bank(provider), True
    message, is_late = _wait_for(provider, client, synchronizations)
    if is_recent and not message:
        return None, None
    return message, is_late


def judge_recent(provider, account, page):
    """Judge whether the bank may still send something for which it was asked a moment
    ago, by this person or elsewhere.

    What Ponto read longer ago than that cannot be what was asked for then: it is still
    on its way, unless it failed.

    :param account: the `ponto_api.Account`, as it is now
    :param page: the `ponto_api.Page` with its newest transactions
    :return: as `synchronize` does
    """
    latest = (account.latest_synchronization, page.latest_synchronization)
    moments = [*map(to_naive_utc, (account.synchronized_at, page.synchronized_at))]
    is_failed = any(each and each.is_failed for each in latest)
    if is_failed or not all(moments):
        return None, False
    if min(moments) > fields.Datetime.now() - RECENT:
        return None, False
    return _describe_late_bank(provider), True


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
        except (PontoApiError, PontoProtocolError, PontoTransportError) as error:
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
    if error.kind == "gateway":
        return prepare_message("not_asked_gateway")
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
        address = _read_ip_address(request.httprequest.remote_addr or "")
    except ValueError:
        return None
    return str(address) if address.is_global else None


def _read_ip_address(text):
    """Read an address as proxies write it: some add the port, and where one socket
    serves both versions of IP, an IPv4 address comes inside of an IPv6 one.

    :param str text: e.g. ``203.0.113.7:51234`` or ``[2001:db8::7]:443``
    :return: an `ipaddress` object
    :raise ValueError: it is no address
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address
