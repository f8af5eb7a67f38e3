"""Maps as Vega draws them in Kibana 8.12: countries shaded by documents, cities and sites as points. Pure.

Kibana's own maps take their countries from a server on the internet; these carry the outlines with them. Countries are
areas and never a point; the points are the index's `geo`, which holds cities and sites only, in squares of some ten
kilometres. Both ask with the time, query and filters of the dashboard, and a click narrows it.
Sources: Vega 5's specification, and Kibana's documentation of Vega for ``%timefilter%`` and the dashboard's clauses.
"""

from __future__ import annotations

from typing import Any

import msgspec
from babel import Locale

from wirewatch.atlas.projection import HEIGHT, SCALE, WIDTH
from wirewatch.atlas.shapes import WORLD, shapes
from wirewatch.kibana.panels import ORANGE, Map
from wirewatch.kibana.saved import SavedObject

COUNTRIES = 250
SQUARES = 400
"""Points drawn at most, those of most documents."""

ZOOM = 12
"""A square of the tile grid that points are counted in is a 4,096th of the equator wide."""

_LEFT, _TOP, _RIGHT, _BOTTOM = WORLD


def saved_map(one: Map, id_: str, prefix: str, disputed: str, title_prefix: str) -> SavedObject:
    """The map as a saved visualization over the index of its view; ``disputed`` says what territories count to."""
    spec = specification(one, prefix + one.view.alias, disputed)
    title = f"{title_prefix}wirewatch: {one.title}"
    state = {"title": title, "type": "vega", "aggs": [], "params": {"spec": _json(spec)}}
    return SavedObject(
        "visualization",
        id_,
        {
            "title": title,
            "description": one.about,
            "visState": _json(state),
            "uiStateJSON": "{}",
            "version": 1,
            "kibanaSavedObjectMeta": {"searchSourceJSON": "{}"},
        },
    )


def specification(one: Map, index: str, disputed: str) -> dict[str, Any]:
    """The map as a Vega specification."""
    return {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 2,
        "signals": [
            {"name": "unit", "update": f"min(width / {_RIGHT - _LEFT:.1f}, height / {_BOTTOM - _TOP:.1f})"},
            {"name": "left", "update": f"width / 2 - unit * {(_LEFT + _RIGHT) / 2:.1f}"},
            {"name": "top", "update": f"height / 2 - unit * {(_TOP + _BOTTOM) / 2:.1f}"},
            *_clicks(index),
        ],
        "projections": [
            {
                "name": "earth",
                "type": "equalEarth",
                "scale": {"signal": f"unit * {SCALE:.3f}"},
                "translate": [
                    {"signal": f"left + unit * {WIDTH / 2:.1f}"},
                    {"signal": f"top + unit * {HEIGHT / 2:.1f}"},
                ],
            }
        ],
        "data": [_counted_countries(one, index), _areas(disputed), _spots(one, index)],
        "scales": [
            {
                "name": "shade",
                "type": "log",
                "domain": {"data": "counted", "field": "doc_count"},
                "domainMin": 1,
                "range": {"scheme": "blues"},
            },
            {
                "name": "size",
                "type": "linear",
                "domain": {"data": "spots", "field": "size"},
                "domainMin": 0,
                "range": [8, 260],
            },
        ],
        "legends": [
            {"fill": "shade", "title": one.noun, "direction": "horizontal", "orient": "bottom-left"}
            | {"gradientLength": 110, "tickCount": 3, "format": "~s"},
        ],
        "marks": [_area_marks(one), _spot_marks(one)],
    }


def _clicks(index: str) -> list[dict[str, Any]]:
    """What is clicked becomes a filter of the dashboard."""
    country = "{match_phrase: {countries: datum.country}}"
    corners = "top_left: {lat: datum.north, lon: datum.west}, bottom_right: {lat: datum.south, lon: datum.east}"
    box = f"{{geo_bounding_box: {{geo: {{{corners}}}}}}}"
    shown = "datum.country && datum.count"
    return [
        {
            "name": "chosen_country",
            "on": [
                {
                    "events": "@shaded:click",
                    "update": f"{shown} ? kibanaAddFilter({country}, '{index}', datum.name) : null",
                }
            ],
        },
        {
            "name": "chosen_spot",
            "on": [{"events": "@points:click", "update": f"kibanaAddFilter({box}, '{index}', 'near ' + datum.where)"}],
        },
    ]


def _asked(one: Map, index: str, aggregations: dict[str, Any]) -> dict[str, Any]:
    """A question to the index, within what the dashboard shows."""
    query = {
        "must": ["%dashboard_context-must_clause%", {"range": {"@timestamp": {"%timefilter%": True}}}],
        "filter": ["%dashboard_context-filter_clause%"],
        "must_not": ["%dashboard_context-must_not_clause%", *({"term": term} for term in one.without)],
    }
    return {"index": index, "body": {"size": 0, "query": {"bool": query}, "aggs": aggregations}}


