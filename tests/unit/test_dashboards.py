"""Every panel of every dashboard asks for what the index has, and refers to what is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.kibana import Json, Panel, fields_of_kql, panels, parsed, questions, specification
from wirewatch.kibana.boards import BOARDS, MAPS, SHEETS
from wirewatch.kibana.dashboard import COLUMNS, LINKS_HEIGHT
from wirewatch.kibana.objects import saved_objects, tag_id
from wirewatch.kibana.panels import BLUE, GREEN, ORANGE, PURPLE, RED, SKY
from wirewatch.kibana.saved import CORE_VERSION, ndjson
from wirewatch.kibana.views import VIEWS
from wirewatch.search.indices import MAPPINGS, mapping

FILE = ndjson(saved_objects(), tag_id(""))
OBJECTS = parsed(FILE)
PANELS = panels(OBJECTS)
CHARTS = [panel for panel in PANELS if panel.json["type"] == "lens"]
DRAWN_MAPS = [one for one in OBJECTS.values() if one["type"] == "visualization"]
SEARCHES = [one for one in OBJECTS.values() if one["type"] == "search"]
NUMBERS = {"long", "integer", "double", "float"}
OPERATIONS: dict[str, set[str]] = {
    "terms": {"keyword", "boolean"},
    "date_histogram": {"date"},
    "unique_count": {"keyword", "boolean", "date", *NUMBERS},
    "sum": NUMBERS,
    "average": NUMBERS,
    "median": NUMBERS,
    "percentile": NUMBERS,
    "max": {"date", *NUMBERS},
    "last_value": {"keyword", "boolean", "date", *NUMBERS},
}
"""What a field must be for each operation."""


def of(panel: Panel) -> str:
    return f"{panel.board}: {panel.title}"


def fields(alias: str) -> dict[str, Json]:
    """The fields of an index by their full names, under other names too; those inside nested objects left out."""

    def walk(properties: Json, above: str = "") -> Iterator[tuple[str, Json]]:
        for name, field in properties.items():
            if "properties" in field and field.get("type") != "nested":
                yield from walk(field["properties"], f"{above}{name}.")
            elif "properties" not in field:
                yield above + name, field
            for sub, inner in field.get("fields", {}).items():
                yield f"{above}{name}.{sub}", inner

    found = dict(walk(mapping(alias)["properties"]))
    return {name: found[field["path"]] if field["type"] == "alias" else field for name, field in found.items()}


def index_of(references: dict[str, Json]) -> str:
    (view,) = (ref for ref in references.values() if ref["type"] == "index-pattern")
    return str(OBJECTS[view["id"]]["attributes"]["title"])


def aggregated(field: Json) -> bool:
    return field.get("doc_values", True) and field.get("index", True) and field.get("enabled", True)


def test_there_are_the_six_dashboards_and_each_links_to_all() -> None:
    assert [board.title for board in BOARDS] == [
        "Situation", "Actor", "Place", "Alerts", "Coverage and health", "Quality",
    ]  # fmt: skip
    boards = {one["id"] for one in OBJECTS.values() if one["type"] == "dashboard"}
    for panel in PANELS:
        if panel.json["type"] == "links":
            links = panel.json["embeddableConfig"]["attributes"]["links"]
            assert {panel.references[link["destinationRefName"]]["id"] for link in links} == boards


def test_the_file_is_the_same_when_it_is_built_twice() -> None:
    assert ndjson(saved_objects(), tag_id("")) == FILE


def test_ids_say_what_they_are_and_follow_from_the_names_alone() -> None:
    assert set(OBJECTS) == {
        "wirewatch",
        *(f"wirewatch-view-{view.slug}" for view in VIEWS),
        *(f"wirewatch-sheet-{sheet.slug}" for sheet in SHEETS),
        *(f"wirewatch-map-{one.slug}" for one in MAPS),
        *(f"wirewatch-board-{board.slug}" for board in BOARDS),
    }


def test_another_line_has_objects_of_its_own_over_indices_of_its_own() -> None:
    other = parsed(ndjson(saved_objects("desk."), tag_id("desk.")))
    assert not set(other) & set(OBJECTS)
    assert other["desk.wirewatch-view-alerts"]["attributes"]["title"] == "desk.news-alerts"
    assert {ref["id"] for one in other.values() for ref in one["references"]} <= set(other)
    assert {one["attributes"].get("title") for one in other.values()}.isdisjoint(
        one["attributes"]["title"] for one in OBJECTS.values() if "title" in one["attributes"]
    )


def test_every_object_has_a_form_that_kibana_8_12_reads() -> None:
    forms = {(one["type"], one["typeMigrationVersion"], one["coreMigrationVersion"]) for one in OBJECTS.values()}
    assert forms == {
        ("tag", "8.0.0", CORE_VERSION),
        ("index-pattern", "8.0.0", CORE_VERSION),
        ("search", "8.0.0", CORE_VERSION),
        ("visualization", "8.5.0", CORE_VERSION),
        ("dashboard", "8.9.0", CORE_VERSION),
    }


@pytest.mark.parametrize("one", OBJECTS.values(), ids=lambda one: one["id"])
def test_every_reference_leads_to_an_object_of_the_file_and_every_name_is_used_once(one: Json) -> None:
    names = [ref["name"] for ref in one["references"]]
    assert len(set(names)) == len(names)
    for ref in one["references"]:
        assert OBJECTS[ref["id"]]["type"] == ref["type"]


@pytest.mark.parametrize("panel", PANELS, ids=of)
def test_every_name_that_a_panel_refers_by_is_resolved(panel: Panel) -> None:
    config = panel.json["embeddableConfig"]
    needed = {f"indexpattern-datasource-layer-{id_}" for id_ in layers(config)}
    if "panelRefName" in panel.json:
        needed.add(panel.json["panelRefName"])
    for event in config.get("enhancements", {}).get("dynamicActions", {}).get("events", []):
        needed.add(f"drilldown:{event['action']['factoryId']}:{event['eventId']}:dashboardId")
    needed |= {link["destinationRefName"] for link in config.get("attributes", {}).get("links", [])}
    assert set(panel.references) == needed
    inside = config.get("attributes", {}).get("references", [])
    assert all(panel.references[ref["name"]]["id"] == ref["id"] for ref in inside)


def layers(config: Json) -> Json:
    state = config.get("attributes", {}).get("state", {})
    found: Json = state.get("datasourceStates", {}).get("formBased", {}).get("layers", {})
    return found


@pytest.mark.parametrize("panel", CHARTS, ids=of)
def test_every_field_of_a_chart_is_in_its_index_with_a_type_that_can_do_it(panel: Panel) -> None:
    known = fields(index_of(panel.references))
    asked = fields_of_kql(panel.kql)
    for column in panel.layer["columns"].values():
        asked |= fields_of_kql(column.get("filter", {}).get("query", ""))
        asked |= {column["params"]["sortField"]} if "sortField" in column.get("params", {}) else set()
        field = column.get("sourceField")
        if field is None or field == "___records___":
            assert column["operationType"] in ("count", "formula", "math")
            continue
        assert known[field]["type"] in OPERATIONS[column["operationType"]], field
        assert aggregated(known[field]), field
    assert asked <= set(known)


@pytest.mark.parametrize("panel", CHARTS, ids=of)
def test_every_column_that_a_chart_shows_or_needs_is_there(panel: Panel) -> None:
    columns = panel.layer["columns"]
    assert panel.layer["columnOrder"] == list(columns)
    shown = json.dumps(panel.json["embeddableConfig"]["attributes"]["state"]["visualization"])
    assert set(re.findall(r'"([bn]\d+)"', shown)) == {id_ for id_ in columns if "X" not in id_}
    for column in columns.values():
        order = column.get("params", {}).get("orderBy", {}).get("columnId")
        assert {*column.get("references", ()), *([order] if order else [])} <= set(columns)
        assert re.fullmatch(r"(\d+[smhdwMy])?", column.get("timeShift", ""))
        if column["operationType"] == "formula":
            assert column["params"]["formula"] == columns[column["references"][0]]["params"]["tinymathAst"]["text"]


@pytest.mark.parametrize("one", SEARCHES, ids=lambda one: one["id"])
def test_every_field_of_a_saved_search_is_in_its_index(one: Json) -> None:
    held = one["attributes"]
    source = json.loads(held["kibanaSavedObjectMeta"]["searchSourceJSON"])
    references = {ref["name"]: ref for ref in one["references"] if ref["type"] == "index-pattern"}
    assert set(references) == {source["indexRefName"]}
    known = fields(index_of(references))
    assert set(held["columns"]) | fields_of_kql(source["query"]["query"]) <= set(known)
    assert set(held["grid"]["columns"]) <= set(held["columns"])
    ((sort, direction),) = held["sort"]
    assert known[sort]["type"] in {"date", *NUMBERS}
    assert direction == "desc"


@pytest.mark.parametrize("one", DRAWN_MAPS, ids=lambda one: one["id"])
def test_every_field_of_a_map_is_in_its_index_with_a_type_that_can_do_it(one: Json) -> None:
    kinds = {"terms": "keyword", "cardinality": "keyword", "geotile_grid": "geo_point"}
    for question in questions(one):
        known = fields(question["index"])
        found = list(aggregations(question["body"]["aggs"]))
        assert found
        for operation, given in found:
            assert known[given["field"]]["type"] == kinds[operation]
            assert aggregated(known[given["field"]])
        bool_ = question["body"]["query"]["bool"]
        assert {"range": {"@timestamp": {"%timefilter%": True}}} in bool_["must"]
        for clause in ("must", "filter", "must_not"):
            assert f"%dashboard_context-{clause}_clause%" in bool_[clause]
        assert {name for term in bool_["must_not"] if isinstance(term, dict) for name in term["term"]} <= set(known)


def aggregations(asked: Json) -> Iterator[tuple[str, Json]]:
    """Each aggregation's kind and what it is given, those inside others too."""
    for one in asked.values():
        yield from ((kind, given) for kind, given in one.items() if kind != "aggs")
        yield from aggregations(one.get("aggs", {}))


