"""The server of the page: read-only, on loopback, nothing in it comes from or goes to another machine."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wirewatch.embedded.started import LOOPBACK, free_port
from wirewatch.errors import UserMistake, WirewatchError
from wirewatch.page.desk import Desk
from wirewatch.page.views import REFRESH_S, Elsewhere, NotFound, Views, moved
from wirewatch.settings import Settings

USUAL_PORT = 8090

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class WithHeaders:
    """Puts `HEADERS` on every answer, whoever made it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers."""

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with if scope["type"] == "http" else send)


def application(settings: Settings, *, refresh_s: int = REFRESH_S) -> Starlette:
    """The page as an ASGI application; asked under another name than this machine's loopback it answers 400."""
    desk = Desk(settings)
    views = Views(desk, refresh_s=refresh_s)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        desk.watched.start()
        Thread(target=views.warm_up, daemon=True, name="warm-up").start()
        yield
        desk.close()

    return Starlette(
        routes=[
            Route("/", views.situation),
            Route("/articles", views.articles),
            Route("/articles/{id}", views.article),
            Route("/actors/{id}", views.actor),
            Route("/places/{id}", views.place),
            Route("/stories/{id}", views.story),
            Route("/alerts", views.alerts),
            Route("/health", views.health),
            Route("/quality", views.quality),
            Route("/ready", lambda _request: PlainTextResponse("ready")),
            Mount("/static", StaticFiles(directory=str(files("wirewatch.page") / "static"))),
        ],
        middleware=[
            Middleware(WithHeaders),
            # A page of another site that calls its own name 127.0.0.1 must not read this one (DNS rebinding).
            Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"]),
            Middleware(GZipMiddleware, minimum_size=2_000, compresslevel=3),
        ],
        exception_handlers={
            Elsewhere: moved,
            WirewatchError: views.failed,
            Exception: views.failed,
            404: lambda request, _error: views.failed(request, NotFound("there is no such view")),
        },
        lifespan=lifespan,
    )


def port_of(settings: Settings) -> int:
    """The port of the setting, else the usual one where nobody has it, else any that is free."""
    return settings.page_port or free_port(USUAL_PORT)


def serve(settings: Settings, port: int, *, on: str = LOOPBACK) -> None:
    """Serve the page until SIGTERM or Ctrl-C; raises UserMistake for a port or an address that cannot be had.

    Under whatever address it listens, it answers only those who call it 127.0.0.1 or localhost.
    """
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((on, port))
        except OSError as error:
            raise UserMistake(
                f"port {port} of {on} cannot be had ({error.strerror}); set WIREWATCH_PAGE_PORT to another, or to 0"
            ) from None
        options = uvicorn.Config(
            application(settings), log_level="warning", access_log=False, server_header=False, lifespan="on"
        )
        uvicorn.Server(options).run(sockets=[listening])


def url_of(port: int) -> str:
    """The address of the page on this machine."""
    return f"http://{LOOPBACK}:{port}/"
