"""One TCP connection on asyncio, as httpcore wants it.

httpcore brings one on anyio, which costs half of a whole request: a task group, cancel scopes and checkpoints for each
read, write and close.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpcore

_ENOUGH = 256 * 1024
"""Bytes that may lie here unread before the other side has to wait."""


async def connected(address: str, port: int, seconds: float | None) -> Stream:
    """A connection to an IP address.

    Raises httpcore.ConnectError and httpcore.ConnectTimeout.
    """
    loop = asyncio.get_running_loop()
    async with _as_connecting(seconds):
        _, stream = await loop.create_connection(Stream, address, port)
    return stream


class Stream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """What came and was not read yet, and whether more can come."""

    def __init__(self) -> None:
        self._here = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio says that it stands."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """asyncio brings what came."""
        self._here += data
        if len(self._here) > _ENOUGH and self._transport is not None:
            self._transport.pause_reading()
        self._news.set()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio says that nothing more will come, and whether it broke."""
        self._ended, self._error = True, error
        self._news.set()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # httpcore's
        """What has come, as soon as something has; nothing at the end."""
        if not self._here and not self._ended:
            self._news.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._news.wait()
            except TimeoutError:
                raise httpcore.ReadTimeout from None
        if not self._here and self._error is not None:
            raise httpcore.ReadError(str(self._error))
        data = bytes(self._here[:max_bytes])
        del self._here[:max_bytes]
        if len(self._here) <= _ENOUGH and self._transport is not None and not self._ended:
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # httpcore's
        """Send; does not wait until it is sent, because a request is small and its answer is waited for anyway."""
        del timeout
        if self._ended or self._transport is None:
            raise httpcore.WriteError("the other side has closed")
        if buffer:
            self._transport.write(buffer)

    async def aclose(self) -> None:
        """Close at once: when we close, nothing of ours is under way."""
        if self._transport is not None:
            self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # httpcore's
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted from here on."""
        assert self._transport is not None
        try:
            async with _as_connecting(timeout):
                self._transport = await asyncio.get_running_loop().start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except BaseException:
            await self.aclose()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: ``ssl_object``, and ``is_readable``, by which it knows an idle one that is over."""
        if info == "is_readable":
            return self._ended or bool(self._here)
        return self._transport.get_extra_info(info) if self._transport is not None else None


@asynccontextmanager
async def _as_connecting(seconds: float | None) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise httpcore.ConnectTimeout from None
    except OSError as error:  # of TLS too
        raise httpcore.ConnectError(str(error)) from error
