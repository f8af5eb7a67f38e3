"""From the bytes of a feed to its items: RSS, Atom, RDF and JSON Feed, whole or broken. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import charset_normalizer
import feedparser
import feedparser.mixin
from lxml import etree

from wirewatch.feeds.dates import date_of
from wirewatch.feeds.html_text import line_of, text_of
from wirewatch.feeds.items import ITEMS_LIMIT, Item, NotAFeed, Parsed, absolute
from wirewatch.feeds.json_feed import json_feed
from wirewatch.feeds.rhythm import Hints

# Half of feedparser's time goes into joining the base address of every element anew, though it is the same for a whole
# feed, and into copying deeply what holds nothing but strings.
feedparser.mixin.make_safe_absolute_uri = lru_cache(maxsize=1_024)(feedparser.mixin.make_safe_absolute_uri)
feedparser.FeedParserDict.__deepcopy__ = lambda self, _memo: feedparser.FeedParserDict(self)

_HEAD = 4_096
_DECLARED = re.compile(rb"""encoding\s*=\s*["']\s*([\w.:-]+)""", re.I)
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?\S+\s+(\"[^\"]*\"|'[^']*'|SYSTEM|PUBLIC)", re.I)
_START = re.compile(rb"<\?xml|<rss\b|<feed\b|<rdf:RDF\b|<(?:\w+:)?(?:rss|feed|RDF)\b", re.I)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PAGE = re.compile(rb"<!doctype\s+html|<html\b", re.I)
_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.I)
_SKIP = re.compile(rb"<skip(Hours|Days)\b[^>]*>(.*?)</skip\1>", re.I | re.S)
_HOUR = re.compile(rb"<hour>\s*(\d+)\s*</hour>", re.I)
_DAY = re.compile(rb"<day>\s*(\w+)\s*</day>", re.I)
_DAYS = (b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday")
_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}


def parse(body: bytes, *, url: str, content_type: str = "") -> Parsed:
    """The feed in ``body``, which came from ``url``; broken XML is mended as far as it can be.

    Raises NotAFeed.
    """
    body = body.lstrip(b"\xef\xbb\xbf \t\r\n") if not body.startswith((b"\xff\xfe", b"\xfe\xff")) else body
    if not body:
        raise NotAFeed("it is empty")
    _refuse_entities(body)
    if body[:1] in (b"{", b"["):
        return json_feed(body, url)
    if _PAGE.search(body[:_HEAD]) and not _ROOT.search(body[:_HEAD]):
        raise NotAFeed("it is a web page, not a feed; `wirewatch feeds add` finds the feed behind a page")
    found, complaints = _best(body, url, content_type)
    if not found.version and not found.entries:
        raise NotAFeed(_what_is_wrong(found, body))
    if len(found.entries) > ITEMS_LIMIT:
        complaints.append(f"it has {len(found.entries)} items, the first {ITEMS_LIMIT} are read")
    items = tuple(_item(entry, url) for entry in found.entries[:ITEMS_LIMIT])
    return Parsed(
        kind=found.version or "unknown",
        title=line_of(_text(found.feed.get("title"))),
        language=_text(found.feed.get("language")) or None,
        items=items,
        hints=_hints(found.feed, body),
        complaints=tuple(complaints),
    )


def _refuse_entities(body: bytes) -> None:
    """Entities made of others, or fetched from elsewhere, are how XML attacks its reader (CWE-776, CWE-611)."""
    head = body.replace(b"\0", b"")  # so that UTF-16 is seen through
    if b"<!entity" not in head[:100_000].lower():
        return
    for parameter, value in _ENTITY.findall(head):
        if parameter or value.upper() in (b"SYSTEM", b"PUBLIC"):
            raise NotAFeed("it declares entities that come from elsewhere, which is refused")
        if b"&" in value and not re.fullmatch(rb".?&(?:#\w{1,8}|amp|lt|gt|quot|apos);.?", value):
            raise NotAFeed("it declares entities made of entities, which is refused")


def _best(body: bytes, url: str, content_type: str) -> tuple[Any, list[str]]:
    """What feedparser finds; where it stumbles, in the body as it is or as it can be mended, whichever has more."""
    found = _feedparser(body, url, content_type)
    if not found.bozo or isinstance(found.bozo_exception, feedparser.exceptions.ThingsNobodyCaresAboutButMe):
        return found, []
    why = " ".join(str(found.bozo_exception).split())[:150]
    if isinstance(found.bozo_exception, feedparser.exceptions.CharacterEncodingOverride) and found.entries:
        return found, [f"its encoding is not what it says ({why})"]
    for mended in _mended(body):
        again = _feedparser(mended, url, content_type)
        if len(again.entries) > len(found.entries) or (again.version and not found.version):
            found = again
    return found, [f"it is not well-formed ({why})"]


