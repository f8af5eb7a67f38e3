"""Fields that the forms of several DAGs have.

A DAG file imports this at parse time, so nothing here loads Kafka, Elasticsearch or the tagger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param


def list_of(title: str, description: str) -> Param:
    """A field for several texts, one a line, which may be left empty."""
    items = {"type": "string", "minLength": 1}
    return Param(None, description, type=["null", "array"], items=items, title=title)


LANE = Param(
    "live",
    type="string",
    enum=["live", "backfill"],
    values_display={"live": "News of today", "backfill": "Old material"},
    title="What it is",
    description="Old material waits while there is news, and nobody is alerted about it.",
)
FEEDS = list_of("Feeds", "Names, domains or addresses, one a line: only these are polled. Empty: all that are due.")
FEED_TAGS = list_of("Feeds with a tag", "Tags of feeds.toml, one a line: only feeds with one of them are polled.")
DAYS_BACK = Param(
    None,
    type=["null", "integer"],
    minimum=1,
    maximum=36_500,
    title="Days back",
    description="Only what is of the last so many days. Empty: all.",
)

ALERT_FORM = {
    "query": Param(
        None,
        type=["null", "string"],
        title="Words",
        description='AND OR NOT "phrase" prefix* title:word, such as: (rebels OR insurgent*) NOT football',
    ),
    "actors": list_of("Actors", "Any of them, one a line, by id or name: hayat-tahrir-al-sham."),
    "place": Param(
        None,
        type=["null", "string"],
        title="Place",
        description="A city such as Homs, SY, or a point such as 34.73,36.71.",
    ),
    "within_km": Param(
        50,
        type="number",
        exclusiveMinimum=0,
        maximum=20_100,
        title="Radius",
        description="How near to that place, in km.",
    ),
    "countries": list_of("Countries", "Any of them, one a line, by code or name: SY."),
    "min_sources": Param(
        1,
        type="integer",
        minimum=1,
        maximum=1_000,
        title="Outlets",
        description="So many independent outlets must tell the story before it counts.",
    ),
}
"""What a rule asks for; see `rule_fields`."""


def rule_fields(form: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rules file that ``ALERT_FORM`` filled in with ``form`` means; None where it asks for nothing."""
    near = {"place": form["place"], "within_km": form["within_km"]} if form["place"] else None
    return {
        "text": form["query"],
        "actors": form["actors"],
        "near": near,
        "countries": form["countries"],
        "min_sources": form["min_sources"],
    }
