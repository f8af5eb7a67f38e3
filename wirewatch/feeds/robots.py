"""Which pages a site lets us fetch: robots.txt (RFC 9309), read by protego, kept for the run."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from protego import Protego

from wirewatch.feeds.fetch import Fetcher, FetchFailed

AGENT = "wirewatch"
_LARGEST = 512_000
"""RFC 9309 asks crawlers to read 500 KiB at least."""


class Robots:
    """Asks each site's robots.txt once. A site without one lets us in; one that cannot say does not."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._asked: dict[str, asyncio.Task[Protego | None]] = {}

    async def allow(self, url: str) -> bool:
        """Whether ``url`` may be fetched."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        if origin not in self._asked:
            self._asked[origin] = asyncio.create_task(self._ask(f"{origin}/robots.txt"))
        rules = await self._asked[origin]
        return rules is not None and bool(rules.can_fetch(url, AGENT))

    async def _ask(self, url: str) -> Protego | None:
        try:
            answer = await self._fetcher.get(url, accept="text/plain, */*;q=0.5")
        except FetchFailed:
            return None
        if answer.status >= 500 or answer.status == 429:
            return None
        text = answer.body[:_LARGEST].decode("utf-8", "replace") if answer.status < 300 else ""
        return Protego.parse(text)
