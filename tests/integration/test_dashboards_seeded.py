"""Every panel shows something when the index holds what the line writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
import vl_convert

from tests.kibana import Json, Panel, aggregation, as_asked, as_query, drawn, numbers, panels, parsed, questions
from tests.watched import fill, recent_seeds
from wirewatch.kibana.objects import saved_objects, tag_id
from wirewatch.kibana.saved import ndjson
from wirewatch.search.client import connect
from wirewatch.settings import Settings
from wirewatch.tagging import load_tagger

OBJECTS = parsed(ndjson(saved_objects(), tag_id("")))
CHARTS = [panel for panel in panels(OBJECTS) if panel.json["type"] == "lens"]
MAPS = [one for one in OBJECTS.values() if one["type"] == "visualization"]
SVG = "{http://www.w3.org/2000/svg}"
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
def test_a_map_shades_the_countries_and_draws_the_points_that_the_index_has(one: Json, seeded: Settings) -> None:
    """Vega itself draws it: a fault in the specification would leave a message in the place of the map."""
    with connect(seeded) as es:
        answers = [
            es.search(index=seeded.name_prefix + question["index"], **as_asked(question["body"])).body
            for question in questions(one)
        ]
    (counted,) = answers[0]["aggregations"].values()
    (spots,) = answers[1]["aggregations"].values()
    assert all(bucket.get("stories", {"value": 1})["value"] > 0 for bucket in spots["buckets"])
    spec = drawn(one, answers)
    svg = ElementTree.fromstring(vl_convert.vega_to_svg(spec))
    named = {bucket["key"] for bucket in counted["buckets"]}
    outlines = next(data for data in spec["data"] if data["name"] == "areas")["values"]
    areas = [area["country"] in named for area in outlines]
    assert [path.get("fill") != "silver" for path in marks(svg, "shaded")] == areas
    assert any(areas)
    assert len(marks(svg, "points")) == len(spots["buckets"]) > 0


def marks(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """What was drawn of the marks with this name."""
    (group,) = (one for one in svg.iter(f"{SVG}g") if name in one.get("class", "").split())
    return list(group.iter(f"{SVG}path"))


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
