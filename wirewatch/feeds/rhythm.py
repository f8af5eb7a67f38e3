"""How often a feed is asked: by its own rhythm, and as its publisher wishes. Pure: the time is an argument.

The rhythm is what has come by hour of the day, on weekdays and at weekends apart, the last weeks counting most, and a
burst of the last hours. A feed is asked again when the news that is expected by then would have waited for `COST`
in all: for a steady feed of r items an hour every sqrt(2 COST / r) hours, which for a given number of requests over
all feeds makes the mean wait shortest (the square-root rule of caching, e.g. Cho and Garcia-Molina, "Effective page
refresh policies for web crawlers", ACM TODS 28, 2003); at night it waits for the morning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import log

import msgspec

SHORTEST = timedelta(minutes=10)
LONGEST = timedelta(hours=24)
COST = 0.2
"""Hours that all expected items together may wait before a request is worth it."""

HALF_LIFE_D = 7.0
"""Days after which what has come counts half."""
BURST_HALF_LIFE_H = 1.0
_HISTORY_D = 14.0
_PRIOR_D = 0.5
"""Days of what is usual in general that an hour of the day is mixed with, so that one item makes no habit."""
_STEP = timedelta(minutes=5)
_BACKOFF = SHORTEST
_DAY_S = 86_400.0


class Hints(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a publisher wishes: seconds between requests, hours (UTC) and days (0 is Monday) without any."""

    ttl_s: int = 0
    period_s: int = 0
    max_age_s: int = 0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()

    @property
    def wait(self) -> timedelta:
        """The longest of the waits that it asks for, a day at most."""
        return min(timedelta(seconds=max(self.ttl_s, self.period_s, self.max_age_s, 0)), LONGEST)


class Rhythm(msgspec.Struct, frozen=True, omit_defaults=True):
    """What has come so far: items by hour (UTC) on weekdays and at weekends, the days they were watched, a burst.

    All are sums in which what is `HALF_LIFE_D` old counts half; ``burst`` forgets in hours. ``at`` is when it was
    brought up to date.
    """

    weekday: tuple[float, ...] = (0.0,) * 24
    weekend: tuple[float, ...] = (0.0,) * 24
    weekdays: float = 0.0
    weekends: float = 0.0
    burst: float = 0.0
    at: datetime | None = None


def watched(rhythm: Rhythm, arrivals: Iterable[datetime], *, now: datetime) -> Rhythm:
    """``rhythm`` with what came since it was last brought up to date; the first time, with a feed's whole history.

    A clock that went backwards adds nothing and starts from there.
    """
    moments = [moment for moment in arrivals if moment <= now]
    if rhythm.at is None:
        oldest = min(moments, default=now)
        since = max(oldest, now - timedelta(days=_HISTORY_D))
        moments = [moment for moment in moments if moment >= since]
    else:
        since = min(rhythm.at, now)
        since = max(since, now - timedelta(days=60))
        moments = [max(moment, since) for moment in moments]
    fade = 0.5 ** ((now - since).total_seconds() / _DAY_S / HALF_LIFE_D)
    weekday, weekend = [n * fade for n in rhythm.weekday], [n * fade for n in rhythm.weekend]
    burst = rhythm.burst * 0.5 ** ((now - since).total_seconds() / 3600 / BURST_HALF_LIFE_H)
    for moment in moments:
        age_s = (now - moment).total_seconds()
        (weekend if moment.weekday() >= 5 else weekday)[moment.hour] += 0.5 ** (age_s / _DAY_S / HALF_LIFE_D)
        burst += 0.5 ** (age_s / 3600 / BURST_HALF_LIFE_H)
    days = _days(since, now)
    return Rhythm(
        tuple(round(n, 4) for n in weekday),
        tuple(round(n, 4) for n in weekend),
        round(rhythm.weekdays * fade + days[0], 4),
        round(rhythm.weekends * fade + days[1], 4),
        round(burst, 4),
        now,
    )


def per_hour(rhythm: Rhythm, moment: datetime) -> float:
    """The items that are expected in an hour at ``moment``: what is usual then, or what is left of a burst."""
    return max(_usual(rhythm, moment), _burst(rhythm, moment))


def _usual(rhythm: Rhythm, moment: datetime) -> float:
    """By its hour on such days, mixed with that hour on all days, mixed with the mean."""
    all_days = rhythm.weekdays + rhythm.weekends
    mean = (sum(rhythm.weekday) + sum(rhythm.weekend) + 1) / (24 * (all_days + _PRIOR_D))
    weekday, weekend = _around(rhythm.weekday, moment.hour), _around(rhythm.weekend, moment.hour)
    any_day = (weekday + weekend + _PRIOR_D * mean) / (all_days + _PRIOR_D)
    near, days = (weekend, rhythm.weekends) if moment.weekday() >= 5 else (weekday, rhythm.weekdays)
    return (near + 2 * _PRIOR_D * any_day) / (days + 2 * _PRIOR_D)


