"""Fetching from servers that are honest, slow, endless, lying, or try to send us elsewhere."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import h2.config
import h2.connection
import h2.events
import pytest
import zstandard

from tests.feed_server import Asked, FeedServer, reply
from wirewatch.feeds.fetch import Answer, Fetcher, FetchFailed, Limits, anywhere, retry_after_s
from wirewatch.feeds.safety import refused_address

FEED = b"<rss><channel><title>Harbour Wire</title></channel></rss>"
TRUSTED = ssl.create_default_context()
QUICK = Limits(connect_s=1, silence_s=0.3, whole_s=0.8, size=100_000)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


def get(url: str, **options: Any) -> Answer:
    given = {name: options.pop(name) for name in ("etag", "last_modified") if name in options}

    async def fetch() -> Answer:
        async with Fetcher(
            "wirewatch-test (+mailto:desk@x.example)", **{"refuse": anywhere, "trusted": TRUSTED} | options
        ) as fetcher:
            return await fetcher.get(url, **given)

    return asyncio.run(fetch())


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


class Names:
    """A resolver whose names lead where a test says, one answer after the other."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        found = self.answers[host]
        return found.pop(0) if len(found) > 1 else found[0]


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


def test_one_host_is_asked_at_most_two_things_at_once_and_others_do_not_wait(server: FeedServer) -> None:
    async def slow(_: Asked, writer: Any) -> None:
        await asyncio.sleep(0.2)
        writer.write(reply(FEED))

    server.says["/slow"] = slow
    with FeedServer(host="127.0.0.2") as other:
        other.says["/f"] = reply(FEED)

        async def fetch() -> float:
            loop = asyncio.get_running_loop()
            async with Fetcher("test", refuse=anywhere) as fetcher:
                slow_ones = [asyncio.create_task(fetcher.get(server.url("/slow"))) for _ in range(6)]
                await asyncio.sleep(0.01)
                began = loop.time()
                await fetcher.get(other.url("/f"))
                took = loop.time() - began
                await asyncio.gather(*slow_ones)
            return took

        assert asyncio.run(fetch()) < 0.2
    assert server.most_open == 2


def test_a_large_feed_comes_whole(server: FeedServer) -> None:
    body = bytes(range(256)) * 12_000
    server.says["/f"] = reply(b"<" + body)
    assert get(server.url("/f")).body == b"<" + body


class KeptOpen:
    """Keeps its connections open and answers each request with its number on this connection, then adds ``after``."""

    def __init__(self, after: bytes = b"", answers: int = 100) -> None:
        self.connections, self._after, self._answers = 0, after, answers

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        for number in range(self._answers):
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n%d" % number + self._after)
            await writer.drain()
        writer.close()

    def asked(self, times: int, pause_s: float = 0.0) -> list[bytes]:
        """What it answers to so many requests, all wanted from the beginning, two at a time."""

        async def ask() -> list[bytes]:
            server = await asyncio.start_server(self, "127.0.0.1", 0)
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/f"
            async with Fetcher("test", refuse=anywhere) as fetcher, asyncio.TaskGroup() as group:
                made = [group.create_task(self._one(fetcher, url, pause_s)) for _ in range(times)]
            server.close()
            return [task.result() for task in made]

        return asyncio.run(ask())

    async def _one(self, fetcher: Fetcher, url: str, pause_s: float) -> bytes:
        answer = await fetcher.get(url)
        await asyncio.sleep(pause_s)
        return answer.body


def test_connections_to_a_host_are_used_again_while_something_is_wanted_of_it() -> None:
    open_ones = KeptOpen()
    assert sorted(open_ones.asked(10)) == sorted(b"%d" % n for n in [0, 1, 2, 3, 4] * 2)
    assert open_ones.connections == 2


def test_a_connection_that_its_server_has_closed_without_a_word_is_not_used_again() -> None:
    closing = KeptOpen(answers=1)
    assert closing.asked(6) == [b"0"] * 6
    assert closing.connections == 6


def test_a_server_that_sends_more_than_it_says_harms_no_other_feed_of_its_own() -> None:
    lying = KeptOpen(after=b" and a <rss> more")
    assert lying.asked(6) == [b"0"] * 6


def certificate(folder: Path, names: str, days: int) -> ssl.SSLContext:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names)])
    until = datetime.now(UTC) + timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=30))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(names)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "cert.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


async def only_http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers each request with a feed, and understands nothing but HTTP/2 (RFC 9113)."""
    talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    talk.initiate_connection()
    writer.write(talk.data_to_send())
    while data := await reader.read(65_536):
        for event in talk.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                talk.send_headers(event.stream_id, [(":status", "200"), ("etag", '"2"')])
                talk.send_data(event.stream_id, FEED, end_stream=True)
        writer.write(talk.data_to_send())
        await writer.drain()
    writer.close()


def test_http_2_is_spoken_where_it_is_served(tmp_path: Path) -> None:
    served = certificate(tmp_path, "x.example", 10)
    served.set_alpn_protocols(["h2"])
    trusted = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    trusted.verify_flags &= ~ssl.VERIFY_X509_STRICT  # it signed itself

    async def fetch() -> Answer:
        server = await asyncio.start_server(only_http2, "127.0.0.1", 0, ssl=served)
        url = f"https://x.example:{server.sockets[0].getsockname()[1]}/f"
        names = Names(x_example=[["127.0.0.1"]])
        async with server, Fetcher("test", refuse=anywhere, resolve=names, trusted=trusted) as fetcher:
            return await asyncio.wait_for(fetcher.get(url), 10)

    answer = asyncio.run(fetch())
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, FEED, '"2"')


@pytest.mark.parametrize("days", [10, -1])
def test_a_certificate_that_nobody_trusts_is_said(tmp_path: Path, days: int) -> None:
    with FeedServer(tls=certificate(tmp_path, "x.example", days)) as server:
        server.says["/f"] = reply(FEED)
        with pytest.raises(FetchFailed, match="certificate") as caught:
            get(server.url("/f", "x.example"), resolve=Names(x_example=[["127.0.0.1"]]))
        assert caught.value.kind == "certificate"


def test_plain_http_on_a_tls_port_is_said(server: FeedServer) -> None:
    with pytest.raises(FetchFailed) as caught:
        get(server.url("/f").replace("http:", "https:"), limits=QUICK)
    assert caught.value.kind in ("certificate", "connection", "time")


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
