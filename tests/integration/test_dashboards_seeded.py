"""Every panel shows something when the index holds what the line writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from tests.kibana import Json, Panel, aggregation, as_asked, as_query, numbers, panels, parsed, questions
from tests.watched import fill, recent_seeds
from wirewatch.kibana.objects import saved_objects, tag_id
from wirewatch.kibana.saved import ndjson
from wirewatch.search.client import connect
from wirewatch.settings import Settings
from wirewatch.tagging import load_tagger

OBJECTS = parsed(ndjson(saved_objects(), tag_id("")))
CHARTS = [panel for panel in panels(OBJECTS) if panel.json["type"] == "lens"]
MAPS = [one for one in OBJECTS.values() if one["type"] == "visualization"]
SEARCHES = [one["id"] for one in OBJECTS.values() if one["type"] == "search"]


@pytest.fixture(scope="module")
def seeded(named_settings: Callable[[], AbstractContextManager[Settings]]) -> Iterator[Settings]:
    """A line whose index holds the seeds and something of everything else."""
    now = datetime.now(UTC)
    with named_settings() as settings:
        fill(settings, load_tagger(settings), recent_seeds(settings, now=now), now=now)
        yield settings


@pytest.mark.parametrize("panel", CHARTS, ids=lambda panel: f"{panel.board}: {panel.title}")
def test_a_chart_shows_something(panel: Panel, seeded: Settings) -> None:
    (view,) = (ref for ref in panel.references.values() if ref["type"] == "index-pattern")
    with connect(seeded) as es:
        answer = es.search(
            index=seeded.name_prefix + OBJECTS[view["id"]]["attributes"]["title"],
            query=as_query(panel.kql),
            aggs=aggregation(panel.layer),
            size=0,
        )
    assert any(numbers(answer["aggregations"])), answer["aggregations"]


@pytest.mark.parametrize("one", MAPS, ids=lambda one: one["id"])
def test_a_map_shows_countries_and_points(one: Json, seeded: Settings) -> None:
    for question in questions(one):
        with connect(seeded) as es:
            answer = es.search(index=seeded.name_prefix + question["index"], **as_asked(question["body"]))
        (buckets,) = (group["buckets"] for group in answer["aggregations"].values())
        assert buckets
        assert all(bucket.get("stories", {"value": 1})["value"] > 0 for bucket in buckets)


@pytest.mark.parametrize("id_", SEARCHES)
def test_a_saved_search_finds_something_and_each_of_its_columns_is_filled(id_: str, seeded: Settings) -> None:
    held = OBJECTS[id_]["attributes"]
    (view,) = (ref for ref in OBJECTS[id_]["references"] if ref["type"] == "index-pattern")
    query = json.loads(held["kibanaSavedObjectMeta"]["searchSourceJSON"])["query"]["query"]
    with connect(seeded) as es:
        hits = es.search(
            index=seeded.name_prefix + OBJECTS[view["id"]]["attributes"]["title"],
            query=as_query(query),
            sort=[{name: direction} for name, direction in held["sort"]],
            fields=held["columns"],
            size=100,
        )["hits"]["hits"]
    assert hits
    assert {name for hit in hits for name in hit.get("fields", {})} == set(held["columns"])
