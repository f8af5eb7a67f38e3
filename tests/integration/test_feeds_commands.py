"""`wirewatch feeds` and `wirewatch produce rss` as a person types them, against real servers on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.feed_server import FeedServer, reply
from wirewatch.cli import main
from wirewatch.feeds.listed import load_feeds
from wirewatch.settings import Settings

RSS = (
    "<rss version='2.0'><channel><title>Harbour Wire</title><language>en-gb</language><item><title>Shelling near Homs"
    "</title><link>https://harbourwire.example/1</link><description>Two were hurt.</description></item></channel></rss>"
)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.says |= {"/rss": reply(RSS), "/gone": reply(b"", 410)}
        yield running


def typed(*words: str, settings: Settings | None = None) -> Result:
    environment = {"WIREWATCH_FEEDS_ALLOW_PRIVATE": "true", "COLUMNS": "200"}
    if settings is not None:
        environment |= settings.environment() | environment
    return CliRunner().invoke(main, words, env=environment)


def test_a_feed_is_tried_without_servers_and_without_sending_anything(server: FeedServer) -> None:
    done = typed("feeds", "check", server.url("/rss"))
    assert done.exit_code == 0, done.output
    assert "Shelling near Homs" in done.stdout
    assert "no date that can be read" in done.stdout
    done = typed("feeds", "check", server.url("/gone"), server.url("/rss"), "--json")
    assert done.exit_code == 1
    gone, good = json.loads(done.stdout)
    assert "gone for good" in gone["error"]
    assert good["articles"][0]["url"] == "https://harbourwire.example/1"


def test_the_feed_behind_a_page_is_found_and_written_into_the_list(server: FeedServer, tmp_path: Path) -> None:
    listed = tmp_path / "desk.toml"
    server.says["/"] = reply("<html><head><link rel=alternate type=application/rss+xml href=/rss></head></html>")
    server.says["/blog"] = reply("<html>nothing here</html>")
    server.says["/blog/feed"] = reply(RSS.replace("Harbour Wire", "Blog"))
    done = typed("feeds", "add", server.url("/"), "--feeds", str(listed), "--country", "gb", "--tag", "world")
    assert done.exit_code == 0, done.output
    done = typed("feeds", "add", server.url("/blog"), "--feeds", str(listed), "--name", "A blog")
    assert done.exit_code == 0, done.output
    one, two = load_feeds(listed).feeds
    assert (one.name, one.url, one.country, one.language, one.tags) == (
        "Harbour Wire",
        server.url("/rss"),
        "GB",
        "en",
        ("world",),
    )
    assert (two.name, two.url) == ("A blog", server.url("/blog/feed"))
    again = typed("feeds", "add", server.url("/rss"), "--feeds", str(listed))
    assert again.exit_code == 2
    assert "have the same url" in again.output
    assert len(load_feeds(listed).feeds) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("feeds", "add", "https://x.example"), "which list?"),
        (("feeds", "check", "ftp://x.example"), "no http or https address"),
        (("feeds", "check", "--name", "Nobody"), "none is called 'Nobody'"),
        (("feeds", "export", "--tag", "nothing"), "none has the tag 'nothing'"),
        (("produce", "rss", "--feeds", "/none.toml"), "/none.toml: cannot be read"),
        (("produce", "rss", "--tag", "nothing"), "none has the tag"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words: tuple[str, ...], said: str) -> None:
    done = typed(*words)
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_a_page_without_a_feed_is_said(server: FeedServer, tmp_path: Path) -> None:
    server.says = {"/page": reply("<html></html>")}
    done = typed("feeds", "add", server.url("/page"), "--feeds", str(tmp_path / "x.toml"))
    assert done.exit_code == 2
    assert "no feed was found there" in done.output
    assert not (tmp_path / "x.toml").exists()


def test_opml_comes_in_and_goes_out(tmp_path: Path) -> None:
    opml, listed = tmp_path / "a.opml", tmp_path / "desk.toml"
    opml.write_text('<opml><body><outline text="X" xmlUrl="https://x.example/f"/></body></opml>')
    assert "1 feeds added" in typed("feeds", "import", str(opml), "--feeds", str(listed)).stdout
    assert "0 feeds added" in typed("feeds", "import", str(opml), "--feeds", str(listed)).stdout
    exported = typed("feeds", "export", "--feeds", str(listed))
    assert 'xmlUrl="https://x.example/f"' in exported.stdout
    assert len(load_feeds(listed).feeds) == 1


def test_what_was_polled_is_shown_with_its_health_and_coverage(
    named_settings: Callable[[], AbstractContextManager[Settings]], server: FeedServer, tmp_path: Path
) -> None:
    listed = tmp_path / "desk.toml"
    listed.write_text(
        "".join(
            f'[[feed]]\nname = "{name}"\nurl = "{server.url(path)}"\ncountry = "{country}"\n'
            for name, path, country in (("Harbour", "/rss", "GB"), ("Gone", "/gone", "SY"))
        )
    )
    with named_settings() as settings:
        assert json.loads(typed("status", "--json", settings=settings).stdout)["feeds"] == {}, "before the first poll"
        polled = typed("produce", "rss", "--feeds", str(listed), settings=settings)
        assert polled.exit_code == 0, polled.output
        assert "2 of 2 feeds polled: 1 new articles, 0 edited, 0 feeds unchanged, 1 failing" in polled.stdout
        again = typed("produce", "rss", "--feeds", str(listed), "--json", settings=settings)
        assert json.loads(again.stdout)["polled"] == 0
        shown = typed("feeds", "list", "--feeds", str(listed), settings=settings)
        assert shown.exit_code == 0, shown.output
        assert "gone for good" in shown.stdout
        rows = json.loads(typed("feeds", "list", "--feeds", str(listed), "--json", settings=settings).stdout)
        assert {row["name"]: row["health"] for row in rows} == {"Harbour": "ok", "Gone": "retired"}
        status = json.loads(typed("status", "--json", settings=settings).stdout)
        assert status["feeds"] == {"ok": 1, "retired": 1}
        assert "feeds          1 ok, 1 retired" in typed("status", settings=settings).stdout
        covered = typed(
            "feeds", "list", "--feeds", str(listed), "--coverage", "--country", "lb", settings=settings
        ).stdout
        assert "LB       0 of 0 feeds answer: no feed is listed" in covered
        assert "SY       0 of 1 feeds answer: no feed answers, so nothing is known" in covered
        assert "GB       1 of 1 feeds answer: news" in covered
