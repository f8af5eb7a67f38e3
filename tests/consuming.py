"""The consuming loop as tests run it: a handler, its lanes, and what it has seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from tests.e2e.line import in_threads
from wirewatch.models import Article
from wirewatch.settings import Settings
from wirewatch.stream import Consumed, Publisher, Received, Rejected, Until, consume
from wirewatch.topics import ARTICLES_BULK, ARTICLES_RAW

Handle = Callable[[Sequence[Received[Article]]], Sequence[Rejected]]


def work(
    settings: Settings,
    handle: Handle,
    until: Until = Until.END,
    stop: threading.Event | None = None,
    room: Callable[[], bool] = lambda: True,
    publisher: Publisher | None = None,
) -> Consumed:
    """Work off both lanes of the tagger by ``handle``."""
    return consume(
        settings,
        ARTICLES_RAW,
        "tagger",
        handle,
        publisher=publisher or Publisher(settings),
        until=until,
        slow_lane=ARTICLES_BULK,
        room=room,
        stop=stop,
    )


def service(
    settings: Settings, handle: Handle, room: Callable[[], bool] = lambda: True
) -> AbstractContextManager[None]:
    """The same as a service, until the end of the block."""
    return in_threads(lambda stop: work(settings, handle, Until.STOPPED, stop, room))


class Seen(list[str]):
    """Collects the titles it is given and refuses none."""

    def __call__(self, batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        self.extend(received.value.title for received in batch)
        return []


def titles(articles: Sequence[Article]) -> list[str]:
    """The titles in their order, to compare with what was seen."""
    return sorted(one.title for one in articles)
