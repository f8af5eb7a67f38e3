"""Rules that are edited while articles flow: each article is judged by one version of each rule, and says by which."""

from __future__ import annotations

import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from consumers import alerter
from tests.builders import article, tagged
from tests.e2e.line import at_work, stored, wait_until
from wirewatch.alerts.rule import Rule
from wirewatch.models import ClusteredArticle, Origin, Story
from wirewatch.search.indices import ensure_indices
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream import Publisher
from wirewatch.stream.admin import ensure_topics, lag
from wirewatch.topics import ARTICLES_CLUSTERED

A_SECOND = 100
WORDS = {1: "alpha", 2: "beta"}
"""What each version of a rule asks for beside the word that is its own; every article has both."""


def rule(number: int, version: int) -> Rule:
    long_ago = datetime.now(UTC) - timedelta(days=1)
    text = f"w{number} AND {WORDS[version]}"
    return Rule(f"r{number}", f"Rule {number}", text=text, version=version, created_at=long_ago, since=long_ago)


def report(n: int, rules: int) -> ClusteredArticle:
    now = datetime.now(UTC)
    of = article(f"Report {n}", f"w{n % rules} alpha beta", id=f"a{n:06}", published_at=now, fetched_at=now)
    return ClusteredArticle(tagged(of), Story(f"s{n}", of.title, of.id, now, now, 1, 1, independent_outlets=1), 1, now)


@pytest.mark.parametrize(
    ("rules", "seconds"), [(50, 3), pytest.param(500, 20, marks=pytest.mark.long)], ids=["50 rules", "500 rules"]
)
def test_rules_edited_while_100_articles_a_second_flow_judge_each_by_one_version(
    settings: Settings, rules: int, seconds: int
) -> None:
    ensure_topics(settings)
    ensure_indices(settings)
    save_rules(settings, [rule(n, 1) for n in range(rules)])
    articles = seconds * A_SECOND
    edited: dict[str, float] = {}
    sent: dict[str, float] = {}

    def edit() -> None:
        began = time.monotonic()
        for n in range(rules):
            time.sleep(max(0.0, began + seconds * 0.7 * n / rules - time.monotonic()))
            save_rules(settings, [rule(n, 2)])
            edited[f"r{n}"] = time.monotonic()

    def flow() -> None:
        began = time.monotonic()
        with Publisher(settings) as publisher:
            for n in range(articles):
                time.sleep(max(0.0, began + n / A_SECOND - time.monotonic()))
                publisher.publish(ARTICLES_CLUSTERED, report(n, rules), origin=Origin.LIVE)
                sent[f"a{n:06}"] = time.monotonic()

    with at_work(settings, alerter), ThreadPoolExecutor() as threads:
        for done in [threads.submit(edit), threads.submit(flow)]:
            done.result()
        wait_until(lambda: lag(settings)["alerter"] == 0, 60, what="all articles are judged")
    alerts = stored(settings)
    assert {alert.article_id for alert in alerts} == sent.keys()
    assert len(alerts) == articles, "one alert for each article, whichever version judged it"
    versions: dict[str, list[int]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: alert.article_id):
        words = {word for reason in alert.reasons for word in reason.words}
        assert words & set(WORDS.values()) == {WORDS[alert.rule_version]}
        versions[alert.rule_id].append(alert.rule_version)
        if sent[alert.article_id] > edited[alert.rule_id] + 2:
            assert alert.rule_version == 2, "an edit is in force within a second or two"
    assert set().union(*versions.values()) == {1, 2}
