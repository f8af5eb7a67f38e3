"""Dead letters: listed, shown, and sent again once their cause is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from wirewatch.models import DeadLetter
from wirewatch.settings import Settings
from wirewatch.stream.compacted import read_table
from wirewatch.stream.publisher import Publisher
from wirewatch.topics import CONSUMERS, dead_letters

KIND_OF_REASON = 60
"""Letters that a kind of reason is cut to."""


def waiting(settings: Settings, consumers: tuple[str, ...] = CONSUMERS) -> list[DeadLetter]:
    """The letters of these consumers that were not sent again, oldest first."""
    letters: dict[tuple[str, bytes], DeadLetter] = {}
    for consumer in consumers:
        for key, letter in read_table(settings, dead_letters(consumer)):
            if letter is None:
                letters.pop((consumer, key), None)
            else:
                letters[consumer, key] = letter
    return sorted(letters.values(), key=lambda letter: letter.refused_at)


def waiting_by_consumer(settings: Settings, consumers: tuple[str, ...] = CONSUMERS) -> dict[str, int]:
    """How many letters wait, of those consumers that have any."""
    return by_consumer(waiting(settings, consumers))


def by_consumer(letters: Iterable[DeadLetter]) -> dict[str, int]:
    """How many of the letters each consumer has refused."""
    return dict(Counter(letter.consumer for letter in letters))


def by_reason(letters: Iterable[DeadLetter]) -> dict[str, int]:
    """How many of the letters were refused for the same kind of reason: its words up to the first colon."""
    return dict(Counter(letter.reason.partition(":")[0].strip()[:KIND_OF_REASON] for letter in letters))


def replay(
    settings: Settings,
    consumers: tuple[str, ...] = CONSUMERS,
    *,
    since: datetime | None = None,
    limit: int | None = None,
) -> int:
    """Send letters again to the topic they came from, and take them out; how many.

    Sent first and taken out after: a crash between sends one twice, which changes no count.
    """
    letters = [letter for letter in waiting(settings, consumers) if since is None or letter.refused_at >= since]
    with Publisher(settings) as publisher:
        for letter in letters[:limit]:
            topic = letter.topic.removeprefix(settings.name_prefix)
            publisher.publish_raw(topic, letter.key, letter.value, schema=letter.schema, origin=letter.origin)
        publisher.flush()
        for letter in letters[:limit]:
            topic = dead_letters(letter.consumer).name
            publisher.publish_raw(topic, letter.id.encode(), None, origin=letter.origin)
    return len(letters[:limit])
