# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Client of the Ponto API in plain Python: HTTP, OAuth 2, JSON:API, pages."""

from .auth import AccessToken
from .client import DEFAULT_BASE_URL, PontoClient
from .deadline import Deadline
from .errors import (
    PontoApiError,
    PontoAuthorizationError,
    PontoConfigurationError,
    PontoCredentialsError,
    PontoDeadlineError,
    PontoEmptyPagesError,
    PontoError,
    PontoNotFoundError,
    PontoPagingError,
    PontoProtocolError,
    PontoRateLimitedError,
    PontoRecentlySynchronizedError,
    PontoRequestError,
    PontoServerError,
    PontoSynchronizationResourceError,
    PontoTlsError,
    PontoTransportError,
)
from .fingerprint import (
    content_hash,
    end_to_end_reference,
    fingerprint,
    identify,
    letters_and_digits,
    without_placeholder,
)
from .parsing import document_from_text, document_to_text
from .records import (
    Account,
    FinancialInstitution,
    Synchronization,
    SynchronizationProblem,
)
from .redact import mask_account_number
from .transaction import Page, Transaction, transaction_from_text
from .transport import is_loopback_url

__all__ = [
    "DEFAULT_BASE_URL",
    "AccessToken",
    "Account",
    "Deadline",
    "FinancialInstitution",
    "Page",
    "PontoApiError",
    "PontoAuthorizationError",
    "PontoClient",
    "PontoConfigurationError",
    "PontoCredentialsError",
    "PontoDeadlineError",
    "PontoEmptyPagesError",
    "PontoError",
    "PontoNotFoundError",
    "PontoPagingError",
    "PontoProtocolError",
    "PontoRateLimitedError",
    "PontoRecentlySynchronizedError",
    "PontoRequestError",
    "PontoServerError",
    "PontoSynchronizationResourceError",
    "PontoTlsError",
    "PontoTransportError",
    "Synchronization",
    "SynchronizationProblem",
    "Transaction",
    "content_hash",
    "document_from_text",
    "document_to_text",
    "end_to_end_reference",
    "fingerprint",
    "identify",
    "is_loopback_url",
    "letters_and_digits",
    "mask_account_number",
    "transaction_from_text",
    "without_placeholder",
]
