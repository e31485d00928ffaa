# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from ..ponto_api import PontoNotFoundError
from .ponto_pull_progress import Progress


class Listing:
    """What one pull knows of Ponto's present list of transactions.

    :param client: a `PontoClient`, to ask for what the pull was not served
    :param pull: the `ponto.pull`; it gets a number that tells this reading from others
    :param account: the `ponto_api.Account` that is read
    :param head_pages: iterator over the pages of its list, not used before
    """

    def __init__(self, client, pull, account, head_pages):
        self.client = client
        self.pull = pull
        self.account = account
        self._head_pages = head_pages
        self.provider = pull.provider_id
        pull.listing_number = self.provider.ponto_pull_step
        self.progress = Progress(pull)
        #: Whether the bank was asked for news, and may still send some.
        self.is_bank_late = False
        #: Identifiers that the pull was served.
        self.served_ids = set()
        #: Whether the pull went through the list from its head to its end.
        self.is_complete = False
        #: The first of the days that it came by, if it came by any.
        self.oldest_day = None
        #: When Ponto last read transactions at the bank (aware datetime), if it says.
        self.synchronized_at = None
        #: Of how many Ponto has told that they are gone.
        self.gone_count = 0
        #: Identifiers that the pull was not served, but that Ponto still has.
        self._present_ids = set()

    def iter_pages(self, after=None):
        """Return an iterator over the pages of Ponto's list.

        :param str after: identifier of the transaction to start behind
        :return: iterator of `ponto_api.Page`; each is fetched when asked for, except
            the first of all
        """
        pages, self._head_pages = self._head_pages, None
        if pages is None or after:
            pages = self.client.iter_transaction_pages(self.account.id, after=after)
        return pages

    def take_note_of(self, page, days):
        """Remember what the pull was served.

        :param page: a `ponto_api.Page`
        :param list days: the days of its transactions, None among them
        """
        self.synchronized_at = page.synchronized_at
        self.served_ids.update(record.id for record in page.records)
        self.oldest_day = min(
            filter(None, [self.oldest_day, *days]), default=self.oldest_day
        )

    def covers(self, day):
        """:return: whether the pull has seen all that Ponto has of a day (bool)"""
        return bool(self.is_complete and self.oldest_day and self.oldest_day < day)

    def is_renewed(self):
        """Tell whether there are transactions under identifiers that are gone.

        The account was linked anew, then, whether it has another identifier or not.

        :rtype: bool
        :raise PontoError: when Ponto has to be asked and cannot
        """
        if not self.provider.ponto_is_relinked:
            newest = self.pull.env["ponto.transaction"].search(
                [
                    ("provider_id", "=", self.provider.id),
                    ("pull_id", "!=", self.pull.id),
                    ("date", "!=", False),
                ],
                limit=1,
            )
            if newest:
                self.is_gone(newest)
        return self.provider.ponto_is_relinked

    def has_become(self, earlier, later):
        """Tell whether a transaction that is gone is there under a later identifier.

        :param earlier: a `ponto.transaction`
        :param later: a `ponto.transaction` with the same content
        :return: False for twins, which were listed side by side; and if that cannot be
            told (bool)
        :raise PontoError: when Ponto has to be asked and cannot
        """
        return (
            earlier.id < later.id
            and self.is_gone(earlier)
            and (
                earlier.ponto_account_id != later.ponto_account_id
                or not self.is_gone(later)
            )
        )

    def may_have_become(self, earlier, later):
        """Tell whether a transaction that is gone may have a later identifier.

        :param earlier: a `ponto.transaction`
        :param later: a `ponto.transaction` with other content
        :rtype: bool
        :raise PontoError: when Ponto has to be asked and cannot
        """
        if not earlier.successor_ids and self.has_become(earlier, later):
            return True
        # Both are gone: a pull that read the later one was cut off, and the account
        # was linked anew once more. Were they there side by side? Nobody knows.
        return (
            earlier.id < later.id
            and earlier.listing_number != later.listing_number
            and self.is_gone(earlier)
            and self.is_gone(later)
        )

    def is_gone(self, record):
        """Tell whether Ponto no longer has a transaction under its identifier.

        :param record: a `ponto.transaction`
        :rtype: bool
        :raise PontoError: when Ponto has to be asked and cannot
        """
        is_gone = record.is_gone or self._find_out_whether_gone(record)
        if is_gone and not self.provider.ponto_is_relinked:
            self.provider.ponto_is_relinked = True
        return is_gone

    def _find_out_whether_gone(self, record):
        account_id = self.provider.ponto_account_id
        if record.ponto_account_id and record.ponto_account_id != account_id:
            return True
        if record.ponto_id in self.served_ids:
            return False
        if self.is_complete:
            return True
        if record.ponto_id in self._present_ids:
            return False
        try:
            self.client.fetch_transaction(account_id, record.ponto_id)
        except PontoNotFoundError:
            # For good: nobody has to ask again.
            record.is_gone = True
            self.gone_count += 1
        else:
            self._present_ids.add(record.ponto_id)
        return record.is_gone
