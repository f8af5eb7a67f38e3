"""The whole text of articles whose feed has only a summary: their pages, asked for as politely as the feeds."""

from __future__ import annotations

import asyncio

import msgspec

from wirewatch.feeds.fetch import PAGES, Fetcher, FetchFailed
from wirewatch.feeds.identity import Judged, Memory, name_of_url, with_names
from wirewatch.feeds.page import Page, fuller, read_page
from wirewatch.feeds.robots import Robots
from wirewatch.feeds.sites import names_on_site
from wirewatch.models import Article
from wirewatch.text import content_hash, cut

PAGES_AT_MOST = 50
"""Pages of one feed in one poll; the articles beyond keep their summaries."""


class FullText:
    """Fetches and reads the pages of new articles."""

    def __init__(self, fetcher: Fetcher, text_limit: int) -> None:
        self._fetcher, self._text_limit = fetcher, text_limit
        self._robots = Robots(fetcher)

    async def of(self, judged: tuple[Judged, ...], memory: Memory) -> tuple[tuple[Judged, ...], Memory]:
        """The articles with the texts of their pages where those say more, and the memory with the pages' own names.

        A page that cannot be had, or may not be, or is too short to be the article, leaves the feed's words.
        """
        pages = await asyncio.gather(*(self._page(one.article) for one in judged[:PAGES_AT_MOST]))
        whole = list(judged)
        for number, page in enumerate(pages):
            article = judged[number].article
            if page is None:
                continue
            if page.canonical:
                memory = with_names(memory, article.id, [name_of_url(page.canonical)])
                names = (*judged[number].on_site, *names_on_site(article, [page.canonical]))
                whole[number] = msgspec.structs.replace(whole[number], on_site=tuple(dict.fromkeys(names)))
            if fuller(page, article.text):
                whole[number] = msgspec.structs.replace(whole[number], article=self._with_text(article, page))
        return tuple(whole), memory

    async def _page(self, article: Article) -> Page | None:
        if article.url is None or not await self._robots.allow(article.url):
            return None
        try:
            answer = await self._fetcher.get(article.url, accept=PAGES)
        except FetchFailed:
            return None
        if not 200 <= answer.status < 300 or "html" not in answer.headers.get("content-type", "html"):
            return None
        return await asyncio.to_thread(read_page, answer.body, answer.url)

    def _with_text(self, article: Article, page: Page) -> Article:
        text = cut(page.text, self._text_limit)
        aliases = (*article.aliases, page.canonical) if page.canonical else article.aliases
        return msgspec.structs.replace(
            article,
            text=text,
            summary=article.summary or article.text or None,
            content_hash=content_hash(article.title, text),
            truncated=len(text) < len(page.text),
            aliases=tuple(dict.fromkeys(alias for alias in aliases if alias != article.url)),
        )
