"""Sheets as saved searches. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from wirewatch.kibana.panels import Sheet
from wirewatch.kibana.saved import Reference, SavedObject

INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"
"""By this name a saved search refers to its data view."""


def saved_search(sheet: Sheet, id_: str, view_id: str, prefix: str) -> SavedObject:
    """The sheet as a saved search over the data view ``view_id``."""
    source = {"query": {"query": sheet.kql, "language": "kuery"}, "filter": [], "indexRefName": INDEX}
    held: dict[str, Any] = {
        "title": f"{prefix}wirewatch: {sheet.title}",
        "description": sheet.about,
        "columns": list(sheet.columns),
        "sort": [[sheet.sort, "desc"]],
        "grid": {"columns": {name: {"width": width} for name, width in sheet.widths.items()}},
        "hideChart": True,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "rowHeight": 2,
        "rowsPerPage": 50,
        "kibanaSavedObjectMeta": {"searchSourceJSON": msgspec.json.encode(source).decode()},
    }
    return SavedObject("search", id_, held, (Reference(INDEX, "index-pattern", view_id),))
