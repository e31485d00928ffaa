# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The wire: where it may lead, and how it is cut."""

import ipaddress
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import requests.adapters

from .errors import PontoConfigurationError


def check_base_url(url):
    """Return an address of the API that is safe to send secrets to.

    :param str url: https; plain http only for this very machine (simulator)
    :return: the address without trailing slash
    :rtype: str
    :raise PontoConfigurationError: any other address
    """
    if not isinstance(url, str):
        raise PontoConfigurationError("The address of Ponto is not a text")
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise PontoConfigurationError("The address of Ponto is not a URL") from error
    if not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise PontoConfigurationError("The address of Ponto is not a plain URL")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise PontoConfigurationError("The address of Ponto must begin with https")
    return parts.geturl().rstrip("/")


def is_loopback_url(url):
    """Tell whether an address of the API is one of this very machine (a simulator).

    :param str url: any text
    :rtype: bool
    """
    try:
        return _is_loopback(urlsplit(check_base_url(url)).hostname)
    except PontoConfigurationError:
        return False


def _is_loopback(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Adapter(requests.adapters.HTTPAdapter):
    """Sets the time-outs here, where nobody between us and the wire sees a pair, and
    knows the connection in use, so that it can be cut.

    :ivar tuple timeout_s: seconds to connect, seconds without a byte while reading;
        set before each request
    """

    def __init__(self):
        self.timeout_s = None
        self._socket = None
        self._is_cut = False
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        """Override of requests: keep the sockets of direct connections in sight."""
        result = super().init_poolmanager(*args, **kwargs)
        self._watch(self.poolmanager)
        return result

    def proxy_manager_for(self, proxy, **kwargs):
        """Override of requests: keep the sockets of proxied connections in sight."""
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            self._watch(manager)
        return manager

    def send(self, request, stream=False, timeout=None, **kwargs):
        """Override of requests: with our time-outs."""
        return super().send(request, stream=stream, timeout=self.timeout_s, **kwargs)

    def build_response(self, request, response):
        """Override of requests: nobody follows a redirect, and requests would read its
        body, without bounds."""
        result = super().build_response(request, response)
        result.headers.pop("Location", None)
        return result

    def cut(self):
        """Break the connection in use, for good; called from another thread."""
        self._is_cut = True
        self._shut_down()

    def _keep(self, new_socket):
        self._socket = new_socket
        if self._is_cut:
            self._shut_down()

    def _shut_down(self):
        if isinstance(self._socket, socket.socket):
            with suppress(OSError):
                # Not that of SSLSocket, which takes its TLS away from the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _watch(self, manager):
        manager.pool_classes_by_scheme = {
            scheme: self._derive(pool_class)
            for scheme, pool_class in manager.pool_classes_by_scheme.items()
        }

    def _derive(self, pool_class):
        """Return a class of pools that report each new socket to the adapter."""
        adapter = self

        class WatchedConnection(pool_class.ConnectionCls):
            """A connection that tells its socket."""

            def connect(self):
                """Override of urllib3."""
                result = super().connect()
                adapter._keep(self.sock)
                return result

        class WatchedPool(pool_class):
            """A pool of such connections."""

            ConnectionCls = WatchedConnection

        return WatchedPool
