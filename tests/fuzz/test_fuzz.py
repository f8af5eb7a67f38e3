"""Whatever comes in from outside: read, or refused in words; never a crash, never a hang.

`make test` tries a little, the same each time; `make fuzz` tries megabytes of each kind, other ones each time.
A finding becomes a case of its reader's own tests.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis.strategies import SearchStrategy
from kafka.consumer.fetcher import ConsumerRecord

from producers.reading import formats
from producers.reading.draft import Given
from producers.reading.inputs import Input, read_input
from producers.reading.items import ToRead, read_feed
from tests.builders import NOW
from tests.fuzz.mutate import damaged, odd
from tests.fuzz.whole import FEEDS, FILES, HTML, MESSAGES, RULE_FILES, RULES
from tests.unit.test_alert_query import tried
from wirewatch.alerts.index import RuleIndex
from wirewatch.alerts.match import match
from wirewatch.alerts.names import Names, load_names
from wirewatch.alerts.query import parse, printed
from wirewatch.alerts.render import alert_html, alert_markdown, alert_text
from wirewatch.alerts.rules_file import read_rules
from wirewatch.alerts.seen import Seen
from wirewatch.errors import UnreadableInput, WirewatchError
from wirewatch.feeds.discover import linked_feeds
from wirewatch.feeds.listed import Feed
from wirewatch.feeds.opml import read_opml
from wirewatch.feeds.page import read_page
from wirewatch.models import Alert, Article, Assignment, ClusteredArticle, TaggedArticle
from wirewatch.search.articles import encoded
from wirewatch.search.documents import article_write, story_write
from wirewatch.settings import Settings
from wirewatch.stories import Stories
from wirewatch.stream.decoding import Decoder, Received, Rejected, dead_letter
from wirewatch.topics import Topic

BUDGET = int(os.environ.get("WIREWATCH_TEST_FUZZ", "0"))
"""Bytes of damaged input to try of each kind; 0 tries a few documents, the same every time."""

FEW = 40
ROUND = 200
PATIENCE_S = 3.0
"""Processor time one document of some kilobytes may take."""

GIVEN = Given(NOW, 100_000)
FEED = Feed(name="a", url="https://a.example/feed")


def holds(
    kind: str,
    whole: Sequence[bytes],
    read: Callable[[bytes], object],
    hurt: Callable[[Sequence[bytes]], SearchStrategy[bytes]] = damaged,
) -> None:
    """Have ``read`` take hurt documents until the budget is used; each within the time, with no other error."""
    tried = documents = 0

    def one(body: bytes) -> None:
        nonlocal tried, documents
        tried, documents = tried + len(body), documents + 1
        began = time.process_time()
        read(body)
        took = time.process_time() - began
        assert took < PATIENCE_S, f"{took:.1f} s for {len(body)} bytes"

    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    few = hypothesis.settings(max_examples=ROUND if BUDGET else FEW, derandomize=not BUDGET, database=None,
                              suppress_health_check=quiet, deadline=None)  # fmt: skip
    given_bodies = few(given(hurt(whole))(one))
    for body in whole:
        one(body)
    given_bodies()
    while tried < BUDGET:
        given_bodies()
    print(f"{kind}: {documents} documents, {tried / 1e6:.2f} MB")


def test_a_damaged_feed_is_read_or_said_to_be_none() -> None:
    def read(body: bytes) -> None:
        read_feed(ToRead(FEED, FEED.url, body, NOW, 100_000))
        read_feed(ToRead(FEED, FEED.url, body, NOW, 100_000, content_type="application/rss+xml; charset=utf-16"))

    holds("feed", FEEDS, read)


def test_a_damaged_page_gives_a_text_or_none() -> None:
    def read(body: bytes) -> None:
        read_page(body, "https://h.example/1")
        linked_feeds(body, "https://h.example/1")

    holds("page", HTML, read)


def test_a_damaged_opml_file_is_read_or_refused_in_words() -> None:
    def read(body: bytes) -> None:
        refused_in_words(lambda: read_opml(body, "feeds.opml"))

    opml = (
        b'<opml version="2.0"><body><outline text="a"><outline xmlUrl="https://a.example/f"/></outline></body></opml>'
    )
    holds("OPML", (opml,), read)


def test_a_damaged_file_gives_articles_and_mistakes_that_name_it() -> None:
    def read(body: bytes) -> None:
        for found in read_input(Input("-", None), GIVEN, io.BytesIO(body)):
            assert isinstance(found, UnreadableInput) or found.article.id

    holds("file", (*FILES, *HTML), read)


def test_a_damaged_page_in_a_file_is_read_or_refused_in_words() -> None:
    def read(body: bytes) -> None:
        refused_in_words(lambda: formats.html(body.decode("utf-8", "replace"), "page.html"))

    holds("HTML file", HTML, read)


def test_a_damaged_query_is_a_query_or_an_error_with_its_place() -> None:
    def read(body: bytes) -> None:
        text = body.decode("utf-8", "surrogateescape")
        query, error = tried(text)
        if query is not None:
            assert parse(printed(query)) == query
        assert error is None or (0 <= error.position <= len(text) and "\n" not in str(error))

    holds("query", RULES, read)


def test_a_damaged_rules_file_is_read_or_refused_in_words() -> None:
    holds(
        "rules file",
        RULE_FILES,
        lambda body: refused_in_words(lambda: read_rules(body.decode("utf-8", "replace"), names(), where="rules.toml")),
    )


@pytest.mark.parametrize("hurt", [damaged, odd], ids=["damaged", "odd"])
@pytest.mark.parametrize("topic", MESSAGES, ids=lambda topic: topic.name)
def test_a_damaged_message_is_refused_or_goes_all_the_way_through_its_consumer(
    topic: Topic[Any], hurt: Callable[[Sequence[bytes]], SearchStrategy[bytes]]
) -> None:
    decoder = Decoder(topic)

    def read(body: bytes) -> None:
        decoded = decoder(record(topic, body))
        if isinstance(decoded, Rejected):
            assert dead_letter(decoded, "tagger", now=NOW).value == body
        else:
            work_on(decoded)

    holds(topic.name, MESSAGES[topic], read, hurt)


def work_on(received: Received[Any]) -> None:
    """What the consumer of this message does with it before anything is sent."""
    match received.value:
        case TaggedArticle() as tagged:
            judged = Stories().judge(tagged)
            cluster = ClusteredArticle(tagged, judged.story, judged.version, NOW)
            store(cluster)
        case ClusteredArticle() as cluster:
            store(cluster)
            seen = Seen(cluster.tagged)
            for rule in rules().matching(seen, cluster.story):
                match(rule, seen, cluster.story)
        case Assignment():
            stories = Stories()
            stories.restore_encoded(received.record.value)
            stories.settle()
        case Alert() as alert:
            assert alert_text(alert)
            assert alert_markdown(alert)
            assert "<script" not in alert_html(alert)
        case Article() as article:
            assert article.timestamp


def store(cluster: ClusteredArticle) -> None:
    for document in (article_write(cluster, indexed_at=NOW), story_write(cluster.story)):
        with suppress(ValueError, TypeError, OverflowError):  # what `write` takes for a refusal
            encoded(Settings(), document)


def refused_in_words(read: Callable[[], object]) -> None:
    """Run ``read``; what it refuses must be one line of ours."""
    said = ""
    try:
        read()
    except WirewatchError as error:
        said = str(error)
    assert "\n" not in said


def record(topic: Topic[Any], body: bytes) -> ConsumerRecord:
    headers = [("schema", b"1"), ("origin", b"live")]
    return ConsumerRecord(topic.name, 0, 0, 0, 1733572800000, 0, None, body, headers, None, 0, len(body), 0)


@cache
def names() -> Names:
    return load_names(Settings())


@cache
def rules() -> RuleIndex:
    return RuleIndex(read_rules(SEEN_BY_ALL, names(), where="rules.toml"))


SEEN_BY_ALL = """
[[rule]]
id = "words"
text = '(rebel* OR "entered the" OR minister*) NOT football'
[[rule]]
id = "place"
near = { place = "Homs, SY", within_km = 500 }
[[rule]]
id = "country"
countries = ["SY"]
"""
