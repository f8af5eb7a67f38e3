"""What is known of a feed, and how each answer changes it. Pure: the time is an argument.

FeedState --(what came of a poll)--> FeedState, and a HealthChange where its health is another
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from wirewatch.feeds.listed import Feed, without_password
from wirewatch.feeds.rhythm import LONGEST, Hints, Rhythm, next_due, next_try, usual_gap, watched
from wirewatch.text import digest

LEASE = timedelta(minutes=10)
"""So long a feed belongs to the producer that took it; one that died loses it then."""

Health = Literal["new", "ok", "quiet", "failing", "moved", "blocked", "retired"]
Trouble = Literal["fetch", "status", "blocked", "retired", "content"]
"""Kinds of failure: nobody answers, a bad status, we are not wanted, gone for good, what came is no feed."""

ILL: tuple[Health, ...] = ("failing", "blocked", "retired")
"""A feed of such health brings nothing."""

_BLOCKED = frozenset({401, 402, 403, 405, 406, 407, 418, 451})
_QUIET_TIMES = 8
_QUIET_AT_LEAST = timedelta(days=2)
_QUIET_UNKNOWN = timedelta(days=30)
_REASONS = {
    400: "it does not understand our request",
    401: "it asks for a password",
    402: "it asks for money",
    403: "it does not let us in",
    404: "there is nothing at this address",
    405: "it does not let us in",
    406: "it has no feed for us",
    407: "a proxy asks for a password",
    408: "it was not done in time",
    410: "it is gone for good, its server says",
    418: "it does not let us in",
    429: "we asked too often",
    451: "it is withheld for legal reasons",
    500: "its server has an error",
    502: "its server does not reach what is behind it",
    503: "its server is overloaded or under repair",
    504: "its server does not reach what is behind it",
}


class FeedState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one feed; stored in ``news-feeds`` under the feed's id.

    ``error`` says in words why it fails, ``trouble`` of which kind that is, ``failing_since`` since when;
    ``moved_to`` is where permanent redirects lead. ``claimed_until`` is set while a producer polls it. ``body`` is the
    hash of what it last said.
    """

    id: str
    url: str
    name: str
    country: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    health: Health = "new"
    health_since: datetime | None = None
    trouble: Trouble | None = None
    error: str | None = None
    failing_since: datetime | None = None
    failures: int = 0
    moved_to: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    body: str | None = None
    due_at: datetime | None = None
    polled_at: datetime | None = None
    answered_at: datetime | None = None
    new_at: datetime | None = None
    polls: int = 0
    unchanged: int = 0
    articles: int = 0
    format: str | None = None
    complaints: tuple[str, ...] = ()
    rhythm: Rhythm = Rhythm()
    hints: Hints = Hints()
    claimed_by: str | None = None
    claimed_until: datetime | None = None


class HealthChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event: a feed's health became another, and why."""

    id: str
    feed_id: str
    name: str
    url: str
    before: Health
    health: Health
    why: str
    at: datetime
    country: str | None = None
    language: str | None = None


class Brought(msgspec.Struct, frozen=True):
    """What a readable feed brought: its new items' dates (``new``), how many edits, and what it says of itself."""

    new: Sequence[datetime] = ()
    edited: int = 0
    hints: Hints = Hints()
    etag: str | None = None
    last_modified: str | None = None
    body: str | None = None
    format: str | None = None
    complaints: tuple[str, ...] = ()
    moved_to: str | None = None


def fresh(feed: Feed) -> FeedState:
    """The state of a feed that was never polled."""
    return listed(FeedState(feed.id, without_password(feed.url), feed.name), feed)


def listed(state: FeedState, feed: Feed) -> FeedState:
    """``state`` with what feeds.toml says of it today."""
    return msgspec.structs.replace(
        state,
        url=without_password(feed.url),
        name=feed.name,
        country=feed.country,
        language=feed.language,
        tags=feed.tags,
    )


def is_due(state: FeedState, feed: Feed, *, now: datetime, force: bool = False) -> bool:
    """Whether ``feed`` is to be polled now; ``force`` ignores intervals and retirement, but nobody else's claim.

    A time that lies further ahead than any interval comes from a clock that was wrong, and is ignored.
    """
    if feed.paused or is_claimed(state, now=now):
        return False
    if force or state.due_at is None:
        return True
    if state.health == "retired":
        return False
    if state.polled_at is not None and state.polled_at > now + timedelta(hours=1):
        return True  # the clock went back
    if feed.every is not None and state.failures == 0 and state.polled_at is not None:
        return now >= state.polled_at + feed.every
    return now >= state.due_at or (state.failures == 0 and state.due_at > now + 2 * LONGEST + timedelta(days=7))


def is_claimed(state: FeedState, *, now: datetime) -> bool:
    """Whether a producer holds the feed."""
    return state.claimed_until is not None and now < state.claimed_until <= now + LEASE


def claimed(state: FeedState, by: str, *, now: datetime) -> FeedState:
    """``state`` in the hands of ``by``."""
    return msgspec.structs.replace(state, claimed_by=by, claimed_until=now + LEASE)


