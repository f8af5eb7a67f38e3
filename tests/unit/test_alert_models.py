"""What alerts and rules are made of, and where the index keeps it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.builders import NOW, replaced
from wirewatch.alerts.rule import Area, Near, Rule, length
from wirewatch.geo import Point
from wirewatch.models import Alert, ChannelState, Reason, alert_id
from wirewatch.search.documents import ALERT_RULES, ALERTS, alert_document, rule_document
from wirewatch.search.indices import mapping
from wirewatch.topics import ALERTS as ALERTS_TOPIC

ALERT = Alert(
    "a1", "r1", "Rule", 1, "s1", "x1", "Rebels enter Homs", "new", NOW, NOW, 3,
    reasons=(Reason("text", ("rebels",), ((0, 6),), "title", "Rebels enter Homs", 0),),
    geo=(Point(34.73, 36.71),), channels=(ChannelState("ops", "sent", NOW, 1),), occasion="first",
)  # fmt: skip


@pytest.mark.parametrize(
    ("index", "place", "model"),
    [
        (ALERTS, "", Alert),
        (ALERTS, "reasons", Reason),
        (ALERTS, "channels", ChannelState),
        (ALERT_RULES, "", Rule),
        (ALERT_RULES, "near", Near),
        (ALERT_RULES, "inside", Area),
    ],
)
def test_a_model_that_gets_a_field_gets_it_in_the_mapping_too(
    index: str, place: str, model: type[msgspec.Struct]
) -> None:
    found: dict[str, Any] = mapping(index)["properties"]
    fields = found[place]["properties"] if place else found
    derived = {"age_ms"} if model is Alert else set()
    assert set(fields) == {field.encode_name for field in msgspec.structs.fields(model)} | derived


def test_an_alert_is_the_same_again_from_its_document_and_from_its_message() -> None:
    assert msgspec.convert(alert_document(ALERT), Alert) == ALERT
    assert msgspec.json.decode(msgspec.json.encode(ALERT), type=Alert) == ALERT
    assert alert_document(ALERT)["@timestamp"] == NOW


def test_an_alerts_document_says_how_old_its_article_was_then() -> None:
    published = replaced(ALERT, published_at=NOW - timedelta(minutes=2))
    assert alert_document(published)["age_ms"] == 120_000
    assert "age_ms" not in alert_document(ALERT)
    assert msgspec.convert(alert_document(published), Alert) == published


def test_a_rule_is_the_same_again_from_its_document() -> None:
    rule = Rule("r1", "Rule", text="homs", near=(Near("Homs, SY", Point(34.73, 36.71)),), members={"a": ("b",)})
    assert msgspec.convert(rule_document(rule), Rule) == rule


def test_a_rule_and_a_story_have_one_alert() -> None:
    assert alert_id("r", "s") == alert_id("r", "s")
    assert len({alert_id("r", "s"), alert_id("s", "r"), alert_id("rs", ""), alert_id("r", "t")}) == 4


def test_the_alerts_of_a_rule_are_kept_in_order() -> None:
    assert ALERTS_TOPIC.key(ALERT) == "r1"


def test_an_alert_is_told_under_its_id_and_told_again_under_another() -> None:
    assert ALERT.notification_id == "a1"
    assert replaced(ALERT, occasion="escalation").notification_id == "a1-escalation-3"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("90s", 90), ("30m", 1800), (" 6 H ", 21_600), ("3d", 259_200), ("2w", 1_209_600), ("", None), ("-1h", None)],
)
def test_a_length_of_time_is_a_number_and_a_unit(said: str, seconds: int | None) -> None:
    found = length(said)
    assert (found and found.total_seconds()) == seconds
