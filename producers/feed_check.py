"""Trying feeds out: what would come in from them today, without sending or remembering anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from producers.reading.items import ToRead, Unreadable
from producers.reading.workers import Workers
from producers.rss import fetcher
from wirewatch.feeds.discover import FoundFeed, discover
from wirewatch.feeds.fetch import FetchFailed
from wirewatch.feeds.listed import Feed, without_password
from wirewatch.feeds.state import of_status
from wirewatch.models import Article
from wirewatch.settings import Settings


class Checked(msgspec.Struct, frozen=True):
    """A feed that was tried: its articles as they would come in, or why there are none; complaints in words."""

    name: str
    url: str
    format: str | None = None
    articles: tuple[Article, ...] = ()
    filtered: int = 0
    complaints: tuple[str, ...] = ()
    error: str | None = None
    took_s: float = 0.0


def check(
    settings: Settings,
    feeds: Sequence[Feed],
    *,
    now: datetime,
    on_done: Callable[[Checked], None] | None = None,
) -> list[Checked]:
    """Try each feed, many at once; the results stand in the order of ``feeds``."""

    async def all_of_them() -> list[Checked]:
        turns = asyncio.Semaphore(settings.feeds_at_once)
        async with fetcher(settings) as fetching, Workers() as workers:

            async def one(feed: Feed) -> Checked:
                async with turns:
                    began = time.monotonic()
                    found = await _try(feed)
                    found = msgspec.structs.replace(found, took_s=round(time.monotonic() - began, 2))
                if on_done is not None:
                    on_done(found)
                return found

            async def _try(feed: Feed) -> Checked:
                shown = without_password(feed.url)
                try:
                    answer = await fetching.get(feed.url)
                except FetchFailed as error:
                    return Checked(feed.name, shown, error=str(error))
                if not 200 <= answer.status < 300:
                    return Checked(feed.name, shown, error=of_status(answer.status)[1])
                said = answer.headers.get("content-type", "")
                read = await workers.read(ToRead(feed, answer.url, answer.body, now, settings.text_limit, said))
                if isinstance(read, Unreadable):
                    return Checked(feed.name, shown, error=read.why)
                moved = (f"it has moved to {without_password(answer.moved_to)}",) if answer.moved_to else ()
                return Checked(
                    feed.name,
                    shown,
                    read.kind,
                    tuple(candidate.article for candidate in read.candidates),
                    read.filtered,
                    (*moved, *read.complaints),
                )

            return list(await asyncio.gather(*(one(feed) for feed in feeds)))

    return asyncio.run(all_of_them())


def find_feeds(settings: Settings, url: str) -> list[FoundFeed]:
    """The feeds at or behind ``url``; raises FetchFailed where it cannot be fetched."""

    async def find() -> list[FoundFeed]:
        async with fetcher(settings) as fetching:
            return [found async for found in discover(fetching, url)]

    return asyncio.run(find())
