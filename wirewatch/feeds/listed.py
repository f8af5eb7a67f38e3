"""The feeds people own: feeds.toml as types, and which outlets belong together. Pure, but for reading the file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from wirewatch.errors import FeedListError
from wirewatch.resources import seed_feeds
from wirewatch.text import canonical_url, digest

_DURATION = re.compile(r"(\d+)\s*(m|min|h|d)", re.IGNORECASE)
_MINUTES = {"m": 1, "min": 1, "h": 60, "d": 1440}
_FEED_HOSTS = re.compile(r"^(?:www|feeds?|rss|xml)\.(?=[^.]+\.)")

Text = Annotated[str, Meta(min_length=1, max_length=300)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
Language = Annotated[str, Meta(pattern="^[a-z]{2,3}$")]


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One ``[[feed]]`` of feeds.toml.

    ``name`` is the outlet's, as people say it; ``domain`` is the outlet's where the articles' own is another
    (an agency's feed on a foreign host). ``country`` is ISO 3166 alpha-2, ``language`` ISO 639. ``interval``
    (``30m``, ``6h``, ``1d``) replaces the rhythm that is found. An item must match one of ``keep`` where there are
    any, and none of ``skip``: regular expressions, searched in title, summary, categories and URL without regard
    to case. Outlets that share an ``owner`` or an ``agency`` are not independent of each other.
    """

    url: Annotated[str, Meta(min_length=1, max_length=4_000)]
    name: Text
    country: Country | None = None
    language: Language | None = None
    tags: tuple[Text, ...] = ()
    domain: Text | None = None
    owner: Text | None = None
    agency: Text | None = None
    full_text: bool = False
    interval: str | None = None
    keep: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    paused: bool = False

    @property
    def id(self) -> str:
        """The same for every spelling of the address; a feed that moves in feeds.toml is another feed."""
        return feed_id(self.url)

    @property
    def outlet(self) -> str:
        """The domain of the outlet: as listed, or the host of the feed without ``www.``, ``feeds.`` and the like."""
        return self.domain or domain_of(self.url)

    @property
    def every(self) -> timedelta | None:
        """The interval that its owner wants; None: the feed's own rhythm decides."""
        return duration(self.interval) if self.interval else None