def _burst(rhythm: Rhythm, moment: datetime) -> float:
    if rhythm.at is None or rhythm.burst <= 1:  # one item is no burst
        return 0.0
    since_h = max((moment - rhythm.at).total_seconds() / 3600, 0.0)
    left: float = (rhythm.burst - 1) * log(2) / BURST_HALF_LIFE_H * 0.5 ** (1 + since_h / BURST_HALF_LIFE_H)
    return left


def _around(hours: Sequence[float], hour: int) -> float:
    return hours[hour - 1] / 4 + hours[hour] / 2 + hours[(hour + 1) % 24] / 4


def next_due(
    rhythm: Rhythm,
    *,
    now: datetime,
    every: timedelta | None = None,
    hints: Hints | None = None,
    jitter: float = 0.5,
    cost: float = COST,
) -> datetime:
    """When to ask again after an answer at ``now``: ``every`` where it is set, else by the rhythm and the hints.

    ``jitter`` 0..1 moves it by a tenth either way, so that feeds of one minute do not stay together.
    """
    if every is not None:
        return now + every
    wait = max(_by_rhythm(rhythm, now, cost), hints.wait if hints else SHORTEST)
    due = now + max(SHORTEST, min(wait * (0.9 + 0.2 * jitter), LONGEST))
    return _outside(due, hints) if hints else due


def next_try(failures: int, *, now: datetime, jitter: float = 0.5, asked_wait_s: float | None = None) -> datetime:
    """When to try again after the ``failures``th failure in a row: twice as long each time, a day at most.

    ``asked_wait_s`` (Retry-After) is never undercut, up to 30 days.
    """
    wait = min(_BACKOFF * float(2 ** min(failures - 1, 12)), LONGEST) * (0.75 + 0.5 * jitter)
    asked = timedelta(seconds=min(asked_wait_s or 0.0, 30 * _DAY_S))
    return now + max(min(wait, LONGEST), asked)


def usual_gap(rhythm: Rhythm) -> timedelta | None:
    """The usual time between two items; None where too little has come to say."""
    items, days = sum(rhythm.weekday) + sum(rhythm.weekend), rhythm.weekdays + rhythm.weekends
    return timedelta(days=days / items) if items >= 3 and days > 0 else None


def max_age(headers: Mapping[str, str], *, now: datetime) -> int:
    """The seconds for which a server calls its answer fresh (Cache-Control, else Expires; RFC 9111); 0 for none."""
    for directive in headers.get("cache-control", "").lower().split(","):
        name, _, value = directive.strip().partition("=")
        if name in ("no-cache", "no-store"):
            return 0
        if name == "max-age" and value.strip('"').isdecimal():
            return max(0, int(value.strip('"')[:9]) - _age(headers))
    try:
        until = parsedate_to_datetime(headers.get("expires", ""))
    except (ValueError, TypeError):
        return 0
    return max(0, int(((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()))


def _age(headers: Mapping[str, str]) -> int:
    said = headers.get("age", "").strip()
    return int(said[:9]) if said.isdecimal() else 0


def _by_rhythm(rhythm: Rhythm, now: datetime, cost: float) -> timedelta:
    """The first step at which the expected items would have waited for ``cost`` hours together."""
    step_h = _STEP.total_seconds() / 3600
    expected = waited = usual = 0.0
    hour, wait = -1, timedelta()
    while waited < cost and wait < LONGEST:
        moment = now + wait
        if moment.hour != hour:
            hour, usual = moment.hour, _usual(rhythm, moment)
        more = max(usual, _burst(rhythm, moment)) * step_h
        waited += (expected + more / 2) * step_h
        expected, wait = expected + more, wait + _STEP
    return wait


def _outside(due: datetime, hints: Hints) -> datetime:
    """``due``, or the first full hour after it that is not to be skipped."""
    for _ in range(24 * 8):
        if due.hour not in hints.skip_hours and due.weekday() not in hints.skip_days:
            return due
        due = due.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due


def _days(since: datetime, now: datetime) -> Sequence[float]:
    """The weekdays and the days of weekends between two moments, faded like what came in them."""
    weekdays = weekends = 0.0
    at = since
    while at < now:
        until = min(at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1), now)
        days = (until - at).total_seconds() / _DAY_S
        middle = (now - until).total_seconds() / _DAY_S + days / 2
        faded = days * 0.5 ** (middle / HALF_LIFE_D)
        if at.weekday() >= 5:
            weekends += faded
        else:
            weekdays += faded
        at = until
    return weekdays, weekends
