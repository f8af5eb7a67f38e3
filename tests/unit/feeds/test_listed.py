"""feeds.toml: what it may say, what is refused in words, and which outlets belong together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from wirewatch.errors import FeedListError
from wirewatch.feeds.listed import FeedList, domain_of, duration, load_feeds, parse_feeds, without_password

SEEDS = Path(__file__).parents[3] / "seeds" / "feeds.toml"

HARBOUR = """
[[feed]]
name = "Harbour Wire"
url = "https://feeds.harbourwire.example/world.xml"
country = "GB"
language = "en"
tags = ["world"]
owner = "Harbour Group"
interval = "30m"
keep = ["syria", "lebanon"]

[[feed]]
name = "Lantern"
url = "https://www.lantern.example/rss"
owner = "Harbour Group"
agency = "Meridian"

[[feed]]
name = "Cedar Post"
url = "https://cedar.example/rss"

[[outlet]]
domain = "ledger.example"
agency = "Meridian"
"""


@pytest.fixture
def listed() -> FeedList:
    return parse_feeds(HARBOUR, "feeds.toml")


def test_a_feed_says_what_its_owner_wrote(listed: FeedList) -> None:
    feed = listed.feeds[0]
    assert (feed.name, feed.country, feed.language, feed.tags) == ("Harbour Wire", "GB", "en", ("world",))
    assert feed.every == timedelta(minutes=30)
    assert feed.outlet == "harbourwire.example"


@pytest.mark.parametrize(
    "url",
    [
        "http://feeds.harbourwire.example/world.xml",
        "https://FEEDS.harbourwire.example:443/world.xml#top",
        "https://me:secret@feeds.harbourwire.example/world.xml",
    ],
)
def test_a_feed_keeps_its_id_whichever_way_its_address_is_spelt(url: str, listed: FeedList) -> None:
    (feed,) = parse_feeds(f'[[feed]]\nname = "x"\nurl = "{url}"', "x").feeds
    assert feed.id == listed.feeds[0].id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "no TOML"),
        ("[feed]\nname = 'x'", "two brackets"),
        ("[[feeds]]\nname = 'x'", "only \\[\\[feed\\]\\]"),
        ("[[feed]]\nname = 'x'", "feed x: .*url"),
        ("[[feed]]\nurl = 'https://x.example'", "number 1: .*name"),
        ("[[feed]]\nname = 'x'\nurl = 'ftp://x.example/f'", "no http or https address"),
        ("[[feed]]\nname = 'x'\nurl = 'https://x.example/f'\ncountry = 'Syria'", "country"),
        ("[[feed]]\nname = 'x'\nurl = 'https://x.example/f'\nintervall = '1h'", "intervall"),
        ("[[feed]]\nname = 'x'\nurl = 'https://x.example/f'\ninterval = '10s'", "30m, 6h or 1d"),
        ("[[feed]]\nname = 'x'\nurl = 'https://x.example/f'\nkeep = ['(']", "no regular expression"),
        (
            "[[feed]]\nname = 'x'\nurl = 'https://x.example/f'\n[[feed]]\nname = 'y'\nurl = 'http://x.example/f/'",
            "y and x have the same url",
        ),
    ],
)
def test_a_mistake_is_one_line_that_names_the_feed(text: str, said: str) -> None:
    with pytest.raises(FeedListError, match=said) as caught:
        parse_feeds(text, "feeds.toml")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("feeds.toml: ")


def test_a_password_in_an_address_is_never_in_the_message() -> None:
    with pytest.raises(FeedListError) as caught:
        parse_feeds("[[feed]]\nname = 'x'\nurl = 'ftp://me:secret@x.example/f'", "feeds.toml")
    assert "secret" not in str(caught.value)


def test_feeds_are_chosen_by_name_address_domain_or_tag(listed: FeedList) -> None:
    def names(**by: tuple[str, ...]) -> list[str]:
        return [feed.name for feed in listed.chosen(**by)]

    assert names() == ["Harbour Wire", "Lantern", "Cedar Post"]
    assert names(names=("lantern",), tags=("world",)) == ["Harbour Wire", "Lantern"]
    assert names(names=("https://cedar.example/rss", "lantern.example")) == ["Lantern", "Cedar Post"]
    with pytest.raises(FeedListError, match="none is called 'Lanten'"):
        names(names=("Lanten",))
    with pytest.raises(FeedListError, match="tags: world"):
        names(tags=("word",))


def test_outlets_of_one_owner_or_agency_count_as_one(listed: FeedList) -> None:
    outlets = listed.outlets
    assert outlets.independent(["harbourwire.example", "Lantern", "ledger.example"]) == 1
    assert outlets.independent(["harbourwire.example", "cedar.example"]) == 2
    assert outlets.independent(["unknown.example", "www.unknown.example", "Cedar Post", "cedar.example"]) == 2
    assert outlets.independent([]) == 0


def test_an_outlet_is_known_by_a_domain_below_its_own(listed: FeedList) -> None:
    known = listed.outlets.of("sport.lantern.example")
    assert known is not None
    assert (known.owner, known.agency) == ("Harbour Group", "Meridian")
    assert listed.outlets.of("example") is None
    assert listed.outlets.of("notlantern.example") is None


@pytest.mark.parametrize(
    ("text", "minutes"), [("30m", 30), ("6h", 360), ("1d", 1440), ("90 min", 90), ("x", None), ("", None)]
)
def test_an_interval_is_read(text: str, minutes: int | None) -> None:
    assert duration(text) == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.lantern.example/rss", "lantern.example"),
        ("https://rss.lantern.example/x", "lantern.example"),
        ("https://rss.example/x", "rss.example"),
        ("nonsense", ""),
    ],
)
def test_the_outlets_domain_is_that_of_its_feed_without_what_is_only_for_feeds(url: str, domain: str) -> None:
    assert domain_of(url) == domain


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:se@cret@x.example/a@b", "https://x.example/a@b"),
        ("https://x.example/", "https://x.example/"),
        ("https://x.example", "https://x.example"),
    ],
)
def test_no_address_is_shown_with_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_the_feeds_that_come_along_are_of_many_countries_and_each_says_which() -> None:
    feeds = load_feeds(SEEDS).feeds
    assert len(feeds) >= 40
    assert [feed.name for feed in feeds if not (feed.country and feed.language and feed.tags and feed.owner)] == []
    assert len({feed.country for feed in feeds}) >= 25
    assert len({feed.language for feed in feeds}) >= 8
    assert "could not be fetched" in SEEDS.read_text(encoding="utf-8")


def test_a_list_that_is_not_there_is_named() -> None:
    with pytest.raises(FeedListError, match=r"/none/feeds\.toml: cannot be read"):
        load_feeds(Path("/none/feeds.toml"))