def unchanged(state: FeedState, feed: Feed, *, now: datetime, jitter: float, hints: Hints | None = None) -> FeedState:
    """After a 304 or the same bytes again: it lives and brings nothing.

    What it said last was no feed: then that is what it still is, and the failure stays.
    """
    if state.trouble == "content":
        return failed(state, "content", state.error or "what it sends is no feed", now=now, jitter=jitter)
    rhythm = watched(state.rhythm, (), now=now)
    hints = hints or state.hints
    alive = msgspec.structs.replace(_answered(state, now), unchanged=state.unchanged + 1, rhythm=rhythm, hints=hints)
    due = next_due(rhythm, now=now, every=feed.every, hints=hints, jitter=jitter)
    return _with_health(msgspec.structs.replace(alive, due_at=due), now)


def brought(state: FeedState, feed: Feed, what: Brought, *, now: datetime, jitter: float) -> FeedState:
    """After a feed that could be read."""
    # What is new to us came since the last poll, whatever its date says; only the first time dates tell the rhythm.
    arrivals = what.new if state.rhythm.at is None else [max(moment, state.rhythm.at) for moment in what.new]
    rhythm = watched(state.rhythm, arrivals, now=now)
    newest = max([*what.new, *([state.new_at] if state.new_at else [])], default=None)
    alive = msgspec.structs.replace(
        _answered(state, now),
        rhythm=rhythm,
        hints=what.hints,
        etag=what.etag,
        last_modified=what.last_modified,
        body=what.body,
        format=what.format,
        complaints=what.complaints,
        moved_to=without_password(what.moved_to) if what.moved_to else None,
        articles=state.articles + len(what.new),
        new_at=newest,
        due_at=next_due(rhythm, now=now, every=feed.every, hints=what.hints, jitter=jitter),
    )
    return _with_health(alive, now)


def failed(
    state: FeedState,
    trouble: Trouble,
    why: str,
    *,
    now: datetime,
    jitter: float,
    asked_wait_s: float | None = None,
) -> FeedState:
    """After a poll that brought no feed; ``asked_wait_s`` is Retry-After."""
    failures = state.failures + 1
    worse = msgspec.structs.replace(
        _released(state),
        polled_at=now,
        polls=state.polls + 1,
        trouble=trouble,
        error=why,
        failures=failures,
        failing_since=state.failing_since or now,
        due_at=next_try(failures, now=now, jitter=jitter, asked_wait_s=asked_wait_s),
    )
    if trouble == "content":  # so that no 304 says that all is well
        worse = msgspec.structs.replace(worse, etag=None, last_modified=None, body=None)
    return _with_health(worse, now)


def of_status(status: int) -> tuple[Trouble, str]:
    """The trouble that an HTTP status means, and its words."""
    trouble: Trouble = "retired" if status == 410 else "blocked" if status in _BLOCKED else "status"
    return trouble, f"{_REASONS.get(status, 'its server answers with an error')} (status {status})"


def health_of(state: FeedState, *, now: datetime) -> tuple[Health, str]:
    """A feed's health, and why, in words."""
    if state.trouble == "retired":
        return "retired", state.error or "it is gone for good"
    if state.trouble == "blocked":
        return "blocked", state.error or "it does not let us in"
    if state.failures:
        return "failing", state.error or "it cannot be read"
    if state.polled_at is None:
        return "new", "it was never polled"
    if state.moved_to:
        return "moved", f"it has moved to {state.moved_to}; write that into feeds.toml"
    silent_for = now - (state.new_at or state.polled_at)
    gap = usual_gap(state.rhythm)
    limit = max(gap * _QUIET_TIMES, _QUIET_AT_LEAST) if gap else _QUIET_UNKNOWN
    if silent_for > limit:
        usual = f", usually something comes every {in_words(gap)}" if gap else ""
        return "quiet", f"nothing new for {in_words(silent_for)}{usual}"
    return "ok", "it brings news" if state.new_at else "it answers"


def change(before: FeedState, after: FeedState, *, now: datetime) -> HealthChange | None:
    """The event that ``after`` is to ``before``; None where the health is the same, or fine for the first time."""
    if before.health == after.health or (before.health, after.health) == ("new", "ok"):
        return None
    _, why = health_of(after, now=now)
    return HealthChange(
        id=digest("change", after.id, after.health, now.isoformat()),
        feed_id=after.id,
        name=after.name,
        url=after.url,
        before=before.health,
        health=after.health,
        why=why,
        at=now,
        country=after.country,
        language=after.language,
    )


def in_words(time: timedelta) -> str:
    """A length of time as people say it: ``40 minutes``, ``3 hours``, ``12 days``."""
    minutes = time.total_seconds() / 60
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= 1.5 * size or (size == 1):
            count = max(1, round(minutes / size))
            return f"{count} {name}{'s' if count != 1 else ''}"
    raise AssertionError


def _answered(state: FeedState, now: datetime) -> FeedState:
    return msgspec.structs.replace(
        _released(state),
        polled_at=now,
        answered_at=now,
        polls=state.polls + 1,
        failures=0,
        trouble=None,
        error=None,
        failing_since=None,
    )


def _released(state: FeedState) -> FeedState:
    return msgspec.structs.replace(state, claimed_by=None, claimed_until=None)


def _with_health(state: FeedState, now: datetime) -> FeedState:
    health, _ = health_of(state, now=now)
    since = state.health_since if health == state.health and state.health_since else now
    return msgspec.structs.replace(state, health=health, health_since=since)
