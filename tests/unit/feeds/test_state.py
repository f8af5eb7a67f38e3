"""What an answer does to what is known of a feed, and what its health is called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from wirewatch.feeds.identity import Memory, Seen
from wirewatch.feeds.listed import Feed
from wirewatch.feeds.rhythm import Hints, Rhythm
from wirewatch.feeds.state import (
    LEASE,
    Brought,
    FeedState,
    HealthChange,
    brought,
    change,
    claimed,
    failed,
    fresh,
    health_of,
    in_words,
    is_due,
    of_status,
    unchanged,
)
from wirewatch.search.documents import FEEDS, FEEDS_SEEN, RUNS
from wirewatch.search.feeds import (
    PollRun,
    change_document,
    memory_document,
    run_document,
    state_document,
    state_of_document,
)
from wirewatch.search.indices import mapping

NOW = datetime(2024, 12, 8, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EARLIER = NOW - HOUR
FEED = Feed("https://harbourwire.example/rss", "Harbour Wire", country="GB", language="en", tags=("world",))
NEW = fresh(FEED)
OK = brought(NEW, FEED, Brought(new=[NOW - HOUR * n for n in range(1, 30)], etag='"1"'), now=NOW, jitter=0.5)


def failing(times: int, of: FeedState = OK) -> FeedState:
    for n in range(times):
        of = failed(of, "status", "its server has an error (status 500)", now=NOW + HOUR * n, jitter=0.5)
    return of


def test_a_feed_that_brings_news_is_ok_and_asked_again_by_its_rhythm() -> None:
    assert (OK.health, OK.articles, OK.new_at) == ("ok", 29, NOW - HOUR)
    assert OK.due_at is not None
    assert timedelta(minutes=30) < OK.due_at - NOW < 2 * HOUR
    assert not is_due(OK, FEED, now=NOW + timedelta(minutes=10))
    assert is_due(OK, FEED, now=OK.due_at)


@pytest.mark.parametrize(
    ("state", "feed", "due"),
    [
        (NEW, FEED, True),
        (NEW, msgspec.structs.replace(FEED, paused=True), False),
        (claimed(NEW, "me", now=NOW), FEED, False),
        (claimed(NEW, "me", now=NOW - LEASE), FEED, True),
        (claimed(NEW, "me", now=NOW + 10 * DAY), FEED, True),
        (failed(NEW, "retired", "gone", now=NOW - 400 * DAY, jitter=0), FEED, False),
        (msgspec.structs.replace(OK, due_at=NOW + 4000 * DAY), FEED, True),
        (msgspec.structs.replace(OK, polled_at=NOW + 3 * DAY, due_at=NOW + 4 * DAY), FEED, True),
        (msgspec.structs.replace(OK, polled_at=EARLIER, due_at=NOW + DAY), Feed(FEED.url, "x", interval="30m"), True),
        (msgspec.structs.replace(OK, polled_at=EARLIER, due_at=EARLIER), Feed(FEED.url, "x", interval="6h"), False),
    ],
    ids=[
        "never polled", "paused", "claimed", "claim ran out", "claim of a wrong clock", "retired",
        "due of a wrong clock",        "polled in the future", "its owner made it quicker", "its owner made it slower",
    ],
)  # fmt: skip
def test_whether_a_feed_is_due(state: FeedState, feed: Feed, due: bool) -> None:
    assert is_due(state, feed, now=NOW) is due


def test_force_ignores_the_interval_but_nobody_elses_claim() -> None:
    assert is_due(OK, FEED, now=NOW, force=True)
    assert not is_due(claimed(OK, "other", now=NOW), FEED, now=NOW, force=True)


def test_failures_count_from_the_first_and_end_with_an_answer() -> None:
    state = failing(3)
    assert (state.health, state.failures, state.failing_since) == ("failing", 3, NOW)
    assert health_of(state, now=NOW) == ("failing", "its server has an error (status 500)")
    well = unchanged(state, FEED, now=NOW + 5 * HOUR, jitter=0.5)
    assert (well.health, well.failures, well.failing_since, well.error) == ("ok", 0, None, None)


def test_a_304_does_not_mend_what_was_no_feed() -> None:
    broken = failed(OK, "content", "it is a web page, not a feed", now=NOW, jitter=0.5)
    assert (broken.etag, broken.health) == (None, "failing")
    still = unchanged(broken, FEED, now=NOW + DAY, jitter=0.5)
    assert (still.health, still.failures, still.failing_since) == ("failing", 2, NOW)


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(410, "retired"), (401, "blocked"), (403, "blocked"), (451, "blocked"), (404, "status"), (599, "status")],
)
def test_a_status_is_said_in_words(status: int, trouble: str) -> None:
    kind, why = of_status(status)
    assert kind == trouble
    assert why.endswith(f"(status {status})")
    assert not why.startswith("(")


def test_quiet_is_measured_against_the_feeds_own_rhythm() -> None:
    hourly = OK
    daily = brought(NEW, FEED, Brought(new=[NOW - DAY * n for n in range(1, 14)]), now=NOW, jitter=0.5)
    at = NOW + 3 * DAY
    assert health_of(hourly, now=at)[0] == "quiet"
    assert "usually something comes every 60 minutes" in health_of(hourly, now=at)[1]
    assert health_of(daily, now=at)[0] == "ok"
    assert health_of(daily, now=NOW + 10 * DAY)[0] == "quiet"


def test_a_change_of_health_is_an_event_and_nothing_else_is() -> None:
    assert change(NEW, OK, now=NOW) is None
    assert change(OK, unchanged(OK, FEED, now=NOW, jitter=0), now=NOW) is None
    event = change(OK, failing(1), now=NOW)
    assert event is not None
    assert (event.before, event.health, event.feed_id, event.country) == ("ok", "failing", FEED.id, "GB")
    assert change(failing(1), failing(2), now=NOW) is None
    assert change(failing(2), OK, now=NOW) is not None


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=5), "1 minute"),
        (timedelta(minutes=40), "40 minutes"),
        (3 * HOUR, "3 hours"),
        (12.4 * DAY, "12 days"),
    ],
)
def test_times_are_said_as_people_do(time: timedelta, words: str) -> None:
    assert in_words(time) == words


FULL = FeedState(
    id="f", url="u", name="n", country="GB", language="en", tags=("a",), health="failing", health_since=NOW,
    trouble="status", error="e", failing_since=NOW, failures=2, moved_to="m", etag="e", last_modified="l", body="b",
    due_at=NOW, polled_at=NOW, answered_at=NOW, new_at=NOW, polls=3, unchanged=1, articles=9, format="rss20",
    complaints=("c",), rhythm=Rhythm(burst=1.0, at=NOW), hints=Hints(ttl_s=60, skip_hours=(3,)), claimed_by="c",
    claimed_until=NOW,
)  # fmt: skip


def fields(document: dict[str, Any]) -> set[str]:
    return set(document)


def test_the_documents_have_every_mapped_field_and_no_other() -> None:
    event = HealthChange("c", "f", "n", "u", "ok", "failing", "w", NOW, "GB", "en")
    run = PollRun("r", NOW, 1.5, "manual__1", 1, 2, 3, 4, 5, 6, 7, 8)
    of_feeds = fields(state_document(FULL)) | fields(change_document(event))
    assert of_feeds | {"source"} == set(mapping(FEEDS)["properties"])  # only other names for fields stand in it
    assert fields(memory_document("f", Memory(), now=NOW)) == set(mapping(FEEDS_SEEN)["properties"])
    assert fields(run_document(run)) <= set(mapping(RUNS)["properties"])


@pytest.mark.parametrize("state", [FULL, NEW, OK], ids=["full", "new", "ok"])
def test_a_state_comes_back_from_its_document(state: FeedState) -> None:
    stored = msgspec.json.decode(msgspec.json.encode(state_document(state)))
    assert state_of_document({**stored, "a_field_of_tomorrow": 1}) == state


def test_what_is_remembered_of_an_item_stays_small() -> None:
    memory = Memory(tuple(Seen(bytes(16), bytes(8), 20_000, (bytes(8), bytes(8))) for _ in range(1_000)))
    assert len(memory_document("f", memory, now=NOW)["seen"]) < 75_000
