"""What a consumer shows Prometheus, read over HTTP while it works."""

from __future__ import annotations

import socket

import httpx
import msgspec
import pytest
from kafka import KafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from consumers import clusterer
from tests.builders import numbered, tagged
from tests.e2e.line import at_work, wait_until
from wirewatch.cli.line import with_metrics_at
from wirewatch.embedded.started import free_ports
from wirewatch.errors import SettingsError
from wirewatch.models import Origin
from wirewatch.settings import Settings
from wirewatch.stream import Publisher, Until
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.metrics import metrics_address
from wirewatch.topics import ARTICLES_TAGGED, CONSUMERS


@pytest.fixture
def watched(settings: Settings) -> Settings:
    """Settings that show metrics on a free port, with topics of their own."""
    ensure_topics(settings)
    return msgspec.structs.replace(settings, metrics=f"127.0.0.1:{free_ports(1)[0]}")


def send(settings: Settings, articles: int, *, broken: int = 0) -> None:
    with Publisher(settings) as publisher:
        for one in numbered(articles):
            publisher.publish(ARTICLES_TAGGED, tagged(one), origin=Origin.LIVE)
    with KafkaProducer(bootstrap_servers=settings.kafka) as producer:
        for _ in range(broken):
            producer.send(settings.name_prefix + ARTICLES_TAGGED.name, b"no JSON")


def shown(settings: Settings) -> dict[str, float]:
    """Each number without its labels; nothing while nobody answers."""
    try:
        text = httpx.get(f"http://{settings.metrics}/metrics").raise_for_status().text
    except httpx.TransportError:
        return {}
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "le" not in sample.labels
    }


def test_a_consumer_shows_how_many_messages_it_took_refused_and_left_waiting(watched: Settings) -> None:
    send(watched, 7, broken=2)
    with at_work(watched, clusterer):
        wait_until(lambda: shown(watched).get("wirewatch_messages_total") == 9, 20, what="nine messages counted")
        figures = shown(watched)
    assert figures["wirewatch_dead_letters_total"] == 2
    assert figures["wirewatch_lag_messages"] == 0
    assert figures["wirewatch_batch_messages_sum"] == 9
    assert figures["wirewatch_message_age_seconds_count"] == 9
    assert 0 < figures["wirewatch_batch_seconds_sum"] < 20
    assert figures["wirewatch_batches_given_up_total"] == 0
    assert figures["process_resident_memory_bytes"] > 1e6
    assert figures["process_open_fds"] > 3


def test_what_waits_is_shown_before_it_is_worked_off(watched: Settings) -> None:
    send(watched, 30)
    one_by_one = msgspec.structs.replace(watched, batch_size=1)
    seen = set()
    with at_work(one_by_one, clusterer):
        wait_until(
            lambda: shown(watched).get("wirewatch_messages_total") == 30,
            20,
            meanwhile=lambda: seen.add(shown(watched).get("wirewatch_lag_messages", 0)),
            what="all messages counted",
        )
        assert shown(watched)["wirewatch_lag_messages"] == 0
    assert max(seen) > 0


def test_the_port_is_free_again_when_the_consumer_has_stopped(watched: Settings) -> None:
    with at_work(watched, clusterer):
        wait_until(lambda: bool(shown(watched)), 20, what="an answer")
    with socket.create_server(metrics_address(watched.metrics or "")):
        pass


def test_a_port_that_is_taken_is_one_line_that_names_it(watched: Settings) -> None:
    with socket.create_server(metrics_address(watched.metrics or "")), pytest.raises(SettingsError) as error:
        clusterer.run(watched)
    assert str(watched.metrics) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_run_to_the_end_shows_nothing_so_that_it_can_stand_beside_the_service(watched: Settings) -> None:
    send(watched, 1)
    with socket.create_server(metrics_address(watched.metrics or "")):
        assert clusterer.run(watched, Until.END).handled == 1


@pytest.mark.parametrize("address", ["9464", "here:", ":9464", "here:port", "here:70000", "here:0"])
def test_an_address_that_is_none_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(SettingsError, match="such as"):
        metrics_address(address)


def test_the_consumers_of_one_machine_take_ports_in_a_row() -> None:
    given = Settings(metrics="[::1]:9464")
    ports = [with_metrics_at(given, place).metrics for place, _ in enumerate(CONSUMERS)]
    assert ports == ["[::1]:9464", "[::1]:9465", "[::1]:9466", "[::1]:9467", "[::1]:9468"]
    assert with_metrics_at(Settings(), 3).metrics is None
