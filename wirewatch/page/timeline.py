"""The time line: how many articles, when, against the period before, and when alerts fired. Pure geometry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from wirewatch.page.filters import Filters, Window
from wirewatch.page.words import counted, full, length
from wirewatch.search.situation import Bar

WIDTH, HEIGHT, BOTTOM, TOP = 720.0, 124.0, 104.0, 14.0
_SPANS_M = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200, 131_400, 525_600, 1_051_200, 2_628_000)
_TICKS = 8


class Column(msgspec.Struct, frozen=True):
    """A bar: where it is, how high, what it says, and the address of its time."""

    x: float
    y: float
    width: float
    height: float
    title: str
    href: str | None


class Tick(msgspec.Struct, frozen=True):
    """A time below the bars; ``strong`` where a day begins."""

    x: float
    label: str
    strong: bool = False


class Timeline(msgspec.Struct, frozen=True):
    """Bars, times and marks ready to be drawn; ``before`` is the path of the period before, empty where none is."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    alerts: tuple[tuple[float, str], ...]
    before: str
    most: int
    step: str
    future: int


def timeline(
    bars: Sequence[Bar],
    window: Window,
    filters: Filters,
    *,
    now: datetime,
    zone: tzinfo = UTC,
    before: Sequence[int] = (),
    alerts: Sequence[tuple[datetime, str]] = (),
    path: str = "/",
) -> Timeline:
    """The time line of ``window``. What is dated after its end (feeds do that) is counted in the last bar."""
    count = max(1, -(-(window.until - window.since) // window.step))
    heights, future = [0] * count, 0
    for bar in bars:
        place = (bar.start - window.since) // window.step
        heights[min(max(place, 0), count - 1)] += bar.articles
        future += bar.articles if bar.start >= max(now, window.until) else 0
    most = max([*heights, *before, 1])
    return Timeline(
        columns=tuple(_column(n, value, most, count, window, filters, path, zone) for n, value in enumerate(heights)),
        ticks=tuple(_ticks(window, count, zone)),
        alerts=tuple(
            (round(_x(moment, window, count), 1), f"{full(moment, zone)}: {title}")
            for moment, title in alerts
            if window.since <= moment <= window.until
        ),
        before=_path(before, most, count),
        most=most,
        step=length(window.step),
        future=future,
    )


def _column(
    n: int, value: int, most: int, count: int, window: Window, filters: Filters, path: str, zone: tzinfo
) -> Column:
    wide = WIDTH / count
    start = window.since + n * window.step
    high = round((BOTTOM - TOP) * value / most, 1) if value else 0.0
    return Column(
        round(n * wide + wide * 0.09, 2),
        round(BOTTOM - max(high, 1.5 if value else 0), 2),
        round(wide * 0.82, 2),
        max(high, 1.5 if value else 0),
        f"{full(start, zone)}, {length(window.step)}: {counted(value, 'article')}",
        _narrower(start, window, filters).at(path) if value and window.step > timedelta(minutes=5) else None,
    )


def _narrower(start: datetime, window: Window, filters: Filters) -> Filters:
    minutes = int(window.step.total_seconds() // 60)
    return filters.but(span=f"{minutes}m", until=start + window.step)


def _x(moment: datetime, window: Window, count: int) -> float:
    return WIDTH * ((moment - window.since) / window.step) / count


def _ticks(window: Window, count: int, zone: tzinfo) -> list[Tick]:
    """Ticks at whole hours and days of ``zone``."""
    whole = window.step * count
    minutes = next((m for m in _SPANS_M if whole / timedelta(minutes=m) <= _TICKS), _SPANS_M[-1])
    if minutes >= 43_200:
        return _months(window, count, max(1, round(minutes / 43_200)), zone)
    every = timedelta(minutes=minutes)
    epoch = datetime(2000, 1, 1)  # noqa: DTZ001  # of the clock on the wall, which is set back and forth
    since, until = (moment.astimezone(zone).replace(tzinfo=None) for moment in (window.since, window.since + whole))
    tick = epoch + -(-(since - epoch) // every) * every
    ticks = []
    while tick < until:
        day = tick.hour == tick.minute == 0
        label = f"{tick.day} {tick:%b}" if day or every >= timedelta(days=1) else f"{tick:%H:%M}"
        ticks.append(Tick(round(_x(tick.replace(tzinfo=zone), window, count), 1), label, day))
        tick += every
    return [tick for tick in ticks if 12 < tick.x < WIDTH - 12]


def _months(window: Window, count: int, every: int, zone: tzinfo) -> list[Tick]:
    """Ticks at the beginning of months, or of years where they lie so far apart."""
    every = next((fit for fit in (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200) if fit >= every), 1200)
    month = window.since.year * 12 + window.since.month  # counted from 0: the one after the first
    month += -month % every
    ticks = []
    while (tick := datetime(month // 12, month % 12 + 1, 1, tzinfo=zone)) < window.since + window.step * count:
        label = f"{tick.year}" if tick.month == 1 else f"{tick:%b}" if every < 12 else f"{tick:%b %Y}"
        ticks.append(Tick(round(_x(tick, window, count), 1), label, tick.month == 1))
        month += every
    return [tick for tick in ticks if 12 < tick.x < WIDTH - 12]


def _path(before: Sequence[int], most: int, count: int) -> str:
    """The period before as a line of steps."""
    if not any(before):
        return ""
    wide = WIDTH / count
    steps = [f"V{BOTTOM - (BOTTOM - TOP) * value / most:.1f}H{(n + 1) * wide:.1f}" for n, value in enumerate(before)]
    return f"M0 {BOTTOM}" + "".join(steps[:count])
