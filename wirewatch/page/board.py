"""What the first view shows, and those of an actor and a place below their head: counts, names, addresses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from wirewatch.models import Alert
from wirewatch.page.filters import Filters, Window, asked_of, window_of
from wirewatch.page.names import Named, Names
from wirewatch.page.timeline import Timeline, timeline
from wirewatch.page.words import change, counted
from wirewatch.page.worldmap import WorldMap, world_map
from wirewatch.search.client import Connection
from wirewatch.search.situation import Counted, Situation, Told, Wanted, bounds, situation
from wirewatch.settings import Settings

ALERTS_MARKED = 200
"""Alerts that are marked one by one on the time line; where there are more, each bar says how many it has."""

WANTED_STORIES = 12
WANTED_ROWS = 12


class Row(msgspec.Struct, frozen=True):
    """A line of a list: a name, its count, what share of the largest that is, and how it changed since before."""

    name: str
    count: int
    share: float
    title: str
    href: str
    trend: str = ""
    change: str = ""


class Board(msgspec.Struct, frozen=True):
    """All that is shown of the articles meant by ``filters``."""

    filters: Filters
    window: Window
    found: Situation
    timeline: Timeline
    map: WorldMap
    actors: tuple[Row, ...]
    countries: tuple[Row, ...]
    sources: tuple[Row, ...]
    languages: tuple[Row, ...]
    change: tuple[str, str]

    @property
    def stories(self) -> tuple[Told, ...]:
        """The biggest stories."""
        return self.found.biggest

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The newest alerts."""
        return self.found.alerts


def board(
    es: Connection,
    settings: Settings,
    names: Names,
    filters: Filters,
    *,
    now: datetime,
    path: str = "/",
    around: Named | None = None,
    leave_out: str | None = None,
) -> Board:
    """The board of these filters; ``around`` is the place in the middle of its map, ``leave_out`` an actor's own id."""
    stored = bounds(es, settings, asked_of(filters, None)) if filters.span == "all" else None
    window = window_of(filters, now=now, stored=stored)
    asked = asked_of(filters, window)
    wanted = Wanted(window.step, window.before, WANTED_ROWS, WANTED_STORIES, ALERTS_MARKED)
    found = situation(es, settings, asked, wanted)
    # An actor's or a place's own address says which one is meant: its lists and links do not repeat it.
    within = filters.but(actor=None) if leave_out else filters
    return Board(
        filters=filters,
        window=window,
        found=found,
        timeline=timeline(
            found.bars,
            window,
            own(filters, path),
            now=now,
            zone=settings.zone,
            before=found.bars_before,
            alerts=_marks(found, window.step),
            path=path,
        ),
        map=world_map(
            own(filters, path),
            names,
            settings.disputed,
            countries=found.countries,
            places=found.places,
            borrowed=found.borrowed,
            around=around,
            path=path,
        ),
        actors=tuple(
            _row(one, names.actor(one.id), within.but(actor=None).at("/actors", one.id), _most(found.actors, leave_out))
            for one in found.actors
            if one.id != leave_out
        ),
        countries=tuple(
            _row(one, names.country(one.id), own(filters, path).but(country=one.id).at(path), _most(found.countries))
            for one in found.countries[:WANTED_ROWS]
        ),
        sources=tuple(
            _row(one, one.id, own(filters, path).but(source=one.id).at(path), _most(found.sources))
            for one in found.sources
        ),
        languages=tuple(
            _row(one, names.language(one.id), own(filters, path).but(language=one.id).at(path), _most(found.languages))
            for one in found.languages
        ),
        change=change(found.articles, found.articles_before),
    )


def _marks(found: Situation, step: timedelta) -> list[tuple[datetime, str]]:
    """When alerts were made: each of them, or how many in each bar where they are too many for that."""
    if found.alerts_in_all <= len(found.alerts):
        return [(alert.made_at, f"{alert.rule_name}: {alert.title}") for alert in found.alerts]
    return [(start + step / 2, counted(alerts, "alert")) for start, alerts in found.alert_bars]


def own(filters: Filters, path: str) -> Filters:
    """The filters that an address needs beside its path, which may say itself which actor or place is meant."""
    if path.startswith("/actors/"):
        return filters.but(actor=None)
    return filters.but(place=None) if path.startswith("/places/") else filters


def _most(counts: Sequence[Counted], leave_out: str | None = None) -> int:
    return max((one.articles for one in counts if one.id != leave_out), default=1)


def _row(one: Counted, name: str, href: str, most: int) -> Row:
    trend, how = change(one.articles, one.before)
    told = f"{name}: {counted(one.articles, 'article')}"
    then = "" if one.before is None else f", {counted(one.before, 'article')} in the period before"
    return Row(name, one.articles, round(one.articles / max(most, 1), 3), told + then, href, trend, how)
