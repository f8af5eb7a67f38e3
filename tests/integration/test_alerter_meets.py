"""What one batch of the alerter meets in the index: alerts of others, of rules that are gone, of beats long past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from elasticsearch import Elasticsearch
from kafka.consumer.fetcher import ConsumerRecord

from consumers.alerter import SEARCHABLE_S, Met, Rules, alert_batch
from tests.builders import alert, article, replaced, tagged
from wirewatch.alerts.rule import Rule
from wirewatch.models import Alert, ChannelState, ClusteredArticle, Origin, Story, alert_id
from wirewatch.search.alerts import Mark, Stored, create_alerts, get_alerts
from wirewatch.search.client import connect
from wirewatch.search.deliveries import Deliveries
from wirewatch.search.documents import ALERTS
from wirewatch.search.indices import alias_of, ensure_indices
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
        assert alert_batch(es, settings, Rules(), Met(es, settings), publisher, batch, now=NOW) == []
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


def test_what_was_read_and_written_lately_is_not_asked_for_again(
    es: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_alerts(es, settings, [alert(id="a1", story_id="s1"), alert(id="a2", story_id="s2")])
    clock = [0.0]
    monkeypatch.setattr("consumers.alerter.time.monotonic", lambda: clock[0])
    met = Met(es, settings)
    assert met.of(["s1", "s9"]).keys() == {"a1"}
    create_alerts(es, settings, [alert(id="by hand", story_id="s1")])
    assert met.of(["s1"]).keys() == {"a1"}, "its alerter is the only one that makes alerts of a story"
    met.note([Stored(alert(id="own", story_id="s1"), Mark(9, 1))])
    clock[0] = SEARCHABLE_S + 1
    assert met.of(["s2"]).keys() == {"a2"}
    clock[0] = 2 * SEARCHABLE_S
    assert met.of(["s1"]).keys() == {"a1", "own"}, "a story that is met again is kept"
    clock[0] = 5 * SEARCHABLE_S
    met.of([])
    clock[0] = 7 * SEARCHABLE_S
    assert met.of(["s1"]).keys() == {"a1", "by hand"}, "one that was met long ago is searched for"
    met.forget()
    assert met.of(["s1"]).keys() == {"a1", "by hand"}


def test_a_notifier_s_change_is_kept_when_the_story_grows(es: Elasticsearch, settings: Settings) -> None:
    save_rules(settings, [RULE])
    rules, met = Rules(), Met(es, settings)
    with Publisher(settings) as publisher:
        alert_batch(es, settings, rules, met, publisher, [report(1)], now=NOW)
        (made,) = get_alerts(es, settings, [alert_id("homs", "s1")])
        sent = ChannelState("desk", "sent", notification=made.alert.id, at=NOW)
        Deliveries(es, settings).set_channels([(made, [sent])])
        alert_batch(es, settings, rules, met, publisher, [report(2)], now=NOW)
        alert_batch(es, settings, rules, met, publisher, [report(3)], now=NOW)
    (after,) = get_alerts(es, settings, [made.alert.id])
    assert (after.alert.status, after.alert.channels, after.alert.articles) == ("sent", (sent,), 3)
    assert lag(settings)["notifier"] == 1


def test_an_alert_that_was_deleted_is_made_again(es: Elasticsearch, settings: Settings) -> None:
    save_rules(settings, [RULE])
    rules, met = Rules(), Met(es, settings)
    with Publisher(settings) as publisher:
        alert_batch(es, settings, rules, met, publisher, [report(1)], now=NOW)
        es.delete(index=alias_of(settings, ALERTS), id=alert_id("homs", "s1"))
        alert_batch(es, settings, rules, met, publisher, [report(2)], now=NOW)
    (after,) = get_alerts(es, settings, [alert_id("homs", "s1")])
    assert after.alert.articles == 2
