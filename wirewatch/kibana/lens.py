"""Charts as Lens keeps them in Kibana 8.12. Pure.

Column ids are short and follow from the place of what they stand for, so that the same description is the same JSON:
``b0`` the first bucket, ``n0`` the first number, ``n0X0`` a part of a formula.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from wirewatch.kibana.panels import BLUE, Bucket, Chart, Formula, Measure, Number, Time

LAYER = "main"
REFERENCE = f"indexpattern-datasource-layer-{LAYER}"
"""By this name a chart refers to its data view."""

PALETTE = {"type": "palette", "name": "default"}
"""Kibana's own default, made for colour-blind eyes."""

_TYPES = {
    "number": "lnsMetric",
    "bars": "lnsXY",
    "columns": "lnsXY",
    "line": "lnsXY",
    "table": "lnsDatatable",
    "donut": "lnsPie",
}
_MULTI = {"divide": "/", "subtract": "-"}


def attributes(chart: Chart, view_id: str) -> dict[str, Any]:
    """The chart as a Lens object that lives in its dashboard."""
    layer: dict[str, Any] = {"columns": columns(chart), "columnOrder": list(columns(chart)), "incompleteColumns": {}}
    layer |= {"sampling": 1, "ignoreGlobalFilters": chart.unfiltered}
    return {
        "title": chart.title,
        "description": chart.about,
        "visualizationType": _TYPES[chart.kind],
        "type": "lens",
        "references": [{"type": "index-pattern", "id": view_id, "name": REFERENCE}],
        "state": {
            "visualization": _visualization(chart),
            "query": {"query": "" if chart.unfiltered else chart.kql, "language": "kuery"},
            "filters": [],
            "datasourceStates": {"formBased": {"layers": {LAYER: layer}}},
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }


def columns(chart: Chart) -> dict[str, dict[str, Any]]:
    """Every column of the chart by its id, buckets first."""
    found = {f"b{at}": _bucket(bucket) for at, bucket in _ordered(chart)}
    for at, what in enumerate(chart.numbers):
        found |= _number(f"n{at}", _within(chart.kql, what) if chart.unfiltered else what)
    return found


def _within(kql: str, what: Number) -> Number:
    """The same number over those documents only that ``kql`` lets through.

    A chart that ignores the dashboard's filters ignores its own query too (Kibana 8.12), so each measure carries it.
    """
    if not kql:
        return what
    if isinstance(what, Formula):
        return replace(what, left=_within_measure(kql, what.left), right=_within_measure(kql, what.right))
    return _within_measure(kql, what)


def _within_measure(kql: str, what: Measure) -> Measure:
    return replace(what, kql=f"({kql}) and ({what.kql})" if what.kql else kql)


def _ordered(chart: Chart) -> list[tuple[int, Bucket]]:
    """Buckets from the outermost in: a split before the time that it splits, so that it is the same throughout."""
    buckets = list(enumerate(chart.buckets))
    return buckets[::-1] if chart.kind in ("columns", "line") else buckets


def _bucket(bucket: Bucket) -> dict[str, Any]:
    if isinstance(bucket, Time):
        params: dict[str, Any] = {"interval": bucket.interval, "includeEmptyRows": True, "dropPartials": False}
        return _column(bucket.label, "date", "date_histogram", "interval", bucket.field, params)
    params = {
        "size": bucket.size,
        "orderBy": {"type": "column", "columnId": "n0"},
        "orderDirection": "desc",
        "otherBucket": bucket.missing,  # Lens asks for what has no value only beside all others
        "missingBucket": bucket.missing,
        "parentFormat": {"id": "terms"},
        "include": [bucket.pattern] if bucket.pattern else [],
        "exclude": [],
        "includeIsRegex": bool(bucket.pattern),
        "excludeIsRegex": False,
    }
    return _column(bucket.label or bucket.field, "string", "terms", "ordinal", bucket.field, params)


def _column(
    label: str, type_: str, operation: str, scale: str, field: str | None, params: dict[str, Any]
) -> dict[str, Any]:
    column = {
        "label": label,
        "customLabel": True,
        "dataType": type_,
        "operationType": operation,
        "isBucketed": operation in ("terms", "date_histogram"),
        "scale": scale,
        "params": params,
    }
    return column | ({"sourceField": field} if field else {})


def _number(id_: str, what: Number) -> dict[str, dict[str, Any]]:
    if isinstance(what, Measure):
        return {id_: _measure(what)}
    return _formula(id_, what)


def _measure(what: Measure) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if what.operation == "count":
        params["emptyAsNull"] = False
    elif what.operation == "percentile":
        params["percentile"] = what.percentile
    elif what.operation == "last_value":
        params["sortField"] = what.newest
    if what.format:
        params["format"] = _format(what)
    field = what.field or "___records___"
    column = _column(what.label, "number", what.operation, "ratio", field, params)
    kql = what.kql or (f"{what.field}: *" if what.operation == "last_value" else "")
    if what.operation == "max" and what.field and what.field.endswith(("_at", "@timestamp")):
        column["dataType"] = "date"
    return (
        column
        | ({"filter": {"query": kql, "language": "kuery"}} if kql else {})
        | ({"timeShift": what.shift} if what.shift else {})
    )


def _formula(id_: str, what: Formula) -> dict[str, dict[str, Any]]:
    """A formula as Lens takes it apart: its two measures, the arithmetic over them, and the formula itself."""
    text = f"{_in_formula(what.left)} {_MULTI[what.operation]} {_in_formula(what.right)}"
    parts, math = [f"{id_}X0", f"{id_}X1"], f"{id_}X2"
    tree = {"type": "function", "name": what.operation, "args": parts, "text": text}
    whole = _column(what.label, "number", "formula", "ratio", None, {"formula": text, "isFormulaBroken": False}) | {
        "references": [math]
    }
    if what.format:
        whole["params"]["format"] = _format(what)
    arithmetic = _column(
        f"Part of {text}",
        "number",
        "math",
        "ratio",
        None,
        {"tinymathAst": tree | {"location": {"min": 0, "max": len(text)}}},
    )
    return {
        parts[0]: _measure(what.left) | {"label": f"Part of {text}"},
        parts[1]: _measure(what.right) | {"label": f"Part of {text}"},
        math: arithmetic | {"references": parts},
        id_: whole,
    }


def _in_formula(what: Measure) -> str:
    given = [what.field] if what.field else []
    given += [f"kql='{what.kql}'"] if what.kql else []
    given += [f"shift='{what.shift}'"] if what.shift else []
    return f"{what.operation}({', '.join(given)})"


def _format(what: Number) -> dict[str, Any]:
    return {"id": what.format, "params": {"decimals": what.decimals}}


def _visualization(chart: Chart) -> dict[str, Any]:
    numbers = [f"n{at}" for at in range(len(chart.numbers))]
    buckets = [f"b{at}" for at in range(len(chart.buckets))]
    whole = {"layerId": LAYER, "layerType": "data"}
    match chart.kind:
        case "number":
            color = chart.numbers[0].color
            return whole | {"metricAccessor": numbers[0]} | ({"color": color} if color else {})
        case "table":
            shown: list[dict[str, Any]] = [{"columnId": id_, "alignment": "left"} for id_ in buckets]
            shown += [
                {"columnId": id_, "alignment": "right", "width": _width(what)}
                for id_, what in zip(numbers, chart.numbers, strict=True)
            ]
            return whole | {"columns": shown, "paging": {"size": 20, "enabled": True}, "rowHeight": "single"}
        case "donut":
            groups = {"primaryGroups": buckets, "metrics": numbers, "numberDisplay": "value"}
            shown_ = {"categoryDisplay": "default", "legendDisplay": "show", "nestedLegend": False}
            return {"shape": "donut", "palette": PALETTE, "layers": [whole | groups | shown_]}
        case _:
            return _axes(chart, whole, numbers, buckets)


def _width(what: Number) -> int:
    """Pixels of a table's column that a number needs; what it is of gets the rest."""
    return 150 if isinstance(what, Measure) and what.operation == "max" else min(92, 34 + 9 * len(what.label))


def _axes(chart: Chart, whole: dict[str, Any], numbers: list[str], buckets: list[str]) -> dict[str, Any]:
    series = {"bars": "bar_horizontal", "columns": "bar_stacked", "line": "line"}[chart.kind]
    split = len(buckets) > 1
    if chart.kind == "bars" and split:
        series = "bar_horizontal_stacked"
    layer = whole | {
        "seriesType": series,
        "xAccessor": buckets[0],
        "accessors": numbers,
        "position": "top",
        "showGridlines": False,
        "palette": PALETTE,
    }
    if split:
        layer["splitAccessor"] = buckets[1]
    else:
        layer["yConfig"] = [
            {"forAccessor": id_, "color": what.color or BLUE} for id_, what in zip(numbers, chart.numbers, strict=True)
        ]
    return {
        "legend": {"isVisible": split or len(numbers) > 1, "position": "right", "shouldTruncate": True},
        "valueLabels": "show" if chart.kind == "bars" and not split else "hide",
        "fittingFunction": "Linear" if chart.kind == "line" else "None",
        "axisTitlesVisibilitySettings": {"x": False, "yLeft": False, "yRight": False},
        "tickLabelsVisibilitySettings": {"x": True, "yLeft": True, "yRight": True},
        "gridlinesVisibilitySettings": {"x": False, "yLeft": True, "yRight": False},
        "labelsOrientation": {"x": 0, "yLeft": 0, "yRight": 0},
        "preferredSeriesType": series,
        "layers": [layer],
    }
