"""Connections that go to the very address that was checked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Executor
from ipaddress import ip_address

import httpcore

from wirewatch.feeds.stream import connected

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host and a port to its IP addresses; raises OSError where there is none."""
Refuse = Callable[[str], str | None]
"""What is wrong with connecting to an IP address, in words; None where nothing is."""


class AddressRefused(httpcore.ConnectError):
    """The name leads to where we must not go."""


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections where ``refuse`` lets us: a name is resolved once, what was checked is connected to."""

    def __init__(self, resolve: Resolve, refuse: Refuse) -> None:
        self._resolve = resolve
        self._refuse = refuse

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first of the host's allowed addresses that answers."""
        del local_address, socket_options
        try:
            found = list(dict.fromkeys(await self._addresses(host, port, timeout)))
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"the name {host} is not resolved in time") from None
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} is not known ({_words(error)})") from None
        refused = {address: self._refuse(address) for address in found}
        open_to_us = [address for address in found if not refused.get(address)]
        if not open_to_us:
            why = next((f"{address}, {reason}" for address, reason in refused.items()), "no address at all")
            raise AddressRefused(f"{host} leads to {why}")
        for address in open_to_us[:-1]:
            try:
                return await connected(address, port, timeout)
            except httpcore.NetworkError:
                continue
        return await connected(open_to_us[-1], port, timeout)

    async def _addresses(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        if literal := _literal(host):
            return [literal]
        return await asyncio.wait_for(self._resolve(host, port), seconds)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: no feed is behind a file."""
        del timeout, socket_options
        raise AddressRefused(f"{path} is no host")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def system_resolver(threads: Executor) -> Resolve:
    """The machine's own resolver, on threads of its own, so that a slow name delays no other."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        return [str(sockaddr[0]) for *_, sockaddr in found]

    return resolve


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return None


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
