"""Connections to feeds' servers: how many there are, when one is used again, and what is spoken on them."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest

from tests.feed_server import Asked, FeedServer, reply
from tests.fetching import FEED, QUICK, Names, get
from wirewatch.feeds.fetch import Answer, Fetcher, FetchFailed, anywhere


def test_one_host_is_asked_at_most_two_things_at_once_and_others_do_not_wait() -> None:
    async def slow(_: Asked, writer: Any) -> None:
        await asyncio.sleep(0.2)
        writer.write(reply(FEED))

    with FeedServer() as server, FeedServer(host="127.0.0.2") as other:
        server.says["/slow"] = slow
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


def test_plain_http_on_a_tls_port_is_said() -> None:
    with FeedServer() as server, pytest.raises(FetchFailed) as caught:
        get(server.url("/f").replace("http:", "https:"), limits=QUICK)
    assert caught.value.kind in ("certificate", "connection", "time")
