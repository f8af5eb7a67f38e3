"""A clean stop in the middle of the work."""

from __future__ import annotations

import time

import pytest

from tests.builders import numbered
from tests.e2e.line import clustered, consumers, documents, indexed, prepare, publish, quick, tagged, wait_until
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag

LIMIT_S = 10.0


@pytest.mark.long
def test_a_stop_in_the_middle_of_the_work_ends_each_consumer_in_time_and_repeats_nothing(settings: Settings) -> None:
    settings = quick(settings, batch_size=10)
    articles = numbered(2_500)
    prepare(settings)
    publish(settings, articles[:500])
    with consumers(settings) as running:
        wait_until(lambda: indexed(settings) >= 50, 90, what="the line is at work")
        publish(settings, articles[500:])
        began = time.monotonic()
        for one in running.values():
            one.child.ask_to_stop(30)
        codes = {name: one.child.stop(30) for name, one in running.items()}
        took = time.monotonic() - began
    assert codes == dict.fromkeys(running, 0)
    assert took < LIMIT_S
    assert lag(settings)["tagger"] > 0, "all was done before the stop; it proves nothing"
    with consumers(settings):
        wait_until(lambda: indexed(settings) == len(articles), 120, what="the rest is indexed")
        wait_until(lambda: not any(lag(settings).values()), 60, what="no lag")
    ids = sorted(one.id for one in articles)
    assert sorted(one.article.id for one in tagged(settings)) == ids
    assert sorted(one.tagged.article.id for one in clustered(settings)) == ids
    assert sorted(documents(settings)) == ids
