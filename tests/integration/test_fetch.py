"""Fetching from servers that are honest, slow, endless, lying, or try to send us elsewhere."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
import zstandard

from tests.feed_server import Asked, FeedServer, reply
from tests.fetching import FEED, QUICK, Names, get
from wirewatch.feeds.fetch import FetchFailed, retry_after_s
from wirewatch.feeds.safety import refused_address


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (FEED, "identity"),
        (gzip.compress(FEED), "gzip"),
        (brotli.compress(FEED), "br"),
        (zstandard.compress(FEED), "zstd"),
    ],
)
def test_a_feed_is_fetched_however_it_is_compressed(server: FeedServer, body: bytes, encoding: str) -> None:
    server.says["/f"] = reply(body, content_encoding=encoding, etag='"1"')
    answer = get(server.url("/f"))
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, FEED, '"1"')


def test_we_say_who_we_are_and_what_we_can_read(server: FeedServer) -> None:
    server.says["/f"] = reply(FEED)
    get(server.url("/f"))
    headers = server.asked[0].headers
    assert headers["user-agent"] == "wirewatch-test (+mailto:desk@x.example)"
    assert "zstd" in headers["accept-encoding"]
    assert headers["accept"].startswith("application/rss+xml")
    assert "cookie" not in headers


def test_what_has_not_changed_is_not_sent_again(server: FeedServer) -> None:
    def say(asked: Asked) -> bytes:
        same = asked.headers.get("if-none-match") == '"1"' and asked.headers.get("if-modified-since") == "yesterday"
        return reply(b"", 304, etag='"1"') if same else reply(FEED)

    server.says["/f"] = say
    assert get(server.url("/f"), etag='"1"', last_modified="yesterday").status == 304
    assert get(server.url("/f")).status == 200


@pytest.mark.parametrize("status", [200, 204, 206, 400, 401, 403, 404, 410, 429, 451, 500, 502, 503, 599])
def test_every_status_comes_back_with_its_headers(server: FeedServer, status: int) -> None:
    server.says["/f"] = reply(b"", status, retry_after="7")
    answer = get(server.url("/f"))
    assert (answer.status, retry_after_s(answer.headers)) == (status, 7)


@pytest.mark.parametrize(("statuses", "moved"), [((301, 308), True), ((301, 302), False), ((307,), False)])
def test_a_redirect_is_followed_and_only_a_permanent_one_moves_the_feed(
    server: FeedServer, statuses: tuple[int, ...], moved: bool
) -> None:
    for number, status in enumerate(statuses):
        server.says[f"/{number}"] = reply(b"", status, location=f"../{number + 1}")
    server.says[f"/{len(statuses)}"] = reply(FEED)
    answer = get(server.url("/0"))
    assert (answer.status, answer.body) == (200, FEED)
    assert answer.url == server.url(f"/{len(statuses)}")
    assert answer.moved_to == (answer.url if moved else None)


def test_a_password_is_sent_to_its_own_server_and_to_no_other(server: FeedServer) -> None:
    with FeedServer(host="127.0.0.2") as other:
        server.says["/f"] = reply(b"", 302, location="/g")
        server.says["/g"] = reply(b"", 302, location=other.url("/h"))
        other.says["/h"] = reply(FEED)
        answer = get(server.url("/f").replace("://", "://me:s%40cret@"))
        assert [asked.headers.get("authorization") for asked in server.asked] == ["Basic bWU6c0BjcmV0"] * 2
        assert "authorization" not in other.asked[0].headers
        assert "cret" not in answer.url


async def dribble(_: Asked, writer: Any) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def flood(_: Asked, writer: Any) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b"x" * 4_096 + b"\r\n")
        await writer.drain()


async def silent(_: Asked, writer: Any) -> None:
    await asyncio.sleep(5)


async def half_closed(_: Asked, writer: Any) -> None:
    writer.write(reply(FEED, content_length="1000"))
    writer.write_eof()  # it says that nothing more comes, and goes on listening
    await asyncio.sleep(5)


async def long_head(_: Asked, writer: Any) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-a: " + b"b" * 1_000 + b"\r\n")
        await writer.drain()


LIES: dict[str, tuple[Any, str, str]] = {
    "silent": (silent, "time", "said nothing for 0 s"),
    "a byte now and then": (dribble, "time", "not done after 1 s"),
    "endless": (flood, "size", "larger than 0 MB"),
    "endless head": (long_head, "protocol", "no HTTP"),
    "says it is too large": (reply(b"x", content_length="999999999"), "size", "larger than"),
    "gzip bomb": (reply(gzip.compress(bytes(5_000_000)), content_encoding="gzip"), "size", "larger than"),
    "br bomb": (reply(brotli.compress(bytes(5_000_000)), content_encoding="br"), "size", "larger than"),
    "zstd bomb": (reply(zstandard.compress(bytes(5_000_000)), content_encoding="zstd"), "size", "larger than"),
    "promises more than it sends": (reply(FEED, content_length="1000"), "connection", "ended before"),
    "closes one half and keeps the other open": (half_closed, "connection", "ended before"),
    "closes at once": (b"", "connection", "ended before"),
    "half a head": (b"HTTP/1.1 200 OK\r\nconten", "connection", "ended before"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "protocol", "no HTTP"),
    "chunked rubbish": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nxx", "protocol", "no HTTP"),
    "half a chunk": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\nxx", "connection", "ended before"),
    "gzip that is none": (reply(b"\x00\x01rubbish", content_encoding="gzip"), "protocol", "said to be gzip"),
    "half a gzip": (reply(gzip.compress(FEED)[:30], content_encoding="gzip"), "protocol", "ends too early"),
    "to itself": (reply(b"", 302, location="/f"), "redirects", "in a circle"),
    "to a file": (reply(b"", 302, location="file:///etc/passwd"), "address", "not file"),
    "to nowhere": (reply(b"", 302, location="http://[::1/"), "redirects", "no address"),
}


@pytest.mark.parametrize("what", LIES)
def test_a_server_that_misbehaves_is_described_in_words_and_in_time(server: FeedServer, what: str) -> None:
    say, kind, said = LIES[what]
    server.says["/f"] = say
    with pytest.raises(FetchFailed, match=said) as caught:
        get(server.url("/f"), limits=QUICK)
    assert caught.value.kind == kind
    assert "\n" not in str(caught.value)


def test_redirects_have_an_end(server: FeedServer) -> None:
    server.says |= {f"/{n}": reply(b"", 302, location=f"/{n + 1}") for n in range(50)}
    with pytest.raises(FetchFailed, match="more than 8 times"):
        get(server.url("/0"))
    assert len(server.asked) == 8


def test_nobody_there_is_said() -> None:
    with pytest.raises(FetchFailed, match="takes no connection") as caught:
        get("http://127.0.0.1:1/f")
    assert caught.value.kind == "connection"


def test_a_name_that_is_not_known_is_said() -> None:
    with pytest.raises(FetchFailed, match=r"the name nowhere\.invalid is not known") as caught:
        get("http://nowhere.invalid/f")
    assert caught.value.kind == "name"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "10.1.2.3", "0.0.0.0", "2130706433"])
def test_no_address_of_our_own_network_is_asked(server: FeedServer, host: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        get(server.url("/f", host), refuse=refused_address, limits=QUICK)
    assert caught.value.kind == "address" or (host == "2130706433" and caught.value.kind == "name")
    assert server.asked == []


def all_but_one(address: str) -> str | None:
    """As in earnest, but 127.0.0.7 counts as public."""
    return None if address == "127.0.0.7" else refused_address(address)


@pytest.mark.parametrize("target", ["127.0.0.1", "169.254.169.254", "[::1]", "inside.example", "localhost"])
def test_a_redirect_into_our_own_network_is_refused(server: FeedServer, target: str) -> None:
    names = Names(inside_example=[["10.0.0.1"]], localhost=[["127.0.0.1"]])
    server.says["/secret"] = reply(b"password")
    with FeedServer(host="127.0.0.7") as outside:
        outside.says["/f"] = reply(b"", 302, location=f"http://{target}:{server.port}/secret")
        with pytest.raises(FetchFailed, match="refused") as caught:
            get(outside.url("/f"), resolve=names, limits=QUICK, refuse=all_but_one)
        assert outside.paths() == ["/f"]
    assert caught.value.kind == "address"
    assert server.asked == []


def test_a_name_that_turns_to_our_own_network_between_two_connections_never_reaches_it(server: FeedServer) -> None:
    server.says["/f"] = reply(b"password")
    names = Names(turn_example=[["127.0.0.7"], ["127.0.0.1"]])
    with FeedServer(host="127.0.0.7") as outside:
        outside.says["/f"] = reply(b"", 302, location=server.url("/f", "turn.example"))
        with pytest.raises(FetchFailed) as caught:
            get(outside.url("/f", "turn.example"), resolve=names, limits=QUICK, refuse=all_but_one)
        assert outside.paths() == ["/f"]
    assert caught.value.kind == "address"
    assert names.asked == ["turn.example"] * 2, "once for each connection: what was checked is what is connected to"
    assert server.asked == []


def test_of_several_addresses_only_the_public_ones_are_tried(server: FeedServer) -> None:
    server.says["/f"] = reply(FEED)
    names = Names(both_example=[["127.0.0.1", "127.0.0.7"]])
    with pytest.raises(FetchFailed) as caught:
        get(server.url("/f", "both.example"), resolve=names, refuse=all_but_one, limits=QUICK)
    assert caught.value.kind == "connection"
    assert server.asked == []


def test_a_large_feed_comes_whole(server: FeedServer) -> None:
    body = bytes(range(256)) * 12_000
    server.says["/f"] = reply(b"<" + body)
    assert get(server.url("/f")).body == b"<" + body


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("Sun, 08 Dec 2024 12:01:00 GMT", 60),
        ("Sun, 08 Dec 2024 11:00:00 GMT", 0),
        ("soon", None),
        ("", None),
    ],
)
def test_the_wait_that_a_server_asks_for_is_read(said: str, seconds: float | None) -> None:
    now = datetime(2024, 12, 8, 12, tzinfo=UTC).timestamp()
    assert retry_after_s({"retry-after": said}, now=now) == seconds
