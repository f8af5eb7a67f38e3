"""Which article an item is, whatever it is called today. Pure.

An article's id is that of its link, in one spelling (`main_url`). Its other names (guid, other spellings, the
page's own rel=canonical) are remembered with it for 90 days, so that a new slug under the same guid is no new article.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from wirewatch.models import Article
from wirewatch.text import canonical_url, digest

REMEMBERED_DAYS = 90
REMEMBERED_ITEMS = 20_000
"""Items of one feed that are remembered at most, the last ones seen."""

_MOBILE = re.compile(r"^(?:m|mobile|amp|wap)\.(?=[^.]+\.)")
_MOBILE_INSIDE = re.compile(r"^(\w{2,3})\.m\.(?=[^.]+\.)")  # en.m.wikipedia.org
_AMP_PATH = re.compile(r"(?:^/amp(?=/))|(?:/amp(?:\.html)?$)|(?:\.amp(?=(?:\.html)?$))", re.I)
_AMP_KEYS = frozenset({("outputtype", "amp"), ("amp", "1"), ("amp", "true"), ("amp", ""), ("view", "amp"), ("m", "1")})
_AMP_CACHE = re.compile(r"^/(?:c|v|i)/(?:s/)?(?P<page>[^/]+\.[^/]+/.*|[^/]+\.[^/]+)$")
_GOOGLE_AMP = re.compile(r"^/amp/(?:s/)?(?P<page>[^/]+\.[^/]+/.*)$")
_WEAK = re.compile(r"\d{1,4}|.{0,3}", re.S)
"""Guids that say only where in the list an item stands."""


class Candidate(msgspec.Struct, frozen=True):
    """An item that may be an article we know: the article as it would be, were it new, and all names it goes by.

    ``named`` are its names by address, ``guid`` the one by guid; hashes, see `name_of_url` and `name_of_guid`.
    ``on_site`` and ``site_guid`` are those that hold in other feeds too, on ``site``; see `wirewatch.feeds.sites`.
    """

    article: Article
    named: tuple[str, ...] = ()
    guid: str | None = None
    on_site: tuple[str, ...] = ()
    site_guid: str | None = None
    site: str = ""


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of an item: its article's id, the hash of what its feed said, the day (since 1970), names."""

    id: bytes
    content: bytes
    day: int
    names: tuple[bytes, ...]


class Memory(msgspec.Struct, frozen=True):
    """What is remembered of one feed's items."""

    seen: tuple[Seen, ...] = ()


class Judged(msgspec.Struct, frozen=True):
    """An item and what it is: new, an edit of a known article, or nothing new; its article has its lasting id.

    ``on_site`` and ``site_guid`` are the names that hold in other feeds too, on ``site``: all of a new one, and of an
    article that we know the addresses it did not have before.
    """

    article: Article
    verdict: Literal["new", "edited", "known"]
    on_site: tuple[str, ...] = ()
    site_guid: str | None = None
    site: str = ""


def judge(memory: Memory, candidates: Sequence[Candidate], *, day: int) -> tuple[list[Judged], Memory]:
    """What each item of a feed is, on day ``day`` since 1970, and the memory with it.

    The address is asked first, then the guid: an item whose address is new and whose guid is known is that article
    under a new slug, unless the article itself stands in the feed too. A guid that several items share, or that only
    counts, means nothing. Only words make an edit, never a date.
    """
    known = {name: seen for seen in memory.seen for name in seen.names}
    by_id = {seen.id: seen for seen in memory.seen}
    shared = {guid for guid, times in Counter(c.guid for c in candidates if c.guid).items() if times > 1}
    present = {known[name].id for c in candidates for name in keys(c.named) if name in known}
    judged: list[Judged] = []
    for candidate in candidates:
        guid = candidate.guid if candidate.guid not in shared else None
        names = keys(candidate.named)
        before = next((known[name] for name in names if name in known), None)
        site_guid = candidate.site_guid if guid else None
        if before is None and guid:
            before = known.get(_key(guid))
            if before is not None and before.id in present:
                before = site_guid = None
        article = candidate.article
        own = bytes.fromhex(article.id)
        before = before or by_id.get(own)
        content = bytes.fromhex(article.content_hash)[:8]
        if before is not None and before.id != own:
            article = msgspec.structs.replace(article, id=before.id.hex())
        all_names = (*names, *((_key(guid),) if guid else ()), *(before.names if before else ()))
        now = Seen(bytes.fromhex(article.id), content, day, tuple(dict.fromkeys(all_names)))
        verdict: Literal["new", "edited", "known"] = (
            "new" if before is None else "known" if before.content == content else "edited"
        )
        if before is not None:
            site_guid = None
        on_site = tuple(name for name in candidate.on_site if before is None or _key(name) not in before.names)
        judged.append(Judged(article, verdict, on_site, site_guid, candidate.site))
        by_id[now.id] = now
        known |= dict.fromkeys(now.names, now)
    kept = [seen for seen in by_id.values() if seen.day > day - REMEMBERED_DAYS]
    kept.sort(key=lambda seen: seen.day)  # stable: within a day as they came
    return judged, Memory(tuple(kept[-REMEMBERED_ITEMS:]))


