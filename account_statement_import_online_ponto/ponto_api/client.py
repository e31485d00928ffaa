# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Client of the Ponto API for custom integrations."""

import ipaddress
import time
from urllib.parse import quote

import requests.auth

from .auth import BearerAuth, parse_token, prepare_token_body
from .connection import Connection
from .deadline import Deadline
from .errors import (
    PontoAuthorizationError,
    PontoConfigurationError,
    PontoProtocolError,
)
from .paging import MAX_ACCOUNTS, MAX_LIMIT, iter_documents
from .parsing import document_to_text, parse_id, utc_now
from .records import Account, FinancialInstitution, Synchronization
from .redact import spellings
from .retries import RetryPolicy
from .transaction import Page, Transaction
from .transport import check_base_url

# Seen in official clients and in production use; no client certificate is needed.
DEFAULT_BASE_URL = "https://api.myponto.com"
USER_AGENT = "account-statement-import-online-ponto"


class PontoClient:
    """Reads accounts and transactions of one integration; a context manager.

    One instance keeps one connection open and serves one thread. Every method that
    calls the API raises only ``PontoError``, see ``errors``.

    :param str client_id: of the custom integration
    :param str client_secret: likewise
    :param str base_url: https; http only for this machine
    :param AccessToken token: a token kept from an earlier call, or None
    :param on_token: callable, told every new token, and None when one is dropped
    :param float connect_timeout_s: seconds to connect
    :param float read_timeout_s: seconds without receiving anything
    :param Deadline deadline: when all calls have to be over, with their repeats and
        waits; None for no deadline
    :param int max_retries: repeats of a call that changes nothing, see ``retries``
    :param float max_retry_after_s: longest wait asked by the server to honor; a
        longer one is put on the error instead (``retry_after_s``)
    :param clock: callable returning the time, an aware datetime
    :param sleep: callable taking seconds, used between retries
    :param str user_agent: name of the software that calls
    :param requests.Session session: used but not closed; None makes one
    :param answers: what serves and records documents, see ``replay``; or None
    :raise PontoConfigurationError: blank id or secret, unsafe address
    """

    def __init__(
        self,
        client_id,
        client_secret,
        *,
        base_url=DEFAULT_BASE_URL,
        token=None,
        on_token=None,
        connect_timeout_s=10,
        read_timeout_s=60,
        deadline=None,
        max_retries=3,
        max_retry_after_s=10,
        clock=utc_now,
        sleep=time.sleep,
        user_agent=None,
        session=None,
        answers=None,
    ):
        #: A `replay.Answers` or `replay.Recording`; may be changed between calls.
        self.answers = answers
        self._client_id = (client_id or "").strip()
        self._client_secret = (client_secret or "").strip()
        if not self._client_id or not self._client_secret:
            raise PontoConfigurationError("The client id or the client secret is blank")
        self._token = token
        self._on_token = on_token
        self._clock = clock
        #: Address and query of the page that comes next in the list read last, or None.
        self._next_page = None
        self._connection = Connection(
            check_base_url(base_url),
            timeout_s=(connect_timeout_s, read_timeout_s),
            policy=RetryPolicy(max_retries, max_retry_after_s),
            deadline=deadline or Deadline(),
            clock=clock,
            sleep=sleep,
            user_agent=user_agent or USER_AGENT,
            session=session,
        )

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        """Close the connection, unless the session was handed in."""
        self._connection.close()

    @property
    def clock_difference(self):
        """How far this machine's clock is ahead of Ponto's (timedelta), by the date of
        the last answer, a refusal too; None as long as none told a date."""
        return self._connection.clock_difference

    @property
    def deadline(self):
        """The Deadline of this client: whoever waits between calls keeps it, too."""
        return self._connection.deadline

    @deadline.setter
    def deadline(self, deadline):
        """Begin another piece of work, with a deadline of its own."""
        self._connection.deadline = deadline

    @property
    def request_count(self):
        """How many requests were sent (int): tokens and repeated ones included, and
        those that were sent ahead for what was served."""
        ahead_count = self.answers.served_count if self.answers else 0
        return self._connection.request_count + ahead_count

    def now(self):
        """Return the present by this machine's clock (aware datetime)."""
        return self._clock()

    # === TOKEN === #

    @property
    def token(self):
        """The current AccessToken (perhaps expired), or None."""
        return self._token

    def fetch_token(self):
        """Ask for a new token: client-credentials grant, keys as Basic auth.

        As official clients do; a refresh token does not exist in this grant.

        :rtype: AccessToken
        :raise PontoCredentialsError: client id or secret refused
        :raise PontoError: any other failure
        """
        document = self._request(
            "POST",
            self._connection.token_url,
            body=prepare_token_body(self._client_id),
            content_type="application/x-www-form-urlencoded",
            auth=requests.auth.HTTPBasicAuth(
                self._client_id.encode(), self._client_secret.encode()
            ),
        )
        token = parse_token(self._client_id, document, self._clock())
        self._keep_token(token)
        return token

    def _keep_token(self, token):
        self._token = token
        if self._on_token:
            self._on_token(token)

    def _get_auth(self):
        token = self._token
        if token is None or not token.is_fresh(self._clock()):
            token = self.fetch_token()
        return BearerAuth(token)

    # === ACCOUNTS AND TRANSACTIONS === #

    def iter_accounts(self):
        """Return an iterator over the accounts of the integration, page by page.

        :return: iterator of Account
        :raise PontoProtocolError: while iterating: there are more than can be meant
        :raise PontoError: while iterating: any other failure
        """
        url = self._url("/accounts")
        documents = iter_documents(self._fetch, url, max_records=MAX_ACCOUNTS)
        return (
            Account.from_document(item)
            for document in documents
            for item in document["data"]
        )

    def fetch_account(self, account_id):
        """Return one account.

        :param str account_id:
        :rtype: Account
        :raise PontoNotFoundError: not (or no longer) part of the integration
        :raise PontoError: any other failure
        """
        return self._build_one(Account, self._fetch(self.account_url(account_id)))

    def account_url(self, account_id):
        """Return the address of an account (str).

        :raise PontoConfigurationError: the id cannot be part of a path
        """
        return self._url("/accounts/{}", account_id)

    def fetch_transaction(self, account_id, transaction_id):
        """Return one booked transaction.

        :param str account_id:
        :param str transaction_id:
        :rtype: Transaction
        :raise PontoNotFoundError: the account has no such transaction (any more)
        :raise PontoError: any other failure
        """
        path = "/accounts/{}/transactions/{}"
        return self._fetch_one(Transaction, path, account_id, transaction_id)

    def iter_transaction_pages(self, account_id, *, after=None, limit=MAX_LIMIT):
        """Return an iterator over the booked transactions of an account.

        Each page is fetched when asked for, see `begin_next_page`. The order is newest
        *created in Ponto* first (seen, not documented): a back-dated booking can come
        first.

        :param str account_id:
        :param str after: id of the transaction to start behind
        :param int limit: records per page, at most 100
        :return: iterator of Page
        :raise PontoNotFoundError: while iterating: Ponto does not know `after`, or has
            forgotten meanwhile where the list went on
        :raise PontoPagingError: while iterating: the server repeats itself
        :raise PontoError: while iterating: any other failure
        """
        url = self._url("/accounts/{}/transactions", account_id)
        self._next_page = None
        pages = self._iter_pages(
            url, after=after, limit=limit, on_next=self._keep_next_page
        )
        return self._check_end(pages, account_id, after)

    def begin_next_page(self):
        """Ask for the next page of the transactions that were iterated last, while
        whoever iterates works on this one. What comes of it shows when it is its turn.

        Does nothing at the end of the list, nor where a token has to be fetched first.
        """
        page, self._next_page = self._next_page, None
        if page and self._token and self._token.is_fresh(self._clock()):
            url, params = page
            self._connection.begin(url, auth=BearerAuth(self._token), params=params)

    def _keep_next_page(self, page):
        self._next_page = page

    def _check_end(self, pages, account_id, after):
        """Yield the pages; if the last one is empty, make sure that Ponto knows the
        record behind which it lies.

        What an unknown cursor gives is not documented: 404, or an empty page as behind
        the last record (seen once, on another list). It must not pass for the end.
        """
        cursor, is_empty = after, False
        for page in pages:
            is_empty = not page.records
            if page.records:
                cursor = page.records[-1].id
            yield page
        if cursor and is_empty:
            self.fetch_transaction(account_id, cursor)

    def iter_updated_transactions(self, synchronization_id):
        """Return an iterator over the transactions a synchronization updated.

        Whether new transactions are among them is not documented.

        :param str synchronization_id:
        :return: iterator of Page
        :raise PontoError: while iterating
        """
        return self._iter_pages(
            self._url("/synchronizations/{}/updated-transactions", synchronization_id)
        )

    def _iter_pages(self, url, **options):
        return map(Page.from_document, iter_documents(self._fetch, url, **options))

    # === SYNCHRONIZATIONS AND BANKS === #

    def create_synchronization(self, account_id, subtype, customer_ip_address):
        """Ask Ponto to refresh an account at the bank, now.

        Only for a person who is present: `customer_ip_address` is theirs (required,
        documented). Never repeated by itself, except after a refused token.

        :param str account_id:
        :param str subtype: ``accountDetails`` or ``accountTransactions`` (documented)
        :param str customer_ip_address: IPv4 or IPv6
        :rtype: Synchronization
        :raise PontoRecentlySynchronizedError: done moments ago, just read
        :raise PontoError: any other failure
        """
        try:
            address = ipaddress.ip_address(str(customer_ip_address or "").strip())
            attributes = {
                "resourceType": "account",
                "resourceId": parse_id(account_id),
                "subtype": subtype,
                "customerIpAddress": str(address),
            }
        except ValueError as error:
            raise PontoConfigurationError(
                "A synchronization needs an account id and the user's IP address"
            ) from error
        data = {"type": "synchronization", "attributes": attributes}
        document = self._call(
            "POST",
            self._url("/synchronizations"),
            body=document_to_text({"data": data}),
            content_type="application/json",
        )
        return self._build_one(Synchronization, document)

    def fetch_synchronization(self, synchronization_id):
        """Return a synchronization, e.g. to see whether it is finished.

        :param str synchronization_id:
        :rtype: Synchronization
        :raise PontoError: any failure
        """
        path = "/synchronizations/{}"
        return self._fetch_one(Synchronization, path, synchronization_id)

    def fetch_financial_institution(self, institution_id):
        """Return a bank.

        :param str institution_id: e.g. ``Account.financial_institution_id``
        :rtype: FinancialInstitution
        :raise PontoError: any failure
        """
        path = "/financial-institutions/{}"
        return self._fetch_one(FinancialInstitution, path, institution_id)

    # === REQUEST HELPERS === #

    def _url(self, template, *record_ids):
        """Return the absolute address; the ids fill the template.

        :raise PontoConfigurationError: the id cannot be part of a path
        """
        try:
            ids = [quote(parse_id(record_id), safe="") for record_id in record_ids]
        except ValueError as error:
            raise PontoConfigurationError("The id is not usable") from error
        return self._connection.base_url + template.format(*ids)

    def _fetch_one(self, record_class, template, *record_ids):
        document = self._fetch(self._url(template, *record_ids))
        return self._build_one(record_class, document)

    def _build_one(self, record_class, document):
        if not isinstance(document.get("data"), dict):
            raise PontoProtocolError("The answer holds no resource")
        return record_class.from_document(document["data"])

    def _fetch(self, url, params=None):
        if self.answers is None:
            return self._get(url, params)
        return self.answers.serve(url, params, self._get)

    def _get(self, url, params):
        return self._call("GET", url, params=params)

    def _call(self, method, url, **options):
        """Send with the bearer token; replace a refused token once.

        A refused call was not carried out, so this is safe for POST too.
        """
        try:
            return self._request(method, url, auth=self._get_auth(), **options)
        except PontoAuthorizationError as error:
            if error.status != 401:
                raise
        self._keep_token(None)
        try:
            return self._request(method, url, auth=self._get_auth(), **options)
        except PontoAuthorizationError as error:
            if error.status == 401:
                self._keep_token(None)
            raise

    def _request(self, method, url, **options):
        secrets = spellings(self._client_id, self._client_secret)
        if self._token:
            secrets += (self._token.value,)
        return self._connection.request(method, url, secrets=secrets, **options)
