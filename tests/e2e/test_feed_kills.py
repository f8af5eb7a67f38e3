"""Nothing lost and nothing doubled in the index, wherever the RSS producer is killed while feeds go on changing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from consumers import clusterer, indexer, tagger
from tests.e2e.line import documents, prepare, quick, wait_until
from tests.feed_server import FeedServer, reply
from tests.integration.test_produce_files import on_the_line
from wirewatch.failpoints import VARIABLE
from wirewatch.search.client import asking
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings
from wirewatch.stream import Until
from wirewatch.stream.dead_letters import waiting

FAILPOINTS = ("rss.agreed", "rss.published", "rss.items_remembered", "rss.remembered")
FEEDS = 24
ITEMS = 6


class Newsroom:
    """Feeds on one server; with each edition every feed gets one more item, and one in four edits an old one."""

    def __init__(self, server: FeedServer) -> None:
        self._server = server
        self._texts = {(feed, item): self._text(feed, item) for feed in range(FEEDS) for item in range(ITEMS)}
        self._edition = 0
        self.edited: set[str] = set()
        self._say()

    def next_edition(self) -> None:
        self._edition += 1
        for feed in range(FEEDS):
            item = ITEMS - 1 + self._edition
            self._texts[feed, item] = self._text(feed, item)
        for feed in range(self._edition % 4, FEEDS, 4):
            if (old := self._edition // 4) < ITEMS:
                self._texts[feed, old] += " Officials have confirmed it since."
                self.edited.add(self.url(feed, old))
        self._say()

    def url(self, feed: int, item: int) -> str:
        return f"https://outlet{feed}.example/report-{item}"

    @property
    def texts(self) -> dict[str, str]:
        """What each article says by now, by address."""
        return {self.url(feed, item): text for (feed, item), text in self._texts.items()}

    def listed(self, file: Path) -> Path:
        """The feeds as a feeds.toml."""
        feeds = (f'[[feed]]\nname = "Outlet {n}"\nurl = "{self._server.url(f"/{n}")}"\n' for n in range(FEEDS))
        file.write_text("".join(feeds))
        return file

    def _text(self, feed: int, item: int) -> str:
        return f"Bridge {feed * 1000 + item} in quarter {feed} was closed, witness {item} said."

    def _say(self) -> None:
        for feed in range(FEEDS):
            items = "".join(
                f"<item><title>Report {item} of outlet {feed}</title><link>{self.url(feed, item)}</link>"
                f"<guid isPermaLink='false'>outlet-{feed}-{item}</guid><description>{text}</description></item>"
                for (of, item), text in self._texts.items()
                if of == feed
            )
            self._server.says[f"/{feed}"] = reply(f"<rss version='2.0'><channel>{items}</channel></rss>")


@pytest.fixture
def newsroom() -> Iterator[tuple[Newsroom, FeedServer]]:
    with FeedServer() as server:
        yield Newsroom(server), server


@contextmanager
def polling(settings: Settings, feeds: Path, failpoint: str | None = None) -> Iterator[subprocess.Popen[str]]:
    """`wirewatch produce rss --force` as a process of its own."""
    environment = os.environ | settings.environment() | ({VARIABLE: failpoint} if failpoint else {})
    command = [sys.executable, "-W", "ignore", "-m", "wirewatch", "produce", "rss", "--force", "--feeds", str(feeds)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def killed_at(settings: Settings, feeds: Path, failpoint: str) -> None:
    with polling(settings, feeds, failpoint) as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, said


def killed_within(settings: Settings, feeds: Path, server: FeedServer, seconds: float) -> float | None:
    """Kill it so long after its first request; None where it still lived then, else how long it had taken."""
    asked = len(server.asked)
    with polling(settings, feeds) as process:
        wait_until(lambda: len(server.asked) > asked or process.poll() is not None, 60, what="the first request")
        begin = time.monotonic()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        took = time.monotonic() - begin
        process.kill()
        process.communicate(timeout=60)
        return None if process.returncode == -signal.SIGKILL else took


def assert_exactly(settings: Settings, feeds: Path, newsroom: Newsroom) -> None:
    """After one poll in peace every item is one article in the index, and says what its feed says now."""
    with polling(settings, feeds) as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    for consumer in (tagger, clusterer, indexer):
        consumer.run(settings, Until.END)
    assert len(documents(settings)) == len(newsroom.texts)
    assert {url: text for url, (text, _) in stored(settings).items()} == newsroom.texts
    versions = {url: version for url, (_, version) in stored(settings).items()}
    assert {url for url, version in versions.items() if version > 1} <= newsroom.edited
    assert max(versions.values()) <= 2, "an edit is one version, however often it was published"
    assert waiting(settings) == []


def stored(settings: Settings) -> dict[str, tuple[str, int]]:
    """Text and version of every article in the index, by address."""
    with asking(settings) as es:
        found = es.search(index=alias_of(settings, "news-articles"), size=10_000, source=["url", "text", "version"])
    sources = [hit["_source"] for hit in found["hits"]["hits"]]
    return {one["url"]: (one["text"], one["version"]) for one in sources}


def allowed(settings: Settings) -> Settings:
    """Feeds on loopback, few at a time, so that a poll has a middle to be killed in."""
    return msgspec.structs.replace(quick(settings), feeds_allow_private=True, feeds_at_once=4)


def test_a_producer_killed_at_each_point_loses_and_doubles_nothing(
    settings: Settings, newsroom: tuple[Newsroom, FeedServer], tmp_path: Path
) -> None:
    settings, (news, server) = allowed(settings), newsroom
    feeds = news.listed(tmp_path / "feeds.toml")
    prepare(settings)
    for failpoint in FAILPOINTS:
        killed_at(settings, feeds, failpoint)
        news.next_edition()
    killed_within(settings, feeds, server, random.Random(20241208).uniform(0, 3.0))
    assert_exactly(settings, feeds, news)


@pytest.mark.parametrize("failpoint", ["rss.agreed", "rss.published"])
def test_a_slug_that_changes_while_a_killed_producer_is_away_makes_no_second_article(
    settings: Settings, newsroom: tuple[Newsroom, FeedServer], tmp_path: Path, failpoint: str
) -> None:
    settings, (news, server) = allowed(settings), newsroom
    feeds = news.listed(tmp_path / "feeds.toml")
    prepare(settings)
    killed_at(settings, feeds, failpoint)
    for path, said in server.says.items():
        assert isinstance(said, bytes)
        _, _, body = said.partition(b"\r\n\r\n")
        server.says[path] = reply(body.replace(b"/report-", b"/renamed-"))
    with polling(settings, feeds) as process:
        _, words = process.communicate(timeout=60)
        assert process.returncode == 0, words
    came = [article for article, _, _ in on_the_line(settings)]
    assert len({article.id for article in came}) == len({article.title for article in came}) == FEEDS * ITEMS


@pytest.mark.long
@pytest.mark.timeout(900)
def test_thirty_kills_at_random_while_feeds_change_lose_and_double_nothing(
    settings: Settings, newsroom: tuple[Newsroom, FeedServer], tmp_path: Path
) -> None:
    settings, (news, server) = allowed(settings), newsroom
    feeds = news.listed(tmp_path / "feeds.toml")
    prepare(settings)
    dice, kills, polls, within = random.Random(20241208), 0, 0, 3.0
    while kills < 30:
        took = killed_within(settings, feeds, server, dice.uniform(0, within))
        kills += took is None
        within = within if took is None else max(0.2, 1.5 * took)  # so that most kills come while it works
        polls += 1
        if polls % 3 == 0:
            news.next_edition()
    print(f"{kills} kills in {polls} polls, {len(news.texts)} articles, {len(news.edited)} of them edited")
    assert_exactly(settings, feeds, news)
