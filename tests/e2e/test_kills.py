"""Nothing lost and nothing doubled, wherever a consumer is killed or frozen."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence

import pytest

from tests.builders import article, numbered
from tests.e2e.line import (
    Consumer,
    assignments,
    clustered,
    consumers,
    documents,
    forget_the_groups,
    indexed,
    prepare,
    publish,
    quick,
    run_the_line,
    wait_until,
)
from wirewatch.models import Article, Source
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag
from wirewatch.stream.dead_letters import waiting

FAILPOINTS = ("tagger.after_effect", "clusterer.after_effect", "clusterer.inside_transaction", "indexer.after_effect")
INTO_THE_INDEX = ("tagger", "clusterer", "indexer")


def stream_of(count: int) -> list[Article]:
    """``count`` articles, of which every fifth is a copy of the one before it at another outlet."""
    articles = numbered(count)
    for n in range(4, count, 5):
        articles[n] = numbered_copy(articles[n - 1], n)
    return articles


def numbered_copy(of: Article, n: int) -> Article:
    return article(f"Copy {n}", of.text, url=f"https://copy.example/{n}", source=Source("Copy", "copy.example"))


def stories_of(articles: list[Article]) -> int:
    return len({one.text for one in articles})


def assert_exactly(settings: Settings, articles: list[Article]) -> None:
    """Every article once in the index, in the one story it was first given, copies with their originals."""
    found = documents(settings)
    assert found.keys() == {one.id for one in articles}
    assert {version for _, version in found.values()} == {1}
    given: dict[str, set[str]] = {}
    for assignment in assignments(settings):
        given.setdefault(assignment.article_id, set()).add(assignment.story_id)
    assert {article: {story} for article, (story, _) in found.items()} == given
    assert len({story for story, _ in found.values()}) == stories_of(articles)
    assert waiting(settings) == []


def kill_at(settings: Settings, articles: list[Article], failpoints: dict[str, list[str]], timeout_s: float) -> None:
    """Let each consumer die at its ``failpoints``, one after the other, while the articles come through."""
    prepare(settings)
    publish(settings, articles)
    wanted = {name: len(points) for name, points in failpoints.items()}
    with consumers(settings, failpoints, INTO_THE_INDEX) as running:

        def deaths() -> dict[str, int]:
            return {name: running[name].deaths for name in wanted}

        wait_until(
            lambda: deaths() == wanted and indexed(settings) >= len(articles),
            timeout_s,
            meanwhile=lambda: [one.keep() for one in running.values()],
            what=f"{len(articles)} articles indexed after deaths at {failpoints}",
        )
        wait_until(lambda: waits_for(settings, INTO_THE_INDEX) == 0, 60, what="no lag")
        assert deaths() == wanted
    assert_exactly(settings, articles)


def waits_for(settings: Settings, names: Sequence[str]) -> int:
    """How many messages wait for these consumers."""
    waiting_now = lag(settings)
    return sum(waiting_now[name] for name in names)


def test_a_kill_between_effect_and_commit_loses_and_doubles_nothing(settings: Settings) -> None:
    each_once: dict[str, list[str]] = {}
    for failpoint in FAILPOINTS:
        each_once.setdefault(failpoint.partition(".")[0], []).append(failpoint)
    kill_at(quick(settings, batch_size=40), stream_of(400), each_once, 120)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_five_kills_at_each_failpoint_lose_and_double_nothing_of_5000(settings: Settings, failpoint: str) -> None:
    owner = failpoint.partition(".")[0]
    kill_at(quick(settings), stream_of(5_000), {owner: [f"{failpoint}:{n % 3 + 1}" for n in range(5)]}, 600)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_kills_at_random_lose_and_double_nothing_of_5000(settings: Settings) -> None:
    settings = quick(settings)
    articles = stream_of(5_000)
    dice = random.Random(20241208)
    prepare(settings)
    publish(settings, articles)
    next_kill = time.monotonic() + 4
    kills = 0
    with consumers(settings) as running:

        def meanwhile() -> None:
            nonlocal next_kill, kills
            for one in running.values():
                one.keep()
            if time.monotonic() > next_kill and kills < 20:
                victim = dice.choice(list(running.values()))
                victim.send(signal.SIGKILL)
                kills += 1
                next_kill = time.monotonic() + dice.uniform(1, 5)

        wait_until(lambda: indexed(settings) >= 5_000 and kills >= 12, 600, meanwhile=meanwhile, what="5,000 indexed")
        wait_until(lambda: not any(lag(settings).values()), 60, meanwhile=meanwhile, what="no lag")
    print(f"{kills} kills at random")
    assert_exactly(settings, articles)


def test_a_frozen_clusterer_writes_nothing_once_its_successor_works(settings: Settings) -> None:
    settings = quick(settings, batch_size=20)
    articles = stream_of(200)
    prepare(settings)
    publish(settings, articles)
    stopping = {"clusterer": ["clusterer.inside_transaction:2:STOP"]}
    with consumers(settings, stopping, INTO_THE_INDEX) as running:
        wait_until(lambda: lag(settings)["tagger"] == 0, 60, what="all tagged")
        wait_until(running["clusterer"].is_frozen, 60, what="the clusterer is frozen in its second transaction")
        assert 0 < len(clustered(settings)) < len(articles)
        successor = Consumer(settings, "clusterer", tag="-successor")
        try:
            wait_until(lambda: indexed(settings) == len(articles), 90, what="all indexed by the successor")
            before = len(clustered(settings)), len(assignments(settings))
            running["clusterer"].send(signal.SIGCONT)
            time.sleep(5)
            assert (len(clustered(settings)), len(assignments(settings))) == before
            assert before == (len(articles), len(articles))
        finally:
            successor.child.stop()
    assert_exactly(settings, articles)


def test_everything_replayed_by_fresh_groups_gives_the_same_documents(settings: Settings) -> None:
    settings = quick(settings)
    articles = stream_of(300)
    prepare(settings)
    publish(settings, articles)
    run_the_line(settings)
    assert indexed(settings) == len(articles)
    before, made = documents(settings), {a.article_id: a.story_id for a in assignments(settings)}
    forget_the_groups(settings)
    handled = run_the_line(settings)
    # Each reads what came the first time, and what those before it put out again.
    assert [handled[name] for name in INTO_THE_INDEX] == [len(articles) * n for n in (1, 2, 3)]
    assert documents(settings) == before
    assert {a.article_id: a.story_id for a in assignments(settings)} == made
