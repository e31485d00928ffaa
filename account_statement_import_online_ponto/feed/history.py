# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What Ponto holds of an account, looked at before anything is imported."""

from decimal import Decimal
from itertools import islice

from ..engine.listing import Walk, floor_of
from ..ponto_api import PontoError, PontoTransportError

#: How many pages of an account's list are looked at, at most.
MAX_PAGES = 10


def fetch_history(client, provider_sudo, account_id, currency_code, start):
    """Fetch what Ponto holds since a day.

    :param client: a `PontoClient`
    :param provider_sudo: the feed as it would be, which tells the days
    :param str account_id: Ponto's identifier of the account
    :param str currency_code: of the amounts that count
    :param date start: the day that matters
    :return: what the field `history` of the assistant's line holds (dict)
    :raise PontoTransportError: when Ponto cannot be reached
    """
    pages = client.iter_transaction_pages(account_id)
    try:
        sums, is_known, is_whole = _fetch_sums(
            pages, provider_sudo, currency_code, start
        )
    except PontoTransportError:
        raise
    except PontoError:
        # It is a preview: the import itself will tell what is the matter.
        return {"is_failed": True}
    return {
        "sums": {str(day): str(total) for day, total in sums.items()},
        "since": str(start) if is_known else False,
        "is_whole": is_whole,
    }


def _fetch_sums(pages, provider_sudo, currency_code, start):
    """Fetch the sums of the days, from the newest transaction back.

    :param pages: iterator of `ponto_api.Page`
    :param provider_sudo: the feed as it would be
    :param str currency_code: of the amounts that count
    :param date start: the day that matters
    :return: {day: sum} (dict), whether that is all since the day that matters
        (bool), and whether it is all there is (bool)
    """
    walk = Walk(floor=floor_of(start), trusts_days=True)
    sums, is_whole = {}, False
    for page in islice(pages, MAX_PAGES):
        entries = map(provider_sudo._ponto_prepare_entry, page.records)
        dated = [entry for entry in entries if entry.day]
        for entry in dated:
            if entry.amount is not None and entry.currency == currency_code:
                sums[entry.day] = sums.get(entry.day, Decimal()) + entry.amount
        walk = walk.add(dated)
        if walk.is_over:
            break
    else:
        is_whole = next(pages, None) is None
    return sums, is_whole or walk.is_over, is_whole
