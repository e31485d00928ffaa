# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Answers that were fetched ahead, served in place of asking again.

Whoever reads need not know: a client asks `serve` for each document, and gets what was
fetched, or an error that came in its place, as if Ponto had answered just now. Each is
served once. What is asked a second time is asked of Ponto: whoever asks again wants to
know what has changed.
"""

from .errors import PontoError


class Recording:
    """What a client gets from Ponto, in the order in which it is asked for.

    :ivar list answers: (address, query, document) of each; the `PontoError` in place of
        a document that did not come
    """

    #: Nothing of it was fetched ahead.
    served_count = 0

    def __init__(self):
        self.answers = []

    def serve(self, url, params, fetch):
        """Return what Ponto answers, and record it.

        :param fetch: callable (url, params) that asks Ponto
        """
        try:
            document = fetch(url, params)
        except PontoError as error:
            self.answers.append((url, params, error))
            raise
        self.answers.append((url, params, document))
        return document


class Answers:
    """What was fetched ahead for one reader.

    :param str owner: whose codes it was fetched with; for the caller to compare
    :param int request_count: how many requests it took
    :ivar PontoError error: what went wrong meanwhile; None if nothing did
    :ivar int served_count: how many of these requests stand behind what was served
    """

    def __init__(self, owner=None, request_count=0):
        self.owner = owner
        self.error = None
        self.served_count = 0
        self._request_count = request_count
        self._failure = None
        self._documents = {}

    def add(self, url, params, document):
        """Add a document to be served, or the `PontoError` that came in its place."""
        self._documents[_key(url, params)] = document

    def add_failure(self, error):
        """Add an error to be raised whatever is asked for first.

        :param PontoError error: what came in place of any answer
        """
        self.error = self._failure = error

    def forget_rest(self):
        """Forget what was not served: it is older than what was. The next time it is
        asked of Ponto."""
        self._documents.clear()

    def serve(self, url, params, fetch):
        """Return what was fetched ahead, or else what Ponto answers now.

        :param fetch: callable (url, params) that asks Ponto
        :raise PontoError: what was raised when it was fetched ahead
        """
        failure, self._failure = self._failure, None
        document = failure or self._documents.pop(_key(url, params), None)
        if document is None:
            return fetch(url, params)
        self.served_count += self._request_count
        self._request_count = 0
        if isinstance(document, PontoError):
            # Others may get the same one; each begins with a trace of its own.
            raise document.with_traceback(None)
        return document


def _key(url, params):
    return url, frozenset((params or {}).items())