@pytest.mark.parametrize("one", DRAWN_MAPS, ids=lambda one: one["id"])
def test_every_name_in_a_map_is_of_something_in_it(one: Json) -> None:
    spec = specification(one)
    names = {
        kind: {each["name"] for each in spec[kind]} for kind in ("data", "scales", "projections", "signals", "marks")
    }
    written = json.dumps(spec)
    assert set(re.findall(r'"(?:data|from)": "(\w+)"', written)) <= names["data"]
    assert set(re.findall(r'"(?:scale|fill)": "(\w+)"', written)) <= names["scales"]
    assert set(re.findall(r'"projection": "(\w+)"', written)) == names["projections"]
    assert set(re.findall(r"@(\w+):", written)) == names["marks"]
    assert {"unit", "left", "top"} <= names["signals"]


@pytest.mark.parametrize("one", DRAWN_MAPS, ids=lambda one: one["id"])
def test_a_map_carries_its_countries_and_asks_no_other_machine(one: Json) -> None:
    spec = specification(one)
    countries = next(data for data in spec["data"] if data["name"] == "areas")["values"]
    assert {"SY", "UA", "US"} <= {area["country"] for area in countries}
    assert all(re.fullmatch(r"(M-?\d+ -?\d+l[-\d ]+z)+", area["path"]) for area in countries)
    assert len(json.dumps(spec)) < 100_000
    del spec["$schema"]  # a name that nobody fetches
    assert not re.search("https?:", json.dumps(spec))


