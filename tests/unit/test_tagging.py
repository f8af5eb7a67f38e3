"""The tagger as a whole: the user's article, one like it, languages, ids, any text at all."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wirewatch.cli.tag import tag as tag_command
from wirewatch.geo import Point, distance_km
from wirewatch.models import Mention, Tags
from wirewatch.settings import Settings
from wirewatch.tagging import Tagger, load_tagger, sentences
from wirewatch.tagging.export import article_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEED = Path(__file__).parents[3] / "shared" / "seed"

PARAPHRASE = (
    "Rebels at the edge of Damascus as the Assad regime wavers",
    """Fighters opposed to the government stood at the edge of Damascus on Saturday, hours after government forces
had left Homs.
President Bashar Assad has not left the country, his office insisted, and the government called reports of his
flight a lie.
With Homs gone, Assad no longer holds the road from Damascus, the capital, to the coastal provinces of Latakia
and Tartus.
The outlet Sham FM spoke of troops regrouping outside Homs. Rami Abdurrahman, who heads the Syrian Observatory
for Human Rights,
said that Syrian troops had gone from the city. Earlier the same fighters had taken Aleppo and Hama.
The offensive is led by Hayat Tahrir al-Sham. The Syrian army has pulled back from much of the south.
Russia is tied down by its war in Ukraine, Hezbollah was worn out by the conflict with Israel, and Iran has
been struggling
since Israeli airstrikes hit its partners.
U.S. President-elect Donald Trump wants the United States to stay away, and an aide of President Joe Biden
said that the Biden
administration had no plan to step in. UN Special Envoy Geir Pedersen asked for talks in Geneva about Syria.
Pedersen spoke of
hours, not days. Russian Foreign Minister Sergey Lavrov voiced concern.
Thousands tried to cross the border with Lebanon. The foreign ministers of Iran, Russia and Turkey met in
Qatar and called for an
end of the fighting in Syria. Qatar’s top diplomat blamed Assad.""",
)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load_tagger(Settings())


def tags_of(tagger: Tagger, text: str, title: str = "", published: datetime | None = None) -> Tags:
    return tagger.tag(article_of(text, title=title, now=NOW, published_at=published), now=NOW).tags


def names_of(tags: Tags, actor_id: str) -> set[str]:
    return {m.name for m in tags.mentions if m.entity_id == actor_id}


def missing_actors(tags: Tags, expected: list[dict[str, object]]) -> list[object]:
    found = {a.name for a in tags.actors} | {n for a in tags.actors for n in names_of(tags, a.id)}
    return [e["name"] for e in expected if not found & {e["name"], *e["aliases"]}]  # type: ignore[misc]


def wrong_places(tags: Tags, expected: list[dict[str, object]]) -> list[object]:
    wrong = []
    for place in expected:
        ids = {m.entity_id for m in tags.mentions if m.type == "place" and m.name in place["aliases"]}  # type: ignore[operator]
        found = [p for p in tags.places if p.id in ids and p.role == "place"]
        here = Point(place["lat"], place["lon"])  # type: ignore[arg-type]
        near = [p for p in found if p.point and distance_km(p.point, here) <= place["tolerance_km"]]  # type: ignore[operator]
        if not near or len(near) < len(found) or any(p.country_code != place["country_code"] for p in near):
            wrong.append(place["name"])
    return wrong


@pytest.mark.skipif(not SEED.is_dir(), reason="the user's article is in ../shared, which is not here")
@pytest.mark.parametrize("article", ["seed", "paraphrase"])
def test_the_users_article_and_one_like_it_are_tagged_as_a_careful_reader_would(tagger: Tagger, article: str) -> None:
    expected = json.loads((SEED / "expected.json").read_text())
    title, text = PARAPHRASE
    if article == "seed":
        title, _, text = next(SEED.glob("*.txt")).read_text().partition("\n")
    tags = tags_of(tagger, text, title)
    assert missing_actors(tags, expected["actors"]["must"]) == []
    assert wrong_places(tags, expected["locations"]["must"]) == []
    unwanted = {e["text"] for e in expected["actors"]["must_not"]}
    assert {m.name for m in tags.mentions if m.type != "place"} & unwanted == set()
    unwanted = {e["text"] for e in expected["locations"]["must_not"] if "->" not in e["text"]}
    assert {m.name for m in tags.mentions if m.type == "place"} & unwanted == set()
    assert tags.focus_country == expected["focus_country"]


def test_an_article_like_the_users_has_its_actors_places_and_focus(tagger: Tagger) -> None:
    title, text = PARAPHRASE
    tags = tags_of(tagger, text, title)
    actors = {a.id: a.kind for a in tags.actors}
    for actor, kind in {
        "bashar-al-assad": "person",
        "rami-abdulrahman": "person",
        "donald-trump": "person",
        "joe-biden": "person",
        "geir-pedersen": "person",
        "sergei-lavrov": "person",
        "hayat-tahrir-al-sham": "armed_group",
        "hezbollah": "armed_group",
        "sham-fm": "media",
        "united-nations": "international_org",
        "syria-government": "government",
        "syrian-arab-army": "armed_forces",
        "united-states-government": "government",
        "russia-government": "government",
        "iran-government": "government",
        "israel-government": "government",
        "turkey-government": "government",
        "qatar-government": "government",
    }.items():
        assert actors.get(actor) == kind, actor
    cities = {p.name for p in tags.places if p.country_code == "SY" and p.precision in ("city", "admin1")}
    assert {"Damascus", "Homs", "Aleppo", "Latakia", "Tartus"} <= cities
    assert not {p.name for p in tags.places} & {"Sham", "Tahrir", "Rami", "Human", "President"}
    assert tags.focus_country == "SY"
    assert {"bashar-al-assad", "syria-government"} <= set(tags.about_actors)
    assert names_of(tags, "geir-pedersen") == {"Geir Pedersen", "Pedersen"}


def test_mentions_stand_where_they_say_in_title_and_text(tagger: Tagger) -> None:
    title, text = PARAPHRASE
    tags = tags_of(tagger, text, title)
    assert {m.field for m in tags.mentions} == {"title", "text"}
    for m in tags.mentions:
        assert (title if m.field == "title" else text)[m.start : m.end] == m.name
        start, end = sentences(title if m.field == "title" else text)[m.sentence]
        assert start <= m.start < end


def test_a_demonym_counts_for_the_focus_and_is_no_place(tagger: Tagger) -> None:
    tags = tags_of(tagger, "Syrian troops shelled the town, Syrian officials told reporters.")
    assert [p.role for p in tags.places] == ["demonym"]
    assert tags.focus_country == "SY"


def test_a_site_in_no_list_borrows_the_point_of_the_city_named_nearest(tagger: Tagger) -> None:
    tags = tags_of(tagger, "A shell hit Hazel Street in Aleppo. Schools in Homs stayed closed.")
    site = next(p for p in tags.places if p.name == "Hazel Street")
    aleppo = next(p for p in tags.places if p.name == "Aleppo")
    assert (site.id, site.located_by, site.point) == (None, "nearest", aleppo.point)


def test_an_office_resolves_by_the_articles_date_and_by_nothing_else(tagger: Tagger) -> None:
    text = "The Russian president arrived in Geneva on Monday."
    held = tags_of(tagger, text, published=datetime(2010, 6, 1, tzinfo=UTC))
    later = tags_of(tagger, text, published=datetime(2021, 6, 1, tzinfo=UTC))
    undated = tags_of(tagger, text)
    assert "dmitry-medvedev" in {a.id for a in held.actors}
    assert "vladimir-putin" in {a.id for a in later.actors}
    assert not {a.id for a in undated.actors if a.kind == "person"}


def test_an_actor_in_no_list_has_the_same_id_in_every_article(tagger: Tagger) -> None:
    one = tags_of(tagger, "Mr. Oskar Lindqvistsen resigned. Lindqvistsen gave no reason.")
    two = tags_of(tagger, "Critics praised Dr. Oskar Lindqvistsen on Friday.")
    assert [a.id for a in one.actors] == [a.id for a in two.actors] == ["name:oskar-lindqvistsen"]
    assert names_of(one, "name:oskar-lindqvistsen") == {"Oskar Lindqvistsen", "Lindqvistsen"}


def test_a_language_that_cannot_be_read_is_named_and_not_tagged(tagger: Tagger) -> None:
    tags = tags_of(tagger, "Suomen hallitus kokoontui maanantaina keskustelemaan talousarviosta ja verotuksesta.")
    assert (tags.language, tags.unsupported_language, tags.mentions) == ("fi", True, ())


def test_tagging_twice_gives_the_same_tags(tagger: Tagger) -> None:
    title, text = PARAPHRASE
    assert tags_of(tagger, text, title) == tags_of(tagger, text, title)


def test_a_place_says_truly_what_its_choice_beat(tagger: Tagger) -> None:
    tags = tags_of(
        tagger, "Fighting spread in Tripoli, said officials of Libya. Libya's ports closed. Libya has no government."
    )
    tripoli = next(m for m in tags.mentions if m.name == "Tripoli")
    assert "the text names LY (Libya) +1.8" in tripoli.reason
    assert "beat Tripoli, LB (city) by" in tripoli.reason


PIECES = st.sampled_from(
    [
        "Homs",
        "Syria",
        "U.S.",
        "Mr. ",
        "’s",
        "\u200b",
        "😀",
        "دمشق",
        "\u202e",
        "\ud800",
        "\x00",
        "\n\n",
        ". ",
        ", ",
        "Russian ",
        "president ",
        "AL-SHAM",
        "the ",
        "government ",
        "İ",
        "ß",
        "-",
        "'",
        "“",
        "Ministry of ",
        "(AP) —",
        " ",
    ]
)
ANY_TEXT = st.one_of(st.text(max_size=300), st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(title=ANY_TEXT, text=ANY_TEXT)
def test_any_text_gives_offsets_that_fit(tagger: Tagger, title: str, text: str) -> None:
    article = msgspec.structs.replace(article_of(text, title=title, now=NOW), language="en")
    for m in tagger.tag(article, now=NOW).tags.mentions:
        field = title if m.field == "title" else text
        assert field[m.start : m.end] == m.name
        assert m.name


@settings(max_examples=100, deadline=None)
@given(ANY_TEXT)
def test_sentences_of_any_text_are_in_order_and_within(text: str) -> None:
    spans = sentences(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "A" * 1_000_000,
        "Homs " * 16_000,
        "HOMS, SYRIA — " * 6_000,
        "A. " * 24_000,
        "U.S." * 24_000,
        "’" * 300_000,
        "Al-" * 24_000,
        "John Smith " * 8_000,
        "A fire on Hazel Street in Homs. " * 3_000,
    ],
    ids=["small", "capital", "place", "shouted", "initials", "acronyms", "quotes", "hyphens", "people", "sites"],
)
def test_a_long_and_odd_text_takes_time_in_proportion(text: str) -> None:
    tagger = load_tagger(Settings(ner="off"))
    quarter = text[: len(text) // 4]

    def seconds(content: str) -> float:
        article = msgspec.structs.replace(article_of(content, now=NOW), language="en")
        started = time.process_time()
        tagger.tag(article, now=NOW)
        return time.process_time() - started

    assert seconds(text) < 8 * max(seconds(quarter), seconds(quarter)) + 0.3


def test_the_command_writes_one_line_a_text_with_offsets_that_fit(tmp_path: Path) -> None:
    texts = ["Clashes in Homs, Syria. Iran said it was concerned.", "\ud83d lone and 😀 then Damascus in Syria", ""]
    given_file = tmp_path / "texts.jsonl"
    given_file.write_text("\n".join(json.dumps({"id": n, "text": t, "other": 1}) for n, t in enumerate(texts)))
    result = CliRunner().invoke(tag_command, ["--jsonl", str(given_file)], catch_exceptions=False)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["id"] for line in lines] == [0, 1, 2]
    for text, line in zip(texts, lines, strict=True):
        assert all(text[m["start"] : m["end"]] == m["name"] for m in line["actors"] + line["locations"])
    assert lines[0]["focus_country"] == "SY"
    homs = next(m for m in lines[0]["locations"] if m["name"] == "Homs")
    assert {"id", "lat", "lon", "country_code", "precision", "role"} <= homs.keys()
    assert next(m for m in lines[0]["actors"] if m["name"] == "Iran")["type"] == "organisation"


def test_the_command_draws_an_article_with_its_reasons(tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text("Fighting in Homs\nSyrian troops left Homs, Syria, on Friday.")
    result = CliRunner().invoke(tag_command, ["--why", str(file)], catch_exceptions=False)
    assert "syrian-arab-army" in result.stdout
    assert "+8.0 Syria stands right behind" in result.stdout


def test_the_command_shows_what_each_choice_beat_and_by_what(tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text("Fighting in Tripoli\nMilitias clashed in Tripoli, officials of Libya said.")
    result = CliRunner().invoke(tag_command, ["--why", str(file)], catch_exceptions=False)
    row = next(line for line in result.stdout.splitlines() if "Tripoli, LB (city), by" in line)
    assert "Tripoli, LY (city), id" in row
    assert "+1.8 the text names LY (Libya)" in result.stdout
    assert "229,398 people" in result.stdout


def mention(tags: Tags, name: str) -> Mention:
    return next(m for m in tags.mentions if m.name == name)


@pytest.mark.parametrize(
    ("with_it", "without", "name"),
    [
        ("A fire in Lebanon, Pennsylvania, spread.", "A fire in Lebanon spread.", "Lebanon"),
        (
            "Talks in Georgia began in Atlanta and in Savannah. The U.S. took part.",
            "Talks in Georgia began.",
            "Georgia",
        ),
        ("Clashes in Tripoli in Lebanon, near Beirut.", "Clashes in Tripoli.", "Tripoli"),
    ],
)
def test_taking_the_evidence_away_changes_the_choice(tagger: Tagger, with_it: str, without: str, name: str) -> None:
    assert mention(tags_of(tagger, with_it), name).entity_id != mention(tags_of(tagger, without), name).entity_id
