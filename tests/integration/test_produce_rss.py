"""The RSS producer on a real Kafka, a real Elasticsearch and real HTTP servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from producers.rss import run
from tests.feed_server import Asked, FeedServer, reply
from tests.integration.test_produce_files import on_the_line
from wirewatch.feeds.listed import Feed
from wirewatch.feeds.state import FeedState
from wirewatch.models import Article, Origin
from wirewatch.search.feeds import PollRun, all_states, changes_of
from wirewatch.settings import Settings
from wirewatch.topics import ARTICLES_BULK, ARTICLES_RAW

NOW = datetime(2024, 12, 8, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture(scope="module")
def open_settings(named_settings: Callable[[], AbstractContextManager[Settings]]) -> Iterator[Settings]:
    """Settings that allow feeds on loopback; all tests here share their names, each has a server of its own."""
    with named_settings() as settings:
        yield msgspec.structs.replace(
            settings, feeds_allow_private=True, feeds_timeout_s=5.0, feeds_contact="mailto:desk@x.example"
        )


def item(n: int, **fields: str) -> str:
    given = {
        "title": f"Report {n}",
        "link": f"https://harbourwire.example/report-{n}",
        "guid": f"harbourwire-{n}",
        "pubDate": "Sun, 08 Dec 2024 11:00:00 GMT",
        "description": f"Event {n} happened.",
    } | fields
    return "<item>" + "".join(f"<{k}>{v}</{k}>" for k, v in given.items() if v) + "</item>"


def rss(*items: str) -> str:
    return f"<rss version='2.0'><channel><title>Harbour Wire</title>{''.join(items)}</channel></rss>"


def poll(settings: Settings, feeds: Sequence[Feed], at: datetime = NOW, **how: Any) -> PollRun:
    return run(settings, feeds, clock=lambda: at, **how)


def feed(server: FeedServer, path: str = "/f", **fields: Any) -> Feed:
    return Feed(**({"url": server.url(path), "name": f"Harbour Wire {path}", "country": "GB"} | fields))


def state_of(settings: Settings, one: Feed) -> FeedState:
    (state,) = [state for state in all_states(settings) if state.id == one.id]
    return state


def arrived(settings: Settings, server: FeedServer) -> list[Article]:
    """What came from a server onto the line since this was last asked."""
    return [article for article, _, _ in on_the_line(settings) if server.url("/") in (article.feed or "")]


def test_every_item_of_a_feed_comes_onto_the_line_once(open_settings: Settings, server: FeedServer) -> None:
    server.says["/f"] = reply(rss(*map(item, range(30))), etag='"1"')
    one = feed(server)
    first = poll(open_settings, [one], airflow_run_id="manual__1")
    assert (first.listed, first.polled, first.new, first.unchanged, first.failing) == (1, 1, 30, 0, 0)
    articles = arrived(open_settings, server)
    assert sorted(article.title for article in articles) == sorted(f"Report {n}" for n in range(30))
    assert articles[0].feed == one.url
    assert articles[0].lineage.airflow_run_id == "manual__1"
    assert (articles[0].source.name, articles[0].source.country) == (one.name, "GB")
    second = poll(open_settings, [one], NOW + DAY)
    assert (second.polled, second.new) == (1, 0)
    assert server.asked[-1].headers["if-none-match"] == '"1"'
    assert "mailto:desk@x.example" in server.asked[0].headers["user-agent"]
    assert arrived(open_settings, server) == []


def test_what_is_not_due_is_left_alone_unless_forced(open_settings: Settings, server: FeedServer) -> None:
    server.says["/f"] = reply(rss(item(1)))
    one = feed(server)
    poll(open_settings, [one])
    assert poll(open_settings, [one], NOW + timedelta(minutes=5)).polled == 0
    assert poll(open_settings, [one], NOW + timedelta(minutes=5), force=True).polled == 1
    assert poll(open_settings, [feed(server, paused=True)], NOW + 2 * DAY, force=True).polled == 0
    assert len(server.asked) == 2


def test_what_has_not_changed_is_not_read_again(open_settings: Settings, server: FeedServer) -> None:
    server.says["/f"] = lambda asked: reply(b"", 304) if "if-none-match" in asked.headers else reply(rss(), etag='"1"')
    server.says["/g"] = reply(rss(item(1)))
    feeds = [feed(server), feed(server, "/g")]
    poll(open_settings, feeds)
    again = poll(open_settings, feeds, NOW + DAY)
    assert (again.polled, again.unchanged) == (2, 2)
    assert [state_of(open_settings, one).unchanged for one in feeds] == [1, 1]


EDITIONS: dict[str, tuple[dict[str, str], int]] = {
    "a title among 200": ({"title": "Report {n}, corrected"}, 1),
    "every guid": ({"guid": "new-guid-{n}"}, 0),
    "every slug": ({"link": "https://harbourwire.example/new-slug-{n}"}, 0),
    "every date": ({"pubDate": "Sun, 15 Dec 2024 11:00:00 GMT"}, 0),
    "every spelling": ({"link": "http://www.harbourwire.example/report-{n}/?utm_source=x"}, 0),
}


@pytest.mark.parametrize("what", EDITIONS)
def test_a_changed_feed_brings_versions_and_no_article_twice(
    open_settings: Settings, server: FeedServer, what: str
) -> None:
    changed, versions = EDITIONS[what]
    server.says["/f"] = reply(rss(*map(item, range(200))))
    one = feed(server)
    poll(open_settings, [one])
    before = {article.id for article in arrived(open_settings, server)}
    which = [77] if versions else range(200)
    items = [item(n, **({k: v.format(n=n) for k, v in changed.items()} if n in which else {})) for n in range(200)]
    server.says["/f"] = reply(rss(*items))
    second = poll(open_settings, [one], NOW + DAY)
    assert (second.new, second.edited) == (0, versions)
    after = arrived(open_settings, server)
    assert len(after) == versions
    assert {article.id for article in after} <= before


def test_one_article_in_two_feeds_has_one_id(open_settings: Settings, server: FeedServer) -> None:
    server.says["/f"] = reply(rss(item(1)))
    server.says["/g"] = reply(rss(item(1, guid="other", link="http://harbourwire.example/report-1?utm_medium=rss")))
    poll(open_settings, [feed(server), feed(server, "/g")])
    assert len({article.id for article in arrived(open_settings, server)}) == 1


def test_one_article_in_two_feeds_under_two_addresses_has_one_id(open_settings: Settings, server: FeedServer) -> None:
    server.says["/f"] = reply(rss(item(1, link="https://harbourwire.example/first-slug"), item(2)))
    server.says["/g"] = reply(rss(item(1, link="https://harbourwire.example/second-slug"), item(3)))
    poll(open_settings, [feed(server), feed(server, "/g")])
    ids = {(article.title, article.id) for article in arrived(open_settings, server)}
    assert sorted(title for title, _ in ids) == ["Report 1", "Report 2", "Report 3"]
    server.says["/g"] = reply(rss(item(1, link="https://harbourwire.example/third-slug"), item(3)))
    again = poll(open_settings, [feed(server), feed(server, "/g")], NOW + DAY)
    assert (again.new, again.edited) == (0, 0), "each feed remembers it under the id that they agreed on"


def test_a_later_slug_of_an_article_leads_to_it_in_all_feeds(open_settings: Settings, server: FeedServer) -> None:
    later = "https://harbourwire.example/later-slug"
    server.says["/f"] = reply(rss(item(1)))
    poll(open_settings, [feed(server)])
    server.says["/f"] = reply(rss(item(1, link=later)))
    again = poll(open_settings, [feed(server)], NOW + DAY)
    assert (again.new, again.edited) == (0, 0)
    server.says["/g"] = reply(rss(item(1, guid="of the other feed", link=later)))
    poll(open_settings, [feed(server), feed(server, "/g")], NOW + 2 * DAY)
    assert len({article.id for article in arrived(open_settings, server)}) == 1


def test_two_producers_at_once_agree_on_the_id_of_what_their_feeds_share(
    open_settings: Settings, server: FeedServer
) -> None:
    feeds = [feed(server, f"/{n}") for n in range(4)]
    for n in range(4):
        server.says[f"/{n}"] = reply(rss(*(item(k, link=f"https://harbourwire.example/{n}/{k}") for k in range(25))))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda one: poll(open_settings, [one]), feeds))
    found = arrived(open_settings, server)
    assert len(found) == 100
    assert len({(article.title, article.id) for article in found}) == 25


def test_a_backfill_takes_the_slow_lane(open_settings: Settings, server: FeedServer) -> None:
    server.says["/f"] = reply(rss(item(1, title="Old")))
    server.says["/g"] = reply(rss(item(2, title="New")))
    poll(open_settings, [feed(server)], backfill=True)
    poll(open_settings, [feed(server, "/g")])
    lanes = [(article.title, origin, topic) for article, origin, topic in on_the_line(open_settings)]
    assert [one for one in lanes if one[0] in ("Old", "New")] == [
        ("New", Origin.LIVE, ARTICLES_RAW.name),
        ("Old", Origin.BACKFILL, ARTICLES_BULK.name),
    ]


TROUBLES: list[tuple[Any, str, str]] = [
    (reply(b"", 404), "failing", "nothing at this address (status 404)"),
    (reply(b"", 500), "failing", "its server has an error (status 500)"),
    (reply(b"", 429, retry_after="7200"), "failing", "we asked too often (status 429)"),
    (reply(b"", 503, retry_after="7200"), "failing", "overloaded or under repair (status 503)"),
    (reply(b"", 403), "blocked", "does not let us in (status 403)"),
    (reply(b"", 451), "blocked", "withheld for legal reasons (status 451)"),
    (reply(b"", 410), "retired", "gone for good, its server says (status 410)"),
    (reply(b"<html><body>Login</body></html>"), "failing", "a web page, not a feed"),
    (reply(b""), "failing", "it is empty"),
    (reply(b"x", content_length="100"), "failing", "ended before the whole answer"),
    (reply(b"", 304), "failing", "status 304"),
    (reply(b"", 302, location="file:///etc/passwd"), "failing", "only http and https"),
]


def test_each_trouble_is_a_health_in_words_and_costs_the_others_nothing(
    open_settings: Settings, server: FeedServer
) -> None:
    server.says |= {f"/{n}": say for n, (say, _, _) in enumerate(TROUBLES)} | {"/good": reply(rss(item(1)))}
    feeds = [feed(server, f"/{n}") for n in range(len(TROUBLES))]
    done = poll(open_settings, [*feeds, feed(server, "/good")])
    assert (done.polled, done.failing, done.new) == (len(feeds) + 1, len(feeds), 1)
    for one, (_, health, said) in zip(feeds, TROUBLES, strict=True):
        state = state_of(open_settings, one)
        assert (state.health, state.failing_since, state.failures) == (health, NOW, 1), said
        assert said in (state.error or "")
    waits = {n: (state_of(open_settings, feeds[n]).due_at or NOW) - NOW for n in (1, 2, 3)}
    assert waits[1] < HOUR < 2 * HOUR <= min(waits[2], waits[3])
    assert {one.id: len(changes_of(open_settings, feed_id=one.id)) for one in feeds} == {one.id: 1 for one in feeds}


def test_a_feed_that_is_gone_for_good_is_not_asked_again_unless_forced(
    open_settings: Settings, server: FeedServer
) -> None:
    server.says["/f"] = reply(b"", 410)
    one = feed(server)
    poll(open_settings, [one])
    assert poll(open_settings, [one], NOW + 400 * DAY).polled == 0
    server.says["/f"] = reply(rss(item(1, pubDate="")))
    assert poll(open_settings, [one], NOW + 400 * DAY, force=True).new == 1
    assert state_of(open_settings, one).health == "ok"


def test_a_304_does_not_clear_that_what_came_was_no_feed(open_settings: Settings, server: FeedServer) -> None:
    one = feed(server)
    server.says["/f"] = reply(rss(item(1)), etag='"1"')
    poll(open_settings, [one])
    server.says["/f"] = reply(b"<html>broken today</html>", etag='"2"')
    poll(open_settings, [one], NOW + DAY)
    server.says["/f"] = reply(b"", 304)
    poll(open_settings, [one], NOW + 3 * DAY)
    state = state_of(open_settings, one)
    assert (state.health, state.failures, state.failing_since) == ("failing", 2, NOW + DAY)
    assert "if-none-match" not in server.asked[-1].headers
    server.says["/f"] = reply(rss(item(1)))
    poll(open_settings, [one], NOW + 6 * DAY)
    assert state_of(open_settings, one).health == "ok"
    assert [event.health for event in changes_of(open_settings, feed_id=one.id)] == ["ok", "failing"]


def test_a_failure_of_the_network_is_over_when_the_server_answers(open_settings: Settings, server: FeedServer) -> None:
    one = feed(server)
    server.says["/f"] = reply(rss(item(1)), etag='"1"')
    poll(open_settings, [one])
    server.says["/f"] = b""
    poll(open_settings, [one], NOW + DAY)
    assert state_of(open_settings, one).health == "failing"
    server.says["/f"] = reply(b"", 304)
    poll(open_settings, [one], NOW + 3 * DAY)
    assert state_of(open_settings, one).health == "ok"


def test_a_feed_that_moved_is_read_where_it_is_and_says_so(open_settings: Settings, server: FeedServer) -> None:
    server.says["/f"] = reply(b"", 301, location="/new")
    server.says["/new"] = reply(rss(item(1)))
    one = feed(server)
    assert poll(open_settings, [one]).new == 1
    state = state_of(open_settings, one)
    assert (state.health, state.moved_to) == ("moved", server.url("/new"))


def test_a_feed_that_brings_nothing_for_long_is_quiet(open_settings: Settings, server: FeedServer) -> None:
    server.says["/f"] = reply(rss(item(1)))
    one = feed(server)
    poll(open_settings, [one])
    poll(open_settings, [one], NOW + 40 * DAY)
    assert state_of(open_settings, one).health == "quiet"
    assert "nothing new for 40 days" in changes_of(open_settings, feed_id=one.id)[0].why


def test_a_password_in_an_address_is_sent_and_nowhere_kept(
    open_settings: Settings, server: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.says["/f"] = reply(rss(item(1)))
    one = feed(server, url=server.url("/f").replace("://", "://me:s3cret@"))
    with caplog.at_level("INFO"):
        poll(open_settings, [one])
    assert server.asked[0].headers["authorization"].startswith("Basic ")
    (article,) = arrived(open_settings, server)
    assert "s3cret" not in msgspec.json.encode(article).decode() + str(state_of(open_settings, one)) + caplog.text


def test_one_slow_feed_never_delays_the_others(open_settings: Settings, server: FeedServer) -> None:
    async def slow(_: Asked, writer: Any) -> None:
        import asyncio

        await asyncio.sleep(30)

    impatient = msgspec.structs.replace(open_settings, feeds_timeout_s=2.0)
    server.says["/slow"] = slow
    with FeedServer(host="127.0.0.2") as other:
        other.says["/f"] = reply(rss(item(1)))
        done = poll(impatient, [feed(server, "/slow"), feed(other)])
        assert (done.new, done.failing) == (1, 1)
        assert "not done after 2 s" in (state_of(impatient, feed(server, "/slow")).error or "")
    assert done.took_s < 6


def test_private_addresses_are_refused_unless_they_are_allowed(open_settings: Settings, server: FeedServer) -> None:
    server.says["/f"] = reply(rss(item(1)))
    settings = msgspec.structs.replace(open_settings, feeds_allow_private=False)
    done = poll(settings, [feed(server)])
    assert (done.failing, server.asked) == (1, [])
    assert "this machine itself" in (state_of(settings, feed(server)).error or "")


@pytest.mark.parametrize("jump", [-400 * DAY, -HOUR, 4000 * DAY])
def test_a_clock_that_jumps_silences_no_feed(open_settings: Settings, server: FeedServer, jump: timedelta) -> None:
    server.says["/f"] = reply(rss(item(1)))
    one = feed(server)
    poll(open_settings, [one], NOW + jump)
    server.says["/f"] = reply(rss(item(1), item(2)))
    assert poll(open_settings, [one], NOW + 2 * DAY).new == 1
    assert poll(open_settings, [one], NOW + 3 * DAY).polled == 1


PARAGRAPHS = "".join(
    f"<p>{f'The shelling of quarter {n} went on until the evening, witnesses said. ' * 3}</p>" for n in range(6)
)
PAGE = (
    "<html><head><link rel=canonical href='https://canonical.example/r/{n}'></head><body><article><h1>Report {n}</h1>"
    f"{PARAGRAPHS}</article></body></html>"
)
WALL = "<html><body><p>Subscribe to read on. We use cookies.</p></body></html>"


def test_the_whole_text_is_taken_from_the_page_where_the_page_is_the_article(
    open_settings: Settings, server: FeedServer
) -> None:
    server.says |= {
        "/robots.txt": reply("User-agent: *\nDisallow: /private"),
        "/whole": reply(PAGE.replace("{n}", "0"), content_type="text/html"),
        "/wall": reply(
            "<html><body><p>Subscribe to read on. We use cookies.</p></body></html>", content_type="text/html"
        ),
        "/private": reply(PAGE.replace("{n}", "2"), content_type="text/html"),
        "/away": reply(b"", 500),
    }
    paths = ["/whole", "/wall", "/private", "/away"]
    items = [item(n, link=server.url(path)) for n, path in enumerate(paths)]
    server.says["/f"] = reply(rss(*items))
    one = feed(server)
    poll(open_settings, [one])
    before = {article.title: article for article in arrived(open_settings, server)}
    assert before["Report 0"].text == "Event 0 happened.", "not asked for"
    assert server.paths() == ["/f"]

    server.says["/f"] = reply(rss(*items, item(9, link=server.url("/whole?id=9"))).replace("Event", "The event"))
    server.says["/whole?id=9"] = server.says["/whole"]
    whole = feed(server, full_text=True)
    done = poll(open_settings, [whole], NOW + DAY)
    assert (done.new, done.edited) == (1, 4)
    after = {article.title: article for article in arrived(open_settings, server)}
    assert {title: after[title].id for title in before} == {title: one.id for title, one in before.items()}
    assert "witnesses said" in after["Report 0"].text
    assert after["Report 0"].summary == "The event 0 happened."
    assert "https://canonical.example/r/0" in after["Report 0"].aliases
    assert {after[f"Report {n}"].text for n in (1, 2, 3)} == {f"The event {n} happened." for n in (1, 2, 3)}
    assert "/private" not in server.paths()
    assert server.paths().count("/robots.txt") == 1

    moved = item(0, link="https://canonical.example/r/0", guid="").replace("Event", "The event")
    server.says["/f"] = reply(rss(moved))
    third = poll(open_settings, [whole], NOW + 2 * DAY)
    assert (third.new, third.edited) == (0, 0), "its canonical address is a name of it"


def test_of_two_producers_at_once_each_feed_has_one(open_settings: Settings, server: FeedServer) -> None:
    paths = [f"/{n}" for n in range(60)]
    server.says |= {path: reply(rss(item(n))) for n, path in enumerate(paths)}
    feeds = [feed(server, path) for path in paths]
    poll(open_settings, feeds[:1])
    with ThreadPoolExecutor(3) as threads:
        done = list(threads.map(lambda _: poll(open_settings, feeds, NOW + timedelta(minutes=1)), range(3)))
    assert sorted(server.paths()) == sorted(paths)
    assert sum(one.polled for one in done) == len(paths) - 1
    assert len(arrived(open_settings, server)) == len(paths)
