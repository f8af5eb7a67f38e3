"""A week of 200 feeds in seconds: nights, weekends, bursts and a change of rhythm; against fixed intervals."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import exp, log

import msgspec
import pytest

from wirewatch.feeds.rhythm import COST, Rhythm, next_due, watched

START = datetime(2024, 12, 2, tzinfo=UTC)
END = START + timedelta(days=7)
HISTORY = timedelta(days=21)
FEEDS = 200
SEED = 20241202
"""Fixed before anything was tuned."""
FIRST_ITEMS = 30


class Week(msgspec.Struct, frozen=True):
    """What a way of polling cost and brought: requests a day and feed, share without news, delays in minutes."""

    requests: float
    unchanged: float
    median: float
    p95: float

    def __str__(self) -> str:
        return (
            f"{self.requests:5.1f} requests a day and feed, {self.unchanged:4.0%} of them unchanged, "
            f"delay {self.median:4.1f} min median, {self.p95:5.1f} min p95"
        )


def published(chance: random.Random) -> list[datetime]:
    """When one feed publishes, history and week: its rate, its night, its weekend, bursts, and perhaps a change."""
    rate = exp(chance.uniform(log(1 / 48), log(6)))  # items an hour, from one in two days to six an hour
    zone, night, weekend = chance.randrange(24), chance.uniform(0.02, 0.4), chance.uniform(0.1, 1.0)
    changes_at = START + timedelta(days=3, hours=chance.randrange(24)) if chance.random() < 0.3 else END
    factor = chance.choice([0.25, 4.0])
    bursts = [START + timedelta(hours=chance.uniform(0, 168)) for _ in range(chance.choice([0, 0, 1, 2]))]
    moments, at, step = [], START - HISTORY, timedelta(minutes=5)
    while at < END:
        now = rate * (night if not 7 <= (at.hour + zone) % 24 < 22 else 1.0) * (weekend if at.weekday() >= 5 else 1.0)
        now *= factor if at >= changes_at else 1.0
        now += sum(6.0 for burst in bursts if burst <= at < burst + timedelta(hours=2))
        if chance.random() < now / 12:
            moments.append(at + timedelta(minutes=chance.uniform(0, 5)))
        at += step
    return moments


def simulated(
    feeds: list[list[datetime]], next_poll: Callable[[Rhythm, datetime, float], datetime], *, learns: bool
) -> Week:
    """The week under ``next_poll``; a rhythm that nobody asks for need not be kept up to date."""
    chance = random.Random(SEED + 1)
    requests = empty = 0
    delays: list[float] = []
    for moments in feeds:
        at = START + timedelta(minutes=chance.uniform(0, 10))
        known = [moment for moment in moments if moment <= at]
        rhythm, rest = watched(Rhythm(), known[-FIRST_ITEMS:], now=at), moments[len(known) :]
        while (at := next_poll(rhythm, at, chance.random())) < END:
            new = [moment for moment in rest[:500] if moment <= at]
            rest = rest[len(new) :]
            requests, empty = requests + 1, empty + (not new)
            delays += [(at - moment).total_seconds() / 60 for moment in new]
            rhythm = watched(rhythm, new, now=at) if learns else rhythm
    delays.sort()
    return Week(requests / len(feeds) / 7, empty / requests, delays[len(delays) // 2], delays[int(len(delays) * 0.95)])


def every(minutes: int) -> Callable[[Rhythm, datetime, float], datetime]:
    return lambda _rhythm, at, _chance: at + timedelta(minutes=minutes)


@pytest.fixture(scope="module")
def feeds() -> list[list[datetime]]:
    chance = random.Random(SEED)
    return [published(chance) for _ in range(FEEDS)]


def test_a_rhythm_of_its_own_brings_news_sooner_than_an_hour_for_fewer_requests(feeds: list[list[datetime]]) -> None:
    own = simulated(feeds, lambda rhythm, at, jitter: next_due(rhythm, now=at, jitter=jitter, cost=COST), learns=True)
    quarter, hour = (simulated(feeds, every(minutes), learns=False) for minutes in (15, 60))
    print(f"\nown rhythm  {own}\n15 minutes  {quarter}\n60 minutes  {hour}")
    assert own.requests <= hour.requests < quarter.requests
    assert own.median < hour.median
    assert own.p95 < hour.p95
    assert own.unchanged < hour.unchanged
