"""The filters that every view has, as they stand in its address: a view can be shared, and a click changes one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import msgspec

from wirewatch.errors import UserMistake
from wirewatch.search.asked import Asked

SPANS = {"1h": "1 h", "6h": "6 h", "24h": "24 h", "7d": "7 d", "30d": "30 d", "all": "all"}
"""The time spans offered: as they stand in an address, and as a person reads them."""

USUAL = "24h"
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_STEPS_M = (1, 2, 5, 10, 15, 30, 60, 180, 360, 720, 1440, 10_080, 43_200, 129_600, 525_600)
_BARS = 60
_SHORTEST = timedelta(minutes=5)


class Filters(msgspec.Struct, frozen=True):
    """What a reader has chosen; ``until`` None is now, ``span`` as in `SPANS` or any such length of time."""

    span: str = USUAL
    until: datetime | None = None
    country: str | None = None
    actor: str | None = None
    place: str | None = None
    source: str | None = None
    language: str | None = None
    q: str | None = None

    def but(self, **changed: str | datetime | None) -> Filters:
        """The same with other values."""
        return msgspec.structs.replace(self, **changed)

    def query(self) -> str:
        """These filters as the query of an address, what is usual left out; empty where all is."""
        usual = Filters()
        given = {
            name: value.isoformat(timespec="seconds").replace("+00:00", "Z") if isinstance(value, datetime) else value
            for name, value in msgspec.structs.asdict(self).items()
            if value is not None and value != getattr(usual, name)
        }
        return f"?{urlencode(given)}" if given else ""

    def at(self, path: str, *parts: str) -> str:
        """The address of a view with these filters."""
        return (
            "/".join([path.rstrip("/"), *(quote(part, safe="") for part in parts)] if parts else [path]) + self.query()
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything but the time is chosen."""
        return any((self.country, self.actor, self.place, self.source, self.language, self.q))


class Window(msgspec.Struct, frozen=True):
    """The time looked at, in bars of ``step``; ``before`` is when the period of the same length before it began.

    ``open`` says that it ends now, so that what is dated in the future belongs to it too.
    """

    since: datetime
    until: datetime
    step: timedelta
    before: datetime | None
    open: bool


def filters_of(given: Mapping[str, str]) -> Filters:
    """The filters in an address's query; raises UserMistake for a time that means nothing."""
    values = {name: value.strip()[:400] for name, value in given.items() if name in Filters.__struct_fields__}
    until = _moment(values.pop("until", ""))
    span = values.pop("span", "") or USUAL
    if span != "all":
        _length(span)
    return Filters(span=span, until=until, **{name: value or None for name, value in values.items()})


def length_of(filters: Filters) -> timedelta | None:
    """How long the time looked at is; None where it is all there is."""
    return None if filters.span == "all" else _length(filters.span)


def window_of(filters: Filters, *, now: datetime, stored: tuple[datetime, datetime] | None = None) -> Window:
    """The time looked at. ``stored`` are the times of the oldest and the newest article, asked for span "all".

    Now is the end of this minute: views drawn within it ask the same, which the index answers from memory.
    """
    until = filters.until or now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    length = length_of(filters)
    if length is None:
        first, last = stored or (until - timedelta(days=1), until)
        since, end = min(first, until), min(last + timedelta(seconds=1), until) if filters.until else last
        step = step_of(max(end - since, _SHORTEST))
        count = -(-max(end - since, _SHORTEST) // step)
        return Window(since, since + (count + (since + count * step <= end)) * step, step, None, filters.until is None)
    step = step_of(length)
    return Window(until - length, until, step, until - 2 * length, filters.until is None)


def step_of(length: timedelta) -> timedelta:
    """How long a bar is, so that some tens of them fill the time."""
    minutes = length / timedelta(minutes=1)
    return timedelta(minutes=next((step for step in _STEPS_M if minutes / step <= _BARS), _STEPS_M[-1]))


def asked_of(filters: Filters, window: Window | None) -> Asked:
    """The articles that these filters mean."""
    return Asked(
        since=window.since if window else None,
        until=window.until if window and not window.open else None,
        country=filters.country,
        actor=filters.actor,
        place=filters.place,
        source=filters.source,
        language=filters.language.lower() if filters.language else None,
        words=filters.q,
    )


def _length(span: str) -> timedelta:
    said = re.fullmatch(r"(\d{1,5})([mhdw])", span, re.A)
    if said is None or not int(said[1]):
        raise UserMistake(f"span {span!r} is no length of time; write 90m, 24h, 7d, 2w or all")
    length = timedelta(**{_UNITS[said[2]]: int(said[1])})
    if length > timedelta(days=36_500):
        raise UserMistake(f"span {span!r} is longer than a hundred years; write all")
    return max(length, _SHORTEST)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserMistake(f"until {text!r} is no time; write it as 2026-11-25T20:00Z") from None
