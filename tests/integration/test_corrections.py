"""A correction from the command to the index, on real servers: at once, and through every retag and replay."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka.consumer.fetcher import ConsumerRecord

from consumers import clusterer, indexer, tagger
from tests.builders import article
from tests.e2e.line import prepare, publish
from wirewatch.cli import main
from wirewatch.errors import Unavailable
from wirewatch.models import Article, Origin
from wirewatch.search.client import asking
from wirewatch.search.corrections import Corrections
from wirewatch.search.indices import alias_of, refresh
from wirewatch.settings import Settings
from wirewatch.stream import Received, Until
from wirewatch.tagging import load_tagger

ATLANTA = "4180439"
STATE = "4197000"
STORY = article(
    "Georgia counts votes",
    "Election officials in Georgia were still counting on Wednesday. Georgia had sent observers to each county.",
    url="https://harbourwire.example/votes",
)


@pytest.fixture
def line(settings: Settings) -> Settings:
    line = msgspec.structs.replace(settings, ner="off")
    prepare(line)
    publish(line, [STORY])
    to_the_end(line)
    return line


def to_the_end(line: Settings) -> None:
    for consumer in (tagger, clusterer, indexer):
        consumer.run(line, Until.END)
    refresh(line)


def stored(line: Settings, of: Article = STORY) -> dict[str, Any]:
    with asking(line) as es:
        found: dict[str, Any] = es.get(index=alias_of(line, "news-articles"), id=of.id)["_source"]
    return found


def typed(line: Settings, *words: str) -> Result:
    return CliRunner(env=line.environment()).invoke(main, words)


def places(line: Settings) -> set[str]:
    return {m["entity_id"] for m in stored(line)["mentions"] if m["name"] == "Georgia" and m["type"] == "place"}


def test_a_corrected_article_is_right_at_once_and_stays_right(line: Settings) -> None:
    (was,) = places(line)
    wanted = STATE if was != STATE else "614540"
    result = typed(line, "tag", "--wrong", STORY.url or "", "Georgia", "--should-be", wanted)
    assert result.exit_code == 0, result.output
    assert f"text 22: Georgia is {wanted}, not {was}" in result.output
    to_the_end(line)
    assert places(line) == {wanted}
    assert wanted in stored(line)["locations"]
    assert was not in stored(line)["locations"]
    assert stored(line)["focus_country"] == {STATE: "US", "614540": "GE"}[wanted]

    publish(line, [STORY])  # a replay
    to_the_end(line)
    assert places(line) == {wanted}
    assert "0 of 1 articles would be tagged otherwise" in typed(line, "retag", "--dry-run", "--all").output
    assert typed(line, "retag", "--all").exit_code == 0
    to_the_end(line)
    assert places(line) == {wanted}


def test_a_correction_is_kept_with_who_and_what_it_was(line: Settings) -> None:
    (was,) = places(line)
    said = ("http://HarbourWire.example/votes/", "Georgia:2")
    printed = typed(line, "tag", "--json", "--by", "ann", "--wrong", *said)
    (made,) = json.loads(printed.stdout)
    with asking(line) as es:
        kept = es.get(index=alias_of(line, "news-corrections"), id=made["id"])["_source"]
        known = Corrections()
        known.update(es, line)
    assert (kept["article_id"], kept["was"], kept["should_be"], kept["start"]) == (STORY.id, was, "nothing", 22)
    assert kept["by"] == "ann"
    assert [one.id for one in known.of(STORY.id)] == [made["id"]]
    assert (len(known), known.of("other")) == (1, ())
    to_the_end(line)
    assert [m["start"] for m in stored(line)["mentions"] if m["name"] == "Georgia" and m["type"] == "place"] == [0, 64]


def test_the_tagger_is_measured_against_the_corrections_and_the_figures_are_kept(line: Settings) -> None:
    none = typed(line, "evaluate", "--corrections")
    assert (none.exit_code, "nobody has corrected" in none.stderr) == (2, True)
    (was,) = places(line)
    for said, should_be in (("Georgia:1", []), ("Georgia:2", ["--should-be", was])):  # the tagger is right of one
        assert typed(line, "tag", "--wrong", STORY.id, said, *should_be).exit_code == 0
    printed = typed(line, "evaluate", "--corrections", "--json")
    (run,) = json.loads(printed.stdout)
    found = {f["measure"]: (f["value"], f["count"]) for f in run["figures"]}
    assert found["corrections"] == (0.5, 2)
    assert [error["instead_of"] for error in run["errors"]] == ["no place"]
    with asking(line) as es:
        es.indices.refresh(index=alias_of(line, "news-metrics"))
        hits = es.search(index=alias_of(line, "news-metrics"), query={"term": {"subject": "corrections"}})["hits"]
    assert {(hit["_source"]["measure"], hit["_source"]["value"]) for hit in hits["hits"]} == {
        ("corrections", 0.5), ("corrections place", 0.5),
    }  # fmt: skip


def test_what_cannot_be_corrected_is_a_users_mistake_in_one_line(line: Settings) -> None:
    for words, why in [
        (("no-such-article", "Georgia"), "no stored article"),
        ((STORY.id, "Atlantis"), "tagged are Georgia"),
        ((STORY.id, "Georgia", "--should-be", "georgia-governmint"), "did you mean georgia-government"),
        ((STORY.id, "Georgia", "--jsonl"), "--wrong corrects a stored article"),
    ]:
        result = typed(line, "tag", "--wrong", *words)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
        assert why in result.stderr
    lonely = typed(line, "tag", "--should-be", ATLANTA)
    assert (lonely.exit_code, "--wrong" in lonely.stderr) == (2, True)


def received(origin: Origin, sent: datetime) -> Received[Article]:
    """The article as it comes to a tagger."""
    record = ConsumerRecord("t", 0, 0, 0, int(sent.timestamp() * 1000), 0, None, None, [], None, 0, 0, 0)
    return Received(STORY, origin, record)


def test_a_tagger_at_work_knows_a_correction_when_the_article_that_was_sent_for_it_comes(line: Settings) -> None:
    known = tagger.KnownCorrections(line)
    known.read()

    def corrections(origin: Origin, sent: datetime) -> int:
        return len(list(known.applied_to(load_tagger(line), [received(origin, sent)]).of(STORY.id)))

    assert typed(line, "tag", "--wrong", STORY.id, "Georgia:1").exit_code == 0
    now = datetime.now(UTC)
    assert corrections(Origin.LIVE, now) == 0  # what is live does not wait: it is looked at every few seconds
    assert corrections(Origin.RETAG, now - timedelta(hours=1)) == 0  # sent before anybody corrected it
    assert corrections(Origin.RETAG, now) == 1


def test_a_tagger_goes_on_with_live_articles_while_elasticsearch_is_away(line: Settings) -> None:
    away = tagger.KnownCorrections(msgspec.structs.replace(line, elasticsearch="http://127.0.0.1:9"))
    away._read_at = time.time() - 2 * tagger.CORRECTIONS_EVERY_S
    batch = [received(Origin.LIVE, datetime.now(UTC))]
    assert away.applied_to(load_tagger(line), batch).tag(STORY, now=datetime.now(UTC)).tags.mentions
    with pytest.raises(Unavailable):
        away.applied_to(load_tagger(line), [received(Origin.RETAG, datetime.now(UTC))])


def test_live_articles_are_tagged_without_waiting_for_what_is_unknown(settings: Settings) -> None:
    """A line where nobody has corrected anything, and there is no index of corrections yet."""
    known = Corrections()
    with asking(settings) as es:
        known.update(es, settings)
    assert len(known) == 0
