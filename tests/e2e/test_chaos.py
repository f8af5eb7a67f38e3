"""The short form of `make chaos`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.chaos.plan import plan
from tests.chaos.servers import servers_of_a_run
from tests.chaos.storm import storm
from tests.planted import planted_stream


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(900)
def test_forty_seconds_of_faults_lose_and_double_nothing() -> None:
    schedule = plan(3, 40)
    stream = planted_stream(20, 300, now=datetime.now(UTC), seed=3)
    with servers_of_a_run() as servers:
        report = storm(servers, schedule, stream, 40, print)
    print("\n".join(report.lines()))
    assert report.findings == []
    assert report.kills + report.reached.total() >= 8
