"""Seven languages beside English: their texts, with the figures that must hold, and what each does to names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from tests.gold_languages import FOLDER, Mark, lines_of, texts_of, unmark
from wirewatch.models import Mention, Tags
from wirewatch.settings import Settings
from wirewatch.tagging import Tagger, load_tagger
from wirewatch.tagging.export import article_of
from wirewatch.tagging.language import language_of
from wirewatch.tagging.languages.names import row_of
from wirewatch.tagging.languages.tables import LANGUAGES, table_of
from wirewatch.tagging.languages.words import writing_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load_tagger(Settings())


def tags_of(tagger: Tagger, text: str, language: str | None = None, title: str = "") -> Tags:
    article = msgspec.structs.replace(article_of(text, title=title, now=NOW), language=language)
    return tagger.tag(article, now=NOW).tags


def names_of(tags: Tags) -> list[tuple[str, str | None, str | None]]:
    return [(m.name, m.entity_id, m.role) for m in tags.mentions]


class Figures(NamedTuple):
    places_recall: float
    places_precision: float
    right_place: float
    actors_recall: float
    actors_precision: float
    missed: list[str]


def figures(tagger: Tagger, language: str) -> Figures:
    wanted = {"place": 0, "actor": 0}
    met = {"place": 0, "actor": 0, "right": 0}
    said = {"place": 0, "actor": 0}
    good = {"place": 0, "actor": 0}
    missed: list[str] = []
    for marked in texts_of(language):
        text, marks = unmark(marked)
        tags = tags_of(tagger, text)
        assert tags.language == language, text
        for kind in ("place", "actor"):
            gold = [m for m in marks if m.says[0] != "~" and (m.says[0] == "@") == (kind == "actor")]
            mine = [m for m in tags.mentions if (m.type != "place") == (kind == "actor") and m.role != "demonym"]
            wanted[kind] += len(gold)
            said[kind] += len(mine)
            good[kind] += sum(any(overlap(mark, mention) for mark in gold) for mention in mine)
            for mark in gold:
                hits = [m for m in mine if overlap(mark, m)]
                if kind == "actor":
                    hits = [m for m in hits if m.entity_id == mark.says[1:]]
                elif hits:
                    row = row_of(tagger._gazetteer, mark.says)
                    met["right"] += row is not None and hits[0].entity_id == tagger._gazetteer.place(row).id
                met[kind] += bool(hits)
                if not hits:
                    missed.append(mark.name)
    return Figures(
        met["place"] / wanted["place"],
        good["place"] / said["place"],
        met["right"] / met["place"],
        met["actor"] / wanted["actor"],
        good["actor"] / said["actor"],
        missed,
    )


def overlap(mark: Mark, mention: Mention) -> bool:
    return mark.start < mention.end and mention.start < mark.end


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_places_and_listed_actors_are_found_by_their_names(tagger: Tagger, language: str) -> None:
    assert len(texts_of(language)) >= 20
    found = figures(tagger, language)
    assert found.places_recall >= 0.90, found
    assert found.places_precision >= 0.95, found
    assert found.right_place >= 0.95, found
    assert found.actors_recall >= 0.90, found
    assert found.actors_precision >= 0.90, found


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_gold_lines_say_what_the_marked_texts_say(tagger: Tagger, language: str) -> None:
    written = [json.loads(line) for line in (FOLDER / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()]
    assert written == lines_of(language, tagger)
    for line in written:
        for span in (*line["toponyms"], *line["actors"]):
            assert line["text"][span["start"] : span["end"]] == span["name"]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_each_table_means_places_and_countries_that_there_are(tagger: Tagger, language: str) -> None:
    table, gazetteer = table_of(language), tagger._gazetteer
    assert [said for said in table.places.values() if row_of(gazetteer, said) is None] == []
    codes = {*table.countries, *table.demonyms, *table.seats.values()}
    assert codes <= gazetteer.country_rows.keys()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_marked_actors_are_in_the_knowledge_base(tagger: Tagger, language: str) -> None:
    marks = [mark for text in texts_of(language) for mark in unmark(text)[1]]
    ids = {mark.says[1:] for mark in marks if mark.says[0] == "@"}
    assert ids - tagger._lexicon.actors.keys() == set()


def test_an_actor_and_a_place_have_the_same_id_in_every_language(tagger: Tagger) -> None:
    texts = {
        "en": "Vladimir Putin spoke in Damascus about Syria, the United Nations said.",
        "es": "Vladimir Putin habló en Damasco sobre Siria, dijeron las Naciones Unidas.",
        "fr": "Vladimir Poutine a parlé à Damas de la Syrie, ont dit les Nations unies.",
        "de": "Wladimir Putin sprach in Damaskus über Syrien, teilten die Vereinten Nationen mit.",
        "pt": "Vladimir Putin falou em Damasco sobre a Síria, disseram as Nações Unidas.",
        "ru": "Владимир Путин говорил в Дамаске о Сирии, сообщили в Организации Объединённых Наций.",
        "uk": "Володимир Путін говорив у Дамаску про Сирію, повідомили в Організації Об'єднаних Націй.",
        "ar": "تحدث فلاديمير بوتين في دمشق عن سوريا، كما قالت الأمم المتحدة.",
    }
    for language, text in texts.items():
        tags = tags_of(tagger, text, language)
        assert {"vladimir-putin", "united-nations"} <= {actor.id for actor in tags.actors}, language
        assert {"170654", "163843"} <= {place.id for place in tags.places}, language


def test_a_declined_name_is_the_same_place(tagger: Tagger) -> None:
    forms = ["Хомс", "Хомса", "Хомсу", "Хомсом", "Хомсе"]
    for form in forms:
        assert (form, "169577", "place") in names_of(tags_of(tagger, f"Сирия: репортаж, {form} и другие города.", "ru"))
    for form in ("Одеса", "Одеси", "Одесі", "Одесу", "Одесою"):
        assert (form, "698740", "place") in names_of(tags_of(tagger, f"Репортаж з України: {form} сьогодні.", "uk"))


def test_arabic_small_words_in_front_are_no_part_of_the_name(tagger: Tagger) -> None:
    found = names_of(tags_of(tagger, "التقى الوفدان بدمشق ثم غادرا لبيروت وبغداد، وعادا للقاهرة.", "ar"))
    assert [name for name, _, _ in found] == ["دمشق", "بيروت", "بغداد", "قاهرة"]


def test_vowel_signs_and_spellings_of_arabic_are_one(tagger: Tagger) -> None:
    for written in ("إدلب", "ادلب", "إِدْلِب"):
        assert [id_ for _, id_, _ in names_of(tags_of(tagger, f"قصف على مدينة {written} في سوريا", "ar"))][:1]


def test_an_adjective_is_a_demonym_and_never_a_place(tagger: Tagger) -> None:
    for language, text, word in (
        ("de", "Die syrische Stadt Homs.", "syrische"),
        ("es", "La ciudad siria de Homs.", "siria"),
        ("fr", "La ville syrienne de Homs.", "syrienne"),
        ("pt", "A cidade síria de Homs.", "síria"),
        ("ru", "В сирийском городе Хомс.", "сирийском"),
        ("uk", "У сирійському місті Хомс.", "сирійському"),
        ("ar", "في المدينة السورية حمص.", "السورية"),
    ):
        assert (word, "163843", "demonym") in names_of(tags_of(tagger, text, language)), language


def test_the_noun_beside_a_country_makes_its_government_or_its_army(tagger: Tagger) -> None:
    for language, text in (
        ("es", "El Gobierno sirio habló."),
        ("fr", "Le gouvernement de la Syrie a parlé."),
        ("de", "Die syrische Regierung sprach."),
        ("ru", "Сирийское правительство ответило."),
        ("ar", "قالت الحكومة السورية إنها مستعدة."),
    ):
        assert {actor.id for actor in tags_of(tagger, text, language).actors} == {"syria-government"}, language


def test_german_nouns_are_no_towns(tagger: Tagger) -> None:
    text = "Das Essen war gut, und die Halle war voll. Die Weiden am Hof blühten, der Rat der Stadt lobte die Lage."
    assert names_of(tags_of(tagger, text, "de")) == []


def test_a_given_name_and_a_word_are_no_towns(tagger: Tagger) -> None:
    assert names_of(tags_of(tagger, "Владимир Кузнецов вышел. Мир и труд, сказал Роман Орлов.", "ru")) == []


def test_a_language_without_names_is_said_and_never_read_by_english_rules(tagger: Tagger) -> None:
    for text, language in (
        ("Helsingin kaupunginvaltuusto päätti maanantaina uudesta koulusta Pariisin malliin.", "fi"),
        (
            "Burgemeester Jansen van Paris Hilton heeft gisteren in het dorp met de inwoners gesproken over het plan.",
            "nl",
        ),
        ("رئیس جمهور ایران در تهران گفت که گفتگوها درباره برنامه هسته‌ای ادامه پیدا می‌کند.", "fa"),
    ):
        tags = tags_of(tagger, text)
        assert (tags.language, tags.unsupported_language, tags.mentions) == (language, True, ()), text


def test_a_short_text_or_a_foreign_name_in_it_does_not_change_the_language() -> None:
    for text, language in (
        ("Rebels near Damascus", "en"),
        ("Macron: « La France est prête », president says in a speech on the war in Ukraine on Monday", "en"),
        ("The word мир means peace, and the paper Правда was read in all of the Soviet Union.", "en"),
        ("Взрыв в Киеве", "ru"),
        ("Вибух у Києві", "uk"),
        ("انفجار في بيروت", "ar"),
        ("Explosión en el puerto de Beirut", "es"),
        ("Une explosion dans le port de Beyrouth", "fr"),
        ("Eine Explosion im Hafen von Beirut", "de"),
        ("Uma explosão no porto de Beirute", "pt"),
    ):
        assert language_of(None, text) == language, text


def test_a_declared_language_is_not_believed_against_the_letters() -> None:
    assert language_of("en", "Президент прибыл в Москву и выступил с речью") == "ru"
    assert language_of("ru", "Президент прибув до Києва") == "ru"
    assert language_of("es-MX", "Texto") == "es"


def test_the_first_text_of_a_language_loads_it_and_english_never_does() -> None:
    fresh = load_tagger(Settings())
    fresh.tag(article_of("The war in Syria goes on in Homs, the United Nations said.", now=NOW), now=NOW)
    assert fresh._languages._loaded == {}


def test_any_text_gives_offsets_that_fit(tagger: Tagger) -> None:
    pieces = [
        "Москва",
        "🙂",
        "\u200f",
        "ال",
        "d'",
        "EE. UU.",
        "\ud800",
        "بـ",
        "\0",
        "ё" * 70,
        "L’",
        "و",
        "\n\n",
        "—",
        "Об'єд",
    ]
    for language in sorted(LANGUAGES):
        text = " ".join(pieces) + "".join(pieces)
        for mention in tags_of(tagger, text, language, title="".join(reversed(pieces))).mentions:
            if mention.field == "text":
                assert text[mention.start : mention.end] == mention.name
        assert tags_of(tagger, "", language).mentions == ()
        writing_of(language)


def test_the_gold_folder_has_a_file_for_each_language() -> None:
    assert {Path(file).stem for file in FOLDER.glob("*.jsonl")} == LANGUAGES