def with_names(memory: Memory, article_id: str, names: Iterable[str]) -> Memory:
    """``memory`` with more names for one article: what its page says that it is called.

    A name that another article has stays with that one: some sites call all their pages the same.
    """
    own = bytes.fromhex(article_id)
    taken = {name for seen in memory.seen if seen.id != own for name in seen.names}
    more = [name for name in keys(names) if name not in taken]
    return Memory(
        tuple(
            msgspec.structs.replace(seen, names=tuple(dict.fromkeys((*seen.names, *more)))) if seen.id == own else seen
            for seen in memory.seen
        )
    )


def renamed(memory: Memory, ids: Mapping[str, str]) -> Memory:
    """``memory`` with other ids for some articles."""
    by_key = {_key(old): _key(new) for old, new in ids.items() if old != new}
    return Memory(
        tuple(msgspec.structs.replace(one, id=by_key[one.id]) if one.id in by_key else one for one in memory.seen)
    )


def encoded(memory: Memory) -> bytes:
    """``memory`` as bytes: 40 to 60 an item."""
    return msgspec.msgpack.encode(memory.seen)


def decoded(data: bytes) -> Memory:
    """The memory that ``data`` is; an empty one where it cannot be read, which costs nothing but messages in vain."""
    try:
        return Memory(msgspec.msgpack.decode(data, type=tuple[Seen, ...]))
    except (msgspec.MsgspecError, ValueError):
        return Memory()


def name_of_url(url: str) -> str:
    """The name that all spellings of one address share: with and without www, m., amp, escapes, case of the host."""
    main = urlsplit(main_url(url) or url)
    host = re.sub(r"^www\d?\.", "", main.netloc)
    return digest("url", host, unquote(main.path).casefold(), main.query)[:16]


def name_of_guid(guid: str) -> str | None:
    """The name that a guid gives; None for one that only counts ("1", "2") and so names nothing."""
    guid = guid.strip()
    return None if _WEAK.fullmatch(guid) else digest("guid", guid)[:16]


@lru_cache(maxsize=1_024)  # asked for an item's id and for each of its names
def main_url(url: str) -> str | None:
    """The article's main address: `canonical_url`, with AMP and mobile twins brought to the page they are made of.

    None where ``url`` is no web address. An address that is no twin comes out as `canonical_url` has it.
    """
    canonical = canonical_url(url)
    if canonical is None:
        return None
    parts = urlsplit(canonical)
    if cached := _of_amp_cache(parts.netloc, parts.path):
        return main_url(f"https://{cached}{'?' + parts.query if parts.query else ''}")
    host = _MOBILE_INSIDE.sub(r"\1.", _MOBILE.sub("www.", parts.netloc))
    path = _AMP_PATH.sub("", parts.path).rstrip("/")
    query = parts.query
    if query:
        kept = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if (k.lower(), v.lower()) not in _AMP_KEYS]
        query = urlencode(kept)
    return urlunsplit(("https", host, path, query, ""))


def _of_amp_cache(host: str, path: str) -> str | None:
    """The page behind an address of an AMP cache (cdn.ampproject.org, google.com/amp), without its scheme."""
    if host.endswith("cdn.ampproject.org"):
        match = _AMP_CACHE.match(path)
    elif re.fullmatch(r"(?:www\.)?google\.[a-z.]{2,6}", host):
        match = _GOOGLE_AMP.match(path)
    else:
        return None
    return match["page"] if match else None


def _key(name: str) -> bytes:
    return bytes.fromhex(name)


def keys(names: Iterable[str]) -> tuple[bytes, ...]:
    """Names as they are remembered."""
    return tuple(bytes.fromhex(name) for name in names)
