"""What a feed is once it is read: its items, nothing judged yet."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urljoin

import msgspec

from wirewatch.feeds.rhythm import Hints

ITEMS_LIMIT = 2_000
"""Items that are read of one feed, the first ones."""


class NotAFeed(ValueError):
    """The bytes are no feed that can be read; the message says what they are instead, or where they break."""


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One item as its feed tells it, HTML gone, addresses absolute, nothing judged yet."""

    title: str = ""
    text: str = ""
    summary: str = ""
    link: str | None = None
    guid: str | None = None
    author: str | None = None
    published: datetime | None = None
    language: str | None = None
    categories: tuple[str, ...] = ()


class Parsed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A feed: its items in their order, what it says of itself, and what is wrong with it, in words."""

    kind: str
    title: str = ""
    language: str | None = None
    items: tuple[Item, ...] = ()
    hints: Hints = Hints()
    complaints: tuple[str, ...] = ()


def absolute(base: str, link: str | None) -> str | None:
    """``link`` as an address of its own; None where it is none."""
    if not link:
        return None
    try:
        found = urljoin(base, link.strip())
    except ValueError:
        return None
    return found if found.lower().startswith(("http://", "https://")) else None