class Outlet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One ``[[outlet]]`` of feeds.toml: who owns it, and whose agency reports it prints."""

    domain: Text
    name: Text | None = None
    owner: Text | None = None
    agency: Text | None = None


class FeedList(msgspec.Struct, frozen=True, dict=True):
    """All that a feeds.toml says."""

    feeds: tuple[Feed, ...] = ()
    others: tuple[Outlet, ...] = ()

    @cached_property
    def outlets(self) -> Outlets:
        """Which outlets belong together."""
        of_feeds = (Outlet(feed.outlet, feed.name, feed.owner, feed.agency) for feed in self.feeds)
        return Outlets((*of_feeds, *self.others))

    def chosen(self, *, names: Iterable[str] = (), tags: Iterable[str] = ()) -> tuple[Feed, ...]:
        """The feeds that have one of ``names`` (name, URL or domain) or one of ``tags``; all where neither is given.

        Raises FeedListError for a name or tag that none has.
        """
        names, tags = tuple(names), tuple(tags)
        if not names and not tags:
            return self.feeds
        for name in names:
            if not any(_called(feed, name) for feed in self.feeds):
                raise FeedListError("feeds", f"none is called {name!r}; `wirewatch feeds list` shows all")
        for tag in tags:
            if not any(tag in feed.tags for feed in self.feeds):
                known = ", ".join(sorted({tag for feed in self.feeds for tag in feed.tags})) or "none"
                raise FeedListError("feeds", f"none has the tag {tag!r}; tags: {known}")
        return tuple(
            feed
            for feed in self.feeds
            if any(_called(feed, name) for name in names) or not set(tags).isdisjoint(feed.tags)
        )


class Outlets:
    """Who stands behind an outlet, by its domain or its name."""

    def __init__(self, outlets: Iterable[Outlet]) -> None:
        self._by_name: dict[str, Outlet] = {}
        for outlet in outlets:
            for name in (outlet.domain, outlet.name):
                key = (name or "").casefold()
                if key and (key not in self._by_name or outlet.owner or outlet.agency):
                    self._by_name[key] = outlet

    def of(self, outlet: str) -> Outlet | None:
        """The outlet of that domain (or of a domain above it) or name; None where it is not listed."""
        name = outlet.casefold().removeprefix("www.")
        while name:
            if name in self._by_name:
                return self._by_name[name]
            _, dot, above = name.partition(".")
            if not dot or "." not in above:
                return None
            name = above
        return None

    def houses(self, outlet: str) -> tuple[str, ...]:
        """What ``outlet`` belongs to: its owner and its agency; itself where neither is known.

        Two outlets are independent where these have nothing in common.
        """
        known = self.of(outlet)
        if known is None:
            return (f"outlet {outlet.casefold().removeprefix('www.')}",)
        behind = [
            f"{what} {name.casefold()}" for what, name in (("owner", known.owner), ("agency", known.agency)) if name
        ]
        return tuple(behind) or (f"outlet {known.domain.casefold()}",)

    def independent(self, outlets: Iterable[str]) -> int:
        """How many of ``outlets`` are independent: those that share an owner or an agency count as one."""
        groups: list[set[str]] = []
        for outlet in outlets:
            joined = set(self.houses(outlet))
            apart = []
            for group in groups:
                if group.isdisjoint(joined):
                    apart.append(group)
                else:
                    joined |= group
            groups = [*apart, joined]
        return len(groups)


def load_feeds(path: Path) -> FeedList:
    """The feeds of a feeds.toml; raises FeedListError that names file, feed and key."""
    try:
        return parse_feeds(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise FeedListError(str(path), f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise FeedListError(str(path), "is not UTF-8; save it so") from None


def chosen_feeds(
    path: Path | None, *, urls: Sequence[str] = (), names: Sequence[str] = (), tags: Sequence[str] = ()
) -> tuple[Feed, ...]:
    """The feeds of ``path`` (None: the list that comes with wirewatch) that have one of ``names`` or ``tags``.

    ``urls`` are polled, and nothing else where no names and tags are given; one that is not listed is a feed of its
    own, named by its domain. Raises FeedListError.
    """
    listed = load_feeds(path or seed_feeds())
    known = {feed.id: feed for feed in listed.feeds}
    found = {feed.id: feed for feed in (listed.chosen(names=names, tags=tags) if names or tags or not urls else ())}
    for url in urls:
        if canonical_url(url) is None:
            raise FeedListError(without_password(url), "is no http or https address")
        found.setdefault(feed_id(url), known.get(feed_id(url)) or Feed(url, domain_of(url)))
    return tuple(found.values())


def parse_feeds(text: str, where: str) -> FeedList:
    """The feeds of the text of a feeds.toml; raises FeedListError that names ``where``, feed and key."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FeedListError(where, f"is no TOML: {error}") from None
    unknown = tables.keys() - {"feed", "outlet"}
    if unknown:
        raise FeedListError(where, f"{', '.join(sorted(unknown))}: only [[feed]] and [[outlet]] belong here")
    feeds = tuple(_converted(tables.get("feed", []), Feed, f"{where}: feed"))
    seen: dict[str, Feed] = {}
    for feed in feeds:
        if feed.id in seen:
            raise FeedListError(
                where, f"{feed.name} and {seen[feed.id].name} have the same url {without_password(feed.url)}"
            )
        seen[feed.id] = feed
        if why := _wrong(feed):
            raise FeedListError(f"{where}: feed {feed.name}", why)
    return FeedList(feeds, tuple(_converted(tables.get("outlet", []), Outlet, f"{where}: outlet")))


def feed_id(url: str) -> str:
    """The id of the feed at ``url``: the same for http and https, without user and password."""
    return digest("feed", canonical_url(url) or url)


def domain_of(url: str) -> str:
    """The outlet's domain as a URL has it, without ``www.``, ``feeds.`` or ``rss.``; empty for what is no URL."""
    host = urlsplit(canonical_url(url) or "").hostname or ""
    return _FEED_HOSTS.sub("", host)


def duration(text: str) -> timedelta | None:
    """The time that ``30m``, ``6h`` or ``1d`` names; None for anything else."""
    match = _DURATION.fullmatch(text.strip())
    return timedelta(minutes=int(match[1]) * _MINUTES[match[2].lower()]) if match else None


def without_password(url: str) -> str:
    """``url`` without the user and password it may hold: what may be shown, logged and stored."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


def _converted(tables: Any, kind: type[Any], where: str) -> Iterator[Any]:
    if not isinstance(tables, list):
        raise FeedListError(where, "is written with two brackets, [[...]]")
    for number, table in enumerate(tables, 1):
        name = table.get("name") or table.get("domain") or f"number {number}"
        try:
            yield msgspec.convert(table, kind)
        except msgspec.ValidationError as error:
            raise FeedListError(f"{where} {name}", str(error)) from None


def _wrong(feed: Feed) -> str | None:
    """What is wrong with a feed whose fields have the right types."""
    if canonical_url(feed.url) is None:
        return f"url {without_password(feed.url)!r} is no http or https address"
    every = feed.every
    if feed.interval and (every is None or not timedelta(minutes=1) <= every <= timedelta(days=7)):
        return f"interval {feed.interval!r} is not of 1m to 7d; write 30m, 6h or 1d"
    for pattern in (*feed.keep, *feed.skip):
        try:
            re.compile(pattern)
        except re.error as error:
            return f"filter {pattern!r} is no regular expression: {error}"
    return None


def _called(feed: Feed, name: str) -> bool:
    return name.casefold() in (feed.name.casefold(), feed.outlet.casefold()) or (
        "/" in name and feed_id(name) == feed.id
    )
