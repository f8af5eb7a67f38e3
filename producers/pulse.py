"""The pulse: every minute an article of our own through the whole line, and a look at what else may be wrong.

    beat -> Kafka -> every consumer -> written down as passed -> trouble, or none -> the operations channel

The operations channel is told from here, by Apprise, so that it hears of a dead Kafka and a dead Elasticsearch too.
What it was told is kept in the data folder: each trouble once when it begins, and once when it is over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import Any

import msgspec

from producers.told import keep_told, last_told
from wirewatch.errors import UserMistake, WirewatchError
from wirewatch.models import Origin
from wirewatch.notify import NotSent, send_to, warm_up
from wirewatch.pulse import history
from wirewatch.pulse.beat import beat, took
from wirewatch.pulse.trouble import Change, Look, Told, changed, message_of
from wirewatch.search.client import reachable
from wirewatch.search.feeds import all_states
from wirewatch.search.metrics import store_metrics
from wirewatch.search.pulse import pulses_passed, undelivered_alerts
from wirewatch.settings import Settings
from wirewatch.stream import Publisher
from wirewatch.stream.admin import ensure_topics, lag, members
from wirewatch.stream.dead_letters import by_consumer, by_reason, waiting
from wirewatch.topics import ARTICLES_RAW

ASK_EVERY_S = 0.5
"""How often it is looked whether the beat has come through."""

SERVER_TIMEOUT_S = 5.0
"""A server that has not answered by then is away: the operations channel has to hear of it soon."""

log = logging.getLogger(__name__)


def run(settings: Settings, *, stop: Event) -> None:
    """Beat every ``pulse_every_s`` seconds until ``stop``; whatever is wrong is told, and never ends this."""
    settings = settings.impatient(SERVER_TIMEOUT_S)
    warm_up()
    told = last_told(settings)
    if settings.operations is None:
        log.warning("WIREWATCH_OPERATIONS names no channel: troubles of the line are told in this log only")
    next_beat = time.monotonic() + settings.pulse_every_s
    while not stop.wait(max(0.0, next_beat - time.monotonic())):
        next_beat = time.monotonic() + settings.pulse_every_s
        seen = look(settings, stop=stop)
        if not stop.is_set():  # a beat that was not waited for says nothing
            told = judged(settings, told, seen)
            keep(settings, seen)


def judged(settings: Settings, told: Told, seen: Look) -> Told:
    """Tell what has begun and what is over; what the channel knows from then on, as before where it was not told."""
    change, after = changed(told, seen, settings)
    if change and not _tell(settings, change, seen.at):
        after = msgspec.structs.replace(after, troubles=told.troubles)
    keep_told(settings, after)
    return after


def keep(settings: Settings, seen: Look) -> None:
    """Keep in the index what was seen of the line; while Elasticsearch is away nothing is kept."""
    if seen.elasticsearch:
        return
    try:
        store_metrics(settings, history.seen(seen))
    except WirewatchError as error:
        log.warning("what the beat has seen is not kept: %s", error)


def look(settings: Settings, *, stop: Event) -> Look:
    """Send a beat, wait for it, and look at lags, dead letters, channels and feeds."""
    now = datetime.now(UTC)
    seen: dict[str, Any] = {}
    article = beat(now=now)
    with _noting(seen, "kafka"):
        ensure_topics(settings)
        with Publisher(settings) as publisher:
            publisher.publish(ARTICLES_RAW, article, origin=Origin.PULSE)
    with _noting(seen, "elasticsearch"):
        reachable(settings)
        seen["took_s"] = None if "kafka" in seen else _wait(settings, now, stop)
        seen |= {"undelivered": undelivered_alerts(settings), "feeds": tuple(all_states(settings))}
    if "kafka" not in seen:
        with _noting(seen, "kafka"):
            letters = waiting(settings)
            seen |= {"lag": lag(settings), "at_work": members(settings)}
            seen |= {"dead_letters": by_consumer(letters), "refused_for": by_reason(letters)}
    return Look(now, **seen)


def _wait(settings: Settings, sent_at: datetime, stop: Event) -> float | None:
    give_up = time.monotonic() + settings.pulse_within_s
    while True:
        seconds = took(pulses_passed(settings), sent_at)
        if seconds is not None or time.monotonic() > give_up or stop.wait(ASK_EVERY_S):
            return seconds


def _tell(settings: Settings, change: Change, at: datetime) -> bool:
    """Whether the operations channel knows now; without one, the log is what knows."""
    message = message_of(change, at=at)
    log.warning("%s: %s", message.title, message.text.replace("\n", "; "))
    if settings.operations is None:
        return True
    try:
        send_to(settings, settings.operations, message)
    except (NotSent, UserMistake) as error:
        log.error("the operations channel could not be told: %s; it is tried again with the next beat", error)
        return False
    return True


@contextmanager
def _noting(seen: dict[str, Any], server: str) -> Iterator[None]:
    try:
        yield
    except WirewatchError as error:
        seen[server] = str(error)
    except Exception as error:  # whatever it is, somebody has to hear of it, and nobody else would tell
        log.exception("looking at %s", server)
        seen[server] = f"{server}: {type(error).__name__}: {error}"
