"""Old material delays nothing live."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import msgspec
import pytest

from producers import retag
from tests.builders import article, numbered, tagged
from tests.e2e.line import consumers, indexed, prepare, publish, wait_until
from wirewatch.models import Article, ClusteredArticle, Story
from wirewatch.search.articles import write
from wirewatch.search.client import asking, connect
from wirewatch.search.documents import article_write
from wirewatch.search.indices import alias_of, ensure_indices, refresh
from wirewatch.search.stored import PAGE, Choice, count_stored
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag, members

WITHIN_S = 3.0

PARAGRAPH = (
    "Officials in the capital said the talks would go on through the night. A spokeswoman for the ministry, "
    "Elena Marsh, told reporters that three districts were without power after the storm and that Harbour "
    "Relief had sent crews. "
)


def seconds_until_searchable(settings: Settings, title: str) -> float:
    """From publication on Kafka to a hit of a query for the title; nobody refreshes the index meanwhile."""
    breaking = article(title, fetched_at=datetime.now(UTC))
    started = time.monotonic()
    publish(settings, [breaking])
    with asking(settings) as es:
        while True:
            answer = es.search(index=alias_of(settings, "news-articles"), query={"match_phrase": {"title": title}})
            if answer["hits"]["hits"]:
                return time.monotonic() - started
            assert time.monotonic() - started < 60, "the live article never came out"
            time.sleep(0.02)


def five_taken(settings: Settings) -> list[float]:
    """Latency of five live articles, half a second apart."""
    taken = []
    for n in range(5):
        taken.append(seconds_until_searchable(settings, f"Breaking number {n} from Ravelsport"))
        time.sleep(0.5)
    print("searchable after " + ", ".join(f"{one:.2f} s" for one in taken))
    return taken


def long_ones(count: int, words: int) -> list[Article]:
    """``count`` articles of some ``words`` words."""
    return [msgspec.structs.replace(one, text=f"{one.text} " + PARAGRAPH * (words // 36)) for one in numbered(count)]


def measure(settings: Settings, backfill: int, words: int) -> list[float]:
    """Latency of five live articles while ``backfill`` old ones are being tagged."""
    prepare(settings)
    publish(settings, long_ones(backfill, words), bulk=True)
    with consumers(settings):
        # Servers that started a moment ago compile what they run: on two cores the first articles take twice as long.
        wait_until(lambda: indexed(settings) > 200, 120, what="old articles are being indexed")
        taken = five_taken(settings)
        assert lag(settings)["tagger-bulk"] > 0, "the old articles were done before the live ones were measured"
    return taken


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_live_article_is_searchable_within_3_s_while_20000_old_ones_are_tagged(settings: Settings) -> None:
    assert max(measure(settings, 20_000, 500)) < WITHIN_S


def store(settings: Settings, articles: list[Article]) -> None:
    """Articles as an older tagger left them in the index."""
    now = datetime.now(UTC)
    ensure_indices(settings)
    with connect(settings, timeout_s=30) as es:
        writes = [
            article_write(
                ClusteredArticle(tagged(one), Story(one.id, "", one.id, now, now, 1, 1), 1, now), indexed_at=now
            )
            for one in articles
        ]
        assert write(es, settings, writes).written == len(articles)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_live_articles_overtake_those_that_are_retagged_which_stay_just_ahead_of_the_tagger(settings: Settings) -> None:
    prepare(settings)
    store(settings, long_ones(2_500, 300))
    refresh(settings)
    stop = Event()
    with consumers(settings), ThreadPoolExecutor() as pool:
        wait_until(lambda: members(settings)["tagger-bulk"] > 0, 60, what="a tagger is at work")
        running = pool.submit(retag.run, settings, stop=stop)
        try:
            again = Choice(not_versions=("test", "test"))
            wait_until(lambda: count_stored(settings, again) > 20, 120, what="stored articles are indexed again")
            five_taken(settings)
            ahead = lag(settings)["tagger-bulk"]
        finally:
            stop.set()
        retagged = running.result()
    assert 0 < ahead <= retag.AHEAD + PAGE
    assert retagged.end == "stopped"
    assert retagged.sent < retagged.stored == 2_500
