"""When a feed is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wirewatch.feeds.rhythm import (
    COST,
    LONGEST,
    SHORTEST,
    Hints,
    Rhythm,
    max_age,
    next_due,
    next_try,
    per_hour,
    usual_gap,
    watched,
)

MONDAY = datetime(2024, 12, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ODD = timedelta(minutes=13)
"""Makes that items do not always come at the same hours, which would be a habit."""


def steady(every: timedelta, days: int = 14, until: datetime = MONDAY) -> Rhythm:
    """The rhythm of a feed that has brought an item ``every`` so often."""
    count = int(timedelta(days=days) / every)
    return watched(Rhythm(), [until - every * n for n in range(count)], now=until)


def wait(rhythm: Rhythm, now: datetime = MONDAY, **how: object) -> timedelta:
    return next_due(rhythm, now=now, **how) - now  # type: ignore[arg-type]


@pytest.mark.parametrize("every", [timedelta(minutes=5), HOUR, 6 * HOUR + ODD, DAY + 7 * ODD])
def test_a_steady_feed_is_asked_at_the_square_root_of_its_rate(every: timedelta) -> None:
    rate = HOUR / every
    expected = max((2 * COST / rate) ** 0.5, 1 / 6)
    assert wait(steady(every)) / HOUR == pytest.approx(expected, rel=0.35, abs=1 / 12), "steps are of 5 minutes"
    week = [per_hour(steady(every), MONDAY + HOUR * n) for n in range(7 * 24)]
    assert sum(week) / len(week) == pytest.approx(rate, rel=0.2)


def test_a_feed_that_brings_nothing_is_asked_rarely_and_never_less_than_daily() -> None:
    silent = watched(watched(Rhythm(), [], now=MONDAY - 60 * DAY), [], now=MONDAY)
    assert 8 * HOUR < wait(silent) <= LONGEST
    assert SHORTEST <= wait(Rhythm()) < 4 * HOUR, "of a new feed nothing is known"


def test_the_night_is_slept_through_and_the_morning_is_not_missed() -> None:
    office = [
        MONDAY - DAY * d + HOUR * h + timedelta(minutes=20)
        for d in range(1, 15)
        for h in range(8, 18)
        for _ in range(3)
    ]
    rhythm = watched(Rhythm(), office, now=MONDAY)
    at_night = next_due(rhythm, now=MONDAY + 0 * HOUR)
    assert MONDAY + 3 * HOUR < at_night <= MONDAY + 9 * HOUR
    assert wait(rhythm, MONDAY + 10 * HOUR) < HOUR


def test_a_burst_is_followed_and_forgotten() -> None:
    quiet = steady(DAY + 7 * ODD)
    bursting = watched(quiet, [MONDAY + timedelta(minutes=m) for m in range(0, 30, 2)], now=MONDAY + HOUR / 2)
    assert wait(bursting, MONDAY + HOUR / 2) < wait(quiet) / 3
    later = watched(bursting, [], now=MONDAY + 12 * HOUR)
    assert wait(later, MONDAY + 12 * HOUR) > wait(bursting, MONDAY + HOUR / 2) * 3


def test_a_change_of_rhythm_is_learnt_within_days() -> None:
    rhythm = steady(6 * HOUR)
    for hour in range(72):
        now = MONDAY + HOUR * hour
        rhythm = watched(rhythm, [now - timedelta(minutes=m) for m in (5, 25, 45)], now=now)
    assert wait(rhythm, MONDAY + 72 * HOUR) < HOUR


def test_the_first_poll_learns_from_the_items_that_are_there() -> None:
    assert wait(steady(timedelta(minutes=20), days=1)) < HOUR < wait(steady(2 * DAY, days=14))


@pytest.mark.parametrize("jump", [-400 * DAY, 400 * DAY, -HOUR])
def test_a_clock_that_jumps_breaks_nothing(jump: timedelta) -> None:
    jumped = watched(steady(HOUR), [MONDAY - HOUR], now=MONDAY + jump)
    assert SHORTEST * 0.9 <= wait(jumped, MONDAY + jump) <= LONGEST
    assert all(0 <= n < 1e6 for n in (*jumped.weekday, *jumped.weekend, jumped.burst, jumped.weekdays, jumped.weekends))
    back = watched(jumped, [MONDAY], now=MONDAY + HOUR)
    assert SHORTEST * 0.9 <= wait(back, MONDAY + HOUR) <= LONGEST


@pytest.mark.parametrize(
    ("hints", "at_least"),
    [(Hints(ttl_s=7_200), 2 * HOUR), (Hints(period_s=10_800), 3 * HOUR), (Hints(max_age_s=14_400), 4 * HOUR)],
)
def test_what_a_publisher_asks_is_respected(hints: Hints, at_least: timedelta) -> None:
    busy = steady(timedelta(minutes=5))
    assert wait(busy, hints=hints, jitter=0.5) >= at_least
    assert wait(busy, hints=Hints(ttl_s=10**9)) <= LONGEST * 1.1


def test_hours_and_days_that_are_to_be_skipped_are_skipped() -> None:
    busy = steady(timedelta(minutes=5))
    assert next_due(busy, now=MONDAY, hints=Hints(skip_hours=(0, 1, 2))) == MONDAY + 3 * HOUR
    assert next_due(busy, now=MONDAY, hints=Hints(skip_days=(0,))) == MONDAY + DAY


def test_the_owners_interval_replaces_the_rhythm_and_what_the_feed_says() -> None:
    assert wait(steady(timedelta(minutes=5)), every=6 * HOUR) == 6 * HOUR
    assert wait(steady(DAY), every=timedelta(minutes=5), hints=Hints(ttl_s=86_400)) == timedelta(minutes=5)


def test_failures_wait_twice_as_long_each_time_up_to_a_day() -> None:
    waits = [next_try(n, now=MONDAY) - MONDAY for n in range(1, 12)]
    assert waits[:3] == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)]
    assert waits[-1] == next_try(10_000, now=MONDAY) - MONDAY == LONGEST
    assert next_try(1, now=MONDAY, jitter=0.0) < next_try(1, now=MONDAY, jitter=1.0)
    assert next_try(1, now=MONDAY, asked_wait_s=7_200) == MONDAY + 2 * HOUR


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "public, max-age=300"}, 300),
        ({"cache-control": "max-age=300", "age": "100"}, 200),
        ({"cache-control": "max-age=300, no-cache"}, 300),
        ({"cache-control": "no-store", "expires": "Mon, 02 Dec 2024 01:00:00 GMT"}, 0),
        ({"expires": "Mon, 02 Dec 2024 01:00:00 GMT"}, 3_600),
        ({"expires": "Mon, 02 Dec 2013 01:00:00 GMT"}, 0),
        ({"expires": "0"}, 0),
        ({"cache-control": "max-age=soon"}, 0),
        ({}, 0),
    ],
)
def test_how_long_an_answer_is_fresh_is_read(headers: dict[str, str], seconds: int) -> None:
    assert max_age(headers, now=MONDAY) == seconds


def test_the_usual_gap_is_known_when_enough_has_come() -> None:
    assert usual_gap(Rhythm()) is None
    assert usual_gap(steady(6 * HOUR)) == pytest.approx(6 * HOUR, rel=0.1)  # type: ignore[comparison-overlap]
