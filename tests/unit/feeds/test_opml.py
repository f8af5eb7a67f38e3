"""Feeds as OPML, the feeds behind a page, and what is covered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wirewatch.errors import FeedListError
from wirewatch.feeds.coverage import coverage
from wirewatch.feeds.discover import linked_feeds, usual_places
from wirewatch.feeds.listed import Feed, load_feeds, parse_feeds
from wirewatch.feeds.opml import read_opml, toml_of, write_opml
from wirewatch.feeds.state import FeedState
from wirewatch.resources import seed_feeds

NOW = datetime(2024, 12, 8, 12, tzinfo=UTC)
OPML = b"""<?xml version="1.0"?><opml version="1.0"><head/><body>
<outline text="Middle East"><outline title="Harbour &amp; Wire" type="rss" xmlUrl="https://harbourwire.example/rss"
 htmlUrl="https://www.harbourwire.example/" language="en-GB" category="/world/,syria"/>
<outline text="Levant"><outline text="Cedar" xmlUrl="https://cedar.example/rss"/></outline></outline>
<outline text="Cedar again" xmlUrl="http://cedar.example/rss/"/>
<outline text="Old" xmlUrl="feed://x.example/rss"/><outline text="A page" htmlUrl="https://x.example"/>
</body></opml>"""


def test_opml_is_read_with_its_folders_as_tags() -> None:
    feeds, left_out = read_opml(OPML, "a.opml")
    assert feeds == [
        Feed(
            "https://harbourwire.example/rss",
            "Harbour & Wire",
            language="en",
            tags=("Middle East", "world", "syria"),
            domain="harbourwire.example",
        ),
        Feed("https://cedar.example/rss", "Cedar", tags=("Middle East", "Levant")),
    ]
    assert left_out == ["Cedar again is there more than once", "feed://x.example/rss is no http or https address"]


@pytest.mark.parametrize("head", ["<http://[opml>", "<opml:x>", "<?opml?>", "<!-- opml -->"])
def test_what_only_looks_like_opml_is_refused_in_one_line(head: str) -> None:
    with pytest.raises(FeedListError, match=r"feeds\.opml: is no OPML") as error:
        read_opml(f"{head}<body/>".encode(), "feeds.opml")
    assert "\n" not in str(error.value)


def test_what_is_exported_comes_back_without_passwords() -> None:
    feeds = [
        Feed("https://me:secret@x.example/f?a=1&b=2", 'The "X" & <Y>', language="fr", tags=("world", "eu")),
        Feed("https://y.example/f", "Y"),
    ]
    text = write_opml(feeds)
    assert "secret" not in text
    back, left_out = read_opml(text.encode(), "x")
    assert left_out == []
    assert [(one.id, one.name, one.language, one.tags) for one in back] == [
        (one.id, one.name, one.language, one.tags) for one in feeds
    ]


def test_the_feeds_that_come_along_survive_opml_and_toml() -> None:
    feeds = load_feeds(seed_feeds()).feeds
    assert {one.id for one in read_opml(write_opml(feeds).encode(), "x")[0]} == {one.id for one in feeds}
    assert parse_feeds(toml_of(feeds), "x").feeds == feeds


@pytest.mark.parametrize("name", ['quote " and \\ backslash', "tab\tand\nline", "Ünïcode “x”", "' '"])
def test_any_name_survives_toml(name: str) -> None:
    feed = Feed("https://x.example/f", name, full_text=True, keep=(r"\bwar\b",), interval="6h")
    assert parse_feeds(toml_of([feed]), "x").feeds == (feed,)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"<html/>", b"\x00\x01", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"]
)
def test_what_is_no_opml_is_said(data: bytes) -> None:
    with pytest.raises(FeedListError, match=r"a\.opml: is no OPML"):
        read_opml(data, "a.opml")


def test_a_page_names_its_feeds_the_declared_ones_first() -> None:
    page = b"""<html><head><base href="/news/"><link rel="stylesheet" href="x.css">
    <link rel="Alternate" type="application/rss+xml" href="world.xml"><link rel=alternate hreflang=fr href=/fr>
    <link rel="alternate" type="application/feed+json" href="//other.example/feed.json#x"></head>
    <body><a href="/rss/sport">RSS</a><a href="/about">x</a><a href="mailto:rss@x.example">x</a></body></html>"""
    assert linked_feeds(page, "https://x.example/") == [
        "https://x.example/news/world.xml",
        "https://other.example/feed.json",
        "https://x.example/rss/sport",
    ]
    assert linked_feeds(b"", "https://x.example/") == linked_feeds(b"\x00", "https://x.example/") == []


def test_the_usual_places_are_below_the_page_and_at_the_root() -> None:
    places = usual_places("https://x.example/blog/")
    assert "https://x.example/blog/feed" in places
    assert "https://x.example/rss.xml" in places


def state(n: int, **fields: object) -> FeedState:
    one = Feed(f"https://x.example/{n}", "x")
    given: dict[str, object] = {"id": one.id, "url": one.url, "name": "x", "polled_at": NOW} | fields
    return FeedState(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([], "its feeds were never polled"),
        ([state(1, failures=3)], "no feed answers, so nothing is known"),
        ([state(1, new_at=NOW - timedelta(minutes=20)), state(2, failures=1)], "news 20 minutes ago"),
        ([state(1, new_at=NOW - timedelta(days=40))], "no news for 40 days, though its feeds answer"),
        ([state(1)], "no news, though its feeds answer"),
    ],
)
def test_no_news_is_told_apart_from_no_feed(states: list[FeedState], words: str) -> None:
    feeds = [Feed(f"https://x.example/{n}", "x", country="SY") for n in (1, 2)]
    known = {one.id: one for one in states}
    found = coverage(feeds, known, by="country", now=NOW, asked=["LB"])
    assert [(one.of, one.words) for one in found] == [("LB", "no feed is listed"), ("SY", words)]
