"""Indices, and what is written into them, on a real Elasticsearch."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.builders import NOW, article, replaced
from tests.stored import STORY, as_write, clustered, kept, stored
from wirewatch.cli import main
from wirewatch.errors import IndexMissing, Refused, Unavailable
from wirewatch.geo import Point
from wirewatch.models import ActorTag, Article, Lineage, Mention, PlaceTag, Source
from wirewatch.search.articles import Outcome, write
from wirewatch.search.client import asking, connect, reachable
from wirewatch.search.documents import ARTICLES, STORIES, article_write, story_write
from wirewatch.search.indices import MAPPINGS, alias_of, count, delete_indices, ensure_indices, mapping, refresh
from wirewatch.settings import Settings


def test_elasticsearch_is_reachable(settings: Settings) -> None:
    reachable(settings)


def test_the_indices_are_behind_their_aliases_with_the_mapping_of_the_files(made: Settings) -> None:
    with asking(made) as es:
        for name in (ARTICLES, STORIES):
            ((index, found),) = es.indices.get(index=alias_of(made, name)).items()
            assert index == f"{made.name_prefix}{name}-000001"
            assert found["mappings"]["dynamic"] == "strict"
            assert set(found["mappings"]["properties"]) == set(mapping(name)["properties"])
            assert found["settings"]["index"]["number_of_replicas"] == "0"


def test_replicas_are_what_the_settings_say(settings: Settings) -> None:
    ensure_indices(replaced(settings, elasticsearch_replicas=2))
    with asking(settings) as es:
        found = es.indices.get_settings(index=alias_of(settings, ARTICLES))
        assert [index["settings"]["index"]["number_of_replicas"] for index in found.values()] == ["2"]


def test_indices_made_again_keep_what_is_in_them(made: Settings) -> None:
    stored(made, as_write())
    ensure_indices(made)
    assert count(made) == 1


def test_several_processes_may_make_the_indices_at_once(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(ensure_indices, settings) for _ in range(8)]:
            done.result()
    with asking(settings) as es:
        assert len(es.indices.get(index=f"{settings.name_prefix}*")) == len(MAPPINGS)


def test_a_second_look_at_indices_that_are_there_changes_nothing(made: Settings) -> None:
    def versions() -> dict[str, tuple[int, int]]:
        with asking(made) as es:
            found = es.cluster.state(metric="metadata", index=f"{made.name_prefix}*")["metadata"]["indices"]
        return {name: (one["mapping_version"], one["aliases_version"]) for name, one in found.items()}

    before = versions()
    ensure_indices(made)
    assert versions() == before


def test_the_commands_make_and_list_the_indices(settings: Settings) -> None:
    runner = CliRunner(env=settings.environment())
    assert "there is none yet" in runner.invoke(main, ["indices", "list"]).output
    assert runner.invoke(main, ["indices", "make"]).output == f"{len(MAPPINGS)} indices are there\n"
    stored(settings, as_write())
    refresh(settings)
    found = {one["alias"]: one for one in json.loads(runner.invoke(main, ["indices", "list", "--json"]).output)}
    assert found.keys() == {alias_of(settings, name) for name in MAPPINGS}
    articles = found[alias_of(settings, ARTICLES)]
    assert articles["index"] == f"{articles['alias']}-000001"
    assert articles["documents"] >= 1
    assert f"{articles['index']} " in runner.invoke(main, ["indices", "list"]).output


def test_an_older_index_gets_the_fields_that_are_new(settings: Settings) -> None:
    alias, fields = alias_of(settings, STORIES), mapping(STORIES)
    without = fields | {"properties": {k: v for k, v in fields["properties"].items() if k != "linked_stories"}}
    with asking(settings) as es:
        es.indices.create(index=f"{alias}-000001", aliases={alias: {}}, mappings=without)
    ensure_indices(settings)
    assert stored(settings, story_write(replaced(STORY, linked_stories=("s2",)))).written == 1


def test_an_index_with_another_type_for_a_field_is_refused_by_name(settings: Settings) -> None:
    alias = alias_of(settings, ARTICLES)
    with asking(settings) as es:
        es.indices.create(
            index=f"{alias}-000001", aliases={alias: {}}, mappings={"properties": {"geo": {"type": "keyword"}}}
        )
    with pytest.raises(Refused, match=rf"{alias}-000001 has another mapping.*geo"):
        ensure_indices(settings)


def test_an_index_under_the_name_of_the_alias_is_refused(settings: Settings) -> None:
    with asking(settings) as es:
        es.indices.create(index=alias_of(settings, ARTICLES))
    with pytest.raises(Refused, match=alias_of(settings, ARTICLES)):
        ensure_indices(settings)


def test_deleting_takes_only_the_indices_of_the_prefix(made: Settings) -> None:
    other = replaced(made, name_prefix=made.name_prefix + "other.")
    ensure_indices(other)
    delete_indices(other)
    delete_indices(other)
    assert count(made) == 0
    with pytest.raises(IndexMissing):
        count(other)


def test_an_article_is_stored_whole_but_for_its_folded_words(made: Settings) -> None:
    of = as_write(article("Élysée: talks", "Talks in Paris."))
    assert stored(made, of) == Outcome(written=1)
    expected = msgspec.json.decode(msgspec.json.encode(of.document))
    assert expected.pop("folded") == "elysee talks talks in paris"
    assert kept(made, of) == expected
    with asking(made) as es:
        found = es.search(index=alias_of(made, ARTICLES), query={"match_phrase": {"folded": "elysee talks"}})
        assert found["hits"]["total"]["value"] == 1


def test_the_same_twice_changes_nothing(made: Settings) -> None:
    batch = [as_write(), story_write(STORY)]
    assert stored(made, *batch) == Outcome(written=2)
    assert stored(made, *batch) == Outcome(unchanged=2)
    assert stored(made, as_write(), as_write()) == Outcome(unchanged=2)
    assert count(made) == 1


def test_nothing_older_overwrites_what_is_newer(made: Settings) -> None:
    first = article("Rebels near Homs", url="https://h.example/1")
    edited = article("Rebels in Homs", url="https://h.example/1")
    assert stored(made, as_write(edited, version=2)) == Outcome(written=1)
    assert stored(made, as_write(first, version=1)) == Outcome(unchanged=1)
    assert kept(made, as_write(first))["title"] == "Rebels in Homs"


def test_newer_tags_of_the_same_text_replace_the_older(made: Settings) -> None:
    older = clustered()
    newer = replaced(older, tagged=replaced(older.tagged, tagged_at=NOW + timedelta(seconds=1), kb_version="new"))
    batch = [article_write(one, indexed_at=NOW) for one in (newer, older)]
    assert stored(made, *batch) == Outcome(written=1, unchanged=1)
    assert kept(made, batch[0])["kb_version"] == "new"


def test_an_older_revision_of_a_story_never_replaces_a_newer(made: Settings) -> None:
    newer, older = replaced(STORY, revision=3, articles=5), replaced(STORY, revision=2, articles=4)
    assert stored(made, story_write(newer), story_write(older)) == Outcome(written=1, unchanged=1)
    assert kept(made, story_write(newer))["articles"] == 5


@pytest.mark.parametrize(
    ("place", "value"),
    [("", {"unknown": 1}), ("source", {"unknown": 1}), ("lineage", {"unknown": 1}), ("mentions", [{"unknown": 1}])],
    ids=["document", "source", "lineage", "mentions"],
)
def test_a_field_that_no_mapping_names_is_refused(made: Settings, place: str, value: Any) -> None:
    of = as_write()
    bad = replaced(of, document={**of.document, place: value} if place else {**of.document, **value})
    (refused,) = stored(made, bad).refused
    assert "unknown" in refused.reason
    assert "strict" in refused.reason


def test_a_refused_document_does_not_take_its_neighbours_with_it(made: Settings) -> None:
    batch = [as_write(article(f"Report {n}")) for n in range(8)]
    spoilt: list[tuple[int, dict[str, Any], str]] = [
        (1, {"document": {**batch[1].document, "geo": [{"lat": 91.0, "lon": 0.0}]}}, "latitude"),
        (2, {"document": {**batch[2].document, "version": 2**40}}, "version"),
        (3, {"id": "x" * 513}, "512 bytes"),
        (4, {"id": ""}, "512 bytes"),
        (5, {"version": 2**63}, "version 9223372036854775808"),
        (6, {"document": {**batch[6].document, "title": "\ud800"}}, "surrogates"),
    ]
    for position, change, _ in spoilt:
        batch[position] = replaced(batch[position], **change)
    outcome = stored(made, *batch)
    assert outcome.written == 2
    assert [refused.position for refused in outcome.refused] == [1, 2, 3, 4, 5, 6]
    for refused, (_, _, why) in zip(outcome.refused, spoilt, strict=True):
        assert why in refused.reason
        assert "\n" not in refused.reason


def test_writing_where_there_is_no_index_makes_none(settings: Settings) -> None:
    with connect(settings) as es:
        with pytest.raises(IndexMissing, match=alias_of(settings, ARTICLES)):
            write(es, settings, [as_write()])
        assert not es.indices.exists(index=alias_of(settings, ARTICLES))


def test_writing_that_is_held_back_is_waited_for(made: Settings) -> None:
    with asking(made) as es:
        es.indices.put_settings(index=alias_of(made, ARTICLES), settings={"index.blocks.write": True})
        with pytest.raises(Unavailable, match="block"):
            write(es, made, [as_write()], patience_s=0.2)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(write, es, made, [as_write()])
            es.indices.put_settings(index=alias_of(made, ARTICLES), settings={"index.blocks.write": None})
            assert waiting.result().written == 1


def test_writing_to_a_closed_index_blames_no_document(made: Settings) -> None:
    with asking(made) as es:
        es.indices.close(index=alias_of(made, ARTICLES))
        with pytest.raises(Refused, match="closed"):
            write(es, made, [as_write()])


def test_documents_of_more_than_one_request_are_all_stored(made: Settings) -> None:
    batch = [as_write(article(f"Report {n}", f"long {n} " * 150_000)) for n in range(4)]
    assert stored(made, *batch) == Outcome(written=4)


def test_an_article_of_the_most_mentions_is_stored(made: Settings) -> None:
    many = tuple(Mention("Homs", n, n + 4, "place", reason="the only one") for n in range(12_000))
    assert stored(made, as_write(mentions=many)).written == 1


odd_text = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.sampled_from(
        ["", " ", "x" * 33_000, "語" * 33_000, "😀" * 33_000, "مقاتلون في حمص\u202e", "a\u0000b", "\ufeff", "a\n\tb"]
    ),
)
maybe_odd = st.none() | odd_text
odd_articles = st.builds(
    Article,
    id=st.text(st.characters(codec="utf-8"), min_size=1, max_size=100),
    title=odd_text,
    text=odd_text,
    fetched_at=st.just(NOW),
    content_hash=odd_text,
    url=maybe_odd,
    summary=maybe_odd,
    source=st.builds(Source, maybe_odd, maybe_odd, maybe_odd),
    feed=maybe_odd,
    language=maybe_odd,
    author=maybe_odd,
    published_at=st.none() | st.datetimes(timezones=st.just(NOW.tzinfo)) | st.datetimes(),
    lineage=st.builds(
        Lineage, maybe_odd, maybe_odd, maybe_odd, maybe_odd, st.none() | st.just(2**31 - 1), st.just(2**62)
    ),
)
odd_places = st.builds(
    PlaceTag,
    odd_text,
    maybe_odd,
    maybe_odd,
    st.sampled_from(["country", "city", "site"]),
    st.none() | st.builds(Point, st.floats(-90, 90), st.floats(-180, 180)),
)
odd_mentions = st.builds(
    Mention, odd_text, st.just(0), st.just(2**31 - 1), st.just("place"), maybe_odd,
    confidence=st.sampled_from([0.0, 1.0, math.nan]), reason=odd_text,
)  # fmt: skip


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    of=odd_articles,
    places=st.lists(odd_places, max_size=3).map(tuple),
    mentions=st.lists(odd_mentions, max_size=3).map(tuple),
    actors=st.lists(st.builds(ActorTag, odd_text, odd_text, st.just("media")), max_size=2).map(tuple),
)
def test_an_odd_article_is_stored_like_any_other(made: Settings, of: Article, **found: Any) -> None:
    with connect(made) as es:
        outcome = write(es, made, [as_write(of, **found, about_actors=(of.title,), focus_country=of.text)])
    assert not outcome.refused
    assert outcome.written + outcome.unchanged == 1
