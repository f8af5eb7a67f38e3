"""The RSS producer: asks the feeds that are due, and brings every new article onto the line exactly once.

    due -> claimed -> fetched -> read (worker processes) -> judged (new, edited, known) -> ids agreed on -> published
        -> remembered

Published before remembered: killed in between, it publishes the same articles under the same ids again, and nothing
doubles. A feed is claimed by a write that only one of two producers wins.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from importlib.metadata import version

import msgspec
import psutil

from producers.batched import Batched
from producers.full_text import FullText
from producers.one_id import Found, days, with_agreed_ids
from producers.reading.items import ReadFeed, ToRead, Unreadable
from producers.reading.workers import Workers
from wirewatch.errors import WirewatchError
from wirewatch.failpoints import failpoint
from wirewatch.feeds.fetch import Answer, Fetcher, FetchFailed, Limits, anywhere, retry_after_s
from wirewatch.feeds.identity import Judged, judge
from wirewatch.feeds.listed import Feed
from wirewatch.feeds.rhythm import max_age
from wirewatch.feeds.safety import refused_address
from wirewatch.feeds.state import (
    Brought,
    FeedState,
    HealthChange,
    brought,
    change,
    claimed,
    failed,
    fresh,
    is_claimed,
    is_due,
    listed,
    of_status,
    unchanged,
)
from wirewatch.models import Origin
from wirewatch.search.feeds import FeedStore, PollRun, Remembered, Stored
from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.publisher import Publisher
from wirewatch.text import digest
from wirewatch.topics import ARTICLES_BULK, ARTICLES_RAW

log = logging.getLogger(__name__)

_BATCH = 200
_GATHER_S = 0.05
_SETTLE_S = 0.5


class Poll(msgspec.Struct, frozen=True):
    """How a run stands while it goes on: feeds that are due, and what came of those that are done."""

    due: int
    polled: int
    unchanged: int
    failing: int
    new: int
    edited: int
    took_s: float


class Outcome(msgspec.Struct, frozen=True):
    """What one poll leads to: the next state over the one that was claimed, what came, what to remember.

    ``judged`` are the articles to publish, and those that we know under an address that is new to us.
    """

    claimed: Stored
    state: FeedState
    judged: tuple[Judged, ...] = ()
    remembered: Remembered | None = None
    change: HealthChange | None = None


def run(
    settings: Settings,
    feeds: Sequence[Feed],
    *,
    force: bool = False,
    backfill: bool = False,
    airflow_run_id: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_progress: Callable[[Poll], None] | None = None,
) -> PollRun:
    """Poll those of ``feeds`` that are due (all with ``force``); when it returns, all they brought is in Kafka.

    A feed that fails is noted with it, and costs the others nothing. ``backfill`` takes the slow lane. Raises
    Unavailable and Refused where Kafka or Elasticsearch do not do their part.
    """
    ensure_topics(settings)
    ensure_indices(settings)
    with FeedStore(settings) as store:
        polling = _Polling(settings, store, backfill, airflow_run_id, clock, on_progress)
        try:
            asyncio.run(polling.run(feeds, force))
        except BaseExceptionGroup as errors:
            raise _first(errors) from errors
        done = polling.result()
        store.save_run(done)
    return done


class _Polling:
    """One run over the feeds that are due, and what is counted on the way."""

    def __init__(
        self,
        settings: Settings,
        store: FeedStore,
        backfill: bool,
        airflow_run_id: str | None,
        clock: Callable[[], datetime],
        on_progress: Callable[[Poll], None] | None,
    ) -> None:
        self._settings, self._store, self._clock, self._tell = settings, store, clock, on_progress
        self._lane = (ARTICLES_BULK, Origin.BACKFILL) if backfill else (ARTICLES_RAW, Origin.LIVE)
        self._airflow_run_id = airflow_run_id
        self._began, self._began_at = time.monotonic(), clock()
        self._holder = _holder()
        self._listed = self._due = self._under_way = self._polled = self._unchanged = self._failing = self._taken = 0
        self._new = self._edited = self._requests = 0

    def result(self) -> PollRun:
        """What was counted."""
        return PollRun(
            id=secrets.token_hex(16),
            began_at=self._began_at,
            took_s=round(time.monotonic() - self._began, 3),
            airflow_run_id=self._airflow_run_id,
            listed=self._listed,
            polled=self._polled,
            unchanged=self._unchanged,
            failing=self._failing,
            taken_by_others=self._taken,
            new=self._new,
            edited=self._edited,
            requests=self._requests,
        )

    async def run(self, feeds: Sequence[Feed], force: bool) -> None:
        """Poll what is due, all at once within the limits."""
        settings, store = self._settings, self._store
        self._listed = len(feeds)
        known = await asyncio.to_thread(store.states, [feed.id for feed in feeds])
        now = self._clock()
        due = [
            (feed, stored)
            for feed in feeds
            if is_due((stored := _as_listed(known.get(feed.id), feed)).state, feed, now=now, force=force)
        ]
        self._taken = sum(
            not feed.paused and is_claimed(s.state, now=now)
            for feed in feeds
            if (s := known.get(feed.id)) and not _gone(s.state)
        )
        self._due = self._under_way = len(due)
        if not due:
            return
        random.shuffle(due)  # so that the feeds of one host do not come in a row
        turns = asyncio.Semaphore(settings.feeds_at_once)
        ahead = asyncio.Semaphore(2 * settings.feeds_at_once)
        async with AsyncExitStack() as stack:
            self._fetcher = await stack.enter_async_context(fetcher(settings))
            self._full_text = FullText(self._fetcher, settings.text_limit)
            self._workers = await stack.enter_async_context(Workers())
            self._publisher = stack.enter_context(Publisher(settings))
            self._claim: Batched[Stored, Stored | None] = Batched(store.save_states, size=_BATCH, wait_s=_GATHER_S)
            self._recall = Batched(self._recall_all, size=_BATCH, wait_s=_GATHER_S)
            self._settle = Batched(self._settle_all, size=_BATCH, wait_s=_SETTLE_S)
            async with asyncio.TaskGroup() as tasks:
                for feed, stored in due:
                    tasks.create_task(self._poll(feed, stored, ahead, turns))

    async def _poll(self, feed: Feed, stored: Stored, ahead: asyncio.Semaphore, turns: asyncio.Semaphore) -> None:
        """One feed, from the claim to what is remembered of it; some are claimed ahead, while others are asked."""
        async with ahead:
            taken = msgspec.structs.replace(stored, state=claimed(stored.state, self._holder, now=self._clock()))
            mine = await self._claim(taken)
            if mine is None:
                self._taken += 1
                self._one_less()
                return
            async with turns:
                outcome = await self._asked(feed, mine)
        now = self._clock()
        outcome = msgspec.structs.replace(outcome, change=change(stored.state, outcome.state, now=now))
        self._one_less()
        await self._settle(outcome)
        self._count(outcome)

    def _one_less(self) -> None:
        """When nothing more is to come, what has come need not wait for it."""
        self._under_way -= 1
        if not self._under_way:
            self._settle.no_more()

    async def _asked(self, feed: Feed, mine: Stored) -> Outcome:
        try:
            return await self._outcome(feed, mine)
        except WirewatchError:
            raise
        except Exception as error:  # a mistake of ours about one feed must not cost the others
            log.exception("stumbled over a feed", extra={"feed": feed.name})
            why = f"wirewatch stumbled over it: {type(error).__name__}: {error}"[:300]
            return Outcome(mine, failed(mine.state, "content", why, now=self._clock(), jitter=_jitter()))

    async def _outcome(self, feed: Feed, mine: Stored) -> Outcome:
        state, jitter = mine.state, _jitter()
        try:
            answer = await self._fetcher.get(feed.url, etag=state.etag, last_modified=state.last_modified)
        except FetchFailed as error:
            return Outcome(mine, failed(state, "fetch", str(error), now=self._clock(), jitter=jitter))
        finally:
            self._requests += 1
        now = self._clock()
        hints = msgspec.structs.replace(state.hints, max_age_s=max_age(answer.headers, now=now))
        if answer.status == 304 and (state.etag or state.last_modified):
            return Outcome(mine, unchanged(state, feed, now=now, jitter=jitter, hints=hints))
        if not 200 <= answer.status < 300:
            trouble, why = of_status(answer.status)
            wait = retry_after_s(answer.headers, now=now.timestamp())
            return Outcome(mine, failed(state, trouble, why, now=now, jitter=jitter, asked_wait_s=wait))
        body = digest("body", answer.body.decode("latin-1"))
        if body == state.body:
            return Outcome(mine, unchanged(state, feed, now=now, jitter=jitter, hints=hints))
        remembered = await self._recall(feed.id)
        read = await self._workers.read(
            ToRead(
                feed,
                answer.url,
                answer.body,
                now,
                self._settings.text_limit,
                answer.headers.get("content-type", ""),
                self._airflow_run_id,
            )
        )
        if isinstance(read, Unreadable):
            return Outcome(mine, failed(state, "content", read.why, now=now, jitter=jitter))
        return await self._judged(feed, mine, answer, read, remembered, body, now)

    async def _judged(
        self,
        feed: Feed,
        mine: Stored,
        answer: Answer,
        read: ReadFeed,
        remembered: Remembered,
        body: str,
        now: datetime,
    ) -> Outcome:
        """What is new in a feed that could be read."""
        judged, memory = judge(remembered.memory, read.candidates, day=days(now))
        to_send = tuple(one for one in judged if one.verdict != "known")
        what = Brought(
            new=[one.article.published_at or now for one in to_send if one.verdict == "new"],
            edited=sum(one.verdict == "edited" for one in to_send),
            hints=msgspec.structs.replace(read.hints, max_age_s=max_age(answer.headers, now=now)),
            etag=answer.headers.get("etag"),
            last_modified=answer.headers.get("last-modified"),
            body=body,
            format=read.kind,
            complaints=read.complaints,
            moved_to=answer.moved_to,
        )
        state = brought(mine.state, feed, what, now=now, jitter=_jitter())
        if feed.full_text and to_send:
            to_send, memory = await self._full_text.of(to_send, memory)
        moved = tuple(one for one in judged if one.verdict == "known" and one.on_site)
        return Outcome(mine, state, (*to_send, *moved), msgspec.structs.replace(remembered, memory=memory))

    def _recall_all(self, ids: Sequence[str]) -> Sequence[Remembered]:
        found = self._store.memories(ids)
        return [found.get(id_, Remembered()) for id_ in ids]

    def _settle_all(self, outcomes: Sequence[Outcome]) -> Sequence[None]:
        """Agree on the ids of what some polls brought, publish it, then remember it: in this order."""
        topic, origin = self._lane
        outcomes = self._agreed(outcomes)
        articles = [one.article for outcome in outcomes for one in outcome.judged if one.verdict != "known"]
        for article in articles:
            self._publisher.publish(topic, article, origin=origin)
        if articles:
            self._publisher.flush()
            failpoint("rss.published")
        remembered = {one.state.id: one.remembered for one in outcomes if one.remembered is not None}
        self._store.save_memories(remembered, now=self._clock())
        failpoint("rss.items_remembered")
        self._store.save_changes([one.change for one in outcomes if one.change is not None])
        next_states = [msgspec.structs.replace(one.claimed, state=one.state) for one in outcomes]
        for saved, one in zip(self._store.save_states(next_states), outcomes, strict=True):
            if saved is None:
                log.warning("another producer has taken it over meanwhile", extra={"feed": one.state.name})
        failpoint("rss.remembered")
        return [None] * len(outcomes)

    def _agreed(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes with the ids that their articles have in all feeds."""
        naming = [one for one in outcomes if any(judged.on_site or judged.site_guid for judged in one.judged)]
        polls = [Found(one.judged, one.remembered or Remembered()) for one in naming]
        by_feed = {
            one.state.id: msgspec.structs.replace(one, judged=found.judged, remembered=found.remembered)
            for one, found in zip(naming, with_agreed_ids(self._store, polls, now=self._clock()), strict=True)
        }
        if by_feed:
            failpoint("rss.agreed")
        return [by_feed.get(one.state.id, one) for one in outcomes]

    def _count(self, outcome: Outcome) -> None:
        state = outcome.state
        about = {"feed": state.name}
        self._polled += 1
        self._failing += state.failures > 0
        self._unchanged += state.failures == 0 and outcome.remembered is None
        self._new += sum(one.verdict == "new" for one in outcome.judged)
        self._edited += sum(one.verdict == "edited" for one in outcome.judged)
        if state.failures:
            log.info("%s", state.error, extra=about)
        elif news := sum(one.verdict != "known" for one in outcome.judged):
            log.info("%d new or edited", news, extra=about)
        if outcome.change is not None:
            log.warning("is %s, was %s: %s", state.health, outcome.change.before, outcome.change.why, extra=about)
        if self._tell is not None:
            took = time.monotonic() - self._began
            self._tell(Poll(self._due, self._polled, self._unchanged, self._failing, self._new, self._edited, took))


