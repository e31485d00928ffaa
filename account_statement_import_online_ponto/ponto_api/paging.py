# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Walks a list page by page, and notices when it walks in circles.

The cursor is the id of a record; `page[after]` gives the records behind it in list
order (seen in official clients). What an unknown cursor returns is not documented.

The list ends where there is no link to a next page. An empty page is no end: some
connectors serve one in the middle, with such a link (seen at another aggregator).
"""

from dataclasses import dataclass
from math import ceil
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from .errors import (
    PontoEmptyPagesError,
    PontoError,
    PontoPagingError,
    PontoProtocolError,
)
from .parsing import as_dict
from .redact import mask_path, scrub

MAX_LIMIT = 100  # accepted by the server (seen); what more does is not documented
# 5 million records; no account is that long, a list that never ends is.
MAX_PAGES = 50_000
# Of one integration, all of which are held in memory at once. Nobody has so many.
MAX_ACCOUNTS = 5_000
# In a row. No more than one was ever seen.
MAX_EMPTY_PAGES = 50
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class _Step:
    """The next call: address, query, and the name by which a repeat is noticed."""

    url: str
    params: dict | None
    key: str


def iter_documents(
    fetch, url, *, after=None, limit=MAX_LIMIT, on_next=None, max_records=None
):
    """Yield the list documents of a collection, each fetched when asked for.

    :param fetch: callable (url, params or None) returning a document (dict)
    :param str url: absolute address of the collection, without query
    :param str after: id of the record to start behind, None for the head
    :param int limit: records per page, brought into 1..100
    :param on_next: callable, told with each page from where the next one will be
        fetched: (url, params or None), or None at the end; or None
    :param int max_records: how many there can be; None for any number. Pages that are
        less than half full on average are too many as well
    :return: generator of dict; `data` of each is a list
    :raise PontoPagingError: a cursor or a page came twice
    :raise PontoEmptyPagesError: too many empty pages in a row
    :raise PontoProtocolError: an answer is not a list, or there are too many records
    """
    try:
        limit = max(1, min(int(limit), MAX_LIMIT))
        yield from _walk(fetch, url, after, limit, on_next, max_records)
    except PontoError as error:
        error.path = error.path or mask_path(urlsplit(url).path)
        raise


def _walk(fetch, url, after, limit, on_next, max_records):
    step = _step_after(url, after, limit) if after else _Step(url, _query(limit), "")
    seen, previous_ids, empty_pages, count = set(), frozenset(), 0, 0
    max_pages = MAX_PAGES if max_records is None else 2 * ceil(max_records / limit)
    for _page in range(max_pages):
        _remember(seen, step.key)
        document = fetch(step.url, step.params)
        ids = _ids(document)
        count += len(document["data"])
        if max_records is not None and count > max_records:
            raise PontoProtocolError(f"The list has more than {max_records} records")
        if ids and ids <= previous_ids:
            raise PontoPagingError("A page repeats the records of the page before it")
        step = _next_step(document, url, limit)
        empty_pages = 0 if document["data"] else empty_pages + 1
        if step and empty_pages > MAX_EMPTY_PAGES:
            raise PontoEmptyPagesError(f"{empty_pages} pages in a row are empty")
        previous_ids = ids or previous_ids
        if on_next:
            on_next((step.url, step.params) if step else None)
        yield document
        if step is None:
            return
    raise PontoPagingError(f"The list has more than {max_pages} pages")


def _remember(seen, key):
    if key in seen:
        raise PontoPagingError(
            f"The list goes in circles: cursor {scrub(key, limit=60)} came twice"
        )
    seen.add(key)


def _ids(document):
    if not isinstance(document.get("data"), list):
        raise PontoProtocolError("The answer is not a list of records")
    return frozenset(
        item["id"]
        for item in document["data"]
        if isinstance(item, dict) and isinstance(item.get("id"), str)
    )


def _next_step(document, url, limit):
    """Return the step to the next page, None at the end.

    A link is followed only within this collection on this server. Any other link, and
    a cursor without link, only tell that there is more: the call is then built here.
    Where no records came, a cursor without a link tells nothing.

    :raise PontoProtocolError: there is more, and no cursor to it
    """
    link = as_dict(document.get("links")).get("next")
    link = as_dict(link).get("href", link)
    cursor = as_dict(as_dict(document.get("meta")).get("paging")).get("after")
    if link and isinstance(link, str):
        query = _query_of_own_link(link, url)
        if query is not None:
            return _step_by_link(url, query)
    if not link and not document["data"]:
        return None
    if not isinstance(cursor, str) or not cursor:
        if not link:
            return None
        cursor = as_dict((document["data"] or [None])[-1]).get("id")
    if not isinstance(cursor, str):
        raise PontoProtocolError("There are more records, but no cursor to them")
    return _step_after(url, cursor, limit)


def _query_of_own_link(link, url):
    """Return the query of a link into our collection, None for any other link."""
    try:
        target, own = urlsplit(urljoin(url, link)), urlsplit(url)
        is_own = (
            _origin(target) == _origin(own)
            and unquote(target.path) == unquote(own.path)
            and target.username is None
            and "\\" not in link
        )
    except ValueError:
        return None
    return target.query if is_own else None


def _origin(parts):
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _step_by_link(url, query):
    # The address is ours, only the query is the server's.
    values = parse_qs(query)
    cursor = values.get("page[after]") or values.get("after") or [query]
    return _Step(f"{url}?{query}", None, cursor[0])


def _step_after(url, cursor, limit):
    return _Step(url, {**_query(limit), "page[after]": cursor}, cursor)


def _query(limit):
    return {"page[limit]": str(limit)}
