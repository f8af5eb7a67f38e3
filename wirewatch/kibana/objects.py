"""Everything that wirewatch keeps in a Kibana, for one line: its tag, data views, sheets, maps and dashboards."""

from __future__ import annotations

from collections.abc import Mapping

from wirewatch.kibana.boards import BOARDS, MAPS, SHEETS
from wirewatch.kibana.dashboard import dashboard
from wirewatch.kibana.saved import SavedObject
from wirewatch.kibana.sheets import saved_search
from wirewatch.kibana.vega import saved_map
from wirewatch.kibana.views import VIEWS, attributes
from wirewatch.settings import Settings

COLOR = "#0072B2"


def tag_id(prefix: str) -> str:
    """The id of the tag that all objects of the line with this ``prefix`` have."""
    return f"{prefix}wirewatch"


def saved_objects(
    prefix: str = "", disputed: str = Settings().disputed, actors: Mapping[str, str] | None = None
) -> tuple[SavedObject, ...]:
    """All of them, what is needed before what needs it; the same every time.

    Their ids hold the line's ``prefix``, so that several lines share a Kibana; ``disputed`` is the setting of that
    name, by which maps count territories. ``actors`` are names by id: those it lacks are shown by id.
    """

    def ids(kind: str, slug: str) -> str:
        return f"{prefix}wirewatch-{kind}-{slug}"

    about = f"Dashboards of wirewatch over {prefix}news-*."
    tag = SavedObject("tag", tag_id(prefix), {"name": f"{prefix}wirewatch", "description": about, "color": COLOR})
    views = [
        SavedObject("index-pattern", ids("view", view.slug), attributes(view, prefix, actors or {})) for view in VIEWS
    ]
    sheets = [
        saved_search(sheet, ids("sheet", sheet.slug), ids("view", sheet.view.slug), prefix and f"{prefix} ")
        for sheet in SHEETS
    ]
    maps = [saved_map(one, ids("map", one.slug), prefix, disputed, prefix and f"{prefix} ") for one in MAPS]
    boards = [dashboard(board, BOARDS, ids, prefix and f"{prefix} ") for board in BOARDS]
    return (tag, *views, *sheets, *maps, *boards)
