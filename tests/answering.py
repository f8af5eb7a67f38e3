"""An Elasticsearch on loopback that answers over real HTTP what the real one cannot be made to answer at will."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from wirewatch.bench.receiver import serving
from wirewatch.settings import Settings

Answer = tuple[int, Any]
DONE = {"index": {"status": 201}}


class Asked:
    """A request as it came in."""

    def __init__(self, path: str, authorization: str | None, body: bytes) -> None:
        self.path, self.authorization, self.body = path, authorization, body

    @property
    def actions(self) -> list[dict[str, Any]]:
        """What a bulk request of documents to index says of each."""
        return [json.loads(line)["index"] for line in self.body.splitlines()[::2]]

    def all_done(self) -> Answer:
        """That each of its documents was taken."""
        return 200, {"items": [DONE] * len(self.actions)}


@contextmanager
def answering(
    *answers: Callable[[Asked], Answer], product: str = "Elasticsearch", tls: ssl.SSLContext | None = None
) -> Iterator[tuple[Settings, list[Asked]]]:
    """A server that gives one answer after the other, the last one for ever; and what it was asked."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked.append(Asked(self.path, self.headers.get("authorization"), body))
            status, value = answers[min(len(asked), len(answers)) - 1](asked[-1])
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/vnd.elasticsearch+json;compatible-with=9")
            self.send_header("x-elastic-product", product)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_HEAD = do_POST  # noqa: N815  # the names http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with serving(server) as port:
        yield Settings(elasticsearch=f"http{'s' if tls else ''}://127.0.0.1:{port}", connect_timeout_s=2), asked


def always(status: int, why: str = "", **error: Any) -> Callable[[Asked], Answer]:
    """Gives the same error each time."""
    said = {"type": "a_type", "reason": why, **error}
    return lambda _: (status, {"error": said | {"root_cause": [said]}, "status": status})
