"""Questions to a resolver over HTTPS (RFC 8484), with httpx.

The one rule of this file: the resolver proves its name, and no redirect, proxy or cache comes between. Its host is
found by the system's own resolver, before any look-up of ours can be made, or is an address in the URL.
"""

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dns.exception
import dns.message
import httpx

from checker import __version__
from checker.network.bounds import DNS_MESSAGE_BYTES, Bounds
from checker.network.opaque import read_response
from checker.network.upstreams import HttpsUpstream
from checker.observation import Failed, FailureKind

logging.getLogger("httpx").setLevel(logging.WARNING)  # below, it tells the log of each question

_MEDIA_TYPE = "application/dns-message"
_FIELDS = {
    "Accept": _MEDIA_TYPE,
    "Accept-Encoding": "identity",
    "Content-Type": _MEDIA_TYPE,
    "User-Agent": f"Mailseal/{__version__}",
}


class DohFailure(Exception):
    """No DNS message came, and this is why."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.detail)
        self.failed = failed


class DohClient:
    """Asks resolvers over HTTPS. Questions that are under way at the same time share their connections.

    Nothing stays open when none is, so there is nothing to close. ``roots``: the trusted roots in PEM.
    """

    def __init__(self, roots: bytes, bounds: Bounds) -> None:
        self._tls = ssl.create_default_context(cadata=roots.decode("ascii", "ignore"))
        self._bounds = bounds
        self._client: httpx.AsyncClient | None = None
        self._users = 0

    async def ask(self, upstream: HttpsUpstream, query: dns.message.Message) -> dns.message.Message:
        """The response to ``query``, whose id is 0 (section 4.1). Raises DohFailure, DNSException and TimeoutError."""
        async with self._shared() as client:
            try:
                body = await _posted(client, upstream, query.to_wire())
            except httpx.TimeoutException:
                raise TimeoutError from None
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                raise DohFailure(_unreachable(upstream, error)) from None
        return read_response(query, body)

    @asynccontextmanager
    async def _shared(self) -> AsyncIterator[httpx.AsyncClient]:
        """The client of all questions under way; who leaves last closes it."""
        client = self._client = self._client or httpx.AsyncClient(
            verify=self._tls, http2=True, follow_redirects=False, trust_env=False, timeout=self._bounds.dns_query_s
        )
        self._users += 1
        try:
            yield client
        finally:
            self._users -= 1
            if not self._users:
                self._client = None
                await client.aclose()


async def _posted(client: httpx.AsyncClient, upstream: HttpsUpstream, wire: bytes) -> bytes:
    async with client.stream("POST", upstream.url, content=wire, headers=_FIELDS) as response:
        if response.status_code != httpx.codes.OK:
            raise DohFailure(
                Failed(
                    FailureKind.RESOLVER_REFUSED,
                    f"The resolver {upstream} answers HTTP status {response.status_code} instead of DNS.",
                )
            )
        if response.headers.get("Content-Type", "").partition(";")[0].strip().lower() != _MEDIA_TYPE:
            raise dns.exception.FormError
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > DNS_MESSAGE_BYTES:
                raise dns.exception.FormError
        return bytes(body)


def _unreachable(upstream: HttpsUpstream, error: BaseException) -> Failed:
    """A certificate that proves nothing is told apart: it is the operator's to mend."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            said = f"The certificate of the resolver {upstream} can't be trusted: {cause.verify_message}."
            return Failed(FailureKind.RESOLVER_REFUSED, said)
        cause = cause.__cause__ or cause.__context__
    return Failed(FailureKind.RESOLVER_REFUSED, f"The resolver {upstream} cannot be reached.")
