"""Boards as dashboards: panels in their places, controls above them, links between dashboards. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from wirewatch.kibana import lens
from wirewatch.kibana.panels import Board, Chart, Control, Map, Panel, Sheet
from wirewatch.kibana.saved import Reference, SavedObject

VERSION = "8.12.2"
COLUMNS = 48
"""Kibana divides every screen into so many columns."""

LINKS_HEIGHT = 3
DRILLDOWN = "DASHBOARD_TO_DASHBOARD_DRILLDOWN"

OPTIONS = {
    "useMargins": True,
    "syncColors": False,  # one palette over all panels would leave its pale end to those that come late
    "syncCursor": True,
    "syncTooltips": False,
    "hidePanelTitles": False,
}

Ids = Callable[[str, str], str]
"""From a kind of object ("view", "sheet", "map", "board") and its slug to its id."""


class Placed(msgspec.Struct, frozen=True):
    """A panel where it stands, in columns and Kibana's units of height."""

    id: str
    panel: Panel
    x: int
    y: int
    width: int
    height: int


def dashboard(board: Board, boards: Sequence[Board], ids: Ids, prefix: str) -> SavedObject:
    """The board as a saved object; ``boards`` are all that its links lead to."""
    panels, references = _links(boards, ids)
    shown, needed = [panels], list(references)
    for placed in layout(board):
        panel, refers = _panel(placed, ids)
        shown.append(panel)
        needed += [msgspec.structs.replace(one, name=f"{placed.id}:{one.name}") for one in refers]
    controls, refers = _controls(board, ids)
    held = {
        "title": f"{prefix}wirewatch: {board.title}",
        "description": board.about,
        "timeRestore": True,
        "timeFrom": board.since,
        "timeTo": "now",
        "refreshInterval": {"pause": False, "value": 60_000},
        "optionsJSON": _json(OPTIONS),
        "panelsJSON": _json(shown),
        "controlGroupInput": controls,
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": _json({"query": {"query": "", "language": "kuery"}, "filter": []})
        },
        "version": 1,
    }
    return SavedObject("dashboard", ids("board", board.slug), held, (*needed, *refers))


def layout(board: Board) -> list[Placed]:
    """Each panel in its place: rows below the links, a row's panels by their shares of the width, without a gap.

    Ids hold the board's slug: on the way from one dashboard to the next Kibana keeps a panel of the same id as it was.
    """
    rows = board.rows
    placed: list[Placed] = []
    tops = accumulate((row.height for row in rows), initial=LINKS_HEIGHT)
    for at, (row, top) in enumerate(zip(rows, tops, strict=False)):
        edges = [round(COLUMNS * part / sum(row.widths)) for part in accumulate(row.widths, initial=0)]
        for n, panel in enumerate(row.panels):
            placed.append(Placed(f"{board.slug}-r{at}p{n}", panel, edges[n], top, edges[n + 1] - edges[n], row.height))
    return placed


def _panel(placed: Placed, ids: Ids) -> tuple[dict[str, Any], list[Reference]]:
    """A panel as a dashboard keeps it, and what it refers to."""
    panel = placed.panel
    whole: dict[str, Any] = _frame(placed.id, placed.x, placed.y, placed.width, placed.height) | {"title": panel.title}
    config: dict[str, Any] = {"description": panel.about, "enhancements": {}}
    if isinstance(panel, Sheet | Map):
        type_, kind = ("search", "sheet") if isinstance(panel, Sheet) else ("visualization", "map")
        refers = [Reference(f"panel_{placed.id}", type_, ids(kind, panel.slug))]
        return whole | {"type": type_, "panelRefName": f"panel_{placed.id}", "embeddableConfig": config}, refers
    config["enhancements"], refers = _drilldown(panel, placed.id, ids)
    view_id = ids("view", panel.view.slug)
    config |= {"attributes": lens.attributes(panel, view_id), "hidePanelTitles": False}
    return (
        whole | {"type": "lens", "embeddableConfig": config},
        [Reference(lens.REFERENCE, "index-pattern", view_id), *refers],
    )


def _frame(id_: str, x: int, y: int, width: int, height: int) -> dict[str, Any]:
    return {"version": VERSION, "panelIndex": id_, "gridData": {"x": x, "y": y, "w": width, "h": height, "i": id_}}


def _drilldown(panel: Chart, id_: str, ids: Ids) -> tuple[dict[str, Any], list[Reference]]:
    """That a click leads to another dashboard, with what was clicked as a filter and the same time."""
    if not panel.to:
        return {}, []
    event = f"{id_}-to-{panel.to}"
    action = {
        "factoryId": DRILLDOWN,
        "name": f"Show in the dashboard {panel.to.capitalize()}",
        "config": {"useCurrentFilters": True, "useCurrentDateRange": True, "openInNewTab": False},
    }
    events = [{"eventId": event, "triggers": ["FILTER_TRIGGER"], "action": action}]
    return (
        {"dynamicActions": {"events": events}},
        [Reference(f"drilldown:{DRILLDOWN}:{event}:dashboardId", "dashboard", ids("board", panel.to))],
    )


def _links(boards: Sequence[Board], ids: Ids) -> tuple[dict[str, Any], list[Reference]]:
    """The row of links to all dashboards, on top of each."""
    links = [
        {
            "type": "dashboardLink",
            "id": board.slug,
            "order": at,
            "label": board.title,
            "destinationRefName": f"link_{board.slug}_dashboard",
            "options": {"openInNewTab": False, "useCurrentFilters": False, "useCurrentDateRange": False},
        }
        for at, board in enumerate(boards)
    ]
    config = {"attributes": {"title": "", "layout": "horizontal", "links": links}, "enhancements": {}}
    panel = _frame("links", 0, 0, COLUMNS, LINKS_HEIGHT) | {
        "type": "links",
        "embeddableConfig": config | {"hidePanelTitles": True},
    }
    names = [f"links:link_{board.slug}_dashboard" for board in boards]
    return panel, [
        Reference(name, "dashboard", ids("board", board.slug)) for name, board in zip(names, boards, strict=True)
    ]


def _controls(board: Board, ids: Ids) -> tuple[dict[str, Any], list[Reference]]:
    """What the dashboard can be narrowed to: lists of values, each by those before it, and a slider over the time."""
    held: dict[str, Any] = {}
    references = []
    for at, control in enumerate(board.controls):
        id_ = f"c{at}"
        held[id_] = _control(id_, at, control)
        references.append(
            Reference(f"controlGroup_{id_}:optionsListDataView", "index-pattern", ids("view", control.view.slug))
        )
    if board.times:
        slider = {"order": len(held), "width": "large", "grow": True, "type": "timeSlider"}
        held["time"] = slider | {"explicitInput": {"id": "time", "title": "Time", "enhancements": {}}}
    ignored = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
    return {
        "controlStyle": "oneLine",
        "chainingSystem": "HIERARCHICAL",
        "ignoreParentSettingsJSON": _json(ignored),
        "panelsJSON": _json(held),
    }, references


def _control(id_: str, order: int, control: Control) -> dict[str, Any]:
    given = {"id": id_, "fieldName": control.field, "title": control.title, "selectedOptions": [], "enhancements": {}}
    return {"order": order, "width": "small", "grow": True, "type": "optionsListControl", "explicitInput": given}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