def _feedparser(body: bytes, url: str, content_type: str) -> Any:
    headers = {"content-type": _content_type(body, content_type), "content-location": url}
    try:
        return feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # whatever trips the parser must not cost the other feeds
        return feedparser.FeedParserDict(
            bozo=True, bozo_exception=error, entries=[], feed=feedparser.FeedParserDict(), version=""
        )


def _content_type(body: bytes, said: str) -> str:
    """What to tell the parser of the encoding: bytes that are UTF-8 are UTF-8, whatever was said of them."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or body.isascii():
        return "application/xml"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", said, re.I)
        declared = _DECLARED.search(body[:_HEAD])
        if declared:  # the document knows better than the server
            return f"application/xml; charset={declared[1].decode('ascii')}"
        if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
            return f"application/xml; charset={charset[1]}"
        guess = charset_normalizer.from_bytes(body[: 16 * _HEAD]).best()
        return f"application/xml; charset={guess.encoding if guess else 'windows-1252'}"
    return "application/xml; charset=utf-8"


def _mended(body: bytes) -> Iterator[bytes]:
    """The body without what may stand before it and inside it by mistake; then as lxml puts it right."""
    start = _START.search(body)
    without = _CONTROLS.sub(b"", body[start.start() :] if start else body)
    yield without
    try:
        parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
        tree = etree.fromstring(without, parser)
    except (etree.LxmlError, ValueError):
        return
    if tree is not None:
        yield etree.tostring(tree, encoding="utf-8", xml_declaration=True)


def _what_is_wrong(found: Any, body: bytes) -> str:
    if _PAGE.search(body[: 4 * _HEAD]):
        return "it is a web page, not a feed; `wirewatch feeds add` finds the feed behind a page"
    error = found.get("bozo_exception")
    where = f" ({' '.join(str(error).split())[:150]})" if error else ""
    return f"it is no RSS, Atom, RDF or JSON Feed{where}"


def _item(entry: Mapping[str, Any], base: str) -> Item:
    content = max((_text(part.get("value")) for part in entry.get("content") or [] if part), key=len, default="")
    summary = _text(entry.get("summary"))
    text, short = text_of(content), text_of(summary)
    if len(text) < len(short):
        text, short = short, text
    guid = _text(entry.get("id")).strip() or None
    link = _text(entry.get("feedburner_origlink")) or _text(entry.get("link")) or _first_link(entry)
    if not link and guid and guid.startswith(("http://", "https://")):
        link = guid
    return Item(
        title=line_of(_text(entry.get("title"))),
        text=text,
        summary=short if short != text else "",
        link=absolute(base, link),
        guid=guid,
        author=line_of(_text(entry.get("author"))) or None,
        published=date_of(entry),
        language=_text((entry.get("title_detail") or {}).get("language")) or None,
        categories=tuple(line_of(_text(tag.get("term"))) for tag in (entry.get("tags") or [])[:50] if tag),
    )


def _first_link(entry: Mapping[str, Any]) -> str:
    """An item without a link may have an enclosure or a related page."""
    return next((_text(link.get("href")) for link in entry.get("links") or [] if link.get("href")), "")


def _hints(feed: Mapping[str, Any], body: bytes) -> Hints:
    hours: set[int] = set()
    days: set[int] = set()
    for what, inside in _SKIP.findall(body[:200_000]):
        if what.lower() == b"hours":
            hours |= {int(hour) % 24 for hour in _HOUR.findall(inside) if len(hour) <= 2}
        else:
            days |= {_DAYS.index(day.lower()) for day in _DAY.findall(inside) if day.lower() in _DAYS}
    period = _PERIODS.get(_text(feed.get("sy_updateperiod")).strip().lower())
    times = _number(feed.get("sy_updatefrequency")) or 1
    return Hints(
        ttl_s=(_number(feed.get("ttl")) or 0) * 60,
        period_s=period // times if period else 0,
        skip_hours=tuple(sorted(hours)) if len(hours) < 24 else (),
        skip_days=tuple(sorted(days)) if len(days) < 7 else (),
    )


def _number(value: object) -> int:
    text = _text(value).strip()
    return min(int(text), 100_000) if text.isdecimal() else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
