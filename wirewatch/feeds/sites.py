"""One id for an article, whichever feed of whichever outlet it comes through. Pure.

What is remembered of a feed's own items (`wirewatch.feeds.identity`) is written after they are published. The names
that hold in other feeds too are agreed on before: who comes second, be it another feed, another producer or the same
one after a crash, finds the id of who came first. They are kept by site, the host that an article's link leads to.

A name counts on its own site only: no feed can claim an address or a guid of somebody else's articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from wirewatch.feeds.identity import (
    REMEMBERED_DAYS,
    REMEMBERED_ITEMS,
    Judged,
    Memory,
    Seen,
    keys,
    main_url,
    name_of_guid,
    name_of_url,
)
from wirewatch.models import Article
from wirewatch.text import digest

_UNIQUE = re.compile(r"(?:tag|urn|oid|doi):|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.I)
"""Guids that are made to be one of a kind in the world (RFC 4151, RFC 8141, RFC 9562)."""


def site_of(article: Article) -> str:
    """The site of an article: the host of its main address without ``www.``, else the domain of its outlet."""
    return (host_of(article.url) if article.url else article.source.domain) or ""


@lru_cache(maxsize=1_024)  # asked for an item's site and for each of its addresses
def host_of(url: str) -> str:
    """The host of an address in its main spelling, without ``www.``; empty where it is none."""
    return re.sub(r"^www\d?\.", "", urlsplit(main_url(url) or "").netloc)


def names_on_site(article: Article, urls: Iterable[str]) -> tuple[str, ...]:
    """The names of an article by those of its addresses that lie on its own site."""
    site = site_of(article)
    return tuple(dict.fromkeys(name_of_url(url) for url in urls if host_of(url) == site))


def guid_on_site(guid: str, article: Article, outlet: str) -> str | None:
    """The name that a guid gives an article in all feeds: in those of its outlet only, unless it is made to be unique.

    None for one that only counts, and for an address on the article's own site, which is a name by address already.
    """
    guid = guid.strip()
    if name_of_guid(guid) is None or (guid.startswith(("http://", "https://")) and host_of(guid) == site_of(article)):
        return None
    return digest("guid", "" if _UNIQUE.match(guid) else outlet, guid)[:16]


def agreed(memory: Memory, judged: Sequence[Judged], present: Iterable[str], *, day: int) -> tuple[list[str], Memory]:
    """The ids that articles of one feed and one site get, and what is remembered of the site with them.

    One that its feed knows already keeps its id, and its new addresses lead there from now on. ``present`` are the ids
    of all that stands in the feed: a guid whose article is there under its own address names nothing else. ``day``
    counts since 1970.
    """
    known = {name: seen.id for seen in memory.seen for name in seen.names}
    here = {bytes.fromhex(one) for one in present}
    names_of: dict[bytes, tuple[bytes, ...]] = {}
    ids: list[str] = []
    for one in judged:
        own, by_url = bytes.fromhex(one.article.id), keys(one.on_site)
        by_guid = keys([one.site_guid]) if one.site_guid else ()
        found = [known[name] for name in by_url if name in known]
        found += [known[name] for name in by_guid if name in known and known[name] not in here - {own}]
        id_ = found[0] if found and one.verdict == "new" else own
        ids.append(id_.hex())
        fresh = tuple(name for name in (*by_url, *by_guid) if name not in known)
        names_of[id_] = (*names_of.get(id_, ()), *fresh)
        known |= dict.fromkeys(fresh, id_)
    kept = [seen for seen in memory.seen if seen.day > day - REMEMBERED_DAYS]
    kept += [Seen(id_, b"", day, names) for id_, names in names_of.items() if names]
    return ids, Memory(tuple(kept[-REMEMBERED_ITEMS:]))
