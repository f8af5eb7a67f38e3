"""One id for an article in all feeds: what counts on a site, and what never does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.unit.feeds.test_identity import FEED, candidates, item
from wirewatch.feeds.identity import REMEMBERED_DAYS, Candidate, Memory, decoded, encoded, judge
from wirewatch.feeds.items import Item
from wirewatch.feeds.listed import Feed
from wirewatch.feeds.sites import agreed, site_of

SECTION = Feed("https://harbourwire.example/world/rss", "Harbour Wire World")
STRANGER = Feed("https://stranger.example/rss", "Stranger")


def ids_in(*feeds: tuple[Feed, Sequence[Item]], days: Sequence[int] = ()) -> list[list[str]]:
    """The ids that the items of some feeds get, one feed after the other; none remembers anything of its own."""
    sites: dict[str, Memory] = {}
    found = []
    for number, (feed, items) in enumerate(feeds):
        day = (days or range(20_000, 30_000))[number] if days else 20_000
        judged, memory = judge(Memory(), candidates(items, feed), day=day)
        ids: list[str] = []
        for one in judged:
            site = site_of(one.article)
            present = [seen.id.hex() for seen in memory.seen]
            got, remembered = agreed(sites.get(site, Memory()), [one], present, day=day)
            sites[site] = decoded(encoded(remembered))
            ids += got
        found.append(ids)
    return found


def own_ids(items: Sequence[Item]) -> list[str]:
    made: list[Candidate] = candidates(items)
    return [one.article.id for one in made]


def slug(n: int, guid: str) -> Item:
    return item(n, guid=guid, link=f"https://harbourwire.example/other-slug-{n}")


BY_ADDRESS = "https://harbourwire.example/2024/report-1"


@pytest.mark.parametrize(
    ("second", "same"),
    [
        ((SECTION, slug(1, "harbourwire-1")), True),
        ((SECTION, item(1, guid="other", link="http://www.harbourwire.example/2024/report-1/?utm_source=x")), True),
        (
            (SECTION, item(1, guid=BY_ADDRESS, link="https://harbourwire.example/x")),
            True,
        ),
        ((SECTION, slug(1, "other")), False),
        ((STRANGER, slug(1, "https://cms.example/?p=77")), False),
        ((SECTION, slug(1, "1")), False),
        ((STRANGER, slug(1, "harbourwire-1")), False),
        ((SECTION, item(1, link="https://mirror.example/report-1")), False),
        (
            (STRANGER, item(1, link="https://stranger.example/x", guid=BY_ADDRESS)),
            False,
        ),
    ],
)
def test_an_article_that_comes_through_a_second_feed_is_known_by_its_names(
    second: tuple[Feed, Item], same: bool
) -> None:
    feed, one = second
    (first,), (other,) = ids_in((FEED, [item(1)]), (feed, [one]))
    assert (first == other) is same


def test_a_guid_that_is_unique_in_the_world_needs_no_outlet() -> None:
    guid = "tag:harbourwire.example,2024:1"
    (first,), (other,) = ids_in((FEED, [item(1, guid=guid)]), (STRANGER, [slug(1, guid)]))
    assert first == other


def test_a_guid_that_is_an_address_elsewhere_names_the_articles_of_its_outlet_only() -> None:
    guid = "https://cms.example/?p=77"
    (first,), (section,), (stranger,) = ids_in(
        (FEED, [item(1, guid=guid)]), (SECTION, [slug(1, guid)]), (STRANGER, [item(2, guid=guid)])
    )
    assert first == section != stranger


def test_a_guid_whose_article_stands_in_the_feed_under_its_own_address_names_no_other() -> None:
    moved_on = [item(1, guid="new"), slug(2, "harbourwire-1")]
    first, second = ids_in((FEED, [item(1)]), (SECTION, moved_on))
    assert second == [first[0], own_ids(moved_on)[1]]


def test_a_guid_that_several_items_share_names_nothing_in_other_feeds_either() -> None:
    shared = [slug(1, "same-guid"), slug(2, "same-guid")]
    _, second = ids_in((FEED, [item(1, guid="same-guid")]), (SECTION, shared))
    assert second == own_ids(shared)


@pytest.mark.parametrize(("days", "same"), [(REMEMBERED_DAYS, True), (REMEMBERED_DAYS + 2, False)])
def test_names_are_remembered_for_90_days(days: int, same: bool) -> None:
    feeds = [(FEED, [item(1)]), (SECTION, [slug(3, "x-3")]), (SECTION, [slug(1, "harbourwire-1")])]
    first, _, last = ids_in(*feeds, days=[20_000, 20_000 + days - 1, 20_000 + days])
    assert (first == last) is same
