"""The report: the page's first view, stories and alerts as one file that can be mailed and opened anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from wirewatch.knowledge import load_knowledge, own_folder
from wirewatch.page.board import board
from wirewatch.page.drawn import drawn
from wirewatch.page.filters import Filters
from wirewatch.page.names import Names
from wirewatch.page.pulse import look, problems
from wirewatch.search.client import asking
from wirewatch.settings import Settings
from wirewatch.tagging.gazetteer_cache import load_gazetteer


def render(
    settings: Settings, *, now: datetime, span: str = "24h", more: Sequence[tuple[str, Sequence[str]]] = ()
) -> str:
    """The report of the last ``span`` (90m, 24h, 7d, 2w or all) as HTML that needs nothing beside it.

    ``more`` are lists that stand below, each with its headline; one without lines is left out. Links lead to the
    articles' own addresses. Raises UserMistake for a span that means nothing, ServerError where
    Elasticsearch cannot be asked; where Kafka cannot be, the report says so.
    """
    cache = Path(settings.cache_dir)
    gazetteer = load_gazetteer(cache, disputed=settings.disputed)
    names = Names(lambda: load_knowledge(own_folder(settings), cache_dir=cache), gazetteer)
    filters = Filters(span=span)
    with asking(settings, timeout_s=max(30.0, settings.connect_timeout_s)) as es:
        found = board(es, settings, names, filters, now=now)
    pulse = look(settings)
    return drawn(
        "report.html",
        {
            "standalone": (files("wirewatch.page") / "static" / "page.css").read_text(encoding="utf-8"),
            "now": now,
            "zone": settings.zone,
            "names": names,
            "filters": filters,
            "board": found,
            "pulse": pulse,
            "problems": problems(pulse, now=now),
            "refresh": 0,
            "path": "/",
            "clear": "/",
            "actors_caption": "Who",
            "more": more,
        },
    )
