"""Stories are decided once and kept."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.builders import FILLER, NOW, article, replaced, tagged, tags
from wirewatch.models import TAKEN_DOWN, TAKEN_DOWN_TITLE, Assignment, Source, TaggedArticle
from wirewatch.stories import Stories
from wirewatch.stories.cluster import Judged
from wirewatch.stories.common import common_words
from wirewatch.stories.traits import hashed

TEXT = f"Fighters entered the city of Homs on Saturday after the army left its barracks. {FILLER}"


def copy_of(text: str, outlet: str, title: str = "A headline", **fields: object) -> TaggedArticle:
    given = {"url": f"https://{outlet}/a", "source": Source(outlet, outlet)} | fields
    return tagged(article(title, text, **given))


def judged_again(stories: Stories, assignments: list[Assignment]) -> Stories:
    rebuilt = Stories()
    for assignment in assignments:
        rebuilt.restore(assignment)
    return rebuilt


def test_a_decision_with_a_number_that_none_can_have_is_passed_over() -> None:
    judged = Stories().judge(tagged()).assignment
    stories = Stories()
    spoilt = msgspec.json.encode(judged).replace(b'"sequence":1', b'"sequence":4294967296')
    assert spoilt != msgspec.json.encode(judged)
    stories.restore_encoded(spoilt)
    stories.settle()
    assert len(stories) == 0


def test_the_same_text_under_other_headlines_is_one_story() -> None:
    stories = Stories()
    first = stories.judge(copy_of(TEXT, "a.example", "Rebels enter Homs"))
    second = stories.judge(copy_of(TEXT.upper() + " ...", "b.example", "Homs falls"))
    assert second.story.id == first.story.id
    assert second.story.articles == 2
    assert second.story.outlets == ("a.example", "b.example")


def test_copies_of_one_text_are_one_independent_outlet() -> None:
    stories = Stories()
    stories.judge(copy_of(TEXT, "a.example"))
    assert stories.judge(copy_of(TEXT, "b.example")).story.independent_outlets == 1


def test_other_words_are_another_story() -> None:
    stories = Stories()
    first = stories.judge(copy_of(TEXT, "a.example"))
    second = stories.judge(copy_of(TEXT.replace("Homs", "Hama"), "b.example"))
    assert second.story.id != first.story.id


def test_two_empty_galleries_under_other_titles_are_two_stories() -> None:
    stories = Stories()
    valencia = copy_of("Photo gallery", "a.example", "Floods in Valencia")
    lisbon = copy_of("Photo gallery", "b.example", "Fire in Lisbon")
    first = stories.judge(replaced(valencia, tags=tags(actors=(), places=(), mentions=())))
    second = stories.judge(replaced(lisbon, tags=tags(actors=(), places=(), mentions=())))
    assert second.story.id != first.story.id


def test_an_undated_article_that_is_read_again_keeps_its_time_until_its_text_is_edited() -> None:
    stories = Stories()

    def read(text: str, hours: int) -> Judged:
        return stories.judge(copy_of(text, "a.example", published_at=None, fetched_at=NOW + timedelta(hours=hours)))

    first, again, edited = read(TEXT, 0), read(TEXT, 5), read(f"{TEXT} It is quiet now.", 7)
    assert (again.tagged, again.assignment, again.story) == (first.tagged, first.assignment, first.story)
    assert not again.changed
    assert (edited.version, edited.tagged.article.timestamp) == (2, NOW + timedelta(hours=7))
    assert read(f"{TEXT} It is quiet now.", 9).tagged == edited.tagged


def test_an_edited_article_is_the_next_version_of_the_same_story() -> None:
    stories = Stories()
    first = stories.judge(copy_of(TEXT, "a.example"))
    edited = stories.judge(copy_of(TEXT + " Two people were killed.", "a.example"))
    assert (first.version, edited.version) == (1, 2)
    assert edited.story.id == first.story.id
    assert edited.story.articles == 1


def test_a_text_that_was_seen_keeps_its_version_number() -> None:
    stories = Stories()
    stories.judge(copy_of(TEXT, "a.example"))
    stories.judge(copy_of(TEXT + " More.", "a.example"))
    again = stories.judge(copy_of(TEXT, "a.example"))
    assert again.version == 1
    assert not again.changed


def test_a_replay_changes_nothing() -> None:
    stories = Stories()
    first = stories.judge(copy_of(TEXT, "a.example"))
    again = stories.judge(copy_of(TEXT, "a.example"))
    assert not again.changed
    assert again.story == first.story


def test_new_tags_of_a_known_text_renew_its_part_in_the_story() -> None:
    stories = Stories()
    first = stories.judge(copy_of(TEXT, "a.example"))
    retagged = replaced(copy_of(TEXT, "a.example"), tags=tags(actors=(), places=()))
    again = stories.judge(retagged)
    assert again.changed
    assert again.version == first.version
    assert again.story.actors == ()
    assert again.story.revision > first.story.revision


def test_a_state_rebuilt_from_assignments_decides_as_the_old_one() -> None:
    stories, kept = Stories(), []
    for outlet in ("a.example", "b.example", "c.example"):
        kept.append(stories.judge(copy_of(TEXT, outlet)).assignment)
    rebuilt = judged_again(stories, kept)
    late = copy_of(TEXT, "d.example", published_at=NOW - timedelta(hours=3))
    assert rebuilt.judge(late).story == stories.judge(late).story


def test_a_state_rebuilt_in_any_order_tells_the_same_story() -> None:
    stories, kept = Stories(), []
    for outlet in ("a.example", "b.example", "c.example"):
        kept.append(stories.judge(copy_of(TEXT, outlet)).assignment)
    known = copy_of(TEXT, "a.example")
    assert judged_again(stories, kept[::-1]).judge(known).story == stories.judge(known).story


def test_a_late_article_becomes_the_first_of_its_story() -> None:
    stories = Stories()
    stories.judge(copy_of(TEXT, "a.example"))
    early = stories.judge(copy_of(TEXT, "b.example", "The first report", published_at=NOW - timedelta(hours=2)))
    assert early.story.title == "The first report"
    assert early.story.first_seen == NOW - timedelta(hours=2)
    assert early.story.last_seen == NOW


def test_a_page_with_little_left_of_its_text_starts_a_story_of_its_own() -> None:
    stories = Stories()
    first = stories.judge(copy_of(TEXT, "a.example", url="https://a.example/live"))
    other = "Bakers in Lyon baked a loaf of nine metres on Sunday, and children carried it through the old town. " * 2
    second = stories.judge(copy_of(other, "a.example", url="https://a.example/live"))
    assert second.assignment.article_id == first.assignment.article_id
    assert second.story.id != first.story.id
    assert second.version == 2
    back = stories.judge(copy_of(TEXT, "a.example", url="https://a.example/live"))
    assert (back.story.id, back.version, back.changed) == (first.story.id, 1, False)


def test_what_is_taken_down_goes_from_every_story_that_it_was_part_of() -> None:
    stories = Stories()
    first = stories.judge(copy_of(TEXT, "a.example", url="https://a.example/live"))
    other = "Bakers in Lyon baked a loaf of nine metres on Sunday, and children carried it through the old town. " * 2
    second = stories.judge(copy_of(other, "a.example", url="https://a.example/live"))
    mark = copy_of("", "a.example", url="https://a.example/live", content_hash=TAKEN_DOWN)
    gone = stories.judge(mark)
    (elsewhere,) = gone.elsewhere
    assert [elsewhere.story.id, gone.story.id] == [first.story.id, second.story.id]
    assert {(one.story.title, one.story.articles, one.version) for one in (elsewhere, gone)} == {
        (TAKEN_DOWN_TITLE, 0, 3)
    }
    assert all(one.story.revision > before.story.revision for one, before in ((elsewhere, first), (gone, second)))
    rebuilt = judged_again(stories, [elsewhere.assignment, gone.assignment])
    for again in (
        stories.judge(mark),
        rebuilt.judge(mark),
        rebuilt.judge(copy_of(TEXT, "a.example", url="https://a.example/live")),
    ):
        assert not any(one.changed for one in (*again.elsewhere, again))
        assert again.assignment.taken_down


def test_articles_that_credit_one_agency_are_one_independent_outlet() -> None:
    stories = Stories()
    stories.judge(copy_of(f"HOMS (Harbour Press) - {TEXT}", "a.example", "Rebels enter Homs"))
    rewritten = "The army has left Homs to rebel fighters, officials in Homs said on Saturday evening.\n(Harbour Press)"
    told = stories.judge(copy_of(rewritten, "b.example", "Homs falls to rebels"))
    assert (told.story.articles, told.story.independent_outlets) == (2, 1)
    own = "We walked through Homs on Saturday and saw the barracks empty, the gates of Homs open and no army there."
    assert stories.judge(copy_of(own, "c.example", "Rebels hold Homs")).story.independent_outlets == 2


def test_an_article_that_tells_two_stories_links_them() -> None:
    stories = Stories()
    other = "Bakers in Lyon baked a loaf of nine metres on Sunday, and children carried it through the old town. " * 2
    homs = stories.judge(copy_of(TEXT, "a.example")).story
    lyon = stories.judge(copy_of(other, "b.example")).story
    assert homs.id != lyon.id
    assert (homs.linked_stories, lyon.linked_stories) == ((), ())
    both = stories.judge(copy_of(f"{TEXT}\n{other}", "c.example"))
    again = [stories.judge(copy_of(TEXT, "a.example")), stories.judge(copy_of(other, "b.example"))]
    assert [one.story.id for one in again] == [homs.id, lyon.id]
    assert [one.story.linked_stories for one in again] == [(lyon.id,), (homs.id,)]
    rebuilt = judged_again(stories, [one.assignment for one in (*again, both)])
    assert rebuilt.judge(copy_of(TEXT, "a.example")).story.linked_stories == (lyon.id,)


@pytest.mark.parametrize("agency_first", [True, False])
def test_an_agency_and_who_credits_it_are_one_independent_outlet_whoever_comes_first(agency_first: bool) -> None:
    own = copy_of(TEXT, "harbourpress.example", "Rebels enter Homs")
    rewritten = "The army has left Homs to rebel fighters, officials in Homs said on Saturday evening.\n(Harbour Press)"
    credited = copy_of(rewritten, "b.example", "Homs falls to rebels")
    stories = Stories()
    first, second = (own, credited) if agency_first else (credited, own)
    assert stories.judge(first).story.independent_outlets == 1
    told = stories.judge(second).story
    assert (told.articles, told.independent_outlets) == (2, 1)


def test_outlets_of_one_owner_are_one_independent_outlet() -> None:
    stories = Stories(houses=lambda _: ("owner everyone",))
    stories.judge(copy_of(TEXT, "a.example", "Rebels enter Homs"))
    own = "We walked through Homs on Saturday and saw the barracks empty, the gates of Homs open and no army there."
    told = stories.judge(copy_of(own, "b.example", "Rebels hold Homs"))
    assert (told.story.articles, told.story.independent_outlets) == (2, 1)


def test_an_article_of_next_week_is_another_story() -> None:
    stories = Stories()
    first = stories.judge(copy_of(TEXT, "a.example", "Rebels enter Homs"))
    later = stories.judge(copy_of(TEXT, "b.example", "Rebels enter Homs", published_at=NOW + timedelta(days=7)))
    assert later.story.id != first.story.id


def test_the_oldest_articles_are_forgotten_first() -> None:
    stories = Stories(kept=100)
    for n in range(150):
        stories.judge(copy_of(f"Event {n} in hall {n}. {FILLER}", f"o{n}.example"))
    assert len(stories) <= 102
    assert stories.forgotten >= 48
    assert not stories.judge(copy_of(f"Event 149 in hall 149. {FILLER}", "o149.example")).changed
    assert stories.judge(copy_of(f"Event 0 in hall 0. {FILLER}", "o0.example")).changed


def test_a_copy_finds_its_original_among_many_nearly_the_same_texts() -> None:
    stories = Stories()
    texts = [f"Event {n} in hall {n}. {FILLER} {n}" for n in range(200)]
    first = [stories.judge(copy_of(text, f"o{n}.example")).story.id for n, text in enumerate(texts)]
    assert len(set(first)) == len(texts)
    assert [stories.judge(copy_of(text, f"c{n}.example")).story.id for n, text in enumerate(texts)] == first


TOWNS = ("Homs", "Hama", "Idlib", "Latakia")


@settings(max_examples=25, deadline=None)
@example([(1, "Homs", 0, 0), (1, "Homs", 0, 1), (0, "Homs", 0, 73)], Random(0))  # the same text under a later date
@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from(TOWNS), st.integers(0, 3), st.integers(0, 90)),
        min_size=1,
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
def test_a_state_rebuilt_in_any_order_decides_as_the_one_that_lived(
    stream: list[tuple[int, str, int, int]], dice: Random
) -> None:
    def read(outlet: int, town: str, text: int, hour: int) -> TaggedArticle:
        words = (
            f"Fighters entered {town} on Saturday, General Aref {town}son said. {FILLER} " + f"Round {text}. " * text
        )
        made = copy_of(words, f"o{outlet}.example", f"Rebels enter {town}", published_at=NOW + timedelta(hours=hour))
        return replaced(made, tags=tags(actors=(), places=(), mentions=()))

    lived, kept = Stories(kept=100), {}
    again = Stories(kept=100)
    for one in stream[:-1]:
        judged = lived.judge(read(*one))
        kept[judged.assignment.key] = judged.assignment
        assert again.judge(read(*one)) == judged
    shuffled = list(kept.values())
    dice.shuffle(shuffled)
    assert judged_again(Stories(kept=100), shuffled).judge(read(*stream[-1])) == lived.judge(read(*stream[-1]))


def test_a_story_takes_in_no_others_because_it_has_become_large() -> None:
    dice = Random(7)
    names = [_word(dice).capitalize() for _ in range(10_000)]
    weights = [1 / (200 + rank) for rank in range(len(names))]
    stories, sizes = Stories(), Counter[str]()
    for n in range(300):
        said = dice.choices(names, weights, k=25)
        text = " ".join(f"{_word(dice)} {_word(dice)} {name} {_word(dice)}." for name in said)
        title = " ".join(_word(dice) for _ in range(3))
        judged = stories.judge(copy_of(text, f"o{n % 50}.example", title, url=f"https://o.example/{n}"))
        sizes[judged.story.id] += 1
    assert max(sizes.values()) < 30, sizes.most_common(3)


def _word(dice: Random) -> str:
    return "".join(dice.choices("abdeiklmnorstuvz", k=7))


def test_words_of_half_the_worlds_names_are_no_rare_names_even_before_anything_was_seen() -> None:
    stories = Stories()
    for word in ("york", "university", "london"):
        assert stories._rarity(hashed(word)) < 0.7 < stories._rarity(hashed("kelvarton")), word
    assert set(common_words().values()) <= {0.008, 0.015, 0.03}
