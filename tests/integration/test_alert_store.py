"""Alerts and rules on a real Elasticsearch: made once, changed only by who saw them as they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch

from tests.builders import replaced
from tests.unit.test_alert_models import ALERT
from wirewatch.alerts.rule import Rule
from wirewatch.errors import UserMistake
from wirewatch.models import Alert
from wirewatch.search.alerts import (
    alerts_of_stories,
    change_alerts,
    create_alerts,
    find_alerts,
    get_alerts,
    note_told,
)
from wirewatch.search.client import connect
from wirewatch.search.indices import ensure_indices
from wirewatch.search.rules import RuleBook, all_rules, get_rule, save_rules
from wirewatch.settings import Settings

RULE = Rule("r1", "Homs", text="homs")


@pytest.fixture
def es(settings: Settings) -> Iterator[Elasticsearch]:
    ensure_indices(settings)
    with connect(settings) as client:
        yield client


def numbered(n: int) -> Alert:
    return replaced(ALERT, id=f"a{n}", story_id=f"s{n}")


def test_an_alert_is_made_once_and_found_at_once(settings: Settings, es: Elasticsearch) -> None:
    assert create_alerts(es, settings, [ALERT]).keys() == {"a1"}
    assert create_alerts(es, settings, [replaced(ALERT, title="Other"), numbered(2)]).keys() == {"a2"}
    (found,) = alerts_of_stories(es, settings, ["s1", "s9"])
    assert found.alert == ALERT
    assert [stored.alert for stored in get_alerts(es, settings, ["a1", "nothing"])] == [ALERT]


def test_all_alerts_of_many_stories_are_found(settings: Settings, es: Elasticsearch) -> None:
    create_alerts(es, settings, [numbered(n) for n in range(2_100)])
    assert len(alerts_of_stories(es, settings, [f"s{n}" for n in range(2_100)])) == 2_100


def test_who_has_not_seen_the_last_change_changes_nothing(settings: Settings, es: Elasticsearch) -> None:
    create_alerts(es, settings, [ALERT])
    (seen,) = get_alerts(es, settings, ["a1"])
    assert change_alerts(es, settings, [(seen, {"status": "sent"})])
    assert not change_alerts(es, settings, [(seen, {"status": "held", "outlets": 9})])
    (now,) = get_alerts(es, settings, ["a1"])
    assert (now.alert.status, now.alert.outlets) == ("sent", 0)


def test_a_change_leaves_the_fields_of_others_alone(settings: Settings, es: Elasticsearch) -> None:
    create_alerts(es, settings, [ALERT])
    change_alerts(es, settings, [(stored, {"articles": 4}) for stored in get_alerts(es, settings, ["a1"])])
    note_told(es, settings, [ALERT])
    (now,) = get_alerts(es, settings, ["a1"])
    assert now.alert == replaced(ALERT, articles=4, occasion=None)


def test_alerts_are_found_by_rule_story_article_and_status(settings: Settings, es: Elasticsearch) -> None:
    create_alerts(es, settings, [ALERT, replaced(ALERT, id="a2", rule_id="r2", article_id="x2", status="late")])
    assert [a.id for a in find_alerts(es, settings, rule="r2")] == ["a2"]
    assert [a.id for a in find_alerts(es, settings, article="x1")] == ["a1"]
    assert [a.id for a in find_alerts(es, settings, status=["late"], story="s1")] == ["a2"]


def test_a_saved_rule_is_read_again_with_its_history(settings: Settings, es: Elasticsearch) -> None:
    save_rules(settings, [RULE])
    assert get_rule(settings, "r1") == RULE
    assert get_rule(settings, "r2") is None
    assert all_rules(settings) == [RULE]


def test_a_rule_changed_by_two_keeps_the_change_of_the_first(settings: Settings, es: Elasticsearch) -> None:
    save_rules(settings, [RULE])
    save_rules(settings, [replaced(RULE, version=2, text="first")])
    with pytest.raises(UserMistake, match="changed by somebody else"):
        save_rules(settings, [replaced(RULE, version=2, text="second")])
    assert all_rules(settings)[0].text == "first"


def test_a_rule_book_follows_every_change(settings: Settings, es: Elasticsearch) -> None:
    book = RuleBook()
    assert not book.update(es, settings)
    save_rules(settings, [replaced(RULE, id=f"r{n}") for n in range(1_200)])
    assert len(book.update(es, settings)) == len(book.rules) == 1_200
    assert not book.update(es, settings)
    save_rules(settings, [replaced(RULE, id="r7", version=2, state="paused")])
    assert [rule.id for rule in book.update(es, settings)] == ["r7"]
    assert book.rules["r7"].state == "paused"
