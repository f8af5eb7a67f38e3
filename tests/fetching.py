"""A feed fetched once, as the tests of fetching do it, and the names of servers that lead where a test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any

from wirewatch.feeds.fetch import Answer, Fetcher, Limits, anywhere

FEED = b"<rss><channel><title>Harbour Wire</title></channel></rss>"
TRUSTED = ssl.create_default_context()
QUICK = Limits(connect_s=1, silence_s=0.3, whole_s=0.8, size=100_000)


def get(url: str, **options: Any) -> Answer:
    given = {name: options.pop(name) for name in ("etag", "last_modified") if name in options}

    async def fetch() -> Answer:
        async with Fetcher(
            "wirewatch-test (+mailto:desk@x.example)", **{"refuse": anywhere, "trusted": TRUSTED} | options
        ) as fetcher:
            return await fetcher.get(url, **given)

    return asyncio.run(fetch())


class Names:
    """A resolver whose names lead where a test says, one answer after the other."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        found = self.answers[host]
        return found.pop(0) if len(found) > 1 else found[0]
