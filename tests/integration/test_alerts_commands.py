"""`wirewatch alerts` as a user types it, on a real Elasticsearch."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.builders import article, replaced, tagged
from tests.unit.test_alert_match import articles, queries, rules
from wirewatch.alerts.match import match
from wirewatch.alerts.rule import Rule
from wirewatch.cli import main
from wirewatch.models import Alert, ClusteredArticle, Reason, Story, TaggedArticle
from wirewatch.search.alerts import create_alerts
from wirewatch.search.articles import write
from wirewatch.search.client import connect
from wirewatch.search.documents import article_write, story_write
from wirewatch.search.indices import ensure_indices, refresh
from wirewatch.search.past import past_articles, tagged_of_document
from wirewatch.settings import Settings

RECENT = datetime.now(UTC) - timedelta(days=2)


def typed(settings: Settings, *words: str, answer: str | None = None) -> Result:
    return CliRunner(env=settings.environment()).invoke(main, ["alerts", *words], input=answer)


def ok(settings: Settings, *words: str, answer: str | None = None) -> str:
    result = typed(settings, *words, answer=answer)
    assert result.exit_code == 0, result.output
    return result.output


def store(settings: Settings, *tagged_articles: TaggedArticle, story: str = "s") -> None:
    writes = []
    for n, one in enumerate(tagged_articles):
        told = Story(f"{story}{n}", one.article.title, one.article.id, RECENT, RECENT, 1, 1, independent_outlets=1)
        writes += [article_write(ClusteredArticle(one, told, 1, RECENT), indexed_at=RECENT), story_write(told)]
    with connect(settings) as es:
        assert not write(es, settings, writes).refused
    refresh(settings)


@pytest.fixture
def made(settings: Settings) -> Settings:
    """The settings of a line whose indices are there."""
    ensure_indices(settings)
    return settings


@pytest.fixture
def news(made: Settings) -> Settings:
    """Three articles of two days ago, two of them about Homs."""
    texts = ["Rebels entered Homs.", "Government forces left Homs.", "A football match."]
    store(
        made,
        *(tagged(article(f"Report {n}", text, id=f"a{n}", published_at=RECENT)) for n, text in enumerate(texts)),
    )
    return made


def test_a_rule_is_added_shown_edited_paused_resumed_muted_and_deleted_with_its_history(news: Settings) -> None:
    ok(news, "add", "rebels AND homs", "--id", "homs", "--near", "Homs, SY", "--within", "20")
    assert "within 20 km of Homs, SY" in ok(news, "list")
    assert "text: 'rebels AND homs' -> 'rebels'" in ok(news, "edit", "homs", "--text", "rebels")
    ok(news, "pause", "homs")
    assert "paused" in ok(news, "list")
    ok(news, "resume", "homs")
    ok(news, "mute", "homs", "s0")
    ok(news, "delete", "homs")
    assert "there are no rules" in ok(news, "list")
    rule = json.loads(ok(news, "show", "homs", "--json"))
    assert [change["what"] for change in rule["history"]] == ["add", "edit", "pause", "resume", "mute s0", "delete"]
    assert all(change["by"] and change["at"] for change in rule["history"])
    assert (rule["version"], rule["state"], rule["near"][0]["id"]) == (6, "deleted", "169577")


def test_a_mistake_is_one_line_and_exit_code_2(news: Settings) -> None:
    ok(news, "add", "homs", "--id", "homs")
    for words, said in MISTAKES:
        result = typed(news, *words)
        assert (result.exit_code, said in result.output) == (2, True), result.output
        assert len(result.output.splitlines()) == 1


MISTAKES = [
    (["add", "rebels && homs"], "character 8"),
    (["add", "homs", "--actor", "hezbolah"], "did you mean hezbollah"),
    (["add", "NOT football"], "nearly every article"),
    (["add", "homs", "--within", "5"], "--near"),
    (["add"], "every article"),
    (["edit", "nothing", "--text", "x"], "no rule 'nothing'"),
    (["pause", "nothing"], "no rule 'nothing'"),
    (["why-not", "nothing", "a0"], "no rule 'nothing'"),
    (["ack", "nothing"], "no alert 'nothing'"),
    (["test", "(rebels"], "not closed"),
    (["add", "hama", "--id", "homs"], "rule homs already"),
]


def test_a_rules_file_is_loaded_as_a_whole_after_its_difference_was_shown(news: Settings, tmp_path: Path) -> None:
    ok(news, "add", "homs", "--id", "gone")
    ok(news, "add", "homs", "--id", "kept")
    file = tmp_path / "rules.toml"
    file.write_text('[[rule]]\nid = "kept"\nname = "homs"\ntext = "hama"\n[[rule]]\nid = "fresh"\ntext = "aleppo"\n')
    shown = ok(news, "add", "--file", str(file), "--dry-run")
    assert shown.splitlines() == [
        "~ kept", "    text: 'homs' -> 'hama'", "+ fresh", "- gone", "nothing was changed (--dry-run)"
    ]  # fmt: skip
    assert {r["id"] for r in json.loads(ok(news, "list", "--json"))} == {"gone", "kept"}
    assert typed(news, "add", "--file", str(file), answer="n\n").exit_code == 1
    ok(news, "add", "--file", str(file), answer="y\n")
    assert {(r["id"], r["text"]) for r in json.loads(ok(news, "list", "--json"))} == {
        ("kept", "hama"), ("fresh", "aleppo")
    }  # fmt: skip
    assert "as they are in the file already" in ok(news, "add", "--file", str(file))


def test_a_rule_tried_on_the_past_says_what_it_would_have_found_and_why(news: Settings) -> None:
    said = ok(news, "test", "homs AND (rebels OR forces)", "--days", "30")
    assert "2 articles in 2 stories met it in 30 days; you would have been paged 2 times" in said
    assert "words that do the work: homs (2)" in said
    assert "“Homs” in “Rebels entered Homs.”" in said
    trial = json.loads(ok(news, "test", "homs", "--days", "30", "--json"))
    assert (trial["articles"], len(trial["samples"]), trial["days"][0]["articles"]) == (2, 2, 2)
    assert "0 articles" in ok(news, "test", "homs", "--days", "1")
    assert "paged 0 times" in ok(news, "test", "homs", "--min-sources", "2")


def test_articles_that_a_rule_surely_refuses_are_not_even_brought(news: Settings) -> None:
    def looked_at(query: str) -> tuple[int, int]:
        trial = json.loads(ok(news, "test", query, "--broad", "--json"))
        return trial["looked_at"], trial["articles"]

    assert looked_at("NOT homs") == (1, 1)
    assert looked_at("NOT (homs OR foot*)") == (0, 0)
    assert looked_at("NOT (homs AND NOT rebels)") == (2, 2)
    assert looked_at('NOT "entered homs"') == (3, 2), "the index does not know where a title ends"
    assert looked_at("NOT title:homs") == (3, 3)


def test_why_not_says_which_condition_a_stored_article_fails(news: Settings) -> None:
    ok(news, "add", "rebels AND football", "--id", "r", "--near", "Aleppo, SY", "--within", "10")
    said = ok(news, "why-not", "r", "a0")
    assert "NOT text: football is not there" in said
    assert "NOT near: the place nearest to Aleppo, SY is Homs" in said


def test_the_log_shows_alerts_with_reasons_and_who_has_seen_them(news: Settings) -> None:
    made = Alert("abc1234567", "r", "Homs", 1, "s0", "a0", "Rebels", "sent", RECENT, RECENT, 1,
                 reasons=(Reason("text", ("Homs",), ((0, 4),), "text", "Homs fell.", 0),))  # fmt: skip
    with connect(news) as es:
        create_alerts(es, news, [made])
    assert "- “Homs” in “Homs fell.”" in ok(news, "log")
    assert "Why:" in ok(news, "show-alert", "abc1")
    ok(news, "ack", "abc1")
    assert json.loads(ok(news, "log", "--json"))[0]["acked_by"]
    assert json.loads(ok(news, "log", "--status", "late", "--json")) == []


def test_a_stored_article_is_to_rules_what_it_was_when_it_came(news: Settings) -> None:
    one = tagged(article("Rebels", "Rebels in Homs."))
    written = article_write(ClusteredArticle(one, STORY, 1, RECENT), indexed_at=RECENT).document
    document = json.loads(msgspec.json.encode(written))
    again = tagged_of_document(document)
    assert (again.tags.actors, again.tags.places) == (one.tags.actors, one.tags.places)
    assert (again.tags.mentions, again.article.title) == (one.tags.mentions, one.article.title)


NUMBERS = count()
STORY = Story("s", "T", "a", RECENT, RECENT, 1, 1)


@hypothesis_settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(rules | st.builds(Rule, id=st.just("r"), name=st.just("R"), text=queries), min_size=1, max_size=8),
    st.lists(articles, min_size=1, max_size=6),
)
def test_the_index_never_hides_an_article_that_the_live_matcher_takes(
    made: Settings, many: list[Rule], of: list[TaggedArticle]
) -> None:
    settings = made
    fresh = [replaced(one, article=replaced(one.article, id=f"x{next(NUMBERS)}")) for one in of]
    distinct = {one.article.id: one for one in fresh}
    store(settings, *fresh, story=f"of-{fresh[0].article.id}-")
    for rule in many:
        taken = {i for i, one in distinct.items() if match(rule, one, STORY)}
        found = {past.tagged.article.id: past.tagged for page in past_articles(settings, rule) for past in page}
        assert taken <= found.keys()
        assert taken == {i for i in distinct if i in found and match(rule, found[i], STORY)}
