"""From the bytes of a feed to articles: what a worker process of the RSS producer does with each feed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from producers.reading.draft import Draft, Given, language_of, record
from wirewatch.errors import UnreadableInput
from wirewatch.feeds.dates import not_in_the_future
from wirewatch.feeds.identity import Candidate, main_url, name_of_guid, name_of_url
from wirewatch.feeds.items import Item, NotAFeed
from wirewatch.feeds.listed import Feed, domain_of, without_password
from wirewatch.feeds.parse import parse
from wirewatch.feeds.rhythm import Hints
from wirewatch.feeds.sites import guid_on_site, names_on_site, site_of
from wirewatch.models import Article, Lineage, Source
from wirewatch.text import article_id

COMPLAINTS_KEPT = 20


class ToRead(msgspec.Struct, frozen=True):
    """A feed as it was fetched at ``now`` from ``url``, and how it is listed."""

    feed: Feed
    url: str
    body: bytes
    now: datetime
    text_limit: int
    content_type: str = ""
    airflow_run_id: str | None = None


class ReadFeed(msgspec.Struct, frozen=True, tag="read"):
    """The items of a feed as articles-to-be, how many its filters left out, and what is wrong with it, in words."""

    kind: str
    title: str = ""
    candidates: tuple[Candidate, ...] = ()
    filtered: int = 0
    hints: Hints = Hints()
    complaints: tuple[str, ...] = ()


class Unreadable(msgspec.Struct, frozen=True, tag="unreadable"):
    """Why a body is no feed, in words."""

    why: str


def read_feed(to_read: ToRead) -> ReadFeed | Unreadable:
    """The feed in ``to_read.body``; never raises for what a body may hold."""
    try:
        parsed = parse(to_read.body, url=without_password(to_read.url), content_type=to_read.content_type)
    except NotAFeed as error:
        return Unreadable(str(error))
    feed, given = to_read.feed, Given(to_read.now, to_read.text_limit, airflow_run_id=to_read.airflow_run_id)
    wanted = [item for item in parsed.items if _wanted(item, feed)]
    complaints: dict[str, int] = dict.fromkeys(parsed.complaints, 1)
    candidates: list[Candidate] = []
    for item in wanted:
        try:
            candidates.append(candidate_of(item, feed, given, parsed.language, complaints))
        except UnreadableInput as error:
            _count(complaints, f"an item {error.why}, left out")
    return ReadFeed(
        kind=parsed.kind,
        title=parsed.title,
        candidates=tuple(candidates),
        filtered=len(parsed.items) - len(wanted),
        hints=parsed.hints,
        complaints=tuple(_in_words(complaints))[:COMPLAINTS_KEPT],
    )


def candidate_of(
    item: Item, feed: Feed, given: Given, language: str | None, complaints: dict[str, int] | None = None
) -> Candidate:
    """The article that an item would be, were it new, and the names it goes by.

    Raises UnreadableInput where it has neither a title nor a text.
    """
    complaints = {} if complaints is None else complaints
    published, ahead = not_in_the_future(item.published, now=given.now)
    for wrong, what in (
        (ahead, "a date lies in the future, taken for now"),
        (item.published is None, "an item has no date that can be read"),
        (not item.link, "an item has no link"),
        (not item.title, "an item has no title"),
    ):
        if wrong:
            _count(complaints, what)
    draft = Draft(
        title=item.title,
        text=item.text,
        url=without_password(item.link) if item.link else None,
        published=published.isoformat() if published else None,
        source=feed.name,
        author=item.author,
        summary=item.summary or None,
    )
    made = record(draft, feed.name, "", given).article
    link = main_url(made.url) if made.url else None
    guid_url = item.guid if item.guid and item.guid.startswith(("http://", "https://")) else None
    named = tuple(dict.fromkeys(name_of_url(url) for url in (made.url, guid_url) if url))
    article = msgspec.structs.replace(
        made,
        id=article_id(link, made.title, made.text) if link else made.id,
        source=source_of(feed, made),
        feed=without_password(feed.url),
        language=feed.language or language_of(item.language) or language_of(language),
        aliases=tuple(dict.fromkeys(name for name in (item.guid, made.url if link != made.url else None) if name)),
        lineage=Lineage(producer="rss", airflow_run_id=given.airflow_run_id),
    )
    return Candidate(
        article,
        named,
        name_of_guid(item.guid) if item.guid else None,
        names_on_site(article, [url for url in (made.url, guid_url) if url]),
        guid_on_site(item.guid, article, feed.outlet) if item.guid else None,
        site_of(article),
    )


def source_of(feed: Feed, article: Article) -> Source:
    """The outlet: as listed, with the domain that its articles have where none is listed."""
    domain = feed.domain or (domain_of(article.url) if article.url else "") or feed.outlet
    return Source(name=feed.name, domain=domain, country=feed.country)


def _wanted(item: Item, feed: Feed) -> bool:
    if not feed.keep and not feed.skip:
        return True
    words = "\n".join((item.title, item.summary or item.text[:2_000], *item.categories, item.link or ""))
    if feed.keep and not any(re.search(pattern, words, re.I) for pattern in feed.keep):
        return False
    return not any(re.search(pattern, words, re.I) for pattern in feed.skip)


def _count(complaints: dict[str, int], what: str) -> None:
    complaints[what] = complaints.get(what, 0) + 1


def _in_words(complaints: Mapping[str, int]) -> list[str]:
    return [what if times == 1 else f"{what} ({times} times)" for what, times in complaints.items()]
