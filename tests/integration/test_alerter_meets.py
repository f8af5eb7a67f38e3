"""What one batch of the alerter meets in the index: alerts of others, of rules that are gone, of beats long past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from elasticsearch import Elasticsearch
from kafka.consumer.fetcher import ConsumerRecord

from consumers.alerter import SEARCHABLE_S, Rules, Touched, alert_batch
from tests.builders import alert, article, replaced, tagged
from wirewatch.alerts.rule import Rule
from wirewatch.models import Alert, ClusteredArticle, Origin, Story, alert_id
from wirewatch.search.alerts import create_alerts, get_alerts
from wirewatch.search.client import connect
from wirewatch.search.indices import ensure_indices
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream import Publisher, Received
from wirewatch.stream.admin import ensure_topics, lag

NOW = datetime.now(UTC).replace(microsecond=0)
RULE = Rule("homs", "Homs", text="homs", created_at=NOW - timedelta(days=1), since=NOW - timedelta(days=1))


@pytest.fixture(autouse=True)
def _stores(settings: Settings) -> None:
    ensure_topics(settings)
    ensure_indices(settings)


@pytest.fixture
def es(settings: Settings) -> Iterator[Elasticsearch]:
    with connect(settings) as es:
        yield es


def report(n: int, origin: Origin = Origin.LIVE, at: datetime = NOW) -> Received[ClusteredArticle]:
    of = article(f"Rebels in Homs {n}", id=f"a{n}", published_at=at, fetched_at=at)
    story = Story("s1", "Homs", "a1", NOW, NOW, n, n, independent_outlets=n)
    record = ConsumerRecord("t", 0, 0, n, 0, 0, b"k", b"{}", [], None, 1, 2, -1)
    return Received(ClusteredArticle(tagged(of), story, 1, NOW), origin, record)


def judged(es: Elasticsearch, settings: Settings, *batch: Received[ClusteredArticle]) -> list[Alert]:
    """The alerts of the rule "homs" and of one that is gone, after the batch."""
    with Publisher(settings) as publisher:
        assert alert_batch(es, settings, Rules(), Touched(), publisher, batch, now=NOW) == []
    return [one.alert for one in get_alerts(es, settings, [alert_id(rule, "s1") for rule in ("homs", "gone")])]


def test_an_alert_that_another_has_just_made_is_read_and_judged_again(es: Elasticsearch, settings: Settings) -> None:
    save_rules(settings, [RULE])
    first = judged(es, settings, report(1))
    create_alerts(es, settings, [replaced(first[0], id="other")], refresh=False)
    (after,) = judged(es, settings, report(2))  # no search finds the first yet, and this alerter did not write it
    assert (after.id, after.articles, after.occasion) == (first[0].id, 2, None)
    assert lag(settings)["notifier"] == 1, "it was told once"


def test_the_alert_of_a_rule_that_is_gone_stays_as_it_is(es: Elasticsearch, settings: Settings) -> None:
    gone = alert(rule_id="gone", story_id="s1", occasion=None)
    create_alerts(es, settings, [gone])
    assert judged(es, settings, report(2)) == [gone]


def test_a_beat_that_nobody_waits_for_any_more_makes_no_alert(es: Elasticsearch, settings: Settings) -> None:
    judged(es, settings, report(1, Origin.PULSE, NOW - timedelta(days=1)))
    assert lag(settings)["notifier"] == 0


def test_what_was_written_long_ago_is_left_to_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    later = SEARCHABLE_S + 2
    moments = iter([0.0, 1.0, later, later, 2 * later, 2 * later])
    monkeypatch.setattr("consumers.alerter.time.monotonic", lambda: next(moments))
    touched = Touched()
    touched.note([alert(id="first", story_id="s1")])
    touched.note([alert(id="second", story_id="s1")])
    assert touched.of(["s1"]) == ["first", "second"]
    touched.note([alert(id="third", story_id="s1")])
    assert touched.of(["s1", "s2"]) == ["second", "third"]
