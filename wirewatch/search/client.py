"""The connection to Elasticsearch, and the one place where its errors become ours."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from elasticsearch import (
    ApiError,
    ConnectionTimeout,
    Elasticsearch,
    SerializationError,
    SSLError,
    TransportError,
    UnsupportedProductError,
)

from wirewatch.errors import IndexMissing, Refused, ServerError, SettingsError, Unavailable
from wirewatch.settings import Settings

Connection = Elasticsearch
"""A client, as code outside this package may call it."""

SERVER = "Elasticsearch"
BUSY = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses of answers that may be another in a moment; see `is_busy`."""

_DEFAULT_PORT = 9200


def connect(settings: Settings, *, timeout_s: float | None = None) -> Elasticsearch:
    """A client that asks once and waits ``timeout_s`` at most (``connect_timeout_s`` where not given).

    Nothing is sent yet. Raises SettingsError for an address or a CA file that cannot be used.
    """
    url = _with_port(settings.elasticsearch)
    options: dict[str, Any] = {}
    if settings.elasticsearch_user is not None:
        options["basic_auth"] = (settings.elasticsearch_user, settings.elasticsearch_password or "")
    try:
        if settings.elasticsearch_ca is not None and url.startswith("https:"):
            options["ssl_context"] = ssl.create_default_context(cafile=settings.elasticsearch_ca)
        return Elasticsearch(
            url,
            request_timeout=settings.connect_timeout_s if timeout_s is None else timeout_s,
            max_retries=0,
            retry_on_timeout=False,
            **options,
        )
    except (ValueError, OSError) as error:
        ca = f", elasticsearch_ca {settings.elasticsearch_ca}" if settings.elasticsearch_ca else ""
        raise SettingsError(f"elasticsearch {address(settings)}{ca}: {_one_line(str(error))}") from None


@contextmanager
def asking(settings: Settings, *, timeout_s: float | None = None) -> Iterator[Elasticsearch]:
    """A client for the time of the block, with its errors turned into ours."""
    with connect(settings, timeout_s=timeout_s) as es, as_our_errors(settings):
        yield es


def reachable(settings: Settings) -> None:
    """Returns when Elasticsearch answers and lets us in, within ``connect_timeout_s``; else raises why not.

    Raises Unavailable (nobody answers) or Refused (wrong password, certificate, not an Elasticsearch). Asks for
    the cluster's health, because the embedded server has no answer to ``GET /``.
    """
    with asking(settings) as es:
        es.cluster.health()


@contextmanager
def as_our_errors(settings: Settings) -> Iterator[None]:
    """Turns whatever the client raises inside the block into one of wirewatch.errors, one line each."""
    try:
        yield
    except (ApiError, TransportError) as error:
        raise our_error(error, settings) from error


def our_error(error: ApiError | TransportError, settings: Settings) -> ServerError:
    """The error of ours that says what ``error`` means for the user."""
    where = address(settings)
    if isinstance(error, UnsupportedProductError):
        return Refused(SERVER, where, "what answers there is not Elasticsearch")
    if isinstance(error, ApiError):
        if error.meta.status == 401:
            return Refused(SERVER, where, "user or password is wrong (401)")
        return failure(settings, error.body, error.meta.status)
    if isinstance(error, SSLError):
        return Refused(SERVER, where, f"its certificate is not trusted ({_one_line(error.message)}); set the CA file")
    if isinstance(error, SerializationError):
        return Refused(SERVER, where, "its answer is not JSON; is it Elasticsearch?")
    if isinstance(error, ConnectionTimeout):
        return Unavailable(SERVER, where, "no answer in time")
    return Unavailable(SERVER, where, _one_line(error.message))


def failure(settings: Settings, body: object, status: int, what: str = "") -> ServerError:
    """The error of ours for an answer that is one, or for a part of an answer; ``body`` is what `reason` takes.

    ``what`` names the part where Elasticsearch's words do not.
    """
    where = address(settings)
    if status == 404 and (alias := missing_index(body)):
        return IndexMissing(alias, where)
    why = ": ".join(filter(None, (what, reason(body))))
    if is_busy(status, body):
        return Unavailable(SERVER, where, f"it answers {status}: {why}" if why else f"it answers {status}")
    if status == 403:
        return Refused(SERVER, where, f"the user may not do this (403): {why}")
    return Refused(SERVER, where, f"{why} ({status})")


def documents_of(
    es: Elasticsearch, settings: Settings, index: str, ids: Sequence[str], *, source: bool = True
) -> list[dict[str, Any]]:
    """The documents with these ids that there are, in their very last state; with ``source``, or their ids alone.

    Raises where one cannot be read just now, which must not be taken for its not being there.
    """
    if not ids:
        return []
    with as_our_errors(settings):
        documents: list[dict[str, Any]] = es.mget(index=index, ids=list(ids), source=source)["docs"]
    for document in documents:
        if error := document.get("error"):  # it comes without a status
            status = {"index_not_found_exception": 404, "security_exception": 403}.get(error["type"], 503)
            raise failure(settings, error, status)
    return [document for document in documents if document["found"]]


def reason(body: object) -> str:
    """Elasticsearch's own words for a failure, the innermost cause last, in one line; empty where it gives none.

    ``body`` is an answer, or the ``error`` of one item of a bulk answer.
    """
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return _one_line(str(error)) if error else ""
    said = [str(error.get("reason") or error.get("type") or "")]
    roots = error.get("root_cause") or [None]
    for cause in (roots[0], error.get("caused_by")):
        if isinstance(cause, dict) and cause.get("reason") and cause["reason"] not in said[-1]:
            said.append(str(cause["reason"]))
    return _one_line(": ".join(said))


def is_busy(status: int, body: object) -> bool:
    """Whether an answer may be another in a moment: too much to do, not all there yet, or writing is held back.

    Writing is held back while an index is copied into a new one (`wirewatch.search.upgrade`), and by hand.
    """
    error = body.get("error", body) if isinstance(body, dict) else None
    blocked = isinstance(error, dict) and error.get("type") == "cluster_block_exception"
    return status in BUSY or blocked


def missing_index(body: object) -> str | None:
    """The name of the index that an answer says is not there; None for any other answer."""
    error = body.get("error", body) if isinstance(body, dict) else None
    if isinstance(error, dict) and error.get("type") == "index_not_found_exception":
        return str(error.get("index") or error.get("resource.id") or "?")
    return None


def address(settings: Settings) -> str:
    """Where Elasticsearch is said to be, without a password that the URL may hold."""
    url = settings.elasticsearch or ""
    scheme, _, rest = url.rpartition("://")
    host = rest.rpartition("@")[2]
    return f"{scheme}://{host}" if scheme else host


def _with_port(url: str | None) -> str:
    if not url:
        raise SettingsError(
            "no Elasticsearch: set WIREWATCH_ELASTICSEARCH=url or start one with `wirewatch up --detach`"
        )
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("not an http(s) URL such as http://localhost:9200")
        if parts.port is None:
            parts = parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{_DEFAULT_PORT}")
    except ValueError as error:
        raise SettingsError(f"elasticsearch: {error}") from None
    return parts.geturl()


def _one_line(text: str, limit: int = 500) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
