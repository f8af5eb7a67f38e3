"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1). Pure."""

from __future__ import annotations

import json
from typing import Any

from wirewatch.feeds.dates import read_date
from wirewatch.feeds.html_text import line_of, text_of
from wirewatch.feeds.items import ITEMS_LIMIT, Item, NotAFeed, Parsed, absolute

_VERSIONS = "jsonfeed.org/version/"


def json_feed(body: bytes, url: str) -> Parsed:
    """The feed in ``body``; raises NotAFeed for JSON that is none."""
    try:
        value = json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"it begins like JSON and is none ({str(error)[:100]})") from None
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        raise NotAFeed("it is JSON, and no JSON Feed: it has no list of items")
    version = _text(value, "version")
    complaints = [] if _VERSIONS in version else ["it does not say which version of JSON Feed it is"]
    items = [item for item in value["items"] if isinstance(item, dict)]
    if len(items) < len(value["items"]):
        complaints.append(f"{len(value['items']) - len(items)} of its items are no objects, left out")
    if len(items) > ITEMS_LIMIT:
        complaints.append(f"it has {len(items)} items, the first {ITEMS_LIMIT} are read")
    return Parsed(
        kind=f"json feed {version.rpartition('/')[2]}".strip(),
        title=line_of(_text(value, "title")),
        language=_text(value, "language") or None,
        items=tuple(_item(item, url) for item in items[:ITEMS_LIMIT]),
        complaints=tuple(complaints),
    )


def _item(item: dict[str, Any], base: str) -> Item:
    text = text_of(_text(item, "content_html")) or text_of(_text(item, "content_text"))
    summary = text_of(_text(item, "summary"))
    guid = _text(item, "id").strip() or None
    link = _text(item, "url") or _text(item, "external_url")
    if not link and guid and guid.startswith(("http://", "https://")):
        link = guid
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    names = [_text(author, "name") for author in authors or [] if isinstance(author, dict)]
    tags = item.get("tags")
    said = _text(item, "date_published") or _text(item, "date_modified")
    return Item(
        title=line_of(_text(item, "title")),
        text=text or summary,
        summary=summary if text and summary != text else "",
        link=absolute(base, link),
        guid=guid,
        author=line_of(", ".join(name for name in names if name)) or None,
        published=read_date(said) if said else None,
        language=_text(item, "language") or None,
        categories=tuple(line_of(tag) for tag in (tags if isinstance(tags, list) else [])[:50] if isinstance(tag, str)),
    )


def _text(of: dict[str, Any], key: str) -> str:
    value = of.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)
