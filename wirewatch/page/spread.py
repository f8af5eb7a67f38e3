"""How a story spread: an outlet a line, in the order in which they came, each article a dot at its time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from wirewatch.page.words import full, length
from wirewatch.search.query import Hit

WIDTH, ROW, LEFT, TOP = 720.0, 22.0, 190.0, 22.0
OUTLETS = 40
"""Outlets drawn at most, the first ones."""

_UNKNOWN = "an unnamed outlet"


class Dot(msgspec.Struct, frozen=True):
    """An article: where it lies, which it is, what it says."""

    x: float
    id: str
    title: str


class Line(msgspec.Struct, frozen=True):
    """An outlet: its name, how long after the first one it came, and its articles."""

    y: float
    outlet: str
    after: str
    dots: tuple[Dot, ...]


class Spread(msgspec.Struct, frozen=True):
    """The lines ready to be drawn; ``more`` outlets came later and are left out."""

    lines: tuple[Line, ...]
    height: float
    first: datetime
    last: datetime
    more: int


def spread(articles: Sequence[Hit], zone: tzinfo = UTC) -> Spread | None:
    """The spread of a story's articles, which come in the order of their times; None without any."""
    if not articles:
        return None
    first, last = articles[0].timestamp, articles[-1].timestamp
    outlets: dict[str, list[Hit]] = {}
    for article in articles:
        outlets.setdefault(outlet_of(article), []).append(article)
    whole = max((last - first).total_seconds(), 1.0)
    wide = WIDTH - LEFT - 16

    def dot(hit: Hit) -> Dot:
        share = (hit.timestamp - first).total_seconds() / whole
        said = f"{outlet_of(hit)}, {full(hit.timestamp, zone)}: {hit.title}"
        return Dot(round(LEFT + 8 + wide * share, 1), hit.id, said)

    lines = tuple(
        Line(
            TOP + ROW * n,
            outlet,
            "first" if n == 0 else f"+{length(theirs[0].timestamp - first)}",
            tuple(map(dot, theirs)),
        )
        for n, (outlet, theirs) in enumerate(list(outlets.items())[:OUTLETS])
    )
    return Spread(lines, TOP + ROW * len(lines) + 4, first, last, max(0, len(outlets) - OUTLETS))


def outlet_of(hit: Hit) -> str:
    """The outlet of an article, as people call it."""
    return hit.source.get("name") or hit.source.get("domain") or _UNKNOWN
