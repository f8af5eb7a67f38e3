"""A receiver of notifications on loopback that remembers when it got which."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = "https://bench.invalid/"
"""Where made articles say they are from; a number follows."""
_NUMBER = re.compile(re.escape(PAGE).encode() + rb"(\d+)")


class Receiver:
    """``came`` has for each notification the number of its article and the time (time.perf_counter)."""

    def __init__(self, port: int) -> None:
        self.url = f"json://127.0.0.1:{port}/bench"
        self.came: list[tuple[int, float]] = []


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    """Let ``server`` answer in a thread of its own until the block ends; gives its port."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def receiver() -> Iterator[Receiver]:
    """One that takes everything until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            now = time.perf_counter()
            numbers = {int(found) for found in _NUMBER.findall(body)}
            got.came.extend((number, now) for number in numbers)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    got = Receiver(server.server_port)
    with serving(server):
        yield got
