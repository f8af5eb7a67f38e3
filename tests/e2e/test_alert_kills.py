"""One alert for each rule and story, told once, wherever the line is killed and whatever is replayed."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from consumers import notifier
from tests.e2e.line import (
    at_work,
    consumers,
    documents,
    forget_the_groups,
    indexed,
    prepare,
    publish,
    published,
    quick,
    run_the_line,
    stored,
    wait_until,
)
from tests.planted import Planted, Stream, meets, planted_stream, rules
from tests.receivers import Webhook, webhook
from wirewatch.notify import add_channel
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag
from wirewatch.stream.dead_letters import waiting

FAILPOINTS = {
    "clusterer": ["clusterer.after_effect", "clusterer.inside_transaction"],
    "alerter": ["alerter.after_create", "alerter.after_publish", "alerter.after_effect"],
    "notifier": ["notifier.after_claim", "notifier.after_send"],
}
NARROW = 12


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


def story_of(settings: Settings, stream: Stream) -> dict[str, Planted]:
    """Each planted story under the id that the line gave it."""
    found = documents(settings)
    assert found.keys() == stream.ids
    ids = [{found[one.id][0] for one in story.articles} for story in stream.stories]
    assert [len(each) for each in ids] == [1] * len(ids)
    assert len(set.union(*ids)) == len(ids)
    return {one.pop(): story for one, story in zip(ids, stream.stories, strict=True)}


def assert_told_once(settings: Settings, stream: Stream, hook: Webhook) -> None:
    """One alert for each rule and story, none for anything else, and one notification of each under its id."""
    stories = story_of(settings, stream)
    ids = [rule.id for rule in rules("ops", narrow=NARROW, since=datetime.now(UTC))]
    wanted = {(rule, story) for story, planted in stories.items() for rule in ids if meets(rule, planted)}
    alerts = stored(settings)
    assert Counter((alert.rule_id, alert.story_id) for alert in alerts) == Counter(wanted)
    assert {alert.article_id for alert in alerts} <= {one.id for story in stream.stories for one in story.articles}
    assert {alert.status for alert in alerts} == {"sent"}
    assert set(hook.ids) == {alert.id for alert in alerts}
    repeated = len(hook.ids) - len(set(hook.ids))
    print(f"{len(alerts)} alerts, {len(hook.ids)} notifications: {repeated} ids came again and are dropped by their id")
    assert waiting(settings) == []


def storm(settings: Settings, stream: Stream, hook: Webhook, *, chunks: int, kills: int, timeout_s: float) -> None:
    """The stream in ``chunks`` while each failpoint kills once, and then ``kills`` kills at random."""
    settings = quick(settings, batch_size=20)
    prepare(settings)
    add_channel(settings, "ops", hook.url())
    save_rules(settings, rules("ops", narrow=NARROW, since=datetime.now(UTC) - timedelta(days=1)))
    dice = random.Random(20241208)
    size = -(-len(stream.published) // chunks)
    left = [stream.published[n : n + size] for n in range(0, len(stream.published), size)]
    deaths, next_chunk, next_kill, killed = Counter[str](), 0.0, time.monotonic() + 5, 0
    with consumers(settings, FAILPOINTS) as running:

        def at_failpoints() -> bool:
            return all(running[name].deaths >= len(points) for name, points in FAILPOINTS.items())

        def own_deaths() -> dict[str, int]:
            return {name: running[name].deaths - deaths[name] for name in FAILPOINTS}

        def meanwhile() -> None:
            nonlocal next_chunk, next_kill, killed
            for one in running.values():
                one.keep()
            if left and time.monotonic() > next_chunk:
                publish(settings, left.pop(0))
                next_chunk = time.monotonic() + 1
            if killed < kills and time.monotonic() > next_kill and at_failpoints():
                victim = dice.choice(list(FAILPOINTS))
                running[victim].send(signal.SIGKILL)
                deaths[victim] += 1
                killed += 1
                next_kill = time.monotonic() + dice.uniform(1, 4)

        wait_until(
            lambda: not left and at_failpoints() and killed == kills and indexed(settings) == len(stream.ids),
            timeout_s, meanwhile=meanwhile, what="all indexed after all deaths",
        )  # fmt: skip
        wait_until(
            lambda: own_deaths() == {name: len(points) for name, points in FAILPOINTS.items()},
            10, meanwhile=meanwhile, what="deaths at the failpoints and by our hand, and no others",
        )  # fmt: skip
        wait_until(lambda: not any(lag(settings).values()), 60, meanwhile=meanwhile, what="no lag")
        wait_until(
            lambda: {alert.status for alert in stored(settings)} == {"sent"},
            60, meanwhile=meanwhile, what="all told",
        )  # fmt: skip
    assert_told_once(settings, stream, hook)


def assert_a_replay_tells_nothing(settings: Settings, stream: Stream, hook: Webhook) -> None:
    """Read everything from the first offset on as groups do that are new; nothing of it pages anybody."""
    settings = quick(settings)
    told, before, messages = list(hook.ids), stored(settings), len(published(settings))
    forget_the_groups(settings)
    handled = run_the_line(settings)
    assert (handled["tagger"], handled["notifier"]) == (len(stream.published), messages)
    with at_work(settings, notifier):
        time.sleep(3)  # in which it looks for what is due
    assert hook.ids == told
    assert len(published(settings)) == messages
    assert stored(settings) == before


def test_each_story_is_told_once_wherever_the_line_is_killed_and_never_again_when_all_is_replayed(
    settings: Settings, hook: Webhook
) -> None:
    stream = planted_stream(10, 200, now=datetime.now(UTC))
    storm(settings, stream, hook, chunks=12, kills=0, timeout_s=120)
    assert_a_replay_tells_nothing(settings, stream, hook)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_25_kills_at_random_and_one_at_each_failpoint_lose_and_double_no_alert_of_2000_articles(
    settings: Settings, hook: Webhook
) -> None:
    stream = planted_stream(40, 2_000, now=datetime.now(UTC))
    storm(settings, stream, hook, chunks=60, kills=25, timeout_s=900)
    assert_a_replay_tells_nothing(settings, stream, hook)
