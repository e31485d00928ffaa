# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Everything that can leave this package as an exception.

::

    PontoError                            root, never raised itself
    +-- PontoConfigurationError           our own input is wrong         fix
    +-- PontoTransportError               no complete answer arrived     retry
    |   +-- PontoTlsError                 the server is not trusted      fix
    |   +-- PontoDeadlineError            the time for it was over       retry
    +-- PontoProtocolError                an answer we cannot read       retry
    |   +-- PontoPagingError              the pages go round in circles  bug
    |       +-- PontoEmptyPagesError      page after page is empty       retry
    +-- PontoApiError                     the API answered "no"          bug
        +-- PontoCredentialsError         client id or secret refused    fix
        +-- PontoAuthorizationError       401 with a new token, or 403   reconnect
        +-- PontoNotFoundError            404                            reconnect
        +-- PontoRateLimitedError         429                            retry
        +-- PontoRecentlySynchronizedError  synchronized a moment ago    retry
        +-- PontoSynchronizationResourceError  account not in integration  reconnect
        +-- PontoServerError              5xx                            retry
        +-- PontoRequestError             any other 4xx                  bug

The last column is the class attribute ``advice``:

* ``retry``: nothing to repair, the same call may succeed later;
* ``reconnect``: somebody must grant access again in Ponto;
* ``fix``: somebody must correct a setting (keys, address, certificates);
* ``bug``: neither waiting nor a setting helps, it must be reported.

The class attribute ``kind`` names what went wrong, for whoever keeps or words it; a
class without one of its own is of its parent's kind.

Ponto's refusals have a code. A 4xx without one (429 apart) is by something in between,
as far as anybody can tell: a firewall, a proxy, another server at that address. It
keeps the class of its status, for how to go on, but says ``retry`` and is of the kind
``gateway``: nothing is known of keys, scope and accounts.

``PontoProtocolError`` says ``retry`` because its usual origin is a gateway that
serves a page of its own, or half a page, during maintenance: that passes.
"""


class PontoError(Exception):
    """Root of the tree.

    :ivar str advice: ``retry``, ``reconnect``, ``fix`` or ``bug``
    :ivar str kind: what went wrong, for programs
    :ivar status: HTTP status (int), None if no answer arrived
    :ivar code: error code of the API (str), for programs
    :ivar detail: explanation by the server (str), at most 200 characters,
        without control characters, secrets and account numbers
    :ivar request_id: id by which Ponto's support finds the call (str)
    :ivar retry_after_s: seconds (float) the server asked to wait
    :ivar path: path of the call (str), without host and query

    ``str(error)`` is one English sentence. It never holds ``detail`` or any other
    text of the answer apart from code and request id.
    """

    advice = "bug"
    kind = "refused"

    def __init__(
        self,
        message,
        *,
        status=None,
        code=None,
        detail=None,
        request_id=None,
        retry_after_s=None,
        path=None,
    ):
        super().__init__(message)
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        self.path = path

    def __str__(self):
        facts = (
            ("status", self.status),
            ("code", self.code),
            ("request", self.request_id),
        )
        known = ", ".join(f"{name} {value}" for name, value in facts if value)
        message = super().__str__()
        return f"{message} ({known})" if known else message


class PontoConfigurationError(PontoError):
    """An argument of the caller is unusable; nothing was sent."""

    advice = "fix"
    kind = "address"


class PontoTransportError(PontoError):
    """No complete answer: DNS, connection refused, time-out, cut connection."""

    advice = "retry"
    kind = "unreachable"


class PontoTlsError(PontoTransportError):
    """The certificate of the server could not be verified, or it has none."""

    advice = "fix"
    kind = "insecure"


class PontoDeadlineError(PontoTransportError):
    """The deadline of the client came before the answer."""

    kind = "too_late"


class PontoProtocolError(PontoError):
    """An answer arrived, but not one of this API: HTML, no JSON, a missing field,
    a redirect, more bytes or more records than we accept."""

    advice = "retry"
    kind = "unreadable"


class PontoPagingError(PontoProtocolError):
    """A list of pages repeats itself and would never end."""

    advice = "bug"
    kind = "endless"


class PontoEmptyPagesError(PontoPagingError):
    """Page after page is empty, and each says that there is more."""

    advice = "retry"
    kind = "empty_pages"


class PontoApiError(PontoError):
    """The API understood the call and refused it; or something in between did."""

    def __init__(self, message, **facts):
        super().__init__(message, **facts)
        is_refusal = self.status and 400 <= self.status < 500 and self.status != 429
        if is_refusal and self.code is None:
            self.advice, self.kind = "retry", "gateway"


class PontoCredentialsError(PontoApiError):
    """The token endpoint does not accept the client id and secret."""

    advice = "fix"
    kind = "credentials"


class PontoAuthorizationError(PontoApiError):
    """A new token is refused (401), or the call is not allowed (403)."""

    advice = "reconnect"
    kind = "not_allowed"


class PontoNotFoundError(PontoApiError):
    """The resource does not exist, or not any more for this integration.

    :ivar resource: type of the missing resource (str), e.g. ``account``; None if
        the server did not say
    """

    advice = "reconnect"
    kind = "not_found"

    def __init__(self, message, *, resource=None, **facts):
        super().__init__(message, **facts)
        self.resource = resource

    def tells_gone(self, resource):
        """Tell whether it is this very resource that Ponto does not have.

        A gateway's 404 has no code and tells nothing; another resource may be missing.

        :param str resource: the type of what was asked for, e.g. ``transaction``
        :rtype: bool
        """
        return self.code is not None and self.resource in (None, resource)


class PontoRateLimitedError(PontoApiError):
    """Too many calls; ``retry_after_s`` holds the wait if the server gave one."""

    advice = "retry"
    kind = "too_many"


class PontoRecentlySynchronizedError(PontoApiError):
    """The same kind of synchronization was created moments ago: just read."""

    advice = "retry"


class PontoSynchronizationResourceError(PontoApiError):
    """The account to synchronize is not, or no longer, part of the integration.

    Code ``invalidSynchronizationResource`` (seen): somebody must look at the accounts
    of the integration in Ponto.
    """

    advice = "reconnect"
    kind = "not_allowed"


class PontoServerError(PontoApiError):
    """The server failed (5xx)."""

    advice = "retry"
    kind = "disturbance"


class PontoRequestError(PontoApiError):
    """The server finds our request wrong (4xx without a class of its own)."""
