"""The pulse on the real line: every consumer passes it on, nobody sees it among news, and who must know is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from click.testing import CliRunner

from consumers import alerter, clusterer, indexer, notifier, tagger
from producers.pulse import judged, keep, look
from producers.rss import run as poll_feeds
from producers.told import last_told
from tests.builders import replaced
from tests.e2e.line import assignments, at_work, prepare, quick, wait_until
from tests.feed_server import FeedServer, reply
from tests.receivers import Webhook, webhook
from wirewatch.alerts.rule import Rule
from wirewatch.cli import main
from wirewatch.feeds.listed import Feed
from wirewatch.notify import add_channel
from wirewatch.pulse.beat import STAGES
from wirewatch.pulse.trouble import Look, Told, troubles
from wirewatch.search.documents import ALERTS, ARTICLES, METRICS, STORIES
from wirewatch.search.feeds import all_states, changes_of
from wirewatch.search.indices import count, refresh
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream.admin import members
from wirewatch.stream.dead_letters import waiting


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


@pytest.fixture
def line(settings: Settings, hook: Webhook) -> Settings:
    """The settings of a line that tells its troubles to the hook; its rule takes everything that comes."""
    settings = replaced(quick(settings), operations="ops", pulse_within_s=60.0)
    prepare(settings)
    add_channel(settings, "ops", hook.url())
    save_rules(settings, [Rule("all", "All", broad=True, notify=("ops",))])
    return settings


def test_a_pulse_goes_through_all_consumers_is_no_news_and_its_absence_is_told_once(
    line: Settings, hook: Webhook
) -> None:
    nobody = Event()
    with at_work(line, tagger, clusterer, indexer, notifier):
        with at_work(line, alerter):
            seen = look(line, stop=nobody)
            assert seen.took_s is not None
            assert troubles(seen, line) == {}
            keep(line, seen)
            keep(line, replaced(seen, at=seen.at + timedelta(weeks=4)))
            told = judged(line, Told(), seen)
            said = CliRunner(env=line.environment()).invoke(main, ["pulse", "--once", "--json"])
            assert said.exit_code == 0, said.output
            assert json.loads(said.stdout)["took_s"] > 0
        wait_until(lambda: not members(line)["alerter"], 30, what="the alerter is gone")
        for _ in range(2):
            told = judged(line, told, look(replaced(line, pulse_within_s=2.0), stop=nobody))
        assert [body["title"] for body in hook.bodies] == ["wirewatch: trouble, pulse"]
        assert "not running: alerter; messages behind: alerter" in hook.bodies[0]["message"]
        assert last_told(line).troubles.keys() == {"pulse"}
        with at_work(line, alerter):
            judged(line, last_told(line), look(line, stop=nobody))
    assert [body["title"] for body in hook.bodies][1:] == ["wirewatch: over, pulse"]
    refresh(line)
    assert [count(line, name) for name in (ARTICLES, STORIES, ALERTS)] == [0, 0, 0]
    groups = len(members(line))
    assert count(line, METRICS) == len(STAGES) + groups + len(seen.dead_letters or {}) + 1, "each minute is kept once"
    assert (assignments(line), waiting(line)) == ([], [])


def test_what_a_beat_has_seen_is_not_kept_while_the_index_is_away(
    line: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    away = replaced(line, elasticsearch="http://127.0.0.1:9", connect_timeout_s=0.5)
    seen = Look(datetime.now(UTC), took_s=0.1)
    keep(away, replaced(seen, elasticsearch="away"))
    assert caplog.messages == []
    keep(away, seen)
    assert "what the beat has seen is not kept: Elasticsearch at http://127.0.0.1:9" in caplog.text


def test_what_could_not_be_told_is_told_with_the_next_beat(line: Settings, hook: Webhook) -> None:
    away = replaced(line, kafka="127.0.0.1:9", elasticsearch="http://127.0.0.1:9", connect_timeout_s=0.5)
    seen = look(away, stop=Event())
    hook.status = 500
    told = judged(away, Told(), seen)
    assert hook.bodies == []
    hook.status = 200
    told = judged(away, told, seen)
    judged(away, told, seen)
    (body,) = hook.bodies
    assert "Kafka at 127.0.0.1:9 cannot be reached" in body["message"]
    assert "Elasticsearch at http://127.0.0.1:9 cannot be reached" in body["message"]


def test_a_feed_whose_health_changes_is_told_to_the_operations_channel_once_and_when_it_is_well_again(
    line: Settings, hook: Webhook
) -> None:
    line, now = replaced(line, feeds_allow_private=True), datetime(2024, 12, 8, 12, tzinfo=UTC)
    with FeedServer() as server:
        feed = Feed(server.url("/f"), "Harbour Wire")

        def told_after(told: Told, says: bytes, hours: int) -> Told:
            server.says["/f"] = says
            at = now + timedelta(hours=hours)
            poll_feeds(line, [feed], force=True, clock=lambda: at)
            feeds = tuple(all_states(line))
            return judged(line, told, Look(at, took_s=0.1, feeds=feeds))

        told = told_after(Told(), reply("<rss><channel><title>Harbour Wire</title></channel></rss>"), 0)
        told = told_after(told, reply(b"", 403), 1)
        assert hook.bodies == [], "it may be over soon"
        for hours in (8, 9):
            told = told_after(told, reply(b"", 403), hours)
        assert [body["title"] for body in hook.bodies] == [f"wirewatch: trouble, feed:{feed.id}"]
        assert "feed Harbour Wire is blocked: it does not let us in (status 403)" in hook.bodies[0]["message"]
        told_after(told, reply("<rss><channel><title>Well again</title></channel></rss>"), 10)
    assert [body["title"] for body in hook.bodies][1:] == [f"wirewatch: over, feed:{feed.id}"]
    assert [one.health for one in changes_of(line)] == ["ok", "blocked"]
