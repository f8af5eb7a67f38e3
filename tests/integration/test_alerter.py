"""The alerter on real servers: one alert for each rule and story, told once, wherever it is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kafka import KafkaAdminClient

from consumers import alerter
from tests.builders import article, replaced, tagged
from tests.e2e.line import at_work, wait_until
from wirewatch.alerts.rule import Rule
from wirewatch.failpoints import VARIABLE
from wirewatch.models import Alert, ClusteredArticle, Origin, Story
from wirewatch.search.alerts import find_alerts
from wirewatch.search.client import connect
from wirewatch.search.indices import ensure_indices, refresh
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream import Publisher, Until
from wirewatch.stream.admin import ensure_topics, lag
from wirewatch.stream.compacted import read_table
from wirewatch.topics import ALERTS, ARTICLES_CLUSTERED

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=30)
RULE = Rule("homs", "Homs", text="homs", created_at=LONG_AGO, since=LONG_AGO)


@pytest.fixture(autouse=True)
def _stores(settings: Settings) -> None:
    ensure_topics(settings)
    ensure_indices(settings)


def report(story: str = "s1", n: int = 1, words: str = "Rebels are in Homs.", **fields: Any) -> ClusteredArticle:
    given = {"outlets": n, "revision": n, "version": 1} | fields
    told = Story(story, "Homs", "a1", NOW, NOW, given["revision"], n, independent_outlets=given["outlets"])
    one = article(f"Report {n}", words, id=f"{story}-{given.get('name', n)}", published_at=NOW, fetched_at=NOW)
    return ClusteredArticle(tagged(one), told, given["version"], NOW)


def publish(settings: Settings, *reports: ClusteredArticle, origin: Origin = Origin.LIVE) -> None:
    with Publisher(settings) as publisher:
        for one in reports:
            publisher.publish(ARTICLES_CLUSTERED, one, origin=origin)


def run(settings: Settings) -> None:
    alerter.run(settings, Until.END)


def stored(settings: Settings) -> list[Alert]:
    refresh(settings)
    with connect(settings) as es:
        return find_alerts(es, settings, limit=1_000)


def told(settings: Settings) -> list[Alert]:
    return [alert for _, alert in read_table(settings, ALERTS) if alert is not None]


def test_a_match_is_stored_with_its_reasons_and_told_once(settings: Settings) -> None:
    save_rules(settings, [RULE, replaced(RULE, id="other", text="football")])
    publish(settings, report(), report(n=2), report("s2"))
    run(settings)
    alerts = stored(settings)
    assert {(a.rule_id, a.story_id, a.status, a.occasion) for a in alerts} == {
        ("homs", "s1", "new", None),
        ("homs", "s2", "new", None),
    }
    assert all(a.reasons[0].words == ("Homs",) and a.rule_version == 1 for a in alerts)
    assert sorted((a.story_id, a.occasion) for a in told(settings)) == [("s1", "first"), ("s2", "first")]
    assert lag(settings)["alerter"] == 0


def test_everything_replayed_by_a_fresh_group_tells_nothing_more(settings: Settings) -> None:
    save_rules(settings, [RULE])
    publish(settings, *(report(f"s{n}") for n in range(20)))
    run(settings)
    before = stored(settings)
    with closing(KafkaAdminClient(bootstrap_servers=settings.kafka)) as admin:
        admin.delete_groups([settings.name_prefix + alerter.GROUP])
    run(settings)
    assert len(told(settings)) == 20
    assert stored(settings) == before


def test_retagged_articles_page_nobody(settings: Settings) -> None:
    save_rules(settings, [RULE])
    publish(settings, report(), origin=Origin.RETAG)
    run(settings)
    assert [(a.status, a.occasion) for a in told(settings)] == [("late", "first")]


@pytest.mark.parametrize("failpoint", ["alerter.after_create", "alerter.after_effect"])
def test_an_alerter_killed_there_loses_nothing_and_makes_nothing_twice(settings: Settings, failpoint: str) -> None:
    save_rules(settings, [RULE])
    publish(settings, *(report(f"s{n}") for n in range(10)))
    environment = os.environ | settings.environment() | {VARIABLE: failpoint, "WIREWATCH_SESSION_TIMEOUT_S": "2"}
    killed = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "wirewatch", "consume", "alerter", "--until-end"],
        env=environment, capture_output=True, timeout=90,
    )  # fmt: skip
    assert killed.returncode == -9, killed.stderr[-500:]
    assert len(stored(settings)) == 10
    assert len(told(settings)) == (0 if failpoint == "alerter.after_create" else 10)
    run(replaced(settings, session_timeout_s=2.0))
    assert len(stored(settings)) == 10
    assert len({alert.id for alert in told(settings)}) == len(told(settings)) == 10
    assert {alert.occasion for alert in stored(settings)} == {None}


def test_outlets_that_follow_at_once_are_counted_though_no_search_finds_the_alert_yet(settings: Settings) -> None:
    save_rules(settings, [replaced(RULE, min_sources=3)])
    for n in range(12):
        publish(settings, *(report(f"s{n}", k, words) for k, words in enumerate(("Homs.", "Nothing.", "Nor here."), 1)))
    run(replaced(settings, batch_size=1))
    assert {(a.story_id, a.status, a.outlets) for a in told(settings)} == {(f"s{n}", "new", 3) for n in range(12)}


def test_it_waits_for_the_third_outlet_with_two_alerters_running(settings: Settings) -> None:
    settings = replaced(settings, session_timeout_s=2.0)
    save_rules(settings, [replaced(RULE, min_sources=3)])
    with at_work(settings, alerter, alerter):
        publish(settings, *(report(f"s{n}", 1) for n in range(8)))
        publish(settings, *(report(f"s{n}", 2, "Nothing of it.") for n in range(8)))
        wait_until(lambda: lag(settings)["alerter"] == 0 and len(stored(settings)) == 8, 60, what="all judged")
        assert {a.status for a in stored(settings)} == {"waiting"}
        assert told(settings) == []
        publish(settings, *(report(f"s{n}", 3, "Nor here.") for n in range(8)))
        wait_until(lambda: len(told(settings)) >= 8, 30, what="all fired")
    assert sorted(a.story_id for a in told(settings)) == [f"s{n}" for n in range(8)]
    assert {(a.status, a.outlets, a.article_id.endswith("-1")) for a in stored(settings)} == {("new", 3, True)}


def test_an_edit_that_takes_the_match_away_marks_the_alert_and_says_so(settings: Settings) -> None:
    save_rules(settings, [RULE])
    publish(settings, report(), report(words="Nothing happened.", version=2, revision=2))
    run(settings)
    assert [a.status for a in stored(settings)] == ["corrected"]
    publish(settings, report("s2"))
    run(settings)
    publish(settings, report("s2", words="Nothing happened.", version=2, revision=2))
    run(settings)
    assert [a.occasion for a in told(settings) if a.story_id == "s2"] == ["first", "correction"]


def test_a_new_and_an_edited_rule_live_within_two_seconds_in_a_running_alerter(settings: Settings) -> None:
    with at_work(settings, alerter):
        publish(settings, report("s0"))
        wait_until(lambda: lag(settings)["alerter"] == 0, 30, what="it runs")
        save_rules(settings, [RULE])
        time.sleep(1.0)
        publish(settings, report("s1"))
        wait_until(lambda: [a.story_id for a in told(settings)] == ["s1"], 15, what="the new rule fired")
        save_rules(settings, [replaced(RULE, version=2, text="football")])
        time.sleep(1.0)
        publish(settings, report("s2"), report("s3", words="A football match."))
        wait_until(lambda: [a.story_id for a in told(settings)] == ["s1", "s3"], 15, what="the edited rule fired")
    assert [a.rule_version for a in told(settings)] == [1, 2]
