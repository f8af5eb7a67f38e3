"""Old material delays nothing live."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec
import pytest

from tests.builders import article, numbered
from tests.e2e.line import consumers, indexed, prepare, publish, wait_until
from wirewatch.search.client import asking
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag

WITHIN_S = 3.0

PARAGRAPH = (
    "Officials in the capital said the talks would go on through the night. A spokeswoman for the ministry, "
    "Elena Marsh, told reporters that three districts were without power after the storm and that Harbour "
    "Relief had sent crews. "
)


def seconds_until_searchable(settings: Settings, title: str) -> float:
    """From publication on Kafka to a hit of a query for the title; nobody refreshes the index meanwhile."""
    breaking = article(title, fetched_at=datetime.now(UTC))
    started = time.monotonic()
    publish(settings, [breaking])
    with asking(settings) as es:
        while True:
            answer = es.search(index=alias_of(settings, "news-articles"), query={"match_phrase": {"title": title}})
            if answer["hits"]["hits"]:
                return time.monotonic() - started
            assert time.monotonic() - started < 60, "the live article never came out"
            time.sleep(0.02)


def measure(settings: Settings, backfill: int, words: int) -> list[float]:
    """Latency of five live articles while ``backfill`` old ones are being tagged."""
    old = [msgspec.structs.replace(one, text=f"{one.text} " + PARAGRAPH * (words // 36)) for one in numbered(backfill)]
    prepare(settings)
    publish(settings, old, bulk=True)
    with consumers(settings):
        wait_until(lambda: indexed(settings) > 20, 120, what="old articles are being indexed")
        taken = []
        for n in range(5):
            taken.append(seconds_until_searchable(settings, f"Breaking number {n} from Ravelsport"))
            time.sleep(0.5)
        assert lag(settings)["tagger-bulk"] > 0, "the old articles were done before the live ones were measured"
    print("searchable after " + ", ".join(f"{one:.2f} s" for one in taken))
    return taken


@pytest.mark.alone
def test_a_live_article_is_searchable_within_3_s_while_old_ones_are_tagged(settings: Settings) -> None:
    assert max(measure(settings, 2_000, 300)) < WITHIN_S


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_live_article_is_searchable_within_3_s_while_20000_old_ones_are_tagged(settings: Settings) -> None:
    assert max(measure(settings, 20_000, 500)) < WITHIN_S