@pytest.mark.parametrize("one", DRAWN_MAPS, ids=lambda one: one["id"])
def test_a_country_is_an_area_and_never_a_point_on_a_map(one: Json) -> None:
    areas, spots = specification(one)["marks"]
    assert (areas["type"], areas["from"]["data"]) == ("path", "areas")
    assert (spots["type"], spots["from"]["data"]) == ("symbol", "spots")
    grid = next(question for question in questions(one) if "spots" in question["body"]["aggs"])
    assert grid["body"]["aggs"]["spots"]["geotile_grid"]["field"] == "geo"  # cities and sites only
    assert grid["body"]["aggs"]["spots"]["geotile_grid"]["precision"] >= 12


@pytest.mark.parametrize(
    "board", [one for one in OBJECTS.values() if one["type"] == "dashboard"], ids=lambda b: b["id"]
)
def test_every_control_is_over_a_keyword_and_there_is_one_for_the_time(board: Json) -> None:
    controls = json.loads(board["attributes"]["controlGroupInput"]["panelsJSON"])
    lists = {id_: one for id_, one in controls.items() if one["type"] == "optionsListControl"}
    references = {ref["name"]: ref for ref in board["references"]}
    assert lists
    assert [one["type"] for one in controls.values()].count("timeSlider") == 1
    for id_, control in lists.items():
        view = references[f"controlGroup_{id_}:optionsListDataView"]
        field = fields(OBJECTS[view["id"]]["attributes"]["title"])[control["explicitInput"]["fieldName"]]
        assert field["type"] == "keyword"


