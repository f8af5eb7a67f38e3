"""What the operations channel is told: each trouble once when it begins, and once when it is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOW, alert, replaced, tagged
from wirewatch.alerts.index import RuleIndex
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.seen import Seen
from wirewatch.feeds.state import FeedState
from wirewatch.models import ChannelState, ClusteredArticle, Origin
from wirewatch.pulse import history
from wirewatch.pulse.beat import alert_of, beat, passed, story_of, took
from wirewatch.pulse.trouble import Look, Told, changed, message_of, troubles
from wirewatch.settings import Settings

SETTINGS = Settings()
AWAY = "Kafka at k:1 cannot be reached"


def look(**fields: Any) -> Look:
    """A look at a line that is well, but for what is given."""
    well = {"took_s": 0.4, "at_work": {}, "lag": {}, "dead_letters": {}, "undelivered": (), "feeds": ()}
    return Look(NOW, **(well | fields))


def feed(health: str, hours: float, **fields: Any) -> FeedState:
    since = NOW - timedelta(hours=hours)
    given = {"health": health, "health_since": since, "polled_at": NOW, "due_at": NOW, "error": "no answer"} | fields
    return FeedState("f1", "https://a.example/rss", "Harbour", **given)


def failing(minutes: float, **fields: Any) -> Any:
    began = NOW - timedelta(minutes=minutes)
    given = {"first_at": began, "until": NOW, "error": "status 500"} | fields
    return alert(channels=(ChannelState("desk", "failed", NOW, 3, **given),))


@pytest.mark.parametrize(
    ("seen", "keys"),
    [
        (look(), set()),
        (look(took_s=None), {"pulse"}),
        (look(kafka=AWAY, took_s=None, lag=None), {"kafka"}),
        (look(kafka=AWAY, elasticsearch="away", took_s=None), {"kafka", "elasticsearch"}),
        (look(lag={"alerter": 5_001, "indexer": 5_000, "tagger-bulk": 10**6}), {"lag:alerter"}),
        (look(dead_letters={"indexer": 21, "tagger": 20}), {"dead letters:indexer"}),
        (look(undelivered=(failing(6), failing(7))), {"channel:desk"}),
        (look(undelivered=(failing(4), failing(60 * 25, until=None))), set()),
        (look(feeds=(feed("quiet", 0),)), {"feed:f1"}),
        (look(feeds=(feed("failing", 7),)), {"feed:f1"}),
        (look(feeds=(feed("failing", 5),)), set()),
        (look(feeds=(feed("ok", 100),)), set()),
        (look(feeds=(feed("failing", 100, due_at=NOW - timedelta(days=3)),)), set()),
        (look(feeds=(feed("ok", 100, polled_at=NOW - timedelta(hours=7)),)), {"feeds"}),
    ],
)
def test_what_crosses_its_limit_is_trouble(seen: Look, keys: set[str]) -> None:
    assert troubles(seen, SETTINGS).keys() == keys


def test_a_trouble_is_told_once_and_once_more_when_it_is_over() -> None:
    change, told = changed(Told(), look(took_s=None), SETTINGS)
    assert (list(change.begun), list(change.over)) == (["pulse"], [])
    change, told = changed(told, look(took_s=None), SETTINGS)
    assert not change
    change, told = changed(told, look(), SETTINGS)
    assert (list(change.begun), list(change.over)) == ([], ["pulse"])
    change, told = changed(told, look(), SETTINGS)
    assert not change
    assert told.troubles == {}


def test_what_cannot_be_seen_is_neither_new_nor_over() -> None:
    seen = look(lag={"alerter": 9_000}, feeds=(feed("quiet", 0),), took_s=None)
    _, told = changed(Told(), seen, SETTINGS)
    blind = Look(NOW, kafka=AWAY, elasticsearch="away")
    change, told = changed(told, blind, SETTINGS)
    assert (set(change.begun), set(change.over)) == ({"kafka", "elasticsearch"}, set())
    change, told = changed(told, seen, SETTINGS)
    assert (set(change.begun), set(change.over)) == (set(), {"kafka", "elasticsearch"})
    change, _ = changed(told, look(), SETTINGS)
    assert set(change.over) == {"pulse", "lag:alerter", "feed:f1"}


def test_one_message_tells_all_that_has_changed_and_who_is_not_running() -> None:
    seen = look(took_s=None, at_work={"alerter": 0, "indexer": 1}, lag={"alerter": 7, "indexer": 0})
    change, _ = changed(Told(troubles={"kafka": AWAY}), seen, SETTINGS)
    message = message_of(change, at=NOW)
    assert message.title == "wirewatch: trouble, pulse; over, kafka"
    assert message.text.splitlines() == [
        "the pulse of 12:00:00 UTC has not come through within 30 s; not running: alerter; messages behind: alerter 7",
        f"over: {AWAY}",
    ]


def test_a_beat_makes_an_alert_of_its_own_and_meets_no_other_rule() -> None:
    one = tagged(beat(now=NOW))
    clustered = ClusteredArticle(one, story_of(one), 1, NOW)
    made = alert_of(clustered, now=NOW)
    assert made is not None
    assert (made.rule_id, made.origin, made.notify, made.published_at) == ("wirewatch-pulse", Origin.PULSE, (), NOW)
    assert made.reasons[0].words == ("wirewatchpulse",)
    assert RuleIndex([Rule("r", "R", text="wirewatch")]).matching(Seen(one), clustered.story) == []
    assert alert_of(clustered, now=NOW + timedelta(hours=1)) is None, "a replay passes no old beat on"
    assert beat(now=NOW).id != beat(now=NOW + timedelta(minutes=1)).id


def test_it_has_come_through_when_the_last_stages_have_seen_this_beat() -> None:
    later = NOW + timedelta(seconds=2)
    assert took([passed("indexer", NOW, now=later)], NOW) is None
    assert (
        took([passed("indexer", NOW, now=later), passed("notifier", NOW - timedelta(minutes=1), now=NOW)], NOW) is None
    )
    assert took([passed("indexer", NOW, now=later), passed("notifier", NOW, now=NOW)], NOW) == 2.0


def test_reasons_for_refusals_are_kept_those_of_most_messages_first_in_so_many_places() -> None:
    many = {f"reason {n}": n for n in range(1, 30)}
    seen = [one for one in history.seen(look(refused_for=many)) if one.measure == "refused for"]
    assert [one.subject for one in seen] == [f"for: reason {n}" for n in range(29, 17, -1)]
    other = [one for one in history.seen(look(refused_for={"new": 1})) if one.measure == "refused for"]
    assert [one.id for one in other] == [seen[0].id], "takes the place of another, so that what is kept never grows"


def test_what_a_beat_has_seen_is_kept_for_four_weeks_and_then_makes_room() -> None:
    seen = history.seen(look(lag={"tagger": 7, "indexer": 0}, dead_letters={"indexer": 2}))
    assert {(one.subject, one.measure): one.value for one in seen} == {
        ("tagger", "lag"): 7,
        ("indexer", "lag"): 0,
        ("indexer", "dead letters"): 2,
        ("line", "beat"): 0.4,
    }
    later = [history.seen(replaced(look(), at=NOW + timedelta(minutes=n)))[0].id for n in range(28 * 24 * 60 + 1)]
    assert later[0] == later[-1]
    assert len(set(later)) == len(later) - 1
    assert history.seen(look(lag=None, dead_letters=None, took_s=None)) == []
