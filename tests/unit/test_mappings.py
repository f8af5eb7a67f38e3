"""What the mappings say and what the documents are: neither may have a field that the other lacks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.builders import NOW, article, replaced, tagged, tags
from wirewatch.geo import Point
from wirewatch.models import (
    ActorTag,
    Article,
    ClusteredArticle,
    Correction,
    Lineage,
    Mention,
    Metric,
    Origin,
    PlaceTag,
    Source,
    Story,
)
from wirewatch.search.documents import (
    ARTICLES,
    CORRECTIONS,
    MENTIONS_LIMIT,
    METRICS,
    STORIES,
    article_document,
    article_of_document,
    article_write,
    correction_document,
    external_version,
    metric_write,
    story_document,
    story_write,
)
from wirewatch.search.indices import MAPPINGS, mapping

HOMS = Point(34.73, 36.71)
FULL_LINEAGE = Lineage("files", "a/b.txt", "manual__1", "news.articles.raw", 3, 2**40)
FULL_ARTICLE = article(
    url="https://harbourwire.example/homs",
    summary="Rebels are in Homs.",
    feed="https://harbourwire.example/feed",
    author="A. Writer",
    aliases=("https://harbourwire.example/amp/homs", "guid-1"),
    truncated=True,
    lineage=FULL_LINEAGE,
)
STORY = Story(
    "s1", "Rebels enter Homs", "a1", NOW, NOW, 7, 3, ("Harbour Wire",), 1, ("syria-rebels",), ("169577",), ("SY",),
    (HOMS,), ("en",), ("s2",),
)  # fmt: skip


def clustered(of: Article = FULL_ARTICLE, **fields: Any) -> ClusteredArticle:
    return ClusteredArticle(tagged(of, tags=tags(**fields)), STORY, 1, NOW)


def document(of: Article = FULL_ARTICLE, **fields: Any) -> dict[str, Any]:
    return article_document(clustered(of, **fields), indexed_at=NOW)


def mapped(properties: dict[str, Any], above: str = "") -> Iterator[str]:
    for name, field in properties.items():
        if field.get("type") == "alias":  # another name for a field, which no document holds
            continue
        yield from mapped(field["properties"], f"{above}{name}.") if "properties" in field else [above + name]


def produced(value: dict[str, Any], above: str = "") -> Iterator[str]:
    for name, field in value.items():
        if name in ("geo", "point", "tags"):
            yield above + name
        elif isinstance(field, dict):
            yield from produced(field, f"{above}{name}.")
        elif isinstance(field, list) and field and isinstance(field[0], dict):
            for one in field:
                yield from produced(one, f"{above}{name}.")
        else:
            yield above + name


def correction(actor: ActorTag | None = None, place: PlaceTag | None = None) -> Correction:
    return Correction("c1", "a1", "ann", NOW, "text", 4, 8, "Homs", 1, "place", "163843", actor, place)


FULL_CORRECTION = correction(
    ActorTag("a", "A", "media", ("SY",), 0.5),
    PlaceTag(
        name="Homs",
        id="1",
        country_code="SY",
        admin1="SY.11",
        precision="city",
        point=HOMS,
        located_by="nearest",
        role="demonym",
        salience=0.5,
    ),
)


FULL_METRIC = Metric("m1", NOW, "quality", "gold", "places", "f1", 0.9, 0.8, 0.95, 100, True, "auto", "0.1", "1-a", "k")


@pytest.mark.parametrize(
    ("name", "full"),
    [
        (ARTICLES, document()),
        (STORIES, story_document(STORY)),
        (CORRECTIONS, correction_document(FULL_CORRECTION)),
        (METRICS, metric_write(FULL_METRIC).document),
    ],
)
def test_a_full_document_has_every_mapped_field_and_no_other(name: str, full: dict[str, Any]) -> None:
    assert set(produced(full)) == set(mapped(mapping(name)["properties"]))


@pytest.mark.parametrize(
    ("model", "place"), [(Source, "source"), (Lineage, "lineage"), (Mention, "mentions")], ids=lambda value: str(value)
)
def test_a_model_that_gets_a_field_gets_it_in_the_mapping_too(model: type[msgspec.Struct], place: str) -> None:
    assert set(mapping(ARTICLES)["properties"][place]["properties"]) == set(model.__struct_fields__)


@pytest.mark.parametrize(("model", "place"), [(ActorTag, "actor"), (PlaceTag, "place")], ids=["actor", "place"])
def test_a_correction_can_hold_all_that_a_tag_can(model: type[msgspec.Struct], place: str) -> None:
    assert set(mapping(CORRECTIONS)["properties"][place]["properties"]) == set(model.__struct_fields__)


@pytest.mark.parametrize("name", MAPPINGS)
def test_an_unknown_field_is_refused_on_every_level(name: str) -> None:
    def settings_of(fields: dict[str, Any]) -> Iterator[object]:
        yield fields.get("dynamic")
        for field in fields["properties"].values():
            if "properties" in field and "dynamic" in field:
                yield field["dynamic"]

    assert set(settings_of(mapping(name))) == {"strict"}


@pytest.mark.parametrize("name", MAPPINGS)
def test_no_keyword_can_be_too_long_for_the_index(name: str) -> None:
    def keywords(properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for field in properties.values():
            if field.get("type") == "keyword":
                yield field
            yield from keywords(field.get("properties", {}) | field.get("fields", {}))

    assert all(4 * field["ignore_above"] <= 32_766 for field in keywords(mapping(name)["properties"]))


def test_absent_values_are_left_out() -> None:
    bare = Article("a", "T", "x", NOW, "h")
    assert {"url", "summary", "feed", "author", "published_at"}.isdisjoint(document(bare))
    assert document(bare)["lineage"] == document(bare)["source"] == {}


def test_the_time_of_an_article_without_a_date_is_when_it_was_fetched() -> None:
    assert document(article(published_at=None))["@timestamp"] == NOW


@pytest.mark.parametrize("year", [1, 9999])
def test_the_time_of_a_document_is_sane_whatever_the_source_says(year: int) -> None:
    said = datetime(year, 1, 1, tzinfo=UTC)
    found = document(article(published_at=said))
    assert datetime(1900, 1, 1, tzinfo=UTC) <= found["@timestamp"] <= NOW + timedelta(days=2)
    assert found["published_at"] == said


def test_only_places_of_city_precision_or_finer_with_a_point_of_their_own_are_pins() -> None:
    pinned = (
        PlaceTag("Homs", "1", "SY", "city", HOMS),
        PlaceTag("Homs again", "1b", "SY", "city", HOMS),
        PlaceTag("Refinery", "2", "SY", "site", Point(1, 2)),
    )
    others = (
        PlaceTag("Syria", "3", "SY", "country", Point(3, 4)),
        PlaceTag("Homs Governorate", "4", "SY", "admin1", Point(5, 6)),
        PlaceTag("Homs District", "5", "SY", "admin2", Point(5, 7)),
        PlaceTag("Parisians", "6", "FR", "city", Point(48, 2), role="demonym"),
        PlaceTag("Airfield", None, None, "site", Point(7, 8), located_by="nearest"),
        PlaceTag("Nowhere", None),
    )
    found = document(places=pinned + others)
    assert found["geo"] == [{"lat": 34.73, "lon": 36.71}, {"lat": 1, "lon": 2}]
    assert found["locations"] == ["1", "1b", "2", "3", "4", "5", "6"]
    assert found["location_names"][-2:] == ["Airfield", "Nowhere"]
    assert found["countries"] == ["SY", "FR"]


def test_what_several_actors_share_is_named_once() -> None:
    actors = (ActorTag("a", "A", "company", ("SY", "FR")), ActorTag("b", "B", "company", ("FR",)))
    found = document(actors=actors)
    assert (found["actors"], found["actor_kinds"], found["actor_countries"]) == (["a", "b"], ["company"], ["SY", "FR"])


def test_the_folded_words_are_those_of_title_and_text_without_case_and_accents() -> None:
    assert document(article("Élysée: Talks", "In PARIS."))["folded"] == ("elysee talks in paris")


def test_the_delay_is_from_publication_to_arrival_whenever_it_is_indexed_and_old_material_has_none() -> None:
    came = clustered(article(published_at=NOW, fetched_at=NOW + timedelta(seconds=90)))
    later = NOW + timedelta(days=2)
    delayed = {one: article_document(came, indexed_at=later, origin=one).get("delay_ms") for one in Origin}
    assert delayed[Origin.LIVE] == delayed[Origin.RETAG] == 90_000
    assert delayed[Origin.BACKFILL] is None
    assert "delay_ms" not in document(article(published_at=None))
    assert document(article(published_at=NOW + timedelta(seconds=1)))["delay_ms"] == 0
    assert document(article(published_at=NOW.replace(tzinfo=None)))["delay_ms"] == 0


def test_the_language_found_stands_in_for_one_that_was_not_given() -> None:
    assert document(article(language=None), language="fr")["language"] == "fr"
    assert document(article(language="en"), language="fr")["language"] == "en"


@pytest.mark.parametrize("of", [FULL_ARTICLE, Article("a", "T", "x", NOW, "h")], ids=["full", "bare"])
def test_the_article_of_a_document_is_the_one_it_was_made_of(of: Article) -> None:
    stored = msgspec.json.decode(msgspec.json.encode(document(of, language="fr")))
    assert article_of_document(stored) == of


def test_a_language_that_was_found_and_not_declared_is_found_anew() -> None:
    assert article_of_document(document(article(language=None), language="fr")).language is None
    before = document(article(language="en"))
    del before["declared_language"]
    assert article_of_document(before).language is None


@pytest.mark.parametrize(
    ("made", "id_"),
    [(correction(), "nothing"), (correction(ActorTag("a", "A", "media")), "a"), (FULL_CORRECTION, "a")],
    ids=["nothing", "actor", "full"],
)
def test_a_correction_comes_back_from_its_document_as_it_was(made: Correction, id_: str) -> None:
    stored = msgspec.json.decode(msgspec.json.encode(correction_document(made)))
    assert stored["should_be"] == id_
    assert msgspec.convert(stored, Correction) == made


def test_what_is_no_article_gives_none() -> None:
    with pytest.raises(msgspec.ValidationError, match="title"):
        article_of_document({"id": "s1"})


def test_an_article_of_very_many_mentions_stays_below_the_limit_of_elasticsearch() -> None:
    many = tuple(Mention("Homs", n, n + 4, "place") for n in range(MENTIONS_LIMIT + 1))
    assert len(document(mentions=many)["mentions"]) == MENTIONS_LIMIT <= 10_000


def test_an_edit_is_newer_than_any_retagging_and_a_retagging_is_newer_than_what_it_retags() -> None:
    later = NOW + timedelta(milliseconds=1)
    assert external_version(1, NOW) < external_version(1, later) < external_version(2, NOW - timedelta(days=10_000))
    assert external_version(1, NOW.replace(tzinfo=None)) == external_version(1, NOW)


def test_the_version_of_a_document_is_its_version_and_milliseconds_in_one_number() -> None:
    assert external_version(5, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 5 * 2**43 + 1000
    assert external_version(5, datetime(1900, 1, 1, tzinfo=UTC)) == 5 * 2**43
    assert 0 < external_version(2**20 - 1, datetime(9999, 1, 1, tzinfo=UTC)) < 2**63


def test_an_article_is_written_under_its_id_and_a_story_at_its_revision() -> None:
    write = article_write(replaced(clustered(), version=2), indexed_at=NOW)
    assert (write.alias, write.id, write.version) == (ARTICLES, FULL_ARTICLE.id, external_version(2, NOW))
    assert (write.document["version"], write.document["story_id"]) == (2, "s1")
    assert msgspec.structs.astuple(story_write(STORY))[:3] == (STORIES, "s1", 7)