@pytest.mark.parametrize("panel", [one for one in PANELS if one.json["type"] != "links"], ids=of)
def test_what_a_dashboard_can_be_narrowed_to_is_a_field_of_every_panel_that_filters_reach(panel: Panel) -> None:
    """A filter on a field that an index lacks would show nothing there, and nothing looks like peace."""
    board = next(one for one in BOARDS if panel.board.endswith(one.title))
    if panel.json["type"] == "lens" and panel.layer["ignoreGlobalFilters"]:
        return
    references = panel.references
    saved = OBJECTS[references[panel.json["panelRefName"]]["id"]] if "panelRefName" in panel.json else None
    if saved is not None and saved["type"] == "visualization":
        indices = {question["index"] for question in questions(saved)}
    else:
        refers = references.values() if saved is None else saved["references"]
        indices = {index_of({ref["name"]: ref for ref in refers if ref["type"] == "index-pattern"})}
    for index in indices:
        assert not {control.field for control in board.controls} - set(fields(index))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.slug)
def test_every_view_is_over_an_index_and_names_and_formats_only_what_it_has(view: Any) -> None:
    assert view.alias in MAPPINGS
    held = OBJECTS[f"wirewatch-view-{view.slug}"]["attributes"]
    known = fields(view.alias)
    formats = json.loads(held["fieldFormatMap"])
    assert set(json.loads(held["fieldAttrs"])) | set(formats) <= set(known)
    kinds = {"url": {"keyword"}, "duration": NUMBERS, "date": {"date"}, "static_lookup": {"keyword"}}
    assert all(known[field]["type"] in kinds[format_["id"]] for field, format_ in formats.items())
    assert known[held["timeFieldName"]]["type"] == "date"


def test_actors_are_shown_by_their_names_wherever_they_are_fields() -> None:
    named = parsed(ndjson(saved_objects(actors={"irgc": "Revolutionary Guards"}), tag_id("")))
    for slug in ("articles", "stories", "alerts"):
        held = json.loads(named[f"wirewatch-view-{slug}"]["attributes"]["fieldFormatMap"])["actors"]
        assert held["params"]["lookupEntries"] == [{"key": "irgc", "value": "Revolutionary Guards"}]
        assert held["params"]["unknownKeyValue"] is None, "an actor that is not known is shown as it stands"


@pytest.mark.parametrize("panel", [one for one in PANELS if one.json["type"] != "links"], ids=of)
def test_every_panel_says_what_it_shows(panel: Panel) -> None:
    assert panel.title
    assert len(panel.json["embeddableConfig"]["description"]) > 10


def test_no_two_dashboards_have_a_panel_of_the_same_id() -> None:
    """Kibana would keep the first one's on the way to the second; the links are the same on all."""
    ids = [panel.json["panelIndex"] for panel in PANELS if panel.json["type"] != "links"]
    assert len(set(ids)) == len(ids)


def test_panels_lie_beside_each_other_without_gaps_and_within_the_width() -> None:
    for board in OBJECTS.values():
        if board["type"] != "dashboard":
            continue
        cells = [
            (x, y)
            for panel in json.loads(board["attributes"]["panelsJSON"])
            for x in range(panel["gridData"]["x"], panel["gridData"]["x"] + panel["gridData"]["w"])
            for y in range(panel["gridData"]["y"], panel["gridData"]["y"] + panel["gridData"]["h"])
        ]
        assert len(set(cells)) == len(cells)
        height = max(y for _, y in cells) + 1
        assert len(cells) == COLUMNS * height
        assert height > LINKS_HEIGHT


def test_every_colour_is_one_that_colour_blind_people_tell_apart() -> None:
    used = set(re.findall(rb"#[0-9A-Fa-f]{6}", FILE))
    assert used <= {color.encode() for color in (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)}
    palettes = set(re.findall(r'"palette\\*":\{\\*"type\\*":\\*"palette\\*",\\*"name\\*":\\*"(\w+)', FILE.decode()))
    assert palettes == {"default"}


def test_a_click_on_an_actor_or_a_country_leads_to_its_dashboard() -> None:
    targets = {
        (panel.board, panel.title): {ref["id"] for ref in panel.references.values() if ref["type"] == "dashboard"}
        for panel in CHARTS
    }
    assert targets["wirewatch: Situation", "Actors"] == {"wirewatch-board-actor"}
    assert targets["wirewatch: Situation", "Countries"] == {"wirewatch-board-place"}
    assert targets["wirewatch: Situation", "Rules"] == {"wirewatch-board-alerts"}
    assert targets["wirewatch: Alerts", "Actors"] == {"wirewatch-board-actor"}
