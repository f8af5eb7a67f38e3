"""Stories are decided once and kept."""

from __future__ import annotations

from datetime import timedelta

from tests.builders import FILLER, NOW, article, replaced, tagged, tags
from wirewatch.models import Assignment, Source, TaggedArticle
from wirewatch.stories import Stories

TEXT = f"Fighters entered the city of Homs on Saturday after the army left its barracks. {FILLER}"


def copy_of(text: str, outlet: str, title: str = "A headline", **fields: object) -> TaggedArticle:
    return tagged(article(title, text, url=f"https://{outlet}/a", source=Source(outlet, outlet), **fields))


def judged_again(stories: Stories, assignments: list[Assignment]) -> Stories:
    rebuilt = Stories()
    for assignment in assignments:
        rebuilt.restore(assignment)
    return rebuilt


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
    first = stories.judge(copy_of("Photo gallery", "a.example", "Floods in Valencia"))
    second = stories.judge(copy_of("Photo gallery", "b.example", "Fire in Lisbon"))
    assert second.story.id != first.story.id


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
