"""`wirewatch search`: find articles by words, actor, place and time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wirewatch.cli.common import duration, json_option, print_json, settings_with_servers
from wirewatch.errors import UserMistake

if TYPE_CHECKING:
    from wirewatch.geo import Point
    from wirewatch.search.query import Hits
    from wirewatch.settings import Settings

NAMES_SHOWN = 3


@click.command()
@click.argument("query", required=False)
@click.option("--actor", metavar="ID", help="Only articles that name this actor; `wirewatch actors list` has the ids.")
@click.option("--near", metavar="PLACE", help="Only articles with a place near this one; 'Homs, SY' or '34.7,36.7'.")
@click.option(
    "--within", type=click.FloatRange(0, 20_100, min_open=True), metavar="KM", help="How near.  [default: 50]"
)
@click.option("--since", callback=duration, metavar="TIME", help="Only articles so young: 90m, 24h, 7d, 2w.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Show so many at most.")
@json_option
def search(
    query: str | None,
    actor: str | None,
    near: str | None,
    within: float | None,
    since: timedelta | None,
    limit: int,
    as_json: bool,
) -> None:
    """Find articles: QUERY in Lucene's language, all words needed; without one the newest come first.

    \b
    wirewatch search 'rebels AND "government forces"' --near Homs --within 50
    wirewatch search --actor united-nations --since 24h --json
    """
    from wirewatch.search.query import WITHIN_KM
    from wirewatch.search.query import search as find

    if within is not None and near is None:
        raise UserMistake("--within says how near, but not to what: add --near PLACE")
    settings = settings_with_servers()
    hits = find(
        settings,
        query,
        now=datetime.now(UTC),
        actor=actor,
        near=point_of(settings, near) if near else None,
        within_km=WITHIN_KM if within is None else within,
        since=since,
        limit=limit,
    )
    if as_json:
        print_json(hits)
    elif hits.articles:
        _show(hits, settings)
    else:
        click.echo(_nothing(settings, [query, near, since], actor))


def point_of(settings: Settings, place: str) -> Point:
    """Where ``place`` is: "Homs", "Homs, SY", "Paris, Texas" or "34.73,36.71".

    Of several places of that name it is a city before a region, the most populous one first. Raises UserMistake
    where no place has that name.
    """
    from wirewatch.alerts.names import places_called
    from wirewatch.geo import Point
    from wirewatch.tagging.gazetteer_cache import load_gazetteer

    if said := re.fullmatch(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*", place, re.A):
        lat, lon = float(said[1]), float(said[2])
        if abs(lat) > 90 or abs(lon) > 180:
            raise UserMistake(f"--near {place}: latitude goes from -90 to 90, longitude from -180 to 180")
        return Point(lat, lon)
    found = places_called(load_gazetteer(Path(settings.cache_dir), disputed=settings.disputed), place)
    if not found:
        raise UserMistake(f"--near {place}: no such place is known; try another spelling, or give it as 34.73,36.71")
    return found[0].point


def _show(hits: Hits, settings: Settings) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    zone = settings.zone
    table = Table("time", "source", "title", "places", "actors", "link", box=None)
    for hit in hits.articles:
        source = hit.source.get("name") or hit.source.get("domain") or ""
        cells = (hit.title, _few(hit.location_names), _few(hit.actor_names))
        link = Text(hit.url or hit.id, style=f"link {hit.url}" if hit.url else "", overflow="fold")
        when = f"{hit.timestamp.astimezone(zone):%Y-%m-%d %H:%M}"
        table.add_row(when, Text(source), *(Text(cell) for cell in cells), link)
    console = Console()
    console.print(table)
    shown, articles = len(hits.articles), "article" if hits.total == 1 else "articles"
    console.print(f"{hits.total} {articles}" + (f", {shown} shown (--limit)" if shown < hits.total else ""))


def _few(names: tuple[str, ...]) -> str:
    rest = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" +{rest}" if rest > 0 else "")


def _nothing(settings: Settings, conditions: list[object], actor: str | None) -> str:
    """What to try when nothing was found."""
    from wirewatch.cli.known import known, like
    from wirewatch.search.indices import count

    stored = count(settings)
    if not stored:
        return "nothing found: no article is stored yet; `wirewatch run` or `wirewatch produce` brings some"
    if actor and all(actor != one.id for one in known(settings)):
        return f"nothing found: no actor has the id {actor}{like(known(settings), actor)}"
    given = sum(condition is not None for condition in [*conditions, actor])
    advice = "with fewer conditions" if given > 1 else "OR between words, or part* of a word"
    return f"nothing found among {stored} articles; try {advice}"
