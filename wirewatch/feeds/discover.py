"""The feeds behind a page: what it links to, then the usual places. The page is read purely; the tries are fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from urllib.parse import urljoin, urlsplit

import msgspec
from lxml import etree
from lxml import html as lxml_html

from wirewatch.feeds.fetch import FEEDS, Fetcher, FetchFailed
from wirewatch.feeds.items import NotAFeed, Parsed
from wirewatch.feeds.parse import parse

PATHS = (
    "/feed",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
    "/feeds/posts/default",
    "/feed.json",
    "/?feed=rss2",
)
"""Where feeds usually are (WordPress, Blogger, Hugo, Jekyll and others)."""
TRIED_AT_MOST = 20
_TYPES = ("rss", "atom", "feed+json", "rdf+xml")
_WORDS = ("rss", "feed", "atom")


class FoundFeed(msgspec.Struct, frozen=True):
    """A feed that answers: its address, and what it holds."""

    url: str
    parsed: Parsed


def linked_feeds(page: bytes, url: str) -> list[str]:
    """The addresses of feeds that a page names: first by ``link rel=alternate``, then links that look like feeds."""
    try:
        tree = lxml_html.document_fromstring(page)
    except (etree.LxmlError, ValueError, AssertionError):
        return []
    base = urljoin(url, next((href for href in tree.xpath("//base/@href")), ""))
    declared = [
        link.get("href")
        for link in tree.xpath("//link[@href]")
        if {"alternate", "feed"} & set((link.get("rel") or "").lower().split())
        and any(kind in (link.get("type") or "").lower() for kind in _TYPES)
    ]
    seeming = [href for href in tree.xpath("//a/@href") if any(word in href.lower() for word in _WORDS)]
    return list(dict.fromkeys(found for href in (*declared, *seeming) if (found := _joined(base, href))))


def usual_places(url: str) -> list[str]:
    """Where a feed may be that no page names: the usual paths, below the page and at its site's root."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    below = root + parts.path.rstrip("/")
    return list(dict.fromkeys(start + path for start in (below, root) for path in PATHS))


async def discover(fetcher: Fetcher, url: str) -> AsyncIterator[FoundFeed]:
    """The feeds at ``url``: itself where it is one, else those its page names, else the first in a usual place.

    Raises FetchFailed where ``url`` itself cannot be fetched.
    """
    answer = await fetcher.get(url, accept=f"{FEEDS}, text/html;q=0.9")
    if 200 <= answer.status < 300:
        try:
            yield FoundFeed(answer.url, parse(answer.body, url=answer.url, content_type=_type(answer.headers)))
            return
        except NotAFeed:
            pass
    named = linked_feeds(answer.body, answer.url) if answer.body else []
    found = False
    for places, all_of_them in ((named, True), (usual_places(answer.url), False)):
        async for feed in _tried(fetcher, places[:TRIED_AT_MOST]):
            found = True
            yield feed
            if not all_of_them:
                return
        if found:
            return


async def _tried(fetcher: Fetcher, places: Iterable[str]) -> AsyncIterator[FoundFeed]:
    seen: set[str] = set()
    for place in places:
        try:
            answer = await fetcher.get(place)
            if not 200 <= answer.status < 300 or answer.url in seen:
                continue
            seen.add(answer.url)
            yield FoundFeed(answer.url, parse(answer.body, url=answer.url, content_type=_type(answer.headers)))
        except (FetchFailed, NotAFeed):
            continue


def _type(headers: object) -> str:
    return headers.get("content-type", "") if isinstance(headers, dict) else ""


def _joined(base: str, href: str | None) -> str | None:
    try:
        found = urljoin(base, (href or "").strip())
    except ValueError:
        return None
    return found.partition("#")[0] if found.startswith(("http://", "https://")) else None
