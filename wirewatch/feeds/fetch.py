"""Asking for a feed or a page: politely, within limits, and never twice at once what one host can bear."""

from __future__ import annotations

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Literal, Self
from urllib.parse import unquote, urljoin, urlsplit

import httpcore
import httpx
import msgspec

from wirewatch.feeds import compressed
from wirewatch.feeds.connection import AddressRefused, CheckedBackend, Refuse, Resolve, system_resolver
from wirewatch.feeds.listed import without_password
from wirewatch.feeds.safety import refused_address, refused_url

HOPS = 8
PER_HOST = 2
"""Connections to one host at a time, as RFC 2616 asked of polite clients."""

_RESOLVER_THREADS = 32
_IDLE_S = 5.0
_PERMANENT = frozenset({301, 308})
_REDIRECTS = _PERMANENT | {302, 303, 307}
FEEDS = "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, "
FEEDS += "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
PAGES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"

_HTTPCORE_FAILS = (  # it has no class for all of them
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)

Kind = Literal["address", "name", "connection", "certificate", "time", "size", "redirects", "protocol"]


class FetchFailed(Exception):
    """Nothing could be fetched: ``kind`` for programs, the message for people, without the address."""

    def __init__(self, kind: Kind, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class Limits(msgspec.Struct, frozen=True):
    """How long and how much: seconds for a connection, for silence and for the whole; bytes, opened or not."""

    connect_s: float = 10.0
    silence_s: float = 15.0
    whole_s: float = 30.0
    size: int = 10_000_000


class Answer(msgspec.Struct, frozen=True):
    """What a server said in the end.

    ``url`` is where it was said; ``moved_to`` is the new address where every redirect on the way was a permanent
    one, None otherwise. Header names are lower-case.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    moved_to: str | None = None


class _Host:
    """Whose turn it is at one host, how many wait or are at it, and connections that somebody may go on with."""

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(PER_HOST)
        self.wanted = 0
        self.idle: list[httpcore.AsyncHTTPConnection] = []


class Fetcher:
    """Fetches over http and https; use it as an async context manager.

    ``user_agent`` says who we are. ``refuse`` judges each IP address before it is connected to (`anywhere` lets it
    into our own network), ``resolve`` replaces the machine's resolver.
    """

    def __init__(
        self,
        user_agent: str,
        *,
        limits: Limits | None = None,
        refuse: Refuse = refused_address,
        resolve: Resolve | None = None,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits or Limits()
        silence = self._limits.silence_s
        self._waits = {"connect": self._limits.connect_s, "read": silence, "write": silence, "pool": None}
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip, br, zstd, deflate"}
        self._threads = ThreadPoolExecutor(_RESOLVER_THREADS, "resolver")
        self._backend = CheckedBackend(resolve or system_resolver(self._threads), refuse)
        self._trusted = trusted or httpx.create_ssl_context(trust_env=True)
        self._hosts: dict[str, _Host] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for host in self._hosts.values():
            await _close(host.idle)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = FEEDS,
    ) -> Answer:
        """What ``url`` answers, redirects followed; with validators, perhaps only that it has not changed (304).

        Any status comes as an Answer. Raises FetchFailed.
        """
        headers = {**self._headers, "Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        asked: set[str] = set()
        permanent = True
        start = here = url
        for _ in range(HOPS):
            if why := refused_url(here):
                raise FetchFailed("address", why)
            if here in asked:
                raise FetchFailed("redirects", f"it redirects in a circle, back to {without_password(here)}")
            asked.add(here)
            answer = await self._one(here, headers, credentials=_same_origin(start, here))
            target = answer.headers.get("location") if answer.status in _REDIRECTS else None
            if target is None:
                moved = here if permanent and here != start else None
                return msgspec.structs.replace(answer, moved_to=moved)
            permanent = permanent and answer.status in _PERMANENT
            here = _joined(here, target)
        raise FetchFailed("redirects", f"it redirects more than {HOPS} times")

    async def _one(self, url: str, headers: dict[str, str], *, credentials: bool) -> Answer:
        """One request and its answer; the wait for the host's turn is not counted."""
        parts = urlsplit(url)
        if credentials and parts.username:
            secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            headers = {**headers, "Authorization": f"Basic {b64encode(secret).decode()}"}
        async with self._turn(parts.hostname or "") as host:
            try:
                async with asyncio.timeout(self._limits.whole_s):
                    return await self._exchange(host, without_password(url), headers)
            except TimeoutError:
                raise FetchFailed("time", f"it was not done after {self._limits.whole_s:.0f} s") from None
            except (*_HTTPCORE_FAILS, httpx.InvalidURL) as error:
                raise _failure(error, self._limits) from None
            except (ValueError, OSError) as error:  # a header that is none, a socket that breaks in an odd way
                raise FetchFailed("protocol", f"what it answers is no HTTP ({_line(error)})") from None

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[_Host]:
        """The host, when it is our turn; its connections are kept while anybody wants something of it."""
        host = self._hosts.setdefault(name, _Host())
        host.wanted += 1
        try:
            async with host.turns:
                yield host
        finally:
            host.wanted -= 1
            if not host.wanted:
                del self._hosts[name]
                await _close(host.idle)

    async def _exchange(self, host: _Host, url: str, headers: dict[str, str]) -> Answer:
        request = _request(url, headers, self._waits)
        if kept := await self._kept(host, request.url.origin):
            # It may have ended this moment, or hold more than its last answer said: then we ask anew, as RFC 9110
            # (9.2.2) lets us.
            with suppress(httpcore.NetworkError, httpcore.ProtocolError):
                return await self._talk(host, kept, request, url)
        new = httpcore.AsyncHTTPConnection(
            request.url.origin,
            ssl_context=self._trusted,
            keepalive_expiry=_IDLE_S,
            http2=True,
            network_backend=self._backend,
        )
        return await self._talk(host, new, request, url)

    async def _kept(self, host: _Host, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection | None:
        """A connection that is open already; those that are of no use are closed: no more are open than have a turn."""
        while host.idle:
            one = host.idle.pop()
            if one.can_handle_request(origin) and not one.has_expired():
                return one
            await one.aclose()
        return None

    async def _talk(
        self, host: _Host, connection: httpcore.AsyncHTTPConnection, request: httpcore.Request, url: str
    ) -> Answer:
        try:
            response = await connection.handle_async_request(request)
            try:
                said = _said(response.headers)
                if response.status in _REDIRECTS or response.status == 304:
                    return Answer(response.status, url, said)
                return Answer(response.status, url, said, await self._body(response, said))
            finally:
                await response.aclose()
        finally:
            if connection.is_idle() and not connection.has_expired():
                host.idle.append(connection)
            else:
                await connection.aclose()

    async def _body(self, response: httpcore.Response, said: Mapping[str, str]) -> bytes:
        limit = self._limits.size
        if said.get("content-length", "").isdigit() and int(said["content-length"]) > limit:
            raise _too_large(limit)
        body = bytearray()
        async for piece in response.aiter_stream():
            body += piece
            if len(body) > limit:
                raise _too_large(limit)
        try:
            return compressed.opened(bytes(body), said.get("content-encoding", ""), limit)
        except compressed.TooLarge:
            raise _too_large(limit) from None
        except compressed.Broken as error:
            raise FetchFailed("protocol", f"its answer {error}") from None


def anywhere(_address: str) -> str | None:
    """Refuses no address: for feeds inside our own network, and for tests."""
    return None


def retry_after_s(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """The seconds that a server asks us to wait (Retry-After, RFC 9110: seconds or a date); None where it does not."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit():
        return float(min(int(said), 10**7))
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - (time.time() if now is None else now))
    except (ValueError, TypeError, OverflowError):
        return None


async def _close(connections: Iterable[httpcore.AsyncHTTPConnection]) -> None:
    for one in connections:
        await one.aclose()


def _request(url: str, headers: Mapping[str, str], waits: Mapping[str, float | None]) -> httpcore.Request:
    """A request as httpcore sends it; httpx reads the address: names in any script, characters to be escaped."""
    address = httpx.URL(url)
    port = b":%d" % address.port if address.port else b""  # None where it is the scheme's own
    host = b"[%b]" % address.raw_host if b":" in address.raw_host else address.raw_host
    raw = [(b"Host", host + port)]
    raw += [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    where = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path)
    return httpcore.Request(b"GET", where, headers=raw, extensions={"timeout": waits})


def _said(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; what stands under one name several times is one list (RFC 9110, 5.3)."""
    said: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        said[name] = f"{said[name]}, {value}" if name in said else value
    return said


def _failure(error: Exception, limits: Limits) -> FetchFailed:
    """What a failure of httpcore means, in words."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AddressRefused):
            return FetchFailed("address", f"{cause}: refused; WIREWATCH_FEEDS_ALLOW_PRIVATE=true allows it")
        cause = cause.__cause__ or cause.__context__
    said = _line(error)
    match error:
        case httpcore.ConnectTimeout():
            return FetchFailed("time", said or f"no connection within {limits.connect_s:.0f} s")
        case httpcore.TimeoutException():
            return FetchFailed("time", f"it said nothing for {limits.silence_s:.0f} s")
        case httpcore.ConnectError() if "SSL" in said or "certificate" in said.lower():
            return FetchFailed("certificate", f"its certificate or encryption is not right ({said})")
        case httpcore.ConnectError() if said.startswith("the name "):
            return FetchFailed("name", said)
        case httpcore.ConnectError():
            return FetchFailed("connection", f"it takes no connection ({said or 'refused'})")
        case httpcore.RemoteProtocolError() if "closed" in said or "disconnected" in said:
            return FetchFailed("connection", "the connection ended before the whole answer was there")
        case httpcore.NetworkError():
            return FetchFailed("connection", f"the connection broke ({said or type(error).__name__})")
    return FetchFailed("protocol", f"what it answers is no HTTP ({said})")


def _same_origin(one: str, other: str) -> bool:
    """Whether user and password of ``one`` may be sent to ``other``."""
    a, b = urlsplit(one), urlsplit(other)
    return (a.hostname, a.port) == (b.hostname, b.port) and not (a.scheme == "https" and b.scheme == "http")


def _joined(here: str, target: str) -> str:
    """Where a redirect leads; user and password stay only on the same origin."""
    try:
        there = urljoin(here, target.strip())
        if _same_origin(here, there) and "@" not in urlsplit(there).netloc and "@" in urlsplit(here).netloc:
            parts = urlsplit(there)
            secret = urlsplit(here).netloc.rpartition("@")[0]
            there = parts._replace(netloc=f"{secret}@{parts.netloc}").geturl()
        return there
    except ValueError:
        raise FetchFailed("redirects", f"it redirects to what is no address ({target[:80]!r})") from None


def _too_large(limit: int) -> FetchFailed:
    return FetchFailed("size", f"it is larger than {limit / 1e6:.0f} MB")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
