"""The clusterer on a real Kafka: a batch is visible whole or not at all, decisions are kept, zombies are fenced."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing

import pytest
from click.testing import CliRunner
from kafka import KafkaConsumer

from consumers import clusterer
from tests.builders import FILLER, article, replaced, tagged
from wirewatch.cli import main
from wirewatch.errors import Fenced, Unavailable
from wirewatch.models import ClusteredArticle, Origin, Source, TaggedArticle
from wirewatch.settings import Settings
from wirewatch.stories import Stories
from wirewatch.stream import Consumed, Publisher, Received, Rejected, TransactionalPublisher, Until, consume
from wirewatch.stream.admin import ensure_topics, lag
from wirewatch.stream.compacted import read_table
from wirewatch.stream.publisher import Offsets
from wirewatch.topics import ARTICLES_CLUSTERED, ARTICLES_TAGGED, STORIES_ASSIGNED


@pytest.fixture(autouse=True)
def _topics(settings: Settings) -> None:
    ensure_topics(settings)


def publish(settings: Settings, articles: Sequence[TaggedArticle]) -> None:
    with Publisher(settings) as publisher:
        for one in articles:
            publisher.publish(ARTICLES_TAGGED, one, origin=Origin.LIVE)


def clustered(settings: Settings) -> list[ClusteredArticle]:
    return [value for _, value in read_table(settings, ARTICLES_CLUSTERED) if value is not None]


def reports(count: int, outlet: str = "a.example") -> list[TaggedArticle]:
    return [
        tagged(
            article(f"Report {n}", f"Text number {n}. {FILLER} {n}", url=f"https://{outlet}/{n}", source=Source(outlet))
        )
        for n in range(count)
    ]


def test_each_article_comes_out_once_in_its_story(settings: Settings) -> None:
    publish(settings, [*reports(30, "a.example"), *reports(30, "b.example")])
    assert clusterer.run(settings, Until.END) == Consumed(60, 0)
    out = clustered(settings)
    assert len(out) == 60
    assert len({one.story.id for one in out}) == 30
    assert {one.version for one in out} == {1}


def test_a_restarted_clusterer_remembers(settings: Settings) -> None:
    publish(settings, reports(5, "a.example"))
    clusterer.run(settings, Until.END)
    before = {one.tagged.article.id: one.story.id for one in clustered(settings)}
    publish(settings, [*reports(5, "a.example"), *reports(5, "b.example")])
    clusterer.run(settings, Until.END)
    after = clustered(settings)
    assert {one.tagged.article.id: one.story.id for one in after if one.tagged.article.id in before} == before
    assert {one.story.id for one in after} == set(before.values())


def test_its_lag_is_nought_when_all_is_done(settings: Settings) -> None:
    publish(settings, reports(3))
    assert lag(settings)["clusterer"] == 3
    clusterer.run(settings, Until.END)
    assert lag(settings)["clusterer"] == 0


def test_a_batch_that_crashes_leaves_nothing_behind(settings: Settings) -> None:
    publish(settings, reports(5))
    publisher = TransactionalPublisher(settings, clusterer.GROUP)
    stories = Stories()

    def publish_and_crash(batch: Sequence[Received[TaggedArticle]]) -> Sequence[Rejected]:
        for received in batch:
            judged = stories.judge(received.value)
            publisher.publish(STORIES_ASSIGNED, judged.assignment, origin=received.origin)
        publisher.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        consume(settings, ARTICLES_TAGGED, clusterer.GROUP, publish_and_crash, publisher=publisher, until=Until.END)
    assert list(read_table(settings, STORIES_ASSIGNED)) == []
    assert lag(settings)["clusterer"] == 5
    assert clusterer.run(settings, Until.END) == Consumed(5, 0)


class Unanswered(TransactionalPublisher):
    """Its first commit is made, and the answer is lost."""

    lost = False

    def finish(self, group: str, consumer: KafkaConsumer, offsets: Offsets) -> None:
        super().finish(group, consumer, offsets)
        if not self.lost:
            self.lost = True
            raise Unavailable("Kafka", "here", "the connection was cut")


def test_a_batch_whose_commit_was_made_and_not_answered_is_not_done_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusterer, "TransactionalPublisher", Unanswered)
    publish(settings, reports(5))
    clusterer.run(replaced(settings, batch_size=2), Until.END)
    assert sorted(one.tagged.article.id for one in clustered(settings)) == sorted(one.article.id for one in reports(5))
    assert lag(settings)["clusterer"] == 0


def test_a_clusterer_whose_place_was_taken_writes_nothing(settings: Settings) -> None:
    with closing(TransactionalPublisher(settings, clusterer.GROUP)) as zombie:
        zombie.open()
        zombie.begin()
        with closing(TransactionalPublisher(settings, clusterer.GROUP)) as successor:
            successor.open()
            zombie.publish(STORIES_ASSIGNED, Stories().judge(reports(1)[0]).assignment, origin=Origin.LIVE)
            with pytest.raises(Fenced, match="taken this one's place"):
                zombie.flush()
    assert list(read_table(settings, STORIES_ASSIGNED)) == []


def test_status_says_how_many_articles_were_forgotten(settings: Settings) -> None:
    settings = replaced(settings, stories_kept=100)
    assert clusterer.forgotten_articles(settings) == 0
    publish(settings, reports(131))
    clusterer.run(settings, Until.END)
    remembered = clusterer.remembered(settings)
    assert remembered.forgotten == 30
    assert clusterer.forgotten_articles(settings) == remembered.forgotten
    run = CliRunner(env=settings.environment())
    assert json.loads(run.invoke(main, ["status", "--json"]).stdout)["stories"] == {"kept": 100, "forgotten": 30}
    assert "30 of the oldest articles forgotten" in run.invoke(main, ["status"]).stdout
