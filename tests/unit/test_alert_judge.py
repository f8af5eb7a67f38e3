"""What becomes of a rule and a story, article by article: one alert, told once, and again only for a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.builders import NOW, article, replaced, tagged
from wirewatch.alerts.judge import Why, judge
from wirewatch.alerts.rule import Rule
from wirewatch.models import Alert, ClusteredArticle, Lineage, Origin, Reason, Story

RULE = Rule("r1", "Homs", text="homs", created_at=NOW - timedelta(days=9), since=NOW - timedelta(days=9))
MAX_AGE = timedelta(hours=6)


def met() -> tuple[Reason, ...]:
    return (Reason("text", ("homs",)),)


def came(outlets: int = 1, revision: int = 1, version: int = 1, name: str = "a", **fields: Any) -> ClusteredArticle:
    story = Story("s1", "Homs", "a", NOW, NOW, revision, revision, independent_outlets=outlets)
    return ClusteredArticle(tagged(article(id=name, **fields)), story, version, NOW)


def after(
    known: Alert | None,
    of: ClusteredArticle,
    why: Why | None = met,
    rule: Rule = RULE,
    origin: Origin = Origin.LIVE,
    now: datetime = NOW,
) -> Alert:
    found = judge(known, rule, why, of, origin, now=now, max_age=MAX_AGE)
    assert found is not None
    return found


def told(alert: Alert, **fields: Any) -> Alert:
    return replaced(alert, occasion=None, **({"status": "sent"} | fields))


def test_a_match_makes_an_alert_and_no_match_none() -> None:
    alert = after(None, came())
    assert (alert.status, alert.occasion, alert.reasons, alert.rule_version) == ("new", "first", met(), 1)
    assert judge(None, RULE, None, came(), Origin.LIVE, now=NOW, max_age=MAX_AGE) is None


@pytest.mark.parametrize("why", [met, None])
def test_the_same_article_again_changes_nothing(why: Why | None) -> None:
    known = told(after(None, came()))
    assert after(known, came(), why) is known


@pytest.mark.parametrize("origin", [Origin.BACKFILL, Origin.RETAG])
def test_only_what_is_live_pages(origin: Origin) -> None:
    assert after(None, came(), origin=origin).status == "late"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"published_at": NOW - timedelta(hours=5)}, "new"),
        ({"published_at": NOW - timedelta(hours=7), "lineage": Lineage("rss")}, "late"),
        ({"published_at": NOW - timedelta(days=700), "lineage": Lineage("files")}, "new"),
        ({"published_at": None, "fetched_at": NOW - timedelta(hours=7)}, "late"),
        ({"published_at": NOW - timedelta(days=10), "lineage": Lineage("rss")}, "late"),
    ],
)
def test_age_counts_from_publication_and_for_files_from_arrival(fields: dict[str, Any], status: str) -> None:
    assert after(None, came(**fields)).status == status


def test_what_is_older_than_its_rule_is_late() -> None:
    lineage = {"lineage": Lineage("rss")}
    young = replaced(RULE, created_at=NOW - timedelta(minutes=1), since=NOW - timedelta(minutes=1))
    assert after(None, came(published_at=NOW - timedelta(minutes=5), **lineage), rule=young).status == "late"
    edited = replaced(RULE, since=NOW + timedelta(minutes=1))
    assert after(None, came(**lineage), rule=edited).status == "late"


def test_it_waits_for_outlets_and_fires_exactly_with_the_last() -> None:
    rule = replaced(RULE, min_sources=3)
    alert = after(None, came(1, 1), rule=rule)
    assert (alert.status, alert.occasion) == ("waiting", None)
    alert = after(alert, came(2, 2, name="b"), None, rule)
    assert (alert.status, alert.occasion, alert.outlets) == ("waiting", None, 2)
    alert = after(alert, came(3, 3, name="c"), None, rule)
    assert (alert.status, alert.occasion, alert.outlets, alert.article_id) == ("new", "first", 3, "a")


def test_an_old_article_does_not_make_a_waiting_alert_fire() -> None:
    rule = replaced(RULE, min_sources=2)
    waiting = after(None, came(1, 1), rule=rule)
    still = after(waiting, came(2, 2, name="b"), None, rule, Origin.BACKFILL)
    assert still.status == "waiting"
    assert after(still, came(2, 3, name="c"), None, rule).status == "new"


def test_a_growing_story_updates_its_alert_and_tells_nothing() -> None:
    grown = after(told(after(None, came())), came(4, 5, name="b"))
    assert (grown.status, grown.occasion, grown.outlets, grown.articles) == ("sent", None, 4, 5)


def test_an_older_state_of_the_story_changes_nothing() -> None:
    known = told(after(None, came(4, 5)))
    assert after(known, came(2, 2, name="b")) is known


def test_it_escalates_once_when_the_rule_asks() -> None:
    rule = replaced(RULE, escalate_at=3)
    alert = told(after(None, came(1, 1), rule=rule))
    assert after(alert, came(2, 2, name="b"), None, rule).occasion is None
    escalated = after(alert, came(3, 3, name="c"), None, rule)
    assert (escalated.occasion, escalated.escalated) == ("escalation", True)
    assert after(told(escalated), came(4, 4, name="d"), None, rule).occasion is None


def test_a_match_that_an_edit_takes_away_is_corrected_and_told_where_it_was_told() -> None:
    corrected = after(told(after(None, came())), came(1, 2, version=2), None)
    assert (corrected.status, corrected.occasion) == ("corrected", "correction")
    rule = replaced(RULE, min_sources=3)
    silent = after(after(None, came(), rule=rule), came(1, 2, version=2), None, rule)
    assert (silent.status, silent.occasion) == ("corrected", None)


def test_another_article_that_does_not_match_corrects_nothing() -> None:
    assert after(told(after(None, came())), came(1, 2, version=2, name="b"), None).status == "sent"


def test_an_edit_that_still_matches_has_new_reasons() -> None:
    edited = after(told(after(None, came())), came(1, 2, version=2), lambda: (Reason("everything"),))
    assert (edited.status, edited.occasion, edited.reasons) == ("sent", None, (Reason("everything"),))


def test_a_corrected_alert_comes_true_again_by_news_and_not_by_a_replay() -> None:
    corrected = told(after(told(after(None, came(1, 1))), came(1, 3, version=2), None), status="corrected")
    assert after(corrected, came(1, 1)) is corrected
    assert after(corrected, came(1, 2, name="b")) is corrected
    again = after(corrected, came(2, 4, name="c"))
    assert (again.status, again.occasion, again.article_id) == ("new", "again", "c")


def test_a_late_alert_becomes_a_page_when_news_of_its_story_matches() -> None:
    late = after(None, came(), origin=Origin.BACKFILL)
    assert after(told(late, status="late"), came(2, 2, name="b")).occasion == "first"
    assert after(told(late, status="late"), came(2, 2, name="b"), None).status == "late"


def test_a_muted_story_is_kept_and_told_to_nobody() -> None:
    rule = replaced(RULE, muted_stories=("s1",), escalate_at=2)
    alert = after(None, came(), rule=rule)
    assert (alert.status, alert.occasion) == ("muted", None)
    assert after(told(after(None, came())), came(3, 3, name="b"), None, rule).occasion is None
