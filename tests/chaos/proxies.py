"""Two proxies on loopback, before Kafka and before Elasticsearch, that do what a bad network and a busy server do."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}

BAD = {"content-type": "application/json", "x-elastic-product": "Elasticsearch"}


class Weather:
    """How a proxy treats what goes through it from now on."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Let everything through at once."""
        self.cut = False
        self.unheard = False
        self.delay_s = 0.0
        self.status = 0


class KafkaProxy(Weather):
    """Passes bytes on to the broker at ``target``, a port of loopback that changes when the broker is restarted."""

    def __init__(self) -> None:
        super().__init__()
        self.target = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def hang_up(self) -> None:
        """End every connection there is."""
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more connections, and end those there are."""
        self._listener.close()
        self.hang_up()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self.cut:
                    raise ConnectionError
                server = socket.create_connection(("127.0.0.1", self.target), timeout=2)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            self._open |= {client, server}
            for one, other, answers in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass_on, args=(one, other, answers), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if self.delay_s:
                    time.sleep(self.delay_s)
                if not (answers and self.unheard):
                    other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            self._open.discard(each)
        one.close()


class ElasticsearchProxy(Weather):
    """Where it stands, and how it answers from now on."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url


@contextmanager
def elasticsearch_proxy(target: str) -> Iterator[ElasticsearchProxy]:
    """An HTTP server that asks the one at ``target``, and answers for it where the weather is bad."""
    behind = urlsplit(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            time.sleep(weather.delay_s)
            if weather.cut:
                self.close_connection = True
            elif weather.status:
                self._answer(weather.status, BAD, b'{"error": "the weather is bad"}')
            else:
                self._pass_on(body)

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST  # noqa: N815  # the names http.server calls

        def _pass_on(self, body: bytes) -> None:
            server = http.client.HTTPConnection(behind.hostname or "", behind.port, timeout=60)
            try:
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                server.request(self.command, self.path, body or None, headers)
                answer = server.getresponse()
                said = answer.read()
            except OSError:
                self.close_connection = True
                return
            finally:
                server.close()
            if weather.unheard:  # it was done, and who asked never hears of it
                self.close_connection = True
                return
            self._answer(answer.status, dict(answer.getheaders()), said)

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            with contextlib.suppress(OSError):  # who asked may have been killed
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Who asked was killed; that is what this is for."""

    server = Server(("127.0.0.1", 0), Handler)
    weather = ElasticsearchProxy(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield weather
    finally:
        server.shutdown()
        server.server_close()
