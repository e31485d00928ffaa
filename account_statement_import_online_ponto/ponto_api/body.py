# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Reads the body of an answer with bounds that do not depend on any library.

The stream is read as it came over the wire and decompressed here: older versions of
urllib3 decompress without a limit, and layer after layer.
"""

import zlib

import requests.exceptions
import urllib3.exceptions

from .errors import PontoProtocolError, PontoTransportError

# A page of 100 transactions has about 100 kB.
BODY_LIMIT = 2 * 1024 * 1024
ACCEPTED_ENCODING = "gzip"
# They may announce the length of what they leave out.
_BODILESS = (204, 304)
_CHUNK = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def read_body(response, limit=BODY_LIMIT):
    """Return the decompressed body of a streamed answer.

    :param requests.Response response: of which nothing was read
    :param int limit: most bytes to accept, on the wire and decompressed
    :rtype: bytes
    :raise PontoProtocolError: the body is larger than `limit`, or encoded otherwise
        than it was asked for
    :raise PontoTransportError: it cannot be decompressed
    :raise requests.exceptions.RequestException: the connection broke
    """
    if response.raw is None:
        return response.content  # made up by a test
    try:
        return _read(response, limit)
    except BaseException:
        # What is left of it would be taken for the next answer.
        response.close()
        raise


def _read(response, limit):
    decompress = _choose_decoder(response)
    expected = _announced_length(response)
    if expected > limit:
        raise _refusal(response, "is too large")
    received, body = 0, bytearray()
    while chunk := _read_chunk(response):
        received += len(chunk)
        body += decompress(chunk, limit + 1 - len(body))
        if received > limit or len(body) > limit:
            raise _refusal(response, "is too large")
    # urllib3 1.26 does not notice a body shorter than announced.
    if received < expected or received and not getattr(decompress, "is_complete", True):
        raise requests.exceptions.ChunkedEncodingError("the body is incomplete")
    return bytes(body)


class _Gunzip:
    """One layer of gzip; what follows it is dropped."""

    def __init__(self):
        self._stream = zlib.decompressobj(_GZIP)

    @property
    def is_complete(self):
        """Whether the end of the compressed data was read (bool)."""
        return self._stream.eof

    def __call__(self, chunk, limit):
        try:
            return self._stream.decompress(chunk, max(1, limit))
        except zlib.error as error:
            raise PontoTransportError("The answer cannot be decompressed") from error


def _choose_decoder(response):
    """Return a callable (bytes, limit) returning bytes, at most so many."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return _Gunzip()
    if encoding in ("", "identity"):
        return lambda chunk, limit: chunk
    raise _refusal(response, "is encoded in a way that nobody asked for")


def _announced_length(response):
    if response.status_code in _BODILESS:
        return 0
    announced = response.headers.get("Content-Length") or ""
    return int(announced) if announced.isdecimal() and len(announced) < 16 else 0


def _read_chunk(response):
    """Return some bytes as they came over the wire, none at the end."""
    try:
        return response.raw.read(_CHUNK, decode_content=False)
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout(error) from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error


def _refusal(response, reason):
    return PontoProtocolError(f"The answer {reason}", status=response.status_code)
