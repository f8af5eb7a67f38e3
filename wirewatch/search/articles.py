"""Writing: many documents at once, each over what is older and never over what is newer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import msgspec
from elasticsearch import ApiError, Elasticsearch, TransportError

from wirewatch.errors import Refused, ServerError, Unavailable
from wirewatch.search.client import SERVER, address, failure, is_busy, our_error, reason
from wirewatch.search.documents import Write
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

REQUEST_BYTES = 5_000_000
"""Size of one bulk request; Elasticsearch's own limit is 100 MB, a proxy's is often 10."""

REQUEST_TIMEOUT_S = 30.0
PATIENCE_S = 60.0

_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0
_ID_BYTES = 512  # Elasticsearch refuses the whole request for one id that is longer
_ERROR_PARTS = ("type", "reason", "index", "caused_by")
_encode = msgspec.json.Encoder().encode


class RefusedDocument(msgspec.Struct, frozen=True):
    """A document that can never be stored as it is; ``position`` counts in what was handed to `write`."""

    position: int
    id: str
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """What became of the documents: stored, already there (the same or newer), or refused."""

    written: int = 0
    unchanged: int = 0
    refused: tuple[RefusedDocument, ...] = ()


class _Line(msgspec.Struct, frozen=True):
    """A document ready to be sent: its two lines of a bulk request."""

    position: int
    id: str
    body: bytes


class _Answers(msgspec.Struct, frozen=True):
    """One request's answers, sorted by what is to be done about them."""

    written: int
    unchanged: int
    refused: list[RefusedDocument]
    busy: list[_Line]
    why_busy: ServerError | None = None


def write(
    es: Elasticsearch,
    settings: Settings,
    documents: Sequence[Write],
    *,
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], object] = time.sleep,
) -> Outcome:
    """Stores ``documents``, each unless the same or a newer version of it is there, and says what became of them.

    What Elasticsearch answers with 400 or 413 is refused, document by document. What it is too busy for is sent
    again for ``patience_s`` seconds, then Unavailable is raised: some documents may be stored by then, and writing
    them all once more is harmless. Raises IndexMissing without an index and Refused where we may not write.
    ``sleep`` waits between attempts and says whether to give up: `threading.Event.wait` does, when told to stop.
    """
    lines, refused = _prepare(settings, documents)
    written = unchanged = 0
    give_up = time.monotonic() + patience_s
    requests = list(_requests(lines))
    for attempt in count():
        busy: list[_Line] = []
        why: ServerError | None = None
        for request in requests:
            answers = _send(es, settings, request)
            written, unchanged = written + answers.written, unchanged + answers.unchanged
            refused += answers.refused
            busy += answers.busy
            why = answers.why_busy or why
        if why is None:
            return Outcome(written, unchanged, tuple(sorted(refused, key=lambda document: document.position)))
        wait = min(_FIRST_WAIT_S * 2**attempt, _LONGEST_WAIT_S)
        if time.monotonic() + wait > give_up or sleep(wait):
            raise why
        requests = list(_requests(busy))
    raise AssertionError  # count() does not end


def _prepare(settings: Settings, documents: Sequence[Write]) -> tuple[list[_Line], list[RefusedDocument]]:
    """The lines to send, and what no request could carry without taking its neighbours with it."""
    lines, refused = [], []
    for position, document in enumerate(documents):
        try:
            body = encoded(settings, document)
        except (ValueError, TypeError, OverflowError) as error:
            refused.append(RefusedDocument(position, document.id, f"not storable: {error}"))
        else:
            lines.append(_Line(position, document.id, body))
    return lines, refused


def write_encoded(es: Elasticsearch, settings: Settings, bodies: Sequence[bytes]) -> None:
    """Sends documents that `encoded` made, in requests of the size that `write` sends; for measuring.

    Raises what `write` does, and Refused for the first document that is not taken.
    """
    for request in _requests([_Line(position, "", body) for position, body in enumerate(bodies)]):
        answers = _send(es, settings, request)
        if answers.why_busy is not None:
            raise answers.why_busy
        for refused in answers.refused:
            raise Refused(SERVER, address(settings), refused.reason)


def encoded(settings: Settings, document: Write) -> bytes:
    """A document as its two lines of a bulk request; raises ValueError for an id or version that cannot be."""
    if not 0 < len(document.id.encode()) <= _ID_BYTES:
        raise ValueError(f"its id is not of 1 to {_ID_BYTES} bytes")
    if not 0 <= document.version < 1 << 63:
        raise ValueError(f"version {document.version} is not of 0 to 2**63 - 1")
    action = {
        "_index": alias_of(settings, document.alias),
        "_id": document.id,
        "version": document.version,
        "version_type": "external",
        # Without it a missing alias would become an index of that name, with guessed types.
        "require_alias": True,
    }
    return b"%b\n%b\n" % (_encode({"index": action}), _encode(document.document))


def _requests(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """``lines`` in groups of at most REQUEST_BYTES; a longer document goes alone."""
    group: list[_Line] = []
    size = 0
    for line in lines:
        if group and size + len(line.body) > REQUEST_BYTES:
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line.body)
    if group:
        yield group


def _send(es: Elasticsearch, settings: Settings, lines: list[_Line]) -> _Answers:
    """One request and its answers; where the whole of it is too large, its halves'."""
    bodies: list[Any] = [line.body for line in lines]  # the client sends bytes as they are; its types say only dicts
    try:
        answer = es.options(request_timeout=REQUEST_TIMEOUT_S).bulk(
            operations=bodies,
            timeout="20s",
            filter_path=["items.*.status", *(f"items.*.error.{part}" for part in _ERROR_PARTS)],
        )
    except (ApiError, TransportError) as error:
        if isinstance(error, ApiError) and error.meta.status == 413:
            return _halves(es, settings, lines)
        ours = our_error(error, settings)
        if isinstance(ours, Unavailable):
            return _Answers(0, 0, [], lines, ours)
        raise ours from error
    items = [item["index"] for item in answer.get("items", [])]
    if len(items) != len(lines):
        raise Refused(SERVER, address(settings), f"{len(lines)} documents sent, {len(items)} answered")
    return _sorted(settings, lines, items)


def _halves(es: Elasticsearch, settings: Settings, lines: list[_Line]) -> _Answers:
    if len(lines) == 1:
        too_large = f"{len(lines[0].body)} bytes are too large for one request (413)"
        return _Answers(0, 0, [RefusedDocument(lines[0].position, lines[0].id, too_large)], [])
    middle = len(lines) // 2
    first, second = _send(es, settings, lines[:middle]), _send(es, settings, lines[middle:])
    return _Answers(
        first.written + second.written,
        first.unchanged + second.unchanged,
        first.refused + second.refused,
        first.busy + second.busy,
        second.why_busy or first.why_busy,
    )


def _sorted(settings: Settings, lines: list[_Line], items: list[dict[str, Any]]) -> _Answers:
    written = unchanged = 0
    refused: list[RefusedDocument] = []
    busy: list[_Line] = []
    why_busy: ServerError | None = None
    for line, item in zip(lines, items, strict=True):
        status, error = item["status"], item.get("error", {})
        if status < 300:
            written += 1
        elif status == 409:
            unchanged += 1
        elif is_busy(status, error):
            busy.append(line)
            why_busy = failure(settings, error, status)
        # A closed index is answered with 400 too, and no document is to blame for it.
        elif status in {400, 413} and error.get("type") != "index_closed_exception":
            refused.append(RefusedDocument(line.position, line.id, reason(error)))
        else:
            raise failure(settings, error, status)
    return _Answers(written, unchanged, refused, busy, why_busy)
