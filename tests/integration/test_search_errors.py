"""What the search package makes of answers that the real Elasticsearch cannot be made to give at will.

A server on loopback gives them over real HTTP.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.answering import DONE, Answer, Asked, always, answering
from tests.builders import NOW, replaced
from wirewatch.errors import IndexMissing, Refused, SettingsError, Unavailable, WirewatchError
from wirewatch.search.articles import REQUEST_BYTES, Outcome, write
from wirewatch.search.client import asking, connect, reachable
from wirewatch.search.documents import Write
from wirewatch.search.indices import delete_indices
from wirewatch.search.overview import overview
from wirewatch.search.query import search
from wirewatch.settings import Settings


def documents(count: int, size: int = 10) -> list[Write]:
    return [Write("news-articles", f"id{n}", 1, {"text": "x" * size}) for n in range(count)]


def written(settings: Settings, of: list[Write], *, patience_s: float = 10) -> Outcome:
    with connect(settings) as es:
        return write(es, settings, of, patience_s=patience_s, sleep=lambda _: None)


def test_a_wrong_password_is_refused_in_one_line_that_does_not_hold_it() -> None:
    with answering(always(401, "unable to authenticate")) as (settings, asked):
        settings = Settings(
            elasticsearch=settings.elasticsearch, elasticsearch_user="u", elasticsearch_password="se:cret"
        )
        with pytest.raises(Refused, match=r"^Elasticsearch at http://127\S+ refuses: user or password is wrong") as it:
            reachable(settings)
    assert "cret" not in str(it.value)
    assert asked[0].authorization == "Basic dTpzZTpjcmV0"
    assert asked[0].path.startswith("/_cluster/health")


def test_a_password_in_the_address_is_used_and_never_shown() -> None:
    with answering(always(401)) as (settings, asked):
        address = str(settings.elasticsearch).replace("://", "://u:secret@")
        with pytest.raises(Refused) as it:
            reachable(Settings(elasticsearch=address))
    assert "secret" not in str(it.value)
    assert asked[0].authorization == "Basic dTpzZWNyZXQ="


def test_a_missing_right_is_refused_with_the_reason_of_elasticsearch() -> None:
    with answering(always(403, "action [search] is unauthorized")) as (settings, _), pytest.raises(Refused) as it:
        search(settings, "x", now=NOW)
    assert "action [search] is unauthorized" in str(it.value)


def test_something_else_that_answers_there_is_called_so() -> None:
    with (
        answering(lambda _: (200, {}), product="Other") as (settings, _),
        pytest.raises(Refused, match="not Elasticsearch"),
    ):
        reachable(settings)
    with answering(lambda _: (200, b"<html>")) as (settings, _), pytest.raises(Refused, match="not JSON"):
        reachable(settings)


def test_a_server_that_is_not_there_is_named_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings = Settings(elasticsearch=f"http://127.0.0.1:{unused.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(Unavailable, match=str(settings.elasticsearch)) as it:
            reachable(settings)
    assert time.monotonic() - started < 5
    assert "\n" not in str(it.value)


@pytest.mark.parametrize("ask", [reachable, overview], ids=["reachable", "overview"])
def test_a_server_that_never_answers_is_given_up_after_the_time_that_was_set(ask: Callable[[Settings], Any]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = Settings(elasticsearch=f"http://127.0.0.1:{silent.getsockname()[1]}", connect_timeout_s=0.5)
        started = time.monotonic()
        with pytest.raises(Unavailable, match="no answer in time"):
            ask(settings)
    assert 0.4 < time.monotonic() - started < 3


def test_https_where_there_is_none_is_refused_with_what_to_set() -> None:
    with answering(always(200)) as (settings, _):
        address = str(settings.elasticsearch).replace("http:", "https:")
        with pytest.raises(Refused, match="certificate"):
            reachable(Settings(elasticsearch=address))


@pytest.mark.parametrize("address", ["localhost:9200", "ftp://localhost", "http://", "http://h:port", "http://h:99999"])
def test_an_address_that_is_none_is_a_users_mistake(address: str) -> None:
    with pytest.raises(SettingsError, match="elasticsearch"):
        connect(Settings(elasticsearch=address))


def test_no_address_at_all_is_a_users_mistake_that_says_what_to_set() -> None:
    with pytest.raises(SettingsError, match="WIREWATCH_ELASTICSEARCH"):
        connect(Settings())


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_cannot_be_used_is_a_users_mistake(content: str | None, tmp_path: Path) -> None:
    ca = tmp_path / "ca.crt"
    if content:
        ca.write_text(content)
    with pytest.raises(SettingsError, match=r"ca\.crt"):
        connect(Settings(elasticsearch="https://localhost:9200", elasticsearch_ca=str(ca)))


def test_a_certificate_is_trusted_only_through_the_ca_file(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with answering(lambda _: (200, {"status": "green"}), tls=tls) as (settings, _):
        with pytest.raises(Refused, match="certificate is not trusted"):
            reachable(settings)
        reachable(replaced(settings, elasticsearch_ca=str(certificate)))


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own CA, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "ca.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "ca.crt", folder / "ca.key"


def test_an_address_without_a_port_means_elasticsearchs_own() -> None:
    with connect(Settings(elasticsearch="http://localhost/es/")) as es:
        (node,) = es.transport.node_pool.all()
        assert node.base_url == "http://localhost:9200/es"


def test_a_busy_server_is_asked_again_until_it_takes_the_documents() -> None:
    with answering(always(429, "too many"), always(503), lambda asked: asked.all_done()) as (settings, asked):
        assert written(settings, documents(3)) == Outcome(written=3)
    assert len(asked) == 3


def test_only_the_documents_it_was_too_busy_for_are_sent_again() -> None:
    def second_is_busy(_: Asked) -> Answer:
        busy = {"index": {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "queue full"}}}
        return 200, {"items": [DONE, busy, DONE]}

    with answering(second_is_busy, lambda asked: asked.all_done()) as (settings, asked):
        assert written(settings, documents(3)) == Outcome(written=3)
    assert [action["_id"] for action in asked[1].actions] == ["id1"]


@pytest.mark.parametrize("answer", [always(429, "too many"), always(502), lambda asked: (200, {"items": [
    {"index": {"status": 503, "error": {"type": "unavailable_shards_exception", "reason": "primary is away"}}}
] * len(asked.actions)})], ids=["all", "proxy", "each"])  # fmt: skip
def test_a_server_that_stays_busy_is_unavailable_when_patience_ends(answer: Callable[[Asked], Answer]) -> None:
    with answering(answer) as (settings, asked), pytest.raises(Unavailable, match=r"answers (429|502|503)"):
        written(settings, documents(2), patience_s=0.5)
    assert len(asked) > 1


def test_the_waits_between_attempts_grow_and_end_within_the_patience() -> None:
    waits: list[float] = []

    def waiting(seconds: float) -> None:
        waits.append(seconds)
        time.sleep(seconds)

    with answering(always(429)) as (settings, _), connect(settings) as es, pytest.raises(Unavailable):
        write(es, settings, documents(1), patience_s=0.5, sleep=waiting)
    assert waits == sorted(set(waits))
    assert 0 < sum(waits) <= 0.5


def test_who_is_told_to_stop_asks_a_busy_server_no_more() -> None:
    stop = Event()
    stop.set()
    with answering(always(429)) as (settings, asked), connect(settings) as es, pytest.raises(Unavailable):
        write(es, settings, documents(1), sleep=stop.wait)
    assert len(asked) == 1


def test_a_request_that_is_too_large_is_cut_until_it_is_taken_and_a_document_that_is_too_large_alone_is_refused() -> (
    None
):
    def limited(asked: Asked) -> Answer:
        return (413, b"") if len(asked.body) > 1_000 else asked.all_done()

    batch = documents(8, size=100)
    batch[5] = Write("news-articles", "large", 1, {"text": "x" * 2_000})
    with answering(limited) as (settings, asked):
        outcome = written(settings, batch)
    assert outcome.written == 7
    assert [(refused.position, refused.id) for refused in outcome.refused] == [(5, "large")]
    stored = [action["_id"] for one in asked if len(one.body) <= 1_000 for action in one.actions]
    assert sorted(stored) == sorted(document.id for document in batch if document.id != "large")


def test_no_request_is_larger_than_the_limit() -> None:
    with answering(lambda asked: asked.all_done()) as (settings, asked):
        assert written(settings, documents(7, size=1_600_000)).written == 7
    assert [len(one.actions) for one in asked] == [3, 3, 1]
    assert all(len(one.body) <= REQUEST_BYTES for one in asked)


def test_nothing_to_write_asks_nobody() -> None:
    with answering(always(500)) as (settings, asked):
        assert written(settings, []) == Outcome()
    assert asked == []


def test_every_action_carries_its_external_version_and_wants_an_alias() -> None:
    with answering(lambda asked: asked.all_done()) as (settings, asked):
        written(settings, documents(1))
    assert asked[0].actions == [
        {"_index": "news-articles", "_id": "id0", "version": 1, "version_type": "external", "require_alias": True}
    ]


@pytest.mark.parametrize(
    ("status", "kind", "raised"),
    [(403, "security_exception", Refused), (400, "index_closed_exception", Refused),
     (403, "cluster_block_exception", Unavailable)],
)  # fmt: skip
def test_an_index_that_takes_no_writes_blames_no_document_and_is_waited_for_where_it_is_held_back(
    status: int, kind: str, raised: type[WirewatchError]
) -> None:
    error = {"type": kind, "reason": "read-only"}
    with (
        answering(lambda _: (200, {"items": [{"index": {"status": status, "error": error}}]})) as (settings, _),
        pytest.raises(raised, match="read-only"),
    ):
        written(settings, documents(1))


@pytest.mark.parametrize("status", [400, 401, 403, 405])
def test_a_request_refused_as_a_whole_blames_no_document(status: int) -> None:
    with answering(always(status, "not this way")) as (settings, asked), pytest.raises(Refused):
        written(settings, documents(2))
    assert len(asked) == 1


def test_an_answer_that_leaves_documents_out_is_never_taken_for_success() -> None:
    with answering(lambda _: (200, {"items": [DONE]})) as (settings, _), pytest.raises(Refused, match="2 documents"):
        written(settings, documents(2))


def test_an_index_missing_in_a_bulk_answer_is_named() -> None:
    error = {"type": "index_not_found_exception", "reason": "no such index", "index": "news-articles"}
    with (
        answering(lambda _: (200, {"items": [{"index": {"status": 404, "error": error}}]})) as (settings, _),
        pytest.raises(IndexMissing, match="news-articles"),
    ):
        written(settings, documents(1))


def test_any_other_404_is_refused() -> None:
    with answering(lambda _: (404, b'{"error": "no handler"}')) as (settings, _), pytest.raises(Refused, match="404"):
        reachable(settings)


def test_a_failure_of_the_server_names_its_innermost_cause() -> None:
    with (
        answering(always(400, "all shards failed", caused_by={"reason": "field data is off"})) as (settings, _),
        pytest.raises(Refused, match="all shards failed: field data is off"),
        asking(settings) as es,
    ):
        es.count(index="x")


def test_indices_of_no_prefix_are_never_deleted() -> None:
    with answering(always(200)) as (settings, asked), pytest.raises(ValueError, match="name_prefix"):
        delete_indices(settings)
    assert asked == []
