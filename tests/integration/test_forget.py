"""`wirewatch forget` on the real line: an article goes for good, and who was paged is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import CliRunner, Result

from consumers import alerter, clusterer, indexer, notifier, tagger
from producers import retag
from tests.builders import article, replaced
from tests.e2e.line import at_work, forget_the_groups, prepare, publish, run_the_line
from tests.receivers import Webhook, soon, webhook
from wirewatch.alerts.rule import Rule
from wirewatch.cli import main
from wirewatch.models import TAKEN_DOWN_TITLE, Alert, Story
from wirewatch.notify import add_channel
from wirewatch.search.alerts import find_alerts
from wirewatch.search.client import connect
from wirewatch.search.indices import SHOWN, alias_of, ensure_indices, refresh
from wirewatch.search.past import past_article, past_stories
from wirewatch.search.query import search
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings

NOW = datetime.now(UTC)
WORDS = "The ferry Meridian ran aground off Tartus on Tuesday with ninety people aboard, the harbour office said. "
TOLD = article(
    "Ferry Meridian runs aground off Tartus",
    WORDS * 2,
    url="https://harbourwire.example/meridian",
    published_at=NOW,
    fetched_at=NOW,
)
COPY = replaced(
    article("Ferry Meridian aground", WORDS * 2, url="https://other.example/1", published_at=NOW, fetched_at=NOW),
    source=msgspec.structs.replace(TOLD.source, name="Other", domain="other.example"),
)
STAGES = (tagger, clusterer, indexer, alerter, notifier)
RULE = Rule(
    "ferry",
    "Ferry",
    text="meridian",
    notify=("ops",),
    created_at=NOW - timedelta(days=1),
    since=NOW - timedelta(days=1),
)


def to_the_end(settings: Settings) -> None:
    run_the_line(settings)
    refresh(settings)


def found(settings: Settings, query: str | None = None) -> set[str]:
    refresh(settings)
    return {hit.id for hit in search(settings, query, now=datetime.now(UTC)).articles}


def alerts(settings: Settings) -> list[Alert]:
    refresh(settings)
    with connect(settings) as es:
        return find_alerts(es, settings)


def story_of(settings: Settings, article_id: str) -> Story:
    past = past_article(settings, article_id)
    assert past is not None
    return past_stories(settings, [past.story_id])[past.story_id]


def forget(settings: Settings, *words: str) -> Result:
    """What the command says, with the line at work."""
    with at_work(settings, *STAGES):
        return CliRunner(env=settings.environment()).invoke(main, ["forget", *words], catch_exceptions=False)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


@pytest.fixture
def told(settings: Settings, hook: Webhook) -> Settings:
    """A line that has an article and its copy in one story, and has paged for it."""
    settings = msgspec.structs.replace(settings, ner="off")
    prepare(settings)
    add_channel(settings, "ops", hook.url())
    save_rules(settings, [RULE])
    publish(settings, [TOLD])
    to_the_end(settings)
    publish(settings, [COPY])
    to_the_end(settings)
    assert len(hook.ids) == 1
    assert story_of(settings, TOLD.id).articles == 2
    return settings


def test_an_article_is_gone_from_index_story_and_alerts_and_who_was_paged_is_told(
    told: Settings, hook: Webhook
) -> None:
    said = forget(told, TOLD.url or "", "--why", "court order", "--json")
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout) == {
        "id": TOLD.id, "title": TOLD.title, "taken_down": True, "alerts": {"corrected": 1}
    }  # fmt: skip
    assert found(told) == {COPY.id}
    story = story_of(told, COPY.id)
    assert (story.articles, story.title, story.outlets) == (1, COPY.title, ("other.example",))
    (alert,) = alerts(told)
    assert (alert.title, alert.url, alert.reasons) == (TAKEN_DOWN_TITLE, None, ())
    assert soon(lambda: len(hook.bodies) == 2)
    assert "taken down" in hook.bodies[1]["message"]
    assert not any("Meridian" in str(value) for value in hook.bodies[1].values())


def test_an_article_that_became_another_story_is_gone_from_both_and_both_are_told(
    told: Settings, hook: Webhook
) -> None:
    words = "Divers of the Meridian Society counted seals between the islands all summer; nobody had done that before. "
    publish(told, [replaced(TOLD, title="Seals are counted", text=words * 2, content_hash="another")])
    to_the_end(told)
    assert len({alert.story_id for alert in alerts(told)}) == 2
    said = forget(told, TOLD.id, "--json")
    assert json.loads(said.stdout)["alerts"] == {"corrected": 2}
    assert json.loads(said.stdout)["taken_down"]
    both = alerts(told)
    assert [(alert.title, alert.reasons) for alert in both] == [(TAKEN_DOWN_TITLE, ())] * 2
    stories = past_stories(told, [alert.story_id for alert in both])
    assert sorted((story.title, story.articles) for story in stories.values()) == [
        (TAKEN_DOWN_TITLE, 0), (COPY.title, 1)
    ]  # fmt: skip
    assert soon(lambda: sum("taken down" in body["message"] for body in hook.bodies) == 2)


def test_neither_replay_nor_retag_nor_a_new_version_brings_it_back(told: Settings, hook: Webhook) -> None:
    forget(told, TOLD.id)
    told_so_far = len(hook.ids)
    edited = replaced(TOLD, text=WORDS * 3, content_hash="another")
    publish(told, [TOLD, edited])
    to_the_end(told)
    retag.run(told, everything=True)
    to_the_end(told)
    forget_the_groups(told)
    to_the_end(told)
    assert found(told) == {COPY.id}
    assert "Meridian" not in json.dumps(kept(told, TOLD.id))
    assert len(hook.ids) == told_so_far


def test_an_article_that_never_came_can_be_kept_out(settings: Settings, hook: Webhook) -> None:
    settings = msgspec.structs.replace(settings, ner="off")
    prepare(settings)
    add_channel(settings, "ops", hook.url())
    save_rules(settings, [RULE])
    said = forget(settings, TOLD.url or "")
    assert "will be kept out" in said.output
    publish(settings, [TOLD, COPY])
    to_the_end(settings)
    assert found(settings) == {COPY.id}
    assert story_of(settings, COPY.id).articles == 1


def test_what_is_no_article_is_one_line(settings: Settings) -> None:
    prepare(settings)
    said = CliRunner(env=settings.environment()).invoke(main, ["forget", "the ferry story"])
    assert said.exit_code == 2
    assert "the ferry story is no stored article's id or address" in said.output


def test_an_index_of_before_hides_the_marks_too(settings: Settings) -> None:
    ensure_indices(settings)
    alias = alias_of(settings, "news-articles")
    with httpx.Client(base_url=str(settings.elasticsearch)) as http:
        actions = [{"add": {"index": f"{alias}-000001", "alias": alias, "is_write_index": True}}]
        http.post("/_aliases", json={"actions": actions}).raise_for_status()
        assert "filter" not in http.get(f"/_alias/{alias}").json()[f"{alias}-000001"]["aliases"][alias]
        ensure_indices(settings)
        now = http.get(f"/_alias/{alias}").json()[f"{alias}-000001"]["aliases"][alias]
    assert (now["filter"], now["is_write_index"]) == (SHOWN["news-articles"], True)


def kept(settings: Settings, article_id: str) -> dict[str, Any]:
    """The document under the id, the mark too."""
    alias = alias_of(settings, "news-articles")
    answer: dict[str, Any] = httpx.get(f"{settings.elasticsearch}/{alias}/_doc/{article_id}").json()["_source"]
    return answer