def _counted_countries(one: Map, index: str) -> dict[str, Any]:
    asked = _asked(one, index, {"countries": {"terms": {"field": "countries", "size": COUNTRIES}}})
    return {"name": "counted", "url": asked, "format": {"property": "aggregations.countries.buckets"}}


def _areas(disputed: str) -> dict[str, Any]:
    """The outlines, each with the count of the country that it counts to."""
    names = Locale("en").territories
    values = [
        {
            "country": shape.country,
            "name": names.get(shape.country or "", shape.id.replace("-", " ").title()),
            "path": shape.path,
            "dash": [2, 2] if shape.disputed else [],
        }
        for shape in shapes(disputed)
    ]
    counts = {"type": "lookup", "from": "counted", "key": "key", "fields": ["country"]}
    return {
        "name": "areas",
        "values": values,
        "transform": [counts | {"values": ["doc_count"], "as": ["count"], "default": 0}],
    }


def _spots(one: Map, index: str) -> dict[str, Any]:
    """The middle of each square that holds points, and how much of what is counted."""
    stories = {"stories": {"cardinality": {"field": one.sized}}} if one.sized else {}
    grid: dict[str, Any] = {"geotile_grid": {"field": "geo", "precision": ZOOM, "size": SQUARES}}
    squares = 2**ZOOM

    def formula(name: str, expression: str) -> dict[str, Any]:
        return {"type": "formula", "as": name, "expr": expression}

    def latitude(row: str) -> str:
        return f"(2 * atan(exp(PI * (1 - 2 * {row} / {squares}))) - PI / 2) * 180 / PI"

    return {
        "name": "spots",
        "url": _asked(one, index, {"spots": grid | ({"aggs": stories} if stories else {})}),
        "format": {"property": "aggregations.spots.buckets"},
        "transform": [
            formula("column", "toNumber(split(datum.key, '/')[1])"),
            formula("row", "toNumber(split(datum.key, '/')[2])"),
            formula("west", f"datum.column / {squares} * 360 - 180"),
            formula("east", f"(datum.column + 1) / {squares} * 360 - 180"),
            formula("north", latitude("datum.row")),
            formula("south", latitude("(datum.row + 1)")),
            formula("lon", "(datum.west + datum.east) / 2"),
            formula("lat", "(datum.north + datum.south) / 2"),
            formula("size", "datum.stories.value" if stories else "datum.doc_count"),
            formula("where", "format(datum.lat, '.1f') + ', ' + format(datum.lon, '.1f')"),
            {"type": "geopoint", "projection": "earth", "fields": ["lon", "lat"]},
        ],
    }


def _area_marks(one: Map) -> dict[str, Any]:
    """Countries; those without a document are left grey."""
    said = f"{{title: datum.name, '{one.noun}': datum.count}}"
    return {
        "name": "shaded",
        "type": "path",
        "clip": True,
        "from": {"data": "areas"},
        "encode": {
            "enter": {
                "path": {"field": "path"},
                "stroke": {"value": "gray"},
                "strokeWidth": {"value": 0.5},
                "strokeDash": {"field": "dash"},
                "tooltip": {"signal": said},
                "cursor": {"value": "pointer"},
            },
            "update": {
                "x": {"signal": "left"},
                "y": {"signal": "top"},
                "scaleX": {"signal": "unit"},
                "scaleY": {"signal": "unit"},
                "fill": [{"test": "datum.count", "scale": "shade", "field": "count"}, {"value": "silver"}],
                "fillOpacity": [{"test": "datum.count", "value": 1}, {"value": 0.25}],
            },
        },
    }


def _spot_marks(one: Map) -> dict[str, Any]:
    """Cities and sites, the large ones below the small."""
    sized = f", '{one.sized_noun}': datum.size" if one.sized else ""
    said = f"{{title: 'Cities and sites near ' + datum.where, '{one.noun}': datum.doc_count{sized}}}"
    return {
        "name": "points",
        "type": "symbol",
        "clip": True,
        "from": {"data": "spots"},
        "sort": {"field": "datum.size", "order": "descending"},
        "encode": {
            "enter": {
                "fill": {"value": ORANGE},
                "fillOpacity": {"value": 0.7},
                "stroke": {"value": "black"},
                "strokeWidth": {"value": 0.5},
                "tooltip": {"signal": said},
                "cursor": {"value": "pointer"},
            },
            "update": {
                "x": {"field": "x"},
                "y": {"field": "y"},
                "size": {"scale": "size", "field": "size"},
            },
        },
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
