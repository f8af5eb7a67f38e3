"""How far alerts got in their channels: read and changed as they are seen, so that no two tell the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.alerts.delivery import CLOCKS_DIFFER, status_told, told_at
from wirewatch.models import ChannelState
from wirewatch.search.alerts import Mark, Stored, get_alerts, write_fields
from wirewatch.search.client import as_our_errors
from wirewatch.search.documents import ALERTS
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

AT_ONCE = 500
"""Alerts looked at in one request; the rest comes with the next look."""


class Deliveries:
    """The alerts of one Elasticsearch as the notifier sees them."""

    def __init__(self, es: Elasticsearch, settings: Settings) -> None:
        self._es, self._settings = es, settings

    def get(self, ids: Sequence[str]) -> list[Stored]:
        """The alerts with these ids that there are, in their very last state."""
        return get_alerts(self._es, self._settings, ids)

    def set_channels(self, changes: Sequence[tuple[Stored, Sequence[ChannelState]]]) -> dict[str, Mark]:
        """Write these states of each alert's channels, where it still is as it was seen; ids and marks of these."""
        fields: list[tuple[Stored, Mapping[str, Any]]] = [
            (stored, {"channels": channels, "status": status_told(stored.alert, channels)})
            for stored, channels in changes
        ]
        return write_fields(self._es, self._settings, fields, refresh=False)

    def due(self, *, now: datetime) -> list[Stored]:
        """Alerts with something in a channel whose time has come, the longest overdue first."""
        with as_our_errors(self._settings):
            answer = self._es.search(
                index=alias_of(self._settings, ALERTS),
                query={
                    "bool": {
                        "filter": {"exists": {"field": "channels.until"}},
                        "should": [
                            {"range": {"channels.until": {"lte": now.isoformat()}}},
                            {"range": {"channels.at": {"gt": (now + CLOCKS_DIFFER).isoformat()}}},
                        ],
                        "minimum_should_match": 1,
                    }
                },
                sort=[{"channels.until": "asc"}],
                size=AT_ONCE,
                source_includes=["id"],
            )
        return self.get([hit["_source"]["id"] for hit in answer["hits"]["hits"]])

    def last_told(self, rule_id: str) -> dict[str, datetime]:
        """When the rule was last told in each channel, or will be when what is held is let go."""
        with as_our_errors(self._settings):
            answer = self._es.search(
                index=alias_of(self._settings, ALERTS),
                query={"bool": {"filter": [{"term": {"rule_id": rule_id}}, {"exists": {"field": "channels.at"}}]}},
                sort=[{"channels.at": "desc"}],
                size=20,
                source_includes=["channels"],
            )
        latest: dict[str, datetime] = {}
        for hit in answer["hits"]["hits"]:
            for state in msgspec.convert(hit["_source"].get("channels", []), list[ChannelState]):
                told = told_at(state)
                if told is not None:
                    latest[state.name] = max(told, latest.get(state.name, told))
        return latest


def undelivered(es: Elasticsearch, settings: Settings) -> dict[str, int]:
    """By channel, how many alerts it has not taken at its last try."""
    with as_our_errors(settings):
        answer = es.search(
            index=alias_of(settings, ALERTS),
            query={"term": {"channels.state": "failed"}},
            source_includes=["channels"],
            size=1_000,
            ignore_unavailable=True,
        )
    counts: dict[str, int] = {}
    for hit in answer["hits"]["hits"]:
        for state in msgspec.convert(hit["_source"].get("channels", []), list[ChannelState]):
            counts[state.name] = counts.get(state.name, 0) + (state.state == "failed")
    return {name: count for name, count in counts.items() if count}
