"""Work is done by the consumers that are there, and by us only where there are none."""

from __future__ import annotations

import threading

import pytest
from kafka import KafkaConsumer

from consumers import clusterer
from tests.builders import numbered, tagged
from tests.e2e.line import at_work, wait_until
from wirewatch.models import Origin
from wirewatch.settings import Settings
from wirewatch.stream import Consumed, Publisher, Until
from wirewatch.stream.admin import ensure_topics, lag, members
from wirewatch.stream.watch import work_off
from wirewatch.topics import ARTICLES_TAGGED


@pytest.fixture(autouse=True)
def _topics(settings: Settings) -> None:
    ensure_topics(settings)


def publish(settings: Settings, count: int) -> None:
    with Publisher(settings) as publisher:
        for one in numbered(count):
            publisher.publish(ARTICLES_TAGGED, tagged(one), origin=Origin.LIVE)


def never(_settings: Settings, _until: Until) -> Consumed:
    raise AssertionError("this is another's work")


def nothing_waits(settings: Settings) -> None:
    """A transaction's offsets can be read a moment after its commit has returned."""
    wait_until(lambda: lag(settings)["clusterer"] == 0, 5, every_s=0.05, what="all that was done is committed")


def test_where_nobody_is_at_work_it_is_done_here(settings: Settings) -> None:
    publish(settings, 5)
    assert work_off(settings, clusterer.GROUP, clusterer.run) == Consumed(5, 0)
    nothing_waits(settings)


def test_a_service_is_waited_for_and_not_disturbed(settings: Settings) -> None:
    with at_work(settings, clusterer):
        wait_until(lambda: members(settings)["clusterer"] > 0, 30, every_s=0.2, what="a clusterer is at work")
        publish(settings, 50)
        work_off(settings, clusterer.GROUP, never)
        assert lag(settings)["clusterer"] == 0


def test_the_work_of_a_service_that_goes_away_is_done_here(settings: Settings) -> None:
    publish(settings, 20)
    idle = KafkaConsumer(
        settings.name_prefix + ARTICLES_TAGGED.name,
        bootstrap_servers=settings.kafka,
        group_id=settings.name_prefix + clusterer.GROUP,
        enable_auto_commit=False,
    )
    while not idle.assignment():
        idle.poll(200)
    leaving = threading.Timer(2, idle.close)
    leaving.start()
    asked: list[Until] = []

    def run(settings: Settings, until: Until) -> Consumed:
        leaving.join()
        asked.append(until)
        return clusterer.run(settings, until)

    assert work_off(settings, clusterer.GROUP, run) == Consumed(20, 0)
    assert asked == [Until.END]
    nothing_waits(settings)
