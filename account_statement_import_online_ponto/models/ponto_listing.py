# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from ..engine.listing import tell_gone
from ..ponto_api import PontoNotFoundError
from .ponto_pull_progress import Progress
from .ponto_transaction import KNOWN_FIELDS


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
        #: The `Walk` through the list that came to an end, if one did.
        self.walk = None
        #: When Ponto last read transactions at the bank (aware datetime), if it says.
        self.synchronized_at = None
        #: Keys of those of which Ponto has told that they are gone: for good.
        self._gone_keys = set()
        #: Identifiers that the pull was not served, but that Ponto still has.
        self._present_ids = set()
        #: Whether some identifier was found to be gone.
        self._is_relinked = False

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

    def take_note_of(self, page):
        """Remember what the pull was served.

        :param page: a `ponto_api.Page`
        """
        self.synchronized_at = page.synchronized_at
        self.served_ids.update(record.id for record in page.records)

    @property
    def is_relinked(self):
        """Whether the account was linked anew at some time, as far as is known: there
        are transactions under identifiers that are gone."""
        return self._is_relinked or self.provider.ponto_is_relinked

    def is_renewed(self):
        """Tell whether the account was linked anew at some time, whether it has another
        identifier or not.

        :rtype: bool
        :raise PontoError: when Ponto has to be asked and cannot
        """
        if not self.is_relinked:
            newest = self.pull.env["ponto.transaction"].search_fetch(
                [
                    ("provider_id", "=", self.provider.id),
                    ("pull_id", "!=", self.pull.id),
                    ("date", "!=", False),
                ],
                KNOWN_FIELDS,
                limit=1,
            )
            for known in newest._read_known():
                self.is_gone(known)
        return self.is_relinked

    def is_gone(self, known):
        """Tell whether Ponto no longer has a transaction under its identifier.

        What Ponto answers is remembered, see `write_answers`.

        :param Known known: what was read earlier
        :rtype: bool
        :raise PontoError: when Ponto has to be asked and cannot
        """
        if known.ponto_id in self._present_ids:
            return False
        is_gone = known.key in self._gone_keys or tell_gone(
            known,
            self.provider.ponto_account_id or None,
            self.served_ids,
            bool(self.walk and self.walk.is_complete),
        )
        if is_gone is None:
            is_gone = self._ask_whether_gone(known)
        self._is_relinked = self._is_relinked or is_gone
        return is_gone

    def _ask_whether_gone(self, known):
        account_id = self.provider.ponto_account_id
        try:
            self.client.fetch_transaction(account_id, known.ponto_id)
        except PontoNotFoundError:
            self._gone_keys.add(known.key)
            return True
        self._present_ids.add(known.ponto_id)
        return False

    def write_answers(self):
        """Write what Ponto has told of its identifiers, so that nobody asks again.

        :return: of how many it has told since the pull began that they are gone
        :rtype: int
        """
        Transaction = self.pull.env["ponto.transaction"]
        Transaction.browse(self._gone_keys).filtered(
            lambda record: not record.is_gone
        ).is_gone = True
        if self._is_relinked and not self.provider.ponto_is_relinked:
            self.provider.ponto_is_relinked = True
        return len(self._gone_keys)
