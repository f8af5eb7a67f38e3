"""How far the pulse came, as the consumers have written it down."""

from __future__ import annotations

import msgspec

from wirewatch.models import Alert, Metric
from wirewatch.pulse.beat import ids
from wirewatch.search.alerts import alerts_of
from wirewatch.search.client import asking, documents_of
from wirewatch.search.documents import ALERTS, METRICS
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

AT_ONCE = 1_000


def pulses_passed(settings: Settings) -> list[Metric]:
    """The last beat that each of the last stages has seen, as it stands this moment."""
    with asking(settings) as es:
        found = documents_of(es, settings, alias_of(settings, METRICS), ids())
    return [msgspec.convert(document["_source"], Metric) for document in found]


def undelivered_alerts(settings: Settings) -> tuple[Alert, ...]:
    """Alerts that a channel did not take at its last try and that are still tried, the oldest first; 1,000 at most."""
    with asking(settings) as es:
        answer = es.search(
            index=alias_of(settings, ALERTS),
            query={
                "bool": {"filter": [{"term": {"channels.state": "failed"}}, {"exists": {"field": "channels.until"}}]}
            },
            sort=[{"@timestamp": "asc"}],
            size=AT_ONCE,
        )
    return alerts_of(answer["hits"]["hits"])
