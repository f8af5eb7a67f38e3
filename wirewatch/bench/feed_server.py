"""Feeds to measure with, and the process that serves them: many hosts on loopback, as on the web, and one port.

Every second feed has HTML in its items' descriptions. Each answers a request with its validator by 304.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from wirewatch.errors import BenchFailed

_WORDS = (
    "the a of in to and said on that with for by after before harbour council minister talks border river bridge "
    "villages aid convoy ceasefire election report budget union troops water power market court hospital school "
    "northern eastern winter morning officials residents calls despite until would went against several further"
)
WORDS = _WORDS.split()
_WORDS_EACH = 60
_EVERY = timedelta(hours=1)


def made_feed(number: int, items: int, port: int, *, now: datetime) -> bytes:
    """RSS 2.0 with ``items`` items of some 60 words, one an hour until ``now``; the words are the same each time."""
    chance = random.Random(number)  # noqa: S311  # nothing secret hangs on it
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Feed {number}</title>"
        f"<link>{url_of(number, port)}</link><description>Made to measure with</description>"
        + "".join(_item(chance, number, item, port, now - item * _EVERY) for item in range(items))
        + "</channel></rss>"
    ).encode()


def url_of(number: int, port: int) -> str:
    """The address of a feed: each has a host of its own, 127.x.y.z."""
    return f"http://127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}:{port}/feeds/{number}"


def _item(chance: random.Random, number: int, item: int, port: int, published: datetime) -> str:
    title = " ".join(chance.choices(WORDS, k=8)).capitalize()
    words = chance.choices(WORDS, k=_WORDS_EACH)
    text = " ".join(words)
    if number % 2:
        half = _WORDS_EACH // 2
        text = f"<p>{' '.join(words[:half])}</p><p>{' '.join(words[half:])} <a href='/more'>more</a></p>"
    host = url_of(number, port).partition("/feeds/")[0]
    return (
        f"<item><title>{title}</title><link>{host}/{number}/report-{item}</link>"
        f"<guid isPermaLink='false'>feed-{number}-item-{item}</guid>"
        f"<pubDate>{format_datetime(published)}</pubDate><description>{escape(text)}</description></item>"
    )


@contextmanager
def served(feeds: int, items: int) -> Iterator[list[str]]:
    """The addresses of ``feeds`` feeds, which a process of its own serves for as long as the block lasts.

    Raises BenchFailed where that does not start; beyond Linux, loopback has only one address.
    """
    command = [sys.executable, "-m", "wirewatch.bench.feed_server", str(feeds), str(items)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise BenchFailed("rss (feed server)", process.stderr.read())
            yield [url_of(number, int(port)) for number in range(feeds)]
        finally:
            process.kill()


class _Feeds(asyncio.Protocol):
    """Answers one request after the other on a connection; to machines other than this one it says nothing."""

    def __init__(self, bodies: list[bytes]) -> None:
        self._bodies = bodies
        self._said = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        if not str(transport.get_extra_info("peername")[0]).startswith("127."):
            transport.close()

    def data_received(self, data: bytes) -> None:
        self._said += data
        while b"\r\n\r\n" in self._said:
            head, _, self._said = self._said.partition(b"\r\n\r\n")
            assert self._transport is not None
            self._transport.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        number = int(head.split(b" ", 2)[1].rpartition(b"/")[2])
        validator = b'"feed-%d"' % number
        if validator in head:
            return b"HTTP/1.1 304 Not Modified\r\nEtag: %b\r\n\r\n" % validator
        body = self._bodies[number]
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nEtag: %b\r\nContent-Length: %d\r\n\r\n%b" % (
            validator,
            len(body),
            body,
        )


async def _serve(feeds: int, items: int) -> None:
    bodies: list[bytes] = []
    loop = asyncio.get_running_loop()
    everywhere = "0.0.0.0"  # noqa: S104  # what else has all of 127/8? a socket an address would be a thousand
    server = await loop.create_server(lambda: _Feeds(bodies), everywhere, 0, backlog=4_096)
    port = server.sockets[0].getsockname()[1]
    now = datetime.now(UTC)
    bodies += [made_feed(number, items, port, now=now) for number in range(feeds)]
    print(port, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
