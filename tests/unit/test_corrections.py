"""Corrections in tags: what is said of one spot holds there, also in an edited text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import NOW, article, replaced, tagged
from wirewatch.errors import UserMistake
from wirewatch.geo import Point
from wirewatch.models import ActorTag, Article, Correction, Mention, PlaceTag, Tags
from wirewatch.tagging.corrections import CorrectedTagger, Spot, apply_corrections, corrections_of, spots_meant

TEXT = "Voters in Georgia waited for hours. Officials in Georgia said that Jordan came first. Georgian courts agreed."
STORY = article("Georgia votes", TEXT)
COUNTRY = PlaceTag("Georgia", "614540", "GE", "country", Point(42, 43.5))
STATE = PlaceTag("Georgia", "4197000", "US", "admin1", Point(32.75, -83.5))
JORDAN = PlaceTag("Jordan", "248816", "JO", "country", Point(31, 36))
JIM = ActorTag("jim-jordan", "Jim Jordan", "person", ("US",))


def place(name: str, id_: str, nth: int = 0, field: str = "text", role: str = "place") -> Mention:
    content = STORY.title if field == "title" else STORY.text
    start = -1
    for _ in range(nth + 1):
        start = content.index(name, start + 1)
    sentence = content[:start].count(". ")
    return Mention(name, start, start + len(name), "place", id_, field, role, sentence)  # type: ignore[arg-type]


MENTIONS = (
    place("Georgia", "614540", field="title"),
    place("Georgia", "614540"),
    place("Georgia", "614540", 1),
    place("Jordan", "248816"),
    place("Georgian", "614540", role="demonym"),
)
TAGS = Tags(MENTIONS, (), (COUNTRY, JORDAN), "GE", about_locations=("614540",))


def meant(
    said: str, should_be: ActorTag | PlaceTag | None = None, mentions: tuple[Mention, ...] = MENTIONS
) -> list[Spot]:
    return spots_meant(STORY, mentions, said, should_be)


def corrected(said: str, should_be: ActorTag | PlaceTag | None, of: Article = STORY, found: Tags = TAGS) -> Tags:
    return apply_corrections(of, found, made(said, should_be))


def made(
    said: str, should_be: ActorTag | PlaceTag | None, mentions: tuple[Mention, ...] = MENTIONS
) -> list[Correction]:
    spots = meant(said, should_be, mentions)
    return [one for spot in spots for one in corrections_of(STORY, spot, should_be, by="ann", now=NOW)]


def ids(found: Tags) -> list[tuple[str, str | None]]:
    return [(m.name, m.entity_id) for m in found.mentions]


def test_a_name_that_always_means_the_same_is_corrected_everywhere() -> None:
    found = corrected("Georgia", STATE)
    assert ids(found)[:4] == [("Georgia", "4197000")] * 3 + [("Jordan", "248816")]
    assert [m.sentence for m in found.mentions] == [m.sentence for m in MENTIONS]
    assert {p.id: p.role for p in found.places} == {"614540": "demonym", "248816": "place", "4197000": "place"}
    assert found.about_locations[0] == "4197000"
    assert found.focus_country == "US"
    assert found.mentions[0].reason == "corrected by ann on 2024-12-08; it was 614540"


@pytest.mark.parametrize(("said", "spot"), [("Georgia:1", 0), ("Georgia:2", 1), ("Georgia:3", 2), ("Georgia@10", 1)])
def test_one_spot_is_corrected_alone(said: str, spot: int) -> None:
    assert [n for n, (_, id_) in enumerate(ids(corrected(said, STATE))) if id_ == "4197000"] == [spot]


def test_what_should_be_nothing_is_gone_and_takes_its_place_with_it() -> None:
    found = corrected("Jordan", None)
    assert "Jordan" not in dict(ids(found))
    assert [p.id for p in found.places] == ["614540"]
    (one,) = made("Jordan", None)
    assert (one.was, one.should_be, one.layer) == ("248816", None, "place")


def test_a_place_that_is_a_person_becomes_one() -> None:
    found = corrected("Jordan", JIM)
    (jordan,) = [m for m in found.mentions if m.name == "Jordan"]
    assert (jordan.type, jordan.entity_id, jordan.role, jordan.sentence) == ("person", "jim-jordan", None, 1)
    assert [a.id for a in found.actors] == ["jim-jordan"]
    assert found.actors[0].salience > 0
    assert found.about_actors == ("jim-jordan",)


def test_a_person_that_is_a_place_after_all_is_a_place_again() -> None:
    wrong = made("Jordan", JIM)
    after = apply_corrections(STORY, TAGS, wrong)
    right = [replaced(one, at=NOW + timedelta(hours=1)) for one in made("Jordan", JORDAN, after.mentions)]
    latest = {one.id: one for one in [*wrong, *right]}
    found = apply_corrections(STORY, TAGS, latest.values())
    assert ids(found) == ids(TAGS)
    assert found.actors == ()


def test_of_two_corrections_of_a_spot_the_later_has_the_id_of_the_earlier() -> None:
    assert [one.id for one in made("Jordan", None)] == [one.id for one in made("Jordan", COUNTRY)]


def test_an_actor_on_the_same_spot_stays_when_the_place_is_corrected() -> None:
    state = ActorTag("georgia-government", "Government of Georgia", "government", ("GE",))
    start = TEXT.index("Georgia")
    acting = Mention("Georgia", start, start + 7, "organisation", state.id)
    both = replaced(TAGS, mentions=(*MENTIONS, acting), actors=(state,))
    found = apply_corrections(STORY, both, made("Georgia", STATE, both.mentions))
    assert ("Georgia", "georgia-government") in ids(found)
    assert ids(found).count(("Georgia", "4197000")) == 3
    with pytest.raises(UserMistake, match="more than one thing"):
        meant("Georgia", None, both.mentions)
    gone = apply_corrections(STORY, both, made("Georgia=georgia-government", None, both.mentions))
    assert sorted(ids(gone)) == sorted(ids(TAGS))


def test_a_name_that_was_not_tagged_can_be_given_a_tag() -> None:
    court = ActorTag("courts", "Courts", "other_org")
    (spot,) = meant("courts", court)
    assert spot.mention is None
    found = corrected("courts", court)
    assert ("courts", "courts") in ids(found)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Atlantis", "no such mention in article .*; tagged are Georgia, Jordan, Georgian"),
        ("courts", "tagged are Georgia"),
        ("Georgia:4", "there is Georgia@0 .614540., Georgia@10"),
        ("Georgia:0", "there is Georgia@0"),
        ("Georgia@11", "there is Georgia@0"),
        ("Georgia=1", "there is Georgia@0"),
    ],
)
def test_what_is_not_there_is_a_mistake_that_lists_what_there_is(said: str, why: str) -> None:
    with pytest.raises(UserMistake, match=why) as it:
        meant(said)
    assert "\n" not in str(it.value)


def test_what_means_several_things_is_a_mistake_that_lists_them() -> None:
    mixed = (replaced(MENTIONS[0], entity_id="4197000"), *MENTIONS[1:])
    with pytest.raises(UserMistake, match=r"Georgia@0 is 4197000 .place., Georgia@10 is 614540"):
        meant("Georgia", None, mixed)
    assert [spot.start for spot in meant("Georgia=4197000", None, mixed)] == [0]


def test_an_edit_moves_a_correction_with_its_name() -> None:
    (second,) = made("Georgia:3", STATE)
    edited = replaced(STORY, text="It rained. " + TEXT)
    moved = tuple(replaced(m, start=m.start + 11, end=m.end + 11) if m.field == "text" else m for m in MENTIONS)
    found = apply_corrections(edited, replaced(TAGS, mentions=moved), [second])
    assert [(m.start, m.entity_id) for m in found.mentions if m.name == "Georgia"] == [
        (0, "614540"), (21, "614540"), (60, "4197000"),
    ]  # fmt: skip


def test_a_correction_of_what_an_edit_has_taken_out_changes_nothing() -> None:
    gone = replaced(STORY, text="Voters waited.")
    assert apply_corrections(gone, TAGS, made("Jordan", JIM)) is TAGS


def test_a_tag_that_has_grown_over_the_corrected_spot_gives_way() -> None:
    wider = replaced(MENTIONS[3], name="Jordan came", end=MENTIONS[3].end + 5)
    found = apply_corrections(STORY, replaced(TAGS, mentions=(*MENTIONS[:3], wider)), made("Jordan", JIM))
    assert [m.name for m in found.mentions] == ["Georgia", "Georgia", "Georgia", "Jordan"]


def test_without_corrections_the_tags_are_what_they_were() -> None:
    assert apply_corrections(STORY, TAGS, []) is TAGS


def test_a_corrected_tagger_corrects_the_article_that_was_meant_and_no_other() -> None:
    class Fixed:
        def tag(self, article: Article, *, now: object) -> object:
            return tagged(article, tags=TAGS)

    known = {STORY.id: made("Jordan", None)}
    tagger = CorrectedTagger(Fixed(), lambda id_: known.get(id_, ()))  # type: ignore[arg-type]
    assert "Jordan" not in dict(ids(tagger.tag(STORY, now=NOW).tags))
    assert "Jordan" in dict(ids(tagger.tag(replaced(STORY, id="other"), now=NOW).tags))
