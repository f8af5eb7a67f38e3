"""Whether the line is well: looked at in the background, so that no reader waits for a server that is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TypeVar

import msgspec

from wirewatch.embedded import read_state
from wirewatch.errors import WirewatchError
from wirewatch.feeds.state import ILL, FeedState
from wirewatch.page.words import counted, length, number
from wirewatch.search.feeds import PollRun, all_states, last_poll
from wirewatch.search.rates import Arrivals, arrivals
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag, members
from wirewatch.stream.dead_letters import waiting_by_consumer

EVERY_S = 10.0
"""So often it is looked, while anybody reads."""

READ_WITHIN_S = 120.0
LETTERS_EVERY_S = 60.0
"""Dead letters are read from the first one on each time, so they are counted less often."""

BEHIND = 1_000
"""Messages that a consumer may be behind before that is a problem."""

SILENT = timedelta(hours=2)
"""So long without any article is worth a question."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class Pulse(msgspec.Struct, frozen=True):
    """What was seen of the line at a moment; ``expected`` are the consumers that `wirewatch up` keeps running.

    ``troubles`` say what could not be asked, and why.
    """

    at: datetime
    arrivals: Arrivals = Arrivals()
    lag: dict[str, int] = {}
    running: dict[str, int] = {}
    expected: tuple[str, ...] = ()
    dead_letters: dict[str, int] = {}
    feeds: tuple[FeedState, ...] = ()
    poll: PollRun | None = None
    troubles: tuple[str, ...] = ()

    @property
    def ill_feeds(self) -> int:
        """How many feeds bring nothing because they fail."""
        return sum(feed.health in ILL for feed in self.feeds)


def problems(pulse: Pulse, *, now: datetime) -> list[str]:
    """What is broken, each in a line; empty where silence means that nothing happens."""
    found = list(pulse.troubles)
    found += [f"{name} is not running" for name in pulse.expected if pulse.running and not pulse.running.get(name)]
    found += [f"{group} is {number(behind)} articles behind" for group, behind in pulse.lag.items() if behind > BEHIND]
    if pulse.feeds and pulse.ill_feeds:
        found.append(f"{pulse.ill_feeds} of {counted(len(pulse.feeds), 'feed')} cannot be read")
    if pulse.dead_letters:
        found.append(f"{counted(sum(pulse.dead_letters.values()), 'message')} refused")
    last = pulse.arrivals.last
    if last is not None and now - last > SILENT:
        found.append(f"no article came in for {length(now - last)}")
    return found


def look(settings: Settings, before: Pulse | None = None, *, letters: bool = True) -> Pulse:
    """What is to be seen of the line now; what cannot be asked is among the troubles.

    ``before`` gives the dead letters where they are not to be counted anew.
    """
    troubles: list[str] = []

    def asked(question: Callable[[Settings], T], otherwise: T) -> T:
        try:
            return question(settings)
        except WirewatchError as error:
            if str(error) not in troubles:
                troubles.append(str(error))
            return otherwise

    state = read_state(settings.data_dir)
    kafka = settings.kafka is not None
    refused: dict[str, int] = before.dead_letters if before else {}
    return Pulse(
        at=datetime.now(UTC),
        arrivals=asked(arrivals, Arrivals()),
        lag=asked(lag, {}) if kafka else {},
        running=asked(members, {}) if kafka else {},
        expected=state.consumers if state else (),
        dead_letters=asked(waiting_by_consumer, refused) if kafka and letters else refused,
        feeds=tuple(asked(all_states, [])),
        poll=asked(last_poll, None),
        troubles=tuple(troubles),
    )


class Watched:
    """The pulse as it was seen last, looked at again in the background while it is read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop, self._seen = Event(), Event()
        self._pulse = Pulse(datetime.now(UTC))
        self._read_at = time.monotonic()
        self._thread = Thread(target=self._watch, daemon=True, name="pulse")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; what is asked just now is not waited for."""
        self._stop.set()

    def pulse(self, *, wait_s: float = 0.0) -> Pulse:
        """What was seen last; ``wait_s`` is how long the very first look is waited for."""
        self._read_at = time.monotonic()
        self._seen.wait(wait_s)
        return self._pulse

    def _watch(self) -> None:
        counted_at = -LETTERS_EVERY_S
        while not self._stop.is_set():
            now = time.monotonic()
            if now - self._read_at < READ_WITHIN_S:
                letters = now - counted_at >= LETTERS_EVERY_S
                counted_at = now if letters else counted_at
                self._look(letters)
            self._stop.wait(EVERY_S)

    def _look(self, letters: bool) -> None:
        try:
            self._pulse = look(self._settings, self._pulse, letters=letters)
        except Exception as error:  # a fault of ours must be seen on the page, and the next look come all the same
            log.exception("the line could not be looked at")
            self._pulse = Pulse(datetime.now(UTC), troubles=(f"the line could not be looked at: {error!r}",))
        self._seen.set()