def fetcher(settings: Settings) -> Fetcher:
    """A fetcher as the settings want it: limits, User-Agent, whether into our own network."""
    contact = f" (+{settings.feeds_contact})" if settings.feeds_contact else ""
    return Fetcher(
        f"wirewatch/{version('wirewatch')}{contact}",
        limits=Limits(whole_s=settings.feeds_timeout_s, size=int(settings.feeds_max_mb * 1_000_000)),
        refuse=anywhere if settings.feeds_allow_private else refused_address,
    )


def _as_listed(stored: Stored | None, feed: Feed) -> Stored:
    """The state that is stored, or a fresh one, as feeds.toml names it today; a claim of a dead process is void."""
    if stored is None:
        return Stored(fresh(feed))
    state = listed(stored.state, feed)
    if _gone(state):
        state = msgspec.structs.replace(state, claimed_by=None, claimed_until=None)
    return msgspec.structs.replace(stored, state=state)


def _holder() -> str:
    """Who claims: host, process, and when it began, because numbers of processes come again."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.0f}"


def _gone(state: FeedState) -> bool:
    """Whether who claimed a feed was a process of this machine and is no more."""
    host, _, rest = (state.claimed_by or "").rpartition(" ")[0].rpartition(" ")
    if host != socket.gethostname() or not rest.isdecimal():
        return False
    try:
        return f"{psutil.Process(int(rest)).create_time():.0f}" != (state.claimed_by or "").rpartition(" ")[2]
    except psutil.NoSuchProcess:
        return True


def _jitter() -> float:
    return random.random()  # noqa: S311  # nothing secret hangs on it


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of what several polls raised, what a user can act on; else whatever came first."""
    ours = errors.subgroup(WirewatchError) or errors
    error: BaseException = ours
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
