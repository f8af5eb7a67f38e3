"""Receivers of notifications: a real HTTP server and a real mail server on loopback that remember what they got."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from wirewatch.bench.receiver import serving

HEADER = "X-Wirewatch-Notification"


class Webhook:
    """What an HTTP server was sent: its ids in order, its bodies, and how it answers from now on."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.ids: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.status = 200
        self.wait_s = 0.0

    def url(self, path: str = "hook") -> str:
        """Its address for Apprise, with a password and a secret path."""
        return f"json://desk:s3cret-pass@127.0.0.1:{self.port}/{path}/t0ken-in-path"


@contextmanager
def webhook() -> Iterator[Webhook]:
    """An HTTP server that takes everything until it is told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(got.wait_s)
            if got.status == 200:
                got.ids.append(self.headers[HEADER])
                got.bodies.append(json.loads(body))
                got.times.append(time.monotonic())
            self.send_response(got.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    got = Webhook(server.server_port)
    with serving(server):
        yield got


@contextmanager
def mailbox(port: int) -> Iterator[list[Message]]:
    """A mail server on that port of loopback, and the mails that it got."""
    got: list[Message] = []

    class Handler:
        async def handle_DATA(  # noqa: N802  # aiosmtpd's name
            self, _server: object, _session: object, envelope: Any
        ) -> str:
            got.append(message_from_bytes(envelope.content))
            return "250 OK"

    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield got
    finally:
        controller.stop()


def soon(true: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Whether it becomes true in time."""
    give_up = time.monotonic() + within_s
    while not true():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True
