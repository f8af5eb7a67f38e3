"""One article, one id: whatever its address, guid, date and feed are today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from producers.reading.draft import Given
from producers.reading.items import ReadFeed, ToRead, Unreadable, candidate_of, read_feed
from wirewatch.feeds.identity import (
    REMEMBERED_DAYS,
    Candidate,
    Judged,
    Memory,
    decoded,
    encoded,
    judge,
    main_url,
    name_of_guid,
    name_of_url,
    with_names,
)
from wirewatch.feeds.items import Item
from wirewatch.feeds.listed import Feed
from wirewatch.text import article_id, canonical_url

NOW = datetime(2024, 12, 8, 12, tzinfo=UTC)
FEED = Feed("https://harbourwire.example/rss", "Harbour Wire", country="GB", language="en")
GIVEN = Given(NOW, 200_000)


def item(n: int, **fields: object) -> Item:
    given: dict[str, object] = {
        "title": f"Report {n}",
        "text": f"Event {n} happened.",
        "link": f"https://harbourwire.example/2024/report-{n}",
        "guid": f"harbourwire-{n}",
        "published": NOW,
    }
    return Item(**(given | fields))  # type: ignore[arg-type]


def candidates(items: Sequence[Item], feed: Feed = FEED) -> list[Candidate]:
    return [candidate_of(one, feed, GIVEN, None) for one in items]


def polled(*polls: Sequence[Item], feed: Feed = FEED) -> list[list[Judged]]:
    """What is judged of one feed, poll after poll, with what is remembered stored in between."""
    memory, found = Memory(), []
    for day, items in enumerate(polls):
        judged, memory = judge(memory, candidates(items, feed), day=20_000 + day)
        memory = decoded(encoded(memory))
        found.append(judged)
    return found


def verdicts(judged: Sequence[Judged]) -> list[str]:
    return [one.verdict for one in judged]


THIRTY = [item(n) for n in range(30)]


def test_what_was_there_before_is_nothing_new() -> None:
    first, second = polled(THIRTY, [item(99), *THIRTY])
    assert verdicts(first) == ["new"] * 30
    assert verdicts(second) == ["new"] + ["known"] * 30


@pytest.mark.parametrize(
    "changed",
    [
        {"published": datetime(2024, 12, 15, 9, tzinfo=UTC)},
        {"guid": "another-guid-altogether"},
        {"guid": None},
        {"guid": "5"},
        {"link": "http://HARBOURWIRE.example:80/2024/report-{n}/?utm_source=rss#comments"},
        {"link": "https://www.harbourwire.example/2024/report-{n}"},
        {"link": "https://m.harbourwire.example/2024/report-{n}"},
        {"link": "https://amp.harbourwire.example/2024/report-{n}"},
        {"link": "https://harbourwire.example/2024/report-{n}/amp"},
        {"link": "https://harbourwire.example/2024/report-{n}?amp=1"},
        {"link": "https://harbourwire-example.cdn.ampproject.org/c/s/harbourwire.example/2024/report-{n}"},
        {"link": "https://harbourwire.example/2024/a-new-slug-{n}"},
        {"title": "REPORT  {n}!"},
    ],
    ids=lambda fields: " ".join(f"{k}={v}" for k, v in fields.items()),
)
def test_an_article_stays_the_same_when_all_that_changes_is(changed: dict[str, object]) -> None:
    def of(n: int) -> dict[str, object]:
        return {key: value.format(n=n) if isinstance(value, str) else value for key, value in changed.items()}

    first, second = polled(THIRTY, [item(n, **of(n)) for n in range(30)])
    assert verdicts(second) == ["known"] * 30
    assert [one.article.id for one in second] == [one.article.id for one in first]


def test_other_words_are_an_edit_of_the_same_article() -> None:
    two_hundred = [item(n) for n in range(200)]
    edited = [*two_hundred[:77], item(77, title="Report 77, corrected"), *two_hundred[78:]]
    first, second, third = polled(two_hundred, edited, edited)
    assert verdicts(second) == ["known"] * 77 + ["edited"] + ["known"] * 122
    assert second[77].article.id == first[77].article.id
    assert second[77].article.content_hash != first[77].article.content_hash
    assert verdicts(third) == ["known"] * 200


def test_a_new_slug_keeps_the_id_for_good() -> None:
    renamed = [item(1, link="https://harbourwire.example/2024/renamed")]
    again = [item(1, link="https://harbourwire.example/2024/renamed", guid=None)]
    first, second, third = polled([item(1)], renamed, again)
    assert verdicts(second) == verdicts(third) == ["known"]
    assert first[0].article.id == second[0].article.id == third[0].article.id


def test_guids_that_only_count_make_no_article_another() -> None:
    before = [item(n, guid=str(30 - n)) for n in range(30)]
    after = [item(n + 30, guid=str(30 - n)) for n in range(30)]
    assert verdicts(polled(before, after)[1]) == ["new"] * 30


def test_guids_that_move_from_one_item_to_the_next_make_no_article_another() -> None:
    before = [item(n, guid=f"slot-number-{n}") for n in range(30)]
    after = [item(99, guid="slot-number-0"), *[item(n, guid=f"slot-number-{n + 1}") for n in range(29)]]
    first, second = polled(before, after)
    assert verdicts(second) == ["new"] + ["known"] * 29
    assert second[0].article.id not in {one.article.id for one in first}


def test_a_guid_that_all_items_share_means_nothing() -> None:
    assert verdicts(polled([item(n, guid="https://harbourwire.example/") for n in range(5)])[0][:1]) == ["new"]
    first, second = polled([item(1, guid="same-for-all"), item(2, guid="same-for-all")], [item(3, guid="same-for-all")])
    assert verdicts(second) == ["new"]
    assert len({one.article.id for one in (*first, *second)}) == 3


def test_an_item_without_a_link_is_known_by_its_guid() -> None:
    first, second = polled([item(1, link=None)], [item(1, link=None, title="Report 1, corrected")])
    assert verdicts(second) == ["edited"]
    assert first[0].article.id == second[0].article.id


def test_an_item_twice_in_one_feed_is_one_article() -> None:
    (judged,) = polled([item(1), item(1), item(1, link="https://harbourwire.example/2024/report-1?utm_medium=x")])
    assert verdicts(judged) == ["new", "known", "known"]


def test_names_are_forgotten_after_ninety_days_without_a_sign() -> None:
    _, memory = judge(Memory(), candidates([item(1)]), day=20_000)
    renamed = candidates([item(1, link="https://harbourwire.example/2024/renamed")])
    assert verdicts(judge(memory, renamed, day=20_000 + REMEMBERED_DAYS - 1)[0]) == ["known"]
    _, later = judge(memory, candidates([item(2)]), day=20_000 + REMEMBERED_DAYS)
    assert verdicts(judge(later, renamed, day=20_000 + REMEMBERED_DAYS)[0]) == ["new"]


def test_what_a_page_is_called_becomes_a_name_of_its_article() -> None:
    judged, memory = judge(Memory(), candidates([item(1)]), day=20_000)
    named = with_names(memory, judged[0].article.id, [name_of_url("https://canonical.example/report/1")])
    again, _ = judge(named, candidates([item(1, link="https://canonical.example/report/1", guid=None)]), day=20_001)
    assert verdicts(again) == ["known"]
    assert again[0].article.id == judged[0].article.id


def test_a_name_that_all_pages_of_a_site_give_stays_with_the_first() -> None:
    judged, memory = judge(Memory(), candidates([item(1), item(2)]), day=20_000)
    for one in judged:
        memory = with_names(memory, one.article.id, [name_of_url("https://harbourwire.example/front")])
    again, _ = judge(memory, candidates([item(1, link="https://harbourwire.example/front", guid=None)]), day=20_001)
    assert again[0].article.id == judged[0].article.id
    assert verdicts(judge(memory, candidates([item(1), item(2)]), day=20_001)[0]) == ["known", "known"]


def test_one_article_has_one_id_whichever_feed_it_comes_through() -> None:
    other = Feed("https://harbourwire.example/asia.rss", "Harbour Wire Asia")
    one, two = candidates([item(1)]), candidates([item(1, guid="another")], other)
    assert one[0].article.id == two[0].article.id == article_id(item(1).link, "", "")


def test_a_memory_that_cannot_be_read_is_an_empty_one() -> None:
    assert decoded(b"rubbish") == decoded(b"") == Memory()
    assert len(encoded(judge(Memory(), candidates(THIRTY), day=20_000)[1])) < 30 * 75


@pytest.mark.parametrize(
    ("url", "main"),
    [
        ("https://x.example/a", "https://x.example/a"),
        ("http://X.example:80/a/?utm_source=b&id=3#c", "https://x.example/a?id=3"),
        ("https://amp.x.example/a", "https://www.x.example/a"),
        ("https://m.x.example/a", "https://www.x.example/a"),
        ("https://en.m.wiki.example/a", "https://en.wiki.example/a"),
        ("https://x.example/a/amp/", "https://x.example/a"),
        ("https://x.example/a.amp.html", "https://x.example/a.html"),
        ("https://x.example/amp/a", "https://x.example/a"),
        ("https://x.example/a?outputType=amp&b=1", "https://x.example/a?b=1"),
        ("https://x-example.cdn.ampproject.org/v/s/x.example/a/amp?usqp=1", "https://x.example/a?usqp=1"),
        ("https://www.google.com/amp/s/x.example/a", "https://x.example/a"),
        ("https://amplify.example/a", "https://amplify.example/a"),
        ("https://m.example/a", "https://m.example/a"),
        ("https://x.example/amphibians", "https://x.example/amphibians"),
        ("mailto:a@x.example", None),
    ],
)
def test_twins_are_brought_to_their_main_address(url: str, main: str | None) -> None:
    assert main_url(url) == main
    assert main is None or main_url(main) == main


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/a?b=%20c+d&e=&f",
        "https://x.example/%D0%B0/b",
        "https://x.example/?a=1;b",
        "https://x.example",
    ],
)
def test_an_address_that_is_no_twin_has_the_id_it_always_had(url: str) -> None:
    assert main_url(url) == canonical_url(url)


@pytest.mark.parametrize("guid", ["1", "30", "9999", "a", " ", "abc"])
def test_a_guid_that_says_nothing_is_no_name(guid: str) -> None:
    assert name_of_guid(guid) is None


def to_read(body: str, feed: Feed = FEED) -> ReadFeed | Unreadable:
    return read_feed(ToRead(feed, feed.url, body.encode(), NOW, 200_000, "text/xml"))


RSS = (
    "<rss version='2.0'><channel><title>H</title><language>fr-FR</language>"
    "<item><title>Homs</title><link>/1</link><description>War in Syria</description></item>"
    "<item><title>Sport</title><link>/2</link><pubDate>Sun, 08 Dec 2030 12:00:00 GMT</pubDate></item>"
    "<item><link>/3</link></item></channel></rss>"
)


def test_an_article_says_where_it_came_from() -> None:
    read = to_read(RSS, Feed("https://me:secret@rss.harbourwire.example/f", "Harbour Wire", country="GB"))
    assert isinstance(read, ReadFeed)
    article = read.candidates[0].article
    assert (article.source.name, article.source.domain, article.source.country) == (
        "Harbour Wire",
        "harbourwire.example",
        "GB",
    )
    assert article.url == "https://rss.harbourwire.example/1"
    assert article.feed == "https://rss.harbourwire.example/f"
    assert (article.language, article.lineage.producer) == ("fr", "rss")


def test_what_is_wrong_with_items_is_said_once() -> None:
    read = to_read(RSS)
    assert isinstance(read, ReadFeed)
    assert [one.article.title for one in read.candidates] == ["Homs", "Sport"]
    assert read.candidates[1].article.published_at == NOW
    assert read.complaints == (
        "an item has no date that can be read (2 times)",
        "a date lies in the future, taken for now",
        "an item has no title",
        "an item has neither a title nor a text, left out",
    )


@pytest.mark.parametrize(
    ("keep", "skip", "titles"),
    [
        ((), (), ["Homs", "Sport"]),
        (("syria",), (), ["Homs"]),
        ((), ("^sport",), ["Homs"]),
        (("homs", "sport"), ("war",), ["Sport"]),
    ],
)
def test_filters_decide_what_comes_in(keep: tuple[str, ...], skip: tuple[str, ...], titles: list[str]) -> None:
    read = to_read(RSS, Feed(FEED.url, "H", keep=keep, skip=skip))
    assert isinstance(read, ReadFeed)
    assert [one.article.title for one in read.candidates] == titles


def test_a_body_that_is_no_feed_is_described() -> None:
    read = to_read("<html></html>")
    assert isinstance(read, Unreadable)
    assert "web page" in read.why
